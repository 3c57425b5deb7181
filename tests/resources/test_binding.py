"""Handlers say by the names of their parameters what they are given."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs
import pytest

from restlette.http.conditional import Preconditions
from restlette.resources.binding import Binding, bind, names_asked
from restlette.resources.dependencies import Injected
from restlette.resources.models import form_model_for, model_for
from restlette.resources.parts import REQUIRED, Part
from restlette.resources.representation import UNANNOTATED, Created, returns_of

if TYPE_CHECKING:
    from elsewhere import Unknown  # type: ignore[import-not-found]

T = TypeVar("T")


@attrs.frozen
class Book:
    title: str


@attrs.frozen
class BookQuery:
    q: str = ""


class Base(Injected, Generic[T]):
    async def post(self, request, body: T) -> Created[T]: ...

    async def put(self, request, body: list[T]) -> None: ...


class Books(Base[Book]):
    async def get(self, request, query: BookQuery) -> list[Book]: ...


class Heir(Books): ...


class Mixin:
    def delete(self, request, book_id) -> None: ...


class Item(Mixin, Injected):
    def patch(self, req, book_id: int, *, body: Book = Book("none")): ...

    def options(self, *args, **kwargs): ...

    def get(self, request, /, book_id=1, query: dict[str, Any] | None = None): ...


def parts(binding: Binding) -> dict[str, Any]:
    """What a binding has that an empty one has not."""
    empty = Binding("")
    return {
        name: getattr(binding, name)
        for name in Binding.__slots__
        if name != "where" and getattr(binding, name) != getattr(empty, name)
    }


def just_request(request): ...


def unannotated(request, body, query): ...


def plain(anything, *, book_id, shelf_id: int, **rest) -> dict[str, Any]: ...


def comparing(request, body: Book, preconditions: Preconditions): ...


def comparing_unannotated(request, preconditions): ...


def sent(request, form: BookQuery): ...


def variable(request) -> list[T]: ...


@pytest.mark.parametrize(
    ("function", "owner", "path", "expected"),
    [
        pytest.param(just_request, None, ["book_id"], {}, id="the request alone"),
        pytest.param(
            unannotated,
            None,
            [],
            {"parts": {"body": Part(model_for(Any)), "query": Part(model_for(Any))}},
            id="no annotations",
        ),
        pytest.param(
            plain,
            None,
            ["shelf_id", "book_id", "other"],
            {
                "path": ("book_id", "shelf_id"),
                "takes_all_path": True,
                "returns": returns_of(dict[str, Any]),
            },
            id="keywords",
        ),
        pytest.param(
            Books.get,
            Books,
            [],
            {
                "parts": {"query": Part(model_for(BookQuery))},
                "returns": returns_of(list[Book]),
            },
            id="a method",
        ),
        pytest.param(
            Books.get,
            Heir,
            [],
            {
                "parts": {"query": Part(model_for(BookQuery))},
                "returns": returns_of(list[Book]),
            },
            id="an inherited one",
        ),
        pytest.param(
            Base.post,
            Books,
            [],
            {
                "parts": {"body": Part(model_for(Book))},
                "returns": returns_of(Created[Book]),
            },
            id="of a generic base",
        ),
        pytest.param(
            Base.put,
            Heir,
            [],
            {
                "parts": {"body": Part(model_for(list[Book]))},
                "returns": returns_of(type(None)),
            },
            id="of a generic base's heir",
        ),
        pytest.param(
            Base.put,
            Base,
            [],
            {
                "parts": {"body": Part(model_for(list[Any]))},
                "returns": returns_of(type(None)),
            },
            id="of a generic class without arguments",
        ),
        pytest.param(
            Item.delete,
            Item,
            ["book_id"],
            {"path": ("book_id",), "returns": returns_of(type(None))},
            id="of a mixin",
        ),
        pytest.param(
            Item.patch,
            Item,
            ["book_id"],
            {
                "path": ("book_id",),
                "parts": {"body": Part(model_for(Book), Book("none"))},
            },
            id="a default for the body",
        ),
        pytest.param(
            Item.get,
            Item,
            ["book_id"],
            {
                "path": ("book_id",),
                "parts": {"query": Part(model_for(dict[str, Any] | None), None)},
            },
            id="a default for the query",
        ),
        pytest.param(
            Item.options, Item, ["a"], {"takes_all_path": True}, id="*args, **kwargs"
        ),
        pytest.param(
            comparing,
            None,
            [],
            {"parts": {"body": Part(model_for(Book))}, "takes_preconditions": True},
            id="preconditions",
        ),
        pytest.param(
            comparing_unannotated,
            None,
            [],
            {"takes_preconditions": True},
            id="preconditions without an annotation",
        ),
        pytest.param(
            sent,
            None,
            [],
            {"parts": {"form": Part(form_model_for(BookQuery))}},
            id="form",
        ),
        pytest.param(
            variable, None, [], {"returns": returns_of(list[T])}, id="a type variable"
        ),
        pytest.param(
            unannotated,
            None,
            ["body", "query"],
            {"path": ("body", "query")},
            id="path parameters come first",
        ),
    ],
)
def test_a_handler_is_bound(function, owner, path, expected) -> None:
    assert shown(parts(bind(function, owner, path))) == shown(expected)


def shown(found: dict[str, Any]) -> dict[str, Any]:
    """Parts by what they are models of: a new adapter has models made anew."""
    taken = {
        name: (each.model.annotation, each.default)
        for name, each in found.get("parts", {}).items()
    }
    return {**found, "parts": taken}


def test_a_body_without_a_default_is_required() -> None:
    assert bind(Base.post, Books, []).parts["body"].required
    assert not bind(Item.patch, Item, ["book_id"]).parts["body"].required
    assert bind(just_request, None, []).wanted == ()
    assert repr(REQUIRED) == "REQUIRED"


def test_a_binding_is_shown_by_what_is_given() -> None:
    assert repr(bind(Base.post, Books, [])) == "Binding('Books.post': body)"
    assert repr(bind(just_request, None, [])) == (
        "Binding('just_request': the request alone)"
    )


def test_decorators_are_looked_through() -> None:
    def decorate(function):
        @functools.wraps(function)
        async def wrapper(*args, **kwargs):
            return await function(*args, **kwargs)

        return wrapper

    class Resource(Injected):
        @decorate
        async def get(self, request, query: BookQuery) -> Book: ...

    binding = bind(Resource.get, Resource, [])
    assert binding.parts == {"query": Part(model_for(BookQuery))}
    assert binding.returns == returns_of(Book)


def test_objects_and_partials_are_handlers_too() -> None:
    class Handler:
        def __call__(self, request, query: BookQuery): ...

    for handler in (Handler(), functools.partial(Handler())):
        binding = bind(handler, None, [])
        assert binding.parts == {"query": Part(model_for(BookQuery))}
        assert binding.where in ("Handler", "partial")


def test_what_cannot_be_read_is_given_everything() -> None:
    assert parts(bind(print, None, [])) == {"takes_all_path": True}


def test_local_names_are_found() -> None:
    """In a class that is kept by `Injected`, and in a function while its own runs."""

    @attrs.frozen
    class Local:
        name: str

    class Resource(Injected):
        async def post(self, request, body: Local) -> Created[Local]: ...

    def handler(request, body: Local) -> Local: ...

    def elsewhere():
        return bind(Resource.post, Resource, [])

    binding = elsewhere()
    assert binding.parts["body"].model == model_for(Local)
    assert binding.returns == returns_of(Created[Local])
    assert bind(handler, None, []).parts["body"].model == model_for(Local)


# Mistakes


def unknown_name(request, titel): ...


def near_body(request, boby): ...


def nothing(): ...


def nameless(request, book_id, /): ...


def unknown_type(request, body: Unknown): ...


def no_model(request, body: bytes): ...


def no_query(request, query: list[int]): ...


def no_result(request) -> bytes: ...


def two_contents(request, body: Book, form: Book): ...


def not_preconditions(request, preconditions: int): ...


class Resource:
    def get(self): ...

    def put(self, request, titel): ...


OFFER = "on offer: title, book_id, body, form, query, headers, cookies, preconditions"

MISTAKES = [
    (
        unknown_name,
        None,
        "nothing in a request is called 'titel' (did you mean 'title'?); " + OFFER,
    ),
    (
        near_body,
        None,
        "nothing in a request is called 'boby' (did you mean 'body'?); " + OFFER,
    ),
    (
        Resource.put,
        Resource,
        "nothing in a request is called 'titel' (did you mean 'title'?); " + OFFER,
    ),
    (
        nameless,
        None,
        (
            "'book_id' is given by name, so it cannot stand before the / of "
            "positional-only parameters"
        ),
    ),
    (
        unknown_type,
        None,
        (
            "the annotation 'Unknown' cannot be resolved: 'Unknown' is not known "
            "there; import it at run time (not under TYPE_CHECKING), and define it "
            "before the class or function that uses it"
        ),
    ),
]


@pytest.mark.parametrize(
    ("function", "owner", "sentence"),
    MISTAKES,
    ids=lambda each: getattr(each, "__qualname__", ""),
)
def test_a_mistake_says_where_what_and_what_to_write(function, owner, sentence) -> None:
    with pytest.raises(TypeError) as caught:
        bind(function, owner, ["title", "book_id"])
    assert str(caught.value) == f"{function.__qualname__}: {sentence}"


@pytest.mark.parametrize(
    ("function", "owner"), [(nothing, None), (Resource.get, Resource)]
)
def test_a_handler_takes_a_request(function, owner) -> None:
    with pytest.raises(TypeError) as caught:
        bind(function, owner, [])
    assert str(caught.value) == (
        f"{function.__qualname__} takes no request: its first parameter, whatever the "
        "name, is given one"
    )


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (no_model, "no_model(body): bytes has no form in JSON"),
        (no_query, "no_query(query): what is given there has names"),
        (no_result, "no_result -> <class 'bytes'>: bytes has no form in JSON"),
        (two_contents, "two_contents takes a body and a form, and there is one conten"),
        (
            not_preconditions,
            "not_preconditions(preconditions) is annotated <class 'int'>: what is ",
        ),
    ],
)
def test_a_type_that_will_not_do_says_where_it_stands(function, sentence) -> None:
    with pytest.raises(TypeError) as caught:
        bind(function, None, [])
    assert str(caught.value).startswith(sentence)


def test_annotations_that_say_nothing_are_not_resolved() -> None:
    """What type checkers alone know does no harm there."""

    def handler(request: Unknown, book_id: Unknown, shelf: Unknown) -> None: ...

    names = ("book_id", "shelf")
    assert bind(handler, None, names).path == names


def test_what_a_method_asks_for_is_named() -> None:
    """Neither itself nor the request, whatever they are called."""

    class Resource:
        def prepare(this, anything, shelf, query): ...

        def on_error(self, request, titel): ...

        given = print

    assert names_asked(Resource.prepare, Resource, ["shelf"]) == ("shelf", "query")
    assert names_asked(Resource.given, Resource, ["shelf"]) == ()
    with pytest.raises(TypeError, match=r"Resource\.on_error: nothing .* 'titel'"):
        names_asked(Resource.on_error, Resource, ["shelf"])


def test_ten_thousand_handlers_are_bound_in_about_a_second() -> None:
    """Benchmarks measure start-up; what this sees is a quadratic algorithm."""

    class Resource(Injected):
        async def get(self, request, book_id: int, query: BookQuery) -> list[Book]: ...

    names = ("book_id",)
    started = time.thread_time()
    for _ in range(10_000):
        bind(Resource.get, Resource, names)
    assert time.thread_time() - started < 10
    assert bind(just_request, None, []).returns is UNANNOTATED
