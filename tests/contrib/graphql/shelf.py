"""A shelf of books, as graphene and as graphql-core have it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import graphene
import graphql

from restlette import NotFound, Restlette
from restlette.contrib.graphql import Context, GraphQL
from restlette.testing import call

JSON = "application/json"
RESPONSE = "application/graphql-response+json"

AUTHORS = {1: "Frank Herbert", 2: "Jane Austen"}
TITLES = [("Dune", 1), ("Emma", 2), ("Persuasion", 2)]


class Store:
    """What resolvers depend on; it counts how often it is asked for authors."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.threads: list[str] = []

    async def authors(self, ids: list[int]) -> list[str]:
        self.asked.append(ids)
        return [AUTHORS[each] for each in ids]


class ShelfContext(Context):
    store: Store


async def authors(context: ShelfContext, ids: list[int]) -> list[str]:
    return await context.store.authors(ids)


class Shade(graphene.Enum):
    DARK = "dark"
    LIGHT = "light"


class Book(graphene.ObjectType):
    title = graphene.String(required=True)
    shade = Shade()
    pages = graphene.Int()
    author = graphene.String()

    async def resolve_author(self, info: Any) -> Any:
        return await info.context.loader(authors).load(self.author_id)  # type: ignore[attr-defined] # set below


def book(title: str, author_id: int) -> Book:
    made = Book(title=title, pages=len(title), shade=Shade.DARK)
    made.author_id = author_id  # type: ignore[attr-defined] # not of the schema
    return made


class Query(graphene.ObjectType):
    greeting = graphene.String(name=graphene.String(default_value="you"))
    books = graphene.List(graphene.NonNull(Book))
    broken = graphene.String()
    required = graphene.String(required=True)
    missing = graphene.String()
    slow = graphene.String()
    thread = graphene.String()
    later = graphene.String()

    def resolve_greeting(self, info: Any, name: str) -> str:
        return f"Hello, {name}."

    async def resolve_books(self, info: Any) -> list[Book]:
        return [book(*each) for each in TITLES]

    async def resolve_broken(self, info: Any) -> str:
        raise RuntimeError("the password is swordfish")

    async def resolve_required(self, info: Any) -> None:
        return None

    async def resolve_missing(self, info: Any) -> str:
        raise NotFound("There is no such book.", extensions={"isbn": "1"})

    async def resolve_slow(self, info: Any) -> str:
        await asyncio.sleep(3600)
        return "at last"

    def resolve_thread(self, info: Any) -> str:
        return threading.current_thread().name

    async def resolve_later(self, info: Any) -> str:
        info.context.background.add_task(LATER.append, "done")
        return "soon"


LATER: list[str] = []


class Add(graphene.Mutation):
    class Arguments:
        title = graphene.String(required=True)

    Output = Book

    async def mutate(self, info: Any, title: str) -> Book:
        return book(title, 1)


class Mutation(graphene.ObjectType):
    add = Add.Field()


class Subscription(graphene.ObjectType):
    count = graphene.Int(to=graphene.Int(required=True))

    async def subscribe_count(self, info: Any, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number


schema = graphene.Schema(query=Query, mutation=Mutation, subscription=Subscription)

# Resolvers of the kind that blocks nothing and is not asynchronous either.
core = graphql.build_schema(
    """
    type Query { greeting: String  name: String!  names: [String!]  node: Node }
    interface Node { id: ID! }
    type Leaf implements Node { id: ID! }
    """
)


def shelf(store: Store | None = None, debug: bool = False, **options: Any) -> Restlette:
    app = Restlette(debug=debug)
    app.provide_value(Store, store or Store())
    app.install(GraphQL(schema, **{"context": ShelfContext, **options}))
    return app


def ask(
    query: Any,
    app: Any = None,
    *,
    accept: str | None = JSON,
    path: str = "/graphql",
    **parameters: Any,
) -> Any:
    """POST an operation; give the answer."""
    headers = {} if accept is None else {"accept": accept}
    content = {"query": query, **parameters}
    return call(app or shelf(), "POST", path, json=content, headers=headers)
