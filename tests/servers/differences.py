"""Answers that are not the same with every server, as data.

`docs/servers.md` says the same to those who choose a server.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from tests.live.server import COMMANDS, Server
from tests.live.wire import ask

T = TypeVar("T")


class Each(Generic[T]):
    """What is expected, and of which servers something else is.

    Args:
        usual: What is expected of every other server.
        unusual: What is expected of some, by name.
    """

    def __init__(self, usual: T, **unusual: T) -> None:
        unknown = unusual.keys() - COMMANDS.keys()
        if unknown:
            raise ValueError(f"there are no such servers: {unknown}")
        self._usual = usual
        self._unusual = unusual

    def of(self, server: Server) -> T:
        """Give what is expected of a server."""
        return self.named(server.name)

    def named(self, name: str) -> T:
        """Give what is expected of a server of this name."""
        return self._unusual.get(name, self._usual)


def of(expected: T | Each[T], server: Server) -> T:
    """Give what is expected of a server, where it may be the same of all."""
    return expected.of(server) if isinstance(expected, Each) else expected


class Early(NamedTuple):
    """The answer of a server that does not read all of the request before it closes.

    What is still on its way then makes TCP reset the connection, which can cost the
    client the answer, or the end of it.

    Attributes:
        status: The status of the answer, where the client gets one.
    """

    status: int


Status = int | Early


def assert_status(
    server: Server, request: bytes, expected: Status | Each[Status]
) -> None:
    """Ask, and assert that the answer has a status."""
    status = of(expected, server)
    if isinstance(status, int):
        assert ask(server, request).status == status
        return
    try:
        answer = ask(server, request)
    except ConnectionError:
        return
    assert answer.status == status.status
