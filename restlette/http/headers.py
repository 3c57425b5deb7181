"""Header fields: the pairs of bytes that ASGI carries, read and written as text.

The story starts at `Headers`, a snapshot of what came in. `MutableHeaders` writes to
the list it is given, so that an answer (or a middleware that holds somebody's answer)
can be edited in place; `encode_name` and `encode_value` are the gate that whatever is
written passes.
"""

from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Any, TypeVar, overload

from restlette.http.methods import is_token
from restlette.http.types import Scope

__all__ = ["Headers", "MutableHeaders", "encode_name", "encode_value"]

_T = TypeVar("_T")

RawHeaders = list[tuple[bytes, bytes]]

# Fields whose values are credentials: shown by name only, in reprs and in logs.
SECRET = frozenset({b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"})

# RFC 9110 section 5.5:
#   field-value   = *field-content
#   field-content = field-vchar [ 1*( SP / HTAB / field-vchar ) field-vchar ]
#   field-vchar   = VCHAR / obs-text
#   obs-text      = %x80-FF
# "Field values containing CR, LF, or NUL characters are invalid and dangerous"; the
# other controls have no place in the grammar either. A field value neither starts nor
# ends with white space.
_BLANK = frozenset(" \t")
_FIELD_CHARS = frozenset(map(chr, (9, *range(0x20, 0x7F), *range(0x80, 0x100))))


def encode_name(name: str) -> bytes:
    """Encode a field name, in the lower case that ASGI and HTTP/2 ask for.

    Args:
        name: The name, in any case.

    Returns:
        The name's bytes, in lower case.

    Raises:
        ValueError: The name is not a token (RFC 9110 section 5.1).
    """
    if not is_token(name):
        raise ValueError(f"header {name[:80]!r}: a name is a token of RFC 9110 5.6.2")
    return name.lower().encode("ascii")


def encode_value(name: str, value: str) -> bytes:
    """Encode a field value.

    Args:
        name: The field's name, for the error.
        value: The value: latin-1 without controls (a tab may stand inside), and without
            white space at its ends.

    Returns:
        The value's bytes.

    Raises:
        ValueError: The value does not fit the grammar of RFC 9110 section 5.5. The
            message names the header and the character, never the value.
        TypeError: The value is not text.
    """
    if not isinstance(value, str):
        raise TypeError(
            f"header {name!r}: a value is a str, not {type(value).__name__}"
        )
    # PERF: nearly all values are visible ASCII, which is decided in C.
    if not (value.isascii() and value.isprintable()):
        for index, char in enumerate(value):
            if char not in _FIELD_CHARS:
                raise ValueError(
                    f"header {name!r}: {char!r} at index {index}; a value is latin-1 "
                    "without controls (RFC 9110 5.5)"
                )
    if value[:1] in _BLANK or value[-1:] in _BLANK:
        raise ValueError(f"header {name!r}: white space at an end (RFC 9110 5.5)")
    return value.encode("latin-1")


class Headers(Mapping[str, str]):
    """The header fields of a message, read only and without regard to case.

    A dictionary would not do: a field may come several times, and their order counts.
    ``headers[name]`` is the first field's value, `getlist` gives them all, and `items`,
    `keys` and `values` go through every field as it came.

    The list is copied when this is made: what a server adds to its own list later, a
    trailer for example, is never visible here. ``X_Y`` and ``X-Y`` are two names.

    Args:
        headers: Names and values to encode.
        raw: Pairs of bytes, or
        scope: a scope to take them from, in lower case as ASGI asks of servers.

    Raises:
        ValueError: A name or value in `headers` does not fit the grammar.
        TypeError: More than one of the three was given.
    """

    __slots__ = ("_index", "_list")
    _index: dict[bytes, bytes] | None
    _list: RawHeaders

    def __init__(
        self,
        headers: Mapping[str, str] | None = None,
        raw: Iterable[tuple[bytes, bytes]] | None = None,
        scope: Scope | None = None,
    ) -> None:
        self._index = None
        if scope is not None and headers is None and raw is None:
            self._list = self._from_scope(scope)
        elif raw is not None and headers is None and scope is None:
            self._list = self._from_raw(raw)
        elif raw is None and scope is None:
            self._list = _encoded(headers) if headers else []
        else:
            raise TypeError("give one of headers=, raw= and scope=")

    @staticmethod
    def _from_scope(scope: Scope) -> RawHeaders:
        # PERF: as they are; ASGI says "header names must be lower-cased".
        return list(scope.get("headers", ()))

    @staticmethod
    def _from_raw(raw: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
        return [(name.lower(), value) for name, value in raw]

    def _find(self, name: str) -> bytes | None:
        index = self._index
        if index is None:
            # The first of a name wins, so it has to be put in last.
            index = self._index = dict(reversed(self._list))
        key = _key(name)
        return None if key is None else index.get(key)

    @property
    def raw(self) -> RawHeaders:
        """The fields as pairs of bytes, in their order."""
        return self._list

    def __getitem__(self, name: str) -> str:
        value = self._find(name)
        if value is None:
            raise KeyError(name)
        return value.decode("latin-1")

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    @overload
    def get(self, name: str, default: _T) -> str | _T: ...
    def get(self, name: str, default: object = None) -> object:
        """Return the first value of a name, or the default."""
        value = self._find(name)
        return default if value is None else value.decode("latin-1")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def getlist(self, name: str) -> list[str]:
        """Return every value of a name, in the order they came."""
        if self._find(name) is None:
            return []
        key = _key(name)
        return [value.decode("latin-1") for n, value in self._list if n.lower() == key]

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name, _ in self._list)

    def __len__(self) -> int:
        return len(self._list)

    def items(self) -> ItemsView[str, str]:
        """Every name and value, repeated names included."""
        return _Items(self)

    def values(self) -> ValuesView[str]:
        """Every value, those of repeated names included."""
        return _Values(self)

    def mutablecopy(self) -> "MutableHeaders":
        """Return a copy that can be edited; this one stays as it is."""
        return MutableHeaders(raw=list(self._list))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return _sorted(self._list) == _sorted(other._list)

    def __repr__(self) -> str:
        shown = [
            (name.decode("latin-1"), _shown(name, value)) for name, value in self._list
        ]
        return f"{type(self).__name__}({shown!r})"


class MutableHeaders(Headers):
    """Header fields that can be edited, checked where they are set.

    Edits go to the very list that was given as `raw` or that is in `scope`: a
    middleware wraps ``message["headers"]`` and sends the message on. Look-ups walk that
    list each time, since others may edit it too; it is as short as an answer's head.
    """

    __slots__ = ()

    @staticmethod
    def _from_scope(scope: Scope) -> RawHeaders:
        fields = scope.get("headers", ())
        if not isinstance(fields, list):
            # ASGI allows any iterable there.
            fields = scope["headers"] = list(fields)
        return fields

    @staticmethod
    def _from_raw(raw: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
        return raw if isinstance(raw, list) else list(raw)

    def _find(self, name: str) -> bytes | None:
        key = _key(name)
        for n, value in self._list:
            # Other people's applications do not always write lower case.
            if n.lower() == key:
                return value
        return None

    def __setitem__(self, name: str, value: str) -> None:
        key, field = encode_name(name), encode_value(name, value)
        fields = self._list
        for index, (n, _) in enumerate(fields):
            if n.lower() == key:
                fields[index] = (key, field)
                fields[index + 1 :] = _without(fields[index + 1 :], {key})
                return
        fields.append((key, field))

    def __delitem__(self, name: str) -> None:
        # Deleting what is absent is no error, as in the ancestor.
        key = _key(name)
        if key is not None:
            self._list[:] = _without(self._list, {key})

    def append(self, name: str, value: str) -> None:
        """Add a field after those that are there, of the same name too.

        Raises:
            ValueError: The name or the value does not fit the grammar.
        """
        self._list.append((encode_name(name), encode_value(name, value)))

    def setdefault(self, name: str, value: str) -> str:
        """Set a field unless its name is there, and return the value there is.

        Raises:
            ValueError: The name or the value does not fit the grammar.
        """
        pair = (encode_name(name), encode_value(name, value))
        found = self._find(name)
        if found is not None:
            return found.decode("latin-1")
        self._list.append(pair)
        return value

    def update(self, headers: Mapping[str, str]) -> None:
        """Replace the fields whose names are given, and add the rest.

        Args:
            headers: Names and values; every field of another `Headers`, repeated ones
                included.

        Raises:
            ValueError: A name or a value does not fit the grammar; nothing is changed.
        """
        added = _encoded(headers)
        kept = _without(self._list, {name for name, _ in added})
        self._list[:] = kept + added

    def __ior__(self, headers: Mapping[str, str]) -> "MutableHeaders":
        self.update(headers)
        return self

    def __or__(self, headers: Mapping[str, str]) -> "MutableHeaders":
        joined = self.mutablecopy()
        joined.update(headers)
        return joined

    def add_vary_header(self, vary: str) -> None:
        """Name request fields that the answer was selected by.

        Names that are listed are not repeated, whatever their case. ``*`` stands for
        everything, so it replaces the rest and stays (RFC 9110 section 12.5.5).

        Args:
            vary: One name or several, with commas between them.

        Raises:
            ValueError: The value does not fit the grammar.
        """
        names: dict[str, str] = {}
        for line in (*self.getlist("vary"), vary):
            for member in line.split(","):
                if name := member.strip(" \t"):
                    names.setdefault(name.lower(), name)
        self["vary"] = "*" if "*" in names else ", ".join(names.values())


class _Items(ItemsView[str, str]):
    """Names and values as they came; the mixin's view would repeat first values."""

    def __init__(self, headers: Headers) -> None:
        super().__init__(headers)
        self._raw = headers.raw

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for name, value in self._raw:
            yield name.decode("latin-1"), value.decode("latin-1")

    def __contains__(self, item: object) -> bool:
        return any(item == mine for mine in self)


class _Values(ValuesView[str]):
    """Values as they came; the mixin's view would repeat first values."""

    def __init__(self, headers: Headers) -> None:
        super().__init__(headers)
        self._raw = headers.raw

    def __iter__(self) -> Iterator[str]:
        return (value.decode("latin-1") for _, value in self._raw)

    def __contains__(self, value: object) -> bool:
        return any(value == mine for mine in self)


def _key(name: str) -> bytes | None:
    # Encoded before it is lowered: str.lower() makes an ASCII "k" of the Kelvin sign.
    try:
        return name.encode("latin-1").lower()
    except UnicodeEncodeError:
        return None


def _encoded(headers: Mapping[str, str]) -> RawHeaders:
    return [(encode_name(n), encode_value(n, value)) for n, value in headers.items()]


def _without(fields: RawHeaders, names: set[bytes]) -> RawHeaders:
    return [field for field in fields if field[0].lower() not in names]


def _sorted(fields: RawHeaders) -> list[tuple[bytes, bytes]]:
    return sorted((name.lower(), value) for name, value in fields)


def _shown(name: bytes, value: bytes) -> Any:
    return "[hidden]" if name.lower() in SECRET else value.decode("latin-1")
