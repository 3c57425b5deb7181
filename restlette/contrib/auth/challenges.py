"""Challenges, and the credentials that answer them, as header fields have them.

The story starts with `credentials_of`, which reads the Authorization field of a
request; `challenge` writes what WWW-Authenticate says.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Final

from restlette.http.types import Scope

__all__ = [
    "Malformed",
    "challenge",
    "checked_text",
    "credentials_of",
    "is_preflight",
    "read_basic",
    "read_bearer",
]

# Bytes of credentials that anything is done with.
LONGEST: Final = 16_384

# RFC 9110 section 5.6.4: qdtext, without what would have to be escaped. Values beyond
# ASCII are obs-text, which no two clients read alike.
_quotable = re.compile(r"[\t !#-\[\]-~]+").fullmatch

# RFC 9110 section 11.4: credentials = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
_credentials = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?: +(.*))?").fullmatch

# RFC 6750 section 2.1: b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" /
#                       "/" ) *"="
_b64token = re.compile(rb"[A-Za-z0-9\-._~+/]++=*").fullmatch

_has_control = re.compile(r"[\x00-\x1f\x7f]").search


class Malformed(ValueError):
    """What came is not what the grammar of its field allows."""


def checked_text(name: str, value: str) -> str:
    """Give a text that is to stand between quotes in a challenge.

    Raises:
        ValueError: It cannot stand there.
    """
    if not _quotable(value):
        raise ValueError(
            f"{name} is text in ASCII without quotes, backslashes and control "
            f"characters, not {value!r}."
        )
    return value


def challenge(scheme: str, **parameters: str) -> str:
    """Write a challenge (RFC 9110 section 11.3).

    Args:
        scheme: The name of the scheme.
        parameters: What it says; each is put between quotes, which is always allowed.

    Raises:
        ValueError: A value cannot stand between quotes.
    """
    written = ", ".join(
        f'{name}="{checked_text(name, value)}"' for name, value in parameters.items()
    )
    return f"{scheme} {written}" if written else scheme


def credentials_of(scope: Scope) -> tuple[str, bytes] | None:
    """Read the Authorization field.

    Returns:
        The scheme's name in lower case, and what stands behind it; None without a
        field.

    Raises:
        Malformed: There are several, or it is none of credentials.
    """
    fields = [value for name, value in scope["headers"] if name == b"authorization"]
    if not fields:
        return None
    # RFC 9110 section 5.3: a field that is no list comes once. SECURITY: two of them
    # are read by others in another order.
    if len(fields) > 1:
        raise Malformed("There is more than one Authorization field.")
    value = fields[0].strip(b" \t")
    if len(value) > LONGEST:
        raise Malformed("The Authorization field is too long.")
    found = _credentials(value)
    if found is None:
        raise Malformed("The Authorization field is malformed.")
    return found[1].decode("ascii").lower(), found[2] or b""


def read_basic(credentials: bytes) -> tuple[str, str]:
    """Read what the scheme Basic sends (RFC 7617 section 2), in UTF-8.

    Returns:
        The user-id, which has no colon, and the password.

    Raises:
        Malformed: It is none of that.
    """
    try:
        decoded = b64decode(credentials, validate=True)
        text = decoded.decode("utf-8")
    # Both binascii.Error and UnicodeDecodeError are.
    except ValueError:
        raise Malformed("The credentials are no text in Base64 and UTF-8.") from None
    # RFC 7617 section 2: neither has control characters.
    user_id, colon, password = text.partition(":")
    # What is encoded in one way comes in that way: Python reads more than that.
    if not colon or _has_control(text) or b64encode(decoded) != credentials:
        raise Malformed("The credentials are no user-id and password.")
    return user_id, password


def read_bearer(credentials: bytes) -> str:
    """Read what the scheme Bearer sends (RFC 6750 section 2.1).

    Raises:
        Malformed: It is no token.
    """
    if not _b64token(credentials):
        raise Malformed("The credentials are no token.")
    return credentials.decode("ascii")


def is_preflight(scope: Scope) -> bool:
    """Say whether a request is a preflight, which never has credentials.

    Source: Fetch (WHATWG) section 3.3.1, "CORS-preflight request".
    """
    if scope["type"] != "http" or scope["method"] != "OPTIONS":
        return False
    names = {name for name, _ in scope["headers"]}
    return b"origin" in names and b"access-control-request-method" in names
