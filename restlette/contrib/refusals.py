"""Answers of middleware in the place of the application's."""

from __future__ import annotations

from restlette.http.errors import HTTPException
from restlette.http.problems import problem_response
from restlette.http.response import Response
from restlette.http.types import Receive, Scope, Send
from restlette.http.websocket import deny
from restlette.resources.boundary import find_accept

__all__ = ["refuse"]


async def refuse(
    refusal: Response | HTTPException, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer instead of the application, a WebSocket's handshake too.

    Args:
        refusal: The answer, or the exception that tells it, which is answered in the
            media type that the client accepts.
        scope: The ASGI scope.
        receive: The ASGI receive function.
        send: The ASGI send function.
    """
    if isinstance(refusal, HTTPException):
        refusal = problem_response(refusal, find_accept(scope))
    if scope["type"] == "websocket":
        await deny(refusal, scope, receive, send)
    else:
        await refusal(scope, receive, send)
