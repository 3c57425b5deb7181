"""An application's document, read once, and where its handlers are written."""

import sys
from functools import partial, wraps
from typing import Any

import pytest

from restlette import HTTPEndpoint, JSONResponse, Restlette
from restlette.contrib.openapi import OpenAPI
from restlette.testing.contract import declared as module
from restlette.testing.contract.declared import (
    Declared,
    declared_by,
    places_of,
)
from tests.testing.contract.documents import document


class Books(HTTPEndpoint):
    """Every book."""

    async def get(self, request):
        """List them.

        ---
        tags: [shop]
        """
        return JSONResponse([])

    async def post(
        self,
        request,
    ):
        # A comment before there is a docstring.
        """Add one."""

    async def put(self, request): ...


def ping(request):
    return JSONResponse({})


def shop() -> Restlette:
    app = Restlette()
    app.add_route("/books", Books)
    app.add_route("/ping", ping, methods=["GET"])
    return app


def line_of(function: Any) -> int:
    return int(function.__code__.co_firstlineno)


def operation_at(
    found: Declared, app: Restlette, path: str, method: str = "GET"
) -> Any:
    """The operation of the route that was registered with a template."""
    (route,) = [route for route in app.walk() if route.path == path]
    return found.operation(method, route)


def test_the_document_is_made_once_for_each_tree() -> None:
    """However many clients there are; a route that is added makes it anew."""
    app = shop()
    found = declared_by(app)
    assert declared_by(app) is found
    assert {str(each) for each in found.operations} == {
        "GET /books",
        "POST /books",
        "PUT /books",
        "GET /ping",
    }
    app.add_route("/pong", ping, methods=["GET"])
    app.freeze()
    again = declared_by(app)
    assert again is not found
    assert len(list(again.operations)) == 5
    assert declared_by(shop()) is not again


def test_the_document_is_that_of_the_plugin() -> None:
    """Where one is installed, for it is what is published."""
    app = shop()
    app.install(OpenAPI(title="Shop", version="1"))
    assert declared_by(app).title == "Shop"
    assert declared_by(shop()).title == "Restlette"


def test_a_route_has_its_operation() -> None:
    """By what was registered; HEAD is GET's."""
    app = shop()
    found = declared_by(app)
    assert str(operation_at(found, app, "/books", "POST")) == "POST /books"
    assert str(operation_at(found, app, "/books", "HEAD")) == "GET /books"
    assert operation_at(found, app, "/books", "DELETE") is None
    assert str(operation_at(found, app, "/ping")) == "GET /ping"


def test_routes_that_differ_in_convertors_have_operations_of_their_own() -> None:
    """Although a document can tell them apart by the names of parameters alone."""
    app = Restlette()
    app.add_route("/a/{x:int}", ping, methods=["GET"])
    app.add_route("/a/{x}", ping, methods=["GET"])
    app.add_route("/b", ping, methods=["GET"], include_in_schema=False)
    found = declared_by(app)
    assert str(operation_at(found, app, "/a/{x:int}")) == "GET /a/{x}"
    assert str(operation_at(found, app, "/a/{x}")) == "GET /a/{x_}"
    assert operation_at(found, app, "/b") is None


def test_what_is_mounted_is_written_somewhere_too() -> None:
    """Its routes are not the application's own."""
    app = Restlette()
    app.mount("/shop", shop())
    found = declared_by(app)
    got = found.operations.find("GET", "/shop/ping")
    assert got is not None
    assert found.places(got[0])[0][0] == "handler ping"


def test_an_operation_is_written_somewhere() -> None:
    """The handler and its docstring, each with file and line."""
    found = Declared(shop(), document())
    (operation,) = found.operations
    line = line_of(Books.get)
    assert found.places(operation) == [
        ("handler Books.get", f"{__file__}:{line}"),
        ("docstring", f"{__file__}:{line + 1}"),
    ]
    assert Declared(None, document()).places(operation) == []


def test_a_docstring_is_found_below_long_heads_and_comments() -> None:
    """And where there is none, nothing is said of it."""
    assert list(places_of(Books.post)) == [
        ("handler Books.post", f"{__file__}:{line_of(Books.post)}"),
        ("docstring", f"{__file__}:{line_of(Books.post) + 5}"),
    ]
    assert list(places_of(Books.put)) == [
        ("handler Books.put", f"{__file__}:{line_of(Books.put)}")
    ]


def test_what_is_wrapped_is_found() -> None:
    """Through partials and decorators; what is no function is nowhere."""

    @wraps(ping)
    def wrapper(request):
        return ping(request)

    for handler in (wrapper, partial(ping), partial(partial(wrapper))):
        assert list(places_of(handler)) == [
            ("handler ping", f"{__file__}:{line_of(ping)}")
        ]
    assert list(places_of(print)) == []


def test_a_docstring_without_a_source_has_no_line() -> None:
    """Of code that was made while running, or is no statement of its own."""
    namespace: dict[str, Any] = {}
    exec("def made():\n    'A docstring.'", namespace)
    assert len(list(places_of(namespace["made"]))) == 1
    pair = (lambda: 1, 2)
    pair[0].__doc__ = "A docstring."
    assert len(list(places_of(pair[0]))) == 1


def test_source_that_is_no_python_is_no_reason_to_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file may have changed since."""
    monkeypatch.setattr(module.inspect, "getsource", lambda function: "def (")
    assert len(list(places_of(Books.get))) == 1
    assert sys.modules[__name__].__doc__
