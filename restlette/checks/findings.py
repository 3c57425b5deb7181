"""What a check can find: each kind with an id, and how grave it is.

The story starts with `RULES`, a table. docs/check.md shows the same one, which a test
holds it to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from restlette.resources.routes import Place

__all__ = ["RULES", "Finding", "Rule", "Severity"]

Severity = Literal["error", "warning"]


class Rule(NamedTuple):
    """A kind of finding.

    Attributes:
        severity: An error is a mistake whatever was meant; a warning is one mostly.
        about: What is found, in a few words.
    """

    severity: Severity
    about: str


RULES: Final[Mapping[str, Rule]] = {
    "startup": Rule("error", "The application cannot start."),
    "route-unreachable": Rule("error", "No path leads to a route."),
    "route-methods": Rule(
        "warning", "A path fits a route, but leads to one without its methods: 405."
    ),
    "route-order": Rule(
        "warning", "Which of two routes answers depends on the order of registration."
    ),
    "docstring-parameter": Rule(
        "error", "A docstring describes a parameter that the route has not got."
    ),
    "undocumented": Rule("warning", "A handler in the schema has no docstring."),
    "operation-id": Rule("error", "Two operations have one id."),
    "blocking-call": Rule(
        "error", "A coroutine calls what stops every other request while it waits."
    ),
    "missing-extra": Rule("error", "Something that is used is not installed."),
    "debug": Rule("error", "debug=True shows source code to whoever is near."),
    "cors": Rule("error", "Pages of anybody may act as the user who looks at them."),
    "trusted-hosts": Rule("warning", "Every Host is trusted."),
    "trusted-proxies": Rule("error", "Anybody may say which address a request is of."),
    "websocket-origins": Rule("warning", "Pages of anybody may open a WebSocket."),
    "limits": Rule("warning", "A limit is so high that it is none."),
    "secret": Rule("error", "A secret is short, or known to everybody."),
}


class Finding(NamedTuple):
    """Something that is probably wrong.

    Attributes:
        id: Its kind, a key of `RULES`.
        message: What is wrong, why, and what to write.
        place: Where it is written, as far as that is known.
    """

    id: str
    message: str
    place: Place | None = None

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return RULES[self.id].severity
