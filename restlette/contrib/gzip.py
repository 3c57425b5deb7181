"""Content in gzip for clients that take it.

The story: `GZipMiddleware` reads three fields of a request, `takes_gzip` says whether
the client takes the coding, and `_Answer` stands in for `send`: it keeps the head of
the answer until the first content is there, since only then it is known what the head
has to say.

Entity tags: RFC 9110 section 8.8.3.3 wants the tag of a coded representation to differ
from that of the plain one. So ``"v1"`` becomes ``"v1-gzip"`` on the way out, and on the
way in, in If-Match and If-None-Match, it becomes ``"v1"`` again: the application meets
its own tags, and conditional requests have the outcome that they have without this
middleware. In If-Range the tag stays as it is, since a part of the plain content does
not fit what the client has: it is given the whole. Weak tags say nothing of bytes and
stay as they are.

SECURITY: where a secret and something that the client chose are in one answer, the
length of the compressed answer tells about the secret (BREACH, CVE-2013-3587). Mask the
secret anew for every answer, or send ``Cache-Control: no-transform`` with that answer.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable
from typing import Any, Final

from restlette.concurrency import ThreadPool
from restlette.http.headers import MutableHeaders
from restlette.http.negotiation import select_codings
from restlette.http.response import has_content
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["UNCOMPRESSED_TYPES", "GZipMiddleware", "takes_gzip"]

Fields = list[tuple[bytes, bytes]]

# Compressed already, or an event stream, of which each event is too short to gain.
UNCOMPRESSED_TYPES: Final = (
    "application/gzip",
    "application/grpc",
    "application/x-7z-compressed",
    "application/x-bzip2",
    "application/x-gzip",
    "application/x-xz",
    "application/zip",
    "application/zstd",
    "audio/*",
    "font/woff",
    "font/woff2",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/event-stream",
    "video/*",
)

# Content of this many bytes takes long enough (some milliseconds) to be compressed in
# a thread. zlib lets go of the interpreter lock; more threads than cores gain nothing.
THREAD_SIZE: Final = 128 * 1024
_POOL: Final = ThreadPool(limit=4)

# zlib: 15 bits of window, and 16 for a gzip header and trailer around it (RFC 1952).
_GZIP: Final = 15 + 16

_SUFFIX: Final = b"-gzip"
_IN: Final = frozenset({b"accept-encoding", b"if-match", b"if-none-match"})
_ACCEPT_ENCODING: Final = (b"vary", b"Accept-Encoding")

# RFC 9530 and its forerunners: digests of the content as it is coded now, which would
# be wrong afterwards. RFC 9110 section 8.4: coded already.
_FIXED: Final = frozenset(
    {
        b"content-digest",
        b"content-encoding",
        b"content-md5",
        b"content-range",
        b"digest",
        b"repr-digest",
    }
)
# What is read of an answer's head. Of none but these the name matters here.
_READ: Final = _FIXED | {
    b"cache-control",
    b"content-length",
    b"content-type",
    b"etag",
    b"vary",
}
# Gone from coded content: the length is another, and of ranges, which would be of the
# plain content, there is nothing to say.
_GONE: Final = frozenset({b"accept-ranges", b"content-length"})

# Content that would not come through `send` could not be compressed.
_HIDDEN: Final = frozenset({"http.response.pathsend", "http.response.zerocopysend"})


def takes_gzip(accept_encoding: bytes) -> bool:
    """Say whether a client takes gzip, and likes it no less than plain content.

    Args:
        accept_encoding: The Accept-Encoding field's value, its lines joined with
            commas. Members that do not fit the grammar, a weight of 2 for example, are
            passed over.

    Returns:
        True if gzip is acceptable: named, or covered by ``*``, with a weight greater
        than 0, and at least that of ``identity`` if that has one.

    Source: RFC 9110 section 12.5.3.
    """
    return bool(select_codings(accept_encoding, (b"gzip",)))


class GZipMiddleware:
    """Compresses what the application answers, for clients that take gzip.

    Every answer names Accept-Encoding in Vary. Left as they are: content below the
    minimum, content that would not get shorter, types that are compressed already,
    event streams, answers with a Content-Encoding, a digest or ``no-transform``, and
    206. The answer to HEAD says what that to GET would, without a length. A stream is
    flushed with each piece, so that the client has all that was sent.

    Extensions of the server by which files bypass the application (``pathsend``,
    ``zerocopysend``) are not offered for requests that take gzip.

    Args:
        app: The ASGI application inside.
        minimum_size: The length in bytes from which content is compressed. Streams of
            unknown length are always.
        compresslevel: 1, the fastest, to 9, the smallest. More than 6 costs much and
            gains little.
        exclude_content_types: Media types that are left as they are; ``type/*`` stands
            for all of a type.

    Raises:
        ValueError: A level or a size that is none.
    """

    def __init__(
        self,
        app: ASGIApp,
        minimum_size: int = 500,
        compresslevel: int = 6,
        *,
        exclude_content_types: Collection[str] = UNCOMPRESSED_TYPES,
    ) -> None:
        if not 1 <= compresslevel <= 9:
            raise ValueError(f"compresslevel is 1 to 9, not {compresslevel!r}.")
        if minimum_size < 0:
            raise ValueError(f"minimum_size is not negative: {minimum_size!r}.")
        if isinstance(exclude_content_types, str):
            raise TypeError(
                "exclude_content_types takes several texts: write "
                f"[{exclude_content_types!r}]."
            )
        self.app = app
        self.minimum_size = minimum_size
        self.compresslevel = compresslevel
        self.excluded: frozenset[bytes] = frozenset(
            media_type.lower().encode("latin-1") for media_type in exclude_content_types
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; those that are not HTTP pass by."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        takes, known = _read_request(scope)
        if takes:
            _hide_extensions(scope)
        answer = _Answer(self, send, takes, known, scope["method"] == "HEAD")
        try:
            await self.app(scope, receive, answer.send)
        finally:
            # A client that went away leaves a compressor with its 256 kB of window.
            answer.compressor = None


class _Answer:
    """One answer on its way: the head until it can be sent, then the compressor.

    Args:
        middleware: Its settings.
        send: Where the answer goes.
        takes: Whether the client takes gzip.
        known: The If-None-Match field as the client sent it, if a tag of ours is in it.
        head_only: Whether the request is HEAD.
    """

    __slots__ = (
        "_head",
        "_head_only",
        "_known",
        "_middleware",
        "_plain",
        "_send",
        "_takes",
        "compressor",
    )

    def __init__(
        self,
        middleware: GZipMiddleware,
        send: Send,
        takes: bool,
        known: bytes,
        head_only: bool,
    ) -> None:
        self._middleware = middleware
        self._send = send
        self._takes = takes
        self._known = known
        self._head_only = head_only
        self._head: Message | None = None
        self._plain = True  # until an answer is found fit
        self.compressor: Any = None

    async def send(self, message: Message) -> None:
        """Take a message from the application, and pass on what it has become."""
        kind = message["type"]
        head = self._head
        if kind == "http.response.start":
            await self._start(message)
        elif kind == "http.response.body" and not self._plain:
            if head is None:
                await self._continue(message)
            elif message.get("more_body", False):
                await self._begin(head, message)
            else:
                await self._send_whole(head, message)
        else:
            if head is not None and kind in _HIDDEN:
                # Files that go past us: the head is as the application wrote it.
                self._let_go()
                await self._send(head)
            await self._send(message)

    def _let_go(self) -> None:
        self._head = self.compressor = None
        self._plain = True

    async def _start(self, message: Message) -> None:
        status: int = message["status"]
        # The message and its list may be constants of the application's.
        fields = list(message.get("headers", ()))
        read = _read_answer(fields)
        if b"vary" in read:
            MutableHeaders(raw=fields).add_vary_header("Accept-Encoding")
        else:
            fields.append(_ACCEPT_ENCODING)
        head = {**message, "headers": fields}
        if self._takes and self._is_fit(status, read):
            if not self._head_only:
                self._plain = False
                self._head = head
                return
            # RFC 9110 section 9.3.2: the fields that GET would have; those that are
            # known only from the content may be left out.
            head["headers"] = _coded(fields)
        elif status == 304 and self._known:
            head["headers"] = _with_known_tag(fields, self._known)
        await self._send(head)

    def _is_fit(self, status: int, read: dict[bytes, bytes]) -> bool:
        if not has_content(status) or status == 206 or not _FIXED.isdisjoint(read):
            return False
        length = read.get(b"content-length", b"")
        if length.isdigit() and int(length) < self._middleware.minimum_size:
            return False
        # RFC 9111 section 5.2.2.6: no-transform.
        if b"no-transform" in read.get(b"cache-control", b"").lower():
            return False
        media_type = read.get(b"content-type", b"").partition(b";")[0].strip().lower()
        general = media_type.partition(b"/")[0] + b"/*"
        return self._middleware.excluded.isdisjoint((media_type, general))

    async def _send_whole(self, head: Message, message: Message) -> None:
        self._let_go()
        content = message.get("body", b"")
        if len(content) >= self._middleware.minimum_size:
            coded = await self._compress(content)
            if len(coded) < len(content):
                head = _with_length(head, len(coded))
                message = {**message, "body": coded}
        await self._send(head)
        await self._send(message)

    async def _compress(self, content: bytes) -> bytes:
        level = self._middleware.compresslevel
        if len(content) < THREAD_SIZE:
            return zlib.compress(content, level, _GZIP)
        return await _POOL.run(zlib.compress, content, level, _GZIP)

    async def _begin(self, head: Message, message: Message) -> None:
        self._head = None
        level = self._middleware.compresslevel
        self.compressor = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
        await self._send({**head, "headers": _coded(head["headers"])})
        await self._continue(message)

    async def _continue(self, message: Message) -> None:
        content, more = message.get("body", b""), message.get("more_body", False)
        if len(content) < THREAD_SIZE:
            coded = _compress_piece(self.compressor, content, more)
        else:
            coded = await _POOL.run(_compress_piece, self.compressor, content, more)
        if not more:
            self._let_go()
        await self._send({**message, "body": coded})


def _compress_piece(compressor: Any, content: bytes, more: bool) -> bytes:
    if not more:
        return bytes(compressor.compress(content) + compressor.flush())
    if not content:
        return b""
    return bytes(compressor.compress(content) + compressor.flush(zlib.Z_SYNC_FLUSH))


def _read_request(scope: Scope) -> tuple[bool, bytes]:
    """Say whether gzip is taken, and which tags of ours If-None-Match brought back."""
    codings = []
    tagged = False
    for name, value in scope["headers"]:
        if name in _IN:
            if name == b"accept-encoding":
                codings.append(value)
            elif _SUFFIX in value:
                tagged = True
    takes = bool(codings) and takes_gzip(b",".join(codings))
    return takes, _give_tags_back(scope, takes) if tagged else b""


def _give_tags_back(scope: Scope, takes: bool) -> bytes:
    """Put the application's own tags into the preconditions of a request.

    Of a client that does not take gzip now, what it has is another representation than
    that which it would get, so If-None-Match stays. If-Match is about the state that
    the client has seen, in whatever coding.
    """
    ours = {b"if-match", b"if-none-match"} if takes else {b"if-match"}
    # In place, as every annotation of the scope.
    fields = scope["headers"] = list(scope["headers"])
    known = []
    for index, (name, value) in enumerate(fields):
        if name in ours:
            fields[index] = name, _without_suffix(value)
            if name == b"if-none-match":
                known.append(value)
    return b",".join(known)


def _without_suffix(tags: bytes) -> bytes:
    # RFC 9110 section 8.8.3:
    #   entity-tag = [ weak ] opaque-tag, weak = %s"W/"
    #   opaque-tag = DQUOTE *etagc DQUOTE, etagc without DQUOTE
    # So the odd ones between quotes are opaque. The tag as it came stays in the list:
    # it may be one of the application's own.
    parts = tags.split(b'"')
    for index in range(1, len(parts), 2):
        if parts[index].endswith(_SUFFIX):
            weak = b"W/" if parts[index - 1].endswith(b"W/") else b""
            own = parts[index][: -len(_SUFFIX)]
            parts[index] = b'%b", %b"%b' % (own, weak, parts[index])
    return b'"'.join(parts)


def _hide_extensions(scope: Scope) -> None:
    extensions = scope.get("extensions")
    if extensions and not _HIDDEN.isdisjoint(extensions):
        scope["extensions"] = {
            name: value for name, value in extensions.items() if name not in _HIDDEN
        }


def _read_answer(fields: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Give what matters here of an answer's fields, lines of one name joined."""
    read: dict[bytes, bytes] = {}
    for name, value in fields:
        key = name.lower()
        if key in _READ:
            read[key] = read[key] + b"," + value if key in read else value
    return read


def _suffixed(tag: bytes) -> bytes:
    """Give the tag of the coded representation; a weak or malformed one as it is."""
    if len(tag) > 1 and tag[:1] == tag[-1:] == b'"':
        return tag[:-1] + _SUFFIX + b'"'
    return tag


def _coded(fields: Fields) -> Fields:
    """Give the fields of an answer whose content is in gzip."""
    coded = [
        (name, _suffixed(value)) if name.lower() == b"etag" else (name, value)
        for name, value in fields
        if name.lower() not in _GONE
    ]
    coded.append((b"content-encoding", b"gzip"))
    return coded


def _with_length(head: Message, length: int) -> Message:
    fields = _coded(head["headers"])
    # HTTP/1.1 sends trailers after chunks only.
    if not head.get("trailers", False):
        fields.append((b"content-length", b"%d" % length))
    return {**head, "headers": fields}


def _with_known_tag(fields: Fields, known: bytes) -> Fields:
    """Give the fields of a 304 with the tag that the client's copy has.

    RFC 9111 section 4.3.4: by a strong tag a cache finds the answer to be refreshed.
    """
    return [
        (name, _suffixed(value))
        if name.lower() == b"etag" and _suffixed(value) in known
        else (name, value)
        for name, value in fields
    ]
