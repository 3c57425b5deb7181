"""What is used and not installed is told before a request needs it."""

from __future__ import annotations

from typing import Any

import pytest

from restlette import Restlette
from restlette.checks import installed
from restlette.checks.documentation import handlers_of_route
from restlette.checks.installed import check_files, check_handler
from tests.checks.conftest import Write


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No package of the extras is there."""
    absent = {"aiofiles", "msgpack", "jsonpatch", "python_multipart"}
    there = installed.find_spec
    monkeypatch.setattr(
        installed, "find_spec", lambda name: None if name in absent else there(name)
    )


def found(app: Restlette) -> list[str]:
    handlers = [each for route in app.walk() for each in handlers_of_route(route)]
    return [each.message for handler in handlers for each in check_handler(handler)]


SOURCE = """
import restlette
from restlette import Restlette

app = Restlette()

@app.route("/a")
async def a(request): return restlette.FileResponse("x")

@app.route("/b")
async def b(request): return await request.form()

@app.route("/c")
async def c(request, form: dict): ...

@app.route("/d")
async def d(request, *, form: dict): ...

@app.route("/e")
async def e(request): format = 1

class Callable:
    def __call__(self, request): ...
    __wrapped__ = len
    __name__ = "x"
"""


def test_extras_that_handlers_need(written: Write, nothing: None) -> None:
    assert found(written(SOURCE).app) == [
        'a needs aiofiles: pip install "restlette[files]".',
        'b needs python_multipart: pip install "restlette[forms]".',
        'c needs python_multipart: pip install "restlette[forms]".',
        'd needs python_multipart: pip install "restlette[forms]".',
    ]


def test_extras_that_are_there_are_not_told(written: Write) -> None:
    assert found(written(SOURCE).app) == []


def test_what_is_not_pythons_needs_nothing() -> None:
    app = Restlette()
    handler: Any = len
    app.add_route("/", lambda request: None)
    (route,) = app.walk()
    (made,) = handlers_of_route(route)
    assert list(check_handler(made._replace(function=handler))) == []


def test_imports_that_wait_for_a_call(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = written(
        """
        def one():
            import json, not_there_at_all.deep
            from also_not_there import thing
            from . import sibling
            from restlette.contrib.nothing import Nothing
            from restlette import Router

        def three(name):
            import_module("nor_this.there")
            importlib.import_module(name)
            importlib.import_module("json")
            importlib.import_module(".sibling", __name__)
            __import__("nor_that")
            load("nor_those", "extra", needed_by="three")
            json.load("nor_those")

        def two():
            try:
                import not_there_at_all
            except ImportError:
                not_there_at_all = None
        """
    )
    assert module.__file__ is not None
    wrong = list(check_files([module.__file__, "/nowhere.py"]))
    assert [(each.place.line, each.id) for each in wrong if each.place] == [
        (2, "missing-extra"),
        (3, "missing-extra"),
        (5, "missing-extra"),
        (9, "missing-extra"),
        (13, "missing-extra"),
        (14, "missing-extra"),
    ]
    assert wrong[0].message == (
        "one imports not_there_at_all.deep when it is called: not_there_at_all is not "
        "installed. pip install it, and name it among what is required."
    )


def test_a_package_that_is_broken_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ValueError

    monkeypatch.setattr(installed, "find_spec", broken)
    assert not installed._is_there("x")
