"""Handlers whose result is a stream of items, typed in their annotation."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from restlette import (
    NDJSON,
    EventStream,
    HTTPEndpoint,
    Response,
    Restlette,
    ServerSentEvent,
)
from restlette.testing import TestClient, build_request, call


@attrs.frozen
class Book:
    title: str


DUNE, EMMA = Book("Dune"), Book("Emma")
LINES = b'{"title":"Dune"}\n{"title":"Emma"}\n'
EVENTS = b'data: {"title":"Dune"}\n\ndata: {"title":"Emma"}\n\n'


async def both() -> AsyncIterator[Book]:
    yield DUNE
    yield EMMA


class Generator(HTTPEndpoint):
    async def get(self, request) -> AsyncIterator[Book]:
        yield DUNE
        yield EMMA


class Coroutine(HTTPEndpoint):
    async def get(self, request) -> AsyncIterator[Book]:
        return both()


class Thread(HTTPEndpoint):
    def get(self, request) -> Iterator[Book]:
        yield DUNE
        yield EMMA


class Lines(HTTPEndpoint):
    async def get(self, request) -> NDJSON[Book]:
        return NDJSON(both())


class Events(HTTPEndpoint):
    async def get(self, request) -> EventStream[Book]:
        return EventStream(both())


class Either(HTTPEndpoint):
    async def get(self, request) -> EventStream[Book] | None:
        if request.headers.get("last-event-id") == "9":
            return None
        return EventStream(both())


class Named(HTTPEndpoint):
    async def get(self, request) -> AsyncIterator[ServerSentEvent[Book]]:
        yield ServerSentEvent(DUNE, event="new", id="1")


each_iterator = pytest.mark.parametrize("resource", [Generator, Coroutine, Thread])


@each_iterator
@pytest.mark.parametrize("accept", [None, "*/*", "application/x-ndjson", "*/*;q=0.1"])
def test_an_iterator_of_items_is_lines_of_json(resource, accept):
    answer = call(resource, headers={"accept": accept})
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["vary"] == "Accept"
    assert answer.content == LINES


@each_iterator
def test_an_iterator_of_items_is_events_for_an_eventsource(resource):
    answer = call(resource, headers={"accept": "text/event-stream"})
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["vary"] == "Accept"
    assert answer.content == EVENTS


def test_a_client_that_takes_neither_is_answered_406_before_the_handler_runs():
    class Never(HTTPEndpoint):
        async def get(self, request) -> AsyncIterator[Book]:
            raise AssertionError("called")

    answer = call(Never, headers={"accept": "text/html"})
    assert answer.status_code == 406
    assert b"application/x-ndjson, text/event-stream" in answer.content


@pytest.mark.parametrize(
    "resource, media_type, content",
    [
        (Lines, "application/x-ndjson", LINES),
        (Events, "text/event-stream; charset=utf-8", EVENTS),
        (Either, "text/event-stream; charset=utf-8", EVENTS),
        (
            Named,
            "text/event-stream; charset=utf-8",
            b'event: new\nid: 1\ndata: {"title":"Dune"}\n\n',
        ),
    ],
)
def test_a_stream_of_one_kind_is_not_negotiated(resource, media_type, content):
    answer = call(resource)
    assert answer.headers["content-type"] == media_type
    assert "vary" not in answer.headers
    assert answer.content == content


def test_no_stream_is_204_where_the_annotation_says_so():
    """HTML §9.2.3: an EventSource that is answered 204 does not connect again."""
    assert call(Either, headers={"last-event-id": "9"}).status_code == 204


def test_a_function_streams_as_well():
    app = Restlette()

    @app.route("/books/{shelf}")
    async def books(request, shelf: str) -> AsyncIterator[Book]:
        yield Book(shelf)

    assert call(app, "GET", "/books/a").content == b'{"title":"a"}\n'
    head = call(app, "HEAD", "/books/a")
    assert (head.content, head.headers["vary"]) == (b"", "Accept")


def test_making_an_asynchronous_generator_needs_no_thread():
    app = Restlette()
    threads = set()

    @app.route("/")
    def make(request) -> AsyncIterator[int]:
        threads.add(threading.current_thread())
        return both()

    app.route("/generator")(Generator)
    assert call(app, "GET", "/generator").content == LINES
    assert app._pool._executor is None
    assert call(app).status_code == 200
    assert threading.main_thread() not in threads


def test_the_applications_codec_writes_the_items():
    class Codec:
        def dumps(self, value: Any) -> bytes:
            return b"<%s>" % value["title"].encode()

        def loads(self, content: bytes) -> Any:
            raise AssertionError

    app = Restlette(json=Codec())
    app.route("/")(Generator)
    assert call(app).content == b"<Dune>\n<Emma>\n"


def test_an_iterator_of_anything_is_written_as_it_is():
    class Anything(HTTPEndpoint):
        async def get(self, request) -> AsyncIterator:  # type: ignore[type-arg]
            yield {"a": 1}
            yield 2

    assert call(Anything).content == b'{"a":1}\n2\n'


def test_a_response_stays_what_it_is():
    class Sometimes(HTTPEndpoint):
        async def get(self, request) -> AsyncIterator[Book] | Response:
            return Response(b"x", media_type="text/plain")

    assert call(Sometimes).content == b"x"


def test_what_is_no_stream_is_an_error_that_names_the_handler():
    class Wrong(HTTPEndpoint):
        async def get(self, request) -> AsyncIterator[Book]:
            return [DUNE]  # type: ignore[return-value]

    with pytest.raises(TypeError, match=r"Wrong\.get .* a stream of items, not .*list"):
        call(Wrong)


def test_an_item_that_does_not_fit_breaks_the_stream_off():
    """stream-91: the head is sent by then."""

    class Wrong(HTTPEndpoint):
        async def get(self, request) -> AsyncIterator[Book]:
            yield Book(object())  # type: ignore[arg-type]

    with pytest.raises(TypeError, match=r"no form for builtins\.object"):
        call(Wrong)


def test_an_iterator_cannot_hold_what_is_closed_before_it_is_sent():
    @asynccontextmanager
    async def opened():
        yield 1

    app = Restlette()
    app.provide(int, opened, scope="request")

    @app.route("/")
    class Holding(HTTPEndpoint):
        number: int

        async def get(self, request) -> AsyncIterator[Book]:
            yield DUNE

    with pytest.raises(TypeError, match="streams its answer, but has dependencies"):
        call(app)


def test_a_handler_is_tested_as_plain_python():
    async def main():
        return [book async for book in Generator().get(build_request())]

    assert asyncio.run(main()) == [DUNE, EMMA]


def test_a_test_client_reads_events_one_by_one_and_goes():
    ended = []
    app = Restlette()

    @app.route("/")
    async def endless(request) -> AsyncIterator[int]:
        try:
            while True:
                yield len(ended)
        finally:
            ended.append(True)

    with TestClient(app) as client:
        answer = client.get("/", headers={"accept": "text/event-stream"}, stream=True)
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(3)] == [b"data: 0", b"", b"data: 0"]
        assert not ended
        answer.close()
    assert ended == [True]
