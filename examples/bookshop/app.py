"""The bookshop as an application: `uvicorn examples.bookshop.app:app`."""

from __future__ import annotations

import os

from sqlalchemy.ext.asyncio import AsyncSession

from examples.bookshop.accounts import AccountStore
from examples.bookshop.database import (
    Database,
    FirstBooks,
    open_database,
    open_session,
    read_first_books,
)
from examples.bookshop.files import Covers, open_covers
from examples.bookshop.graph import ShopContext, schema
from examples.bookshop.news import News
from examples.bookshop.resources import LoggedIn, Welcome, accounts, books
from examples.bookshop.store import BookStore, ISBNTaken, NoSuchBook
from restlette import Restlette
from restlette.contrib.csrf import CSRFMiddleware
from restlette.contrib.graphql import GraphQL
from restlette.contrib.openapi import OpenAPI
from restlette.contrib.sessions import MemoryStore, Sessions, SQLiteStore

# Several processes share the sessions of a file.
SESSIONS = os.environ.get("BOOKSHOP_SESSIONS")

sessions = Sessions(SQLiteStore(SESSIONS) if SESSIONS else MemoryStore())

app = Restlette()
app.add_middleware(CSRFMiddleware)
app.install(sessions)
app.provide_value(Sessions, sessions)
app.provide(FirstBooks, read_first_books)
app.provide(Database, open_database)
app.provide(AsyncSession, open_session, scope="request")
app.provide(News, News)
app.provide(BookStore, BookStore, scope="request")
app.provide(AccountStore, AccountStore, scope="request")
app.provide(Covers, open_covers)
app.problem(NoSuchBook, status_code=404, detail=str)
app.problem(
    ISBNTaken,
    status_code=409,
    detail=str,
    extensions=lambda exc: {"book_id": exc.other.id},
)
app.add_route("/", Welcome)
app.mount("/books", books)
app.install(GraphQL(schema, context=ShopContext, introspection=True))
app.mount("/accounts", accounts)
app.add_route("/session", LoggedIn)
app.install(OpenAPI(title="The bookshop", version="1"))
