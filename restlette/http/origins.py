"""Origins (RFC 6454): whose page is asking, as browsers say in the Origin field.

The story starts with `Origins`, which says whose pages may open a WebSocket. Browsers
let any page open one to any host and send the user's cookies with it (RFC 6455 §10.2
leaves the check to servers), so that what keeps scripts from reading other sites'
answers does not protect a WebSocket.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from restlette.http.types import Scope
from restlette.http.urls import is_valid_host

__all__ = [
    "Origins",
    "checked_origin",
    "is_origin",
    "is_own_origin",
    "is_same_origin",
    "origin_of",
]

# RFC 6454 §7.1: serialized-origin = scheme "://" host [ ":" port ]
_scheme = re.compile(rb"[a-z][a-z0-9+.\-]*+").fullmatch
# The port that stands for none, by scheme.
_OWN_PORTS: Final = {b"http": b":80", b"https": b":443"}
_SECURE: Final = ("https", "wss")
# What two Origin fields are taken for: no origin is spelled so.
_TWO: Final = b","


def is_origin(origin: bytes) -> bool:
    """Say whether a value is an origin as browsers write them; "null" is none."""
    scheme, separator, host = origin.partition(b"://")
    if not (separator and _scheme(scheme) and host == host.lower()):
        return False
    # WHATWG URL §4.3: a port that is the scheme's own is left out.
    own = _OWN_PORTS.get(scheme, b":")
    return is_valid_host(host) and not host.endswith((own, b":"))


def checked_origin(origin: str) -> bytes:
    """Give an origin that was written in a program, or "null", as browsers send it.

    Raises:
        ValueError: No browser ever sends that.
    """
    encoded = origin.encode("utf-8", "replace")
    if origin != "null" and not is_origin(encoded):
        raise ValueError(
            f"{origin!r} is not an origin as browsers send it: lower case, punycode, "
            "no path and no slash at the end, no default port. Write for example "
            "'https://example.org'."
        )
    return encoded


def origin_of(scope: Scope) -> bytes | None:
    """Give the value of the Origin field; of two, one that is nobody's origin."""
    origin: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"origin":
            origin = value if origin is None else _TWO
    return origin


def is_same_origin(origin: bytes, scheme: str, host: bytes) -> bool:
    """Say whether an origin is that of the host that was asked.

    A page that came by https is at home where the application sees http or ws as well:
    TLS often ends at a proxy. The reverse does not hold.

    Args:
        origin: The value of the Origin field.
        scheme: The scheme of the request: `http`, `https`, `ws` or `wss`.
        host: The value of the Host field, which names a host.
    """
    if not is_origin(origin):
        return False
    own_scheme, _, authority = origin.partition(b"://")
    if own_scheme != b"https" and (own_scheme != b"http" or scheme in _SECURE):
        return False
    port = _OWN_PORTS[own_scheme]
    return authority == host.lower().removesuffix(port).removesuffix(b":")


def is_own_origin(origin: bytes, scope: Scope) -> bool:
    """Say whether an origin is that of the host that a request is for.

    Args:
        origin: The value of the Origin field.
        scope: The ASGI scope; one without a Host that names a host is nobody's.
    """
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not is_valid_host(hosts[0]):
        return False
    return is_same_origin(origin, scope.get("scheme", "http"), hosts[0])


class Origins:
    """Whose pages may open a WebSocket.

    Args:
        allowed: Origins whose pages may, beside those of the host that is asked, which
            are then the only ones who may: a handshake without an Origin is refused.
            `["*"]` lets everybody in. None, which is the default, asks for the host's
            own origin where the handshake has a Cookie field, and for nothing else.

    Raises:
        TypeError: Text where several origins are asked for.
        ValueError: What no browser ever sends.
    """

    __slots__ = ("_allowed", "_is_open")

    def __init__(self, allowed: Collection[str] | None = None) -> None:
        if isinstance(allowed, str):
            raise TypeError(
                f"allowed_origins takes several texts: write [{allowed!r}]."
            )
        self._is_open = allowed is not None and "*" in allowed
        self._allowed: frozenset[bytes] | None = None
        if allowed is not None:
            self._allowed = frozenset(
                checked_origin(origin) for origin in allowed if origin != "*"
            )

    def admit(self, scope: Scope) -> bool:
        """Say whether the page that asks for a WebSocket may have it.

        Args:
            scope: The ASGI scope of the handshake.
        """
        if self._is_open:
            return True
        # SECURITY: what a browser sends of its own accord is what another site's page
        # can use. Without it that page is worth what any client is.
        if self._allowed is None and not _has_cookie(scope):
            return True
        origin = origin_of(scope)
        if origin is None:
            return False
        if self._allowed is not None and origin in self._allowed:
            return True
        return is_own_origin(origin, scope)


def _has_cookie(scope: Scope) -> bool:
    # PERF: any() and its generator take twice as long.
    for name, _ in scope["headers"]:  # noqa: SIM110 any() is slower
        if name == b"cookie":
            return True
    return False
