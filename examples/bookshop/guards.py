"""Who may do what: anyone may look and add, sellers alone take books away."""

from __future__ import annotations

import os
from hmac import compare_digest
from typing import Any

from restlette import Guard, HTTPConnection


class Seller(Guard):
    """Asks for the sellers' key, as a Bearer token (RFC 6750).

    The environment's `BOOKSHOP_KEY` says what it is; `seller` where it says nothing.
    """

    challenges = 'Bearer realm="bookshop"'
    responses = {401: "Books are taken away with the sellers' key."}

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        """Compare what came with the key, in a time that tells nothing of it."""
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        key = os.environ.get("BOOKSHOP_KEY", "seller")
        is_key = compare_digest(token.strip().encode(), key.encode())
        return is_key and scheme.lower() == "bearer"
