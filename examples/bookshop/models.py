"""What goes over the wire: books, searches and changes, as attrs classes.

A field's type and its validator say what it takes. Whatever does not fit is answered
with 422 and the list of every error, each with the place where it was found.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import attrs
from attrs.validators import and_, ge, le, matches_re, max_len, min_len, optional
from marshmallow import Schema, fields

from restlette import PageQuery

LAST_YEAR = 2100

Validator = Callable[[Any, Any, Any], Any]

TEXT: Validator = and_(min_len(1), max_len(500))
YEAR: Validator = and_(ge(1), le(LAST_YEAR))
LANGUAGE: Validator = matches_re("[a-z]{2}")
WORDS: Validator = max_len(200)


def is_isbn(digits: str) -> bool:
    """Whether thirteen digits are an ISBN.

    ISO 2108: the digits, weighted with 1 and 3 in turn, sum up to a multiple of ten.
    """
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        return False
    return (sum(map(int, digits[0::2])) + 3 * sum(map(int, digits[1::2]))) % 10 == 0


def check_isbn(instance: Any, attribute: attrs.Attribute[Any], value: str) -> None:
    """Refuse what is not an ISBN: an attrs validator."""
    if not is_isbn(value):
        raise ValueError("an ISBN has 13 digits, and the last must check the others")


def without_hyphens(isbn: str) -> str:
    """Give an ISBN without the hyphens and spaces that people write in it."""
    return isbn.replace("-", "").replace(" ", "")


@attrs.frozen
class NewBook:
    """A book, as a client describes it.

    Attributes:
        isbn: The ISBN-13 of an edition, with hyphens or without.
        title: The title of that edition.
        author: Who wrote the book.
        year: When it was first published.
        language: What it was written in, as an ISO 639-1 code.
    """

    isbn: str = attrs.field(converter=without_hyphens, validator=check_isbn)
    title: str = attrs.field(validator=TEXT)
    author: str = attrs.field(validator=TEXT)
    year: int = attrs.field(validator=YEAR)
    language: str = attrs.field(validator=LANGUAGE)


@attrs.frozen
class Book(NewBook):
    """A book in the shop.

    Attributes:
        id: Its number, which the shop gives.
        seller: Whose book it is: the name of an account.
        has_cover: Whether there is a picture of its cover.
    """

    id: int
    seller: str = "seller"
    has_cover: bool = False

    def described(self) -> NewBook:
        """Give the book as a client would describe it."""
        return NewBook(self.isbn, self.title, self.author, self.year, self.language)


class Order(enum.StrEnum):
    """What books are sorted by."""

    TITLE = "title"
    AUTHOR = "author"
    OLDEST = "oldest"
    NEWEST = "newest"


@attrs.frozen(kw_only=True)
class BookQuery(PageQuery):
    """Which books to list, and in which order; without anything, the first twenty.

    Attributes:
        q: Words that all have to be in the title or the author's name.
        author: A part of the author's name.
        language: What the book was written in, as an ISO 639-1 code.
        since: The first year of publication that counts.
        until: The last one.
        order: What to sort by.
    """

    q: str = attrs.field(default="", validator=WORDS)
    author: str = attrs.field(default="", validator=WORDS)
    language: str | None = attrs.field(default=None, validator=optional(LANGUAGE))
    since: int = attrs.field(default=1, validator=YEAR)
    until: int = attrs.field(default=LAST_YEAR, validator=YEAR)
    order: Order = Order.TITLE


class Event(enum.StrEnum):
    """What can happen to a book."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@attrs.frozen
class Change:
    """Something that happened to a book.

    Attributes:
        number: How many things had happened by then, this one included.
        event: What happened.
        book: The book as it is now; one that was removed, as it was.
    """

    number: int
    event: Event
    book: Book


@attrs.frozen
class Imported:
    """What came of a file of books.

    Attributes:
        added: How many books are new in the shop.
        known: How many were there already, by their ISBN; they are as they were.
    """

    added: int
    known: int


class Numbers(Schema):
    """How many books there are: made of rows that were counted, and read by nobody.

    A Schema says it in two lines, where a class would be made to be taken apart.
    """

    total = fields.Integer(required=True)
    by_language = fields.Dict(keys=fields.String(), values=fields.Integer())
