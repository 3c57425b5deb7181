"""What is for people alone: forms, the news as they come, and the page of welcome.

What a book or a list of books looks like is no business of these: the resources have
pages among their representations. The templates of all are beside this module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from examples.bookshop.guards import SELLER, Owner, Seller, may_change, role_of
from examples.bookshop.models import Book
from examples.bookshop.resources import books
from examples.bookshop.store import BookStore
from restlette import HTML, HTTPEndpoint, Request
from restlette.contrib.static import StaticFiles
from restlette.contrib.templates import Jinja2Templates
from restlette.resources.pages import reference

HERE = Path(__file__).parent

# A name has the content's hash in it, so that browsers keep what it names for good.
static = StaticFiles(HERE / "static", hashed=True, cache={"*": "no-cache"})

templates = Jinja2Templates(HERE / "templates")


def can_change(request: Request, book: Book) -> bool:
    """Say whether somebody who has logged in may change a book."""
    return role_of(request) == SELLER and may_change(request, book)


templates.env.globals.update(
    can_change=can_change, reference=reference, role_of=role_of
)
templates.env.trim_blocks = templates.env.lstrip_blocks = True


class Welcome(HTTPEndpoint):
    """A page that says what there is, and what to try."""

    representations = (HTML("welcome.html"),)

    store: BookStore

    async def get(self, request: Request) -> dict[str, Any]:
        """Show the page."""
        by_language = await self.store.by_language()
        return {"total": sum(by_language.values()), "languages": len(by_language)}


@books.route("/new", name="add")
class AddPage(HTTPEndpoint):
    """The form for a book."""

    guards = [Seller()]
    representations = (HTML("add.html"),)

    async def get(self, request: Request) -> dict[str, Any]:
        """Show the form, empty."""
        return {"values": {}, "errors": {}}


@books.route("/{book_id:int}/edit", name="edit")
class EditPage(HTTPEndpoint):
    """The form for a book, filled in.

    Args:
        book_id: The book's number.
    """

    guards = [Owner()]
    representations = (HTML("edit.html"),)

    store: BookStore

    async def get(self, request: Request, book_id: int) -> dict[str, Any]:
        """Show the form, with the state that it is about.

        Raises:
            NoSuchBook: There is no such book.
        """
        kept = await self.store.get(book_id)
        match = kept.validators.to_headers()["etag"]
        return {"values": attrs.asdict(kept.book), "errors": {}, "match": match}


class NewsPage(HTTPEndpoint):
    """What happens in the shop, as it happens."""

    representations = (HTML("news.html"),)

    async def get(self, request: Request) -> dict[str, Any]:
        """Show the page, which then listens."""
        return {}


class LogInPage(HTTPEndpoint):
    """The form to log in with."""

    representations = (HTML("log_in.html"),)

    async def get(self, request: Request) -> dict[str, Any]:
        """Show the form, empty."""
        return {"values": {}, "errors": {}}
