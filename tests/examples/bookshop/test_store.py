"""The store keeps books, one an ISBN, on either kind of database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest

from examples.bookshop.models import Book, BookQuery, Change, Event, NewBook, Order
from examples.bookshop.store import BookStore, ISBNTaken, Kept, NoSuchBook
from restlette import ETag, PreconditionFailed, Preconditions, Validators
from tests.examples.bookshop.shelf import (
    EMMA,
    GERMINAL,
    NANA,
    WIND,
    Shop,
    opened,
)

ANY = Preconditions()

Main = Callable[[Shop], Awaitable[None]]
Run = Callable[[Main], None]


@pytest.fixture(params=["sqlite", "postgresql"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a test in a shop of three books, numbered 1 to 3."""
    url = request.getfixturevalue("postgres") if request.param != "sqlite" else ""

    def run(main: Main) -> None:
        async def in_shop() -> None:
            async with opened(url) as shop:
                await main(shop)

        asyncio.run(in_shop())

    return run


async def ids(store: BookStore, **query: Any) -> list[int]:
    found, _ = await store.find(BookQuery(**query))
    return [book.id for book in found]


async def add(shop: Shop, new: NewBook) -> Book:
    async with shop.transaction() as store:
        return await store.add(new)


def test_books_are_numbered_from_one(run: Run) -> None:
    async def main(shop: Shop) -> None:
        async with shop.transaction() as store:
            assert sorted(await ids(store)) == [1, 2, 3]
            assert await store.get(2) == Kept(
                Book(**attrs.asdict(GERMINAL), id=2), Validators(etag=ETag("2-1"))
            )
            assert await store.by_language() == {"en": 1, "fr": 2}

    run(main)


def test_a_number_is_not_given_again(run: Run) -> None:
    async def main(shop: Shop) -> None:
        async with shop.transaction() as store:
            await store.remove(3, ANY)
        assert (await add(shop, NANA)).id == 4

    run(main)


def test_the_isbn_of_a_removed_book_is_free(run: Run) -> None:
    async def main(shop: Shop) -> None:
        async with shop.transaction() as store:
            await store.remove(1, ANY)
        assert (await add(shop, EMMA)).isbn == EMMA.isbn

    run(main)


def test_an_isbn_is_taken_once_and_the_refusal_names_the_book(run: Run) -> None:
    async def main(shop: Shop) -> None:
        with pytest.raises(ISBNTaken, match=r"belongs to book 1, Emma\.") as caught:
            await add(shop, attrs.evolve(WIND, isbn=EMMA.isbn))
        assert caught.value.other.id == 1
        async with shop.transaction() as store:
            assert sorted(await ids(store)) == [1, 2, 3]
        assert (await add(shop, WIND)).id == 4

    run(main)


def test_an_isbn_that_is_taken_meanwhile_is_taken(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking for it and writing, another request has its turn."""
    genuine = BookStore._check_isbn
    looked: list[str] = []

    async def late(self: BookStore, isbn: str) -> None:
        looked.append(isbn)
        if len(looked) > 1:
            await genuine(self, isbn)

    monkeypatch.setattr(BookStore, "_check_isbn", late)

    async def main(shop: Shop) -> None:
        with pytest.raises(ISBNTaken, match="belongs to book 1"):
            await add(shop, EMMA)

    run(main)


def test_a_book_may_change_its_isbn_and_leaves_the_old_one_free(run: Run) -> None:
    async def main(shop: Shop) -> None:
        async with shop.transaction() as store:
            changed = await store.replace(1, attrs.evolve(EMMA, isbn=WIND.isbn), ANY)
            assert changed.isbn == WIND.isbn
        with pytest.raises(ISBNTaken):
            await add(shop, WIND)
        assert (await add(shop, EMMA)).id == 4

    run(main)


def test_a_book_cannot_take_another_ones_isbn(run: Run) -> None:
    async def main(shop: Shop) -> None:
        with pytest.raises(ISBNTaken):
            async with shop.transaction() as store:
                new = attrs.evolve(EMMA, isbn=GERMINAL.isbn)
                await store.replace(1, new, ANY)
        async with shop.transaction() as store:
            assert (await store.get(1)).book.isbn == EMMA.isbn

    run(main)


@pytest.mark.parametrize("number", [0, 9, 2**31, 10**19])
def test_what_is_not_there_cannot_be_had_replaced_or_removed(
    run: Run, number: int
) -> None:
    async def main(shop: Shop) -> None:
        async with shop.transaction() as store:
            with pytest.raises(NoSuchBook, match=rf"There is no book {number}\."):
                await store.get(number)
            with pytest.raises(NoSuchBook):
                await store.replace(number, WIND, ANY)
            with pytest.raises(NoSuchBook):
                await store.remove(number, ANY)

    run(main)


def test_a_change_is_for_the_state_that_is_meant(run: Run) -> None:
    async def main(shop: Shop) -> None:
        first = Preconditions({"if-match": '"1-1"'})
        async with shop.transaction() as store:
            await store.replace(1, attrs.evolve(EMMA, year=1816), first)
        async with shop.transaction() as store:
            assert (await store.get(1)).validators == Validators(etag=ETag("1-2"))
            with pytest.raises(PreconditionFailed):
                await store.replace(1, EMMA, first)
            with pytest.raises(PreconditionFailed):
                await store.remove(1, first)
            await store.remove(1, Preconditions({"if-match": '"1-2"'}))

    run(main)


def test_what_was_refused_or_undone_is_not_told(run: Run) -> None:
    async def main(shop: Shop) -> None:
        changes = shop.news.watch()
        with pytest.raises(ISBNTaken):
            await add(shop, EMMA)
        with pytest.raises(ZeroDivisionError):
            async with shop.transaction() as store:
                await store.add(WIND)
                raise ZeroDivisionError
        assert changes.empty()
        async with shop.transaction() as store:
            assert sorted(await ids(store)) == [1, 2, 3]

    run(main)


def test_what_was_kept_is_told_in_order(run: Run) -> None:
    async def main(shop: Shop) -> None:
        changes = shop.news.watch()
        async with shop.transaction() as store:
            wind = await store.add(WIND)
            changed = await store.replace(wind.id, attrs.evolve(WIND, year=2008), ANY)
            await store.remove(wind.id, ANY)
            assert changes.empty()
        heard = [changes.get_nowait() for _ in range(changes.qsize())]
        assert heard == [
            Change(1, Event.ADDED, wind),
            Change(2, Event.CHANGED, changed),
            Change(3, Event.REMOVED, changed),
        ]

    run(main)


BOOKS = [
    EMMA,
    GERMINAL,
    NANA,
    NewBook("9780451419439", "Les Misérables", "Victor Hugo", 1862, "fr"),
    NewBook("9785040019526", "Мастер и Маргарита", "Михаил Булгаков", 1967, "ru"),
    NewBook("9780156453806", "100%_sure", "Nobody", 1999, "en"),
]


@pytest.mark.parametrize(
    "query, expected",
    [
        pytest.param({}, [6, 1, 2, 4, 3, 5], id="everything by title"),
        pytest.param({"q": "emma"}, [1], id="any case"),
        pytest.param({"q": "MISÉRABLES"}, [4], id="capitals with accents"),
        pytest.param({"q": "miserables"}, [4], id="without accents"),
        pytest.param({"q": "mise\u0301rables"}, [4], id="decomposed accents"),
        pytest.param({"q": "маргарита"}, [5], id="another script"),
        pytest.param({"q": "zola  nana"}, [3], id="every word, anywhere"),
        pytest.param({"q": "zola emma"}, [], id="words of two books"),
        pytest.param({"q": "emmajane"}, [], id="title and author are apart"),
        pytest.param({"q": "%"}, [6], id="no pattern"),
        pytest.param({"q": "_"}, [6], id="no pattern either"),
        pytest.param({"author": "zola"}, [2, 3], id="author"),
        pytest.param({"author": "nana"}, [], id="author is not the title"),
        pytest.param({"language": "fr"}, [2, 4, 3], id="language"),
        pytest.param({"language": "xx"}, [], id="no such language"),
        pytest.param({"since": 1880, "until": 1885}, [2, 3], id="years, inclusive"),
        pytest.param({"since": 1900, "until": 1800}, [], id="years backwards"),
        pytest.param({"order": Order.AUTHOR}, [3, 2, 1, 6, 4, 5], id="by author"),
        pytest.param({"order": Order.OLDEST}, [1, 4, 3, 2, 5, 6], id="oldest"),
        pytest.param({"order": Order.NEWEST}, [6, 5, 2, 3, 4, 1], id="newest"),
        pytest.param({"size": 2}, [6, 1], id="a page"),
        pytest.param({"size": 2, "page": 2}, [2, 4], id="the second page"),
        pytest.param({"page": 2}, [], id="beyond the last"),
    ],
)
def test_a_query_finds(run: Run, query: dict[str, Any], expected: list[int]) -> None:
    async def main(shop: Shop) -> None:
        async with shop.transaction() as store:
            added = await store.add_all(BOOKS)
            assert (added.added, added.known) == (3, 3)
            assert await ids(store, **query) == expected
            _, total = await store.find(BookQuery(**query))
            assert total >= len(expected)

    run(main)


def test_a_file_that_names_a_book_twice_adds_it_once(run: Run) -> None:
    async def main(shop: Shop) -> None:
        async with shop.transaction() as store:
            imported = await store.add_all([WIND, WIND, EMMA])
        assert (imported.added, imported.known) == (1, 2)

    run(main)
