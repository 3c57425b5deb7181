"""What slow and greedy clients cost: the memory of a real server's process.

Each bound is some times less than what the clients ask for, and some times more than
what they are given.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from select import select
from threading import Event
from typing import Any

import pytest

from restlette.http.limits import DEFAULT_LIMITS
from tests.live.conftest import EACH_HTTP
from tests.live.heavy import FORM, PIECE, SIZE
from tests.live.server import HOST, Server, serving
from tests.live.wire import TIMEOUT, ask, message

READERS = 200
UPLOADS = 100
LIMIT = DEFAULT_LIMITS.body
GIGABYTE = 2**30

# What uploads begin with; nothing, but to a form.
OPENING = b'--b\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n'
BEGUN = 2**19

# Seconds: a machine may be busy with other things.
PATIENCE = 60


@pytest.fixture(params=EACH_HTTP)
def heavy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server of large things, for one test."""
    log = tmp_path / f"{request.param}.log"
    with serving("tests.live.heavy:app", request.param, log) as server:
        yield server


def figures(server: Server) -> Any:
    """What the application says of itself."""
    return ask(server, message("GET /figures")).json()


def memory(server: Server) -> dict[str, int]:
    """The memory of the server's process: bytes now, and the most so far (proc(5))."""
    status = Path(f"/proc/{figures(server)['pid']}/status").read_text()
    found = re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB$", status, re.M)
    return {name: int(kilobytes) * 1024 for name, kilobytes in found}


def stalled(server: Server, path: str) -> socket.socket:
    """A client that asks for something and does not read it."""
    client = socket.socket()
    # What the system keeps for it is no part of the process.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
    client.settimeout(TIMEOUT)
    client.connect((HOST, server.port))
    client.sendall(message(f"GET {path}"))
    return client


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def sent_at_rest(server: Server, least: int) -> int:
    """How much the application has sent when it sends no more."""
    seen: list[int] = []

    def is_at_rest() -> bool:
        seen.append(figures(server)["sent"])
        return seen[-1] >= least and seen[-5:] == 5 * seen[-1:]

    until(is_at_rest)
    return seen[-1]


@pytest.mark.parametrize("path", ["/stream", "/file", "/static/large"])
def test_clients_that_read_nothing_cost_a_few_pieces_each(
    heavy: Server, path: str
) -> None:
    """stream-90: the application waits, whatever is left to send; and so twice."""
    assert ask(heavy, message(f"GET {path}")).status == 200
    before = memory(heavy)["VmRSS"]
    for _ in range(2):
        begun = figures(heavy)["sent"]
        with ExitStack() as stack:
            for _ in range(READERS):
                stack.enter_context(stalled(heavy, path))
            sent = sent_at_rest(heavy, begun + READERS * PIECE) - begun
            assert sent < READERS * SIZE // 4
            assert memory(heavy)["VmRSS"] - before < READERS * 6 * PIECE
    assert len(ask(heavy, message(f"GET {path}")).content) == SIZE


def upload(server: Server, path: str, all_begun: Event) -> bytes:
    """Claim a gigabyte in one chunk, and send of it until there is an answer."""
    fields = ["Host: shop.example", "Transfer-Encoding: chunked"]
    fields.append("Content-Type: multipart/form-data; boundary=b")
    with socket.create_connection((HOST, server.port), PATIENCE) as client:
        client.sendall(message(f"POST {path}", *fields, content=b"%x\r\n" % GIGABYTE))
        client.sendall(OPENING.ljust(BEGUN))
        assert all_begun.wait(PATIENCE)
        for _ in range(0, GIGABYTE, PIECE):
            if select([client], [], [], 0)[0]:
                break
            client.sendall(bytes(PIECE))
        return client.recv(PIECE)


@pytest.mark.parametrize(
    "path, limit", [("/body", LIMIT), ("/pieces", LIMIT), ("/form", FORM)]
)
def test_uploads_are_refused_at_the_first_chunk_beyond_the_limit(
    heavy: Server, path: str, limit: int
) -> None:
    """body-53: counted as they come, since they do not say how long they are.

    A form has a limit of its own, and the files in it are on disk.
    """
    before = memory(heavy)["VmRSS"]
    all_begun = Event()
    with ThreadPoolExecutor(UPLOADS) as pool:
        uploads = [pool.submit(upload, heavy, path, all_begun) for _ in range(UPLOADS)]
        until(lambda: sum(map(sum, figures(heavy)["taken"])) == UPLOADS * BEGUN)
        all_begun.set()
    assert {upload.result().split()[1] for upload in uploads} == {b"413"}
    taken = figures(heavy)["taken"]
    assert len(taken) == UPLOADS
    for chunks in taken:
        assert sum(chunks[:-1]) <= limit < sum(chunks)
    assert memory(heavy)["VmHWM"] - before < UPLOADS * SIZE
