"""An application for other people's parts to be put around."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from restlette import (
    HTTPEndpoint,
    Middleware,
    PlainTextResponse,
    Request,
    Restlette,
    Router,
    StreamingResponse,
    WebSocketEndpoint,
)

TEXT = "Not all those who wander are lost. " * 100


class Lost(Exception):
    """What the shop raises, and nobody handles."""


async def poem(request: Request) -> PlainTextResponse:
    """Give TEXT."""
    return PlainTextResponse(TEXT)


async def lines(request: Request) -> StreamingResponse:
    """Give TEXT in pieces."""

    async def pieces() -> AsyncIterator[str]:
        for _ in range(100):
            yield TEXT[:35]

    return StreamingResponse(pieces(), media_type="text/plain")


class Book(HTTPEndpoint):
    """One book."""

    async def get(self, request: Request, book_id: int) -> dict[str, Any]:
        """Give it."""
        if book_id == 0:
            raise Lost("no book has the number 0")
        return {"id": book_id, "url": str(request.url_for("books:item", book_id=1))}

    async def post(self, request: Request, book_id: int) -> int:
        """Say how much was sent."""
        return len(await request.body())


class Echo(WebSocketEndpoint):
    """Says what it is told."""

    encoding = "text"

    async def on_receive(self, websocket: Any, data: str) -> None:
        """Say it."""
        await websocket.send_text(data)


def shop(*middleware: Middleware, books: tuple[Middleware, ...] = ()) -> Restlette:
    """Make the application, with middleware around it and around its books."""
    router = Router(middleware=books)
    router.route("/{book_id:int}", name="item")(Book)
    router.websocket_route("/feed")(Echo)
    app = Restlette(middleware=middleware)
    app.route("/poem")(poem)
    app.route("/lines")(lines)
    app.mount("/books", router, name="books")
    return app
