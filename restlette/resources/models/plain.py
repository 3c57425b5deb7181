"""Models of JSON's own values, which need no other package.

The story starts at `plain_model`: `dict`, `list`, `str`, `int`, `float`, `bool` and
`None`, and `Any` or `object` for all of them. Data is checked on the way in, and goes
out as it is. `LOADERS` are the strict leaves of every other model too; like the hooks
of cattrs they take a type as well, which says nothing new to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from restlette.resources.models.errors import FieldError, Invalid
from restlette.resources.models.model import Model, Strings

__all__ = [
    "KINDS",
    "LOADERS",
    "identity",
    "is_any",
    "is_plain",
    "load_bool",
    "load_dict",
    "load_float",
    "load_int",
    "load_list",
    "load_mapping",
    "load_none",
    "load_str",
    "nameless",
    "plain_model",
    "refuse",
]

# What JSON's values are called in sentences (RFC 8259 section 3), by the type that a
# codec reads them as.
KINDS: dict[type, str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    NoneType: "null",
}

NAMELESS = (
    "what is given there has names, so its type has fields: an attrs class, or "
    "dict[str, Any]"
)

# The abstract names for what a codec reads as dict and list.
ABSTRACT: dict[Any, type] = {Mapping: dict, Sequence: list}


def plain_model(annotation: Any) -> Model | None:
    """The model of one of JSON's own values.

    Returns:
        None when the annotation is something else, or when it says what the members of
        an object or an array are.
    """
    if is_any(annotation):
        return Model(annotation, identity, load_mapping, identity)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _optional_model(annotation)
    members = arguments[1:] if origin in (dict, Mapping) else arguments
    if arguments and (arguments[0] not in (str, Any) or not all(map(is_any, members))):
        return None
    kind = ABSTRACT.get(origin or annotation, origin or annotation)
    if kind not in LOADERS:
        return None
    if kind is dict:
        return Model(annotation, load_dict, load_mapping, identity)
    return Model(annotation, LOADERS[kind], nameless, identity, no_query=NAMELESS)


def _optional_model(annotation: Any) -> Model | None:
    """The model of `X | None`, where X is one of JSON's own values."""
    others = [each for each in get_args(annotation) if each is not NoneType]
    model = plain_model(others[0]) if len(others) == 1 else None
    if model is None:
        return None
    loader = model.load

    def load(data: Any, _: Any = None) -> Any:
        return None if data is None else loader(data)

    return model._replace(annotation=annotation, load=load)


def is_any(annotation: Any) -> bool:
    """Whether an annotation takes whatever JSON can say."""
    return annotation is Any or annotation is object


def is_plain(annotation: Any) -> bool:
    """Whether the values of an annotation are JSON data already, down to the leaves."""
    if is_any(annotation) or annotation in (*KINDS, *ABSTRACT):
        return True
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (dict, Mapping):
        return arguments[0] in (str, Any) and is_plain(arguments[1])
    return origin in (list, Sequence) and is_plain(arguments[0])


def identity(value: Any, _: Any = None) -> Any:
    """The value itself."""
    return value


def refuse(*kinds: type) -> Invalid:
    """The error for data of another kind than one that was expected."""
    names = " or ".join(KINDS[kind] for kind in kinds)
    return Invalid([FieldError((), "type", f"This must be {names}.")])


def load_dict(data: Any, _: Any = None) -> Any:
    """Take an object."""
    if isinstance(data, dict):
        return data
    raise refuse(dict)


def load_list(data: Any, _: Any = None) -> Any:
    """Take an array."""
    if isinstance(data, list):
        return data
    raise refuse(list)


def load_str(data: Any, _: Any = None) -> Any:
    """Take a string."""
    if data.__class__ is str:
        return data
    raise refuse(str)


def load_int(data: Any, _: Any = None) -> Any:
    """Take an integer."""
    if data.__class__ is int:
        return data
    # JSON has numbers only, and says nothing of how 1 and 1.0 differ (RFC 8259 section
    # 6); to a JSON Schema both are integers (2020-12 Validation, section 6.1.1).
    if isinstance(data, float) and data.is_integer():
        return int(data)
    raise refuse(int)


def load_float(data: Any, _: Any = None) -> Any:
    """Take a number."""
    if data.__class__ is float:
        return data
    if data.__class__ is int:
        try:
            return float(data)
        except OverflowError as exc:
            error = FieldError((), "format", "This number is too large.")
            raise Invalid([error]) from exc
    raise refuse(float)


def load_bool(data: Any, _: Any = None) -> Any:
    """Take `true` or `false`."""
    if data is True or data is False:
        return data
    raise refuse(bool)


def load_none(data: Any, _: Any = None) -> Any:
    """Take `null`."""
    if data is None:
        return data
    raise refuse(NoneType)


def load_mapping(strings: Strings) -> dict[str, Any]:
    """Take a query as it is: a string for each name, or a list if there are several."""
    return {
        name: values[0] if len(values) == 1 else list(values)
        for name, values in strings.items()
    }


def nameless(strings: Strings) -> Any:
    """Refuse a query, for a type that has no names: `bind` never lets it get here."""
    raise TypeError(NAMELESS)


LOADERS: dict[Any, Callable[..., Any]] = {
    dict: load_dict,
    list: load_list,
    str: load_str,
    int: load_int,
    float: load_float,
    bool: load_bool,
    NoneType: load_none,
}
