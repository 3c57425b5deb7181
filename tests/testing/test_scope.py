"""The scope of a connection."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.testing.scope import (
    Origin,
    Target,
    encode_fields,
    handshake_fields,
    header_pairs,
    http_scope,
    urlencoded,
    websocket_scope,
)

ORIGIN = Origin("http", "testserver", ("testserver", 80))


@pytest.mark.parametrize(
    "url, origin",
    [
        ("http://testserver", ORIGIN),
        ("https://Ex.com/a?b#c", ("https", "Ex.com", ("ex.com", 443))),
        ("http://ex.com:80", ("http", "ex.com", ("ex.com", 80))),
        ("http://ex.com:8000/", ("http", "ex.com:8000", ("ex.com", 8000))),
        ("ws://ex.com:0", ("ws", "ex.com:0", ("ex.com", 0))),
        ("wss://ex.com:443", ("wss", "ex.com", ("ex.com", 443))),
        ("http://[::1]:80", ("http", "[::1]", ("::1", 80))),
        ("http://[::1]", ("http", "[::1]", ("::1", 80))),
        ("http://me:secret@ex.com", ("http", "ex.com", ("ex.com", 80))),
    ],
)
def test_an_origin_is_read_from_a_url(url: str, origin: tuple[Any, ...]) -> None:
    """Default ports and user information are not sent (RFC 9110 §4.2.3, §4.2.4)."""
    assert Origin.from_url(url) == origin


@pytest.mark.parametrize("url", ["", "testserver", "ftp://ex.com", "http://", "/a"])
def test_what_is_no_absolute_url_is_no_origin(url: str) -> None:
    """The error says what came and what to write."""
    with pytest.raises(ValueError, match="write for example 'http://testserver'"):
        Origin.from_url(url)


TARGETS = [
    # written, path, raw_path, query_string
    pytest.param("/a/b", "/a/b", b"/a/b", b"", id="plain"),
    pytest.param("/a?b=c&d", "/a", b"/a", b"b=c&d", id="query"),
    pytest.param("/a?b?c", "/a", b"/a", b"b?c", id="second question mark"),
    pytest.param("", "", b"", b"", id="empty"),
    pytest.param("*", "*", b"*", b"", id="asterisk form"),
    pytest.param("/a%2Fb", "/a/b", b"/a%2Fb", b"", id="encoded slash"),
    pytest.param("/\u00e9", "/\u00e9", b"/%C3%A9", b"", id="UTF-8"),
    pytest.param("/a b#c", "/a b#c", b"/a%20b%23c", b"", id="space and hash"),
    pytest.param("//a/../b", "//a/../b", b"//a/../b", b"", id="not normalised"),
    pytest.param("/%ff", "/\ufffd", b"/%ff", b"", id="no UTF-8"),
    pytest.param("/\ud800", "/\ufffd\ufffd\ufffd", b"/%ED%A0%80", b"", id="surrogate"),
    pytest.param("/\0\n", "/\0\n", b"/%00%0A", b"", id="controls"),
    pytest.param("/%zz", "/%zz", b"/%zz", b"", id="bad escape"),
    pytest.param("@evil.com", "@evil.com", b"@evil.com", b"", id="no slash"),
    pytest.param("/a?\u00e9 \n", "/a", b"/a", b"%C3%A9%20%0A", id="query encoded"),
]


@pytest.mark.parametrize("written, path, raw_path, query", TARGETS)
def test_a_target_is_sent_as_it_is_written(
    written: str, path: str, raw_path: bytes, query: bytes
) -> None:
    """Only what cannot stand in a request line is percent-encoded."""
    assert Target.from_path(written) == (path, raw_path, query)


@given(st.text())
def test_any_text_is_a_target(text: str) -> None:
    """What is sent is visible ASCII, which a request line can hold."""
    target = Target.from_path(text)
    for part in (target.raw_path, target.query_string):
        assert all(0x21 <= byte <= 0x7E for byte in part)


@pytest.mark.parametrize(
    "path, params, query",
    [
        ("/", None, b""),
        ("/", {}, b""),
        ("/", {"a": 1, "b": [2, "x y"]}, b"a=1&b=2&b=x+y"),
        ("/?z", [("a", "\u00e9"), ("a", "&")], b"z&a=%C3%A9&a=%26"),
        ("/?z", "a=%ff;b", b"z&a=%ff;b"),
    ],
)
def test_parameters_follow_the_query(path: str, params: Any, query: bytes) -> None:
    """A mapping, pairs, or an encoded string that is sent as it is."""
    assert Target.from_path(path, params=params).query_string == query


@pytest.mark.parametrize(
    "path, root_path, full",
    [
        ("/a", "/app", "/app/a"),
        ("/", "/app/", "/app/"),
        ("/app/a", "/app", "/app/a"),
        ("/app", "/app", "/app"),
        ("/apple", "/app", "/app/apple"),
        ("*", "/app", "*"),
        ("/a", "/caf\u00e9", "/caf\u00e9/a"),
    ],
)
def test_the_root_path_stands_in_front(path: str, root_path: str, full: str) -> None:
    """As servers do it, at a segment's boundary, and once."""
    target = Target.from_path(path, root_path=root_path)
    assert target.path == full
    assert target.raw_path.decode("ascii").startswith("/" if "/" in full else "*")


@pytest.mark.parametrize(
    "path, url",
    [("/a?b=c", "http://testserver/a?b=c"), ("/", "http://testserver/")],
)
def test_a_target_has_a_url_at_an_origin(path: str, url: str) -> None:
    """It is what a client would show as the address."""
    assert Target.from_path(path).url(ORIGIN) == url


def test_parameters_are_url_encoded() -> None:
    """As the content of a form is."""
    assert urlencoded({"a": ["1", 2], "b": "x&y"}) == "a=1&a=2&b=x%26y"


@pytest.mark.parametrize(
    "headers, fields",
    [
        pytest.param(None, [(b"host", b"h"), (b"accept", b"*/*")], id="none"),
        pytest.param(
            {"X-A": "\u00e9"},
            [(b"host", b"h"), (b"accept", b"*/*"), (b"x-a", b"\xe9")],
            id="mapping",
        ),
        pytest.param(
            [("Host", "a"), (b"host", b"b\xff")],
            [(b"accept", b"*/*"), (b"host", b"a"), (b"host", b"b\xff")],
            id="pairs",
        ),
        pytest.param({"host": None}, [(b"accept", b"*/*")], id="taken away"),
        pytest.param(
            {"accept": "a\r\nb: c"},
            [(b"host", b"h"), (b"accept", b"a\r\nb: c")],
            id="not checked",
        ),
    ],
)
def test_a_test_s_fields_stand_over_the_client_s(headers: Any, fields: Any) -> None:
    """Names in lower case, values as they are, None takes a field away."""
    defaults = [(b"host", b"h"), (b"accept", b"*/*")]
    assert encode_fields(headers, defaults) == fields


def test_header_pairs_keep_what_is_taken_away() -> None:
    """Who merges them has to know."""
    assert header_pairs({"A": None, "b": "c"}) == [(b"a", None), (b"b", "c")]
    assert header_pairs(None) == []


def test_an_http_scope_has_all_that_a_server_gives() -> None:
    """The entries of ASGI's HTTP specification, and a copy of the state."""
    state = {"shelf": "A3"}
    target = Target.from_path("/app/a?b", root_path="/app")
    scope = http_scope(
        "GET", ORIGIN, target, [], client=None, root_path="/app", state=state
    )
    assert scope == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/app/a",
        "raw_path": b"/app/a",
        "query_string": b"b",
        "root_path": "/app",
        "headers": [],
        "client": None,
        "server": ("testserver", 80),
        "state": {"shelf": "A3"},
        "extensions": {"http.response.debug": {}},
    }
    assert scope["state"] is not state


@pytest.mark.parametrize(
    "url, scheme",
    [("http://a", "ws"), ("https://a", "wss"), ("ws://a", "ws"), ("wss://a", "wss")],
)
def test_a_websocket_scope_has_all_that_a_server_gives(url: str, scheme: str) -> None:
    """The entries of ASGI's WebSocket specification."""
    scope = websocket_scope(
        Origin.from_url(url),
        Target.from_path("/feed"),
        [],
        subprotocols=("a", "b"),
        client=("c", 1),
        root_path="",
        state={},
    )
    assert scope["type"] == "websocket"
    assert scope["scheme"] == scheme
    assert scope["subprotocols"] == ["a", "b"]
    assert scope["client"] == ("c", 1)
    assert scope["extensions"] == {"websocket.http.response": {}}
    assert "method" not in scope


def test_a_handshake_has_the_fields_of_one() -> None:
    """RFC 6455 §4.1; the subprotocols only where there are any."""
    fields = dict(handshake_fields(ORIGIN, ["a", "b"]))
    assert fields[b"host"] == b"testserver"
    assert fields[b"origin"] == b"http://testserver"
    assert fields[b"upgrade"] == b"websocket"
    assert fields[b"sec-websocket-version"] == b"13"
    assert fields[b"sec-websocket-protocol"] == b"a, b"
    assert b"sec-websocket-protocol" not in dict(handshake_fields(ORIGIN, []))


@pytest.mark.parametrize(
    "url, origin",
    [
        ("ws://Shop.example:8000", b"http://shop.example:8000"),
        ("wss://shop.example:443", b"https://shop.example"),
        ("https://shop.example", b"https://shop.example"),
    ],
)
def test_a_handshake_comes_from_a_page_of_the_application(
    url: str, origin: bytes
) -> None:
    """As browsers write it (RFC 6454 §7), so that it is the same origin."""
    fields = dict(handshake_fields(Origin.from_url(url), []))
    assert fields[b"origin"] == origin
