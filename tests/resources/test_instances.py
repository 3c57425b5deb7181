"""One instance of a resource class for each request."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import pytest

from restlette.http.request import HTTPConnection
from restlette.resources.dependencies import Container, DependencyError
from restlette.resources.endpoint import HTTPEndpoint
from restlette.resources.instances import Instances


class Store:
    """Something that lives as long as the application."""


class Session:
    """Something that lives as long as a request."""


class Plain(HTTPEndpoint):
    async def get(self, request): ...


class Shelf(HTTPEndpoint):
    store: Store

    async def get(self, request): ...


class Scoped(HTTPEndpoint):
    store: Store
    session: Session

    async def get(self, request): ...


def connection():
    return HTTPConnection({"type": "http", "headers": []})


def container(**values):
    provided = Container()
    for value in values.values():
        provided.provide_value(type(value), value)
    return provided


def scoped(events=None):
    events = [] if events is None else events

    @asynccontextmanager
    async def session():
        events.append("open")
        yield Session()
        events.append("close")

    provided = container(store=Store())
    provided.provide(Session, session, scope="request")
    return provided


def opened(instances, events=None):
    """An instance as the pipeline makes it."""

    async def main():
        resource = instances.make()
        async with AsyncExitStack() as stack:
            values = await instances.open_request(connection(), stack)
            instances.fill(resource, values)
        return resource

    return asyncio.run(main())


def test_a_class_gives_a_new_instance_each_time():
    instances = Instances(Plain, None)
    one, other = instances.make(), instances.make()
    assert type(one) is type(other) is Plain
    assert one is not other
    assert isinstance(instances.make, partial)
    assert instances.cls is Plain
    assert instances.wanted == instances.for_request == {}
    assert instances.is_copied is False
    assert instances.request_names == ()


def test_without_a_container_nothing_is_opened():
    assert vars(opened(Instances(Plain, None))) == {}


def test_a_registered_instance_is_copied():
    """What a handler keeps on self is its request's alone."""
    store = Store()
    original = Shelf(store=store)
    instances = Instances(original, None)
    assert not isinstance(instances.make, partial)
    assert instances.cls is Shelf
    one, other = instances.make(), instances.make()
    assert one.store is other.store is store
    one.note = "mine"
    assert not hasattr(other, "note")
    assert not hasattr(original, "note")
    assert instances.is_copied is True


def test_the_constructor_of_a_registered_instance_has_been_called():
    class Numbered(HTTPEndpoint):
        def __init__(self, number):
            super().__init__()
            self.twice = 2 * number

    instances = Instances(Numbered(7), None)
    instances.refresh()
    assert opened(instances).twice == 14


def test_what_is_set_on_a_registered_instance_later_counts():
    original = Shelf(store=Store())
    instances = Instances(original, None)
    original.store = later = Store()
    assert instances.make().store is later


def test_dependencies_are_given():
    store = Store()
    instances = Instances(Shelf, container(store=store))
    assert instances.make().store is store
    assert instances.make() is not instances.make()
    assert not isinstance(instances.make, partial)
    assert instances.wanted == {"store": Store}
    assert instances.for_request == {}


def test_an_override_counts_at_once_and_no_longer():
    provided = container(store=Store())
    instances = Instances(Shelf, provided)
    before = instances.make().store
    with provided.override(Store, fake := Store()):
        assert instances.make().store is fake
    assert instances.make().store is before


def test_dependencies_of_the_request_are_opened_for_it():
    events = []
    instances = Instances(Scoped, scoped(events))
    one, other = opened(instances), opened(instances)
    assert one.store is other.store
    assert isinstance(one.session, Session)
    assert one.session is not other.session
    assert instances.for_request == {"session": Session}
    assert instances.request_names == ("session",)
    assert events == ["open", "close"] * 2


def test_an_own_constructor_is_called():
    class Counting(HTTPEndpoint):
        def __init__(self):
            super().__init__()
            self.count = 0

    instances = Instances(Counting, None)
    assert instances.make().count == 0
    assert not isinstance(instances.make, partial)


def test_an_own_constructor_is_given_all_dependencies():
    """Those of the request too, so it is called when they are there."""

    class Made(Scoped):
        def __init__(self, **dependencies):
            super().__init__(**dependencies)
            self.pair = self.store, self.session

    instances = Instances(Made, provided := scoped())
    resource = opened(instances)
    assert resource.pair == (resource.store, resource.session)
    with provided.override(Session, fake := Session()):
        assert opened(instances).session is fake

    class MadeShelf(Shelf):
        def __init__(self, **dependencies):
            super().__init__(**dependencies)
            self.same = self.store

    resource = Instances(MadeShelf, container(store=Store())).make()
    assert resource.same is resource.store


def test_a_constructor_that_is_not_written_in_python_is_called():
    class Counted(HTTPEndpoint):
        __init__ = {}.__init__  # takes anything

    assert type(Instances(Counted, None).make()) is Counted


# Errors at start-up -------------------------------------------------------------------


def test_startup_124_dependencies_without_an_application():
    """start-up-config-124: the remedy is said."""
    with pytest.raises(DependencyError) as raised:
        Instances(Scoped, None)
    assert str(raised.value) == (
        "Scoped has the dependencies store, session, which only an application can "
        "give: register an instance, or mount the router in a Restlette."
    )


def test_startup_124_a_dependency_that_nobody_provides():
    """start-up-config-124: found when the tree is frozen."""
    with pytest.raises(DependencyError, match=r"Shelf\.store asks for Store, which no"):
        Instances(Shelf, Container())


def test_startup_124_a_constructor_that_asks_for_more():
    """start-up-config-124: not at the first request."""

    class Asking(HTTPEndpoint):
        def __init__(self, store, *, size, depth=3):
            super().__init__()

    with pytest.raises(DependencyError) as raised:
        Instances(Asking, Container())
    assert str(raised.value).endswith(
        "Asking.__init__ asks for store, size, which nobody gives: annotate the class "
        "(store: SomeType) and provide the type, or register an instance."
    )


def test_what_is_not_open_yet_is_an_error_each_time():
    """And not an instance that lacks its attributes."""
    provided = Container()
    provided.provide(Store, Store)
    instances = Instances(Shelf, provided)
    for _ in range(2):
        with pytest.raises(DependencyError, match="Store is not open"):
            instances.make()
    asyncio.run(provided.open_app())
    assert isinstance(instances.make().store, Store)
