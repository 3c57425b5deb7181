"""The ancestor's schema generators: a document of what docstrings say in YAML, alone.

The story starts at `SchemaGenerator`. Nothing is inferred; `document.describe` does
that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from restlette.contrib.openapi.docstrings import DocstringError, parse
from restlette.http.optional import load
from restlette.http.request import Request
from restlette.http.response import Response
from restlette.resources.router import Router
from restlette.resources.routes import Routing

__all__ = ["BaseSchemaGenerator", "EndpointInfo", "OpenAPIResponse", "SchemaGenerator"]

yaml: Any = load("yaml", "schema", needed_by="restlette.contrib.openapi")

# PERF: ten times as fast, where PyYAML was built with it.
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class OpenAPIResponse(Response):
    """A document in YAML.

    Args:
        content: The document, a mapping.

    Raises:
        TypeError: It is no mapping.
    """

    media_type: str | None = "application/vnd.oai.openapi"

    def render(self, content: Any) -> bytes:
        """Write the document in YAML.

        Raises:
            TypeError: It is no mapping.
        """
        if not isinstance(content, Mapping):
            raise TypeError(f"a document is a mapping, not {content!r}.")
        text: str = yaml.dump(
            dict(content),
            Dumper=_Dumper,
            default_flow_style=False,
            allow_unicode=True,
            sort_keys=False,
        )
        return text.encode("utf-8")


# Where the name is that of a method.
_Response = OpenAPIResponse


class EndpointInfo(NamedTuple):
    """A function that a document tells of.

    Attributes:
        path: The path, without convertors.
        http_method: The method, in lower case.
        func: The function.
    """

    path: str
    http_method: str
    func: Callable[..., Any]


class BaseSchemaGenerator(ABC):
    """What makes a document of routes."""

    @abstractmethod
    def get_schema(self, routes: Iterable[Routing]) -> dict[str, Any]:
        """Give the document.

        Args:
            routes: Those of an application: ``app.routes``.
        """

    def get_endpoints(self, routes: Iterable[Routing]) -> list[EndpointInfo]:
        """Give the functions that routes lead to, those below mounts and hosts too.

        HEAD is left out where it is GET without content, and so is what is not to be
        in a schema.

        Args:
            routes: Those of an application: ``app.routes``.
        """
        found = []
        for route in Router(routes=list(routes)).walk():
            if not route.include_in_schema:
                continue
            for method, func in route.handlers.items():
                if method != "HEAD" or "GET" not in route.handlers:
                    info = EndpointInfo(route.path_format, method.lower(), func)
                    found.append(info)
        return found

    def parse_docstring(self, func_or_method: Callable[..., Any]) -> dict[str, Any]:
        """Give the YAML of a docstring: what is behind ``---``, or all of it.

        Args:
            func_or_method: Whatever has a docstring.

        Returns:
            The mapping, empty where the docstring is prose.

        Raises:
            DocstringError: What is behind ``---`` cannot be used.
        """
        text = func_or_method.__doc__
        found = parse(text).yaml
        if found is None and text:
            try:
                found = parse(f"---\n{text}").yaml
            except DocstringError:
                # Prose, mostly.
                found = None
        return found or {}

    def OpenAPIResponse(self, request: Request) -> _Response:
        """Answer with the document of the request's application.

        Args:
            request: The request.
        """
        return _Response(self.get_schema(request.app.routes))


class SchemaGenerator(BaseSchemaGenerator):
    """Makes a document of what docstrings say in YAML.

    Args:
        base_schema: The document without its paths: ``openapi``, ``info``, ….
    """

    def __init__(self, base_schema: Mapping[str, Any]) -> None:
        self.base_schema: dict[str, Any] = dict(base_schema)

    def get_schema(self, routes: Iterable[Routing]) -> dict[str, Any]:
        """Give the document; functions without YAML are not in it.

        Args:
            routes: Those of an application: ``app.routes``.

        Raises:
            DocstringError: The YAML of a docstring cannot be used.
        """
        paths: dict[str, Any] = {
            path: dict(item) for path, item in self.base_schema.get("paths", {}).items()
        }
        version = str(self.base_schema.get("openapi", "3.0"))
        for path, http_method, func in self.get_endpoints(routes):
            # OpenAPI 3.2 is the first that knows QUERY.
            if http_method == "query" and version < "3.2":
                continue
            parsed = self.parse_docstring(func)
            if parsed:
                paths.setdefault(path, {})[http_method] = parsed
        return {**self.base_schema, "paths": paths}
