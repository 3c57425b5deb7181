"""Documents as the tests write them, and what is found in exchanges held to them."""

from collections.abc import Mapping
from typing import Any

from restlette.testing.contract import Breach

JSON = "application/json"
PROBLEM = "application/problem+json"


def document(
    path: str = "/books", method: str = "get", item: Any = None, **operation: Any
) -> dict[str, Any]:
    """An OpenAPI document of one operation."""
    operation.setdefault("responses", {"200": {"description": "OK"}})
    components = operation.pop("components", {})
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {path: {**(item or {}), method: operation}},
        "components": components,
    }


def content(schema: Any = True, media_type: str = JSON, **more: Any) -> dict[str, Any]:
    """Content of one media type, as responses and request bodies have it."""
    return {"content": {media_type: {"schema": schema, **more}}}


def parameter(
    name: str, place: str = "query", schema: Any = True, **more: Any
) -> dict[str, Any]:
    """A parameter."""
    return {"name": name, "in": place, "schema": schema, **more}


def kinds(breaches: Any) -> list[str]:
    """What breaches are about, and what they say."""
    return [f"{breach.kind}: {breach.message}" for breach in breaches]


def sole(breaches: Any) -> Breach:
    """The only breach of several that may have been."""
    (breach,) = breaches
    assert isinstance(breach, Breach)
    return breach


Node = Mapping[str, Any]
