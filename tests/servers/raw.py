"""An application without a framework, for what a server does by itself."""

from __future__ import annotations

from restlette.http.types import Receive, Scope, Send

CONTENT = b'"hello"'


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read a request to its end, and say hello."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    fields = [(b"content-length", b"%d" % len(CONTENT))]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": CONTENT})
