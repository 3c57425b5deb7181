"""Schemas for what is no JSON, and for what changes something."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restlette import JSONPatch, MergePatch
from restlette.contrib.openapi.components import Components
from restlette.contrib.openapi.texts import (
    JSON_PATCH,
    as_text,
    has_file,
    merge_patch,
    parameter,
    without_null,
)
from restlette.http.errors import BadRequest, Conflict, UnprocessableContent
from tests.contrib.openapi.drafts import data_of, mutated, validator

v = attrs.validators
NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, {"type": "string"}),
        ({"type": ["string", "null"], "default": None}, {"type": "string"}),
        (
            {"type": ["string", "null"], "default": ""},
            {"type": "string", "default": ""},
        ),
        (
            {"type": ["string", "integer", "null"]},
            {"type": ["string", "integer"]},
        ),
        ({"enum": ["a", None]}, {"enum": ["a"]}),
        ({"anyOf": [{"$ref": "x"}, NULL], "title": "X"}, {"$ref": "x", "title": "X"}),
        (
            {"anyOf": [{"$ref": "x"}, {"$ref": "y"}, NULL]},
            {"anyOf": [{"$ref": "x"}, {"$ref": "y"}]},
        ),
        ({"anyOf": [{"$ref": "x"}]}, {"anyOf": [{"$ref": "x"}]}),
    ],
)
def test_text_is_never_null(schema: Any, expected: Any) -> None:
    assert without_null(schema) == as_text(schema) == expected


def test_nor_is_an_item_of_several() -> None:
    schema = {"type": ["array", "null"], "items": {"type": ["integer", "null"]}}
    assert as_text(schema) == {"type": "array", "items": {"type": "integer"}}
    assert as_text({"type": "array"}) == {"type": "array"}


def test_a_file_is_known_by_its_format() -> None:
    assert has_file({"type": "string", "format": "binary"})
    assert has_file({"type": "array", "items": {"format": "binary"}})
    assert not has_file({"type": "array", "items": {}})


ARRAY = {"type": "array", "items": {"type": "integer"}}
EXPLODED = {"style": "form", "explode": True}


@pytest.mark.parametrize(
    ("location", "schema", "required", "expected"),
    [
        ("query", {"type": "string"}, False, {"schema": {"type": "string"}}),
        ("cookie", {}, True, {"required": True, "schema": {}}),
        (
            "query",
            {"type": "string", "description": "x", "deprecated": True},
            False,
            {"description": "x", "deprecated": True, "schema": {"type": "string"}},
        ),
        ("query", ARRAY, False, {**EXPLODED, "schema": ARRAY}),
        (
            "query",
            ARRAY,
            True,
            {**EXPLODED, "required": True, "schema": {**ARRAY, "minItems": 1}},
        ),
        ("header", ARRAY, False, {"schema": {"type": "integer"}}),
        ("cookie", {"type": "array"}, False, {"schema": {}}),
    ],
)
def test_a_parameter_says_what_it_reads(
    location: str, schema: Any, required: bool, expected: Any
) -> None:
    found = parameter("x", location, schema, required=required)
    assert found == {"name": "x", "in": location, **expected}


def test_a_merge_patch_has_what_may_change() -> None:
    """RFC 7396: null removes."""
    whole = {
        "type": "object",
        "description": "A book.",
        "minProperties": 2,
        "properties": {
            "title": {"type": "string"},
            "note": {"type": ["string", "null"], "default": None},
            "stock": {"type": "integer", "default": 0},
            "more": {},
            "author": {"$ref": "#/author", "description": "who"},
            "either": {"anyOf": [{"$ref": "#/a"}, NULL], "discriminator": {}},
            "prices": {"type": "object", "additionalProperties": {"type": "number"}},
            "any": {"type": "object"},
        },
        "required": ["title", "author", "prices", "any"],
        "additionalProperties": False,
    }
    assert merge_patch(whole, lambda schema: {"$ref": f"{schema['$ref']}Patch"}) == {
        "type": "object",
        "description": "A book.",
        "properties": {
            "title": {"type": "string"},
            "note": {"type": ["string", "null"]},
            "stock": {"type": ["integer", "null"]},
            "more": {},
            "author": {"$ref": "#/authorPatch", "description": "who"},
            "either": {"anyOf": [{"$ref": "#/aPatch"}, NULL]},
            "prices": {
                "type": "object",
                "additionalProperties": {"type": ["number", "null"]},
            },
            "any": {"type": "object"},
        },
        "additionalProperties": NULL,
    }


# Held to what patches do --------------------------------------------------------------


@attrs.frozen
class Author:
    name: str = attrs.field(validator=v.min_len(1))
    born: int | None = None


@attrs.frozen
class Book:
    title: str = attrs.field(validator=v.max_len(4))
    author: Author
    editor: Author | None = None
    note: str | None = attrs.field(kw_only=True)
    stock: int = 0
    prices: dict[str, float] = attrs.field(factory=dict)
    tags: list[str] = attrs.field(factory=list)
    id: int = attrs.field(init=False, default=1)


BOOK = Book(
    "Dune",
    Author("Herbert", 1920),
    Author("Lanier"),
    note=None,
    prices={"EUR": 9.5},
    tags=["sf"],
)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_merge_patch_and_its_schema_take_the_same(data: st.DataObject) -> None:
    components = Components()
    schema = components.body(MergePatch[Book])[MergePatch.media_type]["schema"]
    allowed = data.draw(data_of(schema, components))
    assert isinstance(MergePatch(allowed, Book).apply(BOOK), Book)
    changed = data.draw(mutated(allowed))
    try:
        MergePatch(changed, Book).apply(BOOK)
    except UnprocessableContent:
        return
    validator(schema, components).validate(changed)


STEPS = st.sampled_from(
    [
        {"op": "add", "path": "/title", "value": "x"},
        {"op": "test", "path": "", "value": None},
        {"op": "remove", "path": "/tags/0"},
        {"op": "move", "path": "/a~0~1b", "from": "/stock", "more": 1},
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_json_patch_and_its_schema_take_the_same(data: st.DataObject) -> None:
    components = Components()
    allowed = data.draw(data_of(JSON_PATCH, components))
    JSONPatch(allowed, Book)
    changed = data.draw(st.lists(STEPS, max_size=3).flatmap(mutated))
    try:
        JSONPatch(changed, Book).apply(BOOK)
    except BadRequest:
        return
    except (Conflict, UnprocessableContent):
        pass
    validator(JSON_PATCH, components).validate(changed)
