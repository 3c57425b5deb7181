"""What answers a request, and why: for people, who ask before they send it.

The story starts with `explain`. The answer is looked up in the site, as that of a
request is, and put in words. Nothing is called: no handler, no middleware, and none
of the handlers of exceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from restlette.http.errors import HTTPException
from restlette.http.methods import KNOWN
from restlette.http.printable import printable
from restlette.http.types import Scope
from restlette.middleware import Middleware
from restlette.resources.boundary import Refusal
from restlette.resources.conversation import Conversation, Talk
from restlette.resources.guards import WEBSOCKET, Guard
from restlette.resources.pipeline import Operation
from restlette.resources.routes import RouteInfo, name_of
from restlette.resources.site import (
    Entry,
    Hop,
    NotFoundEntry,
    Options,
    Site,
    route_path,
)
from restlette.resources.steps import Step, around, guarded, place_of, steps_of
from restlette.resources.tree import Tree
from restlette.resources.uri import (
    NO_MATCH,
    Parameter,
    Pattern,
    Segment,
    Template,
    join_segments,
)
from restlette.suggestions import did_you_mean

__all__ = ["Explanation", "explain", "request_scope"]

# How many routes that nearly match are named.
_MOST_NEAR = 3


class Explanation(NamedTuple):
    """What answers a request, as plain data.

    Attributes:
        status: That of an answer which needs no resource: 204 to OPTIONS, 307, 404,
            405 and so on; None where `handler` decides.
        reason: Why, in words.
        route: The route that the path leads to; the innermost, through applications
            that are mounted.
        handler: What answers: a function of a class, a function, or an application.
        path_params: The values of the path's parameters.
        guards: What is asked before the handler is called, the outermost router's
            first; all of them have to let the request in.
        allow: The methods that the resource answers, where the answer says so.
        location: Where a redirect leads.
        steps: What is done with the request, in order, up to what answers it.
    """

    status: int | None
    reason: str
    route: RouteInfo | None = None
    handler: Callable[..., Any] | None = None
    path_params: Mapping[str, Any] = {}
    guards: tuple[Guard, ...] = ()
    allow: tuple[str, ...] = ()
    location: str | None = None
    steps: tuple[Step, ...] = ()


def request_scope(method: str, path: str, host: str) -> Scope:
    """Give the scope of a request that nobody sends.

    Args:
        method: The method, or "WEBSOCKET" for the handshake of one.
        path: The path, percent-encoded, with a query or without.
        host: The value of the Host field.
    """
    raw, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "http_version": "1.1",
        "path": unquote(raw),
        "raw_path": raw.encode("utf-8", "replace"),
        "query_string": query.encode("utf-8", "replace"),
        "root_path": "",
        "headers": [(b"host", host.encode("utf-8", "replace"))],
        "path_params": {},
    }
    if method == "WEBSOCKET":
        scope["type"] = "websocket"
        scope["method"] = "GET"
    return scope


def explain(
    site: Site,
    routes: Sequence[RouteInfo],
    scope: Scope,
    middleware: Iterable[Middleware] = (),
) -> Explanation:
    """Say what answers a request, and why.

    Args:
        site: Where it is looked up.
        routes: What `walk()` gives for the router that was frozen into the site.
        scope: As `request_scope` makes it.
        middleware: That around the site.
    """
    steps = [*around(middleware)]
    try:
        entry = site.look_up(scope)
    except HTTPException as exc:
        reason = exc.detail or _missing(routes, scope)
        steps.append(Step("request", reason, (exc.status_code,)))
        return Explanation(exc.status_code, reason, steps=tuple(steps))
    fields = f"one Host field, a path of UTF-8, at most {entry.most_headers} fields"
    steps.append(Step("request", fields, (400, 431)))
    found = _explain_entry(entry, routes, scope)
    steps += _steps(found, entry, scope)
    return found._replace(steps=(*steps, *found.steps))


def _steps(found: Explanation, entry: Entry, scope: Scope) -> Iterator[Step]:
    """Give the steps from the route on, as far as a request comes."""
    answer, method = entry.answer, scope["method"]
    if isinstance(answer, NotFoundEntry):
        status = () if found.status is None else (found.status,)
        yield Step("route", found.reason, status)
        if found.handler is not None:
            yield Step("application", name_of(found.handler))
        return
    route: RouteInfo = entry.route
    params = [f"{name} = {value!r}" for name, value in found.path_params.items()]
    does = ": ".join([route.path or "/", *([", ".join(params)] if params else [])])
    yield Step("route", does, (), route.place)
    if isinstance(answer, Refusal):
        yield Step("method", found.reason, (answer.exc.status_code,))
        return
    if scope["type"] == "http":
        as_get = method == "HEAD" and "HEAD" not in route.handlers
        yield Step("method", method + ", as GET" * as_get)
    yield from around(route.middleware)
    if isinstance(answer, Options):
        yield Step("options", found.reason, (204,))
        return
    operation = getattr(answer, "__self__", None)
    if isinstance(operation, Operation):
        yield from steps_of(operation, method)
        return
    if isinstance(answer, Conversation | Talk):
        yield Step("origin", "pages of this host, or those that are allowed", (403,))
    yield from guarded(_guards(route, scope))
    does = name_of(entry.endpoint)
    if isinstance(answer, Conversation | Talk):
        yield Step("conversation", does, (), place_of(entry.endpoint))
    else:
        yield Step("application", does)


def _explain_entry(
    entry: Entry, routes: Sequence[RouteInfo], scope: Scope
) -> Explanation:
    """Say what an entry answers."""
    answer = entry.answer
    if isinstance(answer, NotFoundEntry):
        return _explain_missing(answer, routes, scope)
    route = _route_of(entry, routes, scope)
    found = Explanation(None, "", route, path_params=scope["path_params"])
    guards = _guards(route, scope)
    if isinstance(answer, Hop):
        return _explain_hop(found, entry, scope, guards)
    if isinstance(answer, Options):
        reason = f"{_name(entry)} has no function for OPTIONS, so it says what it has."
        return found._replace(status=204, reason=reason, allow=answer.allow)
    if isinstance(answer, Refusal):
        return _explain_refusal(found, entry, answer.exc, scope["method"])
    handler = entry.endpoint
    if scope["type"] == "http":
        handlers = route.handlers
        handler = handlers.get(scope["method"]) or handlers.get("GET", handler)
    reason = f"The path fits {route.path}."
    if scope["method"] == "HEAD" and "HEAD" not in route.handlers:
        reason += " HEAD is GET without the content."
    return found._replace(handler=handler, reason=reason, guards=guards)


def _guards(route: RouteInfo, scope: Scope) -> tuple[Guard, ...]:
    """Give what is asked before a request is handed to what a route leads to."""
    method = scope["method"] if scope["type"] == "http" else WEBSOCKET
    guards = route.guards
    if method == "HEAD":
        return guards.get(method, guards.get("GET", ()))
    return guards.get(method, ())


def _name(entry: Entry) -> str:
    return name_of(entry.endpoint)


def _route_of(entry: Entry, routes: Sequence[RouteInfo], scope: Scope) -> RouteInfo:
    """Give the whole of an entry's route, prefixes included.

    A router that is mounted twice has its routes in the tree twice.
    """
    segments = _segments(scope)
    near = [
        route
        for route in routes
        if route.endpoint is entry.endpoint and route.place == entry.route.place
    ]
    return next((route for route in near if _leads(route, segments)), near[0])


def _leads(route: RouteInfo, segments: list[str]) -> bool:
    """Say whether a path leads to a route."""
    tree: Tree[bool] = Tree()
    insert = tree.insert_below if route.kind == "mount" else tree.insert
    insert(Template(route.path), lambda: True)
    return tree.search(segments) is not None


def _segments(scope: Scope) -> list[str]:
    """Give the decoded segments of a path that `request_scope` took."""
    raw: bytes = scope["raw_path"]
    depth = scope["root_path"].count("/")
    return [unquote(part) for part in raw.decode("utf-8").split("/")[1 + depth :]]


def _explain_refusal(
    found: Explanation, entry: Entry, exc: HTTPException, method: str
) -> Explanation:
    """Explain 405, 426 and 501."""
    found = found._replace(status=exc.status_code)
    if exc.status_code == 405:
        allow = tuple((exc.headers or {}).get("Allow", "").split(", "))
        reason = f"{_name(entry)} has no {method}; it has {', '.join(allow)}."
        return found._replace(allow=allow, reason=reason)
    if exc.status_code == 426:
        return found._replace(reason=f"{_name(entry)} is spoken to over a WebSocket.")
    # RFC 9110 §9.1: method names are case-sensitive.
    hint = f"; methods are case-sensitive: {method.upper()}"
    if method.upper() not in KNOWN:
        hint = did_you_mean(method.upper(), sorted(KNOWN))
    method = printable(method, 40)
    reason = f"No resource here has {method}, and HTTP knows none of that name{hint}."
    return found._replace(reason=reason)


def _explain_hop(
    found: Explanation, entry: Entry, scope: Scope, guards: tuple[Guard, ...]
) -> Explanation:
    """Explain what a mounted application answers, if it can say."""
    app = entry.endpoint
    route = found.route
    prefix = "" if route is None else route.path
    found = found._replace(
        handler=app,
        guards=guards,
        reason=f"All that is below {prefix or '/'} is handed to the application there.",
    )
    explain_scope = getattr(app, "explain_scope", None)
    if explain_scope is None:
        return found
    depth = len(Template(prefix).segments)
    root = "/".join(route_path(scope).split("/")[: depth + 1])
    inner = {**scope, "root_path": scope["root_path"] + root}
    explained: Explanation = explain_scope(inner)
    if explained.route is None:
        return explained._replace(reason=f"Below {prefix or '/'}: {explained.reason}")
    return explained._replace(
        guards=guards + explained.guards,
        route=explained.route._replace(path=prefix + explained.route.path),
    )


def _explain_missing(
    answer: NotFoundEntry, routes: Sequence[RouteInfo], scope: Scope
) -> Explanation:
    """Explain a path that leads nowhere."""
    location, default = answer.look_up(scope)
    if location is not None:
        reason = "The path leads somewhere with a slash more or less at its end."
        return Explanation(307, reason, location=location)
    reason = _missing(routes, scope)
    if default is not None:
        reason += " What leads nowhere is handed to the default application."
        return Explanation(None, reason, handler=default)
    return Explanation(404, reason)


def _missing(routes: Sequence[RouteInfo], scope: Scope) -> str:
    """Say why a path leads nowhere, with the routes that come near."""
    segments = _segments(scope)
    near = [hint for route in routes for hint in _near(route, segments)]
    near = near or _shorter(routes, segments)
    reason = "The path fits no route."
    if near:
        reason += f" Near: {'; '.join(near[:_MOST_NEAR])}."
    return reason


def _near(route: RouteInfo, segments: list[str]) -> list[str]:
    """Give the one reason why a path does not fit a route, if it is only one."""
    template = Template(route.path)
    if template.tail is not None or len(template.segments) != len(segments):
        return []
    wrong = [
        (index, wanted)
        for index, (wanted, came) in enumerate(
            zip(template.segments, segments, strict=True)
        )
        if not _fits(wanted, came)
    ]
    if len(wrong) != 1:
        return []
    ((index, wanted),) = wrong
    came = printable(segments[index], 40)
    if not isinstance(wanted, str):
        text = route.path.split("/")[1 + index]
        return [f"{route.path}, but '{came}' is nothing for {text}"]
    if did_you_mean(segments[index], [wanted]):
        return [f"{route.path}, but the path has '{came}'"]
    return []


def _shorter(routes: Sequence[RouteInfo], segments: list[str]) -> list[str]:
    """Give the longest route that the path goes on from."""
    found = [
        (len(Template(route.path).segments), route.path)
        for route in routes
        for length in range(1, len(segments))
        if route.kind != "mount" and _leads(route, segments[:length])
    ]
    return [f"{max(found)[1]}, but there is nothing below it"] if found else []


def _fits(wanted: Segment, came: str) -> bool:
    """Say whether one segment of a path fits that of a template."""
    if isinstance(wanted, str):
        return wanted == came
    if isinstance(wanted, Parameter):
        return wanted.convertor.match(came) is not NO_MATCH
    return Pattern.match(wanted, join_segments([came])) is not None
