"""Text from outside, made fit for one line of a log or of an error message."""

from __future__ import annotations

from typing import Final

__all__ = ["printable"]

_ELLIPSIS: Final = "…"


def _escaped(character: str) -> str:
    # What moves the cursor, ends the line, turns the direction of writing or has no
    # glyph is not printable to Python: C0 and C1, U+2028, U+202E, surrogates. The
    # backslash is escaped too, so that no text can pass for an escape.
    if character.isprintable() and character != "\\":
        return character
    return character.encode("unicode_escape").decode()


def printable(text: str, limit: int = 200) -> str:
    """Escape and truncate text from outside for a log line or an error message.

    SECURITY: without it a path with a line feed writes log lines of its own, and one
    with ESC speaks to the terminal that shows them.

    Args:
        text: Any text, as long as it likes: what lies beyond the limit is not read.
        limit: How many of its characters to show.

    Returns:
        One line of printable characters: backslash escapes for the rest, and an
        ellipsis where something was cut off.
    """
    shown = text[:limit]
    if not shown.isprintable() or "\\" in shown:
        shown = "".join(map(_escaped, shown))
    return shown if len(text) <= limit else shown + _ELLIPSIS
