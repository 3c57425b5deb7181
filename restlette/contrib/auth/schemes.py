"""Ready schemes, each a backend for `AuthenticationMiddleware` and a guard.

The story starts at `Scheme`, which says what the two have in common. `Basic`, `Bearer`
and `APIKey` leave it to a function of the application whether what came is right.
"""

from __future__ import annotations

import copy
import re
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import FunctionType, MethodType
from typing import Any, Final, Self

from restlette.concurrency import as_async, name_of
from restlette.contrib.auth.challenges import (
    LONGEST,
    Malformed,
    challenge,
    checked_text,
    credentials_of,
    is_preflight,
    read_basic,
    read_bearer,
)
from restlette.contrib.auth.middleware import remembered
from restlette.contrib.auth.users import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    Found,
    SimpleUser,
    texts,
)
from restlette.http.errors import BadRequest, Forbidden, Unauthorized
from restlette.http.methods import is_token
from restlette.http.request import HTTPConnection
from restlette.resources.guards import Guard, Schemes

__all__ = [
    "APIKey",
    "Basic",
    "Bearer",
    "Scheme",
    "checked_verifier",
    "read_verified",
]

# RFC 6749 section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
_scope_token = re.compile(r"[!#-\[\]-~]+").fullmatch

# VCHAR and SP (RFC 5234 appendix B.1).
_key = re.compile(r"[ -~]+").fullmatch

_unnamed = re.compile(r"[^A-Za-z0-9._-]").sub

_PREFLIGHT: Final = "Preflights are answered before this: see CORSMiddleware."

# Whoever is let in without scopes of its own is somebody all the same.
_GRANTED: Final = ("authenticated",)


class Scheme(AuthenticationBackend, Guard):
    """A way to say who one is.

    As a backend it gives the user; as a guard it lets in whom it knows, and puts
    ``user`` and ``auth`` into the scope, so that nothing else is needed for one
    resource. Where it is both, it looks once.

    Args:
        realm: What the credentials are for, as clients show it.

    Raises:
        ValueError: The realm cannot stand in a header field.
    """

    _name: str = ""
    _parameters: Mapping[str, str] = {}
    _missing: str = "Log in first."

    def __init__(self, *, realm: str = "restricted") -> None:
        checked_text("realm", realm)
        self._realm = realm
        self._required: tuple[str, ...] = ()
        self._backend: Scheme = self
        self.challenges: str | Sequence[str] = self._challenge()
        self.responses: Mapping[int, str] = {401: self._missing}

    @abstractmethod
    async def authenticate(self, conn: HTTPConnection) -> Found | None:
        """Look at a request: see `AuthenticationBackend`."""

    def scopes(self, *scopes: str) -> Self:
        """Give a guard that lets in those alone who have every one of some scopes.

        Args:
            scopes: The scopes, beside those that it asks for already.

        Raises:
            TypeError: There is none, or one is no text.
            ValueError: A scope has characters that none has (RFC 6749 section 3.3).
        """
        if not scopes:
            raise TypeError('name the scopes: .scopes("books:write").')
        for each in texts("scopes", scopes):
            if not _scope_token(each):
                raise ValueError(
                    f"{each!r} is no scope: it is text in ASCII without spaces, quotes "
                    "and backslashes. Write several as several arguments."
                )
        guard = copy.copy(self)
        guard._required = (*self._required, *scopes)
        guard.responses = {**self.responses, 403: guard._lacking}
        return guard

    def __repr__(self) -> str:
        name = type(self).__name__
        if not self._required:
            return name
        return f"{name}.scopes({', '.join(map(repr, self._required))})"

    async def check(self, connection: HTTPConnection, resource: Any) -> bool:
        """Let in whom the scheme knows, with the scopes that it asks for."""
        if is_preflight(connection.scope):
            # SECURITY: an application that does not look at the method would give
            # whoever asks in this form what it gives to a GET.
            if resource is None and not _is_function(connection):
                raise Forbidden(_PREFLIGHT)
            return True
        try:
            found = await self._find(connection)
        except AuthenticationError as exc:
            raise exc.answer from exc
        if found is None or not getattr(found[1], "is_authenticated", True):
            raise Unauthorized(self._missing, challenges=self.challenges)
        credentials, user = found
        connection.scope["auth"], connection.scope["user"] = credentials, user
        if not all(scope in credentials.scopes for scope in self._required):
            raise self._insufficient()
        return True

    async def _find(self, connection: HTTPConnection) -> Found | None:
        known = remembered(connection.scope)
        if self._backend not in known:
            known[self._backend] = await self.authenticate(connection)
        return known[self._backend]

    def _challenge(self, **parameters: str) -> str:
        return challenge(
            self._name, realm=self._realm, **self._parameters, **parameters
        )

    @property
    def _lacking(self) -> str:
        noun = "scope" if len(self._required) == 1 else "scopes"
        return f"This takes the {noun} {', '.join(self._required)}."

    def _insufficient(self) -> Forbidden:
        return Forbidden(self._lacking)

    def _wrong(self, detail: str) -> AuthenticationError:
        answer = Unauthorized(detail, challenges=self.challenges)
        return AuthenticationError(detail, answer)


class Basic(Scheme):
    """The scheme Basic: a name and a password with each request.

    SECURITY: both are in clear text. It is for HTTPS alone, and what compares passwords
    that are hashed (`verify_password`) takes its time for each request.

    Args:
        verify: Given the name and the password, gives the user (an object; a text
            becomes a `SimpleUser`), a pair of `AuthCredentials` and the user, or None
            where they are not right. A plain function runs in a thread.
        realm: What the credentials are for, as browsers show it.

    Raises:
        TypeError: `verify` cannot be called.
        ValueError: The realm cannot stand in a header field.

    Source: RFC 7617. Names and passwords are UTF-8; what is malformed is answered 401
    like what is wrong.
    """

    _name = "Basic"
    # RFC 7617 section 2.1.
    _parameters = {"charset": "UTF-8"}

    def __init__(
        self, verify: Callable[[str, str], Any], *, realm: str = "restricted"
    ) -> None:
        super().__init__(realm=realm)
        self._verify = checked_verifier(verify, "Basic")

    async def authenticate(self, conn: HTTPConnection) -> Found | None:
        """Look at the Authorization field."""
        try:
            credentials = credentials_of(conn.scope)
            if credentials is None or credentials[0] != "basic":
                return None
            name, password = read_basic(credentials[1])
        except Malformed as exc:
            raise self._wrong(str(exc)) from exc
        found = read_verified(await self._verify(name, password), self._verify)
        if found is None:
            raise self._wrong("The name or the password is wrong.")
        return found


class Bearer(Scheme):
    """The scheme Bearer: a token that is worth what its bearer may do.

    Args:
        verify: Given the token, gives the user (an object; a text becomes a
            `SimpleUser`), a pair of `AuthCredentials` and the user, or None where it is
            none of its tokens. A plain function runs in a thread. SECURITY: tokens are
            compared by `hmac.compare_digest`, or looked up by their hash.
        realm: What the token is for.

    Raises:
        TypeError: `verify` cannot be called.
        ValueError: The realm cannot stand in a header field.

    Source: RFC 6750. No token is 401; what is no token 400 (invalid_request); one that
    is not right 401 (invalid_token); one for something else 403 (insufficient_scope).
    Tokens are taken from the Authorization field alone.
    """

    _name = "Bearer"

    def __init__(
        self, verify: Callable[[str], Any], *, realm: str = "restricted"
    ) -> None:
        super().__init__(realm=realm)
        self.responses: Mapping[int, str] = {
            400: "The token is malformed.",
            401: self._missing,
        }
        self._verify = checked_verifier(verify, type(self).__name__)

    async def authenticate(self, conn: HTTPConnection) -> Found | None:
        """Look at the Authorization field."""
        try:
            credentials = credentials_of(conn.scope)
            if credentials is None or credentials[0] != "bearer":
                return None
            token = read_bearer(credentials[1])
        except Malformed as exc:
            raise self._malformed(str(exc)) from exc
        return await self._found(token)

    async def _found(self, token: str) -> Found:
        found = read_verified(await self._verify(token), self._verify)
        if found is None:
            raise self._invalid("The token is not valid.")
        return found

    def _malformed(self, detail: str) -> AuthenticationError:
        # RFC 6750 section 3.1.
        written = self._challenge(error="invalid_request")
        answer = BadRequest(detail, headers={"WWW-Authenticate": written})
        return AuthenticationError(detail, answer)

    def _invalid(self, detail: str) -> AuthenticationError:
        written = self._challenge(error="invalid_token")
        return AuthenticationError(detail, Unauthorized(detail, challenges=written))

    def _insufficient(self) -> Forbidden:
        written = self._challenge(
            error="insufficient_scope", scope=" ".join(self._required)
        )
        return Forbidden(self._lacking, headers={"WWW-Authenticate": written})


class APIKey(Scheme):
    """A key in a header field, a cookie or the query.

    Args:
        verify: Given the key, which is text in ASCII, gives the user, a pair, or None:
            as for `Bearer`.
        header: The name of the header field.
        cookie: The name of the cookie. SECURITY: browsers send it of their own accord:
            put `CSRFMiddleware` around.
        query: The name of the parameter. SECURITY: URLs are kept in histories and logs.
        realm: What the key is for.

    Raises:
        TypeError: Not one place is named, or `verify` cannot be called.
        ValueError: The name is none.

    Source: RFC 9110 section 11; the OpenAPI Specification, "Security Scheme Object". No
    scheme of HTTP is registered for it: the challenge `APIKey` is for people to read.
    """

    _name = "APIKey"
    _missing = "This takes a key."

    def __init__(
        self,
        verify: Callable[[str], Any],
        *,
        header: str | None = None,
        cookie: str | None = None,
        query: str | None = None,
        realm: str = "restricted",
    ) -> None:
        given = {"header": header, "cookie": cookie, "query": query}
        places = [(place, name) for place, name in given.items() if name is not None]
        if len(places) != 1:
            raise TypeError(
                "APIKey takes the key from one place: write header='x-api-key', "
                "cookie='key' or query='key'."
            )
        self._place, self._key = places[0]
        if not self._key or (self._place != "query" and not is_token(self._key)):
            raise ValueError(f"{self._key!r} is no name for a {self._place}.")
        super().__init__(realm=realm)
        self._verify = checked_verifier(verify, "APIKey")
        self.security: Schemes = {
            _unnamed("-", f"{self._place}-{self._key}"): {
                "type": "apiKey",
                "in": self._place,
                "name": self._key,
            }
        }

    async def authenticate(self, conn: HTTPConnection) -> Found | None:
        """Look where the key is to be."""
        keys = self._keys(conn)
        if not keys:
            return None
        # SECURITY: two of them are read by others in another order, and text beyond
        # ASCII would make an error of `hmac.compare_digest`.
        if len(keys) > 1 or not _key(keys[0]) or len(keys[0]) > LONGEST:
            raise self._wrong("The key is malformed.")
        found = read_verified(await self._verify(keys[0]), self._verify)
        if found is None:
            raise self._wrong("The key is not valid.")
        return found

    def _keys(self, conn: HTTPConnection) -> list[str]:
        if self._place == "header":
            return list(conn.headers.getlist(self._key))
        if self._place == "query":
            return list(conn.query_params.getlist(self._key))
        return [conn.cookies[self._key]] if self._key in conn.cookies else []


def _is_function(connection: HTTPConnection) -> bool:
    """Say whether a function of the application answers, by its methods."""
    endpoint = connection.scope.get("endpoint")
    return isinstance(endpoint, FunctionType | MethodType | partial)


def checked_verifier(verify: object, name: str) -> Callable[..., Awaitable[Any]]:
    """Give what calls an application's function from a coroutine.

    Raises:
        TypeError: It is no function.
    """
    if not callable(verify) or isinstance(verify, type):
        raise TypeError(f"{name} takes a function that verifies, not {verify!r}.")
    return as_async(verify)


def read_verified(
    verified: Any, verify: object, granted: AuthCredentials | None = None
) -> Found | None:
    """Read what an application's function gave.

    Args:
        verified: What it gave.
        verify: The function, for the error.
        granted: What a user that comes alone may do; by default `authenticated`.

    Raises:
        TypeError: It is no answer. SECURITY: True says of nobody who it is.
    """
    if verified is None or verified is False:
        return None
    if type(verified) is tuple:
        if len(verified) == 2 and isinstance(verified[0], AuthCredentials):
            return verified[0], _user(verified[1], verify)
    elif not isinstance(verified, bool):
        credentials = AuthCredentials(_GRANTED) if granted is None else granted
        return credentials, _user(verified, verify)
    raise TypeError(
        f"{name_of(verify)} returned {type(verified).__name__}: it returns a user, a "
        "pair of AuthCredentials and a user, or None."
    )


def _user(user: Any, verify: object) -> Any:
    if user is None or isinstance(user, bool) or user == "":
        raise TypeError(f"{name_of(verify)} returned {user!r} in the place of a user.")
    return SimpleUser(user) if isinstance(user, str) else user
