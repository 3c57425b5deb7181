"""Differences between two documents, as their clients meet them."""

from copy import deepcopy
from typing import Any

import pytest

from restlette.contrib.openapi import describe
from restlette.contrib.openapi.diff import Change, compare
from tests.contrib.openapi.shop import app as shop

SHOP = describe(shop, title="Shop", version="1")


def document(operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A document with one operation."""
    item = {"get": {"responses": {}, **operation}, "summary": "no operation"}
    return {"openapi": "3.1.1", "paths": {"/": item}, **more}


def told(old: Any, new: Any) -> list[tuple[bool, str, str]]:
    """Whether each change breaks, what it is of within GET /, and what it is."""
    return [
        (each.breaking, each.where.removeprefix("GET /").removeprefix(", "), each.text)
        for each in compare(old, new)
    ]


def given(**parameter: Any) -> dict[str, Any]:
    return {"parameters": [{"name": "q", "in": "query", **parameter}]}


def taken(schema: Any, **more: Any) -> dict[str, Any]:
    """An operation that takes something in JSON."""
    return {
        "requestBody": {"content": {"application/json": {"schema": schema}}, **more}
    }


def answered(schema: Any, status: str = "200") -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"responses": {status: {"description": "", "content": content}}}


def test_a_document_does_not_differ_from_itself() -> None:
    assert compare(SHOP, deepcopy(SHOP)) == []


def test_words_are_no_difference() -> None:
    other = deepcopy(SHOP)
    other["info"]["title"] = "Another"
    other["paths"]["/books"]["get"]["summary"] = "Another"
    other["components"]["schemas"]["Book"]["description"] = "Another"
    assert compare(SHOP, other) == []


def test_a_change_is_a_sentence_with_a_place() -> None:
    (change,) = compare(document({}), {"paths": {}})
    assert change == Change(True, "GET /", "It is gone.", "/paths/~1/get")
    assert str(change) == "breaking: GET /: It is gone."
    (change,) = compare({"paths": {}}, document({}))
    assert str(change) == "compatible: GET /: It is new."


def test_methods_that_3_1_does_not_know_are_compared_too() -> None:
    for key in ("x-additionalOperations", "additionalOperations"):
        one = {"paths": {"/": {key: {"COPY": {"responses": {}}}}}}
        assert [str(each) for each in compare(one, {"paths": {}})] == [
            "breaking: COPY /: It is gone."
        ]


PARAMETER = "the query parameter 'q'"
CONTENT = "the content"
SECURITY = "who may"


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({}, {"deprecated": True}, [(False, "", "It is deprecated.")]),
        ({"deprecated": True}, {"deprecated": True}, []),
        # parameters
        (given(), {}, [(True, PARAMETER, "It is gone.")]),
        (
            {"parameters": [{"name": "x", "in": "header"}]},
            {},
            [(False, "the header parameter 'x'", "It is gone.")],
        ),
        ({}, given(), [(False, PARAMETER, "It is new.")]),
        (
            {},
            given(required=True),
            [(True, PARAMETER, "It is new, and has to be given.")],
        ),
        (
            given(),
            given(required=True),
            [(True, PARAMETER, "It has to be given now.")],
        ),
        (
            given(required=True),
            given(),
            [(False, PARAMETER, "It need not be given any more.")],
        ),
        (
            given(schema={"type": "string"}),
            given(schema={"type": "integer"}),
            [
                (True, PARAMETER, "It is no string any more."),
                (False, PARAMETER, "It may be integer now."),
            ],
        ),
        # content
        ({}, taken({}), [(False, CONTENT, "It is taken now.")]),
        ({}, taken({}, required=True), [(True, CONTENT, "It has to be given now.")]),
        (taken({}), {}, [(True, CONTENT, "None is taken any more.")]),
        (
            taken({}),
            taken({}, required=True),
            [(True, CONTENT, "It has to be given now.")],
        ),
        (
            {"requestBody": {"content": {"a/b": {}}}},
            {"requestBody": {"content": {"c/d": {}}}},
            [
                (True, "the content, a/b", "It is gone."),
                (False, "the content, c/d", "It is new."),
            ],
        ),
        # answers
        (answered({}), {}, [(True, "the answer 200", "It is gone.")]),
        (answered({}, "404"), {}, [(False, "the answer 404", "It is gone.")]),
        ({}, answered({}, "202"), [(True, "the answer 202", "It is new.")]),
        ({}, answered({}, "409"), [(False, "the answer 409", "It is new.")]),
        (
            {"responses": {"200": {"headers": {"ETag": {"required": True}}}}},
            {"responses": {"200": {"headers": {"etag": {}, "Link": {}}}}},
            [
                (True, "the answer 200, the field 'etag'", "It may be missing now."),
                (False, "the answer 200, the field 'link'", "It is new."),
            ],
        ),
        (
            {"responses": {"200": {"headers": {"ETag": {}}}}},
            {"responses": {"200": {}}},
            [(True, "the answer 200, the field 'etag'", "It is gone.")],
        ),
        # security
        (
            {},
            {"security": [{"bearer": []}]},
            [
                (True, SECURITY, "To say nothing of oneself does not do any more."),
            ],
        ),
        (
            {"security": [{"bearer": []}]},
            {"security": [{"bearer": []}, {"key": []}]},
            [(False, SECURITY, "key does now.")],
        ),
        (
            {"security": [{"bearer": [], "key": []}]},
            {"security": [{"bearer": []}]},
            [(False, SECURITY, "bearer does now.")],
        ),
        (
            {"security": [{"bearer": []}]},
            {"security": [{"bearer": [], "key": []}]},
            [(True, SECURITY, "bearer does not do any more.")],
        ),
    ],
)
def test_operations_are_compared(old, new, changes) -> None:
    assert told(document(old), document(new)) == changes


def test_security_of_the_whole_holds_where_nothing_else_is_said() -> None:
    old = document({}, security=[{"bearer": []}])
    assert told(old, document({})) == [
        (False, SECURITY, "To say nothing of oneself does now.")
    ]


@pytest.mark.parametrize(
    ("narrow", "wide", "narrowed", "widened"),
    [
        (
            {"type": "string"},
            {},
            "It is string now.",
            "It may be of any type now.",
        ),
        (
            {"type": "integer"},
            {"type": "number"},
            "It is no number any more.",
            "It may be number now.",
        ),
        (
            {"type": "string"},
            {"type": ["string", "null"]},
            "It is no null any more.",
            "It may be null now.",
        ),
        (
            {"type": "string"},
            {"type": "string", "nullable": True},
            "It is no null any more.",
            "It may be null now.",
        ),
        ({"const": 1}, {}, "It is one of 1 now.", "It may be anything now."),
        (
            {"enum": ["a"]},
            {"enum": ["a", "b"]},
            'It is never "b" now.',
            'It may be "b" now.',
        ),
        (
            {"minimum": 2},
            {"minimum": 1},
            "minimum is 2, and was 1.",
            "minimum is 1, and was 2.",
        ),
        (
            {"maxLength": 2},
            {},
            "maxLength is 2, and was not said.",
            "maxLength is not said, and was 2.",
        ),
        (
            {"maximum": 1},
            {"maximum": 2},
            "maximum is 1, and was 2.",
            "maximum is 2, and was 1.",
        ),
        (
            {"pattern": "a"},
            {},
            'pattern is "a", and was not said.',
            'pattern is not said, and was "a".',
        ),
        (
            {"uniqueItems": True},
            {},
            "No item is there twice now.",
            "An item may be there twice now.",
        ),
        (
            {"required": ["a"], "properties": {"a": {}}},
            {"properties": {"a": {}}},
            "'a' is always there now.",
            "'a' may be missing now.",
        ),
        (
            {"items": False},
            {},
            "There are no more items now.",
            "There may be more items now.",
        ),
        (
            {"anyOf": [{"const": 1}]},
            {},
            "It is one of a choice now.",
            "There is no choice any more.",
        ),
        (
            {"anyOf": [{"title": "A"}]},
            {"anyOf": [{"title": "A"}, {"pattern": "b"}]},
            '{"pattern": "b"} is no choice any more.',
            '{"pattern": "b"} is a choice now.',
        ),
        (
            {"allOf": [{}, {"type": "object"}]},
            {"allOf": [{}]},
            "It has to be object too now.",
            "It need not be object any more.",
        ),
    ],
)
def test_what_is_sent_may_be_widened_and_what_comes_narrowed(
    narrow, wide, narrowed, widened
) -> None:
    def texts(make: Any, old: Any, new: Any) -> list[tuple[bool, str]]:
        changes = compare(document(make(old)), document(make(new)))
        return [(each.breaking, each.text) for each in changes]

    assert texts(taken, wide, narrow) == [(True, narrowed)]
    assert texts(taken, narrow, wide) == [(False, widened)]
    assert texts(answered, wide, narrow) == [(False, narrowed)]
    assert texts(answered, narrow, wide) == [(True, widened)]


JSON = "the content, application/json"
SENT = "the answer 200, application/json"


@pytest.mark.parametrize(
    ("make", "old", "new", "changes"),
    [
        (
            taken,
            {"pattern": "a"},
            {"pattern": "b"},
            [(True, JSON, 'pattern is "b", and was "a".')],
        ),
        (
            taken,
            {"properties": {"a": {}}},
            {"properties": {"b": {}}},
            [
                (False, f"{JSON}, 'a'", "It is gone."),
                (False, f"{JSON}, 'b'", "It is new."),
            ],
        ),
        (
            taken,
            {"properties": {"a": {}}, "additionalProperties": False},
            {"additionalProperties": False},
            [(True, f"{JSON}, 'a'", "It is gone.")],
        ),
        (
            answered,
            {"properties": {"a": {}}, "required": ["a"]},
            {},
            [(True, f"{SENT}, 'a'", "It is gone.")],
        ),
        (
            taken,
            {"required": ["a"]},
            {},
            [(False, JSON, "'a' may be missing now.")],
        ),
        (
            taken,
            {},
            {"additionalProperties": False},
            [(True, JSON, "Nothing else may be in it now.")],
        ),
        (
            answered,
            {"additionalProperties": False},
            {},
            [(False, SENT, "There may be something else in it now.")],
        ),
        (
            taken,
            {"additionalProperties": {"type": "string"}},
            {"additionalProperties": {}},
            [(False, JSON, "It may be of any type now.")],
        ),
        (
            taken,
            {"prefixItems": [{"const": 1}], "items": {"const": 1}},
            {"prefixItems": [{"const": 2}], "items": {"const": 2}},
            [
                (True, f"{JSON}, item 0", "It is never 1 now."),
                (True, f"{JSON}, each item", "It is never 1 now."),
                (False, f"{JSON}, item 0", "It may be 2 now."),
                (False, f"{JSON}, each item", "It may be 2 now."),
            ],
        ),
        (
            taken,
            {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
            {"oneOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]},
            [(True, JSON, "maxLength is 2, and was 3.")],
        ),
        (
            taken,
            {"allOf": [{"minimum": 1}]},
            {"allOf": [{"minimum": 0}]},
            [(False, JSON, "minimum is 0, and was 1.")],
        ),
        (
            taken,
            {"anyOf": [{}, {"const": 1}, True]},
            {"anyOf": [{}]},
            [
                (True, JSON, "1 is no choice any more."),
                (True, JSON, "true is no choice any more."),
            ],
        ),
        (taken, True, False, [(True, JSON, "It is one of  now.")]),
    ],
)
def test_schemas_are_compared(make, old, new, changes) -> None:
    assert told(document(make(old)), document(make(new))) == changes


def test_components_are_compared_once_in_each_direction() -> None:
    """One that holds itself too."""

    def of(maximum: int) -> dict[str, Any]:
        book = {
            "properties": {
                "title": {"maxLength": maximum},
                "next": {"$ref": "#/components/schemas/a~1Book"},
            }
        }
        ref = {"$ref": "#/components/schemas/a~1Book"}
        operation = {**taken(ref), **answered({"anyOf": [ref, {"type": "null"}]})}
        return document(operation, components={"schemas": {"a/Book": book}})

    changes = compare(of(3), of(2))
    assert [(each.breaking, each.pointer) for each in changes] == [
        (True, "/components/schemas/a~1Book/properties/title/maxLength"),
        (False, "/components/schemas/a~1Book/properties/title/maxLength"),
    ]
