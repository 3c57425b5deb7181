"""Pages made of jinja2 templates."""

import asyncio
from pathlib import Path
from typing import Any

import attrs
import jinja2
import pytest

from restlette import (
    HTML,
    JSON,
    Created,
    Forbidden,
    HTTPEndpoint,
    JSONResponse,
    Request,
    Restlette,
    UnprocessableContent,
)
from restlette.background import BackgroundTask
from restlette.contrib.templates import (
    Jinja2Templates,
    JinjaResponse,
    ProblemPages,
    autoescape,
)
from restlette.testing import TestClient, build_request, call
from tests.contrib.around import exchange, http_scope

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
NASTY = "<script>&'\""
ESCAPED = "&lt;script&gt;&amp;&#39;&#34;"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Templates, and a secret beside them."""
    root = tmp_path / "templates"
    root.mkdir()
    for name, source in {
        "hello.html": "<p>{{ name }}",
        "book.html": "<h1>{{ content.title }}</h1>{{ request.url.path }}",
        "members.html": "{{ title }}",
        "link.html": "{{ url_for('item', book_id=3) }}",
        "token.html": "{{ csrf_token() }}",
        "nonce.html": "{{ csp_nonce() }}",
        "problem.html": (
            "{{ problem.status }} {{ problem.title }} {{ request.url.path }}"
        ),
        "by.html": "{{ name }} by {{ author }}",
        "large.html": "{% for n in range(count) %}{{ n }},{% endfor %}",
        "form.html": (
            "{% for name, value in values.items() %}{{ name }}={{ value }};{% endfor %}"
            "{% for name, texts in errors.items() %}{{ name }}:{{ texts|join }};"
            "{% endfor %}"
        ),
    }.items():
        (root / name).write_text(source)
    (tmp_path / "secret.html").write_text("SECRET")
    return root


def request() -> Request:
    return build_request("GET", "/")


def test_a_template_is_rendered_with_its_context(directory: Path) -> None:
    templates = Jinja2Templates(directory)
    response = templates.TemplateResponse(request(), "hello.html", {"name": NASTY})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.body.decode() == f"<p>{ESCAPED}"
    assert response.template.name == "hello.html"
    assert response.context["name"] == NASTY


def test_the_ancestors_order_of_arguments_is_taken_too(directory: Path) -> None:
    templates = Jinja2Templates(str(directory))
    context = {"request": request(), "name": "you"}
    task = BackgroundTask(print)
    response = templates.TemplateResponse(
        "hello.html", context, 201, {"x-own": "1"}, "application/xhtml+xml", task
    )
    assert isinstance(response, JinjaResponse)
    assert response.body == b"<p>you"
    assert response.status_code == 201
    assert response.headers["x-own"] == "1"
    assert response.headers["content-type"] == "application/xhtml+xml"
    assert response.background is task
    response = templates.TemplateResponse(name="hello.html", context=context)
    assert response.body == b"<p>you"


def test_without_the_request_there_is_no_page(directory: Path) -> None:
    templates: Any = Jinja2Templates(directory)
    for arguments in (
        ("hello.html", {"name": "you"}),
        ("hello.html",),
        (None, "hello.html", {}),
        (),
    ):
        with pytest.raises(TypeError, match=r"TemplateResponse\(request, name, "):
            templates.TemplateResponse(*arguments)


@pytest.mark.parametrize("extension", [".html", ".htm", ".xml", ".svg", ".xhtml"])
@pytest.mark.parametrize("suffix", ["", ".jinja", ".jinja2", ".j2", ".HTML"])
def test_what_is_shown_is_escaped(directory, extension, suffix) -> None:
    """template-109."""
    name = "page" + extension + suffix
    (directory / name).write_text("{{ name }}<a {{ {'title': name}|xmlattr }}>")
    templates = Jinja2Templates(directory)
    response = templates.TemplateResponse(request(), name, {"name": NASTY})
    assert response.body.decode() == f'{ESCAPED}<a  title="{ESCAPED}">'


@pytest.mark.parametrize("name", ["mail.txt", "mail.TXT", "mail.txt.jinja"])
def test_text_is_not_escaped(directory: Path, name: str) -> None:
    """template-109."""
    (directory / name).write_text("{{ name }}")
    templates = Jinja2Templates(directory)
    response = templates.TemplateResponse(request(), name, {"name": NASTY})
    assert response.body.decode() == NASTY


def test_a_template_made_of_a_string_is_escaped(directory: Path) -> None:
    """template-109: and `safe` is what says otherwise."""
    env = Jinja2Templates(directory).env
    assert env.from_string("{{ n }}").render(n=NASTY) == ESCAPED
    assert env.from_string("{{ n|safe }}").render(n=NASTY) == NASTY
    assert autoescape(None)
    assert autoescape("unknown.qqq")


def test_a_url_is_escaped_where_it_is_shown(directory: Path) -> None:
    """template-109: url_for in a script."""
    (directory / "script.html").write_text(
        "<script>go({{ url_for('item', name=name)|tojson }})</script>"
    )
    app = Restlette()
    templates = Jinja2Templates(directory)

    @app.route("/items/{name}", name="item")
    class Item(HTTPEndpoint):
        async def get(self, request, name: str):
            context = {"name": "</script>'\""}
            return templates.TemplateResponse(request, "script.html", context)

    # In a URL the quotes are encoded, and in a script what would end it.
    assert call(app, "GET", "/items/x").text == (
        '<script>go("http://testserver/items/%3C%2Fscript%3E\\u0027%22")</script>'
    )


@pytest.mark.parametrize(
    "name", ["../secret.html", "../../etc/passwd", "/etc/passwd", "a/../../secret.html"]
)
def test_a_name_does_not_lead_out(directory: Path, name: str) -> None:
    """template-110."""
    templates = Jinja2Templates(directory)
    with pytest.raises(jinja2.TemplateNotFound):
        templates.TemplateResponse(request(), name)
    with pytest.raises(jinja2.TemplateNotFound):
        templates(name)


def test_templates_are_looked_for_in_turn(directory: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "hello.html").write_text("mine")
    templates = Jinja2Templates([own, directory])
    assert templates.TemplateResponse(request(), "hello.html").body == b"mine"
    context = {"title": "Dune"}
    response = templates.TemplateResponse(request(), "members.html", context)
    assert response.body == b"Dune"


def test_an_environment_of_ones_own_is_kept() -> None:
    loader = jinja2.DictLoader({"a.html": "<%= url_for('x') %>"})
    env = jinja2.Environment(loader=loader, variable_start_string="<%=",
                             variable_end_string="%>")  # fmt: skip
    env.globals["url_for"] = lambda name: f"/own/{name}"
    templates = Jinja2Templates(env=env)
    assert templates.TemplateResponse(request(), "a.html").body == b"/own/x"
    assert "csrf_token" in env.globals


def test_misuse_is_an_error_when_it_is_made(directory: Path) -> None:
    for arguments in ({}, {"directory": directory, "env": jinja2.Environment()}):
        with pytest.raises(TypeError, match=r'write Jinja2Templates\("templates"\)'):
            Jinja2Templates(**arguments)


def test_processors_give_what_every_template_knows(directory: Path) -> None:
    def author(request: Request) -> dict[str, str]:
        return {"author": request.method, "name": "nobody"}

    templates = Jinja2Templates(directory, context_processors=[author])
    response = templates.TemplateResponse(request(), "by.html", {"name": "Dune"})
    assert response.body == b"Dune by GET"
    assert templates.TemplateResponse(request(), "by.html").body == b"nobody by GET"


def test_templates_link_to_routes(directory: Path) -> None:
    app = Restlette()
    templates = Jinja2Templates(directory)

    @app.route("/books/{book_id:int}", name="item")
    class Item(HTTPEndpoint):
        async def get(self, request, book_id: int):
            return templates.TemplateResponse(request, "link.html")

    assert call(app, "GET", "/books/7").text == "http://testserver/books/3"


def test_tokens_come_from_their_middleware(directory: Path) -> None:
    templates = Jinja2Templates(directory)
    asked = request()
    for name in ("token", "nonce"):
        with pytest.raises(TypeError, match=r"restlette\.contrib\.(csrf|security)"):
            templates.TemplateResponse(asked, f"{name}.html")
    asked.scope["csrf_token"] = lambda: "masked"
    asked.scope["csp_nonce"] = "once"
    assert templates.TemplateResponse(asked, "token.html").body == b"masked"
    assert templates.TemplateResponse(asked, "nonce.html").body == b"once"
    template = templates.get_template("token.html")
    with pytest.raises(TypeError, match="asks for its request"):
        template.render(request=None)


def test_templates_may_await(directory: Path) -> None:
    templates = Jinja2Templates(directory, enable_async=True)

    async def name() -> str:
        await asyncio.sleep(0)
        return "late"

    (directory / "late.html").write_text("{{ name() }}")

    async def run() -> JinjaResponse:
        return await templates.respond(
            request(), "late.html", {"name": name}, status_code=203
        )

    response = asyncio.run(run())
    assert (response.status_code, response.body) == (203, b"late")
    with pytest.raises(TypeError, match=r"await templates\.respond"):
        templates.TemplateResponse(request(), "late.html")


def test_templates_that_do_not_await_can_be_responded_with(directory: Path) -> None:
    templates = Jinja2Templates(directory)

    async def run() -> JinjaResponse:
        return await templates.respond(request(), "hello.html", {"name": "you"})

    assert asyncio.run(run()).body == b"<p>you"


@pytest.mark.parametrize("enable_async", [False, True])
@pytest.mark.parametrize("count", [0, 3, 20_000])
def test_a_large_page_is_sent_in_pieces(directory, enable_async, count) -> None:
    templates = Jinja2Templates(directory, enable_async=enable_async)
    app = Restlette()

    @app.route("/")
    async def page(request):
        return templates.stream(request, "large.html", {"count": count})

    response = call(app, "GET", "/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.text == "".join(f"{number}," for number in range(count))


def test_pieces_are_neither_small_nor_the_whole(directory: Path) -> None:
    templates = Jinja2Templates(directory)
    stream: Any = templates.stream(request(), "large.html", {"count": 20_000})

    async def lengths() -> list[int]:
        return [len(piece) async for piece in stream.body_iterator]

    sizes = asyncio.run(lengths())
    assert len(sizes) > 5
    assert all(8192 <= size < 9000 for size in sizes[:-1])


def test_the_client_sees_template_and_context(directory: Path) -> None:
    templates = Jinja2Templates(directory)
    app = Restlette()

    @app.route("/")
    async def page(request):
        return templates.TemplateResponse(request, "hello.html", {"name": "you"})

    response: Any = TestClient(app).get("/")
    assert response.template.name == "hello.html"
    assert response.context["name"] == "you"
    assert call(app, "GET", "/").template.name == "hello.html"


# One class for people and programs


@attrs.frozen
class NewBook:
    title: str = attrs.field(validator=attrs.validators.min_len(1))
    price: float = attrs.field(validator=attrs.validators.ge(0))


def shop(directory: Path) -> Restlette:
    app = Restlette()

    @app.route("/books/3")
    class Item(HTTPEndpoint):
        representations = (JSON, HTML("book.html"))

        async def get(self, request) -> NewBook:
            return NewBook(NASTY, 1)

    @app.route("/members")
    class Members(HTTPEndpoint):
        representations = (JSON, HTML("members.html"))

        async def get(self, request) -> dict[str, str]:
            return {"title": "Dune", "content": "mine"}

    @app.route("/books")
    class Books(HTTPEndpoint):
        representations = (JSON, HTML("book.html", invalid="form.html"))

        async def post(self, request, form: NewBook) -> Created[NewBook]:
            if form.title == "taken":
                raise UnprocessableContent("It is in the shop already.")
            return Created(form)

        async def put(self, request, body: NewBook) -> NewBook:
            return body

        async def get(self, request) -> JSONResponse:
            raise UnprocessableContent

    app.install(Jinja2Templates(directory))
    return app


def test_a_representation_is_made_by_a_template(directory: Path) -> None:
    app = shop(directory)
    page = call(app, "GET", "/books/3", headers=BROWSER)
    assert page.text == f"<h1>{ESCAPED}</h1>/books/3"
    assert page.template.name == "book.html"
    assert page.context["content"] == NewBook(NASTY, 1)
    assert call(app, "GET", "/books/3").json() == {"title": NASTY, "price": 1.0}
    assert call(app, "GET", "/members", headers=BROWSER).text == "Dune"


def test_a_template_that_is_not_there_is_found_at_start_up(directory: Path) -> None:
    app = Restlette(templates=Jinja2Templates(directory))

    @app.route("/")
    class Home(HTTPEndpoint):
        representations = (HTML("nowhere.html"),)

        async def get(self, request) -> dict[str, str]:
            return {}

    with pytest.raises(jinja2.TemplateNotFound, match=r"nowhere\.html"):
        app.freeze()


def test_a_form_that_does_not_fit_comes_back_with_its_errors(directory: Path) -> None:
    app = shop(directory)
    page = call(
        app,
        "POST",
        "/books",
        data={"title": "", "price": "-<1>"},
        headers=BROWSER,
    )
    assert page.status_code == 422
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["vary"] == "Accept"
    assert page.text.startswith("title=;price=-&lt;1&gt;;")
    assert page.template.name == "form.html"
    assert page.context["errors"].keys() == {"title", "price"}
    assert page.context["problem"]["status"] == 422


def test_programs_get_problem_details(directory: Path) -> None:
    response = call(shop(directory), "POST", "/books", data={"price": "1"})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert [each["code"] for each in response.json()["errors"]] == ["missing"]


def test_what_the_handler_refuses_comes_back_too(directory: Path) -> None:
    app = shop(directory)
    form = {"title": "taken", "price": "1"}
    page = call(app, "POST", "/books", data=form, headers=BROWSER)
    assert page.status_code == 422
    assert page.text == "title=taken;price=1;:It is in the shop already.;"
    # What GET asks for is no form.
    page = call(app, "GET", "/books", headers=BROWSER)
    assert page.json()["title"] == "Unprocessable Content"
    page = call(app, "PUT", "/books", json={"title": 1, "price": 1}, headers=BROWSER)
    assert page.context["errors"] == {"title": ["This must be a string."]}


def test_what_fits_is_answered_as_ever(directory: Path) -> None:
    form = {"title": "Dune", "price": "1"}
    page = call(shop(directory), "POST", "/books", data=form, headers=BROWSER)
    assert page.status_code == 201
    assert page.text == "<h1>Dune</h1>/books"


def test_a_form_page_that_fails_is_an_error(directory: Path) -> None:
    (directory / "form.html").write_text("{{ nothing.at.all }}")
    with pytest.raises(jinja2.UndefinedError):
        call(shop(directory), "POST", "/books", data={"title": "x"}, headers=BROWSER)


def test_other_errors_are_answered_as_ever(directory: Path) -> None:
    app = shop(directory)
    response = call(app, "POST", "/books", json={}, headers=BROWSER)
    assert response.status_code == 415
    assert "form.html" not in response.text


def test_a_server_is_not_told_what_a_page_was_made_of(directory: Path) -> None:
    templates = Jinja2Templates(directory)
    app = shop(directory)

    @app.route("/")
    async def page(request):
        return templates.TemplateResponse(request, "hello.html", {"name": "you"})

    for path in ("/", "/books/3"):
        headers = [(b"host", b"shop.example"), (b"accept", b"text/html")]
        sent = exchange(app, http_scope(headers, path=path))
        assert sent[0]["status"] == 200
        assert [message["type"] for message in sent] == [
            "http.response.start",
            "http.response.body",
        ]


# Problems -----------------------------------------------------------------------------


def with_pages(directory: Path) -> Restlette:
    app = shop(directory)
    app.add_middleware(ProblemPages, templates=app.templates)
    return app


def test_people_see_a_page_of_what_went_wrong(directory: Path) -> None:
    app = with_pages(directory)
    alone = call(app, "GET", "/nowhere", headers={"accept": "text/html"})
    page = call(app, "GET", "/nowhere", headers=BROWSER)
    assert page.status_code == 404
    assert (alone.status_code, alone.text) == (404, page.text)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text == "404 Not Found /nowhere"
    assert page.headers["content-length"] == str(len(page.content))
    assert page.headers["vary"] == "Accept"
    refused = call(app, "DELETE", "/books", headers=BROWSER)
    assert (refused.status_code, refused.headers["allow"]) == (
        405,
        "GET, HEAD, OPTIONS, POST, PUT",
    )
    assert page.template.name == "problem.html"


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "application/problem+json, text/html;q=0.9"]
)
def test_programs_get_details(directory: Path, accept: str) -> None:
    app = with_pages(directory)
    details = call(app, "GET", "/nowhere", headers={"accept": accept})
    assert details.headers["content-type"] == "application/problem+json"
    assert call(app, "GET", "/nowhere").json()["status"] == 404


def test_head_is_told_of_the_page(directory: Path) -> None:
    head = call(with_pages(directory), "HEAD", "/nowhere", headers=BROWSER)
    assert (head.status_code, head.content) == (404, b"")
    assert head.headers["content-type"] == "text/html; charset=utf-8"


def test_other_answers_are_left_as_they_are(directory: Path) -> None:
    app = with_pages(directory)
    shown = call(app, "GET", "/books/3", headers=BROWSER)
    assert shown.status_code == 200
    with TestClient(app) as client:
        assert client.get("/books/3", headers=BROWSER).text == shown.text


@pytest.mark.parametrize(
    ("fields", "title", "text"),
    [
        ([], b'"None of ours"}', "409 None of ours /"),
        (
            [(b"content-encoding", b"identity")],
            b'"None of ours"}',
            '{"status":409,"title":"None of ours"}',
        ),
        ([], b'"', '{"status":409,"title":"'),
    ],
)
def test_whoever_has_told_of_it(
    directory: Path, fields: list[tuple[bytes, bytes]], title: bytes, text: str
) -> None:
    """What comes in pieces is put together; what cannot be read is left as it is."""
    problem = (b"content-type", b"application/problem+json")
    body = [b'{"status":409,', b'"title":' + title]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [problem, *fields]
        start = {"type": "http.response.start", "status": 409, "headers": headers}
        await send(start)
        for number, piece in enumerate(body):
            more = number < 1
            message = {"type": "http.response.body", "body": piece, "more_body": more}
            await send(message)

    pages = ProblemPages(app, Jinja2Templates(directory))
    answer = call(pages, "GET", "/", headers=BROWSER)
    assert (answer.status_code, answer.text) == (409, text)


def test_what_depends_on_accept_says_so(directory: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        answer = JSONResponse([1], 409, media_type="application/problem+json")
        if scope["path"] == "/problem":
            answer.body = b'{"title":"Ours"}'
        await answer(scope, receive, send)

    pages = ProblemPages(app, Jinja2Templates(directory))
    page = call(pages, "GET", "/problem", headers=BROWSER, strict=False)
    assert (page.text, page.headers["vary"]) == (" Ours /problem", "Accept")
    assert call(pages, "GET", "/", headers=BROWSER).json() == [1]


def test_a_page_of_problems_has_to_be_there(directory: Path) -> None:
    templates = Jinja2Templates(directory)
    with pytest.raises(jinja2.TemplateNotFound):
        ProblemPages(shop(directory), templates, "wrong.html")


def test_a_page_of_problems_has_links(directory: Path) -> None:
    """Of what middleware refuses as well, which no router has seen."""

    class Refusing:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            raise Forbidden("Not today.")

    (directory / "problem.html").write_text("{{ url_for('item', book_id=3) }}")
    app = Restlette()

    @app.route("/books/{book_id:int}", name="item")
    async def item(request: Request, book_id: int) -> None: ...

    app.add_middleware(Refusing)
    app.add_middleware(ProblemPages, templates=Jinja2Templates(directory))
    page = call(app, "GET", "/", headers=BROWSER)
    assert (page.status_code, page.text) == (403, "http://testserver/books/3")
