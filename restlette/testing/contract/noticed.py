"""Which of a request's header fields an application looks at.

A value that is decoded has been looked at. The fields that are watched are those that
select a representation or are a parameter; what everybody reads is left alone.
"""

from __future__ import annotations

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


class Noticed(bytes):
    """A field's value that knows whether it was decoded.

    Attributes:
        was_read: Whether it was.
    """

    was_read: bool = False

    def decode(self, *args: Any, **kwargs: Any) -> str:
        """Decode the value, and take note of it."""
        self.was_read = True
        return super().decode(*args, **kwargs)


def watched(fields: Fields) -> Fields:
    """Give header fields whose values know whether they were looked at.

    Args:
        fields: The fields.
    """
    return [
        (name, value if name in _UNWATCHED else Noticed(value))
        for name, value in fields
    ]


def noticed(fields: Fields) -> frozenset[str]:
    """Give the names of the fields that were looked at, in lower case.

    Args:
        fields: What `watched` gave.
    """
    return frozenset(
        [
            str(name, "latin-1").lower()
            for name, value in fields
            if isinstance(value, Noticed) and value.was_read
        ]
    )
