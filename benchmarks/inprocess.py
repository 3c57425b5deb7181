"""Applications called with nothing between: scope in, messages out.

Story: `run()` starts every framework's application, compares what they answer, and
then times them by turns, a few milliseconds each, so that whatever else the machine
does falls on all of them. What is measured is the processor time of this process, with
all its threads.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from statistics import median
from time import process_time
from typing import Any

from benchmarks.cases import (
    CASES,
    FILES,
    App,
    Case,
    Disagreement,
    Message,
    check,
    files,
)
from benchmarks.services import UNCHECKED
from benchmarks.table import OURS, against, compare, fastest_peer, goal, part, show

# How long one framework is measured before the next one's turn, in seconds.
TURN = 0.02

ROUNDS = 25

# Texts sent over one WebSocket before it is closed.
TEXTS = 200


NAMES = (*CASES, "websocket")


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


async def exchange(
    app: App, case: Case, count: int = 1, *, keep: bool = True
) -> tuple[float, list[Message]]:
    """Make a request so many times; the seconds it took, and the last answer."""
    sent: list[Message] = []
    template, pieces, taken = case.scope(), case.pieces(), 0

    async def receive() -> Message:
        nonlocal taken
        if taken == len(pieces):
            return {"type": "http.disconnect"}
        body = pieces[taken]
        taken += 1
        more = taken < len(pieces)
        return {"type": "http.request", "body": body, "more_body": more}

    async def append(message: Message) -> None:
        sent.append(message)

    async def forget(message: Message) -> None:
        pass

    send = append if keep else forget
    begun = process_time()
    for _ in range(count):
        sent.clear()
        taken = 0
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


async def check_echo(name: str, app: App) -> None:
    """Hold an application to sending back what it was sent."""
    _, sent = await echo(app, 3)
    texts = [message["text"] for message in sent if message["type"] == "websocket.send"]
    if sent[0]["type"] != "websocket.accept" or texts != ["hello"] * 3:
        raise Disagreement(f"{name}: websocket: {sent}")


async def check_answers(apps: dict[tuple[str, str], App]) -> None:
    """Compare what all of them answer, and print it, those of one kind in one row."""
    rows: dict[tuple[str, int, str, str], list[str]] = {}
    for (case, name), app in apps.items():
        _, sent = await exchange(app, CASES[case])
        status, fields = check(name, CASES[case], sent)
        unchecked = name in UNCHECKED and case == "post"
        note = "the body is not checked" if unchecked else ""
        rows.setdefault((case, status, fields, note), []).append(name)
    show(
        "Answers; where there is content in JSON it is equal",
        ["", "status", "fields", "", "by"],
        [[*map(str, answer), ", ".join(names)] for answer, names in rows.items()],
    )


async def measure(
    frameworks: Iterable[str], names: list[str], rounds: int
) -> dict[str, dict[str, list[float]]]:
    """Microseconds an exchange, by case and framework, a sample a round."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        apps = {
            (name, framework): await enter(started(CASES[name].app(framework)))
            for name in names
            if name in CASES
            for framework in frameworks
            if framework in CASES[name].among
        }
        await check_answers(apps)
        counts = {key: await calibrate(app, CASES[key[0]]) for key, app in apps.items()}
        samples: dict[str, dict[str, list[float]]] = {name: {} for name in names}
        echoes = {}
        if "websocket" in names:
            for framework in frameworks:
                echoes[framework] = await enter(started(CASES["get"].app(framework)))
                await check_echo(framework, echoes[framework])
        gc.collect()
        gc.freeze()  # what is there by now is no part of a request's cost
        for _ in range(rounds):
            for (name, framework), app in apps.items():
                count = counts[name, framework]
                took, _ = await exchange(app, CASES[name], count, keep=name != "file")
                samples[name].setdefault(framework, []).append(took / count * 1e6)
            for framework, app in echoes.items():
                took, _ = await echo(app, TEXTS)
                of = samples["websocket"].setdefault(framework, [])
                of.append(took / TEXTS * 1e6)
        return samples


async def calibrate(app: App, case: Case) -> int:
    """How many requests fill a turn; warms the application up besides."""
    took, _ = await exchange(app, case, 2)
    if took > TURN:
        return 1
    await exchange(app, case, 50)
    took, _ = await exchange(app, case, 100)
    return max(20, int(TURN / max(took / 100, 1e-7)))


def run(frameworks: list[str], names: list[str], rounds: int | None) -> bool:
    """Measure, print, and say which goals are held; True when all of them are.

    What they log of each request is not part of it: one of them writes a line for
    every 404.
    """
    logging.disable(logging.WARNING)
    with files() if {*FILES} & {*names} else nullcontext():
        samples = asyncio.run(measure(frameworks, names, rounds or ROUNDS))
    titles = {name: case.title for name, case in CASES.items()}
    titles["websocket"] = f"WebSocket: a text sent back, {TEXTS} a connection"
    held = []
    for name in filter(samples.get, names):
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
    if name in CASES:
        held += against("starlette", of, CASES[name].most)
    return held
