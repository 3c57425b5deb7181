"""Routes that no path leads to, or not the paths that they were written for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from restlette.checks.findings import Finding
from restlette.resources.routes import RouteInfo
from restlette.resources.shadowing import Shadow, shadows

__all__ = ["check_routes"]


def check_routes(routes: Iterable[RouteInfo]) -> Iterator[Finding]:
    """Find the routes that lose their paths to others.

    That a literal comes before a parameter is what everybody means; it is not told.

    Args:
        routes: What `walk()` gives.
    """
    seen: set[tuple[object, ...]] = set()
    for shadow in shadows(routes):
        route, found = shadow.route, _finding(shadow)
        if found is not None:
            key = found.id, route.path, route.kind, route.methods, route.host
            # One path is enough to show it.
            if key not in seen:
                yield found
            seen.add(key)


def _finding(shadow: Shadow) -> Finding | None:
    route, other = _named(shadow.route), _named(shadow.by[0])
    place = shadow.route.place
    if shadow.is_total and shadow.host is not None and shadow.route.host != shadow.host:
        return Finding(
            "route-unreachable",
            f"{route} is never asked: every host is taken by {other} before (such as "
            f"{shadow.host}). Name the hosts, or register it there.",
            place,
        )
    if shadow.is_total:
        what = "No path below the mount" if shadow.route.kind == "mount" else "No path"
        return Finding(
            "route-unreachable",
            f"{what} leads to {route}: all that fit it are taken before, such as "
            f"{shadow.path} by {other}. Take one of them out, or give it another "
            "path.",
            place,
        )
    if shadow.is_by_order:
        return Finding(
            "route-order",
            f"{shadow.path} fits {route} and {other}, and is answered by the latter "
            "only because it was registered first. Give one of the convertors a "
            "smaller width, or make their regexes exclude each other.",
            place,
        )
    if shadow.lost and "{" in shadow.by[0].path:
        lost = " and ".join(shadow.lost)
        return Finding(
            "route-methods",
            f"{lost} {shadow.path} is 405: the path fits {route}, but leads to "
            f"{other}, which has no {lost}. Answer {lost} there as well, or give the "
            "two paths that do not overlap.",
            place,
        )
    return None


def _named(route: RouteInfo) -> str:
    kind = {"mount": "what is mounted at ", "websocket": "the WebSocket "}
    return f"{kind.get(route.kind, '')}{route.path or '/'}"
