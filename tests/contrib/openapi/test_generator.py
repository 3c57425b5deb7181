"""The ancestor's schema generators."""

from typing import Any

import pytest
import yaml

from restlette import HTTPEndpoint, Mount, Request, Restlette, Route
from restlette.contrib.openapi import (
    DocstringError,
    EndpointInfo,
    OpenAPIResponse,
    SchemaGenerator,
)
from restlette.testing import call

BASE = {"openapi": "3.0.0", "info": {"title": "Shop", "version": "1"}}


async def users(request: Request) -> None:
    """
    responses:
      200:
        description: A list of users.
    """


async def books(request: Request) -> None:
    """List the books.

    ---
    responses:
      200:
        description: A list of books.
    """


async def prose(request: Request) -> None:
    """This: is: prose."""


async def word(request: Request) -> None:
    """Word"""


async def silent(request: Request) -> None:
    pass


class Organisations(HTTPEndpoint):
    extra_methods = {"QUERY": "search"}

    async def get(self, request: Request) -> None:
        """
        responses:
          200:
            description: A list of organisations.
        """

    async def post(self, request: Request) -> None:
        """
        responses:
          200:
            description: An organisation.
        """

    async def search(self, request: Request) -> None:
        """
        responses:
          200:
            description: Some organisations.
        """


ROUTES = [
    Route("/users/{id:int}", users, methods=["GET", "HEAD"]),
    Route("/prose", prose),
    Route("/word", word),
    Route("/silent", silent),
    Route("/hidden", books, include_in_schema=False),
    Route("/orgs", Organisations),
    Mount("/sub", routes=[Route("/books", books, methods=["POST"])]),
]


def says(text: str) -> dict[str, Any]:
    return {"responses": {"200": {"description": text}}}


def test_what_docstrings_say_in_yaml_is_the_document() -> None:
    assert SchemaGenerator(BASE).get_schema(ROUTES) == {
        **BASE,
        "paths": {
            "/users/{id}": {"get": says("A list of users.")},
            "/orgs": {
                "get": says("A list of organisations."),
                "post": says("An organisation."),
            },
            "/sub/books": {"post": says("A list of books.")},
        },
    }


def test_query_is_a_method_since_3_2() -> None:
    base = {**BASE, "openapi": "3.2.0", "paths": {"/own": {"get": {}}}}
    paths = SchemaGenerator(base).get_schema(ROUTES)["paths"]
    assert paths["/orgs"]["query"] == says("Some organisations.")
    assert paths["/own"] == {"get": {}}
    assert base["paths"] == {"/own": {"get": {}}}


def test_endpoints_are_listed() -> None:
    found = SchemaGenerator(BASE).get_endpoints(ROUTES)
    assert EndpointInfo("/users/{id}", "get", users) in found
    assert EndpointInfo("/sub/books", "post", books) in found
    assert "head" not in {each.http_method for each in found}


def test_yaml_that_cannot_be_used_is_an_error() -> None:
    async def broken(request: Request) -> None:
        """Something.

        ---
        a: [
        """

    with pytest.raises(DocstringError):
        SchemaGenerator(BASE).parse_docstring(broken)


def test_an_application_answers_with_its_document() -> None:
    schemas = SchemaGenerator(BASE)
    app = Restlette(routes=ROUTES)

    @app.route("/schema", include_in_schema=False)
    def schema(request: Request) -> OpenAPIResponse:
        return schemas.OpenAPIResponse(request=request)

    response = call(app, "GET", "/schema")
    assert response.headers["content-type"] == "application/vnd.oai.openapi"
    assert yaml.safe_load(response.content) == schemas.get_schema(ROUTES)


def test_a_document_is_a_mapping() -> None:
    with pytest.raises(TypeError, match="a document is a mapping"):
        OpenAPIResponse([])
