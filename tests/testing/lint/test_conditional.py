"""Validators, dates, conditions: what breaches a rule, and what holds it."""

import pytest

from restlette.testing.lint import Observation
from restlette.testing.lint.conditional import RULES
from tests.testing.lint.exchanges import Row, assert_breach, assert_held, seen

DATE = "Fri, 15 Jan 2027 08:00:00 GMT"  # that of NOW
BEFORE = "Thu, 14 Jan 2027 08:00:00 GMT"
LATER = "Sat, 16 Jan 2027 09:00:00 GMT"
TAGGED = seen('GET / -> 200 | ETag: "a" | Vary: Accept', b"a")
ASKS = 'GET / | If-None-Match: "a"'

BREACHES: list[Row] = [
    ("etag-malformed", seen("GET / -> 200 | ETag: abc")),
    ("etag-malformed", seen('GET / -> 200 | ETag: w/"abc"')),
    ("etag-malformed", seen("GET / -> 200 | ETag: 'abc'")),
    ("date-format", seen("GET / -> 200 | Last-Modified: 2027-01-15T08:00:00Z")),
    ("date-format", seen("GET / -> 200 | Expires: 0")),
    ("date-format", seen("GET / -> 200 | Expires: Friday, 15-Jan-27 08:00:00 GMT")),
    ("date-format", seen("GET / -> 200 | Date: Mon, 15 Jan 2027 08:00:00 GMT")),
    ("date-format", seen("GET / -> 503 | Retry-After: Fri Jan 15 08:00:00 2027")),
    ("date-insane", seen("GET / -> 200 | Date: Thu, 01 Jan 1970 00:00:00 GMT")),
    ("last-modified-future", seen(f"GET / -> 200 | Last-Modified: {LATER}")),
    (
        "last-modified-future",
        seen(f"GET / -> 200 | Last-Modified: {DATE} | Date: {BEFORE}"),
    ),
    ("not-modified-unasked", seen("GET / -> 304")),
    ("not-modified-unasked", seen("PUT / | If-None-Match: * -> 304")),
    ("not-modified-etag", seen(f"{ASKS} -> 304")),
    ("not-modified-drops", seen(f'{ASKS} -> 304 | ETag: "a"', earlier=TAGGED)),
    (
        "not-modified-describes",
        seen(f'{ASKS} -> 304 | ETag: "a" | Content-Type: a/b'),
    ),
    ("not-modified-ignored", seen(f'{ASKS} -> 200 | ETag: "a"')),
    ("not-modified-ignored", seen(f'{ASKS}, "b" -> 200 | ETag: W/"b"')),
    (
        "modified-since-ignored",
        seen(f"GET / | If-Modified-Since: {DATE} -> 200 | Last-Modified: {BEFORE}"),
    ),
    ("if-match-weak", seen('PUT / | If-Match: W/"a", W/"b" -> 204')),
    ("if-match-ignored", seen('GET / | If-Match: "a" -> 200 | ETag: "b"')),
    ("precondition-unasked", seen("PUT / -> 412")),
    ("precondition-given", seen('PUT / | If-Match: "a" -> 428')),
    ("if-range-weak", seen('GET / | Range: bytes=0- | If-Range: W/"a" -> 206')),
    ("etag-shared", seen('GET / -> 200 | ETag: "a"', b"b", earlier=TAGGED)),
    (
        "etag-shared",
        seen('GET / -> 200 | ETag: "a" | Content-Encoding: br', b"", earlier=TAGGED),
    ),
    ("head-differs", seen("HEAD / -> 204", earlier=TAGGED)),
    ("head-differs", seen("HEAD / -> 200 | Content-Type: a/b", earlier=TAGGED)),
    (
        "head-differs",
        seen('HEAD / -> 200 | ETag: "a" | Content-Length: 9', earlier=TAGGED),
    ),
]

HELD: list[Row] = [
    ("etag-malformed", seen('GET / -> 200 | ETag: "abc"')),
    ("etag-malformed", seen('GET / -> 200 | ETag: W/""')),
    ("date-format", seen(f"GET / -> 200 | Last-Modified: {DATE} | Expires: {LATER}")),
    ("date-format", seen("GET / -> 503 | Retry-After: 120")),
    ("date-insane", seen(f"GET / -> 200 | Date: {DATE}")),
    ("date-insane", seen("GET / -> 200 | Date: now")),
    (
        "date-insane",
        seen("GET / -> 200 | Date: Thu, 01 Jan 1970 00:00:00 GMT | Age: 1800000000"),
    ),
    ("last-modified-future", seen(f"GET / -> 200 | Last-Modified: {DATE}")),
    ("last-modified-future", seen("GET / -> 200 | Last-Modified: never")),
    ("not-modified-unasked", seen(f"{ASKS} -> 304")),
    ("not-modified-unasked", seen(f"HEAD / | If-Modified-Since: {DATE} -> 304")),
    ("not-modified-etag", seen(f'{ASKS} -> 304 | ETag: "a"')),
    ("not-modified-etag", seen("GET / | If-None-Match: * -> 304")),
    ("not-modified-etag", seen(f"GET / | If-Modified-Since: {DATE} -> 304")),
    (
        "not-modified-drops",
        seen(f'{ASKS} -> 304 | ETag: "a" | Vary: Accept', earlier=TAGGED),
    ),
    ("not-modified-drops", seen(f"{ASKS} -> 304")),
    ("not-modified-drops", seen(f"{ASKS} | Accept: a/b -> 304", earlier=TAGGED)),
    ("not-modified-drops", seen(f"{ASKS} -> 304", earlier=seen("GET / -> 404"))),
    ("not-modified-describes", seen(f'{ASKS} -> 304 | ETag: "a"')),
    ("not-modified-ignored", seen(f'{ASKS} -> 200 | ETag: "b"')),
    ("not-modified-ignored", seen(f"{ASKS} -> 200")),
    ("not-modified-ignored", seen(f'{ASKS} -> 404 | ETag: "a"')),
    ("not-modified-ignored", seen('POST / | If-None-Match: "a" -> 200 | ETag: "a"')),
    ("not-modified-ignored", seen('GET / | If-None-Match: * -> 200 | ETag: "a"')),
    (
        "modified-since-ignored",
        seen(f"GET / | If-Modified-Since: {BEFORE} -> 200 | Last-Modified: {DATE}"),
    ),
    ("modified-since-ignored", seen(f"GET / | If-Modified-Since: {DATE} -> 200")),
    ("modified-since-ignored", seen(f"GET / | If-Modified-Since: {DATE} -> 404")),
    ("if-match-weak", seen('PUT / | If-Match: W/"a", "b" -> 204')),
    ("if-match-weak", seen('PUT / | If-Match: W/"a" -> 412')),
    ("if-match-weak", seen("PUT / | If-Match: * -> 204")),
    ("if-match-ignored", seen('GET / | If-Match: "a" -> 200 | ETag: "a"')),
    ("if-match-ignored", seen('GET / | If-Match: "a" -> 200')),
    ("if-match-ignored", seen('PUT / | If-Match: "a" -> 200 | ETag: "b"')),
    ("precondition-unasked", seen('PUT / | Accept: a/b | If-Match: "a" -> 412')),
    ("precondition-given", seen("PUT / -> 428")),
    ("precondition-given", seen(f"PUT / | If-Unmodified-Since: {DATE} -> 428")),
    ("if-range-weak", seen('GET / | Range: bytes=0- | If-Range: "a" -> 206')),
    ("etag-shared", seen('GET / -> 200 | ETag: "a"', b"a", earlier=TAGGED)),
    ("etag-shared", seen('HEAD / -> 200 | ETag: "a"', earlier=TAGGED)),
    ("etag-shared", seen('GET / -> 200 | ETag: "b"', b"b", earlier=TAGGED)),
    ("etag-shared", seen('GET / -> 200 | ETag: W/"a"', b"b", earlier=TAGGED)),
    ("etag-shared", seen('GET / -> 200 | ETag: "a"', b"b")),
    ("etag-shared", seen('GET / -> 206 | ETag: "a"', b"b", earlier=TAGGED)),
    ("head-differs", seen('HEAD / -> 200 | ETag: "a"', earlier=TAGGED)),
    (
        "head-differs",
        seen('HEAD / -> 200 | ETag: "a" | Content-Length: 1', earlier=TAGGED),
    ),
    ("head-differs", seen("HEAD / -> 200 | Content-Length: 9", earlier=TAGGED)),
    ("head-differs", seen("HEAD / -> 429", earlier=TAGGED)),
    ("head-differs", seen("HEAD / | Accept: a/b -> 204", earlier=TAGGED)),
    ("head-differs", seen("HEAD / -> 204")),
    ("head-differs", seen("GET / -> 204", earlier=TAGGED)),
]


@pytest.mark.parametrize("id, observation", BREACHES)
def test_a_breach_is_found(id: str, observation: Observation) -> None:
    """By the rule, and with a sentence that says what to write."""
    assert_breach(RULES, id, observation)


@pytest.mark.parametrize("id, observation", HELD)
def test_what_is_right_passes(id: str, observation: Observation) -> None:
    """The rule is asked, and says nothing."""
    assert_held(RULES, id, observation)
