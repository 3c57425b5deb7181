"""A server's end of a WebSocket that plays a script, for the tests of resources."""

from __future__ import annotations

import asyncio
from typing import Any

CONNECT = {"type": "websocket.connect"}
ACCEPT = {"type": "websocket.accept", "subprotocol": None, "headers": []}
SCOPE = {"type": "websocket", "path": "/feed", "headers": []}


def text(content: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": content}


def binary(content: bytes) -> dict[str, Any]:
    return {"type": "websocket.receive", "bytes": content}


def gone(code: int = 1001) -> dict[str, Any]:
    return {"type": "websocket.disconnect", "code": code}


def closing(code: int, reason: str = "") -> dict[str, Any]:
    return {"type": "websocket.close", "code": code, "reason": reason}


def sending(**content: Any) -> dict[str, Any]:
    return {"type": "websocket.send", **content}


class Server:
    """The server's side: gives the script's messages, keeps what is sent."""

    def __init__(self, *script: dict[str, Any]) -> None:
        self.script = [CONNECT, *script]
        self.sent: list[Any] = []

    async def receive(self) -> Any:
        if not self.script:
            await asyncio.Event().wait()
        return self.script.pop(0)

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def serve(self, application: Any, **scope: Any) -> None:
        await application({**SCOPE, **scope}, self.receive, self.send)


def converse(application: Any, *script: dict[str, Any]) -> list[Any]:
    """Give what the server saw of a conversation."""
    server = Server(*script)
    asyncio.run(server.serve(application))
    return server.sent
