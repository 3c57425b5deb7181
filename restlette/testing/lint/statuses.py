"""Rules about what a status code obliges the answer to: Allow, Location, challenges."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urldefrag, urljoin

from restlette.http.methods import TCHAR
from restlette.testing.lint.grammar import (
    is_digits,
    is_token_list,
    is_uri_reference,
    members,
    seconds_of,
    tokens,
)
from restlette.testing.lint.observation import Observation
from restlette.testing.lint.rules import Rules

__all__ = ["RULES"]

RULES: Final = Rules()

_REDIRECTS: Final = (301, 302, 303, 307, 308)
# RFC 9110 §11.3: challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]; §11.4 has
# challenges as a list, whose commas are those of the parameters as well.
_PARAMETER: Final = rf'{TCHAR}+[ \t]*=[ \t]*(?:{TCHAR}+|"(?:[^"\\]|\\.)*")'
_parameter = re.compile(_PARAMETER).fullmatch
_scheme = re.compile(
    rf"({TCHAR}+)(?: +({_PARAMETER}|[A-Za-z0-9\-._~+/]+=*))?"
).fullmatch
# RFC 7617 §2, RFC 7616 §3.3: what these schemes cannot do without.
_NEEDED: Final = {"basic": ("realm",), "digest": ("realm", "nonce")}


@RULES.add("allow", "RFC 9110 §15.5.6", statuses=(405,))
def _allow(seen: Observation) -> str | None:
    """405 has Allow, with the methods that there are."""
    if seen.get("allow") is None:
        return f"405 to {seen.method} has no Allow; name the methods that there are."
    return None


@RULES.add("allow-malformed", "RFC 9110 §10.2.1", fields=("allow",))
def _allow_malformed(seen: Observation) -> str | None:
    """Allow is a list of methods."""
    value = seen.get("allow")
    if value and not is_token_list(value):
        return f"Allow is {value!r}; write methods with commas between, 'GET, HEAD'."
    return None


@RULES.add("allow-contradicts", "RFC 9110 §15.5.6", statuses=(405,))
def _allow_contradicts(seen: Observation) -> str | None:
    """Allow of a 405 does not name the method that was refused."""
    if seen.method in tokens(seen.get("allow") or ""):
        return f"405 refuses {seen.method}, and Allow names it."
    return None


@RULES.add(
    "options-allow",
    "RFC 9110 §9.3.7",
    severity="warning",
    statuses=(200, 204),
    when=lambda seen: seen.method == "OPTIONS",
)
def _options_allow(seen: Observation) -> str | None:
    """What answers OPTIONS says what is allowed."""
    if seen.get("allow") is not None:
        return None
    if seen.asked("access-control-request-method") is not None:
        return None
    return "the answer to OPTIONS has no Allow."


@RULES.add("www-authenticate", "RFC 9110 §15.5.2", statuses=(401,))
def _www_authenticate(seen: Observation) -> str | None:
    """401 has WWW-Authenticate, with a challenge."""
    if not seen.get("www-authenticate"):
        return (
            "401 has no WWW-Authenticate; name the scheme, such as 'Bearer'. Where no "
            "credentials would help, it is 403."
        )
    return None


@RULES.add("proxy-authenticate", "RFC 9110 §15.5.8", statuses=(407,))
def _proxy_authenticate(seen: Observation) -> str | None:
    """407 has Proxy-Authenticate, with a challenge."""
    if not seen.get("proxy-authenticate"):
        return "407 has no Proxy-Authenticate; only a proxy sends it. Is it a 401?"
    return None


@RULES.add(
    "challenge-malformed",
    "RFC 9110 §11.6.1",
    fields=("www-authenticate", "proxy-authenticate"),
)
def _challenge_malformed(seen: Observation) -> str | None:
    """A challenge is a scheme, with the parameters that the scheme needs."""
    for name in ("www-authenticate", "proxy-authenticate"):
        value = seen.get(name)
        flaw = None if value is None else _challenge_flaw(value)
        if flaw is not None:
            return f"{value!r} {flaw}; write for example 'Basic realm=\"books\"'."
    return None


def _challenge_flaw(value: str) -> str | None:
    given: dict[str, list[str]] = {}
    parameters: list[str] | None = None
    for member in members(value):
        match = (
            None if _parameter(member) and parameters is not None else _scheme(member)
        )
        if match is not None:
            parameters = given.setdefault(match[1].lower(), [])
            member = match[2] or ""
        elif parameters is None or not _parameter(member):
            return "is no challenge"
        parameters.append(member.partition("=")[0].strip(" \t").lower())
    for scheme, names in given.items():
        for needed in _NEEDED.get(scheme, ()):
            if needed not in names:
                return f"lacks the {needed} that {scheme.capitalize()} needs"
    return None


@RULES.add("created-location", "RFC 9110 §15.3.2", statuses=(201,))
def _created_location(seen: Observation) -> str | None:
    """201 to POST says by Location what was created."""
    if seen.method == "POST" and seen.get("location") is None:
        return (
            f"201 has no Location, so that {seen.target} itself would be what was "
            "created; name the new resource, with Created(…, location=Item.ref(…))."
        )
    return None


@RULES.add("redirect-location", "RFC 9110 §15.4", statuses=_REDIRECTS)
def _redirect_location(seen: Observation) -> str | None:
    """Redirections say by Location where to."""
    if seen.get("location") is None:
        return f"{seen.status} has no Location, so that no client can follow it."
    return None


@RULES.add(
    "reference-malformed",
    "RFC 3986 §4.1, RFC 9110 §8.7, §10.2.2",
    fields=("location", "content-location"),
)
def _reference_malformed(seen: Observation) -> str | None:
    """Location and Content-Location are references to URIs."""
    for name in ("location", "content-location"):
        for value in seen.lines(name):
            if not is_uri_reference(value):
                return (
                    f"{value!r} is no reference to a URI; percent-encode what cannot "
                    "stand in one."
                )
    return None


@RULES.add(
    "location-meaningless", "RFC 9110 §10.2.2", severity="warning", fields=("location",)
)
def _location_meaningless(seen: Observation) -> str | None:
    """Location comes with 201, 202 and 3xx, where it means something."""
    if seen.status in (201, 202) or 300 <= seen.status < 400:
        return None
    return f"Location means nothing with {seen.status}; write 201, 303, or a Link."


@RULES.add("redirect-loop", "RFC 9110 §15.4", statuses=_REDIRECTS)
def _redirect_loop(seen: Observation) -> str | None:
    """A redirection leads elsewhere, or changes something first."""
    location = seen.get("location")
    if location is None or "set-cookie" in seen.names or not seen.is_retrieval:
        return None
    try:
        leads = urldefrag(urljoin(seen.target, location))[0]
        itself = urldefrag(seen.target)[0]
    except ValueError:
        return None
    if leads == itself:
        return f"{seen.status} leads from {seen.target} to itself."
    return None


@RULES.add("location-script", "RFC 9110 §10.2.2", fields=("location",))
def _location_script(seen: Observation) -> str | None:
    """A redirection does not lead to a script."""
    scheme = (seen.get("location") or "").partition(":")[0].strip().lower()
    if scheme in ("javascript", "data", "vbscript"):
        return f"Location is of the scheme {scheme}; a client's page would run it."
    return None


@RULES.add("upgrade", "RFC 9110 §15.5.22", statuses=(426,))
def _upgrade(seen: Observation) -> str | None:
    """426 has Upgrade, with the protocols that would do."""
    if not seen.get("upgrade"):
        return "426 has no Upgrade; name the protocol that is wanted."
    return None


@RULES.add("upgrade-connection", "RFC 9110 §7.8", fields=("upgrade",))
def _upgrade_connection(seen: Observation) -> str | None:
    """Upgrade stands beside `Connection: upgrade`."""
    options = {token.lower() for token in tokens(seen.get("connection") or "")}
    if "upgrade" not in options:
        return "Upgrade has no 'Connection: upgrade' beside it."
    return None


@RULES.add("accept-patch", "RFC 5789 §2.2", statuses=(415,))
def _accept_patch(seen: Observation) -> str | None:
    """415 to PATCH says by Accept-Patch what would be taken."""
    if seen.method != "PATCH" or seen.asked("content-encoding") is not None:
        return None
    if seen.get("accept-patch") is None:
        return "415 to PATCH has no Accept-Patch; name the media types."
    return None


@RULES.add(
    "unsupported-media-type", "RFC 9110 §15.5.16", severity="warning", statuses=(415,)
)
def _unsupported_media_type(seen: Observation) -> str | None:
    """415 says by Accept, Accept-Post or Accept-Encoding what would be taken."""
    if seen.method != "PATCH" and not {
        "accept",
        "accept-post",
        "accept-encoding",
    }.intersection(seen.names):
        return "415 names neither a media type in Accept nor a coding."
    return None


@RULES.add("retry-after-malformed", "RFC 9110 §10.2.3", fields=("retry-after",))
def _retry_after_malformed(seen: Observation) -> str | None:
    """Retry-After is whole seconds or a date."""
    for value in seen.lines("retry-after"):
        if not is_digits(value) and seconds_of(value) is None:
            return f"Retry-After is {value!r}; write whole seconds, '120', or a date."
    return None


@RULES.add("expectation-unasked", "RFC 9110 §15.5.18", statuses=(417,))
def _expectation_unasked(seen: Observation) -> str | None:
    """417 answers a request with Expect."""
    if seen.asked("expect") is None:
        return "417 answers a request without Expect; is it a 400 or 422?"
    return None


@RULES.add("method-unknown", "RFC 9110 §15.6.2", statuses=(501,))
def _method_unknown(seen: Observation) -> str | None:
    """GET and HEAD are not unknown to any server."""
    if seen.is_retrieval:
        return (
            f"501 answers {seen.method}, which every server has to know (§9.1); where "
            "the resource lacks it, it is 405."
        )
    return None


@RULES.add(
    "redirect-insecure", "RFC 9110 §15.4", severity="warning", statuses=_REDIRECTS
)
def _redirect_insecure(seen: Observation) -> str | None:
    """A redirection does not go from https to http."""
    secure = seen.target.startswith("https:")
    if secure and (seen.get("location") or "").startswith("http://"):
        return f"{seen.status} leads from https to http; write a relative reference."
    return None


@RULES.add("legal-reasons", "RFC 7725 §4", severity="warning", statuses=(451,))
def _legal_reasons(seen: Observation) -> str | None:
    """451 says by Link who it is that forbids."""
    if "blocked-by" not in (seen.get("link") or ""):
        return '451 has no Link with rel="blocked-by".'
    return None
