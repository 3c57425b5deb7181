"""Somebody who asks for little, while others ask for much."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.live.server import Server
from tests.live.wire import ask, message

# Seconds that nobody waits for longer. A machine that has much else to do is not what
# is measured: the best of a few tries counts.
SOON = 0.1
TRIES = 10

_LITTLE = message("GET /", "Host: shop.example", "Connection: close")


@contextmanager
def probing(server: Server) -> Iterator[list[float]]:
    """Ask for little, again and again, and note how long each answer takes.

    Args:
        server: Whom to ask.

    Returns:
        The seconds, complete at the end; the last one begins after the work is done.
    """
    waits: list[float] = []
    done = threading.Event()

    def probe() -> None:
        is_last = False
        while not is_last:
            is_last = done.is_set()
            start = time.monotonic()
            assert ask(server, _LITTLE).content == b'"hello"'
            waits.append(time.monotonic() - start)

    asking = threading.Thread(target=probe)
    asking.start()
    try:
        yield waits
    finally:
        done.set()
        asking.join()


def longest_wait(server: Server, work: Callable[[], object]) -> float:
    """Do something, and give how many seconds others wait at most meanwhile."""
    with probing(server) as waits:
        work()
    return max(waits)


def shortest_wait(server: Server, work: Callable[[], object], bound: float) -> float:
    """Give the longest wait in the best of a few tries, which end within the bound."""
    best = longest_wait(server, work)
    for _ in range(TRIES - 1):
        if best < bound:
            break
        best = min(best, longest_wait(server, work))
    return best
