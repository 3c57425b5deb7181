"""WSGI applications within ASGI ones, through a2wsgi.

The story starts at `WSGIMiddleware`. a2wsgi runs the application in a thread and passes
its content on, piece by piece, with a queue of ten between them; what is here gives it
a scope that has no surprise, reads content as PEP 3333 says, and ends the application's
work when nobody listens.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote_from_bytes

from restlette.http.errors import ClientDisconnect
from restlette.http.optional import load
from restlette.http.types import Message, Receive, Scope, Send

__all__ = ["WSGIApplication", "WSGIMiddleware"]

a2wsgi: Final = load("a2wsgi", "wsgi", needed_by="restlette.contrib.wsgi")

Environ = dict[str, Any]
WSGIApplication = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# Where the exchange is kept for the thread: a name that no header field can take.
_EXCHANGE: Final = "restlette.exchange"
# What may stand in a query as it is (RFC 3986 section 3.4), and what often does.
_QUERY: Final = "".join(map(chr, range(0x21, 0x7F)))


class WSGIMiddleware:
    """Makes a WSGI application an ASGI application.

    Mounted, it finds the mount in ``SCRIPT_NAME`` and the rest in ``PATH_INFO``, parted
    at a segment's end. Fields with ``_`` in their names are left out, since WSGI could
    not tell ``X_Forwarded_For`` from ``X-Forwarded-For``. WebSockets are refused.

    A thread cannot be stopped: a cancelled request ends when the application gives its
    next piece of content, which is dropped.

    Args:
        app: The WSGI application.
        workers: How many requests it works on at a time; more wait in line.
    """

    def __init__(self, app: WSGIApplication, workers: int = 10) -> None:
        self.app = app
        self._asgi: Any = a2wsgi.WSGIMiddleware(self._run, workers=workers)

    def _run(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterator[bytes]:
        # In the thread.
        exchange: _Exchange = environ["asgi.scope"].pop(_EXCHANGE)
        # PEP 3333: "a text-mode stream"; what a program reports does not belong into
        # what it prints.
        environ["wsgi.errors"] = sys.stderr
        environ["SCRIPT_NAME"] = exchange.script_name
        environ["wsgi.input"] = io.BufferedReader(_Content(exchange))
        # Not in PEP 3333, but known to Werkzeug: content without a length can be read.
        environ["wsgi.input_terminated"] = True
        content = self.app(environ, start_response)
        try:
            for piece in content:
                if exchange.over:
                    return
                yield piece
        finally:
            # PEP 3333: "the server or gateway must call that method upon completion of
            # the current request, whether the request was completed normally, or
            # terminated early".
            close = getattr(content, "close", None)
            if close is not None:
                close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope."""
        if scope["type"] != "http":
            await self._asgi(scope, receive, send)
            return
        exchange = _Exchange(receive, send, head_only=scope["method"] == "HEAD")
        inner = _wsgi_scope(scope)
        exchange.script_name = inner["root_path"].encode("utf-8").decode("latin-1")
        inner[_EXCHANGE] = exchange
        working = asyncio.ensure_future(
            self._asgi(inner, exchange.receive, exchange.send)
        )
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            exchange.over = True
            await asyncio.gather(working, return_exceptions=True)
            raise
        except ClientDisconnect:
            # Raised into the application where it read; nobody is left to be told.
            pass


class _Exchange:
    """One request, and whether there is still somebody at its other end."""

    def __init__(self, receive: Receive, send: Send, *, head_only: bool) -> None:
        self._receive = receive
        self._send = send
        self._head_only = head_only
        self._loop = asyncio.get_running_loop()
        self.over = False
        self.script_name = ""

    async def receive(self) -> Message:
        """Receive for the application.

        Raises:
            ClientDisconnect: The client went away, and what came is not the whole.
        """
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.over = True
            raise ClientDisconnect
        return message

    def receive_in_thread(self) -> Message:
        """Receive, waiting in the thread of the application."""
        return asyncio.run_coroutine_threadsafe(self.receive(), self._loop).result()

    async def send(self, message: Message) -> None:
        """Send, or drop what nobody is there for."""
        if self.over:
            return
        # RFC 9110 section 9.3.2: "the server MUST NOT send content in the response".
        if self._head_only and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        try:
            await self._send(message)
        except OSError:
            # ASGI 2.4: send raises OSError once the client has gone. Passed on, it
            # would end a2wsgi's sender, and the thread would wait for it forever.
            self.over = True


class _Content(io.RawIOBase):
    """The content of a request, as the application reads it in its thread.

    a2wsgi's own takes the end of what has arrived for the end of all, where lines of a
    limited length are read.
    """

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange
        self._piece = memoryview(b"")
        self._more = True

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what has arrived, or wait for more of it."""
        while self._more and not self._piece:
            message = self._exchange.receive_in_thread()
            self._piece = memoryview(message.get("body", b""))
            self._more = message.get("more_body", False)
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size


def _wsgi_scope(scope: Scope) -> dict[str, Any]:
    """Give a copy of the scope that a2wsgi reads as it should."""
    root, path = _utf8(scope.get("root_path", "")).rstrip("/"), _utf8(scope["path"])
    if root and not f"{path}/".startswith(f"{root}/"):
        # A server or a mount that leaves root_path out of path: /apple is not below
        # /app.
        path = root + path
    query: bytes = scope.get("query_string", b"")
    return {
        **scope,
        "root_path": root,
        "path": path,
        "query_string": quote_from_bytes(query, safe=_QUERY).encode("ascii"),
        "http_version": scope.get("http_version", "1.1"),
        "headers": _fields(scope["headers"]),
    }


def _fields(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Give the header fields that WSGI can tell apart."""
    fields, cookies = [], []
    for name, value in headers:
        if name == b"cookie":
            cookies.append(value)
        elif b"_" not in name:
            fields.append((name, value))
    if cookies:
        # RFC 9113 section 8.2.3: several of HTTP/2 are joined so, and not with commas.
        fields.append((b"cookie", b"; ".join(cookies)))
    return fields


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
