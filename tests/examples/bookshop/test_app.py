"""The application, put together: asked by a client, without a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import examples.bookshop
from examples.bookshop.app import app
from examples.bookshop.store import BookStore
from restlette.testing import TestClient
from tests.examples.bookshop.shelf import (
    EMMA,
    GERMINAL,
    NANA,
    WIND,
    as_json,
    small_store,
)


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of a shop with three books."""
    with app.override(BookStore, small_store()), TestClient(app) as client:
        yield client


def test_the_shop_opens_with_its_books_and_forgets_what_was_done() -> None:
    with TestClient(app) as client:
        assert len(client.get("/books?limit=100").json()) == 100
        assert client.delete("/books/1").status_code == 204
        assert client.get("/books/1").status_code == 404
    with TestClient(app) as client:
        assert client.get("/books/1").json()["title"] == "The Pillow Book"


def test_a_book_goes_through_its_life(client: TestClient) -> None:
    created = client.post("/books", json=as_json(WIND))
    assert created.status_code == 201
    assert created.headers["location"] == "/books/4"
    assert created.json() == as_json(WIND, id=4)

    there = client.get(created.headers["location"])
    assert there.json() == as_json(WIND, id=4)

    patched = client.patch("/books/4", json={"year": 2008})
    assert patched.json() == as_json(WIND, id=4, year=2008)

    put = client.put("/books/4", json=as_json(WIND))
    assert put.json() == as_json(WIND, id=4)

    deleted = client.delete("/books/4")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert client.get("/books/4").status_code == 404


def test_a_conflict_names_the_other_book(client: TestClient) -> None:
    response = client.post("/books", json=as_json(GERMINAL))
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "The ISBN 9780140447422 belongs to book 2, Germinal.",
        "book_id": 2,
    }


def test_a_number_that_no_book_can_have_is_not_found(client: TestClient) -> None:
    for number in ("0", "4", "-1", "x", "1.0", "9" * 20, "9" * 5000):
        assert client.get(f"/books/{number}").status_code == 404


def test_what_a_client_hears_of_changes(client: TestClient) -> None:
    with client.websocket_connect("/books/feed") as feed:
        client.post("/books", json=as_json(WIND))
        client.patch("/books/4", json={"year": 2008})
        client.delete("/books/4")
        client.post("/books", json=as_json(NANA))
        client.delete("/books/1")
        heard = [feed.receive_json() for _ in range(4)]
    assert heard == [
        {"event": "added", "book": as_json(WIND, id=4)},
        {"event": "changed", "book": as_json(WIND, id=4, year=2008)},
        {"event": "removed", "book": as_json(WIND, id=4, year=2008)},
        {"event": "removed", "book": as_json(EMMA, id=1)},
    ]


def test_the_feed_is_left_without_a_trace(client: TestClient) -> None:
    with client.websocket_connect("/books/feed"):
        pass
    assert client.post("/books", json=as_json(WIND)).status_code == 201


def test_every_file_is_named_in_the_readme() -> None:
    folder = Path(examples.bookshop.__file__).parent
    readme = (folder / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in folder.iterdir() if path.is_file()}
    unnamed = {"__init__.py", "README.md"}
    assert {name for name in files if f"`{name}`" not in readme} == unnamed
