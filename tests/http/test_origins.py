"""Origins, as browsers write them, and whose pages may open a WebSocket."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.origins import (
    Origins,
    checked_origin,
    is_origin,
    is_same_origin,
    origin_of,
)


@pytest.mark.parametrize(
    "origin, expected",
    [
        (b"https://example.org", True),
        (b"http://example.org:8000", True),
        (b"http://127.0.0.1:80", False),
        (b"https://127.0.0.1:80", True),
        (b"https://[::1]:8000", True),
        (b"chrome-extension://abcdef", True),
        (b"null", False),
        (b"", False),
        (b"example.org", False),
        (b"www.example.org", False),
        (b"https://Example.org", False),
        (b"HTTPS://example.org", False),
        (b"https://example.org/", False),
        (b"https://example.org:", False),
        (b"https://example.org:443", False),
        (b"https://a@example.org", False),
        (b"https://example.org, https://example.org", False),
        (b"https://ex\xe9mple.org", False),
    ],
)
def test_an_origin_is_what_browsers_write(origin: bytes, expected: bool) -> None:
    """RFC 6454 §7.1, in lower case, without the default port."""
    assert is_origin(origin) is expected
    text = origin.decode("latin-1")
    if expected or text == "null":
        assert checked_origin(text) == origin
    else:
        with pytest.raises(ValueError, match="not an origin as browsers send it"):
            checked_origin(text)


def test_an_origin_in_a_program_may_hold_anything() -> None:
    """A lone surrogate is refused like the rest."""
    for origin in "https://\ud800", "":
        with pytest.raises(ValueError, match="not an origin"):
            Origins([origin])


@pytest.mark.parametrize(
    "origin, scheme, host, expected",
    [
        pytest.param(b"http://a.example", "ws", b"a.example", True, id="plain"),
        pytest.param(b"https://a.example", "wss", b"a.example", True, id="tls"),
        pytest.param(b"https://a.example", "ws", b"a.example", True, id="tls at proxy"),
        pytest.param(b"http://a.example", "wss", b"a.example", False, id="downgraded"),
        pytest.param(b"http://a.example", "https", b"a.example", False, id="as http"),
        pytest.param(b"http://a.example", "ws", b"A.Example", True, id="case"),
        pytest.param(b"http://a.example", "ws", b"a.example:80", True, id="port 80"),
        pytest.param(b"http://a.example", "ws", b"a.example:", True, id="empty port"),
        pytest.param(b"https://a.example", "wss", b"a.example:443", True, id="443"),
        pytest.param(b"https://a.example", "wss", b"a.example:80", False, id="80 tls"),
        pytest.param(
            b"http://a.example:8000", "ws", b"a.example:8000", True, id="8000"
        ),
        pytest.param(b"http://a.example:8000", "ws", b"a.example", False, id="port"),
        pytest.param(b"http://a.example", "ws", b"a.example:8000", False, id="port2"),
        pytest.param(b"http://[::1]:8000", "ws", b"[::1]:8000", True, id="ipv6"),
        pytest.param(b"http://b.a.example", "ws", b"a.example", False, id="subdomain"),
        pytest.param(b"http://a.example.evil", "ws", b"a.example", False, id="suffix"),
        pytest.param(b"null", "ws", b"null", False, id="null"),
        pytest.param(b"file://a.example", "ws", b"a.example", False, id="scheme"),
        pytest.param(b"ws://a.example", "ws", b"a.example", False, id="scheme 2"),
        pytest.param(b"http://a.example,", "ws", b"a.example,", False, id="garbage"),
    ],
)
def test_ws_94_the_same_origin(
    origin: bytes, scheme: str, host: bytes, expected: bool
) -> None:
    """Host and port are equal, and https is at home at http, but not the reverse."""
    assert is_same_origin(origin, scheme, host) is expected


def handshake(*fields: tuple[bytes, bytes], **more: Any) -> dict[str, Any]:
    headers = [(b"accept", b"*/*"), *fields, (b"user-agent", b"https://a.example")]
    return {"type": "websocket", "headers": headers, **more}


HOST = (b"host", b"a.example")
COOKIE = (b"cookie", b"a=b")
OWN = (b"origin", b"https://a.example")
EVIL = (b"origin", b"https://evil.example")
NULL = (b"origin", b"null")

BY_DEFAULT = Origins()
OWN_ALONE = Origins([])
WITH_EVIL = Origins({"https://evil.example"})
WITH_NULL = Origins(["null"])
EVERYBODY = Origins(["*", "https://b.example"])


@pytest.mark.parametrize(
    "origins, fields, expected",
    [
        pytest.param(BY_DEFAULT, [HOST], True, id="no cookie"),
        pytest.param(BY_DEFAULT, [HOST, EVIL], True, id="no cookie, evil"),
        pytest.param(BY_DEFAULT, [HOST, COOKIE], False, id="cookie, no origin"),
        pytest.param(BY_DEFAULT, [HOST, COOKIE, OWN], True, id="cookie, own"),
        pytest.param(BY_DEFAULT, [HOST, COOKIE, EVIL], False, id="cookie, evil"),
        pytest.param(BY_DEFAULT, [HOST, COOKIE, NULL], False, id="cookie, null"),
        pytest.param(BY_DEFAULT, [HOST, COOKIE, OWN, EVIL], False, id="own and evil"),
        pytest.param(BY_DEFAULT, [HOST, COOKIE, OWN, OWN], False, id="own twice"),
        pytest.param(BY_DEFAULT, [COOKIE, OWN], False, id="no host"),
        pytest.param(BY_DEFAULT, [HOST, HOST, COOKIE, OWN], False, id="two hosts"),
        pytest.param(
            BY_DEFAULT, [(b"host", b"a/b"), COOKIE, OWN], False, id="host that is none"
        ),
        pytest.param(OWN_ALONE, [HOST], False, id="own alone, no origin"),
        pytest.param(OWN_ALONE, [HOST, OWN], True, id="own alone, own"),
        pytest.param(OWN_ALONE, [HOST, EVIL], False, id="own alone, evil"),
        pytest.param(WITH_EVIL, [HOST, OWN], True, id="named, own"),
        pytest.param(WITH_EVIL, [HOST, EVIL, COOKIE], True, id="named"),
        pytest.param(WITH_EVIL, [HOST, NULL], False, id="named, null"),
        pytest.param(WITH_NULL, [HOST, NULL], True, id="null is named"),
        pytest.param(EVERYBODY, [HOST, COOKIE], True, id="everybody, no origin"),
        pytest.param(EVERYBODY, [HOST, COOKIE, EVIL], True, id="everybody"),
    ],
)
def test_ws_94_who_is_admitted(
    origins: Origins, fields: list[tuple[bytes, bytes]], expected: bool
) -> None:
    """What a browser sends of its own accord is asked for an Origin."""
    assert origins.admit(handshake(*fields)) is expected
    assert origins.admit(handshake(*fields, scheme="ws")) is expected


def test_two_origins_are_nobodys() -> None:
    """RFC 6454 §7.3 has one field."""
    assert origin_of(handshake(HOST)) is None
    assert origin_of(handshake(OWN)) == b"https://a.example"
    assert origin_of(handshake(OWN, OWN)) == b","


def test_text_is_no_list_of_origins() -> None:
    """Its letters would be taken one by one."""
    with pytest.raises(TypeError, match=r"write \['https://a.example'\]"):
        Origins("https://a.example")


@given(st.binary(max_size=40), st.binary(max_size=20))
def test_any_origin_is_admitted_or_not(origin: bytes, host: bytes) -> None:
    """Whatever stands in the fields; a stranger is never at home."""
    scope = handshake(COOKIE, (b"origin", origin), (b"host", host))
    if BY_DEFAULT.admit(scope):
        assert origin.partition(b"://")[2].startswith(host.lower().partition(b":")[0])
