"""Versions of OpenAPI: a document in 3.1, written in another one.

The story starts at `convert`. 3.2 has a place for what 3.1 keeps under `x-`; 3.0 has an
earlier dialect of JSON Schema, in which some things cannot be said. What cannot be said
is left out, so that a schema in 3.0 takes what that in 3.1 takes, and maybe more.

    3.2    additionalOperations, query, itemSchema
    3.1    as it is
    3.0    nullable, no list of types, booleans beside bounds, no keywords since draft 6
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["VERSIONS", "convert"]

Object = dict[str, Any]

VERSIONS: Final[Mapping[str, str]] = {"3.0": "3.0.3", "3.1": "3.1.1", "3.2": "3.2.0"}
"""The versions, with what a document calls each."""

# Keywords of JSON Schema 2020-12 that OpenAPI 3.0 has no word for.
_UNKNOWN: Final = frozenset(
    (
        *("$anchor", "$comment", "$defs", "$dynamicAnchor", "$dynamicRef", "$id"),
        *("$schema", "$vocabulary", "const", "contains", "contentEncoding"),
        *("contentMediaType", "contentSchema", "dependentRequired"),
        *("dependentSchemas", "else", "examples", "exclusiveMaximum"),
        *("exclusiveMinimum", "if", "maxContains", "minContains"),
        *("patternProperties", "prefixItems", "propertyNames", "then", "type"),
        *("unevaluatedItems", "unevaluatedProperties"),
    )
)
_LISTS: Final = ("allOf", "anyOf", "oneOf")


def convert(document: Mapping[str, Any], version: str) -> Object:
    """Write a document in another version of OpenAPI.

    Args:
        document: In OpenAPI 3.1, as `describe` gives it; it stays as it is.
        version: "3.0", "3.1" or "3.2".

    Raises:
        ValueError: Another version.
    """
    if version not in VERSIONS:
        raise ValueError(
            f"a document is written in OpenAPI {', '.join(VERSIONS)}, not {version!r}."
        )
    converted = _CONVERTERS[version](dict(document))
    return {**converted, "openapi": VERSIONS[version]}


def _to_3_2(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_3_2(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    found = {key: _to_3_2(each) for key, each in value.items()}
    item = found.pop("x-itemSchema", None)
    if item is not None:
        found.pop("schema", None)
        found["itemSchema"] = item
    others = found.pop("x-additionalOperations", None)
    if others is not None:
        # OpenAPI 3.2 section 4.9.1: QUERY has a member of its own.
        query = others.pop("QUERY", None)
        found |= {} if query is None else {"query": query}
        found |= {"additionalOperations": others} if others else {}
    return found


def _to_3_0(document: Object) -> Object:
    found: Object = _below(document)
    for key in ("jsonSchemaDialect", "webhooks"):
        found.pop(key, None)
    found.setdefault("paths", {})
    found["info"].pop("summary", None)
    found["info"].get("license", {}).pop("identifier", None)
    components = found.get("components", {})
    components.pop("pathItems", None)
    if "schemas" in components:
        components["schemas"] = {
            name: _schema(each) for name, each in components["schemas"].items()
        }
    return found


def _below(value: Any) -> Any:
    """Convert the schemas in what is none itself."""
    if isinstance(value, list):
        return [_below(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    found: Object = {}
    for key, each in value.items():
        if key in ("schema", "x-itemSchema"):
            found[key] = _schema(each)
        elif key in ("schemas", "example", "examples", "default"):
            found[key] = each
        else:
            found[key] = _below(each)
    return found


def _schema(schema: Any) -> Object:
    """Write a schema in the dialect of OpenAPI 3.0."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    if "$ref" in schema:
        return _reference(schema)
    found = {key: each for key, each in schema.items() if key not in _UNKNOWN}
    for key in ("additionalProperties", "items", "not"):
        if isinstance(found.get(key), Mapping):
            found[key] = _schema(found[key])
    if "not" in found and found["not"] != schema["not"]:
        # The opposite of what takes more takes less.
        del found["not"]
    if "properties" in found:
        found["properties"] = {
            name: _schema(each) for name, each in found["properties"].items()
        }
    for key in _LISTS:
        if key in found:
            found[key] = [_schema(each) for each in found[key]]
    if "oneOf" in found and found["oneOf"] != schema["oneOf"]:
        # Of what takes more there may be two.
        either = {"anyOf": found.pop("oneOf")}
        found = {**found, "allOf": [*found.get("allOf", ()), either]}
    _put_values(schema, found)
    _put_bounds(schema, found)
    _put_items(schema, found)
    if "patternProperties" in schema:
        # Which of the others they are cannot be said.
        found.pop("additionalProperties", None)
    return _typed(schema, found)


def _reference(schema: Mapping[str, Any]) -> Object:
    """Give a reference; what stands beside one in 3.0 is not looked at."""
    reference = {"$ref": schema["$ref"]}
    others = {key: each for key, each in schema.items() if key != "$ref"}
    return {"allOf": [reference], **_schema(others)} if others else reference


def _put_values(schema: Mapping[str, Any], found: Object) -> None:
    if "const" in schema:
        found["enum"] = [schema["const"]]
    if schema.get("examples"):
        found.setdefault("example", schema["examples"][0])
    if schema.get("contentEncoding") == "base64":
        found["format"] = "byte"
    elif "contentMediaType" in schema and "contentSchema" not in schema:
        found["format"] = "binary"


def _put_bounds(schema: Mapping[str, Any], found: Object) -> None:
    for name, tighter in (("minimum", max), ("maximum", min)):
        key = f"exclusive{name.capitalize()}"
        if key not in schema:
            continue
        bound = schema[key]
        if name in schema and tighter(schema[name], bound) != bound:
            continue
        found |= {name: bound, key: True}


def _put_items(schema: Mapping[str, Any], found: Object) -> None:
    prefix = schema.get("prefixItems")
    if prefix is not None:
        rest = schema.get("items", True)
        if rest is False:
            found["maxItems"] = min(found.get("maxItems", len(prefix)), len(prefix))
        each = [*prefix, *([] if rest is False else [rest])]
        found["items"] = {"anyOf": [_schema(one) for one in each]}
    elif isinstance(found.get("items"), bool):
        found["items"] = _schema(found["items"])


def _typed(schema: Mapping[str, Any], found: Object) -> Object:
    """Give the schema with its type, of which there is one in 3.0, or null."""
    if "type" not in schema:
        return found
    kinds = schema["type"]
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    if kinds == ["null"]:
        return {**found, "nullable": True, "enum": [None]}
    if "array" in kinds:
        # OpenAPI 3.0 section 4.7.24: items must be present.
        found.setdefault("items", {})
    is_null = "null" in kinds
    kinds = [kind for kind in kinds if kind != "null"]
    if len(kinds) > 1:
        several = [_only(found, kind) for kind in kinds]
        null = [{"nullable": True, "enum": [None]}] if is_null else []
        return {"anyOf": [*several, *null]}
    found["type"] = kinds[0]
    if is_null:
        found["nullable"] = True
    return found


def _only(schema: Object, kind: str) -> Object:
    found = {**schema, "type": kind}
    if kind != "array":
        found.pop("items", None)
    return found


_CONVERTERS: Final[Mapping[str, Callable[[Object], Object]]] = {
    "3.0": _to_3_0,
    "3.1": lambda document: document,
    "3.2": _to_3_2,
}
