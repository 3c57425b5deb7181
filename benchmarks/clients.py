"""What a request costs a test: each framework's client on the raw application.

Both as their documentation shows them, and inside `with`, which keeps their event
loop from one request to the next. Elapsed time: one of them hands requests to a
thread, and a test waits for that too. Contract mode is measured against the same client
without it.
"""

from __future__ import annotations

import importlib
from asyncio import Runner
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.services import raw
from benchmarks.table import goal, number, show, spread

NAMES = ("testclient",)

ROUNDS = 15

REQUESTS = 20

# restlette's client, holding each exchange to the document, and the same without.
HELD = {
    "its own, with, contract": "its own, with",
    "its own, async, contract": "its own, async",
}

# framework: the module that has its TestClient
CLIENTS = {"restlette": "restlette.testing", "starlette": "starlette.testclient"}


# Makes so many requests, and gives the last answer.
Asking = Callable[[int], Any]


def asking(get: Callable[[str], Any]) -> Asking:
    """Ask by a client."""

    def ask(count: int) -> Any:
        for _ in range(count - 1):
            get("/books/42")
        return get("/books/42")

    return ask


def asking_async(get: Callable[[str], Awaitable[Any]], runner: Runner) -> Asking:
    """Ask by a client whose answers are awaited, in one loop."""

    async def ask(count: int) -> Any:
        for _ in range(count - 1):
            await get("/books/42")
        return await get("/books/42")

    return lambda count: runner.run(ask(count))


def elapsed(ask: Asking) -> float:
    """Microseconds a request."""
    begun = perf_counter()
    response = ask(REQUESTS)
    took = perf_counter() - begun
    if response.json() != {"id": 42, "title": "Dune"}:
        raise ValueError(response.text)
    return took / REQUESTS * 1e6


def run(frameworks: list[str], names: list[str], rounds: int | None) -> bool:
    """Measure, print, and say whether the goal is held."""
    with ExitStack() as stack:
        gets: dict[tuple[str, str], Asking] = {}
        for name in CLIENTS:
            if name not in frameworks:
                continue
            make = importlib.import_module(CLIENTS[name]).TestClient
            service = importlib.import_module(f"benchmarks.services.{name}")
            gets[name, "raw"] = asking(make(raw.app).get)
            clients = {"raw, with": make(raw.app), "its own, with": make(service.app)}
            if name == "restlette":
                held = make(service.make(0), contract=True)
                clients["its own, with, contract"] = held
            for how, client in clients.items():
                gets[name, how] = asking(stack.enter_context(client).get)
            if name == "restlette":
                runner = stack.enter_context(Runner())
                make_async = importlib.import_module(CLIENTS[name]).AsyncTestClient
                for how, options in (
                    ("its own, async", {}),
                    ("its own, async, contract", {"contract": True}),
                ):
                    client = make_async(service.make(0), **options)
                    gets[name, how] = asking_async(client.get, runner)
        samples: dict[tuple[str, str], list[float]] = {key: [] for key in gets}
        for get in gets.values():
            elapsed(get)
        for _ in range(rounds or ROUNDS):
            for key, get in gets.items():
                samples[key].append(elapsed(get))
    show(
        "testclient: a GET in a test",
        ["client", "application", "µs", "middle half", "restlette takes"],
        [
            [name, how, number(median(values)), spread(values), ours(samples, how)]
            for (name, how), values in samples.items()
        ],
    )
    held = []
    for how, without in HELD.items():
        if ("restlette", how) in samples:
            took = of_plain(samples, how, without)
            held.append(goal(f"{how}: of the same without contract", took, 2))
    if len({name for name, _ in samples}) == len(CLIENTS):
        held += [
            goal(f"of starlette's, {how}", of_starlette(samples, how), 0.35)
            for how in ("raw", "raw, with")
        ]
    return all(held)


def of_plain(
    samples: dict[tuple[str, str], list[float]], how: str, without: str
) -> float:
    """What contract mode takes of the same client's time."""
    plain = median(samples["restlette", without])
    return median(samples["restlette", how]) / plain


def of_starlette(samples: dict[tuple[str, str], list[float]], how: str) -> float:
    """What our median is of the other's, on the same application."""
    return median(samples["restlette", how]) / median(samples["starlette", how])


def ours(samples: dict[tuple[str, str], list[float]], how: str) -> str:
    """The same for the table, where both were measured."""
    if "starlette" not in {name for name, each in samples if each == how}:
        return ""
    return f"{of_starlette(samples, how):.2f} of starlette's"
