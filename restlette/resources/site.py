"""From a scope to what answers it: the frozen form of a tree of routers.

The story starts with `Site.__call__`, which looks at a request once, before anything of
it is believed, finds the `Leaf` that its path leads to, and there the `Entry` of its
method. A leaf has an entry for each method of its resource, for OPTIONS, and two that
refuse: one for methods that the resource has not got, one for those that nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from restlette.http.errors import (
    ACCEPT_FIELDS,
    BadRequest,
    Forbidden,
    MethodNotAllowed,
    MethodNotImplemented,
    NotFound,
    RequestHeaderFieldsTooLarge,
    UpgradeRequired,
)
from restlette.http.limits import DEFAULT_LIMITS
from restlette.http.methods import KNOWN
from restlette.http.response import Response
from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.http.urls import is_valid_host, quote_path, quote_segment, split_host
from restlette.middleware import Middleware, compose
from restlette.resources.boundary import Boundary, Watch, find_accept
from restlette.resources.tree import Tree, split_path

__all__ = [
    "Entry",
    "Hop",
    "Layer",
    "Leaf",
    "NotFoundEntry",
    "Options",
    "Site",
    "route_path",
]

Answer = Callable[[Scope, Receive, Send, bytes | None], Awaitable[None]]

# SECURITY: no control characters, no surrogates, and not the mark that servers leave
# where the bytes of a path were no UTF-8. None of them is printed raw in a log then,
# and no handler is given a NUL.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ufffd\ud800-\udfff]")

# How many Host values are remembered as well-formed.
_MOST_HOSTS = 1024

# RFC 3986 §3.4: what a query is made of, and what clients leave in it beside.
_IN_QUERY = "!$%&'()*+,/:;=?@[]"

_NEXT = "restlette.next"

_BY_HTTP_ALONE = "This resource is spoken to by HTTP alone."

# What a router says of its own routes, and what would be wrong of those of another one.
_OF_A_ROUTER = frozenset(("router", "route", "endpoint"))


class Layer:
    """The middleware of one router or route, made once for all that it is around.

    Args:
        middleware: What is put around; the first is the outermost.

    Attributes:
        middleware: The same.
    """

    def __init__(self, middleware: Iterable[Middleware]) -> None:
        self.middleware: tuple[Middleware, ...] = tuple(middleware)

    @cached_property
    def app(self) -> ASGIApp:
        """The middleware as one application, made when it is first asked for."""
        return compose(_go_on, self.middleware, _Between)


class _Between:
    """The boundary around one middleware of a router or route.

    It is the boundary of what is answered, which is another one for each resource.

    Args:
        app: The middleware.
    """

    __slots__ = ("_app",)

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; what is raised before the answer began is answered here."""
        entry, _ = scope[_NEXT]
        watch = Watch(send)
        try:
            await self._app(scope, receive, watch)
        except Exception as exc:
            if watch.started:
                raise
            await entry.boundary.fail(exc, scope, receive, send)


async def _go_on(scope: Scope, receive: Receive, send: Send) -> None:
    """Go from one layer to the next, and from the last one to the answer."""
    entry, depth = scope[_NEXT]
    try:
        await entry.go_on(depth, scope, receive, send)
    finally:
        # SECURITY: middleware that calls a second time must meet the same layers.
        scope[_NEXT] = entry, depth


class Entry:
    """What answers one method at one leaf.

    Attributes:
        answer: Sends the answer, given the scope, the channels and the Accept fields.
        boundary: What becomes of exceptions of the middleware around it.
        endpoint: The resource class, instance or function.
        layers: The middleware of routers and route around it.
        most_headers: How many header fields a request may have.
        names: The parameters of the route's path, in order.
        respond: The same, through the middleware if there is any.
        route: The route, for tools that look at the scope.

    Args:
        is_foreign: Whether the answer is an application's that is not restlette's.
    """

    __slots__ = (
        "_innermost",
        "answer",
        "boundary",
        "endpoint",
        "layers",
        "most_headers",
        "names",
        "respond",
        "route",
    )

    def __init__(
        self,
        answer: Answer,
        *,
        boundary: Boundary,
        names: tuple[str, ...] = (),
        route: Any = None,
        endpoint: Any = None,
        layers: tuple[ASGIApp, ...] = (),
        most_headers: int = DEFAULT_LIMITS.headers,
        is_foreign: bool = False,
    ) -> None:
        self.answer: Answer = answer
        self.boundary: Boundary = boundary
        self.endpoint: Any = endpoint
        self.names: tuple[str, ...] = names
        self.route: Any = route
        self.layers: tuple[ASGIApp, ...] = layers
        self.most_headers: int = most_headers
        # What is not ours may raise; a resource answers its own exceptions.
        self._innermost: Answer = self._answer_watched if is_foreign else answer
        self.respond: Answer = self._respond_through if layers else self._innermost

    async def _respond_through(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> None:
        await self.go_on(0, scope, receive, send)

    async def _answer_watched(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> None:
        watch = Watch(send)
        try:
            await self.answer(scope, receive, watch, accept)
        except Exception as exc:
            if watch.started:
                raise
            await self.boundary.fail(exc, scope, receive, send)

    async def go_on(
        self, depth: int, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass through the layer at a depth, or answer if there is none."""
        if depth == len(self.layers):
            await self._innermost(scope, receive, send, find_accept(scope))
            return
        scope[_NEXT] = (self, depth + 1)
        await self.layers[depth](scope, receive, send)


class Options:
    """The answer to OPTIONS of a resource that has none of its own.

    Args:
        allow: The methods that the resource answers.
        taken: The media types of content that methods take, by method.
    """

    __slots__ = ("_allow", "_headers")

    def __init__(
        self, allow: Iterable[str], taken: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._allow = ", ".join(sorted(allow))
        self._headers = {"allow": self._allow}
        for method, media_types in (taken or {}).items():
            if media_types and method in ACCEPT_FIELDS:
                self._headers[ACCEPT_FIELDS[method]] = ", ".join(media_types)

    @property
    def allow(self) -> tuple[str, ...]:
        """The methods, sorted."""
        return tuple(self._allow.split(", "))

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> None:
        """Send it: RFC 9110 §9.3.7, with the field that §10.2.1 describes."""
        response = Response(status_code=204, headers=self._headers)
        await response(scope, receive, send)


class Leaf:
    """What a path leads to.

    Attributes:
        methods: The entry of each method that is answered.
        not_allowed: The entry of methods that HTTP has and the resource has not.
        not_implemented: The entry of methods that nobody knows.
        websocket: The entry of WebSockets.
        hop: The entry of the application that takes all below this path.
        taken: The media types of content that methods take, by method.
    """

    __slots__ = (
        "hop",
        "methods",
        "not_allowed",
        "not_implemented",
        "taken",
        "websocket",
    )

    def __init__(self) -> None:
        self.methods: dict[str, Entry] = {}
        self.not_allowed: Entry | None = None
        self.not_implemented: Entry | None = None
        self.websocket: Entry | None = None
        self.hop: Entry | None = None
        self.taken: dict[str, tuple[str, ...]] = {}

    def refuse(self, method: str, known: set[str]) -> Entry:
        """Give the entry of a method that is not among the leaf's.

        Args:
            method: What the client sent.
            known: The methods that other resources answer.
        """
        # RFC 9110 §9.1: 501 where the method is not recognized, 405 where it is known
        # but not allowed for the target resource.
        entry = self.hop
        if entry is None:
            is_known = method in KNOWN or method in known
            entry = self.not_allowed if is_known else self.not_implemented
        if entry is None:
            raise RuntimeError("this leaf is not closed")
        return entry

    def close(self, like: Entry, layers: tuple[ASGIApp, ...]) -> None:
        """Add the entries that follow from the methods.

        Args:
            like: The entry whose route and boundary the new ones share.
            layers: The middleware around them.
        """

        def entry(answer: Answer) -> Entry:
            return Entry(
                answer,
                boundary=like.boundary,
                names=like.names,
                route=like.route,
                endpoint=like.endpoint,
                layers=layers,
                most_headers=like.most_headers,
            )

        methods = self.methods
        # RFC 9110 §9.3.2: HEAD is GET without the content.
        if "GET" in methods:
            methods.setdefault("HEAD", methods["GET"])
        allow = tuple(sorted({*methods, "OPTIONS"}))
        if methods:
            refusal = like.boundary.refusal(MethodNotAllowed, allow=allow)
        else:
            refusal = like.boundary.refusal(
                UpgradeRequired,
                detail="This resource is spoken to over a WebSocket.",
                protocols=("websocket",),
            )
        methods.setdefault("OPTIONS", entry(Options(allow, self.taken)))
        self.not_allowed = entry(refusal)
        self.not_implemented = entry(like.boundary.refusal(MethodNotImplemented))


class Hop:
    """A mounted application that is no Router: it gets a scope of its own.

    Args:
        app: The application.
        depth: How many segments of the path lead to it.
        missing: What answers a path that cannot be handed over.
    """

    __slots__ = ("_app", "_depth", "_missing")

    def __init__(self, app: ASGIApp, depth: int, missing: Answer) -> None:
        self._app = app
        self._depth = depth
        self._missing = missing

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> None:
        """Call the application with the path that leads to it as its root path.

        ASGI: root_path is where the application is mounted, and path includes it. Many
        redirect from an empty rest to "/", so they are given that. Others look for a
        router in the scope when they make a URL, and for the root path beside it, so
        they are given no router, and their own root path twice.
        """
        path = route_path(scope)
        prefix = _segments(path, scope)[: self._depth]
        # SECURITY: neither root_path nor path can say that a slash was encoded, so the
        # application would take the prefix to end before it does.
        if any("/" in segment for segment in prefix):
            await self._missing(scope, receive, send, accept)
            return
        inner = {key: scope[key] for key in scope if key not in _OF_A_ROUTER}
        root = scope.get("root_path", "").rstrip("/")
        inner["root_path"] = "/".join([root, *prefix])
        inner["path"] = root + path
        if inner["path"] == inner["root_path"]:
            inner["path"] += "/"
        inner["app_root_path"] = inner["root_path"]
        await self._app(inner, receive, send)


def route_path(scope: Scope) -> str:
    """Give the part of the path that this application routes by.

    ASGI: path includes root_path. Servers and applications that leave it out are
    understood as well.
    """
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    if root and path.startswith(root):
        # RFC 9110 §4.2.3: an empty path is the same as "/".
        rest = path[len(root) :] or "/"
        # Only at the boundary of a segment: /apple is not below /app.
        if rest[0] == "/":
            return rest
    return path


class NotFoundEntry:
    """What answers a path that leads nowhere, below one router.

    Args:
        site: Where the other spelling of the path is looked up.
        boundary: The router's exception handlers.
        default: The router's own application for such paths.
        redirect_slashes: Whether the other spelling is redirected to.
        gate: That application with guards around it, where there are some.
    """

    __slots__ = (
        "_boundary",
        "_default",
        "_gate",
        "_redirect_slashes",
        "_refusal",
        "_site",
    )

    def __init__(
        self,
        site: Site,
        boundary: Boundary,
        default: ASGIApp | None,
        redirect_slashes: bool,
        gate: ASGIApp | None = None,
    ) -> None:
        self._site = site
        self._boundary = boundary
        self._default = default
        self._gate = default if gate is None else gate
        self._redirect_slashes = redirect_slashes
        self._refusal = boundary.refusal(NotFound)

    def __call__(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> Awaitable[None]:
        """Redirect, ask the default application, or answer 404."""
        is_http = scope["type"] == "http"
        if self._redirect_slashes and is_http:
            location = self._site.other_spelling(scope)
            if location is not None:
                # 307 keeps the method and is not remembered (RFC 9110 §15.4.8).
                headers = {"location": location}
                return Response(None, 307, headers)(scope, receive, send)
        if self._gate is not None:
            return self._gate(scope, receive, send)
        if is_http:
            return self._refusal(scope, receive, send, accept)
        # RFC 6455 §4.2.2: "an appropriate HTTP error code (such as 404 Not Found)".
        return self._boundary.fail(NotFound(), scope, receive, send)

    def look_up(self, scope: Scope) -> tuple[str | None, ASGIApp | None]:
        """Give where it redirects to, and what answers instead of 404, if anything."""
        location = None
        if self._redirect_slashes and scope["type"] == "http":
            location = self._site.other_spelling(scope)
        return location, self._default


class Site:
    """A tree of routers, frozen: looked up by path, then by method.

    Attributes:
        tree: The leaves.
        hosts: Other sites, by the host that they are for, with the names of the host's
            parameters; None where there are none.
        missing: What answers paths that lead nowhere, by the router they are below.
        known: The methods that are answered by some resource.
    """

    __slots__ = (
        "_boundary",
        "_headers",
        "_hosts_seen",
        "_router",
        "hosts",
        "known",
        "missing",
        "tree",
    )

    def __init__(self, router: Any, boundary: Boundary, headers: int) -> None:
        self._router = router
        self._boundary = boundary
        self._headers = headers
        self._hosts_seen: set[bytes] = set()
        self.tree: Tree[Leaf] = Tree()
        self.missing: Tree[Entry] = Tree()
        self.hosts: Tree[tuple[tuple[str, ...], Site]] | None = None
        self.known: set[str] = set()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Find what answers a request or a WebSocket.

        PERF: a plain function that gives the answer's coroutine, not one of its own.

        Returns:
            The answer, to be awaited.
        """
        accept: bytes | None = None
        hosts = 0
        # SECURITY: a snapshot. Some servers add the trailers to their list when these
        # arrive, and RFC 9110 §6.5.1 has them kept apart from the header fields.
        scope["headers"] = headers = list(scope["headers"])
        for name, value in headers:
            if name == b"host":
                hosts += 1
                if value not in self._hosts_seen and not self._remember(value):
                    hosts = 2
                    break
            elif name == b"accept":
                # RFC 9110 §5.3: fields of one name are one list.
                accept = value if accept is None else accept + b", " + value
        # RFC 9112 §3.2: 400 to a request that lacks Host, has more than one, or an
        # invalid one. HTTP/1.0 did not have it.
        if hosts != 1 and (hosts or scope.get("http_version", "1.0") == "1.1"):
            exc = BadRequest("The request needs one Host field with a valid host.")
            return self._boundary.fail(exc, scope, receive, send)
        if self.hosts is not None:
            other = self._site_of_host(scope)
            if other is not None:
                return other(scope, receive, send)
        path: str = scope["path"] if not scope.get("root_path") else route_path(scope)
        scope["router"] = self._router
        raw = scope.get("raw_path")
        # PERF: what nearly every path is needs no second look.
        if path.isascii() and path.isprintable() and not (raw and b"%" in raw):
            found = self.tree.match(path)
        else:
            found = self._find(path, scope)
        if found is None:
            return self._miss(path, scope, receive, send, accept)
        leaf, values = found
        if scope["type"] == "http":
            entry = leaf.methods.get(scope["method"])
            if entry is None:
                entry = leaf.refuse(scope["method"], self.known)
        elif leaf.websocket is None:
            refusal = Forbidden(_BY_HTTP_ALONE)
            return self._boundary.fail(refusal, scope, receive, send)
        else:
            entry = leaf.websocket
        if len(headers) > entry.most_headers:
            return self._refuse_headers(entry.most_headers, scope, receive, send)
        # PERF: most paths have one parameter or none.
        if len(values) == 1:
            params = {entry.names[0]: values[0]}
        else:
            params = dict(zip(entry.names, values, strict=True))
        outer = scope.get("path_params")
        scope["path_params"] = {**outer, **params} if outer else params
        scope["route"] = entry.route
        scope["endpoint"] = entry.endpoint
        return entry.respond(scope, receive, send, accept)

    def look_up(self, scope: Scope) -> Entry:
        """Give what would answer a request, for tools that explain; nothing is called.

        Args:
            scope: It has one Host field. Its `router` and `path_params` are set.

        Raises:
            HTTPException: The request is refused before it gets to a resource.
        """
        (host,) = [value for name, value in scope["headers"] if name == b"host"]
        if not is_valid_host(host):
            raise BadRequest("The host is none.")
        if self.hosts:
            other = self._site_of_host(scope)
            if isinstance(other, Site):
                return other.look_up(scope)
        path = route_path(scope)
        found = self._find(path, scope)
        if found is None:
            if path[:1] not in ("", "/") or not _is_clean(path):
                raise BadRequest("The path holds what no path may hold.")
            missing = self.missing.search(_segments(path, scope))
            if missing is None:
                raise NotFound
            return missing[0]
        leaf, values = found
        if scope["type"] == "http":
            entry = leaf.methods.get(scope["method"])
            if entry is None:
                entry = leaf.refuse(scope["method"], self.known)
        elif leaf.websocket is None:
            raise Forbidden(_BY_HTTP_ALONE)
        else:
            entry = leaf.websocket
        params = dict(zip(entry.names, values, strict=False))
        scope["path_params"] = {**scope.get("path_params", {}), **params}
        return entry

    def _find(self, path: str, scope: Scope) -> tuple[Leaf, list[Any]] | None:
        """Give the leaf that an unusual path leads to, and the values on the way."""
        if path[:1] != "/" or not _is_clean(path):
            return None
        return self.tree.search(_segments(path, scope))

    def _remember(self, host: bytes) -> bool:
        """Say whether a Host value is well-formed; those that are, are kept."""
        if not is_valid_host(host):
            return False
        # SECURITY: the values come from outside, so there is a bound to them.
        if len(self._hosts_seen) >= _MOST_HOSTS:
            self._hosts_seen.clear()
        self._hosts_seen.add(host)
        return True

    def _refuse_headers(
        self, most: int, scope: Scope, receive: Receive, send: Send
    ) -> Awaitable[None]:
        """Answer a request that has too many header fields."""
        exc = RequestHeaderFieldsTooLarge(
            f"The request has more than {most} header fields."
        )
        return self._boundary.fail(exc, scope, receive, send)

    def _miss(
        self,
        path: str,
        scope: Scope,
        receive: Receive,
        send: Send,
        accept: bytes | None,
    ) -> Awaitable[None]:
        """Answer a path that leads nowhere."""
        if len(scope["headers"]) > self._headers:
            return self._refuse_headers(self._headers, scope, receive, send)
        if path == "*" and scope.get("method") == "OPTIONS":
            # RFC 9110 §9.3.7: the asterisk asks about the server in general.
            implied = {"HEAD", "OPTIONS"} if "GET" in self.known else {"OPTIONS"}
            return Options(self.known | implied)(scope, receive, send, accept)
        # SECURITY: a path without its slash could be taken for an authority.
        if path[:1] != "/" or not _is_clean(path):
            exc = BadRequest(
                "The path begins with a slash and holds UTF-8 without control "
                "characters."
            )
            return self._boundary.fail(exc, scope, receive, send)
        # PERF: where no router is below the root, it is the root's to answer.
        entry = self.missing.root.below
        if self.missing.root.has_children:
            found = self.missing.search(_segments(path, scope))
            entry = None if found is None else found[0]
        if entry is None:
            return self._boundary.fail(NotFound(), scope, receive, send)
        return entry.respond(scope, receive, send, accept)

    def other_spelling(self, scope: Scope) -> str | None:
        """Give where a path leads with a slash more or less at its end.

        Returns:
            The reference for Location, or None if that leads nowhere either.
        """
        path = route_path(scope)
        segments = _segments(path, scope)
        # SECURITY: an empty segment is nobody's spelling, and at the beginning it would
        # make the reference name another host. An encoded slash is no slash.
        if "" in segments[:-1]:
            return None
        if segments[-1:] == [""]:
            segments = segments[:-1]
        elif self.tree.has_slashes:
            segments = [*segments, ""]
        else:
            return None
        found = self.tree.search(segments)
        if found is None or not found[0].methods:
            return None
        root = quote_path(scope.get("root_path", "").rstrip("/"))
        # SECURITY: nor may the application around this one bring a host in.
        if root.startswith("//"):
            return None
        location = "/".join([root, *map(quote_segment, segments)])
        query: bytes = scope.get("query_string", b"")
        return location + ("?" + quote(query, safe=_IN_QUERY) if query else "")

    def _site_of_host(self, scope: Scope) -> Site | None:
        """Give the site of the host that the request names."""
        for name, value in scope["headers"]:
            if name == b"host" and self.hosts is not None:
                host, _ = split_host(value.decode("latin-1"))
                found = self.hosts.search([host])
                if found is not None:
                    (names, site), values = found
                    outer = scope.get("path_params") or {}
                    params = dict(zip(names, values, strict=True))
                    scope["path_params"] = {**outer, **params}
                    return site
        return None


def _is_clean(path: str) -> bool:
    """Say whether a path is free of what no path may hold."""
    # PERF: what most paths are needs no regular expression.
    return (path.isascii() and path.isprintable()) or not _FORBIDDEN.search(path)


def _segments(path: str, scope: Scope) -> list[str]:
    """Split a path at the slashes that were sent as slashes.

    `%2F` is part of a segment (RFC 3986 §2.2), which the decoded path does not show.
    The end of the raw path does, unless the path was rewritten since.
    """
    raw = scope.get("raw_path")
    if raw and b"%" in raw:
        parts = [unquote(part) for part in raw.decode("latin-1").split("/")]
        start, length = len(parts), 0
        while start > 1 and length < len(path):
            start -= 1
            length += 1 + len(parts[start])
        if "/".join(["", *parts[start:]]) == path:
            return parts[start:]
    return split_path(path)
