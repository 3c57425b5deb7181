"""`model_for` finds the model of an annotation, and loads no more than it needs."""

import enum
import subprocess
import sys
from datetime import date
from typing import Annotated, Any, Literal

import attrs
import marshmallow
import pytest
from marshmallow import fields, validate

from restlette import HTTPEndpoint
from restlette.http.optional import MissingExtra
from restlette.resources import models
from restlette.resources.models import Invalid, model_for
from restlette.resources.models.errors import CODES
from restlette.testing import call


@attrs.define
class Book:
    title: str


def test_plain_annotations_have_plain_models() -> None:
    assert model_for(dict[str, Any]).load({"a": 1}) == {"a": 1}


def test_other_annotations_have_the_models_of_attrs() -> None:
    assert model_for(Book).load({"title": "Dune"}) == Book("Dune")
    with pytest.raises(Invalid):
        model_for(Book).load({})


def test_equal_annotations_have_one_model() -> None:
    assert model_for(list[Book]) is model_for(list[Book])


def test_an_annotation_that_is_no_key_has_a_model_too() -> None:
    annotation = Annotated[Book, []]
    assert model_for(annotation).load({"title": "Dune"}) == Book("Dune")


def test_the_cache_is_bounded() -> None:
    assert models._kept.cache_info().maxsize == 1024


def test_what_has_no_form_in_json_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        model_for(bytes)


def test_without_cattrs_it_names_the_extra(monkeypatch) -> None:
    def absent(module, extra, *, needed_by):
        raise MissingExtra("cattrs", extra, needed_by)

    monkeypatch.setattr(models, "load", absent)
    with pytest.raises(MissingExtra, match=r"pip install \"restlette\[attrs\]\""):
        model_for(dict[str, Book])
    assert model_for(dict[str, Any]).load({}) == {}


def test_nothing_dear_is_imported_before_it_is_needed() -> None:
    program = """
import sys
from typing import Any
from restlette.resources.binding import bind
def handler(request, book_id, body: dict, query: dict[str, Any] = {}) -> dict: ...
bind(handler, None, ["book_id"])
dear = {"attr", "attrs", "cattrs", "dataclasses", "inspect", "uuid", "decimal"}
print(sorted(dear & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


# One model of both kinds, and what both say of data that does not fit.


@attrs.define
class Line:
    pages: int = attrs.field(validator=attrs.validators.ge(1))


@attrs.define
class Order:
    title: str
    printed: date | None = None
    kind: Literal["hard", "soft"] = "hard"
    lines: list[Line] = attrs.field(factory=list)
    place: tuple[int, int] = (0, 0)
    extras: dict[str, Line] = attrs.field(factory=dict)
    again: "Order | None" = None
    id: int = attrs.field(default=1, init=False)


class LineSchema(marshmallow.Schema):
    pages = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))


class Kind(enum.Enum):
    HARD = "hard"
    SOFT = "soft"


class OrderSchema(marshmallow.Schema):
    title = fields.String(required=True)
    printed = fields.Date(allow_none=True)
    kind = fields.Enum(Kind, by_value=True)
    lines = fields.List(fields.Nested(LineSchema))
    place = fields.Tuple((fields.Integer(strict=True), fields.Integer(strict=True)))
    extras = fields.Dict(keys=fields.String(), values=fields.Nested(LineSchema))
    again = fields.Nested(lambda: OrderSchema(), allow_none=True)
    id = fields.Integer(dump_only=True)


@attrs.define
class Search:
    limit: int = attrs.field(default=20, validator=attrs.validators.le(100))
    words: list[str] = attrs.field(factory=list)


class SearchSchema(marshmallow.Schema):
    limit = fields.Integer(validate=validate.Range(max=100))
    words = fields.List(fields.String())


def deep() -> dict[str, Any]:
    data: dict[str, Any] = {"title": "x"}
    for _ in range(400):
        data = {"title": "x", "again": data}
    return data


DECLARED = [
    ("an array", [], [("#", "type")]),
    ("another kind", {"title": 1}, [("#/title", "type")]),
    ("null", {"title": None}, [("#/title", "type")]),
    ("nothing", {}, [("#/title", "missing")]),
    ("inside", {"title": "x", "lines": [{}]}, [("#/lines/0/pages", "missing")]),
    ("another name", {"title": "x", "a/b é": 1}, [("#/a~1b%20%C3%A9", "unknown")]),
    ("shown only", {"title": "x", "id": 1}, [("#/id", "read_only")]),
    ("no date", {"title": "x", "printed": "today"}, [("#/printed", "format")]),
    ("no choice", {"title": "x", "kind": "none"}, [("#/kind", "choice")]),
    ("a short tuple", {"title": "x", "place": [1]}, [("#/place", "length")]),
    ("too deep", deep(), [("#", "depth")]),
    (
        "a validator",
        {"title": "x", "lines": [{"pages": 0}]},
        [("#/lines/0/pages", "invalid")],
    ),
    (
        "of a mapping",
        {"title": "x", "extras": {"a": {"pages": 0}}},
        [("#/extras/a/pages", "invalid")],
    ),
    (
        "too many",
        {"title": "x", "lines": [{"pages": 0}] * 200},
        [*[(f"#/lines/{n}/pages", "invalid") for n in range(100)], ("#", "more")],
    ),
    (
        "all at once",
        {"lines": [{"pages": 1}, {"pages": []}, 3], "kind": 1, "place": [[], 1]},
        [
            ("#/title", "missing"),
            ("#/lines/1/pages", "type"),
            ("#/lines/2", "type"),
            ("#/kind", "choice"),
            ("#/place/0", "type"),
        ],
    ),
]

IN_QUERY = [
    ("a word", "limit=many", [("limit", "format")]),
    ("twice", "limit=1&limit=2", [("limit", "repeated")]),
    ("another name", "limits=1", [("limits", "unknown")]),
    ("a validator", "limit=101", [("limit", "invalid")]),
    ("all at once", "limit=x&other=1", [("limit", "format"), ("other", "unknown")]),
]


class OfAttrs(HTTPEndpoint):
    async def post(self, request, body: Order) -> None: ...

    async def get(self, request, query: Search) -> None: ...


class OfMarshmallow(HTTPEndpoint):
    async def post(
        self, request, body: Annotated[dict[str, Any], OrderSchema]
    ) -> None: ...

    async def get(
        self, request, query: Annotated[dict[str, Any], SearchSchema]
    ) -> None: ...


both = pytest.mark.parametrize("resource", [OfAttrs(), OfMarshmallow()], ids=repr)


def check(response: Any, place: str, errors: list[tuple[str, str]]) -> None:
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()["errors"]
    assert sorted((each[place], each["code"]) for each in told) == sorted(errors)
    for each in told:
        assert each["detail"]
        assert set(each) - {place, "code", "detail"} <= {"in"}


@both
@pytest.mark.parametrize(
    ("data", "errors"), [row[1:] for row in DECLARED], ids=[row[0] for row in DECLARED]
)
def test_both_kinds_tell_every_error_of_content_alike(resource, data, errors) -> None:
    check(call(resource, "POST", "/", json=data), "pointer", errors)


@both
@pytest.mark.parametrize(
    ("query", "errors"), [row[1:] for row in IN_QUERY], ids=[row[0] for row in IN_QUERY]
)
def test_both_kinds_tell_every_error_of_a_query_alike(resource, query, errors) -> None:
    check(call(resource, "GET", f"/?{query}"), "name", errors)


def test_every_code_is_in_these_tables() -> None:
    rows = [*DECLARED, *IN_QUERY]
    of_patches = {"conflict", "test", "large"}
    told = {code for _, _, errors in rows for _, code in errors}
    assert told | of_patches == set(CODES)
