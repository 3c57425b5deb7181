"""What people see: pages of the same resources, and forms that come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from examples.bookshop.app import app
from examples.bookshop.database import FirstBooks
from restlette.testing import TestClient
from tests.examples.bookshop.shelf import (
    EMMA,
    GERMINAL,
    THREE,
    WIND,
    Somebody,
    as_json,
)

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
ZOE = {"name": "zoe", "password": "correct horse"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


class Browser:
    """A client as a browser is one: it takes pages, and sends what their forms have."""

    def __init__(self, **account: str) -> None:
        self.client = TestClient(app, contract=True)
        self.client.headers.update(BROWSER)
        if account:
            self.open("/log-in")
            self.send("/session", **account)

    def open(self, target: str) -> Any:
        """Open a page."""
        self.page = self.client.get(target)
        return self.page

    def send(self, target: str, method: str = "POST", **fields: Any) -> Any:
        """Send a form of the page that is open."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.page.text)
        assert token is not None
        if method == "DELETE":
            headers = {"x-csrf-token": token[1]}
            self.page = self.client.delete(target, headers=headers)
        else:
            data = {"csrf_token": token[1], **fields}
            self.page = self.client.request(method, target, data=data)
        return self.page


@pytest.fixture
def shop() -> Iterator[TestClient]:
    """A shop with three books, and a client that is nobody."""
    with (
        app.override(FirstBooks, THREE),
        TestClient(app, contract=True) as client,
    ):
        client.headers.update(BROWSER)
        yield client


@pytest.fixture
def seller(shop: TestClient) -> Browser:
    """The first seller, who has logged in by the form."""
    return Browser(name="seller", password="seller")


@pytest.fixture
def zoe(shop: TestClient) -> Browser:
    """Another seller."""
    shop.post("/accounts", json=ZOE, headers={"accept": "*/*"})
    Somebody("seller", "seller").client.put("/accounts/zoe", json={"role": "seller"})
    return Browser(**ZOE)


def test_a_page_where_a_program_gets_json(shop: TestClient) -> None:
    page = shop.get("/books/1")
    assert (page.template.name, page.context["content"].title) == ("book.html", "Emma")
    assert "<h1>Emma</h1>" in page.text
    assert page.headers["vary"] == "Accept, Cookie"
    assert shop.get("/books/1", headers={"accept": "*/*"}).json()["title"] == "Emma"


def test_what_is_found_and_what_is_not(shop: TestClient) -> None:
    page = shop.get("/books?q=zola&size=1&order=oldest")
    assert page.template.name == "books.html"
    assert [book.title for book in page.context["items"]] == ["Nana"]
    assert "2 books, page 1 of 2." in page.text
    assert 'href="?q=zola&amp;size=1&amp;order=oldest&amp;page=2"' in page.text
    assert "Before" not in page.text
    assert "More books" not in shop.get("/books?q=zola&size=1&page=2").text
    assert "One book." in shop.get("/books?q=emma").text
    assert "No book is like that." in shop.get("/books?q=dune").text


def test_what_goes_wrong_is_a_page_too(shop: TestClient) -> None:
    for status, target, text in (
        (404, "/books/9", "There is no book 9."),
        (404, "/nowhere", "Not Found"),
        (401, "/books/new", "Sellers write here: log in, or send the key."),
        (422, "/books?size=0", "<strong>size</strong>"),
    ):
        page = shop.get(target)
        assert (page.status_code, page.template.name) == (status, "problem.html")
        assert text in unescape(page.text)
        assert "default-src 'self'" in page.headers["content-security-policy"]


def test_somebody_logs_in_by_the_form(shop: TestClient) -> None:
    somebody = Browser()
    somebody.open("/log-in")
    wrong = somebody.send("/session", name="seller", password="wrong")
    assert (wrong.status_code, wrong.template.name) == (422, "log_in.html")
    assert "The name or the password is wrong." in wrong.text
    assert 'value="seller"' in wrong.text
    assert "wrong&#34;" not in wrong.text
    page = somebody.send("/session", name="seller", password="seller")
    # 303, and from there by GET
    assert [each.status_code for each in page.history] == [303]
    assert (page.url, page.template.name) == (
        "http://testserver/session",
        "account.html",
    )
    assert "Hello, seller" in page.text


def test_a_book_is_added_by_the_form(seller: Browser) -> None:
    seller.open("/books/new")
    again = seller.send("/books", **as_json(WIND, isbn="123", year="old"))
    assert (again.status_code, again.template.name) == (422, "add.html")
    assert again.context["errors"] == {
        "isbn": ["an ISBN has 13 digits, and the last must check the others"],
        "year": ["This must be an integer."],
    }
    assert 'value="The Name of the Wind"' in again.text
    assert 'aria-describedby="isbn-hint"' in again.text
    page = seller.send("/books", **as_json(WIND))
    assert page.url == "http://testserver/books/4"
    assert "<h1>The Name of the Wind</h1>" in page.text


def test_what_is_edited_is_what_somebody_saw(seller: Browser) -> None:
    page = seller.open("/books/1/edit")
    assert page.context["values"]["title"] == "Emma"
    match = {"if-match": page.context["match"]}
    assert 'data-match="&#34;1-1&#34;"' in page.text
    seller.client.headers.update(match)
    again = seller.send("/books/1", "PUT", **as_json(EMMA, year=0))
    assert (again.status_code, again.template.name) == (422, "edit.html")
    assert 'data-match="&#34;1-1&#34;"' in again.text
    assert seller.send("/books/1", "PUT", **as_json(EMMA, year=1816)).status_code == 200
    seller.open("/books/1/edit")
    stale = seller.send("/books/1", "PUT", **as_json(EMMA))
    assert (stale.status_code, stale.template.name) == (412, "problem.html")


def test_a_form_of_another_site_is_refused(seller: Browser) -> None:
    data = as_json(WIND)
    assert seller.client.post("/books", data=data).status_code == 403
    seller.open("/books/new")
    seller.client.headers["origin"] = "https://evil.example"
    assert seller.send("/books", **data).status_code == 403


def test_a_book_is_its_seller_s_to_change(seller: Browser, zoe: Browser) -> None:
    zoe.open("/books/new")
    assert "Sold by</dt><dd>zoe" in zoe.send("/books", **as_json(WIND)).text
    assert "/books/4/edit" in zoe.page.text
    # The first seller may change all, and others what is their own.
    assert "/books/4/edit" in seller.open("/books/4").text
    assert "/books/1/edit" not in zoe.open("/books/1").text
    zoe.open("/books/4")
    for method, target, fields in (
        ("GET", "/books/1/edit", {}),
        ("PUT", "/books/1", as_json(GERMINAL)),
        ("PATCH", "/books/1", {}),
        ("DELETE", "/books/1", {}),
        ("POST", "/books/1/cover", {}),
        ("DELETE", "/books/1/cover", {}),
    ):
        zoe.open("/books/4")
        refused = zoe.send(target, method, **fields)
        assert refused.status_code == 403
        assert "A book is changed by its seller alone." in refused.text
    zoe.open("/books/4")
    assert zoe.send("/books/4", "DELETE").status_code == 204


def test_so_it_is_in_graphql(zoe: Browser) -> None:
    add = """mutation { addBook(isbn: "978-0-7564-0407-9", year: 2007, language: "en",
      title: "The Name of the Wind", author: "Patrick Rothfuss") { id } }"""
    token = zoe.client.get("/session", headers={"accept": "*/*"}).headers
    zoe.client.headers.update({"accept": "*/*", "x-csrf-token": token["x-csrf-token"]})

    def ask(query: str) -> Any:
        return zoe.client.post("/graphql", json={"query": query}).json()

    assert ask(add)["data"] == {"addBook": {"id": 4}}
    (error,) = ask("mutation { removeBook(id: 1) }")["errors"]
    assert error["message"] == "A book is changed by its seller alone."
    assert ask("mutation { removeBook(id: 4) }")["data"] == {"removeBook": 4}


def test_a_cover_is_part_of_the_page_and_of_its_state(seller: Browser) -> None:
    page = seller.open("/books/1")
    assert "<img" not in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    seller.client.headers["x-csrf-token"] = token[1]
    for number in (2, 3):
        files = {"cover": ("x.png", PNG)}
        seller.client.post("/books/1/cover", files=files)
        page = seller.open("/books/1")
        state = seller.client.get("/books/1", headers={"accept": "*/*"})
        assert state.headers["etag"] == f'"1-{number};application/json"'
    assert 'src="http://testserver/books/1/cover"' in page.text
    seller.client.delete("/books/1/cover")
    assert "<img" not in seller.open("/books/1").text


def test_who_posts_json_and_takes_pages_sees_one(seller: Browser) -> None:
    token = seller.client.get("/session", headers={"accept": "*/*"}).headers
    seller.client.headers["x-csrf-token"] = token["x-csrf-token"]
    page = seller.client.post("/books", json=as_json(WIND))
    assert (page.status_code, page.template.name) == (201, "books.html")
    assert "It is in the shop." in page.text


def test_a_style_is_kept_for_good_under_a_name_of_its_own(shop: TestClient) -> None:
    found = re.search(r'href="([^"]+/shop\.[0-9a-f]+\.css)"', shop.get("/").text)
    assert found is not None
    style = shop.get(found[1])
    assert style.headers["cache-control"] == "public, immutable, max-age=31536000"
