"""A WebSocket connection as a test holds it.

`AsyncWebSocketTestSession` speaks to the application on the caller's loop;
`WebSocketTestSession` is the same for a test that is not asynchronous.
"""

from __future__ import annotations

import asyncio
import json as jsonlib
from collections.abc import Coroutine, Mapping
from typing import Any, Self, TypeVar

from restlette.http.headers import Headers
from restlette.http.types import ASGIApp, Message
from restlette.http.websocket import WebSocketDisconnect
from restlette.testing.loop import Loop
from restlette.testing.response import TestResponse
from restlette.testing.scope import Fields
from restlette.testing.websocket_exchange import WebSocketExchange

__all__ = [
    "AsyncWebSocketTestSession",
    "WebSocketDenialResponse",
    "WebSocketTestSession",
]

T = TypeVar("T")

# Seconds that a client waits for a message, unless it is told otherwise.
TIMEOUT = 5.0


class WebSocketDenialResponse(WebSocketDisconnect, TestResponse):
    """The application answered the handshake by HTTP instead of accepting it.

    An exception that is the answer: `exc.status_code`, `exc.json()`. Its `code` is
    1006, as a client sees it without a closing handshake (RFC 6455 §7.1.5).
    """

    def __init__(
        self,
        status_code: int,
        fields: Fields,
        content: bytes,
        *,
        method: str = "GET",
        url: str = "",
        debug: Mapping[str, Any] | None = None,
    ) -> None:
        WebSocketDisconnect.__init__(self, 1006)
        TestResponse.__init__(
            self, status_code, fields, content, method=method, url=url, debug=debug
        )

    def __str__(self) -> str:
        return f"{self.status_code} {self.reason} for {self.url}: {self.text[:500]}"


class AsyncWebSocketTestSession:
    """A client's end of a WebSocket connection, for asynchronous tests.

    `async with` connects and closes.

    Args:
        app: The application.
        scope: The scope of the connection.
        timeout: Seconds to wait for each message.
        raise_server_exceptions: Whether to raise what the application raises.

    Attributes:
        accepted_subprotocol: The subprotocol that the application chose.
        extra_headers: The header fields that it accepted with, in bytes.
        headers: The same as text.
    """

    def __init__(
        self,
        app: ASGIApp,
        scope: dict[str, Any],
        *,
        timeout: float = TIMEOUT,
        raise_server_exceptions: bool = True,
    ) -> None:
        self.accepted_subprotocol: str | None = None
        self.extra_headers: Fields = []
        self.headers: Headers = Headers()
        self._app = app
        self._scope = scope
        self._timeout = timeout
        self._raising = raise_server_exceptions
        self._exchange = WebSocketExchange(scope["subprotocols"])
        self._closed = False

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def connect(self) -> None:
        """Open the connection.

        Raises:
            WebSocketDisconnect: The application closed instead of accepting.
            WebSocketDenialResponse: It answered by HTTP.
            TimeoutError: It did neither in time.
            ASGIViolation: It broke the rules.
            Exception: What it raised.
        """
        self._exchange.open(self._app, self._scope)
        try:
            message = await self._next(self._timeout)
        except BaseException:
            await self._abandon()
            raise
        if message["type"] == "websocket.accept":
            self.accepted_subprotocol = message.get("subprotocol")
            self.extra_headers = list(message.get("headers", ()))
            self.headers = Headers(raw=self.extra_headers)
            return
        self._closed = True
        error = await self._exchange.settle()
        if error is not None and self._raising:
            raise error
        if message["type"] == "websocket.http.response":
            raise WebSocketDenialResponse.of(self._exchange.denial, self._scope["path"])
        raise _disconnected(message)

    async def send(self, message: Message) -> None:
        """Send an ASGI message, of type `websocket.receive` or `websocket.disconnect`.

        Raises:
            WebSocketDisconnect: The connection was closed before.
        """
        if self._closed:
            raise WebSocketDisconnect(1006, "the connection is closed")
        await self._exchange.deliver(message)

    async def send_text(self, data: str) -> None:
        """Send a text message."""
        await self.send({"type": "websocket.receive", "text": data})

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        await self.send({"type": "websocket.receive", "bytes": data})

    async def send_json(self, data: Any, mode: str = "text") -> None:
        """Send a value as JSON.

        Args:
            data: The value.
            mode: "text" or "binary", the kind of the message.

        Raises:
            ValueError: The mode is another one.
        """
        text = jsonlib.dumps(data, separators=(",", ":"))
        if _is_text(mode):
            await self.send_text(text)
        else:
            await self.send_bytes(text.encode("utf-8"))

    async def receive(self, timeout: float | None = None) -> Message:
        """Wait for the application's next message, in the form that ASGI gives it.

        Args:
            timeout: Seconds to wait, instead of those of the session.

        Raises:
            WebSocketDisconnect: The application closed the connection.
            TimeoutError: It sent nothing in time.
            Exception: What it raised.
        """
        if self._closed:
            raise WebSocketDisconnect(1006, "the connection is closed")
        message = await self._next(self._timeout if timeout is None else timeout)
        if message["type"] == "websocket.close":
            self._closed = True
            raise _disconnected(message)
        return message

    async def receive_text(self, timeout: float | None = None) -> str:
        """Wait for a text message; otherwise as `receive`.

        Raises:
            TypeError: The message is binary.
        """
        message = await self.receive(timeout)
        text = message.get("text")
        if not isinstance(text, str):
            raise TypeError(f"a text message was awaited, and {message!r} came.")
        return text

    async def receive_bytes(self, timeout: float | None = None) -> bytes:
        """Wait for a binary message; otherwise as `receive`.

        Raises:
            TypeError: The message is text.
        """
        message = await self.receive(timeout)
        data = message.get("bytes")
        if not isinstance(data, bytes):
            raise TypeError(f"a binary message was awaited, and {message!r} came.")
        return data

    async def receive_json(
        self, mode: str = "text", timeout: float | None = None
    ) -> Any:
        """Wait for a message and read it as JSON; otherwise as `receive`.

        Args:
            mode: "text" or "binary", the kind of the message.
            timeout: Seconds to wait, instead of those of the session.

        Raises:
            TypeError: The message is of the other kind.
            ValueError: The mode is another one, or the message is no JSON.
        """
        if _is_text(mode):
            return jsonlib.loads(await self.receive_text(timeout))
        return jsonlib.loads(await self.receive_bytes(timeout))

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close the connection and wait until the application has ended.

        Args:
            code: The close code.
            reason: What the application is told about it.

        Raises:
            ASGIViolation: The application broke the rules.
            Exception: What it raised, where nobody has seen it so far.
        """
        if not self._closed:
            self._closed = True
            await self._exchange.deliver(
                {"type": "websocket.disconnect", "code": code, "reason": reason or ""}
            )
        error = await self._exchange.settle()
        if error is not None and self._raising:
            raise error

    async def _next(self, timeout: float) -> Message:
        try:
            async with asyncio.timeout(timeout):
                await self._exchange.news()
        except TimeoutError:
            raise TimeoutError(
                f"the application sent nothing for {timeout} seconds"
            ) from None
        if self._exchange.outbox:
            return self._exchange.outbox.popleft()
        return await self._last_words()

    async def _last_words(self) -> Message:
        """Say what the server would say for an application that ended silently."""
        error = await self._exchange.settle()
        if error is None:
            return {"type": "websocket.close", "code": 1000}
        if self._raising:
            self._closed = True
            raise error
        if self._exchange.state == "connecting":
            self._exchange.denial.fail()
            return {"type": "websocket.http.response"}
        # RFC 6455 §7.4.1: 1011 is for a server that met the unexpected; 1006 is what
        # a client sees where the connection just broke.
        code = 1011 if self._exchange.state == "open" else 1006
        return {"type": "websocket.close", "code": code}

    async def _abandon(self) -> None:
        if not self._closed:
            self._closed = True
            await self._exchange.deliver({"type": "websocket.disconnect", "code": 1006})
            await self._exchange.settle()


def _disconnected(message: Message) -> WebSocketDisconnect:
    return WebSocketDisconnect(message.get("code", 1000), message.get("reason") or "")


def _is_text(mode: str) -> bool:
    if mode not in ("text", "binary"):
        raise ValueError(f'the mode is "text" or "binary", not {mode!r}.')
    return mode == "text"


class WebSocketTestSession:
    """A client's end of a WebSocket connection; the connection is open.

    `with` closes it. Each method is that of `AsyncWebSocketTestSession`, and lets the
    application run while it waits.

    Args:
        session: The connection on the client's loop.
        loop: That loop.
    """

    def __init__(self, session: AsyncWebSocketTestSession, loop: Loop) -> None:
        self._session = session
        self._loop = loop

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def accepted_subprotocol(self) -> str | None:
        """The subprotocol that the application chose."""
        return self._session.accepted_subprotocol

    @property
    def extra_headers(self) -> Fields:
        """The header fields that the application accepted with, in bytes."""
        return self._session.extra_headers

    @property
    def headers(self) -> Headers:
        """The header fields that the application accepted with."""
        return self._session.headers

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(coroutine)

    def send(self, message: Message) -> None:
        """Send an ASGI message."""
        self._run(self._session.send(message))

    def send_text(self, data: str) -> None:
        """Send a text message."""
        self._run(self._session.send_text(data))

    def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        self._run(self._session.send_bytes(data))

    def send_json(self, data: Any, mode: str = "text") -> None:
        """Send a value as JSON, in a message of kind "text" or "binary"."""
        self._run(self._session.send_json(data, mode))

    def receive(self, timeout: float | None = None) -> Message:
        """Wait for the application's next message."""
        return self._run(self._session.receive(timeout))

    def receive_text(self, timeout: float | None = None) -> str:
        """Wait for a text message."""
        return self._run(self._session.receive_text(timeout))

    def receive_bytes(self, timeout: float | None = None) -> bytes:
        """Wait for a binary message."""
        return self._run(self._session.receive_bytes(timeout))

    def receive_json(self, mode: str = "text", timeout: float | None = None) -> Any:
        """Wait for a message of kind "text" or "binary" and read it as JSON."""
        return self._run(self._session.receive_json(mode, timeout))

    def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close the connection and wait until the application has ended."""
        self._run(self._session.close(code, reason))
