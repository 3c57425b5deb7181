"""A WebSocket connection as a test holds it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.http.websocket import WebSocketDisconnect
from restlette.testing.errors import ASGIViolation
from restlette.testing.loop import Loop
from restlette.testing.response import HTTPStatusError, TestResponse
from restlette.testing.scope import Origin, Target, websocket_scope
from restlette.testing.websocket import (
    AsyncWebSocketTestSession,
    WebSocketDenialResponse,
    WebSocketTestSession,
)
from tests.testing.apps import echo, raising, sending

ACCEPT = {"type": "websocket.accept"}

Talk = Callable[[AsyncWebSocketTestSession], Awaitable[Any]]


def session(
    app: ASGIApp, *, raises: bool = True, timeout: float = 5.0
) -> AsyncWebSocketTestSession:
    scope = websocket_scope(
        Origin.from_url("ws://testserver"),
        Target.from_path("/feed"),
        [],
        subprotocols=["a", "b"],
        client=None,
        root_path="",
        state={},
    )
    return AsyncWebSocketTestSession(
        app, scope, timeout=timeout, raise_server_exceptions=raises
    )


def talk(app: ASGIApp, to: Talk, **options: Any) -> Any:
    async def main() -> Any:
        async with session(app, **options) as websocket:
            return await to(websocket)

    return asyncio.run(main())


async def nothing(websocket: AsyncWebSocketTestSession) -> None:
    pass


def test_messages_go_both_ways() -> None:
    """Text, bytes and JSON in both kinds."""

    async def conversation(websocket: AsyncWebSocketTestSession) -> list[Any]:
        await websocket.send_text("\u00e9")
        await websocket.send_bytes(b"\xff")
        await websocket.send_json({"a": 1})
        await websocket.send_json([2], mode="binary")
        await websocket.send({"type": "websocket.receive", "text": "raw"})
        return [
            await websocket.receive_text(),
            await websocket.receive_bytes(),
            await websocket.receive_json(),
            await websocket.receive_json(mode="binary"),
            await websocket.receive(),
        ]

    assert talk(echo, conversation) == [
        "\u00e9",
        b"\xff",
        {"a": 1},
        [2],
        {"type": "websocket.send", "text": "raw"},
    ]


def test_the_handshake_s_answer_is_seen() -> None:
    """The subprotocol and the header fields."""
    accept = {**ACCEPT, "subprotocol": "b", "headers": [(b"x-a", b"1")]}

    async def look(websocket: AsyncWebSocketTestSession) -> None:
        assert websocket.accepted_subprotocol == "b"
        assert websocket.extra_headers == [(b"x-a", b"1")]
        assert websocket.headers["X-A"] == "1"

    talk(sending(accept), look)


def test_a_message_of_the_other_kind_is_an_error() -> None:
    """It says what came."""

    async def conversation(websocket: AsyncWebSocketTestSession) -> None:
        await websocket.send_bytes(b"a")
        with pytest.raises(TypeError, match=r"text message was awaited, and .*b'a'"):
            await websocket.receive_text()
        await websocket.send_text("a")
        with pytest.raises(TypeError, match=r"binary message was awaited, and .*'a'"):
            await websocket.receive_bytes()

    talk(echo, conversation)


def test_a_mode_is_text_or_binary() -> None:
    """Any other is an error at once."""

    async def conversation(websocket: AsyncWebSocketTestSession) -> None:
        with pytest.raises(ValueError, match="not 'bytes'"):
            await websocket.send_json({}, mode="bytes")
        with pytest.raises(ValueError, match="not 'bytes'"):
            await websocket.receive_json(mode="bytes")

    talk(echo, conversation)


def test_nobody_waits_for_ever() -> None:
    """Each wait has its limit; so has the handshake."""

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    async def conversation(websocket: AsyncWebSocketTestSession) -> None:
        with pytest.raises(TimeoutError, match=r"sent nothing for 0\.01 seconds"):
            await websocket.receive_text(timeout=0.01)
        await websocket.send_text("still there")
        assert await websocket.receive_text() == "still there"

    talk(echo, conversation)
    with pytest.raises(TimeoutError, match=r"nothing for 0\.01 seconds"):
        talk(silent, nothing, timeout=0.01)


@pytest.mark.parametrize(
    "message, code, reason",
    [
        ({"type": "websocket.close"}, 1000, ""),
        ({"type": "websocket.close", "code": 4000, "reason": None}, 4000, ""),
        ({"type": "websocket.close", "code": 4000, "reason": "bye"}, 4000, "bye"),
    ],
)
def test_an_application_closes(message: Any, code: int, reason: str) -> None:
    """Before it accepts, or later: the same exception."""

    async def conversation(websocket: AsyncWebSocketTestSession) -> None:
        with pytest.raises(WebSocketDisconnect) as caught:
            await websocket.receive()
        assert (caught.value.code, caught.value.reason) == (code, reason)
        for again in (websocket.receive(), websocket.send_text("a")):
            with pytest.raises(WebSocketDisconnect, match="1006"):
                await again

    talk(sending(ACCEPT, message), conversation)
    with pytest.raises(WebSocketDisconnect) as caught:
        talk(sending(message), nothing)
    assert (caught.value.code, caught.value.reason) == (code, reason)


def test_an_application_that_returns_has_closed() -> None:
    """As servers do it, with 1000."""

    async def conversation(websocket: AsyncWebSocketTestSession) -> None:
        with pytest.raises(WebSocketDisconnect) as caught:
            await websocket.receive()
        assert caught.value.code == 1000

    talk(sending(ACCEPT), conversation)


def test_an_application_denies() -> None:
    """The HTTP answer is in the exception."""
    app = sending(
        {"type": "websocket.http.response.start", "status": 401, "headers": []},
        {"type": "websocket.http.response.body", "body": b"who?"},
    )
    with pytest.raises(WebSocketDenialResponse) as caught:
        talk(app, nothing)
    assert caught.value.status_code == 401
    assert caught.value.content == b"who?"
    assert len(caught.value.headers) == 0
    assert caught.value.text == "who?"
    assert (caught.value.code, caught.value.reason) == (1006, "Unauthorized")
    assert str(caught.value) == "401 Unauthorized for /feed: who?"
    assert isinstance(caught.value, WebSocketDisconnect)
    assert isinstance(caught.value, TestResponse)
    with pytest.raises(HTTPStatusError):
        caught.value.raise_for_status()


def test_what_the_application_raises_is_raised() -> None:
    """At the handshake, where its message is awaited, or at the end."""
    exc = KeyError("book")

    async def wait(websocket: AsyncWebSocketTestSession) -> None:
        with pytest.raises(KeyError) as caught:
            await websocket.receive()
        assert caught.value is exc

    with pytest.raises(KeyError):
        talk(raising(exc), nothing)
    with pytest.raises(KeyError):
        talk(raising(exc, {"type": "websocket.close"}), nothing)
    with pytest.raises(KeyError):
        talk(raising(exc, ACCEPT), nothing)
    talk(raising(exc, ACCEPT), wait)


def test_what_is_raised_after_the_close_is_raised_at_the_end() -> None:
    """The wire says 1011 first."""

    async def wait(websocket: AsyncWebSocketTestSession) -> None:
        with pytest.raises(WebSocketDisconnect, match="1011"):
            await websocket.receive()

    app = raising(KeyError("book"), ACCEPT, {"type": "websocket.close", "code": 1011})
    with pytest.raises(KeyError):
        talk(app, wait)
    talk(app, wait, raises=False)


DENYING = {"type": "websocket.http.response.start", "status": 403, "headers": []}


def test_without_raising_the_client_sees_what_a_server_sends() -> None:
    """500 before the connection is open, 1011 after, or a connection that breaks."""

    async def wait(websocket: AsyncWebSocketTestSession) -> None:
        with pytest.raises(WebSocketDisconnect) as caught:
            await websocket.receive()
        assert caught.value.code == 1011

    talk(raising(KeyError(), ACCEPT), wait, raises=False)
    talk(raising(KeyError(), ACCEPT), nothing, raises=False)
    with pytest.raises(WebSocketDenialResponse) as denied:
        talk(raising(KeyError()), nothing, raises=False)
    assert denied.value.status_code == 500
    with pytest.raises(WebSocketDisconnect) as caught:
        talk(raising(KeyError(), DENYING), nothing, raises=False)
    assert caught.value.code == 1006


def test_a_violation_is_raised() -> None:
    """At the handshake or at the end, whatever else is said."""
    with pytest.raises(ASGIViolation, match="without a whole answer"):
        talk(sending(), nothing, raises=False)
    with pytest.raises(ASGIViolation, match="was open"):
        talk(sending(ACCEPT, ACCEPT), nothing, raises=False)


def test_closing_ends_the_application() -> None:
    """It is told why, and has time to tidy up."""
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        seen.append(await receive())
        await asyncio.sleep(0.01)
        seen.append("tidy")

    async def leave(websocket: AsyncWebSocketTestSession) -> None:
        await websocket.close(4001, "lunch")

    talk(app, leave)
    disconnect = {"type": "websocket.disconnect", "code": 4001, "reason": "lunch"}
    assert seen == [disconnect, "tidy"]


def test_a_synchronous_session_does_the_same() -> None:
    """Each method on the client's loop."""
    loop = Loop()
    inner = session(echo)
    loop.run(inner.connect())
    with WebSocketTestSession(inner, loop) as websocket:
        assert websocket.accepted_subprotocol is None
        assert websocket.extra_headers == [(b"set-cookie", b"seen=1")]
        assert websocket.headers["set-cookie"] == "seen=1"
        websocket.send_text("a")
        assert websocket.receive_text() == "a"
        websocket.send_bytes(b"a")
        assert websocket.receive_bytes() == b"a"
        websocket.send_json({"a": 1}, mode="binary")
        assert websocket.receive_json(mode="binary") == {"a": 1}
        websocket.send({"type": "websocket.receive", "text": "b"})
        assert websocket.receive() == {"type": "websocket.send", "text": "b"}
        with pytest.raises(TimeoutError):
            websocket.receive(timeout=0.01)
        websocket.close(4000, "bye")
    loop.close()
