"""What happens in the shop, for whoever wants to hear of it.

Each process of the shop tells of what was done in it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import WeakSet

from examples.bookshop.models import Book, Change, Event

# How many changes wait for a listener, and how many are remembered for those who come
# back.
BACKLOG = 32
HISTORY = 1000


class News:
    """The changes, and whoever listens."""

    def __init__(self) -> None:
        self._watchers: WeakSet[asyncio.Queue[Change]] = WeakSet()
        self._happened = 0
        self._history: deque[Change] = deque(maxlen=HISTORY)

    def watch(self) -> asyncio.Queue[Change]:
        """Give a queue that every change is put on, for as long as it is kept.

        Whoever is slow loses the oldest changes; nobody waits for them.
        """
        changes: asyncio.Queue[Change] = asyncio.Queue(BACKLOG)
        self._watchers.add(changes)
        return changes

    def since(self, number: int) -> list[Change]:
        """Give the changes after a number, as far as they are remembered."""
        return [change for change in self._history if change.number > number]

    def tell(self, event: Event, book: Book) -> None:
        """Tell of a change."""
        self._happened += 1
        change = Change(self._happened, event, book)
        self._history.append(change)
        for changes in self._watchers:
            if changes.full():
                changes.get_nowait()
            changes.put_nowait(change)
