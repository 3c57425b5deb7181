"""Content codings of requests, undone."""

import asyncio
import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.codings import Decoded, check_coding
from restlette.http.errors import BadRequest, ContentTooLarge, UnsupportedMediaType
from tests.http.turns import taking_turns

MiB = 1024**2


@pytest.mark.parametrize(
    "value", [b"", b"identity", b" Identity ", b",", b", identity"]
)
@pytest.mark.parametrize("is_allowed", [True, False])
def test_content_without_a_coding_is_taken(value, is_allowed):
    assert check_coding(value, is_allowed=is_allowed) is None


@pytest.mark.parametrize(
    "value, coding",
    [
        (b"gzip", "gzip"),
        (b",GZIP", "gzip"),
        (b"x-gzip", "x-gzip"),
        (b"deflate", "deflate"),
    ],
)
def test_body_56_a_coding_is_taken_where_it_is_allowed(value, coding):
    """body-56: else 415, which says that none is."""
    assert check_coding(value, is_allowed=True) == coding
    with pytest.raises(UnsupportedMediaType) as raised:
        check_coding(value, is_allowed=False)
    assert raised.value.headers == {"Accept-Encoding": "identity"}


@pytest.mark.parametrize(
    "value",
    [b"br", b"gzip, gzip", b"gzip,identity", b"deflate, gzip", b"\xff", b"gzip;q=1"],
)
def test_body_56_other_codings_and_stacked_ones_are_415(value):
    """body-56: RFC 9110 §12.5.3: with what is taken."""
    with pytest.raises(UnsupportedMediaType) as raised:
        check_coding(value, is_allowed=True)
    assert raised.value.headers == {"Accept-Encoding": "gzip, deflate"}


def receiving(*chunks, disconnect=False):
    messages = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    if not disconnect:
        messages[-1]["more_body"] = False
    messages.append({"type": "http.disconnect"})

    async def receive():
        return messages.pop(0)

    return receive, messages


def read(*chunks, coding="gzip", limit=MiB, unread=0):
    """The decoded pieces, and what comes after them."""

    async def main():
        receive, _ = receiving(*chunks)
        first = [await receive() for _ in range(unread)]
        decoded = Decoded(receive, first, coding, limit)
        pieces = []
        while True:
            message = await decoded()
            assert message["type"] == "http.request"
            pieces.append(message["body"])
            if not message["more_body"]:
                break
        assert await decoded() == {"type": "http.disconnect"}
        return pieces

    return asyncio.run(main())


CONTENTS = {
    "empty": b"",
    "short": b"abc",
    "a piece": b"-" * 65_536,
    "more": bytes(range(256)) * 1000,
}
ENCODERS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("coding", ENCODERS)
@pytest.mark.parametrize("unread", [0, 1, 3])
def test_content_comes_back(content, coding, unread):
    """Whole, in bytes, and where some of it was received before."""
    encoded = ENCODERS[coding](content)
    assert b"".join(read(encoded, coding=coding, unread=min(unread, 1))) == content
    pieces = [encoded[i : i + 1] for i in range(len(encoded))]
    assert b"".join(read(*pieces, b"", coding=coding, unread=unread)) == content


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_repetition_may_be_as_far_back_as_the_format_lets_it(coding):
    """RFC 1951 §2: 32 KiB."""
    content = random.Random(coding).randbytes(32_000) * 2
    assert b"".join(read(ENCODERS[coding](content), coding=coding)) == content


@pytest.mark.parametrize("coding", ENCODERS)
def test_content_in_the_other_format_is_400(coding):
    other = gzip.compress if coding == "deflate" else zlib.compress
    with pytest.raises(BadRequest, match=f"not in the coding {coding}"):
        read(other(b"abc"), coding=coding)


def test_a_message_may_leave_out_that_it_is_the_last():
    """ASGI: more_body is optional."""

    async def receive():
        return {"type": "http.request", "body": gzip.compress(b"abc")}

    message = asyncio.run(Decoded(receive, (), "gzip", MiB)())
    assert message == {"type": "http.request", "body": b"abc", "more_body": False}


def test_as_much_as_the_limit_is_taken():
    content = gzip.compress(b"abc")
    assert read(content, limit=len(content)) == [b"abc"]
    with pytest.raises(ContentTooLarge):
        read(content, limit=len(content) - 1)


@given(st.binary(max_size=1000), st.integers(1, 100), st.sampled_from(sorted(ENCODERS)))
def test_any_content_comes_back(content, size, coding):
    encoded = ENCODERS[coding](content)
    pieces = [encoded[i : i + size] for i in range(0, len(encoded), size)]
    assert b"".join(read(*pieces, coding=coding)) == content


@given(st.lists(st.binary(max_size=50), min_size=1), st.sampled_from(sorted(ENCODERS)))
def test_any_bytes_are_content_or_400(chunks, coding):
    try:
        read(*chunks, coding=coding)
    except BadRequest:
        return


@pytest.mark.parametrize(
    "chunks",
    [
        [b""],
        [b"abc"],
        [gzip.compress(b"abc")[:-1]],
        [gzip.compress(b"abc")[:10], b""],
        [gzip.compress(b"abc") + b"d"],
        [gzip.compress(b"abc"), b"d"],
        [gzip.compress(b"abc")[:-8] + b"00000000"],
        [zlib.compress(b"abc")],
    ],
    ids=[
        "empty",
        "not coded",
        "cut off",
        "cut off, an empty piece",
        "more behind",
        "more behind, in a piece",
        "wrong checksum",
        "another coding",
    ],
)
def test_body_56_what_is_not_in_its_coding_is_400(chunks):
    """body-56: nothing of it is echoed."""
    with pytest.raises(BadRequest, match="not in the coding gzip"):
        read(*chunks)


def bomb(size):
    """Much, in a thousandth of it, made without having it."""
    encoder = zlib.compressobj(9, wbits=31)
    zeros = bytes(MiB)
    parts = [encoder.compress(zeros) for _ in range(size // MiB)]
    return b"".join([*parts, encoder.flush()])


def test_body_56_a_bomb_is_made_a_piece_at_a_time():
    """body-56: whoever counts the pieces stops long before its end."""
    content = bomb(256 * MiB)
    assert len(content) < MiB

    async def main():
        receive, _ = receiving(content)
        decoded = Decoded(receive, (), "gzip", MiB)
        async with taking_turns() as turns:
            for _ in range(100):
                message = await decoded()
                assert len(message["body"]) <= 65_536
                assert message["more_body"]
        # Others had their turn between any two pieces.
        assert turns.count >= 99

    asyncio.run(main())


def test_body_56_what_arrives_is_counted_too():
    """body-56: much that becomes nothing."""
    encoder = zlib.compressobj(wbits=31)
    head = encoder.compress(b"a") + encoder.flush(zlib.Z_SYNC_FLUSH)
    nothing = b"\x00\x00\x00\xff\xff" * 200
    with pytest.raises(ContentTooLarge) as raised:
        read(head, *[nothing] * 20, limit=10_000)
    assert raised.value.extensions == {"limit": 10_000}


def test_a_disconnect_is_passed_on():
    async def main():
        receive, _ = receiving(gzip.compress(b"abc")[:10], disconnect=True)
        decoded = Decoded(receive, (), "gzip", MiB)
        assert (await decoded())["more_body"]
        assert await decoded() == {"type": "http.disconnect"}

    asyncio.run(main())
