"""A form, its files among its fields, as a parameter of a handler."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import pytest
from attrs.validators import min_len

from restlette import HTTPEndpoint, Restlette, UploadFile
from restlette.resources.models import model_for
from restlette.testing import call


@attrs.frozen
class Book:
    title: str = attrs.field(validator=min_len(1))
    year: int = 0
    tags: list[str] = attrs.Factory(list)


@attrs.frozen
class Upload(Book):
    cover: UploadFile | None = None
    pages: list[UploadFile] = attrs.Factory(list)


class Pair(NamedTuple):
    left: UploadFile
    right: UploadFile | str = "none"


async def of(file: UploadFile | None) -> Any:
    return None if file is None else [file.filename, (await file.read()).decode()]


async def books(request: Any, form: Upload) -> dict[str, Any]:
    return {
        "title": form.title,
        "year": form.year,
        "tags": form.tags,
        "cover": await of(form.cover),
        "pages": [await of(page) for page in form.pages],
    }


async def plain(request: Any, form: Book | None = None) -> str:
    return repr(form)


async def pairs(request: Any, form: Pair) -> list[Any]:
    right = form.right
    return [await of(form.left), right if isinstance(right, str) else await of(right)]


@attrs.frozen
class Loose:
    what: Any


async def loose(request: Any, form: Loose) -> Any:
    return form.what if isinstance(form.what, str) else await of(form.what)


async def anything(request: Any, form: dict[str, Any]) -> dict[str, Any]:
    return {name: str(type(value).__name__) for name, value in form.items()}


async def all_files(request: Any, form: dict[str, UploadFile]) -> list[str]:
    return sorted(form)


def post(handler: Any, **options: Any) -> Any:
    app = Restlette()
    app.add_route("/", handler, methods=["POST"])
    return call(app, "POST", **options)


@pytest.mark.parametrize("more", [{}, {"files": {}}], ids=["url-encoded", "none"])
def test_a_form_is_read_by_its_model(more) -> None:
    data = {"title": "Dune", "year": "1965", "tags": ["a", "b"]}
    assert post(books, data=data, **more).json() == {
        "title": "Dune",
        "year": 1965,
        "tags": ["a", "b"],
        "cover": None,
        "pages": [],
    }


def test_a_file_is_a_field_of_the_model() -> None:
    """Multipart content, one file and several."""
    answer = post(
        books,
        data={"title": "Dune", "tags": ["a", "b"]},
        files=[
            ("cover", ("c.png", b"cover")),
            ("pages", ("1.txt", b"one")),
            ("pages", ("2.txt", b"two")),
        ],
    )
    assert answer.json() == {
        "title": "Dune",
        "year": 0,
        "tags": ["a", "b"],
        "cover": ["c.png", "cover"],
        "pages": [["1.txt", "one"], ["2.txt", "two"]],
    }


def test_a_file_that_was_not_chosen_is_none() -> None:
    """Browsers send a file without a name and without content."""
    files = [("cover", ("", b"")), ("pages", ("", b""))]
    answer = post(books, data={"title": "Dune"}, files=files)
    assert (answer.json()["cover"], answer.json()["pages"]) == (None, [])


def test_a_field_may_be_a_file_or_text() -> None:
    left = ("left", ("l", b"1"))
    assert post(pairs, files=[left]).json() == [["l", "1"], "none"]
    assert post(pairs, files=[left, ("right", ("r", b"2"))]).json()[1] == ["r", "2"]
    assert post(pairs, data={"right": "x"}, files=[left]).json()[1] == "x"


def test_a_field_of_any_type_is_as_it_came() -> None:
    assert post(loose, data={"what": "text"}).json() == "text"
    assert post(loose, files={"what": ("f", b"1")}).json() == ["f", "1"]


def test_a_form_without_a_model_is_as_it_came() -> None:
    answer = post(anything, data={"a": ["1", "2"], "b": "x"}, files={"c": b"y"})
    assert answer.json() == {"a": "list", "b": "str", "c": "UploadFile"}
    assert post(all_files, files={"a": b"1", "b": b"2"}).json() == ["a", "b"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    answer = post(
        books,
        data={"title": "", "cover": "text", "year": "x", "other": "1"},
        files={"tags": ("t", b"file")},
    )
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "detail": "There is no such field.",
            "in": "form",
            "name": "other",
            "code": "unknown",
        },
        {
            "detail": "This must be an integer.",
            "in": "form",
            "name": "year",
            "code": "format",
        },
        {
            "detail": "This must be text, not a file.",
            "in": "form",
            "name": "tags",
            "code": "type",
        },
        {
            "detail": "This must be a file.",
            "in": "form",
            "name": "cover",
            "code": "type",
        },
        {
            "detail": answer.json()["errors"][4]["detail"],
            "in": "form",
            "name": "title",
            "code": "invalid",
        },
    ]


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"json": {"title": "Dune"}}, 415),
        ({"content": b"--x", "headers": {"content-type": "multipart/form-data"}}, 400),
        ({"data": {"title": "x" * 2_000_000}}, 413),
        ({}, 415),
    ],
)
def test_what_is_no_form_is_answered_as_everywhere(options, status) -> None:
    assert post(books, **options).status_code == status


def test_a_form_with_a_default_may_be_absent() -> None:
    assert post(plain).json() == "None"
    assert post(plain, data={"title": "Dune"}).json().startswith("Book(title='Dune'")
    empty = {"content-type": "application/x-www-form-urlencoded"}
    assert post(plain, headers=empty).json() == "None"
    assert post(plain, content=b"title=x").status_code == 415


def test_the_files_are_closed_when_the_request_is_over() -> None:
    kept: list[UploadFile] = []

    class Keeper(HTTPEndpoint):
        async def post(self, request: Any, form: Upload) -> None:
            kept.extend(form.pages)

    post_to = Restlette()
    post_to.add_route("/", Keeper)
    answer = call(
        post_to,
        "POST",
        data={"title": "x"},
        files={"pages": ("big", b"x" * 2_000_000)},
    )
    assert answer.status_code == 204
    assert kept[0].file.closed


async def both(request: Any, body: Book, form: Book) -> None: ...


async def file_in_body(request: Any, body: Upload) -> None: ...


async def file_in_query(request: Any, query: Upload) -> None: ...


@attrs.frozen
class Nested:
    book: Book


async def nested(request: Any, form: Nested) -> None: ...


async def list_of(request: Any, form: list[UploadFile]) -> None: ...


async def nothing(request: Any, form: bytes) -> None: ...


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        (both, "both takes a body and a form, and there is one content"),
        (file_in_body, "file_in_body(body): Upload.cover: UploadFile has no form in"),
        (file_in_query, "file_in_query(query): Upload.cover: UploadFile has no form"),
        (nested, "nested(form): book: Book cannot be written as one text"),
        (list_of, "list_of(form): what is given there has names"),
        (nothing, "nothing(form): bytes has no form in JSON"),
    ],
)
def test_startup_124_a_form_that_cannot_be_read(handler, sentence) -> None:
    """start-up-config-124."""
    app = Restlette()
    app.add_route("/", handler, methods=["POST"])
    with pytest.raises(TypeError) as caught:
        app.freeze()
    assert str(caught.value).startswith(sentence)


def test_a_file_is_no_content_of_an_answer() -> None:
    with pytest.raises(TypeError, match="UploadFile has no form in JSON"):
        model_for(list[UploadFile])
