"""Event loops for synchronous callers: `run_alone` for one coroutine, `Loop` for many.

A test drives the loop itself, in its own thread: nothing runs while the test does not
wait for the application, which makes tests repeatable, and no thread is needed for a
request. Where that cannot be, inside a running loop, a thread does the waiting.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import weakref
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["Loop", "run_alone"]

T = TypeVar("T")

# Seconds between two looks of a thread at whether it has to drive the loop itself.
_POLL = 0.01


def run_alone(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own, from wherever.

    Args:
        coroutine: What to run.

    Returns:
        Its result.

    Raises:
        BaseException: What it raised.
    """
    if _running_loop() is None:
        return asyncio.run(coroutine)
    return _in_thread(lambda: asyncio.run(coroutine))


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _in_thread(function: Callable[[], T]) -> T:
    """Call a function in a thread with the caller's context, and wait for it."""
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(function())
        except BaseException as exc:
            errors.append(exc)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,))
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


class Loop:
    """An event loop that lives as long as a client, and runs while somebody waits.

    A plain `asyncio.Runner` belongs to one thread. Here whoever waits drives the loop:
    the first one does, others hand their work over and take the wheel when it is free.
    So threads may share a client, and a handler in a thread may use it as well.
    """

    def __init__(self) -> None:
        self._driving = threading.Lock()
        self._opening = threading.Lock()
        self._later: deque[Callable[[], Coroutine[Any, Any, None]]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._finalizer: weakref.finalize[..., Loop] | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end; tasks that it leaves behind wait for the next.

        Args:
            coroutine: What to run.

        Returns:
            Its result.

        Raises:
            RuntimeError: The caller is on this very loop, and would wait for itself.
            BaseException: What the coroutine raised.
        """
        running = _running_loop()
        if running is not None:
            return self._run_beside(running, coroutine)
        # PERF: an uncontended lock is all that sharing costs a request.
        if self._driving.acquire(blocking=False):
            try:
                loop = self._open()
                while self._later:
                    loop.run_until_complete(_quietly(self._later.popleft()()))
                return loop.run_until_complete(coroutine)
            finally:
                self._driving.release()
        return self._run_shared(coroutine)

    def run_later(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let a coroutine be run in front of the next one, whoever runs that.

        Args:
            function: What gives the coroutine. Nobody waits for it, and what it raises
                is nobody's.
        """
        self._later.append(function)

    def close(self) -> None:
        """Cancel what is left and close the loop; `run` opens another one."""
        loop, self._loop = self._loop, None
        finalizer, self._finalizer = self._finalizer, None
        if loop is None or finalizer is None:
            return
        finalizer.detach()
        if _running_loop() is None:
            _shut_down(loop)
        else:
            _in_thread(lambda: _shut_down(loop))

    def _open(self) -> asyncio.AbstractEventLoop:
        with self._opening:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                # A client that nobody closed must not leave a warning behind.
                self._finalizer = weakref.finalize(self, self._loop.close)
            return self._loop

    def _run_beside(
        self, running: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]
    ) -> T:
        if running is self._loop:
            coroutine.close()
            raise RuntimeError(
                "the application uses the test client that it is being called by: it "
                "would wait for itself. Give it a client of its own, or an "
                "AsyncTestClient."
            )
        return _in_thread(lambda: self.run(coroutine))

    def _run_shared(self, coroutine: Coroutine[Any, Any, T]) -> T:
        loop = self._open()
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        while not future.done():
            if self._driving.acquire(timeout=_POLL):
                try:
                    loop.run_until_complete(_settled(future))
                finally:
                    self._driving.release()
        return future.result()


async def _quietly(coroutine: Coroutine[Any, Any, None]) -> None:
    await asyncio.gather(coroutine, return_exceptions=True)


async def _settled(future: Any) -> None:
    await asyncio.gather(asyncio.wrap_future(future), return_exceptions=True)


def _shut_down(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_until_complete(_cancel_all())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
