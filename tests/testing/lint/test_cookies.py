"""Set-Cookie: what breaches a rule, and what holds it."""

import pytest

from restlette.testing.lint import Observation
from restlette.testing.lint.cookies import RULES
from tests.testing.lint.exchanges import Row, assert_breach, assert_held, seen


def sets(*lines: str, target: str = "/") -> Observation:
    fields = "".join(f" | Set-Cookie: {line}" for line in lines)
    return seen(f"POST {target} -> 204{fields}")


BREACHES: list[Row] = [
    ("cookie-malformed", sets("nothing")),
    ("cookie-malformed", sets("=value")),
    ("cookie-malformed", sets("a b=c")),
    ("cookie-malformed", sets("a=b c")),
    ("cookie-malformed", sets("a=1, b=2")),
    ("cookie-attribute", sets("a=b; Same-Site=Lax")),
    ("cookie-attribute", sets("a=b; whatever")),
    ("cookie-values", sets("a=b; Max-Age=1h")),
    ("cookie-values", sets("a=b; Expires=2027-01-15")),
    ("cookie-values", sets("a=b; Expires=Fri, 15-Jan-2027 08:00:00 GMT")),
    ("cookie-values", sets("a=b; SameSite=Some")),
    ("cookie-values", sets("a=b; Path=books")),
    ("cookie-samesite", sets("a=b; SameSite=None")),
    ("cookie-samesite", sets("a=b; Partitioned")),
    ("cookie-prefix", sets("__Secure-a=b")),
    ("cookie-prefix", sets("__Host-a=b; Path=/")),
    ("cookie-prefix", sets("__Host-a=b; Path=/a; Secure")),
    ("cookie-prefix", sets("__Host-a=b; Path=/; Secure; Domain=a.example")),
    ("cookie-repeated", sets("a=b", "a=c")),
    ("cookie-size", sets("a=" + "b" * 4096)),
    ("cookie-secure", sets("a=b", target="https://a/")),
]

HELD: list[Row] = [
    ("cookie-malformed", sets("a=b", 'c="d"', "e=")),
    (
        "cookie-attribute",
        sets("a=b; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=1; Partitioned"),
    ),
    ("cookie-values", sets("a=b; Max-Age=-1; SameSite=lax; Path=/")),
    ("cookie-values", sets("a=b; expires=Fri, 15 Jan 2027 08:00:00 GMT", "c=d")),
    ("cookie-samesite", sets("a=b; SameSite=None; Secure", "c=d")),
    (
        "cookie-prefix",
        sets("__Host-a=b; Path=/; Secure", "__Secure-a=b; Secure", "a=b"),
    ),
    ("cookie-repeated", sets("a=b", "a=b; Path=/", "c=d")),
    ("cookie-size", sets("a=" + "b" * 4095)),
    ("cookie-secure", sets("a=b; Secure", target="https://a/")),
    ("cookie-secure", sets("a=b", target="http://a/")),
]


@pytest.mark.parametrize("id, observation", BREACHES)
def test_a_breach_is_found(id: str, observation: Observation) -> None:
    """By the rule, and with a sentence that says what to write."""
    assert_breach(RULES, id, observation)


@pytest.mark.parametrize("id, observation", HELD)
def test_what_is_right_passes(id: str, observation: Observation) -> None:
    """The rule is asked, and says nothing."""
    assert_held(RULES, id, observation)
