"""What `restlette schema` does, once the application is there.

The story starts at `document_of`. Documents are read and written here; what is printed,
and the exit code, are the command line's.
"""

from __future__ import annotations

import json
from difflib import unified_diff
from pathlib import Path
from typing import Any, Final

from restlette.app import Restlette
from restlette.contrib.openapi.document import describe
from restlette.contrib.openapi.generator import OpenAPIResponse
from restlette.contrib.openapi.plugin import OpenAPI
from restlette.contrib.openapi.versions import convert
from restlette.http.optional import load
from restlette.resources.router import Router

__all__ = ["difference", "document_of", "format_of", "read", "written"]

yaml: Any = load("yaml", "schema", needed_by="restlette schema")

Object = dict[str, Any]

_YAML: Final = (".yaml", ".yml")


def document_of(app: Router, version: str) -> Object:
    """Give the document of an application: its plug-in's, if it has one.

    Args:
        app: The application, or a router.
        version: The version of OpenAPI.

    Raises:
        TypeError, ValueError: Something cannot be described, or the version is none.
    """
    if isinstance(app, Restlette):
        for plugin in app.plugins:
            if isinstance(plugin, OpenAPI):
                return convert(plugin.document(app), version)
    return convert(describe(app), version)


def format_of(path: str) -> str:
    """Give the format that a file's name stands for: "yaml" or "json"."""
    return "yaml" if path.endswith(_YAML) else "json"


def written(document: Object, form: str) -> str:
    """Write a document as people read it.

    Args:
        document: The document.
        form: "json" or "yaml".
    """
    if form == "yaml":
        return OpenAPIResponse(document).body.decode("utf-8")
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read(path: str) -> Object:
    """Read a document from a file, in JSON or YAML.

    Raises:
        OSError: It cannot be read.
        ValueError: It holds no document.
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        found = json.loads(text) if format_of(path) == "json" else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as exc:
        raise ValueError(f"{path} is not in {format_of(path).upper()}: {exc}") from exc
    if not isinstance(found, dict) or "openapi" not in found:
        raise ValueError(f"{path} holds no OpenAPI document.")
    return found


def difference(path: str, document: Object) -> str:
    """Give how a file's document differs from another one, for people; "" if not.

    Raises:
        OSError: It cannot be read.
        ValueError: It holds no document.
    """
    there = read(path)
    # As the file would have it: YAML reads dates and the like for itself.
    form = format_of(path)
    here = json.loads(json.dumps(document))
    if there == here:
        return ""
    lines = unified_diff(
        written(there, form).splitlines(),
        written(here, form).splitlines(),
        fromfile=path,
        tofile="the application",
        lineterm="",
    )
    return "\n".join(lines)
