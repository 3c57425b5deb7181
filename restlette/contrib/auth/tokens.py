"""JSON Web Tokens: who asks, as somebody with a key has signed.

The story starts at `JWT`. `_Keys` says which key is for a token, and which algorithms
are for a key: both were decided when the application was written, and nothing of it is
the token's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from restlette.config import Secret
from restlette.contrib.auth.schemes import Bearer, read_verified
from restlette.contrib.auth.users import AuthCredentials, Found, texts
from restlette.contrib.keys import checked_keys
from restlette.http.optional import load
from restlette.resources.guards import Schemes
from restlette.suggestions import did_you_mean

__all__ = ["JWT"]

# What a claim of a signed token may bring about beside PyJWT's own errors: numbers that
# are none, and arrays that are too deep.
_ODD: Final = (ValueError, TypeError, OverflowError, RecursionError)

_SYMMETRIC: Final = "HS"


class JWT(Bearer):
    """The scheme Bearer with JSON Web Tokens (RFC 7519), by PyJWT.

    A token is right if it is signed by one of the keys with one of the algorithms, has
    not expired, and has the audience and the issuer that are asked for. Its user is its
    subject, its scopes are those of the claim `scope` (RFC 8693 section 4.2).

    Args:
        keys: The key that tokens are signed with: a text in PEM, a secret of 256 bits
            and more, or a key of `cryptography`; or several, by their ids (`kid`), as a
            mapping or a JSON Web Key Set (``{"keys": [...]}``, RFC 7517), of which keys
            for encryption, and those that are not understood, are left out.
        algorithms: What tokens may be signed with: ``["ES256"]``. Those of HMAC are not
            mixed with others, for whose keys anybody may know.
        audience: Whom tokens are for; one of several. None refuses tokens that are for
            somebody.
        issuer: Who has made them; one of several. None for whoever has a key.
        leeway: By how many seconds clocks may differ.
        required: Claims that a token has to have, beside `exp`, its end.
        verify: Given the claims, gives the user, a pair of `AuthCredentials` and the
            user, or None where the token is not to be taken, as one that was revoked.
            None for the subject as a `SimpleUser`.
        scope: The claim that the scopes are in: a text of them, or an array.
        realm: What the token is for.

    Raises:
        TypeError: An argument is not what it should be.
        ValueError: There is no algorithm, or one that proves nothing; or no key, or one
            that is for none of the algorithms, or can be guessed.
        MissingExtra: PyJWT is not installed.

    Source: RFC 7519; RFC 8725 (best current practices) sections 3.1, 3.2, 3.5 and 3.9.
    """

    def __init__(
        self,
        keys: Any,
        *,
        algorithms: Sequence[str],
        audience: str | Iterable[str] | None = None,
        issuer: str | Iterable[str] | None = None,
        leeway: float = 0,
        required: Iterable[str] = (),
        verify: Callable[[Mapping[str, Any]], Any] | None = None,
        scope: str = "scope",
        realm: str = "restricted",
    ) -> None:
        reader: Callable[..., Any] = _subject if verify is None else verify
        super().__init__(reader, realm=realm)
        given: object = leeway
        if (
            isinstance(given, bool)
            or not isinstance(given, int | float)
            or not 0 <= given < float("inf")
        ):
            raise ValueError(f"leeway is a number of seconds, not {leeway!r}.")
        jwt = load("jwt", "auth", needed_by="JWT")
        self._jwt: Any = jwt
        self._errors: tuple[type[Exception], ...] = (jwt.PyJWTError, *_ODD)
        self._keys = _Keys(jwt, keys, _read_algorithms(jwt, algorithms))
        self._claim = scope
        self._options: dict[str, Any] = {
            "audience": _one_or_several("audience", audience),
            "issuer": _one_or_several("issuer", issuer),
            "leeway": leeway,
            # SECURITY: a token without an end is good for ever, once it is stolen.
            "options": {"require": ["exp", *texts("required", required)]},
        }
        self.security: Schemes = {
            "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        }

    async def _found(self, token: str) -> Found:
        try:
            claims = self._claims(token)
        except self._errors as exc:
            # SECURITY: why is not said, for whom it concerns knows.
            raise self._invalid("The token is not valid.") from exc
        granted = AuthCredentials(_scopes(claims.get(self._claim)))
        found = read_verified(await self._verify(claims), self._verify, granted)
        if found is None:
            raise self._invalid("The token is not valid.")
        return found

    def _claims(self, token: str) -> dict[str, Any]:
        header = self._jwt.get_unverified_header(token)
        chosen = self._keys.choose(header.get("kid"))
        # SECURITY: the algorithms are the key's, whatever the token says (RFC 8725
        # section 3.1).
        claims: dict[str, Any] = self._jwt.decode(
            token, chosen.key, algorithms=chosen.algorithms, **self._options
        )
        return claims


async def _subject(claims: Mapping[str, Any]) -> str | None:
    subject = claims.get("sub")
    return subject if isinstance(subject, str) and subject else None


def _scopes(value: object) -> list[str]:
    """Read a claim of scopes; what is no text in it grants nothing."""
    if isinstance(value, str):
        return value.split()
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str)]
    return []


def _one_or_several(name: str, given: str | Iterable[str] | None) -> Any:
    if given is None or (isinstance(given, str) and given):
        return given
    several = [] if isinstance(given, str) else texts(name, given)
    # SECURITY: an empty one is left out by mistake, and would be asked of nobody.
    if not several or not all(several):
        raise ValueError(f"{name} is a text, several, or None for none.")
    return several


def _read_algorithms(jwt: Any, names: Sequence[str]) -> dict[str, Any]:
    """Give PyJWT's algorithms by name.

    Raises:
        TypeError: The names are one text.
        ValueError: There is none, one is not known, or they are not to be mixed.
    """
    known = jwt.algorithms.get_default_algorithms()
    # It signs nothing; RFC 8725 section 3.2.
    del known["none"]
    found = {}
    for name in texts("algorithms", names):
        if name.lower() == "none":
            raise ValueError("algorithms: a token that is signed by none is anybody's.")
        if name not in known:
            raise ValueError(
                f"algorithms: {name!r} is not known{did_you_mean(name, known)}."
            )
        found[name] = known[name]
    if not found:
        raise ValueError('algorithms are those of your issuer: write ["ES256"].')
    if len({name.startswith(_SYMMETRIC) for name in found}) > 1:
        # SECURITY: a public key would be taken for a secret (RFC 8725 section 2.1).
        raise ValueError(
            "algorithms: those of HMAC (HS256, ...) have a secret, the others a public "
            "key: one JWT takes either."
        )
    return found


class _Key(NamedTuple):
    """A key, and what it is for."""

    key: Any
    algorithms: list[str]


class _Keys:
    """Keys by their ids, each with the algorithms that it is for.

    Args:
        jwt: PyJWT.
        keys: As `JWT` takes them.
        algorithms: PyJWT's algorithms by name.
    """

    def __init__(self, jwt: Any, keys: Any, algorithms: Mapping[str, Any]) -> None:
        self._jwt = jwt
        self._algorithms = algorithms
        self._by_id: dict[str | None, _Key] = {}
        self._only: _Key | None = None
        if isinstance(keys, Mapping):
            given = keys.get("keys")
            if isinstance(given, list):
                self._read_set(given)
            else:
                for kid, key in keys.items():
                    self._by_id[texts("ids of keys", [kid])[0]] = self._prepared(key)
            if not self._by_id:
                raise ValueError(
                    f"JWT: there is no key for {', '.join(algorithms)} among the keys."
                )
            if len(self._by_id) == 1:
                (self._only,) = self._by_id.values()
            self._has_ids = True
        else:
            self._only = self._prepared(keys)
            self._has_ids = False

    def choose(self, kid: object) -> _Key:
        """Give the key for a token.

        Args:
            kid: What the token says; nothing else of it is asked. SECURITY: a key, or
                the address of one, in a token is the sender's.

        Raises:
            ValueError: There is no such key.
        """
        if self._only is not None and (kid is None or not self._has_ids):
            return self._only
        if not isinstance(kid, str) or kid not in self._by_id:
            raise ValueError("no such key")
        return self._by_id[kid]

    def _prepared(self, key: Any) -> _Key:
        """Read a key that is a text, bytes, or one of `cryptography`.

        Raises:
            ValueError: It is for none of the algorithms.
        """
        if isinstance(key, Secret):
            key = str(key)
        if self._is_symmetric and isinstance(key, str | bytes):
            text = key if isinstance(key, str) else key.decode("latin-1")
            checked_keys(text, "JWT")
        objections = []
        taken = []
        prepared = None
        for name, algorithm in self._algorithms.items():
            try:
                ready = algorithm.prepare_key(key)
                # Of HMAC it is RFC 7518 section 3.2 that asks for it.
                short = algorithm.check_key_length(ready)
            except (self._jwt.PyJWTError, TypeError, ValueError) as exc:
                objections.append(f"{name}: {exc}")
                continue
            if short:
                objections.append(f"{name}: {short}")
                continue
            prepared = ready
            taken.append(name)
        if not taken:
            # SECURITY: what the key is stays out of the message.
            raise ValueError(f"JWT: a key is for no algorithm. {' '.join(objections)}")
        return _Key(prepared, taken)

    @property
    def _is_symmetric(self) -> bool:
        return all(name.startswith(_SYMMETRIC) for name in self._algorithms)

    def _read_set(self, keys: list[Any]) -> None:
        """Read a JSON Web Key Set.

        Raises:
            ValueError: Two keys have one id, or one of several has none; or there is a
                private key, which is nobody's business here.
        """
        for each in keys:
            if not isinstance(each, Mapping) or each.get("use", "sig") != "sig":
                continue
            if "d" in each:
                raise ValueError(
                    "JWT: there is a private key in the set: tokens are verified with "
                    "the public ones."
                )
            found = self._of_set(dict(each))
            if found is None:
                continue
            kid = each.get("kid")
            if kid in self._by_id:
                raise ValueError(f"JWT: two keys in the set have the id {kid!r}.")
            self._by_id[kid] = found
        if None in self._by_id and len(self._by_id) > 1:
            raise ValueError("JWT: a key in the set has no id (kid), and others have.")

    def _of_set(self, key: dict[str, Any]) -> _Key | None:
        """Read a key of a set; None where it is not understood.

        Source: RFC 7517 section 5, "Implementations SHOULD ignore JWKs within a JWK Set
        that use kty values that are not understood".
        """
        names = [each for each in self._algorithms if key.get("alg", each) == each]
        for name in names:
            try:
                read = self._jwt.PyJWK(key, name).key
            except (self._jwt.PyJWTError, TypeError, ValueError, KeyError):
                continue
            found = self._prepared(read)
            return _Key(found.key, [each for each in found.algorithms if each in names])
        return None
