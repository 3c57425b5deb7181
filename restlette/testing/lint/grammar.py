"""The grammars that several rules read by: lists, directives, dates, references.

What a field holds is read here to find out whether it is right, and not to make the
best of it, as `restlette.http` does: so these are not the functions from there.
"""

from __future__ import annotations

import re
from typing import Final

from restlette.http.dates import DAYS, parse_date
from restlette.http.methods import TCHAR, is_token

__all__ = [
    "Directives",
    "date_flaw",
    "directives",
    "is_digits",
    "is_directive",
    "is_token_list",
    "is_uri_reference",
    "members",
    "seconds_of",
    "tokens",
]

Directives = dict[str, str | None]

# RFC 9110 §5.6.1: a list's members are separated by commas; one in a quoted-string
# (§5.6.4) or between angle brackets (a URI of Link, RFC 8288 §3) separates nothing.
_member = re.compile(r'(?:"(?:[^"\\]|\\.)*+"|<[^>]*+>|[^,"<]|["<])++').findall
# RFC 9111 §5.2: cache-directive = token [ "=" ( token / quoted-string ) ]
_directive = re.compile(
    rf'({TCHAR}++)(?:=(?:({TCHAR}++)|"((?:[^"\\]|\\.)*+)"))?+'
).fullmatch

# RFC 3986 §3, §4.1: URI-reference = URI / relative-ref
_PCHAR: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_AUTHORITY: Final = (
    r"(?:(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@)?"
    r"(?:\[[0-9A-Fa-fv:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)"
    r"(?::[0-9]*)?"
)
_reference = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?(?://{_AUTHORITY}(?=[/?#]|\Z))?"
    rf"(?:{_PCHAR}|/)*(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
).fullmatch
_fixdate = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT")


def members(value: str) -> list[str]:
    """Give the members of a list, without the white space around them; empty ones too.

    Args:
        value: The field's value.
    """
    if '"' not in value and "<" not in value:
        return [member.strip(" \t") for member in value.split(",")]
    return [member.strip(" \t") for member in _member(value)]


def tokens(value: str) -> list[str]:
    """Give the members of a list that are not empty."""
    return [member for member in members(value) if member]


def is_token_list(value: str) -> bool:
    """Say whether a value is a list of tokens, with no empty member.

    RFC 9110 §5.6.1.1: "a sender MUST NOT generate empty list elements".
    """
    return all(is_token(member) for member in members(value))


def directives(value: str) -> Directives:
    """Read the directives of Cache-Control: names in lower case, and arguments.

    Args:
        value: The field's value; what is malformed is left out, and the first of a
            name counts.
    """
    found: Directives = {}
    for member in members(value):
        match = _directive(member)
        if match is not None:
            name, token, quoted = match.groups()
            found.setdefault(name.lower(), quoted if token is None else token)
    return found


def is_directive(member: str) -> bool:
    """Say whether a member of Cache-Control is well-formed."""
    return _directive(member) is not None


def is_digits(text: str) -> bool:
    """Say whether a text is 1*DIGIT."""
    return text.isascii() and text.isdigit()


def is_uri_reference(text: str) -> bool:
    """Say whether a text is a URI or a relative reference that is not empty.

    Source: RFC 3986 §4.1.
    """
    return text != "" and _reference(text) is not None


def seconds_of(value: str | None) -> int | None:
    """Read a date in any of HTTP's formats; None where there is none."""
    try:
        return None if value is None else parse_date(value)
    except ValueError:
        return None


def date_flaw(value: str) -> str | None:
    """Say what is wrong with a date that is sent.

    RFC 9110 §5.6.7: "When a sender generates a field that contains one or more
    timestamps defined as HTTP-date, the sender MUST generate those timestamps in the
    IMF-fixdate format."
    """
    seconds = seconds_of(value)
    if seconds is None:
        return "is no date of HTTP"
    if _fixdate.fullmatch(value) is None:
        return "is in a format that may be read but not be sent"
    weekday = DAYS[(seconds // 86_400 + 3) % 7]
    if value[:3] != weekday:
        return f"names a day that was a {weekday}"
    return None
