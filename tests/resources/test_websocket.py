"""WebSocketEndpoint against a server that plays a script, message by message."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import date
from typing import Any

import pytest
from attrs import frozen

from restlette.http.errors import (
    Forbidden,
    NotFound,
    TooManyRequests,
    Unauthorized,
    WebSocketException,
)
from restlette.http.response import PlainTextResponse, Response
from restlette.http.websocket import WebSocket, WebSocketDisconnect
from restlette.resources import conversation
from restlette.resources.boundary import Boundary
from restlette.resources.models import Invalid
from restlette.resources.router import Router
from restlette.resources.websocket import WebSocketEndpoint
from restlette.testing import TestClient
from tests.resources.sockets import (
    ACCEPT,
    CONNECT,
    SCOPE,
    Server,
    binary,
    closing,
    converse,
    gone,
    sending,
    text,
)

TEXT_WANTED = "a text message was expected"
BYTES_WANTED = "a binary message was expected"
NOT_JSON = "the message is not JSON"


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
    asyncio.run(conversation.converse(websocket, endpoint.dispatch, Boundary()))
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


@pytest.mark.parametrize("code", [1001, 1006, 1012])
def test_ws_97_send_to_a_client_that_left(code: int) -> None:
    """A connection that is over while something is sent ends with its own code.

    That comes behind what was sent before it, which nobody wants any more.
    """

    class Pushing(Log):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.send_text("news")

    server = Server(text("a"), text("b"), gone(code))
    log: list[Any] = []

    async def send(message: Any) -> None:
        if message["type"] == "websocket.send":
            raise OSError("gone")

    asyncio.run(Pushing(log=log)(dict(SCOPE), server.receive, send))
    assert log == [code]


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


# What is denied -----------------------------------------------------------------------

OFFER = {"extensions": {"websocket.http.response": {}}}


def denied(endpoint: WebSocketEndpoint, **scope: Any) -> list[Any]:
    """Give what the server saw of a handshake that it may answer by HTTP."""
    server = Server()
    asyncio.run(server.serve(endpoint, **OFFER, **scope))
    return server.sent


@pytest.mark.parametrize(
    "exc, status, field",
    [
        (Unauthorized(challenges="Bearer"), 401, (b"www-authenticate", b"Bearer")),
        (Forbidden("no"), 403, (b"vary", b"Accept")),
        (NotFound(), 404, (b"vary", b"Accept")),
        (TooManyRequests(retry_after=9), 429, (b"retry-after", b"9")),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_on_connect_denies_by_an_exception(
    exc: Exception, status: int, field: tuple[bytes, bytes]
) -> None:
    """By HTTP where the server can, else by a close, which it answers 403."""

    class Denying(Log):
        async def on_connect(self, websocket: WebSocket) -> None:
            raise exc

    log: list[Any] = []
    sent = denied(Denying(log=log))
    assert (sent[0]["status"], len(sent)) == (status, 2)
    assert field in sent[0]["headers"]
    assert converse(Denying(log=log)) == [closing(1008)]
    assert log == []


@pytest.mark.parametrize("returns", [False, True])
def test_on_connect_denies_by_a_response(returns: bool) -> None:
    """Sent or returned; what was connected is disconnected, with 1006."""

    class Denying(Log):
        async def on_connect(self, websocket: WebSocket) -> Response | None:
            response = PlainTextResponse("short and stout", status_code=418)
            if returns:
                return response
            await websocket.send_denial_response(response)
            return None

        async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
            self.log.append("streamed")
            yield "a"

    log: list[Any] = []
    sent = denied(Denying(log=log))
    assert (sent[0]["status"], sent[1]["body"]) == (418, b"short and stout")
    assert log == [1006]
    assert converse(Denying(log=log)) == [closing(1008)]
    assert log == [1006, 1008]


def test_too_many_query_parameters_deny() -> None:
    """400, like everywhere."""

    class Asking(WebSocketEndpoint):
        async def on_connect(self, websocket: WebSocket) -> None:
            assert websocket.query_params

    sent = denied(Asking(), query_string=b"a&" * 1001)
    assert sent[0]["status"] == 400


# Typed messages -----------------------------------------------------------------------


@frozen
class Wish:
    title: str
    copies: int = 1


class Wishing(Log):
    encoding = "json"

    async def on_receive(self, websocket: WebSocket, data: Wish) -> None:
        self.log.append(data)


@pytest.mark.parametrize("message", [text, lambda data: binary(data.encode())])
def test_on_receive_gets_what_its_annotation_says(message: Any) -> None:
    """From text and from bytes."""
    log: list[Any] = []
    converse(Wishing(log=log), message('{"title": "Dune", "copies": 2}'), gone())
    assert log == [Wish("Dune", 2), 1001]


@pytest.mark.parametrize(
    "content, reason",
    [
        pytest.param("{}", "/title: This is required.", id="ws-95 missing"),
        pytest.param("[]", "This must be an object.", id="ws-95 kind"),
        pytest.param(
            '{"title": 1, "copies": "many"}',
            "/title: This must be a string.; /copies: This must be an integer.",
            id="ws-95 every error",
        ),
        pytest.param(
            '{"title": "a", "\\ud800": 1}',
            "/?: There is no such field.",
            id="ws-95 surrogate",
        ),
        pytest.param(
            '{"title": "a", "%s": 1}' % ("é" * 100), "/" + "é" * 61, id="ws-95 long"
        ),
        pytest.param(
            '{"title": "a", "%s": 1}' % ("x" * 200), "/" + "x" * 122, id="ws-95 longer"
        ),
    ],
)
def test_a_message_that_does_not_fit_the_model_closes(
    content: str, reason: str
) -> None:
    """1007, with the errors, as far as a close frame has room (RFC 6455 §5.5)."""
    log: list[Any] = []
    sent = converse(Wishing(log=log), text(content))
    assert sent == [ACCEPT, closing(1007, reason)]
    assert log == [1007]


def test_on_invalid_may_go_on() -> None:
    """What it sends is the answer, and the next message is taken."""

    class Patient(Wishing):
        async def on_invalid(self, websocket: WebSocket, exc: Invalid) -> None:
            errors = [error.in_body() for error in exc.errors]
            await self.send_data(websocket, {"errors": errors})

    log: list[Any] = []
    sent = converse(Patient(log=log), text("{}"), text('{"title": "Dune"}'), gone())
    assert log == [Wish("Dune"), 1001]
    assert len(sent) == 2
    assert json.loads(sent[1]["text"])["errors"][0]["pointer"] == "#/title"


def test_decode_may_be_called_in_a_test() -> None:
    """It needs no conversation before it."""

    async def main() -> Any:
        websocket = WebSocket(dict(SCOPE), Server().receive, Server().send)
        return await Wishing(log=[]).decode(websocket, text('{"title": "Dune"}'))

    assert asyncio.run(main()) == Wish("Dune")


@pytest.mark.parametrize(
    "encoding, data, message",
    [
        ("json", Wish("Dune"), sending(text='{"title":"Dune","copies":1}')),
        ("json", "a", sending(text='"a"')),
        ("text", "a", sending(text="a")),
        ("bytes", b"a", sending(bytes=b"a")),
        (None, "a", sending(text="a")),
        (None, b"a", sending(bytes=b"a")),
    ],
)
def test_send_data_sends_what_the_encoding_says(
    encoding: str | None, data: Any, message: dict[str, Any]
) -> None:
    """The kind of message that `on_receive` gets."""

    class Sending(Log):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await self.send_data(websocket, data)

    assert converse(encoded(encoding, Sending)(log=[]), gone()) == [ACCEPT, message]


@pytest.mark.parametrize(
    "encoding, data", [("text", b"a"), ("bytes", "a"), (None, 1), ("json", object())]
)
def test_send_data_refuses_other_kinds(encoding: str | None, data: Any) -> None:
    """A TypeError, and 1011 for the client."""

    class Sending(Log):
        async def on_receive(self, websocket: WebSocket, message: Any) -> None:
            await self.send_data(websocket, data)

    server = Server(binary(b"1") if encoding == "bytes" else text("1"))
    with pytest.raises(TypeError):
        asyncio.run(server.serve(encoded(encoding, Sending)(log=[])))
    assert server.sent == [ACCEPT, closing(1011)]


def test_methods_get_the_paths_parameters() -> None:
    """Those that they name."""

    class Room(WebSocketEndpoint):
        encoding = "json"

        async def on_connect(self, websocket: WebSocket, room: str) -> None:
            await websocket.accept()
            await websocket.send_text(f"connect {room}")

        async def on_receive(self, websocket: WebSocket, data: int, room: str) -> None:
            await websocket.send_text(f"receive {room} {data}")

        async def on_invalid(
            self, websocket: WebSocket, exc: Invalid, room: str
        ) -> None:
            await websocket.send_text(f"invalid {room}")

        async def on_disconnect(
            self, websocket: WebSocket, close_code: int, **path: Any
        ) -> None:
            left.append((close_code, path))

        async def stream(
            self, websocket: WebSocket, floor: int
        ) -> AsyncIterator[dict[str, int]]:
            yield {"floor": floor}

    left: list[Any] = []
    router = Router()
    router.route("/{room}/{floor:int}")(Room)
    with TestClient(router).websocket_connect("/attic/3") as socket:
        assert socket.receive_text() == "connect attic"
        assert socket.receive_json() == {"floor": 3}
        socket.send_text("7")
        assert socket.receive_text() == "receive attic 7"
        socket.send_text('"seven"')
        assert socket.receive_text() == "invalid attic"
    assert left == [(1000, {"room": "attic", "floor": 3})]


# What is pushed -----------------------------------------------------------------------


class Ticker(Log):
    """Pushes what it is given, notes how it ends, and never ends by itself."""

    items: list[Any]

    async def stream(self, websocket: WebSocket) -> AsyncIterator[Any]:
        try:
            for item in self.items:
                yield item
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.log.append("cancelled")
            raise
        finally:
            await asyncio.sleep(0)
            self.log.append("closed")


def ticker(encoding: str | None = "text", **members: Any) -> Any:
    return encoded(encoding, Ticker, **members)


class Calm(Server):
    """Lets everybody else run for a while before it gives the next message."""

    async def receive(self) -> Any:
        for _ in range(20):
            await asyncio.sleep(0)
        return await super().receive()


def test_items_are_pushed_while_the_client_is_there() -> None:
    """Beside messages; the client's leaving cancels and closes the stream."""
    log: list[Any] = []
    server = Calm(text("x"), gone())
    asyncio.run(server.serve(ticker()(log=log, items=["a", "b"])))
    assert server.sent == [ACCEPT, sending(text="a"), sending(text="b")]
    assert log == ["x", "cancelled", "closed", 1001]


@pytest.mark.parametrize(
    "annotation, encoding, item, message",
    [
        (Wish, "json", Wish("Dune"), sending(text='{"title":"Dune","copies":1}')),
        (date, "json", date(1965, 8, 1), sending(text='"1965-08-01"')),
        (Any, "json", [1], sending(text="[1]")),
        (str, "text", "a", sending(text="a")),
        (bytes, "bytes", b"a", sending(bytes=b"a")),
        (bytes, None, b"a", sending(bytes=b"a")),
    ],
)
def test_items_are_encoded_as_the_class_says(
    annotation: Any, encoding: str | None, item: Any, message: dict[str, Any]
) -> None:
    """By `encoding`, and by the model of the annotation."""

    async def stream(self: Any, websocket: WebSocket) -> Any:
        yield item

    stream.__annotations__["return"] = AsyncIterator[annotation]
    server = Calm(gone())
    asyncio.run(server.serve(encoded(encoding, stream=stream)(log=[])))
    assert server.sent == [ACCEPT, message]


def test_an_item_that_is_not_what_the_annotation_says_is_an_error() -> None:
    """It names class and method, for the stream is not in the traceback."""

    class Lying(Log):
        encoding = "json"

        async def stream(self, websocket: WebSocket) -> AsyncIterator[Wish]:
            item: Any = "Dune"
            yield item

    with pytest.raises(TypeError, match=r"Lying\.stream yielded what has no form"):
        asyncio.run(Calm().serve(Lying(log=[])))


def test_a_conversation_outlives_its_stream() -> None:
    """When all is pushed, messages are still taken."""

    class Short(Log):
        async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
            yield "a"

    log: list[Any] = []
    server = Calm(text("x"), text("y"), gone())
    asyncio.run(server.serve(Short(log=log)))
    assert server.sent == [ACCEPT, sending(text="a")]
    assert log == ["x", "y", 1001]


def test_a_stream_may_close() -> None:
    """Then the conversation is over, with its code."""

    class Last(Log):
        async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
            yield "a"
            await websocket.close(4000)

    log: list[Any] = []
    server = Calm(gone(4000))
    asyncio.run(server.serve(Last(log=log)))
    assert server.sent == [ACCEPT, sending(text="a"), closing(4000)]
    assert log == [4000]


@pytest.mark.parametrize("encoding", ["text", "json"])
def test_on_receive_that_raises_ends_the_stream(encoding: str) -> None:
    """1011, raised once and as it is; the stream is cancelled and closed before."""

    async def on_receive(self: Any, websocket: WebSocket, data: Any) -> None:
        raise KeyError("on_receive")

    log: list[Any] = []
    server = Calm(text("1"))
    endpoint = ticker(encoding, on_receive=on_receive)(log=log, items=[])
    with pytest.raises(KeyError, match="on_receive"):
        asyncio.run(server.serve(endpoint))
    assert server.sent == [ACCEPT, closing(1011)]
    assert log == ["cancelled", "closed", 1011]


@pytest.mark.parametrize(
    "exc, code, reason",
    [(KeyError("stream"), 1011, ""), (WebSocketException(4001, "bye"), 4001, "bye")],
    ids=["error", "close"],
)
def test_a_stream_that_raises_ends_the_conversation(
    exc: Exception, code: int, reason: str
) -> None:
    """Whatever on_receive is waiting for; raised once, unless it is a close."""

    class Broken(Log):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                self.log.append("stopped")

        async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
            yield "a"
            for _ in range(50):
                await asyncio.sleep(0)
            raise exc

    log: list[Any] = []
    server = Calm(text("x"))
    if code == 1011:
        with pytest.raises(KeyError) as caught:
            asyncio.run(server.serve(Broken(log=log)))
        assert caught.value is exc
    else:
        asyncio.run(server.serve(Broken(log=log)))
    assert server.sent == [ACCEPT, sending(text="a"), closing(code, reason)]
    assert log == ["stopped", code]


def test_two_failures_are_raised_together() -> None:
    """What a stream raises while it is closed does not hide why it was."""

    class Twice(Log):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            raise KeyError("first")

        async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
            try:
                yield "a"
                await asyncio.Event().wait()
            finally:
                raise OSError("second")

    log: list[Any] = []
    server = Calm(text("x"))
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(server.serve(Twice(log=log)))
    assert {type(exc) for exc in caught.value.exceptions} == {KeyError, OSError}
    assert server.sent[-1] == closing(1011)
    assert log == [1011]


def test_a_group_of_the_applications_own_is_not_taken_apart() -> None:
    """It is raised as it is."""

    class Grouped(Log):
        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            raise ExceptionGroup("mine", [KeyError("a")])

        async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
            yield "a"

    with pytest.raises(ExceptionGroup, match="mine"):
        asyncio.run(Calm(text("x")).serve(Grouped(log=[])))


def test_a_server_that_stops_ends_the_stream() -> None:
    """It cancels the conversation; on_disconnect gets 1001."""
    log: list[Any] = []
    server = Server()

    async def main() -> None:
        task = asyncio.ensure_future(server.serve(ticker()(log=log, items=["a"])))
        while len(server.sent) < 2:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert log == ["cancelled", "closed", 1001]


def test_a_stream_that_waits_for_its_item_to_be_taken_is_closed() -> None:
    """It was left at its yield, and its `finally` runs before on_disconnect."""

    class Stuck(Server):
        async def send(self, message: Any) -> None:
            await super().send(message)
            if message["type"] == "websocket.send":
                await asyncio.Event().wait()

    log: list[Any] = []
    server = Stuck()

    async def main() -> None:
        task = asyncio.ensure_future(server.serve(ticker()(log=log, items=["a", "b"])))
        while len(server.sent) < 2:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert server.sent == [ACCEPT, sending(text="a")]
    assert log == ["closed", 1001]


@pytest.mark.parametrize("code", [1001, 1006, 1012])
def test_ws_97_a_push_to_a_client_that_left_ends_the_stream(code: int) -> None:
    """Who listens is told as well, and what the code is; nothing is raised."""

    class Parting(Calm):
        async def send(self, message: Any) -> None:
            if message["type"] == "websocket.send":
                raise OSError("gone")
            await super().send(message)

    log: list[Any] = []
    asyncio.run(Parting(gone(code)).serve(ticker()(log=log, items=["a", "b"])))
    assert log == ["closed", code]


def test_a_disconnect_of_another_connection_is_an_error_of_a_stream() -> None:
    """As it is of on_receive."""

    class Relay(Log):
        async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
            yield "a"
            raise WebSocketDisconnect(1001)

    server = Calm()
    with pytest.raises(WebSocketDisconnect):
        asyncio.run(server.serve(Relay(log=[])))
    assert server.sent[-1] == closing(1011)


def test_ws_98_a_client_that_reads_slowly_stops_the_stream() -> None:
    """The next item is asked for when the one before it was taken: nothing queues."""
    made = 0
    taken = asyncio.Semaphore(0)

    class Endless(WebSocketEndpoint):
        async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
            nonlocal made
            while True:
                made += 1
                yield str(made)

    class Slow(Server):
        async def send(self, message: Any) -> None:
            if message["type"] == "websocket.send":
                await taken.acquire()
            await super().send(message)

    async def main() -> None:
        task = asyncio.ensure_future(Slow().serve(Endless()))
        for count in range(1, 6):
            for _ in range(1000):
                await asyncio.sleep(0)
            assert made == count
            taken.release()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


@pytest.mark.parametrize("encoding", ["text", "bytes", "json", None])
@pytest.mark.parametrize("pushes", [False, True])
def test_ws_98_a_flood_waits_for_on_receive(encoding: str | None, pushes: bool) -> None:
    """No message is received before the one before it was dealt with."""
    received = 0
    done = asyncio.Semaphore(0)

    async def on_receive(self: Any, websocket: WebSocket, data: Any) -> None:
        await done.acquire()

    async def stream(self: Any, websocket: WebSocket) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield

    class Flood(Server):
        async def receive(self) -> Any:
            nonlocal received
            received += 1
            if received == 1:
                return CONNECT
            return binary(b"1") if encoding == "bytes" else text("1")

    members = {"stream": stream} if pushes else {}
    endpoint = encoded(encoding, on_receive=on_receive, **members)(log=[])

    async def main() -> None:
        task = asyncio.ensure_future(Flood().serve(endpoint))
        for count in range(2, 7):
            for _ in range(1000):
                await asyncio.sleep(0)
            assert received == count
            done.release()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


class Count:
    """An asynchronous iterator that is no generator, and has no aclose()."""

    def __init__(self) -> None:
        self.left = 2

    def __aiter__(self) -> Count:
        return self

    async def __anext__(self) -> str:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return str(self.left)


def test_any_asynchronous_iterator_is_a_stream() -> None:
    """A plain function may give one."""

    class Counting(Log):
        def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
            return Count()

    server = Calm(gone())
    asyncio.run(server.serve(Counting(log=[])))
    assert server.sent == [ACCEPT, sending(text="1"), sending(text="0")]


def test_the_base_has_no_stream() -> None:
    """Nothing stands behind super() there."""
    websocket = WebSocket(dict(SCOPE), Server().receive, Server().send)
    with pytest.raises(NotImplementedError, match="Echo has no stream of its own"):
        Echo().stream(websocket)


# Making a class -----------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["xml", "", "TEXT", 3])
def test_unknown_encoding_is_refused(encoding: Any) -> None:
    """When the class is made, with what would do."""
    with pytest.raises(ValueError, match=r"Encoded\.encoding is .*: write 'text'"):
        encoded(encoding)


@pytest.mark.parametrize(
    "name", ["on_connect", "on_receive", "on_invalid", "on_disconnect"]
)
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


async def without_yield(self: Any, websocket: WebSocket) -> None:
    """Pushes nothing."""


@pytest.mark.parametrize("stream", [without_yield, None, "text"])
def test_what_is_no_stream_is_refused(stream: Any) -> None:
    """The usual mistake is to have no yield in it."""
    with pytest.raises(TypeError, match=r"Encoded\.stream has no yield: write"):
        encoded("text", stream=stream)
