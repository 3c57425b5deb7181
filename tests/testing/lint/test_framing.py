"""Messages as such: what breaches a rule, and what holds it."""

import pytest

from restlette.testing.lint import Observation
from restlette.testing.lint.framing import RULES
from tests.testing.lint.exchanges import Row, assert_breach, assert_held, seen

LONG = "1" * 5000

BREACHES: list[Row] = [
    ("head-content", seen("HEAD / -> 200", b"a")),
    ("status-content", seen("GET / -> 204", b"a")),
    ("status-content", seen("POST / -> 205", b"a")),
    ("status-content", seen("GET / -> 304", b"a")),
    ("length-forbidden", seen("GET / -> 204 | Content-Length: 0")),
    ("length-forbidden", seen("CONNECT / -> 200 | Content-Length: 0")),
    ("length-repeated", seen("GET / -> 200 | Content-Length: 1 | Content-Length: 1")),
    ("length-repeated", seen("GET / -> 200 | Content-Length: 1, 1")),
    ("length-malformed", seen("GET / -> 200 | Content-Length: +1")),
    ("length-malformed", seen("GET / -> 200 | Content-Length: \u00b2")),
    ("length-untrue", seen("GET / -> 200 | Content-Length: 2", b"a")),
    ("length-untrue", seen(f"GET / -> 200 | Content-Length: {LONG}", b"a")),
    ("field-name", seen("GET / -> 200 | X A: 1")),
    ("field-name", Observation("GET", "/", [], 200, [(b"X-A", b"1")])),
    ("field-value", seen("GET / -> 200 | X-A: a\x00b")),
    ("field-value", seen("GET / -> 200 | X-A: a ")),
    ("field-ascii", seen("GET / -> 200 | X-A: \xe9")),
    ("field-repeated", seen('GET / -> 200 | ETag: "a" | ETag: "b"')),
    ("hop-by-hop", seen("GET / -> 200 | Transfer-Encoding: chunked")),
    ("connection", seen("GET / -> 200 | Connection: close")),
    ("connection", seen("GET / -> 200 | Connection: upgrade")),
    ("status-unknown", seen("GET / -> 299")),
    ("status-range", seen("GET / -> 102")),
    ("status-range", seen("GET / -> 600")),
    ("status-unused", seen("GET / -> 305")),
    ("informational", seen("GET / -> 200", informational=[(200, [])])),
    (
        "informational",
        seen("GET / -> 200", informational=[(103, [(b"content-length", b"0")])]),
    ),
    ("early-hints", seen("GET / -> 200", informational=[(103, [(b"a", b"b")])])),
    ("switching-protocols", seen("GET / -> 200", informational=[(101, [])])),
    (
        "switching-protocols",
        seen("GET / -> 200", informational=[(101, [(b"upgrade", b"h2c")])]),
    ),
    ("trailers", seen("GET / -> 200", trailers=[(b"content-type", b"a/b")])),
]

HELD: list[Row] = [
    ("head-content", seen("HEAD / -> 200")),
    ("head-content", seen("GET / -> 200", b"a")),
    ("status-content", seen("GET / -> 204")),
    ("length-forbidden", seen("GET / -> 200 | Content-Length: 0")),
    ("length-repeated", seen("GET / -> 200 | Content-Length: 1", b"a")),
    ("length-malformed", seen("GET / -> 200 | Content-Length: 10")),
    ("length-untrue", seen("GET / -> 200 | Content-Length: 1", b"a")),
    ("length-untrue", seen("GET / -> 200 | Content-Length: 0")),
    ("length-untrue", seen("HEAD / -> 200 | Content-Length: 10")),
    ("length-untrue", seen("GET / -> 304 | Content-Length: 10")),
    ("length-untrue", seen("GET / -> 200 | Content-Length: 10", whole=False)),
    ("length-untrue", seen("GET / -> 200 | Content-Length: ten", b"a")),
    ("field-name", seen("GET / -> 200 | X-A: 1")),
    ("field-value", seen("GET / -> 200 | X-A: a\tb c | X-B: ")),
    ("field-ascii", seen("GET / -> 200 | X-A: a")),
    ("field-repeated", seen('GET / -> 200 | ETag: "a" | Vary: a | Vary: b')),
    ("connection", seen("GET / -> 426 | Connection: Upgrade | Upgrade: h2c")),
    ("status-unknown", seen("GET / -> 200")),
    ("status-unknown", seen("GET / -> 999")),
    ("status-range", seen("GET / -> 599")),
    ("informational", seen("GET / -> 200", informational=[(103, [(b"link", b"")])])),
    ("early-hints", seen("GET / -> 200", informational=[(103, [(b"Link", b"")])])),
    ("early-hints", seen("GET / -> 200", informational=[(102, [])])),
    (
        "switching-protocols",
        seen(
            "GET / | Upgrade: h2c -> 200",
            informational=[(103, []), (101, [(b"upgrade", b"h2c")])],
        ),
    ),
    ("trailers", seen("GET / -> 200", trailers=[(b"server-timing", b"a;dur=1")])),
]


@pytest.mark.parametrize("id, observation", BREACHES)
def test_a_breach_is_found(id: str, observation: Observation) -> None:
    """By the rule, and with a sentence that says what to write."""
    assert_breach(RULES, id, observation)


@pytest.mark.parametrize("id, observation", HELD)
def test_what_is_right_passes(id: str, observation: Observation) -> None:
    """The rule is asked, and says nothing."""
    assert_held(RULES, id, observation)
