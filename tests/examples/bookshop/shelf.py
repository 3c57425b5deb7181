"""Books that the bookshop's tests are written about."""

import csv
import io

import attrs

from examples.bookshop.files import COLUMNS
from examples.bookshop.models import NewBook
from examples.bookshop.store import BookStore

EMMA = NewBook("9780141439587", "Emma", "Jane Austen", 1815, "en")
GERMINAL = NewBook("9780140447422", "Germinal", "Émile Zola", 1885, "fr")
NANA = NewBook("9783746611099", "Nana", "Émile Zola", 1880, "fr")
WIND = NewBook("9780756404079", "The Name of the Wind", "Patrick Rothfuss", 2007, "en")


def small_store() -> BookStore:
    """Give a store of three books, numbered 1 to 3."""
    return BookStore([EMMA, GERMINAL, NANA])


def as_json(book: NewBook, **changes: object) -> dict[str, object]:
    """Give a book as the content of a request, or of an answer with its id."""
    return attrs.asdict(book) | changes


def written(*books: NewBook) -> bytes:
    """Give books as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(attrs.astuple(book) for book in books)
    return text.getvalue().encode()
