"""Thirty mistakes of services, five of each kind, each beside what would be right.

A case is a resource whose docstrings say one thing: the right handler does that, and
the wrong one another. The requests are those that somebody would test it with.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from restlette import (
    HTTPEndpoint,
    JSONResponse,
    NotFound,
    PlainTextResponse,
    Request,
    Response,
    Restlette,
    StreamingResponse,
    Unauthorized,
    UnprocessableContent,
    UnsupportedMediaType,
)
from restlette.contrib.openapi import OpenAPI
from restlette.testing import TestClient
from restlette.testing.contract import ContractError

Ask = tuple[str, dict[str, Any]]
Answer = Callable[[Request], Any]

GET: Ask = ("GET", {})
BOOK = {"id": 1, "title": "Dune"}
HIDDEN = {
    "path": "/hidden.json",
    "security_schemes": {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    },
}


class Case:
    """A mistake, and what would be right.

    Args:
        kind: What the mistake is about.
        yaml: What the docstring says of the operation.
        right: What does as it says.
        wrong: What does not.
        asks: The requests.
    """

    def __init__(
        self, kind: str, yaml: str, right: Answer, wrong: Answer, *asks: Ask
    ) -> None:
        self.kind = kind
        self.yaml = yaml
        self.right = right
        self.wrong = wrong
        self.asks = asks or (GET,)

    def client(self, answer: Answer) -> TestClient:
        """A client of an application that answers so."""

        async def handler(self: Any, request: Request) -> Any:
            return await answer(request) if is_async(answer) else answer(request)

        handler.__doc__ = "Answer.\n\n---\n" + self.yaml
        method = self.asks[0][0].lower()
        app = Restlette()
        app.install(OpenAPI(title="Shop", version="1", **HIDDEN))
        app.add_route("/books", type("Books", (HTTPEndpoint,), {method: handler}))
        return TestClient(app, contract=True)

    def ask(self, answer: Answer) -> None:
        client = self.client(answer)
        for method, options in self.asks:
            client.request(method, "/books", **options)


def is_async(answer: Answer) -> bool:
    return bool(answer.__code__.co_flags & 0x80)


def gives(content: Any, status: int = 200, **headers: str) -> Answer:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: JSONResponse(content, status, headers=fields)


def sends(response: Callable[[], Response]) -> Answer:
    return lambda request: response()


def keyed(name: str, challenge: str = "Bearer") -> Answer:
    def answer(request: Request) -> Any:
        if name not in request.headers:
            raise Unauthorized(challenges=[challenge])
        return JSONResponse(BOOK)

    return answer


ONE = """
responses:
  200:
    description: A book.
    content:
      application/json:
        schema:
          type: object
          required: [id, title]
          properties:
            id: {type: integer}
            title: {type: string}
            kind: {enum: [novel, essay]}
            authors:
              type: array
              items:
                type: object
                properties: {name: {type: string}}
"""
LINES = """
responses:
  200:
    description: Books.
    content:
      application/x-ndjson:
        itemSchema: {type: object, properties: {id: {type: integer}}}
"""
TOTAL = """
responses:
  200:
    description: Books.
    headers:
      X-Total: {required: true, schema: {type: integer, minimum: 0}}
"""
CREATED = """
responses:
  201: {description: Created.}
"""
NOTHING = """
responses:
  404: {description: No such book.}
"""
TAKES_JSON = """
responses:
  415: {description: That is no JSON.}
requestBody:
  required: true
  content:
    application/json:
      schema: {type: object, required: [title], properties: {title: {type: string}}}
"""
BEARER = """
security: [{bearer: []}]
responses:
  401: {description: Nobody said who asks.}
"""
KEY = BEARER.replace("bearer", "key")
EITHER = """
security: [{bearer: []}, {key: []}]
responses:
  401: {description: Nobody said who asks.}
"""
OPEN = """
responses:
  401: {description: Nobody said who asks.}
"""
LIMIT = """
parameters:
  - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
  - {name: sort, in: query, schema: {enum: [title, price]}}
"""
NEEDED = """
parameters:
  - {name: q, in: query, required: true, schema: {type: string}}
"""
TENANT = """
parameters:
  - {name: X-Tenant, in: header, schema: {type: string}}
"""


async def takes(request: Request) -> Response:
    await request.json()
    return JSONResponse(BOOK)


async def takes_any(request: Request) -> Response:
    await request.body()
    return JSONResponse(BOOK)


def streams(*lines: bytes) -> Answer:
    async def items() -> AsyncIterator[bytes]:
        for line in lines:
            yield line

    return lambda request: StreamingResponse(items(), media_type="application/x-ndjson")


def within(least: int, most: int) -> Answer:
    def answer(request: Request) -> Response:
        text = request.query_params.get("limit", "10")
        if not (text.isdigit() and least <= int(text) <= most):
            return JSONResponse({"title": "no", "status": 422}, 422)
        return JSONResponse(BOOK)

    return answer


def missing(request: Request) -> Response:
    raise NotFound("No such book.")


def reads_tenant(request: Request) -> Response:
    return JSONResponse({**BOOK, "title": request.headers.get("x-tenant", "none")})


def html() -> Response:
    return Response(b"<p>Dune", media_type="text/html; charset=utf-8")


async def takes_nothing(request: Request) -> Response:
    raise UnsupportedMediaType(["application/xml"])


def needs(name: str) -> Answer:
    def answer(request: Request) -> Response:
        if name not in request.query_params:
            raise UnprocessableContent("Say what to look for.")
        return JSONResponse(BOOK)

    return answer


def sorted_by(*orders: str) -> Answer:
    def answer(request: Request) -> Response:
        if request.query_params.get("sort") not in orders:
            raise UnprocessableContent("There is no such order.")
        return JSONResponse(BOOK)

    return answer


def query(**params: Any) -> Ask:
    return "GET", {"params": params}


PLAIN: dict[str, Any] = {
    "data": "title=Dune",
    "headers": {"Content-Type": "text/plain"},
}
OTHER: dict[str, Any] = {"headers": {"X-Api": "a"}}
TITLE: dict[str, Any] = {"json": {"title": "Dune"}}
AUTHORIZED: dict[str, Any] = {"headers": {"Authorization": "Bearer a"}}
X_KEY: dict[str, Any] = {"headers": {"X-Key": "a"}}

CASES = [
    Case("body", ONE, gives(BOOK), gives({**BOOK, "id": "one"})),
    Case("body", ONE, gives(BOOK), gives({"id": 1})),
    Case("body", ONE, gives(BOOK), gives({**BOOK, "password": "x"})),
    Case(
        "body",
        ONE,
        gives({**BOOK, "kind": "novel", "authors": [{"name": "Herbert"}]}),
        gives({**BOOK, "authors": [{"name": "Herbert"}, {"name": None}]}),
    ),
    Case("body", LINES, streams(b'{"id": 1}\n'), streams(b'{"id": 1}\n{"id": "2"}\n')),
    Case("header", TOTAL, gives([], X_Total="3"), gives([])),
    Case("header", TOTAL, gives([], X_Total="0"), gives([], X_Total="none")),
    Case("http", ONE, gives(BOOK, ETag='"1"'), gives(BOOK, ETag="1")),
    Case(
        "http",
        CREATED,
        gives(BOOK, 201, Location="/books/1"),
        gives(BOOK, 201),
        ("POST", {}),
    ),
    Case(
        "http",
        ONE,
        gives(BOOK, Cache_Control="private, max-age=60", Set_Cookie="a=b"),
        gives(BOOK, Cache_Control="max-age=60", Set_Cookie="a=b"),
    ),
    Case("status", NOTHING, missing, gives({"title": "gone", "status": 410}, 410)),
    Case("status", ONE, gives(BOOK), missing),
    Case("status", ONE, gives(BOOK), gives(BOOK, 202)),
    Case("status", ONE, gives(BOOK), sends(lambda: Response(status_code=204))),
    Case(
        "status",
        CREATED,
        gives(BOOK, 201, Location="/books/1"),
        gives({"title": "twice", "status": 409}, 409),
        ("POST", {}),
    ),
    Case("media type", ONE, gives(BOOK), sends(html)),
    Case("media type", ONE, gives(BOOK), sends(lambda: PlainTextResponse("1;Dune"))),
    Case(
        "media type",
        ONE + "  404: {description: No., content: {application/problem+json: {}}}\n",
        missing,
        gives({"error": "no such book"}, 404),
    ),
    Case("media type", TAKES_JSON, takes, takes_any, ("POST", PLAIN)),
    Case("media type", TAKES_JSON, takes, takes_nothing, ("POST", TITLE)),
    Case("security", BEARER, keyed("authorization"), gives(BOOK)),
    Case(
        "security",
        KEY,
        keyed("x-key", "ApiKey"),
        keyed("authorization"),
        ("GET", X_KEY),
        ("GET", AUTHORIZED),
    ),
    Case("security", BEARER, keyed("authorization"), keyed("authorization", "Token")),
    Case(
        "security",
        OPEN,
        gives(BOOK),
        keyed("authorization"),
        GET,
        ("GET", AUTHORIZED),
    ),
    Case("security", EITHER, keyed("x-key", "Bearer"), gives(BOOK), ("GET", OTHER)),
    Case("parameter", LIMIT, within(1, 100), within(0, 1000), query(limit=500)),
    Case("parameter", LIMIT, within(1, 100), gives(BOOK), query(limit="ten")),
    Case("parameter", LIMIT, sorted_by("title"), gives(BOOK), query(sort="size")),
    Case("parameter", NEEDED, needs("q"), gives(BOOK)),
    Case(
        "parameter",
        TENANT.replace("X-Tenant", "X-Other"),
        gives(BOOK),
        reads_tenant,
        ("GET", {"headers": {"X-Tenant": "a"}}),
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_the_mistake_is_found(case: Case) -> None:
    """As what it is."""
    with pytest.raises(ContractError) as caught:
        case.ask(case.wrong)
    assert case.kind in {breach.kind for breach in caught.value.breaches}


@pytest.mark.parametrize("case", CASES)
def test_what_is_right_passes(case: Case) -> None:
    """The same requests, to a service that does as its documents say."""
    case.ask(case.right)


def test_there_are_five_of_each() -> None:
    """Rules of HTTP count as header fields here, which they are about."""
    kinds = Counter(case.kind.replace("http", "header") for case in CASES)
    assert set(kinds.values()) == {5}
    assert len(kinds) == 6
