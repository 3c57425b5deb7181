"""Users, what they may do, and what finds out who they are.

The story starts at `AuthenticationBackend`, which an application derives a class from,
or has one of the ready ones: `restlette.contrib.auth` names them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from restlette.http.errors import BadRequest, HTTPException
from restlette.http.request import HTTPConnection

__all__ = [
    "AuthCredentials",
    "AuthenticationBackend",
    "AuthenticationError",
    "BaseUser",
    "Found",
    "SimpleUser",
    "UnauthenticatedUser",
    "texts",
]


class AuthenticationError(Exception):
    """Credentials came, and they are not right.

    Args:
        detail: What is wrong, for the client's eyes.
        answer: What the client is answered; by default 400 with the detail.
    """

    def __init__(self, detail: str = "", answer: HTTPException | None = None) -> None:
        super().__init__(detail)
        self.answer: HTTPException = (
            BadRequest(detail or None) if answer is None else answer
        )


class AuthCredentials:
    """What somebody may do.

    Args:
        scopes: Names that the application gives a meaning: `["books:write"]`.

    Raises:
        TypeError: The scopes are one text, or something else than texts.
    """

    def __init__(self, scopes: Iterable[str] | None = None) -> None:
        self.scopes: list[str] = [] if scopes is None else texts("scopes", scopes)

    def __repr__(self) -> str:
        return f"AuthCredentials({self.scopes!r})"


class BaseUser:
    """Somebody. Classes derived from it say who."""

    @property
    def is_authenticated(self) -> bool:
        """Whether it is known who it is."""
        raise NotImplementedError(f"{type(self).__qualname__}.is_authenticated")

    @property
    def display_name(self) -> str:
        """What to call the user on a page."""
        raise NotImplementedError(f"{type(self).__qualname__}.display_name")

    @property
    def identity(self) -> str:
        """What the user is known by."""
        raise NotImplementedError(f"{type(self).__qualname__}.identity")


class SimpleUser(BaseUser):
    """A user with a name.

    Args:
        username: The name.
    """

    def __init__(self, username: str) -> None:
        self.username = username

    @property
    def is_authenticated(self) -> bool:
        """Always true."""
        return True

    @property
    def display_name(self) -> str:
        """The name."""
        return self.username

    @property
    def identity(self) -> str:
        """The name."""
        return self.username

    def __repr__(self) -> str:
        return f"SimpleUser({self.username!r})"


class UnauthenticatedUser(BaseUser):
    """Nobody that is known."""

    @property
    def is_authenticated(self) -> bool:
        """Always false."""
        return False

    @property
    def display_name(self) -> str:
        """Nothing."""
        return ""

    @property
    def identity(self) -> str:
        """Nothing."""
        return ""


Found = tuple[AuthCredentials, Any]
"""What a user may do, and the user."""


class AuthenticationBackend:
    """Finds out who sent a request."""

    async def authenticate(self, conn: HTTPConnection) -> Found | None:
        """Look at a request, or at the handshake of a WebSocket.

        Args:
            conn: The connection.

        Returns:
            What the user may do and who it is; None where no credentials came.

        Raises:
            AuthenticationError: Credentials came, and they are not right.
        """
        raise NotImplementedError(f"{type(self).__qualname__}.authenticate")


def texts(name: str, given: Iterable[str]) -> list[str]:
    """Give several texts as a list.

    Raises:
        TypeError: It is one text, or holds something else.
    """
    if isinstance(given, str):
        raise TypeError(f"{name} are several texts: write [{given!r}].")
    found = list(given)
    for each in found:
        if not isinstance(each, str):
            raise TypeError(f"{name} are texts, not {type(each).__name__}.")
    return found
