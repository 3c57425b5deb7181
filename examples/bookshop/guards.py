"""Who may do what: anyone may look, sellers alone write, and each what is theirs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Any

from examples.bookshop.models import Book
from restlette import Forbidden, Guard, HTTPConnection, HTTPException
from restlette.resources.guards import Schemes

SELLER = "seller"

# Where in a session the role of its account is.
ROLE = "role"


def is_key(said: str) -> bool:
    """Say whether something is the sellers' key, in a time that tells nothing of it.

    The environment's `BOOKSHOP_KEY` says what it is; `seller` where it says nothing.
    """
    key = os.environ.get("BOOKSHOP_KEY", "seller")
    return compare_digest(said.encode(), key.encode())


class Member(Guard):
    """Asks for somebody who has logged in."""

    challenges: str | Sequence[str] = 'Session realm="bookshop"'
    responses: Mapping[int, str] = {401: "Log in first."}
    security: Schemes = {
        "session": {"type": "apiKey", "in": "cookie", "name": "session"}
    }

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        """Look into the session."""
        return role_of(connection) is not None


class Seller(Member):
    """Asks for a seller who has logged in, or for the sellers' key.

    The key is for programs, as a Bearer token (RFC 6750).
    """

    challenges = ('Bearer realm="bookshop"', 'Session realm="bookshop"')
    responses = {
        401: "Sellers write here: log in, or send the key.",
        403: "Sellers alone write here.",
    }

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        """Look for the key first: who has it has no session."""
        return has_key(connection) or role_of(connection) == SELLER

    def refusal(self, connection: HTTPConnection) -> HTTPException:
        """Say 403 to who is known, and no seller."""
        if role_of(connection) is not None:
            return Forbidden(Seller.responses[403])
        return super().refusal(connection)

    def alternatives(self) -> tuple[Schemes, ...]:
        """Give both ways."""
        return ({"bearer": {"type": "http", "scheme": "bearer"}}, self.security)


class Owner(Seller):
    """Asks for the seller whose book it is, or for the first seller, who may all."""

    responses = {**Seller.responses, 403: "A book is changed by its seller alone."}

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        """Look at the book, once it is known who asks.

        Raises:
            NoSuchBook: There is no such book.
        """
        if not await super().check(connection, resource):
            return False
        kept = await resource.store.get(connection.path_params["book_id"])
        return may_change(connection, kept.book)

    def refusal(self, connection: HTTPConnection) -> HTTPException:
        """Say what a reader, and what another seller cannot do."""
        if role_of(connection) == SELLER:
            return Forbidden(self.responses[403])
        return super().refusal(connection)


def has_key(connection: HTTPConnection) -> bool:
    """Say whether a request brings the sellers' key."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and is_key(token.strip())


def seller_of(connection: HTTPConnection) -> str:
    """Give the name of the seller whom a guard has let in."""
    if has_key(connection):
        return SELLER
    user: str = connection.scope["session"].user
    return user


def may_change(connection: HTTPConnection, book: Book) -> bool:
    """Say whether a seller whom a guard has let in may change a book."""
    return seller_of(connection) in (SELLER, book.seller)


def role_of(connection: HTTPConnection) -> str | None:
    """Give the role of who has logged in; None where nobody has."""
    role: str | None = connection.scope.get("session", {}).get(ROLE)
    return role
