"""A program that uses the core where nothing else is installed.

It is run by tests/test_packaging.py without site-packages, and by scripts/test in an
environment that has the installed package and nothing beside it. It needs neither
pytest nor any other test tool.
"""

import asyncio
import traceback

from restlette import (
    Created,
    HTTPEndpoint,
    JSONResponse,
    Restlette,
    WebSocketEndpoint,
)
from restlette.http.optional import MissingExtra
from restlette.testing import build_request, call, call_async

app = Restlette()


@app.route("/books/{book_id:int}")
class BookItem(HTTPEndpoint):
    async def get(self, request, book_id: int) -> dict:
        return {"id": book_id, "title": "Dune"}


@app.route("/books")
class Books(HTTPEndpoint):
    async def post(self, request, body: dict):
        return Created(body)


@app.route("/plain")
class Plain(HTTPEndpoint):
    def get(self, request):
        return JSONResponse({"sync": True})


@app.route("/forms", methods=["POST"])
async def forms(request) -> dict:
    return dict(await request.form())


@app.websocket_route("/echo")
class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)


def check(fact: str, given: object, wanted: object) -> None:
    """One fact, held without `assert`: `python -O` must not pass everything."""
    if given != wanted:
        raise SystemExit(f"core alone: {fact}: {given!r} instead of {wanted!r}")
    passed.append(fact)


passed: list[str] = []


def http() -> None:
    answer = call(app, "GET", "/books/3")
    check("GET", answer.status_code, 200)
    check("GET content", answer.json(), {"id": 3, "title": "Dune"})
    check("HEAD", call(app, "HEAD", "/books/3").content, b"")
    check("404", call(app, "GET", "/nowhere").status_code, 404)
    check("405", call(app, "DELETE", "/books/3").headers["allow"], "GET, HEAD, OPTIONS")
    answer = call(app, "POST", "/books", json={"title": "Emma"})
    check("POST", answer.status_code, 201)
    check("POST content", answer.json(), {"title": "Emma"})
    answer = call(app, "POST", "/books", content=b"{")
    check("415", answer.status_code, 415)
    answer = call(app, "POST", "/forms", data={"title": "Emma"})
    check("a form", answer.json(), {"title": "Emma"})
    check("a thread", call(app, "GET", "/plain").json(), {"sync": True})
    request = build_request("GET", "/books/3")
    answer = asyncio.run(BookItem().get(request, 3))
    check("a handler", answer["id"], 3)
    answer = asyncio.run(call_async(app, "GET", "/books/4"))
    check("call_async", answer.json()["id"], 4)


def websocket() -> None:
    sent = []
    messages = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "hello"},
        {"type": "websocket.disconnect", "code": 1000},
    ]

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/echo",
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
        "subprotocols": [],
    }
    asyncio.run(app(scope, receive, send))
    check("echo", sent[1]["text"], "hello")


def missing() -> None:
    """What needs an extra says which, and stands in nobody's way."""
    exec("from restlette import *", {})
    for place, name, extra in (
        ("restlette.testing", "TestClient", "testing"),
        ("restlette", "FileResponse", "files"),
        ("restlette", "MessagePack", "msgpack"),
        ("restlette", "PageQuery", "attrs"),
        ("restlette", "Collection", "attrs"),
    ):
        try:
            exec(f"from {place} import {name}")
        except MissingExtra as exc:
            check(name, f'pip install "restlette[{extra}]"' in str(exc), True)
        else:
            raise SystemExit(f"core alone: not alone, {name} can be imported")


if __name__ == "__main__":
    try:
        http()
        websocket()
        missing()
    except Exception:
        traceback.print_exc()
        raise SystemExit("core alone: failed") from None
    print(f"core alone: {len(passed)} passed")
