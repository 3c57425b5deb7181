"""What types become in JSON Schema, held to what their models take and give."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Any, Literal, NamedTuple
from uuid import UUID

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restlette.contrib.openapi.components import Components
from restlette.http.json import STANDARD
from restlette.resources.models import Invalid, model_for
from tests.contrib.openapi.drafts import data_of, mutated, validator

v = attrs.validators


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Point(NamedTuple):
    x: int
    y: float


# Types, each with validators that may stand at a field of it --------------------------

BOUNDS = st.integers(-3, 3).flatmap(
    lambda low: st.sampled_from(
        [v.ge(low), v.gt(low), v.le(low), v.lt(low), [v.ge(low), v.lt(low + 4)]]
    )
)
LENGTHS = st.integers(0, 3).flatmap(
    lambda low: st.sampled_from(
        [v.min_len(low), v.max_len(low), [v.min_len(low), v.max_len(low + 2)]]
    )
)
EXPRESSIONS = st.sampled_from(
    [v.matches_re("[a-c]{1,3}"), v.matches_re("a|bc?"), v.matches_re("x.y")]
)
TEXTS = (
    LENGTHS
    | EXPRESSIONS
    | st.sampled_from([v.in_(["a", "b"]), v.in_({"c": 1}), v.not_(v.in_(["a"]))])
    | st.just(v.or_(v.max_len(1), v.matches_re("[a-z]{5}")))
)
NUMBERS = BOUNDS | st.sampled_from([v.in_([1, 2]), v.or_(v.ge(5), v.lt(-5))])

LEAVES: list[tuple[Any, Any]] = [
    (int, NUMBERS | st.just(v.in_(range(4)))),
    (float, NUMBERS),
    (str, TEXTS),
    (bool, st.just(v.instance_of(bool))),
    (date, None),
    (datetime, None),
    (time, None),
    (Decimal, None),
    (UUID, None),
    (Color, st.just(v.in_(Color))),
    (Size, st.just(v.in_([Size.SMALL]))),
    (Literal["a", "b"], None),
    (Literal[1, "one", None], None),
    (Point, None),
    (Any, None),
]


@st.composite
def typed(draw: st.DrawFn, depth: int = 2) -> tuple[Any, Any]:
    """A type, and a validator that may stand at a field of it, or None."""
    kinds = ["leaf", "leaf"]
    if depth:
        kinds += ["list", "set", "tuple", "dict", "optional", "union", "class"]
    match draw(st.sampled_from(kinds)):
        case "leaf":
            annotation, validators = draw(st.sampled_from(LEAVES))
            chosen = draw(st.none() | validators) if validators is not None else None
            return annotation, _one(chosen)
        case "list":
            inner, member = draw(typed(depth - 1))
            around = draw(st.none() | LENGTHS)
            if member is None:
                return list[inner], _one(around)
            return list[inner], v.deep_iterable(member, _one(around))
        case "set":
            inner, _ = draw(st.sampled_from([(int, None), (str, None), (date, None)]))
            return draw(st.sampled_from([set, frozenset]))[inner], _one(
                draw(st.none() | LENGTHS)
            )
        case "tuple":
            parts = draw(st.lists(typed(depth - 1), max_size=3))
            return tuple[tuple(each for each, _ in parts)], None
        case "dict":
            inner, member = draw(typed(depth - 1))
            of_key, key = draw(
                st.sampled_from([(str, v.max_len(2)), (int, None), (Color, None)])
            )
            if member is None and key is None:
                return dict[of_key, inner], _one(draw(st.none() | LENGTHS))
            return dict[of_key, inner], v.deep_mapping(
                key, member or v.instance_of(object)
            )
        case "optional":
            inner, member = draw(typed(depth - 1))
            return inner | None if inner is not Any else Any, v.optional(
                member or v.instance_of(object)
            )
        case "union":
            return draw(
                st.sampled_from(
                    [int | str, int | float, date | bool | list[int], bool | Decimal]
                )
            ), None
    return draw(classes(depth - 1)), None


def _one(validators: Any) -> Any:
    return v.and_(*validators) if isinstance(validators, list) else validators


NUMBER = count()


@st.composite
def classes(draw: st.DrawFn, depth: int = 2) -> Any:
    """An attrs class, with defaults here and there."""
    fields = {}
    for name in draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=3)):
        annotation, member = draw(typed(depth))
        settable = draw(st.integers(0, 5)) > 0
        fields[name] = attrs.field(
            type=annotation,
            validator=member if settable else None,
            init=settable,
            alias=draw(st.sampled_from([name, f"{name}Alias"])),
            **({} if settable else {"default": 1}),
        )
        if not settable:
            fields[name] = attrs.field(type=int, init=False, default=1)
    return attrs.make_class(f"Model{next(NUMBER)}", fields, kw_only=True)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
@given(st.data())
def test_a_class_and_its_schema_take_the_same(data: st.DataObject) -> None:
    cls = data.draw(classes())
    components = Components()
    taken, given = components.taken(cls), components.given(cls)
    model = model_for(cls)
    allowed = data.draw(data_of(taken, components))
    value = model.load(allowed)
    written = STANDARD.loads(STANDARD.dumps(model.dump(value)))
    validator(given, components).validate(written)
    settable = STANDARD.loads(STANDARD.dumps(model.dump_settable(value)))
    validator(taken, components).validate(settable)
    changed = data.draw(mutated(allowed))
    try:
        model.load(changed)
    except Invalid:
        return
    validator(taken, components).validate(changed)
