"""What clients are told of errors, and what is only in the log.

The story starts at `told`. A GraphQLError is its author's word to the client, and so is
an HTTPException, or what the application maps to a problem; of anything else the client
learns under which number it is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from restlette.concurrency import DEFAULT_POOL, ThreadPool
from restlette.http.errors import HTTPException
from restlette.http.optional import load
from restlette.http.printable import printable
from restlette.resources.problem import Problem

if TYPE_CHECKING:
    import graphql
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")

__all__ = ["Policy", "Tell", "told"]

# Gives errors as one client sees them.
Tell = Callable[[Iterable["graphql.GraphQLError"]], list[dict[str, Any]]]


class Policy(NamedTuple):
    """What holds for one client.

    Attributes:
        introspection: Whether `__schema` and `__type` are answered.
        suggestions: Whether errors say what was probably meant.
        texts: Whether the texts of exceptions are shown.
        problems: What is told of exceptions that the application maps, by class.
        pool: Where plain resolvers run.
    """

    introspection: bool = False
    suggestions: bool = False
    texts: bool = False
    problems: Mapping[type[BaseException], Problem] = {}
    pool: ThreadPool = DEFAULT_POOL


_STRICT: Final = Policy()


def told(
    errors: Iterable[graphql.GraphQLError], *, policy: Policy = _STRICT
) -> list[dict[str, Any]]:
    """Give errors as the client sees them; what it may not see is logged.

    Args:
        errors: What graphql-core found or caught.
        policy: What the client is shown.

    Returns:
        The errors as GraphQL writes them. One of an HTTPException, or of a problem, has
        the extension `status`, and `type` where it has a type; a masked one the
        extension `id`, which is in the log of `restlette.graphql` too.
    """
    return [_told(error, policy) for error in errors]


def _told(error: graphql.GraphQLError, policy: Policy) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(error.formatted)
    original = error.original_error
    # graphql-core puts one GraphQLError around another to say where it was raised.
    while isinstance(original, graphql.GraphQLError):
        original = original.original_error
    if original is None:
        return formatted
    message = error.message
    try:
        answer = _answer(original, policy.problems)
    except Exception as exc:
        original, message, answer = exc, str(exc), None
    if answer is not None:
        kind = {} if answer.type == "about:blank" else {"type": answer.type}
        extensions = {"status": answer.status_code, **kind, **answer.extensions}
        return {**formatted, "message": answer.detail, "extensions": extensions}
    number = token_hex(8)
    path = ".".join(map(str, error.path or ()))
    logging.getLogger("restlette.graphql").error(
        "%s: %s: %s (id %s)",
        printable(path),
        type(original).__name__,
        printable(message),
        number,
        exc_info=original,
    )
    if not policy.texts:
        # SECURITY: an exception's text may hold whatever its author had at hand.
        formatted["message"] = f"Something went wrong here; it is logged as {number}."
    formatted["extensions"] = {"id": number}
    return formatted


def _answer(
    exc: Exception, problems: Mapping[type[BaseException], Problem]
) -> HTTPException | None:
    """Give what clients are told of an exception, if it is meant for them.

    Raises:
        Exception: A function of the problem failed.
    """
    if isinstance(exc, HTTPException):
        return exc if exc.status_code < 500 else None
    for cls in type(exc).__mro__:
        if cls in problems:
            # Whatever its status is: it was written for clients.
            return problems[cls].of(exc)
    return None
