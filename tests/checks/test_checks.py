"""A check looks at all of an application, and tells each thing once."""

from __future__ import annotations

import sys
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from examples.bookshop.app import app as bookshop
from restlette import Restlette, Router
from restlette.checks import RULES, check
from tests.checks.conftest import Write


def found(module: ModuleType, **options: Any) -> list[tuple[str, int]]:
    findings = check(module.app, file=module.__file__, **options)
    return [(e.id, 0 if e.place is None else e.place.line) for e in findings]


def test_the_bookshop_is_clean() -> None:
    """Warnings too: it is what is copied from."""
    assert check(bookshop) == []


SOURCE = """
import time
from restlette import *
from restlette.contrib.cors import CORSMiddleware
from restlette.middleware import BaseHTTPMiddleware

app = Restlette()
inner = Restlette()

async def timing(request, call_next):
    time.sleep(1)
    return await call_next(request)

class Custom(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        time.sleep(2)

class Raw:
    def __init__(self, app): self.app = app
    async def __call__(self, scope, receive, send):
        time.sleep(3)

def factory(app): return app

class Members(Guard):
    async def check(self, connection, resource):
        time.sleep(4)
        return True

@app.route("/a", guards=[Members()], middleware=[Middleware(Raw)])
class Item(HTTPEndpoint):
    async def prepare(self, request):
        time.sleep(5)

    async def get(self, request):
        '''Do.'''
        wait()

    async def put(self, request):
        '''Do.'''
        wait()

def wait():
    time.sleep(6)

class Feed(WebSocketEndpoint):
    '''Tells.'''
    encoding = "text"
    async def on_connect(self, websocket):
        time.sleep(7)

async def failed(request, exc):
    time.sleep(8)

async def home(request):
    '''Do.'''
    import not_there_at_all

inner.add_route("/feed", Feed)
inner.add_route("/home", home)
app.mount("/inner", inner)
app.middleware("http")(timing)
app.add_middleware(Custom)
app.add_middleware(factory)
app.add_exception_handler(500, failed)
"""


def test_all_that_runs_in_the_event_loop_is_looked_at(written: Write) -> None:
    module = written(SOURCE)
    lines = SOURCE.strip("\n").split("\n")
    waits = [number for number, each in enumerate(lines, 1) if "time.sleep" in each]
    lost = lines.index("    import not_there_at_all") + 1
    assert found(module) == sorted(
        [*(("blocking-call", line) for line in waits), ("missing-extra", lost)],
        key=lambda each: each[1],
    )
    ignored = found(module, ignore=["blocking-call"])
    assert ignored == [("missing-extra", lost)]


def test_comments_waive_what_is_found(written: Write) -> None:
    module = written(
        """
        from restlette import Restlette
        app = Restlette(debug=True)  # restlette: ignore[debug]

        # It is small. restlette: ignore[blocking-call, undocumented]
        async def get(request): open("x")

        app.add_route("/", get)
        """
    )
    assert found(module) == []


def test_ids_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="there is no finding debag"):
        check(Restlette(), ignore=["debag"])
    assert check(Restlette(), ignore=RULES) == []


def test_what_keeps_an_application_from_starting(written: Write) -> None:
    module = written(
        """
        from restlette import Restlette
        app = Restlette()

        @app.route("/a/{x}")
        async def one(request):
            '''Do.'''

        @app.route("/a/{y}")
        async def two(request):
            '''Do.'''
        """
    )
    (finding,) = check(module.app)
    assert finding.id == "startup"
    assert "is answered twice" in finding.message
    assert finding.place is not None
    assert finding.place.line == 8


def test_a_start_that_fails_otherwise_has_no_place(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = written(
        """
        from restlette import Restlette
        from restlette.contrib.cors import CORSMiddleware
        app = Restlette()

        @app.route("/a")
        async def one(request, bodi):
            '''Do.'''

        class Silent:
            def __init__(self, app): raise KeyError

        silent = Restlette()
        silent.add_middleware(Silent)
        open = Restlette()
        open.add_middleware(
            CORSMiddleware, allow_origins=["*"], allow_credentials=True
        )
        """
    )
    (finding,) = check(module.app)
    assert (finding.id, finding.place) == ("startup", None)
    assert "did you mean 'body'?" in finding.message
    (finding,) = check(module.silent)
    assert finding.message == "the application cannot start: KeyError"
    # What has an id of its own is not told twice.
    assert [each.id for each in check(module.open)] == ["cors"]


def test_an_extra_that_a_handler_needs_to_start(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = written(
        """
        import dataclasses
        from restlette import Restlette
        app = Restlette()

        @dataclasses.dataclass
        class Book:
            title: str

        @app.route("/", methods=["POST"])
        async def post(request, body: Book) -> None:
            '''Do.'''
        """
    )
    for name in [*sys.modules]:
        if name.startswith(("cattrs", "restlette.resources.models.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cattrs", None)
    (finding,) = check(module.app)
    assert finding.id == "missing-extra"
    assert 'pip install "restlette[attrs]"' in finding.message


def test_a_router_is_checked_as_well() -> None:
    async def get(request: Any) -> None: ...

    library = Router()
    # Not the application's own, whose imports would be looked at.
    library.add_route("/", dedent)
    assert check(library) == []

    outer, router = Router(), Router()
    router.add_route("/", get)
    outer.mount("/in", router)
    assert [each.id for each in check(outer)] == ["undocumented"]
