"""What counts as an application."""

import functools
from collections.abc import Generator
from typing import Any

import pytest

from restlette.http.types import Receive, Scope, Send
from restlette.testing.application import as_asgi
from restlette.testing.calls import call
from tests.testing.apps import answering


async def three(scope: Scope, receive: Receive, send: Send) -> None:
    await answering(b"here")(scope, receive, send)


def two(scope: Scope) -> Any:
    async def instance(receive: Receive, send: Send) -> None:
        await three(scope, receive, send)

    return instance


async def four(extra: str, scope: Scope, receive: Receive, send: Send) -> None:
    await three(scope, receive, send)


async def starred(*args: Any) -> None:
    await three(*args)


class Instance:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await three(scope, receive, send)


class Inherited(Instance):
    pass


class Starred:
    async def __call__(self, *args: Any) -> None:
        await three(*args)


class TwoStep:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, receive: Receive, send: Send) -> None:
        await three(self.scope, receive, send)


class TwoStepInstance:
    def __call__(self, scope: Scope) -> Any:
        return two(scope)


class Awaited:
    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.conversation = (scope, receive, send)

    def __await__(self) -> Generator[Any, None, None]:
        return three(*self.conversation).__await__()


class Both(Awaited):
    def __init__(self, *conversation: Any) -> None:
        if conversation:
            super().__init__(*conversation)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await three(scope, receive, send)


class Unreadable:
    """A callable whose signature cannot be read."""

    __signature__ = "none"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await three(scope, receive, send)


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(three, id="function of ASGI 3"),
        pytest.param(functools.partial(four, "x"), id="partial"),
        pytest.param(starred, id="function with *args"),
        pytest.param(two, id="function of ASGI 2"),
        pytest.param(Instance(), id="instance"),
        pytest.param(Instance, id="class"),
        pytest.param(Inherited, id="class that inherits __call__"),
        pytest.param(Starred, id="class whose __call__ has *args"),
        pytest.param(TwoStep, id="class of ASGI 2"),
        pytest.param(TwoStepInstance(), id="instance of ASGI 2"),
        pytest.param(Awaited, id="class in the ancestor's style"),
        pytest.param(Both, id="class of both styles"),
        pytest.param(Unreadable(), id="no signature"),
    ],
)
def test_every_form_of_an_application_answers(app: Any) -> None:
    """Whatever a server takes, the test tools take."""
    assert call(app).content == b"here"


def test_an_application_of_asgi_3_is_used_as_it_is() -> None:
    """No wrapper stands between a test and its application."""
    assert as_asgi(three) is three


def test_what_cannot_be_called_is_refused() -> None:
    """The error says what came and what is wanted."""
    with pytest.raises(TypeError, match=r"wanted, and 'books' cannot be called"):
        as_asgi("books")


def test_a_class_whose_instances_cannot_be_called_is_refused() -> None:
    """The error names the class and what it lacks."""
    with pytest.raises(TypeError, match=r"instances of dict are no ASGI applications"):
        as_asgi(dict)
