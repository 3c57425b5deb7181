"""The application, put together: asked by a client, without a server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import examples.bookshop
from examples.bookshop.app import app
from examples.bookshop.database import FirstBooks
from examples.bookshop.models import Book, Change, Event
from examples.bookshop.news import News
from examples.bookshop.resources import Changes
from restlette import ServerSentEvent
from restlette.testing import TestClient, build_request
from tests.examples.bookshop.shelf import (
    EMMA,
    GERMINAL,
    KEY,
    MERGE,
    NANA,
    THREE,
    WIND,
    as_json,
    written,
)


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A seller's client of a shop with three books, held to the shop's document."""
    with (
        app.override(FirstBooks, THREE),
        TestClient(app, contract=True) as client,
    ):
        client.headers.update(KEY)
        yield client


def test_the_shop_opens_with_its_books_and_forgets_what_was_done() -> None:
    with TestClient(app, contract=True) as client:
        page = client.get("/books?size=100")
        assert len(page.json()["items"]) == 100
        assert page.json()["total"] == 548
        assert 'rel="last"' in page.headers["link"]
        assert client.delete("/books/1", headers=KEY).status_code == 204
        assert client.get("/books/1").status_code == 404
    with TestClient(app, contract=True) as client:
        assert client.get("/books/1").json()["title"] == "The Pillow Book"


def test_a_book_goes_through_its_life(client: TestClient) -> None:
    created = client.post("/books", json=as_json(WIND))
    assert created.status_code == 201
    assert created.headers["location"] == "/books/4"
    assert created.json() == as_json(WIND, id=4)

    there = client.get(created.headers["location"])
    assert there.json() == as_json(WIND, id=4)
    assert there.headers["etag"] == '"4-1;application/json"'

    patched = client.patch("/books/4", json={"year": 2008}, headers=MERGE)
    assert patched.json() == as_json(WIND, id=4, year=2008)

    put = client.put("/books/4", json=as_json(WIND))
    assert put.json() == as_json(WIND, id=4)

    deleted = client.delete("/books/4", headers=KEY)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert client.get("/books/4").status_code == 404


def test_who_saw_an_earlier_state_changes_nothing(client: TestClient) -> None:
    seen = {"if-match": client.get("/books/1").headers["etag"]}
    assert client.put("/books/1", json=as_json(WIND), headers=seen).status_code == 200
    for method, options in (
        ("PUT", {"json": as_json(EMMA), "headers": seen}),
        ("PATCH", {"json": {"year": 1}, "headers": {**seen, **MERGE}}),
        ("DELETE", {"headers": {**seen, **KEY}}),
    ):
        assert client.request(method, "/books/1", **options).status_code == 412
    assert client.get("/books/1").json() == as_json(WIND, id=1)
    again = {"if-none-match": client.get("/books/1").headers["etag"]}
    assert client.get("/books/1", headers=again).status_code == 304


def test_a_book_can_be_patched_by_operations(client: TestClient) -> None:
    operations = [
        {"op": "test", "path": "/title", "value": "Emma"},
        {"op": "replace", "path": "/year", "value": 1816},
    ]
    fields = {"content-type": "application/json-patch+json"}
    patched = client.patch("/books/1", json=operations, headers=fields)
    assert patched.json() == as_json(EMMA, id=1, year=1816)
    refused = client.patch("/books/1", json={"id": 7}, headers=MERGE)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        422,
        "unknown",
    )


def test_sellers_alone_write(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = client.delete("/books/1", headers={"authorization": None})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == (
        'Bearer realm="bookshop", Session realm="bookshop"'
    )
    wrong = {"authorization": "Bearer other"}
    assert client.delete("/books/1", headers=wrong).status_code == 401
    assert client.delete("/books/1", headers=KEY).status_code == 204
    monkeypatch.setenv("BOOKSHOP_KEY", "other")
    assert client.delete("/books/2", headers=KEY).status_code == 401
    assert client.delete("/books/2", headers=wrong).status_code == 204


def test_books_are_counted(client: TestClient) -> None:
    counted = client.get("/books/numbers").json()
    assert counted == {"total": 3, "by_language": {"en": 1, "fr": 2}}


def test_a_conflict_names_the_other_book(client: TestClient) -> None:
    response = client.post("/books", json=as_json(GERMINAL))
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "The ISBN 9780140447422 belongs to book 2, Germinal.",
        "book_id": 2,
    }


def test_a_number_that_no_book_can_have_is_not_found(client: TestClient) -> None:
    for number in ("0", "4", "-1", "x", "1.0", "9" * 20, "9" * 5000):
        assert client.get(f"/books/{number}").status_code == 404


def test_what_a_client_hears_of_changes(client: TestClient) -> None:
    with client.websocket_connect("/books/feed") as feed:
        client.post("/books", json=as_json(WIND))
        client.patch("/books/4", json={"year": 2008}, headers=MERGE)
        client.delete("/books/4", headers=KEY)
        client.post("/books", json=as_json(NANA))
        client.delete("/books/1", headers=KEY)
        heard = [feed.receive_json() for _ in range(4)]
    assert heard == [
        {"number": 1, "event": "added", "book": as_json(WIND, id=4)},
        {"number": 2, "event": "changed", "book": as_json(WIND, id=4, year=2008)},
        {"number": 3, "event": "removed", "book": as_json(WIND, id=4, year=2008)},
        {"number": 4, "event": "removed", "book": as_json(EMMA, id=1)},
    ]


def test_the_feed_is_left_without_a_trace(client: TestClient) -> None:
    with client.websocket_connect("/books/feed"):
        pass
    assert client.post("/books", json=as_json(WIND)).status_code == 201


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def test_books_come_from_a_file(client: TestClient) -> None:
    content = written(EMMA, WIND, NANA)
    answer = client.post("/books/import", files={"file": ("any.txt", content)})
    assert (answer.status_code, answer.json()) == (200, {"added": 1, "known": 2})
    assert client.get("/books/4").json() == as_json(WIND, id=4)


def test_a_file_with_a_wrong_line_adds_nothing(client: TestClient) -> None:
    content = written(WIND) + b"9780141439588,Emma,Jane Austen,1815,en\r\n"
    answer = client.post("/books/import", files={"file": ("books.csv", content)})
    assert answer.status_code == 422
    detail = "an ISBN has 13 digits, and the last must check the others"
    assert answer.json()["errors"] == [{"line": 3, "detail": detail, "code": "invalid"}]
    assert client.get("/books/4").status_code == 404


@pytest.mark.parametrize(
    "target, name", [("/books/import", "file"), ("/books/1/cover", "cover")]
)
def test_a_form_without_its_file_is_refused(
    client: TestClient, target: str, name: str
) -> None:
    answer = client.post(target, files={"other": ("books.csv", b"")})
    errors = [(each["name"], each["code"]) for each in answer.json()["errors"]]
    assert (answer.status_code, errors) == (
        422,
        [("other", "unknown"), (name, "missing")],
    )
    as_text = client.post(target, data={name: "text"})
    assert as_text.json()["errors"][0]["code"] == "type"
    assert client.post(target, json={}).status_code == 415


def test_a_cover_goes_through_its_life(client: TestClient) -> None:
    assert client.get("/books/1/cover").status_code == 404
    created = client.post("/books/1/cover", files={"cover": ("x.html", PNG)})
    assert created.status_code == 201
    assert created.headers["location"] == "/books/1/cover"

    shown = client.get("/books/1/cover")
    assert (shown.status_code, shown.content) == (200, PNG)
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["x-content-type-options"] == "nosniff"

    etag = {"if-none-match": shown.headers["etag"]}
    assert client.get("/books/1/cover", headers=etag).status_code == 304

    part = client.get("/books/1/cover", headers={"range": "bytes=8-11"})
    assert (part.status_code, part.content) == (206, bytes(range(4)))
    assert part.headers["content-range"] == f"bytes 8-11/{len(PNG)}"

    assert client.delete("/books/1/cover").status_code == 204
    assert client.get("/books/1/cover").status_code == 404


def test_a_cover_goes_with_its_book(client: TestClient) -> None:
    client.post("/books/1/cover", files={"cover": ("x.png", PNG)})
    client.delete("/books/1", headers=KEY)
    assert client.get("/books/1/cover").status_code == 404
    nowhere = client.post("/books/1/cover", files={"cover": ("x.png", PNG)})
    assert nowhere.status_code == 404


def test_what_is_no_picture_is_no_cover(client: TestClient) -> None:
    answer = client.post("/books/1/cover", files={"cover": ("x.png", b"<script>")})
    assert answer.status_code == 422
    large = PNG + bytes(5 * 1024**2)
    answer = client.post("/books/1/cover", files={"cover": ("x.png", large)})
    assert answer.status_code == 413


def test_who_comes_back_hears_what_was_missed() -> None:
    async def main() -> list[ServerSentEvent[Change]]:
        news = News()
        emma = Book(**attrs.asdict(EMMA), id=1)
        for _ in range(3):
            news.tell(Event.REMOVED, emma)
        request = build_request("GET", "/", headers={"last-event-id": "1"})
        stream = await Changes(news=news).get(request)
        events = aiter(stream.body_iterator)
        heard = [await anext(events), await anext(events)]
        news.tell(Event.ADDED, emma)
        return [*heard, await anext(events)]

    heard = asyncio.run(main())
    assert [(each.id, each.event) for each in heard] == [
        ("2", "removed"),
        ("3", "removed"),
        ("4", "added"),
    ]


def test_every_file_is_named_in_the_readme() -> None:
    folder = Path(examples.bookshop.__file__).parent
    readme = (folder / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in folder.iterdir() if path.is_file()}
    unnamed = {"__init__.py", "README.md"}
    assert {name for name in files if f"`{name}`" not in readme} == unnamed
