"""JSON, read and written: the codecs that bodies, messages and answers go through.

The story starts at `JSONCodec`, what the rest of restlette asks of a codec.
`STANDARD` is the standard library's, set up once; `ORJSONCodec` and `UJSONCodec`
are chosen by an application (`Restlette(json=ORJSONCodec())`).

All three hold to RFC 8259 as interchange between systems needs it (§8.1):
UTF-8 without a byte order mark, and no `NaN` or `Infinity`. Reading gives a value or
`InvalidJSON`, whatever the bytes; writing gives bytes, or `TypeError` for what JSON
has no form for and `ValueError` for a value that is not JSON's.

What they write:

=============================  ====================================================
value                          in JSON
=============================  ====================================================
date, datetime, time           string, ISO 8601
Decimal, UUID                  string
Enum                           its value
attrs object, dataclass        object; an attrs field goes by its alias
tuple, NamedTuple              array
set, frozenset                 array, in no order
str subclass                   string
lone surrogate in a string     its escape, ``\\ud800``
dict key                       str, int, float, bool, None; others are a TypeError
=============================  ====================================================

Where they differ: orjson writes `NaN` and the infinities as ``null``, and reads an
integer beyond 64 bits as a float. Of two members with one name the last counts, in all
three. Reading runs on the event loop: the body limit (1 MiB by default) bounds it to
some 30 ms at worst (`[{},{},…]`).
"""

from __future__ import annotations

import json.decoder
import json.encoder
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from restlette.http.optional import load

__all__ = [
    "STANDARD",
    "InvalidJSON",
    "JSONCodec",
    "ORJSONCodec",
    "StandardCodec",
    "UJSONCodec",
    "default",
]


class JSONCodec(Protocol):
    """What writes and reads JSON."""

    def dumps(self, content: Any) -> bytes:
        """Write a value as JSON.

        Args:
            content: The value; see the table at the head of this module.

        Returns:
            UTF-8, without spaces.

        Raises:
            TypeError: JSON has no form for a value's type, which is named.
            ValueError: A value is not JSON's: `NaN`, an infinity, a circle.
        """
        ...

    def loads(self, data: bytes) -> Any:
        """Read JSON.

        Args:
            data: A whole JSON text in UTF-8.

        Returns:
            What it stands for: dict, list, str, int, float, bool or None.

        Raises:
            InvalidJSON: It is not JSON.
        """
        ...


class InvalidJSON(ValueError):
    """The bytes are not JSON; the sentence says where, and repeats none of them.

    Args:
        reason: What is wrong, in words of ours.
        position: How many bytes could be read before it; None where no one place
            is to blame.
    """

    def __init__(self, reason: str, position: int | None = None) -> None:
        super().__init__(reason, position)
        self.reason = reason
        self.position = position

    def __str__(self) -> str:
        if self.position is None:
            return f"invalid JSON: {self.reason}"
        return f"invalid JSON: {self.reason} at byte {self.position}"


# Writing: what the encoder itself does not know ---------------------------------------

Form = Callable[[Any], Any]


def _isoformat(value: Any) -> Any:
    return value.isoformat()


def _enum_value(value: Any) -> Any:
    return value.value


# A class is known by its name, so that nobody pays for importing `decimal` or `uuid`
# who has no value of theirs. Subclasses go by the first class of their method
# resolution order that stands here.
FORMS: Final[dict[tuple[str, str], Form]] = {
    ("datetime", "datetime"): _isoformat,
    ("datetime", "date"): _isoformat,
    ("datetime", "time"): _isoformat,
    ("decimal", "Decimal"): str,
    ("uuid", "UUID"): str,
    ("enum", "Enum"): _enum_value,
    ("builtins", "set"): list,
    ("builtins", "frozenset"): list,
    # The standard library knows the next two; orjson asks about subclasses.
    ("builtins", "tuple"): list,
    ("builtins", "float"): float,
}


def _fields_form(members: Iterable[tuple[str, str]]) -> Form:
    """The form of an object: (name in JSON, name of the attribute) pairs."""
    pairs = tuple(members)
    return lambda value: {key: getattr(value, name) for key, name in pairs}


def _form_of(cls: type) -> Form | None:
    """How JSON shows instances of a class, or None where it has no form for them."""
    for base in cls.__mro__:
        form = FORMS.get((base.__module__, base.__qualname__))
        if form is not None:
            return form
    attributes = getattr(cls, "__attrs_attrs__", None)
    if attributes is not None:
        return _fields_form((each.alias or each.name, each.name) for each in attributes)
    if hasattr(cls, "__dataclass_fields__"):
        # The class was made by this module, so it is there: no import is needed.
        fields = sys.modules["dataclasses"].fields(cls)
        return _fields_form((each.name, each.name) for each in fields)
    return None


# Bounded, since a class made for one request would stay for good.
_MOST_FORMS: Final = 1024
_forms: dict[type, Form] = {}


def default(value: Any) -> Any:
    """What to write in place of a value that an encoder does not know."""
    cls = type(value)
    form = _forms.get(cls)
    if form is None:
        form = _form_of(cls)
        if form is None:
            raise TypeError(
                f"JSON has no form for {cls.__module__}.{cls.__qualname__}: "
                "return a dict, list, str, int, float, bool or None, or an attrs class"
            )
        if len(_forms) >= _MOST_FORMS:
            _forms.clear()
        _forms[cls] = form
    return form(value)


# The standard library's ---------------------------------------------------------------

Encoder = Callable[[Any, int], Iterable[str]]


def _encoder(make: Callable[..., Encoder] | None) -> Encoder:
    """The standard library's encoder, made once.

    `json.JSONEncoder.encode` makes one for each call, which takes as long as writing
    a small object does.

    Args:
        make: The accelerator's constructor, None on an interpreter that has none.
    """
    if make is None:
        encoder = json.encoder.JSONEncoder(
            ensure_ascii=False,
            check_circular=False,
            allow_nan=False,
            separators=(",", ":"),
            default=default,
        )
        return lambda content, level: encoder.iterencode(content)
    # The first None is the register of containers being written, kept to find circles.
    # An exception leaves its entries behind, so a shared encoder must do without; the
    # interpreter's recursion limit finds circles as well.
    markers = indent = None
    sort_keys = skipkeys = allow_nan = False
    return make(
        markers,
        default,
        json.encoder.encode_basestring,
        indent,
        ":",
        ",",
        sort_keys,
        skipkeys,
        allow_nan,
    )


_encode = _encoder(getattr(json.encoder, "c_make_encoder", None))


def _finite(literal: str) -> float:
    """A number with a fraction or an exponent; 1e999 is none that we can hold."""
    value = float(literal)
    if value - value != 0.0:
        raise InvalidJSON("a number is too large")
    return value


def _refuse_constant(literal: str) -> Any:
    """RFC 8259 §6: Infinity and NaN are not permitted."""
    raise InvalidJSON("NaN and Infinity are not permitted")


_decoder: Any = json.decoder.JSONDecoder(
    parse_float=_finite, parse_constant=_refuse_constant
)
# PERF: what its `raw_decode` calls, without the frame around it.
_scan = _decoder.scan_once

# RFC 8259 §2: ws = *( %x20 / %x09 / %x0A / %x0D )
_WHITESPACE: Final = " \t\n\r"


class StandardCodec:
    """The standard library's codec."""

    # PERF: static, so that `STANDARD.dumps` binds nothing.
    @staticmethod
    def dumps(content: Any) -> bytes:
        """Write a value as JSON, see `JSONCodec`."""
        try:
            text = "".join(_encode(content, 0))
        except RecursionError:
            raise ValueError(
                "the content is nested too deeply for JSON, or contains itself"
            ) from None
        try:
            return text.encode()
        except UnicodeEncodeError:
            # Only a lone surrogate has no UTF-8. Python's escape for it is JSON's too.
            return text.encode("utf-8", "backslashreplace")

    @staticmethod
    def loads(data: bytes) -> Any:
        """Read JSON, see `JSONCodec`."""
        try:
            text = data.decode()
        except UnicodeDecodeError as exc:
            raise InvalidJSON("not UTF-8", exc.start) from None
        start = 0
        # PERF: few clients put white space before the value, or after it.
        if text[:1] in _WHITESPACE:
            start = len(text) - len(text.lstrip(_WHITESPACE))
        try:
            value, end = _scan(text, start)
        except json.JSONDecodeError as exc:
            end = exc.pos
        except StopIteration as exc:
            end = exc.value
        except RecursionError:
            raise InvalidJSON("nested too deeply") from None
        except InvalidJSON:
            raise
        except ValueError:
            # The interpreter converts at most 4300 digits: that takes quadratic time.
            raise InvalidJSON("a number is too large") from None
        else:
            if end == len(text) or not text[end:].strip(_WHITESPACE):
                return value
        if start == len(text):
            raise InvalidJSON("empty", 0)
        raise InvalidJSON("syntax error", len(text[:end].encode()))


STANDARD: Final = StandardCodec()


# Others' ------------------------------------------------------------------------------


class ORJSONCodec:
    """orjson's codec; what orjson refuses, `STANDARD` writes or says why not.

    Raises:
        MissingExtra: orjson is not installed.
    """

    def __init__(self) -> None:
        orjson = load("orjson", "orjson", needed_by="ORJSONCodec")
        self._dumps: Callable[..., bytes] = orjson.dumps
        self._loads: Callable[[bytes], Any] = orjson.loads
        # orjson would leave out the fields whose names start with an underscore; and of
        # times, it rounds a UTC offset to minutes and (3.13.0) loses the first zero of
        # a fraction: 00:00:00.010000 becomes 00:00:00.10000, another time.
        self._options: int = (
            orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
        )

    def dumps(self, content: Any) -> bytes:
        """Write a value as JSON; see `JSONCodec.dumps`."""
        try:
            return self._dumps(content, default, self._options)
        except TypeError:
            return STANDARD.dumps(content)

    def loads(self, data: bytes) -> Any:
        """Read JSON; see `JSONCodec.loads`."""
        try:
            return self._loads(data)
        except ValueError:
            return STANDARD.loads(data)


_PLAIN: Final = frozenset((str, int, float, bool, type(None)))


def _is_plain(content: Any) -> bool:
    """Whether content is made of JSON's own types only, subclasses not counted."""
    cls = type(content)
    if cls in _PLAIN:
        return True
    if cls is dict:
        return all(type(key) is str and _is_plain(content[key]) for key in content)
    return cls is list and all(map(_is_plain, content))


class UJSONCodec:
    """ujson's writer for content made of JSON's own types, `STANDARD` for the rest.

    ujson writes a Decimal as a float, a key of any type by its `str()`, and whatever
    an object's `__json__` returns as it is, so it gets none of these. It reads `-` as
    0, `01` as 1, and strings that are not UTF-8, so a body is not read by it at all.

    Raises:
        MissingExtra: ujson is not installed.
    """

    def __init__(self) -> None:
        ujson = load("ujson", "ujson", needed_by="UJSONCodec")
        self._dumps: Callable[..., str] = ujson.dumps

    def dumps(self, content: Any) -> bytes:
        """Write a value as JSON; see `JSONCodec.dumps`."""
        try:
            if _is_plain(content):
                text = self._dumps(
                    content,
                    ensure_ascii=False,
                    escape_forward_slashes=False,
                    allow_nan=False,
                    separators=(",", ":"),
                )
                return text.encode()
        except (OverflowError, RecursionError, ValueError):
            # Not finite, too deep, or a lone surrogate: `STANDARD` has the answer.
            pass
        return STANDARD.dumps(content)

    def loads(self, data: bytes) -> Any:
        """Read JSON; see `JSONCodec.loads`."""
        return STANDARD.loads(data)
