"""The cookie of a session, as both kinds of session set it."""

from __future__ import annotations

from typing import Any, Final

from restlette.http.cookies import parse_cookies, set_cookie_value
from restlette.http.headers import MutableHeaders
from restlette.http.types import Message, Scope

__all__ = ["BEGINNINGS", "Cookie", "told"]

_ANSWER: Final = "http.response.start"

BEGINNINGS: Final = (_ANSWER, "websocket.accept")
"""The messages that header fields go out with."""

# Of name and value together: browsers drop a cookie of more without a word.
LARGEST: Final = 4093

_VARY: Final = (b"vary", b"Cookie")
_NO_STORE: Final = (b"cache-control", b"no-store")


class Cookie:
    """How a cookie is set.

    Args:
        name: Its name.
        path: Which paths it is for.
        domain: Which domain it is for, all below it too; None for the host alone.
        same_site: "lax", "strict" or "none".
        https_only: Whether it goes over HTTPS alone.
        partitioned: Whether each site that embeds this one has its own.

    Raises:
        ValueError: The name or an attribute makes no cookie; the message says why.
    """

    def __init__(
        self,
        name: str,
        path: str,
        domain: str | None,
        same_site: str,
        https_only: bool,
        partitioned: bool,
    ) -> None:
        self.name = name
        self._attributes: dict[str, Any] = {
            "path": path,
            "domain": domain,
            "secure": https_only,
            "httponly": True,
            "samesite": same_site,
            "partitioned": partitioned,
        }
        # PERF: what stands around the value is the same each time.
        self._around: dict[int | None, tuple[bytes, bytes]] = {}
        self._beginning = name.encode("utf-8") + b"="
        self._start = len(self._beginning)
        self.line("x", 1)

    def read(self, scope: Scope, length: int | None = None) -> bytes | None:
        """Give its value in a request; None without one.

        Args:
            scope: The scope.
            length: How many bytes a value has that was given out, where all have as
                many. What is as long is given as it stands: with another cookie in it,
                it is none that was given out.
        """
        field: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"cookie":
                if field is not None:
                    # HTTP/2 may bring several (RFC 9113 section 8.2.3).
                    field = b"; ".join([field, value])
                field = field or value
        if field is None:
            return None
        # PERF: most clients have this cookie and no other one.
        if field.startswith(self._beginning):
            value = field[self._start :]
            if len(value) == length:
                return value
            # A value as it stands, and no other cookie behind it.
            if value.translate(None, b"-._").isalnum():
                return value
        text = parse_cookies([field]).get(self.name)
        return None if text is None else text.encode("utf-8", "replace")

    def line(self, value: str, max_age: int | None) -> bytes:
        """Write the value of a Set-Cookie field.

        Args:
            value: The cookie's value.
            max_age: For how many seconds browsers keep it; None for as long as they
                are open, 0 to remove it.
        """
        around = self._around.get(max_age)
        if around is None:
            around = self._around[max_age] = self._write(max_age)
        # SECURITY: values are of letters, digits, "-", "_" and ".", and need no check.
        return around[0] + value.encode("ascii") + around[1]

    def _write(self, max_age: int | None) -> tuple[bytes, bytes]:
        """Give what stands before and behind the value in Set-Cookie."""
        line = set_cookie_value(self.name, max_age=max_age, **self._attributes)
        return line[: self._start], line[self._start :]

    def is_too_long(self, value: str) -> bool:
        """Say whether browsers would drop it."""
        return len(self.name) + len(value) > LARGEST


def told(message: Message, line: bytes | None) -> Message:
    """Give the beginning of an answer, with what says that the session was looked at.

    Args:
        message: ``http.response.start`` or ``websocket.accept``.
        line: The value of Set-Cookie; None where the cookie stays as it is.
    """
    fields = message.get("headers", ())
    names = dict(fields)
    # PERF: most answers set no cookie, and say nothing of what they depend on.
    if line is None and b"vary" not in names and message["type"] == _ANSWER:
        return {**message, "headers": [*fields, _VARY]}
    headers = MutableHeaders(raw=list(fields))
    # What a WebSocket is accepted with no cache keeps.
    if message["type"] == _ANSWER:
        headers.add_vary_header("Cookie")
        # What sets a cookie is for one person (RFC 9111 section 7.3).
        if line is not None and b"cache-control" not in names:
            headers.raw.append(_NO_STORE)
    if line is not None:
        headers.raw.append((b"set-cookie", line))
    return {**message, "headers": headers.raw}
