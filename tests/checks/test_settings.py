"""Settings that let in whom they were to keep out are told where they are written."""

from __future__ import annotations

from typing import Any

import pytest

from restlette import (
    HTTPEndpoint,
    Middleware,
    Request,
    Restlette,
    Router,
    WebSocketEndpoint,
)
from restlette.checks.settings import check_settings
from restlette.config import Secret
from restlette.contrib.cors import CORSMiddleware
from restlette.contrib.proxy import ProxyHeadersMiddleware
from restlette.contrib.trustedhost import TrustedHostMiddleware
from restlette.middleware import BaseHTTPMiddleware
from tests.checks.conftest import Write


class SessionMiddleware:
    def __init__(self, app: Any, secret_key: Any, **options: Any) -> None: ...


def ids(app: Restlette) -> list[str]:
    return [each.id for each in check_settings(app, None)]


def around(cls: Any, *args: Any, **options: Any) -> list[str]:
    return ids(Restlette(middleware=[Middleware(cls, *args, **options)]))


STRANGERS = r"https://.*"

CORS = [
    # realistic
    ({"allow_origins": ["*"], "allow_credentials": True}, True),
    ({"allow_origins": ["null"], "allow_credentials": True}, True),
    ({"allow_origin_regex": STRANGERS, "allow_credentials": True}, True),
    ({"allow_origin_regex": ".*", "allow_credentials": True}, True),
    ({"allow_origin_regex": "https://.*.example.org", "allow_credentials": True}, True),
    (
        {"allow_origin_regex": r"https://a\.example.org", "allow_credentials": True},
        True,
    ),
    # clean
    ({"allow_origins": ["*"]}, False),
    ({"allow_origin_regex": STRANGERS}, False),
    ({"allow_origins": ["https://example.org"], "allow_credentials": True}, False),
    (
        {
            "allow_origin_regex": r"https://[a-z]+\.example\.org",
            "allow_credentials": True,
        },
        False,
    ),
    ({}, False),
]


@pytest.mark.parametrize(("options", "is_told"), CORS)
def test_pages_of_anybody_with_credentials(
    options: dict[str, Any], is_told: bool
) -> None:
    """RFC 6454 section 4: an origin of no name is null."""
    assert around(CORSMiddleware, **options) == ["cors"] * is_told


def test_options_by_position_count() -> None:
    assert around(CORSMiddleware, ["*"], ["GET"], [], True) == ["cors"]
    assert around(TrustedHostMiddleware, ["*"]) == ["trusted-hosts"]
    assert around(ProxyHeadersMiddleware, ["0.0.0.0/0"]) == ["trusted-proxies"]


@pytest.mark.parametrize(
    ("options", "is_told"),
    [
        ({"allowed_hosts": ["*"]}, True),
        ({"allowed_hosts": None}, True),
        ({}, True),
        ({"allowed_hosts": ["example.org", "*.example.org"]}, False),
    ],
)
def test_every_host(options: dict[str, Any], is_told: bool) -> None:
    expected = ["trusted-hosts"] * is_told
    assert around(TrustedHostMiddleware, **options) == expected


@pytest.mark.parametrize(
    ("options", "is_told"),
    [
        ({"trusted": ["0.0.0.0/0"]}, True),
        ({"trusted": ["10.0.0.1", "::/0"]}, True),
        ({"trusted": ["*"]}, True),
        ({"trusted": ["10.0.0.0/8", "unix"]}, False),
        ({}, False),
    ],
)
def test_every_proxy(options: dict[str, Any], is_told: bool) -> None:
    assert around(ProxyHeadersMiddleware, **options) == ["trusted-proxies"] * is_told


GOOD = "V1StGXR8_Z5jdHi6B-myT0k3n9QxLwPz"


@pytest.mark.parametrize(
    ("secret", "is_told"),
    [
        ("secret", True),
        (b"short", True),
        ("change-me-please-now", True),
        ("super-secret-key-1234", True),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", True),
        (Secret("secret"), True),
        ([GOOD, "old"], True),
        (GOOD, False),
        (GOOD.encode(), False),
        (Secret(GOOD), False),
        ((GOOD,), False),
        (None, False),
        ("https://secrets.example.org/", False),
    ],
)
def test_secrets_that_anybody_knows(secret: Any, is_told: bool) -> None:
    assert around(SessionMiddleware, secret_key=secret) == ["secret"] * is_told


def test_limits_that_are_none() -> None:
    async def get(request: Request) -> None: ...

    app = Restlette(limits={"body": 10**12, "headers": 300})
    inner = Router(limits={"multipart": 10**9})
    inner.add_route("/", get, limits={"decompressed": 10**10})
    app.mount("/inner", inner)
    app.mount("/inner2", inner)
    assert ids(app) == ["limits", "limits"]


def test_pages_of_anybody_over_websockets() -> None:
    class Open(WebSocketEndpoint):
        """Open."""

        allowed_origins = ["*"]

    class Own(WebSocketEndpoint):
        """Its own."""

    async def talk(websocket: Any) -> None: ...

    app = Restlette()
    app.add_route("/open", Open)
    app.add_route("/own", Own)
    app.add_websocket_route("/talk", talk, allowed_origins=["*"])
    app.add_websocket_route("/named", talk, allowed_origins=["https://example.org"])
    app.add_websocket_route("/quiet", talk)
    found = list(check_settings(app, None))
    assert [each.id for each in found] == ["websocket-origins"] * 2
    assert all(each.place is not None for each in found)


def test_debug() -> None:
    assert ids(Restlette(debug=True)) == ["debug"]
    assert ids(Restlette()) == []
    assert list(check_settings(Router(), None)) == []


def test_middleware_of_routes_and_routers_counts() -> None:
    class Home(HTTPEndpoint):
        async def get(self, request: Request) -> None: ...

    async def dispatch(request: Any, call_next: Any) -> Any: ...

    wide = Middleware(TrustedHostMiddleware, allowed_hosts=["*"])
    app = Restlette(middleware=[Middleware(BaseHTTPMiddleware, dispatch=dispatch)])
    app.add_route("/", Home, middleware=[wide])
    app.mount("/inner", Restlette(middleware=[wide]))
    app.mount("/foreign", TrustedHostMiddleware(app, ["example.org"]))
    assert ids(app) == ["trusted-hosts"] * 2


def test_the_place_is_that_of_the_setting(written: Write) -> None:
    module = written(
        """
        from restlette import Restlette
        from restlette.contrib.trustedhost import TrustedHostMiddleware

        app = Restlette(
            debug=True,
            limits={"body": 10**15},
        )
        app.add_middleware(
            TrustedHostMiddleware, allowed_hosts=["*"]
        )
        other = Restlette(
        )
        other.debug = True
        """
    )

    def lines(app: Restlette) -> list[tuple[str, int]]:
        found = check_settings(app, module.__file__)
        return [(each.id, each.place.line) for each in found if each.place]

    assert lines(module.app) == [("debug", 5), ("trusted-hosts", 9), ("limits", 6)]
    assert lines(module.other) == [("debug", 5)]
