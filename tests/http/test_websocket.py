"""WebSocket against a server that plays a script, message by message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.background import BackgroundTask
from restlette.http.errors import WebSocketException
from restlette.http.response import PlainTextResponse, Response, StreamingResponse
from restlette.http.websocket import (
    WebSocket,
    WebSocketClose,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketState,
    decode_bytes,
    decode_data,
    decode_json,
    decode_text,
)

CONNECT = {"type": "websocket.connect"}
ACCEPT = {"type": "websocket.accept", "subprotocol": None, "headers": []}


def text(content: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": content}


def binary(content: bytes) -> dict[str, Any]:
    return {"type": "websocket.receive", "bytes": content}


def gone(code: int | None = 1001, reason: str | None = None) -> dict[str, Any]:
    return {"type": "websocket.disconnect", "code": code, "reason": reason}


def closing(code: int, reason: str = "") -> dict[str, Any]:
    return {"type": "websocket.close", "code": code, "reason": reason}


def sending(**content: Any) -> dict[str, Any]:
    return {"type": "websocket.send", **content}


class Server:
    """The server's side: gives the script's messages, keeps what is sent.

    With `breaks_at`, sending the message of that type fails, as it does under a server
    whose client is gone.
    """

    def __init__(self, *script: dict[str, Any], breaks_at: str | None = None) -> None:
        self.script = [CONNECT, *script]
        self.sent: list[Any] = []
        self.breaks_at = breaks_at

    async def receive(self) -> Any:
        return self.script.pop(0)

    async def send(self, message: Any) -> None:
        if message["type"] == self.breaks_at:
            raise ConnectionResetError("the client is gone")
        self.sent.append(message)

    def websocket(self, **options: Any) -> WebSocket:
        scope = {
            "type": "websocket",
            "path": "/feed",
            "headers": [],
            "subprotocols": ["soap", "wamp", "wamp"],
        }
        return WebSocket(scope, self.receive, self.send, **options)

    def hold(self, handler: Callable[[WebSocket], Awaitable[Any]]) -> WebSocket:
        """Run a handler on a connection that is accepted; give the connection."""
        websocket = self.websocket()

        async def main() -> None:
            await websocket.accept()
            await handler(websocket)

        asyncio.run(main())
        return websocket


def receives(message: dict[str, Any], method: str, **options: Any) -> Any:
    """Give what a receive method returns for a message, and what was then sent."""
    server = Server(message)
    websocket = server.websocket(**options)

    async def main() -> Any:
        await websocket.accept()
        return await getattr(websocket, method)()

    try:
        return asyncio.run(main()), server.sent[1:]
    except WebSocketDisconnect as exc:
        return exc.code, server.sent[1:]


# Making one, and its states -----------------------------------------------------------


def test_websocket_is_a_mapping_over_its_scope() -> None:
    """It has all that HTTPConnection has."""
    websocket = Server().websocket()
    assert websocket["path"] == websocket.url.path == "/feed"
    assert websocket.scope["type"] == "websocket"


@pytest.mark.parametrize("kind", ["http", "wt"])
def test_websocket_refuses_another_scope(kind: str) -> None:
    """A WebSocket over an HTTP scope is misuse."""
    with pytest.raises(TypeError, match=f"type 'websocket', not '{kind}'"):
        WebSocket({"type": kind}, Server().receive, Server().send)


def test_states_go_from_connecting_to_disconnected() -> None:
    """Both sides are followed, and the code that it ended with is kept."""
    server = Server(gone(4001, "bye"))
    websocket = server.websocket()
    seen = []

    def note() -> None:
        seen.append((websocket.client_state.name, websocket.application_state.name))

    async def main() -> None:
        note()
        await websocket.accept()
        note()
        await websocket.receive()
        note()
        await websocket.close()
        note()

    asyncio.run(main())
    assert seen == [
        ("CONNECTING", "CONNECTING"),
        ("CONNECTED", "CONNECTED"),
        ("DISCONNECTED", "CONNECTED"),
        ("DISCONNECTED", "DISCONNECTED"),
    ]
    assert (websocket.close_code, websocket.close_reason) == (4001, "bye")


def test_states_have_the_ancestors_values() -> None:
    """Programs that stored them go on."""
    assert [state.value for state in WebSocketState] == [0, 1, 2, 3]


# accept -------------------------------------------------------------------------------


def test_accept_waits_for_the_connect_message() -> None:
    """The server's first message is taken before the answer."""
    server = Server()
    asyncio.run(server.websocket().accept())
    assert server.script == []
    assert server.sent == [ACCEPT]


def test_accept_after_the_connect_message_was_received() -> None:
    """A handler that received it itself is not made to wait for another."""
    server = Server()
    websocket = server.websocket()

    async def main() -> None:
        assert await websocket.receive() == CONNECT
        await websocket.accept()

    asyncio.run(main())
    assert server.sent == [ACCEPT]


@pytest.mark.parametrize(
    "headers",
    [{"X-Room": "7"}, [(b"X-Room", b"7")], iter([(b"x-room", b"7")])],
    ids=["mapping", "pairs", "iterator"],
)
def test_accept_takes_header_fields(headers: Any) -> None:
    """A mapping of text, or the pairs of bytes that the ancestor takes."""
    server = Server()
    asyncio.run(server.websocket().accept(headers=headers))
    assert server.sent[0]["headers"] == [(b"x-room", b"7")]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"x-room": "7\r\nset-cookie: a=b"}, id="headers-out-28-crlf"),
        pytest.param([(b"x-room", b"7\x00")], id="headers-out-28-nul"),
        pytest.param([(b"x room", b"7")], id="headers-out-28-name"),
        pytest.param({"Sec-WebSocket-Protocol": "soap"}, id="subprotocol"),
        pytest.param([(b"sec-websocket-accept", b"x")], id="handshake"),
    ],
)
def test_accept_refuses_header_fields(headers: Any) -> None:
    """What would break the answer, or is the handshake's own, is a ValueError."""
    server = Server()
    with pytest.raises(ValueError, match="header"):
        asyncio.run(server.websocket().accept(headers=headers))
    assert server.sent == []


def test_accept_names_the_subprotocol() -> None:
    """One that the client offers is sent with the answer."""
    server = Server()
    asyncio.run(server.websocket().accept(subprotocol="wamp"))
    assert server.sent == [{**ACCEPT, "subprotocol": "wamp"}]


@pytest.mark.parametrize("name", ["", "höhö", "a b", "a,b", "a\r\n"])
def test_accept_refuses_a_subprotocol_that_is_no_token(name: str) -> None:
    """The header has no room for it."""
    server = Server()
    with pytest.raises(ValueError, match="a subprotocol is a token"):
        asyncio.run(server.websocket().accept(subprotocol=name))
    assert server.sent == []


@pytest.mark.parametrize(
    "offered, accepted",
    [
        pytest.param(["books"], True, id="ws-99 one"),
        pytest.param(["books", "books"], True, id="ws-99 twice"),
        pytest.param(["b\xfccher", "books", ""], True, id="ws-99 beside what is none"),
        pytest.param(["b\xfccher"], False, id="ws-99 not ASCII"),
        pytest.param(["Books"], False, id="ws-99 another case"),
        pytest.param([f"p{n}" for n in range(10_000)], False, id="ws-99 10,000"),
        pytest.param([*map(str, range(10_000)), "books"], True, id="ws-99 10,001"),
        pytest.param([], False, id="ws-99 none"),
    ],
)
def test_a_subprotocol_is_negotiated_from_our_own(
    offered: list[str], accepted: bool
) -> None:
    """RFC 6455 §4.2.2: one of the client's, or the connection is refused."""
    server = Server()
    websocket = server.websocket()
    websocket.scope = {**websocket.scope, "subprotocols": offered}
    if accepted:
        asyncio.run(websocket.accept("books"))
        assert server.sent == [{**ACCEPT, "subprotocol": "books"}]
    else:
        with pytest.raises(WebSocketDisconnect):
            asyncio.run(websocket.accept("books"))
        assert server.sent == [closing(1002, "no common subprotocol")]


@pytest.mark.parametrize(
    "offered",
    [
        pytest.param([], id="ws-99-none"),
        pytest.param(["SOAP"], id="ws-99-other-case"),
        pytest.param(["söap", "\udcff"], id="ws-99-non-ascii"),
        pytest.param(["wamp", "wamp"], id="ws-99-duplicated"),
        pytest.param([f"p{i}" for i in range(10_000)], id="ws-99-10k"),
    ],
)
def test_accept_refuses_a_client_that_does_not_offer_the_subprotocol(
    offered: list[str],
) -> None:
    """Nothing but the application's own name is ever answered."""
    server = Server()
    websocket = server.websocket()
    websocket.scope["subprotocols"] = offered
    with pytest.raises(WebSocketDisconnect) as caught:
        asyncio.run(websocket.accept(subprotocol="soap"))
    assert caught.value.code == websocket.close_code == 1002
    assert server.sent == [closing(1002, "no common subprotocol")]


def test_accept_refuses_a_subprotocol_where_the_server_lists_none() -> None:
    """ASGI's `subprotocols` is optional, and empty by default."""
    server = Server()
    websocket = server.websocket()
    del websocket.scope["subprotocols"]
    with pytest.raises(WebSocketDisconnect):
        asyncio.run(websocket.accept(subprotocol="soap"))
    assert server.sent == [closing(1002, "no common subprotocol")]


def test_ws_97_accept_twice() -> None:
    """A second accept() is the application's mistake."""
    server = Server()
    with pytest.raises(RuntimeError, match="accept\\(\\) was called already"):
        server.hold(lambda websocket: websocket.accept("unoffered"))
    assert server.sent == [ACCEPT]


def test_ws_97_accept_after_close() -> None:
    """A connection that was refused cannot be accepted."""
    server = Server()
    websocket = server.websocket()

    async def main() -> None:
        await websocket.close(1008)
        await websocket.accept("unoffered")

    with pytest.raises(RuntimeError, match="this side has closed already"):
        asyncio.run(main())
    assert server.sent == [closing(1008)]


@pytest.mark.parametrize("subprotocol", [None, "soap", "unoffered"])
def test_ws_97_disconnect_during_accept(subprotocol: str | None) -> None:
    """A client that left before the connection was accepted is told as such."""
    server = Server()
    server.script = [gone(1006)]
    websocket = server.websocket()
    with pytest.raises(WebSocketDisconnect) as caught:
        asyncio.run(websocket.accept(subprotocol))
    assert caught.value.code == 1006
    assert server.sent == []


def test_ws_97_connection_breaks_while_accepting() -> None:
    """The OSError of the server is told as a disconnect."""
    server = Server(breaks_at="websocket.accept")
    websocket = server.websocket()
    with pytest.raises(WebSocketDisconnect) as caught:
        asyncio.run(websocket.accept())
    assert caught.value.code == websocket.close_code == 1006


# receive ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script, client, state",
    [
        ([text("early")], "CONNECTING", WebSocketState.CONNECTING),
        ([closing(1000)], "CONNECTING", WebSocketState.CONNECTING),
        ([CONNECT, CONNECT], "CONNECTED", WebSocketState.CONNECTED),
        ([CONNECT, sending()], "CONNECTED", WebSocketState.CONNECTED),
    ],
)
def test_receive_refuses_a_message_that_is_not_due(
    script: list[Any], client: str, state: WebSocketState
) -> None:
    """A server that breaks the protocol is named as the culprit."""
    server = Server()
    server.script = script
    websocket = server.websocket()

    async def main() -> None:
        while True:
            await websocket.receive()

    with pytest.raises(RuntimeError, match=f"not due when the client is {client}"):
        asyncio.run(main())
    assert websocket.client_state is state


def test_ws_97_receive_after_the_disconnect() -> None:
    """The disconnect message comes once; asking for more is a mistake."""
    server = Server(gone())

    async def handler(websocket: WebSocket) -> None:
        assert await websocket.receive() == gone()
        await websocket.receive()

    with pytest.raises(RuntimeError, match="the disconnect was received already"):
        server.hold(handler)


@pytest.mark.parametrize(
    "message",
    [gone(None), {"type": "websocket.disconnect"}, gone(0)],
    ids=["none", "absent", "zero"],
)
def test_disconnect_without_a_code_is_1005(message: dict[str, Any]) -> None:
    """RFC 6455 §7.1.5."""
    assert receives(message, "receive_text") == (1005, [])


@pytest.mark.parametrize(
    "method", ["receive_text", "receive_bytes", "receive_json", "receive_message"]
)
def test_receive_before_accept(method: str) -> None:
    """Nothing can have come before the connection was accepted."""
    websocket = Server().websocket()
    with pytest.raises(RuntimeError, match=r"call accept\(\) first"):
        asyncio.run(getattr(websocket, method)())


@pytest.mark.parametrize(
    "method", ["receive_text", "receive_bytes", "receive_json", "receive_message"]
)
def test_ws_97_disconnect_during_receive(method: str) -> None:
    """Each receive method says so, with code and reason, as often as it is asked."""

    async def handler(websocket: WebSocket) -> None:
        for _ in range(2):
            with pytest.raises(WebSocketDisconnect) as caught:
                await getattr(websocket, method)()
            assert (caught.value.code, caught.value.reason) == (4000, "bored")

    Server(gone(4000, "bored")).hold(handler)


@pytest.mark.parametrize(
    "method, message, answer",
    [
        ("receive_text", text("hi"), "hi"),
        ("receive_text", text("") | {"bytes": None}, ""),
        ("receive_bytes", binary(b"\x00\xff"), b"\x00\xff"),
        ("receive_bytes", binary(b"") | {"text": None}, b""),
        ("receive_message", text("hi"), text("hi")),
        ("receive_message", binary(b"hi"), binary(b"hi")),
        ("receive_json", text('{"a": [1, "\\u00e9"]}'), {"a": [1, "é"]}),
    ],
    ids=["text", "empty text", "bytes", "empty bytes", "as text", "as bytes", "json"],
)
def test_receive_gives_what_the_message_holds(
    method: str, message: dict[str, Any], answer: Any
) -> None:
    """A message has "text" or "bytes"; servers may give the other one as None."""
    assert receives(message, method) == (answer, [])


@pytest.mark.parametrize(
    "mode, message",
    [("text", text("[1]")), ("binary", binary(b"[1]"))],
    ids=["text", "binary"],
)
def test_receive_json_has_two_modes(mode: str, message: dict[str, Any]) -> None:
    """The mode says which kind of message holds the JSON."""

    async def handler(websocket: WebSocket) -> None:
        assert await websocket.receive_json(mode) == [1]

    Server(message).hold(handler)


@pytest.mark.parametrize("call", ["receive_json", "send_json"])
def test_json_refuses_another_mode(call: str) -> None:
    """There are "text" and "binary"."""

    async def handler(websocket: WebSocket) -> None:
        arguments = ([],) if call == "send_json" else ()
        await getattr(websocket, call)(*arguments, mode="bytes")

    with pytest.raises(ValueError, match="the mode is 'text' or 'binary', not 'bytes'"):
        Server().hold(handler)


TEXT_WANTED = "a text message was expected"
BYTES_WANTED = "a binary message was expected"
NOT_JSON = "the message is not JSON"

MISFITS = [
    ("binary in text", "receive_text", binary(b"x"), 1003, TEXT_WANTED),
    ("text in binary", "receive_bytes", text("x"), 1003, BYTES_WANTED),
    ("binary in json", "receive_json", binary(b"{}"), 1003, TEXT_WANTED),
    ("empty frame", "receive_json", text(""), 1007, NOT_JSON),
    ("neither", "receive_text", {"type": "websocket.receive"}, 1003, TEXT_WANTED),
    ("bad json", "receive_json", text('{"a": '), 1007, NOT_JSON),
    ("nan", "receive_json", text("NaN"), 1007, NOT_JSON),
    ("surrogate", "receive_json", text('"\ud800"'), 1007, NOT_JSON),
    ("depth 100k", "receive_json", text("[" * 100_000), 1007, NOT_JSON),
    ("huge int", "receive_json", text("9" * 5000), 1007, NOT_JSON),
]


@pytest.mark.parametrize(
    "method, message, code, reason",
    [row[1:] for row in MISFITS],
    ids=["ws-95-" + row[0] for row in MISFITS],
)
def test_message_that_does_not_fit_closes(
    method: str, message: dict[str, Any], code: int, reason: str
) -> None:
    """The peer gets the code that says why, the handler a disconnect with it."""
    assert receives(message, method) == (code, [closing(code, reason)])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff", id="ws-95-invalid-utf-8"),
        pytest.param(b"\xed\xa0\x80", id="ws-95-surrogate"),
        pytest.param(b'"\xc0\xaf"', id="ws-95-overlong"),
        pytest.param(b"", id="ws-95-empty-frame"),
        pytest.param(b"[" * 100_000, id="ws-95-depth-100k"),
    ],
)
def test_binary_json_that_does_not_fit_closes(content: bytes) -> None:
    """JSON in bytes is UTF-8 (RFC 8259 §8.1)."""
    server = Server(binary(content))

    async def handler(websocket: WebSocket) -> None:
        with pytest.raises(WebSocketDisconnect, match="1007: the message is not JSON"):
            await websocket.receive_json("binary")

    websocket = server.hold(handler)
    assert server.sent[1:] == [closing(1007, NOT_JSON)]
    assert websocket.close_code == 1007


# Kinds of text by the bytes that a character takes in UTF-8.
LIMIT = 12
LONG = f"the limit is {LIMIT} bytes"


@pytest.mark.parametrize(
    "method, message",
    [
        pytest.param("receive_text", text("a" * 13), id="ws-96-ascii"),
        pytest.param("receive_text", text("é" * 7), id="ws-96-two-bytes"),
        pytest.param("receive_text", text("😀" * 4), id="ws-96-four-bytes"),
        pytest.param("receive_text", text("\ud800" * 5), id="ws-96-surrogates"),
        pytest.param("receive_text", binary(b"a" * 13), id="ws-96-other-kind"),
        pytest.param("receive_bytes", binary(b"a" * 13), id="ws-96-bytes"),
        pytest.param("receive_message", binary(b"a" * 13), id="ws-96-any"),
        pytest.param("receive_json", text("[" + "1" * 12), id="ws-96-json"),
    ],
)
def test_message_above_the_limit_closes(method: str, message: dict[str, Any]) -> None:
    """Size comes before kind and content: 1009."""
    answer = receives(message, method, max_message_size=LIMIT)
    assert answer == (1009, [closing(1009, LONG)])


@pytest.mark.parametrize(
    "method, content",
    [
        ("receive_text", "a" * 3),
        ("receive_text", "a" * 12),
        ("receive_text", "é" * 6),
        ("receive_text", "é" * 5),
        ("receive_text", "€" * 4),
        ("receive_text", "😀" * 3),
        ("receive_bytes", b"a" * 12),
    ],
)
def test_message_at_the_limit_is_taken(method: str, content: Any) -> None:
    """The limit is in bytes, of UTF-8 for text."""
    message = text(content) if isinstance(content, str) else binary(content)
    assert receives(message, method, max_message_size=LIMIT) == (content, [])
    assert receives(message, "receive", max_message_size=LIMIT) == (message, [])


def test_limit_is_1_mib_by_default() -> None:
    """One byte more is too much."""
    mib = 1 << 20
    assert receives(binary(bytes(mib)), "receive_bytes") == (bytes(mib), [])
    code, sent = receives(binary(bytes(mib + 1)), "receive_bytes")
    assert (code, sent[0]["code"]) == (1009, 1009)


def test_receive_gives_a_disconnect_for_a_message_above_the_limit() -> None:
    """The plain receive() raises nothing: the end is a message there."""
    answer, sent = receives(text("a" * 13), "receive", max_message_size=LIMIT)
    assert answer == {"type": "websocket.disconnect", "code": 1009, "reason": LONG}
    assert sent == [closing(1009, LONG)]


def test_message_above_the_limit_after_our_close_is_not_answered() -> None:
    """What was under way when this side closed is dropped, not answered again."""
    server = Server(text("a" * 13))
    websocket = server.websocket(max_message_size=LIMIT)

    async def main() -> Any:
        await websocket.accept()
        await websocket.close(4000)
        return await websocket.receive()

    assert asyncio.run(main())["code"] == 1009
    assert server.sent[1:] == [closing(4000)]
    assert websocket.close_code == 4000


def test_receive_after_our_close_waits_for_the_disconnect() -> None:
    """The code that this side closed with stays."""

    async def handler(websocket: WebSocket) -> None:
        await websocket.close(4000, "enough")
        assert await websocket.receive() == text("under way")
        assert await websocket.receive() == gone(1005)
        with pytest.raises(WebSocketDisconnect, match="code 4000: enough"):
            await websocket.receive_text()

    websocket = Server(text("under way"), gone(1005)).hold(handler)
    assert websocket.close_code == 4000


def test_handler_may_close_what_the_limit_has_closed() -> None:
    """A `finally: await websocket.close()` is right whoever closed it."""
    server = Server(binary(b""))

    async def handler(websocket: WebSocket) -> None:
        with pytest.raises(WebSocketDisconnect):
            await websocket.receive_text()
        await websocket.close(4000)
        await websocket.close(4000)

    websocket = server.hold(handler)
    assert server.sent[1:] == [closing(1003, TEXT_WANTED)]
    assert websocket.close_code == 1003


@given(
    st.one_of(
        st.builds(text, st.text(max_size=40)), st.builds(binary, st.binary(max_size=40))
    ),
    st.sampled_from(["receive_text", "receive_bytes", "receive_json"]),
)
def test_any_message_gives_a_value_or_a_disconnect(
    message: dict[str, Any], method: str
) -> None:
    """Nothing that a peer sends raises anything else, and the code is one of three."""
    answer, sent = receives(message, method, max_message_size=20)
    if sent:
        assert answer == sent[0]["code"]
        assert answer in (1003, 1007, 1009)


# Iterating ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method, messages, answers",
    [
        ("iter_text", [text("a"), text("b")], ["a", "b"]),
        ("iter_bytes", [binary(b"a"), binary(b"b")], [b"a", b"b"]),
        ("iter_json", [text("1"), text("{}")], [1, {}]),
    ],
)
def test_iterating_ends_with_the_conversation(
    method: str, messages: list[Any], answers: list[Any]
) -> None:
    """The disconnect ends the loop and raises nothing."""

    async def handler(websocket: WebSocket) -> None:
        assert [data async for data in getattr(websocket, method)()] == answers

    Server(*messages, gone()).hold(handler)


# Sending ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method, arguments, message",
    [
        ("send_text", ["hé"], sending(text="hé")),
        ("send_bytes", [b"\x00"], sending(bytes=b"\x00")),
        ("send_bytes", [memoryview(b"ab")], sending(bytes=b"ab")),
        ("send_bytes", [bytearray(b"ab")], sending(bytes=b"ab")),
        ("send_json", [{"a": "é"}], sending(text='{"a":"é"}')),
        ("send_json", [{"a": "é"}, "binary"], sending(bytes='{"a":"é"}'.encode())),
        ("send", [sending(text="x")], sending(text="x")),
        ("close", [], closing(1000)),
        ("close", [4999, "é" * 61], closing(4999, "é" * 61)),
        ("send", [{"type": "websocket.close"}], {"type": "websocket.close"}),
    ],
)
def test_send_gives_the_server_a_message(
    method: str, arguments: list[Any], message: dict[str, Any]
) -> None:
    """As ASGI wants it, bytes being bytes."""
    server = Server()
    server.hold(lambda websocket: getattr(websocket, method)(*arguments))
    assert server.sent == [ACCEPT, message]
    assert type(server.sent[1].get("bytes", b"")) is bytes


@pytest.mark.parametrize(
    "method, content, message",
    [
        ("send_text", b"x", r"send_text\(\) takes a str, not bytes"),
        ("send_bytes", "x", r"send_bytes\(\) takes bytes, not str"),
    ],
)
def test_send_refuses_another_type(method: str, content: Any, message: str) -> None:
    """A mistake is told where it is made."""
    with pytest.raises(TypeError, match=message):
        Server().hold(lambda websocket: getattr(websocket, method)(content))


@pytest.mark.parametrize(
    "method, arguments",
    [("send_text", ["x"]), ("send_bytes", [b"x"]), ("send_json", [1])],
)
def test_send_before_accept(method: str, arguments: list[Any]) -> None:
    """The connection has to be there."""
    websocket = Server().websocket()
    with pytest.raises(RuntimeError, match=r"call accept\(\) or close\(\) first"):
        asyncio.run(getattr(websocket, method)(*arguments))


@pytest.mark.parametrize("kind", ["http.response.start", "websocket.sent"])
def test_send_refuses_what_the_protocol_does_not_know(kind: str) -> None:
    """An HTTP message, for one."""
    with pytest.raises(RuntimeError, match=f"'{kind}' is not due"):
        Server().hold(lambda ws: ws.send({"type": kind}))


@pytest.mark.parametrize(
    "method, arguments",
    [("send_text", ["x"]), ("send_bytes", [b"x"]), ("close", []), ("accept", [])],
    ids=["text", "bytes", "close twice", "accept"],
)
def test_ws_97_send_after_our_close(method: str, arguments: list[Any]) -> None:
    """Who closed knows; sending more, or closing again, is a mistake."""
    server = Server()

    async def handler(websocket: WebSocket) -> None:
        await websocket.close(4000)
        await getattr(websocket, method)(*arguments)

    with pytest.raises(RuntimeError, match="closed already, with code 4000"):
        server.hold(handler)
    assert server.sent == [ACCEPT, closing(4000)]


@pytest.mark.parametrize(
    "method, arguments",
    [("send_text", ["x"]), ("send_bytes", [b"x"]), ("send_json", [1])],
)
def test_ws_97_send_after_the_peer_left(method: str, arguments: list[Any]) -> None:
    """The server is not bothered; the code is the peer's."""
    server = Server(gone(4000, "bored"))

    async def handler(websocket: WebSocket) -> None:
        await websocket.receive()
        with pytest.raises(WebSocketDisconnect) as caught:
            await getattr(websocket, method)(*arguments)
        assert (caught.value.code, caught.value.reason) == (4000, "bored")

    server.hold(handler)
    assert server.sent == [ACCEPT]


@pytest.mark.parametrize("method", ["send_text", "send_bytes", "send_json"])
def test_ws_97_connection_breaks_while_sending(method: str) -> None:
    """The OSError of the server is told as a disconnect, with 1006."""
    server = Server(gone(1006), breaks_at="websocket.send")
    content: Any = b"x" if method == "send_bytes" else "x"

    async def handler(websocket: WebSocket) -> None:
        for _ in range(2):
            with pytest.raises(WebSocketDisconnect) as caught:
                await getattr(websocket, method)(content)
            assert caught.value.code == 1006
        with pytest.raises(WebSocketDisconnect):
            await websocket.receive_text()
        await websocket.close()
        assert await websocket.receive() == gone(1006)

    websocket = server.hold(handler)
    assert server.sent == [ACCEPT]
    assert websocket.close_code == 1006


def test_ws_97_the_code_is_what_the_disconnect_says() -> None:
    """That the peer is gone is known first, why is to be received."""
    last = gone(1012, "see you")
    server = Server(text("a"), last, breaks_at="websocket.send")

    async def handler(websocket: WebSocket) -> None:
        with pytest.raises(WebSocketDisconnect):
            await websocket.send_text("b")
        assert websocket.close_code == 1006
        assert await websocket.final_code() == 1012
        assert await websocket.final_code() == 1012

    websocket = server.hold(handler)
    assert (websocket.close_code, websocket.close_reason) == (1012, "see you")


def test_final_code_is_for_what_is_over() -> None:
    """Nothing is received of a connection that goes on."""
    server = Server(text("a"))

    async def handler(websocket: WebSocket) -> None:
        with pytest.raises(RuntimeError, match="is not over"):
            await websocket.final_code()
        assert await websocket.receive_text() == "a"
        await websocket.close(4000)
        assert await websocket.final_code() == 4000

    server.hold(handler)


def test_ws_97_close_while_another_task_sends() -> None:
    """The code that this side closed with stays, though the message is lost."""
    server = Server()
    closed = asyncio.Event()

    async def send(message: Any) -> None:
        if message["type"] == "websocket.send":
            await closed.wait()
            raise ConnectionResetError
        await server.send(message)

    async def main() -> WebSocket:
        scope = {"type": "websocket", "path": "/", "headers": []}
        websocket = WebSocket(scope, server.receive, send)
        await websocket.accept()
        sending = asyncio.ensure_future(websocket.send_text("x"))
        await asyncio.sleep(0)
        await websocket.close(4000)
        closed.set()
        with pytest.raises(WebSocketDisconnect):
            await sending
        return websocket

    assert asyncio.run(main()).close_code == 4000
    assert server.sent == [ACCEPT, closing(4000)]


def test_ws_97_connection_breaks_while_closing() -> None:
    """A close that the peer is not there to see is a close all the same."""
    server = Server(breaks_at="websocket.close")
    websocket = server.hold(lambda websocket: websocket.close(4000))
    assert websocket.close_code == 4000
    assert websocket.application_state is WebSocketState.DISCONNECTED


def test_state_that_was_set_by_hand_is_respected() -> None:
    """An application that declares its side closed cannot send."""

    async def handler(websocket: WebSocket) -> None:
        websocket.application_state = WebSocketState.DISCONNECTED
        await websocket.send_text("x")

    with pytest.raises(RuntimeError, match=r"nothing can follow close\(\)"):
        Server().hold(handler)


# Closing ------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000])
def test_close_refuses_a_code_that_may_not_be_sent(code: int) -> None:
    """RFC 6455 §7.4."""
    with pytest.raises(ValueError, match="close code"):
        Server().hold(lambda websocket: websocket.close(code))
    with pytest.raises(ValueError, match="close code"):
        WebSocketClose(code)


def test_close_refuses_a_long_reason() -> None:
    """A control frame takes 125 bytes (RFC 6455 §5.5), two of them the code."""
    with pytest.raises(ValueError, match="123 bytes"):
        Server().hold(lambda websocket: websocket.close(4000, "é" * 62))
    with pytest.raises(ValueError, match="123 bytes"):
        WebSocketClose(4000, "é" * 62)


def test_close_passes_on_the_code_of_a_peer_that_left() -> None:
    """`close(code=close_code)` is fine after the end, with 1005 and 1006 too."""
    server = Server(gone(1006))

    async def handler(websocket: WebSocket) -> None:
        await websocket.receive()
        await websocket.close(1006)

    server.hold(handler)
    assert server.sent == [ACCEPT]


@pytest.mark.parametrize(
    "application, message",
    [
        (WebSocketClose(), closing(1000)),
        (WebSocketClose(1008, "no"), closing(1008, "no")),
        (WebSocketClose(code=4000), closing(4000)),
    ],
)
def test_websocket_close_is_an_application(
    application: WebSocketClose, message: dict[str, Any]
) -> None:
    """It closes every connection with its code."""
    server = Server()
    asyncio.run(application({"type": "websocket"}, server.receive, server.send))
    assert server.sent == [message]


# WebSocketDisconnect ------------------------------------------------------------------


@pytest.mark.parametrize(
    "exc, attributes, sentence",
    [
        (WebSocketDisconnect(), (1000, ""), "the WebSocket was closed with code 1000."),
        (
            WebSocketDisconnect(1001, "off"),
            (1001, "off"),
            "the WebSocket was closed with code 1001: off",
        ),
        (
            WebSocketDisconnect(code=1005, reason=None),
            (1005, ""),
            "the WebSocket was closed with code 1005.",
        ),
    ],
)
def test_disconnect_carries_code_and_reason(
    exc: WebSocketDisconnect, attributes: tuple[int, str], sentence: str
) -> None:
    """As attributes, and in a sentence."""
    assert (exc.code, exc.reason) == attributes
    assert str(exc) == sentence


# Decoding -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "decode, message, answer",
    [
        (decode_text, text("a"), "a"),
        (decode_bytes, binary(b"a"), b"a"),
        (decode_data, text(""), ""),
        (decode_data, binary(b""), b""),
    ],
)
def test_decoders_give_what_a_message_holds(
    decode: Callable[[Any], Any], message: dict[str, Any], answer: Any
) -> None:
    """An empty message is one of its kind."""
    assert decode(message) == answer


@pytest.mark.parametrize("decode", [decode_text, decode_bytes, decode_data])
def test_decoders_refuse_an_empty_message(decode: Callable[[Any], Any]) -> None:
    """ASGI asks for one of the two; a message with neither is of no kind."""
    with pytest.raises(WebSocketException) as caught:
        decode({"type": "websocket.receive", "text": None})
    assert caught.value.code == 1003


@pytest.mark.parametrize("data", ["[1]", b"[1]"])
def test_decode_json_takes_text_and_bytes(data: str | bytes) -> None:
    """Both hold the same JSON."""
    assert decode_json(data) == [1]


# Denial by HTTP -----------------------------------------------------------------------

START = {
    "type": "websocket.http.response.start",
    "status": 401,
    "headers": [
        (b"content-length", b"4"),
        (b"content-type", b"text/plain; charset=utf-8"),
    ],
}
BODY = {"type": "websocket.http.response.body", "body": b"who?"}


def denial(**options: Any) -> Response:
    return PlainTextResponse("who?", status_code=401, **options)


def denied(server: Server, response: Response, **scope: Any) -> WebSocket:
    """Give a connection that was denied."""
    websocket = server.websocket()
    websocket.scope = {**websocket.scope, "extensions": OFFER, **scope}
    asyncio.run(websocket.send_denial_response(response))
    return websocket


OFFER = {"websocket.http.response": {}}


def test_a_denial_is_an_answer_by_http() -> None:
    """ASGI: the messages of HTTP under another prefix; then the connection is over."""
    server = Server()
    websocket = denied(server, denial())
    assert server.sent == [START, BODY]
    assert websocket.application_state is WebSocketState.DISCONNECTED
    assert (websocket.close_code, websocket.close_reason) == (1006, "")
    assert not websocket.is_undecided


@pytest.mark.parametrize("extensions", [{}, None, {"tls": {}}])
def test_a_denial_is_a_close_where_the_server_offers_no_answer(
    extensions: dict[str, Any] | None,
) -> None:
    """Servers answer 403 to a close before accept()."""
    server = Server()
    websocket = denied(server, denial(), extensions=extensions)
    assert server.sent == [closing(1008)]
    assert websocket.close_code == 1008


def test_a_denial_may_be_streamed() -> None:
    """Between its first piece and its last nothing else may be sent."""
    server = Server()
    websocket = server.websocket()
    states = []

    async def pieces() -> AsyncIterator[str]:
        states.append(websocket.application_state)
        yield "a"
        with pytest.raises(RuntimeError, match="an answer by HTTP has begun"):
            await websocket.close()
        yield "b"

    websocket.scope = {
        **websocket.scope,
        "extensions": OFFER,
        "asgi": {"spec_version": "2.4"},
    }
    asyncio.run(websocket.send_denial_response(StreamingResponse(pieces())))
    assert states == [WebSocketState.RESPONSE]
    bodies = [message["body"] for message in server.sent[1:]]
    assert bodies == [b"a", b"b", b""]
    assert websocket.application_state is WebSocketState.DISCONNECTED


def test_a_denial_runs_its_background_tasks() -> None:
    """When the answer was sent."""
    server = Server()

    async def note() -> None:
        server.sent.append("ran")

    denied(server, denial(background=BackgroundTask(note)))
    assert server.sent == [START, BODY, "ran"]


def test_ws_97_denial_after_accept() -> None:
    """It would come too late."""
    server = Server()

    async def late(websocket: WebSocket) -> None:
        with pytest.raises(RuntimeError, match=r"accept\(\) was called already"):
            await websocket.send_denial_response(denial())

    server.hold(late)
    assert server.sent == [ACCEPT]


@pytest.mark.parametrize("first", ["close", "denial"])
@pytest.mark.parametrize("then", ["close", "denial", "accept"])
def test_ws_97_nothing_follows_a_refusal(first: str, then: str) -> None:
    """Close or denial, once."""
    server = Server()
    websocket = server.websocket()
    websocket.scope = {**websocket.scope, "extensions": OFFER}
    ways: dict[str, Callable[[], Awaitable[None]]] = {
        "accept": websocket.accept,
        "close": websocket.close,
        "denial": lambda: websocket.send_denial_response(denial()),
    }

    async def main() -> None:
        await ways[first]()
        count = len(server.sent)
        with pytest.raises(WebSocketDisconnected, match="has closed already"):
            await ways[then]()
        assert len(server.sent) == count

    asyncio.run(main())


def test_ws_97_denial_of_a_client_that_left() -> None:
    """Whether it was known to have left, or is found gone now."""
    server = Server()
    server.script = [gone()]
    websocket = server.websocket()
    websocket.scope = {**websocket.scope, "extensions": OFFER}

    async def main() -> None:
        await websocket.receive()
        await websocket.send_denial_response(denial())

    with pytest.raises(WebSocketDisconnect) as caught:
        asyncio.run(main())
    assert caught.value.code == 1001
    with pytest.raises(WebSocketDisconnect) as caught:
        denied(Server(breaks_at=START["type"]), denial())
    assert caught.value.code == 1006


@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_ws_97_a_streamed_denial_of_a_client_that_left(version: str) -> None:
    """It ends, and the stream is closed, whether the server's send raises or not."""
    closed = []

    async def endless() -> AsyncIterator[str]:
        try:
            while True:
                await asyncio.sleep(0)
                yield "a"
        finally:
            closed.append(True)

    async def main() -> None:
        left = asyncio.Event()

        async def receive() -> Any:
            await left.wait()
            return gone(1006)

        async def send(message: Any) -> None:
            if left.is_set() and version == "2.4":
                raise OSError("gone")
            if message.get("body"):
                left.set()

        asgi = {"version": "3.0", "spec_version": version}
        scope = {"type": "websocket", "headers": [], "extensions": OFFER, "asgi": asgi}
        websocket = WebSocket(scope, receive, send)
        with pytest.raises(WebSocketDisconnect) as caught:
            await websocket.send_denial_response(StreamingResponse(endless()))
        assert caught.value.code == websocket.close_code == 1006

    asyncio.run(main())
    assert closed == [True]


# each_text ----------------------------------------------------------------------------


def test_each_text_hands_over_texts_until_the_peer_leaves() -> None:
    """It ends as iter_text does: by returning."""
    server = Server(text("a"), text("b" * 300_000), gone(4000))
    websocket = server.websocket()
    taken: list[str] = []

    async def take(connection: WebSocket, data: str) -> None:
        assert connection is websocket
        taken.append(data)

    async def run() -> None:
        await websocket.accept()
        await websocket.each_text(take)

    asyncio.run(run())
    assert websocket.close_code == 4000
    assert taken == ["a", "b" * 300_000]


def test_each_text_ends_when_this_side_closes() -> None:
    """A message that is there already is not read."""
    server = Server(text("a"), text("b"))
    websocket = server.websocket()

    async def take(connection: WebSocket, data: str) -> None:
        await connection.close(4001)

    async def run() -> None:
        await websocket.accept()
        await websocket.each_text(take)

    asyncio.run(run())
    assert websocket.close_code == 4001
    assert server.sent == [ACCEPT, closing(4001)]


@pytest.mark.parametrize(
    "message, code",
    [
        (binary(b"a"), 1003),
        (text("a" * 13), 1009),
        (text("😀" * 4), 1009),
    ],
)
def test_each_text_refuses_what_does_not_fit(
    message: dict[str, Any], code: int
) -> None:
    """A binary message closes with 1003, one above the limit with 1009."""
    server = Server(message)
    websocket = server.websocket(max_message_size=LIMIT)

    async def take(connection: WebSocket, data: str) -> None:
        raise NotImplementedError

    async def run() -> None:
        await websocket.accept()
        await websocket.each_text(take)

    asyncio.run(run())
    assert websocket.close_code == code
    assert server.sent[1]["code"] == code


def test_each_text_raises_what_is_said_of_another_connection() -> None:
    """Its own goes on."""
    websocket = Server(text("a")).websocket()
    others = WebSocketDisconnect(4000)

    async def take(connection: WebSocket, data: str) -> None:
        raise others

    async def run() -> None:
        await websocket.accept()
        await websocket.each_text(take)

    with pytest.raises(WebSocketDisconnect) as caught:
        asyncio.run(run())
    assert caught.value is others
    assert websocket.close_code is None


def test_each_text_needs_a_connection() -> None:
    """accept() comes first."""
    websocket = Server(text("a")).websocket()

    async def take(connection: WebSocket, data: str) -> None:
        raise NotImplementedError

    with pytest.raises(RuntimeError, match="accept"):
        asyncio.run(websocket.each_text(take))
