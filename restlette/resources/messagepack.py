"""MessagePack, a representation that holds what JSON holds, in fewer bytes.

The story starts at `MessagePack`. A model reads and writes JSON data, whatever the
bytes look like, so what MessagePack has beyond that (bytes, extensions, timestamps,
keys that are no strings, numbers that are not finite) is refused when it comes in.
"""

from __future__ import annotations

from itertools import chain
from math import isfinite
from typing import Any, Final

from restlette.http.json import default
from restlette.http.optional import load
from restlette.resources.representation import Representation

__all__ = ["MessagePack"]

msgpack: Any = load("msgpack", "msgpack", needed_by="restlette.MessagePack")

# What a JSON codec reads JSON as.
KINDS: Final = frozenset((dict, list, str, int, float, bool, type(None)))

# SECURITY: how many arrays and objects may hold a value, one in another: far below
# where Python would give up.
DEEPEST: Final = 100


def _encode(content: Any) -> bytes:
    packed: bytes = msgpack.packb(content, default=default)
    return packed


def _decode(content: bytes) -> Any:
    """Read MessagePack as JSON data.

    Raises:
        ValueError: it is none, or holds what JSON has not.
    """
    # SECURITY: a length that is promised is never believed: what msgpack takes is
    # bounded by the length of the content.
    value = msgpack.unpackb(content, ext_hook=_refuse)
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
        level, depth = _below(level), depth + 1
    return value


def _below(level: list[Any]) -> list[Any]:
    """Give what is one level down, after a look at the values of a level."""
    if not KINDS.issuperset(map(type, level)):
        raise ValueError("a value that JSON has not")
    if not all(isfinite(each) for each in level if type(each) is float):
        raise ValueError("a number that is not finite")
    lists = [each for each in level if type(each) is list]
    dicts = [each for each in level if type(each) is dict]
    if not all(type(key) is str for key in chain.from_iterable(dicts)):
        raise ValueError("a name that is no string")
    return [*chain(*lists), *chain.from_iterable(each.values() for each in dicts)]


def _refuse(code: int, data: bytes) -> Any:
    raise ValueError("an extension, which JSON has not")


MessagePack: Representation = Representation(
    "application/vnd.msgpack", _encode, _decode
)
"""MessagePack, under the media type that IANA has registered for it. It needs
`restlette[msgpack]`."""
