"""The shapes of ASGI's values, and the two small values that every scope carries.

A server calls ``app(scope, receive, send)``; the aliases name those three as the ASGI
specification does. `Address` is what ``scope["client"]`` and ``scope["server"]``
become, `State` is what ``scope["state"]`` becomes.
"""

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, Final, NamedTuple

__all__ = ["ASGIApp", "Address", "Message", "Receive", "Scope", "Send", "State"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

# Where a scope says that the content is being read piece by piece, by an event that is
# set at the end of it; and that some of it was dropped, because nobody read it.
READING: Final = "restlette.reading"
DROPPED: Final = "restlette.dropped"


class Address(NamedTuple):
    """One end of a connection: a host, as the server spells it, and a port."""

    host: str
    port: int


class State:
    """A bag of attributes over one dictionary.

    A plain dictionary would do for the values, but ``state.database`` is how
    applications write it, and the dictionary belongs to the server: it is kept by
    reference, so that what one request or the lifespan puts there others see.

    Args:
        state: The dictionary to wrap; a new one when it is None.
    """

    __slots__ = ("_state",)
    _state: dict[str, Any]

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        super().__setattr__("_state", {} if state is None else state)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._state[name]
        except KeyError:
            message = f"{type(self).__name__!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=self) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._state[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self._state[name]
        except KeyError:
            message = f"{type(self).__name__!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=self) from None

    def __getitem__(self, name: str) -> Any:
        return self._state[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._state[name] = value

    def __delitem__(self, name: str) -> None:
        del self._state[name]

    def __contains__(self, name: object) -> bool:
        return name in self._state

    def __iter__(self) -> Iterator[str]:
        return iter(self._state)

    def __len__(self) -> int:
        return len(self._state)

    def __repr__(self) -> str:
        # SECURITY: names only; the values are sessions, users and connections.
        return f"{type(self).__name__}({', '.join(self._state)})"

    def __reduce__(self) -> tuple[type["State"], tuple[dict[str, Any]]]:
        # A copy is made through the constructor: the default way sets `_state` with
        # setattr, which here would put it into the bag.
        return type(self), (dict(self._state),)
