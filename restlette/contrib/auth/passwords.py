"""Passwords: what is kept of them, and whether one is right.

The story starts with `hash_password`; `verify_password` takes as long for a user that
there is not. Both run in threads of their own.
"""

from __future__ import annotations

import secrets
import unicodedata
from base64 import b64encode
from typing import TYPE_CHECKING, Final, NamedTuple

from restlette.concurrency import ThreadPool
from restlette.http.optional import load

if TYPE_CHECKING:
    import argon2
else:
    argon2 = load("argon2", "auth", needed_by="restlette.contrib.auth.passwords")

__all__ = ["Verified", "hash_password", "verify_password"]

# RFC 9106 section 4, the second choice: 64 MiB, three passes, four lanes.
_HASHER: Final = argon2.PasswordHasher()

# Each that runs takes that memory: the pool of the handlers would take 2.5 GiB.
_POOL: Final = ThreadPool(4)

# In bytes. Nobody's is longer, and longer ones are no better.
_LONGEST: Final = 4096


class Verified(NamedTuple):
    """Whether a password is right; true if it is.

    Attributes:
        is_right: Whether it is.
        needs_rehash: Whether it is kept by weaker parameters than are used today: hash
            it again, now that it is there, and keep that.
    """

    is_right: bool
    needs_rehash: bool

    def __bool__(self) -> bool:
        # SECURITY: a pair is true, whatever is in it.
        return self.is_right


async def hash_password(password: str) -> str:
    """Give what is kept of a password: a text that says how it was made.

    Args:
        password: The password. It is in Unicode's form NFC then, so that all keyboards
            write the same one (RFC 8265 section 4.2).

    Returns:
        Argon2id's encoded form, of about 100 characters.

    Raises:
        ValueError: It is empty, longer than 4096 bytes, or no text.
    """
    encoded = _encoded(password)
    if not encoded:
        raise ValueError("A password is text of 1 to 4096 bytes in UTF-8.")
    return await _POOL.run(_HASHER.hash, encoded)


async def verify_password(password: str, kept: str | None) -> Verified:
    """Say whether a password is right.

    Args:
        password: What came.
        kept: What `hash_password` gave; None where there is no such user, which takes
            as long: who measures learns no names.

    Returns:
        True or false, and whether to hash the password again.

    Raises:
        ValueError: What was kept is no hash of Argon2.
    """
    encoded = _encoded(password)
    if not encoded:
        # It is nobody's, so that this tells of none.
        return Verified(False, False)
    return await _POOL.run(_verify, encoded, kept)


def _verify(password: bytes, kept: str | None) -> Verified:
    compared = _nobodys() if kept is None else kept
    try:
        _HASHER.verify(compared, password)
    except argon2.exceptions.VerificationError:
        return Verified(False, False)
    except argon2.exceptions.InvalidHashError:
        # SECURITY: the message has no part of it.
        raise ValueError("what was kept is no hash of Argon2.") from None
    return Verified(kept is not None, _HASHER.check_needs_rehash(compared))


def _nobodys() -> str:
    """Give a hash that no password has, and that takes as long as any."""
    salt, digest = (
        b64encode(secrets.token_bytes(length)).rstrip(b"=").decode("ascii")
        for length in (_HASHER.salt_len, _HASHER.hash_len)
    )
    return (
        f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},"
        f"p={_HASHER.parallelism}${salt}${digest}"
    )


def _encoded(password: str) -> bytes:
    """Give the bytes that are hashed; none of what is no password."""
    # PERF: a text of megabytes is not looked at.
    if len(password) > _LONGEST:
        return b""
    try:
        encoded = unicodedata.normalize("NFC", password).encode("utf-8")
    except UnicodeEncodeError:
        return b""
    return encoded if len(encoded) <= _LONGEST else b""
