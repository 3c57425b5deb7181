"""Where the books are: in memory, filled from `books.csv` when the shop opens.

The methods are `async`, as those of a store with a database would be. Nothing in them
waits, so there is no lock: between a check and the change that it allows, no other
request has its turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from weakref import WeakSet

import attrs

from examples.bookshop.files import read_books
from examples.bookshop.models import (
    Book,
    BookQuery,
    Change,
    Event,
    Imported,
    NewBook,
)
from examples.bookshop.search import find
from restlette import Conflict, NotFound

BOOKS = Path(__file__).with_name("books.csv")

# How many changes wait for a listener, and how many are remembered for those who come
# back.
BACKLOG = 32
HISTORY = 1000


class NoSuchBook(NotFound):
    """No book has this number."""

    def __init__(self, book_id: int) -> None:
        super().__init__(f"There is no book {book_id}.")


class ISBNTaken(Conflict):
    """Another book has this ISBN; the problem says which one."""

    def __init__(self, other: Book) -> None:
        super().__init__(
            f"The ISBN {other.isbn} belongs to book {other.id}, {other.title}.",
            extensions={"book_id": other.id},
        )


class BookStore:
    """The books of the shop, and whoever wants to hear of changes.

    Args:
        books: The books to begin with; they are numbered from 1.
    """

    def __init__(self, books: Iterable[NewBook] = ()) -> None:
        self._books: dict[int, Book] = {}
        self._by_isbn: dict[str, Book] = {}
        self._last_id = 0
        self._watchers: WeakSet[asyncio.Queue[Change]] = WeakSet()
        self._happened = 0
        self._history: deque[Change] = deque(maxlen=HISTORY)
        for book in books:
            self._add(book)

    async def find(self, query: BookQuery) -> list[Book]:
        """Give the books that a query asks for."""
        return find(self._books.values(), query)

    async def get(self, book_id: int) -> Book:
        """Give a book.

        Raises:
            NoSuchBook: No book has this number.
        """
        if book_id not in self._books:
            raise NoSuchBook(book_id)
        return self._books[book_id]

    async def add(self, new: NewBook) -> Book:
        """Add a book, and give it with its number.

        Raises:
            ISBNTaken: The book is in the shop already.
        """
        book = self._add(new)
        self._tell(Event.ADDED, book)
        return book

    async def add_all(self, books: Iterable[NewBook]) -> Imported:
        """Add those of the books that are not in the shop yet."""
        added = known = 0
        for book in books:
            if book.isbn in self._by_isbn:
                known += 1
            else:
                await self.add(book)
                added += 1
        return Imported(added, known)

    async def replace(self, book: Book) -> Book:
        """Put a book in the place of the one with the same number.

        Raises:
            NoSuchBook: No book has this number.
            ISBNTaken: Another book has this ISBN.
        """
        old = await self.get(book.id)
        self._place(book)
        if book.isbn != old.isbn:
            del self._by_isbn[old.isbn]
        self._tell(Event.CHANGED, book)
        return book

    async def remove(self, book_id: int) -> None:
        """Remove a book; its number is not given again.

        Raises:
            NoSuchBook: No book has this number.
        """
        book = await self.get(book_id)
        del self._books[book_id], self._by_isbn[book.isbn]
        self._tell(Event.REMOVED, book)

    def watch(self) -> asyncio.Queue[Change]:
        """Give a queue that every change is put on, for as long as it is kept.

        Whoever is slow loses the oldest changes; nobody waits for them.
        """
        changes: asyncio.Queue[Change] = asyncio.Queue(BACKLOG)
        self._watchers.add(changes)
        return changes

    def since(self, number: int) -> list[Change]:
        """Give the changes after a number, as far as they are remembered."""
        return [change for change in self._history if change.number > number]

    def _add(self, new: NewBook) -> Book:
        book = Book(**attrs.asdict(new), id=self._last_id + 1)
        self._place(book)
        self._last_id = book.id
        return book

    def _place(self, book: Book) -> None:
        other = self._by_isbn.get(book.isbn, book)
        if other.id != book.id:
            raise ISBNTaken(other)
        self._books[book.id] = self._by_isbn[book.isbn] = book

    def _tell(self, event: Event, book: Book) -> None:
        self._happened += 1
        change = Change(self._happened, event, book)
        self._history.append(change)
        for changes in self._watchers:
            if changes.full():
                changes.get_nowait()
            changes.put_nowait(change)


def open_store() -> BookStore:
    """Give a store with the books that the shop opens with."""
    return BookStore(read_books(BOOKS.read_bytes()))
