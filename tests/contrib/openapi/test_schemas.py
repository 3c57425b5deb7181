"""What types become in JSON Schema, held to what their models take and give."""

# No postponed annotations: what is local to a test is to be seen.

import dataclasses
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    TypedDict,
    TypeVar,
)
from uuid import UUID

import attrs
import marshmallow
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from restlette import UploadFile
from restlette.contrib.openapi.components import Components
from restlette.contrib.openapi.docstrings import DocstringError
from restlette.contrib.openapi.schemas import (
    FILE,
    NULL,
    Direction,
    Schema,
    Schemas,
    Target,
    as_json,
    notes_of,
    or_null,
)
from restlette.http.json import STANDARD
from restlette.resources.models import Invalid, model_for
from restlette.resources.pages import PageContent
from tests.contrib.openapi.drafts import data_of, mutated, validator

v = attrs.validators
T = TypeVar("T")
U = TypeVar("U")


class Seen:
    """What components are asked for, described at once, in both directions."""

    def __init__(self) -> None:
        self.names: dict[Any, str] = {}
        self.builds: dict[Any, Callable[[Direction], Schema]] = {}
        self.schemas = Schemas(self.refer, lambda kind, direction: {"adapted": True})

    def refer(
        self, key: Any, name: str, build: Callable[[Direction], Schema]
    ) -> Schema:
        self.names[key] = name
        self.builds[key] = build
        return {"$ref": Target(key)}


def schema(annotation: Any, direction: Direction = "taken") -> Schema:
    return Seen().schemas.schema(annotation, direction)


def body(annotation: Any, direction: Direction = "taken") -> Schema:
    """What describes a class."""
    seen = Seen()
    target = seen.schemas.schema(annotation, direction)["$ref"]
    return seen.builds[target.key](direction)


def name(annotation: Any) -> str:
    seen = Seen()
    seen.schemas.schema(annotation, "taken")
    return next(iter(seen.names.values()))


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Point(NamedTuple):
    """A place.

    Attributes:
        x: to the right.
    """

    x: int
    y: float


class BookSchema(marshmallow.Schema):
    pass


class Bare(NamedTuple):
    x: int


class Mixed(Enum):
    ONE = 1
    TWO = "two"


ISBN: Any = NewType("ISBN", str)


@attrs.frozen
class Box(Generic[T]):
    item: T


@attrs.frozen
class Pair(Generic[T, U]):
    first: T
    second: list[U]


@attrs.frozen
class Cat:
    kind: Literal["cat"]
    lives: int = 9


@attrs.frozen
class Dog:
    kind: Literal["dog", "hound"]
    name: str


@attrs.frozen
class Bird:
    wings: int


DECIMAL = {
    "type": "string",
    "format": "decimal",
    "pattern": "^-?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$",
}

INLINE = [
    # a type, what it becomes in both directions
    (str, {"type": "string"}),
    (int, {"type": "integer"}),
    (float, {"type": "number"}),
    (bool, {"type": "boolean"}),
    (None, {"type": "null"}),
    (date, {"type": "string", "format": "date"}),
    (datetime, {"type": "string", "format": "date-time"}),
    (time, {"type": "string", "format": "time"}),
    (Decimal, DECIMAL),
    (UUID, {"type": "string", "format": "uuid"}),
    (Any, {}),
    (object, {}),
    (ISBN, {"type": "string"}),
    (Annotated[int, "x"], {"type": "integer"}),
    (Annotated[int, ["no hash"]], {"type": "integer"}),
    (Literal["a"], {"type": "string", "enum": ["a"]}),
    (Literal["a", 1, None], {"enum": ["a", 1, None]}),
    (list[int], {"type": "array", "items": {"type": "integer"}}),
    (Sequence[int], {"type": "array", "items": {"type": "integer"}}),
    (list, {"type": "array"}),
    (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
    (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
    (Set[Any], {"type": "array", "uniqueItems": True}),
    (
        tuple[int, str],
        {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
        },
    ),
    (tuple[()], {"type": "array", "minItems": 0, "maxItems": 0}),
    (dict, {"type": "object"}),
    (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
    (
        Mapping[int, Any],
        {"type": "object", "propertyNames": {"pattern": "^-?[0-9]+$"}},
    ),
    (
        dict[float, Any],
        {"type": "object", "propertyNames": {"pattern": DECIMAL["pattern"]}},
    ),
    (
        dict[bool, Any],
        {"type": "object", "propertyNames": {"enum": ["true", "false", "1", "0"]}},
    ),
    (
        dict[date, Any],
        {"type": "object", "propertyNames": {"type": "string", "format": "date"}},
    ),
    (dict[Mixed, Any], {"type": "object", "propertyNames": {"enum": ["1", "two"]}}),
    (dict[Any, Any], {"type": "object"}),
    (int | None, {"type": ["integer", "null"]}),
    (int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
    (
        str | int | None,
        {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]},
    ),
    (
        Literal["a"] | None,
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
    ),
    (Any | None, {}),
    (Color, {"$ref": Target(Color)}),
    (Point, {"$ref": Target(Point)}),
    (Box[int], {"$ref": Target(Box[int])}),
    (Bird | None, {"anyOf": [{"$ref": Target(Bird)}, {"type": "null"}]}),
    (Bird | Cat, {"anyOf": [{"$ref": Target(Bird)}, {"$ref": Target(Cat)}]}),
    (
        Cat | Dog,
        {
            "anyOf": [{"$ref": Target(Cat)}, {"$ref": Target(Dog)}],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {
                    "cat": Target(Cat),
                    "dog": Target(Dog),
                    "hound": Target(Dog),
                },
            },
        },
    ),
    (UploadFile, FILE),
]


@pytest.mark.parametrize(("annotation", "expected"), INLINE)
def test_a_type_has_a_schema(annotation: Any, expected: Schema) -> None:
    assert schema(annotation, "taken") == expected
    assert schema(annotation, "given") == expected


def test_what_has_no_form_is_an_error() -> None:
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        schema(bytes)


def test_a_schema_is_its_askers_own() -> None:
    schemas = Seen().schemas
    schemas.schema(int, "taken")["minimum"] = 3
    assert schemas.schema(int, "taken") == {"type": "integer"}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Color, "Color"),
        (Box[int], "Box_int"),
        (Box, "Box"),
        (Box[Any], "Box_Any"),
        (Pair[Box[str], int | None], "Pair_Box_str_int_or_None"),
        (Pair[list[date], Literal["a", 1]], "Pair_list_date_a_or_1"),
        (PageContent[Bird], "Page_Bird"),
        (PageContent[Annotated[dict[str, Any], BookSchema]], "Page_Book"),
        (PageContent[Annotated[dict[str, Any], BookSchema()]], "Page_Book"),
    ],
)
def test_a_component_has_a_readable_name(annotation: Any, expected: str) -> None:
    assert name(annotation) == expected


def test_choices_are_told() -> None:
    assert body(Color) == {"type": "string", "enum": ["red", "blue"]}
    assert body(Mixed) == {"enum": [1, "two"]}


def test_a_named_tuple_has_titles() -> None:
    assert body(Point) == {
        "type": "array",
        "prefixItems": [
            {"type": "integer", "title": "x", "description": "to the right."},
            {"type": "number", "title": "y"},
        ],
        "minItems": 2,
        "maxItems": 2,
        "description": "A place.",
    }
    # What NamedTuple itself writes as docstring is no news.
    assert "description" not in body(Bare)


# Classes ------------------------------------------------------------------------------


def test_an_attrs_class_has_what_may_be_set_and_what_is_shown() -> None:
    @attrs.frozen
    class Book:
        title: str
        user_name: str = attrs.field(alias="userName", validator=v.min_len(1))
        slug: str = attrs.field(
            default=" ", converter=str.strip, validator=v.max_len(3)
        )
        tags: list[str] = attrs.field(factory=list)
        id: int = attrs.field(init=False, default=7)

    assert body(Book, "taken") == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "userName": {"type": "string", "minLength": 1},
            # What is sent is converted before it is measured.
            "slug": {"type": "string", "default": " "},
            "tags": {"type": "array", "items": {"type": "string"}, "default": []},
        },
        "required": ["title", "userName"],
        "additionalProperties": False,
    }
    assert body(Book, "given") == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "userName": {"type": "string", "minLength": 1},
            "slug": {"type": "string", "maxLength": 3},
            "tags": {"type": "array", "items": {"type": "string"}},
            "id": {"type": "integer", "readOnly": True},
        },
        "required": ["title", "userName", "slug", "tags", "id"],
        "additionalProperties": False,
    }


def test_an_empty_class_is_an_empty_object() -> None:
    @attrs.frozen
    class Nothing:
        pass

    expected = {"type": "object", "properties": {}, "additionalProperties": False}
    assert body(Nothing) == expected


def test_docstrings_and_metadata_describe() -> None:
    @attrs.frozen
    class Base:
        """A base.

        Attributes:
            title: what it is called.
            year: when.
        """

        title: str
        year: int = attrs.field(metadata={"example": 1965, "deprecated": True, 3: 4})

    @attrs.frozen
    class Book(Base):
        """A book.

        Of paper.

        Args:
            year: when it came out.
            pages: how many.

        ---
        x-shelf: 3
        """

        pages: int = attrs.field(
            metadata={"description": "how thick", "examples": [1], "title": "Pages"}
        )

    @attrs.frozen
    class Silent(Book):
        pass

    found = body(Book)
    assert found["description"] == "A book.\n\nOf paper."
    assert found["x-shelf"] == 3
    assert found["properties"] == {
        "title": {"type": "string", "description": "what it is called."},
        "year": {
            "type": "integer",
            "description": "when it came out.",
            "examples": [1965],
            "deprecated": True,
        },
        "pages": {
            "type": "integer",
            "description": "how thick",
            "examples": [1],
            "title": "Pages",
        },
    }
    assert "description" not in body(Silent)
    assert body(Silent)["properties"] == found["properties"]


def test_bad_yaml_of_a_class_is_an_error() -> None:
    @attrs.frozen
    class Book:
        """A book.

        ---
        - a
        """

    with pytest.raises(DocstringError, match="Book, line 3"):
        body(Book)


def test_a_dataclass_is_an_object() -> None:
    @dataclasses.dataclass
    class Shop:
        name: str
        open: bool = True
        shelves: list[int] = dataclasses.field(
            default_factory=list, metadata={"description": "by number"}
        )
        age: int = dataclasses.field(init=False, default=3)

    assert body(Shop) == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "open": {"type": "boolean", "default": True},
            "shelves": {
                "type": "array",
                "items": {"type": "integer"},
                "default": [],
                "description": "by number",
            },
        },
        "required": ["name"],
        "additionalProperties": False,
    }
    assert body(Shop, "given")["required"] == ["name", "open", "shelves", "age"]


def test_a_typed_dict_has_what_it_must_have() -> None:
    class Row(TypedDict):
        """A row.

        Attributes:
            title: its title.
        """

        title: str
        shelf: NotRequired[int]

    expected = {
        "type": "object",
        "description": "A row.",
        "properties": {
            "title": {"type": "string", "description": "its title."},
            "shelf": {"type": "integer"},
        },
        "required": ["title"],
        "additionalProperties": False,
    }
    assert body(Row, "taken") == body(Row, "given") == expected


def test_the_arguments_of_a_generic_class_are_filled_in() -> None:
    properties = body(Pair[int, Box[str]])["properties"]
    assert properties["first"] == {"type": "integer"}
    assert properties["second"]["items"] == {"$ref": Target(Box[str])}
    assert body(Box)["properties"]["item"] == {}


DEFAULTS = [
    # a type, its default, what is told of it
    (int, 3, {"default": 3}),
    (bool, True, {"default": True}),
    (str, "x", {"default": "x"}),
    (float, 1.5, {"default": 1.5}),
    (float, float("nan"), {}),
    (int, "3", {}),
    (int | None, None, {"default": None}),
    (Bird | None, None, {"default": None}),
    (int, None, {}),
    (Literal["a"], "a", {"default": "a"}),
    (Color, Color.RED, {"default": "red"}),
    (date, date(2026, 1, 31), {"default": "2026-01-31"}),
    (tuple[int, int], (1, 2), {"default": [1, 2]}),
    (Bird, Bird(2), {"default": {"wings": 2}}),
    (list[int], attrs.Factory(list), {"default": []}),
    (dict[str, int], attrs.Factory(dict), {"default": {}}),
    (set[int], attrs.Factory(set), {"default": []}),
    (str, attrs.Factory(lambda: "new"), {}),
    (list[int], attrs.Factory(lambda self: [], takes_self=True), {}),
    (UploadFile | None, object(), {}),
]


@pytest.mark.parametrize(("annotation", "default", "told"), DEFAULTS)
def test_a_default_is_told_as_json_has_it(
    annotation: Any, default: Any, told: Schema
) -> None:
    """Where a client could send it as well, and it is the same each time."""
    fields = {"field": attrs.field(type=annotation, default=default)}
    found = body(attrs.make_class("Holder", fields))
    assert found["properties"]["field"] == schema(annotation) | told


def test_members_of_other_libraries_are_asked_for() -> None:
    @attrs.frozen
    class Shelf:
        books: list[Annotated[dict[str, Any], BookSchema]]

    assert body(Shelf)["properties"]["books"]["items"] == {"adapted": True}


def test_objects_are_told_apart_by_a_tag_of_text() -> None:
    """A number, or a tag that may be left out, is none of OpenAPI's."""

    @attrs.frozen
    class One:
        kind: Literal[1]

    @attrs.frozen
    class Two:
        kind: Literal[2]

    assert list(schema(One | Two)) == ["anyOf"]
    assert list(schema(Cat | Dog | None)) == ["anyOf", "discriminator"]
    assert list(schema(Cat | Dog | int)) == ["anyOf"]


def test_null_may_be_added() -> None:
    assert or_null({"type": "string"}) == {"type": ["string", "null"]}
    assert or_null({"$ref": "x"}) == {"anyOf": [{"$ref": "x"}, NULL]}
    assert or_null({"anyOf": [{}]}) == {"anyOf": [{}, NULL]}
    assert or_null({"type": "string", "enum": ["a"]}) == {
        "anyOf": [{"type": "string", "enum": ["a"]}, NULL]
    }


def test_notes_are_as_json_has_them() -> None:
    found = notes_of({"examples": [date(2026, 1, 31)], "description": "x", "own": {}})
    assert found == {"examples": ["2026-01-31"], "description": "x"}
    assert notes_of({"example": 1, "examples": [2]}) == {"examples": [2]}
    assert notes_of({}) == {}
    assert as_json((1, Decimal("2.50"))) == [1, "2.50"]


# Types, each with validators that may stand at a field of it --------------------------

BOUNDS = st.integers(-3, 3).flatmap(
    lambda low: st.sampled_from(
        [v.ge(low), v.gt(low), v.le(low), v.lt(low), [v.ge(low), v.lt(low + 4)]]
    )
)
LENGTHS = st.integers(0, 3).flatmap(
    lambda low: st.sampled_from(
        [v.min_len(low), v.max_len(low), [v.min_len(low), v.max_len(low + 2)]]
    )
)
EXPRESSIONS = st.sampled_from(
    [v.matches_re("[a-c]{1,3}"), v.matches_re("a|bc?"), v.matches_re("x.y")]
)
TEXTS = (
    LENGTHS
    | EXPRESSIONS
    | st.sampled_from([v.in_(["a", "b"]), v.in_({"c": 1}), v.not_(v.in_(["a"]))])
    | st.just(v.or_(v.max_len(1), v.matches_re("[a-z]{5}")))
)
NUMBERS = BOUNDS | st.sampled_from([v.in_([1, 2]), v.or_(v.ge(5), v.lt(-5))])

LEAVES: list[tuple[Any, Any]] = [
    (int, NUMBERS | st.just(v.in_(range(4)))),
    (float, NUMBERS),
    (str, TEXTS),
    (bool, st.just(v.instance_of(bool))),
    (date, None),
    (datetime, None),
    (time, None),
    (Decimal, None),
    (UUID, None),
    (Color, st.just(v.in_(Color))),
    (Size, st.just(v.in_([Size.SMALL]))),
    (Literal["a", "b"], None),
    (Literal[1, "one", None], None),
    (Point, None),
    (Any, None),
]


@st.composite
def typed(draw: st.DrawFn, depth: int = 2) -> tuple[Any, Any]:
    """A type, and a validator that may stand at a field of it, or None."""
    kinds = ["leaf", "leaf"]
    if depth:
        kinds += ["list", "set", "tuple", "dict", "optional", "union", "class"]
    match draw(st.sampled_from(kinds)):
        case "leaf":
            annotation, validators = draw(st.sampled_from(LEAVES))
            chosen = draw(st.none() | validators) if validators is not None else None
            return annotation, _one(chosen)
        case "list":
            inner, member = draw(typed(depth - 1))
            around = draw(st.none() | LENGTHS)
            if member is None:
                return list[inner], _one(around)
            return list[inner], v.deep_iterable(member, _one(around))
        case "set":
            inner, _ = draw(st.sampled_from([(int, None), (str, None), (date, None)]))
            return draw(st.sampled_from([set, frozenset]))[inner], _one(
                draw(st.none() | LENGTHS)
            )
        case "tuple":
            parts = draw(st.lists(typed(depth - 1), max_size=3))
            return tuple[tuple(each for each, _ in parts)], None
        case "dict":
            inner, member = draw(typed(depth - 1))
            of_key, key = draw(
                st.sampled_from([(str, v.max_len(2)), (int, None), (Color, None)])
            )
            if member is None and key is None:
                return dict[of_key, inner], _one(draw(st.none() | LENGTHS))
            anything = v.instance_of(object)
            return dict[of_key, inner], v.deep_mapping(
                key or anything, member or anything
            )
        case "optional":
            inner, member = draw(typed(depth - 1))
            return inner | None if inner is not Any else Any, v.optional(
                member or v.instance_of(object)
            )
        case "union":
            return draw(st.sampled_from(UNIONS)), None
    return draw(classes(depth - 1)), None


def _one(validators: Any) -> Any:
    return v.and_(*validators) if isinstance(validators, list) else validators


UNIONS: list[Any] = [
    int | str,
    int | float,
    date | bool | list[int],
    bool | Decimal,
    Size | float,
    Literal["a", 1] | date | None,
    Cat | Dog,
    Cat | Dog | None | str,
    Bird | Cat,
    Bird | Point | UUID,
    dict[str, int] | list[str] | int,
]

NUMBER = count()


@st.composite
def classes(draw: st.DrawFn, depth: int = 2) -> Any:
    """A class of one of the kinds that have fields."""
    name = f"Model{next(NUMBER)}"
    names = draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=3))
    fields = {each: draw(typed(depth)) for each in names}
    match draw(st.sampled_from(["attrs", "attrs", "dataclass", "typed dict"])):
        case "dataclass":
            parts = [(each, annotation) for each, (annotation, _) in fields.items()]
            return dataclasses.make_dataclass(name, parts, frozen=True)
        case "typed dict":
            kinds = {each: annotation for each, (annotation, _) in fields.items()}
            return TypedDict(name, kinds, total=draw(st.booleans()))
    made = {each: draw(attrs_field(each, *parts)) for each, parts in fields.items()}
    return attrs.make_class(name, made, kw_only=True, frozen=True)


@st.composite
def attrs_field(draw: st.DrawFn, name: str, annotation: Any, validator: Any) -> Any:
    """A field, which sometimes cannot be set, and sometimes goes by another name."""
    if draw(st.integers(0, 5)) == 0:
        return attrs.field(type=int, init=False, default=1)
    alias = draw(st.sampled_from([name, f"{name}Alias"]))
    return attrs.field(type=annotation, validator=validator, alias=alias)


# Classes of any kind ------------------------------------------------------------------


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
@given(st.data())
def test_a_class_and_its_schema_take_the_same(data: st.DataObject) -> None:
    cls = data.draw(classes())
    components = Components()
    taken, given = components.taken(cls), components.given(cls)
    model = model_for(cls)
    allowed = data.draw(data_of(taken, components))
    try:
        value = model.load(allowed)
    except Invalid as exc:
        if {each.code for each in exc.errors} != {"repeated"}:
            raise
        # Two texts of one key, such as "1" and "01": no schema can say so.
        reject()
    written = STANDARD.loads(STANDARD.dumps(model.dump(value)))
    validator(given, components).validate(written)
    settable = STANDARD.loads(STANDARD.dumps(model.dump_settable(value)))
    validator(taken, components).validate(settable)
    changed = data.draw(mutated(allowed))
    try:
        model.load(changed)
    except Invalid:
        return
    validator(taken, components).validate(changed)
