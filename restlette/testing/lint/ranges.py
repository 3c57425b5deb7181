"""Rules about parts of representations: 206, 416 and their fields."""

from __future__ import annotations

import re
from typing import Final

from restlette.testing.lint.grammar import is_token_list, tokens
from restlette.testing.lint.observation import Observation
from restlette.testing.lint.rules import Rules

__all__ = ["RULES"]

RULES: Final = Rules()

# RFC 9110 §14.4:
#   Content-Range = range-unit SP ( range-resp / unsatisfied-range )
#   range-resp    = incl-range "/" ( complete-length / "*" )
_read_range = re.compile(
    r"bytes (?:([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)|\*/([0-9]{1,18}))",
    re.IGNORECASE,
).fullmatch
_unit = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+ \S+").fullmatch


@RULES.add("content-range", "RFC 9110 §15.3.7", statuses=(206,))
def _content_range(seen: Observation) -> str | None:
    """206 says by Content-Range which part it is, or in each part of a multipart."""
    several = (
        seen.media_type is not None
        and seen.media_type.essence == "multipart/byteranges"
    )
    if several and seen.get("content-range") is not None:
        return "206 of several parts has Content-Range; each part has its own."
    if not several and seen.get("content-range") is None:
        return "206 has no Content-Range; without, it is a 200."
    return None


@RULES.add("byteranges-malformed", "RFC 9110 §14.6", statuses=(206,))
def _byteranges_malformed(seen: Observation) -> str | None:
    """multipart/byteranges has a boundary, and Content-Range in each part."""
    media_type = seen.media_type
    if media_type is None or media_type.essence != "multipart/byteranges":
        return None
    boundary = dict(media_type.parameters).get("boundary")
    if not boundary:
        return "multipart/byteranges has no boundary."
    if seen.method == "HEAD" or not seen.whole:
        return None
    parts = seen.content.split(b"--" + boundary.encode("latin-1"))
    if len(parts) < 3 or not parts[-1].startswith(b"--"):
        return "the content of multipart/byteranges has no part between its boundaries."
    for part in parts[1:-1]:
        head = part.partition(b"\r\n\r\n")[0].lower()
        if b"\r\ncontent-range:" not in head:
            return "a part of multipart/byteranges has no Content-Range."
    return None


@RULES.add("content-range-malformed", "RFC 9110 §14.4", fields=("content-range",))
def _content_range_malformed(seen: Observation) -> str | None:
    """Content-Range is like 'bytes 0-499/1234', with positions that there are."""
    value = seen.lines("content-range")[0]
    match = _read_range(value)
    if match is None:
        if _unit(value) and not value.lower().startswith("bytes"):
            return None
        return (
            f"Content-Range is {value!r}; write 'bytes 0-499/1234' or 'bytes */1234'."
        )
    first, last, size, _ = match.groups()
    if first is not None and (
        int(first) > int(last) or (size != "*" and int(last) >= int(size))
    ):
        return f"Content-Range is {value!r}: the last position is one that there is."
    return None


@RULES.add("content-range-untrue", "RFC 9110 §14.4", statuses=(206,))
def _content_range_untrue(seen: Observation) -> str | None:
    """Content-Range is as long as the content."""
    match = _read_range((seen.lines("content-range") or [""])[0])
    if match is None or match[1] is None or not seen.whole or seen.method == "HEAD":
        return None
    length = int(match[2]) - int(match[1]) + 1
    if length != len(seen.content):
        return (
            f"Content-Range is {match[0]!r}, which is {length} bytes, and "
            f"{len(seen.content)} came."
        )
    return None


@RULES.add("content-range-status", "RFC 9110 §14.4", fields=("content-range",))
def _content_range_status(seen: Observation) -> str | None:
    """Content-Range comes with 206 or 416."""
    if seen.status not in (206, 416):
        return f"Content-Range means nothing with {seen.status}; a part is 206."
    return None


@RULES.add("partial-unasked", "RFC 9110 §14.2, §15.3.7", statuses=(206,))
def _partial_unasked(seen: Observation) -> str | None:
    """206 answers GET with a Range."""
    if seen.asked("range") is None:
        return "206 answers a request without Range; send the whole with 200."
    if not seen.is_retrieval:
        return f"206 answers {seen.method}; Range is for GET."
    return None


@RULES.add("unsatisfiable-range", "RFC 9110 §15.5.17", statuses=(416,))
def _unsatisfiable_range(seen: Observation) -> str | None:
    """416 says by Content-Range how long the representation is."""
    match = _read_range((seen.lines("content-range") or [""])[0])
    if match is None or match[4] is None:
        return "416 does not say how long it is; write 'Content-Range: bytes */1234'."
    return None


@RULES.add("unsatisfiable-unasked", "RFC 9110 §15.5.17", statuses=(416,))
def _unsatisfiable_unasked(seen: Observation) -> str | None:
    """416 answers a request with a Range."""
    if seen.asked("range") is None:
        return "416 answers a request without Range; is it a 400 or 422?"
    return None


@RULES.add("accept-ranges-malformed", "RFC 9110 §14.3", fields=("accept-ranges",))
def _accept_ranges_malformed(seen: Observation) -> str | None:
    """Accept-Ranges is a list of units, or `none` alone."""
    value = (seen.get("accept-ranges") or "").lower()
    units = tokens(value)
    if not is_token_list(value) or ("none" in units and len(units) > 1):
        return f"Accept-Ranges is {value!r}; write 'bytes' or 'none'."
    return None


@RULES.add("accept-ranges-contradicts", "RFC 9110 §14.3", statuses=(206,))
def _accept_ranges_contradicts(seen: Observation) -> str | None:
    """Who sends a part does not say that there are none."""
    if (seen.get("accept-ranges") or "").lower() == "none":
        return "206 comes with 'Accept-Ranges: none'."
    return None
