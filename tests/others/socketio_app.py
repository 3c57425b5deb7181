"""A Socket.IO server beside the shop, for uvicorn to serve."""

from __future__ import annotations

from typing import Any

import socketio

from tests.others.shop import shop

sio: Any = socketio.AsyncServer(async_mode="asgi")


@sio.event
async def wish(sid: str, data: Any) -> Any:
    """Tell everybody, and answer."""
    await sio.emit("wished", data)
    return {"granted": data}


mounted = shop()
# Its path is the whole one, as the client asks for it.
mounted.mount("/ws", socketio.ASGIApp(sio, socketio_path="/ws/socket.io"))

around = socketio.ASGIApp(sio, shop())
