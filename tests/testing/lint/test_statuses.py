"""Status codes: what breaches a rule, and what holds it."""

import pytest

from restlette.testing.lint import Observation
from restlette.testing.lint.statuses import RULES
from tests.testing.lint.exchanges import Row, assert_breach, assert_held, seen

BREACHES: list[Row] = [
    ("allow", seen("PUT / -> 405")),
    ("allow-malformed", seen("PUT / -> 405 | Allow: GET HEAD")),
    ("allow-malformed", seen("PUT / -> 405 | Allow: GET,,HEAD")),
    ("allow-contradicts", seen("PUT / -> 405 | Allow: GET, PUT")),
    ("options-allow", seen("OPTIONS / -> 204")),
    ("www-authenticate", seen("GET / -> 401")),
    ("www-authenticate", seen("GET / -> 401 | WWW-Authenticate: ")),
    ("proxy-authenticate", seen("GET / -> 407")),
    ("challenge-malformed", seen("GET / -> 401 | WWW-Authenticate: Basic")),
    ("challenge-malformed", seen('GET / -> 401 | WWW-Authenticate: realm="a"')),
    ("challenge-malformed", seen("GET / -> 401 | WWW-Authenticate: a, b c d")),
    ("challenge-malformed", seen("GET / -> 407 | Proxy-Authenticate: ;")),
    (
        "challenge-malformed",
        seen('GET / -> 401 | WWW-Authenticate: Bearer realm="a", Digest realm="b"'),
    ),
    ("created-location", seen("POST /books -> 201")),
    ("redirect-location", seen("GET / -> 302")),
    ("reference-malformed", seen("GET / -> 303 | Location: /a b")),
    ("reference-malformed", seen("GET / -> 303 | Location: ")),
    ("reference-malformed", seen("GET / -> 303 | Location: /%zz")),
    ("reference-malformed", seen("GET / -> 303 | Location: http://a b/")),
    ("reference-malformed", seen("GET / -> 303 | Location: /a#b#c")),
    ("reference-malformed", seen("GET / -> 200 | Content-Location: <a>")),
    ("location-meaningless", seen("GET / -> 200 | Location: /a")),
    ("redirect-loop", seen("GET http://a/b -> 307 | Location: /b#c")),
    ("location-script", seen("GET / -> 303 | Location: javascript:alert(1)")),
    ("upgrade", seen("GET / -> 426")),
    ("upgrade-connection", seen("GET / -> 426 | Upgrade: h2c")),
    ("accept-patch", seen("PATCH / -> 415")),
    ("unsupported-media-type", seen("POST / -> 415")),
    ("retry-after-malformed", seen("GET / -> 503 | Retry-After: 1.5")),
    ("retry-after-malformed", seen("GET / -> 503 | Retry-After: soon")),
    ("expectation-unasked", seen("POST / -> 417")),
    ("method-unknown", seen("GET / -> 501")),
    ("redirect-insecure", seen("GET https://a/ -> 301 | Location: http://a/b")),
    ("legal-reasons", seen("GET / -> 451")),
]

HELD: list[Row] = [
    ("allow", seen("PUT / -> 405 | Allow: ")),
    ("allow-malformed", seen("PUT / -> 405 | Allow: GET, HEAD")),
    ("allow-malformed", seen("PUT / -> 405 | Allow: ")),
    ("allow-contradicts", seen("PUT / -> 405 | Allow: GET")),
    ("allow-contradicts", seen("PUT / -> 405")),
    ("options-allow", seen("OPTIONS / -> 200 | Allow: GET")),
    ("options-allow", seen("GET / -> 200")),
    (
        "options-allow",
        seen("OPTIONS / | Access-Control-Request-Method: PUT -> 204"),
    ),
    ("www-authenticate", seen("GET / -> 401 | WWW-Authenticate: Bearer")),
    ("proxy-authenticate", seen("GET / -> 407 | Proxy-Authenticate: Bearer")),
    ("challenge-malformed", seen("GET / -> 401 | WWW-Authenticate: Bearer")),
    ("challenge-malformed", seen("GET / -> 401 | WWW-Authenticate: Token YWJj=")),
    (
        "challenge-malformed",
        seen(
            'GET / -> 401 | WWW-Authenticate: Basic realm="a, b", charset="UTF-8", '
            "Digest nonce=abc, realm=c"
        ),
    ),
    ("challenge-malformed", seen("GET / -> 407 | Proxy-Authenticate: Negotiate")),
    ("created-location", seen("POST /books -> 201 | Location: /books/1")),
    ("created-location", seen("PUT /books/1 -> 201")),
    ("redirect-location", seen("GET / -> 302 | Location: /a")),
    ("reference-malformed", seen("GET / -> 303 | Location: //a@b:80/c;d?e=/?#f/?")),
    ("reference-malformed", seen("GET / -> 303 | Location: http://[::1]:8000")),
    ("reference-malformed", seen("GET / -> 303 | Location: ../a%20b")),
    ("reference-malformed", seen("GET / -> 303 | Location: ?page=2")),
    ("reference-malformed", seen("POST / -> 201 | Location: ref:Name?id=1")),
    ("reference-malformed", seen("GET / -> 200 | Content-Location: urn:a:b")),
    ("location-meaningless", seen("POST / -> 202 | Location: /jobs/1")),
    ("location-meaningless", seen("GET / -> 307 | Location: /jobs/1")),
    ("redirect-loop", seen("GET http://a/b -> 307 | Location: /b/")),
    ("redirect-loop", seen("GET http://a/b -> 303")),
    ("redirect-loop", seen("POST http://a/b -> 303 | Location: /b")),
    ("redirect-loop", seen("GET http://a/ -> 307 | Location: / | Set-Cookie: a=b")),
    ("redirect-loop", seen("GET http://a/ -> 307 | Location: http://[a/")),
    ("location-script", seen("GET / -> 303 | Location: /javascript:a")),
    ("upgrade", seen("GET / -> 426 | Upgrade: h2c")),
    ("upgrade-connection", seen("GET / -> 426 | Upgrade: a | Connection: Upgrade")),
    ("accept-patch", seen("PATCH / -> 415 | Accept-Patch: application/json")),
    ("accept-patch", seen("PATCH / | Content-Encoding: br -> 415")),
    ("accept-patch", seen("POST / -> 415")),
    ("unsupported-media-type", seen("POST / -> 415 | Accept: application/json")),
    ("unsupported-media-type", seen("POST / -> 415 | Accept-Encoding: gzip")),
    ("unsupported-media-type", seen("PATCH / -> 415")),
    ("retry-after-malformed", seen("GET / -> 503 | Retry-After: 120")),
    (
        "retry-after-malformed",
        seen("GET / -> 503 | Retry-After: Fri, 15 Jan 2027 08:00:00 GMT"),
    ),
    ("expectation-unasked", seen("POST / | Expect: a -> 417")),
    ("method-unknown", seen("BREW / -> 501")),
    ("redirect-insecure", seen("GET https://a/ -> 301 | Location: https://a/b")),
    ("redirect-insecure", seen("GET http://a/ -> 301")),
    (
        "legal-reasons",
        seen('GET / -> 451 | Link: <https://a/>; rel="blocked-by"'),
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
