"""Rules about the fields that describe content, and about what they describe."""

from __future__ import annotations

import codecs
import re
from typing import Any, Final

from restlette.http.media import MediaType, is_json, parse_parameters
from restlette.http.methods import TCHAR
from restlette.testing.lint.grammar import (
    is_token_list,
    is_uri_reference,
    members,
    tokens,
)
from restlette.testing.lint.observation import Observation
from restlette.testing.lint.rules import Rules

__all__ = ["RULES"]

RULES: Final = Rules()

# Text whose type has no charset of its own, so that browsers guess: RFC 2046 §4.1.2,
# WHATWG Encoding. Others have one by definition, such as text/event-stream.
_GUESSED: Final = frozenset({"text/plain", "text/html", "text/css", "text/markdown"})
# https://www.iana.org/assignments/http-parameters (content codings).
_CODINGS: Final = frozenset(
    {"aes128gcm", "br", "compress", "dcb", "dcz", "deflate", "gzip", "zstd"}
)
_language = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*").fullmatch
_disposition = re.compile(rf"({TCHAR}+)(?=[ \t;]|\Z)").match
_link = re.compile(r"<([^<>]*)>[ \t]*((?:;.*)?)", re.DOTALL).fullmatch
# RFC 8288 §3.3: "The rel parameter MUST be present".
_relation = re.compile(
    rf'[; \t]rel[ \t]*=[ \t]*(?:"[^"]+"|{TCHAR}+)', re.IGNORECASE
).search
# RFC 9457 §3.1: the members of a problem that have a type.
_PROBLEM: Final = "application/problem+json"
_TEXTS: Final = ("type", "title", "detail", "instance")


def _essence(seen: Observation) -> str:
    return "" if seen.media_type is None else seen.media_type.essence


@RULES.add("content-type", "RFC 9110 §8.3", traits=("content",))
def _content_type(seen: Observation) -> str | None:
    """Content says of what type it is."""
    if seen.content and "content-type" not in seen.names:
        return (
            f"{len(seen.content)} bytes of content have no Content-Type, so that "
            "browsers guess; write what it is, or application/octet-stream."
        )
    return None


@RULES.add(
    "content-type-malformed",
    "RFC 9110 §8.3.1",
    fields=("content-type",),
    of_fields=True,
)
def _content_type_malformed(seen: Observation) -> str | None:
    """Content-Type is a media type, with well-formed parameters."""
    media_type = seen.media_type
    if media_type is None:
        value = seen.lines("content-type")[0]
        return f"Content-Type is {value!r}; write for example 'application/json'."
    if "*" in (media_type.type, media_type.subtype):
        return f"Content-Type is '{media_type}', which is a range and no type."
    return None


@RULES.add(
    "charset-missing",
    "RFC 9110 §8.3.2",
    fields=("content-type",),
    when=lambda seen: _essence(seen).startswith("text/"),
)
def _charset_missing(seen: Observation) -> str | None:
    """Text beyond US-ASCII says in which charset it is."""
    media_type = seen.media_type
    if media_type is None or media_type.essence not in _GUESSED or seen.coding:
        return None
    if media_type.charset or seen.content.isascii():
        return None
    if media_type.essence == "text/html" and b"charset" in seen.content[:1024]:
        return None
    return (
        f"the {media_type.essence} has no charset, so that browsers guess; write "
        f"'{media_type.essence}; charset=utf-8'."
    )


@RULES.add(
    "charset-untrue",
    "RFC 9110 §8.3.2",
    fields=("content-type",),
    when=lambda seen: _essence(seen).startswith("text/"),
)
def _charset_untrue(seen: Observation) -> str | None:
    """Text is in the charset that Content-Type names."""
    charset = None if seen.media_type is None else seen.media_type.charset
    if charset is None or seen.coding or not seen.whole or seen.status == 206:
        return None
    try:
        codecs.lookup(charset)
        seen.content.decode(charset)
    except LookupError:
        return f"the charset {charset!r} is none that is known."
    except UnicodeError:
        return f"the content is not in {charset}, which Content-Type names."
    return None


@RULES.add(
    "json-malformed",
    "RFC 8259 §2",
    fields=("content-type",),
    when=lambda seen: is_json(_essence(seen)),
)
def _json_malformed(seen: Observation) -> str | None:
    """What says that it is JSON is JSON, without NaN."""
    if not seen.is_json or seen.method == "HEAD" or seen.status in (204, 206, 304):
        return None
    if not seen.content and 300 <= seen.status < 400:
        return None
    try:
        seen.json  # noqa: B018
    except (ValueError, RecursionError) as exc:
        return f"Content-Type says JSON, and the content is none: {exc}."
    if b"NaN" in seen.content or b"Infinity" in seen.content:
        return _not_a_number(seen.json)
    return None


def _not_a_number(value: Any) -> str | None:
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, float) and not -float("inf") < each < float("inf"):
            return f"the content has {each!r}, which no JSON has."
        if isinstance(each, list):
            stack.extend(each)
        elif isinstance(each, dict):
            stack.extend(each.values())
    return None


@RULES.add(
    "problem",
    "RFC 9457 §3.1",
    fields=("content-type",),
    when=lambda seen: _essence(seen) == _PROBLEM,
)
def _problem(seen: Observation) -> str | None:
    """A problem is an object whose members have the types of RFC 9457."""
    found = _problem_of(seen)
    if found is None:
        return None
    if not isinstance(found, dict):
        return "the problem is no object."
    for name in _TEXTS:
        if name in found and not isinstance(found[name], str):
            return f"the problem's {name!r} is {found[name]!r}; it is a string."
    for name in ("type", "instance"):
        if found.get(name, "") and not is_uri_reference(found[name]):
            return f"the problem's {name!r} is {found[name]!r}; it is a URI."
    return None


@RULES.add(
    "problem-status",
    "RFC 9457 §3.1.2",
    fields=("content-type",),
    when=lambda seen: _essence(seen) == _PROBLEM,
)
def _problem_status(seen: Observation) -> str | None:
    """The status in a problem is that of the answer."""
    found = _problem_of(seen)
    if not isinstance(found, dict) or found.get("status", seen.status) == seen.status:
        return None
    return (
        f"the problem's status is {found['status']!r}, and the answer's {seen.status}."
    )


def _problem_of(seen: Observation) -> Any:
    if not (seen.content and seen.is_json):
        return None
    try:
        return seen.json
    except (ValueError, RecursionError):
        return None


@RULES.add("coding-malformed", "RFC 9110 §8.4", fields=("content-encoding",))
def _coding_malformed(seen: Observation) -> str | None:
    """Content-Encoding is a list of codings, and identity is not one of them."""
    value = (seen.get("content-encoding") or "").lower()
    if not is_token_list(value) or "identity" in tokens(value):
        return (
            f"Content-Encoding is {value!r}; name codings, and leave it out for none."
        )
    return None


@RULES.add(
    "coding-unknown",
    "RFC 9110 §8.4.1",
    severity="warning",
    fields=("content-encoding",),
)
def _coding_unknown(seen: Observation) -> str | None:
    """Content codings are registered ones."""
    for coding in tokens((seen.get("content-encoding") or "").lower()):
        if coding.removeprefix("x-") not in _CODINGS and coding != "identity":
            return f"{coding!r} is no registered content coding."
    return None


@RULES.add("coding-refused", "RFC 9110 §12.5.3", fields=("content-encoding",))
def _coding_refused(seen: Observation) -> str | None:
    """Content is in a coding that the request accepts."""
    accepted = seen.asked("accept-encoding")
    if accepted is None or not seen.coding or seen.status in (304, 415):
        return None
    weights = dict(_weights(accepted))
    for coding in tokens(seen.coding):
        name = coding.removeprefix("x-")
        if not weights.get(name, weights.get("*", 0.0)):
            return f"the content is in {coding}, and Accept-Encoding is {accepted!r}."
    return None


def _weights(accepted: str) -> list[tuple[str, float]]:
    found = []
    for member in tokens(accepted.lower()):
        name, _, parameter = member.partition(";")
        weight = parameter.strip(" \t").removeprefix("q=").strip()
        zero = parameter != "" and weight.strip("0.") == ""
        found.append((name.strip(" \t").removeprefix("x-"), 0.0 if zero else 1.0))
    return found


@RULES.add("coding-untrue", "RFC 9110 §8.4.1.3", fields=("content-encoding",))
def _coding_untrue(seen: Observation) -> str | None:
    """What says that it is gzip begins as gzip does."""
    if seen.coding not in ("gzip", "x-gzip") or not seen.content or seen.status == 206:
        return None
    if seen.content.startswith(b"\x1f\x8b"):
        return None
    return "Content-Encoding is gzip, and the content is not."


@RULES.add("language-malformed", "RFC 9110 §8.5", fields=("content-language",))
def _language_malformed(seen: Observation) -> str | None:
    """Content-Language is a list of language tags."""
    value = seen.get("content-language") or ""
    if not all(_language(member) for member in members(value)):
        return f"Content-Language is {value!r}; write tags such as 'en, de-CH'."
    return None


@RULES.add("disposition-malformed", "RFC 6266 §4.1", fields=("content-disposition",))
def _disposition_malformed(seen: Observation) -> str | None:
    """Content-Disposition is a type with parameters."""
    value = seen.get("content-disposition") or ""
    match = _disposition(value)
    try:
        if match is not None:
            parse_parameters(value, match.end())
            return None
    except ValueError:
        pass
    return (
        f"Content-Disposition is {value!r}; write for example 'attachment; "
        'filename="a.txt"\'.'
    )


@RULES.add("link-malformed", "RFC 8288 §3", fields=("link",))
def _link_malformed(seen: Observation) -> str | None:
    """Link is a list of references in angle brackets, each with a `rel`."""
    for member in members(seen.get("link") or ""):
        match = _link(member)
        flaw = None
        if match is None:
            flaw = "has no reference in angle brackets"
        elif match[1] and not is_uri_reference(match[1]):
            flaw = "has a reference that is none"
        elif _relation(match[2]) is None:
            flaw = "has no rel"
        if flaw is not None:
            return (
                f"Link has {member!r}, which {flaw}; write '</books?page=2>; "
                'rel="next"\'.'
            )
    return None


@RULES.add(
    "media-types-malformed",
    "RFC 9110 §12.5.1, RFC 5789 §3.1",
    fields=("accept", "accept-patch", "accept-post"),
)
def _media_types_malformed(seen: Observation) -> str | None:
    """Accept, Accept-Patch and Accept-Post are lists of media types."""
    for name in ("accept", "accept-patch", "accept-post"):
        for member in members(seen.get(name) or "*/*"):
            try:
                MediaType.from_header(member)
            except ValueError:
                return f"{member!r} in a list of media types is none."
    return None


@RULES.add("accept-ignored", "RFC 9110 §12.4.1", severity="warning", asked=("accept",))
def _accept_ignored(seen: Observation) -> str | None:
    """What is sent is what the request accepts, or else the answer is 406."""
    accept = seen.asked("accept") or "*/*"
    if "*/*" in accept or not (seen.succeeded and seen.content and seen.media_type):
        return None
    ranges = []
    for member in tokens(accept):
        try:
            ranges.append(MediaType.from_header(member))
        except ValueError:
            return None
    if any(each.matches(seen.media_type) for each in ranges):
        return None
    return f"{seen.media_type.essence} answers 'Accept: {accept}'."


@RULES.add("nosniff", "WHATWG Fetch §3.6", fields=("x-content-type-options",))
def _nosniff(seen: Observation) -> str | None:
    """X-Content-Type-Options is `nosniff`."""
    value = seen.get("x-content-type-options") or ""
    if value.lower() != "nosniff":
        return f"X-Content-Type-Options is {value!r}; write 'nosniff'."
    return None
