"""The service in Starlette: endpoint classes in a list of routes."""

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute


class BookItem(HTTPEndpoint):
    async def get(self, request):
        book_id = request.path_params["book_id"]
        return JSONResponse({"id": book_id, "title": "Dune"})


class Books(HTTPEndpoint):
    async def post(self, request):
        book = await request.json()
        return JSONResponse(book, status_code=201)


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
    return Starlette(
        routes=[
            *[
                Route(f"/other{number}/{{key:int}}", other())
                for number in range(others)
            ],
            Route("/books/{book_id:int}", BookItem),
            Route("/books", Books),
            WebSocketRoute("/echo", Echo),
        ]
    )


app = make()
