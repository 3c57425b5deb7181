"""An application's document, read once, and where its handlers are written."""

import sys
from functools import partial, wraps
from types import ModuleType
from typing import Any

import pytest

from restlette import HTTPEndpoint, JSONResponse, Restlette
from restlette.testing.contract import declared as module
from restlette.testing.contract.declared import (
    Declared,
    declared_by,
    handlers_of,
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


def test_the_document_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many clients there are."""
    asked: list[Any] = []

    def describe(app: Any) -> dict[str, Any]:
        asked.append(app)
        return document()

    maker = ModuleType("maker")
    monkeypatch.setattr(maker, "describe", describe, raising=False)
    monkeypatch.setattr(module, "load", lambda *args, **options: maker)
    app = shop()
    found = declared_by(app)
    assert declared_by(app) is found
    assert asked == [app]
    assert found.title == "Shop"
    assert found.document == document()
    assert [str(each) for each in found.operations] == ["GET /books"]
    assert declared_by(shop()) is not found


def test_handlers_are_found_by_method_and_template() -> None:
    """Those of functions too; what is none of restlette's has none."""
    found = handlers_of(shop())
    assert found["GET", "/books"] is Books.get
    assert found["GET", "/ping"] is ping
    assert handlers_of(print) == {}


def test_an_operation_is_written_somewhere() -> None:
    """The handler and its docstring, each with file and line."""
    found = Declared(document(), handlers_of(shop()))
    (operation,) = found.operations
    line = line_of(Books.get)
    assert found.places(operation) == [
        ("handler Books.get", f"{__file__}:{line}"),
        ("docstring", f"{__file__}:{line + 1}"),
    ]
    assert Declared(document()).places(operation) == []


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
