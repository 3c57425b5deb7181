"""What is wrong with input, and where, and how far it is searched.

Invalid             input does not fit a model: holds every FieldError
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

__all__ = [
    "CODES",
    "MOST",
    "Errors",
    "FieldError",
    "Invalid",
    "Search",
    "explained",
    "too_deep",
]

CODES: Final[Mapping[str, str]] = {
    "type": "the value is of another kind of JSON's",
    "missing": "a required member is not there",
    "unknown": "there is no member of this name",
    "read_only": "the member is shown, and cannot be set",
    "format": "the text or number is not of the form that it should have",
    "choice": "the value is none of those that there are",
    "length": "an array that stands for a tuple has too few items, or too many",
    "repeated": "an item, a parameter or the key of a mapping is there more than once",
    "depth": "the content is nested too deeply",
    "invalid": "a validator or a converter refused the value",
    "conflict": "a patch points to where there is nothing, or nothing of the kind",
    "test": "a patch tests for another value than there is",
    "large": "a patch has too many operations, or copies too much",
    "more": "there may be more errors, which were not looked for",
}
"""The codes of errors and what each says; they stay the same between releases."""

# SECURITY: how many errors are told. A megabyte of empty objects would be answered by
# a hundred megabytes of complaints otherwise, each made at a cost.
MOST: Final = 100

# SECURITY: how many values are looked at when an error is known, for more of them.
FURTHER: Final = 5_000


class FieldError(NamedTuple):
    """One thing that is wrong with input.

    Attributes:
        path: the members and indices that lead to it; `()` is the whole input.
        code: what kind of error it is, for programs: one of `CODES`.
        detail: a sentence for people.
    """

    path: tuple[str | int, ...]
    code: str
    detail: str

    @property
    def pointer(self) -> str:
        """The place as a JSON Pointer, `/authors/0/name`."""
        # RFC 6901 section 3: "~" is written as "~0" and "/" as "~1".
        return "".join(
            "/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path
        )

    @property
    def fragment(self) -> str:
        """The place as a URI fragment, `#/authors/0/name`."""
        # RFC 6901 section 6: the pointer as UTF-8, percent-encoded where a fragment
        # (RFC 3986 section 3.5) cannot hold a character. A lone surrogate, which JSON
        # can spell, has no UTF-8 of its own.
        return "#" + quote(self.pointer, safe="/~!$&'()*+,;=:@?", errors="replace")

    def in_body(self) -> dict[str, Any]:
        """The entry in a problem's list of errors, for a request's content.

        RFC 9457 section 3 shows `detail` and `pointer` in its example.
        """
        return {"detail": self.detail, "pointer": self.fragment, "code": self.code}

    def at(self, place: str) -> dict[str, Any]:
        """The entry in a problem's list of errors, for what has names and no pointers.

        Args:
            place: `query`, `header`, `cookie` or `form`.
        """
        name = ".".join(map(str, self.path))
        return {"detail": self.detail, "in": place, "name": name, "code": self.code}

    def below(self, step: str | int) -> FieldError:
        """The same error, seen from what holds the place that it was found in."""
        return self._replace(path=(step, *self.path))


class Invalid(Exception):
    """Input does not fit a model.

    Args:
        errors: all that is wrong with it.
    """

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors)
        self.errors: list[FieldError] = list(errors)

    def __str__(self) -> str:
        return "; ".join(
            f"{each.pointer}: {each.detail}" if each.path else each.detail
            for each in self.errors
        )


class Search:
    """How far one search for errors has come.

    The quick hooks have failed before it begins. What they read until then is taken
    over from their exception, so that most of a long array is not read once more.

    Args:
        exc: the exception of the quick hooks, if they were asked.
    """

    __slots__ = ("_left", "_read", "failed", "stopped")

    def __init__(self, exc: BaseException | None = None) -> None:
        self._left = FURTHER
        self._read: dict[int, list[Any]] = {}
        self.failed: bool = False
        self.stopped: bool = False
        if exc is not None:
            self.learn(exc)

    @staticmethod
    def keep(exc: BaseException, whole: Any, values: list[Any]) -> None:
        """Let an exception carry what was read of an array or object before it."""
        # Whatever the exception: it may be that of somebody's validator.
        vars(exc).setdefault("_read", {})[id(whole)] = values

    def learn(self, exc: BaseException) -> None:
        """Take over what an exception carries."""
        self._read |= vars(exc).get("_read", {})

    def begun(self, whole: Any) -> list[Any] | None:
        """What was read of an array or object before one of its parts failed.

        Returns:
            None where nothing is known to have failed.
        """
        return self._read.get(id(whole))

    def may_look_at(self, count: int) -> bool:
        """Ask to look at more values; without an error there is no end to it."""
        if self.failed:
            self._left -= count
            self.stopped |= self._left < 0
        return not self.stopped

    def end(self, exc: Invalid) -> Invalid:
        """The error to raise in the end: it says if there may be more."""
        if not self.stopped:
            return exc
        return Invalid(
            [*exc.errors, FieldError((), "more", "There may be more errors.")]
        )


class Errors:
    """The errors found so far in one part of the data.

    Args:
        search: the search that it is part of.
    """

    __slots__ = ("_search", "found", "missed")

    def __init__(self, search: Search | None = None) -> None:
        self._search = Search() if search is None else search
        self.found: list[FieldError] = []
        self.missed: bool = False

    def add(self, *errors: FieldError) -> None:
        """Take note of errors.

        Raises:
            Invalid: there are as many as are told.
        """
        self.found += errors
        self.missed = self._search.failed = True
        if len(self.found) >= MOST:
            self._search.stopped = True
            raise Invalid(self.found[:MOST])

    def below(self, step: str | int, inner: Invalid) -> None:
        """Take note of what is wrong inside one part."""
        self.add(*(each.below(step) for each in inner.errors))

    def raise_any(self) -> None:
        """Raise what was found, if anything was wrong or was not looked at."""
        if self.missed:
            raise Invalid(self.found)


def explained(exc: Exception) -> str:
    """The sentence of a validator's or converter's exception, for a client."""
    # The validators of attrs give the sentence first, and more after it.
    sentence = exc.args[0] if exc.args else ""
    return str(sentence)[:200] or "This is not valid."


def too_deep() -> Invalid:
    """The error for content that Python cannot follow into its depth."""
    return Invalid([FieldError((), "depth", "This is nested too deeply.")])
