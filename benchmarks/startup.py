"""What 10,000 routes cost before the first answer: classes, routes, lifespan, GET.

Each framework in a process of its own, since what it registers stays.
`python -m benchmarks.startup NAME` is that process.
"""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
from time import perf_counter, process_time

from benchmarks.cases import CASES, check
from benchmarks.inprocess import exchange, started
from benchmarks.table import OURS, number, show

NAMES = ("startup",)

ROUTES = 10_000

# Seconds after which a framework is given up.
PATIENCE = 30


async def start(name: str, routes: int) -> tuple[float, float]:
    """Elapsed and processor seconds until the first answer."""
    module = importlib.import_module(f"benchmarks.services.{name}")
    elapsed, used = perf_counter(), process_time()
    async with started(module.make(routes)) as app:
        _, sent = await exchange(app, CASES["get"])
        elapsed, used = perf_counter() - elapsed, process_time() - used
        check(name, CASES["get"], sent)
    return elapsed, used


def run(frameworks: list[str], names: list[str], rounds: int | None) -> bool:
    """Measure, print, and say whether the goal is held: the least of three."""
    rows = []
    held = True
    for name in frameworks:
        if name == "raw":
            continue
        command = [sys.executable, "-m", "benchmarks.startup", name]
        times = []
        for _ in range(3 if name == OURS else 1):
            try:
                done = subprocess.run(
                    command,
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE,
                    check=True,
                )
            except subprocess.TimeoutExpired:
                break
            times.append([float(word) for word in done.stdout.split()])
        if not times:
            rows.append([name, f"over {PATIENCE}", ""])
            continue
        elapsed, used = min(times)
        rows.append([name, number(elapsed), number(used)])
        if name == OURS:
            held = used < 1
    title = f"startup: {ROUTES:,} other routes, until the first answer"
    show(title, ["", "s", "processor s"], rows)
    if OURS in frameworks:
        said = "held" if held else "MISSED"
        print(f"goal: less than a second of processor time: {said}")
    return held


if __name__ == "__main__":
    print(*asyncio.run(start(sys.argv[1], ROUTES)))
