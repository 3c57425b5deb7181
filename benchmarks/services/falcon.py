"""The service in Falcon: resources with responders."""

import falcon
import falcon.asgi


class BookItem:
    async def on_get(self, req, resp, book_id):
        resp.media = {"id": book_id, "title": "Dune"}


class Books:
    async def on_post(self, req, resp):
        resp.media = await req.get_media()
        resp.status = falcon.HTTP_201


class Echo:
    async def on_websocket(self, req, ws):
        await ws.accept()
        try:
            while True:
                data = await ws.receive_text()
                await ws.send_text(data)
        except falcon.WebSocketDisconnected:
            return


class Other:
    async def on_get(self, req, resp, key):
        resp.media = {"key": key}


def make(others=0):
    app = falcon.asgi.App()
    for number in range(others):
        app.add_route(f"/other{number}/{{key:int}}", Other())
    app.add_route("/books/{book_id:int}", BookItem())
    app.add_route("/books", Books())
    app.add_route("/echo", Echo())
    return app


app = make()
