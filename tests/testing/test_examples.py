"""An example is held to what the application answers, in each of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from restlette import (
    Created,
    HTTPEndpoint,
    PlainTextResponse,
    Request,
    Restlette,
)
from restlette.contrib.openapi.examples import Example, ExampleError
from restlette.testing import TestClient
from restlette.testing.examples import (
    Located,
    differences,
    examples_of,
    problems_of,
)


class Books(HTTPEndpoint):
    """Books.

    ```http
    GET /books
    ```
    """

    async def get(self, request: Request) -> dict[str, Any]:
        """Give them.

        ```http
        GET /books

        HTTP/1.1 200 OK
        Content-Type: application/json
        X-Missing: 1

        {"id": 1, "items": [...], ...}
        ```
        """
        return {"id": 1, "items": [1, 2], "more": "x"}

    async def post(self, request: Request) -> Created[Any]:
        """Add one.

        ```sh
        curl -F a=b /
        ```
        """
        return Created(await request.json(), location="/books/1")


class Undocumented(HTTPEndpoint):
    async def get(self, request: Request) -> Any:
        return PlainTextResponse("hello, world")


APP = Restlette()
APP.add_route("/books", Books)
APP.add_route("/again", Books)
APP.add_route("/text", Undocumented)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(APP) as client:
        yield client


def line_of(text: str) -> int:
    with open(__file__, encoding="utf-8") as file:
        lines = file.read().split("\n")
    return next(n for n, line in enumerate(lines, 1) if line == text)


def test_examples_are_given_with_their_place() -> None:
    found = list(examples_of(APP))
    assert [each.name for each in found] == [
        "Books: GET /books",
        "Books.get: GET /books",
        "Books.post",
    ]
    assert isinstance(found[2].example, ExampleError)
    assert all(each.place and each.place.file == __file__ for each in found)
    places = [each.place.line for each in found if each.place]
    assert places[1:] == [
        line_of("        GET /books"),
        line_of("        curl -F a=b /"),
    ]
    assert places[0] == line_of("    GET /books")


def test_a_class_without_source_is_nowhere() -> None:
    source: dict[str, Any] = {"Base": HTTPEndpoint, "__name__": "nowhere"}
    text = (
        "class A(Base):\n    '```http\\nGET /\\n```'\n    def get(self, request): ..."
    )
    exec(text, source)
    app = Restlette()
    app.add_route("/", source["A"])
    source["A"].get.__doc__ = None
    (found,) = examples_of(app)
    assert found.place is None
    # One of the same name, which says something else.
    source["A"].__module__ = __name__
    source["A"].__name__ = "Books"
    assert next(examples_of(app)).place is None


def test_what_has_no_source_is_somewhere() -> None:
    source: dict[str, Any] = {}
    exec("async def get(request):\n    '```http\\nGET /\\n```'", source)
    app = Restlette()
    app.add_route("/", source["get"])
    (found,) = examples_of(app)
    assert found == Located("get", found.place, Example("GET", "/", line=1))


def problems(client: TestClient, *args: Any, **options: Any) -> list[str]:
    found = problems_of(client, Example(*args, **options))
    if found:
        assert found.pop().startswith("the answer was ")
    return found


def test_what_is_true_has_no_problems(client: TestClient) -> None:
    kind = [("content-type", "application/json")]
    answer = '{"id": 1, "items": [1, ...], ...}'
    assert problems(client, "GET", "/books", (), "", 200, kind, answer) == []
    assert problems(client, "GET", "/books") == []
    assert problems(client, "GET", "/text", answer="hello, ...") == []
    assert problems(client, "HEAD", "/text", status=200) == []
    assert problems(client, "GET", "/nothing", status=404, answer="{...}") == []
    body = '{"a": [1.0, null]}'
    location = [("Location", "/books/...")]
    assert problems(client, "POST", "/books", kind, body, 201, location, body) == []
    assert problems(client, "GET", "/text/", status=307) == []


def test_what_is_not_true_is_told(client: TestClient) -> None:
    assert problems(client, "GET", "/nothing") == [
        "the status is 404, an error, of which nothing is said"
    ]
    fields = [("X-Missing", "1"), ("Content-Type", "text/plain")]
    assert problems(client, "GET", "/books", (), "", 201, fields, '{"id": 2}') == [
        "the status is 200, not 201",
        "there is no field X-Missing; it is to be '1'",
        "Content-Type is 'application/json', not 'text/plain'",
        *sorted(
            [
                "the content has 'items', of which nothing is said",
                "the content has 'more', of which nothing is said",
            ]
        ),
        "/id is 1, not 2",
    ]
    assert problems(client, "GET", "/text", answer="bye") == [
        "the content is not 'bye'"
    ]
    (problem,) = problems(client, "GET", "/books", answer="{")
    assert problem.startswith("what is said of the content is no JSON: ")


DIFFERENCES = [
    # realistic
    ({"a": 1}, {"a": 2}, ["/a is 2, not 1"]),
    ({"a": 1}, {}, ["the content has no 'a'"]),
    ({"a": {"b": 1}}, {"a": {}}, ["/a has no 'b'"]),
    ({}, {"a": 1}, ["the content has 'a', of which nothing is said"]),
    ({"...": None}, {"a": 1}, []),
    ([1, 2], [1], ["the content has 1 items, not 2"]),
    ([1, 2], [1, 3], ["/1 is 3, not 2"]),
    ([1, "...", 9], [1, 2, 3, 9], []),
    ([1, "...", 9], [1, 9], []),
    ([1, "...", 9], [1, 2, 8], ["/2 is 8, not 9"]),
    ([1, "...", 9], [1], ["the content has 1 items, less than are said"]),
    ("2026-...", "2026-01-01", []),
    ("a", "b", ["the content is 'b', not 'a'"]),
    ("...", 7, []),
    # synthetic
    (1, True, ["the content is True, not 1"]),
    (None, False, ["the content is False, not None"]),
    (1, 1.0, []),
    (1, "1", ["the content is '1', not 1"]),
    ({}, [], ["the content is [], not {}"]),
    ({"a/b~": 1}, {"a/b~": 2}, ["/a~1b~0 is 2, not 1"]),
]


@pytest.mark.parametrize(("wanted", "value", "told"), DIFFERENCES)
def test_differences_are_told_by_pointer(
    wanted: Any, value: Any, told: list[str]
) -> None:
    assert list(differences(wanted, value)) == told
