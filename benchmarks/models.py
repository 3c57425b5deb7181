"""Models: what they cost beside the same done by hand, and beside a peer.

Story: `run()` makes the applications of each case, compares what they answer, and times
them by turns, as `inprocess` does. An application "by hand" is restlette too, with a
handler that does itself what the model would do: the difference is the model's.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Annotated, Any

import marshmallow
from attrs import asdict, field, frozen
from attrs.validators import ge, min_len
from marshmallow import Schema, fields, validate

from benchmarks.cases import App, Case, Disagreement, Message
from benchmarks.inprocess import ROUNDS, calibrate, exchange, started
from benchmarks.services import NEW_BOOK
from benchmarks.table import OURS, compare, goal, part
from restlette import Created, JSONResponse, Response, Restlette

NAMES = ("list", "list-orjson", "marshmallow")

HAND = "by hand"
FASTAPI = "fastapi"


@frozen
class Book:
    title: str = field(validator=min_len(1))
    author: str = field(validator=min_len(1))
    year: int = field(validator=ge(0))
    pages: int = field(validator=ge(1))
    price: float = field(validator=ge(0))
    in_print: bool


class BookSchema(Schema):
    title = fields.String(required=True, validate=validate.Length(min=1))
    author = fields.String(required=True, validate=validate.Length(min=1))
    year = fields.Integer(required=True, validate=validate.Range(min=0))
    pages = fields.Integer(required=True, validate=validate.Range(min=1))
    price = fields.Float(required=True, validate=validate.Range(min=0))
    in_print = fields.Boolean(required=True)


BOOKS = [
    Book(f"Book {n}", f"Author {n % 50}", 1900 + n % 100, 100 + n, n / 8, n % 2 == 0)
    for n in range(1000)
]


def list_of_models(codec: str | None) -> App:
    """An application that gives back attrs objects."""
    app = Restlette(**({} if codec is None else {"json": codec}))

    @app.route("/books")
    async def books(request: Any) -> list[Book]:
        return BOOKS

    return app


def list_by_hand() -> App:
    """The same with dicts that somebody writes, and json.dumps."""
    app = Restlette()

    @app.route("/books")
    async def books(request: Any) -> Response:
        content = [
            {
                "title": book.title,
                "author": book.author,
                "year": book.year,
                "pages": book.pages,
                "price": book.price,
                "in_print": book.in_print,
            }
            for book in BOOKS
        ]
        return Response(json.dumps(content).encode(), media_type="application/json")

    return app


def list_of_fastapi() -> App:
    """The same with pydantic objects, in FastAPI."""
    fastapi = importlib.import_module("fastapi")
    model = importlib.import_module("benchmarks.services.fastapi").NewBook
    content = [model(**asdict(book)) for book in BOOKS]
    app = fastapi.FastAPI()

    @app.get("/books", response_model=list[model])
    async def books() -> Any:
        return content

    return app


def schema_of_models() -> App:
    """A body and an answer by a marshmallow Schema."""
    app = Restlette()
    Content = Annotated[dict[str, Any], BookSchema]

    @app.route("/books", methods=["POST"])
    async def books(request: Any, body: Content) -> Created[Content]:
        return Created(body)

    return app


def schema_by_hand() -> App:
    """The same with calls of Schema.load and dump."""
    app = Restlette()
    schema = BookSchema()

    @app.route("/books", methods=["POST"])
    async def books(request: Any) -> Response:
        try:
            body = schema.load(await request.json())
        except marshmallow.ValidationError as exc:
            return JSONResponse(exc.messages, 422)
        return JSONResponse(schema.dump(body), 201)

    return app


LIST = Case("list", "GET of 1,000 attrs objects of six fields", path="/books")
POST = Case(
    "marshmallow",
    "POST of six fields, checked by a Schema, answered 201 with them",
    method="POST",
    path="/books",
    body=json.dumps(NEW_BOOK).encode(),
    status=201,
)
TITLES = {
    "list": LIST.title,
    "list-orjson": f"{LIST.title}, with json='orjson'",
    "marshmallow": POST.title,
}


def makers(name: str, frameworks: list[str]) -> Mapping[str, Callable[[], App]]:
    """What makes the applications of a case, by what they are called."""
    if name == "list":
        return {HAND: list_by_hand, OURS: lambda: list_of_models(None)}
    if name == "marshmallow":
        return {HAND: schema_by_hand, OURS: schema_of_models}
    ours = {OURS: lambda: list_of_models("orjson")}
    return {FASTAPI: list_of_fastapi, **ours} if FASTAPI in frameworks else ours


async def measure(
    name: str, frameworks: list[str], rounds: int
) -> dict[str, list[float]]:
    """Microseconds an exchange, by application, a sample a round."""
    case = POST if name == "marshmallow" else LIST
    async with AsyncExitStack() as stack:
        apps = {
            called: await stack.enter_async_context(started(make()))
            for called, make in makers(name, frameworks).items()
        }
        for called, app in apps.items():
            check(called, case, (await exchange(app, case))[1])
        counts = {called: await calibrate(app, case) for called, app in apps.items()}
        samples: dict[str, list[float]] = {called: [] for called in apps}
        for _ in range(rounds):
            for called, app in apps.items():
                took, _ = await exchange(app, case, counts[called])
                samples[called].append(took / counts[called] * 1e6)
        return samples


def check(called: str, case: Case, sent: list[Message]) -> None:
    """Hold an answer to what all of them must answer."""
    content = NEW_BOOK if case is POST else [asdict(book) for book in BOOKS]
    body = json.loads(b"".join(message.get("body", b"") for message in sent[1:]))
    if sent[0]["status"] != case.status or body != content:
        raise Disagreement(f"{called}: {case.title}: {sent[0]['status']}")


def run(frameworks: list[str], names: list[str], rounds: int | None) -> bool:
    """Measure, print, and say which goals are held; True when all of them are."""
    held = []
    if OURS not in frameworks:
        return True
    for name in names:
        samples = asyncio.run(measure(name, frameworks, rounds or ROUNDS))
        compare(f"{name}: {TITLES[name]}", "µs", samples)
        if name == "list":
            held.append(goal("of json.dumps by hand", part(samples, HAND), 1.2))
        if name == "marshmallow":
            held.append(goal("of load and dump by hand", part(samples, HAND), 1.15))
        if FASTAPI in samples:
            held.append(goal("of fastapi", part(samples, FASTAPI), 1.1))
    return all(held)
