"""Load and faults: a small part of what `scripts/stress` has."""

from __future__ import annotations

import asyncio

import pytest

from tests.stress.__main__ import SCENARIOS

# How much of it.
SCALE = 0.02


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_claim_holds(name: str) -> None:
    figures = asyncio.run(SCENARIOS[name](SCALE))
    assert figures
    assert [figure for figure in figures if not figure.holds] == []
