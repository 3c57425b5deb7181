"""What is probably wrong with an application, found before it runs.

The story starts with `check`, which `restlette check module:app` prints. Each module
knows one subject; `findings` has the table of all that can be found.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from restlette.checks.blocking import check_function, is_own
from restlette.checks.documentation import check_documentation, handlers_of_route
from restlette.checks.findings import RULES, Finding
from restlette.checks.installed import check_files, check_handler
from restlette.checks.routes import check_routes
from restlette.checks.settings import check_settings, routers
from restlette.checks.sources import is_waived
from restlette.http.optional import MissingExtra
from restlette.middleware import BaseHTTPMiddleware
from restlette.resources.endpoint import HTTPEndpoint
from restlette.resources.router import Router
from restlette.resources.routes import (
    Place,
    RouteInfo,
    class_of,
    is_resource,
    is_websocket_resource,
    name_of,
)
from restlette.resources.steps import place_of
from restlette.resources.websocket import WebSocketEndpoint

__all__ = ["RULES", "Finding", "check"]


def check(
    app: Router, *, file: str | None = None, ignore: Iterable[str] = ()
) -> list[Finding]:
    """Find what is probably wrong with an application.

    Nothing of it is called. Its source is read.

    Args:
        app: The application.
        file: The file that it is made in, for what does not know its own place.
        ignore: Ids of findings that are not wanted.

    Returns:
        The findings, by file and line; without those that a comment in the source
        waives: `# restlette: ignore[id]`.

    Raises:
        ValueError: There is no such id.
    """
    unwanted = {*ignore}
    unknown = unwanted - RULES.keys()
    if unknown:
        raise ValueError(f"there is no finding {', '.join(sorted(unknown))}.")
    found = dict.fromkeys(_findings(app, file))
    kept = [
        each
        for each in found
        if each.id not in unwanted and not is_waived(each.id, each.place)
    ]
    return sorted(kept, key=_order)


def _order(finding: Finding) -> tuple[str, int, str]:
    place = finding.place or Place("", 0)
    return place.file, place.line, finding.id


def _findings(app: Router, file: str | None) -> Iterator[Finding]:
    settings = list(check_settings(app, file))
    yield from settings
    yield from _check_startup(app, is_told=any(each.id == "cors" for each in settings))
    files = dict.fromkeys([file] if file is not None else [])
    waiting: set[tuple[str, int]] = set()
    for each in _roots(app):
        routes = list(each.walk())
        yield from check_routes(routes)
        yield from check_documentation(routes)
        for route in routes:
            for handler in handlers_of_route(route):
                yield from check_handler(handler)
                place = place_of(handler.function)
                if place is not None and is_own(handler.function):
                    files.setdefault(place.file)
        for function, where, owner in _coroutines(each, routes):
            for finding in check_function(function, where, owner):
                # One place may be come to by many ways.
                if finding.place is None or finding.place not in waiting:
                    waiting.add(finding.place or ("", 0))
                    yield finding
    yield from check_files(files)


def _check_startup(app: Router, *, is_told: bool) -> Iterator[Finding]:
    """Find what keeps the application from starting."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            app.freeze()
    except MissingExtra as exc:
        yield Finding("missing-extra", f"{exc}.", None)
    except Exception as exc:
        text = str(exc) or type(exc).__name__
        places = re.findall(r"\(([^()]+):(\d+)\)", text)
        place = Place(places[-1][0], int(places[-1][1])) if places else None
        if not (is_told and "every origin with credentials" in text):
            yield Finding("startup", f"the application cannot start: {text}", place)


def _roots(app: Router) -> Iterator[Router]:
    """Give an application, and those that are mounted in it and stay their own."""
    yield app
    for router in routers(app):
        if router is not app and not router._is_merged:
            yield router


def _coroutines(
    app: Router, routes: Iterable[RouteInfo]
) -> Iterator[tuple[Any, str, type[Any] | None]]:
    """Give what of an application runs in the event loop, if it is asynchronous."""
    classes: dict[type[Any], type[Any]] = {}
    guards: dict[type[Any], None] = {}
    for route in routes:
        for handler in handlers_of_route(route):
            yield handler.function, handler.where, handler.owner
        if is_resource(route.endpoint):
            classes[class_of(route.endpoint)] = HTTPEndpoint
        elif is_websocket_resource(route.endpoint):
            classes[class_of(route.endpoint)] = WebSocketEndpoint
        guards.update(
            (type(each), None) for some in route.guards.values() for each in some
        )
        for middleware in route.middleware:
            yield from _of_middleware(middleware)
    for cls, base in classes.items():
        yield from _overridden(cls, base)
    for guard in guards:
        yield guard.check, f"{guard.__qualname__}.check", guard
    for router in routers(app):
        for middleware in router.user_middleware:
            yield from _of_middleware(middleware)
        for function in router.exception_handlers.values():
            yield function, name_of(function), None


def _overridden(
    cls: type[Any], base: type[Any]
) -> Iterator[tuple[Any, str, type[Any]]]:
    """Give the functions of a class that do what those of its base do."""
    for name in vars(base):
        function = getattr(cls, name, None)
        if function is not getattr(base, name) and callable(function):
            yield function, f"{cls.__qualname__}.{name}", cls


def _of_middleware(middleware: Any) -> Iterator[tuple[Any, str, type[Any] | None]]:
    dispatch = middleware.options.get("dispatch")
    if dispatch is not None:
        yield dispatch, name_of(dispatch), None
    cls = middleware.cls
    if isinstance(cls, type):
        for name in ("__call__", "dispatch"):
            function = getattr(cls, name, None)
            if function is not None and function is not getattr(
                BaseHTTPMiddleware, name
            ):
                yield function, f"{cls.__qualname__}.{name}", cls
