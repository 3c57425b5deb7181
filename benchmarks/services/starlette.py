"""The service in Starlette: endpoint classes in a list of routes."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from benchmarks.services import CORS, GZIP, SESSION
from benchmarks.services.raw import reading, returning, writing


class BookItem(HTTPEndpoint):
    async def get(self, request):
        book_id = request.path_params["book_id"]
        return JSONResponse({"id": book_id, "title": "Dune"})


class Books(HTTPEndpoint):
    async def post(self, request):
        book = await request.json()
        return JSONResponse(book, status_code=201)


class File(HTTPEndpoint):
    async def get(self, request):
        return FileResponse(Path(os.environ["FILES"], "large.bin"))


class Form(HTTPEndpoint):
    async def post(self, request):
        async with request.form() as form:
            texts, files = [], {}
            for name, value in form.multi_items():
                if isinstance(value, str):
                    texts.append(value)
                else:
                    content = await value.read()
                    files[name] = [len(content), content[-16:].hex()]
            characters = sum(map(len, texts))
            said = {"fields": len(texts), "characters": characters, "files": files}
            return JSONResponse(said)


class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)


def other():
    class Other(HTTPEndpoint):
        async def get(self, request):
            return JSONResponse({"key": request.path_params["key"]})

    return Other


def make(others=0):
    files = os.environ.get("FILES")
    return Starlette(
        routes=[
            *[
                Route(f"/other{number}/{{key:int}}", other())
                for number in range(others)
            ],
            Route("/books/{book_id:int}", BookItem),
            Route("/books", Books),
            Route("/file", File),
            Route("/form", Form),
            *([Mount("/static", StaticFiles(directory=files))] if files else []),
            WebSocketRoute("/echo", Echo),
        ]
    )


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
