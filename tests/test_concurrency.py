"""Plain functions beside asynchronous ones."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest

from restlette.concurrency import (
    DEFAULT_POOL,
    ThreadPool,
    as_async,
    is_async,
    iterate_in_threadpool,
    name_of,
    run_in_threadpool,
    run_until_first_complete,
)

VARIABLE: ContextVar[str] = ContextVar("variable", default="unset")


async def coroutine_function(value: int = 0) -> int:
    return value + 1


def plain_function(value: int = 0) -> int:
    return value + 1


async def generator_function() -> AsyncIterator[int]:
    yield 1


class AsyncObject:
    async def __call__(self) -> int:
        return 1

    async def method(self) -> int:
        return 1

    @classmethod
    async def of_class(cls) -> int:
        return 1

    @staticmethod
    async def static() -> int:
        return 1


class PlainObject:
    def __call__(self) -> int:
        return 1

    def method(self) -> int:
        return 1


@pytest.fixture
def pool() -> Iterator[ThreadPool]:
    pool = ThreadPool(2)
    yield pool
    pool.close()


@pytest.mark.parametrize(
    "func, expected",
    [
        pytest.param(coroutine_function, True, id="async-function"),
        pytest.param(plain_function, False, id="plain-function"),
        pytest.param(partial(coroutine_function, 1), True, id="partial"),
        pytest.param(partial(partial(coroutine_function), 1), True, id="partial-twice"),
        pytest.param(partial(plain_function, 1), False, id="plain-partial"),
        pytest.param(partial(AsyncObject()), True, id="partial-of-object"),
        pytest.param(AsyncObject(), True, id="object-with-async-call"),
        pytest.param(AsyncObject().method, True, id="method"),
        pytest.param(AsyncObject.of_class, True, id="class-method"),
        pytest.param(AsyncObject.static, True, id="static-method"),
        pytest.param(AsyncObject, False, id="class-of-async-objects"),
        pytest.param(PlainObject(), False, id="object"),
        pytest.param(PlainObject().method, False, id="plain-method"),
        pytest.param(generator_function, False, id="async-generator-function"),
        pytest.param(lambda: coroutine_function(), False, id="lambda"),
        pytest.param(len, False, id="built-in"),
        pytest.param(AsyncMock(), True, id="async-mock"),
        pytest.param(MagicMock(), False, id="mock"),
    ],
)
def test_is_async_knows_every_way_to_write_a_callable(
    func: Callable[..., object], expected: bool
) -> None:
    assert is_async(func) is expected


@pytest.mark.parametrize(
    "func, name",
    [
        pytest.param(plain_function, "plain_function", id="function"),
        pytest.param(PlainObject().method, "PlainObject.method", id="method"),
        pytest.param(PlainObject, "PlainObject", id="class"),
        pytest.param(PlainObject(), "PlainObject", id="object"),
        pytest.param(partial(partial(len), ()), "len", id="partial"),
        pytest.param(None, "NoneType", id="nothing"),
    ],
)
def test_name_of_says_which_callable_is_meant(func: object, name: str) -> None:
    assert name_of(func) == name


def test_as_async_gives_an_asynchronous_callable_back() -> None:
    """What needs no thread costs nothing."""
    assert as_async(coroutine_function) is coroutine_function


def test_as_async_runs_a_plain_callable_in_a_thread() -> None:
    def where(suffix: str, *, mark: str) -> str:
        return threading.current_thread().name + suffix + mark

    func = as_async(where)
    name = asyncio.run(awaited(func("!", mark="?")))
    assert name.startswith("restlette")
    assert name.endswith("!?")
    assert getattr(func, "__name__") == "where"  # noqa: B009 - not in its type


def test_as_async_uses_the_pool_it_is_given(pool: ThreadPool) -> None:
    calls = []
    real = pool.run

    def counted(func: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        calls.append(func)
        return real(func, *args)

    setattr(pool, "run", counted)  # noqa: B010 - a method is not assigned to
    assert asyncio.run(awaited(as_async(plain_function, pool)(1))) == 2
    assert calls == [plain_function]


def test_a_decorator_without_async_has_its_result_awaited_on_the_loop() -> None:
    """The coroutine of the function inside is not lost."""

    @wraps(coroutine_function)
    def decorated() -> Awaitable[str]:
        async def inside() -> str:
            await asyncio.sleep(0)
            return threading.current_thread().name

        return inside()

    name = asyncio.run(awaited(as_async(decorated)()))
    assert name == threading.current_thread().name


async def awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def test_run_in_threadpool_passes_arguments_and_result() -> None:
    async def main() -> str:
        return await run_in_threadpool("{}-{x}".format, 1, x=2)

    assert asyncio.run(main()) == "1-2"


def test_the_default_pool_holds_forty_threads() -> None:
    assert DEFAULT_POOL.limit == 40
    assert repr(DEFAULT_POOL) == "ThreadPool(limit=40)"


@pytest.mark.parametrize("limit", [0, -1])
def test_a_pool_without_threads_is_refused(limit: int) -> None:
    with pytest.raises(
        ValueError, match=rf"^a thread pool holds at least 1 thread, not {limit}\.$"
    ):
        ThreadPool(limit)


def test_the_thread_sees_the_callers_context_variables(pool: ThreadPool) -> None:
    """A copy of them: what is set in the thread stays there."""

    def change() -> str:
        seen = VARIABLE.get()
        VARIABLE.set("thread")
        return seen

    async def main() -> tuple[str, str]:
        VARIABLE.set("caller")
        return await pool.run(change), VARIABLE.get()

    assert asyncio.run(main()) == ("caller", "caller")


def test_an_exception_comes_out_of_the_thread_as_it_is(pool: ThreadPool) -> None:
    error = LookupError("here")

    def fail() -> None:
        raise error

    with pytest.raises(LookupError) as caught:
        asyncio.run(pool.run(fail))
    assert caught.value is error


def test_stop_iteration_becomes_a_runtime_error(pool: ThreadPool) -> None:
    """In a future it would never wake whoever waits."""
    with pytest.raises(
        RuntimeError, match=r"^a function in a thread raised StopIteration\.$"
    ) as caught:
        asyncio.run(asyncio.wait_for(pool.run(next, iter(())), 5))
    assert isinstance(caught.value.__cause__, StopIteration)


def test_more_calls_than_threads_wait_in_line() -> None:
    """threads-115: the pool's limit is the most that run at a time."""
    pool = ThreadPool(3)
    lock = threading.Lock()
    running = 0
    most = 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.001)
        with lock:
            running -= 1

    async def main() -> None:
        await asyncio.gather(*(pool.run(work) for _ in range(300)))

    asyncio.run(main())
    pool.close()
    assert most == 3


def test_an_exhausted_pool_leaves_the_event_loop_alone(pool: ThreadPool) -> None:
    """threads-115: asynchronous work is done while every thread sleeps."""
    release = threading.Event()

    async def main() -> str:
        sleeping = [asyncio.create_task(pool.run(release.wait)) for _ in range(1000)]
        await asyncio.sleep(0)
        answer = await asyncio.wait_for(asyncio.sleep(0, "healthy"), 1)
        assert not any(task.done() for task in sleeping)
        release.set()
        await asyncio.gather(*sleeping)
        return answer

    assert asyncio.run(main()) == "healthy"


def test_a_cancelled_call_in_line_is_never_made() -> None:
    pool = ThreadPool(1)
    started, release = threading.Event(), threading.Event()
    made: list[str] = []

    def first() -> None:
        started.set()
        release.wait(5)
        made.append("first")

    async def main() -> None:
        running = asyncio.create_task(pool.run(first))
        in_line = asyncio.create_task(pool.run(made.append, "second"))
        while not started.is_set():
            await asyncio.sleep(0.001)
        in_line.cancel()
        with pytest.raises(asyncio.CancelledError):
            await in_line
        release.set()
        await running
        await pool.run(made.append, "third")

    asyncio.run(main())
    pool.close()
    assert made == ["first", "third"]


def test_a_cancelled_call_that_runs_goes_on_to_its_end(pool: ThreadPool) -> None:
    """The wait ends at once; the thread cannot be stopped and is left."""
    started, release, ended = (threading.Event() for _ in range(3))

    def work() -> None:
        started.set()
        release.wait(5)
        ended.set()
        raise LookupError("dropped")

    async def main() -> None:
        task = asyncio.create_task(pool.run(work))
        while not started.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not ended.is_set()
        release.set()
        await pool.run(ended.wait, 5)

    asyncio.run(main())
    assert ended.is_set()


def test_a_closed_pool_starts_anew(pool: ThreadPool) -> None:
    """Closing twice, or before the first use, is nothing special."""
    pool.close()
    first = asyncio.run(pool.run(threading.current_thread))
    pool.close()
    pool.close()
    first.join(5)
    assert not first.is_alive()
    assert asyncio.run(pool.run(threading.current_thread)) is not first


def test_closing_cancels_what_stands_in_line() -> None:
    pool = ThreadPool(1)
    started, release = threading.Event(), threading.Event()

    def first() -> str:
        started.set()
        release.wait(5)
        return "first"

    async def main() -> None:
        running = asyncio.create_task(pool.run(first))
        in_line = asyncio.create_task(pool.run(plain_function))
        while not started.is_set():
            await asyncio.sleep(0.001)
        pool.close()
        release.set()
        assert await running == "first"
        with pytest.raises(asyncio.CancelledError):
            await in_line

    asyncio.run(main())


def test_threads_are_no_daemons(pool: ThreadPool) -> None:
    """The interpreter waits for them."""
    assert asyncio.run(pool.run(threading.current_thread)).daemon is False


def test_two_loops_in_two_threads_share_a_pool(pool: ThreadPool) -> None:
    barrier = threading.Barrier(2, timeout=5)
    results: list[int] = []

    def loop() -> None:
        barrier.wait()
        results.append(asyncio.run(pool.run(plain_function, 1)))

    threads = [threading.Thread(target=loop) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert results == [2, 2]


def test_iterate_in_threadpool_steps_in_threads() -> None:
    def items() -> Iterator[str]:
        for _ in range(3):
            yield threading.current_thread().name

    async def main() -> list[str]:
        return [item async for item in iterate_in_threadpool(items())]

    names = asyncio.run(main())
    assert len(names) == 3
    assert all(name.startswith("restlette") for name in names)


def test_iterate_in_threadpool_takes_any_iterable(pool: ThreadPool) -> None:
    async def main() -> list[int]:
        return [item async for item in iterate_in_threadpool([1, 2], pool)]

    assert asyncio.run(main()) == [1, 2]


def test_iterate_in_threadpool_passes_an_exception_on(pool: ThreadPool) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("in a step")

    async def main() -> None:
        got = []
        with pytest.raises(LookupError, match="in a step"):
            async for item in iterate_in_threadpool(items(), pool):
                got.append(item)
        assert got == [1]

    asyncio.run(main())


def test_a_generator_left_early_is_closed_in_a_thread(pool: ThreadPool) -> None:
    closed: list[str] = []

    def items() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(threading.current_thread().name)

    async def main() -> None:
        steps = iterate_in_threadpool(items(), pool)
        assert await anext(steps) == 1
        await steps.aclose()

    asyncio.run(main())
    assert len(closed) == 1
    assert closed[0].startswith("restlette")


def test_an_iterator_left_early_is_not_closed(pool: ThreadPool) -> None:
    """Only a generator is: a file belongs to whoever opened it."""

    class Lines:
        closed = False

        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            return 1

        def close(self) -> None:
            self.closed = True

    lines = Lines()

    async def main() -> None:
        steps = iterate_in_threadpool(lines, pool)
        assert await anext(steps) == 1
        await steps.aclose()

    asyncio.run(main())
    assert not lines.closed


def test_a_generator_cancelled_in_a_step_is_closed_after_it(pool: ThreadPool) -> None:
    """A generator that runs cannot be closed: its step comes to an end first."""
    started, release = threading.Event(), threading.Event()
    events: list[str] = []

    def items() -> Iterator[int]:
        try:
            started.set()
            release.wait(5)
            events.append("step")
            yield 1
        finally:
            events.append("closed")

    async def main() -> None:
        steps = iterate_in_threadpool(items(), pool)
        task = asyncio.ensure_future(anext(steps))
        while not started.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.sleep(0.01)
        assert events == []
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert events == ["step", "closed"]


def test_the_first_one_done_ends_the_others() -> None:
    events: list[str] = []

    async def quick(value: str) -> None:
        events.append(value)

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            events.append("cancelled")
            raise

    asyncio.run(run_until_first_complete((slow, {}), (quick, {"value": "done"})))
    assert events == ["done", "cancelled"]


def test_what_the_first_one_raises_is_raised() -> None:
    error = LookupError("first")

    async def fail() -> None:
        raise error

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError("dropped")

    with pytest.raises(LookupError) as caught:
        asyncio.run(run_until_first_complete((slow, {}), (fail, {})))
    assert caught.value is error


def test_of_two_that_fail_at_once_the_one_named_first_is_raised() -> None:
    async def fail(error: Exception) -> None:
        raise error

    first, second = {"error": LookupError()}, {"error": ValueError()}
    with pytest.raises(LookupError):
        asyncio.run(run_until_first_complete((fail, first), (fail, second)))


def test_cancelling_the_race_cancels_every_runner() -> None:
    cancelled: list[int] = []

    async def slow(number: int) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    async def main() -> None:
        race = asyncio.create_task(
            run_until_first_complete((slow, {"number": 1}), (slow, {"number": 2}))
        )
        await asyncio.sleep(0.01)
        race.cancel()
        with pytest.raises(asyncio.CancelledError):
            await race

    asyncio.run(main())
    assert cancelled == [1, 2]
