"""The service in FastAPI, which is written in functions; pydantic checks."""

from typing import Annotated

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field


class NewBook(BaseModel):
    title: Annotated[str, Field(min_length=1)]
    author: Annotated[str, Field(min_length=1)]
    year: Annotated[int, Field(ge=0)]
    pages: Annotated[int, Field(ge=1)]
    price: Annotated[float, Field(ge=0)]
    in_print: bool


def make(others=0):
    app = FastAPI()

    for number in range(others):

        @app.get(f"/other{number}/{{key}}")
        async def other(key: int):
            return {"key": key}

    @app.get("/books/{book_id}")
    async def read_book(book_id: int) -> dict[str, int | str]:
        return {"id": book_id, "title": "Dune"}

    @app.post("/books", status_code=201)
    async def create_book(book: NewBook) -> NewBook:
        return book

    @app.websocket("/echo")
    async def echo(websocket: WebSocket):
        await websocket.accept()
        try:
            while True:
                data = await websocket.receive_text()
                await websocket.send_text(data)
        except WebSocketDisconnect:
            pass

    return app


app = make()
