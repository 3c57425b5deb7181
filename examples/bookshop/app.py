"""The bookshop as an application: `uvicorn examples.bookshop.app:app`."""

from __future__ import annotations

from examples.bookshop.files import Covers, open_covers
from examples.bookshop.resources import Welcome, books
from examples.bookshop.store import BookStore, open_store
from restlette import Restlette

app = Restlette()
app.provide(BookStore, open_store)
app.provide(Covers, open_covers)
app.add_route("/", Welcome)
app.mount("/books", books)
