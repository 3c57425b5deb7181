"""Request methods: which HTTP knows, and what they promise.

The tables are RFC 9110's (section 9), with PATCH (RFC 5789) and QUERY (the HTTP
working group's safe method with content). Methods are case-sensitive tokens: ``get`` is
unknown.
"""

import re

__all__ = ["is_token"]

# RFC 9110 section 9.2.1: GET, HEAD, OPTIONS and TRACE are defined to be safe; QUERY's
# definition says the same of itself.
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})

# RFC 9110 section 9.2.2: PUT, DELETE and the safe methods are idempotent.
IDEMPOTENT = SAFE | {"PUT", "DELETE"}

# A method outside this table is not recognised: 501 and not 405 (RFC 9110 section
# 15.6.2).
KNOWN = IDEMPOTENT | {"POST", "PATCH", "CONNECT"}

# RFC 9110 section 5.6.2:
#   token = 1*tchar
#   tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`"
#         / "|" / "~" / DIGIT / ALPHA
TCHAR = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]"

_token = re.compile(f"{TCHAR}+").fullmatch


def is_token(text: str) -> bool:
    """Say whether a text is a token, as methods, field and parameter names must be.

    Source: RFC 9110 section 5.6.2.
    """
    return _token(text) is not None
