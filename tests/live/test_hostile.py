"""The bookshop, asked what no client would ask, as bytes through a socket.

Rows are called by area and number, as everywhere in the tests. A server has a say of
its own: what one refuses before the application sees it, the other hands over. Where
they differ, the row has an answer for each.
"""

from __future__ import annotations

import time

import pytest

from tests.live.server import Server
from tests.live.wire import Answer, ask, message

Status = int | dict[str, int]


def expected(shop: Server, status: Status) -> int:
    """Give the status that a row expects of this server."""
    return status if isinstance(status, int) else status[shop.http]


def assert_unharmed(shop: Server) -> None:
    """Assert that the next one is answered as ever."""
    assert ask(shop, message("GET /books/1")).status == 200


# What llhttp, behind httptools, takes for no HTTP at all is the application's 501
# behind h11.
NO_METHOD: Status = {"h11": 501, "httptools": 400}


@pytest.mark.parametrize(
    "method, status",
    [
        pytest.param("__INIT__", NO_METHOD, id="dispatch-1 __INIT__"),
        pytest.param("__CLASS__", NO_METHOD, id="dispatch-1 __CLASS__"),
        pytest.param("DISPATCH", NO_METHOD, id="dispatch-1 DISPATCH"),
        pytest.param("HELPER", NO_METHOD, id="dispatch-1 HELPER"),
        pytest.param("SCOPE", NO_METHOD, id="dispatch-1 SCOPE"),
        pytest.param("STORE", NO_METHOD, id="dispatch-1 STORE"),
        pytest.param("REF", NO_METHOD, id="dispatch-1 REF"),
        pytest.param("on_get", NO_METHOD, id="dispatch-1 on_get"),
        pytest.param("X" * 10_000, NO_METHOD, id="dispatch-1 10 kB"),
        pytest.param("get", NO_METHOD, id="dispatch-2 get"),
        pytest.param("Get", NO_METHOD, id="dispatch-2 Get"),
        pytest.param("TRACE", 405, id="dispatch-7 TRACE"),
        pytest.param("QUERY", 405, id="dispatch-7 QUERY"),
        pytest.param("PROPFIND", 501, id="dispatch-7 PROPFIND"),
        pytest.param("PRI", NO_METHOD, id="dispatch-7 PRI"),
    ],
)
def test_a_method_that_is_none_runs_nothing(
    shop: Server, method: str, status: Status
) -> None:
    answer = ask(shop, message(f"{method} /books"))
    assert answer.status == expected(shop, status)
    assert b"Pillow" not in answer.content
    if answer.status == 405:
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert_unharmed(shop)


# Servers decode the path before the application sees it, and keep what was sent
# beside it. `target` goes out as it stands here.
@pytest.mark.parametrize(
    "target, status",
    [
        pytest.param(b"/books%2F1", 404, id="route-11 encoded slash"),
        pytest.param(b"/books/1%2F", 404, id="route-11 encoded slash at the end"),
        pytest.param(b"//", 404, id="route-12 two slashes"),
        pytest.param(b"///books", 404, id="route-12 three slashes"),
        pytest.param(b"//books", 404, id="route-12 empty segment first"),
        pytest.param(b"/books//1", 404, id="route-12 empty segment"),
        pytest.param(b"/./books", 404, id="route-12 dot"),
        pytest.param(b"/x/../books", 404, id="route-12 dots"),
        pytest.param(b"/%2e%2e/books", 404, id="route-12 encoded dots"),
        pytest.param(b"/books/%00", 400, id="route-13 NUL"),
        pytest.param(b"/books/1%0a", 400, id="route-13 LF"),
        pytest.param(b"/books/%1b[31m", 400, id="route-13 ESC"),
        pytest.param(b"/books/1%7f", 400, id="route-13 DEL"),
        pytest.param(b"/books/%ff", 400, id="route-14 no UTF-8"),
        pytest.param(b"/books/%c0%af", 400, id="route-14 overlong"),
        pytest.param(b"/books/%ed%a0%80", 400, id="route-14 surrogate"),
        pytest.param(b"@evil.example", 400, id="route-15 @"),
        pytest.param(b"books/1", 400, id="route-15 no slash"),
        # RFC 9112 §3.2.2: a server must accept the absolute form. httptools gives
        # uvicorn the path of it, h11 all of it.
        pytest.param(
            b"http://evil.example/x",
            {"h11": 400, "httptools": 404},
            id="route-15 absolute form",
        ),
        pytest.param(b"/books/" + b"9" * 5000, 404, id="route-8 5000 digits"),
        pytest.param("/books/\u0661".encode(), 400, id="route-9 not encoded"),
        pytest.param(b"/books/%D9%A1", 404, id="route-9 Arabic digit"),
        pytest.param(b"/books/+1", 404, id="route-9 +1"),
        pytest.param(b"/books/1_0", 404, id="route-9 1_0"),
        pytest.param(b"/books/%201", 404, id="route-9 space"),
        pytest.param(b"/books/-0", 404, id="route-9 -0"),
        pytest.param(b"/books/1e9", 404, id="route-9 1e9"),
    ],
)
def test_a_path_is_matched_as_it_was_sent(
    shop: Server, target: bytes, status: Status
) -> None:
    answer = ask(shop, message(b"GET " + target))
    assert answer.status == expected(shop, status)
    assert "location" not in answer.headers
    assert b"evil" not in answer.content
    assert_unharmed(shop)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(b"//evil.example/books/", id="redirect-16 two slashes"),
        pytest.param(b"///books/", id="redirect-16 three slashes"),
        pytest.param(b"/\\evil.example/", id="redirect-16 backslash"),
        pytest.param(b"/%5cevil.example/", id="redirect-16 encoded backslash"),
        pytest.param(b"/%09/evil.example/", id="redirect-16 tab"),
        pytest.param(b"/%2f/evil.example/", id="redirect-16 encoded slash"),
    ],
)
def test_no_path_makes_a_redirect_elsewhere(shop: Server, target: bytes) -> None:
    answer = ask(shop, message(b"GET " + target))
    assert answer.status in (400, 404)
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:1", "[::1]:80", "shop.example:443"]
)
def test_the_host_has_no_part_in_a_redirect(shop: Server, host: str) -> None:
    request = message("GET /books/", f"Host: {host}", "Connection: close")
    answer = ask(shop, request)
    assert answer.status == 307
    assert answer.headers == {"location": "/books", "content-length": "0"}


@pytest.mark.parametrize(
    "host, status",
    [
        pytest.param(b"shop.example", 200, id="a name"),
        pytest.param(b"SHOP.example:8000", 200, id="capitals and a port"),
        pytest.param(b"[::1]:80", 200, id="IPv6"),
        pytest.param(b"my_shop", 200, id="underscore"),
        pytest.param(b"a/?x", 400, id="host-19 a/?x"),
        pytest.param(b"a#", 400, id="host-19 a#"),
        pytest.param(b"a@evil", 400, id="host-19 a@evil"),
        pytest.param(b"evil:80:80", 400, id="host-19 evil:80:80"),
        pytest.param(b"[::1", 400, id="host-19 [::1"),
        pytest.param(b"a b", 400, id="host-19 space"),
        pytest.param(b"a\tb", 400, id="host-19 tab"),
        pytest.param(b"a\xff", 400, id="host-19 0xff"),
        pytest.param(b"", 400, id="host-19 empty"),
        pytest.param(b"a" * 300, 400, id="host-19 300 characters"),
        pytest.param(b"a.example.", 400, id="host-19 dot at the end"),
        pytest.param(b"a:99999", 400, id="host-19 no port"),
    ],
)
def test_a_host_is_one_by_the_grammar(shop: Server, host: bytes, status: int) -> None:
    request = message("GET /books/1", b"Host: " + host, "Connection: close")
    assert ask(shop, request).status == status


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([], id="host-20 none"),
        pytest.param(["Host: a.example", "Host: b.example"], id="host-20 two"),
        pytest.param(["Host: a.example", "Host: a.example"], id="host-20 one twice"),
    ],
)
def test_a_request_has_one_host(shop: Server, fields: list[str]) -> None:
    request = message("GET /books/1", *fields, "Connection: close")
    assert ask(shop, request).status == 400


def quickly(shop: Server, request: bytes) -> Answer:
    """Ask, and assert that it took no long time; the bound is for a loaded machine."""
    started = time.monotonic()
    answer = ask(shop, request)
    assert time.monotonic() - started < 2
    assert_unharmed(shop)
    return answer


BASIC = ["Host: shop.example", "Connection: close"]


@pytest.mark.parametrize(
    "fields, status",
    [
        pytest.param(
            ["X-Same: x"] * 5_000,
            431,
            id="headers-24 5,000 times one",
        ),
        pytest.param(
            ["X-Long: " + "x" * 60_000],
            200,
            id="headers-24 60 kB in one",
        ),
        pytest.param(
            ["Cookie: a=" + '"' + "\\\\" * 20_000 + '"'],
            200,
            id="cookies-32 40 kB",
        ),
        pytest.param(
            ["Cookie: " + "; ".join(f"c{n}=" for n in range(7_000))],
            200,
            id="cookies-32 7,000 of them",
        ),
        pytest.param(
            ["Accept: " + ",".join(f"a/{n};q=0.{n}" for n in range(3_000))],
            406,
            id="headers-26 3,000 media ranges",
        ),
        pytest.param(
            ["Accept: " + "\xe4;;;," * 5_000 + "*/*"],
            200,
            id="headers-25 junk, then anything",
        ),
    ],
)
def test_header_fields_cost_no_more_than_their_length(
    shop: Server, fields: list[str], status: int
) -> None:
    answer = quickly(shop, message("GET /books/1", *BASIC, *fields))
    assert answer.status == status


def test_headers_24_20_000_header_fields_are_refused(shop: Server) -> None:
    many = [f"X-{number}: {number}" for number in range(20_000)]
    try:
        status = quickly(shop, message("GET /books/1", *BASIC, *many)).status
    except ConnectionError:
        # h11 takes 64 KiB of them. What is still on its way when uvicorn closes the
        # connection can cost the client its answer.
        status = 400
        assert_unharmed(shop)
    assert status == expected(shop, {"h11": 400, "httptools": 431})


@pytest.mark.parametrize(
    "query, status",
    [
        pytest.param("&".join(["q="] * 1_001), 400, id="query-121 1,001 parameters"),
        pytest.param("&" * 30_000, 200, id="query-121 30,000 times nothing"),
        pytest.param("q=a;limit=0", 200, id="query-121 ; does not separate"),
        pytest.param("a[]=1", 422, id="query-121 a[]="),
        pytest.param("q=%", 200, id="query-121 % alone"),
        pytest.param("q=%ff", 200, id="query-121 no UTF-8"),
        pytest.param("q=%ed%a0%80", 200, id="query-121 lone surrogate"),
        pytest.param("q=a&q=b", 422, id="query-121 twice"),
        pytest.param("limit=+1", 422, id="query-121 space and one"),
        pytest.param("limit=" + "9" * 5_000, 422, id="query-121 huge integer"),
    ],
)
def test_a_query_is_read_in_one_documented_way(
    shop: Server, query: str, status: int
) -> None:
    answer = quickly(shop, message(f"GET /books?{query}"))
    assert answer.status == status


@pytest.mark.parametrize("field", ["X-HTTP-Method-Override", "X-Method-Override"])
def test_no_field_overrides_the_method(shop: Server, field: str) -> None:
    fields = [f"{field}: DELETE", *BASIC]
    assert ask(shop, message("GET /books/1?_method=DELETE", *fields)).status == 200
    assert_unharmed(shop)


def test_options_of_everything_names_every_method(shop: Server) -> None:
    answer = ask(shop, message("OPTIONS *"))
    assert (answer.status, answer.content) == (204, b"")
    assert set(answer.headers) == {"allow"}
    assert {"GET", "POST", "DELETE"} <= set(answer.headers["allow"].split(", "))
