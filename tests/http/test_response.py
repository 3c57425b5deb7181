"""The answer to a request, and its kinds."""

import asyncio
import json
import threading
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.dates import parse_date
from restlette.http.errors import ClientDisconnect
from restlette.http.request import Request
from restlette.http.response import (
    HTMLResponse,
    JSONResponse,
    ORJSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
    UJSONResponse,
    check_status,
    has_content,
    until_disconnect,
)
from restlette.http.types import DROPPED
from restlette.http.urls import URL
from restlette.resources.uri import Ref

OLD = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.3"}}
NEW = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.4"}}


def exchange(response, scope=OLD, receive=None, send=None):
    """What a response sends."""
    sent = []

    async def waiting():
        await asyncio.sleep(60)

    async def collect(message):
        sent.append(message)

    asyncio.run(response(scope, receive or waiting, send or collect))
    return sent


def content_of(sent):
    return b"".join(message.get("body", b"") for message in sent[1:])


# Content ------------------------------------------------------------------------------

RENDERED = {
    "none": (None, b""),
    "text": ("Dune é", "Dune é".encode()),
    "bytes": (b"\x00\xff", b"\x00\xff"),
    "bytearray": (bytearray(b"ab"), b"ab"),
    "memoryview": (memoryview(b"abc")[1:], b"bc"),
}


@pytest.mark.parametrize("content, body", RENDERED.values(), ids=RENDERED)
def test_content_is_sent_with_its_length(content, body):
    response = Response(content)
    assert type(response.body) is bytes
    assert exchange(response) == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(body))],
        },
        {"type": "http.response.body", "body": body},
    ]


@pytest.mark.parametrize("content", [{"a": 1}, 5, ["a"]], ids=["dict", "int", "list"])
def test_content_that_is_neither_text_nor_bytes_is_an_error_that_teaches(content):
    name = type(content).__name__
    with pytest.raises(TypeError) as raised:
        Response(content)
    assert str(raised.value) == (
        f"Response takes str or bytes, not {name}. For JSON write JSONResponse(...)."
    )


TYPES = {
    "none": (Response("x"), None),
    "given": (Response("x", media_type="image/png"), "image/png"),
    "text": (PlainTextResponse("x"), "text/plain; charset=utf-8"),
    "html": (HTMLResponse("x"), "text/html; charset=utf-8"),
    "charset-given": (
        Response("x", media_type="text/csv; Charset=latin-1"),
        "text/csv; Charset=latin-1",
    ),
    "header-wins": (
        PlainTextResponse("x", headers={"Content-Type": "text/x"}),
        "text/x",
    ),
    "json": (JSONResponse("x"), "application/json"),
}


@pytest.mark.parametrize("response, expected", TYPES.values(), ids=TYPES)
def test_the_media_type_becomes_the_content_type(response, expected):
    assert response.headers.getlist("content-type") == ([expected] if expected else [])


def test_a_media_type_that_would_break_the_header_is_refused():
    with pytest.raises(ValueError, match="content-type"):
        Response("x", media_type="text/html\r\nset-cookie: a=b")


def test_a_subclass_may_have_another_charset():
    class Latin(PlainTextResponse):
        charset = "latin-1"

    assert Latin("é").body == b"\xe9"
    assert Latin("é").headers["content-type"] == "text/plain; charset=latin-1"


def test_made_takes_its_parts_as_they_are():
    fields = [(b"content-length", b"1")]
    response = Response.made(b"x", 201, fields)
    assert (response.body, response.status_code) == (b"x", 201)
    assert response.raw_headers is fields
    assert response.background is None


# Status -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [99, 600, 0, -1, "200 OK\r\n", "404", None, 404.0])
def test_headers_out_31_a_status_that_is_none_is_refused(status):
    """headers-out-31: nothing of it reaches the status line."""
    with pytest.raises(ValueError, match="whole number from 100 to 599, not"):
        Response(status_code=status)
    with pytest.raises(ValueError):
        check_status(status)


@pytest.mark.parametrize("status", [100, 200, 599, HTTPStatus.CREATED])
def test_a_status_is_a_number_from_100_to_599(status):
    check_status(status)
    assert Response(status_code=status).status_code == status


def test_only_some_statuses_have_content():
    assert [s for s in range(100, 600) if not has_content(s)] == [
        *range(100, 200),
        204,
        304,
    ]


# Header fields ------------------------------------------------------------------------

BAD_FIELDS = {
    "cr": ("x-a", "a\rb"),
    "lf": ("x-a", "a\nb"),
    "crlf": ("x-a", "a\r\nset-cookie: b=c"),
    "nul": ("x-a", "a\0b"),
    "escape": ("x-a", "a\x1bb"),
    "space-before": ("x-a", " a"),
    "space-after": ("x-a", "a "),
    "not-latin-1": ("x-a", "€"),
    "name-space": ("x a", "b"),
    "name-colon": ("x-a:", "b"),
    "name-empty": ("", "b"),
    "name-crlf": ("x\r\na", "b"),
}


@pytest.mark.parametrize("name, value", BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_headers_out_28_refused_where_it_is_written(name, value):
    """headers-out-28: in the constructor and when set later, with the header's name."""
    with pytest.raises(ValueError, match="header"):
        Response(headers={name: value})
    response = Response()
    with pytest.raises(ValueError, match="header"):
        response.headers[name] = value
    assert response.raw_headers == [(b"content-length", b"0")]


def test_headers_are_a_view_of_what_is_sent():
    response = Response("x", headers={"Allow": "GET", "X-A": "1"})
    response.headers["x-b"] = "2"
    assert response.raw_headers == [
        (b"allow", b"GET"),
        (b"x-a", b"1"),
        (b"content-length", b"1"),
        (b"x-b", b"2"),
    ]


LENGTHS = {
    "more": ("xy", 200, {"content-length": "3"}, "'3' but the content has 2"),
    "less": ("xy", 200, {"content-length": "1"}, "'1' but the content has 2"),
    "two": (
        "xy",
        200,
        {"content-length": "2", "Content-Length": "2"},
        "one decimal number",
    ),
    "negative": ("", 200, {"content-length": "-1"}, "one decimal number"),
    "word": ("", 200, {"content-length": "a"}, "one decimal number"),
    "superscript": ("", 200, {"content-length": "²"}, "one decimal number"),
    "list": ("xy", 200, {"content-length": "2, 2"}, "one decimal number"),
    "body-204": ("x", 204, None, "204 has no content"),
    "body-304": ("x", 304, None, "304 has no content"),
    "body-100": ("x", 100, None, "100 has no content"),
    "body-204-length": ("x", 204, {"content-length": "1"}, "204 has no content-length"),
    "body-304-length": ("x", 304, {"content-length": "1"}, "304 has no content"),
    "length-204": ("", 204, {"content-length": "0"}, "204 has no content-length"),
    "length-103": ("", 103, {"content-length": "0"}, "103 has no content-length"),
}


@pytest.mark.parametrize(
    "content, status, headers, message", LENGTHS.values(), ids=LENGTHS
)
def test_headers_out_29_lengths_that_are_not_true(content, status, headers, message):
    """headers-out-29: refused when the answer is made, not when it is sent."""
    with pytest.raises(ValueError, match=message):
        Response(content, status, headers)


def test_headers_out_29_lengths_that_are_true():
    """headers-out-29: the right one, and what a GET would have had (HEAD and 304)."""
    assert Response("xy", headers={"content-length": "2"}).raw_headers == [
        (b"content-length", b"2")
    ]
    for status in 200, 304:
        response = Response(None, status, {"content-length": "512"})
        assert response.raw_headers == [(b"content-length", b"512")]


@pytest.mark.parametrize("status", [103, 204, 304])
def test_an_answer_without_content_has_no_field_about_it(status):
    response = PlainTextResponse("", status)
    assert response.raw_headers == []
    assert content_of(exchange(response)) == b""


# Cookies ------------------------------------------------------------------------------


def test_cookies_are_set_one_a_field():
    response = Response()
    response.set_cookie("a", "1")
    response.set_cookie(
        "__Host-b",
        "2",
        max_age=60,
        expires=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        secure=True,
        httponly=True,
        samesite="none",
        partitioned=True,
    )
    assert response.headers.getlist("set-cookie") == [
        "a=1; Path=/; SameSite=lax",
        (
            "__Host-b=2; expires=Wed, 02 Jan 2030 03:04:05 GMT; HttpOnly; Max-Age=60; "
            "Partitioned; Path=/; SameSite=none; Secure"
        ),
    ]


def test_cookies_take_the_ancestors_arguments_by_position():
    response = Response()
    response.set_cookie("a", "1", 60, None, "/x", "example.org", True, True, "strict")
    assert response.headers["set-cookie"] == (
        "a=1; Domain=example.org; HttpOnly; Max-Age=60; Path=/x; SameSite=strict; "
        "Secure"
    )


def test_a_deleted_cookie_is_over():
    response = Response()
    response.delete_cookie("__Secure-a", path="/x", secure=True)
    value = response.headers["set-cookie"]
    expires, _, others = value.removeprefix("__Secure-a=; expires=").partition("; ")
    assert parse_date(expires) <= time.time()
    assert others == "Max-Age=0; Path=/x; SameSite=lax; Secure"


@pytest.mark.parametrize(
    "arguments",
    [
        {"key": "a;b"},
        {"key": "a", "value": "b\r\nc"},
        {"key": "a", "path": "/; domain=evil"},
        {"key": "a", "domain": "x\r\nY: z"},
        {"key": "a", "samesite": "none; x"},
        {"key": "__Host-a"},
    ],
)
def test_a_cookie_that_would_break_the_field_is_refused(arguments):
    response = Response()
    with pytest.raises(ValueError):
        response.set_cookie(**arguments)
    assert "set-cookie" not in response.headers


# Sending ------------------------------------------------------------------------------


def test_dispatch_5_head_has_the_fields_without_the_content():
    """dispatch-5: RFC 9110 §9.3.2."""
    sent = exchange(PlainTextResponse("Dune"), {"type": "http", "method": "HEAD"})
    assert sent == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-length", b"4"),
                (b"content-type", b"text/plain; charset=utf-8"),
            ],
        },
        {"type": "http.response.body", "body": b""},
    ]


@pytest.mark.parametrize(
    "response",
    [PlainTextResponse("no", 403), StreamingResponse(["no"], 403)],
    ids=["whole", "streaming"],
)
def test_a_websocket_is_denied_by_the_same_messages(response):
    """ASGI, WebSocket denial response: another prefix."""
    sent = exchange(response, {"type": "websocket", "asgi": {"spec_version": "2.4"}})
    assert {message["type"] for message in sent} == {
        "websocket.http.response.start",
        "websocket.http.response.body",
    }
    assert content_of(sent) == b"no"


@pytest.mark.parametrize(
    "make", [PlainTextResponse, lambda x, **k: StreamingResponse([x], **k)]
)
def test_background_runs_after_the_answer_was_sent(make):
    seen = []

    async def background():
        seen.append("background")

    async def send(message):
        seen.append(message["type"])

    exchange(make("x", background=background), send=send)
    assert seen[0] == "http.response.start"
    assert seen[-1] == "background"
    assert seen.count("background") == 1


# JSON ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [JSONResponse, UJSONResponse, ORJSONResponse])
def test_json_is_written_by_each_codec(cls):
    response = cls({"title": "Dune é", "ids": [1, 2]})
    assert json.loads(response.body) == {"title": "Dune é", "ids": [1, 2]}
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-length"] == str(len(response.body))


def test_json_59_nan_is_refused_when_the_answer_is_made():
    """json-59: never a 500 in the middle of an answer."""
    with pytest.raises(ValueError):
        JSONResponse({"price": float("nan")})


def test_json_without_a_form_is_a_type_error():
    with pytest.raises(TypeError):
        JSONResponse(object())


# Redirects ----------------------------------------------------------------------------

LOCATIONS = {
    "relative": ("/books/1?a=b#c", "/books/1?a=b#c"),
    "absolute": ("https://example.org:8/a", "https://example.org:8/a"),
    "upper-case": ("HTTPS://example.org/", "HTTPS://example.org/"),
    "encoded-stays": ("/a%20b%2Fc", "/a%20b%2Fc"),
    "unicode": ("/bücher", "/b%C3%BCcher"),
    "space": ("/a b", "/a%20b"),
    "empty": ("", ""),
    "surrogate": ("/\ud800", "/%EF%BF%BD"),
    "redirect-18-backslash": ("/\\evil.example", "/%5Cevil.example"),
    "url": (URL("/x?y=z"), "/x?y=z"),
    "longest": ("/" * 8000, "/" * 8000),
}


@pytest.mark.parametrize("url, location", LOCATIONS.values(), ids=LOCATIONS)
def test_a_redirect_names_its_place(url, location):
    response = RedirectResponse(url)
    assert response.status_code == 307
    assert response.raw_headers == [
        (b"location", location.encode()),
        (b"content-length", b"0"),
    ]


REFUSED = {
    "javascript": "javascript:alert(1)",
    "javascript-case": "JavaScript:alert(1)",
    "javascript-space": "  javascript:alert(1)",
    "data": "data:text/html,x",
    "crlf": "/a\r\nset-cookie: b=c",
    "tab": "java\tscript:alert(1)",
    "tab-before": "\t/evil",
    "nul": "/a\0",
    "c1": "/a\x85",
    "u2028": "/a\u2028b",
    "longer": "/" * 8001,
    "megabyte": "/" + "a" * 1_000_000,
}


@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED)
def test_redirect_18_refused(url):
    """redirect-18: controls, schemes that run something, what no client reads."""
    with pytest.raises(ValueError, match="redirect"):
        RedirectResponse(url)


def test_redirect_18_a_subclass_may_allow_a_scheme():
    """redirect-18: the list is of what is allowed."""

    class AppRedirect(RedirectResponse):
        schemes = frozenset({"myapp"})

    assert AppRedirect("myapp:open").headers["location"] == "myapp:open"
    with pytest.raises(ValueError, match="the scheme 'https' is refused"):
        AppRedirect("https://example.org")


@given(st.text())
def test_redirect_18_any_text_is_a_uri_or_a_value_error(text):
    """redirect-18: nothing but visible ASCII is ever sent."""
    try:
        location = RedirectResponse(text).headers["location"]
    except ValueError:
        return
    assert location.isascii()
    assert location.isprintable()
    assert " " not in location


@pytest.mark.parametrize("status", [200, 299, 400])
def test_a_redirect_has_a_redirects_status(status):
    with pytest.raises(ValueError, match=f"a redirect has a 3xx status, not {status}"):
        RedirectResponse("/", status)


@pytest.mark.parametrize("status", [300, 399])
def test_every_3xx_is_a_redirects_status(status):
    assert RedirectResponse("/", status).status_code == status


def test_a_redirect_has_one_location_and_keeps_other_fields():
    others = {"Age": "0", "Location": "/a", "X-A": "1"}
    response = RedirectResponse("/b", 303, others)
    assert response.raw_headers == [
        (b"age", b"0"),
        (b"x-a", b"1"),
        (b"location", b"/b"),
        (b"content-length", b"0"),
    ]


# Streaming ----------------------------------------------------------------------------


async def pieces():
    yield "é"
    yield b"b"


@pytest.mark.parametrize("scope", [OLD, NEW, {"type": "http", "method": "GET"}])
@pytest.mark.parametrize(
    "make", [pieces, lambda: ["é", b"b"], lambda: iter(["é", "b"])]
)
def test_pieces_are_sent_one_by_one(make, scope):
    response = StreamingResponse(make(), media_type="text/plain")
    assert exchange(response, scope) == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/plain; charset=utf-8")],
        },
        {"type": "http.response.body", "body": "é".encode(), "more_body": True},
        {"type": "http.response.body", "body": b"b", "more_body": True},
        {"type": "http.response.body", "body": b"", "more_body": False},
    ]


def test_a_length_that_is_known_is_sent():
    response = StreamingResponse([b"abc"], headers={"content-length": "3"})
    assert response.raw_headers == [(b"content-length", b"3")]


@pytest.mark.parametrize("content", ["abc", b"abc", memoryview(b"a"), None, 5])
def test_content_that_is_not_in_pieces_is_an_error_that_teaches(content):
    with pytest.raises(TypeError, match=r"write Response\(\.\.\.\)"):
        StreamingResponse(content)


@pytest.mark.parametrize("status", [204, 304])
def test_headers_out_29_nothing_is_streamed_without_content(status):
    """headers-out-29: a status without content has none to stream."""
    with pytest.raises(ValueError, match="has no content to stream"):
        StreamingResponse([], status)


class Noted:
    """An iterator that notes that it was closed."""

    def __init__(self, *pieces, error=None):
        self.pieces = list(pieces)
        self.error = error
        self.closed = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.pieces:
            raise self.error or StopAsyncIteration
        return self.pieces.pop(0)

    async def aclose(self):
        self.closed += 1


async def unasked():
    raise LookupError("nobody asks")


@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_dispatch_5_head_closes_the_generator_without_reading_it(version):
    """dispatch-5: same fields, no content, generator closed, nothing to watch."""
    content = Noted(b"a")
    sent = []

    async def send(message):
        await asyncio.sleep(0)
        sent.append(message)

    exchange(
        StreamingResponse(content),
        {"type": "http", "method": "HEAD", "asgi": {"spec_version": version}},
        receive=unasked,
        send=send,
    )
    assert content_of(sent) == b""
    assert sent[-1]["more_body"] is False
    assert content.pieces == [b"a"]
    assert content.closed == 1


@pytest.mark.parametrize("scope", [OLD, NEW])
def test_stream_91_an_error_breaks_off_and_closes(scope):
    """stream-91: no end is sent that would look like one."""
    content = Noted(b"a", error=LookupError("gone"))
    sent = []

    async def send(message):
        sent.append(message)

    with pytest.raises(LookupError, match="gone"):
        exchange(StreamingResponse(content), scope, send=send)
    assert [m.get("more_body") for m in sent] == [None, True]
    assert content.closed == 1


def test_an_error_of_the_generator_is_not_taken_for_the_clients():
    """An OSError is the client's only where `send` raises it."""
    content = Noted(error=OSError("disk"))
    with pytest.raises(OSError, match="disk"):
        exchange(StreamingResponse(content), NEW)


@pytest.mark.parametrize("after", [0, 1])
def test_background_tasks_run_though_the_client_has_gone(after):
    """disconnect-93: as where send says nothing; the server hears its own error."""
    sent, ran = [], []

    async def send(message):
        if len(sent) == after:
            raise OSError("gone")
        sent.append(message)

    async def background():
        ran.append(True)

    for response in (Response(b"x", background=background), Response(b"x")):
        sent.clear()
        with pytest.raises(OSError, match="gone"):
            exchange(response, NEW, send=send)
    assert ran == [True]


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_client_that_goes_ends_the_stream_where_send_raises(after):
    """ASGI 2.4: no error of ours; the generator is closed, background tasks run."""
    content = Noted(b"a", b"b", b"c")
    sent, ran = [], []

    async def send(message):
        if len(sent) == after:
            raise OSError("gone")
        sent.append(message)

    async def background():
        ran.append(True)

    exchange(StreamingResponse(content, background=background), NEW, send=send)
    assert len(sent) == after
    assert content.closed == 1
    assert ran == [True]


def test_a_client_that_goes_ends_the_stream_where_receive_says_so():
    """Older servers: an endless generator ends, background tasks run."""
    ran, ended = [], []

    async def endless():
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0)
        finally:
            ended.append(True)

    messages = [{"type": "http.request", "body": b"x"}, {"type": "http.disconnect"}]

    async def receive():
        await asyncio.sleep(0)
        return messages.pop(0)

    async def background():
        ran.append(True)

    exchange(StreamingResponse(endless(), background=background), OLD, receive=receive)
    assert (ran, ended) == ([True], [True])


@pytest.mark.parametrize("version", ["2.4", "2.5", "2.10", "3.0", "3"])
def test_where_send_raises_the_disconnect_is_not_asked_for(version):
    """ASGI 2.4 and later."""
    response = StreamingResponse(pieces())
    assert content_of(exchange(response, posting(version), unasked)) == "éb".encode()


@pytest.mark.parametrize("asgi", [{}, *({"spec_version": v} for v in ("2", "2.3"))])
def test_where_send_does_not_raise_the_disconnect_is_asked_for(asgi):
    """ASGI: spec_version is 2.0 where it is missing."""

    async def slow():
        await asyncio.sleep(10)
        yield b"a"

    with pytest.raises(LookupError, match="nobody asks"):
        exchange(StreamingResponse(slow()), {**OLD, "asgi": asgi}, unasked)


@pytest.mark.parametrize("body", [{}, {"body": b""}, {"body": b"x"}])
@pytest.mark.parametrize("more", [{}, {"more_body": False}, {"more_body": True}])
def test_content_is_dropped_where_there_is_some_or_more_to_come(body, more):
    messages = [{"type": "http.request", **body, **more}, {"type": "http.disconnect"}]

    async def receive():
        return messages.pop(0)

    scope = {"type": "http"}
    asyncio.run(until_disconnect(scope, receive))
    assert messages == []
    assert (DROPPED in scope) is (any(body.values()) or any(more.values()))


@pytest.mark.parametrize("scope", [OLD, NEW])
def test_a_disconnect_within_the_content_ends_the_stream(scope):
    """Content made of the request's own stream ends with it."""
    content = Noted(b"a", error=ClientDisconnect())
    assert len(exchange(StreamingResponse(content), scope)) == 2
    assert content.closed == 1


def test_an_ordinary_iterable_is_read_in_a_thread_with_the_context():
    seen = ContextVar("seen", default="nothing")

    def content():
        yield seen.get()

    async def main():
        seen.set("shelf")
        sent = []

        async def send(message):
            sent.append(message)

        await StreamingResponse(content())(NEW, None, send)
        return content_of(sent)

    assert asyncio.run(main()) == b"shelf"


def test_stream_92_iterables_that_block_wait_for_threads_and_nobody_waits_for_them():
    """Forty are read at a time, the others later; the event loop is free meanwhile."""
    begun = 0
    lock = threading.Lock()
    go_on = threading.Event()

    def content():
        nonlocal begun
        with lock:
            begun += 1
        go_on.wait(60)
        yield b"x"

    async def send_one(response):
        sent = []

        async def send(message):
            sent.append(message)

        await response(NEW, None, send)
        return content_of(sent)

    async def main():
        tasks = [
            asyncio.create_task(send_one(StreamingResponse(content())))
            for _ in range(50)
        ]
        while begun < 40:
            await asyncio.sleep(0.001)
        assert await send_one(PlainTextResponse("well")) == b"well"
        assert (begun, [task for task in tasks if task.done()]) == (40, [])
        go_on.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(main()) == [b"x"] * 50
    assert begun == 50


def test_an_iterator_runs_in_the_requests_own_task():
    """There a time limit or a task group that is open across a `yield` belongs."""

    async def main():
        tasks = []

        async def content():
            async with asyncio.timeout(60):
                tasks.append(asyncio.current_task())
                yield b"x"

        async def send(message):
            pass

        for scope in (OLD, NEW):
            await StreamingResponse(content())(scope, asyncio.Event().wait, send)
        return tasks == [asyncio.current_task()] * 2

    assert asyncio.run(main())


@pytest.mark.parametrize("scope", [OLD, NEW])
def test_an_iterators_own_time_limit_is_its_own_error(scope):
    async def content():
        yield b"a"
        async with asyncio.timeout(0):
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        exchange(StreamingResponse(content()), scope)


async def gone():
    return {"type": "http.disconnect"}


def test_an_error_while_a_stream_is_closed_is_not_hidden():
    """disconnect-93: the client has gone, and the generator's `finally` failed."""

    async def content():
        try:
            await asyncio.sleep(60)
            yield b""
        finally:
            raise LookupError("closing")

    with pytest.raises(LookupError, match="closing"):
        exchange(StreamingResponse(content()), OLD, receive=gone)


def test_the_first_watcher_that_ends_ends_the_stream_and_the_others():
    """A kind may have more to run beside it: `_watchers`."""
    ended = []

    async def other():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("watcher")

    class Watched(StreamingResponse):
        def _watchers(self, scope, receive, send):
            return [other(), *super()._watchers(scope, receive, send)]

    async def content():
        try:
            await asyncio.sleep(60)
            yield b""
        finally:
            ended.append("iterator")

    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        return messages.pop() if messages else await gone()

    exchange(Watched(content()), OLD, receive=receive)
    assert ended == ["iterator", "watcher"]


def test_an_error_of_receive_ends_the_stream():
    async def receive():
        raise LookupError("receive")

    content = Noted(*30 * [b"a"])

    async def send(message):
        await asyncio.sleep(0)

    with pytest.raises(LookupError, match="receive"):
        exchange(StreamingResponse(content), OLD, receive=receive, send=send)
    assert content.closed == 1


def test_a_request_that_is_cancelled_closes_the_stream():
    ended = []

    async def content():
        try:
            yield b"x"
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def main():
        sent = asyncio.Event()

        async def send(message):
            if message["type"] == "http.response.body":
                sent.set()

        response = StreamingResponse(content())
        task = asyncio.ensure_future(response(OLD, asyncio.Event().wait, send))
        await asyncio.wait_for(sent.wait(), 30)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled(), asyncio.all_tasks() == {asyncio.current_task()}

    assert asyncio.run(main()) == (True, True)
    assert ended == [True]


@pytest.mark.parametrize("scope", [OLD, NEW])
def test_stream_90_a_reader_that_takes_nothing_counts_as_gone(scope, caplog):
    """stream-90: the stream is closed, background tasks run, one line says so."""
    content, ran = Noted(b"a", b"b"), []

    async def send(message):
        if message.get("body"):
            await asyncio.sleep(60)

    async def background():
        ran.append(True)

    response = StreamingResponse(content, background=background, write_timeout=0.01)
    exchange(response, scope, send=send)
    assert (content.closed, content.pieces, ran) == (1, [b"b"], [True])
    assert [record.getMessage() for record in caplog.records] == [
        "a stream was ended: its reader took nothing for 0.01 s"
    ]


def test_a_reader_that_takes_something_in_time_has_all_of_it(caplog):
    response = StreamingResponse([b"a", b"b"], write_timeout=60)
    assert content_of(exchange(response)) == b"ab"
    assert caplog.records == []


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_write_timeout_is_more_than_nothing(seconds):
    with pytest.raises(ValueError, match="write_timeout is a number of seconds"):
        StreamingResponse([], write_timeout=seconds)


@pytest.mark.parametrize("scope", [OLD, NEW])
def test_stream_90_the_iterator_waits_for_the_reader(scope):
    """stream-90: nothing is made ahead of what was taken."""
    made, seen = [], []

    async def endless():
        while True:
            made.append(b"x" * 1000)
            yield made[-1]

    async def send(message):
        seen.append(len(made))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        seen.append(len(made))
        if len(seen) == 20:
            raise OSError("gone")

    exchange(StreamingResponse(endless()), scope, send=send)
    assert seen == [n for n in range(10) for _ in range(2)]


@pytest.mark.parametrize("piece", [{"a": 1}, 5])
def test_a_piece_that_is_neither_text_nor_bytes_is_an_error_that_teaches(piece):
    with pytest.raises(TypeError, match="StreamingResponse takes str or bytes, not"):
        exchange(StreamingResponse([piece]), NEW)


def test_an_iterator_that_cannot_be_closed_need_not_be():
    class Bare:
        def __init__(self):
            self.left = 1

        def __aiter__(self):
            return self

        async def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return b"x"

    assert content_of(exchange(StreamingResponse(Bare()), NEW)) == b"x"


def test_a_redirect_takes_no_ref() -> None:
    """Its text is no URL."""
    with pytest.raises(TypeError, match=r"a str, not Ref\. .* request\.url_for"):
        RedirectResponse(Ref("books"))


def test_a_generator_that_never_waits_does_not_keep_the_loop_to_itself():
    """A server whose client has gone takes what it is sent at once (ASGI 2.3)."""
    ended = []

    async def content():
        try:
            # Without end, but for a test that is to fail and not to hang.
            for _ in range(1_000_000):
                yield b"x"
        except GeneratorExit:
            ended.append("closed")
            raise

    async def receive():
        await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    exchange(StreamingResponse(content()), OLD, receive=receive)
    assert ended == ["closed"]


# Content made of the request's own ----------------------------------------------------

PIECES = [b"one", b"two", b"three", b"four"]


def posting(version="2.3"):
    asgi = {"spec_version": version}
    return {"type": "http", "method": "POST", "asgi": asgi, "headers": []}


def uploading(*pieces, then=None):
    """A receive that gives content, one piece after the other, as it arrives."""
    messages = [
        {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
    ]
    if then is None:
        messages[-1]["more_body"] = False
    else:
        messages.append(then)

    async def receive():
        await asyncio.sleep(0)
        if not messages:
            await asyncio.sleep(60)
        return messages.pop(0)

    return receive


@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_a_stream_may_be_made_of_the_requests_content(version):
    """It and what watches for the disconnect receive from one channel."""
    scope = posting(version)
    receive = uploading(*PIECES)

    async def shouted():
        async for piece in Request(scope, receive).stream():
            yield piece.upper()

    sent = exchange(StreamingResponse(shouted()), scope, receive=receive)
    assert content_of(sent) == b"ONETWOTHREEFOUR"
    assert sent[-1]["more_body"] is False


@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_a_disconnect_is_heard_by_who_reads_the_content(version):
    """disconnect-93: during the body, while an answer is made of it."""
    scope = posting(version)
    receive = uploading(*PIECES, then={"type": "http.disconnect"})
    ended = []

    async def shouted():
        try:
            async for piece in Request(scope, receive).stream():
                yield piece.upper()
        finally:
            ended.append(True)

    sent = exchange(StreamingResponse(shouted()), scope, receive=receive)
    assert content_of(sent) == b"ONETWOTHREEFOUR"
    assert sent[-1]["more_body"] is True
    assert ended == [True]


def test_a_disconnect_after_the_content_was_read_ends_the_stream():
    scope = posting()
    rest = uploading(*PIECES, then={"type": "http.disconnect"})
    end = {"type": "http.request", "body": b"", "more_body": False}

    async def receive():
        message = await rest()
        if message.get("body") == b"four":
            return {**end, "body": b"four"}
        return message

    async def content():
        async for piece in Request(scope, receive).stream():
            yield piece
        await asyncio.sleep(60)

    sent = exchange(StreamingResponse(content()), scope, receive=receive)
    assert content_of(sent) == b"onetwothreefour"
    assert sent[-1]["more_body"] is True


def test_content_that_came_while_nobody_read_is_not_lost_in_silence():
    scope = posting()
    receive = uploading(*PIECES)

    async def content():
        yield b"first"
        await asyncio.sleep(0.01)
        async for piece in Request(scope, receive).stream():
            yield piece

    with pytest.raises(RuntimeError, match=r"begin .* `await request.body\(\)`"):
        exchange(StreamingResponse(content()), scope, receive=receive)


def test_content_that_nobody_reads_does_not_hide_the_disconnect():
    ended = []

    async def content():
        try:
            await asyncio.sleep(60)
            yield b"never"
        finally:
            ended.append(True)

    receive = uploading(*PIECES, then={"type": "http.disconnect"})
    exchange(StreamingResponse(content()), posting(), receive=receive)
    assert ended == [True]
