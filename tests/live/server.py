"""A real uvicorn on a free port of the loopback interface, which is always stopped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent

HOST = "127.0.0.1"

# Seconds.
START = 30.0
STOP = 10.0

# What a sound application leaves in no log: uvicorn, asyncio and Python say these.
COMPLAINTS = (
    "Traceback",
    "ERROR",
    "never awaited",
    "never retrieved",
    "was destroyed",
    "ResourceWarning",
)


class Server(NamedTuple):
    """A server that is running.

    Attributes:
        http: What reads HTTP in it: "h11" or "httptools".
        port: Where it listens, on 127.0.0.1.
        log: The file that its output goes to.
        ws: What reads WebSockets in it.
    """

    http: str
    port: int
    log: Path
    ws: str = "auto"

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{HOST}:{self.port}"


@contextmanager
def serving(app: str, http: str, log: Path, *, ws: str = "auto") -> Iterator[Server]:
    """Run an application under uvicorn, in Python's development mode.

    Args:
        app: Where it is: `module:name`.
        http: What reads HTTP: "h11" or "httptools".
        log: The file that the output goes to.
        ws: What reads WebSockets: "websockets", "websockets-sansio" or "wsproto".

    Raises:
        RuntimeError: The server did not start, did not stop when it was told to, or
            had something to complain about in between.
    """
    command = [sys.executable, "-X", "dev", "-m", "uvicorn", app, "--http", http]
    command += ["--ws", ws]
    options = ["--host", HOST, "--port", "0", "--no-use-colors", "--no-access-log"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Server(http, _wait_for_port(process, log), log, ws)
    finally:
        process.terminate()
        try:
            process.wait(STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP)
            raise RuntimeError(f"uvicorn did not stop: {log.read_text()}") from None
    said = log.read_text()
    if any(complaint in said for complaint in COMPLAINTS):
        raise RuntimeError(f"uvicorn complains: {said}")


def _wait_for_port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        said = re.search(rf"running on http://{HOST}:([0-9]+)", log.read_text())
        if said is not None:
            return int(said[1])
        time.sleep(0.05)
    raise RuntimeError(f"uvicorn did not start: {log.read_text()}")
