"""An application that has one of everything, for the tests of this directory.

What happens where no client sees it (background tasks, disconnects, what was closed) is
written down by `note` and read with `GET /notes/{key}`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from restlette import (
    NDJSON,
    Anyone,
    BackgroundTask,
    ClientDisconnect,
    Created,
    EventStream,
    Forbidden,
    Guard,
    HTTPEndpoint,
    JSONResponse,
    Middleware,
    NotFound,
    PlainTextResponse,
    RedirectResponse,
    Request,
    Response,
    Restlette,
    Router,
    StreamingResponse,
    Unauthorized,
    UploadFile,
    Validators,
    WebSocket,
    WebSocketEndpoint,
    WebSocketException,
)
from restlette.contrib.cors import CORSMiddleware
from restlette.contrib.gzip import GZipMiddleware
from restlette.http.files import FileResponse
from tests.servers.parts import parts

DOCUMENT = Path(__file__).with_name("document.txt")

NOTES: dict[str, list[str]] = defaultdict(list)


def note(key: str, text: str) -> None:
    """Write down what happened."""
    NOTES[key].append(text)


class Deliberate(Exception):
    """Raised by the application on purpose; servers write its traceback."""


@asynccontextmanager
async def lifespan(app: Restlette) -> AsyncIterator[dict[str, Any]]:
    """Give each request a word."""
    yield {"word": "open"}


app = Restlette(lifespan=lifespan)


@app.route("/")
async def home(request: Request) -> str:
    """Say hello."""
    return "hello"


@app.route("/notes/{key}")
async def read_notes(request: Request, key: str) -> list[str]:
    """Give what was written down."""
    return NOTES[key]


@app.route("/state")
async def state(request: Request) -> dict[str, Any]:
    """Give what the lifespan gave, where there is one."""
    return {"word": getattr(request.state, "word", None)}


# Methods and content ------------------------------------------------------------------


@app.route("/items")
class Items(HTTPEndpoint):
    """A list that never grows."""

    async def get(self, request: Request) -> list[int]:
        """Give the numbers that there are."""
        return [1, 2, 3]

    async def post(self, request: Request, body: dict[str, Any]) -> Created[Any]:
        """Say where it would be."""
        return Created(body, location=Item.ref(item_id=4))


@app.route("/items/{item_id:int}", name="item")
class Item(HTTPEndpoint):
    """One of the list."""

    extra_methods = {"QUERY": "search"}

    async def prepare(self, request: Request, item_id: int) -> None:
        """Look for it."""
        if item_id > 3:
            raise NotFound(f"There is no item {item_id}.")

    async def get(self, request: Request, item_id: int) -> dict[str, Any]:
        """Give it."""
        return {"item": item_id}

    async def put(
        self, request: Request, item_id: int, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Give what came."""
        return {"item": item_id, "put": body}

    async def patch(
        self, request: Request, item_id: int, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Give what came."""
        return {"item": item_id, "patch": body}

    async def delete(self, request: Request) -> None:
        """Do nothing."""

    async def search(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """Give what is looked for (RFC 10008)."""
        return {"search": body}


@app.route("/search")
async def search(request: Request) -> dict[str, Any]:
    """Give the query."""
    return {"query": request.query_params.multi_items()}


@app.route("/bound")
async def bound(request: Request, query: dict[str, str]) -> dict[str, str]:
    """Give the query, bound."""
    return query


@app.route("/things/{name}")
async def thing(request: Request, name: str) -> dict[str, str]:
    """Give the segment."""
    return {"name": name, "url": str(request.url)}


@app.route("/paths/{path:path}")
async def path(request: Request, path: str) -> dict[str, str]:
    """Give the rest of the path."""
    return {"path": path}


@app.route("/slash/")
async def slash(request: Request) -> str:
    """Be there with a slash alone."""
    return "slash"


@app.route("/links", name="links")
async def links(request: Request) -> dict[str, str]:
    """Give absolute links."""
    return {
        "item": str(request.url_for(Item, item_id=3)),
        "links": str(request.url_for("links")),
        "url": str(request.url),
        "base": str(request.base_url),
    }


@app.route("/echo", methods=["POST", "PUT", "GET"])
async def echo(request: Request) -> dict[str, Any]:
    """Give what came, as the application sees it."""
    note(request.query_params.get("key", ""), "asked")
    content = await request.body()
    return {
        "method": request.method,
        "fields": [
            [name.decode("latin-1"), value.decode("latin-1")]
            for name, value in request.scope["headers"]
        ],
        "cookies": request.cookies,
        "length": len(content),
        "start": content[:20].decode("latin-1"),
    }


@app.route("/form", methods=["POST"])
async def form(request: Request) -> dict[str, Any]:
    """Give what a form holds: a file by its name, size and beginning."""
    found: dict[str, Any] = {}
    async with request.form() as sent:
        for name, value in sent.multi_items():
            if isinstance(value, UploadFile):
                start = (await value.read(10)).decode("latin-1")
                found[name] = [value.filename, value.size, start]
            else:
                found[name] = value
    return found


@app.route("/redirect")
async def redirect(request: Request) -> Response:
    """Lead to the list."""
    return RedirectResponse("/items")


# Header fields and cookies ------------------------------------------------------------


@app.route("/fields")
async def fields(request: Request) -> Response:
    """Have fields of one name."""
    response = PlainTextResponse("fields")
    response.headers.append("x-many", "a, b")
    response.headers.append("x-many", "c")
    response.headers.append("x-latin", "caf\u00e9")
    return response


@app.route("/cookies")
async def cookies(request: Request) -> Response:
    """Set cookies, and give those that came."""
    response = JSONResponse(request.cookies)
    response.set_cookie("first", "1", max_age=60, httponly=True)
    response.set_cookie("second", "2", secure=True, samesite="strict")
    response.delete_cookie("third")
    return response


# Streams, background tasks, disconnects -----------------------------------------------


@app.route("/stream")
async def stream(request: Request) -> Response:
    """Send numbers, one after the other."""
    count = int(request.query_params["count"])

    async def numbers() -> AsyncIterator[str]:
        for number in range(count):
            yield f"{number}\n"
            await asyncio.sleep(0)

    return StreamingResponse(numbers(), media_type="text/plain")


async def two() -> AsyncIterator[dict[str, int]]:
    """Give two items."""
    for number in range(2):
        yield {"number": number}


@app.route("/events")
async def events(request: Request) -> EventStream[dict[str, int]]:
    """Send two events."""
    return EventStream(two())


@app.route("/lines")
async def lines(request: Request) -> NDJSON[dict[str, int]]:
    """Send two lines."""
    return NDJSON(two())


@app.route("/silent/{key}")
async def silent(request: Request, key: str) -> EventStream[dict[str, int]]:
    """Have nothing to send."""

    async def nothing() -> AsyncIterator[dict[str, int]]:
        note(key, "begun")
        try:
            await asyncio.Event().wait()
            yield {}
        finally:
            note(key, "closed")

    return EventStream(nothing())


@app.route("/threads")
async def threads(request: Request) -> Response:
    """Send what an ordinary iterator gives."""

    def numbers() -> Iterator[str]:
        yield from (f"{number}\n" for number in range(3))

    return StreamingResponse(numbers(), media_type="text/plain")


@app.route("/upload", methods=["POST"], limits={"body": 10_000_000})
async def upload(request: Request) -> dict[str, int]:
    """Count the content that comes."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return {"size": size}


@app.route("/both", methods=["POST"])
async def both(request: Request) -> Response:
    """Send each piece back when it comes."""

    async def capitals() -> AsyncIterator[bytes]:
        async for chunk in request.stream():
            if chunk:
                yield chunk.upper()

    return StreamingResponse(capitals(), media_type="text/plain")


@app.route("/little", methods=["POST"], limits={"body": 100})
async def little(request: Request) -> dict[str, int]:
    """Take little."""
    return {"length": len(await request.body())}


@app.route("/unread", methods=["POST"])
async def unread(request: Request) -> str:
    """Answer without reading the content."""
    return "unread"


@app.route("/background/{key}", methods=["POST"])
async def background(request: Request, key: str) -> Response:
    """Answer, then do something."""

    async def task() -> None:
        note(key, "done")

    return PlainTextResponse("later", background=BackgroundTask(task))


@app.route("/waiting/{key}", methods=["GET", "POST"])
async def waiting(request: Request, key: str) -> str:
    """Read the content, and ask again and again whether the client has gone."""
    await request.body()
    note(key, "waiting")
    try:
        while not await request.is_disconnected():
            await asyncio.sleep(0.01)
        note(key, "gone")
    finally:
        note(key, "over")
    return "gone"


@app.route("/asking", methods=["POST"])
async def asking(request: Request) -> list[bool]:
    """Ask three times whether the client has gone, which waits for the answer."""
    await request.body()
    answers = []
    for _ in range(3):
        answers.append(await request.is_disconnected())
        await asyncio.sleep(0.01)
    return answers


@app.route("/reading/{key}", methods=["POST"])
async def reading(request: Request, key: str) -> str:
    """Read content whose end never comes."""
    note(key, "reading")
    try:
        async for _ in request.stream():
            pass
    except ClientDisconnect:
        note(key, "gone")
        raise
    return "read"


@app.route("/endless/{key}")
async def endless(request: Request, key: str) -> Response:
    """Send without an end."""

    async def pieces() -> AsyncIterator[bytes]:
        note(key, "begun")
        try:
            while True:
                yield b"x" * 65_536
        finally:
            note(key, "closed")

    return StreamingResponse(pieces())


@app.route("/large/{key}")
async def large(request: Request, key: str) -> Response:
    """Send 32 MiB, which is more than sockets keep."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(512):
            yield b"x" * 65_536
        note(key, "all")

    return StreamingResponse(pieces())


@app.route("/ticking/{key}")
async def ticking(request: Request, key: str) -> Response:
    """Send without an end, and slowly."""

    async def pieces() -> AsyncIterator[bytes]:
        note(key, "begun")
        try:
            while True:
                yield b"tick\n"
                await asyncio.sleep(0.05)
        finally:
            note(key, "closed")

    return StreamingResponse(pieces(), media_type="text/plain")


# Exceptions ---------------------------------------------------------------------------


@app.route("/fails", methods=["GET", "POST"])
async def fails(request: Request) -> str:
    """Fail."""
    raise Deliberate("before the answer")


@app.route("/breaks")
async def breaks(request: Request) -> Response:
    """Fail in the middle of the answer."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"some"
        raise Deliberate("in the middle of the answer")

    return StreamingResponse(pieces(), media_type="text/plain")


# What a resource states ---------------------------------------------------------------


class Member(Guard):
    """Lets in who has the word."""

    challenges = 'Bearer realm="tests"'
    responses = {401: "Say the word.", 403: "It is another word."}

    async def check(self, connection: Any, resource: Any) -> bool:
        """Look at Authorization."""
        word: str | None = connection.headers.get("authorization")
        if word not in (None, "Bearer word"):
            raise Forbidden("It is another word.")
        return word is not None


@app.route("/versioned")
class Versioned(HTTPEndpoint):
    """Has a state, and is changed by members alone."""

    guards = (Anyone.to("get"), Member())
    require_preconditions = True

    async def validators(self, request: Request) -> Validators:
        """Give the state, which never changes."""
        return Validators(etag="7")

    async def get(self, request: Request) -> dict[str, int]:
        """Give it."""
        return {"version": 7}

    async def put(
        self, request: Request, body: dict[str, Any], headers: dict[str, str]
    ) -> dict[str, Any]:
        """Give what came."""
        return {"put": body, "x-word": headers["x-word"]}


# Files and middleware -----------------------------------------------------------------


@app.route("/document")
async def document(request: Request) -> Response:
    """Send a file."""
    return FileResponse(DOCUMENT, media_type="text/plain")


zipped = Router(middleware=[Middleware(GZipMiddleware, minimum_size=100)])


@zipped.route("/long")
async def long(request: Request) -> str:
    """Be long enough."""
    return "long " * 1_000


@zipped.route("/short")
async def short(request: Request) -> str:
    """Be too short."""
    return "short"


@zipped.route("/stream")
async def zipped_stream(request: Request) -> Response:
    """Send pieces."""

    async def pieces() -> AsyncIterator[str]:
        for number in range(100):
            yield f"{number}\n"

    return StreamingResponse(pieces(), media_type="text/plain")


app.mount("/zipped", zipped)

shared = Router(
    middleware=[
        Middleware(CORSMiddleware, allow_origins=["https://shop.example"]),
    ]
)


@shared.route("/answer")
async def answer(request: Request) -> str:
    """Be there for another origin."""
    return "shared"


@shared.route("/fails")
async def shared_failure(request: Request) -> str:
    """Fail for another origin."""
    raise Deliberate("for another origin")


app.mount("/shared", shared)

app.mount("/parts", parts)


# WebSockets ---------------------------------------------------------------------------


@app.route("/ws/echo/{key}")
class Echo(WebSocketEndpoint):
    """Send back what comes."""

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        """Send it back, as what it came."""
        if isinstance(data, str):
            await websocket.send_text(data)
        else:
            await websocket.send_bytes(data)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        """Write down how it ended."""
        note(websocket.path_params["key"], str(close_code))


@app.route("/ws/text")
class Text(WebSocketEndpoint):
    """Take text alone."""

    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        """Send it back."""
        await websocket.send_text(data)


@app.route("/ws/bytes")
class Bytes(WebSocketEndpoint):
    """Take bytes alone."""

    encoding = "bytes"

    async def on_receive(self, websocket: WebSocket, data: bytes) -> None:
        """Send them back."""
        await websocket.send_bytes(data)


@app.route("/ws/json")
class Json(WebSocketEndpoint):
    """Take JSON."""

    encoding = "json"

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        """Send it back."""
        await websocket.send_json(data)


@app.route("/ws/little", limits={"message": 100})
class Little(WebSocketEndpoint):
    """Take short messages."""

    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        """Send it back."""
        await websocket.send_text(data)


@app.websocket_route("/ws/close/{code:int}")
async def close(websocket: WebSocket) -> None:
    """Close with a code."""
    await websocket.accept()
    await websocket.close(websocket.path_params["code"], "enough")


@app.websocket_route("/ws/returns")
async def returns(websocket: WebSocket) -> None:
    """Return without closing."""
    await websocket.accept()
    await websocket.send_text("bye")


@app.websocket_route("/ws/chosen")
async def chosen(websocket: WebSocket) -> None:
    """Speak one subprotocol, if it is on offer."""
    if "second" not in websocket["subprotocols"]:
        await websocket.close()
        return
    await websocket.accept("second", headers={"x-chosen": "yes"})
    await websocket.send_json(list(websocket["subprotocols"]))


@app.websocket_route("/ws/handshake")
async def handshake(websocket: WebSocket) -> None:
    """Say what the handshake said."""
    await websocket.accept()
    await websocket.send_json(
        {
            "cookies": websocket.cookies,
            "query": websocket.query_params.multi_items(),
            "word": getattr(websocket.state, "word", None),
            "url": str(websocket.url),
        }
    )


@app.websocket_route("/ws/refused")
async def refused(websocket: WebSocket) -> None:
    """Refuse."""
    await websocket.close(1008)


@app.websocket_route("/ws/fails")
async def ws_fails(websocket: WebSocket) -> None:
    """Fail after the handshake."""
    await websocket.accept()
    raise Deliberate("in a conversation")


@app.websocket_route("/ws/fails-early")
async def ws_fails_early(websocket: WebSocket) -> None:
    """Fail before the handshake is answered."""
    raise Deliberate("in a handshake")


@app.websocket_route("/ws/members")
async def ws_members(websocket: WebSocket) -> None:
    """Let nobody in."""
    raise Unauthorized("Say the word.", challenges="Bearer")


@app.route("/ws/push/{key}")
class Push(WebSocketEndpoint):
    """Send numbers by itself, and send back what comes."""

    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        """Send it back."""
        await websocket.send_text(data)

    async def stream(self, websocket: WebSocket) -> AsyncIterator[str]:
        """Give numbers without an end."""
        try:
            for number in count():
                yield f"{number}"
                await asyncio.sleep(0.01)
        finally:
            note(websocket.path_params["key"], "closed")


@app.websocket_route("/ws/raises")
async def ws_raises(websocket: WebSocket) -> None:
    """Close by an exception."""
    await websocket.accept()
    raise WebSocketException(4001, "sorry")


@app.websocket_route("/ws/deaf/{key}")
async def deaf(websocket: WebSocket) -> None:
    """Send until nobody is there any more."""
    key = websocket.path_params["key"]
    await websocket.accept()
    try:
        while True:
            await websocket.send_text("tick")
            await asyncio.sleep(0.01)
    finally:
        note(key, "over")
