"""Starlette: its applications in restlette, restlette in it, and all its middleware."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    SimpleUser,
    requires,
)
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware import Middleware as StarletteMiddleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.opentelemetry import OpenTelemetryMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from restlette import Middleware, Restlette, Router
from restlette import PlainTextResponse as OurText
from restlette import Request as OurRequest
from restlette.testing import TestClient, TestResponse, call
from tests.others.shop import TEXT, Lost, shop

# Applications of one in the other ---------------------------------------------------


def theirs(*middleware: StarletteMiddleware) -> Any:
    """A Starlette application with all that it can be asked for."""

    async def item(request: Request) -> JSONResponse:
        url = request.url_for("books:item", book_id=1)
        return JSONResponse({**request.path_params, "url": str(url)})

    async def post(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    async def poem(request: Request) -> PlainTextResponse:
        return PlainTextResponse(TEXT)

    async def lost(request: Request) -> None:
        raise Lost("lost")

    async def refuse(request: Request) -> None:
        raise StarletteHTTPException(409, "no")

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    books = [
        Route("/{book_id:int}", item, name="item"),
        Route("/{book_id:int}", post, methods=["POST"]),
        WebSocketRoute("/feed", echo),
    ]
    return Starlette(
        routes=[
            Route("/poem", poem),
            Route("/lost", lost),
            Route("/refused", refuse),
            Mount("/books", routes=books, name="books"),
        ],
        middleware=middleware,
    )


def ours_in_theirs() -> Any:
    return Starlette(routes=[Mount("/in", shop())])


def theirs_in_ours() -> Any:
    app = Restlette()
    app.mount("/in", theirs())
    return app


def theirs_below_a_router() -> Any:
    router = Router()
    router.mount("", theirs())
    app = Restlette()
    app.mount("/in", router)
    return app


def theirs_for_a_host() -> Any:
    app = Restlette()
    app.host("testserver", theirs_in_ours())
    return app


def ours_in_theirs_in_ours() -> Any:
    app = Restlette()
    app.mount("/in", Starlette(routes=[Mount("/between", shop())]))
    return app


NESTED = [
    (ours_in_theirs, "/in"),
    (theirs_in_ours, "/in"),
    (theirs_below_a_router, "/in"),
    (theirs_for_a_host, "/in"),
    (ours_in_theirs_in_ours, "/in/between"),
]


@pytest.mark.parametrize("make, prefix", NESTED)
@pytest.mark.parametrize("root_path", ["", "/root"])
def test_an_inner_application_is_at_home(make, prefix, root_path) -> None:
    """It finds its paths, reads content, and makes URLs that lead to it."""
    client = TestClient(make(), root_path=root_path)
    book = client.get(prefix + "/books/7").json()
    url = f"http://testserver{root_path}{prefix}/books/1"
    assert (book.get("id", book.get("book_id")), book["url"]) == (7, url)
    assert client.post(prefix + "/books/7", data=b"1234").text == "4"
    assert client.get(prefix + "/poem").text == TEXT
    assert client.get(prefix + "/nowhere").status_code == 404
    assert client.put(prefix + "/poem").status_code == 405
    slash = client.get(prefix + "/poem/", allow_redirects=False)
    assert slash.headers["location"].endswith(f"{root_path}{prefix}/poem")
    with client.websocket_connect(prefix + "/books/feed") as websocket:
        websocket.send_text("a")
        assert websocket.receive_text() == "a"


def test_an_exception_of_an_inner_application_comes_out() -> None:
    with pytest.raises(Lost):
        call(theirs_in_ours(), path="/in/lost")
    client = TestClient(theirs_in_ours(), raise_server_exceptions=False)
    assert client.get("/in/lost").text == "Internal Server Error"
    assert client.get("/in/refused").status_code == 409
    with pytest.raises(Lost):
        call(ours_in_theirs(), path="/in/books/0")


def test_at_the_root_theirs_answers_what_ours_does_not_have() -> None:
    """So an application moves over one resource after the other."""
    app = shop()
    app.mount("", theirs())
    assert call(app, path="/books/1").json()["id"] == 1
    assert call(app, path="/refused").status_code == 409


def test_an_exception_of_theirs_in_ours_needs_a_handler() -> None:
    """By itself it is an exception like any other: its status may be another's word."""
    app = Restlette()

    @app.route("/")
    async def refuse(request: OurRequest) -> None:
        raise StarletteHTTPException(409, "no")

    assert call(app, raise_server_exceptions=False).status_code == 500

    @app.exception_handler(StarletteHTTPException)
    async def answer(request: OurRequest, exc: StarletteHTTPException) -> OurText:
        return OurText(exc.detail, exc.status_code)

    assert (call(app).status_code, call(app).text) == (409, "no")


# Their middleware -------------------------------------------------------------------


class Basic(AuthenticationBackend):
    """Takes any name and no password."""

    async def authenticate(
        self, conn: HTTPConnection
    ) -> tuple[AuthCredentials, SimpleUser] | None:
        """Say who asks."""
        if "authorization" not in conn.headers:
            return None
        scheme, _, credentials = conn.headers["authorization"].partition(" ")
        if scheme != "Basic":
            raise AuthenticationError("Basic alone")
        name = base64.b64decode(credentials).decode().partition(":")[0]
        return AuthCredentials(["authenticated"]), SimpleUser(name)


async def signing(request: Request, call_next: Any) -> Any:
    response = await call_next(request)
    response.headers["x-signed"] = "1"
    return response


def around(place: str, *middleware: Any) -> Restlette:
    """The shop, with middleware around all of it or around its books alone."""
    wrapped = tuple(middleware)
    if place == "books":
        return shop(books=wrapped)
    return shop(*wrapped)


each_place = pytest.mark.parametrize("place", ["application", "books"])


@each_place
def test_base_http(place) -> None:
    app = around(place, Middleware(BaseHTTPMiddleware, dispatch=signing))
    response = call(app, path="/books/1")
    assert (response.json()["id"], response.headers["x-signed"]) == (1, "1")
    assert call(app, "POST", "/books/1", content=b"123").json() == 3
    with pytest.raises(Lost):
        call(app, path="/books/0")


def test_base_http_around_a_stream() -> None:
    app = shop(Middleware(BaseHTTPMiddleware, dispatch=signing))
    assert TestClient(app).get("/lines").text == TEXT


@each_place
def test_authentication(place) -> None:
    app = around(place, Middleware(AuthenticationMiddleware, backend=Basic()))

    @app.route("/books/me")
    async def me(request: OurRequest) -> list[Any]:
        return [request.user.display_name, request.auth.scopes]

    # Routes beside the router are not below its middleware.
    if place == "application":
        client = TestClient(app, headers={"authorization": "Basic YWRhOg=="})
        assert client.get("/books/me").json() == ["ada", ["authenticated"]]
        refused = client.get("/books/me", headers={"authorization": "Bearer x"})
        assert (refused.status_code, refused.text) == (400, "Basic alone")
    assert call(app, path="/books/1").json()["id"] == 1
    refused = call(app, path="/books/1", headers={"authorization": "Bearer x"})
    assert (refused.status_code, refused.text) == (400, "Basic alone")


def test_requires_at_a_function_of_theirs() -> None:
    """The decorator asks for Starlette's own Request, so it stays with Starlette."""

    @requires("authenticated")
    async def secret(request: Request) -> PlainTextResponse:
        return PlainTextResponse("secret")

    app = Restlette(middleware=[Middleware(AuthenticationMiddleware, backend=Basic())])
    app.mount("/in", Starlette(routes=[Route("/secret", secret)]))
    assert call(app, path="/in/secret").status_code == 403
    known = {"authorization": "Basic YWRhOg=="}
    assert call(app, path="/in/secret", headers=known).text == "secret"


@each_place
def test_cors(place) -> None:
    origins = ["https://a.example"]
    app = around(place, Middleware(CORSMiddleware, allow_origins=origins))
    headers = {"origin": "https://a.example", "access-control-request-method": "GET"}
    for method, path, status in (
        ("GET", "/books/1", 200),
        ("GET", "/books/0", 500),
        ("PUT", "/books/1", 405),
        ("OPTIONS", "/books/1", 200),
    ):
        response = call(
            app, method, path, headers=headers, raise_server_exceptions=False
        )
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == "https://a.example"
        assert "Origin" in response.headers["vary"]


@each_place
def test_gzip(place) -> None:
    app = around(place, Middleware(GZipMiddleware, minimum_size=10))
    response = TestClient(app).get("/books/1")
    assert response.headers["content-encoding"] == "gzip"
    assert response.json()["id"] == 1
    if place == "application":
        stream = TestClient(app).get("/lines")
        assert (stream.headers["content-encoding"], stream.text) == ("gzip", TEXT)
        assert TestClient(app).head("/poem").status_code == 200


@each_place
def test_https_redirect(place) -> None:
    app = around(place, Middleware(HTTPSRedirectMiddleware))
    response = call(app, path="/books/1?a=b")
    assert response.status_code == 307
    assert response.headers["location"] == "https://testserver/books/1?a=b"
    secure = call(app, path="/books/1", base_url="https://testserver")
    assert secure.json()["url"] == "https://testserver/books/1"


@each_place
def test_sessions(place) -> None:
    router = Router(
        middleware=[Middleware(SessionMiddleware, secret_key="s" * 32)]
        if place == "books"
        else []
    )

    @router.route("/visits")
    async def visits(request: OurRequest) -> int:
        count: int = request.session.get("visits", 0) + 1
        request.session["visits"] = count
        return count

    app = Restlette()
    app.mount("/books", router)
    if place == "application":
        app.add_middleware(SessionMiddleware, secret_key="s" * 32)
    client = TestClient(app)
    assert [client.get("/books/visits").json() for _ in range(3)] == [1, 2, 3]
    assert TestClient(app).get("/books/visits").json() == 1


@each_place
def test_trusted_host(place) -> None:
    app = around(place, Middleware(TrustedHostMiddleware, allowed_hosts=["a.example"]))
    assert call(app, path="/books/1", headers={"host": "b.example"}).status_code == 400
    assert call(app, path="/books/1", headers={"host": "a.example"}).status_code == 200


@each_place
@pytest.mark.parametrize(
    "content", [b"1234567", [b"1234", b"567"]], ids=["declared", "in pieces"]
)
def test_body_limit(place, content) -> None:
    """What it raises where content is read is Starlette's, and needs a handler."""
    app = around(place, Middleware(RequestBodyLimitMiddleware, max_body_size=5))

    @app.exception_handler(StarletteHTTPException)
    async def answer(request: OurRequest, exc: StarletteHTTPException) -> OurText:
        return OurText(exc.detail, exc.status_code)

    assert call(app, "POST", "/books/1", content=b"12345").json() == 5
    assert call(app, "POST", "/books/1", content=content).status_code == 413


@each_place
def test_errors(place) -> None:
    """Its page comes too late: an exception comes out of restlette answered."""
    app = around(place, Middleware(ServerErrorMiddleware, debug=True))
    with pytest.raises(Lost):
        call(app, path="/books/0")
    response = call(app, path="/books/0", raise_server_exceptions=False)
    assert (response.status_code, response.json()["status"]) == (500, 500)
    assert call(app, path="/books/1").json()["id"] == 1


@each_place
def test_exceptions(place) -> None:
    """What is answered inside does not come to its handlers."""
    seen: list[Exception] = []

    async def handler(request: Any, exc: Exception) -> PlainTextResponse:
        seen.append(exc)
        return PlainTextResponse("too late")

    app = around(place, Middleware(ExceptionMiddleware, handlers={KeyError: handler}))
    assert call(app, path="/books/1").json()["id"] == 1
    with pytest.raises(Lost):
        call(app, path="/books/0")
    assert call(app, "PUT", "/books/1").status_code == 405
    assert seen == []


@each_place
def test_opentelemetry(place) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    app = around(place, Middleware(OpenTelemetryMiddleware, tracer_provider=provider))
    assert call(app, path="/books/1").status_code == 200
    [span] = spans.get_finished_spans()
    assert span.name == "GET /books/{book_id}"
    assert (span.attributes or {})["http.route"] == "/books/{book_id}"
    provider.shutdown()


# Starlette says at the module's import that a2wsgi is in its place.
@pytest.mark.filterwarnings("ignore:starlette.middleware.wsgi is deprecated")
def test_wsgi() -> None:
    module = importlib.import_module("starlette.middleware.wsgi")

    def old(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("content-type", "text/plain")])
        return [environ["SCRIPT_NAME"].encode(), b" ", environ["PATH_INFO"].encode()]

    app = Restlette()
    app.mount("/old", module.WSGIMiddleware(old))
    assert call(app, path="/old/a").text == "/old /a"


def test_all_of_it_at_once() -> None:
    app = shop(
        Middleware(TrustedHostMiddleware, allowed_hosts=["testserver"]),
        Middleware(CORSMiddleware, allow_origins=["*"]),
        Middleware(GZipMiddleware, minimum_size=10),
        Middleware(SessionMiddleware, secret_key="s" * 32),
        Middleware(AuthenticationMiddleware, backend=Basic()),
        Middleware(BaseHTTPMiddleware, dispatch=signing),
    )
    response: TestResponse = call(app, path="/poem", headers={"origin": "https://a.b"})
    assert response.text == TEXT
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-signed"] == "1"


@pytest.mark.parametrize(
    "middleware",
    [
        StarletteMiddleware(AuthenticationMiddleware, backend=Basic()),
        StarletteMiddleware(BaseHTTPMiddleware, dispatch=signing),
        StarletteMiddleware(CORSMiddleware, allow_origins=["*"]),
        StarletteMiddleware(GZipMiddleware, minimum_size=10),
        StarletteMiddleware(SessionMiddleware, secret_key="s" * 32),
        StarletteMiddleware(TrustedHostMiddleware, allowed_hosts=["testserver"]),
        StarletteMiddleware(RequestBodyLimitMiddleware, max_body_size=10),
    ],
    ids=lambda middleware: middleware.cls.__name__,
)
def test_a_mounted_application_keeps_its_middleware(middleware) -> None:
    app = Restlette()
    app.mount("/in", theirs(middleware))
    client = TestClient(app)
    assert client.get("/in/poem").text == TEXT
    assert client.post("/in/books/7", data=b"1234").text == "4"
    assert client.get("/in/books/1").json()["url"] == "http://testserver/in/books/1"
