"""Schemas under names: what is taken, what is given, parameters, forms, patches."""

from __future__ import annotations

from typing import Any

import attrs

from restlette import MergePatch, Page, Patch, UploadFile
from restlette.contrib.openapi.components import Components

v = attrs.validators


@attrs.frozen
class NewBook:
    """A book that is not there yet.

    Attributes:
        title: what stands on its cover.
    """

    title: str = attrs.field(validator=v.min_len(1))
    price: float = attrs.field(validator=v.ge(0))


@attrs.frozen
class Book(NewBook):
    stock: int = 0


def test_what_is_taken_and_given_alike_is_one_component() -> None:
    components = Components()
    reference = {"$ref": "#/components/schemas/NewBook"}
    assert components.taken(NewBook) == components.given(NewBook) == reference
    assert components.schemas == {
        "NewBook": {
            "type": "object",
            "description": "A book that is not there yet.",
            "properties": {
                "title": {
                    "type": "string",
                    "minLength": 1,
                    "description": "what stands on its cover.",
                },
                "price": {"type": "number", "minimum": 0},
            },
            "required": ["title", "price"],
            "additionalProperties": False,
        }
    }


def test_what_differs_is_two_components() -> None:
    """A member with a default may be left out, and is always written."""
    components = Components()
    assert components.taken(Book) == {"$ref": "#/components/schemas/BookInput"}
    assert components.given(Page[Book]) == {"$ref": "#/components/schemas/Page_Book"}
    assert list(components.schemas) == ["Book", "BookInput", "Page_Book"]
    taken, given = components.schemas["BookInput"], components.schemas["Book"]
    assert taken["required"] == ["title", "price"]
    assert taken["properties"]["stock"] == {"type": "integer", "default": 0}
    assert given["required"] == ["title", "price", "stock"]
    assert given["properties"]["stock"] == {"type": "integer"}


def test_a_patch_has_media_types_of_its_own() -> None:
    components = Components()
    assert components.body(Patch[NewBook]) == {
        "application/merge-patch+json": {
            "schema": {"$ref": "#/components/schemas/NewBookMergePatch"}
        },
        "application/json-patch+json": {
            "schema": {"$ref": "#/components/schemas/JSONPatch"}
        },
    }
    assert list(components.body(MergePatch[NewBook])) == [MergePatch.media_type]


def test_a_file_is_sent_in_parts() -> None:
    @attrs.frozen
    class Cover:
        image: UploadFile

    form: dict[str, Any] = Components().form(Cover)
    assert list(form) == ["multipart/form-data"]
