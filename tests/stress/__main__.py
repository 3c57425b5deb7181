"""Load and faults, against servers on this machine: `scripts/stress`.

Each line is a claim, and what was found; what does not hold is marked, and the exit
status is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from tests.stress import load, shutdown, stores

SCENARIOS = {**load.SCENARIOS, **shutdown.SCENARIOS, **stores.SCENARIOS}


def main() -> int:
    """Run scenarios; 0 when every claim holds."""
    lines = [
        f"{name:12} {each.__doc__.splitlines()[0]}" for name, each in SCENARIOS.items()
    ]
    parser = argparse.ArgumentParser(
        prog="scripts/stress",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="\n".join([*__doc__.splitlines()[:1], "", *lines]),
    )
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    parser.add_argument("--scale", type=float, default=1.0, help="how much of it: 1.0")
    given = parser.parse_args()
    for name in given.scenarios:
        if name not in SCENARIOS:
            parser.error(f"there is no {name}: {', '.join(SCENARIOS)}")
    broken = 0
    for name in given.scenarios or SCENARIOS:
        start = time.monotonic()
        figures = asyncio.run(SCENARIOS[name](given.scale))
        print(f"\n{name}, {time.monotonic() - start:.0f} s", flush=True)
        for figure in figures:
            mark = "      " if figure.holds else "BROKEN"
            print(f"{mark} {figure.claim}:\n         {figure.measured}", flush=True)
            broken += not figure.holds
    print(f"\n{broken} broken" if broken else "\nall of it holds")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
