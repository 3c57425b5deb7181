"""Who asks, over the wire: usual clients, unusual bytes, and WebSockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import requests

from tests.live.doors import PASSWORD, SECRET
from tests.live.server import Server, serving
from tests.live.wire import TIMEOUT, ask, converse, message


@pytest.fixture(scope="module", params=["h11", "httptools"])
def doors(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The application, served until the last test is over."""
    log = tmp_path_factory.mktemp("live") / f"{request.param}.log"
    with serving("tests.live.doors:app", request.param, log) as server:
        yield server


def token(**claims: Any) -> str:
    payload = {"sub": "ada", "exp": int(time.time()) + 600, "scope": "read", **claims}
    return jwt.encode(payload, SECRET, "HS256")


def bearer(**claims: Any) -> dict[str, str]:
    return {"authorization": f"Bearer {token(**claims)}"}


def test_usual_clients_come_in(doors: Server) -> None:
    """Each writes the field by itself; RFC 7617 section 2.1 says that it is UTF-8."""
    url = f"{doors.url}/name"
    modern = httpx.get(url, auth=("ada", PASSWORD), timeout=TIMEOUT)
    assert modern.json() == "ada"
    old = requests.get(url, auth=(b"ada", PASSWORD.encode()), timeout=TIMEOUT)
    assert old.json() == "ada"
    latin = requests.get(url, auth=("ada", PASSWORD), timeout=TIMEOUT)
    assert latin.status_code == 401


def test_others_are_told_how(doors: Server) -> None:
    """urllib3 and httpx read several challenges in one field."""
    answer = httpx.get(f"{doors.url}/either", timeout=TIMEOUT)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == (
        'Basic realm="restricted", charset="UTF-8", Bearer realm="restricted"'
    )
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("field", "status"),
    [
        (b"Authorization: Basic \xff\xfe", 401),
        (b"Authorization: Basic YWRhOndyb25n", 401),
        (b"Authorization: Basic", 401),
        (b"Authorization: basic YWRh", 401),
        (b"Authorization:", 401),
        (b"Authorization: Basic YWRhOng=\r\nAuthorization: Basic YWRhOng=", 401),
        (b"Authorization: Basic " + b"YWRh" * 8000, 401),
    ],
)
def test_what_is_no_password(doors: Server, field: bytes, status: int) -> None:
    request = message("GET /name", "Host: a.example", field, "Connection: close")
    answer = ask(doors, request + b"\r\n")
    assert answer.status == status
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("field", "status"),
    [
        (b"Authorization: Bearer \xff\xfe", 400),
        (b"Authorization: Bearer a b", 400),
        (b"Authorization: Bearer a\r\nAuthorization: Bearer b", 400),
        (b"Authorization: Bearer a.b.c", 401),
        (b"Authorization: Bearer " + b"a" * 20_000, 400),
        (b"Authorization: Basic YWRhOng=", 401),
    ],
)
def test_what_is_no_token(doors: Server, field: bytes, status: int) -> None:
    request = message("GET /token", "Host: a.example", field, "Connection: close")
    answer = ask(doors, request + b"\r\n")
    assert answer.status == status
    assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_tokens(doors: Server) -> None:
    url = f"{doors.url}/token"
    assert httpx.get(url, headers=bearer(), timeout=TIMEOUT).json() == "ada"
    for claims, status in (({"exp": int(time.time()) - 1}, 401), ({"scope": ""}, 403)):
        answer = httpx.get(url, headers=bearer(**claims), timeout=TIMEOUT)
        assert answer.status_code == status


def test_others_are_answered_while_passwords_are_compared(doors: Server) -> None:
    """Each takes a thread and its time, and none the event loop."""
    name, welcome = f"{doors.url}/name", f"{doors.url}/"
    with ThreadPoolExecutor(12) as pool:
        wrong = [
            pool.submit(httpx.get, name, auth=("ada", f"{i}"), timeout=TIMEOUT)
            for i in range(12)
        ]
        # All of them are on their way, and few at a time have a thread.
        before = 0
        while not all(each.done() for each in wrong):
            assert httpx.get(welcome, timeout=TIMEOUT).json() == "welcome"
            before += 1
        assert {each.result().status_code for each in wrong} == {401}
    assert before > 0


def test_in_and_out(doors: Server) -> None:
    """The id that was there before is worth nothing, and neither is the one after."""
    with httpx.Client(base_url=doors.url, timeout=TIMEOUT) as client:
        said = {"name": "ada", "password": PASSWORD}
        assert client.post("/login", json={**said, "password": "x"}).json() is False
        assert client.get("/session").status_code == 401
        assert client.post("/login", json=said).json() is True
        first = client.cookies["session"]
        assert client.get("/session").json() == "ada"
        assert client.post("/login", json=said).json() is True
        assert client.cookies["session"] != first
        last = client.cookies["session"]
        assert client.delete("/login").status_code == 204
    for kept in (first, last):
        cookies = {"session": kept}
        answer = httpx.get(f"{doors.url}/session", cookies=cookies, timeout=TIMEOUT)
        assert answer.status_code == 401


def test_websockets(doors: Server) -> None:
    """By a token; or by the session, from a page of the same origin (ws-94)."""
    with converse(doors, "/feed") as nobody:
        assert nobody.answer.status == 401
        challenges = nobody.answer.headers["www-authenticate"]
        assert challenges == 'Cookie realm="restricted", Bearer realm="restricted"'
    with converse(doors, "/feed", f"Authorization: Bearer {token()}") as by_token:
        assert by_token.answer.status == 101
        assert by_token.receive() == "ada"
    said = {"name": "ada", "password": PASSWORD}
    answer = httpx.post(f"{doors.url}/login", json=said, timeout=TIMEOUT)
    cookie = f"Cookie: session={answer.cookies['session']}"
    with converse(doors, "/feed", cookie, "Origin: http://shop.example") as by_session:
        assert by_session.receive() == "ada"
    for fields in (
        (cookie,),
        (cookie, "Origin: null"),
        (cookie, "Origin: https://evil.example"),
        (cookie, "Origin: http://shop.example.evil.example"),
    ):
        with converse(doors, "/feed", *fields) as other:
            assert other.answer.status == 403, fields


def test_no_secret_is_in_the_log(doors: Server) -> None:
    """Whatever was sent by then (logs-118)."""
    said = Path(doors.log).read_text("utf-8", "replace")
    for secret in (SECRET, PASSWORD, "YWRhOndyb25n", token()[:30]):
        assert secret not in said
