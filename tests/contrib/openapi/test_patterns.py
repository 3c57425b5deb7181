"""Patterns that Python and ECMA-262 read alike."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.contrib.openapi.patterns import ecma, escaped

# ECMA's reading of what `ecma` gives, in Python's words: `$` is the end and nothing
# but the end. All else that it gives is read alike.
END = re.compile(r"(\\.|\[(?:\\.|[^\\\]])*\])|\$", re.DOTALL)


def in_ecma(pattern: str) -> re.Pattern[str]:
    return re.compile(END.sub(lambda found: found[1] or r"\Z", pattern))


TRANSLATED = [
    # an expression, how it is asked, what both read alike
    ("[a-z]+", "fullmatch", "^[a-z]+$"),
    ("[a-z]+", "match", "^[a-z]+"),
    ("[a-z]+", "search", "[a-z]+"),
    ("a|b", "fullmatch", "^(?:a|b)$"),
    ("a|b", "match", "^(?:a|b)"),
    ("a|b", "search", "a|b"),
    ("^a$", "fullmatch", "^a$"),
    ("^a$", "match", r"^a\n?$"),
    ("^a$", "search", r"^a\n?$"),
    (r"\Aa\Z", "search", "^a$"),
    (r"a\$", "search", r"a\$"),
    ("a.b", "fullmatch", r"^a[^\n]b$"),
    (r"a{2}b{,3}c{1,}d{2,5}", "fullmatch", "^a{2}b{0,3}c{1,}d{2,5}$"),
    ("a{}", "search", r"a\{\}"),
    ("a{,}?", "search", "a*?"),
    ("a{x", "search", r"a\{x"),
    ("]}", "search", r"\]\}"),
    ("a*?b+?c??", "search", "a*?b+?c??"),
    ("(?P<year>[0-9]{4})", "fullmatch", "^([0-9]{4})$"),
    ("(?:a(b))(?=c)(?!d)", "search", "(?:a(b))(?=c)(?!d)"),
    ("(?<=a)b(?<!c)", "search", "(?<=a)b(?<!c)"),
    (r"\-\ \#\/\.", "search", r"- #\/\."),
    (r"\n\t", "search", r"\n\t"),
    (r"[]a[^\-\.\n-]", "search", r"[\]a\[^\-\.\n-]"),
    (r"[^]\]]", "search", r"[^\]\]]"),
    (r"[\ \"]", "search", '[ "]'),
    ("é+", "search", "é+"),
]

WITHOUT_A_COMMON_FORM = [
    r"\d", r"\w", r"\s", r"\b", r"\B", r"[\d]", r"[\s]", r"[\x41]", r"\x41", r"(a)\1",
    "(?P<x>a)(?P=x)", "a*+", "a{2}+", "(?>a)", "(?i:a)", "(?#note)a", "a$b", "(a$)",
    r"(?=a)*b", r"(a)(?!b)+", "(a)?(?(1)b|c)",
]  # fmt: skip


@pytest.mark.parametrize(("expression", "method", "pattern"), TRANSLATED)
def test_an_expression_has_a_form_that_both_read_alike(
    expression: str, method: str, pattern: str
) -> None:
    assert ecma(re.compile(expression), method) == pattern
    in_ecma(pattern)


@pytest.mark.parametrize("expression", WITHOUT_A_COMMON_FORM)
def test_what_has_none_is_no_pattern(expression: str) -> None:
    assert ecma(re.compile(expression)) is None


def test_the_end_of_one_alternative_is_not_that_of_all() -> None:
    assert ecma(re.compile("a|b$"), "search") is None
    assert ecma(re.compile("a|b$"), "fullmatch") == "^(?:a|b)$"


def test_classes_of_ascii_are_written_out() -> None:
    compiled = re.compile(r"\d\D\w\W[\d_][\w-]\bx\B", re.ASCII)
    expected = r"[0-9][^0-9][A-Za-z0-9_][^A-Za-z0-9_][0-9_][A-Za-z0-9_-]\bx\B"
    assert ecma(compiled, "search") == expected
    for expression in (r"\s", r"[\s]", r"[\D]"):
        assert ecma(re.compile(expression, re.ASCII)) is None


@pytest.mark.parametrize("flag", [re.IGNORECASE, re.MULTILINE, re.DOTALL, re.VERBOSE])
def test_flags_have_no_form(flag: re.RegexFlag) -> None:
    assert ecma(re.compile("a", flag)) is None


def test_bytes_have_no_form() -> None:
    assert ecma(re.compile(b"a")) is None


PIECES = st.sampled_from(
    [*"ab.^$|()[]{}*+?,-]2\n\\", "(?:", "(?=", "(?P<a>", "[^", "{1,2}", "\\Z", "\\A"]
)


@given(
    st.lists(PIECES, max_size=8).map("".join),
    st.sampled_from(["fullmatch", "match", "search"]),
    st.text("ab-]2\n.$", max_size=4),
)
def test_both_find_the_same(expression: str, method: str, text: str) -> None:
    """Whatever the expression: there is no pattern, or it finds what Python finds."""
    try:
        compiled = re.compile(expression)
    except (re.error, FutureWarning, DeprecationWarning, OverflowError):
        return
    pattern = ecma(compiled, method)
    if pattern is not None:
        found = in_ecma(pattern).search(text)
        assert bool(found) == bool(getattr(compiled, method)(text)), pattern


@given(st.text(), st.text())
def test_a_text_is_a_pattern_of_itself(text: str, other: str) -> None:
    assert re.fullmatch(escaped(text), text)
    assert bool(re.fullmatch(escaped(text), other)) is (text == other)
