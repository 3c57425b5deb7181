"""A class whose instances each hold one WebSocket conversation.

The story starts with `WebSocketEndpoint.dispatch`, the whole course of a conversation:
connect, receive until the end, disconnect; `stream` pushes beside that. A router gives
it the WebSocket; called or awaited as an ASGI application, an instance makes one. What
the methods take beyond what they are given is worked out once a class, by `plan_of`.
"""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Generator,
    Sequence,
)
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, dataclass_transform

from restlette.concurrency import is_async
from restlette.deferred import Deferred
from restlette.http.errors import UpgradeRequired, WebSocketException
from restlette.http.origins import Origins
from restlette.http.problems import problem_response
from restlette.http.response import Response
from restlette.http.types import Message, Receive, Scope, Send
from restlette.http.websocket import (
    WebSocket,
    WebSocketDisconnect,
    decode_bytes,
    decode_data,
    decode_json,
    decode_text,
)
from restlette.resources.boundary import Boundary, find_accept
from restlette.resources.conversation import converse, refuse_origin
from restlette.resources.dependencies import Injected
from restlette.resources.guards import (
    WEBSOCKET,
    Guard,
    Rule,
    admit,
    below,
    guards_for,
    read_guards,
)
from restlette.resources.messages import Plan
from restlette.resources.models import Invalid

if TYPE_CHECKING:
    import asyncio
else:
    asyncio = Deferred("asyncio")

__all__ = ["WebSocketEndpoint", "plan_of"]

# RFC 6455 §7.4.1.
_GOING_AWAY = 1001
_INVALID_PAYLOAD = 1007
_INTERNAL_ERROR = 1011

# RFC 6455 §5.5: a control frame carries 125 bytes, of which the code takes two.
_MOST_REASON = 123

_CONTENT: dict[str | None, Callable[[Message], Any]] = {
    None: decode_data,
    "text": decode_text,
    "bytes": decode_bytes,
    "json": decode_data,
}

_HOOKS = ("on_connect", "on_receive", "on_invalid", "on_disconnect", "decode")

# What becomes of exceptions where there is no router to say.
_ALONE = Boundary()


@dataclass_transform(kw_only_default=True)
class WebSocketEndpoint(Injected):
    """A resource that is spoken to over a WebSocket.

    One instance holds one conversation: what a method keeps on `self` belongs to one
    client. Public annotated attributes without a value are dependencies; the
    application gives them, or the keyword arguments of the constructor do. Beyond what
    it is given, each method takes those of the path's parameters that it names.

    An instance is an ASGI application, which copies itself for every connection. An
    instance made of scope, receive and send, as positional arguments, is awaited.

    Attributes:
        encoding: What `on_receive` gets: "text", "bytes", "json" (from text or from
            UTF-8 in bytes), or None for text and bytes as they come. A message of
            another kind closes with 1003, one that is not JSON with 1007, one above
            the limit with 1009.
        guards: Who may connect; they are asked before the connection is accepted.
        allowed_origins: Origins (`"https://example.org"`) whose pages may connect,
            beside those of the host that is asked; nobody else may then. `["*"]` lets
            everybody in. None, which is the default, holds handshakes with a Cookie
            field to the host's own origin. Others are denied with 403.

    Raises:
        TypeError: A method of the class is not `async def`, or a dependency is missing
            or unknown.
        ValueError: There is no such encoding, or an origin is none.
    """

    encoding: ClassVar[Literal["text", "bytes", "json"] | None] = None
    guards: ClassVar[Sequence[Guard | Rule]] = ()
    allowed_origins: ClassVar[Collection[str] | None] = None
    _guards: ClassVar[tuple[Guard, ...]] = ()
    _origins: ClassVar[Origins] = Origins()
    _plan: ClassVar[Plan]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.encoding not in _CONTENT:
            raise ValueError(
                f"{cls.__qualname__}.encoding is {cls.encoding!r}: write 'text', "
                "'bytes', 'json', or None for text and bytes as they come."
            )
        rules = read_guards(cls.guards, cls.__qualname__)
        cls._guards = guards_for(below((), rules), WEBSOCKET)
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
        if is_async(cls.stream) or not callable(cls.stream):
            raise TypeError(
                f"{cls.__qualname__}.stream has no yield: write `async def stream(...) "
                "-> AsyncIterator[Item]` with one, or a plain function that returns an "
                "asynchronous iterator."
            )
        cls._origins = Origins(cls.allowed_origins)

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
        admitted = self._origins.admit(self.scope)
        await converse(websocket, self._begin if admitted else refuse_origin, _ALONE)

    async def _begin(self, websocket: WebSocket) -> None:
        # SECURITY: where there is a router, it asks them.
        await admit(self._guards, websocket, self)
        await self.dispatch(websocket)

    async def dispatch(self, websocket: WebSocket) -> None:
        """Take the connection through its course.

        Args:
            websocket: The connection.

        Raises:
            RuntimeError: `on_connect` neither accepted nor closed.
        """
        plan = plan_of(type(self))
        named = plan.given("on_connect", websocket)
        denial: object = await self.on_connect(websocket, **named)
        if isinstance(denial, Response):
            await websocket.send_denial_response(denial)
        if websocket.is_undecided:
            raise RuntimeError(
                f"{type(self).__qualname__}.on_connect has to end with "
                "`await websocket.accept()` or `await websocket.close()`, or to return "
                "a Response."
            )
        # What is left when the server cancels the conversation.
        close_code = _GOING_AWAY
        try:
            if plan.streams:
                await self._listen_and_push(websocket)
            else:
                await self._listen(websocket)
            close_code = await websocket.final_code()
        except WebSocketException as exc:
            close_code = exc.code
            raise
        except Exception:
            close_code = _INTERNAL_ERROR
            raise
        finally:
            named = plan.given("on_disconnect", websocket)
            await self.on_disconnect(websocket, close_code, **named)

    def _listen(self, websocket: WebSocket) -> Awaitable[None]:
        """Receive until the conversation is over.

        PERF: a plain function that gives the coroutine, for a frame of its own would
        cost a quarter of a kilobyte for as long as the conversation lasts.
        """
        take: Callable[[WebSocket, Any], Awaitable[object]] = self.on_receive
        named = self._plan.given("on_receive", websocket)
        if named:
            take = partial(take, **named)
        if self.encoding == "text" and not self._decodes_itself():
            return websocket.each_text(take)
        return self._take_each(websocket, take)

    async def _take_each(
        self, websocket: WebSocket, take: Callable[[WebSocket, Any], Awaitable[object]]
    ) -> None:
        receive = self._receiver(websocket)
        try:
            while True:
                try:
                    data = await receive()
                except Invalid as exc:
                    await self._meet_invalid(websocket, exc)
                else:
                    await take(websocket, data)
        except WebSocketDisconnect:
            # Another connection's is an error like any other.
            if websocket.close_code is None:
                raise

    async def _meet_invalid(self, websocket: WebSocket, exc: Invalid) -> None:
        named = self._plan.given("on_invalid", websocket)
        await self.on_invalid(websocket, exc, **named)

    async def _listen_and_push(self, websocket: WebSocket) -> None:
        """Listen, with the stream beside it; neither outlives the other's failure."""
        failures: BaseExceptionGroup[BaseException] | None = None
        try:
            async with asyncio.TaskGroup() as group:
                pushing = group.create_task(self._push(websocket))
                await self._listen(websocket)
                pushing.cancel()
        except BaseExceptionGroup as exc:
            failures = exc
        if failures is not None:
            first, *others = failures.exceptions
            raise failures if others else first

    async def _push(self, websocket: WebSocket) -> None:
        """Send the items of the stream, each when the one before it was taken."""
        plan = self._plan
        named = plan.given("stream", websocket)
        items = self.stream(websocket, **named)
        try:
            async for item in items:
                await self.send_data(websocket, plan.form_of(item))
        except WebSocketDisconnect:
            # Who listens is told as well, and says what the code is.
            if websocket.close_code is None:
                raise
        finally:
            # A generator that was left at a yield has its `finally` to run.
            close = getattr(items, "aclose", None)
            if close is not None:
                await close()

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

    async def on_connect(self, websocket: WebSocket, *args: Any, **kwargs: Any) -> Any:
        """Accept the connection; override it to refuse, or to prepare something.

        It ends with `websocket.accept()` or `close()`. An HTTPException that it raises,
        and a Response that it returns, answers the handshake by HTTP.

        Args:
            websocket: The connection.
            args: Nothing; they let overrides have parameters.
            kwargs: The path's parameters.
        """
        await websocket.accept()

    async def on_receive(
        self, websocket: WebSocket, data: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Take a message; override it.

        Args:
            websocket: The connection.
            data: What the message holds, as `encoding` says; with the encoding "json"
                what the model of its annotation makes of that.
            args: Nothing; they let overrides have parameters.
            kwargs: The path's parameters.
        """

    async def on_invalid(
        self, websocket: WebSocket, exc: Invalid, *args: Any, **kwargs: Any
    ) -> None:
        """Answer a message that does not fit the model; override it to go on.

        Args:
            websocket: The connection.
            exc: What is wrong with the message.
            args: Nothing; they let overrides have parameters.
            kwargs: The path's parameters.

        Raises:
            WebSocketException: Always, with the code 1007 and the errors as far as a
                reason has room for them.
        """
        reason = str(exc).encode("utf-8", "replace")[:_MOST_REASON]
        raise WebSocketException(_INVALID_PAYLOAD, reason.decode("utf-8", "ignore"))

    async def on_disconnect(
        self, websocket: WebSocket, close_code: int, *args: Any, **kwargs: Any
    ) -> None:
        """Clean up; override it. It is called once for each `on_connect` that returns.

        Args:
            websocket: The connection.
            close_code: The code it was closed with; 1011 when a method raised, 1001
                when the server cancels the conversation.
            args: Nothing; they let overrides have parameters.
            kwargs: The path's parameters.
        """

    def stream(
        self, websocket: WebSocket, *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """Yield what is pushed to the client: override it by an asynchronous generator.

        It begins when `on_connect` has accepted, and runs beside `on_receive`. An item
        is asked for when the one before it was handed to the server, so that a client
        that reads slowly stops it. It is cancelled and closed when the client leaves,
        when a method raises and when the server stops; what it raises ends the
        conversation with 1011. When it is at its end the conversation goes on.

        Args:
            websocket: The connection; to receive from it is for `on_receive` alone.
            args: Nothing; they let overrides have parameters.
            kwargs: The path's parameters.

        Returns:
            The items, each sent as by `send_data`; with the encoding "json" through the
            model of the annotation `AsyncIterator[Item]`.
        """
        raise NotImplementedError(f"{type(self).__qualname__} has no stream of its own")

    async def send_data(self, websocket: WebSocket, data: Any) -> None:
        """Send a message of the kind that `encoding` says.

        Args:
            websocket: The connection.
            data: Text, bytes, or what JSON has a form for, attrs objects included.
                Without an encoding text goes as text and bytes go as bytes.

        Raises:
            WebSocketDisconnect: The peer is gone.
            RuntimeError: The connection was not accepted, or this side has closed.
            TypeError: It is of another kind.
            ValueError: It holds NaN or itself.
        """
        if self.encoding == "json":
            await websocket.send_json(data)
        elif self.encoding == "text" or (self.encoding is None and type(data) is str):
            await websocket.send_text(data)
        else:
            await websocket.send_bytes(data)

    async def decode(self, websocket: WebSocket, message: Message) -> Any:
        """Give what a message holds, as `encoding` says; override it for other formats.

        A class that overrides it gives `on_receive` what it likes: the annotation there
        is not read.

        Args:
            websocket: The connection.
            message: A "websocket.receive" message with "text" or "bytes".

        Raises:
            Invalid: It does not fit the model; `on_invalid` is called.
            WebSocketException: The message is of another kind; the connection is closed
                with its code.
        """
        content = _CONTENT[self.encoding](message)
        if self.encoding != "json":
            return content
        load = plan_of(type(self)).load
        data = decode_json(content, websocket.codec)
        return data if load is None else load(data)


def plan_of(cls: type[WebSocketEndpoint]) -> Plan:
    """Give how the methods of a class are called; worked out when first asked for.

    Raises:
        TypeError: A method lacks a parameter, or an annotation has no meaning.
        MissingExtra: A model needs a package that is not installed.
    """
    plan: Plan | None = cls.__dict__.get("_plan")
    if plan is None:
        decodes_itself = cls.decode is not WebSocketEndpoint.decode
        plan = Plan.of(cls, WebSocketEndpoint, decodes_itself=decodes_itself)
        cls._plan = plan
    return plan
