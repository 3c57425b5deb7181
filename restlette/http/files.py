"""An answer whose content is a file.

The story starts with `FileResponse`. It looks at the file, decides by values alone what
is to be sent (`_Delivery`: a status, header fields, and runs of bytes), and lets a
stream send that, piece by piece, from one descriptor. What the system has in memory is
copied from there, where it can be asked to do no more than that; the rest is read by
aiofiles, off the event loop.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from mimetypes import guess_type
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, TypeVar

from restlette.concurrency import run_in_threadpool
from restlette.http.conditional import (
    Outcome,
    evaluate,
    if_range_holds,
    not_modified,
    precondition_failed,
)
from restlette.http.disposition import content_disposition
from restlette.http.errors import RangeNotSatisfiable
from restlette.http.headers import Headers, MutableHeaders
from restlette.http.optional import load
from restlette.http.problems import problem_response
from restlette.http.ranges import ContentRange, Multipart, Span, select_ranges
from restlette.http.response import (
    Background,
    Response,
    StreamingResponse,
    check_seconds,
)
from restlette.http.types import Receive, Scope, Send
from restlette.http.validators import ETag, Validators

if TYPE_CHECKING:
    from aiofiles.threadpool.binary import AsyncBufferedReader

__all__ = ["FileResponse", "guess_media_type", "stat_validators"]

T = TypeVar("T")

_files: Any = load("aiofiles", "files", needed_by="restlette.http.files")
_files_os: Any = load("aiofiles.os", "files", needed_by="restlette.http.files")

# A FIFO is opened without waiting for who writes to it; a regular file does not care.
# Neither exists on every system.
_FLAGS: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)

# preadv(2): "Do not wait for data which is not immediately available." Linux has it; 0
# where it is not known.
_NOWAIT: Final = getattr(os, "RWF_NOWAIT", 0)

# What compressed files are called by themselves: guess_type gives what is in them.
_COMPRESSED: Final = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
}

_CONDITIONS: Final = frozenset(
    (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since")
)

# What may have a GET answered with less than the whole.
_SELECTING: Final = _CONDITIONS | {b"range"}

_PATHSEND: Final = "http.response.pathsend"


def guess_media_type(name: str | os.PathLike[str]) -> str:
    """Give the media type that a file's name stands for.

    Args:
        name: The name, or a path that ends in it.

    Returns:
        The type; `application/octet-stream` for what is not known.
    """
    # NOTE: only the name is looked at: a path could pass for a URL.
    media_type, encoding = guess_type(os.path.basename(os.fspath(name)))
    if encoding is not None:
        media_type = _COMPRESSED.get(encoding)
    return media_type or "application/octet-stream"


def stat_validators(result: os.stat_result) -> Validators:
    """Give the validators of a file.

    Args:
        result: What `os.stat` says of it.

    Returns:
        A strong entity tag of the time of change, in nanoseconds, and the size: what is
        the same on every machine that serves a copy. And the date of change, unless it
        has four digits too many or too few for its year.
    """
    etag = ETag(f"{result.st_mtime_ns:x}-{result.st_size:x}")
    try:
        return Validators(etag=etag, last_modified=result.st_mtime_ns // 10**9)
    except ValueError:
        return Validators(etag=etag)


class _Piece(NamedTuple):
    """Bytes that are here, and a run of the file's that comes after them."""

    head: bytes
    span: Span


class _Delivery(NamedTuple):
    """What is to be sent of a file, all decided.

    Attributes:
        status_code: The status.
        fields: The header fields.
        pieces: What comes from the file, in its order.
        tail: What comes after that.
    """

    status_code: int
    fields: MutableHeaders
    pieces: tuple[_Piece, ...]
    tail: bytes = b""

    def steps(self, chunk_size: int) -> Iterator[bytes | Span]:
        """Give what is to be sent one after the other: bytes, or what to read."""
        for head, span in self.pieces:
            if head:
                yield head
            for start in range(span.start, span.end, chunk_size):
                yield Span(start, min(start + chunk_size, span.end))
        if self.tail:
            yield self.tail


class FileResponse(Response):
    """An answer whose content is a regular file.

    It answers conditional requests (304, 412) and requests for ranges (206, 416), as
    long as its status is 200 and the method GET or HEAD.

    The file is opened once. When it turns out shorter than it was, or is written to
    while it is sent, the connection is broken off rather than completed with something
    else; what is appended meanwhile is not sent. A server that offers to send files
    itself (`http.response.pathsend`) is given the path instead.

    Args:
        path: Where the file is.
        status_code: The status, one that has content.
        headers: Header fields; ETag, Last-Modified, Content-Disposition, Content-Type
            and Accept-Ranges among them are kept instead of the inferred ones.
        media_type: The content's media type; by default guessed from the name.
        background: What is awaited after the answer was sent.
        filename: The name under which the client is to save it.
        stat_result: What `os.stat` says of the file, where that is known already; the
            fields are then there at once.
        method: The request's method, where it is not the one in the scope.
        content_disposition_type: "attachment" to save, "inline" to show.
        opener: Opens the file in place of `os.open`, in a thread, as for the built-in
            `open`: given a path and flags, it gives a descriptor.
        write_timeout: For how many seconds a client may take nothing before it counts
            as gone, and the file is closed; None for as long as the server lets it. A
            file of one piece is closed before it is sent.

    Raises:
        ValueError: A status without content, a header or a disposition that HTTP does
            not allow, or a time that is not more than 0.

    Source: RFC 9110 §8.8, §13, §14; RFC 6266.
    """

    # PERF: a client that has stalled holds two pieces in memory: one that the server
    # has in part, and one that waits for it. Larger ones would be quicker where each
    # costs a change of threads; what is read without one gains nothing by it.
    chunk_size: ClassVar[int] = 65_536

    def __init__(
        self,
        path: str | os.PathLike[str],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Background | None = None,
        filename: str | None = None,
        stat_result: os.stat_result | None = None,
        method: str | None = None,
        content_disposition_type: str = "attachment",
        opener: Callable[[str, int], int] | None = None,
        *,
        write_timeout: float | None = None,
    ) -> None:
        self.path = path
        self.write_timeout: float | None = check_seconds("write_timeout", write_timeout)
        self.filename = filename
        self.method = method
        self.stat_result = stat_result
        self.opener: Callable[[str, int], int] = opener or os.open
        self._loaded: tuple[bytes, os.stat_result] | None = None
        if media_type is None:
            media_type = guess_media_type(filename or path)
        super().__init__(None, status_code, headers, media_type, background)
        fields = self.headers
        if status_code == 200:
            fields.setdefault("accept-ranges", "bytes")
        if filename is not None:
            disposition = content_disposition(filename, content_disposition_type)
            fields.setdefault("content-disposition", disposition)
        # What was worked out here is worked out again from the file that is opened.
        self._inferred: dict[str, str] = {}
        if stat_result is not None:
            self.set_stat_headers(stat_result)

    def _refuse_content(self) -> None:
        raise ValueError(
            f"an answer with status {self.status_code} has no content to take from a "
            "file (RFC 9110 §6.4.1)."
        )

    def _is_length(self, length: int) -> bool:
        # The file's own takes its place.
        return True

    def _length_field(self) -> list[tuple[bytes, bytes]]:
        return []

    def set_stat_headers(self, stat_result: os.stat_result) -> None:
        """Set the fields that follow from the file, unless they were given.

        Args:
            stat_result: What `os.stat` says of the file.
        """
        self._inferred = self._complete(self.headers, stat_result)

    def _complete(
        self, fields: MutableHeaders, result: os.stat_result
    ) -> dict[str, str]:
        """Set what follows from the file among some fields, and give that."""
        inferred = stat_validators(result).to_headers()
        for name, value in inferred.items():
            if fields.get(name) in (None, self._inferred.get(name)):
                fields[name] = value
        fields["content-length"] = str(result.st_size)
        return inferred

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or what the request leaves of it; then the background tasks.

        Raises:
            RuntimeError: There is no such file, it is not a regular one, or it changed
                while it was sent.
            OSError: It cannot be opened or read.
        """
        answer = await self._answer(scope)
        answer.background = self.background
        await answer(scope, receive, send)

    def load(self, scope: Scope) -> None:
        """Read the file now, if it is small and the request will want all of it.

        PERF: for who is in a thread already. Without it, the answer opens, reads and
        closes the file in another one.

        Args:
            scope: The HTTP scope of the request.

        Raises:
            RuntimeError: There is no such file, or it is not a regular one.
            OSError: It cannot be opened or read.
        """
        if self._is_opened_for(scope) and self._is_one_piece():
            self._loaded = _read_whole(_Opener(self.path, self.opener))

    def _is_one_piece(self) -> bool:
        known = self.stat_result
        return known is not None and known.st_size <= self.chunk_size

    def _is_opened_for(self, scope: Scope) -> bool:
        """Say whether a request needs content, and needs it from here."""
        method = self._method(scope)
        conditional = any(name in _CONDITIONS for name, _ in scope["headers"])
        return not (method == "HEAD" or conditional or _is_by_path(method, scope))

    async def _answer(self, scope: Scope) -> Response:
        request = Headers(scope=scope)
        method = self._method(scope)
        if not self._is_opened_for(scope):
            # The file is not opened for what needs no content.
            result = self.stat_result or await _stat(self.path)
            _require_regular(self.path, result)
            decided = self._decide(method, request, result)
            if isinstance(decided, Response):
                return decided
            if method == "HEAD":
                return Response.made(b"", decided.status_code, decided.fields.raw)
            is_whole = decided.status_code == self.status_code
            if is_whole and _is_by_path(method, scope):
                return _Handover(self.path, decided)
        if self._is_one_piece():
            return await self._answer_at_once(method, request)
        file, result = await _open(self.path, self.opener)
        decided = self._decide(method, request, result)
        if isinstance(decided, Response):
            await _close(file)
            return decided
        reading = _Reading(file, result, decided, self.chunk_size)
        return _streamed(decided, reading, self.write_timeout)

    async def _answer_at_once(self, method: str, request: Headers) -> Response:
        """Answer with a file that is one piece."""
        loaded = self._loaded
        if loaded is None:
            opener = _Opener(self.path, self.opener)
            loaded = await run_in_threadpool(_read_whole, opener)
        content, result = loaded
        decided = self._decide(method, request, result)
        if isinstance(decided, Response):
            return decided
        pieces = [
            step if isinstance(step, bytes) else content[step.start : step.end]
            for step in decided.steps(max(result.st_size, 1))
        ]
        return Response.made(b"".join(pieces), decided.status_code, decided.fields.raw)

    def _method(self, scope: Scope) -> str:
        """Give the request's method; none for the refusal of a WebSocket."""
        method: str = scope.get("method", "")
        # RFC 9110 §9.3.2: whatever is wanted, no content in the answer to HEAD.
        if self.method is not None and method != "HEAD":
            return self.method.upper()
        return method

    def _decide(
        self, method: str, request: Headers, result: os.stat_result
    ) -> _Delivery | Response:
        """Decide what is sent of a file: the answer itself, where that is nothing."""
        fields = self.headers.mutablecopy()
        known = self.stat_result
        size = result.st_size
        # PERF: the fields are there already if the file is as it was.
        if known is None or (known.st_mtime_ns, known.st_size) != (
            result.st_mtime_ns,
            size,
        ):
            self._complete(fields, result)
        whole = _Delivery(self.status_code, fields, (_Piece(b"", Span(0, size)),))
        # RFC 9110 §13.2.1: preconditions hold for what would be a 2xx answer.
        if self.status_code != 200 or method not in ("GET", "HEAD"):
            return whole
        if not any(name in _SELECTING for name, _ in request.raw):
            return whole
        validators = Validators.from_headers(fields)
        outcome = evaluate(method, request, validators)
        if outcome is Outcome.NOT_MODIFIED:
            return not_modified(Response.made(b"", 200, fields.raw))
        if outcome is Outcome.PRECONDITION_FAILED:
            return precondition_failed(request)
        # RFC 9110 §13.2.2, step 5, comes after the others.
        spans = select_ranges(method, request, size)
        if spans is None or not if_range_holds(request, validators):
            return whole
        if not spans:
            return _unsatisfiable(request, size)
        return _partial(fields, spans, size)


def _is_by_path(method: str, scope: Scope) -> bool:
    """Say whether the server would take the file from its path."""
    return method == "GET" and _PATHSEND in (scope.get("extensions") or ())


def _unsatisfiable(request: Headers, size: int) -> Response:
    accept = ", ".join(request.getlist("accept")).encode("latin-1")
    return problem_response(RangeNotSatisfiable(size=size), accept or None)


def _partial(fields: MutableHeaders, spans: tuple[Span, ...], size: int) -> _Delivery:
    """Give a 206: RFC 9110 §15.3.7.1 for one part, §15.3.7.2 for several."""
    if len(spans) == 1:
        fields["content-range"] = ContentRange(spans[0], size).to_header()
        fields["content-length"] = str(spans[0].length)
        return _Delivery(206, fields, (_Piece(b"", spans[0]),))
    parts = Multipart(spans, size, fields.get("content-type"))
    fields["content-type"] = parts.content_type
    fields["content-length"] = str(parts.length)
    return _Delivery(206, fields, tuple(map(_Piece, parts.heads, spans)), parts.tail)


class _Handover(Response):
    """An answer whose content the server takes from the file by itself."""

    def __init__(self, path: str | os.PathLike[str], delivery: _Delivery) -> None:
        super().__init__(None, delivery.status_code)
        self.raw_headers = delivery.fields.raw
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the fields and the path."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        # ASGI, Path Send: "The absolute file path".
        await send({"type": _PATHSEND, "path": os.path.abspath(self._path)})
        if self.background is not None:
            await self.background()


class _Reading:
    """The content of an answer, read from an open file, which it closes.

    A generator would not do: one that is closed before its first step does not run its
    `finally`, and the file would stay open.
    """

    def __init__(
        self,
        file: AsyncBufferedReader,
        result: os.stat_result,
        delivery: _Delivery,
        chunk_size: int,
    ) -> None:
        self._file = file
        self._result = result
        self._steps = delivery.steps(chunk_size)
        self._whole = self._left = sum(span.length for _, span in delivery.pieces)
        self._position = 0

    def __aiter__(self) -> _Reading:
        return self

    async def __anext__(self) -> bytes:
        """Give the next bytes.

        Raises:
            RuntimeError: The file is not what it was when it was opened.
        """
        step = next(self._steps, None)
        if step is None:
            raise StopAsyncIteration
        if isinstance(step, bytes):
            return step
        chunk = await self._read(step)
        self._left -= len(chunk)
        if len(chunk) < step.length or (
            not self._left and await self._has_changed(step)
        ):
            # Nothing makes up for what was announced, or sent, already: an error now
            # has the server break the connection, which tells the client.
            raise RuntimeError(
                f"the file {self._file.name!r} changed while it was sent."
            )
        return chunk

    async def _read(self, span: Span) -> bytes:
        """Read a run of the file; less of it where the file ends before."""
        chunk = _read_cached(self._file.fileno(), span)
        if len(chunk) == span.length:
            # To a client that is quick enough, nothing else here would wait.
            await asyncio.sleep(0)
            return chunk
        if span.start != self._position:
            await self._file.seek(span.start)
        chunk = await self._file.read(span.length)
        self._position = span.start + len(chunk)
        return chunk

    async def _has_changed(self, last: Span) -> bool:
        """Say whether what was sent may be of two states of the file.

        What was appended, as to a log, did not change what was there before.
        """
        if last.length == self._whole:
            # PERF: the only piece was read just after the file was opened.
            return False
        now = await _stat(self._file.fileno())
        before = self._result
        if now.st_size == before.st_size:
            return now.st_mtime_ns != before.st_mtime_ns
        return now.st_size < before.st_size

    async def aclose(self) -> None:
        """Close the file."""
        await _close(self._file)


def _read_cached(descriptor: int, span: Span) -> bytes:
    """Give a run of a file as far as it can be had without waiting for a disk.

    PERF: a change of threads takes many times as long as copying a piece.
    """
    if not _NOWAIT:
        return b""
    buffer = bytearray(span.length)
    try:
        count = os.preadv(descriptor, [buffer], span.start, _NOWAIT)
    except OSError:
        # Nothing is there yet, or the file system cannot tell. Whatever else it is, is
        # met again by who reads and waits.
        return b""
    return bytes(memoryview(buffer)[:count])


def _streamed(
    delivery: _Delivery, content: _Reading, write_timeout: float | None
) -> StreamingResponse:
    answer = StreamingResponse(
        content, delivery.status_code, write_timeout=write_timeout
    )
    answer.raw_headers = delivery.fields.raw
    return answer


class _Opener:
    """Opens a regular file, and keeps what `os.fstat` says of it.

    PERF: in the thread that opens it, so that looking costs no further change of
    threads.
    """

    result: os.stat_result

    def __init__(
        self, path: str | os.PathLike[str], opener: Callable[[str, int], int]
    ) -> None:
        self.path = path
        self._opener = opener

    def __call__(self, path: str, flags: int) -> int:
        descriptor = self._opener(path, flags | _FLAGS)
        try:
            self.result = os.fstat(descriptor)
            _require_regular(self.path, self.result)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def _read_whole(opener: _Opener) -> tuple[bytes, os.stat_result]:
    """Give a file's content, and what `os.fstat` said of it before.

    Raises:
        RuntimeError: There is no such file, or it changed meanwhile.
        OSError: It cannot be opened or read.
    """
    try:
        file = open(opener.path, "rb", buffering=0, opener=opener)  # noqa: SIM115
    except FileNotFoundError as exc:
        raise _missing(opener.path) from exc
    with file:
        size = opener.result.st_size
        content = file.read(size) or b""
        if len(content) < size:
            raise RuntimeError(f"the file {opener.path!r} changed while it was read.")
        return content, opener.result


async def _open(
    path: str | os.PathLike[str], open_file: Callable[[str, int], int]
) -> tuple[AsyncBufferedReader, os.stat_result]:
    opener = _Opener(path, open_file)
    opening = asyncio.ensure_future(_files.open(path, "rb", opener=opener))
    try:
        file: AsyncBufferedReader = await _to_its_end(opening)
    except asyncio.CancelledError:
        if opening.exception() is None:
            await _close(opening.result())
        raise
    except FileNotFoundError as exc:
        raise _missing(path) from exc
    return file, opener.result


async def _close(file: AsyncBufferedReader) -> None:
    await _to_its_end(asyncio.ensure_future(file.close()))


async def _to_its_end(work: asyncio.Future[T]) -> T:
    """Await what a thread does to a file; a cancellation is put off until it is done.

    A thread cannot be stopped, and what it opens is to be closed by the time that the
    request is over. Being cancelled is no rare case: before ASGI 2.4 the server says
    `http.disconnect` once the answer is complete, which cancels the stream while it
    closes its file.
    """
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait((work,))
        except asyncio.CancelledError as exc:
            cancelled = exc
    if cancelled is not None:
        raise cancelled
    return work.result()


async def _stat(path: str | os.PathLike[str] | int) -> os.stat_result:
    try:
        result: os.stat_result = await _files_os.stat(path)
    except FileNotFoundError as exc:
        raise _missing(path) from exc
    return result


def _missing(path: object) -> RuntimeError:
    return RuntimeError(f"there is no file {path!r} to answer with.")


def _require_regular(path: object, result: os.stat_result) -> None:
    # SECURITY: reading from a FIFO or a device may never end.
    if not stat.S_ISREG(result.st_mode):
        raise RuntimeError(f"{path!r} is not a regular file to answer with.")
