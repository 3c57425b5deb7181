"""What a type looks like in JSON.

The story starts at `shape_of`, which sorts a type into one of a few kinds, the names
around it (`Annotated`, `NewType`, aliases) taken off. `fields_of` says what an object
holds, whichever library made its class. `survey` walks all that a type refers to and
refuses what has no form in JSON: when a handler is registered, not when it is called.

    kind        types                                            in JSON
    any         Any, object                                      anything
    leaf        str, int, float, bool, None, date, time,         one value
                datetime, Decimal, UUID
    choice      Enum, Literal                                    one of some values
    array       list, set, frozenset, tuple[X, ...], Sequence    an array
    tuple       tuple[X, Y], NamedTuple                          an array, by position
    mapping     dict, Mapping                                    an object
    object      attrs class, dataclass, TypedDict                an object
    union       X | Y                                            what its members are
    file        UploadFile                                       nothing, but in a form
    model       what an adapter knows                            what the adapter says
"""

from __future__ import annotations

import collections.abc
import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
)
from uuid import UUID

from restlette.http.forms import UploadFile
from restlette.http.optional import load
from restlette.resources.annotations import (
    AnnotationError,
    hints_of,
    local_names_of,
    own_annotations,
    substitute,
    type_arguments,
    unknown_name,
)
from restlette.resources.models.adapters import OWN, adapted, bare
from restlette.resources.models.plain import is_any

__all__ = [
    "Field",
    "Shape",
    "as_read",
    "choices_of",
    "described",
    "fields_of",
    "has_fields",
    "kinds_of",
    "shape_of",
    "survey",
]

attrs: Any = load("attrs", "attrs", needed_by="restlette.resources.models")

# Types that are written as one value, with the types that a codec reads it as.
LEAVES: dict[Any, tuple[type, ...]] = {
    str: (str,),
    bool: (bool,),
    int: (int, float),
    float: (float, int),
    NoneType: (NoneType,),
    date: (str,),
    datetime: (str,),
    time: (str,),
    Decimal: (str,),
    UUID: (str,),
}

# What makes a value of each type from a list of its items.
ARRAYS: dict[Any, type] = {
    list: list,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    tuple: tuple,
    set: set,
    collections.abc.MutableSet: set,
    collections.abc.Set: frozenset,
    frozenset: frozenset,
}

MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)

# What says something about a type, or about a field, and is taken off.
WRAPPERS = (Annotated, Final, Required, NotRequired)


class Shape(NamedTuple):
    """A type, sorted.

    Attributes:
        kind: one of the kinds in the table above, or `unknown`.
        type: the class, or what the brackets stand behind.
        arguments: what stands in the brackets, or the types of a NamedTuple's fields.
    """

    kind: str
    type: Any
    arguments: tuple[Any, ...] = ()


class Field(NamedTuple):
    """What an object holds under one name.

    Attributes:
        name: of the attribute, or the key of a TypedDict.
        key: the member's name in JSON.
        annotation: its type.
        required: whether it has to be there.
        settable: whether it may be given from outside (`init=False` is not).
        attribute: what attrs knows about it, None for other libraries' classes.
    """

    name: str
    key: str
    annotation: Any
    required: bool
    settable: bool = True
    attribute: Any = None


def shape_of(annotation: Any) -> Shape:
    """Sort a type by what it looks like in JSON."""
    if annotation.__class__ is type and annotation in OWN:
        # PERF: most types are of these.
        return Shape("leaf", annotation)
    annotation = _unwrapped(annotation)
    if adapted(annotation) is not None:
        return Shape("model", annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_any(annotation):
        return Shape("any", annotation)
    if origin is Literal:
        return Shape("choice", Literal, arguments)
    if origin in (Union, UnionType):
        if any(map(is_any, arguments)):
            return Shape("any", Any)
        return Shape("union", Union, arguments)
    cls = origin or annotation
    if not isinstance(cls, type):
        return Shape("unknown", annotation)
    if cls in LEAVES:
        return Shape("leaf", cls)
    if issubclass(cls, UploadFile):
        return Shape("file", cls)
    if cls is tuple and annotation is not tuple and arguments[1:] != (...,):
        return Shape("tuple", tuple, arguments)
    if cls in ARRAYS:
        return Shape("array", cls, arguments[:1] or (Any,))
    if cls in MAPPINGS:
        return Shape("mapping", dict, arguments or (str, Any))
    if issubclass(cls, Enum):
        return Shape("choice", cls)
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return Shape("tuple", cls, _named_tuple_types(cls))
    if has_fields(cls) or _is_typed_dict(cls):
        return Shape("object", cls, arguments)
    return Shape("unknown", annotation)


def _unwrapped(annotation: Any) -> Any:
    """A type without the names around it."""
    while adapted(annotation) is None:
        origin = get_origin(annotation)
        if origin in WRAPPERS:
            annotation = get_args(annotation)[0]
        elif hasattr(annotation, "__supertype__"):  # NewType
            annotation = annotation.__supertype__
        elif hasattr(origin or annotation, "__value__"):  # type X[T] = ...
            alias = origin or annotation
            given = zip(alias.__type_params__, get_args(annotation), strict=False)
            annotation = substitute(alias.__value__, dict(given))
        elif isinstance(annotation, TypeVar):
            annotation = substitute(annotation, {})
        else:
            return NoneType if annotation is None else annotation
    return annotation


def _named_tuple_types(cls: Any) -> tuple[Any, ...]:
    """The types of the fields; those of `collections.namedtuple` have none."""
    hints = hints_of(cls)
    return tuple(bare(hints.get(name, Any)) for name in cls._fields)


def has_fields(cls: Any) -> bool:
    """Whether something is an attrs class or a dataclass."""
    return isinstance(cls, type) and (attrs.has(cls) or dataclasses.is_dataclass(cls))


def _is_typed_dict(cls: type) -> bool:
    # Both that of typing and that of typing_extensions.
    return issubclass(cls, dict) and hasattr(cls, "__required_keys__")


def kinds_of(shape: Shape) -> tuple[type, ...]:
    """The types, as a codec reads JSON, that values of a shape are made from."""
    match shape.kind:
        case "leaf":
            return LEAVES[shape.type]
        case "choice":
            return tuple(dict.fromkeys(kind for kind, _ in as_read(choices_of(shape))))
        case "array" | "tuple":
            return (list,)
        case "mapping" | "object":
            return (dict,)
        case "union":
            members = [kinds_of(shape_of(each)) for each in shape.arguments]
            return tuple(dict.fromkeys(kind for kinds in members for kind in kinds))
        case _:
            return (dict, list, str, int, float, bool, NoneType)


def choices_of(shape: Shape) -> dict[tuple[type, Any], Any]:
    """The values of an Enum or a Literal, by type and value of what they are in JSON.

    By type as well, because to Python `True` equals 1.
    """
    members = _members(shape)
    values = [each.value if isinstance(each, Enum) else each for each in members]
    return {
        (type(value), value): member
        for value, member in zip(values, members, strict=True)
        if type(value) in (str, int, float, bool, NoneType)
    }


def as_read(choices: Mapping[tuple[type, Any], Any]) -> dict[tuple[type, Any], Any]:
    """Choices, by all that a codec may read them as: 1.0 is 1 to JSON.

    JSON has numbers only (RFC 8259 section 6), and a client whose language has one kind
    of them writes 1.0 as 1.
    """
    found = dict(choices)
    for (kind, value), member in choices.items():
        if kind is int:
            found.setdefault((float, float(value)), member)
        elif kind is float and value.is_integer():
            found.setdefault((int, int(value)), member)
    return found


def fields_of(shape: Shape) -> list[Field]:
    """What an object holds, in the order of its class.

    Args:
        shape: of the kind `object`.

    Raises:
        AnnotationError: the annotation of a field cannot be resolved.
        TypeError: the class has something that JSON cannot give it.
    """
    cls: type = shape.type
    if attrs.has(cls):
        fields = _attrs_fields(cls)
    elif has_fields(cls):
        fields = _dataclass_fields(cls)
    else:
        fields = _typed_dict_fields(cls)
    given = zip(getattr(cls, "__parameters__", ()), shape.arguments, strict=False)
    known = type_arguments(shape.type, dict(given))
    # The class of a TypedDict's field is not known, for it has no bases to look at.
    anywhere = {name: each for table in known.values() for name, each in table.items()}
    return [
        field._replace(
            annotation=substitute(
                bare(field.annotation),
                anywhere | known.get(_origin(cls, field.name), {}),
            )
        )
        for field in fields
    ]


def _origin(cls: type, name: str) -> type:
    """The class, among a class and its bases, that annotates a name."""
    return next((base for base in cls.__mro__ if name in own_annotations(base)), cls)


def _attrs_fields(cls: Any) -> list[Field]:
    try:
        # It changes the fields of the class, for everybody: that is how attrs does it,
        # and cattrs after it.
        attrs.resolve_types(cls, None, local_names_of(cls))
    except NameError as exc:
        raise AnnotationError(cls.__qualname__, unknown_name(exc)) from exc
    return [
        Field(
            name=each.name,
            key=each.alias,
            annotation=Any if each.type is None else each.type,
            required=each.default is attrs.NOTHING,
            settable=each.init,
            attribute=each,
        )
        for each in attrs.fields(cls)
    ]


def _dataclass_fields(cls: Any) -> list[Field]:
    hints = hints_of(cls)
    if any(isinstance(hint, dataclasses.InitVar) for hint in hints.values()):
        raise TypeError(
            f"{cls.__qualname__} has an InitVar, which no value of it shows"
        )
    absent = dataclasses.MISSING
    return [
        Field(
            name=each.name,
            key=each.name,
            annotation=hints[each.name],
            required=each.default is absent and each.default_factory is absent,
            settable=each.init,
        )
        for each in dataclasses.fields(cls)
    ]


def _typed_dict_fields(cls: Any) -> list[Field]:
    return [
        Field(name, name, hint, _is_required(cls, name, hint))
        for name, hint in hints_of(cls).items()
    ]


def _is_required(cls: Any, name: str, hint: Any) -> bool:
    """Whether a TypedDict must have a key.

    The class does not know when its annotations were strings.
    """
    origin = get_origin(hint)
    if origin in (Required, NotRequired):
        return origin is Required
    return name in cls.__required_keys__


def survey(
    annotation: Any,
    place: str = "",
    seen: set[Any] | None = None,
    *,
    files: bool = False,
) -> None:
    """Refuse a type when something that it refers to has no form in JSON.

    Args:
        annotation: the type, without extras.
        place: how it was reached, for the error's sentence: `Book.cover`.
        seen: types that were looked at before.
        files: whether it is for a form, which may hold files.

    Raises:
        TypeError: there is such a thing; the sentence says where.
    """
    seen = set() if seen is None else seen
    if annotation in seen:
        return
    seen.add(annotation)
    shape = shape_of(annotation)
    objection = _objection(shape, annotation)
    if shape.kind == "file" and not files:
        objection = "UploadFile has no form in JSON: it is for fields of a form"
    if objection is not None:
        raise TypeError(f"{place}: {objection}" if place else objection)
    if shape.kind == "object":
        for field in fields_of(shape):
            inner = f"{shape.type.__qualname__}.{field.name}"
            survey(field.annotation, inner, seen, files=files)
    elif shape.kind != "choice":
        for argument in shape.arguments:
            survey(argument, place, seen, files=files)


def _objection(shape: Shape, annotation: Any) -> str | None:
    """Why a type, apart from what it refers to, has no form in JSON."""
    if shape.kind == "unknown":
        return f"{described(annotation)} has no form in JSON; {REMEDY}"
    if shape.kind == "choice" and len(choices_of(shape)) < len(_members(shape)):
        return f"{described(annotation)} has values that JSON has not"
    if shape.kind == "model" and getattr(adapted(shape.type), "loads", None):
        return f"{described(annotation)} is all of the content, and no part of anything"
    if shape.kind == "union":
        members = [shape_of(each) for each in shape.arguments]
        values = [each for each in members if each.type is not NoneType]
        for each in values if len(values) > 1 else ():
            if get_origin(each.type) is Annotated:
                # A dict does not show which Schema it belongs to.
                return f"{described(each.type)} cannot stand beside others in a union"
    if shape.kind == "array" and ARRAYS[shape.type] in (set, frozenset):
        item = shape_of(shape.arguments[0])
        if _maker(item).__hash__ is None:
            return f"{described(item.type)} has no hash, and cannot be in a set"
    if shape.kind == "mapping" and not _may_be_key(shape.arguments[0]):
        key = described(shape.arguments[0])
        return f"JSON's objects have strings as keys, not {key}"
    return None


def _maker(shape: Shape) -> Any:
    """What the values of a shape are instances of, as far as it is one class."""
    if shape.kind == "array":
        return ARRAYS[shape.type]
    return shape.type


REMEDY = (
    "use attrs classes, dataclasses, TypedDict, NamedTuple, lists, dicts, unions, "
    "enums, dates, Decimal, UUID or JSON's own values"
)


def _members(shape: Shape) -> tuple[Any, ...]:
    return shape.arguments if shape.type is Literal else tuple(shape.type)


def _may_be_key(annotation: Any) -> bool:
    """Whether a type can stand before a colon: its text is enough to make it."""
    shape = shape_of(annotation)
    return shape.kind == "any" or (
        shape.kind in ("leaf", "choice") and shape.type is not NoneType
    )


def described(annotation: Any) -> str:
    """A type as somebody would write it."""
    if isinstance(annotation, type):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "")
