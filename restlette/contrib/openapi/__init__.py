"""OpenAPI: what an application is to its clients, written from its declarations."""

from restlette.contrib.openapi.docstrings import DocstringError
from restlette.contrib.openapi.document import describe
from restlette.contrib.openapi.generator import (
    BaseSchemaGenerator,
    EndpointInfo,
    OpenAPIResponse,
    SchemaGenerator,
)
from restlette.contrib.openapi.plugin import OpenAPI
from restlette.contrib.openapi.versions import convert

__all__ = [
    "BaseSchemaGenerator",
    "DocstringError",
    "EndpointInfo",
    "OpenAPI",
    "OpenAPIResponse",
    "SchemaGenerator",
    "convert",
    "describe",
]
