"""What a resource needs from outside, and who gives it.

A resource class names its dependencies as annotated public attributes without a
value; they are keyword arguments of its constructor. The story starts at `Injected`,
the base that collects them. `Provisions` are what a router provides, a `Container`
holds what was made of them, by factories whose products live as long as the
application, or as long as a request.

    DependencyError     is a TypeError: what is asked for is provided by nobody, needs
                        itself, lives too short, or is not open
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, get_origin

from restlette.deferred import Deferred
from restlette.http.request import HTTPConnection
from restlette.http.types import Receive, Scope, Send
from restlette.resources.annotations import (
    AnnotationError,
    keep_local_names,
    look_up,
    names_of_class,
    names_of_function,
    own_annotations,
    resolve,
    substitute,
    type_arguments,
)
from restlette.resources.parameters import parameters_of
from restlette.suggestions import did_you_mean

if TYPE_CHECKING:
    import asyncio
else:
    asyncio = Deferred("asyncio")

__all__ = [
    "Container",
    "Declared",
    "DependencyError",
    "Injected",
    "Provider",
    "Provisions",
    "dependencies_of",
    "describe",
    "is_connection",
    "name_of",
]

# The bits of co_flags (Python's reference, 3.2.13) of generators of both kinds.
GENERATOR = 0x20 | 0x200

# The names under which something asks for dependencies, and the key of each: a type, a
# protocol, a generic alias, `Annotated[Engine, "replica"]`.
Wanted = Mapping[str, Any]

Lifetime = Literal["app", "request"]

# What was made for one request, by the container that answers for its key.
Made = dict["Container", dict[Any, Any]]


class DependencyError(TypeError):
    """A dependency that cannot be given."""


class Injected:
    """Base of resources: annotated public attributes are dependencies.

    An attribute of the class is one if it is annotated, has no value, is no `ClassVar`
    and does not begin with an underscore; inherited ones count. An instance is made
    with each of them as a keyword argument::

        class Books(HTTPEndpoint):
            store: BookStore


        Books(store=FakeStore())
    """

    _dependencies: ClassVar[Mapping[str, Declared]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        keep_local_names(cls)
        cls._dependencies = _declared_by(cls)

    def __init__(self, *connection: Any, **dependencies: Any) -> None:
        """Set the dependencies.

        Args:
            connection: scope, receive and send, for an instance that is awaited.
            dependencies: all that the class has.

        Raises:
            TypeError: one is missing, or is not a dependency of the class.
        """
        if connection:
            self._connect(*connection)
        if dependencies.keys() != self._dependencies.keys():
            raise TypeError(_misfit(type(self), dependencies))
        for name, value in dependencies.items():
            setattr(self, name, value)

    def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send


class Declared(NamedTuple):
    """A dependency as it was written: an annotation, and the class it stands in."""

    annotation: Any
    origin: type


def dependencies_of(cls: type[Injected]) -> Wanted:
    """What a resource class asks for: the key of each of its dependencies.

    Raises:
        TypeError: an annotation cannot be resolved.
    """
    declared = cls._dependencies
    if not declared:
        return {}
    arguments = type_arguments(cls)
    return {
        name: substitute(_resolved(cls, name, each), arguments.get(each.origin, {}))
        for name, each in declared.items()
    }


def _resolved(cls: type, name: str, declared: Declared) -> Any:
    try:
        return resolve(declared.annotation, names_of_class(declared.origin))
    except AnnotationError as exc:
        raise TypeError(f"{cls.__qualname__}.{name}: {exc}") from exc


def _declared_by(cls: type) -> dict[str, Declared]:
    return {
        name: Declared(annotation, origin)
        for origin in reversed(cls.__mro__)
        for name, annotation in own_annotations(origin).items()
        if not name.startswith("_")
        and not hasattr(cls, name)
        and not _is_class_variable(annotation, origin)
    }


def _is_class_variable(annotation: Any, origin: type) -> bool:
    """Whether an annotation is `ClassVar`, by whatever name it was imported."""
    if isinstance(annotation, str):
        # Only what stands before the bracket is looked up: a type inside it may be
        # known to type checkers alone.
        name = annotation.partition("[")[0].strip()
        annotation = look_up(name, names_of_class(origin))
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def _misfit(cls: type[Injected], given: Mapping[str, Any]) -> str:
    """The sentence about dependencies that do not fit a class."""
    known = cls._dependencies
    for name in given:
        if name not in known:
            offer = ", ".join(known) or "it has none"
            return (
                f"{cls.__qualname__} has no dependency {name!r}"
                f"{did_you_mean(name, known)}; on offer: {offer}"
            )
    missing = [name for name in known if name not in given]
    call = ", ".join(f"{name}=..." for name in known)
    return (
        f"{cls.__qualname__} is not given {', '.join(map(repr, missing))}: write "
        f"{cls.__qualname__}({call}), or register the class and let the application "
        "provide them"
    )


class Provider(NamedTuple):
    """A factory, what it asks for, and how long its product lives."""

    factory: Callable[..., Any]
    wanted: Wanted
    scope: Lifetime


class Provisions:
    """What a router provides to the resources below it, by key.

    A factory is called without arguments, or with what its annotated parameters ask
    for; in a request-scoped one, a parameter annotated `HTTPConnection` (or `Request`,
    or `WebSocket`) is given the connection. It may be a class, a function or a
    coroutine function. It runs on the event loop, so it must not block. A product that
    is a context manager, asynchronous or not, is entered, and left when its time is
    over; one that should not be entered (a lock, say) goes through `provide_value`.
    """

    def __init__(self) -> None:
        self._providers: dict[Any, Provider] = {}
        self._values: dict[Any, Any] = {}
        self._overrides: dict[Any, Any] = {}
        # What is to be told of a change.
        self._containers: list[Container] = []

    def provide(
        self, key: Any, factory: Callable[..., Any], *, scope: Lifetime = "app"
    ) -> None:
        """Let a factory make what is asked for by a key.

        Args:
            key: a type, protocol, generic alias, or `Annotated[Engine, "replica"]`.
            factory: makes the product, see the class.
            scope: `"app"` for one product, `"request"` for one a request.

        Raises:
            TypeError: the factory is a generator function that lacks its decorator,
                or has a parameter that nothing tells how to fill.
            ValueError: the key is provided already, or the scope is unknown.
        """
        if scope not in ("app", "request"):
            raise ValueError(f"scope is 'app' or 'request', not {scope!r}")
        self._refuse_second(key)
        self._providers[key] = Provider(factory, _wanted_by_factory(factory), scope)
        self._tell()

    def provide_value(self, key: Any, value: Any) -> None:
        """Give a value, as it is, to whatever asks for a key.

        Raises:
            ValueError: the key is provided already.
        """
        self._refuse_second(key)
        self._values[key] = value
        self._tell()

    def _refuse_second(self, key: Any) -> None:
        if key in self._providers or key in self._values:
            raise ValueError(
                f"{describe(key)} is provided already; to put something else in its "
                "place for a test, use override()"
            )

    @contextmanager
    def override(self, key: Any, value: Any) -> Iterator[None]:
        """Put a value in the place of what is provided, inside a `with`.

        The factory of an overridden key is not run. What was made before keeps what it
        was given: override first, then start the application.
        """
        before = dict(self._overrides)
        self._overrides[key] = value
        self._tell()
        try:
            yield
        finally:
            self._overrides.clear()
            self._overrides.update(before)
            self._tell()

    def _tell(self) -> None:
        for container in self._containers:
            container.note_change()


class Container(Provisions):
    """What is made of provisions, at one place in a tree.

    Products of app-scoped factories are made once, by `open_app`, each after what it
    asks for itself, and closed in the opposite order by `close_app`. Products of
    request-scoped factories are made for a request that needs them.

    What is not provided here is asked of the container above, and what a factory asks
    for is looked up from where the factory was provided. What is overridden is so for
    all that is below.

    Args:
        provisions: A router's, which are shared; by default it has its own.
        above: That of the routers around it.

    Attributes:
        version: grows with every change of what `app_values` would answer, so that
            callers know when to ask anew.
    """

    def __init__(
        self, provisions: Provisions | None = None, above: Container | None = None
    ) -> None:
        super().__init__()
        self.version: int = 0
        source = provisions or self
        source._containers.append(self)
        self._providers = source._providers
        self._values = source._values
        self._overrides = source._overrides
        self._opened: dict[Any, Any] = {}
        self._below: dict[Provisions, Container] = {}
        self._chain: tuple[Container, ...] = (self,)
        self._stack = AsyncExitStack()
        if above is not None:
            self._chain = (self, *above._chain)
            # One for all, so that what was made last is closed first.
            self._stack = above._stack
        self._lock: asyncio.Lock | None = None

    def below(self, provisions: Provisions) -> Container:
        """Give the container of a router mounted here, the same one each time."""
        if provisions not in self._below:
            self._below[provisions] = Container(provisions, self)
        return self._below[provisions]

    def note_change(self) -> None:
        """Take note that something else is provided, here or above."""
        self.version += 1
        for container in self._below.values():
            container.note_change()

    def _holder(self, key: Any) -> Container | None:
        """The container that answers for a key."""
        for container in self._chain:
            if key in container._overrides:
                return container
        for container in self._chain:
            if key in container._values or key in container._providers:
                return container
        return None

    def check(self, wanted: Wanted, where: str) -> None:
        """Make sure, at start-up, that what is asked for can be given.

        Args:
            wanted: the key of each dependency.
            where: who asks, for the error's sentence.

        Raises:
            DependencyError: a key is provided by nobody, or needs itself, or is to
                live as long as the application and needs what lives as long as a
                request.
        """
        for name, key in wanted.items():
            self._check(key, "request", (f"{where}.{name}",), ())

    def _check(
        self, key: Any, lifetime: Lifetime, path: tuple[str, ...], keys: tuple[Any, ...]
    ) -> None:
        """Check a key that was reached by a path from who asked for it."""
        holder = self._holder(key)
        if holder is None:
            if is_connection(key) and lifetime == "request" and keys:
                return
            raise DependencyError(self._missing(key, path))
        provider = holder._provider(key)
        if provider is None:
            return
        if key in keys:
            circle = " needs ".join(map(describe, (*keys[keys.index(key) :], key)))
            raise DependencyError(f"{path[0]} cannot be given: {circle}")
        if lifetime == "app" and provider.scope == "request":
            raise DependencyError(
                f"{path[-1]}: {describe(keys[-1])} lives as long as the application, "
                f"but asks for {describe(key)}, which lives as long as a request; "
                'provide the former with scope="request" too'
            )
        for name, needed in provider.wanted.items():
            place = f"{name_of(provider.factory)}({name})"
            holder._check(needed, provider.scope, (*path, place), (*keys, key))

    def _provider(self, key: Any) -> Provider | None:
        """What makes the value of a key; None where there is one already."""
        if key in self._overrides or key in self._values:
            return None
        return self._providers[key]

    def _missing(self, key: Any, path: tuple[str, ...]) -> str:
        if is_connection(key):
            return (
                f"{path[-1]} asks for {describe(key)}, which only a factory with "
                'scope="request" can be given'
            )
        keys = [
            key for each in self._chain for key in (*each._providers, *each._values)
        ]
        known = ", ".join(map(describe, dict.fromkeys(keys)))
        return (
            f"{path[-1]} asks for {describe(key)}, which nobody provides; write "
            f"app.provide({describe(key)}, factory), or provide_value(). "
            f"Provided: {known or 'nothing'}"
        )

    async def open_app(self) -> None:
        """Make the products of app-scoped factories that are not made yet.

        When one fails, those that were made are closed before its exception goes on.

        Raises:
            DependencyError: see `check`.
        """
        if self._lock is None:
            self._lock = asyncio.Lock()
        async with self._lock:
            try:
                await self._open_all()
            except BaseException:
                await self.close_app()
                raise
            self.note_change()

    async def _open_all(self) -> None:
        for key, provider in list(self._providers.items()):
            if provider.scope == "app":
                self._check(key, "app", (name_of(provider.factory),), ())
                await self._value(key, None, self._stack, None)
        for container in list(self._below.values()):
            await container._open_all()

    async def close_app(self) -> None:
        """Close what `open_app` made, the last one first."""
        # The next lock may be waited for in another event loop.
        self._lock = None
        self._forget()
        self.note_change()
        await self._stack.aclose()

    def _forget(self) -> None:
        self._opened.clear()
        for container in self._below.values():
            container._forget()

    def request_names(self, wanted: Wanted) -> tuple[str, ...]:
        """The names of those dependencies that are made for each request."""
        return tuple(name for name, key in wanted.items() if self._is_for_request(key))

    def _is_for_request(self, key: Any) -> bool:
        holder = self._holder(key)
        provider = None if holder is None else holder._provider(key)
        return provider is not None and provider.scope == "request"

    def app_values(self, wanted: Wanted) -> dict[str, Any]:
        """The values of those dependencies that are there for every request.

        Raises:
            DependencyError: one was not made, since the application has not started.
        """
        for_request = self.request_names(wanted)
        return {
            name: self._ready(key)
            for name, key in wanted.items()
            if name not in for_request
        }

    def _ready(self, key: Any) -> Any:
        holder = self._holder(key)
        if holder is None:
            raise DependencyError(self._missing(key, (describe(key),)))
        for values in (holder._overrides, holder._values, holder._opened):
            if key in values:
                return values[key]
        raise DependencyError(
            f"{describe(key)} is not open: the application has not started. In a test, "
            "write `with TestClient(app) as client`, which starts it"
        )

    async def open_request(
        self, wanted: Wanted, connection: HTTPConnection, stack: AsyncExitStack
    ) -> dict[str, Any]:
        """Make what one request needs.

        Args:
            wanted: the key of each dependency.
            connection: the request or websocket.
            stack: closes what is opened here; the caller leaves it when the handler
                is done, with the exception that came from there, if one did.

        Returns:
            The value of each. Two that ask for one key get one value.
        """
        made: Made = {}
        return {
            name: await self._value(key, connection, stack, made)
            for name, key in wanted.items()
        }

    async def _value(
        self,
        key: Any,
        connection: HTTPConnection | None,
        stack: AsyncExitStack,
        made: Made | None,
    ) -> Any:
        """A value that is there, or else one that is made now.

        Args:
            key: what is asked for.
            connection: the request or websocket, None at start-up.
            stack: closes what is opened.
            made: what was made for this request, None at start-up.
        """
        holder = self._holder(key)
        if holder is None:
            return self._connection(key, connection)
        provider = holder._provider(key)
        if provider is None or (provider.scope == "app" and made is not None):
            return holder._ready(key)
        kept = holder._opened if made is None else made.setdefault(holder, {})
        if key in kept:
            return kept[key]
        arguments = {
            name: await holder._value(needed, connection, stack, made)
            for name, needed in provider.wanted.items()
        }
        kept[key] = product = await _enter(provider.factory(**arguments), stack)
        return product

    def _connection(self, key: Any, connection: HTTPConnection | None) -> Any:
        if not is_connection(key):
            raise DependencyError(self._missing(key, (describe(key),)))
        if not isinstance(connection, key):
            raise DependencyError(
                f"a factory asks for {describe(key)}, but this request is a "
                f"{type(connection).__name__}; annotate HTTPConnection to take both"
            )
        return connection


async def _enter(product: Any, stack: AsyncExitStack) -> Any:
    """What a factory's product stands for: awaited, entered, or itself."""
    # A pool may be both awaitable and a context manager (asyncpg's is): entering it
    # opens it as well, and says when to close it.
    if hasattr(product, "__await__") and not hasattr(product, "__aenter__"):
        product = await product
    if hasattr(product, "__aenter__") and hasattr(product, "__aexit__"):
        return await stack.enter_async_context(product)
    if hasattr(product, "__enter__") and hasattr(product, "__exit__"):
        return stack.enter_context(product)
    return product


def _wanted_by_factory(factory: Callable[..., Any]) -> Wanted:
    """The key of each parameter that a factory must be given.

    Those with a default keep it.
    """
    if isinstance(factory, FunctionType) and factory.__code__.co_flags & GENERATOR:
        raise TypeError(
            f"{name_of(factory)} is a generator function: put "
            "@contextlib.asynccontextmanager (or contextmanager) above it"
        )
    parameters = parameters_of(factory)
    if parameters is None:
        return {}
    function = parameters.function
    names = [
        name
        for name in (*parameters.positional, *parameters.keyword_only)
        if name not in parameters.defaults
    ]
    annotations = {
        name: function.__annotations__[name]
        for name in names
        if name in function.__annotations__
    }
    for index, name in enumerate(names):
        if name not in annotations or index < parameters.nameless:
            raise TypeError(
                f"{name_of(factory)}: the parameter {name!r} must have an annotation "
                "(the key of what it is given) or a default, and take a keyword"
            )
    space = names_of_function(function, parameters.owner, annotations)
    try:
        return {name: resolve(each, space) for name, each in annotations.items()}
    except AnnotationError as exc:
        raise TypeError(f"{name_of(factory)}: {exc}") from exc


def is_connection(key: Any) -> bool:
    """Whether a key asks for the request itself."""
    return isinstance(key, type) and issubclass(key, HTTPConnection)


def name_of(factory: Callable[..., Any]) -> str:
    """A factory's name in an error's sentence."""
    return getattr(factory, "__qualname__", None) or repr(factory)


def describe(key: Any) -> str:
    """A key as somebody would write it."""
    return key.__qualname__ if isinstance(key, type) else str(key)
