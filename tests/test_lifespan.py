"""The ASGI lifespan conversation, from both sides."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.lifespan import Lifespan, converse, run_child

STARTUP = {"type": "lifespan.startup"}
SHUTDOWN = {"type": "lifespan.shutdown"}
STARTED = {"type": "lifespan.startup.complete"}
ENDED = {"type": "lifespan.shutdown.complete"}


class Server:
    """The server's end of the two channels."""

    def __init__(self, *messages: Message) -> None:
        self.messages = iter(messages)
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        return next(self.messages)

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def types(self) -> list[str]:
        return [message["type"].removeprefix("lifespan.") for message in self.sent]


def drive(
    app: ASGIApp, scope: Scope | None = None, error: type[BaseException] | None = None
) -> Server:
    """Start and end an application as a server does; it raises `error`, or nothing."""
    server = Server(STARTUP, SHUTDOWN)

    async def main() -> None:
        full = {"type": "lifespan"} if scope is None else scope
        expected = contextlib.nullcontext() if error is None else pytest.raises(error)
        with expected:
            await app(full, server.receive, server.send)

    asyncio.run(main())
    return server


class Events:
    """What happened, in its order."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def handler(self, name: str) -> Callable[[], None]:
        return lambda: self.log.append(name)

    def failing(self, name: str) -> Callable[[], None]:
        def handler() -> None:
            self.log.append(name)
            raise LookupError(name)

        return handler

    def context(
        self, state: Any = None, *, on_enter: Any = None, on_exit: Any = None
    ) -> Callable[[Any], AbstractAsyncContextManager[Any]]:
        @asynccontextmanager
        async def context(app: object) -> AsyncIterator[Any]:
            self.log.append(f"enter {app}")
            if on_enter is not None:
                raise on_enter
            try:
                yield state
            finally:
                self.log.append(f"exit {app}")
                if on_exit is not None:
                    raise on_exit

        return context

    def child(self, name: str, on_start: Any = None, on_stop: Any = None) -> Lifespan:
        lifespan = Lifespan([self.handler(f"start {name}")], [])
        lifespan.on_shutdown = [self.handler(f"stop {name}")]
        if on_start is not None:
            lifespan.on_startup = [self.failing(f"start {name}")]
        if on_stop is not None:
            lifespan.on_shutdown = [self.failing(f"stop {name}")]
        return lifespan


@pytest.fixture
def events() -> Events:
    return Events()


# --- the application's side -----------------------------------------------------------


def test_an_application_with_nothing_to_do_answers_both_messages() -> None:
    assert drive(Lifespan()).sent == [STARTED, ENDED]


def test_everything_starts_in_order_and_ends_in_reverse(events: Events) -> None:
    """Shutdown handlers among themselves keep their order, as the ancestor's."""
    lifespan = Lifespan(
        [events.handler("up 1"), events.handler("up 2")],
        [events.handler("down 1"), events.handler("down 2")],
        events.context(),
        children=[events.child("a"), events.child("b")],
    )
    server = drive(lifespan, {"type": "lifespan", "app": "shop", "state": {}})
    assert server.sent == [STARTED, ENDED]
    assert events.log == [
        *("enter shop", "up 1", "up 2", "start a", "start b"),
        *("stop b", "stop a", "down 1", "down 2", "exit shop"),
    ]


def test_handlers_may_be_asynchronous_or_plain() -> None:
    """Plain ones are called in the thread of the event loop."""
    seen: list[str] = []

    async def up() -> None:
        await asyncio.sleep(0)
        seen.append(threading.current_thread().name)

    def down() -> None:
        seen.append(threading.current_thread().name)

    drive(Lifespan([up, lambda: up()], [down]))
    assert seen == [threading.current_thread().name] * 3


def test_handlers_may_be_added_until_the_start(events: Events) -> None:
    up: list[Callable[[], object]] = []
    down: list[Callable[[], object]] = []
    children: list[ASGIApp] = []
    lifespan = Lifespan(up, down, children=children)
    up.append(events.handler("up"))
    down.append(events.handler("down"))
    children.append(events.child("child"))
    drive(lifespan)
    assert events.log == ["up", "start child", "stop child", "down"]


@pytest.mark.parametrize(
    "yielded, state",
    [
        pytest.param({"store": 1}, {"given": 0, "store": 1}, id="mapping"),
        pytest.param({}, {"given": 0}, id="empty"),
        pytest.param(None, {"given": 0}, id="nothing"),
    ],
)
def test_what_the_context_yields_becomes_the_state(
    yielded: Mapping[str, Any] | None, state: dict[str, Any], events: Events
) -> None:
    """It is put into the server's own dictionary, which is what requests get."""
    given = {"given": 0}
    drive(Lifespan(context=events.context(yielded)), {"type": "x", "state": given})
    assert given == state


def test_a_server_without_state_gets_one(events: Events) -> None:
    scope: Scope = {"type": "lifespan"}
    drive(Lifespan(context=events.context({"store": 1})), scope)
    assert scope["state"] == {"store": 1}


def test_state_that_is_no_mapping_is_refused_at_start_up(events: Events) -> None:
    server = drive(Lifespan(context=events.context(["store"])), error=TypeError)
    assert server.types == ["startup.failed"]
    assert server.sent[0]["message"].endswith(
        "TypeError: a lifespan yielded list. Yield a mapping, which becomes the state "
        "of every request, or nothing.\n"
    )


@pytest.mark.parametrize("error", [LookupError, SystemExit, asyncio.CancelledError])
def test_a_failing_start_is_told_to_the_server_and_raised(
    error: type[BaseException], events: Events
) -> None:
    """lifespan-113: with a message, for the server's log."""
    context = events.context(on_enter=error("no database"))
    server = drive(Lifespan(context=context), error=error)
    assert server.types == ["startup.failed"]
    message = server.sent[0]["message"]
    assert message.startswith("Traceback")
    assert message.endswith(f"{error.__name__}: no database\n")


def test_a_failing_context_keeps_the_handlers_from_being_called(
    events: Events,
) -> None:
    context = events.context(on_enter=LookupError())
    lifespan = Lifespan([events.handler("up")], [events.handler("down")], context)
    drive(lifespan, error=LookupError)
    assert events.log == ["enter None"]


def test_a_failing_start_up_handler_closes_what_was_started(events: Events) -> None:
    """lifespan-113: the context is left; shutdown handlers are for a whole start."""
    lifespan = Lifespan(
        [events.handler("up 1"), events.failing("up 2"), events.handler("up 3")],
        [events.handler("down")],
        events.context(),
        children=[events.child("child")],
    )
    server = drive(lifespan, error=LookupError)
    assert server.types == ["startup.failed"]
    assert events.log == ["enter None", "up 1", "up 2", "exit None"]


def test_a_failing_child_closes_what_was_started_in_reverse(events: Events) -> None:
    """lifespan-113."""
    lifespan = Lifespan(
        [events.handler("up")],
        [events.handler("down")],
        events.context(),
        children=[events.child("a"), events.child("b", on_start=True)],
    )
    server = drive(lifespan, error=LookupError)
    assert server.types == ["startup.failed"]
    assert server.sent[0]["message"].endswith("LookupError: start b\n")
    assert events.log == [
        *("enter None", "up", "start a", "start b"),
        *("stop a", "down", "exit None"),
    ]


def test_a_failing_shutdown_is_told_to_the_server_and_raised(events: Events) -> None:
    """lifespan-113: each shutdown handler is called nevertheless."""
    lifespan = Lifespan(
        on_shutdown=[events.handler("1"), events.failing("2"), events.handler("3")],
        context=events.context(),
        children=[events.child("child", on_stop=True)],
    )
    server = drive(lifespan, error=LookupError)
    assert server.types == ["startup.complete", "shutdown.failed"]
    assert server.sent[1]["message"].endswith("LookupError: 2\n")
    assert events.log == [
        *("enter None", "start child", "stop child"),
        *("1", "2", "3", "exit None"),
    ]


def test_a_context_that_fails_when_it_is_left_fails_the_shutdown(
    events: Events,
) -> None:
    """lifespan-113."""
    context = events.context(on_exit=LookupError("on the way out"))
    server = drive(Lifespan(context=context), error=LookupError)
    assert server.types == ["startup.complete", "shutdown.failed"]


def test_a_conversation_that_breaks_off_closes_everything(events: Events) -> None:
    """lifespan-113: a server that cancels the task, as at Ctrl+C."""
    forever = Server()

    async def receive() -> Message:
        if not forever.sent:
            return STARTUP
        await asyncio.sleep(60)
        return SHUTDOWN

    async def main() -> None:
        lifespan = Lifespan([], [events.handler("down")], events.context())
        scope = {"type": "lifespan"}
        task = asyncio.ensure_future(lifespan(scope, receive, forever.send))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert events.log == ["enter None", "down", "exit None"]


def test_a_second_start_while_it_runs_is_refused(events: Events) -> None:
    """lifespan-113: nothing is opened twice."""
    lifespan = Lifespan(context=events.context())

    async def main() -> Server:
        second = Server(STARTUP, SHUTDOWN)
        async with lifespan.running("shop", {}):
            with pytest.raises(RuntimeError, match="is started already"):
                await lifespan({"type": "lifespan"}, second.receive, second.send)
        return second

    assert asyncio.run(main()).types == ["startup.failed"]
    assert events.log == ["enter shop", "exit shop"]


def test_after_its_end_it_can_be_started_again(events: Events) -> None:
    """After a failed start too."""
    up = [events.failing("up")]
    lifespan = Lifespan(up)
    drive(lifespan, error=LookupError)
    up.clear()
    assert drive(lifespan).sent == drive(lifespan).sent == [STARTED, ENDED]


def test_it_can_be_run_without_a_server(events: Events) -> None:
    """`running` is what a test client or an embedding program enters."""
    state: dict[str, Any] = {}

    async def main() -> None:
        async with Lifespan(context=events.context({"a": 1})).running("shop", state):
            events.log.append("running")

    asyncio.run(main())
    assert events.log == ["enter shop", "running", "exit shop"]
    assert state == {"a": 1}


def test_any_context_manager_can_hold_the_conversation(events: Events) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await converse(events.context()("any"), receive, send)

    assert drive(app).sent == [STARTED, ENDED]
    assert events.log == ["enter any", "exit any"]


async def async_generator(app: object) -> AsyncIterator[None]:
    yield


def generator(app: object) -> Iterator[None]:
    yield


async def coroutine(app: object) -> None: ...


DECORATE = "@contextlib.asynccontextmanager above it."


@pytest.mark.parametrize(
    "context, message",
    [
        pytest.param(
            async_generator,
            "the lifespan async_generator is a generator function. Make it a context "
            f"manager: write `async def` and put {DECORATE}",
            id="async-generator",
        ),
        pytest.param(
            generator,
            "the lifespan generator is a generator function. Make it a context manager:"
            f" write `async def` and put {DECORATE}",
            id="generator",
        ),
        pytest.param(
            coroutine,
            "the lifespan coroutine is a coroutine function. Put `yield` between "
            f"start-up and shutdown, and {DECORATE}",
            id="no-yield",
        ),
        pytest.param(
            contextlib.nullcontext(),
            "a lifespan is a function that takes the application, not nullcontext. "
            "Give the function itself, without calling it.",
            id="called-already",
        ),
    ],
)
def test_what_is_no_context_is_refused_when_it_is_given(
    context: Any, message: str
) -> None:
    """An error that says what to write."""
    with pytest.raises(TypeError) as caught:
        Lifespan(context=context)
    assert str(caught.value) == message


# --- the server's side ----------------------------------------------------------------


def embed(app: ASGIApp, state: dict[str, Any] | None = None) -> None:
    async def main() -> None:
        try:
            async with (
                asyncio.timeout(5),
                run_child(app, {} if state is None else state),
            ):
                pass
        finally:
            # No task is left behind.
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_a_child_is_started_and_ended(events: Events) -> None:
    embed(Lifespan(context=events.context({"store": 1}), children=[]), {})
    assert events.log == ["enter None", "exit None"]


def test_a_child_shares_the_state() -> None:
    state: dict[str, Any] = {"parent": 1}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "lifespan"
        assert scope["asgi"] == {"version": "3.0", "spec_version": "2.0"}
        scope["state"]["child"] = 2

    embed(app, state)
    assert state == {"parent": 1, "child": 2}


def test_a_child_is_started_and_ended_in_one_task() -> None:
    """Task groups and cancel scopes must be left where they were entered."""
    tasks = []

    @asynccontextmanager
    async def context(app: object) -> AsyncIterator[None]:
        tasks.append(asyncio.current_task())
        async with asyncio.TaskGroup():
            yield
        tasks.append(asyncio.current_task())

    embed(Lifespan(context=context))
    assert len(tasks) == 2
    assert len(set(tasks)) == 1


async def raises_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("only http")


async def raises_after_receive(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    raise AssertionError("only http")


async def returns_at_once(scope: Scope, receive: Receive, send: Send) -> None: ...


async def cancels_itself(scope: Scope, receive: Receive, send: Send) -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    "app, reason",
    [
        pytest.param(raises_at_once, "AssertionError('only http')", id="raises"),
        pytest.param(raises_after_receive, "AssertionError('only http')", id="late"),
        pytest.param(returns_at_once, "None", id="returns"),
        pytest.param(cancels_itself, "None", id="cancelled"),
    ],
)
def test_a_child_without_a_lifespan_is_left_alone(
    app: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """lifespan-113: the protocol says to go on; the log says why."""
    caplog.set_level(logging.INFO, "restlette.lifespan")
    embed(app)
    assert caplog.messages == [f"{app.__name__} runs no lifespan: {reason}"]


async def loops_forever(scope: Scope, receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


async def ends_after_startup(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send(STARTED)


async def ends_without_an_answer(scope: Scope, receive: Receive, send: Send) -> None:
    await ends_after_startup(scope, receive, send)
    await receive()


async def cleans_up_late(scope: Scope, receive: Receive, send: Send) -> None:
    await ends_without_an_answer(scope, receive, send)
    await send(ENDED)
    await asyncio.sleep(0.01)
    scope["state"]["cleaned"] = True


@pytest.mark.parametrize(
    "app",
    [loops_forever, ends_after_startup, ends_without_an_answer, cleans_up_late],
)
def test_a_child_may_end_the_conversation_in_its_own_way(app: ASGIApp) -> None:
    state: dict[str, Any] = {}
    embed(app, state)
    assert state == ({"cleaned": True} if app is cleans_up_late else {})


async def fails_to_start(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})
    await receive()


async def fails_silently(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed"})


async def fails_to_end(scope: Scope, receive: Receive, send: Send) -> None:
    await ends_without_an_answer(scope, receive, send)
    await send({"type": "lifespan.shutdown.failed", "message": "still busy"})


async def breaks_at_the_end(scope: Scope, receive: Receive, send: Send) -> None:
    await ends_without_an_answer(scope, receive, send)
    raise LookupError("broken")


async def breaks_while_running(scope: Scope, receive: Receive, send: Send) -> None:
    await ends_after_startup(scope, receive, send)
    raise LookupError("broken")


@pytest.mark.parametrize(
    "app, error, message",
    [
        pytest.param(fails_to_start, RuntimeError, "^no database$", id="asks-again"),
        pytest.param(
            fails_silently, RuntimeError, "lifespan.startup.failed", id="no-message"
        ),
        pytest.param(fails_to_end, RuntimeError, "still busy", id="shutdown-failed"),
        pytest.param(breaks_at_the_end, LookupError, "broken", id="shutdown-raises"),
        pytest.param(breaks_while_running, LookupError, "broken", id="crashes"),
    ],
)
def test_a_child_that_fails_fails_its_parent(
    app: ASGIApp, error: type[Exception], message: str
) -> None:
    """lifespan-113: the child's exception where it raised one, else its message."""
    with pytest.raises(error, match=message):
        embed(app)


def test_the_childs_own_exception_is_raised(events: Events) -> None:
    with pytest.raises(LookupError, match="start child"):
        embed(events.child("child", on_start=True))
    with pytest.raises(LookupError, match="stop child"):
        embed(events.child("child", on_stop=True))


def test_a_child_is_ended_when_its_parent_fails(events: Events) -> None:
    async def main() -> None:
        async with run_child(events.child("child"), {}):
            raise LookupError("parent")

    with pytest.raises(LookupError, match="parent"):
        asyncio.run(main())
    assert events.log == ["start child", "stop child"]


def test_a_start_that_is_cancelled_cancels_the_child() -> None:
    """lifespan-113: a start that takes a minute does not outlive its server."""
    cancelled = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), run_child(app, {}):
                raise AssertionError("it never started")

    asyncio.run(main())
    assert cancelled == [True]
