"""Whether others have their turn while something runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """How many turns there were."""

    count = 0


@asynccontextmanager
async def taking_turns() -> AsyncIterator[Turns]:
    """Have somebody take each turn of the loop that there is, and count them."""
    turns = Turns()

    async def take() -> None:
        while True:
            turns.count += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(take())
    try:
        yield turns
    finally:
        task.cancel()
