"""What marshmallow's Schemas become, held to what they load and dump."""

from __future__ import annotations

from enum import Enum
from itertools import count
from typing import Annotated, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields, validate

from restlette.contrib.openapi.components import Components
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
