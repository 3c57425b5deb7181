"""Rules about messages as such: content and its length, fields, what is hop-by-hop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from restlette.http.status import PHRASES
from restlette.testing.lint.grammar import is_digits, tokens
from restlette.testing.lint.observation import Observation
from restlette.testing.lint.rules import Rules
from restlette.testing.scope import Fields

__all__ = ["RULES"]

RULES: Final = Rules()

# RFC 9110 §5.6.2, and RFC 9113 §8.2.1 and ASGI, which have names in lower case.
_name = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+").fullmatch
# RFC 9110 §5.5: visible characters, with white space in between only.
_value = re.compile(
    rb"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?"
).fullmatch

# Fields that are no list: with two of them recipients choose in different ways.
_SINGLE: Final = frozenset(
    {
        "access-control-allow-credentials",
        "access-control-allow-origin",
        "access-control-max-age",
        "age",
        "content-disposition",
        "content-location",
        "content-range",
        "content-type",
        "date",
        "etag",
        "expires",
        "last-modified",
        "location",
        "retry-after",
        "server",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
    }
)
_HOP_BY_HOP: Final = ("keep-alive", "proxy-connection", "te", "transfer-encoding")
# RFC 9110 §6.5.1: what frames a message, routes it, says who asks, modifies the request
# or describes the content is known before the content.
_NOT_IN_TRAILERS: Final = frozenset(
    {
        "cache-control",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "host",
        "location",
        "proxy-authenticate",
        "set-cookie",
        "trailer",
        "transfer-encoding",
        "vary",
        "www-authenticate",
    }
)


@RULES.add(
    "head-content",
    "RFC 9110 §9.3.2",
    traits=("content",),
    when=lambda seen: seen.method == "HEAD",
)
def _head_content(seen: Observation) -> str | None:
    """The answer to HEAD has no content."""
    return f"{len(seen.content)} bytes of content answer HEAD; send the fields alone."


@RULES.add("status-content", "RFC 9110 §6.4.1, §15.3.6", statuses=(204, 205, 304))
def _status_content(seen: Observation) -> str | None:
    """Answers of 204, 205 and 304 have no content."""
    if seen.content and seen.method != "HEAD":
        return (
            f"{len(seen.content)} bytes of content come with {seen.status}, which has "
            "none; send 200 with it, or nothing."
        )
    return None


@RULES.add(
    "length-forbidden", "RFC 9110 §8.6", fields=("content-length",), of_fields=True
)
def _length_forbidden(seen: Observation) -> str | None:
    """Answers of 204, and those of 2xx to CONNECT, have no Content-Length."""
    if seen.status == 204 or (seen.method == "CONNECT" and seen.succeeded):
        return f"Content-Length comes with {seen.status}; leave it out."
    return None


@RULES.add(
    "length-repeated", "RFC 9110 §8.6", fields=("content-length",), of_fields=True
)
def _length_repeated(seen: Observation) -> str | None:
    """There is one Content-Length."""
    lines = seen.lines("content-length")
    if len(lines) > 1 or "," in lines[0]:
        return (
            f"Content-Length is {seen.get('content-length')}; two of them let a proxy "
            "and a client disagree where the answer ends. Send one."
        )
    return None


@RULES.add(
    "length-malformed", "RFC 9110 §8.6", fields=("content-length",), of_fields=True
)
def _length_malformed(seen: Observation) -> str | None:
    """Content-Length is a number in digits."""
    for line in seen.lines("content-length"):
        for length in line.split(","):
            if not is_digits(length.strip(" \t")):
                return (
                    f"Content-Length is {line!r}; it is a number of bytes, in digits."
                )
    return None


@RULES.add("length-untrue", "RFC 9110 §8.6", fields=("content-length",))
def _length_untrue(seen: Observation) -> str | None:
    """Content-Length is the number of bytes that come."""
    said = seen.get("content-length") or ""
    if not seen.whole or seen.method == "HEAD" or seen.status in (204, 304):
        return None
    if said == str(len(seen.content)):
        return None
    # A number of this many digits is longer than any content, and int() is slow then.
    if is_digits(said) and said.lstrip("0")[:20] != (
        str(len(seen.content)).lstrip("0")
    ):
        return (
            f"Content-Length is {said[:20]}, and {len(seen.content)} bytes of content "
            "came. Let the framework count, and do not change content after it has."
        )
    return None


@RULES.add("field-name", "RFC 9110 §5.1, RFC 9113 §8.2.1", of_fields=True)
def _field_name(seen: Observation) -> str | None:
    """Field names are tokens, in lower case on the way to the server."""
    for name, _ in seen.fields:
        if not _name(name):
            return f"the field name {name!r} is no token in lower case."
    return None


@RULES.add("field-value", "RFC 9110 §5.5", of_fields=True)
def _field_value(seen: Observation) -> str | None:
    """Field values have no control characters, and no white space at their ends."""
    for name, value in seen.fields:
        if not _value(value):
            return (
                f"the value of {_shown(name)}, {value!r}, has a control character or "
                "white space at one of its ends."
            )
    return None


@RULES.add("field-ascii", "RFC 9110 §5.5", severity="warning", of_fields=True)
def _field_ascii(seen: Observation) -> str | None:
    """Field values are of US-ASCII: what else there is, recipients read differently."""
    for name, value in seen.fields:
        if not value.isascii():
            return (
                f"the value of {_shown(name)} has bytes beyond US-ASCII; encode it, as "
                "filename*=UTF-8''… does (RFC 8187)."
            )
    return None


@RULES.add("field-repeated", "RFC 9110 §5.3", fields=_SINGLE, of_fields=True)
def _field_repeated(seen: Observation) -> str | None:
    """Fields that hold one value come once."""
    for name in seen.names:
        if name in _SINGLE and len(seen.lines(name)) > 1:
            return (
                f"{_title(name)} comes {len(seen.lines(name))} times, and holds one "
                "value: set it in place of adding it."
            )
    return None


@RULES.add("hop-by-hop", "RFC 9110 §7.6.1, RFC 9113 §8.2.2", fields=_HOP_BY_HOP)
def _hop_by_hop(seen: Observation) -> str | None:
    """Fields of the connection are the server's: HTTP/2 and HTTP/3 forbid them."""
    found = [_title(name) for name in _HOP_BY_HOP if name in seen.names]
    return f"{', '.join(found)}: these are the server's to send; leave them out."


@RULES.add("connection", "RFC 9110 §7.6.1, §7.8", fields=("connection",))
def _connection(seen: Observation) -> str | None:
    """Connection is the server's, but for `upgrade` beside an Upgrade field."""
    options = {token.lower() for token in tokens(seen.get("connection") or "")}
    if options == {"upgrade"} and seen.get("upgrade") is not None:
        return None
    return f"Connection is {seen.get('connection')!r}, which is the server's to say."


@RULES.add(
    "status-unknown",
    "RFC 9110 §15",
    severity="warning",
    statuses=lambda status: status not in PHRASES,
)
def _status_unknown(seen: Observation) -> str | None:
    """Status codes are registered ones: others are taken for the x00 of their class."""
    if 100 <= seen.status <= 599:
        return (
            f"{seen.status} is no registered status; clients take it for "
            f"{seen.status // 100}00. Say more in a problem's `type`."
        )
    return None


@RULES.add(
    "status-range",
    "RFC 9110 §15",
    statuses=lambda status: not 200 <= status <= 599,
)
def _status_range(seen: Observation) -> str | None:
    """A final status code is from 200 to 599."""
    return f"{seen.status} is no status of a final answer; those are 200 to 599."


@RULES.add("status-unused", "RFC 9110 §15.4.6, §15.4.7", statuses=(305, 306))
def _status_unused(seen: Observation) -> str | None:
    """305 and 306 are not used any more."""
    return f"{seen.status} is deprecated; clients do not follow it."


@RULES.add("informational", "RFC 9110 §15.2, RFC 8297", traits=("informational",))
def _informational(seen: Observation) -> str | None:
    """Interim answers are of 1xx, and have no content or length."""
    for status, fields in seen.informational:
        if not 100 <= status <= 199:
            return f"the interim answer {status} is none; those are 100 to 199."
        for name in _names(fields):
            if name in ("content-length", "transfer-encoding"):
                return f"the interim answer {status} has {_title(name)}; it has none."
    return None


@RULES.add("early-hints", "RFC 8297 §2", severity="warning", traits=("informational",))
def _early_hints(seen: Observation) -> str | None:
    """103 hints at something, by Link."""
    for status, fields in seen.informational:
        if status == 103 and "link" not in _names(fields):
            return "103 has no Link, so that nothing can be fetched early."
    return None


@RULES.add("switching-protocols", "RFC 9110 §15.2.2", traits=("informational",))
def _switching_protocols(seen: Observation) -> str | None:
    """101 has Upgrade, and answers a request that has it."""
    for status, fields in seen.informational:
        if status == 101 and (
            "upgrade" not in _names(fields) or seen.asked("upgrade") is None
        ):
            return "101 needs Upgrade, in the request and in the answer."
    return None


@RULES.add("trailers", "RFC 9110 §6.5.1", traits=("trailers",))
def _trailers(seen: Observation) -> str | None:
    """Trailers have nothing that has to be known before the content."""
    for name in _names(seen.trailers):
        if name in _NOT_IN_TRAILERS:
            return f"{_title(name)} is a trailer; it belongs to the header section."
    return None


def _names(fields: Fields) -> Iterator[str]:
    for name, _ in fields:
        yield name.decode("latin-1").lower()


def _shown(name: bytes) -> str:
    return _title(name.decode("latin-1"))


def _title(name: str) -> str:
    return "-".join([part.capitalize() for part in name.split("-")])
