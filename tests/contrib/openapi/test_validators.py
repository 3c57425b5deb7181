"""What the validators of attrs ask, in keywords."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from math import inf, nan
from typing import Any, Literal, NamedTuple

import attrs
import pytest

from restlette.contrib.openapi import validators as module
from restlette.contrib.openapi.validators import asked_by, merged

v = attrs.validators


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Point(NamedTuple):
    x: int
    y: str


def own(instance: object, attribute: object, value: object) -> None:
    """A validator of the application's."""


NOT_NULL = {"not": {"type": "null"}}

ASKED = [
    # a validator, the type of its field, keywords
    (None, int, {}),
    (own, int, {}),
    (v.is_callable(), int, {}),
    (v.ge(0), int, {"minimum": 0}),
    (v.gt(0.5), float, {"exclusiveMinimum": 0.5}),
    (v.le(2.0), int, {"maximum": 2}),
    (v.lt(Decimal("2.5")), float, {"exclusiveMaximum": 2.5}),
    (v.ge(0), Decimal, {}),
    (v.ge(0), int | Decimal, {"minimum": 0}),
    (v.ge(date(2026, 1, 1)), date, {}),
    (v.ge("a"), int, {}),
    (v.ge(inf), float, {}),
    (v.ge(nan), float, {}),
    (v.ge(0), int | None, {"minimum": 0, **NOT_NULL}),
    (v.min_len(1), str, {"minLength": 1}),
    (v.max_len(1), list[str], {"maxItems": 1}),
    (v.max_len(1), tuple[int, ...], {"maxItems": 1}),
    (v.max_len(1), Point, {"maxItems": 1}),
    (v.max_len(1), dict[str, int], {"maxProperties": 1}),
    (v.max_len(1), str | list[int], {"maxLength": 1, "maxItems": 1}),
    (v.max_len(1), date, {}),
    (v.min_len(1), str | None, {"minLength": 1, **NOT_NULL}),
    (v.matches_re("a+"), str, {"pattern": "^a+$"}),
    (v.matches_re("a+", func=re.match), str, {"pattern": "^a+"}),
    (v.matches_re("a+", func=re.search), str | int, {"pattern": "a+"}),
    (v.matches_re(r"\d"), str, {}),
    (v.matches_re("a"), int, {}),
    (v.in_([2, 1]), int, {"enum": [2, 1]}),
    (v.in_({"b", "a"}), str, {"enum": ["a", "b"]}),
    (v.in_({"b": 1, "a": 2}), str, {"enum": ["b", "a"]}),
    (v.in_([True, 2.5]), float, {"enum": [1, 2.5]}),
    (v.in_("abc"), str, {}),
    (v.in_([Color.RED]), Color, {"enum": ["red"]}),
    (v.in_(Color), Color, {}),
    (v.in_([None, "a"]), str | None, {"enum": [None, "a"]}),
    (v.in_(["a"]), str | None, {"enum": ["a"], **NOT_NULL}),
    (v.in_(["a"]), date, {}),
    (v.in_([b"a"]), str, {}),
    (v.in_(range(1, 4)), int, {"minimum": 1, "maximum": 3}),
    (v.in_(range(0, 4, 2)), int, {"enum": [0, 2]}),
    (v.in_(range(4)), float, {}),
    (v.in_(list(range(1001))), int, {}),
    (v.optional(v.ge(0)), int | None, {"minimum": 0}),
    (v.optional([v.ge(0), v.le(3)]), int | None, {"minimum": 0, "maximum": 3}),
    (v.optional(v.in_(["a"])), str | None, {"enum": ["a", None]}),
    (v.optional(v.in_(["a", None])), str | None, {"enum": ["a", None]}),
    (
        v.optional(v.or_(v.ge(5), v.le(1))),
        int | None,
        {"anyOf": [{"anyOf": [{"minimum": 5}, {"maximum": 1}]}, {"type": "null"}]},
    ),
    (v.and_(v.min_len(1), v.min_len(2), v.max_len(5)), str,
     {"minLength": 2, "maxLength": 5}),
    (v.and_(v.le(1), v.le(3)), int, {"maximum": 1}),
    (v.and_(own, v.ge(0)), int, {"minimum": 0}),
    (
        v.and_(v.matches_re("a.*"), v.matches_re(".*b")),
        str,
        {"pattern": r"^a[^\n]*$", "allOf": [{"pattern": r"^[^\n]*b$"}]},
    ),
    (v.or_(v.ge(5), v.le(1)), int, {"anyOf": [{"minimum": 5}, {"maximum": 1}]}),
    (v.or_(v.ge(5), own), int, {}),
    (v.or_(v.ge(5), v.le(1)), int | None,
     {"anyOf": [{"minimum": 5}, {"maximum": 1}], **NOT_NULL}),
    (v.not_(v.in_(["a"])), str, {"not": {"enum": ["a"]}}),
    (v.not_(v.in_(["a"])), str | None, {}),
    (v.not_(own), str, {}),
    (v.not_(v.ge(Decimal("0.1"))), float, {}),
    (v.not_(v.in_(["a"]), exc_types=(KeyError,)), str, {}),
    (v.not_(v.and_(v.ge(0), v.lt(3))), int,
     {"not": {"minimum": 0, "exclusiveMaximum": 3}}),
    (v.instance_of(str), str, {}),
    (v.instance_of(str), str | None, NOT_NULL),
    (v.instance_of((str, type(None))), str | None, {}),
    (v.not_(v.instance_of(str)), str, {}),
    (v.deep_iterable(v.ge(0)), list[int], {"items": {"minimum": 0}}),
    (v.deep_iterable(v.ge(0), v.min_len(1)), Sequence[int],
     {"minItems": 1, "items": {"minimum": 0}}),
    (v.deep_iterable(v.ge(0)), list[int | None],
     {"items": {"minimum": 0, **NOT_NULL}}),
    (v.deep_iterable(v.ge(0)), tuple[int, str],
     {"prefixItems": [{"minimum": 0}, {}]}),
    (v.deep_iterable(own), tuple[int, str], {}),
    (v.deep_iterable(own), list[int], {}),
    (v.deep_iterable(v.min_len(1)), str, {}),
    (v.deep_iterable(v.deep_iterable(v.ge(0))), list[list[int]],
     {"items": {"items": {"minimum": 0}}}),
    (v.deep_mapping(v.max_len(3), v.ge(0)), dict[str, int],
     {"additionalProperties": {"minimum": 0}, "propertyNames": {"maxLength": 3}}),
    (v.deep_mapping(v.ge(3), own, v.min_len(1)), dict[int, int], {"minProperties": 1}),
    (v.deep_mapping(own, v.ge(0)), dict[str, int],
     {"additionalProperties": {"minimum": 0}}),
    (v.deep_mapping(v.ge(0), v.ge(0)), list[int], {}),
]  # fmt: skip


@pytest.mark.parametrize(("validator", "annotation", "keywords"), ASKED)
def test_a_validator_asks(
    validator: Any, annotation: Any, keywords: dict[str, Any]
) -> None:
    assert asked_by(validator, annotation) == keywords


OPPOSITES = [
    # what is all of what a validator asks has an opposite
    (v.ge(0), int, True),
    (v.ge(0), Decimal, False),
    (v.min_len(1), str, True),
    (v.deep_iterable(v.ge(0)), list[int], True),
    (v.deep_iterable(own, v.min_len(1)), list[int], False),
    (v.deep_mapping(v.max_len(1), v.ge(0)), dict[str, int], True),
    (v.deep_mapping(own, v.ge(0)), dict[str, int], False),
    (v.deep_mapping(v.ge(0), v.ge(0)), dict[int, int], False),
    (v.and_(v.instance_of(int), v.ge(0)), int, True),
    (v.and_(v.instance_of(str), v.ge(0)), int, False),
    (v.and_(v.instance_of(str), v.in_(["a"])), Literal["a"], False),
    (v.or_(v.ge(0), v.le(-3)), int, True),
]


@pytest.mark.parametrize(("validator", "annotation", "is_exact"), OPPOSITES)
def test_what_is_not_all_has_no_opposite(
    validator: Any, annotation: Any, is_exact: bool
) -> None:
    assert bool(asked_by(v.not_(validator), annotation)) is is_exact


def test_a_schema_and_keywords_are_merged() -> None:
    schema = {
        "type": "array",
        "maxItems": 3,
        "items": {"type": "integer", "minimum": 1},
        "prefixItems": [{"type": "integer"}, {}],
        "enum": [1],
    }
    keywords = {
        "type": "array",
        "maxItems": 2,
        "items": {"minimum": 0},
        "prefixItems": [{}, {"minLength": 1}],
        "enum": [2],
        "not": {},
    }
    before = {**schema}
    assert merged(schema, keywords) == {
        "type": "array",
        "maxItems": 2,
        "items": {"type": "integer", "minimum": 1},
        "prefixItems": [{"type": "integer"}, {"minLength": 1}],
        "enum": [1],
        "allOf": [{"enum": [2]}],
        "not": {},
    }
    assert schema == before
    several = merged({"enum": [1], "allOf": [{}]}, {"enum": [2]})
    assert several["allOf"] == [{}, {"enum": [2]}]


def test_a_validator_that_a_release_has_not_is_not_asked_about() -> None:
    assert module._class("none_of_this_name") is module._Absent
    module._any()
