"""A real server on a free port of the loopback interface, which is always stopped.

The story starts with `serving`. `COMMANDS` says how each server is started; all that is
known of their differences beside that stands in the tests, as an answer for each.
`started` is the same for any words of Python's command line.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent

HOST = "127.0.0.1"

# Seconds. They are for a machine that has much else to do.
START = 60.0
STOP = 30.0

# How each server is started. h11, in uvicorn and in hypercorn, refuses a head that is
# longer than a figure, unless it comes in one piece: their own, 16 KiB, would make the
# answer to a longer one a matter of luck.
_UVICORN = "uvicorn {app} --host {host} --port {port} --no-access-log --no-use-colors"
COMMANDS = {
    "h11": f"{_UVICORN} --http h11 --h11-max-incomplete-event-size 131072",
    "httptools": f"{_UVICORN} --http httptools",
    "hypercorn": (
        "hypercorn asgi:{app} --bind {host}:{port} --config tests/live/hypercorn.toml"
    ),
    "granian": "granian {app} --interface asgi --host {host} --port {port}",
    "daphne": "daphne --bind {host} --port {port} {app}",
    "gunicorn": "gunicorn {app} --worker-class asgi --bind {host}:{port}",
}

# What a sound application leaves in no log: servers, asyncio and Python say these.
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
        name: Which one it is, as in COMMANDS.
        port: Where it listens, on 127.0.0.1.
        log: The file that its output goes to.
        process: The process that was started; it may have others.
    """

    name: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{HOST}:{self.port}"


@contextmanager
def serving(
    app: str,
    name: str,
    log: Path,
    *,
    options: Iterable[str] = (),
    complaints: Iterable[str] = COMPLAINTS,
    python: str = sys.executable,
) -> Iterator[Server]:
    """Run an application under a server, in Python's development mode.

    Args:
        app: The application: `module:name`.
        name: The server, as in COMMANDS.
        log: Where its output goes.
        options: Further words of its command line.
        complaints: Regular expressions that are found nowhere in the output.
        python: The interpreter, of an environment that has the server.

    Raises:
        RuntimeError: The server did not start, did not stop when it was told to, or
            had something to complain about in between.
    """
    words = COMMANDS[name].format(app=app, host=HOST, port="{port}").split()
    whole = ["-X", "dev", "-m", *words, *options]
    with started(whole, log, name=name, python=python) as server:
        yield server
    said = _said(log)
    for complaint in complaints:
        if re.search(complaint, said, re.M):
            raise RuntimeError(f"{words[0]} complains ({complaint}): {said}")


@contextmanager
def started(
    words: Iterable[str],
    log: Path,
    *,
    name: str,
    environment: Mapping[str, str] | None = None,
    python: str = sys.executable,
) -> Iterator[Server]:
    """Run Python with the words of a command line that makes it a server.

    Args:
        words: The words; `{port}` in them becomes that of a free port.
        log: Where its output goes.
        name: What to call it.
        environment: Variables of its environment, beside those of this process.
        python: The interpreter, of an environment that has the server.

    Raises:
        RuntimeError: It did not start, or did not stop when it was told to.
    """
    with _port() as port, log.open("wb") as output:
        process = subprocess.Popen(
            [python, *(word.format(port=port) for word in words)],
            cwd=ROOT,
            # gunicorn keeps a control socket in the home directory.
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                "HOME": str(log.parent),
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A group of its own, for those that have processes of their own.
            start_new_session=True,
        )
        try:
            _wait_for_answer(process, port, log)
            yield Server(name, port, log, process)
        finally:
            _stop(process, log)


@contextmanager
def _port() -> Iterator[int]:
    """Reserve a free port for a server, and nobody else, as long as it runs.

    A socket that is bound and does not listen keeps the port from whoever asks for any
    free one. Linux lets another bind to it, and listen, as long as both have
    SO_REUSEADDR, which servers set.
    """
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield port


def _wait_for_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=START)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError(f"it did not start: {_said(log)}")


def _stop(process: subprocess.Popen[bytes], log: Path) -> None:
    process.terminate()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP)
        raise RuntimeError(f"it did not stop: {_said(log)}") from None


def _said(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
