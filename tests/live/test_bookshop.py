"""The bookshop, asked by a client over HTTP: each method, each error.

Status and header fields are compared whole: what is not expected is not there.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from examples.bookshop.database import BOOKS
from examples.bookshop.files import COLUMNS
from restlette.contrib.security import CONTENT_SECURITY_POLICY, PERMISSIONS_POLICY
from restlette.http.limits import DEFAULT_LIMITS
from tests.examples.bookshop.shelf import KEY, MERGE, WIND, as_json
from tests.live.server import HOST, Server
from tests.live.wire import TIMEOUT, Answer, ask, message, of_the_application

MARTIAN = as_json(
    WIND, isbn="9780804139021", title="The Martian", author="Andy Weir", year=2012
)


# What books are taken as: by programs, and by the forms of pages.
TAKEN = "application/json, application/x-www-form-urlencoded, multipart/form-data"

# What every answer tells browsers; see docs/templates.md.
FOR_BROWSERS = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("permissions-policy", PERMISSIONS_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "content-security-policy",
        "; ".join(f"{name} {value}" for name, value in CONTENT_SECURITY_POLICY.items()),
    ),
]


def send(shop: Server, method: str, target: str, **options: Any) -> Answer:
    """Ask as a seller, with requests, which follows no redirect here."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(KEY)
        response = session.request(
            method,
            shop.url + target,
            timeout=TIMEOUT,
            allow_redirects=False,
            **options,
        )
    fields = of_the_application(list(response.raw.headers.items()))
    return for_programs(Answer(response.status_code, fields, response.content))


def for_programs(answer: Answer) -> Answer:
    """Give an answer without what every answer tells browsers."""
    assert {*FOR_BROWSERS} <= {*answer.fields}
    rest = [field for field in answer.fields if field not in FOR_BROWSERS]
    return answer._replace(fields=rest)


def content_fields(answer: Answer, media_type: str, **others: str) -> dict[str, str]:
    """Give the header fields of an answer with content."""
    length = str(len(answer.content))
    return {"content-type": media_type, "content-length": length, **others}


def json_fields(answer: Answer, **others: str) -> dict[str, str]:
    """Give the header fields of an answer in JSON, which could have been a page."""
    return content_fields(answer, "application/json", vary="Accept", **others)


def problem_fields(answer: Answer, **others: str) -> dict[str, str]:
    """Give the header fields of an answer with problem details."""
    fields = {"vary": "Accept", **others}
    return content_fields(answer, "application/problem+json", **fields)


def text_problem_fields(answer: Answer) -> dict[str, str]:
    """Give the header fields of an answer with a problem in plain text."""
    return content_fields(answer, "text/plain; charset=utf-8", vary="Accept")


def assert_problem(
    answer: Answer, status: int, title: str, detail: str | None = None, **others: str
) -> None:
    """Assert that an answer is a problem, with these fields beside the usual ones."""
    assert answer.status == status
    assert answer.headers == problem_fields(answer, **others)
    problem = answer.json()
    assert (problem["type"], problem["title"]) == ("about:blank", title)
    assert problem["status"] == status
    assert problem.get("detail") == detail


@pytest.fixture
def wind(shop: Server) -> Iterator[int]:
    """The number of a book that is there for one test."""
    book_id = send(shop, "POST", "/books", json=as_json(WIND)).json()["id"]
    yield book_id
    send(shop, "DELETE", f"/books/{book_id}", headers=KEY)


def test_get_answers_200_with_the_page_of_welcome(shop: Server) -> None:
    answer = send(shop, "GET", "/")
    assert answer.status == 200
    fields = content_fields(answer, "text/html; charset=utf-8", vary="Cookie")
    assert answer.headers == fields
    assert answer.content.startswith(b"<!doctype html>")


def test_get_answers_200_with_books(shop: Server) -> None:
    answer = send(shop, "GET", "/books?author=austen&order=oldest&size=2&page=2")
    assert answer.status == 200
    parts = {"first": 1, "prev": 1, "next": 3, "last": 3}
    links = ", ".join(
        f'<?author=austen&order=oldest&size=2&page={page}>; rel="{relation}"'
        for relation, page in parts.items()
    )
    assert answer.headers == json_fields(answer, link=links)
    titles = [book["title"] for book in answer.json()["items"]]
    assert titles == ["Mansfield Park", "Emma"]
    assert answer.json()["total"] == 6


def test_get_finds_what_is_not_ascii(shop: Server) -> None:
    answer = send(shop, "GET", "/books", params={"q": "маргарита"})
    assert [book["author"] for book in answer.json()["items"]] == ["Михаил Булгаков"]
    assert "Мастер".encode() in answer.content


def test_get_answers_200_with_one_book(shop: Server) -> None:
    answer = send(shop, "GET", "/books/1")
    assert answer.status == 200
    assert answer.headers == json_fields(answer, etag='"1-1;application/json"')
    assert answer.json() == {
        "id": 1,
        "seller": "seller",
        "has_cover": False,
        "isbn": "9780231073370",
        "title": "The Pillow Book",
        "author": "Sei Shōnagon",
        "year": 1002,
        "language": "ja",
    }


@pytest.mark.parametrize("target", ["/", "/books", "/books/1", "/books/99999"])
def test_head_answers_with_the_fields_of_get_and_no_content(
    shop: Server, target: str
) -> None:
    get, head = send(shop, "GET", target), send(shop, "HEAD", target)
    assert (head.status, head.headers) == (get.status, get.headers)
    assert head.content == b""


@pytest.mark.parametrize(
    "target, allow, takes",
    [
        ("/", "GET, HEAD, OPTIONS", {}),
        (
            "/books",
            "GET, HEAD, OPTIONS, POST",
            {"accept-post": TAKEN},
        ),
        (
            "/books/1",
            "DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
            {
                "accept-patch": (
                    "application/merge-patch+json, application/json-patch+json"
                )
            },
        ),
    ],
)
def test_options_answers_204_with_allow(
    shop: Server, target: str, allow: str, takes: dict[str, str]
) -> None:
    answer = send(shop, "OPTIONS", target)
    assert (answer.status, answer.content) == (204, b"")
    assert answer.headers == {"allow": allow, **takes}


def test_a_book_goes_through_its_life(shop: Server) -> None:
    created = send(shop, "POST", "/books", json=as_json(WIND))
    book = created.json()
    location = f"/books/{book['id']}"
    assert created.status == 201
    assert created.headers == json_fields(created, location=location)
    assert book == as_json(WIND, id=book["id"])

    assert send(shop, "GET", location).json() == book

    put = send(shop, "PUT", location, json=as_json(WIND, year=2008))
    assert (put.status, put.json()) == (200, {**book, "year": 2008})
    assert put.headers == json_fields(put)

    patched = send(shop, "PATCH", location, json={"year": 2007}, headers=MERGE)
    assert (patched.status, patched.json()) == (200, book)
    assert patched.headers == json_fields(patched)

    deleted = send(shop, "DELETE", location, headers=KEY)
    assert (deleted.status, deleted.headers, deleted.content) == (204, {}, b"")
    assert send(shop, "GET", location).status == 404


@pytest.mark.parametrize(
    "target, location",
    [
        ("/books/", "/books"),
        ("/books/1/", "/books/1"),
        ("/books/?q=%C3%A9t%C3%A9&size=1", "/books?q=%C3%A9t%C3%A9&size=1"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_other_spelling_answers_307_with_a_relative_location(
    shop: Server, method: str, target: str, location: str
) -> None:
    answer = send(shop, method, target)
    assert (answer.status, answer.content) == (307, b"")
    assert answer.headers == {"location": location, "content-length": "0"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"title": ', id="truncated"),
        pytest.param(b"", id="empty"),
        pytest.param(b"title=Emma", id="no JSON"),
        pytest.param(b'\xef\xbb\xbf{"title": "Emma"}', id="BOM"),
        pytest.param('{"title": "Emma"}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'{"title": "\xff"}', id="no UTF-8"),
        pytest.param(b'{"year": NaN}', id="NaN"),
        pytest.param(b'{"year": 1e999999}', id="infinite"),
        pytest.param(b"9" * 10_000, id="huge integer"),
        pytest.param(b"[" * 100_000, id="depth"),
    ],
)
def test_what_is_no_json_is_answered_400(shop: Server, content: bytes) -> None:
    fields = {"content-type": "application/json"}
    answer = send(shop, "POST", "/books", data=content, headers=fields)
    assert answer.status == 400
    assert answer.headers == problem_fields(answer)
    assert answer.json()["title"] == "Bad Request"
    assert b"Emma" not in answer.content


@pytest.mark.parametrize(
    "target, detail",
    [
        ("/books/99999", "There is no book 99999."),
        ("/books/x", None),
        ("/books/1/pages", None),
        ("/book", None),
    ],
)
def test_what_is_not_there_is_answered_404(
    shop: Server, target: str, detail: str | None
) -> None:
    assert_problem(send(shop, "GET", target), 404, "Not Found", detail)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_is_not_there_cannot_be_changed(shop: Server, method: str) -> None:
    fields = {"PATCH": MERGE, "DELETE": KEY}.get(method)
    content = None if method == "DELETE" else MARTIAN
    answer = send(shop, method, "/books/99999", json=content, headers=fields)
    assert_problem(answer, 404, "Not Found", "There is no book 99999.")


@pytest.mark.parametrize(
    "method, target, allow",
    [
        ("DELETE", "/books", "GET, HEAD, OPTIONS, POST"),
        ("PATCH", "/books", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/books/1", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("TRACE", "/books", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_method_that_is_not_allowed_is_answered_405_with_allow(
    shop: Server, method: str, target: str, allow: str
) -> None:
    answer = send(shop, method, target)
    assert_problem(answer, 405, "Method Not Allowed", allow=allow)


@pytest.mark.parametrize("method", ["PROPFIND", "PURGE"])
def test_a_method_that_http_does_not_know_is_answered_501(
    shop: Server, method: str
) -> None:
    assert_problem(send(shop, method, "/books"), 501, "Not Implemented")


@pytest.mark.parametrize(
    "accept", ["image/png", "text/csv", "application/json;q=0", "application/xml, a/b"]
)
def test_a_representation_that_is_not_there_is_answered_406(
    shop: Server, accept: str
) -> None:
    answer = send(shop, "GET", "/books", headers={"accept": accept})
    said = b"Not Acceptable\nThere is: application/json, text/html; charset=utf-8.\n"
    assert (answer.status, answer.content) == (406, said)
    assert answer.headers == text_problem_fields(answer)


def test_a_client_that_refuses_json_gets_problems_as_text(shop: Server) -> None:
    answer = send(shop, "GET", "/nowhere", headers={"accept": "text/plain"})
    assert (answer.status, answer.content) == (404, b"Not Found\n")
    assert answer.headers == text_problem_fields(answer)


def test_an_isbn_that_is_taken_is_answered_409(shop: Server, wind: int) -> None:
    detail = f"The ISBN 9780756404079 belongs to book {wind}, The Name of the Wind."
    answer = send(shop, "POST", "/books", json=as_json(WIND))
    assert_problem(answer, 409, "Conflict", detail)
    assert answer.json()["book_id"] == wind
    assert_problem(
        send(shop, "PATCH", "/books/1", json={"isbn": WIND.isbn}, headers=MERGE),
        409,
        "Conflict",
        detail,
    )


def test_content_above_the_limit_is_answered_413(shop: Server) -> None:
    fields = [
        "Host: shop.example",
        "Connection: close",
        "Authorization: Bearer seller",
        "Content-Type: application/json",
        f"Content-Length: {DEFAULT_LIMITS.body + 1}",
    ]
    # The answer comes before the content does.
    answer = for_programs(ask(shop, message("POST /books", *fields)))
    assert answer.status == 413
    assert answer.headers == problem_fields(answer)


def test_content_above_the_limit_without_a_length_is_answered_413(shop: Server) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"title": "'
        for _ in range(DEFAULT_LIMITS.body // 2**14):
            yield b"x" * 2**14

    fields = {"content-type": "application/json"}
    answer = send(shop, "POST", "/books", data=chunks(), headers=fields)
    assert answer.status == 413
    assert answer.headers == problem_fields(answer)


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/jsonp",
        None,
    ],
)
def test_content_of_another_type_is_answered_415(
    shop: Server, media_type: str | None
) -> None:
    content = json.dumps(MARTIAN).encode()
    fields = {"content-type": media_type}
    answer = send(shop, "POST", "/books", data=content, headers=fields)
    title = "Unsupported Media Type"
    assert_problem(answer, 415, title, accept=TAKEN, **{"accept-post": TAKEN})


def test_content_that_is_no_book_is_answered_422_with_every_place(
    shop: Server,
) -> None:
    wrong = as_json(WIND, title="", year="2007", isbn="9780756404070", price=1)
    answer = send(shop, "POST", "/books", json=wrong)
    assert answer.status == 422
    assert answer.headers == problem_fields(answer)
    problem = answer.json()
    assert problem["title"] == "Unprocessable Content"
    places = sorted((error["pointer"], error["code"]) for error in problem["errors"])
    assert places == [
        ("#/isbn", "invalid"),
        ("#/price", "unknown"),
        ("#/title", "invalid"),
        ("#/year", "type"),
    ]


def test_a_query_that_is_wrong_is_answered_422_with_every_name(shop: Server) -> None:
    answer = send(shop, "GET", "/books?size=0&order=price&colour=red")
    assert answer.status == 422
    assert answer.headers == problem_fields(answer)
    names = sorted(error["name"] for error in answer.json()["errors"])
    assert names == ["colour", "order", "size"]


def test_the_feed_asked_over_http_is_answered_426(shop: Server) -> None:
    detail = "This resource is spoken to over a WebSocket."
    answer = send(shop, "GET", "/books/feed")
    assert_problem(answer, 426, "Upgrade Required", detail, upgrade="websocket")


def feed_of(shop: Server, target: str = "/books/feed") -> ClientConnection:
    """Connect to the feed."""
    url = shop.url.replace("http", "ws") + target
    return connect(url, proxy=None, open_timeout=TIMEOUT, close_timeout=TIMEOUT)


def test_the_feed_tells_of_every_change(shop: Server) -> None:
    with feed_of(shop) as one, feed_of(shop) as other:
        book = send(shop, "POST", "/books", json=as_json(WIND)).json()
        location = f"/books/{book['id']}"
        send(shop, "PATCH", location, json={"year": 2008}, headers=MERGE)
        send(shop, "DELETE", location, headers=KEY)
        heard = [json.loads(one.recv(TIMEOUT)) for _ in range(3)]
        first = heard[0]["number"]
        assert heard == [
            {"number": first, "event": "added", "book": book},
            {"number": first + 1, "event": "changed", "book": {**book, "year": 2008}},
            {"number": first + 2, "event": "removed", "book": {**book, "year": 2008}},
        ]
        assert [json.loads(other.recv(TIMEOUT)) for _ in range(3)] == heard


def test_changes_come_as_events_too(shop: Server) -> None:
    """With the number of each, from which a client that was away goes on."""
    with feed_of(shop) as feed:
        book = send(shop, "POST", "/books", json=as_json(WIND)).json()
        send(shop, "DELETE", f"/books/{book['id']}", headers=KEY)
        number = json.loads(feed.recv(TIMEOUT))["number"]
    fields = ["Host: shop.example", f"Last-Event-ID: {number - 1}"]
    with (
        socket.create_connection((HOST, shop.port), timeout=TIMEOUT) as connection,
        connection.makefile("rb") as lines,
    ):
        connection.sendall(message("GET /books/changes", *fields))
        assert lines.readline() == b"HTTP/1.1 200 OK\r\n"
        told = [line for line in iter(lines.readline, b"event: removed\n") if line]
        assert f"id: {number}\n".encode() in told
        assert lines.readline() == f"id: {number + 1}\n".encode()


def test_files_come_by_form_and_covers_go_in_ranges(shop: Server) -> None:
    content = f"{','.join(COLUMNS)}\n9780141439588,Emma,Jane Austen,1815,en".encode()
    answer = send(shop, "POST", "/books/import", files={"file": ("a.csv", content)})
    assert answer.status == 422
    detail = "an ISBN has 13 digits, and the last must check the others"
    assert answer.json()["errors"] == [{"line": 2, "detail": detail, "code": "invalid"}]
    known = {"file": ("books.csv", BOOKS.read_bytes())}
    assert send(shop, "POST", "/books/import", files=known).status == 200
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000
    cover = {"cover": ("cover.png", picture)}
    created = send(shop, "POST", "/books/2/cover", files=cover)
    assert created.headers == {"location": "/books/2/cover", "content-length": "0"}
    assert send(shop, "GET", "/books/2/cover").content == picture
    part = send(shop, "GET", "/books/2/cover", headers={"range": "bytes=-256"})
    assert (part.status, part.content) == (206, bytes(range(256)))
    assert send(shop, "DELETE", "/books/2/cover").status == 204


@pytest.mark.parametrize(
    "sent, code",
    [
        pytest.param("not JSON", 1007, id="no JSON"),
        pytest.param("[" * 100_000, 1007, id="depth"),
        pytest.param("", 1007, id="empty"),
        pytest.param(b"\xff", 1007, id="no UTF-8"),
        pytest.param("x" * (DEFAULT_LIMITS.message + 1), 1009, id="too long"),
    ],
)
def test_a_message_that_does_not_fit_closes_the_feed(
    shop: Server, sent: str | bytes, code: int
) -> None:
    with feed_of(shop) as feed:
        feed.send(sent)
        with pytest.raises(ConnectionClosed) as caught:
            feed.recv(TIMEOUT)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == code


def test_a_client_that_leaves_is_not_missed(shop: Server, wind: int) -> None:
    with feed_of(shop) as feed:
        feed.socket.close()
    with feed_of(shop) as other:
        year = {"year": 2008}
        send(shop, "PATCH", f"/books/{wind}", json=year, headers=MERGE)
        assert json.loads(other.recv(TIMEOUT))["event"] == "changed"


@pytest.mark.parametrize(
    "target, status", [("/books", 403), ("/books/1", 403), ("/nowhere", 404)]
)
def test_a_websocket_where_there_is_none_is_refused(
    shop: Server, target: str, status: int
) -> None:
    with pytest.raises(InvalidStatus) as caught, feed_of(shop, target):
        pass
    assert caught.value.response.status_code == status
