"""What is registered on a router: routes, WebSocket routes, mounts and hosts.

Each is plain data: what was said, and where in the source it was said. Nothing is
decided here but whether it makes sense; a `Router` decides the rest when it is frozen.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from types import FrameType, FunctionType, MethodType
from typing import Any, NamedTuple

from restlette.concurrency import is_async
from restlette.http.limits import DEFAULT_LIMITS
from restlette.http.methods import is_token
from restlette.http.origins import Origins
from restlette.http.urls import is_valid_host
from restlette.middleware import Middleware
from restlette.resources.annotations import keep_local_names
from restlette.resources.endpoint import HTTPEndpoint, handlers_of
from restlette.resources.guards import Guard, Rule, Rules, read_guards
from restlette.resources.problem import Problem
from restlette.resources.uri import Template
from restlette.resources.websocket import WebSocketEndpoint

__all__ = [
    "Host",
    "Mount",
    "Place",
    "Registered",
    "Route",
    "RouteInfo",
    "Routing",
    "WebSocketRoute",
    "caller",
    "class_of",
    "is_function",
    "is_resource",
    "is_websocket_resource",
    "name_of",
]


class Place(NamedTuple):
    """Where in the source something was registered."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class RouteInfo(NamedTuple):
    """One route of a tree, as plain data, for whatever lists routes.

    Attributes:
        path: The whole template, prefixes and convertors included.
        path_format: The same without convertors: `/books/{book_id}`.
        kind: "http", "websocket" or "mount".
        methods: The methods that are answered, sorted; empty but for "http".
        name: The name that `url_path_for` takes; with its mounts' names before it.
        endpoint: The resource class, instance, function or mounted application.
        handlers: The function of each method.
        guards: Those of each method (`"WEBSOCKET"` for the handshake of one), all of
            which have to let a request in; the outermost router's first.
        problems: What clients are told of exceptions, by class; the innermost router's
            come first.
        include_in_schema: Whether a schema shows it.
        host: The host that it is for, where it is for one alone.
        place: Where it was registered.
        middleware: That of the routers below the root, and of the route, which is
            around it; the outermost first.
    """

    path: str
    path_format: str
    kind: str
    methods: tuple[str, ...]
    name: str
    endpoint: Any
    handlers: Mapping[str, Callable[..., Any]]
    guards: Mapping[str, tuple[Guard, ...]]
    problems: Mapping[type[BaseException], Problem]
    include_in_schema: bool
    host: str | None
    place: Place | None
    middleware: tuple[Middleware, ...] = ()


def class_of(endpoint: Any) -> type[Any]:
    """Give a class back, or the class of an instance."""
    return endpoint if isinstance(endpoint, type) else type(endpoint)


def is_resource(endpoint: object) -> bool:
    """Say whether something is a resource class or an instance of one."""
    return issubclass(class_of(endpoint), HTTPEndpoint)


def is_websocket_resource(endpoint: object) -> bool:
    """Say whether something is a WebSocketEndpoint class or an instance of one."""
    return issubclass(class_of(endpoint), WebSocketEndpoint)


def is_function(endpoint: object) -> bool:
    """Say whether something is a function in the widest sense, not an ASGI object."""
    while isinstance(endpoint, partial):
        endpoint = endpoint.func
    return isinstance(endpoint, FunctionType | MethodType)


def name_of(endpoint: Any) -> str:
    """Give the name of a route that was given none: its endpoint's."""
    while isinstance(endpoint, partial):
        endpoint = endpoint.func
    name: str = getattr(endpoint, "__name__", type(endpoint).__name__)
    return name


def caller() -> Place | None:
    """Give the place outside of this package from which it was called."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not frame.f_globals.get("__name__", "").startswith("restlette."):
            return Place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None


class Registered:
    """What every registration has.

    Two are equal that say the same, wherever they were written.
    """

    def __init__(self, path: str, name: str | None) -> None:
        self.path = path
        self.template: Template = Template(path)
        self.name = name
        self.place: Place | None = caller()

    @property
    def path_format(self) -> str:
        """The path without convertors: `/books/{book_id}`."""
        return self.template.format

    def __hash__(self) -> int:
        return hash((type(self), self.path))


class Route(Registered):
    """A path, and what answers HTTP there.

    Args:
        path: The template of the path, empty or with a slash at its beginning.
        endpoint: A resource class, an instance of one, a function of the request, or
            an ASGI application.
        methods: Which methods a function answers; by default GET. A class says by its
            functions what it answers, and may be held to some of them here.
        name: For `url_path_for`; by default the endpoint's name.
        include_in_schema: Whether a schema shows it.
        middleware: Put around it, inside that of the routers.
        guards: Who may use it, beside what routers and class say.
        limits: Figures of `Limits` that are others here.

    Raises:
        TypeError: The endpoint is nothing that can answer, or a limit is unknown.
        ValueError: The path is no template, or a method is no token.
    """

    def __init__(
        self,
        path: str,
        endpoint: Any,
        *,
        methods: Iterable[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        middleware: Sequence[Middleware] = (),
        guards: Sequence[Guard | Rule] = (),
        limits: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(path, name_of(endpoint) if name is None else name)
        self.endpoint: Any = endpoint
        self.include_in_schema = include_in_schema
        self.middleware: tuple[Middleware, ...] = tuple(middleware)
        self.limits = limits
        DEFAULT_LIMITS.override(limits)
        self.methods: tuple[str, ...] = self._methods(methods)
        self.rules: Rules = read_guards(guards, repr(self), self.methods)

    def _methods(self, methods: Iterable[str] | None) -> tuple[str, ...]:
        if isinstance(methods, str):
            raise TypeError(f"methods is a list of names: write methods=[{methods!r}].")
        asked = None
        if methods is not None:
            asked = tuple(dict.fromkeys(method.upper() for method in methods))
            if not asked:
                raise ValueError(f"the methods of {self.path!r} are none: name one.")
        for method in asked or ():
            if not is_token(method):
                raise ValueError(f"{method!r} is not the name of a method.")
        if is_resource(self.endpoint):
            return self._methods_of_class(asked)
        if is_function(self.endpoint):
            if isinstance(self.endpoint, FunctionType):
                keep_local_names(self.endpoint)
            return asked or ("GET",)
        if isinstance(self.endpoint, type) or not callable(self.endpoint):
            raise TypeError(
                f"{self.endpoint!r} cannot answer {self.path!r}: a route takes a "
                "subclass of HTTPEndpoint or WebSocketEndpoint, a function of the "
                "request, or an ASGI application."
            )
        return asked or ("GET", "POST", "PUT", "PATCH", "DELETE")

    def handlers(self) -> dict[str, Any]:
        """Give the function of each method, as plain data."""
        if not is_resource(self.endpoint):
            return dict.fromkeys(self.methods, self.endpoint)
        table = handlers_of(class_of(self.endpoint))
        # A class that has no function for HEAD answers it as GET.
        return {method: table.get(method) or table["GET"] for method in self.methods}

    def _methods_of_class(self, asked: tuple[str, ...] | None) -> tuple[str, ...]:
        cls = class_of(self.endpoint)
        has = tuple(handlers_of(cls))
        if not has:
            raise TypeError(
                f"{cls.__qualname__} answers no method: give it a function such as "
                "`async def get(self, request)`."
            )
        for method in asked or ():
            if method not in has and not (method == "HEAD" and "GET" in has):
                raise TypeError(
                    f"{cls.__qualname__} has no {method}; it answers {', '.join(has)}."
                )
        return has if asked is None else asked

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Route):
            return NotImplemented
        mine = self.path, self.endpoint, set(self.methods)
        return mine == (other.path, other.endpoint, set(other.methods))

    def __hash__(self) -> int:
        return super().__hash__()

    def __repr__(self) -> str:
        return f"Route({self.path!r}, {name_of(self.endpoint)})"


class WebSocketRoute(Registered):
    """A path, and what holds WebSocket conversations there.

    Args:
        path: The template of the path.
        endpoint: A WebSocketEndpoint class, an instance of one, or an asynchronous
            function of the WebSocket.
        name: For `url_path_for`; by default the endpoint's name.
        include_in_schema: Whether a schema shows it.
        middleware: Put around it, inside that of the routers.
        guards: Who may use it, beside what routers and class say.
        limits: Figures of `Limits` that are others here.
        allowed_origins: Whose pages may connect, instead of what the class says; see
            `WebSocketEndpoint`.

    Raises:
        TypeError: The endpoint can hold no conversation.
        ValueError: The path is no template, or an origin is none.
    """

    def __init__(
        self,
        path: str,
        endpoint: Any,
        *,
        name: str | None = None,
        include_in_schema: bool = True,
        middleware: Sequence[Middleware] = (),
        guards: Sequence[Guard | Rule] = (),
        limits: Mapping[str, int] | None = None,
        allowed_origins: Collection[str] | None = None,
    ) -> None:
        super().__init__(path, name_of(endpoint) if name is None else name)
        if not is_websocket_resource(endpoint) and not is_async(endpoint):
            raise TypeError(
                f"{endpoint!r} cannot hold a conversation at {path!r}: a WebSocket "
                "route takes a subclass of WebSocketEndpoint or an `async def` "
                "function of the WebSocket."
            )
        self.endpoint: Any = endpoint
        self.include_in_schema = include_in_schema
        self.middleware: tuple[Middleware, ...] = tuple(middleware)
        self.limits = limits
        DEFAULT_LIMITS.override(limits)
        self.rules: Rules = read_guards(guards, repr(self))
        self.allowed_origins = allowed_origins
        Origins(allowed_origins)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WebSocketRoute):
            return NotImplemented
        return (self.path, self.endpoint) == (other.path, other.endpoint)

    def __hash__(self) -> int:
        return super().__hash__()

    def __repr__(self) -> str:
        return f"WebSocketRoute({self.path!r}, {name_of(self.endpoint)})"


class Mount(Registered):
    """A prefix, and the router or application that answers below it.

    Args:
        path: The prefix; it may hold parameters, but none that takes slashes.
        app: A Router, or any ASGI application.
        routes: What is registered below the prefix, instead of an application.
        name: Put before the names below: `url_path_for("name:child")`.

    Raises:
        TypeError: There is no application and no routes, or both; or the application
            cannot be called.
        ValueError: The prefix is none.
    """

    def __init__(
        self,
        path: str,
        app: Any = None,
        routes: Iterable[Routing] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(path.rstrip("/"), name)
        if self.template.tail is not None:
            raise ValueError(
                f"the prefix {path!r} holds a parameter that takes slashes: where it "
                "ends, and what is mounted begins, is unclear."
            )
        if (app is None) == (routes is None):
            raise TypeError(f"at {path!r} mount an application or routes, one of them.")
        if isinstance(app, type) or (routes is None and not callable(app)):
            raise TypeError(
                f"{app!r} cannot be mounted at {path!r}: Mount takes a Router or an "
                "ASGI application. A resource class has a Route."
            )
        self.routes = routes
        self.app: Any = app

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mount):
            return NotImplemented
        return (self.path, self.app, self.name) == (other.path, other.app, other.name)

    def __hash__(self) -> int:
        return super().__hash__()

    def __repr__(self) -> str:
        return f"Mount({self.path!r}, {name_of(self.app)})"


class Host(Registered):
    """A host, and the router or application that answers for it.

    Args:
        host: The host's name, without a port, in which a label may be a parameter:
            `{shop}.example.org`. Case does not count, and neither does the port that
            is asked.
        app: A Router, or any ASGI application.
        name: Put before the names below.

    Raises:
        TypeError: The application cannot be called.
        ValueError: The host is no template.
    """

    def __init__(self, host: str, app: Any, name: str | None = None) -> None:
        # Names of hosts have no case (RFC 9110 §4.2.3), those of parameters have.
        lowered = "".join(
            part if part.startswith("{") else part.lower()
            for part in re.split(r"(\{[^{}]*\})", host)
        )
        super().__init__("/" + lowered, name)
        literals = [token for token in self.template.tokens if isinstance(token, str)]
        if len(self.template.segments) != 1 or ":" in "".join(literals):
            raise ValueError(
                f"{host!r} is no host: write a name without slashes and port."
            )
        if not callable(app):
            raise TypeError(
                f"{app!r} cannot answer for {host!r}: host() takes a Router or an ASGI "
                "application."
            )
        self.host = lowered
        self.app: Any = app

    def build(self, params: Mapping[str, Any]) -> str:
        """Give the host for these parameters.

        Raises:
            ValueError: With these it is none.
        """
        host = self.template.build(params)[1:]
        # SECURITY: a parameter must not bring an authority of its own.
        if not is_valid_host(host.encode("ascii")) or ":" in host:
            raise ValueError(f"{host[:80]!r} is not a host (RFC 9110 7.2).")
        return host

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Host):
            return NotImplemented
        return (self.host, self.app, self.name) == (other.host, other.app, other.name)

    def __hash__(self) -> int:
        return super().__hash__()

    def __repr__(self) -> str:
        return f"Host({self.host!r}, {name_of(self.app)})"


Routing = Route | WebSocketRoute | Mount | Host
