"""Thirty mistakes that contract mode must find, five of each kind, and their twins.

Written from the documentation of the schema, by somebody who did not look at what finds
them. A case makes an application, with its mistake or without, and says what is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import attrs

from restlette import (
    Conflict,
    Created,
    Forbidden,
    Guard,
    HTMLResponse,
    HTTPEndpoint,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Request,
    Response,
    Restlette,
    Unauthorized,
)
from restlette.contrib.openapi import OpenAPI

__all__ = ["CASES", "Case"]

Handler = Callable[[Request], Any]


class Case(NamedTuple):
    """One mistake.

    Attributes:
        kind: What it is a mistake in.
        name: What it is called.
        make: Makes the application, with the mistake or without.
        method: What is asked.
        path: Of what.
        options: And how.
    """

    kind: str
    name: str
    make: Callable[[bool], Restlette]
    method: str = "GET"
    path: str = "/it"
    options: dict[str, Any] = {}


@attrs.frozen
class Book:
    id: int
    title: str


def app_of(yaml: str, answer: Handler, *, path: str = "/it", **more: Any) -> Restlette:
    """An application with one operation, whose docstring says what it is."""
    app = Restlette()

    async def it(request: Request, **params: Any) -> Response:
        response: Response = answer(request)
        return response

    it.__doc__ = f"Do it.\n\n---\n{yaml}"
    app.add_route(path, it, methods=more.pop("methods", ["GET"]), **more)
    app.install(OpenAPI(title="Corpus", version="1"))
    return app


def json_of(schema: str) -> str:
    return (
        "responses:\n  200:\n    description: It.\n    content:\n"
        f"      application/json:\n        schema: {schema}\n"
    )


BOOK = (
    "{type: object, required: [id, title], additionalProperties: false, properties: "
    "{id: {type: integer}, title: {type: string}, "
    "kind: {enum: [paper, sound]}, tags: {type: array, maxItems: 2, items: "
    "{type: string}}, note: {type: [string, 'null']}}}"
)
DUNE = {"id": 1, "title": "Dune"}


def body(name: str, wrong: Any, right: Any, schema: str = BOOK) -> Case:
    def make(mistaken: bool) -> Restlette:
        content = wrong if mistaken else right
        return app_of(json_of(schema), lambda _: JSONResponse(content))

    return Case("body", name, make)


TOTAL = (
    "responses:\n  200:\n    description: It.\n    headers:\n"
    "      X-Total:\n        required: true\n        schema: {type: integer}\n"
    "      X-Mood:\n        schema: {enum: [good, bad]}\n"
    "    content:\n      application/json:\n        schema: {}\n"
)


def header(name: str, wrong: dict[str, str], right: dict[str, str]) -> Case:
    def make(mistaken: bool) -> Restlette:
        fields = wrong if mistaken else right
        return app_of(TOTAL, lambda _: JSONResponse({}, headers=fields))

    return Case("header", name, make)


def raising(exc: Exception) -> Handler:
    def answer(request: Request) -> Any:
        raise exc

    return answer


def status(name: str, wrong: Handler, right: Handler, **asked: Any) -> Case:
    yaml = json_of("{}")
    return Case(
        "status",
        name,
        lambda mistaken: app_of(yaml, wrong if mistaken else right),
        **asked,
    )


def media(name: str, declared: str, wrong: Response, right: Response) -> Case:
    yaml = (
        "responses:\n  200:\n    description: It.\n    content:\n"
        f"      {declared}:\n        schema: {{}}\n"
    )
    return Case(
        "media type",
        name,
        lambda mistaken: app_of(yaml, lambda _: wrong if mistaken else right),
    )


SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
}


def security(name: str, scheme: str, **options: Any) -> Case:
    """An operation that asks for something, and lets in who comes without."""
    yaml = (
        f"security:\n  - {scheme}: []\n" + json_of("{}") + "  401:\n"
        "    description: Who are you?\n    content:\n"
        "      application/problem+json: {}\n"
    )

    def make(mistaken: bool) -> Restlette:
        named = "Basic" if scheme == "basic" else "Bearer"
        refusal = Unauthorized(challenges=f'{named} realm="x"')
        app = Restlette()

        async def it(request: Request) -> JSONResponse:
            if not mistaken:
                raise refusal
            return JSONResponse({})

        it.__doc__ = f"Do it.\n\n---\n{yaml}"
        app.add_route("/it", it)
        app.install(OpenAPI(title="Corpus", version="1", security_schemes=SCHEMES))
        return app

    return Case("security", name, make, options=options)


class Seller(Guard):
    """Refuses, and says so or not."""

    responses = {403: "Sellers alone may."}

    async def check(self, connection: Any, resource: Any) -> bool:
        return False


def refuses(mistaken: bool) -> Restlette:
    """Refuses by hand what it does not say, or by a guard that does."""
    app = Restlette()

    async def it(request: Request) -> dict[str, int]:
        """Do it."""
        if mistaken:
            raise Forbidden
        return {}

    app.add_route("/it", it, guards=[] if mistaken else [Seller()])
    app.install(OpenAPI(title="Corpus", version="1"))
    return app


def parameter(name: str, declared: str, *, path: str = "/it", **options: Any) -> Case:
    """An operation that takes whatever it is given; its twin refuses that."""
    yaml = (
        f"parameters:\n  - {declared}\n"
        + json_of("{}")
        + (
            "  422:\n    description: Not so.\n    content:\n"
            "      application/problem+json: {}\n"
        )
    )

    def make(mistaken: bool) -> Restlette:
        def answer(request: Request) -> Response:
            if mistaken:
                return JSONResponse({})
            problem = {"title": "Not so", "status": 422}
            return JSONResponse(problem, 422, media_type="application/problem+json")

        template = "/it/{code}" if path != "/it" else "/it"
        return app_of(yaml, answer, path=template)

    return Case(
        "parameter", name, make, path=options.pop("asked", path), options=options
    )


def typed_created(mistaken: bool) -> Restlette:
    """A typed handler: what it says is 201, and what it gives is another status."""
    app = Restlette()

    @app.route("/it")
    class It(HTTPEndpoint):
        """It."""

        async def post(self, request: Request) -> Created[Book]:
            """Make it."""
            if mistaken:
                return Response(b"", status_code=200)  # type: ignore[return-value] # on purpose
            return Created(Book(1, "Dune"), location="/it/1")

    app.install(OpenAPI(title="Corpus", version="1"))
    return app


CASES: list[Case] = [
    body("a text for a number", {**DUNE, "id": "1"}, DUNE),
    body("a member is missing", {"id": 1}, DUNE),
    body("a member too many", {**DUNE, "price": 9}, DUNE),
    body("none of the choices", {**DUNE, "kind": "stone"}, {**DUNE, "kind": "paper"}),
    body(
        "deep inside",
        [{**DUNE, "tags": ["a", 1]}],
        [{**DUNE, "tags": ["a"], "note": None}],
        f"{{type: array, items: {BOOK}}}",
    ),
    header("missing", {}, {"X-Total": "3"}),
    header("no number", {"X-Total": "many"}, {"X-Total": "3"}),
    header(
        "none of the choices",
        {"X-Total": "3", "X-Mood": "fair"},
        {"X-Total": "3", "X-Mood": "good"},
    ),
    header(
        "a tag without quotes",
        {"X-Total": "3", "ETag": "v1"},
        {"X-Total": "3", "ETag": '"v1"'},
    ),
    header(
        "a date of another form",
        {"X-Total": "3", "Last-Modified": "2026-01-01T00:00:00Z"},
        {"X-Total": "3", "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"},
    ),
    status("raised and not told of", raising(Conflict()), lambda _: JSONResponse({})),
    status(
        "another success",
        lambda _: JSONResponse({}, status_code=202),
        lambda _: JSONResponse({}),
    ),
    status(
        "nothing where something was promised",
        lambda _: Response(status_code=204),
        lambda _: JSONResponse({}),
    ),
    status(
        "elsewhere",
        lambda _: RedirectResponse("/there"),
        lambda _: JSONResponse({}),
        options={"allow_redirects": False},
    ),
    Case("status", "not created after all", typed_created, "POST"),
    media(
        "text",
        "application/json",
        PlainTextResponse("{}"),
        JSONResponse({}),
    ),
    media("a page", "application/json", HTMLResponse("{}"), JSONResponse({})),
    media(
        "without a type",
        "application/json",
        Response(b"{}"),
        JSONResponse({}),
    ),
    media(
        "JSON for XML",
        "application/xml",
        JSONResponse({}),
        Response(b"<a/>", media_type="application/xml"),
    ),
    media(
        "another picture",
        "image/png",
        Response(b"\xff\xd8\xff", media_type="image/jpeg"),
        Response(b"\x89PNG\r\n\x1a\n", media_type="image/png"),
    ),
    security("nobody is asked for a token", "bearer"),
    security("nobody is asked for a password", "basic"),
    security("nobody is asked for a key", "header"),
    security("nobody is asked for a session", "cookie"),
    Case("security", "refused and not told of", refuses),
    parameter(
        "above the most",
        "{name: limit, in: query, schema: {type: integer, maximum: 100}}",
        asked="/it?limit=1000",
    ),
    parameter(
        "missing",
        "{name: q, in: query, required: true, schema: {type: string}}",
    ),
    parameter(
        "none of the choices",
        "{name: order, in: query, schema: {enum: [title, year]}}",
        asked="/it?order=price",
    ),
    parameter(
        "a field that is missing",
        "{name: X-Shop, in: header, required: true, schema: {type: string}}",
    ),
    parameter(
        "a path that is none",
        "{name: code, in: path, required: true, schema: {type: string, "
        "pattern: '^[a-z]{2}$'}}",
        path="/it/abc",
    ),
]
