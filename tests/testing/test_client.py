"""A client for synchronous tests."""

import asyncio
import gc
import io
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.http.websocket import WebSocketDisconnect
from restlette.testing import LifespanFailed, TestClient, WebSocketDenialResponse
from restlette.testing.errors import ASGIViolation
from tests.testing.apps import (
    Living,
    Ticking,
    answering,
    body,
    echo,
    mirror,
    raising,
    read,
    sending,
    start,
)


def test_a_client_is_a_session_of_requests() -> None:
    """All that is known about one holds."""
    assert issubclass(TestClient, requests.Session)


@pytest.mark.parametrize(
    "verb", ["get", "options", "head", "post", "put", "patch", "delete"]
)
def test_each_verb_sends_its_method(verb: str) -> None:
    """HEAD has no content to tell by."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["method"])
        await answering()(scope, receive, send)

    assert getattr(TestClient(app), verb)("/").ok
    assert seen == [verb.upper()]


def test_any_method_is_sent() -> None:
    """In upper case, as requests has it."""
    assert TestClient(mirror).request("purge", "/").json()["method"] == "PURGE"


def test_the_client_s_settings_reach_the_scope() -> None:
    """The URL may be relative."""
    client = TestClient(
        mirror,
        "https://books.example:8443/shelf/",
        root_path="/app",
        headers={"X-A": "1"},
        cookies={"c": "3"},
        client=("10.0.0.1", 1),
    )
    seen = client.get("a?b", params={"d": "e"}).json()
    assert seen["scheme"] == "https"
    assert seen["path"] == "/app/shelf/a"
    assert seen["query_string"] == "b&d=e"
    assert seen["client"] == ["10.0.0.1", 1]
    fields = dict(seen["headers"])
    assert fields["host"] == "books.example:8443"
    assert fields["user-agent"] == "testclient"
    assert (fields["x-a"], fields["cookie"]) == ("1", "c=3")
    assert client.get("/app/shelf/a").json()["path"] == "/app/shelf/a"


def test_settings_can_be_made_for_one_request() -> None:
    """As requests has them."""
    answer = TestClient(mirror, headers={"x-a": "1"}).get(
        "/", headers={"x-a": "2"}, cookies={"b": "3"}, auth=("me", "secret")
    )
    fields = dict(answer.json()["headers"])
    assert (fields["x-a"], fields["cookie"]) == ("2", "b=3")
    assert fields["authorization"].startswith("Basic ")


@pytest.mark.parametrize("value", [None, "2"])
def test_a_field_of_the_client_can_be_taken_away(value: str | None) -> None:
    """By None, as requests has it; in any case."""
    headers: Any = {"X-A": value}
    fields = dict(
        TestClient(mirror, headers={"x-a": "1"})
        .get("/", headers=headers)
        .json()["headers"]
    )
    assert fields.get("x-a") == value


def test_a_plain_request_is_prepared_as_requests_does_it() -> None:
    """The short way and the long one give the same request."""
    client = TestClient(mirror, headers={"x-a": "1"}, cookies={"b": "2"})
    short, long = (
        client.prepare_request(
            requests.Request("post", "/", headers={"X-C": "3"}, json=[1], params=params)
        )
        for params in (None, {"d": "4"})
    )
    assert (short.url, long.url) == ("http://testserver/", "http://testserver/?d=4")
    assert short.method == long.method == "POST"
    assert short.headers == long.headers
    assert short.body == long.body


@pytest.mark.parametrize("where", ["client", "request"])
def test_hooks_are_called(where: str) -> None:
    """Those of the client and those of a request."""
    seen: list[int] = []

    def note(response: requests.Response, *args: Any, **kwargs: Any) -> None:
        seen.append(response.status_code)

    client = TestClient(mirror)
    if where == "client":
        client.hooks["response"].append(note)
        client.get("/")
    else:
        client.get("/", hooks={"response": note})
    assert seen == [200]


def test_the_user_agent_can_be_another() -> None:
    """Fields of the constructor stand over the client's own."""
    client = TestClient(mirror, headers={"User-Agent": "me"})
    assert dict(client.get("/").json()["headers"])["user-agent"] == "me"


def test_the_backend_is_asyncio() -> None:
    """There is no other."""
    assert TestClient(mirror, backend="asyncio").get("/").ok
    with pytest.raises(ValueError, match="not 'trio'"):
        TestClient(mirror, backend="trio")


def test_what_is_no_application_is_refused() -> None:
    """When the client is made."""
    application: Any = "books"
    with pytest.raises(TypeError, match="'books' cannot be called"):
        TestClient(application)


async def login(scope: Scope, receive: Receive, send: Send) -> None:
    """Sets cookies and redirects at /login; elsewhere, mirrors."""
    if scope["path"] != "/login":
        await mirror(scope, receive, send)
        return
    await read(receive)
    fields = [
        (b"location", b"/home?a=b"),
        (b"set-cookie", b"a=1; Path=/"),
        (b"set-cookie", b"b=2; Domain=evil.example"),
        (b"set-cookie", b"c=3; Secure"),
    ]
    await answering(b"", 303, fields)(scope, receive, send)


def test_cookies_are_kept_and_redirects_followed() -> None:
    """By requests' rules."""
    client = TestClient(login)
    answer = client.post("/login", data={"name": "me"})
    seen = answer.json()
    assert (seen["method"], seen["path"], seen["query_string"]) == (
        "GET",
        "/home",
        "a=b",
    )
    assert dict(seen["headers"])["cookie"] == "a=1"
    assert [each.status_code for each in answer.history] == [303]


def test_testclient_122_a_cookie_goes_back_where_it_belongs() -> None:
    """One for another domain is dropped, a secure one is kept for https."""
    client = TestClient(login)
    client.get("/login")
    assert sorted(client.cookies.keys()) == ["a", "c"]
    assert dict(client.get("/").json()["headers"])["cookie"] == "a=1"
    secure = client.get("https://testserver/").json()
    assert sorted(dict(secure["headers"])["cookie"].split("; ")) == ["a=1", "c=3"]
    other = client.get("http://other.example/").json()
    assert "cookie" not in dict(other["headers"])


def test_redirects_are_not_followed_where_that_is_not_wanted() -> None:
    """By the client, or by the request."""
    assert TestClient(login, follow_redirects=False).get("/login").status_code == 303
    client = TestClient(login)
    answer = client.get("/login", allow_redirects=False)
    assert answer.status_code == 303
    assert answer.next is not None
    assert answer.next.url == "http://testserver/home?a=b"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every attempt to reach a network fail."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"a network is asked for: {args}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    "location",
    [
        "http://evil.example/a",
        "https://evil.example:444/a",
        "//evil.example/a",
        "http://127.0.0.1:1/a",
        "http://[::1]/a",
    ],
)
def test_testclient_122_every_host_is_the_application(location: str) -> None:
    """A redirect to another one reaches no network, and credentials stay here."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/from":
            fields = [(b"location", location.encode("ascii"))]
            await answering(b"", 302, fields)(scope, receive, send)
        else:
            await mirror(scope, receive, send)

    client = TestClient(app)
    seen = client.get("/from", headers={"authorization": "me"}).json()
    assert seen["path"] == "/a"
    fields = dict(seen["headers"])
    assert fields["host"] in location
    assert "authorization" not in fields
    assert client.get(location).json()["path"] == "/a"


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("location", ["ftp://evil.example/a", "file:///etc/passwd"])
def test_testclient_122_other_schemes_reach_nothing(location: str) -> None:
    """requests' own error, for a URL and for a redirect."""
    app = answering(b"", 302, [(b"location", location.encode("ascii"))])
    for url in (location, "/"):
        with pytest.raises(requests.exceptions.InvalidSchema):
            TestClient(app).get(url)


@pytest.mark.usefixtures("no_network")
def test_testclient_122_the_environment_is_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither proxies, nor certificates, nor a netrc."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://me:secret@proxy.example:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine testserver login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client = TestClient(mirror)
    assert client.trust_env is False
    for url in ("/", "https://testserver/"):
        fields = dict(client.get(url).json()["headers"])
        assert "authorization" not in fields
        assert "proxy-authorization" not in fields


def test_testclient_122_what_the_application_raises_is_raised() -> None:
    """Unless it is told not to."""
    exc = KeyError("book")
    with pytest.raises(KeyError) as caught:
        TestClient(raising(exc)).get("/")
    assert caught.value is exc
    assert TestClient(raising(exc), raise_server_exceptions=False).get("/").reason == (
        "Internal Server Error"
    )


def test_stray_content_is_a_violation_or_dropped() -> None:
    """`strict` says which."""
    with pytest.raises(ASGIViolation):
        TestClient(answering(b"a")).head("/")
    assert TestClient(answering(b"a"), strict=False).head("/").content == b""


def test_files_are_uploaded() -> None:
    """As multipart, by requests."""
    answer = TestClient(mirror).post("/", files={"f": ("a.txt", io.BytesIO(b"book"))})
    assert "book" in answer.json()["bodies"][0]


def test_an_answer_is_read_while_it_is_sent() -> None:
    """For one request, or for all."""
    app = Ticking()
    client = TestClient(app)
    with client.get("/", stream=True) as answer:
        assert next(answer.iter_content(100)) == b"tick 1\n"
    assert (app.sent, app.ended) == (1, "disconnected")
    client.stream = True
    with client.get("/") as answer:
        assert next(answer.iter_content(100)) == b"tick 2\n"


def test_the_lifespan_is_run() -> None:
    """Its state is in each request; afterwards it is gone."""
    app = Living()
    client = TestClient(app)
    with client as same:
        assert same is client
        assert client.get("/").json()["state"] == {"shelf": "A3"}
        assert client.app_state == {"shelf": "A3"}
    assert app.events == ["lifespan.startup", "request", "lifespan.shutdown"]
    assert client.app_state == {}
    assert client.get("/").json()["state"] == {}


def test_a_lifespan_that_fails_is_raised() -> None:
    """At the start the block is not entered; at the end the client is closed."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    async def ending(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise KeyError("shelf")

    with pytest.raises(LifespanFailed, match="no database"), TestClient(app):
        pytest.fail("entered")
    client = TestClient(ending)
    with pytest.raises(KeyError, match="shelf"), client:
        pass
    client.__exit__(None, None, None)


def test_one_loop_serves_a_client() -> None:
    """What the lifespan made on it can be used by requests."""
    loops: set[int] = set()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        loops.add(id(asyncio.get_running_loop()))
        if scope["type"] == "lifespan":
            await Living()(scope, receive, send)
        else:
            await mirror(scope, receive, send)

    with TestClient(app) as client:
        client.get("/")
        client.get("/")
        assert len(loops) == 1


def test_a_client_works_inside_a_running_loop() -> None:
    """Requests, lifespan, streams and websockets, in a thread."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen: ASGIApp = echo if scope["type"] == "websocket" else living
        await chosen(scope, receive, send)

    living = Living()

    async def main() -> None:
        with TestClient(app) as client:
            assert client.get("/").json()["state"] == {"shelf": "A3"}
            with client.get("/", stream=True) as answer:
                assert answer.json()["path"] == "/"
            with client.websocket_connect("/") as websocket:
                websocket.send_text("a")
                assert websocket.receive_text() == "a"

    asyncio.run(main())
    assert living.events[-1] == "lifespan.shutdown"


def test_threads_share_a_client() -> None:
    """Their requests run side by side on its loop."""
    both = threading.Barrier(2, timeout=5)
    answers: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.to_thread(both.wait)
        await answering()(scope, receive, send)

    client = TestClient(app)

    def ask() -> None:
        answers.append(client.get("/").status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    ask()
    thread.join()
    client.close()
    assert answers == [200, 200]


def test_a_client_that_nobody_closed_leaves_no_warning() -> None:
    """Warnings are errors in this suite; this one would be unraisable."""
    TestClient(mirror).get("/")
    gc.collect()


def test_a_websocket_is_connected() -> None:
    """With the client's settings, and cookies both ways."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        fields = [(b"set-cookie", b"seen=1")]
        subprotocol = scope["subprotocols"][1]
        await send(
            {"type": "websocket.accept", "subprotocol": subprotocol, "headers": fields}
        )
        headers = {k.decode(): v.decode() for k, v in scope["headers"]}
        path = f"{scope['scheme']} {scope['path']} {scope['query_string'].decode()}"
        await send({"type": "websocket.send", "text": f"{path} {headers}"})
        await receive()

    client = TestClient(app, root_path="/app", headers={"x-a": "1"}, cookies={"b": "2"})
    with client.websocket_connect(
        "/feed?c=d",
        ["p", "q"],
        headers={"x-e": "3"},
        params={"f": "g"},
        cookies={"h": "4"},
    ) as websocket:
        assert websocket.accepted_subprotocol == "q"
        text = websocket.receive_text()
    assert text.startswith("ws /app/feed c=d&f=g {")
    assert "'x-a': '1'" in text
    assert "'x-e': '3'" in text
    assert "b=2" in text
    assert "h=4" in text
    assert "'sec-websocket-protocol': 'p, q'" in text
    assert "'connection': 'Upgrade'" in text
    assert client.cookies["seen"] == "1"


@pytest.mark.parametrize(
    "url, scheme, host",
    [
        ("/feed", "ws", "testserver"),
        ("ws://ex.com:81/feed", "ws", "ex.com:81"),
        ("wss://ex.com/feed", "wss", "ex.com"),
        ("https://ex.com/feed", "wss", "ex.com"),
    ],
)
def test_a_websocket_s_url_may_be_absolute(url: str, scheme: str, host: str) -> None:
    """In the schemes of WebSockets and of HTTP."""
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["scheme"], dict(scope["headers"])[b"host"].decode()))
        await echo(scope, receive, send)

    with TestClient(app).websocket_connect(url):
        pass
    assert seen == [(scheme, host)]


def test_a_websocket_that_is_refused_is_raised() -> None:
    """By the close code, or with the HTTP answer; nothing is waited for in vain."""
    with pytest.raises(WebSocketDisconnect) as closed:
        TestClient(
            sending({"type": "websocket.close", "code": 4003})
        ).websocket_connect("/")
    assert closed.value.code == 4003
    denial = {"type": "websocket.http.response.start", "status": 403, "headers": []}
    denied = {"type": "websocket.http.response.body", "body": b"no"}
    with pytest.raises(WebSocketDenialResponse) as answered:
        TestClient(sending(denial, denied)).websocket_connect("/")
    assert answered.value.status_code == 403
    with pytest.raises(TimeoutError):
        TestClient(asleep).websocket_connect("/", timeout=0.01)
    quiet = TestClient(raising(KeyError()), raise_server_exceptions=False)
    with pytest.raises(WebSocketDenialResponse, match="500"):
        quiet.websocket_connect("/")


async def asleep(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await receive()


def test_a_streamed_answer_s_message_order_is_that_of_the_application() -> None:
    """Start, pieces, end: what was written is what is read."""
    app = sending(start(), body(b"a", more_body=True), body(b"b"))
    with TestClient(app).get("/", stream=True) as answer:
        assert b"".join(answer.iter_content(None)) == b"ab"
