"""The application: the root of a tree of resources.

The story starts with `Restlette`, a Router that nothing is above. It adds what an
application has once: the lifespan's state, what is provided to resources, plug-ins,
the codec and the threads, and a boundary around the middleware.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any, Literal, Protocol

from restlette.background import drain
from restlette.concurrency import ThreadPool
from restlette.http.json import STANDARD, JSONCodec, ORJSONCodec, UJSONCodec
from restlette.http.types import ASGIApp, Receive, Scope, Send, State
from restlette.lifespan import LifespanContext
from restlette.middleware import Middleware
from restlette.resources.boundary import Boundary, Handlers
from restlette.resources.dependencies import Container
from restlette.resources.guards import Guard, Rule
from restlette.resources.html import Templates, no_templates
from restlette.resources.pipeline import Settings
from restlette.resources.router import Router
from restlette.resources.routes import Routing

__all__ = ["Plugin", "Restlette"]


class Plugin(Protocol):
    """What `Restlette.install` takes: something that adds to an application.

    It may have `commands`, which the command line offers, and `describe(document)`,
    which adds to the schema.
    """

    def install(self, app: Restlette) -> None:
        """Add routes, middleware or whatever else to the application."""
        ...


class Restlette(Router):
    """An application.

    Args:
        debug: Whether an unhandled exception is shown to clients on this machine.
        routes: What is registered from the start.
        middleware: Put around everything; the first is the outermost.
        exception_handlers: What answers exceptions, by status or class.
        on_startup: Functions called at start-up.
        on_shutdown: Functions called at shutdown.
        lifespan: A function that takes the application and gives an asynchronous
            context manager, which may yield a mapping: the state of every request.
        json: What reads and writes JSON: "standard", "orjson", "ujson" or a codec.
        templates: Finds the templates that `HTML("book.html")` names: a function from
            a name to what renders it.
        threads: How many plain functions run at a time, each in a thread.
        graceful_timeout: For how many seconds background tasks that still run at
            shutdown are waited for, before they are cancelled.
        redirect_slashes: Whether a path that leads nowhere is redirected to the one
            with a slash more or less at its end, if that leads somewhere.
        default: The application that answers paths that lead nowhere, instead of 404.
        guards: Who may use what is in the application.
        limits: Figures of `Limits` that are others in this application.

    Attributes:
        state: What the application keeps for itself.
        plugins: What was installed.

    Raises:
        TypeError: An argument makes no sense; the message says what to write.
        ValueError: The codec is unknown, there are no threads, or the time is negative.
    """

    _is_merged = False

    def __init__(
        self,
        debug: bool = False,
        routes: Iterable[Routing] = (),
        middleware: Sequence[Middleware] = (),
        exception_handlers: Mapping[int | type[Exception], Callable[[Any, Any], Any]]
        | None = None,
        on_startup: Iterable[Callable[[], object]] = (),
        on_shutdown: Iterable[Callable[[], object]] = (),
        lifespan: LifespanContext | None = None,
        *,
        json: Literal["standard", "orjson", "ujson"] | JSONCodec = STANDARD,
        templates: Templates = no_templates,
        threads: int = 40,
        graceful_timeout: float = 30.0,
        redirect_slashes: bool = True,
        default: ASGIApp | None = None,
        guards: Sequence[Guard | Rule] = (),
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self._debug = debug
        self._codec = _codec(json)
        self._templates = templates
        self._pool = ThreadPool(threads)
        if not graceful_timeout >= 0:
            raise ValueError(
                "graceful_timeout is a number of seconds of 0 or more, not "
                f"{graceful_timeout!r}."
            )
        self._graceful_timeout = graceful_timeout
        self._is_open = False
        self.state: State = State()
        self.plugins: list[Plugin] = []
        super().__init__(
            routes,
            redirect_slashes,
            default,
            on_startup,
            on_shutdown,
            lifespan,
            middleware=middleware,
            guards=guards,
            limits=limits,
        )
        self._opened = Container(self._provided)
        for key, handler in (exception_handlers or {}).items():
            self.add_exception_handler(key, handler)

    @property
    def debug(self) -> bool:
        """Whether an unhandled exception is shown to clients on this machine."""
        return self._debug

    @debug.setter
    def debug(self, value: bool) -> None:
        self._debug = value
        self._changed()

    @property
    def templates(self) -> Templates:
        """What finds the templates that `HTML("book.html")` names."""
        return self._templates

    @templates.setter
    def templates(self, value: Templates) -> None:
        self._templates = value
        self._changed()

    @property
    def pool(self) -> ThreadPool:
        """Where plain functions of the application run."""
        return self._pool

    @property
    def router(self) -> Router:
        """The root of the tree: the application itself."""
        return self

    def install(self, plugin: Plugin) -> None:
        """Add a plug-in.

        Args:
            plugin: An object with `install(app)`.

        Raises:
            TypeError: It has no such method, or is a class.
        """
        if isinstance(plugin, type) or not callable(getattr(plugin, "install", None)):
            name = plugin.__name__ if isinstance(plugin, type) else "plugin"
            raise TypeError(
                f"{plugin!r} is no plug-in: app.install takes an object with a method "
                f"install(app), such as {name}()."
            )
        plugin.install(self)
        self.plugins.append(plugin)

    # What holds at the root -----------------------------------------------------------

    def _settings(self) -> Settings:
        settings = super()._settings()
        return settings._replace(
            codec=self._codec, pool=self._pool, templates=self._templates
        )

    def _boundary(self, tables: tuple[Handlers, ...]) -> Boundary:
        return Boundary(tables, debug=self._debug, pool=self._pool)

    def _container(self) -> Container:
        return self._opened

    def _changed(self) -> None:
        super()._changed()
        # What was provided since is to be made.
        self._is_open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, a WebSocket or the server's lifespan messages."""
        # Middleware outside the router may write links, too.
        scope["app"] = scope["router"] = self
        stack = self._stack
        if stack is not None and self._is_open and scope["type"] != "lifespan":
            await stack(scope, receive, send)
            return
        if scope["type"] != "lifespan":
            # Some servers, and tests, run no lifespan.
            self.freeze()
            await self._open()
        await super().__call__(scope, receive, send)

    async def _open(self) -> None:
        await self._opened.open_app()
        self._is_open = True

    @asynccontextmanager
    async def _running(self, scope: Scope) -> AsyncGenerator[None, None]:
        self.freeze()
        await self._open()
        try:
            async with super()._running(scope):
                try:
                    yield
                finally:
                    # Before what they use is closed.
                    await drain(self._graceful_timeout)
        finally:
            self._is_open = False
            try:
                await self._opened.close_app()
            finally:
                self._pool.close()


def _codec(json: str | JSONCodec) -> JSONCodec:
    if not isinstance(json, str):
        is_module = isinstance(json, ModuleType)
        if is_module or not (hasattr(json, "dumps") and hasattr(json, "loads")):
            raise TypeError(
                f'{json!r} is no JSON codec: write "standard", "orjson" or "ujson", or '
                "give an object whose dumps makes bytes and whose loads takes them."
            )
        return json
    makers: dict[str, Callable[[], JSONCodec]] = {
        "standard": lambda: STANDARD,
        "orjson": ORJSONCodec,
        "ujson": UJSONCodec,
    }
    if json not in makers:
        raise ValueError(
            f"there is no JSON codec {json!r}: write one of {', '.join(makers)}, or "
            "give an object with dumps and loads."
        )
    return makers[json]()
