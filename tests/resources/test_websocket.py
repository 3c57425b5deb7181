"""WebSocketEndpoint against a server that plays a script, message by message."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from restlette.http import websocket as http_websocket
from restlette.http.errors import WebSocketException
from restlette.http.websocket import WebSocket, WebSocketDisconnect
from restlette.resources.websocket import WebSocketEndpoint

CONNECT = {"type": "websocket.connect"}
ACCEPT = {"type": "websocket.accept", "subprotocol": None, "headers": []}
SCOPE = {"type": "websocket", "path": "/feed", "headers": []}

TEXT_WANTED = "a text message was expected"
BYTES_WANTED = "a binary message was expected"
NOT_JSON = "the message is not JSON"


def text(content: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": content}


def binary(content: bytes) -> dict[str, Any]:
    return {"type": "websocket.receive", "bytes": content}


def gone(code: int = 1001) -> dict[str, Any]:
    return {"type": "websocket.disconnect", "code": code}


def closing(code: int, reason: str = "") -> dict[str, Any]:
    return {"type": "websocket.close", "code": code, "reason": reason}


def sending(**content: Any) -> dict[str, Any]:
    return {"type": "websocket.send", **content}


class Server:
    """The server's side: gives the script's messages, keeps what is sent."""

    def __init__(self, *script: dict[str, Any]) -> None:
        self.script = [CONNECT, *script]
        self.sent: list[Any] = []

    async def receive(self) -> Any:
        if not self.script:
            await asyncio.Event().wait()
        return self.script.pop(0)

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def serve(self, application: Any, **scope: Any) -> None:
        await application({**SCOPE, **scope}, self.receive, self.send)


def converse(application: Any, *script: dict[str, Any]) -> list[Any]:
    """Give what the server saw of a conversation."""
    server = Server(*script)
    asyncio.run(server.serve(application))
    return server.sent


class Log(WebSocketEndpoint):
    """Keeps what its methods are called with, for all conversations."""

    log: list[Any]

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        self.log.append(data)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.log.append(close_code)


class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await websocket.send_text(data)


# The course of a conversation ---------------------------------------------------------


def test_endpoint_as_it_comes_accepts_and_listens() -> None:
    """Without methods it takes messages and says nothing."""
    assert converse(WebSocketEndpoint(), text("a"), binary(b"b"), gone()) == [ACCEPT]


def test_echo() -> None:
    """The example that every documentation begins with."""
    sent = converse(Echo(), text("a"), text("b"), gone())
    assert sent == [ACCEPT, sending(text="a"), sending(text="b")]


def test_awaited_as_the_ancestors() -> None:
    """`await Endpoint(scope, receive, send)`; the three are attributes."""
    server = Server(text("a"), gone())

    async def main() -> Echo:
        endpoint = Echo(dict(SCOPE), server.receive, server.send)
        await endpoint
        return endpoint

    endpoint = asyncio.run(main())
    assert server.sent == [ACCEPT, sending(text="a")]
    assert endpoint.scope == SCOPE
    assert (endpoint.receive, endpoint.send) == (server.receive, server.send)


def test_awaited_without_a_connection() -> None:
    """The error says how it is done."""

    async def main() -> None:
        await Echo()

    with pytest.raises(TypeError, match=r"await Echo\(scope, receive, send\)"):
        asyncio.run(main())


def test_made_of_less_than_a_connection() -> None:
    """The positional arguments are three."""
    with pytest.raises(TypeError, match=r"missing .* 'receive' and 'send'"):
        Echo(dict(SCOPE))


def test_dependencies_are_keyword_arguments() -> None:
    """As they are of a resource that speaks HTTP."""
    with pytest.raises(TypeError, match="log"):
        Log()
    log: list[Any] = []
    converse(Log(log=log), text("a"), gone(4000))
    assert log == ["a", 4000]


def test_instance_is_not_shared_by_conversations() -> None:
    """Each gets a copy, with the same dependencies."""
    log: list[Any] = []

    class Naming(Log):
        name = "nobody"

        async def on_receive(self, websocket: WebSocket, data: str) -> None:
            self.log.append((self.name, data))
            self.name = data

    naming = Naming(log=log)
    for _ in range(2):
        converse(naming, text("a"), text("b"), gone())
    assert naming.name == "nobody"
    assert log == 2 * [("nobody", "a"), ("a", "b"), 1001]


def test_ws_99_http_is_answered_426() -> None:
    """RFC 9110 §15.5.22: the answer names the protocol that would do."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/feed", "headers": []}
    asyncio.run(Echo()(scope, Server().receive, send))
    assert sent[0]["status"] == 426
    fields = dict(sent[0]["headers"])
    assert fields[b"upgrade"] == b"websocket"
    assert fields[b"connection"] == b"Upgrade"
    assert fields[b"content-type"] == b"application/problem+json"


def test_lifespan_is_not_supported() -> None:
    """A TypeError, which servers take as "no lifespan"."""
    with pytest.raises(TypeError, match="'lifespan'"):
        asyncio.run(Server().serve(Echo(), type="lifespan"))


# What on_receive gets -----------------------------------------------------------------


def encoded(encoding: str | None, base: type[Log] = Log, **members: Any) -> type[Log]:
    return type("Encoded", (base,), {"encoding": encoding, **members})


@pytest.mark.parametrize(
    "encoding, message, data",
    [
        (None, text("a"), "a"),
        (None, text(""), ""),
        (None, binary(b"a"), b"a"),
        (None, binary(b"") | {"text": None}, b""),
        ("text", text("a"), "a"),
        ("bytes", binary(b"a"), b"a"),
        ("json", text('{"a": 1}'), {"a": 1}),
        ("json", binary(b"[1]"), [1]),
    ],
)
def test_encoding_says_what_on_receive_gets(
    encoding: str | None, message: dict[str, Any], data: Any
) -> None:
    """JSON comes from text and from bytes."""
    log: list[Any] = []
    assert converse(encoded(encoding)(log=log), message, gone()) == [ACCEPT]
    assert log == [data, 1001]


MISFITS: list[tuple[str, str | None, dict[str, Any], int, str]] = [
    ("binary in text", "text", binary(b"a"), 1003, TEXT_WANTED),
    ("text in bytes", "bytes", text("a"), 1003, BYTES_WANTED),
    ("neither", None, {"type": "websocket.receive"}, 1003, BYTES_WANTED),
    ("bad json", "json", text("{"), 1007, NOT_JSON),
    ("empty frame", "json", text(""), 1007, NOT_JSON),
    ("invalid utf-8", "json", binary(b'"\xff"'), 1007, NOT_JSON),
    ("depth 100k", "json", text("[" * 100_000), 1007, NOT_JSON),
]


@pytest.mark.parametrize(
    "encoding, message, code, reason",
    [row[1:] for row in MISFITS],
    ids=["ws-95-" + row[0] for row in MISFITS],
)
def test_message_that_does_not_fit_ends_the_conversation(
    encoding: str | None, message: dict[str, Any], code: int, reason: str
) -> None:
    """It closes with the code that says why, and raises nothing."""
    log: list[Any] = []
    sent = converse(encoded(encoding)(log=log), message)
    assert sent == [ACCEPT, closing(code, reason)]
    assert log == [code]


@pytest.mark.parametrize(
    "encoding, message",
    [
        pytest.param("text", text("é" * 6), id="ws-96-text"),
        pytest.param("bytes", binary(b"a" * 11), id="ws-96-bytes"),
        pytest.param("json", text('"' + "a" * 10), id="ws-96-json"),
        pytest.param(None, binary(b"a" * 11), id="ws-96-any"),
    ],
)
def test_message_above_the_limit_ends_the_conversation(
    encoding: str, message: dict[str, Any]
) -> None:
    """1009; the limit is that of the WebSocket, which a router makes."""
    log: list[Any] = []
    server = Server(message)
    websocket = WebSocket(dict(SCOPE), server.receive, server.send, max_message_size=10)
    endpoint = encoded(encoding)(log=log)
    asyncio.run(http_websocket.converse(websocket, endpoint.dispatch))
    assert server.sent == [ACCEPT, closing(1009, "the limit is 10 bytes")]
    assert log == [1009]


def test_limit_is_1_mib_by_default() -> None:
    """As everywhere."""
    mib = b"a" * (1 << 20)
    assert converse(Log(log=[]), binary(mib), gone()) == [ACCEPT]
    assert converse(Log(log=[]), binary(mib + b"a"))[1]["code"] == 1009


@pytest.mark.parametrize("encoding", ["text", "bytes", "json", None])
def test_decode_may_be_overridden(encoding: str | None) -> None:
    """It gets the message; what it gives is what on_receive gets."""

    async def decode(self: Any, websocket: WebSocket, message: Any) -> Any:
        if message["text"] == "?":
            raise WebSocketException(1007, "no question")
        return message["text"].upper()

    log: list[Any] = []
    endpoint = encoded(encoding, decode=decode)(log=log)
    assert converse(endpoint, text("a"), text("?")) == [
        ACCEPT,
        closing(1007, "no question"),
    ]
    assert log == ["A", 1007]


@pytest.mark.parametrize(
    "encoding, message", [("text", text("a")), ("bytes", binary(b"a"))]
)
def test_decode_may_be_extended(encoding: str, message: dict[str, Any]) -> None:
    """`super().decode` decodes as the encoding says."""

    class Extended(Log):
        async def decode(self, websocket: WebSocket, message: Any) -> Any:
            return [await super().decode(websocket, message)]

    log: list[Any] = []
    converse(encoded(encoding, Extended)(log=log), message, gone())
    assert log[0] in (["a"], [b"a"])


# How it ends --------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["text", None])
def test_own_close_ends_the_conversation(encoding: str | None) -> None:
    """Nothing more is received, and on_disconnect gets its code."""

    class Hasty(Log):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.close(4000)

    log: list[Any] = []
    sent = converse(encoded(encoding, Hasty)(log=log), text("a"), text("b"))
    assert sent == [ACCEPT, closing(4000)]
    assert log == [4000]


def test_close_by_another_task_ends_the_conversation() -> None:
    """What is still under way then is not taken for a message to answer."""
    server = Server(gone(1005))
    log: list[Any] = []

    class Watched(Log):
        async def decode(self, websocket: WebSocket, message: Any) -> Any:
            raise AssertionError("the disconnect has nothing to decode")

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            self.watch = asyncio.ensure_future(websocket.close(4000))

    async def receive() -> Any:
        await asyncio.sleep(0)
        return await Server.receive(server)

    asyncio.run(Watched(log=log)(dict(SCOPE), receive, server.send))
    assert server.sent == [ACCEPT, closing(4000)]
    assert log == [4000]


def test_on_connect_may_refuse() -> None:
    """`close()` before `accept()` refuses the handshake."""

    class Closed(Log):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.close(1008)

    log: list[Any] = []
    assert converse(Closed(log=log)) == [closing(1008)]
    assert log == [1008]


@pytest.mark.parametrize("receives", [False, True])
def test_on_connect_has_to_decide(receives: bool) -> None:
    """Neither `accept()` nor `close()` would leave the client waiting."""

    class Undecided(Log):
        async def on_connect(self, websocket: WebSocket) -> None:
            if receives:
                await websocket.receive()

    log: list[Any] = []
    with pytest.raises(RuntimeError, match=r"Undecided\.on_connect has to end with"):
        converse(Undecided(log=log))
    assert log == []


def test_ws_97_client_that_leaves_during_accept() -> None:
    """Nothing was connected, so that nothing is disconnected."""
    server = Server()
    server.script = [gone()]
    log: list[Any] = []
    asyncio.run(server.serve(Log(log=log)))
    assert server.sent == log == []


def test_ws_97_client_that_leaves_during_accept_may_be_caught() -> None:
    """An on_connect that goes on without a client is no mistake."""

    class Calm(Log):
        async def on_connect(self, websocket: WebSocket) -> None:
            with pytest.raises(WebSocketDisconnect):
                await websocket.accept()

    server = Server()
    server.script = [gone(1006)]
    log: list[Any] = []
    asyncio.run(server.serve(Calm(log=log)))
    assert server.sent == []
    assert log == [1006]


def test_on_disconnect_may_pass_the_code_on() -> None:
    """The ancestor's idiom `close(code=close_code)` does nothing after the end."""

    class Polite(WebSocketEndpoint):
        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            await websocket.close(code=close_code)

    assert converse(Polite(), gone(1006)) == [ACCEPT]


def test_on_disconnect_may_close_after_an_error() -> None:
    """It runs before the connection is closed with 1011."""

    class Sorry(WebSocketEndpoint):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            raise KeyError

        async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
            await websocket.send_text("sorry")
            await websocket.close(close_code, "broken")

    server = Server(text("a"))
    with pytest.raises(KeyError):
        asyncio.run(server.serve(Sorry()))
    assert server.sent == [ACCEPT, sending(text="sorry"), closing(1011, "broken")]


@pytest.mark.parametrize("encoding", ["text", None])
@pytest.mark.parametrize("exc", [KeyError("x"), WebSocketDisconnect(1006)])
def test_ws_97_on_receive_raises(encoding: str | None, exc: Exception) -> None:
    """1011, and raised again; another connection's disconnect is an error too."""

    class Broken(Log):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            raise exc

    log: list[Any] = []
    server = Server(text("a"))
    with pytest.raises(type(exc)):
        asyncio.run(server.serve(encoded(encoding, Broken)(log=log)))
    assert server.sent == [ACCEPT, closing(1011)]
    assert log == [1011]


def test_websocket_exception_closes_with_its_code() -> None:
    """It is no error of the application."""

    class Members(Log):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            raise WebSocketException(4003, "members only")

    log: list[Any] = []
    assert converse(Members(log=log), text("a")) == [
        ACCEPT,
        closing(4003, "members only"),
    ]
    assert log == [4003]


def test_ws_97_send_to_a_client_that_left() -> None:
    """A connection that breaks while something is sent ends with 1006."""

    class Pushing(Log):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.send_text("news")

    server = Server(text("a"))
    log: list[Any] = []

    async def send(message: Any) -> None:
        if message["type"] == "websocket.send":
            raise OSError("gone")

    asyncio.run(Pushing(log=log)(dict(SCOPE), server.receive, send))
    assert log == [1006]


def test_cancelled_conversation_is_disconnected() -> None:
    """A server that shuts down cancels; on_disconnect still runs, with 1001."""
    log: list[Any] = []
    server = Server()

    async def main() -> None:
        task = asyncio.ensure_future(server.serve(Log(log=log)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert server.sent == [ACCEPT]
    assert log == [1001]


# Making a class -----------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["xml", "", "TEXT", 3])
def test_unknown_encoding_is_refused(encoding: Any) -> None:
    """When the class is made, with what would do."""
    with pytest.raises(ValueError, match=r"Encoded\.encoding is .*: write 'text'"):
        encoded(encoding)


@pytest.mark.parametrize("name", ["on_connect", "on_receive", "on_disconnect"])
def test_plain_function_is_refused(name: str) -> None:
    """When the class is made, with the remedy."""

    def plain(self: Any, *args: Any) -> None:
        """Does not await."""

    with pytest.raises(TypeError, match=rf"write `async def {name}\(\.\.\.\)`"):
        encoded("text", **{name: plain})


@pytest.mark.parametrize("hook", [None, "text", str])
def test_what_is_no_function_is_refused(hook: Any) -> None:
    """An attribute that takes a method's place."""
    with pytest.raises(TypeError, match="decode is not a coroutine function"):
        encoded("text", decode=hook)


def test_plain_function_of_a_mixin_is_refused() -> None:
    """It does not matter where the method comes from."""

    class Mixin:
        def on_receive(self, websocket: WebSocket, data: Any) -> None:
            """Does not await."""

    with pytest.raises(TypeError, match=r"Mixed\.on_receive is not a coroutine"):
        type("Mixed", (Mixin, WebSocketEndpoint), {})


def test_decorated_method_is_taken() -> None:
    """A plain function around a coroutine function gives a coroutine all the same."""

    def twice(
        function: Callable[..., Awaitable[None]],
    ) -> Callable[..., Awaitable[None]]:
        @functools.wraps(function)
        def wrapper(self: Any, websocket: WebSocket, data: str) -> Awaitable[None]:
            return function(self, websocket, 2 * data)

        return wrapper

    class Twice(Log):
        encoding = "text"

        @twice
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            self.log.append(data)

    log: list[Any] = []
    converse(Twice(log=log), text("a"), gone())
    assert log == ["aa", 1001]


def test_many_messages_leave_nothing_behind() -> None:
    """A conversation of 10,000 messages is a loop."""

    def messages() -> Iterable[dict[str, Any]]:
        for number in range(10_000):
            yield text(str(number))
        yield gone()

    script = iter([CONNECT, *messages()])
    count = 0

    async def receive() -> Any:
        return next(script)

    async def send(message: Any) -> None:
        nonlocal count
        count += 1

    asyncio.run(Echo()(dict(SCOPE), receive, send))
    assert count == 10_001
