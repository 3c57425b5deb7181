"""What hostile clients send to the optional parts, and to the others meanwhile.

Each request is asked of every server, and answered as the table says. Then all of them
are asked again, with those that cost most, while a probe beside them asks for little:
nobody keeps the others waiting. The fixture `others` holds the same beside the other
tests of what is hostile.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import pytest

from tests.live.server import Server, serving
from tests.live.wire import ask, message
from tests.servers.differences import Each, Early, Status, assert_status, of
from tests.servers.probe import SOON, longest_wait, shortest_wait
from tests.servers.test_http import BASIC, CHUNKED, MULTIPART, URL_ENCODED, chunks, part

MB = 1_000_000
MiB = 1 << 20


class Hostile(NamedTuple):
    """A request, and what becomes of it.

    Attributes:
        request: Its bytes.
        status: The status of the answer.
        absent: What is not in the answer, fields and content.
        present: What is in its content.
    """

    request: bytes
    status: Status | Each[Status]
    absent: str = "swordfish"
    present: str = ""


def get(target: str, *fields: str) -> bytes:
    """Give a request for a part."""
    return message(f"GET /parts{target}", *BASIC, *fields)


def post(target: str, content: bytes, *fields: str) -> bytes:
    """Give a request with content."""
    length = f"Content-Length: {len(content)}"
    return message(f"POST {target}", *BASIC, length, *fields, content=content)


def host(name: str) -> bytes:
    """Give a request for a host."""
    return message("GET /parts/hosts/client", f"Host: {name}", "Connection: close")


def query(text: str, content_type: str = "application/json") -> bytes:
    """Give a request to GraphQL."""
    content = json.dumps({"query": text}).encode()
    return post("/parts/graphql", content, f"Content-Type: {content_type}", RESPONSE)


def form(content: bytes) -> bytes:
    """Give a multipart form."""
    return post("/form", content, MULTIPART)


JSON = "Content-Type: application/json"
# Otherwise what GraphQL refuses is 200, with errors in it.
RESPONSE = "Accept: application/graphql-response+json"
NOBODY = '{"user":"nobody"}'
EVIL = "Origin: https://evil.example"

# Before all of the content is read.
LARGE = Early(413)

REQUESTS = {
    "host-21 another": Hostile(host("shop.example.evil"), 400),
    "host-21 it begins alike": Hostile(host("evilexample"), 400),
    "host-21 capitals": Hostile(host("SHOP.Example"), 200, present="shop.example"),
    "host-21 forwarded": Hostile(
        message(
            "GET /parts/hosts/client",
            "Host: evil",
            "X-Forwarded-Host: a.example",
            "Connection: close",
        ),
        400,
    ),
    "session-36 junk": Hostile(
        get("/signed/whose", "Cookie: session=eyJ1c2VyIjoiemUifQ.junk.junk"),
        200,
        present=NOBODY,
    ),
    "session-36 long": Hostile(
        get("/signed/whose", "Cookie: session=" + "A." * 4_000), 200, present=NOBODY
    ),
    "session-38 an id of the client's": Hostile(
        get("/kept/whose", "Cookie: session=" + "a" * 43),
        200,
        absent="a" * 43,
        present=NOBODY,
    ),
    "csrf-47 another origin": Hostile(
        post("/parts/own/change", b"", EVIL), 403, absent="changed"
    ),
    "csrf-47 the origin null": Hostile(
        post("/parts/own/change", b"", "Origin: null"), 403, absent="changed"
    ),
    "csrf-47 a cookie and no token": Hostile(
        post("/parts/own/change", b"", "Cookie: a=b"), 403, absent="changed"
    ),
    "csrf-48 JSON as text": Hostile(
        post("/items", b'{"a": 1}', "Content-Type: text/plain"), 415
    ),
    "csrf-48 JSON as nothing": Hostile(post("/items", b'{"a": 1}'), 415),
    "cors-50 another origin": Hostile(
        get("/shared/whose", EVIL), 500, absent="access-control-allow-origin"
    ),
    "cors-51 a preflight": Hostile(
        message(
            "OPTIONS /parts/shared/client",
            *BASIC,
            EVIL,
            "Access-Control-Request-Method: GET",
        ),
        400,
        absent="access-control-allow-origin",
    ),
    "cors-52 an error": Hostile(
        get("/shared/fails", "Origin: https://shop.example"), 500
    ),
    "body-54 more than a mebibyte": Hostile(
        post("/echo", b"x" * (MiB + 1)), LARGE, absent="length"
    ),
    "body-56 a gzip bomb": Hostile(
        post("/items", b"\x1f\x8b" + b"x" * 1_000, JSON, "Content-Encoding: gzip"), 415
    ),
    "body-56 stacked": Hostile(
        post("/items", b"x", JSON, "Content-Encoding: gzip, gzip"), 415
    ),
    "json-60 10 MB": Hostile(
        post("/items", b'{"a": [' + b"{}," * (3 * MB) + b"{}]}", JSON), LARGE
    ),
    "multipart-67 a field of a MB": Hostile(
        form(b"--x\r\nX: " + b"y" * MB + b"\r\n\r\n\r\n--x--"), Early(400)
    ),
    "multipart-67 5,000 fields": Hostile(
        form(b"--x\r\n" + b"X: y\r\n" * 5_000 + b"\r\n\r\n--x--"), 400
    ),
    "multipart-69 a path": Hostile(
        form(part("f", b"1", filename="../../x") + b"--x--"), 200, present="../../x"
    ),
    "multipart-70 LF alone": Hostile(
        form((part("a", b"1") + b"--x--").replace(b"\r\n", b"\n")), 400
    ),
    "multipart-70 10 MB behind": Hostile(
        form(part("a", b"1") + b"--x--\r\n" + b"x" * 10 * MB), 200, present='{"a":"1"}'
    ),
    **{
        f"static-{row} {path}": Hostile(
            get(f"/static/{path}"), status, absent="document"
        )
        for row, path, status in [
            (73, "../static/app.py", 404),
            (73, "..%2fapp.py", 404),
            (73, "%2e%2e/app.py", 404),
            (73, "..%5capp.py", 404),
            (73, "/etc/passwd", 404),
            (74, "../static_secret/key", 404),
            (77, "%00", 400),
            (77, "app.py/x", 404),
            (78, ".env", 404),
            (78, ".git/config", 404),
            (79, "CON", 404),
            (79, "app.py::$DATA", 404),
            (80, "__pycache__", 404),
        ]
    },
    "range-84 If-Range of junk": Hostile(
        message("GET /document", *BASIC, "Range: bytes=0-1", "If-Range: junk"), 200
    ),
    "conditional-86 junk": Hostile(
        message("GET /document", *BASIC, "If-Modified-Since: Mon, 99 Foo 9999"), 200
    ),
    "conditional-86 tags": Hostile(
        message("GET /versioned", *BASIC, "If-None-Match: " + '"a",' * 1_900 + "x"),
        200,
    ),
    "gzip-87 no transform": Hostile(
        message("GET /zipped/short", *BASIC, "Accept-Encoding: " + "gzip;q=0," * 800),
        200,
        present="short",
    ),
    "graphql-100 depth": Hostile(
        query("{ book " + "{ next " * 300 + "{ title }" + "}" * 301), 400
    ),
    "graphql-100 aliases": Hostile(
        query("{" + " ".join(f"a{n}: book {{ title }}" for n in range(400)) + "}"), 400
    ),
    "graphql-100 tokens": Hostile(query("{ " + "a " * 20_000 + "}"), 400),
    "graphql-100 a circle": Hostile(
        query("{ book { ...a } } fragment a on Book { next { ...a } }"), 400
    ),
    "graphql-101 a batch": Hostile(
        post("/parts/graphql", b'[{"query": "{ book { title } }"}]', JSON, RESPONSE),
        400,
    ),
    "graphql-102 a mutation by GET": Hostile(
        get("/graphql?query=mutation%20%7B%20sell%20%7B%20sold%20%7D%20%7D"), 405
    ),
    "graphql-102 as a form could": Hostile(
        query("mutation { sell { sold } }", "text/plain"), 415, absent="sold"
    ),
    "graphql-103 the schema": Hostile(query("{ __schema { types { name } } }"), 400),
    "graphql-103 a secret": Hostile(query("{ broken }"), 200),
    "graphql-104 variables": Hostile(
        post(
            "/parts/graphql",
            b'{"query": "{ book { title } }", "variables": 1}',
            JSON,
            RESPONSE,
        ),
        400,
    ),
    "errors-107 a failure": Hostile(message("GET /parts/signed/fails", *BASIC), 500),
    "errors-108 a path": Hostile(
        message("GET /<script>", *BASIC, "Accept: text/html"),
        Each[Status](404, granian=400),
        absent="script",
    ),
}


@pytest.mark.parametrize("hostile", REQUESTS.values(), ids=REQUESTS)
def test_a_part_answers_as_it_is_documented(server: Server, hostile: Hostile) -> None:
    """What the server makes of it is in the table, as far as it is not the same."""
    status = of(hostile.status, server)
    if not isinstance(status, int):
        assert_status(server, hostile.request, status)
    else:
        answer = ask(server, hostile.request)
        assert answer.status == status
        told = f"{answer.fields} {answer.content.decode()}"
        assert hostile.absent not in told
        assert hostile.present in told
    assert ask(server, message("GET /items/1")).status == 200


# Whom the application takes for the client. uvicorn believes a proxy on this machine by
# itself, before the application is asked.
BELIEVED = Each("127.0.0.1", h11="6.6.6.6", httptools="6.6.6.6")


def test_proxy_22_a_peer_that_is_not_ours_is_not_believed(server: Server) -> None:
    fields = ["X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6"]
    answer = ask(server, get("/proxied/client", *fields))
    expected = {"client": of(BELIEVED, server), "host": "shop.example"}
    assert (answer.status, answer.json()) == (200, expected)


# Others -------------------------------------------------------------------------------

# What costs most to read, of what is read at all.
DEAR = {
    "headers-in-24": message(
        "GET /items/1", *BASIC, *(f"X-{n}: {n}" for n in range(95))
    ),
    "headers-in-25": message("GET /items/1", *BASIC, "Accept: " + "a/b;c=d," * 900),
    "cookies-in-32": message("GET /cookies", *BASIC, "Cookie: " + 'a="\\\\"; ' * 900),
    "query-121": message("GET /search?" + "q=%C3%A9&" * 400, *BASIC),
    "route-8": message("GET /paths/" + "a/" * 1_900, *BASIC),
    "range-82": message("GET /document", *BASIC, "Range: bytes=" + "0-1," * 1_500),
    "body-53": message("POST /echo", *CHUNKED, content=chunks([b"x"] * 5_000)),
    "json-58": post("/items", b"[" * MiB, JSON),
    "json-57": post("/items", b'"' + b"\\u00e9" * 170_000, JSON),
    "json-60": post("/items", b'{"a": "' + b"x" * 900_000 + b'"}', JSON),
    "form-62": post("/form", b"a=%C3%A9&" * 990, URL_ENCODED),
    "form-63": post("/form", b"a=" + b"%41" * 340_000, URL_ENCODED),
    "multipart-64": form(part("a", b"1") * 990 + b"--x--"),
    "multipart-69": form(part("f", b"\r\n--y" * 3 * MB, filename="f") + b"--x--"),
    "graphql-100": query("{ book { title } } #" + "x" * 90_000),
}

MANY = message("POST /echo", *CHUNKED, content=chunks([b"x"] * 200_000))
ALL = {**{name: each.request for name, each in REQUESTS.items()}, **DEAR}
FORMS = [
    request
    for request in ALL.values()
    if URL_ENCODED.encode() in request or MULTIPART.encode() in request
]

# What a server makes everybody wait for, with any application: daphne reads forms for
# itself, whole, and some take their time for each chunk.
THEIR_OWN = {"daphne": [MANY, *FORMS], "gunicorn": [MANY], "h11": [MANY]}


@pytest.fixture(scope="module")
def raw(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server | None]:
    """The same server with an application that has no framework, where servers have to
    be compared."""
    if server.name not in THEIR_OWN:
        yield None
        return
    log = tmp_path_factory.mktemp(f"raw-{server.name}") / "log"
    with serving("tests.servers.raw:app", server.name, log) as running:
        yield running


def send(server: Server, request: bytes) -> None:
    """Send a request, which may be refused before it is read."""
    with suppress(ConnectionError):
        ask(server, request)


@pytest.mark.parametrize(
    "request_", [*ALL.values(), MANY], ids=[*ALL, "body-53 many more"]
)
def test_others_are_answered_meanwhile(
    server: Server, raw: Server | None, request_: bytes
) -> None:
    bound = SOON
    if raw is not None and request_ in THEIR_OWN[server.name]:
        bound += longest_wait(raw, partial(send, raw, request_))
    assert shortest_wait(server, partial(send, server, request_), bound) < bound
