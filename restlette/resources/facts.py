"""Facts that a resource states of itself, and what follows from them.

The story starts with `Facts.ask`. A resource that has `validators` says in which state
it is, before anything is done; whether there is something to do follows from that and
from the request: 404, 304, 412 or 428, or the handler is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, Final

from restlette.http.conditional import Outcome, Preconditions
from restlette.http.errors import NotFound, PreconditionRequired
from restlette.http.headers import encode_value
from restlette.http.negotiation import select
from restlette.http.request import Request
from restlette.http.response import Response
from restlette.http.validators import Validators
from restlette.resources.hooks import Hook
from restlette.resources.html import HTML
from restlette.resources.representation import Representation

__all__ = ["Facts", "preconditions_of", "stamped"]

# RFC 9110 §13.2.1: these involve no representation, so that nothing is asked for them.
_APART: Final = frozenset(("CONNECT", "OPTIONS", "TRACE"))

# What replaces the state that there is, so that an update could be lost (RFC 6585 §3).
_REPLACING: Final = frozenset(("PUT", "PATCH", "DELETE"))

_REQUIRED: Final = (
    "Say which state this is meant for: If-Match with the ETag that GET gives, or "
    "If-None-Match: * to make what is not there yet."
)


class Facts:
    """What a resource says of its state.

    Args:
        hook: Its `validators`.
        where: Its class, for errors.
        representations: Its representations, the default first.
        required: Whether a request that replaces the state has to name it.
    """

    __slots__ = ("_hook", "_media_types", "_pages", "_required", "_where")

    def __init__(
        self,
        hook: Hook,
        where: str,
        representations: Sequence[Representation],
        required: bool,
    ) -> None:
        self._hook = hook
        self._where = where
        self._media_types = tuple(each.media_type for each in representations)
        self._pages = [isinstance(each, HTML) for each in representations]
        self._required = required

    @property
    def required(self) -> bool:
        """Whether a request that replaces the state has to name it."""
        return self._required

    async def ask(
        self, resource: Any, request: Request, accept: bytes | None
    ) -> Validators | Response | None:
        """Ask the resource, and hold what it says against the request.

        Args:
            resource: The resource.
            request: The request.
            accept: The value of its Accept fields.

        Returns:
            What the answer to GET is to say of the state; None for other methods, for
            RFC 9110 §9.3.4 has them say nothing of what they have not seen stored. A
            304, in place of the answer.

        Raises:
            NotFound: There is no such resource, and the request does not make one.
            PreconditionFailed: It is in another state than the request names.
            PreconditionRequired: The request names no state, and has to.
        """
        method = request.method
        if method in _APART:
            return None
        stated = await self._hook(resource, request, request.path_params)
        if stated is not None and not isinstance(stated, Validators):
            raise TypeError(
                f"{self._where}.validators returned {stated!r}: it gives Validators, "
                "or None where there is nothing."
            )
        if stated is None:
            # RFC 9110 §9.3.4: PUT makes what is not there yet.
            if method != "PUT":
                raise NotFound
        elif method in ("GET", "HEAD"):
            return self._selected(stated, request, accept)
        preconditions = preconditions_of(request, self._media_types)
        preconditions.check(stated)
        if self.is_asked_for(method) and not preconditions.name_a_state(stated):
            raise PreconditionRequired(_REQUIRED)
        return None

    def is_asked_for(self, method: str) -> bool:
        """Say whether a request has to name the state that it is meant for."""
        return self._required and method in _REPLACING

    def _selected(
        self, stated: Validators, request: Request, accept: bytes | None
    ) -> Validators | Response:
        """Give what is to be said of the representation that is sent, or a 304."""
        several = len(self._media_types) > 1
        index = 0 if accept is None else select(accept, self._media_types)
        # Where none is accepted, the handler may have a Response of its own.
        if index is not None and self._pages[index]:
            # A page shows more than the state: who has logged in, what a template says.
            stated = Validators()
        elif index is not None and several:
            stated = stated.of(self._media_types[index])
        preconditions = Preconditions(request.headers, method=request.method)
        preconditions.check(stated)
        if preconditions.evaluate(stated) is Outcome.PROCEED:
            return stated
        fields = stated.to_headers()
        # RFC 9110 §15.4.5: no other metadata than the tag, if there is one.
        if "etag" in fields:
            fields.pop("last-modified", None)
        if several:
            fields["vary"] = "Accept"
        return Response(status_code=304, headers=fields)


def preconditions_of(request: Request, media_types: tuple[str, ...]) -> Preconditions:
    """Give what a request says of the state that it is meant for.

    Args:
        request: The request.
        media_types: The representations of the resource.
    """
    return Preconditions(
        request.headers,
        method=request.method,
        media_types=media_types if len(media_types) > 1 else (),
    )


def stamped(response: Response, validators: Validators) -> Response:
    """Give an answer with what is to be said of the state; errors say nothing of it.

    Args:
        response: The answer. It stays as it is: a handler may keep and share it.
        validators: The state of the representation that it holds. A field that the
            answer has already is not said again.
    """
    if not 200 <= response.status_code < 300:
        return response
    answer = copy(response)
    has = {name for name, _ in response.raw_headers}
    answer.raw_headers = [*response.raw_headers]
    for name, value in validators.to_headers().items():
        if name.encode() not in has:
            answer.raw_headers.append((name.encode(), encode_value(name, value)))
    return answer
