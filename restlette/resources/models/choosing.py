"""Which member of a union some data belongs to.

The story starts at `by_kind`: JSON itself says whether data is a string or an object,
so most unions are decided by a look at the kind. Text is tried on one member after the
other, the narrowest first, as nothing but trying tells a date from another string.
Objects are never tried: a chooser looks at one tag (a field that is a `Literal` in all
of them) or at a required field that only one of them has. A union that leaves a doubt
is refused when it is registered.

NOTHING IS TRIED TWICE, since the members may hold unions again: whoever tried two
members at each of thirty levels would try a billion times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from json import dumps
from types import NoneType
from typing import Any, Literal
from uuid import UUID

from restlette.resources.models.errors import FieldError, Invalid
from restlette.resources.models.shapes import (
    Field,
    Shape,
    as_read,
    choices_of,
    described,
    fields_of,
    kinds_of,
    shape_of,
)

__all__ = ["Chooser", "by_kind", "chooser", "listed", "members_of", "named_kinds"]

# The narrower a leaf, the earlier it is tried; a Literal or Enum before all of them.
WIDTHS: tuple[Any, ...] = (
    NoneType,
    bool,
    UUID,
    datetime,
    date,
    time,
    int,
    float,
    Decimal,
    str,
)

INT, FLOAT = Shape("leaf", int), Shape("leaf", float)

# The index of the member that an object belongs to, or Invalid.
Chooser = Callable[[Mapping[str, Any]], int]


def members_of(shape: Shape) -> list[Shape]:
    """The members of a union, narrowest first, those of unions in it among them.

    Whoever reads `date | str` and `str | date` gets one answer, as typing itself takes
    the two for equal.
    """
    flat: list[Shape] = []
    for each in map(shape_of, shape.arguments):
        flat += members_of(each) if each.kind == "union" else [each]
    return sorted(dict.fromkeys(flat), key=_width)


def _width(shape: Shape) -> int:
    if shape.kind == "leaf":
        return WIDTHS.index(shape.type)
    return -1 if shape.kind == "choice" else len(WIDTHS)


def by_kind(shape: Shape) -> dict[type, list[Shape]]:
    """The members of a union that data of each JSON kind may belong to.

    Args:
        shape: of the kind `union`.

    Raises:
        TypeError: arrays, or objects, of several members cannot be told apart.
    """
    table: dict[type, list[Shape]] = {}
    for member in members_of(shape):
        for kind in kinds_of(member):
            table.setdefault(kind, []).append(member)
    # A number may be read as either, but where both are members each has its own.
    for kind, other in ((int, FLOAT), (float, INT)):
        if INT in table.get(kind, ()) and FLOAT in table[kind]:
            table[kind].remove(other)
    if len(table.get(list, ())) > 1:
        raise TypeError(_doubt(table[list], "they are all arrays"))
    if len(table.get(dict, ())) > 1:
        chooser(table[dict])
    return table


def named_kinds(shape: Shape) -> tuple[type, ...]:
    """The kinds that a union takes, for an error's sentence.

    That an integer may be written 1.0, or a number 1, goes without saying.
    """
    kinds: list[type] = []
    for member in members_of(shape):
        if member.kind == "choice":
            kinds += [kind for kind, _ in choices_of(member)]
        else:
            kinds += kinds_of(member)[: 1 if member.kind == "leaf" else None]
    return tuple(dict.fromkeys(kinds))


def chooser(shapes: Sequence[Shape]) -> Chooser:
    """What tells to which of several objects data belongs.

    Raises:
        TypeError: they cannot be told apart.
    """
    if any(shape.kind != "object" for shape in shapes):
        raise TypeError(_doubt(shapes, "any object may be a mapping"))
    fields = [
        {field.key: field for field in fields_of(shape) if field.settable}
        for shape in shapes
    ]
    return _by_tag(fields) or _by_key(shapes, fields)


def _by_tag(fields: list[dict[str, Field]]) -> Chooser | None:
    """Choose by a field that is a `Literal` everywhere, with values of its own."""
    for key in fields[0]:
        if not all(key in each and _is_tag(each[key]) for each in fields):
            continue
        tags: dict[tuple[type, Any], int] = {}
        count = 0
        for index, each in enumerate(fields):
            values = choices_of(shape_of(each[key].annotation))
            count += len(values)
            tags.update(dict.fromkeys(values, index))
        if count == len(tags):
            return _tag_chooser(key, tags)
    return None


def _is_tag(field: Field) -> bool:
    return field.required and shape_of(field.annotation).type is Literal


def _tag_chooser(key: str, tags: Mapping[tuple[type, Any], int]) -> Chooser:
    expected = listed(tags)
    indices: Mapping[tuple[type, Any], int] = as_read(tags)

    def choose(data: Mapping[str, Any]) -> int:
        if key not in data:
            raise Invalid([FieldError((key,), "missing", "This is required.")])
        tag = data[key]
        index = indices.get((type(tag), tag)) if tag.__hash__ is not None else None
        if index is None:
            raise Invalid([FieldError((key,), "choice", f"This must be {expected}.")])
        return index

    return choose


def _by_key(shapes: Sequence[Shape], fields: list[dict[str, Field]]) -> Chooser:
    """Choose by a required field that no other member has."""
    marks: dict[str, int] = {}
    unmarked = []
    for index, each in enumerate(fields):
        others = {key for other in fields if other is not each for key in other}
        own = [
            key for key, field in each.items() if field.required and key not in others
        ]
        if own:
            marks[own[0]] = index
        else:
            unmarked.append(index)
    if len(unmarked) > 1:
        raise TypeError(
            _doubt(
                [shapes[index] for index in unmarked],
                "give each a field like `kind: Literal['book']`, or a required field "
                "that the others have not",
            )
        )
    return _key_chooser(marks, unmarked)


def _key_chooser(marks: Mapping[str, int], unmarked: list[int]) -> Chooser:
    names = " or ".join(marks)

    def choose(data: Mapping[str, Any]) -> int:
        for key, index in marks.items():
            if key in data:
                return index
        if unmarked:
            return unmarked[0]
        raise Invalid([FieldError((), "missing", f"This must have {names}.")])

    return choose


def _doubt(shapes: Sequence[Shape], reason: str) -> str:
    names = ", ".join(described(shape.type) for shape in shapes)
    return f"{names} cannot be told apart in JSON: {reason}"


def listed(choices: Mapping[tuple[type, Any], Any]) -> str:
    """Choices for an error's sentence, the first twenty of them."""
    values = [dumps(value) for _, value in choices]
    more = [f"{len(values) - 20} others"] if len(values) > 20 else []
    return " or ".join(values[:20] + more)
