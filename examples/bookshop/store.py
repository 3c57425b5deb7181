"""What can be done with the books, within the transaction of one request.

What was done is told when the transaction is kept, and not before. Two requests may
read a book in one state and go on to change it: the second one to write finds another
version there, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import attrs
from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from examples.bookshop.database import BookRow, columns_of, when_kept
from examples.bookshop.guards import SELLER
from examples.bookshop.models import Book, BookQuery, Event, Imported, NewBook, Order
from examples.bookshop.news import News
from examples.bookshop.search import fold
from restlette import ETag, PreconditionFailed, Preconditions, Validators

# What books are sorted by; what is equal in that is by number.
ORDERS: Mapping[Order, tuple[Any, ...]] = {
    Order.TITLE: (BookRow.folded_title,),
    Order.AUTHOR: (BookRow.folded_author, BookRow.year),
    Order.OLDEST: (BookRow.year,),
    Order.NEWEST: (BookRow.year.desc(),),
}


JUST_NOW = "The book was changed just now."


class NoSuchBook(LookupError):
    """No book has this number."""

    def __init__(self, book_id: int) -> None:
        super().__init__(f"There is no book {book_id}.")


class ISBNTaken(Exception):
    """Another book has this ISBN.

    Attributes:
        other: That book.
    """

    def __init__(self, other: Book) -> None:
        super().__init__(
            f"The ISBN {other.isbn} belongs to book {other.id}, {other.title}."
        )
        self.other = other


@attrs.frozen
class Kept:
    """A book, and the state that it is in.

    Attributes:
        book: The book.
        validators: What that state is known by.
    """

    book: Book
    validators: Validators


class BookStore:
    """The books of the shop.

    Args:
        session: The session of the request.
        news: Who is told of changes.
    """

    def __init__(self, session: AsyncSession, news: News) -> None:
        self._session = session
        self._news = news

    async def find(self, query: BookQuery) -> tuple[list[Book], int]:
        """Give the books of the page that is asked for, and how many there are."""
        found = _found(query)
        count = select(func.count()).select_from(found.subquery())
        page = (
            found.order_by(*ORDERS[query.order], BookRow.id)
            .limit(query.size)
            .offset(query.offset)
        )
        rows = await self._session.scalars(page)
        return [row.book() for row in rows], await self._session.scalar(count) or 0

    async def by_language(self) -> dict[str, int]:
        """Give how many books there are in each language."""
        counts = select(BookRow.language, func.count()).group_by(BookRow.language)
        rows = await self._session.execute(counts.order_by(BookRow.language))
        return {each[0]: each[1] for each in rows}

    async def of_authors(self, authors: Sequence[str]) -> dict[str, list[Book]]:
        """Give the books of each of several authors, by title."""
        wanted = select(BookRow).where(BookRow.author.in_(authors))
        rows = await self._session.scalars(wanted.order_by(BookRow.folded_title))
        found: dict[str, list[Book]] = {}
        for row in rows:
            found.setdefault(row.author, []).append(row.book())
        return found

    async def get(self, book_id: int) -> Kept:
        """Give a book.

        Raises:
            NoSuchBook: No book has this number.
        """
        row = await self._row(book_id)
        return Kept(row.book(), _validators_of(row))

    async def add(self, new: NewBook, seller: str = SELLER) -> Book:
        """Add a seller's book, and give it with its number.

        Raises:
            ISBNTaken: The book is in the shop already.
        """
        await self._check_isbn(new.isbn)
        row = BookRow(seller=seller, has_cover=False)
        await self._write(row, new)
        book = row.book()
        self._tell(Event.ADDED, book)
        return book

    async def add_all(self, books: Iterable[NewBook], seller: str = SELLER) -> Imported:
        """Add those of a seller's books that are not in the shop yet."""
        known = set(await self._session.scalars(select(BookRow.isbn)))
        before = len(known)
        added = 0
        total = 0
        for book in books:
            total += 1
            if book.isbn not in known:
                known.add(book.isbn)
                await self.add(book, seller)
        added = len(known) - before
        return Imported(added, total - added)

    async def replace(
        self, book_id: int, new: NewBook, preconditions: Preconditions
    ) -> Book:
        """Describe a book anew, if it is in the state that is meant.

        Raises:
            NoSuchBook: No book has this number.
            ISBNTaken: Another book has this ISBN.
            PreconditionFailed: It is in another state, or was changed just now.
        """
        row = await self._row(book_id)
        preconditions.check(_validators_of(row))
        if new.isbn != row.isbn:
            await self._check_isbn(new.isbn)
        await self._write(row, new)
        book = row.book()
        self._tell(Event.CHANGED, book)
        return book

    async def have_cover(self, book_id: int, has_cover: bool) -> None:
        """Say whether a book has a cover; with another one it is in another state.

        Raises:
            NoSuchBook: No book has this number.
            PreconditionFailed: It was changed just now.
        """
        row = await self._row(book_id)
        row.has_cover = has_cover
        # The same as before would be no change.
        flag_modified(row, "has_cover")
        await self._flush()
        self._tell(Event.CHANGED, row.book())

    async def remove(self, book_id: int, preconditions: Preconditions) -> None:
        """Remove a book; its number is not given again.

        Raises:
            NoSuchBook: No book has this number.
            PreconditionFailed: It is in another state, or was changed just now.
        """
        row = await self._row(book_id)
        preconditions.check(_validators_of(row))
        book = row.book()
        await self._session.delete(row)
        await self._flush()
        self._tell(Event.REMOVED, book)

    async def _row(self, book_id: int) -> BookRow:
        # A number that no database can have is none of a book's.
        row = None
        if book_id < 2**31:
            row = await self._session.get(BookRow, book_id)
        if row is None:
            raise NoSuchBook(book_id)
        return row

    async def _check_isbn(self, isbn: str) -> None:
        taken = select(BookRow).where(BookRow.isbn == isbn)
        other = (await self._session.scalars(taken)).first()
        if other is not None:
            raise ISBNTaken(other.book())

    async def _write(self, row: BookRow, new: NewBook) -> None:
        """Write a row, whose ISBN may have been taken since it was looked for."""
        try:
            # What the database refuses is undone, and what was before it is not.
            async with self._session.begin_nested():
                for name, value in columns_of(new).items():
                    setattr(row, name, value)
                self._session.add(row)
                await self._flush()
        except IntegrityError:
            await self._check_isbn(new.isbn)
            raise

    async def _flush(self) -> None:
        try:
            await self._session.flush()
        except StaleDataError:
            raise PreconditionFailed(JUST_NOW) from None

    def _tell(self, what: Event, book: Book) -> None:
        when_kept(self._session, partial(self._news.tell, what, book))


def _validators_of(row: BookRow) -> Validators:
    return Validators(etag=ETag(f"{row.id}-{row.version}"))


def _found(query: BookQuery) -> Select[BookRow]:
    """Give the books that a query asks for, in no order and on no page."""
    both = BookRow.folded_title + " " + BookRow.folded_author
    found = select(BookRow).where(
        BookRow.year >= query.since,
        BookRow.year <= query.until,
        *(both.contains(word, autoescape=True) for word in fold(query.q).split()),
    )
    if query.author:
        author = fold(query.author)
        found = found.where(BookRow.folded_author.contains(author, autoescape=True))
    if query.language is not None:
        found = found.where(BookRow.language == query.language)
    return found
