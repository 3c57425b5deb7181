"""Regular expressions, from Python's dialect to that of JSON Schema.

The story starts at `ecma`. JSON Schema's `pattern` is ECMA-262's, with its flag `u`,
and is searched for (2020-12 Validation, section 6.3.3). Where the two dialects read the
same text in two ways, it is written in the one way that both read alike; where there is
none, there is no pattern: a document that says nothing is true, one that says something
else is not.

    Python                  both
    \\d and \\w               [0-9] and [A-Za-z0-9_] where the expression has re.ASCII
    .                       [^\\n]
    \\Z                      $ (a `$` of Python's allows a newline behind it)
    (?P<year>...)           (...)
    {,3}                    {0,3}
    ] or } or { alone       \\] or \\} or \\{
"""

from __future__ import annotations

import re
from itertools import pairwise
from re import Pattern
from typing import Any, Final

__all__ = ["ecma", "escaped"]

# What one step of the reading takes.
TOKEN: Final = re.compile(
    r"""
      (?P<escape>\\.)
    | (?P<set>\[\^?\]?(?:\\.|[^\\\]])*\])
    | (?P<named>\(\?P<\w+>)
    | (?P<group>\(\?[:=!]|\(\?<[=!]|\((?!\?))
    | (?P<repeat>(?:[*+?]|\{[0-9]*,?[0-9]*\})\??)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

REPEAT: Final = re.compile(r"(?:[*+?]|\{[0-9,]+\})\??")

# ECMA-262 section 22.2.1, SyntaxCharacter: what alone may stand behind a backslash
# under the flag `u`, beside letters that mean something.
SYNTAX: Final = frozenset("^$\\.*+?()[]{}|/")
CONTROLS: Final = frozenset("nrtfv")

# Those of \d, \w and their opposites under re.ASCII.
CLASSES: Final = {"d": "0-9", "w": "A-Za-z0-9_"}

# What `$` means to Python.
NEWLINE_OR_END: Final = "\\n?$"

LOOKAROUND: Final = ("(?=", "(?!", "(?<=", "(?<!")


def escaped(text: str) -> str:
    """A text as a pattern that matches it and nothing else."""
    return "".join(f"\\{char}" if char in SYNTAX - {"/"} else char for char in text)


def ecma(pattern: Pattern[Any], method: str = "fullmatch") -> str | None:
    """A pattern that finds something in the texts that an expression matches.

    Args:
        pattern: the expression.
        method: how it is asked: `fullmatch`, `match` or `search`.

    Returns:
        None where the dialects have no common way to say it.
    """
    if not isinstance(pattern.pattern, str):
        return None
    if pattern.flags & ~(re.UNICODE | re.ASCII):
        return None
    text = pattern.pattern
    # The ends that fullmatch and match add are those that are often written as well.
    if method != "search" and text.startswith("^"):
        text = text[1:]
    ending = "$" if method == "fullmatch" else ""
    if text.endswith("$") and not text.endswith("\\$"):
        text = text[:-1]
        ending = ending or NEWLINE_OR_END
    parts = _parts(text, ascii_only=bool(pattern.flags & re.ASCII))
    if parts is None:
        return None
    inner = "".join(parts)
    start = "" if method == "search" else "^"
    if "|" in parts:
        if ending == NEWLINE_OR_END:
            return None  # it was that of the last alternative alone
        inner = f"(?:{inner})" if start or ending else inner
    return start + inner + ending


def _parts(text: str, *, ascii_only: bool) -> list[str] | None:
    parts: list[str] = []
    for token in TOKEN.finditer(text):
        part = _part(token.lastgroup or "", token[0], parts, ascii_only)
        if part is None:
            return None
        parts.append(part)
    if any(part in LOOKAROUND for part in parts) and _repeats_a_group(parts):
        return None  # it may be the one that looks around, which ECMA does not repeat
    return parts


def _repeats_a_group(parts: list[str]) -> bool:
    return any(
        part == ")" and REPEAT.fullmatch(after) for part, after in pairwise(parts)
    )


def _part(kind: str, token: str, before: list[str], ascii_only: bool) -> str | None:
    """One token in the words of both."""
    match kind:
        case "escape":
            return _escape(token[1], ascii_only)
        case "set":
            return _set(token, ascii_only)
        case "named":
            return "("
        case "group":
            return token
        case "repeat":
            return _repeat(token, before)
    if token in ".^]{}":
        return {".": "[^\\n]", "^": "^"}.get(token, f"\\{token}")
    # "(?" of what both have not in common, "[" that nothing closes; "$" in the middle.
    return None if token in "([$\\" else token


def _escape(char: str, ascii_only: bool) -> str | None:
    if char in CONTROLS or char in SYNTAX:
        return f"\\{char}"
    if char in "AZ":
        return "^" if char == "A" else "$"
    if ascii_only and char in "bB":
        return f"\\{char}"
    if ascii_only and char.lower() in CLASSES:
        return f"[{'^' if char.isupper() else ''}{CLASSES[char.lower()]}]"
    # Other letters and digits mean something in one of the two; signs are themselves.
    return None if char.isalnum() or char == "_" else char


def _repeat(token: str, before: list[str]) -> str | None:
    if before and REPEAT.fullmatch(before[-1]):
        return None  # "a*+" is possessive to Python, and an error to ECMA
    if token.startswith("{}"):
        return "\\{\\}" + token[2:]
    if token.startswith("{,}"):
        return "*" + token[3:]
    return token.replace("{,", "{0,")


def _set(token: str, ascii_only: bool) -> str | None:
    """A set of characters, `[^a-z\\d]`."""
    inner = token[1:-1]
    opening = "[^" if inner.startswith("^") else "["
    inner = inner.removeprefix("^")
    parts = []
    for item in re.finditer(r"\\.|.", inner, re.DOTALL):
        part = _member(item[0], ascii_only)
        if part is None:
            return None
        parts.append(part)
    return f"{opening}{''.join(parts)}]"


def _member(item: str, ascii_only: bool) -> str | None:
    char = item[-1]
    if len(item) == 1:
        return f"\\{char}" if char in "[]" else char
    if char in CONTROLS or char in SYNTAX or char == "-":
        return f"\\{char}"
    if ascii_only and char in CLASSES:
        return CLASSES[char]
    return None if char.isalnum() or char == "_" else char
