"""What contract mode says about an exchange that is not as its document has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Breach", "ContractError"]


class Breach(NamedTuple):
    """One thing that the document does not allow, or that HTTP does not.

    Attributes:
        kind: What it is about: "status", "header", "media type", "body", "security",
            "parameter", or "http".
        message: What is wrong, and where in what was sent.
        sent: What was sent.
        declared: What the document has, or the rule of HTTP.
        at: Where it has that: a JSON Pointer into the document, or the rule's source.
    """

    kind: str
    message: str
    sent: str
    declared: str
    at: str

    def __str__(self) -> str:
        return (
            f"{self.kind}: {self.message}\n"
            f"    sent:     {self.sent}\n"
            f"    declared: {self.declared}\n"
            f"    at:       {self.at}"
        )


class ContractError(AssertionError):
    """An exchange is not what the application's document declares.

    Args:
        exchange: The exchange, in a line.
        breaches: What is wrong with it.
        places: Where it is written: what there is, and file and line.
    """

    def __init__(
        self,
        exchange: str,
        breaches: Sequence[Breach],
        places: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(exchange, breaches, places)
        self.exchange = exchange
        self.breaches: tuple[Breach, ...] = tuple(breaches)
        self.places: tuple[tuple[str, str], ...] = tuple(places)

    def __str__(self) -> str:
        lines = [f"{self.exchange} is not what the document declares."]
        lines += [f"  {breach}" for breach in self.breaches]
        lines += [f"  {what}: {place}" for what, place in self.places]
        return "\n".join(lines)
