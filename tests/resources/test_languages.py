"""Sets of texts hold what regular expressions match, and are added up as sets are."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.resources import languages
from restlette.resources.languages import (
    ANYTHING,
    ENCODED_SLASH,
    NOTHING,
    Chars,
    Either,
    Language,
    Repeat,
    TooComplex,
    Unreadable,
    both,
    derive,
    either,
    holds_empty,
    read_regex,
    sequence,
    shortest,
    text,
    texts,
    without,
)

ALPHABET = "ab0-/"
WORDS = ["".join(word) for n in range(5) for word in product(ALPHABET, repeat=n)]


def holds(language: Language, word: str) -> bool:
    for char in word:
        language = derive(language, char)
    return holds_empty(language)


READABLE = [
    # realistic
    "[0-9]{1,20}",
    "[a-z0-9-]+",
    r"\d{1,2}-\d+",
    "[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{1}){1,2}",
    "red|green|ab",
    "(?:a|b)*0?",
    "(?P<name>a)b",
    r"[^/]+",
    ".*",
    # synthetic
    "",
    "a{2}",
    "a{,2}",
    "a{1,}",
    "(a|)b",
    "(a?){2,3}",
    "a*?b+?",
    "^a$",
    r"\Aa|b\Z",
    r"[\w]",
    r"\W+",
    r"[\s\D]",
    r"[^\d]",
    r"[]a]",
    r"[^]a]",
    r"[a-]",
    r"\x61\u0062\U00000030",
    r"\t\n\-",
    r"[\x61-b]",
    "a{x}",
    "a/b",
    # pathological
    "(a|a|aa){2,4}b",
    "((((a))))",
]


@pytest.mark.parametrize("regex", READABLE)
def test_an_expression_holds_what_re_matches(regex: str) -> None:
    """Of all short texts, those and no others."""
    language = read_regex(regex, crosses=True)
    compiled = re.compile(regex)
    wrong = [
        word
        for word in WORDS
        if holds(language, word) != (compiled.fullmatch(word) is not None)
    ]
    assert wrong == []


UNREADABLE = [
    "(?=a)a",
    "(?i)a",
    r"(a)\1",
    "a++",
    "a*+",
    "a{2}{3}",
    "a$b",
    "a^b",
    r"\bword",
    "(a",
    "a)",
    "[a",
    r"[\d-a]",
    r"[a-\d]",
    "*",
    "\\",
]


@pytest.mark.parametrize("regex", UNREADABLE)
def test_what_is_not_read_is_said_so(regex: str) -> None:
    with pytest.raises(Unreadable):
        read_regex(regex, crosses=False)


@given(st.text("ab01(|)[]{},*+?^$\\.-dwsxDWSZ:P<>=", max_size=12))
def test_any_text_is_read_or_refused(regex: str) -> None:
    """What is read is what `re` takes, and matches the same."""
    try:
        language = read_regex(regex, crosses=True)
    except Unreadable:
        return
    try:
        compiled = re.compile(regex)
    except (re.error, FutureWarning):
        return
    for word in WORDS[:156]:
        assert holds(language, word) == (compiled.fullmatch(word) is not None)


def languages_of() -> st.SearchStrategy[Language]:
    leaves = st.sampled_from(
        [
            text(""),
            text("a"),
            text("b0"),
            Chars(((97, 98),)),
            Chars((), is_negated=True, crosses=True),
            NOTHING,
            ANYTHING,
        ]
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: sequence(*parts)),
            st.lists(inner, max_size=3).map(either),
            st.lists(inner, max_size=3).map(both),
            inner.map(without),
            inner.map(lambda each: Repeat(each, 0, 2)),
            inner.map(lambda each: Repeat(each, 1, None)),
        ),
        max_leaves=6,
    )


@given(languages_of(), languages_of())
def test_the_algebra_is_that_of_sets(one: Language, other: Language) -> None:
    for word in WORDS[:31]:
        in_one, in_other = holds(one, word), holds(other, word)
        assert holds(either([one, other]), word) == (in_one or in_other)
        assert holds(both([one, other]), word) == (in_one and in_other)
        assert holds(without(one), word) == (not in_one)


@given(languages_of())
def test_the_shortest_text_is_one_of_the_set(language: Language) -> None:
    found = shortest(language)
    if found is None:
        assert not any(holds(language, word) for word in WORDS[:156])
    else:
        assert holds(language, found)
        shorter = [word for word in WORDS[:156] if len(word) < len(found)]
        assert not any(holds(language, word) for word in shorter)


def test_all_texts_that_are_given_are_of_the_set() -> None:
    language = read_regex("[ab]{1,2}0?", crosses=False)
    found = list(texts(language, ways=3))
    assert found[0] == "a"
    assert len(set(found)) == len(found) > 2
    assert all(holds(language, word) for word in found)


def test_a_slash_inside_a_segment_is_one_for_a_regex() -> None:
    """An encoded slash is a slash to a convertor, the other one parts segments."""
    letters = read_regex("[a-z/]+", crosses=False)
    assert holds(letters, f"a{ENCODED_SLASH}b")
    assert not holds(letters, "a/b")
    assert holds(read_regex("[a-z/]+", crosses=True), "a/b")
    assert not holds(read_regex("[^/]+", crosses=False), ENCODED_SLASH)


@pytest.mark.parametrize(
    ("regex", "char"),
    [
        (r"[^\w\s!-~]", "\xa1"),
        (r"[\d]", "0"),
        (r"[^0-9\D]", "٠"),
        (r"[^ -~\S]", "\xa0"),
        (r"[^ -~¡-\uffff\s]", "\U00010000"),
        ("[é-ê]", "é"),
        ("[^ -~]", ENCODED_SLASH),
    ],
)
def test_each_class_of_characters_has_one_that_stands_for_it(
    regex: str, char: str
) -> None:
    """Those beyond ASCII too, and letters, digits and spaces in any script."""
    found = shortest(read_regex(regex, crosses=False))
    assert found is not None
    assert re.fullmatch(regex, "/" if found == ENCODED_SLASH else found)


def test_simple_sets_are_written_simply() -> None:
    assert without(without(text("a"))) == text("a")
    assert without(NOTHING) == ANYTHING
    assert without(ANYTHING) == NOTHING
    assert either([]) == NOTHING == Either(frozenset())
    assert both([]) == ANYTHING
    assert both([text("a"), NOTHING]) == NOTHING
    assert sequence(text("a"), NOTHING, text("b")) == NOTHING


def test_a_search_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_MOST_STATES", 5)
    with pytest.raises(TooComplex):
        shortest(read_regex("[0-9]{30}", crosses=False))
