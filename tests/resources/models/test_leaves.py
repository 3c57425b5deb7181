"""Leaves read one form of a value, and refuse all others."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.resources.models.errors import FieldError, Invalid
from restlette.resources.models.leaves import LOADERS, TEXTS

PLUS_TWO = timezone(timedelta(hours=2))

# What is one text in JSON and in a query alike: type, text, value.
WORDS = [
    (str, "", ""),
    (str, "é \x00", "é \x00"),
    (date, "2026-01-31", date(2026, 1, 31)),
    (datetime, "2026-01-31T12:30:15Z", datetime(2026, 1, 31, 12, 30, 15, tzinfo=UTC)),
    (datetime, "2026-01-31t12:30:15z", datetime(2026, 1, 31, 12, 30, 15, tzinfo=UTC)),
    (datetime, "2026-01-31 12:30", datetime(2026, 1, 31, 12, 30)),
    (
        datetime,
        "2026-01-31T12:30:15.5+02:00",
        datetime(2026, 1, 31, 12, 30, 15, 500_000, tzinfo=PLUS_TWO),
    ),
    (
        datetime,
        "2026-01-31T12:30:15.123456789",
        datetime(2026, 1, 31, 12, 30, 15, 123_456),
    ),
    (time, "12:30", time(12, 30)),
    (time, "12:30:15.25", time(12, 30, 15, 250_000)),
    (time, "12:30:15z", time(12, 30, 15, tzinfo=UTC)),
    (Decimal, "9.50", Decimal("9.50")),
    (Decimal, "-1E+5", Decimal("-1E+5")),
    (UUID, "00000000-0000-0000-0000-00000000000A", UUID(int=10)),
]

# Texts that a query may have for a type that JSON has a form of its own for.
NUMBERS = [
    (int, "3", 3),
    (int, "-3", -3),
    (int, "007", 7),
    (float, "3", 3.0),
    (float, "-0.5", -0.5),
    (float, "1e3", 1000.0),
    (bool, "true", True),
    (bool, "1", True),
    (bool, "false", False),
    (bool, "0", False),
]

MALFORMED = [
    *((int, text) for text in ("", "x", "1.0", "+1", "1_0", " 1", "1 ", "1\n", "١")),
    (int, "1" * 5000),
    *(
        (float, text)
        for text in ("", ".5", "5.", "nan", "inf", "1e999", "0x1", "1e9999")
    ),
    *((bool, text) for text in ("", "yes", "on", "True", "TRUE", "2")),
    *((date, text) for text in ("", "2026-02-30", "20260131", "2026-W05", "2026-1-1")),
    (date, "2026-01-31T00:00:00"),
    (date, "٢٠٢٦-01-31"),
    *((datetime, text) for text in ("", "2026-01-31", "2026-01-31T24:30", "now")),
    (datetime, "0000-01-31T12:30"),
    (datetime, "2026-01-31T12:30:15,5"),
    (datetime, "2026-01-31T12:30+24:00"),
    *((time, text) for text in ("", "12", "24:00", "12:60", "12:30:60")),
    *((Decimal, text) for text in ("", "NaN", "Infinity", "1e1000000", "1_0", ".5")),
    *(
        (UUID, text)
        for text in ("", "1" * 32, "{12345678-1234-5678-1234-567812345678}")
    ),
    (UUID, "12345678-1234-5678-1234-56781234567g"),
]


def name(value: Any) -> str:
    return getattr(value, "__name__", None) or repr(value)[:24]


@pytest.mark.parametrize(("kind", "text", "value"), WORDS, ids=name)
def test_words_are_read_from_json_and_from_a_query(kind, text, value) -> None:
    for table in (LOADERS, TEXTS):
        assert table[kind](text) == value
        assert table[kind](text, kind) == value


@pytest.mark.parametrize(("kind", "text", "value"), NUMBERS, ids=name)
def test_numbers_are_text_in_a_query_alone(kind, text, value) -> None:
    read = TEXTS[kind](text)
    assert (read, type(read)) == (value, type(value))
    with pytest.raises(Invalid):
        LOADERS[kind](text)


@pytest.mark.parametrize(("kind", "text"), MALFORMED, ids=name)
def test_other_texts_are_refused(kind, text) -> None:
    with pytest.raises(Invalid) as caught:
        TEXTS[kind](text)
    [error] = caught.value.errors
    assert (error.path, error.code) == ((), "format")
    assert error.detail.startswith("This must be ")


@pytest.mark.parametrize("kind", [date, datetime, time, Decimal, UUID, str])
@pytest.mark.parametrize("data", [1, 1.5, True, None, [], {}], ids=repr)
def test_words_are_strings_in_json(kind, data) -> None:
    with pytest.raises(Invalid) as caught:
        LOADERS[kind](data)
    assert caught.value.errors == [FieldError((), "type", "This must be a string.")]


def test_no_text_is_null() -> None:
    for text in ("", "null", "None"):
        with pytest.raises(Invalid):
            TEXTS[NoneType](text)


def offsets():
    return st.none() | st.integers(-23 * 60, 23 * 60).map(
        lambda minutes: timezone(timedelta(minutes=minutes))
    )


@given(
    st.dates()
    | st.datetimes(timezones=offsets())
    | st.times(timezones=offsets())
    | st.uuids()
)
def test_what_is_written_is_read_again(value) -> None:
    text = str(value) if isinstance(value, UUID) else value.isoformat()
    assert LOADERS[type(value)](text) == value
    assert TEXTS[type(value)](text) == value


@given(st.decimals(Decimal("-1e99"), Decimal("1e99"), places=20))
def test_a_decimal_that_is_written_is_read_again(value) -> None:
    assert LOADERS[Decimal](str(value)) == value


@given(st.sampled_from(list(TEXTS)), st.text() | st.from_regex(r"[-0-9.eETZ:+]*"))
def test_any_text_gives_a_value_or_an_error(kind, text) -> None:
    for table in (LOADERS, TEXTS):
        try:
            value = table[kind](text)
        except Invalid as exc:
            value = exc
        assert isinstance(value, (kind, Invalid))


@pytest.mark.parametrize("kind", list(TEXTS), ids=name)
@pytest.mark.parametrize("text", ["1" * 1_000_000, "1." + "0" * 1_000_000, "-" * 1000])
def test_a_long_text_takes_no_longer_than_its_length(kind, text) -> None:
    """More than a second here would be a quadratic algorithm."""
    try:
        TEXTS[kind](text)
    except Invalid:
        pass
