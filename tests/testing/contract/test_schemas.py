"""Values held against the schemas of a document."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.testing.contract.schemas import (
    Purpose,
    Schemas,
    followed,
    members_of,
    pointer_to,
    resolve,
)

BOOK: dict[str, Any] = {
    "type": "object",
    "required": ["title", "id", "secret"],
    "properties": {
        "title": {"type": "string", "minLength": 1},
        "id": {"type": "integer", "readOnly": True},
        "secret": {"type": "string", "writeOnly": True},
        "next": {"$ref": "#/components/schemas/Book"},
    },
}
DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Book": BOOK,
            "Open": {"type": "object"},
            "Any": True,
            "Named": {"$ref": "#/components/schemas/Book"},
            "Circle": {"$ref": "#/components/schemas/Circle"},
        }
    }
}

PLACE = "#/components/schemas/Named"


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def flaws(schema: Any, value: Any, purpose: Purpose = "answer") -> list[str]:
    found = Schemas(DOCUMENT).check(schema, value, "#/here", purpose)
    return [f"{each.pointer}: {each.message}" for each in found]


def fits(schema: Any, value: Any, purpose: Purpose = "answer") -> bool:
    return not flaws(schema, value, purpose)


def test_a_flaw_says_what_is_there_and_what_is_declared() -> None:
    """With a pointer into each."""
    (flaw,) = Schemas(DOCUMENT).check(
        {"type": "array", "items": ref("Book")},
        [{"title": "", "id": 1}],
        "#/paths/~1/get/schema",
        "answer",
    )
    assert flaw.pointer == "/0/title"
    assert flaw.value == '""'
    assert flaw.declared == "minLength: 1"
    assert flaw.at == "#/components/schemas/Book/properties/title/minLength"
    (flaw,) = Schemas(DOCUMENT).check({"type": "string"}, 1, "#/a", "answer")
    assert (flaw.pointer, flaw.value, flaw.at) == ("", "1", "#/a/type")
    (flaw,) = Schemas(DOCUMENT).check(False, 1, "#/a", "answer")
    assert (flaw.declared, flaw.at) == ("null", "#/a")


def test_a_place_in_the_document_is_told_once() -> None:
    """However long the list is; what is long is cut off."""
    (flaw,) = Schemas(DOCUMENT).check(
        {"items": {"type": "string"}}, [*range(5000)], "#/a", "answer"
    )
    assert flaw.pointer == "/0"
    (flaw,) = Schemas(DOCUMENT).check({"maxLength": 1}, "a" * 500, "#/a", "answer")
    assert (len(flaw.value), flaw.value[-1]) == (200, "…")


def test_an_answer_has_no_members_but_those_that_are_listed() -> None:
    """Inside of others too; through references, and parts put together."""
    assert flaws(ref("Book"), {"title": "a", "id": 1, "isbn": 1}) == [
        ": Unevaluated properties are not allowed ('isbn' was unexpected)"
    ]
    (flaw,) = Schemas(DOCUMENT).check(
        ref("Book"), {"title": "a", "id": 1, "x": 1}, PLACE, "answer"
    )
    assert flaw.declared == "the members id, next, secret, title"
    assert flaw.at == PLACE
    book = {"title": "a", "id": 1}
    assert fits(ref("Named"), book)
    assert fits(ref("Named"), {**book, "next": book})
    assert not fits(ref("Named"), {**book, "next": {**book, "x": 1}})
    more = {"allOf": [ref("Book"), {"properties": {"isbn": {"type": "string"}}}]}
    assert fits(more, {**book, "isbn": "1"})
    assert not fits(more, {**book, "isbn": "1", "x": 1})
    for keyword in ("anyOf", "oneOf"):
        either = {keyword: [ref("Book"), {"type": "null"}, {"enum": [5]}]}
        assert fits(either, None)
        assert fits(either, book)
        assert not fits(either, {**book, "x": 1})
    assert fits({"properties": {"a": {}}, "anyOf": [{"required": ["a"]}]}, {"a": 1})
    assert not fits({"properties": {"a": {}}, "anyOf": [{"required": []}]}, {"b": 1})


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {"type": "object"},
        {"properties": {"a": {}}, "additionalProperties": {"type": "integer"}},
        {"properties": {"a": {}}, "patternProperties": {"^b": {"type": "integer"}}},
        {"properties": {"a": {}}, "unevaluatedProperties": True},
        {"allOf": [{"properties": {"a": {}}}, {"additionalProperties": True}]},
        {"anyOf": [{"properties": {"a": {}}}, {"type": "object"}]},
        {"anyOf": [{"properties": {"a": {}}}, True]},
        {"anyOf": [{"properties": {"a": {}}}, ref("Open")]},
        {"anyOf": [{"properties": {"a": {}}}, ref("Any")]},
        {"$ref": "#/components/schemas/Open"},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {}},
        {"not": {"properties": {"b": {"type": "string"}}, "required": ["b"]}},
        {"dependentSchemas": {"b": {"required": ["b"]}}},
    ],
)
def test_what_says_that_there_are_others_is_left_open(schema: Any) -> None:
    """By a keyword of its own, or by saying nothing of members at all."""
    assert fits(schema, {"b": 1})


def test_what_stands_inside_is_closed_wherever_it_stands() -> None:
    """In items, tuples, maps, and what an array contains."""
    closed = {"type": "object", "properties": {"a": {}}}
    assert not fits({"items": closed}, [{"b": 1}])
    assert not fits({"prefixItems": [closed]}, [{"b": 1}])
    assert not fits({"additionalProperties": closed}, {"x": {"b": 1}})
    assert not fits({"patternProperties": {"x": closed}}, {"x": {"b": 1}})
    assert not fits({"contains": closed}, [{"b": 1}])
    assert fits({"items": closed}, [{"a": 1}])


def test_each_side_sends_what_is_its_own() -> None:
    """`readOnly` is not the client's to send, and `writeOnly` not the server's."""
    book = {"title": "a", "id": 1}
    new = {"title": "a", "secret": "s"}
    assert fits(ref("Book"), book)
    assert flaws(ref("Book"), new) == [
        ': "id" is a required property',
        '/secret: False schema does not allow "s"',
    ]
    assert fits(ref("Book"), new, "request")
    assert fits(ref("Book"), {**new, "id": 1}, "request")
    assert not fits(ref("Book"), {**new, "id": 1}, "strict request")
    assert fits(ref("Book"), new, "strict request")
    assert not fits(ref("Book"), {**new, "title": ""}, "request")


def test_requests_and_problems_may_have_other_members() -> None:
    """A server may ignore them, and RFC 9457 lets problems have more."""
    new = {"title": "a", "secret": "s", "x": 1}
    assert fits(ref("Book"), new, "request")
    assert not fits(ref("Book"), new, "strict request")
    assert fits(ref("Book"), {"title": "a", "id": 1, "x": 1}, "problem")
    assert not fits(ref("Book"), {"title": "a", "id": 1, "secret": "s"}, "problem")


@pytest.mark.parametrize(
    "name, text, good",
    [
        ("date-time", "2027-01-15T08:00:00Z", True),
        ("date-time", "2027-01-15T08:00:00", True),
        ("date-time", "2027-01-15", False),
        ("date-time", "yesterday", False),
        ("time", "08:00:00", True),
        ("time", "8 o'clock", False),
        ("date", "2027-01-15", True),
        ("date", "15.1.2027", False),
        ("uuid", "00000000-0000-0000-0000-000000000000", True),
        ("uuid", "0", False),
        ("email", "a@b.example", True),
        ("email", "nobody", False),
        ("something-else", "a", True),
    ],
)
def test_formats_count(name: str, text: str, good: bool) -> None:
    """A date that is none is no date, whatever its type."""
    assert fits({"type": "string", "format": name}, text) is good


def test_pointers_are_written_and_followed() -> None:
    """With what has to be escaped (RFC 6901)."""
    assert pointer_to("paths", "/a~b", 0) == "/paths/~1a~0b/0"
    document = {"paths": {"/a~b": [{"c": 1}]}}
    assert resolve(document, "#/paths/~1a~0b/0/c") == 1
    for pointer in ("#/nope", "#/paths/~1a~0b/7", "#/paths/~1a~0b/x", "#/paths/a/b/c"):
        assert resolve(document, pointer) is None
    assert resolve({"a": 1}, "#/a/b") is None


def test_references_are_followed_and_circles_end() -> None:
    """What leads nowhere says nothing."""
    assert followed(DOCUMENT, ref("Named")) is BOOK
    assert followed(DOCUMENT, True) == {}
    assert followed(DOCUMENT, ref("Nope")) == {}
    assert "$ref" in followed(DOCUMENT, ref("Circle"))
    assert members_of(DOCUMENT, ref("Circle")) == []
    parts = {"allOf": [ref("Book"), True], "properties": {"a": {}}}
    assert members_of(DOCUMENT, parts) == ["a", "id", "next", "secret", "title"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=5,
)
schemas = st.recursive(
    st.sampled_from(
        [
            True,
            {},
            {"type": "integer"},
            {"type": "object"},
            {"enum": [1, "a"]},
            ref("Book"),
        ]
    ),
    lambda inner: st.one_of(
        st.builds(lambda s: {"properties": {"a": s}}, inner),
        st.builds(lambda s: {"items": s}, inner),
        st.builds(lambda s, t: {"anyOf": [s, t]}, inner, inner),
        st.builds(lambda s, t: {"allOf": [s, t]}, inner, inner),
        st.builds(lambda s: {"additionalProperties": s}, inner),
    ),
    max_leaves=4,
)


@given(schemas, json_values)
def test_any_value_is_held_against_any_schema(schema: Any, value: Any) -> None:
    """What fits where much is asked fits where less is; the schema stays as it is."""
    before = json.dumps(schema)
    answer = fits(schema, value)
    assert not answer or fits(schema, value, "problem")
    assert not fits(schema, value, "strict request") or fits(schema, value, "request")
    assert json.dumps(schema) == before
