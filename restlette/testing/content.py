"""The content of a request, from what a test writes to the bytes that are sent."""

from __future__ import annotations

import json as jsonlib
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from secrets import token_hex
from typing import Any

from restlette.http.forms import URLENCODED
from restlette.testing.scope import Fields, pairs_of, urlencoded

__all__ = [
    "Body",
    "Chunks",
    "Content",
    "DataInput",
    "FilesInput",
    "encode_content",
    "in_pieces",
]

Body = bytes | AsyncGenerator[bytes, None]
Chunks = Iterable[bytes] | AsyncIterable[bytes]
Content = str | bytes | Chunks
DataInput = Mapping[str, Any] | Iterable[tuple[str, Any]]
FileInput = str | bytes | tuple[str, str | bytes] | tuple[str, str | bytes, str]
FilesInput = Mapping[str, FileInput] | Iterable[tuple[str, FileInput]]


def encode_content(
    *,
    json: Any = None,
    content: Content | None = None,
    data: DataInput | None = None,
    files: FilesInput | None = None,
) -> tuple[Body, Fields]:
    """Encode the content of a request.

    Args:
        json: A value to be sent as JSON. `null` is sent by `content="null"`.
        content: Text (sent as UTF-8), bytes, or pieces of bytes as an iterable or an
            asynchronous one, each of which becomes one ASGI message.
        data: The fields of a form, sent url-encoded, or with the files; values may be
            lists.
        files: The files of a form, sent as multipart: contents, or tuples of a
            filename, a content and, if you like, a media type. Without a filename it
            is the field's name.

    Returns:
        The bytes, or a generator of pieces, and the header fields that describe them.

    Raises:
        TypeError: More than one of json, content and a form was given.
    """
    if files is not None and json is None and content is None:
        return _multipart(data or (), files)
    given = [value for value in (json, content, data, files) if value is not None]
    if len(given) > 1:
        raise TypeError(
            "a request has one content: give json, content or data; files go with data."
        )
    if json is not None:
        text = jsonlib.dumps(json, separators=(",", ":"), allow_nan=False)
        return _described(text.encode("ascii"), b"application/json")
    if data is not None:
        return _described(urlencoded(data).encode("ascii"), URLENCODED.encode("ascii"))
    if content is None:
        return b"", []
    if isinstance(content, str):
        content = content.encode("utf-8")
    if isinstance(content, bytes):
        return _described(content, None)
    return in_pieces(content), [(b"transfer-encoding", b"chunked")]


def _multipart(data: DataInput, files: FilesInput) -> tuple[bytes, Fields]:
    """Encode a form with files as browsers do (WHATWG HTML §4.10.21.8)."""
    parts = [
        _part(name, each)
        for name, value in pairs_of(data)
        for each in (value if isinstance(value, list | tuple) else [value])
    ]
    for name, file in pairs_of(files):
        given = file if isinstance(file, tuple) else (name, file)
        filename, content, *media_type = given
        parts.append(_part(name, content, filename, *media_type))
    boundary = token_hex(16).encode("ascii")
    lines = [b"--%b\r\n%b\r\n" % (boundary, part) for part in parts]
    body = b"".join([*lines, b"--%b--\r\n" % boundary])
    return _described(body, b"multipart/form-data; boundary=" + boundary)


def _part(
    name: str, content: Any, filename: str | None = None, media_type: str | None = None
) -> bytes:
    lines = [b'Content-Disposition: form-data; name="%b"' % _escaped(name)]
    if filename is not None:
        lines[0] += b'; filename="%b"' % _escaped(filename)
    if media_type is not None:
        lines.append(b"Content-Type: " + media_type.encode("latin-1"))
    octets = content if isinstance(content, bytes) else str(content).encode("utf-8")
    return b"\r\n".join([*lines, b"", octets])


def _escaped(name: str) -> bytes:
    for character, escape in ("\r", "%0D"), ("\n", "%0A"), ('"', "%22"):
        name = name.replace(character, escape)
    return name.encode("utf-8")


def _described(body: bytes, media_type: bytes | None) -> tuple[bytes, Fields]:
    # RFC 9110 §8.6: a user agent sends Content-Length where it knows the length.
    fields = [(b"content-length", str(len(body)).encode("ascii"))]
    if media_type is not None:
        fields.append((b"content-type", media_type))
    return body, fields


async def in_pieces(chunks: Chunks) -> AsyncGenerator[bytes, None]:
    """Give the pieces of an iterable of either kind, one after the other."""
    if isinstance(chunks, AsyncIterable):
        async for chunk in chunks:
            yield chunk
    else:
        for chunk in chunks:
            yield chunk
