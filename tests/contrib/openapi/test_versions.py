"""A document in 3.1, written in another version of OpenAPI."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import (
    OpenAPIV30SpecValidator,
    OpenAPIV31SpecValidator,
    OpenAPIV32SpecValidator,
)

from examples.bookshop.app import app as bookshop
from restlette.contrib.openapi import describe
from restlette.contrib.openapi.versions import VERSIONS, convert
from tests.contrib.openapi.shop import app as shop

VALIDATORS: dict[str, Any] = {
    "3.0": OpenAPIV30SpecValidator,
    "3.1": OpenAPIV31SpecValidator,
    "3.2": OpenAPIV32SpecValidator,
}

SHOP = describe(shop, title="Shop", version="1")


def document(schema: Any) -> dict[str, Any]:
    """A document with one schema in it."""
    return {
        "openapi": "3.1.1",
        "info": {"title": "Shop", "version": "1"},
        "paths": {},
        "components": {"schemas": {"It": schema, "Other": {"type": "string"}}},
    }


def in_3_0(schema: Any) -> Any:
    return convert(document(schema), "3.0")["components"]["schemas"]["It"]


@pytest.mark.parametrize("app", [shop, bookshop], ids=["shop", "bookshop"])
@pytest.mark.parametrize("version", [*VERSIONS])
def test_each_version_is_a_document(version: str, app: Any) -> None:
    made = describe(app, title="Shop", version="1")
    before = deepcopy(made)
    converted = convert(made, version)
    assert converted["openapi"] == VERSIONS[version]
    assert [e.message for e in VALIDATORS[version](converted).iter_errors()] == []
    assert made == before


def test_another_version_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"3\.0, 3\.1, 3\.2, not '2\.0'"):
        convert(SHOP, "2.0")


def test_3_2_has_a_place_for_every_method() -> None:
    item = convert(SHOP, "3.2")["paths"]["/either"]
    assert item["query"]["summary"] == "Look for some."
    assert not any(key.startswith("x-") for key in item)
    odd = {**SHOP, "paths": {"/": {"x-additionalOperations": {"COPY": {}}}}}
    assert convert(odd, "3.2")["paths"]["/"] == {"additionalOperations": {"COPY": {}}}


def test_3_2_has_a_place_for_the_items_of_a_stream() -> None:
    responses = convert(SHOP, "3.2")["paths"]["/changes"]["get"]["responses"]
    assert responses["200"]["content"]["application/x-ndjson"] == {
        "itemSchema": {"$ref": "#/components/schemas/Book"}
    }


def test_what_3_0_has_no_place_for_is_left_out() -> None:
    made = {
        **document({"type": "string"}),
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "webhooks": {},
    }
    made["info"] |= {"summary": "s", "license": {"name": "BSD", "identifier": "x"}}
    made["components"]["pathItems"] = {}
    del made["paths"]
    converted = convert(made, "3.0")
    assert converted == {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1", "license": {"name": "BSD"}},
        "components": {
            "schemas": {"It": {"type": "string"}, "Other": {"type": "string"}}
        },
        "paths": {},
    }
    bare = {"openapi": "3.1.1", "info": {"title": "Shop", "version": "1"}}
    assert convert(bare, "3.0")["paths"] == {}


def test_examples_are_no_schemas() -> None:
    media = {"schema": True, "example": {"schema": True}, "x": [{"schema": False}]}
    made = {**SHOP, "paths": {"/": media}}
    assert convert(made, "3.0")["paths"]["/"] == {
        "schema": {},
        "example": {"schema": True},
        "x": [{"schema": {"not": {}}}],
    }


@pytest.mark.parametrize(
    ("schema", "converted"),
    [
        (True, {}),
        (False, {"not": {}}),
        ({}, {}),
        ({"type": "null"}, {"enum": [None], "nullable": True}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string"]}, {"type": "string"}),
        (
            {"type": ["string", "array"], "maxLength": 3},
            {
                "anyOf": [
                    {"type": "string", "maxLength": 3},
                    {"type": "array", "maxLength": 3, "items": {}},
                ]
            },
        ),
        (
            {"type": ["string", "integer", "null"]},
            {
                "anyOf": [
                    {"type": "string"},
                    {"type": "integer"},
                    {"enum": [None], "nullable": True},
                ]
            },
        ),
        (
            {"anyOf": [{"$ref": "#/components/schemas/Other"}, {"type": "null"}]},
            {
                "anyOf": [
                    {"$ref": "#/components/schemas/Other"},
                    {"enum": [None], "nullable": True},
                ]
            },
        ),
        ({"const": 3}, {"enum": [3]}),
        ({"examples": [1, 2], "type": "integer"}, {"example": 1, "type": "integer"}),
        ({"examples": []}, {}),
        (
            {"type": "number", "exclusiveMinimum": 3},
            {"type": "number", "minimum": 3, "exclusiveMinimum": True},
        ),
        ({"minimum": 4, "exclusiveMinimum": 3}, {"minimum": 4}),
        (
            {"maximum": 4, "exclusiveMaximum": 3},
            {"maximum": 3, "exclusiveMaximum": True},
        ),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": "array", "items": True}, {"type": "array", "items": {}}),
        (
            {"type": "array", "prefixItems": [{"const": 1}, True], "items": False},
            {
                "type": "array",
                "maxItems": 2,
                "items": {"anyOf": [{"enum": [1]}, {}]},
            },
        ),
        (
            {"type": "array", "prefixItems": [{"const": 1}]},
            {"type": "array", "items": {"anyOf": [{"enum": [1]}, {}]}},
        ),
        (
            {"additionalProperties": False, "patternProperties": {"^x": True}},
            {},
        ),
        (
            {"properties": {"a": True}, "additionalProperties": {"const": 1}},
            {"properties": {"a": {}}, "additionalProperties": {"enum": [1]}},
        ),
        ({"not": {"const": 1}}, {}),
        ({"not": {"enum": [1]}}, {"not": {"enum": [1]}}),
        ({"oneOf": [{"enum": [1]}, {}]}, {"oneOf": [{"enum": [1]}, {}]}),
        (
            {"oneOf": [{"const": 1}, {}]},
            {"allOf": [{"anyOf": [{"enum": [1]}, {}]}]},
        ),
        (
            {"$ref": "#/components/schemas/Other", "description": "x"},
            {"allOf": [{"$ref": "#/components/schemas/Other"}], "description": "x"},
        ),
        (
            {"type": "string", "contentEncoding": "base64"},
            {"type": "string", "format": "byte"},
        ),
        (
            {"type": "string", "contentMediaType": "application/octet-stream"},
            {"type": "string", "format": "binary"},
        ),
        (
            {"type": "string", "contentMediaType": "a/b", "contentSchema": {}},
            {"type": "string"},
        ),
    ],
)
def test_schemas_are_written_in_the_dialect_of_3_0(schema, converted) -> None:
    assert in_3_0(schema) == converted
    found = OpenAPIV30SpecValidator(convert(document(schema), "3.0")).iter_errors()
    assert [e.message for e in found] == []


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([1.5, -0.5, "", "a", "abc", "x1"]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "x1"]), below, max_size=3)
    ),
    max_leaves=5,
)
KINDS = ("string", "integer", "number", "boolean", "array", "object", "null")


def keywords(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    bound = st.integers(-3, 3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(KINDS)
            | st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True),
            "const": VALUES,
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "minimum": bound,
            "exclusiveMinimum": bound,
            "maximum": bound,
            "exclusiveMaximum": bound,
            "maxLength": st.integers(0, 3),
            "items": below,
            "prefixItems": st.lists(below, min_size=1, max_size=2),
            "maxItems": st.integers(0, 3),
            "properties": st.dictionaries(st.sampled_from(["a", "b"]), below),
            "patternProperties": st.just({"^x": True}),
            "additionalProperties": below,
            "required": st.lists(st.sampled_from(["a", "b"]), unique=True),
            "anyOf": st.lists(below, min_size=1, max_size=2),
            "allOf": st.lists(below, min_size=1, max_size=2),
            "oneOf": st.lists(below, min_size=1, max_size=2),
            "not": below,
        },
    )


SCHEMAS = st.recursive(st.booleans() | st.just({}), keywords, max_leaves=6)


@given(schema=SCHEMAS, values=st.lists(VALUES, min_size=1, max_size=5))
def test_what_3_1_takes_3_0_takes_too(schema: Any, values: list[Any]) -> None:
    converted = in_3_0(schema)
    for value in values:
        if Draft202012Validator(schema).is_valid(value):
            assert OAS30Validator(converted).is_valid(value), (value, converted)
