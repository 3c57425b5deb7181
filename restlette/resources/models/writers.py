"""Writers: functions that make JSON data from the values of a type.

The story starts at `converter`: cattrs generates the function of each class, and walks
through lists and mappings. What it would do by the class of a value is done here by
what is annotated.

NOTHING IS WRITTEN THAT THE ANNOTATION DOES NOT NAME: a subclass of a member of a union,
or a dict with more keys than its TypedDict, may hold what nobody was to see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date, time
from decimal import Decimal
from types import NoneType
from typing import Any, Final, NotRequired, Required, get_args, get_origin
from uuid import UUID

from restlette.http.optional import load
from restlette.resources.models.adapters import adapted
from restlette.resources.models.choosing import chooser
from restlette.resources.models.shapes import (
    Shape,
    described,
    fields_of,
    has_fields,
    shape_of,
)

__all__ = ["Writer", "converter"]

cattrs: Any = load("cattrs", "attrs", needed_by="restlette.resources.models")
cattrs_gen: Any = load("cattrs.gen", "attrs", needed_by="restlette.resources.models")

Writer = Callable[[Any], Any]


def _isoformat(value: date | time) -> str:
    return value.isoformat()


def _decimal(value: Decimal) -> str:
    # What could not be read again is no number to a client either.
    if not value.is_finite():
        raise ValueError(f"{value} is no number")
    return str(value)


# As restlette.http.json writes them too.
LEAVES: Final[Mapping[type, Callable[[Any], str]]] = {
    date: _isoformat,
    time: _isoformat,
    Decimal: _decimal,
    UUID: str,
}


def converter(*, shown: bool) -> Any:
    """The converter that writes; what stands here is said once for all models.

    Args:
        shown: whether it writes what cannot be set, `init=False` fields, too.
    """
    made = cattrs.Converter(unstruct_collection_overrides={Set: list})
    making: dict[Any, list[Writer]] = {}

    def hook(kind: Any) -> Writer:
        found: Writer = made.get_unstructure_hook(kind, cache_result=False)
        return found

    # Whoever is registered last is asked first.
    factories: tuple[tuple[Callable[[Any], bool], Callable[[Any], Writer]], ...] = (
        (_is_class, lambda kind: _class_writer(kind, made, making, shown=shown)),
        (_is_typed_dict, lambda kind: _typed_dict_writer(shape_of(kind), hook)),
        (_is_union, lambda kind: _union_writer(kind, made, hook)),
        (_is_adapted, lambda kind: _adapted_writer(kind, shown=shown)),
    )
    for applies, make in factories:
        made.register_unstructure_hook_factory(applies, make)
    for kind, write in LEAVES.items():
        made.register_unstructure_hook(kind, write)
    return made


def _is_class(kind: Any) -> bool:
    """Whether instances have attributes: those of a TypedDict have keys."""
    return has_fields(get_origin(kind) or kind)


def _is_typed_dict(kind: Any) -> bool:
    return shape_of(kind).kind == "object" and not _is_class(kind)


def _is_union(kind: Any) -> bool:
    """Whether values are of several types, None apart, which cattrs knows."""
    shape = shape_of(kind)
    return shape.kind == "union" and len(_values(shape)) > 1


def _is_adapted(kind: Any) -> bool:
    return adapted(kind) is not None


def _values(union: Shape) -> list[Any]:
    """The members of a union, those of unions in it among them, without None."""
    found: list[Any] = []
    for each in union.arguments:
        shape = shape_of(each)
        if shape.kind == "union":
            found += _values(shape)
        elif shape.type is not NoneType:
            found.append(each)
    return found


def _class_writer(
    cls: Any, made: Any, making: dict[Any, list[Writer]], *, shown: bool
) -> Writer:
    """The function that writes an instance, by alias."""
    if cls in making:
        # The class holds itself. cattrs would go by the class of the value there.
        whole = making[cls]
        return lambda value: whole[0](value)
    making[cls] = []
    try:
        writer: Writer = cattrs_gen.make_dict_unstructure_fn(
            cls, made, _cattrs_use_alias=True, _cattrs_include_init_false=shown
        )
        making[cls].append(writer)
    finally:
        del making[cls]
    return writer


def _typed_dict_writer(shape: Shape, hook: Callable[[Any], Writer]) -> Writer:
    members: list[tuple[str, Writer, bool]] = []

    def write(value: Any) -> dict[str, Any]:
        # Not before the first call: it may hold itself.
        if not members:
            members[:] = [
                (field.key, hook(_without_required(field.annotation)), field.required)
                for field in fields_of(shape)
            ]
        return {
            key: member(value[key])
            for key, member, required in members
            if required or key in value
        }

    return write


def _without_required(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) in (Required, NotRequired) else kind


def _union_writer(kind: Any, made: Any, hook: Callable[[Any], Writer]) -> Writer:
    """Write a value as the member of a union whose class it is an instance of."""
    members = _values(shape_of(kind))
    shapes = [shape_of(each) for each in members]
    table: dict[type, Writer] = {}

    def write(value: Any) -> Any:
        if not table:
            table.update(_by_class(members, shapes, hook))
        for cls in type(value).__mro__:
            if cls in table:
                return table[cls](value)
        if has_fields(type(value)):
            raise TypeError(f"it is none of {', '.join(map(described, members))}")
        return made.unstructure(value)

    return write


def _by_class(
    members: Sequence[Any], shapes: Sequence[Shape], hook: Callable[[Any], Writer]
) -> dict[type, Writer]:
    """What writes the instances of each class that has parts."""
    table: dict[type, Writer] = {}
    dicts = []
    for member, shape in zip(members, shapes, strict=True):
        if _is_class(shape.type):
            table[shape.type] = hook(member)
        elif shape.kind in ("object", "mapping"):
            dicts.append((hook(member), shape))
        elif shape.kind in ("array", "tuple"):
            table |= dict.fromkeys((list, tuple, set, frozenset), hook(member))
    if len(dicts) == 1:
        table[dict] = dicts[0][0]
    elif dicts:
        choose = chooser([shape for _, shape in dicts])
        table[dict] = lambda value: dicts[choose(value)][0](value)
    return table


def _adapted_writer(kind: Any, *, shown: bool) -> Writer:
    model: Any = adapted(kind)
    writer: Writer = model.dump if shown else model.dump_settable
    return writer
