"""Routers: registering, mounting, naming, starting; alone and inside others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import starlette.applications
import starlette.requests
import starlette.responses
import starlette.routing

from restlette.app import Restlette
from restlette.http.errors import Conflict, HTTPException
from restlette.http.request import Request
from restlette.http.response import PlainTextResponse, Response, StreamingResponse
from restlette.http.urls import URLPath
from restlette.http.websocket import WebSocket
from restlette.middleware import Middleware
from restlette.resources.endpoint import HTTPEndpoint
from restlette.resources.router import NoMatchFound, Router
from restlette.resources.routes import Host, Mount, Route, WebSocketRoute
from restlette.resources.websocket import WebSocketEndpoint
from restlette.testing import TestClient, call
from tests.http.stopwatch import seconds


class Books(HTTPEndpoint):
    async def get(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse("books")


class Item(HTTPEndpoint):
    async def get(self, request: Request, book_id: int) -> PlainTextResponse:
        return PlainTextResponse(f"book {book_id}")


class Feed(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        await websocket.send_text(data)


async def ping(request: Request) -> PlainTextResponse:
    return PlainTextResponse("pong")


class Foreign:
    """An ASGI application that says where it thinks it is."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        text = f"{scope['root_path']} {scope['path']} {scope.get('path_params')}"
        await PlainTextResponse(text)(scope, receive, send)


class Signed:
    """Middleware that signs every answer."""

    def __init__(self, app: Any, name: str = "x-signed") -> None:
        self.app = app
        self.name = name.encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def signing(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (self.name, b"1")]
            await send(message)

        await self.app(scope, receive, signing)


def get(app: Any, path: str = "/", **options: Any) -> Any:
    return call(app, "GET", path, **options)


# Registering ------------------------------------------------------------------------


def test_the_decorator_gives_back_what_it_is_given() -> None:
    router = Router()
    assert router.route("/")(Books) is Books
    assert router.route("/ping", methods=["GET", "PUT"], name="p")(ping) is ping
    assert router.websocket_route("/feed")(Feed) is Feed
    assert router.route("/feed2")(Feed) is Feed
    assert router.routes == [
        Route("/", Books),
        Route("/ping", ping, methods=["GET", "PUT"]),
        WebSocketRoute("/feed", Feed),
        WebSocketRoute("/feed2", Feed),
    ]
    assert all(info.include_in_schema for info in router.walk())
    assert get(router).text == "books"
    assert call(router, "PUT", "/ping").text == "pong"


def test_routes_may_be_given_from_the_start() -> None:
    router = Router(
        [
            Route("/", ping),
            Mount("/a", routes=[Route("/b", ping), Mount("/c", Router([]))]),
            Mount("/books/", Router([Route("", Books)])),
        ]
    )
    assert get(router, "/a/b").text == "pong"
    assert get(router, "/books").text == "books"


def test_a_websocket_resource_takes_no_methods() -> None:
    with pytest.raises(TypeError) as caught:
        Router().add_route("/", Feed, methods=["GET"])
    assert str(caught.value) == (
        "Feed is spoken to over a WebSocket and takes no methods."
    )


def test_what_is_registered_after_the_first_request_counts() -> None:
    root, child, grandchild = Router(), Router(), Router()
    root.mount("/c", child)
    child.mount("/g", grandchild)
    assert get(root, "/c/g/x").status_code == 404
    assert call(root, "PUT", "/c/g/y").status_code == 404
    grandchild.add_route("/x", ping)
    assert get(root, "/c/g/x").text == "pong"
    grandchild.add_route("/x", ping, methods=["PUT"], name="put")
    assert call(root, "PUT", "/c/g/x").text == "pong"
    assert root.url_path_for("put") == "/c/g/x"
    grandchild.add_middleware(Signed)
    assert "x-signed" in get(root, "/c/g/x").headers
    grandchild.add_exception_handler(404, lambda request, exc: Response(None, 418))
    assert get(root, "/c/g/nowhere").status_code == 418


def test_a_frozen_tree_is_kept_until_it_changes() -> None:
    router = Router([Route("/", ping)])
    site = router.freeze()
    assert router.freeze() is site is router.site
    router.add_route("/x", ping)
    assert router.freeze() is not site


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_router_inside_itself_is_refused(depth: int) -> None:
    router = inner = Router()
    for _ in range(depth):
        outer = Router()
        outer.mount("/x", inner)
        inner = outer
    routes = list(router.routes)
    with pytest.raises(ValueError) as caught:
        router.mount("/y", inner)
    assert (
        str(caught.value) == "Mount('/y', Router) would mount a router inside itself."
    )
    assert router.routes == routes


def test_a_router_may_be_mounted_twice() -> None:
    root, child = Router(), Router([Route("/x", ping)])
    root.mount("/a", child, name="a")
    root.mount("/b/{n:int}", child, name="b")
    assert get(root, "/a/x").text == get(root, "/b/7/x").text == "pong"
    assert root.url_path_for("a:ping") == "/a/x"
    assert root.url_path_for("b:ping", n=7) == "/b/7/x"
    child.add_route("/y", ping)
    assert get(root, "/a/y").text == get(root, "/b/7/y").text == "pong"


def test_many_mounts_of_one_router_do_not_multiply() -> None:
    router = Router()
    for _ in range(20):
        outer = Router()
        outer.mount("/a", router)
        router, inner = outer, router
    assert seconds(lambda: inner.add_route("/x", ping)) < 1
    assert get(router, "/a/x").text == "pong"


# Slashes and mounts -----------------------------------------------------------------


@pytest.mark.parametrize(
    "route, path, status, location",
    [
        pytest.param("", "/books", 200, None, id="bare path"),
        pytest.param("", "/books/", 307, "/books", id="bare path with a slash"),
        pytest.param("/", "/books/", 200, None, id="slash"),
        pytest.param("/", "/books", 307, "/books/", id="slash left out"),
        pytest.param("/x", "/books/x/", 307, "/books/x", id="below"),
        pytest.param("/x", "/books", 404, None, id="nothing there"),
    ],
)
@pytest.mark.parametrize("prefix", ["/books", "/books/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_slash_is_part_of_a_route(
    prefix: str, route: str, path: str, status: int, location: str | None, method: str
) -> None:
    root, child = Router(), Router([Route(route, ping, methods=["GET", "POST"])])
    root.mount(prefix, child)
    response = call(root, method, path + "?q=1")
    assert response.status_code == status
    given = None if location is None else f"{location}?q=1"
    assert response.headers.get("location") == given


def test_the_other_spelling_is_left_alone_below_a_router_that_says_so() -> None:
    root, child = Router(), Router([Route("/x", ping)], redirect_slashes=False)
    root.mount("/c", child)
    root.add_route("/x", ping)
    assert get(root, "/x/").status_code == 307
    assert get(root, "/c/x/").status_code == 404


@pytest.mark.parametrize("app", [Books, Books()], ids=["class", "instance"])
@pytest.mark.parametrize("path", ["/books", "/books/"])
def test_a_mounted_resource_is_at_its_path(app: Any, path: str) -> None:
    root = Router()
    root.mount(path, app, name="books")
    assert get(root, "/books").text == "books"
    assert get(root, "/books/").headers["location"] == "/books"
    assert get(root, "/books/x").status_code == 404
    assert root.url_path_for("books") == root.url_path_for(Books) == "/books"


def test_a_mounted_websocket_resource_is_at_its_path() -> None:
    root = Router()
    root.mount("/feed", Feed)
    with TestClient(root).websocket_connect("/feed") as websocket:
        websocket.send_text("a")
        assert websocket.receive_text() == "a"


@pytest.mark.parametrize(
    "prefix, path, said",
    [
        pytest.param("/f", "/f", "/f /f/ {}", id="without a slash"),
        pytest.param("/f", "/f/", "/f /f/ {}", id="with a slash"),
        pytest.param("/f/", "/f/x", "/f /f/x {}", id="below"),
        pytest.param("/f/{n:int}", "/f/7/x", "/f/7 /f/7/x {'n': 7}", id="parameter"),
        pytest.param("", "/x", " /x {}", id="at the root"),
        pytest.param("/", "/x", " /x {}", id="at the root with a slash"),
    ],
)
def test_a_foreign_application_answers_with_and_without_the_slash(
    prefix: str, path: str, said: str
) -> None:
    root = Router()
    root.mount(prefix, Foreign())
    root.add_route("/ping", ping)
    assert get(root, path).text == said
    assert get(root, "/ping").text == "pong"


@pytest.mark.parametrize(
    "path, status",
    [
        pytest.param("/app/ping", 200, id="mount-116 below"),
        pytest.param("/app", 200, id="mount-116 itself"),
        pytest.param("/app/apple", 404, id="mount-116 404"),
        # The client puts the root path before what does not begin with it.
        pytest.param("/apple/ping", 404, id="mount-116 /apple"),
        pytest.param("//app/ping", 404, id="mount-116 //app"),
    ],
)
def test_mount_116_the_root_path_is_taken_off(path: str, status: int) -> None:
    router = Router([Route("/ping", ping), Route("/", ping)])
    assert get(router, path, root_path="/app").status_code == status


def test_mount_116_a_url_stays_below_the_root_path() -> None:
    async def link(request: Request) -> dict[str, str]:
        return {"url": str(request.url_for("item", book_id=3))}

    inner = Restlette()
    inner.add_route("/b/{book_id:int}", Item, name="item")
    inner.add_route("/link", link)
    outer = Restlette()
    outer.mount("/in/{n:int}", inner)
    outer.add_route("/b/{book_id:int}", Books, name="item")
    assert get(outer, "/in/7/link").json() == {"url": "http://testserver/in/7/b/3"}
    assert get(outer, "/r/in/7/link", root_path="/r").json() == {
        "url": "http://testserver/r/in/7/b/3"
    }


def test_a_static_mount_goes_before_a_parameter() -> None:
    root = Router()
    root.add_route("/a/{x}", ping)
    root.mount("/a/f", Foreign())
    assert get(root, "/a/f").text == "/a/f /a/f/ {}"
    assert get(root, "/a/g").text == "pong"


def test_the_same_parameter_in_prefix_and_route_is_refused() -> None:
    root, child = Router(), Router([Route("/{x}", ping)])
    root.mount("/{x}", child)
    with pytest.raises(ValueError) as caught:
        root.freeze()
    assert str(caught.value) == "the path '/{x}/{x}' has two parameters named 'x'."


# What is kept for what is below a router --------------------------------------------


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/c/x", 200),
        ("PUT", "/c/x", 405),
        ("PRI", "/c/x", 501),
        ("OPTIONS", "/c/x", 204),
        ("GET", "/c/nowhere", 404),
        ("GET", "/c", 404),
        ("GET", "/c/x/", 307),
        ("GET", "/c/failing", 409),
        ("GET", "/c/f/x", 200),
    ],
)
def test_the_middleware_of_a_router_is_around_all_that_is_below(
    method: str, path: str, status: int
) -> None:
    async def failing(request: Request) -> None:
        raise Conflict("no")

    root = Router()
    child = Router(middleware=[Middleware(Signed)])
    child.add_route("/x", ping)
    child.add_route("/failing", failing)
    child.mount("/f", Foreign())
    root.mount("/c", child)
    root.add_route("/x", ping)
    response = call(root, method, path)
    assert response.status_code == status
    assert response.headers["x-signed"] == "1"
    assert "x-signed" not in call(root, "GET", "/x").headers
    assert "x-signed" not in call(root, "GET", "/nowhere").headers


def test_middleware_is_around_a_websocket_too() -> None:
    router = Router([WebSocketRoute("/", Feed)], middleware=[Middleware(Signed)])
    with TestClient(router).websocket_connect("/") as websocket:
        websocket.send_text("hello")
        assert websocket.receive_text() == "hello"


def test_middleware_is_passed_from_outside_to_inside() -> None:
    names: list[str] = []

    class Note:
        def __init__(self, app: Any, name: str) -> None:
            self.app, self.name = app, name

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            names.append(self.name)
            await self.app(scope, receive, send)

    root = Router(middleware=[Middleware(Note, "b")])
    root.add_middleware(Note, "a")
    root.add_middleware(Note, "last")  # and so the outermost
    child = Router(middleware=[Middleware(Note, "c"), Middleware(Note, "d")])
    child.add_route("/x", ping, middleware=[Middleware(Note, "e")])
    root.mount("/c", child)
    assert get(root, "/c/x").text == "pong"
    assert names == ["last", "a", "b", "c", "d", "e"]


def test_what_middleware_raises_is_answered_by_the_router_it_is_on() -> None:
    class Gate:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            raise Conflict("closed")

    root = Router()
    child = Router([Route("/x", ping)], middleware=[Middleware(Gate)])
    child.add_exception_handler(409, lambda request, exc: PlainTextResponse(exc.detail))
    root.mount("/c", child)
    for path in ("/c/x", "/c/nowhere"):
        assert get(root, path).text == "closed"


def test_the_http_form_works_on_a_router() -> None:
    root, child = Router(), Router([Route("/x", ping)])
    root.mount("/c", child)

    @child.middleware("http")
    async def sign(
        request: Request, call_next: Callable[..., Any]
    ) -> StreamingResponse:
        response: StreamingResponse = await call_next(request)
        response.headers["x-signed"] = "1"
        return response

    assert get(root, "/c/x").headers["x-signed"] == "1"
    for kind in ("websocket", "asgi"):
        with pytest.raises(ValueError) as caught:
            child.middleware(kind)
        assert str(caught.value) == (
            f'there is no middleware of kind {kind!r}: write "http", or use '
            "add_middleware for an ASGI middleware."
        )


def test_the_handlers_of_a_router_hold_below_it_and_those_above_it_too() -> None:
    class Gone(Exception):
        pass

    async def failing(request: Request) -> None:
        raise Gone

    root, child = Router(), Router([Route("/failing", failing)])
    root.mount("/c", child)

    @root.exception_handler(Gone)
    async def outer(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("outer")

    @root.exception_handler(404)
    async def nowhere(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("outer 404")

    assert get(root, "/c/failing").text == "outer"
    assert get(root, "/c/nowhere").text == "outer 404"

    @child.exception_handler(404)
    async def inner_404(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("inner 404")

    @child.exception_handler(405)
    async def inner_405(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("inner 405")

    @child.exception_handler(Gone)
    def inner(request: Request, exc: Exception) -> Response:
        return PlainTextResponse("inner")

    assert get(root, "/c/failing").text == "inner"
    assert get(root, "/c/nowhere").text == "inner 404"
    assert call(root, "PUT", "/c/failing").text == "inner 405"
    assert get(root, "/nowhere").text == "outer 404"


@pytest.mark.parametrize("key", [400, 599])
def test_a_handler_is_for_any_error(key: int) -> None:
    async def failing(request: Request) -> None:
        raise HTTPException(key)

    router = Router([Route("/", failing)])
    router.add_exception_handler(key, lambda request, exc: Response(None, 418))
    assert get(router).status_code == 418


@pytest.mark.parametrize("key", [200, 399, 600, "404", BaseException, None, object])
def test_a_handler_is_for_an_error(key: Any) -> None:
    with pytest.raises(TypeError) as caught:
        Router().add_exception_handler(key, ping)
    assert str(caught.value) == (
        "an exception handler is for a status from 400 to 599 or for a subclass of "
        f"Exception, not {key!r}."
    )


def test_a_handler_can_be_called() -> None:
    with pytest.raises(TypeError) as caught:
        Router().add_exception_handler(404, "text")
    assert str(caught.value) == "the exception handler 'text' cannot be called."


def test_the_default_answers_below_its_router() -> None:
    root = Router()
    child = Router([Route("/x", ping)], default=Foreign())
    root.mount("/c", child)
    assert get(root, "/c/nowhere").text.startswith(" /c/nowhere")
    assert get(root, "/c/x").text == "pong"
    assert get(root, "/c/x/").status_code == 307
    assert get(root, "/nowhere").status_code == 404


def test_what_a_default_raises_is_answered() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise Conflict("no")

    assert get(Router(default=failing), "/x").status_code == 409


# Dispatch through a router ----------------------------------------------------------


def test_dispatch_4_the_method_is_what_the_request_line_says() -> None:
    router = Router()
    router.add_route("/", ping, methods=["DELETE"])
    headers = {"x-http-method-override": "DELETE"}
    for method in ("GET", "POST"):
        response = call(router, method, "/?_method=DELETE", headers=headers)
        assert response.status_code == 405


def test_dispatch_5_head_has_the_fields_of_get_and_no_content() -> None:
    events: list[str] = []

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"a"
        finally:
            events.append("closed")

    async def stream(request: Request) -> StreamingResponse:
        return StreamingResponse(pieces(), media_type="text/plain")

    async def data(request: Request) -> dict[str, int]:
        return {"a": 1}

    router = Router([Route("/", data), Route("/books", Books), Route("/s", stream)])
    for path in ("/", "/books", "/s"):
        got, head = get(router, path), call(router, "HEAD", path)
        assert head.status_code == 200
        assert head.content == b""
        assert head.headers == got.headers
    # A stream that HEAD does not read is not begun.
    assert events == ["closed"]


def test_dispatch_6_options_runs_no_handler() -> None:
    def fail(request: Request) -> None:
        raise RuntimeError

    router = Router([Route("/", fail, methods=["GET", "POST"])])
    for headers in ({}, {"origin": "https://evil.example"}):
        response = call(router, "OPTIONS", "/", headers=headers)
        assert response.status_code == 204
        assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_dispatch_7_query_is_answered_where_it_is_declared() -> None:
    class Search(HTTPEndpoint):
        extra_methods = {"QUERY": "search", "PURGE": "purge"}

        async def search(self, request: Request) -> str:
            return "found"

        async def purge(self, request: Request) -> None: ...

    router = Router([Route("/", Search), Route("/x", ping)])
    assert call(router, "QUERY", "/").json() == "found"
    assert call(router, "PURGE", "/").status_code == 204
    assert call(router, "QUERY", "/x").status_code == 405
    assert call(router, "PURGE", "/x").status_code == 405
    response = call(router, "TRACE", "/x", headers={"x-secret": "hunter2"})
    assert response.status_code == 405
    assert "hunter2" not in response.text


# Names ------------------------------------------------------------------------------


def bookshop() -> Router:
    books = Router()
    books.add_route("", Books, name="list")
    books.add_route("/{book_id:int}", Item, name="item")
    books.add_websocket_route("/feed", Feed)
    root = Router()
    root.mount("/shops/{shop}/books", books, name="books")
    root.host("{shop}.example.org", Router([Route("/x", ping)]), name="shop")
    root.add_route("/search/{p:path}", ping, name="search")
    return root


@pytest.mark.parametrize(
    "target, params, url",
    [
        pytest.param("books:list", {"shop": "a"}, "/shops/a/books", id="mount"),
        pytest.param(Books, {"shop": "a"}, "/shops/a/books", id="class"),
        pytest.param(
            "books:item", {"shop": "a", "book_id": 3}, "/shops/a/books/3", id="both"
        ),
        pytest.param(
            "books:list", {"shop": "a/b"}, "/shops/a%2Fb/books", id="url_for-117 slash"
        ),
        pytest.param(
            "books:list", {"shop": ".."}, "/shops/%2E%2E/books", id="url_for-117 dots"
        ),
        pytest.param(
            "search", {"p": "/evil"}, "/search//evil", id="url_for-117 //evil"
        ),
        pytest.param(
            "search", {"p": "a?b#c\r\n"}, "/search/a%3Fb%23c%0D%0A", id="url_for-117"
        ),
    ],
)
def test_a_url_is_made_by_name_and_by_class(
    target: Any, params: dict[str, Any], url: str
) -> None:
    path = bookshop().url_path_for(target, **params)
    assert isinstance(path, URLPath)
    assert path == url
    assert path.protocol == "http"


def test_a_url_knows_its_protocol_and_its_host() -> None:
    router = bookshop()
    feed = router.url_path_for(Feed, shop="a")
    assert feed.make_absolute_url("http://h") == "ws://h/shops/a/books/feed"
    hosted = router.url_path_for("shop:ping", shop="a")
    assert hosted.make_absolute_url("http://h") == "http://a.example.org/x"


@pytest.mark.parametrize(
    "target, params, message",
    [
        pytest.param(
            "books:itm",
            {},
            "no route for 'books:itm' with the parameters: none. Names are: "
            "books:list, books:item, books:Feed, shop:ping, search "
            "(did you mean 'books:item'?).",
            id="unknown",
        ),
        pytest.param(
            "books:item",
            {"shop": "a"},
            "no route for 'books:item' with the parameters: shop. It takes: book_id, "
            "shop.",
            id="parameters",
        ),
        pytest.param(
            "books:item",
            {"shop": "a", "book_id": 1, "page": 2},
            "no route for 'books:item' with the parameters: shop, book_id, page. It "
            "takes: book_id, shop.",
            id="more parameters",
        ),
        pytest.param(
            HTTPEndpoint,
            {"a": 1, "b": 2},
            "no route for HTTPEndpoint with the parameters: a, b. Names are: "
            "books:list, books:item, books:Feed, shop:ping, search.",
            id="class",
        ),
    ],
)
def test_an_unknown_name_says_what_there_is(
    target: Any, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(NoMatchFound) as caught:
        bookshop().url_path_for(target, **params)
    assert str(caught.value) == message
    assert caught.value.target == target
    assert caught.value.params == params


def test_a_router_without_routes_has_no_names() -> None:
    with pytest.raises(LookupError) as caught:
        Router().url_path_for("x")
    assert str(caught.value) == (
        "no route for 'x' with the parameters: none. Names are: there are none."
    )


def test_a_function_and_an_instance_can_be_named_by_themselves() -> None:
    router = Router([Route("/f", ping), Route("/i", Books()), Route("/g", Foreign())])
    assert router.url_path_for(ping) == "/f"
    assert router.url_path_for(Books) == "/i"
    assert router.url_path_for(Foreign) == "/g"


# Foreign applications' names --------------------------------------------------------


class Other:
    """An application of another framework: its own exception, a plain text."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    def url_path_for(self, name: str, /, **params: Any) -> str:
        if name == "known":
            return "/known"
        if name == "bad":
            raise ValueError("bad value")
        raise RuntimeError("no such name")


def test_a_mounted_application_is_asked_for_its_names() -> None:
    inner = Restlette(routes=[Route("/b/{book_id:int}", Item, name="item")])
    root = Router()
    root.mount("/plain", Foreign(), name="plain")
    root.mount("/o/{n:int}", Other(), name="other")
    root.mount("/in", inner, name="in")
    root.mount("/unnamed", Restlette(routes=[Route("/u", ping, name="u")]))
    hosted = Router()
    root.host("{shop}.example", hosted, name="shop")
    hosted.mount("/h", inner, name="h")
    root.host("f.example", Restlette(routes=[Route("/y", ping)]), name="f")
    assert root.url_path_for("in:item", book_id=3) == "/in/b/3"
    assert root.url_path_for(Item, book_id=3) == "/in/b/3"
    assert root.url_path_for("u") == "/unnamed/u"
    assert root.url_path_for("other:known", n=7) == "/o/7/known"
    assert root.url_path_for("plain", path="/a b") == "/plain/a%20b"
    assert root.url_path_for("plain", path="//evil") == "/plain/evil"
    hop = root.url_path_for("shop:h:item", shop="a", book_id=3)
    assert (hop, hop.host) == ("/h/b/3", "a.example")
    hop = root.url_path_for("f:ping")
    assert (hop, hop.host) == ("/y", "f.example")
    with pytest.raises(ValueError, match="bad value"):
        root.url_path_for("other:bad", n=7)
    for name in ("other:unknown", "plain:x", "in:unknown"):
        with pytest.raises(NoMatchFound):
            root.url_path_for(name, n=7)
    for name, params in (
        ("plain", {}),
        ("plain", {"path": "a", "page": 1}),
        ("plan", {"path": "a"}),
        ("plainer", {"path": "a"}),
    ):
        with pytest.raises(NoMatchFound):
            root.url_path_for(name, **params)


# Walking ----------------------------------------------------------------------------


def test_walk_gives_every_route_as_plain_data() -> None:
    root = bookshop()
    root.mount("/f/{n:int}", Foreign(), name="f")
    root.host("api.example.org", Foreign())
    root.add_route("/hidden", ping, include_in_schema=False)
    routes = {(info.host, info.path): info for info in root.walk()}
    rows = [
        (info.kind, info.host, info.path, info.name, info.methods)
        for info in root.walk()
    ]
    books = "/shops/{shop}/books"
    assert rows == [
        ("http", None, books, "books:list", ("GET",)),
        ("http", None, f"{books}/{{book_id:int}}", "books:item", ("GET",)),
        ("websocket", None, f"{books}/feed", "books:Feed", ()),
        ("http", "{shop}.example.org", "/x", "shop:ping", ("GET",)),
        ("http", None, "/search/{p:path}", "search", ("GET",)),
        ("mount", None, "/f/{n:int}", "f", ()),
        ("mount", "api.example.org", "", "", ()),
        ("http", None, "/hidden", "ping", ("GET",)),
    ]
    item = routes[None, f"{books}/{{book_id:int}}"]
    assert item.path_format == f"{books}/{{book_id}}"
    assert item.endpoint is Item
    assert item.handlers == {"GET": Item.get}
    assert item.place is not None
    assert item.place.file == __file__
    assert item.include_in_schema
    assert not routes[None, "/hidden"].include_in_schema
    assert not routes[None, "/f/{n:int}"].include_in_schema


# Lifespans --------------------------------------------------------------------------


def noting(events: list[str], name: str, given: list[Any] | None = None) -> Any:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[dict[str, str]]:
        if given is not None:
            given.append(app)
        events.append(f"+{name}")
        yield {name: "started"}
        events.append(f"-{name}")

    return lifespan


@pytest.mark.parametrize("kind", [Router, Restlette])
@pytest.mark.parametrize("middleware", [[], [Middleware(Signed)]], ids=["", "wrapped"])
def test_everything_below_is_started_once(
    kind: type[Router], middleware: list[Middleware]
) -> None:
    events: list[str] = []
    given: list[Any] = []
    shared = Router([Route("/x", ping)], lifespan=noting(events, "shared", given))
    inner = Restlette(lifespan=noting(events, "inner", given))
    child = Router(lifespan=noting(events, "child", given), middleware=middleware)
    child.mount("/shared", shared)
    child.mount("/inner", inner)
    root = kind(lifespan=noting(events, "root", given), middleware=middleware)
    root.mount("/child", child)
    root.mount("/again", child)
    root.mount("/shared", shared)
    root.mount("/inner", inner)
    root.mount("/foreign", Foreign())
    root.host("h.example", shared)
    with TestClient(root) as client:
        assert events == ["+root", "+child", "+shared", "+inner"]
        assert client.get("/child/shared/x").text == "pong"
        state = client.app_state
        assert set(state) == {"root", "child", "shared", "inner"}
    assert events[4:] == ["-inner", "-shared", "-child", "-root"]
    assert given == [root, child, shared, inner]
    with TestClient(root):
        assert len(events) == 12


def test_a_merged_router_can_still_be_started_by_itself() -> None:
    events: list[str] = []
    child = Router([Route("/x", ping)], lifespan=noting(events, "child"))
    Router().mount("/c", child)
    with TestClient(child) as client:
        assert client.get("/x").text == "pong"
    assert events == ["+child", "-child"]


def test_a_tree_that_makes_no_sense_does_not_start() -> None:
    router = Router([Route("/x", ping), Route("/x", ping)])
    with pytest.raises(ValueError, match="is answered twice"):
        get(router, "/x")
    with pytest.raises(ValueError, match="is answered twice"):
        TestClient(router).websocket_connect("/x")
    with pytest.raises(ValueError, match="is answered twice"), TestClient(router):
        pass


def test_events_are_called_at_start_up_and_shutdown() -> None:
    events: list[str] = []
    router = Router(on_startup=[lambda: events.append("a")])

    @router.on_event("startup")
    async def start() -> None:
        events.append("b")

    @router.on_event("shutdown")
    def stop() -> None:
        events.append("c")

    root = Router()
    root.mount("/r", router)
    with TestClient(root):
        assert events == ["a", "b"]
    assert events == ["a", "b", "c"]


def test_events_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError) as caught:
        Router().on_event("start")(ping)
    assert str(caught.value) == (
        'there is no event \'start\': write "startup" or "shutdown".'
    )
    with pytest.raises(
        TypeError, match="this router has a lifespan: call the function"
    ):
        Router(lifespan=noting([], "x")).on_event("startup")(ping)
    with pytest.raises(TypeError, match="a lifespan, or on_startup and on_shutdown"):
        Router(lifespan=noting([], "x"), on_startup=[lambda: None])


def test_an_unknown_limit_is_refused() -> None:
    with pytest.raises(TypeError, match="there is no limit named 'bodi'"):
        Router(limits={"bodi": 1})


# Beside Starlette -------------------------------------------------------------------


async def starlette_home(
    request: starlette.requests.Request,
) -> starlette.responses.JSONResponse:
    return starlette.responses.JSONResponse(
        {
            "path": request.url.path,
            "params": request.path_params,
            "url": str(request.url_for("home")),
        }
    )


def starlette_app(events: list[str] | None = None) -> Any:
    return starlette.applications.Starlette(
        routes=[starlette.routing.Route("/", starlette_home, name="home")],
        lifespan=noting(events if events is not None else [], "starlette"),
    )


def test_a_starlette_application_in_restlette() -> None:
    events: list[str] = []
    app = Restlette()
    app.mount("/other/{n:int}", starlette_app(events), name="other")
    app.add_route("/ping", ping)
    assert app.url_path_for("other:home", n=7) == "/other/7/"
    with pytest.raises(NoMatchFound):
        app.url_path_for("other:nowhere", n=7)
    with TestClient(app) as client:
        assert events == ["+starlette"]
        assert client.get("/other/7/nowhere").status_code == 404
        assert client.get("/ping").text == "pong"
    assert events == ["+starlette", "-starlette"]


@pytest.mark.parametrize("path", ["/other", "/other/"])
def test_a_starlette_application_is_at_home_where_it_is_mounted(path: str) -> None:
    """Its URLs have the mount's prefix: it finds no router but its own in the scope."""
    app = Restlette()
    app.mount("/other", starlette_app(), name="other")
    assert get(app, path).json() == {
        "path": "/other/",
        "params": {},
        "url": "http://testserver/other/",
    }


def test_restlette_in_a_starlette_application() -> None:
    async def link(request: Request) -> dict[str, Any]:
        return {"url": str(request.url_for("item", book_id=3)), **request.path_params}

    inner = Restlette()
    inner.add_route("/", ping)
    inner.add_route("/b/{book_id:int}", Item, name="item")
    inner.add_route("/link", link)
    inner.websocket_route("/feed")(Feed)
    outer = starlette.applications.Starlette(
        routes=[starlette.routing.Mount("/in/{n:int}", inner)]
    )
    assert get(outer, "/in/7/b/3").text == "book 3"
    assert get(outer, "/in/7/link").json() == {
        "url": "http://testserver/in/7/b/3",
        "n": 7,
    }
    assert get(outer, "/in/7/").text == "pong"
    assert get(outer, "/in/7/b/3/").headers["location"] == "/in/7/b/3"
    assert get(outer, "/in/7/nowhere").status_code == 404
    with TestClient(outer).websocket_connect("/in/7/feed") as websocket:
        websocket.send_text("a")
        assert websocket.receive_text() == "a"


def test_hosts_may_be_given_from_the_start() -> None:
    router = Router([Host("h.example", Router([Route("/x", ping)]))])
    assert get(router, "/x", headers={"host": "h.example"}).text == "pong"
    assert get(router, "/x").status_code == 404
