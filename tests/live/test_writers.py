"""The bookshop under several workers, and many who write at once.

What was acknowledged is there, and none of it twice, on either kind of database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.examples.bookshop.shelf import KEY, WIND, as_json
from tests.live.server import COMPLAINTS, Server, serving
from tests.live.wire import TIMEOUT

WORKERS = 3
CLIENTS = 6
CHANGES = 12

# How often somebody who came too late tries again; each time somebody else succeeded.
MOST_TRIES = CLIENTS * CHANGES + 1

# The year that the first book has, and how many books there are.
YEAR, BOOKS = 1002, 548


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Server]:
    """The bookshop, several processes of it on one database."""
    url = f"sqlite:///{tmp_path}/books.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("fresh_postgres")
    monkeypatch.setenv("DATABASE_URL", url)
    options = ["--workers", str(WORKERS)]
    log = tmp_path / "uvicorn.log"
    # uvicorn's own process leaves the socket, which its workers have, to the system.
    complaints = [each for each in COMPLAINTS if each != "ResourceWarning"]
    with serving(
        "examples.bookshop.app:app",
        "h11",
        log,
        options=options,
        complaints=complaints,
    ) as server:
        yield server


def isbn(number: int) -> str:
    """Give the ISBN with a number."""
    digits = f"978{number:09}"
    weighted = sum(map(int, digits[0::2])) + 3 * sum(map(int, digits[1::2]))
    return digits + str(-weighted % 10)


# What a client says of a book; the rest is the shop's to say.
DESCRIBED = frozenset(as_json(WIND))


def client() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.update(KEY)
    return session


def change(url: str) -> Counter[int]:
    """Make a book's year one greater, again and again; count what came of it."""
    came: Counter[int] = Counter()
    for _ in range(CHANGES):
        for _ in range(MOST_TRIES):
            # A connection of its own, so that any of the workers is asked.
            with client() as session:
                seen = session.get(f"{url}/books/1", timeout=TIMEOUT)
                book = {k: v for k, v in seen.json().items() if k in DESCRIBED}
                answer = session.put(
                    f"{url}/books/1",
                    json={**book, "year": book["year"] + 1},
                    headers={"if-match": seen.headers["etag"]},
                    timeout=TIMEOUT,
                )
            came[answer.status_code] += 1
            if answer.status_code != 412:
                break
    return came


def add(url: str) -> Counter[int]:
    """Add the same books as everybody else; count what came of it."""
    came: Counter[int] = Counter()
    for number in range(CHANGES):
        book = as_json(WIND, isbn=isbn(number), title=f"Volume {number}")
        with client() as session:
            answer = session.post(f"{url}/books", json=book, timeout=TIMEOUT)
        came[answer.status_code] += 1
    return came


def test_no_change_is_lost_or_made_twice(shop: Server) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        came = sum(pool.map(change, [shop.url] * CLIENTS), Counter[int]())
    assert came.keys() <= {200, 412}
    assert came[200] == CLIENTS * CHANGES
    with client() as session:
        answer = session.get(f"{shop.url}/books/1", timeout=TIMEOUT)
    assert answer.json()["year"] == YEAR + came[200]
    assert answer.headers["etag"] == f'"1-{1 + came[200]};application/json"'


def test_a_book_that_all_add_is_added_once(shop: Server) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        came = sum(pool.map(add, [shop.url] * CLIENTS), Counter[int]())
    assert came == {201: CHANGES, 409: CHANGES * (CLIENTS - 1)}
    with client() as session:
        found = session.get(f"{shop.url}/books?q=volume&size=100", timeout=TIMEOUT)
        numbers = session.get(f"{shop.url}/books/numbers", timeout=TIMEOUT)
    titles = [book["title"] for book in found.json()["items"]]
    assert sorted(titles) == sorted(f"Volume {number}" for number in range(CHANGES))
    assert numbers.json()["total"] == BOOKS + CHANGES
