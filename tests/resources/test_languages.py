"""Sets of texts hold what regular expressions match, and are added up as sets are."""

from __future__ import annotations

import re
from itertools import islice, product
from typing import Any

import pytest
from hypothesis import example, given
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
from restlette.resources.site import _FORBIDDEN

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
    "[a-]b",
    "[/-0]",
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
    """Of all short texts, those and no others; without those that part segments."""
    language = read_regex(regex, crosses=True)
    inside = read_regex(regex, crosses=False)
    compiled = re.compile(regex)
    for word in WORDS:
        matches = compiled.fullmatch(word) is not None
        assert holds(language, word) == matches
        assert holds(inside, word) == (matches and "/" not in word)
        assert holds(inside, word.replace("/", ENCODED_SLASH)) == matches


@pytest.mark.parametrize(
    "regex", [r"\t", r"\n", r"\r", r"\f", r"\v", r"\a", r"[\x62-e]", r"[^%-\x40]"]
)
def test_a_character_is_the_one_that_re_means(regex: str) -> None:
    language = read_regex(regex, crosses=True)
    for char in map(chr, range(1, 128)):
        assert holds(language, char) == (re.fullmatch(regex, char) is not None)


@pytest.mark.parametrize("value", ["", "a", "b0", "ab0"])
def test_a_text_is_the_set_of_itself(value: str) -> None:
    assert [word for word in WORDS if holds(text(value), word)] == [value]
    assert shortest(text(value)) == value


def test_a_character_is_one_of_its_ranges() -> None:
    assert Chars(((97, 98),)).has("a")
    assert not Chars(((97, 98),)).has("c")
    assert not Chars(((47, 47),)).has("/")


UNREADABLE = [
    "(?=a)a",
    "(?i)a",
    r"(a)\1",
    "a++",
    "a*+",
    "a*+b",
    "a{2}{3}",
    "a{2}{3}b",
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
@example(sequence(text("b"), text("0")))
@example(both([text("a"), Chars(((97, 98),))]))
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


@pytest.mark.parametrize(
    ("regex", "ways", "expected"),
    [
        ("[abd]c", 1, ["ac"]),
        ("[abd]c", 2, ["ac", "bc"]),
        ("ac|bc", 1, ["ac"]),
        ("ac|bc", 2, ["ac", "bc"]),
        ("a*", 1, [""]),
        ("a*", 2, ["", "a"]),
        ("a*", 3, ["", "a", "aa"]),
    ],
)
def test_no_more_texts_are_given_than_ways_to_go_on(
    regex: str, ways: int, expected: list[str]
) -> None:
    language = read_regex(regex, crosses=False)
    assert [*islice(texts(language, ways=ways), 9)] == expected
    assert next(texts(language)) == expected[0]
    if ways == 1:
        assert [*islice(texts(language), 9)] == expected


EDGES = [
    *(0x1F, 0x20, 0x7E, 0x7F, 0x9F, 0xA0, 0xD7FF, 0xD800, 0xDFFF, 0xE000),
    *(0xFFFC, 0xFFFD, 0xFFFE, 0x10FFFF),
]


@pytest.mark.parametrize("code", EDGES, ids=hex)
def test_what_no_path_may_hold_is_in_no_text(code: int) -> None:
    char = chr(code)
    expected = None if _FORBIDDEN.search(char) else char
    alone = Chars(((code, code),))
    for language in (text(char), alone, both([alone, Chars((), "wW")])):
        assert shortest(language) == expected


def chars(*ranges: tuple[int, int], **more: Any) -> Chars:
    return Chars(ranges, **more)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        pytest.param(
            [chars((0x100, 0x101)), without(text("\u0100"))], 0x101, id="a text"
        ),
        pytest.param(
            [
                chars((0x100, 0x105)),
                chars((0x100, 0x100), is_negated=True),
                chars((0x102, 0x105), is_negated=True),
            ],
            0x101,
            id="ranges",
        ),
        pytest.param([chars((0xA0, 0x2FFF)), chars(kinds="d")], 0x660, id="digits"),
        pytest.param(
            [chars((0x3000, 0xD7FF)), chars(kinds="d")], 0xA620, id="digits further on"
        ),
        pytest.param([chars((0x3000, 0xD7FF)), chars(kinds="s")], 0x3000, id="space"),
    ],
)
def test_what_other_sets_leave_is_found(parts: list[Language], code: int) -> None:
    """However little it is."""
    assert shortest(both(parts)) == chr(code)


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
    assert both([text("a"), ANYTHING]) == text("a")
    assert both([text("a"), NOTHING]) == NOTHING
    assert sequence(text("a"), NOTHING, text("b")) == NOTHING


def test_a_search_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_MOST_STATES", 5)
    with pytest.raises(TooComplex):
        shortest(read_regex("[0-9]{30}", crosses=False))
    assert shortest(read_regex("[0-9]{4}", crosses=False)) == "0000"
