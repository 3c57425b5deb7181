"""Applications called with nothing between: scope in, messages out.

Story: `run()` starts every framework's application, compares what they answer, and
then times them by turns, a few milliseconds each, so that whatever else the machine
does falls on all of them. What is measured is the processor time of this process.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import logging
from collections.abc import Callable, Iterable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import median
from time import process_time
from typing import Any

from benchmarks.services import NEW_BOOK, UNCHECKED
from benchmarks.table import OURS, compare, fastest_peer, goal, part, show

Message = MutableMapping[str, Any]
App = Callable[..., Any]

# What a browser or an HTTP library sends, near enough.
HEADERS = [
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"connection", b"keep-alive"),
]

BODY = json.dumps(NEW_BOOK).encode()

# How long one framework is measured before the next one's turn, in seconds.
TURN = 0.02

ROUNDS = 25

# Texts sent over one WebSocket before it is closed.
TEXTS = 200


@dataclass(frozen=True)
class Case:
    """One exchange: what is asked, and what every framework must answer."""

    name: str
    title: str
    method: str = "GET"
    path: str = "/books/42"
    body: bytes = b""
    others: int = 0
    status: int = 200
    content: object = None
    also: tuple[int, ...] = ()  # what some framework answers in its place

    def scope(self) -> dict[str, Any]:
        """The scope of an HTTP request, as uvicorn makes it."""
        headers = list(HEADERS)
        if self.body:
            headers += [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(self.body)),
            ]
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "method": self.method,
            "root_path": "",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "headers": headers,
        }


SHOWN = {"id": 42, "title": "Dune"}

CASES = {
    case.name: case
    for case in (
        Case("get", "GET, a class resource, one path parameter, JSON", content=SHOWN),
        Case(
            "many-routes",
            "The same with 500 other routes registered before it",
            others=500,
            content=SHOWN,
        ),
        Case("404", "404: no such path", path="/nowhere/7", status=404),
        Case(
            "405",
            "405: DELETE where there is GET",
            method="DELETE",
            status=405,
            also=(404,),
        ),
        Case(
            "post",
            "POST of six fields, checked, answered 201 with the object",
            method="POST",
            path="/books",
            body=BODY,
            status=201,
            content=NEW_BOOK,
        ),
    )
}

NAMES = (*CASES, "websocket")


class Disagreement(Exception):
    """An application answered what it was not asked for."""


@asynccontextmanager
async def started(app: App) -> Any:
    """An application whose lifespan has begun, until it is ended."""
    told: asyncio.Queue[Message] = asyncio.Queue()
    said: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    task = asyncio.ensure_future(app(scope, told.get, said.put))
    await told.put({"type": "lifespan.startup"})
    message = await said.get()
    if message["type"] != "lifespan.startup.complete":
        raise Disagreement(str(message))
    try:
        yield app
    finally:
        await told.put({"type": "lifespan.shutdown"})
        await task


async def exchange(app: App, case: Case, count: int = 1) -> tuple[float, list[Message]]:
    """Make a request so many times; the seconds it took, and the last answer."""
    sent: list[Message] = []
    template, body, asked = case.scope(), case.body, False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            return {"type": "http.disconnect"}
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    begun = process_time()
    for _ in range(count):
        sent.clear()
        asked = False
        scope = template.copy()
        scope["headers"] = template["headers"].copy()
        scope["state"] = {}
        await app(scope, receive, send)
    took = process_time() - begun
    await asyncio.sleep(0)
    return took, sent


async def echo(app: App, texts: int) -> tuple[float, list[Message]]:
    """Send so many texts over one WebSocket and close it; what came back."""
    sent: list[Message] = []
    left = texts
    connected = False

    async def receive() -> Message:
        nonlocal left, connected
        if not connected:
            connected = True
            return {"type": "websocket.connect"}
        if left:
            left -= 1
            return {"type": "websocket.receive", "text": "hello"}
        while len(sent) < texts + 1:  # who reads ahead has not answered all yet
            await asyncio.sleep(0)
        return {"type": "websocket.disconnect", "code": 1000, "reason": ""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        **CASES["get"].scope(),
        "type": "websocket",
        "scheme": "ws",
        "path": "/echo",
        "raw_path": b"/echo",
        "subprotocols": [],
        "extensions": {},
        "state": {},
    }
    del scope["method"]
    begun = process_time()
    await app(scope, receive, send)
    took = process_time() - begun
    return took, sent


def check(name: str, case: Case, sent: list[Message]) -> tuple[int, str]:
    """Hold an answer to the case; its status, and the names of its fields."""
    status = sent[0]["status"]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    if status != case.status and status not in case.also:
        raise Disagreement(f"{name}: {case.title}: {status}, {body[:200]!r}")
    if case.content is not None and json.loads(body) != case.content:
        raise Disagreement(f"{name}: {case.title}: {body[:200]!r}")
    fields = sorted(bytes(field).decode().lower() for field, _ in sent[0]["headers"])
    return status, ", ".join(fields)


async def check_echo(name: str, app: App) -> None:
    """Hold an application to sending back what it was sent."""
    _, sent = await echo(app, 3)
    texts = [message["text"] for message in sent if message["type"] == "websocket.send"]
    if sent[0]["type"] != "websocket.accept" or texts != ["hello"] * 3:
        raise Disagreement(f"{name}: websocket: {sent}")


async def check_answers(apps: dict[tuple[str, int], App], cases: list[Case]) -> None:
    """Compare what all of them answer, and print it, those of one kind in one row."""
    rows: dict[tuple[str, int, str, str], list[str]] = {}
    for case in cases:
        for (name, others), app in apps.items():
            if others == case.others:
                _, sent = await exchange(app, case)
                status, fields = check(name, case, sent)
                unchecked = name in UNCHECKED and case.name == "post"
                note = "the body is not checked" if unchecked else ""
                rows.setdefault((case.name, status, fields, note), []).append(name)
    show(
        "Answers; where there is content in JSON it is equal",
        ["", "status", "fields", "", "by"],
        [[*map(str, answer), ", ".join(names)] for answer, names in rows.items()],
    )


async def measure(
    frameworks: Iterable[str], names: list[str], rounds: int
) -> dict[str, dict[str, list[float]]]:
    """Microseconds an exchange, by case and framework, a sample a round."""
    cases = [CASES[name] for name in names if name in CASES]
    async with AsyncExitStack() as stack:
        apps: dict[tuple[str, int], App] = {}
        for name in frameworks:
            module = importlib.import_module(f"benchmarks.services.{name}")
            for others in {case.others for case in cases} | {0}:
                app = await stack.enter_async_context(started(module.make(others)))
                apps[name, others] = app
        await check_answers(apps, cases)
        counts = {
            (case.name, name): await calibrate(app, case)
            for case in cases
            for (name, others), app in apps.items()
            if others == case.others
        }
        samples: dict[str, dict[str, list[float]]] = {
            name: {framework: [] for framework in frameworks} for name in names
        }
        gc.collect()
        gc.freeze()  # what is there by now is no part of a request's cost
        for _ in range(rounds):
            for (name, framework), count in counts.items():
                case = CASES[name]
                took, _ = await exchange(apps[framework, case.others], case, count)
                samples[name][framework].append(took / count * 1e6)
            if "websocket" in names:
                for framework in frameworks:
                    took, _ = await echo(apps[framework, 0], TEXTS)
                    samples["websocket"][framework].append(took / TEXTS * 1e6)
        return samples


async def calibrate(app: App, case: Case) -> int:
    """How many requests fill a turn; warms the application up besides."""
    await exchange(app, case, 50)
    took, _ = await exchange(app, case, 100)
    return max(20, int(TURN / max(took / 100, 1e-7)))


async def measure_all(
    frameworks: list[str], names: list[str], rounds: int
) -> dict[str, dict[str, list[float]]]:
    """The measurements, after every WebSocket was heard to answer."""
    if "websocket" in names:
        for name in frameworks:
            module = importlib.import_module(f"benchmarks.services.{name}")
            async with started(module.make()) as app:
                await check_echo(name, app)
    return await measure(frameworks, names, rounds)


def run(frameworks: list[str], names: list[str], rounds: int | None) -> bool:
    """Measure, print, and say which goals are held; True when all of them are.

    What they log of each request is not part of it: one of them writes a line for
    every 404.
    """
    logging.disable(logging.WARNING)
    samples = asyncio.run(measure_all(frameworks, names, rounds or ROUNDS))
    titles = {name: case.title for name, case in CASES.items()}
    titles["websocket"] = f"WebSocket: a text sent back, {TEXTS} a connection"
    held = []
    for name in names:
        compare(f"{name}: {titles[name]}", "µs", samples[name])
        held += goals(name, samples) if OURS in samples[name] else []
    return all(held)


def goals(name: str, samples: dict[str, dict[str, list[float]]]) -> list[bool]:
    """What restlette is to reach in a case, held against what it did."""
    of = samples[name]
    peer = fastest_peer(of)
    held = []
    if name == "get" and peer:
        held.append(goal(f"of {peer}", part(of, peer), 0.6))
        if "starlette" in of:
            held.append(goal("of starlette", part(of, "starlette"), 0.35))
    if name == "post":
        for checked in ("fastapi", "litestar", "blacksheep"):
            if checked in of:
                held.append(goal(f"of {checked}", part(of, checked), 0.5))
    if name == "websocket" and peer:
        held.append(goal(f"of {peer}", part(of, peer), 1.0))
    if name in ("many-routes", "404", "405") and "get" in samples:
        own = median(of[OURS]) / median(samples["get"][OURS])
        most = 1.2 if name == "many-routes" else 1.0
        held.append(goal("of our own GET", own, most))
    return held
