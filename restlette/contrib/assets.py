"""Files that pages of the framework's own are made of, as they are sent.

The story starts with `Asset`. A page loads what is beside it and nothing else, which
its Content-Security-Policy says.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from restlette.http.conditional import conditional_response
from restlette.http.request import Request
from restlette.http.response import Response

__all__ = ["POLICY", "Asset"]

_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

# CSP Level 3: what the page loads is beside it, and nobody frames it.
POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The policy of a page whose files are all beside it."""


class Asset:
    """A file in memory, whose entity tag is worked out once.

    Args:
        content: Its content.
        suffix: The end of its name, which says what it is: `.js`.
        policy: The Content-Security-Policy that it is sent with.
        headers: Further header fields.
    """

    def __init__(
        self,
        content: bytes,
        suffix: str,
        *,
        policy: str = POLICY,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._content = content
        self._media_type = _TYPES[suffix]
        self._headers = {
            "cache-control": "no-cache",
            "content-security-policy": policy,
            "etag": f'"{sha256(content).hexdigest()[:32]}"',
            **(headers or {}),
            "x-content-type-options": "nosniff",
        }

    async def respond(self, request: Request) -> Response:
        """Answer with the file, or with 304 to who has it.

        Args:
            request: A GET or HEAD.
        """
        response = Response(
            self._content, headers=self._headers, media_type=self._media_type
        )
        return await conditional_response(request.scope, response)
