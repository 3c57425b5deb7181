"""What clients are told of errors, and what is only in the log.

The story starts at `told`. A GraphQLError is its author's word to the client, and so is
an HTTPException; of anything else the client learns under which number it is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from restlette.http.errors import HTTPException
from restlette.http.optional import load
from restlette.http.printable import printable

if TYPE_CHECKING:
    import graphql
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")

__all__ = ["Tell", "told"]

# Gives errors as one client sees them.
Tell = Callable[[Iterable["graphql.GraphQLError"]], list[dict[str, Any]]]


def told(
    errors: Iterable[graphql.GraphQLError], *, debug: bool = False
) -> list[dict[str, Any]]:
    """Give errors as the client sees them; what it may not see is logged.

    Args:
        errors: What graphql-core found or caught.
        debug: Whether the text of an exception is shown.

    Returns:
        The errors as GraphQL writes them. One of an HTTPException has the extension
        `status`, a masked one the extension `id`, which is in the log of
        `restlette.graphql` too.
    """
    return [_told(error, debug) for error in errors]


def _told(error: graphql.GraphQLError, debug: bool) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(error.formatted)
    original = error.original_error
    # graphql-core puts one GraphQLError around another to say where it was raised.
    while isinstance(original, graphql.GraphQLError):
        original = original.original_error
    if original is None:
        return formatted
    if isinstance(original, HTTPException) and original.status_code < 500:
        extensions = {"status": original.status_code, **original.extensions}
        return {**formatted, "message": original.detail, "extensions": extensions}
    number = token_hex(8)
    path = ".".join(map(str, error.path or ()))
    logging.getLogger("restlette.graphql").error(
        "%s: %s: %s (id %s)",
        printable(path),
        type(original).__name__,
        printable(error.message),
        number,
        exc_info=original,
    )
    if not debug:
        # SECURITY: an exception's text may hold whatever its author had at hand.
        formatted["message"] = f"Something went wrong here; it is logged as {number}."
    formatted["extensions"] = {"id": number}
    return formatted
