"""A FastAPI application, mounted."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request, WebSocket

from restlette import Restlette
from restlette.testing import TestClient, call


def reader(request: Request) -> str:
    """Say who asks."""
    return request.headers.get("x-reader", "nobody")


def fast() -> Any:
    app = FastAPI()

    @app.get("/books/{book_id}", name="item")
    def item(
        book_id: int, request: Request, who: Annotated[str, Depends(reader)]
    ) -> dict[str, Any]:
        if book_id == 0:
            raise HTTPException(404, "no such book")
        url = str(request.url_for("item", book_id=1))
        return {"id": book_id, "url": url, "who": who}

    @app.post("/books")
    async def add(book: dict[str, str]) -> dict[str, str]:
        return book

    @app.websocket("/feed")
    async def feed(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    return app


@pytest.fixture
def client() -> Any:
    app = Restlette()
    app.mount("/fast", fast(), name="fast")
    with TestClient(app) as client:
        yield client


def test_it_answers_below_its_mount(client) -> None:
    """With its dependencies and models, and URLs that lead to it."""
    book = client.get("/fast/books/7", headers={"x-reader": "ada"}).json()
    url = "http://testserver/fast/books/1"
    assert book == {"id": 7, "url": url, "who": "ada"}
    assert client.post("/fast/books", json={"title": "Dune"}).json() == {
        "title": "Dune"
    }
    assert client.post("/fast/books", json=[]).status_code == 422
    missing = client.get("/fast/books/0")
    assert (missing.status_code, missing.json()) == (404, {"detail": "no such book"})
    with client.websocket_connect("/fast/feed") as websocket:
        websocket.send_text("a")
        assert websocket.receive_text() == "a"


def test_its_documents_say_where_it_is(client) -> None:
    document = client.get("/fast/openapi.json").json()
    assert document["servers"] == [{"url": "/fast"}]
    assert set(document["paths"]) == {"/books/{book_id}", "/books"}
    assert "'/fast/openapi.json'" in client.get("/fast/docs").text


def test_restlette_mounted_in_it_is_at_home() -> None:
    inner = Restlette()

    @inner.route("/poem", name="poem")
    async def poem(request: Any) -> str:
        return str(request.url_for("poem"))

    outer = FastAPI()
    outer.mount("/in", inner)
    assert call(outer, path="/in/poem").json() == "http://testserver/in/poem"
