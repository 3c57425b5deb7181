"""A client for asynchronous tests."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.http.websocket import WebSocketDisconnect
from restlette.testing import AsyncTestClient
from restlette.testing.async_client import TooManyRedirects
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

Use = Callable[[AsyncTestClient], Awaitable[Any]]


def use(app: Any, how: Use, *args: Any, **options: Any) -> Any:
    async def main() -> Any:
        return await how(AsyncTestClient(app, *args, **options))

    return asyncio.run(main())


@pytest.mark.parametrize("verb", ["get", "options", "post", "put", "patch", "delete"])
def test_each_verb_sends_its_method(verb: str) -> None:
    """And takes the options of a request."""

    async def ask(client: AsyncTestClient) -> Any:
        return (await getattr(client, verb)("/a", params={"b": "c"})).json()

    seen = use(mirror, ask)
    assert (seen["method"], seen["path"], seen["query_string"]) == (
        verb.upper(),
        "/a",
        "b=c",
    )


def test_head_has_no_content() -> None:
    """The status and the fields are the answer."""

    async def ask(client: AsyncTestClient) -> Any:
        return await client.head("/")

    answer = use(mirror, ask)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/json"


def test_the_client_s_settings_reach_the_scope() -> None:
    """Those of the request stand over them."""

    async def ask(client: AsyncTestClient) -> Any:
        return (
            await client.request(
                "PURGE", "a?b", json=[1], headers={"X-B": "4"}, cookies={"d": "5"}
            )
        ).json()

    seen = use(
        mirror,
        ask,
        "https://books.example:8443/shelf/",
        root_path="/app",
        headers={"X-A": "1", "X-B": "2"},
        cookies={"c": "3"},
        client=("10.0.0.1", 1),
    )
    assert seen["method"] == "PURGE"
    assert seen["scheme"] == "https"
    assert seen["path"] == "/app/shelf/a"
    assert seen["root_path"] == "/app"
    assert seen["query_string"] == "b"
    assert seen["bodies"] == ["[1]"]
    assert seen["client"] == ["10.0.0.1", 1]
    fields = dict(seen["headers"])
    assert fields["host"] == "books.example:8443"
    assert (fields["x-a"], fields["x-b"]) == ("1", "4")
    assert fields["cookie"] == "c=3; d=5"


def test_a_url_without_a_path_asks_for_the_root() -> None:
    """RFC 9110 §4.2.3: an empty path is the same as "/"."""

    async def ask(client: AsyncTestClient) -> Any:
        answer = await client.get("http://testserver")
        return answer.json()["path"], answer.url

    assert use(mirror, ask) == ("/", "http://testserver/")


def test_cookies_are_kept() -> None:
    """From one request to the next."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/login":
            fields = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2; Path=/x")]
            await answering(headers=fields)(scope, receive, send)
        else:
            await mirror(scope, receive, send)

    async def ask(client: AsyncTestClient) -> None:
        await client.get("/login")
        assert dict(client.cookies) == {"a": "1", "b": "2"}
        assert ["cookie", "a=1"] in (await client.get("/")).json()["headers"]
        only_mine = await client.get("/", headers={"cookie": "z=9"})
        assert ["cookie", "z=9"] in only_mine.json()["headers"]

    use(app, ask)


def redirecting(status: int, location: bytes, method: str = "") -> ASGIApp:
    """Redirects from /from; elsewhere, mirrors."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/from":
            await read(receive)
            fields = [(b"location", location), (b"set-cookie", b"on=1; Path=/")]
            await answering(b"", status, fields)(scope, receive, send)
        else:
            await mirror(scope, receive, send)

    return app


@pytest.mark.parametrize(
    "method, status, then, bodies",
    [
        ("POST", 301, "GET", [""]),
        ("POST", 302, "GET", [""]),
        ("PUT", 302, "PUT", ["x"]),
        ("POST", 303, "GET", [""]),
        ("PUT", 303, "GET", [""]),
        ("POST", 307, "POST", ["x"]),
        ("POST", 308, "POST", ["x"]),
    ],
)
def test_a_redirect_is_followed(
    method: str, status: int, then: str, bodies: list[str]
) -> None:
    """RFC 9110 §15.4 says by which method."""

    async def ask(client: AsyncTestClient) -> None:
        answer = await client.request(
            method,
            "/from",
            content="x",
            params={"a": "b"},
            headers={"content-type": "text/plain", "authorization": "me"},
        )
        seen = answer.json()
        assert (seen["method"], seen["path"], seen["bodies"]) == (then, "/to", bodies)
        assert seen["query_string"] == "q"
        fields = dict(seen["headers"])
        assert ("content-type" in fields) is (then == method)
        assert fields["authorization"] == "me"
        assert fields["cookie"] == "on=1"
        assert [each.status_code for each in answer.history] == [status]
        assert answer.url == "http://testserver/to?q"

    use(redirecting(status, b"to?q#top"), ask)


@pytest.mark.parametrize("status, is_sent", [(303, False), (307, True)])
def test_files_are_sent_and_follow_a_redirect(status: int, is_sent: bool) -> None:
    """With the form that they are in, or not at all."""

    async def ask(client: AsyncTestClient) -> None:
        answer = await client.post("/from", data={"a": "b"}, files={"c": b"d"})
        sent = "".join(answer.json()["bodies"])
        assert ('name="a"\r\n\r\nb\r\n' in sent) is is_sent
        assert ('name="c"; filename="c"\r\n\r\nd\r\n' in sent) is is_sent

    use(redirecting(status, b"to"), ask)


def test_head_stays_head() -> None:
    """A redirect by 303 too."""

    async def ask(client: AsyncTestClient) -> Any:
        return await client.head("/from")

    assert use(redirecting(303, b"/to"), ask).url == "http://testserver/to"


def test_a_redirect_is_not_followed_where_that_is_not_wanted() -> None:
    """By the client or by the request."""

    async def ask(client: AsyncTestClient) -> list[int]:
        answers = [
            await client.get("/from"),
            await client.get("/from", follow_redirects=True),
            await client.get("/from", follow_redirects=False),
        ]
        return [answer.status_code for answer in answers]

    app = redirecting(302, b"/to")
    assert use(app, ask, follow_redirects=False) == [302, 200, 302]
    assert use(app, ask) == [200, 200, 302]


def test_testclient_122_another_host_is_the_application_too() -> None:
    """No network; credentials do not go along."""

    async def ask(client: AsyncTestClient) -> Any:
        return (
            await client.get(
                "/from", headers={"authorization": "me"}, cookies={"a": "1"}
            )
        ).json()

    fields = dict(use(redirecting(302, b"http://evil.example/to"), ask)["headers"])
    assert fields["host"] == "evil.example"
    assert "authorization" not in fields
    assert "cookie" not in fields


def test_redirects_come_to_an_end() -> None:
    """Twenty are followed."""

    async def ask(client: AsyncTestClient) -> None:
        await client.get("/from")

    with pytest.raises(TooManyRedirects, match="21 times"):
        use(redirecting(302, b"/from"), ask)


def test_what_the_application_raises_is_raised() -> None:
    """Unless it is told not to."""

    async def ask(client: AsyncTestClient) -> int:
        return (await client.get("/")).status_code

    with pytest.raises(KeyError):
        use(raising(KeyError()), ask)
    assert use(raising(KeyError()), ask, raise_server_exceptions=False) == 500


def test_stray_content_is_a_violation_or_dropped() -> None:
    """`strict` says which."""

    async def ask(client: AsyncTestClient) -> bytes:
        content: bytes = (await client.head("/")).content
        return content

    with pytest.raises(ASGIViolation):
        use(answering(b"a"), ask)
    assert use(answering(b"a"), ask, strict=False) == b""


def test_the_lifespan_is_run() -> None:
    """Its state is in each request; afterwards it is gone."""
    app = Living()

    async def ask(client: AsyncTestClient) -> None:
        async with client as same:
            assert same is client
            assert (await client.get("/")).json()["state"] == {"shelf": "A3"}
        assert client.app_state == {}
        await client.__aexit__(None, None, None)

    use(app, ask)
    assert app.events == ["lifespan.startup", "request", "lifespan.shutdown"]


def test_an_answer_is_read_while_it_is_sent() -> None:
    """An endless one; leaving the block ends it."""
    app = Ticking()

    async def ask(client: AsyncTestClient) -> None:
        async with client.stream("GET", "/") as answer:
            assert answer.status_code == 200
            seen = 0
            async for piece in answer:
                seen += 1
                assert piece == b"tick %d\n" % seen
                if seen == 3:
                    break

    use(app, ask)
    assert app.ended == "disconnected"
    assert app.sent == 3


def test_a_streamed_answer_is_read_to_its_end() -> None:
    """And its cookies are kept."""
    app = sending(
        start(200, [(b"set-cookie", b"a=1"), (b"x-b", b"2")]),
        body(b"a", more_body=True),
        body(b"b"),
    )

    async def ask(client: AsyncTestClient) -> None:
        async with client.stream("POST", "/", content=b"") as answer:
            assert answer.headers["x-b"] == "2"
            assert await answer.read() == b"ab"
        assert client.cookies["a"] == "1"

    use(app, ask)


def test_a_websocket_is_connected() -> None:
    """With the client's settings."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "websocket.accept", "subprotocol": scope["subprotocols"][1]}
        )
        fields = {k.decode(): v.decode() for k, v in scope["headers"]}
        path = scope["path"] + "?" + scope["query_string"].decode()
        await send({"type": "websocket.send", "text": repr((path, fields))})
        await receive()
        await receive()

    async def ask(client: AsyncTestClient) -> str:
        connection = client.websocket_connect(
            "/feed?x", ["a", "b"], headers={"x-b": "2"}, params={"c": "d"}
        )
        async with connection as websocket:
            assert websocket.accepted_subprotocol == "b"
            return await websocket.receive_text()

    seen = use(app, ask, headers={"X-A": "1"}, cookies={"e": "f"})
    assert "'/feed?x&c=d'" in seen
    assert "'x-a': '1'" in seen
    assert "'x-b': '2'" in seen
    assert "'cookie': 'e=f'" in seen
    assert "'sec-websocket-protocol': 'a, b'" in seen


def test_a_websocket_s_errors_are_the_client_s() -> None:
    """`raise_server_exceptions` counts here too; so does the timeout."""

    async def ask(client: AsyncTestClient, timeout: float = 10) -> int | None:
        async with client.websocket_connect("/feed", timeout=timeout) as websocket:
            try:
                await websocket.receive()
            except WebSocketDisconnect as exc:
                return exc.code
        return None

    app = raising(KeyError(), {"type": "websocket.accept"})
    with pytest.raises(KeyError):
        use(app, ask)
    assert use(app, ask, raise_server_exceptions=False) == 1011
    with pytest.raises(TimeoutError):
        use(echo, partial(ask, timeout=0.01))
