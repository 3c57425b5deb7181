"""The cookie of a session, as both kinds of session set it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from restlette.http.cookies import parse_cookies, set_cookie_value
from restlette.http.headers import MutableHeaders
from restlette.http.types import Message, Scope

__all__ = ["BEGINNINGS", "Cookie", "told"]

BEGINNINGS: Final = ("http.response.start", "websocket.accept")
"""The messages that header fields go out with."""

# Of name and value together: browsers drop a cookie of more without a word.
LARGEST: Final = 4093

# What is a value as it stands, and no other cookie behind it.
_is_plain: Final = re.compile(rb"[A-Za-z0-9._\-]+").fullmatch


_VARY: Final = (b"vary", b"Cookie")
_NO_STORE: Final = (b"cache-control", b"no-store")


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
        # PERF: most clients have this cookie and no other one.
        name, _, value = fields[0].partition(b"=")
        if len(fields) == 1 and name == self.name.encode("ascii") and _is_plain(value):
            plain: str = value.decode("ascii")
            return plain
        return parse_cookies(fields).get(self.name)

    def line(self, value: str, max_age: int | None) -> bytes:
        """Write the value of a Set-Cookie field.

        Args:
            value: The cookie's value.
            max_age: For how many seconds browsers keep it; None for as long as they
                are open, 0 to remove it.
        """
        # PERF: what stands around the value is the same each time. SECURITY: values are
        # of letters, digits, "-", "_" and ".", and need no check.
        before, after = _around(self, max_age)
        return before + value.encode("ascii") + after

    def is_too_long(self, value: str) -> bool:
        """Say whether browsers would drop it."""
        return len(self.name) + len(value) > LARGEST


@lru_cache(maxsize=64)
def _around(cookie: Cookie, max_age: int | None) -> tuple[bytes, bytes]:
    """Give what stands before and behind a cookie's value in Set-Cookie."""
    line = set_cookie_value(
        cookie.name,
        max_age=max_age,
        path=cookie.path,
        domain=cookie.domain,
        secure=cookie.https_only,
        httponly=True,
        samesite=cookie.same_site,
        partitioned=cookie.partitioned,
    )
    before = line[: len(cookie.name) + 1]
    return before, line[len(before) :]


def told(message: Message, line: bytes | None) -> Message:
    """Give the beginning of an answer, with what says that the session was looked at.

    Args:
        message: ``http.response.start`` or ``websocket.accept``.
        line: The value of Set-Cookie; None where the cookie stays as it is.
    """
    fields = list(message.get("headers", ()))
    # What a WebSocket is accepted with no cache keeps.
    if message["type"] == "http.response.start":
        names = [name.lower() for name, _ in fields]
        # PERF: most answers say nothing of either.
        if b"vary" in names:
            headers = MutableHeaders(raw=fields)
            headers.add_vary_header("Cookie")
            fields = headers.raw
        else:
            fields.append(_VARY)
        # What sets a cookie is for one person (RFC 9111 section 7.3).
        if line is not None and b"cache-control" not in names:
            fields.append(_NO_STORE)
    if line is not None:
        fields.append((b"set-cookie", line))
    return {**message, "headers": fields}
