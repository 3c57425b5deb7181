"""AuthenticationMiddleware: around restlette, around others, and on its own."""

from __future__ import annotations

from typing import Any

import pytest

from restlette import JSONResponse, PlainTextResponse, Restlette, WebSocket
from restlette.contrib.auth import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    AuthenticationMiddleware,
    Basic,
    SimpleUser,
)
from restlette.http.types import Receive, Scope, Send
from restlette.testing import TestClient, call
from restlette.testing.websocket import WebSocketDenialResponse
from tests.contrib.around import each_app, exchange, http_scope


class ByName(AuthenticationBackend):
    """Believes what the field says."""

    async def authenticate(self, conn: Any) -> Any:
        name = conn.headers.get("x-user")
        if name is None:
            return None
        if name == "mallory":
            raise AuthenticationError("Not you.")
        conn.query_params
        return AuthCredentials(["authenticated"]), SimpleUser(name)


def app_of(**options: Any) -> Restlette:
    app = Restlette()
    app.add_middleware(AuthenticationMiddleware, backend=ByName(), **options)

    @app.route("/", methods=["GET", "OPTIONS"])
    async def who(request: Any) -> dict[str, Any]:
        user = request.user
        return {
            "name": user.display_name,
            "known": user.is_authenticated,
            "scopes": request.auth.scopes,
        }

    @app.websocket_route("/ws")
    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(websocket.user.display_name)
        await websocket.close()

    return app


def test_who_asks_is_known() -> None:
    assert call(app_of(), headers={"x-user": "ada"}).json() == {
        "name": "ada",
        "known": True,
        "scopes": ["authenticated"],
    }


def test_without_credentials_it_is_nobody() -> None:
    assert call(app_of()).json() == {"name": "", "known": False, "scopes": []}


def test_wrong_credentials_are_a_problem() -> None:
    response = call(app_of(), headers={"x-user": "mallory"})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == "Not you."


def test_the_application_may_answer_them_itself() -> None:
    def answer(conn: Any, exc: Exception) -> PlainTextResponse:
        return PlainTextResponse(f"{conn.url.path}: {exc}", 418)

    async def answer_later(conn: Any, exc: Exception) -> PlainTextResponse:
        return answer(conn, exc)

    for on_error in (answer, answer_later):
        response = call(app_of(on_error=on_error), headers={"x-user": "mallory"})
        assert (response.status_code, response.text) == (418, "/: Not you.")


def test_an_answer_is_a_response() -> None:
    app = app_of(on_error=lambda conn, exc: {"no": "way"})
    with pytest.raises(TypeError, match="on_error returned dict, which is no Response"):
        call(app, headers={"x-user": "mallory"})


def test_what_cannot_be_read_is_answered_too() -> None:
    query = "&".join("a=1" for _ in range(1001))
    headers = [(b"x-user", b"ada")]
    app = AuthenticationMiddleware(JSONResponse({}), ByName())
    head, _ = exchange(app, http_scope(headers, query_string=query.encode()))
    assert head["status"] == 400


def test_websockets_have_a_user() -> None:
    with TestClient(app_of()) as client:
        with client.websocket_connect("/ws", headers={"x-user": "ada"}) as socket:
            assert socket.receive_text() == "ada"
        with pytest.raises(WebSocketDenialResponse) as caught:
            client.websocket_connect("/ws", headers={"x-user": "mallory"})
    assert caught.value.status_code == 400


def test_preflights_are_not_asked() -> None:
    asks = {"origin": "https://a.example", "access-control-request-method": "GET"}
    headers = {**asks, "x-user": "mallory"}
    assert call(app_of(), "OPTIONS", headers=headers).json()["known"] is False
    assert call(app_of(), "GET", headers=headers).status_code == 400


@each_app
def test_it_stands_around_any_application(make: Any) -> None:
    app = AuthenticationMiddleware(make(), Basic(lambda name, password: None))
    head, *_ = exchange(app, http_scope([(b"host", b"a.example")]))
    assert head["status"] == 200
    wrong = [(b"host", b"a.example"), (b"authorization", b"Basic YTpi")]
    head, *_ = exchange(app, http_scope(wrong))
    assert head["status"] == 401
    assert dict(head["headers"])[b"www-authenticate"] == (
        b'Basic realm="restricted", charset="UTF-8"'
    )


def test_a_scope_is_not_changed_for_those_around() -> None:
    scope = http_scope([(b"x-user", b"ada")])
    before = dict(scope)
    exchange(AuthenticationMiddleware(JSONResponse({}), ByName()), scope)
    assert scope == before


def test_a_lifespan_passes_by() -> None:
    seen: list[str] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    exchange(AuthenticationMiddleware(inside, ByName()), {"type": "lifespan"})
    assert seen == ["lifespan"]


@pytest.mark.parametrize(
    ("backend", "message"),
    [
        (ByName, r"write ByName\(\)"),
        (object(), "is no backend"),
        (None, "is no backend"),
    ],
)
def test_a_backend_is_one(backend: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        AuthenticationMiddleware(JSONResponse({}), backend)
