"""Documents: an application, described in OpenAPI."""

from typing import Any

import attrs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from examples.bookshop.app import app as bookshop
from restlette import HTTPEndpoint, Request, Restlette, Router
from restlette.contrib.openapi import describe
from tests.contrib.openapi.shop import app as shop


def problems(document: Any) -> list[str]:
    """What a validator finds in a document."""
    found = OpenAPIV31SpecValidator(document).iter_errors()
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in found]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return describe(shop, title="Shop", version="1")


@pytest.mark.parametrize("app", [bookshop, shop], ids=["bookshop", "shop"])
def test_what_is_made_is_a_document(app) -> None:
    assert problems(describe(app, title="Shop", version="1")) == []


def test_the_same_application_gives_the_same(document) -> None:
    assert describe(shop, title="Shop", version="1") == document
    assert [*describe(shop)["paths"]] == [*document["paths"]]


def test_every_function_is_an_operation(document) -> None:
    found = {
        path: [*item] for path, item in document["paths"].items() if "books" in path
    }
    assert found == {
        "/books": ["get", "post"],
        "/books/{book_id}": ["get", "delete", "patch", "put"],
        "/books/{book_id}/cover": ["get", "post"],
        "/books-again": ["get", "post"],
    }
    assert "/hidden" not in document["paths"]
    assert "/foreign" not in document["paths"]
    assert [*document["paths"]["/inner/inside"]] == ["get"]
    assert [*document["paths"]["/either"]] == [
        "get",
        "head",
        "options",
        "x-additionalOperations",
    ]
    assert [*document["paths"]["/either"]["x-additionalOperations"]] == ["QUERY"]


def test_ids_are_names_and_no_two_are_one(document) -> None:
    ids = [
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if not method.startswith("x-")
    ]
    assert len({*ids}) == len(ids)
    assert {"get_books", "post_books", "get_books_2", "put_book_item"} <= {*ids}
    assert {"untold", "get_plain", "post_plain", "inside"} <= {*ids}


def test_an_id_that_was_given_twice_is_an_error() -> None:
    app = Restlette()

    async def one(request: Request) -> None:
        """One.

        ---
        operationId: same
        """

    app.add_route("/one", one)
    app.add_route("/two", one)
    with pytest.raises(ValueError, match=r"one and .*one have one operationId, 'same'"):
        describe(app)


def test_routes_that_differ_by_their_convertors_are_all_there(document) -> None:
    paths = document["paths"]
    assert paths["/same/{x}"]["get"]["operationId"] == "same_number"
    other = paths["/same/{x_}"]["get"]
    assert other["operationId"] == "same_text"
    assert [each["name"] for each in other["parameters"]] == ["x_", "x-request-id"]


def test_routes_of_a_host_say_so(document) -> None:
    servers = [
        {
            "url": "//{shop}.example.org",
            "variables": {"shop": {"default": "shop"}},
        }
    ]
    for path in ("/plain#shop.example.org", "/same/{x__}"):
        operation = document["paths"][path]["get"]
        assert operation["servers"] == servers
        assert "shop" not in {p["name"] for p in operation.get("parameters", ())}


def test_a_method_that_is_taken_at_a_path_is_put_elsewhere() -> None:
    """Also one that OpenAPI 3.1 has no member for."""
    app = Restlette()
    for convertor in ("int", "str"):

        @app.route(f"/{{x:{convertor}}}")
        class Search(HTTPEndpoint):
            extra_methods = {"QUERY": "search"}

            async def search(self, request: Request) -> None:
                """Look."""

    paths = describe(app)["paths"]
    assert {p: [*i["x-additionalOperations"]] for p, i in paths.items()} == {
        "/{x}": ["QUERY"],
        "/{x_}": ["QUERY"],
    }


def test_websockets_are_told_of(document) -> None:
    assert document["x-websockets"] == {
        "/feed": {
            "summary": "What happens, pushed.",
            "description": "For as long as one likes.",
        },
        "/quiet": {},
    }


def test_what_is_said_of_the_whole_is_in_it() -> None:
    document = describe(
        Router(),
        title="Shop",
        version="2",
        info={"description": "Books."},
        servers=["https://shop.example", {"url": "/v2", "description": "here"}],
        security=[{"basic": []}],
        security_schemes={"basic": {"type": "http", "scheme": "basic"}},
        tags=[{"name": "books", "description": "All of them."}],
    )
    assert problems(document) == []
    assert document == {
        "openapi": "3.1.1",
        "info": {"title": "Shop", "version": "2", "description": "Books."},
        "servers": [
            {"url": "https://shop.example"},
            {"url": "/v2", "description": "here"},
        ],
        "paths": {},
        "components": {
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}}
        },
        "security": [{"basic": []}],
        "tags": [{"name": "books", "description": "All of them."}],
    }


def test_without_a_name_it_is_called_after_its_class() -> None:
    info = describe(Restlette())["info"]
    assert info == {"title": "Restlette", "version": "0"}


def test_a_component_of_the_applications_does_not_pass_for_ours() -> None:
    @attrs.frozen
    class ProblemDetails:
        what: str

    app = Restlette()

    @app.route("/")
    async def root(request: Request, body: ProblemDetails) -> None:
        """Take it."""

    schemas = describe(app)["components"]["schemas"]
    assert "status" in schemas["ProblemDetails"]["properties"]
    theirs = [n for n, each in schemas.items() if "what" in each.get("properties", {})]
    assert theirs
    assert theirs != ["ProblemDetails"]
