"""What `import` costs: a new interpreter each time, less one that imports nothing."""

from __future__ import annotations

import os
import sys

from benchmarks.table import OURS, compare, goal, part

NAMES = ("import",)

ROUNDS = 15

# What an application in classes imports first.
MODULES = {
    "restlette": "restlette",
    "starlette": "starlette.applications",
    "fastapi": "fastapi",
    "litestar": "litestar",
    "falcon": "falcon.asgi",
    "blacksheep": "blacksheep",
}


def processor_seconds(statement: str) -> float:
    """User and system time of an interpreter that runs a statement."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONDONTWRITEBYTECODE"  # everybody's is compiled, ours as well
    }
    command = [sys.executable, "-c", statement]
    pid = os.posix_spawn(sys.executable, command, environment)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{statement}: status {status}")
    return usage.ru_utime + usage.ru_stime


def run(frameworks: list[str], names: list[str], rounds: int | None) -> bool:
    """Measure, print, and say whether the goal is held."""
    statements = {
        name: f"import {MODULES[name]}" for name in frameworks if name in MODULES
    }
    samples: dict[str, list[float]] = {name: [] for name in statements}
    for statement in statements.values():
        processor_seconds(statement)  # compiles what is not
    for _ in range(rounds or ROUNDS):
        nothing = processor_seconds("pass")
        for name, statement in statements.items():
            took = processor_seconds(statement) - nothing
            samples[name].append(max(took, 1e-4) * 1e3)
    compare("import: processor time of the import", "ms", samples)
    if OURS in samples and "starlette" in samples:
        return goal("of starlette.applications", part(samples, "starlette"), 0.5)
    return True
