"""Which of a request's header fields an application looks at.

A value that is decoded has been looked at. The fields that are watched are those that
select a representation or are a parameter; what everybody reads is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from restlette.testing.scope import Fields

__all__ = ["Noticed", "noticed", "watched"]

# What servers, frameworks and middleware read of every request.
_UNWATCHED: Final = frozenset(
    {
        *(b"accept", b"accept-encoding", b"connection", b"content-length"),
        *(b"content-type", b"host", b"transfer-encoding", b"user-agent"),
    }
)


# The scope of what is watched no more.
NOWHERE: Final[Mapping[str, Any]] = {}


class Noticed(bytes):
    """A field's value that knows whether it was decoded.

    Attributes:
        scope: The scope of the request that it belongs to.
        was_read: Whether it was decoded.
        was_used: Whether it was when the router had found the resource: by that, and
            not by a middleware that reads what every request has.
    """

    scope: Mapping[str, Any] = NOWHERE
    was_read: bool = False
    was_used: bool = False

    def decode(self, *args: Any, **kwargs: Any) -> str:
        """Decode the value, and take note of it."""
        self.was_read = True
        if "route" in self.scope:
            self.was_used = True
        return super().decode(*args, **kwargs)


def watched(scope: Mapping[str, Any]) -> Fields:
    """Give the header fields of a scope, with values that know who looked at them.

    Args:
        scope: The scope.
    """
    return [
        (name, value if name in _UNWATCHED else _noticed(value, scope))
        for name, value in scope["headers"]
    ]


def _noticed(value: bytes, scope: Mapping[str, Any]) -> Noticed:
    noticed = Noticed(value)
    noticed.scope = scope
    return noticed


def noticed(fields: Fields) -> tuple[frozenset[str], frozenset[str]]:
    """Give the names of the fields that were looked at, and watch them no more.

    Args:
        fields: What `watched` gave.

    Returns:
        Those that anybody has looked at, and those that the resource has.
    """
    read, used = [], []
    for name, value in fields:
        if isinstance(value, Noticed):
            # PERF: a scope that is held by what it holds waits for the collector.
            value.scope = NOWHERE
            if value.was_read:
                read.append(str(name, "latin-1").lower())
            if value.was_used:
                used.append(read[-1])
    return frozenset(read), frozenset(used)
