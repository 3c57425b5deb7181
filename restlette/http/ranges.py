"""Range requests: parts of a representation (RFC 9110 §14).

The story starts with `select_ranges`: what a request asks for, held against the length
of the representation. `ByteRanges` is the value of a Range field, `ContentRange` that
of the answer's field, `Multipart` the framing of an answer that has several parts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from restlette.http.headers import Headers

__all__ = [
    "MOST_RANGES",
    "ByteRanges",
    "ContentRange",
    "Multipart",
    "Span",
    "select_ranges",
]

# RFC 9110 §14.2: a server may ignore a Range that names many small parts. Each costs a
# seek and a head of its own, and nobody who reads a document needs more.
MOST_RANGES: Final = 16

# RFC 9110 §14.1.1, §14.1.2:
#   ranges-specifier = range-unit "=" range-set
#   range-set        = 1#range-spec
#   range-spec       = int-range / suffix-range / other-range
#   int-range        = first-pos "-" [ last-pos ]
#   suffix-range     = "-" suffix-length
_range_spec = re.compile(r"([0-9]*+)-([0-9]*+)").fullmatch
# "Range units are case-insensitive."
_unit = re.compile(r"bytes=", re.IGNORECASE).match

# SECURITY: Python refuses to read a number of more than 4,300 digits, and takes square
# time below that. No file is as long as this.
_MOST_DIGITS: Final = 18
_BEYOND: Final = 10**_MOST_DIGITS

Spec = tuple[int | None, int | None]


class Span(NamedTuple):
    """A run of bytes that a representation has.

    Attributes:
        start: The position of the first one.
        end: The position after the last one.
    """

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes there are."""
        return self.end - self.start


class ByteRanges:
    """The value of a Range field in bytes: which parts are asked for.

    Args:
        specs: Pairs of positions, both inclusive: ``(0, 499)``; ``(500, None)`` for
            what is left; ``(None, 500)`` for the last 500 bytes.

    Raises:
        ValueError: There is no pair, or one that no field could carry.
    """

    __slots__ = ("specs",)

    def __init__(self, specs: Iterable[Spec]) -> None:
        self.specs: Final = tuple(specs)
        if not self.specs:
            raise ValueError("a Range field names at least one range.")
        for first, last in self.specs:
            if first is None and last is None:
                raise ValueError("a range has a first or a last position.")
            if (first or 0) < 0 or (last or 0) < 0:
                raise ValueError("a position is 0 or more.")
            # RFC 9110 §14.1.1: "An int-range is invalid if the last-pos value is
            # present and less than first-pos."
            if first is not None and last is not None and last < first:
                raise ValueError("a range ends where it starts, or after that.")

    @classmethod
    def from_header(cls, value: str) -> ByteRanges:
        """Read a field's value, in time linear in its length.

        Args:
            value: Such as ``bytes=0-499, -500``. Numbers past 10^18 are taken as that.

        Raises:
            ValueError: It is malformed, in another unit, or names more than
                `MOST_RANGES` members; the message does not repeat it.
        """
        unit = _unit(value)
        if unit is None:
            raise ValueError("the range is not in bytes (RFC 9110 §14.1).")
        members = value[unit.end() :].split(",", MOST_RANGES)
        if len(members) > MOST_RANGES:
            raise ValueError(f"a Range field names at most {MOST_RANGES} ranges.")
        # RFC 9110 §5.6.1.2: empty members of a list are to be ignored. The first one
        # follows the equals sign with no space between.
        specs = [members[0], *[member.lstrip(" \t") for member in members[1:]]]
        return cls([_spec(text.rstrip(" \t")) for text in specs if text.strip(" \t")])

    def to_header(self) -> str:
        """Give the value as a field carries it."""
        return "bytes=" + ", ".join(
            [
                f"{'' if first is None else first}-{'' if last is None else last}"
                for first, last in self.specs
            ]
        )

    def resolve(self, size: int) -> tuple[Span, ...]:
        """Give the parts of a representation that are asked for.

        RFC 9110 §14.2, §15.3.7.2: parts that overlap or touch are made one; parts stay
        in the order in which they were asked for.

        Args:
            size: How many bytes the representation has.

        Returns:
            The parts, each with a byte at least; none if no range is satisfiable.
        """
        found = [span for span in self._spans(size) if span.start < span.end]
        merged: list[tuple[int, Span]] = []
        for rank, span in sorted(enumerate(found), key=_by_span):
            if merged and span.start <= merged[-1][1].end:
                first_rank, last = merged.pop()
                span = Span(last.start, max(last.end, span.end))
                rank = min(rank, first_rank)
            merged.append((rank, span))
        return tuple([span for _, span in sorted(merged)])

    def _spans(self, size: int) -> Iterable[Span]:
        for first, last in self.specs:
            if first is None:
                # RFC 9110 §14.1.2: a suffix that is longer is the whole.
                yield Span(max(size - (last or 0), 0), size)
            elif last is None:
                yield Span(first, size)
            else:
                # "If the last-pos value is greater than or equal to the current length
                # …, the byte range is interpreted as the remainder".
                yield Span(first, min(last + 1, size))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ByteRanges):
            return NotImplemented
        return self.specs == other.specs

    def __hash__(self) -> int:
        return hash(self.specs)

    def __repr__(self) -> str:
        return f"ByteRanges.from_header({self.to_header()!r})"


def _by_span(ranked: tuple[int, Span]) -> Span:
    return ranked[1]


def _spec(text: str) -> Spec:
    match = _range_spec(text)
    if match is None:
        raise ValueError("a range is first-last, first- or -length (RFC 9110 §14.1.1).")
    return _position(match[1]), _position(match[2])


def _position(digits: str) -> int | None:
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MOST_DIGITS else _BEYOND


def select_ranges(method: str, headers: Headers, size: int) -> tuple[Span, ...] | None:
    """Give the parts of a representation that a request asks for.

    To be asked after `evaluate` said to proceed to a 200, and `if_range_holds`.

    Args:
        method: The request's method.
        headers: The request's header fields.
        size: How many bytes the representation has.

    Returns:
        None for the whole, where no part is asked for or the field is to be ignored; no
        part where none is satisfiable (416); else the parts, for a 206.
    """
    # RFC 9110 §14.2: "A server MUST ignore a Range header field received with a request
    # method that is unrecognized or for which range handling is not defined. For this
    # specification, GET is the only method".
    if method != "GET":
        return None
    value = headers.get("range")
    if value is None or len(headers.getlist("range")) > 1:
        return None
    try:
        ranges = ByteRanges.from_header(value)
    except ValueError:
        # §14.2: a unit that is not understood must be ignored; a malformed value may.
        return None
    spans = ranges.resolve(size)
    # §14.1.2: the last 500 bytes of nothing are satisfiable, but §14.4 has no way to
    # say where they lie.
    if not spans and size == 0 and any(_is_suffix(spec) for spec in ranges.specs):
        return None
    return spans


def _is_suffix(spec: Spec) -> bool:
    first, length = spec
    return first is None and length != 0


class ContentRange(NamedTuple):
    """The value of a Content-Range field in bytes (RFC 9110 §14.4).

    Attributes:
        span: The part that is sent, None in a 416.
        size: How many bytes the representation has, None where that is not known.
    """

    span: Span | None
    size: int | None

    @classmethod
    def from_header(cls, value: str) -> ContentRange:
        """Read a field's value.

        Raises:
            ValueError: It is malformed, impossible, or in another unit; the message
                does not repeat it.
        """
        match = _content_range(value)
        if match is None:
            raise ValueError("a Content-Range is bytes first-last/size or */size.")
        first, last, size = [_position(digits or "") for digits in match.groups()]
        if first is None or last is None:
            return cls(None, size)
        # RFC 9110 §14.4: invalid if last-pos is less than first-pos, or if the length
        # is not greater than last-pos.
        if last < first or (size is not None and size <= last):
            raise ValueError("a Content-Range lies within the representation.")
        return cls(Span(first, last + 1), size)

    def to_header(self) -> str:
        """Give the value as a field carries it."""
        size = "*" if self.size is None else self.size
        if self.span is None:
            return f"bytes */{size}"
        return f"bytes {self.span.start}-{self.span.end - 1}/{size}"


# RFC 9110 §14.4:
#   Content-Range       = range-unit SP ( range-resp / unsatisfied-range )
#   range-resp          = incl-range "/" ( complete-length / "*" )
#   incl-range          = first-pos "-" last-pos
#   unsatisfied-range   = "*/" complete-length
_content_range = re.compile(
    r"bytes (?:([0-9]++)-([0-9]++)/(?=[0-9*])|\*/(?=[0-9]))(?:([0-9]++)|\*)",
    re.IGNORECASE,
).fullmatch


class Multipart:
    """The framing of several parts in one answer: multipart/byteranges.

    A generator of bytes would not do: the length of the whole has to be known before
    the first of them is sent.

    Args:
        spans: The parts.
        size: How many bytes the representation has.
        content_type: The representation's own media type, None where it has none.
        boundary: What separates the parts and must not be in them; by default 128
            random bits.

    Attributes:
        content_type: The media type of the answer.
        heads: What stands before each part.
        tail: What stands after the last one.
        length: How many bytes the answer has.

    Source: RFC 9110 §14.6, RFC 2046 §5.1.
    """

    __slots__ = ("content_type", "heads", "length", "tail")

    def __init__(
        self,
        spans: Sequence[Span],
        size: int,
        content_type: str | None,
        boundary: str | None = None,
    ) -> None:
        if boundary is None:
            # SECURITY: nobody who writes the content can guess it.
            boundary = os.urandom(16).hex()
        self.content_type: Final = f"multipart/byteranges; boundary={boundary}"
        # RFC 2046 §5.1.1: delimiter := CRLF "--" boundary; the first one may do
        # without its CRLF, as nothing comes before it.
        line = f"--{boundary}\r\n"
        if content_type is not None:
            line += f"Content-Type: {content_type}\r\n"
        heads: list[bytes] = []
        for span in spans:
            field = ContentRange(span, size).to_header()
            heads.append(f"{line}Content-Range: {field}\r\n\r\n".encode("latin-1"))
            if len(heads) == 1:
                line = f"\r\n{line}"
        self.heads: Final = tuple(heads)
        self.tail: Final = f"\r\n--{boundary}--\r\n".encode("latin-1")
        self.length: Final = (
            sum(map(len, heads)) + sum(span.length for span in spans) + len(self.tail)
        )
