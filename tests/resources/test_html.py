"""HTML is made by a renderer, of content and the request."""

from typing import Any

import attrs
import pytest

from restlette import (
    HTML,
    JSON,
    Created,
    HTTPEndpoint,
    Representation,
    Restlette,
)
from restlette.resources.html import no_templates, templates_later
from restlette.testing import build_request, call

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@attrs.frozen
class Book:
    title: str


def page(content: Any, request: Any) -> str:
    return f"<h1>{content.title}</h1><p>{request.url.path}"


def resource(result: Any = Book("Dune"), **attributes: Any) -> type[HTTPEndpoint]:
    async def get(self, request) -> Book:
        return result

    attributes.setdefault("representations", (JSON, HTML(page)))
    return type("BookItem", (HTTPEndpoint,), {"get": get, **attributes})


def app_of(endpoint: Any, **options: Any) -> Restlette:
    app = Restlette(**options)
    app.add_route("/books/3", endpoint)
    return app


def test_it_is_text_in_utf_8() -> None:
    assert HTML(page).media_type == "text/html; charset=utf-8"
    assert repr(HTML("book.html")) == "HTML('book.html')"


def test_a_renderer_is_given_content_and_request() -> None:
    response = call(app_of(resource()), "GET", "/books/3", headers=BROWSER)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    assert response.text == "<h1>Dune</h1><p>/books/3"


def test_others_get_the_other_representations() -> None:
    response = call(app_of(resource()), "GET", "/books/3")
    assert response.headers["vary"] == "Accept"
    assert response.json() == {"title": "Dune"}


def test_a_reply_is_rendered_with_what_it_says() -> None:
    endpoint = resource(Created(Book("Dune"), location="/books/3"))
    response = call(app_of(endpoint), "GET", "/books/3", headers=BROWSER)
    assert response.status_code == 201
    assert response.headers["location"] == "/books/3"
    assert response.text == "<h1>Dune</h1><p>/books/3"


def test_a_lone_surrogate_is_no_error() -> None:
    endpoint = resource(Book("\ud800"))
    response = call(app_of(endpoint), "GET", "/books/3", headers=BROWSER)
    assert response.text.startswith("<h1>?</h1>")


def test_templates_are_found_when_the_application_starts() -> None:
    asked = []

    def templates(name: str) -> Any:
        asked.append(name)
        return page

    endpoint = resource(representations=[HTML("book.html"), JSON])
    app = app_of(endpoint, templates=templates)
    for _ in range(2):
        response = call(app, "GET", "/books/3")
        assert response.text == "<h1>Dune</h1><p>/books/3"
    assert asked == ["book.html"]
    assert app.templates is templates


def test_a_plug_in_may_give_templates() -> None:
    class Shelf:
        def install(self, app: Restlette) -> None:
            app.templates = lambda name: lambda content, request: name

    app = app_of(resource(representations=(HTML("book.html"),)))
    app.install(Shelf())
    assert call(app, "GET", "/books/3").text == "book.html"


def test_a_template_that_nothing_finds_is_an_error_at_start_up() -> None:
    app = app_of(resource(representations=(JSON, HTML("book.html"))))
    with pytest.raises(TypeError, match=r"HTML\('book.html'\).*Restlette\(templates="):
        app.freeze()


def test_a_resource_on_its_own_needs_no_templates_for_the_others() -> None:
    alone = resource(representations=(JSON, HTML("book.html")))()
    assert call(alone, "GET").json() == {"title": "Dune"}
    with pytest.raises(TypeError, match="nothing finds templates"):
        call(alone, "GET", headers=BROWSER)


@pytest.mark.parametrize("templates", [no_templates, lambda name: name])
def test_a_function_needs_no_templates(templates) -> None:
    assert HTML(page).renderer(templates) is page


def test_templates_later_are_asked_when_they_are_used() -> None:
    render = templates_later("book.html")
    with pytest.raises(TypeError, match=r"HTML\('book.html'\) names a template"):
        render(Book("Dune"), build_request("GET"))


async def waits(content: Any, request: Any) -> str:
    return ""


@pytest.mark.parametrize(
    ("renderer", "message"),
    [
        (3, r"HTML\(3\): give it a function"),
        (None, r"HTML\(None\): give it a function"),
        (waits, "a renderer does not wait"),
    ],
)
def test_what_cannot_render_is_refused(renderer, message) -> None:
    with pytest.raises(TypeError, match=message):
        HTML(renderer)


def test_a_renderer_that_makes_no_text_is_named() -> None:
    endpoint = resource(representations=(HTML(lambda content, request: b""),))
    with pytest.raises(TypeError, match=r"BookItem.get: the renderer.*returned bytes"):
        call(app_of(endpoint), "GET", "/books/3")


def test_a_coroutine_that_nobody_awaited_is_named() -> None:
    async def get(self, request) -> Book:
        return self.later()

    async def later(self):
        return Book("Dune")

    endpoint = resource(get=get, later=later, representations=(HTML(page),))
    with pytest.raises(TypeError, match="write `return await"):
        call(app_of(endpoint), "GET", "/books/3")


def test_no_request_no_page() -> None:
    with pytest.raises(TypeError, match="a request"):
        HTML(page).encode(Book("Dune"))


@pytest.mark.parametrize("offered", [(JSON, "text/html"), JSON, (), [HTML]])
def test_a_resource_offers_representations(offered) -> None:
    app = app_of(resource(representations=offered))
    with pytest.raises(TypeError, match=r"BookItem.representations is .*\(JSON,\)"):
        app.freeze()


def test_what_there_is_is_listed_with_406() -> None:
    csv = Representation("text/csv", bytes)
    app = app_of(resource(representations=(JSON, HTML(page), csv)))
    headers = {"accept": "image/png, application/problem+json"}
    response = call(app, "GET", "/books/3", headers=headers)
    assert response.status_code == 406
    assert response.headers["vary"] == "Accept"
    available = ["application/json", "text/html; charset=utf-8", "text/csv"]
    assert response.json()["available"] == available
