"""Data belongs to one member of a union, or the union is refused."""

import enum
from datetime import date, datetime
from types import NoneType
from typing import Any, Literal, NewType, TypedDict
from uuid import UUID

import attrs
import pytest

from restlette.resources.models.choosing import (
    by_kind,
    chooser,
    listed,
    members_of,
    named_kinds,
)
from restlette.resources.models.errors import FieldError, Invalid
from restlette.resources.models.shapes import Shape, choices_of, shape_of


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


@attrs.define
class Book:
    kind: Literal["book", "ebook"]
    title: str


@attrs.define
class Film:
    kind: Literal["film"]
    length: int


@attrs.define
class Titled:
    title: str
    kind: Literal["titled"]


@attrs.define
class Named:
    title: str
    kind: Literal["named"]


@attrs.define
class Game:
    kind: Literal["game", "book"]


@attrs.define
class Aliased:
    kind_: Literal["aliased"] = attrs.field(alias="kind")


@attrs.define
class Optional:
    kind: Literal["optional"] = "optional"
    title: str = ""


@attrs.define
class Circle:
    radius: int
    colour: str = ""


@attrs.define
class Square:
    side: int
    colour: str = ""


@attrs.define
class Dot:
    colour: str = ""


@attrs.define
class Spot:
    colour: str = ""


class Movie(TypedDict):
    year: int


Isbn = NewType("Isbn", str)


def shapes(*types):
    return [shape_of(each) for each in types]


@pytest.mark.parametrize(
    ("annotation", "members"),
    [
        (str | date | UUID, [UUID, date, str]),
        (date | datetime | None, [NoneType, datetime, date]),
        (float | int | bool, [bool, int, float]),
        (str | Colour, [Colour, str]),
        (None | bool | Colour, [Colour, NoneType, bool]),
        (Book | str, [str, Book]),
        (list[int] | str, [str, list[int]]),
        (Isbn | str, [str]),
    ],
    ids=str,
)
def test_members_stand_in_the_order_of_their_narrowness(annotation, members) -> None:
    """Whatever the order in which they are written."""
    assert members_of(shape_of(annotation)) == shapes(*members)


def test_members_of_a_union_in_a_union_count() -> None:
    """They are behind a NewType or an alias, for typing itself takes out the rest."""
    inner = NewType("inner", str | int)  # type: ignore[valid-newtype]
    shape = Shape("union", None, (inner, date))
    assert members_of(shape) == shapes(date, int, str)


INT, FLOAT, STR = shapes(int, float, str)


@pytest.mark.parametrize(
    ("annotation", "table"),
    [
        (int | None, {NoneType: shapes(NoneType), int: [INT], float: [INT]}),
        (float | str, {float: [FLOAT], int: [FLOAT], str: [STR]}),
        (int | float, {int: [INT], float: [FLOAT]}),
        (date | str, {str: shapes(date, str)}),
        (Level | int, {int: shapes(Level, int), float: shapes(Level, int)}),
        (list[int] | int, {int: [INT], float: [INT], list: shapes(list[int])}),
        (Book | Film | str, {str: [STR], dict: shapes(Book, Film)}),
        (dict[str, Any] | None, {NoneType: shapes(NoneType), dict: shapes(dict)}),
    ],
    ids=str,
)
def test_the_kind_of_data_says_which_members_it_may_belong_to(
    annotation, table
) -> None:
    assert by_kind(shape_of(annotation)) == table


def test_kinds_are_named_without_the_other_ways_to_write_a_number() -> None:
    assert named_kinds(shape_of(int | str)) == (int, str)
    assert named_kinds(shape_of(int | float | None)) == (NoneType, int, float)
    assert named_kinds(shape_of(Literal[1, "a"] | Book)) == (int, str, dict)
    assert named_kinds(shape_of(list[int] | str)) == (str, list)


@pytest.mark.parametrize(
    ("annotation", "sentence"),
    [
        pytest.param(
            list[int] | list[str],
            "list, list cannot be told apart in JSON: they are all arrays",
            id="arrays",
        ),
        pytest.param(
            Book | dict[str, int],
            "Book, dict cannot be told apart in JSON: any object may be a mapping",
            id="a mapping",
        ),
        pytest.param(
            Dot | Spot | Circle,
            "Dot, Spot cannot be told apart in JSON: give each a field like `kind: "
            "Literal['book']`, or a required field that the others have not",
            id="objects",
        ),
        pytest.param(
            Optional | Dot,
            "Optional, Dot cannot be told apart",
            id="a tag with default",
        ),
    ],
)
def test_a_union_that_leaves_a_doubt_is_refused(annotation, sentence) -> None:
    with pytest.raises(TypeError) as caught:
        by_kind(shape_of(annotation))
    assert str(caught.value).startswith(sentence)


def test_objects_are_told_apart_by_a_tag() -> None:
    choose = chooser(shapes(Book, Film, Aliased))
    assert choose({"kind": "book"}) == 0
    assert choose({"kind": "ebook", "length": 1}) == 0
    assert choose({"kind": "film", "title": ""}) == 1
    assert choose({"kind": "aliased"}) == 2


def test_a_tag_may_stand_behind_other_fields() -> None:
    choose = chooser(shapes(Titled, Named))
    assert choose({"title": "", "kind": "titled"}) == 0
    assert choose({"title": "", "kind": "named"}) == 1


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, FieldError(("kind",), "missing", "This is required.")),
        *(
            (
                {"kind": tag},
                FieldError(
                    ("kind",), "choice", 'This must be "book" or "ebook" or "film".'
                ),
            )
            for tag in ("x", None, 1, [], {})
        ),
    ],
    ids=str,
)
def test_a_tag_that_is_missing_or_unknown_is_the_one_error(data, error) -> None:
    with pytest.raises(Invalid) as caught:
        chooser(shapes(Book, Film))(data)
    assert caught.value.errors == [error]


def test_a_tag_that_two_have_is_none() -> None:
    """Then it goes by the keys."""
    choose = chooser(shapes(Book, Game))
    assert choose({"kind": "book", "title": ""}) == 0
    assert choose({"kind": "book"}) == 1


def test_objects_are_told_apart_by_a_required_key() -> None:
    choose = chooser(shapes(Circle, Square, Movie))
    assert choose({"radius": 1, "colour": "red"}) == 0
    assert choose({"side": 1}) == 1
    assert choose({"year": 1}) == 2
    with pytest.raises(Invalid) as caught:
        choose({"colour": "red"})
    [error] = caught.value.errors
    assert error == FieldError((), "missing", "This must have radius or side or year.")


def test_one_of_them_may_be_what_is_left() -> None:
    choose = chooser(shapes(Circle, Dot))
    assert choose({"radius": 1}) == 0
    assert choose({"colour": "red"}) == 1
    assert choose({}) == 1


def test_choices_are_listed_as_json_spells_them() -> None:
    assert listed(choices_of(shape_of(Literal["a", 1, True, None]))) == (
        '"a" or 1 or true or null'
    )


@pytest.mark.parametrize(
    ("count", "end"),
    [(20, "18 or 19"), (21, "18 or 19 or 1 others"), (45, "18 or 19 or 25 others")],
)
def test_a_long_list_of_choices_is_cut(count, end) -> None:
    choices = {(int, number): number for number in range(count)}
    assert listed(choices).endswith(end)
