"""MessagePack holds what JSON holds."""

from datetime import UTC, date, datetime
from decimal import Decimal

import attrs
import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

import restlette
from restlette import JSON, Created, HTTPEndpoint
from restlette.resources.messagepack import DEEPEST, MessagePack
from restlette.testing import call

MEDIA_TYPE = "application/vnd.msgpack"


@attrs.frozen
class Book:
    title: str
    price: Decimal
    published: date


class Books(HTTPEndpoint):
    representations = (JSON, MessagePack)

    async def get(self, request) -> list[Book]:
        return [Book("Dune", Decimal("9.50"), date(1965, 8, 1))]

    async def post(self, request, body: Book) -> Created[Book]:
        return Created(body)


DUNE = {"title": "Dune", "price": "9.50", "published": "1965-08-01"}

json_data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def decode(content: bytes):
    assert MessagePack.decode is not None
    return MessagePack.decode(content)


def nested(depth: int) -> bytes:
    return b"\x91" * depth + b"\x01"


def test_it_is_exported_where_msgpack_is_installed() -> None:
    assert restlette.MessagePack is MessagePack
    assert MessagePack.media_type == MEDIA_TYPE


def test_a_client_that_asks_for_it_gets_it() -> None:
    response = call(Books(), "GET", headers={"accept": MEDIA_TYPE})
    assert response.headers["content-type"] == MEDIA_TYPE
    assert response.headers["vary"] == "Accept"
    assert msgpack.unpackb(response.content) == [DUNE]
    assert call(Books(), "GET").json() == [DUNE]


def test_content_in_it_is_taken() -> None:
    response = call(
        Books(),
        "POST",
        content=msgpack.packb(DUNE),
        headers={"content-type": MEDIA_TYPE},
    )
    assert response.status_code == 201
    assert response.json() == DUNE


def test_content_in_it_is_held_to_the_model() -> None:
    response = call(
        Books(),
        "POST",
        content=msgpack.packb({**DUNE, "title": 3}),
        headers={"content-type": MEDIA_TYPE},
    )
    assert response.status_code == 422
    assert [each["pointer"] for each in response.json()["errors"]] == ["#/title"]


def test_415_lists_it() -> None:
    headers = {"content-type": "text/plain"}
    response = call(Books(), "POST", content=b"x", headers=headers)
    assert response.status_code == 415
    assert response.headers["accept"] == f"application/json, {MEDIA_TYPE}"
    assert response.headers["accept-post"] == f"application/json, {MEDIA_TYPE}"
    options = call(Books(), "OPTIONS")
    assert options.headers["accept-post"] == f"application/json, {MEDIA_TYPE}"


def test_what_json_has_a_form_for_is_written_in_it() -> None:
    data = {"at": datetime(2020, 1, 2, tzinfo=UTC), "price": Decimal("1.50")}
    written = {"at": "2020-01-02T00:00:00+00:00", "price": "1.50"}
    assert decode(MessagePack.encode(data)) == written
    with pytest.raises(TypeError, match="object"):
        MessagePack.encode(object())


@given(json_data)
def test_json_data_goes_there_and_back(data) -> None:
    assert decode(MessagePack.encode(data)) == data


@given(st.binary())
def test_any_bytes_are_json_data_or_none(content) -> None:
    try:
        value = decode(content)
    except ValueError:
        return
    assert JSON.decode is not None
    assert JSON.decode(JSON.encode(value)) == value


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x91", id="half an array"),
        pytest.param(b"\x01\x01", id="two values"),
        pytest.param(b"\xc1", id="never used"),
        pytest.param(b"\xdd\xff\xff\xff\xff", id="an array of 4 G items"),
        pytest.param(b"\xdf\xff\xff\xff\xff", id="a map of 4 G items"),
        pytest.param(b"\xdb\xff\xff\xff\xff", id="a string of 4 GB"),
        pytest.param(b"\xa1\xff", id="no UTF-8"),
        pytest.param(msgpack.packb(b"x"), id="bytes"),
        pytest.param(msgpack.packb(b""), id="no bytes"),
        pytest.param(msgpack.packb({b"x": 1}), id="a key of bytes"),
        pytest.param(msgpack.packb({1: 1}), id="a key that is a number"),
        pytest.param(b"\x81\x90\x01", id="a key that is an array"),
        pytest.param(msgpack.packb(msgpack.ExtType(5, b"x")), id="an extension"),
        pytest.param(msgpack.packb(msgpack.Timestamp(1)), id="a timestamp"),
        pytest.param(msgpack.packb([float("nan")]), id="not a number"),
        pytest.param(msgpack.packb({"a": float("inf")}), id="infinity"),
        pytest.param(nested(DEEPEST + 1), id="too deep"),
        pytest.param(nested(1_000_000), id="a million deep"),
    ],
)
def test_what_is_no_json_data_is_400(content) -> None:
    headers = {"content-type": MEDIA_TYPE}
    response = call(Books(), "POST", content=content, headers=headers)
    assert response.status_code == 400
    assert response.json()["detail"] == f"The content is no {MEDIA_TYPE}."


def test_what_is_as_deep_as_may_be_is_read() -> None:
    assert decode(nested(DEEPEST)) is not None
