"""Header fields that tell browsers what a page may do, and what may be done to it.

The story starts at `SecurityHeadersMiddleware`, whose defaults are strict: what a page
shows comes from its own origin, and nobody frames it. A template that asks for
``csp_nonce()`` may have scripts and styles inside.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from restlette.contrib.https import HSTSMiddleware
from restlette.http.headers import encode_value
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "PERMISSIONS_POLICY",
    "SecurityHeadersMiddleware",
]

Directives = Mapping[str, str | Iterable[str]]

CONTENT_SECURITY_POLICY: Final[Mapping[str, str]] = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
"""What a page may load, by default: what its own origin has, and no plug-in."""

PERMISSIONS_POLICY: Final = (
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
)
"""What a page may ask of the device, by default: none of these."""

# Where a nonce counts, and what each falls back to (CSP Level 3 section 6.8.3).
_WITH_NONCE: Final = ("script-src", "style-src")

# CSP Level 3 section 2.3:
#   directive-name  = 1*( ALPHA / DIGIT / "-" )
#   directive-value = *( required-ascii-whitespace / ( %x21-%x2B / %x2D-%x3A /
#                     %x3C-%x7E ) )          ; all but "," and ";"
_directive_name = re.compile(r"[A-Za-z0-9-]+").fullmatch
_directive_value = re.compile(r"[\t \x21-\x2b\x2d-\x3a\x3c-\x7e]*").fullmatch

# 128 bits, as CSP Level 3 section 7.1 asks for.
_NONCE_BYTES: Final = 16


class SecurityHeadersMiddleware:
    """Adds header fields for browsers to every answer by HTTP.

    A field that the application sets itself is left as it is.

    Args:
        app: The ASGI application inside.
        content_security_policy: What a page may load: sources by directive, merged
            over `CONTENT_SECURITY_POLICY`, an empty one taking a directive out; None
            for no such field.
        report_only: Whether browsers are to report what the policy forbids, and to do
            it all the same.
        frame_options: ``DENY`` or ``SAMEORIGIN``, for browsers that know no
            frame-ancestors; None for no such field.
        referrer_policy: How much of a page's URL others learn; None for no such field.
        permissions_policy: What a page may ask of the device; None for no such field.
        opener_policy: Cross-Origin-Opener-Policy: whether windows of other origins keep
            hold of this one; None for no such field.
        hsts_max_age: For how many seconds browsers come by HTTPS only, said over HTTPS
            (`HSTSMiddleware` has more to say); None for no such field.

    Raises:
        ValueError: A directive or value that the field cannot have.

    Source: CSP Level 3 (W3C), RFC 7034, Fetch section 3.6 (nosniff), RFC 6797.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        content_security_policy: Directives | None = CONTENT_SECURITY_POLICY,
        report_only: bool = False,
        frame_options: str | None = "DENY",
        referrer_policy: str | None = "strict-origin-when-cross-origin",
        permissions_policy: str | None = PERMISSIONS_POLICY,
        opener_policy: str | None = "same-origin",
        hsts_max_age: int | None = 365 * 24 * 60 * 60,
    ) -> None:
        if frame_options not in (None, "DENY", "SAMEORIGIN"):
            raise ValueError(
                f"frame_options is 'DENY' or 'SAMEORIGIN', not {frame_options!r}."
            )
        self.app: ASGIApp = app
        if hsts_max_age is not None:
            self.app = HSTSMiddleware(app, max_age=hsts_max_age)
        self._policy = (
            None
            if content_security_policy is None
            else _read_policy(content_security_policy)
        )
        self._policy_name = b"content-security-policy" + (
            b"-report-only" if report_only else b""
        )
        fields = {
            "x-content-type-options": "nosniff",
            "x-frame-options": frame_options,
            "referrer-policy": referrer_policy,
            "permissions-policy": permissions_policy,
            "cross-origin-opener-policy": opener_policy,
        }
        self._fields = [
            (name.encode("ascii"), encode_value(name, value))
            for name, value in fields.items()
            if value is not None
        ]
        if self._policy is not None:
            # PERF: of most answers nothing has a nonce.
            self._fields.append((self._policy_name, _policy_value(self._policy)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; those that are not HTTP pass by."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = _Nonce()

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = list(message.get("headers", ()))
                present = {name.lower() for name, _ in fields}
                fields += [
                    (name, self._value(name, value, nonce))
                    for name, value in self._fields
                    if name not in present
                ]
                message = {**message, "headers": fields}
            await send(message)

        scope["csp_nonce"] = nonce
        await self.app(scope, receive, send_with_fields)

    def _value(self, name: bytes, value: bytes, nonce: _Nonce) -> bytes:
        if name is not self._policy_name or self._policy is None or nonce.text is None:
            return value
        policy = dict(self._policy)
        for directive in _WITH_NONCE:
            sources = policy.get(directive, policy.get("default-src", ""))
            # 'none' stands alone, or means nothing.
            kept = "" if sources == "'none'" else sources
            policy[directive] = f"{kept} 'nonce-{nonce.text}'".lstrip()
        return _policy_value(policy)


class _Nonce:
    """A number that is used once, made when a template asks for it."""

    text: str | None = None

    def __call__(self) -> str:
        if self.text is None:
            self.text = secrets.token_urlsafe(_NONCE_BYTES)
        return self.text


def _read_policy(directives: Directives) -> dict[str, str]:
    policy = dict(CONTENT_SECURITY_POLICY)
    for name, sources in directives.items():
        value = sources if isinstance(sources, str) else " ".join(sources)
        if not _directive_name(name):
            raise ValueError(f"{name!r} is no directive of a Content-Security-Policy.")
        if not _directive_value(value):
            raise ValueError(
                f"{name}: a source has no comma, semicolon or line break: {value!r}."
            )
        policy[name] = value
    return {name: value for name, value in policy.items() if value}


def _policy_value(policy: Mapping[str, str]) -> bytes:
    return "; ".join(f"{name} {value}" for name, value in policy.items()).encode()
