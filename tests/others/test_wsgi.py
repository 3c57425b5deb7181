"""Flask and Django through restlette.contrib.wsgi."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django
import flask
import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path, reverse

from restlette import Restlette
from restlette.contrib.gzip import GZipMiddleware
from restlette.contrib.wsgi import WSGIMiddleware
from restlette.testing import TestClient
from tests.others.shop import TEXT


def flask_application() -> Any:
    app = flask.Flask(__name__)
    app.secret_key = "s" * 32

    @app.get("/books/<int:book_id>")
    def item(book_id: int) -> dict[str, Any]:
        url = flask.url_for("item", book_id=1, _external=True)
        return {"id": book_id, "url": url}

    @app.post("/books")
    def add() -> dict[str, Any]:
        file = flask.request.files["cover"]
        return {**flask.request.form, "cover": file.read().decode()}

    @app.get("/visits")
    def visits() -> str:
        flask.session["visits"] = flask.session.get("visits", 0) + 1
        return str(flask.session["visits"])

    @app.get("/lines")
    def lines() -> flask.Response:
        return flask.Response((TEXT[:35] for _ in range(100)), mimetype="text/plain")

    return app.wsgi_app


def item(request: HttpRequest, book_id: int) -> HttpResponse:
    """Give a book."""
    url = request.build_absolute_uri(reverse("item", args=[1]))
    return HttpResponse(f"{book_id} {url}")


def add(request: HttpRequest) -> HttpResponse:
    """Say what came."""
    cover = request.FILES["cover"].read().decode()
    return HttpResponse(f"{request.POST['title']} {cover}")


def lines(request: HttpRequest) -> StreamingHttpResponse:
    """Give TEXT in pieces."""
    return StreamingHttpResponse(TEXT[:35] for _ in range(100))


# Django looks for these in the module that ROOT_URLCONF names.
urlpatterns = [
    path("books/<int:book_id>", item, name="item"),
    path("books", add),
    path("lines", lines),
]


@pytest.fixture(scope="module", autouse=True)
def _django() -> None:
    settings.configure(
        ALLOWED_HOSTS=["testserver"], ROOT_URLCONF=__name__, SECRET_KEY="s" * 32
    )
    django.setup()


def mounted(application: Any) -> Iterator[TestClient]:
    app = Restlette()
    app.mount("/old", WSGIMiddleware(application))
    app.add_middleware(GZipMiddleware)
    with TestClient(app) as client:
        yield client


@pytest.fixture
def with_flask() -> Iterator[TestClient]:
    yield from mounted(flask_application())


@pytest.fixture
def with_django() -> Iterator[TestClient]:
    yield from mounted(WSGIHandler())


def test_flask_answers_below_its_mount(with_flask) -> None:
    book = with_flask.get("/old/books/7").json()
    assert book == {"id": 7, "url": "http://testserver/old/books/1"}
    added = with_flask.post(
        "/old/books", data={"title": "Dune"}, files={"cover": b"sand"}
    )
    assert added.json() == {"title": "Dune", "cover": "sand"}
    assert with_flask.get("/old/nowhere").status_code == 404
    assert with_flask.put("/old/books").status_code == 405


def test_flask_s_session_is_kept(with_flask) -> None:
    assert [with_flask.get("/old/visits").text for _ in range(2)] == ["1", "2"]


def test_django_answers_below_its_mount(with_django) -> None:
    assert with_django.get("/old/books/7").text == "7 http://testserver/old/books/1"
    added = with_django.post(
        "/old/books", data={"title": "Dune"}, files={"cover": b"sand"}
    )
    assert added.text == "Dune sand"
    assert with_django.get("/old/nowhere").status_code == 404


@pytest.mark.parametrize("kind", ["with_flask", "with_django"])
def test_a_stream_is_compressed_on_its_way(kind, request) -> None:
    response = request.getfixturevalue(kind).get("/old/lines")
    assert (response.headers["content-encoding"], response.text) == ("gzip", TEXT)


@pytest.mark.parametrize("kind", ["with_flask", "with_django"])
def test_head_has_no_content(kind, request) -> None:
    """Django leaves it to the server to drop it."""
    client = request.getfixturevalue(kind)
    assert client.head("/old/books/7").status_code == 200
