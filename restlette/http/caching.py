"""Cache-Control: what caches may do with a message (RFC 9111 §5.2).

`CacheControl` is the value of the field, the same class for requests and answers. Its
arguments are the directives, with underscores in their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from restlette.http.methods import TCHAR, is_token

__all__ = ["CacheControl"]

# RFC 9111 §5.2:
#   Cache-Control   = #cache-directive
#   cache-directive = token [ "=" ( token / quoted-string ) ]
# What is between members, a member, or what is malformed and goes to the next comma.
# One of them fits at any place, so that the search never starts anew; the repetitions
# are possessive, and a quote that is never closed is followed to the next one at most,
# where another member could start: the time is linear.
_members = re.compile(
    rf"[ \t,]++|({TCHAR}++)"
    rf"(?:=(?:({TCHAR}++)|"
    r'"((?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*+)"))?+'
    r"[ \t]*+(?=,|\Z)|[^,]++"
).finditer
_unescape = re.compile(r"\\(.)").sub
_unquotable = re.compile(r"[^\t\x20-\x7e\x80-\xff]").search

# Directives with no argument.
_FLAGS: Final = (
    "public",
    "no-store",
    "no-transform",
    "must-revalidate",
    "proxy-revalidate",
    "must-understand",
    "immutable",
    "only-if-cached",
)
# Directives that may name header fields.
_FIELDS: Final = ("no-cache", "private")
# Directives with seconds.
_SECONDS: Final = (
    "max-age",
    "s-maxage",
    "stale-while-revalidate",
    "stale-if-error",
    "min-fresh",
)
_KNOWN: Final = frozenset((*_FLAGS, *_FIELDS, *_SECONDS, "max-stale"))

# RFC 9111 §1.2.2: a delta-seconds that a cache cannot represent is taken as 2^31.
_MOST_SECONDS: Final = 2**31
_MOST_DIGITS: Final = 10


class CacheControl:
    """The value of a Cache-Control field.

    A mapping would not do: seconds, names of fields and bare words are written in
    different ways, and a misspelt directive is one that caches ignore.

    Args:
        public: A shared cache may keep it although it would not otherwise.
        private: No shared cache may; or names of the fields that it may not keep.
        no_cache: Not without asking first; or names of the fields that need it.
        no_store: Nobody may keep it.
        no_transform: Nobody on the way may change the content.
        must_revalidate: Not once it is stale, without asking.
        proxy_revalidate: The same, for shared caches.
        must_understand: Only by those who know the status.
        immutable: It does not change while it is fresh (RFC 8246).
        max_age: Seconds for which it is fresh.
        s_maxage: The same, for shared caches.
        stale_while_revalidate: Seconds for which a stale one does, while a cache asks
            (RFC 5861).
        stale_if_error: Seconds for which a stale one does, when asking fails.
        max_stale: In a request: seconds past freshness, True for any number.
        min_fresh: In a request: seconds for which it has to stay fresh.
        only_if_cached: In a request: an answer from a cache or none.
        extensions: Further directives with their arguments, None for none.

    Raises:
        ValueError: Seconds that are no whole number of 0 or more, or a name that is not
            a token.
    """

    __slots__ = (*(name.replace("-", "_") for name in sorted(_KNOWN)), "extensions")

    def __init__(
        self,
        *,
        public: bool = False,
        private: bool | Iterable[str] = False,
        no_cache: bool | Iterable[str] = False,
        no_store: bool = False,
        no_transform: bool = False,
        must_revalidate: bool = False,
        proxy_revalidate: bool = False,
        must_understand: bool = False,
        immutable: bool = False,
        max_age: int | None = None,
        s_maxage: int | None = None,
        stale_while_revalidate: int | None = None,
        stale_if_error: int | None = None,
        max_stale: int | bool = False,
        min_fresh: int | None = None,
        only_if_cached: bool = False,
        extensions: Mapping[str, str | None] | None = None,
    ) -> None:
        self.public: Final = public
        self.private: Final = _checked_names("private", private)
        self.no_cache: Final = _checked_names("no_cache", no_cache)
        self.no_store: Final = no_store
        self.no_transform: Final = no_transform
        self.must_revalidate: Final = must_revalidate
        self.proxy_revalidate: Final = proxy_revalidate
        self.must_understand: Final = must_understand
        self.immutable: Final = immutable
        self.max_age: Final = _checked_seconds("max_age", max_age)
        self.s_maxage: Final = _checked_seconds("s_maxage", s_maxage)
        self.stale_while_revalidate: Final = _checked_seconds(
            "stale_while_revalidate", stale_while_revalidate
        )
        self.stale_if_error: Final = _checked_seconds("stale_if_error", stale_if_error)
        self.max_stale: Final = (
            max_stale
            if isinstance(max_stale, bool)
            else _checked_seconds("max_stale", max_stale)
        )
        self.min_fresh: Final = _checked_seconds("min_fresh", min_fresh)
        self.only_if_cached: Final = only_if_cached
        self.extensions: Final = _checked_extensions(extensions or {})

    @classmethod
    def from_header(cls, value: str) -> CacheControl:
        """Read a field's value, in time linear in its length.

        Args:
            value: The lines of the field, with commas between them.

        Returns:
            The directives. The first of a name counts, as RFC 9111 §4.2.1 allows; what
            is malformed is left out, but seconds that are none are 0: "caches are
            encouraged to consider responses that have invalid freshness information …
            to be stale". Directives that are not known are in `extensions`.
        """
        found: dict[str, str | None] = {}
        for match in _members(value):
            name, token, quoted = match.groups()
            if name is not None:
                # RFC 9111 §5.2: directives are matched without regard to case, and an
                # argument may come in either form.
                argument = token if quoted is None else _unescape(r"\1", quoted)
                found.setdefault(name.lower(), argument)
        return cls._of(found)

    @classmethod
    def _of(cls, found: dict[str, str | None]) -> CacheControl:
        arguments: dict[str, Any] = {}
        for name, argument in found.items():
            if name in _FLAGS:
                arguments[name.replace("-", "_")] = True
            elif name in _FIELDS:
                arguments[name.replace("-", "_")] = _names(argument)
            elif name in _SECONDS:
                arguments[name.replace("-", "_")] = _seconds(argument)
        if "max-stale" in found:
            argument = found["max-stale"]
            arguments["max_stale"] = True if argument is None else _seconds(argument)
        others = {n: argument for n, argument in found.items() if n not in _KNOWN}
        return cls(**arguments, extensions=others)

    def to_header(self) -> str:
        """Give the value as a field carries it; empty where there is no directive."""
        members = [name for name in _FLAGS if self._get(name)]
        for name in _FIELDS:
            fields = self._get(name)
            if fields is True:
                members.append(name)
            elif fields:
                # RFC 9111 §5.2.2.4: the quoted form, even for one name.
                members.append(f'{name}="{", ".join(fields)}"')
        for name in _SECONDS:
            if self._get(name) is not None:
                members.append(f"{name}={self._get(name)}")
        if self.max_stale is not False:
            bare = self.max_stale is True
            members.append("max-stale" if bare else f"max-stale={self.max_stale}")
        for name, argument in self.extensions.items():
            members.append(name if argument is None else f"{name}={_quoted(argument)}")
        return ", ".join(members)

    def _get(self, directive: str) -> Any:
        return getattr(self, directive.replace("-", "_"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CacheControl):
            return NotImplemented
        return all(getattr(self, n) == getattr(other, n) for n in self.__slots__)

    def __hash__(self) -> int:
        return hash(self.to_header())

    def __repr__(self) -> str:
        return f"CacheControl.from_header({self.to_header()!r})"


def _seconds(argument: str | None) -> int:
    # RFC 9111 §1.2.2: delta-seconds = 1*DIGIT
    if argument is None or not (argument.isascii() and argument.isdigit()):
        return 0
    digits = argument.lstrip("0") or "0"
    if len(digits) > _MOST_DIGITS:
        return _MOST_SECONDS
    return min(int(digits), _MOST_SECONDS)


def _names(argument: str | None) -> bool | tuple[str, ...]:
    names = [name.strip(" \t").lower() for name in (argument or "").split(",")]
    # RFC 9111 §5.2.2.4, §5.2.2.7: without names it holds for the whole, and many caches
    # take it so in any case; so that is what junk means too.
    return tuple([name for name in names if is_token(name)]) or True


def _checked_seconds(name: str, seconds: object) -> int | None:
    if seconds is None:
        return None
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0:
        raise ValueError(f"{name} is a whole number of seconds, not {seconds!r}.")
    return seconds


def _checked_names(
    directive: str, names: bool | Iterable[str]
) -> bool | tuple[str, ...]:
    if isinstance(names, bool):
        return names
    if isinstance(names, str):
        raise ValueError(f"{directive} is True or a list of names, not {names!r}.")
    fields = tuple([name.lower() for name in names])
    for name in fields:
        if not is_token(name):
            raise ValueError(f"{directive}: {name[:80]!r} is no field's name.")
    # No name at all would mean the whole to a cache: that is not what was written.
    return fields or False


def _checked_extensions(
    extensions: Mapping[str, str | None],
) -> dict[str, str | None]:
    checked = {name.lower(): argument for name, argument in extensions.items()}
    for name, argument in checked.items():
        if not is_token(name):
            raise ValueError(f"{name[:80]!r} is no directive's name (RFC 9111 §5.2).")
        if name in _KNOWN:
            raise ValueError(f"write {name.replace('-', '_')}=, not an extension.")
        if argument is not None and _unquotable(argument):
            raise ValueError(f"{name}: a control character, or one beyond latin-1.")
    return checked


def _quoted(argument: str) -> str:
    if is_token(argument):
        return argument
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
