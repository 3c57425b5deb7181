"""An application with large answers and large uploads, which says what it cost.

Answers are counted when they are handed to the server, requests when they are taken
from it: what the server holds in its own buffers is in neither figure.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir

from restlette import (
    FileResponse,
    JSONResponse,
    Request,
    Restlette,
    StreamingResponse,
)
from restlette.contrib.static import StaticFiles
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send

SIZE = 4 * 2**20
PIECE = 2**16

# What a form may hold: more than its reader has of it in memory.
FORM = 6 * 2**20


def bound_send_buffers() -> None:
    """Have the system keep less of each answer, from the next connection on.

    Sockets that were accepted have what the one that listens has; by itself it would be
    some megabytes for each, of which no process is said to have them.
    """
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            each = socket.socket(fileno=int(descriptor))
            if each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)
            each.detach()


# It is there while the application is.
DIRECTORY = Path(gettempdir()) / f"heavy-{os.getpid()}"
LARGE = DIRECTORY / "large"


@asynccontextmanager
async def lifespan(app: Restlette) -> AsyncIterator[None]:
    DIRECTORY.mkdir()
    LARGE.write_bytes(os.urandom(SIZE))
    yield
    rmtree(DIRECTORY)


heavy = Restlette(lifespan=lifespan)
heavy.mount("/static", StaticFiles(directory=DIRECTORY, check_dir=False))


@heavy.route("/file")
async def large_file(request: Request) -> FileResponse:
    return FileResponse(LARGE)


@heavy.route("/stream")
async def stream(request: Request) -> StreamingResponse:
    return StreamingResponse(pieces())


async def pieces() -> AsyncIterator[bytes]:
    for _ in range(SIZE // PIECE):
        yield b"x" * PIECE


@heavy.route("/body", methods=["POST"])
async def body(request: Request) -> None:
    await request.body()


@heavy.route("/pieces", methods=["POST"])
async def by_piece(request: Request) -> None:
    async for _ in request.stream():
        pass


@heavy.route("/form", methods=["POST"], limits={"multipart": FORM})
async def form(request: Request) -> None:
    await request.form()


class Counted:
    """An application that says at `/figures` what it sent and what it took.

    Args:
        app: The application inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.sent = 0
        self.taken: list[list[int]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/figures":
            bound_send_buffers()
            figures = {"pid": os.getpid(), "sent": self.sent, "taken": self.taken}
            await JSONResponse(figures)(scope, receive, send)
            return
        chunks: list[int] = []
        if scope.get("method") == "POST":
            self.taken.append(chunks)

        async def counted_receive() -> Message:
            message = await receive()
            chunks.append(len(message.get("body", b"")))
            return message

        async def counted_send(message: Message) -> None:
            self.sent += len(message.get("body", b""))
            await send(message)

        await self.app(scope, counted_receive, counted_send)


app = Counted(heavy)
