"""A Litestar application, mounted."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar, Request, WebSocket, get, post, websocket
from litestar.exceptions import NotFoundException

from restlette import Restlette
from restlette.testing import TestClient
from tests.others.shop import TEXT, Lost


@get("/poem", sync_to_thread=False)
def poem() -> str:
    """Give TEXT."""
    return TEXT


@get("/books/{book_id:int}", name="item")
async def item(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Give a book."""
    book_id = request.path_params["book_id"]
    if book_id == 0:
        raise NotFoundException("no such book")
    return {"id": book_id}


@post("/books")
async def add(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Give back what came."""
    came: dict[str, str] = await request.json()
    return came


@get("/lost")
async def lost() -> None:
    """Raise."""
    raise Lost("lost")


@websocket("/feed")
async def feed(socket: WebSocket[Any, Any, Any]) -> None:
    """Say what is said."""
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


@pytest.fixture
def client() -> Any:
    app = Restlette()
    app.mount("/star", Litestar([poem, item, add, lost, feed]))
    with TestClient(app) as client:
        yield client


def test_it_answers_below_its_mount(client) -> None:
    assert client.get("/star/poem").text == TEXT
    assert client.get("/star/books/7").json()["id"] == 7
    added = client.post("/star/books", json={"title": "Dune"})
    assert (added.status_code, added.json()) == (201, {"title": "Dune"})
    assert client.get("/star/books/0").json()["detail"] == "no such book"
    assert client.get("/star/nowhere").status_code == 404
    assert client.put("/star/poem").status_code == 405
    with client.websocket_connect("/star/feed") as websocket:
        websocket.send_text("a")
        assert websocket.receive_text() == "a"


def test_what_it_does_not_handle_it_answers_itself(client) -> None:
    assert client.get("/star/lost").status_code == 500
