"""WebSockets under a real uvicorn, once for each of its implementations.

A real client says what a client says; what none would goes through a socket as frames.
Rows are called by area and number, as everywhere in the tests.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.live.server import HOST, Server, serving
from tests.live.wire import ask, message

# uvicorn's "websockets" is on its way out; it waits ten seconds for a client that broke
# off, which is too long for a test.
EACH_WS = ["websockets-sansio", "wsproto"]

APP = "tests.live.rooms:app"

# Seconds.
DEADLINE = 30.0

LIMIT = 1_048_576

# RFC 6455 §5.2.
TEXT, BINARY, CLOSE, PING = 0x1, 0x2, 0x8, 0x9
FIN, RSV1, MASKED = 0x80, 0x40, 0x80


@pytest.fixture(scope="module", params=EACH_WS)
def rooms(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The rooms, served until the last test of this module is over."""
    log = tmp_path_factory.mktemp("live") / f"{request.param}.log"
    with serving(APP, "h11", log, options=["--ws", request.param]) as server:
        yield server


def join(server: Server, path: str, **options: Any) -> ClientConnection:
    """Open a WebSocket with a real client."""
    options = {"max_size": None, "open_timeout": DEADLINE, **options}
    return connect(f"ws://{HOST}:{server.port}{path}", proxy=None, **options)


def held(server: Server, name: str) -> int:
    """Ask how many conversations of a class are held."""
    count: int = ask(server, message(f"GET /held/{name}")).json()
    return count


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def closing(connection: ClientConnection) -> tuple[int, str]:
    """Receive until the end; give the close code and the reason."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            connection.recv(timeout=DEADLINE)
    received = closed.value.rcvd
    assert received is not None
    return received.code, received.reason


def assert_unharmed(server: Server) -> None:
    """Assert that the next client is answered as ever."""
    with join(server, "/echo") as connection:
        connection.send("still there?")
        assert connection.recv(timeout=DEADLINE) == "still there?"


# A client that is one -----------------------------------------------------------------


def test_texts_and_bytes_are_sent_back(rooms: Server) -> None:
    """In order, whatever their size up to the limit."""
    with join(rooms, "/echo") as connection:
        for text in ("a", "", "é" * 1000, "a" * LIMIT):
            connection.send(text)
            assert connection.recv(timeout=DEADLINE) == text
    with join(rooms, "/bytes") as connection:
        connection.send(b"\xff\x00")
        assert connection.recv(timeout=DEADLINE) == b"\xff\x00"
    wait_until(lambda: held(rooms, "echo") == held(rooms, "bytes") == 0)


def test_messages_go_through_models(rooms: Server) -> None:
    """And the path's parameters by name."""
    with join(rooms, "/shops/emma/wishes") as connection:
        connection.send('{"title": "Dune"}')
        assert json.loads(connection.recv(timeout=DEADLINE)) == {
            "shop": "emma",
            "wish": {"title": "Dune", "copies": 1},
        }
        connection.send("{}")
        assert closing(connection) == (1007, "/title: This is required.")


def test_a_stream_is_pushed_beside_messages(rooms: Server) -> None:
    """And closed when the client leaves."""
    with join(rooms, "/ticks") as connection:
        for copies in range(3):
            pushed = json.loads(connection.recv(timeout=DEADLINE))
            assert pushed == {"title": "Dune", "copies": copies}
        connection.send('"hello"')
        assert connection.recv(timeout=DEADLINE) == '"hello"'
        assert held(rooms, "stream") == 1
    wait_until(lambda: held(rooms, "stream") == held(rooms, "ticks") == 0)


@pytest.mark.parametrize("ws", EACH_WS)
def test_a_server_that_stops_closes_the_stream(tmp_path: Path, ws: str) -> None:
    """The client gets 1012 (service restart); the generator's `finally` has run."""
    log = tmp_path / "log"
    with ExitStack() as clients:
        with serving(APP, "h11", log, options=["--ws", ws]) as server:
            connection = clients.enter_context(join(server, "/ticks"))
            connection.recv(timeout=DEADLINE)
        assert closing(connection)[0] == 1012
    assert "the stream is closed" in log.read_text()


@pytest.mark.parametrize("ws", EACH_WS)
def test_ws_97_what_on_receive_raises_is_raised_once(tmp_path: Path, ws: str) -> None:
    """1011 for the client, one traceback for the log."""
    log = tmp_path / "log"
    complains = pytest.raises(RuntimeError, match="uvicorn complains")
    with complains, serving(APP, "h11", log, options=["--ws", ws]) as server:
        with join(server, "/broken") as connection:
            assert connection.recv(timeout=DEADLINE) == "begun"
            connection.send("x")
            assert closing(connection) == (1011, "")
        wait_until(lambda: held(server, "broken") == 0)
    said = log.read_text()
    assert said.count('raise KeyError("on_receive")') == 1
    assert "never retrieved" not in said


# What is denied -----------------------------------------------------------------------

COOKIE = {"Cookie": "session=1"}


@pytest.mark.parametrize(
    "path, headers, status, field",
    [
        pytest.param("/members", {}, 401, ("www-authenticate", "Bearer"), id="401"),
        pytest.param("/nowhere", {}, 404, ("vary", "Accept"), id="ws-99 nowhere"),
        pytest.param("/held/x", {}, 403, ("vary", "Accept"), id="ws-99 HTTP alone"),
        pytest.param("/echo", COOKIE, 403, ("vary", "Accept"), id="ws-94 missing"),
        pytest.param(
            "/echo",
            COOKIE | {"Origin": "https://evil.example"},
            403,
            ("vary", "Accept"),
            id="ws-94 evil",
        ),
        pytest.param(
            "/echo",
            COOKIE | {"Origin": "null"},
            403,
            ("vary", "Accept"),
            id="ws-94 null",
        ),
    ],
)
def test_a_handshake_is_denied_by_http(
    rooms: Server,
    path: str,
    headers: dict[str, str],
    status: int,
    field: tuple[str, str],
) -> None:
    """A problem, like every error."""
    with pytest.raises(InvalidStatus) as denied:
        join(rooms, path, additional_headers=headers)
    response = denied.value.response
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers[field[0]] == field[1]
    assert json.loads(response.body or b"")["status"] == status


def test_ws_94_a_page_of_its_own_is_let_in(rooms: Server) -> None:
    """With its cookies."""
    headers = COOKIE | {"Origin": rooms.url}
    with join(rooms, "/echo", additional_headers=headers) as connection:
        connection.send("a")
        assert connection.recv(timeout=DEADLINE) == "a"


def test_ws_99_http_on_a_websockets_path(rooms: Server) -> None:
    """RFC 9110 §15.5.22."""
    answer = ask(rooms, message("GET /echo"))
    assert (answer.status, answer.headers["upgrade"]) == (426, "websocket")


# What no client sends -----------------------------------------------------------------


def handshake(server: Server, path: str, *fields: bytes) -> bytes:
    key = base64.b64encode(os.urandom(16))
    lines = (
        b"Host: %s:%d" % (HOST.encode(), server.port),
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: " + key,
        *fields,
    )
    return message(f"GET {path}", *lines)


def raw(server: Server, path: str, *fields: bytes) -> socket.socket:
    """Open a WebSocket by hand; what follows on the socket are frames."""
    connection = socket.create_connection((HOST, server.port), timeout=DEADLINE)
    connection.sendall(handshake(server, path, *fields))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, answer
        answer += byte
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return connection


def frame(first: int, content: bytes, *, announced: int | None = None) -> bytes:
    """Give a frame as a client sends it: masked (RFC 6455 §5.3), here with zeros."""
    length = len(content) if announced is None else announced
    if length < 126:
        head = struct.pack("!BB", first, MASKED | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", first, MASKED | 126, length)
    else:
        head = struct.pack("!BBQ", first, MASKED | 127, length)
    return head + bytes(4) + content


def read(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def next_frame(connection: socket.socket) -> tuple[int, bytes]:
    """Give the opcode and the content of the server's next frame."""
    first, length = read(connection, 2)
    if length == 126:
        (length,) = struct.unpack("!H", read(connection, 2))
    elif length == 127:
        (length,) = struct.unpack("!Q", read(connection, 8))
    return first & 0x0F, read(connection, length)


def close_code(connection: socket.socket) -> int:
    """Read up to the server's close frame; give its code."""
    opcode, content = next_frame(connection)
    while opcode != CLOSE:
        opcode, content = next_frame(connection)
    code: int = struct.unpack("!H", content[:2])[0]
    return code


@pytest.mark.parametrize(
    "path, frames, code",
    [
        pytest.param("/shops/a/wishes", frame(FIN | TEXT, b"{"), 1007, id="bad JSON"),
        pytest.param("/shops/a/wishes", frame(FIN | TEXT, b""), 1007, id="empty frame"),
        pytest.param(
            "/shops/a/wishes", frame(FIN | TEXT, b"[" * 100_000), 1007, id="depth 100k"
        ),
        pytest.param("/shops/a/wishes", frame(FIN | TEXT, b"[]"), 1007, id="no object"),
        pytest.param(
            "/shops/a/wishes", frame(FIN | BINARY, b'"\xff"'), 1007, id="UTF-8 in bytes"
        ),
        pytest.param("/echo", frame(FIN | BINARY, b"a"), 1003, id="bytes for text"),
        pytest.param("/bytes", frame(FIN | TEXT, b"a"), 1003, id="text for bytes"),
    ],
)
def test_ws_95_a_message_that_does_not_fit_closes(
    rooms: Server, path: str, frames: bytes, code: int
) -> None:
    """With the code that says why; nothing is raised into the server."""
    with raw(rooms, path) as connection:
        connection.sendall(frames)
        assert close_code(connection) == code
    assert_unharmed(rooms)


def test_ws_96_a_message_above_the_limit(rooms: Server) -> None:
    """1009; the limit is ours, the server's is higher."""
    with join(rooms, "/bytes") as connection:
        connection.send(bytes(LIMIT + 1))
        assert closing(connection) == (1009, f"the limit is {LIMIT} bytes")
    assert_unharmed(rooms)


def test_ws_96_a_message_far_above_the_limit(rooms: Server) -> None:
    """The server refuses it by what its header announces, or when it is too much."""
    with raw(rooms, "/bytes") as connection:
        connection.sendall(frame(FIN | BINARY, b"", announced=64_000_000))
        piece = bytes(1_000_000)
        try:
            for _ in range(64):
                connection.sendall(piece)
        except OSError:
            # It has closed already, and what it said was lost with the connection.
            pass
        else:
            assert close_code(connection) == 1009
    assert_unharmed(rooms)


def test_ws_96_a_compressed_bomb(rooms: Server) -> None:
    """64 MB of nothing in some 64 kB: it is not unpacked to its end."""
    with join(rooms, "/bytes", compression="deflate") as connection:
        connection.send(bytes(64_000_000))
        assert closing(connection)[0] == 1009
    wait_until(lambda: held(rooms, "bytes") == 0)
    assert_unharmed(rooms)


def test_ws_96_many_tiny_fragments(rooms: Server) -> None:
    """They are one message, as long as it is within the limit."""
    count = 20_000
    with raw(rooms, "/echo") as connection:
        fragments = [frame(TEXT, b"a"), *[frame(0, b"a")] * (count - 2)]
        connection.sendall(b"".join(fragments) + frame(FIN, b"a"))
        assert next_frame(connection) == (TEXT, b"a" * count)
    assert_unharmed(rooms)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(frame(FIN | TEXT, b"abc", announced=10), id="unfinished frame"),
        pytest.param(frame(TEXT, b"abc"), id="unfinished message"),
        pytest.param(b"\x81", id="unfinished header"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_ws_96_a_client_that_breaks_off(rooms: Server, frames: bytes) -> None:
    """The conversation is over when the connection is."""
    with raw(rooms, "/echo") as connection:
        connection.sendall(frames)
        wait_until(lambda: held(rooms, "echo") == 1)
    wait_until(lambda: held(rooms, "echo") == 0)
    assert_unharmed(rooms)


def test_ws_97_a_client_that_breaks_off_ends_the_stream(rooms: Server) -> None:
    """Without a close frame too."""
    with raw(rooms, "/ticks") as connection:
        assert next_frame(connection)[0] == TEXT
        assert held(rooms, "stream") == 1
    wait_until(lambda: held(rooms, "stream") == held(rooms, "ticks") == 0)


def test_ws_98_a_client_that_does_not_read(rooms: Server) -> None:
    """The stream stops when the buffers on the way are full; memory does not grow."""
    with raw(rooms, "/flood"):
        before = -1
        while held(rooms, "megabytes") != before:
            before = held(rooms, "megabytes")
            time.sleep(1)
        # The kernel's buffers and the server's hold some megabytes, never a hundred.
        assert before < 100
    wait_until(lambda: held(rooms, "flood") == 0)
    assert_unharmed(rooms)


def test_ws_98_a_flood_is_answered(rooms: Server) -> None:
    """Ten thousand messages that nobody waits for, each with its answer in order."""
    with raw(rooms, "/echo") as connection:
        for start in range(0, 10_000, 100):
            numbers = range(start, start + 100)
            connection.sendall(b"".join(frame(FIN | TEXT, b"%d" % n) for n in numbers))
            for number in numbers:
                assert next_frame(connection) == (TEXT, b"%d" % number)


@pytest.mark.parametrize(
    "offered, chosen",
    [
        pytest.param(b"books.v1", True, id="one of ours"),
        pytest.param(b"soap, books.v1, books.v1", True, id="twice"),
        pytest.param(b"soap", False, id="none of ours"),
        pytest.param(b",".join(b"p%d" % n for n in range(1_000)), False, id="1000"),
    ],
)
def test_ws_99_a_subprotocol_is_one_of_ours(
    rooms: Server, offered: bytes, chosen: bool
) -> None:
    """Chosen by the application, from what the client offers."""
    field = b"Sec-WebSocket-Protocol: " + offered
    with socket.create_connection((HOST, rooms.port), timeout=DEADLINE) as connection:
        connection.sendall(handshake(rooms, "/echo", field))
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += read(connection, 1)
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert (b"books.v1" in answer) is chosen
