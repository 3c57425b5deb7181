"""CORS and HSTS: what breaches a rule, and what holds it."""

import pytest

from restlette.testing.lint import Observation
from restlette.testing.lint.cross_origin import RULES
from tests.testing.lint.exchanges import Row, assert_breach, assert_held, seen

ANY = "GET / -> 200 | Access-Control-Allow-Origin: *"
ONE = "GET / -> 200 | Access-Control-Allow-Origin: https://a.example"
NULL = "GET / -> 200 | Access-Control-Allow-Origin: null"
CREDENTIALS = " | Access-Control-Allow-Credentials: true"
METHODS = "GET / -> 200 | Access-Control-Allow-Methods: "

BREACHES: list[Row] = [
    ("cors-origin", seen(ONE + "/")),
    ("cors-origin", seen(ONE + ", https://b.example")),
    ("cors-origin", seen("GET / -> 200 | Access-Control-Allow-Origin: a.example")),
    ("cors-credentials", seen(ANY + CREDENTIALS)),
    ("cors-credentials", seen(METHODS + "*" + CREDENTIALS)),
    ("cors-credentials-value", seen(ONE + CREDENTIALS.replace("true", "True"))),
    ("cors-null", seen(NULL + CREDENTIALS)),
    ("cors-lists", seen(METHODS + "GET POST")),
    ("cors-max-age", seen("GET / -> 200 | Access-Control-Max-Age: 1h")),
    ("hsts-malformed", seen("GET / -> 200 | Strict-Transport-Security: on")),
]

HELD: list[Row] = [
    ("cors-origin", seen(ANY)),
    ("cors-origin", seen(NULL)),
    ("cors-origin", seen(ONE + ":8443")),
    ("cors-origin", seen("GET / -> 200 | Access-Control-Allow-Origin: http://[::1]")),
    ("cors-credentials", seen(ONE + CREDENTIALS)),
    ("cors-credentials-value", seen(ONE + CREDENTIALS)),
    ("cors-null", seen(NULL)),
    ("cors-null", seen(ONE + CREDENTIALS)),
    ("cors-lists", seen(METHODS + "GET, POST")),
    ("cors-lists", seen(METHODS)),
    ("cors-max-age", seen("GET / -> 200 | Access-Control-Max-Age: -1")),
    (
        "hsts-malformed",
        seen("GET / -> 200 | Strict-Transport-Security: includeSubDomains; max-age=1"),
    ),
]


@pytest.mark.parametrize("id, observation", BREACHES)
def test_a_breach_is_found(id: str, observation: Observation) -> None:
    """By the rule, and with a sentence that says what to write."""
    assert_breach(RULES, id, observation)


@pytest.mark.parametrize("id, observation", HELD)
def test_what_is_right_passes(id: str, observation: Observation) -> None:
    """The rule is asked, and says nothing."""
    assert_held(RULES, id, observation)
