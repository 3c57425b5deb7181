"""Scalars for schemas of graphene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from restlette.contrib.graphql import uploads
from restlette.http.optional import load

if TYPE_CHECKING:

    class Scalar:
        """graphene's."""

else:
    Scalar = load(
        "graphene", "graphql", needed_by="restlette.contrib.graphql.scalars"
    ).Scalar

__all__ = ["Upload"]


class Upload(Scalar):
    """A file of a multipart form; resolvers get an UploadFile."""

    serialize: Any = staticmethod(uploads.Upload.serialize)
    parse_value: Any = staticmethod(uploads.Upload.parse_value)
    parse_literal: Any = staticmethod(uploads.Upload.parse_literal)
