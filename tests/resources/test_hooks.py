"""What a class may do beside answering."""

import asyncio

import pytest

from restlette.concurrency import DEFAULT_POOL
from restlette.resources.hooks import bind_hook
from restlette.testing import build_request


class Base:
    async def prepare(self, request, *args, **kwargs): ...


class Heir(Base):
    def prepare(self, request, book_id):
        return self, book_id


class Wrong(Base):
    async def prepare(self, request, body: dict, query: dict): ...


def bound(cls, *names):
    return bind_hook(cls, Base, "prepare", names, DEFAULT_POOL)


def test_what_the_base_does_is_not_called() -> None:
    assert bound(Base, "book_id") is None
    assert bound(type("Same", (Base,), {})) is None


def test_a_hook_is_given_the_parameters_that_it_names() -> None:
    """A plain function runs in a thread, so that it is awaited like any other."""
    hook = bound(Heir, "shelf", "book_id")
    assert hook is not None
    params = {"shelf": "a", "book_id": 7}
    resource = Heir()
    result = asyncio.run(_called(hook(resource, build_request(), params)))
    assert result == (resource, 7)


async def _called(awaitable):
    return await awaitable


@pytest.mark.parametrize(
    ("names", "there"), [((), "there are none"), (("a", "b"), "a, b")]
)
def test_a_hook_takes_the_paths_parameters_alone(names, there) -> None:
    with pytest.raises(TypeError) as raised:
        bound(Wrong, *names)
    assert str(raised.value) == (
        f"Wrong.prepare takes the path's parameters ({there}), not the body or the "
        "query."
    )


def test_a_hook_that_cannot_be_read_is_given_the_request_alone() -> None:
    cls = type("Odd", (Base,), {"prepare": print})
    hook = bound(cls, "book_id")
    assert hook is not None
    assert hook.names == ()
