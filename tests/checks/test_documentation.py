"""Docstrings that are missing, and those that are no longer true, are told."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import HTTPEndpoint, Request, Restlette, WebSocketEndpoint
from restlette.checks.documentation import check_documentation, described
from tests.checks.conftest import Write

HEAD = """
from typing import Any
import attrs
from marshmallow import Schema, fields
from restlette import *


@attrs.frozen
class Page:
    limit: int = 20


class BookSchema(Schema):
    title = fields.String()
"""


def found(app: Restlette) -> list[tuple[str, str]]:
    findings = check_documentation(app.walk())
    return [(each.id, each.message.partition(",")[0]) for each in findings]


def made(written: Write, source: str) -> Restlette:
    app: Restlette = written(f"{HEAD}\n\napp = Restlette()\n\n\n{source}").app
    return app


def test_parameters_that_the_route_lacks(written: Write) -> None:
    app = made(
        written,
        '''
@app.route("/books/{book_id:int}")
class Book(HTTPEndpoint):
    """A book."""

    store: Any = None

    async def get(self, request: Request, book_id: int, query: Page) -> None:
        """Give it.

        Args:
            book_id: Its number.
            limit: How many; see the query.
            store: A dependency.
            bookid: Its number.
                more: of it.
            volume (int): Which.

        Returns:
            Nothing: at all.
        """

    async def put(self, request: Request, book_id: int) -> None:
        """Put it.

        :param book_id: Its number.
        :param int volume: Which.
        """

    async def delete(self, request: Request, headers: "list[Unknown]") -> None:
        """Delete it.

        Arguments:
            X-Tenant: Whose; asked for by hand.
            headers: What comes.
            x_other: Not there.
        """
        request.headers["x-tenant"]
''',
    )
    module = sys.modules[app.routes[0].endpoint.__module__]
    assert module.__file__ is not None
    with open(module.__file__, encoding="utf-8") as file:
        lines = file.read().split("\n")
    wrong = list(check_documentation(app.walk()))
    assert {each.id for each in wrong} == {"docstring-parameter"}
    places = [lines[each.place.line - 1].strip() for each in wrong if each.place]
    assert places == [
        "bookid: Its number.",
        "volume (int): Which.",
        ":param int volume: Which.",
        "x_other: Not there.",
    ] or sorted(places) == sorted(
        [
            "bookid: Its number.",
            "volume (int): Which.",
            ":param int volume: Which.",
            "x_other: Not there.",
        ]
    )
    first = next(each for each in wrong if "bookid" in each.message)
    assert (
        "the docstring of Book.get describes 'bookid', and GET /books/{book_id:int} "
        in first.message
    )
    assert "did you mean 'book_id'?" in first.message


def test_parameters_of_models_may_be_described(written: Write) -> None:
    app = made(
        written,
        '''
@app.route("/{a}", methods=["POST"])
async def post(
    request: Request,
    a: str,
    query: Page | None = None,
    body: dict[str, Page] | None = None,
) -> None:
    """Do.

    Params:
        a: One.
        limit: Of the page.
        *args: Whatever.
    """

@app.route("/schema")
@accepts(BookSchema)
async def put(request: Request, body: dict[str, Any]) -> None:
    """Do."""

host = Router()

@host.route("/")
async def home(request: Request, shop: str) -> None:
    """Show.

    Args:
        shop: Which.
        size: None such.
    """

app.host("{shop}.example.org", host)
''',
    )
    assert found(app) == [
        ("docstring-parameter", "the docstring of post describes 'args'"),
        ("docstring-parameter", "the docstring of home describes 'size'"),
    ]


def test_fields_of_schemas_may_be_described(written: Write) -> None:
    app = made(
        written,
        '''
from typing import Annotated

@app.route("/", methods=["POST"])
async def post(request: Request, body: Annotated[dict[str, Any], BookSchema]) -> None:
    """Do.

    Args:
        title: Of the book.
        other: Of none.
    """
''',
    )
    assert len(found(app)) <= 2


def test_yaml_names_parameters_of_the_path(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = made(
        written,
        '''
@app.route("/{book_id:int}")
async def get(request: Request, book_id: int) -> None:
    """Do.

    ---
    parameters:
      - {in: path, name: bookid, required: true}
      - {in: path, name: book_id, required: true}
      - {in: query, name: other}
      - text
    """

@app.route("/broken")
async def broken(request: Request) -> None:
    """Do.

    ---
    parameters: [
    """
''',
    )
    name = "the YAML in the docstring of get has a parameter 'bookid' of the path"
    assert found(app) == [("docstring-parameter", name)]
    # Where YAML is not read, nothing is said of it.
    monkeypatch.delitem(sys.modules, "restlette.contrib.openapi.docstrings", False)
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert found(app) == []


def test_handlers_without_docstrings() -> None:
    class Book(HTTPEndpoint):
        async def get(self, request: Request) -> None: ...

        async def put(self, request: Request) -> None:
            """Put it."""

    class Shown(WebSocketEndpoint):
        """Tells."""

    class Silent(WebSocketEndpoint):
        pass

    class Hidden(WebSocketEndpoint):
        pass

    async def ping(request: Request) -> None: ...

    async def quiet(request: Request) -> None: ...

    async def talk(websocket: Any) -> None: ...

    async def foreign(scope: Any, receive: Any, send: Any) -> None: ...

    class App:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    app = Restlette()
    app.add_route("/book", Book)
    app.add_route("/again", Book)
    app.add_route("/head", Book, methods=["GET", "HEAD"])
    app.add_route("/ping", ping)
    app.add_route("/quiet", quiet, include_in_schema=False)
    app.add_route("/shown", Shown)
    app.add_route("/silent", Silent)
    app.add_route("/silent2", Silent)
    app.add_route("/hidden", Hidden, include_in_schema=False)
    app.add_websocket_route("/talk", talk)
    app.add_route("/app", App())
    app.mount("/foreign", foreign)
    messages = [
        each.message.split(" and ")[0] for each in check_documentation(app.walk())
    ]
    prefix = "test_handlers_without_docstrings.<locals>."
    assert [each.removeprefix(prefix) for each in messages] == [
        "Book.get answers GET /book",
        "ping answers GET /ping",
        "Silent holds conversations at /silent",
        "talk answers WEBSOCKET /talk",
    ]
    assert all(each.place is not None for each in check_documentation(app.walk()))


def test_ids_that_two_operations_have(written: Write) -> None:
    app = made(
        written,
        '''
@app.route("/a")
class BookItem(HTTPEndpoint):
    async def get(self, request):
        """Do.

        ---
        operationId: readIt
        """

    async def put(self, request):
        """Do."""

@app.route("/b")
async def other(request):
    """Do.

    ---
    operationId: "readIt"
    """

@app.route("/shared")
class Shared(HTTPEndpoint):
    """Shared.

    ---
    operationId: shared
    """

    async def get(self, request):
        """Do."""

    async def put(self, request):
        """Do."""

@app.route("/c")
async def third(request):
    """Do.

    ---
    operationId: put_book_item
    """

app.add_route("/d", other)

def make():
    async def third(request):
        """Do."""
    return third

app.add_route("/e", make())
app.add_route("/f", make())
''',
    )
    assert found(app) == [
        ("operation-id", "other and BookItem.get have one operationId"),
        ("operation-id", "Shared.put and Shared.get have one operationId"),
        ("operation-id", "third and BookItem.put have one operationId"),
    ]


def test_what_has_no_source_is_placed_where_it_is_registered() -> None:
    source: dict[str, Any] = {}
    exec("async def get(request):\n    'Do.\\n\\nArgs:\\n    x: y.'", source)
    app = Restlette()
    app.add_route("/", source["get"])
    (finding,) = check_documentation(app.walk())
    assert finding.id == "docstring-parameter"


@given(st.text("Args:param \n*(x)", max_size=80))
def test_any_docstring_is_read(text: str) -> None:
    lines = text.split("\n")
    for name, number in described(text):
        assert name in lines[number]


def test_entries_end_with_their_section() -> None:
    text = """Do.

    Args:
        a: One.

        b (int): Two,
            c: of three.
      d: nothing
    e: nothing
    Note:
        f: nothing
    """
    assert [name for name, _ in described(text)] == ["a", "b"]
