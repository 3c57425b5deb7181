"""Requests that other sites' pages send with our cookies are refused."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import (
    HTML,
    JSON,
    Created,
    HTMLResponse,
    HTTPEndpoint,
    JSONResponse,
    Request,
    Restlette,
    WebSocket,
)
from restlette.contrib.csrf import CSRFMiddleware
from restlette.contrib.sessions import MemoryStore, SessionMiddleware, Sessions
from restlette.contrib.templates import Jinja2Templates
from restlette.testing import TestClient, call
from tests.contrib.around import exchange, http_scope

KEY = "0123456789abcdef0123456789abcdef"
OTHER = KEY[::-1]
HOST = "http://testserver"


def app_of(
    key: Any = KEY, *, sessions: str = "", debug: bool = False, **options: Any
) -> Restlette:
    app = Restlette(debug=debug)
    app.add_middleware(CSRFMiddleware, secret_key=key, **options)
    if sessions == "signed":
        app.add_middleware(SessionMiddleware, secret_key=KEY)
    elif sessions == "server":
        app.install(Sessions(MemoryStore()))

    @app.route("/form", methods=["GET"])
    async def form(request: Request) -> HTMLResponse:
        token = request.scope["csrf_token"]
        assert token() != token()
        return HTMLResponse(token())

    @app.route("/do", methods=["POST", "PUT", "PATCH", "DELETE"])
    async def do(request: Request) -> dict[str, Any]:
        body = await request.body()
        return {"length": len(body)}

    @app.route("/read", methods=["POST"])
    async def read(request: Request) -> dict[str, Any]:
        form = await request.form()
        return {name: str(value) for name, value in form.items()}

    @app.route("/plain")
    async def plain(request: Request) -> JSONResponse:
        return JSONResponse({})

    @app.websocket_route("/ws")
    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    return app


KINDS = pytest.mark.parametrize("sessions", ["", "signed", "server"])


@KINDS
def test_a_page_s_own_token_lets_its_requests_in(sessions: str) -> None:
    client = TestClient(app_of(sessions=sessions))
    page = client.get("/form")
    assert page.headers["vary"] == "Cookie"
    assert page.headers["cache-control"] == "no-store"
    token = page.text
    sent = {"x-csrf-token": token, "origin": HOST}
    assert client.post("/do", headers=sent).status_code == 200
    assert client.post("/read", data={"a": "b", "csrf_token": token}).json() == {
        "a": "b",
        "csrf_token": token,
    }
    files = {"a": ("x.txt", b"x" * 200_000)}
    answer = client.post("/read", data={"csrf_token": token}, files=files)
    assert answer.status_code == 200
    # The cookie stays, and so do the tokens that were given before.
    again = client.get("/form")
    assert "set-cookie" not in again.headers
    assert again.text != token
    assert client.post("/do", headers=sent).status_code == 200


@KINDS
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no token"),
        pytest.param({"x-csrf-token": ""}, id="empty"),
        pytest.param({"x-csrf-token": "x"}, id="short"),
        pytest.param({"x-csrf-token": "A" * 86}, id="another"),
        pytest.param({"x-csrf-token": "é" * 43}, id="no base64"),
        pytest.param({"x-csrf-token": "A" * 10_000}, id="long"),
        pytest.param({"x-csrf-token": "TOKEN", "origin": "null"}, id="null"),
        pytest.param(
            {"x-csrf-token": "TOKEN", "origin": "http://testserver.evil"}, id="evil"
        ),
        pytest.param(
            {"x-csrf-token": "TOKEN", "origin": "http://testserver:81"}, id="port"
        ),
        pytest.param(
            {"x-csrf-token": "TOKEN", "sec-fetch-site": "cross-site"}, id="cross-site"
        ),
        pytest.param(
            {"x-csrf-token": "TOKEN", "sec-fetch-site": "same-site"}, id="same-site"
        ),
        pytest.param(
            {"x-csrf-token": "TOKEN", "referer": "http://evil/testserver"},
            id="referer",
        ),
        pytest.param({"x-csrf-token": "TOKEN", "referer": "x"}, id="no referer"),
        pytest.param({"x-csrf-token": "TOKEN", "referer": "http://["}, id="no URL"),
        pytest.param(
            {"x-csrf-token": "TOKEN", "host": "a b", "origin": HOST}, id="no host"
        ),
    ],
)
def test_csrf_47_others_are_refused(
    sessions: str, method: str, headers: dict[str, str]
) -> None:
    client = TestClient(app_of(sessions=sessions))
    token = client.get("/form").text
    fields = {name: value.replace("TOKEN", token) for name, value in headers.items()}
    encoded = {name: value.encode() for name, value in fields.items()}
    answer = client.request(method, "/do", headers=encoded)
    if "host" in headers:
        assert answer.status_code in (400, 403)
        return
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


def test_csrf_47_a_token_in_the_query_is_none() -> None:
    client = TestClient(app_of())
    token = client.get("/form").text
    assert client.post(f"/do?csrf_token={token}").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": HOST},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"referer": HOST + "/form"},
        {"origin": "https://testserver"},
    ],
)
def test_csrf_47_our_own_pages_are_let_in(headers: dict[str, str]) -> None:
    client = TestClient(app_of())
    sent = {"x-csrf-token": client.get("/form").text, **headers}
    assert client.post("/do", headers=sent).status_code == 200


def test_programs_are_not_asked() -> None:
    """Without cookies there is nothing that a page could make use of."""
    assert call(app_of(), "POST", "/do", json={}).status_code == 200
    # But a page that sends none is another site's all the same: it may log in.
    assert call(app_of(), "POST", "/do", headers={"origin": "null"}).status_code == 403


def test_safe_methods_pass() -> None:
    headers = {"cookie": "a=b", "origin": "https://evil.example"}
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204)):
        answer = call(app_of(), method, "/plain", headers=headers)
        assert answer.status_code == status
        assert "vary" not in answer.headers
        assert "set-cookie" not in answer.headers


def test_another_client_s_token_is_none() -> None:
    app = app_of()
    mine, other = TestClient(app), TestClient(app)
    other.get("/form")
    sent = {"x-csrf-token": mine.get("/form").text}
    assert other.post("/do", headers=sent).status_code == 403


@pytest.mark.parametrize(
    "value", ["x", ".", "A" * 43, "A" * 43 + ".", "A" * 43 + "." + "0" * 64]
)
def test_a_cookie_that_is_not_signed_is_none(value: str) -> None:
    """Of nobody's secret one could make a token."""
    headers = {"cookie": f"csrftoken={value}", "x-csrf-token": "A" * 86}
    assert call(app_of(), "POST", "/do", headers=headers).status_code == 403
    answer = call(app_of(), "GET", "/form", headers=headers)
    assert "csrftoken=" in answer.headers["set-cookie"]


def test_the_first_key_signs_and_all_are_accepted() -> None:
    client = TestClient(app_of(OTHER))
    token = client.get("/form").text
    cookie = f"csrftoken={client.cookies['csrftoken']}"
    sent = {"x-csrf-token": token, "cookie": cookie}
    assert call(app_of([KEY, OTHER]), "POST", "/do", headers=sent).status_code == 200
    assert call(app_of(KEY), "POST", "/do", headers=sent).status_code == 403


def test_the_cookie_is_for_the_host_and_not_for_scripts() -> None:
    app = app_of(cookie="__Host-csrf", https_only=True)
    line = call(app, "GET", "/form").headers["set-cookie"]
    assert line.startswith("__Host-csrf=")
    assert line.endswith("; HttpOnly; Path=/; SameSite=lax; Secure")


def test_trusted_origins_and_exempt_paths() -> None:
    app = app_of(trusted_origins=["https://admin.example"], exempt=["/read"])
    client = TestClient(app)
    token = client.get("/form").text
    sent = {
        "origin": "https://admin.example",
        "sec-fetch-site": "cross-site",
        "x-csrf-token": token,
    }
    assert client.post("/do", headers=sent).status_code == 200
    del sent["x-csrf-token"]
    assert client.post("/do", headers=sent).status_code == 403
    assert client.post("/read", data={"a": "b"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "root_path", "status"),
    [
        ("/hook", "", 200),
        ("/hook", "/app", 200),
        ("/hook", "/app/", 200),
        ("/hook/", "", 403),
        ("/hooks", "", 403),
        ("/other", "/app", 403),
    ],
)
def test_exempt_paths_are_those_that_are_routed_by(
    path: str, root_path: str, status: int
) -> None:
    """Below root_path, as a proxy or a mount has it."""
    app = CSRFMiddleware(JSONResponse({}), KEY, exempt=["/hook"])
    cookies = {"a": "b"}
    response = call(app, "POST", path, cookies=cookies, root_path=root_path)
    assert response.status_code == status


def test_a_root_path_makes_no_path_exempt() -> None:
    """What is asked for begins like it, or is it."""
    app = CSRFMiddleware(JSONResponse({}), KEY, exempt=["/hook"])
    for path in ("/hook/hook/x", "/hookhook", "/hook/"):
        scope = http_scope(
            [(b"cookie", b"a=b")], method="POST", path=path, root_path="/hook"
        )
        assert exchange(app, scope)[0]["status"] == 403, path


def test_names_are_those_that_were_given() -> None:
    client = TestClient(app_of(header="X-Own", field="own"))
    token = client.get("/form").text
    assert client.post("/do", headers={"x-own": token}).status_code == 200
    assert client.post("/read", data={"own": token}).status_code == 200
    assert client.post("/read", data={"csrf_token": token}).status_code == 403


URLENCODED = "application/x-www-form-urlencoded"


def multipart(*parts: tuple[str, str]) -> bytes:
    made = [
        f'--b\r\ncontent-disposition:form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts
    ]
    return "".join(made).encode() + b"--b--\r\n"


@pytest.mark.parametrize(
    "content_type, content, is_found",
    [
        (URLENCODED, b"a=b&csrf_token=TOKEN", True),
        (URLENCODED, b"csrf_token=TOKEN&a=" + b"x" * 100_000, True),
        (URLENCODED, b"a=" + b"x" * 100_000 + b"&csrf_token=TOKEN", False),
        (URLENCODED, b"csrf_token=x&csrf_token=TOKEN", False),
        (URLENCODED, b"a=" + b"x" * (64 * 1024 - 60) + b"&csrf_token=TOKEN", False),
        (URLENCODED, b"", False),
        ("multipart/form-data; boundary=b", multipart(("csrf_token", "TOKEN")), True),
        (
            'multipart/form-data; boundary="b"',
            multipart(("a", "b"), ("csrf_token", "TOKEN")),
            True,
        ),
        (
            "multipart/form-data; boundary=b",
            multipart(("a", "x" * 100_000), ("csrf_token", "TOKEN")),
            False,
        ),
        ("multipart/form-data", multipart(("csrf_token", "TOKEN")), False),
        ("multipart/form-data; boundary=b", b'name="csrf_token"\r\n\r\nTOKEN', False),
        ("text/plain", b"csrf_token=TOKEN", False),
        ("application/json", b'{"csrf_token": "TOKEN"}', False),
    ],
)
def test_a_form_has_its_token_at_its_beginning(
    content_type: str, content: bytes, is_found: bool
) -> None:
    client = TestClient(app_of())
    content = content.replace(b"TOKEN", client.get("/form").text.encode())
    answer = client.post("/do", data=content, headers={"content-type": content_type})
    if is_found:
        assert answer.json() == {"length": len(content)}
    else:
        assert answer.status_code == 403


def test_content_in_pieces_is_given_again_whole() -> None:
    token: list[str] = []

    async def form(scope: Any, receive: Any, send: Any) -> None:
        token.append(scope["csrf_token"]())
        await JSONResponse({})(scope, receive, send)

    app = CSRFMiddleware(form, KEY)
    cookie = call(app, "GET", "/").headers["set-cookie"].partition(";")[0]
    taken = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(5):
            taken.append(await receive())

    pieces = [b"csrf_", b"token=" + token[0].encode(), b"&a=" + b"x" * 70_000, b"y"]
    messages = [
        {"type": "http.request", "body": piece, "more_body": n < 3}
        for n, piece in enumerate(pieces)
    ]
    given = iter([*messages, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(given)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [
            (b"cookie", cookie.encode()),
            (b"content-type", URLENCODED.encode()),
        ],
    }
    nobody: Any = None  # what is inside answers nothing
    asyncio.run(CSRFMiddleware(inside, KEY)(scope, receive, nobody))
    assert taken == [*messages, {"type": "http.disconnect"}]


@given(st.binary(max_size=300))
def test_whatever_is_sent_as_a_form_is_refused(content: bytes) -> None:
    app = app_of()
    for content_type in (URLENCODED, "multipart/form-data; boundary=b"):
        headers = {"cookie": "a=b", "content-type": content_type}
        answer = call(app, "POST", "/do", content=content, headers=headers)
        assert answer.status_code == 403


@given(st.binary(max_size=100))
def test_whatever_is_sent_as_a_token_is_refused(value: bytes) -> None:
    client = TestClient(app_of())
    client.get("/form")
    cookie = f"csrftoken={client.cookies['csrftoken']}".encode()
    headers = [(b"cookie", cookie), (b"x-csrf-token", value)]
    assert call(client.app, "POST", "/do", headers=headers).status_code == 403


@attrs.frozen
class NewBook:
    title: str = attrs.field(validator=attrs.validators.min_len(1))


def test_a_form_of_a_resource_is_read_without_the_token() -> None:
    app = app_of()
    app.install(
        Jinja2Templates(
            env=jinja2.Environment(
                autoescape=True,
                loader=jinja2.DictLoader(
                    {"form.html": "{{ csrf_token() }}", "book.html": "{{ title }}"}
                ),
            )
        )
    )

    @app.route("/books")
    class Books(HTTPEndpoint):
        representations = (JSON, HTML("form.html", invalid="form.html"))

        async def get(self, request: Request) -> dict[str, str]:
            return {}

        async def post(self, request: Request, body: NewBook) -> Created[NewBook]:
            return Created(body)

    client = TestClient(app)
    page = client.get("/books", headers={"accept": "text/html"})
    data = {"csrf_token": page.text, "title": "Emma"}
    assert client.post("/books", data=data).json() == {"title": "Emma"}
    again = client.post(
        "/books", data={**data, "title": ""}, headers={"accept": "text/html"}
    )
    assert again.status_code == 422
    assert client.post(
        "/books", data={"csrf_token": again.text, "title": "Emma"}
    ).json() == {"title": "Emma"}


@pytest.mark.parametrize(
    "headers, is_accepted",
    [
        ({}, True),
        ({"origin": "https://evil.example"}, True),
        ({"cookie": "a=b"}, False),
        ({"cookie": "a=b", "origin": "https://evil.example"}, False),
        ({"cookie": "a=b", "origin": "null"}, False),
        ({"cookie": "a=b", "origin": HOST}, True),
        ({"cookie": "a=b", "origin": "https://admin.example"}, True),
    ],
)
def test_ws_94_a_web_socket_with_cookies_is_a_page_s_of_ours(
    headers: dict[str, str], is_accepted: bool
) -> None:
    accepted = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        accepted.append(True)
        await receive()
        await send({"type": "websocket.close", "code": 1000})

    app = CSRFMiddleware(inside, KEY, trusted_origins=["https://admin.example"])
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": "/",
        "headers": [
            (b"host", b"testserver"),
            *((name.encode(), value.encode()) for name, value in headers.items()),
        ],
        "extensions": {"websocket.http.response": {}},
    }
    asyncio.run(app(scope, receive, send))
    assert bool(accepted) is is_accepted
    if not is_accepted:
        assert sent[0]["status"] == 403


def test_without_session_and_key_there_is_nowhere_to_keep_a_secret() -> None:
    with pytest.raises(RuntimeError, match="put SessionMiddleware or Sessions around"):
        TestClient(app_of(None)).get("/form")


def test_a_lifespan_passes_by() -> None:
    with TestClient(app_of()) as client:
        assert client.get("/plain").status_code == 200


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"secret_key": "changeme"}, ValueError, "CSRFMiddleware: .* can be guessed"),
        ({"cookie": "a b"}, ValueError, "a name is a token"),
        ({"header": "a b"}, ValueError, "'a b' names no header field"),
        ({"trusted_origins": "https://a.example"}, TypeError, r"write \['https"),
        ({"exempt": "/api"}, TypeError, r"exempt takes several texts: write \['/api"),
        ({"trusted_origins": ["a.example"]}, ValueError, "is not an origin"),
        ({"exempt": ["hook"]}, ValueError, "begins with a slash: '/hook'"),
    ],
)
def test_what_makes_no_sense_is_an_error_at_start_up(
    options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CSRFMiddleware(JSONResponse({}), **{"secret_key": KEY, **options})
