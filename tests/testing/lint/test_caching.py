"""Caches: what breaches a rule, and what holds it."""

import pytest

from restlette.testing.lint import Observation
from restlette.testing.lint.caching import RULES
from tests.testing.lint.exchanges import Row, assert_breach, assert_held, seen

OK = "GET / -> 200 | Cache-Control: "
COOKIE = " | Set-Cookie: a=b"
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
PLAIN = seen("GET / -> 200 | Content-Type: text/plain", b"a")
CORS = "GET / | Origin: https://a -> 200 | Access-Control-Allow-Origin: https://a"

BREACHES: list[Row] = [
    ("cache-control-malformed", seen(OK + "max-age: 60")),
    ("cache-control-malformed", seen(OK + "public,,max-age=1")),
    ("cache-control-malformed", seen(OK + "max-age=-1")),
    ("cache-control-malformed", seen(OK + "max-age=1h")),
    ("cache-control-malformed", seen(OK + "max-age")),
    ("cache-control-malformed", seen(OK + 'max-age="60"')),
    ("cache-control-malformed", seen(OK + "no-store=1")),
    ("cache-control-misspelt", seen(OK + "nocache")),
    ("cache-control-misspelt", seen(OK + "maxage=60")),
    ("cache-control-of-requests", seen(OK + "only-if-cached")),
    ("cache-control-contradicts", seen(OK + "public, private")),
    ("cache-control-contradicts", seen(OK + "no-store, max-age=60")),
    ("cache-control-repeated", seen(OK + "max-age=1, max-age=2")),
    ("pragma", seen("GET / -> 200 | Pragma: no-cache")),
    ("age-malformed", seen("GET / -> 200 | Age: -1")),
    ("cacheable-cookie", seen(OK + "public" + COOKIE)),
    ("cacheable-cookie", seen(OK + "max-age=60" + COOKIE)),
    ("cacheable-cookie", seen(f"GET / -> 200 | Expires: {DATE}{COOKIE}")),
    ("cacheable-cookie", seen(f"GET / -> 200 | Last-Modified: {DATE}{COOKIE}")),
    (
        "cacheable-authorization",
        seen("GET / | Authorization: a b -> 200 | Cache-Control: public"),
    ),
    ("status-cacheable", seen("GET / -> 429 | Cache-Control: max-age=60")),
    ("vary-malformed", seen("GET / -> 200 | Vary: Accept Origin")),
    ("vary-malformed", seen("GET / -> 200 | Vary: *, Accept")),
    ("vary-accept", seen("GET / -> 200", b"a", selected_by=["accept"])),
    (
        "vary-accept",
        seen(
            "GET / | Accept: a/b -> 200 | Content-Type: a/b | Vary: Origin",
            b"a",
            earlier=PLAIN,
        ),
    ),
    (
        "vary-accept-encoding",
        seen("GET / | Accept-Encoding: gzip -> 200 | Content-Encoding: gzip"),
    ),
    (
        "vary-accept-encoding",
        seen(
            "GET / -> 200",
            earlier=seen("GET / | Accept-Encoding: br -> 200 | Content-Encoding: br"),
        ),
    ),
    (
        "vary-accept-language",
        seen("GET / | Accept-Language: de -> 200 | Content-Language: de"),
    ),
    ("vary-accept-language", seen("GET / -> 200", read=["accept-language"])),
    (
        "vary-accept-language",
        seen(
            "GET / -> 200 | Content-Language: en",
            earlier=seen("GET / | Accept-Language: de -> 200 | Content-Language: de"),
        ),
    ),
    ("vary-origin", seen(CORS)),
    ("vary-cookie", seen(OK + "max-age=60", read=["cookie"])),
    ("vary-cookie", seen(OK + "public", selected_by=["cookie"])),
    (
        "vary-cookie",
        seen("GET / | Cookie: a=b -> 200", b"b", read=["cookie"], earlier=PLAIN),
    ),
    (
        "vary-cookie",
        seen(
            "GET / | Authorization: a b -> 200 | Cache-Control: public",
            selected_by=["cookie"],
        ),
    ),
    ("vary-cookie-unsaid", seen("GET / | Cookie: a=b -> 200", read=["cookie"])),
    ("vary-cookie-unsaid", seen("GET / -> 200", selected_by=["cookie"])),
]

HELD: list[Row] = [
    ("cache-control-malformed", seen(OK + "max-age=60, must-revalidate")),
    ("cache-control-malformed", seen(OK + 'no-cache="a, b", private="c"')),
    ("cache-control-malformed", seen(OK + 'x-mine="a\\"b", Public')),
    ("cache-control-misspelt", seen(OK + "max-age=60, x-quite-another-one")),
    ("cache-control-of-requests", seen(OK + "no-cache")),
    ("cache-control-contradicts", seen(OK + "no-store, no-cache, max-age=0")),
    ("cache-control-contradicts", seen(OK + 'private="a", public')),
    ("cache-control-contradicts", seen(OK + "public, max-age=60, immutable")),
    ("cache-control-repeated", seen(OK + "max-age=1, s-maxage=2")),
    ("age-malformed", seen("GET / -> 200 | Age: 0")),
    ("cacheable-cookie", seen(OK + "private, max-age=60" + COOKIE)),
    ("cacheable-cookie", seen(OK + "no-store" + COOKIE)),
    ("cacheable-cookie", seen(OK + 'no-cache="set-cookie", max-age=1' + COOKIE)),
    ("cacheable-cookie", seen(OK + "max-age=0" + COOKIE)),
    ("cacheable-cookie", seen("GET / -> 200 | Set-Cookie: a=b")),
    ("cacheable-cookie", seen("GET / -> 200 | Expires: 0 | Set-Cookie: a=b")),
    ("cacheable-cookie", seen("POST / -> 200 | Cache-Control: public" + COOKIE)),
    ("cacheable-authorization", seen("GET / | Authorization: a b -> 200")),
    ("cacheable-authorization", seen("PUT / | Authorization: a b -> 204")),
    ("status-cacheable", seen("GET / -> 429 | Cache-Control: no-store")),
    ("status-cacheable", seen(f"GET / -> 429 | Last-Modified: {DATE}")),
    ("vary-malformed", seen("GET / -> 200 | Vary: Accept, Origin")),
    ("vary-malformed", seen("GET / -> 200 | Vary: *")),
    ("vary-accept", seen("GET / -> 200", b"a")),
    ("vary-accept", seen("GET / -> 200", selected_by=["accept"])),
    (
        "vary-accept",
        seen("GET / -> 200 | Vary: accept", b"a", selected_by=["accept"]),
    ),
    ("vary-accept", seen("GET / -> 200 | Vary: *", b"a", selected_by=["accept"])),
    ("vary-accept", seen("POST / -> 200", b"a", selected_by=["accept"])),
    ("vary-accept", seen(OK + "no-store", b"a", selected_by=["accept"])),
    ("vary-accept", seen("GET / -> 500", b"a", selected_by=["accept"])),
    (
        "vary-accept",
        seen("GET / -> 200 | Content-Type: a/b", b"a", earlier=PLAIN),
    ),
    (
        "vary-accept",
        seen("GET / | Accept: a/b -> 404 | Content-Type: a/b", b"a", earlier=PLAIN),
    ),
    ("vary-accept-encoding", seen("GET / -> 200 | Content-Encoding: gzip")),
    ("vary-accept-encoding", seen("GET / | Accept-Encoding: gzip -> 200")),
    (
        "vary-accept-encoding",
        seen(
            "GET / | Accept-Encoding: br -> 200 | Content-Encoding: br | "
            "Vary: Accept-Encoding"
        ),
    ),
    ("vary-accept-language", seen("GET / -> 200 | Content-Language: de")),
    ("vary-accept-language", seen("GET / | Accept-Language: de -> 200")),
    (
        "vary-accept-language",
        seen("GET / -> 200 | Vary: Accept-Language", read=["accept-language"]),
    ),
    ("vary-origin", seen(CORS + " | Vary: Origin")),
    ("vary-origin", seen("GET / | Origin: b -> 200 | Access-Control-Allow-Origin: a")),
    ("vary-cookie", seen(OK + "max-age=60 | Cookie: a=b")),
    ("vary-cookie", seen(OK + "max-age=60 | Vary: Cookie", read=["cookie"])),
    ("vary-cookie", seen(OK + "private, max-age=60", read=["cookie"])),
    ("vary-cookie", seen("GET / -> 200", read=["cookie"])),
    (
        "vary-cookie",
        seen("GET / | Cookie: a=b -> 200", b"a", read=["cookie"], earlier=PLAIN),
    ),
    ("vary-cookie", seen("GET / -> 200", b"b", read=["cookie"], earlier=PLAIN)),
    (
        "vary-cookie",
        seen("GET / | Cookie: a=b -> 206", b"b", read=["cookie"], earlier=PLAIN),
    ),
    ("vary-cookie-unsaid", seen(OK + "max-age=60", read=["cookie"])),
    ("vary-cookie-unsaid", seen("GET / -> 200")),
    ("vary-cookie-unsaid", seen("GET / -> 200 | Vary: Cookie", read=["cookie"])),
    ("vary-cookie-unsaid", seen("GET / -> 404", read=["cookie"])),
    ("vary-cookie-unsaid", seen(OK + "private", read=["cookie"])),
    (
        "vary-cookie-unsaid",
        seen("GET / | Authorization: a b -> 200", read=["cookie"]),
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
