"""The service in BlackSheep: controllers; pydantic checks."""

from typing import Annotated

from blacksheep import Application, FromJSON, Router, WebSocket
from blacksheep.server.controllers import Controller
from blacksheep.server.routing import RoutesRegistry
from blacksheep.server.websocket import WebSocketDisconnectError
from pydantic import BaseModel, Field


class NewBook(BaseModel):
    title: Annotated[str, Field(min_length=1)]
    author: Annotated[str, Field(min_length=1)]
    year: Annotated[int, Field(ge=0)]
    pages: Annotated[int, Field(ge=1)]
    price: Annotated[float, Field(ge=0)]
    in_print: bool


def make(others=0):
    app = Application(router=Router())
    # Its own, so that several applications can be made in one process.
    app.controllers_router = RoutesRegistry()
    get = app.controllers_router.get
    post = app.controllers_router.post

    for number in range(others):

        class Other(Controller):
            @get(f"/other{number}/{{int:key}}")
            async def read(self, key: int):
                return self.json({"key": key})

    class Books(Controller):
        @get("/books/{int:book_id}")
        async def read_book(self, book_id: int):
            return self.json({"id": book_id, "title": "Dune"})

        @post("/books")
        async def create_book(self, data: FromJSON[NewBook]):
            return self.created(data.value)

    @app.router.ws("/echo")
    async def echo(websocket: WebSocket):
        await websocket.accept()
        try:
            while True:
                data = await websocket.receive_text()
                await websocket.send_text(data)
        except WebSocketDisconnectError:
            pass

    return app


app = make()
