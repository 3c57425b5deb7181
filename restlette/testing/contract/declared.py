"""An application's document, read once and kept with the application.

`declared_by` gives it: the operations, the schemas, and where each handler is written.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from textwrap import dedent
from typing import Any
from weakref import WeakKeyDictionary

from restlette.app import Restlette
from restlette.http.optional import load
from restlette.resources.description import describe_operations
from restlette.resources.router import Router
from restlette.resources.routes import RouteInfo
from restlette.testing.contract.operations import Operation, Operations
from restlette.testing.contract.schemas import Schemas

__all__ = ["Declared", "declared_by", "places_of"]

_known: WeakKeyDictionary[Restlette, Declared] = WeakKeyDictionary()

# Parameters of a template are the same to a router whatever they are called.
_name = re.compile(r"\{\w+\}")

Handler = Callable[..., Any]


class Declared:
    """What a document declares of an application.

    Args:
        app: The application.
        document: The OpenAPI document.

    Attributes:
        document: The document.
        title: Its title.
        operations: Its operations.
        schemas: Its schemas.
        site: The application's tree when it was described; there is another one when a
            route was added since.
    """

    def __init__(self, app: Any, document: Mapping[str, Any]) -> None:
        self.document = document
        self.title: str = document.get("info", {}).get("title", "")
        self.operations: Operations = Operations(document)
        self.schemas: Schemas = Schemas(document)
        self.site: Any = getattr(app, "site", None)
        self._routes: dict[tuple[str, str, str | None], Operation] = {}
        self._handlers: dict[str, Handler] = {}
        if isinstance(app, Router):
            self._find_routes(app)

    def _find_routes(self, app: Router) -> None:
        """Find the operation of each method of each route.

        A document has no convertors, so that operations of templates that differ in
        these alone have other names for the parameters, in the same order.
        """
        left: dict[tuple[str, str], list[Operation]] = {}
        for operation in self.operations:
            same = operation.method, _squeezed(operation.path)
            left.setdefault(same, []).append(operation)
        for described in describe_operations(app):
            route, method = described.route, described.method
            found = left.get((method, _squeezed(described.path_format)))
            if found and route.include_in_schema:
                operation = found.pop(0)
                self._handlers[operation.at] = described.function
                # Routes of what is mounted have their paths from there on.
                if route.path == described.path:
                    self._routes[method, route.path, route.host] = operation

    def operation(self, method: str, route: RouteInfo) -> Operation | None:
        """Give the operation of a route of the application's own.

        Args:
            method: The method; HEAD is GET's where it is not declared itself.
            route: The route.
        """
        found = self._routes.get((method, route.path, route.host))
        if found is None and method == "HEAD":
            found = self._routes.get(("GET", route.path, route.host))
        return found

    def places(self, operation: Operation) -> list[tuple[str, str]]:
        """Give where an operation is written: what there is, with file and line."""
        handler = self._handlers.get(operation.at)
        return [] if handler is None else list(places_of(handler))


def _squeezed(template: str) -> str:
    # What is behind a "#" tells apart what has one path at several hosts.
    return _name.sub("{}", template.partition("#")[0])


def declared_by(app: Restlette) -> Declared:
    """Give what an application's document declares; read once for each tree.

    It is the document of the `OpenAPI` that was installed, where there is one.

    Args:
        app: The application.

    Raises:
        MissingExtra: What makes documents is not installed.
    """
    found = _known.get(app)
    if found is None or found.site is not app.site:
        openapi = load("restlette.contrib.openapi", "schema", needed_by="contract mode")
        plugins: list[Any] = [*app.plugins]
        made = [p.document(app) for p in plugins if isinstance(p, openapi.OpenAPI)]
        document = made[0] if made else openapi.describe(app)
        found = _known[app] = Declared(app, document)
    return found


def places_of(handler: Handler) -> Iterator[tuple[str, str]]:
    """Give where a handler and its docstring are written, as file and line.

    Args:
        handler: The function, or what wraps one.
    """
    while isinstance(handler, partial):
        handler = handler.func
    function = inspect.unwrap(handler)
    code = getattr(function, "__code__", None)
    if code is None:
        return
    name = getattr(function, "__qualname__", "handler")
    yield f"handler {name}", f"{code.co_filename}:{code.co_firstlineno}"
    line = _line_of_docstring(function)
    if line is not None:
        yield "docstring", f"{code.co_filename}:{code.co_firstlineno + line}"


def _line_of_docstring(function: Handler) -> int | None:
    """Count the lines from the start of a function to its docstring."""
    if not function.__doc__:
        return None
    try:
        tree = ast.parse(dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return None
    body = getattr(tree.body[0], "body", None)
    return body[0].lineno - 1 if isinstance(body, list) else None
