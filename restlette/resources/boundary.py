"""What becomes of an exception: an answer, and a place where it is seen.

The story starts with `Boundary.fail`. An HTTPException is an answer by itself; other
exceptions are given to the handlers that routers and the application registered. What
nobody handles is answered 500, logged, and raised again, so that the tools around the
application (the server, which writes the traceback, and error trackers) see it.
`Refusal` is an error answer that can be rendered once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from restlette.concurrency import ThreadPool, as_async
from restlette.deferred import Deferred
from restlette.http.errors import (
    ClientDisconnect,
    HTTPException,
    InternalServerError,
    UpgradeRequired,
    WebSocketException,
)
from restlette.http.printable import printable
from restlette.http.problems import problem_response
from restlette.http.request import HTTPConnection, Request
from restlette.http.response import Response
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.http.websocket import WebSocket, WebSocketDisconnect, WebSocketState
from restlette.resources.problem import Problem

if TYPE_CHECKING:
    import logging
else:
    logging = Deferred("logging")

__all__ = ["Boundary", "Bounded", "Handlers", "Refusal", "Watch", "find_accept"]

Handler = Callable[..., Any]
Handlers = Mapping[int | type[BaseException], Handler | Problem]

# What an answer begins with. Others may come before, such as a push promise or early
# hints.
_BEGINNINGS = frozenset(
    (
        "http.response.start",
        "websocket.accept",
        "websocket.close",
        "websocket.http.response.start",
    )
)

# RFC 6455 §7.4.1.
_INTERNAL_ERROR = 1011

_CONNECTED = WebSocketState.CONNECTED

# RFC 9113 §8.2.2: an endpoint must not generate an HTTP/2 message containing
# connection-specific header fields; RFC 9114 §4.2 says it for HTTP/3.
_OF_CONNECTION = frozenset((b"connection", b"upgrade"))


def find_accept(scope: Scope) -> bytes | None:
    """Give the value of the Accept fields, joined as RFC 9110 §5.3 allows."""
    values = [value for name, value in scope["headers"] if name == b"accept"]
    return b", ".join(values) if values else None


class Watch:
    """A `send` that remembers whether the answer has begun.

    Only middleware and foreign applications get one: restlette's own resources answer
    in one place, which knows.
    """

    __slots__ = ("_send", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started: bool = False

    def __call__(self, message: Message) -> Awaitable[None]:
        """Pass a message on.

        PERF: a plain function that gives what is to be awaited, not a coroutine more
        for each message of a WebSocket.
        """
        if message["type"] in _BEGINNINGS:
            self.started = True
        return self._send(message)


class Bounded:
    """An application, whose exceptions are answered.

    Args:
        app: The ASGI application.
        boundary: What becomes of an exception.
    """

    __slots__ = ("_app", "_boundary")

    def __init__(self, app: ASGIApp, boundary: Boundary) -> None:
        self._app = app
        self._boundary = boundary

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; what is raised before the answer began is answered here.

        Raises:
            Exception: What nobody handled, and what came after the answer began.
        """
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        watch = Watch(send)
        try:
            await self._app(scope, receive, watch)
        except Exception as exc:
            if watch.started:
                raise
            await self._boundary.fail(exc, scope, receive, send)


class Boundary:
    """The exception handlers that hold at one place of the tree.

    Args:
        tables: Handlers by status or class; the innermost router's come first.
        debug: Whether an unhandled exception is shown to a client on this machine.
        pool: Where plain handlers run.
    """

    __slots__ = ("_debug", "_pool", "_refusals", "_tables")

    def __init__(
        self,
        tables: tuple[Handlers, ...] = (),
        *,
        debug: bool = False,
        pool: ThreadPool | None = None,
    ) -> None:
        self._tables = [
            {
                key: each if isinstance(each, Problem) else as_async(each, pool)
                for key, each in table.items()
            }
            for table in tables
            if table
        ]
        self._debug = debug
        self._refusals: dict[Any, Refusal] = {}
        self._pool = pool

    def around(self, app: ASGIApp) -> Bounded:
        """Put the boundary around an application that may raise: a middleware."""
        return Bounded(app, self)

    def refusal(self, cls: type[HTTPException], **arguments: Any) -> Refusal:
        """Give the refusal that an exception of constant arguments makes.

        PERF: ten thousand resources that answer the same methods share one.

        Args:
            cls: The exception's class.
            arguments: Its arguments, each of which can be hashed.
        """
        key = cls, *sorted(arguments.items())
        if key not in self._refusals:
            self._refusals[key] = Refusal(cls(**arguments), self)
        return self._refusals[key]

    def find(self, exc: BaseException) -> Handler | None:
        """Give the handler of an exception: by status, then by class, inside out."""
        found = self._look_up(exc)
        return None if isinstance(found, Problem) else found

    def told(self, exc: Exception) -> Exception:
        """Give what clients are told of an exception: itself, or its problem."""
        problem = self._look_up(exc)
        if not isinstance(problem, Problem):
            return exc
        try:
            told = problem.of(exc)
        except Exception as raised:
            return raised
        told.__cause__ = exc
        return told

    def _look_up(self, exc: BaseException) -> Handler | Problem | None:
        for table in self._tables:
            if isinstance(exc, HTTPException) and exc.status_code in table:
                return table[exc.status_code]
            for cls in type(exc).__mro__:
                # Like the ancestor's: a handler of Exception is one of the status 500.
                if cls in table and cls not in (Exception, BaseException):
                    return table[cls]
        return None

    def _find_last(self) -> Handler | None:
        """Give the handler of what nobody else handles."""
        for table in self._tables:
            handler = table.get(500) or table.get(Exception)
            if handler is not None and not isinstance(handler, Problem):
                return handler
        return None

    async def answer(
        self, exc: Exception, connection: HTTPConnection
    ) -> tuple[Response, Exception | None]:
        """Turn an exception into an answer.

        Args:
            exc: What was raised.
            connection: The request, or the WebSocket that is not accepted yet.

        Returns:
            The answer, and what is to be raised after it: None, unless nobody
            handled the exception or its handler failed.
        """
        failed: Handler | None = None
        exc = self.told(exc)
        handler = self.find(exc)
        if handler is not None:
            try:
                response = await handler(connection, exc)
                return _checked(response, handler, connection), None
            except Exception as raised:
                exc, failed = raised, handler
        if isinstance(exc, HTTPException):
            try:
                return _problem(exc, connection.scope), None
            except (TypeError, ValueError) as raised:
                # An extension that JSON has no form for.
                exc = raised
        _log(exc, connection)
        return await self._last_answer(exc, failed, connection), exc

    async def _last_answer(
        self, exc: Exception, failed: Handler | None, connection: HTTPConnection
    ) -> Response:
        """Answer what nobody handled, by no handler that failed before."""
        scope = connection.scope
        if self._debug:
            debug: Any = import_module("restlette.http.debug")
            # SECURITY: source code is shown to clients on this machine alone.
            if debug.is_local(scope):
                shown: Response = debug.debug_response(exc, scope)
                return shown
        handler = self._find_last()
        if handler is not None and handler is not failed:
            try:
                response = await handler(connection, exc)
                return _checked(response, handler, connection)
            except Exception as raised:
                _log(raised, connection)
        return _problem(InternalServerError(), scope)

    async def fail(
        self, exc: Exception, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer an exception that was raised before the answer began.

        The handshake of a WebSocket is answered by HTTP.

        Raises:
            Exception: The exception itself, if nobody handles it.
        """
        if scope["type"] == "websocket":
            await self.end(exc, WebSocket(scope, receive, send))
            return
        if isinstance(exc, ClientDisconnect):
            return
        response, unhandled = await self.answer(exc, Request(scope, receive, send))
        await response(scope, receive, send)
        if unhandled is not None:
            raise unhandled

    async def end(self, exc: Exception, websocket: WebSocket) -> None:
        """End a conversation that was left by an exception.

        Before accept() the handshake is answered as a request would be. Then the
        exception's handler is called, which may close the connection. What it leaves
        open is closed with the code of a WebSocketException, or with 1011.

        Raises:
            Exception: The exception itself, if nobody handles it.
        """
        is_over = websocket.close_code is not None
        if isinstance(exc, WebSocketDisconnect) and is_over:
            # The news has done its work.
            return
        handler = self.find(exc)
        is_close = isinstance(exc, WebSocketException)
        if websocket.is_undecided and not (is_close and handler is None):
            await self._deny(exc, websocket)
            return
        if handler is not None and not is_over:
            try:
                await handler(websocket, exc)
            except Exception as raised:
                exc = raised
            else:
                if websocket.close_code is not None:
                    return
        if isinstance(exc, WebSocketException):
            if websocket.close_code is None:
                await websocket.close(exc.code, exc.reason)
            return
        # An answer by HTTP that broke off cannot be closed.
        if websocket.close_code is None and websocket.application_state is _CONNECTED:
            await websocket.close(_INTERNAL_ERROR)
        raise exc

    async def _deny(self, exc: Exception, websocket: WebSocket) -> None:
        response, unhandled = await self.answer(exc, websocket)
        # The handler may have closed it, and the client may be gone.
        if websocket.is_undecided:
            try:
                await websocket.send_denial_response(response)
            except WebSocketDisconnect:
                pass
        if unhandled is not None:
            raise unhandled


def _checked(response: Any, handler: Handler, connection: HTTPConnection) -> Response:
    if isinstance(response, Response):
        return response
    if isinstance(connection, WebSocket) and not connection.is_undecided:
        # It has decided itself; nobody sends this one.
        return Response()
    name = getattr(handler, "__qualname__", repr(handler))
    raise TypeError(
        f"the exception handler {name} returned {type(response).__name__}; "
        "an exception handler returns a Response."
    )


def _problem(exc: HTTPException, scope: Scope) -> Response:
    response = problem_response(exc, find_accept(scope))
    if scope.get("http_version", "1.1") >= "2":
        raw = response.raw_headers
        raw[:] = [field for field in raw if field[0] not in _OF_CONNECTION]
    return response


def _log(exc: BaseException, connection: HTTPConnection) -> None:
    """Write a line about an exception, and below it where that was raised.

    The record has the exception, by which error trackers know it again when it comes to
    them once more, through the middleware that they put around the application.
    """
    logger = logging.getLogger("restlette.error")
    if not logger.isEnabledFor(logging.ERROR):
        return
    scope = connection.scope
    text = (
        printable(scope.get("method", scope["type"])),
        printable(scope["path"]),
        type(exc).__name__,
        printable(_text(exc)),
    )
    file, line, function = _place(exc)
    record = logger.makeRecord(
        logger.name,
        logging.ERROR,
        file,
        line,
        "%s %s: %s: %s",
        text,
        (type(exc), exc, exc.__traceback__),
        function,
    )
    # NOTE: what formatters write in place of the traceback, which is the server's to
    # write: it would be there twice.
    record.exc_text = f'  File "{file}", line {line}, in {function}'
    logger.handle(record)


def _place(exc: BaseException) -> tuple[str, int, str]:
    """Give the file, the line and the function that raised an exception."""
    raised = exc.__traceback__
    if raised is None:
        return "(nowhere)", 0, "(nowhere)"
    while raised.tb_next is not None:
        raised = raised.tb_next
    code = raised.tb_frame.f_code
    return code.co_filename, raised.tb_lineno, code.co_name


def _text(exc: BaseException) -> str:
    try:
        return str(exc)
    except Exception:
        return "its text cannot be had"


class Refusal:
    """An error answer that is the same for each request.

    PERF: a 404 should not cost more than the answer would have, so the exception is
    rendered once for each kind of client.

    Args:
        exc: What the answer says.
        boundary: The handlers that may have an answer of their own.
    """

    __slots__ = ("_boundary", "_rendered", "exc")

    def __init__(self, exc: HTTPException, boundary: Boundary) -> None:
        self.exc: HTTPException = exc
        self._boundary = boundary
        self._rendered: Response | None = None
        # That of 426 depends on the version of HTTP.
        if boundary.find(exc) is None and not isinstance(exc, UpgradeRequired):
            self._rendered = problem_response(exc, None)

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, accept: bytes | None = None
    ) -> None:
        """Send the answer."""
        rendered = self._rendered
        if rendered is None:
            await self._boundary.fail(_fresh(self.exc), scope, receive, send)
            return
        if accept is not None and accept != b"*/*":
            rendered = problem_response(self.exc, accept)
        await send(
            {
                "type": "http.response.start",
                "status": rendered.status_code,
                # A copy: middleware may add to it.
                "headers": rendered.raw_headers.copy(),
            }
        )
        body = b"" if scope["method"] == "HEAD" else rendered.body
        await send({"type": "http.response.body", "body": body})


def _fresh(exc: HTTPException) -> HTTPException:
    """Give a copy: a raised exception keeps its traceback, and frames, alive."""
    copied: HTTPException = import_module("copy").copy(exc)
    return copied
