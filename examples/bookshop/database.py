"""Where the books are kept: a database, and one session of it for each request.

Without a word it is SQLite, in a file that is gone when the shop closes. `DATABASE_URL`
names another one, which several processes may share: `sqlite:////srv/books.db`, or
`postgresql://shop@db/shop`.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from sqlite3 import OperationalError
from tempfile import TemporaryDirectory
from typing import Any

import attrs
from sqlalchemy import Connection, String, event, func, insert, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.util import await_only

from examples.bookshop.files import read_books
from examples.bookshop.guards import SELLER
from examples.bookshop.models import Book, NewBook
from examples.bookshop.search import fold
from restlette import Request

BOOKS = Path(__file__).with_name("books.csv")

# Whose turn it is to fill the shop, when several processes open it: any number does.
OPENING = 0x626F6F6B

# Seconds for which a writer waits for another one. SQLite lets one write at a time.
PATIENCE = 30

# Text is in the order of its characters, whatever the database would rather have.
TEXT = String().with_variant(String(collation="C"), "postgresql")

# The driver of each kind of database that waits without blocking.
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}

# What a session is to call afterwards.
KEPT = "kept"

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


class Base(DeclarativeBase):
    """What the tables are declared on."""


class BookRow(Base):
    """A book in the database.

    `version` counts its states. SQLAlchemy writes a row only where the version is still
    the one that was read, and raises StaleDataError if it is not.
    """

    __tablename__ = "books"
    # A number is not given again.
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    isbn: Mapped[str] = mapped_column(String(13), unique=True)
    title: Mapped[str]
    author: Mapped[str]
    year: Mapped[int]
    language: Mapped[str] = mapped_column(String(2))
    seller: Mapped[str] = mapped_column(String(40))
    has_cover: Mapped[bool] = mapped_column(default=False)
    folded_title: Mapped[str] = mapped_column(TEXT)
    folded_author: Mapped[str] = mapped_column(TEXT)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    def book(self) -> Book:
        """Give the book."""
        return Book(
            self.isbn,
            self.title,
            self.author,
            self.year,
            self.language,
            id=self.id,
            seller=self.seller,
            has_cover=self.has_cover,
        )


class AccountRow(Base):
    """An account in the database.

    `password` is what `hash_password` has made of it.
    """

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    password: Mapped[str]
    role: Mapped[str] = mapped_column(String(10))


def columns_of(new: NewBook) -> dict[str, Any]:
    """Give what a row says of a book as a client describes it."""
    return {
        **{each.name: getattr(new, each.name) for each in attrs.fields(NewBook)},
        "folded_title": fold(new.title),
        "folded_author": fold(new.author),
    }


@attrs.frozen
class FirstBooks:
    """The books that a shop without any opens with."""

    books: tuple[NewBook, ...]


def read_first_books() -> FirstBooks:
    """Give the books of the file that comes with the shop."""
    return FirstBooks(tuple(read_books(BOOKS.read_bytes())))


class Database:
    """The database, and the sessions of it.

    Args:
        url: Where it is.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine_of(_url_of(url))
        # SQLite: who begins to write only after reading may find that it is too late.
        self._writing = self._engine.execution_options(writes=True)

    @asynccontextmanager
    async def session(self, *, writes: bool) -> AsyncIterator[AsyncSession]:
        """Give a session, in one transaction, kept unless there is an exception.

        Args:
            writes: Whether something may be changed in it.
        """
        engine = self._writing if writes else self._engine
        async with AsyncSession(engine) as session:
            async with session.begin():
                yield session
            for call in session.info.get(KEPT, ()):
                call()

    async def open(self, first: FirstBooks) -> None:
        """Make the table, and fill it if it is empty; one process does."""
        async with self._writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                lock = text("SELECT pg_advisory_xact_lock(:key)")
                await connection.execute(lock, {"key": OPENING})
            await connection.run_sync(Base.metadata.create_all)
            count = await connection.scalar(select(func.count()).select_from(BookRow))
            if not count and first.books:
                more = {"seller": SELLER, "has_cover": False, "version": 1}
                rows = [{**columns_of(book), **more} for book in first.books]
                await connection.execute(insert(BookRow), rows)

    async def close(self) -> None:
        """Close its connections."""
        await self._engine.dispose()


def when_kept(session: AsyncSession, call: Callable[[], None]) -> None:
    """Call something once a session's transaction was kept; never, if it is undone."""
    session.info.setdefault(KEPT, []).append(call)


def _url_of(text: str) -> URL:
    url = make_url(text)
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


def _engine_of(url: URL) -> AsyncEngine:
    if not url.drivername.startswith("sqlite"):
        return create_async_engine(url)
    engine = create_async_engine(url, connect_args={"timeout": PATIENCE})

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        # The driver is not to begin transactions of its own accord.
        connection.isolation_level = None
        cursor = connection.cursor()
        _use_write_ahead_log(cursor)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _use_write_ahead_log(cursor: Any) -> None:
    """Let readers and a writer not wait for each other.

    Only one connection can begin with that, and SQLite lets no other one wait for it.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            await_only(asyncio.sleep(0.01))
        else:
            return


@asynccontextmanager
async def open_database(first: FirstBooks) -> AsyncIterator[Database]:
    """Give the database that the environment names, closed with the shop."""
    with TemporaryDirectory(prefix="bookshop-") as directory:
        own = f"sqlite:///{directory}/books.db"
        database = Database(os.environ.get("DATABASE_URL") or own)
        try:
            await database.open(first)
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def open_session(
    request: Request, database: Database
) -> AsyncIterator[AsyncSession]:
    """Give the session of a request, in which all of it is done or nothing."""
    async with database.session(writes=request.method not in SAFE) as session:
        yield session
