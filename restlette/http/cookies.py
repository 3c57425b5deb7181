"""Cookies: those that a request brings, and the line that sets one.

`parse_cookies` reads whatever comes and never fails; `set_cookie_value` writes only
what a browser will keep, and says what is wrong with anything else.

The standard library's ``http.cookies`` does neither: its reader needs seconds for some
fields of 40 kB and drops all cookies for a flaw in one, and its writer lets attributes
bring attributes.
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from restlette.http.dates import DAYS, MONTHS, format_date
from restlette.http.methods import is_token

if TYPE_CHECKING:
    # `datetime` is costly to import, and only who has one passes one.
    from datetime import datetime

__all__ = ["cookie_parser", "parse_cookies", "set_cookie_value"]


def parse_cookies(values: Iterable[bytes], limit: int = 8192) -> dict[str, str]:
    """Read the cookies of a request.

    Nothing is decoded but bytes: values come as they were sent, without the double
    quotes around them if there are any. A piece without ``=``, or with nothing before
    it, is no cookie. Of a name that comes twice the first counts: browsers send the
    cookie with the longer path first, and of those the older one (RFC 6265bis section
    5.8.3), so that what was set for the resource wins over what was set for the site.

    Args:
        values: The values of all Cookie fields, in their order.
        limit: How many bytes are considered in all. The cookie that the limit falls
            into, and those after it, are left out.

    Returns:
        Names and values; bytes that are not UTF-8 have become U+FFFD.

    Source: RFC 6265bis section 4.2.1 and, for servers that read what browsers send,
    5.7.
    """
    cookies: dict[str, str] = {}
    for value in values:
        if len(value) > limit:
            # Cut where a cookie ends: a part of one would be another value.
            value = value[: value.rfind(b";", 0, limit + 1) + 1]
            limit = len(value)
        limit -= len(value)
        _collect(value.decode("utf-8", "replace"), cookies)
    return cookies


def cookie_parser(text: str) -> dict[str, str]:
    """Read the cookies of one Cookie field's value, as `parse_cookies` does.

    Args:
        text: The value, of any length.
    """
    cookies: dict[str, str] = {}
    _collect(text, cookies)
    return cookies


def _collect(text: str, cookies: dict[str, str]) -> None:
    # RFC 6265bis section 4.2.1:
    #   cookie-string = cookie-pair *( ";" SP cookie-pair )
    #   cookie-pair   = cookie-name "=" cookie-value
    #   cookie-value  = *cookie-octet / ( DQUOTE *cookie-octet DQUOTE )
    for piece in text.split(";"):
        name, equals, value = piece.partition("=")
        name = name.strip(" \t")
        # SECURITY: "=__Host-id=x" has no name, and is not to be read as if it had one
        # with that prefix (RFC 6265bis section 8.6): the first "=" ends the name.
        if equals and name and name not in cookies:
            value = value.strip(" \t")
            if len(value) > 1 and value[0] == value[-1] == '"':
                value = value[1:-1]
            cookies[name] = value


# RFC 6265bis section 4.1.1:
#   cookie-octet = %x21 / %x23-2B / %x2D-3A / %x3C-5B / %x5D-7E
#   av-octet     = %x20-3A / %x3C-7E
# "US-ASCII characters excluding CTLs, whitespace, DQUOTE, comma, semicolon, and
# backslash", and "any CHAR except CTLs or ;".
_COOKIE_OCTETS = "".join(map(chr, set(range(0x21, 0x7F)) - set(b'",;\\')))
_AV_OCTETS = "".join(map(chr, set(range(0x20, 0x7F)) - set(b";")))

# RFC 1123 section 2.1 and what internal names are made of; RFC 6265bis section 5.1.3
# ignores a dot in front.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DOMAIN_OCTETS = _LETTERS + "0123456789-_."

_SAMESITE = ("lax", "none", "strict")

# RFC 6265bis section 5.6: a browser ignores a cookie whose name and value have more
# than 4096 bytes together, and an attribute of more than 1024.
_MAX_PAIR = 4096
_MAX_ATTRIBUTE = 1024


def set_cookie_value(
    name: str,
    value: str = "",
    *,
    max_age: int | None = None,
    expires: "int | float | str | datetime | None" = None,
    path: str | None = "/",
    domain: str | None = None,
    secure: bool = False,
    httponly: bool = False,
    samesite: str | None = "lax",
    partitioned: bool = False,
) -> bytes:
    """Write the value of a Set-Cookie field.

    Args:
        name: A token.
        value: Visible ASCII without ``"``, ``,``, ``;`` and a backslash. For other text
            `urllib.parse.quote` and `unquote` are one way.
        max_age: Seconds to live; 0 removes the cookie.
        expires: Seconds from now, a `datetime` with a time zone, or the date as
            RFC 9110 section 5.6.7 writes it (``Sun, 06 Nov 1994 08:49:37 GMT``).
        path: The path it is for, from ``/`` on; None for that of the request.
        domain: The domain it is for, with all below it; None for the host alone.
        secure: Sent over secure connections only.
        httponly: Hidden from scripts.
        samesite: ``lax``, ``strict``, ``none``, or None to leave the choice to the
            browser.
        partitioned: Kept apart for each site that embeds this one.

    Returns:
        The field's value.

    Raises:
        ValueError: An argument that would break the field, or that makes browsers
            ignore the cookie. The message names the cookie, never its value.

    Source: RFC 6265bis section 4.1; for ``Partitioned`` the CHIPS draft.
    """
    if not is_token(name):
        raise ValueError(f"cookie {name[:80]!r}: a name is a token of RFC 9110 5.6.2")
    if value.strip(_COOKIE_OCTETS):
        raise ValueError(
            f"cookie {name!r}: the value has white space, a control, a quote, comma, "
            "semicolon, backslash or non-ASCII; encode it, with urllib.parse.quote for "
            "example (RFC 6265bis 4.1.1)"
        )
    if len(name) + len(value) > _MAX_PAIR:
        raise ValueError(
            f"cookie {name[:80]!r}: {len(name) + len(value)} bytes of name and value; "
            f"browsers ignore a cookie of more than {_MAX_PAIR} (RFC 6265bis 5.6)"
        )
    _check_together(name, path, domain, samesite, secure, partitioned)
    # In the order and case in which the ancestor wrote them.
    attributes = [f"{name}={value}"]
    if domain is not None:
        attributes.append(f"Domain={_checked_domain(name, domain)}")
    if expires is not None:
        attributes.append(f"expires={_checked_expires(name, expires)}")
    if httponly:
        attributes.append("HttpOnly")
    if max_age is not None:
        attributes.append(f"Max-Age={_checked_max_age(name, max_age)}")
    if partitioned:
        attributes.append("Partitioned")
    if path is not None:
        attributes.append(f"Path={_checked_path(name, path)}")
    if samesite is not None:
        attributes.append(f"SameSite={_checked_samesite(name, samesite)}")
    if secure:
        attributes.append("Secure")
    return "; ".join(attributes).encode("ascii")


def _check_together(
    name: str,
    path: str | None,
    domain: str | None,
    samesite: str | None,
    secure: bool,
    partitioned: bool,
) -> None:
    # RFC 6265bis section 4.1.3; browsers match the prefixes without regard to case.
    prefix = name.lower()
    if prefix.startswith("__secure-") and not secure:
        raise ValueError(f"cookie {name!r}: __Secure- needs secure=True")
    if prefix.startswith("__host-") and not (secure and path == "/" and domain is None):
        raise ValueError(
            f"cookie {name!r}: __Host- needs secure=True, path='/' and no domain"
        )
    # RFC 6265bis section 5.7: with "None" and no Secure the cookie is ignored.
    if samesite is not None and samesite.lower() == "none" and not secure:
        raise ValueError(f"cookie {name!r}: samesite='none' needs secure=True")
    if partitioned and not secure:
        raise ValueError(f"cookie {name!r}: partitioned=True needs secure=True")


def _checked_domain(name: str, domain: str) -> str:
    labels = domain.removeprefix(".")
    if labels.strip(_DOMAIN_OCTETS) or not all(labels.split(".")) or len(domain) > 255:
        raise ValueError(
            f"cookie {name!r}: the domain is a name such as 'example.org' "
            "(RFC 6265bis 4.1.2.3)"
        )
    return domain


def _checked_path(name: str, path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(
            f"cookie {name!r}: the path starts with a slash; browsers take another "
            "for the path of the request (RFC 6265bis 5.6.4)"
        )
    if path.strip(_AV_OCTETS) or len(path) > _MAX_ATTRIBUTE:
        raise ValueError(
            f"cookie {name!r}: the path has a control, a semicolon or non-ASCII, or "
            f"more than {_MAX_ATTRIBUTE} bytes (RFC 6265bis 4.1.1)"
        )
    return path


def _checked_samesite(name: str, samesite: str) -> str:
    if samesite.lower() not in _SAMESITE:
        raise ValueError(
            f"cookie {name!r}: samesite is 'lax', 'strict' or 'none' (RFC 6265bis "
            "4.1.2.7)"
        )
    return samesite


def _checked_max_age(name: str, max_age: int) -> int:
    if type(max_age) is not int:
        raise ValueError(f"cookie {name!r}: max_age is a whole number of seconds")
    return max_age


def _checked_expires(name: str, expires: "int | float | str | datetime") -> str:
    if isinstance(expires, str):
        if not _is_imf_fixdate(expires):
            raise ValueError(
                f"cookie {name!r}: expires is a date such as "
                "'Sun, 06 Nov 1994 08:49:37 GMT' (RFC 9110 5.6.7)"
            )
        return expires
    if isinstance(expires, int | float):
        seconds = time.time() + expires
    elif expires.utcoffset() is None:
        raise ValueError(f"cookie {name!r}: expires has no time zone; use UTC")
    else:
        seconds = expires.timestamp()
    try:
        return format_date(seconds)
    except ValueError:
        raise ValueError(
            f"cookie {name!r}: expires is past the years that a date can have"
        ) from None


def _is_imf_fixdate(text: str) -> bool:
    # By shape: which day of the week it was is not checked, as browsers do not.
    day, month, numbers = text[:3], text[8:11], text[3:8] + text[11:]
    shape = "".join(["9" if char in "0123456789" else char for char in numbers])
    return day in DAYS and month in MONTHS and shape == ", 99  9999 99:99:99 GMT"
