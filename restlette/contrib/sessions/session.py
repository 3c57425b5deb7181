"""What a session is to an application: a mapping that knows what was done to it.

The story starts at `Session`, which is in ``scope["session"]``. `merged` puts together
what several requests have made of one.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any, Final, TypeVar

from restlette.resources.models import Invalid, model_for

__all__ = ["Session", "decoded", "encoded", "merged"]

T = TypeVar("T")

_MISSING: Final = object()
_MUTABLE: Final = frozenset((list, dict))

# PERF: set up once.
_encode: Final = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


# PERF: what is behind `json.loads`, without what that does for other people's JSON.
_decoder: Final[Any] = json.JSONDecoder()
_scan: Final[Callable[[str, int], tuple[Any, int]]] = _decoder.scan_once


def encoded(data: Mapping[str, Any]) -> str:
    """Write what is in a session, as JSON.

    Raises:
        TypeError: Something in it has no form in JSON.
        ValueError: A number is none that JSON has.
    """
    try:
        return _encode(data)
    except TypeError as exc:
        raise TypeError(
            f"a session holds what JSON can say: texts, numbers, lists, dicts, true, "
            f"false and null. {exc}"
        ) from exc


def decoded(text: str) -> dict[str, Any]:
    """Read what was in a session.

    Raises:
        ValueError: It is no object of JSON.
    """
    try:
        data, end = _scan(text, 0)
    except StopIteration:
        raise ValueError("a session is JSON") from None
    except RecursionError as exc:
        raise ValueError("a session is not as deep as that") from exc
    if not isinstance(data, dict) or end != len(text):
        raise ValueError("a session is an object, and nothing else")
    return data


class Session(MutableMapping[str, Any]):
    """The session of a connection.

    Whatever is read of it counts as access, and whatever is changed in it, in a list
    or dict inside too, is found when the answer begins.

    Args:
        source: The text that it was saved as, None for a new one; or what gives it, and
            is called when somebody looks, and once.

    Attributes:
        accessed: Whether anybody has looked at it.
        owner: What `user` is, for who keeps the session: it was not looked at.
        saver: What saves it now.
        is_as_it_came: Whether it is certain that there is nothing to save, without a
            comparison.
    """

    # PERF: what most sessions have of these stays the class's.
    accessed: bool = False
    is_as_it_came: bool = True
    owner: str | None = None
    saver: Callable[[], Awaitable[None]] | None = None
    _before: str | None = None
    _was_set = False
    _is_renewed = False
    _is_invalidated = False
    _has_ended = False

    def __init__(self, source: str | Callable[[], str | None] | None) -> None:
        self._source: str | Callable[[], str | None] | None = source
        self._values: dict[str, Any] = {}

    @property
    def user(self) -> str | None:
        """Whose it is, as far as the store is to know, for listing and revoking.

        Of server-side sessions alone. Who asks has looked at the session.
        """
        self.data  # noqa: B018  (it was looked at)
        return self.owner

    @user.setter
    def user(self, user: str | None) -> None:
        self.owner = user

    @property
    def data(self) -> dict[str, Any]:
        """What is in it; who asks has looked at it."""
        if not self.accessed:
            self._load()
        return self._values

    def _load(self) -> None:
        self.accessed = True
        source = self._source
        text = source() if callable(source) else source
        if text is not None:
            try:
                self._values = decoded(text)
            except ValueError:
                # What is no session is none; whoever has loaded it finds out.
                text = None
        self._before = text
        # What can be changed without being set is a list or a dict.
        if text is None or "[" in text or text.rfind("{") > 0:
            self.is_as_it_came = False

    @property
    def before(self) -> dict[str, Any] | None:
        """What was in it when it came; None of a new one."""
        return None if self._before is None else decoded(self._before)

    @property
    def is_new(self) -> bool:
        """Whether there was none."""
        return self.data is self._values and self._before is None

    @property
    def is_modified(self) -> bool:
        """Whether it is to be saved: something in it is not as it came."""
        return self.modified() is not None

    def modified(self) -> str | None:
        """Give what is to be saved, as JSON; None where it is as it came."""
        if not self.accessed:
            return None
        is_to_be = self._is_renewed or self._is_invalidated
        if not is_to_be and not self._may_differ():
            return None
        text = encoded(self._values)
        return text if is_to_be or text != self._before else None

    def _may_differ(self) -> bool:
        """Say whether there is anything that has to be compared."""
        if self._was_set:
            return self._before is not None or bool(self._values)
        return any(type(each) in _MUTABLE for each in self._values.values())

    @property
    def is_renewed(self) -> bool:
        """Whether it is to have another id."""
        return self._is_renewed

    @property
    def is_invalidated(self) -> bool:
        """Whether it is over."""
        return self._is_invalidated

    @property
    def has_ended(self) -> bool:
        """Whether it is over, though another one may have begun in its place."""
        return self._has_ended

    def regenerate(self) -> None:
        """Give it another id, when it comes to be worth more: at log in, for example.

        What is in it stays. The id that it had is nobody's from then on, whoever has
        planted or seen it (OWASP Session Management, "Renew the Session ID After Any
        Privilege Level Change"). Signed cookies have no id, and are signed anew.
        """
        self.data  # noqa: B018  (it was looked at)
        self._is_renewed = True
        self.is_as_it_came = False

    def invalidate(self) -> None:
        """End it: all that is in it is gone, and so is its id and its cookie."""
        self.clear()
        self.owner = None
        self._is_invalidated = self._has_ended = True
        self.is_as_it_came = False

    def read(self, model: type[T]) -> T | None:
        """Give what is in it as an object of a class.

        Args:
            model: An attrs class, or another type that has a form in JSON.

        Returns:
            The object; None where what is in the session does not fit, as what an
            earlier version of the application has put there.

        Raises:
            TypeError: The type has no form in JSON.
        """
        load: Callable[[Any], T] = model_for(model).load
        try:
            return load(self.data)
        except Invalid:
            return None

    def write(self, value: Any) -> None:
        """Put an object in, in the place of all that is there; `read` gives it again.

        Args:
            value: An object of an attrs class, or of another type that is an object in
                JSON.
        """
        data = model_for(type(value)).dump(value)
        self.clear()
        self.update(data)

    async def save(self) -> None:
        """Save it now, and not when the answer begins.

        For WebSockets and for streams, whose answers begin before their work is done.
        Where the answer has begun, a cookie cannot be set any more: a session that had
        no id by then cannot be saved.

        Raises:
            RuntimeError: It cannot be saved now.
        """
        if self.saver is None:
            raise RuntimeError(
                "a session in a cookie is saved with the header fields of the answer: "
                "change it before the answer begins, or use Sessions, with a store."
            )
        await self.saver()

    def saved(self, text: str | None) -> None:
        """Take note that it was saved as a text; None where it is gone."""
        self._before = text
        # A list that the application holds stays the one that is in the session; and
        # what it may hold that is no list of JSON's own is compared from now on.
        self._was_set = text is not None and text == encoded(self._values)
        if not self._was_set:
            self._values = {} if text is None else decoded(text)
        self._is_renewed = self._is_invalidated = self._has_ended = False
        # What was not is compared from now on.
        self.is_as_it_came = False

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    def get(self, key: str, default: Any = None) -> Any:
        """Give a value, or something else where there is none."""
        # PERF: that of Mapping raises and catches.
        if not self.accessed:
            self._load()
        return self._values.get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"the keys of a session are texts, not {key!r}.")
        # Who puts something in after it was over begins another one.
        self._is_invalidated = False
        self.data[key] = value
        self._was_set = True
        self.is_as_it_came = False

    def __delitem__(self, key: str) -> None:
        del self.data[key]
        self._was_set = True
        self.is_as_it_came = False

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        # SECURITY: the names alone; a log is no place for the rest.
        return f"<Session {', '.join(sorted(self._values))}>"


def merged(
    before: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    """Do again to a session what was done to an earlier state of it.

    Keys that were set, changed or deleted are so in the result, those inside of dicts
    each for itself; everything else is as the others have left it.

    Args:
        before: The state that both have begun with.
        mine: What one has made of it.
        theirs: What the others have, which is saved already.
    """
    result = dict(theirs)
    for key in {**before, **mine}:
        old, new = before.get(key, _MISSING), mine.get(key, _MISSING)
        if old == new and type(old) is type(new):
            continue
        if new is _MISSING:
            result.pop(key, None)
            continue
        now = result.get(key, _MISSING)
        if isinstance(old, dict) and isinstance(new, dict) and isinstance(now, dict):
            result[key] = merged(old, new, now)
        else:
            result[key] = new
    return result
