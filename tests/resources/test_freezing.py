"""What a tree is frozen into: who answers, what is refused, what is made once."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from restlette.app import Restlette
from restlette.http.errors import Conflict
from restlette.http.request import Request
from restlette.http.response import PlainTextResponse
from restlette.http.websocket import WebSocket
from restlette.middleware import Middleware
from restlette.resources.endpoint import HTTPEndpoint
from restlette.resources.freezing import problems_of
from restlette.resources.problem import Problem
from restlette.resources.router import Router
from restlette.resources.routes import Route, WebSocketRoute
from restlette.resources.websocket import WebSocketEndpoint
from restlette.testing import TestClient, call


class Named(HTTPEndpoint):
    """Says which method and which parameters it was asked with."""

    async def get(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"get {request.path_params}")

    async def delete(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"delete {request.path_params}")


async def put(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"put {request.path_params}")


class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        await websocket.send_text(data)


async def foreign(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse(f"{scope['root_path']} {scope['path']}")(
        scope, receive, send
    )


class Foreign:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await foreign(scope, receive, send)


class Failing:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raise Conflict("no")


class Signed:
    """Middleware that signs answers, and counts how often it was made."""

    made: int = 0

    def __init__(self, app: Any, name: str = "x-signed") -> None:
        self.app = app
        self.name = name.encode()
        type(self).made += 1

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def signing(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (self.name, b"1")]
            await send(message)

        await self.app(scope, receive, signing)


# Routes of one template -------------------------------------------------------------


def test_routes_of_one_template_merge_whatever_their_parameters_are_called() -> None:
    router = Router()
    router.add_route("/b/{number:int}", Named)
    router.add_route("/b/{n:int}", put, methods=["PUT", "PURGE"])
    router.add_websocket_route("/b/{socket:int}", Echo)
    assert call(router, "GET", "/b/7").text == "get {'number': 7}"
    assert call(router, "DELETE", "/b/7").text == "delete {'number': 7}"
    assert call(router, "PUT", "/b/7").text == "put {'n': 7}"
    response = call(router, "POST", "/b/7")
    assert response.status_code == 405
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PURGE, PUT"
    with TestClient(router).websocket_connect("/b/7") as websocket:
        websocket.send_text("hello")
        assert websocket.receive_text() == "hello"


@pytest.mark.parametrize("text", ["/{%s}.{n}", "/f/{%s:path}", "/{%s}-{n:int}/x"])
def test_patterns_of_one_template_merge_too(text: str) -> None:
    router = Router()
    router.add_route(text % "a", put, methods=["GET"])
    router.add_route(text % "b", put, methods=["PUT"])
    path = text.replace("{n}", "c").replace("{n:int}", "1")
    path = path.replace("{%s}", "z").replace("{%s:path}", "z")
    assert call(router, "GET", path).text.startswith("put {'a': 'z'")
    assert call(router, "PUT", path).text.startswith("put {'b': 'z'")


@pytest.mark.parametrize("how", ["class", "function", "websocket", "mount", "twice"])
def test_what_is_answered_twice_is_refused_with_both_places(how: str) -> None:
    router = Router()
    books = Router([Route("/{id:int}", put)])
    if how == "class":
        router.add_route("/{id:int}", Named)
        router.add_route("/{number:int}", put, methods=["GET"])
    elif how == "function":
        router.mount("", books)
        router.add_route("/{id:int}", Named)
    elif how == "websocket":
        router.add_websocket_route("/", Echo)
        router.add_websocket_route("/", Echo)
    elif how == "mount":
        router.mount("/a", Foreign())
        router.mount("/a/", Foreign())
    else:
        router.mount("", books)
        router.mount("/", books)
    with pytest.raises(ValueError) as caught:
        router.freeze()
    message = str(caught.value)
    assert " is answered twice: by " in message
    assert message.count(f"({__file__}:") == 2
    if how == "class":
        assert message.startswith("GET /{number:int} is answered twice: by Route(")


def test_head_alone_is_answered_by_get() -> None:
    router = Router()
    router.add_route("/", Named, methods=["HEAD"])
    assert call(router, "HEAD").status_code == 200
    response = call(router, "GET")
    assert response.status_code == 405
    assert response.headers["allow"] == "HEAD, OPTIONS"


def test_a_class_may_be_held_to_some_methods() -> None:
    router = Router()
    router.add_route("/", Named, methods=["DELETE"])
    assert call(router, "DELETE").status_code == 200
    assert call(router, "GET").status_code == 405


# What answers -----------------------------------------------------------------------


def test_a_foreign_application_answers_at_one_path() -> None:
    router = Router()
    router.add_route("/x", Foreign())
    router.add_route("/failing", Failing())
    assert call(router, "PATCH", "/x").text == " /x"
    assert call(router, "GET", "/x/y").status_code == 404
    assert call(router, "GET", "/failing").status_code == 409


def test_an_unmounted_bare_path_is_the_slash() -> None:
    assert call(Router([Route("", put)]), "GET", "/").status_code == 200


def test_a_websocket_function_holds_a_conversation() -> None:
    router = Router(limits={"message": 3})
    seen = []

    @router.websocket_route("/{name}")
    async def talk(websocket: WebSocket) -> None:
        seen.append((websocket.limits.message, websocket.path_params))
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    with TestClient(router).websocket_connect("/x") as websocket:
        assert websocket.receive_text() == "hello"
    assert seen == [(3, {"name": "x"})]


def test_a_websocket_gets_what_it_depends_on() -> None:
    class Store:
        pass

    events = []

    @asynccontextmanager
    async def open_store() -> AsyncIterator[Store]:
        events.append("open")
        yield Store()
        events.append("close")

    app = Restlette()
    app.provide(Store, open_store, scope="request")

    @app.route("/feed")
    class Feed(Echo):
        store: Store

        async def on_connect(self, websocket: WebSocket) -> None:
            assert isinstance(self.store, Store)
            await websocket.accept()

    with TestClient(app) as client, client.websocket_connect("/feed") as websocket:
        websocket.send_text("hello")
        assert websocket.receive_text() == "hello"
        assert events == ["open"]
    assert events == ["open", "close"]


def test_an_instance_is_prepared_once_however_often_it_is_registered() -> None:
    instance = Named()
    router = Router([Route("/a", instance), Route("/b/{x}", instance)])
    assert call(router, "GET", "/a").text == "get {}"
    assert call(router, "GET", "/b/1").text == "get {'x': '1'}"


# Limits -----------------------------------------------------------------------------


def test_limits_are_overridden_both_ways_and_header_fields_too() -> None:
    async def read(request: Request) -> int:
        return len(await request.body())

    router = Router(limits={"body": 10, "headers": 20})
    child = Router(limits={"headers": 40})
    router.mount("/c", child)
    router.add_route("/", read, ["POST"])
    router.add_route("/more", read, ["POST"], limits={"body": 20, "headers": 60})
    child.add_route("/less", read, ["POST"], limits={"body": 5})

    def status(path: str, size: int, fields: int = 0) -> int:
        headers = [("x-n", str(n)) for n in range(fields)]
        content = b"x" * size
        return call(router, "POST", path, content=content, headers=headers).status_code

    assert [status("/", n) for n in (10, 11)] == [200, 413]
    assert [status("/more", n) for n in (20, 21)] == [200, 413]
    assert [status("/c/less", n) for n in (5, 6)] == [200, 413]
    assert [status("/", 0, n) for n in (10, 30)] == [200, 431]
    assert [status("/c/less", 0, n) for n in (30, 50)] == [200, 431]
    assert [status("/more", 0, n) for n in (50, 70)] == [200, 431]
    assert status("/nowhere", 0, 30) == 431


# Exceptions, and what is not ours -----------------------------------------------------


def test_the_problem_of_the_innermost_router_is_told() -> None:
    inner, outer = Problem(409), Problem(410)
    tables: list[Any] = [{KeyError: inner, 404: put}, {KeyError: outer, OSError: outer}]
    assert problems_of(tables) == {KeyError: inner, OSError: outer}
    tables[0][KeyError] = put
    assert problems_of(tables) == {OSError: outer}


def test_what_an_application_calls_its_guards_is_left_alone() -> None:
    class Guarded(Foreign):
        guards = "two of them"

    router = Router([Route("/x", Guarded())])
    assert call(router, "GET", "/x").status_code == 200


# Middleware -------------------------------------------------------------------------


def test_the_layers_of_a_leaf_are_those_that_all_its_methods_have() -> None:
    router = Router()
    child = Router(middleware=[Middleware(Signed)])
    child.add_route("/x", Named, middleware=[Middleware(Signed, "x-route")])
    router.mount("/c", child)
    router.add_route("/c/x", put, methods=["PUT"])
    assert "x-route" in call(router, "GET", "/c/x").headers
    assert "x-signed" in call(router, "GET", "/c/x").headers
    assert "x-signed" not in call(router, "PUT", "/c/x").headers
    response = call(router, "POST", "/c/x")
    assert response.status_code == 405
    assert "x-signed" not in response.headers
    child.add_route("/x", put, methods=["POST"])
    assert "x-signed" not in call(router, "PATCH", "/c/x").headers
    child.add_route("/y", Named, middleware=[Middleware(Signed, "x-route")])
    child.add_route("/y", put, methods=["PUT"])
    headers = call(router, "PATCH", "/c/y").headers
    assert "x-signed" in headers
    assert "x-route" not in headers
    for method in ("GET", "PUT"):
        own = [Middleware(Signed, f"x-{method}")]
        child.add_route("/z", put, methods=[method], middleware=own)
    headers = call(router, "PATCH", "/c/z").headers
    assert "x-signed" in headers
    assert {"x-get", "x-put"}.isdisjoint(headers)


def test_the_middleware_of_a_router_is_made_once_for_its_routes_and_its_404() -> None:
    class Counted(Signed):
        made = 0

    router, child = Router(), Router(middleware=[Middleware(Counted)])
    child.add_route("/a", put)
    child.add_route("/b", put)
    router.mount("/c", child)
    list(router.walk())
    router.url_path_for("put")
    assert Counted.made == 0
    router.freeze()
    assert Counted.made == 1
    for path in ("/c/a", "/c/b", "/c/nowhere"):
        assert "x-signed" in call(router, "GET", path).headers
    assert Counted.made == 1


# Hosts ------------------------------------------------------------------------------


def at(host: str, app: Any, path: str = "/", method: str = "GET") -> Any:
    return call(app, method, path, headers={"host": host})


@pytest.mark.parametrize("turn", [1, -1])
def test_a_host_that_is_named_goes_before_one_that_is_guessed(turn: int) -> None:
    def says(text: str) -> Router:
        async def say(request: Request) -> str:
            return f"{text} {request.path_params}"

        return Router([Route("/", say)])

    router = Router([Route("/", put)])
    hosts: list[tuple[str, Any]] = [
        ("api.example.org", Foreign()),
        ("{shop}.example.org", says("shop")),
        ("{any}", says("any")),
    ]
    for host, app in hosts[::turn]:
        router.host(host, app)
    assert at("API.example.org:80", router).text == " /"
    assert at("books.example.org", router).json() == "shop {'shop': 'books'}"
    assert at("localhost", router).json() == "any {'any': 'localhost'}"


def test_routers_of_one_host_merge() -> None:
    router = Router()
    router.host("a.example", Router([Route("/x", put)]))
    router.mount("/v1", inner := Router())
    inner.host("A.example", Router([Route("/y", put)]))
    inner.host("a.example", Foreign(), name="other")
    assert at("a.example", router, "/x").status_code == 200
    assert at("a.example", router, "/v1/y").status_code == 200
    assert at("a.example", router, "/v1/z").text == "/v1 /v1/z"
    assert at("a.example", router, "/z").status_code == 404
    assert at("b.example", router, "/x").status_code == 404


@pytest.mark.parametrize(("a", "b"), ["ab", "ba"])
def test_one_host_has_one_set_of_names(a: str, b: str) -> None:
    router = Router()
    router.host(f"{{{a}}}.example", Router([Route("/x", put)]))
    router.host(f"{{{b}}}.example", Router([Route("/y", put)]))
    with pytest.raises(ValueError) as caught:
        router.freeze()
    message = str(caught.value)
    assert message.startswith(f"Host('{{{a}}}.example', Router) ({__file__}:")
    assert f"and Host('{{{b}}}.example', Router) ({__file__}:" in message
    assert message.endswith("are one host with different names for its parameters.")


def test_the_middleware_above_a_foreign_host_is_around_it() -> None:
    router, inner = Router(), Router(middleware=[Middleware(Signed)])
    router.mount("/v1", inner)
    inner.host("a.example", Foreign())
    response = at("a.example", router, "/v1/x")
    assert response.text == "/v1 /v1/x"
    assert "x-signed" in response.headers
    assert at("a.example", router, "/x").status_code == 404


def test_a_router_may_be_mounted_below_a_host() -> None:
    child = Router([Route("/y", put)])
    hosted = Router([Route("/x", put)])
    hosted.mount("/c", child)
    hosted.mount("/f", Foreign())
    router = Router()
    router.host("{shop}.example", hosted)
    assert at("a.example", router, "/c/y").text == "put {'shop': 'a'}"
    assert at("a.example", router, "/f/y").text == "/f /f/y"
    assert at("a.example", router, "/c/nowhere").status_code == 404


def test_what_a_function_returns_is_awaited_by_nobody_twice() -> None:
    """A frozen site answers many requests at a time."""
    router = Router([Route("/{x:int}", put)])

    async def ask() -> list[str]:
        from restlette.testing import call_async

        answers = [call_async(router, "GET", f"/{n}") for n in range(50)]
        return [answer.text for answer in await asyncio.gather(*answers)]

    assert asyncio.run(ask()) == [f"put {{'x': {n}}}" for n in range(50)]


# What a path gives, and what a handler says it takes ----------------------------------


@pytest.mark.parametrize(
    ("path", "annotation", "remedy"),
    [
        ("/{key}", int, "write {key:int} in the path, or annotate it str"),
        ("/{key}", "int", "write {key:int} in the path, or annotate it str"),
        ("/{other}/{key}", "int", "write {key:int} in the path, or annotate it str"),
        ("/{key:int}", str, "write {key:str} in the path, or annotate it int"),
        ("/{key:float}", "UUID", "write {key:uuid} in the path, or annotate it float"),
    ],
)
def test_a_parameter_annotated_as_what_it_will_not_be_is_refused(
    path: str, annotation: Any, remedy: str
) -> None:
    """The handler would be given another type than its author reads there."""

    async def show(request: Request, key: Any) -> None:
        raise NotImplementedError

    async def on_connect(self: Any, websocket: WebSocket, key: Any) -> None:
        raise NotImplementedError  # it is refused before anybody calls it

    for function in (show, on_connect):
        function.__annotations__["key"] = annotation
    feed = type("Feed", (WebSocketEndpoint,), {"on_connect": on_connect})
    for route in (Route(path, show), WebSocketRoute(path, feed)):
        router = Router([route])
        with pytest.raises(TypeError) as caught:
            router.freeze()
        assert remedy in str(caught.value)


@pytest.mark.parametrize(
    ("path", "annotation"),
    [
        ("/{key}", str),
        ("/{key:int}", "int"),
        ("/{key:int}", Any),
        ("/{key:int}", "int | None"),
        ("/{key:path}", str),
        ("/{key}", "Name"),
    ],
)
def test_an_annotation_that_may_be_right_is_left_alone(
    path: str, annotation: Any
) -> None:
    """Only what is certainly wrong is refused."""

    async def show(request: Request, key: Any) -> PlainTextResponse:
        return PlainTextResponse(repr(key))

    show.__annotations__["key"] = annotation
    assert call(Router([Route(path, show)]), "GET", "/7").status_code == 200


def test_a_handler_takes_the_parameters_of_its_host() -> None:
    """They are the path's for it."""

    async def show(request: Request, shop: str, key: int) -> PlainTextResponse:
        return PlainTextResponse(f"{shop} {key}")

    app = Router()
    app.host("{shop}.example.org", Router([Route("/{key:int}", show)]))
    headers = {"host": "north.example.org"}
    assert call(app, "GET", "/7", headers=headers).text == "north 7"


def test_the_scope_says_which_route_answers() -> None:
    """Tools label by the whole template, prefixes included."""
    seen: list[Any] = []

    async def show(request: Request, key: int) -> None:
        seen.append(request.scope["route"])

    app = Router()
    app.mount("/things", Router([Route("/{key:int}", show)]), name="things")
    assert call(app, "GET", "/things/7").status_code == 204
    assert seen == list(app.walk())
    assert seen[0].path == "/things/{key:int}"
    assert seen[0].path_format == "/things/{key}"
    assert seen[0].name == "things:show"


def test_a_local_function_keeps_the_names_in_its_annotations() -> None:
    """They are looked up when the tree is frozen, long after their function is over."""

    def make() -> Router:
        Content = dict[str, int]

        async def show(request: Request) -> Content:
            return {"a": 1}

        return Router([Route("/", show)])

    assert call(make(), "GET", "/").json() == {"a": 1}


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_it_was(enabled: bool) -> None:
    """Freezing stops it for a while."""
    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        Router([Route("/", put, methods=["PUT"])]).freeze()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
