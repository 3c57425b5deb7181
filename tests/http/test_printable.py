"""Text from outside in logs and messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.printable import printable

ROWS = {
    "empty": ("", ""),
    "plain": ("/books/1?q=a b", "/books/1?q=a b"),
    "letters": ("/bücher/Ἰλιάς/🚀", "/bücher/Ἰλιάς/🚀"),
    "logs-118-line-feed": ("/a\nINFO: all is well", "/a\\nINFO: all is well"),
    "logs-118-carriage-return": ("a\rb", "a\\rb"),
    "logs-118-nul": ("\0", "\\x00"),
    "logs-118-escape": ("\x1b[2J", "\\x1b[2J"),
    "logs-118-c1": ("\x9b2J\x85", "\\x9b2J\\x85"),
    "logs-118-delete": ("\x7f", "\\x7f"),
    "logs-118-line-separator": ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
    "logs-118-right-to-left": ("\u202etxt.exe", "\\u202etxt.exe"),
    "logs-118-surrogate": ("\ud800", "\\ud800"),
    "letters beside a control": ("é, 書\n", "é, 書\\n"),
    "logs-118-backslash": ("a\\nb", "a\\\\nb"),
    "logs-118-megabyte": ("a" * 1_000_000, "a" * 200 + "…"),
    "logs-118-megabyte-of-line-feeds": ("\n" * 1_000_000, "\\n" * 200 + "…"),
    "at-the-limit": ("a" * 200, "a" * 200),
}


@pytest.mark.parametrize("text, expected", ROWS.values(), ids=ROWS)
def test_printable(text, expected):
    """What would do more than show itself is escaped, and what is long is cut."""
    assert printable(text) == expected


def test_the_limit_counts_characters_of_the_text():
    """Escapes are longer than what they stand for; the limit is the text's."""
    assert printable("\n\n\n", limit=2) == "\\n\\n…"


@given(st.text())
def test_any_text_becomes_one_line(text):
    """One printable line, from which a text within the limit can be told."""
    shown = printable(text)

    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    if len(text) <= 200:
        restored = shown.encode("latin-1", "backslashreplace").decode("unicode_escape")
        assert restored == text
