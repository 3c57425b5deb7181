"""Documents: an application, described in OpenAPI.

The story starts at `describe`. Operations are put under their paths; what OpenAPI 3.1
has no place for is kept under names that begin with `x-`, so that `versions.convert`
can put it where a later version has one:

    x-additionalOperations    of a path: operations by methods that 3.1 does not know
    x-itemSchema              of a media type: the items of a stream
    x-websockets              of the document: what is spoken to over WebSockets
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from restlette.contrib.openapi.docstrings import read
from restlette.contrib.openapi.operations import (
    INVALID,
    PROBLEM,
    Operations,
    merged,
)
from restlette.resources.description import Description, describe_operations
from restlette.resources.router import Router

__all__ = ["VERSION", "describe"]

Object = dict[str, Any]

VERSION: Final = "3.1.1"
"""The version of OpenAPI that documents are written in."""

# OpenAPI 3.1 section 4.8.9.1: the methods that a Path Item Object has a member for.
METHODS: Final = frozenset(
    ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")
)

PROBLEM_SCHEMA: Final[Object] = {
    "description": "What went wrong (RFC 9457).",
    "type": "object",
    "properties": {
        "type": {
            "description": "Names the kind of problem.",
            "type": "string",
            "format": "uri-reference",
            "default": "about:blank",
        },
        "title": {"description": "The kind in words.", "type": "string"},
        "status": {
            "description": "The status code.",
            "type": "integer",
            "minimum": 400,
            "maximum": 599,
        },
        "detail": {"description": "What went wrong this time.", "type": "string"},
        "instance": {
            "description": "Names this occurrence.",
            "type": "string",
            "format": "uri-reference",
        },
    },
    "required": ["title", "status"],
}

INVALID_SCHEMA: Final[Object] = {
    "description": "What does not fit in a request, each thing of it.",
    "allOf": [{"$ref": f"#/components/schemas/{PROBLEM}"}],
    "type": "object",
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "detail": {
                        "description": "What is wrong, in words.",
                        "type": "string",
                    },
                    "code": {
                        "description": "What is wrong, in a word that stays.",
                        "type": "string",
                    },
                    "pointer": {
                        "description": "Where in JSON content (RFC 6901).",
                        "type": "string",
                    },
                    "in": {
                        "description": "Where else: query, header, cookie or form.",
                        "type": "string",
                    },
                    "name": {
                        "description": "The name of what is there.",
                        "type": "string",
                    },
                },
                "required": ["detail", "code"],
            },
        }
    },
}


def describe(
    router: Router,
    *,
    title: str = "",
    version: str = "",
    info: Mapping[str, Any] | None = None,
    servers: Sequence[str | Mapping[str, Any]] = (),
    security: Sequence[Mapping[str, Sequence[str]]] = (),
    security_schemes: Mapping[str, Mapping[str, Any]] | None = None,
    tags: Sequence[Mapping[str, Any]] = (),
) -> Object:
    """Describe an application.

    Args:
        router: The application, or a router.
        title: Its name.
        version: Its version; not that of OpenAPI.
        info: Further members of the Info Object: `description`, `contact`, ….
        servers: URLs where it is found, or Server Objects.
        security: What every operation asks for that says nothing else.
        security_schemes: Security Scheme Objects by name, beside those of guards.
        tags: Tag Objects, beside those of resources; the order is kept.

    Returns:
        An OpenAPI 3.1 document, as JSON has it. The same application gives the same.

    Raises:
        DocstringError: The YAML of a docstring cannot be used.
        TypeError: Something has no form in JSON.
        ValueError: An operation id was given to two operations.
    """
    operations = Operations(_problem_types(router))
    paths: dict[str, Object] = {}
    ids = _Ids()
    for described in describe_operations(router):
        if not described.route.include_in_schema:
            continue
        operation = operations.operation(described)
        ids.name(operation, described)
        _put(paths, described, operation)
    document: Object = {
        "openapi": VERSION,
        "info": {
            "title": title or type(router).__name__,
            "version": version or "0",
            **(info or {}),
        },
    }
    if servers:
        document["servers"] = [
            {"url": each} if isinstance(each, str) else dict(each) for each in servers
        ]
    document["paths"] = paths
    websockets = _websockets(router)
    if websockets:
        document["x-websockets"] = websockets
    components = _components(operations, security_schemes or {})
    if components:
        document["components"] = components
    if security:
        document["security"] = [dict(each) for each in security]
    said = {each["name"]: dict(each) for each in tags}
    all_tags = {**said, **{n: t for n, t in operations.tags.items() if n not in said}}
    if all_tags:
        document["tags"] = list(all_tags.values())
    return document


def _problem_types(router: Router) -> list[str]:
    """Give the media types that middleware makes of problem details, for some."""
    return [
        media_type
        for each in router.user_middleware
        for media_type in getattr(each.cls, "problem_types", ())
    ]


class _Ids:
    """The ids of operations, each of which is one operation's alone."""

    def __init__(self) -> None:
        self._of: dict[str, Description] = {}

    def name(self, operation: Object, described: Description) -> None:
        """Keep an id, or give another one where nobody chose it.

        Raises:
            ValueError: It was chosen, and is another operation's.
        """
        wanted = operation["operationId"]
        found, number = wanted, 1
        yaml = read(described.function).yaml or {}
        while found in self._of:
            if yaml.get("operationId") == wanted:
                other = self._of[found]
                raise ValueError(
                    f"{other.where} and {described.where} have one operationId, "
                    f"{wanted!r}: give one of them another in its docstring."
                )
            number += 1
            found = f"{wanted}_{number}"
        operation["operationId"] = found
        self._of[found] = described


def _put(paths: dict[str, Object], described: Description, operation: Object) -> None:
    """Put an operation under its path, and under the host that it is for."""
    path = _free_path(paths, described, operation)
    item = paths.setdefault(path, {})
    host = described.route.host
    if host is not None:
        operation["servers"] = [_host_server(host, described)]
    if described.method in METHODS:
        item[described.method.lower()] = operation
    else:
        item.setdefault("x-additionalOperations", {})[described.method] = operation


def _free_path(
    paths: dict[str, Object], described: Description, operation: Object
) -> str:
    """Give the path, under another spelling if the operation's place is taken.

    Two routes may differ by their convertors alone, or by their hosts, of which a path
    in a document says nothing.
    """
    path = described.path_format
    while _is_taken(paths.get(path, {}), described.method):
        names = [each.name for each in described.parameters if not each.in_host]
        if not names:
            # A fragment is sent to no server.
            return f"{path}#{re.sub('{|:.*?}|}', '', described.route.host or '')}"
        longer = names[-1] + "_"
        path = path.replace(f"{{{names[-1]}}}", f"{{{longer}}}")
        for parameter in operation["parameters"]:
            if (parameter["name"], parameter["in"]) == (names[-1], "path"):
                parameter["name"] = longer
        described = described._replace(
            parameters=tuple(
                each._replace(name=longer) if each.name == names[-1] else each
                for each in described.parameters
            )
        )
    return path


def _is_taken(item: Object, method: str) -> bool:
    if method in METHODS:
        return method.lower() in item
    return method in item.get("x-additionalOperations", {})


def _host_server(host: str, described: Description) -> Object:
    url = host
    variables = {}
    for parameter in described.parameters:
        if parameter.in_host:
            variables[parameter.name] = {"default": parameter.name}
    # The convertors are in the template, and no matter of a URL's.
    for part in host.split("{")[1:]:
        written = part.partition("}")[0]
        url = url.replace(f"{{{written}}}", f"{{{written.partition(':')[0]}}}")
    return {"url": f"//{url}", **({"variables": variables} if variables else {})}


def _websockets(router: Router) -> Object:
    found: Object = {}
    for route in router.walk():
        if route.kind == "websocket" and route.include_in_schema:
            said = read(route.endpoint)
            found[route.path_format] = {
                key: text
                for key, text in (
                    ("summary", said.summary),
                    ("description", said.description),
                )
                if text
            }
    return found


def _components(
    operations: Operations, security_schemes: Mapping[str, Mapping[str, Any]]
) -> Object:
    schemas = operations.components.schemas
    components: Object = {}
    if operations.names_problems:
        schemas |= {PROBLEM: PROBLEM_SCHEMA, INVALID: INVALID_SCHEMA}
    if schemas:
        components["schemas"] = dict(sorted(schemas.items()))
    schemes = merged(operations.security_schemes, dict(security_schemes))
    if schemes:
        components["securitySchemes"] = schemes
    return components
