"""The answer to a request.

The story starts with `Response`: a status, header fields and content, which is itself
an ASGI application. Its kinds differ in how they render what they are given;
`StreamingResponse` sends what an iterator yields.
"""

from __future__ import annotations

import re
from collections.abc import (
    AsyncIterable,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
)
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import quote

from restlette.concurrency import iterate_in_threadpool
from restlette.deferred import Deferred
from restlette.http.cookies import set_cookie_value
from restlette.http.errors import ClientDisconnect
from restlette.http.headers import MutableHeaders, encode_name, encode_value
from restlette.http.json import STANDARD, JSONCodec, ORJSONCodec, UJSONCodec
from restlette.http.types import DROPPED, READING, Message, Receive, Scope, Send

if TYPE_CHECKING:
    import asyncio
    import logging
    from datetime import datetime
else:
    asyncio = Deferred("asyncio")
    logging = Deferred("logging")

__all__ = [
    "HTMLResponse",
    "JSONResponse",
    "ORJSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
    "UJSONResponse",
    "check_seconds",
    "check_status",
    "has_content",
    "until_disconnect",
]

# RFC 3986 §2.2, §2.3: reserved characters, and the percent sign of what is encoded.
_URI_CHARACTERS = ":/?#[]@!$&'()*+,;=%"
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# RFC 3986 §3.1: scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
# RFC 9110 §4.1: URIs of at least 8000 octets are to be supported; not every one does.
_LONGEST_URL = 8000

Background = Callable[[], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]


def has_content(status_code: int) -> bool:
    """Say whether an answer with this status may carry content.

    Args:
        status_code: The status, 100 to 599.

    Returns:
        False for 1xx, 204 and 304 (RFC 9110 §6.4.1: they do not include content).
    """
    return status_code >= 200 and status_code not in (204, 304)


def check_status(status_code: object) -> None:
    """Refuse what is no status code.

    RFC 9110 §15: status-code = 3DIGIT; values outside of 100 to 599 are invalid.

    Raises:
        ValueError: It is not a whole number from 100 to 599.
    """
    if not isinstance(status_code, int) or not 100 <= status_code <= 599:
        raise ValueError(
            f"a status code is a whole number from 100 to 599, not {status_code!r}."
        )


class Response:
    """An answer whose content is known as a whole.

    Args:
        content: Text, bytes or nothing.
        status_code: The status, 100 to 599.
        headers: Header fields; a content-type or content-length among them is kept
            instead of the inferred one.
        media_type: The content's media type; text types get a charset parameter.
        background: What is awaited after the answer was sent.

    Raises:
        ValueError: A status, header or length that HTTP does not allow, or content
            where the status has none.
    """

    media_type: str | None = None
    charset = "utf-8"

    def __init__(
        self,
        content: Any = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
    ) -> None:
        if status_code != 200:
            check_status(status_code)
        self.status_code = status_code
        if media_type is not None:
            self.media_type = media_type
        self.background = background
        self.body: bytes = self.render(content)
        self.raw_headers: RawHeaders = []
        self.init_headers(headers)

    @classmethod
    def made(cls, body: bytes, status_code: int, raw_headers: RawHeaders) -> Self:
        """Give an answer of parts that are known to fit.

        PERF: nothing is checked or worked out; for those who did so when they were
        registered.

        Args:
            body: The content.
            status_code: The status.
            raw_headers: All header fields, content-length and content-type included.
        """
        response = cls.__new__(cls)
        response.body = body
        response.status_code = status_code
        response.raw_headers = raw_headers
        response.background = None
        return response

    def render(self, content: Any) -> bytes:
        """Turn content into bytes.

        Raises:
            TypeError: It is neither text nor bytes.
        """
        if content is None:
            return b""
        if isinstance(content, bytes):
            return content
        if isinstance(content, str):
            return content.encode(self.charset)
        if isinstance(content, bytearray | memoryview):
            return bytes(content)
        raise TypeError(
            f"{type(self).__name__} takes str or bytes, not "
            f"{type(content).__name__}. For JSON write JSONResponse(...)."
        )

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Set the header fields: those given, then what follows from the content."""
        raw = self.raw_headers
        names = set()
        for name, value in (headers or {}).items():
            field = encode_name(name), encode_value(name, value)
            if field[0] == b"content-length":
                self._check_length(value, given_before=field[0] in names)
            names.add(field[0])
            raw.append(field)
        if not has_content(self.status_code):
            self._refuse_content()
            return
        if b"content-length" not in names:
            raw.extend(self._length_field())
        if b"content-type" not in names:
            raw.extend(self._type_field())

    def _refuse_content(self) -> None:
        if self.body:
            raise ValueError(
                f"an answer with status {self.status_code} has no content "
                "(RFC 9110 §6.4.1)."
            )

    def _check_length(self, value: str, *, given_before: bool) -> None:
        """Refuse a length that is not the content's.

        RFC 9110 §8.6: a sender must not forward a message with a Content-Length that
        it knows to be incorrect. To answer HEAD, the length may stand without content.
        """
        # RFC 9110 §8.6: Content-Length = 1*DIGIT
        if given_before or not (value.isascii() and value.isdigit()):
            raise ValueError(f"content-length is one decimal number, not {value!r}.")
        # RFC 9110 §8.6: none in 1xx and 204; in a 304 that which a 200 would have.
        if not has_content(self.status_code) and self.status_code != 304:
            raise ValueError(
                f"an answer with status {self.status_code} has no content-length "
                "(RFC 9110 §8.6)."
            )
        if not self._is_length(int(value)):
            raise ValueError(
                f"content-length is {value!r} but the content has "
                f"{len(self.body)} bytes."
            )

    def _is_length(self, length: int) -> bool:
        return not self.body or length == len(self.body)

    def _length_field(self) -> RawHeaders:
        return [(b"content-length", b"%d" % len(self.body))]

    def _type_field(self) -> RawHeaders:
        if self.media_type is None:
            return []
        return [(b"content-type", _content_type(self.media_type, self.charset))]

    @property
    def headers(self) -> MutableHeaders:
        """The header fields, to read and to change."""
        return MutableHeaders(raw=self.raw_headers)

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: int | None = None,
        expires: int | float | str | datetime | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = "lax",
        *,
        partitioned: bool = False,
    ) -> None:
        """Set a cookie (RFC 6265bis §4.1).

        Args:
            key: Its name.
            value: Its value.
            max_age: For how many seconds it is kept.
            expires: When it is dropped: seconds from now, a datetime, or a date as
                HTTP writes it.
            path: Below which path it is sent.
            domain: To which host and those below it; by default to this host alone.
            secure: Whether it is sent over TLS only.
            httponly: Whether it is hidden from scripts.
            samesite: "lax", "strict", "none" or None.
            partitioned: Whether it is kept apart for each site that embeds this one.

        Raises:
            ValueError: A part that would break the field, or that browsers refuse.
        """
        field = set_cookie_value(
            key,
            value,
            max_age=max_age,
            expires=expires,
            path=path,
            domain=domain,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
            partitioned=partitioned,
        )
        self.raw_headers.append((b"set-cookie", field))

    def delete_cookie(
        self, key: str, path: str = "/", domain: str | None = None, **attributes: Any
    ) -> None:
        """Make the client forget a cookie.

        Args:
            key: Its name.
            path: The path with which it was set.
            domain: The domain with which it was set.
            attributes: Further ones of `set_cookie` with which it was set: the prefix
                of its name may ask for `secure`.
        """
        self.set_cookie(key, "", 0, 0, path, domain, **attributes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, then await the background tasks.

        Raises:
            OSError: The client has gone, where the server says so (ASGI 2.4). The
                background tasks have run then, as they do where it does not.
        """
        # ASGI, WebSocket denial response: the same messages under another prefix.
        prefix = "websocket." if scope["type"] == "websocket" else ""
        try:
            await send(
                {
                    "type": prefix + "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            # RFC 9110 §9.3.2: a server must not send content in the answer to HEAD.
            body = b"" if scope.get("method") == "HEAD" else self.body
            await send({"type": prefix + "http.response.body", "body": body})
        except OSError:
            if self.background is not None:
                await self.background()
            raise
        if self.background is not None:
            await self.background()


@lru_cache(256)
def _content_type(media_type: str, charset: str) -> bytes:
    if media_type.startswith("text/") and "charset=" not in media_type.lower():
        media_type = f"{media_type}; charset={charset}"
    return encode_value("content-type", media_type)


class HTMLResponse(Response):
    """An answer in HTML."""

    media_type: str | None = "text/html"


class PlainTextResponse(Response):
    """An answer in plain text."""

    media_type: str | None = "text/plain"


class JSONResponse(Response):
    """An answer in JSON, written by the standard library's encoder."""

    media_type: str | None = "application/json"
    codec: ClassVar[JSONCodec] = STANDARD

    def render(self, content: Any) -> bytes:
        """Encode the content.

        Raises:
            TypeError: A value that JSON has no form for.
            ValueError: NaN, an infinity, or a value that holds itself.
        """
        return self.codec.dumps(content)


# Made when first used: the packages behind them are optional.
_ujson = cache(UJSONCodec)
_orjson = cache(ORJSONCodec)


class UJSONResponse(JSONResponse):
    """An answer in JSON, written by ujson."""

    def render(self, content: Any) -> bytes:
        """Encode the content."""
        return _ujson().dumps(content)


class ORJSONResponse(JSONResponse):
    """An answer in JSON, written by orjson."""

    def render(self, content: Any) -> bytes:
        """Encode the content."""
        return _orjson().dumps(content)


class RedirectResponse(Response):
    """An answer that names another place (RFC 9110 §15.4).

    Args:
        url: Where to, a str; characters that a URI cannot hold are percent-encoded.
        status_code: A 3xx status; 307 keeps the method.
        headers: Further header fields.
        background: What is awaited after the answer was sent.

    Raises:
        TypeError: The URL is no str.
        ValueError: The URL holds control characters or has a scheme that a redirect
            must not have, or the status is not that of a redirect.
    """

    schemes: ClassVar[frozenset[str]] = frozenset({"http", "https"})

    def __init__(
        self,
        url: object,
        status_code: int = 307,
        headers: Mapping[str, str] | None = None,
        background: Background | None = None,
    ) -> None:
        if not 300 <= status_code <= 399:
            raise ValueError(f"a redirect has a 3xx status, not {status_code!r}.")
        if not isinstance(url, str):
            raise TypeError(
                f"a redirect's URL is a str, not {type(url).__name__}. The path of a "
                "resource is request.url_for(...)."
            )
        location = self._location(url)
        others = {k: v for k, v in (headers or {}).items() if k.lower() != "location"}
        fields = {**others, "location": location}
        super().__init__(None, status_code, fields, None, background)

    def _location(self, url: str) -> str:
        # SECURITY: a browser drops tabs and line ends from a URL before it reads the
        # scheme, so none may pass; and it would run what javascript: and data: hold.
        if _CONTROL.search(url) or len(url) > _LONGEST_URL:
            raise ValueError(
                "a redirect's URL holds no control characters and at most "
                f"{_LONGEST_URL} characters."
            )
        scheme = _SCHEME.match(url)
        if scheme is not None and scheme[1].lower() not in self.schemes:
            raise ValueError(
                f"a redirect to the scheme {scheme[1]!r} is refused. To allow it, "
                "subclass RedirectResponse and add it to `schemes`."
            )
        # A lone surrogate has no UTF-8; a question mark in its place would end the
        # path.
        return quote(_SURROGATE.sub("\ufffd", url), safe=_URI_CHARACTERS)


class StreamingResponse(Response):
    """An answer whose content is sent while it is made.

    A piece is asked for when the one before it was sent, so that a client that reads
    slowly makes the iterator wait. The iterator is closed once, however the answer
    ends: at its end, when the client has gone, or unread in answer to HEAD. What it
    raises breaks the connection off, for the head has been sent.

    Args:
        content: An asynchronous iterable of text or bytes, or an ordinary one, which
            is then read in the thread pool.
        status_code: The status.
        headers: Header fields.
        media_type: The content's media type.
        background: What is awaited after the answer was sent.
        write_timeout: For how many seconds a client may take nothing before it counts
            as gone; None for as long as the server lets it.

    Raises:
        TypeError: The content is nothing to iterate over, or is one piece as a whole.
        ValueError: The status is that of an answer without content, or the time is
            not more than 0.
    """

    write_timeout: float | None = None

    def __init__(
        self,
        content: AsyncIterable[Any] | Iterable[Any],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
        *,
        write_timeout: float | None = None,
    ) -> None:
        if isinstance(content, str | bytes | bytearray | memoryview) or not isinstance(
            content, AsyncIterable | Iterable
        ):
            raise TypeError(
                f"{type(self).__name__} takes an iterable of pieces, not "
                f"{type(content).__name__}. For content as a whole write Response(...)."
            )
        self.write_timeout = check_seconds("write_timeout", write_timeout)
        super().__init__(None, status_code, headers, media_type, background)
        self.body_iterator: AsyncIterable[Any] = (
            content
            if isinstance(content, AsyncIterable)
            else iterate_in_threadpool(content)
        )

    def _refuse_content(self) -> None:
        raise ValueError(
            f"an answer with status {self.status_code} has no content to stream "
            "(RFC 9110 §6.4.1)."
        )

    def _is_length(self, length: int) -> bool:
        # It is taken as it is given: the content is not known yet.
        return True

    def _length_field(self) -> RawHeaders:
        return []

    def render_piece(self, piece: Any) -> bytes:
        """Turn what the iterator gave into bytes.

        Raises:
            TypeError: It is neither text nor bytes.
        """
        return piece if isinstance(piece, bytes) else self.render(piece)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces one by one; stop when the client has gone."""
        try:
            await self._stream(scope, send, receive)
        except ClientDisconnect:
            # That nobody listens any more is no error of ours.
            pass
        if self.background is not None:
            await self.background()

    async def _stream(
        self, scope: Scope, send: Send, receive: Receive | None = None
    ) -> None:
        """Send the answer and close the iterator.

        Args:
            scope: The request's.
            send: The ASGI send channel.
            receive: The ASGI receive channel, unless others watch it.

        Raises:
            ClientDisconnect: The client has gone.
        """
        # RFC 9110 §9.3.2: no content in the answer to HEAD, and so nothing to watch.
        with_content = scope.get("method") != "HEAD"
        watchers = []
        if with_content and receive is not None:
            watchers = self._watchers(scope, receive, send)
        sending = self._send_all(scope, send, with_content)
        try:
            await (_watched(sending, watchers) if watchers else sending)
        finally:
            await self.aclose()

    async def _send_all(self, scope: Scope, send: Send, with_content: bool) -> None:
        prefix = "websocket." if scope["type"] == "websocket" else ""
        body = prefix + "http.response.body"
        start: Message = {
            "type": prefix + "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        await self._deliver(send, start)
        if with_content:
            async for piece in self.body_iterator:
                content = self.render_piece(piece)
                await self._deliver(
                    send, {"type": body, "body": content, "more_body": True}
                )
                # A generator may never wait, nor does the send of a server whose
                # client has gone: let others have their turn, the watcher too.
                await asyncio.sleep(0)
        await self._deliver(send, {"type": body, "body": b"", "more_body": False})

    def _watchers(
        self, scope: Scope, receive: Receive, send: Send
    ) -> list[Coroutine[Any, Any, None]]:
        """Give what runs beside the stream; when one of them ends, the stream does."""
        return [] if _send_raises(scope) else [until_disconnect(scope, receive)]

    async def _deliver(self, send: Send, message: Message) -> None:
        """Send a message; return when the client has taken what came before it.

        Raises:
            ClientDisconnect: The client has gone, or takes nothing.
        """
        limit = None
        try:
            if self.write_timeout is None:
                await send(message)
            else:
                async with asyncio.timeout(self.write_timeout) as limit:
                    await send(message)
        except OSError as exc:
            # ASGI 2.4: send raises OSError once the client has gone. TimeoutError is
            # one too.
            if limit is not None and limit.expired():
                logging.getLogger("restlette.stream").warning(
                    "a stream was ended: its reader took nothing for %g s",
                    self.write_timeout,
                )
            raise ClientDisconnect from exc

    async def aclose(self) -> None:
        """Close the iterator; an asynchronous generator runs its `finally` here."""
        close = getattr(self.body_iterator, "aclose", None)
        if close is not None:
            await close()


def check_seconds(name: str, seconds: float | None) -> float | None:
    """Refuse what is no length of time.

    Raises:
        ValueError: It is not more than 0.
    """
    if seconds is not None and not seconds > 0:
        raise ValueError(f"{name} is a number of seconds above 0, not {seconds!r}.")
    return seconds


def _send_raises(scope: Scope) -> bool:
    """Say whether the server's send raises when the client has gone (ASGI 2.4)."""
    version = scope.get("asgi", {}).get("spec_version", "2.0")
    major, _, minor = version.partition(".")
    return (int(major), int(minor or 0)) >= (2, 4)


async def until_disconnect(scope: Scope, receive: Receive) -> None:
    """Wait until the client has gone; content that nobody reads is dropped.

    A stream may be made of the request's own content, which comes by the same channel:
    whoever reads that hears of the disconnect as well.
    """
    while True:
        reading = scope.get(READING)
        if reading is not None:
            await reading.wait()
        message = await receive()
        # The latter is that of a handshake, which may be answered by HTTP.
        if message["type"] in ("http.disconnect", "websocket.disconnect"):
            return
        if message.get("body") or message.get("more_body"):
            scope[DROPPED] = True


async def _watched(
    streaming: Coroutine[Any, Any, None], watchers: list[Coroutine[Any, Any, None]]
) -> None:
    """Stream until the end, or until one of the watchers has come to its own.

    The stream runs in the request's own task, where context variables, time limits and
    task groups that are open across a `yield` belong.

    Raises:
        ClientDisconnect: A watcher ended first.
        BaseException: What the stream raised, or else a watcher.
    """
    now = asyncio.get_running_loop().time
    tasks = [asyncio.ensure_future(watcher) for watcher in watchers]
    limit = asyncio.timeout(None)
    try:
        async with limit:

            def stop(task: asyncio.Task[None]) -> None:
                # Once: a time that has come cannot be set anew.
                if not task.cancelled() and limit.when() is None:
                    limit.reschedule(now())

            for task in tasks:
                task.add_done_callback(stop)
            try:
                await streaming
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
    except TimeoutError as exc:
        if not limit.expired():
            raise
        for task in tasks:
            if not task.cancelled():
                task.result()
        raise ClientDisconnect from exc
