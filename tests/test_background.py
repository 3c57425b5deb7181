"""Work that is done after the response was sent."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial

import pytest

from restlette import background
from restlette.background import BackgroundTask, BackgroundTasks, drain

VARIABLE: ContextVar[str] = ContextVar("variable", default="unset")


class Failure(BaseException):
    """What only `except BaseException` catches."""


async def fail(error: BaseException) -> None:
    raise error


def fail_in_thread() -> None:
    raise LookupError("in a thread")


class Failing:
    async def __call__(self) -> None:
        raise LookupError("object")


class Raises(BackgroundTask):
    """An application's own kind, which does not log."""

    async def __call__(self) -> None:
        raise LookupError("own")


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    for record in caplog.records:
        assert record.name == "restlette.background"
    return [(record.levelname, record.getMessage()) for record in caplog.records]


def test_an_asynchronous_function_runs_on_the_loop() -> None:
    seen: list[object] = []

    async def work(*args: object, **kwargs: object) -> None:
        seen.extend([args, kwargs, threading.current_thread().name])

    asyncio.run(BackgroundTask(work, 1, two=2)())
    assert seen == [(1,), {"two": 2}, threading.current_thread().name]


def test_a_plain_function_runs_in_a_thread() -> None:
    seen: list[object] = []

    def work(*args: object, **kwargs: object) -> None:
        seen.extend([args, kwargs, threading.current_thread().name])

    asyncio.run(BackgroundTask(work, 1, two=2)())
    assert seen[:2] == [(1,), {"two": 2}]
    assert str(seen[2]).startswith("restlette")


def test_a_task_keeps_what_it_was_given() -> None:
    error = LookupError()
    task = BackgroundTask(fail, error=error)
    assert (task.func, task.args, task.kwargs) == (fail, (), {"error": error})


def test_tasks_run_in_their_order_one_after_the_other() -> None:
    seen: list[str] = []

    async def work(name: str) -> None:
        seen.append(name)
        await asyncio.sleep(0)
        seen.append(name)

    tasks = BackgroundTasks([BackgroundTask(work, "first")])
    tasks.add_task(work, "second")
    tasks.add_task(seen.append, "third")
    asyncio.run(tasks())
    assert seen == ["first", "first", "second", "second", "third"]


def test_a_list_that_is_given_is_not_changed() -> None:
    given = [BackgroundTask(fail_in_thread)]
    tasks = BackgroundTasks(given)
    tasks.add_task(fail_in_thread)
    assert (len(given), len(tasks.tasks)) == (1, 2)


def test_no_tasks_are_nothing_to_do(caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(BackgroundTasks()())
    assert lines(caplog) == []


def test_a_task_may_add_another_one() -> None:
    seen: list[str] = []
    tasks = BackgroundTasks()

    async def work() -> None:
        tasks.add_task(seen.append, "added")

    tasks.add_task(work)
    asyncio.run(tasks())
    assert seen == ["added"]


@pytest.mark.parametrize(
    "task, name",
    [
        pytest.param(BackgroundTask(fail, LookupError("x")), "fail", id="function"),
        pytest.param(BackgroundTask(fail_in_thread), "fail_in_thread", id="thread"),
        pytest.param(BackgroundTask(Failing()), "Failing", id="object"),
        pytest.param(
            BackgroundTask(partial(partial(fail, LookupError()))), "fail", id="partial"
        ),
        pytest.param(BackgroundTask(fail, Failure()), "fail", id="BaseException"),
        pytest.param(
            BackgroundTask(fail, asyncio.CancelledError()),
            "fail",
            id="cancelled-elsewhere",
        ),
    ],
)
def test_a_failure_is_logged_once_and_goes_no_further(
    task: BackgroundTask, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """background-112: one line, with the exception."""
    asyncio.run(task())
    assert lines(caplog) == [("ERROR", f"background task {name} failed")]
    assert caplog.records[0].exc_info is not None
    assert caplog.records[0].exc_info[1] is not None


@pytest.mark.parametrize(
    "failing",
    [
        pytest.param(BackgroundTask(fail_in_thread), id="exception"),
        pytest.param(BackgroundTask(fail, Failure()), id="base-exception"),
        pytest.param(BackgroundTasks([BackgroundTask(fail_in_thread)]), id="nested"),
        pytest.param(Raises(fail_in_thread), id="subclass-that-raises"),
    ],
)
def test_the_tasks_after_a_failure_still_run(
    failing: BackgroundTask, caplog: pytest.LogCaptureFixture
) -> None:
    """background-112."""
    seen: list[str] = []
    tasks = BackgroundTasks([failing])
    tasks.add_task(seen.append, "next")
    asyncio.run(tasks())
    assert seen == ["next"]
    assert len(lines(caplog)) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_the_process_is_passed_on(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    """What was not begun is named in one line."""
    tasks = BackgroundTasks([BackgroundTask(fail, error())])
    tasks.add_task(fail_in_thread)
    tasks.tasks.append(BackgroundTasks())
    tasks.tasks.append(Failing())
    with pytest.raises(error):
        asyncio.run(tasks())
    assert lines(caplog) == [
        (
            "WARNING",
            "background tasks not run: fail_in_thread, BackgroundTasks, Failing",
        )
    ]


def cancelled_at_shutdown(make: Callable[[], BackgroundTask]) -> None:
    async def main() -> None:
        task = asyncio.ensure_future(make()())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)

    asyncio.run(main())


def test_a_task_that_hangs_is_cancelled_at_shutdown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """background-112: the cancellation passes, so the shutdown is bounded."""
    ended: list[str] = []

    async def hang() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("hang")

    def make() -> BackgroundTask:
        tasks = BackgroundTasks()
        tasks.add_task(hang)
        tasks.add_task(ended.append, "never")
        return tasks

    cancelled_at_shutdown(make)
    assert ended == ["hang"]
    # `append` is a method of the list that the second task was to be added to.
    assert lines(caplog) == [
        (
            "WARNING",
            f"background task {hang.__qualname__} was cancelled",
        ),
        ("WARNING", "background tasks not run: list.append"),
    ]


def test_a_task_that_hangs_in_a_thread_is_left_at_shutdown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """background-112: nobody waits for the thread."""
    release = threading.Event()
    cancelled_at_shutdown(lambda: BackgroundTask(release.wait, 5))
    assert not release.is_set()
    release.set()
    assert lines(caplog) == [
        ("WARNING", "background task Event.wait was cancelled"),
    ]


def test_a_failure_during_shutdown_is_still_a_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def hang() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise LookupError("while cleaning up")

    async def main() -> None:
        task = asyncio.ensure_future(BackgroundTask(hang)())
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    asyncio.run(main())
    assert [level for level, _ in lines(caplog)] == ["ERROR"]


def test_a_task_sees_the_context_variables_of_the_request() -> None:
    seen: list[str] = []

    async def main() -> None:
        VARIABLE.set("request")
        tasks = BackgroundTasks()
        tasks.add_task(lambda: seen.append(VARIABLE.get()))
        await tasks()

    asyncio.run(main())
    assert seen == ["request"]


# Draining -----------------------------------------------------------------------------

DEADLINE = 30.0


def test_background_112_tasks_that_run_are_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """background-112: those within tasks too, and none is cancelled."""
    ended: list[str] = []

    async def main() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def work() -> None:
            begun.set()
            await go_on.wait()
            ended.append("work")

        # The one that has ended does not speak for the request.
        tasks = BackgroundTasks([BackgroundTask(lambda: None), work])
        tasks.add_task(ended.append, "next")
        request = asyncio.ensure_future(tasks())
        await begun.wait()
        draining = asyncio.ensure_future(drain(DEADLINE))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not draining.done()
        go_on.set()
        await draining
        assert request.done()

    asyncio.run(main())
    assert ended == ["work", "next"]
    assert lines(caplog) == []


def test_background_112_tasks_that_take_too_long_are_cancelled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """background-112: with a line that says so; their `finally` has run."""
    ended: list[str] = []

    async def hang() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            ended.append("hang")

    async def main() -> bool:
        request = asyncio.ensure_future(BackgroundTask(hang)())
        await asyncio.sleep(0)
        await drain(0.01)
        return request.cancelled()

    assert asyncio.run(main())
    assert ended == ["hang"]
    assert lines(caplog) == [
        (
            "WARNING",
            "background tasks of 1 requests still run after 0.01 s: they are cancelled",
        ),
        ("WARNING", f"background task {hang.__qualname__} was cancelled"),
    ]


def test_background_112_a_task_that_refuses_to_end_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """background-112: the shutdown is bounded, whatever a task does."""
    monkeypatch.setattr(background, "AFTER_CANCEL", 0.01)

    async def main() -> None:
        over = asyncio.Event()

        async def stubborn() -> None:
            while not over.is_set():
                try:
                    await over.wait()
                except asyncio.CancelledError:
                    pass

        request = asyncio.ensure_future(BackgroundTask(stubborn)())
        await asyncio.sleep(0)
        await drain(0)
        assert not request.done()
        over.set()
        await request

    asyncio.run(main())
    assert len(lines(caplog)) == 1


def test_draining_does_not_wait_for_the_task_that_drains() -> None:
    async def main() -> None:
        async with asyncio.timeout(DEADLINE):
            await BackgroundTask(drain, DEADLINE)()
            await drain(DEADLINE)

    asyncio.run(main())
