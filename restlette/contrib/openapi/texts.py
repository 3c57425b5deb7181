"""Schemas of JSON, changed for where there is something else than JSON.

The story starts at `as_text`: what stands under a name of a query, a header field, a
cookie or a form has no null, and is what JSON's value would be as text. `merge_patch`
is for a document that says what to change of an object (RFC 7396).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

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


def merge_patch(schema: Schema, below: Callable[[Schema], Schema]) -> Schema:
    """The schema of a merge patch, of that of what it changes.

    A member that is null is removed, or has its default again; it may not be one that
    has to be there.

    Args:
        schema: of what is changed.
        below: gives the schema of a merge patch for a schema that is a reference.
    """
    if "$ref" in schema:
        return {**_notes(schema), **below(schema)}
    if "anyOf" in schema:
        members = [merge_patch(each, below) for each in schema["anyOf"]]
        return {**_notes(schema), "anyOf": members}
    if "object" not in schema.get("type", ()):
        # An array is replaced as a whole, as any other value is.
        return {key: each for key, each in schema.items() if key != "default"}
    found: Schema = {"type": schema["type"], **_notes(schema)}
    required = schema.get("required", ())
    if "properties" in schema:
        found["properties"] = {
            name: _member(each, below, removable=name not in required)
            for name, each in schema["properties"].items()
        }
    others = schema.get("additionalProperties", True)
    if isinstance(others, dict):
        found["additionalProperties"] = _member(others, below, removable=True)
    elif not others:
        # What is not there can be removed.
        found["additionalProperties"] = NULL
    return found


def _member(
    schema: Schema, below: Callable[[Schema], Schema], *, removable: bool
) -> Schema:
    found = without_null(merge_patch(schema, below))
    return or_null(found) if removable and found else found


def _notes(schema: Schema) -> Schema:
    return {key: schema[key] for key in ("title", "description") if key in schema}


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
