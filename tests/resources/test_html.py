"""HTML is made by a renderer, of content and the request."""

from typing import Any

import attrs
import pytest

from restlette import (
    HTML,
    JSON,
    Accepted,
    Conflict,
    Created,
    HTTPEndpoint,
    Patch,
    Representation,
    Restlette,
)
from restlette.resources.html import form_again, no_templates, templates_later
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


@pytest.mark.parametrize(
    ("problem", "errors"),
    [
        pytest.param(
            {"errors": [{"name": "title", "detail": "too long"}]},
            {"title": ["too long"]},
            id="a field",
        ),
        pytest.param(
            {"errors": [{"pointer": "/authors/0/name", "detail": "missing"}]},
            {"name": ["missing"]},
            id="a member",
        ),
        pytest.param(
            {"errors": [{"name": "x", "detail": "a"}, {"name": "x", "detail": "b"}]},
            {"x": ["a", "b"]},
            id="two of one field",
        ),
        pytest.param({"errors": [{"detail": "no"}]}, {"": ["no"]}, id="of no field"),
        pytest.param({"title": "T", "detail": "D"}, {"": ["D"]}, id="a detail"),
        pytest.param({"title": "T"}, {"": ["T"]}, id="a title"),
        pytest.param({}, {"": [""]}, id="nothing"),
    ],
)
def test_a_form_has_its_errors_by_field(problem, errors) -> None:
    assert form_again(problem, None) == {
        "values": {},
        "errors": errors,
        "problem": problem,
    }


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


@attrs.frozen
class NewBook:
    title: str = attrs.field(validator=attrs.validators.min_len(1))
    year: int = 0


def form_page(content: Any, request: Any) -> str:
    return f"{content['values']} {sorted(content['errors'])}"


class Forms(HTTPEndpoint):
    representations = (JSON, HTML(page, invalid=form_page))

    async def post(self, request, body: NewBook) -> Created[NewBook]:
        return Created(body)

    async def put(self, request, body: NewBook | None = None) -> NewBook:
        return body or NewBook("nothing")


MULTIPART = {"content-type": "multipart/form-data; boundary=x"}


def part(name: str, content: str, more: str = "") -> str:
    head = f'Content-Disposition: form-data; name="{name}"{more}'
    return f"--x\r\n{head}\r\n\r\n{content}\r\n"


def test_a_page_with_a_form_has_its_fields_taken_as_content() -> None:
    """The same handler, model and answer as for JSON."""
    app = app_of(Forms)
    written = {"title": "Emma", "year": "1815"}
    expected = {"title": "Emma", "year": 1815}
    for options in (
        {"json": expected},
        {"data": written},
        {
            "content": (
                part("title", "Emma") + part("year", "1815") + "--x--"
            ).encode(),
            "headers": MULTIPART,
        },
    ):
        for method, status in (("POST", 201), ("PUT", 200)):
            response = call(app, method, "/books/3", **options)
            assert (response.status_code, response.json()) == (status, expected)
    assert call(app, "PUT", "/books/3").json() == {"title": "nothing", "year": 0}


class Made(HTTPEndpoint):
    representations = (JSON, HTML(page, invalid=form_page))

    async def post(self, request, body: NewBook) -> Created[NewBook]:
        return Created(
            body, location="/books/4", headers={"x-a": "1"}, cookies={"b": "2"}
        )

    async def put(self, request, form: NewBook) -> Created[NewBook]:
        return Created(form, location="/books/4")


@pytest.mark.parametrize(
    "content",
    [
        {"data": {"title": "Emma"}},
        {"content": (part("title", "Emma") + "--x--").encode()},
    ],
)
def test_who_sends_a_form_is_led_to_what_was_made(content: dict[str, Any]) -> None:
    """RFC 9110 §15.4.4: a page that is loaded again sends nothing again."""
    app = app_of(Made)
    for method in ("POST", "PUT"):
        more = MULTIPART if "content" in content else {}
        led = call(app, method, "/books/3", **content, headers={**BROWSER, **more})
        assert (led.status_code, led.content) == (303, b"")
        assert led.headers["location"] == "/books/4"
        program = call(app, method, "/books/3", **content, headers=more)
        assert program.status_code == 201
    led = call(app, "POST", "/books/3", data={"title": "Emma"}, headers=BROWSER)
    assert (led.headers["x-a"], led.headers["set-cookie"]) == (
        "1",
        "b=2; Path=/; SameSite=lax",
    )


def test_who_sends_a_form_is_led_to_what_was_made_whatever_is_annotated() -> None:
    async def post(self, request, body: NewBook):
        return Created(body, location="/books/4")

    endpoint = resource(post=post, representations=Made.representations)
    led = call(endpoint, "POST", data={"title": "Emma"}, headers=BROWSER)
    assert (led.status_code, led.headers["location"]) == (303, "/books/4")


def test_who_sends_a_form_is_not_led_to_what_is_not_made_yet() -> None:
    async def post(self, request, body: NewBook) -> Accepted[Book]:
        return Accepted(Book("soon"), location="/jobs/4")

    endpoint = resource(post=post, representations=Made.representations)
    told = call(endpoint, "POST", data={"title": "Emma"}, headers=BROWSER)
    assert (told.status_code, told.text) == (202, "<h1>soon</h1><p>/")


def test_who_sends_json_is_not_led_anywhere() -> None:
    made = call(Made, "POST", json={"title": "Emma"}, headers=BROWSER)
    assert (made.status_code, made.headers["location"]) == (201, "/books/4")


def test_a_number_is_text_in_a_form_alone() -> None:
    response = call(Forms, "POST", json={"title": "Emma", "year": "1815"})
    assert response.json()["errors"][0]["pointer"] == "#/year"


def test_what_does_not_fit_is_told_as_of_a_form() -> None:
    response = call(Forms, "POST", data={"title": "", "price": "1"})
    assert response.status_code == 422
    assert [
        (each["in"], each["name"], each["code"]) for each in response.json()["errors"]
    ] == [("form", "price", "unknown"), ("form", "title", "invalid")]
    page = call(Forms, "POST", data={"title": "", "year": "x"}, headers=BROWSER)
    assert page.status_code == 422
    assert page.text == "{'title': '', 'year': 'x'} ['title', 'year']"


def test_a_form_is_given_back_for_its_own_faults_alone() -> None:
    """Not for a query that does not fit, nor for what a handler refuses."""

    async def get(self, request, query: NewBook) -> Book: ...

    async def put(self, request, body: NewBook) -> Book:
        raise Conflict("It is there.")

    endpoint = resource(get=get, put=put, representations=Made.representations)
    asked = call(endpoint, "GET", "/?title=", headers=BROWSER)
    refused = call(endpoint, "PUT", data={"title": "Emma"}, headers=BROWSER)
    assert [asked.status_code, refused.status_code] == [422, 409]
    for answer in (asked, refused):
        assert "{'title'" not in answer.text


def test_a_form_that_cannot_be_given_back_is_a_500() -> None:
    def broken(content: Any, request: Any) -> str:
        raise KeyError("broken")

    async def post(self, request, body: NewBook) -> Book: ...

    endpoint = resource(post=post, representations=(JSON, HTML(page, invalid=broken)))
    options: Any = {"data": {"title": ""}, "headers": BROWSER}
    with pytest.raises(KeyError, match="broken"):
        call(endpoint, "POST", **options)
    answer = call(endpoint, "POST", **options, raise_server_exceptions=False)
    assert answer.status_code == 500


class Template(str):
    """A text that knows what it was made of, as templates give it."""

    debug = {"template": "book.html"}


@pytest.mark.parametrize("extensions", [{"http.response.debug": {}}, {}, None])
def test_a_test_is_told_of_the_template(extensions: Any) -> None:
    """If it asks for that; servers are not told what they do not know."""
    app = app_of(
        resource(representations=(HTML(lambda content, request: Template("x")),))
    )
    sent = []

    async def asking(scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            sent.append(message)
            if message["type"] != "http.response.debug":
                await send(message)

        await app({**scope, "extensions": extensions}, receive, noting)

    assert call(asking, "GET", "/books/3").text == "x"
    told = [message["info"] for message in sent if "info" in message]
    assert told == ([Template.debug] if extensions else [])


def test_a_file_is_no_text() -> None:
    content = part("title", "Emma", '; filename="x"') + "--x--"
    response = call(Forms, "POST", content=content.encode(), headers=MULTIPART)
    assert response.json()["errors"][0]["code"] == "type"


def test_a_middleware_s_own_field_is_left_out() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await inner({**scope, "csrf_field": "token"}, receive, send)

    inner = app_of(Forms)
    data = {"title": "Emma", "token": "secret"}
    assert call(app, "POST", "/books/3", data=data).status_code == 201
    assert call(inner, "POST", "/books/3", data=data).status_code == 422


def test_what_is_taken_is_told() -> None:
    types = "application/json, application/x-www-form-urlencoded, multipart/form-data"
    refused = call(Forms, "POST", content=b"x", headers={"content-type": "text/plain"})
    assert (refused.status_code, refused.headers["accept-post"]) == (415, types)
    asked = call(app_of(Forms), "OPTIONS", "/books/3")
    assert asked.headers["accept-post"] == types


@pytest.mark.parametrize("annotation", [list[NewBook], Patch[NewBook]])
def test_what_is_no_object_of_texts_has_no_form(annotation: Any) -> None:
    async def post(self, request, body) -> Book: ...

    post.__annotations__["body"] = annotation
    endpoint = resource(
        post=post, representations=(JSON, HTML(page, invalid=form_page))
    )
    response = call(endpoint, "POST", data={"title": "Emma"})
    assert response.status_code == 415
    assert "form" not in response.headers["accept-post"]


def test_a_page_without_a_form_takes_none() -> None:
    async def post(self, request, body: NewBook) -> Book: ...

    response = call(resource(post=post), "POST", data={"title": "Emma"})
    assert (response.status_code, response.headers["accept"]) == (
        415,
        "application/json",
    )
