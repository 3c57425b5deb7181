"""A class whose instances each hold one WebSocket conversation.

The story starts with `WebSocketEndpoint.dispatch`, the whole course of a conversation:
connect, receive until the end, disconnect. A router gives it the WebSocket; called or
awaited as an ASGI application, an instance makes one itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from functools import partial
from typing import Any, ClassVar, Literal, dataclass_transform

from restlette.concurrency import is_async
from restlette.http.errors import UpgradeRequired, WebSocketException
from restlette.http.problems import problem_response
from restlette.http.types import Message, Receive, Scope, Send
from restlette.http.websocket import (
    WebSocket,
    WebSocketDisconnect,
    WebSocketState,
    converse,
    decode_bytes,
    decode_data,
    decode_json,
    decode_text,
)
from restlette.resources.boundary import find_accept
from restlette.resources.dependencies import Injected
from restlette.resources.guards import Guard, Rule, read_guards

__all__ = ["WebSocketEndpoint"]

# RFC 6455 §7.4.1.
_GOING_AWAY = 1001
_INTERNAL_ERROR = 1011

_CONTENT: dict[str | None, Callable[[Message], Any]] = {
    None: decode_data,
    "text": decode_text,
    "bytes": decode_bytes,
    "json": decode_data,
}

_HOOKS = ("on_connect", "on_receive", "on_disconnect", "decode")


@dataclass_transform(kw_only_default=True)
class WebSocketEndpoint(Injected):
    """A resource that is spoken to over a WebSocket.

    One instance holds one conversation: what a method keeps on `self` belongs to one
    client. Public annotated attributes without a value are dependencies; the
    application gives them, or the keyword arguments of the constructor do.

    An instance is an ASGI application, which copies itself for every connection. An
    instance made of scope, receive and send, as positional arguments, is awaited.

    Attributes:
        encoding: What `on_receive` gets: "text", "bytes", "json" (from text or from
            UTF-8 in bytes), or None for text and bytes as they come. A message of
            another kind closes with 1003, one that is not JSON with 1007, one above
            the limit with 1009.
        guards: Who may connect; they are asked before the connection is accepted.

    Raises:
        TypeError: A method of the class is not `async def`, or a dependency is missing
            or unknown.
        ValueError: There is no such encoding.
    """

    encoding: ClassVar[Literal["text", "bytes", "json"] | None] = None
    guards: ClassVar[Sequence[Guard | Rule]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.encoding not in _CONTENT:
            raise ValueError(
                f"{cls.__qualname__}.encoding is {cls.encoding!r}: write 'text', "
                "'bytes', 'json', or None for text and bytes as they come."
            )
        read_guards(cls.guards, cls.__qualname__)
        for name in _HOOKS:
            hook = getattr(cls, name)
            # A decorator may pass on what the coroutine function gives.
            while not is_async(hook) and hasattr(hook, "__wrapped__"):
                hook = hook.__wrapped__
            if not is_async(hook):
                raise TypeError(
                    f"{cls.__qualname__}.{name} is not a coroutine function: write "
                    f"`async def {name}(...)`. What blocks goes through "
                    "`await run_in_threadpool(...)`."
                )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold a conversation, as an ASGI application; answer HTTP with 426."""
        if scope["type"] == "http":
            exc = UpgradeRequired(
                "This resource is spoken to over a WebSocket.", protocols=["websocket"]
            )
            response = problem_response(exc, find_accept(scope))
            await response(scope, receive, send)
            return
        mine = object.__new__(type(self))
        mine.__dict__.update(self.__dict__)
        mine.scope, mine.receive, mine.send = scope, receive, send
        await mine

    def __await__(self) -> Generator[Any, None, None]:
        return self._hold().__await__()

    async def _hold(self) -> None:
        if "scope" not in self.__dict__:
            raise TypeError(
                f"await {type(self).__qualname__}(scope, receive, send), or call an "
                "instance with them."
            )
        websocket = WebSocket(self.scope, self.receive, self.send)
        await converse(websocket, self.dispatch)

    async def dispatch(self, websocket: WebSocket) -> None:
        """Take the connection through its course.

        Args:
            websocket: The connection.

        Raises:
            RuntimeError: `on_connect` neither accepted nor closed.
        """
        await self.on_connect(websocket)
        undecided = websocket.application_state is WebSocketState.CONNECTING
        if undecided and websocket.close_code is None:
            raise RuntimeError(
                f"{type(self).__qualname__}.on_connect has to end with "
                "`await websocket.accept()` or `await websocket.close()`."
            )
        # What is left when the server cancels the conversation.
        close_code = _GOING_AWAY
        try:
            close_code = await self._listen(websocket)
        except WebSocketException as exc:
            close_code = exc.code
            raise
        except Exception:
            close_code = _INTERNAL_ERROR
            raise
        finally:
            await self.on_disconnect(websocket, close_code)

    async def _listen(self, websocket: WebSocket) -> int:
        """Receive until the conversation is over; give the code it ended with."""
        try:
            if self.encoding == "text" and not self._decodes_itself():
                await websocket.each_text(self.on_receive)
            receive = self._receiver(websocket)
            while True:
                await self.on_receive(websocket, await receive())
        except WebSocketDisconnect:
            # Another connection's is an error like any other.
            if websocket.close_code is None:
                raise
            return websocket.close_code

    def _receiver(self, websocket: WebSocket) -> Callable[[], Awaitable[Any]]:
        # PERF: it does what decode() does with such an encoding, in one coroutine
        # instead of four.
        if self.encoding == "bytes" and not self._decodes_itself():
            return websocket.receive_bytes
        return partial(self._receive_decoded, websocket)

    def _decodes_itself(self) -> bool:
        return type(self).decode is not WebSocketEndpoint.decode

    async def _receive_decoded(self, websocket: WebSocket) -> Any:
        return await self.decode(websocket, await websocket.receive_message())

    async def on_connect(self, websocket: WebSocket) -> None:
        """Accept the connection; override it to refuse, or to prepare something."""
        await websocket.accept()

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        """Take a message; override it.

        Args:
            websocket: The connection.
            data: What the message holds, as `encoding` says.
        """

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        """Clean up; override it. It is called once for each `on_connect` that returns.

        Args:
            websocket: The connection.
            close_code: The code it was closed with; 1011 when a method raised, 1001
                when the server cancels the conversation.
        """

    async def decode(self, websocket: WebSocket, message: Message) -> Any:
        """Give what a message holds, as `encoding` says; override it for other formats.

        Args:
            websocket: The connection.
            message: A "websocket.receive" message with "text" or "bytes".

        Raises:
            WebSocketException: The message does not fit; the connection is closed with
                its code.
        """
        content = _CONTENT[self.encoding](message)
        if self.encoding == "json":
            return decode_json(content, websocket.codec)
        return content
