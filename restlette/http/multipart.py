"""Forms in `multipart/form-data`, read while they arrive (RFC 7578).

The story starts with `read_multipart`. python-multipart finds parts, header fields and
content in the bytes, and calls a `_Reader`, which decides what they are and how much is
taken. Files that are large go to disk, in a thread.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any, Final, NamedTuple

from restlette.concurrency import run_in_threadpool
from restlette.http.errors import BadRequest, ContentTooLarge, InsufficientStorage
from restlette.http.forms import FormData, UploadFile, too_many_fields
from restlette.http.headers import Headers
from restlette.http.limits import Limits
from restlette.http.media import MediaType
from restlette.http.methods import TCHAR
from restlette.http.optional import load
from restlette.http.printable import printable

__all__ = ["read_multipart"]

_python_multipart: Any = load("python_multipart", "forms", needed_by="request.form()")
_MALFORMED: type[Exception] = load(
    "python_multipart.exceptions", "forms", needed_by="request.form()"
).FormParserError

# The parser is given so much at a time: fewer calls where pieces are small, and other
# requests have their turn where one is large. The worst of it takes 10 ms.
_SLICE: Final = 262_144

# So much of a file is gathered before a thread is asked to write it. Half as much would
# be a tenth slower, for what is asked of a thread is dear.
_BATCH: Final = 1_048_576

# RFC 2046 §5.1.1:
#   boundary      := 0*69<bchars> bcharsnospace
#   bchars        := bcharsnospace / " "
#   bcharsnospace := DIGIT / ALPHA / "'" / "(" / ")" / "+" / "_" / "," / "-" / "." /
#                    "/" / ":" / "=" / "?"
_is_boundary = re.compile(
    r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]"
).fullmatch

# RFC 7578 §4.2: each part has a Content-Disposition field of the type "form-data", with
# a parameter "name" and, for a file, "filename". Names are UTF-8 as they are.
_TEXT = rb'[^"\\\x00-\x1f\x7f]*+'
_QUOTED = rb"(" + _TEXT + rb"(?:\\[^\x00-\x1f\x7f]" + _TEXT + rb")*+)"
# PERF: what browsers and nearly all other clients send.
_usual = re.compile(
    rb'form-data; name="(' + _TEXT + rb')"(?:; filename="(' + _TEXT + rb')")?+'
).fullmatch
_type = re.compile(rb"[ \t]*+form-data(?=[ \t;]|\Z)", re.IGNORECASE).match
_parameter = re.compile(
    rb"(?:[ \t]*+;)++[ \t]*+"
    rb"(?:(%(token)b)[ \t]*+=[ \t]*+(?:(%(token)b)|\"%(quoted)b\"))?+"
    % {b"token": TCHAR.encode() + b"++", b"quoted": _QUOTED}
).match
_is_value = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*+").fullmatch


class _Part:
    """The part that is being read.

    Attributes:
        name: The field's name.
        filename: The name that the client gave its file; None for text.
        headers: The part's header fields.
        size: How many bytes came.
        stored: How many of them are on disk.
        pieces: The others.
        upload: The file, once something of it is on disk.
    """

    # PERF: class attributes, for most parts are a short text.
    size = 0
    stored = 0
    upload: UploadFile | None = None

    def __init__(
        self, name: str, filename: str | None, headers: list[tuple[bytes, bytes]]
    ) -> None:
        self.name = name
        self.filename = filename
        self.headers = headers
        self.pieces: list[bytes] = []


class _Spill(NamedTuple):
    """Bytes that have to go to disk."""

    upload: UploadFile
    pieces: list[bytes]
    is_last: bool


class _Reader:
    """What is found in a multipart form, and how much of it is taken.

    Args:
        limits: How much that is.

    Attributes:
        items: The fields that are read.
        spills: What has to go to disk before more is read.
        on_disk: The files of which something is there.
        is_complete: Whether the end of the form was found.
    """

    def __init__(self, limits: Limits) -> None:
        self.items: list[tuple[str, str | UploadFile]] = []
        self.spills: list[_Spill] = []
        self.on_disk: list[UploadFile] = []
        self.is_complete = False
        self._limits = limits
        self._fields = self._files = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._field_name = self._field_value = b""
        self._part = _Part("", None, [])

    def callbacks(self) -> dict[str, Any]:
        """Give what the parser calls, by its names."""
        return {
            "on_header_field": self._add_to_name,
            "on_header_value": self._add_to_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin,
            "on_part_data": self._add,
            "on_part_end": self._end,
            "on_end": self._complete,
        }

    def _add_to_name(self, data: bytes, start: int, end: int) -> None:
        self._field_name += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._field_value += data[start:end]

    def _end_header(self) -> None:
        self._headers.append((self._field_name.lower(), self._field_value))
        self._field_name = self._field_value = b""

    def _begin(self) -> None:
        """The header fields of a part are there: decide what it is."""
        headers, self._headers = self._headers, []
        name, filename = _describe(headers)
        if filename is None:
            self._fields += 1
            if self._fields > self._limits.form_fields:
                raise too_many_fields(self._limits.form_fields)
        else:
            self._files += 1
            if self._files > self._limits.form_files:
                raise BadRequest(
                    f"The form has more than {self._limits.form_files} files."
                )
        self._part = _Part(name, filename, headers)

    def _add(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.pieces.append(data[start:end])
        size = part.size = part.size + end - start
        if part.filename is None:
            if size > self._limits.form_text:
                raise ContentTooLarge(
                    "A field of the form is too long.", limit=self._limits.form_text
                )
        elif size > UploadFile.spool_max_size and size - part.stored >= _BATCH:
            self._spill(part, part.filename)

    def _spill(
        self, part: _Part, filename: str, *, is_last: bool = False
    ) -> UploadFile:
        """Let what there is of a file be written to disk."""
        if part.upload is None:
            part.upload = UploadFile(filename, headers=Headers(raw=part.headers))
            self.on_disk.append(part.upload)
        self.spills.append(_Spill(part.upload, part.pieces, is_last))
        part.pieces = []
        part.stored = part.size
        return part.upload

    def _end(self) -> None:
        part = self._part
        if part.filename is None:
            text = b"".join(part.pieces).decode("utf-8", "replace")
            self.items.append((part.name, text))
        elif part.size > UploadFile.spool_max_size:
            upload = self._spill(part, part.filename, is_last=True)
            self.items.append((part.name, upload))
        else:
            content = BytesIO(b"".join(part.pieces))
            headers = Headers(raw=part.headers)
            upload = UploadFile(part.filename, content, headers=headers)
            self.items.append((part.name, upload))

    def _complete(self) -> None:
        self.is_complete = True


def _describe(headers: list[tuple[bytes, bytes]]) -> tuple[str, str | None]:
    """Give the name of a part, and that of its file if it is one."""
    disposition: bytes | None = None
    media_type = b""
    for field, value in headers:
        if field == b"content-disposition":
            if disposition is not None:
                raise BadRequest("A part of the form has two Content-Disposition.")
            disposition = value
        elif not _is_value(value):
            raise BadRequest("A part of the form has a header field that is none.")
        elif field == b"content-type":
            media_type = value
    disposition = disposition or b""
    usual = _usual(disposition)
    name, filename = usual.groups() if usual else _read_disposition(disposition)
    if filename is not None:
        return name.decode("utf-8", "replace"), filename.decode("utf-8", "replace")
    # RFC 7578 §4.3: several files of one field were nested once, and are not any more.
    if media_type[:10].lower() == b"multipart/":
        raise BadRequest("A part of the form is a form itself.")
    return name.decode("utf-8", "replace"), None


def _read_disposition(value: bytes) -> tuple[bytes, bytes | None]:
    """Read a Content-Disposition field that is not written in the usual way.

    `filename*` is passed over: RFC 7578 §4.2 says that it must not be used.
    """
    found: dict[bytes, bytes] = {}
    match = _type(value)
    end = len(value.rstrip(b" \t"))
    while match is not None and match.end() < end:
        match = _parameter(value, match.end())
        if match is not None and match[1] is not None:
            key = match[1].lower()
            if key in found:
                raise BadRequest("A part of the form has two names.")
            found[key] = match[2] if match[3] is None else _unescape(match[3])
    if match is None or b"name" not in found:
        raise BadRequest(
            "A part of the form has no Content-Disposition with a name (RFC 7578 4.2)."
        )
    return found[b"name"], found.get(b"filename")


def _unescape(quoted: bytes) -> bytes:
    # NOTE: browsers leave backslashes alone, older clients escape these two characters.
    # NUL, which cannot be there, keeps the place of a backslash that is meant.
    marked = quoted.replace(rb"\\", b"\x00").replace(rb"\"", b'"')
    return marked.replace(b"\x00", b"\\")


def _read_boundary(content_type: bytes) -> bytes:
    try:
        parameters = MediaType.from_header(content_type).parameters
    except ValueError as exc:
        raise BadRequest("The Content-Type of the form is malformed.") from exc
    boundaries = [value for name, value in parameters if name == "boundary"]
    if len(boundaries) != 1 or not _is_boundary(boundaries[0]):
        raise BadRequest(
            "The Content-Type of the form has no boundary of 1 to 70 characters "
            "(RFC 2046 5.1.1)."
        )
    return boundaries[0].encode("ascii")


async def _slices(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give the content in pieces of the size that suits the parser."""
    waiting: list[bytes] = []
    size = 0
    async for chunk in stream:
        waiting.append(chunk)
        size += len(chunk)
        if size < _SLICE:
            continue
        joined = b"".join(waiting)
        waiting = []
        for start in range(0, size, _SLICE):
            yield joined[start : start + _SLICE]
            # Content that is there already should not keep others waiting.
            await asyncio.sleep(0)
        size = 0
    yield b"".join(waiting)


def _check_beginning(piece: bytes) -> None:
    """Refuse what the parser would skip, up to a boundary in the middle of a line."""
    if not piece.lstrip(b"\r\n").startswith(b"--"):
        raise BadRequest("The content does not begin with a boundary (RFC 2046 5.1.1).")


def _store(spills: list[_Spill]) -> None:
    """Write to disk; in a thread."""
    for upload, pieces, is_last in spills:
        upload.spool(pieces)
        if is_last:
            upload.file.seek(0)


async def _write(spills: list[_Spill]) -> None:
    try:
        await run_in_threadpool(_store, spills)
    except OSError as exc:
        logging.getLogger("restlette.error").error(
            "a file of a form could not be stored: %s", printable(str(exc))
        )
        raise InsufficientStorage("The files of the form could not be stored.") from exc


async def read_multipart(
    content_type: bytes, stream: AsyncIterator[bytes], limits: Limits
) -> FormData:
    """Read a form in `multipart/form-data`.

    Names and text are UTF-8, and what is not becomes U+FFFD. A part that has a
    `filename`, be it empty, is a file. SECURITY: of a form that is cut off, or that
    goes beyond a limit, nothing is given and no file is left.

    Args:
        content_type: The Content-Type, which names the boundary.
        stream: The content.
        limits: Of them `form_fields`, `form_files`, `form_text`, `part_headers` and
            `part_header`; the stream has its own.

    Raises:
        BadRequest: It is no such form, or has too many fields, files or header fields.
        ContentTooLarge: A field that is text is too long.
        InsufficientStorage: A file could not be stored.

    Source: RFC 7578, RFC 2046 §5.1.
    """
    reader = _Reader(limits)
    parser = _python_multipart.MultipartParser(
        _read_boundary(content_type),
        reader.callbacks(),
        max_header_count=limits.part_headers,
        max_header_size=limits.part_header,
    )
    try:
        begun = False
        async for piece in _slices(stream):
            if not begun:
                _check_beginning(piece)
                begun = True
            parser.write(piece)
            if reader.spills:
                spills, reader.spills = reader.spills, []
                await _write(spills)
        if not reader.is_complete:
            raise BadRequest("The multipart form breaks off before its end.")
    except BaseException as exc:
        await FormData([("", upload) for upload in reader.on_disk]).close()
        if isinstance(exc, _MALFORMED):
            raise BadRequest("The content is no multipart form (RFC 7578).") from exc
        raise
    return FormData(reader.items)
