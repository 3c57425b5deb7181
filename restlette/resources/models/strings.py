"""Queries: a value made from names, each with the strings that were given for it.

The story starts at `strings_loader`, which reads header fields and cookies too. None of
them has types and nesting, so each field is made from text (`leaves.TEXTS`); a field
that is an array takes all that was given under its name, any other takes one.
"""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import Any

from restlette.resources.models import plain
from restlette.resources.models.choosing import members_of
from restlette.resources.models.errors import Errors, FieldError, Invalid
from restlette.resources.models.hooks import text_hook
from restlette.resources.models.leaves import Hook
from restlette.resources.models.objects import ObjectLoader
from restlette.resources.models.shapes import ARRAYS, Field, Shape, fields_of, shape_of

__all__ = ["names_of", "strings_loader"]


def strings_loader(shape: Shape, hook_of: Callable[[Any], Hook] = text_hook) -> Hook:
    """What makes a value from `{name: [string, ...]}`.

    Args:
        shape: of the type.
        hook_of: gives the hook that reads one string: `text_hook`; or `form_hook`,
            where there are files among them.

    Raises:
        TypeError: the type has no names, or a field that text cannot give.
    """
    shape = _without_none(shape)
    if shape.kind == "any":
        return plain.load_mapping
    if shape.kind == "mapping":
        return _mapping_loader(_values_hook(shape.arguments[1], hook_of))
    fields = _named_fields(shape)
    if fields is None:
        raise TypeError(plain.NAMELESS)
    hooks = {
        field.annotation: _field_hook(field, hook_of)
        for field in fields
        if field.settable
    }
    return ObjectLoader(shape.type, fields, hooks.__getitem__)


def names_of(shape: Shape) -> tuple[str, ...] | None:
    """The names that `strings_loader` reads; None where it takes any."""
    fields = _named_fields(_without_none(shape))
    if fields is None:
        return None
    return tuple(field.key for field in fields if field.settable)


def _named_fields(shape: Shape) -> list[Field] | None:
    """The fields of what has some, each with a name."""
    if shape.kind == "object":
        return fields_of(shape)
    if shape.kind == "tuple" and hasattr(shape.type, "_fields"):
        return _named_tuple_fields(shape)
    return None


def _without_none(shape: Shape) -> Shape:
    """What is left of `X | None`: no string is null, and what is absent is not seen."""
    members = members_of(shape) if shape.kind == "union" else []
    others = [member for member in members if member.type is not NoneType]
    return others[0] if len(others) == 1 else shape


def _named_tuple_fields(shape: Shape) -> list[Field]:
    defaults = shape.type._field_defaults
    return [
        Field(name, name, annotation, name not in defaults)
        for name, annotation in zip(shape.type._fields, shape.arguments, strict=True)
    ]


def _field_hook(field: Field, hook_of: Callable[[Any], Hook]) -> Hook:
    try:
        return _values_hook(field.annotation, hook_of)
    except TypeError as exc:
        raise TypeError(f"{field.name}: {exc}") from exc


def _values_hook(annotation: Any, hook_of: Callable[[Any], Hook]) -> Hook:
    """The hook of the strings that were given under one name."""
    shape = _without_none(shape_of(annotation))
    if shape.kind == "array":
        return _array_hook(hook_of(shape.arguments[0]), ARRAYS[shape.type])
    hook = hook_of(annotation)

    def load_one(strings: Any, _: Any = None) -> Any:
        if len(strings) != 1:
            raise Invalid([FieldError((), "repeated", "This is given more than once.")])
        return hook(strings[0])

    return load_one


def _array_hook(hook: Hook, make: type) -> Hook:
    def load_all(strings: Any, _: Any = None) -> Any:
        return make([hook(string) for string in strings])

    return load_all


def _mapping_loader(hook: Hook) -> Hook:
    def load_mapping(strings: Any, _: Any = None) -> Any:
        errors, values = Errors(), {}
        for name, given in strings.items():
            try:
                values[name] = hook(given)
            except Invalid as exc:
                errors.below(name, exc)
        errors.raise_any()
        return values

    return load_mapping
