"""An application with a door for every way to say who one is."""

from __future__ import annotations

from typing import Any

from restlette import HTTPEndpoint, Request, Restlette, WebSocket, WebSocketEndpoint
from restlette.contrib.auth import (
    JWT,
    Basic,
    SessionUser,
    hash_password,
    log_in,
    log_out,
    verify_password,
)
from restlette.contrib.sessions import MemoryStore, Sessions

SECRET = "3f2a3d0c1b7e49d58a6f0e9c2b4d6a81"
PASSWORD = "correct horse £"

HASHES: dict[str, str] = {}


async def open_accounts() -> None:
    """Give ada her account."""
    HASHES["ada"] = await hash_password(PASSWORD)


async def verify(name: str, password: str) -> str | None:
    """Say who it is, after as much work for names that nobody has."""
    verified = await verify_password(password, HASHES.get(name))
    return name if verified else None


names = Basic(verify)
tokens = JWT(SECRET, algorithms=["HS256"])
members = SessionUser(lambda name: name if name in HASHES else None)

app = Restlette(on_startup=[open_accounts])
app.install(Sessions(MemoryStore()))


@app.route("/", methods=["GET"])
async def anybody(request: Request) -> str:
    """Answer everybody."""
    return "welcome"


async def who(request: Request) -> str:
    """Say who asks."""
    return str(request.user.username)


for path, guard in {
    "/name": names,
    "/token": tokens.scopes("read"),
    "/session": members,
    "/either": names | tokens,
}.items():
    app.add_route(path, who, methods=["GET"], guards=[guard], name=path[1:])


@app.route("/login")
class Login(HTTPEndpoint):
    """In and out."""

    async def post(self, request: Request, body: dict[str, str]) -> bool:
        """Log in with a name and a password."""
        name = await verify(body["name"], body["password"])
        if name is not None:
            log_in(request, name)
        return name is not None

    async def delete(self, request: Request) -> None:
        """Log out."""
        log_out(request)


@app.route("/feed")
class Feed(WebSocketEndpoint):
    """Says who has come."""

    guards = [members | tokens]

    async def on_connect(self, websocket: WebSocket) -> Any:
        """Say it."""
        await websocket.accept()
        await websocket.send_text(websocket.user.username)
