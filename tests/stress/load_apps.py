"""What is put under load: an application of restlette's, and one without it.

It is the servers that import this: it sets where uploads go to disk, and writes a file.
Each answer has the name that its request came with. `/costs` says what only the process
itself knows of: how many tasks it has, and how many handlers have begun and not ended.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from restlette import (
    FileResponse,
    HTTPEndpoint,
    Middleware,
    PlainTextResponse,
    Request,
    Response,
    Restlette,
    Router,
    StreamingResponse,
    UploadFile,
    WebSocket,
    WebSocketEndpoint,
)
from restlette.contrib.gzip import GZipMiddleware
from restlette.http.types import Receive, Scope, Send
from tests.stress.sizes import A_WHILE, PIECE, SIZE

# How far behind a listener may be.
BEHIND = 1000

# Files of uploads are on disk from here on.
UploadFile.spool_max_size = 2**14

LARGE = Path(gettempdir()) / "large"
LARGE.write_bytes(random.Random(1).randbytes(SIZE))

load = Restlette()
running = 0


@contextmanager
def counted() -> Iterator[None]:
    """Count a handler while it runs."""
    global running
    running += 1
    try:
        yield
    finally:
        running -= 1


def give_back() -> None:
    """Give the system what the allocator keeps for later (malloc_trim(3)).

    It is nobody's, and may be more than what is looked for.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)


@load.route("/")
async def costs(request: Request) -> dict[str, int]:
    give_back()
    return {"tasks": len(asyncio.all_tasks()), "running": running, "pid": os.getpid()}


@load.route("/echo/{name}")
async def echo(request: Request, name: str) -> Response:
    return PlainTextResponse(name)


@load.route("/plain/{name}")
def plain(request: Request, name: str) -> Response:
    with counted():
        time.sleep(A_WHILE)
    return PlainTextResponse(name)


@load.route("/slow/{name}")
async def slow(request: Request, name: str) -> Response:
    with counted():
        await asyncio.sleep(A_WHILE)
    return PlainTextResponse(name)


@load.route("/endless/{name}")
async def endless(request: Request, name: str) -> Response:
    async def lines() -> AsyncIterator[str]:
        with counted():
            while True:
                yield f"{name}\n"
                await asyncio.sleep(0.01)

    return StreamingResponse(lines())


@load.route("/file")
async def file(request: Request) -> Response:
    return FileResponse(LARGE)


def pieces() -> AsyncIterator[bytes]:
    """Bytes that nothing makes smaller."""
    piece = random.Random(2).randbytes(PIECE)

    async def several() -> AsyncIterator[bytes]:
        for _ in range(SIZE // PIECE):
            yield piece

    return several()


@load.route("/stream")
async def stream(request: Request) -> Response:
    return StreamingResponse(pieces())


packed = Router(middleware=[Middleware(GZipMiddleware)])
load.mount("/packed", packed)


@packed.route("/stream")
async def packed_stream(request: Request) -> Response:
    return StreamingResponse(pieces(), media_type="text/plain")


@load.route("/form/{name}", methods=["POST"])
async def form(request: Request, name: str) -> Response:
    with counted():
        async with request.form() as fields:
            upload = fields["file"]
            assert isinstance(upload, UploadFile)
            return PlainTextResponse(f"{name} {upload.size}")


@load.route("/body/{name}", methods=["POST"])
async def body(request: Request, name: str) -> Response:
    return PlainTextResponse(f"{name} {len(await request.body())}")


@load.route("/talk")
class Talk(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        await self.send_data(websocket, data)


LISTENERS: set[asyncio.Queue[str]] = set()


@load.route("/news")
class News(HTTPEndpoint):
    async def post(self, request: Request) -> None:
        text = (await request.body()).decode()
        for queue in LISTENERS:
            queue.put_nowait(text)


@load.route("/listen")
class Listen(WebSocketEndpoint):
    encoding = "text"

    async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
        queue: asyncio.Queue[str] = asyncio.Queue(BEHIND)
        LISTENERS.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            LISTENERS.discard(queue)


async def raw(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as `/echo` and `/talk` do, without restlette."""
    if scope["type"] == "http":
        if scope["path"] == "/":
            give_back()
        content = scope["path"].rpartition("/")[2].encode()
        fields = [(b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": content})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        message: Any = await receive()
        while message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
            message = await receive()
    else:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
