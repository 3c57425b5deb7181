"""Parts: what breaches a rule, and what holds it."""

import pytest

from restlette.testing.lint import Observation
from restlette.testing.lint.ranges import RULES
from tests.testing.lint.exchanges import Row, assert_breach, assert_held, seen

PART = "GET / | Range: bytes=0-1 -> 206 | Content-Range: bytes 0-1/9"
PARTS = "GET / | Range: bytes=0-0,2-2 -> 206 | Content-Type: multipart/byteranges"
TWO = (
    b"\r\n--x\r\nContent-Type: a/b\r\nContent-Range: bytes 0-0/9\r\n\r\na"
    b"\r\n--x\r\nContent-Range: bytes 2-2/9\r\n\r\nc\r\n--x--\r\n"
)

BREACHES: list[Row] = [
    ("content-range", seen("GET / | Range: bytes=0-1 -> 206", b"ab")),
    ("content-range", seen(PARTS + "; boundary=x | Content-Range: bytes 0-1/9", TWO)),
    ("byteranges-malformed", seen(PARTS, TWO)),
    ("byteranges-malformed", seen(PARTS + "; boundary=y", TWO)),
    ("byteranges-malformed", seen(PARTS + "; boundary=x", TWO[:-6])),
    (
        "byteranges-malformed",
        seen(PARTS + "; boundary=x", TWO.replace(b"Content-Range", b"Range", 1)),
    ),
    ("content-range-malformed", seen(PART.replace("bytes 0", "0"), b"ab")),
    ("content-range-malformed", seen(PART.replace("0-1/9", "1-0/9"), b"ab")),
    ("content-range-malformed", seen(PART.replace("0-1/9", "0-9/9"), b"ab")),
    ("content-range-untrue", seen(PART, b"abc")),
    ("content-range-status", seen("GET / -> 200 | Content-Range: bytes 0-1/2", b"ab")),
    ("partial-unasked", seen("GET / -> 206 | Content-Range: bytes 0-1/9", b"ab")),
    ("partial-unasked", seen(PART.replace("GET", "POST"), b"ab")),
    ("unsatisfiable-range", seen("GET / | Range: bytes=9- -> 416")),
    ("unsatisfiable-range", seen(PART.replace("206", "416"), b"ab")),
    ("unsatisfiable-unasked", seen("GET / -> 416 | Content-Range: bytes */9")),
    ("accept-ranges-malformed", seen("GET / -> 200 | Accept-Ranges: bytes, none")),
    ("accept-ranges-malformed", seen("GET / -> 200 | Accept-Ranges: bytes=0")),
    ("accept-ranges-contradicts", seen(PART + " | Accept-Ranges: none", b"ab")),
]

HELD: list[Row] = [
    ("content-range", seen(PART, b"ab")),
    ("content-range", seen(PARTS + "; boundary=x", TWO)),
    ("byteranges-malformed", seen(PARTS + "; boundary=x", TWO)),
    ("byteranges-malformed", seen(PARTS + "; boundary=x", TWO[:9], whole=False)),
    ("byteranges-malformed", seen(PARTS.replace("GET", "HEAD") + "; boundary=x")),
    ("byteranges-malformed", seen(PART, b"ab")),
    ("content-range-malformed", seen(PART, b"ab")),
    ("content-range-malformed", seen(PART.replace("/9", "/*"), b"ab")),
    ("content-range-malformed", seen(PART.replace("bytes 0-1", "lines 3-9"), b"ab")),
    ("content-range-malformed", seen("GET / -> 416 | Content-Range: bytes */9")),
    ("content-range-untrue", seen(PART, b"ab")),
    ("content-range-untrue", seen(PART, b"a", whole=False)),
    ("content-range-untrue", seen(PART.replace("GET", "HEAD"))),
    ("content-range-untrue", seen(PARTS, TWO)),
    ("content-range-status", seen(PART, b"ab")),
    ("partial-unasked", seen(PART, b"ab")),
    ("unsatisfiable-range", seen("GET / -> 416 | Content-Range: bytes */9")),
    ("unsatisfiable-unasked", seen("GET / | Range: bytes=9- -> 416")),
    ("accept-ranges-malformed", seen("GET / -> 200 | Accept-Ranges: bytes")),
    ("accept-ranges-malformed", seen("GET / -> 200 | Accept-Ranges: none")),
    ("accept-ranges-contradicts", seen(PART + " | Accept-Ranges: bytes", b"ab")),
    ("accept-ranges-contradicts", seen(PART, b"ab")),
]


@pytest.mark.parametrize("id, observation", BREACHES)
def test_a_breach_is_found(id: str, observation: Observation) -> None:
    """By the rule, and with a sentence that says what to write."""
    assert_breach(RULES, id, observation)


@pytest.mark.parametrize("id, observation", HELD)
def test_what_is_right_passes(id: str, observation: Observation) -> None:
    """The rule is asked, and says nothing."""
    assert_held(RULES, id, observation)
