"""Tools to test resources and applications with.

`call`, `call_async` and `build_request` are the small ones. The clients are loaded when
they are asked for: `TestClient` is a `requests.Session`, and nothing else here needs
more than the standard library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from restlette.http.optional import load
from restlette.testing.calls import call, call_async
from restlette.testing.errors import ASGIViolation, IncompleteAnswer, LifespanFailed
from restlette.testing.request import build_request
from restlette.testing.response import HTTPStatusError, TestResponse

if TYPE_CHECKING:
    from restlette.testing.async_client import AsyncTestClient
    from restlette.testing.client import TestClient
    from restlette.testing.websocket import (
        WebSocketDenialResponse,
        WebSocketTestSession,
    )

__all__ = [
    "ASGIViolation",
    "AsyncTestClient",
    "HTTPStatusError",
    "IncompleteAnswer",
    "LifespanFailed",
    "TestClient",
    "TestResponse",
    "WebSocketDenialResponse",
    "WebSocketTestSession",
    "build_request",
    "call",
    "call_async",
]

_LATER = {
    "AsyncTestClient": "restlette.testing.async_client",
    "TestClient": "restlette.testing.client",
    "WebSocketDenialResponse": "restlette.testing.websocket",
    "WebSocketTestSession": "restlette.testing.websocket",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(load(_LATER[name], "testing", needed_by=__name__), name)
