"""Processes that are forked to try something, and end."""

import os
import resource
import signal
from collections.abc import Callable, Iterator
from typing import TypeVar

# Bytes of addresses that a try may use: one that never ends asks for more and more.
MEMORY = 8 << 30

Key = TypeVar("Key")
Try = tuple[Callable[[], int], float]


def forked(tries: Iterator[tuple[Key, Try]], jobs: int) -> Iterator[tuple[Key, int]]:
    """Call each in a process of its own, as many at once as there are jobs.

    A try is a call that gives an exit status, and the seconds that it may take. What
    comes is the key of each, and its status: negative when a signal ended it, as
    SIGALRM does when its time is over.
    """
    running: dict[int, Key] = {}
    for key, (call, limit) in tries:
        if len(running) == jobs:
            yield _ended(running)
        pid = os.fork()
        if not pid:
            _call(call, limit)
        running[pid] = key
    while running:
        yield _ended(running)


def _ended(running: dict[int, Key]) -> tuple[Key, int]:
    pid, status = os.wait()
    return running.pop(pid), os.waitstatus_to_exitcode(status)


def _call(call: Callable[[], int], limit: float) -> None:
    """In the new process: call, and end, whatever happens."""
    status = 70
    try:
        signal.setitimer(signal.ITIMER_REAL, limit)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        status = call()
    finally:
        os._exit(status)
