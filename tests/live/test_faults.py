"""Servers, workers and stores that end amid the work: a small part of the figures.

`scripts/stress` has all of them.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.stress import shutdown, stores

SCENARIOS = {**shutdown.SCENARIOS, **stores.SCENARIOS}

# How much of it.
SCALE = 0.02


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_that_was_accepted_or_acknowledged_is_lost(name: str) -> None:
    figures = asyncio.run(SCENARIOS[name](SCALE))
    assert figures
    assert [figure for figure in figures if not figure.holds] == []
