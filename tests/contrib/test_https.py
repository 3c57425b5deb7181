"""From http to https, and to stay there."""

import pytest

from restlette.contrib.https import HSTSMiddleware, HTTPSRedirectMiddleware
from restlette.testing import call
from tests.contrib.around import answering, each_app, exchange, http_scope

YEAR = 31_536_000


@each_app
def test_http_is_redirected_and_https_is_answered(make) -> None:
    app = HTTPSRedirectMiddleware(make())
    response = call(app, path="/?a=b", base_url="http://ex.com")
    assert response.status_code == 307
    assert response.headers["location"] == "https://ex.com/?a=b"
    assert call(app, base_url="https://ex.com").status_code == 200


@pytest.mark.parametrize(
    "host, location",
    [
        pytest.param(host, location, id=f"redirect-17-{host}")
        for host, location in [
            ("ex.com:80", "https://ex.com/x"),
            ("ex.com:443", "https://ex.com/x"),
            ("ex.com:", "https://ex.com/x"),
            ("ex.com:8000", "https://ex.com:8000/x"),
            ("[::1]:80", "https://[::1]/x"),
            ("[::1]:8000", "https://[::1]:8000/x"),
            ("[::1]", "https://[::1]/x"),
            ("127.0.0.1:80", "https://127.0.0.1/x"),
        ]
    ],
)
def test_the_target_names_the_host_that_was_asked_for(host, location) -> None:
    response = call(
        HTTPSRedirectMiddleware(answering()), path="/x", headers={"host": host}
    )
    assert response.headers["location"] == location


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(host, id=f"redirect-17-{host!r}")
        for host in ("ex.com/?", "ex.com?", "a@evil", "evil:80:80", "[::1", "", None)
    ],
)
def test_a_host_that_is_none_is_refused(host) -> None:
    response = call(HTTPSRedirectMiddleware(answering()), headers={"host": host})
    assert response.status_code == 400
    assert "location" not in response.headers
    assert response.json()["detail"] == "Invalid host header"


@pytest.mark.parametrize("area", [pytest.param(0, id="redirect-17-two-hosts")])
def test_two_hosts_are_refused(area) -> None:
    scope = http_scope([(b"host", b"ex.com"), (b"host", b"evil.com")])
    sent = exchange(HTTPSRedirectMiddleware(answering()), scope)
    assert sent[0]["status"] == 400


@pytest.mark.parametrize("area", [pytest.param(0, id="redirect-17-evil.com")])
def test_only_an_allowed_host_is_redirected_to(area) -> None:
    app = HTTPSRedirectMiddleware(answering(), allowed_hosts=["*.ex.com"])
    assert call(app, headers={"host": "evil.com"}).status_code == 400
    response = call(app, headers={"host": "a.ex.com"})
    assert response.headers["location"] == "https://a.ex.com/"


@pytest.mark.parametrize(
    "path, location",
    [
        ("//evil.com/x", "https://testserver//evil.com/x"),
        ("/%5Cevil.com", "https://testserver/%5Cevil.com"),
        ("/a%0D%0Ab", "https://testserver/a%0D%0Ab"),
        ("/" + "a" * 9000, "https://testserver/" + "a" * 9000),
    ],
)
def test_no_path_changes_the_authority(path, location) -> None:
    response = call(HTTPSRedirectMiddleware(answering()), path=path)
    assert response.headers["location"] == location


def test_a_scope_without_a_scheme_is_plain() -> None:
    app = HTTPSRedirectMiddleware(answering())
    head = exchange(app, http_scope([(b"host", b"ex.com")]))[0]
    assert (b"location", b"https://ex.com/") in head["headers"]


@pytest.mark.parametrize("scheme", ["ws", None])
def test_a_plain_websocket_is_not_let_in(scheme) -> None:
    app = HTTPSRedirectMiddleware(answering())
    scope = http_scope([(b"host", b"ex.com")], type="websocket")
    if scheme is not None:
        scope["scheme"] = scheme
    assert exchange(app, scope)[0]["type"] == "websocket.close"
    scope["extensions"] = {"websocket.http.response": {}}
    head = exchange(app, scope)[0]
    assert (b"location", b"wss://ex.com/") in head["headers"]


def test_a_lifespan_passes_by() -> None:
    seen = []

    async def app(scope, receive, send) -> None:
        seen.append(scope["type"])

    for middleware in (HTTPSRedirectMiddleware(app), HSTSMiddleware(app)):
        exchange(middleware, {"type": "lifespan"})
    exchange(HTTPSRedirectMiddleware(app), http_scope(type="websocket", scheme="wss"))
    assert seen == ["lifespan", "lifespan", "websocket"]


@each_app
def test_browsers_are_told_to_stay_over_https_only(make) -> None:
    app = HSTSMiddleware(make())
    response = call(app, base_url="https://ex.com")
    assert response.headers["strict-transport-security"] == f"max-age={YEAR}"
    assert "strict-transport-security" not in call(app).headers


@pytest.mark.parametrize(
    "options, value",
    [
        ({"max_age": 0}, "max-age=0"),
        ({"include_subdomains": True}, f"max-age={YEAR}; includeSubDomains"),
        (
            {"include_subdomains": True, "preload": True, "max_age": 2 * YEAR},
            f"max-age={2 * YEAR}; includeSubDomains; preload",
        ),
    ],
)
def test_the_options_are_the_field_s_directives(options, value) -> None:
    app = HSTSMiddleware(answering(status=404), **options)
    response = call(app, base_url="https://ex.com")
    assert response.headers["strict-transport-security"] == value


def test_an_application_that_says_it_itself_has_its_way() -> None:
    own = [(b"Strict-Transport-Security", b"max-age=1")]
    app = HSTSMiddleware(answering(headers=own))
    assert exchange(app, http_scope(scheme="https"))[0]["headers"] == own


@pytest.mark.parametrize(
    "options",
    [
        {"max_age": -1},
        {"preload": True},
        {"preload": True, "include_subdomains": True, "max_age": YEAR - 1},
    ],
)
def test_options_that_make_no_sense_are_refused_at_start(options) -> None:
    with pytest.raises(ValueError):
        HSTSMiddleware(answering(), **options)
