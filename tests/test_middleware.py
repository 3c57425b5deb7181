"""Code around an application."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest

from restlette.background import BackgroundTask
from restlette.http.request import Request
from restlette.http.response import PlainTextResponse, Response, StreamingResponse
from restlette.http.streams import EventStream
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.middleware import (
    BaseHTTPMiddleware,
    CallNext,
    DispatchFunction,
    Middleware,
    compose,
)

VARIABLE: ContextVar[str] = ContextVar("variable", default="unset")
OTHER: ContextVar[str] = ContextVar("other", default="unset")


class Server:
    """A server's end of one request: what it gives and what it was sent."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = list(chunks or [b""])
        self.sent: list[Message] = []
        self.on_send: Callable[[Message], Awaitable[None]] | None = None

    async def receive(self) -> Message:
        if not self.chunks:
            return {"type": "http.disconnect"}
        chunk = self.chunks.pop(0)
        more = bool(self.chunks)
        return {"type": "http.request", "body": chunk, "more_body": more}

    async def send(self, message: Message) -> None:
        if self.on_send is not None:
            await self.on_send(message)
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        assert self.sent[-1].get("more_body", False) is False
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def status(self) -> int:
        status: int = self.sent[0]["status"]
        return status


def http_scope(**extra: Any) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
        **extra,
    }


def serve(app: ASGIApp, *chunks: bytes, scope: Scope | None = None) -> Server:
    """Have an application answer one request; nothing is left behind."""
    server = Server(*chunks)

    async def main() -> None:
        try:
            async with asyncio.timeout(5):
                await app(scope or http_scope(), server.receive, server.send)
        finally:
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    return server


def around(app: ASGIApp, *functions: DispatchFunction) -> ASGIApp:
    """The application in middleware functions, the first outermost."""
    return compose(app, [Middleware(BaseHTTPMiddleware, each) for each in functions])


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


async def passes(request: Request, call_next: CallNext) -> Response:
    return await call_next(request)


# --- Middleware and compose -----------------------------------------------------------


class Named:
    """A middleware that says in the scope that it was there."""

    def __init__(self, app: ASGIApp, name: str = "?", *, mark: str = "") -> None:
        self.app = app
        self.name = name + mark

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("names", []).append(self.name)
        await self.app(scope, receive, send)


def test_middleware_keeps_what_it_was_given() -> None:
    cls, args, options = Middleware(Named, "a", mark="!")
    assert (cls, args, options) == (Named, ("a",), {"mark": "!"})


def test_middleware_shows_how_it_was_written() -> None:
    assert repr(Middleware(Named)) == "Middleware(Named)"
    assert repr(Middleware(Named, "a", mark="!")) == "Middleware(Named, 'a', mark='!')"


def test_equal_middleware_is_the_same_class_with_the_same_options() -> None:
    assert Middleware(Named, "a") == Middleware(Named, "a")
    assert Middleware(Named, "a") != Middleware(Named, name="a")
    assert Middleware(Named) != Middleware(BaseHTTPMiddleware)
    assert Middleware(Named) != (Named, (), {})


def test_the_first_middleware_is_the_outermost() -> None:
    scope = http_scope()
    app = compose(hello, [Middleware(Named, "a"), Middleware(Named, "b", mark="!")])
    assert serve(app, scope=scope).body == b"hello"
    assert scope["names"] == ["a", "b!"]


def test_no_middleware_leaves_the_application_as_it_is() -> None:
    assert compose(hello, ()) is hello


def test_an_option_that_the_class_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'nmae'"):
        compose(hello, [Middleware(Named, nmae="a")])  # type: ignore[call-arg] # a typo


async def function(request: Request, call_next: CallNext) -> None: ...


@pytest.mark.parametrize(
    "given, message",
    [
        pytest.param(
            function,
            "function is an asynchronous function, not a middleware class. For a "
            'function of (request, call_next) write @app.middleware("http").',
            id="function",
        ),
        pytest.param(
            "gzip",
            "a middleware is a class that takes the application, not 'gzip'. Give its "
            "options beside it: Middleware(SomeMiddleware, option=value).",
            id="text",
        ),
    ],
)
def test_what_is_no_middleware_is_refused_when_it_is_given(
    given: Any, message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        Middleware(given)
    assert str(caught.value) == message


def test_what_makes_no_application_is_refused() -> None:
    def make(app: ASGIApp) -> Any:
        return None

    with pytest.raises(TypeError) as caught:
        compose(hello, [Middleware(make)])
    assert str(caught.value) == (
        "the middleware test_what_makes_no_application_is_refused.<locals>.make made "
        "None, which is not an ASGI application: its instances need `async def "
        "__call__(self, scope, receive, send)`."
    )


# --- the "http" form ------------------------------------------------------------------


def test_the_function_sees_the_request_and_may_change_the_answer() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        assert response.status_code == 200
        assert response.headers["content-length"] == "5"
        response.status_code = 201
        response.headers["x-path"] = request.url.path
        response.set_cookie("seen", "yes")
        return response

    server = serve(around(hello, dispatch))
    assert (server.status, server.body) == (201, b"hello")
    assert server.headers[b"x-path"] == b"/"
    assert server.headers[b"set-cookie"].startswith(b"seen=yes")


def test_a_subclass_may_override_dispatch() -> None:
    class Marking(BaseHTTPMiddleware):
        def __init__(self, app: ASGIApp, mark: str) -> None:
            super().__init__(app)
            self.mark = mark

        async def dispatch(self, request: Request, call_next: CallNext) -> Response:
            response = await call_next(request)
            response.headers["x-mark"] = self.mark
            return response

    server = serve(compose(hello, [Middleware(Marking, mark="m")]))
    assert server.headers[b"x-mark"] == b"m"


def test_without_a_function_it_says_what_to_write() -> None:
    with pytest.raises(NotImplementedError) as caught:
        serve(BaseHTTPMiddleware(hello))
    assert str(caught.value) == (
        "BaseHTTPMiddleware has no function: give it dispatch=..., or write `async def "
        "dispatch(self, request, call_next)` in the class."
    )


def test_the_function_may_answer_by_itself() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        return PlainTextResponse("mine", 403)

    server = serve(around(hello, dispatch))
    assert (server.status, server.body) == (403, b"mine")


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_other_scopes_pass_by(kind: str) -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["type"], receive, send))

    server = Server()
    scope = {"type": kind}
    asyncio.run(awaited(around(app, passes)(scope, server.receive, server.send)))
    assert seen == [(kind, server.receive, server.send)]


async def awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def test_the_messages_of_an_answer_pass_unchanged() -> None:
    """One piece of content stays one message."""
    plain, wrapped = serve(hello), serve(around(hello, passes, passes))
    assert wrapped.sent == plain.sent


async def returns_none(request: Request, call_next: CallNext) -> None:
    await call_next(request)


async def returns_none_at_once(request: Request, call_next: CallNext) -> None: ...


async def returns_text(request: Request, call_next: CallNext) -> str:
    return "hello"


def is_not_async(request: Request, call_next: CallNext) -> Response:
    return Response()


RETURN = "return what `await call_next(request)` gave, or a response of your own."


@pytest.mark.parametrize(
    "dispatch, message",
    [
        pytest.param(
            returns_none,
            f"the middleware function returns_none returned nothing: {RETURN}",
            id="none",
        ),
        pytest.param(
            returns_none_at_once,
            f"the middleware function returns_none_at_once returned nothing: {RETURN}",
            id="none-at-once",
        ),
        pytest.param(
            returns_text,
            f"the middleware function returns_text returned a str: {RETURN}",
            id="text",
        ),
        pytest.param(
            is_not_async,
            "the middleware function is_not_async is not asynchronous: write `async "
            "def`, and `await call_next(request)`.",
            id="not-async",
        ),
    ],
)
def test_what_is_no_answer_is_an_error_that_names_the_function(
    dispatch: Any, message: str
) -> None:
    """middleware-114."""
    with pytest.raises(TypeError) as caught:
        serve(around(hello, dispatch))
    assert str(caught.value) == message


def test_an_application_without_an_answer_is_an_error() -> None:
    async def silent(scope: Scope, receive: Receive, send: Send) -> None: ...

    with pytest.raises(
        RuntimeError, match=r"^the application inside sent no response\.$"
    ):
        serve(around(silent, passes))


# --- exceptions -----------------------------------------------------------------------


class Failure(BaseException):
    """What only `except BaseException` catches."""


@pytest.mark.parametrize(
    "error", [LookupError("here"), Failure("here"), asyncio.CancelledError()]
)
def test_an_exception_inside_passes_through_as_it_is(error: BaseException) -> None:
    """middleware-114: through two functions, and seen by both."""
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        try:
            return await call_next(request)
        except BaseException as exc:
            seen.append(type(exc))
            raise

    with pytest.raises(type(error)) as caught:
        serve(around(app, dispatch, dispatch))
    assert seen == [type(error)] * 2
    if not isinstance(error, asyncio.CancelledError):
        assert caught.value is error


def test_the_function_may_answer_an_exception() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        try:
            return await call_next(request)
        except LookupError:
            return PlainTextResponse("none", 404)

    assert serve(around(app, dispatch)).status == 404


def test_raising_before_call_next_never_runs_the_application() -> None:
    """middleware-114."""
    error = LookupError("before")
    called = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        called.append(True)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        raise error

    with pytest.raises(LookupError) as caught:
        serve(around(app, passes, dispatch))
    assert caught.value is error
    assert called == []


@pytest.mark.parametrize("depth", [1, 2])
def test_raising_after_call_next_cancels_the_application(depth: int) -> None:
    """middleware-114: its `finally` has run when the exception comes out."""
    ended = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await hello(scope, receive, send)
        finally:
            ended.append(True)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        raise LookupError("after")

    with pytest.raises(LookupError, match="after"):
        serve(around(app, dispatch, *[passes] * (depth - 1)))
    assert ended == [True]


def test_an_exception_in_the_middle_of_a_stream_passes_through() -> None:
    error = LookupError("in the middle")

    async def chunks() -> AsyncIterator[bytes]:
        yield b"one"
        raise error

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(chunks())(scope, receive, send)

    server = Server()
    scope = http_scope()
    with pytest.raises(LookupError) as caught:
        asyncio.run(
            awaited(around(app, passes, passes)(scope, server.receive, server.send))
        )
    assert caught.value is error
    assert [message.get("body") for message in server.sent] == [None, b"one"]


def test_an_exception_after_the_answer_passes_through() -> None:
    """That of a background task, say, of a framework that lets them raise."""
    error = LookupError("afterwards")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        raise error

    server = Server()
    with pytest.raises(LookupError) as caught:
        asyncio.run(
            awaited(
                around(app, passes, passes)(http_scope(), server.receive, server.send)
            )
        )
    assert caught.value is error
    assert server.body == b"hello"


def test_an_answer_that_the_application_breaks_off_stays_incomplete() -> None:
    """So that the server, and the client, notice."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ha", "more_body": True})

    plain, wrapped = serve(app), serve(around(app, passes))
    assert wrapped.sent == plain.sent


# --- cancellation and disconnects -----------------------------------------------------


def slow(ended: list[str], *, swallow: bool = False) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            if not swallow:
                raise
        await hello(scope, receive, send)

    return app


@pytest.mark.parametrize("swallow", [False, True])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_cancelled_request_cancels_the_application(depth: int, swallow: bool) -> None:
    """middleware-114: even one that swallows the cancellation ends, and no deadlock."""
    ended: list[str] = []
    server = Server()

    async def main() -> None:
        app = around(slow(ended, swallow=swallow), *[passes] * depth)
        task = asyncio.ensure_future(app(http_scope(), server.receive, server.send))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert ended == ["cancelled"]
    assert server.sent == []


def test_a_time_limit_around_call_next_cancels_the_application() -> None:
    ended: list[str] = []

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        try:
            async with asyncio.timeout(0.01):
                return await call_next(request)
        except TimeoutError:
            assert ended == ["cancelled"]
            return PlainTextResponse("too slow", 504)

    assert serve(around(slow(ended), dispatch, passes)).status == 504


def test_a_function_that_swallows_the_cancellation_may_answer() -> None:
    """middleware-114."""
    ended: list[str] = []
    server = Server()

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        try:
            return await call_next(request)
        except asyncio.CancelledError:
            return PlainTextResponse("swallowed", 503)

    async def main() -> None:
        app = around(slow(ended), passes, dispatch, passes)
        task = asyncio.ensure_future(app(http_scope(), server.receive, server.send))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)

    asyncio.run(main())
    assert ended == ["cancelled"]


def test_a_time_limit_inside_does_not_reach_the_function() -> None:
    """The application's own limit is open while the function has its turn."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await send(
                    {"type": "http.response.start", "status": 200, "headers": []}
                )
                await asyncio.sleep(60)
        await send({"type": "http.response.body", "body": b"in time"})

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        await asyncio.sleep(0.03)
        return response

    assert serve(around(app, dispatch)).body == b"in time"


async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"tick"
        finally:
            scope["closed"] = True

    await StreamingResponse(chunks())(scope, receive, send)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("after", [1, 3])
def test_a_disconnect_while_streaming_ends_the_stream(depth: int, after: int) -> None:
    """ASGI 2.4: send raises OSError; that is no error, and background tasks run."""
    server = Server()
    ran: list[bool] = []
    closed: list[bool] = []

    async def chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"tick"
        finally:
            closed.append(True)

    async def background() -> None:
        ran.append(True)

    async def gone(message: Message) -> None:
        if len(server.sent) == after:
            raise OSError("gone")

    server.on_send = gone
    app = around(StreamingResponse(chunks(), background=background), *[passes] * depth)
    asyncio.run(awaited(app(http_scope(), server.receive, server.send)))
    assert (closed, ran) == ([True], [True])


@pytest.mark.parametrize("depth", [1, 2])
def test_a_disconnect_cancels_an_application_that_makes_nothing(depth: int) -> None:
    """It would not hear of it before it sends, which may be never."""
    server = Server()
    closed: list[bool] = []

    async def silent() -> AsyncIterator[bytes]:
        try:
            await asyncio.sleep(3600)
            yield b"never"
        finally:
            closed.append(True)

    async def gone(message: Message) -> None:
        # The application has gone on by now.
        for _ in range(10):
            await asyncio.sleep(0)
        raise OSError("gone")

    server.on_send = gone
    app = around(StreamingResponse(silent()), *[passes] * depth)
    asyncio.run(awaited(app(http_scope(), server.receive, server.send)))
    assert closed == [True]


def test_a_disconnect_while_the_function_reads_is_no_error() -> None:
    """disconnect-93: before the body, and nothing runs inside."""
    server = Server()
    server.chunks.clear()

    async def reads(request: Request, call_next: CallNext) -> ASGIApp:
        await request.body()
        raise AssertionError("not reached")

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("not reached")

    app = around(inside, reads)
    asyncio.run(awaited(app(http_scope(), server.receive, server.send)))
    assert server.sent == []


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_events_pass_with_their_heartbeat_until_the_client_goes(
    depth: int, version: str
) -> None:
    """No message is lost between two tasks that send, and a silent stream ends."""
    server = Server()
    gone = asyncio.Event()
    closed: list[bool] = []

    async def events() -> AsyncIterator[int]:
        try:
            for number in range(20):
                yield number
            await asyncio.sleep(3600)
        finally:
            closed.append(True)

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def seen(message: Message) -> None:
        await asyncio.sleep(0)
        if message.get("body") == b":\n\n":
            gone.set()

    server.on_send = seen
    scope = http_scope(asgi={"version": "3.0", "spec_version": version})
    app = around(EventStream(events(), heartbeat=0.05), *[passes] * depth)
    asyncio.run(awaited(app(scope, receive, server.send)))
    content = b"".join(message.get("body", b"") for message in server.sent[1:])
    assert content.replace(b":\n\n", b"") == b"".join(
        b"data: %d\n\n" % number for number in range(20)
    )
    assert closed == [True]


def test_an_application_may_watch_for_the_disconnect_itself() -> None:
    """As those do whose server speaks an earlier ASGI: one task sends, one receives."""
    server = Server()
    scope = http_scope(asgi={"version": "3.0", "spec_version": "2.3"})
    disconnected = asyncio.Event()

    async def receive() -> Message:
        await disconnected.wait()
        return {"type": "http.disconnect"}

    async def third(message: Message) -> None:
        await asyncio.sleep(0)
        if len(server.sent) == 3:
            disconnected.set()

    server.on_send = third
    asyncio.run(awaited(around(endless, passes)(scope, receive, server.send)))
    assert scope["closed"] is True


# --- streams, background tasks, what is not read --------------------------------------


@pytest.mark.parametrize("depth", [1, 3])
def test_no_piece_is_made_before_the_one_before_was_sent(depth: int) -> None:
    """Back-pressure: the application waits for the client."""
    events: list[str] = []
    server = Server()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(3):
            events.append(f"made {number}")
            body = b"%d" % number
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body"})
        events.append("background")

    async def client(message: Message) -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        events.append(f"sent {message.get('body', b'-').decode()}")

    server.on_send = client
    asyncio.run(
        awaited(
            around(app, *[passes] * depth)(http_scope(), server.receive, server.send)
        )
    )
    assert sorted(events[:2]) == ["made 0", "sent -"]
    assert events[2:] == [
        *("sent 0", "made 1", "sent 1", "made 2", "sent 2", "sent -", "background")
    ]


def test_the_head_is_sent_before_there_is_content() -> None:
    """An event stream without events yet has started for the client."""
    server = Server()
    head_sent = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.wait_for(head_sent.wait(), 5)
        await send({"type": "http.response.body", "body": b"late"})

    async def client(message: Message) -> None:
        head_sent.set()

    server.on_send = client
    wrapped = around(app, passes)
    asyncio.run(awaited(wrapped(http_scope(), server.receive, server.send)))
    assert server.body == b"late"


def test_background_tasks_run_after_the_answer_was_sent() -> None:
    """Those of the application inside and those of the function."""
    events: list[str] = []
    server = Server()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        task = BackgroundTask(later, "inside")
        await PlainTextResponse("hello", background=task)(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.background = BackgroundTask(later, "function")
        return response

    async def later(name: str) -> None:
        events.append(name)

    async def client(message: Message) -> None:
        events.append(message["type"].removeprefix("http.response."))

    server.on_send = client
    wrapped = around(app, passes, dispatch)
    asyncio.run(awaited(wrapped(http_scope(), server.receive, server.send)))
    assert events == ["start", "body", "function", "inside"]


def test_background_tasks_are_cancelled_with_the_request() -> None:
    """background-112: nothing is left behind at shutdown."""
    ended: list[str] = []
    server = Server()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        await slow(ended)(scope, receive, send)

    async def main() -> None:
        wrapped = around(app, passes, passes)
        task = asyncio.ensure_future(wrapped(http_scope(), server.receive, server.send))
        await asyncio.sleep(0.01)
        assert server.body == b"hello"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert ended == ["cancelled"]


def test_a_replaced_answer_is_not_sent_and_its_background_tasks_run() -> None:
    events: list[str] = []

    async def later() -> None:
        events.append("background")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        task = BackgroundTask(later)
        await PlainTextResponse("hello", background=task)(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        return PlainTextResponse("mine")

    assert serve(around(app, dispatch)).body == b"mine"
    assert events == ["background"]


def test_a_replaced_stream_ends() -> None:
    """Nobody reads it, and nobody waits for ever."""
    scope = http_scope()

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        return PlainTextResponse("mine")

    assert serve(around(endless, dispatch), scope=scope).body == b"mine"
    assert scope["closed"] is True


def test_an_error_while_a_replaced_stream_ends_is_not_hidden() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await endless(scope, receive, send)
        finally:
            raise LookupError("while closing")

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        return PlainTextResponse("mine")

    with pytest.raises(LookupError, match="while closing"):
        serve(around(app, dispatch))


def test_what_is_sent_after_the_end_goes_nowhere() -> None:
    """An application that only starts to send when nobody reads any more."""
    refused = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.01)
        try:
            await send({"type": "http.response.body", "body": b"", "more_body": True})
        except OSError as exc:
            refused.append(str(exc))
        await send({"type": "http.response.body", "body": b"late"})

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        return PlainTextResponse("mine")

    assert serve(around(app, dispatch)).body == b"mine"
    assert refused == ["the rest of this answer is not read by anybody."]


def test_content_may_be_rewritten_piece_by_piece() -> None:
    async def chunks() -> AsyncIterator[str]:
        for chunk in ("a", "", "b"):
            yield chunk

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(chunks())(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.body_iterator = upper(response.body_iterator)
        return response

    async def upper(pieces: Any) -> AsyncIterator[bytes]:
        async for piece in pieces:
            yield piece.upper()

    server = serve(around(app, passes, dispatch))
    assert [m.get("body") for m in server.sent] == [None, b"A", b"B", b""]


def test_content_may_be_read_as_a_whole() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        body = b"".join([bytes(chunk) async for chunk in response.body_iterator])  # type: ignore[arg-type] # bytes here
        return PlainTextResponse(body * 2, response.status_code)

    assert serve(around(hello, dispatch)).body == b"hellohello"


def test_an_answer_whose_content_was_read_is_still_completed() -> None:
    async def dispatch(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        async for _ in response.body_iterator:
            pass
        return response

    server = serve(around(hello, dispatch))
    assert server.sent[1:] == [{"type": "http.response.body", "body": b""}]


def test_calling_next_twice_runs_the_application_twice() -> None:
    """A function that tries again: the first answer is given up."""
    statuses = iter([503, 200])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        await PlainTextResponse(body, next(statuses))(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await request.body()
        response = await call_next(request)
        if response.status_code == 503:
            response = await call_next(request)
        return response

    server = serve(around(app, dispatch), b"a", b"b")
    assert (server.status, server.body) == (200, b"ab")


def test_an_exception_of_the_first_try_is_not_raised_by_the_second() -> None:
    errors = iter([LookupError()])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for error in errors:
            raise error
        await hello(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        with pytest.raises(LookupError):
            await call_next(request)
        return await call_next(request)

    assert serve(around(app, dispatch)).body == b"hello"


def test_an_error_after_the_first_answer_is_raised_once() -> None:
    """By the second call_next, which waits for the first application to end."""
    errors = iter([LookupError()])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        for error in errors:
            raise error

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        with pytest.raises(LookupError):
            await call_next(request)
        return PlainTextResponse("mine")

    assert serve(around(app, dispatch)).body == b"mine"


# --- the request's content ------------------------------------------------------------


async def reads_body(request: Request, call_next: CallNext) -> Response:
    assert await request.body() == b"abc"
    return await call_next(request)


async def reads_stream(request: Request, call_next: CallNext) -> Response:
    assert [chunk async for chunk in request.stream()] == [b"a", b"b", b"c", b""]
    return await call_next(request)


async def reads_some(request: Request, call_next: CallNext) -> Response:
    stream = request.stream()
    assert await anext(stream) == b"a"
    response = await call_next(request)
    await stream.aclose()
    return response


async def looks_for_the_client(request: Request, call_next: CallNext) -> Response:
    # This server says so right behind the content.
    assert await request.is_disconnected() is True
    return await call_next(request)


@pytest.mark.parametrize(
    "dispatch", [passes, reads_body, reads_stream, reads_some, looks_for_the_client]
)
def test_content_that_the_function_reads_is_there_for_the_application(
    dispatch: DispatchFunction,
) -> None:
    assert serve(around(echo, dispatch, dispatch), b"a", b"b", b"c").body == b"abc"


# --- scope, context, extensions -------------------------------------------------------


def test_the_application_gets_the_functions_own_scope() -> None:
    """middleware-114: what either writes into it the other one sees."""
    scope = http_scope()

    async def app(inner: Scope, receive: Receive, send: Send) -> None:
        assert inner is scope
        assert inner.pop("from function") == 1
        inner["from application"] = 2
        await hello(inner, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        request.scope["from function"] = 1
        response = await call_next(request)
        assert request.scope["from application"] == 2
        assert "from function" not in request.scope
        return response

    serve(around(app, dispatch), scope=scope)


def test_the_function_may_give_the_application_another_request() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(scope["path"])(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        other = Request({**request.scope, "path": "/other"}, request.receive)
        return await call_next(other)

    assert serve(around(app, dispatch)).body == b"/other"


def test_context_variables_pass_in_both_directions() -> None:
    """middleware-114: through two functions, out of a failing application too."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert VARIABLE.get() == "function"
        VARIABLE.set("application")
        if scope["path"] == "/fails":
            raise LookupError
        await hello(scope, receive, send)
        VARIABLE.set("background")

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        VARIABLE.set("function")
        try:
            return await call_next(request)
        finally:
            assert VARIABLE.get() == "application"

    server = Server()

    async def main() -> None:
        wrapped = around(app, dispatch, passes)
        await wrapped(http_scope(), server.receive, server.send)
        assert VARIABLE.get() == "background"
        with pytest.raises(LookupError):
            await wrapped(http_scope(path="/fails"), server.receive, server.send)

    asyncio.run(main())


def test_a_variable_that_the_application_leaves_alone_keeps_its_value() -> None:
    """What the function sets after call_next is not undone when the answer ends."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        OTHER.set("application")
        await hello(scope, receive, send)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        VARIABLE.set("before")
        response = await call_next(request)
        VARIABLE.set("after")
        OTHER.set("after")
        return response

    server = Server()

    async def main() -> None:
        await around(app, dispatch)(http_scope(), server.receive, server.send)
        assert (VARIABLE.get(), OTHER.get()) == ("after", "after")

    asyncio.run(main())


def test_what_is_sent_beside_the_answer_passes_at_once() -> None:
    """Early hints, and what test clients offer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.early_hint", "links": []})
        await hello(scope, receive, send)

    server = serve(around(app, passes, passes))
    assert [message["type"].rpartition(".")[2] for message in server.sent] == [
        *("early_hint", "start", "body")
    ]


@pytest.mark.parametrize(
    "offered, left",
    [
        pytest.param(None, None, id="no-extensions"),
        pytest.param({}, {}, id="none"),
        pytest.param({"tls": {"a": 1}}, {"tls": {"a": 1}}, id="others"),
        pytest.param(
            {
                "http.response.pathsend": {},
                "http.response.trailers": {},
                "http.response.zerocopysend": {},
                "http.response.debug": {},
            },
            {"http.response.debug": {}},
            id="ways-around-the-content",
        ),
    ],
)
def test_extensions_that_carry_content_past_the_function_are_not_offered(
    offered: dict[str, Any] | None, left: dict[str, Any] | None
) -> None:
    scope = http_scope() if offered is None else http_scope(extensions=offered)
    before = None if offered is None else dict(offered)
    serve(around(hello, passes), scope=scope)
    assert scope.get("extensions") == left
    # The server's own mapping serves other requests too.
    assert offered == before


def test_an_application_whose_rest_is_not_read_may_pass_the_refusal_on() -> None:
    """What it raises then is what it was told, so nobody hears of it again."""

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        head: Message = {"type": "http.response.start", "status": 200, "headers": []}
        await send(head)
        while True:
            piece = {"type": "http.response.body", "body": b"a", "more_body": True}
            await send(piece)

    async def dispatch(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        return PlainTextResponse("mine")

    assert serve(around(inner, dispatch)).body == b"mine"
