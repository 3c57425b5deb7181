"""The store keeps books, one an ISBN, and tells of every change."""

import asyncio
import gc

import attrs
import pytest

from examples.bookshop.models import Book, BookQuery, Change, Event
from examples.bookshop.store import (
    BACKLOG,
    BookStore,
    ISBNTaken,
    NoSuchBook,
    open_store,
)
from tests.examples.bookshop.shelf import EMMA, GERMINAL, NANA, WIND, small_store


async def ids(store: BookStore) -> set[int]:
    return {book.id for book in await store.find(BookQuery(limit=100))}


def test_books_are_numbered_from_one() -> None:
    async def main() -> None:
        store = small_store()
        assert await ids(store) == {1, 2, 3}
        assert await store.get(2) == Book(**attrs.asdict(GERMINAL), id=2)

    asyncio.run(main())


def test_a_number_is_not_given_again() -> None:
    async def main() -> None:
        store = small_store()
        await store.remove(3)
        assert (await store.add(NANA)).id == 4
        assert await ids(store) == {1, 2, 4}

    asyncio.run(main())


def test_the_isbn_of_a_removed_book_is_free() -> None:
    async def main() -> None:
        store = small_store()
        await store.remove(1)
        assert (await store.add(EMMA)).isbn == EMMA.isbn

    asyncio.run(main())


def test_an_isbn_is_taken_once_and_the_refusal_names_the_book() -> None:
    async def main() -> None:
        store = small_store()
        with pytest.raises(ISBNTaken) as caught:
            await store.add(attrs.evolve(WIND, isbn=EMMA.isbn))
        assert caught.value.problem() == {
            "type": "about:blank",
            "title": "Conflict",
            "status": 409,
            "detail": "The ISBN 9780141439587 belongs to book 1, Emma.",
            "book_id": 1,
        }
        assert await ids(store) == {1, 2, 3}

    asyncio.run(main())


def test_what_is_refused_uses_no_number_up() -> None:
    async def main() -> None:
        store = small_store()
        with pytest.raises(ISBNTaken):
            await store.add(EMMA)
        assert (await store.add(WIND)).id == 4

    asyncio.run(main())


def test_a_book_may_keep_its_isbn_when_it_is_replaced() -> None:
    async def main() -> None:
        store = small_store()
        emma = attrs.evolve(await store.get(1), year=1816)
        assert await store.replace(emma) == emma
        assert await store.get(1) == emma

    asyncio.run(main())


def test_a_book_may_change_its_isbn_and_leaves_the_old_one_free() -> None:
    async def main() -> None:
        store = small_store()
        await store.replace(attrs.evolve(await store.get(1), isbn=WIND.isbn))
        with pytest.raises(ISBNTaken):
            await store.add(WIND)
        assert (await store.add(EMMA)).id == 4

    asyncio.run(main())


def test_a_book_cannot_take_another_ones_isbn() -> None:
    async def main() -> None:
        store = small_store()
        emma = await store.get(1)
        with pytest.raises(ISBNTaken):
            await store.replace(attrs.evolve(emma, isbn=GERMINAL.isbn))
        assert await store.get(1) == emma
        with pytest.raises(ISBNTaken):
            await store.add(EMMA)

    asyncio.run(main())


def test_what_is_not_there_cannot_be_had_replaced_or_removed() -> None:
    async def main() -> None:
        store = small_store()
        with pytest.raises(NoSuchBook, match=r"There is no book 9\."):
            await store.get(9)
        with pytest.raises(NoSuchBook):
            await store.replace(Book(**attrs.asdict(WIND), id=9))
        with pytest.raises(NoSuchBook):
            await store.remove(9)
        assert await ids(store) == {1, 2, 3}

    asyncio.run(main())


def test_watchers_hear_of_every_change_in_order() -> None:
    async def main() -> None:
        store = small_store()
        one, other = store.watch(), store.watch()
        wind = await store.add(WIND)
        changed = await store.replace(attrs.evolve(wind, year=2008))
        await store.remove(wind.id)
        expected = [
            Change(1, Event.ADDED, wind),
            Change(2, Event.CHANGED, changed),
            Change(3, Event.REMOVED, changed),
        ]
        assert store.since(0) == expected
        assert store.since(2) == expected[2:]
        assert [one.get_nowait() for _ in range(one.qsize())] == expected
        assert [other.get_nowait() for _ in range(other.qsize())] == expected

    asyncio.run(main())


def test_what_was_refused_is_not_told() -> None:
    async def main() -> None:
        store = small_store()
        changes = store.watch()
        with pytest.raises(ISBNTaken):
            await store.add(EMMA)
        with pytest.raises(NoSuchBook):
            await store.remove(9)
        assert changes.empty()

    asyncio.run(main())


def test_a_slow_watcher_loses_the_oldest_changes_and_holds_nobody_up() -> None:
    async def main() -> None:
        store = small_store()
        changes = store.watch()
        emma = await store.get(1)
        for year in range(1, BACKLOG + 3):
            await store.replace(attrs.evolve(emma, year=year))
        years = [changes.get_nowait().book.year for _ in range(changes.qsize())]
        assert years == list(range(3, BACKLOG + 3))

    asyncio.run(main())


def test_a_watcher_that_is_gone_is_forgotten() -> None:
    async def main() -> None:
        store = small_store()
        changes = store.watch()
        await store.add(WIND)
        assert len(store._watchers) == 1
        del changes
        gc.collect()
        assert len(store._watchers) == 0
        await store.remove(4)

    asyncio.run(main())


def test_the_shop_opens_with_the_books_of_its_file() -> None:
    async def main() -> None:
        store = open_store()
        oldest = (await store.find(BookQuery(order="oldest")))[0]  # type: ignore[arg-type]
        assert (oldest.title, oldest.year) == ("The Pillow Book", 1002)

    asyncio.run(main())
