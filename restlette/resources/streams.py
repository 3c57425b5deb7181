"""Handlers whose result is a stream of items.

The story starts at `Streamed`, which stands in the place of a handler that is annotated
`-> AsyncIterator[Book]`, `-> NDJSON[Book]` or `-> EventStream[Book]`. What the handler
gives is made a response whose items are written by the model of the annotation, so
that the pipeline sees a response like any other.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

from restlette.deferred import Deferred
from restlette.http.negotiation import select
from restlette.http.request import Request
from restlette.http.response import Response
from restlette.http.streams import ItemStream
from restlette.resources.boundary import find_accept
from restlette.resources.representation import Representation

if TYPE_CHECKING:
    import inspect
else:
    inspect = Deferred("inspect")

__all__ = ["Streamed", "stream_representations"]

Kinds = tuple[type[ItemStream[Any]], ...]


def stream_representations(kinds: Kinds) -> tuple[Representation, ...]:
    """Give what a stream can be sent as, for the pipeline to choose from."""
    return tuple(Representation(str(kind.media_type), _refuse) for kind in kinds)


def _refuse(content: Any) -> bytes:
    raise TypeError(
        f"its annotation says that it is a stream of items, not {type(content)}."
    )


class Streamed:
    """A handler whose result is a stream of items.

    Args:
        function: The handler, as it was written.
        call: Calls the handler, which may run in a thread.
        kinds: What its items may be sent as; the first is the default.
        encode: Makes the JSON of an item.
    """

    __slots__ = ("_call", "_encode", "_kinds", "_offers")

    def __init__(
        self,
        function: Callable[..., Any],
        call: Callable[..., Awaitable[Any]],
        kinds: Kinds,
        encode: Callable[[Any], bytes],
    ) -> None:
        # Calling one only makes the generator, which needs no thread.
        is_generator = inspect.isasyncgenfunction(function)
        self._call: Callable[..., Any] = function if is_generator else call
        self._kinds = kinds
        self._offers = tuple(str(kind.media_type) for kind in kinds)
        self._encode = encode

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the handler; the request is its last positional argument.

        Returns:
            The response, or what the handler returned if that is no stream.
        """
        result = self._call(*args, **kwargs)
        if isinstance(result, Awaitable):
            result = await result
        if isinstance(result, AsyncIterable | Iterator):
            result = self._stream(result, args[-1])
        if isinstance(result, ItemStream):
            result.encode = self._encode
        return result

    def _stream(self, items: Any, request: Request) -> Response:
        accept = find_accept(request.scope)
        # That there is one was decided before the handler was called.
        index = 0 if accept is None else select(accept, self._offers) or 0
        response = self._kinds[index](items)
        if len(self._kinds) > 1:
            # RFC 9110 §12.5.5: the field that influenced the choice.
            response.headers.add_vary_header("Accept")
        return response
