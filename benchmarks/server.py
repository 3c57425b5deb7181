"""What a request costs a real server: uvicorn, loaded over loopback.

The processor time of the server's process, divided by the requests that were answered:
how fast the machine or its clients are falls out of it. GET is loaded by wrk, with a
session in memory too; files and forms are asked for by one client, one after the other,
and the time on the clock is said as well.
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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from benchmarks.cases import CASES, FILES, Case, files
from benchmarks.table import FLOOR, OURS, against, compare, goal, part

# case: that of benchmarks.cases which is sent to a server
TRANSFERS = {
    f"server-{name}": CASES[name] for name in ("file", "static", "upload", "fields")
}

NAMES = ("server", "server-sessions", *TRANSFERS)

ROUNDS = 9

CONNECTIONS = 16

SECONDS = 1

TICKS = os.sysconf("SC_CLK_TCK")

# How long one framework is measured in a transfer before the next one's turn, in
# seconds of the clock: the processor's come in ticks of a hundredth.
TURN = 0.5


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def address(port: int) -> str:
    """Where a server has the book that is asked for."""
    return f"http://127.0.0.1:{port}/books/42"


@contextmanager
def served(name: str) -> Iterator[tuple[int, int]]:
    """A framework's application under uvicorn: its process and its port."""
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
        wait(process, address(port))
        yield process.pid, port
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


def load(url: str, seconds: int, fields: Sequence[str]) -> int:
    """Load a server for so long; how many requests it answered.

    Args:
        url: What is asked for.
        seconds: For how long.
        fields: The header fields of each request, beside Host.
    """
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", url]
    command += [part for field in fields for part in ("-H", field)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise ValueError(said)
    found = re.search(r"(\d+) requests in", said)
    if not found:
        raise ValueError(said)
    return int(found[1])


def transfer(port: int, case: Case) -> float:
    """Make the request of a case, and read its answer; the seconds on the clock."""
    lines = [f"{case.method} {case.path} HTTP/1.1".encode()]
    fields = [field for field in case.scope()["headers"] if field[0] != b"connection"]
    lines += [name + b": " + value for name, value in fields]
    request = b"\r\n".join([*lines, b"connection: close", b"", case.body])
    buffer = bytearray(2**20)
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(request)
        count = connection.recv_into(buffer)
        if b" %d " % case.status not in buffer[:count].partition(b"\r\n")[0]:
            raise ValueError(bytes(buffer[:count]))
        while connection.recv_into(buffer):
            pass
    return time.perf_counter() - begun


def run(frameworks: list[str], names: list[str], rounds: int | None) -> bool:
    """Measure, print, and say whether the goals are held."""
    if not Path("/proc/self/stat").exists():
        print("\nserver: left out: it needs Linux")
        return False
    held = [run_transfers(frameworks, names, rounds or ROUNDS)]
    if "server" in names:
        held.append(run_get(frameworks, rounds or ROUNDS))
    if "server-sessions" in names:
        held.append(run_sessions(rounds or ROUNDS))
    return all(held)


def run_get(frameworks: list[str], rounds: int) -> bool:
    """Measure a GET of many clients."""
    if shutil.which("wrk") is None:
        print("\nserver: left out: it needs wrk (apt-get install wrk)")
        return False
    with ExitStack() as stack:
        servers = {name: stack.enter_context(served(name)) for name in frameworks}
        samples, rates = measure(servers, rounds)
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


def measure(
    servers: dict[str, tuple[int, int]], rounds: int, fields: Sequence[str] = ()
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Load servers in turn: µs of processor time a request, and requests a second."""
    samples: dict[str, list[float]] = {name: [] for name in servers}
    rates: dict[str, list[float]] = {name: [] for name in servers}
    for _, port in servers.values():
        load(address(port), SECONDS, fields)
    for _ in range(rounds):
        for name, (pid, port) in servers.items():
            before = processor_seconds(pid)
            count = load(address(port), SECONDS, fields)
            samples[name].append((processor_seconds(pid) - before) / count * 1e6)
            rates[name].append(count / SECONDS)
    return samples, rates


def run_sessions(rounds: int) -> bool:
    """Measure a GET that looks into a session in memory, and one without sessions."""
    if shutil.which("wrk") is None:
        print("\nserver-sessions: left out: it needs wrk (apt-get install wrk)")
        return False
    with ExitStack() as stack:
        servers = {
            OURS: stack.enter_context(served("sessions")),
            "without": stack.enter_context(served(OURS)),
        }
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        visit = f"http://127.0.0.1:{servers[OURS][1]}/visit"
        cookie = opener.open(visit, timeout=5).headers["set-cookie"].partition(";")[0]
        samples, _ = measure(servers, rounds, [f"Cookie: {cookie}"])
    compare(
        "server-sessions: processor time a GET that reads a session in memory",
        "µs",
        samples,
    )
    return goal("of itself without sessions", part(samples, "without"), 1.3)


def run_transfers(frameworks: list[str], names: list[str], rounds: int) -> bool:
    """Measure files and forms."""
    cases = {name: case for name, case in TRANSFERS.items() if name in names}
    held = []
    with ExitStack() as stack:
        if any(case.name in FILES for case in cases.values()):
            stack.enter_context(files())
        servers = {
            name: stack.enter_context(served(name))
            for name in frameworks
            if any(name in case.among for case in cases.values())
        }
        for name, case in cases.items():
            used: dict[str, list[float]] = {each: [] for each in servers}
            clock: dict[str, list[float]] = {each: [] for each in servers}
            for _, port in servers.values():
                transfer(port, case)
            for _ in range(rounds):
                for each, (pid, port) in servers.items():
                    before, times = processor_seconds(pid), []
                    while sum(times) < TURN:
                        times.append(transfer(port, case))
                    took = processor_seconds(pid) - before
                    used[each].append(took / len(times) * 1e3)
                    clock[each].append(median(times) * 1e3)
            compare(f"{name}: {case.title}, processor time under uvicorn", "ms", used)
            least = ", ".join(f"{each} {min(clock[each]):.0f}" for each in servers)
            print(f"milliseconds on the clock, the least of {rounds}: {least}")
            held += against("starlette", used, case.most)
    return all(held)
