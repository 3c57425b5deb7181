"""Errors say what is wrong with input, and where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.resources.models.errors import FieldError, Invalid


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
