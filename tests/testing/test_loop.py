"""Event loops for synchronous callers."""

import asyncio
import contextvars
import gc
import threading
import warnings
from collections.abc import AsyncIterator

import pytest

from restlette.testing.loop import Loop, run_alone

COLOUR = contextvars.ContextVar("COLOUR", default="none")


async def colour() -> str:
    await asyncio.sleep(0)
    return COLOUR.get()


async def failing() -> None:
    raise KeyError("book")


def test_a_coroutine_is_run_alone() -> None:
    """On a loop of its own, with or without one that is running."""

    async def main() -> str:
        COLOUR.set("green")
        with pytest.raises(KeyError):
            run_alone(failing())
        return run_alone(colour())

    assert run_alone(colour()) == "none"
    assert asyncio.run(main()) == "green"
    with pytest.raises(KeyError):
        run_alone(failing())


def test_a_loop_keeps_what_was_started_on_it() -> None:
    """A task goes on when somebody waits again."""
    loop = Loop()
    steps: list[int] = []

    async def work() -> None:
        for number in range(2):
            steps.append(number)
            await asyncio.sleep(0.01)

    async def begin() -> asyncio.Task[None]:
        return asyncio.create_task(work())

    async def wait(task: asyncio.Task[None]) -> None:
        await task

    task = loop.run(begin())
    assert len(steps) < 2
    loop.run(wait(task))
    assert steps == [0, 1]
    loop.close()


def test_what_the_coroutine_raises_is_raised() -> None:
    """And the loop can be used again."""
    loop = Loop()
    with pytest.raises(KeyError):
        loop.run(failing())
    assert loop.run(colour()) == "none"
    loop.close()


def test_a_loop_is_run_from_inside_another() -> None:
    """In a thread, with the caller's context variables."""
    loop = Loop()

    async def main() -> str:
        COLOUR.set("green")
        result = loop.run(colour())
        loop.close()
        return result

    assert asyncio.run(main()) == "green"


def test_a_loop_does_not_wait_for_itself() -> None:
    """The error says what to do; nothing hangs."""
    loop = Loop()

    async def main() -> None:
        loop.run(colour())

    with pytest.raises(RuntimeError, match="it would wait for itself"):
        loop.run(main())
    loop.close()


def test_threads_share_a_loop() -> None:
    """Each gets its own result, whoever drives."""
    loop = Loop()
    results: dict[int, int] = {}
    ready = threading.Barrier(4)

    async def double(number: int) -> int:
        await asyncio.sleep(0.02)
        return number * 2

    def work(number: int) -> None:
        ready.wait()
        results[number] = loop.run(double(number))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {0: 0, 1: 2, 2: 4, 3: 6}
    loop.close()


def test_a_thread_of_the_application_uses_the_loop() -> None:
    """What is driven already is shared, not waited for."""
    loop = Loop()

    async def main() -> str:
        return await asyncio.to_thread(lambda: loop.run(colour()))

    assert loop.run(main()) == "none"
    loop.close()


def test_a_thread_takes_over_from_the_one_that_drove() -> None:
    """Its work goes on though the first one has what it wanted."""
    loop = Loop()
    begun, go_on = threading.Event(), threading.Event()
    results: list[str] = []

    async def slow() -> str:
        begun.set()
        await asyncio.sleep(0.05)
        return "slow"

    def work() -> None:
        go_on.wait()
        results.append(loop.run(slow()))

    thread = threading.Thread(target=work)
    thread.start()

    async def main() -> None:
        go_on.set()
        while not begun.is_set():
            await asyncio.sleep(0.001)

    loop.run(main())
    thread.join()
    assert results == ["slow"]
    loop.close()


def test_an_error_in_a_thread_s_work_is_the_thread_s() -> None:
    """Who drives does not see it."""
    loop = Loop()

    async def main() -> str:
        with pytest.raises(KeyError):
            await asyncio.to_thread(lambda: loop.run(failing()))
        return "fine"

    assert loop.run(main()) == "fine"
    loop.close()


def test_what_is_to_be_run_later_is_run_in_front_of_the_next() -> None:
    """What it raises is nobody's."""
    loop = Loop()
    order: list[str] = []

    async def note(name: str) -> None:
        order.append(name)

    loop.run_later(failing)
    loop.run_later(lambda: note("later"))
    assert order == []
    loop.run(note("next"))
    assert order == ["later", "next"]
    loop.close()


def test_closing_cancels_what_is_left() -> None:
    """Tasks and asynchronous generators end; the loop may be opened anew."""
    loop = Loop()
    ended: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("task")

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            ended.append("generator")

    kept = numbers()

    async def begin() -> asyncio.Task[None]:
        task = asyncio.create_task(forever())
        await anext(kept)
        return task

    task = loop.run(begin())
    loop.close()
    loop.close()
    assert task.cancelled()
    assert ended == ["task", "generator"]
    assert loop.run(colour()) == "none"
    loop.close()


def test_a_loop_that_nobody_closed_leaves_no_warning() -> None:
    """Clients are made at the top of test modules and forgotten."""
    loop = Loop()
    loop.run(colour())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del loop
        gc.collect()
    assert [str(each.message) for each in caught] == []
