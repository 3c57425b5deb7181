"""Hosts by which an application may be asked."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import Restlette
from restlette.contrib.trustedhost import HostPatterns, TrustedHostMiddleware
from restlette.middleware import Middleware, compose
from restlette.testing import TestClient, WebSocketDenialResponse, call
from tests.contrib.around import answering, each_app, exchange, http_scope

ALLOWED = ["ex.com", "*.below.example", "::1", "[fe80::1]", "xn--bcher-kva.example"]


def status(host: str | bytes | None, allowed: list[str] = ALLOWED) -> int:
    app = TrustedHostMiddleware(answering(), allowed)
    return call(app, headers={"host": host}).status_code


@each_app
@pytest.mark.parametrize("host, expected", [("ex.com", 200), ("evil.com", 400)])
def test_a_host_is_allowed_or_refused(make, host, expected) -> None:
    app = TrustedHostMiddleware(make(), ALLOWED)
    assert call(app, headers={"host": host}).status_code == expected


@pytest.mark.parametrize(
    "host, expected",
    [
        pytest.param(host, expected, id=f"host-21-{host!r}"[:60])
        for host, expected in [
            ("EX.com", 200),
            ("ex.com:80", 200),
            ("ex.com:", 200),
            ("EX.COM:8443", 200),
            ("a.below.example", 200),
            ("a.b.Below.example:1", 200),
            ("[::1]", 200),
            ("[::1]:80", 200),
            ("[FE80::1]", 200),
            ("xn--bcher-kva.example", 200),
            ("ex.com.", 400),
            ("evilex.com", 400),
            ("x.ex.com", 400),
            ("ex.com.evil", 400),
            ("x.ex.com.evil", 400),
            ("ex.com:80@evil", 400),
            ("evil@ex.com", 400),
            ("below.example", 400),
            (".below.example", 400),
            ("evilbelow.example", 400),
            ("bücher.example".encode(), 400),
            ("[fe80::1%25eth0]", 400),
            ("[fe80::1%eth0]", 400),
            ("::1", 400),
            ("", 400),
            (None, 400),
            ("a/?x", 400),
            ("ex.com#", 400),
            ("ex.com:80:80", 400),
            ("ex.com:65536", 400),
            ("[::1", 400),
            ("ex com", 400),
            (b"\xff", 400),
            ("a" * 300, 400),
        ]
    ],
)
def test_the_host_is_compared_whole_and_without_case(host, expected) -> None:
    assert status(host) == expected


@pytest.mark.parametrize("twice", [[b"ex.com", b"evil.com"], [b"ex.com", b"ex.com"]])
def test_two_hosts_are_none(twice) -> None:
    app = TrustedHostMiddleware(answering(), ALLOWED)
    scope = http_scope([(b"host", host) for host in twice])
    assert exchange(app, scope)[0]["status"] == 400


@pytest.mark.parametrize("area", [pytest.param(0, id="host-21-forwarded")])
def test_the_forwarded_host_is_not_looked_at(area) -> None:
    app = TrustedHostMiddleware(answering(), ALLOWED)
    for host, expected in (("evil.com", 400), ("ex.com", 200)):
        forwarded = "ex.com" if expected == 400 else "evil.com"
        headers = {"host": host, "x-forwarded-host": forwarded}
        assert call(app, headers=headers).status_code == expected


@given(st.binary(max_size=60))
def test_any_host_is_allowed_or_refused(host) -> None:
    app = TrustedHostMiddleware(answering(), ALLOWED)
    sent = exchange(app, http_scope([(b"host", host)]))
    assert sent[0]["status"] in (200, 400)


def test_a_refusal_says_what_was_wrong_and_repeats_nothing() -> None:
    app = TrustedHostMiddleware(answering(), ALLOWED)
    response = call(app, headers={"host": "evil.com"})
    assert response.json()["detail"] == "Invalid host header"
    assert "evil" not in response.text
    headers = {"host": "evil.com", "accept": "text/plain"}
    assert call(app, headers=headers).text == "Bad Request\nInvalid host header\n"


def test_a_host_is_redirected_to_its_www() -> None:
    app = TrustedHostMiddleware(answering(), ["www.ex.com", "*.other.example"])
    response = call(app, path="/a%2Fb?c=d", headers={"host": "Ex.com:8000"})
    assert response.status_code == 307
    assert response.headers["location"] == "http://www.Ex.com:8000/a%2Fb?c=d"
    # Nobody has stated www.other.example by its name.
    assert call(app, headers={"host": "other.example"}).status_code == 400
    off = TrustedHostMiddleware(answering(), ["www.ex.com"], www_redirect=False)
    assert call(off, headers={"host": "ex.com"}).status_code == 400


def test_every_host_is_allowed_with_one_warning() -> None:
    """start-up-config-124: allowed_hosts is ["*"], or left out."""
    for allowed in (["*"], None):
        with pytest.warns(RuntimeWarning, match="allows every host") as caught:
            app = TrustedHostMiddleware(answering(), allowed)
        assert len(caught) == 1
        assert call(app, headers={"host": "whoever.example"}).status_code == 200


def test_the_warning_is_shown_once_however_often_the_stack_is_built() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            compose(answering(), [Middleware(TrustedHostMiddleware, ["*"])])
    assert len(caught) == 1


@pytest.mark.parametrize(
    "pattern",
    [
        "https://ex.com",
        "ex.com:80",
        "ex.com:",
        "[::1]:80",
        "ex.com/",
        "ex*.com",
        "x.*.com",
        "*ex.com",
        "*.",
        "*.[::1]",
        "ex.com.",
        "bücher.example",
        "",
    ],
)
def test_a_pattern_that_no_host_matches_is_refused_at_start(pattern) -> None:
    with pytest.raises(ValueError, match="in allowed_hosts is not a host"):
        HostPatterns([pattern])


def test_no_host_and_a_text_are_refused_at_start() -> None:
    with pytest.raises(ValueError, match="allowed_hosts is empty"):
        TrustedHostMiddleware(answering(), [])
    with pytest.raises(TypeError, match=r"write \['ex.com'\]"):
        TrustedHostMiddleware(answering(), "ex.com")


def test_a_websocket_is_refused_too() -> None:
    app = Restlette()
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["testserver"])

    @app.websocket_route("/")
    async def echo(websocket):
        await websocket.accept()
        await websocket.close()

    with TestClient(app) as client:
        with client.websocket_connect("/"):
            pass
        with pytest.raises(WebSocketDenialResponse) as caught:
            client.websocket_connect("/", headers={"host": "evil.com"}).__enter__()
    assert caught.value.status_code == 400


def test_a_websocket_is_closed_where_the_server_cannot_send_an_answer() -> None:
    app = TrustedHostMiddleware(answering(), ALLOWED)
    scope = http_scope(type="websocket")
    closed = {"type": "websocket.close", "code": 1008, "reason": ""}
    assert exchange(app, scope) == [closed]
