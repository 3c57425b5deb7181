"""Errors say what is wrong with input, and where."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.resources.models.errors import (
    CODES,
    MOST,
    Errors,
    FieldError,
    Invalid,
    Search,
    explained,
)


@pytest.mark.parametrize(
    ("path", "pointer", "fragment"),
    [
        pytest.param((), "", "#", id="the whole"),
        pytest.param(("title",), "/title", "#/title", id="a member"),
        pytest.param(("a", 0, "b"), "/a/0/b", "#/a/0/b", id="an item"),
        pytest.param(("",), "/", "#/", id="no name"),
        # RFC 6901 sections 5 and 6 have these examples.
        pytest.param(("a/b",), "/a~1b", "#/a~1b", id="slash"),
        pytest.param(("m~n",), "/m~0n", "#/m~0n", id="tilde"),
        pytest.param(("c%d",), "/c%d", "#/c%25d", id="percent"),
        pytest.param(("e^f",), "/e^f", "#/e%5Ef", id="circumflex"),
        pytest.param((" ",), "/ ", "#/%20", id="space"),
        pytest.param(("é",), "/é", "#/%C3%A9", id="beyond ASCII"),
        pytest.param(("\ud800",), "/\ud800", "#/?", id="a lone surrogate"),
        pytest.param(("#",), "/#", "#/%23", id="hash"),
    ],
)
def test_a_place_is_a_json_pointer(path, pointer, fragment) -> None:
    error = FieldError(path, "type", "Wrong.")
    assert error.pointer == pointer
    assert error.fragment == fragment


@given(st.lists(st.text() | st.integers(0)))
def test_any_place_is_a_pointer_that_ascii_can_hold(path) -> None:
    fragment = FieldError(tuple(path), "type", "Wrong.").fragment
    assert fragment.isascii()
    assert fragment.count("/") == len(path)


def test_it_makes_entries_for_problem_details() -> None:
    error = FieldError(("tags", 1), "type", "This must be a string.")
    assert error.in_body() == {
        "detail": "This must be a string.",
        "pointer": "#/tags/1",
        "code": "type",
    }
    assert error.at("query") == {
        "detail": "This must be a string.",
        "in": "query",
        "name": "tags.1",
        "code": "type",
    }


def test_it_can_be_seen_from_above() -> None:
    assert FieldError((1,), "a", "b").below("x") == FieldError(("x", 1), "a", "b")


def test_invalid_holds_all_errors_and_says_them() -> None:
    errors = [FieldError((), "a", "Wrong."), FieldError(("x", 0), "b", "Bad.")]
    exc = Invalid(tuple(errors))
    assert exc.errors == errors
    assert str(exc) == "Wrong.; /x/0: Bad."


WRONG = FieldError((), "type", "Wrong.")


def test_errors_are_gathered_with_where_they_are() -> None:
    errors = Errors()
    errors.raise_any()
    errors.add(WRONG)
    errors.below("x", Invalid([WRONG, WRONG.below(1)]))
    with pytest.raises(Invalid) as caught:
        errors.raise_any()
    assert [each.pointer for each in caught.value.errors] == ["", "/x", "/x/1"]


@pytest.mark.parametrize("count", [MOST, MOST + 1])
def test_gathering_ends_at_as_many_as_are_told(count) -> None:
    search = Search()
    errors = Errors(search)
    with pytest.raises(Invalid) as caught:
        errors.below("x", Invalid([WRONG] * count))
    assert len(caught.value.errors) == MOST == 100
    assert search.end(caught.value).errors[MOST:] == [
        FieldError((), "more", "There may be more errors.")
    ]


def test_a_search_without_an_error_has_no_end() -> None:
    search = Search()
    assert search.may_look_at(10_000_000)
    Errors(search).add(WRONG)
    assert search.may_look_at(1)
    assert search.may_look_at(4_999)
    exc = Invalid([WRONG])
    assert search.end(exc) is exc
    assert not search.may_look_at(1)
    assert not search.may_look_at(0)
    assert [each.code for each in search.end(exc).errors] == ["type", "more"]


def test_what_was_not_looked_at_is_not_taken_for_right() -> None:
    errors = Errors()
    errors.missed = True
    with pytest.raises(Invalid) as caught:
        errors.raise_any()
    assert caught.value.errors == []


def test_a_search_goes_on_where_an_exception_was_raised() -> None:
    whole, values = [1, "x"], [1]
    exc = KeyError("x")
    Search.keep(exc, whole, values)
    assert Search(exc).begun(whole) is values
    assert Search(exc).begun([1, "x"]) is None
    assert Search(KeyError()).begun(whole) is None


@pytest.mark.parametrize(
    ("exc", "sentence"),
    [
        (ValueError("no"), "no"),
        (ValueError("no", 1, 2), "no"),
        (ValueError(), "This is not valid."),
        (ValueError(""), "This is not valid."),
        (ValueError("x" * 1000), "x" * 200),
        (TypeError(7), "7"),
    ],
    ids=repr,
)
def test_an_exception_is_explained_by_its_first_argument(exc, sentence) -> None:
    assert explained(exc) == sentence


def test_the_codes_are_documented() -> None:
    page = Path(__file__).parents[3] / "docs" / "models.md"
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page.read_text("utf-8"), re.MULTILINE)
    assert dict(rows) == dict(CODES)
