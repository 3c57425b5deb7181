"""Queries that many resources have, read from text or refused with 422."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, TypedDict, get_origin
from urllib.parse import urljoin
from uuid import UUID

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import restlette
from restlette import HTTPEndpoint, Page, Restlette
from restlette.resources import queries
from restlette.resources.models import Invalid, model_for
from restlette.resources.queries import (
    Cursor,
    CursorQuery,
    Fields,
    PageQuery,
    Sort,
    SortKey,
    text_model,
)
from restlette.testing import build_request, call


@attrs.frozen
class Book:
    title: str
    year: int | None
    tags: list[str] = attrs.field(factory=list)
    shelf_mark: str = attrs.field(default="A1", alias="shelfMark")
    id: int = attrs.field(init=False, default=7)


class Row(TypedDict):
    title: str
    cost: float


@attrs.frozen(kw_only=True)
class BookQuery(PageQuery):
    author: str | None = None
    fields: Fields[Book] = attrs.field(default=Fields(Book))
    sort: Sort[Book] = attrs.field(default=Sort(Book, "-year,title"))
    size: int = attrs.field(default=2, validator=attrs.validators.in_([2, 500]))


BOOKS = [Book("Dune", 1965), Book("Emma", 1815), Book("Ulysses", 1922)]


app = Restlette()


@app.route("/books")
class Books(HTTPEndpoint):
    async def get(self, request, query: BookQuery) -> Page[dict[str, Any]]:
        shown = BOOKS[query.offset : query.offset + query.size]
        items = [query.fields.pick(book) for book in shown]
        return query.page_of(items, request, total=len(BOOKS))


@app.route("/shelf")
class Shelf(HTTPEndpoint):
    async def get(self, request, query: CursorQuery[tuple[str, int]]) -> Page[Book]:
        after = query.position or ("", 0)
        found = [book for book in BOOKS if (book.title, book.id) > after]
        shown = found[: query.size]
        more = len(found) > len(shown)
        last = (shown[-1].title, shown[-1].id) if more else None
        return query.page_of(shown, request, next=last)


def links_of(response: Any) -> dict[str, str]:
    """The links of an answer, as another library reads them."""
    headers = {"link": response.headers.get("link", "")}
    found = httpx.Response(200, headers=headers).links
    return {str(relation): str(link["url"]) for relation, link in found.items()}


def test_they_are_given_by_the_root_when_they_are_asked_for() -> None:
    for name in ("Cursor", "CursorQuery", "Fields", "PageQuery", "Sort"):
        assert getattr(restlette, name) is getattr(queries, name)


# Pages by number


def test_pages_have_bounds_and_defaults() -> None:
    assert PageQuery() == PageQuery(page=1, size=20)
    assert PageQuery(page=3, size=10).offset == 20
    load = model_for(PageQuery).load_strings
    assert load({"page": ["1000000"], "size": ["100"]}).size == 100
    assert load({"page": ["1"], "size": ["1"]}) == PageQuery(page=1, size=1)


@pytest.mark.parametrize("kind", [PageQuery, CursorQuery[int]])
def test_a_derived_query_may_ask_for_more(kind) -> None:
    """By name, whatever has a default before it."""
    body = {"author": attrs.field(type=str)}
    query = attrs.make_class("Derived", body, bases=(get_origin(kind) or kind,))
    assert query(author="Ann").author == "Ann"
    with pytest.raises(TypeError):
        kind(3)


@pytest.mark.parametrize(
    ("strings", "name", "code"),
    [
        ({"page": ["0"]}, "page", "invalid"),
        ({"page": ["-1"]}, "page", "invalid"),
        ({"page": ["1000001"]}, "page", "invalid"),
        ({"page": ["9" * 5000]}, "page", "format"),
        ({"page": ["1.5"]}, "page", "format"),
        ({"page": ["1", "2"]}, "page", "repeated"),
        ({"size": ["0"]}, "size", "invalid"),
        ({"size": ["101"]}, "size", "invalid"),
        ({"size": [""]}, "size", "format"),
        ({"pages": ["1"]}, "pages", "unknown"),
    ],
)
def test_what_is_out_of_bounds_is_refused(strings, name, code) -> None:
    with pytest.raises(Invalid) as caught:
        model_for(PageQuery).load_strings(strings)
    assert [(each.path, each.code) for each in caught.value.errors] == [((name,), code)]


@pytest.mark.parametrize(
    ("page", "count", "total", "links"),
    [
        (1, 2, 5, {"first": 1, "next": 2, "last": 3}),
        (2, 2, 5, {"first": 1, "prev": 1, "next": 3, "last": 3}),
        (3, 1, 5, {"first": 1, "prev": 2, "last": 3}),
        (9, 0, 5, {"first": 1, "prev": 3, "last": 3}),
        (1, 0, 0, {"first": 1, "last": 1}),
        (2, 0, 0, {"first": 1, "prev": 1, "last": 1}),
        (2, 2, 4, {"first": 1, "prev": 1, "last": 2}),
        (1, 2, None, {"first": 1, "next": 2}),
        (1, 3, None, {"first": 1, "next": 2}),
        (2, 1, None, {"first": 1, "prev": 1}),
    ],
)
def test_a_page_links_to_others(page, count, total, links) -> None:
    query = PageQuery(page=page, size=2)
    request = build_request("GET", f"/books?q=a&page={page}")
    given = query.page_of(iter(range(count)), request, total=total)
    assert given == Page(
        range(count),
        total=total,
        links={rel: f"?q=a&page={number}" for rel, number in links.items()},
    )


def test_a_resource_answers_page_by_page() -> None:
    response = call(app, "GET", "/books?author=Herbert&fields=title&size=2")
    assert response.json() == {
        "items": [{"title": "Dune"}, {"title": "Emma"}],
        "total": 3,
    }
    following = links_of(response)["next"]
    assert following == "?author=Herbert&fields=title&size=2&page=2"
    response = call(app, "GET", urljoin("/books?x", following))
    assert response.json()["items"] == [{"title": "Ulysses"}]
    assert set(links_of(response)) == {"first", "prev", "last"}


def test_a_derived_query_may_have_other_bounds() -> None:
    assert call(app, "GET", "/books?size=500").status_code == 200
    assert call(app, "GET", "/books?size=20").status_code == 422


@given(st.integers(1, 50), st.integers(1, 100), st.integers(0, 1000))
def test_every_link_leads_to_a_page_that_there_is(page, size, total) -> None:
    query = PageQuery(page=page, size=size)
    given = query.page_of([], build_request("GET", "/"), total=total)
    numbers = {
        relation: int(link.removeprefix("?page="))
        for relation, link in given.links.items()
    }
    last = numbers["last"]
    assert numbers["first"] == 1 <= last
    assert (last - 1) * size <= total <= last * size
    assert all(1 <= number <= last for number in numbers.values())
    assert ("next" in numbers) is (page < last)
    assert ("prev" in numbers) is (page > 1)


# Pages by cursor


def test_a_resource_answers_from_cursor_to_cursor() -> None:
    titles: list[str] = []
    link = "/shelf?size=2"
    for _ in range(3):
        response = call(app, "GET", link)
        titles += [book["title"] for book in response.json()["items"]]
        links = links_of(response)
        assert links["first"] == "?size=2"
        if "next" not in links:
            break
        link = urljoin("/shelf?size=2", links["next"])
    assert titles == ["Dune", "Emma", "Ulysses"]


def test_a_page_by_cursor_links_to_both_sides() -> None:
    query: CursorQuery[int] = CursorQuery(cursor=Cursor(3))
    request = build_request("GET", "/shelf?cursor=Mw")
    assert query.position == 3
    assert query.page_of([1], request, next=4, prev=2, total=9) == Page(
        [1],
        total=9,
        links={"first": "./shelf", "prev": "?cursor=Mg", "next": "?cursor=NA"},
    )
    first: CursorQuery[int] = CursorQuery()
    assert first.position is None
    assert first.size == 20
    assert first.page_of([1], build_request("GET", "/shelf")) == Page(
        [1], links={"first": "./shelf"}
    )


def test_a_page_by_cursor_has_an_item_at_least() -> None:
    load = model_for(CursorQuery[int]).load_strings
    assert load({"size": ["1"]}) == CursorQuery(size=1)
    for size in ("0", "101"):
        with pytest.raises(Invalid):
            load({"size": [size]})


POSITIONS: list[tuple[Any, Any]] = [
    (int, 3),
    (str, "é,&?"),
    (tuple[str, int], ("Dune", 3)),
    (date, date(1965, 8, 1)),
    (UUID, UUID(int=5)),
    (Book, Book("Dune", 1965)),
]


@pytest.mark.parametrize(("kind", "position"), POSITIONS, ids=str)
def test_a_cursor_comes_back_as_it_went(kind, position) -> None:
    if kind is Book:
        kind, position = dict[str, Any], {"title": "Dune"}
    model = model_for(Cursor[kind])
    text = model.dump(Cursor(position))
    assert text == str(Cursor(position))
    assert model.load(text) == Cursor(position)


def test_padding_does_no_harm() -> None:
    assert call(app, "GET", "/shelf?cursor=WyJEdW5lIiwzXQ==").status_code == 200


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("a", id="one character"),
        pytest.param("é", id="another alphabet"),
        pytest.param("WyJEdW5l IiwzXQ", id="a space"),
        pytest.param("WyJEd!!!!W5lIiwzXQ", id="signs of no alphabet"),
        pytest.param("++//", id="base64 of the other kind"),
        pytest.param(encoded(b"\xff"), id="no UTF-8"),
        pytest.param(encoded(b"{"), id="no JSON"),
        pytest.param(encoded(b"3"), id="another type"),
        pytest.param(encoded(b'["Dune"]'), id="half of it"),
        pytest.param(encoded(b'["Dune","3"]'), id="another type inside"),
        pytest.param(encoded(b'["Dune",NaN]'), id="no number"),
        pytest.param(encoded(b"[" * 5000), id="deep"),
    ],
)
def test_what_is_no_cursor_is_422(text) -> None:
    response = call(app, "GET", "/shelf", params={"cursor": text})
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {
            "detail": "This is none of our cursors.",
            "in": "query",
            "name": "cursor",
            "code": "format",
        }
    ]


@given(st.text() | st.binary().map(encoded))
def test_any_text_is_a_cursor_or_none(text) -> None:
    model = model_for(Cursor[Any])
    try:
        cursor = model.load(text)
    except Invalid:
        return
    assert model.load(str(cursor)) == cursor


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_data)
def test_any_position_comes_back(position) -> None:
    assert model_for(Cursor[Any]).load(str(Cursor(position))) == Cursor(position)


# Sparse fields


def test_fields_are_named_as_in_json() -> None:
    fields = model_for(Fields[Book]).load("shelfMark,title,id")
    assert fields == Fields(Book, "shelfMark,title,id")
    assert fields.names == ("shelfMark", "title", "id")
    assert fields.pick(BOOKS[0]) == {"shelfMark": "A1", "title": "Dune", "id": 7}
    everything = ("id", "shelfMark", "tags", "title", "year")
    assert Fields(Book, ",".join(everything)).names == everything


def test_without_names_it_is_all_of_them() -> None:
    fields = Fields(Book)
    assert fields.names == ("title", "year", "tags", "shelfMark", "id")
    assert fields.pick(BOOKS[0]) == model_for(Book).dump(BOOKS[0])


def test_what_is_not_there_is_not_picked() -> None:
    @attrs.frozen
    class Stored(Book):
        cost: int = attrs.field(default=9, kw_only=True)

    assert "cost" not in Fields(Book).pick(Stored("Dune", 1965))
    wide: Any = {"title": "Dune", "cost": 1.5, "secret": 1}
    assert Fields(Row, "cost").pick(wide) == {"cost": 1.5}


# Orders


def test_a_sort_is_keys_by_attribute() -> None:
    sort = model_for(Sort[Book]).load("-year,shelfMark")
    assert sort == Sort(Book, "-year,shelfMark")
    assert list(sort) == [SortKey("year", descending=True), SortKey("shelf_mark")]
    assert list(Sort(Book)) == []


def test_the_default_is_what_the_query_says() -> None:
    assert model_for(BookQuery).load_strings({}) == BookQuery()
    assert list(BookQuery().sort) == [SortKey("year", True), SortKey("title")]


REFUSED: list[tuple[str, str, str]] = [
    ("fields", "cost", "choice"),
    ("fields", "", "choice"),
    ("fields", ",", "choice"),
    ("fields", "title,", "choice"),
    ("fields", "-title", "choice"),
    ("fields", "title, year", "choice"),
    ("fields", "Title", "choice"),
    ("fields", "shelf_mark", "choice"),
    ("fields", "__class__", "choice"),
    ("fields", "title,title", "repeated"),
    ("sort", "cost", "choice"),
    ("sort", "tags", "choice"),
    ("sort", "-", "choice"),
    ("sort", "--year", "choice"),
    ("sort", "+year", "choice"),
    ("sort", "year,-year", "repeated"),
    ("sort", "title," * 10_000, "choice"),
]


@pytest.mark.parametrize(("name", "text", "code"), REFUSED)
def test_what_is_not_declared_is_422(name, text, code) -> None:
    response = call(app, "GET", "/books", params={name: text})
    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert (error["in"], error["name"], error["code"]) == ("query", name, code)


def test_the_error_says_what_there_is() -> None:
    response = call(app, "GET", "/books?sort=cost")
    assert response.json()["errors"][0]["detail"] == (
        "This must name title or year or shelfMark or id."
    )


def allowed(text: str, names: Iterable[str], sign: str) -> bool:
    words = [word.removeprefix(sign) for word in text.split(",")]
    return set(words) <= set(names) and len(words) == len(set(words))


NAMES = ["title", "year", "tags", "shelfMark", "id"]
texts = st.lists(st.sampled_from([*NAMES, "-title", "-", "cost"]) | st.text()).map(
    ",".join
)


@given(texts)
def test_any_text_is_fields_or_none(text) -> None:
    try:
        fields = model_for(Fields[Book]).load(text)
    except Invalid:
        assert not allowed(text, NAMES, "")
    else:
        assert ",".join(fields.names) == text == str(fields.text)
        assert list(fields.pick(BOOKS[0])) == list(fields.names)


@given(texts)
def test_any_text_is_an_order_or_none(text) -> None:
    names = {"title": "title", "year": "year", "shelfMark": "shelf_mark", "id": "id"}
    try:
        sort = model_for(Sort[Book]).load(text)
    except Invalid:
        assert not allowed(text, names, "-")
    else:
        words = [
            "-" * key.descending + next(k for k, v in names.items() if v == key.name)
            for key in sort
        ]
        assert ",".join(words) == text


# Misuse


@pytest.mark.parametrize(
    ("kind", "text"), [(Fields, "cost"), (Sort, "tags"), (Sort, "year,year")]
)
def test_a_default_that_is_wrong_is_an_error_where_it_is_written(kind, text) -> None:
    with pytest.raises(ValueError, match=rf"^{kind.__name__}\(.*'{text}'\): "):
        kind(Book, text)


@pytest.mark.parametrize("annotation", [Cursor, Fields, Sort])
def test_it_has_to_say_of_what(annotation) -> None:
    with pytest.raises(TypeError, match=rf"Write {annotation.__name__}\[\.\.\.\]"):
        model_for(annotation)


@pytest.mark.parametrize(
    "annotation", [Fields[int], Sort[list[Book]], Sort[tuple[int, str]]]
)
def test_what_has_no_fields_is_refused(annotation) -> None:
    with pytest.raises(TypeError, match="has no fields that could be named"):
        model_for(annotation)


def test_other_types_are_left_to_others() -> None:
    assert text_model(Annotated[int, "x"]) is None
    assert text_model(Book) is None
    assert text_model(["unhashable"]) is None


# What documents say of them


@pytest.mark.parametrize("kind", [Fields, Sort])
@given(text=texts)
def test_a_text_that_is_taken_is_of_the_schema(kind, text) -> None:
    """And one that the schema allows is taken, if it names nothing twice."""
    model = model_for(kind[Book])
    is_of_schema = re.search(model.taken_schema()["pattern"], text) is not None
    words = [word.removeprefix("-") for word in text.split(",")]
    try:
        model.load(text)
    except Invalid:
        # Python's `$`, unlike ECMA's, allows a newline behind it.
        twice = len(set(words)) < len(words)
        assert not is_of_schema or twice or text.endswith("\n")
    else:
        assert is_of_schema


def test_names_stand_for_themselves_in_a_schema() -> None:
    made = attrs.make_class("Made", {"a": attrs.field(type=int, alias="b")})
    odd = TypedDict("odd", {"a.b|c": int})
    assert model_for(Fields[odd]).taken_schema() == {
        "type": "string",
        "pattern": r"^(?:a\.b\|c)(?:,(?:a\.b\|c))*$",
    }
    assert model_for(Sort[made]).taken_schema()["pattern"] == r"^-?(?:b)(?:,-?(?:b))*$"
    assert model_for(Cursor[int]).taken_schema() == {
        "type": "string",
        "format": "base64url",
    }
