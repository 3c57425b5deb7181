"""How a WebSocket conversation is held, from its handshake to its close code.

The story starts with `converse`. `Conversation` and `Talk` are what a route to a
WebSocketEndpoint and to a function are frozen into.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, NoReturn

from restlette.http.errors import Forbidden
from restlette.http.origins import Origins
from restlette.http.response import Response
from restlette.http.types import Receive, Scope, Send
from restlette.http.websocket import WebSocket
from restlette.resources.boundary import Boundary
from restlette.resources.guards import Guard, admit
from restlette.resources.instances import Instances
from restlette.resources.messages import check_names, names_taken
from restlette.resources.pipeline import Settings

__all__ = ["Conversation", "Talk", "connect", "converse", "refuse_origin"]

Handler = Callable[[WebSocket], Awaitable[Any]]


async def converse(websocket: WebSocket, handler: Handler, boundary: Boundary) -> None:
    """Hold a conversation, and see that it ends with the right code.

    A handler that returns leaves a normal closure (1000); one that returns a Response
    before accept() denies the connection with it. What becomes of an exception is the
    boundary's to say.

    Args:
        websocket: The connection.
        handler: Called once, with the connection.
        boundary: What becomes of what it raises.

    Raises:
        Exception: What the handler raised, and nobody handled.
    """
    try:
        result = await handler(websocket)
        if isinstance(result, Response):
            await websocket.send_denial_response(result)
    except Exception as exc:
        await boundary.end(exc, websocket)
    if websocket.close_code is None:
        await websocket.close()


async def refuse_origin(websocket: WebSocket) -> NoReturn:
    """Refuse a handshake that another site's page began: a handler for `converse`.

    Raises:
        Forbidden: Always.
    """
    raise Forbidden("Pages of this origin may not open a WebSocket here.")


def connect(
    scope: Scope, receive: Receive, send: Send, settings: Settings
) -> WebSocket:
    """Give the WebSocket of a connection, with what the routers decided for it."""
    limits = settings.limits
    websocket = WebSocket(scope, receive, send, max_message_size=limits.message)
    websocket.limits = limits
    websocket.codec = settings.codec
    return websocket


class Talk:
    """A function that holds WebSocket conversations.

    Args:
        function: An asynchronous function of the WebSocket, and of those of the path's
            parameters that it names.
        path_names: The parameters of the route's path.
        settings: What the routers above decide.
        guards: All of them have to let a client in.
        origins: Whose pages may connect.

    Raises:
        TypeError: The function takes what is not on offer.
    """

    __slots__ = ("_function", "_guards", "_names", "_origins", "_settings")

    def __init__(
        self,
        function: Callable[..., Any],
        path_names: tuple[str, ...],
        settings: Settings,
        guards: tuple[Guard, ...],
        origins: Origins,
    ) -> None:
        where = getattr(function, "__qualname__", repr(function))
        self._function = function
        self._settings = settings
        self._guards = guards
        self._origins = origins
        self._names = names_taken(function, None, ("websocket",), where)
        check_names(self._names, path_names, where)

    def __call__(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> Awaitable[None]:
        """Hold a conversation."""
        handler = self._hold if self._origins.admit(scope) else refuse_origin
        websocket = connect(scope, receive, send, self._settings)
        return converse(websocket, handler, self._settings.boundary)

    async def _hold(self, websocket: WebSocket) -> Any:
        await admit(self._guards, websocket, None)
        params = websocket.path_params
        if self._names is not None:
            params = {name: params[name] for name in self._names}
        return await self._function(websocket, **params)


class Conversation:
    """A WebSocketEndpoint, with what it depends on.

    Args:
        instances: Makes one for each conversation.
        settings: What the routers above decide.
        guards: All of them have to let a client in.
        origins: Whose pages may connect.
    """

    __slots__ = ("_guards", "_instances", "_origins", "_settings")

    def __init__(
        self,
        instances: Instances,
        settings: Settings,
        guards: tuple[Guard, ...],
        origins: Origins,
    ) -> None:
        self._instances = instances
        self._settings = settings
        self._guards = guards
        self._origins = origins

    def __call__(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None
    ) -> Awaitable[None]:
        """Hold a conversation; what lives as long as a request lives as long as it."""
        handler = self._hold if self._origins.admit(scope) else refuse_origin
        websocket = connect(scope, receive, send, self._settings)
        return converse(websocket, handler, self._settings.boundary)

    def _hold(self, websocket: WebSocket) -> Awaitable[None]:
        endpoint = self._instances.make()
        if self._guards or self._instances.for_request:
            return self._hold_guarded(websocket, endpoint)
        # PERF: most have neither, and a frame costs a quarter of a kilobyte for as long
        # as the conversation lasts.
        dispatched: Awaitable[None] = endpoint.dispatch(websocket)
        return dispatched

    async def _hold_guarded(self, websocket: WebSocket, endpoint: Any) -> None:
        if not self._instances.for_request:
            await admit(self._guards, websocket, endpoint)
            await endpoint.dispatch(websocket)
            return
        async with AsyncExitStack() as stack:
            values = await self._instances.open_request(websocket, stack)
            self._instances.fill(endpoint, values)
            await admit(self._guards, websocket, endpoint)
            await endpoint.dispatch(websocket)
