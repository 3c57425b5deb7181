"""What a request costs a real server: uvicorn, loaded by wrk over loopback.

The processor time of the server's process, divided by the requests that wrk counted:
how fast the machine or wrk is falls out of it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.table import FLOOR, OURS, compare, goal, part

NAMES = ("server",)

ROUNDS = 9

CONNECTIONS = 16

SECONDS = 1

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def served(name: str) -> Iterator[tuple[int, str]]:
    """A framework's application under uvicorn: its process and its address."""
    port = free_port()
    process = subprocess.Popen(
        [
            *[sys.executable, "-m", "uvicorn", f"benchmarks.services.{name}:app"],
            *["--http", "httptools", "--loop", "uvloop", "--lifespan", "on"],
            *["--host", "127.0.0.1", "--port", str(port)],
            *["--no-access-log", "--log-level", "warning"],
        ]
    )
    try:
        url = f"http://127.0.0.1:{port}/books/42"
        wait(process, url)
        yield process.pid, url
    finally:
        process.terminate()
        process.wait(10)


def wait(process: subprocess.Popen[bytes], url: str) -> None:
    """Wait until a server answers what it must."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + 20
    while True:
        try:
            answer = json.load(opener.open(url, timeout=5))
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            if answer != {"id": 42, "title": "Dune"}:
                raise ValueError(f"{url}: {answer}")
            return


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far (proc(5), stat: fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def load(url: str, seconds: int) -> int:
    """Load a server for so long; how many requests it answered."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise ValueError(said)
    found = re.search(r"(\d+) requests in", said)
    if not found:
        raise ValueError(said)
    return int(found[1])


def run(frameworks: list[str], names: list[str], rounds: int | None) -> bool:
    """Measure, print, and say whether the goal is held."""
    if shutil.which("wrk") is None or not Path("/proc/self/stat").exists():
        print("\nserver: left out: it needs Linux and wrk (apt-get install wrk)")
        return False
    samples: dict[str, list[float]] = {name: [] for name in frameworks}
    rates: dict[str, list[float]] = {name: [] for name in frameworks}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(served(name)) for name in frameworks}
        for _, url in servers.values():
            load(url, SECONDS)
        for _ in range(rounds or ROUNDS):
            for name, (pid, url) in servers.items():
                before = processor_seconds(pid)
                count = load(url, SECONDS)
                samples[name].append((processor_seconds(pid) - before) / count * 1e6)
                rates[name].append(count / SECONDS)
    compare(
        "server: processor time a GET under uvicorn (httptools, uvloop), loaded by wrk",
        "µs",
        samples,
    )
    best = ", ".join(f"{name} {max(rates[name]):.0f}" for name in frameworks)
    print(f"requests a second, the best of {len(rates[frameworks[0]])}: {best}")
    if OURS in samples and FLOOR in samples:
        return goal("of the raw application", part(samples, FLOOR), 1.2)
    return True
