"""A client that tells how much of an answer came, for servers that end amid it.

What arrived before a connection broke is read to its end: `asyncio.StreamReader` would
raise the reset first, and take a whole answer for one that was lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

import h11

from tests.live.server import HOST


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: The status code; 0 where nothing came.
        fields: The header fields, their names in lower case.
        content: The content, as far as it came.
        is_whole: Whether it came to its end.
    """

    status: int
    fields: list[tuple[str, str]]
    content: bytes
    is_whole: bool

    def field(self, name: str) -> str:
        """Give the value of a header field; "" where there is none."""
        return dict(self.fields).get(name, "")


class Client(asyncio.Protocol):
    """A connection, for one request after the other; see `connect`."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT)
        self._something = asyncio.Event()
        self._has_ended = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._something.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._has_ended:
            self.eof_received()

    def eof_received(self) -> None:
        self._has_ended = True
        self._http.receive_data(b"")
        self._something.set()

    @property
    def is_open(self) -> bool:
        """Whether something else may be asked for."""
        return self._http.our_state is h11.IDLE and not self._has_ended

    def close(self) -> None:
        """End the connection."""
        self._transport.close()

    async def ask(
        self,
        method: str,
        target: str,
        *fields: tuple[str, str],
        pieces: Sequence[bytes] = (),
        pause: float = 0.0,
    ) -> Answer:
        """Send a request, and give what comes back, whole or not.

        Args:
            method: The method.
            target: The path.
            fields: Header fields, beside Host and Content-Length.
            pieces: The content.
            pause: Seconds before each piece of it.
        """
        length = str(sum(map(len, pieces)))
        named = [("host", "shop.example"), ("content-length", length), *fields]
        self._send(h11.Request(method=method, target=target, headers=named))
        for piece in pieces:
            await asyncio.sleep(pause)
            self._send(h11.Data(data=piece))
        self._send(h11.EndOfMessage())
        status, found, content = 0, [], bytearray()
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                return Answer(status, found, bytes(content), False)
            match event:
                case h11.NEED_DATA:
                    self._something.clear()
                    await self._something.wait()
                case h11.Response():
                    status = event.status_code
                    found = [
                        (k.decode(), v.decode("latin-1")) for k, v in event.headers
                    ]
                case h11.Data():
                    content += event.data
                case h11.EndOfMessage():
                    if h11.DONE is self._http.our_state is self._http.their_state:
                        self._http.start_next_cycle()
                    return Answer(status, found, bytes(content), True)
                case _:
                    # h11.ConnectionClosed: it ended before anything came.
                    return Answer(status, found, bytes(content), False)

    def _send(self, event: Any) -> None:
        content = self._http.send(event)
        if content and not self._has_ended:
            self._transport.write(content)


async def connect(port: int) -> Client:
    """Connect to a server on the loopback interface.

    Raises:
        OSError: Nobody listens there.
    """
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(Client, HOST, port)
    return client
