"""What is fuzzed: functions of bytes that give a value or a documented error.

A target calls what reads bytes from outside, catches the errors that are documented,
and holds what it gets to a fact or two. Whatever else it raises is a finding.
`scripts/fuzz` runs each for a while, with atheris, and the suite with its seeds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import unquote

import graphene

from restlette import BadRequest, ContentTooLarge
from restlette.contrib.graphql import GraphQLApp
from restlette.contrib.gzip import takes_gzip
from restlette.contrib.proxy import from_forwarded, from_x_forwarded
from restlette.http.cookies import cookie_parser, parse_cookies
from restlette.http.dates import parse_date
from restlette.http.disposition import content_disposition
from restlette.http.forms import read_urlencoded
from restlette.http.headers import Headers, encode_value
from restlette.http.json import InvalidJSON, ORJSONCodec, StandardCodec
from restlette.http.limits import DEFAULT_LIMITS
from restlette.http.media import MediaType, is_json
from restlette.http.multipart import read_multipart
from restlette.http.negotiation import select, select_codings
from restlette.http.origins import is_origin
from restlette.http.ranges import ByteRanges, ContentRange
from restlette.http.urls import QueryParams, is_safe_redirect, is_valid_host, split_host
from restlette.http.validators import EntityTags
from restlette.resources.tree import Tree, split_path
from restlette.resources.uri import Template
from restlette.testing import call
from tests.http.stopwatch import seconds

# So much is read in a moment; a target that cuts it off would hide what is quadratic.
LONG = 1 << 20
ALL = DEFAULT_LIMITS._replace(
    form_fields=LONG, form_files=LONG, form_text=LONG, part_headers=LONG
)


class Target(NamedTuple):
    """Something to be fuzzed.

    Attributes:
        run: Reads bytes; what it raises is a finding.
        seeds: What to begin with.
    """

    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


def given(reads: Callable[..., Any], *arguments: Any) -> Any:
    """Call what gives a value or a ValueError; None in place of that."""
    try:
        return reads(*arguments)
    except ValueError:
        return None


def cookies(data: bytes) -> None:
    """Cookie."""
    for name, value in parse_cookies([data], limit=LONG).items():
        assert isinstance(value, str)
        assert name
    cookie_parser(data.decode("latin-1"))


def headers(data: bytes) -> None:
    """The header fields that are more than a text, and whether a text can be one."""
    text = data.decode("latin-1")
    tags = given(EntityTags.from_header, text)
    if tags is not None:
        assert EntityTags.from_header(tags.to_header()) == tags
    given(parse_date, text)
    given(split_host, text)
    if is_valid_host(data):
        assert split_host(text)[0]
    is_origin(data)
    is_safe_redirect(text, ("shop.example",))
    list(from_forwarded({"forwarded": [text]}))
    list(from_x_forwarded({"x-forwarded-for": [text], "x-forwarded-host": [text]}))
    for written in given(encode_value, "x-name", text), given_disposition(data):
        if written is not None:
            assert not set(written) & set(b"\r\n\0")
    fields = Headers(raw=[(b"x", data), (b"y", b""), (b"x", b"1")])
    assert fields.getlist("x") == [text, "1"]


def given_disposition(data: bytes) -> bytes:
    """Write a Content-Disposition for any name."""
    return content_disposition(data.decode("utf-8", "replace")).encode("ascii")


def media_types(data: bytes) -> None:
    """Content-Type, Accept and Accept-Encoding."""
    media_type = given(MediaType.from_header, data)
    if media_type is not None:
        assert MediaType.from_header(media_type.to_header()) == media_type
    is_json(data)
    assert select(data, ("application/json", "text/html")) in (None, 0, 1)
    select_codings(data, ("br", "gzip"))
    takes_gzip(data)


def ranges(data: bytes) -> None:
    """Range and Content-Range."""
    text = data.decode("latin-1")
    asked = given(ByteRanges.from_header, text)
    if asked is not None:
        assert ByteRanges.from_header(asked.to_header()).specs == asked.specs
        spans = asked.resolve(1000)
        assert sum(span.length for span in spans) <= 1000
    sent = given(ContentRange.from_header, text)
    if sent is not None:
        assert ContentRange.from_header(sent.to_header()) == sent


def multipart(data: bytes) -> None:
    """A multipart form, cut in two by its first byte."""
    cut, content = data[:1], data[1:]
    middle = len(content) * cut[0] // 256 if cut else 0

    async def pieces() -> AsyncIterator[bytes]:
        yield content[:middle]
        yield content[middle:]

    async def read() -> None:
        content_type = b"multipart/form-data; boundary=x"
        form = await read_multipart(content_type, pieces(), ALL)
        await form.close()

    try:
        asyncio.run(read())
    except (BadRequest, ContentTooLarge):
        pass


def forms(data: bytes) -> None:
    """A query, and a form that is written like one."""
    form = read_urlencoded(data, ALL)
    query = QueryParams(data, limit=LONG)
    assert form.multi_items() == query.multi_items()
    assert QueryParams(str(query)).multi_items() == query.multi_items()


TEMPLATES = {
    text: Template(text)
    for text in (
        "/",
        "/books",
        "/books/{id:int}",
        "/books/{id:int}/pages/{page:int}",
        "/books/{name}.{kind}",
        "/books/{name}/x",
        "/prices/{price:float}",
        "/keys/{key:uuid}",
        "/{a}/{b}-{c}/{d}",
        "/files/{path:path}",
    )
}


def tree_of(*texts: str) -> Tree[str]:
    """Give a tree in which each template leads to its own text."""
    tree: Tree[str] = Tree()
    for text in texts:
        tree.insert(TEMPLATES[text], partial(str, text))
    tree.freeze()
    return tree


TREE = tree_of(*TEMPLATES)
ALONE = {text: tree_of(text) for text in TEMPLATES}


def paths(data: bytes) -> None:
    """A path that is matched, and the path that is built of what it holds."""
    path = "/" + data.decode("utf-8", "replace")
    found = TREE.match(path)
    assert found == TREE.search(split_path(path))
    if found is None:
        return
    leaf, values = found
    template = TEMPLATES[leaf]
    built = given(template.build, dict(zip(template.names, values, strict=True)))
    if built is not None:
        assert ALONE[leaf].search(list(map(unquote, split_path(built)))) == found


def json_content(data: bytes) -> None:
    """JSON."""
    for codec in StandardCodec(), ORJSONCodec():
        try:
            value = codec.loads(data)
        except InvalidJSON:
            continue
        assert codec.loads(codec.dumps(value)) == value


class Book(graphene.ObjectType):
    """Holds another one."""

    title = graphene.String()
    next = graphene.Field(lambda: Book, first=graphene.Int())


class Query(graphene.ObjectType):
    """What can be asked for."""

    book = graphene.Field(Book, id=graphene.ID())


GRAPHQL = GraphQLApp(graphene.Schema(query=Query))
RESPONSE = {"accept": "application/graphql-response+json"}


def graphql(data: bytes) -> None:
    """A document of GraphQL; and content that should hold one."""
    document = {"query": data.decode("utf-8", "replace")}
    for content in json.dumps(document).encode(), data:
        fields = {"content-type": "application/json", **RESPONSE}
        answer = call(GRAPHQL, "POST", content=content, headers=fields)
        assert answer.status_code in (200, 400, 413, 422), answer.text
        assert answer.json()


TARGETS = {
    "cookies": Target(
        cookies,
        (b"a=1; b=2", b'a="\\\\\\""; =x; $Version=1; c', b"__Host-a=b; a=%41; \xe9=1"),
    ),
    "headers": Target(
        headers,
        (
            b'"a", W/"b", *',
            b"Sun, 06 Nov 1994 08:49:37 GMT",
            b"Sunday, 06-Nov-94 08:49:37 GMT",
            b"Sun Nov  6 08:49:37 1994",
            b'for="[2001:db8::1]:80";proto=https, for=unknown;by=_x',
            b"https://shop.example:8000",
            b"[::1]:80",
            b"10.0.0.1, [::1]:80, unknown",
            b"../\xe2\x80\xae.exe",
        ),
    ),
    "media-types": Target(
        media_types,
        (
            b'text/html; charset="utf-8"; a=b',
            b"text/*;q=0.5, application/json, */*;q=0",
            b"gzip;q=0.5, *;q=0, br",
            b'a/b;c="\\"',
            b"application/problem+json",
        ),
    ),
    "ranges": Target(
        ranges,
        (b"bytes=0-499, -500, 9-", b"bytes 0-9/10", b"bytes */7", b"items=1-2"),
    ),
    "multipart": Target(
        multipart,
        (
            b"\x80--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n",
            (
                b'\x10--x\r\ncontent-disposition: form-data; name="a"; filename="b"'
                b"\r\n\r\n\r\n--x\r\n--x--"
            ),
        ),
    ),
    "forms": Target(forms, (b"a=1&b=%C3%A9+c&&=d&e", b"%ff%zz=%u1234&a=b=c;d")),
    "paths": Target(
        paths,
        (
            b"books/17/pages/3",
            b"books/a.tar.gz",
            b"prices/1.50",
            b"keys/12345678-1234-1234-1234-123456789abc",
            b"a/b-c-d/e",
            b"files//a/../b",
        ),
    ),
    "json": Target(
        json_content,
        (b'{"a": [1, -2.5e3, "\\u00e9\\ud800", null, true]}', b" [] ", b"1e400"),
    ),
    "graphql": Target(
        graphql,
        (
            (
                b"query Q($id: ID = 1) { book(id: $id) { ...f a: title } } "
                b"fragment f on Book { next(first: 1) @include(if: true) { title } }"
            ),
            b'{ book(id: """a""") { title } } # x',
            b'{"query": "{ book { title } }", "variables": {}, "operationName": null}',
        ),
    ),
}

# Bytes, and how often as many as that take how much longer at most; a quadratic reader
# needs sixteen times as long for four times as much.
SIZE = 65_536
MORE = 4
MOST = 10
# Seconds that nobody minds, whatever they grow to.
FINE = 0.1


def stretched(data: bytes, size: int) -> bytes:
    """Repeat the middle of an input until it has a size."""
    start, end = len(data) // 4, max(1, len(data) * 3 // 4)
    middle = data[start:end] or b" "
    return data[:start] + middle * (size // len(middle)) + data[end:]


def assert_linear(run: Callable[[bytes], object], data: bytes) -> None:
    """Assert that a target's time is linear in the length of an input like this one."""
    short, long = stretched(data, SIZE), stretched(data, SIZE * MORE)
    if seconds(lambda: run(short)) < FINE:
        return
    before = min(seconds(lambda: run(short)) for _ in range(3))
    after = min(seconds(lambda: run(long)) for _ in range(3))
    # Not by `assert`, which is not there with `python -O`.
    if after >= before * MOST:
        raise AssertionError(f"{before} s, and {after} s for {MORE} times as much")
