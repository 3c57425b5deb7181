"""Schemas under names: what is taken, what is given, parameters, forms, patches."""

# No postponed annotations: what is local to a test is to be seen.

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import attrs
import marshmallow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from restlette import Created, MergePatch, Page, Patch, UploadFile
from restlette.contrib.openapi.components import Component, Components
from restlette.resources import models
from restlette.resources.models import Model, model_for, register_adapter
from restlette.resources.models.adapters import ADAPTERS
from restlette.resources.queries import CursorQuery, Fields, PageQuery, Sort
from tests.contrib.openapi.drafts import data_of, validator

v = attrs.validators


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


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


@attrs.frozen
class Shelf:
    books: list[Book]


@attrs.frozen
class Library:
    shelves: dict[str, Shelf]
    new: list[NewBook]


@attrs.frozen
class Node:
    """It holds itself, and is taken as it is given."""

    children: "list[Node]"
    other: "Leaf | None"


@attrs.frozen
class Leaf:
    node: Node


@attrs.frozen
class Branch:
    """It holds itself, by way of what has two forms."""

    twig: "Twig | None"


@attrs.frozen
class Twig:
    branch: Branch
    size: int = 1


class Color(Enum):
    RED = "red"


def test_what_is_taken_and_given_alike_is_one_component() -> None:
    components = Components()
    assert components.taken(NewBook) == components.given(NewBook) == ref("NewBook")
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
    assert components.taken(Book) == ref("BookInput")
    assert list(components.schemas) == ["BookInput"]
    assert components.given(Book) == ref("Book")
    assert list(components.schemas) == ["Book", "BookInput"]
    taken, given = components.schemas["BookInput"], components.schemas["Book"]
    assert taken["required"] == ["title", "price"]
    assert taken["properties"]["stock"] == {"type": "integer", "default": 0}
    assert given["required"] == ["title", "price", "stock"]
    assert given["properties"]["stock"] == {"type": "integer"}


def test_what_holds_something_that_differs_differs() -> None:
    """And what does not stays one."""
    components = Components()
    components.taken(Library)
    components.given(Library)
    assert list(components.schemas) == [
        "Book",
        "BookInput",
        "Library",
        "LibraryInput",
        "NewBook",
        "Shelf",
        "ShelfInput",
    ]
    library = components.schemas["LibraryInput"]["properties"]
    assert library["shelves"]["additionalProperties"] == ref("ShelfInput")
    assert library["new"]["items"] == ref("NewBook")


def test_what_was_asked_for_before_counts() -> None:
    components = Components()
    components.given(Book)
    assert components.given(Shelf) == ref("Shelf")
    assert components.taken(Shelf) == ref("ShelfInput")


def test_a_class_may_hold_itself() -> None:
    components = Components()
    assert components.taken(Node) == components.given(Node) == ref("Node")
    assert list(components.schemas) == ["Leaf", "Node"]
    node = components.schemas["Node"]
    assert node["properties"]["children"] == {"type": "array", "items": ref("Node")}
    held = validator(ref("Node"), components)
    assert held.is_valid({"children": [{"children": [], "other": None}], "other": None})
    assert not held.is_valid({"children": [{"children": []}], "other": None})


def test_what_differs_in_a_circle_differs_all_around() -> None:
    components = Components()
    assert components.taken(Branch) == ref("BranchInput")
    assert list(components.schemas) == ["BranchInput", "TwigInput"]
    twig = components.schemas["TwigInput"]["properties"]
    assert twig["branch"] == ref("BranchInput")


def test_what_tells_objects_apart_refers_to_components() -> None:
    @attrs.frozen
    class Cat:
        kind: Literal["cat"]

    @attrs.frozen
    class Dog:
        kind: Literal["dog"]
        age: int = 1

    assert Components().taken(Cat | Dog)["discriminator"] == {
        "propertyName": "kind",
        "mapping": {
            "cat": "#/components/schemas/Cat",
            "dog": "#/components/schemas/DogInput",
        },
    }


def test_a_long_chain_of_classes_is_followed() -> None:
    """As long as Python's stack is deep, and longer."""
    module = ModuleType("chain")
    lines = ["import attrs", "from typing import Optional"]
    for number in range(2000):
        inner = f"Optional[C{number - 1}]" if number else "int"
        lines += ["@attrs.frozen", f"class C{number}:", f"    inner: {inner}"]
    sys.modules["chain"] = module
    try:
        exec("\n".join(lines), vars(module))
        components = Components()
        components.taken(vars(module)["C1999"])
    finally:
        del sys.modules["chain"]
    assert len(components.schemas) == 2000


def test_what_a_reply_holds_is_given() -> None:
    components = Components()
    assert components.given(Created[NewBook]) == ref("NewBook")
    assert components.given(Page[NewBook]) == ref("Page_NewBook")
    page = components.schemas["Page_NewBook"]
    assert page["properties"]["items"] == {"type": "array", "items": ref("NewBook")}
    assert page["required"] == ["items"]


def test_what_is_given_back_may_be_changed() -> None:
    components = Components()
    components.taken(list[NewBook])["items"]["$ref"] = "changed"
    assert components.taken(list[NewBook])["items"] == ref("NewBook")


def test_what_has_no_form_is_an_error() -> None:
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        Components().taken(bytes)


def test_a_document_of_components_is_valid() -> None:
    """As openapi-spec-validator reads OpenAPI 3.1."""
    components = Components()
    for each in (Library, Node, Branch, Annotated[dict[str, Any], TagSchema]):
        components.taken(each)
    components.given(Page[Book])
    body = components.body(Patch[Library])
    form = components.form(made("Upload", "shop", file=UploadFile))
    answer = {"responses": {"200": {"description": "Done."}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/": {
                "get": {"parameters": components.parameters(Query, "query")} | answer,
                "put": {"parameters": components.parameters(Order, "header")} | answer,
                "patch": {"requestBody": {"content": body}} | answer,
                "post": {"requestBody": {"content": form}} | answer,
            }
        },
        "components": {"schemas": components.schemas},
    }
    validate(document, cls=OpenAPIV31SpecValidator)


# Names --------------------------------------------------------------------------------


def made(name: str, module: str, **fields: Any) -> Any:
    cls = attrs.make_class(
        name, {key: attrs.field(type=each) for key, each in fields.items()}
    )
    cls.__module__ = module
    return cls


def test_two_classes_of_one_name_are_told_apart() -> None:
    """By their modules, then by number; the first to be asked for is the short one."""
    components = Components()
    asked = [
        made("Thing", "shop.models", a=int),
        made("Thing", "library", b=int),
        made("Thing", "library", c=int),
        made("Thing", "library", d=int),
    ]
    found = [components.taken(cls) for cls in asked]
    names = ["Thing", "library.Thing", "Thing2", "Thing3"]
    assert found == [ref(name) for name in names]
    assert components.taken(asked[1]) == ref("library.Thing")


def test_both_names_of_a_class_have_to_be_free() -> None:
    components = Components()
    other = made("BookInput", "shop", a=int)
    assert components.taken(other) == ref("BookInput")
    assert components.given(Book) == ref(f"{__name__}.Book")
    assert components.taken(Book) == ref(f"{__name__}.BookInput")


def test_a_name_may_be_kept_for_something_else() -> None:
    components = Components()
    components.reserve("NewBook")
    assert components.taken(NewBook) == ref(f"{__name__}.NewBook")


def test_names_have_the_signs_that_openapi_allows() -> None:
    components = Components()
    assert components.taken(made("Bücher", "shop", a=int)) == ref("B_cher")
    assert components.taken(made("Ü", "shop", a=int)) == ref("Schema")


def test_a_component_has_no_name_before_what_it_holds_is_known() -> None:
    component = Component(iter(["X"]), lambda _: {})
    assert not component.is_two


# Parameters and forms -----------------------------------------------------------------


class Order(NamedTuple):
    user_id: int
    tags: list[str] | None = None


@attrs.frozen(kw_only=True)
class Query(PageQuery):
    """What is asked for.

    Attributes:
        author: who wrote it.
    """

    author: str | None = attrs.field(default=None, metadata={"deprecated": True})
    since: date = attrs.field(alias="fromDate")
    colors: list[Color] = attrs.field(factory=list)
    sort: Sort[Book] = attrs.field(default=Sort(Book, "title"))
    fields: Fields[Book] = attrs.field(default=Fields(Book))


def test_a_query_is_a_parameter_for_each_field() -> None:
    components = Components()
    found = components.parameters(Query, "query")
    assert found == [
        {
            "name": "page",
            "in": "query",
            "description": "the number of the page, 1 to a million.",
            "schema": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1_000_000,
                "default": 1,
            },
        },
        {
            "name": "size",
            "in": "query",
            "description": "how many items a page has, 1 to 100.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        },
        {
            "name": "author",
            "in": "query",
            "description": "who wrote it.",
            "deprecated": True,
            "schema": {"type": "string"},
        },
        {
            "name": "fromDate",
            "in": "query",
            "required": True,
            "schema": {"type": "string", "format": "date"},
        },
        {
            "name": "colors",
            "in": "query",
            "style": "form",
            "explode": True,
            "schema": {"type": "array", "items": ref("Color"), "default": []},
        },
        {
            "name": "sort",
            "in": "query",
            "schema": {
                "type": "string",
                "pattern": "^-?(?:title|price|stock)(?:,-?(?:title|price|stock))*$",
                "default": "title",
            },
        },
        {
            "name": "fields",
            "in": "query",
            "schema": {
                "type": "string",
                "pattern": "^(?:title|price|stock)(?:,(?:title|price|stock))*$",
            },
        },
    ]
    # The query itself is no component.
    assert list(components.schemas) == ["Color"]


def test_nothing_is_required_of_a_query_that_has_a_default() -> None:
    found = Components().parameters(Query, "query", required=False)
    assert [each["name"] for each in found if "required" in each] == []


def test_header_fields_are_spelled_as_such() -> None:
    """One item of an array is one field; commas part nothing."""
    assert Components().parameters(Order, "header") == [
        {
            "name": "user-id",
            "in": "header",
            "required": True,
            "schema": {"type": "integer"},
        },
        {"name": "tags", "in": "header", "schema": {"type": "string"}},
    ]


def test_a_cursor_is_a_text() -> None:
    found = Components().parameters(CursorQuery[int], "query")
    assert found[0] == {
        "name": "cursor",
        "in": "query",
        "description": "where to go on, None at the beginning.",
        "schema": {"type": "string", "format": "base64url"},
    }


TEXTS: list[Any] = [
    int,
    float,
    str,
    bool,
    date,
    datetime,
    time,
    Decimal,
    UUID,
    Color,
    Literal[1, "one"],
    int | None,
    date | int,
    list[int],
    set[str],
    list[Color] | None,
    Any,
]


def text(value: Any) -> str:
    """A value of JSON's as OpenAPI writes it by name."""
    return value if isinstance(value, str) else json.dumps(value)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_parameters_allow_is_read(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3))
    fields = {}
    for name, kind in zip("abc", kinds, strict=False):
        validators = BOUNDS.get(kind, st.none())
        fields[name] = attrs.field(type=kind, validator=data.draw(validators))
    cls = attrs.make_class("Asked", fields)
    components = Components()
    strings: dict[str, list[str]] = {}
    for each in components.parameters(cls, "query"):
        value = data.draw(data_of(each["schema"], components))
        values = value if each.get("explode") else [value]
        strings[each["name"]] = [text(part) for part in values]
    assert isinstance(model_for(cls).load_strings(strings), cls)


BOUNDS = {
    int: st.sampled_from([v.ge(0), v.in_([1, 2])]),
    str: st.just(v.max_len(3)),
    list[int]: st.just(v.deep_iterable(v.ge(0), v.max_len(3))),
}


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (Any, {"type": "object"}),
        (dict[str, Any] | None, {"type": "object"}),
        (
            dict[Color, int],
            {
                "type": "object",
                "propertyNames": {"enum": ["red"]},
                "additionalProperties": {"type": "integer"},
            },
        ),
    ],
)
def test_any_names_are_one_parameter_of_a_query(annotation: Any, schema: Any) -> None:
    """Whose members are parameters, by their own names."""
    expected = {
        "name": "parameters",
        "in": "query",
        "schema": schema,
        "style": "form",
        "explode": True,
    }
    assert Components().parameters(annotation, "query") == [expected]
    assert Components().parameters(annotation, "header") == []


def test_what_has_no_names_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"list\[int\] has no names"):
        Components().parameters(list[int], "query")


def test_a_form_without_files_is_of_two_media_types() -> None:
    form = Components().form(NewBook)
    schema = {
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
    assert form == {
        "application/x-www-form-urlencoded": {"schema": schema},
        "multipart/form-data": {"schema": schema},
    }
    first, second = form.values()
    assert first["schema"] is not second["schema"]


@pytest.mark.parametrize("kind", [UploadFile, UploadFile | None, list[UploadFile]])
def test_files_come_in_parts(kind: Any) -> None:
    form = Components().form(made("Upload", "shop", file=kind))
    assert list(form) == ["multipart/form-data"]
    file = form["multipart/form-data"]["schema"]["properties"]["file"]
    assert file.get("items", file) == {
        "type": "string",
        "format": "binary",
        "contentMediaType": "application/octet-stream",
    }


def test_a_form_may_have_any_names() -> None:
    schema = {"type": "object", "properties": {}}
    assert Components().form(dict[str, Any])["multipart/form-data"]["schema"] == schema


# Content ------------------------------------------------------------------------------


def test_content_is_json() -> None:
    assert Components().body(NewBook) == {
        "application/json": {"schema": ref("NewBook")}
    }


def test_a_patch_has_media_types_of_its_own() -> None:
    components = Components()
    assert components.body(Patch[Library]) == {
        "application/merge-patch+json": {"schema": ref("LibraryMergePatch")},
        "application/json-patch+json": {"schema": ref("JSONPatch")},
    }
    # What is in an array is replaced as a whole.
    assert list(components.schemas) == [
        "BookInput",
        "JSONPatch",
        "LibraryMergePatch",
        "NewBook",
        "ShelfMergePatch",
    ]
    patch = components.schemas["LibraryMergePatch"]["properties"]
    shelves = patch["shelves"]["additionalProperties"]
    assert shelves == {"anyOf": [ref("ShelfMergePatch"), {"type": "null"}]}
    assert patch["new"]["items"] == ref("NewBook")


def test_a_patch_of_what_holds_itself_and_of_choices() -> None:
    @attrs.frozen
    class Painted:
        color: Color
        node: Node

    components = Components()
    components.body(MergePatch[Painted])
    patch = components.schemas["PaintedMergePatch"]["properties"]
    assert patch["color"] == ref("Color")
    assert patch["node"] == ref("NodeMergePatch")
    other = components.schemas["NodeMergePatch"]["properties"]["other"]
    assert other == ref("LeafMergePatch")


def test_a_patch_of_anything() -> None:
    assert Components().body(MergePatch) == {
        "application/merge-patch+json": {"schema": {}}
    }


def test_a_patch_is_no_part_of_anything() -> None:
    with pytest.raises(TypeError, match="is all of the content, and no part"):
        Components().taken(Patch[NewBook])


# Other libraries ----------------------------------------------------------------------


class TagSchema(marshmallow.Schema):
    name = marshmallow.fields.String(required=True)


def test_a_schema_of_marshmallow_is_a_component() -> None:
    components = Components()
    annotation = Annotated[dict[str, Any], TagSchema]
    assert components.taken(annotation | None) == {
        "anyOf": [ref("Tag"), {"type": "null"}]
    }
    assert components.schemas["Tag"]["required"] == ["name"]
    assert components.parameters(annotation, "query") == [
        {
            "name": "name",
            "in": "query",
            "required": True,
            "schema": {"type": "string"},
        }
    ]


class Struct:
    """A class of another library's."""


class Other:
    """One that defines something else by the same name."""


class Silent:
    """One whose adapter says nothing of its data."""


class Odd:
    """One that has a media type of its own."""


DEFINITIONS = {
    "Struct": {
        "type": "object",
        "properties": {"inner": {"anyOf": [{"$ref": "#/$defs/Struct"}, {}]}},
    }
}


def struct_model(annotation: Any) -> Model | None:
    def nothing(data: Any) -> Any:
        return data

    if annotation is Struct:
        return Model(
            annotation,
            nothing,
            nothing,
            nothing,
            taken_schema=lambda: {"$ref": "#/$defs/Struct", "$defs": DEFINITIONS},
            given_schema=lambda: {"type": "array", "items": {"type": "string"}},
        )
    if annotation is Other:
        return Model(
            annotation,
            nothing,
            nothing,
            nothing,
            taken_schema=lambda: {
                "$ref": "#/$defs/Struct",
                "$defs": {"Struct": {"type": "integer"}},
            },
        )
    if annotation is Silent:
        return Model(annotation, nothing, nothing, nothing)
    if annotation is Odd:
        return Model(annotation, nothing, nothing, nothing, loads={"x/odd": nothing})
    return None


@pytest.fixture
def adapter() -> Iterator[None]:
    register_adapter(struct_model)
    yield
    ADAPTERS.remove(struct_model)
    models._kept.cache_clear()


@pytest.mark.usefixtures("adapter")
def test_an_adapter_may_describe_its_data() -> None:
    """What it defines becomes components, however often it is asked for."""
    components = Components()
    assert components.taken(Struct) == ref("Struct")
    assert components.taken(list[Struct]) == {"type": "array", "items": ref("Struct")}
    assert components.given(Struct) == {"type": "array", "items": {"type": "string"}}
    assert components.schemas == {
        "Struct": {
            "type": "object",
            "properties": {"inner": {"anyOf": [ref("Struct"), {}]}},
        }
    }


@pytest.mark.usefixtures("adapter")
def test_two_definitions_of_one_name_are_told_apart() -> None:
    components = Components()
    assert components.taken(Struct) == ref("Struct")
    assert components.taken(Other) == ref("Struct2")
    assert components.schemas["Struct2"] == {"type": "integer"}


@pytest.mark.usefixtures("adapter")
def test_an_adapter_need_not() -> None:
    components = Components()
    assert components.taken(Silent) == components.given(Silent) == {}
    assert components.body(Odd) == {"x/odd": {"schema": {}}}
