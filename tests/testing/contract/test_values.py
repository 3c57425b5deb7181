"""Values of parameters, from text to what their schemas speak of."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.testing.contract.values import Reading, types_of

ALL = {"array", "boolean", "integer", "null", "number", "object", "string"}
DOCUMENT: dict[str, Any] = {
    "defs": {
        "Id": {"type": "integer"},
        "Ids": {"type": "array", "items": {"$ref": "#/defs/Id"}},
        "Circle": {"$ref": "#/defs/Circle"},
    }
}


@pytest.mark.parametrize(
    "schema, types",
    [
        (True, ALL),
        ({}, ALL),
        ({"type": "string"}, {"string"}),
        ({"type": ["string", "null"]}, {"string", "null"}),
        ({"type": "number"}, {"number", "integer"}),
        ({"enum": ["a", 1, None]}, {"string", "integer", "number", "null"}),
        (
            {"enum": [True, 1.5, [], {}]},
            {"boolean", "number", "integer", "array", "object"},
        ),
        ({"const": "a"}, {"string"}),
        ({"$ref": "#/defs/Id"}, {"integer"}),
        ({"$ref": "#/defs/Nope"}, ALL),
        ({"$ref": "#/defs/Circle"}, ALL),
        ({"anyOf": [{"$ref": "#/defs/Id"}, {"type": "null"}]}, {"integer", "null"}),
        ({"oneOf": [{"type": "string"}, {"type": "array"}]}, {"string", "array"}),
        ({"allOf": [{"type": "string"}, {}]}, {"string"}),
    ],
)
def test_a_schema_says_of_what_types_a_value_is(schema: Any, types: set[str]) -> None:
    """Itself, by its values, by its parts, or by what it refers to."""
    assert types_of(DOCUMENT, schema) == types


def read(schema: Any, *texts: str, separator: str | None = None) -> list[Any]:
    return list(Reading.of(DOCUMENT, schema).values(texts, separator))


@pytest.mark.parametrize(
    "schema, text, found",
    [
        ({"type": "integer"}, "5", [5]),
        ({"type": "integer"}, "-5", [-5]),
        ({"type": "integer"}, "5.0", []),
        ({"type": "integer"}, "a", []),
        ({"type": "integer"}, "1" * 5000, []),
        ({"type": "number"}, "1.5", [1.5]),
        ({"type": "number"}, "1e3", [1000.0]),
        ({"type": "number"}, "nan", []),
        ({"type": "boolean"}, "True", [True]),
        ({"type": "boolean"}, "0", [False]),
        ({"type": "boolean"}, "yes", []),
        ({"type": "string"}, "5", ["5"]),
        ({"type": "null"}, "", [None]),
        ({"type": ["integer", "string"]}, "5", [5, "5"]),
        ({"type": ["null", "string"]}, "null", [None, "null"]),
    ],
)
def test_a_text_stands_for_each_value_that_it_may_be(
    schema: Any, text: str, found: list[Any]
) -> None:
    """Of the types that the schema has."""
    assert read(schema, text) == found


def test_an_array_is_its_items() -> None:
    """One text each, or one text for all; of the type that the schema gives them."""
    ids = {"$ref": "#/defs/Ids"}
    assert read(ids, "1", "2") == [[1, 2]]
    assert read(ids, "1, 2", separator=",") == [[1, 2]]
    assert read(ids, "1|x", separator="|") == [[1, "x"]]
    assert read({"type": "array"}, "1") == [[1]]
    nested = {"anyOf": [{"type": "null"}, {"allOf": [True, ids]}]}
    assert read(nested, "1", "2") == [[1, 2]]
    assert read({"type": "array", "items": {"type": "string"}}, "1") == [["1"]]


def test_an_object_is_written_in_ways_of_its_own() -> None:
    """So that its text says nothing."""
    assert Reading.of(DOCUMENT, {"type": "object"}).is_object
    assert not Reading.of(DOCUMENT, {}).is_object


def test_what_comes_more_than_once_is_an_array_or_nothing() -> None:
    """A number is not there twice."""
    assert read({"type": "integer"}, "1", "2") == []


@given(st.text(max_size=20))
def test_any_text_is_some_string(text: str) -> None:
    """And reading it as anything else raises nothing."""
    assert text in read(True, text, separator=",")
