"""Values held against the schemas of a document (JSON Schema, draft 2020-12).

`Schemas.check` is what others ask. A schema is compiled when it is asked about first,
in the form that fits who sends the value:

* what a client sends may leave out what is `readOnly`, and what a server sends has
  nothing that is `writeOnly`;
* where a document names the members of an object and says nothing of others, an answer
  has no others: JSON Schema would let them pass, but nobody who reads the document
  would expect them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, time
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from restlette.http.optional import load

if TYPE_CHECKING:
    import jsonschema_rs
else:
    jsonschema_rs = load(
        "jsonschema_rs", "contract", needed_by="restlette.testing.contract"
    )

__all__ = [
    "Flaw",
    "Purpose",
    "Schemas",
    "followed",
    "members_of",
    "pointer_to",
    "resolve",
]

Purpose = Literal["answer", "problem", "request", "strict request"]
Schema = Mapping[str, Any] | bool
_ANSWERS: Final = ("answer", "problem")

# Keywords whose value is a schema, a list of schemas, or schemas by name, for what is
# inside of the value that the schema is about …
_BELOW: Final = ("additionalProperties", "contains", "items", "unevaluatedItems")
_BELOW_LISTS: Final = ("prefixItems",)
_BELOW_NAMED: Final = ("patternProperties", "properties")
# … and for that value itself.
_SAME: Final = ("if", "then", "else")
_SAME_LISTS: Final = ("allOf", "anyOf", "oneOf")
_SAME_NAMED: Final = ("dependentSchemas",)
# A reference to a reference to …: no document needs more, and a circle has no end.
_MOST_REFERENCES: Final = 16
# Who says one of these has said what else an object may hold.
_OPEN: Final = ("additionalProperties", "patternProperties", "unevaluatedProperties")


class Flaw(NamedTuple):
    """What is wrong with a value.

    Attributes:
        pointer: Where it is wrong, as a JSON Pointer into the value.
        value: What is there, as JSON.
        message: What is wrong, in a sentence without its stop.
        declared: What the document has there.
        at: Where it has that, as a JSON Pointer into the document.
    """

    pointer: str
    value: str
    message: str
    declared: str
    at: str


def pointer_to(*steps: str | int) -> str:
    """Write a JSON Pointer.

    Source: RFC 6901 §3.
    """
    return "".join(
        "/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps
    )


def resolve(document: Any, pointer: str) -> Any:
    """Give what a JSON Pointer points to, None where that is nothing.

    Args:
        document: The document.
        pointer: The pointer, with `#` before it or without.
    """
    found = document
    for step in pointer.removeprefix("#").split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(step) if isinstance(found, list) else step]
        except (LookupError, TypeError, ValueError):
            return None
    return found


def followed(document: Any, schema: Any) -> Mapping[str, Any]:
    """Give what a schema refers to, itself where it refers to nothing.

    Args:
        document: The document.
        schema: The schema; what is no object says nothing, as an empty one does.
    """
    for _ in range(_MOST_REFERENCES):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            break
        schema = resolve(document, schema["$ref"])
    return schema if isinstance(schema, Mapping) else {}


class Schemas:
    """The schemas of a document.

    Args:
        document: The OpenAPI document.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document: Final = document
        self._components: dict[Purpose, Any] = {}
        self._compiled: dict[tuple[str, Purpose], Any] = {}
        # PERF: texts that fit their parameter, for they come again and again.
        self.fitting: set[tuple[str, ...]] = set()

    def check(
        self, schema: Schema, value: Any, at: str, purpose: Purpose
    ) -> list[Flaw]:
        """Hold a value against a schema.

        Args:
            schema: The schema.
            value: The value, as JSON has it.
            at: The pointer to the schema in the document, which names it.
            purpose: Who sends the value.

        Returns:
            What is wrong with it, once for each place in the document; nothing where
            it fits.
        """
        compiled = self._compiled.get((at, purpose))
        if compiled is None:
            compiled = self._compiled[at, purpose] = self._compile(schema, purpose)
        if compiled.is_valid(value):
            return []
        found: dict[str, Flaw] = {}
        for exc in islice(compiled.iter_errors(value), _MOST):
            flaw = self._flaw(exc, at)
            found.setdefault(flaw.at, flaw)
        return list(found.values())

    def _compile(self, schema: Schema, purpose: Purpose) -> Any:
        shape = _Shape(self.document, purpose)
        if purpose not in self._components:
            named = self.document.get("components", {}).get("schemas", {})
            self._components[purpose] = {
                "schemas": {name: shape.of(each) for name, each in named.items()}
            }
        whole = shape.below(schema)
        if whole is True or whole is False:
            return jsonschema_rs.Draft202012Validator(whole)
        return jsonschema_rs.Draft202012Validator(
            {**whole, "components": self._components[purpose]},
            validate_formats=True,
            formats=_FORMATS,
        )

    def _flaw(self, exc: Any, at: str) -> Flaw:
        path = list(exc.schema_path)
        steps = pointer_to(*path)
        where = "#" + steps if path[:1] == ["components"] else at + steps
        keyword = str(path[-1]) if path else ""
        declared = resolve(self.document, where)
        if keyword == "unevaluatedProperties" and declared is None:
            where = where.rpartition("/")[0]
            names = ", ".join(members_of(self.document, resolve(self.document, where)))
            shown = f"the members {names}"
        else:
            shown = f"{keyword}: {_short(declared)}" if keyword else _short(declared)
        pointer = pointer_to(*exc.instance_path)
        return Flaw(pointer, _short(exc.instance), exc.message, shown, where)


# As many flaws of one value as are looked at: a long list has the same one many times.
_MOST: Final = 1000


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else text[:199] + "…"


def members_of(document: Any, schema: Any) -> list[str]:
    """Give the names of the members that a schema lists, or what it refers to does."""
    found: dict[str, None] = {}
    waiting, seen = [schema], set()
    while waiting:
        each = waiting.pop()
        if not isinstance(each, Mapping) or id(each) in seen:
            continue
        seen.add(id(each))
        found.update(dict.fromkeys(each.get("properties", {})))
        waiting.extend(resolve(document, ref) for ref in [each.get("$ref")] if ref)
        for keyword in _SAME_LISTS:
            waiting.extend(each.get(keyword, ()))
    return sorted(found)


class _Shape:
    """The form of schemas for one purpose.

    Args:
        document: The document that they refer to.
        purpose: The purpose.
    """

    def __init__(self, document: Mapping[str, Any], purpose: Purpose) -> None:
        self._document = document
        self._closes = purpose in ("answer", "strict request")
        # A member that nobody may send: the other side's.
        self._foreign = "writeOnly" if purpose in _ANSWERS else "readOnly"
        # OpenAPI 3.1 has them "SHOULD NOT be sent": a server may ignore what a client
        # sends, but a client is shown what it should not see.
        self._refuses = purpose != "request"

    def below(self, schema: Any) -> Any:
        """Give the form of a schema that says all there is about a value."""
        shaped = self.of(schema)
        if self._closes and isinstance(shaped, dict) and self._lists(schema) is True:
            shaped["unevaluatedProperties"] = False
        return shaped

    def of(self, schema: Any) -> Any:
        """Give the form of a schema that may be one of several about a value."""
        if not isinstance(schema, Mapping):
            return schema
        shaped = {**schema}
        for keyword in schema:
            if keyword in _BELOW:
                shaped[keyword] = self.below(schema[keyword])
            elif keyword in _BELOW_LISTS:
                shaped[keyword] = [self.below(each) for each in schema[keyword]]
            elif keyword in _BELOW_NAMED:
                shaped[keyword] = {
                    name: self._member(each) for name, each in schema[keyword].items()
                }
            elif keyword in _SAME:
                shaped[keyword] = self.of(schema[keyword])
            elif keyword in _SAME_LISTS:
                shaped[keyword] = [self.of(each) for each in schema[keyword]]
            elif keyword in _SAME_NAMED:
                shaped[keyword] = {
                    name: self.of(each) for name, each in schema[keyword].items()
                }
        if "required" in shaped:
            shaped["required"] = [
                name
                for name in schema["required"]
                if not self._is_foreign(schema, name)
            ]
        return shaped

    def _member(self, schema: Any) -> Any:
        if isinstance(schema, Mapping) and schema.get(self._foreign) is True:
            return not self._refuses
        return self.below(schema)

    def _is_foreign(self, schema: Mapping[str, Any], name: str) -> bool:
        member = schema.get("properties", {}).get(name)
        return isinstance(member, Mapping) and member.get(self._foreign) is True

    def _lists(self, schema: Any, seen: frozenset[int] = frozenset()) -> bool | None:
        """Say whether a schema names the members of an object, and allows no others.

        Returns:
            None where it is about no object, or says nothing of members; False where it
            says itself what else there may be.
        """
        if not isinstance(schema, Mapping) or id(schema) in seen:
            return None
        if any(keyword in schema for keyword in _OPEN):
            return False
        if not _may_be_object(schema):
            return None
        seen = seen | {id(schema)}
        parts = [self._lists(each, seen) for each in schema.get("allOf", ())]
        if "$ref" in schema:
            parts.append(self._lists(resolve(self._document, schema["$ref"]), seen))
        own = True if "properties" in schema else None
        for keyword in ("anyOf", "oneOf"):
            branches = schema.get(keyword, ())
            objects = [each for each in branches if self._is_object(each, seen)]
            said = [self._lists(each, seen) for each in objects]
            if said and not own and None in said:
                # One branch takes any object.
                return False
            parts.extend(said)
        if False in parts:
            return False
        return True if own or True in parts else None

    def _is_object(self, schema: Any, seen: frozenset[int]) -> bool:
        if isinstance(schema, Mapping) and "$ref" in schema and id(schema) not in seen:
            target = resolve(self._document, schema["$ref"])
            return self._is_object(target, seen | {id(schema)})
        return schema is True or (
            isinstance(schema, Mapping) and _may_be_object(schema)
        )


def _may_be_object(schema: Mapping[str, Any]) -> bool:
    if "const" in schema or "enum" in schema:
        return False
    types = schema.get("type", "object")
    return types == "object" or "object" in types


def _is_date_time(text: str) -> bool:
    return "T" in text.upper() and _reads(datetime.fromisoformat, text)


def _is_time(text: str) -> bool:
    return _reads(time.fromisoformat, text)


def _reads(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


# RFC 3339 wants an offset. A datetime without one is written without one, by restlette
# too, and is no mistake of the answer's.
_FORMATS: Final = {"date-time": _is_date_time, "time": _is_time}
