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
from examples.bookshop.pages import LogInPage, NewsPage, Welcome, static, templates
from examples.bookshop.resources import LoggedIn, accounts, books
from examples.bookshop.store import BookStore, ISBNTaken, NoSuchBook
from restlette import Restlette
from restlette.contrib.csrf import CSRFMiddleware
from restlette.contrib.graphql import GraphQL
from restlette.contrib.openapi import OpenAPI
from restlette.contrib.security import SecurityHeadersMiddleware
from restlette.contrib.sessions import MemoryStore, Sessions, SQLiteStore
from restlette.contrib.templates import ProblemPages

# Several processes share the sessions of a file.
SESSIONS = os.environ.get("BOOKSHOP_SESSIONS")

sessions = Sessions(SQLiteStore(SESSIONS) if SESSIONS else MemoryStore())

app = Restlette()
app.add_middleware(CSRFMiddleware)
app.install(sessions)
app.add_middleware(SecurityHeadersMiddleware)
app.add_middleware(ProblemPages, templates=templates)
app.install(templates)
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
app.add_route("/", Welcome, name="welcome")
app.add_route("/news", NewsPage, name="news")
app.add_route("/log-in", LogInPage, name="log-in")
app.mount("/static", static, name="static")
app.mount("/books", books, name="books")
app.install(GraphQL(schema, context=ShopContext, introspection=True))
app.mount("/accounts", accounts, name="accounts")
app.add_route("/session", LoggedIn, name="session")
app.install(OpenAPI(title="The bookshop", version="1"))
