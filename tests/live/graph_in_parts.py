"""A schema of graphql-core 3.3, which says how many operations are going on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import Any

import graphql

from restlette import JSONResponse, Request, Restlette
from restlette.contrib.graphql import GraphQL

core: Any = graphql

held = 0


async def title(root: Any, info: Any) -> str:
    return "Dune"


async def review(root: Any, info: Any) -> str:
    await asyncio.sleep(0.2)
    return "Sand."


async def never(root: Any, info: Any) -> str:
    global held
    held += 1
    try:
        await asyncio.sleep(3600)
    finally:
        held -= 1
    return "never"


async def numbers(root: Any, info: Any, to: int) -> AsyncIterator[int]:
    global held
    held += 1
    try:
        for number in range(to):
            yield number
            await asyncio.sleep(0.02)
    finally:
        held -= 1


STRING = core.GraphQLString
TO = {"to": core.GraphQLArgument(core.GraphQLNonNull(core.GraphQLInt))}

Book = core.GraphQLObjectType(
    "Book",
    {
        "title": core.GraphQLField(STRING, resolve=title),
        "review": core.GraphQLField(STRING, resolve=review),
        "never": core.GraphQLField(STRING, resolve=never),
    },
)

Query = core.GraphQLObjectType(
    "Query",
    {
        "book": core.GraphQLField(Book, resolve=lambda root, info: {}),
        "numbers": core.GraphQLField(
            core.GraphQLList(core.GraphQLInt), TO, resolve=numbers
        ),
    },
)

Subscription = core.GraphQLObjectType(
    "Subscription",
    {
        "count": core.GraphQLField(
            core.GraphQLInt,
            TO,
            resolve=lambda number, info, to: number,
            subscribe=numbers,
        )
    },
)

schema = core.GraphQLSchema(
    Query,
    subscription=Subscription,
    directives=[
        *core.specified_directives,
        core.GraphQLDeferDirective,
        core.GraphQLStreamDirective,
    ],
)

app = Restlette()
app.install(GraphQL(schema, timeout=5))
app.install(GraphQL(schema, path="/soon", timeout=0.3))


@app.route("/held")
async def how_many(request: Request) -> JSONResponse:
    return JSONResponse(held)


@app.route("/versions")
async def versions(request: Request) -> JSONResponse:
    has_graphene = find_spec("graphene") is not None
    return JSONResponse({"core": core.version, "graphene": has_graphene})
