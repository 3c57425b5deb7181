"""Content codings of requests, undone (RFC 9110 §8.4).

The story starts with `check_coding`, which says whether content is to be decoded, and
`Decoded`, a `receive` that does so piece by piece: never more than a piece is in memory
before somebody has asked for the next one and counted it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from restlette.deferred import Deferred
from restlette.http.errors import BadRequest, ContentTooLarge, UnsupportedMediaType
from restlette.http.types import Message, Receive

if TYPE_CHECKING:
    import asyncio
    import zlib
else:
    asyncio = Deferred("asyncio")
    zlib = Deferred("zlib")

__all__ = ["Decoded", "check_coding"]

# What zlib calls the formats: RFC 9110 §8.4.1.2 "deflate" is the zlib format, §8.4.1.3
# "gzip" has a header of its own, and "x-gzip" is equivalent to it.
_FORMATS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}

# Bytes of one decoded piece.
_PIECE: Final = 65_536


def check_coding(value: bytes, *, is_allowed: bool) -> str | None:
    """Look at a Content-Encoding field.

    Args:
        value: Its value; that of several, joined with commas.
        is_allowed: Whether coded content is taken at all.

    Returns:
        The coding to undo, or None if there is none.

    Raises:
        UnsupportedMediaType: The coding is not taken. RFC 9110 §12.5.3: the answer
            says in an Accept-Encoding field which ones are. SECURITY: codings on top of
            each other are not, for each multiplies what the one below it makes.
    """
    coding = value.decode("latin-1").strip(" \t,").lower()
    if coding in ("", "identity"):
        return None
    if is_allowed and coding in _FORMATS:
        return coding
    accepted = "gzip, deflate" if is_allowed else "identity"
    raise UnsupportedMediaType(
        "The content has a coding that is not taken.",
        headers={"Accept-Encoding": accepted},
    )


class Decoded:
    """A `receive` that gives the content of another one decoded.

    Args:
        receive: The channel.
        unread: Messages that came from it already.
        coding: "gzip", "x-gzip" or "deflate".
        limit: How many bytes are taken before they are decoded.
    """

    def __init__(
        self, receive: Receive, unread: Iterable[Message], coding: str, limit: int
    ) -> None:
        self._receive = receive
        self._unread = deque(unread)
        self._coding = coding
        self._limit = limit
        self._size = 0
        self._more = True
        self._is_full = False
        self._tail = b""
        self._decoder: Any = zlib.decompressobj(_FORMATS[coding])

    async def __call__(self) -> Message:
        """Give the next message.

        Raises:
            BadRequest: The content is not what its coding says.
            ContentTooLarge: It was too long before it was decoded.
        """
        if self._is_full:
            # A little that becomes much should not keep others waiting.
            await asyncio.sleep(0)
            coded = self._tail
        elif self._more:
            message = self._unread.popleft() if self._unread else await self._receive()
            if message["type"] == "http.disconnect":
                return message
            coded = message.get("body", b"")
            self._more = message.get("more_body", False)
            self._size += len(coded)
            if self._size > self._limit:
                raise ContentTooLarge(limit=self._limit)
        else:
            # The content is at its end; what comes now is the disconnect.
            return await self._receive()
        return self._decode(coded)

    def _decode(self, coded: bytes) -> Message:
        decoder = self._decoder
        try:
            body: bytes = decoder.decompress(coded, _PIECE)
        except zlib.error as exc:
            raise self._refusal() from exc
        # Without a tail too there may be more, in the decoder itself.
        self._is_full = len(body) == _PIECE
        self._tail = decoder.unconsumed_tail
        more = self._more or self._is_full
        if decoder.unused_data or not (more or decoder.eof):
            raise self._refusal()
        return {"type": "http.request", "body": body, "more_body": more}

    def _refusal(self) -> BadRequest:
        return BadRequest(f"The content is not in the coding {self._coding}.")
