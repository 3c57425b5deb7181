"""One WebSocket connection, from the server's side of ASGI.

The story: `WebSocketExchange` is what an application is given as `receive` and `send`.
It holds every message to ASGI's WebSocket specification and puts what the application
says into `outbox`, where a client finds it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from restlette.http.types import ASGIApp, Message, Scope
from restlette.testing.errors import ASGIViolation, ClientGone
from restlette.testing.exchange import DISCONNECT_GRACE, Exchange

__all__ = ["WebSocketExchange"]

_DENIAL = "websocket.http.response."
# RFC 6455 §7.4.1 and the registry: 1004 is reserved; 1005, 1006 and 1015 are never
# sent. §7.4.2: 3000-4999 are for libraries and applications.
_CLOSE_CODES = frozenset(range(1000, 1015)) - {1004, 1005, 1006}


class WebSocketExchange:
    """A connection, and what the application says on it.

    Args:
        subprotocols: What the client offers.

    Attributes:
        outbox: The application's messages that nobody has taken yet.
        state: "connecting", "open", "denying" (an HTTP answer has begun) or "closed",
            as the application sees it.
        denial: The HTTP answer of an application that does not want to connect.
    """

    def __init__(self, subprotocols: Sequence[str]) -> None:
        self.outbox: deque[Message] = deque()
        self.denial: Exchange = Exchange("GET")
        self._subprotocols = subprotocols
        self._inbox: deque[Message] = deque([{"type": "websocket.connect"}])
        self._mail = asyncio.Event()
        self._news = asyncio.Event()
        self.state: str = "connecting"
        self._gone = False
        self._task: asyncio.Task[None] | None = None
        self._violation: ASGIViolation | None = None

    def open(self, app: ASGIApp, scope: Scope) -> None:
        """Start the application, in a task of the running loop."""
        self._task = asyncio.create_task(self._run(app, scope))
        self._task.add_done_callback(lambda _: self._news.set())

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        await app(scope, self.receive, self.send)

    @property
    def ended(self) -> bool:
        """Whether the application has returned, or raised."""
        return self._task is None or self._task.done()

    async def news(self) -> None:
        """Wait until the application has sent something or has ended."""
        while not (self.outbox or self.ended):
            self._news.clear()
            await self._news.wait()

    async def deliver(self, message: Message) -> None:
        """Send a message to the application, which may then run for a step.

        Args:
            message: A message of type `websocket.receive` or `websocket.disconnect`.
        """
        if message["type"] == "websocket.disconnect":
            self._gone = True
        self._inbox.append(message)
        self._mail.set()
        await asyncio.sleep(0)

    async def settle(self) -> Exception | None:
        """Wait for the application to end, and cancel one that does not.

        Returns:
            What it raised, other than that the client was gone.

        Raises:
            ASGIViolation: It broke the rules.
        """
        task, self._task = self._task, None
        if task is None:
            return None
        await asyncio.wait([task], timeout=DISCONNECT_GRACE)
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
        error = None if task.cancelled() else task.exception()
        unanswered = self.state in ("connecting", "denying") and not self._gone
        if unanswered and error is None and not task.cancelled():
            self._violated(
                "returned without a whole answer to 'websocket.connect': it sends "
                "'websocket.accept' or 'websocket.close'."
            )
        if self._violation is not None:
            raise self._violation from error
        if error is None or isinstance(error, ClientGone):
            return None
        if not isinstance(error, Exception):
            raise error
        return error

    async def receive(self) -> Message:
        """Give the next message to the application; at the end, the last one again."""
        while not self._inbox:
            self._mail.clear()
            await self._mail.wait()
        if self._inbox[0]["type"] == "websocket.disconnect":
            return self._inbox[0]
        return self._inbox.popleft()

    async def send(self, message: Message) -> None:
        """Take a message from the application.

        Raises:
            ClientGone: The client went away.
            ASGIViolation: The message is wrong, or wrong at this place.
        """
        kind = message.get("type")
        if self._gone:
            raise ClientGone(f"{kind!r} was sent to a client that has gone away")
        if self.state == "connecting" and kind == "websocket.accept":
            self._accept(message)
        elif self.state in ("connecting", "open") and kind == "websocket.close":
            self._close(message)
        elif self.state == "open" and kind == "websocket.send":
            self._check_content(message)
        elif self.state in ("connecting", "denying") and str(kind).startswith(_DENIAL):
            await self._deny({**message, "type": str(kind).removeprefix("websocket.")})
            return
        else:
            raise self._violated(
                f"sent {kind!r} while the connection was {self.state}: it accepts or "
                "closes one that is connecting, sends or closes on an open one, and is "
                "silent on a closed one."
            )
        self.outbox.append(message)
        self._news.set()

    def _accept(self, message: Message) -> None:
        subprotocol = message.get("subprotocol")
        # RFC 6455 §4.2.2: the server's subprotocol is one of those that the client
        # offered, or there is none.
        if subprotocol is not None and subprotocol not in self._subprotocols:
            raise self._violated(
                f"accepted the subprotocol {subprotocol!r}, which the client did not "
                "offer (RFC 6455 §4.2.2)."
            )
        self.state = "open"

    def _close(self, message: Message) -> None:
        code = message.get("code", 1000)
        reason = message.get("reason") or ""
        if not _is_close_code(code):
            raise self._violated(
                f"closed with the code {code!r}: what may be sent is 1000 to 1014 "
                "without 1004, 1005 and 1006, and 3000 to 4999 (RFC 6455 §7.4)."
            )
        # RFC 6455 §5.5: a control frame carries 125 bytes; the code takes two.
        if len(reason.encode("utf-8")) > 123:
            raise self._violated(
                "closed with a reason of more than 123 bytes (RFC 6455 §5.5)."
            )
        self.state = "closed"
        self._inbox.append(
            {"type": "websocket.disconnect", "code": code, "reason": reason}
        )
        self._mail.set()

    def _check_content(self, message: Message) -> None:
        text, data = message.get("text"), message.get("bytes")
        if isinstance(text, str) and data is None:
            return
        if isinstance(data, bytes) and text is None:
            return
        raise self._violated(
            f"sent a message with text {type(text).__name__} and bytes "
            f"{type(data).__name__}: one of them is given, of the type that it names."
        )

    async def _deny(self, message: Message) -> None:
        # ASGI, "WebSocket Denial Response": the messages are those of HTTP.
        self.state = "denying"
        try:
            await self.denial.send(message)
        except ASGIViolation as exc:
            self._violation = exc
            raise
        if self.denial.complete:
            self.state = "closed"
            self.outbox.append({"type": "websocket.http.response"})
            self._news.set()

    def _violated(self, what: str) -> ASGIViolation:
        violation = ASGIViolation(f"the application {what}")
        if self._violation is None:
            self._violation = violation
        return violation


def _is_close_code(code: Any) -> bool:
    if not isinstance(code, int):
        return False
    return code in _CLOSE_CODES or 3000 <= code <= 4999
