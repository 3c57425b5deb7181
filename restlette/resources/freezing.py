"""What a tree of routers is frozen into.

The story starts with `freeze`, which makes a `Site` of everything that is registered.
Each registration comes with `Above`, what the routers above it hand down. What a
request will need is worked out here, once: which function answers which method, who
makes the resource, which middleware is around it, and what is answered otherwise.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from restlette.http.methods import KNOWN
from restlette.http.origins import Origins
from restlette.http.request import HTTPConnection
from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.middleware import Middleware
from restlette.resources.boundary import Boundary, Handlers
from restlette.resources.conversation import Conversation, Talk
from restlette.resources.dependencies import Container
from restlette.resources.endpoint import operations_of
from restlette.resources.guards import (
    WEBSOCKET,
    Guard,
    Rules,
    admit,
    below,
    guards_for,
    read_guards,
)
from restlette.resources.instances import Instances
from restlette.resources.pipeline import Operation, Settings
from restlette.resources.problem import Problem
from restlette.resources.representation import JSON
from restlette.resources.routes import (
    Host,
    Mount,
    Route,
    RouteInfo,
    Routing,
    WebSocketRoute,
    class_of,
    is_function,
    is_resource,
    is_websocket_resource,
)
from restlette.resources.site import (
    Answer,
    Entry,
    Hop,
    Layer,
    Leaf,
    NotFoundEntry,
    Site,
)
from restlette.resources.tree import Tree
from restlette.resources.uri import CONVERTORS, Template
from restlette.resources.websocket import plan_of

__all__ = ["Above", "Foreign", "Gate", "describe", "freeze", "problems_of"]


def problems_of(tables: Sequence[Handlers]) -> dict[type[BaseException], Problem]:
    """Give the problems in tables of exception handlers, the innermost table first."""
    found: dict[Any, Any] = {}
    for table in tables:
        found = {**table, **found}
    return {key: each for key, each in found.items() if isinstance(each, Problem)}


class Above(NamedTuple):
    """What a router and those above it hand down to what is registered on it.

    Attributes:
        prefix: The joined prefixes.
        names: The joined names of the mounts, each with a colon.
        settings: What was decided so far.
        tables: The exception handlers, the router's own first.
        problems: What clients are told of exceptions, as far as no handler of a router
            below answers them.
        layers: The middleware, the outermost first; the root's is not among it. It is
            made when an entry asks for it.
        host: The host that all of it is for.
        container: Who provides the resources' dependencies.
        default: What answers paths that lead nowhere, instead of 404.
        redirect_slashes: Whether such paths are tried with the other spelling.
    """

    prefix: str
    names: str
    settings: Settings
    tables: tuple[Handlers, ...]
    problems: Mapping[type[BaseException], Problem]
    layers: tuple[Layer, ...]
    host: Host | None
    container: Container | None
    default: ASGIApp | None
    redirect_slashes: bool

    def template(self, route: Routing) -> Template:
        """Give a route's whole template, prefix included; a host adds nothing."""
        if isinstance(route, Host):
            return Template(self.prefix)
        if not self.prefix and (route.path or isinstance(route, Mount)):
            return route.template
        # The bare path of what is mounted nowhere is the slash that every path has.
        return Template(self.prefix + route.path or "/")


def freeze(
    router: Any,
    root: Above,
    parts: Iterable[tuple[Routing | None, Above]],
) -> Site:
    """Make a site.

    Args:
        router: The root, for the scope.
        root: What the root hands down.
        parts: Everything that is registered on the root and the routers merged into
            it. None stands for the router itself, before what is registered on it.

    Raises:
        TypeError: A handler or a dependency makes no sense.
        ValueError: Two routes answer one method at one path.
    """
    freezer = _Freezer(router, root)
    with _uncollected():
        for route, above in parts:
            if route is None:
                freezer.add_router(above)
            else:
                freezer.add(route, above)
        return freezer.close()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave the garbage collector out of it.

    PERF: all that is made here stays, and with ten thousand routes a third of the time
    would go into looking for garbage among it.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def describe(route: Routing, above: Above) -> RouteInfo:
    """Give a registration as plain data, with what is handed down to it."""
    kind = "mount" if isinstance(route, Mount | Host) else "websocket"
    template = above.template(route)
    host = route if isinstance(route, Host) else above.host
    return RouteInfo(
        path=template.text,
        path_format=template.format,
        kind="http" if isinstance(route, Route) else kind,
        methods=tuple(sorted(route.methods)) if isinstance(route, Route) else (),
        name=above.names + (route.name or ""),
        endpoint=route.app if isinstance(route, Mount | Host) else route.endpoint,
        handlers=route.handlers() if isinstance(route, Route) else {},
        guards=_guards(route, above),
        problems=above.problems,
        include_in_schema=(
            isinstance(route, Route | WebSocketRoute) and route.include_in_schema
        ),
        host=None if host is None else host.host,
        place=route.place,
        middleware=_middleware(route, above),
    )


def _middleware(route: Routing, above: Above) -> tuple[Middleware, ...]:
    """Give what the routers and the route itself put around it."""
    found = [each for layer in above.layers for each in layer.middleware]
    return (*found, *getattr(route, "middleware", ()))


def _tables(route: Routing, above: Above) -> tuple[Rules, ...]:
    """Give the guards of the routers, of the route and of the class: all that hold."""
    tables = above.settings.guards
    if isinstance(route, Mount | Host):
        return tables
    if route.rules:
        tables = below(tables, route.rules)
    # PERF: most have none, and with ten thousand routes it counts what is asked first.
    endpoint = route.endpoint
    own = getattr(endpoint, "guards", ())
    if own != () and (is_resource(endpoint) or is_websocket_resource(endpoint)):
        where = class_of(endpoint).__qualname__
        tables = below(tables, read_guards(own, where, _methods(route)))
    return tables


def _guards(route: Routing, above: Above) -> dict[str, tuple[Guard, ...]]:
    """Give the guards by method, where there are any."""
    tables = _tables(route, above)
    methods = _methods(route) if tables else ()
    return {method: guards_for(tables, method) for method in methods}


def _methods(route: Routing) -> tuple[str, ...]:
    """Give the methods that a registration may answer."""
    if isinstance(route, Route):
        return route.methods
    return (WEBSOCKET,) if isinstance(route, WebSocketRoute) else _ALL_METHODS


def _guarded(app: ASGIApp, tables: tuple[Rules, ...], above: Above) -> ASGIApp:
    """Put the guards around an application that is not ours."""
    return Gate(app, tables, above.settings.boundary) if tables else app


_ALL_METHODS = (*sorted(KNOWN), WEBSOCKET)


class _Freezer:
    """A site that is being made."""

    def __init__(self, router: Any, root: Above) -> None:
        self._router = router
        self._settings = root.settings
        self._main = self._new_site()
        # The sites of hosts, with whoever asked for each first.
        self._hosts: dict[Site, Host] = {}
        # By endpoint and container: what a class needs is worked out once, however
        # often it is registered.
        self._instances: dict[tuple[int, int], Instances] = {}
        # Every leaf with what leads to it. A leaf is its own key: it has no equal.
        self._leaves: dict[Leaf, dict[str, tuple[Routing, Entry]]] = {}

    def _new_site(self) -> Site:
        settings = self._settings
        return Site(self._router, settings.boundary, settings.limits.headers)

    def _site(self, host: Host | None) -> Site:
        """Give the site of a host, made if it is new."""
        if host is None:
            return self._main
        if self._main.hosts is None:
            self._main.hosts = Tree()
        template = host.template
        names, site = self._main.hosts.insert(
            template, lambda: (template.names, self._new_site())
        )
        other = self._hosts.setdefault(site, host)
        if names != template.names:
            raise ValueError(
                f"{other!r} ({other.place}) and {host!r} ({host.place}) are one host "
                "with different names for its parameters."
            )
        return site

    def add_router(self, above: Above) -> None:
        """Add what answers paths that lead nowhere below a router."""
        site = self._site(above.host)
        entry = Entry(
            self._missing(site, above),
            boundary=above.settings.boundary,
            layers=_apps(above.layers),
            is_foreign=above.default is not None,
        )
        # The outermost of two routers at one prefix was there first.
        site.missing.insert_below(Template(above.prefix), lambda: entry)

    def _missing(self, site: Site, above: Above) -> Answer:
        default, settings = above.default, above.settings
        gate = None if default is None else _guarded(default, settings.guards, above)
        return NotFoundEntry(
            site, settings.boundary, default, above.redirect_slashes, gate
        )

    def add(self, route: Routing, above: Above) -> None:
        """Add a registration."""
        template = above.template(route)
        if isinstance(route, Mount | Host):
            site = self._site(route if isinstance(route, Host) else above.host)
            missing = self._missing(site, above)
            app = _guarded(route.app, _tables(route, above), above)
            hop = Hop(app, len(template.segments), missing)
            leaf = site.tree.insert_below(template, Leaf)
            leaf.hop = leaf.websocket = self._put(
                leaf, "all below", hop, route, template, above, describe(route, above)
            )
            return
        info = describe(route, above)
        settings = above.settings._replace(
            limits=above.settings.limits.override(route.limits)
        )
        above = above._replace(settings=settings)
        if route.middleware:
            above = above._replace(layers=(*above.layers, Layer(route.middleware)))
        site = self._site(above.host)
        leaf = site.tree.insert(template, Leaf)
        if isinstance(route, WebSocketRoute):
            answer = self._conversation(route, template, above)
            leaf.websocket = self._put(
                leaf, "WebSocket", answer, route, template, above, info
            )
            return
        for method, answer in self._answers(route, template, above).items():
            leaf.methods[method] = self._put(
                leaf, method, answer, route, template, above, info
            )
            leaf.taken[method] = _taken(answer)
            site.known.add(method)

    def _put(
        self,
        leaf: Leaf,
        method: str,
        answer: Answer,
        route: Routing,
        template: Template,
        above: Above,
        info: RouteInfo,
    ) -> Entry:
        """Make the entry of a method, which must have none yet."""
        taken = self._leaves.setdefault(leaf, {})
        if method in taken:
            other, _ = taken[method]
            raise ValueError(
                f"{method} {template.text} is answered twice: by {other!r} "
                f"({other.place}) and by {route!r} ({route.place})."
            )
        entry = Entry(
            answer,
            boundary=above.settings.boundary,
            names=template.names,
            route=info,
            endpoint=route.app if isinstance(route, Mount | Host) else route.endpoint,
            layers=_apps(above.layers),
            most_headers=above.settings.limits.headers,
            is_foreign=isinstance(answer, Hop | Foreign),
        )
        taken[method] = route, entry
        return entry

    def _answers(
        self, route: Route, template: Template, above: Above
    ) -> Mapping[str, Answer]:
        """Give what answers each method of a route."""
        endpoint = route.endpoint
        tables = _tables(route, above)
        settings = above.settings._replace(guards=tables)
        names = _names(template, above)
        for handler in route.handlers().values():
            _check_annotations(handler, template)
        if is_resource(endpoint):
            instances = self._instances_of(endpoint, above)
            operations = operations_of(endpoint, names, settings, instances)
            # A class that has no function for HEAD answers it as GET.
            return {
                method: (operations.get(method) or operations["GET"]).entry(method)
                for method in route.methods
            }
        if is_function(endpoint):
            methods_of: dict[tuple[Guard, ...], list[str]] = {}
            for method in route.methods:
                methods_of.setdefault(guards_for(tables, method), []).append(method)
            answers: dict[str, Answer] = {}
            for guards, methods in methods_of.items():
                operation = Operation(
                    endpoint,
                    None,
                    names,
                    (JSON,),
                    (None, None),
                    settings,
                    guards=guards,
                )
                answers |= {method: operation.entry(method) for method in methods}
            return answers
        app = _guarded(endpoint, tables, above)
        return dict.fromkeys(route.methods, Foreign(app))

    def _conversation(
        self, route: WebSocketRoute, template: Template, above: Above
    ) -> Answer:
        """Give what holds the conversations of a route."""
        endpoint, settings = route.endpoint, above.settings
        names = _names(template, above)
        guards = guards_for(_tables(route, above), WEBSOCKET)
        if not is_websocket_resource(endpoint):
            _check_annotations(endpoint, template)
            origins = Origins(route.allowed_origins)
            return Talk(endpoint, names, settings, guards, origins)
        instances = self._instances_of(endpoint, above)
        plan = plan_of(instances.cls)
        plan.check(names)
        for name in plan.names:
            _check_annotations(getattr(instances.cls, name), template)
        allowed = route.allowed_origins
        if allowed is None:
            allowed = instances.cls.allowed_origins
        return Conversation(instances, settings, guards, Origins(allowed))

    def _instances_of(self, endpoint: Any, above: Above) -> Instances:
        key = id(endpoint), id(above.container)
        if key not in self._instances:
            self._instances[key] = Instances(endpoint, above.container)
        return self._instances[key]

    def close(self) -> Site:
        """Add what follows from what was added, and give the site."""
        for leaf, taken in self._leaves.items():
            if leaf.hop is None:
                entries = [entry for _, entry in taken.values()]
                leaf.close(entries[0], _common_layers(entries))
        for site in (self._main, *self._hosts):
            site.tree.freeze()
        return self._main


def _taken(answer: Answer) -> tuple[str, ...]:
    """Give the media types of content that an operation takes, if it is one."""
    operation = getattr(answer, "__self__", None)
    return operation.media_types if isinstance(operation, Operation) else ()


def _names(template: Template, above: Above) -> tuple[str, ...]:
    """Give the parameters that a path has, its host's among them."""
    if above.host is None:
        return template.names
    return template.names + above.host.template.names


def _apps(layers: tuple[Layer, ...]) -> tuple[ASGIApp, ...]:
    return tuple(layer.app for layer in layers)


def _common_layers(entries: Sequence[Entry]) -> tuple[ASGIApp, ...]:
    """Give the middleware that is around each of several entries."""
    common = entries[0].layers
    for entry in entries[1:]:
        while entry.layers[: len(common)] != common:
            common = common[:-1]
    return common


# What the built-in convertors give, and what a template calls them.
_KINDS = {"str": "str", "int": "int", "float": "float", "UUID": "uuid"}
_GIVES = {type(CONVERTORS[kind]): gives for gives, kind in _KINDS.items()}


def _check_annotations(handler: Any, template: Template) -> None:
    """Refuse a path's parameter that is annotated as what it will not be.

    Raises:
        TypeError: The convertor gives a value of another type.
    """
    annotations = getattr(handler, "__annotations__", {})
    for parameter in template.parameters:
        annotation = annotations.get(parameter.name)
        wrote = getattr(annotation, "__name__", annotation)
        gives = _GIVES.get(type(parameter.convertor))
        if not isinstance(wrote, str) or gives in (None, wrote) or wrote not in _KINDS:
            continue
        kind = _KINDS[wrote]
        raise TypeError(
            f"{handler.__qualname__} takes {parameter.name}: {wrote}, but the path "
            f"{template.text!r} gives a {gives}: write "
            f"{{{parameter.name}:{kind}}} in the path, or annotate it {gives}."
        )


class Foreign:
    """An ASGI application that answers at one path.

    Args:
        app: The application.
    """

    __slots__ = ("_app",)

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> None:
        """Call it."""
        await self._app(scope, receive, send)


class Gate:
    """Guards around an application that is not ours.

    Args:
        app: The application.
        tables: The guards of the routers above it, and of its route.
        boundary: What becomes of a refusal.
    """

    def __init__(
        self, app: ASGIApp, tables: tuple[Rules, ...], boundary: Boundary
    ) -> None:
        self._app = app
        self._tables = tables
        self._boundary = boundary

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call it, if the guards let the request in."""
        method = scope["method"] if scope["type"] == "http" else WEBSOCKET
        connection = HTTPConnection(scope, receive)
        try:
            await admit(guards_for(self._tables, method), connection, None)
        except Exception as exc:
            await self._boundary.fail(exc, scope, receive, send)
            return
        await self._app(scope, receive, send)
