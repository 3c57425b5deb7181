"""Cross-site request forgery: other sites' pages that send requests with our cookies.

The story starts at `CSRFMiddleware`. A request that changes something is asked first
whose page has sent it, which browsers say (`Origin`, `Sec-Fetch-Site`); then, if it
brings cookies, for a token that only our own pages know.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from restlette.config import Secret
from restlette.contrib.keys import checked_keys
from restlette.contrib.refusals import refuse
from restlette.contrib.sessions.cookies import told
from restlette.http.cookies import parse_cookies, set_cookie_value
from restlette.http.errors import Forbidden
from restlette.http.forms import MULTIPART, URLENCODED
from restlette.http.methods import is_token
from restlette.http.origins import Origins, checked_origin, is_own_origin, origin_of
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.resources.site import route_path

__all__ = ["SESSION_KEY", "CSRFMiddleware"]

# RFC 9110 section 9.2.1; QUERY is safe by its specification.
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
# Bytes of a secret, and so of the pad that masks it.
_SECRET: Final = 32
# How much of a form is looked at for its token, in bytes.
_LOOKED_AT: Final = 64 * 1024
SESSION_KEY: Final = "csrf"
"""Where the secret is in a session."""

# Whose pages may open a WebSocket that brings cookies, beside those that are trusted.
_PAGES: Final = Origins()

_ANOTHERS: Final = "Another site's page has sent this."
_ASKS: Final = "Another site's page asks for this."

_boundary = re.compile(rb'boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.I).search


class CSRFMiddleware:
    """Refuses requests, with 403, that other sites' pages have sent.

    Requests of safe methods pass. Others have to come from a page of this origin, or of
    a trusted one, as far as the browser says; and if they bring cookies they have to
    bring a token: in a header field, or in a field of a form that is among the first 64
    KiB of it. Programs, which send neither Origin nor cookies, are not asked.

    A form of a template has a hidden field ``csrf_token`` with the value
    ``{{ csrf_token() }}``, before others that may be long; scripts send what a page has
    of it as ``X-CSRF-Token``. Each token is masked anew, so that compressed pages do
    not tell it piece by piece (BREACH). What it masks is kept in the session, if there
    is one further out, and in a signed cookie otherwise.

    A WebSocket's handshake with cookies has to come from such a page, too.

    Args:
        app: The ASGI application inside.
        secret_key: What the cookie is signed with, or several keys, the newest first;
            None where there is a session.
        cookie: The cookie's name; ``__Host-`` before it keeps other hosts of the domain
            from setting it, over HTTPS.
        header: The name of the header field.
        field: The name of the form's field.
        trusted_origins: Other origins whose pages may send requests:
            ``https://example.org``.
        exempt: Paths of which nothing is asked, as they are below ``root_path``.
        https_only: Whether the cookie goes over HTTPS alone.

    Raises:
        ValueError: The key can be guessed, a name is none, or an origin is none.
        TypeError: Text where several are asked for.

    Source: OWASP Cross-Site Request Forgery Prevention; Fetch Metadata (W3C) section
    2.3; RFC 6454.
    """

    def __init__(
        self,
        app: ASGIApp,
        secret_key: str | Secret | Iterable[str | Secret] | None = None,
        *,
        cookie: str = "csrftoken",
        header: str = "X-CSRF-Token",
        field: str = "csrf_token",
        trusted_origins: Collection[str] = (),
        exempt: Collection[str] = (),
        https_only: bool = False,
    ) -> None:
        for name, given in (("trusted_origins", trusted_origins), ("exempt", exempt)):
            if isinstance(given, str):
                raise TypeError(f"{name} takes several texts: write [{given!r}].")
        for path in exempt:
            if not path.startswith("/"):
                raise ValueError(f"exempt: a path begins with a slash: '/{path}'.")
        if not is_token(header):
            raise ValueError(f"{header!r} names no header field: it is no token.")
        self.app = app
        self._keys = (
            () if secret_key is None else checked_keys(secret_key, "CSRFMiddleware")
        )
        self._cookie = cookie
        self._https_only = https_only
        self._line(bytes(_SECRET))
        self._header = header.lower().encode("ascii")
        self._field = field
        self._trusted = frozenset(map(checked_origin, trusted_origins))
        self._exempt = frozenset(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope; a lifespan passes by."""
        if scope["type"] == "websocket":
            if not (_PAGES.admit(scope) or origin_of(scope) in self._trusted):
                await refuse(Forbidden(_ASKS), scope, receive, send)
                return
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        token = _Token(self, scope)
        if scope["method"] not in _SAFE and route_path(scope) not in self._exempt:
            detail = self._objection(scope)
            if detail is None and _fields(scope, b"cookie"):
                receive, sent = await self._sent(scope, receive)
                if not token.is_right(sent):
                    detail = (
                        "The request has cookies and not the token that belongs to "
                        "them: load the page again."
                    )
            if detail is not None:
                await refuse(Forbidden(detail), scope, receive, send)
                return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and token.was_given:
                message = token.told(message)
            await send(message)

        scope["csrf_token"], scope["csrf_field"] = token, self._field
        await self.app(scope, receive, send_with_cookie)

    def _objection(self, scope: Scope) -> str | None:
        """Say what is against a request, as far as the browser says who sends it."""
        origin = origin_of(scope)
        if origin in self._trusted:
            return None
        site = _fields(scope, b"sec-fetch-site")
        if site and site != [b"same-origin"] and site != [b"none"]:
            return _ANOTHERS
        if origin is None and not site:
            # Browsers of long ago; Referer is all that they say.
            referer = _fields(scope, b"referer")
            origin = None if not referer else _origin_of_url(referer[0])
        if origin is None:
            return None
        return None if is_own_origin(origin, scope) else _ANOTHERS

    async def _sent(self, scope: Scope, receive: Receive) -> tuple[Receive, str]:
        """Give the token that was sent, and what gives all of the content again."""
        values = _fields(scope, self._header)
        if values:
            return receive, values[0].decode("latin-1")
        said = b"".join(_fields(scope, b"content-type")[:1]).lower().decode("latin-1")
        if said.startswith(URLENCODED):
            find: Callable[[bytes], str] = self._in_urlencoded
        elif said.startswith(MULTIPART):
            # The boundary is as it was written.
            match = _boundary(_fields(scope, b"content-type")[0])
            if match is None:
                return receive, ""
            find = partial(self._in_multipart, match[1] or match[2])
        else:
            return receive, ""
        messages: list[Message] = []
        beginning = b""
        while len(beginning) < _LOOKED_AT:
            message = await receive()
            messages.append(message)
            beginning += message.get("body", b"")
            if not message.get("more_body", False):
                break
        return _again(messages, receive), find(beginning[:_LOOKED_AT])

    def _in_urlencoded(self, beginning: bytes) -> str:
        # A field that is cut off is none.
        if len(beginning) == _LOOKED_AT:
            beginning = beginning.rpartition(b"&")[0]
        pairs = parse_qsl(beginning.decode("latin-1"))
        return next((value for name, value in pairs if name == self._field), "")

    def _in_multipart(self, boundary: bytes, beginning: bytes) -> str:
        head = f'form-data; name="{self._field}"'.encode()
        for part in (b"\r\n" + beginning).split(b"\r\n--" + boundary)[1:-1]:
            fields, _, value = part.partition(b"\r\n\r\n")
            name, _, disposition = fields.strip().partition(b":")
            if name.lower() == b"content-disposition" and disposition.strip() == head:
                return value.decode("latin-1")
        return ""

    # The secret, and the cookie that it is in -----------------------------------------

    def find(self, scope: Scope) -> bytes | None:
        """Give the secret of a client; None where it has none yet."""
        session: Any = scope.get("session")
        if session is not None:
            return _decoded(str(session.get(SESSION_KEY, "")))
        value = parse_cookies(_fields(scope, b"cookie")).get(self._cookie, "")
        text, _, signature = value.partition(".")
        for key in self._keys:
            if hmac.compare_digest(self._signature(text, key), signature.encode()):
                return _decoded(text)
        return None

    def make(self, scope: Scope) -> tuple[bytes, bytes | None]:
        """Make a secret, and give it with the line that sets its cookie, if it has one.

        Raises:
            RuntimeError: There is neither a session nor a key.
        """
        secret = secrets.token_bytes(_SECRET)
        session: Any = scope.get("session")
        if session is not None:
            session[SESSION_KEY] = _encoded(secret)
            return secret, None
        if not self._keys:
            raise RuntimeError(
                "CSRFMiddleware has neither a session to keep its secret in nor a key: "
                "put SessionMiddleware or Sessions around it, or write secret_key=."
            )
        return secret, self._line(secret)

    def _line(self, secret: bytes) -> bytes:
        text = _encoded(secret)
        signature = self._signature(text, self._keys[0]) if self._keys else b""
        return set_cookie_value(
            self._cookie,
            f"{text}.{signature.decode()}",
            secure=self._https_only,
            httponly=True,
            samesite="lax",
        )

    def _signature(self, text: str, key: str) -> bytes:
        # SECURITY: the name is in it, so that it is a signature for nothing else.
        signed = f"restlette.contrib.csrf:{self._cookie}:{text}".encode()
        return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest().encode()


class _Token:
    """What `csrf_token()` in a template calls: a token that is another one each time.

    Args:
        middleware: What knows the client's secret.
        scope: The scope of the request.

    Attributes:
        was_given: Whether somebody has asked for one.
    """

    def __init__(self, middleware: CSRFMiddleware, scope: Scope) -> None:
        self._middleware = middleware
        self._scope = scope
        self._secret: bytes | None = None
        self._cookie: bytes | None = None
        self.was_given = False

    def __call__(self) -> str:
        self.was_given = True
        if self._secret is None:
            self._secret = self._middleware.find(self._scope)
        if self._secret is None:
            self._secret, self._cookie = self._middleware.make(self._scope)
        pad = secrets.token_bytes(_SECRET)
        return _encoded(pad + _mixed(pad, self._secret))

    def is_right(self, sent: str) -> bool:
        """Say whether a token is one of this client's."""
        token = _decoded(sent, 2 * _SECRET)
        secret = self._middleware.find(self._scope)
        if token is None or secret is None:
            return False
        return hmac.compare_digest(_mixed(token[:_SECRET], token[_SECRET:]), secret)

    def told(self, message: Message) -> Message:
        """Give the beginning of an answer that has a token in it."""
        return told(message, self._cookie)


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Give what receives some messages again, and then those that come."""
    left = iter(messages)

    async def receive_again() -> Message:
        for message in left:
            return message
        return await receive()

    return receive_again


def _fields(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key == name]


def _origin_of_url(url: bytes) -> bytes:
    """Give the origin of a URL; what is no origin's where it has none."""
    try:
        parts = urlsplit(url.decode("ascii"))
    except ValueError:
        return b"null"
    return f"{parts.scheme}://{parts.netloc}".lower().encode("ascii")


def _mixed(pad: bytes, secret: bytes) -> bytes:
    return bytes([a ^ b for a, b in zip(pad, secret, strict=True)])


def _encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def _decoded(text: str, length: int = _SECRET) -> bytes | None:
    """Give what a text stands for, if it has that many bytes."""
    if len(text) != (length * 8 + 5) // 6:
        return None
    try:
        value = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return None
    return value if len(value) == length else None
