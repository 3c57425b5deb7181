"""Basic, Bearer and keys: as backends, as guards, and composed."""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from hmac import compare_digest
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import make_asgi_app

from restlette import (
    Anyone,
    HTTPEndpoint,
    JSONResponse,
    Restlette,
    Router,
    WebSocket,
    WebSocketEndpoint,
)
from restlette.contrib.auth import (
    APIKey,
    AuthCredentials,
    AuthenticationMiddleware,
    Basic,
    Bearer,
    SimpleUser,
    UnauthenticatedUser,
)
from restlette.contrib.auth.schemes import Scheme
from restlette.contrib.cors import CORSMiddleware
from restlette.testing import TestClient, call
from restlette.testing.websocket import WebSocketDenialResponse
from tests.contrib.around import exchange, http_scope

TOKENS = {"t-ada": ["books:read", "books:write"], "t-bob": ["books:read"]}


def verify_password(name: str, password: str) -> Any:
    return name if compare_digest(password.encode(), b"s3cret") else None


async def verify_token(token: str) -> Any:
    if token not in TOKENS:
        return None
    return AuthCredentials(TOKENS[token]), SimpleUser(token)


def basic(text: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(text.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def guarded(*guards: Any) -> Restlette:
    app = Restlette()
    table = list(guards)

    @app.route("/")
    class Books(HTTPEndpoint):
        guards = table

        async def get(self, request: Any) -> dict[str, Any]:
            return {"user": request.user.display_name, "may": request.auth.scopes}

        async def post(self, request: Any) -> None: ...

        async def options(self, request: Any) -> str:
            return "asked"

    @app.route("/feed")
    class Feed(WebSocketEndpoint):
        guards = table

        async def on_connect(self, websocket: WebSocket) -> None:
            await websocket.accept()
            await websocket.send_text(websocket.user.identity)
            await websocket.close()

    return app


BASIC = 'Basic realm="restricted", charset="UTF-8"'
BEARER = 'Bearer realm="restricted"'


def test_basic_lets_in() -> None:
    answer = call(guarded(Basic(verify_password)), headers=basic("ada:s3cret"))
    assert answer.json() == {"user": "ada", "may": ["authenticated"]}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("ada:wrong"),
        basic("ada"),
        {"authorization": "Basic"},
        {"authorization": "Basic %%%"},
        {"authorization": "Basic YTpi YTpi"},
        {"authorization": 'Digest username="ada"'},
        {"authorization": "Bearer t-ada"},
        {"authorization": ""},
        {"authorization": "Basic " + "YTpi" * 5000},
    ],
)
def test_basic_refuses(headers: dict[str, str]) -> None:
    """RFC 7617 section 2: 401 with the challenge, whatever came."""
    response = call(guarded(Basic(verify_password)), headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == BASIC
    assert response.json()["status"] == 401


def test_bearer_lets_in() -> None:
    answer = call(guarded(Bearer(verify_token)), headers=bearer("t-bob"))
    assert answer.json() == {"user": "t-bob", "may": ["books:read"]}


@pytest.mark.parametrize(
    ("headers", "status", "challenge"),
    [
        # RFC 6750 section 3.1: no error code for a request without a token.
        ({}, 401, BEARER),
        (basic("ada:s3cret"), 401, BEARER),
        (bearer("t-eve"), 401, f'{BEARER}, error="invalid_token"'),
        (bearer("a b"), 400, f'{BEARER}, error="invalid_request"'),
        ({"authorization": "Bearer"}, 400, f'{BEARER}, error="invalid_request"'),
        (bearer("a" * 20_000), 400, f'{BEARER}, error="invalid_request"'),
    ],
)
def test_bearer_refuses(headers: dict[str, str], status: int, challenge: str) -> None:
    app = guarded(Bearer(verify_token))
    response = call(app, headers=headers)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["www-authenticate"] == challenge


def test_two_fields_are_refused() -> None:
    fields = [(b"host", b"a"), *[(b"authorization", b"Bearer t-ada")] * 2]
    head, _ = exchange(guarded(Bearer(verify_token)), http_scope(fields))
    assert head["status"] == 400
    head, _ = exchange(guarded(Basic(verify_password)), http_scope(fields))
    assert head["status"] == 401


def test_scopes() -> None:
    tokens = Bearer(verify_token)
    app = guarded(tokens.scopes("books:write").to("post"), tokens)
    assert call(app, headers=bearer("t-bob")).status_code == 200
    assert call(app, "POST", headers=bearer("t-ada")).status_code == 204
    refused = call(app, "POST", headers=bearer("t-bob"))
    assert refused.status_code == 403
    assert refused.json()["detail"] == "This takes the scope books:write."
    assert refused.headers["www-authenticate"] == (
        f'{BEARER}, error="insufficient_scope", scope="books:write"'
    )
    assert call(app, "POST").status_code == 401


def test_scopes_add_up_and_leave_the_scheme_as_it_was() -> None:
    tokens = Bearer(verify_token)
    both = tokens.scopes("books:read").scopes("books:write")
    response = call(guarded(both), headers=bearer("t-bob"))
    assert response.headers["www-authenticate"].endswith(
        'scope="books:read books:write"'
    )
    assert call(guarded(tokens), headers=bearer("t-bob")).status_code == 200
    assert 403 not in tokens.responses
    names = Basic(verify_password).scopes("admin")
    refused = call(guarded(names), headers=basic("ada:s3cret"))
    assert refused.status_code == 403
    assert "www-authenticate" not in refused.headers


@pytest.mark.parametrize(
    ("scopes", "error", "message"),
    [
        ((), TypeError, "name the scopes"),
        (("a b",), ValueError, "'a b' is no scope"),
        (("",), ValueError, "'' is no scope"),
        (('a"',), ValueError, "is no scope"),
        ((1,), TypeError, "scopes are texts, not int"),
    ],
)
def test_scopes_are_some(scopes: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Bearer(verify_token).scopes(*scopes)


def test_composed() -> None:
    tokens, names = Bearer(verify_token), Basic(verify_password)
    either = guarded(names | tokens)
    assert call(either, headers=bearer("t-ada")).json()["user"] == "t-ada"
    assert call(either, headers=basic("bob:s3cret")).json()["user"] == "bob"
    refused = call(either)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == f"{BASIC}, {BEARER}"
    wrong = call(either, headers=bearer("t-eve"))
    assert wrong.headers["www-authenticate"] == (
        f'{BASIC}, {BEARER}, error="invalid_token"'
    )
    # What is malformed is no decision, so that ~ never lets it in.
    assert (
        call(
            guarded(
                ~tokens,
            ),
            headers={"authorization": "Bearer"},
        ).status_code
        == 400
    )
    free = guarded((~tokens).to("post"), Anyone)
    assert call(free, "POST").status_code == 204
    assert call(free, "POST", headers=bearer("t-ada")).status_code == 403


def test_websockets() -> None:
    with TestClient(guarded(Bearer(verify_token))) as client:
        with client.websocket_connect("/feed", headers=bearer("t-ada")) as socket:
            assert socket.receive_text() == "t-ada"
        with pytest.raises(WebSocketDenialResponse) as caught:
            client.websocket_connect("/feed")
    assert caught.value.status_code == 401
    assert caught.value.headers["www-authenticate"] == BEARER


def test_preflights_are_not_asked() -> None:
    asks = {"origin": "https://a.example", "access-control-request-method": "POST"}
    app = guarded(Bearer(verify_token))
    assert call(app, "OPTIONS", headers=asks).json() == "asked"
    assert call(app, "OPTIONS").status_code == 401
    assert call(app, "POST", headers=asks).status_code == 401


ASKS = {"origin": "https://a.example", "access-control-request-method": "GET"}


async def tell(scope: Any, receive: Any, send: Any) -> None:
    """Tell everything, whatever the method is."""
    await JSONResponse("secret")(scope, receive, send)


@pytest.mark.parametrize(
    ("inner", "place"),
    [
        (tell, "mount"),
        (tell, "default"),
        (JSONResponse("secret"), "mount"),
        (JSONResponse("secret"), "default"),
        (JSONResponse("secret"), "route"),
        (make_asgi_app(), "mount"),
        (make_asgi_app(), "default"),
    ],
)
def test_a_preflight_gets_nothing_of_what_is_mounted(inner: Any, place: str) -> None:
    """An application that does not look at the method answers it like a GET.

    It is not asked for credentials either: there is no challenge.
    """
    router = Router(
        guards=[Basic(verify_password)], default=inner if place == "default" else None
    )
    if place == "mount":
        router.mount("/inner", inner)
    if place == "route":
        router.add_route("/inner/", inner, methods=["GET", "OPTIONS"])
    app = Restlette()
    app.mount("/app", router)
    asked = call(app, "OPTIONS", "/app/inner/", headers=ASKS, strict=False)
    assert asked.status_code == 403
    assert "www-authenticate" not in asked.headers
    assert "CORSMiddleware" in asked.json()["detail"]
    allowed = basic("ada:s3cret")
    got = call(app, "GET", "/app/inner/", headers=allowed, strict=False)
    assert got.status_code == 200
    # As for everybody's preflights, CORSMiddleware is further out.
    app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
    asked = call(app, "OPTIONS", "/app/inner/", headers=ASKS, strict=False)
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "https://a.example"
    assert b"secret" not in asked.content
    assert b"python_info" not in asked.content


def test_functions_and_classes_answer_preflights() -> None:
    async def answer(request: Any) -> str:
        return "asked"

    async def say(text: str, request: Any) -> str:
        return text

    class Answers(HTTPEndpoint):
        async def options(self, request: Any) -> str:
            return "asked"

        async def answer(self, request: Any) -> str:
            return "asked"

    router = Router(guards=[Bearer(verify_token)])
    router.add_route("/function", answer, methods=["OPTIONS"])
    router.add_route("/partial", partial(say, "asked"), methods=["OPTIONS"])
    router.add_route("/method", Answers().answer, methods=["OPTIONS"])
    router.add_route("/class", Answers)
    router.mount("/instance", Answers())
    for path in ("/function", "/partial", "/method", "/class", "/instance"):
        assert call(router, "OPTIONS", path, headers=ASKS).json() == "asked", path
        assert call(router, "OPTIONS", path).status_code == 401, path


def test_statuses_of_what_is_not_there_are_for_everybody() -> None:
    app = guarded(Bearer(verify_token))
    assert call(app, "GET", "/nothing").status_code == 404
    assert call(app, "DELETE", "/").status_code == 405


def test_a_backend_that_is_a_guard_too_looks_once() -> None:
    asked: list[str] = []

    def verify(token: str) -> str:
        asked.append(token)
        return "ada"

    tokens = Bearer(verify)
    app = guarded(tokens & tokens.scopes("authenticated"))
    app.add_middleware(AuthenticationMiddleware, backend=tokens)
    assert call(app, headers=bearer("t")).status_code == 200
    assert asked == ["t"]
    # And where there is no middleware.
    assert call(guarded(tokens & tokens), headers=bearer("u")).status_code == 200
    assert asked == ["t", "u"]
    # Each request is looked at anew.
    assert call(app, headers=bearer("t")).status_code == 200
    assert asked == ["t", "u", "t"]
    assert call(app).status_code == 401


def test_guards_of_routers() -> None:
    router = Router(guards=[Basic(verify_password)])
    router.mount("/other", JSONResponse({}))
    assert call(router, "GET", "/other/").status_code == 401
    assert call(router, "GET", "/other/", headers=basic("a:s3cret")).status_code == 200


class Member(NamedTuple):
    """A user that is a tuple."""

    number: int
    display_name: str


@pytest.mark.parametrize(
    ("verified", "expected"),
    [
        ("ada", {"user": "ada", "may": ["authenticated"]}),
        (Member(1, "ada"), {"user": "ada", "may": ["authenticated"]}),
        ((AuthCredentials(["a"]), "ada"), {"user": "ada", "may": ["a"]}),
    ],
)
def test_what_a_function_may_give(verified: Any, expected: Any) -> None:
    app = guarded(Bearer(lambda token: verified))
    assert call(app, headers=bearer("t")).json() == expected


@pytest.mark.parametrize("verified", [None, False])
def test_what_a_function_refuses_with(verified: Any) -> None:
    app = guarded(Bearer(lambda token: verified))
    assert call(app, headers=bearer("t")).status_code == 401


def test_a_user_may_say_that_it_is_nobody() -> None:
    app = guarded(Bearer(lambda token: UnauthenticatedUser()))
    assert call(app, headers=bearer("t")).status_code == 401


@pytest.mark.parametrize(
    "verified",
    [True, ("a", "b"), (AuthCredentials(),), "", (AuthCredentials(), None), ()],
)
def test_what_says_of_nobody_who_it_is_lets_nobody_in(verified: Any) -> None:
    app = guarded(Bearer(lambda token: verified))
    with pytest.raises(TypeError, match="returned"):
        call(app, headers=bearer("t"))


def keys(key: str) -> Any:
    return "robot" if compare_digest(key.encode(), b"k3y") else None


@pytest.mark.parametrize(
    ("guard", "options"),
    [
        (APIKey(keys, header="x-api-key"), {"headers": {"x-api-key": "k3y"}}),
        (APIKey(keys, cookie="key"), {"cookies": {"key": "k3y"}}),
        (APIKey(keys, query="key"), {"params": {"key": "k3y"}}),
    ],
)
def test_keys(guard: APIKey, options: Any) -> None:
    app = guarded(guard)
    assert call(app, **options).json()["user"] == "robot"
    ((place, given),) = options.items()
    (name,) = given
    for key in ("wrong", "", "k" * 20_000):
        refused = call(app, **{place: {name: key}})
        assert refused.status_code in ({401, 431} if place == "headers" else {401})
    refused = call(app)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'APIKey realm="restricted"'
    assert refused.json()["detail"] == "This takes a key."


def test_two_keys_are_none() -> None:
    app = guarded(APIKey(keys, query="key"))
    assert call(app, path="/?key=k3y&key=k3y").status_code == 401
    fields = [(b"host", b"a"), *[(b"x-api-key", b"k3y")] * 2]
    head, _ = exchange(guarded(APIKey(keys, header="X-API-Key")), http_scope(fields))
    assert head["status"] == 401


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: APIKey(keys), TypeError, "from one place"),
        (lambda: APIKey(keys, header="a", query="b"), TypeError, "from one place"),
        (lambda: APIKey(keys, header="a b"), ValueError, "no name for a header"),
        (lambda: APIKey(keys, cookie=""), ValueError, "no name for a cookie"),
        (lambda: APIKey(keys, query=""), ValueError, "no name for a query"),
        (lambda: APIKey("k3y", header="a"), TypeError, "APIKey takes a function"),  # type: ignore[arg-type]  # wrong
        (lambda: Basic(verify_password, realm='a"'), ValueError, "realm is text"),
        (lambda: Basic(dict), TypeError, "Basic takes a function"),
        (lambda: Bearer(None), TypeError, "Bearer takes a function"),  # type: ignore[arg-type]  # wrong
        (Scheme, TypeError, "abstract"),
    ],
)
def test_a_mistake_is_an_error(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_a_guard_is_shown_with_its_scopes_and_no_secret() -> None:
    app = guarded(Bearer(verify_token).scopes("a").scopes("b", "c") | Bearer(keys))
    shown = "((Bearer.scopes('a', 'b', 'c') | Bearer),)"
    assert repr(app.explain("GET", "/").guards) == shown
    refused = call(app, headers=bearer("t-ada"))
    assert refused.status_code == 401
    lacking = call(
        guarded(Bearer(verify_token).scopes("b", "c")), headers=bearer("t-ada")
    )
    assert lacking.json()["detail"] == "This takes the scopes b, c."


@pytest.mark.parametrize("place", ["header", "cookie", "query"])
@given(key=st.binary(min_size=1, max_size=20))
def test_any_key_is_answered(place: str, key: bytes) -> None:
    """Also where it is compared as text: `compare_digest` takes ASCII alone."""

    def compare(key: str) -> str | None:
        return "robot" if compare_digest(key, "k3y") else None

    options: Any = {place: "key"}
    app = AuthenticationMiddleware(JSONResponse({}), APIKey(compare, **options))
    field = {"header": (b"key", key), "cookie": (b"cookie", b"key=" + key)}
    query = b"key=" + quote(key).encode() if place == "query" else b""
    fields = [field[place]] if place in field else []
    head, *_ = exchange(app, http_scope(fields, query_string=query))
    assert head["status"] in (200, 401)


@given(st.binary(max_size=60))
def test_any_field_is_answered(value: bytes) -> None:
    """4xx, whatever comes; never an exception."""
    fields = [(b"host", b"a"), (b"authorization", value)]
    for guard in (Basic(verify_password), Bearer(verify_token)):
        app = AuthenticationMiddleware(JSONResponse({}), guard)
        head, *_ = exchange(app, http_scope(fields))
        assert head["status"] in (200, 400, 401)
