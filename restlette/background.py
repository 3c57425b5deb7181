"""Work that is done in this process after the response was sent.

The story starts with `BackgroundTask`: a function and its arguments, called once the
client has its answer. Nobody is left to tell about an error by then, so it is logged,
and what comes next still runs. It belongs to its request: whoever waits for the one has
waited for the other. `drain` waits for those that still run when the application ends.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec

from restlette.concurrency import as_async, name_of
from restlette.deferred import Deferred

if TYPE_CHECKING:
    import asyncio
    import logging
else:
    asyncio = Deferred("asyncio")
    logging = Deferred("logging")

__all__ = ["BackgroundTask", "BackgroundTasks", "drain"]

P = ParamSpec("P")

LOGGER = "restlette.background"

# Seconds for those that were cancelled to end, before they are left alone.
AFTER_CANCEL = 5.0

# The requests whose background tasks run.
_running: set[asyncio.Task[Any]] = set()


class BackgroundTask:
    """A function to call after the response was sent.

    Args:
        func: A plain function, which runs in the thread pool, or an asynchronous one.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
    """

    def __init__(
        self, func: Callable[P, object], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        self.func = func
        self.args = args
        self.kwargs = kwargs

    async def __call__(self) -> None:
        """Run the task; what it raises is logged once, by `restlette.background`.

        Raises:
            asyncio.CancelledError: The request was cancelled, at shutdown for instance,
                which is logged too.
            KeyboardInterrupt: The process is to end.
            SystemExit: The process is to end.
        """
        name = name_of(self.func)
        with _registered():
            try:
                await _attempt(self._run, name)
            except asyncio.CancelledError:
                logging.getLogger(LOGGER).warning(
                    "background task %s was cancelled", name
                )
                raise

    async def _run(self) -> None:
        await as_async(self.func)(*self.args, **self.kwargs)


class BackgroundTasks(BackgroundTask):
    """Tasks that run one after the other, each even if one before it raised.

    When the request is cancelled the task that runs is cancelled with it; those that
    were not begun never run, and their names are logged.

    Args:
        tasks: The first tasks.
    """

    def __init__(
        self, tasks: Sequence[Callable[[], Awaitable[object]]] | None = None
    ) -> None:
        self.tasks: list[Callable[[], Awaitable[object]]] = list(tasks or ())

    def add_task(
        self, func: Callable[P, object], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Add a function to call after those that are there.

        Args:
            func: A plain or asynchronous function.
            args: Its positional arguments.
            kwargs: Its keyword arguments.
        """
        self.tasks.append(BackgroundTask(func, *args, **kwargs))

    async def __call__(self) -> None:
        """Run the tasks in their order.

        Raises:
            asyncio.CancelledError: The request was cancelled, at shutdown for instance.
            KeyboardInterrupt: The process is to end.
            SystemExit: The process is to end.
        """
        begun = 0
        try:
            with _registered():
                # A task may add another one, which then runs as well.
                for task in self.tasks:
                    begun += 1
                    # A subclass of the application's own may raise where ours does not.
                    await _attempt(task, _name(task))
        finally:
            if begun < len(self.tasks):
                logging.getLogger(LOGGER).warning(
                    "background tasks not run: %s",
                    ", ".join(map(_name, self.tasks[begun:])),
                )


async def drain(timeout: float) -> None:
    """Wait for the background tasks that run, and cancel those that take too long.

    Args:
        timeout: For how many seconds to wait.
    """
    loop = asyncio.get_running_loop()
    current = asyncio.current_task()
    running = {t for t in _running if t.get_loop() is loop and t is not current}
    if not running:
        return
    _, late = await asyncio.wait(running, timeout=timeout)
    if not late:
        return
    logging.getLogger(LOGGER).warning(
        "background tasks of %d requests still run after %g s: they are cancelled",
        len(late),
        timeout,
    )
    for task in late:
        task.cancel()
    await asyncio.wait(late, timeout=AFTER_CANCEL)


@contextmanager
def _registered() -> Iterator[None]:
    """Let `drain` know of the request that runs, for as long as it is in here."""
    task = asyncio.current_task()
    # Tasks may run tasks.
    if task is None or task in _running:
        yield
        return
    _running.add(task)
    try:
        yield
    finally:
        _running.discard(task)


async def _attempt(run: Callable[[], Awaitable[object]], name: str) -> None:
    try:
        await run()
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as exc:
        if _is_cancellation(exc):
            raise
        logging.getLogger(LOGGER).error("background task %s failed", name, exc_info=exc)


def _is_cancellation(exc: BaseException) -> bool:
    """Say whether it is this request that is cancelled.

    A task that awaits what was cancelled elsewhere has failed like any other.
    """
    if not isinstance(exc, asyncio.CancelledError):
        return False
    current = asyncio.current_task()
    return current is None or current.cancelling() > 0


def _name(task: object) -> str:
    return name_of(getattr(task, "func", task))
