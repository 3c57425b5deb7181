"""The lifespan conversation, from the server's side."""

import asyncio
from typing import Any

import pytest

from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.testing.errors import ASGIViolation, LifespanFailed
from restlette.testing.lifespan import LifespanSession
from tests.testing.apps import Living, sending

STARTED = {"type": "lifespan.startup.complete"}
STOPPED = {"type": "lifespan.shutdown.complete"}


def live(app: ASGIApp) -> dict[str, Any]:
    """Start and stop an application, and give what it left in the state."""
    state: dict[str, Any] = {}

    async def main() -> dict[str, Any]:
        session = LifespanSession(app, state)
        await session.start()
        left = dict(state)
        await session.stop()
        await session.stop()
        return left

    return asyncio.run(main())


def test_an_application_starts_and_stops() -> None:
    """It fills the state for its requests."""
    app = Living()
    assert live(app) == {"shelf": "A3"}
    assert app.events == ["lifespan.startup", "lifespan.shutdown"]


def test_the_whole_lifespan_is_one_task() -> None:
    """What a context manager opened, it closes in the same task."""
    tasks: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for phase in (STARTED, STOPPED):
            await receive()
            tasks.append(asyncio.current_task())
            await send(phase)

    live(app)
    assert tasks[0] is tasks[1]


async def http_only(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotImplementedError(scope["type"])


async def returning(scope: Scope, receive: Receive, send: Send) -> None:
    return


@pytest.mark.parametrize("app", [http_only, returning])
def test_an_application_need_not_know_the_lifespan(app: ASGIApp) -> None:
    """ASGI: one that raises at once, or returns, has none."""
    assert live(app) == {}


def in_startup(*messages: Any, exc: Exception | None = None, wait: int = 0) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await sending(*messages)(scope, receive, send)
        for _ in range(wait):
            await receive()
        if exc is not None:
            raise exc

    return app


FAILED = {"type": "lifespan.startup.failed", "message": "no database"}


def test_an_application_says_that_it_cannot_start() -> None:
    """Its message is the error's, whether it returns at once or waits for the end."""
    for wait in (0, 1):
        with pytest.raises(LifespanFailed, match=r"startup failed: no database"):
            live(in_startup(FAILED, wait=wait))


def test_what_is_raised_at_the_start_is_raised() -> None:
    """It says more than the message."""
    exc = KeyError("dsn")
    for app in (in_startup(FAILED, exc=exc), in_startup(exc=exc)):
        with pytest.raises(KeyError) as caught:
            live(app)
        assert caught.value is exc


def test_what_is_raised_at_the_end_is_raised() -> None:
    """By `stop`."""
    with pytest.raises(KeyError):
        live(in_startup(STARTED, wait=1, exc=KeyError("shelf")))


def test_an_application_says_that_it_cannot_stop() -> None:
    """By `stop`, with a message or without."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(STARTED)
        await receive()
        await send({"type": "lifespan.shutdown.failed"})

    with pytest.raises(LifespanFailed, match=r"shutdown failed: no message"):
        live(app)


def test_an_application_may_end_before_it_is_stopped() -> None:
    """Nothing is left to be said then."""
    assert live(in_startup(STARTED)) == {}


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(in_startup(STARTED, STARTED), id="answered twice"),
        pytest.param(in_startup(STOPPED), id="another phase"),
        pytest.param(
            in_startup({"type": "http.response.start"}), id="another protocol"
        ),
        pytest.param(in_startup({}), id="no type"),
        pytest.param(sending(STARTED), id="before it was asked"),
        pytest.param(in_startup(STARTED, wait=2), id="received too often"),
    ],
)
def test_the_conversation_has_an_order(app: ASGIApp) -> None:
    """ASGI lifespan specification: two questions, one answer to each."""
    with pytest.raises(ASGIViolation):
        live(app)
