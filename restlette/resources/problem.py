"""Exceptions of a domain, and the problems that clients are told in their place.

The story starts with `Problem.of`, which makes the answer of an exception. What is
mapped is plain data, so that a schema can say which problems there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from restlette.http.errors import HTTPException

__all__ = ["Problem"]

# RFC 9110 §15.5.2, §15.5.6, §15.5.8, §15.5.22: fields that a status cannot be without.
_MANDATORY: Final = {
    401: "WWW-Authenticate",
    405: "Allow",
    407: "Proxy-Authenticate",
    426: "Upgrade",
}


class Problem:
    """What clients are told of an exception (RFC 9457).

    Args:
        status_code: 400 to 599.
        type: A URI reference that names the kind of problem.
        title: The kind in words; the status code's phrase if not given.
        detail: What went wrong this time: a text, or a function of the exception, such
            as `str`. Without it the exception's text is not shown.
        extensions: Further members: a mapping, or a function of the exception.
        headers: Header fields of the answer.

    Raises:
        ValueError: The status is none of an error, or cannot be without a header field
            that is not given.
    """

    __slots__ = ("detail", "extensions", "headers", "status_code", "title", "type")

    def __init__(
        self,
        status_code: int,
        *,
        type: str = "about:blank",
        title: str | None = None,
        detail: str | Callable[[Any], str | None] | None = None,
        extensions: (
            Mapping[str, Any] | Callable[[Any], Mapping[str, Any]] | None
        ) = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code: int = status_code
        self.type: str = type
        self.title: str | None = title
        self.detail: str | Callable[[Any], str | None] | None = detail
        self.extensions: (
            Mapping[str, Any] | Callable[[Any], Mapping[str, Any]] | None
        ) = extensions
        self.headers: dict[str, str] = dict(headers or {})
        field = _MANDATORY.get(status_code)
        if field is not None and field.lower() not in map(str.lower, self.headers):
            raise ValueError(
                f"an answer with the status {status_code} has a {field} field: give it "
                f"in headers={{{field!r}: ...}}."
            )
        constant = {} if callable(extensions) else extensions
        # What makes no sense is an error here, and not when there is an exception.
        self._made(None if callable(detail) else detail, constant)

    def of(self, exc: BaseException) -> HTTPException:
        """Give what is answered in place of an exception."""
        detail, extensions = self.detail, self.extensions
        return self._made(
            detail(exc) if callable(detail) else detail,
            extensions(exc) if callable(extensions) else extensions,
        )

    def _made(
        self, detail: str | None, extensions: Mapping[str, Any] | None
    ) -> HTTPException:
        return HTTPException(
            self.status_code,
            detail,
            headers=self.headers,
            type=self.type,
            title=self.title,
            extensions=extensions,
        )

    def __repr__(self) -> str:
        return f"Problem({self.status_code}, type={self.type!r})"
