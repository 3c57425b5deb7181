"""Leaves: types that are one value in JSON, read from it and from text.

The story starts at two tables. `LOADERS` reads JSON, strictly: a string is no number,
and a date is a string of one form. `TEXTS` reads the strings of a query or of an
object's keys, where everything is text. Both give a value or raise `Invalid`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from re import Pattern
from types import NoneType
from typing import Any
from uuid import UUID

from restlette.resources.models import plain
from restlette.resources.models.errors import FieldError, Invalid

__all__ = ["LOADERS", "TEXTS", "Hook"]

# Makes a value from data, or raises Invalid. It is given something beside the data, as
# the hooks of cattrs are given a type, and need not look at it.
Hook = Callable[..., Any]

# RFC 8259 section 6, ASCII digits only:
#   number = [ minus ] int [ frac ] [ exp ]      int = zero / ( digit1-9 *DIGIT )
# A leading zero does no harm in text, and people write them. An exponent has three
# digits at most: Decimal("1e999999999") costs nothing until somebody adds 1 to it.
INTEGER = re.compile(r"-?[0-9]+")
NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")

# RFC 3339 section 5.6, with the offset left out at will:
#   full-date = 4DIGIT "-" 2DIGIT "-" 2DIGIT     date-time = full-date "T" full-time
#   partial-time = 2DIGIT ":" 2DIGIT ":" 2DIGIT ["." 1*DIGIT]
# `datetime.fromisoformat` alone takes week dates, and more, which a document that says
# "date-time" does not promise. "T" and "Z" may be in lower case, "T" a space, and the
# seconds may be left out, as HTML's controls do.
FULL_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
PARTIAL_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
FULL_TIME = PARTIAL_TIME + r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?"
DATE = re.compile(FULL_DATE)
TIME = re.compile(FULL_TIME)
DATE_TIME = re.compile(f"{FULL_DATE}[Tt ]{FULL_TIME}")

# RFC 9562 section 4; `uuid.UUID` alone takes braces and hyphens anywhere.
UUID_TEXT = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def _malformed(form: str) -> Invalid:
    return Invalid([FieldError((), "format", f"This must be {form}.")])


def _text_hook(make: Callable[[str], Any], grammar: Pattern[str], form: str) -> Hook:
    """Read text of a form, by the grammar first: constructors are too generous."""

    def read(data: Any, _: Any = None) -> Any:
        if data.__class__ is not str:
            raise plain.refuse(str)
        if grammar.fullmatch(data) is None:
            raise _malformed(form)
        try:
            return make(data)
        # The 31st of February; more digits than an int may have; a Decimal too large.
        except (ValueError, ArithmeticError) as exc:
            raise _malformed(form) from exc

    return read


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text} is beyond a float")
    return number


def _time(text: str) -> time:
    return time.fromisoformat(text.upper())


def _datetime(text: str) -> datetime:
    return datetime.fromisoformat(text.upper())


# SECURITY: "1" and "0" are what forms send; "yes", "on" or "" are refused and not
# guessed at.
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def _bool(data: Any, _: Any = None) -> Any:
    try:
        return BOOLEANS[data]
    except KeyError as exc:
        raise _malformed("true or false") from exc


# What is a string in JSON too.
WORDS: dict[Any, Hook] = {
    date: _text_hook(date.fromisoformat, DATE, "a date, like 2026-01-31"),
    datetime: _text_hook(
        _datetime, DATE_TIME, "a date and time, like 2026-01-31T12:00:00Z"
    ),
    time: _text_hook(_time, TIME, "a time, like 12:00:00"),
    Decimal: _text_hook(Decimal, NUMBER, "a decimal number in a string"),
    UUID: _text_hook(UUID, UUID_TEXT, "a UUID"),
}

LOADERS: dict[Any, Hook] = {
    **{kind: plain.LOADERS[kind] for kind in (str, int, float, bool, NoneType)},
    **WORDS,
}

TEXTS: dict[Any, Hook] = {
    str: plain.LOADERS[str],
    int: _text_hook(int, INTEGER, "an integer"),
    float: _text_hook(_finite, NUMBER, "a number"),
    bool: _bool,
    # Nothing that somebody writes is null.
    NoneType: plain.LOADERS[NoneType],
    **WORDS,
}
