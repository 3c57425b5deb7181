"""Values of parameters and header fields, from text to what their schemas speak of.

A schema says of what type a value is, and text says nothing of it: `"5"` may be a
number or a string. `Reading` gives each value that a text may stand for, and a text
fits a schema where one of them does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

from restlette.testing.contract.schemas import resolve

__all__ = ["Reading", "types_of"]

_integer = re.compile(r"[+-]?[0-9]{1,400}").fullmatch
_number = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
).fullmatch
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}
_ALL: Final[tuple[str, ...]] = (
    "array",
    "boolean",
    "integer",
    "null",
    "number",
    "object",
    "string",
)


def types_of(document: Any, schema: Any, depth: int = 8) -> set[str]:
    """Give the types that a value of a schema may have.

    Args:
        document: The document that the schema refers to.
        schema: The schema.
        depth: How many references and parts deep to look.

    Returns:
        Names of JSON Schema's types; all of them where nothing is said.
    """
    if not isinstance(schema, Mapping) or depth == 0:
        return set(_ALL)
    found: set[str] = set(_ALL)
    given = schema.get("type")
    if given is not None:
        found &= {given} if isinstance(given, str) else set(given)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values is not None:
        found &= {name for value in values for name in _types_of_value(value)}
    if "$ref" in schema:
        found &= types_of(document, resolve(document, schema["$ref"]), depth - 1)
    for each in schema.get("allOf", ()):
        found &= types_of(document, each, depth - 1)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            parts = [types_of(document, each, depth - 1) for each in schema[keyword]]
            found &= set().union(*parts)
    # JSON Schema counts integers among the numbers.
    return found | {"integer"} if "number" in found else found


def _types_of_value(value: Any) -> tuple[str, ...]:
    if value is None:
        return ("null",)
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int):
        return ("integer", "number")
    if isinstance(value, float):
        return ("number",)
    if isinstance(value, str):
        return ("string",)
    return ("array",) if isinstance(value, Sequence) else ("object",)


class Reading(NamedTuple):
    """How the text of a parameter is read, as its schema has it.

    Attributes:
        types: The types that the value may have.
        items: Those of the items, where it is an array.
    """

    types: frozenset[str]
    items: frozenset[str]

    @classmethod
    def of(cls, document: Any, schema: Any) -> Self:
        """Find out how text is read.

        Args:
            document: The document that the schema refers to.
            schema: The schema.
        """
        items = types_of(document, _items_of(document, schema))
        return cls(frozenset(types_of(document, schema)), frozenset(items))

    @property
    def is_object(self) -> bool:
        """Whether the value is an object, whose members are written in many ways."""
        return self.types == {"object"}

    def values(self, texts: Sequence[str], separator: str | None) -> Iterator[Any]:
        """Give each value that the texts of a parameter may stand for.

        Args:
            texts: The texts, one for each time that the parameter is there; one at
                least.
            separator: What separates the items of an array within one text; None where
                each item is a text of its own.
        """
        if "array" in self.types:
            items = (
                texts
                if separator is None
                else [part.strip() for part in texts[0].split(separator)]
            )
            yield [next(_scalars(self.items, text), text) for text in items]
        if len(texts) == 1:
            yield from _scalars(self.types, texts[0])


def _scalars(types: frozenset[str], text: str) -> Iterator[Any]:
    if "integer" in types and _integer(text):
        yield int(text)
    if "number" in types and _number(text):
        yield float(text)
    if "boolean" in types and text.lower() in _BOOLEANS:
        yield _BOOLEANS[text.lower()]
    if "null" in types and text in ("", "null"):
        yield None
    if "string" in types:
        yield text


def _items_of(document: Any, schema: Any, depth: int = 8) -> Any:
    if not isinstance(schema, Mapping) or depth == 0:
        return True
    if "items" in schema:
        return schema["items"]
    parts = [resolve(document, schema["$ref"])] if "$ref" in schema else []
    for keyword in ("allOf", "anyOf", "oneOf"):
        parts.extend(schema.get(keyword, ()))
    for part in parts:
        found = _items_of(document, part, depth - 1)
        if found is not True:
            return found
    return True
