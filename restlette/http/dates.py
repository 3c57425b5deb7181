"""HTTP dates: three formats to read, one to write.

`parse_date` reads what a field holds and gives seconds since 1970; `format_date` writes
them. Plain numbers are what comparing dates and asking the file system both come to.
"""

from __future__ import annotations

import re
import time
from typing import Final

__all__ = ["DAYS", "MONTHS", "format_date", "parse_date"]

# RFC 9110 §5.6.7:
#   HTTP-date    = IMF-fixdate / obs-date
#   obs-date     = rfc850-date / asctime-date
#   IMF-fixdate  = day-name "," SP day SP month SP year SP time-of-day SP GMT
#   rfc850-date  = day-name-l "," SP day "-" month "-" 2DIGIT SP time-of-day SP GMT
#   asctime-date = day-name SP month SP ( 2DIGIT / ( SP 1DIGIT ) ) SP time-of-day
#                  SP year
#   time-of-day  = hour ":" minute ":" second
# "HTTP-date is case sensitive", and there is no white space but what is written.
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_MONTH_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_DAY: Final = f"(?:{'|'.join(DAYS)})"
_LONG_DAY: Final = f"(?:{'|'.join(_LONG_DAYS)})"
_MONTH: Final = f"(?P<month>{'|'.join(MONTHS)})"
_TIME: Final = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_YEAR: Final = "(?P<year>[0-9]{4})"
_FORMATS: Final = tuple(
    re.compile(pattern).fullmatch
    for pattern in (
        f"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} {_YEAR} {_TIME} GMT",
        f"{_LONG_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT",
        f"{_DAY} {_MONTH} (?P<day>[0-9]{{2}}| [0-9]) {_TIME} {_YEAR}",
    )
)
_LONGEST: Final = len("Wednesday, 09-Nov-94 08:49:37 GMT")

# 0001-01-01 00:00:00 and 10000-01-01 00:00:00: a year has four digits.
_FIRST: Final = -62_135_596_800
_END: Final = 253_402_300_800


def parse_date(value: str, *, now: float | None = None) -> int:
    """Read a date in any of the three formats that RFC 9110 §5.6.7 has.

    Args:
        value: The field's value. Whether the day's name is that of the date is not
            looked at: "recipients of timestamp values are encouraged to be robust".
        now: The time against which a year of two digits is understood, in seconds
            since 1970; by default it is asked for.

    Returns:
        Seconds since 1970-01-01 00:00:00 UTC; negative before.

    Raises:
        ValueError: It is not an HTTP date; the message does not repeat it.
    """
    if len(value) <= _LONGEST:
        for read in _FORMATS:
            match = read(value)
            if match is not None:
                year = int(match["year"])
                if len(match["year"]) == 2:
                    year = _full_year(year, time.time() if now is None else now)
                return _seconds(
                    year,
                    MONTHS.index(match["month"]) + 1,
                    int(match["day"]),
                    (int(match["hour"]), int(match["minute"]), int(match["second"])),
                )
    raise ValueError(
        "a date is written like 'Sun, 06 Nov 1994 08:49:37 GMT' (RFC 9110 §5.6.7)."
    )


def _full_year(digits: int, now: float) -> int:
    # RFC 9110 §5.6.7: a year that appears to be more than 50 years in the future is
    # the most recent one in the past with the same two digits.
    this_year = time.gmtime(now).tm_year
    year = this_year - this_year % 100 + digits
    return year - 100 if year > this_year + 50 else year


def _seconds(year: int, month: int, day: int, clock: tuple[int, int, int]) -> int:
    hour, minute, second = clock
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = _MONTH_LENGTHS[month - 1] + (leap and month == 2)
    # RFC 9110 §5.6.7 allows a leap second, 60, which counts as the one after it.
    if year < 1 or not 1 <= day <= length or hour > 23 or minute > 59 or second > 60:
        raise ValueError("a date names a day or a time that there is not.")
    return _days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second


def _days(year: int, month: int, day: int) -> int:
    """Count the days from 1970-01-01.

    The year is taken to begin in March, so that the odd month is its last one; 719,468
    days lie between the first day of such a year 0 and 1970-01-01.
    """
    year -= month < 3
    before_month = (153 * ((month + 9) % 12) + 2) // 5
    leaps = year // 4 - year // 100 + year // 400
    return 365 * year + leaps + before_month + day - 1 - 719_468


def format_date(seconds: float) -> str:
    """Write a date as IMF-fixdate, the format that RFC 9110 §5.6.7 has senders use.

    Args:
        seconds: Since 1970-01-01 00:00:00 UTC; a fraction is dropped.

    Returns:
        Such as ``Sun, 06 Nov 1994 08:49:37 GMT``.

    Raises:
        ValueError: The year has not four digits.
    """
    if not _FIRST <= seconds < _END:
        raise ValueError(f"a date is in the years 1 to 9999: {seconds!r} is not.")
    # gmtime drops a fraction towards the past, before 1970 as well as after.
    t = time.gmtime(seconds)
    return (
        f"{DAYS[t.tm_wday]}, {t.tm_mday:02} {MONTHS[t.tm_mon - 1]} {t.tm_year:04} "
        f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} GMT"
    )
