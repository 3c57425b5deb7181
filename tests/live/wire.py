"""Asking a server through a socket, for what no client would send."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any, NamedTuple

from tests.live.server import HOST, Server

TIMEOUT = 10.0

# What the server says for itself, in answers of any application.
_OF_THE_SERVER = frozenset(("date", "server", "connection"))


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: The status code.
        headers: The application's header fields, their names in lower case.
        content: The content.
    """

    status: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        """Give what the content says in JSON."""
        return json.loads(self.content)


def of_the_application(fields: list[tuple[str, str]]) -> dict[str, str]:
    """Give the header fields that are not the server's own.

    Raises:
        AssertionError: One of them is there twice.
    """
    headers: dict[str, str] = {}
    for name, value in fields:
        name = name.lower()
        if name not in _OF_THE_SERVER:
            if name in headers:
                raise AssertionError(f"{name} is there twice: {fields}")
            headers[name] = value
    return headers


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


def ask(server: Server, request: bytes, *, method: str = "GET") -> Answer:
    """Send bytes and give the first answer, read as the answer to a method."""
    with socket.create_connection((HOST, server.port), timeout=TIMEOUT) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection, method=method)
        try:
            response.begin()
            headers = of_the_application(response.getheaders())
            return Answer(response.status, headers, response.read())
        finally:
            response.close()


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
