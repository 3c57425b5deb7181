"""Examples in docstrings are read as they are written, and put into the document."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import Created, HTTPEndpoint, Request, Restlette
from restlette.contrib.openapi import DocstringError, describe
from restlette.contrib.openapi.examples import (
    Example,
    ExampleError,
    examples,
    exemplify,
    read_json,
)

HTTP = """Give a book.

    Text with ``` in it.

    ```http
    GET /books/1?full=1 HTTP/1.1
    Accept: application/json
    X-Empty:

    HTTP/1.1 200 OK
    Content-Type: application/json

    {
      "id": 1
    }

    POST /books
    Content-Type: application/json

    {"title": "Dune"}

    HTTP/1.1 201
    ```

    ~~~http

    DELETE /books/1
    ~~~

    ```json
    {"not": "an example"}
    ```
    """


def test_messages_as_they_go_over_the_wire() -> None:
    accept, empty = ("Accept", "application/json"), ("X-Empty", "")
    kind = ("Content-Type", "application/json")
    answer = '{\n  "id": 1\n}'
    assert examples(HTTP) == [
        Example(
            "GET", "/books/1?full=1", (accept, empty), "", 200, (kind,), answer, line=5
        ),
        Example("POST", "/books", (kind,), '{"title": "Dune"}', 201, (), None, line=16),
        Example("DELETE", "/books/1", (), "", None, (), None, line=26),
    ]


def curl(*lines: str, language: str = "sh") -> list[Example]:
    return examples("\n".join([f"```{language}", *lines, "```"]))


FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = (("Accept", "application/json"), ("Content-Type", "application/json"))

COMMANDS = [
    # realistic
    ("curl localhost:8000/books", Example("GET", "/books")),
    ("curl http://localhost:8000/books?q=a", Example("GET", "/books?q=a")),
    ("curl /books", Example("GET", "/books")),
    ("curl http://localhost", Example("GET", "/")),
    ("curl -X DELETE /books/1", Example("DELETE", "/books/1")),
    ("curl -XPUT /books/1 -d a=1", Example("PUT", "/books/1", (FORM,), "a=1")),
    ("curl --request=PUT /a", Example("PUT", "/a")),
    ("curl /a --json '{\"a\": 1}'", Example("POST", "/a", JSON, '{"a": 1}')),
    ("curl /a -d a=1 --data-raw b=2", Example("POST", "/a", (FORM,), "a=1&b=2")),
    ("curl -G /a -d a=1", Example("GET", "/a?a=1")),
    ("curl -G '/a?x=1' -d a=1", Example("GET", "/a?x=1&a=1")),
    ("curl -I /a", Example("HEAD", "/a")),
    ("curl -sSi /a", Example("GET", "/a")),
    ("curl --silent /a", Example("GET", "/a")),
    ("curl -H 'X-A: b' /a", Example("GET", "/a", (("X-A", "b"),))),
    (
        "curl -u me:pw /a",
        Example("GET", "/a", (("Authorization", "Basic bWU6cHc="),)),
    ),
    (
        "curl -b a=1 -A me -e /b /a",
        Example(
            "GET", "/a", (("Cookie", "a=1"), ("User-Agent", "me"), ("Referer", "/b"))
        ),
    ),
    (
        "curl --url /a -H 'content-type: text/plain' -d x",
        Example("POST", "/a", (("content-type", "text/plain"),), "x"),
    ),
    (
        "curl /a -H 'accept: */*' --json 1",
        Example("POST", "/a", (("accept", "*/*"), JSON[1]), "1"),
    ),
    ("$ curl /a  # a comment", Example("GET", "/a")),
]


@pytest.mark.parametrize(("command", "example"), COMMANDS)
def test_commands_of_curl(command: str, example: Example) -> None:
    assert curl(command) == [example._replace(line=1)]


def test_what_a_command_prints() -> None:
    found = curl(
        "# a comment",
        "pip install x",
        "$ curl /a",
        '{"a": 1}',
        "",
        "$ curl -i /b \\",
        "    --json '{",
        '      "b": 2}\'',
        "HTTP/1.1 201 Created",
        "Location: /b/1",
        "",
        '{"b": 2, ...}',
        "$ curl /c",
        language="console",
    )
    assert [(each.method, each.target, each.line) for each in found] == [
        ("GET", "/a", 3),
        ("POST", "/b", 6),
        ("GET", "/c", 13),
    ]
    assert [(each.status, each.answer) for each in found] == [
        (None, '{"a": 1}'),
        (201, '{"b": 2, ...}'),
        (None, None),
    ]
    assert found[1].fields == (("Location", "/b/1"),)
    assert json.loads(found[1].content) == {"b": 2}


WRONG = [
    ("http", "nothing to see", 1, "begins with a request"),
    ("http", "GET /a\nno field", 2, "'no field' is no header field"),
    ("http", "GET /a\n\nHTTP/1.1 200\nno field", 4, "is no header field"),
    ("sh", "curl", 0, ""),
    ("sh", "curl --silent", 1, "one URL, not 0"),
    ("sh", "curl /a /b", 1, "one URL, not 2"),
    ("sh", "curl /a -H broken", 1, "'broken' is no header field"),
    ("sh", "curl /a -X", 1, "-X of curl is given a value"),
    ("sh", "curl 'a", 1, "a quote of the command does not end"),
    ("sh", "curl http://[a/", 1, "is no URL"),
    ("sh", "curl -F a=@b /a", 1, "-F of curl is not read here"),
    ("sh", "curl --form=a /a", 1, "--form=a of curl is not read here"),
]


@pytest.mark.parametrize(("language", "text", "line", "problem"), WRONG)
def test_what_cannot_be_read(language: str, text: str, line: int, problem: str) -> None:
    if not problem:
        assert curl(text) == []
        return
    with pytest.raises(ExampleError) as caught:
        curl(*text.split("\n"), language=language)
    assert problem in caught.value.problem
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line + 1} of the docstring: ")


def test_an_empty_block_has_no_examples() -> None:
    assert curl("", language="http") == []
    assert examples("```http\nGET /a") == []
    assert examples("   ```sh\n  curl /a\n   ```") == [Example("GET", "/a", line=1)]
    # A quote that never ends is none of ours, unless curl has it.
    assert curl("echo 'it", "curl /a") == [Example("GET", "/a", line=2)]


@given(st.text("`http\nGETsc/ 12.:{}$url-d'\"\\#", max_size=120))
def test_any_docstring_is_read_or_refused(text: str) -> None:
    try:
        found = examples(f"```http\n{text}\n```\n```sh\n{text}\n```")
    except ExampleError:
        return
    assert all(isinstance(each, Example) for each in found)


READ = [
    ('{"a": 1, ...}', {"a": 1, "...": None}),
    ('{..., "a": 1}', {"a": 1, "...": None}),
    ('{"a": ...}', {"a": "..."}),
    ('{"a": {...}}', {"a": {"...": None}}),
    ("[1, ...]", [1, "..."]),
    ("[...]", ["..."]),
    ("...", "..."),
    ('"a ... \\" ... b"', 'a ... " ... b'),
    ('[1.5, -2e3, true, "x"]', [1.5, -2000.0, True, "x"]),
    ('{"a": [{"b": 1}, ...], ...}', {"a": [{"b": 1}, "..."], "...": None}),
]


@pytest.mark.parametrize(("text", "data"), READ)
def test_dots_stand_for_whatever_there_is(text: str, data: Any) -> None:
    assert read_json(text) == data


@pytest.mark.parametrize("text", ["{", "]", "..", "{a}", "", "1.", '"'])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_json(text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_json_without_dots_is_json(data: Any) -> None:
    assert read_json(json.dumps(data)) == data


@attrs.frozen
class Book:
    title: str


class Books(HTTPEndpoint):
    async def get(self, request: Request) -> list[Book]:
        """List them.

        ```http
        GET /books

        HTTP/1.1 200 OK

        [{"title": "Dune"}]
        ```

        ```http
        GET /books

        HTTP/1.1 200 OK

        [{"title": "Emma"}, ...]
        ```
        """
        return []

    async def post(self, request: Request, body: Book) -> Created[Book]:
        """Add one.

        ```sh
        $ curl -i /books --json '{"title": "Dune"}'
        HTTP/1.1 201 Created
        Content-Type: application/json; charset=utf-8

        {"title": "Dune"}
        ```
        """
        return Created(body)


def test_examples_stand_in_the_document() -> None:
    app = Restlette()
    app.add_route("/books", Books)
    operations = describe(app)["paths"]["/books"]
    value = {"title": "Dune"}
    media = operations["get"]["responses"]["200"]["content"]["application/json"]
    assert media["examples"] == {"example1": {"value": [value]}}
    media = operations["post"]["requestBody"]["content"]["application/json"]
    assert media["examples"] == {"example": {"value": value}}
    media = operations["post"]["responses"]["201"]["content"]["application/json"]
    assert media["examples"] == {"example": {"value": value}}


def test_an_example_that_cannot_be_read_is_an_error_of_the_docstring() -> None:
    async def get(request: Request) -> None:
        """Do.

        ```sh
        curl -F a=b /
        ```
        """

    app = Restlette()
    app.add_route("/", get)
    with pytest.raises(DocstringError, match="-F of curl is not read here"):
        describe(app)


def test_what_is_not_declared_stands_nowhere() -> None:
    operation: dict[str, Any] = {
        "responses": {
            "2XX": {"content": {"application/json": {}, "text/plain": {}}},
            "404": {},
        }
    }
    text = (("Content-Type", "text/plain"),)
    exemplify(
        operation,
        [
            Example("GET", "/", answer="no json"),
            Example("GET", "/", answer="hello", fields=text),
            Example("GET", "/", answer="<a>", fields=(("Content-Type", "text/html"),)),
            Example("GET", "/", status=404, answer="{}"),
            Example("GET", "/", status=500, answer="{}"),
            Example("GET", "/", content="{}"),
        ],
    )
    content = operation["responses"]["2XX"]["content"]
    assert content == {
        "application/json": {},
        "text/plain": {"examples": {"example2": {"value": "hello"}}},
    }
