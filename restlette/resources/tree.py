"""Which leaf of a tree of templates a path leads to.

The story starts with `Tree.insert`, which hangs something under a template, and
`Tree.match`, which finds it again. A node has children by literal, by pattern and by
parameter, asked in that order, the narrowest first, whatever the order of insertion.
What leads nowhere is taken back. A node stands at one depth and is reached from one
parent, so that a path is never tried twice at the same node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from restlette.resources.uri import (
    NO_MATCH,
    Parameter,
    Pattern,
    Template,
    join_segments,
)

__all__ = ["Node", "Tree", "split_path"]

L = TypeVar("L")


def split_path(path: str) -> list[str]:
    """Split a path that is empty or begins with a slash into its segments."""
    return path.split("/")[1:]


class Node(Generic[L]):
    """A place in the tree: what hangs there, and the ways on.

    Attributes:
        leaf: What a path that ends here leads to.
        below: What a path that goes on from here leads to when no child takes it.
        tails: Patterns for all that is left of a path, and what they lead to.
    """

    __slots__ = ("below", "leaf", "literals", "parameters", "patterns", "tails")

    def __init__(self) -> None:
        self.leaf: L | None = None
        self.below: L | None = None
        self.literals: dict[str, Node[L]] = {}
        self.patterns: list[tuple[Pattern, Node[L]]] = []
        self.parameters: list[tuple[Parameter, Node[L]]] = []
        self.tails: list[tuple[Pattern, L]] = []

    @property
    def end(self) -> L | None:
        """What a path that ends here leads to, be it the beginning of others."""
        return self.below if self.leaf is None else self.leaf

    @property
    def has_children(self) -> bool:
        """Whether a path may go on from here."""
        return bool(self.literals or self.patterns or self.parameters)

    def child(self, segment: str | Parameter | Pattern) -> Node[L]:
        """Give the child for a template's segment, made if it is new."""
        if isinstance(segment, str):
            return self.literals.setdefault(segment, Node())
        if isinstance(segment, Pattern):
            for pattern, node in self.patterns:
                if pattern.key == segment.key:
                    return node
            node = Node[L]()
            self.patterns.append((segment, node))
            self.patterns.sort(key=lambda pair: pair[0].order)
            return node
        for parameter, node in self.parameters:
            if parameter.convertor is segment.convertor:
                return node
        node = Node[L]()
        self.parameters.append((segment, node))
        self.parameters.sort(key=lambda pair: pair[0].convertor.width)
        return node


class Tree(Generic[L]):
    """Templates, and what hangs under each.

    A list of regular expressions would cost its length; this costs the path's.

    Attributes:
        root: The place of the empty path.
        has_slashes: Whether there is a template, beside that of the root, that a path
            with a slash at its end may match.
    """

    __slots__ = ("_exact", "_items", "has_slashes", "root")

    def __init__(self) -> None:
        self.root: Node[L] = Node()
        self.has_slashes: bool = False
        self._exact: dict[str, L] = {}
        self._items: dict[str, list[tuple[Callable[[str], Any], L]]] = {}

    def insert(self, template: Template, make: Callable[[], L]) -> L:
        """Give what hangs under a template, made by `make` if nothing does.

        Args:
            template: Where; a tail pattern makes it hold all that is left of a path.
            make: Gives the new leaf.
        """
        node = self._node(template)
        if template.tail is not None or template.segments[1:][-1:] == ("",):
            self.has_slashes = True
        if template.tail is None:
            if node.leaf is None:
                node.leaf = make()
            return node.leaf
        for pattern, leaf in node.tails:
            if pattern.key == template.tail.key:
                return leaf
        leaf = make()
        node.tails.append((template.tail, leaf))
        node.tails.sort(key=lambda pair: pair[0].order)
        return leaf

    def insert_below(self, template: Template, make: Callable[[], L]) -> L:
        """Give what takes all that goes on from a template, made if there is none."""
        node = self._node(template)
        if node.below is None:
            node.below = make()
        return node.below

    def _node(self, template: Template) -> Node[L]:
        node = self.root
        for segment in template.segments:
            node = node.child(segment)
        return node

    def freeze(self) -> None:
        """Work out the shortcuts; to be called when all is inserted.

        PERF: a path of literals is one look-up, and so is one of literals with a
        parameter at its end, which is what most resources have.
        """
        self._exact.clear()
        self._items.clear()
        # Depth first by hand: templates may be deeper than Python's stack.
        waiting = [("", self.root)]
        while waiting:
            path, node = waiting.pop()
            end = node.end
            # An empty path is none.
            if end is not None and path:
                self._exact[path] = end
            # A pattern would be asked before a parameter.
            if not node.patterns:
                for parameter, child in node.parameters:
                    end = child.end
                    if end is not None:
                        item = parameter.convertor.match, end
                        self._items.setdefault(path, []).append(item)
            waiting += [(f"{path}/{text}", c) for text, c in node.literals.items()]

    def leaves(self) -> Iterator[L]:
        """Give everything that hangs in the tree, once, in no particular order."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield from filter(None, (node.leaf, node.below))
            yield from (leaf for _, leaf in node.tails)
            waiting += node.literals.values()
            waiting += [child for _, child in (*node.patterns, *node.parameters)]

    def match(self, path: str) -> tuple[L, list[Any]] | None:
        """Find what a path leads to.

        Args:
            path: The decoded path.

        Returns:
            What hangs there and the values of the parameters on the way, in order; or
            None, as for a path that does not begin with a slash.
        """
        leaf = self._exact.get(path)
        if leaf is not None:
            return leaf, []
        prefix, slash, last = path.rpartition("/")
        items = self._items.get(prefix)
        if items is not None and slash:
            for take, leaf in items:
                value = take(last)
                if value is not NO_MATCH:
                    return leaf, [value]
        return self.search(split_path(path)) if slash and path[0] == "/" else None

    def search(self, segments: list[str]) -> tuple[L, list[Any]] | None:
        """Find what a path leads to, without shortcuts.

        Args:
            segments: The decoded segments; one may hold a slash that was encoded.
        """
        values: list[Any] = []
        leaf = _search(self.root, segments, 0, values)
        return None if leaf is None else (leaf, values)


def _search(
    node: Node[L], segments: list[str], index: int, values: list[Any]
) -> L | None:
    """Go on from a node; on success `values` has grown, else it is as it was."""
    if index == len(segments):
        return node.end
    segment = segments[index]
    child = node.literals.get(segment)
    if child is not None:
        leaf = _search(child, segments, index + 1, values)
        if leaf is not None:
            return leaf
    known = len(values)
    for pattern, child in node.patterns:
        matched = pattern.match(join_segments([segment]))
        if matched is not None:
            values += matched
            leaf = _search(child, segments, index + 1, values)
            if leaf is not None:
                return leaf
            del values[known:]
    for parameter, child in node.parameters:
        value = parameter.convertor.match(segment)
        if value is not NO_MATCH:
            values.append(value)
            leaf = _search(child, segments, index + 1, values)
            if leaf is not None:
                return leaf
            del values[known:]
    return _search_tails(node, segments, index, values)


def _search_tails(
    node: Node[L], segments: list[str], index: int, values: list[Any]
) -> L | None:
    if node.tails:
        rest = join_segments(segments[index:])
        for pattern, leaf in node.tails:
            matched = pattern.match(rest)
            if matched is not None:
                values += matched
                return leaf
    return node.below
