"""What becomes of those that a server was about to answer when it is told to end.

The story starts with `sigterm`. Clients go on until nobody listens. What the server had
handed to the application is in a journal; each of these has to have its answer. What it
had not handed over, because it closed a connection whose next request it had not read
yet, no handler has seen, and a client may ask again (RFC 9112 §9.3.1): these are
counted and lose nobody anything.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.live.server import HOST, Server, started
from tests.stress.client import Answer, connect
from tests.stress.fault_apps import LINES
from tests.stress.figures import Figure

APP = "tests.stress.fault_apps:app"

# Seconds. The second is for what a machine with much else to do needs beside the first.
GRACE = 4
PATIENCE = 30.0

# Service Restart (the registry of RFC 6455 §11.7).
SERVICE_RESTART = 1012
# There was no Close frame (RFC 6455 §7.1.5).
ABNORMAL = 1006

# An upload, and how long it takes.
PIECES = 8 * [bytes(4096)]
PAUSE = 0.05


class Way(NamedTuple):
    """A way to start a server.

    Attributes:
        name: What to call it.
        words: Python's command line.
        has_limit: Whether it has a graceful time-out.
        is_one: Whether it is a single process.
    """

    name: str
    words: list[str]
    has_limit: bool
    is_one: bool


_RUN = ["-m", "restlette", "run", APP, "--port", "{port}", "--log-level", "warning"]
_RUN += ["--graceful-timeout", str(GRACE)]
_UVICORN = ["-m", "uvicorn", APP, "--port", "{port}", "--log-level", "warning"]

WAYS = [
    Way("restlette run", _RUN, True, True),
    Way("restlette run --workers 2", [*_RUN, "--workers", "2"], True, False),
    Way("uvicorn --http h11", [*_UVICORN, "--http", "h11"], False, True),
]


class Load:
    """Clients of a server, and what each was told.

    Args:
        server: The server.
        way: How it was started.
        random: What says who asks for what.
    """

    def __init__(self, server: Server, way: Way, random: Random) -> None:
        self.server = server
        self.way = way
        self.random = random
        self.answers: dict[str, Answer] = {}
        self.closings: dict[str, int] = {}
        self.sent: dict[str, float] = {}
        self.signal = 0.0
        self.running: Counter[str] = Counter()
        self._names = Counter[str]()

    def begin(self, clients: int) -> list[asyncio.Task[None]]:
        """Let clients begin, a tenth of them each with something that takes long."""
        run: list[Callable[[], Coroutine[Any, Any, None]]] = []
        run += clients * [self.ask_on]
        run += (clients // 10 + 1) * [self.talk, self.listen]
        if self.way.has_limit:
            run += (clients // 10 + 1) * [self.endless, self.late]
        self.random.shuffle(run)
        return [asyncio.create_task(each()) for each in run]

    async def ask_on(self) -> None:
        """Ask for one thing after the other, until nobody listens."""
        while True:
            try:
                client = await connect(self.server.port)
            except OSError:
                return
            while client.is_open:
                kind = self.random.choice(["plain", "order", "upload", "stream"])
                match kind:
                    case "plain" | "stream":
                        await self._ask(client, "GET", kind)
                    case "order":
                        await self._ask(client, "POST", kind)
                    case "upload":
                        await self._ask(
                            client, "POST", kind, pieces=PIECES, pause=PAUSE
                        )
                await asyncio.sleep(self.random.uniform(0, 0.05))
            client.close()

    async def endless(self) -> None:
        """Ask for a stream that has no end."""
        client = await connect(self.server.port)
        await self._ask(client, "GET", "endless")
        client.close()

    async def late(self) -> None:
        """Ask for a background task that has no end."""
        client = await connect(self.server.port)
        await self._ask(client, "POST", "late")
        client.close()

    async def talk(self) -> None:
        """Talk over a WebSocket until the other side ends."""
        await self._converse("talk")

    async def listen(self) -> None:
        """Listen to a WebSocket until the other side ends."""
        await self._converse("listen")

    async def _converse(self, kind: str) -> None:
        name = self._name(kind)
        url = f"ws://{HOST}:{self.server.port}/talk/{name}"
        self.running[kind] += 1
        try:
            async with connect_websocket(
                url, ping_interval=None, open_timeout=None, proxy=None
            ) as websocket:
                while True:
                    if kind == "talk":
                        await websocket.send(name)
                    assert await websocket.recv() == name
        except ConnectionClosed as exc:
            self.closings[name] = ABNORMAL if exc.rcvd is None else exc.rcvd.code
        except (OSError, InvalidHandshake):
            # It was refused, and knows it.
            pass
        self.running[kind] -= 1

    async def _ask(self, client: Any, method: str, kind: str, **content: Any) -> None:
        name = self._name(kind)
        self.running[kind] += 1
        self.sent[name] = time.monotonic()
        self.answers[name] = await client.ask(method, f"/{kind}/{name}", **content)
        self.running[kind] -= 1

    def _name(self, kind: str) -> str:
        self._names[kind] += 1
        return f"{kind}-{self._names[kind]}"


def _is_own(name: str, answer: Answer) -> bool:
    """Say whether an answer is the one to a question, and whole."""
    text = answer.content.decode()
    kind = name.partition("-")[0]
    expected = {
        "plain": (200, name),
        "order": (201, f'"{name}"'),
        "upload": (200, f"{name} {sum(map(len, PIECES))}"),
        "stream": (200, LINES * f"{name}\n"),
        "late": (200, name),
    }
    return answer.is_whole and (answer.status, text) == expected[kind]


@dataclass
class Tally:
    """What was found, in all rounds.

    Attributes:
        running: What was under way when the signal came, by kind.
        counted: How many there were of each thing that is right.
        wrong: What was not as it has to be, in words.
        slowest: Seconds from the signal to the end, by the way it was started.
        statuses: How the processes ended.
    """

    running: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)

    def hold(self, what: str, is_right: bool, name: str) -> None:
        """Take note of one thing."""
        self.counted[what] += is_right
        if not is_right:
            self.wrong.setdefault(what, []).append(name)

    def figure(self, claim: str, what: str, more: str = "") -> Figure:
        """Give what was found of one thing."""
        wrong = self.wrong.get(what, [])
        said = f"{self.counted[what]}, {len(wrong)} not"
        if wrong:
            said += f" ({', '.join(wrong[:5])})"
        return Figure(claim, said + more, self.counted[what] > 0 and not wrong)


async def sigterm(scale: float) -> list[Figure]:
    """End servers amid all that they can be at, and give what became of it.

    Args:
        scale: 1.0 for a minute or two, with hundreds of clients.
    """
    tally = Tally()
    for seed in range(max(1, round(scale * 5))):
        for way in WAYS:
            await _end(way, Random(f"{seed} {way.name}"), _clients(scale), tally)
    return _figures(tally)


def _clients(scale: float) -> int:
    return max(20, round(scale * 400))


async def _end(way: Way, random: Random, clients: int, tally: Tally) -> None:
    """Start a server, have it asked for much, end it, and look at what is there."""
    with TemporaryDirectory(prefix="faults-") as name:
        directory = Path(name)
        environment = {"FAULTS": name}
        with started(
            way.words, directory / "log", name=way.name, environment=environment
        ) as server:
            load = Load(server, way, random)
            tasks = load.begin(clients)
            await asyncio.sleep(random.uniform(1.0, 2.0))
            at_signal = +load.running
            tally.running += at_signal
            os.kill(server.process.pid, signal.SIGTERM)
            load.signal = time.monotonic()
            status = await asyncio.to_thread(server.process.wait, GRACE + PATIENCE)
            took = time.monotonic() - load.signal
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*tasks)
        _hold(tally, load, directory)
        tally.slowest[way.name] = max(took, tally.slowest.get(way.name, 0.0))
        # A single process of uvicorn ends by the signal that it was ended by, when it
        # has done all that there is to do.
        expected = -signal.SIGTERM if way.is_one else 0
        tally.statuses[f"{status}"] += 1
        in_time = took < GRACE + PATIENCE / 2
        tally.hold("exit", status == expected and in_time, f"{way.name}: {status}")


def _hold(tally: Tally, load: Load, directory: Path) -> None:
    """Hold what the clients were told against what the server has left."""
    lines = (directory / "journal").read_text().splitlines()
    journal = [line.split() for line in lines]
    begun = {words[1] for words in journal if words[0] == "begun"}
    delivered = {words[1] for words in journal if words[0] == "delivered"}
    cut = {words[1] for words in journal if words[0] == "cut"}
    ended = {words[1] for words in journal if words[0] == "ended"}
    left = {words[1]: int(words[2]) for words in journal if words[0] == "left"}
    with closing(sqlite3.connect(directory / "orders.db")) as connection:
        kept = {name for (name,) in connection.execute("SELECT name FROM orders")}
    for name, answer in load.answers.items():
        kind = name.partition("-")[0]
        if name not in begun:
            is_early = load.sent[name] < load.signal
            tally.counted["unread, early"] += is_early
            tally.hold("unread", answer.status == 0, f"{name} {answer.status}")
        elif kind == "endless":
            is_cut = answer.status == 200 and not answer.is_whole
            tally.hold("endless", is_cut and name in ended, name)
        else:
            tally.hold("answered", _is_own(name, answer), f"{name} {answer.status}")
        if kind == "late" and name in begun:
            tally.hold("late", name in ended, name)
        if answer.status == 201:
            tally.hold("kept", name in kept, name)
            # What still runs at the time-out is cancelled, and told so.
            is_late = load.way.has_limit and name in cut
            tally.counted["cut"] += is_late
            tally.hold("delivered", is_late or name in delivered, name)
    unanswered = begun - load.answers.keys() - load.closings.keys()
    for name in unanswered:
        is_websocket = name.startswith(("talk", "listen"))
        tally.hold("answered", is_websocket, f"{name}: forgotten")
    for name, code in load.closings.items():
        is_told = left.get(name) == SERVICE_RESTART and name in ended
        tally.hold("told", is_told, f"{name}: {left.get(name)}")
        # uvicorn closes the connection behind its Close frame; a client that is
        # sending may be reset by that, and not come to read the frame (RFC 6455
        # §7.1.1).
        is_reset = name.startswith("talk") and code == ABNORMAL
        tally.counted["reset"] += is_reset
        tally.hold("closed", is_reset or code == SERVICE_RESTART, f"{name}: {code}")
    kinds = [words[0] for words in journal]
    behind = kinds[::-1].index("closed") if "closed" in kinds else len(kinds)
    is_last = "delivered" not in kinds[len(kinds) - behind :]
    tally.hold("order", is_last, load.way.name)


def _figures(tally: Tally) -> list[Figure]:
    running = ", ".join(f"{kind} {n}" for kind, n in sorted(tally.running.items()))
    slowest = ", ".join(f"{way} {took:.1f} s" for way, took in tally.slowest.items())
    statuses = ", ".join(f"{n} with {status}" for status, n in tally.statuses.items())
    early = tally.counted["unread, early"]
    return [
        tally.figure(
            "SIGTERM: each request that a handler was given has its own, whole answer",
            "answered",
            f"; under way at the signal: {running}",
        ),
        Figure(
            "SIGTERM: what no handler was given, on connections that are closed, "
            "has no answer, not a part of one",
            f"{tally.counted['unread']}, of which {early} were sent before the signal",
            "unread" not in tally.wrong,
        ),
        tally.figure("SIGTERM: each write that was answered 201 is kept", "kept"),
        tally.figure(
            "SIGTERM: background tasks of what was answered run to their end",
            "delivered",
            f"; {tally.counted['cut']} of them began right before the time-out",
        ),
        tally.figure(
            "SIGTERM: what tasks use is closed after the last of them", "order"
        ),
        tally.figure(
            "SIGTERM: streams without an end are cut and closed at the time-out",
            "endless",
        ),
        tally.figure(
            "SIGTERM: tasks without an end are cancelled at the time-out", "late"
        ),
        tally.figure(
            "SIGTERM: each on_disconnect gets 1012, and each stream is closed", "told"
        ),
        tally.figure(
            "SIGTERM: each WebSocket is closed with 1012",
            "closed",
            f"; {tally.counted['reset']} of them were reset amid sending",
        ),
        tally.figure(
            "SIGTERM: the process ends by itself, in time",
            "exit",
            f"; {statuses}; at most {slowest}",
        ),
    ]


SCENARIOS = {"sigterm": sigterm}
