"""The resources, each alone: with a store of three books and no application.

The first half calls methods as plain Python; the second sends bytes to an instance.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest

from examples.bookshop.files import Covers
from examples.bookshop.models import Book, BookQuery, NewBook, Order
from examples.bookshop.resources import BookItem, Books
from examples.bookshop.store import BookStore, ISBNTaken, NoSuchBook
from restlette import Created, ETag, MergePatch, PreconditionFailed, Preconditions
from restlette.testing import build_request, call
from tests.examples.bookshop.shelf import (
    EMMA,
    GERMINAL,
    KEY,
    NANA,
    WIND,
    as_json,
    opened,
)

# A program with the sellers' key has sent it.
REQUEST = build_request(headers=KEY)


def plainly(test: Callable[[BookStore, Covers], Awaitable[None]]) -> None:
    """Run a test with the store of a shop of three books, numbered 1 to 3."""

    async def main() -> None:
        async with opened() as shop, shop.transaction() as store:
            await test(store, shop.covers)

    asyncio.run(main())


def test_listing_gives_what_the_query_asks_for() -> None:
    async def test(store: BookStore, covers: Covers) -> None:
        query = BookQuery(language="fr", order=Order.OLDEST)
        page = await Books(store=store).get(REQUEST, query=query)
        assert page.items == [
            Book(**attrs.asdict(NANA), id=3),
            Book(**attrs.asdict(GERMINAL), id=2),
        ]
        assert page.total == 2

    plainly(test)


def test_posting_creates_a_book_and_says_where_it_is() -> None:
    async def test(store: BookStore, covers: Covers) -> None:
        books = Books(store=store)
        assert await books.post(REQUEST, body=WIND) == Created(
            Book(**attrs.asdict(WIND), id=4), location=BookItem.ref(book_id=4)
        )
        with pytest.raises(ISBNTaken):
            await books.post(REQUEST, body=EMMA)

    plainly(test)


def test_an_item_is_its_book_in_one_state() -> None:
    async def test(store: BookStore, covers: Covers) -> None:
        item = BookItem(store=store, covers=covers)
        emma = Book(**attrs.asdict(EMMA), id=1)
        assert await item.get(REQUEST, book_id=1) == emma
        assert (await item.validators(REQUEST, book_id=1)).etag == ETag("1-1")

    plainly(test)


def test_putting_describes_the_book_anew() -> None:
    async def test(store: BookStore, covers: Covers) -> None:
        item = BookItem(store=store, covers=covers)
        wind = Book(**attrs.asdict(WIND), id=1)
        first = Preconditions({"if-match": '"1-1"'})
        put = await item.put(REQUEST, book_id=1, body=WIND, preconditions=first)
        assert put == wind
        assert await item.get(REQUEST, book_id=1) == wind
        with pytest.raises(PreconditionFailed):
            await item.put(REQUEST, book_id=1, body=WIND, preconditions=first)

    plainly(test)


def test_patching_changes_what_is_named() -> None:
    async def test(store: BookStore, covers: Covers) -> None:
        item = BookItem(store=store, covers=covers)
        patch: Any = MergePatch({"year": 1816}, NewBook)
        patched = await item.patch(
            REQUEST, book_id=1, body=patch, preconditions=Preconditions()
        )
        assert patched == Book(**attrs.asdict(EMMA) | {"year": 1816}, id=1)

    plainly(test)


def test_deleting_takes_the_book_out() -> None:
    async def test(store: BookStore, covers: Covers) -> None:
        item = BookItem(store=store, covers=covers)
        await item.delete(REQUEST, book_id=1, preconditions=Preconditions())
        with pytest.raises(NoSuchBook):
            await item.get(REQUEST, book_id=1)

    plainly(test)


NO_STORE: Any = None


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
            {**as_json(EMMA), "id": 7},
            [("#/id", "unknown")],
            id="the shop gives the number",
        ),
        pytest.param(as_json(EMMA, year=True), [("#/year", "type")], id="true is no 1"),
        pytest.param([], [("#", "type")], id="no object"),
    ],
)
def test_what_is_no_book_is_refused_with_every_error_and_its_place(
    body: object, errors: list[tuple[str, str]]
) -> None:
    response = call(Books(store=NO_STORE), "POST", json=body, headers=KEY)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert sorted((e["pointer"], e["code"]) for e in problem["errors"]) == errors


def test_a_query_that_is_wrong_is_refused_with_every_error_and_its_name() -> None:
    response = call(Books(store=NO_STORE), "GET", "/?size=0&order=price&since=x")
    assert response.status_code == 422
    errors = response.json()["errors"]
    assert sorted(error["name"] for error in errors) == ["order", "since", "size"]
    assert {error["in"] for error in errors} == {"query"}
