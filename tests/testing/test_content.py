"""The content of a request."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest

from restlette.testing.content import Body, encode_content

FORM = b"application/x-www-form-urlencoded"


def length(number: int) -> tuple[bytes, bytes]:
    return (b"content-length", str(number).encode("ascii"))


@pytest.mark.parametrize(
    "given, content, fields",
    [
        pytest.param({}, b"", [], id="nothing"),
        pytest.param(
            {"json": {"a": [1, "\u00e9"]}},
            b'{"a":[1,"\\u00e9"]}',
            [length(18), (b"content-type", b"application/json")],
            id="json",
        ),
        pytest.param(
            {"json": 0},
            b"0",
            [length(1), (b"content-type", b"application/json")],
            id="json zero",
        ),
        pytest.param(
            {"data": {"a": ["1", "2"], "b": "\u00e9 &"}},
            b"a=1&a=2&b=%C3%A9+%26",
            [length(20), (b"content-type", FORM)],
            id="form",
        ),
        pytest.param(
            {"data": [("a", "1"), ("a", "2")]},
            b"a=1&a=2",
            [length(7), (b"content-type", FORM)],
            id="form of pairs",
        ),
        pytest.param({"content": "\u00e9"}, b"\xc3\xa9", [length(2)], id="text"),
        pytest.param({"content": b"\xff"}, b"\xff", [length(1)], id="bytes"),
        pytest.param({"content": b""}, b"", [length(0)], id="empty bytes"),
    ],
)
def test_content_becomes_bytes_and_the_fields_that_describe_them(
    given: Any, content: bytes, fields: Any
) -> None:
    """Content-Length is sent where the length is known (RFC 9110 §8.6)."""
    assert encode_content(**given) == (content, fields)


async def pieces_of(body: Body) -> list[bytes]:
    assert not isinstance(body, bytes)
    return [piece async for piece in body]


def plain() -> Iterator[bytes]:
    yield b"a"
    yield b"b"


async def asynchronous() -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"


@pytest.mark.parametrize("content", [[b"a", b"b"], plain(), asynchronous()])
def test_pieces_are_sent_one_by_one(content: Any) -> None:
    """Iterables of both kinds; the length is not known, so it is not sent."""
    body, fields = encode_content(content=content)
    assert fields == [(b"transfer-encoding", b"chunked")]
    assert asyncio.run(pieces_of(body)) == [b"a", b"b"]


def test_a_request_has_one_content() -> None:
    """Two are an error at once."""
    with pytest.raises(TypeError, match="give json, content or data"):
        encode_content(json={}, content=b"")


def test_files_are_a_form_in_multipart() -> None:
    """As browsers encode one; an independent reader finds what was put in."""
    body, fields = encode_content(
        data=[("a", ["1", 2]), ('b"\r\n', b"\xff")],
        files=[
            ("c", ("d \u00e9.txt", "e", "text/plain")),
            ("f", ("g", b"h")),
            ("i", b"j"),
        ],
    )
    assert isinstance(body, bytes)
    described = dict(fields)
    assert described[b"content-length"] == str(len(body)).encode("ascii")
    media_type = described[b"content-type"]
    head = b"Content-Type: " + media_type + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part["content-type"],
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]
    assert [each[3] for each in parts] == [b"1", b"2", b"\xff", b"e", b"h", b"j"]
    assert [each[0] for each in parts] == ["a", "a", "b%22%0D%0A", "c", "f", "i"]
    assert [each[2] for each in parts] == [None] * 3 + ["text/plain", None, None]
    assert [each[1] for each in parts[4:]] == ["g", "i"]
    assert b'name="c"; filename="d \xc3\xa9.txt"\r\n' in body


@pytest.mark.parametrize("other", [{"json": 1}, {"content": b"a"}])
def test_files_go_with_a_form_alone(other: Any) -> None:
    """Never with another content."""
    with pytest.raises(TypeError, match="files go with data"):
        encode_content(files={"a": b"b"}, **other)


def test_nan_is_no_json() -> None:
    """RFC 8259 has no NaN; a test that wants to send it writes the text."""
    with pytest.raises(ValueError):
        encode_content(json=float("nan"))
