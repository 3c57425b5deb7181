"""What becomes of an exception."""

import asyncio
import json
import logging
import threading

import pytest

from restlette.http.errors import (
    ClientDisconnect,
    Conflict,
    HTTPException,
    InternalServerError,
    NotFound,
    UpgradeRequired,
    WebSocketException,
)
from restlette.http.request import HTTPConnection
from restlette.http.response import PlainTextResponse
from restlette.http.websocket import WebSocket, WebSocketDisconnect
from restlette.resources.boundary import Boundary, Refusal, Watch, find_accept
from restlette.resources.problem import Problem
from tests.resources.sockets import SCOPE, Server, closing, gone

PLAIN = (
    b'{"type":"about:blank","title":"Internal Server Error","status":500}',
    [
        (b"content-length", b"67"),
        (b"content-type", b"application/problem+json"),
        (b"x-content-type-options", b"nosniff"),
        (b"vary", b"Accept"),
    ],
)


def scope_with(*headers, **more):
    return {
        "type": "http",
        "method": "GET",
        "path": "/books",
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 5000),
        **more,
    }


class Wire:
    """What a boundary, or another application, sends."""

    def __init__(self, *headers, **more):
        self.scope = scope_with(*headers, **more)
        self.sent = []

    async def send(self, message):
        self.sent.append(message)

    async def receive(self):
        raise AssertionError("nothing is read")

    def fail(self, boundary, exc):
        """As the pipeline does it: while the exception is handled."""
        try:
            raise exc
        except Exception as raised:
            asyncio.run(boundary.fail(raised, self.scope, self.receive, self.send))
        return self

    def refuse(self, refusal, accept=None):
        asyncio.run(refusal(self.scope, self.receive, self.send, accept))
        return self

    @property
    def status(self):
        assert len(self.sent) == 2
        return self.sent[0]["status"]

    @property
    def headers(self):
        return self.sent[0]["headers"]

    @property
    def body(self):
        return self.sent[1]["body"]


class BookGone(Exception):
    """An exception of a domain."""


class BookBurnt(BookGone):
    """A kind of it."""


def answering(text, status=400):
    """An exception handler."""

    async def handler(request, exc):
        return PlainTextResponse(f"{text}: {exc}", status)

    return handler


def failing(exc):
    """An exception handler that itself raises."""

    async def handler(request, raised):
        handler.calls += 1
        raise exc

    handler.calls = 0
    return handler


class Records(logging.Handler):
    """Keeps what is logged, by whomever."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.records = []

    def emit(self, record):
        self.records.append(record)


@pytest.fixture
def log():
    """The records of every logger."""
    handler = Records()
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler.records
    root.removeHandler(handler)


# Which handler ------------------------------------------------------------------------

CHOICES = {
    "by-status": ({404: "status"}, NotFound("x"), "status"),
    "by-class": ({NotFound: "class"}, NotFound("x"), "class"),
    "status-before-class": ({NotFound: "class", 404: "status"}, NotFound(), "status"),
    "by-base": ({HTTPException: "base"}, NotFound("x"), "base"),
    "nearest-base": ({HTTPException: "base", NotFound: "class"}, NotFound(), "class"),
    "domain": ({BookGone: "domain"}, BookGone("x"), "domain"),
    "domain-base": ({BookGone: "domain"}, BookBurnt("x"), "domain"),
    "domain-kind": ({BookGone: "domain", BookBurnt: "kind"}, BookBurnt("x"), "kind"),
    "other-status": ({409: "status"}, NotFound("x"), None),
    "other-class": ({BookBurnt: "kind"}, BookGone("x"), None),
    "exception-is-500": ({Exception: "last"}, BookGone("x"), None),
    "500-by-status": ({500: "status"}, InternalServerError(), "status"),
    "500-is-not-all": ({500: "status"}, BookGone("x"), None),
    "none": ({}, NotFound(), None),
}


@pytest.mark.parametrize("table, exc, expected", CHOICES.values(), ids=CHOICES)
def test_a_handler_is_found_by_status_then_by_class(table, exc, expected):
    handlers = {key: answering(text) for key, text in table.items()}
    found = Boundary((handlers,)).find(exc)
    wanted = [handlers[key] for key, text in table.items() if text == expected]
    assert found is (wanted[0] if wanted else None)


def test_the_innermost_router_is_asked_first():
    inner, outer = answering("inner"), answering("outer")
    boundary = Boundary(({HTTPException: inner}, {}, {404: outer, BookGone: outer}))
    assert boundary.find(NotFound()) is inner
    assert boundary.find(BookGone()) is outer


def test_a_problem_is_told_in_the_place_of_an_exception():
    """A problem that cannot be made of it is a mistake, which is what is told."""

    def shelf(exc):
        return {"shelf": exc.args[0]}

    boundary = Boundary(({BookGone: Problem(410, extensions=shelf)},))
    assert boundary.find(BookGone("x")) is None
    gone = BookGone("x")
    told = boundary.told(gone)
    assert (told.status_code, told.extensions) == (410, {"shelf": "x"})
    assert told.__cause__ is gone
    assert isinstance(boundary.told(BookGone()), IndexError)
    other = KeyError()
    assert boundary.told(other) is other


# Answers ------------------------------------------------------------------------------


def test_an_http_exception_is_a_problem(log):
    wire = Wire().fail(Boundary(), Conflict("It is there."))
    assert wire.status == 409
    assert json.loads(wire.body) == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "It is there.",
    }
    assert log == []


def test_errors_108_accept_decides_the_form():
    """errors-108: every Accept field counts."""
    others = [(b"a", b"text/html"), (b"accept-language", b"de")]
    wire = Wire((b"accept", b"image/png"), (b"accept", b"text/plain"), *others)
    assert wire.fail(Boundary(), NotFound()).body == b"Not Found\n"
    assert find_accept(wire.scope) == b"image/png, text/plain"
    assert find_accept(scope_with()) is None


def test_a_handler_answers_and_nothing_is_raised_or_logged(log):
    wire = Wire().fail(Boundary(({BookGone: answering("gone", 410)},)), BookGone("it"))
    assert (wire.status, wire.body) == (410, b"gone: it")
    assert log == []


def test_a_plain_handler_runs_in_a_thread():
    threads = []

    def handler(request, exc):
        threads.append(threading.current_thread())
        return PlainTextResponse("gone", 410)

    assert Wire().fail(Boundary(({BookGone: handler},)), BookGone()).status == 410
    assert threads[0] is not threading.current_thread()


def test_a_handler_is_given_the_request():
    seen = []

    async def handler(request, exc):
        seen.append((request.url.path, request.method, exc))
        return PlainTextResponse("x")

    exc = BookGone()
    Wire().fail(Boundary(({BookGone: handler},)), exc)
    assert seen == [("/books", "GET", exc)]


def test_errors_107_an_unhandled_exception_is_a_plain_500(log):
    """errors-107: no text, traceback, path or version; logged once, raised again."""
    wire = Wire()
    exc = BookGone("hunter2")
    with pytest.raises(BookGone) as raised:
        wire.fail(Boundary(), exc)
    assert raised.value is exc
    assert wire.status == 500
    assert (wire.body, wire.headers) == PLAIN
    [record] = log
    assert record.name == "restlette.error"
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "GET /books: BookGone: hunter2"


def test_the_record_has_the_exception_and_shows_the_place(log):
    """Trackers know the exception by it; the traceback is the server's to write."""

    def sell():
        raise BookGone("hunter2")

    with pytest.raises(BookGone) as raised:
        try:
            sell()
        except BookGone as exc:
            Wire().fail(Boundary(), exc)
    [record] = log
    assert record.exc_info[:2] == (BookGone, raised.value)
    line = sell.__code__.co_firstlineno + 1
    assert (record.pathname, record.lineno, record.funcName) == (__file__, line, "sell")
    assert logging.Formatter().format(record) == (
        f'GET /books: BookGone: hunter2\n  File "{__file__}", line {line}, in sell'
    )


def test_an_exception_that_was_raised_nowhere_is_logged(log):
    request = HTTPConnection(scope_with())
    response, unhandled = asyncio.run(Boundary().answer(BookGone("x"), request))
    assert (response.status_code, str(unhandled)) == (500, "x")
    [record] = log
    assert logging.Formatter().format(record) == (
        'GET /books: BookGone: x\n  File "(nowhere)", line 0, in (nowhere)'
    )


def test_a_logger_that_wants_no_errors_gets_none(log):
    logger = logging.getLogger("restlette.error")
    logger.setLevel(logging.CRITICAL)
    try:
        with pytest.raises(BookGone):
            Wire().fail(Boundary(), BookGone("x"))
    finally:
        logger.setLevel(logging.NOTSET)
    assert log == []


@pytest.mark.parametrize("key", [500, Exception])
def test_the_last_handler_answers_what_nobody_handles(key, log):
    """It answers, but does not handle: the exception is logged and raised again."""
    boundary = Boundary(
        ({}, {BookBurnt: answering("x")}, {key: answering("last", 500)})
    )
    wire = Wire()
    with pytest.raises(BookGone):
        wire.fail(boundary, BookGone("it"))
    assert (wire.status, wire.body) == (500, b"last: it")
    assert len(log) == 1


def test_errors_107_a_handler_that_raises_is_a_plain_500(log):
    """errors-107: what the handler raised is what is logged and raised again."""
    wire = Wire()
    with pytest.raises(KeyError) as raised:
        wire.fail(Boundary(({BookGone: failing(KeyError("k"))},)), BookGone("it"))
    assert isinstance(raised.value.__context__, BookGone)
    assert wire.status == 500
    assert (wire.body, wire.headers) == PLAIN
    assert [r.getMessage() for r in log] == ["GET /books: KeyError: 'k'"]


def test_a_handler_may_raise_an_answer(log):
    """So a handler turns an exception of a domain into a problem."""
    boundary = Boundary(({BookGone: failing(Conflict("No."))},))
    assert Wire().fail(boundary, BookGone()).status == 409
    assert log == []


def test_errors_107_a_last_handler_that_raises_is_a_plain_500(log):
    """errors-107: both exceptions are logged, the first one is raised again."""
    wire = Wire()
    with pytest.raises(BookGone):
        wire.fail(Boundary(({500: failing(KeyError("k"))},)), BookGone("it"))
    assert (wire.body, wire.headers) == PLAIN
    assert [r.getMessage() for r in log] == [
        "GET /books: BookGone: it",
        "GET /books: KeyError: 'k'",
    ]


def test_a_handler_that_failed_is_not_asked_again(log):
    """The handler of 500 is that of InternalServerError and the last one as well."""
    handler = failing(KeyError("k"))
    wire = Wire()
    with pytest.raises(KeyError):
        wire.fail(Boundary(({500: handler},)), InternalServerError())
    assert handler.calls == 1
    assert (wire.body, wire.headers) == PLAIN
    assert len(log) == 1


@pytest.mark.parametrize("key", [BookGone, 500])
def test_openness_125_a_handler_that_returns_no_response_is_named(key, log):
    """openness-125: a typed error that names the handler."""

    async def on_gone(request, exc):
        return {"gone": True}

    wire = Wire()
    with pytest.raises((TypeError, BookGone)):
        wire.fail(Boundary(({key: on_gone},)), BookGone())
    assert wire.status == 500
    assert (
        log[-1]
        .getMessage()
        .endswith("on_gone returned dict; an exception handler returns a Response.")
    )


def test_a_handler_that_is_an_object_is_named_too(log):
    class Handler:
        async def __call__(self, request, exc):
            return None

    wire = Wire()
    with pytest.raises(TypeError, match=r"handler <.*Handler object .*> returned None"):
        wire.fail(Boundary(({BookGone: Handler()},)), BookGone())
    assert wire.status == 500


@pytest.mark.parametrize("value", [object(), float("nan")], ids=["no-form", "nan"])
def test_an_extension_without_a_form_is_a_plain_500(value, log):
    """An exception that cannot be rendered is a fault of the application's."""
    wire = Wire()
    with pytest.raises((TypeError, ValueError)):
        wire.fail(Boundary(), NotFound(extensions={"shelf": value}))
    assert wire.status == 500
    assert (wire.body, wire.headers) == PLAIN
    assert len(log) == 1


def test_a_client_that_went_is_not_answered(log):
    """Nobody is there to read it, and nobody did anything wrong."""
    assert Wire().fail(Boundary(), ClientDisconnect()).sent == []
    assert log == []


# HTTP/2 -------------------------------------------------------------------------------

VERSIONS = {"1.0": True, "1.1": True, "2": False, "2.0": False, "3": False}


@pytest.mark.parametrize("version, has_them", VERSIONS.items())
@pytest.mark.parametrize("how", ["raised", "refused"])
def test_426_has_no_fields_of_the_connection_in_http_2(version, has_them, how):
    """RFC 9113 §8.2.2: they would make the answer malformed."""
    exc = UpgradeRequired(protocols=["websocket"])
    wire = Wire(http_version=version)
    if how == "raised":
        wire.fail(Boundary(), exc)
    else:
        wire.refuse(Refusal(exc, Boundary()))
    assert wire.status == 426
    names = {name for name, _ in wire.headers}
    assert ({b"connection", b"upgrade"} <= names) is has_them
    assert {b"connection", b"upgrade"}.isdisjoint(names) is not has_them


# Debug --------------------------------------------------------------------------------


def test_errors_106_the_debug_page_is_for_this_machine(log):
    """errors-106: an unhandled exception is shown, and still logged and raised."""
    wire = Wire((b"accept", b"text/html"))
    boundary = Boundary(({500: answering("last", 500)},), debug=True)
    with pytest.raises(BookGone):
        wire.fail(boundary, BookGone("<script>"))
    assert wire.status == 500
    assert b"BookGone" in wire.body
    assert b"&lt;script&gt;" in wire.body
    assert b"<script>" not in wire.body
    fields = dict(wire.headers)
    assert fields[b"x-content-type-options"] == b"nosniff"
    assert b"default-src 'none'" in fields[b"content-security-policy"]
    assert len(log) == 1


ELSEWHERE = {
    "client": {"client": ("192.0.2.1", 5000)},
    "client-like": {"client": ("127.0.0.1.evil.example", 5000)},
    "no-client": {"client": None},
    "host": {"headers": [(b"host", b"shop.example.org")]},
    "no-host": {"headers": []},
}


@pytest.mark.parametrize("more", ELSEWHERE.values(), ids=ELSEWHERE)
def test_errors_106_nobody_else_sees_it(more, log):
    """errors-106: neither another peer nor one that meant another host."""
    wire = Wire()
    wire.scope.update(more)
    with pytest.raises(BookGone):
        wire.fail(Boundary(debug=True), BookGone("hunter2"))
    assert (wire.body, wire.headers) == PLAIN


def test_debug_leaves_answers_alone():
    wire = Wire().fail(Boundary(debug=True), NotFound("x"))
    assert wire.status == 404
    assert json.loads(wire.body)["detail"] == "x"


# Logs ---------------------------------------------------------------------------------

DIRTY = "a\nGET /b\r\x1b[2J\u2028\u202e\x00" + "x" * 1_000_000


@pytest.mark.parametrize("where", ["method", "path", "text"])
def test_logs_118_one_line_without_controls(where, log):
    """logs-118: what comes from outside is escaped and cut."""
    more = {where: DIRTY} if where != "text" else {}
    with pytest.raises(BookGone):
        Wire(**more).fail(Boundary(), BookGone(DIRTY if where == "text" else "x"))
    [record] = log
    message = record.getMessage()
    assert message.isprintable()
    assert "a\\nGET /b\\r\\x1b[2J\\u2028\\u202e\\x00xxx" in message
    assert len(message) < 1000


def test_logs_118_credentials_are_not_logged(log):
    """logs-118: Authorization and Cookie never."""
    with pytest.raises(BookGone):
        Wire((b"authorization", b"hunter2"), (b"cookie", b"a=hunter2")).fail(
            Boundary(), BookGone("x")
        )
    assert "hunter2" not in log[0].getMessage()


def test_an_exception_whose_text_cannot_be_had_is_logged(log):
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    wire = Wire()
    with pytest.raises(Mute):
        wire.fail(Boundary(), Mute())
    assert wire.status == 500
    assert log[0].getMessage() == "GET /books: Mute: its text cannot be had"


# Watch --------------------------------------------------------------------------------


def test_a_watch_sees_where_the_answer_begins():
    wire = Wire()
    watch = Watch(wire.send)
    early = {"type": "http.response.push", "path": "/a", "headers": []}
    start = {"type": "http.response.start", "status": 200, "headers": []}
    body = {"type": "http.response.body", "body": b""}
    seen = []
    for message in early, start, body:
        asyncio.run(watch(message))
        seen.append(watch.started)
    assert seen == [False, True, True]
    assert wire.sent == [early, start, body]


# Around other applications ------------------------------------------------------------

BEGUN = {"type": "http.response.start", "status": 200, "headers": []}


def around(scope, *messages):
    """What is sent, and raised, when an application sends messages and then fails."""
    wire = Wire()
    wire.scope.update(scope)

    async def app(scope, receive, send):
        for message in messages:
            await send(message)
        raise BookGone

    bounded = Boundary(({BookGone: answering("gone", 410)},)).around(app)
    try:
        asyncio.run(bounded(wire.scope, wire.receive, wire.send))
    except BookGone:
        return wire.sent, True
    return wire.sent, False


def test_an_application_is_answered_for_until_it_has_begun():
    sent, raised = around({})
    assert ([sent[0]["status"], sent[1]["body"]], raised) == ([410, b"gone: "], False)
    assert around({}, BEGUN) == ([BEGUN], True)
    sent, raised = around({"type": "websocket", "extensions": DENIAL})
    assert (sent[0]["type"], raised) == ("websocket.http.response.start", False)


def test_a_lifespan_is_the_applications_own():
    """The server is told by the exception that there is none, or that it failed."""
    assert around({"type": "lifespan"}) == ([], True)


# Refusals -----------------------------------------------------------------------------


def test_resources_that_refuse_alike_share_a_refusal():
    boundary = Boundary()
    refusal = boundary.refusal(NotFound, detail="No.")
    assert boundary.refusal(NotFound, detail="No.") is refusal
    assert boundary.refusal(NotFound).exc.detail == "Not Found"
    assert boundary.refusal(Conflict, detail="No.").exc.status_code == 409
    assert (refusal.exc.status_code, refusal.exc.detail) == (404, "No.")


def test_a_refusal_is_rendered_once_and_sent_as_a_copy():
    refusal = Refusal(NotFound(), Boundary())
    one, other = Wire().refuse(refusal), Wire().refuse(refusal, b"*/*")
    assert one.status == other.status == 404
    assert one.body is other.body
    one.headers.append((b"x-a", b"1"))
    assert (b"x-a", b"1") not in other.headers
    assert (b"x-a", b"1") not in Wire().refuse(refusal).headers


def test_a_refusal_is_what_the_boundary_would_answer():
    for accept in None, b"*/*", b"text/plain", b"application/json", b"image/png":
        fields = [] if accept is None else [(b"accept", accept)]
        raised = Wire(*fields).fail(Boundary(), NotFound())
        refused = Wire(*fields).refuse(Refusal(NotFound(), Boundary()), accept)
        assert refused.sent == raised.sent


def test_dispatch_5_a_refused_head_has_no_content():
    """dispatch-5: same fields as for GET. Others have it."""
    refusal = Refusal(NotFound(), Boundary())
    get, head = Wire().refuse(refusal), Wire(method="HEAD").refuse(refusal)
    assert head.headers == get.headers
    assert head.body == b""
    assert Wire(method="POST").refuse(refusal).body == get.body != b""


def test_a_refusal_with_a_handler_is_the_handlers():
    """A copy is given to it each time, so that nothing piles up on one exception."""
    seen = []

    async def handler(request, exc):
        seen.append(exc)
        return PlainTextResponse("nothing here", 404)

    refusal = Refusal(NotFound("x"), Boundary(({404: handler},)))
    for _ in range(2):
        assert Wire().refuse(refusal, b"text/html").body == b"nothing here"
    assert [exc.detail for exc in seen] == ["x", "x"]
    assert seen[0] is not seen[1]
    assert seen[0] is not refusal.exc


# WebSockets ---------------------------------------------------------------------------

DENIAL = {"websocket.http.response": {}}


async def as_it_comes(websocket):
    """The connection that nobody has done anything with."""


async def accepted(websocket):
    await websocket.accept()


async def left(websocket):
    await websocket.accept()
    await websocket.receive()


async def begun(websocket):
    start = {"type": "websocket.http.response.start", "status": 200, "headers": []}
    await websocket.send(start)


def end(exc, boundary=None, before=as_it_comes, *script, extensions=DENIAL):
    """Give what is sent, and what is raised, when an exception ends a conversation."""
    server = Server(*script)
    scope = {**SCOPE, "client": ("127.0.0.1", 1), "extensions": extensions}
    websocket = WebSocket(scope, server.receive, server.send)

    async def main():
        await before(websocket)
        del server.sent[:]
        await (boundary or Boundary()).end(exc, websocket)

    try:
        asyncio.run(main())
    except Exception as raised:
        return server.sent, raised
    return server.sent, None


def test_an_exception_before_accept_is_answered_by_http():
    """As a request would be, by the same handlers."""
    boundary = Boundary(({BookGone: answering("gone", 410)},))
    sent, raised = end(BookGone("Dune"), boundary)
    assert [sent[0]["status"], sent[1]["body"], raised] == [410, b"gone: Dune", None]
    sent, raised = end(NotFound("No such feed."))
    assert json.loads(sent[1]["body"])["detail"] == "No such feed."
    assert raised is None
    sent, raised = end(NotFound(), extensions={})
    assert (sent, raised) == ([closing(1008)], None)


def test_an_exception_that_nobody_handles_is_answered_and_raised(log):
    """500, and one line; the traceback is the server's to write."""
    exc = KeyError("Dune")
    sent, raised = end(exc)
    assert (sent[0]["status"], raised) == (500, exc)
    (record,) = log
    assert record.getMessage().startswith("websocket /feed: KeyError")


def test_a_handler_may_decide_by_itself():
    """It is given the connection, and may close it: then what it returns is nothing."""

    async def close(websocket, exc):
        await websocket.close(4000 if isinstance(exc, BookGone) else exc.code)

    boundary = Boundary(({BookGone: close, WebSocketException: close},))
    for before in (as_it_comes, accepted):
        assert end(BookGone(), boundary, before) == ([closing(4000)], None)
        exc = WebSocketException(4001, "bye")
        assert end(exc, boundary, before) == ([closing(4001)], None)


def test_a_handler_that_returns_nothing_and_decides_nothing_is_a_mistake():
    """500 before accept(); afterwards the connection is closed with 1011."""

    async def nothing(websocket, exc):
        return None

    boundary = Boundary(({BookGone: nothing},))
    sent, raised = end(BookGone(), boundary)
    assert sent[0]["status"] == 500
    assert isinstance(raised, TypeError)
    exc = BookGone()
    assert end(exc, boundary, accepted) == ([closing(1011)], exc)
    assert end(exc, boundary, left, gone()) == ([], exc)


def test_what_a_handler_raises_after_accept_is_raised():
    """In the place of what it was called for; it may be a close."""
    wrong = KeyError()
    boundary = Boundary(({BookGone: failing(wrong)},))
    assert end(BookGone(), boundary, accepted) == ([closing(1011)], wrong)
    boundary = Boundary(({BookGone: failing(WebSocketException(4001))},))
    assert end(BookGone(), boundary, accepted) == ([closing(4001)], None)


def test_a_websocket_exception_closes():
    """With its code; servers answer 403 to it before accept()."""
    exc = WebSocketException(4001, "bye")
    assert end(exc) == ([closing(4001, "bye")], None)
    assert end(exc, None, accepted) == ([closing(4001, "bye")], None)
    assert end(exc, None, left, gone()) == ([], None)


def test_an_exception_after_accept_closes_with_1011():
    """RFC 6455 §7.4.1; HTTP's too, for there is no room for an answer."""
    for exc in (KeyError(), NotFound()):
        assert end(exc, None, accepted) == ([closing(1011)], exc)
        assert end(exc, None, left, gone()) == ([], exc)


def test_an_answer_by_http_that_broke_off_is_not_closed():
    """ASGI has nothing to say then; the exception is raised to the server."""
    exc = KeyError()
    assert end(exc, None, begun) == ([], exc)


def test_the_news_that_it_is_over_is_no_error():
    """Unless it is another connection's."""
    exc = WebSocketDisconnect(1001)
    assert end(exc, None, left, gone()) == ([], None)
    assert end(exc, None, accepted) == ([closing(1011)], exc)


def test_ws_97_client_that_leaves_while_it_is_denied():
    """Nobody is there to be told; what nobody handled is raised all the same."""

    class Leaving(Server):
        async def send(self, message):
            raise OSError("gone")

    async def main(exc):
        server = Leaving()
        scope = {**SCOPE, "extensions": DENIAL}
        websocket = WebSocket(scope, server.receive, server.send)
        await Boundary().end(exc, websocket)
        assert websocket.close_code == 1006

    asyncio.run(main(NotFound()))
    with pytest.raises(KeyError):
        asyncio.run(main(KeyError()))


def test_fail_denies_a_websocket():
    """It has a scope and the channels alone."""
    wire = Wire(type="websocket", extensions=DENIAL)
    assert wire.fail(Boundary(), Conflict()).status == 409
    assert wire.sent[0]["type"] == "websocket.http.response.start"


@pytest.mark.parametrize(
    "kind",
    [
        "http.response.start",
        "websocket.accept",
        "websocket.close",
        "websocket.http.response.start",
    ],
)
def test_watch_knows_what_an_answer_begins_with(kind):
    """Whatever comes before does not count."""
    sent = []

    async def send(message):
        sent.append(message["type"])

    async def main():
        watch = Watch(send)
        await watch({"type": "http.response.debug"})
        assert not watch.started
        await watch({"type": kind})
        assert watch.started

    asyncio.run(main())
    assert sent == ["http.response.debug", kind]
