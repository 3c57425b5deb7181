"""A schema behind real servers, which says how many subscriptions are going on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import graphene

from restlette import JSONResponse, Request, Restlette
from restlette.contrib.graphql import GraphQL, GraphQLApp

held = 0


class Book(graphene.ObjectType):
    """A book.

    <script>document.title = "gone"</script>
    """

    title = graphene.String(required=True)


class Query(graphene.ObjectType):
    books = graphene.List(graphene.NonNull(Book), most=graphene.Int())

    said = graphene.String(deprecation_reason="Nobody asks.")

    async def resolve_said(self, info: Any) -> str | None:
        said: str | None = info.context.request.headers.get("x-said")
        return said

    async def resolve_books(self, info: Any, most: int | None = None) -> list[Book]:
        return [Book(title=title) for title in ("Dune", "Emma")[:most]]


class Add(graphene.Mutation):
    class Arguments:
        title = graphene.String(required=True)

    Output = Book

    def mutate(self, info: Any, title: str) -> Book:
        return Book(title=title)


class Mutation(graphene.ObjectType):
    add = Add.Field()


class Subscription(graphene.ObjectType):
    count = graphene.Int(to=graphene.Int(required=True))
    ticks = graphene.Int()

    async def subscribe_count(self, info: Any, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    async def subscribe_ticks(self, info: Any) -> AsyncIterator[int]:
        global held
        held += 1
        number = 0
        try:
            while True:
                yield number
                number += 1
                await asyncio.sleep(0.02)
        finally:
            held -= 1


def welcome(websocket: Any, payload: Any) -> bool | None:
    """Refuse who says so."""
    return False if payload.get("token") == "wrong" else None


schema = graphene.Schema(query=Query, mutation=Mutation, subscription=Subscription)

app = Restlette()
app.install(GraphQL(schema, introspection=True, on_init=welcome))
app.mount("/closed", GraphQLApp(schema))
app.mount("/graphiql", GraphQLApp(schema, introspection=True, graphiql=True))


@app.route("/held")
async def how_many(request: Request) -> JSONResponse:
    return JSONResponse(held)
