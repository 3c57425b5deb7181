"""Sessions that several workers share: nobody has another one's, and none is lost.

One worker is killed, and the store is stopped, frozen and started again, while clients
go on.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import pytest
import requests

from tests.live.server import COMPLAINTS, Server, serving
from tests.live.wire import TIMEOUT
from tests.valkey import Valkey, serving_valkey

WORKERS = 3
VISITORS = 6
STEPS = 25

# How often somebody tries again who was not answered, or told to.
MOST_TRIES = 1000


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


class Visitor:
    """A client with a session, which knows what it was told that it has done.

    Args:
        url: Where the application is.
        name: Who it is.
    """

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name
        self.cookie = ""
        self.done: list[str] = []
        self.workers: set[int] = set()

    def ask(self, method: str, path: str) -> Any:
        """Ask again and again, until there is an answer that is no 503."""
        for _ in range(MOST_TRIES):
            # A connection of its own, so that any of the workers is asked.
            with requests.Session() as session:
                session.trust_env = False
                headers = {"cookie": f"session={self.cookie}"} if self.cookie else {}
                try:
                    answer = session.request(
                        method, self.url + path, headers=headers, timeout=TIMEOUT
                    )
                except requests.ConnectionError:
                    # Its worker was killed.
                    time.sleep(0.05)
                    continue
                if answer.status_code == 503:
                    time.sleep(0.05)
                    continue
                assert answer.status_code == 200
                self.cookie = answer.cookies.get("session") or self.cookie
                return answer.json()
        raise AssertionError("there was no answer")

    def do(self, what: str) -> None:
        """Do something, and remember that it was acknowledged."""
        self.workers.add(self.ask("POST", f"/do/{self.name}/{what}")["pid"])
        self.done.append(what)

    def check(self) -> None:
        """Hold what the session says against what was acknowledged."""
        found = self.ask("GET", "/")
        assert found["name"] == self.name
        assert set(self.done) <= {*found["done"]}


def visit(visitor: Visitor, going_on: Event, enough: Callable[[], bool]) -> Visitor:
    for number in range(STEPS):
        visitor.do(f"a{number}")
    going_on.set()
    number = 0
    while not enough():
        visitor.do(f"b{number}")
        number += 1
    for number in range(STEPS):
        visitor.do(f"c{number}")
    visitor.check()
    return visitor


def test_nothing_is_lost_whatever_happens(visits: Server, place: Place) -> None:
    """A worker is killed with SIGKILL; the store freezes, stops and starts."""
    is_over = Event()
    with ThreadPoolExecutor(VISITORS) as pool:
        running = []
        begun = []
        for number in range(VISITORS):
            going_on = Event()
            visitor = Visitor(visits.url, f"visitor-{number}")
            running.append(pool.submit(visit, visitor, going_on, is_over.is_set))
            begun.append((going_on, visitor))
        try:
            for going_on, _ in begun:
                assert going_on.wait(TIMEOUT)
            os.kill(next(iter(begun[0][1].workers)), signal.SIGKILL)
            if place.valkey is not None:
                place.valkey.freeze()
                time.sleep(1.5)
                place.valkey.thaw()
                time.sleep(0.5)
                place.valkey.stop()
                time.sleep(0.5)
                place.valkey.start()
            time.sleep(0.5)
        finally:
            is_over.set()
        visitors = [each.result() for each in running]
    assert len({visitor.cookie for visitor in visitors}) == VISITORS
    assert len(set().union(*(visitor.workers for visitor in visitors))) > 1


def test_requests_of_one_session_side_by_side_lose_nothing(visits: Server) -> None:
    first = Visitor(visits.url, "one")
    first.do("begin")

    def go(number: int) -> list[str]:
        same = Visitor(visits.url, "one")
        same.cookie = first.cookie
        for step in range(STEPS):
            same.do(f"{number}-{step}")
        return same.done

    with ThreadPoolExecutor(VISITORS) as pool:
        first.done += [what for done in pool.map(go, range(VISITORS)) for what in done]
    assert len(first.done) == 1 + VISITORS * STEPS
    first.check()


@pytest.mark.parametrize("place", ["valkey"], indirect=True)
def test_a_frozen_store_is_a_bounded_wait(visits: Server, place: Place) -> None:
    valkey = place.valkey
    assert valkey is not None
    visitor = Visitor(visits.url, "one")
    visitor.do("begin")
    valkey.freeze()
    try:
        headers = {"cookie": f"session={visitor.cookie}"}
        answer = requests.get(visits.url, headers=headers, timeout=TIMEOUT)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
    finally:
        valkey.thaw()
    visitor.check()
