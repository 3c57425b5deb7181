"""Rules about validators, dates, and what conditional requests make of them.

Some compare an answer with the one that GET had at the same target before.
"""

from __future__ import annotations

from typing import Final

from restlette.http.dates import format_date
from restlette.http.validators import EntityTags, ETag
from restlette.testing.lint.grammar import date_flaw, is_digits, seconds_of
from restlette.testing.lint.observation import Observation
from restlette.testing.lint.rules import Rules

__all__ = ["RULES"]

RULES: Final = Rules()

_DATES: Final = ("date", "expires", "last-modified", "retry-after", "sunset")
_DAY: Final = 86_400
# Clocks differ, and a second goes by between writing a date and looking at it.
_SLACK: Final = 60
# RFC 9110 §15.4.5: what a 304 has of what a 200 would have had; Date is the server's.
_KEPT: Final = ("cache-control", "content-location", "etag", "expires", "vary")
# What HEAD has as GET has it: a server may leave out what only the content decides.
_SAME: Final = (
    "content-type",
    "content-language",
    "cache-control",
    "location",
    "allow",
)


def _tag(value: str | None) -> ETag | None:
    try:
        return None if value is None else ETag.from_header(value)
    except ValueError:
        return None


@RULES.add("etag-malformed", "RFC 9110 §8.8.3", fields=("etag",))
def _etag_malformed(seen: Observation) -> str | None:
    """An entity tag is quoted, and W/ is in front of the quotes."""
    for value in seen.lines("etag"):
        if _tag(value) is None:
            name = value.strip("\"' ").removeprefix("W/").strip("\"'")
            return f"ETag is {value}; write '\"{name}\"', with the double quotes."
    return None


@RULES.add("date-format", "RFC 9110 §5.6.7", fields=_DATES)
def _date_format(seen: Observation) -> str | None:
    """Dates are written like 'Sun, 06 Nov 1994 08:49:37 GMT'."""
    for name in _DATES:
        for value in seen.lines(name):
            flaw = date_flaw(value)
            if flaw is None or (name == "retry-after" and seconds_of(value) is None):
                continue
            return (
                f"{name.title()} is {value!r}, which {flaw}; write it like "
                f"{format_date(seen.now)!r}, which format_date() of "
                "restlette.http.dates gives."
            )
    return None


@RULES.add("date-insane", "RFC 9110 §6.6.1", fields=("date",))
def _date_insane(seen: Observation) -> str | None:
    """Date is the time at which the answer was made."""
    date = seconds_of(seen.get("date"))
    if date is not None and abs(date - seen.now) > _DAY and "age" not in seen.names:
        return f"Date is {seen.get('date')!r}; the server sends it, leave it out."
    return None


@RULES.add("last-modified-future", "RFC 9110 §8.8.2.1", fields=("last-modified",))
def _last_modified_future(seen: Observation) -> str | None:
    """Last-Modified is not later than the answer."""
    changed = seconds_of(seen.get("last-modified"))
    date = seconds_of(seen.get("date"))
    if changed is not None and changed > (seen.now if date is None else date) + _SLACK:
        return f"Last-Modified is {seen.get('last-modified')!r}, which is yet to come."
    return None


@RULES.add("not-modified-unasked", "RFC 9110 §15.4.5", statuses=(304,))
def _not_modified_unasked(seen: Observation) -> str | None:
    """304 answers a GET or HEAD that asked for news."""
    if not seen.is_retrieval:
        return f"304 answers {seen.method}; where a condition is false it is 412."
    if seen.asked("if-none-match") is None and seen.asked("if-modified-since") is None:
        return "304 answers a request without If-None-Match and If-Modified-Since."
    return None


@RULES.add("not-modified-etag", "RFC 9110 §15.4.5", statuses=(304,))
def _not_modified_etag(seen: Observation) -> str | None:
    """304 has the ETag by which the client's copy was found to be current."""
    if seen.asked("if-none-match") is None or seen.asked("if-none-match") == "*":
        return None
    if seen.get("etag") is None:
        return "304 answers If-None-Match and has no ETag; a 200 would have had it."
    return None


@RULES.add("not-modified-drops", "RFC 9110 §15.4.5", statuses=(304,))
def _not_modified_drops(seen: Observation) -> str | None:
    """304 has the fields that tell caches what they may do, as 200 has them."""
    earlier = seen.earlier
    if earlier is None or earlier.status != 200 or not _asks_the_same(seen, earlier):
        return None
    for name in _KEPT:
        if name in earlier.names and name not in seen.names:
            return f"200 has {name.title()}, and 304 leaves it out."
    return None


@RULES.add(
    "not-modified-describes",
    "RFC 9110 §15.4.5",
    severity="warning",
    statuses=(304,),
)
def _not_modified_describes(seen: Observation) -> str | None:
    """304 does not describe content that does not come."""
    for name in ("content-type", "content-encoding", "content-language"):
        if name in seen.names:
            return f"304 has {name.title()}, about content that does not come."
    return None


@RULES.add("not-modified-ignored", "RFC 9110 §13.1.2", asked=("if-none-match",))
def _not_modified_ignored(seen: Observation) -> str | None:
    """Who has the current state already, by If-None-Match, is answered 304."""
    if not seen.is_retrieval or seen.status != 200:
        return None
    tag = _tag(seen.get("etag"))
    named = EntityTags.from_header(seen.asked("if-none-match") or "")
    if tag is not None and not named.anything and named.match_weakly(tag):
        return (
            f"If-None-Match names {seen.get('etag')}, which is the ETag of the answer: "
            "it is 304. Give validators() in the resource."
        )
    return None


@RULES.add(
    "modified-since-ignored",
    "RFC 9110 §13.1.3",
    severity="warning",
    asked=("if-modified-since",),
)
def _modified_since_ignored(seen: Observation) -> str | None:
    """Who has the current state already, by its date, is answered 304."""
    if not seen.is_retrieval or seen.status != 200 or seen.asked("if-none-match"):
        return None
    since = seconds_of(seen.asked("if-modified-since"))
    changed = seconds_of(seen.get("last-modified"))
    if since is not None and changed is not None and changed <= since:
        return "nothing changed since the date in If-Modified-Since: it is 304."
    return None


@RULES.add("if-match-weak", "RFC 9110 §13.1.1", asked=("if-match",))
def _if_match_weak(seen: Observation) -> str | None:
    """If-Match compares strongly: a weak tag never matches."""
    named = EntityTags.from_header(seen.asked("if-match") or "")
    if not seen.succeeded or named.anything or not named.tags:
        return None
    if all(tag.weak for tag in named.tags):
        return (
            f"If-Match names {seen.asked('if-match')} alone, which is weak, and the "
            f"answer is {seen.status}: it is 412."
        )
    return None


@RULES.add("if-match-ignored", "RFC 9110 §13.1.1", asked=("if-match",))
def _if_match_ignored(seen: Observation) -> str | None:
    """Who asks for one state, by If-Match, is not given another one."""
    tag = _tag(seen.get("etag"))
    if not seen.is_retrieval or not seen.succeeded or tag is None:
        return None
    named = EntityTags.from_header(seen.asked("if-match") or "")
    if not named.match_strongly(tag):
        return f"If-Match does not name {seen.get('etag')}: it is 412."
    return None


@RULES.add("precondition-unasked", "RFC 9110 §15.5.13", statuses=(412,))
def _precondition_unasked(seen: Observation) -> str | None:
    """412 answers a request with a precondition."""
    for name in seen.asked_names:
        if name == "if" or name.startswith("if-") or name == "tus-resumable":
            return None
    return "412 answers a request without precondition; is it a 409, 422 or 428?"


@RULES.add("precondition-given", "RFC 6585 §3", statuses=(428,))
def _precondition_given(seen: Observation) -> str | None:
    """428 answers a request that names no state."""
    if seen.asked("if-match") is not None:
        return (
            "428 answers a request with If-Match; where that does not fit, it is 412."
        )
    return None


@RULES.add("if-range-weak", "RFC 9110 §13.1.5", statuses=(206,))
def _if_range_weak(seen: Observation) -> str | None:
    """If-Range compares strongly: after a weak tag, the whole is sent."""
    value = seen.asked("if-range") or ""
    if value.startswith("W/"):
        return f"If-Range is {value}, which is weak, and the answer a part: it is 200."
    return None


@RULES.add("etag-shared", "RFC 9110 §8.8.3", fields=("etag",))
def _etag_shared(seen: Observation) -> str | None:
    """Two representations that differ do not share a strong ETag."""
    earlier = seen.earlier
    if earlier is None or (earlier.status, seen.status) != (200, 200):
        return None
    tag = _tag(seen.get("etag"))
    if tag is None or tag.weak or tag != _tag(earlier.get("etag")):
        return None
    if seen.coding != earlier.coding:
        return (
            f"{tag.to_header()} is the ETag of the content in "
            f"{seen.coding or 'identity'} and in {earlier.coding or 'identity'}; make "
            "it weak, or another one."
        )
    if seen.method == "GET" and seen.content != earlier.content:
        return (
            f"{tag.to_header()} is the ETag of two contents that differ; make it of "
            "what was written, or weak."
        )
    return None


@RULES.add(
    "head-differs",
    "RFC 9110 §9.3.2",
    traits=("earlier",),
    when=lambda seen: seen.method == "HEAD" and seen.succeeded,
)
def _head_differs(seen: Observation) -> str | None:
    """HEAD has the status and the fields of GET."""
    earlier = seen.earlier
    if earlier is None or not earlier.succeeded or not _asks_the_same(seen, earlier):
        return None
    if seen.status != earlier.status:
        return f"HEAD is answered {seen.status}, and GET was {earlier.status}."
    for name in _SAME:
        if seen.get(name) != earlier.get(name):
            return (
                f"{name.title()} is {seen.get(name)!r} for HEAD, and was "
                f"{earlier.get(name)!r} for GET."
            )
    length = seen.get("content-length") or ""
    same = seen.get("etag") is not None and seen.get("etag") == earlier.get("etag")
    if same and is_digits(length) and length != str(len(earlier.content)):
        return (
            f"Content-Length is {length} for HEAD, and {len(earlier.content)} bytes "
            "answered GET."
        )
    return None


def _asks_the_same(seen: Observation, earlier: Observation) -> bool:
    """Say whether two requests would be answered alike, conditions left aside."""
    names = {*seen.asked_names, *earlier.asked_names}
    return all(
        seen.asked(name) == earlier.asked(name)
        for name in names
        if not name.startswith("if-")
    )
