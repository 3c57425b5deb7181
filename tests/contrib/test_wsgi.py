"""WSGI applications at a mount, and alone."""

import asyncio
import io
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount as StarletteMount

from restlette import Restlette
from restlette.contrib.wsgi import WSGIMiddleware
from restlette.http.types import Message
from restlette.testing import TestClient, call
from tests.contrib.around import exchange, http_scope

SHOWN = (
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "SERVER_PROTOCOL",
    "wsgi.url_scheme",
    "CONTENT_TYPE",
    "HTTP_X_OWN",
    "HTTP_X_FORWARDED_FOR",
)


class Echo:
    """Answers with its environment, and remembers it."""

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.environ = environ
        environ["read"] = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-Own", "1")])
        return [b"hello ", environ["read"]]


@pytest.fixture
def echo() -> Echo:
    return Echo()


def around(echo: Any, kind: str) -> Any:
    """The application at /old of another one."""
    if kind == "starlette":
        return Starlette(routes=[StarletteMount("/old", WSGIMiddleware(echo))])
    app = Restlette()
    app.mount("/old", WSGIMiddleware(echo))
    return app


def test_alone_it_is_an_asgi_application(echo) -> None:
    with TestClient(WSGIMiddleware(echo)) as client:
        response = client.post("/a/b?c=d", data=b"world", headers={"X-Own": "2"})
    assert (response.status_code, response.text) == (200, "hello world")
    assert response.headers["x-own"] == "1"
    shown = {name: echo.environ.get(name) for name in SHOWN}
    assert shown == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a/b",
        "QUERY_STRING": "c=d",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "CONTENT_TYPE": None,
        "HTTP_X_OWN": "2",
        "HTTP_X_FORWARDED_FOR": None,
    }
    assert echo.environ["wsgi.errors"] is sys.stderr


@pytest.mark.parametrize("kind", ["restlette", "starlette"])
@pytest.mark.parametrize(
    "path, path_info",
    [
        ("/old/", "/"),
        ("/old/a", "/a"),
        ("/old/old", "/old"),
        ("/old/older/x", "/older/x"),
        ("/old/a%20b/", "/a b/"),
        ("/old/%C3%A9", "/\xc3\xa9"),
    ],
)
def test_at_a_mount_the_path_is_parted_at_it(echo, kind, path, path_info) -> None:
    assert call(around(echo, kind), path=path).status_code == 200
    assert echo.environ["SCRIPT_NAME"] == "/old"
    assert echo.environ["PATH_INFO"] == path_info


@pytest.mark.parametrize("area", [pytest.param(0, id="mount-116")])
def test_the_bare_mount_and_what_only_begins_like_it(echo, area) -> None:
    app = around(echo, "restlette")
    assert call(app, path="/old").status_code == 200
    assert (echo.environ["SCRIPT_NAME"], echo.environ["PATH_INFO"]) == ("/old", "/")
    assert call(app, path="/older").status_code == 404


@pytest.mark.parametrize(
    "root_path, path, parted",
    [
        ("/app", "/app/x", ("/app", "/x")),
        ("/app/", "/app/x", ("/app", "/x")),
        ("/app", "/apple", ("/app", "/apple")),
        ("/app", "/x", ("/app", "/x")),
        ("/app", "/app", ("/app", "")),
        ("", "//x", ("", "//x")),
        ("/é", "/é/\ud800", ("/\xc3\xa9", "/?")),
    ],
)
def test_root_path_is_the_script_s_name(echo, root_path, path, parted) -> None:
    """Servers differ in whether path includes it."""
    exchange(WSGIMiddleware(echo), http_scope(root_path=root_path, path=path))
    assert (echo.environ["SCRIPT_NAME"], echo.environ["PATH_INFO"]) == parted


def test_the_process_s_own_script_name_is_not_the_mount_s(echo, monkeypatch) -> None:
    monkeypatch.setenv("SCRIPT_NAME", "/elsewhere")
    call(around(echo, "restlette"), path="/old/x")
    assert (echo.environ["SCRIPT_NAME"], echo.environ["PATH_INFO"]) == ("/old", "/x")


def test_a_bare_scope_and_a_query_of_any_bytes(echo) -> None:
    scope = http_scope(query_string=b"a=%41&b=\xff&c=[]")
    del scope["http_version"]
    assert exchange(WSGIMiddleware(echo), scope)[0]["status"] == 200
    assert echo.environ["QUERY_STRING"] == "a=%41&b=%FF&c=[]"
    del scope["query_string"]
    exchange(WSGIMiddleware(echo), scope)
    assert echo.environ["QUERY_STRING"] == ""


@pytest.mark.parametrize("area", [pytest.param(0, id="headers-in-23")])
def test_an_underscore_does_not_pass_for_a_hyphen(echo, area) -> None:
    headers = {"X_Forwarded_For": "1.1.1.1", "X-Forwarded-For": "192.0.2.1"}
    call(WSGIMiddleware(echo), headers=headers)
    assert echo.environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"


def test_content_is_sent_while_it_is_made() -> None:
    """The application goes on only when the first piece was read."""
    taken = threading.Event()

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"first"
        assert taken.wait(5)
        yield b"second"

    def on_send(message: Message) -> None:
        if message.get("body") == b"first":
            taken.set()

    sent = exchange(WSGIMiddleware(app), http_scope(), on_send=on_send)
    assert [each["body"] for each in sent[1:]] == [b"first", b"second", b""]


def test_content_is_read_while_it_comes() -> None:
    lines: list[bytes] = []

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        lines.extend(environ["wsgi.input"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"read"]

    call(WSGIMiddleware(app), "POST", content=[b"one\nt", b"wo\n", b"three"])
    assert b"".join(lines) == b"one\ntwo\nthree"


PIECES = [b"one\ntwo", b"", b" and more\n", b"three"]
WHOLE = b"".join(PIECES)


@pytest.mark.parametrize(
    "read, wanted",
    [
        (lambda stream: stream.read(), WHOLE),
        (lambda stream: stream.read(5), b"one\nt"),
        (lambda stream: stream.read(5000), WHOLE),
        (lambda stream: [stream.read(9), stream.read()], [WHOLE[:9], WHOLE[9:]]),
        (lambda stream: stream.readline(), b"one\n"),
        (lambda stream: stream.readline(2), b"on"),
        (lambda stream: stream.readline(5000), b"one\n"),
        (lambda stream: stream.readlines(), WHOLE.splitlines(keepends=True)),
        (lambda stream: stream.readlines(5), [b"one\n", b"two and more\n"]),
        (lambda stream: list(stream), WHOLE.splitlines(keepends=True)),
        (lambda stream: [stream.read(), stream.read(), stream.read(1)][1:], [b""] * 2),
    ],
)
def test_content_is_read_as_pep_3333_says(read, wanted) -> None:
    """In whatever pieces it comes; its end is its end, with a length or without."""
    got: list[Any] = []

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        assert environ["wsgi.input_terminated"]
        got.append(read(environ["wsgi.input"]))
        start_response("200 OK", [])
        return []

    for content in (PIECES, WHOLE):
        assert call(WSGIMiddleware(app), "POST", content=content).status_code == 200
    assert got == [wanted, wanted]


def test_cookies_in_several_fields_are_one(echo) -> None:
    """RFC 9113 section 8.2.3: a comma would be part of a cookie's value."""
    fields = [(b"cookie", b"a=1"), (b"x-own", b"2"), (b"cookie", b"b=2; c=3")]
    exchange(WSGIMiddleware(echo), http_scope(fields))
    assert echo.environ["HTTP_COOKIE"] == "a=1; b=2; c=3"
    assert echo.environ["HTTP_X_OWN"] == "2"
    exchange(WSGIMiddleware(echo), http_scope())
    assert "HTTP_COOKIE" not in echo.environ


class Content:
    """An iterable with a `close`."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self) -> None:
        self.closed += 1


def serving(content: Iterable[bytes]) -> Any:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return content

    return app


def test_content_is_closed_once() -> None:
    content = Content(b"a", b"b")
    assert call(WSGIMiddleware(serving(content))).text == "ab"
    assert content.closed == 1


def test_content_in_answer_to_head_is_dropped() -> None:
    """RFC 9110 section 9.3.2: WSGI servers do, and applications rely on it."""

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "3")])
        return [b"a", b"bc"]

    response = call(WSGIMiddleware(app), "HEAD")
    assert (response.headers["content-length"], response.content) == ("3", b"")
    assert call(WSGIMiddleware(app)).content == b"abc"


def test_what_the_application_raises_comes_out() -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        raise LookupError("no poem today")

    with pytest.raises(LookupError, match="no poem today"):
        call(WSGIMiddleware(app))


def test_a_client_that_goes_away_ends_the_application_s_work() -> None:
    """disconnect-93: during send; a full queue would hold the thread forever."""
    content = Content(*[b"more"] * 100_000)

    def gone(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise OSError("the client has gone")

    sent = exchange(WSGIMiddleware(serving(content)), http_scope(), on_send=gone)
    assert [each["type"] for each in sent] == ["http.response.start"]
    assert content.closed == 1


def test_a_request_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    """disconnect-93: during the body."""
    raised: list[str] = []

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        try:
            environ["wsgi.input"].read()
        except Exception as exc:
            raised.append(type(exc).__name__)
            raise
        raise RuntimeError("half a request was taken for a whole one")

    async def run() -> None:
        messages = iter(
            [
                {"type": "http.request", "body": b"half", "more_body": True},
                {"type": "http.disconnect"},
            ]
        )

        async def receive() -> Any:
            return next(messages)

        async def send(message: Message) -> None:
            raise RuntimeError("nobody is there")

        await WSGIMiddleware(app)(http_scope(method="POST"), receive, send)

    asyncio.run(run())
    assert raised == ["ClientDisconnect"]


def test_a_cancelled_request_ends_with_the_next_piece() -> None:
    started, going_on = threading.Event(), threading.Event()

    class Slow(Content):
        def __iter__(self) -> Iterator[bytes]:
            yield b"first"
            started.set()
            assert going_on.wait(5)
            yield b"second"
            raise RuntimeError("nobody asked for a third")

    content = Slow()
    sent: list[Message] = []

    async def run() -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        app = WSGIMiddleware(serving(content))
        task = asyncio.ensure_future(app(http_scope(), receive, send))
        while not started.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.sleep(0)
        going_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert [each.get("body") for each in sent] == [None, b"first"]
    assert content.closed == 1


def test_a_websocket_is_refused(echo) -> None:
    sent = exchange(WSGIMiddleware(echo), http_scope(type="websocket"))
    assert [each["type"] for each in sent] == ["websocket.close"]


def test_the_number_of_workers_is_an_option(echo) -> None:
    assert call(WSGIMiddleware(echo, workers=1)).text == "hello "


def test_without_a2wsgi_the_module_names_the_remedy() -> None:
    code = "import sys\nsys.modules['a2wsgi'] = None\nimport restlette.contrib.wsgi\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (
        "MissingExtra: restlette.contrib.wsgi needs a2wsgi: "
        'pip install "restlette[wsgi]"'
    ) in done.stderr


def test_what_the_application_reports_goes_to_the_error_stream(monkeypatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        environ["wsgi.errors"].write("careful\n")
        start_response("204 No Content", [])
        return []

    assert call(WSGIMiddleware(app)).status_code == 204
    assert stream.getvalue() == "careful\n"
