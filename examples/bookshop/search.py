"""Finding books: which ones a query asks for, and in which order."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from examples.bookshop.models import Book, BookQuery, Order


@lru_cache(4096)
def fold(text: str) -> str:
    """Give a text without case and accents, so that `misérables` finds `MISERABLES`."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()


SORT_KEYS: dict[Order, Callable[[Book], Any]] = {
    Order.TITLE: lambda book: fold(book.title),
    Order.AUTHOR: lambda book: (fold(book.author), book.year),
    Order.OLDEST: lambda book: book.year,
    Order.NEWEST: lambda book: -book.year,
}


def find(books: Iterable[Book], query: BookQuery) -> list[Book]:
    """Give those of the books that a query asks for."""
    words, author = fold(query.q).split(), fold(query.author)
    found = [
        book
        for book in books
        if query.since <= book.year <= query.until
        and query.language in (None, book.language)
        and author in fold(book.author)
        and all(word in fold(f"{book.title} {book.author}") for word in words)
    ]
    found.sort(key=SORT_KEYS[query.order])
    return found[query.offset : query.offset + query.limit]
