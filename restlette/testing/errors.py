"""What the test tools raise about the application that they talk to.

The tree::

    Exception
    ├── RuntimeError
    │   ├── ASGIViolation       the application broke the rules of ASGI or of HTTP
    │   └── LifespanFailed      the application said that it cannot start or stop
    └── ConnectionError
        ├── IncompleteAnswer    the application failed in the middle of its answer
        └── ClientGone          raised into the application: nobody is there any more
"""

from __future__ import annotations

__all__ = ["ASGIViolation", "ClientGone", "IncompleteAnswer", "LifespanFailed"]


class ASGIViolation(RuntimeError):
    """The application did what ASGI or HTTP forbids.

    A server would hide it, or break the connection; a test shall see it. It is raised
    into the application where it sends, and once more to the test, for the case that
    the application catches it.
    """


class LifespanFailed(RuntimeError):
    """The application answered `lifespan.startup.failed` or `lifespan.shutdown.failed`.

    Args:
        phase: "startup" or "shutdown".
        message: What the application said about it.
    """

    def __init__(self, phase: str, message: str) -> None:
        super().__init__(phase, message)
        self.phase = phase
        self.message = message

    def __str__(self) -> str:
        return f"the application's {self.phase} failed: {self.message or 'no message'}"


class IncompleteAnswer(ConnectionError):
    """The application raised after its answer had begun; the client saw it break off.

    It takes the place of the application's own exception, which is its cause, where
    `raise_server_exceptions` is off.
    """


class ClientGone(ConnectionError):
    """Raised into a WebSocket application that sends after the client went away.

    ASGI's WebSocket specification (2.4, "Disconnect") wants an OSError for this.
    """
