"""marshmallow's Schemas are used as they are; what they refuse has place and code."""

import enum
import json
import sys
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import (
    EXCLUDE,
    INCLUDE,
    Schema,
    ValidationError,
    fields,
    post_load,
    validate,
    validates_schema,
)

from restlette.http.json import STANDARD
from restlette.resources.models import Invalid, model_for
from restlette.resources.models.plain import NAMELESS


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class AuthorSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(min=1))
    id = fields.Integer(dump_only=True)


def not_seven(pair: tuple[int, str]) -> None:
    if pair[0] == 7:
        raise ValidationError("not seven")


class BookSchema(Schema):
    title = fields.String(
        required=True, data_key="bookTitle", validate=validate.Length(max=20)
    )
    price = fields.Float(validate=validate.Range(min=0))
    pages = fields.Integer(strict=True)
    cost = fields.Decimal()
    printed = fields.Date()
    colour = fields.Enum(Colour)
    shelf = fields.UUID()
    mail = fields.Email()
    author = fields.Nested(AuthorSchema)
    readers = fields.List(fields.Nested(AuthorSchema))
    more = fields.Nested(AuthorSchema, many=True)
    others = fields.Nested(AuthorSchema(many=True))
    name = fields.Pluck(AuthorSchema, "name")
    names = fields.Pluck(AuthorSchema, "name", many=True)
    size = fields.Tuple(
        (fields.Integer(strict=True), fields.String()), validate=not_seven
    )
    words = fields.Dict(keys=fields.Integer(), values=fields.Nested(AuthorSchema))
    tags = fields.List(fields.String())
    flag = fields.Boolean()
    anything = fields.Raw(allow_none=True)
    again = fields.Nested(lambda: BookSchema())
    id = fields.Integer(dump_only=True, data_key="number")
    secret = fields.String(load_only=True)

    @validates_schema
    def check(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("secret") == "whole":
            raise ValidationError("not this one")
        if data.get("secret") == "title":
            raise ValidationError({"title": ["a bad title"]})
        if data.get("secret") == "shown":
            raise ValidationError({"number": ["a bad number"]})
        if data.get("secret") == "odd":
            raise ValidationError({"nowhere": {"at": ["all"]}})


BOOK = Annotated[dict[str, Any], BookSchema]


def errors_of(annotation: Any, data: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        model_for(annotation).load(data)
    return [(each.pointer, each.code) for each in caught.value.errors]


def test_a_schema_reads_and_writes() -> None:
    model = model_for(BOOK)
    data = {"bookTitle": "Dune", "price": 9, "printed": "1965-08-01", "cost": "1.50"}
    value = model.load(data)
    assert value == {
        "title": "Dune",
        "price": 9.0,
        "printed": date(1965, 8, 1),
        "cost": Decimal("1.50"),
    }
    assert STANDARD.loads(STANDARD.dumps(model.dump({**value, "id": 3, "secret": "x"})))
    assert model.dump({"title": "Dune", "id": 3, "secret": "x"}) == {
        "bookTitle": "Dune",
        "number": 3,
    }


ERRORS = [
    ("nothing", {}, [("/bookTitle", "missing")]),
    ("no object", [], [("", "type")]),
    ("null", None, [("", "type")]),
    ("another name", {"x": 1}, [("/bookTitle", "missing"), ("/x", "unknown")]),
    (
        "shown only",
        {"number": 1},
        [("/bookTitle", "missing"), ("/number", "read_only")],
    ),
    ("null for text", {"bookTitle": None}, [("/bookTitle", "type")]),
    ("a number for text", {"bookTitle": 1}, [("/bookTitle", "type")]),
    ("a long text", {"bookTitle": "x" * 21}, [("/bookTitle", "invalid")]),
    ("below zero", {"price": -1}, [("/price", "invalid")]),
    ("text for a number", {"price": "x"}, [("/price", "format")]),
    ("an array for a number", {"price": []}, [("/price", "type")]),
    ("no finite number", {"price": "nan"}, [("/price", "format")]),
    ("a fraction", {"pages": 1.5}, [("/pages", "type")]),
    ("a huge number", {"price": 10**400}, [("/price", "format")]),
    ("no date", {"printed": "x"}, [("/printed", "format")]),
    ("a number for a date", {"printed": 1}, [("/printed", "type")]),
    ("no choice", {"colour": "GREEN"}, [("/colour", "choice")]),
    ("no UUID", {"shelf": "x"}, [("/shelf", "format")]),
    ("no address", {"mail": "x"}, [("/mail", "format")]),
    ("no boolean", {"flag": "maybe"}, [("/flag", "format")]),
    ("an empty name", {"author": {"name": ""}}, [("/author/name", "invalid")]),
    ("an inner id", {"author": {"name": "x", "id": 1}}, [("/author/id", "read_only")]),
    ("text for an object", {"author": "x"}, [("/author", "type")]),
    ("null for an object", {"author": None}, [("/author", "type")]),
    ("text for a list", {"tags": "x"}, [("/tags", "type")]),
    (
        "items",
        {"tags": ["a", 1, None]},
        [("/tags/1", "type"), ("/tags/2", "type")],
    ),
    (
        "objects in a list",
        {"readers": [{"name": "x"}, {}, 3]},
        [("/readers/1/name", "missing"), ("/readers/2", "type")],
    ),
    (
        "many objects",
        {"more": [{"name": "x"}, {"y~/": 1}]},
        [("/more/1/name", "missing"), ("/more/1/y~0~1", "unknown")],
    ),
    ("other objects", {"others": [{}]}, [("/others/0/name", "missing")]),
    ("no many", {"more": 3}, [("/more", "type")]),
    ("a plucked name", {"name": ""}, [("/name", "invalid")]),
    ("plucked names", {"names": ["x", 1]}, [("/names/1", "type")]),
    ("a short tuple", {"size": [1]}, [("/size", "length")]),
    ("a long tuple", {"size": [1, "a", 2]}, [("/size", "length")]),
    ("a refused tuple", {"size": [7, "a"]}, [("/size", "invalid")]),
    ("no tuple", {"size": "x"}, [("/size", "type")]),
    ("a tuple's items", {"size": [1.5, 1]}, [("/size/0", "type"), ("/size/1", "type")]),
    (
        "a mapping",
        {"words": {"x": {"name": "x"}, "1": {}}},
        [("/words/x", "format"), ("/words/1/name", "missing")],
    ),
    ("no mapping", {"words": []}, [("/words", "type")]),
    (
        "a book in a book",
        {"again": {"price": []}},
        [
            ("/again/bookTitle", "missing"),
            ("/again/price", "type"),
        ],
    ),
    ("as a whole", {"secret": "whole"}, [("", "invalid")]),
    ("named by its attribute", {"secret": "title"}, [("/bookTitle", "invalid")]),
    ("what is shown", {"secret": "shown"}, [("/number", "invalid")]),
    ("of nothing", {"secret": "odd"}, [("/nowhere/at", "invalid")]),
]


@pytest.mark.parametrize(
    ("data", "errors"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS]
)
def test_every_error_has_its_place_and_code(data, errors) -> None:
    if isinstance(data, dict) and ("/bookTitle", "missing") not in errors:
        data = {"bookTitle": "Dune", **data}
    assert errors_of(BOOK, data) == errors


def test_messages_are_those_of_the_schema() -> None:
    class German(Schema):
        title = fields.String(
            required=True, error_messages={"required": "Der Titel fehlt."}
        )
        number = fields.Integer(
            error_messages={"invalid": "{input} ist keine Zahl."},
            validate=validate.Range(max=5, error="Zu viel."),
        )

    for number, *expected in (
        ("x", "x ist keine Zahl.", "format"),
        (9, "Zu viel.", "invalid"),
    ):
        with pytest.raises(Invalid) as caught:
            model_for(Annotated[dict[str, Any], German]).load({"number": number})
        assert [[each.detail, each.code] for each in caught.value.errors] == [
            ["Der Titel fehlt.", "missing"],
            expected,
        ]


def test_what_is_missing_is_told_first() -> None:
    class Late(Schema):
        number = fields.Integer()
        name = fields.String(required=True)

    assert errors_of(Annotated[dict[str, Any], Late], {"number": "x"}) == [
        ("/name", "missing"),
        ("/number", "format"),
    ]


def test_what_can_be_set_is_written_again() -> None:
    """However deep what is only shown stands."""
    shown = {"name": "x", "id": 1}
    value = {
        "title": "Dune",
        "id": 3,
        "printed": date(1965, 8, 1),
        "author": shown,
        "readers": [shown, shown],
        "more": [shown],
        "others": [shown],
        "name": shown,
        "size": (1, "a"),
        "words": {1: shown},
        "anything": None,
    }
    assert model_for(BOOK).dump_settable(value) == {
        "bookTitle": "Dune",
        "printed": "1965-08-01",
        "author": {"name": "x"},
        "readers": [{"name": "x"}, {"name": "x"}],
        "more": [{"name": "x"}],
        "others": [{"name": "x"}],
        "name": "x",
        "size": [1, "a"],
        "words": {1: {"name": "x"}},
        "anything": None,
    }
    many = model_for(Annotated[list[dict[str, Any]], AuthorSchema])
    assert many.dump_settable([shown]) == [{"name": "x"}]


def test_several_messages_are_several_errors() -> None:
    class Strict(Schema):
        word = fields.String(
            validate=[validate.Length(min=3), validate.OneOf(["red", "blue"])]
        )

    assert errors_of(Annotated[dict[str, Any], Strict], {"word": "x"}) == [
        ("/word", "invalid"),
        ("/word", "invalid"),
    ]


def test_many_are_a_list() -> None:
    for annotation in (
        Annotated[list[dict[str, Any]], AuthorSchema],
        Annotated[list[dict[str, Any]], AuthorSchema(many=True)],
    ):
        model = model_for(annotation)
        assert model.load([{"name": "x"}]) == [{"name": "x"}]
        assert model.dump([{"name": "x"}]) == [{"name": "x"}]
        assert errors_of(annotation, [{"name": "x"}, {}]) == [("/1/name", "missing")]
        assert errors_of(annotation, {"name": "x"}) == [("", "type")]
        assert model.no_query == NAMELESS


@pytest.mark.parametrize(
    ("annotation", "remedy"),
    [
        (
            Annotated[list[dict[str, Any]], AuthorSchema()],
            r"write AuthorSchema\(many=True\)",
        ),
        (
            Annotated[dict[str, Any], AuthorSchema(many=True)],
            r"write Annotated\[list\[dict\[str, Any\]\], AuthorSchema\(many=True\)\]",
        ),
    ],
)
def test_one_and_many_are_not_mixed_up(annotation, remedy) -> None:
    with pytest.raises(TypeError, match=remedy):
        model_for(annotation)


def test_an_instance_keeps_its_options() -> None:
    partial = model_for(Annotated[dict[str, Any], BookSchema(partial=True)])
    assert partial.load({"price": 1}) == {"price": 1.0}
    only = Annotated[dict[str, Any], BookSchema(only=["title"])]
    assert errors_of(only, {"bookTitle": "x", "price": 1}) == [("/price", "unknown")]
    assert model_for(only).dump({"title": "x", "price": 1}) == {"bookTitle": "x"}
    tolerant = model_for(Annotated[dict[str, Any], AuthorSchema(unknown=EXCLUDE)])
    assert tolerant.load({"name": "x", "y": 1}) == {"name": "x"}


def test_errors_without_an_index_are_of_the_list() -> None:
    class Unindexed(AuthorSchema):
        class Meta:
            index_errors = False

    annotation = Annotated[list[dict[str, Any]], Unindexed]
    assert errors_of(annotation, [{}, {}]) == [
        ("/name", "missing"),
        ("/name", "missing"),
    ]


class Author:
    def __init__(self, name: str) -> None:
        self.name = name


class Making(AuthorSchema):
    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> Author:
        return Author(**data)


def test_a_schema_may_make_objects() -> None:
    model = model_for(Annotated[Author, Making])
    author = model.load({"name": "Ann"})
    assert isinstance(author, Author)
    assert model.dump(author) == {"name": "Ann"}


class Number(Schema):
    number = fields.Integer(required=True)


@pytest.mark.parametrize("value", [None, {"number": object()}], ids=["None", "dict"])
def test_what_cannot_be_written_is_an_error_that_says_both(value) -> None:
    kind = "None" if value is None else "dict"
    with pytest.raises(TypeError, match=f"^{kind} is not written as Number"):
        model_for(Annotated[dict[str, Any], Number]).dump(value)


class Query(Schema):
    words = fields.String()
    limit = fields.Integer(validate=validate.Range(max=100))
    tags = fields.List(fields.String())
    full = fields.Boolean()


QUERY = Annotated[dict[str, Any], Query]


def test_strings_are_read_leniently() -> None:
    model = model_for(QUERY)
    assert model.no_query is None
    strings = {"words": ["x"], "limit": ["3"], "tags": ["a", "b"], "full": ["true"]}
    assert model.load_strings(strings) == {
        "words": "x",
        "limit": 3,
        "tags": ["a", "b"],
        "full": True,
    }
    assert model.load_strings({"tags": ["a"]}) == {"tags": ["a"]}


def test_it_says_which_names_it_reads() -> None:
    """Other header fields and cookies are not looked at, so it is not given them."""
    assert model_for(QUERY).names == ("words", "limit", "tags", "full")
    for schema in (AuthorSchema, AuthorSchema(unknown=EXCLUDE)):
        assert model_for(Annotated[dict[str, Any], schema]).names == ("name",)
    everything = Annotated[dict[str, Any], Query(unknown=INCLUDE)]
    assert model_for(everything).names is None


def test_errors_of_strings_come_at_once() -> None:
    strings = {"words": ["x", "y"], "limit": ["many"], "other": ["1"]}
    with pytest.raises(Invalid) as caught:
        model_for(QUERY).load_strings(strings)
    assert [(each.path, each.code) for each in caught.value.errors] == [
        (("words",), "repeated"),
        (("limit",), "format"),
        (("other",), "unknown"),
    ]
    with pytest.raises(Invalid):
        model_for(QUERY).load_strings({"words": ["x", "y"]})


def test_what_cannot_be_a_query_says_why() -> None:
    assert model_for(BOOK).no_query == (
        "author: fields.Nested cannot be written as one text"
    )


# Hostile input


def test_deep_nesting_is_refused_and_no_500() -> None:
    """json-58"""
    data: dict[str, Any] = {}
    for _ in range(sys.getrecursionlimit()):
        data = {"again": data}
    assert errors_of(BOOK, data) == [("", "depth")]


def test_a_long_list_of_mistakes_is_cut() -> None:
    """json-60"""
    annotation = Annotated[list[dict[str, Any]], AuthorSchema]
    errors = errors_of(annotation, [{}] * 2000)
    assert len(errors) == 101
    assert errors[-1] == ("", "more")
    errors = errors_of(annotation, [{}] * 100)
    assert errors[99:] == [("/99/name", "missing")]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["bookTitle", *BookSchema._declared_fields, "1", "x"]),
            inner,
        )
    ),
    max_leaves=10,
)


@given(json_values)
def test_any_data_gives_a_value_or_errors(data) -> None:
    """json-61"""
    errors = None
    try:
        model_for(BOOK).load(data)
    except Invalid as exc:
        errors = exc.errors
    assert errors is None or all(each.fragment.startswith("#") for each in errors)
    assert errors != []
    json.dumps([each.in_body() for each in errors or []])
