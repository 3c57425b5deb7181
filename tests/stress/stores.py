"""What becomes of sessions when a worker is killed, or their store stops or hangs.

The story starts with `Visitor`, a client with a session, who knows what it was told
that it has done. `worker` kills workers amid many of them, and `store` does to Valkey
what may happen to a store.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.live.server import Server, started
from tests.live.visits import TIMEOUT
from tests.stress.client import Answer, Client, connect
from tests.stress.figures import Figure
from tests.valkey import Valkey, serving_valkey

# Seconds. They are for a machine that has much else to do.
PATIENCE = 60.0

# How many requests a connection is for: the next one may be another worker's.
EACH = 5

_UVICORN = ["-m", "uvicorn", "tests.live.visits:app", "--port", "{port}"]
_UVICORN += ["--log-level", "critical"]


class Asked(NamedTuple):
    """A request of a visitor, and what became of it.

    Attributes:
        method: The method.
        begun: When it was sent, by the monotonic clock.
        took: How many seconds it took.
        answer: What came back.
    """

    method: str
    begun: float
    took: float
    answer: Answer


class Visitor:
    """A client with a session.

    Args:
        port: Where the application is.
        name: Who it is.

    Attributes:
        cookie: The id of its session.
        done: What it was told that it has done.
        asked: All that it has asked for.
        workers: Which processes have answered.
        wrong: What it was told that is not so.
        missing: What it was told that it has done, and did not find.
    """

    def __init__(self, port: int, name: str) -> None:
        self.port = port
        self.name = name
        self.cookie = ""
        self.done: list[str] = []
        self.asked: list[Asked] = []
        self.workers: set[int] = set()
        self.wrong: list[str] = []
        self.missing: set[str] = set()
        self._client: Client | None = None

    async def ask(self, method: str, path: str) -> Answer:
        """Ask once; the status is 0 where nobody listens, or the answer broke off."""
        begun = time.monotonic()
        answer = Answer(0, [], b"", False)
        with suppress(OSError):
            answer = await self._ask(method, path)
        self.asked.append(Asked(method, begun, time.monotonic() - begun, answer))
        found = re.match("session=([^;]*)", answer.field("set-cookie"))
        if found:
            self.cookie = found[1]
        return answer

    async def _ask(self, method: str, path: str) -> Answer:
        if self._client is None or not self._client.is_open:
            self._client = await connect(self.port)
        fields = [("cookie", f"session={self.cookie}")] if self.cookie else []
        answer = await self._client.ask(method, path, *fields)
        if len(self.asked) % EACH == 0 or not self._client.is_open:
            self.leave()
        return answer

    def leave(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def insist(self, method: str, path: str) -> Any:
        """Ask again and again, until there is an answer that is no 503.

        Raises:
            TimeoutError: There is none.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await self.ask(method, path)
                if answer.is_whole and answer.status != 503:
                    break
                await asyncio.sleep(0.05)
        if answer.status != 200:
            self.wrong.append(f"{answer.status}")
            return {}
        return json.loads(answer.content)

    async def do(self, what: str) -> None:
        """Do something, and remember that it was acknowledged."""
        told = await self.insist("POST", f"/do/{self.name}/{what}")
        if (told.get("name"), told.get("what")) != (self.name, what):
            self.wrong.append(f"{self.name} {what}: {told}")
            return
        self.workers.add(told["pid"])
        self.done.append(what)

    async def look(self) -> None:
        """Hold the session, if there is one in the answer, against what is so."""
        answer = await self.ask("GET", "/")
        if answer.status == 200 and answer.is_whole and not _is_without(answer):
            self._hold(json.loads(answer.content))

    async def check(self) -> None:
        """Hold the session against what is so, as soon as there is an answer."""
        self._hold(await self.insist("GET", "/"))

    def _hold(self, found: Any) -> None:
        if found.get("name") != self.name:
            self.wrong.append(f"{self.name} has that of {found.get('name')}")
        missing = set(self.done) - set(found.get("done", ()))
        self.missing |= {f"{self.name} {what}" for what in missing}

    async def go_on(self, is_over: asyncio.Event) -> None:
        """Do one thing after the other, and look at the session in between."""
        while not is_over.is_set():
            await self.do(f"{len(self.done)}")
            await self.look()


def _is_without(answer: Answer) -> bool:
    """Say whether an answer tells of no session."""
    return answer.status == 200 and answer.content == b"{}"


@asynccontextmanager
async def visiting(port: int, count: int) -> AsyncIterator[list[Visitor]]:
    """Let visitors go on until the end of the block; each has a session before it."""
    visitors = [Visitor(port, f"visitor-{number}") for number in range(count)]
    await asyncio.gather(*(visitor.do("begin") for visitor in visitors))
    is_over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for visitor in visitors:
            group.create_task(visitor.go_on(is_over))
        try:
            yield visitors
        finally:
            is_over.set()
    for visitor in visitors:
        visitor.leave()


# Workers ------------------------------------------------------------------------------

WORKERS = 3


async def worker(scale: float) -> list[Figure]:
    """Kill workers amid the visits, with each store that workers may share.

    Args:
        scale: 1.0 for a minute, with two hundred visitors.
    """
    figures = []
    with TemporaryDirectory(prefix="faults-") as name:
        url = str(Path(name) / "sessions.db")
        figures += await _kill_workers("SQLite", url, scale)
    with serving_valkey() as valkey:
        figures += await _kill_workers("Valkey", valkey.url, scale)
    return figures


async def _kill_workers(store: str, url: str, scale: float) -> list[Figure]:
    random = Random(store)
    kills = max(1, round(scale * 12))
    words = [*_UVICORN, "--workers", str(WORKERS)]
    with _serving(words, url) as server:
        async with visiting(server.port, max(6, round(scale * 200))) as visitors:
            for _ in range(kills):
                await asyncio.sleep(random.uniform(0.5, 1.5))
                await _until(lambda: any(_present(server, visitors)))
                victims = sorted(_present(server, visitors))
                os.kill(random.choice(victims), signal.SIGKILL)
            before = _seen(visitors)
            await _until(lambda: _seen(visitors) != before)
        figures = await _held(visitors)
    asked = [each for visitor in visitors for each in visitor.asked]
    broken = sum(not each.answer.is_whole for each in asked)
    without = sum(_is_without(each.answer) for each in asked)
    cookies = {visitor.cookie for visitor in visitors}
    killed = f"{kills} workers killed, {broken} requests broken off"
    seen = len(_seen(visitors))
    figures.append(
        Figure(
            "each visitor has a session of its own",
            f"{len(cookies)} of {len(visitors)}, {without} answers without one; "
            f"{killed}; {seen} workers answered",
            len(cookies) == len(visitors) and not without,
        )
    )
    return [
        Figure(f"worker killed, {store}: {each.claim}", each.measured, each.holds)
        for each in figures
    ]


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.1)


def _seen(visitors: list[Visitor]) -> set[int]:
    """Give the workers that have answered."""
    return set().union(*(visitor.workers for visitor in visitors))


def _present(server: Server, visitors: list[Visitor]) -> Iterator[int]:
    """Give the workers that have answered and are there."""
    for pid in _seen(visitors):
        with suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text()
            if f"\nPPid:\t{server.process.pid}\n" in status:
                yield pid


@contextmanager
def _serving(words: list[str], url: str, **environment: str) -> Iterator[Server]:
    with (
        TemporaryDirectory(prefix="faults-") as name,
        started(
            words,
            Path(name) / "log",
            name="uvicorn",
            environment={"VISITS": url, **environment},
        ) as server,
    ):
        yield server


async def _held(visitors: list[Visitor]) -> list[Figure]:
    """Hold what visitors were told against what is in their sessions."""
    for visitor in visitors:
        await visitor.check()
        visitor.leave()
    missing = [each for visitor in visitors for each in visitor.missing]
    acknowledged = sum(len(visitor.done) for visitor in visitors)
    wrong = [each for visitor in visitors for each in visitor.wrong]
    answers = sum(each.answer.is_whole for v in visitors for each in v.asked)
    return [
        Figure(
            "each write that was acknowledged is found",
            f"{acknowledged} by {len(visitors)} visitors, {len(missing)} missing"
            + _some(missing),
            not missing,
        ),
        Figure(
            "each answer is the visitor's own, once",
            f"{answers} answers, {len(wrong)} are not" + _some(wrong),
            not wrong,
        ),
    ]


def _some(names: list[str]) -> str:
    return f" ({', '.join(names[:5])})" if names else ""


# Stores -------------------------------------------------------------------------------

ROUNDS = 3

# How often a process has to look the same, until it is at rest.
AT_REST = 6

# Seconds, for a busy machine.
SLACK = 1.0


class Fault(NamedTuple):
    """A time in which the store did not answer, by the monotonic clock."""

    begun: float
    ended: float


class Held(NamedTuple):
    """What a process holds."""

    descriptors: int
    tasks: int
    threads: int


async def store(scale: float) -> list[Figure]:
    """Freeze, stop and start the store amid the visits, three times.

    Args:
        scale: 1.0 for a minute, with two hundred visitors.
    """
    broken = []
    with ExitStack() as stack:
        for when_down in ("refuse", "anonymous"):
            valkey = stack.enter_context(serving_valkey())
            serving = _serving(_UVICORN, valkey.url, VISITS_WHEN_DOWN=when_down)
            server = stack.enter_context(serving)
            broken.append(_break_store(server, valkey, when_down, scale))
        return [each for found in await asyncio.gather(*broken) for each in found]


async def _break_store(
    server: Server, valkey: Valkey, when_down: str, scale: float
) -> list[Figure]:
    pause = TIMEOUT + 0.3 + 2 * scale
    faults: list[Fault] = []
    visitors: list[Visitor] = []
    held: list[Held] = []
    figures: list[Figure] = []
    for _ in range(ROUNDS):
        async with visiting(server.port, max(6, round(scale * 200))) as present:
            begun = time.monotonic()
            valkey.freeze()
            await asyncio.sleep(pause)
            valkey.thaw()
            faults.append(Fault(begun, time.monotonic()))
            await asyncio.sleep(0.3 + scale)
            begun = time.monotonic()
            await asyncio.to_thread(valkey.stop)
            await asyncio.sleep(pause / 2)
            await asyncio.to_thread(valkey.start)
            faults.append(Fault(begun, time.monotonic()))
            await asyncio.sleep(0.5 + scale)
        visitors += present
        figures = await _held(visitors)
        held.append(await _at_rest(server))
    asked = [each for visitor in visitors for each in visitor.asked]
    figures += _answers(asked, faults, when_down)
    figures.append(
        Figure(
            "the third round leaves no more descriptors, tasks and threads behind than"
            " the second",
            ", then ".join(f"{h.descriptors}, {h.tasks}, {h.threads}" for h in held),
            all(b <= a for a, b in zip(held[-2], held[-1], strict=True)),
        )
    )
    return [
        Figure(f"store down, {when_down}: {each.claim}", each.measured, each.holds)
        for each in figures
    ]


def _answers(asked: list[Asked], faults: list[Fault], when_down: str) -> list[Figure]:
    """Say what was answered while the store was down, and behind that."""
    refused = [each for each in asked if each.answer.status == 503]
    without = [each for each in asked if _is_without(each.answer)]
    others = sum(each.answer.status not in (200, 503) for each in asked)
    others += sum(each.answer.field("retry-after") != "5" for each in refused)
    if when_down == "refuse":
        others += len(without)
        claim = "then the answer is 503 with Retry-After"
        is_told = bool(refused)
    else:
        others += sum(each.method == "GET" for each in refused)
        claim = "then a request is served without a session, 503 if it changes one"
        is_told = bool(refused and without)
    slowest = max(each.took for each in asked)
    lasting = max((_behind(each, faults) for each in refused + without), default=0.0)
    return [
        Figure(
            "it is waited for, no longer than its time-out for loading and for saving",
            f"the longest of {len(asked)} requests took {slowest:.1f} s, the time-out"
            f" is {TIMEOUT:g} s",
            slowest < 2 * TIMEOUT + SLACK,
        ),
        Figure(
            claim,
            f"{len(refused)} with 503, {len(without)} without a session, "
            f"{others} others",
            is_told and not others,
        ),
        Figure(
            "it works again by itself when the store does",
            f"the last that had to do without it was sent {lasting:.1f} s after that",
            lasting < SLACK,
        ),
    ]


def _behind(asked: Asked, faults: list[Fault]) -> float:
    """Give how many seconds after a fault a request was sent; 0 amid one."""
    if any(begun - asked.took <= asked.begun <= ended for begun, ended in faults):
        return 0.0
    return min(
        (asked.begun - ended for _, ended in faults if ended <= asked.begun),
        default=math.inf,
    )


async def _at_rest(server: Server) -> Held:
    """Give what the process holds when that does not change any more."""
    pid = server.process.pid
    seen: list[Held] = []
    async with asyncio.timeout(PATIENCE):
        while len(seen) < AT_REST or len(set(seen[-AT_REST:])) > 1:
            await asyncio.sleep(0.2)
            client = await connect(server.port)
            answer = await client.ask("GET", "/figures")
            status = Path(f"/proc/{pid}/status").read_text()
            found = re.search(r"^Threads:\s+(\d+)$", status, re.M)
            descriptors = len(os.listdir(f"/proc/{pid}/fd"))
            tasks = json.loads(answer.content)["tasks"]
            seen.append(Held(descriptors, tasks, int(found[1]) if found else 0))
            client.close()
    return seen[-1]


SCENARIOS = {"worker": worker, "store": store}
