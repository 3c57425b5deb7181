"""What type checkers find before it runs: an error in each marked line, in no other.

Between the marked lines stands what makes them read as a user's module would.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any, TypedDict

import attrs

import restlette
from restlette import (
    HTML,
    BackgroundTask,
    BackgroundTasks,
    Convertor,
    Created,
    ETag,
    Guard,
    HTTPConnection,
    HTTPEndpoint,
    JSONResponse,
    MethodNotAllowed,
    Middleware,
    MutableHeaders,
    NotFound,
    Patch,
    Plugin,
    RangeNotSatisfiable,
    Reply,
    Representation,
    Request,
    Response,
    Restlette,
    Route,
    Router,
    Unauthorized,
    Validators,
    WebSocket,
    WebSocketEndpoint,
    accepts,
)
from restlette.config import Config
from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.testing import AsyncTestClient, TestClient, build_request, call


@attrs.frozen
class Book:
    title: str


class Store:
    async def get(self, number: int) -> Book:
        return Book(str(number))


class Services(TypedDict):
    motto: str


app = Restlette()
router = Router()
restlette.no_such_name  # refused


# Resources and their dependencies


@router.route("/{book_id:int}")
class Books(HTTPEndpoint):
    store: Store

    async def get(self, request: Request, book_id: int) -> Created[Book]:
        await self.store.get("one")  # refused
        self.store.find()  # refused
        if book_id == 1:
            return Created("Dune")  # refused
        if book_id == 2:
            return Book("Dune")  # refused
        return Created(await self.store.get(book_id), location=3)  # refused

    async def validators(self, request: Request, book_id: int) -> str:  # refused
        return "1"

    async def patch(self, request: Request, body: Patch[Book]) -> Book:
        return body.apply(Store())  # refused


class Mistaken(HTTPEndpoint):
    guards = ["everybody"]  # refused
    representations = ("text/csv",)  # refused
    extra_methods = ["QUERY"]  # refused
    require_preconditions = "yes"  # refused


Books()  # refused
Books(store=Book("Dune"))  # refused
Books(Store())  # refused
Books(store=Store(), motto="read more")  # refused


async def test_a_handler() -> None:
    resource = Books(store=Store())
    await resource.get(build_request("GET"), book_id="1")  # refused
    await resource.get(build_request("GET"))  # refused
    made = await resource.get(build_request("GET"), book_id=1)
    print(made.content.title)  # refused
    print(made.body)  # refused


# What a request holds


@app.route("/motto")
async def motto(request: Request[Services]) -> int:
    print(request.state["mottos"])  # refused
    print(request.state.motto)  # refused
    print(request.header)  # refused
    request.headers["x-shelf"] = "1"  # refused
    request.method = 1  # refused
    print(request.body().decode())  # refused
    return request.state["motto"]  # refused


def unbound(request: Request[int]) -> None: ...  # refused


# Answers, errors and what runs afterwards

Response("", status_code="200")  # refused
Response("", header={})  # refused
JSONResponse({}, headers={"x-shelf": 1})  # refused
Reply("Dune", 201)  # refused
Reply("Dune", headers=[("x-shelf", "1")])  # refused
Created("Dune", status_code=200)  # refused
number: Reply[int] = Reply("Dune")  # refused
HTML(3)  # refused
Representation("text/csv")  # refused
Validators(etag=1)  # refused
ETag(1)  # refused
MutableHeaders()["x-shelf"] = 1  # refused
raise_later = NotFound(headers=3)  # refused
MethodNotAllowed()  # refused
RangeNotSatisfiable()  # refused
Unauthorized("Log in first.")  # refused


def mail(to: str, *, copies: int = 1) -> None: ...


BackgroundTask(mail, 1)  # refused
BackgroundTask(mail, "Ada", copy=2)  # refused
BackgroundTasks().add_task(mail)  # refused


# Guards


class Silent(Guard):
    async def check(self, connection: HTTPConnection, resource: Any) -> str:  # refused
        return "yes"


class Blocking(Guard):
    def check(self, connection: HTTPConnection, resource: Any) -> bool:  # refused
        return True


class Undecided(Guard):
    responses = {"401": "Log in first."}  # refused


Undecided()  # refused
Router(guards=[lambda request: True])  # refused


# Routers


Route(Books, "/books")  # refused
Route("/books", Books, methods=[1])  # refused
app.route("/books", method=["GET"])  # refused
app.route("/books", limits={"body": "1 MB"})  # refused
app.mount(Books, "/books")  # refused
app.on_event("start")  # refused
app.add_event_handler("startup", mail)  # refused
app.middleware("websocket")  # refused
app.add_exception_handler(404, mail)  # refused
app.provide(Store, Store, scope="session")  # refused
app.provide(Store, Store())  # refused
app.url_path_for()  # refused
app.problem(KeyError)  # refused
app.exception_handler("404")  # refused
accepts()  # refused
Restlette(json="simplejson")  # refused
Restlette(routes=["/books"])  # refused
Restlette(middleware=[Silent])  # refused
link: int = app.url_path_for("books")  # refused


@app.route  # refused
async def unreached(request: Request) -> None: ...


@app.exception_handler(KeyError)  # refused
async def alone(request: Request) -> Response:
    return Response()


@app.middleware("http")  # refused
async def uncalled(request: Request) -> Response:
    return Response()


@app.on_event("startup")  # refused
async def asking(app: Restlette) -> None: ...


@app.route("/held")
async def held(request: Request) -> str:
    return "held"


held(1)  # refused
held.title  # refused


class Days(Convertor[date]):
    regex = "[0-9-]+"

    def convert(self, value: str) -> str:  # refused
        return value

    def to_string(self, value: date) -> str:
        return value.isoformat()


# WebSockets


class Feed(WebSocketEndpoint):
    encoding = "xml"  # refused
    allowed_origins = 3  # refused
    store: Store

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept(subprotocol=1)  # refused
        await websocket.send_text(b"bytes")  # refused
        await websocket.close("bye")  # refused

    def on_receive(self, websocket: WebSocket, data: str) -> None:  # refused
        return None

    async def stream(self, websocket: WebSocket) -> AsyncIterator[Book]:
        yield "Dune"  # refused


Feed()  # refused


# Middleware and plug-ins


class Timing:
    def __init__(self, app: ASGIApp, *, name: str) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive)  # refused


class Wrapper:
    def __init__(self, app: ASGIApp) -> None: ...


class Health:
    def install(self, app: str) -> None: ...


class Nothing: ...


Middleware(Timing)  # refused
Middleware(Timing, name=1)  # refused
Middleware(Timing, name="x-time", unit="s")  # refused
Middleware(Wrapper)  # refused
app.add_middleware(Timing)  # refused
app.add_middleware(Timing, names="x-time")  # refused
app.add_middleware(Wrapper)  # refused
Middleware(Timing(app, name="x-time"))  # refused
app.install(Health())  # refused
app.install(Nothing())  # refused
plugin: Plugin = Nothing()  # refused

# Settings

debug: str = Config()("DEBUG", cast=bool)  # refused


# Tests

call(app, 1)  # refused
call(app, "GET", "/books", jsn={})  # refused
call(app, "GET", "/books", headers=3)  # refused
call(app, "GET", "/books", strict="no")  # refused
call(app).status  # refused
build_request("GET", state=3)  # refused
TestClient(app, root_path=1)  # refused
TestClient(app, base="http://shop.example")  # refused
TestClient(app).fetch("/books")  # refused
TestClient(app).websocket_connect(1)  # refused


async def test_asynchronously() -> None:
    with AsyncTestClient(app) as client:  # refused
        pass
    async with AsyncTestClient(app) as client:
        response = await client.get("/books")
        print(response.body)  # refused
        client.get("/books").json()  # refused
