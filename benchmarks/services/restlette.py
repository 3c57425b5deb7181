"""The service in restlette, every limit on."""

import os
from pathlib import Path

from attrs import field, frozen
from attrs.validators import ge, min_len

from benchmarks.services import CORS, GZIP, SESSION
from benchmarks.services.raw import reading, returning, writing
from restlette import (
    Created,
    FileResponse,
    HTTPEndpoint,
    Restlette,
    WebSocketEndpoint,
)
from restlette.contrib.cors import CORSMiddleware
from restlette.contrib.gzip import GZipMiddleware
from restlette.contrib.sessions import SessionMiddleware
from restlette.contrib.static import StaticFiles


@frozen
class NewBook:
    title: str = field(validator=min_len(1))
    author: str = field(validator=min_len(1))
    year: int = field(validator=ge(0))
    pages: int = field(validator=ge(1))
    price: float = field(validator=ge(0))
    in_print: bool


def make(others=0):
    app = Restlette()

    for number in range(others):

        @app.route(f"/other{number}/{{key:int}}")
        class Other(HTTPEndpoint):
            async def get(self, request, key: int) -> dict:
                return {"key": key}

    @app.route("/books/{book_id:int}")
    class BookItem(HTTPEndpoint):
        async def get(self, request, book_id: int) -> dict:
            return {"id": book_id, "title": "Dune"}

    @app.route("/books")
    class Books(HTTPEndpoint):
        async def post(self, request, body: NewBook) -> Created[NewBook]:
            return Created(body)

    @app.route("/file")
    class File(HTTPEndpoint):
        async def get(self, request):
            return FileResponse(Path(os.environ["FILES"], "large.bin"))

    if "FILES" in os.environ:
        app.mount("/static", StaticFiles(os.environ["FILES"]))

    @app.route("/form")
    class Form(HTTPEndpoint):
        async def post(self, request) -> dict:
            async with request.form() as form:
                texts, files = [], {}
                for name, value in form.multi_items():
                    if isinstance(value, str):
                        texts.append(value)
                    else:
                        content = await value.read()
                        files[name] = [len(content), content[-16:].hex()]
                characters = sum(map(len, texts))
                return {"fields": len(texts), "characters": characters, "files": files}

    @app.websocket_route("/echo")
    class Echo(WebSocketEndpoint):
        encoding = "text"

        async def on_receive(self, websocket, data):
            await websocket.send_text(data)

    return app


def gzip(app):
    return GZipMiddleware(app, **GZIP)


def cors(app):
    return CORSMiddleware(app, **CORS)


def session_read(app):
    inside = SessionMiddleware(reading(app), **SESSION)
    return returning(inside, SessionMiddleware(writing(app), **SESSION))


def session_write(app):
    inside = SessionMiddleware(writing(app), **SESSION)
    return returning(inside, inside)


app = make()
