"""The bookshop in GraphQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from examples.bookshop.app import app
from examples.bookshop.database import FirstBooks
from restlette.testing import TestClient
from tests.examples.bookshop.shelf import KEY, THREE

ADD = """
mutation Add($isbn: String!, $year: Int = 2007) {
  addBook(isbn: $isbn, title: "The Name of the Wind", author: "Patrick Rothfuss",
    year: $year, language: "en") { id title }
}
"""
WIND = {"isbn": "978-0-7564-0407-9"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A shop of three books: Emma, and two of Zola's."""
    with app.override(FirstBooks, THREE), TestClient(app) as client:
        yield client


def ask(client: TestClient, query: str, key: Any = None, **variables: Any) -> Any:
    content = {"query": query, "variables": variables}
    return client.post("/graphql", json=content, headers=key).json()


def test_books_come_a_page_at_a_time(client: TestClient) -> None:
    query = "{ books(size: 1, page: 2, order: NEWEST) { total items { title year } } }"
    assert ask(client, query)["data"]["books"] == {
        "total": 3,
        "items": [{"title": "Nana", "year": 1880}],
    }
    query = '{ books(q: "emile") { items { title others { title } } } }'
    assert ask(client, query)["data"]["books"]["items"] == [
        {"title": "Germinal", "others": [{"title": "Nana"}]},
        {"title": "Nana", "others": [{"title": "Germinal"}]},
    ]


def test_a_book_is_shown(client: TestClient) -> None:
    query = "{ one: book(id: 1) { title others { id } } none: book(id: 9) { title } }"
    answer = ask(client, query)
    assert answer["data"] == {"one": {"title": "Emma", "others": []}, "none": None}
    (error,) = answer["errors"]
    assert error["message"] == "There is no book 9."
    assert error["extensions"] == {"status": 404}


def test_what_does_not_fit_is_said(client: TestClient) -> None:
    (error,) = ask(client, "{ books(size: 0) { total } }")["errors"]
    assert error["extensions"] == {"status": 400}
    (error,) = ask(client, ADD, KEY, isbn="978-0-7564-0407-0")["errors"]
    assert "an ISBN has 13 digits" in error["message"]


def test_a_book_is_added_once(client: TestClient) -> None:
    answer = ask(client, ADD, KEY, **WIND)
    assert answer == {"data": {"addBook": {"id": 4, "title": "The Name of the Wind"}}}
    (error,) = ask(client, ADD, KEY, **WIND)["errors"]
    assert error["extensions"] == {"status": 409, "book_id": 4}
    assert client.get("/books/4").json()["title"] == "The Name of the Wind"


def test_sellers_alone_write(client: TestClient) -> None:
    remove = "mutation { removeBook(id: 1) }"
    (error,) = ask(client, ADD, **WIND)["errors"]
    assert error["extensions"] == {"status": 401}
    (error,) = ask(client, remove)["errors"]
    assert error["extensions"] == {"status": 401}
    assert client.get("/books/1").status_code == 200
    assert ask(client, remove, KEY) == {"data": {"removeBook": 1}}
    assert client.get("/books/1").status_code == 404


def test_changes_are_heard_whichever_way_they_come(client: TestClient) -> None:
    """Those of the other resources as well."""
    query = "subscription { changes { number event book { title others { title } } } }"
    with client.websocket_connect(
        "/graphql", subprotocols=["graphql-transport-ws"]
    ) as socket:
        socket.send_json({"type": "connection_init"})
        assert socket.receive_json() == {"type": "connection_ack"}
        socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}
        assert client.delete("/books/2", headers=KEY).status_code == 204
        change = socket.receive_json()["payload"]["data"]["changes"]
        assert change["event"] == "REMOVED"
        assert change["book"] == {"title": "Germinal", "others": [{"title": "Nana"}]}
        ask(client, ADD, KEY, **WIND)
        later = socket.receive_json()["payload"]["data"]["changes"]
        assert later["event"] == "ADDED"
        assert later["number"] == change["number"] + 1


def test_a_browser_is_shown_the_page(client: TestClient) -> None:
    answer = client.get("/graphql", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert "?page.js" in answer.text
