"""Logging in and out: the session remembers who it is.

The story starts at `log_in`, which a handler calls when a password was right;
`SessionUser` knows the user from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from restlette.contrib.auth.schemes import Scheme, checked_verifier, read_verified
from restlette.contrib.auth.users import Found
from restlette.contrib.csrf import SESSION_KEY
from restlette.contrib.sessions import Session
from restlette.http.methods import is_token
from restlette.http.request import HTTPConnection
from restlette.resources.guards import Schemes

__all__ = ["USER_ID", "SessionUser", "log_in", "log_out"]

USER_ID: Final = "user_id"
"""Where in a session it is whose it is."""


def log_in(connection: HTTPConnection, user_id: str | int) -> None:
    """Make the session a user's.

    Its id changes, so that one that was planted or seen before is worth nothing (OWASP
    Session Management, "Renew the Session ID After Any Privilege Level Change"), and so
    do the tokens against CSRF. What is in it stays, a cart for example, but for what
    another user has left there.

    Args:
        connection: The request. A cookie is set, so that its answer has not begun.
        user_id: What `SessionUser` loads the user by.

    Raises:
        TypeError: The id is neither text nor a number.
        RuntimeError: There is no session.
    """
    given: object = user_id
    if isinstance(given, bool) or not isinstance(given, str | int) or given == "":
        raise TypeError(f"user_id is a text or a number, not {user_id!r}.")
    session = connection.session
    if session.get(USER_ID) not in (None, user_id):
        session.clear()
    session.pop(SESSION_KEY, None)
    session[USER_ID] = user_id
    _call(session, "regenerate")
    if isinstance(session, Session):
        # For those who list and revoke the sessions of a user.
        session.user = str(user_id)


def log_out(connection: HTTPConnection) -> None:
    """End the session, with all that is in it.

    Args:
        connection: The request.

    Raises:
        RuntimeError: There is no session.
    """
    session = connection.session
    session.clear()
    _call(session, "invalidate")


def _call(session: Any, name: str) -> None:
    """Call a method that sessions have which are kept on the server."""
    method = getattr(session, name, None)
    if method is not None:
        method()


class SessionUser(Scheme):
    """The user that the session remembers, since `log_in`.

    SECURITY: browsers send the cookie of their own accord: put `CSRFMiddleware` around.

    Args:
        load: Given the id, gives the user, a pair of `AuthCredentials` and the user, or
            None where there is no such user any more, who is then nobody. A plain
            function runs in a thread.
        cookie: The name of the session's cookie, for the schema.
        realm: What the session is for.

    Raises:
        TypeError: `load` cannot be called.
        ValueError: The cookie's name is none.

    Source: RFC 9110 section 11. No scheme of HTTP is registered for it: the challenge
    `Cookie` is for people to read.
    """

    _name = "Cookie"

    def __init__(
        self,
        load: Callable[..., Any],
        *,
        cookie: str = "session",
        realm: str = "restricted",
    ) -> None:
        if not is_token(cookie):
            raise ValueError(f"{cookie!r} is no name for a cookie.")
        super().__init__(realm=realm)
        self._load = checked_verifier(load, "SessionUser")
        self.security: Schemes = {
            "session": {"type": "apiKey", "in": "cookie", "name": cookie}
        }

    async def authenticate(self, conn: HTTPConnection) -> Found | None:
        """Look into the session."""
        user_id = conn.session.get(USER_ID)
        if user_id is None:
            return None
        return read_verified(await self._load(user_id), self._load)
