"""Every answer that the document declares, asked for once.

Together with test_app.py this is the suite that test_contract.py holds to the
document, with nothing left out: what is added there has to be asked for here.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from examples.bookshop.app import app
from examples.bookshop.database import FirstBooks
from restlette.testing import TestClient
from tests.examples.bookshop.shelf import (
    EMMA,
    GERMINAL,
    KEY,
    MERGE,
    THREE,
    WIND,
    as_json,
    written,
)

HTML = {"accept": "text/html"}
PICTURE = {"accept": "image/png"}
LONG = as_json(WIND, title="x" * 1024**2)
EARLIER = {"if-match": '"1-0"'}
TEXT = {"content-type": "text/plain"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
COVER = {"files": {"cover": ("x.png", PNG)}}
LARGE = {"files": {"cover": ("x.png", PNG + bytes(5 * 1024**2))}}
FILE = {"files": {"file": ("books.csv", written(WIND))}}
ENDLESS = {"files": {"file": ("books.csv", bytes(17 * 1024**2))}}
NO_FORM = {
    "data": b"--x\r\n",
    "headers": {"content-type": "multipart/form-data; boundary=x"},
}
NO_JSON = {"data": b"{", "headers": {"content-type": "application/json"}}

# What sellers alone may do.
WRITES = [
    ("POST", "/books"),
    ("PUT", "/books/1"),
    ("PATCH", "/books/1"),
    ("DELETE", "/books/1"),
    ("POST", "/books/import"),
    ("POST", "/books/1/cover"),
    ("DELETE", "/books/1/cover"),
    ("GET", "/accounts/zoe"),
    ("PUT", "/accounts/zoe"),
    ("GET", "/books/new"),
    ("GET", "/books/1/edit"),
]
ZOE = {"name": "zoe", "password": "correct horse"}
SELLER = {"name": "seller", "password": "seller"}

ANSWERS: list[tuple[int, str, str, dict[str, Any]]] = [
    (200, "GET", "/", {"headers": HTML}),
    (200, "GET", "/news", {"headers": HTML}),
    (200, "GET", "/log-in", {"headers": HTML}),
    (200, "GET", "/books/new", {"headers": HTML}),
    (200, "GET", "/books/1/edit", {"headers": HTML}),
    (200, "PUT", "/books/1", {"data": as_json(WIND), "headers": HTML}),
    (303, "POST", "/books", {"data": as_json(WIND), "headers": HTML}),
    (303, "POST", "/session", {"data": SELLER, "headers": HTML}),
    (422, "POST", "/books", {"data": {"title": ""}, "headers": HTML}),
    (422, "PUT", "/books/1", {"data": {"title": ""}, "headers": HTML}),
    (422, "POST", "/session", {"data": ZOE, "headers": HTML}),
    (404, "GET", "/books/9/edit", {}),
    *[
        (406, "GET", target, {"headers": PICTURE})
        for target in ("/", "/news", "/log-in", "/books/new", "/books/1/edit")
    ],
    (400, "GET", "/books/%FF/edit", {}),
    (404, "DELETE", "/books/9/cover", {}),
    (200, "GET", "/books", {}),
    (200, "GET", "/books/numbers", {}),
    (200, "GET", "/books/1", {}),
    (304, "GET", "/books/1", {"headers": {"if-none-match": '"1-1;application/json"'}}),
    (400, "GET", "/books?" + "&".join(f"a{n}" for n in range(1001)), {}),
    (400, "POST", "/books", NO_JSON),
    (400, "PUT", "/books/1", NO_JSON),
    (400, "PATCH", "/books/1", {"data": b"{", "headers": MERGE}),
    (400, "GET", "/books/%FF", {}),
    (400, "DELETE", "/books/%FF", {}),
    (400, "POST", "/books/import", NO_FORM),
    (400, "POST", "/books/1/cover", NO_FORM),
    (400, "GET", "/books/%FF/cover", {}),
    (400, "DELETE", "/books/%FF/cover", {}),
    *[
        (401, method, target, {"headers": {"authorization": None}})
        for method, target in WRITES
    ],
    (400, "POST", "/accounts", NO_JSON),
    (400, "GET", "/accounts/%FF", {}),
    (400, "PUT", "/accounts/zoe", NO_JSON),
    (400, "POST", "/session", NO_JSON),
    (401, "GET", "/session", {}),
    (401, "DELETE", "/session", {}),
    (404, "GET", "/accounts/zoe", {}),
    (404, "PUT", "/accounts/zoe", {"json": {"role": "seller"}}),
    (406, "POST", "/accounts", {"json": ZOE, "headers": PICTURE}),
    (406, "GET", "/accounts/zoe", {"headers": PICTURE}),
    (406, "PUT", "/accounts/zoe", {"json": {"role": "seller"}, "headers": PICTURE}),
    (406, "POST", "/session", {"json": ZOE, "headers": PICTURE}),
    (406, "GET", "/session", {"headers": PICTURE}),
    (409, "POST", "/accounts", {"json": {**ZOE, "name": "seller"}}),
    (413, "POST", "/accounts", {"json": LONG}),
    (413, "PUT", "/accounts/zoe", {"json": LONG}),
    (413, "POST", "/session", {"json": LONG}),
    (415, "POST", "/accounts", {"data": b"x", "headers": TEXT}),
    (415, "PUT", "/accounts/zoe", {"data": b"x", "headers": TEXT}),
    (415, "POST", "/session", {"data": b"x", "headers": TEXT}),
    (422, "POST", "/accounts", {"json": {**ZOE, "password": "short"}}),
    (422, "PUT", "/accounts/zoe", {"json": {"role": "owner"}}),
    (422, "POST", "/session", {"json": ZOE}),
    (404, "GET", "/books/9", {}),
    (404, "PUT", "/books/9", {"json": as_json(WIND)}),
    (404, "PATCH", "/books/9", {"json": {}, "headers": MERGE}),
    (404, "DELETE", "/books/9", {"headers": KEY}),
    (404, "GET", "/books/1/cover", {}),
    (404, "POST", "/books/9/cover", COVER),
    (404, "DELETE", "/books/x/cover", {}),
    (406, "GET", "/books", {"headers": PICTURE}),
    (406, "POST", "/books", {"json": as_json(WIND), "headers": PICTURE}),
    (406, "GET", "/books/numbers", {"headers": PICTURE}),
    (406, "GET", "/books/1", {"headers": PICTURE}),
    (406, "PUT", "/books/1", {"json": as_json(WIND), "headers": PICTURE}),
    (406, "PATCH", "/books/1", {"json": {}, "headers": {**PICTURE, **MERGE}}),
    (406, "POST", "/books/import", {**FILE, "headers": PICTURE}),
    (409, "POST", "/books", {"json": as_json(EMMA)}),
    (409, "PUT", "/books/1", {"json": as_json(GERMINAL)}),
    (409, "PATCH", "/books/1", {"json": {"isbn": GERMINAL.isbn}, "headers": MERGE}),
    (412, "GET", "/books/1", {"headers": EARLIER}),
    (412, "PUT", "/books/1", {"json": as_json(WIND), "headers": EARLIER}),
    (412, "PATCH", "/books/1", {"json": {}, "headers": {**EARLIER, **MERGE}}),
    (412, "DELETE", "/books/1", {"headers": {**EARLIER, **KEY}}),
    (413, "POST", "/books", {"json": LONG}),
    (413, "PUT", "/books/1", {"json": LONG}),
    (413, "PATCH", "/books/1", {"json": LONG, "headers": MERGE}),
    (413, "POST", "/books/import", ENDLESS),
    (413, "POST", "/books/1/cover", LARGE),
    (415, "POST", "/books", {"data": b"x", "headers": TEXT}),
    (415, "PUT", "/books/1", {"data": b"x", "headers": TEXT}),
    (415, "PATCH", "/books/1", {"data": b"x", "headers": TEXT}),
    (415, "POST", "/books/import", {"data": b"x", "headers": TEXT}),
    (415, "POST", "/books/1/cover", {"data": b"x", "headers": TEXT}),
    (422, "GET", "/books?size=0", {}),
    (422, "POST", "/books", {"json": as_json(WIND, year="old")}),
    (422, "PUT", "/books/1", {"json": as_json(WIND, year="old")}),
    (422, "PATCH", "/books/1", {"json": {"year": "old"}, "headers": MERGE}),
    (422, "POST", "/books/import", {"files": {"other": ("x", b"")}}),
    (422, "POST", "/books/1/cover", {"files": {"cover": ("x", b"<script>")}}),
]


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A seller's client of a shop with three books, held to the shop's document."""
    with (
        app.override(FirstBooks, THREE),
        TestClient(app, contract=True) as client,
    ):
        client.headers.update(KEY)
        yield client


@pytest.mark.parametrize(
    "status, method, target, request_",
    ANSWERS,
    ids=[f"{status} {method} {target[:30]}" for status, method, target, _ in ANSWERS],
)
def test_it_is_answered(
    client: TestClient,
    status: int,
    method: str,
    target: str,
    request_: dict[str, Any],
) -> None:
    answer = client.request(method, target, **request_, allow_redirects=False)
    assert answer.status_code == status


def test_a_cover_is_answered_in_each_way(client: TestClient) -> None:
    target = "/books/1/cover"
    assert client.post(target, **COVER).status_code == 201
    for status, fields in (
        (200, {}),
        (206, {"range": "bytes=0-3"}),
        (304, {"if-none-match": "*"}),
        (412, {"if-match": '"other"'}),
        (416, {"range": "bytes=999-"}),
    ):
        assert client.get(target, headers=fields).status_code == status
    assert client.delete(target).status_code == 204


def test_changes_are_told_as_events(client: TestClient) -> None:
    client.post("/books", json=as_json(WIND))
    with client.get(
        "/books/changes", headers={"last-event-id": "0"}, stream=True
    ) as told:
        assert told.status_code == 200
        assert next(told.iter_lines()) == b"event: added"
