"""Validators: what tells one state of a representation from another (RFC 9110 §8.8).

The story starts with `Validators`, what a resource says of its current state: an
entity tag, a date of last change, or both. `ETag` is such a tag with its two ways of
comparing, `EntityTags` the list of them that a request names. What follows from
comparing the two sides is in `restlette.http.conditional`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from restlette.http.dates import format_date, parse_date
from restlette.http.headers import Headers

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["ETag", "EntityTags", "Validators"]

# RFC 9110 §8.8.3:
#   entity-tag = [ weak ] opaque-tag
#   weak       = %s"W/"
#   opaque-tag = DQUOTE *etagc DQUOTE
#   etagc      = %x21 / %x23-7E / obs-text        ; VCHAR except DQUOTE, plus obs-text
_ETAGC: Final = r"[\x21\x23-\x7e\x80-\xff]"
_TAG: Final = rf'(W/)?+"({_ETAGC}*+)"'
_opaque = re.compile(rf"{_ETAGC}*+").fullmatch
_entity_tag = re.compile(_TAG).fullmatch
_not_etagc = re.compile(rf"(?!{_ETAGC}).", re.DOTALL)

# RFC 9110 §5.6.1.2, what a recipient of a list takes:
#   #element => [ element ] *( OWS "," OWS [ element ] )
# What is between members, a member, or what is none and goes to the next comma. One of
# them fits at any place, so that the search never starts anew; all repetitions are
# possessive, and a tag ends at the next quote: the time is linear.
_members = re.compile(rf"[ \t,]++|{_TAG}[ \t]*+(?=,|\Z)|[^,]++").finditer


class ETag:
    """An entity tag: an opaque name of one state of a representation.

    A string would not do: tags compare in two ways, and the mark of weakness is not a
    part of the name.

    Args:
        value: The name, without quotes: visible characters of latin-1 but no quote.
        weak: Whether states that differ in bytes, but not in what they mean, share it.

    Raises:
        ValueError: The value holds what a tag cannot.
    """

    __slots__ = ("value", "weak")

    def __init__(self, value: str, *, weak: bool = False) -> None:
        if _opaque(value) is None:
            raise ValueError(
                "an entity tag is made of visible characters of latin-1, without "
                f"quotes and space, not {value[:80]!r}. To read a field's value write "
                "ETag.from_header(...)."
            )
        self.value: Final = value
        self.weak: Final = weak

    @classmethod
    def from_header(cls, value: str) -> ETag:
        """Read a field's value, such as ``"abc"`` or ``W/"abc"``.

        Raises:
            ValueError: It is not an entity tag; the message does not repeat it.
        """
        match = _entity_tag(value)
        if match is None:
            raise ValueError('an entity tag is "..." or W/"..." (RFC 9110 §8.8.3).')
        return cls(match[2], weak=match[1] is not None)

    def to_header(self) -> str:
        """Give the tag as a field carries it."""
        return f'W/"{self.value}"' if self.weak else f'"{self.value}"'

    def matches_strongly(self, other: ETag) -> bool:
        """Say whether both name the same bytes.

        RFC 9110 §8.8.3.2: two entity tags are equivalent if both are not weak and their
        opaque-tags match character-by-character.
        """
        return not self.weak and not other.weak and self.value == other.value

    def matches_weakly(self, other: ETag) -> bool:
        """Say whether both name what means the same.

        RFC 9110 §8.8.3.2: two entity tags are equivalent if their opaque-tags match
        character-by-character, regardless of either or both being tagged as "weak".
        """
        return self.value == other.value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ETag):
            return NotImplemented
        return self.value == other.value and self.weak == other.weak

    def __hash__(self) -> int:
        return hash((self.value, self.weak))

    def __repr__(self) -> str:
        return f"ETag({self.value!r}, weak={self.weak})"


class EntityTags:
    """The value of If-Match and If-None-Match: entity tags, or ``*`` for any.

    Two sets of names would do for comparing; the tags are kept in their order, so that
    the value can be written again.

    Args:
        tags: The tags.
        anything: Whether the value is ``*``, which matches whatever there is.

    Raises:
        ValueError: There are tags beside ``*``.
    """

    __slots__ = ("_strong", "_values", "anything", "tags")

    def __init__(self, tags: Iterable[ETag] = (), *, anything: bool = False) -> None:
        self.tags: Final = tuple(tags)
        self.anything: Final = anything
        if anything and self.tags:
            raise ValueError('"*" stands alone, without entity tags (RFC 9110 §13.1).')
        self._values = frozenset([tag.value for tag in self.tags])
        self._strong = frozenset([tag.value for tag in self.tags if not tag.weak])

    @classmethod
    def from_header(cls, value: str) -> EntityTags:
        """Read a field's value, in time linear in its length.

        Args:
            value: The lines of the field, with commas between them.

        Returns:
            The tags. What is none is left out, and so is ``*`` in a list, so that junk
            never matches.
        """
        # RFC 9110 §13.1.1, §13.1.2: If-Match = "*" / #entity-tag
        if value.strip(" \t") == "*":
            return cls(anything=True)
        return cls(
            [
                ETag(match[2], weak=match[1] is not None)
                for match in _members(value)
                if match[2] is not None
            ]
        )

    def to_header(self) -> str:
        """Give the value as a field carries it."""
        return "*" if self.anything else ", ".join([t.to_header() for t in self.tags])

    def match_strongly(self, tag: ETag | None) -> bool:
        """Say whether the value names exactly this state of what exists.

        Args:
            tag: The current tag, None where the representation has none.
        """
        if self.anything:
            return True
        return tag is not None and not tag.weak and tag.value in self._strong

    def match_weakly(self, tag: ETag | None) -> bool:
        """Say whether the value names this state of what exists, or one as good.

        Args:
            tag: The current tag, None where the representation has none.
        """
        return self.anything or (tag is not None and tag.value in self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EntityTags):
            return NotImplemented
        return self.tags == other.tags and self.anything == other.anything

    def __hash__(self) -> int:
        return hash((self.tags, self.anything))

    def __repr__(self) -> str:
        return f"EntityTags.from_header({self.to_header()!r})"


class Validators:
    """What a resource says of its current state.

    Args:
        etag: The entity tag; a string is the name of a strong one.
        last_modified: When it was changed last: a datetime with a time zone, or seconds
            since 1970. HTTP dates have no fractions, so one is dropped.

    Attributes:
        etag: The entity tag, None where there is none.
        last_modified: Whole seconds since 1970, None where the date is not known.

    Raises:
        ValueError: A tag or a date that no field can carry, or a datetime without a
            time zone.

    Source: RFC 9110 §8.8.
    """

    __slots__ = ("etag", "last_modified")

    def __init__(
        self,
        *,
        etag: ETag | str | None = None,
        last_modified: datetime | float | None = None,
    ) -> None:
        self.etag: Final = ETag(etag) if isinstance(etag, str) else etag
        self.last_modified: Final = (
            None if last_modified is None else _whole_seconds(last_modified)
        )

    @classmethod
    def from_headers(cls, headers: Headers) -> Validators:
        """Read the validators of an answer, leaving out what is malformed."""
        etag = last_modified = None
        value = headers.get("etag")
        if value is not None:
            try:
                etag = ETag.from_header(value)
            except ValueError:
                pass
        value = headers.get("last-modified")
        if value is not None:
            try:
                last_modified = parse_date(value)
            except ValueError:
                pass
        return cls(etag=etag, last_modified=last_modified)

    def of(self, media_type: str) -> Validators:
        """Give the validators of one representation among several.

        RFC 9110 §8.8.3: an entity tag differentiates between multiple representations
        of the same resource, whether they come of changes over time or of content
        negotiation. So what is a tag of the resource's state is made one of the
        representation by its media type.

        Args:
            media_type: The representation's media type.
        """
        if self.etag is None:
            return self
        mark = _not_etagc.sub("", media_type)
        return Validators(
            etag=ETag(f"{self.etag.value};{mark}", weak=self.etag.weak),
            last_modified=self.last_modified,
        )

    def to_headers(self) -> dict[str, str]:
        """Give the header fields that tell the client: ETag and Last-Modified."""
        fields = {}
        if self.etag is not None:
            fields["etag"] = self.etag.to_header()
        if self.last_modified is not None:
            fields["last-modified"] = format_date(self.last_modified)
        return fields

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Validators):
            return NotImplemented
        return self.etag == other.etag and self.last_modified == other.last_modified

    def __hash__(self) -> int:
        return hash((self.etag, self.last_modified))

    def __repr__(self) -> str:
        return f"Validators(etag={self.etag!r}, last_modified={self.last_modified!r})"


def _whole_seconds(date: datetime | float) -> int:
    if not isinstance(date, int | float):
        if date.utcoffset() is None:
            raise ValueError(
                "last_modified has no time zone; write datetime.now(timezone.utc) or "
                "date.replace(tzinfo=timezone.utc)."
            )
        date = date.timestamp()
    # Refused here, where it was written, and not when the answer is sent.
    format_date(date)
    return int(date // 1)
