"""Mappings whose keys may come several times: queries and forms.

`ImmutableMultiDict` reads, `MultiDict` writes too. ``[]`` gives the last value of a
key, as the ancestor's does; `getlist` gives them all.
"""

from collections import Counter
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, TypeVar, cast, overload

__all__ = ["ImmutableMultiDict", "MultiDict"]

K = TypeVar("K")
V = TypeVar("V")
_T = TypeVar("_T")

_MISSING: Any = object()


class ImmutableMultiDict(Mapping[K, V]):
    """A mapping with repeated keys, read only.

    A dictionary of lists would lose the order in which different keys came, and that is
    what a form or a query is written back in; so the pairs are the truth, and a
    dictionary beside them makes look-ups O(1).

    Args:
        items: Pairs, a mapping, or another multi-dictionary (its every pair).
        more: Items with names for keys, put in after the others.
    """

    __slots__ = ("_dict", "_list")
    _dict: dict[K, V]
    _list: list[tuple[K, V]]

    def __init__(
        self, items: Mapping[K, V] | Iterable[tuple[K, V]] = (), /, **more: V
    ) -> None:
        self._list = _pairs(items)
        if more:
            self._list += cast("list[tuple[K, V]]", list(more.items()))
        self._dict = dict(self._list)

    def getlist(self, key: K) -> list[V]:
        """Return every value of a key, in the order they came."""
        if key not in self._dict:
            return []
        return [value for k, value in self._list if k == key]

    def multi_items(self) -> list[tuple[K, V]]:
        """Return every pair, in the order they came."""
        return list(self._list)

    def keys(self) -> KeysView[K]:
        """The keys, each once."""
        return self._dict.keys()

    def values(self) -> ValuesView[V]:
        """The last value of each key."""
        return self._dict.values()

    def items(self) -> ItemsView[K, V]:
        """The keys, each once, with their last values."""
        return self._dict.items()

    def __getitem__(self, key: K) -> V:
        return self._dict[key]

    def __contains__(self, key: object) -> bool:
        return key in self._dict

    def __iter__(self) -> Iterator[K]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def __eq__(self, other: object) -> bool:
        """Compare the pairs, whatever their order; values have to be hashable."""
        if not isinstance(other, ImmutableMultiDict):
            return NotImplemented
        # Counted and not sorted: uploads have no order.
        return Counter(self._list) == Counter(other._list)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._list!r})"


class MultiDict(ImmutableMultiDict[K, V]):
    """A mapping with repeated keys that can be edited."""

    __slots__ = ()

    def __setitem__(self, key: K, value: V) -> None:
        self.setlist(key, [value])

    def __delitem__(self, key: K) -> None:
        del self._dict[key]
        self._drop({key})

    def _drop(self, keys: set[K]) -> None:
        self._list = [pair for pair in self._list if pair[0] not in keys]

    @overload
    def pop(self, key: K) -> V: ...
    @overload
    def pop(self, key: K, default: V) -> V: ...
    @overload
    def pop(self, key: K, default: _T) -> V | _T: ...
    def pop(self, key: K, default: object = _MISSING) -> object:
        """Remove a key with every value, and return the last of them.

        Raises:
            KeyError: The key is absent and there is no default.
        """
        if key not in self._dict:
            if default is _MISSING:
                raise KeyError(key)
            return default
        value = self._dict[key]
        del self[key]
        return value

    def popitem(self) -> tuple[K, V]:
        """Remove the key that was put in last, and return it with its last value.

        Raises:
            KeyError: There is none.
        """
        key, value = self._dict.popitem()
        self._drop({key})
        return key, value

    def poplist(self, key: K) -> list[V]:
        """Remove a key, and return every value of it; none when it is absent."""
        values = self.getlist(key)
        self.pop(key, None)
        return values

    def clear(self) -> None:
        """Remove every key."""
        self._dict.clear()
        self._list.clear()

    @overload
    def setdefault(self: "MultiDict[K, _T | None]", key: K) -> "_T | None": ...
    @overload
    def setdefault(self, key: K, default: V) -> V: ...
    def setdefault(self, key: K, default: Any = None) -> Any:
        """Set a key unless it is there, and return the value there is."""
        if key not in self._dict:
            self.append(key, default)
        return self._dict[key]

    def setlist(self, key: K, values: Iterable[V]) -> None:
        """Replace every value of a key; no values remove it."""
        pairs = [(key, value) for value in values]
        self._drop({key})
        self._list += pairs
        if pairs:
            self._dict[key] = pairs[-1][1]
        else:
            self._dict.pop(key, None)

    def setlistdefault(self, key: K, values: Iterable[V] = ()) -> list[V]:
        """Set every value of a key unless it is there, and return those there are."""
        if key not in self._dict:
            self.setlist(key, values)
        return self.getlist(key)

    def append(self, key: K, value: V) -> None:
        """Add a value to those that a key has."""
        self._list.append((key, value))
        self._dict[key] = value

    # The ancestor has both names.
    appendlist = append

    def update(
        self, items: Mapping[K, V] | Iterable[tuple[K, V]] = (), /, **more: V
    ) -> None:
        """Replace every value of the keys that are given, and add the other keys.

        Args:
            items: Pairs, a mapping, or another multi-dictionary (its every pair).
            more: Items with names for keys.
        """
        added = MultiDict(items, **more)
        self._drop(set(added))
        self._list += added._list
        self._dict.update(added._dict)


def _pairs(items: Mapping[K, V] | Iterable[tuple[K, V]]) -> list[tuple[K, V]]:
    if isinstance(items, ImmutableMultiDict):
        return cast("ImmutableMultiDict[K, V]", items).multi_items()
    if isinstance(items, Mapping):
        return list(cast("Mapping[K, V]", items).items())
    return [(key, value) for key, value in items]
