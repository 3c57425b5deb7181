"""Answers held against what is declared of them."""

import gzip
from typing import Any

import pytest

from restlette.http.media import MediaType
from restlette.testing.contract.answered import (
    Items,
    answer_breaches,
    body_breaches,
    content_of,
)
from restlette.testing.contract.asked import Asked
from restlette.testing.contract.operations import Answer, Operations
from restlette.testing.contract.schemas import Schemas
from restlette.testing.lint import Observation
from tests.testing.contract.documents import (
    JSON,
    PROBLEM,
    content,
    document,
    kinds,
    sole,
)
from tests.testing.lint.exchanges import seen

AT = "#/paths/~1books/get/responses/200"
BOOK = {"type": "object", "properties": {"id": {"type": "integer"}}}
TYPE = f" | Content-Type: {JSON}"


def declared(answer: Any, status: int = 200) -> tuple[Schemas, Answer]:
    found = document(responses={str(status): answer})
    (operation,) = Operations(found)
    (only,) = operation.answers.values()
    return Schemas(found), only


def asked(**headers: str) -> Asked:
    fields = [(name.encode(), value.encode()) for name, value in headers.items()]
    seen = Observation("GET", "/", fields, 200, [])
    return Asked({"query_string": b""}, seen, b"", was_read=True)


def breaches(
    answer: Any, text: str, body: bytes = b"", *, whole: bool = True, **headers: str
) -> list[Any]:
    exchange = seen(text, body, whole=whole)
    schemas, only = declared(answer, exchange.status)
    return list(answer_breaches(schemas, only, asked(**headers), exchange))


def in_body(answer: Any, text: str, body: bytes) -> list[Any]:
    exchange = seen(text, body)
    schemas, only = declared(answer)
    found = content_of(only, exchange)
    assert found is not None
    return list(body_breaches(schemas, found, exchange))


TOTAL = {"X-Total": {"required": True, "schema": {"type": "integer"}}}
MAYBE = {
    "X-Total": {
        "required": False,
        "schema": {"type": "array", "items": {"type": "integer"}},
    }
}


@pytest.mark.parametrize(
    "answer, text, body",
    [
        ({"headers": TOTAL}, "GET / -> 200 | X-Total: 5", b""),
        ({"headers": MAYBE}, "GET / -> 200 | X-Total: 5, 6", b""),
        ({"headers": MAYBE}, "GET / -> 200", b""),
        ({"headers": {"X-Total": {}}}, "GET / -> 200 | X-Total: a", b""),
        ({"headers": {"X-Total": {}}}, "GET / -> 200", b""),
        ({"headers": {"Location": {}}}, "GET / -> 200", b""),
        (content(), f"GET / -> 200{TYPE}; charset=utf-8", b"{}"),
        (content(media_type="text/*"), "GET / -> 200 | Content-Type: text/csv", b"a"),
        (content(media_type="text/csv"), "GET / -> 200 | Content-Type: text/csv", b""),
        (content(), "HEAD / -> 200", b""),
        (content(), "GET / -> 304", b""),
        (content(), "GET / -> 200", b"no type: for the lint"),
        ({}, "GET / -> 200", b""),
        ({}, "GET / -> 303 | Content-Type: text/plain", b"over there"),
        ({}, f"GET / -> 200{TYPE}", b"{}"),
        ({}, f"GET / -> 404 | Content-Type: {PROBLEM}", b"{}"),
        ({}, "GET / -> 404 | Content-Type: text/plain", b"a"),
        (
            content(media_type=PROBLEM),
            f"GET / -> 404 | Content-Type: {PROBLEM}",
            b"{}",
        ),
    ],
)
def test_what_is_declared_is_no_breach(answer: Any, text: str, body: bytes) -> None:
    """Nor is what HTTP has for all answers."""
    assert breaches(answer, text, body) == []


@pytest.mark.parametrize(
    "answer, text, body, message",
    [
        (
            {"headers": TOTAL},
            "GET / -> 200",
            b"",
            "header: the header field 'x-total' is not there",
        ),
        (
            {"headers": TOTAL},
            "GET / -> 200 | X-Total: many",
            b"",
            "header: the header field 'x-total' is no integer",
        ),
        ({"headers": TOTAL}, "HEAD / -> 200", b"", None),
        ({"headers": TOTAL}, "GET / -> 200", b"", None),
        (
            content(),
            "GET / -> 200 | Content-Type: text/html",
            b"<p>",
            "media type: the answer's media type is not declared",
        ),
        (content(), "GET / -> 200", b"", "body: the answer has no content"),
        (
            content(media_type="text/csv"),
            f"GET / -> 404 | Content-Type: {PROBLEM}",
            b"{}",
            "media type: the answer's media type is not declared",
        ),
        (
            content(media_type=PROBLEM),
            "GET / -> 404 | Content-Type: text/plain",
            b"a",
            "media type: the answer's media type is not declared",
        ),
        (
            content(media_type=PROBLEM),
            "GET / -> 404 | Content-Type: text/csv",
            b"a",
            "media type: the answer's media type is not declared",
        ),
    ],
)
def test_what_is_not_declared_is_a_breach(
    answer: Any, text: str, body: bytes, message: str | None
) -> None:
    """It says what is wrong; HEAD has the fields of GET."""
    found = breaches(answer, text, body)
    assert kinds(found) == [
        message or "header: the header field 'x-total' is not there"
    ]


def test_a_breach_says_what_came_and_what_is_declared() -> None:
    """And where."""
    found = sole(breaches({"headers": TOTAL}, "GET / -> 200 | X-Total: many"))
    assert found[2:] == ("many", "type: integer", f"{AT}/headers/X-Total/schema")
    found = sole(breaches(content(), "GET / -> 200 | Content-Type: A/B", b"a"))
    assert found[2:] == ("a/b", JSON, AT)
    found = sole(breaches(content(), "GET / -> 200"))
    assert found[2:] == ("nothing", JSON, AT)


def test_a_problem_is_text_to_those_who_refuse_json() -> None:
    """As the framework answers them."""
    answer = content(media_type=PROBLEM)
    text = "GET / -> 404 | Content-Type: text/plain"
    assert breaches(answer, text, b"a", accept="text/plain") == []
    assert len(breaches(answer, text, b"a", accept="*/*")) == 1
    assert len(breaches(answer, text.replace("404", "200"), b"a", accept="text/*")) == 1


def test_an_answer_that_is_being_sent_has_its_media_type() -> None:
    """Before anything of its content is there."""
    text = "GET / -> 200 | Content-Type: text/html"
    assert len(breaches(content(), text, whole=False)) == 1
    assert breaches(content(), f"GET / -> 200{TYPE}", whole=False) == []


def test_a_body_is_held_against_its_schema() -> None:
    """JSON of any name, and text; what has no schema is anything."""
    assert in_body(content(BOOK), f"GET / -> 200{TYPE}", b'{"id": 1}') == []
    found = sole(in_body(content(BOOK), f"GET / -> 200{TYPE}", b'{"id": "a"}'))
    assert found == (
        "body",
        'response body /id: "a" is not of type "integer"',
        '"a"',
        'type: "integer"',
        f"{AT}/content/application~1json/schema/properties/id/type",
    )
    extra = in_body(content(BOOK), f"GET / -> 200{TYPE}", b'{"x": 1}')
    assert sole(extra).message == (
        "response body (the whole): Unevaluated properties are not allowed "
        "('x' was unexpected)"
    )
    problem = content(BOOK, PROBLEM)
    text = f"GET / -> 200 | Content-Type: {PROBLEM}"
    assert in_body(problem, text, b'{"x": 1}') == []
    assert len(in_body(problem, text, b'{"id": ""}')) == 1
    plain = content({"type": "string", "maxLength": 1}, "text/plain")
    text = "GET / -> 200 | Content-Type: text/plain; charset=latin-1"
    assert in_body(plain, text, b"\xe9") == []
    assert len(in_body(plain, text, b"\xe9a")) == 1
    assert in_body({"content": {"text/plain": {}}}, text, b"ab") == []
    image = content({"type": "integer"}, "image/png")
    assert in_body(image, "GET / -> 200 | Content-Type: image/png", b"a") == []


def test_a_body_that_is_no_json_is_for_the_lint() -> None:
    """Which says so for every answer."""
    assert in_body(content(BOOK), f"GET / -> 200{TYPE}", b"{") == []
    assert in_body(content(BOOK), f"GET / -> 200{TYPE}", b"[" * 100_000) == []


def test_a_coding_is_undone() -> None:
    """Where the standard library can."""
    text = f"GET / -> 200{TYPE} | Content-Encoding: "
    assert len(in_body(content(BOOK), text + "gzip", gzip.compress(b"[]"))) == 1
    assert in_body(content(BOOK), text + "gzip", gzip.compress(b"{}")) == []
    assert in_body(content(BOOK), text + "gzip", b"none") == []
    assert in_body(content(BOOK), text + "br", b"[]") == []


def test_content_without_a_type_has_no_declaration() -> None:
    """There is nothing to look it up by."""
    schemas, answer = declared(content(BOOK))
    exchange = seen("GET / -> 200", b"{}")
    assert content_of(answer, exchange) is None
    (found,) = answer.contents
    assert list(body_breaches(schemas, found, exchange)) == []


def test_every_item_of_a_sequence_is_held_against_the_schema() -> None:
    """Lines of JSON, in either form of line."""
    lines = content(BOOK, "application/x-ndjson")
    text = "GET / -> 200 | Content-Type: application/x-ndjson"
    assert in_body(lines, text, b'{"id": 1}\n\r\n{"id": 2}\r\n{"id": 3}') == []
    assert kinds(in_body(lines, text, b'{"id": 1}\n{"id": ""}\nnone')) == [
        'body: item 1 /id: "" is not of type "integer"',
        'body: item 2 (the whole): "none" is not of type "object"',
    ]
    item = {"content": {"application/json-seq": {"itemSchema": BOOK}}}
    text = "GET / -> 200 | Content-Type: application/json-seq"
    found = in_body(item, text, b'\x1e{"id": 1}\n\x1e{"id": ""}\n')
    assert sole(found).at.endswith("/itemSchema/properties/id/type")
    nothing = {"content": {"application/json-seq": {}}}
    assert in_body(nothing, text, b"{") == []


EVENTS = "GET / -> 200 | Content-Type: text/event-stream"


def test_what_is_sent_in_an_event_is_held_against_the_schema() -> None:
    """Of however many lines; comments and other fields are not looked at."""
    events = content(BOOK, "text/event-stream")
    body = b': hello\n\nid: 7\ndata: {"id":\ndata: 1}\n\ndata:{"id": ""}\n\nid: 8\n\n'
    assert kinds(in_body(events, EVENTS, body)) == [
        'body: item 1 /id: "" is not of type "integer"'
    ]


def test_an_event_is_held_against_the_schema_of_events() -> None:
    """As OpenAPI 3.2 has it, and what is in it against the schema of that."""
    data = {"type": "string", "contentSchema": BOOK}
    event = {
        "type": "object",
        "properties": {"data": data, "event": {"enum": ["sold"]}},
    }
    events = content({"type": "string"}, "text/event-stream", **{"x-itemSchema": event})
    body = b': hi\nid: 7\nevent: sold\ndata: {"id": 1}\n\n'
    assert in_body(events, EVENTS, body) == []
    found = in_body(events, EVENTS, body + body.replace(b"1", b'""'))
    assert sole(found).message == 'item 1 /id: "" is not of type "integer"'
    assert sole(found).at.endswith(
        "/x-itemSchema/properties/data/contentSchema/properties/id/type"
    )
    found = in_body(events, EVENTS, body.replace(b"sold", b"bought"))
    assert sole(found).message == 'item 0 /event: "bought" is not one of "sold"'
    del data["contentSchema"]
    assert in_body(events, EVENTS, body.replace(b"1", b'""')) == []


def test_a_sequence_may_be_declared_as_a_list_or_as_text() -> None:
    """An array has items; text is that of the whole, and no item's."""
    text = "GET / -> 200 | Content-Type: application/jsonl"
    lines = content({"type": "array", "items": BOOK}, "application/jsonl")
    found = in_body(lines, text, b'{"id": 1}\n{"id": ""}\n')
    assert sole(found).at.endswith("/schema/items/properties/id/type")
    whole = content({"type": "string"}, "application/jsonl")
    assert in_body(whole, text, b"{}") == []


def test_items_are_looked_at_as_they_come() -> None:
    """Pieces need not end where items do."""
    schemas, answer = declared(content(BOOK, "application/jsonl"))
    items = Items(
        schemas, next(iter(answer.contents)), MediaType("application", "jsonl")
    )
    assert items.feed(b'{"id": ') == []
    assert len(items.feed(b'""}\n{"id"')) == 1
    assert items.feed(b': ""}') == []
    assert len(items.end()) == 1
    assert items.end() == []
