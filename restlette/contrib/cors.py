"""Cross-origin resource sharing: what scripts of other origins may ask of us.

The story starts at `CORSMiddleware`. What is sent is decided when it is made: a table
from origins to header fields, and one set of fields for preflights that pass.

Source: Fetch Standard, section 3.3 "HTTP extensions" (CORS protocol); Private Network
Access for its one field more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from restlette.http.errors import BadRequest
from restlette.http.headers import MutableHeaders, encode_name, encode_value
from restlette.http.methods import is_token
from restlette.http.origins import checked_origin, is_origin, origin_of
from restlette.http.problems import problem_response
from restlette.http.response import PlainTextResponse
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.resources.boundary import find_accept

__all__ = ["CORSMiddleware"]

Fields = list[tuple[bytes, bytes]]

# What `allow_methods=["*"]` stands for: CONNECT and TRACE are forbidden to scripts.
ALL_METHODS: Final = (
    "DELETE",
    "GET",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "POST",
    "PUT",
    "QUERY",
)
# Fetch 2.2.2: names that need no leave as long as their values are harmless. Browsers
# ask for them when they are not, and so they stand in every list.
SAFELISTED: Final = ("Accept", "Accept-Language", "Content-Language", "Content-Type")

# Whatever the application says of these itself gives way where a decision is ours:
# browsers refuse an answer that has one of them twice.
_OURS: Final = frozenset(
    {
        b"access-control-allow-credentials",
        b"access-control-allow-origin",
        b"access-control-expose-headers",
    }
)
_VARY_ORIGIN: Final = (b"vary", b"Origin")
# A preflight is answered by what it asks, which a cache on the way has to know.
_ASKED: Final = (
    b"Access-Control-Request-Method, Access-Control-Request-Headers, "
    b"Access-Control-Request-Private-Network"
)
# A regular expression that takes this takes anything.
_ANYBODY: Final = "https://any-origin-at-all.invalid"


class CORSMiddleware:
    """Lets scripts of other origins use the application, as far as it is told.

    Every answer names Origin in Vary (unless every origin is allowed, when all answers
    are alike), errors and redirects too. A preflight is answered here: 200 if all it
    asks is allowed, else 400 without any field of CORS.

    Origins are compared as they are written, which is how browsers send them: in lower
    case, without a path and without the default port. ``null``, the origin of sandboxed
    frames and local files, is nobody in particular: it is allowed by ``"*"`` or by its
    name in `allow_origins`, and by no regular expression.

    Args:
        app: The ASGI application inside.
        allow_origins: Origins, or ``["*"]`` for all.
        allow_methods: Methods that a preflight may ask for; ``"*"`` stands for all.
        allow_headers: Names of request fields that a preflight may ask for; ``"*"``
            allows all. Those that Fetch lists as safe are always allowed.
        allow_credentials: Whether scripts may send cookies and other credentials.
        allow_origin_regex: A regular expression; an origin has to match it as a whole.
        expose_headers: Names of response fields that scripts may read.
        max_age: For how many seconds a browser may remember a preflight.
        allow_private_network: Whether pages from the public network may reach this
            server on a private one.

    Raises:
        ValueError: All origins with credentials, or a value that no browser ever sends.
        TypeError: Text where several names are asked for.
    """

    def __init__(
        self,
        app: ASGIApp,
        allow_origins: Collection[str] = (),
        allow_methods: Collection[str] = ("GET",),
        allow_headers: Collection[str] = (),
        allow_credentials: bool = False,
        allow_origin_regex: str | None = None,
        expose_headers: Collection[str] = (),
        max_age: int = 600,
        *,
        allow_private_network: bool = False,
    ) -> None:
        self.app = app
        for name, value in (
            ("allow_origins", allow_origins),
            ("allow_methods", allow_methods),
            ("allow_headers", allow_headers),
            ("expose_headers", expose_headers),
        ):
            _check_collection(name, value)
        regex = None if allow_origin_regex is None else re.compile(allow_origin_regex)
        all_origins = "*" in allow_origins
        if allow_credentials and (all_origins or (regex and regex.fullmatch(_ANYBODY))):
            raise ValueError(
                "every origin with credentials would let any page act as the user who "
                "looks at it: name the origins, or set allow_credentials=False."
            )
        self._all_origins = all_origins
        self._regex = regex
        self._fields = _simple_fields(allow_credentials, expose_headers)
        # What an allowed origin's answers get, made once for each that is known.
        self._known = {
            checked_origin(origin): self._allowing(origin.encode("ascii"))
            for origin in allow_origins
            if origin != "*"
        }
        self._methods = _checked_methods(allow_methods)
        self._preflight = _Preflight(
            self._methods, allow_headers, max_age, allow_private_network
        )

    def _allowing(self, origin: bytes) -> Fields:
        return [(b"access-control-allow-origin", origin), *self._fields]

    def _decide(self, origin: bytes | None) -> Fields | None:
        """Give the fields for an origin, None if it is not allowed."""
        if self._all_origins:
            # Whether there is an Origin or not: the answer may be cached for one.
            return self._allowing(b"*")
        if origin is None:
            return None
        known = self._known.get(origin)
        if known is None and self._matches(origin):
            return self._allowing(origin)
        return known

    def _matches(self, origin: bytes) -> bool:
        if self._regex is None or not is_origin(origin):
            return False
        return self._regex.fullmatch(origin.decode("ascii")) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; those that are not HTTP pass by."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        origin = origin_of(scope)
        if origin is not None and scope["method"] == "OPTIONS":
            asked = _asked(scope)
            if b"access-control-request-method" in asked:
                await self._answer_preflight(origin, asked, scope, receive, send)
                return
        decided = self._decide(origin)
        vary = not self._all_origins

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = _with_fields(message.get("headers", ()), decided, vary)
                # The message and its list may be constants of the application's.
                message = {**message, "headers": fields}
            await send(message)

        await self.app(scope, receive, send_with_fields)

    async def _answer_preflight(
        self,
        origin: bytes,
        asked: dict[bytes, bytes],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        decided = self._decide(origin)
        failures = [] if decided is not None else ["origin"]
        failures += self._preflight.failures(asked)
        vary = _ASKED if self._all_origins else b"Origin, " + _ASKED
        if decided is None or failures:
            detail = f"Disallowed CORS {', '.join(failures)}"
            refusal = problem_response(BadRequest(detail), find_accept(scope))
            refusal.headers.add_vary_header(vary.decode("ascii"))
            await refusal(scope, receive, send)
            return
        response = PlainTextResponse("OK")
        # Which fields scripts may read is said with the answer itself.
        allowed = [f for f in decided if f[0] != b"access-control-expose-headers"]
        response.raw_headers += [*allowed, *self._preflight.fields(asked)]
        response.raw_headers.append((b"vary", vary))
        await response(scope, receive, send)


class _Preflight:
    """What preflights are held to, and what they are told.

    Args:
        methods: The methods that are allowed.
        headers: The names of the request fields that are allowed, or ``"*"``.
        max_age: For how many seconds the answer holds.
        private_network: Whether requests from a public network are.
    """

    def __init__(
        self,
        methods: tuple[str, ...],
        headers: Collection[str],
        max_age: int,
        private_network: bool,
    ) -> None:
        self._methods = frozenset(method.encode("ascii") for method in methods)
        self._all_headers = "*" in headers
        self._private_network = private_network
        names = sorted({*SAFELISTED, *headers} - {"*"}, key=str.lower)
        self._names = frozenset(map(encode_name, names))
        # Fetch 3.3.3: Access-Control-Max-Age is delta-seconds.
        if max_age < 0:
            raise ValueError(f"max_age is a number of seconds, not {max_age!r}.")
        self._methods_field = ", ".join(methods).encode("ascii")
        self._names_field = ", ".join(names).encode("ascii")
        self._max_age_field = b"%d" % max_age

    def failures(self, asked: dict[bytes, bytes]) -> list[str]:
        """Name what a preflight asks for and does not get.

        Args:
            asked: The values of its ``access-control-request-…`` fields, by name.
        """
        failures = []
        if asked[b"access-control-request-method"] not in self._methods:
            failures.append("method")
        if not all(map(self._is_allowed, _names(asked))):
            failures.append("headers")
        if _is_private(asked) and not self._private_network:
            failures.append("private-network")
        return failures

    def _is_allowed(self, name: bytes) -> bool:
        if self._all_headers:
            # SECURITY: it will be repeated in the answer.
            return is_token(name.decode("latin-1"))
        return name.lower() in self._names

    def fields(self, asked: dict[bytes, bytes]) -> Fields:
        """Give the fields for a preflight that has no failures."""
        names = self._names_field
        if self._all_headers:
            # NOTE: "*" would not do: it leaves out Authorization (Fetch 4.9), and with
            # credentials it is a name like any other.
            names = b", ".join(_names(asked)) or names
        fields = [
            (b"access-control-allow-methods", self._methods_field),
            (b"access-control-allow-headers", names),
            (b"access-control-max-age", self._max_age_field),
        ]
        if _is_private(asked):
            fields.append((b"access-control-allow-private-network", b"true"))
        return fields


def _check_collection(name: str, value: object) -> None:
    if isinstance(value, str):
        raise TypeError(f"{name} takes several texts: write [{value!r}].")


def _checked_methods(methods: Collection[str]) -> tuple[str, ...]:
    for method in methods:
        if not is_token(method):
            raise ValueError(f"{method!r} is not a method (RFC 9110 9.1).")
    return ALL_METHODS if "*" in methods else tuple(methods)


def _simple_fields(credentials: bool, exposed: Collection[str]) -> Fields:
    fields = []
    if credentials:
        fields.append((b"access-control-allow-credentials", b"true"))
    if exposed:
        for name in exposed:
            encode_name(name)
        value = encode_value("access-control-expose-headers", ", ".join(exposed))
        fields.append((b"access-control-expose-headers", value))
    return fields


def _asked(scope: Scope) -> dict[bytes, bytes]:
    """Give the request's ``access-control-request-…`` fields, their lines joined."""
    lines: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        if name.startswith(b"access-control-request-"):
            lines.setdefault(name, []).append(value)
    return {name: b",".join(values) for name, values in lines.items()}


def _names(asked: dict[bytes, bytes]) -> list[bytes]:
    value = asked.get(b"access-control-request-headers", b"")
    return [name for member in value.split(b",") if (name := member.strip(b" \t"))]


def _is_private(asked: dict[bytes, bytes]) -> bool:
    return b"access-control-request-private-network" in asked


def _with_fields(
    fields: Iterable[tuple[bytes, bytes]], decided: Fields | None, vary: bool
) -> Fields:
    """Give an answer's fields with those of CORS; the list is a new one."""
    varies = False
    kept: Fields = []
    for field in fields:
        name = field[0].lower()
        if name in _OURS and decided is not None:
            continue
        if name == b"vary":
            varies = True
        kept.append(field)
    if decided is not None:
        kept += decided
    if vary:
        if varies:
            MutableHeaders(raw=kept).add_vary_header("Origin")
        else:
            kept.append(_VARY_ORIGIN)
    return kept
