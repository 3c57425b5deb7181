"""What comes as a file: lists of books in CSV, and pictures for covers.

Nothing that a client says of a file is believed, neither its name nor its type: what
counts is what is in it.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import attrs

from examples.bookshop.models import NewBook
from restlette import NotFound, UnprocessableContent, UploadFile

COLUMNS = ["isbn", "title", "author", "year", "language"]

# How many lines are told of before the rest of a file is given up.
MOST_ERRORS = 100

# How much of a picture tells what it is, in bytes.
BEGINNING = 12

# What a picture begins with, and what follows eight bytes later, by its media type.
SIGNATURES = {
    "image/png": (b"\x89PNG\r\n\x1a\n", b""),
    "image/jpeg": (b"\xff\xd8\xff", b""),
    "image/webp": (b"RIFF", b"WEBP"),
}


@attrs.frozen
class BooksForm:
    """A form with a list of books.

    Attributes:
        file: CSV with the columns of `books.csv`.
    """

    file: UploadFile


@attrs.frozen
class CoverForm:
    """A form with a picture.

    Attributes:
        cover: PNG, JPEG or WebP.
    """

    cover: UploadFile


class NoBooks(UnprocessableContent):
    """A file is no list of books; the problem tells what is wrong with each line."""

    def __init__(self, detail: str, lines: Sequence[Mapping[str, object]] = ()) -> None:
        super().__init__(detail, errors=lines)


class NoPicture(UnprocessableContent):
    """A file is no picture of a kind that is shown."""

    def __init__(self) -> None:
        super().__init__("A cover is a PNG, JPEG or WebP picture.")


class NoCover(NotFound):
    """A book has no cover."""

    def __init__(self, book_id: int) -> None:
        super().__init__(f"There is no cover of book {book_id}.")


def read_books(content: bytes) -> list[NewBook]:
    """Read books from CSV with the columns of `books.csv` (RFC 4180), in UTF-8.

    Raises:
        NoBooks: Something in it is none; all of the file is refused.
    """
    try:
        # Spreadsheets put a byte order mark before it.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoBooks("The file is not UTF-8.") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    books, wrong = [], []
    try:
        if next(reader, None) != COLUMNS:
            raise NoBooks(f"The first line must be {','.join(COLUMNS)}.")
        for row in reader:
            try:
                books.append(_book(row))
            except ValueError as exc:
                wrong.append(_wrong(reader.line_num, exc))
                if len(wrong) == MOST_ERRORS:
                    break
    except csv.Error as exc:
        wrong.append(_wrong(reader.line_num, exc))
    if wrong:
        raise NoBooks("Some lines are no books, so none was added.", wrong)
    return books


def _wrong(line: int, exc: Exception) -> dict[str, object]:
    return {"line": line, "detail": str(exc), "code": "invalid"}


def _book(row: list[str]) -> NewBook:
    """Make a book of a row.

    Raises:
        ValueError: It is none.
    """
    if len(row) != len(COLUMNS):
        raise ValueError(f"There must be {len(COLUMNS)} columns, not {len(row)}.")
    isbn, title, author, year, language = row
    return NewBook(isbn, title, author, int(year), language)


@attrs.frozen
class Cover:
    """A picture of a book's cover.

    Attributes:
        path: The file.
        media_type: What is in it.
    """

    path: Path
    media_type: str


class Covers:
    """The covers, files in a directory.

    Args:
        directory: Where they are; nothing else is there.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, book_id: int) -> Cover:
        """Give the cover of a book.

        Raises:
            NoCover: It has none.
        """
        path = self._path(book_id)
        try:
            with path.open("rb") as file:
                return Cover(path, picture_type(file.read(BEGINNING)))
        except FileNotFoundError:
            raise NoCover(book_id) from None

    async def put(self, book_id: int, upload: UploadFile) -> None:
        """Keep a picture as the cover of a book, in the place of the one before.

        Raises:
            NoPicture: It is no picture of a kind that is shown.
        """
        await upload.seek(0)
        picture_type(await upload.read(BEGINNING))
        new = self._directory / uuid4().hex
        await upload.save(new)
        # Whoever is being sent the one before has it open, and gets the rest of it.
        os.replace(new, self._path(book_id))

    def remove(self, book_id: int) -> None:
        """Forget the cover of a book, if there is one."""
        self._path(book_id).unlink(missing_ok=True)

    def _path(self, book_id: int) -> Path:
        return self._directory / f"{book_id}.cover"


def picture_type(beginning: bytes) -> str:
    """Give the media type of a picture by its first bytes.

    Raises:
        NoPicture: It is of no kind that is shown.
    """
    for media_type, (first, later) in SIGNATURES.items():
        if beginning.startswith(first) and beginning[8:].startswith(later):
            return media_type
    raise NoPicture


@asynccontextmanager
async def open_covers() -> AsyncIterator[Covers]:
    """Give the place for covers that the environment names, or one that is not kept."""
    with TemporaryDirectory(prefix="bookshop-") as directory:
        yield Covers(Path(os.environ.get("BOOKSHOP_COVERS") or directory))
