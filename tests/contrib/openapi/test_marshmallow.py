"""What marshmallow's Schemas become, held to what they load and dump."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from enum import Enum
from itertools import count
from math import inf
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import EXCLUDE, Schema, fields, validate

from restlette.contrib.openapi import marshmallow as module
from restlette.contrib.openapi.components import Components
from restlette.contrib.openapi.schemas import Direction
from restlette.http.json import STANDARD
from restlette.resources.models import Invalid, model_for
from tests.contrib.openapi.drafts import data_of, mutated, validator


class Color(Enum):
    RED = "r"
    BLUE = "b"


BOUNDS = st.builds(
    lambda low, width, min_in, max_in: validate.Range(
        low, low + width, min_inclusive=min_in, max_inclusive=max_in
    ),
    st.integers(-3, 3),
    st.integers(2, 4),
    st.booleans(),
    st.booleans(),
)
LENGTHS = st.builds(
    lambda low, width: validate.Length(low, low + width),
    st.integers(0, 2),
    st.integers(0, 3),
) | st.builds(lambda length: validate.Length(equal=length), st.integers(0, 2))
TEXTS = LENGTHS | st.sampled_from(
    [
        validate.OneOf(["a", "b"]),
        validate.NoneOf(["a"]),
        validate.Equal("a"),
        validate.Regexp("[a-c]+$"),
        validate.Regexp("x|y"),
        validate.And(validate.Length(1), validate.NoneOf(["b"])),
    ]
)

# Fields that take one form alone, so that what is loaded is what is documented.
STRICT: dict[str, st.SearchStrategy[Any]] = {
    "Integer": BOUNDS | st.just(validate.OneOf([1, 2])),
    "String": TEXTS,
    "Raw": st.nothing(),
    "Enum": st.nothing(),
    "Choice": st.nothing(),
}
# Those that take other forms as well.
LAX: dict[str, st.SearchStrategy[Any]] = {
    "Float": BOUNDS,
    "Boolean": st.nothing(),
    "UUID": st.nothing(),
    "Date": st.nothing(),
    "DateTime": st.nothing(),
    "AwareDateTime": st.nothing(),
    "NaiveDateTime": st.nothing(),
    "Time": st.nothing(),
    "Timestamp": st.nothing(),
    "TimeDelta": st.nothing(),
    "Decimal": st.nothing(),
    "IPv4": st.nothing(),
    "IP": st.nothing(),
    "Constant": st.nothing(),
}
SPECIAL: dict[str, Any] = {
    "Integer": lambda **options: fields.Integer(strict=True, **options),
    "Enum": lambda **options: fields.Enum(Color, **options),
    "Choice": lambda **options: fields.Enum(Color, by_value=True, **options),
    "Timestamp": lambda **options: fields.DateTime("timestamp", **options),
    "Constant": lambda **options: fields.Constant(3, **options),
}
NUMBER = count()


@st.composite
def single(draw: st.DrawFn, table: dict[str, Any]) -> Any:
    """A field of one value."""
    kind = draw(st.sampled_from(list(table)))
    asked = draw(st.none() | table[kind])
    options = {
        "validate": asked and [asked],
        "allow_none": draw(st.booleans()),
        "required": draw(st.booleans()),
    }
    if kind == "Constant":
        del options["required"]
    return SPECIAL.get(kind, getattr(fields, kind, None))(**options)


@st.composite
def some_field(draw: st.DrawFn, table: dict[str, Any], depth: int) -> Any:
    if depth == 0:
        return draw(single(table))
    options: dict[str, Any] = {
        "required": draw(st.booleans()),
        "allow_none": draw(st.booleans()),
        "validate": draw(st.lists(LENGTHS, max_size=1)),
    }
    inner = draw(some_field(table, depth - 1))
    match draw(st.sampled_from(["one", "list", "tuple", "dict", "nested", "only"])):
        case "one":
            return draw(single(table))
        case "list":
            return fields.List(inner, **options)
        case "tuple":
            del options["validate"]
            return fields.Tuple((inner, draw(single(table))), **options)
        case "dict":
            key = draw(st.sampled_from([None, fields.String(validate=LONG)]))
            return fields.Dict(keys=key, values=inner, **options)
        case "only":
            return fields.List(
                fields.String(),
                validate=draw(st.sampled_from([ONLY, NONE_OF])),
            )
    del options["validate"]
    return fields.Nested(draw(schemas(table, depth - 1)), **options)


LONG = validate.Length(max=3)
ONLY, NONE_OF = validate.ContainsOnly(["a", "b"]), validate.ContainsNoneOf(["a"])


@st.composite
def schemas(draw: st.DrawFn, table: dict[str, Any], depth: int = 2) -> Any:
    names = draw(st.lists(st.sampled_from("abc"), unique=True, max_size=3))
    members = {name: draw(some_field(table, depth)) for name in names}
    for name, field in members.items():
        side = draw(st.sampled_from(["both", "both", "both", "dump", "load"]))
        field.dump_only, field.load_only = side == "dump", side == "load"
        # What is loaded below has nothing for it.
        field.required = field.required and side != "dump"
        field.data_key = draw(st.sampled_from([None, f"{name}Key"]))
    return Schema.from_dict(members, name=f"Thing{next(NUMBER)}Schema")


# What single fields become ------------------------------------------------------------

NUMERAL = "^-?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$"
DATE_PATTERN = "^(?:0[1-9]|[12][0-9]|3[01])\\.(?:0[1-9]|1[0-2])\\.[0-9]{4}$"


def described(field: Any, direction: Direction = "taken") -> dict[str, Any]:
    """What a field becomes; other Schemas are told by their names."""

    def refer(key: Any, name: str, build: Any) -> dict[str, Any]:
        return {"$ref": name}

    schema = Schema.from_dict({"it": field})()
    return module._Converter(refer, direction).field2property(schema.fields["it"])


class TagSchema(Schema):
    name = fields.String(required=True)


class OpenSchema(Schema):
    class Meta:
        unknown = EXCLUDE


BECOME = [
    # a field, what it becomes in both directions
    (fields.Integer(), {"type": "integer"}),
    (fields.Integer(strict=True, as_string=False), {"type": "integer"}),
    (fields.Float(), {"type": "number"}),
    (fields.String(), {"type": "string"}),
    (fields.Boolean(), {"type": "boolean"}),
    (fields.UUID(), {"type": "string", "format": "uuid"}),
    (fields.Email(), {"type": "string", "format": "email"}),
    (fields.Url(), {"type": "string", "format": "uri"}),
    (fields.Url(relative=True), {"type": "string", "format": "uri-reference"}),
    (fields.IPv4(), {"type": "string", "format": "ipv4"}),
    (fields.IPv6(), {"type": "string", "format": "ipv6"}),
    (
        fields.IP(),
        {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]},
    ),
    (fields.IPv4Interface(), {"type": "string"}),
    (fields.Raw(), {"not": {"type": "null"}}),
    (fields.Raw(allow_none=True), {}),
    (fields.Function(str, str), {}),
    (fields.Date(), {"type": "string", "format": "date"}),
    (fields.Date(format="iso"), {"type": "string", "format": "date"}),
    (fields.Date(format="%d.%m.%Y"), {"type": "string", "pattern": DATE_PATTERN}),
    (fields.Date(format="%A"), {"type": "string"}),
    (fields.Time(), {"type": "string", "format": "time"}),
    (
        fields.Time(format="%H:%M%%"),
        {"type": "string", "pattern": "^(?:[01][0-9]|2[0-3]):[0-5][0-9]%$"},
    ),
    (fields.DateTime(), {"type": "string", "format": "date-time"}),
    (fields.DateTime("iso8601"), {"type": "string", "format": "date-time"}),
    (fields.AwareDateTime(), {"type": "string", "format": "date-time"}),
    (fields.NaiveDateTime(timezone=UTC), {"type": "string", "format": "date-time"}),
    (
        fields.NaiveDateTime(),
        {
            "type": "string",
            "format": "date-time-local",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
            "(?:\\.[0-9]{1,6})?$",
        },
    ),
    (
        fields.DateTime("%Y-%m"),
        {"type": "string", "pattern": "^[0-9]{4}-(?:0[1-9]|1[0-2])$"},
    ),
    (fields.List(fields.Integer()), {"type": "array", "items": {"type": "integer"}}),
    (
        fields.Tuple((fields.Integer(), fields.String())),
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
        },
    ),
    (fields.Tuple(()), {"type": "array", "minItems": 0, "maxItems": 0}),
    (fields.Dict(), {"type": "object"}),
    (
        fields.Dict(fields.String(validate=validate.Length(1)), fields.Integer()),
        {
            "type": "object",
            "propertyNames": {"type": "string", "minLength": 1},
            "additionalProperties": {"type": "integer"},
        },
    ),
    (
        fields.Dict(keys=fields.Integer()),
        {"type": "object", "propertyNames": {"pattern": NUMERAL}},
    ),
    (fields.Enum(Color), {"type": "string", "enum": ["RED", "BLUE"]}),
    (fields.Enum(Color, by_value=True), {"enum": ["r", "b"]}),
    (
        fields.Enum(Color, by_value=fields.String, allow_none=True),
        {"anyOf": [{"type": "string", "enum": ["r", "b"]}, {"type": "null"}]},
    ),
    (fields.Nested(TagSchema), {"$ref": "Tag"}),
    (fields.Nested(TagSchema, many=True), {"type": "array", "items": {"$ref": "Tag"}}),
    (
        fields.Nested(TagSchema, allow_none=True),
        {"anyOf": [{"$ref": "Tag"}, {"type": "null"}]},
    ),
    (fields.Nested(TagSchema(partial=True)), {"$ref": "TagPartial"}),
    (fields.Pluck(TagSchema, "name"), {"type": "string"}),
    (
        fields.Pluck(TagSchema, "name", many=True),
        {"type": "array", "items": {"type": "string"}},
    ),
    # What validators ask.
    (
        fields.Integer(validate=validate.Range(0, 5, max_inclusive=False)),
        {"type": "integer", "minimum": 0, "exclusiveMaximum": 5},
    ),
    (
        fields.Float(validate=validate.Range(0.5, min_inclusive=False)),
        {"type": "number", "exclusiveMinimum": 0.5},
    ),
    (fields.Float(validate=validate.Range(max=inf)), {"type": "number"}),
    (
        fields.Date(validate=validate.Range(date(2026, 1, 1))),
        {"type": "string", "format": "date"},
    ),
    (
        fields.String(validate=[validate.Length(1), validate.Length(2, 5)]),
        {"type": "string", "minLength": 2, "maxLength": 5},
    ),
    (
        fields.String(validate=validate.Length(equal=3)),
        {"type": "string", "minLength": 3, "maxLength": 3},
    ),
    (
        fields.List(fields.String(), validate=validate.Length(max=3)),
        {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    ),
    (
        fields.Dict(validate=validate.Length(min=1)),
        {"type": "object", "minProperties": 1},
    ),
    (
        fields.String(validate=[validate.Regexp("a+$"), validate.Regexp("b")]),
        {"type": "string", "pattern": "^a+\\n?$", "allOf": [{"pattern": "^b"}]},
    ),
    (fields.String(validate=validate.Regexp(r"\w")), {"type": "string"}),
    (
        fields.String(validate=validate.OneOf(["a", "b"])),
        {"type": "string", "enum": ["a", "b"]},
    ),
    (fields.String(validate=validate.OneOf("ab")), {"type": "string"}),
    (
        fields.Date(validate=validate.OneOf([date(2026, 1, 1)])),
        {"type": "string", "format": "date", "enum": ["2026-01-01"]},
    ),
    (
        fields.Date(validate=validate.OneOf(["no date"])),
        {"type": "string", "format": "date"},
    ),
    (
        fields.String(validate=validate.NoneOf(["a"])),
        {"type": "string", "not": {"enum": ["a"]}},
    ),
    (fields.Date(validate=validate.NoneOf([3])), {"type": "string", "format": "date"}),
    (fields.Integer(validate=validate.Equal(3)), {"type": "integer", "enum": [3]}),
    (
        fields.List(fields.String(), validate=validate.ContainsOnly(["a"])),
        {"type": "array", "items": {"type": "string", "enum": ["a"]}},
    ),
    (
        fields.List(fields.String(), validate=validate.ContainsNoneOf(["a"])),
        {"type": "array", "items": {"type": "string", "not": {"enum": ["a"]}}},
    ),
    (
        fields.String(validate=validate.ContainsOnly(["a"])),
        {"type": "string"},
    ),
    (fields.Raw(validate=validate.ContainsNoneOf(["a"]), allow_none=True), {}),
    (
        fields.Integer(validate=validate.And(validate.Range(1), lambda value: True)),
        {"type": "integer", "minimum": 1},
    ),
    # What people are told.
    (
        fields.String(metadata={"description": "x", "example": "y", "own": 1}),
        {"type": "string", "description": "x", "examples": ["y"]},
    ),
    (fields.String(load_default="x"), {"type": "string", "default": "x"}),
    (fields.String(load_default=lambda: "x"), {"type": "string"}),
    (
        fields.String(load_default=None),
        {"type": ["string", "null"], "default": None},
    ),
    (fields.String(metadata={"default": "y"}), {"type": "string", "default": "y"}),
    (
        fields.Date(load_default=date(2026, 1, 1)),
        {"type": "string", "format": "date", "default": "2026-01-01"},
    ),
    (fields.Date(load_default="x"), {"type": "string", "format": "date"}),
    (fields.Integer(dump_only=True), {"type": "integer", "readOnly": True}),
    (fields.Integer(load_only=True), {"type": "integer", "writeOnly": True}),
]


@pytest.mark.parametrize(("field", "expected"), BECOME)
def test_a_field_becomes(field: Any, expected: dict[str, Any]) -> None:
    assert described(field, "taken") == expected
    assert described(field, "given") == expected


DIFFERENT = [
    # a field, what is taken, what is given
    (
        fields.Decimal(validate=validate.Range(1)),
        {
            "type": ["string", "number"],
            "format": "decimal",
            "pattern": NUMERAL,
            "minimum": 1,
        },
        {"type": "string", "format": "decimal", "pattern": NUMERAL, "minimum": 1},
    ),
    (
        fields.Decimal(allow_nan=True),
        {"type": ["string", "number"], "format": "decimal"},
        {"type": "string", "format": "decimal"},
    ),
    (
        fields.Integer(as_string=True),
        {"type": ["integer", "string"], "pattern": "^-?[0-9]+$"},
        {"type": "string", "pattern": "^-?[0-9]+$"},
    ),
    (
        fields.Integer(strict=True, as_string=True),
        {"type": "integer"},
        {"type": "string", "pattern": "^-?[0-9]+$"},
    ),
    (
        fields.Float(as_string=True),
        {"type": ["number", "string"], "pattern": NUMERAL},
        {"type": "string", "pattern": NUMERAL},
    ),
    (
        fields.DateTime("timestamp"),
        {"type": "number", "minimum": 0, "maximum": 253402300799},
        {"type": "number"},
    ),
    (
        fields.DateTime("timestamp_ms"),
        {"type": "number", "minimum": 0, "maximum": 253402300799000},
        {"type": "number"},
    ),
    (fields.Constant(3), {"not": {"type": "null"}}, {"const": 3}),
    (
        fields.Constant(None, allow_none=True),
        {},
        {"anyOf": [{"const": None}, {"type": "null"}]},
    ),
]


@pytest.mark.parametrize(("field", "taken", "given"), DIFFERENT)
def test_a_field_is_written_in_another_way(
    field: Any, taken: dict[str, Any], given: dict[str, Any]
) -> None:
    assert described(field, "taken") == taken
    assert described(field, "given") == given


def test_mail_has_dates_of_its_own() -> None:
    found = described(fields.DateTime("rfc"))
    assert re.search(found["pattern"], found["examples"][0])
    written = fields.DateTime("rfc")._serialize(
        datetime(2026, 1, 3, tzinfo=UTC), "", {}
    )
    assert re.search(found["pattern"], written)


def test_a_period_of_time_is_a_number_with_a_unit() -> None:
    """marshmallow 3.26 counts in whole units, unless told otherwise."""
    found = described(fields.TimeDelta("hours"))
    assert found.pop("type") in ("integer", "number")
    most = 999_999_999 * 24
    assert found == {"minimum": -most, "maximum": most, "x-unit": "hours"}


# Whole Schemas ------------------------------------------------------------------------


class BookSchema(Schema):
    """A book.

    Of paper.

    Attributes:
        title: what it is called.
        isbn: its number.
    """

    title = fields.String(required=True, metadata={"description": "its name"})
    isbn = fields.String(data_key="ISBN", required=True)
    id = fields.Integer(dump_only=True)
    secret = fields.String(load_only=True)
    tags = fields.List(fields.Nested(TagSchema))


def test_a_schema_is_what_it_loads_and_what_it_dumps() -> None:
    components = Components()
    annotation = Annotated[dict[str, Any], BookSchema]
    assert components.taken(annotation) == {"$ref": "#/components/schemas/BookInput"}
    assert components.given(annotation) == {"$ref": "#/components/schemas/Book"}
    assert components.schemas["BookInput"] == {
        "type": "object",
        "description": "A book.\n\nOf paper.",
        "properties": {
            "title": {"type": "string", "description": "its name"},
            "ISBN": {"type": "string", "description": "its number."},
            "secret": {"type": "string", "writeOnly": True},
            "tags": {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}},
        },
        "required": ["title", "ISBN"],
        "additionalProperties": False,
    }
    given = components.schemas["Book"]
    assert list(given["properties"]) == ["title", "ISBN", "id", "tags"]
    assert given["properties"]["id"] == {"type": "integer", "readOnly": True}
    # What differs in nothing is one.
    assert list(components.schemas) == ["Book", "BookInput", "Tag"]


def test_other_members_are_told_as_the_schema_has_them() -> None:
    components = Components()
    for each in (TagSchema, OpenSchema, TagSchema(unknown="include")):
        components.taken(Annotated[dict[str, Any], each])
    assert {
        name: schema.get("additionalProperties")
        for name, schema in components.schemas.items()
    } == {"Tag": False, "Open": None, f"{__name__}.Tag": None}


def test_what_a_schema_is_asked_to_do_makes_another_component() -> None:
    """`only` and the like; a Schema of the same is the same."""
    components = Components()
    short = Annotated[dict[str, Any], BookSchema(only=("title",))]
    again = Annotated[dict[str, Any], BookSchema(only=("title",))]
    partial = Annotated[dict[str, Any], BookSchema(partial=True)]
    some = Annotated[dict[str, Any], BookSchema(partial=("title",))]
    assert components.given(short) == components.given(again)
    components.taken(partial)
    components.taken(some)
    first = components.given(short)["$ref"].rpartition("/")[2]
    assert list(components.schemas[first]["properties"]) == ["title"]
    assert "required" not in components.schemas["BookPartialInput"]
    name = components.taken(some)["$ref"].rpartition("/")[2]
    assert components.schemas[name]["required"] == ["ISBN"]


def test_a_list_is_of_many() -> None:
    components = Components()
    many = Annotated[list[dict[str, Any]], TagSchema]
    expected = {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}}
    assert components.taken(many) == expected
    made = Annotated[list[dict[str, Any]], TagSchema(many=True)]
    assert components.given(made) == expected


def test_meta_and_yaml_describe_a_schema() -> None:
    class Thing(Schema):
        """A thing.

        ---
        x-shelf: 3
        """

        class Meta:
            title = "Thing"
            description = "What there is."

    components = Components()
    components.taken(Annotated[dict[str, Any], Thing])
    assert components.schemas["Thing"] == {
        "type": "object",
        "title": "Thing",
        "description": "What there is.",
        "properties": {},
        "additionalProperties": False,
        "x-shelf": 3,
    }


def test_a_schema_may_hold_itself() -> None:
    class NodeSchema(Schema):
        children = fields.List(fields.Nested(lambda: NodeSchema()))

    components = Components()
    found = components.taken(Annotated[dict[str, Any], NodeSchema])
    assert validator(found, components).is_valid({"children": [{"children": []}]})
    assert not validator(found, components).is_valid({"children": [{"x": 1}]})


# Schemas of any kind ------------------------------------------------------------------


thorough = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)


def hold(cls: Any, data: st.DataObject) -> tuple[Any, Any, Any, Components]:
    """What a Schema's document allows is loaded, and what it dumps is documented."""
    components = Components()
    annotation = Annotated[dict[str, Any], cls]
    taken = components.taken(annotation)
    model = model_for(annotation)
    allowed = data.draw(data_of(taken, components))
    value = model.load(allowed)
    shown = components.given(annotation)
    written = STANDARD.loads(STANDARD.dumps(model.dump(value)))
    validator(shown, components).validate(written)
    return model, taken, allowed, components


@thorough
@given(st.data())
def test_what_is_documented_is_loaded(data: st.DataObject) -> None:
    hold(data.draw(schemas(STRICT | LAX)), data)


@thorough
@given(st.data())
def test_what_strict_fields_load_is_documented(data: st.DataObject) -> None:
    model, taken, allowed, components = hold(data.draw(schemas(STRICT)), data)
    changed = data.draw(mutated(allowed))
    try:
        model.load(changed)
    except Invalid:
        return
    validator(taken, components).validate(changed)
