"""The cookie of a session, as both kinds of session set it."""

from __future__ import annotations

from typing import Final, NamedTuple

from restlette.http.cookies import parse_cookies, set_cookie_value
from restlette.http.headers import MutableHeaders
from restlette.http.types import Message, Scope

__all__ = ["Cookie", "told"]

# Of name and value together: browsers drop a cookie of more without a word.
LARGEST: Final = 4093


class Cookie(NamedTuple):
    """How a cookie is set.

    Attributes:
        name: Its name.
        path: Which paths it is for.
        domain: Which domain it is for, all below it too; None for the host alone.
        same_site: "lax", "strict" or "none".
        https_only: Whether it goes over HTTPS alone.
        partitioned: Whether each site that embeds this one has its own.
    """

    name: str
    path: str
    domain: str | None
    same_site: str
    https_only: bool
    partitioned: bool

    def check(self) -> None:
        """Refuse what no cookie can be.

        Raises:
            ValueError: The name or an attribute makes no cookie; the message says why.
        """
        self.line("x", 1)

    def read(self, scope: Scope) -> str | None:
        """Give its value in a request; None without one."""
        fields = [value for name, value in scope["headers"] if name == b"cookie"]
        if not fields:
            return None
        return parse_cookies(fields).get(self.name)

    def line(self, value: str, max_age: int | None) -> bytes:
        """Write the value of a Set-Cookie field.

        Args:
            value: The cookie's value.
            max_age: For how many seconds browsers keep it; None for as long as they
                are open, 0 to remove it.
        """
        return set_cookie_value(
            self.name,
            value,
            max_age=max_age,
            path=self.path,
            domain=self.domain,
            secure=self.https_only,
            httponly=True,
            samesite=self.same_site,
            partitioned=self.partitioned,
        )

    def is_too_long(self, value: str) -> bool:
        """Say whether browsers would drop it."""
        return len(self.name) + len(value) > LARGEST


def told(message: Message, line: bytes | None) -> Message:
    """Give the beginning of an answer, with what says that the session was looked at.

    Args:
        message: ``http.response.start`` or ``websocket.accept``.
        line: The value of Set-Cookie; None where the cookie stays as it is.
    """
    headers = MutableHeaders(raw=message.get("headers", ()))
    if line is not None:
        headers.append("set-cookie", line.decode("ascii"))
    # What a WebSocket is accepted with no cache keeps.
    if message["type"] == "http.response.start":
        headers.add_vary_header("Cookie")
        if line is not None:
            # What sets a cookie is for one person (RFC 9111 section 7.3).
            headers.setdefault("cache-control", "no-store")
    return {**message, "headers": headers.raw}
