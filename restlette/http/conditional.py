"""Conditional requests: whether a request is to be carried out (RFC 9110 §13).

The story starts with `evaluate`, which holds what the request says against the current
validators and gives one of three outcomes. `if_range_holds` answers the same question
for If-Range. `Preconditions` is what a request says, as a value: for a store that
compares and writes in one step. `conditional_response` applies all this to an answer
that exists already.

When to ask: RFC 9110 §13.2.1 has a server ignore all preconditions when, without them,
the answer would be other than 2xx or 412; so 401, 403, 404, 405 and 406 come first.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

from restlette.http.dates import parse_date
from restlette.http.errors import PreconditionFailed
from restlette.http.headers import Headers
from restlette.http.problems import problem_response
from restlette.http.response import Response, StreamingResponse
from restlette.http.types import Scope
from restlette.http.validators import EntityTags, ETag, Validators

__all__ = [
    "Outcome",
    "Preconditions",
    "conditional_response",
    "evaluate",
    "if_range_holds",
    "not_modified",
    "precondition_failed",
]


class Outcome(Enum):
    """What becomes of a conditional request."""

    PROCEED = "proceed"
    NOT_MODIFIED = "not modified"
    PRECONDITION_FAILED = "precondition failed"


# RFC 9110 §13.2.2 has 304 for GET and HEAD; QUERY's definition says that it selects a
# representation too, and is conditional in the same way.
_SELECTING: Final = frozenset(("GET", "HEAD", "QUERY"))

# RFC 9110 §13.2.1: a server must ignore the fields "when received with a request method
# that does not involve the selection or modification of a selected representation".
_APART: Final = frozenset(("CONNECT", "OPTIONS", "TRACE"))

# RFC 9110 §13.1, but for If-Range, which is about ranges alone.
_FIELDS: Final = (
    "if-match",
    "if-unmodified-since",
    "if-none-match",
    "if-modified-since",
)

_FAILED: Final = "The resource is not in the state that the request names."

# RFC 9110 §15.4.5: a 304 should not carry metadata of the representation beyond what
# guides the client's cache. The rest (Set-Cookie, Link, Vary, …) is not of that kind.
_OF_CONTENT: Final = frozenset(
    (
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-length",
        b"content-range",
        b"content-type",
    )
)


def evaluate(
    method: str, headers: Headers, validators: Validators, *, exists: bool = True
) -> Outcome:
    """Decide whether a request is to be carried out.

    Args:
        method: The request's method.
        headers: The request's header fields.
        validators: What is known of the current representation.
        exists: Whether there is a current representation.

    Returns:
        The outcome, found in the order of RFC 9110 §13.2.2. Dates that are malformed
        are ignored, and so are malformed entity tags: they match nothing, hence an
        If-Match of nothing else fails.
    """
    # A GET of what does not exist is a 404, and that comes first.
    if method in _APART or (not exists and method in _SELECTING):
        return Outcome.PROCEED
    if not _may_be_carried_out(headers, validators, exists):
        return Outcome.PRECONDITION_FAILED
    if _is_news(method, headers, validators, exists):
        return Outcome.PROCEED
    if method in _SELECTING:
        return Outcome.NOT_MODIFIED
    return Outcome.PRECONDITION_FAILED


def _may_be_carried_out(headers: Headers, validators: Validators, exists: bool) -> bool:
    """Steps 1 and 2 of RFC 9110 §13.2.2: the state is still the one that was meant."""
    if_match = _joined(headers, "if-match")
    if if_match is not None:
        # §13.1.1: false if no listed tag matches, by strong comparison; "*" is false
        # if there is no current representation.
        tags = EntityTags.from_header(if_match)
        return exists and tags.match_strongly(validators.etag)
    date = _date(headers, "if-unmodified-since")
    # §13.1.4: ignored if the resource has no modification date available.
    if date is None or validators.last_modified is None:
        return True
    return validators.last_modified <= date


def _is_news(
    method: str, headers: Headers, validators: Validators, exists: bool
) -> bool:
    """Steps 3 and 4 of RFC 9110 §13.2.2: the client does not have this state yet."""
    if_none_match = _joined(headers, "if-none-match")
    if if_none_match is not None:
        # §13.1.2: false if a listed tag matches, by weak comparison; "*" is false if
        # there is a current representation.
        tags = EntityTags.from_header(if_none_match)
        return not (exists and tags.match_weakly(validators.etag))
    # §13.1.3: ignored if the method is neither GET nor HEAD.
    if method not in _SELECTING or validators.last_modified is None:
        return True
    date = _date(headers, "if-modified-since")
    return date is None or validators.last_modified > date


class Preconditions:
    """What a request says of the state that it is meant for (RFC 9110 §13.1).

    A handler is given it, and holds it against the state that it is about to replace,
    inside the transaction that replaces it: what was checked earlier may be true no
    longer.

    Args:
        headers: The request's header fields.
        method: The request's method.
        media_types: The representations of the resource, where there are several: each
            has a tag of its own.
    """

    __slots__ = ("_headers", "_media_types", "_method")

    def __init__(
        self,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "PUT",
        media_types: Sequence[str] = (),
    ) -> None:
        self._headers = headers if isinstance(headers, Headers) else Headers(headers)
        self._method = method
        self._media_types = tuple(media_types)

    def check(self, current: Validators | None) -> None:
        """Make sure that the request is meant for a state.

        Args:
            current: The state that is there, None where there is no representation.

        Raises:
            PreconditionFailed: It is meant for another one.
        """
        # That a client has this state already is no reason to refuse it to him.
        if self.evaluate(current) is Outcome.PRECONDITION_FAILED:
            raise PreconditionFailed(_FAILED)

    def evaluate(self, current: Validators | None) -> Outcome:
        """Decide whether the request is to be carried out; see `evaluate`.

        Args:
            current: The state that is there, None where there is no representation.
        """
        exists = current is not None
        validators = self._meant(current) if current is not None else Validators()
        return evaluate(self._method, self._headers, validators, exists=exists)

    def _meant(self, current: Validators) -> Validators:
        """Give the tag that the request names, where each representation has its own.

        To change a resource it does not matter in which form it was seen.
        """
        named = [
            EntityTags.from_header(value)
            for name in ("if-match", "if-none-match")
            if (value := _joined(self._headers, name)) is not None
        ]
        for each in (current.of(media_type) for media_type in self._media_types):
            if any(tags.match_weakly(each.etag) for tags in named):
                return each
        return current

    def name_a_state(self, current: Validators | None) -> bool:
        """Say whether the request is kept from replacing what its client never saw.

        ``If-Match: *`` says so in so many words, and ``If-None-Match: *`` that there
        must be nothing. A date tells two changes in one second from each other no
        more than its clock does, so that it counts where there is no tag alone.

        Args:
            current: The state that is there, None where there is no representation.
        """
        headers = self._headers
        if "if-match" in headers:
            return True
        if_none_match = _joined(headers, "if-none-match")
        if if_none_match is not None and EntityTags.from_header(if_none_match).anything:
            return True
        return (
            current is not None
            and current.etag is None
            and current.last_modified is not None
            and _date(headers, "if-unmodified-since") is not None
        )

    def __repr__(self) -> str:
        named = ", ".join(
            f"{name}: {value}" for name in _FIELDS if (value := self._headers.get(name))
        )
        return f"Preconditions({named or 'none'})"


def if_range_holds(
    headers: Headers, validators: Validators, *, now: float | None = None
) -> bool:
    """Decide whether a Range field is to be looked at.

    Args:
        headers: The request's header fields.
        validators: What is known of the current representation.
        now: Seconds since 1970; by default they are asked for.

    Returns:
        True where there is no If-Range, or where it names exactly this state.

    Source: RFC 9110 §13.1.5.
    """
    if_range = _joined(headers, "if-range")
    if if_range is None:
        return True
    if '"' in if_range:
        try:
            tag = ETag.from_header(if_range)
        except ValueError:
            return False
        # "This strong comparison function": a weak tag never holds.
        return validators.etag is not None and tag.matches_strongly(validators.etag)
    modified = validators.last_modified
    # "If the HTTP-date validator provided is not a strong validator in the sense
    # defined by Section 8.8.2.2, the condition is false": within the second of the last
    # change there may be another one. "Exactly matches", no earlier and no later.
    if modified is None or modified + 1 > (time.time() if now is None else now):
        return False
    return _date(headers, "if-range") == modified


def _joined(headers: Headers, name: str) -> str | None:
    """Give a field's lines as one value, as RFC 9110 §5.3 allows."""
    lines = headers.getlist(name)
    return ", ".join(lines) if lines else None


def _date(headers: Headers, name: str) -> int | None:
    """Give a field's date; None where it has none, several, or a malformed one."""
    value = _joined(headers, name)
    if value is None:
        return None
    try:
        return parse_date(value.strip(" \t"))
    except ValueError:
        return None


def not_modified(response: Response) -> Response:
    """Give the 304 that stands for an answer.

    Args:
        response: The answer that a request without conditions would get.

    Returns:
        Its header fields without those of its content, and its background tasks.
    """
    answer = Response(status_code=304, background=response.background)
    answer.raw_headers = [
        field for field in response.raw_headers if field[0].lower() not in _OF_CONTENT
    ]
    return answer


def precondition_failed(headers: Headers) -> Response:
    """Give the 412, as problem details.

    Args:
        headers: The request's header fields.
    """
    accept = _joined(headers, "accept")
    return problem_response(
        PreconditionFailed(_FAILED),
        None if accept is None else accept.encode("latin-1"),
    )


async def conditional_response(scope: Scope, response: Response) -> Response:
    """Answer a request for a representation conditionally, by the answer's validators.

    For a handler, or a middleware, that has made its answer: the work is done already,
    so only methods that select a representation are looked at; the others need their
    preconditions evaluated before they change anything.

    Args:
        scope: The scope of the request.
        response: The answer, with ETag or Last-Modified among its fields.

    Returns:
        A 304 or a 412 in its place, or the answer itself. One that is replaced is
        closed, if it is a stream.
    """
    if scope.get("method") not in _SELECTING or not 200 <= response.status_code < 300:
        return response
    headers = Headers(scope=scope)
    validators = Validators.from_headers(response.headers)
    outcome = evaluate(scope["method"], headers, validators)
    if outcome is Outcome.PROCEED:
        return response
    if isinstance(response, StreamingResponse):
        await response.aclose()
    if outcome is Outcome.NOT_MODIFIED:
        return not_modified(response)
    answer = precondition_failed(headers)
    answer.background = response.background
    return answer
