"""Streams of items: JSON line by line, and server-sent events."""

import asyncio
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.streams import NDJSON, EventStream, ItemStream, ServerSentEvent

OLD = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.3"}}
NEW = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.4"}}
DEADLINE = 30.0

each_scope = pytest.mark.parametrize("scope", [OLD, NEW], ids=["2.3", "2.4"])


class Client:
    """The server's side of one exchange."""

    def __init__(self):
        self.sent = []
        self.gone = asyncio.Event()
        self.news = asyncio.Event()

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)
        self.news.set()

    async def sees(self, content):
        """Wait until the content that was sent contains something."""
        async with asyncio.timeout(DEADLINE):
            while content not in self.content:
                self.news.clear()
                await self.news.wait()

    @property
    def content(self):
        return b"".join(message.get("body", b"") for message in self.sent)


def sent_by(response, scope=NEW):
    """The messages of an answer that ends by itself."""

    async def main():
        client = Client()
        async with asyncio.timeout(DEADLINE):
            await response(scope, client.receive, client.send)
        return client.sent

    return asyncio.run(main())


def content_of(response):
    return b"".join(message["body"] for message in sent_by(response)[1:])


async def given_by(*items):
    for item in items:
        yield item


def parsed(content):
    """Events as a browser dispatches them (HTML §9.2.6), with its own state."""
    text = content.decode("utf-8")
    events, data, event, last_id, retry = [], [], "", "", None
    for line in re.split("\r\n|\r|\n", text):
        if not line:
            if data:
                events.append(("\n".join(data), event or "message", last_id))
            data, event = [], ""
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "event":
            event = value
        elif name == "id" and "\0" not in value:
            last_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            retry = int(value)
    return events, retry


# Events -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event, content",
    [
        pytest.param("hello", b"data: hello\n\n", id="realistic: text"),
        pytest.param({"a": 1}, b'data: {"a":1}\n\n', id="realistic: JSON"),
        pytest.param(None, b"data: null\n\n", id="null"),
        pytest.param("", b"data: \n\n", id="empty text"),
        pytest.param("é ", "data: é \n\n".encode(), id="not ASCII"),
        pytest.param("a\nb", b"data: a\ndata: b\n\n", id="sse-89 line feed"),
        pytest.param("a\rb", b"data: a\ndata: b\n\n", id="sse-89 carriage return"),
        pytest.param("a\r\nb", b"data: a\ndata: b\n\n", id="sse-89 both"),
        pytest.param("a\n\nb", b"data: a\ndata: \ndata: b\n\n", id="sse-89 empty line"),
        pytest.param("a\n", b"data: a\ndata: \n\n", id="sse-89 at the end"),
        pytest.param(
            "a\n\nevent: evil\nid: 1",
            b"data: a\ndata: \ndata: event: evil\ndata: id: 1\n\n",
            id="sse-89 an event within",
        ),
        pytest.param("a\0b", b"data: a\0b\n\n", id="sse-89 NUL"),
        pytest.param(
            "a\u2028b\x0bc\x85d",
            "data: a\u2028b\x0bc\x85d\n\n".encode(),
            id="sse-89 what Python takes for ends of lines",
        ),
        pytest.param("\ud800", b"data: ?\n\n", id="a lone surrogate"),
        pytest.param(ServerSentEvent(), b"\n", id="nothing"),
        pytest.param(ServerSentEvent(comment="a"), b": a\n\n", id="a comment"),
        pytest.param(
            ServerSentEvent(comment="a\nevent: b"),
            b": a\n: event: b\n\n",
            id="sse-89 a comment of two lines",
        ),
        pytest.param(ServerSentEvent(retry=0), b"retry: 0\n\n", id="retry"),
        pytest.param(ServerSentEvent(id=""), b"id: \n\n", id="the id is taken back"),
        pytest.param(
            ServerSentEvent(
                {"a": 1}, event="price", id="7", retry=3000, comment="from the shop"
            ),
            b': from the shop\nevent: price\nid: 7\nretry: 3000\ndata: {"a":1}\n\n',
            id="realistic: all parts",
        ),
    ],
)
def test_an_event_is_written_line_by_line(event, content):
    assert content_of(EventStream([event])) == content


@given(st.lists(st.tuples(st.text(), st.text(), st.text(), st.text())))
def test_sse_89_a_client_reads_what_was_written(parts):
    """sse-89: whatever the parts hold, an event is one event, or is refused."""
    events, wanted = [], []
    last_id = ""
    for data, event, name, comment in parts:
        try:
            events.append(ServerSentEvent(data, event=event, id=name, comment=comment))
        except ValueError:
            assert re.search("[\r\n]", event) or re.search("[\r\n\0]", name)
            continue
        last_id = name
        wanted.append((re.sub("\r\n|\r", "\n", data), event or "message", last_id))
    assert parsed(content_of(EventStream(events)))[0] == wanted


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("part", ["event", "id"])
def test_sse_89_a_part_cannot_begin_another_one(part, end):
    """sse-89: refused when it is made, not when it is sent."""
    with pytest.raises(ValueError, match=f"{part} is one line of text"):
        ServerSentEvent("x", **{part: f"a{end}data: evil"})


def test_sse_89_an_id_has_no_nul():
    """sse-89: clients ignore such an id."""
    with pytest.raises(ValueError, match="id is one line of text without NUL"):
        ServerSentEvent("x", id="a\0b")


@pytest.mark.parametrize("part", ["event", "id", "comment"])
def test_a_part_that_is_no_text_is_refused(part):
    with pytest.raises(TypeError, match=f"{part} is a str, not int"):
        ServerSentEvent("x", **{part: 7})


@pytest.mark.parametrize("retry", [-1, 1.5, "3000"])
def test_retry_is_a_number_of_milliseconds(retry):
    with pytest.raises(ValueError, match="whole number of milliseconds"):
        ServerSentEvent("x", retry=retry)


def test_events_are_values():
    event = ServerSentEvent("x", event="e", id="1", retry=5, comment="c")
    same = ServerSentEvent("x", event="e", id="1", retry=5, comment="c")
    assert event == same
    assert hash(event) == hash(same)
    other = ServerSentEvent("x", event="e", id="2", retry=5, comment="c")
    assert event != other != event
    assert event != "x"
    assert repr(event) == (
        "ServerSentEvent('x', event='e', id='1', retry=5, comment='c')"
    )
    assert repr(ServerSentEvent(id="1")) == "ServerSentEvent(id='1')"


def test_an_event_is_never_changed():
    event = ServerSentEvent("x")
    with pytest.raises(AttributeError, match="never changed"):
        event.data = "y"
    with pytest.raises(AttributeError, match="never changed"):
        del event.data
    assert event.data == "x"


# Answers ------------------------------------------------------------------------------


def test_an_event_stream_is_kept_by_nobody_on_its_way():
    start = sent_by(EventStream([]))[0]
    assert start["status"] == 200
    assert start["headers"] == [
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"content-type", b"text/event-stream; charset=utf-8"),
    ]


def test_fields_that_are_given_are_kept():
    stream = EventStream([], headers={"Cache-Control": "no-cache", "X-Shop": "1"})
    assert stream.raw_headers == [
        (b"cache-control", b"no-cache"),
        (b"x-shop", b"1"),
        (b"x-accel-buffering", b"no"),
        (b"content-type", b"text/event-stream; charset=utf-8"),
    ]


def test_ndjson_is_a_line_for_each_item():
    sent = sent_by(NDJSON(given_by({"a": "x\ny"}, [1, 2], None, "é")))
    assert sent[0]["status"] == 200
    assert sent[0]["headers"] == [
        (b"x-accel-buffering", b"no"),
        (b"content-type", b"application/x-ndjson"),
    ]
    lines = b"".join(message["body"] for message in sent[1:]).splitlines()
    assert [json.loads(line) for line in lines] == [{"a": "x\ny"}, [1, 2], None, "é"]
    # Each was sent when it was there.
    assert len(sent) == 6


def test_ndjson_is_one_line_whatever_writes_it():
    """A codec may indent; a line feed in JSON is white space, or its escape."""
    stream = NDJSON([{"a": ["x\ny"]}])
    stream.encode = lambda item: json.dumps(item, indent=1).encode()
    (line,) = content_of(stream).splitlines()
    assert json.loads(line) == {"a": ["x\ny"]}


def test_an_indented_event_is_one_event():
    stream = EventStream([{"a": 1}])
    stream.encode = lambda item: json.dumps(item, indent=1).encode()
    assert parsed(content_of(stream))[0] == [('{\n "a": 1\n}', "message", "")]


@given(st.lists(st.none() | st.booleans() | st.integers() | st.text(), max_size=5))
def test_ndjson_gives_back_what_was_put_in(items):
    lines = content_of(NDJSON(items)).split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line) for line in lines] == items


def test_an_item_without_a_form_breaks_the_stream_off():
    """stream-91: no end is sent."""
    with pytest.raises(TypeError, match="object"):
        sent_by(NDJSON([object()]))


@pytest.mark.parametrize("kind", [NDJSON, EventStream])
def test_what_is_no_iterable_is_refused(kind):
    with pytest.raises(TypeError, match=f"{kind.__name__} takes an iterable"):
        kind({"a": 1}["a"])


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
@pytest.mark.parametrize("name", ["heartbeat", "write_timeout"])
def test_a_time_that_is_none_is_refused(name, seconds):
    with pytest.raises(ValueError, match=f"{name} is a number of seconds above 0"):
        EventStream([], **{name: seconds})


def test_the_item_can_be_named_in_an_annotation():
    assert EventStream[int].__origin__ is EventStream
    assert issubclass(NDJSON, ItemStream)


# Time ---------------------------------------------------------------------------------


@each_scope
@pytest.mark.parametrize("kind", [NDJSON, EventStream])
def test_sse_89_a_client_that_goes_ends_a_stream_that_is_silent(kind, scope):
    """sse-89: also where only send would tell (ASGI 2.4), and nothing is sent."""
    ended, ran = [], []

    async def silent():
        try:
            yield "first"
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    async def background():
        ran.append(True)

    async def main():
        client = Client()
        answer = kind(silent(), background=background)
        task = asyncio.ensure_future(answer(scope, client.receive, client.send))
        await client.sees(b"first")
        client.gone.set()
        async with asyncio.timeout(DEADLINE):
            await task
        return client.sent

    sent = asyncio.run(main())
    assert (ended, ran) == ([True], [True])
    assert sent[-1]["more_body"] is True


def test_a_heartbeat_is_due_every_15_seconds():
    """HTML §9.2.7."""
    assert EventStream([]).heartbeat == 15


def test_a_heartbeat_is_sent_while_there_is_no_event():
    async def main():
        client = Client()
        go_on = asyncio.Event()

        async def events():
            yield 1
            await go_on.wait()
            yield 2

        stream = EventStream(events(), heartbeat=0.01)
        task = asyncio.ensure_future(stream(OLD, client.receive, client.send))
        await client.sees(b"data: 1\n\n:\n\n:\n\n")
        go_on.set()
        async with asyncio.timeout(DEADLINE):
            await task
        return client

    client = asyncio.run(main())
    assert [event[0] for event in parsed(client.content)[0]] == ["1", "2"]
    assert client.sent[-1] == {
        "type": "http.response.body",
        "body": b"",
        "more_body": False,
    }


def test_a_heartbeat_waits_for_the_message_before_it_and_none_comes_after_the_end():
    """One message at a time, and nothing behind the last one."""

    async def main():
        sending, most, sent = 0, 0, []

        async def send(message):
            nonlocal sending, most
            sending += 1
            most = max(most, sending)
            # Longer than the heartbeat: it is due before each message is sent.
            await asyncio.sleep(0.02)
            sent.append(message)
            sending -= 1

        stream = EventStream(given_by(*range(5)), heartbeat=0.001)
        await stream(OLD, Client().receive, send)
        return most, sent

    most, sent = asyncio.run(main())
    assert most == 1
    assert [message.get("more_body", True) for message in sent].count(False) == 1
    assert sent[-1]["more_body"] is False


def test_no_heartbeat_comes_while_the_iterator_closes():
    """The answer is complete by then."""

    async def main():
        class Events:
            def __init__(self):
                self.left = [1]

            def __aiter__(self):
                return self

            async def __anext__(self):
                if not self.left:
                    raise StopAsyncIteration
                return self.left.pop()

            async def aclose(self):
                await asyncio.sleep(0.05)

        client = Client()
        await EventStream(Events(), heartbeat=0.001)(OLD, client.receive, client.send)
        return client.sent

    assert asyncio.run(main())[-1]["more_body"] is False


def test_without_a_heartbeat_there_are_events_alone():
    async def main():
        async def slow():
            yield 1
            await asyncio.sleep(0.05)
            yield 2

        client = Client()
        await EventStream(slow(), heartbeat=None)(OLD, client.receive, client.send)
        return client.content

    assert asyncio.run(main()) == b"data: 1\n\ndata: 2\n\n"


def test_dispatch_5_head_closes_the_events_unread():
    """dispatch-5: the fields of GET, no content, no heartbeat."""
    closed = []

    class Events:
        def __aiter__(self):
            return self

        async def __anext__(self):
            raise AssertionError("read")

        async def aclose(self):
            closed.append(True)

    get = sent_by(EventStream([]))
    head = sent_by(EventStream(Events(), heartbeat=0.001), {**OLD, "method": "HEAD"})
    assert head == get
    assert closed == [True]


def test_dispatch_5_head_has_no_heartbeat():
    """dispatch-5: not even while the head is on its way."""

    async def main():
        sent = []

        async def send(message):
            sent.append(message)
            await asyncio.sleep(0.02)

        stream = EventStream([], heartbeat=0.001)
        await stream({**OLD, "method": "HEAD"}, Client().receive, send)
        return sent

    assert [message.get("body") for message in asyncio.run(main())] == [None, b""]


@pytest.mark.parametrize("kind", [NDJSON, EventStream])
def test_stream_90_a_slow_reader_makes_the_iterator_wait(kind):
    """stream-90: no item is made before the one before it was taken."""

    async def main():
        made, taken = [], asyncio.Semaphore(0)

        async def endless():
            while True:
                made.append(len(made))
                yield made[-1]

        news = asyncio.Event()

        async def send(message):
            news.set()
            await taken.acquire()

        stream = kind(endless())
        task = asyncio.ensure_future(stream(OLD, Client().receive, send))
        counts = []
        for _ in range(4):
            news.clear()
            await asyncio.wait_for(news.wait(), DEADLINE)
            for _ in range(10):
                await asyncio.sleep(0)
            counts.append(len(made))
            taken.release()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return counts

    assert asyncio.run(main()) == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", [NDJSON, EventStream])
def test_stream_90_a_reader_that_takes_nothing_counts_as_gone(kind, caplog):
    """stream-90: after the write timeout; one line says so."""
    ended = []

    async def endless():
        try:
            while True:
                yield "x"
        finally:
            ended.append(True)

    async def main():
        async def send(message):
            if message["type"] == "http.response.body":
                await asyncio.sleep(3600)

        stream = kind(endless(), write_timeout=0.01)
        async with asyncio.timeout(DEADLINE):
            await stream(NEW, Client().receive, send)

    asyncio.run(main())
    assert ended == [True]
    assert [(r.name, r.levelname, r.getMessage()) for r in caplog.records] == [
        (
            "restlette.stream",
            "WARNING",
            "a stream was ended: its reader took nothing for 0.01 s",
        )
    ]


def test_a_heartbeat_that_cannot_be_sent_ends_the_stream():
    """Where send raises (ASGI 2.4), and the server says nothing by receive."""
    ended = []

    async def silent():
        try:
            await asyncio.sleep(3600)
            yield "never"
        finally:
            ended.append(True)

    async def main():
        async def send(message):
            if message.get("body") == b":\n\n":
                raise OSError("gone")

        stream = EventStream(silent(), heartbeat=0.01)
        async with asyncio.timeout(DEADLINE):
            await stream(NEW, Client().receive, send)

    asyncio.run(main())
    assert ended == [True]


def test_a_stream_is_ended_once_however_many_have_a_reason(caplog):
    """The client goes, and a heartbeat fails while the iterator closes."""
    ended = []

    async def slow_to_end():
        try:
            await asyncio.sleep(3600)
            yield "never"
        finally:
            async with asyncio.timeout(DEADLINE):
                await failed.wait()
            ended.append(True)

    failed = asyncio.Event()

    async def receive():
        return {"type": "http.disconnect"}

    async def main():
        async def send(message):
            if message.get("body") == b":\n\n":
                failed.set()
                raise OSError("gone")

        await EventStream(slow_to_end(), heartbeat=0.01)(OLD, receive, send)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert ended == [True]
    assert caplog.records == []
