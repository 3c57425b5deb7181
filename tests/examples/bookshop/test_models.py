"""What goes over the wire is what it should be, or is refused when it is made."""

import attrs
import pytest

from examples.bookshop.models import Book, BookQuery, NewBook, is_isbn
from tests.examples.bookshop.shelf import EMMA


@pytest.mark.parametrize(
    "digits, expected",
    [
        pytest.param("9780141439587", True, id="978"),
        pytest.param("9791032923641", True, id="979"),
        pytest.param("9780141439588", False, id="last digit wrong"),
        pytest.param("9780141493587", False, id="two digits swapped"),
        pytest.param("0141439580", False, id="ISBN-10"),
        pytest.param("978014143958X", False, id="a letter"),
        pytest.param("９７８０１４１４３９５８７", False, id="digits, but not ASCII"),
        pytest.param("²780141439587", False, id="a digit to str.isdigit alone"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_an_isbn_is_thirteen_digits_that_check(digits: str, expected: bool) -> None:
    assert is_isbn(digits) is expected


def test_an_isbn_may_be_written_with_hyphens_or_spaces() -> None:
    assert attrs.evolve(EMMA, isbn="978-0-14-143958-7") == EMMA
    assert attrs.evolve(EMMA, isbn="978 0 14 143958 7") == EMMA


@pytest.mark.parametrize(
    "changes",
    [
        {"isbn": "9780141439580"},
        {"title": ""},
        {"title": "x" * 501},
        {"author": ""},
        {"year": 0},
        {"year": 2101},
        {"language": "eng"},
        {"language": "EN"},
        {"language": "en\n"},
    ],
    ids=str,
)
def test_a_book_with_a_field_that_is_wrong_cannot_be_made(
    changes: dict[str, object],
) -> None:
    with pytest.raises(ValueError):
        NewBook(**attrs.asdict(EMMA) | changes)


def test_a_book_can_be_described_again() -> None:
    assert Book(**attrs.asdict(EMMA), id=7).described() == EMMA


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"size": 101},
        {"page": 0},
        {"since": 0},
        {"until": 2101},
        {"language": "english"},
        {"q": "x" * 201},
        {"author": "x" * 201},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_query_has_bounds(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        BookQuery(**wrong)  # type: ignore[arg-type]  # the mistake
