"""Schemas stated above a handler are those of its body and of what it returns."""

from functools import wraps
from typing import Any

import pytest
from marshmallow import Schema, fields

from restlette import (
    Created,
    HTTPEndpoint,
    PlainTextResponse,
    Request,
    Restlette,
    accepts,
    returns,
)
from restlette.testing import call


class NewBook(Schema):
    title = fields.String(required=True)


class Book(NewBook):
    id = fields.Integer()


class Books(HTTPEndpoint):
    @accepts(NewBook)
    @returns(Book)
    async def post(
        self, request: Request, body: dict[str, Any]
    ) -> "Created[dict[str, Any]] | None":
        return Created({**body, "id": 1, "secret": 2}) if body["title"] else None

    @returns(Book(many=True, only=["id"]))
    async def get(self, request: Request) -> list[dict[str, Any]]:
        return [{"id": 1, "title": "Dune"}]

    @returns(Book)
    async def delete(self, request):
        return {"id": 1, "secret": 2}

    @returns(Book)
    async def put(self, request: Request) -> PlainTextResponse | dict[str, Any]:
        return PlainTextResponse("x")


app = Restlette()
app.mount("/books", Books)


def test_content_goes_through_the_schemas() -> None:
    made = call(app, "POST", "/books", json={"title": "Dune"})
    assert (made.status_code, made.json()) == (201, {"title": "Dune", "id": 1})
    assert call(app, "GET", "/books").json() == [{"id": 1}]
    assert call(app, "DELETE", "/books").json() == {"id": 1}


def test_what_does_not_fit_is_refused() -> None:
    refused = call(app, "POST", "/books", json={"titel": "Dune"})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {
            "detail": "Missing data for required field.",
            "pointer": "#/title",
            "code": "missing",
        },
        {"detail": "Unknown field.", "pointer": "#/titel", "code": "unknown"},
    ]


def test_the_annotation_keeps_its_meaning() -> None:
    assert call(app, "POST", "/books", json={"title": ""}).status_code == 204
    assert call(app, "PUT", "/books").text == "x"


def test_a_decorator_may_stand_between() -> None:
    def logged(function):
        @wraps(function)
        async def inner(*args, **kwargs):
            return await function(*args, **kwargs)

        return inner

    @accepts(NewBook)
    @logged
    async def post(request, body):
        return body

    other = Restlette()
    other.route("/", methods=["POST"])(post)
    assert call(other, "POST", "/", json={"title": "x"}).json() == {"title": "x"}
    assert call(other, "POST", "/", json={}).status_code == 422


@pytest.mark.parametrize("schema", [NewBook, NewBook()], ids=["class", "instance"])
def test_a_handler_without_a_body_is_refused(schema) -> None:
    async def get(request): ...

    with pytest.raises(TypeError, match=r"get has no .* body, and @accepts\(NewBook\)"):
        accepts(schema)(get)
    with pytest.raises(TypeError, match="has no parameter called body"):
        accepts(schema)(print)


def test_returning_nothing_by_a_schema_is_refused() -> None:
    class Nothing(HTTPEndpoint):
        @returns(Book)
        async def get(self, request) -> None: ...

    with pytest.raises(TypeError, match="for content, of which there is none"):
        call(Nothing(), "GET", "/")
