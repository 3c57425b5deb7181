"""What no client would ask, as bytes through a socket, behind every server.

Rows are called by area and number, as everywhere in the tests. A server has a say of
its own: what one refuses before the application sees it, the other hands over. Where
they differ, the row has an answer for each.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

import pytest

from tests.live.server import Server
from tests.live.wire import ask, connect, message, read_answer
from tests.servers.differences import Each, Early, Status, assert_status, of
from tests.servers.test_http import (
    ASKS_EARLY,
    BASIC,
    CHUNKED,
    MULTIPART,
    URL_ENCODED,
    chunks,
    notes,
    part,
    unused,
)

Expected = Status | Each[Status]

pytestmark = pytest.mark.usefixtures("others")


def assert_unharmed(server: Server) -> None:
    """Assert that the next one is answered as ever."""
    assert ask(server, message("GET /items/1")).status == 200


# Methods ------------------------------------------------------------------------------

# What some parsers take for no HTTP at all is the application's 501 behind the others.
NO_METHOD = Each[Status](501, httptools=400)
# RFC 9110 section 9.1: methods are case-sensitive. hypercorn writes them in capitals,
# and gunicorn takes no others.
SMALL = Each[Status](501, httptools=400, hypercorn=200, gunicorn=400)


@pytest.mark.parametrize(
    "method, status",
    [
        pytest.param("__INIT__", NO_METHOD, id="dispatch-1 __INIT__"),
        pytest.param("__CLASS__", NO_METHOD, id="dispatch-1 __CLASS__"),
        pytest.param("DISPATCH", NO_METHOD, id="dispatch-1 DISPATCH"),
        pytest.param("PREPARE", NO_METHOD, id="dispatch-1 PREPARE"),
        pytest.param("SCOPE", NO_METHOD, id="dispatch-1 SCOPE"),
        pytest.param("SEARCH", 501, id="dispatch-1 SEARCH"),
        pytest.param("REF", NO_METHOD, id="dispatch-1 REF"),
        pytest.param(
            "on_get",
            Each[Status](501, httptools=400, gunicorn=400),
            id="dispatch-1 on_get",
        ),
        pytest.param(
            "X" * 10_000,
            Each[Status](501, httptools=400, gunicorn=Early(414)),
            id="dispatch-1 10 kB",
        ),
        pytest.param("get", SMALL, id="dispatch-2 get"),
        pytest.param("Get", SMALL, id="dispatch-2 Get"),
        pytest.param("TRACE", 405, id="dispatch-7 TRACE"),
        pytest.param("QUERY", 405, id="dispatch-7 QUERY"),
        pytest.param("CONNECT", 405, id="dispatch-7 CONNECT"),
        pytest.param("PROPFIND", 501, id="dispatch-7 PROPFIND"),
        pytest.param("PRI", NO_METHOD, id="dispatch-7 PRI"),
    ],
)
def test_a_method_that_is_none_runs_nothing(
    server: Server, method: str, status: Expected
) -> None:
    request = message(f"{method} /items")
    assert_status(server, request, status)
    if of(status, server) == 405:
        assert ask(server, request).headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert_unharmed(server)


@pytest.mark.parametrize("field", ["X-HTTP-Method-Override", "X-Method-Override"])
def test_dispatch_4_no_field_overrides_the_method(server: Server, field: str) -> None:
    request = message("GET /items/1?_method=DELETE", f"{field}: DELETE", *BASIC)
    assert ask(server, request).status == 200


def test_dispatch_6_options_of_everything_names_every_method(server: Server) -> None:
    answer = ask(server, message("OPTIONS *"))
    assert (answer.status, answer.content) == (204, b"")
    assert set(answer.headers) == {"allow"}
    assert {"GET", "POST", "DELETE", "QUERY"} <= set(
        answer.headers["allow"].split(", ")
    )


# Paths --------------------------------------------------------------------------------


# Servers decode the path before the application sees it, and keep what was sent
# beside it. `target` goes out as it stands here.
@pytest.mark.parametrize(
    "target, status",
    [
        pytest.param(b"/items%2F1", 404, id="route-11 encoded slash"),
        pytest.param(b"/items/1%2F", 404, id="route-11 encoded slash at the end"),
        pytest.param(b"//", 404, id="route-12 two slashes"),
        pytest.param(b"///items", 404, id="route-12 three slashes"),
        pytest.param(b"//items", 404, id="route-12 empty segment first"),
        pytest.param(b"/items//1", 404, id="route-12 empty segment"),
        pytest.param(b"/./items", 404, id="route-12 dot"),
        pytest.param(b"/x/../items", 404, id="route-12 dots"),
        pytest.param(b"/%2e%2e/items", 404, id="route-12 encoded dots"),
        pytest.param(b"/items/%00", 400, id="route-13 NUL"),
        pytest.param(b"/items/1%0a", 400, id="route-13 LF"),
        pytest.param(b"/items/%1b[31m", 400, id="route-13 ESC"),
        pytest.param(b"/items/1%7f", 400, id="route-13 DEL"),
        pytest.param(b"/items/%ff", 400, id="route-14 no UTF-8"),
        pytest.param(b"/items/%c0%af", 400, id="route-14 overlong"),
        pytest.param(b"/items/%ed%a0%80", 400, id="route-14 surrogate"),
        pytest.param(b"@evil.example", 400, id="route-15 @"),
        pytest.param(b"items/1", 400, id="route-15 no slash"),
        # RFC 9112 section 3.2.2: a server must accept the absolute form.
        pytest.param(
            b"http://evil.example/x",
            Each[Status](400, httptools=404, granian=404),
            id="route-15 absolute form",
        ),
        pytest.param(
            b"/items/" + b"9" * 5000,
            Each[Status](404, gunicorn=Early(414)),
            id="route-8 5000 digits",
        ),
        pytest.param(
            "/items/\u0661".encode(),
            Each[Status](400, granian=404),
            id="route-9 not encoded",
        ),
        pytest.param(b"/items/%D9%A1", 404, id="route-9 Arabic digit"),
        pytest.param(b"/items/+1", 404, id="route-9 +1"),
        pytest.param(b"/items/1_0", 404, id="route-9 1_0"),
        pytest.param(b"/items/%201", 404, id="route-9 space"),
        pytest.param(b"/items/-0", 404, id="route-9 -0"),
        pytest.param(b"/items/1e9", 404, id="route-9 1e9"),
        pytest.param(b"//evil.example/items/", 404, id="redirect-16 two slashes"),
        pytest.param(b"///items/", 404, id="redirect-16 three slashes"),
        pytest.param(b"/\\evil.example/", 404, id="redirect-16 backslash"),
        pytest.param(b"/%5cevil.example/", 404, id="redirect-16 encoded backslash"),
        pytest.param(b"/%09/evil.example/", 400, id="redirect-16 tab"),
        pytest.param(b"/%2f/evil.example/", 404, id="redirect-16 encoded slash"),
    ],
)
def test_a_path_is_matched_as_it_was_sent(
    server: Server, target: bytes, status: Expected
) -> None:
    request = message(b"GET " + target)
    assert_status(server, request, status)
    if of(status, server) in (400, 404):
        answer = ask(server, request)
        assert "location" not in answer.headers
        assert b"evil" not in answer.content
    assert_unharmed(server)


# Host ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:1", "[::1]:80", "shop.example:443"]
)
def test_redirect_17_the_host_has_no_part_in_a_redirect(
    server: Server, host: str
) -> None:
    answer = ask(server, message("GET /slash", f"Host: {host}", "Connection: close"))
    assert answer.status == 307
    assert answer.headers == {"location": "/slash/", "content-length": "0"}


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
def test_a_host_is_one_by_the_grammar(
    server: Server, host: bytes, status: Expected
) -> None:
    request = message("GET /items/1", b"Host: " + host, "Connection: close")
    assert ask(server, request).status == of(status, server)


@pytest.mark.parametrize(
    "fields, status",
    [
        pytest.param([], 400, id="host-20 none"),
        pytest.param(["Host: a.example", "Host: b.example"], 400, id="host-20 two"),
        pytest.param(["Host: a.example"] * 2, 400, id="host-20 one twice"),
    ],
)
def test_a_request_has_one_host(
    server: Server, fields: list[str], status: Expected
) -> None:
    request = message("GET /items/1", *fields, "Connection: close")
    assert ask(server, request).status == of(status, server)


# Header fields ------------------------------------------------------------------------

# What a server that has a limit of its own answers to a field or a line beyond it:
# gunicorn from 8190 bytes or 100 fields on, daphne from 16 KiB or 500 fields on.
LONG = {"gunicorn": Early(431), "daphne": Early(400)}


@pytest.mark.parametrize(
    "target, fields, status",
    [
        pytest.param(
            "/items/1",
            ["X-Same: x"] * 5_000,
            Each[Status](431, granian=Early(431), **LONG),
            id="headers-in-24 5,000 times one",
        ),
        pytest.param(
            "/items/1",
            ["X-Long: " + "x" * 60_000],
            Each[Status](200, **LONG),
            id="headers-in-24 60 kB in one",
        ),
        pytest.param(
            "/cookies",
            ["Cookie: a=" + '"' + "\\\\" * 20_000 + '"'],
            Each[Status](200, **LONG),
            id="cookies-in-32 40 kB",
        ),
        pytest.param(
            "/cookies",
            ["Cookie: " + "; ".join(f"c{n}=" for n in range(7_000))],
            Each[Status](200, **LONG),
            id="cookies-in-32 7,000 of them",
        ),
        pytest.param(
            "/cookies",
            ["Cookie: =__Host-x=bad; $Version=1; novalue; a=1; a=2, b=3; c=\xe9"],
            200,
            id="cookies-in-33",
        ),
        pytest.param(
            "/items/1",
            ["Accept: " + ",".join(f"a/{n};q=0.{n}" for n in range(3_000))],
            Each[Status](406, **LONG),
            id="headers-in-26 3,000 media ranges",
        ),
        pytest.param(
            "/items/1",
            ["Accept: " + "\xe4;;;," * 5_000 + "*/*"],
            Each[Status](200, **LONG),
            id="headers-in-25 junk, then anything",
        ),
    ],
)
def test_a_header_is_answered_whatever_is_in_it(
    server: Server, target: str, fields: list[str], status: Expected
) -> None:
    assert_status(server, message(f"GET {target}", *BASIC, *fields), status)
    assert_unharmed(server)


# The application's answer, where the server has no limit of its own.
MANY = Each[Status](
    431,
    h11=Early(400),
    hypercorn=Early(431),
    granian=Early(431),
    daphne=Early(400),
    gunicorn=Early(431),
)


def test_headers_in_24_20_000_header_fields_are_refused(server: Server) -> None:
    many = [f"X-{number}: {number}" for number in range(20_000)]
    assert_status(server, message("GET /items/1", *BASIC, *many), MANY)
    assert_unharmed(server)


TRAILERS = ["Cookie: a=evil", "Authorization: evil", "X-Trailer: evil"]

# What the application sees of trailers that come together with the head: nothing.
# SECURITY: behind httptools, uvicorn adds them to the header fields. gunicorn refuses
# those that RFC 9110 section 6.5.1 does not allow.
SEEN = Each(False, httptools=True)
TRAILED = Each(200, gunicorn=400)


def test_headers_in_27_trailers_are_no_header_fields(server: Server) -> None:
    content = chunks([b"dune"])[:-2] + "\r\n".join([*TRAILERS, "", ""]).encode()
    answer = ask(server, message("POST /echo", *CHUNKED, content=content))
    assert answer.status == of(TRAILED, server)
    assert (b"evil" in answer.content) is of(SEEN, server)


def test_headers_in_27_later_trailers_are_no_header_fields(server: Server) -> None:
    """What comes when the application has been asked is not seen, by any server."""
    trailers = "\r\n".join(["0", *TRAILERS, "", ""]).encode()
    key = unused()
    request = message(f"POST /echo?key={key}", *CHUNKED, content=b"4\r\ndune\r\n")
    with connect(server) as connection:
        connection.sendall(request)
        if of(ASKS_EARLY, server):
            notes(server, key, "asked")
        connection.sendall(trailers)
        answer = read_answer(connection)
    assert answer.status == of(TRAILED, server)
    assert b"evil" not in answer.content


def test_headers_in_23_underscores_are_not_hyphens(server: Server) -> None:
    answer = ask(server, message("GET /echo", *BASIC, "X_Forwarded_For: evil"))
    names = [name for name, _ in answer.json()["fields"]]
    assert "x-forwarded-for" not in names


# Query --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target, status",
    [
        pytest.param(
            "/search?" + "&".join(["q="] * 1_001), 400, id="query-121 1,001 parameters"
        ),
        pytest.param(
            "/search?" + "&" * 30_000,
            Each[Status](200, gunicorn=Early(414), daphne=Early(400)),
            id="query-121 30,000 times nothing",
        ),
        pytest.param("/search?q=a;limit=0", 200, id="query-121 ; does not separate"),
        pytest.param("/search?a[]=1", 200, id="query-121 a[]="),
        pytest.param("/search?q=%", 200, id="query-121 % alone"),
        pytest.param("/search?q=%ff", 200, id="query-121 no UTF-8"),
        pytest.param("/search?q=%ed%a0%80", 200, id="query-121 lone surrogate"),
        pytest.param("/bound?q=a&q=b", 422, id="query-121 twice"),
    ],
)
def test_a_query_is_read_in_one_documented_way(
    server: Server, target: str, status: Expected
) -> None:
    assert_status(server, message(f"GET {target}"), status)
    assert_unharmed(server)


# Content ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, content, status",
    [
        pytest.param([], b"", 200, id="body-53 no length, nothing"),
        pytest.param(["Content-Length: 4"], b"dune", 200, id="body-53 a true one"),
        pytest.param(["Content-Length: -1"], b"dune", 400, id="body-53 negative"),
        pytest.param(["Content-Length: +4"], b"dune", 400, id="body-53 with a sign"),
        pytest.param(["Content-Length: four"], b"dune", 400, id="body-53 a word"),
        pytest.param(["Content-Length: 4, 5"], b"dune!", 400, id="body-53 two in one"),
        pytest.param(
            ["Content-Length: 4", "Content-Length: 5"],
            b"dune!",
            400,
            id="body-53 two",
        ),
        # granian hands it over as a disconnect, and answers what nobody answers then.
        pytest.param(
            ["Transfer-Encoding: chunked"],
            b"zz\r\n",
            Each[Status](400, granian=500),
            id="body-53 no chunk size",
        ),
        # RFC 9112 section 6.1: 501.
        pytest.param(
            ["Transfer-Encoding: nonsense"],
            b"",
            Each[Status](400, hypercorn=501, gunicorn=501),
            id="body-53 unknown coding",
        ),
    ],
)
def test_the_length_of_content_is_one(
    server: Server, fields: list[str], content: bytes, status: Expected
) -> None:
    request = message("POST /echo", *BASIC, *fields, content=content)
    answer = ask(server, request)
    assert answer.status == of(status, server)
    if answer.status == 200:
        assert answer.json()["length"] == len(content)
    assert_unharmed(server)


# What a length of 30 digits is answered. daphne waits for as much.
HUGE = Each[int | None](400, gunicorn=413, daphne=None)


def test_body_53_a_length_of_30_digits_is_refused(server: Server) -> None:
    fields = [*BASIC, "Content-Length: " + "9" * 30]
    with connect(server) as connection:
        connection.sendall(message("POST /echo", *fields, content=b"dune"))
        if of(HUGE, server) is None:
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
        else:
            assert read_answer(connection).status == of(HUGE, server)
    assert_unharmed(server)


# An understated length is the length: what is behind it is the next request, and here
# it is none. uvicorn with httptools reads both before it asks the application.
UNDERSTATED = Each(200, httptools=400)


def test_body_53_an_understated_length_is_the_length(server: Server) -> None:
    fields = ["Host: shop.example", "Content-Length: 4"]
    answer = ask(server, message("POST /echo", *fields, content=b"dune???\r\n\r\n"))
    assert answer.status == of(UNDERSTATED, server)
    if answer.status == 200:
        assert answer.json()["start"] == "dune"
    assert_unharmed(server)


# What a client is told that stops sending in the middle of its content. hypercorn says
# something or nothing, by whether the end comes in one turn of its loop with the rest.
CUT_OFF = Each([b""], hypercorn=[b"", b"HTTP/1.1 400"], granian=[b"HTTP/1.1 500"])


def test_body_53_an_overstated_length_is_never_reached(server: Server) -> None:
    fields = [*BASIC, "Content-Length: 10"]
    with connect(server) as connection:
        connection.sendall(message("POST /echo", *fields, content=b"dune"))
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(12) in of(CUT_OFF, server)
    assert_unharmed(server)


def test_body_53_pieces_of_a_byte_are_put_together(server: Server) -> None:
    content = chunks([b"x"] * 5_000)
    answer = ask(server, message("POST /echo", *CHUNKED, content=content))
    assert (answer.status, answer.json()["length"]) == (200, 5_000)


@pytest.mark.parametrize("size", [1, 1_000])
def test_body_53_pieces_beyond_the_limit_are_refused(server: Server, size: int) -> None:
    content = chunks([b"x" * size] * (1_000 // size + 1))
    answer = ask(server, message("POST /little", *CHUNKED, content=content))
    assert answer.status == 413
    assert_unharmed(server)


def test_body_53_a_length_beyond_the_limit_is_refused(server: Server) -> None:
    """Before the content comes, where the server asks the application before."""
    fields = [*BASIC, "Content-Length: 101"]
    content = b"" if of(ASKS_EARLY, server) else b"x" * 101
    answer = ask(server, message("POST /little", *fields, content=content))
    assert answer.status == 413


@pytest.mark.parametrize(
    "content, status",
    [
        pytest.param(b'{"title": ', 400, id="json-57 truncated"),
        pytest.param(b"", 400, id="json-57 empty"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', 400, id="json-57 BOM"),
        pytest.param('{"a": 1}'.encode("utf-16"), 400, id="json-57 UTF-16"),
        pytest.param(b'{"a": "\xff"}', 400, id="json-57 no UTF-8"),
        pytest.param(b"[" * 100_000, 400, id="json-58 depth"),
        pytest.param(b"9" * 10_000, 400, id="json-58 huge integer"),
        pytest.param(b'{"a": 1e999999}', 400, id="json-58 infinite"),
        pytest.param(b'{"a": NaN}', 400, id="json-59 NaN"),
        pytest.param(b'{"a": 1, "a": 2}', 201, id="json-59 twice"),
        pytest.param(b"[]", 422, id="json-61 a list"),
        pytest.param(b"1", 422, id="json-61 a number"),
    ],
)
def test_what_is_no_json_is_refused(
    server: Server, content: bytes, status: Expected
) -> None:
    fields = [
        *BASIC,
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    answer = ask(server, message("POST /items", *fields, content=content))
    assert answer.status == of(status, server)
    assert_unharmed(server)


# Forms --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field, content, status",
    [
        pytest.param(URL_ENCODED, b"&" * 1_001, 200, id="form-62 1,001 times nothing"),
        pytest.param(URL_ENCODED, b"a=1&" * 1_001, 400, id="form-62 1,001 fields"),
        pytest.param(URL_ENCODED, b"a=%ff%zz", 200, id="form-63 no UTF-8"),
        pytest.param(
            MULTIPART, part("a", b"") * 1_001 + b"--x--", Early(400), id="multipart-64"
        ),
        pytest.param(
            "Content-Type: multipart/form-data", b"--x--", 400, id="multipart-65"
        ),
        pytest.param(MULTIPART, part("a", b"1"), 400, id="multipart-66 no end"),
        pytest.param(MULTIPART, part("a", b"1")[:20], 400, id="multipart-66 in a head"),
        pytest.param(MULTIPART, b"--x\r\n\r\n1\r\n--x--", 400, id="multipart-68"),
    ],
)
def test_what_is_no_form_is_refused(
    server: Server, field: str, content: bytes, status: Status
) -> None:
    fields = [*BASIC, field, f"Content-Length: {len(content)}"]
    request = message("POST /form", *fields, content=content)
    assert_status(server, request, status)
    assert_unharmed(server)


def test_multipart_71_an_upload_that_breaks_off_harms_nobody(server: Server) -> None:
    content = part("f", b"d" * 2_000_000, filename="f")
    fields = [*BASIC, MULTIPART, f"Content-Length: {2 * len(content)}"]
    for _ in range(3):
        with connect(server) as connection:
            connection.sendall(message("POST /form", *fields, content=content))
    assert_unharmed(server)


# Ranges -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, status",
    [
        pytest.param("bytes=" + ",".join(["0-1"] * 17), 200, id="range-82 17 ranges"),
        pytest.param("bytes=" + "0-," * 1_000, 200, id="range-82 1,000 times 0-"),
        pytest.param("bytes=" + "," * 8_000, 200, id="range-82 8,000 commas"),
        pytest.param("bytes=5-2", 200, id="range-83 backwards"),
        pytest.param("bytes=-0", 416, id="range-83 no suffix"),
        pytest.param("bytes=0-" + "9" * 4_400, 206, id="range-83 4,400 digits"),
        pytest.param("items=0-1", 200, id="range-83 unknown unit"),
        pytest.param("bytes=1000-", 416, id="range-83 behind the end"),
    ],
)
def test_a_range_costs_no_more_than_the_file(
    server: Server, value: str, status: Expected
) -> None:
    answer = ask(server, message("GET /document", *BASIC, f"Range: {value}"))
    assert answer.status == of(status, server)
    assert len(answer.content) <= 1_000
    assert_unharmed(server)


# Disconnects --------------------------------------------------------------------------


def reset(connection: socket.socket) -> None:
    """Have the connection end by RST in place of FIN."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def finish(connection: socket.socket) -> None:
    """Have it end as usual."""


@pytest.mark.parametrize("leave", [reset, finish])
@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(b"", id="before anything"),
        pytest.param(b"GET /ite", id="in the first line"),
        pytest.param(b"GET /items HTTP/1.1\r\nHost: sh", id="in a field"),
        pytest.param(
            message("POST /echo", *BASIC, "Content-Length: 9", content=b"dune"),
            id="in the content",
        ),
        pytest.param(
            message("POST /echo", *CHUNKED, content=b"4\r\ndu"), id="in a chunk"
        ),
        pytest.param(message("GET /stream?count=100000", *BASIC), id="in the answer"),
        pytest.param(message("GET /items"), id="before the answer"),
    ],
)
def test_disconnect_93_a_client_that_goes_harms_nobody(
    server: Server, request_: bytes, leave: Callable[[socket.socket], None]
) -> None:
    for _ in range(3):
        with connect(server) as connection:
            connection.sendall(request_)
            leave(connection)
    assert_unharmed(server)


def test_disconnect_93_a_background_task_runs_though_the_client_has_gone(
    server: Server,
) -> None:
    key = unused()
    with connect(server) as connection:
        connection.sendall(message(f"POST /background/{key}", *BASIC))
        read_answer(connection)
        reset(connection)
    assert notes(server, key, "done") == ["done"]
