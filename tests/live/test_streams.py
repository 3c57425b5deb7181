"""Answers that take time, behind a real server: what the client sees, and what ends."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.conftest import EACH_HTTP
from tests.live.server import HOST, Server, serving
from tests.live.wire import TIMEOUT, ask, message

APP = "tests.live.streaming:app"
DEADLINE = 30.0

# More than the buffers between the two hold.
MOST_PIECES = 1000


@pytest.fixture(params=EACH_HTTP)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """The application, for one test, in whose log nothing may be wrong."""
    with serving(APP, request.param, tmp_path / "log") as server:
        yield server


def counts(server: Server) -> dict[str, int]:
    counted: dict[str, int] = ask(server, message("GET /counts")).json()
    return counted


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what is going to be true."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it has not become true"
        time.sleep(0.02)


def opened(server: Server, path: str) -> socket.socket:
    """Ask for an answer, and read the beginning of it."""
    connection = socket.create_connection((HOST, server.port), timeout=TIMEOUT)
    connection.sendall(message(f"GET {path}"))
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


def test_sse_89_a_disconnect_ends_the_generator(server: Server) -> None:
    """sse-89: at once, though it has nothing to send; background tasks run."""
    connection = opened(server, "/events")
    received = b""
    while b'data: {"number":1}\n\n' not in received:
        received += connection.recv(1000)
    head = received.lower()
    assert b"content-type: text/event-stream; charset=utf-8\r\n" in head
    assert b"cache-control: no-store\r\n" in head
    assert counts(server)["ended"] == 0
    connection.close()
    wait_until(lambda: counts(server)["ended"] == 1)
    wait_until(lambda: counts(server)["background"] == 1)


def test_dispatch_5_head_of_a_stream_has_no_content(server: Server) -> None:
    """dispatch-5: and what was never begun need not end."""
    answer = ask(server, message("HEAD /events"), method="HEAD")
    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    wait_until(lambda: counts(server)["background"] == 1)
    assert counts(server)["ended"] == 0


def is_still(server: Server) -> bool:
    """Say whether pieces were made, and no more are."""
    before = counts(server)["made"]
    time.sleep(0.2)
    return 0 < before == counts(server)["made"]


def test_stream_90_a_reader_that_reads_nothing_makes_the_generator_wait(
    server: Server,
) -> None:
    """stream-90: it goes on when the client reads on."""
    with opened(server, "/endless") as connection:
        wait_until(lambda: is_still(server))
        made = counts(server)["made"]
        assert made < MOST_PIECES
        left = MOST_PIECES * 64 * 1024
        while left > 0:
            left -= len(connection.recv(2**20))
        assert counts(server)["made"] > made
        wait_until(lambda: is_still(server))
        assert counts(server)["made"] < 2 * MOST_PIECES + made
        assert counts(server)["ended"] == 0
    wait_until(lambda: counts(server)["ended"] == 1)


def test_an_answer_may_be_made_of_the_content_as_it_arrives(server: Server) -> None:
    """No piece is lost to what watches for the disconnect."""

    def pieces() -> Iterator[bytes]:
        for number in range(50):
            yield b"%03d" % number
            time.sleep(0.001)

    client = http.client.HTTPConnection(HOST, server.port, timeout=TIMEOUT)
    try:
        client.request("POST", "/echo", body=pieces(), encode_chunked=True)
        content = client.getresponse().read()
    finally:
        client.close()
    assert content == b"".join(b"%03d" % number for number in range(50))


@pytest.mark.parametrize("http_", EACH_HTTP)
def test_stream_90_a_write_timeout_ends_it(http_: str, tmp_path: Path) -> None:
    """stream-90: for a client that stays and takes nothing."""
    log = tmp_path / "log"
    # The server says that the answer has no end.
    with (
        pytest.raises(RuntimeError, match="without completing response"),
        serving(APP, http_, log) as server,
        opened(server, "/impatient"),
    ):
        wait_until(lambda: counts(server)["ended"] == 1)
    said = log.read_text()
    assert "a stream was ended: its reader took nothing for 0.5 s" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("http_", EACH_HTTP)
def test_stream_91_an_exception_after_the_head_breaks_the_connection(
    http_: str, tmp_path: Path
) -> None:
    """stream-91: no end that would look like one; the server logs it, once."""
    log = tmp_path / "log"
    with (
        pytest.raises(RuntimeError, match="uvicorn complains"),
        serving(APP, http_, log) as server,
    ):
        with pytest.raises(http.client.IncompleteRead) as raised:
            ask(server, message("GET /broken"))
        assert raised.value.partial == b"the beginning"
        # It serves on.
        assert ask(server, message("GET /counts")).status == 200
    said = log.read_text()
    assert said.count("Traceback") == 1
    assert said.count("LookupError: in the middle") == 1


@pytest.mark.parametrize("http_", EACH_HTTP)
def test_background_112_tasks_end_before_the_application_does(
    http_: str, tmp_path: Path
) -> None:
    """background-112: SIGTERM, while one runs."""
    log = tmp_path / "log"
    with serving(APP, http_, log) as server:
        assert ask(server, message("GET /task")).content == b"begun"
    said = log.read_text()
    assert -1 < said.find("the task has ended") < said.find("application has ended")
