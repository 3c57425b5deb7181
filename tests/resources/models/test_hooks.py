"""Hooks make values from JSON data: one family quickly, the other telling all."""

import enum
import typing
from collections.abc import Mapping, Sequence, Set
from datetime import date
from typing import Any, Literal, NamedTuple, NewType

import attrs
import pytest

from restlette.http.forms import UploadFile
from restlette.resources.models import adapters
from restlette.resources.models.errors import FURTHER, FieldError, Invalid, Search
from restlette.resources.models.hooks import (
    EveryError,
    FirstError,
    form_hook,
    text_hook,
)
from restlette.resources.models.model import Model
from restlette.resources.models.objects import ObjectLoader
from restlette.resources.models.shapes import fields_of


def make_object(shape, hook):
    fields = fields_of(shape)
    for field in fields:
        hook(field.annotation)  # at once, as cattrs wants them
    return ObjectLoader(shape.type, fields, hook)


QUICK = FirstError(make_object)
FAMILIES = [QUICK, EveryError(QUICK)]
either = pytest.mark.parametrize("hooks", FAMILIES, ids=["first", "every"])


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1


class Share(enum.Enum):
    ALL = 1.0
    HALF = 0.5


class Point(NamedTuple):
    x: float
    y: float = 0.0


@attrs.define
class Book:
    kind: Literal["book"]
    title: str


@attrs.define
class Film:
    kind: Literal["film"]
    parts: "list[Book | Film]"


@attrs.define
class Node:
    value: int
    children: "list[Node]" = attrs.field(factory=list)
    other: "Node | None" = None


Box = typing.TypeVar("Box")


@attrs.define
class Page(typing.Generic[Box]):
    items: list[Box]
    more: bool


@attrs.define
class Error:
    message: str


LOADED = [
    (Any, [1, {"a": None}], [1, {"a": None}]),
    (int, 1, 1),
    (date, "2026-01-31", date(2026, 1, 31)),
    (list[int], [1, 2.0], [1, 2]),
    (list, ["a", 1], ["a", 1]),
    (Sequence[float], [1], [1.0]),
    (tuple[int, ...], [1, 2], (1, 2)),
    (tuple[int, str], [1, "a"], (1, "a")),
    (tuple[()], [], ()),
    (Point, [1, 2], Point(1.0, 2.0)),
    (set[int], [1, 2], {1, 2}),
    (Set[int], [1], frozenset({1})),
    (frozenset[str], ["a"], frozenset({"a"})),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (Mapping[date, int], {"2026-01-31": 1}, {date(2026, 1, 31): 1}),
    (dict[Colour, list[int]], {"red": [1]}, {Colour.RED: [1]}),
    (Colour, "blue", Colour.BLUE),
    (Literal["a", 1, True, None], True, True),
    (Literal[1], 1, 1),
    (Literal[1], 1.0, 1),
    (Share, 1, Share.ALL),
    (Share, 0.5, Share.HALF),
    (Share | str, 1, Share.ALL),
    (int | None, None, None),
    (int | None, 3, 3),
    (Level | int, 1, Level.LOW),
    (Level | int, 2, 2),
    (int | float, 1, 1),
    (int | float, 1.0, 1.0),
    (date | str, "2026-01-31", date(2026, 1, 31)),
    (date | str, "x", "x"),
    (str | list[str] | None, ["a"], ["a"]),
    (Book | Film, {"kind": "book", "title": "x"}, Book("book", "x")),
    (
        Book | Film,
        {"kind": "film", "parts": [{"kind": "film", "parts": []}]},
        Film("film", [Film("film", [])]),
    ),
    (Node, {"value": 1, "children": [{"value": 2}]}, Node(1, [Node(2)])),
    (Node, {"value": 1, "other": {"value": 2}}, Node(1, other=Node(2))),
    (Page[int], {"items": [1], "more": True}, Page([1], True)),
    (Page[int] | Error, {"items": [1], "more": True}, Page([1], True)),
    (Page[int] | Error, {"message": "x"}, Error("x")),
    (list[list[int]], [[1], []], [[1], []]),
    (tuple[()] | int, [], ()),
    (Point | int, [1, 2], Point(1.0, 2.0)),
]


@either
@pytest.mark.parametrize(("annotation", "data", "value"), LOADED, ids=str)
def test_a_value_is_made(hooks, annotation, data, value) -> None:
    made = hooks.hook(annotation)(data)
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize(("annotation", "data", "value"), LOADED, ids=str)
def test_the_quick_hooks_take_a_type_as_those_of_cattrs_do(
    annotation, data, value
) -> None:
    assert QUICK.hook(annotation)(data, annotation) == value


REFUSED = [
    (int, True, [("", "type")]),
    (str, 1, [("", "type")]),
    (list[int], {"a": 1}, [("", "type")]),
    (list[int], "12", [("", "type")]),
    (list[int], [1, "2", 3, None], [("/1", "type"), ("/3", "type")]),
    (tuple[int, str], [1], [("", "length")]),
    (tuple[int, str], [1, "a", 2], [("", "length")]),
    (tuple[int, str], [1, 2], [("/1", "type")]),
    (tuple[()] | int, [1], [("", "length")]),
    (tuple[int, str], {}, [("", "type")]),
    (Point, ["a", "b"], [("/0", "type"), ("/1", "type")]),
    (set[int], [1, 1], [("", "repeated")]),
    (dict[int, str], {"1": "a", "01": "b"}, [("", "repeated")]),
    (dict[str, int], [], [("", "type")]),
    (
        dict[str, int],
        {"a": "x", "b": 1, "c/d": None},
        [("/a", "type"), ("/c~1d", "type")],
    ),
    (dict[date, int], {"x": 1}, [("/x", "format")]),
    (Colour, "green", [("", "choice")]),
    (Colour, ["red"], [("", "choice")]),
    (Literal[1], True, [("", "choice")]),
    (Literal[1], 1.5, [("", "choice")]),
    (Share, 2, [("", "choice")]),
    (set[Any], [[1]], [("", "type")]),
    (int | str, None, [("", "type")]),
    (list[int] | int, ["x"], [("/0", "type")]),
    (Node | int, {}, [("/value", "missing")]),
    (date | Level, "x", [("", "format")]),
    (date | Colour, "x", [("", "format")]),
    (Book | Film, {"kind": "x"}, [("/kind", "choice")]),
    (Book | Film, {"kind": "book"}, [("/title", "missing")]),
    (
        Node,
        {"value": "x", "children": [{"value": 1, "children": [{}]}]},
        [("/value", "type"), ("/children/0/children/0/value", "missing")],
    ),
]


@pytest.mark.parametrize(("annotation", "data", "errors"), REFUSED, ids=str)
def test_every_error_is_told(annotation, data, errors) -> None:
    with pytest.raises(Invalid) as caught:
        EveryError(QUICK).hook(annotation)(data)
    assert [(each.pointer, each.code) for each in caught.value.errors] == errors


@pytest.mark.parametrize(("annotation", "data", "errors"), REFUSED, ids=str)
def test_the_first_error_is_enough_for_the_other_family(
    annotation, data, errors
) -> None:
    with pytest.raises(Invalid):
        FAMILIES[0].hook(annotation)(data)


def test_the_sentence_says_what_a_union_takes() -> None:
    with pytest.raises(Invalid) as caught:
        EveryError(QUICK).hook(str | int | None)([])
    [error] = caught.value.errors
    assert error.detail == "This must be null or an integer or a string."


def test_the_sentence_on_text_says_all_that_it_might_be() -> None:
    with pytest.raises(Invalid) as caught:
        EveryError(QUICK).hook(date | Colour)("x")
    assert caught.value.errors == [
        FieldError(
            (),
            "format",
            'This must be "red" or "blue". Or: This must be a date, like 2026-01-31.',
        )
    ]


def test_after_an_error_so_many_values_are_looked_at() -> None:
    """And then it is said that there may be more."""
    load = EveryError(QUICK).hook(list[int])
    for place, found in ((FURTHER, ["/0", f"/{FURTHER}"]), (FURTHER + 1, ["/0"])):
        data: list[Any] = [0] * (FURTHER + 2)
        data[0] = data[place] = "x"
        search = Search()
        with pytest.raises(Invalid) as caught:
            load(data, search)
        assert [each.pointer for each in caught.value.errors] == found
        assert search.stopped


def test_what_is_right_is_read_once() -> None:
    """By the quick hooks, before they come to what is wrong."""
    read = []

    @attrs.define
    class Counted:
        number: int = attrs.field(validator=lambda *given: read.append(given[2]))

    data: list[Any] = [{"number": number} for number in range(3)]
    with pytest.raises(Invalid):
        EveryError(QUICK).hook(list[Counted])([*data, {}, {"number": 4}])
    assert read == [0, 1, 2, 4]


@either
def test_a_hook_is_made_once(hooks) -> None:
    assert hooks.hook(list[int]) is hooks.hook(list[int])


@either
def test_what_could_not_be_made_can_be_tried_again(hooks) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match="cannot be told apart"):
            hooks.hook(list[int] | list[str])


Name = NewType("Name", str)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (Any, "1", "1"),
        (str, "1", "1"),
        (Name, "1", "1"),
        (int, "1", 1),
        (int | None, "1", 1),
        (int | str, "1", 1),
        (int | str, "x", "x"),
        (bool | date | None, "2026-01-31", date(2026, 1, 31)),
        (Colour, "red", Colour.RED),
        (Level, "1", Level.LOW),
        (Literal["a", 1, True, 1.5], "a", "a"),
        (Literal["a", 1, True, 1.5], "1", 1),
        (Literal["a", 1, True, 1.5], "true", True),
        (Literal["a", 1, True, 1.5], "1.5", 1.5),
    ],
    ids=str,
)
def test_a_value_is_made_from_text(annotation, text, value) -> None:
    made = text_hook(annotation)(text)
    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("annotation", "text", "error"),
    [
        (int | None, "x", FieldError((), "format", "This must be an integer.")),
        (
            Colour | None,
            "x",
            FieldError((), "choice", "This must be red or blue."),
        ),
        (
            Literal["a", True],
            "True",
            FieldError((), "choice", "This must be a or true."),
        ),
        (
            int | date,
            "x",
            FieldError(
                (),
                "format",
                "This must be a date, like 2026-01-31. Or: This must be an integer.",
            ),
        ),
    ],
    ids=str,
)
def test_other_text_is_refused(annotation, text, error) -> None:
    with pytest.raises(Invalid) as caught:
        text_hook(annotation)(text)
    assert caught.value.errors == [error]


@pytest.mark.parametrize(
    "annotation", [Book, list[int], dict[str, int], int | list[int]]
)
def test_what_is_more_than_a_text_is_refused(annotation) -> None:
    with pytest.raises(TypeError, match="cannot be written as one text"):
        text_hook(annotation)


UPLOAD = UploadFile("cover.png")


@pytest.mark.parametrize(
    ("annotation", "given", "value"),
    [
        (Any, "1", "1"),
        (Any, UPLOAD, UPLOAD),
        (str, "1", "1"),
        (int, "1", 1),
        (int | None, "1", 1),
        (int | str, "x", "x"),
        (Colour, "red", Colour.RED),
        (UploadFile, UPLOAD, UPLOAD),
        (UploadFile | None, UPLOAD, UPLOAD),
        (UploadFile | int, UPLOAD, UPLOAD),
        (UploadFile | int, "1", 1),
    ],
    ids=str,
)
def test_a_value_is_made_from_what_stands_in_a_form(annotation, given, value) -> None:
    made = form_hook(annotation)(given)
    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("annotation", "given", "error"),
    [
        (str, UPLOAD, FieldError((), "type", "This must be text, not a file.")),
        (UploadFile | None, "x", FieldError((), "type", "This must be a file.")),
        (Colour | None, "x", FieldError((), "choice", "This must be red or blue.")),
        (
            UploadFile | int,
            "x",
            FieldError(
                (), "format", "This must be an integer. Or: This must be a file."
            ),
        ),
    ],
    ids=str,
)
def test_what_else_stands_in_a_form_is_refused(annotation, given, error) -> None:
    with pytest.raises(Invalid) as caught:
        form_hook(annotation)(given)
    assert caught.value.errors == [error]


class Money: ...


class Weight: ...


def test_what_an_adapter_makes_of_text_is_made(monkeypatch) -> None:
    """If there is a text that stands for it."""
    adapted: dict[Any, Model] = {
        Money: Model(Money, len, len, len, load_text=str.upper),
        Weight: Model(Weight, len, len, len),
    }
    monkeypatch.setattr(adapters, "ADAPTERS", [lambda each: adapted.get(each)])
    assert text_hook(Money)("x") == form_hook(Money | None)("x") == "X"
    with pytest.raises(TypeError, match="Weight cannot be written as one text"):
        text_hook(Weight)
