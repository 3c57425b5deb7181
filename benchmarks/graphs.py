"""GraphQL: one query again and again, beside its peers; and what is hostile.

Story: `run()` makes the same schema for each of them, as its own documentation writes
it, compares what they answer, and times them by turns, as `inprocess` does. What is
hostile is timed for restlette alone, once each, for it has to be answered at once.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import graphene

from benchmarks.cases import App, Case, Disagreement, Message
from benchmarks.inprocess import ROUNDS, calibrate, exchange
from benchmarks.table import OURS, against, compare, goal, show
from restlette.contrib.graphql import GraphQLApp

NAMES = ("graphql", "graphql-hostile")

# What part of a peer's time is the goal.
PEERS = {"strawberry": 0.6, "ariadne": 0.8}

# Milliseconds that a hostile document may take.
HOSTILE = 50


@dataclass
class Book:
    title: str
    author: str
    year: int
    pages: int
    price: float
    in_print: bool


BOOKS = [
    Book(f"Book {n}", f"Author {n % 50}", 1900 + n % 100, 100 + n, n / 8, n % 2 == 0)
    for n in range(200)
]

SDL = """
type Query { books: [Book!]! }
type Book {
  title: String!  author: String!  year: Int!
  pages: Int!  price: Float!  inPrint: Boolean!
}
"""

QUERY = "{ books { title author year pages price inPrint } }"


def ours() -> App:
    """The schema in graphene."""

    class BookType(graphene.ObjectType):
        class Meta:
            name = "Book"

        title = graphene.String(required=True)
        author = graphene.String(required=True)
        year = graphene.Int(required=True)
        pages = graphene.Int(required=True)
        price = graphene.Float(required=True)
        in_print = graphene.Boolean(required=True)

    class Query(graphene.ObjectType):
        books = graphene.List(graphene.NonNull(BookType), required=True)

        async def resolve_books(self, info: Any) -> list[Book]:
            return BOOKS

    return GraphQLApp(graphene.Schema(query=Query))


def strawberry() -> App:
    """The schema in Strawberry."""
    library = importlib.import_module("strawberry")
    book = library.type(Book)

    async def books() -> list[Book]:
        return BOOKS

    books.__annotations__["return"] = list[book]
    body = {"books": library.field(resolver=books)}
    query = library.type(type("Query", (), {"__annotations__": {}, **body}))
    app = importlib.import_module("strawberry.asgi").GraphQL(library.Schema(query))
    made: App = app
    return made


def ariadne() -> App:
    """The schema in Ariadne."""
    library = importlib.import_module("ariadne")
    query = library.QueryType()

    @query.field("books")
    async def books(*_: Any) -> list[Book]:
        return BOOKS

    schema = library.make_executable_schema(SDL, query, convert_names_case=True)
    app: App = importlib.import_module("ariadne.asgi").GraphQL(schema)
    return app


def asking(name: str, title: str, query: str) -> Case:
    """A case that POSTs a document."""
    body = json.dumps({"query": query}).encode()
    return Case(name, title, method="POST", path="/", body=body)


CASE = asking("graphql", f"GraphQL: a query of {len(BOOKS)} objects", QUERY)

DOCUMENTS = {
    "3,000 aliases": "{" + " ".join(f"a{n}: __typename" for n in range(3000)) + "}",
    "a circle of fragments": (
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    ),
    "10,000 directives": "{ __typename " + "@a " * 10_000 + "}",
}


def makers() -> dict[str, Callable[[], App]]:
    """What makes the applications: ours, and those of the peers that are here."""
    peers: dict[str, Callable[[], App]] = {"strawberry": strawberry, "ariadne": ariadne}
    here = {name: make for name, make in peers.items() if find_spec(name)}
    return {OURS: ours, **here}


def content(sent: list[Message]) -> Any:
    """The JSON of an answer."""
    return json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


def check(name: str, sent: list[Message]) -> None:
    """Hold an answer to what all of them must answer."""
    rows = [
        {
            "title": book.title,
            "author": book.author,
            "year": book.year,
            "pages": book.pages,
            "price": book.price,
            "inPrint": book.in_print,
        }
        for book in BOOKS
    ]
    if sent[0]["status"] != 200 or content(sent) != {"data": {"books": rows}}:
        raise Disagreement(f"{name}: {CASE.title}: {sent[0]['status']}")


async def measure(rounds: int) -> dict[str, list[float]]:
    """Microseconds an exchange, by application, a sample a round."""
    apps = {name: make() for name, make in makers().items()}
    for name, app in apps.items():
        check(name, (await exchange(app, CASE))[1])
    counts = {name: await calibrate(app, CASE) for name, app in apps.items()}
    samples: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(rounds):
        for name, app in apps.items():
            took, _ = await exchange(app, CASE, counts[name])
            samples[name].append(took / counts[name] * 1e6)
    return samples


async def attack() -> dict[str, float]:
    """Milliseconds of each hostile document, by what it is."""
    app = ours()
    await exchange(app, CASE, 5)
    took = {}
    for name, document in DOCUMENTS.items():
        seconds, sent = await exchange(app, asking(name, name, document))
        if "errors" not in content(sent):
            raise Disagreement(f"{name}: {sent[0]['status']}")
        took[name] = seconds * 1e3
    return took


def run(frameworks: list[str], names: list[str], rounds: int | None) -> bool:
    """Measure, print, and say which goals are held; True when all of them are."""
    held = []
    if OURS not in frameworks:
        return True
    if "graphql" in names:
        samples = asyncio.run(measure(rounds or ROUNDS))
        compare(f"graphql: {CASE.title}", "µs", samples)
        for peer, most in PEERS.items():
            held += against(peer, samples, most)
    if "graphql-hostile" in names:
        took = asyncio.run(attack())
        show(
            "graphql-hostile: documents that ask for too much",
            ["", "ms"],
            [[name, f"{milliseconds:.1f}"] for name, milliseconds in took.items()],
        )
        slowest = max(took.values())
        held.append(goal("ms for a hostile document", slowest, HOSTILE))
    return all(held)
