"""OpenAPI's schemas for tools that speak other dialects.

hypothesis-jsonschema reads drafts up to 7, and Python's `re` is what it and jsonschema
match patterns with.
"""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import hypothesis_jsonschema._from_schema
from hypothesis import strategies as st
from hypothesis.internal.conjecture.utils import many
from hypothesis_jsonschema import from_schema
from jsonschema import Draft202012Validator

from restlette.contrib.openapi.components import Components


class Many:
    """What asks for one more element, as hypothesis once did.

    hypothesis-jsonschema 0.23 calls `many.more()`; hypothesis has an iterator now.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._many: Any = many(*arguments, **options)
        self._elements: Any = None

    def more(self) -> bool:
        if self._elements is None:
            self._elements = iter(self._many.__enter__())
        for _ in self._elements:
            return True
        self._many.__exit__(None, None, None)
        return False

    def reject(self) -> None:
        self._many.reject()


if not hasattr(many, "more"):
    hypothesis_jsonschema._from_schema.cu = SimpleNamespace(many=Many)

PREFIX = "#/components/schemas/"


def pythonic(schema: Any) -> Any:
    """A schema whose patterns Python's `re` reads as ECMA-262 has them."""
    if isinstance(schema, list):
        return [pythonic(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: pythonic(each) for key, each in schema.items()}
    if isinstance(schema.get("pattern"), str):
        # `$` of Python's allows a newline behind it.
        found["pattern"] = schema["pattern"].replace("$", r"\Z")
    return found


def draft_7(schema: Any, schemas: dict[str, Any], depth: int = 0) -> Any:
    """A schema of 2020-12 in the words of draft 7, with what it refers to inside.

    What holds itself does so a few times.
    """
    if isinstance(schema, list):
        return [draft_7(each, schemas, depth) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: draft_7(each, schemas, depth) for key, each in schema.items()}
    found.pop("discriminator", None)
    if "prefixItems" in schema:
        found["items"] = found.pop("prefixItems")
        found["additionalItems"] = False
    if isinstance(schema.get("$ref"), str):
        name = found.pop("$ref").removeprefix(PREFIX)
        inner = depth < 6 and draft_7(schemas[name], schemas, depth + 1)
        # In draft 7 nothing beside a reference counts.
        found = {"allOf": [inner, found]} if found else inner
    return found


def validator(schema: Any, components: Components) -> Any:
    """What says whether JSON data is of a schema."""
    whole = {**schema, "components": {"schemas": components.schemas}}
    Draft202012Validator.check_schema(whole)
    return Draft202012Validator(pythonic(whole))


FORMATS = {
    "decimal": st.decimals(allow_nan=False, allow_infinity=False).map(str),
    "date-time-local": st.datetimes().map(datetime.isoformat),
    "uuid": st.uuids().map(str),
}


def data_of(schema: Any, components: Components) -> st.SearchStrategy[Any]:
    """JSON data that a schema allows."""
    whole = draft_7(pythonic(schema), pythonic(components.schemas))
    return from_schema(whole, custom_formats=FORMATS)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.integers(-5, 5).map(float)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
    | st.sampled_from(["true", "1", "2026-01-31", "2026-01-31T12:00", "12:00", "1.50"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


def near(value: Any) -> st.SearchStrategy[Any]:
    """Other values that something may take as well that takes this one."""
    if isinstance(value, bool):
        return st.sampled_from([not value, int(value), None])
    if isinstance(value, int | float) and abs(value) < 1e9:
        return st.sampled_from([float(value), int(value), value + 1, -value, None])
    if isinstance(value, str):
        others = [value.upper(), value.lower(), value[:-1], f"{value}a", f"{value}\n"]
        return st.sampled_from([*others, value.replace("T", " "), f"0{value}", None])
    return JSON


@st.composite
def mutated(draw: st.DrawFn, data: Any) -> Any:
    """Data with one part of it replaced, left out or added."""
    if not isinstance(data, list | dict):
        return draw(near(data) | JSON)
    if draw(st.integers(0, 5)) == 0:
        return draw(JSON)
    if isinstance(data, list):
        items = list(data)
        if not items or draw(st.integers(0, 3)) == 0:
            items.append(draw(st.sampled_from(items)) if items else draw(JSON))
            return items
        index = draw(st.integers(0, len(items) - 1))
        if draw(st.booleans()):
            del items[index]
        else:
            items[index] = draw(mutated(items[index]))
        return items
    members = dict(data)
    if not members or draw(st.integers(0, 3)) == 0:
        members[draw(st.text(max_size=3))] = draw(JSON)
        return members
    key = draw(st.sampled_from(sorted(members)))
    if draw(st.integers(0, 2)) == 0:
        del members[key]
    else:
        members[key] = draw(mutated(members[key]))
    return members
