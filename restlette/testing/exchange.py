"""One HTTP exchange, from the server's side of ASGI.

The story: `Exchange` is what an application is given as `receive` and `send`. It hands
out the request, keeps the answer, and holds every message to ASGI's HTTP specification
and to the framing rules of RFC 9110; `conclude` says how the exchange ended.
`StreamedExchange` hands the answer on while it is being sent, one piece at a time.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any

from restlette.http.types import ASGIApp, Message, Scope
from restlette.testing.content import Body
from restlette.testing.errors import ASGIViolation, IncompleteAnswer
from restlette.testing.scope import Fields

__all__ = ["Exchange", "StreamedExchange"]

# RFC 9110 §5.6.2: token = 1*tchar. ASGI wants names in lower case.
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
# RFC 9110 §5.5: field-content = field-vchar [ 1*( SP / HTAB / field-vchar )
# field-vchar ], field-vchar = VCHAR / obs-text. An empty value is allowed.
_VALUE = re.compile(rb"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
# RFC 9110 §8.6: Content-Length = 1*DIGIT. Nobody sends nineteen of them.
_LENGTH = re.compile(rb"[0-9]{1,18}")
# RFC 9110 §6.4.1: these have no content, whatever their fields say.
_NO_CONTENT = frozenset({204, 304})

Observer = Callable[[bytes], None]

# Seconds in which an application may tidy up after the client went away.
DISCONNECT_GRACE = 1.0


class Exchange:
    """A request, and the answer as the application sends it.

    Args:
        method: The request's method.
        body: The request's content.
        strict: Whether content in an answer that can have none (HEAD, 204, 304), and
            header names in upper case, are violations. Servers drop the one and take
            the other, and so does an exchange that is not strict.

    Attributes:
        request: The request's content; pieces that were taken are gone.
        status: The status code, 0 as long as there is none.
        fields: The header fields of the answer.
        chunks: The pieces of the answer's content that nobody has taken yet.
        complete: Whether the whole answer was sent.
        debug: What the application told about the answer through the extension
            `http.response.debug`, such as its template.
    """

    def __init__(self, method: str, body: Body = b"", *, strict: bool = True) -> None:
        self.method = method
        self.strict = strict
        self.status: int = 0
        self.fields: Fields = []
        self.chunks: list[bytes] = []
        self.complete: bool = False
        self.debug: dict[str, Any] = {}
        self.request: Body = body
        self._request: Body | None = body
        self._over: asyncio.Event | None = None
        self._gone = False
        self._violation: ASGIViolation | None = None
        self._declared: int | None = None
        self._sent = 0

    @property
    def content(self) -> bytes:
        """The content of the answer, as far as it was sent."""
        return b"".join(self.chunks)

    @property
    def was_asked(self) -> bool:
        """Whether the application has taken the request's content, to its end."""
        return self._request is None

    async def receive(self) -> Message:
        """Give the next message to the application.

        First the request's content; when that is at its end, wait for the answer to be
        complete or the client to be gone, then say `http.disconnect`, again and again.
        """
        body = self._request
        if isinstance(body, bytes):
            self._request = None
            return {"type": "http.request", "body": body, "more_body": False}
        if body is not None and not self._gone:
            chunk = await anext(body, None)
            if chunk is not None:
                return {"type": "http.request", "body": chunk, "more_body": True}
            self._request = None
            return {"type": "http.request", "body": b"", "more_body": False}
        if not (self.complete or self._gone):
            if self._over is None:
                self._over = asyncio.Event()
            await self._over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a message from the application.

        Raises:
            ASGIViolation: The message is wrong, or wrong at this place.
        """
        if self._gone:
            # ASGI HTTP specification, "Disconnected Client - send Exception": before
            # 2.4 what is sent to nobody is dropped without a word.
            await asyncio.sleep(0)
            return
        kind = _kind(message)
        if kind == "http.response.start":
            self._start(message)
        elif kind == "http.response.body":
            self._take(message)
        elif kind == "http.response.debug":
            self._describe(message)
        else:
            raise self._violated(
                f"sent {kind!r}: an HTTP application sends 'http.response.start' and "
                "'http.response.body', and others only where the scope's extensions "
                "offer them."
            )

    def _start(self, message: Message) -> None:
        if self.status:
            raise self._violated(
                "sent 'http.response.start' twice: an answer has one start. Did two "
                "parts answer, or one after an error was answered already?"
            )
        status = message.get("status")
        # RFC 9110 §15: three digits; 1xx are no final answers (§15.2).
        if not isinstance(status, int) or not 200 <= status <= 599:
            raise self._violated(
                f"sent the status {status!r}: a final status is an int from 200 to 599."
            )
        fields = [self._checked_field(each) for each in message.get("headers", ())]
        self._declared = self._content_length(status, fields)
        self.fields = fields
        self.status = int(status)

    def _checked_field(self, field: Any) -> tuple[bytes, bytes]:
        try:
            name, value = field
        except (TypeError, ValueError):
            raise self._violated(
                f"sent the header {field!r}: a header is a pair of bytes, "
                "(b'name', b'value')."
            ) from None
        for part in (name, value):
            if not isinstance(part, bytes):
                raise self._violated(
                    f"sent the header {field!r}: name and value are bytes, not "
                    f"{type(part).__name__}."
                )
        if not self.strict:
            # RFC 9110 §5.1: names are case-insensitive. Servers lower them.
            name = name.lower()
        if not _NAME.fullmatch(name):
            raise self._violated(
                f"sent the header name {name!r}: a name is a token in lower case "
                "(RFC 9110 §5.6.2, ASGI HTTP specification). strict=False takes upper "
                "case, of a middleware that is not yours to mend."
            )
        if not _VALUE.fullmatch(value):
            raise self._violated(
                f"sent a value of the header {name.decode('ascii')!r} with a control "
                "character, or with space at one of its ends (RFC 9110 §5.5)."
            )
        return name, value

    def _content_length(self, status: int, fields: Fields) -> int | None:
        lengths = [value for name, value in fields if name == b"content-length"]
        if not lengths:
            return None
        if len(lengths) > 1:
            raise self._violated(
                f"sent {len(lengths)} content-length headers: RFC 9110 §8.6 has one."
            )
        if not _LENGTH.fullmatch(lengths[0]):
            raise self._violated(
                f"sent content-length {lengths[0]!r}: it is a number of bytes in "
                "digits (RFC 9110 §8.6)."
            )
        if status == 204:
            # RFC 9110 §8.6: "A server MUST NOT send a Content-Length header field
            # in any response with a status code of 1xx (Informational) or 204".
            raise self._violated("sent content-length with 204 (RFC 9110 §8.6).")
        return int(lengths[0])

    def _take(self, message: Message) -> None:
        if not self.status:
            raise self._violated(
                "sent 'http.response.body' before 'http.response.start'."
            )
        if self.complete:
            raise self._violated(
                "sent 'http.response.body' after the end of the answer: the message "
                "before it had no 'more_body', or a false one."
            )
        chunk = message.get("body", b"")
        if not isinstance(chunk, bytes):
            raise self._violated(
                f"sent a body of type {type(chunk).__name__}: a body is bytes."
            )
        if chunk:
            self._take_chunk(chunk)
        if not message.get("more_body", False):
            self._end()

    def _take_chunk(self, chunk: bytes) -> None:
        if self._bodiless():
            if self.strict:
                answer = (
                    "in answer to HEAD"
                    if self.method == "HEAD"
                    else f"with {self.status}"
                )
                raise self._violated(
                    f"sent {len(chunk)} bytes of content {answer}, "
                    "which has none (RFC 9110 §6.4.1). Servers drop it, and so does "
                    "strict=False, for an application that is not yours to mend."
                )
            return
        self._sent += len(chunk)
        if self._declared is not None and self._sent > self._declared:
            raise self._violated(
                f"sent {self._sent} bytes of content, and content-length said "
                f"{self._declared} (RFC 9110 §8.6)."
            )
        self.chunks.append(chunk)

    def _bodiless(self) -> bool:
        return self.method == "HEAD" or self.status in _NO_CONTENT

    def _end(self) -> None:
        if self._declared not in (None, self._sent) and not self._bodiless():
            raise self._violated(
                f"ended the answer after {self._sent} bytes of content, and "
                f"content-length said {self._declared} (RFC 9110 §8.6)."
            )
        self.complete = True
        self._wake()

    def _describe(self, message: Message) -> None:
        info = message.get("info")
        if not isinstance(info, Mapping):
            raise self._violated(
                "sent 'http.response.debug' without 'info', which is a mapping."
            )
        self.debug.update(info)

    def _violated(self, what: str) -> ASGIViolation:
        violation = ASGIViolation(f"the application {what}")
        if self._violation is None:
            self._violation = violation
        return violation

    def _wake(self) -> None:
        if self._over is not None:
            self._over.set()

    def disconnect(self) -> None:
        """Let the client go away: the application is told, and not listened to."""
        self._gone = True
        self._wake()

    async def run(self, app: ASGIApp, scope: Scope, *, raising: bool) -> None:
        """Run the application over this exchange until it ends.

        Args:
            app: The application.
            scope: The scope of the request.
            raising: Whether to raise what the application raises.

        Raises:
            ASGIViolation: The application broke the rules.
            IncompleteAnswer: It raised after its answer had begun, and `raising` is
                off.
            Exception: What the application raised.
        """
        error = None
        try:
            await app(scope, self.receive, self.send)
        except Exception as exc:
            error = exc
        if self._request is not None and not isinstance(self._request, bytes):
            await self._request.aclose()
        self._conclude(error, raising=raising)

    def _conclude(self, error: Exception | None, *, raising: bool) -> None:
        if self._violation is not None:
            raise self._violation from error
        if self._gone:
            # What an application does when nobody is there is its own affair.
            return
        if error is None:
            self._require_complete()
        elif raising:
            raise error
        elif not self.status:
            self.fail()
        elif not self.complete:
            raise IncompleteAnswer(
                f"the application raised {type(error).__name__} in the middle of its "
                "answer"
            ) from error

    def fail(self) -> None:
        """Answer 500, as servers do for an application that raised."""
        self.status = 500
        self.fields = [(b"content-type", b"text/plain; charset=utf-8")]
        self.chunks = [] if self.method == "HEAD" else [b"Internal Server Error"]
        self.complete = True

    def _require_complete(self) -> None:
        if not self.status:
            raise self._violated("returned without an answer: it sent nothing.")
        if not self.complete:
            raise self._violated(
                "returned before the end of its answer: the last message is "
                "'http.response.body' without a true 'more_body'."
            )


def _kind(message: Any) -> Any:
    return message.get("type") if isinstance(message, Mapping) else message


class StreamedExchange(Exchange):
    """An exchange whose answer is taken while it is being sent.

    The application's `send` of a piece returns when the reader asks for the next one:
    an endless answer is made no faster than it is read.

    Attributes:
        observer: What is given each piece that is taken, and no bytes for the end.
    """

    def __init__(self, method: str, body: Body = b"", *, strict: bool = True) -> None:
        super().__init__(method, body, strict=strict)
        self._task: asyncio.Task[None] | None = None
        self.observer: Observer | None = None
        self._news = asyncio.Event()
        self._wanted = asyncio.Event()

    async def send(self, message: Message) -> None:
        """Take a message, and wait until the reader wants more than what is in it."""
        await super().send(message)
        self._news.set()
        if self.chunks and not (self.complete or self._gone):
            self._wanted.clear()
            await self._wanted.wait()

    async def open(self, app: ASGIApp, scope: Scope, *, raising: bool) -> None:
        """Start the application and wait for the start of its answer.

        Args:
            app: The application.
            scope: The scope of the request.
            raising: Whether to raise what the application raises.

        Raises:
            Exception: As `run`, where the application ended before that.
            asyncio.CancelledError: Nobody waits any more; the application is
                cancelled too.
        """
        task = asyncio.create_task(self.run(app, scope, raising=raising))
        task.add_done_callback(lambda _: self._news.set())
        self._task = task
        try:
            while not (self.status or task.done()):
                await self._next_news()
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        if not self.status:
            self._finish()

    async def read(self) -> bytes:
        """Take the next piece of the content.

        Returns:
            The piece; empty at the end, when the application has returned too.

        Raises:
            Exception: As `run`.
        """
        while not self.chunks and self._task is not None:
            if self._task.done():
                self._finish()
            else:
                self._wanted.set()
                await self._next_news()
        piece = self.chunks.pop(0) if self.chunks else b""
        if self.observer is not None:
            await self._show(piece, self.observer)
        return piece

    async def _show(self, piece: bytes, observer: Observer) -> None:
        """Let the observer see a piece; who does not like it wants no more."""
        self.observer = None
        try:
            observer(piece)
        except BaseException:
            await self.close()
            raise
        self.observer = observer

    async def close(self) -> None:
        """Go away: an application that does not end by itself is cancelled.

        Where the whole content was sent, there is nothing to break off, and the
        application ends in its own time.

        Raises:
            Exception: As `run`, where nobody has seen it so far.
        """
        if self.complete or self._sent == self._declared:
            while await self.read():
                pass
        task = self._task
        if task is None:
            return
        self.disconnect()
        await asyncio.wait([task], timeout=DISCONNECT_GRACE)
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
        self._finish()

    def _finish(self) -> None:
        """Raise what the application ended with, to one caller once."""
        task, self._task = self._task, None
        if task is not None and not task.cancelled():
            task.result()

    async def _next_news(self) -> None:
        self._news.clear()
        await self._news.wait()

    def _wake(self) -> None:
        super()._wake()
        self._wanted.set()
