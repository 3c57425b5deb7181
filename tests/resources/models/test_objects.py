"""Objects are made from data, or everything that is wrong with it is told."""

import dataclasses
from typing import Any, TypedDict

import attrs
import pytest
from attrs.validators import ge, in_, matches_re, min_len

from restlette.resources.models import leaves
from restlette.resources.models.errors import MOST, Invalid
from restlette.resources.models.objects import ObjectLoader
from restlette.resources.models.shapes import fields_of, shape_of


def hook(annotation):
    return leaves.LOADERS[annotation]


def load(cls, data):
    shape = shape_of(cls)
    return ObjectLoader(shape.type, fields_of(shape), hook)(data)


def errors_of(cls, data) -> dict[str, tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        load(cls, data)
    # attrs 23.1 writes "=> 1".
    return {
        each.pointer: (each.code, each.detail.replace("=>", ">="))
        for each in caught.value.errors
    }


@attrs.define
class Book:
    title: str = attrs.field(validator=min_len(1))
    price: float = attrs.field(validator=ge(0))
    language: str = attrs.field(default="en", validator=in_(["en", "de"]))
    _shelf: str = attrs.field(default="", alias="place")
    number: int = attrs.field(init=False, default=7, validator=ge(0))


def test_an_object_is_made() -> None:
    book = load(Book, {"title": "Dune", "price": 9, "place": "a"})
    assert book == Book("Dune", 9.0, place="a")
    assert type(book.price) is float
    assert load(Book, {"title": "Dune", "price": 9}) == Book("Dune", 9.0)


def test_all_that_is_wrong_is_told_at_once() -> None:
    data = {"title": "", "price": "9", "language": "fr", "number": 1, "_shelf": "x"}
    assert errors_of(Book, data) == {
        "/number": ("read_only", "This cannot be set."),
        "/_shelf": ("unknown", "There is no such field."),
        "/price": ("type", "This must be a number."),
        "/title": ("invalid", "Length of 'title' must be >= 1: 0"),
        "/language": ("invalid", "'language' must be in ['en', 'de'] (got 'fr')"),
    }


@attrs.define
class Long:
    items: list[int]
    title: str
    more: dict[str, int]
    pages: int


def test_what_may_be_long_is_read_last() -> None:
    """When an error is known by then, less of it is read."""
    order = []

    def noting(annotation: Any) -> Any:
        def read(data: Any, search: Any) -> Any:
            order.append(annotation)
            return data

        return read

    data = {"items": [1], "title": "x", "more": {}, "pages": 1}
    made = ObjectLoader(Long, fields_of(shape_of(Long)), noting)(data)
    assert made == Long([1], "x", {}, 1)
    assert order == [str, int, list[int], dict[str, int]]


def test_what_is_required_and_missing_is_told() -> None:
    assert errors_of(Book, {}) == {
        "/title": ("missing", "This is required."),
        "/price": ("missing", "This is required."),
    }


@pytest.mark.parametrize("data", [None, [], "x", 1, True], ids=repr)
def test_only_an_object_becomes_one(data) -> None:
    assert errors_of(Book, data) == {"": ("type", "This must be an object.")}


@dataclasses.dataclass
class Span:
    start: int
    end: int = 0

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("end is before start")


@attrs.define
class Range:
    start: int
    end: int = attrs.field()

    @end.validator
    def _in_order(self, attribute: Any, value: int) -> None:
        if value < self.start:
            raise ValueError("end is before start")


@attrs.define
class Checked:
    start: int

    def __attrs_post_init__(self) -> None:
        raise ValueError


class Movie(TypedDict):
    year: int


def test_dataclasses_and_typed_dicts_are_made_too() -> None:
    assert load(Span, {"start": 1, "end": 2}) == Span(1, 2)
    assert load(Movie, {"year": 1}) == {"year": 1}


def test_what_the_class_objects_to_as_a_whole_is_told_of_the_whole() -> None:
    assert errors_of(Span, {"start": 1}) == {"": ("invalid", "end is before start")}
    assert errors_of(Checked, {"start": 1}) == {"": ("invalid", "This is not valid.")}


def test_a_validator_may_look_at_other_fields() -> None:
    """When those are wrong themselves, it is not heard."""
    assert errors_of(Range, {"start": 2, "end": 1}) == {
        "/end": ("invalid", "end is before start")
    }
    assert errors_of(Range, {"start": "2", "end": 1}) == {
        "/start": ("type", "This must be an integer.")
    }


def upper(value: str) -> str:
    if not value:
        raise ValueError("nothing to convert")
    return value.upper()


@attrs.define
class Converting:
    name: str = attrs.field(converter=upper, validator=matches_re("[A-Z]+"))
    other: str = attrs.field(default="y", converter=upper, validator=matches_re("Y"))
    later: str = attrs.field(
        default=attrs.Factory(lambda self: self.name * 2, takes_self=True),
        validator=min_len(5),
    )
    items: list[int] = attrs.field(factory=list, init=False)
    unset: int = attrs.field(init=False)


def test_validators_see_what_converters_and_defaults_made() -> None:
    assert errors_of(Converting, {"name": "b", "other": "x"}) == {
        "/other": ("invalid", "'other' must match regex 'Y' ('X' doesn't)"),
        "/later": ("invalid", "Length of 'later' must be >= 5: 2"),
    }
    made = load(Converting, {"name": "abc"})
    assert (made.name, made.other, made.later) == ("ABC", "Y", "ABCABC")


def with_instance(value: str, instance: Any) -> str:
    return f"{instance.name}-{value}"


# attrs 24.1 and later have it.
if hasattr(attrs, "Converter"):

    @attrs.define
    class Joined:
        name: str
        other: str = attrs.field(
            converter=attrs.Converter(with_instance, takes_self=True),
            validator=matches_re("a-.*"),
        )

    def test_a_converter_may_look_at_the_instance() -> None:
        assert errors_of(Joined, {"name": "b", "other": "x"}) == {
            "/other": ("invalid", "'other' must match regex 'a-.*' ('b-x' doesn't)")
        }
        assert load(Joined, {"name": "a", "other": "x"}).other == "a-x"
        assert errors_of(Joined, {"other": "x"}) == {
            "/name": ("missing", "This is required.")
        }


def test_what_a_converter_refuses_is_told() -> None:
    errors = errors_of(Converting, {"name": "", "later": "12345"})
    assert errors == {"/name": ("invalid", "nothing to convert")}
    assert errors_of(Converting, {"name": ""}) == errors


def test_a_default_that_needs_a_field_that_is_wrong_is_not_made() -> None:
    errors = errors_of(Converting, {"name": 1})
    assert errors == {"/name": ("type", "This must be a string.")}


@attrs.define
class Buggy:
    number: int = attrs.field()

    @number.validator
    def _bug(self, attribute: Any, value: int) -> None:
        self.typo  # type: ignore[attr-defined]


@attrs.define
class BuggyToo:
    number: int = attrs.field(validator=lambda *_: {}["key"])


@pytest.mark.parametrize(
    ("cls", "exception"), [(Buggy, AttributeError), (BuggyToo, KeyError)]
)
def test_a_mistake_in_a_validator_is_not_the_clients(cls, exception) -> None:
    for data in ({"number": 1}, {"number": 1, "unknown": 1}):
        with pytest.raises(exception):
            load(cls, data)


def test_errors_stop_at_a_limit() -> None:
    """The answer must not be a multiple of the question."""
    data = {f"x{number}": 1 for number in range(10 * MOST)}
    assert len(errors_of(Book, data)) == MOST
