"""The tables of methods, and what a token is."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.methods import IDEMPOTENT, KNOWN, SAFE, is_token

TCHARS = "!#$%&'*+-.^_`|~" + string.digits + string.ascii_letters


def test_the_known_methods_are_rfc_9110s_eight_patch_and_query() -> None:
    nine = "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY"
    assert frozenset(nine.split()) == KNOWN


def test_safe_methods_are_idempotent_and_idempotent_ones_known() -> None:
    assert {"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"} == SAFE
    assert {"PUT", "DELETE"} == IDEMPOTENT - SAFE
    assert IDEMPOTENT < KNOWN


@pytest.mark.parametrize("text", ["GET", "x", TCHARS, "a" * 100_000])
def test_a_token_is_one_tchar_or_more(text) -> None:
    assert is_token(text)


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a\n", "\na", "a:", '"a"', "a/b", "é", "\u212a", "\ud800"]
)
def test_anything_else_is_not_a_token(text) -> None:
    assert not is_token(text)


@given(st.text())
def test_a_text_is_a_token_when_all_of_it_is(text) -> None:
    assert is_token(text) == (text != "" and all(char in TCHARS for char in text))
