"""Models stated above a handler, where its annotations are left to type checkers.

    @accepts(NewBookSchema)
    @returns(BookSchema)
    async def post(self, request: Request, body: dict[str, Any]) -> Created[Any]:

`Annotated[dict[str, Any], NewBookSchema]` in the annotation says the same; the two
functions write it there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from restlette.resources.parameters import parameters_of, unwrap

__all__ = ["accepts", "returns"]

F = TypeVar("F", bound=Callable[..., Any])


def accepts(schema: Any) -> Callable[[F], F]:
    """State what reads the content that a handler is given as `body`.

    Args:
        schema: a marshmallow Schema or its class, or what another adapter knows from
            an `Annotated`.

    Raises:
        TypeError: the handler has no parameter `body`.
    """

    def state(function: F) -> F:
        parameters = parameters_of(function)
        names = parameters and (*parameters.positional, *parameters.keyword_only)
        if not names or "body" not in names:
            name = getattr(function, "__qualname__", repr(function))
            raise TypeError(
                f"{name} has no parameter called body, and @accepts({_named(schema)}) "
                "is about that"
            )
        _annotate(function, "body", schema)
        return function

    return state


def returns(schema: Any) -> Callable[[F], F]:
    """State what writes the content that a handler gives back.

    The return annotation keeps its meaning, if there is one: `Created[dict[str, Any]]`
    is 201, `| None` is 204.

    Args:
        schema: as for `accepts`.
    """

    def state(function: F) -> F:
        _annotate(function, "return", schema)
        return function

    return state


def _annotate(function: Callable[..., Any], name: str, schema: Any) -> None:
    annotations = unwrap(function).__annotations__
    annotations[name] = Annotated[annotations.get(name, Any), schema]


def _named(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    return cls.__qualname__
