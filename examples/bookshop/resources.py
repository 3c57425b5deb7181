"""What the URIs name: a page of welcome, the books, each of them, and the feed.

A class is a resource and its methods are those of HTTP. What HTTP asks of a resource
beyond them (HEAD, OPTIONS, 405 with Allow, 406, 415, 422 ...) follows from what is
written here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import attrs

from examples.bookshop.models import Book, BookPatch, BookQuery, Change, NewBook
from examples.bookshop.store import BookStore
from restlette import (
    Created,
    HTMLResponse,
    HTTPEndpoint,
    Request,
    Router,
    WebSocket,
    WebSocketEndpoint,
)

PAGE = Path(__file__).with_name("welcome.html").read_text(encoding="utf-8")

books = Router()


class Welcome(HTTPEndpoint):
    """A page that says what there is, and what to try."""

    async def get(self, request: Request) -> HTMLResponse:
        """Show the page."""
        return HTMLResponse(PAGE)


@books.route("", name="list")
class Books(HTTPEndpoint):
    """Every book in the shop."""

    store: BookStore

    async def get(self, request: Request, query: BookQuery) -> list[Book]:
        """List the books that the query asks for."""
        return await self.store.find(query)

    async def post(self, request: Request, body: NewBook) -> Created[Book]:
        """Add a book.

        Raises:
            ISBNTaken: The book is in the shop already.
        """
        book = await self.store.add(body)
        return Created(book, location=BookItem.ref(book_id=book.id))


@books.route("/{book_id:int}", name="item")
class BookItem(HTTPEndpoint):
    """One book."""

    store: BookStore

    async def get(self, request: Request, book_id: int) -> Book:
        """Show the book.

        Raises:
            NoSuchBook: There is no such book.
        """
        return await self.store.get(book_id)

    async def put(self, request: Request, book_id: int, body: NewBook) -> Book:
        """Describe the book anew.

        Raises:
            NoSuchBook: There is no such book.
            ISBNTaken: Another book has the ISBN.
        """
        return await self.store.replace(Book(**attrs.asdict(body), id=book_id))

    async def patch(self, request: Request, book_id: int, body: BookPatch) -> Book:
        """Change what the body names, and leave the rest.

        Raises:
            NoSuchBook: There is no such book.
            ISBNTaken: Another book has the ISBN.
        """
        book = await self.store.get(book_id)
        return await self.store.replace(body.apply(book))

    async def delete(self, request: Request, book_id: int) -> None:
        """Take the book out of the shop.

        Raises:
            NoSuchBook: There is no such book.
        """
        await self.store.remove(book_id)


@books.route("/feed", name="feed")
class Feed(WebSocketEndpoint):
    """Tells of every change, to whoever listens."""

    encoding = "json"

    store: BookStore

    async def on_connect(self, websocket: WebSocket) -> None:
        """Begin to listen; what happens from now on is told."""
        self._changes = self.store.watch()
        await websocket.accept()

    async def stream(self, websocket: WebSocket) -> AsyncIterator[Change]:
        """Tell of changes as they come, as long as somebody is there to hear."""
        while True:
            yield await self._changes.get()
