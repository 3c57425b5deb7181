"""Conversations: how they are held, who may begin one, and how they end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from restlette.app import Restlette
from restlette.http.errors import Forbidden, Unauthorized, WebSocketException
from restlette.http.request import HTTPConnection
from restlette.http.response import PlainTextResponse, Response
from restlette.http.websocket import WebSocket, WebSocketDisconnect
from restlette.resources.boundary import Boundary
from restlette.resources.conversation import converse, refuse_origin
from restlette.resources.guards import Guard
from restlette.resources.router import Router
from restlette.resources.routes import WebSocketRoute
from restlette.resources.websocket import WebSocketEndpoint
from restlette.testing import AsyncTestClient, TestClient, WebSocketDenialResponse
from tests.resources.sockets import ACCEPT, SCOPE, Server, closing, gone, text

Handler = Callable[[WebSocket], Awaitable[Any]]


# converse -----------------------------------------------------------------------------


def conversation(handler: Handler, *script: dict[str, Any]) -> list[Any]:
    """Give what the server saw of a conversation."""
    server = Server(*script)
    asyncio.run(hold(server, handler))
    return server.sent


async def hold(server: Server, handler: Handler, **scope: Any) -> WebSocket:
    websocket = WebSocket({**SCOPE, **scope}, server.receive, server.send)
    await converse(websocket, handler, Boundary())
    return websocket


def test_ws_97_handler_returns_without_close() -> None:
    """That is a normal end: 1000."""
    assert conversation(WebSocket.accept) == [ACCEPT, closing(1000)]


def test_ws_97_handler_returns_without_accept() -> None:
    """A connection that nobody accepted is refused."""

    async def handler(websocket: WebSocket) -> None:
        pass

    assert conversation(handler) == [closing(1000)]


def test_ws_97_handler_that_closed_is_left_alone() -> None:
    """The connection is closed once."""

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(4000)

    assert conversation(handler) == [ACCEPT, closing(4000)]


def test_ws_97_disconnect_that_leaves_the_handler_is_the_end() -> None:
    """It raises nothing into the server, and a peer that left is not closed."""

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        while True:
            await websocket.receive_text()

    assert conversation(handler, text("a"), gone()) == [ACCEPT]


def test_websocket_exception_closes_with_its_code() -> None:
    """It is how a handler says no."""

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        raise WebSocketException(1008, "members only")

    assert conversation(handler) == [ACCEPT, closing(1008, "members only")]


def test_websocket_exception_before_accept_refuses() -> None:
    """The server answers the handshake with 403."""

    async def handler(websocket: WebSocket) -> None:
        raise WebSocketException(1008)

    assert conversation(handler) == [closing(1008)]


def test_websocket_exception_after_the_end_is_spent() -> None:
    """There is nothing left to close."""

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive()
        raise WebSocketException(1008)

    assert conversation(handler, gone()) == [ACCEPT]


@pytest.mark.parametrize("exc", [KeyError("x"), WebSocketDisconnect(1006)])
def test_ws_97_handler_raises(exc: Exception) -> None:
    """1011, and raised again; the disconnect of another connection too."""
    server = Server()

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        raise exc

    with pytest.raises(type(exc)):
        asyncio.run(hold(server, handler))
    assert server.sent == [ACCEPT, closing(1011)]


def test_ws_97_handler_raises_after_the_end() -> None:
    """Its error is raised again, and nothing is sent."""
    server = Server(gone())

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive()
        raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(hold(server, handler))
    assert server.sent == [ACCEPT]


@pytest.mark.parametrize(
    "exc", [Unauthorized(challenges="Bearer"), KeyError("x")], ids=["401", "500"]
)
def test_ws_97_handler_raises_before_accept(exc: Exception) -> None:
    """The handshake is answered by HTTP; what nobody handled is raised again."""
    server = Server()

    async def handler(websocket: WebSocket) -> None:
        raise exc

    async def main() -> None:
        await hold(server, handler, extensions={"websocket.http.response": {}})

    if isinstance(exc, KeyError):
        with pytest.raises(KeyError):
            asyncio.run(main())
    else:
        asyncio.run(main())
    assert server.sent[0]["status"] == getattr(exc, "status_code", 500)


def test_a_response_before_accept_denies() -> None:
    """It may be returned as well as sent."""
    server = Server()

    async def handler(websocket: WebSocket) -> Response:
        return PlainTextResponse("no", status_code=418)

    async def main() -> WebSocket:
        return await hold(server, handler, extensions={"websocket.http.response": {}})

    websocket = asyncio.run(main())
    assert [server.sent[0]["status"], server.sent[1]["body"]] == [418, b"no"]
    assert websocket.close_code == 1006


def test_a_response_after_accept_is_a_mistake() -> None:
    """There is no room for one in a conversation: 1011."""
    server = Server()

    async def handler(websocket: WebSocket) -> Response:
        await websocket.accept()
        return PlainTextResponse("too late")

    with pytest.raises(RuntimeError, match="an answer by HTTP is not due"):
        asyncio.run(hold(server, handler))
    assert server.sent == [ACCEPT, closing(1011)]


def test_ws_97_client_that_leaves_while_it_is_denied() -> None:
    """Nobody is there to be told, and nothing is raised."""
    server = Server()
    server.script = [gone()]

    async def handler(websocket: WebSocket) -> Response:
        await websocket.receive()
        return PlainTextResponse("no", status_code=403)

    assert asyncio.run(hold(server, handler)).close_code == 1001
    assert server.sent == []


def test_an_origin_is_refused_by_an_error() -> None:
    """403, which handlers and middleware see like any other."""
    websocket = WebSocket(dict(SCOPE), Server().receive, Server().send)
    with pytest.raises(Forbidden, match="origin"):
        asyncio.run(refuse_origin(websocket))


# Functions ----------------------------------------------------------------------------


def test_a_function_takes_the_paths_parameters_by_name() -> None:
    """Some of them, or all in its keywords."""
    router = Router()

    @router.websocket_route("/{shop}/{book:int}")
    async def one(websocket: WebSocket, book: int) -> None:
        await websocket.accept()
        await websocket.send_json(book)

    @router.websocket_route("/all/{shop}/{book:int}")
    async def every(websocket: WebSocket, **params: Any) -> None:
        await websocket.accept()
        await websocket.send_json(params)

    client = TestClient(router)
    with client.websocket_connect("/emma/7") as socket:
        assert socket.receive_json() == 7
    with client.websocket_connect("/all/emma/7") as socket:
        assert socket.receive_json() == {"shop": "emma", "book": 7}


def test_a_partial_function_is_one() -> None:
    """It is named by what it is made of."""

    async def greet(word: str, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(word)

    router = Router([WebSocketRoute("/", partial(greet, "hello"))])
    with TestClient(router).websocket_connect("/") as socket:
        assert socket.receive_text() == "hello"


def test_a_function_takes_what_is_in_the_path() -> None:
    """An error at start-up says what is on offer."""

    async def talk(websocket: WebSocket, bok: int) -> None:
        """Never called."""

    with pytest.raises(
        TypeError,
        match=r"talk: .* called 'bok' \(did you mean 'book'\?\); on",
    ):
        Router([WebSocketRoute("/{book:int}", talk)]).freeze()


def test_a_function_takes_the_type_that_the_path_gives() -> None:
    """As functions that answer HTTP."""

    async def talk(websocket: WebSocket, book: str) -> None:
        """Never called."""

    with pytest.raises(TypeError, match=r"takes book: str, but .* gives a int"):
        Router([WebSocketRoute("/{book:int}", talk)]).freeze()


def test_a_function_may_deny() -> None:
    """By an exception or by what it returns."""
    router = Router()

    @router.websocket_route("/members")
    async def members(websocket: WebSocket) -> None:
        raise Unauthorized(challenges="Bearer")

    @router.websocket_route("/teapot")
    async def teapot(websocket: WebSocket) -> Response:
        return PlainTextResponse("short and stout", status_code=418)

    client = TestClient(router)
    with pytest.raises(WebSocketDenialResponse) as denied:
        client.websocket_connect("/members")
    assert denied.value.headers["www-authenticate"] == "Bearer"
    assert denied.value.json()["status"] == 401
    with pytest.raises(WebSocketDenialResponse) as denied:
        client.websocket_connect("/teapot")
    assert (denied.value.status_code, denied.value.text) == (418, "short and stout")


# Guards -------------------------------------------------------------------------------


class Known(Guard):
    """Lets in who says a word."""

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        return connection.headers.get("x-word") == "please"


class Polite(WebSocketEndpoint):
    guards = [Known()]


@pytest.mark.parametrize("standalone", [False, True], ids=["routed", "alone"])
def test_guards_are_asked_before_a_websocket_is_accepted(standalone: bool) -> None:
    """Those of a class without a router too, and of the route to a function."""
    app: Any = Polite()
    if not standalone:
        app = Router(
            [
                WebSocketRoute("/class", Polite),
                WebSocketRoute("/function", accepting, guards=[Known()]),
            ]
        )
    for path in ("/class", "/function"):
        client = TestClient(app)
        client.websocket_connect(path, headers={"x-word": "please"}).close()
        with pytest.raises(WebSocketDenialResponse) as denied:
            client.websocket_connect(path)
        assert denied.value.status_code == 403


# Origins ------------------------------------------------------------------------------


async def accepting(websocket: WebSocket) -> None:
    await websocket.accept()


class Open(WebSocketEndpoint):
    """Says nothing of origins."""


class Mine(WebSocketEndpoint):
    allowed_origins = ()


class Friends(WebSocketEndpoint):
    allowed_origins = ("https://friend.example",)


class Anybody(WebSocketEndpoint):
    allowed_origins = ("*",)


OWN = "http://testserver"
EVIL = "https://evil.example"
FRIEND = "https://friend.example"
COOKIE = {"cookie": "session=1"}


@pytest.mark.parametrize("standalone", [False, True], ids=["routed", "alone"])
@pytest.mark.parametrize(
    "endpoint, headers, admitted",
    [
        pytest.param(Open, {"origin": OWN} | COOKIE, True, id="own"),
        pytest.param(Open, {"origin": EVIL} | COOKIE, False, id="evil"),
        pytest.param(Open, {"origin": "null"} | COOKIE, False, id="null"),
        pytest.param(Open, {"origin": None} | COOKIE, False, id="missing"),
        pytest.param(Open, {"origin": EVIL}, True, id="evil, no cookie"),
        pytest.param(Open, {"origin": None}, True, id="missing, no cookie"),
        pytest.param(Mine, {"origin": OWN}, True, id="own asked for"),
        pytest.param(Mine, {"origin": EVIL}, False, id="evil asked for"),
        pytest.param(Mine, {"origin": None}, False, id="missing asked for"),
        pytest.param(Friends, {"origin": OWN} | COOKIE, True, id="own beside"),
        pytest.param(Friends, {"origin": FRIEND} | COOKIE, True, id="allowed"),
        pytest.param(Friends, {"origin": EVIL}, False, id="not allowed"),
        pytest.param(Anybody, {"origin": EVIL} | COOKIE, True, id="anybody"),
        pytest.param(Anybody, {"origin": None} | COOKIE, True, id="anybody, missing"),
    ],
)
def test_ws_94_pages_of_other_origins_are_refused(
    endpoint: type[WebSocketEndpoint],
    headers: dict[str, str | None],
    admitted: bool,
    standalone: bool,
) -> None:
    """403 before accept(), by the class's own word and by the route's."""
    routes = [
        WebSocketRoute("/class", endpoint),
        WebSocketRoute(
            "/function", accepting, allowed_origins=endpoint.allowed_origins
        ),
    ]
    app: Any = endpoint() if standalone else Router(routes)
    for path in ("/class", "/function"):
        client = TestClient(app)
        if admitted:
            client.websocket_connect(path, headers=headers).close()
        else:
            with pytest.raises(WebSocketDenialResponse) as denied:
                client.websocket_connect(path, headers=headers)
            assert denied.value.status_code == 403


def test_ws_94_a_route_may_say_something_else() -> None:
    """It knows where the class is used."""
    router = Router()
    router.add_websocket_route("/open", Mine, allowed_origins=["*"])
    router.websocket_route("/closed", allowed_origins=[])(accepting)
    client = TestClient(router)
    client.websocket_connect("/open", headers={"origin": EVIL}).close()
    with pytest.raises(WebSocketDenialResponse):
        client.websocket_connect("/closed", headers={"origin": EVIL})


def test_ws_94_a_cookie_of_a_test_client_comes_from_an_own_page() -> None:
    """As a browser's would, with its Origin."""
    cookies = {"session": "1"}

    async def main() -> None:
        client = AsyncTestClient(Open(), cookies=cookies)
        async with client.websocket_connect("/"):
            pass

    asyncio.run(main())
    TestClient(Open(), cookies=cookies).websocket_connect("/").close()


@pytest.mark.parametrize(
    "origins, error, match",
    [
        ("https://a.example", TypeError, r"write \['https://a.example'\]"),
        (["https://a.example/"], ValueError, "not an origin as browsers send it"),
        (["a.example"], ValueError, "not an origin"),
    ],
)
def test_an_origin_that_is_none_is_refused(
    origins: Any, error: type[Exception], match: str
) -> None:
    """When the class, or the route, is made."""
    with pytest.raises(error, match=match):
        type("Wrong", (WebSocketEndpoint,), {"allowed_origins": origins})
    with pytest.raises(error, match=match):
        WebSocketRoute("/", accepting, allowed_origins=origins)


# Dependencies -------------------------------------------------------------------------


def test_what_lives_as_long_as_a_request_lives_as_long_as_a_conversation() -> None:
    """It is made before the guards are asked, and closed when all is said."""
    told: list[str] = []

    @contextmanager
    def shift() -> Iterator[str]:
        told.append("begun")
        try:
            yield "Emma"
        finally:
            told.append("over")

    class Clerk(WebSocketEndpoint):
        guards = [Known()]
        name: str

        async def on_receive(self, websocket: WebSocket, data: Any) -> None:
            await websocket.send_json([self.name, *told])

    app = Restlette(routes=[WebSocketRoute("/", Clerk)])
    app.provide(str, shift, scope="request")
    with TestClient(app) as client:
        with client.websocket_connect("/", headers={"x-word": "please"}) as socket:
            socket.send_text("Who?")
            assert socket.receive_json() == ["Emma", "begun"]
        assert told == ["begun", "over"]
        with pytest.raises(WebSocketDenialResponse):
            client.websocket_connect("/")
        assert told == ["begun", "over"] * 2
