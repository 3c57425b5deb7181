"""Sets of texts as expressions: what a template takes, and what others leave of it.

The story starts with `shortest`, which finds a text in a set or says that there is
none. An expression is taken apart by derivatives (Brzozowski, 1964: what may follow a
character), which give intersection and complement for nothing; a translation into
automata would have to multiply these out first. A path has two kinds of slashes: "/"
is one that parts segments, `ENCODED_SLASH` one inside a segment.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final

__all__ = [
    "ANYTHING",
    "EMPTY",
    "ENCODED_SLASH",
    "NOTHING",
    "Both",
    "Chars",
    "Either",
    "Language",
    "Repeat",
    "Sequence",
    "Text",
    "TooComplex",
    "Unreadable",
    "Without",
    "both",
    "derive",
    "either",
    "holds_empty",
    "read_regex",
    "sequence",
    "shortest",
    "text",
    "texts",
    "without",
]

ENCODED_SLASH: Final = "\x00"
"""A slash inside a segment: no path that is matched holds a control character."""

# How many sets are looked at before the search for a text is given up.
_MOST_STATES = 50_000


class TooComplex(Exception):
    """A set of texts is too intricate to be searched."""


class Unreadable(ValueError):
    """A regular expression has what no set of texts is made of, a look-ahead say."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character.

    Attributes:
        ranges: The first and the last code point of each range.
        kinds: Letters as regular expressions have them after a backslash: d, w, s,
            and in upper case what is none of these.
        is_negated: Whether it is one that is in none of them.
        crosses: Whether "/" may be the one that parts segments.
    """

    ranges: tuple[tuple[int, int], ...]
    kinds: str = ""
    is_negated: bool = False
    crosses: bool = False

    def has(self, char: str) -> bool:
        """Say whether a character is among them."""
        if char == ENCODED_SLASH:
            char = "/"
        elif char == "/" and not self.crosses:
            return False
        code = ord(char)
        found = any(low <= code <= high for low, high in self.ranges)
        found = found or any(_is_kind(kind, char) for kind in self.kinds)
        return found is not self.is_negated


def _is_kind(kind: str, char: str) -> bool:
    return _KINDS[kind].match(char) is not None


_KINDS = {kind: re.compile(f"\\{kind}") for kind in "dwsDWS"}


@dataclass(frozen=True, slots=True)
class Text:
    """One text."""

    value: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A text of the first set, followed by one of the second."""

    first: Language
    rest: Language


@dataclass(frozen=True, slots=True)
class Repeat:
    """Texts of one set, one behind the other."""

    inner: Language
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Either:
    """The texts of any of the sets."""

    choices: frozenset[Language]


@dataclass(frozen=True, slots=True)
class Both:
    """The texts that are in all of the sets."""

    parts: frozenset[Language]


@dataclass(frozen=True, slots=True)
class Without:
    """All texts but those of a set."""

    inner: Language


Language = Chars | Text | Sequence | Repeat | Either | Both | Without

EMPTY: Final = Text("")
NOTHING: Final = Either(frozenset())
"""The set that holds no text."""
ANYTHING: Final = Repeat(Chars((), is_negated=True, crosses=True), 0, None)
"""The set that holds every text."""


def text(value: str) -> Language:
    """Give the set of one text."""
    return Text(value)


def sequence(*parts: Language) -> Language:
    """Give the texts that begin with one of the first set, and so on."""
    whole: Language = EMPTY
    for part in reversed(parts):
        if NOTHING in (part, whole):
            return NOTHING
        if part == EMPTY:
            continue
        if isinstance(part, Sequence):
            whole = Sequence(part.first, sequence(part.rest, whole))
        else:
            whole = part if whole == EMPTY else Sequence(part, whole)
    return whole


def either(choices: Iterable[Language]) -> Language:
    """Give the texts that are in any of some sets."""
    flat: set[Language] = set()
    for choice in choices:
        flat |= choice.choices if isinstance(choice, Either) else {choice}
    if ANYTHING in flat:
        return ANYTHING
    return flat.pop() if len(flat) == 1 else Either(frozenset(flat))


def both(parts: Iterable[Language]) -> Language:
    """Give the texts that are in all of some sets."""
    flat: set[Language] = set()
    for part in parts:
        flat |= part.parts if isinstance(part, Both) else {part}
    flat.discard(ANYTHING)
    if NOTHING in flat:
        return NOTHING
    if not flat:
        return ANYTHING
    return flat.pop() if len(flat) == 1 else Both(frozenset(flat))


def without(inner: Language) -> Language:
    """Give all texts but those of a set."""
    if inner in (NOTHING, ANYTHING):
        return ANYTHING if inner == NOTHING else NOTHING
    return inner.inner if isinstance(inner, Without) else Without(inner)


def holds_empty(language: Language) -> bool:
    """Say whether the empty text is in a set."""
    match language:
        case Chars():
            return False
        case Text(value):
            return not value
        case Sequence(first, rest):
            return holds_empty(first) and holds_empty(rest)
        case Repeat(inner, low, _):
            return low == 0 or holds_empty(inner)
        case Either(choices):
            return any(map(holds_empty, choices))
        case Both(parts):
            return all(map(holds_empty, parts))
    return not holds_empty(language.inner)


def derive(language: Language, char: str) -> Language:
    """Give what may follow a character in the texts of a set."""
    match language:
        case Chars():
            return EMPTY if language.has(char) else NOTHING
        case Text(value):
            return Text(value[1:]) if value[:1] == char else NOTHING
        case Sequence(first, rest):
            behind = sequence(derive(first, char), rest)
            return (
                either([behind, derive(rest, char)]) if holds_empty(first) else behind
            )
        case Repeat(inner, low, high):
            rest = _repeat(inner, max(low - 1, 0), None if high is None else high - 1)
            return sequence(derive(inner, char), rest)
        case Either(choices):
            return either([derive(choice, char) for choice in choices])
        case Both(parts):
            return both([derive(part, char) for part in parts])
    return without(derive(language.inner, char))


def _repeat(inner: Language, low: int, high: int | None) -> Language:
    return EMPTY if high == 0 else Repeat(inner, low, high)


def shortest(language: Language) -> str | None:
    """Give one of the shortest texts in a set, None if it is empty.

    Raises:
        TooComplex: It cannot be said with a sane effort.
    """
    return next(texts(language), None)


def texts(language: Language, *, ways: int = 1) -> Iterator[str]:
    """Give some of the texts of a set, the shortest first; none only if it is empty.

    Args:
        language: The set.
        ways: How many beginnings are gone on from, of those that leave the same; and
            how many characters of a kind are tried.

    Raises:
        TooComplex: There is no end of it.
    """
    alphabet = _alphabet(language, ways)
    seen = {language: 1}
    waiting = deque([("", language)])
    while waiting:
        begun, left = waiting.popleft()
        if holds_empty(left):
            yield begun
        for char in alphabet:
            behind = derive(left, char)
            if behind != NOTHING and seen.get(behind, 0) < ways:
                seen[behind] = seen.get(behind, 0) + 1
                waiting.append((begun + char, behind))
        if len(seen) > _MOST_STATES:
            raise TooComplex


# One character stands for all that no set tells apart ---------------------------------

# Those that are read easily come first.
_FIRST = "abcdefghijklmnopqrstuvwxyz0123456789-._~"

# What paths hold, the slash inside a segment aside: see `site._FORBIDDEN`.
_ALLOWED = ((0x20, 0x7E), (0xA0, 0xD7FF), (0xE000, 0xFFFC), (0xFFFE, 0x10FFFF))

# In each interval there is a digit, a letter, a space, and none of these, or not.
_MOST_KINDS = 4

# Behind the ideographic space there is none.
_LAST_SPACE = 0x3000


def _alphabet(language: Language, most: int) -> list[str]:
    """Give some characters of each class that no part of a set tells apart."""
    sets: dict[Chars, None] = {}
    literal: set[str] = set()
    for part in _parts(language):
        if isinstance(part, Chars):
            sets[part] = None
        elif isinstance(part, Text):
            literal |= {*part.value}
    found: dict[tuple[object, ...], list[str]] = {}
    for char in chain("/", _FIRST, _samples(sets, literal), ENCODED_SLASH):
        own = char if char in literal or char == "/" else ""
        signature = own, *(each.has(char) for each in sets)
        same = found.setdefault(signature, [])
        if len(same) < most and char not in same:
            same.append(char)
    return [*chain.from_iterable(found.values())]


def _parts(language: Language) -> Iterator[Language]:
    waiting = [language]
    while waiting:
        part = waiting.pop()
        yield part
        match part:
            case Sequence(first, rest):
                waiting += (first, rest)
            case Either(parts) | Both(parts):
                waiting += parts
            case Repeat(inner) | Without(inner):
                waiting.append(inner)
            case _:
                pass


def _samples(sets: Iterable[Chars], literal: Iterable[str]) -> Iterator[str]:
    """Give characters among which each class has one."""
    edges = {ord(char) + more for char in literal for more in (0, 1)}
    with_kinds = False
    for each in sets:
        edges |= {low for low, _ in each.ranges}
        edges |= {high + 1 for _, high in each.ranges}
        with_kinds = with_kinds or bool(each.kinds)
    for first, last in _ALLOWED:
        starts = sorted({first, *(edge for edge in edges if first < edge <= last)})
        for low, high in zip(starts, [*starts[1:], last + 1], strict=True):
            yield from _of_each_kind(low, high) if with_kinds else [chr(low)]


@lru_cache
def _of_each_kind(low: int, high: int) -> list[str]:
    found: dict[tuple[bool, ...], str] = {}
    most = _MOST_KINDS - (low > _LAST_SPACE)
    for char in map(chr, range(low, high)):
        found.setdefault(tuple(_is_kind(each, char) for each in "dws"), char)
        if len(found) == most:
            break
    return [*found.values()]


# Regular expressions ------------------------------------------------------------------


def read_regex(regex: str, *, crosses: bool) -> Language:
    """Give the texts that a regular expression matches as a whole.

    Args:
        regex: As `re` has it. Flags, look-around, references to groups and possessive
            repetition are not read.
        crosses: Whether its slashes are those that part segments, too.

    Raises:
        Unreadable: It holds what is not read.
    """
    reader = _Reader(regex, crosses)
    found = reader.choices()
    if reader.rest:
        raise Unreadable(f"{reader.rest!r} in {regex!r} is not read.")
    return found


# A set's members, an escape, what stands for itself. `re` reads } and ] as themselves.
_ESCAPE = re.compile(
    r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^A-Za-z0-9]"
    r"|[dwsDWStnrfva])",
    re.DOTALL,
)
_BOUNDS = re.compile(r"\{([0-9]+)\}|\{([0-9]*),([0-9]*)\}")
_GROUP = re.compile(r"\((?:\?:|\?P<[A-Za-z_]\w*>|(?!\?))")
_CONTROLS = {"t": 9, "n": 10, "r": 13, "f": 12, "v": 11, "a": 7}


class _Reader:
    """A reader of one regular expression.

    choice | choice; a choice is a row of atoms, each with a repetition or without.
    """

    def __init__(self, regex: str, crosses: bool) -> None:
        # Both ends are anchored in any case: what is matched is the whole text.
        self.rest = regex.removeprefix("\\A").removeprefix("^")
        self._crosses = crosses

    def _take(self, start: str) -> bool:
        found = self.rest.startswith(start)
        if found:
            self.rest = self.rest[len(start) :]
        return found

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.rest)
        if found is not None:
            self.rest = self.rest[found.end() :]
        return found

    def choices(self) -> Language:
        found = [self._row()]
        while self._take("|"):
            found.append(self._row())
        return either(found)

    def _row(self) -> Language:
        parts = []
        while self.rest and self.rest[0] not in "|)":
            parts.append(self._repeated(self._atom()))
        return sequence(*parts)

    def _repeated(self, atom: Language) -> Language:
        bounds = self._bounds()
        if bounds is None:
            return atom
        # Lazy or not, it is the same texts.
        self._take("?")
        # A second sign is none of an atom.
        if _BOUNDS.match(self.rest):
            raise Unreadable(f"{self.rest!r}: a repetition is repeated.")
        low, high = bounds
        return _repeat(atom, low, high)

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in _SIGNS.items():
            if self._take(sign):
                return bounds
        found = self._match(_BOUNDS)
        if found is None:
            return None
        exactly, low, high = found.groups()
        if exactly is not None:
            return int(exactly), int(exactly)
        return int(low or 0), int(high) if high else None

    def _atom(self) -> Language:
        if self._take("["):
            return self._set()
        if self._match(_GROUP):
            inner = self.choices()
            if not self._take(")"):
                raise Unreadable(f"{self.rest!r}: a group is not closed.")
            return inner
        if self.rest in ("$", "\\Z"):
            self.rest = ""
            return EMPTY
        if self._take("."):
            return Chars((), "", True, self._crosses)
        if self.rest[0] in "^$*+?(":
            raise Unreadable(f"{self.rest!r} is not read.")
        return self._chars([self._member()], is_negated=False)

    def _set(self) -> Language:
        is_negated = self._take("^")
        members: list[tuple[int, int] | str] = []
        while not members or not self._take("]"):
            if not self.rest:
                raise Unreadable("a set is not closed.")
            member = self._member()
            if self.rest[:1] == "-" and self.rest[1:2] not in ("]", ""):
                self._take("-")
                end = self._member()
                if isinstance(member, str) or isinstance(end, str):
                    raise Unreadable("a range has no ends.")
                member = member[0], end[1]
            members.append(member)
        return self._chars(members, is_negated)

    def _chars(
        self, members: list[tuple[int, int] | str], is_negated: bool
    ) -> Language:
        ranges = tuple(sorted(each for each in members if isinstance(each, tuple)))
        kinds = "".join(sorted({each for each in members if isinstance(each, str)}))
        return Chars(ranges, kinds, is_negated, self._crosses)

    def _member(self) -> tuple[int, int] | str:
        """Read one character, or a kind of them."""
        if self.rest[0] != "\\":
            code = ord(self.rest[0])
            self.rest = self.rest[1:]
            return code, code
        found = self._match(_ESCAPE)
        if found is None:
            raise Unreadable(f"{self.rest!r} is not read.")
        kind = found[0][1]
        if kind in _KINDS:
            return kind
        code = ord(kind)
        if kind in "xuU":
            code = int(found[0][2:], 16)
        code = _CONTROLS.get(kind, code)
        return code, code


_SIGNS: Final[dict[str, tuple[int, int | None]]] = {
    "*": (0, None),
    "+": (1, None),
    "?": (0, 1),
}
