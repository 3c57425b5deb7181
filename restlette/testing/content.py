"""The content of a request, from what a test writes to the bytes that are sent."""

from __future__ import annotations

import json as jsonlib
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from typing import Any

from restlette.testing.scope import Fields, urlencoded

__all__ = ["Body", "Chunks", "Content", "DataInput", "encode_content", "in_pieces"]

Body = bytes | AsyncGenerator[bytes, None]
Chunks = Iterable[bytes] | AsyncIterable[bytes]
Content = str | bytes | Chunks
DataInput = Mapping[str, Any] | Iterable[tuple[str, Any]]


def encode_content(
    *, json: Any = None, content: Content | None = None, data: DataInput | None = None
) -> tuple[Body, Fields]:
    """Encode the content of a request.

    Args:
        json: A value to be sent as JSON. `null` is sent by `content="null"`.
        content: Text (sent as UTF-8), bytes, or pieces of bytes as an iterable or an
            asynchronous one, each of which becomes one ASGI message.
        data: The fields of a form, sent url-encoded; values may be lists.

    Returns:
        The bytes, or a generator of pieces, and the header fields that describe them.

    Raises:
        TypeError: More than one of the three was given.
    """
    given = [value for value in (json, content, data) if value is not None]
    if len(given) > 1:
        raise TypeError("a request has one content: give json, content or data.")
    if json is not None:
        text = jsonlib.dumps(json, separators=(",", ":"), allow_nan=False)
        return _described(text.encode("ascii"), b"application/json")
    if data is not None:
        return _described(
            urlencoded(data).encode("ascii"), b"application/x-www-form-urlencoded"
        )
    if content is None:
        return b"", []
    if isinstance(content, str):
        content = content.encode("utf-8")
    if isinstance(content, bytes):
        return _described(content, None)
    return in_pieces(content), [(b"transfer-encoding", b"chunked")]


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
