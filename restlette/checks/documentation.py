"""Docstrings of handlers: those that are missing, and those that are no longer true."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from restlette.checks.findings import Finding
from restlette.checks.sources import source_of
from restlette.http.optional import MissingExtra, load
from restlette.resources.parameters import unwrap
from restlette.resources.parts import PARTS
from restlette.resources.routes import (
    Place,
    RouteInfo,
    class_of,
    is_function,
    is_resource,
    is_websocket_resource,
    name_of,
)
from restlette.resources.steps import place_of
from restlette.resources.uri import Template
from restlette.suggestions import did_you_mean

__all__ = ["Handler", "check_documentation", "described", "handlers_of_route"]


class Handler(NamedTuple):
    """A function that answers a method of a route.

    Attributes:
        route: The route.
        method: The method, "WEBSOCKET" for conversations.
        function: The function.
        owner: The class of the resource, None for a function by itself.
        where: What it is called.
    """

    route: RouteInfo
    method: str
    function: Any
    owner: type[Any] | None
    where: str

    @property
    def place(self) -> Place | None:
        """Where it is written, or at least registered."""
        return place_of(self.function) or self.route.place


def handlers_of_route(route: RouteInfo) -> Iterator[Handler]:
    """Give the handlers of a route that are written by its application."""
    endpoint = route.endpoint
    if is_resource(endpoint):
        owner = class_of(endpoint)
        for method, function in route.handlers.items():
            if method != "HEAD" or function is not route.handlers.get("GET"):
                where = f"{owner.__qualname__}.{name_of(function)}"
                yield Handler(route, method, function, owner, where)
    elif is_function(endpoint) and route.kind != "mount":
        method = "WEBSOCKET" if route.kind == "websocket" else route.methods[0]
        yield Handler(route, method, endpoint, None, name_of(endpoint))


def check_documentation(routes: Iterable[RouteInfo]) -> Iterator[Finding]:
    """Find what is wrong with the docstrings of handlers.

    Args:
        routes: What `walk()` gives.
    """
    ids: dict[str, Handler] = {}
    seen: set[Any] = set()
    for route in routes:
        if is_websocket_resource(route.endpoint):
            yield from _check_conversation(route, seen)
        for handler in handlers_of_route(route):
            yield from _check_parameters(handler)
            yield from _check_yaml(handler)
            key = handler.owner, unwrap(handler.function)
            # What is registered twice is one and the same.
            if key not in seen and route.include_in_schema:
                seen.add(key)
                yield from _check_presence(handler)
                yield from _check_id(handler, ids)


def _check_presence(handler: Handler) -> Iterator[Finding]:
    if not _docstring(handler.function):
        yield Finding(
            "undocumented",
            f"{handler.where} answers {handler.method} {handler.route.path or '/'} and "
            "has no docstring, so that the schema says nothing of it. Write what it "
            "does in a line, or include_in_schema=False.",
            handler.place,
        )


def _check_conversation(route: RouteInfo, seen: set[Any]) -> Iterator[Finding]:
    cls = class_of(route.endpoint)
    if cls in seen or not route.include_in_schema:
        return
    seen.add(cls)
    if not (cls.__doc__ or "").strip():
        yield Finding(
            "undocumented",
            f"{cls.__qualname__} holds conversations at {route.path or '/'} and has no "
            "docstring. Write what is said in a line, or include_in_schema=False.",
            route.place,
        )


def _docstring(function: Any) -> str:
    return inspect.getdoc(unwrap(function)) or ""


# Parameters ---------------------------------------------------------------------------

# Google style: a section, and its entries one level deeper.
_SECTION: Final = re.compile(r"^(\s*)(?:Args|Arguments|Parameters|Params):\s*$")
_ENTRY: Final = re.compile(
    r"^(\s+)\*{0,2}([A-Za-z_][\w-]*)\s*(?:\([^)]*\))?\s*:(?:\s|$)"
)
# reStructuredText, as Sphinx has it.
_FIELD: Final = re.compile(r"^\s*:param\s+(?:[\w\[\], .|]+\s+)?\*{0,2}(\w+)\s*:")


def described(docstring: str) -> Iterator[tuple[str, int]]:
    """Give the parameters that a docstring describes, with the line of each.

    Args:
        docstring: As it stands in the source.

    Returns:
        Names, and the number of lines above each.
    """
    section, entries = -1, -1
    for number, line in enumerate(docstring.split("\n")):
        field = _FIELD.match(line)
        if field is not None:
            yield field[1], number
        start = _SECTION.match(line)
        if start is not None:
            section, entries = len(start[1]), -1
            continue
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent <= section:
            section = -1
        entry = _ENTRY.match(line)
        if section < 0 or entry is None:
            continue
        if entries < 0:
            entries = indent
        if indent == entries:
            yield entry[2], number


def _check_parameters(handler: Handler) -> Iterator[Finding]:
    """Find what the docstring of a handler describes, and the route has not got."""
    function = unwrap(handler.function)
    text = getattr(function, "__doc__", None) or ""
    wanted = list(described(text))
    if not wanted:
        return
    offers = set(_offers(handler))
    asked = _asked_by_hand(function)
    node = source_of(function)
    first = None if node is None or not node.body else node.body[0].lineno
    for name, number in wanted:
        spelt = name.replace("-", "_").lower()
        if spelt in offers or name in asked or spelt in asked:
            continue
        place = handler.place
        if place is not None and first is not None:
            place = place._replace(line=first + number)
        on_offer = sorted(offers - {"self", "request"})
        yield Finding(
            "docstring-parameter",
            f"the docstring of {handler.where} describes {name!r}, and "
            f"{handler.method} {handler.route.path or '/'} has no such parameter"
            f"{did_you_mean(name, on_offer)}. There are: "
            f"{', '.join(on_offer) or 'none'}. Take it out, or give it its name.",
            place,
        )


def _check_yaml(handler: Handler) -> Iterator[Finding]:
    """Find parameters of the path in a docstring's YAML that the path has not got."""
    names = [each.name for each in Template(handler.route.path).parameters]
    for parameter in _yaml(handler.function).get("parameters", ()):
        if not isinstance(parameter, Mapping) or parameter.get("in") != "path":
            continue
        name = str(parameter.get("name"))
        if name not in names:
            yield Finding(
                "docstring-parameter",
                f"the YAML in the docstring of {handler.where} has a parameter "
                f"{name!r} of the path, and {handler.route.path} has not"
                f"{did_you_mean(name, names)}. Take it out, or give it its name.",
                handler.place,
            )


def _yaml(function: Any) -> Mapping[str, Any]:
    """Give what the YAML of a docstring says, as far as it can be read."""
    try:
        module = load(
            "restlette.contrib.openapi.docstrings", "schema", needed_by=__name__
        )
        found: Mapping[str, Any] | None = module.read(unwrap(function)).yaml
    except (MissingExtra, ValueError):
        return {}
    return found or {}


def _offers(handler: Handler) -> Iterator[str]:
    """Give what a docstring may describe: parameters, and fields of their models."""
    yield from (each.name.lower() for each in Template(handler.route.path).parameters)
    if handler.route.host is not None:
        yield from re.findall(r"\{(\w+)", handler.route.host)
    function = unwrap(handler.function)
    names = inspect.signature(function).parameters
    yield from (name.lower() for name in names)
    hints = _hints(function)
    for name in names:
        if name in PARTS:
            yield from _fields(hints.get(name))
    if handler.owner is not None:
        for each in handler.owner.__mro__:
            if not each.__module__.startswith("restlette."):
                yield from (n.lower() for n in vars(each).get("__annotations__", {}))


def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return inspect.get_annotations(function, eval_str=True)
    except Exception:
        return {}


def _fields(annotation: Any) -> Iterator[str]:
    """Give the fields of a model, or of those that an annotation is made of."""
    for inner in getattr(annotation, "__args__", ()):
        yield from _fields(inner)
    for cls in getattr(annotation, "__mro__", ()):
        yield from (name.lower() for name in getattr(cls, "__annotations__", {}))
    declared = getattr(annotation, "_declared_fields", {})
    yield from (name.lower() for name in declared)


def _asked_by_hand(function: Any) -> set[str]:
    """Give the names that a function may ask a request for, by call or in brackets."""
    node = source_of(function)
    texts = set()
    for each in () if node is None else ast.walk(node):
        if isinstance(each, ast.Subscript):
            name: ast.expr | None = each.slice
        else:
            name = each.args[0] if isinstance(each, ast.Call) and each.args else None
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            texts.add(name.value)
    return texts | {text.replace("-", "_").lower() for text in texts if len(text) < 50}


# Ids ----------------------------------------------------------------------------------

_ID: Final = re.compile(r"^\s*operationId:\s*['\"]?([\w.\-]+)['\"]?\s*$", re.MULTILINE)


def _check_id(handler: Handler, ids: dict[str, Handler]) -> Iterator[Finding]:
    """Find an id that was given to another operation before."""
    # What a class says holds for each of its functions.
    shared = "" if handler.owner is None else handler.owner.__doc__ or ""
    given = _ID.search(_docstring(handler.function)) or _ID.search(shared)
    found = _made_id(handler) if given is None else given[1]
    other = ids.setdefault(found, handler)
    # Where nobody chose it, the document gives the second one another.
    if given is not None and other is not handler:
        yield Finding(
            "operation-id",
            f"{handler.where} and {other.where} have one operationId, {found!r}: no "
            "document can be made, and clients could not tell them apart. Give one of "
            "them another in its docstring.",
            handler.place,
        )


def _made_id(handler: Handler) -> str:
    """Give the id that the document gives where nobody chose one."""
    name = handler.where
    if handler.owner is not None:
        name = re.sub("[A-Z]", r"_\g<0>", handler.owner.__name__).lstrip("_").lower()
    return f"{handler.method.lower()}_{name}" if handler.owner is not None else name
