"""One WebSocket connection (RFC 6455), as ASGI hands it over.

The story starts with `WebSocket`: a view of the scope that can also accept, receive,
send and close. What comes from outside never raises anything but
`WebSocketDisconnect`, which says that the conversation is over and with which code:

* the peer left, or was found gone while something was sent;
* a message did not fit, and was answered with the code that says why: 1009 for a
  message above the limit, 1003 for text where bytes were expected and the reverse,
  1007 for what is not JSON or not UTF-8.

What only the application can have caused, such as sending before `accept()` or
closing twice, is a RuntimeError; a value that the protocol has no room for is a
ValueError where it is written. A connection that is not to be accepted is closed, or
denied by an answer of HTTP: `deny()`, which everything that refuses goes through.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from restlette.deferred import Deferred
from restlette.http.errors import WebSocketException
from restlette.http.headers import encode_name, encode_value
from restlette.http.json import STANDARD, InvalidJSON, JSONCodec
from restlette.http.limits import DEFAULT_LIMITS
from restlette.http.methods import is_token
from restlette.http.request import HTTPConnection
from restlette.http.response import Response
from restlette.http.types import Message, Receive, Scope, Send

if TYPE_CHECKING:
    import asyncio
else:
    asyncio = Deferred("asyncio")

__all__ = [
    "WebSocket",
    "WebSocketClose",
    "WebSocketDisconnect",
    "WebSocketDisconnected",
    "WebSocketState",
    "decode_bytes",
    "decode_data",
    "decode_json",
    "decode_text",
    "deny",
]

_T = TypeVar("_T")

# RFC 6455 §7.4.1, and what an application is told when no code came over the wire.
_NORMAL_CLOSURE = 1000
_PROTOCOL_ERROR = 1002
_UNSUPPORTED_DATA = 1003
_NO_STATUS_RECEIVED = 1005
_ABNORMAL_CLOSURE = 1006
_INVALID_PAYLOAD = 1007
_POLICY_VIOLATION = 1008
_MESSAGE_TOO_BIG = 1009

# ASGI, "Websocket Denial Response": the extension, and what its messages begin with.
_DENIAL = "websocket.http.response"
_DENIAL_START = "websocket.http.response.start"
_DENIAL_BODY = "websocket.http.response.body"


class WebSocketState(enum.Enum):
    """How far one side of the connection has come."""

    CONNECTING = 0
    CONNECTED = 1
    DISCONNECTED = 2
    RESPONSE = 3


# PERF: looking up a member on its enumeration costs more than the comparison.
_CONNECTING = WebSocketState.CONNECTING
_CONNECTED = WebSocketState.CONNECTED
_DISCONNECTED = WebSocketState.DISCONNECTED
_RESPONSE = WebSocketState.RESPONSE

# What may be sent, by how far the application has come, and what to do otherwise.
_DUE = {
    _CONNECTING: ("websocket.accept", "websocket.close", _DENIAL_START),
    _CONNECTED: ("websocket.send", "websocket.close"),
    _RESPONSE: (_DENIAL_BODY,),
    _DISCONNECTED: (),
}
_REMEDIES = {
    _CONNECTING: "call accept() or close() first.",
    _CONNECTED: "send or close; accept() was called already.",
    _RESPONSE: "an answer by HTTP has begun, and has to end.",
    _DISCONNECTED: "nothing can follow close().",
}


class WebSocketDisconnect(Exception):
    """The conversation is over.

    Args:
        code: The close code (RFC 6455 §7.4): the peer's, 1005 where the peer gave
            none, 1006 where the connection broke, or the one that a message which
            did not fit was answered with.
        reason: The reason that came with it.
    """

    def __init__(self, code: int = _NORMAL_CLOSURE, reason: str | None = None) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason: str = reason or ""

    def __str__(self) -> str:
        reason = f": {self.reason}" if self.reason else "."
        return f"the WebSocket was closed with code {self.code}{reason}"


class WebSocketDisconnected(RuntimeError):
    """The application goes on with a connection that it knows to be over.

    It received the disconnect already, or closed or denied the connection itself.
    """


async def deny(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the handshake of a WebSocket by HTTP instead of accepting it.

    Where the server offers no such answer (ASGI's extension `websocket.http.response`)
    the connection is closed, which servers answer 403.

    Args:
        response: The answer.
        scope: The ASGI scope, of type "websocket".
        receive: The ASGI receive channel.
        send: The ASGI send channel.

    Source: RFC 6455 §4.2.2, "the server MUST send an appropriate HTTP error code";
    the ASGI specification, "Websocket Denial Response".
    """
    # The key may be there with None for "no extensions".
    if _DENIAL in (scope.get("extensions") or ()):
        await response(scope, receive, send)
        # NOTE: uvicorn 0.54, with websockets, writes an error into its log for each
        # denial, unless its connection had a step of the loop to close.
        await asyncio.sleep(0)
    else:
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""})


def decode_text(message: Message) -> str:
    """Give the text of a "websocket.receive" message.

    Raises:
        WebSocketException: It holds bytes; the code is 1003.
    """
    text: str | None = message.get("text")
    if text is None:
        raise WebSocketException(_UNSUPPORTED_DATA, "a text message was expected")
    return text


def decode_bytes(message: Message) -> bytes:
    """Give the bytes of a "websocket.receive" message.

    Raises:
        WebSocketException: It holds text; the code is 1003.
    """
    data: bytes | None = message.get("bytes")
    if data is None:
        raise WebSocketException(_UNSUPPORTED_DATA, "a binary message was expected")
    return data


def decode_data(message: Message) -> str | bytes:
    """Give what a "websocket.receive" message holds, text or bytes.

    Raises:
        WebSocketException: It holds neither; the code is 1003.
    """
    text: str | None = message.get("text")
    return decode_bytes(message) if text is None else text


def decode_json(data: str | bytes, codec: JSONCodec = STANDARD) -> Any:
    """Give the value that a message's text or bytes hold as JSON (RFC 8259).

    Raises:
        WebSocketException: They are not JSON or not UTF-8; the code is 1007.
    """
    if isinstance(data, str):
        # A lone surrogate goes through, for the codec to refuse.
        data = data.encode("utf-8", "surrogatepass")
    try:
        return codec.loads(data)
    except InvalidJSON:
        # RFC 6455 §7.4.1: 1007, "data within a message that was not consistent with
        # the type of the message".
        raise WebSocketException(_INVALID_PAYLOAD, "the message is not JSON") from None


class WebSocket(HTTPConnection):
    """One WebSocket connection.

    It is accepted first, then messages go both ways, then one side closes it. A
    `receive_...` method raises WebSocketDisconnect when the conversation is over, a
    `send_...` method when the peer is gone; the `iter_...` methods end.

    Args:
        scope: The ASGI scope, of type "websocket".
        receive: The ASGI receive channel.
        send: The ASGI send channel.
        max_message_size: Bytes of the longest message that is taken; text is counted
            in UTF-8. A longer one closes with 1009. It is the second line: a server
            with a limit of its own does not even buffer such a message.

    Attributes:
        client_state: How far the client has come.
        application_state: How far this side has come.
        close_code: The code the connection was closed with, None before that; see
            `final_code`.
        close_reason: The reason that came with it.

    Raises:
        TypeError: The scope is of another type.

    Source: the ASGI specification, "HTTP & WebSocket ASGI Message Format".
    """

    codec: JSONCodec = STANDARD

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        max_message_size: int = DEFAULT_LIMITS.message,
    ) -> None:
        if scope["type"] != "websocket":
            raise TypeError(
                f"a WebSocket needs a scope of type 'websocket', not {scope['type']!r}."
            )
        super().__init__(scope, receive)
        self._send = send
        self._limit = max_message_size
        # RFC 3629 §3: a character takes four bytes at most, so that a text of this
        # many characters need not be measured.
        self._short = max_message_size // 4
        self.client_state: WebSocketState = WebSocketState.CONNECTING
        self.application_state: WebSocketState = WebSocketState.CONNECTING
        self.close_code: int | None = None
        self.close_reason: str = ""
        self._closed_here = False
        self._is_presumed = False

    @property
    def is_undecided(self) -> bool:
        """Whether it was neither accepted nor refused, and the peer is there."""
        return self.application_state is _CONNECTING and self.close_code is None

    async def accept(
        self,
        subprotocol: str | None = None,
        headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]] | None = None,
    ) -> None:
        """Accept the connection.

        Args:
            subprotocol: The subprotocol to speak, one of those that the client
                offers in `scope["subprotocols"]`. If it is not, the connection is
                refused: RFC 6455 §4.1 has the client fail it anyway.
            headers: Header fields for the answer.

        Raises:
            WebSocketDisconnect: The client is gone, or did not offer the subprotocol.
            ValueError: The subprotocol is not a token, or a header field is invalid
                or one of the protocol's own.
            RuntimeError: The connection was accepted or closed before.
        """
        # RFC 6455 §4.3: Sec-WebSocket-Protocol-Server = token
        if subprotocol is not None and not is_token(subprotocol):
            raise ValueError(f"a subprotocol is a token, not {subprotocol!r}.")
        fields = _header_fields(headers)
        if self.client_state is _CONNECTING:
            await self.receive()
        if (
            subprotocol is not None
            and self.is_undecided
            and subprotocol not in self.scope.get("subprotocols", ())
        ):
            raise await self._refuse(_PROTOCOL_ERROR, "no common subprotocol")
        await self.send(
            {
                "type": "websocket.accept",
                "subprotocol": subprotocol,
                "headers": fields,
            }
        )

    async def receive(self) -> Message:
        """Receive the next ASGI message, of whatever type.

        A message above the limit closes the connection with 1009; a
        "websocket.disconnect" message with that code is returned in its place.

        Raises:
            WebSocketDisconnected: A disconnect was received before.
            RuntimeError: The server sent a message that is not due.
        """
        if self.client_state is _DISCONNECTED:
            raise WebSocketDisconnected(
                "there is nothing to receive: the disconnect was received already."
            )
        message = await self._receive()
        if self.client_state is _CONNECTED:
            return await self._admit(message)
        if message["type"] == "websocket.connect":
            self.client_state = _CONNECTED
            return message
        return self._note_leaving(message)

    async def _admit(self, message: Message) -> Message:
        """Give a message that was received, or the disconnect it has led to."""
        if message["type"] != "websocket.receive":
            return self._note_leaving(message)
        if _fits(message, self._limit):
            return message
        gone = await self._refuse(_MESSAGE_TOO_BIG, f"the limit is {self._limit} bytes")
        return {
            "type": "websocket.disconnect",
            "code": gone.code,
            "reason": gone.reason,
        }

    def _note_leaving(self, message: Message) -> Message:
        """Take note that the peer has left."""
        if message["type"] != "websocket.disconnect":
            raise RuntimeError(
                f"the server sent {message['type']!r}, which is not due when the "
                f"client is {self.client_state.name}."
            )
        self.client_state = _DISCONNECTED
        if self.close_code is None or self._is_presumed:
            self._is_presumed = False
            # RFC 6455 §7.1.5: without a code in the Close frame it is 1005.
            self.close_code = message.get("code") or _NO_STATUS_RECEIVED
            self.close_reason = message.get("reason") or ""
        return message

    async def _refuse(self, code: int, reason: str) -> WebSocketDisconnect:
        """Close with a code for what the peer has sent; give what to raise."""
        if self.close_code is None:
            await self.close(code, reason)
            # The application has not closed it, and may still do so.
            self._closed_here = False
        self.client_state = _DISCONNECTED
        return WebSocketDisconnect(code, reason)

    async def receive_message(self) -> Message:
        """Receive a "websocket.receive" message, with "text" or "bytes".

        Raises:
            WebSocketDisconnect: The conversation is over; a message that is too long
                ends it.
            RuntimeError: The connection was not accepted.
        """
        if self.close_code is not None or self.application_state is not _CONNECTED:
            raise self._not_receiving()
        return await self._content(await self._receive())

    async def receive_text(self) -> str:
        """Receive a text message.

        Raises:
            WebSocketDisconnect: The conversation is over; a message that is binary or
                too long ends it.
            RuntimeError: The connection was not accepted.
        """
        if self.close_code is not None or self.application_state is not _CONNECTED:
            raise self._not_receiving()
        message = await self._receive()
        # PERF: nothing else is to be checked on a short text, and most are.
        text: str | None = message.get("text")
        if text is not None and len(text) <= self._short:
            return text
        return await self._decode(message, decode_text)

    async def each_text(
        self, take: Callable[[WebSocket, str], Awaitable[object]]
    ) -> None:
        """Hand every text message to a function, until the conversation is over.

        PERF: `take(self, text)` for each of `iter_text()`, with two coroutines less a
        message.

        Args:
            take: Called with the connection and the text.

        Raises:
            WebSocketDisconnect: The function raised another connection's.
            RuntimeError: The connection was not accepted.
        """
        receive, short = self._receive, self._short
        if self.application_state is _CONNECTING:
            raise self._not_receiving()
        try:
            while self.close_code is None:
                message = await receive()
                text: str | None = message.get("text")
                if text is None or len(text) > short:
                    text = await self._decode(message, decode_text)
                await take(self, text)
        except WebSocketDisconnect:
            if self.close_code is None:
                raise

    async def receive_bytes(self) -> bytes:
        """Receive a binary message.

        Raises:
            WebSocketDisconnect: The conversation is over; a message that is text or
                too long ends it.
            RuntimeError: The connection was not accepted.
        """
        if self.close_code is not None or self.application_state is not _CONNECTED:
            raise self._not_receiving()
        message = await self._receive()
        # PERF: as in receive_text.
        data: bytes | None = message.get("bytes")
        if data is not None and len(data) <= self._limit:
            return data
        return await self._decode(message, decode_bytes)

    async def receive_json(self, mode: str = "text") -> Any:
        """Receive a value as JSON.

        Args:
            mode: "text" or "binary", the kind of message that holds it.

        Raises:
            WebSocketDisconnect: The conversation is over; a message of the other
                kind, not of JSON or too long ends it.
            RuntimeError: The connection was not accepted.
            ValueError: There is no such mode.
        """
        if _is_text(mode):
            data: str | bytes = await self.receive_text()
        else:
            data = await self.receive_bytes()
        try:
            return decode_json(data, self.codec)
        except WebSocketException as exc:
            raise await self._refuse(exc.code, exc.reason) from None

    async def final_code(self) -> int:
        """Give the code that the connection was closed with, once it is over.

        Where the peer turned out to be gone while something was sent, that is 1006
        until the disconnect was received, which says more: it is received here, and
        the messages before it are dropped.

        Raises:
            RuntimeError: It is not over.
        """
        while self._is_presumed and self.client_state is _CONNECTED:
            await self.receive()
        if self.close_code is None:
            raise RuntimeError("the WebSocket is not over: there is no code yet.")
        return self.close_code

    def _not_receiving(self) -> Exception:
        if self.close_code is not None:
            return WebSocketDisconnect(self.close_code, self.close_reason)
        return RuntimeError("the WebSocket is not connected: call accept() first.")

    async def _content(self, message: Message) -> Message:
        """Give a message that has content; the others raise."""
        admitted = await self._admit(message)
        if admitted["type"] == "websocket.disconnect":
            raise self._not_receiving()
        return admitted

    async def _decode(self, message: Message, decode: Callable[[Message], _T]) -> _T:
        try:
            return decode(await self._content(message))
        except WebSocketException as exc:
            raise await self._refuse(exc.code, exc.reason) from None

    async def iter_text(self) -> AsyncGenerator[str, None]:
        """Yield text messages until the conversation is over."""
        try:
            while True:
                yield await self.receive_text()
        except WebSocketDisconnect:
            return

    async def iter_bytes(self) -> AsyncGenerator[bytes, None]:
        """Yield binary messages until the conversation is over."""
        try:
            while True:
                yield await self.receive_bytes()
        except WebSocketDisconnect:
            return

    async def iter_json(self) -> AsyncGenerator[Any, None]:
        """Yield values received as JSON in text until the conversation is over."""
        try:
            while True:
                yield await self.receive_json()
        except WebSocketDisconnect:
            return

    async def send(self, message: Message) -> None:
        """Send an ASGI message.

        Raises:
            WebSocketDisconnect: The peer is gone; to close then does nothing.
            RuntimeError: The message is not due, or this side has closed.
        """
        kind = message["type"]
        if self.close_code is not None:
            self._send_after_end(kind)
            return
        if kind != "websocket.send" or self.application_state is not _CONNECTED:
            self._step(message)
        try:
            await self._send(message)
        except OSError as exc:
            # ASGI: send() raises "a server-specific subclass of OSError" when the
            # connection is closed. Then there is nothing left to close.
            if kind != "websocket.close":
                raise self._lose() from exc

    def _step(self, message: Message) -> None:
        """Take note of what a message that is to be sent changes, if it is due."""
        kind = message["type"]
        if kind not in _DUE[self.application_state]:
            raise RuntimeError(
                f"{kind!r} is not due when the application is "
                f"{self.application_state.name}: {_REMEDIES[self.application_state]}"
            )
        if kind == "websocket.accept":
            self.application_state = _CONNECTED
        elif kind == _DENIAL_START:
            self.application_state = _RESPONSE
        elif kind == "websocket.close":
            code = message.get("code") or _NORMAL_CLOSURE
            self._end(code, message.get("reason") or "")
        elif not message.get("more_body", False):
            # RFC 6455 §7.1.5: without a Close frame the connection's code is 1006.
            self._end(_ABNORMAL_CLOSURE, "")

    def _end(self, code: int, reason: str) -> None:
        """Take note that this side has said its last word."""
        self.application_state = _DISCONNECTED
        self.close_code = code
        self.close_reason = reason
        self._closed_here = True

    def _send_after_end(self, kind: str) -> None:
        if self._closed_here:
            raise WebSocketDisconnected(
                f"{kind!r} cannot be sent: this side has closed already, "
                f"with code {self.close_code}."
            )
        if kind != "websocket.close":
            raise self._not_receiving()
        self.application_state = _DISCONNECTED

    def _lose(self) -> WebSocketDisconnect:
        """Take note that the connection broke; give what to raise."""
        self.application_state = _DISCONNECTED
        # Another task may have closed it meanwhile.
        if self.close_code is None:
            # What there is to receive may say more: a peer that is gone may have sent a
            # Close frame, and a server that ends has.
            self.close_code = _ABNORMAL_CLOSURE
            self._is_presumed = self.client_state is _CONNECTED
        return WebSocketDisconnect(_ABNORMAL_CLOSURE)

    async def send_text(self, data: str) -> None:
        """Send a text message.

        Raises:
            WebSocketDisconnect: The peer is gone.
            RuntimeError: The connection was not accepted, or this side has closed.
            TypeError: The data is not a str.
        """
        if not isinstance(data, str):
            raise TypeError(f"send_text() takes a str, not {type(data).__name__}.")
        message: Message = {"type": "websocket.send", "text": data}
        if self.close_code is None and self.application_state is _CONNECTED:
            # PERF: what send() does for such a message, without a second coroutine.
            try:
                await self._send(message)
            except OSError as exc:
                raise self._lose() from exc
        else:
            await self.send(message)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message.

        Raises:
            WebSocketDisconnect: The peer is gone.
            RuntimeError: The connection was not accepted, or this side has closed.
            TypeError: The data is not bytes.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"send_bytes() takes bytes, not {type(data).__name__}.")
        await self.send({"type": "websocket.send", "bytes": bytes(data)})

    async def send_json(self, data: Any, mode: str = "text") -> None:
        """Send a value as JSON.

        Args:
            data: The value.
            mode: "text" or "binary", the kind of message that holds it.

        Raises:
            WebSocketDisconnect: The peer is gone.
            RuntimeError: The connection was not accepted, or this side has closed.
            TypeError: The value has no form in JSON.
            ValueError: It holds NaN or itself, or there is no such mode.
        """
        as_text = _is_text(mode)
        content = self.codec.dumps(data)
        if as_text:
            await self.send_text(content.decode("utf-8"))
        else:
            await self.send_bytes(content)

    async def close(
        self, code: int = _NORMAL_CLOSURE, reason: str | None = None
    ) -> None:
        """Close the connection, or refuse it when it was not accepted yet.

        It does nothing when the peer is gone, or when a message that did not fit has
        closed the connection.

        Args:
            code: The close code (RFC 6455 §7.4).
            reason: A reason for the peer, of 123 bytes at most in UTF-8.

        Raises:
            ValueError: The code may not be sent, or the reason is too long.
            RuntimeError: This side has closed already.
        """
        reason = reason or ""
        if self.close_code is None:
            # What may be sent is known there.
            WebSocketException(code, reason)
        await self.send({"type": "websocket.close", "code": code, "reason": reason})

    async def send_denial_response(self, response: Response) -> None:
        """Answer the handshake by HTTP instead of accepting it; see `deny`.

        The code of the connection is 1006 then, as a client sees it.

        Args:
            response: The answer; its background tasks run when it was sent.

        Raises:
            WebSocketDisconnect: The client is gone.
            RuntimeError: The connection was accepted, closed or denied before.
        """
        if self.application_state is _CONNECTED:
            raise RuntimeError(
                "an answer by HTTP is not due: accept() was called already."
            )
        await deny(response, self.scope, self._receive, self.send)
        if self.application_state is _RESPONSE:
            # A stream that nobody listens to any more ends without a last message.
            raise self._lose()


class WebSocketClose:
    """An ASGI application that closes every connection, or refuses it.

    Args:
        code: The close code (RFC 6455 §7.4).
        reason: A reason for the peer, of 123 bytes at most in UTF-8.

    Raises:
        ValueError: The code may not be sent, or the reason is too long.
    """

    def __init__(self, code: int = _NORMAL_CLOSURE, reason: str | None = None) -> None:
        # What may be sent is known there.
        closing = WebSocketException(code, reason or "")
        self.code: int = closing.code
        self.reason: str = closing.reason

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection."""
        await send(
            {"type": "websocket.close", "code": self.code, "reason": self.reason}
        )


def _fits(message: Message, limit: int) -> bool:
    """Say whether a message's content is within a limit, in bytes."""
    data: bytes | None = message.get("bytes")
    if data is not None and len(data) > limit:
        return False
    text: str | None = message.get("text")
    if text is None or len(text) <= limit // 4:
        return True
    if len(text) > limit:
        return False
    return text.isascii() or len(text.encode("utf-8", "surrogatepass")) <= limit


def _is_text(mode: str) -> bool:
    if mode not in ("text", "binary"):
        raise ValueError(f"the mode is 'text' or 'binary', not {mode!r}.")
    return mode == "text"


def _header_fields(headers: Any) -> list[tuple[bytes, bytes]]:
    """Give what accept() takes as ASGI takes it, each field checked."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    fields = []
    for name, value in pairs:
        name, value = _from_latin(name), _from_latin(value)
        field = encode_name(name), encode_value(name, value)
        # The handshake is the server's (RFC 6455 §4.2.2), and ASGI has an argument
        # for the subprotocol.
        if field[0].startswith(b"sec-websocket-"):
            raise ValueError(
                f"header {name!r} is the protocol's own; a subprotocol is named by "
                "accept(subprotocol=...)."
            )
        fields.append(field)
    return fields


def _from_latin(part: str | bytes) -> str:
    return part.decode("latin-1") if isinstance(part, bytes) else part
