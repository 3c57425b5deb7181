"""What a request costs a test: each framework's client on the raw application.

Both as their documentation shows them, and inside `with`, which keeps their event
loop from one request to the next. Elapsed time: one of them hands requests to a
thread, and a test waits for that too. Contract mode is measured against the same client
without it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.services import raw
from benchmarks.table import goal, number, show, spread

NAMES = ("testclient",)

ROUNDS = 15

REQUESTS = 20

# restlette's client, holding each exchange to the document.
HELD = "its own, with, contract"

# framework: the module that has its TestClient
CLIENTS = {"restlette": "restlette.testing", "starlette": "starlette.testclient"}


def elapsed(get: Callable[[str], Any]) -> float:
    """Microseconds a request."""
    begun = perf_counter()
    for _ in range(REQUESTS):
        response = get("/books/42")
    took = perf_counter() - begun
    if response.json() != {"id": 42, "title": "Dune"}:
        raise ValueError(response.text)
    return took / REQUESTS * 1e6


def run(frameworks: list[str], names: list[str], rounds: int | None) -> bool:
    """Measure, print, and say whether the goal is held."""
    with ExitStack() as stack:
        gets: dict[tuple[str, str], Callable[[str], Any]] = {}
        for name in CLIENTS:
            if name not in frameworks:
                continue
            make = importlib.import_module(CLIENTS[name]).TestClient
            service = importlib.import_module(f"benchmarks.services.{name}")
            gets[name, "raw"] = make(raw.app).get
            gets[name, "raw, with"] = stack.enter_context(make(raw.app)).get
            gets[name, "its own, with"] = stack.enter_context(make(service.app)).get
            if name == "restlette":
                held = make(service.make(0), contract=True)
                gets[name, HELD] = stack.enter_context(held).get
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
    if ("restlette", HELD) in samples:
        held.append(goal("of the client's without contract", of_plain(samples), 2))
    if len({name for name, _ in samples}) == len(CLIENTS):
        held += [
            goal(f"of starlette's, {how}", of_starlette(samples, how), 0.35)
            for how in ("raw", "raw, with")
        ]
    return all(held)


def of_plain(samples: dict[tuple[str, str], list[float]]) -> float:
    """What contract mode takes of the same client's time."""
    plain = median(samples["restlette", "its own, with"])
    return median(samples["restlette", HELD]) / plain


def of_starlette(samples: dict[tuple[str, str], list[float]], how: str) -> float:
    """What our median is of the other's, on the same application."""
    return median(samples["restlette", how]) / median(samples["starlette", how])


def ours(samples: dict[tuple[str, str], list[float]], how: str) -> str:
    """The same for the table, where both were measured."""
    if how == HELD or len({name for name, _ in samples}) < len(CLIENTS):
        return ""
    return f"{of_starlette(samples, how):.2f} of starlette's"
