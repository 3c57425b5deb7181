"""The database is made once, filled once, and written by one at a time."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from examples.bookshop.database import (
    BookRow,
    Database,
    FirstBooks,
    open_database,
    read_first_books,
)
from tests.examples.bookshop.shelf import EMMA, GERMINAL, THREE, opened


async def count(database: Database) -> int:
    async with database.session(writes=False) as session:
        return await session.scalar(select(func.count()).select_from(BookRow)) or 0


def test_a_shop_that_has_books_is_not_filled_again(tmp_path: Path) -> None:
    async def main() -> None:
        url = f"sqlite:///{tmp_path}/books.db"
        for _ in range(2):
            database = Database(url)
            await database.open(THREE)
            assert await count(database) == 3
            await database.close()

    asyncio.run(main())


def test_several_that_open_it_at_once_fill_it_once(
    tmp_path: Path, postgres: str
) -> None:
    async def main() -> None:
        async with opened(postgres, FirstBooks(())):
            pass
        for url in (f"sqlite:///{tmp_path}/books.db", postgres):
            databases = [Database(url) for _ in range(8)]
            await asyncio.gather(*(each.open(THREE) for each in databases))
            assert await count(databases[0]) == 3
            for each in databases:
                await each.close()

    asyncio.run(main())


def test_the_environment_says_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/here.db")

    async def main() -> None:
        async with open_database(FirstBooks((EMMA, GERMINAL))) as database:
            assert await count(database) == 2

    asyncio.run(main())
    assert (tmp_path / "here.db").exists()


def test_the_shop_opens_with_the_books_of_its_file() -> None:
    first = read_first_books().books[0]
    assert (first.title, first.year) == ("The Pillow Book", 1002)
