"""Rules about what other origins, and the browser, are told: CORS and HSTS."""

from __future__ import annotations

import re
from typing import Final

from restlette.testing.lint.grammar import is_digits, is_token_list
from restlette.testing.lint.observation import Observation
from restlette.testing.lint.rules import Rules

__all__ = ["RULES"]

RULES: Final = Rules()

_LISTS: Final = (
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-expose-headers",
)
# RFC 6454 §6.1: scheme "://" host [ ":" port ], with nothing after it.
_origin = re.compile(
    r"[a-z][a-z0-9+.\-]*://(?:\[[0-9a-f:.]+\]|[a-z0-9._\-]+)(?::[0-9]{1,5})?"
).fullmatch
_hsts = re.compile(r'max-age="?[0-9]+"?', re.IGNORECASE).fullmatch


@RULES.add(
    "cors-origin", "WHATWG Fetch §3.3.3", fields=("access-control-allow-origin",)
)
def _cors_origin(seen: Observation) -> str | None:
    """Access-Control-Allow-Origin is one origin, `null` or `*`."""
    value = seen.lines("access-control-allow-origin")[0]
    if value in ("*", "null") or _origin(value):
        return None
    return (
        f"Access-Control-Allow-Origin is {value!r}; it is one origin, in lower case "
        "and without a path, or '*'."
    )


@RULES.add(
    "cors-credentials",
    "WHATWG Fetch §3.3.5",
    fields=("access-control-allow-credentials",),
)
def _cors_credentials(seen: Observation) -> str | None:
    """With credentials, no origin, method or field is `*`."""
    for name in ("access-control-allow-origin", *_LISTS):
        if (seen.get(name) or "").strip() == "*":
            return (
                f"{name.title()} is '*' with credentials, which browsers refuse; name "
                "what is allowed."
            )
    return None


@RULES.add(
    "cors-credentials-value",
    "WHATWG Fetch §3.3.3",
    fields=("access-control-allow-credentials",),
)
def _cors_credentials_value(seen: Observation) -> str | None:
    """Access-Control-Allow-Credentials is `true`, or is not there."""
    value = seen.lines("access-control-allow-credentials")[0]
    if value != "true":
        return f"Access-Control-Allow-Credentials is {value!r}; 'true' alone counts."
    return None


@RULES.add("cors-null", "WHATWG Fetch §3.3.3", fields=("access-control-allow-origin",))
def _cors_null(seen: Observation) -> str | None:
    """The origin `null` is not allowed with credentials: any page can have it."""
    if seen.get("access-control-allow-origin") == "null" and (
        seen.get("access-control-allow-credentials") is not None
    ):
        return "the origin 'null' is allowed with credentials; any page can have it."
    return None


@RULES.add("cors-lists", "WHATWG Fetch §3.3.3", fields=_LISTS)
def _cors_lists(seen: Observation) -> str | None:
    """The lists of methods and fields in CORS are lists of tokens."""
    for name in _LISTS:
        value = seen.get(name)
        if value and not is_token_list(value):
            return f"{name.title()} is {value!r}; write names with commas between."
    return None


@RULES.add("cors-max-age", "WHATWG Fetch §3.3.3", fields=("access-control-max-age",))
def _cors_max_age(seen: Observation) -> str | None:
    """Access-Control-Max-Age is whole seconds."""
    value = seen.lines("access-control-max-age")[0]
    if not is_digits(value.removeprefix("-")):
        return f"Access-Control-Max-Age is {value!r}; it is whole seconds."
    return None


@RULES.add("hsts-malformed", "RFC 6797 §6.1", fields=("strict-transport-security",))
def _hsts_malformed(seen: Observation) -> str | None:
    """Strict-Transport-Security has max-age."""
    value = seen.lines("strict-transport-security")[0]
    if not any(_hsts(each.strip(" \t")) for each in value.split(";")):
        return (
            f"Strict-Transport-Security is {value!r}; write 'max-age=31536000; "
            "includeSubDomains'."
        )
    return None
