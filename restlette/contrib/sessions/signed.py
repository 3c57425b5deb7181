"""Sessions in a signed cookie: everybody can read it, and nobody else can write it.

The story starts at `SessionMiddleware`. There is nothing on the server: what is in the
cookie is the session, and a cookie that was kept somewhere is good for as long as its
signature. `Sessions` has sessions that end.
"""

from __future__ import annotations

import hmac
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from typing import Any, Final

from restlette.config import Secret
from restlette.contrib.keys import checked_keys
from restlette.contrib.sessions.cookies import BEGINNINGS, Cookie, told
from restlette.contrib.sessions.session import Session, encoded
from restlette.http.optional import load
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SessionMiddleware"]

log: Final = logging.getLogger("restlette.sessions")

# A cookie is set again when this part of its life is over, so that who comes back in
# time stays; and not with each answer, none of which a cache could keep.
_RENEWAL: Final = 10

# What there is to be kept of an empty session.
_NOTHING: Final = "{}"


class SessionMiddleware:
    """Keeps sessions in cookies that are signed (HMAC with SHA-256, by itsdangerous).

    What is no session, was signed by another key or is too old is no session: the
    application finds an empty one, and the cookie is removed when it looks. The age is
    read from the signature and not left to the browser.

    Args:
        app: The ASGI application inside.
        secret_key: What the cookies are signed with: 16 characters or more, better 64;
            or several, the newest first: the first one signs, and all are accepted.
        session_cookie: The cookie's name.
        max_age: For how many seconds a session lasts after it was last used; None for
            as long as the browser is open, which the server cannot see.
        same_site: Whether other sites' links and forms bring the cookie along: "lax",
            "strict" or "none".
        https_only: Whether the cookie goes over HTTPS alone.
        domain: Which domain it is for, all below it too; None for the host alone.
        path: Which paths it is for.
        partitioned: Whether each site that embeds this one has its own.

    Raises:
        ValueError: The key can be guessed, or the cookie cannot be set.
        MissingExtra: itsdangerous is not installed.

    Source: RFC 6265bis.
    """

    def __init__(
        self,
        app: ASGIApp,
        secret_key: str | Secret | Iterable[str | Secret],
        session_cookie: str = "session",
        max_age: int | None = 14 * 24 * 60 * 60,
        same_site: str = "lax",
        https_only: bool = False,
        *,
        domain: str | None = None,
        path: str = "/",
        partitioned: bool = False,
    ) -> None:
        if max_age is not None and (type(max_age) is not int or max_age < 1):
            raise ValueError(
                "max_age is a whole number of seconds, 1 or more, or None for as long "
                f"as the browser is open; not {max_age!r}."
            )
        self.app = app
        self.max_age = max_age
        self.cookie: Cookie = Cookie(
            session_cookie, path, domain, same_site, https_only, partitioned
        )
        keys = checked_keys(secret_key, "SessionMiddleware")
        # SECURITY: a signature for one purpose is none for another (the salt), and
        # itsdangerous signs with the last key.
        itsdangerous = load("itsdangerous", "sessions", needed_by="SessionMiddleware")
        self._bad_signature: type[Exception] = itsdangerous.BadSignature
        # PERF: derived once, and a digest by its name is OpenSSL's own HMAC.
        salt = f"restlette.contrib.sessions:{session_cookie}".encode()
        self._signer: Any = itsdangerous.TimestampSigner(
            [hmac.digest(key.encode(), salt, "sha256") for key in reversed(keys)],
            key_derivation="none",
            digest_method="sha256",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; a lifespan passes by."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        signed = self.cookie.read(scope)
        session = Session(lambda: self._open(signed))
        has_failed = False

        async def send_with_cookie(message: Message) -> None:
            nonlocal has_failed
            if (
                session.accessed
                and message["type"] in BEGINNINGS
                and not (has_failed or message.get("status", 200) >= 500)
            ):
                try:
                    line = self._line(session, signed, scope)
                except (TypeError, ValueError):
                    # The answer to this goes out as it is.
                    has_failed = True
                    raise
                message = told(message, line)
            await send(message)

        scope["session"] = session
        await self.app(scope, receive, send_with_cookie)

    def _open(self, signed: bytes | None) -> str | None:
        """Give what is in a cookie; None where that is no session."""
        if signed is None:
            return None
        try:
            payload = self._signer.unsign(signed, max_age=self.max_age)
            content = urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
            text = content.decode("utf-8")
        # BadSignature is none of ValueError's.
        except (self._bad_signature, ValueError):
            return None
        return text

    def _line(
        self, session: Session, signed: bytes | None, scope: Scope
    ) -> bytes | None:
        """Give what sets the cookie; None where it stays as it is."""
        text = session.modified()
        if text is None and session.is_new:
            text = _NOTHING
        if text == _NOTHING:
            return None if signed is None else self.cookie.line("", 0)
        if text is None:
            if signed is None or not self._is_due(signed):
                return None
            text = encoded(session.data)
        payload = urlsafe_b64encode(text.encode("utf-8")).rstrip(b"=")
        value = self._signer.sign(payload).decode("ascii")
        if self.cookie.is_too_long(value):
            self._complain(scope, len(value))
            return None
        return self.cookie.line(value, self.max_age)

    def _is_due(self, signed: bytes) -> bool:
        """Say whether it is time to sign a session anew, though it is as it was."""
        if self.max_age is None:
            return False
        # A payload, a time and a signature; it was found to be good.
        when = signed.rsplit(b".", 2)[1]
        signed_at = int.from_bytes(urlsafe_b64decode(when + b"=" * (-len(when) % 4)))
        age: int = self._signer.get_timestamp() - signed_at
        return age * _RENEWAL > self.max_age

    def _complain(self, scope: Scope, length: int) -> None:
        message = (
            f"the session {self.cookie.name!r} is {length} bytes in its cookie, of "
            "which browsers keep 4093: keep less in it, or use Sessions, with a store."
        )
        if getattr(scope.get("app"), "debug", False):
            raise ValueError(message)
        log.warning("%s It stays as it was.", message)
