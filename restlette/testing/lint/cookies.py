"""Rules about Set-Cookie: what browsers ignore, and what gives a cookie away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final, NamedTuple

from restlette.http.methods import is_token
from restlette.testing.lint.grammar import date_flaw
from restlette.testing.lint.observation import Observation
from restlette.testing.lint.rules import Rules

__all__ = ["RULES"]

RULES: Final = Rules()

# RFC 6265bis §4.1.1; Partitioned is of the CHIPS draft, Priority of Chromium.
_ATTRIBUTES: Final = (
    "domain",
    "expires",
    "httponly",
    "max-age",
    "partitioned",
    "path",
    "priority",
    "samesite",
    "secure",
)
_value = re.compile(r'"?[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*"?').fullmatch
_max_age = re.compile(r"-?[0-9]+").fullmatch
# RFC 6265bis §5.6: browsers ignore a cookie of more bytes than this.
_MOST_BYTES: Final = 4096


class _Cookie(NamedTuple):
    """A line of Set-Cookie."""

    name: str
    value: str
    attributes: dict[str, str]


def _cookies(seen: Observation) -> Iterator[_Cookie]:
    for line in seen.lines("set-cookie"):
        pair, *rest = line.split(";")
        name, _, value = pair.partition("=")
        attributes = {}
        for attribute in rest:
            key, _, argument = attribute.partition("=")
            # RFC 6265bis §5.7: of an attribute that comes twice, the last one counts.
            attributes[key.strip(" \t").lower()] = argument.strip(" \t")
        yield _Cookie(name.strip(" \t"), value.strip(" \t"), attributes)


@RULES.add("cookie-malformed", "RFC 6265bis §4.1.1", fields=("set-cookie",))
def _cookie_malformed(seen: Observation) -> str | None:
    """A cookie has a token for a name, and a value without spaces, commas, quotes."""
    for line, cookie in zip(seen.lines("set-cookie"), _cookies(seen), strict=True):
        if "=" not in line.partition(";")[0] or not is_token(cookie.name):
            return f"the cookie {cookie.name[:80]!r} has no name that is a token."
        if not _value(cookie.value):
            return (
                f"the value of the cookie {cookie.name!r} has white space, a quote, "
                "comma, backslash or non-ASCII; encode it."
            )
    return None


@RULES.add("cookie-attribute", "RFC 6265bis §4.1.1", fields=("set-cookie",))
def _cookie_attribute(seen: Observation) -> str | None:
    """The attributes of a cookie are spelt as browsers know them."""
    for cookie in _cookies(seen):
        for name in cookie.attributes:
            if name not in _ATTRIBUTES:
                close = get_close_matches(name, _ATTRIBUTES, n=1)
                meant = f"; did you mean {close[0]!r}?" if close else "."
                return (
                    f"browsers ignore the attribute {name!r} of the cookie "
                    f"{cookie.name!r}{meant}"
                )
    return None


@RULES.add("cookie-values", "RFC 6265bis §4.1.2", fields=("set-cookie",))
def _cookie_values(seen: Observation) -> str | None:
    """The attributes of a cookie have values that browsers take."""
    for cookie in _cookies(seen):
        given = cookie.attributes
        wrong = None
        if not _max_age(given.get("max-age", "0")):
            wrong = "Max-Age is whole seconds"
        elif "expires" in given and date_flaw(given["expires"]) is not None:
            wrong = "Expires is like 'Sun, 06 Nov 1994 08:49:37 GMT'"
        elif given.get("samesite", "lax").lower() not in ("lax", "strict", "none"):
            wrong = "SameSite is Lax, Strict or None"
        elif not given.get("path", "/").startswith("/"):
            wrong = "Path starts with a slash"
        if wrong is not None:
            return f"the cookie {cookie.name!r}: {wrong}."
    return None


@RULES.add("cookie-samesite", "RFC 6265bis §5.7", fields=("set-cookie",))
def _cookie_samesite(seen: Observation) -> str | None:
    """`SameSite=None` and `Partitioned` need `Secure`."""
    for cookie in _cookies(seen):
        given = cookie.attributes
        if "secure" in given:
            continue
        if given.get("samesite", "").lower() == "none" or "partitioned" in given:
            return (
                f"the cookie {cookie.name!r} is ignored: SameSite=None and Partitioned "
                "need Secure."
            )
    return None


@RULES.add("cookie-prefix", "RFC 6265bis §4.1.3", fields=("set-cookie",))
def _cookie_prefix(seen: Observation) -> str | None:
    """`__Secure-` needs Secure; `__Host-` needs Secure, `Path=/` and no Domain."""
    for cookie in _cookies(seen):
        name, given = cookie.name.lower(), cookie.attributes
        whole = given.get("path") == "/" and "domain" not in given
        if name.startswith(("__secure-", "__host-")) and "secure" not in given:
            return f"the cookie {cookie.name!r} is ignored: its prefix needs Secure."
        if name.startswith("__host-") and not whole:
            return (
                f"the cookie {cookie.name!r} is ignored: its prefix needs Path=/ and "
                "no Domain."
            )
    return None


@RULES.add("cookie-repeated", "RFC 6265bis §4.1.1", fields=("set-cookie",))
def _cookie_repeated(seen: Observation) -> str | None:
    """A cookie is set once in an answer."""
    found = set()
    for cookie in _cookies(seen):
        given = cookie.attributes
        key = (cookie.name, given.get("domain", "").lower(), given.get("path", ""))
        if key in found:
            return f"the cookie {cookie.name!r} is set twice; browsers keep one."
        found.add(key)
    return None


@RULES.add("cookie-size", "RFC 6265bis §5.6", fields=("set-cookie",))
def _cookie_size(seen: Observation) -> str | None:
    """A cookie has 4096 bytes of name and value at most."""
    for cookie in _cookies(seen):
        if len(cookie.name) + len(cookie.value) > _MOST_BYTES:
            return (
                f"the cookie {cookie.name[:80]!r} is ignored: it has more than "
                f"{_MOST_BYTES} bytes."
            )
    return None


@RULES.add(
    "cookie-secure", "RFC 6265bis §8.3", severity="warning", fields=("set-cookie",)
)
def _cookie_secure(seen: Observation) -> str | None:
    """What is set by https is not sent by http."""
    if seen.target.startswith("https:"):
        for cookie in _cookies(seen):
            if "secure" not in cookie.attributes:
                return f"the cookie {cookie.name!r} has no Secure, and is sent by http."
    return None
