"""Small ASGI applications, written by hand, that the test tools are tested with."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

from restlette.http.types import ASGIApp, Message, Receive, Scope, Send

Fields = Iterable[tuple[bytes, bytes]]


def sending(*messages: Message) -> ASGIApp:
    """An application that sends these messages, whatever it is asked."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


def start(status: Any = 200, headers: Any = (), **more: Any) -> Message:
    """The message that begins an answer."""
    return {
        "type": "http.response.start",
        "status": status,
        "headers": headers,
        **more,
    }


def body(content: Any = b"", **more: Any) -> Message:
    """A message with a piece of content."""
    return {"type": "http.response.body", "body": content, **more}


def answering(content: bytes = b"", status: int = 200, headers: Fields = ()) -> ASGIApp:
    """An application that always gives this answer."""
    return sending(start(status, headers), body(content))


def raising(exc: BaseException, *messages: Message) -> ASGIApp:
    """An application that sends these messages and raises then."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        raise exc

    return app


async def read(receive: Receive) -> list[Message]:
    """Everything that is received until the content is at its end."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what it was asked, as JSON."""
    messages = await read(receive)
    seen = {
        "method": scope["method"],
        "scheme": scope["scheme"],
        "path": scope["path"],
        "raw_path": scope["raw_path"].decode("latin-1"),
        "root_path": scope["root_path"],
        "query_string": scope["query_string"].decode("latin-1"),
        "client": scope["client"],
        "server": scope["server"],
        "state": dict(scope["state"]),
        "headers": [
            [k.decode("latin-1"), v.decode("latin-1")] for k, v in scope["headers"]
        ],
        "bodies": [m["body"].decode("utf-8") for m in messages],
    }
    content = b"" if scope["method"] == "HEAD" else json.dumps(seen).encode("utf-8")
    headers = [(b"content-type", b"application/json")]
    await send(start(200, headers))
    await send(body(content))


class Living:
    """An application with a lifespan, which notes what happens to it."""

    def __init__(self) -> None:
        self.events: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self.events.append("request")
            await mirror(scope, receive, send)
            return
        self.events.append((await receive())["type"])
        scope["state"]["shelf"] = "A3"
        await send({"type": "lifespan.startup.complete"})
        self.events.append((await receive())["type"])
        await send({"type": "lifespan.shutdown.complete"})


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """A WebSocket application that sends back what it receives."""
    await receive()
    await send({"type": "websocket.accept", "headers": [(b"set-cookie", b"seen=1")]})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        content = {k: v for k, v in message.items() if k != "type"}
        await send({"type": "websocket.send", **content})


class Ticking:
    """An endless answer, which notes how far it came and how it ended."""

    def __init__(self) -> None:
        self.sent = 0
        self.ended = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await read(receive)
        await send(start())
        ticks = asyncio.create_task(self._tick(send))
        try:
            await receive()
            self.ended = "disconnected"
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        finally:
            ticks.cancel()

    async def _tick(self, send: Send) -> None:
        while True:
            self.sent += 1
            await send(body(b"tick %d\n" % self.sent, more_body=True))
