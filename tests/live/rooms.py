"""What the live tests talk to over WebSockets.

Whether a conversation is still held can be asked for by HTTP, at `/held/{name}`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

from attrs import frozen

from restlette import (
    HTTPEndpoint,
    Restlette,
    Unauthorized,
    WebSocket,
    WebSocketEndpoint,
)

app = Restlette()

HELD: dict[str, int] = {}


class Counted(WebSocketEndpoint):
    """Is counted from accept() to the end."""

    async def on_connect(self, websocket: WebSocket, **path: Any) -> None:
        offered = websocket.scope["subprotocols"]
        await websocket.accept("books.v1" if "books.v1" in offered else None)
        name = type(self).__name__.lower()
        HELD[name] = HELD.get(name, 0) + 1

    async def on_disconnect(
        self, websocket: WebSocket, close_code: int, **path: Any
    ) -> None:
        HELD[type(self).__name__.lower()] -= 1


@app.route("/held/{name}")
class Held(HTTPEndpoint):
    async def get(self, request: Any, name: str) -> int:
        return HELD.get(name, 0)


@app.route("/echo")
class Echo(Counted):
    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        await self.send_data(websocket, data)


@app.route("/bytes")
class Bytes(Counted):
    encoding = "bytes"

    async def on_receive(self, websocket: WebSocket, data: bytes) -> None:
        await self.send_data(websocket, data)


@frozen
class Wish:
    title: str
    copies: int = 1


@app.route("/shops/{shop}/wishes")
class Wishes(Counted):
    encoding = "json"

    async def on_receive(self, websocket: WebSocket, data: Wish, shop: str) -> None:
        await self.send_data(websocket, {"shop": shop, "wish": data})


@app.route("/ticks")
class Ticks(Counted):
    encoding = "json"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        await self.send_data(websocket, data)

    async def stream(self, websocket: WebSocket) -> AsyncIterator[Wish]:
        HELD["stream"] = HELD.get("stream", 0) + 1
        try:
            for copies in range(3):
                yield Wish("Dune", copies)
            await asyncio.Event().wait()
        finally:
            HELD["stream"] -= 1
            print("the stream is closed", file=sys.stderr)


@app.route("/flood")
class Flood(Counted):
    """Pushes more than any buffer holds."""

    encoding = "bytes"

    async def stream(self, websocket: WebSocket) -> AsyncIterator[bytes]:
        while True:
            HELD["megabytes"] = HELD.get("megabytes", 0) + 1
            yield bytes(1_000_000)


@app.route("/members")
class Members(WebSocketEndpoint):
    async def on_connect(self, websocket: WebSocket) -> None:
        raise Unauthorized("Members only.", challenges="Bearer")


@app.route("/broken")
class Broken(Counted):
    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        raise KeyError("on_receive")

    async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
        yield "begun"
        await asyncio.Event().wait()
