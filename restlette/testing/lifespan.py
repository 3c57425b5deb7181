"""The lifespan conversation, from the server's side of ASGI.

`LifespanSession.start` and `stop` are what a server does before the first request and
after the last one. The application holds the whole conversation in one task.
"""

from __future__ import annotations

import asyncio
from typing import Any

from restlette.http.types import ASGIApp, Message
from restlette.testing.errors import ASGIViolation, LifespanFailed

__all__ = ["LifespanSession"]

_ANSWERS = {
    "startup": ("lifespan.startup.complete", "lifespan.startup.failed"),
    "shutdown": ("lifespan.shutdown.complete", "lifespan.shutdown.failed"),
}


class LifespanSession:
    """The life of one application.

    Args:
        app: The application.
        state: What the application fills for its requests.
    """

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        self._app = app
        self._scope: dict[str, Any] = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": state,
        }
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._answered = asyncio.Event()
        self._phase = ""
        self._failure: LifespanFailed | None = None

    async def start(self) -> None:
        """Start the application and wait until it is ready.

        An application that does not know the lifespan raises before it has received
        anything, or returns: that is fine, and it has none.

        Raises:
            LifespanFailed: It said that it cannot start, and raised nothing.
            Exception: What it raised at its start.
        """
        self._task = asyncio.create_task(self._run())
        await self._phase_answered(self._task)
        if self._failure is not None or self._task.done():
            await self._end(self._task)

    async def stop(self) -> None:
        """Stop the application and wait until it has ended.

        Raises:
            LifespanFailed: It said that it cannot stop, and raised nothing.
            Exception: What it raised since it was ready.
        """
        if self._task is None:
            return
        self._answered.clear()
        await self._end(self._task)

    async def _run(self) -> None:
        await self._app(self._scope, self._receive, self._send)

    async def _phase_answered(self, task: asyncio.Task[None]) -> None:
        task.add_done_callback(lambda _: self._answered.set())
        await self._answered.wait()

    async def _end(self, task: asyncio.Task[None]) -> None:
        self._task = None
        # One that failed may still wait for the end before it returns.
        self._stopping.set()
        await asyncio.wait([task])
        error = task.exception()
        if error is not None and (self._phase or isinstance(error, ASGIViolation)):
            raise error
        if self._failure is not None:
            raise self._failure

    async def _receive(self) -> Message:
        if not self._phase:
            self._phase = "startup"
        elif self._phase == "startup":
            await self._stopping.wait()
            self._phase = "shutdown"
        else:
            raise ASGIViolation(
                "the application received once more after 'lifespan.shutdown', which "
                "is the last message."
            )
        return {"type": f"lifespan.{self._phase}"}

    async def _send(self, message: Message) -> None:
        kind = message.get("type")
        complete, failed = _ANSWERS.get(self._phase, ("", ""))
        if self._answered.is_set() or kind not in (complete, failed):
            raise ASGIViolation(
                f"the application sent {kind!r} in its lifespan, at the wrong place: "
                "each of 'lifespan.startup' and 'lifespan.shutdown' is answered once, "
                "by the same with '.complete' or '.failed'."
            )
        if kind == failed:
            self._failure = LifespanFailed(self._phase, message.get("message", ""))
        self._answered.set()
