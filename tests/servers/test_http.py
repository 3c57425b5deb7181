"""Every feature over HTTP, behind every server.

Status and header fields are compared whole: what is not expected is not there.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest

from tests.live.server import Server
from tests.live.wire import TIMEOUT, Answer, ask, connect, message, read_answer
from tests.servers.app import DOCUMENT
from tests.servers.differences import Each, of

BASIC = ("Host: shop.example", "Connection: close")

_NUMBERS = count()


def send(
    server: Server,
    line: str,
    *fields: str,
    content: bytes | None = None,
    data: Any = None,
) -> Answer:
    """Ask as a client does.

    Args:
        server: Whom.
        line: Method and target.
        fields: Further header fields.
        content: The content, whose length is said.
        data: The content, as JSON.
    """
    if data is not None:
        content = json.dumps(data).encode()
        fields = ("Content-Type: application/json", *fields)
    if content is not None:
        fields = (f"Content-Length: {len(content)}", *fields)
    request = message(line, *BASIC, *fields, content=content or b"")
    return ask(server, request, method=line.split()[0])


def unused() -> str:
    """Give a key by which nothing was written down."""
    return f"key-{next(_NUMBERS)}"


def notes(server: Server, key: str, until: str | None = None) -> list[str]:
    """Give what was written down, once something was; anything, if not said what."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        found: list[str] = send(server, f"GET /notes/{key}").json()
        if until in found or (until is None and found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def problem_fields(answer: Answer, **others: str) -> dict[str, str]:
    """Give the header fields of an answer with problem details."""
    return {
        "content-type": "application/problem+json",
        "content-length": str(len(answer.content)),
        "x-content-type-options": "nosniff",
        "vary": "Accept",
        **others,
    }


def json_fields(answer: Answer, **others: str) -> dict[str, str]:
    """Give the header fields of an answer in JSON."""
    length = str(len(answer.content))
    fields = {"content-type": "application/json", "content-length": length}
    return {**fields, **others}


# Methods ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, data, content",
    [
        ("GET /items/3", None, {"item": 3}),
        ("PUT /items/3", {"a": 1}, {"item": 3, "put": {"a": 1}}),
        ("PATCH /items/3", {"a": 1}, {"item": 3, "patch": {"a": 1}}),
        ("QUERY /items/3", {"a": 1}, {"search": {"a": 1}}),
    ],
)
def test_each_method_reaches_its_handler(
    server: Server, line: str, data: Any, content: Any
) -> None:
    answer = send(server, line, data=data)
    assert (answer.status, answer.json()) == (200, content)
    assert answer.headers == json_fields(answer)


def test_what_is_created_has_a_location(server: Server) -> None:
    answer = send(server, "POST /items", data={"a": "\u00e9"})
    assert (answer.status, answer.json()) == (201, {"a": "\u00e9"})
    assert answer.headers == json_fields(answer, location="/items/4")


def test_no_content_has_no_length(server: Server) -> None:
    answer = send(server, "DELETE /items/3")
    assert (answer.status, answer.headers, answer.content) == (204, {}, b"")


@pytest.mark.parametrize("target", ["/items/3", "/items/4", "/nowhere", "/document"])
def test_head_has_the_fields_of_get(server: Server, target: str) -> None:
    get, head = send(server, f"GET {target}"), send(server, f"HEAD {target}")
    assert (head.status, head.headers) == (get.status, get.headers)
    assert head.content == b""


def test_head_of_a_stream_has_no_content(server: Server) -> None:
    answer = send(server, "HEAD /stream?count=3")
    assert (answer.status, answer.content) == (200, b"")


def test_options_says_what_there_is(server: Server) -> None:
    answer = send(server, "OPTIONS /items/3")
    assert (answer.status, answer.content) == (204, b"")
    assert answer.headers == {
        "allow": "DELETE, GET, HEAD, OPTIONS, PATCH, PUT, QUERY",
        "accept-patch": "application/json",
    }


@pytest.mark.parametrize("times", [1, 3])
def test_a_connection_carries_one_request_after_the_other(
    server: Server, times: int
) -> None:
    request = message("GET /items/3", "Host: shop.example")
    with connect(server) as connection:
        for _ in range(times):
            connection.sendall(request)
            assert read_answer(connection).json() == {"item": 3}


def test_requests_that_are_sent_at_once_are_answered_in_turn(server: Server) -> None:
    requests = [
        message(f"GET /items/{number}", "Host: shop.example") for number in (1, 2, 3)
    ]
    with connect(server) as connection:
        connection.sendall(b"".join(requests))
        stream = connection.makefile("rb")
        found = []
        for _ in requests:
            assert stream.readline().startswith(b"HTTP/1.1 200")
            length = 0
            while line := stream.readline().strip():
                name, _, value = line.lower().partition(b":")
                length = int(value) if name == b"content-length" else length
            found.append(json.loads(stream.read(length)))
    assert found == [{"item": 1}, {"item": 2}, {"item": 3}]


# Refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, fields, content, status, others",
    [
        ("GET /nowhere", [], None, 404, {}),
        ("GET /items/4", [], None, 404, {}),
        ("DELETE /items", [], None, 405, {"allow": "GET, HEAD, OPTIONS, POST"}),
        ("PROPFIND /items", [], None, 501, {}),
        ("GET /ws/text", [], None, 426, {"upgrade": "websocket"}),
        ("POST /items", ["Content-Type: application/json"], b"{", 400, {}),
        (
            "POST /items",
            ["Content-Type: text/plain"],
            b"{}",
            415,
            {"accept": "application/json", "accept-post": "application/json"},
        ),
        ("POST /items", ["Content-Type: application/json"], b"[]", 422, {}),
        ("POST /little", [], b"x" * 101, 413, {}),
    ],
)
def test_a_refusal_is_a_problem(
    server: Server,
    line: str,
    fields: list[str],
    content: bytes | None,
    status: int,
    others: dict[str, str],
) -> None:
    answer = send(server, line, *fields, content=content)
    assert (answer.status, answer.json()["status"]) == (status, status)
    assert answer.headers == problem_fields(answer, **others)


def test_what_nobody_takes_is_answered_406(server: Server) -> None:
    answer = send(server, "GET /items", "Accept: image/png")
    said = b"Not Acceptable\nThere is: application/json.\n"
    assert (answer.status, answer.content) == (406, said)


@pytest.mark.parametrize("line", ["GET /fails", "POST /fails"])
def test_an_exception_is_answered_500_and_the_next_request_as_ever(
    server: Server, line: str
) -> None:
    answer = send(server, line, content=b"{}" if line.startswith("POST") else None)
    assert (answer.status, answer.json()["status"]) == (500, 500)
    assert b"Deliberate" not in answer.content
    assert answer.headers == problem_fields(answer)
    assert send(server, "GET /items/3").status == 200


# Whether the connection of a request that ended in an exception takes another one.
GOES_ON = Each(True, h11=False, httptools=False, gunicorn=False)


def test_the_connection_of_an_exception_is_kept_or_closed_and_never_mute(
    server: Server,
) -> None:
    with connect(server) as connection:
        connection.sendall(message("GET /fails", "Host: shop.example"))
        assert read_answer(connection).status == 500
        if of(GOES_ON, server):
            connection.sendall(message("GET /items/3", "Host: shop.example"))
            assert read_answer(connection).status == 200
        else:
            assert connection.recv(1) == b""


# Whether a server closes the connection when an answer breaks off. daphne leaves the
# client to wait for the rest.
BREAKS_OFF = Each(True, daphne=False)


def test_an_exception_in_the_middle_of_an_answer_breaks_it_off(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(message("GET /breaks", *BASIC))
        received = b""
        while more := connection.recv(65_536):
            received += more
            if b"some" in received and not of(BREAKS_OFF, server):
                break
    head, _, content = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    # The chunk that says that this is all of it never comes.
    assert not content.endswith(b"0\r\n\r\n")


# What a resource states ---------------------------------------------------------------

WORD_FIELD = "Authorization: Bearer word"


@pytest.mark.parametrize(
    "fields, status",
    [
        ([], 401),
        (["Authorization: Bearer other"], 403),
        ([WORD_FIELD], 428),
        ([WORD_FIELD, 'If-Match: "6"'], 412),
        ([WORD_FIELD, 'If-Match: "7"', "X-Word: \xe9"], 200),
    ],
)
def test_a_resource_is_changed_as_it_states(
    server: Server, fields: list[str], status: int
) -> None:
    answer = send(server, "PUT /versioned", *fields, data={"a": 1})
    assert answer.status == status
    if status == 401:
        assert answer.headers["www-authenticate"] == 'Bearer realm="tests"'
    if status == 200:
        assert answer.json() == {"put": {"a": 1}, "x-word": "\u00e9"}


def test_a_state_that_the_client_has_is_not_sent(server: Server) -> None:
    answer = send(server, "GET /versioned")
    assert (answer.status, answer.json()) == (200, {"version": 7})
    assert answer.headers == json_fields(answer, etag='"7"')
    answer = send(server, "GET /versioned", 'If-None-Match: "6", "7"')
    assert (answer.status, answer.headers, answer.content) == (
        304,
        {"etag": '"7"'},
        b"",
    )


# Paths, query, redirects, links -------------------------------------------------------


@pytest.mark.parametrize(
    "target, status, content",
    [
        ("/things/a%20b", 200, "a b"),
        ("/things/%C3%A9", 200, "\u00e9"),
        ("/things/a+b", 200, "a+b"),
        ("/things/a%2Fb", 200, "a/b"),
        ("/things/%2F", 200, "/"),
        ("/things/a%252Fb", 200, "a%2Fb"),
        ("/things/a/b", 404, None),
    ],
)
def test_a_segment_is_decoded_once(
    server: Server, target: str, status: int, content: str | None
) -> None:
    answer = send(server, f"GET {target}")
    assert answer.status == status
    if content is not None:
        said = answer.json()
        assert said["name"] == content
        assert said["url"] == f"http://shop.example{target}"


def test_the_rest_of_a_path_is_decoded_once(server: Server) -> None:
    assert send(server, "GET /paths/a/b%20c").json() == {"path": "a/b c"}


def test_a_query_is_decoded(server: Server) -> None:
    query = send(server, "GET /search?a=1&b=%C3%A9&a=+2&c").json()["query"]
    assert query == [["a", "1"], ["b", "\u00e9"], ["a", " 2"], ["c", ""]]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_other_spelling_is_redirected(server: Server, method: str) -> None:
    answer = send(server, f"{method} /slash?a=%20")
    assert (answer.status, answer.content) == (307, b"")
    assert answer.headers == {"location": "/slash/?a=%20", "content-length": "0"}


URL_ENCODED = "Content-Type: application/x-www-form-urlencoded"
MULTIPART = "Content-Type: multipart/form-data; boundary=x"


def part(name: str, content: bytes, *, filename: str | None = None) -> bytes:
    """Give a part of a multipart form (RFC 7578 section 4)."""
    disposition = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
    return f"--x\r\n{disposition}\r\n\r\n".encode() + content + b"\r\n"


def test_a_form_is_read(server: Server) -> None:
    answer = send(server, "POST /form", URL_ENCODED, content=b"a=%C3%A9+b&c")
    assert answer.json() == {"a": "\u00e9 b", "c": ""}


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_a_file_is_uploaded(server: Server, size: int) -> None:
    content = part("a", "\u00e9".encode()) + part("f", b"d" * size, filename="../x")
    answer = send(server, "POST /form", MULTIPART, content=content + b"--x--\r\n")
    assert answer.status == 200
    assert answer.json() == {"a": "\u00e9", "f": ["../x", size, "d" * 10]}


def test_a_redirect_of_the_application_goes_where_it_says(server: Server) -> None:
    answer = send(server, "GET /redirect")
    assert answer.status == 307
    assert answer.headers == {"location": "/items", "content-length": "0"}


def test_links_are_of_the_host_that_was_asked(server: Server) -> None:
    assert send(server, "GET /links").json() == {
        "item": "http://shop.example/items/3",
        "links": "http://shop.example/links",
        "url": "http://shop.example/links",
        "base": "http://shop.example/",
    }


# Header fields and cookies ------------------------------------------------------------


def test_fields_of_one_name_go_out_apart(server: Server) -> None:
    answer = send(server, "GET /fields")
    many = [value for name, value in answer.fields if name == "x-many"]
    assert many == ["a, b", "c"]
    assert ("x-latin", "caf\u00e9") in answer.fields


def test_fields_of_one_name_come_in_apart(server: Server) -> None:
    seen = send(server, "GET /echo", "X-Many: a, b", "x-many:  c").json()["fields"]
    assert [value for name, value in seen if name == "x-many"] == ["a, b", "c"]


# RFC 9110 section 5.5: a field's value has no white space around it. llhttp, behind
# httptools, leaves it at the end.
TRIMMED = Each("a", httptools="a ")


def test_a_field_comes_in_without_the_space_around_it(server: Server) -> None:
    seen = send(server, "GET /echo", "X-Space:   a ").json()["fields"]
    assert dict(seen)["x-space"] == of(TRIMMED, server)


def test_cookies_go_both_ways(server: Server) -> None:
    answer = send(server, "GET /cookies", "Cookie: a=1; b=2", "Cookie: c=3")
    assert answer.json() == {"a": "1", "b": "2", "c": "3"}
    first, second, third = (v for name, v in answer.fields if name == "set-cookie")
    assert first == "first=1; HttpOnly; Max-Age=60; Path=/; SameSite=lax"
    assert second == "second=2; Path=/; SameSite=strict; Secure"
    assert third.startswith("third=; ")


# daphne runs no lifespan.
WORD = Each[str | None]("open", daphne=None)


def test_the_lifespan_gives_a_request_its_state(server: Server) -> None:
    assert send(server, "GET /state").json() == {"word": of(WORD, server)}


# Streams ------------------------------------------------------------------------------


def test_a_stream_goes_out_in_full(server: Server) -> None:
    answer = send(server, "GET /stream?count=1000")
    assert answer.status == 200
    assert answer.content == b"".join(b"%d\n" % number for number in range(1_000))


def test_a_stream_of_an_ordinary_iterator_goes_out_in_full(server: Server) -> None:
    assert send(server, "GET /threads").content == b"0\n1\n2\n"


def chunks(pieces: Iterable[bytes]) -> bytes:
    """Give content in the chunked coding (RFC 9112 §7.1)."""
    coded = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
    return b"".join(coded) + b"0\r\n\r\n"


CHUNKED = (*BASIC, "Transfer-Encoding: chunked")


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_an_upload_comes_in_in_full(server: Server, size: int) -> None:
    assert send(server, "POST /upload", content=b"x" * size).json() == {"size": size}


def test_an_upload_without_a_length_comes_in_in_full(server: Server) -> None:
    content = chunks([b"x" * 10_000] * 100)
    answer = ask(server, message("POST /upload", *CHUNKED, content=content))
    assert answer.json() == {"size": 1_000_000}


def test_content_is_asked_for_with_100(server: Server) -> None:
    fields = [*BASIC, "Expect: 100-continue", "Content-Length: 4"]
    with connect(server) as connection:
        connection.sendall(message("POST /upload", *fields))
        interim = b""
        while not interim.endswith(b"\r\n\r\n"):
            interim += connection.recv(1)
        assert interim.startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"dune")
        assert read_answer(connection).json() == {"size": 4}


# Whether a server asks the application before all of the content is there.
ASKS_EARLY = Each(True, daphne=False)


def test_streams_go_both_ways_at_once(server: Server) -> None:
    """Piece by piece, where the server asks the application before the end."""
    with connect(server) as connection:
        stream = connection.makefile("rb")
        connection.sendall(message("POST /both", *CHUNKED))
        for piece in (b"dune", b"emma"):
            connection.sendall(b"4\r\n" + piece + b"\r\n")
            while of(ASKS_EARLY, server) and stream.readline().strip() != piece.upper():
                pass
        connection.sendall(b"0\r\n\r\n")
        rest = stream.read()
    assert rest.endswith(b"0\r\n\r\n")
    if not of(ASKS_EARLY, server):
        assert rest.index(b"DUNE") < rest.index(b"EMMA")


def test_events_are_sent_as_they_come(server: Server) -> None:
    answer = send(server, "GET /events")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.content == b'data: {"number":0}\n\ndata: {"number":1}\n\n'


def test_items_are_lines_of_json(server: Server) -> None:
    answer = send(server, "GET /lines")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.content == b'{"number":0}\n{"number":1}\n'


def test_sse_89_a_silent_stream_ends_when_the_client_goes(server: Server) -> None:
    """Though it has nothing to send."""
    key = unused()
    with connect(server) as connection:
        connection.sendall(message(f"GET /silent/{key}", *BASIC))
        notes(server, key, "begun")
    assert notes(server, key, "closed") == ["begun", "closed"]


# Whether a stream waits for a client that reads nothing; daphne keeps it in memory.
WAITS = Each(True, daphne=False)


def test_stream_90_a_client_that_reads_nothing_makes_the_stream_wait(
    server: Server,
) -> None:
    key = unused()
    with connect(server) as slow:
        slow.sendall(message(f"GET /large/{key}", *BASIC))
        assert slow.recv(1) == b"H"
        # Another client gets all of its own in the time.
        answer = send(server, f"GET /large/{key}-read")
        assert len(answer.content) == 2**25
        assert notes(server, f"{key}-read") == ["all"]
        if of(WAITS, server):
            assert send(server, f"GET /notes/{key}").json() == []
        else:
            assert notes(server, key) == ["all"]


def test_an_answer_need_not_wait_for_the_content(server: Server) -> None:
    answer = send(server, "POST /unread", content=b"x" * 1_000)
    assert (answer.status, answer.json()) == (200, "unread")


def test_a_background_task_runs_after_the_answer(server: Server) -> None:
    answer = send(server, f"POST /background/{server.name}-task")
    assert (answer.status, answer.content) == (200, b"later")
    assert notes(server, f"{server.name}-task", "done") == ["done"]


# Files and middleware -----------------------------------------------------------------


def test_a_file_is_sent_whole(server: Server) -> None:
    answer = send(server, "GET /document")
    assert (answer.status, answer.content) == (200, DOCUMENT.read_bytes())
    headers = answer.headers
    assert headers["content-length"] == "1000"
    assert headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    "value, content, part",
    [
        ("bytes=0-9", b"0123456789", "bytes 0-9/1000"),
        ("bytes=-5", b"56789", "bytes 995-999/1000"),
        ("bytes=995-2000", b"56789", "bytes 995-999/1000"),
    ],
)
def test_a_range_is_sent(server: Server, value: str, content: bytes, part: str) -> None:
    answer = send(server, "GET /document", f"Range: {value}")
    assert (answer.status, answer.content) == (206, content)
    assert answer.headers["content-range"] == part


def test_a_file_that_the_client_has_is_not_sent(server: Server) -> None:
    etag = send(server, "GET /document").headers["etag"]
    answer = send(server, "GET /document", f"If-None-Match: {etag}")
    assert (answer.status, answer.content) == (304, b"")
    assert answer.headers["etag"] == etag
    assert send(server, "GET /document", 'If-Match: "other"').status == 412
    answer = send(server, "GET /document", "Range: bytes=0-1", 'If-Range: "other"')
    assert (answer.status, len(answer.content)) == (200, 1_000)


@pytest.mark.parametrize("target", ["/zipped/long", "/zipped/stream"])
def test_long_content_is_compressed(server: Server, target: str) -> None:
    plain = send(server, f"GET {target}")
    answer = send(server, f"GET {target}", "Accept-Encoding: gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == answer.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.content) == plain.content


def test_short_content_is_not_compressed(server: Server) -> None:
    answer = send(server, "GET /zipped/short", "Accept-Encoding: gzip")
    assert answer.headers == json_fields(answer, vary="Accept-Encoding")


@pytest.mark.parametrize(
    "target, status", [("/shared/answer", 200), ("/shared/fails", 500)]
)
def test_another_origin_may_read_what_it_is_allowed_to(
    server: Server, target: str, status: int
) -> None:
    answer = send(server, f"GET {target}", "Origin: https://shop.example")
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    answer = send(server, f"GET {target}", "Origin: https://evil.example")
    assert answer.status == status
    assert "access-control-allow-origin" not in answer.headers


def test_another_origin_asks_first(server: Server) -> None:
    asking = ["Origin: https://shop.example", "Access-Control-Request-Method: GET"]
    answer = send(server, "OPTIONS /shared/answer", *asking)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


# Disconnects --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ticking", "endless"])
def test_a_stream_ends_when_the_client_goes(server: Server, kind: str) -> None:
    """stream-90: though neither its iterator nor the server's send may ever wait."""
    key = unused()
    with connect(server) as connection:
        connection.sendall(message(f"GET /{kind}/{key}", *BASIC))
        assert connection.recv(1) == b"H"
        notes(server, key, "begun")
    assert notes(server, key, "closed") == ["begun", "closed"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_handler_that_asks_is_told_that_the_client_has_gone(
    server: Server, method: str
) -> None:
    key = unused()
    fields = [*BASIC, "Content-Length: 4"] if method == "POST" else BASIC
    with connect(server) as connection:
        content = b"dune" if method == "POST" else b""
        connection.sendall(
            message(f"{method} /waiting/{key}", *fields, content=content)
        )
        notes(server, key, "waiting")
    assert notes(server, key, "over") == ["waiting", "gone", "over"]


# gunicorn takes it for a disconnect that a handler stops to wait for one.
GONE = Each([False, False, False], gunicorn=[False, True, True])


def test_a_client_that_stays_is_not_taken_for_gone(server: Server) -> None:
    assert send(server, "POST /asking", content=b"dune").json() == of(GONE, server)


def test_a_handler_that_reads_is_told_that_the_client_has_gone(server: Server) -> None:
    key = unused()
    fields = [*BASIC, "Content-Length: 100"]
    with connect(server) as connection:
        connection.sendall(message(f"POST /reading/{key}", *fields, content=b"some"))
        if of(ASKS_EARLY, server):
            notes(server, key, "reading")
    if of(ASKS_EARLY, server):
        assert notes(server, key, "gone") == ["reading", "gone"]
    else:
        assert send(server, f"GET /notes/{key}").json() == []
