"""Errors as answers: problem details (RFC 9457), or plain text.

The story starts at `problem_response`. Neither form repeats anything of the request
that the exception does not say itself.
"""

from __future__ import annotations

from typing import Final

from restlette.http.errors import HTTPException
from restlette.http.json import STANDARD
from restlette.http.negotiation import select
from restlette.http.response import Response

__all__ = ["problem_response"]

# RFC 9457 §3: the media type of problem details is application/problem+json. A client
# that takes any JSON gets it too: RFC 6839 §3.1 makes the one a kind of the other.
_JSON: Final = ("application/problem+json", "application/json")
_OFFERS: Final = (*_JSON, "text/plain")

_FIELDS: Final = (
    # SECURITY: a detail that repeats the client's words must not pass for HTML.
    (b"x-content-type-options", b"nosniff"),
    # RFC 9110 §12.5.5: some error statuses may be cached, and Accept decided.
    (b"vary", b"Accept"),
)


def _plain(exc: HTTPException) -> bytes:
    """The title, and the detail where it says more, a line each."""
    lines = [exc.title] if exc.detail == exc.title else [exc.title, exc.detail]
    # A lone surrogate has no UTF-8; an error must not be lost for one.
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def problem_response(exc: HTTPException, accept: bytes | None) -> Response:
    """Answer with an error.

    Args:
        exc: The error.
        accept: The request's Accept field, None where it has none.

    Returns:
        Problem details in JSON; plain text for a client that does not accept JSON, and
        also for one that accepts neither, as RFC 9110 §12.5.1 leaves to the server.

    Raises:
        TypeError: JSON has no form for an extension of the exception.
        ValueError: An extension holds a value that is not JSON's.
    """
    offer = select(accept, _OFFERS)
    if offer is not None and offer < len(_JSON):
        content, media_type = STANDARD.dumps(exc.problem()), _JSON[0]
    else:
        content, media_type = _plain(exc), "text/plain"
    response = Response(content, exc.status_code, exc.headers, media_type)
    # PERF: appended as they are. RFC 9110 §5.3 lets a list such as Vary, which the
    # exception may have too, take several lines.
    response.raw_headers.extend(_FIELDS)
    return response
