"""One WebSocket connection, from the server's side."""

import asyncio
from typing import Any

import pytest

from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.testing import websocket_exchange as exchange_module
from restlette.testing.errors import ASGIViolation, ClientGone
from restlette.testing.websocket_exchange import WebSocketExchange
from tests.testing.apps import echo, raising, sending

ACCEPT: Message = {"type": "websocket.accept"}
GONE: Message = {"type": "websocket.disconnect", "code": 1001, "reason": ""}


def close(**more: Any) -> Message:
    return {"type": "websocket.close", **more}


def say(**content: Any) -> Message:
    return {"type": "websocket.send", **content}


def deny(kind: str, **more: Any) -> Message:
    return {"type": f"websocket.http.response.{kind}", **more}


def converse(app: ASGIApp) -> tuple[list[Message], Exception | None]:
    """Let an application say all it has to say; give that and what it raised."""

    async def main() -> tuple[list[Message], Exception | None]:
        exchange = WebSocketExchange(["chat"])
        exchange.open(app, {"type": "websocket"})
        while not exchange.ended:
            await exchange.news()
            exchange_seen.extend(exchange.outbox)
            exchange.outbox.clear()
        error = await exchange.settle()
        assert await exchange.settle() is None
        return exchange_seen, error

    exchange_seen: list[Message] = []
    return asyncio.run(main())


CONVERSATIONS = [
    pytest.param([close()], id="refused"),
    pytest.param([close(code=3000, reason="full")], id="refused with a code"),
    pytest.param([ACCEPT, close()], id="accepted and closed"),
    pytest.param([{**ACCEPT, "subprotocol": "chat"}], id="subprotocol"),
    pytest.param([{**ACCEPT, "subprotocol": None}], id="no subprotocol"),
    pytest.param([ACCEPT, say(text="a"), say(bytes=b"a")], id="text and bytes"),
    pytest.param([ACCEPT, say(text="", bytes=None)], id="the other is None"),
    pytest.param([ACCEPT, say(text=None, bytes=b"")], id="the first is None"),
    pytest.param([ACCEPT, close(code=1014, reason=None)], id="reason None"),
    pytest.param([ACCEPT, close(code=4999, reason="x" * 123)], id="long reason"),
]


@pytest.mark.parametrize("messages", CONVERSATIONS)
def test_what_is_allowed_arrives(messages: list[Message]) -> None:
    """As it was sent."""
    assert converse(sending(*messages)) == (messages, None)


VIOLATIONS = [
    pytest.param([], "without a whole answer", id="nothing"),
    pytest.param([say(text="a")], "was connecting", id="sent before accepting"),
    pytest.param([ACCEPT, ACCEPT], "was open", id="accepted twice"),
    pytest.param([close(), close()], "was closed", id="closed twice"),
    pytest.param(
        [ACCEPT, close(), say(text="")], "was closed", id="sent after closing"
    ),
    pytest.param([{}], "sent None", id="no type"),
    pytest.param(
        [{**ACCEPT, "subprotocol": "other"}], "client did not offer", id="subprotocol"
    ),
    pytest.param([ACCEPT, close(code=1005)], "code 1005", id="code 1005"),
    pytest.param([ACCEPT, close(code=999)], "code 999", id="code 999"),
    pytest.param([ACCEPT, close(code=5000)], "code 5000", id="code 5000"),
    pytest.param([ACCEPT, close(code="1000")], "code '1000'", id="str code"),
    pytest.param([close(reason="x" * 124)], "more than 123 bytes", id="reason"),
    pytest.param([ACCEPT, say()], "text NoneType and bytes NoneType", id="empty"),
    pytest.param([ACCEPT, say(text=b"a")], "text bytes", id="bytes as text"),
    pytest.param([ACCEPT, say(bytes="a")], "bytes str", id="text as bytes"),
    pytest.param([ACCEPT, say(text="a", bytes=b"a")], "one of them", id="both"),
    pytest.param([deny("start", status=403)], "without a whole answer", id="no end"),
    pytest.param([deny("start", status=403), ACCEPT], "was denying", id="denied, open"),
    pytest.param([deny("start", status=99)], "status 99", id="denied with 99"),
    pytest.param(
        [ACCEPT, deny("start", status=403)], "was open", id="denied when open"
    ),
    pytest.param([{"type": "http.response.start"}], "was connecting", id="HTTP"),
]


@pytest.mark.parametrize("messages, match", VIOLATIONS)
def test_what_asgi_or_websockets_forbid_is_raised(messages: Any, match: str) -> None:
    """The error says what the application did and what is right."""
    with pytest.raises(ASGIViolation, match=match):
        converse(sending(*messages))


def test_the_first_violation_is_raised_though_it_was_caught() -> None:
    """An error boundary does not hide it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in (say(text="a"), say(bytes=b"a")):
            try:
                await send(message)
            except ASGIViolation:
                pass
        await send(close())

    with pytest.raises(ASGIViolation, match=r"websocket\.send"):
        converse(app)


def test_a_denial_is_an_http_answer() -> None:
    """ASGI, "WebSocket Denial Response"."""

    async def main() -> None:
        app = sending(
            deny("start", status=403, headers=[(b"a", b"b")]),
            deny("body", body=b"no", more_body=True),
            deny("body", body=b"pe"),
        )
        exchange = WebSocketExchange([])
        exchange.open(app, {})
        await exchange.news()
        assert [m["type"] for m in exchange.outbox] == ["websocket.http.response"]
        assert exchange.denial.status == 403
        assert exchange.denial.fields == [(b"a", b"b")]
        assert exchange.denial.content == b"nope"
        assert exchange.state == "closed"
        assert await exchange.settle() is None

    asyncio.run(main())


def test_what_is_delivered_is_received_in_order() -> None:
    """The connection first, the end again and again."""
    seen: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(await receive())
        await send(ACCEPT)
        for _ in range(4):
            seen.append(await receive())

    async def main() -> None:
        exchange = WebSocketExchange([])
        exchange.open(app, {})
        await exchange.news()
        for text in "ab":
            await exchange.deliver({"type": "websocket.receive", "text": text})
        await exchange.deliver(GONE)
        assert await exchange.settle() is None

    asyncio.run(main())
    assert seen == [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "a"},
        {"type": "websocket.receive", "text": "b"},
        GONE,
        GONE,
    ]


def test_an_application_that_closed_is_told_that_it_is_closed() -> None:
    """With its own code."""
    seen: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send(close(code=4000, reason="bye"))
        seen.append(await receive())

    converse(app)
    assert seen == [{"type": "websocket.disconnect", "code": 4000, "reason": "bye"}]


def test_what_the_application_raises_is_given() -> None:
    """For its caller to judge."""
    exc = KeyError("book")
    assert converse(raising(exc, ACCEPT)) == ([ACCEPT], exc)


def after_the_client_went(app: ASGIApp) -> Exception | None:
    async def main() -> Exception | None:
        exchange = WebSocketExchange([])
        exchange.open(app, {})
        await exchange.deliver(GONE)
        return await exchange.settle()

    return asyncio.run(main())


def test_sending_to_nobody_is_an_os_error() -> None:
    """ASGI 2.4; an application that lets it through has done nothing wrong."""
    errors: list[type[BaseException]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0)
        try:
            await send(ACCEPT)
        except OSError as exc:
            errors.append(type(exc))
            raise

    assert after_the_client_went(app) is None
    assert errors == [ClientGone]


def test_an_application_without_a_client_need_not_answer() -> None:
    """The handshake was never awaited to its end."""
    assert after_the_client_went(echo) is None


def test_an_application_that_stays_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a time of grace."""
    monkeypatch.setattr(exchange_module, "DISCONNECT_GRACE", 0.01)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(3600)

    assert after_the_client_went(app) is None


def test_what_is_no_exception_of_an_application_is_not_kept_back() -> None:
    """`pytest.fail` inside an application fails the test."""
    with pytest.raises(pytest.fail.Exception, match="here"):
        converse(raising(pytest.fail.Exception("here"), ACCEPT))
