"""Settings that let in whom they were to keep out.

Each is looked for where it was written: in the options of middleware, in the limits of
routers and routes, at the application. What is off by default and safe is not told.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from restlette.app import Restlette
from restlette.checks.findings import Finding
from restlette.checks.sources import line_of_call
from restlette.config import Secret
from restlette.http.limits import Limits
from restlette.middleware import Middleware
from restlette.resources.router import Router
from restlette.resources.routes import (
    Place,
    Route,
    WebSocketRoute,
    class_of,
    is_websocket_resource,
    name_of,
)

__all__ = ["check_settings", "routers"]


def check_settings(app: Router, file: str | None) -> Iterator[Finding]:
    """Find what is unsafe in an application and in what is merged into it.

    Args:
        app: The application.
        file: Where it is made, for what does not know its own place.
    """

    def place(name: str, other: Place | None = None) -> Place | None:
        line = None if file is None else line_of_call(file, name)
        return other if file is None or line is None else Place(file, line)

    if isinstance(app, Restlette) and app.debug:
        yield Finding(
            "debug",
            "the application has debug=True: an exception shows source code and values "
            "to clients on this machine, which everybody is behind a proxy there. Take "
            "it from the environment, and leave it off where it is deployed.",
            place("debug", place(type(app).__name__)),
        )
    for router in routers(app):
        for middleware in router.user_middleware:
            yield from _middleware(middleware, place(name_of(middleware.cls)))
        yield from _limits(router.limits, place("limits"))
        for route in router.routes:
            if isinstance(route, Route | WebSocketRoute):
                for middleware in route.middleware:
                    yield from _middleware(middleware, route.place)
                yield from _limits(route.limits, route.place)
            if isinstance(route, WebSocketRoute):
                yield from _origins(route)


def routers(app: Router) -> Iterator[Router]:
    """Give a router and all that are below it, each once."""
    waiting, seen = [app], set[int]()
    while waiting:
        router = waiting.pop()
        if id(router) in seen:
            continue
        seen.add(id(router))
        yield router
        mounted = [getattr(route, "app", None) for route in router.routes]
        waiting += [each for each in mounted if isinstance(each, Router)]


# Middleware ---------------------------------------------------------------------------


def _middleware(middleware: Middleware, place: Place | None) -> Iterator[Finding]:
    options: dict[Any, Any] = {**middleware.options}
    options.update(enumerate(middleware.args))
    check = _MIDDLEWARE.get(name_of(middleware.cls))
    if check is not None:
        yield from check(options, place)
    yield from _secrets(name_of(middleware.cls), options, place)


Options = Mapping[Any, Any]

# Nobody's: a page at it may be anybody's.
_STRANGERS: Final = ("https://a.invalid", "https://invalid", "null", "http://a.invalid")


def _cors(options: Options, place: Place | None) -> Iterator[Finding]:
    """Fetch 3.3.5: credentials go to whoever is allowed by name."""
    origins = options.get("allow_origins", options.get(0, ()))
    if not options.get("allow_credentials", options.get(3, False)):
        return
    regex = options.get("allow_origin_regex", options.get(4))
    is_open = "*" in origins or "null" in origins
    if regex is not None:
        is_open = is_open or any(re.fullmatch(regex, each) for each in _STRANGERS)
    if is_open:
        yield Finding(
            "cors",
            "CORSMiddleware allows origins of anybody with allow_credentials=True: any "
            "page may act as the user who looks at it. Name the origins, or leave "
            "allow_credentials out.",
            place,
        )
    elif regex is not None and _has_loose_dot(regex):
        yield Finding(
            "cors",
            f"allow_origin_regex={regex!r} has a dot that stands for any character: "
            "somebody's own domain may fit, and act as the user who looks at it. "
            "Write \\. for a dot.",
            place,
        )


def _has_loose_dot(regex: str) -> bool:
    """Say whether a dot of a name is one of a regular expression."""
    return re.search(r"(?<!\\)\.(?![*+?{])[A-Za-z0-9]", regex) is not None


def _trusted_hosts(options: Options, place: Place | None) -> Iterator[Finding]:
    hosts = options.get("allowed_hosts", options.get(0))
    if hosts is None or "*" in hosts:
        yield Finding(
            "trusted-hosts",
            "TrustedHostMiddleware allows every host, so that links in answers may be "
            'made to lead anywhere. Name the hosts instead of "*".',
            place,
        )


def _proxies(options: Options, place: Place | None) -> Iterator[Finding]:
    trusted = options.get("trusted", options.get("trusted_hosts", options.get(0, ())))
    open_ones = [each for each in trusted if _is_everybody(each)]
    if open_ones:
        yield Finding(
            "trusted-proxies",
            f"ProxyHeadersMiddleware trusts {open_ones[0]}, which is everybody: any "
            "client may say which address it has, and that it came by https. Name the "
            "addresses of the proxies.",
            place,
        )


def _is_everybody(network: object) -> bool:
    if network == "*":
        return True
    try:
        return ipaddress.ip_network(str(network), strict=False).prefixlen == 0
    except ValueError:
        return False


_MIDDLEWARE: Final[
    Mapping[str, Callable[[Options, Place | None], Iterator[Finding]]]
] = {
    "CORSMiddleware": _cors,
    "TrustedHostMiddleware": _trusted_hosts,
    "ProxyHeadersMiddleware": _proxies,
}

# RFC 7518 section 3.2: a key of as many bits as the hash has, 256, for HMAC. Half of it
# in characters is what is told.
_SHORTEST: Final = 16
_KNOWN: Final = re.compile(
    r"(?:super|my|top)?[-_ ]?(?:secret|change[-_ ]?me|password|insecure|key|dev|test)"
    r"[-_ ]?(?:key|secret|me|not)?.*",
    re.IGNORECASE,
)


def _secrets(name: str, options: Options, place: Place | None) -> Iterator[Finding]:
    for option, value in options.items():
        if "secret" not in str(option) or "://" in str(value):
            continue
        for each in value if isinstance(value, list | tuple) else [value]:
            text = _text(each)
            if text is not None and (len(text) < _SHORTEST or _is_known(text)):
                yield Finding(
                    "secret",
                    f"{option} of {name} is short or written in many a tutorial, so "
                    "that it can be guessed, and what it signs be forged. Take it from "
                    "the environment; python -c 'import secrets; "
                    "print(secrets.token_urlsafe(32))' makes one.",
                    place,
                )


def _is_known(text: str) -> bool:
    return len(set(text)) < 5 or (len(text) < 32 and _KNOWN.fullmatch(text) is not None)


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value) if isinstance(value, str | Secret) else None


# Limits and origins -------------------------------------------------------------------

_MIB: Final = 1024**2
# Above these a few requests fill the memory of a machine, or its disk.
_HIGHEST: Final = Limits(
    body=256 * _MIB,
    headers=10_000,
    query_parameters=100_000,
    cookies=_MIB,
    message=256 * _MIB,
    multipart=16_384 * _MIB,
    form_fields=100_000,
    form_files=100_000,
    form_text=256 * _MIB,
    part_headers=1_000,
    part_header=_MIB,
    decompressed=256 * _MIB,
)


def _limits(
    figures: Mapping[str, int] | None, place: Place | None
) -> Iterator[Finding]:
    for name, figure in (figures or {}).items():
        highest: int = getattr(_HIGHEST, name)
        if figure > highest:
            yield Finding(
                "limits",
                f"the limit {name!r} is {figure:,}, which is none: above {highest:,} a "
                "few requests take a machine down. Write what the largest request "
                "needs, at the route that it is for.",
                place,
            )


def _origins(route: WebSocketRoute) -> Iterator[Finding]:
    allowed = route.allowed_origins
    if allowed is None and is_websocket_resource(route.endpoint):
        allowed = class_of(route.endpoint).allowed_origins
    if allowed is not None and "*" in allowed:
        yield Finding(
            "websocket-origins",
            f"pages of anybody may open a WebSocket at {route.path or '/'}, as the "
            "user who looks at them: browsers send cookies with it. Name the origins, "
            "or leave allowed_origins out.",
            route.place,
        )
