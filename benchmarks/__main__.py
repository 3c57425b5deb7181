"""The command line: which cases, which frameworks."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib.metadata import version

from benchmarks import clients, graphs, imports, inprocess, models, server, startup
from benchmarks.services import NAMES
from benchmarks.table import FLOOR, OURS
from restlette import __version__

# The cases in the order in which they are run, by the module that runs them.
PARTS = (inprocess, models, graphs, server, imports, clients, startup)


def main() -> int:
    """Run what was asked for; 1 when `--check` is given and a goal is missed."""
    cases = [name for part in PARTS for name in part.NAMES]
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measure restlette beside its peers."
    )
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help=f"all of them, or: {', '.join(cases)}"
    )
    parser.add_argument(
        "--only", metavar="NAMES", help=f"frameworks: {','.join(NAMES)}"
    )
    parser.add_argument("--rounds", type=int, help="samples of each")
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 when a goal is missed"
    )
    options = parser.parse_args()
    if unknown := set(options.cases) - set(cases):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    frameworks = options.only.split(",") if options.only else list(NAMES)
    if unknown := set(frameworks) - set(NAMES):
        parser.error(f"no such framework: {', '.join(sorted(unknown))}")
    describe(frameworks)
    held = True
    for part in PARTS:
        names = [name for name in part.NAMES if name in (options.cases or cases)]
        if names:
            held = part.run(frameworks, names, options.rounds) and held
    return 1 if options.check and not held else 0


def describe(frameworks: list[str]) -> None:
    """Print what is measured on what."""
    versions = [
        f"{name} {__version__ if name == OURS else version(name)}"
        for name in (*frameworks, "uvicorn")
        if name != FLOOR
    ]
    print(f"{platform.python_implementation()} {platform.python_version()}, ", end="")
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores")
    print(", ".join(versions))


if __name__ == "__main__":
    sys.exit(main())
