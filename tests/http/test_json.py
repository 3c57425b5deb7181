"""The JSON codecs: what they write, what they read, and what they refuse."""

import enum
import json
import math
import sys
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from restlette.http import json as subject
from restlette.http.json import (
    STANDARD,
    InvalidJSON,
    JSONCodec,
    ORJSONCodec,
    UJSONCodec,
)
from restlette.http.optional import MissingExtra

ORJSON, UJSON = ORJSONCodec(), UJSONCodec()
CODECS: dict[str, JSONCodec] = {"standard": STANDARD, "orjson": ORJSON, "ujson": UJSON}

each_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)


class Colour(enum.Enum):
    RED = "red"
    DAY = date(2024, 2, 29)


class Size(enum.IntEnum):
    SMALL = 1


class Mood(enum.StrEnum):
    FINE = "fine"


class Title(str):
    __slots__ = ()


class Ratio(float):
    pass


class FrozenDate(date):
    """As a library that freezes time makes them."""


Pair = namedtuple("Pair", "left right")


@attrs.frozen
class Book:
    title: str
    published: date | None = None
    _shelf: str = "A1"
    genre: str = attrs.field(default="novel", alias="kind")


@attrs.define
class Shop:
    books: list[Book]
    count: int = attrs.field(init=False, default=7)


@dataclass
class Point:
    x: int
    y: Decimal
    _hidden: set[int] = field(default_factory=set)
    origin: ClassVar[int] = 0


BOOK = Book("Dune", date(1965, 8, 1))
UUID_TEXT = "12345678-1234-5678-1234-567812345678"

# (value, what any reader of its JSON gets)
WRITTEN: dict[str, tuple[Any, Any]] = {
    "none": (None, None),
    "bool": ([True, False], [True, False]),
    "int": (42, 42),
    "int-of-53-bits": (2**53 + 1, 2**53 + 1),
    "int-beyond-64-bits": (10**30, 10**30),
    "float": (9.5, 9.5),
    "float-exponent": (1e-300, 1e-300),
    "float-negative-zero": (-0.0, -0.0),
    "str": ("Dune", "Dune"),
    "str-not-ascii": ("Ἰλιάς 🚀", "Ἰλιάς 🚀"),
    "str-escapes": ('"\\/\b\f\n\r\t\0\x1f\x7f\u2028', '"\\/\b\f\n\r\t\0\x1f\x7f\u2028'),
    "str-html": ("</script>", "</script>"),
    "str-subclass": (Title("Dune"), "Dune"),
    "float-subclass": (Ratio(1.5), 1.5),
    "dict": ({"id": 42, "name": "Dune"}, {"id": 42, "name": "Dune"}),
    "dict-subclass": (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    "dict-keys-not-str": (
        {1: "a", 2.5: "b", False: "c", None: "d"},
        {"1": "a", "2.5": "b", "false": "c", "null": "d"},
    ),
    "dict-keys-enum": ({Mood.FINE: 1}, {"fine": 1}),
    "dict-keys-str-subclass": ({Title("a"): 1}, {"a": 1}),
    "list": ([1, [2, []]], [1, [2, []]]),
    "tuple": ((1, (2,)), [1, [2]]),
    "namedtuple": (Pair(1, 2), [1, 2]),
    "set": ({3}, [3]),
    "frozenset": (frozenset("a"), ["a"]),
    "date": (date(2024, 2, 29), "2024-02-29"),
    "date-early": (date(1, 1, 1), "0001-01-01"),
    "date-subclass": (FrozenDate(2024, 2, 29), "2024-02-29"),
    "datetime": (datetime(2024, 2, 29, 1, 2, 3), "2024-02-29T01:02:03"),
    "datetime-utc": (
        datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=UTC),
        "2024-02-29T01:02:03.000004+00:00",
    ),
    "datetime-zone": (
        datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
        "2024-02-29T00:00:00-03:30",
    ),
    "datetime-zone-of-seconds": (
        datetime(1900, 1, 1, tzinfo=timezone(timedelta(minutes=19, seconds=32))),
        "1900-01-01T00:00:00+00:19:32",
    ),
    "time": (time(1, 2, 3), "01:02:03"),
    "time-fraction": (time(0, 0, 0, 10_000), "00:00:00.010000"),
    "time-zone": (time(1, 2, tzinfo=UTC), "01:02:00+00:00"),
    "decimal": (Decimal("1.10"), "1.10"),
    "decimal-nan": (Decimal("NaN"), "NaN"),
    "uuid": (UUID(UUID_TEXT), UUID_TEXT),
    "enum": (Colour.RED, "red"),
    "enum-of-dates": (Colour.DAY, "2024-02-29"),
    "enum-int": (Size.SMALL, 1),
    "enum-str": (Mood.FINE, "fine"),
    "attrs": (
        BOOK,
        {"title": "Dune", "published": "1965-08-01", "shelf": "A1", "kind": "novel"},
    ),
    "attrs-nested": (
        Shop([Book("Emma")]),
        {
            "books": [
                {"title": "Emma", "published": None, "shelf": "A1", "kind": "novel"}
            ],
            "count": 7,
        },
    ),
    "dataclass": (Point(1, Decimal(2)), {"x": 1, "y": "2", "_hidden": []}),
    "surrogate-lone": ("a\ud800b", "a\ud800b"),
    "surrogate-key": ({"\udfff": 1}, {"\udfff": 1}),
    "mixed": (
        {"when": [date(2024, 1, 1)], "price": Decimal("9.50"), "ok": True},
        {"when": ["2024-01-01"], "price": "9.50", "ok": True},
    ),
}


@each_codec
@pytest.mark.parametrize("value, expected", WRITTEN.values(), ids=WRITTEN)
def test_writes_the_same_value(codec, value, expected):
    """Whatever the codec, a reader gets the same value."""
    written = codec.dumps(value)

    assert isinstance(written, bytes)
    assert json.loads(written) == expected


def test_writes_utf8_without_spaces():
    """Only what must be escaped is, and nothing is padded."""
    for codec in CODECS.values():
        assert codec.dumps({"é": [1, "/"]}) == '{"é":[1,"/"]}'.encode()


def test_writes_a_lone_surrogate_as_its_escape():
    """json-59: it has no UTF-8, yet it is JSON, so no answer is lost for one."""
    for codec in CODECS.values():
        assert codec.dumps("é\ud800") == b'"\xc3\xa9\\ud800"'


class Opaque:
    pass


NO_FORM: dict[str, tuple[Any, str]] = {
    "object": (Opaque(), "test_json.Opaque"),
    "bytes": (b"x", "builtins.bytes"),
    "timedelta": ([timedelta(1)], "datetime.timedelta"),
    "generator": ({"a": (x for x in "a")}, "builtins.generator"),
    "class": (Book, "builtins.type"),
}


@each_codec
@pytest.mark.parametrize("value, name", NO_FORM.values(), ids=NO_FORM)
def test_names_a_type_that_has_no_form(codec, value, name):
    """A type that JSON has no form for is a TypeError that names it."""
    with pytest.raises(
        TypeError, match=f"JSON has no form for .*{name}: return a dict"
    ):
        codec.dumps(value)


@each_codec
@pytest.mark.parametrize("key", [(1,), date(2024, 1, 1), Colour.RED, b"a"], ids=repr)
def test_refuses_keys_that_are_no_names(codec, key):
    """An object's names are strings; what would not read back is not made one."""
    with pytest.raises(TypeError, match="keys must be"):
        codec.dumps({key: 1})


@pytest.mark.parametrize("codec", [STANDARD, UJSON], ids=["standard", "ujson"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=str)
def test_json_59_refuses_to_write_what_is_not_finite(codec, value):
    """json-59: RFC 8259 §6 has no number for them."""
    with pytest.raises(ValueError, match="Out of range float values"):
        codec.dumps([value])


def test_json_59_orjson_writes_null_for_what_is_not_finite():
    """json-59: orjson does not let us refuse them; they are null, which is JSON."""
    assert ORJSON.dumps([math.nan, math.inf]) == b"[null,null]"


CIRCLE: list[Any] = []
CIRCLE.append({"again": CIRCLE})


@each_codec
def test_refuses_what_contains_itself(codec):
    """A circle is a ValueError, and the codec is fit for use after it."""
    for _ in range(3):
        with pytest.raises(ValueError, match="nested too deeply for JSON, or contains"):
            codec.dumps(CIRCLE)
    assert codec.dumps([[]]) == b"[[]]"


@each_codec
def test_an_error_leaves_nothing_behind(codec):
    """A container whose writing failed can be written once it is mended."""
    content: dict[str, Any] = {"a": Opaque()}
    with pytest.raises(TypeError):
        codec.dumps(content)
    content["a"] = 1
    assert codec.dumps(content) == b'{"a":1}'


def test_every_row_holds_without_the_accelerator(monkeypatch):
    """An interpreter without the C encoder writes the same."""
    with_it = {name: STANDARD.dumps(value) for name, (value, _) in WRITTEN.items()}
    monkeypatch.setattr(subject, "_encode", subject._encoder(None))

    assert {n: STANDARD.dumps(value) for n, (value, _) in WRITTEN.items()} == with_it
    with pytest.raises(TypeError, match="no form"):
        STANDARD.dumps(Opaque())
    for value, message in (math.nan, "Out of range"), (CIRCLE, "or contains itself"):
        with pytest.raises(ValueError, match=message):
            STANDARD.dumps(value)


def test_caches_120_forms_are_bounded():
    """caches-120: a class made for one request is not kept for good."""
    for number in range(subject._MOST_FORMS + 10):
        cls = type(f"Made{number}", (Book,), {})
        STANDARD.dumps(cls("Emma"))
        assert len(subject._forms) <= subject._MOST_FORMS


def test_what_is_known_of_a_class_is_not_asked_again(monkeypatch):
    """Nor is it forgotten for the next one."""
    values = [Book("Emma"), Point(1, Decimal(2)), Colour.RED]
    written = STANDARD.dumps(values)
    monkeypatch.setattr(subject, "_form_of", None)
    assert STANDARD.dumps(values) == written


@pytest.mark.parametrize(
    "value, is_plain",
    [
        ({"a": [1, 2.5, True, None, "é"]}, True),
        ([{}], True),
        ({1: "a"}, False),
        ([Title("a")], False),
        ({"a": (1,)}, False),
        ([Size.SMALL], False),
    ],
)
def test_ujson_writes_what_is_made_of_jsons_own_types(monkeypatch, value, is_plain):
    """Of the others it would make something else."""
    written = []
    codec = UJSONCodec()
    genuine = codec._dumps

    def noting(content, **options):
        written.append(content)
        return genuine(content, **options)

    monkeypatch.setattr(codec, "_dumps", noting)
    assert codec.dumps(value) == STANDARD.dumps(value)
    assert written == ([value] if is_plain else [])


# Reading ------------------------------------------------------------------------------

READ: dict[str, tuple[bytes, Any]] = {
    "object": (b'{"id": 42, "name": "Dune"}', {"id": 42, "name": "Dune"}),
    "array": (b"[1, 2.5, true, false, null]", [1, 2.5, True, False, None]),
    "scalar": (b"1", 1),
    "string": ('"é🚀"'.encode(), "é🚀"),
    "whitespace-around": (b" \t\r\n[ ]\r\n", []),
    "exponent": (b"1E+2", 100.0),
    "smallest": (b"5e-324", 5e-324),
    "zeros": (b"[0.0, -0.0]", [0.0, -0.0]),
    "json-59-duplicate-keys": (b'{"a":1,"a":2}', {"a": 2}),
    "json-59-surrogate-escape": (b'"\\ud800"', "\ud800"),
    "surrogate-pair-escape": (b'"\\ud83d\\ude00"', "😀"),
}


@each_codec
@pytest.mark.parametrize("text, value", READ.values(), ids=READ)
def test_reads(codec, text, value):
    """What is JSON reads the same with each codec."""
    assert codec.loads(text) == value


SYNTAX, UTF8 = "syntax error", "not UTF-8"
CONSTANT, LARGE = "NaN and Infinity are not permitted", "a number is too large"

# (bytes, reason, position)
REFUSED: dict[str, tuple[bytes, str, int | None]] = {
    "json-57-empty": (b"", "empty", 0),
    "json-57-blank": (b" \n", "empty", 0),
    "json-57-word": (b"hello", SYNTAX, 0),
    "json-57-truncated": (b'{"a": [1, 2', SYNTAX, 11),
    "json-57-truncated-string": (b'["secret', SYNTAX, 1),
    "json-57-trailing": (b"[] []", SYNTAX, 2),
    # Python 3.13 says where the comma is, earlier ones what comes after it.
    "json-57-trailing-comma": (
        b'{"a": 1,}',
        SYNTAX,
        7 if sys.version_info >= (3, 13) else 8,
    ),
    "json-57-bytes-not-characters": ('["é", x]'.encode(), SYNTAX, 7),
    "json-57-after-whitespace": (b"  \n[x]", SYNTAX, 4),
    "json-57-bom": (b"\xef\xbb\xbf{}", SYNTAX, 0),
    "json-57-utf-16-bom": ("{}".encode("utf-16"), UTF8, 0),
    "json-57-utf-16": ("{}".encode("utf-16-le"), SYNTAX, 1),
    "json-57-utf-32": ("{}".encode("utf-32-be"), SYNTAX, 0),
    "json-57-bad-utf-8": (b'"ab\xff"', UTF8, 3),
    "json-57-surrogate-bytes": (b'"\xed\xa0\x80"', UTF8, 1),
    "json-57-overlong": (b'"\xc0\xaf"', UTF8, 1),
    "json-57-single-quotes": (b"'a'", SYNTAX, 0),
    "json-57-control-character": (b'"\t"', SYNTAX, 1),
    "json-57-nul": (b"1\x00", SYNTAX, 1),
    "json-57-other-whitespace": (b"\x0b1", SYNTAX, 0),
    "json-57-no-break-space": ("\xa01".encode(), SYNTAX, 0),
    "json-57-comment": (b"// a\n1", SYNTAX, 0),
    "json-57-minus": (b"-", SYNTAX, 0),
    "json-57-leading-zero": (b"01", SYNTAX, 1),
    "json-57-plus": (b"+1", SYNTAX, 0),
    "json-57-bare-point": (b".5", SYNTAX, 0),
    "json-58-arrays": (b"[" * 100_000, "nested too deeply", None),
    "json-58-objects": (b'{"a":' * 100_000, "nested too deeply", None),
    "json-58-huge-int": (b"1" * 5000, LARGE, None),
    "json-58-huge-negative-int": (b"[-" + b"1" * 100_000 + b"]", LARGE, None),
    "json-58-exponent": (b"1e999999", LARGE, None),
    "json-58-negative-exponent": (b"[-1e400]", LARGE, None),
    "json-58-long-fraction": (b"9" * 400 + b".0", LARGE, None),
    "json-59-nan": (b"NaN", CONSTANT, None),
    "json-59-infinity": (b'{"a": Infinity}', CONSTANT, None),
    "json-59-negative-infinity": (b"-Infinity", CONSTANT, None),
}


@each_codec
@pytest.mark.parametrize("text, reason, position", REFUSED.values(), ids=REFUSED)
def test_refuses_to_read(codec, text, reason, position):
    """What is not JSON is InvalidJSON that says where, and repeats nothing of it."""
    with pytest.raises(InvalidJSON) as caught:
        codec.loads(text)

    assert (caught.value.reason, caught.value.position) == (reason, position)
    assert isinstance(caught.value, ValueError)
    # The decoder's exception would hold the body, for whoever logs the chain.
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value)


def test_the_sentence_says_where():
    """The message of the error has the position where there is one."""
    assert str(InvalidJSON("syntax error", 3)) == "invalid JSON: syntax error at byte 3"
    assert str(InvalidJSON("nested too deeply")) == "invalid JSON: nested too deeply"


def test_orjson_reads_large_integers_as_floats():
    """Documented: beyond 64 bits orjson has no integers."""
    assert STANDARD.loads(b"18446744073709551616") == 2**64
    assert isinstance(ORJSON.loads(b"18446744073709551616"), float)


@each_codec
@pytest.mark.parametrize(
    "text, length",
    [
        pytest.param(b"[" + b"{}," * 3_000_000 + b"{}]", 3_000_001, id="json-60-10-MB"),
        pytest.param(
            b"{%b}" % b",".join(b'"%d":1' % number for number in range(100_000)),
            100_000,
            id="json-60-100k-keys",
        ),
        pytest.param(b" " * 5_000_000 + b"[]", 0, id="json-60-blanks"),
    ],
)
def test_reads_large_texts(codec, text, length):
    """json-60: the time for a text is linear in its length."""
    assert len(codec.loads(text)) == length


# Properties ---------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)
day = timedelta(hours=23, minutes=59)
zones = st.none() | st.timedeltas(-day, day).map(timezone)
rich = (
    st.dates()
    | st.datetimes(timezones=zones)
    | st.times(timezones=zones)
    | st.decimals()
    | st.uuids()
    | st.sampled_from([Colour.RED, Colour.DAY, Size.SMALL, Mood.FINE])
    | st.builds(Book, title=texts, published=st.none() | st.dates())
    | st.builds(Point, x=st.integers(), y=st.decimals())
)


@given(values)
def test_round_trip(value):
    """What JSON has a form for comes back equal, whoever wrote and whoever read it."""
    for writer in CODECS.values():
        for reader in CODECS.values():
            assert reader.loads(writer.dumps(value)) == value


@given(st.lists(rich | values, max_size=4))
def test_equal_values(value):
    """The three codecs write equal values, whatever the types."""
    standard, orjson, ujson = (
        json.loads(codec.dumps(value)) for codec in CODECS.values()
    )
    assert standard == orjson == ujson


@given(st.text())
def test_any_text_can_be_written(text):
    """json-59: also one with surrogates that stand alone."""
    for codec in CODECS.values():
        read = codec.loads(codec.dumps([text, {text: 1}]))
        # Two surrogates that happen to make a pair are one character to a reader.
        paired = text.encode("utf-16", "surrogatepass").decode(
            "utf-16", "surrogatepass"
        )
        assert read == [paired, {paired: 1}]


@given(
    st.binary()
    | texts.map(str.encode)
    | st.lists(
        st.sampled_from([*'{}[]:,"\\ 01-.eE', "NaN", "Infinity", "null", "\\ud800"])
    ).map(lambda tokens: "".join(tokens).encode())
)
@example(b'{"a":1}\xff')
def test_any_bytes_give_a_value_or_the_documented_error(data):
    """Reading has two outcomes; a value it gives can be written again."""
    for codec in CODECS.values():
        try:
            value = codec.loads(data)
        except InvalidJSON as exc:
            position = exc.position
        else:
            position = None
            assert codec.loads(codec.dumps(value)) == value
        assert position is None or 0 <= position <= len(data)


# Absent packages ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "codec, name", [(ORJSONCodec, "orjson"), (UJSONCodec, "ujson")]
)
def test_a_codec_whose_package_is_absent_names_the_remedy(monkeypatch, codec, name):
    """The error comes when the codec is made, with what to install."""
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=rf'needs {name}: pip install "restlette'):
        codec()
