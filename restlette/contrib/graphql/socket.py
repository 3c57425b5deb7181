"""GraphQL over a WebSocket: the subprotocol graphql-transport-ws.

The story starts with `GraphQLSocket.on_receive`. Each operation is a task, which sends
its results as they come; a client that leaves ends them, except for mutations, which
come to their end.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Final

from restlette.contrib.graphql.context import background_of
from restlette.contrib.graphql.endpoint import GraphQLEndpoint
from restlette.contrib.graphql.engine import Operation, Refused
from restlette.contrib.graphql.masking import told
from restlette.contrib.graphql.parameters import Malformed, Parameters
from restlette.http.errors import HTTPException, WebSocketException
from restlette.http.optional import load
from restlette.http.websocket import WebSocket, WebSocketDisconnect, decode_json
from restlette.resources.dependencies import dependencies_of
from restlette.resources.guards import (
    WEBSOCKET,
    Guard,
    Rule,
    below,
    guards_for,
    read_guards,
)
from restlette.resources.websocket import WebSocketEndpoint

if TYPE_CHECKING:
    import graphql
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")

__all__ = ["SUBPROTOCOL", "GraphQLSocket", "guards_of", "socket_of"]

SUBPROTOCOL: Final = "graphql-transport-ws"

# The protocol's own close codes.
_INVALID: Final = 4400
_UNAUTHORIZED: Final = 4401
_FORBIDDEN: Final = 4403
_NO_SUBPROTOCOL: Final = 4406
_LATE: Final = 4408
_TAKEN: Final = 4409
_TWICE: Final = 4429

# Characters of an operation's id: clients count, or make UUIDs.
_LONGEST_ID: Final = 256
# RFC 6455 §5.5: a control frame carries 125 bytes, of which the code takes two.
_MOST_REASON: Final = 123


class _Invalid(Exception):
    """A message that is none of the protocol's."""


class GraphQLSocket(WebSocketEndpoint):
    """What a `GraphQLEndpoint` is over a WebSocket; made by `socket_of`."""

    endpoint: ClassVar[type[GraphQLEndpoint]]

    async def on_connect(self, websocket: WebSocket, *args: Any, **kwargs: Any) -> None:
        """Accept a client that speaks the protocol, and wait for it to begin."""
        # All that the endpoint depends on was given to this one as well.
        given = {name: getattr(self, name) for name in dependencies_of(self.endpoint)}
        self._endpoint = self.endpoint(**given)
        self._running: dict[str, tuple[Operation | None, asyncio.Task[None]]] = {}
        self._is_begun = self._is_acknowledged = False
        self._waiting: asyncio.Task[None] | None = None
        if SUBPROTOCOL not in websocket.scope.get("subprotocols", ()):
            await websocket.accept()
            await websocket.close(_NO_SUBPROTOCOL, "Subprotocol not acceptable")
            return
        await websocket.accept(SUBPROTOCOL)
        self._waiting = asyncio.create_task(self._await_beginning(websocket))

    async def _await_beginning(self, websocket: WebSocket) -> None:
        await asyncio.sleep(self._endpoint.engine.init_timeout)
        await _close(websocket, _LATE, "Connection initialisation timeout")

    async def on_disconnect(
        self, websocket: WebSocket, close_code: int, *args: Any, **kwargs: Any
    ) -> None:
        """End what goes on."""
        tasks = [task for _, task in self._running.values()]
        self._stop_waiting()
        for name in [*self._running]:
            self._stop(name)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _stop_waiting(self) -> None:
        # Nobody waits for who does not speak the protocol.
        if self._waiting is not None:
            self._waiting.cancel()

    def _stop(self, name: str) -> None:
        """End an operation, or see that nothing more is sent of it."""
        operation, task = self._running.pop(name)
        # A change that is half made is worse than one that nobody hears of.
        if operation is None or operation.kind != "mutation":
            task.cancel()

    async def on_receive(
        self, websocket: WebSocket, data: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Take a message."""
        try:
            message = _read(websocket, data)
            take = getattr(self, f"_take_{message['type']}")
            await take(websocket, message)
        except (_Invalid, Malformed) as exc:
            await _close(websocket, _INVALID, str(exc))

    async def _take_connection_init(
        self, websocket: WebSocket, message: dict[str, Any]
    ) -> None:
        payload = _mapping(message)
        if self._is_begun:
            await _close(websocket, _TWICE, "Too many initialisation requests")
            return
        self._is_begun = True
        self._stop_waiting()
        try:
            answer = await self._endpoint.engine.welcome(websocket, payload)
        except HTTPException:
            answer = False
        if answer is False:
            await _close(websocket, _FORBIDDEN, "Forbidden")
            return
        # Resolvers find it where the rest of the connection is.
        websocket.state.connection_params = payload
        self._is_acknowledged = True
        await _send(websocket, "connection_ack", payload=answer)

    async def _take_ping(self, websocket: WebSocket, message: dict[str, Any]) -> None:
        _mapping(message)
        await _send(websocket, "pong", payload=message.get("payload"))

    async def _take_pong(self, websocket: WebSocket, message: dict[str, Any]) -> None:
        _mapping(message)

    async def _take_complete(
        self, websocket: WebSocket, message: dict[str, Any]
    ) -> None:
        name = _id(message)
        if name in self._running:
            self._stop(name)

    async def _take_subscribe(
        self, websocket: WebSocket, message: dict[str, Any]
    ) -> None:
        name = _id(message)
        parameters = Parameters.from_json(message.get("payload"))
        if not self._is_acknowledged:
            await _close(websocket, _UNAUTHORIZED, "Unauthorized")
            return
        if name in self._running:
            await _close(websocket, _TAKEN, f"Subscriber for {name} already exists")
            return
        engine = self._endpoint.engine
        try:
            if len(self._running) >= engine.limits.subscriptions:
                most = engine.limits.subscriptions
                raise Refused([{"message": f"There are {most} operations already."}])
            operation = await engine.begin(parameters, engine.policy(websocket))
        except Refused as exc:
            await _send(websocket, "error", name, exc.result.content["errors"])
            return
        task = asyncio.create_task(self._carry_out(websocket, name, operation))
        self._running[name] = operation, task

    async def _carry_out(
        self, websocket: WebSocket, name: str, operation: Operation
    ) -> None:
        """Execute an operation, and send its results as long as somebody waits."""
        task = asyncio.current_task()

        async def tell(kind: str, payload: Any = None) -> None:
            # The id may be another operation's by now.
            if self._running.get(name, (None, None))[1] is task:
                await _send(websocket, kind, name, payload)

        try:
            context = await self._endpoint.make_context(websocket)
            async with aclosing(self._endpoint.results(operation, context)) as results:
                async for result in results:
                    await tell("next", result.content)
            await tell("complete")
            tasks = background_of(context)
        except WebSocketDisconnect:
            return
        except Refused as exc:
            await tell("error", exc.result.content["errors"])
            return
        except Exception as exc:
            failed = graphql.GraphQLError(str(exc), original_error=exc)
            await tell("error", told([failed], policy=operation.policy))
            return
        finally:
            if self._running.get(name, (None, None))[1] is task:
                del self._running[name]
        if tasks is not None:
            await tasks()


def socket_of(
    endpoint: type[GraphQLEndpoint], allowed_origins: Collection[str] | None = None
) -> type[GraphQLSocket]:
    """Give the resource that speaks over a WebSocket for an endpoint.

    Args:
        endpoint: The endpoint, which makes the context, and executes.
        allowed_origins: Whose pages may connect; see `WebSocketEndpoint`.
    """
    name = f"{endpoint.__qualname__}Socket"
    body = {
        "__module__": endpoint.__module__,
        "__qualname__": name,
        "__annotations__": dict(dependencies_of(endpoint)),
        "endpoint": endpoint,
        "allowed_origins": allowed_origins,
        "guards": guards_of(endpoint.guards, endpoint.__qualname__),
    }
    made: type[GraphQLSocket] = type(name, (GraphQLSocket,), body)
    return made


def guards_of(guards: Sequence[Guard | Rule], where: str) -> tuple[Guard, ...]:
    """Give the guards of a socket.

    SECURITY: all can be done there that POST does, so that who guards that guards this,
    unless the list names WebSockets.

    Args:
        guards: Those of the endpoint, by method.
        where: Whose they are, for an error's sentence.
    """
    rules = read_guards(guards, where)
    is_named = any(WEBSOCKET in (rule.methods or ()) for rule in rules)
    return guards_for(below((), rules), WEBSOCKET if is_named else "POST")


_TYPES: Final = ("connection_init", "ping", "pong", "subscribe", "complete")


def _read(websocket: WebSocket, data: str | bytes) -> dict[str, Any]:
    """Read a message.

    Raises:
        _Invalid: It is none of the protocol's.
    """
    if isinstance(data, bytes):
        raise _Invalid("Messages are text")
    try:
        message = decode_json(data, websocket.codec)
    except WebSocketException:
        raise _Invalid("Messages are JSON") from None
    if not isinstance(message, dict):
        raise _Invalid("A message is an object")
    if message.get("type") not in _TYPES:
        raise _Invalid("There is no message of this type")
    return message


def _mapping(message: dict[str, Any]) -> Mapping[str, Any]:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise _Invalid("The payload is an object")
    return payload or {}


def _id(message: dict[str, Any]) -> str:
    name = message.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_ID:
        raise _Invalid(f"The id is a text of 1 to {_LONGEST_ID} characters")
    return name


async def _send(
    websocket: WebSocket, kind: str, name: str | None = None, payload: Any = None
) -> None:
    message = {"id": name, "type": kind, "payload": payload}
    kept = {key: value for key, value in message.items() if value is not None}
    await websocket.send_json(kept)


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    if websocket.close_code is None:
        cut = reason.encode("utf-8", "replace")[:_MOST_REASON]
        await websocket.close(code, cut.decode("utf-8", "ignore"))
