"""`requires`, above functions, methods, classes and WebSockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from restlette import HTTPEndpoint, Restlette, Router, WebSocket, WebSocketEndpoint
from restlette.contrib.auth import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationMiddleware,
    SimpleUser,
    has_required_scope,
    requires,
)
from restlette.testing import TestClient, build_request, call
from restlette.testing.websocket import WebSocketDenialResponse

ADA = {"x-scopes": "read write"}
BOB = {"x-scopes": "read"}


class ByField(AuthenticationBackend):
    """Gives the scopes that the field says."""

    async def authenticate(self, conn: Any) -> Any:
        scopes = conn.headers.get("x-scopes")
        if scopes is None:
            return None
        return AuthCredentials(scopes.split()), SimpleUser("ada")


def app_of() -> Restlette:
    app = Restlette()
    app.add_middleware(AuthenticationMiddleware, backend=ByField())

    @app.route("/login", name="login")
    async def login(request: Any) -> str:
        return "log in"

    @app.route("/async")
    @requires("write")
    async def asynchronous(request: Any) -> str:
        return "done"

    @app.route("/plain")
    @requires(["read", "write"], status_code=404)
    def plain(request: Any) -> str:
        return "done"

    @app.route("/page", methods=["GET", "POST"])
    @requires("write", redirect="login")
    async def page(request: Any) -> str:
        return "done"

    @app.route("/plain-page")
    @requires("write", redirect="login")
    def plain_page(request: Any) -> str:
        return "done"

    @app.route("/method/{number:int}")
    class Method(HTTPEndpoint):
        async def get(self, request: Any, number: int) -> int:
            return number

        @requires("write")
        async def put(self, request: Any, number: int, body: dict[str, int]) -> int:
            return body["n"] + number

        @requires("write")
        async def options(self, request: Any, number: int) -> int:
            return number

    @app.route("/whole/{number:int}")
    @requires("write")
    class Whole(HTTPEndpoint):
        async def get(self, request: Any, number: int) -> int:
            return number

        async def post(self, request: Any, number: int) -> int:
            return number

    @app.route("/page/{number:int}")
    @requires("write", redirect=Method)
    class Prepared(HTTPEndpoint):
        number = 0

        async def prepare(self, request: Any, number: int) -> None:
            self.number = number + 1

        async def get(self, request: Any, number: int) -> int:
            return self.number

    @app.websocket_route("/function")
    @requires("write")
    async def function(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("done")
        await websocket.close()

    @app.websocket_route("/sent")
    @requires("write", redirect="login")
    async def sent(websocket: WebSocket) -> None: ...

    @app.route("/feed/{number:int}")
    @requires("write", status_code=404)
    class Feed(WebSocketEndpoint):
        async def on_connect(self, websocket: WebSocket, number: int) -> None:
            await websocket.accept()
            await websocket.send_text(str(number))
            await websocket.close()

    @app.route("/bare")
    @requires("write")
    class Bare(WebSocketEndpoint):
        encoding = "text"

        async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
            yield "done"

    @app.route("/items")
    @requires("write")
    async def items(request: Any) -> AsyncIterator[int]:
        yield 1

    return app


@pytest.mark.parametrize(
    ("method", "path", "refused"),
    [
        ("GET", "/async", 403),
        ("GET", "/plain", 404),
        ("PUT", "/method/1", 403),
        ("GET", "/whole/1", 403),
        ("HEAD", "/whole/1", 403),
        ("POST", "/whole/1", 403),
        ("GET", "/items", 403),
    ],
)
def test_those_alone_who_have_the_scopes(method: str, path: str, refused: int) -> None:
    app = app_of()
    options: dict[str, Any] = {"json": {"n": 2}} if method == "PUT" else {}
    for headers in ({}, BOB, {"x-scopes": "readwrite"}):
        response = call(app, method, path, headers=headers, **options)
        assert response.status_code == refused
        if method != "HEAD":
            assert response.json()["status"] == refused
    assert call(app, method, path, headers=ADA, **options).status_code == 200


def test_parameters_are_bound_as_before() -> None:
    app = app_of()
    response = call(app, "PUT", "/method/3", headers=ADA, json={"n": 4})
    assert response.json() == 7
    assert call(app, "GET", "/method/3").json() == 3
    assert call(app, "GET", "/page/3", headers=ADA).json() == 4
    assert call(app, "PUT", "/method/3", headers=ADA, json=[]).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "location"),
    [
        ("GET", "/page", "http://testserver/login"),
        ("POST", "/page", "http://testserver/login"),
        ("GET", "/plain-page", "http://testserver/login"),
        ("GET", "/page/3", None),
    ],
)
def test_others_may_be_sent_to_a_page(method: str, path: str, location: Any) -> None:
    """By 303: a password of another form is not sent on."""
    app = app_of()
    if location is None:
        with pytest.raises(Exception, match="number"):
            call(app, method, path, headers=BOB)
        return
    response = call(app, method, path, headers=BOB)
    assert response.status_code == 303
    assert response.headers["location"] == location
    assert call(app, method, path, headers=ADA).status_code == 200


def test_websockets() -> None:
    with TestClient(app_of()) as client:
        for path, text in (("/function", "done"), ("/feed/7", "7"), ("/bare", "done")):
            with client.websocket_connect(path, headers=ADA) as socket:
                assert socket.receive_text() == text
        for path, status in (
            ("/function", 403),
            ("/sent", 403),
            ("/feed/7", 404),
            ("/bare", 403),
        ):
            with pytest.raises(WebSocketDenialResponse) as caught:
                client.websocket_connect(path, headers=BOB)
            assert caught.value.status_code == status


def test_preflights_are_not_asked() -> None:
    asks = {"origin": "https://a.example", "access-control-request-method": "PUT"}
    app = app_of()
    assert call(app, "OPTIONS", "/method/3", headers=asks).json() == 3
    assert call(app, "OPTIONS", "/method/3").status_code == 403
    assert call(app, "OPTIONS", "/whole/3").headers["allow"].startswith("GET")


class Mixin:
    """Has a hook of its own, and does not call `super()`."""

    async def prepare(self, request: Any) -> None: ...

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()


def test_classes_that_are_derived_ask_too() -> None:
    """Whatever they override, and by whichever base."""

    @requires("write")
    class Guarded(HTTPEndpoint):
        async def get(self, request: Any) -> str:
            return "done"

    class Own(Guarded):
        async def prepare(self, request: Any) -> None: ...

    class Mixed(Mixin, Guarded): ...

    class Bare(Guarded): ...

    class Lower(Own):
        async def prepare(self, request: Any) -> None:
            await super().prepare(request)

    for cls in (Guarded, Own, Mixed, Bare, Lower):
        refused = call(cls(), auth=AuthCredentials(["read"]))
        assert refused.status_code == 403, cls
        assert call(cls(), auth=AuthCredentials(["write"])).json() == "done"


def test_websocket_classes_that_are_derived_ask_too() -> None:
    @requires("write")
    class Feed(WebSocketEndpoint): ...

    class Own(Feed):
        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()

    class Mixed(Mixin, Feed): ...

    app = Restlette()
    app.add_middleware(AuthenticationMiddleware, backend=ByField())
    for path, cls in {"/a": Feed, "/b": Own, "/c": Mixed}.items():
        app.add_route(path, cls)
    with TestClient(app) as client:
        for path in ("/a", "/b", "/c"):
            with pytest.raises(WebSocketDenialResponse):
                client.websocket_connect(path, headers=BOB)
            client.websocket_connect(path, headers=ADA).close()


def test_a_class_may_have_word_of_its_subclasses() -> None:
    """Its own `__init_subclass__` is called, with its options."""
    seen: list[Any] = []

    @requires("write")
    class Guarded(HTTPEndpoint):
        def __init_subclass__(cls, shelf: int, **options: Any) -> None:
            super().__init_subclass__(**options)
            seen.append((cls.__name__, shelf))

        async def get(self, request: Any) -> str:
            return "done"

    class Own(Guarded, shelf=7):
        async def prepare(self, request: Any) -> None: ...

    assert seen == [("Own", 7)]
    assert call(Own(), auth=AuthCredentials([])).status_code == 403


def test_two_requirements_are_both_asked() -> None:
    """That of a base, and that of a class that is derived from it."""

    @requires("read")
    class Base(HTTPEndpoint):
        async def get(self, request: Any) -> str:
            return "done"

    @requires("write")
    class Derived(Base): ...

    class Lower(Derived):
        async def prepare(self, request: Any) -> None: ...

    for scopes, status in (
        (["read"], 403),
        (["write"], 403),
        (["read", "write"], 200),
    ):
        for cls in (Derived, Lower):
            assert call(cls(), auth=AuthCredentials(scopes)).status_code == status
    assert call(Base(), auth=AuthCredentials(["read"])).status_code == 200


def test_a_function_may_be_called_by_hand() -> None:
    request = build_request(auth=AuthCredentials(["write"]))

    @requires("write")
    def plain(request: Any, *, number: int = 1) -> int:
        return number

    @requires("write")
    def any_way(*args: Any, **kwargs: Any) -> int:
        return 2

    assert plain(request, number=3) == 3
    assert plain(request=request) == 1
    assert any_way(connection=request) == 2
    assert plain.__name__ == "plain"
    with pytest.raises(TypeError, match="plain was called without a request"):
        plain(1, number=3)


def test_has_required_scope() -> None:
    request = build_request(auth=AuthCredentials(["read", "write"]))
    assert has_required_scope(request, ["read"])
    assert has_required_scope(request, ["read", "write"])
    assert not has_required_scope(request, ["read", "own"])
    with pytest.raises(RuntimeError, match="needs AuthenticationMiddleware"):
        has_required_scope(build_request(), ["read"])


def test_nothing_is_let_in_where_nobody_has_looked() -> None:
    @requires("write")
    async def handler(request: Any) -> None: ...

    with pytest.raises(RuntimeError, match="needs AuthenticationMiddleware"):
        asyncio.run(handler(build_request()))


class Store:
    """Neither of the two."""


async def handler(request: Any) -> None: ...


async def no_request() -> None: ...


@pytest.mark.parametrize(
    ("error", "message", "decorate"),
    [
        (TypeError, "write @requires", lambda: requires(handler)),  # type: ignore[arg-type]  # wrong
        (TypeError, "scopes are texts, not int", lambda: requires(1)),  # type: ignore[arg-type]  # wrong
        (TypeError, "scopes are texts, not int", lambda: requires([1])),  # type: ignore[list-item]  # wrong
        (ValueError, "one scope or more", lambda: requires([])),
        (ValueError, "none of them empty", lambda: requires("")),
        (ValueError, "none of them empty", lambda: requires(["a", ""])),
        (ValueError, "401 has to say how", lambda: requires("a", 401)),
        (ValueError, "400 to 599", lambda: requires("a", 200)),
        (TypeError, "redirect is the name", lambda: requires("a", redirect="")),
        (TypeError, "redirect is the name", lambda: requires("a", redirect=handler)),
        (TypeError, "Store is neither", lambda: requires("a")(Store)),
        (TypeError, "not 'x'", lambda: requires("a")("x")),
        (TypeError, "takes no request", lambda: requires("a")(no_request)),
        (
            TypeError,
            "cannot be redirected",
            lambda: requires("a", redirect="x")(type("Feed", (WebSocketEndpoint,), {})),
        ),
    ],
)
def test_a_mistake_is_an_error_where_it_stands(
    error: type[Exception], message: str, decorate: Any
) -> None:
    with pytest.raises(error, match=message):
        decorate()


def test_what_cannot_be_read_is_decorated_all_the_same() -> None:
    """A builtin, or a partial: it may well take a request."""
    router = Router()
    guarded = requires("write")(partial(handler))
    router.add_route("/", guarded)
    response = call(router, headers=BOB, auth=AuthCredentials(["read"]))
    assert response.status_code == 403
    assert requires("a")(max)
