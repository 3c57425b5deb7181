"""An application's document, read once and kept with the application.

`declared_by` gives it: the operations, the schemas, and where each handler is written.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from textwrap import dedent
from typing import Any, Final
from weakref import WeakKeyDictionary

from restlette.app import Restlette
from restlette.http.optional import load
from restlette.resources.router import Router
from restlette.testing.contract.operations import Operation, Operations
from restlette.testing.contract.schemas import Schemas

__all__ = ["Declared", "declared_by", "handlers_of", "places_of"]

_known: WeakKeyDictionary[Restlette, Declared] = WeakKeyDictionary()


class Declared:
    """What an application's document declares.

    Args:
        document: The OpenAPI document.
        handlers: The function that answers each method of each path's template.

    Attributes:
        document: The document.
        title: Its title.
        operations: Its operations.
        schemas: Its schemas.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        handlers: Mapping[tuple[str, str], Callable[..., Any]] | None = None,
    ) -> None:
        self.document = document
        self.title: str = document.get("info", {}).get("title", "")
        self.operations: Operations = Operations(document)
        self.schemas: Schemas = Schemas(document)
        self._handlers: Final = handlers or {}

    def places(self, operation: Operation) -> list[tuple[str, str]]:
        """Give where an operation is written: what there is, with file and line."""
        handler = self._handlers.get((operation.method, operation.path))
        return [] if handler is None else list(places_of(handler))


def declared_by(app: Restlette) -> Declared:
    """Give what an application's document declares; read once for each application.

    Args:
        app: The application.

    Raises:
        MissingExtra: What makes documents is not installed.
    """
    found = _known.get(app)
    if found is None:
        maker = load(
            "restlette.contrib.openapi.document",
            "schema",
            needed_by="restlette.testing.contract",
        )
        found = _known[app] = Declared(maker.describe(app), handlers_of(app))
    return found


def handlers_of(app: Any) -> dict[tuple[str, str], Callable[..., Any]]:
    """Give the functions of an application, by method and path template.

    Args:
        app: The application; of one that is none of restlette's nothing is known.
    """
    if not isinstance(app, Router):
        return {}
    return {
        (method, info.path_format): handler
        for info in app.walk()
        for method, handler in info.handlers.items()
    }


def places_of(handler: Callable[..., Any]) -> Iterator[tuple[str, str]]:
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


def _line_of_docstring(function: Callable[..., Any]) -> int | None:
    """Count the lines from the start of a function to its docstring."""
    if not function.__doc__:
        return None
    try:
        tree = ast.parse(dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return None
    body = getattr(tree.body[0], "body", None)
    return body[0].lineno - 1 if isinstance(body, list) else None
