"""Content in gzip, for those who take it, and conditional requests that still match."""

import asyncio
import gc
import gzip
import random
import weakref
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import Restlette, StreamingResponse
from restlette.contrib import gzip as module
from restlette.contrib.gzip import GZipMiddleware, takes_gzip
from restlette.testing import TestClient, TestResponse, call
from tests.contrib.around import (
    TEXT,
    answering,
    body,
    each_app,
    exchange,
    http_scope,
    sending,
    start,
)
from tests.http.stopwatch import seconds

TAKES = (b"accept-encoding", b"gzip")
LONG = TEXT.encode()


def get(
    app: Any, method: str = "GET", *, strict: bool = True, **headers: Any
) -> TestResponse:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    fields.setdefault("accept-encoding", "gzip")
    return call(app, method, headers=fields, strict=strict)


def wrapped(*fields: tuple[bytes, bytes], content: bytes = LONG, status: int = 200):
    return GZipMiddleware(answering(content, status, fields))


@each_app
def test_long_content_is_compressed(make) -> None:
    response = get(GZipMiddleware(make()))
    assert response.status_code == 200
    assert gzip.decompress(response.content) == LONG
    assert len(response.content) < len(LONG) / 10
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["content-length"] == str(len(response.content))
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.headers["etag"] == '"v1-gzip"'
    assert response.headers["x-own"] == "1"


@each_app
@pytest.mark.parametrize("coding", ["", "br", "gzip;q=0", "identity", None])
def test_others_get_it_plain_and_are_told_that_it_varies(make, coding) -> None:
    app = GZipMiddleware(make())
    response = call(app, headers={"accept-encoding": coding})
    assert response.content == LONG
    assert "content-encoding" not in response.headers
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.headers["etag"] == '"v1"'


@pytest.mark.parametrize(
    "value, taken",
    [
        pytest.param(value, taken, id=f"headers-in-26-{value[:30].decode('latin-1')}")
        for value, taken in [
            (b"gzip", True),
            (b"GZIP", True),
            (b"x-gzip", True),
            (b"gzip, deflate, br", True),
            (b"*", True),
            (b"gzip;q=1.0", True),
            (b"gzip ; q=0.001", True),
            (b"gzip;Q=0.5", True),
            (b"gzip, identity", True),
            (b"gzip;q=0.5, identity;q=0.4", True),
            (b"identity;q=0, *;q=0.1", True),
            (b",, ,gzip,", True),
            (b"", False),
            (b"gzip;q=0", False),
            (b"gzip;q=0.000", False),
            (b"*;q=0", False),
            (b"*, gzip;q=0", False),
            (b"identity", False),
            (b"gzip;q=0.4, identity;q=0.5", False),
            (b"br", False),
            (b"gzipp", False),
            (b"gzip;q=2", False),
            (b"gzip;q=abc", False),
            (b"gzip;q=1.001", False),
            (b"gzip;q=-1", False),
            (b"gzip;q=0.5;x=y", False),
            (b"gzip gzip", False),
            (b"\xff", False),
            (b"br," * 10_000 + b"gzip", True),
            (b"gzip;q=0," + b"gzip," * 10_000, False),
        ]
    ],
)
def test_weights_are_obeyed_and_junk_is_passed_over(value, taken) -> None:
    assert takes_gzip(value) is taken


@given(st.binary(max_size=400))
def test_any_accept_encoding_is_a_yes_or_a_no(value) -> None:
    assert takes_gzip(value) in (True, False)


@pytest.mark.parametrize(
    "value",
    [
        b"," * 200_000,
        b"gzip;q=" * 30_000,
        b"a" * 200_000,
        b" " * 200_000,
        b";q=0" * 9**5,
    ],
)
def test_a_long_accept_encoding_is_read_in_linear_time(value) -> None:
    assert seconds(lambda: takes_gzip(value)) < 1


def test_several_lines_are_one_list() -> None:
    scope = http_scope([(b"accept-encoding", b"br"), TAKES])
    (head, _) = exchange(wrapped(), scope)
    assert (b"content-encoding", b"gzip") in head["headers"]


@pytest.mark.parametrize("size", [0, 1, 499])
def test_content_below_the_minimum_stays_as_it_is(size) -> None:
    """gzip-87: tiny body."""
    response = get(wrapped((b"etag", b'"v1"'), content=b"a" * size))
    assert response.content == b"a" * size
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.headers["etag"] == '"v1"'


def test_the_minimum_is_an_option() -> None:
    app = GZipMiddleware(answering(b"a" * 100), minimum_size=100)
    assert get(app).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in get(GZipMiddleware(answering(b""), 0)).headers


def test_content_that_would_not_get_shorter_stays_as_it_is() -> None:
    noise = random.Random(1).randbytes(1000)
    response = get(wrapped((b"etag", b'"v1"'), content=noise))
    assert response.content == noise
    assert response.headers["etag"] == '"v1"'


def test_the_level_is_an_option() -> None:
    sizes = [
        len(get(GZipMiddleware(answering(LONG + LONG[::-3]), 500, level)).content)
        for level in (1, 9)
    ]
    assert sizes[0] > sizes[1]


@pytest.mark.parametrize(
    "status, fields",
    [
        pytest.param(status, fields, id=f"gzip-87-{label}")
        for label, status, fields in [
            ("coded", 200, [(b"content-encoding", b"br")]),
            ("no-transform", 200, [(b"cache-control", b"public, No-Transform")]),
            (
                "no-transform-line",
                200,
                [(b"cache-control", b"public"), (b"cache-control", b"no-transform")],
            ),
            ("sse", 200, [(b"content-type", b"text/event-stream; charset=utf-8")]),
            ("png", 200, [(b"content-type", b"Image/PNG")]),
            ("video", 200, [(b"content-type", b"video/mp4")]),
            ("206", 206, []),
            ("range", 200, [(b"content-range", b"bytes 0-1/2")]),
            ("digest", 200, [(b"repr-digest", b"sha-256=:AA==:")]),
        ]
    ],
)
def test_what_must_not_be_compressed_is_not(status, fields) -> None:
    response = get(wrapped((b"etag", b'"v1"'), *fields, status=status))
    assert response.content == LONG
    assert response.headers.get("content-encoding") in (None, "br")
    assert response.headers["etag"] == '"v1"'
    assert response.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_content_stays_as_it_is(status) -> None:
    """gzip-87: 204/304."""
    response = get(wrapped((b"etag", b'"v1"'), content=b"", status=status))
    assert response.headers["etag"] == '"v1"'
    assert response.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in response.headers


@each_app
def test_the_answer_to_head_is_that_to_get_without_a_length(make) -> None:
    """gzip-87: HEAD."""
    app = GZipMiddleware(make())
    # Starlette sends content in answer to HEAD, which servers drop.
    response = get(app, "HEAD", strict=False)
    assert response.content == b""
    expected = dict(get(app).headers.items())
    del expected["content-length"]
    found = dict(response.headers.items())
    assert found.items() <= expected.items()
    assert found["etag"] == '"v1-gzip"'
    assert found["content-encoding"] == "gzip"


def test_the_answer_to_head_is_plain_where_that_to_get_is() -> None:
    app = wrapped((b"content-length", b"499"), content=b"")
    response = get(app, "HEAD")
    assert response.headers["content-length"] == "499"
    assert "content-encoding" not in response.headers


def test_the_types_that_are_left_out_are_an_option() -> None:
    fields = [(b"content-type", b"text/plain")]
    app = answering(LONG, headers=fields)
    assert get(GZipMiddleware(app, exclude_content_types=["TEXT/*"])).content == LONG
    png = answering(LONG, headers=[(b"content-type", b"image/png")])
    response = get(GZipMiddleware(png, exclude_content_types=[]))
    assert response.headers["content-encoding"] == "gzip"


def test_vary_is_joined_with_what_the_application_has() -> None:
    assert get(wrapped((b"Vary", b"Accept"))).headers.getlist("vary") == [
        "Accept, Accept-Encoding"
    ]
    assert get(wrapped((b"vary", b"*"))).headers.getlist("vary") == ["*"]


def test_names_are_read_without_regard_to_case() -> None:
    app = wrapped((b"Content-Encoding", b"br"), (b"ETag", b'"v1"'))
    (head, _) = exchange(app, http_scope([TAKES]))
    assert head["headers"][:2] == [(b"Content-Encoding", b"br"), (b"ETag", b'"v1"')]


def test_ranges_of_the_plain_content_are_not_offered_with_the_coded() -> None:
    app = wrapped((b"accept-ranges", b"bytes"))
    assert "accept-ranges" not in get(app).headers
    assert call(app).headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("tag", ['W/"v1"', "v1", '"', "", '"v1'])
def test_a_weak_or_malformed_tag_stays_as_it_is(tag) -> None:
    assert get(wrapped((b"etag", tag.encode()))).headers["etag"] == tag


def conditional(seen: list[tuple[bytes, bytes]]) -> Any:
    """An application with the tag "v1", as strict as RFC 9110 section 13 has it."""

    async def app(scope, receive, send) -> None:
        headers = dict(scope["headers"])
        seen[:] = scope["headers"]
        tags = [tag.strip() for tag in headers.get(b"if-none-match", b"").split(b",")]
        wanted = [tag.strip() for tag in headers.get(b"if-match", b'"v1"').split(b",")]
        fields = [(b"etag", b'"v1"'), (b"content-type", b"text/plain")]
        if b'"v1"' not in wanted:
            await answering(b"", 412)(scope, receive, send)
        elif b'"v1"' in [tag.removeprefix(b"W/") for tag in tags]:
            await answering(b"", 304, fields)(scope, receive, send)
        elif headers.get(b"if-range") == b'"v1"':
            await answering(LONG[:100], 206, fields)(scope, receive, send)
        else:
            await answering(LONG, 200, fields)(scope, receive, send)

    return GZipMiddleware(app)


@pytest.mark.parametrize(
    "sent, tag",
    [
        ('"v1-gzip"', '"v1-gzip"'),
        ('W/"v1-gzip"', '"v1-gzip"'),
        ('"v0", "v1-gzip" , "v2-gzip"', '"v1-gzip"'),
        ('"v1"', '"v1"'),
        ('"v1", "v0-gzip"', '"v1"'),
        ('"v1", "v1-gzip"', '"v1-gzip"'),
    ],
)
def test_a_304_has_the_tag_of_the_client_s_copy(sent, tag) -> None:
    """gzip-87: what was strong still matches."""
    seen: list[tuple[bytes, bytes]] = []
    response = get(conditional(seen), if_none_match=sent)
    assert (response.status_code, response.headers["etag"]) == (304, tag)
    assert response.headers["vary"] == "Accept-Encoding"


def test_a_copy_that_is_stale_is_replaced() -> None:
    response = get(conditional([]), if_none_match='"v0-gzip"')
    assert (response.status_code, response.headers["etag"]) == (200, '"v1-gzip"')


def test_a_coded_copy_is_of_no_use_to_who_wants_it_plain() -> None:
    fields = {"if-none-match": '"v1-gzip"', "accept-encoding": None}
    response = call(conditional([]), headers=fields)
    assert (response.status_code, response.headers["etag"]) == (200, '"v1"')


@pytest.mark.parametrize("coding", ["gzip", None])
@pytest.mark.parametrize("tag, status", [('"v1-gzip"', 200), ('"v0-gzip"', 412)])
def test_if_match_is_about_the_state_in_whatever_coding(coding, tag, status) -> None:
    fields = {"if-match": tag, "accept-encoding": coding}
    response = call(conditional([]), "PUT", headers=fields)
    assert response.status_code == status


def test_a_part_of_the_plain_content_is_not_put_to_the_coded() -> None:
    """range-84: If-Range with the coded content's tag gives the whole."""
    app = conditional([])
    response = get(app, if_range='"v1-gzip"', range="bytes=0-99")
    assert (response.status_code, response.headers["etag"]) == (200, '"v1-gzip"')
    response = get(app, if_range='"v1"', range="bytes=0-99")
    assert (response.status_code, response.content) == (206, LONG[:100])


@pytest.mark.parametrize(
    "sent, seen_as",
    [
        ('"a-gzip"', '"a", "a-gzip"'),
        ('W/"a-gzip","b"', 'W/"a", W/"a-gzip","b"'),
        ("*", "*"),
        ('"-gzip', '"", "-gzip'),
        ("-gzip", "-gzip"),
        ('"a"-gzip"b"', '"a"-gzip"b"'),
    ],
)
def test_the_application_meets_its_own_tags(sent, seen_as) -> None:
    seen: list[tuple[bytes, bytes]] = []
    get(conditional(seen), if_none_match=sent)
    assert dict(seen)[b"if-none-match"] == seen_as.encode()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param('"a-gzip",' * 12_000, id="conditional-86-many"),
        pytest.param('"' * 100_000 + "-gzip", id="conditional-86-quotes"),
        pytest.param("-gzip" * 20_000, id="conditional-86-junk"),
    ],
)
def test_a_long_list_of_tags_is_read_in_linear_time(value) -> None:
    assert seconds(lambda: get(conditional([]), if_none_match=value)) < 1


def stream(*pieces: bytes, fields: Any = ()) -> GZipMiddleware:
    messages = [body(piece, more_body=True) for piece in pieces]
    return GZipMiddleware(sending(start(200, fields), *messages, body(b"")))


def test_a_stream_is_flushed_with_each_piece() -> None:
    """gzip-87: the client has all that was sent."""
    app = stream(b"one", b"", b"two", fields=[(b"content-length", b"600")])
    head, *parts = exchange(app, http_scope([TAKES]))
    assert head["headers"] == [
        (b"vary", b"Accept-Encoding"),
        (b"content-encoding", b"gzip"),
    ]
    reader = zlib.decompressobj(31)
    assert [reader.decompress(part["body"]) for part in parts] == [
        b"one",
        b"",
        b"two",
        b"",
    ]
    assert [part.get("more_body", False) for part in parts] == [True, True, True, False]
    assert reader.eof


def test_a_short_stream_of_known_length_stays_as_it_is() -> None:
    app = stream(b"one", fields=[(b"content-length", b"3")])
    head, one, end = exchange(app, http_scope([TAKES]))
    assert (b"content-length", b"3") in head["headers"]
    assert (one["body"], end["body"]) == (b"one", b"")


def test_a_streaming_response_is_compressed_through_a_client() -> None:
    app = Restlette()
    app.add_middleware(GZipMiddleware)

    @app.route("/")
    async def lines(request):
        async def content():
            for number in range(100):
                yield f"line {number}\n"

        return StreamingResponse(content(), media_type="text/plain")

    with TestClient(app) as client:
        response = client.get("/", headers={"accept-encoding": "gzip"})
        assert response.headers["content-encoding"] == "gzip"
        assert response.text.startswith("line 0\nline 1\n")
        assert response.text.endswith("line 99\n")


@pytest.mark.parametrize("whole", [True, False])
def test_large_content_is_compressed_in_a_thread(whole, monkeypatch) -> None:
    ran = []
    run = module._POOL.run

    async def watched(func, *args):
        ran.append(func)
        return await run(func, *args)

    monkeypatch.setattr(module._POOL, "run", watched)
    large = b"x" * module.THREAD_SIZE
    response = get(wrapped(content=large) if whole else stream(large))
    assert gzip.decompress(response.content) == large
    assert len(ran) == 1


def test_the_event_loop_goes_on_while_large_content_is_compressed() -> None:
    large = random.Random(2).randbytes(4_000_000).hex().encode()
    ticks = 0

    async def run() -> None:
        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        async def nothing(*message) -> None:
            pass

        ticking = asyncio.ensure_future(tick())
        await wrapped(content=large)(http_scope([TAKES]), nothing, nothing)
        ticking.cancel()

    asyncio.run(run())
    assert ticks > 10


def test_trailers_go_without_a_length() -> None:
    trailers = {"type": "http.response.trailers", "headers": [], "more_trailers": False}
    app = GZipMiddleware(sending(start(trailers=True), body(LONG), trailers))
    head, content, end = exchange(app, http_scope([TAKES]))
    assert b"content-length" not in dict(head["headers"])
    assert gzip.decompress(content["body"]) == LONG
    assert end == trailers


def test_files_that_go_past_the_application_are_not_offered() -> None:
    offered = {"http.response.pathsend": {}, "http.response.debug": {}}
    seen = []

    async def app(scope, receive, send) -> None:
        seen.append(scope["extensions"])

    for fields in ([TAKES], []):
        exchange(GZipMiddleware(app), http_scope(fields, extensions=dict(offered)))
    exchange(GZipMiddleware(app), http_scope([TAKES], extensions={}))
    assert seen == [{"http.response.debug": {}}, offered, {}]


def test_a_file_that_goes_past_nevertheless_is_passed_on() -> None:
    sent = {"type": "http.response.pathsend", "path": "/poem"}
    app = GZipMiddleware(sending(start(headers=[(b"etag", b'"v1"')]), sent))
    head, message = exchange(app, http_scope([TAKES]))
    assert head["headers"] == [(b"etag", b'"v1"'), (b"vary", b"Accept-Encoding")]
    assert message == sent


def test_what_comes_before_the_answer_passes_by() -> None:
    hint = {"type": "http.response.early_hint", "links": []}
    app = GZipMiddleware(sending(hint, start(), hint, body(LONG)))
    kinds = [message["type"] for message in exchange(app, http_scope([TAKES]))]
    assert kinds == [
        hint["type"],
        hint["type"],
        "http.response.start",
        "http.response.body",
    ]


def test_what_breaks_the_order_of_messages_is_left_to_the_server() -> None:
    app = GZipMiddleware(sending(body(b"before"), start(), body(LONG), body(b"after")))
    before, _, _, after = exchange(app, http_scope([TAKES]))
    assert (before["body"], after["body"]) == (b"before", b"after")


def test_the_application_s_message_is_not_written_to() -> None:
    head = start(headers=[(b"etag", b'"v1"')])
    content = body(LONG)
    exchange(GZipMiddleware(sending(head, content)), http_scope([TAKES]))
    assert head == start(headers=[(b"etag", b'"v1"')])
    assert content == body(LONG)


@pytest.mark.parametrize("area", [pytest.param(0, id="gzip-88")])
def test_a_disconnect_frees_the_compressor_and_closes_the_generator(
    area, monkeypatch
) -> None:
    class Compressor:
        def __init__(self, *args) -> None:
            self.compressor = compressobj(*args)

        def compress(self, data: bytes) -> bytes:
            return self.compressor.compress(data)

        def flush(self, mode: int = zlib.Z_FINISH) -> bytes:
            return self.compressor.flush(mode)

    compressobj = zlib.compressobj
    made: list[weakref.ref[Compressor]] = []
    closed = 0

    def compressor(*args) -> Compressor:
        each = Compressor(*args)
        made.append(weakref.ref(each))
        return each

    async def content():
        nonlocal closed
        try:
            while True:
                yield b"more"
        finally:
            closed += 1

    async def app(scope, receive, send) -> None:
        await StreamingResponse(content())(scope, receive, send)

    def gone(message) -> None:
        if message["type"] == "http.response.body":
            raise OSError("the client has gone")

    monkeypatch.setattr(zlib, "compressobj", compressor)
    scope = http_scope([TAKES], asgi={"version": "3.0", "spec_version": "2.4"})
    exchange(GZipMiddleware(app), scope, on_send=gone)
    gc.collect()
    assert [each() for each in made] == [None]
    assert closed == 1


@pytest.mark.parametrize(
    "options, error",
    [
        ({"compresslevel": 0}, ValueError),
        ({"compresslevel": 10}, ValueError),
        ({"minimum_size": -1}, ValueError),
        ({"exclude_content_types": "image/*"}, TypeError),
    ],
)
def test_options_that_make_no_sense_are_refused_at_start(options, error) -> None:
    with pytest.raises(error):
        GZipMiddleware(answering(), **options)


def test_websockets_and_lifespans_pass_by() -> None:
    app = Restlette()
    app.add_middleware(GZipMiddleware)

    @app.websocket_route("/")
    async def echo(websocket):
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    with TestClient(app) as client, client.websocket_connect("/") as session:
        assert session.receive_text() == "hello"
