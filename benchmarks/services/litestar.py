"""The service in Litestar: controllers, a listener; msgspec checks."""

from typing import Annotated

from litestar import Controller, Litestar, get, post
from litestar.handlers import WebsocketListener
from msgspec import Meta, Struct


class NewBook(Struct):
    title: Annotated[str, Meta(min_length=1)]
    author: Annotated[str, Meta(min_length=1)]
    year: Annotated[int, Meta(ge=0)]
    pages: Annotated[int, Meta(ge=1)]
    price: Annotated[float, Meta(ge=0)]
    in_print: bool


class BookController(Controller):
    path = "/books"

    @get("/{book_id:int}")
    async def read_book(self, book_id: int) -> dict[str, int | str]:
        return {"id": book_id, "title": "Dune"}

    @post()
    async def create_book(self, data: NewBook) -> NewBook:
        return data


class Echo(WebsocketListener):
    path = "/echo"

    async def on_receive(self, data: str) -> str:
        return data


def other(number):
    class Other(Controller):
        path = f"/other{number}"

        @get("/{key:int}")
        async def read(self, key: int) -> dict[str, int]:
            return {"key": key}

    return Other


def make(others=0):
    handlers = [other(number) for number in range(others)]
    return Litestar(route_handlers=[*handlers, BookController, Echo])


app = make()
