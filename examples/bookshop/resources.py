"""What the URIs name: the books, each of them, who may sell them, and the feed.

A class is a resource and its methods are those of HTTP. What HTTP asks of a resource
beyond them (HEAD, OPTIONS, 405 with Allow, 406, 415, 422 ...) follows from what is
written here. People see pages of the same resources, which templates make; what is for
people alone stands in `pages`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from examples.bookshop.accounts import (
    Account,
    AccountStore,
    LogIn,
    NewAccount,
    NewRole,
)
from examples.bookshop.files import BooksForm, CoverForm, Covers, read_books
from examples.bookshop.guards import ROLE, Member, Owner, Seller, seller_of
from examples.bookshop.models import (
    Book,
    BookQuery,
    Change,
    Imported,
    NewBook,
    Numbers,
)
from examples.bookshop.news import News
from examples.bookshop.store import BookStore
from restlette import (
    HTML,
    JSON,
    Anyone,
    Created,
    EventStream,
    FileResponse,
    HTTPEndpoint,
    Page,
    Patch,
    Preconditions,
    Reply,
    Request,
    Router,
    ServerSentEvent,
    Validators,
    WebSocket,
    WebSocketEndpoint,
)
from restlette.concurrency import run_in_threadpool
from restlette.contrib.auth import log_in, log_out
from restlette.contrib.sessions import Sessions

books = Router()


@books.route("", name="list")
class Books(HTTPEndpoint):
    """Every book in the shop."""

    guards = [Anyone.to("get"), Seller()]
    representations = (JSON, HTML("books.html", invalid="add.html"))

    store: BookStore

    async def get(self, request: Request, query: BookQuery) -> Page[Book]:
        """List the books that the query asks for, a page at a time."""
        found, total = await self.store.find(query)
        return query.page_of(found, request, total=total)

    async def post(self, request: Request, body: NewBook) -> Created[Book]:
        """Add a book.

        Raises:
            ISBNTaken: The book is in the shop already.
        """
        book = await self.store.add(body, seller_of(request))
        return Created(book, location=BookItem.ref(book_id=book.id))


@books.route("/numbers", name="numbers")
class CountedBooks(HTTPEndpoint):
    """How many books there are."""

    store: BookStore

    async def get(self, request: Request) -> Annotated[dict[str, Any], Numbers]:
        """Count the books, and those in each language."""
        by_language = await self.store.by_language()
        return {"total": sum(by_language.values()), "by_language": by_language}


@books.route("/{book_id:int}", name="item")
class BookItem(HTTPEndpoint):
    """One book.

    Args:
        book_id: The book's number.
    """

    guards = [Anyone.to("get"), Owner()]
    representations = (JSON, HTML("book.html", invalid="edit.html"))

    store: BookStore
    covers: Covers

    async def validators(self, request: Request, book_id: int) -> Validators:
        """Say in which state the book is.

        Raises:
            NoSuchBook: There is no such book.
        """
        return (await self.store.get(book_id)).validators

    async def get(self, request: Request, book_id: int) -> Book:
        """Show the book.

        Raises:
            NoSuchBook: There is no such book.
        """
        return (await self.store.get(book_id)).book

    async def put(
        self,
        request: Request,
        book_id: int,
        body: NewBook,
        preconditions: Preconditions,
    ) -> Book:
        """Describe the book anew.

        Raises:
            NoSuchBook: There is no such book.
            ISBNTaken: Another book has the ISBN.
        """
        return await self.store.replace(book_id, body, preconditions)

    async def patch(
        self,
        request: Request,
        book_id: int,
        body: Patch[NewBook],
        preconditions: Preconditions,
    ) -> Book:
        """Change what the patch names, and leave the rest.

        Raises:
            NoSuchBook: There is no such book.
            ISBNTaken: Another book has the ISBN.
        """
        kept = await self.store.get(book_id)
        new = body.apply(kept.book.described())
        return await self.store.replace(book_id, new, preconditions)

    async def delete(
        self, request: Request, book_id: int, preconditions: Preconditions
    ) -> None:
        """Take the book out of the shop.

        Raises:
            NoSuchBook: There is no such book.
        """
        await self.store.remove(book_id, preconditions)
        self.covers.remove(book_id)


@books.route("/import", name="import")
class Import(HTTPEndpoint):
    """Many books at once."""

    guards = [Seller()]

    store: BookStore

    async def post(self, request: Request, form: BooksForm) -> Imported:
        """Add the books of a CSV file.

        Raises:
            NoBooks: Some lines are no books; none was added.
        """
        content = await form.file.read()
        # A large file takes its time, in which others are to be answered.
        books = await run_in_threadpool(read_books, content)
        return await self.store.add_all(books, seller_of(request))


@books.route("/{book_id:int}/cover", name="cover", limits={"multipart": 4 * 1024**2})
class CoverOfBook(HTTPEndpoint):
    """The picture of a book's cover."""

    guards = [Anyone.to("get"), Owner()]

    store: BookStore
    covers: Covers

    def get(self, request: Request, book_id: int) -> FileResponse:
        """Show the cover, or the ranges of it that are asked for.

        Raises:
            NoCover: The book has none, or there is no such book.
        """
        cover = self.covers.get(book_id)
        # Another one may come at any time, in the same place.
        headers = {"x-content-type-options": "nosniff", "cache-control": "no-cache"}
        return FileResponse(cover.path, media_type=cover.media_type, headers=headers)

    async def post(
        self, request: Request, book_id: int, form: CoverForm
    ) -> Created[None]:
        """Take a picture in the place of the one before.

        Raises:
            NoSuchBook: There is no such book.
            NoPicture: The file is no PNG, JPEG or WebP picture.
        """
        await self.covers.put(book_id, form.cover)
        await self.store.have_cover(book_id, True)
        return Created(None, location=CoverOfBook.ref(book_id=book_id))

    async def delete(self, request: Request, book_id: int) -> None:
        """Take the cover away.

        Raises:
            NoSuchBook: There is no such book.
        """
        await self.store.have_cover(book_id, False)
        self.covers.remove(book_id)


@books.route("/feed", name="feed")
class Feed(WebSocketEndpoint):
    """Tells of every change, to whoever listens."""

    encoding = "json"

    news: News

    async def on_connect(self, websocket: WebSocket) -> None:
        """Begin to tell; what happens from now on is heard."""
        self._changes = self.news.watch()
        await websocket.accept()

    async def stream(self, websocket: WebSocket) -> AsyncIterator[Change]:
        """Tell of changes as they come."""
        while True:
            yield await self._changes.get()


@books.route("/changes", name="changes")
class Changes(HTTPEndpoint):
    """The same as events, for who rather asks over HTTP."""

    news: News

    async def get(self, request: Request) -> EventStream[Change]:
        """Tell of changes as they come; who comes back hears what was missed."""
        changes = self.news.watch()
        last = request.headers.get("last-event-id", "")
        is_number = last.isdecimal() and len(last) < 20
        missed = self.news.since(int(last)) if is_number else []

        async def events() -> AsyncIterator[ServerSentEvent[Change]]:
            for change in missed:
                yield event_of(change)
            while True:
                yield event_of(await changes.get())

        return EventStream(events())


accounts = Router()


@accounts.route("", name="list")
class Accounts(HTTPEndpoint):
    """Who has an account."""

    store: AccountStore

    async def post(self, request: Request, body: NewAccount) -> Created[Account]:
        """Have an account, of a reader.

        Raises:
            NameTaken: Somebody else is called that.
        """
        account = await self.store.add(body)
        return Created(account, location=AccountItem.ref(name=account.name))


@accounts.route("/{name}", name="item")
class AccountItem(HTTPEndpoint):
    """One account.

    Args:
        name: The account's name.
    """

    guards = [Seller()]

    store: AccountStore
    sessions: Sessions

    async def get(self, request: Request, name: str) -> Account:
        """Show the account.

        Raises:
            NoSuchAccount: Nobody is called that.
        """
        return await self.store.get(name)

    async def put(self, request: Request, name: str, body: NewRole) -> Account:
        """Let somebody read, or sell; they have to log in again.

        Raises:
            NoSuchAccount: Nobody is called that.
        """
        account = await self.store.change_role(name, body.role)
        await self.sessions.revoke(name)
        return account


class LoggedIn(HTTPEndpoint):
    """Who has logged in.

    `X-CSRF-Token` of an answer has to come with whatever that session changes.
    """

    guards = [Anyone.to("post"), Member()]
    representations = (JSON, HTML("account.html", invalid="log_in.html"))

    store: AccountStore

    async def get(self, request: Request) -> Reply[Account]:
        """Say who it is."""
        account = Account(request.session.user, request.session[ROLE])
        return Reply(account, headers=token_of(request))

    async def post(self, request: Request, body: LogIn) -> Created[Account]:
        """Log in.

        Raises:
            WrongPassword: The name or the password is wrong.
        """
        account = await self.store.verify(body)
        log_in(request, account.name)
        request.session[ROLE] = account.role
        return Created(account, location=LoggedIn.ref(), headers=token_of(request))

    async def delete(self, request: Request) -> None:
        """Log out.

        Raises:
            Forbidden: `X-CSRF-Token` does not belong to the session.
        """
        log_out(request)


def token_of(request: Request) -> dict[str, str]:
    """Give the token of a session, which is another one each time, as a field."""
    return {"X-CSRF-Token": request.scope["csrf_token"]()}


def event_of(change: Change) -> ServerSentEvent[Change]:
    """Give a change as an event, with its number as the id."""
    return ServerSentEvent(change, event=change.event, id=str(change.number))
