"""restlette's own middleware around applications of Starlette, Litestar and FastAPI."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse as FastText
from fastapi.responses import StreamingResponse as FastStream
from litestar import Litestar, Request, WebSocket, get, websocket
from litestar.response import Stream
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket as StarletteWebSocket

from restlette.contrib.cors import CORSMiddleware
from restlette.contrib.gzip import GZipMiddleware
from restlette.contrib.https import HSTSMiddleware, HTTPSRedirectMiddleware
from restlette.contrib.proxy import ProxyHeadersMiddleware
from restlette.contrib.trustedhost import TrustedHostMiddleware
from restlette.middleware import BaseHTTPMiddleware
from restlette.testing import TestClient, call
from tests.others.shop import TEXT

PIECES = [TEXT[:35]] * 100


async def pieces() -> Any:
    """TEXT, bit by bit."""
    for piece in PIECES:
        yield piece


def starlette_application() -> Any:
    async def poem(request: StarletteRequest) -> PlainTextResponse:
        return PlainTextResponse(TEXT)

    async def lines(request: StarletteRequest) -> StreamingResponse:
        return StreamingResponse(pieces(), media_type="text/plain")

    async def url(request: StarletteRequest) -> PlainTextResponse:
        assert request.client is not None
        return PlainTextResponse(f"{request.url} {request.client.host}")

    async def lost(request: StarletteRequest) -> None:
        raise LookupError("lost")

    async def feed(websocket: StarletteWebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    return Starlette(
        routes=[
            Route("/poem", poem),
            Route("/lines", lines),
            Route("/url", url),
            Route("/lost", lost),
            WebSocketRoute("/feed", feed),
        ]
    )


def fastapi_application() -> Any:
    app = FastAPI()

    @app.api_route("/poem", methods=["GET", "HEAD"])
    def poem() -> FastText:
        return FastText(TEXT)

    @app.get("/lines")
    def lines() -> FastStream:
        return FastStream(pieces(), media_type="text/plain")

    async def url(request: StarletteRequest) -> PlainTextResponse:
        assert request.client is not None
        return PlainTextResponse(f"{request.url} {request.client.host}")

    app.add_route("/url", url)

    @app.get("/lost")
    def lost() -> None:
        raise LookupError("lost")

    async def feed(websocket: StarletteWebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    app.add_api_websocket_route("/feed", feed)
    return app


def litestar_application() -> Any:
    @get("/poem", media_type="text/plain", sync_to_thread=False)
    def poem() -> str:
        return TEXT

    @get("/lines")
    async def lines() -> Stream:
        return Stream(pieces(), media_type="text/plain")

    @get("/url", media_type="text/plain")
    async def url(request: Request[Any, Any, Any]) -> str:
        assert request.client is not None
        return f"{request.url} {request.client.host}"

    @get("/lost")
    async def lost() -> None:
        raise LookupError("lost")

    @websocket("/feed")
    async def feed(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    return Litestar([poem, lines, url, lost, feed])


each = pytest.mark.parametrize(
    "make",
    [starlette_application, fastapi_application, litestar_application],
    ids=["starlette", "fastapi", "litestar"],
)


@each
def test_cors(make) -> None:
    app = CORSMiddleware(make(), allow_origins=["https://a.example"])
    ours = {"origin": "https://a.example"}
    answer = call(app, path="/poem", headers=ours)
    assert answer.text == TEXT
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    lost = call(app, path="/nowhere", headers={"origin": "https://b.example"})
    assert lost.status_code == 404
    assert "access-control-allow-origin" not in lost.headers
    assert "Origin" in lost.headers["vary"]
    asked = {**ours, "access-control-request-method": "GET"}
    assert call(app, "OPTIONS", "/poem", headers=asked).status_code == 200


@each
def test_cors_is_in_the_answer_to_a_fault(make) -> None:
    """Starlette answers it, and raises it again."""
    app = CORSMiddleware(make(), allow_origins=["*"])
    headers = {"origin": "https://a.example"}
    answer = call(app, path="/lost", headers=headers, raise_server_exceptions=False)
    assert answer.status_code == 500
    assert answer.headers["access-control-allow-origin"] == "*"


@each
@pytest.mark.parametrize("path", ["/poem", "/lines"])
def test_gzip(make, path) -> None:
    client = TestClient(GZipMiddleware(make()))
    answer = client.get(path)
    assert (answer.headers["content-encoding"], answer.text) == ("gzip", TEXT)
    assert "Accept-Encoding" in answer.headers["vary"]
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert (plain.text, "content-encoding" in plain.headers) == (TEXT, False)


@each
def test_hosts_and_https(make) -> None:
    app = HTTPSRedirectMiddleware(
        TrustedHostMiddleware(make(), ["shop.example"]), allowed_hosts=["shop.example"]
    )
    for host in ("other.example", "shop.example.other", "shop.example@other.example"):
        answer = call(app, path="/poem", headers={"host": host})
        assert answer.status_code == 400
    there = call(app, path="/poem?a=b", headers={"host": "shop.example"})
    assert there.headers["location"] == "https://shop.example/poem?a=b"
    secure = HSTSMiddleware(app)
    answer = call(secure, path="/poem", base_url="https://shop.example")
    assert answer.text == TEXT
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@each
def test_proxy(make) -> None:
    """What the proxy says is what the application takes for its own URL."""
    fields = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"]
    app = ProxyHeadersMiddleware(make(), ["10.0.0.0/8"], fields=fields)
    headers = {
        "x-forwarded-for": "192.0.2.7, 203.0.113.9",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "shop.example",
    }
    behind = call(app, path="/url", headers=headers, client=("10.1.2.3", 5))
    assert behind.text == "https://shop.example/url 203.0.113.9"
    alone = call(app, path="/url", headers=headers, client=("192.0.2.7", 5))
    assert alone.text == "http://testserver/url 192.0.2.7"


@each
def test_the_http_form(make) -> None:
    async def sign(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-signed"] = request.method
        return response

    client = TestClient(BaseHTTPMiddleware(make(), dispatch=sign))
    for path in ("/poem", "/lines"):
        answer = client.get(path)
        assert (answer.text, answer.headers["x-signed"]) == (TEXT, "GET")


@each
def test_all_of_it_lets_conversations_and_the_lifespan_pass(make) -> None:
    app: Any = make()
    for middleware in (
        GZipMiddleware,
        BaseHTTPMiddleware,
        HSTSMiddleware,
        ProxyHeadersMiddleware,
    ):
        app = middleware(app)
    app = TrustedHostMiddleware(CORSMiddleware(app), ["testserver"])
    with (
        TestClient(app) as client,
        client.websocket_connect("/feed") as websocket,
    ):
        websocket.send_text("a")
        assert websocket.receive_text() == "a"
