"""The ASGI lifespan conversation: what is done at start-up and undone at shutdown.

    server                         application
    lifespan.startup           →   contexts entered, start-up handlers called
                               ←   lifespan.startup.complete | .failed
    … requests are served …
    lifespan.shutdown          →   shutdown handlers called, contexts left, in reverse
                               ←   lifespan.shutdown.complete | .failed

The story starts with `converse`, the application's side of it, around any asynchronous
context manager. `Lifespan` is the context manager of an application; `run_child` takes
the server's side, towards an application that is mounted in another one.

Source: https://asgi.readthedocs.io/en/latest/specs/lifespan.html
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from restlette.concurrency import name_of
from restlette.deferred import Deferred
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    import asyncio
    import inspect
    import logging
    import traceback
else:
    asyncio = Deferred("asyncio")
    inspect = Deferred("inspect")
    logging = Deferred("logging")
    traceback = Deferred("traceback")

__all__ = ["Lifespan", "LifespanContext", "converse", "run_child"]

LifespanContext: TypeAlias = Callable[
    [Any], AbstractAsyncContextManager[Mapping[str, Any] | None]
]
EventHandler: TypeAlias = Callable[[], object]


async def converse(
    context: AbstractAsyncContextManager[object], receive: Receive, send: Send
) -> None:
    """Answer the server: enter the context at start-up, leave it at shutdown.

    Args:
        context: What is entered and left. It is also left, with the exception, when the
            conversation itself breaks off.
        receive: The ASGI receive channel of the lifespan scope.
        send: The ASGI send channel of the lifespan scope.

    Raises:
        BaseException: What entering or leaving raised, after the server was told:
            servers print the message and end with an exit status other than 0.
    """
    stage = "startup"
    await receive()
    try:
        async with context:
            await send({"type": "lifespan.startup.complete"})
            stage = "shutdown"
            await receive()
    except BaseException as exc:
        # SystemExit too: a server that is told nothing takes it for an application
        # without a lifespan, and goes on to serve.
        message = "".join(traceback.format_exception(exc))
        await send({"type": f"lifespan.{stage}.failed", "message": message})
        raise
    await send({"type": "lifespan.shutdown.complete"})


class Lifespan:
    """What an application does when it starts and when it ends.

    At start-up the context is entered, then the start-up handlers are called in their
    order, then the children are started. If one of these fails, what was started before
    it is closed in reverse, and the shutdown handlers are called only if every start-up
    handler had returned. At shutdown the children are ended in reverse, every shutdown
    handler is called in its order even if one raises, and the context is left.

    Handlers are plain functions, called in the event loop's own thread, or asynchronous
    ones. Lists are read at start-up, so handlers may still be added to them until then.

    Args:
        on_startup: Handlers without parameters.
        on_shutdown: Handlers without parameters.
        context: Called with the application; gives an asynchronous context manager. A
            mapping that it yields becomes the state of every request.
        children: ASGI applications within this one whose lifespans belong to it.

    Raises:
        TypeError: The context is not a function that gives a context manager.
    """

    def __init__(
        self,
        on_startup: Iterable[EventHandler] = (),
        on_shutdown: Iterable[EventHandler] = (),
        context: LifespanContext | None = None,
        *,
        children: Iterable[ASGIApp] = (),
    ) -> None:
        if context is not None:
            _check_context(context)
        self.on_startup = on_startup
        self.on_shutdown = on_shutdown
        self.context = context
        self.children = children
        self._running = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the conversation for one scope of type "lifespan".

        Args:
            scope: The application is `scope["app"]`. State goes into `scope["state"]`,
                from which a server copies it into each request.
            receive: The ASGI receive channel.
            send: The ASGI send channel.
        """
        state = scope.setdefault("state", {})
        await converse(self.running(scope.get("app"), state), receive, send)

    @asynccontextmanager
    async def running(
        self, app: Any, state: dict[str, Any]
    ) -> AsyncGenerator[None, None]:
        """Keep the application started for as long as the context is entered.

        Args:
            app: What the context function is called with.
            state: What the context yields is added to it.

        Raises:
            RuntimeError: The application is started already.
            TypeError: The context yields something other than a mapping or None.
        """
        if self._running:
            raise RuntimeError(
                "the application is started already: it has to be shut down before it "
                "can be started again."
            )
        self._running = True
        try:
            async with AsyncExitStack() as stack:
                if self.context is not None:
                    yielded = await stack.enter_async_context(self.context(app))
                    state.update(_checked_state(yielded))
                for handler in self.on_startup:
                    await _call_handler(handler)
                # A stack calls the last one first, and each even if another raises.
                for handler in reversed(tuple(self.on_shutdown)):
                    stack.push_async_callback(_call_handler, handler)
                for child in self.children:
                    await stack.enter_async_context(run_child(child, state))
                yield
        finally:
            self._running = False


def _check_context(context: Any) -> None:
    name = name_of(context)
    if inspect.isasyncgenfunction(context) or inspect.isgeneratorfunction(context):
        raise TypeError(
            f"the lifespan {name} is a generator function. Make it a context manager: "
            "write `async def` and put @contextlib.asynccontextmanager above it."
        )
    if inspect.iscoroutinefunction(context):
        raise TypeError(
            f"the lifespan {name} is a coroutine function. Put `yield` between "
            "start-up and shutdown, and @contextlib.asynccontextmanager above it."
        )
    if not callable(context):
        raise TypeError(
            f"a lifespan is a function that takes the application, not {name}. Give "
            "the function itself, without calling it."
        )


def _checked_state(yielded: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if yielded is None:
        return {}
    if not isinstance(yielded, Mapping):
        raise TypeError(
            f"a lifespan yielded {type(yielded).__name__}. Yield a mapping, which "
            "becomes the state of every request, or nothing."
        )
    return yielded


async def _call_handler(handler: EventHandler) -> None:
    result = handler()
    if isinstance(result, Awaitable):
        await result


@asynccontextmanager
async def run_child(app: ASGIApp, state: dict[str, Any]) -> AsyncGenerator[None, None]:
    """Keep another ASGI application started for as long as the context is entered.

    The application runs in a task of its own, as it would under a server, so that what
    it enters and leaves belongs to one task.

    Args:
        app: Any ASGI application. One that does not know the lifespan protocol is
            left alone, as the protocol asks for.
        state: The scope's state. It is shared with the application around, whose
            requests the inner one is going to answer.

    Raises:
        BaseException: What the application failed with at start-up or shutdown.
        RuntimeError: It said that it failed and raised nothing; its message is given.
    """
    child = _Child(app, state)
    try:
        await child.start()
        try:
            yield
        finally:
            await child.stop()
    finally:
        await child.end()


class _OverError(RuntimeError):
    """What an application gets that asks for a message after the last one."""


class _Child:
    """The server's side of the conversation with one application."""

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        scope: Scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": state,
        }
        self._app = app
        self._started = False
        # In either, None stands for the end: nothing comes after it.
        self._questions: asyncio.Queue[Message | None] = asyncio.Queue()
        self._answers: asyncio.Queue[Message | None] = asyncio.Queue()
        self._task = asyncio.ensure_future(app(scope, self._receive, self._send))
        self._task.add_done_callback(lambda _: self._answers.put_nowait(None))

    async def _receive(self) -> Message:
        message = await self._questions.get()
        if message is None:
            raise _OverError("the lifespan is over: nothing comes after shutdown.")
        return message

    async def _send(self, message: Message) -> None:
        self._answers.put_nowait(message)

    async def start(self) -> None:
        """Ask the application to start."""
        self._questions.put_nowait({"type": "lifespan.startup"})
        answer = await self._answers.get()
        if answer is None:
            # "If an exception is raised when calling the application callable with a
            # lifespan.startup message or a scope of type lifespan, the server must
            # continue but not send any lifespan events."
            logging.getLogger("restlette.lifespan").info(
                "%s runs no lifespan: %r", name_of(self._app), self._error()
            )
        elif answer["type"] == "lifespan.startup.failed":
            await self._fail(answer)
        else:
            self._started = True

    async def stop(self) -> None:
        """Ask the application to end, if it started."""
        if not self._started:
            return
        self._questions.put_nowait({"type": "lifespan.shutdown"})
        answer = await self._answers.get()
        if answer is None:
            error = self._error()
            if error is not None:
                raise error
        elif answer["type"] == "lifespan.shutdown.failed":
            await self._fail(answer)
        else:
            await self._finish()

    async def end(self) -> None:
        """Leave no task behind, however the conversation went."""
        self._task.cancel()
        await self._finish()

    async def _fail(self, answer: Message) -> None:
        await self._finish()
        error = self._error()
        if error is None or isinstance(error, _OverError):
            error = RuntimeError(answer.get("message") or answer["type"])
        raise error

    async def _finish(self) -> None:
        self._questions.put_nowait(None)
        await asyncio.wait({self._task})

    def _error(self) -> BaseException | None:
        return None if self._task.cancelled() else self._task.exception()
