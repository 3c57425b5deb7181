"""python-socketio mounted in restlette and around it, under uvicorn."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import requests
import socketio

from tests.live.server import serving

ENOUGH = 30.0  # seconds


async def converse(url: str, path: str, transports: list[str]) -> tuple[Any, Any]:
    """Wish for something: what is answered, and what everybody is told."""
    client = socketio.AsyncClient()
    told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    client.on("wished", told.set_result)
    async with asyncio.timeout(ENOUGH):
        await client.connect(url, socketio_path=path, transports=transports)
        try:
            answer = await client.call("wish", "a pony", timeout=ENOUGH)
            return answer, await told
        finally:
            await client.disconnect()


@pytest.mark.parametrize(
    "app, path, http",
    [
        ("mounted", "/ws/socket.io", "httptools"),
        ("around", "/socket.io", "h11"),
    ],
)
def test_a_wish_is_told_to_everybody(app, path, http, tmp_path: Path) -> None:
    """By WebSocket alone, and by polls that become one."""
    target = f"tests.others.socketio_app:{app}"
    with serving(target, http, tmp_path / "log") as server:
        for transports in (["websocket"], ["polling", "websocket"]):
            said = asyncio.run(converse(server.url, path, transports))
            assert said == ({"granted": "a pony"}, "a pony")
        answer = requests.get(f"{server.url}/books/1", timeout=ENOUGH)
        assert answer.json()["id"] == 1
