"""Content and its fields: what breaches a rule, and what holds it."""

import pytest

from restlette.testing.lint import Observation
from restlette.testing.lint.representations import RULES
from tests.testing.lint.exchanges import Row, assert_breach, assert_held, seen

JSON = "GET / -> 200 | Content-Type: application/json"
PROBLEM = "GET / -> 404 | Content-Type: application/problem+json"

BREACHES: list[Row] = [
    ("content-type", seen("GET / -> 200", b"a")),
    ("content-type-malformed", seen("GET / -> 200 | Content-Type: json", b"a")),
    ("content-type-malformed", seen("GET / -> 200 | Content-Type: text/plain; a", b"")),
    ("content-type-malformed", seen("GET / -> 200 | Content-Type: text/*", b"a")),
    (
        "charset-missing",
        seen("GET / -> 200 | Content-Type: text/plain", "\xe9".encode()),
    ),
    ("charset-missing", seen("GET / -> 200 | Content-Type: text/html", b"<p>\xe9")),
    (
        "charset-untrue",
        seen("GET / -> 200 | Content-Type: text/plain; charset=utf-8", b"\xe9"),
    ),
    (
        "charset-untrue",
        seen("GET / -> 200 | Content-Type: text/plain; charset=utf-88", b"a"),
    ),
    (
        "charset-untrue",
        seen("GET / -> 200 | Content-Type: text/plain; charset=rot13", b"a"),
    ),
    ("json-malformed", seen(JSON, b"{")),
    ("json-malformed", seen(JSON, b"")),
    ("json-malformed", seen(JSON, b"[" * 100_000)),
    ("json-malformed", seen(JSON, b'{"a": [1, NaN]}')),
    ("json-malformed", seen(JSON, b"[-Infinity]")),
    ("problem", seen(PROBLEM, b"[]")),
    ("problem", seen(PROBLEM, b'{"title": 1}')),
    ("problem", seen(PROBLEM, b'{"type": "not a uri"}')),
    ("problem-status", seen(PROBLEM, b'{"status": 400}')),
    ("coding-malformed", seen("GET / -> 200 | Content-Encoding: identity")),
    ("coding-malformed", seen("GET / -> 200 | Content-Encoding: gzip;q=1")),
    ("coding-unknown", seen("GET / -> 200 | Content-Encoding: utf-8")),
    (
        "coding-refused",
        seen("GET / | Accept-Encoding: br -> 200 | Content-Encoding: gzip"),
    ),
    (
        "coding-refused",
        seen("GET / | Accept-Encoding: gzip;q=0.0, * -> 200 | Content-Encoding: gzip"),
    ),
    ("coding-untrue", seen("GET / -> 200 | Content-Encoding: gzip", b"a")),
    ("language-malformed", seen("GET / -> 200 | Content-Language: en_US")),
    ("disposition-malformed", seen("GET / -> 200 | Content-Disposition: ; a=b")),
    (
        "disposition-malformed",
        seen("GET / -> 200 | Content-Disposition: attachment; filename=a b.txt"),
    ),
    ("link-malformed", seen("GET / -> 200 | Link: /a; rel=next")),
    ("link-malformed", seen("GET / -> 200 | Link: </a b>; rel=next")),
    ("link-malformed", seen("GET / -> 200 | Link: </a>")),
    ("link-malformed", seen("GET / -> 200 | Link: </a>; rel=a, </b>; title=rel")),
    ("media-types-malformed", seen("GET / -> 200 | Accept-Patch: json")),
    ("media-types-malformed", seen("GET / -> 415 | Accept: a/b, c")),
    (
        "accept-ignored",
        seen("GET / | Accept: text/html -> 200 | Content-Type: text/plain", b"a"),
    ),
    ("nosniff", seen("GET / -> 200 | X-Content-Type-Options: yes")),
]

HELD: list[Row] = [
    ("content-type", seen("GET / -> 200")),
    ("content-type", seen("GET / -> 200 | Content-Type: text/plain", b"a")),
    ("content-type-malformed", seen('GET / -> 200 | Content-Type: a/b; c="d e"')),
    ("charset-missing", seen("GET / -> 200 | Content-Type: text/plain", b"a")),
    ("charset-missing", seen("GET / -> 200 | Content-Type: text/csv", b"\xe9")),
    ("charset-missing", seen("GET / -> 200 | Content-Type: nonsense", b"\xe9")),
    (
        "charset-missing",
        seen("GET / -> 200 | Content-Type: text/html; charset=latin-1", b"\xe9"),
    ),
    (
        "charset-missing",
        seen("GET / -> 200 | Content-Type: text/html", b"<meta charset=utf-8>\xc3\xa9"),
    ),
    (
        "charset-missing",
        seen("GET / -> 200 | Content-Type: text/html | Content-Encoding: br", b"\xe9"),
    ),
    (
        "charset-untrue",
        seen("GET / -> 200 | Content-Type: text/plain; charset=iso-8859-1", b"\xe9"),
    ),
    ("charset-untrue", seen("GET / -> 200 | Content-Type: text/plain", b"\xe9")),
    ("charset-untrue", seen("GET / -> 200 | Content-Type: nonsense", b"\xe9")),
    (
        "charset-untrue",
        seen(
            "GET / -> 200 | Content-Type: text/plain; charset=utf-8",
            b"\xe9",
            whole=False,
        ),
    ),
    (
        "charset-untrue",
        seen("GET / -> 206 | Content-Type: text/plain; charset=utf-8", b"\xa9"),
    ),
    ("json-malformed", seen(JSON, b'[1, "NaN", {"a": 1.5}]')),
    ("json-malformed", seen(JSON.replace("GET", "HEAD"))),
    ("json-malformed", seen(JSON.replace("200", "303"))),
    ("json-malformed", seen(JSON.replace("200", "206"), b"[1")),
    ("json-malformed", seen(JSON + " | Content-Encoding: gzip", b"\x1f\x8b")),
    ("json-malformed", seen("GET / -> 200 | Content-Type: application/jsonl", b"{")),
    (
        "problem",
        seen(PROBLEM, b'{"type": "about:blank", "title": "a", "detail": ""}'),
    ),
    ("problem", seen(PROBLEM, b"{")),
    ("problem", seen(PROBLEM, b"")),
    ("problem", seen(JSON, b"[]")),
    ("problem", seen(PROBLEM, b"[]", whole=False)),
    ("problem-status", seen(PROBLEM, b'{"status": 404}')),
    ("problem-status", seen(PROBLEM, b"{}")),
    ("problem-status", seen(PROBLEM, b"[]")),
    ("coding-malformed", seen("GET / -> 200 | Content-Encoding: gzip, br")),
    ("coding-unknown", seen("GET / -> 200 | Content-Encoding: x-gzip, br")),
    (
        "coding-refused",
        seen("GET / | Accept-Encoding: br, gzip;q=0.5 -> 200 | Content-Encoding: gzip"),
    ),
    (
        "coding-refused",
        seen("GET / | Accept-Encoding: * -> 200 | Content-Encoding: x-gzip"),
    ),
    ("coding-refused", seen("GET / -> 200 | Content-Encoding: gzip")),
    ("coding-refused", seen("GET / | Accept-Encoding: br -> 200 | Content-Encoding: ")),
    (
        "coding-refused",
        seen("GET / | Accept-Encoding: a -> 304 | Content-Encoding: br"),
    ),
    ("coding-untrue", seen("GET / -> 200 | Content-Encoding: gzip", b"\x1f\x8b\x08")),
    ("coding-untrue", seen("GET / -> 200 | Content-Encoding: br", b"a")),
    ("coding-untrue", seen("HEAD / -> 200 | Content-Encoding: gzip")),
    ("coding-untrue", seen("GET / -> 206 | Content-Encoding: gzip", b"a")),
    ("language-malformed", seen("GET / -> 200 | Content-Language: en, de-CH")),
    (
        "disposition-malformed",
        seen("GET / -> 200 | Content-Disposition: inline; filename*=UTF-8''a%20b"),
    ),
    ("disposition-malformed", seen("GET / -> 200 | Content-Disposition: inline")),
    (
        "link-malformed",
        seen('GET / -> 200 | Link: </a?b=1,2>; rel="next", <>; crossorigin; REL=self'),
    ),
    ("media-types-malformed", seen("GET / -> 200 | Accept-Post: a/b, c/d; e=f")),
    (
        "accept-ignored",
        seen("GET / | Accept: a/b, text/* -> 200 | Content-Type: text/plain", b"a"),
    ),
    ("accept-ignored", seen("GET / | Accept: a/b -> 404 | Content-Type: c/d", b"a")),
    (
        "accept-ignored",
        seen("GET / | Accept: nonsense -> 200 | Content-Type: c/d", b"a"),
    ),
    ("accept-ignored", seen("GET / | Accept:  -> 200 | Content-Type: c/d", b"a")),
    ("accept-ignored", seen("GET / | Accept: a/b -> 200")),
    ("nosniff", seen("GET / -> 200 | X-Content-Type-Options: nosniff")),
]


@pytest.mark.parametrize("id, observation", BREACHES)
def test_a_breach_is_found(id: str, observation: Observation) -> None:
    """By the rule, and with a sentence that says what to write."""
    assert_breach(RULES, id, observation)


@pytest.mark.parametrize("id, observation", HELD)
def test_what_is_right_passes(id: str, observation: Observation) -> None:
    """The rule is asked, and says nothing."""
    assert_held(RULES, id, observation)
