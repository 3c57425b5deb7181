"""HTTP dates: three formats read, one written."""

import calendar
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.dates import MONTHS, format_date, parse_date
from tests.http.stopwatch import seconds

NOW = datetime(2025, 6, 1, tzinfo=UTC).timestamp()


def stamp(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", (1994, 11, 6, 8, 49, 37)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", (1994, 11, 6, 8, 49, 37)),
        ("Wednesday, 09-Nov-94 08:49:37 GMT", (1994, 11, 9, 8, 49, 37)),
        ("Sun Nov  6 08:49:37 1994", (1994, 11, 6, 8, 49, 37)),
        ("Wed Nov 16 08:49:37 1994", (1994, 11, 16, 8, 49, 37)),
        ("Thu, 29 Feb 2024 00:00:00 GMT", (2024, 2, 29)),
        ("Tue, 29 Feb 2000 23:59:59 GMT", (2000, 2, 29, 23, 59, 59)),
        pytest.param(
            "Fri, 31 Dec 9999 23:59:59 GMT",
            (9999, 12, 31, 23, 59, 59),
            id="conditional-86-year-9999",
        ),
        pytest.param(
            "Mon, 01 Jan 1601 00:00:00 GMT",
            (1601, 1, 1),
            id="conditional-86-year-1601",
        ),
        ("Mon, 01 Jan 0001 00:00:00 GMT", (1, 1, 1)),
        # The day's name is not that of the date, which nobody is helped by refusing.
        ("Mon, 06 Nov 1994 08:49:37 GMT", (1994, 11, 6, 8, 49, 37)),
        # A leap second is the one after it.
        ("Sat, 31 Dec 2016 23:59:60 GMT", (2017, 1, 1)),
    ],
)
def test_a_date_is_read(value, parts) -> None:
    assert parse_date(value, now=NOW) == stamp(*parts)


@pytest.mark.parametrize("year", [1900, 2000, 2023, 2024])
def test_a_month_has_the_days_of_the_calendar(year) -> None:
    for month in range(1, 13):
        days = range(1, calendar.monthrange(year, month)[1] + 1)
        for day in range(33):
            value = f"Mon, {day:02} {MONTHS[month - 1]} {year} 00:00:00 GMT"
            if day in days:
                assert parse_date(value) == stamp(year, month, day)
            else:
                with pytest.raises(ValueError, match="that there is not"):
                    parse_date(value)


@pytest.mark.parametrize(
    ("digits", "year"), [("25", 2025), ("75", 2075), ("76", 1976), ("99", 1999)]
)
def test_two_digits_are_a_year_at_most_fifty_years_ahead(digits, year) -> None:
    """RFC 9110 §5.6.7."""
    value = f"Sunday, 06-Nov-{digits} 08:49:37 GMT"
    assert parse_date(value, now=NOW) == stamp(year, 11, 6, 8, 49, 37)


def test_two_digits_are_understood_against_the_clock() -> None:
    now = datetime.now(UTC)
    value = f"Sunday, 06-Nov-{now.year % 100:02} 08:49:37 GMT"
    assert parse_date(value) == stamp(now.year, 11, 6, 8, 49, 37)


JUNK = {
    "empty": "",
    "blank": " ",
    "word": "yesterday",
    "number": "784111777",
    "iso": "1994-11-06T08:49:37Z",
    "lower-case": "sun, 06 nov 1994 08:49:37 gmt",
    "zone": "Sun, 06 Nov 1994 08:49:37 UTC",
    "offset": "Sun, 06 Nov 1994 08:49:37 +0000",
    "no-zone": "Sun, 06 Nov 1994 08:49:37",
    "one-digit": "Sun, 6 Nov 1994 08:49:37 GMT",
    "spaces": "Sun,  06 Nov 1994 08:49:37 GMT",
    "leading-space": " Sun, 06 Nov 1994 08:49:37 GMT",
    "line-end": "Sun, 06 Nov 1994 08:49:37 GMT\n",
    "trailing": "Sun, 06 Nov 1994 08:49:37 GMT; length=5",
    "two": "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
    "year-0": "Sun, 06 Nov 0000 08:49:37 GMT",
    "year-10000": "Sat, 01 Jan 10000 00:00:00 GMT",
    "day-0": "Sun, 00 Nov 1994 08:49:37 GMT",
    "day-31": "Sun, 31 Nov 1994 08:49:37 GMT",
    "february-29": "Sun, 29 Feb 1900 08:49:37 GMT",
    "february-30": "Sun, 30 Feb 2000 08:49:37 GMT",
    "hour-24": "Sun, 06 Nov 1994 24:00:00 GMT",
    "minute-60": "Sun, 06 Nov 1994 08:60:00 GMT",
    "second-61": "Sun, 06 Nov 1994 08:49:61 GMT",
    "arabic-digits": "Sun, ٠٦ Nov 1994 08:49:37 GMT",
    "month": "Sun, 06 Now 1994 08:49:37 GMT",
}


@pytest.mark.parametrize(
    "value", [pytest.param(v, id=f"conditional-86-{n}") for n, v in JUNK.items()]
)
def test_what_is_no_date_is_refused(value) -> None:
    with pytest.raises(ValueError, match="a date"):
        parse_date(value)


def test_a_long_value_is_refused_at_once() -> None:
    assert seconds(lambda: parse_date("Sun, " + "0" * 10_000_000)) < 0.5


@given(st.text())
def test_any_text_is_a_date_or_refused(value) -> None:
    try:
        assert isinstance(parse_date(value), int)
    except ValueError:
        pass


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_again(date) -> None:
    date = date.replace(microsecond=0)
    written = format_date(date.timestamp())
    assert parse_date(written) == date.timestamp()
    assert written.startswith(date.strftime("%a, %d %b "))
    assert len(written) == len("Sun, 06 Nov 1994 08:49:37 GMT")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (0.999, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-0.5, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (784111777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-62135596800, "Mon, 01 Jan 0001 00:00:00 GMT"),
    ],
)
def test_a_date_is_written(value, written) -> None:
    assert format_date(value) == written


@pytest.mark.parametrize(
    "value", [253402300800, -62135596801, float("inf"), float("nan"), 1e300]
)
def test_a_date_that_has_no_four_digits_is_refused(value) -> None:
    with pytest.raises(ValueError, match="years 1 to 9999"):
        format_date(value)
