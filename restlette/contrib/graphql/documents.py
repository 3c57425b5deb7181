"""Documents: text that was parsed and found valid, and is remembered.

The story starts at `Documents.read`. What a client sends again costs one look-up.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from restlette.contrib.graphql.limits import QueryLimits, excess
from restlette.http.optional import load

if TYPE_CHECKING:
    import graphql
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")

__all__ = ["Documents", "InvalidDocument", "document_id"]

# The bounds of what is remembered: so many documents, of so many characters together. A
# document of short tokens takes 300 times its characters in memory.
REMEMBERED: Final = 1000
REMEMBERED_CHARACTERS: Final = 262_144

# So many errors are told: each unknown name is compared with all that there are.
TOLD: Final = 10


def document_id(source: str) -> str:
    """Give what a document may be known by: `sha256:` and the digest of its text.

    Source: GraphQL over HTTP, appendix A, "SHA256 Hex Document Identifier".
    """
    return f"sha256:{sha256(source.encode('utf-8')).hexdigest()}"


class InvalidDocument(Exception):
    """A document that cannot be parsed, is not valid, or asks for too much.

    Args:
        errors: What is wrong, for the client's eyes.
    """

    def __init__(self, errors: list[graphql.GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


class Documents:
    """Reads documents for one schema.

    Args:
        schema: The schema.
        limits: What an operation may hold.
    """

    def __init__(self, schema: graphql.GraphQLSchema, limits: QueryLimits) -> None:
        self._schema = schema
        self._limits = limits
        self._remembered: OrderedDict[tuple[bool, str], graphql.DocumentNode] = (
            OrderedDict()
        )
        self._characters = 0

    def read(
        self, source: str, *, introspection: bool, suggestions: bool
    ) -> graphql.DocumentNode:
        """Parse and validate a document, or remember it.

        Args:
            source: Its text.
            introspection: Whether it may ask for `__schema` and `__type`.
            suggestions: Whether errors say what was probably meant.

        Raises:
            InvalidDocument: It cannot be executed.
        """
        key = introspection, source
        document = self._remembered.get(key)
        if document is not None:
            self._remembered.move_to_end(key)
            return document
        document = self._parse(source)
        self._validate(document, introspection, suggestions)
        self._remember(key, document)
        return document

    def _parse(self, source: str) -> graphql.DocumentNode:
        limits = self._limits
        try:
            return graphql.parse(
                source,
                max_lexical_tokens=limits.tokens,
                max_comments=limits.tokens,
                max_source_length=limits.characters,
            )
        except graphql.GraphQLError as exc:
            raise InvalidDocument([exc]) from None

    def _validate(
        self, document: graphql.DocumentNode, introspection: bool, suggestions: bool
    ) -> None:
        rules = [*graphql.specified_rules]
        if not introspection:
            rules.append(graphql.NoSchemaIntrospectionCustomRule)
        errors = graphql.validate(
            self._schema,
            document,
            rules,
            max_errors=TOLD,
            hide_suggestions=not suggestions,
        )
        errors = errors or list(excess(document, self._limits))
        if errors:
            raise InvalidDocument(errors)

    def _remember(self, key: tuple[bool, str], document: graphql.DocumentNode) -> None:
        self._remembered[key] = document
        self._characters += len(key[1])
        while (
            len(self._remembered) > REMEMBERED
            or self._characters > REMEMBERED_CHARACTERS
        ):
            (_, source), _ = self._remembered.popitem(last=False)
            self._characters -= len(source)
