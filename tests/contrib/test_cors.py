"""What scripts of other origins may ask, and what answers tell them."""

import pytest

from restlette import (
    Conflict,
    Middleware,
    Mount,
    PlainTextResponse,
    Request,
    Restlette,
    Route,
    Router,
)
from restlette.contrib.cors import ALL_METHODS, CORSMiddleware
from restlette.http.types import ASGIApp, Message, Receive, Scope, Send
from restlette.middleware import BaseHTTPMiddleware, CallNext
from restlette.testing import TestClient, TestResponse, call
from tests.contrib.around import answering, each_app, exchange, http_scope
from tests.http.stopwatch import seconds

OURS = "https://ours.example"
VARY = (
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, "
    "Access-Control-Request-Private-Network"
)


def cors_fields(response: TestResponse) -> dict[str, str]:
    prefix = "access-control-"
    return {
        name.removeprefix(prefix): value
        for name, value in response.headers.items()
        if name.startswith(prefix)
    }


def preflight(app, origin=OURS, method="GET", headers=None, **more) -> TestResponse:
    fields = {"origin": origin, "access-control-request-method": method, **more}
    if headers is not None:
        fields["access-control-request-headers"] = headers
    return call(app, "OPTIONS", headers=fields)


@each_app
@pytest.mark.parametrize("origin", [None, OURS, "https://theirs.example"])
def test_every_answer_names_origin_in_vary(make, origin) -> None:
    app = CORSMiddleware(make(), [OURS])
    response = call(app, headers={} if origin is None else {"origin": origin})
    assert response.status_code == 200
    assert response.headers["vary"] == "Origin"
    expected = {"allow-origin": OURS} if origin == OURS else {}
    assert cors_fields(response) == expected


@each_app
def test_all_origins_get_one_answer_that_does_not_vary(make) -> None:
    app = CORSMiddleware(make(), ["*"])
    for headers in ({}, {"origin": OURS}, {"origin": "null"}):
        response = call(app, headers=headers)
        assert cors_fields(response) == {"allow-origin": "*"}
        assert "vary" not in response.headers


def test_what_is_exposed_and_credentials_are_said_with_the_answer() -> None:
    app = CORSMiddleware(
        answering(),
        [OURS],
        allow_credentials=True,
        expose_headers=["ETag", "X-Total"],
    )
    assert cors_fields(call(app, headers={"origin": OURS})) == {
        "allow-origin": OURS,
        "allow-credentials": "true",
        "expose-headers": "ETag, X-Total",
    }


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(status, id=f"cors-52-{status}")
        for status in (200, 204, 301, 304, 404, 500)
    ],
)
def test_errors_304_and_redirects_carry_the_decision(status) -> None:
    app = CORSMiddleware(answering(status=status), [OURS])
    response = call(app, headers={"origin": OURS})
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == OURS
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", [pytest.param(OURS, id="cors-52")])
def test_the_500_page_of_an_application_carries_the_decision(origin) -> None:
    app = Restlette()
    app.add_middleware(CORSMiddleware, allow_origins=[OURS])

    @app.route("/")
    async def broken(request):
        raise RuntimeError("no poem today")

    response = call(app, headers={"origin": origin}, raise_server_exceptions=False)
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == OURS
    assert "Origin" in ", ".join(response.headers.getlist("vary"))


class Fails:
    """A middleware that raises, before the application or after it."""

    def __init__(self, app: ASGIApp, exc: Exception, *, late: bool = False) -> None:
        self.app = app
        self.exc = exc
        self.late = late

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.late and scope["type"] != "lifespan":

            async def lose(message: Message) -> None:
                pass

            await self.app(scope, receive, lose)
        if scope["type"] != "lifespan":
            raise self.exc
        await self.app(scope, receive, send)


CORS = Middleware(CORSMiddleware, allow_origins=[OURS])


async def poem(request: Request) -> PlainTextResponse:
    return PlainTextResponse("a poem")


async def foreign(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("no poem today")


async def in_function(request: Request, call_next: CallNext) -> ASGIApp:
    raise LookupError("no poem today")


def in_application(*inner: Middleware) -> Restlette:
    return Restlette(routes=[Route("/", poem)], middleware=[CORS, *inner])


def in_router(*inner: Middleware) -> Restlette:
    below = Router([Route("/", poem)], middleware=[CORS, *inner])
    return Restlette(routes=[Mount("/", below)])


def in_routers(*inner: Middleware) -> Restlette:
    lowest = Router([Route("/", poem)], middleware=list(inner))
    below = Router([Mount("/", lowest)], middleware=[CORS])
    return Restlette(routes=[Mount("/", below)])


def in_route(*inner: Middleware) -> Restlette:
    return Restlette(routes=[Route("/", poem, middleware=[CORS, *inner])])


def in_router_alone(*inner: Middleware) -> Router:
    return Router([Route("/", poem)], middleware=[CORS, *inner])


each_place = pytest.mark.parametrize(
    "place",
    [in_application, in_router, in_routers, in_route, in_router_alone],
    ids=lambda place: f"cors-52-{place.__name__}",
)


@each_place
@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
@pytest.mark.parametrize(
    ("exc", "status"),
    [(Conflict("taken"), 409), (RuntimeError("broken"), 500)],
    ids=["http", "other"],
)
def test_the_error_of_a_middleware_further_in_carries_the_decision(
    place, exc, status, late, caplog
) -> None:
    """It is answered once, through what is further out, and logged once."""
    app = place(Middleware(Fails, exc, late=late))
    response = call(app, headers={"origin": OURS}, raise_server_exceptions=False)
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == OURS
    assert "Origin" in ", ".join(response.headers.getlist("vary"))
    logged = [each for each in caplog.records if each.name == "restlette.error"]
    assert len(logged) == (1 if status == 500 else 0)
    if status == 500:
        with pytest.raises(RuntimeError, match="broken"):
            call(app, headers={"origin": OURS})


@each_place
def test_the_error_of_a_function_further_in_carries_the_decision(place) -> None:
    app = place(Middleware(BaseHTTPMiddleware, dispatch=in_function))
    response = call(app, headers={"origin": OURS}, raise_server_exceptions=False)
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == OURS


@pytest.mark.parametrize("origin", [pytest.param(OURS, id="cors-52")])
def test_the_error_of_a_foreign_application_carries_the_decision(origin) -> None:
    below = Router([Mount("/theirs", foreign)], middleware=[CORS])
    app = Restlette(routes=[Mount("/shop", below)])
    response = call(
        app,
        "GET",
        "/shop/theirs/x",
        headers={"origin": origin},
        raise_server_exceptions=False,
    )
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == origin


def test_an_answer_that_has_begun_is_not_answered_again() -> None:
    """cors-52: the server breaks it off."""

    class BreaksOff(Fails):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await send({"type": "http.response.start", "status": 200})
            await super().__call__(scope, receive, send)

    for place in (in_application, in_router, in_route):
        app = place(Middleware(BreaksOff, RuntimeError("broken")))
        sent: list[Message] = []
        scope = http_scope([(b"host", b"x"), (b"origin", OURS.encode())])
        with pytest.raises(RuntimeError, match="broken"):
            exchange(app, scope, on_send=sent.append)
        assert [message["type"] for message in sent] == ["http.response.start"]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"allow_origins": ["*"]}, id="cors-49"),
        pytest.param({"allow_origins": [OURS, "*"]}, id="cors-49-among-others"),
        pytest.param({"allow_origin_regex": ".*"}, id="cors-49-regex"),
        pytest.param({"allow_origin_regex": "https://.+"}, id="cors-49-any-https"),
    ],
)
def test_every_origin_with_credentials_is_refused_at_start(options) -> None:
    with pytest.raises(ValueError, match="every origin with credentials"):
        CORSMiddleware(answering(), allow_credentials=True, **options)


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param(origin, id=f"cors-50-{label}")
        for label, origin in {
            "null": "null",
            "suffix": "https://a.com.evil",
            "dot": "https://aXcom",
            "port": "https://a.com:444",
            "default-port": "https://a.com:443",
            "scheme": "http://a.com",
            "case": "https://A.com",
            "scheme-case": "HTTPS://a.com",
            "trailing-dot": "https://a.com.",
            "slash": "https://a.com/",
            "two-in-one": "https://a.com, https://a.com",
            "no-host": "https://",
            "no-scheme": "a.com",
            "empty": "",
            "high": b"https://a.com\xff",
            "long": "https://" + "a" * 5000,
        }.items()
    ],
)
@pytest.mark.parametrize(
    "options",
    [
        {"allow_origins": ["https://a.com"]},
        {"allow_origin_regex": r"https://a\.com"},
        {"allow_origin_regex": r"https://a\.com(, https://a\.com|[.]|/)?|null|"},
    ],
    ids=["literal", "regex", "lax-regex"],
)
def test_origins_are_compared_as_they_are_written(options, origin) -> None:
    app = CORSMiddleware(answering(), **options)
    response = call(app, headers={"origin": origin})
    assert cors_fields(response) == {}
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize("area", [pytest.param(0, id="cors-50-two-fields")])
def test_two_origins_are_none(area) -> None:
    app = CORSMiddleware(answering(), [OURS], allow_origin_regex=".*ours.*")
    twice = [(b"origin", OURS.encode())] * 3
    (head, _) = exchange(app, http_scope(twice))
    assert head["headers"] == [(b"vary", b"Origin")]


def test_null_is_allowed_by_its_name() -> None:
    app = CORSMiddleware(answering(), ["null"])
    response = call(app, headers={"origin": "null"})
    assert cors_fields(response) == {"allow-origin": "null"}


@pytest.mark.parametrize(
    "origin, allowed",
    [
        ("https://shop.ours.example", True),
        ("https://a-b.ours.example:8443", True),
        ("https://ours.example", False),
        ("https://shop.ours.example.evil", False),
        ("https://evil/shop.ours.example", False),
    ],
)
def test_a_regular_expression_matches_the_whole_origin(origin, allowed) -> None:
    regex = r"https://[a-z\-]+\.ours\.example(:8443)?"
    app = CORSMiddleware(answering(), allow_origin_regex=regex, allow_credentials=True)
    expected = {"allow-origin": origin, "allow-credentials": "true"}
    response = call(app, headers={"origin": origin})
    assert cors_fields(response) == (expected if allowed else {})


def test_what_the_application_says_of_an_allowed_origin_gives_way() -> None:
    own = [
        (b"Access-Control-Allow-Origin", b"*"),
        (b"Vary", b"Accept"),
        (b"x-own", b"1"),
    ]
    app = CORSMiddleware(answering(headers=own), [OURS])
    (head, _) = exchange(app, http_scope([(b"origin", OURS.encode())]))
    assert head["headers"] == [
        (b"vary", b"Accept, Origin"),
        (b"x-own", b"1"),
        (b"access-control-allow-origin", OURS.encode()),
    ]


def test_what_the_application_says_to_others_stays() -> None:
    own = [(b"access-control-allow-origin", b"https://theirs.example")]
    app = CORSMiddleware(answering(headers=own), [OURS])
    response = call(app, headers={"origin": "https://theirs.example"})
    assert cors_fields(response) == {"allow-origin": "https://theirs.example"}


def test_the_application_s_message_is_not_written_to() -> None:
    fields = [(b"x-own", b"1")]
    app = CORSMiddleware(answering(headers=fields), [OURS])
    for _ in range(2):
        exchange(app, http_scope([(b"origin", OURS.encode())]))
    assert fields == [(b"x-own", b"1")]


@each_app
def test_a_preflight_is_answered_here(make) -> None:
    app = CORSMiddleware(
        make(),
        [OURS],
        ["GET", "PUT"],
        ["X-Token", "Accept"],
        True,
        expose_headers=["ETag"],
        max_age=60,
    )
    response = preflight(app, method="PUT", headers="x-token, content-type,")
    assert (response.status_code, response.text) == (200, "OK")
    assert cors_fields(response) == {
        "allow-origin": OURS,
        "allow-credentials": "true",
        "allow-methods": "GET, PUT",
        "allow-headers": (
            "Accept, Accept-Language, Content-Language, Content-Type, X-Token"
        ),
        "max-age": "60",
    }
    assert response.headers["vary"] == VARY


@pytest.mark.parametrize(
    "asked, detail",
    [
        pytest.param(asked, f"Disallowed CORS {detail}", id=f"cors-51-{label}")
        for label, asked, detail in [
            ("method", {"method": "DELETE"}, "method"),
            ("method-case", {"method": "get"}, "method"),
            ("header", {"headers": "content-type, x-evil"}, "headers"),
            ("junk", {"headers": "\xff\xfe"}, "headers"),
            ("origin", {"origin": "https://theirs.example"}, "origin"),
            ("null", {"origin": "null"}, "origin"),
            (
                "private-network",
                {"access-control-request-private-network": "true"},
                "private-network",
            ),
            (
                "everything",
                {
                    "origin": "null",
                    "method": "X",
                    "headers": "x",
                    "access-control-request-private-network": "true",
                },
                "origin, method, headers, private-network",
            ),
        ]
    ],
)
def test_a_preflight_that_fails_has_no_field_of_cors(asked, detail) -> None:
    app = CORSMiddleware(answering(), [OURS], allow_credentials=True)
    response = preflight(app, **asked)
    assert response.status_code == 400
    assert response.json()["detail"] == detail
    assert cors_fields(response) == {}
    assert response.headers["vary"] == f"Accept, {VARY}"


def test_a_preflight_that_fails_is_plain_text_for_those_who_want_that() -> None:
    app = CORSMiddleware(answering(), [OURS])
    response = preflight(app, method="PUT", accept="text/plain")
    assert response.text == "Bad Request\nDisallowed CORS method\n"


def test_a_private_network_is_reached_where_that_is_allowed() -> None:
    app = CORSMiddleware(answering(), ["*"], allow_private_network=True)
    asked = {"access-control-request-private-network": "true"}
    response = preflight(app, **asked)
    assert response.status_code == 200
    assert cors_fields(response)["allow-private-network"] == "true"
    assert "allow-private-network" not in cors_fields(preflight(app))


def test_all_methods_and_all_headers() -> None:
    app = CORSMiddleware(answering(), ["*"], ["*"], ["*"])
    response = preflight(app, method="PATCH", headers="Authorization,x-y , x-z")
    assert cors_fields(response) == {
        "allow-origin": "*",
        "allow-methods": ", ".join(ALL_METHODS),
        "allow-headers": "Authorization, x-y, x-z",
        "max-age": "600",
    }
    assert response.headers["vary"] == VARY.removeprefix("Origin, ")
    assert "Accept" in cors_fields(preflight(app))["allow-headers"]


@pytest.mark.parametrize("name", ["x y", "x\xa0", "x:y", "<script>"])
def test_what_is_no_name_is_not_repeated(name) -> None:
    app = CORSMiddleware(answering(), ["*"], ["*"], ["*"])
    assert preflight(app, headers=name).status_code == 400


def test_several_lines_of_requested_headers_are_one_list() -> None:
    app = CORSMiddleware(answering(), [OURS], allow_headers=["x-a", "x-b"])
    fields = [
        (b"origin", OURS.encode()),
        (b"access-control-request-method", b"GET"),
        (b"access-control-request-headers", b"x-a"),
        (b"access-control-request-headers", b"x-evil"),
    ]
    (head, _) = exchange(app, http_scope(fields, method="OPTIONS"))
    assert head["status"] == 400


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param("x-token," * 10_000, id="cors-51-10k"),
        pytest.param("," * 60_000, id="cors-51-commas"),
        pytest.param(" \t" * 30_000, id="cors-51-blanks"),
    ],
)
@pytest.mark.parametrize("allowed", ["x-token", "*"])
def test_a_long_preflight_is_read_in_linear_time(headers, allowed) -> None:
    app = CORSMiddleware(answering(), [OURS], allow_headers=[allowed])
    assert seconds(lambda: preflight(app, headers=headers)) < 1


def test_many_origins_are_read_in_linear_time() -> None:
    app = CORSMiddleware(answering(), [OURS])
    scope = http_scope([(b"origin", b"https://theirs.example")] * 20_000)
    assert seconds(lambda: exchange(app, scope)) < 1


@pytest.mark.parametrize(
    "method, headers",
    [
        ("OPTIONS", {}),
        ("OPTIONS", {"origin": OURS}),
        ("OPTIONS", {"access-control-request-method": "GET"}),
        ("GET", {"origin": OURS, "access-control-request-method": "GET"}),
    ],
)
def test_what_is_no_preflight_reaches_the_application(method, headers) -> None:
    app = CORSMiddleware(answering(b"inside"), [OURS])
    assert call(app, method, headers=headers).text == "inside"


@pytest.mark.parametrize(
    "origin",
    [
        "https://a.com/",
        "https://A.com",
        "https://a.com:443",
        "http://a.com:80",
        "https://a.com:",
        "a.com",
        "https://*.a.com",
        "https://bücher.example",
        "https://\ud800",
        "",
        "Null",
    ],
)
def test_an_origin_that_no_browser_sends_is_refused_at_start(origin) -> None:
    with pytest.raises(ValueError, match="not an origin as browsers send it"):
        CORSMiddleware(answering(), [origin])


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3000",
        "http://[::1]:8000",
        "chrome-extension://abc",
        "capacitor://localhost",
    ],
)
def test_origins_of_every_kind_are_taken(origin) -> None:
    app = CORSMiddleware(answering(), [origin])
    response = call(app, headers={"origin": origin})
    assert cors_fields(response) == {"allow-origin": origin}


@pytest.mark.parametrize(
    "options, message",
    [
        ({"allow_methods": ["GET POST"]}, "is not a method"),
        ({"allow_headers": ["x y"]}, "a name is a token"),
        ({"expose_headers": ["x\r\ny"]}, "a name is a token"),
        ({"max_age": -1}, "number of seconds"),
    ],
)
def test_options_that_cannot_be_sent_are_refused_at_start(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        CORSMiddleware(answering(), **options)


@pytest.mark.parametrize(
    "option", ["allow_origins", "allow_methods", "allow_headers", "expose_headers"]
)
def test_a_text_is_not_several(option) -> None:
    with pytest.raises(TypeError, match=rf"{option} takes several texts: write \['\*'"):
        CORSMiddleware(answering(), **{option: "*"})


def test_websockets_and_lifespans_pass_by() -> None:
    app = Restlette()
    app.add_middleware(CORSMiddleware, allow_origins=[OURS])

    @app.websocket_route("/")
    async def echo(websocket):
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    with TestClient(app) as client, client.websocket_connect("/") as session:
        assert session.receive_text() == "hello"
