"""Media types: what a Content-Type field says, and what a range of Accept takes.

`MediaType` is the value of such a field; `is_json` answers the one question that is
asked of every request with content.
"""

import re
from collections.abc import Iterable
from typing import Final

from restlette.http.methods import TCHAR, is_token

__all__ = ["MediaType", "is_json", "parse_parameters"]

# RFC 9110 section 8.3.1 and 5.6.6:
#   media-type      = type "/" subtype parameters
#   parameters      = *( OWS ";" OWS [ parameter ] )
#   parameter       = parameter-name "=" parameter-value
#   parameter-value = ( token / quoted-string )
# and section 5.6.4:
#   quoted-string   = DQUOTE *( qdtext / quoted-pair ) DQUOTE
#   qdtext          = HTAB / SP / %x21 / %x23-5B / %x5D-7E / obs-text
#   quoted-pair     = "\" ( HTAB / SP / VCHAR / obs-text )
# The repetitions are possessive: a quote that is never closed is found out in one pass.
_essence = re.compile(rf"[ \t]*+({TCHAR}++)/({TCHAR}++)").match
_parameter = re.compile(
    rf"[ \t]*+;[ \t]*+(?:({TCHAR}++)=(?:({TCHAR}++)|"
    r'"((?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*+)"))?+'
).match
_unescape = re.compile(r"\\(.)").sub
_unquotable = re.compile(r"[^\t\x20-\x7e\x80-\xff]").search

Parameters = tuple[tuple[str, str], ...]


def parse_parameters(text: str, start: int = 0) -> Parameters:
    """Read the parameters that follow a type.

    Args:
        text: The field's value.
        start: Where the parameters begin, at white space or a semicolon.

    Returns:
        Names in lower case with their values, quotes removed, as they came.

    Raises:
        ValueError: There is something else before the end of the text.

    Source: RFC 9110 section 5.6.6.
    """
    found = []
    end = len(text.rstrip(" \t"))
    while start < end:
        match = _parameter(text, start)
        if match is None:
            raise ValueError("parameters are ;name=value (RFC 9110 5.6.6)")
        name, token, quoted = match.groups()
        if name is not None:
            value = token if quoted is None else _unescape(r"\1", quoted)
            found.append((name.lower(), value))
        start = match.end()
    return tuple(found)


class MediaType:
    """A media type, or a range of them, as RFC 9110 section 8.3.1 has it.

    A string would not do: case, white space, quotes and the order of parameters make no
    difference, and ``*`` covers. The parts are not to be changed.

    Args:
        type: The type, ``*`` for any.
        subtype: The subtype, ``*`` for any.
        parameters: Names and values, unquoted.

    Raises:
        ValueError: A part that no field could carry.
    """

    __slots__ = ("parameters", "subtype", "type")

    def __init__(
        self,
        type: str,
        subtype: str,
        parameters: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.type: Final = type.lower()
        self.subtype: Final = subtype.lower()
        self.parameters: Final = tuple([(n.lower(), value) for n, value in parameters])
        # RFC 9110 section 12.5.1: media-range = "*/*" / type "/*" / type "/" subtype
        if self.type == "*" and self.subtype != "*":
            raise ValueError(f"*/{subtype[:80]} is not a media range")
        for token in (type, subtype, *(name for name, _ in self.parameters)):
            if not is_token(token):
                raise ValueError(f"{token[:80]!r} is not a token (RFC 9110 5.6.2)")
        for name, value in self.parameters:
            if _unquotable(value):
                raise ValueError(f"the parameter {name!r} has a control or non-latin-1")

    @classmethod
    def from_header(cls, value: str | bytes) -> "MediaType":
        """Read a field's value, in time linear in its length.

        Args:
            value: Such as ``text/html; charset=utf-8`` or ``application/*``.

        Raises:
            ValueError: It is not a media type; the message does not repeat it.
        """
        text = value if isinstance(value, str) else value.decode("latin-1")
        match = _essence(text)
        if match is None:
            raise ValueError("a media type is type/subtype (RFC 9110 8.3.1)")
        return cls(match[1], match[2], parse_parameters(text, match.end()))

    def to_header(self) -> str:
        """Return the value as a field carries it, quoted where it has to be."""
        return self.essence + "".join(
            [f"; {name}={_quoted(value)}" for name, value in self.parameters]
        )

    @property
    def essence(self) -> str:
        """Type and subtype without parameters, such as ``text/html``."""
        return f"{self.type}/{self.subtype}"

    @property
    def charset(self) -> str | None:
        """The parameter ``charset`` in lower case, None when there is none."""
        for name, value in self.parameters:
            if name == "charset":
                return value.lower()
        return None

    def matches(self, other: "MediaType") -> bool:
        """Say whether this range covers a type.

        Args:
            other: The type, which has to have every parameter of this one but ``q``.
        """
        if self.type not in ("*", other.type):
            return False
        if self.subtype not in ("*", other.subtype):
            return False
        return self._comparable() <= other._comparable()

    def _comparable(self) -> frozenset[tuple[str, str]]:
        # RFC 9110 section 12.4.2: a weight is not a parameter of the type.
        # RFC 9110 section 8.3.2: charset names are matched without regard to case.
        return frozenset(
            [
                (name, value.lower() if name == "charset" else value)
                for name, value in self.parameters
                if name != "q"
            ]
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MediaType):
            return NotImplemented
        return (
            self.type == other.type
            and self.subtype == other.subtype
            and self._comparable() == other._comparable()
        )

    def __hash__(self) -> int:
        return hash((self.type, self.subtype, self._comparable()))

    def __str__(self) -> str:
        return self.to_header()

    def __repr__(self) -> str:
        return f"MediaType.from_header({self.to_header()!r})"


def _quoted(value: str) -> str:
    if is_token(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# RFC 6839 section 3.1: the suffix "+json" says that the content can be read as JSON.
_json = re.compile(
    rf"[ \t]*+application/(?:json|{TCHAR}+\+json)[ \t]*+(?:;|\Z)".encode("ascii"),
    re.IGNORECASE,
).match


def is_json(content_type: bytes | str | None) -> bool:
    """Say whether a Content-Type is JSON's.

    SECURITY: a browser sends ``text/plain`` and forms to other origins without asking
    them first; so nothing but JSON's own types, which it asks about, is read as JSON.

    Args:
        content_type: The field's value, None when there is none.

    Returns:
        True for ``application/json`` and ``application/*+json``, whatever their
        parameters: JSON defines none (RFC 8259 section 11).
    """
    if content_type is None:
        return False
    # PERF: what nearly every client sends.
    if content_type in (b"application/json", "application/json"):
        return True
    if isinstance(content_type, str):
        content_type = content_type.encode("latin-1", "replace")
    return _json(content_type) is not None
