"""The plug-in: an application's own document, and a page that shows it.

The story starts at `OpenAPI.install`. The document is made when it is first asked for,
and again when something was registered since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from restlette.app import Restlette
from restlette.concurrency import run_in_threadpool
from restlette.contrib.openapi.document import describe
from restlette.contrib.openapi.generator import OpenAPIResponse
from restlette.contrib.openapi.page import add_page
from restlette.contrib.openapi.versions import VERSIONS, convert
from restlette.http.conditional import conditional_response
from restlette.http.json import STANDARD
from restlette.http.request import Request
from restlette.http.response import Response
from restlette.resources.endpoint import HTTPEndpoint
from restlette.resources.guards import Guard, Rule
from restlette.resources.site import Site

__all__ = ["OpenAPI"]

# Of how many root paths the documents are kept: a server has one, or a few.
REMEMBERED: Final = 16

# OpenAPI 3.1 section 6: there is no registered media type of it yet that clients take.
_JSON: Final = "application/json"
_YAML: Final = "application/yaml"


class _Made(NamedTuple):
    """A document, as it is sent."""

    json: bytes
    yaml: bytes


class OpenAPI:
    """Serves the document of an application: ``app.install(OpenAPI(title=…))``.

    Args:
        title: The application's name.
        version: Its version; not that of OpenAPI.
        info: Further members of the Info Object: `description`, `contact`, ….
        servers: URLs where it is found, or Server Objects; by default where the
            document itself is.
        security: What every operation asks for that says nothing else.
        security_schemes: Security Scheme Objects by name, beside those of guards.
        tags: Tag Objects, beside those of resources; the order is kept.
        openapi: The version of OpenAPI: "3.0", "3.1" or "3.2".
        path: Where the document is, in JSON; in YAML it is beside that, with `.yaml` at
            its end.
        docs: Where the page is that shows it to people; None for no page.
        swagger: Whether that is Swagger UI (`restlette[swagger]`).
        guards: Who may see all this.

    Raises:
        ValueError: There is no title or version, or `openapi` or the path is none.
    """

    def __init__(
        self,
        *,
        title: str,
        version: str,
        info: Mapping[str, Any] | None = None,
        servers: Sequence[str | Mapping[str, Any]] = (),
        security: Sequence[Mapping[str, Sequence[str]]] = (),
        security_schemes: Mapping[str, Mapping[str, Any]] | None = None,
        tags: Sequence[Mapping[str, Any]] = (),
        openapi: str = "3.1",
        path: str = "/openapi.json",
        docs: str | None = "/docs",
        swagger: bool = False,
        guards: Sequence[Guard | Rule] = (),
    ) -> None:
        for name, value in (("title", title), ("version", version)):
            if not value:
                raise ValueError(f"{name} is a text that is not empty, not {value!r}.")
        if openapi not in VERSIONS:
            raise ValueError(f"openapi is {', '.join(VERSIONS)}, not {openapi!r}.")
        if not path.endswith(".json"):
            raise ValueError(f"the path of the document ends in .json: {path!r} not.")
        self.path: str = path
        self.docs: str | None = docs
        self._openapi = openapi
        self._swagger = swagger
        self._guards = tuple(guards)
        self._options: dict[str, Any] = {
            "title": title,
            "version": version,
            "info": info,
            "servers": servers,
            "security": security,
            "security_schemes": security_schemes,
            "tags": tags,
        }
        self._site: Site | None = None
        self._made: dict[str, _Made] = {}

    def install(self, app: Restlette) -> None:
        """Add the resources that answer with the document."""
        plugin = self

        class OpenAPIDocument(HTTPEndpoint):
            async def get(self, request: Request) -> Response:
                made = await run_in_threadpool(plugin._document, request)
                return await _answer(request, made.json, _JSON)

        class OpenAPIDocumentInYAML(HTTPEndpoint):
            async def get(self, request: Request) -> Response:
                made = await run_in_threadpool(plugin._document, request)
                return await _answer(request, made.yaml, _YAML)

        in_yaml = self.path.removesuffix(".json") + ".yaml"
        for path, endpoint, name in (
            (self.path, OpenAPIDocument, "openapi"),
            (in_yaml, OpenAPIDocumentInYAML, "openapi-yaml"),
        ):
            app.add_route(
                path,
                endpoint,
                name=name,
                include_in_schema=False,
                guards=self._guards,
            )

        if self.docs is not None:
            add_page(
                app,
                self.docs,
                document=self.path,
                title=self._options["title"],
                guards=self._guards,
                swagger=self._swagger,
            )

    def document(self, app: Restlette) -> dict[str, Any]:
        """Give the document in OpenAPI 3.1, with what other plug-ins add to it.

        Args:
            app: The application.

        Raises:
            DocstringError: The YAML of a docstring cannot be used.
            TypeError: Something has no form in JSON.
            ValueError: An operation id was given to two operations.
        """
        document = describe(app, **self._options)
        for plugin in app.plugins:
            add = getattr(plugin, "describe", None)
            if add is not None:
                document = add(document) or document
        return document

    def _document(self, request: Request) -> _Made:
        app: Restlette = request.app
        if self._site is not app.site:
            # Something was registered since.
            self._made, self._site = {}, app.site
        root = request.scope.get("root_path", "").rstrip("/")
        made = self._made.get(root)
        if made is None:
            document = self.document(app)
            if root and not self._options["servers"]:
                document["servers"] = [{"url": root}]
            document = convert(document, self._openapi)
            made = _Made(STANDARD.dumps(document), OpenAPIResponse(document).body)
            if len(self._made) < REMEMBERED:
                self._made[root] = made
        return made


async def _answer(request: Request, content: bytes, media_type: str) -> Response:
    tag = sha256(content).hexdigest()[:32]
    headers = {"etag": f'"{tag}"', "cache-control": "no-cache"}
    response = Response(content, headers=headers, media_type=media_type)
    return await conditional_response(request.scope, response)
