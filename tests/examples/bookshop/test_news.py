"""Who listens hears of every change."""

import asyncio
import gc

from examples.bookshop.models import Book, Event
from examples.bookshop.news import BACKLOG, News
from tests.examples.bookshop.shelf import EMMA


def book(year: int) -> Book:
    return Book(EMMA.isbn, EMMA.title, EMMA.author, year, EMMA.language, id=1)


def test_watchers_hear_of_every_change_in_order() -> None:
    async def main() -> None:
        news = News()
        one, other = news.watch(), news.watch()
        for year in (1, 2, 3):
            news.tell(Event.CHANGED, book(year))
        heard = [one.get_nowait() for _ in range(one.qsize())]
        assert [(each.number, each.book.year) for each in heard] == [
            (1, 1),
            (2, 2),
            (3, 3),
        ]
        assert [other.get_nowait() for _ in range(other.qsize())] == heard
        assert news.since(0) == heard
        assert news.since(2) == heard[2:]

    asyncio.run(main())


def test_a_slow_watcher_loses_the_oldest_changes_and_holds_nobody_up() -> None:
    async def main() -> None:
        news = News()
        changes = news.watch()
        for year in range(1, BACKLOG + 3):
            news.tell(Event.CHANGED, book(year))
        years = [changes.get_nowait().book.year for _ in range(changes.qsize())]
        assert years == list(range(3, BACKLOG + 3))

    asyncio.run(main())


def test_a_watcher_that_is_gone_is_forgotten() -> None:
    async def main() -> None:
        news = News()
        changes = news.watch()
        assert len(news._watchers) == 1
        del changes
        gc.collect()
        assert len(news._watchers) == 0
        news.tell(Event.CHANGED, book(1))

    asyncio.run(main())
