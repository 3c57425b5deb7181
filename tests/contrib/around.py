"""Applications to put a middleware around, each answering the same request."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse as StarletteResponse
from starlette.routing import Route as StarletteRoute

from restlette import HTTPEndpoint, PlainTextResponse, Restlette
from restlette.http.types import ASGIApp, Message, Scope
from tests.testing.apps import answering, body, sending, start

__all__ = ["answering", "body", "exchange", "http_scope", "sending", "start"]

TEXT = "All that is gold does not glitter. " * 100
FIELDS = {"etag": '"v1"', "x-own": "1"}


def restlette_app() -> ASGIApp:
    """TEXT with FIELDS, by restlette."""
    app = Restlette()

    @app.route("/")
    class Poem(HTTPEndpoint):
        async def get(self, request: Any) -> PlainTextResponse:
            return PlainTextResponse(TEXT, headers=FIELDS)

    return app


def starlette_app() -> ASGIApp:
    """TEXT with FIELDS, by Starlette."""

    async def poem(request: StarletteRequest) -> StarletteResponse:
        return StarletteResponse(TEXT, headers=FIELDS)

    app: Any = Starlette(routes=[StarletteRoute("/", poem)])
    return app


def raw_app() -> ASGIApp:
    """TEXT with FIELDS, by hand; its messages are constants."""
    fields = tuple((name.encode(), value.encode()) for name, value in FIELDS.items())
    whole = answering(
        TEXT.encode(), headers=[(b"content-type", b"text/plain"), *fields]
    )
    empty = answering(headers=fields)

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        answer = empty if scope["method"] == "HEAD" else whole
        await answer(scope, receive, send)

    return app


each_app = pytest.mark.parametrize(
    "make",
    [restlette_app, starlette_app, raw_app],
    ids=["restlette", "starlette", "raw"],
)


def http_scope(
    headers: Iterable[tuple[bytes, bytes]] = (), **changes: Any
) -> dict[str, Any]:
    """The scope of a GET, as bare as ASGI allows."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": list(headers),
        **changes,
    }


def exchange(
    app: ASGIApp, scope: Scope, *, on_send: Callable[[Message], None] | None = None
) -> list[Message]:
    """Everything that an application sends to a request without content."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if on_send is not None:
            on_send(message)
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent
