"""The answer as a test looks at it: the names that requests has, no dependency."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from typing import Any, Self

from restlette.http.headers import Headers
from restlette.http.media import MediaType
from restlette.http.status import PHRASES
from restlette.testing.exchange import Exchange
from restlette.testing.scope import Fields

__all__ = ["HTTPStatusError", "TestResponse"]

# RFC 9110 §15.4: the redirections that a user agent may follow by itself.
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class HTTPStatusError(Exception):
    """The answer has a status of 400 or more, and `raise_for_status` was called.

    Args:
        response: The answer.
    """

    def __init__(self, response: TestResponse) -> None:
        super().__init__(response)
        self.response = response

    def __str__(self) -> str:
        response = self.response
        return (
            f"{response.status_code} {response.reason} for "
            f"{response.method} {response.url}: {response.text[:500]}"
        )


class TestResponse:
    """What an application answered.

    Args:
        status_code: The status code.
        fields: The header fields, as they were sent.
        content: The content.
        method: The method that was asked.
        url: The URL that was asked.
        debug: What the application told about the answer.

    Attributes:
        status_code: The status code.
        reason: The phrase of the status code, or nothing for one without.
        headers: The header fields; `headers.getlist(name)` gives repeated ones.
        content: The content in bytes, not decoded.
        method: The method that was asked.
        url: The URL that was asked.
        history: The redirects that were followed on the way, oldest first.
        template: The template that was rendered, where the application tells.
        context: What it was rendered with.
    """

    # NOTE: pytest collects what is called Test*, unless it is told not to.
    __test__ = False

    def __init__(
        self,
        status_code: int,
        fields: Fields,
        content: bytes,
        *,
        method: str = "GET",
        url: str = "",
        debug: Mapping[str, Any] | None = None,
    ) -> None:
        self.status_code = status_code
        self.reason: str = PHRASES.get(status_code, "")
        self.headers: Headers = Headers(raw=fields)
        self.content = content
        self.method = method
        self.url = url
        self.history: list[TestResponse] = []
        self.template: Any | None = (debug or {}).get("template")
        self.context: Any | None = (debug or {}).get("context")

    @classmethod
    def of(cls, exchange: Exchange, url: str) -> Self:
        """Take the answer out of an exchange that has ended.

        Args:
            exchange: The exchange.
            url: The URL that was asked.
        """
        return cls(
            exchange.status,
            exchange.fields,
            exchange.content,
            method=exchange.method,
            url=url,
            debug=exchange.debug,
        )

    def __repr__(self) -> str:
        return f"<TestResponse [{self.status_code} {self.reason}]>"

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    @property
    def is_redirect(self) -> bool:
        """Whether the answer points elsewhere and a client would go there."""
        return self.status_code in _REDIRECTS and "location" in self.headers

    @property
    def encoding(self) -> str:
        """The charset that Content-Type names, UTF-8 without one."""
        try:
            charset = MediaType.from_header(self.headers["content-type"]).charset
        except (KeyError, ValueError):
            return "utf-8"
        return charset or "utf-8"

    @property
    def text(self) -> str:
        """The content as text, U+FFFD in place of what cannot be decoded.

        Raises:
            LookupError: Content-Type names a charset that nobody knows.
        """
        return self.content.decode(self.encoding, "replace")

    def json(self) -> Any:
        """Read the content as JSON.

        Raises:
            ValueError: It is no JSON.
        """
        return jsonlib.loads(self.content)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that the answer sets, by name; the last one of a name counts."""
        pairs = (
            field.partition(";")[0].partition("=")
            for field in self.headers.getlist("set-cookie")
        )
        return {name.strip(): value.strip() for name, _, value in pairs}

    def raise_for_status(self) -> None:
        """Raise unless the answer is `ok`.

        Raises:
            HTTPStatusError: The status is 400 or more.
        """
        if not self.ok:
            raise HTTPStatusError(self)
