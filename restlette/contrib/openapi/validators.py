"""The validators of attrs, as keywords of JSON Schema.

The story starts at `asked_by`: what a validator asks of the values of a type, in
keywords of JSON Schema. Validators are known by their class. What is not known (a
function of the application's own, a bound that is a date) asks nothing: then the
document allows more than the class, and never less.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from math import isfinite
from numbers import Real
from types import NoneType
from typing import Any, Final, NamedTuple

from restlette.contrib.openapi.patterns import ecma
from restlette.http.optional import load
from restlette.resources.models.shapes import Shape, kinds_of, shape_of

__all__ = ["Asked", "Keywords", "asked_by", "merged"]

attrs: Any = load("attrs", "attrs", needed_by="restlette.contrib.openapi")
library: Any = attrs.validators

Keywords = dict[str, Any]

# How many options of `in_` are told.
MOST_OPTIONS: Final = 1000


class Asked(NamedTuple):
    """What a validator asks.

    Attributes:
        keywords: of JSON Schema.
        takes_none: whether None is taken.
        is_exact: whether the keywords say all of it.
    """

    keywords: Keywords
    takes_none: bool = True
    is_exact: bool = True


NOTHING: Final = Asked({}, is_exact=False)


def asked_by(validator: Any, annotation: Any) -> Keywords:
    """The keywords for what a validator asks of the values of a type.

    Args:
        validator: of an attrs field, or None.
        annotation: the type.
    """
    if validator is None:
        return {}
    members = _members(annotation)
    return _keywords(_read(validator, members), members)


# The shapes that the values of a type have: those of a union's members.
Members = Sequence[Shape]


def _members(annotation: Any) -> Members:
    shape = shape_of(annotation)
    if shape.kind != "union":
        return [shape]
    return [inner for each in shape.arguments for inner in _members(each)]


def _read(validator: Any, members: Members) -> Asked:
    read = READERS.get(type(validator))
    return NOTHING if read is None else read(validator, members)


def _keywords(asked: Asked, members: Members) -> Keywords:
    if asked.takes_none or not _takes_none(members):
        return asked.keywords
    # Most keywords say nothing of null, where the validator cannot compare None.
    return merged(asked.keywords, {"not": {"type": "null"}})


def _takes_none(members: Members) -> bool:
    return any(shape.type is NoneType for shape in members)


def _values(members: Members) -> Members:
    """The members without None."""
    return [shape for shape in members if shape.type is not NoneType]


def merged(schema: Mapping[str, Any], keywords: Mapping[str, Any]) -> Keywords:
    """A schema that asks what a schema and some keywords ask together."""
    found = dict(schema)
    for name, value in keywords.items():
        if name not in found or found[name] == value:
            found[name] = value
        elif name in TIGHTER:
            found[name] = TIGHTER[name](found[name], value)
        elif name in ("items", "additionalProperties", "propertyNames"):
            found[name] = merged(found[name], value)
        elif name == "prefixItems":
            pairs = zip(found[name], value, strict=True)
            found[name] = [merged(one, other) for one, other in pairs]
        else:
            found["allOf"] = [*found.get("allOf", ()), {name: value}]
    return found


TIGHTER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    **dict.fromkeys(
        ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max
    ),
    **dict.fromkeys(
        ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min
    ),
}


def _all(validators: Iterable[Any], members: Members) -> Asked:
    keywords: Keywords = {}
    parts = [_read(each, members) for each in validators]
    for part in parts:
        keywords = merged(keywords, part.keywords)
    return Asked(
        keywords,
        all(part.takes_none for part in parts),
        all(part.is_exact for part in parts),
    )


# One reader for each class of validators ----------------------------------------------

BOUNDS: Final[Mapping[str, str]] = {
    "<": "exclusiveMaximum",
    "<=": "maximum",
    ">=": "minimum",
    ">": "exclusiveMinimum",
}


def _is_number(shape: Shape) -> bool:
    return shape.kind == "leaf" and shape.type in (int, float)


def _bound(validator: Any, members: Members) -> Asked:
    """`ge(0)`, of numbers: a Decimal or a date is a string in JSON."""
    shapes, bound = _values(members), validator.bound
    number = _number(bound) if any(map(_is_number, shapes)) else None
    if number is None:
        return NOTHING._replace(takes_none=False)
    is_exact = number == bound and all(map(_is_number, shapes))
    return Asked({BOUNDS[validator.compare_op]: number}, False, is_exact)


def _number(bound: Any) -> int | float | None:
    """A bound as a number of JSON's."""
    if not isinstance(bound, (Real, Decimal)):
        return None
    number: Any = bound
    if not isfinite(number):
        return None
    return int(number) if number == int(number) else float(number)


LENGTHS: Final[Mapping[type, str]] = {
    str: "Length",
    list: "Items",
    dict: "Properties",
}


def _min_length(validator: Any, members: Members) -> Asked:
    return _length("min", validator.min_length, members)


def _max_length(validator: Any, members: Members) -> Asked:
    return _length("max", validator.max_length, members)


def _length(prefix: str, count: int, members: Members) -> Asked:
    shapes = [shape for shape in _values(members) if _has_length(shape)]
    kinds = {kind: None for shape in shapes for kind in kinds_of(shape)}
    # Python counts code points, and JSON Schema characters, which are the same
    # (2020-12 Validation, section 6.3.1).
    keywords = {f"{prefix}{LENGTHS[kind]}": count for kind in kinds}
    return Asked(keywords, False, len(shapes) == len(_values(members)))


def _has_length(shape: Shape) -> bool:
    return shape.type is str or shape.kind in ("array", "tuple", "mapping")


def _expression(validator: Any, members: Members) -> Asked:
    pattern = None
    if any(shape.type is str for shape in _values(members)):
        pattern = ecma(validator.pattern, validator.match_func.__name__)
    if pattern is None:
        return NOTHING._replace(takes_none=False)
    is_exact = all(shape.type is str for shape in _values(members))
    return Asked({"pattern": pattern}, False, is_exact)


# What JSON has as well, and compares as Python does.
SCALARS: Final = (str, int, float, NoneType)

# What tells all of its options, and compares them as Python does.
CONTAINERS: Final = (list, tuple, set, frozenset, dict, range)


def _options(validator: Any, members: Members) -> Asked:
    """`in_([1, 2])`, where options and values are JSON's own."""
    options = validator.options
    if not isinstance(options, CONTAINERS):
        return NOTHING._replace(takes_none=False)
    takes_none = None in options
    nothing = Asked({}, takes_none, False)
    if not all(shape.type in SCALARS or _is_enum(shape) for shape in members):
        return nothing
    if isinstance(options, range) and options.step == 1:
        if any(shape.type is float for shape in members):
            return nothing
        bounds = {"minimum": options.start, "maximum": options.stop - 1}
        return Asked(bounds, takes_none, True)
    values = [_scalar(each) for each in options]
    if len(values) > MOST_OPTIONS or not all(type(each) in SCALARS for each in values):
        return nothing
    if isinstance(getattr(validator, "_original_options", options), set | frozenset):
        values.sort(key=json.dumps)  # they are in another order each time
    return Asked({"enum": values}, takes_none, True)


def _is_enum(shape: Shape) -> bool:
    return isinstance(shape.type, type) and issubclass(shape.type, Enum)


def _scalar(option: Any) -> Any:
    """An option as JSON has it; True is 1 to a field of numbers."""
    if isinstance(option, Enum):
        return option.value
    return int(option) if isinstance(option, bool) else option


def _or_none(validator: Any, members: Members) -> Asked:
    asked = _read(validator.validator, members)
    keywords = dict(asked.keywords)
    if "enum" in keywords and None not in keywords["enum"]:
        keywords["enum"] = [*keywords["enum"], None]
    if keywords.keys() & {"not", "anyOf", "allOf"}:
        keywords = {"anyOf": [asked.keywords, {"type": "null"}]}
    return Asked(keywords, True, asked.is_exact)


def _both(validator: Any, members: Members) -> Asked:
    return _all(validator._validators, members)


def _either(validator: Any, members: Members) -> Asked:
    parts = [_read(each, members) for each in validator.validators]
    takes_none = any(part.takes_none for part in parts)
    is_exact = all(part.is_exact for part in parts) and len(members) == 1
    if not all(part.keywords for part in parts):
        return Asked({}, takes_none, is_exact)
    return Asked({"anyOf": [part.keywords for part in parts]}, takes_none, is_exact)


def _opposite(validator: Any, members: Members) -> Asked:
    asked = _read(validator.validator, members)
    # A keyword about numbers says yes to a string, and its opposite no.
    simple = asked.is_exact and asked.keywords and len(members) == 1
    if simple and ValueError in validator.exc_types:
        return Asked({"not": asked.keywords})
    return NOTHING


def _instance(validator: Any, members: Members) -> Asked:
    kinds = validator.type
    is_exact = all(
        isinstance(shape.type, type) and issubclass(shape.type, kinds)
        for shape in _values(members)
    )
    return Asked({}, isinstance(None, kinds), is_exact)


def _members_of_iterable(validator: Any, members: Members) -> Asked:
    around = _all(filter(None, [validator.iterable_validator]), members)
    keywords, is_exact = around.keywords, around.is_exact
    for shape in _values(members):
        items = [_members(each) for each in shape.arguments]
        inner = [_read(validator.member_validator, each) for each in items]
        asked = list(map(_keywords, inner, items))
        is_exact &= all(each.is_exact for each in inner)
        if shape.kind == "array" and asked[0]:
            keywords = merged(keywords, {"items": asked[0]})
        elif shape.kind == "tuple" and any(asked):
            keywords = merged(keywords, {"prefixItems": asked})
        is_exact &= shape.kind in ("array", "tuple")
    return Asked(keywords, False, is_exact)


def _members_of_mapping(validator: Any, members: Members) -> Asked:
    around = _all(filter(None, [validator.mapping_validator]), members)
    keywords, is_exact = around.keywords, around.is_exact
    for shape in _values(members):
        if shape.kind != "mapping":
            is_exact = False
            continue
        of_key, of_value = map(_members, shape.arguments)
        key = _all(filter(None, [validator.key_validator]), of_key)
        value = _all(filter(None, [validator.value_validator]), of_value)
        is_exact &= value.is_exact and (key.is_exact or validator.key_validator is None)
        if value.keywords:
            below = _keywords(value, of_value)
            keywords = merged(keywords, {"additionalProperties": below})
        if of_key[0].type is not str:
            is_exact &= validator.key_validator is None
        elif key.keywords:
            keywords = merged(keywords, {"propertyNames": key.keywords})
    return Asked(keywords, False, is_exact)


def _class(name: str, *arguments: Any) -> type:
    """The class of what a function of attrs makes; not all are in every release."""
    make = getattr(library, name, None)
    return _Absent if make is None else type(make(*arguments))


class _Absent:
    """In place of a validator that this release of attrs has not."""


def _any(*_: Any) -> None:
    """A validator, to make others of."""


Reader = Callable[[Any, Members], Asked]

READERS: Final[Mapping[type, Reader]] = {
    _class("ge", 0): _bound,
    _class("min_len", 0): _min_length,
    _class("max_len", 0): _max_length,
    _class("matches_re", ""): _expression,
    _class("in_", ()): _options,
    _class("optional", _any): _or_none,
    _class("and_", _any): _both,
    _class("or_", _any): _either,
    _class("not_", _any): _opposite,
    _class("instance_of", int): _instance,
    _class("deep_iterable", _any): _members_of_iterable,
    _class("deep_mapping", _any, _any): _members_of_mapping,
}
