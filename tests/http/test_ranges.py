"""Range requests: what is asked for, what is given, how several parts are framed."""

import email

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.headers import Headers
from restlette.http.ranges import (
    ByteRanges,
    ContentRange,
    Multipart,
    Span,
    select_ranges,
)
from tests.http.stopwatch import seconds

SIZE = 1000


def select(value: str, size: int = SIZE, method: str = "GET"):
    return select_ranges(method, Headers(raw=[(b"range", value.encode())]), size)


@pytest.mark.parametrize(
    ("value", "spans"),
    [
        ("bytes=0-499", [(0, 500)]),
        ("bytes=500-", [(500, 1000)]),
        ("bytes=-500", [(500, 1000)]),
        ("bytes=0-0", [(0, 1)]),
        ("bytes=999-", [(999, 1000)]),
        ("BYTES=0-0", [(0, 1)]),
        ("bytes=0-0,-1", [(0, 1), (999, 1000)]),
        # In the order in which they were asked for.
        ("bytes=900-, 0-9", [(900, 1000), (0, 10)]),
        ("bytes=0-9 ,\t20-29,, 40-49 ,", [(0, 10), (20, 30), (40, 50)]),
        # What overlaps or touches is one.
        ("bytes=0-9,5-19,100-", [(0, 20), (100, 1000)]),
        ("bytes=0-9,10-19", [(0, 20)]),
        ("bytes=500-600, 0-9, 590-", [(500, 1000), (0, 10)]),
        ("bytes=0-999,5-6", [(0, 1000)]),
        # What cannot be satisfied is left out, as long as something can.
        ("bytes=2000-,0-9", [(0, 10)]),
        ("bytes=-0,0-9", [(0, 10)]),
        # The end is clamped.
        ("bytes=990-2000", [(990, 1000)]),
        ("bytes=-2000", [(0, 1000)]),
        ("bytes=0000000000000000000000-0000000000000000000009", [(0, 10)]),
    ],
)
def test_ranges_are_given(value, spans) -> None:
    assert select(value) == tuple(Span(*span) for span in spans)


@pytest.mark.parametrize(
    ("value", "spans"),
    [
        pytest.param(value, spans, id=f"range-83-{name}")
        for name, value, spans in [
            ("backwards", "bytes=5-2", None),
            ("suffix-0", "bytes=-0", ()),
            ("digits-4400", f"bytes=0-{'9' * 4400}", (Span(0, 1000),)),
            ("digits-4400-first", f"bytes={'9' * 4400}-", ()),
            ("digits-4400-suffix", f"bytes=-{'9' * 4400}", (Span(0, 1000),)),
            ("unicode-digits", "bytes=\u0660-\u0661", None),
            ("superscript", "bytes=\xb2-", None),
            ("unit", "items=0-1", None),
            ("unit-longer", "bytess=0-1", None),
            ("past-end", "bytes=1000-", ()),
            ("all-past-end", "bytes=1000-,2000-3000", ()),
            ("spaces-inside", "bytes=0 - 1", None),
            ("space-before-equals", "bytes =0-1", None),
            ("space-after-equals", "bytes= 0-1", None),
            ("space-before", " bytes=0-1", None),
            ("plus", "bytes=+0-1", None),
            ("underscore", "bytes=1_0-", None),
            ("hexadecimal", "bytes=0x0-", None),
            ("minus-twice", "bytes=0--1", None),
            ("minus", "bytes=-", None),
            ("bare", "bytes=5", None),
            ("nothing", "bytes=", None),
            ("commas", "bytes=,,", None),
            ("no-unit", "0-1", None),
            ("empty", "", None),
            ("one-of-them-invalid", "bytes=0-1,x", None),
            ("one-of-them-backwards", "bytes=0-1,5-2", None),
            ("line-end", "bytes=0-1\n", None),
        ]
    ],
)
def test_odd_ranges_have_their_answer(value, spans) -> None:
    """None: ignored, the whole is sent; (): none can be satisfied, 416."""
    assert select(value) == spans


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(value, id=f"range-82-{name}")
        for name, value in {
            "tiny-4000": "bytes=" + ",".join(f"{n * 2}-{n * 2}" for n in range(4000)),
            "open-1000": "bytes=" + ",".join(["0-"] * 1000),
            "commas-8000": "bytes=" + "," * 8000,
            "commas-million": "bytes=0-1" + "," * 1_000_000,
            "open-million": "bytes=" + "0-," * 1_000_000,
            "digits-million": "bytes=0-" + "9" * 1_000_000 + "x",
            "seventeen": "bytes=" + ",".join(f"{n * 2}-{n * 2}" for n in range(17)),
        }.items()
    ],
)
def test_many_ranges_give_the_whole(value) -> None:
    assert seconds(lambda: select(value)) < 1
    assert select(value) is None


def test_sixteen_ranges_are_given() -> None:
    """range-82: at most 16."""
    value = "bytes=" + ",".join(f"{n * 2}-{n * 2}" for n in range(16))
    assert select(value) == tuple(Span(n * 2, n * 2 + 1) for n in range(16))


def test_overlapping_ranges_are_no_more_than_the_whole() -> None:
    """range-82."""
    assert select("bytes=" + ",".join(["0-"] * 16)) == (Span(0, SIZE),)


@pytest.mark.parametrize(
    ("value", "spans"), [("bytes=0-", ()), ("bytes=-5", None), ("bytes=-0", ())]
)
def test_of_an_empty_representation(value, spans) -> None:
    """Its last bytes are satisfiable, and have no Content-Range: the whole is sent."""
    assert select(value, size=0) == spans


@pytest.mark.parametrize("method", ["DELETE", "HEAD", "POST", "PUT", "get", "QUERY"])
def test_only_get_has_ranges(method) -> None:
    """range-84: RFC 9110 §14.2."""
    assert select("bytes=0-9", method=method) is None


def test_no_range_and_two_fields_give_the_whole() -> None:
    assert select_ranges("GET", Headers({}), SIZE) is None
    headers = Headers(raw=[(b"range", b"bytes=0-1")] * 2)
    assert select_ranges("GET", headers, SIZE) is None


@given(
    st.text() | st.text("0123456789-, ").map("bytes={}".format),
    st.integers(0, 200),
)
def test_any_range_gives_parts_that_lie_within(value, size) -> None:
    try:
        headers = Headers(raw=[(b"range", value.encode("latin-1", "replace"))])
    except UnicodeEncodeError:
        return
    spans = select_ranges("GET", headers, size)
    for span in spans or ():
        assert 0 <= span.start < span.end <= size
        assert span.length == span.end - span.start
    assert sum(span.length for span in spans or ()) <= size
    assert len(spans or ()) <= 16


POSITIONS = st.integers(0, 10**18)
SPECS = st.one_of(
    st.tuples(POSITIONS, POSITIONS).map(sorted).map(tuple),
    st.tuples(POSITIONS, st.none()),
    st.tuples(st.none(), POSITIONS),
)


@given(st.lists(SPECS, min_size=1, max_size=16))
def test_a_value_that_is_written_is_read_again(specs) -> None:
    ranges = ByteRanges(specs)
    assert ByteRanges.from_header(ranges.to_header()) == ranges


@given(
    st.lists(SPECS, min_size=1, max_size=16).map(
        lambda specs: [tuple(p and p % 50 for p in spec) for spec in specs]
    ),
    st.integers(0, 60),
)
def test_parts_hold_what_was_asked_for_and_nothing_else(specs, size) -> None:
    specs = [(f, t) for f, t in specs if f is None or t is None or f <= t]
    wanted = set()
    for first, last in specs:
        if first is None:
            wanted.update(range(size)[size - min(last, size) :])
        else:
            wanted.update(range(size)[first : size if last is None else last + 1])
    spans = ByteRanges(specs).resolve(size) if specs else ()
    given_ = [position for span in spans for position in range(span.start, span.end)]
    assert sorted(given_) == sorted(wanted)


@pytest.mark.parametrize(
    ("digits", "position"),
    [("9" * 18, 10**18 - 1), ("1" + "0" * 18, 10**18), ("9" * 19, 10**18)],
)
def test_a_position_is_at_most_a_number_that_no_file_reaches(digits, position) -> None:
    ranges = ByteRanges.from_header(f"bytes={digits}-, 0{digits}-")
    assert ranges.specs == ((position, None), (position, None))


@pytest.mark.parametrize(
    "specs", [[], [(None, None)], [(-1, 2)], [(None, -1)], [(5, 2)]]
)
def test_a_range_that_no_field_could_carry_is_not_made(specs) -> None:
    with pytest.raises(ValueError, match=r"range|position"):
        ByteRanges(specs)


def test_ranges_are_values() -> None:
    ranges = ByteRanges([(0, 9), (None, 5)])
    assert ranges == ByteRanges([(0, 9), (None, 5)])
    assert ranges != ByteRanges([(0, 9)])
    assert ByteRanges([(0, 9)]) != ranges
    assert ranges != ranges.specs
    assert hash(ranges) == hash(ByteRanges([(0, 9), (None, 5)]))
    assert repr(ranges) == "ByteRanges.from_header('bytes=0-9, -5')"


@pytest.mark.parametrize(
    ("field", "content_range"),
    [
        ("bytes 0-9/100", ContentRange(Span(0, 10), 100)),
        ("bytes 0-9/10", ContentRange(Span(0, 10), 10)),
        ("bytes 5-5/6", ContentRange(Span(5, 6), 6)),
        ("bytes 0-9/*", ContentRange(Span(0, 10), None)),
        ("bytes */100", ContentRange(None, 100)),
    ],
)
def test_a_content_range_is_read_and_written(field, content_range) -> None:
    assert ContentRange.from_header(field) == content_range
    assert content_range.to_header() == field


@pytest.mark.parametrize(
    "field",
    [
        *("", "bytes", "bytes 0-9", "bytes */*", "items 0-9/10", "bytes 9-0/10"),
        *("bytes 0-9/9", "bytes 0-9/5", "bytes 0-/9", "bytes=0-9/10", "bytes 0-9/10 "),
    ],
)
def test_what_is_no_content_range_is_refused(field) -> None:
    with pytest.raises(ValueError, match="Content-Range"):
        ContentRange.from_header(field)


@given(st.text() | st.text("0123456789-/* ").map("bytes {}".format))
def test_any_text_is_a_content_range_or_refused(field) -> None:
    try:
        assert ContentRange.from_header(field)
    except ValueError:
        pass


def framed(parts: Multipart, spans, content: bytes) -> bytes:
    pieces = [
        head + content[span.start : span.end]
        for head, span in zip(parts.heads, spans, strict=True)
    ]
    return b"".join(pieces) + parts.tail


def test_several_parts_are_framed() -> None:
    spans = (Span(0, 3), Span(8, 10), Span(5, 6))
    parts = Multipart(spans, 10, "text/plain", "edge")
    assert parts.content_type == "multipart/byteranges; boundary=edge"
    body = framed(parts, spans, b"0123456789")
    assert body == (
        b"--edge\r\n"
        b"Content-Type: text/plain\r\n"
        b"Content-Range: bytes 0-2/10\r\n"
        b"\r\n"
        b"012\r\n"
        b"--edge\r\n"
        b"Content-Type: text/plain\r\n"
        b"Content-Range: bytes 8-9/10\r\n"
        b"\r\n"
        b"89\r\n"
        b"--edge\r\n"
        b"Content-Type: text/plain\r\n"
        b"Content-Range: bytes 5-5/10\r\n"
        b"\r\n"
        b"5\r\n"
        b"--edge--\r\n"
    )
    assert parts.length == len(body)


def test_a_part_may_have_no_media_type() -> None:
    parts = Multipart((Span(0, 1), Span(5, 6)), 10, None, "edge")
    assert parts.heads[0] == b"--edge\r\nContent-Range: bytes 0-0/10\r\n\r\n"


def test_every_boundary_is_another_one() -> None:
    spans = (Span(0, 1), Span(5, 6))
    one, other = Multipart(spans, 10, None), Multipart(spans, 10, None)
    assert one.content_type != other.content_type
    assert len(one.content_type.partition("boundary=")[2]) == 32


@given(st.lists(SPECS, min_size=1, max_size=16), st.binary(min_size=1))
def test_the_length_is_exact_and_the_parts_can_be_read(specs, content) -> None:
    spans = ByteRanges(specs).resolve(len(content))
    if not spans:
        return
    parts = Multipart(spans, len(content), "application/octet-stream")
    body = framed(parts, spans, content)
    assert len(body) == parts.length
    head = f"Content-Type: {parts.content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body)
    read = [ContentRange.from_header(p["content-range"]) for p in message.get_payload()]
    assert read == [ContentRange(span, len(content)) for span in spans]
