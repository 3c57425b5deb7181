"""Which routes cannot be reached, or not by all paths that fit them.

The story starts with `shadows`. A path is tried in one order, whatever it is: at each
node of the tree the literals, then patterns and parameters from the narrowest to the
widest, then what takes the rest. So a path leads to the first template in that order
that it fits, and what a route is left with is its own paths without those of the
templates before it. That is worked out on the templates (see `languages`), exactly;
each path that is named was looked up in the tree as well.

As literals come first, only the wider of two routes can lose paths. Most who lose some
mean it: `/books/feed` beside `/books/{title}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

from restlette.http.urls import quote_segment
from restlette.resources.languages import (
    ANYTHING,
    ENCODED_SLASH,
    NOTHING,
    Chars,
    Language,
    Repeat,
    TooComplex,
    Unreadable,
    both,
    either,
    read_regex,
    sequence,
    shortest,
    text,
    texts,
    without,
)
from restlette.resources.routes import RouteInfo
from restlette.resources.tree import Node, Tree
from restlette.resources.uri import (
    AnyPath,
    AnySegment,
    Convertor,
    Digits,
    Parameter,
    Pattern,
    Segment,
    Template,
)

__all__ = ["Shadow", "shadows"]

# How many paths are tried in the tree before what the templates say is believed: a
# convertor's `convert` may refuse what its `regex` takes.
_MOST_TRIED = 200
_WAYS = 3


class Shadow(NamedTuple):
    """A route that does not get all of its paths, or none.

    Attributes:
        route: The route.
        by: What gets them: the routes of one template.
        path: One of the paths, percent-encoded; the shortest.
        is_total: Whether no path leads to the route. Of what is mounted it is those
            below the prefix that count.
        is_by_order: Whether it is the order of registration alone that decides, for
            neither of the two is narrower.
        host: The host that the path is asked of, where hosts are told apart.
    """

    route: RouteInfo
    by: tuple[RouteInfo, ...]
    path: str
    is_total: bool
    is_by_order: bool = False
    host: str | None = None

    @property
    def lost(self) -> tuple[str, ...]:
        """The methods of the route that nothing answers at that path."""
        if any(route.kind == "mount" for route in self.by):
            return ()
        answered = {method for route in self.by for method in route.methods}
        return tuple(m for m in self.route.methods if m not in answered)


def shadows(routes: Iterable[RouteInfo]) -> list[Shadow]:
    """Find the routes that do not get all paths that fit them.

    Args:
        routes: What `walk()` gives.
    """
    by_host: dict[str | None, list[RouteInfo]] = {}
    for route in routes:
        by_host.setdefault(route.host, []).append(route)
    found = [*_between_hosts(by_host)]
    for some in by_host.values():
        found += _among(some)
    return found


class _Leaf:
    """A template, with the routes that were registered for it."""

    def __init__(self, template: Template, is_below: bool) -> None:
        self.template = template
        self.is_below = is_below
        self.routes: list[RouteInfo] = []
        self._alone: Tree[bool] = Tree()
        insert = self._alone.insert_below if is_below else self._alone.insert
        insert(template, lambda: True)
        self.language: Language = NOTHING
        self.surely: Language = NOTHING

    @property
    def is_static(self) -> bool:
        return not (self.is_below or self.template.parameters)

    def fits(self, path: str) -> bool:
        """Say whether a path fits, whatever else there is."""
        return self._alone.search(_segments(path)) is not None

    def read(self) -> None:
        """Work out which paths fit."""
        template, is_below = self.template, self.is_below
        self.language = _paths(template, is_below=is_below, at_most=True)
        self.surely = _paths(template, is_below=is_below, at_most=False)


def _among(routes: Sequence[RouteInfo]) -> Iterator[Shadow]:
    """Find the shadows among the routes of one host."""
    tree: Tree[_Leaf] = Tree()
    for route in routes:
        template = Template(route.path)
        is_below = route.kind == "mount"
        insert = tree.insert_below if is_below else tree.insert
        leaf = insert(template, partial(_Leaf, template, is_below))
        leaf.routes.append(route)
    before: dict[object, list[_Leaf]] = {}
    for leaf in _in_order(tree.root):
        # A path of literals leads where it says.
        if not leaf.is_static:
            yield from _behind(leaf, _rivals(leaf, before), tree)
        before.setdefault(_first(leaf), []).append(leaf)


def _in_order(root: Node[_Leaf]) -> Iterator[_Leaf]:
    """Give the leaves in the order in which a path is tried on them; see `tree`."""
    waiting: list[Node[_Leaf] | _Leaf] = [root]
    while waiting:
        each = waiting.pop()
        if isinstance(each, _Leaf):
            yield each
            continue
        if each.leaf is not None:
            yield each.leaf
        if each.below is not None:
            waiting.append(each.below)
        waiting += [leaf for _, leaf in reversed(each.tails)]
        waiting += [node for _, node in reversed(each.parameters)]
        waiting += [node for _, node in reversed(each.patterns)]
        waiting += each.literals.values()


def _first(leaf: _Leaf) -> object:
    """Give the first segment of a leaf's paths, if it is always the same."""
    segments = leaf.template.segments
    return segments[0] if segments and isinstance(segments[0], str) else None


def _rivals(leaf: _Leaf, before: dict[object, list[_Leaf]]) -> list[_Leaf]:
    """Give the leaves before one that may take paths that fit it."""
    first = _first(leaf)
    near = before if first is None else {None, first}
    rivals = [each for key in near for each in before.get(key, ())]
    return [each for each in rivals if _may_meet(each, leaf)]


def _may_meet(one: _Leaf, other: _Leaf) -> bool:
    """Say whether a path might fit both, at a glance."""
    is_open = [each.is_below or each.template.tail is not None for each in (one, other)]
    lengths = [len(each.template.segments) for each in (one, other)]
    if (lengths[0] < lengths[1] and not is_open[0]) or (
        lengths[1] < lengths[0] and not is_open[1]
    ):
        return False
    pairs = zip(one.template.segments, other.template.segments, strict=False)
    return all(_may_be_one(a, b) for a, b in pairs)


def _may_be_one(one: Segment, other: Segment) -> bool:
    return one == other or not (isinstance(one, str) and isinstance(other, str))


def _behind(leaf: _Leaf, rivals: list[_Leaf], tree: Tree[_Leaf]) -> Iterator[Shadow]:
    """Find what takes the paths of a leaf from it."""
    if not rivals:
        return
    for each in (leaf, *rivals):
        if each.language == NOTHING:
            each.read()
    mine = leaf.language
    if leaf.is_below:
        prefix = _paths(leaf.template, is_below=False, at_most=True)
        mine = sequence(prefix, _BELOW)
    yield from _inside(leaf, rivals, tree)
    is_total = _is_covered(mine, leaf, rivals, tree)
    for number, rival in enumerate(rivals):
        path = _taken(mine, leaf, rival, rivals[:number], tree)
        if path is not None:
            by, order = tuple(rival.routes), _is_by_order(rival, leaf)
            for route in leaf.routes:
                yield Shadow(route, by, _encoded(path), is_total, order, route.host)


def _inside(leaf: _Leaf, rivals: list[_Leaf], tree: Tree[_Leaf]) -> Iterator[Shadow]:
    """Find the routes of an application that is mounted, which others take whole."""
    for mount in leaf.routes:
        walk = getattr(mount.endpoint, "walk", None)
        for route in walk() if walk is not None else ():
            inner = _whole(mount, route)
            if inner is not None and _is_lost(inner, leaf, rivals, tree):
                yield from _taken_whole(inner, rivals, tree)


def _whole(mount: RouteInfo, route: RouteInfo) -> _Leaf | None:
    """Give a route of a mounted application, with the prefix before it."""
    try:
        leaf = _Leaf(Template(mount.path + route.path), route.kind == "mount")
    except ValueError:
        # They have parameters of one name.
        return None
    leaf.routes.append(route._replace(path=mount.path + route.path))
    leaf.read()
    return leaf


def _is_lost(inner: _Leaf, leaf: _Leaf, rivals: list[_Leaf], tree: Tree[_Leaf]) -> bool:
    """Say whether no path that fits an inner route leads into its application."""
    return _find(inner.language, leaf, inner, tree) is None and not _is_left(
        inner.language, rivals
    )


def _taken_whole(
    inner: _Leaf, rivals: list[_Leaf], tree: Tree[_Leaf]
) -> Iterator[Shadow]:
    for rival in rivals:
        path = _find(both([inner.language, rival.language]), rival, inner, tree)
        if path is not None:
            (route,) = inner.routes
            yield Shadow(route, tuple(rival.routes), _encoded(path), True)


def _is_covered(
    mine: Language, leaf: _Leaf, rivals: list[_Leaf], tree: Tree[_Leaf]
) -> bool:
    """Say whether none of a leaf's paths leads to it."""
    # PERF: most are reached by one of the first paths that fit.
    if _find(mine, leaf, leaf, tree) is not None:
        return False
    return not _is_left(mine, rivals)


def _taken(
    mine: Language, leaf: _Leaf, rival: _Leaf, before: list[_Leaf], tree: Tree[_Leaf]
) -> str | None:
    """Give a path that a rival takes from a leaf."""
    shared = both([mine, rival.language])
    path = _find(shared, rival, leaf, tree)
    if path is None and _holds(shared):
        # One that those before the rival leave to it.
        left = without(either([each.language for each in before]))
        path = _find(both([shared, left]), rival, leaf, tree)
    return path


def _is_left(mine: Language, rivals: Iterable[_Leaf]) -> bool:
    """Say whether there are paths in a set that none of some leaves takes for sure."""
    taken = either([each.surely for each in rivals])
    return _holds(both([mine, without(taken)]))


def _holds(paths: Language) -> bool:
    """Say whether a set holds a path; one that is too intricate is taken to."""
    try:
        return shortest(paths) is not None
    except TooComplex:
        return True


def _find(paths: Language, leaf: _Leaf, behind: _Leaf, tree: Tree[_Leaf]) -> str | None:
    """Give a path that leads to a leaf and fits another one.

    Of those that the templates give only the first are tried.
    """
    try:
        for path in islice(texts(paths, ways=_WAYS), _MOST_TRIED):
            found = tree.search(_segments(path))
            if found is not None and found[0] is leaf and behind.fits(path):
                return path
    except TooComplex:
        pass
    return None


def _is_by_order(rival: _Leaf, leaf: _Leaf) -> bool:
    """Say whether two leaves stand in the order of registration where they part."""
    ways = [(*each.template.segments, each.template.tail) for each in (rival, leaf)]
    pairs = zip(*ways, strict=False)
    one, other = next(pair for pair in pairs if _key(pair[0]) != _key(pair[1]))
    return _width(one) == _width(other)


def _key(segment: Segment | None) -> object:
    """Give what a segment is without its parameters' names."""
    if isinstance(segment, Parameter):
        return segment.convertor
    return segment.key if isinstance(segment, Pattern) else segment


def _width(segment: Segment | None) -> object:
    """Give what a segment is sorted by."""
    if isinstance(segment, Parameter):
        return segment.convertor.width
    return segment.order if isinstance(segment, Pattern) else segment


def _segments(path: str) -> list[str]:
    return [part.replace(ENCODED_SLASH, "/") for part in path.split("/")[1:]]


def _encoded(path: str) -> str:
    return "".join("/" + quote_segment(part) for part in _segments(path))


# Hosts --------------------------------------------------------------------------------


def _between_hosts(by_host: dict[str | None, list[RouteInfo]]) -> Iterator[Shadow]:
    """Find the hosts that are never asked, for others come before them."""
    tree: Tree[_Leaf] = Tree()
    for host, routes in by_host.items():
        if host is not None:
            template = Template("/" + host)
            leaf = tree.insert(template, partial(_Leaf, template, False))
            leaf.routes += routes
    leaves = [*_in_order(tree.root)]
    for number, leaf in enumerate(leaves):
        leaf.read()
        yield from _unasked(leaf.language, leaf.routes, leaves[:number], leaf, tree)
    # What is for no host is asked where none of them fits.
    if leaves:
        yield from _unasked(_HOSTS, by_host.get(None, []), leaves, None, tree)


def _unasked(
    mine: Language,
    routes: list[RouteInfo],
    before: list[_Leaf],
    leaf: _Leaf | None,
    tree: Tree[_Leaf],
) -> Iterator[Shadow]:
    is_asked = leaf is not None and _find(mine, leaf, leaf, tree) is not None
    if is_asked or _is_left(mine, before):
        return
    asked = [
        (rival.routes[0], host)
        for rival in before
        if (host := _find(both([mine, rival.language]), rival, leaf or rival, tree))
    ]
    for by, host in asked[:1]:
        for route in routes:
            yield Shadow(route, (by,), route.path, True, host=host[1:])


# Templates as sets of paths -----------------------------------------------------------

_CHAR: Final[Language] = Chars((), is_negated=True)
_SLASH: Final[Language] = text("/")
_BELOW: Final[Language] = sequence(_SLASH, ANYTHING)
# Letters, digits, hyphens and points.
_HOSTS: Final[Language] = sequence(
    _SLASH, Repeat(Chars(((45, 46), (48, 57), (97, 122))), 1, None)
)


def _paths(template: Template, *, is_below: bool, at_most: bool) -> Language:
    """Give the paths that fit a template.

    Args:
        template: The template.
        is_below: Whether what goes on from it fits as well.
        at_most: Whether a convertor that does not say what it takes is believed to
            take everything, or nothing.
    """
    parts: list[Language] = []
    for segment in template.segments:
        parts += (_SLASH, _part(segment, at_most))
    if template.tail is not None:
        parts += (_SLASH, _split(template.tail, at_most))
    if is_below:
        parts.append(either([text(""), _BELOW]))
    return sequence(*parts)


def _part(segment: Segment, at_most: bool) -> Language:
    if isinstance(segment, str):
        return text(segment)
    if isinstance(segment, Parameter):
        return _values(segment, at_most)
    return _split(segment, at_most)


def _split(pattern: Pattern, at_most: bool) -> Language:
    """Give what a pattern takes; `Pattern.split` says where its parameters end."""
    values = [_values(parameter, at_most) for parameter in pattern.parameters]
    first, last = pattern.tokens[0], pattern.tokens[-1]
    known = len(pattern.firsts)
    parts: list[Language] = [text(first)] if isinstance(first, str) else []
    for value, literal in zip(values, pattern.firsts, strict=False):
        # The literal is there for the first time.
        again = sequence(ANYTHING, text(literal), _CHAR, ANYTHING)
        parts.append(both([sequence(value, text(literal)), without(again)]))
    parts.append(values[known])
    for literal, value in zip(pattern.lasts, values[known + 1 :], strict=True):
        # The literal is there for the last time.
        again = sequence(_CHAR, ANYTHING, text(literal), ANYTHING)
        parts.append(both([sequence(text(literal), value), without(again)]))
    return sequence(*parts, text(last) if isinstance(last, str) else text(""))


def _values(parameter: Parameter, at_most: bool) -> Language:
    """Give the texts that a parameter takes."""
    kind = type(parameter.convertor)
    if kind is AnySegment:
        return Repeat(_CHAR, 1, None)
    if kind is AnyPath:
        return ANYTHING
    if kind is Digits or kind.match is Convertor.match:
        try:
            regex = parameter.convertor.regex
            return read_regex(regex, crosses=parameter.is_path)
        except Unreadable:
            pass
    if not at_most:
        return NOTHING
    return ANYTHING if parameter.is_path else Repeat(_CHAR, 0, None)
