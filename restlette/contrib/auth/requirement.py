"""`requires`: what somebody has to be allowed to do, above a function or a class.

It goes by the scopes that `AuthenticationMiddleware`, or a guard, has found. A guard
says more: how to log in, and in the schema too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from restlette.concurrency import is_async, name_of
from restlette.contrib.auth.challenges import is_preflight
from restlette.contrib.auth.users import texts
from restlette.http.errors import HTTPException
from restlette.http.request import HTTPConnection, Request
from restlette.http.response import RedirectResponse
from restlette.resources.endpoint import HTTPEndpoint
from restlette.resources.parameters import parameters_of
from restlette.resources.websocket import WebSocketEndpoint

__all__ = ["has_required_scope", "requires"]

T = TypeVar("T")


def has_required_scope(conn: HTTPConnection, scopes: Sequence[str]) -> bool:
    """Say whether who asks has every one of some scopes.

    Args:
        conn: The connection.
        scopes: The scopes.

    Raises:
        RuntimeError: Nothing has looked at who asks.
    """
    granted = conn.auth.scopes
    return all(scope in granted for scope in scopes)


def requires(
    scopes: str | Sequence[str],
    status_code: int = 403,
    redirect: Any = None,
) -> Callable[[T], T]:
    """Let in those alone who have every one of some scopes.

    It stands above a function, a method, or a whole class, whose methods then all ask
    for it, and those of classes that are derived from it: before `prepare` of an
    HTTPEndpoint, and before `on_connect` of a WebSocketEndpoint.

    Args:
        scopes: One scope, or several.
        status_code: What others are answered; 404 does not show that there is
            something. WebSockets are denied with it.
        redirect: The name of a route, or a resource class, that they are sent to
            instead, by GET (303); a page to log in at.

    Raises:
        TypeError: A scope is no text, or what is decorated has no request that could be
            looked at.
        ValueError: There is no scope, or the status is none of a refusal.
    """
    wanted = _read_scopes(scopes)
    _check_status(status_code)
    if redirect is not None and (
        redirect == "" or not isinstance(redirect, str | type)
    ):
        raise TypeError(
            f"redirect is the name of a route or a resource class, not {redirect!r}."
        )
    asked = _Asked(wanted, status_code, redirect)

    def decorate(target: T) -> T:
        given: Any = target
        if isinstance(given, type):
            _decorate_class(given, asked)
            return target
        decorated: T = _decorate_function(given, asked)
        return decorated

    return decorate


def _read_scopes(scopes: object) -> tuple[str, ...]:
    if callable(scopes):
        raise TypeError(
            f"requires takes scopes: write @requires('books:write') above "
            f"{name_of(scopes)}."
        )
    if not isinstance(scopes, str | list | tuple | set | frozenset):
        raise TypeError(f"scopes are texts, not {type(scopes).__name__}.")
    wanted = texts("scopes", [scopes] if isinstance(scopes, str) else scopes)
    # SECURITY: nobody lacks a scope of none.
    if not all(wanted) or not wanted:
        raise ValueError(
            "requires takes one scope or more, none of them empty: who is to be let in "
            "without one needs no `requires`."
        )
    return tuple(wanted)


def _check_status(status_code: int) -> None:
    if status_code == 401:
        # RFC 9110 section 15.5.2: it says how to authenticate, or it is none.
        raise ValueError(
            "401 has to say how to log in, which `requires` does not know: use a guard "
            "(Basic, Bearer, ...), or the status 403."
        )
    HTTPException(status_code)


class _Asked:
    """What is asked for, and the answer to those who do not have it.

    Args:
        scopes: The scopes.
        status_code: The status of the answer.
        redirect: Where they are sent instead; None for nowhere.
    """

    def __init__(
        self, scopes: tuple[str, ...], status_code: int, redirect: Any
    ) -> None:
        self.scopes = scopes
        self.status_code = status_code
        self.redirect = redirect

    def refusal(self, connection: HTTPConnection) -> RedirectResponse | None:
        """Look at a connection; None lets in.

        Raises:
            HTTPException: It is refused.
        """
        if is_preflight(connection.scope) or has_required_scope(
            connection, self.scopes
        ):
            return None
        if self.redirect is None or not isinstance(connection, Request):
            raise HTTPException(self.status_code)
        # RFC 9110 section 15.4.4: 303, for what came is not for the page to log in.
        return RedirectResponse(connection.url_for(self.redirect), status_code=303)


def _decorate_class(cls: type, asked: _Asked) -> None:
    if issubclass(cls, HTTPEndpoint):
        name = "prepare"
    elif issubclass(cls, WebSocketEndpoint):
        if asked.redirect is not None:
            raise TypeError(
                f"{cls.__qualname__} speaks over a WebSocket, which cannot be "
                "redirected: leave `redirect` out."
            )
        name = "on_connect"
    else:
        raise TypeError(
            f"requires stands above an HTTPEndpoint or a WebSocketEndpoint, and "
            f"{cls.__qualname__} is neither."
        )
    setattr(cls, name, _decorate_function(getattr(cls, name), asked))
    _decorate_subclasses(cls, name, asked)


def _decorate_subclasses(cls: type[Any], name: str, asked: _Asked) -> None:
    """Have the classes that are derived from one ask as well.

    SECURITY: one that overrides the hook, itself or by another base, would let in
    everybody otherwise.
    """
    own = vars(cls).get("__init_subclass__")

    def ask_too(subclass: type[Any], /, **options: Any) -> None:
        if own is None:
            super(cls, subclass).__init_subclass__(**options)
        else:
            own.__get__(None, subclass)(**options)
        hook = getattr(subclass, name)
        if hook is not getattr(cls, name):
            setattr(subclass, name, _decorate_function(hook, asked))

    # A body's `__init_subclass__` becomes a class method of its own accord; this does
    # not.
    setattr(cls, "__init_subclass__", classmethod(ask_too))  # noqa: B010 mypy


def _decorate_function(function: Any, asked: _Asked) -> Any:
    if not callable(function):
        raise TypeError(
            f"requires stands above a function or a class, not {function!r}. Above a "
            "method it stands below @staticmethod, @property and the like."
        )
    parameters = parameters_of(function)
    if parameters is not None and not (
        parameters.positional or parameters.any_positional
    ):
        raise TypeError(
            f"{name_of(function)} takes no request, at which requires could look: "
            "give it one as the first parameter."
        )
    call: Callable[..., Any] = function
    if is_async(call):

        @wraps(function)
        async def ask_first(*args: Any, **kwargs: Any) -> Any:
            refusal = asked.refusal(_connection(function, args, kwargs))
            if refusal is not None:
                return refusal
            return await call(*args, **kwargs)

        return ask_first

    @wraps(function)
    def ask_first_plainly(*args: Any, **kwargs: Any) -> Any:
        refusal = asked.refusal(_connection(function, args, kwargs))
        if refusal is not None:
            return refusal
        return call(*args, **kwargs)

    return ask_first_plainly


def _connection(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HTTPConnection:
    """Find the request among what a function is called with."""
    for each in (*args[:2], *kwargs.values()):
        if isinstance(each, HTTPConnection):
            return each
    raise TypeError(f"{name_of(function)} was called without a request.")
