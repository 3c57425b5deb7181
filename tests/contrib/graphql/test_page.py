"""The page to ask with; tests/browser has it in a browser."""

from __future__ import annotations

import re

import pytest

from restlette.contrib.graphql import GraphQLApp
from restlette.testing import call
from tests.contrib.graphql.shelf import JSON, core, shelf

HTML = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/graphql", "/graphql?page.js"])
def test_a_browser_is_shown_a_page(path: str) -> None:
    """Wherever the application is; its files are found by the query alone."""
    for app in (shelf(), GraphQLApp(core)):
        answer = call(app, "GET", path, headers=HTML)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/")
        assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    "query, media_type",
    [
        ("", "text/html; charset=utf-8"),
        ("?page.css", "text/css; charset=utf-8"),
        ("?page.js", "text/javascript; charset=utf-8"),
        ("?icon.svg", "image/svg+xml"),
    ],
)
def test_nothing_in_it_needs_to_be_allowed(query: str, media_type: str) -> None:
    answer = call(shelf(), "GET", f"/graphql{query}", headers=HTML)
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    fields = {**HTML, "if-none-match": answer.headers["etag"]}
    assert call(shelf(), "GET", f"/graphql{query}", headers=fields).status_code == 304
    assert "style=" not in answer.text
    assert "innerHTML" not in answer.text
    assert "http:" not in answer.text.replace("http://www.w3.org/2000/svg", "")


def test_the_page_s_files_are_those_that_it_names() -> None:
    page = call(shelf(), "GET", "/graphql", headers=HTML).text
    names = re.findall(r'(?:href|src)="(\?[^"]+)"', page)
    assert names == ["?icon.svg", "?page.css", "?page.js"]
    for name in ("?page.py", "?../engine.py", "?index", "?graphiql.js"):
        assert call(shelf(), "GET", f"/graphql{name}", headers=HTML).status_code == 400


@pytest.mark.parametrize("accept", [None, "*/*", JSON, f"{JSON}, text/html"])
def test_programs_are_told_what_is_missing(accept: str | None) -> None:
    headers = {} if accept is None else {"accept": accept}
    answer = call(shelf(), "GET", "/graphql", headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == f"{JSON}; charset=utf-8"


def test_a_browser_may_ask_as_well() -> None:
    params = {"query": "{ greeting }"}
    answer = call(shelf(), "GET", "/graphql", params=params, headers=HTML)
    assert answer.json() == {"data": {"greeting": "Hello, you."}}


def test_there_need_be_no_page() -> None:
    assert call(shelf(page=False), "GET", "/graphql", headers=HTML).status_code == 400
    answer = call(shelf(page=False), "GET", "/graphql", headers={"accept": "text/html"})
    assert answer.status_code == 406


def test_graphiql_is_there_for_who_asks_for_it() -> None:
    """From elsewhere, in a version that is named, and known by its digest."""
    answer = call(shelf(graphiql=True), "GET", "/graphql", headers=HTML)
    assert "https://unpkg.com" in answer.headers["content-security-policy"]
    elements = re.findall(r"<(?:link|script)[^>]*unpkg[^>]*>", answer.text)
    assert len(elements) == 4
    for element in elements:
        assert re.search(r"unpkg\.com/[a-z-]+@\d+\.\d+\.\d+/", element)
        assert re.search(r'integrity="sha384-[A-Za-z0-9+/]{64}"', element)
        assert 'crossorigin="anonymous"' in element
    for name in ("graphiql.js", "graphiql.css"):
        path = f"/graphql?{name}"
        assert call(shelf(graphiql=True), "GET", path).status_code == 200
