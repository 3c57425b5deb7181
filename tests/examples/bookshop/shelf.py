"""Books that the bookshop's tests are written about, and shops that have them."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from examples.bookshop.app import app
from examples.bookshop.database import Base, Database, FirstBooks
from examples.bookshop.files import COLUMNS, Covers
from examples.bookshop.models import NewBook
from examples.bookshop.news import News
from examples.bookshop.store import BookStore
from restlette.testing import TestClient

EMMA = NewBook("9780141439587", "Emma", "Jane Austen", 1815, "en")
GERMINAL = NewBook("9780140447422", "Germinal", "Émile Zola", 1885, "fr")
NANA = NewBook("9783746611099", "Nana", "Émile Zola", 1880, "fr")
WIND = NewBook("9780756404079", "The Name of the Wind", "Patrick Rothfuss", 2007, "en")

THREE = FirstBooks((EMMA, GERMINAL, NANA))

KEY = {"authorization": "Bearer seller"}
MERGE = {"content-type": "application/merge-patch+json"}

Transaction = Callable[[], AbstractAsyncContextManager[BookStore]]


@attrs.frozen
class Shop:
    """A shop without resources.

    Attributes:
        transaction: Gives a store in a transaction of its own.
        news: What happens.
        covers: The covers.
    """

    transaction: Transaction
    news: News
    covers: Covers


@asynccontextmanager
async def opened(url: str = "", first: FirstBooks = THREE) -> AsyncIterator[Shop]:
    """Open a shop, of three books if nothing else is said, numbered from 1.

    Args:
        url: Where its database is; whatever is there is gone. By default in a file.
        first: The books.
    """
    with TemporaryDirectory(prefix="bookshop-") as directory:
        database = Database(url or f"sqlite:///{directory}/books.db")
        news = News()

        @asynccontextmanager
        async def transaction() -> AsyncIterator[BookStore]:
            async with database.session(writes=True) as session:
                yield BookStore(session, news)

        try:
            async with database.session(writes=True) as session:
                connection = await session.connection()
                await connection.run_sync(Base.metadata.drop_all)
            await database.open(first)
            yield Shop(transaction, news, Covers(Path(directory)))
        finally:
            await database.close()


def as_json(book: NewBook, **changes: object) -> dict[str, object]:
    """Give a book as the content of a request, or of an answer with its id."""
    shown = {"seller": "seller", "has_cover": False} if "id" in changes else {}
    return attrs.asdict(book) | shown | changes


def written(*books: NewBook) -> bytes:
    """Give books as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(attrs.astuple(book) for book in books)
    return text.getvalue().encode()


class Somebody:
    """A client with a session, which sends the token that belongs to it."""

    def __init__(self, name: str, password: str) -> None:
        self.client = TestClient(app, contract=True)
        self.answer = self.client.post(
            "/session", json={"name": name, "password": password}
        )
        token = self.answer.headers.get("x-csrf-token")
        if token is not None:
            self.client.headers["x-csrf-token"] = token
