"""Challenges, and what answers them: any bytes are read, or refused."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.contrib.auth.challenges import (
    LONGEST,
    Malformed,
    challenge,
    credentials_of,
    is_preflight,
    read_basic,
    read_bearer,
)
from tests.contrib.around import http_scope


def scope(*values: bytes) -> dict[str, object]:
    return http_scope([(b"authorization", value) for value in values])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"Basic YTpi", ("basic", b"YTpi")),
        (b"BEARER   abc", ("bearer", b"abc")),
        (b" Bearer abc\t", ("bearer", b"abc")),
        (b"Negotiate", ("negotiate", b"")),
        (b'Digest username="a", realm="b"', ("digest", b'username="a", realm="b"')),
        (b"Bearer \xff\x00", ("bearer", b"\xff\x00")),
    ],
)
def test_credentials(value: bytes, expected: tuple[str, bytes]) -> None:
    assert credentials_of(scope(value)) == expected


def test_no_credentials() -> None:
    assert credentials_of(scope()) is None


@pytest.mark.parametrize(
    "values",
    [
        (b"",),
        (b"Basic:YTpi",),
        (b"\xff abc",),
        (b"Bearer\tabc",),
        (b"Bearer a", b"Bearer a"),
        (b"Bearer " + b"a" * LONGEST,),
    ],
)
def test_what_is_none(values: tuple[bytes, ...]) -> None:
    with pytest.raises(Malformed):
        credentials_of(scope(*values))


@given(st.lists(st.binary(max_size=40), max_size=2))
def test_any_field_gives_credentials_or_the_error(values: list[bytes]) -> None:
    try:
        found = credentials_of(scope(*values))
    except Malformed:
        return
    if found is None:
        assert values == []
    else:
        assert found[0] == found[0].lower() != ""


def encoded(text: str) -> bytes:
    return b64encode(text.encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # RFC 7617 section 2 and 2.1.
        ("Aladdin:open sesame", ("Aladdin", "open sesame")),
        ("test:123£", ("test", "123£")),
        ("a:b:c", ("a", "b:c")),
        (":", ("", "")),
    ],
)
def test_names_and_passwords(text: str, expected: tuple[str, str]) -> None:
    assert read_basic(encoded(text)) == expected


@pytest.mark.parametrize(
    "credentials",
    [
        b"",
        b"YTpi=",
        b"YTp",
        b"YT pi",
        b"YT!pi",
        b"\xff",
        encoded("ada"),
        encoded("a\x00:b"),
        encoded("a:b\n"),
        encoded("a:\x7f"),
        b64encode(b"a:\xe9"),
    ],
)
def test_what_is_no_name_and_password(credentials: bytes) -> None:
    with pytest.raises(Malformed):
        read_basic(credentials)


@given(st.binary(max_size=60) | st.text(max_size=40).map(encoded))
def test_any_basic_credentials_are_read_or_refused(credentials: bytes) -> None:
    try:
        name, password = read_basic(credentials)
    except Malformed:
        return
    assert ":" not in name
    assert encoded(f"{name}:{password}") == credentials


@pytest.mark.parametrize("token", [b"a", b"mF_9.B5f-4.1JqM", b"a+/~==", b"0="])
def test_tokens(token: bytes) -> None:
    assert read_bearer(token) == token.decode()


@pytest.mark.parametrize(
    "token", [b"", b"=", b"a b", b"a=b", b'a="b"', b"a,b", b"\xc3\xa9", b"a\x00"]
)
def test_what_is_no_token(token: bytes) -> None:
    with pytest.raises(Malformed):
        read_bearer(token)


@given(st.binary(max_size=40))
def test_any_token_is_read_or_refused(token: bytes) -> None:
    try:
        assert read_bearer(token).encode() == token
    except Malformed:
        return


def test_challenges() -> None:
    assert challenge("Negotiate") == "Negotiate"
    assert (
        challenge("Bearer", realm="a b", error="x") == 'Bearer realm="a b", error="x"'
    )


@pytest.mark.parametrize("realm", ["", 'a"b', "a\\b", "a\r\nb", "é", "\x7f"])
def test_what_cannot_stand_in_a_challenge(realm: str) -> None:
    with pytest.raises(ValueError, match=r"realm is text in ASCII"):
        challenge("Basic", realm=realm)


ASKS = [(b"origin", b"https://a.example"), (b"access-control-request-method", b"PUT")]


def test_preflights() -> None:
    assert is_preflight(http_scope(ASKS, method="OPTIONS"))
    assert not is_preflight(http_scope(ASKS, method="GET"))
    assert not is_preflight(http_scope(ASKS[:1], method="OPTIONS"))
    assert not is_preflight(http_scope(ASKS[1:], method="OPTIONS"))
    assert not is_preflight({"type": "websocket", "headers": ASKS})
