"""Schemas of JSON, changed for where there is something else than JSON.

The story starts at `as_text`: what stands under a name of a query, a header field, a
cookie or a form has no null, and is what JSON's value would be as text. `merge_patch`
is for a document that says what to change of an object (RFC 7396).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from restlette.contrib.openapi.schemas import NULL, Schema, or_null

__all__ = [
    "JSON_PATCH",
    "as_text",
    "has_file",
    "merge_patch",
    "parameter",
    "without_null",
]


def without_null(schema: Schema) -> Schema:
    """A schema that does not take null."""
    found = dict(schema)
    if found.get("default", 0) is None:
        del found["default"]
    if isinstance(found.get("type"), list):
        kinds = [kind for kind in found["type"] if kind != "null"]
        found["type"] = kinds[0] if len(kinds) == 1 else kinds
    if None in found.get("enum", ()):
        found["enum"] = [each for each in found["enum"] if each is not None]
    if NULL in found.get("anyOf", ()):
        members = [each for each in found.pop("anyOf") if each != NULL]
        found = (
            {**members[0], **found}
            if len(members) == 1
            else {**found, "anyOf": members}
        )
    return found


def as_text(schema: Schema) -> Schema:
    """A schema of JSON for what is text, as OpenAPI writes it by name."""
    found = without_null(schema)
    if found.get("type") == "array" and "items" in found:
        found["items"] = without_null(found["items"])
    return found


def has_file(schema: Schema) -> bool:
    """Whether a member of a form is a file, or several."""
    return "binary" in (schema.get("format"), schema.get("items", {}).get("format"))


def parameter(name: str, location: str, schema: Schema, *, required: bool) -> Schema:
    """A parameter object (OpenAPI 3.1 section 4.8.12).

    Args:
        name: as a request has it.
        location: `query`, `header` or `cookie`.
        schema: of its values.
        required: whether a request has to have it.
    """
    schema = dict(schema)
    found: Schema = {"name": name, "in": location}
    for note in ("description", "deprecated"):
        if note in schema:
            found[note] = schema.pop(note)
    if required:
        found["required"] = True
    if schema.get("type") == "array":
        if location == "query":
            if required:
                schema.setdefault("minItems", 1)  # there is no way to send none
            found |= {"style": "form", "explode": True}
        else:
            # OpenAPI would have all in one field, between commas; restlette reads one
            # item of each field.
            schema = dict(schema.get("items", {}))
    return {**found, "schema": schema}


# RFC 7396 and RFC 6902 ----------------------------------------------------------------


def merge_patch(schema: Schema, below: Callable[[Any], Schema]) -> Schema:
    """The schema of a merge patch, of that of what it changes.

    Args:
        schema: of what is changed.
        below: gives the schema of a merge patch for what a `$ref` refers to.
    """
    if "$ref" in schema:
        return below(schema)
    if "anyOf" in schema:
        members = [merge_patch(each, below) for each in schema["anyOf"]]
        return {**schema, "anyOf": members}
    if "object" not in schema.get("type", ()):
        return schema
    required = schema.get("required", ())
    others = schema.get("additionalProperties", True)
    found: Schema = {
        key: schema[key] for key in ("type", "description") if key in schema
    }
    if "properties" in schema:
        found["properties"] = {
            name: without_null(merge_patch(each, below))
            if name in required
            else or_null(without_null(merge_patch(each, below)))
            for name, each in schema["properties"].items()
        }
    if isinstance(others, dict):
        found["additionalProperties"] = or_null(
            without_null(merge_patch(others, below))
        )
    elif not others:
        # What is not there can be removed.
        found["additionalProperties"] = NULL
    return found


POINTER: Final[Schema] = {
    "type": "string",
    "format": "json-pointer",
    "pattern": "^(?:/(?:[^~/]|~[01])*)*$",
}


def _operation(names: list[str], **members: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {"op": {"type": "string", "enum": names}, "path": POINTER}
        | members,
        "required": ["op", "path", *members],
    }


# RFC 6902 section 4.
JSON_PATCH: Final[Schema] = {
    "type": "array",
    "description": "What is to be done, step by step (RFC 6902).",
    "items": {
        "anyOf": [
            _operation(["add", "replace", "test"], value={}),
            _operation(["remove"]),
            _operation(["move", "copy"], **{"from": POINTER}),
        ]
    },
    "maxItems": 1000,
}
