"""JSON Web Tokens: those that are right, and those that try."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from restlette import HTTPEndpoint, JSONResponse, Restlette
from restlette.config import Secret
from restlette.contrib.auth import (
    JWT,
    AuthCredentials,
    AuthenticationMiddleware,
    SimpleUser,
)
from restlette.http.optional import MissingExtra
from restlette.testing import call
from restlette.testing.response import TestResponse
from tests.contrib.around import exchange, http_scope

SECRET = "3f2a3d0c1b7e49d58a6f0e9c2b4d6a81"
OTHER = SECRET[::-1]
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_2 = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


def pem(key: Any) -> str:
    """The public key, as people keep it."""
    encoded: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )
    return encoded.decode()


def jwk(key: Any, **members: Any) -> dict[str, Any]:
    """The public key, as issuers publish it."""
    kind = {
        rsa.RSAPublicKey: jwt.algorithms.RSAAlgorithm,
        ec.EllipticCurvePublicKey: jwt.algorithms.ECAlgorithm,
        ed25519.Ed25519PublicKey: jwt.algorithms.OKPAlgorithm,
    }
    public = key.public_key()
    algorithm: Any = next(a for k, a in kind.items() if isinstance(public, k))
    return {**algorithm.to_jwk(public, as_dict=True), **members}


def token(
    key: Any = SECRET, algorithm: str = "HS256", headers: Any = None, **claims: Any
) -> str:
    payload = {"sub": "ada", "exp": int(time.time()) + 60, **claims}
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, key, algorithm, headers)


def part(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(header: Any, payload: Any, key: bytes = SECRET.encode()) -> str:
    """A token that is signed with HS256, whatever it says."""
    text = f"{part(header)}.{part(payload)}"
    return f"{text}.{part(hmac.new(key, text.encode(), hashlib.sha256).digest())}"


def guarded(*guards: Any) -> Restlette:
    app = Restlette()
    table = list(guards)

    @app.route("/")
    class Books(HTTPEndpoint):
        guards = table

        async def get(self, request: Any) -> dict[str, Any]:
            return {"user": request.user.identity, "may": request.auth.scopes}

    return app


def ask(guard: Any, sent: str) -> TestResponse:
    return call(guarded(guard), headers={"authorization": f"Bearer {sent}"})


HS = JWT(SECRET, algorithms=["HS256"])


def refused(guard: Any, sent: str) -> bool:
    """Whether a token is refused in the words of RFC 6750 section 3.1."""
    response = ask(guard, sent)
    challenge = 'Bearer realm="restricted", error="invalid_token"'
    return (response.status_code, response.headers.get("www-authenticate")) == (
        401,
        challenge,
    )


def test_a_token_that_is_right() -> None:
    sent = token(scope="books:read books:write")
    assert ask(HS, sent).json() == {"user": "ada", "may": ["books:read", "books:write"]}
    assert ask(HS.scopes("books:write"), sent).status_code == 200
    lacking = ask(HS.scopes("books:own"), sent)
    assert lacking.status_code == 403
    assert lacking.headers["www-authenticate"] == (
        'Bearer realm="restricted", error="insufficient_scope", scope="books:own"'
    )


@pytest.mark.parametrize(
    ("claim", "scopes"),
    [
        (None, []),
        ("a  b", ["a", "b"]),
        (["a", 1, "b"], ["a", "b"]),
        ({"a": True}, []),
        (7, []),
    ],
)
def test_scopes(claim: Any, scopes: list[str]) -> None:
    assert ask(HS, token(scope=claim)).json()["may"] == scopes
    elsewhere = JWT(SECRET, algorithms=["HS256"], scope="scp")
    assert ask(elsewhere, token(scp=claim)).json()["may"] == scopes


@pytest.mark.parametrize(
    ("key", "algorithm", "public"),
    [
        (RSA, "RS256", pem(RSA)),
        (RSA, "PS384", pem(RSA).encode()),
        (EC, "ES256", EC.public_key()),
        (ED, "EdDSA", pem(ED)),
        (SECRET, "HS256", Secret(SECRET)),
        (SECRET.encode(), "HS256", SECRET.encode()),
    ],
)
def test_keys_of_every_kind(key: Any, algorithm: str, public: Any) -> None:
    guard = JWT(public, algorithms=[algorithm])
    assert ask(guard, token(key, algorithm)).status_code == 200
    wrong = {"RS256": RSA_2, "PS384": RSA_2, "HS256": OTHER}
    if algorithm in wrong:
        assert refused(guard, token(wrong[algorithm], algorithm))


# Attacks ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", None, 7, [], {}])
def test_a_token_that_is_signed_by_none(name: Any) -> None:
    claims = {"sub": "ada", "exp": time.time() + 60}
    for rest in ("", part(b"x")):
        assert refused(HS, f"{part({'alg': name})}.{part(claims)}.{rest}")


def test_a_public_key_is_no_secret() -> None:
    """RS256 to HS256, with what everybody knows as the secret."""
    guard = JWT(pem(RSA), algorithms=["RS256"])
    claims = {"sub": "ada", "exp": time.time() + 60}
    for key in (pem(RSA), pem(RSA).strip()):
        assert refused(guard, signed({"alg": "HS256"}, claims, key.encode()))
        assert refused(guard, signed({"alg": "RS256"}, claims, key.encode()))


def test_an_algorithm_that_was_not_asked_for() -> None:
    long = SECRET * 2
    guard = JWT(long, algorithms=["HS512"])
    assert refused(guard, token(long, "HS256"))
    assert ask(guard, token(long, "HS512")).status_code == 200
    assert refused(JWT(pem(RSA), algorithms=["PS256"]), token(RSA, "RS256"))


def test_expired_by_one_second() -> None:
    sent = token(exp=int(time.time()) - 1)
    assert refused(HS, sent)
    assert ask(JWT(SECRET, algorithms=["HS256"], leeway=60), sent).status_code == 200
    early = token(nbf=int(time.time()) + 30)
    assert refused(HS, early)
    assert ask(JWT(SECRET, algorithms=["HS256"], leeway=60), early).status_code == 200
    assert refused(HS, token(iat=int(time.time()) + 30))


@pytest.mark.parametrize("name", ["exp", "jti"])
def test_what_a_token_has_to_have(name: str) -> None:
    guard = JWT(SECRET, algorithms=["HS256"], required=["exp", "jti"])
    assert ask(guard, token(jti="1")).status_code == 200
    assert refused(guard, token(**{"jti": "1", name: None}))


@pytest.mark.parametrize("required", [[], ["sub"]])
def test_every_token_has_an_end(required: list[str]) -> None:
    guard = JWT(SECRET, algorithms=["HS256"], required=required)
    assert ask(guard, token()).status_code == 200
    assert refused(guard, token(exp=None))


@pytest.mark.parametrize(
    ("asked", "claim", "is_right"),
    [
        ("shop", "shop", True),
        ("shop", ["bank", "shop"], True),
        (["shop", "cafe"], "cafe", True),
        ("shop", "bank", False),
        ("shop", "shop2", False),
        ("shop", ["bank"], False),
        ("shop", None, False),
        ("shop", {"shop": 1}, False),
        (None, "bank", False),
    ],
)
def test_whom_it_is_for(asked: Any, claim: Any, is_right: bool) -> None:
    guard = JWT(SECRET, algorithms=["HS256"], audience=asked)
    sent = token(aud=claim)
    assert (ask(guard, sent).status_code == 200) is is_right
    assert refused(guard, sent) is not is_right


@pytest.mark.parametrize(
    ("asked", "claim", "is_right"),
    [
        ("https://a.example", "https://a.example", True),
        (["https://a.example", "https://b.example"], "https://b.example", True),
        ("https://a.example", "https://a.example/", False),
        ("https://a.example", "https://a", False),
        ("https://a.example", None, False),
    ],
)
def test_who_has_made_it(asked: Any, claim: Any, is_right: bool) -> None:
    guard = JWT(SECRET, algorithms=["HS256"], issuer=asked)
    assert (ask(guard, token(iss=claim)).status_code == 200) is is_right


KEYS = {"new": pem(RSA), "old": pem(RSA_2)}


@pytest.mark.parametrize("as_set", [False, True])
def test_several_keys(as_set: bool) -> None:
    named: Any = {"keys": [jwk(RSA, kid="new"), jwk(RSA_2, kid="old")]}
    guard = JWT(named if as_set else KEYS, algorithms=["RS256"])
    assert ask(guard, token(RSA, "RS256", {"kid": "new"})).status_code == 200
    assert ask(guard, token(RSA_2, "RS256", {"kid": "old"})).status_code == 200
    assert refused(guard, token(RSA_2, "RS256", {"kid": "new"}))
    assert refused(guard, token(RSA, "RS256", {"kid": "gone"}))
    assert refused(guard, token(RSA, "RS256"))
    claims = {"sub": "ada", "exp": time.time() + 60}
    for kid in (7, ["new"], {"new": 1}, None, "", "../../dev/null", "' OR 1=1"):
        assert refused(guard, signed({"alg": "RS256", "kid": kid}, claims))


def test_one_key_of_a_set() -> None:
    guard = JWT({"keys": [jwk(EC, kid="a")]}, algorithms=["ES256"])
    assert ask(guard, token(EC, "ES256")).status_code == 200
    assert ask(guard, token(EC, "ES256", {"kid": "a"})).status_code == 200
    assert refused(guard, token(EC, "ES256", {"kid": "b"}))
    alone = JWT(pem(EC), algorithms=["ES256"])
    assert ask(alone, token(EC, "ES256", {"kid": "b"})).status_code == 200


def test_a_key_is_for_its_own_algorithms() -> None:
    """And others of the set, of which one understands nothing, are left out."""
    keys = [
        jwk(RSA, kid="rsa", alg="PS256"),
        jwk(EC, kid="ec"),
        jwk(RSA_2, kid="encryption", use="enc"),
        {"kty": "new", "kid": "new"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        jwk(ED, kid="other", alg="EdDSA"),
        "no key",
    ]
    guard = JWT({"keys": keys}, algorithms=["RS256", "PS256", "ES256"])
    assert ask(guard, token(RSA, "PS256", {"kid": "rsa"})).status_code == 200
    assert ask(guard, token(EC, "ES256", {"kid": "ec"})).status_code == 200
    assert refused(guard, token(RSA, "RS256", {"kid": "rsa"}))
    for kid in ("encryption", "new", "broken", "other"):
        assert refused(guard, token(RSA_2, "RS256", {"kid": kid}))


def test_a_secret_in_a_set() -> None:
    key = {"kty": "oct", "kid": "a", "k": part(SECRET.encode())}
    guard = JWT({"keys": [key]}, algorithms=["HS256"])
    assert ask(guard, token(SECRET, "HS256", {"kid": "a"})).status_code == 200


def test_a_key_in_the_token_is_the_senders() -> None:
    guard = JWT(KEYS, algorithms=["RS256"])
    evil = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for headers in (
        {"jwk": jwk(evil), "kid": "new"},
        {"jku": "https://evil.example/keys", "kid": "new"},
        {"x5u": "https://evil.example/cert", "kid": "new"},
    ):
        assert refused(guard, token(evil, "RS256", headers))


def test_what_is_critical_and_not_known() -> None:
    """RFC 7515 section 4.1.11."""
    claims = {"sub": "ada", "exp": time.time() + 60}
    header = {"alg": "HS256", "crit": ["urn:x"], "urn:x": True}
    assert refused(HS, signed(header, claims))
    assert refused(HS, signed({"alg": "HS256", "b64": False, "crit": ["b64"]}, claims))
    assert ask(HS, signed({"alg": "HS256"}, claims)).status_code == 200


def test_a_token_of_a_megabyte() -> None:
    """Whether the application's limit is asked or not."""
    sent = token(note="x" * 700_000)
    assert len(sent) > 900_000
    assert ask(HS, sent).status_code in (400, 431)
    app = AuthenticationMiddleware(JSONResponse({}), HS)
    field = (b"authorization", b"Bearer " + sent.encode())
    head, *_ = exchange(app, http_scope([field]))
    assert head["status"] == 400


def test_what_was_changed_on_the_way() -> None:
    header, payload, signature = token().split(".")
    evil = part({"sub": "eve", "exp": time.time() + 60})
    for sent in (
        f"{header}.{evil}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{header}.{payload}.{signature}.x",
        f".{payload}.{signature}",
        header,
    ):
        assert refused(HS, sent), sent


NUMBERS = [1e400, -1e400, float("nan"), "x", [], {}, None, True, "1", 10**400]


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", NUMBERS, ids=[str(n)[:8] for n in NUMBERS])
def test_odd_numbers_of_an_issuer_are_no_error_of_ours(claim: str, value: Any) -> None:
    claims = {"sub": "ada", "exp": time.time() + 60, claim: value}
    assert ask(HS, signed({"alg": "HS256"}, claims)).status_code in (200, 401)


ANY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(["sub", "exp", "nbf", "iat", "aud", "iss", "jti", "scope"])
HEADERS = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "cty"])


@given(
    st.dictionaries(HEADERS, ANY, max_size=4),
    st.dictionaries(NAMES, ANY, max_size=5) | ANY,
    st.booleans(),
)
def test_any_signed_token_is_answered(header: Any, payload: Any, is_ours: bool) -> None:
    """What is signed by the key, and says what it likes."""
    if is_ours:
        header["alg"] = "HS256"
    app = AuthenticationMiddleware(JSONResponse({}), HS)
    field = (b"authorization", f"Bearer {signed(header, payload)}".encode())
    head, *_ = exchange(app, http_scope([field]))
    assert head["status"] in (200, 401)


@given(st.lists(st.binary(max_size=30).map(part), min_size=1, max_size=5))
def test_any_token_is_answered(parts: list[str]) -> None:
    app = AuthenticationMiddleware(JSONResponse({}), HS)
    field = (b"authorization", f"Bearer {'.'.join(parts)}".encode())
    head, *_ = exchange(app, http_scope([field]))
    assert head["status"] in (400, 401)


def test_an_array_as_deep_as_that() -> None:
    payload = b'{"sub": "ada", "exp": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    sent = signed({"alg": "HS256"}, payload)
    assert ask(HS, sent).status_code == 401


# Users --------------------------------------------------------------------------------


def test_users_of_ones_own() -> None:
    def load(claims: Any) -> Any:
        if claims["jti"] == "revoked":
            return None
        if claims["jti"] == "scopes":
            return AuthCredentials(["all"]), SimpleUser("eve")
        return SimpleUser(claims["sub"].upper())

    guard = JWT(SECRET, algorithms=["HS256"], verify=load)
    sent = token(jti="1", scope="a")
    assert ask(guard, sent).json() == {"user": "ADA", "may": ["a"]}
    assert ask(guard, token(jti="scopes")).json() == {"user": "eve", "may": ["all"]}
    assert refused(guard, token(jti="revoked"))


@pytest.mark.parametrize("sub", [None, ""])
def test_a_token_about_nobody(sub: Any) -> None:
    assert refused(HS, token(sub=sub))


# Mistakes -----------------------------------------------------------------------------


def public_bytes_der(key: Any) -> bytes:
    encoded: bytes = key.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )
    return encoded


SHORT_RSA = pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))

MISTAKES: list[tuple[str, Any, dict[str, Any]]] = [
    ("signed by none", SECRET, {"algorithms": ["none"]}),
    ("signed by none", SECRET, {"algorithms": ["HS256", "None"]}),
    ("'HS265' is not known .did you mean 'HS256'", SECRET, {"algorithms": ["HS265"]}),
    (r'write \["ES256"\]', SECRET, {"algorithms": []}),
    ("one JWT takes either", SECRET, {"algorithms": ["HS256", "RS256"]}),
    ("one JWT takes either", pem(RSA), {"algorithms": ["RS256", "HS256"]}),
    ("should not be used as an HMAC secret", pem(RSA), {"algorithms": ["HS256"]}),
    ("asymmetric key", public_bytes_der(RSA), {"algorithms": ["HS256"]}),
    ("for no algorithm", SECRET, {"algorithms": ["RS256"]}),
    ("for no algorithm", pem(EC), {"algorithms": ["RS256", "EdDSA"]}),
    ("for no algorithm", RSA.public_key(), {"algorithms": ["HS256"]}),
    ("1024 bits long", SHORT_RSA, {"algorithms": ["RS256"]}),
    ("can be guessed", "changeme", {"algorithms": ["HS256"]}),
    ("can be guessed", "a" * 64, {"algorithms": ["HS256"]}),
    ("can be guessed", b"a" * 64, {"algorithms": ["HS256"]}),
    ("can be guessed", "", {"algorithms": ["HS256"]}),
    ("16 bytes long", SECRET[:16], {"algorithms": ["HS256"]}),
    ("there is no key for RS256", {}, {"algorithms": ["RS256"]}),
    ("there is no key for RS256", {"keys": []}, {"algorithms": ["RS256"]}),
    ("there is no key", {"keys": [jwk(EC)]}, {"algorithms": ["RS256"]}),
    ("two keys", {"keys": [jwk(EC, kid="a")] * 2}, {"algorithms": ["ES256"]}),
    (
        "has no id",
        {"keys": [jwk(EC, kid="a"), jwk(EC)]},
        {"algorithms": ["ES256"]},
    ),
    ("a private key", {"keys": [jwk(EC, d="AAAA")]}, {"algorithms": ["ES256"]}),
    ("audience is a text", SECRET, {"algorithms": ["HS256"], "audience": ""}),
    ("audience is a text", SECRET, {"algorithms": ["HS256"], "audience": []}),
    ("issuer is a text", SECRET, {"algorithms": ["HS256"], "issuer": ["a", ""]}),
    ("leeway is a number", SECRET, {"algorithms": ["HS256"], "leeway": -1}),
    ("leeway is a number", SECRET, {"algorithms": ["HS256"], "leeway": "1"}),
    ("leeway is a number", SECRET, {"algorithms": ["HS256"], "leeway": True}),
    ("leeway is a number", SECRET, {"algorithms": ["HS256"], "leeway": float("nan")}),
]


@pytest.mark.parametrize(("message", "keys", "options"), MISTAKES)
def test_a_mistake_is_an_error(message: str, keys: Any, options: Any) -> None:
    with pytest.raises(ValueError, match=message):
        JWT(keys, **options)


@pytest.mark.parametrize(
    ("message", "keys", "options"),
    [
        (r"write \['HS256'\]", SECRET, {"algorithms": "HS256"}),
        (r"write \['exp'\]", SECRET, {"algorithms": ["HS256"], "required": "exp"}),
        ("ids of keys are texts", {1: SECRET}, {"algorithms": ["HS256"]}),
        ("JWT takes a function", SECRET, {"algorithms": ["HS256"], "verify": "x"}),
    ],
)
def test_another_type_is_an_error(message: str, keys: Any, options: Any) -> None:
    with pytest.raises(TypeError, match=message):
        JWT(keys, **options)


def test_a_secret_is_in_no_message() -> None:
    with pytest.raises(ValueError) as caught:
        JWT(SECRET[:20], algorithms=["HS256"])
    assert SECRET[:8] not in str(caught.value)
    assert SECRET not in repr(HS)


def test_the_remedy_where_pyjwt_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(MissingExtra, match=r"JWT needs jwt: .*restlette\[auth\]"):
        JWT(SECRET, algorithms=["HS256"])
