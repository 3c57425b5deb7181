"""Authentication around an application: who asks is known before anything is done.

The story starts at `AuthenticationMiddleware`. What it finds is in the scope, where
``request.user`` and ``request.auth`` look.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from restlette.contrib.auth.challenges import is_preflight
from restlette.contrib.auth.users import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    Found,
    UnauthenticatedUser,
)
from restlette.contrib.refusals import refuse
from restlette.http.errors import HTTPException
from restlette.http.problems import problem_response
from restlette.http.request import HTTPConnection
from restlette.http.response import Response
from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.resources.boundary import find_accept

__all__ = ["FOUND", "AuthenticationMiddleware", "remembered"]

OnError = Callable[
    [HTTPConnection, AuthenticationError], Response | Awaitable[Response]
]

# Where a scope says what backends have found, so that each is asked once.
FOUND = "restlette.contrib.auth"


def remembered(scope: Scope) -> dict[AuthenticationBackend, Found | None]:
    """Give what backends have found for a request."""
    found: dict[AuthenticationBackend, Found | None] = scope.setdefault(FOUND, {})
    return found


class AuthenticationMiddleware:
    """Puts the user and what the user may do into the scope.

    A request without credentials is let in as nobody's: what needs a user asks for it,
    by `requires` or a guard. Preflights have no credentials and are asked for none.

    Args:
        app: The ASGI application inside.
        backend: What finds out who asks.
        on_error: Gives the answer to credentials that are not right, from the
            connection and the error, a function or an asynchronous one; by default
            it is the error's own, a problem. WebSockets are denied by it.

    Raises:
        TypeError: The backend is a class, or has no `authenticate`.
    """

    def __init__(
        self,
        app: ASGIApp,
        backend: AuthenticationBackend,
        on_error: OnError | None = None,
    ) -> None:
        given: object = backend
        if isinstance(given, type):
            raise TypeError(f"backend is a class: write {given.__name__}().")
        if not callable(getattr(given, "authenticate", None)):
            raise TypeError(
                f"{given!r} is no backend: derive a class from AuthenticationBackend, "
                "with `async def authenticate(self, conn)`."
            )
        self.app = app
        self.backend = backend
        self.on_error: OnError = _answer if on_error is None else on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; a lifespan passes by."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope = {**scope, FOUND: dict(scope.get(FOUND, {}))}
        connection: HTTPConnection = HTTPConnection(scope, receive)
        found = None
        if not is_preflight(scope):
            try:
                found = await self.backend.authenticate(connection)
            except (AuthenticationError, HTTPException) as exc:
                refusal = await self._refusal(connection, exc)
                await refuse(refusal, scope, receive, send)
                return
            remembered(scope)[self.backend] = found
        credentials, user = found or (AuthCredentials(), UnauthenticatedUser())
        scope["auth"], scope["user"] = credentials, user
        await self.app(scope, receive, send)

    async def _refusal(
        self, connection: HTTPConnection, exc: AuthenticationError | HTTPException
    ) -> Response | HTTPException:
        if isinstance(exc, HTTPException):
            # What the request cannot be read for, such as too long a query.
            return exc
        response: Any = self.on_error(connection, exc)
        if inspect.isawaitable(response):
            response = await response
        if not isinstance(response, Response):
            raise TypeError(
                f"on_error returned {type(response).__name__}, which is no Response."
            )
        return response


def _answer(connection: HTTPConnection, exc: AuthenticationError) -> Response:
    return problem_response(exc.answer, find_accept(connection.scope))
