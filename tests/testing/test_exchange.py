"""One HTTP exchange, from the server's side."""

import asyncio
import time
from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.testing import exchange as exchange_module
from restlette.testing.errors import ASGIViolation, IncompleteAnswer
from restlette.testing.exchange import Exchange, StreamedExchange
from tests.testing.apps import Ticking, body, raising, read, sending, start


def run(
    app: ASGIApp,
    method: str = "GET",
    *,
    content: Any = b"",
    strict: bool = True,
    raises: bool = True,
) -> Exchange:
    exchange = Exchange(method, content, strict=strict)
    asyncio.run(exchange.run(app, {"type": "http"}, raising=raises))
    return exchange


def test_an_answer_is_kept() -> None:
    """Status, fields and content, in the order in which they were sent."""
    fields = [(b"content-length", b"3"), (b"x-a", b""), (b"x-a", b"\xe9\tb")]
    messages = [start(HTTPStatus.CREATED, fields), body(b"ab", more_body=True)]
    exchange = run(sending(*messages, body(b"", more_body=True), body(b"c")))
    assert exchange.status == 201
    assert exchange.fields == fields
    assert exchange.chunks == [b"ab", b"c"]
    assert exchange.content == b"abc"
    assert exchange.complete


def test_headers_and_body_may_be_absent() -> None:
    """ASGI has defaults for both."""
    messages = [{"type": "http.response.start", "status": 200}]
    exchange = run(sending(*messages, {"type": "http.response.body"}))
    assert (exchange.fields, exchange.content) == ([], b"")


def test_headers_may_come_from_an_iterator() -> None:
    """ASGI says iterable: it is gone through once."""
    exchange = run(sending(start(200, iter([[b"a", b"b"]])), body()))
    assert exchange.fields == [(b"a", b"b")]


def fields_of(*fields: Any) -> list[Message]:
    return [start(200, list(fields)), body()]


VIOLATIONS = [
    pytest.param([], "returned without an answer", id="nothing"),
    pytest.param([start()], "returned before the end", id="start only"),
    pytest.param(
        [start(), body(b"a", more_body=True)], "returned before the end", id="no end"
    ),
    pytest.param([body()], "body' before 'http.response.start", id="no start"),
    pytest.param([start(), start()], "start' twice", id="two starts"),
    pytest.param([start(), body(), body()], "after the end", id="two ends"),
    pytest.param([start(), body("text")], "type str: a body is bytes", id="str body"),
    pytest.param(
        [start(), body(bytearray(b"a"))], "type bytearray", id="bytearray body"
    ),
    pytest.param([start(), body(None)], "type NoneType", id="body None"),
    pytest.param([start("200")], "status '200'", id="str status"),
    pytest.param([start(199)], "status 199", id="status below 200"),
    pytest.param([start(600)], "status 600", id="status above 599"),
    pytest.param([start(True)], "status True", id="bool status"),
    pytest.param([{"type": "http.response.start"}], "status None", id="no status"),
    pytest.param(fields_of((b"a",)), "is a pair of bytes", id="header of one"),
    pytest.param(fields_of(1), "is a pair of bytes", id="header no pair"),
    pytest.param(fields_of(("a", b"b")), "not str", id="str name"),
    pytest.param(fields_of((b"a", "b")), "not str", id="str value"),
    pytest.param(fields_of((b"A", b"b")), "token in lower case", id="upper case"),
    pytest.param(fields_of((b"", b"b")), "token in lower case", id="empty name"),
    pytest.param(fields_of((b"a b", b"c")), "token in lower case", id="space in name"),
    pytest.param(fields_of((b":status", b"2")), "lower case", id="pseudo header"),
    pytest.param(fields_of((b"a", b"b\r\nc: d")), "control", id="CRLF in value"),
    pytest.param(fields_of((b"a", b"b\0")), "control", id="NUL in value"),
    pytest.param(fields_of((b"a", b" b")), "space at one", id="leading space"),
    pytest.param(fields_of((b"a", b"b\t")), "space at one", id="trailing tab"),
    pytest.param(
        fields_of((b"content-length", b"0"), (b"content-length", b"0")),
        "2 content-length",
        id="two lengths",
    ),
    pytest.param(fields_of((b"content-length", b"-1")), "in digits", id="length -1"),
    pytest.param(
        fields_of((b"content-length", b"9" * 5000)), "in digits", id="long length"
    ),
    pytest.param(
        [start(204, [(b"content-length", b"0")])], "with 204", id="length with 204"
    ),
    pytest.param(
        [start(200, [(b"content-length", b"2")]), body(b"abc")],
        "sent 3 bytes of content, and content-length said 2",
        id="content too long",
    ),
    pytest.param(
        [start(200, [(b"content-length", b"2")]), body(b"a")],
        "after 1 bytes of content, and content-length said 2",
        id="content too short",
    ),
    pytest.param([start(204), body(b"a")], "1 bytes of content with 204", id="204"),
    pytest.param([start(304), body(b"a")], "1 bytes of content with 304", id="304"),
    pytest.param(
        [{"type": "http.response.pathsend", "path": "/"}],
        "only where the scope's extensions offer them",
        id="extension that was not offered",
    ),
    pytest.param([{}], "sent None", id="no type"),
    pytest.param(["http"], "sent 'http'", id="no mapping"),
    pytest.param([{"type": "http.response.debug"}], "without 'info'", id="no info"),
]


@pytest.mark.parametrize("messages, match", VIOLATIONS)
def test_what_asgi_or_http_forbids_is_raised(messages: Any, match: str) -> None:
    """The error says what the application did and what is right."""
    with pytest.raises(ASGIViolation, match=match):
        run(sending(*messages))


@pytest.mark.parametrize("raises", [True, False])
def test_a_violation_that_the_application_catches_is_raised_still(raises: bool) -> None:
    """An error boundary does not hide it from the test."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        try:
            await send(start())
        except ASGIViolation:
            await send(body())
            raise KeyError("another") from None

    with pytest.raises(ASGIViolation, match="twice") as caught:
        run(app, raises=raises)
    assert isinstance(caught.value.__cause__, KeyError)


def test_the_first_violation_is_the_one_that_is_raised() -> None:
    """What follows is its consequence."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(body())
        except ASGIViolation:
            await send({"type": "nonsense"})

    with pytest.raises(ASGIViolation, match=r"before 'http\.response\.start'"):
        run(app)


def test_an_answer_to_head_has_no_content() -> None:
    """RFC 9110 §9.3.2; what GET would have had may be announced."""
    fields = [(b"content-length", b"5")]
    exchange = run(sending(start(200, fields), body()), "HEAD")
    assert (exchange.fields, exchange.content) == (fields, b"")
    with pytest.raises(ASGIViolation, match=r"5 bytes of content in answer to HEAD"):
        run(sending(start(200, fields), body(b"hello")), "HEAD")


@pytest.mark.parametrize(
    "method, status", [("HEAD", 200), ("GET", 204), ("GET", 304), ("HEAD", 404)]
)
def test_stray_content_is_dropped_where_that_is_wanted(
    method: str, status: int
) -> None:
    """`strict=False` does as servers do."""
    app = sending(start(status), body(b"a", more_body=True), body(b"b"))
    assert run(app, method, strict=False).content == b""


def test_names_in_upper_case_are_taken_where_that_is_wanted() -> None:
    """`strict=False` does as servers do; what is no name in any case stays one."""
    app = sending(start(200, [(b"X-Own", b"1"), (b"Content-Length", b"2")]), body(b"a"))
    with pytest.raises(ASGIViolation, match=r"b'X-Own': .* strict=False takes"):
        run(app)
    with pytest.raises(ASGIViolation, match="content-length said 2"):
        run(app, strict=False)
    taken = run(sending(start(200, [(b"X-Own", b"1")]), body()), strict=False)
    assert taken.fields == [(b"x-own", b"1")]
    with pytest.raises(ASGIViolation, match="b'x own'"):
        run(sending(start(200, [(b"X own", b"1")]), body()), strict=False)


def test_an_answer_of_304_may_announce_a_length() -> None:
    """RFC 9110 §15.4.5: that of the answer that was not sent."""
    exchange = run(sending(start(304, [(b"content-length", b"9")]), body()))
    assert exchange.status == 304


def test_the_application_tells_about_its_answer() -> None:
    """The extension http.response.debug, before the answer or after its start."""
    info = {"template": "book.html", "context": {"a": 1}}
    debug = {"type": "http.response.debug", "info": info}
    assert run(sending(debug, start(), body())).debug == info


@pytest.mark.parametrize("content", [b"", b"ab"])
def test_content_is_received_at_once(content: bytes) -> None:
    """Bytes are one message."""
    seen: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(await read(receive))
        await send(start())
        await send(body())
        seen.append(await receive())
        seen.append(await receive())

    run(app, content=content)
    assert seen == [
        {"type": "http.request", "body": content, "more_body": False},
        {"type": "http.disconnect"},
        {"type": "http.disconnect"},
    ]


async def pieces() -> AsyncGenerator[bytes, None]:
    yield b"a"
    yield b"b"


def test_pieces_are_received_one_by_one() -> None:
    """Each is a message; an empty one says that there are no more."""
    seen: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(await read(receive))
        await send(start())
        await send(body())

    run(app, content=pieces())
    assert [(m["body"], m["more_body"]) for m in seen] == [
        (b"a", True),
        (b"b", True),
        (b"", False),
    ]


def test_pieces_that_nobody_reads_are_closed() -> None:
    """No generator is left to the garbage collector."""
    closed: list[bool] = []

    async def content() -> AsyncGenerator[bytes, None]:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append(True)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(start())
        await send(body())

    run(app, content=content())
    assert closed == [True]


def test_the_disconnect_is_awaited() -> None:
    """The client is there until the answer is complete."""
    order: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

        async def watch() -> None:
            for _ in range(2):
                order.append((await receive())["type"])

        watching = asyncio.create_task(watch())
        also = asyncio.create_task(watch())
        await asyncio.sleep(0)
        order.append("answer")
        await send(start())
        await send(body())
        await asyncio.gather(watching, also)

    run(app)
    assert order == ["answer"] + ["http.disconnect"] * 4


def test_what_the_application_raises_is_raised() -> None:
    """The very exception, with an answer or without."""
    for messages in ([], [start()], [start(500), body(b"sorry")]):
        exc = KeyError("book")
        with pytest.raises(KeyError) as caught:
            run(raising(exc, *messages))
        assert caught.value is exc


def test_an_application_that_raised_has_answered_500() -> None:
    """As servers do, where nothing was sent."""
    exchange = run(raising(KeyError()), raises=False)
    assert (exchange.status, exchange.content) == (500, b"Internal Server Error")
    assert exchange.complete
    assert run(raising(KeyError()), "HEAD", raises=False).content == b""


def test_the_application_s_own_500_is_kept() -> None:
    """It answered and raised, for the tools around it to see."""
    exchange = run(raising(KeyError(), start(500), body(b"sorry")), raises=False)
    assert exchange.content == b"sorry"


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    """The cause is what the application raised."""
    app = raising(KeyError("book"), start(), body(b"a", more_body=True))
    with pytest.raises(IncompleteAnswer, match="KeyError in the middle") as caught:
        run(app, raises=False)
    assert isinstance(caught.value.__cause__, KeyError)


def test_what_is_no_exception_of_an_application_is_not_kept_back() -> None:
    """KeyboardInterrupt stops the test, whatever `raising` says."""
    with pytest.raises(KeyboardInterrupt):
        run(raising(KeyboardInterrupt()), raises=False)


@given(st.binary(), st.binary())
def test_any_header_is_taken_or_a_violation(name: bytes, value: bytes) -> None:
    """What is taken has no byte that would end the line."""
    try:
        fields = run(sending(start(200, [(name, value)]), body())).fields
    except ASGIViolation:
        return
    assert not set(b"\r\n\0") & set(fields[0][0] + fields[0][1])


def test_a_hostile_value_is_checked_in_linear_time() -> None:
    """A megabyte of space before a control character."""
    began = time.thread_time()
    with pytest.raises(ASGIViolation, match="control character"):
        run(sending(start(200, [(b"a", b"b" + b" " * 1_000_000 + b"\0")])))
    assert time.thread_time() - began < 2


def stream(app: ASGIApp, content: Any = b"", *, raises: bool = True) -> list[bytes]:
    async def main() -> list[bytes]:
        exchange = StreamedExchange("GET", content)
        await exchange.open(app, {"type": "http"}, raising=raises)
        pieces = []
        while piece := await exchange.read():
            pieces.append(piece)
        assert await exchange.read() == b""
        await exchange.close()
        return pieces

    return asyncio.run(main())


def test_a_streamed_answer_is_read_in_pieces() -> None:
    """In those in which it was sent; empty ones are none."""
    app = sending(
        start(),
        body(b"a", more_body=True),
        body(b"", more_body=True),
        body(b"b", more_body=True),
        body(b"c"),
    )
    assert stream(app) == [b"a", b"b", b"c"]
    assert stream(sending(start(), body())) == []


def test_a_piece_is_made_when_it_is_wanted() -> None:
    """The application is held back by its reader."""

    async def main() -> list[int]:
        app = Ticking()
        exchange = StreamedExchange("GET")
        await exchange.open(app, {"type": "http"}, raising=True)
        counts = []
        for _ in range(3):
            await exchange.read()
            await asyncio.sleep(0.01)
            counts.append(app.sent)
        await exchange.close()
        assert app.ended == "disconnected"
        return counts

    assert asyncio.run(main()) == [1, 2, 3]


def test_the_end_is_read_when_the_application_has_returned() -> None:
    """Its background work is done then."""
    done: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sending(start(), body(b"a"))(scope, receive, send)
        await asyncio.sleep(0.01)
        done.append(True)

    assert stream(app) == [b"a"]
    assert done == [True]


@pytest.mark.parametrize(
    "messages",
    [[], [start()], [start(), body(b"a", more_body=True)], [start(), body(b"a")]],
)
def test_what_a_streaming_application_raises_is_raised(messages: Any) -> None:
    """By `open` or by `read`, once."""
    with pytest.raises(KeyError, match="book"):
        stream(raising(KeyError("book"), *messages))


def test_a_streamed_answer_that_never_began_is_500() -> None:
    """As it is where nothing is streamed."""
    assert stream(raising(KeyError()), raises=False) == [b"Internal Server Error"]


def test_a_streamed_answer_that_breaks_off_says_so() -> None:
    """After the pieces that were sent."""

    async def main() -> None:
        app = raising(KeyError(), start(), body(b"a", more_body=True))
        exchange = StreamedExchange("GET")
        await exchange.open(app, {"type": "http"}, raising=False)
        assert await exchange.read() == b"a"
        with pytest.raises(IncompleteAnswer):
            await exchange.read()
        await exchange.close()

    asyncio.run(main())


def test_who_gives_up_the_wait_ends_the_application() -> None:
    """Nothing is left running."""
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("cancelled")

    async def main() -> None:
        exchange = StreamedExchange("GET")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await exchange.open(app, {}, raising=True)
        assert ended == ["cancelled"]

    asyncio.run(main())


def closed_early(app: ASGIApp, reads: int = 1) -> None:
    async def main() -> None:
        exchange = StreamedExchange("GET")
        await exchange.open(app, {"type": "http"}, raising=True)
        for _ in range(reads):
            await exchange.read()
        await exchange.close()
        await exchange.close()

    asyncio.run(main())


def test_a_client_that_goes_away_ends_the_answer() -> None:
    """The application is told, and what it sends then is dropped."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(start())
        await send(body(b"a", more_body=True))
        seen.append((await receive())["type"])
        await send(body(b"b", more_body=True))
        await send({"type": "nonsense"})
        raise KeyError("nobody hears that")

    closed_early(app)
    assert seen == ["http.disconnect"]


def test_content_is_not_sent_by_a_client_that_has_gone() -> None:
    """What was not received yet never will be."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(body(b"a", more_body=True))
        seen.append((await receive())["type"])

    async def main() -> None:
        exchange = StreamedExchange("POST", pieces())
        await exchange.open(app, {"type": "http"}, raising=True)
        await exchange.close()

    asyncio.run(main())
    assert seen == ["http.disconnect"]


def test_an_application_that_stays_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a time of grace."""
    monkeypatch.setattr(exchange_module, "DISCONNECT_GRACE", 0.01)
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        try:
            while True:
                await send(body(b"a", more_body=True))
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    closed_early(app)
    assert ended == ["cancelled"]


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([start(), body(b"a")], id="complete"),
        pytest.param(
            [
                start(200, [(b"content-length", b"1")]),
                body(b"a", more_body=True),
                body(b""),
            ],
            id="all that was announced",
        ),
    ],
)
def test_an_answer_that_was_sent_whole_is_not_broken_off(messages: Any) -> None:
    """The application ends in its own time, and is not told of a disconnect."""
    done: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sending(*messages)(scope, receive, send)
        await asyncio.sleep(0.01)
        done.append(True)

    closed_early(app)
    assert done == [True]


def test_a_violation_is_raised_where_the_client_closes() -> None:
    """If nobody has read as far."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(body(b"a"))
        await send(body(b"b"))

    with pytest.raises(ASGIViolation, match="after the end"):
        closed_early(app, reads=0)
