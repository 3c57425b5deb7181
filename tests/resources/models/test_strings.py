"""Queries are read from the strings that each name was given."""

import collections
import enum
from typing import Any, NamedTuple, TypedDict

import attrs
import pytest
from attrs.validators import ge, le
from hypothesis import given
from hypothesis import strategies as st

from restlette.resources.models.errors import FieldError, Invalid
from restlette.resources.models.shapes import shape_of
from restlette.resources.models.strings import names_of, strings_loader


class Order(enum.Enum):
    TITLE = "title"
    YEAR = "year"


@attrs.frozen
class BookQuery:
    page: int = attrs.field(default=1, validator=[ge(1), le(1000)])
    q: str | None = None
    tags: list[str] = attrs.field(factory=list)
    years: set[int] | None = None
    order: Order = Order.TITLE
    full: bool = False
    language: str = attrs.field(default="", alias="lang")
    secret: int = attrs.field(default=0, init=False)


class Point(NamedTuple):
    x: float
    y: float = 0.5


class Search(TypedDict):
    q: str


def load(annotation, strings):
    return strings_loader(shape_of(annotation))(strings)


def test_a_query_becomes_an_object() -> None:
    assert load(BookQuery, {}) == BookQuery()
    strings = {
        "page": ["3"],
        "q": ["dune"],
        "tags": ["a", "b"],
        "years": ["1965"],
        "order": ["year"],
        "full": ["1"],
        "lang": ["de"],
    }
    assert load(BookQuery, strings) == BookQuery(
        page=3,
        q="dune",
        tags=["a", "b"],
        years={1965},
        order=Order.YEAR,
        full=True,
        lang="de",
    )


def test_other_types_with_names_do_as_well() -> None:
    assert load(Point, {"x": ["1"]}) == Point(1.0, 0.5)
    assert load(Search, {"q": [""]}) == {"q": ""}
    assert load(dict[str, int], {"a": ["1"]}) == {"a": 1}
    assert load(dict[str, list[int]], {"a": ["1", "2"]}) == {"a": [1, 2]}
    assert load(Point | None, {"x": ["1"]}) == Point(1.0, 0.5)
    assert load(Any, {"a": ["1"], "b": ["1", "2"]}) == {"a": "1", "b": ["1", "2"]}


@pytest.mark.parametrize(
    ("annotation", "names"),
    [
        (BookQuery, ("page", "q", "tags", "years", "order", "full", "lang")),
        (Point, ("x", "y")),
        (Search | None, ("q",)),
        (dict[str, int], None),
        (Any, None),
    ],
    ids=str,
)
def test_the_names_that_are_read_are_known(annotation, names) -> None:
    assert names_of(shape_of(annotation)) == names


def errors_of(annotation, strings):
    with pytest.raises(Invalid) as caught:
        load(annotation, strings)
    return caught.value.errors


def test_every_error_is_told() -> None:
    strings = {
        "page": ["0"],
        "q": ["a", "b"],
        "years": ["1965", "x"],
        "order": ["price"],
        "full": ["maybe"],
        "language": ["de"],
        "secret": ["1"],
    }
    assert errors_of(BookQuery, strings) == [
        FieldError(("language",), "unknown", "There is no such field."),
        FieldError(("secret",), "read_only", "This cannot be set."),
        FieldError(("q",), "repeated", "This is given more than once."),
        FieldError(("years",), "format", "This must be an integer."),
        FieldError(("order",), "choice", "This must be title or year."),
        FieldError(("full",), "format", "This must be true or false."),
        FieldError(("page",), "invalid", "'page' must be >= 1: 0"),
    ]


def test_errors_in_a_mapping_say_the_name() -> None:
    assert errors_of(dict[str, int], {"a": ["x"], "b": ["1"], "c": ["1", "2"]}) == [
        FieldError(("a",), "format", "This must be an integer."),
        FieldError(("c",), "repeated", "This is given more than once."),
    ]


def test_what_is_required_and_missing_is_told() -> None:
    assert errors_of(Point, {}) == [FieldError(("x",), "missing", "This is required.")]


@attrs.define
class Nested:
    inner: Point


@pytest.mark.parametrize(
    ("annotation", "sentence"),
    [
        (list[int], "what is given there has names"),
        (int, "what is given there has names"),
        (tuple[int, str], "what is given there has names"),
        (Point | Search, "what is given there has names"),
        (Nested, "inner: Point cannot be written as one text"),
        (dict[str, dict[str, int]], "dict cannot be written as one text"),
    ],
    ids=str,
)
def test_what_a_query_cannot_say_is_refused(annotation, sentence) -> None:
    with pytest.raises(TypeError, match=sentence):
        strings_loader(shape_of(annotation))


def test_a_named_tuple_without_types_takes_any_text() -> None:
    assert load(Untyped, {"a": ["1"]}) == ("1", 2)


Untyped = collections.namedtuple("Untyped", "a b", defaults=[2])


names = st.sampled_from([field.alias for field in attrs.fields(BookQuery)]) | st.text()
texts = st.sampled_from(["1", "0", "true", "title", ""]) | st.text()


@given(st.dictionaries(names, st.lists(texts, min_size=1)))
def test_any_query_gives_a_value_or_errors(strings) -> None:
    try:
        value = load(BookQuery, strings)
    except Invalid as exc:
        value = exc
    assert isinstance(value, (BookQuery, Invalid))
