"""What users write, and what type checkers have nothing to say about."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol, TypedDict, assert_type

import attrs

from restlette import (
    HTML,
    JSON,
    Accepted,
    Address,
    Anyone,
    BackgroundTask,
    BackgroundTasks,
    Conflict,
    Convertor,
    Created,
    ETag,
    FileResponse,
    FormData,
    Guard,
    Headers,
    Host,
    HTTPConnection,
    HTTPEndpoint,
    JSONResponse,
    MessagePack,
    Middleware,
    Mount,
    NotFound,
    Patch,
    PlainTextResponse,
    Plugin,
    Preconditions,
    QueryParams,
    Ref,
    Reply,
    Representation,
    Request,
    Response,
    Restlette,
    Route,
    Router,
    State,
    StreamingResponse,
    Unauthorized,
    UploadFile,
    URLPath,
    Validators,
    WebSocket,
    WebSocketDisconnect,
    WebSocketEndpoint,
    WebSocketRoute,
    accepts,
    register_convertor,
    returns,
)
from restlette.config import Config, Secret
from restlette.contrib.cors import CORSMiddleware
from restlette.contrib.gzip import GZipMiddleware
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.testing import (
    AsyncTestClient,
    TestClient,
    TestResponse,
    build_request,
    call,
    call_async,
)


@attrs.frozen
class NewBook:
    title: str


@attrs.frozen
class Book(NewBook):
    id: int


@attrs.frozen
class BookQuery:
    words: str = ""


class Store(Protocol):
    def find(self, words: str) -> list[Book]: ...
    async def add(self, new: NewBook) -> Book: ...


class Shelf:
    def __init__(self) -> None:
        self.books: dict[int, Book] = {}

    def find(self, words: str) -> list[Book]:
        return [book for book in self.books.values() if words in book.title]

    async def add(self, new: NewBook) -> Book:
        book = self.books[len(self.books)] = Book(new.title, id=len(self.books))
        return book


class Services(TypedDict):
    motto: str


# Guards


class LoggedIn(Guard):
    challenges = "Bearer"
    responses = {401: "Log in first."}

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        return "authorization" in connection.headers


class Owner(Guard):
    async def check(self, connection: HTTPConnection, resource: BookItem) -> bool:
        return connection.path_params["book_id"] in resource.shelf.books


# Resources

books = Router(guards=[Anyone])


@books.route("", name="list", limits={"body": 1000}, guards=[LoggedIn().to("post")])
class Books(HTTPEndpoint):
    """With a dependency, given in a test by the constructor."""

    store: Store
    page: ClassVar[int] = 20

    async def get(self, request: Request, query: BookQuery) -> list[Book]:
        return self.store.find(query.words)

    async def post(self, request: Request, body: NewBook) -> Created[Book]:
        book = await self.store.add(body)
        return Created(book, location=BookItem.ref(book_id=book.id))


@books.route("/{book_id:int}", name="item")
class BookItem(HTTPEndpoint):
    shelf: Shelf
    guards = [Anyone.to("get"), LoggedIn() & Owner() | ~LoggedIn()]
    representations = (JSON, MessagePack, HTML("book.html"))
    extra_methods = {"QUERY": "search"}
    require_preconditions = True

    async def prepare(self, request: Request, book_id: int) -> Response | None:
        self._book = self.shelf.books.get(book_id)
        return None if self._book else PlainTextResponse("none", status_code=404)

    async def validators(self, request: Request, book_id: int) -> Validators | None:
        if book_id not in self.shelf.books:
            return None
        return Validators(etag=ETag("1"), last_modified=datetime.now(UTC))

    async def get(self, request: Request, book_id: int) -> Book:
        if book_id not in self.shelf.books:
            raise NotFound("There is no such book.")
        return self.shelf.books[book_id]

    async def put(
        self,
        request: Request,
        book_id: int,
        body: NewBook,
        preconditions: Preconditions,
    ) -> Book | Created[Book]:
        made = book_id not in self.shelf.books
        preconditions.check(None if made else Validators(etag="1"))
        book = self.shelf.books[book_id] = Book(body.title, id=book_id)
        return Created(book) if made else book

    async def patch(self, request: Request, book_id: int, body: Patch[Book]) -> Book:
        book = body.apply(self.shelf.books[book_id])
        assert_type(book, Book)
        return book

    async def delete(self, request: Request, book_id: int) -> None:
        del self.shelf.books[book_id]

    async def search(self, request: Request, book_id: int) -> Accepted[dict[str, int]]:
        return Accepted({"asked": 1}, background=BackgroundTask(print, "asked"))

    async def on_finish(self, request: Request, book_id: int) -> None:
        await request.close()


class Welcome(HTTPEndpoint):
    """Without one, in the ancestor's style, with a handler that is not async."""

    def get(self, request: Request) -> Response:
        return JSONResponse({"hello": request.query_params.get("name", "you")})


class Rare(Books):
    """Derived, with a dependency more."""

    motto: str

    @accepts(NewBook)
    @returns(Book)
    async def put(self, request: Request, body: NewBook) -> Book:
        return await self.store.add(body)


# Functions

app = Restlette(
    routes=[
        Route("/welcome", Welcome, methods=["GET"]),
        Mount("/more", routes=[Route("/", Welcome)]),
        Host("{shop}.example.org", books),
    ],
    middleware=[
        Middleware(GZipMiddleware, minimum_size=500),
        Middleware(CORSMiddleware, allow_origins=["*"]),
    ],
    exception_handlers={404: lambda request, exc: PlainTextResponse("none")},
    json="orjson",
    limits={"body": 1_000_000},
)
app.mount("/books", books, name="books")


@app.route("/motto")
async def motto(request: Request[Services]) -> str:
    assert_type(request.state["motto"], str)
    return request.state["motto"]


@app.route("/state")
def state(request: Request[State]) -> dict[str, Any]:
    request.state.seen = True
    return {"seen": request.state.seen}


@app.route("/upload", methods=["POST"])
async def upload(request: Request) -> Reply[dict[str, int]]:
    form = await request.form()
    assert_type(form, FormData)
    cover = form["cover"]
    if not isinstance(cover, UploadFile):
        raise Conflict("There is no cover.")
    assert_type(await cover.read(), bytes)
    tasks = BackgroundTasks()
    tasks.add_task(print, cover.filename, sep=" ")
    return Reply({"size": cover.size}, headers={"x-shelf": "1"}, background=tasks)


@app.route("/log")
async def log(request: Request) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        yield "one\n"

    return StreamingResponse(lines(), media_type="text/plain")


@app.route("/cover")
async def cover(request: Request) -> FileResponse:
    return FileResponse("cover.png")


async def connection(request: Request) -> None:
    assert_type(request.headers, Headers)
    assert_type(request.headers["host"], str)
    assert_type(request.query_params, QueryParams)
    assert_type(request.client, Address | None)
    assert_type(request.method, str)
    assert_type(await request.body(), bytes)
    async for chunk in request.stream():
        assert_type(chunk, bytes)


@app.exception_handler(Conflict)
async def conflict(request: Request, exc: Conflict) -> Response:
    return JSONResponse({"detail": exc.detail}, status_code=exc.status_code)


app.problem(KeyError, status_code=410, detail=str, extensions={"gone": True})


# WebSockets


@app.route("/feed/{shelf}")
class Feed(WebSocketEndpoint):
    encoding = "json"
    store: Store
    allowed_origins = ["https://example.org"]

    async def on_connect(self, websocket: WebSocket, shelf: str) -> None:
        if shelf == "rare":
            raise Unauthorized("Members only.", challenges="Bearer")
        await websocket.accept(subprotocol="books")

    async def on_receive(self, websocket: WebSocket, data: NewBook, shelf: str) -> None:
        await self.send_data(websocket, await self.store.add(data))

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        assert_type(websocket.path_params["shelf"], Any)

    async def stream(self, websocket: WebSocket, shelf: str) -> AsyncIterator[Book]:
        yield Book(shelf, id=1)


@app.websocket_route("/upper")
async def upper(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        async for text in websocket.iter_text():
            await websocket.send_text(text.upper())
    except WebSocketDisconnect as exc:
        assert_type(exc.code, int)


WebSocketRoute("/feed", Feed, name="feed")


# Middleware, plug-ins, dependencies, the application's life


class Timing:
    def __init__(self, app: ASGIApp, *, name: str = "x-time") -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_timed(message: Message) -> None:
            await send(message)

        await self.app(scope, receive, send_timed)


app.add_middleware(Timing, name="x-spent")
timed: ASGIApp = Timing(app)
middleware = [Middleware(Timing), Middleware(Timing, name="x-spent")]


@app.middleware("http")
async def counted(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers["x-count"] = "1"
    return response


class Health:
    def install(self, app: Restlette) -> None:
        app.add_route("/health", Welcome)


health: Plugin = Health()
app.install(health)
app.install(Health())


@asynccontextmanager
async def lifespan(app: Restlette) -> AsyncIterator[Mapping[str, Any]]:
    yield {"motto": "read more"}


@asynccontextmanager
async def open_store(settings: Config) -> AsyncIterator[Shelf]:
    yield Shelf()


library = Restlette(lifespan=lifespan)
library.provide(Shelf, open_store)
library.provide(Store, Shelf, scope="request")
library.provide_value(str, "read more")


@library.on_event("startup")
async def begin() -> None: ...


class Digits(Convertor[int]):
    regex = "[0-9]+"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_convertor("digits", Digits())
CSV = Representation("text/csv", lambda rows: b"", lambda content: [])
config = Config()
assert_type(config("DEBUG", cast=bool, default=False), bool)
assert_type(config("KEY", cast=Secret), Secret)


# Links

assert_type(BookItem.ref(book_id=3), Ref)
assert_type(app.url_path_for("books:item", book_id=3), URLPath)
path: str = app.url_path_for(BookItem, book_id=3)


# Tests


async def test_as_plain_python() -> None:
    resource = Books(store=Shelf())
    made = await resource.post(build_request("POST"), body=NewBook("Dune"))
    assert_type(made, Created[Book])
    assert_type(made.content, Book | None)
    assert made == Created(Book("Dune", id=1), location=BookItem.ref(book_id=1))
    Rare(store=Shelf(), motto="read more")
    Welcome()
    Feed(store=Shelf())


def test_bytes_in_bytes_out() -> None:
    response = call(Books(store=Shelf()), "POST", json={"title": "Dune"})
    assert_type(response, TestResponse)
    assert_type(response.status_code, int)
    assert_type(response.headers["content-type"], str)
    call(app, "GET", "/books", headers={"accept": "a/b"}, params={"words": "a"})
    with app.override(Store, Shelf()), TestClient(app) as client:
        assert_type(client, TestClient)
        assert client.get("/books").json() == []
        with client.websocket_connect("/upper") as socket:
            socket.send_text("dune")
            assert_type(socket.receive_text(), str)


async def test_asynchronously() -> None:
    assert_type(await call_async(app, "GET", "/books"), TestResponse)
    async with AsyncTestClient(app) as client:
        response = await client.get("/books", headers={"accept": "a/b"})
        assert_type(response.content, bytes)
