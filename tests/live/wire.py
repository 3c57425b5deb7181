"""Asking a server through a socket, for what no client would send.

The story starts with `ask`: bytes go out, and the first answer comes back. `converse`
is the same for WebSockets, frame by frame.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.live.server import HOST, Server

# Seconds. It is for a machine that has much else to do.
TIMEOUT = 60.0

# What a server says for itself, in answers of any application.
_OF_THE_SERVER = frozenset(("date", "server", "connection"))


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: The status code.
        fields: The application's header fields, their names in lower case.
        content: The content.
    """

    status: int
    fields: list[tuple[str, str]]
    content: bytes

    @property
    def headers(self) -> dict[str, str]:
        """The application's header fields by name, each of which is there once.

        Raises:
            AssertionError: One of them is there twice.
        """
        headers = dict(self.fields)
        if len(headers) != len(self.fields):
            raise AssertionError(f"a field is there twice: {self.fields}")
        return headers

    def json(self) -> Any:
        """Give what the content says in JSON."""
        return json.loads(self.content)


def of_the_application(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give the header fields that are not the server's own."""
    named = [(name.lower(), value) for name, value in fields]
    return [(name, value) for name, value in named if name not in _OF_THE_SERVER]


def message(line: str | bytes, *fields: str | bytes, content: bytes = b"") -> bytes:
    """Give the bytes of a request.

    Args:
        line: Method and target: `GET /books`.
        fields: Header fields, each `Name: value`; without any, those that a client
            must send.
        content: The content, with no Content-Length but what the fields give.
    """
    lines = [_bytes(line) + b" HTTP/1.1"]
    lines += map(_bytes, fields or ["Host: shop.example", "Connection: close"])
    return b"\r\n".join([*lines, b"", content])


def connect(server: Server) -> socket.socket:
    """Connect to a server; nothing waits for ever."""
    return socket.create_connection((HOST, server.port), timeout=TIMEOUT)


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    """Read one answer, as the answer to a method."""
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
        fields = of_the_application(response.getheaders())
        return Answer(response.status, fields, response.read())
    finally:
        response.close()


def ask(server: Server, request: bytes, *, method: str = "GET") -> Answer:
    """Send bytes and give the first answer, read as the answer to a method."""
    with connect(server) as connection:
        connection.sendall(request)
        return read_answer(connection, method)


# WebSockets ---------------------------------------------------------------------------

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
) -> bytes:
    """Give the bytes of a frame (RFC 6455 §5.2).

    The masking key is zero, which is as good as any to a server and costs nothing.
    """
    first = fin << 7 | rsv << 4 | opcode
    size = len(payload)
    if size < 126:
        head = bytes([first, masked << 7 | size])
    elif size < 65_536:
        head = bytes([first, masked << 7 | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, masked << 7 | 127]) + size.to_bytes(8, "big")
    return head + bytes(4 * masked) + payload


class Conversation:
    """A WebSocket, from the client's side.

    Args:
        connection: Where the answer to the handshake has been read.
        answer: That answer.
    """

    def __init__(self, connection: socket.socket, answer: Answer) -> None:
        self.connection = connection
        self.answer = answer

    def send(self, content: str | bytes) -> None:
        """Send a message."""
        if isinstance(content, str):
            self.connection.sendall(frame(TEXT, content.encode()))
        else:
            self.connection.sendall(frame(BINARY, content))

    def close(self, code: int | None = None) -> None:
        """Send a Close frame."""
        payload = b"" if code is None else code.to_bytes(2, "big")
        self.connection.sendall(frame(CLOSE, payload))

    def receive(self) -> str | bytes:
        """Give the next message.

        Raises:
            AssertionError: The server has closed.
        """
        found = self.receive_any()
        assert not isinstance(found, tuple), found
        return found

    def receive_any(self) -> str | bytes | tuple[str, bytes]:
        """Give the next message, or a pong with its payload."""
        opcode, payload = self._read_frame()
        if opcode == PONG:
            return "pong", payload
        assert opcode in (TEXT, BINARY), (opcode, payload)
        return payload.decode() if opcode == TEXT else payload

    def ending(self) -> tuple[int, str]:
        """Wait for the end, and give its code and reason.

        It is 1005 where the Close frame has no code, and 1006 where there is none (RFC
        6455 §7.1.5). Messages that come before it are dropped.
        """
        opcode, payload = TEXT, b""
        while opcode != CLOSE:
            try:
                opcode, payload = self._read_frame()
            except ConnectionError:
                return 1006, ""
        if not payload:
            return 1005, ""
        return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    def _read_frame(self) -> tuple[int, bytes]:
        first, second = self._read(2)
        size = second & 127
        if size > 125:
            size = int.from_bytes(self._read(2 if size == 126 else 8), "big")
        return first & 15, self._read(size)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.connection.recv(size - len(data))
            if not more:
                raise ConnectionError("it is closed")
            data += more
        return data


def handshake(target: str, *fields: str) -> bytes:
    """Give the bytes of an opening handshake (RFC 6455 §4.1)."""
    return message(
        f"GET {target}",
        "Host: shop.example",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *fields,
    )


@contextmanager
def converse(server: Server, target: str, *fields: str) -> Iterator[Conversation]:
    """Begin a conversation; its answer says whether there is one."""
    with connect(server) as connection:
        connection.sendall(handshake(target, *fields))
        # http.client reads ahead what it can get, and a frame may be right behind.
        head = _read_head(connection)
        status, *lines = head.decode("latin-1").split("\r\n")
        named = [tuple(line.split(": ", 1)) for line in lines if line]
        answer = Answer(int(status.split()[1]), of_the_application(named), b"")
        yield Conversation(connection, answer)


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        more = connection.recv(1)
        if not more:
            raise ConnectionError(f"it is closed after {head!r}")
        head += more
    return head


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
