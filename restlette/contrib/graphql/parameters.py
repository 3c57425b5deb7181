"""What a request asks for: the parameters of GraphQL over HTTP.

The story starts at `Parameters`, which are the same whether they came in a query, as
JSON or over a WebSocket. What is not well-formed is `Malformed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from restlette.http.json import InvalidJSON, JSONCodec

__all__ = ["Malformed", "Parameters"]


class Malformed(ValueError):
    """Parameters that are not those of GraphQL; its text is for the client's eyes."""


class Parameters(NamedTuple):
    """The parameters of a request.

    Attributes:
        query: The text of the document; None where `document_id` names it.
        operation_name: Which operation of it; None where there is only one.
        variables: Values for its variables.
        extensions: What client and server have agreed on beyond that.
        document_id: What a persisted document is known by.

    Source: GraphQL over HTTP, "Request Parameters"; appendix A, "Persisted Documents".
    """

    query: str | None
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None
    extensions: Mapping[str, Any] | None = None
    document_id: str | None = None

    @classmethod
    def from_json(cls, content: Any) -> Parameters:
        """Take the parameters from a value that was read as JSON.

        Raises:
            Malformed: It is no object, or a parameter is missing or of another type.
        """
        if isinstance(content, list):
            raise Malformed("Operations are taken one by one and not in an array.")
        if not isinstance(content, dict):
            raise Malformed("The content is a JSON object with the member 'query'.")
        # "Specifying null for optional request parameters is equivalent to not
        # specifying them at all."
        return cls(
            _typed(content, "query", str, "a string"),
            _typed(content, "operationName", str, "a string"),
            _typed(content, "variables", dict, "an object"),
            _typed(content, "extensions", dict, "an object"),
            _typed(content, "documentId", str, "a string"),
        )._checked()

    @classmethod
    def from_query(cls, query: Mapping[str, str], codec: JSONCodec) -> Parameters:
        """Take the parameters from the query of a URL.

        Args:
            query: The parameters of the query.
            codec: Reads those that are JSON.

        Raises:
            Malformed: A parameter is missing or of another type.
        """
        content: dict[str, Any] = {
            name: query[name] for name in ("query", "documentId") if name in query
        }
        # "Setting the value of the operationName parameter to the empty string is
        # equivalent to omitting" it.
        content["operationName"] = query.get("operationName") or None
        for name in ("variables", "extensions"):
            if query.get(name):
                try:
                    content[name] = codec.loads(query[name].encode("utf-8", "replace"))
                except InvalidJSON:
                    raise Malformed(f"The parameter {name!r} is not JSON.") from None
        return cls.from_json(content)

    def _checked(self) -> Parameters:
        if self.query is None and self.document_id is None:
            raise Malformed("The parameter 'query' is missing: the text of a document.")
        if self.query is not None and self.document_id is not None:
            raise Malformed("There is a 'query' or a 'documentId', not both.")
        return self


def _typed(content: dict[str, Any], name: str, kind: type, words: str) -> Any:
    value = content.get(name)
    if value is not None and not isinstance(value, kind):
        raise Malformed(f"The parameter {name!r} is {words}.")
    return value
