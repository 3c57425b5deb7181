"""PATCH: merge patches and JSON patches, applied to what a resource is."""

import asyncio
import copy
import datetime as dt
import json
import sys
from typing import Annotated, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields, validate

from restlette import (
    BadRequest,
    Conflict,
    HTTPEndpoint,
    JSONPatch,
    MergePatch,
    Patch,
    Restlette,
    UnprocessableContent,
)
from restlette.http.errors import HTTPException
from restlette.http.optional import MissingExtra
from restlette.resources import patch as module
from restlette.resources.models import model_for
from restlette.testing import build_request, call

MERGE, STEPS = "application/merge-patch+json", "application/json-patch+json"


@attrs.frozen
class Author:
    name: str
    id: int = attrs.field(default=7, init=False)


@attrs.frozen
class NewBook:
    title: str = attrs.field(validator=attrs.validators.min_len(1))
    price: float = 1.0
    note: str | None = "none yet"
    printed: dt.date | None = None
    tags: list[str] = attrs.field(factory=list)
    authors: list[Author] = attrs.field(factory=list)


@attrs.frozen
class Book(NewBook):
    id: int = 3


DUNE = Book("Dune", 9.5, tags=["a", "b"], authors=[Author("Frank")])


# What RFC 7396 gives in its appendix A: the original, the patch, the result.
RFC_7396 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("before", "document", "after"), RFC_7396, ids=str)
def test_a_merge_patch_is_merged_as_its_rfc_shows(before, document, after) -> None:
    kept = copy.deepcopy(before)
    assert MergePatch(document).apply(before) == after
    assert before == kept


# What RFC 6902 gives in its appendix A, where it succeeds.
RFC_6902 = [
    ({"foo": "bar"}, [("add", "/baz", "qux")], {"foo": "bar", "baz": "qux"}),
    ({"foo": [1, 3]}, [("add", "/foo/1", 2)], {"foo": [1, 2, 3]}),
    ({"baz": 1, "foo": 2}, [("remove", "/baz")], {"foo": 2}),
    ({"foo": [1, 2, 3]}, [("remove", "/foo/1")], {"foo": [1, 3]}),
    ({"baz": 1, "foo": 2}, [("replace", "/baz", 3)], {"baz": 3, "foo": 2}),
    (
        {"foo": {"bar": 1, "waldo": 2}, "qux": {"corge": 3}},
        [("move", "/qux/thud", "/foo/waldo")],
        {"foo": {"bar": 1}, "qux": {"corge": 3, "thud": 2}},
    ),
    ({"foo": [1, 2, 3, 4]}, [("move", "/foo/3", "/foo/1")], {"foo": [1, 3, 4, 2]}),
    ({"a": "q", "b": [1]}, [("test", "/a", "q"), ("test", "/b", [1])], None),
    ({"foo": 1}, [("add", "/child", {"x": {}})], {"foo": 1, "child": {"x": {}}}),
    ({"/": 9, "~1": 10}, [("test", "/~01", 10)], None),
    ({"a/b": 1, "~": 2}, [("test", "/a~1b", 1), ("test", "/~0", 2)], None),
    ({"foo": [1]}, [("add", "/foo/-", [2, 3])], {"foo": [1, [2, 3]]}),
    ({"foo": {"a": 1}}, [("copy", "/bar", "/foo")], {"foo": {"a": 1}, "bar": {"a": 1}}),
    ({"foo": 1}, [("add", "", [1])], [1]),
]


def steps(*operations: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Operations as they stand in a document."""
    made = []
    for name, path, *more in operations:
        step = {"op": name, "path": path}
        if more:
            step["from" if name in ("move", "copy") else "value"] = more[0]
        made.append(step)
    return made


@pytest.mark.parametrize(("before", "operations", "after"), RFC_6902, ids=str)
def test_a_json_patch_is_applied_as_its_rfc_shows(before, operations, after) -> None:
    kept = copy.deepcopy(before)
    patched = JSONPatch(steps(*operations)).apply(before)
    assert patched == (before if after is None else after)
    assert before == kept


def test_members_that_an_operation_does_not_define_are_ignored() -> None:
    """RFC 6902 section 4, and A.11"""
    step = {"op": "add", "path": "/a", "value": 1, "from": 7, "xyz": 123}
    assert JSONPatch([step]).apply({}) == {"a": 1}
    step = {"op": "remove", "path": "/a", "value": [[]], "from": "x"}
    assert JSONPatch([step]).apply({"a": 1}) == {}


def errors_of(exc: HTTPException) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in exc.extensions["errors"]]


CONFLICTS = [
    ([("remove", "/x")], ("#/0/path", "conflict")),
    ([("replace", "/x", 1)], ("#/0/path", "conflict")),
    ([("add", "/x/y", 1)], ("#/0/path", "conflict")),
    ([("add", "/list/9", 1)], ("#/0/path", "conflict")),
    ([("add", "/list/01", 1)], ("#/0/path", "conflict")),
    ([("add", "/list/x", 1)], ("#/0/path", "conflict")),
    ([("add", "/text/0", 1)], ("#/0/path", "conflict")),
    ([("remove", "/list/-")], ("#/0/path", "conflict")),
    ([("remove", "/list/9")], ("#/0/path", "conflict")),
    ([("remove", "")], ("#/0/path", "conflict")),
    ([("move", "/y", "/x")], ("#/0/from", "conflict")),
    ([("copy", "/y", "/list/7")], ("#/0/from", "conflict")),
    ([("copy", "/y", "/list/-")], ("#/0/from", "conflict")),
    ([("move", "/y", "/list/-")], ("#/0/from", "conflict")),
    ([("move", "/y/z", "/text")], ("#/0/path", "conflict")),
    ([("move", "/object/a/b", "/object/a")], ("#/0/path", "conflict")),
    ([("test", "/text", "y")], ("#/0/value", "test")),
    ([("test", "/x", None)], ("#/0/value", "test")),
    ([("test", "/one", True)], ("#/0/value", "test")),
    ([("add", "/new", 1), ("test", "/new", 2)], ("#/1/value", "test")),
]


@pytest.mark.parametrize(("operations", "error"), CONFLICTS, ids=str)
def test_what_does_not_fit_the_resource_is_a_conflict(operations, error) -> None:
    before = {"list": [1], "text": "x", "object": {"a": {}}, "one": 1}
    with pytest.raises(Conflict) as caught:
        JSONPatch(steps(*operations)).apply(before)
    assert errors_of(caught.value) == [error]


MALFORMED = [
    ({}, [("#", "type")]),
    (None, [("#", "type")]),
    ([1], [("#/0", "type")]),
    (["x"], [("#/0", "type")]),
    ([{}], [("#/0/op", "missing")]),
    ([{"op": "spin", "path": ""}], [("#/0/op", "choice")]),
    ([{"op": ["add"], "path": ""}], [("#/0/op", "choice")]),
    (
        [{"op": "add"}, {"op": "add", "path": 1, "value": 1}],
        [("#/0/path", "missing"), ("#/0/value", "missing"), ("#/1/path", "type")],
    ),
    ([{"op": "remove", "path": "a"}], [("#/0/path", "format")]),
    ([{"op": "remove", "path": "#/a"}], [("#/0/path", "format")]),
    ([{"op": "remove", "path": "/a~2"}], [("#/0/path", "format")]),
    ([{"op": "remove", "path": "/a~"}], [("#/0/path", "format")]),
    ([{"op": "copy", "path": "/a"}], [("#/0/from", "missing")]),
    ([{"op": "copy", "path": "/a", "from": None}], [("#/0/from", "type")]),
]


@pytest.mark.parametrize(("document", "errors"), MALFORMED, ids=str)
def test_what_is_no_json_patch_is_a_bad_request(document, errors) -> None:
    with pytest.raises(BadRequest) as caught:
        JSONPatch(document)
    assert errors_of(caught.value) == errors


def test_at_most_a_hundred_errors_of_a_document_are_told() -> None:
    with pytest.raises(BadRequest) as caught:
        JSONPatch([1] * 100_000)
    assert len(errors_of(caught.value)) == 100


# Models


def test_what_is_not_named_stays_and_what_is_null_has_its_default() -> None:
    book = attrs.evolve(DUNE, note="a note")
    assert MergePatch({"price": 2}, NewBook).apply(book) == NewBook(
        "Dune", 2.0, "a note", None, ["a", "b"], [Author("Frank")]
    )
    patched = MergePatch({"note": None}, NewBook).apply(book)
    assert patched.note == "none yet"
    patched = JSONPatch(steps(("replace", "/note", None)), NewBook).apply(book)
    assert patched.note is None


def test_values_are_those_of_the_model() -> None:
    day = dt.date(1965, 8, 1)
    book = attrs.evolve(DUNE, printed=day)
    assert MergePatch({"tags": []}, Book).apply(book).printed == day
    made = JSONPatch(steps(("add", "/printed", "1965-08-02")), Book).apply(book)
    assert made.printed == dt.date(1965, 8, 2)


def test_the_whole_is_checked_with_pointers_into_it() -> None:
    with pytest.raises(UnprocessableContent) as caught:
        MergePatch({"title": "", "price": "x", "pages": 1}, NewBook).apply(DUNE)
    assert errors_of(caught.value) == [
        ("#/pages", "unknown"),
        ("#/price", "type"),
        ("#/title", "invalid"),
    ]
    with pytest.raises(UnprocessableContent) as caught:
        JSONPatch(steps(("remove", "/title"), ("add", "/tags/-", 1)), Book).apply(DUNE)
    assert errors_of(caught.value) == [("#/title", "missing"), ("#/tags/2", "type")]


def test_what_is_only_shown_is_no_part_of_it() -> None:
    patched = JSONPatch(steps(("replace", "/authors/0/name", "F.")), Book).apply(DUNE)
    assert patched.authors == [Author("F.")]
    with pytest.raises(UnprocessableContent) as caught:
        JSONPatch(steps(("add", "/authors/0/id", 8)), Book).apply(DUNE)
    assert errors_of(caught.value) == [("#/authors/0/id", "read_only")]


class AuthorSchema(Schema):
    id = fields.Integer(dump_only=True)
    name = fields.String(required=True)


class BookSchema(Schema):
    id = fields.Integer(dump_only=True)
    title = fields.String(required=True, validate=validate.Length(min=1))
    price = fields.Decimal()
    first = fields.Nested(AuthorSchema)
    authors = fields.List(fields.Nested(AuthorSchema))
    readers = fields.Nested(AuthorSchema, many=True, allow_none=True)
    pair = fields.Tuple((fields.Nested(AuthorSchema), fields.Integer()))
    shelves = fields.Dict(values=fields.Nested(AuthorSchema))
    name = fields.Pluck(AuthorSchema, "name")


SCHEMA = Annotated[dict[str, Any], BookSchema]


def test_a_schema_is_patched_as_an_attrs_class_is() -> None:
    ann = {"id": 1, "name": "Ann"}
    book = {
        "id": 3,
        "title": "Emma",
        "first": ann,
        "authors": [ann],
        "readers": [ann],
        "pair": (ann, 1),
        "shelves": {"a": ann},
        "name": ann,
    }
    patched = MergePatch({"title": "Dune", "readers": None}, SCHEMA).apply(book)
    assert patched == {
        "title": "Dune",
        "first": {"name": "Ann"},
        "authors": [{"name": "Ann"}],
        "pair": ({"name": "Ann"}, 1),
        "shelves": {"a": {"name": "Ann"}},
        "name": {"name": "Ann"},
    }
    assert (
        JSONPatch(steps(("add", "/readers", None)), SCHEMA).apply(book)["readers"]
        is None
    )
    with pytest.raises(UnprocessableContent) as caught:
        MergePatch({"title": "", "id": 4}, SCHEMA).apply(book)
    assert errors_of(caught.value) == [("#/title", "invalid"), ("#/id", "read_only")]
    many = Annotated[list[dict[str, Any]], BookSchema]
    appended = JSONPatch(steps(("add", "/-", {"title": "x"})), many).apply([book])
    assert [each["title"] for each in appended] == ["Emma", "x"]


def test_a_schema_in_an_attrs_class_is_patched() -> None:
    @attrs.define
    class Shelf:
        book: SCHEMA
        other: SCHEMA | None = None

    shelf = Shelf({"id": 3, "title": "Emma"})
    patched = MergePatch({"book": {"title": "Dune"}}, Shelf).apply(shelf)
    assert patched == Shelf({"title": "Dune"})
    full = MergePatch({"title": "x"}, SCHEMA | None).apply({"id": 3, "title": "y"})
    assert full == {"title": "x"}
    assert MergePatch({"title": "x"}, SCHEMA | None).apply(None) == {"title": "x"}


def test_a_value_that_is_not_of_the_type_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="is not written as NewBook"):
        MergePatch({}, NewBook).apply({"title": "x"})  # type: ignore[arg-type]


# As content


class BookItem(HTTPEndpoint):
    async def patch(self, request, body: Patch[NewBook]) -> NewBook:
        return body.apply(DUNE)

    async def post(self, request, body: NewBook) -> None: ...

    async def put(self, request, body: MergePatch[NewBook]) -> None:
        assert isinstance(body, MergePatch)


def patched(document: Any, content_type: str | None, method: str = "PATCH") -> Any:
    headers = {} if content_type is None else {"content-type": content_type}
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return call(BookItem(), method, "/", headers=headers, content=content)


def test_the_media_type_decides() -> None:
    assert patched({"title": "Emma"}, MERGE).json()["title"] == "Emma"
    operation = steps(("replace", "/title", "Emma"))
    assert patched(operation, STEPS).json()["title"] == "Emma"
    assert patched(operation, f"{STEPS}; charset=utf-8").status_code == 200
    assert patched({}, MERGE, "PUT").status_code == 204


@pytest.mark.parametrize(
    "content_type", [None, "application/json", "text/plain", "application/x+json", "x"]
)
def test_another_media_type_is_told_what_is_taken(content_type) -> None:
    """RFC 5789 section 2.2; an ordinary body has a field of its own as well."""
    refused = patched({"title": "Emma"}, content_type)
    assert refused.status_code == 415
    assert refused.headers["accept-patch"] == f"{MERGE}, {STEPS}"
    assert refused.headers["accept"] == f"{MERGE}, {STEPS}"
    other = patched({}, STEPS, "PUT")
    assert (other.status_code, other.headers["accept"]) == (415, MERGE)
    assert "accept-patch" not in other.headers
    posted = patched({}, "text/plain", "POST")
    assert posted.status_code == 415
    assert posted.headers["accept-post"] == "application/json"


def test_options_say_what_patch_and_post_take() -> None:
    """RFC 5789 section 3.1"""
    app = Restlette()
    app.mount("/book", BookItem)

    @app.route("/ping", methods=["POST", "GET"])
    async def ping(request): ...

    for options in (call(app, "OPTIONS", "/book"), call(BookItem(), "OPTIONS", "/")):
        assert options.status_code == 204
        assert options.headers["allow"] == "OPTIONS, PATCH, POST, PUT"
        assert options.headers["accept-patch"] == f"{MERGE}, {STEPS}"
        assert options.headers["accept-post"] == "application/json"
    options = call(app, "OPTIONS", "/ping")
    assert {"accept-post", "accept-patch"}.isdisjoint(options.headers)


@pytest.mark.parametrize(
    ("document", "content_type", "status", "errors"),
    [
        (b"{", MERGE, 400, None),
        ({}, STEPS, 400, [("#", "type")]),
        (steps(("remove", "/x")), STEPS, 409, [("#/0/path", "conflict")]),
        ({"title": None}, MERGE, 422, [("#/title", "missing")]),
        ([], MERGE, 422, [("#", "type")]),
        (b"", MERGE, 400, None),
    ],
    ids=str,
)
def test_each_fault_has_its_status(document, content_type, status, errors) -> None:
    refused = patched(document, content_type)
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"
    told = refused.json().get("errors")
    assert errors == (told and [(each["pointer"], each["code"]) for each in told])


def test_a_resource_is_tested_in_plain_python() -> None:
    body = MergePatch({"price": 2}, NewBook)
    result = asyncio.run(BookItem().patch(build_request("PATCH"), body=body))
    assert result.price == 2.0


def test_it_may_be_left_out() -> None:
    app = Restlette()

    @app.route("/", methods=["PATCH"])
    async def patch(request, body: MergePatch | None = None) -> dict[str, Any]:
        return {} if body is None else body.apply({"a": 1, "b": 2})

    assert call(app, "PATCH", "/").json() == {}
    headers = {"content-type": MERGE}
    given = call(app, "PATCH", "/", headers=headers, content=b'{"a":null}')
    assert given.json() == {"b": 2}


def test_patches_are_values() -> None:
    patch = MergePatch({"a": 1}, Book)
    assert patch == MergePatch({"a": 1}, Book)
    assert patch != MergePatch({"a": 2}, Book)
    assert patch != MergePatch({"a": 1}, NewBook)
    assert JSONPatch([]) != MergePatch([])
    assert patch != {"a": 1}
    assert repr(MergePatch({"a": 1}, int)) == "MergePatch({'a': 1}, <class 'int'>)"


# Misuse


@pytest.mark.parametrize("annotation", [list[Patch[Book]], dict[str, MergePatch[Book]]])
def test_a_patch_is_all_of_the_content(annotation) -> None:
    with pytest.raises(TypeError, match="is all of the content, and no part of"):
        model_for(annotation)


def test_a_patch_is_nothing_to_give_back_or_ask_for() -> None:
    model = model_for(Patch[Book])
    assert model.no_query
    for function in (model.load, model.dump):
        with pytest.raises(TypeError, match="is what a request asks for"):
            function(MergePatch({}))


def test_a_patch_of_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        model_for(Patch[bytes])


def test_the_extra_is_named_at_start_up(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonpatch", None)
    for annotation in (Patch[int], JSONPatch[int]):
        with pytest.raises(MissingExtra) as caught:
            module.patch_model(annotation)
        assert str(caught.value) == (
            'restlette.JSONPatch needs jsonpatch: pip install "restlette[patch]"'
        )
    assert module.patch_model(MergePatch[int]) is not None


# Hostile input


def test_copies_of_copies_are_refused() -> None:
    """Thirty copies of the whole into itself would be a billion values."""
    document = steps(*[("copy", "/a/-", "/a")] * 30)
    with pytest.raises(UnprocessableContent) as caught:
        JSONPatch(document).apply({"a": [["x"] * 10]})
    [(pointer, code)] = errors_of(caught.value)
    assert code == "large"
    assert 10 < int(pointer.split("/")[1]) < 30
    long = "x" * 10_000
    with pytest.raises(UnprocessableContent) as caught:
        JSONPatch(steps(*[("copy", "/a/-", "/b")] * 900)).apply({"a": [], "b": long})
    assert errors_of(caught.value) == [("#/159", "large")]


@pytest.mark.parametrize(
    ("value", "weight"),
    [
        (1, 1),
        ("x" * 15, 1),
        ("x" * 16, 2),
        ([], 1),
        ([1, [2]], 4),
        ({"k" * 15: 1}, 2),
        ({"k" * 32: 1}, 4),
        ({"k" * 47: 1}, 4),
    ],
    ids=str,
)
def test_what_is_copied_counts_by_its_values(value, weight, monkeypatch) -> None:
    """Text for one more each sixteen characters; what is not copied costs nothing."""
    monkeypatch.setattr(module, "MOST_MOVED", weight + 1)
    copies = [("copy", "/b", "/a"), ("test", "/n", 1), ("copy", "/c", "/n")]
    before = {"a": value, "n": 1}
    assert JSONPatch(steps(*copies)).apply(before)["c"] == 1
    with pytest.raises(UnprocessableContent) as caught:
        JSONPatch(steps(*copies, ("copy", "/d", "/n"))).apply(before)
    assert errors_of(caught.value) == [("#/3", "large")]


def test_many_operations_are_refused() -> None:
    document = steps(*[("test", "", {})] * 1001)
    with pytest.raises(UnprocessableContent) as caught:
        JSONPatch(document).apply({})
    assert errors_of(caught.value) == [("#", "large")]
    assert JSONPatch(document[:1000]).apply({}) == {}


def test_depth_cannot_be_built_up() -> None:
    deep: Any = 1
    for _ in range(101):
        deep = [deep]
    for operations, pointer in (
        ([("add", "/a", deep)], "#/0"),
        ([("test", "/a" * 101, 1)], "#/0/path"),
        ([("copy", "/b", "/a" * 101)], "#/0/from"),
        ([("copy", "/b", "/deep")], "#/0"),
    ):
        with pytest.raises(UnprocessableContent) as caught:
            JSONPatch(steps(*operations)).apply({"deep": deep})
        assert errors_of(caught.value) == [(pointer, "depth")]
    with pytest.raises(Conflict):
        JSONPatch(steps(("test", "/a" * 100, 1))).apply({})


def test_a_deep_merge_patch_is_refused() -> None:
    """json-58"""
    deep: Any = {}
    for _ in range(sys.getrecursionlimit()):
        deep = {"a": deep}
    with pytest.raises(UnprocessableContent) as caught:
        MergePatch(deep).apply({})
    assert errors_of(caught.value) == [("#", "depth")]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["", "a", "b", "0", "~", "/"]), inner)
    ),
    max_leaves=8,
)
pointers = st.lists(
    st.sampled_from(["", "a", "b", "0", "1", "-", "01", "~0", "~1", "9" * 5000])
).map(lambda tokens: "".join(f"/{each}" for each in tokens))
operations = st.fixed_dictionaries(
    {
        "op": st.sampled_from([*module.OPERATIONS, "x"]),
        "path": pointers | json_values,
        "from": pointers | json_values,
        "value": json_values,
    }
)


@given(json_values, st.lists(operations, max_size=5) | json_values)
def test_any_json_patch_gives_a_value_or_a_problem(before, document) -> None:
    refusal = None
    try:
        JSONPatch(document).apply(before)
    except HTTPException as exc:
        refusal = exc
    if refusal is not None:
        assert refusal.status_code in (400, 409, 422)
        assert errors_of(refusal)


@given(json_values, json_values)
def test_a_merge_patch_has_no_null_left_and_is_the_same_twice(before, document) -> None:
    once = MergePatch(document).apply(before)
    assert MergePatch(document).apply(once) == once
