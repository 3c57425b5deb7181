"""The shop in GraphQL, at /graphql: the same books, the same guard, the same news.

The story starts with `Query`. Each resolver that asks for books has a session of its
own, for those of one operation run side by side; a mutation is a transaction. Of the
store's exceptions clients are told what the application says, as they are elsewhere.
Pictures and lists of books are HTTP's business, and stay there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import graphene

from examples.bookshop.database import Database
from examples.bookshop.guards import Owner, Seller, may_change, seller_of
from examples.bookshop.models import Book, BookQuery, Change, Event, NewBook, Order
from examples.bookshop.news import News
from examples.bookshop.store import BookStore
from restlette import BadRequest, Forbidden, Preconditions
from restlette.contrib.graphql import Context

SELLER = Seller()


class ShopContext(Context):
    """What resolvers share: the books, and who hears of changes."""

    database: Database
    news: News

    @asynccontextmanager
    async def store(self, *, writes: bool = False) -> AsyncIterator[BookStore]:
        """Give the books, in a transaction."""
        async with self.database.session(writes=writes) as session:
            yield BookStore(session, self.news)


async def books_of(context: ShopContext, authors: list[str]) -> list[list[Book]]:
    """Give the books of each author: what a data loader calls."""
    async with context.store() as store:
        found = await store.of_authors(authors)
    return [found.get(author, []) for author in authors]


class BookType(graphene.ObjectType):
    """A book in the shop."""

    class Meta:
        name = "Book"

    id = graphene.Int(required=True)
    isbn = graphene.String(required=True)
    title = graphene.String(required=True)
    author = graphene.String(required=True)
    year = graphene.Int(required=True)
    language = graphene.String(required=True)
    others = graphene.List(
        graphene.NonNull(lambda: BookType),
        required=True,
        description="Others of the same author.",
    )

    async def resolve_others(self: Any, info: Any) -> list[Book]:
        """Ask once for all the authors of a page."""
        found = await info.context.loader(books_of).load(self.author)
        return [book for book in found if book.id != self.id]


class BookPage(graphene.ObjectType):
    """A part of the books that were asked for."""

    items = graphene.List(graphene.NonNull(BookType), required=True)
    total = graphene.Int(required=True, description="How many there are.")


OrderType = graphene.Enum.from_enum(Order)


class Query(graphene.ObjectType):
    """What can be asked."""

    books = graphene.Field(
        BookPage,
        required=True,
        q=graphene.String(description="Words of the title or the author."),
        author=graphene.String(description="A part of the author's name."),
        language=graphene.String(),
        order=OrderType(),
        page=graphene.Int(),
        size=graphene.Int(),
    )
    book = graphene.Field(BookType, id=graphene.Int(required=True))

    async def resolve_books(self, info: Any, **asked: Any) -> dict[str, Any]:
        """List the books, a page at a time."""
        query = made(BookQuery, asked)
        async with info.context.store() as store:
            items, total = await store.find(query)
        return {"items": items, "total": total}

    async def resolve_book(self, info: Any, id: int) -> Book:
        """Show a book."""
        async with info.context.store() as store:
            book: Book = (await store.get(id)).book
        return book


class AddBook(graphene.Mutation):
    """Add a book."""

    class Arguments:
        isbn = graphene.String(required=True)
        title = graphene.String(required=True)
        author = graphene.String(required=True)
        year = graphene.Int(required=True)
        language = graphene.String(required=True)

    Output = BookType

    async def mutate(self, info: Any, **described: Any) -> Book:
        """Add it, unless it is there already."""
        await sellers_alone(info.context)
        new = made(NewBook, described)
        async with info.context.store(writes=True) as store:
            seller = seller_of(info.context.request)
            book: Book = await store.add(new, seller)
        return book


class RemoveBook(graphene.Mutation):
    """Take a book out of the shop."""

    class Arguments:
        id = graphene.Int(required=True)

    Output = graphene.Int

    async def mutate(self, info: Any, id: int) -> int:
        """Remove it, and give its number."""
        await sellers_alone(info.context)
        async with info.context.store(writes=True) as store:
            book = (await store.get(id)).book
            if not may_change(info.context.request, book):
                raise Forbidden(Owner.responses[403])
            await store.remove(id, Preconditions())
        return id


async def sellers_alone(context: Context) -> None:
    """Let in whom the guard of the other resources lets in."""
    if not await SELLER.check(context.request, None):
        raise SELLER.refusal(context.request)


class Mutation(graphene.ObjectType):
    """What can be changed."""

    add_book = AddBook.Field()
    remove_book = RemoveBook.Field()


EventType = graphene.Enum.from_enum(Event)


class ChangeType(graphene.ObjectType):
    """Something that happened to a book."""

    class Meta:
        name = "Change"

    number = graphene.Int(required=True)
    event = EventType(required=True)
    book = graphene.Field(BookType, required=True)


class Subscription(graphene.ObjectType):
    """What can be heard."""

    changes = graphene.Field(ChangeType)

    async def subscribe_changes(self, info: Any) -> AsyncIterator[Change]:
        """Tell of changes as they come."""
        changes = info.context.news.watch()
        while True:
            yield await changes.get()


def made(cls: Any, values: dict[str, Any]) -> Any:
    """Make an object of a model, or tell the client what does not fit."""
    try:
        return cls(**values)
    except (TypeError, ValueError) as exc:
        raise BadRequest(str(exc.args[0])) from exc


schema = graphene.Schema(query=Query, mutation=Mutation, subscription=Subscription)
