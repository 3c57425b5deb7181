"""Docstrings as documents have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.contrib.openapi.docstrings import Docstring, DocstringError, parse, read
from tests.http.stopwatch import seconds


def test_a_docstring_has_sections_and_yaml() -> None:
    found = parse("""List the books
        of the shop.

        The newest are first.

            indented

        Args:
            query (BookQuery): which of them.
            *more, others: what else
                there is.

        Returns:
            One page: with links.

        Raises:
            Gone: the shop is closed.
            errors.Conflict: two want
                the last.

        ---
        tags: [shop]
        responses:
          200:
            description: Books
        """)
    assert found == Docstring(
        summary="List the books of the shop.",
        description="The newest are first.\n\n    indented",
        args={
            "query": "which of them.",
            "more": "what else\nthere is.",
            "others": "what else\nthere is.",
        },
        returns="One page: with links.",
        raises=[
            ("Gone", "the shop is closed."),
            ("errors.Conflict", "two want\nthe last."),
        ],
        yaml={"tags": ["shop"], "responses": {"200": {"description": "Books"}}},
    )


def test_attributes_are_told_as_arguments_are() -> None:
    """A class has both, and they are its fields."""
    text = "A book.\n\nAttributes:\n    title: its title.\n\nYields:\n    pages."
    assert parse(text).args == {"title": "its title."}
    assert parse(text).returns == "pages."


@pytest.mark.parametrize("text", [None, "", " \n "])
def test_no_docstring_says_nothing(text: str | None) -> None:
    assert parse(text) == Docstring()


@pytest.mark.parametrize(
    ("text", "summary", "description"),
    [
        ("One\nline.", "One line.", ""),
        ("Short.\n\nLong.\n\nLonger.", "Short.", "Long.\n\nLonger."),
        ("Args:\nand more", "Args: and more", ""),
        ("What.\n\nRaises:\n    nothing", "What.", "Raises:\n    nothing"),
    ],
)
def test_prose_is_summary_and_description(
    text: str, summary: str, description: str
) -> None:
    """What looks like a section and is none does not stop an application."""
    assert parse(text) == Docstring(summary, description)


@pytest.mark.parametrize(
    "text",
    [
        "Title\n-----\n",
        "a | b\n--- | ---\n1 | 2",
        "| a | b |\n| --- | --- |\n",
        "a --- b",
        "---\n",
        "---",
        "--- # nothing\n# at all",
    ],
)
def test_other_dashes_are_no_yaml(text: str) -> None:
    assert parse(text).yaml is None


def test_the_last_line_of_dashes_begins_the_yaml() -> None:
    """As in the ancestor; a line above it is a rule of Markdown's."""
    found = parse("What.\n\n---\n\nMore.\n\n---\na: 1\n")
    assert (found.description, found.yaml) == ("---\n\nMore.", {"a": 1})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "{200: a, 1.5: b, true: c, null: d}",
            {"200": "a", "1.5": "b", "true": "c", "null": "d"},
        ),
        ("a: 2026-01-31", {"a": "2026-01-31"}),
        ("a: 2026-01-31T12:00:00Z", {"a": "2026-01-31T12:00:00+00:00"}),
        ("2026-01-31: [1, 2.5, null, yes]", {"2026-01-31": [1, 2.5, None, True]}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
        ("a:\n\tb", {"a": "b"}),
    ],
)
def test_yaml_is_read_as_json(text: str, value: Any) -> None:
    assert parse(f"---\n{text}").yaml == value


BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

BAD_YAML = [
    # what is wrong, the block, its line in the docstring, what the error says
    pytest.param("- a", 1, "the YAML is a list and no mapping", id="list"),
    pytest.param("text", 1, "the YAML is a str and no mapping", id="text"),
    pytest.param("a: 1\nb: [", 3, "the YAML is none: expected the node", id="open"),
    pytest.param("? [a]\n: b", 2, "the YAML is none: found unhashable key", id="key"),
    pytest.param(
        "a: !!python/object:os.system x", 2, "could not determine", id="object"
    ),
    pytest.param("a: &x [*x]", 1, "alias *x stands for what is around it", id="circle"),
    pytest.param("a: *x", 1, "alias *x stands for", id="no anchor"),
    pytest.param(BOMB, 1, "the YAML has more than 10000 parts", id="bomb"),
    pytest.param("a: " + "[" * 60, 1, "more than 50 levels deep", id="deep"),
    pytest.param("a: 2026-02-31", 1, "day is out of range", id="date"),
    pytest.param("a: .nan", 1, "JSON has no nan", id="nan"),
    pytest.param("a: !!set {b}", 1, "JSON has nothing like a set", id="set"),
    pytest.param("a: !!binary aaaa", 1, "nothing like a bytes", id="bytes"),
    pytest.param("a: " + "1" * 5000, 1, "5000 digits", id="digits"),
    pytest.param("a: " + "x" * 60_000, 1, "and 50000 are read: put it in", id="long"),
    pytest.param("a: \x00", 1, "the YAML is none: ", id="control"),
]


@pytest.mark.parametrize(("block", "line", "sentence"), BAD_YAML)
def test_bad_yaml_is_an_error_that_says_where(
    block: str, line: int, sentence: str
) -> None:
    """openapi-111: bombs, and what else there is."""
    with pytest.raises(DocstringError) as info:
        parse(f"What.\n\n---\n{block}")
    assert info.value.line == line + 2
    assert sentence in str(info.value)
    assert str(info.value).startswith(f"a docstring, line {line + 2} of the docstring:")


def bad() -> None:
    """What.

    ---
    - a
    """


def test_the_error_names_file_and_line() -> None:
    with pytest.raises(DocstringError) as info:
        read(bad)
    line = bad.__code__.co_firstlineno
    assert str(info.value) == (
        f"{Path(__file__)}:{line}, bad, line 3 of the docstring: the YAML is a list "
        "and no mapping; what follows a line of `---` is YAML, merged over what the "
        "code says; for a rule write `***`"
    )


def test_what_has_no_source_is_named() -> None:
    made = type("Made", (), {"__doc__": "---\n- a"})
    with pytest.raises(DocstringError, match=r"^Made, line 1 of the docstring"):
        read(made)
    with pytest.raises(DocstringError, match=r"^<.*object.*>, line 1"):
        read(made())


def test_a_definition_is_read_by_its_docstring() -> None:
    assert read(parse).summary == "Read the text of a docstring."


# Whatever the text --------------------------------------------------------------------

LINES = st.sampled_from(
    [
        "Args:", "Raises:", "Returns:", "Attributes:", "---", "    ", "\t", "x: y",
        "x (int): y", ":", "a: [", "&a", "*a", "- b", "'", '"', "{", "}", "? ", "<<: 1",
        "!!int x", "%YAML 9", "...", "|", ">", "#", "\x00", "\ud800", "\u2028",
    ]
)  # fmt: skip
TEXTS = st.lists(st.lists(LINES, max_size=4).map("".join), max_size=12).map("\n".join)


@given(st.text() | TEXTS)
def test_any_text_is_a_docstring_or_the_error(text: str) -> None:
    try:
        found = parse(text)
    except DocstringError:
        return
    assert "\n" not in found.summary
    assert found.yaml is None or isinstance(found.yaml, dict)


@given(TEXTS.map(lambda text: f"---\n{text}"))
def test_any_block_is_a_mapping_or_the_error(text: str) -> None:
    try:
        parse(text)
    except DocstringError:
        pass


LONG = {
    "one line": "a" * 1_000_000,
    "lines": "word word\n" * 100_000,
    "arguments": "S.\n\nArgs:\n" + "".join(f"    a{i}: b\n" for i in range(70_000)),
    "colons": "S.\n\nArgs:\n    " + ":" * 1_000_000,
    "parentheses": "S.\n\nArgs:\n    " + "(" * 1_000_000 + ": x",
    "commas": "S.\n\nArgs:\n    " + "," * 1_000_000 + ": x",
    "sections": "S.\n\n" + "Returns:\n    x\n" * 60_000,
    "empty sections": "Args:\n" * 160_000,
    "steps": "S.\n\nArgs:\n" + "".join(" " * i + "x: y\n" for i in range(1400)),
    "spaces": "x" + " " * 1_000_000 + "y",
    "empty lines": "x" + "\n" * 1_000_000 + "y",
    "tabs": "S.\n\nArgs:\n" + "\t" * 1_000_000 + "x: y",
    "dashes": "-" * 1_000_000,
    "rules": "---\n" * 250_000,
    "rows": "--- | " * 160_000,
    "an indented rule": " " * 1_000_000 + "-",
    "a block": "---\n" + "a: b\n" * 200_000,
    "open brackets": "---\n" + "[" * 49_000,
    "open braces": "---\n" + "{" * 49_000,
    "keys": "---\n" + "".join(f"a{i}: b\n" for i in range(5_500)),
    "anchors": "---\na: [" + "&a b, " * 8_000 + "]",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_megabyte_takes_no_time(text: str) -> None:
    """openapi-111: linear in the text, and what is not linear is bounded."""
    assert seconds(lambda: parse(text)) < 5
