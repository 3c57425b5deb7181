"""The grammars that the rules read by."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.dates import format_date
from restlette.http.methods import is_token
from restlette.testing.lint.grammar import (
    date_flaw,
    directives,
    is_digits,
    is_token_list,
    is_uri_reference,
    members,
    seconds_of,
    tokens,
)

hostile = st.text(alphabet='aA0,;="<>\\ \t/:?#[]@%-.\x00\xe9', max_size=60)


@pytest.mark.parametrize(
    "value, found",
    [
        ("a, b", ["a", "b"]),
        ("a,,b", ["a", "", "b"]),
        ("", [""]),
        ('a="b, c", d', ['a="b, c"', "d"]),
        (r'a="b\", c", d', [r'a="b\", c"', "d"]),
        ("</a,b>; rel=c, <d>", ["</a,b>; rel=c", "<d>"]),
        ('a", b', ['a"', "b"]),
        ("<a, b", ["<a", "b"]),
    ],
)
def test_a_list_is_split_outside_of_quotes_and_brackets(
    value: str, found: list[str]
) -> None:
    """What never closes splits as if it were not there."""
    assert members(value) == found


def test_tokens_leaves_empty_members_out() -> None:
    """As a recipient does (RFC 9110 §5.6.1.2)."""
    assert tokens(" a,, b ,") == ["a", "b"]


def test_directives_are_names_with_arguments() -> None:
    """In either form; the first of a name counts, junk is left out."""
    value = 'Max-Age=60, private="a, b", no-store, max-age=1, =, a b'
    assert directives(value) == {"max-age": "60", "private": "a, b", "no-store": None}


@pytest.mark.parametrize("text", ["", "\u00b2", "1.5", "-1", "١"])
def test_digits_are_ascii_ones(text: str) -> None:
    """And at least one of them."""
    assert not is_digits(text)
    assert is_digits("0")


@pytest.mark.parametrize(
    "value, flaw",
    [
        ("Fri, 15 Jan 2027 08:00:00 GMT", None),
        ("Mon, 15 Jan 2027 08:00:00 GMT", "names a day that was a Fri"),
        (
            "Friday, 15-Jan-27 08:00:00 GMT",
            "is in a format that may be read but not be sent",
        ),
        ("2027-01-15", "is no date of HTTP"),
    ],
)
def test_a_date_that_is_sent_is_an_imf_fixdate(value: str, flaw: str | None) -> None:
    """Of the day that it names."""
    assert date_flaw(value) == flaw


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_every_date_that_is_written_here_is_right(seconds: int) -> None:
    """The days of the week too, in all years."""
    assert date_flaw(format_date(seconds)) is None
    assert seconds_of(format_date(seconds)) == seconds


@given(hostile)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing is raised, and what is a list of tokens is one to others too."""
    assert "".join(members(text)) == "".join(
        part.strip(" \t") for part in members(text)
    )
    assert all(map(is_token, directives(text)))
    if is_token_list(text):
        assert re.fullmatch(r"[^\s,]+(?:[ \t]*,[ \t]*[^\s,]+)*", text.strip(" \t"))
    if is_uri_reference(text):
        assert text.isascii()
        assert not re.search(r'[\s<>"\\]', text)
    assert seconds_of(text) is None


def test_reading_takes_linear_time() -> None:
    """No text has a pattern try again and again: it would not end otherwise."""
    for piece in ('"', "<", ",", '="', "a=", "%41", "://", "[", "@", ":"):
        text = piece * 50_000
        members(text)
        directives(text)
        is_uri_reference(text)
        is_uri_reference(text + " ")
