"""Every feature over WebSockets, and what no client would send, behind every server.

Frames go out as bytes. Rows are called by area and number, as everywhere in the tests.
"""

from __future__ import annotations

import json
import zlib

import pytest

from tests.live.server import Server
from tests.live.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    ask,
    connect,
    converse,
    frame,
    handshake,
    message,
    read_answer,
)
from tests.servers.differences import Each, of
from tests.servers.test_hostile import assert_unharmed, reset
from tests.servers.test_http import notes, unused

pytestmark = pytest.mark.usefixtures("others")

LIMIT = 1_048_576


# Messages -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target, content",
    [
        ("/ws/echo/x", "text, \u00e9\U0001f600"),
        ("/ws/echo/x", b"\x00\xff"),
        ("/ws/text", "text"),
        ("/ws/bytes", b"\x00\xff"),
        ("/ws/json", '{"a":[1,"\u00e9"]}'),
        ("/ws/echo/x", "x" * 70_000),
        ("/ws/echo/x", "x" * LIMIT),
        ("/ws/echo/x", b"x" * LIMIT),
    ],
    ids=lambda value: value if len(value) < 20 else f"{len(value)}",
)
def test_a_message_comes_back_as_what_it_was(
    server: Server, target: str, content: str | bytes
) -> None:
    with converse(server, target) as socket:
        assert socket.answer.status == 101
        for _ in range(2):
            socket.send(content)
            assert socket.receive() == content


# daphne does not send an empty message.
EMPTY = Each(True, daphne=False)


@pytest.mark.parametrize("content", ["", b""], ids=["text", "bytes"])
def test_an_empty_message_comes_back(server: Server, content: str | bytes) -> None:
    with converse(server, "/ws/echo/x") as socket:
        socket.send(content)
        socket.send("next")
        if of(EMPTY, server):
            assert socket.receive() == content
        assert socket.receive() == "next"


def test_a_message_in_fragments_is_one(server: Server) -> None:
    with converse(server, "/ws/text") as socket:
        socket.connection.sendall(
            frame(TEXT, b"du", fin=False)
            + frame(PING, b"there?")
            + frame(CONTINUATION, b"", fin=False)
            + frame(CONTINUATION, b"ne")
        )
        found = set()
        while "dune" not in found:
            found.add(socket.receive_any())
        assert found == {"dune", ("pong", b"there?")}


def test_many_clients_are_spoken_to_at_once(server: Server) -> None:
    with converse(server, "/ws/text") as one, converse(server, "/ws/text") as other:
        one.send("one")
        other.send("other")
        assert (other.receive(), one.receive()) == ("other", "one")


# Closing ------------------------------------------------------------------------------


# daphne sends 1011 in place of any other code below 3000 than 1000, and no reason.
def by_application(code: int) -> Each[int]:
    """Give the code that arrives when the application closes with one."""
    return Each(code, daphne=code if code == 1000 or code >= 3000 else 1011)


REASONS = Each(True, daphne=False)


@pytest.mark.parametrize(
    "target, code, reason",
    [
        *[
            (f"/ws/close/{code}", code, "enough")
            for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 3000, 4999)
        ],
        ("/ws/returns", 1000, ""),
        ("/ws/fails", 1011, ""),
        ("/ws/raises", 4001, "sorry"),
    ],
)
def test_the_application_closes_with_a_code_and_a_reason(
    server: Server, target: str, code: int, reason: str
) -> None:
    with converse(server, target) as socket:
        found = socket.ending()
    assert found == (
        of(by_application(code), server),
        reason if of(REASONS, server) else "",
    )


@pytest.mark.parametrize("code", [1000, 1001, 4000, None])
def test_the_application_is_told_the_code_of_the_client(
    server: Server, code: int | None
) -> None:
    """It is 1005 where the Close frame has none; hypercorn says 1006 of all."""
    key = unused()
    with converse(server, f"/ws/echo/{key}") as socket:
        socket.close(code)
        assert socket.ending()[0] in (code, 1000, 1005)
    told = Each(str(code or 1005), hypercorn="1006")
    assert notes(server, key) == [of(told, server)]


# What it is told where there is no Close frame, and TCP ends by FIN or by RST. RFC 6455
# section 7.1.5: 1006.
LOST = Each("1006", h11="1005", httptools="1005", granian="1005")


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_ws_97_a_client_that_goes_without_a_word_is_noticed(
    server: Server, how: str
) -> None:
    key = unused()
    with converse(server, f"/ws/echo/{key}") as socket:
        socket.send("here")
        assert socket.receive() == "here"
        if how == "rst":
            reset(socket.connection)
    assert notes(server, key) == [of(LOST, server)]


# Whether who only sends is told, by an exception, that the client has gone; elsewhere
# one has to receive.
SENDERS_ARE_TOLD = Each(True, hypercorn=False, granian=False, daphne=False)


def test_ws_97_who_sends_is_told_that_the_client_has_gone(server: Server) -> None:
    if not of(SENDERS_ARE_TOLD, server):
        return
    key = unused()
    with converse(server, f"/ws/deaf/{key}") as socket:
        assert socket.receive() == "tick"
    assert notes(server, key) == ["over"]


def test_a_stream_is_pushed_and_ends_when_the_client_goes(server: Server) -> None:
    """Whatever sending to nobody does, since it listens as well."""
    key = unused()
    with converse(server, f"/ws/push/{key}") as socket:
        assert [socket.receive() for _ in range(3)] == ["0", "1", "2"]
        socket.send("heard?")
        while (found := socket.receive()) != "heard?":
            assert found.isdigit()
    assert notes(server, key, "closed") == ["closed"]


# The handshake ------------------------------------------------------------------------


# Whether the answer to the handshake has the application's header fields.
HAS_FIELDS = Each(True, granian=False, daphne=False)


def test_a_subprotocol_is_chosen_with_header_fields(server: Server) -> None:
    field = "Sec-WebSocket-Protocol: first, second"
    with converse(server, "/ws/chosen", field) as socket:
        assert socket.answer.status == 101
        assert socket.answer.headers["sec-websocket-protocol"] == "second"
        has_field = socket.answer.headers.get("x-chosen") == "yes"
        assert has_field is of(HAS_FIELDS, server)
        assert json.loads(socket.receive()) == ["first", "second"]


# daphne runs no lifespan.
WORD = Each[str | None]("open", daphne=None)


def test_the_application_sees_the_handshake(server: Server) -> None:
    target = "/ws/handshake?a=1&b=%C3%A9"
    fields = ["Cookie: a=1", "Origin: http://shop.example"]
    with converse(server, target, *fields) as socket:
        assert json.loads(socket.receive()) == {
            "cookies": {"a": "1"},
            "query": [["a", "1"], ["b", "\u00e9"]],
            "word": of(WORD, server),
            "url": "ws://shop.example" + target,
        }


# Whether a handshake can be answered by HTTP; elsewhere all that is no is 403.
DENIES = Each(True, daphne=False, gunicorn=False)


@pytest.mark.parametrize(
    "target, fields, status",
    [
        ("/ws/refused", [], 403),
        ("/items", [], 403),
        ("/ws/members", [], 401),
        ("/ws/fails-early", [], 500),
        pytest.param("/nowhere", [], 404, id="ws-99"),
        pytest.param("/ws/text", ["Cookie: a=1"], 403, id="ws-94 no Origin"),
        pytest.param(
            "/ws/text",
            ["Cookie: a=1", "Origin: http://evil.example"],
            403,
            id="ws-94 another Origin",
        ),
    ],
)
def test_a_handshake_is_denied_by_http(
    server: Server, target: str, fields: list[str], status: int
) -> None:
    with converse(server, target, *fields) as socket:
        answer = socket.answer
    assert answer.status == (status if of(DENIES, server) else 403)
    if answer.status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    assert_unharmed(server)


@pytest.mark.parametrize(
    "offer, status",
    [
        pytest.param(
            ", ".join(["second", *(f"p{n}" for n in range(100))]),
            101,
            id="ws-99 101 of them",
        ),
        pytest.param("first, second, first", Each(101, daphne=400), id="ws-99 twice"),
        pytest.param("first", 403, id="ws-99 not ours"),
        # The application chooses none that is no token; others do not ask it, and
        # hypercorn says nothing at all.
        pytest.param(
            "first, s\xe9cond",
            Each[int | None](403, h11=400, httptools=400, hypercorn=None, daphne=500),
            id="ws-99 not ASCII",
        ),
    ],
)
def test_subprotocols_are_taken_from_our_own_list(
    server: Server, offer: str, status: int | Each[int | None] | None
) -> None:
    request = handshake("/ws/chosen", f"Sec-WebSocket-Protocol: {offer}")
    with connect(server) as connection:
        connection.sendall(request)
        first_line = connection.makefile("rb").readline()
    found = int(first_line.split()[1]) if first_line else None
    assert found == of(status, server)


@pytest.mark.parametrize(
    "line, other, status",
    [
        ("Sec-WebSocket-Key", "", 400),
        ("Sec-WebSocket-Version", "", Each(400, gunicorn=426)),
        # RFC 6455 section 4.4: 426.
        ("Sec-WebSocket-Version", "12", Each(400, gunicorn=426)),
        # It is a request by HTTP then.
        ("Upgrade", "", 426),
        ("Connection", "", Each(426, daphne=400)),
    ],
)
def test_what_is_no_handshake_is_refused(
    server: Server, line: str, other: str, status: int | Each[int]
) -> None:
    lines = handshake("/ws/text").decode().split("\r\n")
    place = next(n for n, each in enumerate(lines) if each.startswith(f"{line}:"))
    lines[place : place + 1] = [f"{line}: {other}"] if other else []
    request = "\r\n".join(lines).encode()
    assert ask(server, request).status == of(status, server)


# What does not fit --------------------------------------------------------------------


@pytest.mark.parametrize(
    "target, sent, code",
    [
        pytest.param("/ws/text", frame(BINARY, b"x"), 1003, id="ws-95 bytes for text"),
        pytest.param("/ws/bytes", frame(TEXT, b"x"), 1003, id="ws-95 text for bytes"),
        pytest.param("/ws/json", frame(TEXT, b"{"), 1007, id="ws-95 no JSON"),
        pytest.param("/ws/json", frame(TEXT), 1007, id="ws-95 empty"),
        pytest.param("/ws/json", frame(BINARY, b"\xff"), 1007, id="ws-95 no UTF-8"),
        pytest.param("/ws/json", frame(TEXT, b"[" * 100_000), 1007, id="ws-95 depth"),
        pytest.param("/ws/little", frame(TEXT, b"x" * 101), 1009, id="ws-96 long"),
        pytest.param(
            "/ws/little",
            frame(TEXT, b"x" * 60, fin=False) + frame(CONTINUATION, b"x" * 60),
            1009,
            id="ws-96 long in fragments",
        ),
    ],
)
def test_a_message_that_does_not_fit_ends_the_conversation(
    server: Server, target: str, sent: bytes, code: int
) -> None:
    with converse(server, target) as socket:
        socket.connection.sendall(sent)
        assert socket.ending()[0] == of(by_application(code), server)
    assert_unharmed(server)


# Of what breaks the protocol, hypercorn and daphne end the connection without a Close
# frame, and granian with one that has no code.
BROKEN = Each(1002, hypercorn=1006, granian=1005, daphne=1006)
NO_TEXT = Each(1007, hypercorn=1006, granian=1005, daphne=1006)


@pytest.mark.parametrize(
    "sent, code",
    [
        pytest.param(frame(TEXT, b"\xff"), NO_TEXT, id="ws-95 no UTF-8"),
        pytest.param(frame(TEXT, b"\xed\xa0\x80"), NO_TEXT, id="ws-95 surrogate"),
        pytest.param(frame(TEXT, b"x", masked=False), BROKEN, id="no mask"),
        pytest.param(frame(3, b"x"), BROKEN, id="reserved opcode"),
        pytest.param(frame(TEXT, b"x", rsv=2), BROKEN, id="reserved bit"),
        pytest.param(
            frame(TEXT, zlib.compress(b"x"), rsv=4),
            BROKEN,
            id="ws-96 compressed, which was not agreed",
        ),
        pytest.param(frame(CONTINUATION, b"x"), BROKEN, id="ws-96 nothing to go on"),
        pytest.param(
            frame(TEXT, b"x", fin=False) + frame(TEXT, b"x"),
            BROKEN,
            id="ws-96 unfinished, then another",
        ),
        pytest.param(frame(PING, b"x" * 126), BROKEN, id="long ping"),
        pytest.param(frame(PING, b"x", fin=False), BROKEN, id="half a ping"),
        pytest.param(frame(CLOSE, b"x"), BROKEN, id="half a close code"),
        pytest.param(
            frame(CLOSE, (1005).to_bytes(2, "big")),
            Each(1002, hypercorn=1006, daphne=1006),
            id="close with 1005",
        ),
        pytest.param(frame(CLOSE, b"\x03\xe8\xff"), NO_TEXT, id="close, no UTF-8"),
    ],
)
def test_what_is_no_websocket_ends_the_conversation(
    server: Server, sent: bytes, code: Each[int]
) -> None:
    with converse(server, "/ws/text") as socket:
        socket.connection.sendall(sent)
        assert socket.ending()[0] == of(code, server)
    assert_unharmed(server)


# daphne has the limit that restlette has, and closes without a Close frame.
LONG = Each(1009, daphne=1006)


def test_ws_96_a_message_above_the_limit_ends_the_conversation(server: Server) -> None:
    with converse(server, "/ws/text") as socket:
        try:
            socket.connection.sendall(frame(TEXT, b"x" * (LIMIT + 1)))
        except ConnectionError:
            assert of(LONG, server) == 1006
        assert socket.ending()[0] == of(LONG, server)
    assert_unharmed(server)


# What a length of 64 MiB is answered before the content comes. hypercorn waits for the
# 16 MiB that it takes.
HUGE = Each(1009, hypercorn=None, granian=1005, daphne=1006)


def test_ws_96_a_huge_message_is_refused_before_it_comes(server: Server) -> None:
    head = bytes([0x82, 0xFF]) + (2**26).to_bytes(8, "big") + bytes(4)
    with converse(server, "/ws/bytes") as socket:
        socket.connection.sendall(head)
        if of(HUGE, server) is not None:
            assert socket.ending()[0] == of(HUGE, server)
    assert_unharmed(server)


def test_ws_96_many_fragments_are_one_message(server: Server) -> None:
    pieces = frame(CONTINUATION, b"x", fin=False) * 5_000
    with converse(server, "/ws/text") as socket:
        socket.connection.sendall(
            frame(TEXT, b"x", fin=False) + pieces + frame(CONTINUATION)
        )
        assert socket.receive() == "x" * 5_001


def test_ws_97_an_unfinished_frame_harms_nobody(server: Server) -> None:
    with converse(server, "/ws/text") as socket:
        socket.connection.sendall(frame(TEXT, b"x" * 100)[:50])
    with converse(server, "/ws/text", "X-Half: x") as socket:
        reset(socket.connection)
    with connect(server) as connection:
        connection.sendall(handshake("/ws/text")[:50])
    assert_unharmed(server)


def test_ws_98_a_flood_is_answered_message_by_message(server: Server) -> None:
    with converse(server, "/ws/text") as socket:
        socket.connection.sendall(frame(TEXT, b"x") * 1_000)
        assert {socket.receive() for _ in range(1_000)} == {"x"}


def test_ws_99_http_on_a_websocket_is_answered_426(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(message("GET /ws/text"))
        answer = read_answer(connection)
    assert (answer.status, answer.headers["upgrade"]) == (426, "websocket")
