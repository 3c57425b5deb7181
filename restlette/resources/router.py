"""Routers: where resources are registered, and what they are frozen into.

The story starts with `Router.route`, the decorator that registers a resource. When the
first request comes, or the application starts, the tree of routers is frozen into a
`Site`: prefixes are joined, exception handlers, limits and middleware are handed down,
and what each method does is worked out. What is registered later freezes it anew.
"""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractContextManager, asynccontextmanager
from typing import (
    Any,
    Concatenate,
    Literal,
    NamedTuple,
    ParamSpec,
    TypeGuard,
    TypeVar,
)

from restlette.concurrency import DEFAULT_POOL
from restlette.http.errors import HTTPException
from restlette.http.json import STANDARD
from restlette.http.limits import DEFAULT_LIMITS
from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.http.urls import URLPath, quote_path
from restlette.lifespan import Lifespan, LifespanContext, converse
from restlette.middleware import (
    BaseHTTPMiddleware,
    DispatchFunction,
    Middleware,
    compose,
)
from restlette.resources.boundary import Boundary, Handlers
from restlette.resources.dependencies import Container, Provisions
from restlette.resources.explaining import Explanation, explain, request_scope
from restlette.resources.freezing import Above, describe, freeze, problems_of
from restlette.resources.guards import Guard, Rule, below, read_guards
from restlette.resources.pipeline import Settings
from restlette.resources.problem import Problem
from restlette.resources.routes import (
    Host,
    Mount,
    Route,
    RouteInfo,
    Routing,
    WebSocketRoute,
    is_function,
    is_resource,
    is_websocket_resource,
    name_of,
)
from restlette.resources.site import Layer, Site
from restlette.resources.uri import Template
from restlette.suggestions import did_you_mean

__all__ = ["Named", "NoMatchFound", "Router"]

T = TypeVar("T")
D = TypeVar("D", bound=DispatchFunction)
F = TypeVar("F", bound=Callable[[], object])
H = TypeVar("H", bound=Callable[[Any, Any], Any])
P = ParamSpec("P")

# What the argument of a problem hides.
_type = type


class NoMatchFound(LookupError):
    """No route has the name and the parameters that a URL was asked for.

    Args:
        target: The name or class.
        params: The parameters that were given.
        known: What there is instead, in words.
    """

    def __init__(self, target: Any, params: Mapping[str, Any], known: str) -> None:
        self.target = target
        self.params: dict[str, Any] = dict(params)
        self.known = known
        super().__init__(target, self.params, known)

    def __str__(self) -> str:
        name = getattr(self.target, "__qualname__", repr(self.target))
        given = ", ".join(self.params) or "none"
        return f"no route for {name} with the parameters: {given}. {self.known}"


class Named(NamedTuple):
    """What a URL can be made of."""

    template: Template
    protocol: Literal["http", "websocket"]
    host: Host | None

    def names(self) -> set[str]:
        """Give the names of the parameters."""
        parameters = self.template.parameters
        if self.host is not None:
            parameters += self.host.template.parameters
        return {parameter.name for parameter in parameters}

    def url_path(self, params: Mapping[str, Any]) -> URLPath:
        """Give the path, and the host if it is for one."""
        host = "" if self.host is None else self.host.build(params)
        return URLPath(self.template.build(params), self.protocol, host)


class Router:
    """A place to register resources; itself an ASGI application.

    Args:
        routes: What is registered from the start.
        redirect_slashes: Whether a path that leads nowhere is redirected to the one
            with a slash more or less at its end, if that leads somewhere.
        default: The application that answers paths below this router that lead
            nowhere, instead of 404.
        on_startup: Functions called at start-up.
        on_shutdown: Functions called at shutdown.
        lifespan: A function that takes the application and gives an asynchronous
            context manager; instead of the two above.
        middleware: Put around all that is below this router, its 404 and 405 included.
        guards: Who may use what is below this router, applications that are mounted
            included; its 404 and 405 and the answer to OPTIONS are for everybody.
        limits: Figures of `Limits` that are others below this router.

    Raises:
        TypeError: A lifespan beside start-up or shutdown functions, or an unknown
            limit.
    """

    # A mounted Router becomes part of the tree around it; an application does not.
    _is_merged = True

    # What the tree was frozen into; there once it is.
    _site: Site

    def __init__(
        self,
        routes: Iterable[Routing] = (),
        redirect_slashes: bool = True,
        default: ASGIApp | None = None,
        on_startup: Iterable[Callable[[], object]] = (),
        on_shutdown: Iterable[Callable[[], object]] = (),
        lifespan: LifespanContext | None = None,
        *,
        middleware: Sequence[Middleware] = (),
        guards: Sequence[Guard | Rule] = (),
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self.routes: list[Routing] = list(routes)
        self.redirect_slashes = redirect_slashes
        self.default = default
        self.exception_handlers: dict[int | type[BaseException], Any] = {}
        self.user_middleware: list[Middleware] = list(middleware)
        self._rules = read_guards(guards, type(self).__name__)
        self.limits = limits
        DEFAULT_LIMITS.override(limits)
        self.on_startup: list[Callable[[], object]] = list(on_startup)
        self.on_shutdown: list[Callable[[], object]] = list(on_shutdown)
        if lifespan is not None and (self.on_startup or self.on_shutdown):
            raise TypeError(
                "a router takes a lifespan, or on_startup and on_shutdown, not both: "
                "call what they do inside the lifespan, before and after its yield."
            )
        own = self.on_startup, self.on_shutdown, lifespan
        self._lifespan = Lifespan(*own, children=_Children(self))
        # The same without what is mounted, for a router that is merged into another.
        self._part = Lifespan(*own)
        self._provided = Provisions()
        self._above: list[Router] = []
        self._stack: ASGIApp | None = None
        self._named: dict[Any, list[Named]] | None = None
        self._hops: list[tuple[Mount | Host, Above]] = []
        for route in self.routes:
            self._adopt(route)

    # Registration ---------------------------------------------------------------------

    def route(
        self,
        path: str,
        *,
        name: str | None = None,
        methods: Iterable[str] | None = None,
        include_in_schema: bool = True,
        middleware: Sequence[Middleware] = (),
        guards: Sequence[Guard | Rule] = (),
        limits: Mapping[str, int] | None = None,
    ) -> Callable[[T], T]:
        """Register a resource class, a WebSocketEndpoint or a function: a decorator.

        Args:
            path: The template of the path: `""`, `"/"`, `"/{book_id:int}"`.
            name: For `url_path_for`; by default the class's or function's name.
            methods: What a function answers; by default GET.
            include_in_schema: Whether a schema shows it.
            middleware: Put around it.
            guards: Who may use it, beside what routers and class say.
            limits: Figures of `Limits` that are others here.

        Returns:
            The decorator, which gives back what it is given.
        """

        def register(endpoint: T) -> T:
            self.add_route(
                path,
                endpoint,
                methods=methods,
                name=name,
                include_in_schema=include_in_schema,
                middleware=middleware,
                guards=guards,
                limits=limits,
            )
            return endpoint

        return register

    def add_route(
        self,
        path: str,
        endpoint: Any,
        methods: Iterable[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        *,
        middleware: Sequence[Middleware] = (),
        guards: Sequence[Guard | Rule] = (),
        limits: Mapping[str, int] | None = None,
    ) -> None:
        """Register a resource or function; see `route`."""
        if is_websocket_resource(endpoint):
            if methods is not None:
                raise TypeError(
                    f"{name_of(endpoint)} is spoken to over a WebSocket and takes no "
                    "methods."
                )
            self._register(
                WebSocketRoute(
                    path,
                    endpoint,
                    name=name,
                    include_in_schema=include_in_schema,
                    middleware=middleware,
                    guards=guards,
                    limits=limits,
                )
            )
            return
        self._register(
            Route(
                path,
                endpoint,
                methods=methods,
                name=name,
                include_in_schema=include_in_schema,
                middleware=middleware,
                guards=guards,
                limits=limits,
            )
        )

    def websocket_route(
        self,
        path: str,
        name: str | None = None,
        *,
        allowed_origins: Collection[str] | None = None,
    ) -> Callable[[T], T]:
        """Register a WebSocketEndpoint or a function of a WebSocket: a decorator.

        Args:
            path: The template of the path.
            name: For `url_path_for`; by default the class's or function's name.
            allowed_origins: Whose pages may connect; see `WebSocketEndpoint`.
        """

        def register(endpoint: T) -> T:
            self.add_websocket_route(
                path, endpoint, name, allowed_origins=allowed_origins
            )
            return endpoint

        return register

    def add_websocket_route(
        self,
        path: str,
        endpoint: Any,
        name: str | None = None,
        *,
        allowed_origins: Collection[str] | None = None,
    ) -> None:
        """Register a WebSocketEndpoint or a function; see `websocket_route`."""
        self._register(
            WebSocketRoute(path, endpoint, name=name, allowed_origins=allowed_origins)
        )

    def mount(self, path: str, app: Any, name: str | None = None) -> None:
        """Put a router, a resource or an application below a prefix.

        A Router becomes part of this one. Any other ASGI application is handed all
        that is below the prefix, with and without a slash, and its lifespan is run.

        Args:
            path: The prefix: `"/books"`, `"/users/{user_id:int}"`.
            app: A Router, a resource class or instance, or an ASGI application.
            name: Put before the names below: `url_path_for("name:child")`.
        """
        if is_resource(app) or is_websocket_resource(app):
            self.add_route(path.rstrip("/"), app, name=name)
        else:
            self._register(Mount(path, app, name=name))

    def host(self, host: str, app: ASGIApp, name: str | None = None) -> None:
        """Let a router or an application answer for one host.

        Args:
            host: The host: `"api.example.org"`, `"{shop}.example.org"`.
            app: A Router, or an ASGI application.
            name: Put before the names below.
        """
        self._register(Host(host, app, name))

    def _register(self, route: Routing) -> None:
        self._adopt(route)
        self.routes.append(route)
        self._changed()

    def _adopt(self, route: Routing) -> None:
        """Make a mounted router tell this one when it changes."""
        if isinstance(route, Mount) and route.routes is not None:
            route.app = Router(route.routes)
            route.routes = None
        if isinstance(route, Mount | Host) and isinstance(route.app, Router):
            if route.app is self or route.app in self._all_above():
                raise ValueError(f"{route!r} would mount a router inside itself.")
            if self not in route.app._above:
                route.app._above.append(self)

    def _all_above(self) -> Iterator[Router]:
        for router in self._above:
            yield router
            yield from router._all_above()

    def _changed(self) -> None:
        self._stack = None
        self._named = None
        for router in self._above:
            router._changed()

    def exception_handler(
        self, exc_class_or_status_code: int | type[Exception]
    ) -> Callable[[H], H]:
        """Register what answers an exception below this router: a decorator.

        Args:
            exc_class_or_status_code: A class of exceptions, or an error status.
        """

        def register(handler: H) -> H:
            self.add_exception_handler(exc_class_or_status_code, handler)
            return handler

        return register

    def add_exception_handler(
        self,
        exc_class_or_status_code: int | type[Exception],
        handler: Callable[[Any, Any], Any],
    ) -> None:
        """Register what answers an exception; see `exception_handler`.

        Raises:
            TypeError: The key is neither an error status nor a class of exceptions,
                or the handler cannot be called.
        """
        key = exc_class_or_status_code
        is_status = isinstance(key, int) and 400 <= key <= 599
        is_class = isinstance(key, type) and issubclass(key, Exception)
        if not is_status and not is_class:
            raise TypeError(
                "an exception handler is for a status from 400 to 599 or for a "
                f"subclass of Exception, not {key!r}."
            )
        if not callable(handler):
            raise TypeError(f"the exception handler {handler!r} cannot be called.")
        self.exception_handlers[key] = handler
        self._changed()

    def problem(
        self,
        exc_class: type[Exception],
        *,
        status_code: int,
        type: str = "about:blank",
        title: str | None = None,
        detail: str | Callable[[Any], str | None] | None = None,
        extensions: (
            Mapping[str, Any] | Callable[[Any], Mapping[str, Any]] | None
        ) = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Say what clients are told of an exception below this router.

        It is answered as an HTTPException of that status would be, and handlers of the
        status are asked.

        Args:
            exc_class: A class of exceptions of the domain.
            status_code: 400 to 599.
            type: A URI reference that names the kind of problem (RFC 9457 §3.1.1).
            title: The kind in words; the status code's phrase if not given.
            detail: What went wrong this time: a text, or a function of the exception;
                `str` shows its text, which is not shown otherwise.
            extensions: Further members, or a function of the exception.
            headers: Header fields of the answer.

        Raises:
            TypeError: The class is none of exceptions, or of answers already.
            ValueError: The problem makes no sense.
        """
        given: object = exc_class
        is_class = isinstance(given, _type) and issubclass(given, Exception)
        if not is_class or given is Exception:
            raise TypeError(
                f"a problem is for a subclass of Exception, not {exc_class!r}. For "
                "whatever nobody handles write @app.exception_handler(500)."
            )
        if issubclass(exc_class, HTTPException):
            raise TypeError(
                f"{exc_class.__qualname__} is an answer already: raise it with the "
                "type, title and detail that clients are to see."
            )
        self.exception_handlers[exc_class] = Problem(
            status_code,
            type=type,
            title=title,
            detail=detail,
            extensions=extensions,
            headers=headers,
        )
        self._changed()

    def add_middleware(
        self,
        cls: Callable[Concatenate[ASGIApp, P], ASGIApp],
        *args: P.args,
        **options: P.kwargs,
    ) -> None:
        """Put a middleware around all that is below this router.

        The one that is added last is the outermost.

        Args:
            cls: A class whose instances are ASGI applications around another one.
            args: Positional arguments after the application.
            options: Keyword arguments.
        """
        self.user_middleware.insert(0, Middleware(cls, *args, **options))
        self._changed()

    def middleware(self, kind: Literal["http"]) -> Callable[[D], D]:
        """Register a function of (request, call_next) as middleware: a decorator.

        Args:
            kind: "http"; there is no other.

        Raises:
            ValueError: There is no such kind.
        """
        if kind != "http":
            raise ValueError(
                f'there is no middleware of kind {kind!r}: write "http", or use '
                "add_middleware for an ASGI middleware."
            )

        def register(function: D) -> D:
            self.add_middleware(BaseHTTPMiddleware, dispatch=function)
            return function

        return register

    def on_event(self, event: Literal["startup", "shutdown"]) -> Callable[[F], F]:
        """Register a function for "startup" or "shutdown": a decorator."""

        def register(function: F) -> F:
            self.add_event_handler(event, function)
            return function

        return register

    def add_event_handler(
        self, event: Literal["startup", "shutdown"], function: Callable[[], object]
    ) -> None:
        """Register a function for "startup" or "shutdown".

        Raises:
            ValueError: There is no such event.
            TypeError: There is a lifespan, which does what the function would.
        """
        if event not in ("startup", "shutdown"):
            raise ValueError(
                f'there is no event {event!r}: write "startup" or "shutdown".'
            )
        if self._lifespan.context is not None:
            raise TypeError(
                "this router has a lifespan: call the function inside it, before or "
                "after its yield."
            )
        handlers = self.on_startup if event == "startup" else self.on_shutdown
        handlers.append(function)

    # What is provided -----------------------------------------------------------------

    def provide(
        self,
        key: Any,
        factory: Callable[..., Any],
        *,
        scope: Literal["app", "request"] = "app",
    ) -> None:
        """Let a factory make what resources below ask for by an annotation.

        What a router provides comes before what those above it provide. It is made
        when the application starts that the router is mounted in.

        Args:
            key: The annotation: a type, a protocol, `Annotated[Engine, "replica"]`.
            factory: Makes it: a class, a function, plain or asynchronous. A context
                manager that it gives is entered, and left at the end.
            scope: `"app"` for one that lives as long as the application, `"request"`
                for one a request.

        Raises:
            TypeError: The factory has a parameter that nothing tells how to fill.
            ValueError: The key is provided already.
        """
        self._provided.provide(key, factory, scope=scope)
        self._changed()

    def provide_value(self, key: Any, value: Any) -> None:
        """Give a value, as it is, to the resources below that ask for a key.

        Raises:
            ValueError: The key is provided already.
        """
        self._provided.provide_value(key, value)
        self._changed()

    def override(self, key: Any, value: Any) -> AbstractContextManager[None]:
        """Put a value in the place of what is provided, inside a `with`: for tests."""
        return self._provided.override(key, value)

    # Looking up -----------------------------------------------------------------------

    @property
    def site(self) -> Site:
        """What the router was frozen into."""
        return self._site

    def walk(self) -> Iterator[RouteInfo]:
        """Give every route of the tree as plain data, in the order of registration."""
        for route, above in self._parts(self._root()):
            if route is not None:
                yield describe(route, above)

    def url_path_for(self, target: Any, /, **path_params: Any) -> URLPath:
        """Give the path of a route.

        Args:
            target: Its name, with the names of its mounts before it (`"books:item"`),
                or a resource class.
            path_params: The parameters of its path.

        Returns:
            The path below this router, percent-encoded.

        Raises:
            NoMatchFound: No route has that name and these parameters.
            ValueError: A parameter has no text that the route would match.
        """
        for named in self._names().get(target, ()):
            if named.names() == path_params.keys():
                return named.url_path(path_params)
        for route, above in self._hops:
            path = _path_in(route, above, target, path_params)
            if path is not None:
                return path
        raise NoMatchFound(target, path_params, self._known_names(target))

    def explain(
        self, method: str, path: str, *, host: str = "localhost"
    ) -> Explanation:
        """Say what answers a request, and why; nothing of it is called.

        Middleware may answer earlier, and the resource may refuse what it is asked.

        Args:
            method: The method, or "WEBSOCKET" for the handshake of one.
            path: The path as clients send it, percent-encoded, with a query or without.
            host: The value of the Host field.

        Raises:
            TypeError: A handler or a dependency makes no sense.
            ValueError: Two routes answer one method at one path.
        """
        return self.explain_scope(request_scope(method, path, host))

    def explain_scope(self, scope: Scope) -> Explanation:
        """Say what answers a scope, which is annotated; see `explain`."""
        self.freeze()
        return explain(self._site, list(self.walk()), scope, self.user_middleware)

    def _known_names(self, target: Any) -> str:
        known = self._names()
        if target in known:
            takes = [", ".join(sorted(n.names())) or "none" for n in known[target]]
            return f"It takes: {'; or: '.join(takes)}."
        names = [name for name in known if isinstance(name, str)]
        guess = did_you_mean(target, names) if isinstance(target, str) else ""
        return f"Names are: {', '.join(names) or 'there are none'}{guess}."

    def _names(self) -> Mapping[Any, list[Named]]:
        """Give what URLs can be made of, by name and by class."""
        if self._named is None:
            named: dict[Any, list[Named]] = {}
            hops: list[tuple[Mount | Host, Above]] = []
            for route, above in self._parts(self._root()):
                if isinstance(route, Mount | Host):
                    hops.append((route, above))
                elif route is not None:
                    entry = Named(
                        above.template(route),
                        "http" if isinstance(route, Route) else "websocket",
                        above.host,
                    )
                    for key in above.names + (route.name or ""), _class_of(route):
                        named.setdefault(key, []).append(entry)
            self._named, self._hops = named, hops
        return self._named

    def _parts(self, above: Above) -> Iterator[tuple[Routing | None, Above]]:
        """Give all that is registered on this router and on those merged into it.

        Before what is registered on a router comes None, for the router itself.
        """
        yield None, above
        for route in self.routes:
            if _is_merged(route):
                child: Router = route.app
                yield from child._parts(self._hand_down(above, route))
            else:
                yield route, above

    # Freezing -------------------------------------------------------------------------

    def _settings(self) -> Settings:
        """Give what holds at the root of the tree."""
        return Settings(
            boundary=self._boundary((self.exception_handlers,)),
            limits=DEFAULT_LIMITS.override(self.limits),
            codec=STANDARD,
            pool=DEFAULT_POOL,
            build=self.url_path_for,
            guards=below((), self._rules),
        )

    def _boundary(self, tables: tuple[Handlers, ...]) -> Boundary:
        return Boundary(tables)

    def _container(self) -> Container | None:
        """Give who provides dependencies; a router by itself has nobody."""
        return None

    def _root(self) -> Above:
        """Give what the router hands down when it is the root of the tree."""
        # Its middleware is around the whole site, not around each entry.
        return Above(
            prefix="",
            names="",
            settings=self._settings(),
            tables=(self.exception_handlers,),
            problems=problems_of((self.exception_handlers,)),
            layers=(),
            host=None,
            container=self._container(),
            default=self.default,
            redirect_slashes=self.redirect_slashes,
        )

    def _hand_down(self, above: Above, mount: Mount | Host) -> Above:
        """Give what a router mounted in this one hands down."""
        child: Router = mount.app
        tables = (child.exception_handlers, *above.tables)
        settings = above.settings._replace(
            boundary=self._boundary(tables),
            limits=above.settings.limits.override(child.limits),
            guards=below(above.settings.guards, child._rules),
        )
        layers, container = above.layers, above.container
        if child.user_middleware:
            layers = (*layers, Layer(child.user_middleware))
        is_host = isinstance(mount, Host)
        return Above(
            prefix=above.prefix if is_host else above.prefix + mount.path,
            names=above.names + (f"{mount.name}:" if mount.name else ""),
            settings=settings,
            tables=tables,
            problems=problems_of(tables),
            layers=layers,
            host=mount if isinstance(mount, Host) else above.host,
            container=container and container.below(child._provided),
            default=child.default,
            redirect_slashes=child.redirect_slashes,
        )

    def freeze(self) -> ASGIApp:
        """Work out the tree; what is registered later is worked out at the next use.

        Returns:
            The application that answers, with the middleware around it.

        Raises:
            TypeError: A handler or a dependency makes no sense.
            ValueError: Two routes answer one method at one path.
        """
        if self._stack is None:
            root = self._root()
            site = freeze(self, root, self._parts(root))
            self._stack = self._build_stack(site)
        return self._stack

    def _build_stack(self, site: Site) -> ASGIApp:
        """Put around the site what is around all of it."""
        self._site = site
        if not self.user_middleware:
            return site

        # Other people's middleware tells by its being a coroutine function that it is
        # an application of ASGI 3.
        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await self._live(scope, receive, send)
            else:
                await site(scope, receive, send)

        # Around each of them, so that the fields that those further out add are in the
        # answer to an exception of one further in.
        boundary = self._boundary((self.exception_handlers,))
        return compose(dispatch, self.user_middleware, boundary.around)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, a WebSocket or the server's lifespan messages."""
        stack = self._stack
        if stack is None:
            try:
                stack = self.freeze()
            except Exception:
                if scope["type"] != "lifespan":
                    raise
                # There the server is told.
                stack = self._live
        if isinstance(stack, Site) and scope["type"] == "lifespan":
            stack = self._live
        await stack(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the lifespan conversation; what fails is told to the server."""
        await converse(self._running(scope), receive, send)

    @asynccontextmanager
    async def _running(self, scope: Scope) -> AsyncGenerator[None, None]:
        """Keep the tree started for as long as the context is entered."""
        self.freeze()
        state = scope.setdefault("state", {})
        async with self._lifespan.running(scope.get("app", self), state):
            yield


def _is_merged(route: Routing) -> TypeGuard[Mount | Host]:
    return (
        isinstance(route, Mount | Host)
        and isinstance(route.app, Router)
        and route.app._is_merged
    )


def _class_of(route: Route | WebSocketRoute) -> Any:
    """Give what a Ref to a route names: the resource's class, or the function."""
    endpoint = route.endpoint
    if isinstance(endpoint, type) or is_function(endpoint):
        return endpoint
    return type(endpoint)


def _path_in(
    route: Mount | Host, above: Above, target: Any, params: Mapping[str, Any]
) -> URLPath | None:
    """Ask a mounted application, which knows its own names, for a path."""
    host = route if isinstance(route, Host) else above.host
    named = Named(above.template(route), "http", host)
    own = named.names()
    if not own <= params.keys():
        return None
    prefix = named.url_path(params)
    rest = {name: value for name, value in params.items() if name not in own}
    if isinstance(target, str) and route.name:
        name = above.names + route.name
        if target == name and rest.keys() == {"path"}:
            # Files may have another name for clients than for the application.
            path = _ask(route.app, "", rest)
            if path is None:
                path = "/" + quote_path(str(rest["path"]).lstrip("/"))
            return URLPath(prefix + path, "http", prefix.host)
        if not target.startswith(name + ":"):
            return None
        target = target.removeprefix(name + ":")
    found = _ask(route.app, target, rest)
    if found is None:
        return None
    protocol = getattr(found, "protocol", "http")
    return URLPath(prefix + found, protocol, getattr(found, "host", "") or prefix.host)


def _ask(app: Any, target: Any, params: Mapping[str, Any]) -> str | None:
    """Ask an application for the path of one of its routes; None where it has none."""
    build = getattr(app, "url_path_for", None)
    if build is None:
        return None
    try:
        found: str = build(target, **params)
    except ValueError:
        raise
    except Exception:
        # Each framework says in its own way that it has no such route.
        return None
    return found


class _Children:
    """What is started with a router: each router and application below it, once."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def __iter__(self) -> Iterator[ASGIApp]:
        seen: set[int] = set()
        for route in _mounts(self._router):
            if id(route.app) not in seen:
                seen.add(id(route.app))
                yield _Part(route.app) if _is_merged(route) else route.app


def _mounts(router: Router) -> Iterator[Mount | Host]:
    """Give what is mounted in a router and in those merged into it."""
    for route in router.routes:
        if isinstance(route, Mount | Host):
            yield route
        if _is_merged(route):
            yield from _mounts(route.app)


class _Part:
    """A router that is merged into another one, as an application to be started.

    What is mounted in it is started by the root of the tree, and only once.
    """

    def __init__(self, router: Router) -> None:
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the lifespan conversation."""
        router = self._router
        running = router._part.running(router, scope["state"])
        await converse(running, receive, send)
