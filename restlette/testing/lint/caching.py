"""Rules about what caches are told: Cache-Control, Vary, and what may not be kept."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from restlette.testing.lint.grammar import (
    is_digits,
    is_directive,
    is_token_list,
    members,
    tokens,
)
from restlette.testing.lint.observation import Observation
from restlette.testing.lint.rules import Rules

__all__ = ["RULES"]

RULES: Final = Rules()

# RFC 9111 §5.2.2, RFC 5861, RFC 8246; those of requests are §5.2.1's.
_SECONDS: Final = ("max-age", "s-maxage", "stale-while-revalidate", "stale-if-error")
_FLAGS: Final = (
    "must-revalidate",
    "must-understand",
    "no-cache",
    "no-store",
    "no-transform",
    "private",
    "proxy-revalidate",
    "public",
    "immutable",
)
_OF_REQUESTS: Final = ("max-stale", "min-fresh", "only-if-cached")
_KNOWN: Final = frozenset((*_SECONDS, *_FLAGS, *_OF_REQUESTS))
_BARE: Final = frozenset(_FLAGS) - {"no-cache", "private"}
# Pairs of which the second one is not what the first one says.
_CONTRADICTIONS: Final = (
    ("no-store", "public"),
    ("no-store", "immutable"),
    ("no-store", "stale-while-revalidate"),
    ("no-store", "stale-if-error"),
    ("private", "public"),
    ("private", "s-maxage"),
    ("private", "proxy-revalidate"),
    ("no-cache", "immutable"),
    ("no-cache", "stale-while-revalidate"),
)
# RFC 6585: "Responses with the … status code MUST NOT be stored by a cache."
_NEVER_KEPT: Final = (428, 429, 431, 511)


@RULES.add("cache-control-malformed", "RFC 9111 §5.2", fields=("cache-control",))
def _cache_control_malformed(seen: Observation) -> str | None:
    """Cache-Control is a list of directives, with seconds where they take seconds."""
    for member in members(seen.get("cache-control") or ""):
        if not is_directive(member):
            return f"{member!r} is no directive; write 'max-age=60, must-revalidate'."
        name, _, argument = member.partition("=")
        if name.lower() in _SECONDS and not is_digits(argument):
            return f"{member!r} needs whole seconds, bare: '{name.lower()}=60'."
        if name.lower() in _BARE and argument:
            return f"{member!r} takes no argument: '{name.lower()}'."
    return None


@RULES.add("cache-control-misspelt", "RFC 9111 §5.2.3", fields=("cache-control",))
def _cache_control_misspelt(seen: Observation) -> str | None:
    """Directives are spelt as caches know them; they ignore what they do not know."""
    for name in seen.cache_control:
        if name not in _KNOWN:
            close = get_close_matches(name, _KNOWN, n=1, cutoff=0.75)
            if close:
                return f"caches ignore {name!r}; did you mean {close[0]!r}?"
    return None


@RULES.add("cache-control-of-requests", "RFC 9111 §5.2.1", fields=("cache-control",))
def _cache_control_of_requests(seen: Observation) -> str | None:
    """Directives of requests mean nothing in an answer."""
    for name in _OF_REQUESTS:
        if name in seen.cache_control:
            return f"{name!r} is a directive of requests; an answer has no use for it."
    return None


@RULES.add("cache-control-contradicts", "RFC 9111 §5.2.2", fields=("cache-control",))
def _cache_control_contradicts(seen: Observation) -> str | None:
    """Directives do not contradict each other."""
    said = seen.cache_control
    for one, other in _CONTRADICTIONS:
        # With names of fields, private and no-cache are about those alone.
        if one in said and other in said and said[one] is None:
            return f"{one!r} and {other!r} contradict each other."
    if "no-store" in said and any(_positive(said.get(name)) for name in _SECONDS):
        return "'no-store' leaves nothing that could be fresh; leave the seconds out."
    return None


@RULES.add("cache-control-repeated", "RFC 9111 §4.2.1", fields=("cache-control",))
def _cache_control_repeated(seen: Observation) -> str | None:
    """A directive comes once."""
    names = [
        member.partition("=")[0].lower()
        for member in tokens(seen.get("cache-control") or "")
    ]
    for name in names:
        if names.count(name) > 1:
            return f"{name!r} comes more than once; caches choose in different ways."
    return None


@RULES.add("pragma", "RFC 9111 §5.4", severity="warning", fields=("pragma",))
def _pragma(seen: Observation) -> str | None:
    """Pragma means nothing in an answer."""
    return "Pragma means nothing in an answer; write Cache-Control."


@RULES.add("age-malformed", "RFC 9111 §5.1", fields=("age",))
def _age_malformed(seen: Observation) -> str | None:
    """Age is whole seconds."""
    if not is_digits(seen.lines("age")[0]):
        return f"Age is {seen.lines('age')[0]!r}; it is whole seconds, in digits."
    return None


@RULES.add("cacheable-cookie", "RFC 9111 §7.3", fields=("set-cookie",))
def _cacheable_cookie(seen: Observation) -> str | None:
    """What sets a cookie is kept by no shared cache, which would give it to others."""
    said = seen.cache_control
    if not seen.is_retrieval or not seen.is_fresh or "private" in said:
        return None
    return (
        "Set-Cookie comes with an answer that shared caches may keep; write "
        "'Cache-Control: private' or 'no-store'."
    )


@RULES.add(
    "cacheable-authorization",
    "RFC 9111 §3.5",
    severity="warning",
    asked=("authorization",),
)
def _cacheable_authorization(seen: Observation) -> str | None:
    """What credentials were needed for is not made public."""
    said = seen.cache_control
    if (
        seen.is_retrieval
        and seen.succeeded
        and ("public" in said or "s-maxage" in said)
    ):
        return "shared caches may give the answer to those without credentials."
    return None


@RULES.add("status-cacheable", "RFC 6585 §3-6", statuses=_NEVER_KEPT)
def _status_cacheable(seen: Observation) -> str | None:
    """428, 429, 431 and 511 are kept by no cache."""
    if seen.is_fresh:
        return f"caches would keep the {seen.status}; write 'Cache-Control: no-store'."
    return None


@RULES.add("vary-malformed", "RFC 9110 §12.5.5", fields=("vary",))
def _vary_malformed(seen: Observation) -> str | None:
    """Vary is a list of field names, or `*` alone."""
    value = seen.get("vary") or ""
    if not is_token_list(value):
        return f"Vary is {value!r}; write field names, 'Accept, Origin'."
    if "*" in seen.vary and len(seen.vary) > 1:
        return f"Vary is {value!r}; '*' stands alone."
    return None


@RULES.add(
    "vary-accept",
    "RFC 9110 §12.5.5",
    traits=("earlier", "selects"),
    when=lambda seen: seen.is_retrieval,
)
def _vary_accept(seen: Observation) -> str | None:
    """Where Accept selects the media type, Vary names it."""
    selects = "accept" in seen.selected_by or _selects(seen, "accept", "content-type")
    if selects and seen.content and _lacks(seen, "accept"):
        return _vary("Accept", "the media type")
    return None


@RULES.add(
    "vary-accept-encoding",
    "RFC 9110 §12.5.5",
    fields=("content-encoding",),
    traits=("earlier",),
)
def _vary_accept_encoding(seen: Observation) -> str | None:
    """Where Accept-Encoding selects the coding, Vary names it."""
    coded = seen.coding is not None and seen.asked("accept-encoding") is not None
    selects = coded or _selects(seen, "accept-encoding", "content-encoding")
    if selects and _lacks(seen, "accept-encoding"):
        return _vary("Accept-Encoding", "the coding")
    return None


@RULES.add(
    "vary-accept-language",
    "RFC 9110 §12.5.5",
    fields=("content-language",),
    traits=("earlier", "selects"),
)
def _vary_accept_language(seen: Observation) -> str | None:
    """Where Accept-Language selects the language, Vary names it."""
    said = seen.get("content-language") is not None
    asked = seen.asked("accept-language") is not None
    selects = (
        (said and asked)
        or "accept-language" in seen.read
        or _selects(seen, "accept-language", "content-language")
    )
    if selects and _lacks(seen, "accept-language"):
        return _vary("Accept-Language", "the language")
    return None


@RULES.add(
    "vary-origin", "WHATWG Fetch §3.3.6", fields=("access-control-allow-origin",)
)
def _vary_origin(seen: Observation) -> str | None:
    """Where Origin is given back to who asks, Vary names it."""
    allowed = seen.get("access-control-allow-origin")
    echoed = allowed is not None and allowed == seen.asked("origin")
    if echoed and allowed != "null" and _lacks(seen, "origin"):
        return _vary("Origin", "Access-Control-Allow-Origin")
    return None


@RULES.add("vary-cookie", "RFC 9110 §12.5.5", traits=("selects",))
def _vary_cookie(seen: Observation) -> str | None:
    """Where cookies select what shared caches use again, Vary names Cookie."""
    if not _lacks_cookie(seen):
        return None
    earlier = seen.earlier
    differs = (
        earlier is not None
        and (earlier.status, seen.status) == (200, 200)
        and earlier.asked("cookie") != seen.asked("cookie")
        and earlier.content != seen.content
    )
    return _vary("Cookie", "the answer") if seen.is_fresh or differs else None


@RULES.add(
    "vary-cookie-unsaid", "RFC 9111 §4.2.2", severity="warning", traits=("selects",)
)
def _vary_cookie_unsaid(seen: Observation) -> str | None:
    """Where cookies were read, something is said of caching."""
    if seen.is_fresh or not _lacks_cookie(seen):
        return None
    return (
        "cookies were read, and nothing keeps shared caches from guessing that all "
        "clients get the same; write 'Cache-Control: private' or 'Vary: Cookie'."
    )


def _lacks_cookie(seen: Observation) -> bool:
    reads = "cookie" in seen.read or "cookie" in seen.selected_by
    return reads and seen.succeeded and _lacks(seen, "cookie")


def _vary(field: str, what: str) -> str:
    return (
        f"{field} selects {what}, and Vary does not name it, so that caches give one "
        f"client what was selected for another; write 'Vary: {field}'."
    )


def _lacks(seen: Observation, name: str) -> bool:
    """Say whether caches are not told that a field selects what they may keep."""
    if name in seen.vary or "*" in seen.vary:
        return False
    return seen.may_be_shared and seen.status != 304


def _selects(seen: Observation, asked: str, said: str) -> bool:
    """Say whether another value of a field had another representation selected."""
    earlier = seen.earlier
    return (
        earlier is not None
        and not seen.was_asked_like(earlier)
        and (earlier.status, seen.status) == (200, 200)
        and earlier.asked(asked) != seen.asked(asked)
        and earlier.get(said) != seen.get(said)
    )


def _positive(argument: str | None) -> bool:
    return argument is not None and argument.strip("0") != ""
