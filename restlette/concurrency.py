"""Plain functions beside asynchronous ones: threads, and tasks that race.

The story starts with `as_async`, which looks at a callable once, when it is registered,
and gives an asynchronous one: as it is, or run in a `ThreadPool`. A pool holds a fixed
number of threads; what finds none free waits in line while the event loop goes on.
"""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Mapping,
)
from contextvars import copy_context
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from restlette.deferred import Deferred

if TYPE_CHECKING:
    import asyncio
    import inspect
    import threading
    from concurrent import futures
else:
    asyncio = Deferred("asyncio")
    futures = Deferred("concurrent.futures")
    inspect = Deferred("inspect")
    threading = Deferred("threading")

__all__ = [
    "DEFAULT_POOL",
    "ThreadPool",
    "as_async",
    "is_async",
    "iterate_in_threadpool",
    "name_of",
    "run_in_threadpool",
    "run_until_first_complete",
]

P = ParamSpec("P")
T = TypeVar("T")

_END: Final = object()


def is_async(func: Callable[..., object]) -> bool:
    """Say whether calling a callable gives something to await.

    `asyncio.iscoroutinefunction` alone misses objects whose `__call__` is asynchronous.

    Args:
        func: A function, method, class, `functools.partial` of one, or an object that
            can be called.

    Returns:
        True if it was written with `async def`.
    """
    while isinstance(func, partial):
        func = func.func
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(
        getattr(type(func), "__call__", None)  # noqa: B004 - its value is needed
    )


def name_of(func: object) -> str:
    """Name a callable for a log line or an error message.

    Args:
        func: A function, class, `functools.partial` or other object.

    Returns:
        Its qualified name; of an object, that of its class.
    """
    while isinstance(func, partial):
        func = func.func
    return str(getattr(func, "__qualname__", type(func).__qualname__))


class ThreadPool:
    """A fixed number of threads for plain functions, beside the event loop.

    Threads are started when they are needed and are kept for the next call. They are
    not daemons: the interpreter waits at its end for calls that run. One pool serves
    any number of event loops.

    Args:
        limit: How many calls run at a time; more wait in line.

    Raises:
        ValueError: The limit is less than 1.
    """

    _executor: futures.ThreadPoolExecutor | None = None

    def __init__(self, limit: int = 40) -> None:
        if limit < 1:
            raise ValueError(f"a thread pool holds at least 1 thread, not {limit!r}.")
        self.limit = limit

    def __repr__(self) -> str:
        return f"ThreadPool(limit={self.limit})"

    async def run(self, func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a plain function in a thread and wait for its result.

        The function sees the caller's context variables. What it sets stays with it: a
        thread works on a copy.

        When the wait is cancelled it ends at once. A call that still stands in line is
        never made; one that runs cannot be stopped: it keeps its thread until it ends,
        and its result or exception is dropped.

        Args:
            func: The function.
            args: Its positional arguments.
            kwargs: Its keyword arguments.

        Returns:
            What the function returns.

        Raises:
            RuntimeError: The function raised StopIteration, which cannot pass through
                an `await`; any other exception comes out as it is.
        """
        loop = asyncio.get_running_loop()
        call: Any = partial(copy_context().run, _call, partial(func, *args, **kwargs))
        executor = self._executor or self._start()
        result: T = await loop.run_in_executor(executor, call)
        return result

    def _start(self) -> futures.ThreadPoolExecutor:
        # Two event loops in two threads may come here at a time: setdefault lets one
        # win, and an executor that nobody has used has no threads to give back.
        executor: futures.ThreadPoolExecutor = self.__dict__.setdefault(
            "_executor", futures.ThreadPoolExecutor(self.limit, "restlette")
        )
        return executor

    def close(self) -> None:
        """Let the threads go.

        Calls that stand in line are cancelled, those that run go on to their end. The
        pool starts anew when it is used again.
        """
        executor = self.__dict__.pop("_executor", None)
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)


def _call(func: Callable[[], Any]) -> Any:
    try:
        return func()
    except StopIteration as exc:
        # A future refuses it (PEP 479), and nobody would ever be woken.
        raise RuntimeError("a function in a thread raised StopIteration.") from exc


DEFAULT_POOL: Final = ThreadPool()


def as_async(
    func: Callable[..., Any], pool: ThreadPool | None = None
) -> Callable[..., Awaitable[Any]]:
    """Decide, once, how a callable is called from a coroutine.

    Args:
        func: What was registered: a plain or an asynchronous callable.
        pool: Where a plain one runs; by default the pool of the process.

    Returns:
        The callable itself if it is asynchronous, else one that runs it in a thread. A
        plain function that returns an awaitable (a decorator written without `async`
        around an asynchronous function) has it awaited on the event loop.
    """
    if is_async(func):
        return func
    run = (pool or DEFAULT_POOL).run

    @wraps(func)
    async def in_thread(*args: Any, **kwargs: Any) -> Any:
        result = await run(func, *args, **kwargs)
        return await result if isinstance(result, Awaitable) else result

    return in_thread


async def run_in_threadpool(
    func: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Call a plain function in a thread of the default pool: see `ThreadPool.run`.

    Args:
        func: The function.
        args: Its positional arguments.
        kwargs: Its keyword arguments.

    Returns:
        What the function returns.
    """
    return await DEFAULT_POOL.run(func, *args, **kwargs)


async def iterate_in_threadpool(
    iterable: Iterable[T], pool: ThreadPool | None = None
) -> AsyncGenerator[T, None]:
    """Iterate over something whose steps may block, without blocking the event loop.

    Each step is a call in the pool, so no thread is held between two of them. A
    generator that is left before its end is closed, in a thread as well and after the
    step that may be under way.

    Args:
        iterable: An ordinary iterable.
        pool: Where the steps run; by default the pool of the process.

    Yields:
        Its items.
    """
    run = (pool or DEFAULT_POOL).run
    iterator = iter(iterable)
    # A generator cannot be closed while it runs. When the wait for a step is cancelled,
    # that step still holds the lock in its thread.
    stepping = threading.Lock()

    def step() -> Any:
        with stepping:
            return next(iterator, _END)

    def close(generator: Generator[T, Any, Any]) -> None:
        with stepping:
            generator.close()

    try:
        while (item := await run(step)) is not _END:
            yield item
    except BaseException:
        if isinstance(iterator, Generator):
            await run(close, iterator)
        raise


async def run_until_first_complete(
    *args: tuple[Callable[..., Awaitable[object]], Mapping[str, Any]],
) -> None:
    """Run several asynchronous functions until one of them is done.

    The others are cancelled, and have come to their end when this returns. What they
    raise while they do so is dropped.

    Args:
        args: Pairs of an asynchronous function and its keyword arguments.

    Raises:
        BaseException: What the first one raised, if it did not return.
    """
    tasks = [asyncio.ensure_future(func(**kwargs)) for func, kwargs in args]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in done:
            task.result()
