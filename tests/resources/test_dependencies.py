"""Dependencies are named by resources and given by a container."""

from __future__ import annotations

import asyncio
import contextlib
import typing
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Protocol, TypeVar

import attrs
import pytest

from restlette.http.request import HTTPConnection, Request
from restlette.http.websocket import WebSocket
from restlette.resources.dependencies import (
    Container,
    DependencyError,
    Injected,
    Provisions,
    dependencies_of,
    describe,
)

if TYPE_CHECKING:
    from elsewhere import Unknown  # type: ignore[import-not-found]

T = TypeVar("T")
Replica = Annotated[str, "replica"]


class Store: ...


class FakeStore(Store): ...


class Repository(Generic[T]): ...


class Clock(Protocol):
    def now(self) -> float: ...


class Books(Injected):
    store: Store
    clock: Clock
    limit: ClassVar[int]
    other: typing.ClassVar[list[Unknown]]
    title: str = "Books"
    _secret: str


class Mixin:
    replica: Replica


class Shelf(Books, Mixin, Generic[T]):
    repository: Repository[T]
    clock = None  # type: ignore[assignment]


class Fiction(Shelf[int]): ...


class Plain(Injected): ...


# What a resource names


def test_annotated_public_attributes_without_a_value_are_dependencies() -> None:
    """ClassVar, underscores and attributes with a value are none."""
    assert dependencies_of(Books) == {"store": Store, "clock": Clock}
    assert dependencies_of(Plain) == {}
    assert dependencies_of(Injected) == {}


def test_they_are_inherited_and_a_value_below_takes_them_away() -> None:
    assert dependencies_of(Fiction) == {
        "replica": Replica,
        "store": Store,
        "repository": Repository[int],
    }
    assert dependencies_of(Shelf)["repository"] == Repository[Any]


def test_those_of_a_local_class_are_found() -> None:
    class Local: ...

    class Resource(Injected):
        local: Local

    assert dependencies_of(Resource) == {"local": Local}


def test_what_type_checkers_alone_know_is_an_error_with_the_remedy() -> None:
    """Only when the key is needed: a test can give the value nevertheless."""

    class Resource(Injected):
        unknown: Unknown

    assert Resource(unknown=1).unknown == 1
    with pytest.raises(TypeError, match=r"Resource\.unknown: .* import it at run time"):
        dependencies_of(Resource)


def test_the_constructor_sets_them() -> None:
    store, clock = Store(), None
    books = Books(store=store, clock=clock)
    assert books.store is store
    assert books.clock is None
    assert books.title == "Books"
    Plain()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param(
            {"stor": 1, "clock": 2},
            "Books has no dependency 'stor' (did you mean 'store'?); on offer: store, "
            "clock",
            id="unknown",
        ),
        pytest.param(
            {"clock": 1},
            "Books is not given 'store': write Books(store=..., clock=...), or "
            "register the class and let the application provide them",
            id="missing",
        ),
    ],
)
def test_the_constructor_refuses_what_does_not_fit(given, sentence) -> None:
    with pytest.raises(TypeError) as caught:
        Books(**given)
    assert str(caught.value) == sentence


def test_a_class_without_dependencies_takes_none() -> None:
    with pytest.raises(
        TypeError, match=r"Plain has no dependency 'x'; on offer: it has"
    ):
        Plain(x=1)


def test_annotations_may_be_objects_too() -> None:
    """As they are without `from __future__ import annotations`."""
    annotations = {"store": Store, "limit": ClassVar[int], "bare": ClassVar}
    cls = type("Resource", (Injected,), {"__annotations__": annotations})
    assert dependencies_of(cls) == {"store": Store}


def test_the_connection_may_be_given_by_position() -> None:
    """To an instance that is awaited, as those of the ancestor are."""

    async def receive() -> Any: ...

    async def send(message: Any) -> None: ...

    scope: dict[str, Any] = {"type": "http"}
    books = Books(scope, receive, send, store=1, clock=2)
    assert (books.scope, books.receive, books.send) == (scope, receive, send)
    with pytest.raises(TypeError, match="receive"):
        Books(scope, store=1, clock=2)


# What a container gives


RUNNERS: list[asyncio.Runner] = []


@pytest.fixture(autouse=True)
def _loop():
    """One event loop a test: what was opened in it is closed in it."""
    with asyncio.Runner() as runner:
        RUNNERS.append(runner)
        yield
        RUNNERS.pop()


def run(coroutine):
    return RUNNERS[-1].run(coroutine)


async def for_request(container, wanted, connection=None):
    """Open what a request wants, and close it."""
    async with AsyncExitStack() as stack:
        return await container.open_request(wanted, connection, stack)


@contextmanager
def opened(container):
    """The container of an application that runs."""
    run(container.open_app())
    yield container
    run(container.close_app())


def test_a_value_is_given_as_it_is() -> None:
    container, store = Container(), Store()
    container.provide_value(Store, store)
    container.check({"store": Store}, "Books")
    assert container.app_values({"store": Store}) == {"store": store}
    assert container.request_names({"store": Store}) == ()
    assert run(for_request(container, {"store": Store})) == {"store": store}


def make_store() -> Store:
    return Store()


async def make_store_later() -> Store:
    return Store()


class CallableFactory:
    def __call__(self) -> Store:
        return Store()


@pytest.mark.parametrize(
    "factory",
    [make_store, make_store_later, Store, CallableFactory(), partial(make_store)],
    ids=["function", "coroutine function", "class", "object", "partial"],
)
def test_a_factory_of_the_application_runs_once(factory) -> None:
    container = Container()
    container.provide(Store, factory)
    with opened(container):
        first = container.app_values({"a": Store, "b": Store})
        run(container.open_app())
        assert container.app_values({"a": Store}) == {"a": first["a"]}
        assert run(for_request(container, {"a": Store})) == {"a": first["a"]}
    assert isinstance(first["a"], Store)
    assert first["a"] is first["b"]


@pytest.mark.parametrize(
    "key",
    [Store, Clock, Repository[int], Replica, Annotated[Store, "b"], "a name"],
    ids=describe,
)
def test_keys_are_types_protocols_generics_and_annotated_ones(key) -> None:
    container = Container()
    container.provide_value(key, 1)
    assert container.app_values({"x": key}) == {"x": 1}


def test_factories_are_given_what_they_ask_for_each_after_what_it_needs() -> None:
    """Whatever the order in which they were provided."""
    order = []

    @asynccontextmanager
    async def open_repository(store: Store, *, clock: Clock, limit: int = 3):
        order.append("open repository")
        yield (store, clock, limit)
        order.append("close repository")

    @contextmanager
    def open_store(clock: Clock):
        order.append("open store")
        yield ("store", clock)
        order.append("close store")

    container = Container()
    container.provide(Repository[int], open_repository)
    container.provide(Store, open_store)
    container.provide_value(Clock, "clock")
    with opened(container):
        value = container.app_values({"x": Repository[int]})["x"]
        assert value == (("store", "clock"), "clock", 3)
    assert order == ["open store", "open repository", "close repository", "close store"]


class Pool:
    """Awaitable, and an asynchronous context manager, as asyncpg's pool is."""

    closed = False

    def __await__(self):
        raise AssertionError("entered, not awaited")
        yield

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        self.closed = True


async def make_pool():
    return Pool()


@pytest.mark.parametrize("factory", [Pool, make_pool], ids=["class", "coroutine"])
def test_a_product_that_is_a_context_manager_is_entered(factory) -> None:
    container = Container()
    container.provide(Pool, factory)
    with opened(container):
        pool = container.app_values({"pool": Pool})["pool"]
        assert not pool.closed
    assert pool.closed


class Door:
    """Can be entered alone, and is no context manager."""

    def __enter__(self): ...


class Gate:
    async def __aenter__(self): ...


@pytest.mark.parametrize("half", [Door, Gate])
def test_a_product_that_cannot_be_left_is_not_entered(half) -> None:
    container = Container()
    container.provide(half, half)
    with opened(container):
        assert isinstance(container.app_values({"x": half})["x"], half)


@attrs.define
class Service:
    store: Store
    limit: int = 5


class Handwritten:
    def __init__(self, store: Store) -> None:
        self.store = store


@pytest.mark.parametrize("cls", [Service, Handwritten])
def test_a_class_is_given_what_its_constructor_asks_for(cls) -> None:
    container = Container()
    store = Store()
    container.provide_value(Store, store)
    container.provide(cls, cls)
    with opened(container):
        assert container.app_values({"x": cls})["x"].store is store


def test_a_built_in_class_is_called_without_arguments() -> None:
    container = Container()
    container.provide(dict, dict)
    with opened(container):
        assert container.app_values({"x": dict}) == {"x": {}}


def test_a_failing_factory_closes_what_was_opened_before() -> None:
    closed = []

    @contextmanager
    def open_store():
        yield Store()
        closed.append("store")

    def fail(store: Store):
        raise OSError("no network")

    container = Container()
    container.provide(Store, open_store)
    container.provide(Clock, fail)
    with pytest.raises(OSError, match="no network"):
        run(container.open_app())
    assert closed == ["store"]
    with pytest.raises(DependencyError, match="Store is not open"):
        container.app_values({"store": Store})


def test_it_opens_again_after_it_was_closed() -> None:
    """In another event loop, as test after test does."""
    container = Container()
    container.provide(Store, make_store)
    values = []

    async def use() -> None:
        await asyncio.gather(container.open_app(), container.open_app())
        values.append(container.app_values({"x": Store})["x"])
        await container.close_app()

    asyncio.run(use())
    with pytest.raises(DependencyError, match="Store is not open"):
        container.app_values({"x": Store})
    asyncio.run(use())
    assert values[0] is not values[1]


def test_two_that_open_at_once_open_once() -> None:
    made = []

    async def slow():
        made.append(await asyncio.sleep(0.01, "store"))
        return made[-1]

    container = Container()
    container.provide(Store, slow)

    async def main() -> None:
        await asyncio.gather(container.open_app(), container.open_app())
        await container.close_app()

    run(main())
    assert made == ["store"]


# For one request


def test_a_factory_of_a_request_runs_for_each() -> None:
    closed = []

    @asynccontextmanager
    async def open_session(store: Store):
        yield ["session", store]
        closed.append("session")

    def unit(session: Replica, other: Replica) -> Any:
        return session is other

    container = Container()
    container.provide_value(Store, "store")
    container.provide(Replica, open_session, scope="request")
    container.provide(bool, unit, scope="request")
    wanted = {"store": Store, "session": Replica, "same": bool}
    container.check(wanted, "Books")
    with opened(container):
        assert container.request_names(wanted) == ("session", "same")
        assert container.app_values(wanted) == {"store": "store"}
        first = run(for_request(container, wanted))
        second = run(for_request(container, wanted))
    assert first == {"store": "store", "session": ["session", "store"], "same": True}
    assert first["session"] is not second["session"]
    assert closed == ["session", "session"]


def test_an_exception_reaches_what_was_opened_for_the_request() -> None:
    """So that it can be rolled back."""
    seen = []

    @contextmanager
    def open_session():
        try:
            yield
        except ValueError as exc:
            seen.append(exc)
            raise

    container = Container()
    container.provide(Store, open_session, scope="request")

    async def main() -> None:
        async with AsyncExitStack() as stack:
            await container.open_request({"x": Store}, None, stack)
            raise ValueError("in the handler")

    with pytest.raises(ValueError, match="in the handler") as caught:
        run(main())
    assert seen == [caught.value]


SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": []}


def test_a_factory_of_a_request_may_ask_for_the_connection() -> None:
    def from_connection(connection: HTTPConnection, request: Request):
        return (connection, request)

    container = Container()
    container.provide(Store, from_connection, scope="request")
    container.check({"x": Store}, "Books")
    request = Request(dict(SCOPE))
    assert run(for_request(container, {"x": Store}, request)) == {
        "x": (request, request)
    }


def test_a_factory_that_asks_for_a_request_cannot_serve_a_websocket() -> None:
    def from_request(request: Request): ...

    async def receive() -> Any: ...

    async def send(message: Any) -> None: ...

    container = Container()
    container.provide(Store, from_request, scope="request")
    websocket = WebSocket({**SCOPE, "type": "websocket"}, receive, send)
    with pytest.raises(DependencyError) as caught:
        run(for_request(container, {"x": Store}, websocket))
    assert str(caught.value) == (
        "a factory asks for Request, but this request is a WebSocket; annotate "
        "HTTPConnection to take both"
    )


# Below others


def test_a_router_below_another_has_a_container_of_its_own() -> None:
    """The same one each time; what it lacks is asked of the one above."""
    above, provisions = Container(), Provisions()
    below = above.below(provisions)
    assert above.below(provisions) is below
    assert above.below(Provisions()) is not below
    above.provide_value(Clock, "clock")
    provisions.provide_value(Store, "store")
    wanted = {"store": Store, "clock": Clock}
    assert below.app_values(wanted) == {"store": "store", "clock": "clock"}
    with pytest.raises(DependencyError, match="Store, which nobody provides"):
        above.app_values(wanted)
    with above.override(Store, "fake"):
        assert below.app_values({"x": Store}) == {"x": "fake"}


def test_what_is_below_is_opened_after_what_is_above_and_closed_before_it() -> None:
    order = []

    def opening(name):
        @contextmanager
        def factory():
            order.append(f"open {name}")
            yield name
            order.append(f"close {name}")

        return factory

    above, provisions = Container(), Provisions()
    below = above.below(provisions)
    provisions.provide(Store, opening("below"))
    provisions.provide(Clock, opening("each request"), scope="request")
    above.provide(Store, opening("above"))
    with opened(above):
        assert below.app_values({"x": Store}) == {"x": "below"}
        assert above.app_values({"x": Store}) == {"x": "above"}
        assert order == ["open above", "open below"]
        order.clear()
    assert order == ["close below", "close above"]
    with pytest.raises(DependencyError, match="Store is not open"):
        below.app_values({"x": Store})


def test_the_version_of_what_is_below_grows_with_changes_above() -> None:
    above = Container()
    below = above.below(Provisions())
    before = below.version
    above.provide_value(Clock, 1)
    assert below.version > before


# Mistakes


def test_a_key_is_provided_once() -> None:
    container = Container()
    container.provide_value(Store, 1)
    container.provide(Clock, make_store)
    for key in (Store, Clock):
        with pytest.raises(ValueError, match=rf"{key.__name__} is provided already; "):
            container.provide(key, make_store)
        with pytest.raises(ValueError, match=r"use override\(\)"):
            container.provide_value(key, 1)


def test_the_scope_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="scope is 'app' or 'request', not 'session'"):
        Container().provide(Store, make_store, scope="session")  # type: ignore[arg-type]


def generator():
    yield


async def async_generator():
    yield


@pytest.mark.parametrize("factory", [generator, async_generator])
def test_a_bare_generator_function_is_refused_with_the_remedy(factory) -> None:
    with pytest.raises(
        TypeError, match="generator is a generator function: put @contextlib"
    ):
        Container().provide(Store, factory)


def unannotated(store): ...


def nameless(store: Store, /): ...


@pytest.mark.parametrize("factory", [unannotated, nameless])
def test_a_factory_says_what_its_parameters_are_given(factory) -> None:
    with pytest.raises(TypeError) as caught:
        Container().provide(Store, factory)
    assert str(caught.value) == (
        f"{factory.__name__}: the parameter 'store' must have an annotation (the key "
        "of what it is given) or a default, and take a keyword"
    )


def test_a_factory_with_an_annotation_that_means_nothing_is_refused() -> None:
    def factory(unknown: Unknown): ...

    with pytest.raises(TypeError, match=r"factory: the annotation 'Unknown' cannot be"):
        Container().provide(Store, factory)


def test_what_nobody_provides_is_found_at_start_up() -> None:
    container = Container()
    container.provide_value(Clock, 1)
    container.provide(Replica, make_store)
    with pytest.raises(DependencyError) as caught:
        container.check({"store": Store}, "Books")
    assert str(caught.value) == (
        "Books.store asks for Store, which nobody provides; write "
        "app.provide(Store, factory), or provide_value(). Provided: "
        "typing.Annotated[str, 'replica'], Clock"
    )
    with pytest.raises(DependencyError, match="Provided: nothing"):
        Container().check({"store": Store}, "Books")
    for answer in (
        lambda: container.app_values({"store": Store}),
        lambda: run(for_request(container, {"store": Store})),
    ):
        with pytest.raises(DependencyError, match="asks for Store, which nobody"):
            answer()


def test_what_a_factory_lacks_names_the_factory() -> None:
    def factory(store: Store): ...

    container = Container()
    container.provide(Clock, factory)
    with pytest.raises(
        DependencyError, match=r"factory\(store\) asks for Store, which"
    ):
        container.check({"clock": Clock}, "Books")
    with pytest.raises(
        DependencyError, match=r"factory\(store\) asks for Store, which"
    ):
        run(container.open_app())


def test_a_circle_is_found_at_start_up() -> None:
    def of_store(clock: Clock): ...

    def of_clock(store: Store): ...

    def of_service(clock: Clock): ...

    container = Container()
    container.provide(Store, of_store)
    container.provide(Clock, of_clock)
    container.provide(Service, of_service)
    with pytest.raises(DependencyError) as caught:
        container.check({"service": Service}, "Books")
    assert str(caught.value) == (
        "Books.service cannot be given: Clock needs Store needs Clock"
    )


def test_what_lives_long_may_not_hold_what_lives_short() -> None:
    def of_service(store: Store): ...

    def of_store(clock: Clock): ...

    def of_unit(service: Service): ...

    container = Container()
    container.provide(Handwritten, of_unit, scope="request")
    container.provide(Service, of_service, scope="request")
    container.provide(Store, of_store)
    container.provide(Clock, make_store, scope="request")
    with pytest.raises(DependencyError) as caught:
        container.check({"unit": Handwritten}, "Books")
    assert str(caught.value).endswith(
        ".of_store(clock): Store lives as long as the application, but asks for Clock, "
        'which lives as long as a request; provide the former with scope="request" too'
    )


def test_the_connection_goes_to_factories_of_requests_alone() -> None:
    def of_store(request: Request): ...

    container = Container()
    container.provide(Store, of_store)
    with pytest.raises(
        DependencyError, match=r"of_store\(request\) asks for Request, which only a fa"
    ):
        container.check({"store": Store}, "Books")
    with pytest.raises(DependencyError, match=r"Books.request asks for Request, which"):
        container.check({"request": Request}, "Books")


def test_what_was_not_started_says_how_to() -> None:
    container = Container()
    container.provide(Store, make_store)
    with pytest.raises(DependencyError) as caught:
        container.app_values({"store": Store})
    assert str(caught.value) == (
        "Store is not open: the application has not started. In a test, write `with "
        "TestClient(app) as client`, which starts it"
    )


# Overrides


def test_an_override_takes_the_place_of_what_is_provided() -> None:
    container = Container()
    container.provide_value(Clock, "clock")
    container.provide(Store, make_store)
    container.provide(Replica, make_store, scope="request")
    wanted = {"clock": Clock, "store": Store, "replica": Replica, "new": Service}
    with contextlib.ExitStack() as stack:
        for number, key in enumerate(wanted.values()):
            stack.enter_context(container.override(key, number))
        container.check(wanted, "Books")
        assert container.request_names(wanted) == ()
        expected = {"clock": 0, "store": 1, "replica": 2, "new": 3}
        assert container.app_values(wanted) == expected
        assert run(for_request(container, wanted)) == expected
        with container.override(Clock, "inner"):
            assert container.app_values({"x": Clock}) == {"x": "inner"}
        assert container.app_values({"x": Clock}) == {"x": 0}
    assert container.app_values({"x": Clock}) == {"x": "clock"}


def test_the_factory_of_an_overridden_key_does_not_run() -> None:
    def fail():
        raise AssertionError

    container = Container()
    container.provide(Store, fail)
    with container.override(Store, "fake"), opened(container):
        assert container.app_values({"x": Store}) == {"x": "fake"}


def test_an_override_ends_when_an_exception_leaves_it() -> None:
    container = Container()
    with pytest.raises(ValueError, match="x"), container.override(Store, 1):
        raise ValueError("x")
    with pytest.raises(DependencyError):
        container.app_values({"x": Store})


def test_the_version_grows_with_every_change() -> None:
    container = Container()
    versions = [container.version]

    def note() -> None:
        versions.append(container.version)

    container.provide_value(Clock, 1)
    note()
    container.provide(Store, make_store)
    note()
    run(container.open_app())
    note()
    with container.override(Clock, 2):
        note()
    note()
    run(container.close_app())
    note()
    assert versions == sorted(set(versions))


def test_a_factory_without_a_name_is_named_by_its_repr() -> None:
    class Nameless:
        def __call__(self, store: Store): ...

        def __repr__(self) -> str:
            return "<nameless>"

    container = Container()
    container.provide(Clock, Nameless())
    with pytest.raises(DependencyError, match=r"<nameless>\(store\) asks for Store"):
        container.check({"x": Clock}, "Books")
