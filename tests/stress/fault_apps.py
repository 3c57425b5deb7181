"""An application that keeps a journal, which can be read when its process is gone.

A line is written when the server hands something over, before anything of the
application has seen it; and when a background task, a stream or a WebSocket is at its
end. The client names what it asks for, and what is written has that name.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from tempfile import gettempdir

from restlette import (
    BackgroundTask,
    Created,
    HTTPEndpoint,
    PlainTextResponse,
    Request,
    Response,
    Restlette,
    StreamingResponse,
    WebSocket,
    WebSocketEndpoint,
)
from restlette.http.types import ASGIApp, Receive, Scope, Send

DIRECTORY = Path(os.environ.get("FAULTS", gettempdir()))

# Seconds.
A_MOMENT = 0.2
FOR_EVER = 3600.0

# What a stream with an end has.
LINES = 10


def note(*words: object) -> None:
    """Write a line into the journal, in one piece."""
    journal = os.open(
        DIRECTORY / "journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600
    )
    try:
        os.write(journal, " ".join(map(str, words)).encode() + b"\n")
    finally:
        os.close(journal)


class Orders:
    """What was ordered, in a database."""

    def __init__(self) -> None:
        self.is_open = True
        with self.connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE IF NOT EXISTS orders (name PRIMARY KEY)")

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        path = DIRECTORY / "orders.db"
        with closing(sqlite3.connect(path, FOR_EVER)) as connection, connection:
            yield connection

    def add(self, name: str) -> None:
        """Keep an order, in a transaction of its own."""
        with self.connection() as connection:
            connection.execute("INSERT INTO orders VALUES (?)", (name,))

    async def deliver(self, name: str) -> None:
        """Take some time, and need what is closed at the end."""
        try:
            await asyncio.sleep(A_MOMENT)
        except asyncio.CancelledError:
            note("cut", name)
            raise
        if not self.is_open:
            raise RuntimeError("it is closed")
        note("delivered", name)


@asynccontextmanager
async def open_orders() -> AsyncIterator[Orders]:
    orders = Orders()
    try:
        yield orders
    finally:
        orders.is_open = False
        note("closed")


faulty = Restlette()
faulty.provide(Orders, open_orders)


@faulty.route("/")
async def home(request: Request) -> int:
    return os.getpid()


@faulty.route("/plain/{name}")
async def plain(request: Request, name: str) -> Response:
    await asyncio.sleep(A_MOMENT)
    return PlainTextResponse(name)


@faulty.route("/order/{name}")
class Order(HTTPEndpoint):
    orders: Orders

    def post(self, request: Request, name: str) -> Created[str]:
        self.orders.add(name)
        task = BackgroundTask(self.orders.deliver, name)
        return Created(name, location=f"/plain/{name}", background=task)


@faulty.route("/upload/{name}", methods=["POST"])
async def upload(request: Request, name: str) -> Response:
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return PlainTextResponse(f"{name} {size}")


@faulty.route("/stream/{name}")
async def stream(request: Request, name: str) -> Response:
    async def lines() -> AsyncIterator[str]:
        for _ in range(LINES):
            yield f"{name}\n"
            await asyncio.sleep(A_MOMENT / 2)

    return StreamingResponse(lines())


@faulty.route("/endless/{name}")
async def endless(request: Request, name: str) -> Response:
    async def lines() -> AsyncIterator[str]:
        try:
            while True:
                yield f"{name}\n"
                await asyncio.sleep(A_MOMENT)
        finally:
            note("ended", name)

    return StreamingResponse(lines())


@faulty.route("/late/{name}", methods=["POST"])
async def late(request: Request, name: str) -> Response:
    async def wait() -> None:
        try:
            await asyncio.sleep(FOR_EVER)
        finally:
            note("ended", name)

    return PlainTextResponse(name, background=BackgroundTask(wait))


@faulty.route("/talk/{name}")
class Talk(WebSocketEndpoint):
    """Says what it hears, and something of its own all the time."""

    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str, name: str) -> None:
        await self.send_data(websocket, data)

    async def stream(self, websocket: WebSocket, name: str) -> AsyncIterator[str]:
        try:
            while True:
                yield name
                await asyncio.sleep(A_MOMENT)
        finally:
            note("ended", name)

    async def on_disconnect(
        self, websocket: WebSocket, close_code: int, name: str
    ) -> None:
        note("left", name, close_code)


class Noted:
    """Notes the name of each thing that the server hands over.

    Args:
        app: The application inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and scope["path"] != "/":
            note("begun", scope["path"].rpartition("/")[2])
        await self.app(scope, receive, send)


app = Noted(faulty)
