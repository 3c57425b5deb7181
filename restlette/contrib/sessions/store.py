"""Where sessions are kept: the protocol of all stores, and one in memory.

A store knows a session by a key, which is a hash of its id: who reads the store cannot
take a session over. It writes a session only in the state that the writer has seen
(compare and swap), so that requests side by side lose nothing of each other's, and one
that was deleted does not come back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, Protocol

__all__ = ["MemoryStore", "Record", "SessionStore"]


class Record(NamedTuple):
    """A session, as a store keeps it.

    Attributes:
        text: What is in it, as JSON.
        version: How often it was written; the first time it is 1.
        user: Whose it is; None of nobody in particular.
        created: When it began, in seconds since 1970.
        expires: When it ends, unless it is used.
    """

    text: str
    version: int
    user: str | None
    created: float
    expires: float


class SessionStore(Protocol):
    """What keeps sessions. Whatever a method raises means that the store is down."""

    async def load(self, key: str) -> Record | None:
        """Give a session; None where there is none. It may be over by its date."""
        ...

    async def add(self, key: str, record: Record) -> None:
        """Keep a new session."""
        ...

    async def replace(self, key: str, record: Record) -> bool:
        """Keep a session anew, if it is in the state before this one.

        Args:
            key: The session's key.
            record: Its new state, whose version is one more than that which is there.

        Returns:
            False where it is in another state, or not there any more: nothing is done.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget a session, if it is there."""
        ...

    def all(self, user: str | None = None) -> AsyncIterator[tuple[str, Record]]:
        """Give the sessions with their keys; those of a user alone, if one is named."""
        ...

    async def delete_expired(self, now: float) -> int:
        """Forget the sessions that are over.

        Args:
            now: The time, in seconds since 1970.

        Returns:
            How many there were, as far as the store is the one to forget them.
        """
        ...

    async def close(self) -> None:
        """Close what is open; whoever asks for more opens it again."""
        ...


class MemoryStore:
    """Keeps sessions in this process, for as long as it runs.

    Args:
        most: How many are kept. When there are more, those that were written longest
            ago go.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._records: OrderedDict[str, Record] = OrderedDict()
        # Gives a session at once; None where there is none.
        self.get: Callable[[str], Record | None] = self._records.get

    async def load(self, key: str) -> Record | None:
        """Give a session; None where there is none."""
        return self.get(key)

    async def add(self, key: str, record: Record) -> None:
        """Keep a new session."""
        self._records[key] = record
        while len(self._records) > self._most:
            self._records.popitem(last=False)

    async def replace(self, key: str, record: Record) -> bool:
        """Keep a session anew, if it is in the state before this one."""
        there = self._records.get(key)
        if there is None or there.version != record.version - 1:
            return False
        self._records[key] = record
        self._records.move_to_end(key)
        return True

    async def delete(self, key: str) -> None:
        """Forget a session, if it is there."""
        self._records.pop(key, None)

    async def all(self, user: str | None = None) -> AsyncIterator[tuple[str, Record]]:
        """Give the sessions with their keys; those of a user alone, if one is named."""
        for key, record in list(self._records.items()):
            if user is None or record.user == user:
                yield key, record

    async def delete_expired(self, now: float) -> int:
        """Forget the sessions that are over, and say how many there were."""
        over = [key for key, each in self._records.items() if each.expires <= now]
        for key in over:
            del self._records[key]
        return len(over)

    async def close(self) -> None:
        """Do nothing: what is in memory stays there."""
