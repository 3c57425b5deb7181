"""Answers that are streams of items: JSON line by line, and server-sent events.

The story starts with `ItemStream`: a `StreamingResponse` whose iterator gives values
and not bytes. `NDJSON` sends each as a line of JSON, `EventStream` as an event;
`ServerSentEvent` is an event that has more than data.

    event: price
    id: 7
    data: {"title": "Dune", "price": 9.5}
                                            an empty line ends the event

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html (HTML §9.2)
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NoReturn, TypeVar

from restlette.deferred import Deferred
from restlette.http.json import STANDARD
from restlette.http.response import (
    Background,
    StreamingResponse,
    check_seconds,
    until_disconnect,
)
from restlette.http.types import Message, Receive, Scope, Send

if TYPE_CHECKING:
    import asyncio
else:
    asyncio = Deferred("asyncio")

__all__ = ["NDJSON", "EventStream", "ItemStream", "ServerSentEvent"]

T = TypeVar("T")

# HTML §9.2.5: end-of-line = ( cr lf / cr / lf ). Not str.splitlines, which knows more.
_split_lines = re.compile("\r\n|\r|\n").split


class ItemStream(StreamingResponse, Generic[T]):
    """An answer whose content is made of items, each sent when it is there.

    The stream ends when the client goes, also while no item comes.

    Args:
        content: An asynchronous iterable of items, or an ordinary one, which is then
            read in the thread pool.
        status_code: The status.
        headers: Header fields; they are kept in the place of the kind's own.
        background: What is awaited after the answer was sent.
        write_timeout: For how many seconds a client may take nothing before it counts
            as gone; None for as long as the server lets it.

    Attributes:
        encode: Makes the JSON of an item. A handler's return annotation, such as
            `NDJSON[Book]`, puts the model of the item and the application's codec here.

    Raises:
        TypeError: The content is nothing to iterate over.
        ValueError: A status, header field or time that cannot be.
    """

    fields: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        content: AsyncIterable[T] | Iterable[T],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        background: Background | None = None,
        *,
        write_timeout: float | None = None,
    ) -> None:
        given = dict(headers or {})
        names = {name.lower() for name in given}
        own = {name: value for name, value in self.fields.items() if name not in names}
        super().__init__(
            content,
            status_code,
            {**given, **own},
            None,
            background,
            write_timeout=write_timeout,
        )
        self.encode: Callable[[Any], bytes] = STANDARD.dumps

    def _watchers(
        self, scope: Scope, receive: Receive, send: Send
    ) -> list[Coroutine[Any, Any, None]]:
        # A send that raises says nothing while there is nothing to send.
        return [until_disconnect(scope, receive)]


class NDJSON(ItemStream[T]):
    """A stream of JSON values, one a line.

    Args:
        content: An iterable of values that JSON has a form for, asynchronous or not.
        status_code: The status.
        headers: Header fields.
        background: What is awaited after the answer was sent.
        write_timeout: For how many seconds a client may take nothing.
    """

    media_type: str | None = "application/x-ndjson"
    fields: ClassVar[Mapping[str, str]] = {"x-accel-buffering": "no"}

    def render_piece(self, piece: T) -> bytes:
        """Make the line of an item.

        Raises:
            TypeError: JSON has no form for it.
        """
        line = self.encode(piece)
        if b"\n" in line:
            # RFC 8259 §2, §7: in JSON a line feed can only be white space.
            line = line.replace(b"\n", b" ")
        return line + b"\n"


class ServerSentEvent(Generic[T]):
    """An event, with what it has beside its data (HTML §9.2.6).

    Values: equal when all their parts are, and never changed.

    Args:
        data: Text, which is sent as it is, or a value that is sent as JSON. Without it
            the client sees no event.
        event: Its type, which the client listens to; without one it is `message`.
        id: What the client sends as `Last-Event-ID` when it connects again.
        retry: After how many milliseconds it connects again.
        comment: Text that clients skip.

    Raises:
        TypeError: A part is not of its type.
        ValueError: `event` or `id` holds the end of a line, `id` a NUL, `retry` is
            negative.
    """

    __slots__ = ("comment", "data", "event", "id", "retry")

    data: T | None
    event: str | None
    id: str | None
    retry: int | None
    comment: str | None

    def __init__(
        self,
        data: T | None = None,
        *,
        event: str | None = None,
        id: str | None = None,
        retry: int | None = None,
        comment: str | None = None,
    ) -> None:
        _check_line("event", event, "\r\n")
        # HTML §9.2.6: an id that holds U+0000 NULL is ignored.
        _check_line("id", id, "\r\n\0")
        _check_line("comment", comment, "")
        _check_retry(retry)
        parts = zip(self.__slots__, (comment, data, event, id, retry), strict=True)
        for name, value in parts:
            object.__setattr__(self, name, value)

    def _parts(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a ServerSentEvent is never changed: make another one.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a ServerSentEvent is never changed: make another one.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ServerSentEvent):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        parts = [] if self.data is None else [repr(self.data)]
        for name in ("event", "id", "retry", "comment"):
            value = getattr(self, name)
            if value is not None:
                parts.append(f"{name}={value!r}")
        return f"ServerSentEvent({', '.join(parts)})"


def _check_line(name: str, text: object, forbidden: str) -> None:
    if text is None:
        return
    if not isinstance(text, str):
        raise TypeError(f"{name} is a str, not {type(text).__name__}.")
    # SECURITY: the end of a line within a part would begin a part of the sender's.
    if not set(forbidden).isdisjoint(text):
        raise ValueError(f"{name} is one line of text without NUL, not {text!r}.")


def _check_retry(retry: object) -> None:
    # HTML §9.2.6: a retry that is not ASCII digits alone is ignored.
    if retry is not None and (not isinstance(retry, int) or retry < 0):
        raise ValueError(f"retry is a whole number of milliseconds, not {retry!r}.")


# A comment, which clients skip.
_HEARTBEAT: Final = b":\n\n"


class EventStream(ItemStream[T]):
    """A stream of server-sent events, as a browser's EventSource reads it.

    Args:
        content: An iterable of events, asynchronous or not: each a `ServerSentEvent`,
            or the data of one.
        status_code: The status; anything but 200 makes an EventSource give up.
        headers: Header fields; they are kept in the place of `Cache-Control: no-store`
            and `X-Accel-Buffering: no`.
        background: What is awaited after the answer was sent.
        write_timeout: For how many seconds a client may take nothing.
        heartbeat: After how many seconds without an event a comment is sent, which
            keeps proxies from closing the connection; None for never.
    """

    media_type: str | None = "text/event-stream"
    fields: ClassVar[Mapping[str, str]] = {
        "cache-control": "no-store",
        "x-accel-buffering": "no",
    }

    def __init__(
        self,
        content: AsyncIterable[T | ServerSentEvent[T]]
        | Iterable[T | ServerSentEvent[T]],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        background: Background | None = None,
        *,
        write_timeout: float | None = None,
        # HTML §9.2.7: "authors can include a comment line [...] every 15 seconds or
        # so", since proxies drop connections that are quiet for longer.
        heartbeat: float | None = 15.0,
    ) -> None:
        # What is data or an event is told apart where it is rendered.
        items: Any = content
        super().__init__(
            items, status_code, headers, background, write_timeout=write_timeout
        )
        self.heartbeat: float | None = check_seconds("heartbeat", heartbeat)
        self._sending = asyncio.Lock()
        self._sent_at = 0.0

    def render_piece(self, piece: Any) -> bytes:
        """Make the lines of an event.

        Raises:
            TypeError: JSON has no form for its data.
        """
        if not isinstance(piece, ServerSentEvent):
            return b"\n".join([*self._data(piece), b"\n"])
        lines = [] if piece.comment is None else _lines("", piece.comment)
        if piece.event is not None:
            lines += _lines("event", piece.event)
        if piece.id is not None:
            lines += _lines("id", piece.id)
        if piece.retry is not None:
            lines.append(b"retry: %d" % piece.retry)
        if piece.data is not None:
            lines += self._data(piece.data)
        return b"\n".join([*lines, b"\n"])

    def _data(self, data: Any) -> list[bytes]:
        text = data if isinstance(data, str) else self.encode(data).decode("utf-8")
        return _lines("data", text)

    def _watchers(
        self, scope: Scope, receive: Receive, send: Send
    ) -> list[Coroutine[Any, Any, None]]:
        watchers = super()._watchers(scope, receive, send)
        if self.heartbeat is not None:
            watchers.append(self._beat(send, self.heartbeat))
        return watchers

    async def _beat(self, send: Send, heartbeat: float) -> None:
        """Send a comment whenever nothing was sent for a while."""
        now = asyncio.get_running_loop().time
        self._sent_at = now()
        comment = {"type": "http.response.body", "body": _HEARTBEAT, "more_body": True}
        while True:
            rest = self._sent_at + heartbeat - now()
            if rest > 0:
                await asyncio.sleep(rest)
            else:
                await self._deliver(send, comment)

    async def _deliver(self, send: Send, message: Message) -> None:
        # One message at a time: a middleware may keep one until it is taken.
        async with self._sending:
            await super()._deliver(send, message)
            self._sent_at = asyncio.get_running_loop().time()


def _lines(name: str, text: str) -> list[bytes]:
    """Give the lines of a field, each with its name; a comment's name is empty.

    A lone surrogate, which UTF-8 has no form for, is sent as a question mark.
    """
    return [f"{name}: {line}".encode("utf-8", "replace") for line in _split_lines(text)]
