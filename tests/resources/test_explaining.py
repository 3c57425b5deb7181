"""What is said of a request is what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from restlette import (
    Guard,
    HTTPEndpoint,
    Middleware,
    PlainTextResponse,
    Restlette,
    Router,
    WebSocket,
    WebSocketEndpoint,
)
from restlette.resources.explaining import Explanation, request_scope
from restlette.testing import call


class Home(HTTPEndpoint):
    async def get(self, request: Any) -> dict[str, str]:
        return {"is": "home"}


class Books(HTTPEndpoint):
    async def get(self, request: Any) -> list[Any]:
        return []

    async def post(self, request: Any) -> dict[str, str]:
        return {}


class Book(HTTPEndpoint):
    async def get(self, request: Any) -> dict[str, Any]:
        return dict(request.path_params)


class Feed(WebSocketEndpoint):
    encoding = "text"


async def ping(request: Any) -> PlainTextResponse:
    return PlainTextResponse("pong")


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


async def foreign(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("foreign")(scope, receive, send)


class Never:
    """Middleware that an explanation must not call."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["called"] = True
        await self.app(scope, receive, send)


def make() -> Restlette:
    books = Router(middleware=[Middleware(Never)])
    books.add_route("", Books, name="list")
    books.add_route("/{book_id:int}", Book, name="item")
    books.add_route("/{book_id:int}/v{version:int}.txt", Book, name="version")
    books.add_route("/feed", Feed)
    books.mount("/notes", foreign)
    inner = Restlette()
    inner.add_route("/", Home)
    inner.add_route("/books/{book_id:int}", Book, name="inner")
    inner.mount("/{deep}/er", foreign)
    api = Router()
    api.add_route("/", Home)
    lost = Router(default=foreign)
    lost.add_route("/", Home)
    app = Restlette(middleware=[Middleware(Never)])
    app.add_route("/", Home)
    app.add_route("/ping", ping, methods=["GET", "PURGE"])
    app.add_route("/ping", ping, methods=["POST"], name="ping-post")
    app.add_websocket_route("/talk", talk)
    app.add_route("/files/{path:path}", Book, name="file")
    app.mount("/books", books)
    app.mount("/shop/{shop}/books", books, name="shop")
    app.mount("/inner", inner, name="inner")
    app.mount("/foreign", foreign)
    app.mount("/lost", lost)
    app.host("{name}.example.org", api, name="api")
    return app


APP = make()

REQUESTS = [
    # method, path, status or None where a resource answers, what the reason says
    ("GET", "/", None, "The path fits /."),
    ("HEAD", "/", None, "HEAD is GET without the content."),
    ("POST", "/books?x=1", None, "The path fits /books."),
    ("GET", "/books/3", None, "The path fits /books/{book_id:int}."),
    ("GET", "/books/3/v4.txt", None, "/books/{book_id:int}/v{version:int}.txt."),
    ("GET", "/shop/a%2Fb/books/3", None, "/shop/{shop}/books/{book_id:int}."),
    ("GET", "/files/a/b", None, "/files/{path:path}."),
    ("GET", "/ping", None, "The path fits /ping."),
    ("POST", "/ping", None, "The path fits /ping."),
    ("PURGE", "/ping", None, "The path fits /ping."),
    ("GET", "/inner/books/7", None, "The path fits /books/{book_id:int}."),
    ("GET", "/inner/", None, "The path fits /."),
    ("GET", "/foreign/x", None, "All that is below /foreign is handed to"),
    ("GET", "/inner/x/er/y", None, "All that is below /{deep}/er is handed to"),
    ("GET", "/lost/x", None, "handed to the default application"),
    ("GET", "/shop/x/books/notes/y", None, "below /shop/{shop}/books/notes is"),
    ("OPTIONS", "/books", 204, "Books has no function for OPTIONS"),
    ("PUT", "/books", 405, "Books has no PUT; it has GET, HEAD, OPTIONS, POST."),
    ("PURGE", "/books", 405, "Books has no PURGE"),
    ("PUT", "/inner/books/7", 405, "Book has no PUT"),
    ("GET", "/books/feed", 426, "Feed is spoken to over a WebSocket."),
    ("get", "/books", 501, "methods are case-sensitive: GET."),
    ("BREW", "/books", 501, "No resource here has BREW, and HTTP knows none of that"),
    ("brew", "/books", 501, "HTTP knows none of that name."),
    ("GETT", "/books", 501, "(did you mean 'GET'?)"),
    ("X" * 5000, "/", 501, "X" * 40 + "…, and HTTP"),
    ("GET", "/books/", 307, "with a slash more or less"),
    ("GET", "/inner/books/7/", 307, "with a slash more or less"),
    ("GET", "/nothing", 404, "The path fits no route."),
    ("GET", "/bokks", 404, "Near: /books, but the path has 'bokks'."),
    (
        "GET",
        "/books/x",
        404,
        "Near: /books/{book_id:int}, but 'x' is nothing for {book_id:int}.",
    ),
    (
        "GET",
        "/books/3/vx.txt",
        404,
        "but 'vx.txt' is nothing for v{version:int}.txt.",
    ),
    (
        "GET",
        "/books/3/covers/front",
        404,
        "Near: /books/{book_id:int}, but there is nothing below it.",
    ),
    ("GET", "/ping/x", 404, "Near: /ping, but there is nothing below it."),
    ("GET", "/talk/x", 404, "Near: /talk, but there is nothing below it."),
    ("GET", "/inner/x", 404, "Below /inner: The path fits no route."),
    ("GET", "/inner/boks/7", 404, "Near: /books/{book_id:int}, but the path has"),
    ("GET", "/a%00b", 400, "The path holds what no path may hold."),
    ("GET", "/a%FFb", 400, "The path holds what no path may hold."),
]


@pytest.mark.parametrize("method, path, status, reason", REQUESTS)
def test_what_is_said_is_what_is_done(
    method: str, path: str, status: int | None, reason: str
) -> None:
    """The status that is foretold is that of the answer; None foretells a success."""
    said = APP.explain(method, path)
    assert said.status == status
    assert reason in said.reason
    answer = call(APP, method, path)
    assert answer.status_code == (status or 200)
    if said.location is not None:
        assert answer.headers["location"] == said.location
    if said.allow:
        assert answer.headers["allow"] == ", ".join(said.allow)


@pytest.mark.parametrize(
    "path, status, handler",
    [
        ("/books/feed", None, Feed),
        ("/talk", None, talk),
        ("/foreign/x", None, foreign),
        ("/lost/x", None, foreign),
        ("/books", 403, None),
        ("/nothing", 404, None),
        ("/books/", 404, None),
    ],
)
def test_what_holds_a_websocket_conversation(
    path: str, status: int | None, handler: object
) -> None:
    """One that is not to be had is denied by HTTP."""
    said = APP.explain("WEBSOCKET", path)
    assert (said.status, said.handler) == (status, handler)


@pytest.mark.parametrize(
    "host, name",
    [("SHOP.example.org:80", "api:Home"), ("example.org", "Home")],
)
def test_what_a_host_answers(host: str, name: str) -> None:
    said = APP.explain("GET", "/", host=host)
    assert said.route is not None
    assert said.route.name == name


def test_a_host_that_is_none_is_refused() -> None:
    said = APP.explain("GET", "/", host="a@evil")
    assert said._replace(steps=()) == Explanation(400, "The host is none.")


def test_a_host_has_its_own_paths() -> None:
    assert APP.explain("GET", "/books", host="shop.example.org").status == 404


def test_a_host_below_a_prefix_has_nothing_above_it() -> None:
    """There is no router to answer 404 in its own way."""
    inner, outer, app = Router(), Router(), Restlette()
    inner.add_route("/", Home)
    outer.host("shop.example.org", inner)
    app.mount("/deep", outer)
    assert app.explain("GET", "/x", host="shop.example.org").status == 404
    assert app.explain("GET", "/deep/", host="shop.example.org").status is None


def test_the_route_is_whole() -> None:
    """Prefixes of mounts are in it, whichever mount of one router it came through."""
    for path, template, name in (
        ("/books/3", "/books/{book_id:int}", "item"),
        ("/shop/x/books/3", "/shop/{shop}/books/{book_id:int}", "shop:item"),
        ("/inner/books/3", "/inner/books/{book_id:int}", "inner"),
    ):
        route = APP.explain("GET", path).route
        assert route is not None
        assert (route.path, route.name) == (template, name)


def test_the_reason_says_no_more_than_there_is() -> None:
    for method in ("GET", "POST"):
        said = APP.explain(method, "/ping")
        assert said.reason == "The path fits /ping."
        assert said.route is not None
        assert said.route.name == {"GET": "ping", "POST": "ping-post"}[method]


def test_at_most_three_that_are_near_are_named() -> None:
    app = Restlette()
    for kind in ("int", "float", "uuid"):
        app.add_route(f"/{{n:{kind}}}", Home)
        app.add_route(f"/b{{n:{kind}}}", Home)
    assert app.explain("GET", "/x").reason.count("is nothing for") == 3


class Members(Guard):
    async def check(self, connection: Any, resource: Any) -> bool:
        raise AssertionError  # nothing is called


def test_the_guards_are_those_that_are_asked() -> None:
    """HEAD is guarded as GET is; a method has its own."""
    members, others = Members(), Members()
    app = Restlette()
    app.add_route("/", Books, guards=[members.to("get"), others])
    app.add_route("/feed", Feed, guards=[members.to("get"), others])
    for method, path, guard in (
        ("GET", "/", members),
        ("HEAD", "/", members),
        ("POST", "/", others),
        ("WEBSOCKET", "/feed", others),
    ):
        assert app.explain(method, path).guards == (guard,)


def test_the_parameters_are_those_that_the_handler_gets() -> None:
    said = APP.explain("GET", "/shop/a%2Fb/books/3")
    assert said.path_params == {"shop": "a/b", "book_id": 3}
    assert call(APP, "GET", "/shop/a%2Fb/books/3").json() == said.path_params


def test_the_handler_is_the_function() -> None:
    assert APP.explain("GET", "/books").handler is Books.get
    assert APP.explain("HEAD", "/books").handler is Books.get
    assert APP.explain("POST", "/books").handler is Books.post
    assert APP.explain("GET", "/ping").handler is ping


def test_a_class_with_a_function_for_head_is_asked_with_it() -> None:
    class Both(Home):
        async def head(self, request: Any) -> None: ...

    app = Restlette()
    app.add_route("/", Both)
    said = app.explain("HEAD", "/")
    assert said.handler is Both.head
    assert said.reason == "The path fits /."


def test_an_application_registered_at_a_path_is_the_handler() -> None:
    app = Restlette()
    app.add_route("/", PlainTextResponse("as it is"))
    handler = app.explain("HEAD", "/").handler
    assert isinstance(handler, PlainTextResponse)


def test_at_the_root_an_application_takes_all() -> None:
    app = Restlette()
    app.mount("", foreign)
    said = app.explain("GET", "/x")
    assert said.reason.startswith("All that is below / is")
    inner = Restlette()
    app = Restlette()
    app.mount("", inner)
    assert app.explain("GET", "/x").reason == "Below /: The path fits no route."


def test_without_redirects_the_other_spelling_is_missing() -> None:
    app = Restlette(redirect_slashes=False)
    app.add_route("/a", Home)
    assert app.explain("GET", "/a/").status == 404


def test_nothing_is_called() -> None:
    scope = request_scope("GET", "/books/3", "localhost")
    APP.explain_scope(scope)
    assert "called" not in scope


def test_any_text_is_a_path() -> None:
    for path in ("", "*", "books", "/\ud800", "/%", "/%zz", "/" + "a/" * 300):
        assert (APP.explain("GET", path).status or 200) in (200, 307, 400, 404)
