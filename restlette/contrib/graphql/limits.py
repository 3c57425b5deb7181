"""How much one operation may ask for: the limits of GraphQL, on by default.

The story starts with `QueryLimits`, one figure a subject. The parser holds a document
to the first two; `excess` holds an operation to the next three, once the rules of
GraphQL have passed: what they have not seen may hold a circle of fragments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from restlette.http.limits import check_figures
from restlette.http.optional import load

if TYPE_CHECKING:
    import graphql
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")

__all__ = ["QueryLimits", "excess"]


class QueryLimits(NamedTuple):
    """What one operation may hold, and one socket.

    A fragment counts wherever it is spread.

    Attributes:
        characters: Characters of a document.
        tokens: Lexical tokens of a document; the parser stops at the next one.
        depth: Fields inside of fields, the leaf included.
        aliases: Fields that are given another name.
        directives: Directives.
        subscriptions: Operations that one WebSocket has going at a time.
    """

    characters: int = 100_000
    tokens: int = 2000
    depth: int = 15
    aliases: int = 30
    directives: int = 50
    subscriptions: int = 100

    def override(self, figures: Mapping[str, Any] | None) -> QueryLimits:
        """Give these limits with some figures replaced.

        Args:
            figures: New figures by name, or None for no change.

        Raises:
            TypeError: A name is not that of a limit.
            ValueError: A figure is not a whole number of 0 or more.
        """
        names, kind = self._fields, "limits of GraphQL"
        return self._replace(**check_figures(figures or {}, names, kind))


class _Measure(NamedTuple):
    """What a selection holds, fragments included."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0

    def beside(self, other: _Measure) -> _Measure:
        return _Measure(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
        )


def _directives(node: Any) -> int:
    # graphql-core 3.3 has None where there are none.
    return len(node.directives or ())


class _Scale:
    """Measures the definitions of a document, each of them once.

    PERF: a fragment that spreads another one twice, which does so too, stands for
    two to the power of their number; so each is measured once, and its figures count.

    Args:
        document: A document whose fragments form no circle.
    """

    def __init__(self, document: graphql.DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, graphql.FragmentDefinitionNode)
        }
        self._measured: dict[str, _Measure] = {}

    def definition(self, node: graphql.ExecutableDefinitionNode) -> _Measure:
        own = sum(map(_directives, (node, *(node.variable_definitions or ()))))
        return _Measure(directives=own).beside(self._set(node.selection_set))

    def _set(self, node: graphql.SelectionSetNode | None) -> _Measure:
        measure = _Measure()
        for selection in () if node is None else node.selections:
            measure = measure.beside(self._selection(selection))
        return measure

    def _selection(self, node: graphql.SelectionNode) -> _Measure:
        own = _Measure(directives=_directives(node))
        if isinstance(node, graphql.FragmentSpreadNode):
            return own.beside(self._fragment(node.name.value))
        if isinstance(node, graphql.InlineFragmentNode):
            return own.beside(self._set(node.selection_set))
        field: graphql.FieldNode = node  # type: ignore[assignment] # the third kind
        inside = self._set(field.selection_set)
        named = _Measure(inside.depth + 1, int(field.alias is not None))
        return own.beside(named).beside(inside)

    def _fragment(self, name: str) -> _Measure:
        if name not in self._measured:
            self._measured[name] = self.definition(self._fragments[name])
        return self._measured[name]


def excess(
    document: graphql.DocumentNode, limits: QueryLimits
) -> Iterable[graphql.GraphQLError]:
    """Give an error for each limit that an operation of a document exceeds.

    Args:
        document: A document that is valid.
        limits: The limits.
    """
    scale = _Scale(document)
    for definition in document.definitions:
        if not isinstance(definition, graphql.OperationDefinitionNode):
            continue
        measure = scale.definition(definition)
        for subject in _Measure._fields:
            most = getattr(limits, subject)
            if getattr(measure, subject) > most:
                yield graphql.GraphQLError(
                    f"The operation exceeds the limit of {most} on {subject}.",
                    definition,
                )
