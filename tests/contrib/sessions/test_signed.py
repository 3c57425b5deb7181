"""Sessions in signed cookies: what comes back is believed as far as it is signed."""

from __future__ import annotations

import logging
import time
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner

from restlette import JSONResponse, Request, Restlette, WebSocket
from restlette.config import Secret
from restlette.contrib.sessions import SessionMiddleware
from restlette.http.cookies import parse_cookies
from restlette.testing import TestClient, call
from restlette.testing.response import TestResponse

KEY = "0123456789abcdef0123456789abcdef"
OTHER = KEY[::-1]


def app_of(*keys: str, debug: bool = False, **options: Any) -> Restlette:
    app = Restlette(debug=debug)
    app.add_middleware(SessionMiddleware, secret_key=keys or KEY, **options)

    @app.route("/", methods=["GET"])
    async def show(request: Request) -> dict[str, Any]:
        return dict(request.session)

    @app.route("/set", methods=["POST"])
    async def change(request: Request) -> dict[str, Any]:
        request.session.update(await request.json())
        return dict(request.session)

    @app.route("/end", methods=["POST"])
    async def end(request: Request) -> None:
        request.session.clear()

    @app.route("/nothing")
    async def nothing(request: Request) -> None: ...

    @app.route("/fails", methods=["POST"])
    async def fails(request: Request) -> JSONResponse:
        request.session["failed"] = True
        return JSONResponse({}, 503, headers={"vary": "Accept"})

    @app.route("/public")
    async def public(request: Request) -> JSONResponse:
        request.session["a"] = "b"
        return JSONResponse({}, headers={"cache-control": "private", "vary": "Cookie"})

    @app.websocket_route("/ws")
    async def ws(websocket: WebSocket) -> None:
        websocket.session["seen"] = websocket.session.get("seen", 0) + 1
        await websocket.accept()
        await websocket.send_json(dict(websocket.session))
        await websocket.close()

    return app


def cookie(response: TestResponse, name: str = "session") -> str:
    (line,) = response.headers.getlist("set-cookie")
    found = parse_cookies([line.partition(";")[0].encode()])
    return found[name]


def signer(key: str = KEY, name: str = "session") -> TimestampSigner:
    return TimestampSigner(
        key,
        salt=f"restlette.contrib.sessions:{name}",
        key_derivation="hmac",
        digest_method=sha256,
    )


def signed(payload: bytes, key: str = KEY, age: float = 0) -> str:
    made = signer(key)
    made.get_timestamp = lambda: int(time.time() - age)  # type: ignore[method-assign]  # its clock
    return made.sign(payload).decode()


def text(json: str) -> bytes:
    return urlsafe_b64encode(json.encode()).rstrip(b"=")


def test_what_was_put_in_is_there_the_next_time() -> None:
    client = TestClient(app_of())
    assert client.get("/").json() == {}
    answer = client.post("/set", json={"name": "Zoë", "list": [1, {"a": None}]})
    assert answer.headers["vary"] == "Cookie"
    assert answer.headers["cache-control"] == "no-store"
    line = answer.headers["set-cookie"]
    assert line.endswith("; HttpOnly; Max-Age=1209600; Path=/; SameSite=lax")
    again = client.get("/")
    assert again.json() == {"name": "Zoë", "list": [1, {"a": None}]}
    assert again.headers["vary"] == "Cookie"
    assert "set-cookie" not in again.headers
    assert "cache-control" not in again.headers
    ended = client.post("/end")
    assert "Max-Age=0" in ended.headers["set-cookie"]
    assert client.get("/").json() == {}


def test_session_41_who_does_not_look_varies_by_nothing() -> None:
    answer = call(app_of(), "GET", "/nothing", headers={"cookie": "session=garbage"})
    assert "vary" not in answer.headers
    assert "set-cookie" not in answer.headers


def test_attributes_are_those_that_were_given() -> None:
    app = app_of(
        session_cookie="__Secure-id",
        max_age=None,
        same_site="none",
        https_only=True,
        domain="example.org",
        path="/shop",
        partitioned=True,
    )
    answer = call(app, "POST", "/set", json={"a": 1})
    assert answer.headers["set-cookie"].partition("; ")[2] == (
        "Domain=example.org; HttpOnly; Partitioned; Path=/shop; SameSite=none; Secure"
    )
    # Without an end there is nothing to put off.
    kept = {"cookie": f"__Secure-id={cookie(answer, '__Secure-id')}"}
    again = call(app, "GET", "/", headers=kept)
    assert again.json() == {"a": 1}
    assert "set-cookie" not in again.headers


GARBAGE = [
    "x",
    "a.b.c",
    "%00",
    signed(text('{"a":1}'), OTHER),
    signed(text('{"a":1}'))[:-1],
    signed(text('{"a":1}'))[1:],
    signed(text("[]")),
    signed(text("null")),
    signed(text("1")),
    signed(text("{")),
    signed(b"!!!"),
    signed(b"a"),
    signed(urlsafe_b64encode(b"\xff\xfe")),
    signer(name="other").sign(text('{"a":1}')).decode(),
    TimestampSigner(KEY).sign(b64encode(b'{"a":1}')).decode(),
    "a" * 7_000,
]


@pytest.mark.parametrize("value", GARBAGE, ids=range(len(GARBAGE)))
def test_session_36_what_is_no_session_is_none_and_is_removed(value: str) -> None:
    answer = call(app_of(), "GET", "/", headers={"cookie": f"session={value}"})
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["set-cookie"].startswith("session=; HttpOnly; Max-Age=0")


@given(st.binary(max_size=200))
def test_session_36_whatever_comes_is_a_session_or_none(value: bytes) -> None:
    headers = [(b"cookie", b"session=" + value)]
    answer = call(app_of(), "GET", "/", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize("age, is_kept", [(9, True), (12, False), (-60, False)])
def test_session_37_the_age_is_the_server_s_to_check(age: float, is_kept: bool) -> None:
    value = signed(text('{"a":1}'), age=age)
    answer = call(
        app_of(max_age=10), "GET", "/", headers={"cookie": f"session={value}"}
    )
    assert answer.json() == ({"a": 1} if is_kept else {})


@pytest.mark.parametrize("age, is_renewed", [(0, False), (50, False), (200, True)])
def test_who_comes_back_in_time_stays(age: float, is_renewed: bool) -> None:
    """A cookie is set again after a tenth of its life, and not each time."""
    value = signed(text('{"a":1}'), age=age)
    answer = call(
        app_of(max_age=1000), "GET", "/", headers={"cookie": f"session={value}"}
    )
    assert answer.json() == {"a": 1}
    assert ("set-cookie" in answer.headers) is is_renewed
    if is_renewed:
        renewed = cookie(answer)
        _, when = signer().unsign(renewed, return_timestamp=True)
        assert abs(when.timestamp() - time.time()) < 60


def test_session_44_the_first_key_signs_and_all_are_accepted() -> None:
    old = call(app_of(OTHER), "POST", "/set", json={"a": 1})
    kept = {"cookie": f"session={cookie(old)}"}
    rotated = app_of(KEY, OTHER)
    assert call(rotated, "GET", "/", headers=kept).json() == {"a": 1}
    new = call(rotated, "POST", "/set", json={"b": 2}, headers=kept)
    kept = {"cookie": f"session={cookie(new)}"}
    assert call(app_of(KEY), "GET", "/", headers=kept).json() == {"a": 1, "b": 2}
    assert call(app_of(OTHER), "GET", "/", headers=kept).json() == {}


def test_session_42_what_browsers_would_drop_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = TestClient(app_of())
    client.post("/set", json={"a": 1})
    with caplog.at_level(logging.WARNING, "restlette.sessions"):
        answer = client.post("/set", json={"b": "x" * 4000})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    (record,) = caplog.records
    assert record.getMessage().startswith("the session 'session' is 54")
    assert record.getMessage().endswith("with a store. It stays as it was.")
    assert client.get("/").json() == {"a": 1}


def test_session_42_in_debug_it_is_an_error() -> None:
    client = TestClient(app_of(debug=True), raise_server_exceptions=False)
    answer = client.post("/set", json={"b": "x" * 4000})
    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers
    with pytest.raises(ValueError, match="of which browsers keep 4093"):
        TestClient(app_of(debug=True)).post("/set", json={"b": "x" * 4000})


def test_what_fails_changes_nothing() -> None:
    answer = call(app_of(), "POST", "/fails")
    assert "set-cookie" not in answer.headers
    assert answer.headers["vary"] == "Accept"


def test_what_the_application_says_of_caches_stays() -> None:
    answer = call(app_of(), "GET", "/public")
    assert answer.headers["cache-control"] == "private"
    assert answer.headers["vary"] == "Cookie"
    assert "session=" in answer.headers["set-cookie"]


def test_a_web_socket_has_the_session_and_may_set_it() -> None:
    client = TestClient(app_of())
    for seen in (1, 2):
        with client.websocket_connect("/ws") as socket:
            assert socket.receive_json() == {"seen": seen}
            ((name, line),) = socket.extra_headers
            assert name == b"set-cookie"
            client.cookies.set(*line.decode().partition(";")[0].split("=", 1))


def test_any_asgi_application_can_be_inside() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["session"]["type"] = scope["type"]
        await JSONResponse(dict(scope["session"]))(scope, receive, send)

    answer = call(SessionMiddleware(app, Secret(KEY)), "GET", "/")
    assert answer.json() == {"type": "http"}
    assert "session=" in answer.headers["set-cookie"]


def test_a_lifespan_passes_by() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    with TestClient(SessionMiddleware(app, KEY)):
        pass
    assert [scope["type"] for scope in seen] == ["lifespan"]
    assert "session" not in seen[0]


@pytest.mark.parametrize(
    "key, error, message",
    [
        ("", ValueError, r"has 0 characters, 0 of them different"),
        ("changeme", ValueError, r"has 8 characters, .*token_hex\(32\)"),
        ("a" * 64, ValueError, r"64 characters, 1 of them different"),
        ([], ValueError, r"SessionMiddleware needs a secret_key\. python -c"),
        ([KEY, "short"], ValueError, r"has 5 characters"),
        ([KEY, 7], TypeError, r"is text, or several texts, .* not int"),
    ],
)
def test_start_up_config_124_a_key_that_can_be_guessed_is_an_error(
    key: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        SessionMiddleware(app_of(), key)
    assert "changeme" not in str(caught.value)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"session_cookie": "a b"}, "a name is a token"),
        ({"same_site": "none"}, "samesite='none' needs secure=True"),
        ({"path": "x"}, "the path starts with a slash"),
        ({"domain": "a;b"}, "the domain is a name"),
    ],
)
def test_a_cookie_that_cannot_be_set_is_an_error_at_start_up(
    options: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        SessionMiddleware(app_of(), KEY, **options)


@pytest.mark.parametrize("max_age", [0, -5, "3600", 1.5, True])
def test_start_up_config_124_an_age_that_is_none_is_an_error(max_age: Any) -> None:
    with pytest.raises(ValueError, match="max_age is a whole number of seconds"):
        SessionMiddleware(app_of(), KEY, max_age=max_age)
