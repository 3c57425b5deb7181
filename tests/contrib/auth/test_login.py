"""Logging in and out, with the sessions of restlette and of others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from restlette import HTTPEndpoint, Request, Restlette
from restlette.contrib.auth import (
    AuthCredentials,
    AuthenticationMiddleware,
    SessionUser,
    SimpleUser,
    log_in,
    log_out,
    requires,
)
from restlette.contrib.csrf import CSRFMiddleware
from restlette.contrib.sessions import (
    MemoryStore,
    SessionMiddleware,
    Sessions,
    SQLiteStore,
)
from restlette.testing import TestClient, build_request

KEY = "3f2a3d0c1b7e49d58a6f0e9c2b4d6a81"

USERS = {"ada": ["books:write"], "bob": []}


def load(user_id: Any) -> Any:
    if user_id not in USERS:
        return None
    return AuthCredentials(USERS[user_id]), SimpleUser(user_id)


members = SessionUser(load)


def app_of(*, csrf: bool = False) -> Restlette:
    app = Restlette()
    if csrf:
        app.add_middleware(CSRFMiddleware)

    @app.route("/login/{name}", methods=["POST"])
    async def login(request: Request, name: str) -> None:
        log_in(request, name)

    @app.route("/logout", methods=["POST"])
    async def logout(request: Request) -> None:
        log_out(request)

    @app.route("/cart", methods=["POST", "GET"])
    async def cart(request: Request) -> list[str]:
        if request.method == "POST":
            request.session.setdefault("cart", []).append("Dune")
        return list(request.session.get("cart", []))

    @app.route("/token")
    async def token(request: Request) -> str:
        return str(request.scope["csrf_token"]())

    @app.route("/books")
    class Books(HTTPEndpoint):
        guards = [members.to("get"), members.scopes("books:write")]

        async def get(self, request: Any) -> str:
            return str(request.user.identity)

        async def post(self, request: Any) -> str:
            return "written"

    return app


def on_server(**options: Any) -> tuple[Restlette, Sessions]:
    app = app_of(**options)
    sessions = Sessions(MemoryStore())
    app.install(sessions)
    return app, sessions


def in_cookie() -> Restlette:
    app = app_of()
    app.add_middleware(SessionMiddleware, secret_key=KEY)
    return app


@pytest.mark.parametrize("make", [lambda: on_server()[0], in_cookie])
def test_in_and_out(make: Any) -> None:
    with TestClient(make()) as client:
        refused = client.get("/books")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == 'Cookie realm="restricted"'
        client.post("/login/ada")
        assert client.get("/books").json() == "ada"
        assert client.post("/books").json() == "written"
        client.post("/logout")
        assert client.get("/books").status_code == 401
        client.post("/login/bob")
        assert client.get("/books").json() == "bob"
        assert client.post("/books").status_code == 403


def test_the_id_changes() -> None:
    """One that was planted before is worth nothing after."""
    app, _ = on_server()
    with TestClient(app) as client:
        client.post("/cart")
        planted = client.cookies["session"]
        client.post("/login/ada")
        given = client.cookies["session"]
        assert given != planted
        assert client.get("/cart").json() == ["Dune"]
    with TestClient(app) as mallory:
        mallory.cookies.set("session", planted)
        assert mallory.get("/books").status_code == 401
        mallory.cookies.set("session", given)
        assert mallory.get("/books").status_code == 200


def test_after_logging_out_the_cookie_is_nobodys() -> None:
    app, _ = on_server()
    with TestClient(app) as client:
        client.post("/login/ada")
        kept = client.cookies["session"]
        client.post("/cart")
        client.post("/logout")
        assert "session" not in client.cookies
        client.cookies.set("session", kept)
        assert client.get("/books").status_code == 401
        assert client.get("/cart").json() == []


def test_another_user_finds_nothing_of_the_last_one() -> None:
    app, _ = on_server()
    with TestClient(app) as client:
        client.post("/login/ada")
        client.post("/cart")
        client.post("/login/ada")
        assert client.get("/cart").json() == ["Dune"]
        client.post("/login/bob")
        assert client.get("/cart").json() == []


def test_sessions_are_listed_and_ended_by_user(tmp_path: Path) -> None:
    app = app_of()
    sessions = Sessions(SQLiteStore(tmp_path / "sessions.db"))
    app.install(sessions)

    @app.route("/sessions", methods=["GET", "DELETE"])
    async def all_of_them(request: Request) -> Any:
        if request.method == "DELETE":
            return await sessions.revoke("ada")
        return [each.user for each in await sessions.of_user("ada")]

    other = TestClient(app)
    with TestClient(app) as client:
        client.post("/login/ada")
        other.post("/login/ada")
        assert client.get("/sessions").json() == ["ada", "ada"]
        assert client.delete("/sessions").json() == 2
        assert client.get("/books").status_code == 401
        assert other.get("/books").status_code == 401


def test_a_user_that_is_gone_is_nobody() -> None:
    app, _ = on_server()
    with TestClient(app) as client:
        client.post("/login/eve")
        assert client.get("/books").status_code == 401


def test_the_tokens_against_csrf_change() -> None:
    app, _ = on_server(csrf=True)
    with TestClient(app) as client:
        before = {"x-csrf-token": client.get("/token").json()}
        assert client.post("/cart", headers=before).status_code == 200
        assert client.post("/login/ada", headers=before).status_code == 204
        assert client.post("/cart", headers=before).status_code == 403
        after = {"x-csrf-token": client.get("/token").json()}
        assert client.post("/cart", headers=after).status_code == 200


def test_a_session_of_another_middleware() -> None:
    """A dict is enough."""
    session: dict[str, Any] = {"csrf": "x", "cart": 1}
    request = build_request(session=session)
    log_in(request, 7)
    assert session == {"user_id": 7, "cart": 1}
    log_in(request, 8)
    assert session == {"user_id": 8}
    log_out(request)
    assert session == {}


def test_as_a_backend() -> None:
    app = Restlette()
    app.add_middleware(AuthenticationMiddleware, backend=members)
    app.install(Sessions(MemoryStore()))

    @app.route("/login", methods=["GET", "POST"], name="login")
    async def login(request: Request) -> None:
        if request.method == "POST":
            log_in(request, "ada")

    @app.route("/desk")
    @requires("books:write", redirect="login")
    async def desk(request: Request) -> str:
        return str(request.user.identity)

    with TestClient(app) as client:
        sent = client.get("/desk", allow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (
            303,
            "http://testserver/login",
        )
        client.post("/login")
        assert client.get("/desk").json() == "ada"


@pytest.mark.parametrize("user_id", [None, "", True, 1.5, ["ada"]])
def test_an_id_is_one(user_id: Any) -> None:
    with pytest.raises(TypeError, match="user_id is a text or a number"):
        log_in(build_request(session={}), user_id)


def test_without_a_session() -> None:
    for act in (lambda r: log_in(r, "ada"), log_out):
        with pytest.raises(RuntimeError, match="needs SessionMiddleware"):
            act(build_request())
    with pytest.raises(RuntimeError, match="needs SessionMiddleware"):
        asyncio.run(members.authenticate(build_request()))


def test_a_mistake_is_an_error() -> None:
    with pytest.raises(ValueError, match="no name for a cookie"):
        SessionUser(load, cookie="a b")
    with pytest.raises(TypeError, match="SessionUser takes a function"):
        SessionUser("ada")  # type: ignore[arg-type]  # wrong
