"""Hosts by which the application may be asked: others are refused.

The story starts at `HostPatterns`, which reads what is allowed and compares; the
middleware asks it about every request.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable

from restlette.contrib.refusals import refuse
from restlette.http.errors import BadRequest
from restlette.http.response import Response
from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.http.urls import URL, is_valid_host, split_host

__all__ = ["HostPatterns", "TrustedHostMiddleware", "requested_host"]


class HostPatterns:
    """Names that a host may have.

    Args:
        patterns: Names and addresses, without a scheme and without a port.
            ``*.example.org`` stands for all that is below ``example.org``, ``*`` for
            every host.

    Raises:
        ValueError: There is none, or one that no Host field could match.
        TypeError: Text where several are asked for.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        if isinstance(patterns, str):
            raise TypeError(f"allowed_hosts takes several texts: write [{patterns!r}].")
        texts = tuple(patterns)
        if not texts:
            raise ValueError("allowed_hosts is empty: nobody could ask for anything.")
        self.all: bool = "*" in texts
        names = [_read_pattern(text) for text in texts if text != "*"]
        self._names = frozenset(name for wild, name in names if not wild)
        self._suffixes = tuple(f".{name}" for wild, name in names if wild)

    def match(self, host: str) -> bool:
        """Say whether a host is among them.

        Args:
            host: The host as `split_host` gives it: lower case, no port, no brackets.
        """
        return self.all or host in self._names or host.endswith(self._suffixes)

    def names(self, host: str) -> bool:
        """Say whether a host is among them by its very name."""
        return host in self._names


def _read_pattern(pattern: str) -> tuple[bool, str]:
    wild = pattern.startswith("*.")
    text = pattern[2:] if wild else pattern
    if ":" in text and not text.startswith("["):
        # An IPv6 address; a name with a port does not pass as one.
        text = f"[{text}]"
    valid = text.isascii() and is_valid_host(text.encode("ascii"))
    if not valid or text.rfind(":") > text.rfind("]") or (wild and "[" in text):
        raise ValueError(
            f"{pattern!r} in allowed_hosts is not a host: write 'example.org', "
            "'*.example.org' or '::1', without a scheme or a port, and a name of other "
            "letters in its ASCII form, 'xn--…'."
        )
    return wild, split_host(text)[0]


def requested_host(scope: Scope) -> str | None:
    """Give the Host field of a request, as it is written.

    Returns:
        A host with or without a port, or None where there is no such field, or several,
        or one that names no host (RFC 9112 section 3.2: such requests are answered with
        400).
    """
    values = [value for name, value in scope["headers"] if name == b"host"]
    if len(values) != 1 or not is_valid_host(values[0]):
        return None
    return str(values[0], "ascii")


class TrustedHostMiddleware:
    """Refuses requests for hosts that it does not know, with 400.

    What an application writes of its own URL, into a redirect or a mail, comes from the
    Host field, which is the client's word. The comparison does not regard case, nor the
    port; X-Forwarded-Host is not looked at (see `restlette.contrib.proxy`).

    Args:
        app: The ASGI application inside.
        allowed_hosts: Names and addresses; ``*.example.org`` for all below a name,
            ``["*"]``, which is the default, for every host. That is warned about.
        www_redirect: Whether a host whose name is allowed with ``www.`` in front of it
            is redirected there.

    Raises:
        ValueError: No host, or one that no Host field could match.
        TypeError: Text where several are asked for.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed_hosts: Collection[str] | None = None,
        www_redirect: bool = True,
    ) -> None:
        self.app = app
        self.patterns: HostPatterns = HostPatterns(
            ("*",) if allowed_hosts is None else allowed_hosts
        )
        self.www_redirect = www_redirect
        if self.patterns.all:
            warnings.warn(
                'TrustedHostMiddleware allows every host: name them instead of "*", or '
                "leave the middleware out.",
                RuntimeWarning,
                stacklevel=2,
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; a lifespan passes by."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        written = requested_host(scope)
        host = None if written is None else split_host(written)[0]
        if host is not None and self.patterns.match(host):
            await self.app(scope, receive, send)
        elif host and self.www_redirect and self.patterns.names(f"www.{host}"):
            # SECURITY: the host is one of ours, by its name.
            target = URL(scope=scope).replace(netloc=f"www.{written}")
            redirect = Response(status_code=307, headers={"location": str(target)})
            await refuse(redirect, scope, receive, send)
        else:
            exc = BadRequest("Invalid host header")
            await refuse(exc, scope, receive, send)
