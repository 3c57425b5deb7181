"""What is wrong with input, and where.

Invalid             input does not fit a model: holds every FieldError
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

__all__ = ["FieldError", "Invalid"]


class FieldError(NamedTuple):
    """One thing that is wrong with input.

    Attributes:
        path: the members and indices that lead to it; `()` is the whole input.
        code: what kind of error it is, for programs; it stays the same between
            releases. One of `type`, `missing`, `unknown`, `format`, `choice`,
            `length`, `repeated` and `invalid` (a validator or converter refused).
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
        self.errors = list(errors)

    def __str__(self) -> str:
        return "; ".join(
            f"{each.pointer}: {each.detail}" if each.path else each.detail
            for each in self.errors
        )
