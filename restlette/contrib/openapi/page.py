"""The page that shows a document to people.

The story starts at `add_page`. The page is a few files beside this module, sent as they
are: nothing is built, nothing comes from elsewhere, and nothing stands in the page that
its Content-Security-Policy would have to allow. Swagger UI, from its package, can take
its place.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from restlette.contrib.assets import POLICY, Asset
from restlette.http.optional import load
from restlette.http.request import Request
from restlette.http.response import Response
from restlette.resources.guards import Guard, Rule
from restlette.resources.router import Router

__all__ = ["add_page"]

_ASSETS: Final = Path(__file__).with_name("assets")

# Swagger UI writes styles into its elements, and has pictures in its style sheet.
_SWAGGER_POLICY: Final = (
    f"{POLICY}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)

_OWN: Final = ("page.css", "page.js", "icon.svg")
_SWAGGER: Final = ("swagger-ui.css", "swagger-ui-bundle.js")


def add_page(
    router: Router,
    path: str,
    *,
    document: str,
    title: str,
    guards: Sequence[Guard | Rule] = (),
    swagger: bool = False,
) -> None:
    """Add the page and its files to a router.

    Args:
        router: Where.
        path: The page's path.
        document: The path of the document in JSON; that in YAML is beside it.
        title: What the page is called until it knows better.
        guards: Who may see it.
        swagger: Whether it is Swagger UI.

    Raises:
        MissingExtra: Swagger UI is wanted, and its package is not installed.
    """
    # Relative, so that they are right behind any prefix.
    here = posixpath.dirname(path)
    names = {
        "title": title,
        "document": posixpath.relpath(document, here),
        "yaml": posixpath.relpath(document.removesuffix(".json") + ".yaml", here),
        "assets": posixpath.basename(path),
    }
    files = {name: _ASSETS / name for name in _OWN}
    page = "index.html"
    if swagger:
        page = "swagger.html"
        files = {name: _ASSETS / name for name in ("icon.svg", "swagger.js")}
        files |= {name: _swagger_directory() / name for name in _SWAGGER}
    policy = _SWAGGER_POLICY if swagger else POLICY
    text = (_ASSETS / page).read_text(encoding="utf-8")
    for name, value in names.items():
        # SECURITY: a title may hold whatever it likes.
        text = text.replace(f"{{{name}}}", escape(value))
    _add(router, path, text.encode("utf-8"), ".html", policy, guards)
    for name, file in files.items():
        _add(router, f"{path}/{name}", file.read_bytes(), file.suffix, policy, guards)


def _swagger_directory() -> Path:
    package: Any = load("swagger_ui_bundle", "swagger", needed_by="OpenAPI(swagger=)")
    return max(Path(package.__file__).parent.glob("vendor/swagger-ui-*"))


def _add(
    router: Router,
    path: str,
    content: bytes,
    suffix: str,
    policy: str,
    guards: Sequence[Guard | Rule],
) -> None:
    asset = Asset(content, suffix, policy=policy)

    async def file(request: Request) -> Response:
        return await asset.respond(request)

    router.add_route(
        path, file, name=path.strip("/"), include_in_schema=False, guards=guards
    )
