"""What a scenario of scripts/stress found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A claim, what was measured, and whether it holds."""

    claim: str
    measured: str
    holds: bool
