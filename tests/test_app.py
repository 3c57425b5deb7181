"""The application: the root of a tree of resources."""

import asyncio
import gc
import json
import logging
import sys
import threading
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

import pytest

from restlette.app import Restlette
from restlette.background import BackgroundTask
from restlette.http.errors import Conflict, HTTPException, ServiceUnavailable
from restlette.http.headers import MutableHeaders
from restlette.http.json import STANDARD, ORJSONCodec, UJSONCodec
from restlette.http.request import Request
from restlette.http.response import PlainTextResponse, StreamingResponse
from restlette.http.websocket import WebSocket
from restlette.middleware import Middleware
from restlette.resources.dependencies import DependencyError
from restlette.resources.endpoint import HTTPEndpoint
from restlette.resources.representation import Reply
from restlette.resources.router import Router
from restlette.resources.routes import Route
from restlette.resources.websocket import WebSocketEndpoint
from restlette.testing import (
    AsyncTestClient,
    TestClient,
    WebSocketDenialResponse,
    call,
)

PLAIN = {"type": "about:blank", "title": "Internal Server Error", "status": 500}


class Store:
    """Something that lives as long as the application."""


class Session:
    """Something that lives as long as a request."""


class Boom(Exception):
    """What nobody handles."""


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


class Marking:
    """Middleware like CORS's: it adds a field to whatever is answered."""

    def __init__(self, app, mark="1"):
        self.app = app
        self.mark = mark

    async def __call__(self, scope, receive, send):
        async def marking(message):
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message["headers"])["x-mark"] = self.mark
            await send(message)

        await self.app(scope, receive, marking)


def client_of(app, **options):
    return TestClient(app, raise_server_exceptions=False, **options)


# What it is made of -------------------------------------------------------------------


def test_everything_can_be_said_at_once():
    events = []

    async def home(request):
        return {"state": request.state.shelf}

    async def on_conflict(request, exc):
        return PlainTextResponse("no", 409)

    async def conflict(request):
        raise Conflict

    @asynccontextmanager
    async def lifespan(app):
        events.append("start")
        yield {"shelf": "A3"}
        events.append("end")

    app = Restlette(
        debug=True,
        routes=[Route("/", home), Route("/conflict", conflict)],
        middleware=[Middleware(Marking, mark="2")],
        exception_handlers={409: on_conflict},
        lifespan=lifespan,
        limits={"body": 10},
    )
    with TestClient(app) as client:
        answer = client.get("/")
        assert answer.json() == {"state": "A3"}
        assert answer.headers["x-mark"] == "2"
        assert client.get("/conflict").text == "no"
        assert events == ["start"]
    assert events == ["start", "end"]
    assert app.router is app


def test_startup_and_shutdown_functions_are_called():
    events = []
    app = Restlette(
        on_startup=[lambda: events.append("a")],
        on_shutdown=[lambda: events.append("z")],
    )

    @app.on_event("startup")
    async def later():
        events.append("b")

    with TestClient(app):
        assert events == ["a", "b"]
    assert events == ["a", "b", "z"]


def test_state_is_the_applications():
    app = Restlette()
    app.state.shelf = "A3"

    @app.route("/")
    async def home(request) -> dict:
        return {"shelf": request.app.state.shelf, "is_app": request.app is app}

    assert call(app).json() == {"shelf": "A3", "is_app": True}


@pytest.mark.parametrize(
    "name, codec", [("orjson", ORJSONCodec), ("ujson", UJSONCodec)]
)
def test_json_by_name(name, codec):
    assert type(Restlette(json=name)._settings().codec) is codec


def test_json_by_default_and_by_object():
    class Codec:
        def dumps(self, content):
            return b'"own"'

        def loads(self, data):
            return {"own": True}

    assert Restlette(json="standard")._settings().codec is STANDARD
    app = Restlette(json=Codec())

    @app.route("/", methods=["GET", "POST"])
    async def home(request):
        return await request.json()

    assert call(app, "POST", json={}).content == b'"own"'


@pytest.mark.parametrize(
    "options, kind, message",
    [
        ({"json": "jason"}, ValueError, "no JSON codec 'jason': write one of standard"),
        ({"json": json}, TypeError, "is no JSON codec: write"),
        ({"json": None}, TypeError, "None is no JSON codec"),
        ({"threads": 0}, ValueError, "at least 1 thread"),
        ({"limits": {"bdy": 1}}, TypeError, "no limit named 'bdy'"),
        ({"limits": {"body": -1}}, ValueError, "'body' is a whole number"),
        ({"exception_handlers": {200: print}}, TypeError, "from 400 to 599"),
        ({"exception_handlers": {404: "x"}}, TypeError, "cannot be called"),
        ({"debugg": True}, TypeError, "debugg"),
    ],
)
def test_startup_124_what_makes_no_sense_is_refused(options, kind, message):
    """start-up-config-124: where it is written, never silent."""
    with pytest.raises(kind, match=message):
        Restlette(**options)


# Plug-ins -----------------------------------------------------------------------------


def test_a_plugin_adds_to_the_application():
    class Health:
        def install(self, app):
            app.add_route("/health", self.answer)

        async def answer(self, request) -> dict:
            return {"ok": True}

    app, plugin = Restlette(), Health()
    app.install(plugin)
    assert app.plugins == [plugin]
    assert call(app, "GET", "/health").json() == {"ok": True}


@pytest.mark.parametrize("make", [lambda cls: cls, lambda cls: object()])
def test_startup_124_what_is_no_plugin(make):
    """start-up-config-124: a class is not an object of it."""

    class Health:
        def install(self, app): ...

    app = Restlette()
    with pytest.raises(TypeError, match=r"is no plug-in: app\.install takes an object"):
        app.install(make(Health))
    assert app.plugins == []


# Dependencies -------------------------------------------------------------------------


def shop(events=None, error=None, on_close=None):
    """An application with a dependency of either scope."""
    events = [] if events is None else events
    app = Restlette()

    @contextmanager
    def store():
        events.append("store opened")
        yield Store()
        events.append("store closed")

    @asynccontextmanager
    async def session():
        events.append("opened")
        try:
            yield Session()
        except BaseException as exc:
            events.append(f"rolled back: {type(exc).__name__}")
            raise
        events.append("closed")
        if on_close is not None:
            raise on_close

    app.provide(Store, store)
    app.provide(Session, session, scope="request")

    @app.route("/")
    class Books(HTTPEndpoint):
        store: Store
        session: Session

        async def get(self, request) -> dict:
            events.append("handled")
            if error is not None:
                raise error
            return {"store": type(self.store).__name__}

        async def post(self, request):
            return StreamingResponse([b"x"])

    return app


def test_dependencies_live_as_long_as_they_should():
    events = []
    with TestClient(shop(events)) as client:
        for _ in range(2):
            assert client.get("/").json() == {"store": "Store"}
    assert events == [
        "store opened",
        *["opened", "handled", "closed"] * 2,
        "store closed",
    ]


def test_without_a_lifespan_they_are_opened_by_the_first_request():
    """Some servers run none."""
    events = []
    app = shop(events)
    assert call(app).status_code == call(app).status_code == 200
    assert events == ["store opened", *["opened", "handled", "closed"] * 2]


def test_a_request_scope_is_closed_before_the_first_byte():
    events = []
    app = shop(events)

    async def main():
        async def send(message):
            events.append(message["type"])

        await app(
            {"type": "http", "method": "GET", "path": "/", "headers": []}, None, send
        )

    asyncio.run(main())
    assert events[1:] == [
        "opened",
        "handled",
        "closed",
        "http.response.start",
        "http.response.body",
    ]


@pytest.mark.parametrize("error, status", [(Conflict(), 409), (Boom(), 500)])
def test_a_request_scope_is_rolled_back_when_the_handler_raises(error, status):
    events = []
    app = shop(events, error=error)
    assert client_of(app).get("/").status_code == status
    assert events[1:] == ["opened", "handled", f"rolled back: {type(error).__name__}"]


def test_a_close_that_fails_is_a_500(log):
    answer = client_of(shop(on_close=Boom("commit"))).get("/")
    assert answer.status_code == 500
    assert answer.json() == PLAIN
    assert [r.getMessage() for r in log] == ["GET /: Boom: commit"]


def test_a_stream_cannot_hold_a_request_scope():
    with pytest.raises(TypeError, match=r"Books\.post streams its answer, but has dep"):
        call(shop(), "POST")


def test_a_dependency_that_hides_the_exception_is_named():
    app = Restlette()

    @contextmanager
    def hiding():
        try:
            yield Session()
        except Boom:
            pass

    app.provide(Session, hiding, scope="request")

    @app.route("/")
    class Books(HTTPEndpoint):
        session: Session

        async def get(self, request):
            raise Boom

    with pytest.raises(TypeError, match=r"a dependency of .*Books\.get kept the exce"):
        call(app)


def test_an_override_counts_inside_its_with():
    app = Restlette()
    app.provide_value(Store, Store())
    seen = []

    @app.route("/")
    class Books(HTTPEndpoint):
        store: Store

        async def get(self, request) -> None:
            seen.append(self.store)

    fake = Store()
    call(app)
    with app.override(Store, fake):
        call(app)
    call(app)
    assert seen[0] is seen[2]
    assert seen[1] is fake


def test_what_is_provided_while_it_runs_is_opened_too():
    app = shop()
    with TestClient(app) as client:
        assert client.get("/").status_code == 200
        app.provide(list, lambda: ["later"])

        @app.route("/later")
        class Later(HTTPEndpoint):
            items: list

            async def get(self, request) -> dict:
                return {"items": self.items}

        assert client.get("/later").json() == {"items": ["later"]}


def test_startup_124_what_nobody_provides_stops_the_start():
    """start-up-config-124: the lifespan fails with the sentence; so does a request."""
    app = Restlette()

    @app.route("/")
    class Books(HTTPEndpoint):
        store: Store

        async def get(self, request): ...

    with pytest.raises(DependencyError, match=r"Books\.store asks for Store"):
        call(app)
    sent = []

    async def main():
        async def receive():
            return {"type": "lifespan.startup"}

        async def send(message):
            sent.append(message)

        await app({"type": "lifespan"}, receive, send)

    with pytest.raises(DependencyError):
        asyncio.run(main())
    assert [m["type"] for m in sent] == ["lifespan.startup.failed"]
    assert "Books.store asks for Store, which nobody provides" in sent[0]["message"]


def test_threads_go_even_if_a_dependency_does_not_close():
    app = Restlette(threads=1)

    @contextmanager
    def store():
        yield Store()
        raise Boom

    app.provide(Store, store)

    @app.route("/")
    def home(request) -> dict:
        return {}

    with pytest.raises(Exception) as raised, TestClient(app) as client:
        assert client.get("/").json() == {}
    assert "Boom" in repr(raised.value) + str(raised.value)
    assert app._pool._executor is None


# Errors -------------------------------------------------------------------------------


def failing_app(**options):
    app = Restlette(**options)

    @app.route("/boom")
    async def boom(request):
        raise Boom("hunter2")

    return app


@pytest.mark.parametrize("middleware", [[], [Middleware(Marking)]])
def test_errors_107_unhandled_is_logged_once_and_raised_again(middleware, log):
    """errors-107: a plain 500, with the fields of the middleware around it."""
    app = failing_app(middleware=middleware)
    answer = client_of(app).get("/boom")
    assert answer.status_code == 500
    assert answer.json() == PLAIN
    assert "hunter2" not in answer.text
    assert answer.headers.get("x-mark") == ("1" if middleware else None)
    assert [r.getMessage() for r in log] == ["GET /boom: Boom: hunter2"]
    with pytest.raises(Boom):
        TestClient(app).get("/boom")


def test_errors_107_unhandled_below_the_middleware_of_a_router(log):
    """errors-107: logged once, however many boundaries it passes."""
    router = Router(middleware=[Middleware(Marking, mark="inner")])

    @router.route("/boom")
    async def boom(request):
        raise Boom("x")

    app = Restlette(middleware=[Middleware(Marking, mark="outer")])
    app.mount("/in", router)

    @app.middleware("http")
    async def passing(request, call_next):
        return await call_next(request)

    answer = client_of(app).get("/in/boom")
    assert answer.json() == PLAIN
    assert answer.headers["x-mark"] == "outer"
    assert len(log) == 1


@pytest.mark.parametrize("kind", ["function", "class"])
def test_middleware_that_raises_is_answered_by_the_outer_boundary(kind, log):
    app = failing_app()

    class Raising:
        def __init__(self, app): ...

        async def __call__(self, scope, receive, send):
            raise Boom("middleware")

    if kind == "class":
        app.add_middleware(Raising)
    else:

        @app.middleware("http")
        async def raising(request, call_next):
            raise Boom("middleware")

    @app.exception_handler(Boom)
    async def on_boom(request, exc):
        return PlainTextResponse(f"handled: {exc}", 400)

    assert call(app, "GET", "/boom").text == "handled: middleware"
    del app.exception_handlers[Boom]
    app.debug = False  # a change, so that the tree is worked out anew
    assert client_of(app).get("/boom").json() == PLAIN
    assert len(log) == 1


def test_middleware_may_raise_an_answer():
    app = Restlette()

    @app.middleware("http")
    async def refusing(request, call_next):
        raise HTTPException(403)

    assert call(app).status_code == 403


def test_stream_91_after_the_answer_began_it_breaks_off(log):
    """stream-91: no second answer, no false end; what was raised goes on."""
    app = Restlette(middleware=[Middleware(Marking)])

    async def content():
        yield b"some"
        raise Boom("late")

    @app.route("/")
    async def home(request):
        return StreamingResponse(content())

    sent = []

    async def main():
        async def send(message):
            sent.append(message)

        async def receive():
            await asyncio.sleep(60)

        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await app(scope, receive, send)

    with pytest.raises(Boom, match="late"):
        asyncio.run(main())
    assert [m["type"] for m in sent] == ["http.response.start", "http.response.body"]
    assert sent[-1]["more_body"] is True
    # The server has it now, and writes it down with its traceback.
    assert log == []


def test_errors_106_debug_can_be_switched_while_it_runs():
    """errors-106: the page is for this machine; by default there is none."""
    app = failing_app()
    client = client_of(
        app, base_url="http://localhost:8000", client=("127.0.0.1", 5000)
    )
    assert app.debug is False
    assert client.get("/boom").json() == PLAIN
    app.debug = True
    assert app.debug is True
    shown = client.get("/boom", headers={"accept": "text/html"})
    assert shown.status_code == 500
    assert "Boom" in shown.text
    elsewhere = client_of(app, client=("192.0.2.1", 5000))
    assert elsewhere.get("/boom").json() == PLAIN
    app.debug = False
    assert client.get("/boom").json() == PLAIN


def test_logs_118_a_request_writes_one_line(log):
    """logs-118: whatever its path holds."""
    app = Restlette()

    @app.route("/{rest:path}")
    async def boom(request, rest):
        raise Boom(rest + "\n\x1b")

    client_of(app).get("/a%E2%80%A8b")
    [record] = log
    assert record.getMessage().isprintable()
    assert record.getMessage() == "GET /a\\u2028b: Boom: a\\u2028b\\n\\x1b"


@pytest.mark.parametrize(
    "method, path, status", [("GET", "/nope", 404), ("PUT", "/boom", 405)]
)
def test_errors_108_a_refusal_reflects_nothing(method, path, status):
    """errors-108: neither the path nor a header is in the answer."""
    app = failing_app()
    for accept in "*/*", "text/html", "application/json":
        answer = call(
            app, method, f"{path}?<script>", headers={"accept": accept, "x": "<script>"}
        )
        assert answer.status_code == status
        assert "script" not in answer.text
        assert "nope" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


# After the answer ---------------------------------------------------------------------


def test_background_tasks_run_after_the_answer():
    app = Restlette()
    events = []

    @app.route("/")
    async def home(request):
        return Reply({}, background=BackgroundTask(events.append, "task"))

    @app.route("/response")
    async def response(request):
        return PlainTextResponse("x", background=BackgroundTask(events.append, "task"))

    async def main(path):
        async def send(message):
            events.append(message["type"])

        scope = {"type": "http", "method": "GET", "path": path, "headers": []}
        await app(scope, None, send)

    for path in "/", "/response":
        events.clear()
        asyncio.run(main(path))
        assert events == ["http.response.start", "http.response.body", "task"]


# A client that goes -------------------------------------------------------------------


def departing_app(events):
    """An application that notes what each of its handlers sees."""
    app = Restlette()

    @app.route("/body", methods=["POST"])
    async def body(request):
        try:
            await request.body()
        except BaseException as exc:
            events.append(type(exc).__name__)
            raise
        finally:
            events.append("finally")

    @app.route("/handler")
    async def handler(request):
        try:
            while not await request.is_disconnected():
                await asyncio.sleep(0)
            return PlainTextResponse("x")
        finally:
            events.append("finally")

    async def stream():
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0)
        finally:
            events.append("finally")

    @app.route("/send")
    async def send(request):
        return StreamingResponse(stream(), background=BackgroundTask(after))

    @app.route("/after")
    async def answered(request):
        return PlainTextResponse("x", background=BackgroundTask(after))

    async def after():
        await asyncio.sleep(0)
        events.append("background")

    return app


PART = {"type": "http.request", "body": b"x", "more_body": True}
WHOLE = {"type": "http.request", "body": b"", "more_body": False}
GONE = {"type": "http.disconnect"}


@pytest.mark.parametrize("layers", [0, 1, 2])
@pytest.mark.parametrize("version", ["2.3", "2.4"])
@pytest.mark.parametrize(
    "path, method, received, events",
    [
        pytest.param(
            "/body",
            "POST",
            [GONE],
            ["ClientDisconnect", "finally"],
            id="disconnect-93 before the body",
        ),
        pytest.param(
            "/body",
            "POST",
            [PART, GONE],
            ["ClientDisconnect", "finally"],
            id="disconnect-93 during the body",
        ),
        pytest.param(
            "/handler",
            "GET",
            [WHOLE, GONE],
            ["finally"],
            id="disconnect-93 during the handler",
        ),
        pytest.param(
            "/send",
            "GET",
            [WHOLE, GONE],
            ["finally", "background"],
            id="disconnect-93 during send",
        ),
        pytest.param(
            "/after",
            "GET",
            [WHOLE, GONE],
            ["background"],
            id="disconnect-93 after the answer",
        ),
    ],
)
def test_disconnect_93_is_seen_and_is_no_error(
    path, method, received, events, version, layers, caplog
):
    """disconnect-93: nothing is logged, raised or left behind."""
    seen = []
    app = departing_app(seen)
    for _ in range(layers):

        @app.middleware("http")
        async def passing(request, call_next):
            return await call_next(request)

    messages = list(received)
    sent = []

    async def receive():
        # Servers say that the client has gone as often as they are asked.
        return messages.pop(0) if len(messages) > 1 else messages[0]

    async def send(message):
        if version == "2.4" and len(sent) == 3:
            raise OSError("gone")
        sent.append(message)

    async def main():
        scope = {
            "type": "http",
            "asgi": {"spec_version": version},
            "method": method,
            "path": path,
            "headers": [],
        }
        async with asyncio.timeout(30):
            await app(scope, receive, send)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main(), debug=True)
    gc.collect()
    assert seen == events
    assert caplog.records == []


def test_disconnect_93_a_cancelled_request_runs_finally_everywhere(caplog):
    """disconnect-93: as a server does it at shutdown, in a handler and in a stream."""
    seen = []
    app = departing_app(seen)

    async def main():
        for path in "/handler", "/send":
            scope = {"type": "http", "method": "GET", "path": path, "headers": []}

            async def receive():
                await asyncio.sleep(3600)

            async def send(message):
                pass

            task = asyncio.ensure_future(app(scope, receive, send))
            for _ in range(10):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert seen == ["finally", "finally"]
    assert caplog.records == []


# The end of the application -----------------------------------------------------------


def ending_app(events, **options):
    app = Restlette(**options)

    @asynccontextmanager
    async def open_store():
        events.append("opened")
        yield "store"
        events.append("closed")

    app.provide(str, open_store)

    @app.on_event("shutdown")
    async def shutdown():
        events.append("shutdown")

    return app


async def ended_during(app, work):
    """End an application while a background task runs."""
    begun = asyncio.Event()

    async def task():
        begun.set()
        await work()

    app.route("/")(
        lambda request: PlainTextResponse("", background=BackgroundTask(task))
    )

    async def send(message):
        pass

    ending = asyncio.Event()

    started, messages = asyncio.Event(), [{"type": "lifespan.startup"}]

    async def receive():
        if messages:
            return messages.pop()
        started.set()
        await ending.wait()
        return {"type": "lifespan.shutdown"}

    lifespan = asyncio.ensure_future(app({"type": "lifespan"}, receive, send))
    await started.wait()
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    request = asyncio.ensure_future(app(scope, None, send))
    async with asyncio.timeout(30):
        await begun.wait()
        ending.set()
        await lifespan
        await asyncio.wait([request])


def test_background_112_the_application_ends_after_its_background_tasks(caplog):
    """background-112: what they use is open until then."""
    events = []

    async def work():
        for _ in range(20):
            await asyncio.sleep(0)
        events.append("task")

    asyncio.run(ended_during(ending_app(events), work))
    assert events == ["opened", "task", "shutdown", "closed"]
    assert caplog.records == []


def test_background_112_it_does_not_wait_for_longer_than_the_graceful_time(caplog):
    """background-112: they are cancelled then, with a line each that says so."""
    events = []

    async def hang():
        try:
            await asyncio.sleep(3600)
        finally:
            events.append("task")

    asyncio.run(ended_during(ending_app(events, graceful_timeout=0.01), hang))
    assert events == ["opened", "task", "shutdown", "closed"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "still run after 0.01 s" in caplog.text


def test_the_graceful_time_is_not_negative():
    with pytest.raises(ValueError, match="graceful_timeout is a number of seconds"):
        Restlette(graceful_timeout=-1)


# Threads ------------------------------------------------------------------------------


def test_threads_115_sync_endpoints_wait_in_line_and_async_ones_do_not():
    """threads-115: never more threads than said, and the event loop stays free."""
    app = Restlette(threads=3)
    lock, gate = threading.Lock(), threading.Event()
    now, most = 0, 0

    @app.route("/sync")
    def slow(request) -> dict:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        assert gate.wait(30)
        with lock:
            now -= 1
        return {"thread": threading.current_thread() is threading.main_thread()}

    @app.route("/async")
    async def quick(request) -> dict:
        return {"thread": threading.current_thread() is threading.main_thread()}

    async def main():
        async with AsyncTestClient(app) as client, asyncio.timeout(60):
            waiting = [asyncio.create_task(client.get("/sync")) for _ in range(60)]
            while now < 3:
                await asyncio.sleep(0.001)
            for _ in range(10):
                assert (await client.get("/async")).json() == {"thread": True}
            # Not one of them was in the way, and not one has a thread too many.
            assert not any(task.done() for task in waiting)
            gate.set()
            answers = await asyncio.gather(*waiting)
            assert all(a.json() == {"thread": False} for a in answers)

    asyncio.run(main())
    assert most == 3


def test_sync_handlers_see_the_context_variables():
    user = ContextVar("user", default=None)
    app = Restlette()

    @app.middleware("http")
    async def login(request, call_next):
        user.set("ada")
        return await call_next(request)

    @app.route("/")
    def home(request) -> dict:
        return {"user": user.get()}

    @app.route("/class")
    class Books(HTTPEndpoint):
        def get(self, request) -> dict:
            return {"user": user.get()}

    assert call(app).json() == call(app, "GET", "/class").json() == {"user": "ada"}


# The rest of the protocol -------------------------------------------------------------


def test_a_websocket_passes_the_middleware():
    app = Restlette(middleware=[Middleware(Marking)])

    @app.websocket_route("/echo")
    async def echo(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    with TestClient(app).websocket_connect("/echo") as session:
        session.send_text("Dune")
        assert session.receive_text() == "Dune"


def test_what_middleware_raises_denies_a_websocket():
    """By the application's handlers, as it answers a request."""

    class Closed:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            if scope["type"] == "websocket":
                raise ServiceUnavailable("We are closed.", retry_after=60)
            await self.app(scope, receive, send)

    app = Restlette(middleware=[Middleware(Closed)])
    with pytest.raises(WebSocketDenialResponse) as denied:
        TestClient(app).websocket_connect("/echo")
    assert denied.value.headers["retry-after"] == "60"
    assert denied.value.json()["detail"] == "We are closed."


def test_an_application_within_an_application():
    """Its lifespan is run, and its requests are its own."""
    events = []
    inner = shop(events)
    outer = Restlette(middleware=[Middleware(Marking)])
    outer.mount("/inner", inner)
    with TestClient(outer) as client:
        answer = client.get("/inner/")
        assert answer.json() == {"store": "Store"}
        assert answer.headers["x-mark"] == "1"
    assert events == ["store opened", "opened", "handled", "closed", "store closed"]


def test_it_can_be_started_again():
    events = []
    app = shop(events)
    for _ in range(2):
        with TestClient(app) as client:
            assert client.get("/").status_code == 200
    assert events.count("store opened") == events.count("store closed") == 2


def test_route_added_after_the_first_request_is_answered():
    app = Restlette()
    assert call(app, "GET", "/later").status_code == 404
    app.add_route("/later", lambda request: PlainTextResponse("x"))
    assert call(app, "GET", "/later").text == "x"


def test_caches_120_distinct_requests_leave_nothing_behind():
    """caches-120: hosts, paths, queries and Accept values are not kept for ever."""
    app = Restlette()

    @app.route("/{rest:path}")
    async def home(request, rest) -> dict:
        return {"a": request.query_params.get("a"), "host": request.url.hostname}

    async def send(message):
        pass

    async def ask(numbers):
        for number in numbers:
            text = b"%d" % number
            scope = {
                "type": "http",
                "method": "GET",
                "path": f"/p{number}",
                "query_string": b"a=" + text,
                "headers": [
                    (b"host", b"h" + text),
                    (b"accept", b"application/json, a/" + text),
                    (b"cookie", b"a=" + text),
                ],
            }
            await app(scope, None, send)

    def blocks():
        gc.collect()
        return sys.getallocatedblocks()

    # More than any cache holds, then as many again.
    asyncio.run(ask(range(6_000)))
    before = blocks()
    asyncio.run(ask(range(6_000, 12_000)))
    assert blocks() - before < 6_000


# What a router provides ---------------------------------------------------------------


class Shop:
    """A dependency that says where it came from, and when it was opened and closed."""

    events: list[str] = []

    def __init__(self, name: str) -> None:
        self.name = name

    async def __aenter__(self) -> "Shop":
        self.events.append(f"open {self.name}")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.events.append(f"close {self.name}")


class Till:
    def __init__(self, shop: Shop) -> None:
        self.name = f"till of {shop.name}"


class Desk(HTTPEndpoint):
    shop: Shop
    till: Till

    async def get(self, request):
        return [self.shop.name, self.till.name]


class Bell(WebSocketEndpoint):
    shop: Shop

    async def on_connect(self, websocket):
        await websocket.accept()
        await websocket.send_text(self.shop.name)
        await websocket.close()


def street():
    """An application that provides one shop, and routers below that provide others."""
    Shop.events = []
    inner = Router()
    inner.provide(Shop, lambda: Shop("inner"))
    inner.add_route("/desk", Desk)
    inner.add_route("/bell", Bell)
    outer = Router()
    outer.provide_value(Till, Till(Shop("outer")))
    outer.mount("/inner", inner)
    outer.add_route("/desk", Desk)
    app = Restlette()
    app.provide(Shop, lambda: Shop("app"))
    app.provide(Till, Till)
    app.add_route("/desk", Desk)
    app.mount("/outer", outer)
    app.mount("/inner", inner)
    return app, inner


def test_what_a_router_provides_is_for_what_is_below_it():
    """The nearest router's; and what a factory asks for is looked up from its own."""
    app, _ = street()
    with TestClient(app) as client:
        assert client.get("/desk").json() == ["app", "till of app"]
        assert client.get("/outer/desk").json() == ["app", "till of outer"]
        assert client.get("/inner/desk").json() == ["inner", "till of app"]
        assert client.get("/outer/inner/desk").json() == ["inner", "till of outer"]
        with client.websocket_connect("/inner/bell") as websocket:
            assert websocket.receive_text() == "inner"
    # One for each place that the router is mounted at; the last one is closed first.
    opened = ["open app", "open inner", "open inner"]
    closed = ["close inner", "close inner", "close app"]
    assert Shop.events == [*opened, *closed]


def test_an_override_of_the_application_holds_below_it():
    app, inner = street()
    with app.override(Shop, Shop("fake")), TestClient(app) as client:
        assert client.get("/inner/desk").json() == ["fake", "till of fake"]
        with inner.override(Shop, Shop("nearer")):
            assert client.get("/inner/desk").json() == ["nearer", "till of fake"]
            assert client.get("/desk").json() == ["fake", "till of fake"]
        assert client.get("/inner/desk").json() == ["fake", "till of fake"]


def test_what_a_router_provides_for_a_request_is_made_for_each():
    app, inner = street()
    made = []

    class Session:
        pass

    @contextmanager
    def session(shop: Shop, request: Request):
        made.append((shop.name, request.path_params["id"]))
        yield Session()
        made.append("closed")

    class Item(HTTPEndpoint):
        session: Session

        async def get(self, request):
            return isinstance(self.session, Session)

    inner.provide(Session, session, scope="request")
    inner.add_route("/item/{id:int}", Item)
    with TestClient(app) as client:
        assert client.get("/inner/item/7").json() is True
        assert client.get("/outer/inner/item/8").json() is True
    assert made == [("inner", 7), "closed", ("inner", 8), "closed"]


def test_what_a_router_provides_later_is_opened_at_the_next_request():
    app, inner = street()

    class Late:
        pass

    class Item(HTTPEndpoint):
        late: Late

        async def get(self, request):
            return isinstance(self.late, Late)

    with TestClient(app) as client:
        assert client.get("/desk").status_code == 200
        inner.provide(Late, Late)
        inner.add_route("/late", Item)
        assert client.get("/inner/late").json() is True
    assert Shop.events.count("open app") == 1


def test_startup_124_what_a_router_provides_is_not_known_above_it():
    """start-up-config-124."""
    app = Restlette()
    inner = Router()
    inner.provide(Shop, lambda: Shop("inner"))
    app.mount("/inner", inner)
    app.provide(Till, Till)
    app.add_route("/desk", Desk)
    with pytest.raises(TypeError, match=r"Desk.shop asks for Shop, which nobody"):
        app.freeze()


def test_a_router_by_itself_has_nobody_who_opens_what_it_provides():
    router = Router()
    router.provide(Shop, lambda: Shop("inner"))
    router.add_route("/desk", Desk)
    with pytest.raises(TypeError, match="or mount the router in a Restlette"):
        router.freeze()
