"""Models of marshmallow's Schemas, 3.26 and 4, as they are.

The story starts at `schema_model`. Reading and writing is the Schema's alone, with its
own idea of strictness: `fields.Integer()` takes "3", `Integer(strict=True)` does not.
What is ours is to say what was wrong: `_errors` walks marshmallow's messages and the
Schema side by side, which gives each message its place and its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, get_args, get_origin

from restlette.http.optional import load
from restlette.resources.models import plain
from restlette.resources.models.errors import MOST, FieldError, Invalid, too_deep
from restlette.resources.models.model import Model, Strings

__all__ = ["Node", "schema_model"]

marshmallow: Any = load(
    "marshmallow", "marshmallow", needed_by="restlette.resources.models"
)
fields: Any = marshmallow.fields

# The key of messages about a whole object.
WHOLE: str = marshmallow.exceptions.SCHEMA

CONTAINERS = (fields.List, fields.Tuple, fields.Mapping, fields.Nested)


def schema_model(annotation: Any, extra: Any) -> Model:
    """The model of a type that is annotated with a Schema.

    Args:
        annotation: `Annotated[dict[str, Any], BookSchema]`, with `list[...]` for many.
        extra: the Schema, or its class.

    Raises:
        TypeError: the type is a list and the Schema is for one, or the other way round.
    """
    is_list = _is_list(annotation)
    schema = extra(many=is_list) if isinstance(extra, type) else extra
    if schema.many is not is_list:
        kind = type(schema).__qualname__
        raise TypeError(
            f"{annotation} is a list and the {kind} is for one object: write "
            f"{kind}(many=True)"
            if is_list
            else f"{annotation} is no list and the {kind} is for many: write "
            f"Annotated[list[dict[str, Any]], {kind}(many=True)]"
        )
    no_query = _no_query(schema)
    dump = _dumper(schema)
    return Model(
        annotation=annotation,
        load=_loader(schema),
        load_strings=plain.nameless if no_query else _strings_loader(schema),
        dump=dump,
        no_query=no_query,
        names=None if schema.unknown == marshmallow.INCLUDE else tuple(_loaded(schema)),
        settable=lambda value: _settable(schema, dump(value), many=is_list),
    )


def _is_list(annotation: Any) -> bool:
    origin = get_args(annotation)[0]
    return (get_origin(origin) or origin) in (list, Sequence)


def _loader(schema: Any) -> Callable[[Any], Any]:
    take = schema.load

    def load(data: Any) -> Any:
        try:
            return take(data)
        except marshmallow.ValidationError as exc:
            raise _invalid(exc, schema, data) from exc
        except RecursionError as exc:
            raise too_deep() from exc

    return load


def _dumper(schema: Any) -> Callable[[Any], Any]:
    give = schema.dump
    name = type(schema).__qualname__

    def dump(value: Any) -> Any:
        try:
            # marshmallow would write None as {}.
            if value is not None:
                return give(value)
        # A field that is given what it cannot write raises what it likes.
        except Exception as exc:
            kind = type(value).__qualname__
            raise TypeError(f"{kind} is not written as {name}: {exc}") from exc
        raise TypeError(f"None is not written as {name}")

    return dump


# What can be set ----------------------------------------------------------------------


def _settable(schema: Any, data: Any, *, many: bool) -> Any:
    """What a Schema has written, without the fields that it only writes."""
    if many:
        return [_settable(schema, each, many=False) for each in data]
    known = _loaded(schema)
    return {
        key: _settable_value(known[key], value)
        for key, value in data.items()
        if key in known
    }


def _settable_value(field: Any, value: Any) -> Any:
    if value is None or isinstance(field, fields.Pluck):
        return value
    if isinstance(field, fields.Nested):
        schema = field.schema
        return _settable(schema, value, many=bool(schema.many or field.many))
    if isinstance(field, fields.List):
        return [_settable_value(field.inner, each) for each in value]
    if isinstance(field, fields.Tuple):
        return [
            _settable_value(inner, each)
            for inner, each in zip(field.tuple_fields, value, strict=True)
        ]
    if isinstance(field, fields.Mapping):
        inner = field.value_field
        return {key: _settable_value(inner, each) for key, each in value.items()}
    return value


# Strings ------------------------------------------------------------------------------


def _no_query(schema: Any) -> str | None:
    """Why a Schema cannot read a query, or None."""
    if schema.many:
        return plain.NAMELESS
    for key, field in _loaded(schema).items():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, CONTAINERS):
            kind = type(inner).__qualname__
            return f"{key}: fields.{kind} cannot be written as one text"
    return None


def _loaded(schema: Any) -> dict[str, Any]:
    """The fields that can be loaded, by the names that they have in data."""
    return {
        name if field.data_key is None else field.data_key: field
        for name, field in schema.load_fields.items()
    }


def _strings_loader(schema: Any) -> Callable[[Strings], Any]:
    lists = {
        key for key, field in _loaded(schema).items() if isinstance(field, fields.List)
    }
    load = _loader(schema)

    def load_strings(strings: Strings) -> Any:
        errors = [
            FieldError((name,), "repeated", "This is given more than once.")
            for name, values in strings.items()
            if len(values) > 1 and name not in lists
        ]
        data = {
            name: list(values) if name in lists else values[0]
            for name, values in strings.items()
        }
        value = None
        try:
            value = load(data)
        except Invalid as exc:
            errors += exc.errors
        if errors:
            raise Invalid(errors)
        return value

    return load_strings


# Errors -------------------------------------------------------------------------------

Steps = tuple[str | int, ...]


class Node(NamedTuple):
    """A place in a Schema.

    Attributes:
        owner: the Schema or field whose messages those of this place are; or None.
        child: gives, by a key of the messages, the steps that lead to what it is about,
            and its place.
        is_shown: whether it is a member that is written and not read.
        text: the key of a mapping, where the messages are about that.
    """

    owner: Any
    child: Callable[[Any], tuple[Steps, Node]]
    is_shown: bool = False
    text: str | None = None


def _invalid(exc: Any, schema: Any, data: Any) -> Invalid:
    found = _errors(exc.messages, _of_schema(schema, many=schema.many), data, ())
    # SECURITY: as many as are told, see `errors.MOST`.
    errors = list(islice(found, MOST + 1))
    if len(errors) > MOST:
        errors[MOST:] = [FieldError((), "more", "There may be more errors.")]
    return Invalid(errors)


def _errors(messages: Any, node: Node, data: Any, path: Steps) -> Iterator[FieldError]:
    """What messages say: strings, lists of them, or mappings to more of them."""
    if isinstance(messages, Mapping):
        for key in _in_order(messages, data):
            steps, child = node.child(key)
            if key == WHOLE:
                steps = ()
            inner = _part(data, steps) if child.text is None else child.text
            yield from _errors(messages[key], child, inner, path + steps)
    elif isinstance(messages, list | tuple | set):
        for each in messages:
            yield from _errors(each, node, data, path)
    else:
        text = str(messages)
        code = _code(text, node.owner, data)
        if code == "unknown" and node.is_shown:
            yield FieldError(path, "read_only", "This cannot be set.")
        else:
            yield FieldError(path, code, text)


def _in_order(messages: Mapping[Any, Any], data: Any) -> list[Any]:
    """The keys of messages: what is missing first, then in the order of the data.

    marshmallow tells unknown members in an order that differs from run to run.
    """
    places = {key: place for place, key in enumerate(data)} if _is_object(data) else {}
    return sorted(messages, key=lambda key: places.get(key, -1))


def _is_object(data: Any) -> bool:
    return isinstance(data, Mapping)


def _part(data: Any, steps: Steps) -> Any:
    """The part of the data that steps lead to, None where there is none."""
    for step in steps:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return None
    return data


def _of_schema(schema: Any, *, many: bool) -> Node:
    known = _loaded(schema)
    # A validator may name the attribute.
    keys = {name: key for key, field in known.items() for name in (field.name, key)}
    shown = {
        name if field.data_key is None else field.data_key
        for name, field in schema.dump_fields.items()
    }

    def child(key: Any) -> tuple[Steps, Node]:
        if key == WHOLE:
            return (), Node(schema, NOTHING.child)
        if many and isinstance(key, int):
            return (key,), _of_schema(schema, many=False)
        if key in keys:
            return (keys[key],), _of_field(known[keys[key]])
        return (key,), Node(schema, NOTHING.child, is_shown=key in shown)

    return Node(schema, child)


def _of_field(field: Any) -> Node:
    if isinstance(field, fields.Nested):
        inner = _of_schema(field.schema, many=bool(field.schema.many or field.many))
        if isinstance(field, fields.Pluck):
            inner = _plucked(inner)
        return Node(field, inner.child)
    if isinstance(field, fields.List):
        return Node(field, lambda key: ((key,), _of_field(field.inner)))
    if isinstance(field, fields.Tuple):
        return Node(field, lambda key: ((key,), _of_field(field.tuple_fields[key])))
    if isinstance(field, fields.Mapping):
        return Node(field, lambda key: ((key,), _of_pair(field, key)))
    return Node(field, NOTHING.child)


def _of_pair(field: Any, key: str) -> Node:
    """The place of `{"key": [...], "value": [...]}`, what is wrong with one member."""

    def child(side: Any) -> tuple[Steps, Node]:
        if side == "key":
            return (), _of_field(field.key_field)._replace(text=key)
        return (), _of_field(field.value_field)

    return Node(None, child)


def _plucked(node: Node) -> Node:
    """The messages name a member that the data has not."""

    def child(key: Any) -> tuple[Steps, Node]:
        _, inner = node.child(key)
        return ((key,), _plucked(inner)) if isinstance(key, int) else ((), inner)

    return Node(node.owner, child)


NOTHING: Final[Node] = Node(None, lambda key: ((key,), NOTHING))

# The codes of marshmallow's messages, by their keys: those of a Schema, and those of a
# field that do not depend on the data.
SCHEMA_CODES: Mapping[str, str] = {"type": "type", "unknown": "unknown"}
FIELD_CODES: Mapping[str, str] = {
    "required": "missing",
    "null": "type",
    "validator_failed": "invalid",
    "unknown": "choice",
    "too_large": "format",
    "special": "format",
}


def _code(text: str, owner: Any, data: Any) -> str:
    """The code of a message, which marshmallow tells no key with.

    Args:
        text: the message.
        owner: the Schema or field that it is about.
        data: what was given there.
    """
    if owner is None:
        return "invalid"
    key = _key(text, owner.error_messages)
    if isinstance(owner, marshmallow.Schema):
        return SCHEMA_CODES.get(key or "", "invalid")
    if key is not None and key in FIELD_CODES:
        return FIELD_CODES[key]
    if key is not None:
        # "12x" where there should be a number; an array where there should be one.
        is_text = isinstance(data, str) and not isinstance(owner, CONTAINERS)
        return "format" if is_text else "type"
    if isinstance(owner, fields.Tuple) and len(data or ()) != len(owner.tuple_fields):
        return "length"
    return "invalid"


def _key(text: str, templates: Mapping[str, Any]) -> str | None:
    """The key of the message that a text was made of."""
    for key, template in templates.items():
        before, _, rest = str(template).partition("{")
        if not rest and text == before:
            return key
        if rest and text.startswith(before) and text.endswith(rest.rpartition("}")[2]):
            return key
    return None
