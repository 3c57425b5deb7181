"""Code around an application: what is given a request first and the answer last.

A middleware is a class whose instances are ASGI applications around another one:
`cls(app, *args, **options)`. `Middleware` states one, and `compose` puts a list of them
around an application. That is all that most need.

`BaseHTTPMiddleware` is the `"http"` form, for a function of a request and `call_next`:

    async def dispatch(request, call_next):
        response = await call_next(request)
        response.headers["x-served-by"] = "restlette"
        return response

The application inside sends its answer while it runs, and `call_next` returns when
only the head of the answer is there. So it runs in a task of its own (`_InnerCall`),
which takes turns with whoever reads the answer: a piece of content is given over, and
the next one is not asked for before that one was sent. Driving its coroutine by hand,
without a task, would not do: a time limit or a task group that the application has open
while it sends would act on the code around it, and some applications send from a second
task.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeAlias

from restlette.concurrency import is_async, name_of
from restlette.deferred import Deferred
from restlette.http.errors import ClientDisconnect
from restlette.http.request import Request
from restlette.http.response import Background, StreamingResponse
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    import asyncio
else:
    asyncio = Deferred("asyncio")

__all__ = [
    "BaseHTTPMiddleware",
    "CallNext",
    "DispatchFunction",
    "Middleware",
    "compose",
]

P = ParamSpec("P")

CallNext: TypeAlias = Callable[[Request], Awaitable[StreamingResponse]]
DispatchFunction: TypeAlias = Callable[[Request, CallNext], Awaitable[ASGIApp]]


class Middleware:
    """A middleware and its options, before there is an application to put it around.

    Args:
        cls: Called with the application, the arguments and the options.
        args: Positional arguments after the application.
        options: Keyword arguments.

    Raises:
        TypeError: What is given cannot be a middleware.
    """

    def __init__(
        self,
        cls: Callable[Concatenate[ASGIApp, P], ASGIApp],
        *args: P.args,
        **options: P.kwargs,
    ) -> None:
        if is_async(cls):
            raise TypeError(
                f"{name_of(cls)} is an asynchronous function, not a middleware class. "
                'For a function of (request, call_next) write @app.middleware("http").'
            )
        if not callable(cls):
            raise TypeError(
                f"a middleware is a class that takes the application, not {cls!r}. "
                "Give its options beside it: Middleware(SomeMiddleware, option=value)."
            )
        self.cls: Callable[..., ASGIApp] = cls
        self.args: tuple[Any, ...] = args
        self.options: dict[str, Any] = options

    def __iter__(self) -> Iterator[Any]:
        return iter((self.cls, self.args, self.options))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Middleware):
            return NotImplemented
        return tuple(self) == tuple(other)

    def __repr__(self) -> str:
        parts = [name_of(self.cls)]
        parts += map(repr, self.args)
        parts += (f"{key}={value!r}" for key, value in self.options.items())
        return f"Middleware({', '.join(parts)})"


def compose(
    app: ASGIApp,
    middleware: Iterable[Middleware],
    around: Callable[[ASGIApp], ASGIApp] | None = None,
) -> ASGIApp:
    """Put middleware around an application.

    Args:
        app: The ASGI application inside.
        middleware: The first is the outermost: it is given the request first.
        around: What is put around each middleware, between it and the next one.

    Returns:
        The ASGI application that all of them make together.

    Raises:
        TypeError: A middleware refuses its options, or makes no application.
    """
    for cls, args, options in reversed(tuple(middleware)):
        app = cls(app, *args, **options)
        if not callable(app):
            raise TypeError(
                f"the middleware {name_of(cls)} made {app!r}, which is not an ASGI "
                "application: its instances need `async def __call__(self, scope, "
                "receive, send)`."
            )
        if around is not None:
            app = around(app)
    return app


class BaseHTTPMiddleware:
    """A middleware written as a function of a request and `call_next`.

    Context variables that the function sets before `call_next` are seen inside, and
    what is set inside is seen by the function afterwards. Exceptions pass through as
    they are. Content goes by in the pieces in which it is made, none ahead of the
    client. Background tasks of the inner answer run once the outer one was sent. What
    the function reads of the request's content is given to the application again.

    Args:
        app: The ASGI application inside.
        dispatch: The function; a subclass may override `dispatch` instead.
    """

    def __init__(self, app: ASGIApp, dispatch: DispatchFunction | None = None) -> None:
        self.app = app
        self.dispatch_func: DispatchFunction = (
            self.dispatch if dispatch is None else dispatch
        )

    async def dispatch(self, request: Request, call_next: CallNext) -> ASGIApp:
        """Answer a request, usually with what `call_next` returns.

        Args:
            request: The request.
            call_next: Runs the application inside and returns its answer, whose
                status, header fields and `body_iterator` may be changed. Calling it
                anew gives up the answer before; to have the application read the same
                content again, first await `request.body()`.

        Returns:
            A Response, or any other ASGI application that sends an answer.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no function: give it dispatch=..., or write "
            "`async def dispatch(self, request, call_next)` in the class."
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; those that are not HTTP pass by."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        _hide_extensions(scope)
        exchange = _Exchange(self.app, scope, receive, send)
        try:
            # The annotations promise both; not every function keeps the promise.
            answering: Any = self.dispatch_func(exchange.request, exchange.call_next)
            if not isinstance(answering, Awaitable):
                raise TypeError(
                    f"the middleware function {name_of(self.dispatch_func)} is not "
                    "asynchronous: write `async def`, and `await call_next(request)`."
                )
            response: Any = await answering
            answer: ASGIApp = response
            if not callable(response):
                came = "nothing" if response is None else f"a {name_of(response)}"
                raise TypeError(
                    f"the middleware function {name_of(self.dispatch_func)} returned "
                    f"{came}: return what `await call_next(request)` gave, or a "
                    "response of your own."
                )
            await answer(scope, receive, send)
            await exchange.finish()
        except ClientDisconnect:
            # That nobody listens any more is no error of ours.
            await exchange.leave()
        except BaseException:
            await exchange.abandon()
            raise


# With these an answer's content does not come as http.response.body, so the function
# would not see it. An extension is used only when the scope offers it.
_HIDDEN: Final = frozenset(
    {
        "http.response.pathsend",
        "http.response.trailers",
        "http.response.zerocopysend",
    }
)


def _hide_extensions(scope: Scope) -> None:
    extensions = scope.get("extensions")
    if extensions and not _HIDDEN.isdisjoint(extensions):
        scope["extensions"] = {
            name: value for name, value in extensions.items() if name not in _HIDDEN
        }


class _Exchange:
    """One request, as it passes through one middleware."""

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._taken: list[Message] = []
        self._inner: _InnerCall | None = None
        self.request = Request(scope, self._take, send)

    async def _take(self) -> Message:
        """Receive for the function, and remember it for the application inside.

        The request's own limit bounds how much there can be to remember.
        """
        message = await self._receive()
        self._taken.append(message)
        return message

    def _inner_receive(self) -> Receive:
        if not self._taken:
            return self._receive
        taken = iter(tuple(self._taken))

        async def receive() -> Message:
            message = next(taken, None)
            return await self._receive() if message is None else message

        return receive

    async def call_next(self, request: Request) -> StreamingResponse:
        """Run the application inside until the head of its answer is there."""
        await self.finish()
        inner = self._inner = _InnerCall(
            self._app, request.scope, self._inner_receive(), self._send
        )
        try:
            return _InnerResponse(await inner.head(), inner)
        except BaseException:
            await inner.abandon()
            raise

    async def finish(self) -> None:
        """Let the application inside come to its end."""
        if self._inner is not None:
            await self._inner.finish()

    async def leave(self) -> None:
        """Tell the application inside that the client has gone."""
        if self._inner is not None:
            await self._inner.leave()

    async def abandon(self) -> None:
        """Stop the application inside."""
        if self._inner is not None:
            await self._inner.abandon()


class _InnerCall:
    """One call of the application inside, in step with the reader of its answer.

    A queue would not do: the application must not get ahead of the client. Two events
    are enough for two that take turns.
    """

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._outer_receive = receive
        self._outer_send = send
        self._head: Message | None = None
        self._piece: Message | None = None  # sent, and not taken yet
        self._last_taken = False
        self._is_gone = False  # the application was told that the client has gone
        self._is_sending = False  # it waits for the piece to be passed on
        self._over = False  # nobody reads any more
        self._refused = False  # a piece that nobody reads was answered with OSError
        self._reported = False  # the exception was raised where the answer is read
        self._news = asyncio.Event()
        self._turn = asyncio.Event()
        self._seen = copy_context()
        self._context = self._seen.copy()
        self._task = asyncio.get_running_loop().create_task(
            self._run(app, scope), context=self._context
        )
        self._task.add_done_callback(self._ended)

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        await app(scope, self._receive, self._send)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._news.set()

    async def _receive(self) -> Message:
        """The inside's receive."""
        message = await self._outer_receive()
        if message["type"] == "http.disconnect":
            self._is_gone = True
        return message

    async def _send(self, message: Message) -> None:
        """The inside's send: returns when the piece has been passed on."""
        if message["type"] == "http.response.start":
            self._head = message
            self._news.set()
        elif message["type"] != "http.response.body":
            # Early hints and the like come before the answer, not in it.
            await self._outer_send(message)
        else:
            if not self._over:
                self._piece = message
                self._turn.clear()
                self._news.set()
                self._is_sending = True
                await self._turn.wait()
                self._is_sending = False
            # An answer that is complete may have background tasks, so its application
            # goes on; a stream ends as if the client had gone (ASGI 2.4: OSError).
            if self._over and message.get("more_body", False):
                self._refused = True
                raise OSError("the rest of this answer is not read by anybody.")

    async def _wait_for_news(self) -> bool:
        """Wait for the application's next step; False if it has ended.

        Raises:
            BaseException: What the application raised.
        """
        if self._task.done():
            self._reported = True
            error = self._error()
            if error is not None:
                raise error
            return False
        self._news.clear()
        await self._news.wait()
        return True

    async def head(self) -> Message:
        """Give the message that starts the answer."""
        try:
            while self._head is None:
                if not await self._wait_for_news():
                    if self._is_gone:
                        raise ClientDisconnect
                    raise RuntimeError("the application inside sent no response.")
            return self._head
        finally:
            self._adopt_context()

    async def next_piece(self) -> Message | None:
        """Give the next message with content, or None after the last one.

        After the last one the application waits still: it goes on in `finish`.
        """
        if self._last_taken:
            return None
        if self._piece is None:
            # The piece before has been passed on by now, if there was one.
            self._turn.set()
        while self._piece is None:
            if not await self._wait_for_news():
                return None
        piece, self._piece = self._piece, None
        self._last_taken = not piece.get("more_body", False)
        return piece

    async def content(self) -> AsyncGenerator[bytes, None]:
        """Give the content in the pieces in which it is sent."""
        while (piece := await self.next_piece()) is not None:
            if chunk := piece.get("body", b""):
                yield chunk

    @property
    def complete(self) -> bool:
        """Whether all of the answer was read."""
        return self._last_taken

    async def finish(self) -> None:
        """Let the application come to its end, its background tasks included.

        Raises:
            BaseException: What it raised, if nobody was told yet.
        """
        self._over = True
        self._turn.set()
        await self._wait_for_end()
        self._adopt_context()
        error = None if self._reported else self._error()
        self._reported = True
        if self._refused and isinstance(error, OSError | ClientDisconnect):
            return
        if error is not None:
            raise error

    async def leave(self) -> None:
        """Let the application hear that the client has gone, as from a server.

        Where it sends it is told by that (ASGI 2.4), and its background tasks run.
        Where it makes the next piece, which may take forever, it is cancelled.
        """
        if self._is_sending or self._last_taken:
            await self.finish()
        else:
            await self.abandon()

    async def abandon(self) -> None:
        """Cancel the application, and wait until it has ended."""
        self._over = self._reported = True
        self._task.cancel()
        await self._wait_for_end()
        self._error()

    async def _wait_for_end(self) -> None:
        # PERF: asyncio.wait does the same at several times the cost.
        while not self._task.done():
            self._news.clear()
            await self._news.wait()

    def _error(self) -> BaseException | None:
        if self._task.cancelled():
            return asyncio.CancelledError()
        return self._task.exception()

    def _adopt_context(self) -> None:
        """Set here what was set inside, and leave alone what was not."""
        for variable, value in self._context.items():
            if self._seen.get(variable, _MISSING) is not value:
                variable.set(value)
        self._seen = self._context.copy()


_MISSING: Final = object()


class _InnerResponse(StreamingResponse):
    """The answer of the application inside, of which only the head is there yet."""

    def __init__(self, head: Message, inner: _InnerCall) -> None:
        # What a StreamingResponse infers was decided by the application inside.
        self.status_code = head["status"]
        self.raw_headers = list(head.get("headers", ()))
        self.background: Background | None = None
        self.body_iterator = self._content = inner.content()
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the answer on, piece by piece."""
        # The application inside watches for the disconnect itself, on the same channel.
        if self.body_iterator is self._content:
            await self._pass_on(send)
        else:
            await self._stream(scope, send)
        if self.background is not None:
            await self.background()

    async def _pass_on(self, send: Send) -> None:
        head = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        await self._deliver(send, head)
        more = True
        while (piece := await self._inner.next_piece()) is not None:
            await self._deliver(send, piece)
            more = piece.get("more_body", False)
        # The function may have read the content and returned the answer nevertheless.
        # One that the application broke off itself stays incomplete.
        if more and self._inner.complete:
            await self._deliver(send, {"type": "http.response.body", "body": b""})
