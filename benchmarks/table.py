"""Tables of measurements, as Markdown, and what is held against them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median, quantiles

OURS = "restlette"
FLOOR = "raw"


def show(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; the first column is text, another with a digit first numbers."""
    body = [list(row) for row in rows]
    table = [list(header), *body]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    right = [
        column > 0 and any(row[column][:1].isdigit() for row in body)
        for column in range(len(widths))
    ]
    lines = [
        " | ".join(
            cell.rjust(width) if numbers else cell.ljust(width)
            for cell, width, numbers in zip(row, widths, right, strict=True)
        )
        for row in table
    ]
    rule = "|".join(
        "-" * (width + 1) + (":" if numbers else "-")
        for width, numbers in zip(widths, right, strict=True)
    )
    print(f"\n{title}\n\n| {lines[0]} |\n|{rule}|")
    print("\n".join(f"| {line} |" for line in lines[1:]), flush=True)


def compare(title: str, unit: str, samples: Mapping[str, Sequence[float]]) -> None:
    """Print each framework's median, its middle half, and restlette's part of it."""
    middle = {name: median(values) for name, values in samples.items()}
    ours = middle.get(OURS)
    show(
        title,
        ["", unit, "middle half", f"{OURS} takes"],
        [
            [
                name,
                number(middle[name]),
                spread(values),
                ""
                if ours is None or name == OURS
                else f"{ours / middle[name]:.2f} of it",
            ]
            for name, values in samples.items()
        ],
    )


def spread(values: Sequence[float]) -> str:
    """From where to where the middle half of the samples lies."""
    if len(values) < 4:
        return f"{number(min(values))}-{number(max(values))}"
    low, _, high = quantiles(values, n=4)
    return f"{number(low)}-{number(high)}"


def number(value: float) -> str:
    """Three digits that say something."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"


def goal(what: str, value: float, most: float) -> bool:
    """Print whether a goal is held; so does the answer."""
    held = value <= most
    print(f"goal: {what} at most {most:g}: {value:.2f}, {'held' if held else 'MISSED'}")
    return held


def against(
    peer: str, samples: Mapping[str, Sequence[float]], most: float | None
) -> list[bool]:
    """Hold restlette to a part of a peer's median, where that is a goal."""
    if most is None or not {OURS, peer} <= set(samples):
        return []
    return [goal(f"of {peer}", part(samples, peer), most)]


def fastest_peer(samples: Mapping[str, Sequence[float]]) -> str | None:
    """The framework with the least median, the floor and ourselves left out."""
    peers = [name for name in samples if name not in (OURS, FLOOR)]
    return min(peers, key=lambda name: median(samples[name]), default=None)


def part(samples: Mapping[str, Sequence[float]], of: str) -> float:
    """What restlette's median is of another's."""
    return median(samples[OURS]) / median(samples[of])
