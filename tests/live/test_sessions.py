"""Sessions that several workers share: nobody has another one's, and none is lost.

What becomes of them when a worker is killed or the store goes is in `test_stress.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.live.server import COMPLAINTS, Server, serving
from tests.stress.stores import Visitor
from tests.valkey import Valkey, serving_valkey

WORKERS = 3
VISITORS = 6
STEPS = 25


class Place(NamedTuple):
    """Where sessions are.

    Attributes:
        url: What the application is told.
        valkey: The store, where it is a server.
    """

    url: str
    valkey: Valkey | None


@pytest.fixture(params=["sqlite", "valkey"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A store that several processes share."""
    if request.param == "sqlite":
        yield Place(str(tmp_path / "sessions.db"), None)
        return
    with serving_valkey() as valkey:
        yield Place(valkey.url, valkey)


@pytest.fixture
def visits(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """Several processes of an application, with one store."""
    monkeypatch.setenv("VISITS", place.url)
    log = tmp_path / "uvicorn.log"
    # A store that is down is logged, and uvicorn's own process leaves its socket.
    allowed = ("ResourceWarning", "ERROR")
    with serving(
        "tests.live.visits:app",
        "h11",
        log,
        options=["--workers", str(WORKERS)],
        complaints=[each for each in COMPLAINTS if each not in allowed],
    ) as server:
        yield server


def test_requests_of_one_session_side_by_side_lose_nothing(visits: Server) -> None:
    async def main() -> None:
        first = Visitor(visits.port, "one")
        await first.do("begin")

        async def go(number: int) -> list[str]:
            same = Visitor(visits.port, "one")
            same.cookie = first.cookie
            for step in range(STEPS):
                await same.do(f"{number}-{step}")
            same.leave()
            return same.done

        done = await asyncio.gather(*map(go, range(VISITORS)))
        first.done += [what for each in done for what in each]
        assert len(first.done) == 1 + VISITORS * STEPS
        await first.check()
        first.leave()
        assert (first.missing, first.wrong) == (set(), [])

    asyncio.run(main())


@pytest.mark.parametrize("place", ["valkey"], indirect=True)
def test_a_frozen_store_is_a_bounded_wait(visits: Server, place: Place) -> None:
    valkey = place.valkey
    assert valkey is not None

    async def main() -> None:
        visitor = Visitor(visits.port, "one")
        await visitor.do("begin")
        valkey.freeze()
        try:
            answer = await visitor.ask("GET", "/")
            assert answer.status == 503
            assert answer.field("retry-after") == "5"
        finally:
            valkey.thaw()
        await visitor.check()
        visitor.leave()
        assert (visitor.missing, visitor.wrong) == (set(), [])

    asyncio.run(main())
