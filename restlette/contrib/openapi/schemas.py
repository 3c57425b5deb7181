"""What types become in JSON Schema (2020-12, as OpenAPI 3.1 has it).

The story starts at `Schemas.schema`, which goes by the shapes that the models go by:
what they take is what is described. A class becomes a component, in whose place there
is a `Target`; who names the components replaces it.
"""

from __future__ import annotations

import collections.abc
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from json import dumps
from types import NoneType
from typing import Annotated, Any, Final, Literal, NamedTuple, get_origin
from uuid import UUID

from restlette.contrib.openapi.docstrings import Docstring, read
from restlette.contrib.openapi.validators import asked_by, merged
from restlette.http.json import STANDARD
from restlette.http.optional import load
from restlette.resources.models import model_for
from restlette.resources.models.choosing import members_of
from restlette.resources.models.shapes import (
    Field,
    Shape,
    choices_of,
    described,
    fields_of,
    kinds_of,
    shape_of,
)
from restlette.resources.pages import PageContent

__all__ = [
    "FILE",
    "LEAVES",
    "NULL",
    "Direction",
    "Schema",
    "Schemas",
    "Target",
    "as_json",
    "notes_of",
    "or_null",
]

attrs: Any = load("attrs", "attrs", needed_by="restlette.contrib.openapi")

Schema = dict[str, Any]

Direction = Literal["taken", "given"]
"""Whether a schema is of what a request may have, or of what an answer has."""

NUMBER: Final = "^-?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$"

# As restlette.resources.models.leaves reads them. Formats are annotations (2020-12
# Validation, section 7.2.1): date-time and time may come without their offset.
LEAVES: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    time: {"type": "string", "format": "time"},
    Decimal: {"type": "string", "format": "decimal", "pattern": NUMBER},
    UUID: {"type": "string", "format": "uuid"},
}

NULL: Final[Schema] = {"type": "null"}

# OpenAPI 3.0 and most tools know a file by its format, 3.1 by its media type.
FILE: Final[Schema] = {
    "type": "string",
    "format": "binary",
    "contentMediaType": "application/octet-stream",
}


class Target(NamedTuple):
    """What stands for a component in a `$ref` until components have names.

    Attributes:
        key: what it is made of.
    """

    key: Any


# Gives, for a component's key, its name and what describes it, the reference to it.
Refer = Callable[[Any, str, Callable[[Direction], Schema]], Schema]

# Gives the schema of what another library's adapter knows.
Adapted = Callable[[Any, Direction], Schema]


class Schemas:
    """The schemas of types.

    Args:
        refer: takes note of a component, and gives the reference to it.
        adapted_schema: describes what an adapter makes the models of.
    """

    def __init__(self, refer: Refer, adapted_schema: Adapted) -> None:
        self._refer = refer
        self._adapted = adapted_schema
        self._docstrings: dict[type, Docstring] = {}
        self._fields: dict[Shape, list[Field]] = {}
        self._made: dict[tuple[Any, Direction], Schema] = {}
        self._makers: dict[str, Callable[[Shape, Direction], Schema]] = {
            "any": lambda shape, direction: {},
            "leaf": lambda shape, direction: dict(LEAVES[shape.type]),
            "choice": self._choice,
            "array": self._array,
            "tuple": self._tuple,
            "mapping": self._mapping,
            "object": self._object,
            "union": self._union,
            "file": lambda shape, direction: dict(FILE),
            "model": lambda shape, direction: self._adapted(shape.type, direction),
        }

    def schema(self, annotation: Any, direction: Direction) -> Schema:
        """The schema of a type.

        Args:
            annotation: the type.
            direction: whether values are read or written.

        Raises:
            TypeError: it has no form in JSON.
        """
        try:
            # PERF: many fields are of few types.
            made = self._made.get((annotation, direction))
        except TypeError:  # an Annotated with a list in it, say
            return self.of_shape(shape_of(annotation), direction)
        if made is None:
            made = self.of_shape(shape_of(annotation), direction)
            self._made[annotation, direction] = made
        return dict(made)

    def of_shape(self, shape: Shape, direction: Direction) -> Schema:
        """The schema of a type that is sorted already."""
        make = self._makers.get(shape.kind)
        if make is None:
            raise TypeError(f"{described(shape.type)} has no form in JSON")
        return make(shape, direction)

    def _choice(self, shape: Shape, direction: Direction) -> Schema:
        values = [value for _, value in choices_of(shape)]
        if shape.type is Literal:
            return _one_of(values)
        cls = shape.type
        return self._refer(
            cls, cls.__name__, lambda _: {**_one_of(values), **self._notes(cls)}
        )

    def _array(self, shape: Shape, direction: Direction) -> Schema:
        schema: Schema = {"type": "array"}
        items = self.schema(shape.arguments[0], direction)
        if items:
            schema["items"] = items
        if shape.type in SETS:
            schema["uniqueItems"] = True
        return schema

    def _tuple(self, shape: Shape, direction: Direction) -> Schema:
        cls = shape.type
        if cls is tuple:
            return self._items(shape, direction)
        return self._refer(
            cls,
            cls.__name__,
            lambda direction: {**self._items(shape, direction), **self._notes(cls)},
        )

    def _items(self, shape: Shape, direction: Direction) -> Schema:
        items = [self.schema(each, direction) for each in shape.arguments]
        names = getattr(shape.type, "_fields", ())
        told = self._args(shape.type) if names else {}
        for name, item in zip(names, items, strict=False):
            item |= {"title": name, **_described(told.get(name, ""))}
        schema: Schema = {"type": "array"}
        if items:
            schema["prefixItems"] = items
        return {**schema, "minItems": len(items), "maxItems": len(items)}

    def _mapping(self, shape: Shape, direction: Direction) -> Schema:
        of_key, of_value = shape.arguments
        schema: Schema = {"type": "object"}
        names, values = _key_schema(of_key), self.schema(of_value, direction)
        if names:
            schema["propertyNames"] = names
        if values:
            schema["additionalProperties"] = values
        return schema

    def _union(self, shape: Shape, direction: Direction) -> Schema:
        members = members_of(shape)
        values = [each for each in members if each.type is not NoneType]
        schemas = [self.of_shape(each, direction) for each in values]
        schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        if len(schemas) > 1 and all(each.kind == "object" for each in values):
            schema |= _discriminator(values, schemas)
        return or_null(schema) if len(values) < len(members) else schema

    def _object(self, shape: Shape, direction: Direction) -> Schema:
        cls = shape.type
        return self._refer(
            cls[shape.arguments] if shape.arguments else cls,
            _name_of(shape),
            lambda direction: self._members(shape, direction),
        )

    def _members(self, shape: Shape, direction: Direction) -> Schema:
        cls, fields = shape.type, self._fields_of(shape)
        told, metadata = self._args(cls), _metadata(cls)
        shown = [each for each in fields if each.settable or direction == "given"]
        # All that an instance has is written; a TypedDict may not have all.
        is_whole = direction == "given" and not issubclass(cls, dict)
        required = [each.key for each in shown if each.required or is_whole]
        schema: Schema = {"type": "object", **self._notes(cls)}
        schema["properties"] = {
            field.key: {
                **self._member(cls, field, direction),
                **_described(told.get(field.name, "")),
                **notes_of(metadata.get(field.name, {})),
            }
            for field in shown
        }
        if required:
            schema["required"] = required
        return {**schema, "additionalProperties": False, **self._yaml(cls)}

    def _fields_of(self, shape: Shape) -> list[Field]:
        # PERF: the fields of a class are dear, and are asked for in both directions.
        if shape not in self._fields:
            self._fields[shape] = fields_of(shape)
        return self._fields[shape]

    def _member(self, cls: type, field: Field, direction: Direction) -> Schema:
        schema = self.schema(field.annotation, direction)
        attribute = field.attribute
        # What a validator sees is what the converter made of what was sent.
        if attribute is not None and (
            direction == "given" or attribute.converter is None
        ):
            schema = merged(schema, asked_by(attribute.validator, field.annotation))
        if not field.settable:
            schema["readOnly"] = True
        elif direction == "taken" and not field.required:
            schema |= _default(field, cls, schema)
        return schema

    # What docstrings say --------------------------------------------------------------

    def _docstring(self, cls: type) -> Docstring:
        """What the class itself says: not its bases, nor what wrote its methods."""
        if cls not in self._docstrings:
            text = vars(cls).get("__doc__")
            is_own = isinstance(text, str) and not text.startswith(f"{cls.__name__}(")
            self._docstrings[cls] = read(cls) if is_own else Docstring()
        return self._docstrings[cls]

    def _notes(self, cls: type) -> Schema:
        docstring = self._docstring(cls)
        parts = filter(None, (docstring.summary, docstring.description))
        return _described("\n\n".join(parts))

    def _yaml(self, cls: type) -> Schema:
        return self._docstring(cls).yaml or {}

    def _args(self, cls: type) -> dict[str, str]:
        """What a class and its bases say of their attributes."""
        found: dict[str, str] = {}
        for base in reversed(cls.__mro__):
            if base.__module__ != "builtins":
                found |= self._docstring(base).args
        return found


SETS: Final = (set, frozenset, collections.abc.Set, collections.abc.MutableSet)


def _one_of(values: list[Any]) -> Schema:
    """The schema of some values, with their type where they are of one."""
    kinds = {type(value) for value in values}
    return {**(LEAVES[kinds.pop()] if len(kinds) == 1 else {}), "enum": values}


def or_null(schema: Schema) -> Schema:
    """A schema that takes null as well."""
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], NULL]}
    return {"anyOf": [schema, NULL]}


# As restlette.resources.models.leaves reads the text before a colon.
KEYS: Final[Mapping[Any, Schema]] = {
    **LEAVES,
    str: {},
    int: {"pattern": "^-?[0-9]+$"},
    float: {"pattern": NUMBER},
    bool: {"enum": ["true", "false", "1", "0"]},
}


def _key_schema(annotation: Any) -> Schema:
    """What the names of a mapping's members are."""
    shape = shape_of(annotation)
    if shape.kind == "leaf":
        return dict(KEYS[shape.type])
    if shape.kind != "choice":
        return {}
    values = [value for _, value in choices_of(shape)]
    return {"enum": [each if isinstance(each, str) else dumps(each) for each in values]}


def _discriminator(shapes: Sequence[Shape], schemas: Sequence[Schema]) -> Schema:
    """The member whose text tells objects apart, if there is one in all of them."""
    fields = [{field.key: field for field in fields_of(shape)} for shape in shapes]
    for key in fields[0]:
        mapping: dict[str, Any] = {}
        count = 0
        for schema, each in zip(schemas, fields, strict=True):
            tags = _tags(each.get(key))
            count += len(tags) or 1
            mapping |= dict.fromkeys(tags, schema["$ref"])
        if len(mapping) == count:
            return {"discriminator": {"propertyName": key, "mapping": mapping}}
    return {}


def _tags(field: Field | None) -> list[str]:
    if field is None or not (field.settable and field.required):
        return []
    shape = shape_of(field.annotation)
    if shape.type is not Literal or kinds_of(shape) != (str,):
        return []
    return [value for _, value in choices_of(shape)]


def _name_of(shape: Shape) -> str:
    """What a class is called: `Pair_int_Book` is `Pair[int, Book]`."""
    name = "Page" if shape.type is PageContent else shape.type.__name__
    return "_".join([name, *map(_words, shape.arguments)])


def _words(annotation: Any) -> str:
    """A type as a part of a name."""
    shape = shape_of(annotation)
    if shape.kind == "object":
        return _name_of(shape)
    if shape.kind == "union":
        return "_or_".join(map(_words, shape.arguments))
    if shape.type is Literal:
        return "_or_".join(str(value) for _, value in choices_of(shape))
    if shape.type is NoneType:
        return "None"
    if get_origin(shape.type) is Annotated:
        # It is what another library's adapter knows: a Schema, most of the time.
        extra = shape.type.__metadata__[0]
        cls = extra if isinstance(extra, type) else type(extra)
        return cls.__name__.removesuffix("Schema")
    name = getattr(shape.type, "__name__", described(shape.type))
    return "_".join([name, *map(_words, shape.arguments)])


def _described(text: str) -> Schema:
    return {"description": text} if text else {}


# The members of a field's metadata that are told.
NOTES: Final = ("title", "description", "examples", "deprecated", "format")


def notes_of(metadata: Mapping[Any, Any]) -> Schema:
    """What the metadata of a field says to people."""
    notes = {name: metadata[name] for name in NOTES if name in metadata}
    if "example" in metadata:
        notes.setdefault("examples", [metadata["example"]])
    return as_json(notes) if notes else notes


def _metadata(cls: Any) -> dict[str, Mapping[Any, Any]]:
    if attrs.has(cls):
        return {field.name: field.metadata for field in attrs.fields(cls)}
    if dataclasses.is_dataclass(cls):
        return {field.name: field.metadata for field in dataclasses.fields(cls)}
    return {}


# What is made anew for each instance, and always the same.
EMPTY: Final = (list, dict, set, tuple, frozenset)


def _default(field: Field, cls: type, schema: Schema) -> Schema:
    """What a member is that is left out, where a client could send it as well."""
    value = _default_value(field, cls)
    if value is attrs.NOTHING:
        return {}
    if _is_plainly(value, schema):
        return {"default": value}
    try:
        model = model_for(field.annotation)
        data = as_json(model.dump(value))
        model.load(data)
    # Something that only a converter makes a value of, or a file; whoever writes it
    # may raise what they like.
    except Exception:
        return {}
    return {"default": data}


def _is_plainly(value: Any, schema: Schema) -> bool:
    """Whether a value is seen to be one of a schema.

    PERF: most defaults are of this kind, and need no model that says so.
    """
    if value is None:
        return "null" in schema.get("type", ()) or NULL in schema.get("anyOf", ())
    if "enum" in schema:
        return False
    if isinstance(value, list) and not value:
        return schema.get("type") == "array"
    return type(value) in (str, int, bool) and schema == LEAVES[type(value)]


def _default_value(field: Field, cls: Any) -> Any:
    """The value itself; `NOTHING` where it is not known."""
    if issubclass(cls, dict):
        return attrs.NOTHING
    if field.attribute is not None:
        default = field.attribute.default
        is_made = isinstance(default, attrs.Factory)
        make = default.factory if is_made and not default.takes_self else None
    else:
        found = cls.__dataclass_fields__[field.name]
        default, make = found.default, found.default_factory
        is_made = default is dataclasses.MISSING
    if not is_made:
        return default
    return make() if make in EMPTY else attrs.NOTHING


def as_json(value: Any) -> Any:
    """A value as it stands in JSON."""
    return STANDARD.loads(STANDARD.dumps(value))
