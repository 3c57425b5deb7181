"""Fields that are attributes of an object, or items of a mapping.

The story starts at `attribute_of`, which looks at a field once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from restlette.concurrency import name_of
from restlette.http.optional import load

if TYPE_CHECKING:
    import graphql
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")

__all__ = ["Attribute", "attribute_of"]

# What graphene gives to a field that has no resolver of its own.
_GRAPHENES = "graphene.types.resolver", "dict_or_attr_resolver"


class Attribute(NamedTuple):
    """An attribute, or an item of a mapping, that is the value of a field.

    Attributes:
        name: Its name.
        default: What stands for it where it is missing.
        mappings: What is asked for an item instead.
    """

    name: str
    default: Any
    mappings: Any

    def of(self, source: Any) -> Any:
        """Give the value."""
        if isinstance(source, self.mappings):
            return source.get(self.name, self.default)
        return getattr(source, self.name, self.default)


def attribute_of(field: graphql.GraphQLField, name: str) -> Attribute | None:
    """Give the attribute that a field without a resolver of its own reads.

    Args:
        field: The field.
        name: Its name in the document.

    Returns:
        The attribute; None where a resolver has more to do than to read it.
    """
    resolve = field.resolve
    if resolve is None:
        return Attribute(name, None, Mapping)
    if isinstance(resolve, partial) and len(resolve.args) == 2 and not resolve.keywords:
        function: Any = resolve.func
        if (getattr(function, "__module__", ""), name_of(function)) == _GRAPHENES:
            return Attribute(*resolve.args, dict)
    return None
