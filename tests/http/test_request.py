"""The request as a handler sees it."""

import asyncio
import gc
import gzip
import json
import tracemalloc
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.errors import (
    BadRequest,
    ClientDisconnect,
    ContentTooLarge,
    UnsupportedMediaType,
)
from restlette.http.forms import UploadFile
from restlette.http.json import ORJSONCodec
from restlette.http.limits import DEFAULT_LIMITS
from restlette.http.request import FORM, HTTPConnection, Request
from restlette.http.types import DROPPED, READING, Address
from restlette.http.urls import URLPath
from tests.http.turns import taking_turns

MiB = 1024**2


def scope_with(*headers, **more):
    return {"type": "http", "method": "GET", "path": "/", "headers": [*headers], **more}


def messages(*chunks, disconnect=False):
    """The messages of a request's content, one a chunk."""
    all_of_them = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    if disconnect:
        all_of_them.append({"type": "http.disconnect"})
    elif all_of_them:
        all_of_them[-1]["more_body"] = False
    return all_of_them


def reading(*chunks, headers=(), limit=None, disconnect=False, **more):
    """A request whose server gives these chunks, and then waits for ever."""
    waiting = messages(*chunks, disconnect=disconnect)

    async def receive():
        if not waiting:
            await asyncio.get_running_loop().create_future()
        return waiting.pop(0)

    request = Request(scope_with(*headers, **more), receive)
    if limit is not None:
        request.limits = DEFAULT_LIMITS._replace(body=limit)
    request.waiting = waiting
    return request


async def streamed(request):
    return b"".join([chunk async for chunk in request.stream()])


def run(function):
    return asyncio.run(asyncio.wait_for(function(), 10))


# The scope ----------------------------------------------------------------------------


def test_a_connection_is_a_mapping_of_the_scope():
    scope = scope_with()
    connection = HTTPConnection(scope)
    assert connection["type"] == "http"
    assert set(connection) == set(scope)
    assert len(connection) == len(scope)
    with pytest.raises(KeyError):
        connection["nothing"]


def test_a_connection_equals_itself_alone():
    scope = scope_with()
    one, other = HTTPConnection(scope), HTTPConnection(scope)
    assert one == one
    assert one != other
    assert len({one, other}) == 2


@pytest.mark.parametrize(
    "cls, kind",
    [
        *[(HTTPConnection, "lifespan"), (Request, "lifespan")],
        *[(Request, "websocket"), (Request, "ftp")],
    ],
)
def test_a_scope_of_another_type_is_misuse(cls, kind):
    with pytest.raises(TypeError, match=f"not '{kind}'"):
        cls({"type": kind})


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_connection_is_of_either_type(kind):
    assert HTTPConnection({"type": kind}, None)["type"] == kind


def test_what_the_scope_says():
    app = object()
    request = Request(
        scope_with(
            app=app,
            client=["127.0.0.1", 5000],
            path_params={"book_id": 7},
            method="POST",
        )
    )
    assert request.app is app
    assert request.client == Address("127.0.0.1", 5000)
    assert request.path_params == {"book_id": 7}
    assert request.method == "POST"


def test_what_the_scope_does_not_say():
    request = Request(scope_with(client=None))
    assert request.client is None
    assert request.path_params == {}
    assert dict(request.query_params) == {}
    assert request.cookies == {}


def test_parts_are_parsed_once():
    request = Request(scope_with((b"host", b"a"), (b"cookie", b"a=b")))
    for name in "url", "base_url", "headers", "query_params", "cookies", "state":
        assert getattr(request, name) is getattr(request, name)


def test_urls():
    request = Request(
        scope_with(
            (b"host", b"example.org"),
            scheme="https",
            path="/shop/books",
            root_path="/shop",
            raw_path=b"/shop/books",
            query_string=b"a=b",
        )
    )
    assert request.url == "https://example.org/shop/books?a=b"
    assert request.base_url == "https://example.org/shop/"


@pytest.mark.parametrize("scheme, expected", [("ws", "http"), ("wss", "https")])
def test_the_base_url_of_a_websocket_is_http(scheme, expected):
    scope = {
        "type": "websocket",
        "path": "/",
        "headers": [(b"host", b"x")],
        "scheme": scheme,
    }
    assert HTTPConnection(scope).base_url == f"{expected}://x/"


def test_url_for_is_below_the_root_path():
    class Router:
        def url_path_for(self, target, /, **params):
            return URLPath(f"/{target}/{params['book_id']}")

    request = Request(
        scope_with((b"host", b"x"), scheme="http", root_path="/shop", router=Router())
    )
    assert request.url_for("books", book_id=7) == "http://x/shop/books/7"


@pytest.mark.parametrize("more", [{}, {"router": None}], ids=["absent", "none"])
def test_url_for_without_a_router_is_an_error_that_teaches(more):
    with pytest.raises(RuntimeError, match="url_for needs a router"):
        Request(scope_with(**more)).url_for("books")


@pytest.mark.parametrize(
    "name, middleware",
    [
        ("session", "SessionMiddleware"),
        ("auth", "AuthenticationMiddleware"),
        ("user", "AuthenticationMiddleware"),
    ],
)
def test_what_middleware_gives(name, middleware):
    value = object()
    assert getattr(Request(scope_with(**{name: value})), name) is value
    with pytest.raises(RuntimeError, match=f"connection.{name} needs {middleware}"):
        getattr(Request(scope_with()), name)


def test_state_is_shared_by_all_that_see_the_scope():
    scope = scope_with()
    Request(scope).state.shelf = "A3"
    assert Request(scope).state.shelf == "A3"
    assert scope["state"] == {"shelf": "A3"}


def test_headers_in_27_are_a_snapshot():
    """headers-in-27: trailers that a server adds later are not seen."""
    scope = scope_with((b"a", b"1"))
    request = Request(scope)
    assert request.headers["a"] == "1"
    scope["headers"].append((b"authorization", b"x"))
    assert "authorization" not in request.headers


def test_cookies_come_from_every_field_up_to_the_limit():
    others = (b"accept", b"c=3"), (b"host", b"d=4")
    request = Request(scope_with((b"cookie", b"a=1"), (b"cookie", b"b=2"), *others))
    assert request.cookies == {"a": "1", "b": "2"}
    short = Request(scope_with((b"cookie", b"a=1; bb=2")))
    short.limits = DEFAULT_LIMITS._replace(cookies=3)
    assert short.cookies == {"a": "1"}


def test_query_121_the_number_of_parameters_is_limited():
    """query-121: 1000 are taken, more is 400."""
    fine = Request(scope_with(query_string=b"&".join([b"a=1"] * 1000)))
    assert len(fine.query_params.getlist("a")) == 1000
    for count in 1001, 100_000:
        request = Request(scope_with(query_string=b"&".join([b"a=1"] * count)))
        with pytest.raises(BadRequest) as raised:
            request.query_params
        assert raised.value.detail == "The query has more than 1000 parameters."
    request.limits = DEFAULT_LIMITS._replace(query_parameters=100_000)
    assert len(request.query_params.getlist("a")) == 100_000


@given(st.binary(max_size=200))
def test_query_121_any_bytes_are_parameters(query):
    """query-121: `;`, `%`, what is no UTF-8: never an exception."""
    params = Request(scope_with(query_string=query)).query_params
    for name in params:
        assert params[name] == params.getlist(name)[-1]


# Content ------------------------------------------------------------------------------

JSON = (b"content-type", b"application/json")

CHUNKED = {
    "empty": ((b"",), b""),
    "one": ((b"abc",), b"abc"),
    "several": ((b"a", b"", b"bc"), b"abc"),
}


@pytest.mark.parametrize("chunks, whole", CHUNKED.values(), ids=CHUNKED)
def test_the_body_is_what_the_chunks_are_together(chunks, whole):
    async def main():
        request = reading(*chunks)
        assert await request.body() == whole
        # body-55: read twice.
        assert await request.body() is await request.body()

    run(main)


@pytest.mark.parametrize("chunks, whole", CHUNKED.values(), ids=CHUNKED)
def test_the_stream_gives_the_chunks_and_an_empty_one(chunks, whole):
    async def main():
        request = reading(*chunks)
        given = [chunk async for chunk in request.stream()]
        assert given == [*filter(None, chunks), b""]

    run(main)


@pytest.mark.parametrize("read", [Request.body, Request.json, streamed])
@pytest.mark.parametrize(
    "sent",
    [
        [{"type": "http.request", "body": b"1"}],
        [*messages(b"1", b"")[:1], {"type": "http.request"}],
    ],
    ids=["more_body", "both"],
)
def test_a_message_may_leave_out_what_has_a_default(sent, read):
    """ASGI: body is optional, and so is more_body."""

    async def main():
        request = reading(headers=[JSON])
        request.waiting += [*sent, {"type": "http.disconnect"}]
        assert await read(request) == (1 if read is Request.json else b"1")

    run(main)


def test_receive_is_the_servers():
    async def receive():
        return {}

    assert Request(scope_with(), receive).receive is receive


def test_a_request_without_channels_says_so():
    async def main():
        request = Request(scope_with(extensions={"http.response.push": {}}))
        with pytest.raises(RuntimeError, match="without a receive channel"):
            await request.body()
        with pytest.raises(RuntimeError, match="without a send channel"):
            await request.send_push_promise("/a")
        with pytest.raises(RuntimeError, match="without a receive channel"):
            await HTTPConnection(scope_with())._receive()

    run(main)


ANNOUNCED = {
    "missing": (),
    "understated": ((b"content-length", b"1"),),
    "negative": ((b"content-length", b"-1"),),
    "word": ((b"content-length", b"many"),),
    "empty": ((b"content-length", b""),),
}


@pytest.mark.parametrize("headers", ANNOUNCED.values(), ids=ANNOUNCED)
@pytest.mark.parametrize(
    "sizes, left", [([11], 0), ([6, 6, 6], 1), ([10, 1], 0), ([1, 1, 8, 1, 1], 1)]
)
def test_body_53_is_counted_whatever_the_length_says(headers, sizes, left):
    """body-53: 413 as soon as the limit is passed, the rest is not received."""
    chunks = [b"1" * size for size in sizes]

    async def main():
        for read in Request.body, Request.json, streamed:
            request = reading(*chunks, headers=[*headers, JSON], limit=10)
            with pytest.raises(ContentTooLarge) as raised:
                await read(request)
            assert raised.value.status_code == 413
            assert len(request.waiting) == left

    run(main)


@pytest.mark.parametrize("length", [b"11", b"9" * 19, b"9" * 20, b"9" * 5000], ids=len)
def test_body_53_what_announces_too_much_is_not_read(length):
    """body-53: 413 before anything is received, each time."""

    async def main():
        request = reading(b"x", headers=[(b"content-length", length)], limit=10)
        for _ in range(2):
            with pytest.raises(ContentTooLarge):
                await request.body()
        with pytest.raises(ContentTooLarge):
            [chunk async for chunk in request.stream()]
        assert len(request.waiting) == 1

    run(main)


def test_body_53_up_to_the_limit_is_taken():
    """body-53: the limit itself is not too much."""

    async def main():
        length = (b"content-length", b"10")
        assert len(await reading(b"x" * 10, headers=[length], limit=10).body()) == 10
        assert await reading(b"a" * 5, b"b" * 5, limit=10).body() == b"aaaaabbbbb"
        assert await reading(b"1" * 10, headers=[JSON], limit=10).json() == 1111111111

    run(main)


def of_bytes(count):
    """A request whose content is there at once, so many pieces of a byte each."""

    async def receive():
        nonlocal count
        count -= 1
        # Not one that Python keeps: a byte from a server is an object of its own.
        body = bytes(bytearray(b"xy"))[:1]
        return {"type": "http.request", "body": body, "more_body": count > 0}

    return Request(scope_with(), receive)


def test_body_53_a_million_chunks_of_a_byte_are_joined_once():
    """body-53: linear."""
    assert len(run(of_bytes(MiB).body)) == MiB


def test_body_53_chunks_of_a_byte_take_a_byte_each():
    """body-53: what is kept is the content, and not an object for each piece."""
    size = MiB // 8
    gc.collect()
    tracemalloc.start()
    try:
        assert len(run(of_bytes(size).body)) == size
        assert tracemalloc.get_traced_memory()[1] < 8 * size
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("read", [Request.body, streamed], ids=["body", "stream"])
def test_body_53_others_have_their_turn_amid_pieces_that_are_there(read):
    """body-53: no more than 1,024 pieces are read in a row."""

    async def main():
        async with taking_turns() as turns:
            assert len(await read(of_bytes(10 * 1_024 + 1))) == 10 * 1_024 + 1
        assert turns.count == 10

    run(main)


def test_body_54_the_default_is_a_mebibyte():
    """body-54: on by default."""

    async def main():
        assert len(await reading(b"x" * MiB).body()) == MiB
        with pytest.raises(ContentTooLarge):
            await reading(b"x" * (MiB + 1)).body()

    run(main)


def test_body_55_the_stream_of_what_was_read_gives_it_again():
    """body-55: stream after body."""

    async def main():
        request = reading(b"a", b"b")
        await request.body()
        assert [chunk async for chunk in request.stream()] == [b"ab", b""]

    run(main)


@pytest.mark.parametrize("partly", [True, False])
def test_body_55_what_was_streamed_is_gone(partly):
    """body-55: body after a stream, or after a part of one: a documented error."""

    async def main():
        request = reading(b"a", b"b")
        async for _ in request.stream():
            if partly:
                break
        for read in request.body, request.stream().__anext__:
            with pytest.raises(RuntimeError, match="streamed already"):
                await read()

    run(main)


@pytest.mark.parametrize("chunks", [(), (b"a",)], ids=["before", "within"])
def test_body_55_a_client_that_goes_is_an_error_each_time(chunks):
    """body-55: body after the disconnect does not hang, whatever the server does."""

    async def main():
        request = reading(*chunks, disconnect=True)
        for _ in range(2):
            with pytest.raises(ClientDisconnect):
                await request.body()
        assert await request.is_disconnected() is True
        stream = reading(*chunks, disconnect=True).stream()
        with pytest.raises(ClientDisconnect):
            [chunk async for chunk in stream]

    run(main)


# JSON ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b"APPLICATION/JSON",
        b"application/merge-patch+json",
    ],
)
def test_json_is_read_once(media_type):
    async def main():
        request = reading(b'{"a": [1]}', headers=[(b"content-type", media_type)])
        assert await request.json() == {"a": [1]}
        assert await request.json() is await request.json()

    run(main)


def test_of_two_content_types_the_first_counts():
    """As in `request.headers`, so that whoever looks there sees what is done."""
    text = (b"content-type", b"text/plain")

    async def main():
        request = reading(b"1", headers=[JSON, text])
        assert request.headers["content-type"] == "application/json"
        assert await request.json() == 1
        with pytest.raises(UnsupportedMediaType):
            await reading(b"1", headers=[text, JSON]).json()

    run(main)


def test_other_fields_say_nothing_of_the_content():
    others = [(b"accept", b"text/html"), (b"host", b"99")]

    async def main():
        request = reading(b"1", headers=[*others, JSON, *others], limit=10)
        assert await request.json() == 1

    run(main)


@pytest.mark.parametrize("first", [Request.body, Request.is_disconnected])
def test_json_is_read_of_what_was_received_before(first):
    async def main():
        request = reading(b"[1, ", b"2]", headers=[JSON])
        await first(request)
        assert await request.json() == [1, 2]

    run(main)


def test_json_null_is_a_value():
    async def main():
        request = reading(b"null", headers=[JSON])
        assert await request.json() is None
        assert await request.json() is None

    run(main)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"accept", b"application/json")],
        [(b"content-type", b"text/plain")],
        [(b"content-type", b"application/x-www-form-urlencoded")],
        [(b"content-type", b"application/jsonp")],
        [(b"content-type", b"\xff;;;")],
    ],
)
def test_csrf_48_other_media_types_are_415(headers):
    """csrf-48: JSON is parsed for its own media types alone; nothing is read."""

    async def main():
        request = reading(b"{}", headers=headers)
        with pytest.raises(UnsupportedMediaType) as raised:
            await request.json()
        assert raised.value.headers == {"Accept": "application/json"}
        assert len(request.waiting) == 1

    run(main)


BROKEN = {
    "json-57 empty": b"",
    "json-57 truncated": b'{"a": ',
    "json-57 bom": b"\xef\xbb\xbf{}",
    "json-57 utf-16": "{}".encode("utf-16"),
    "json-57 bad-utf-8": b'"\xff"',
    "json-57 single-quotes": b"{'a': 1}",
    "json-57 two": b"{} {}",
    "json-58 depth": b"[" * 100_000,
    "json-58 digits": b"1" * 5000,
    "json-58 exponent": b"1e999999",
    "json-59 nan": b"NaN",
    "json-59 infinity": b"[-Infinity]",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_json_that_is_none_is_400(content):
    """json-57, json-58, json-59: 400, whose detail does not echo the content."""

    async def main():
        with pytest.raises(BadRequest) as raised:
            await reading(content, headers=[JSON]).json()
        assert len(raised.value.detail) < 200

    run(main)


@given(st.binary(max_size=100))
def test_any_bytes_are_json_or_400(content):
    async def main():
        try:
            value = await reading(content, headers=[JSON]).json()
        except BadRequest:
            return
        assert json.loads(content) == value

    run(main)


def test_the_codec_is_the_applications():
    async def main():
        request = reading(b'{"a": 1}', headers=[JSON])
        request.codec = ORJSONCodec()
        assert await request.json() == {"a": 1}

    run(main)


# Codings ------------------------------------------------------------------------------

GZIP = (b"content-encoding", b"gzip")


def decoding(request, **figures):
    request.limits = DEFAULT_LIMITS._replace(**figures)
    return request


def test_body_56_coded_content_is_415_by_default():
    """body-56: whoever reads it, and before anything is received."""

    async def main():
        for read in "body", "json", "form", "stream":
            form = (b"content-type", b"application/x-www-form-urlencoded")
            kind = JSON if read == "json" else form
            request = reading(gzip.compress(b"{}"), headers=[GZIP, kind])
            with pytest.raises(UnsupportedMediaType) as raised:
                if read == "stream":
                    [chunk async for chunk in request.stream()]
                else:
                    await getattr(request, read)()
            assert raised.value.headers == {"Accept-Encoding": "identity"}
            assert len(request.waiting) == 1

    run(main)


@pytest.mark.parametrize("looked", [True, False])
def test_body_56_coded_content_is_decoded_where_that_is_allowed(looked):
    """body-56: json, body and stream; where is_disconnected has received some of it."""
    coded = gzip.compress(b'{"a": 1}')

    async def main():
        for read, expected in [
            (Request.json, {"a": 1}),
            (Request.body, b'{"a": 1}'),
        ]:
            request = reading(coded[:5], coded[5:], headers=[GZIP, JSON])
            decoding(request, decompressed=8)
            if looked:
                assert await request.is_disconnected() is False
            assert await read(request) == expected
            request.waiting.append({"type": "http.disconnect"})
            assert await request.is_disconnected() is True
        request = decoding(reading(coded, headers=[GZIP]), decompressed=8)
        assert b"".join([c async for c in request.stream()]) == b'{"a": 1}'

    run(main)


def test_body_56_the_decoded_content_is_counted():
    """body-56: `decompressed` counts it, `body` what arrives."""

    async def main():
        coded = gzip.compress(b"-" * 100_000)
        for figures, limit in [
            ({"decompressed": 99_999}, 99_999),
            ({"decompressed": 100_000, "body": len(coded) - 1}, len(coded) - 1),
        ]:
            request = decoding(reading(coded, headers=[GZIP]), **figures)
            with pytest.raises(ContentTooLarge) as raised:
                await request.body()
            assert raised.value.extensions == {"limit": limit}
        figures = {"decompressed": 100_000, "body": len(coded)}
        request = decoding(reading(coded, headers=[GZIP]), **figures)
        assert await request.body() == b"-" * 100_000
        request = decoding(reading(gzip.compress(b"-"), headers=[GZIP]), decompressed=1)
        assert await request.body() == b"-"

    run(main)


def test_body_56_stacked_codings_are_415_in_two_fields_too():
    """body-56."""

    async def main():
        request = decoding(reading(b"", headers=[GZIP, GZIP]), decompressed=100)
        with pytest.raises(UnsupportedMediaType):
            await request.body()

    run(main)


def test_content_in_no_coding_is_as_it_was():
    async def main():
        identity = (b"content-encoding", b"identity")
        assert await reading(b"a", headers=[identity]).body() == b"a"

    run(main)


# Forms --------------------------------------------------------------------------------

URLENCODED = (b"content-type", b"application/x-www-form-urlencoded")
MULTIPART = (b"content-type", b"multipart/form-data; boundary=b")


def multipart(*fields):
    """A form of names and contents; those of a file have a filename between them."""
    lines = []
    for name, *filename, content in fields:
        named = b'"; filename="'.join([name, *filename])
        disposition = b'Content-Disposition: form-data; name="' + named + b'"'
        lines += [b"--b", disposition, b"", content]
    return b"\r\n".join([*lines, b"--b--", b""])


@pytest.mark.parametrize(
    "media_type",
    [
        b"application/x-www-form-urlencoded",
        b"Application/X-WWW-Form-URLencoded ; charset=utf-7",
        b"multipart/form-data; boundary=b",
        b"MULTIPART/form-data;boundary=b;charset=utf-7",
    ],
)
def test_a_form_is_read_once(media_type):
    async def main():
        content = b"a=1" if b"url" in media_type.lower() else multipart((b"a", b"1"))
        request = reading(content, headers=[(b"content-type", media_type)])
        assert request.read_form is None
        form = await request.form()
        assert request.read_form is form
        assert form.multi_items() == [("a", "1")]
        assert await request.form() is form
        async with request.form() as again:
            assert again is form

    run(main)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [JSON],
        [(b"content-type", b"multipart/mixed; boundary=b")],
        [(b"content-type", b";")],
    ],
)
def test_other_media_types_are_no_forms(headers):
    """415, as for JSON; nothing is read."""

    async def main():
        request = reading(b"a=1", headers=headers)
        with pytest.raises(UnsupportedMediaType) as raised:
            await request.form()
        assert raised.value.headers["Accept"] == (
            "application/x-www-form-urlencoded, multipart/form-data"
        )
        assert len(request.waiting) == 1

    run(main)


def test_body_55_a_form_and_the_content():
    """body-55: both where the content is kept; else one of them, and an error."""

    async def main():
        request = reading(b"a=1", headers=[URLENCODED])
        await request.form()
        assert await request.body() == b"a=1"
        request = reading(multipart((b"a", b"1")), headers=[MULTIPART])
        await request.body()
        assert (await request.form())["a"] == "1"
        for first, second in ("form", "body"), ("form", "json"):
            request = reading(multipart((b"a", b"1")), headers=[MULTIPART])
            await getattr(request, first)()
            with pytest.raises((RuntimeError, UnsupportedMediaType)):
                await getattr(request, second)()
        request = reading(multipart((b"a", b"1")), headers=[MULTIPART])
        [chunk async for chunk in request.stream()]
        with pytest.raises(RuntimeError, match="streamed already"):
            await request.form()

    run(main)


def test_body_55_a_form_whose_client_goes():
    """body-55: within it, and again."""

    async def main():
        request = reading(b"--b\r\n", headers=[MULTIPART], disconnect=True)
        for _ in range(2):
            with pytest.raises(ClientDisconnect):
                await request.form()

    run(main)


def test_body_54_a_multipart_form_has_a_limit_of_its_own():
    """body-54: sixteen MiB by default, counted and announced, both ways."""

    async def main():
        whole = multipart((b"a", b"f", b"-" * 2 * MiB))
        async with reading(whole, headers=[MULTIPART]).form() as form:
            assert form["a"].size == 2 * MiB
        for length, headers in (100, ()), (10**9, [(b"content-length", b"9" * 9)]):
            request = reading(whole, headers=[MULTIPART, *headers])
            request.limits = DEFAULT_LIMITS._replace(multipart=length // 10)
            with pytest.raises(ContentTooLarge) as raised:
                await request.form()
            assert raised.value.extensions == {"limit": length // 10}
        chunks = [b"-" * MiB] * 17
        request = reading(b"--b\r\n", *chunks, headers=[MULTIPART])
        with pytest.raises(BadRequest):
            await request.form()
        head = whole.partition(b"---")[0]
        request = reading(head, *chunks, headers=[MULTIPART])
        with pytest.raises(ContentTooLarge):
            await request.form()

    run(main)


@pytest.mark.parametrize(
    "option, limit, field, error",
    [
        ("max_fields", "form_fields", (b"a", b"1"), BadRequest),
        ("max_files", "form_files", (b"a", b"f", b"1"), BadRequest),
        ("max_part_size", "form_text", (b"a", b"12"), ContentTooLarge),
    ],
)
@pytest.mark.parametrize("here", [0, 1000], ids=["less", "more"])
def test_form_62_a_call_may_have_limits_of_its_own(option, limit, field, error, here):
    """form-62: in place of those that hold here, both ways."""

    async def main():
        for figure, fine in (2, True), (1, False):
            request = reading(multipart(field, field), headers=[MULTIPART])
            request.limits = DEFAULT_LIMITS._replace(**{limit: here})
            opening = request.form(**{option: figure})
            if fine:
                assert len((await opening).getlist("a")) == 2
            else:
                with pytest.raises(error):
                    await opening

    run(main)


def test_a_limit_of_a_call_is_checked_when_it_is_made():
    with pytest.raises(ValueError, match="whole number of 0 or more"):
        Request(scope_with()).form(max_fields=-1)


def test_a_request_closes_its_form():
    """The form is also in the scope, for who made the request's pipeline."""

    async def main():
        await reading(b"").close()
        content = multipart((b"a", b"f", b"-" * 2 * MiB))
        request = reading(content, headers=[MULTIPART])
        form = await request.form()
        assert request.scope[FORM] is form
        upload = form["a"]
        assert isinstance(upload, UploadFile)
        await request.close()
        assert upload.file.closed

    run(main)


# The client ---------------------------------------------------------------------------


def test_is_disconnected_does_not_wait():
    async def main():
        request = reading(b"a")
        # The content's message is there; it is kept for whoever reads it.
        assert await request.is_disconnected() is False
        assert await request.is_disconnected() is False
        assert await request.body() == b"a"
        assert await request.is_disconnected() is False
        request.waiting.append({"type": "http.disconnect"})
        assert await request.is_disconnected() is True
        assert await request.is_disconnected() is True
        assert await request.body() == b"a"

    run(main)


@pytest.mark.parametrize("chunks", [(b"",), (b"a",), (b"a", b"b"), (b"a",) * 15])
def test_is_disconnected_looks_behind_unread_content(chunks):
    """hypercorn and daphne report the disconnect behind the content alone."""

    async def main():
        request = reading(*chunks)
        assert await request.is_disconnected() is False
        request.waiting.append({"type": "http.disconnect"})
        assert await request.is_disconnected() is True
        # What came before it is whole, and can be read.
        assert await request.body() == b"".join(chunks)

    run(main)


def test_is_disconnected_keeps_no_more_than_sixteen_pieces():
    """Content that nobody reads is left to the server."""

    async def main():
        request = reading(*[b"a"] * 100)
        for _ in range(3):
            assert await request.is_disconnected() is False
        assert len(request.waiting) == 84
        assert await request.body() == b"a" * 100

    run(main)


def test_body_55_a_disconnect_that_was_seen_in_the_content_ends_it():
    """body-55: behind the pieces that came, and the server need not say it again."""

    async def main():
        request = reading(b"a", b"b", disconnect=True)
        assert await request.is_disconnected() is True
        stream = request.stream()
        assert [await anext(stream), await anext(stream)] == [b"a", b"b"]
        with pytest.raises(ClientDisconnect):
            await anext(stream)

    run(main)


def test_is_disconnected_leaves_the_stream_its_messages():
    async def main():
        request = reading(b"a", b"b")
        assert await request.is_disconnected() is False
        assert [chunk async for chunk in request.stream()] == [b"a", b"b", b""]

    run(main)


def test_body_55_a_disconnect_that_was_seen_is_raised():
    """body-55: what is_disconnected saw need not be said a second time."""

    async def main():
        request = reading(disconnect=True)
        assert await request.is_disconnected() is True
        with pytest.raises(ClientDisconnect):
            await request.body()

    run(main)


def test_a_wait_that_is_given_up_ends():
    """A future is cancelled, a coroutine closed; another awaitable is left alone."""
    ended = []

    async def coroutine():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("closed")

    class Bare:
        def __await__(self):
            return self

        def __iter__(self):
            return self

        def __next__(self):
            return None

    async def main():
        future = asyncio.get_running_loop().create_future()
        for receive in coroutine, lambda: future, Bare:
            assert await Request(scope_with(), receive).is_disconnected() is False
        assert ended == ["closed"]
        assert future.cancelled()

    run(main)


@pytest.mark.parametrize("extensions", [None, {}, {"http.response.push": {}}])
def test_a_push_is_promised_where_the_server_offers_it(extensions):
    sent = []

    async def send(message):
        sent.append(message)

    scope = scope_with((b"accept", b"*/*"), (b"cookie", b"a=b"), extensions=extensions)
    run(lambda: Request(scope, send=send).send_push_promise("/style.css"))
    promised = {
        "type": "http.response.push",
        "path": "/style.css",
        "headers": [(b"accept", b"*/*")],
    }
    assert sent == ([promised] if extensions else [])


LINKS = ["</style.css>; rel=preload; as=style", "</é.js>; rel=preload"]


@pytest.mark.parametrize(
    "extensions",
    [None, {}, {"http.response.push": {}}, {"http.response.early_hint": {}}],
)
def test_early_hints_are_sent_where_the_server_offers_it(extensions):
    """RFC 8297, through the extension of ASGI."""
    sent = []

    async def send(message):
        sent.append(message)

    request = Request(scope_with(extensions=extensions), send=send)
    run(lambda: request.send_early_hints(LINKS))
    hint = {
        "type": "http.response.early_hint",
        "links": [link.encode("latin-1") for link in LINKS],
    }
    is_offered = "http.response.early_hint" in (extensions or {})
    assert sent == ([hint] if is_offered else [])


@pytest.mark.parametrize(
    "links, error, match",
    [
        ("</a>; rel=preload", TypeError, "takes several texts: write \\['</a>"),
        (["</a>\r\nset-cookie: a=b"], ValueError, "link"),
    ],
)
def test_early_hints_that_cannot_be_are_refused_whatever_the_server(
    links, error, match
):
    with pytest.raises(error, match=match):
        run(lambda: Request(scope_with()).send_early_hints(links))


def test_the_type_of_the_state_can_be_named():
    """It is for type checkers; `state` is the same object as ever."""

    class Services(TypedDict):
        shop: str

    request: Request[Services] = Request(scope_with(state={"shop": "Dune & Sons"}))
    assert request.state["shop"] == "Dune & Sons"
    assert type(Request[Services](scope_with())) is Request


def test_disconnect_93_is_seen_though_the_content_was_not_read():
    """disconnect-93: servers give the content first, of a GET too."""
    gone = [False]

    async def receive():
        if pending:
            return pending.pop()
        if not gone[0]:
            await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    pending = messages(b"x")

    async def main():
        request = Request(scope_with(), receive)
        assert not await request.is_disconnected()
        assert not await request.is_disconnected()
        gone[0] = True
        assert await request.is_disconnected()
        assert await request.is_disconnected()

    run(main)


def test_content_that_asking_for_the_disconnect_met_is_not_lost():
    pending = messages(b"a", b"b")

    async def receive():
        if pending:
            return pending.pop(0)
        await asyncio.sleep(3600)

    async def main():
        request = Request(scope_with(), receive)
        for _ in range(3):
            assert not await request.is_disconnected()
        assert await request.body() == b"ab"
        assert not await request.is_disconnected()

    run(main)


def test_a_scope_says_while_its_content_is_streamed():
    async def main():
        request = reading(b"a", b"b")
        stream = request.stream()
        assert READING not in request.scope
        assert await anext(stream) == b"a"
        assert not request.scope[READING].is_set()
        await stream.aclose()
        assert request.scope[READING].is_set()

    run(main)


def test_content_that_was_dropped_cannot_be_streamed():
    async def main():
        request = reading(b"a")
        request.scope[DROPPED] = True
        with pytest.raises(RuntimeError, match="not there any more"):
            await anext(request.stream())

    run(main)
