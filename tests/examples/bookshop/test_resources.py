"""The resources, each alone: with a store of three books and no application.

The first half calls methods as plain Python; the second sends bytes to an instance.
"""

import asyncio
from pathlib import Path

import attrs
import pytest

from examples.bookshop.files import Covers
from examples.bookshop.models import Book, BookPatch, BookQuery, Order
from examples.bookshop.resources import BookItem, Books, Welcome
from examples.bookshop.store import ISBNTaken, NoSuchBook
from restlette import Created
from restlette.testing import build_request, call
from tests.examples.bookshop.shelf import (
    EMMA,
    GERMINAL,
    NANA,
    WIND,
    as_json,
    small_store,
)

REQUEST = build_request()


def test_listing_gives_what_the_query_asks_for() -> None:
    books = Books(store=small_store())
    query = BookQuery(language="fr", order=Order.OLDEST)
    found = asyncio.run(books.get(REQUEST, query=query))
    assert found == [
        Book(**attrs.asdict(NANA), id=3),
        Book(**attrs.asdict(GERMINAL), id=2),
    ]


def test_posting_creates_a_book_and_says_where_it_is() -> None:
    books = Books(store=small_store())
    result = asyncio.run(books.post(REQUEST, body=WIND))
    assert result == Created(
        Book(**attrs.asdict(WIND), id=4), location=BookItem.ref(book_id=4)
    )


def test_posting_a_book_that_is_there_is_a_conflict() -> None:
    books = Books(store=small_store())
    with pytest.raises(ISBNTaken):
        asyncio.run(books.post(REQUEST, body=EMMA))


def test_an_item_is_its_book() -> None:
    item = BookItem(store=small_store(), covers=Covers(Path()))
    emma = Book(**attrs.asdict(EMMA), id=1)
    assert asyncio.run(item.get(REQUEST, book_id=1)) == emma


def test_putting_describes_the_book_anew() -> None:
    item = BookItem(store=small_store(), covers=Covers(Path()))
    wind = Book(**attrs.asdict(WIND), id=1)
    assert asyncio.run(item.put(REQUEST, book_id=1, body=WIND)) == wind
    assert asyncio.run(item.get(REQUEST, book_id=1)) == wind


def test_patching_changes_what_is_named() -> None:
    item = BookItem(store=small_store(), covers=Covers(Path()))
    emma = Book(**attrs.asdict(EMMA), id=1)
    patched = asyncio.run(item.patch(REQUEST, book_id=1, body=BookPatch(year=1816)))
    assert patched == attrs.evolve(emma, year=1816)


def test_deleting_takes_the_book_out() -> None:
    item = BookItem(store=small_store(), covers=Covers(Path()))
    asyncio.run(item.delete(REQUEST, book_id=1))
    with pytest.raises(NoSuchBook):
        asyncio.run(item.get(REQUEST, book_id=1))


def test_the_list_comes_as_json() -> None:
    response = call(Books(store=small_store()), "GET", "/?language=en")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == [as_json(EMMA, id=1)]


@pytest.mark.parametrize(
    "body, errors",
    [
        pytest.param(
            as_json(EMMA, title=""),
            [("#/title", "invalid")],
            id="one field",
        ),
        pytest.param(
            as_json(EMMA, title="", year="1815", isbn="9780141439588"),
            [("#/isbn", "invalid"), ("#/title", "invalid"), ("#/year", "type")],
            id="every error at once",
        ),
        pytest.param(
            as_json(EMMA, price=9.5), [("#/price", "unknown")], id="unknown field"
        ),
        pytest.param(
            as_json(EMMA, id=7), [("#/id", "unknown")], id="the shop gives the number"
        ),
        pytest.param(as_json(EMMA, year=True), [("#/year", "type")], id="true is no 1"),
        pytest.param([], [("#", "type")], id="no object"),
    ],
)
def test_what_is_no_book_is_refused_with_every_error_and_its_place(
    body: object, errors: list[tuple[str, str]]
) -> None:
    response = call(Books(store=small_store()), "POST", json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert sorted((e["pointer"], e["code"]) for e in problem["errors"]) == errors


def test_a_query_that_is_wrong_is_refused_with_every_error_and_its_name() -> None:
    response = call(Books(store=small_store()), "GET", "/?limit=0&order=price&since=x")
    assert response.status_code == 422
    errors = response.json()["errors"]
    assert sorted(error["name"] for error in errors) == ["limit", "order", "since"]
    assert {error["in"] for error in errors} == {"query"}


def test_the_page_of_welcome_is_html() -> None:
    response = call(Welcome)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>The bookshop</title>" in response.text
