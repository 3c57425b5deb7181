"""A page is items, how many there are, and links to other pages."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import (
    HTML,
    JSON,
    BadRequest,
    Created,
    HTTPEndpoint,
    Page,
    Reply,
    Restlette,
)
from restlette.http.urls import QueryParams
from restlette.resources.pages import PageContent, reference
from restlette.resources.representation import returns_of
from restlette.testing import build_request, call


@attrs.frozen
class Book:
    title: str


@attrs.frozen
class StoredBook(Book):
    cost: int = 9


DUNE = StoredBook("Dune")
LINKS = {"first": "?page=1", "next": "?page=3"}


def test_content_is_the_items_and_the_total() -> None:
    page = Page(iter([DUNE]), total=3)
    assert page.items == [DUNE]
    assert page.total == 3
    assert page.content == {"items": [DUNE], "total": 3}
    assert page.headers == {}
    assert page.links == {}
    assert page.status_code == 200


def test_nobody_has_to_count() -> None:
    assert Page([DUNE]).content == {"items": [DUNE]}
    assert Page([], total=0).content == {"items": [], "total": 0}


def test_links_are_a_field() -> None:
    page = Page([DUNE], links=LINKS, headers={"X-Shelf": "3"})
    assert page.headers == {
        "x-shelf": "3",
        "link": '<?page=1>; rel="first", <?page=3>; rel="next"',
    }


def test_pages_are_compared_by_their_parts() -> None:
    page = Page([DUNE], total=3, links=LINKS)
    assert page == Page([DUNE], total=3, links=dict(LINKS))
    assert page != Page([DUNE], total=4, links=LINKS)
    assert page != Page([DUNE], total=3)
    assert page != Page([], total=3, links=LINKS)
    assert page != Page([DUNE], total=3, links=LINKS, headers={"x-shelf": "3"})
    assert page != Reply({"items": [DUNE], "total": 3})
    assert repr(Page([1], total=0, links=LINKS, headers={"a": "b"})) == (
        "Page([1], total=0, links={'first': '?page=1', 'next': '?page=3'}, "
        "headers={'a': 'b'})"
    )
    assert repr(Page([])) == "Page([])"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"total": -1}, "a page of -1 items in all cannot be"),
        ({"links": {"Next": "?a"}}, "no relation"),
        ({"links": LINKS, "headers": {"Link": "<a>"}}, "links are given twice"),
        ({"headers": {"a": "b\n"}}, "header 'a'"),
    ],
)
def test_what_cannot_be_sent_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Page([], **arguments)


def test_an_annotation_says_what_the_items_are() -> None:
    returns = returns_of(Page[Book])
    assert returns.content == PageContent[Book]
    assert returns.typed
    assert returns.model is not None
    assert returns.model.dump(Page([DUNE]).content) == {"items": [{"title": "Dune"}]}


def test_it_stands_beside_other_results() -> None:
    returns = returns_of(Page[Book] | Created[int] | None)
    assert returns.none_ok
    assert returns.statuses == (200, 201, 204)


def app_of(result: Page[Any], annotation: Any = Page[Book], **more: Any) -> Restlette:
    async def get(self, request):
        return result

    if annotation is not None:
        get.__annotations__["return"] = annotation
    app = Restlette()
    app.add_route("/books", type("Books", (HTTPEndpoint,), {"get": get, **more}))
    return app


def test_a_page_is_answered_with_its_links() -> None:
    page = Page([DUNE], total=3, links=LINKS, headers={"x-shelf": "3"})
    response = call(app_of(page), "GET", "/books?page=2")
    assert response.json() == {"items": [{"title": "Dune"}], "total": 3}
    assert response.headers["link"] == '<?page=1>; rel="first", <?page=3>; rel="next"'
    assert response.headers["x-shelf"] == "3"
    head = call(app_of(page), "HEAD", "/books?page=2")
    assert head.headers["link"] == response.headers["link"]


@pytest.mark.parametrize("annotation", [None, Page])
def test_items_of_no_model_are_json_as_they_are(annotation: Any) -> None:
    response = call(app_of(Page([{"a": 1}]), annotation), "GET", "/books")
    assert response.json() == {"items": [{"a": 1}]}
    assert "link" not in response.headers


def test_a_page_is_negotiated() -> None:
    html = HTML(lambda content, request: content["items"][0].title)
    app = app_of(Page([DUNE], links=LINKS), representations=(JSON, html))
    response = call(app, "GET", "/books", headers={"accept": "text/html"})
    assert response.text == "Dune"
    assert response.headers["link"].startswith("<?page=1>")


# References


@pytest.mark.parametrize(
    ("target", "parameters", "link"),
    [
        ("/books", {"page": 2}, "?page=2"),
        ("/books?page=1", {"page": 2}, "?page=2"),
        ("/books?page=1&page=7&q=a%20b", {"page": 2}, "?q=a+b&page=2"),
        ("/books?q=%C3%A9&q=%26", {"page": 2}, "?q=%C3%A9&q=%26&page=2"),
        ("/books?cursor=x&q", {"cursor": None}, "?q="),
        ("/books?cursor=x", {"cursor": None}, "./books"),
        ("/books/?cursor=x", {"cursor": None}, "./"),
        ("/", {"cursor": None}, "./"),
        ("/a%2Fb:c?cursor=x", {"cursor": None}, "./a%2Fb:c"),
    ],
)
def test_a_reference_replaces_parameters(target, parameters, link) -> None:
    assert reference(build_request("GET", target), **parameters) == link


def test_query_121_too_many_parameters_are_400() -> None:
    with pytest.raises(BadRequest):
        reference(build_request("GET", "/?" + "a&" * 2000), page=2)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=9))
def test_any_query_is_kept_in_a_link(query, value) -> None:
    request = build_request("GET", "/books")
    request.scope["query_string"] = query.encode()
    link = reference(request, page=2)
    params = QueryParams(link.removeprefix("?")).multi_items()
    before = [each for each in request.query_params.multi_items() if each[0] != "page"]
    assert params == [*before, ("page", "2")]
    assert Page([], links={"next": link}).headers["link"] == f'<{link}>; rel="next"'
