"""Which graphql-core is there: 3.2, or 3.3, which can answer in parts.

All else is the same in both, and is used where it is needed. What drives an operation
is not: there is a module for each, and the one that fits is chosen by what graphql-core
has. Each has `Whole` and `Parts`, two classes that are made by graphql-core's `build`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from restlette.http.optional import load

if TYPE_CHECKING:
    import graphql
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")

__all__ = ["INCREMENTS", "PARTS", "WHOLE", "increments_of"]

_chosen: Any
if hasattr(graphql, "Executor"):
    _chosen = import_module("restlette.contrib.graphql._parts")
else:
    _chosen = import_module("restlette.contrib.graphql.execution")

WHOLE: Final[Any] = _chosen.Whole
"""Executes with one answer: `whole()`, and `events(…)` of a subscription."""

PARTS: Final[Any] = _chosen.Parts
"""Executes with several: `parts(…)`. None where graphql-core cannot."""

INCREMENTS: Final = frozenset(("defer", "stream"))
"""The directives that put off a part of the answer."""


class _Increments(graphql.Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_directive(self, node: graphql.DirectiveNode, *_: Any) -> None:
        self.found |= INCREMENTS & {node.name.value}


def increments_of(document: graphql.DocumentNode, source: str) -> frozenset[str]:
    """Give those directives of a document that put off a part of the answer.

    Args:
        document: The document.
        source: Its text.
    """
    # PERF: most have neither, which is soon seen.
    if not any(name in source for name in INCREMENTS):
        return frozenset()
    visitor = _Increments()
    graphql.visit(document, visitor)
    return frozenset(visitor.found)
