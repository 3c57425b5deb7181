"""HTTPS only: a redirect for those who come without it, and word to stay with it.

Both go by the scope's scheme, which behind a proxy is the proxy's: put
`restlette.contrib.proxy` around them.
"""

from __future__ import annotations

from collections.abc import Collection

from restlette.contrib.refusals import refuse
from restlette.contrib.trustedhost import HostPatterns, requested_host
from restlette.http.errors import BadRequest
from restlette.http.response import Response
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.http.urls import URL, split_host

__all__ = ["HSTSMiddleware", "HTTPSRedirectMiddleware"]

_SECURE = {"http": "https", "ws": "wss"}
_YEAR = 365 * 24 * 60 * 60


class HTTPSRedirectMiddleware:
    """Redirects from ``http`` to ``https``, and from ``ws`` to ``wss``, with 307.

    The target names the host that was asked for, so that must be one: a request whose
    Host field is absent, doubled or malformed is answered with 400. Ports 80 and 443
    are left out, others stay.

    Args:
        app: The ASGI application inside.
        allowed_hosts: Hosts to redirect to, as `TrustedHostMiddleware` takes them; by
            default every well-formed one.

    Raises:
        ValueError: No host, or one that no Host field could match.
        TypeError: Text where several are asked for.
    """

    def __init__(
        self, app: ASGIApp, *, allowed_hosts: Collection[str] = ("*",)
    ) -> None:
        self.app = app
        self.patterns: HostPatterns = HostPatterns(allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; a lifespan and what is secure pass by."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        plain = scope.get("scheme") or ("http" if scope["type"] == "http" else "ws")
        if plain not in _SECURE:
            await self.app(scope, receive, send)
            return
        written = requested_host(scope)
        if written is None or not self.patterns.match(split_host(written)[0]):
            exc = BadRequest("Invalid host header")
            await refuse(exc, scope, receive, send)
            return
        target = URL(scope=scope).replace(
            scheme=_SECURE[plain], netloc=_without_default_port(written)
        )
        redirect = Response(status_code=307, headers={"location": str(target)})
        await refuse(redirect, scope, receive, send)


def _without_default_port(host: str) -> str:
    port = split_host(host)[1]
    # The brackets of an IPv6 address stay: cut off is only what follows the last colon.
    return host.rpartition(":")[0] if port in (80, 443) or host[-1] == ":" else host


class HSTSMiddleware:
    """Tells browsers to come by HTTPS only, from now on (RFC 6797).

    The field is in every answer that goes over HTTPS, and in no other (section 7.2).
    An application that sets it itself has its way.

    Args:
        app: The ASGI application inside.
        max_age: For how many seconds browsers remember it; 0 makes them forget it.
        include_subdomains: Whether it goes for all hosts below this one too.
        preload: Whether browser makers may put the host on their list, from which it
            does not come off soon. They ask for a year and the hosts below.

    Raises:
        ValueError: A negative time, or `preload` without what it asks for.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_age: int = _YEAR,
        include_subdomains: bool = False,
        preload: bool = False,
    ) -> None:
        if max_age < 0:
            raise ValueError(f"max_age is a number of seconds, not {max_age!r}.")
        if preload and not (include_subdomains and max_age >= _YEAR):
            raise ValueError(
                f"preload asks for include_subdomains=True and max_age >= {_YEAR}."
            )
        self.app = app
        # RFC 6797 section 6.1:
        #   "Strict-Transport-Security" ":" [ directive ] *( ";" [ directive ] )
        value = f"max-age={max_age}"
        value += "; includeSubDomains" if include_subdomains else ""
        value += "; preload" if preload else ""
        self._field = (b"strict-transport-security", value.encode("ascii"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; those that are not HTTPS pass by."""
        if scope["type"] != "http" or scope.get("scheme") != "https":
            await self.app(scope, receive, send)
            return

        async def send_with_field(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = list(message.get("headers", ()))
                if all(name.lower() != self._field[0] for name, _ in fields):
                    fields.append(self._field)
                message = {**message, "headers": fields}
            await send(message)

        await self.app(scope, receive, send_with_field)
