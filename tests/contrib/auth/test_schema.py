"""Schemes in the document of an application."""

from __future__ import annotations

from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from restlette import Anyone, HTTPEndpoint, Restlette
from restlette.contrib.auth import JWT, APIKey, Basic, Bearer, SessionUser
from restlette.contrib.openapi import OpenAPI
from restlette.testing import call


def verify(*credentials: str) -> str:
    return "ada"


BASIC, BEARER = Basic(verify), Bearer(verify)
HEADER, COOKIE = APIKey(verify, header="X-Key"), APIKey(verify, cookie="my!key")
QUERY = APIKey(verify, query="key")
TOKEN = JWT("3f2a3d0c1b7e49d58a6f0e9c2b4d6a81", algorithms=["HS256"])
SESSION = SessionUser(verify, cookie="sid")


def document() -> Any:
    app = Restlette()
    app.install(OpenAPI(title="Shop", version="1"))

    @app.route("/books")
    class Books(HTTPEndpoint):
        """Books."""

        guards = [
            Anyone.to("get"),
            (BASIC | BEARER).to("post"),
            BEARER.scopes("books:write").to("put"),
            ((HEADER & COOKIE) | QUERY).to("delete"),
            BASIC.scopes("admin"),
        ]

        async def get(self, request: Any) -> str: ...
        async def post(self, request: Any) -> str: ...
        async def put(self, request: Any) -> str: ...
        async def delete(self, request: Any) -> str: ...
        async def patch(self, request: Any) -> str: ...

    @app.route("/own", guards=[TOKEN | SESSION.scopes("admin")])
    async def own(request: Any) -> str: ...

    return call(app, "GET", "/openapi.json").json()


def test_every_scheme_is_there() -> None:
    described = document()
    validate(described, cls=OpenAPIV31SpecValidator)
    assert described["components"]["securitySchemes"] == {
        "basic": {"type": "http", "scheme": "basic"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "header-X-Key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "cookie-my-key": {"type": "apiKey", "in": "cookie", "name": "my!key"},
        "query-key": {"type": "apiKey", "in": "query", "name": "key"},
        "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
    }


def test_every_operation_says_what_it_asks_for() -> None:
    books = document()["paths"]["/books"]
    asked = {method: each.get("security") for method, each in books.items()}
    assert asked == {
        "get": None,
        "post": [{"basic": []}, {"bearer": []}],
        "put": [{"bearer": []}],
        "delete": [{"header-X-Key": [], "cookie-my-key": []}, {"query-key": []}],
        "patch": [{"basic": []}],
    }


def test_every_operation_says_how_it_refuses() -> None:
    books = document()["paths"]["/books"]
    refusals = {
        method: [code for code in each["responses"] if code in ("400", "401", "403")]
        for method, each in books.items()
    }
    assert refusals == {
        "get": [],
        "post": ["400", "401"],
        "put": ["400", "401", "403"],
        "delete": ["401"],
        "patch": ["401", "403"],
    }
    own = document()["paths"]["/own"]["get"]
    assert own["security"] == [{"jwt": []}, {"session": []}]
    assert {"400", "401", "403"} <= own["responses"].keys()
    unauthorized = books["put"]["responses"]["401"]
    assert unauthorized["headers"]["WWW-Authenticate"]
