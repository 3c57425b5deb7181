"""Resources: classes whose methods answer HTTP's."""

import functools
import json

import pytest

from restlette.concurrency import DEFAULT_POOL
from restlette.http.json import STANDARD
from restlette.http.limits import DEFAULT_LIMITS
from restlette.http.request import Request
from restlette.http.response import PlainTextResponse
from restlette.resources.boundary import Boundary
from restlette.resources.endpoint import (
    METHODS,
    HTTPEndpoint,
    handlers_of,
    operations_of,
)
from restlette.resources.instances import Instances
from restlette.resources.pipeline import Settings
from restlette.resources.representation import JSON, Created
from restlette.resources.uri import Ref
from restlette.testing import call


class Book(HTTPEndpoint):
    """A resource with a method, and things that a client must not reach."""

    async def get(self, request) -> dict:
        return {"title": "Dune"}

    async def put(self, request) -> None: ...

    async def helper(self, request):
        raise AssertionError("no client may come here")

    on_get = scope = post_it = helper


# The table of methods -----------------------------------------------------------------


def test_the_table_is_made_with_the_class():
    assert handlers_of(Book) == {"GET": vars(Book)["get"], "PUT": vars(Book)["put"]}
    assert METHODS == ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def test_the_table_follows_inheritance():
    class Poster:
        async def post(self, request): ...

    class More(Poster, Book):
        put = None  # taken away

        async def get(self, request): ...

    assert handlers_of(More) == {
        "GET": vars(More)["get"],
        "POST": vars(Poster)["post"],
    }

    class Silent(More):
        get = None

    assert set(handlers_of(Silent)) == {"POST"}
    assert set(handlers_of(Book)) == {"GET", "PUT"}


def test_a_method_that_is_added_later_is_not_answered():
    """The table is decided once; what a class answers does not change under it."""

    class Late(Book):
        pass

    Late.delete = Late.helper
    assert "DELETE" not in handlers_of(Late)


def test_extra_methods_are_answered_by_their_functions():
    class Search(HTTPEndpoint):
        extra_methods = {"QUERY": "search"}

        async def search(self, request) -> dict:
            return {"found": 1}

    assert handlers_of(Search) == {"QUERY": vars(Search)["search"]}
    assert call(Search, "QUERY").json() == {"found": 1}
    # The name of a function is not the name of a method.
    assert call(Search, "SEARCH").status_code == 501


NOT_FUNCTIONS = {
    "value": (5, "int"),
    "property": (property(lambda self: 1), "property"),
    "classmethod": (classmethod(lambda cls, request: 1), "classmethod"),
    "staticmethod": (staticmethod(lambda request: 1), "staticmethod"),
    "class": (dict, "type"),
    "partial": (functools.partial(print), "partial"),
    "builtin": (print, "builtin_function_or_method"),
}


@pytest.mark.parametrize("value, kind", NOT_FUNCTIONS.values(), ids=NOT_FUNCTIONS)
@pytest.mark.parametrize("name", ["get", "options", "delete"])
def test_dispatch_3_an_attribute_named_like_a_method(name, value, kind):
    """dispatch-3: refused when the class is made."""
    with pytest.raises(TypeError) as raised:
        type("Shelf", (HTTPEndpoint,), {name: value})
    assert str(raised.value) == (
        f"Shelf.{name} is a {kind}, but that name answers {name.upper()}: write "
        f"`async def {name}(self, request)`, or give the attribute another name."
    )


def test_dispatch_3_a_mixin_with_such_an_attribute():
    """dispatch-3: inherited public methods that are no functions of a class too."""

    class Mixin:
        head = property(lambda self: 1)

    with pytest.raises(TypeError, match=r"Shelf\.head is a property"):
        type("Shelf", (Mixin, HTTPEndpoint), {})
    with pytest.raises(TypeError, match=r"Shelf\.get is a method_descriptor"):
        type("Shelf", (HTTPEndpoint, dict), {})


EXTRA = {
    "lower-case": ({"query": "search"}, "names 'query', which is no method in capital"),
    "no-token": ({"A B": "search"}, "names 'A B', which is no method"),
    "empty": ({"": "search"}, "names '', which is no method"),
    "absent": (
        {"QUERY": "serch"},
        "says that 'serch' answers QUERY, but the class has",
    ),
    "value": ({"QUERY": "size"}, r"\.size is a int, but that name answers QUERY"),
}


@pytest.mark.parametrize("extra, message", EXTRA.values(), ids=EXTRA)
def test_extra_methods_are_checked_with_the_class(extra, message):
    async def search(self, request): ...

    with pytest.raises(TypeError, match=message):
        type(
            "Shelf",
            (HTTPEndpoint,),
            {"extra_methods": extra, "search": search, "size": 3},
        )


# Dispatch -----------------------------------------------------------------------------

UNKNOWN = [
    "__INIT__",
    "DISPATCH",
    "HELPER",
    "SCOPE",
    "__CLASS__",
    "on_get",
    "POST_IT",
    "PREPARE",
    "REF",
    "get",
    "Get",
    "PRI",
    "X" * 10_000,
]


@pytest.mark.parametrize("method", UNKNOWN, ids=lambda m: m[:10])
def test_dispatch_1_no_attribute_is_reached(method):
    """dispatch-1, dispatch-2, dispatch-7: what HTTP does not know is 501."""
    answer = call(Book, method)
    assert answer.status_code == 501
    assert answer.json()["title"] == "Not Implemented"


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "TRACE", "QUERY"])
def test_dispatch_7_known_and_absent_is_405(method):
    """dispatch-1, dispatch-7: with what is allowed; TRACE echoes nothing."""
    answer = call(Book, method, headers={"x-echo": "hunter2"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PUT"
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_dispatch_4_no_override_of_the_method(method):
    """dispatch-4: neither by a header nor by a parameter."""
    answer = call(
        Book,
        method,
        "/?_method=PUT",
        headers={"X-HTTP-Method-Override": "PUT"},
        content="_method=PUT",
    )
    assert answer.status_code == (200 if method == "GET" else 405)


def test_dispatch_5_head_follows_from_get():
    """dispatch-5: same fields, no content."""
    get, head = call(Book, "GET"), call(Book, "HEAD")
    assert head.status_code == 200
    assert dict(head.headers) == dict(get.headers)
    assert head.content == b""


def test_head_may_be_answered_by_itself():
    class Own(Book):
        async def head(self, request):
            return PlainTextResponse("", headers={"x-own": "1"})

    assert call(Own, "HEAD").headers["x-own"] == "1"
    assert "x-own" not in call(Own, "GET").headers


@pytest.mark.parametrize("headers", [{}, {"origin": "https://example.org"}])
def test_dispatch_6_options_says_what_is_allowed(headers):
    """dispatch-6: with an Origin as without."""
    answer = call(Book, "OPTIONS", headers=headers)
    assert answer.status_code == 204
    assert dict(answer.headers) == {"allow": "GET, HEAD, OPTIONS, PUT"}
    assert answer.content == b""


def test_options_may_be_answered_by_itself():
    class Own(Book):
        async def options(self, request) -> dict:
            return {"own": True}

    assert call(Own, "OPTIONS").json() == {"own": True}


# By itself ----------------------------------------------------------------------------


def test_an_instance_is_an_application():
    class Shelf(HTTPEndpoint):
        books: list

        async def get(self, request) -> dict:
            self.seen = getattr(self, "seen", 0) + 1
            return {"books": self.books, "seen": self.seen}

    shelf = Shelf(books=["Dune"])
    for path in "/", "/any/path":
        assert call(shelf, "GET", path).json() == {"books": ["Dune"], "seen": 1}


def test_its_parameters_are_those_of_the_scope():
    class Item(HTTPEndpoint):
        async def get(self, request, book_id, shelf="A3") -> dict:
            return {"id": book_id, "shelf": shelf}

        async def delete(self, request, *, book_id) -> dict:
            return {"deleted": book_id}

    item = Item()

    async def app(scope, receive, send):
        scope["path_params"] = {"book_id": 7}
        await item(scope, receive, send)

    assert call(app, "GET").json() == {"id": 7, "shelf": "A3"}
    assert call(app, "DELETE").json() == {"deleted": 7}


def test_it_is_awaited_as_the_ancestors():
    async def app(scope, receive, send):
        await Book(scope, receive, send)

    assert call(app, "GET").json() == {"title": "Dune"}


def test_what_has_no_request_is_not_awaited():
    async def app(scope, receive, send):
        await Book()

    with pytest.raises(TypeError) as raised:
        call(app)
    assert str(raised.value) == (
        "await Book(scope, receive, send), or call an instance with them."
    )


def test_a_class_without_methods_says_so():
    class Nothing(HTTPEndpoint):
        pass

    with pytest.raises(TypeError, match="Nothing answers no method: give it"):
        call(Nothing())


def test_links_are_values():
    assert Book.ref(book_id=7) == Ref(Book, book_id=7)
    assert Book.ref(book_id=7) != Book.ref(book_id=8)


@pytest.mark.parametrize(
    "ref, location",
    [
        (Book.ref(book_id=7, shelf="a b"), "ref:Book?book_id=7&shelf=a+b"),
        (Book.ref(), "ref:Book"),
        (Ref("books:item"), "ref:books:item"),
    ],
)
def test_a_link_without_a_router_names_its_resource(ref, location):
    class Books(HTTPEndpoint):
        async def post(self, request) -> Created[dict]:
            return Created({}, location=ref)

    answer = call(Books(), "POST")
    assert answer.status_code == 201
    assert answer.headers["location"] == location


# Hooks --------------------------------------------------------------------------------


class Hooked(HTTPEndpoint):
    """Notes the order of what is called."""

    events: list

    async def prepare(self, request, book_id):
        self.events.append(("prepare", book_id))
        return await super().prepare(request, book_id=book_id)

    async def on_finish(self, request, *args, **kwargs):
        await super().on_finish(request, *args, **kwargs)
        self.events.append("finish")

    async def get(self, request, book_id) -> dict:
        self.events.append("get")
        return {}


def test_hooks_compose_by_super():
    events = []
    hooked = Hooked(events=events)

    async def app(scope, receive, send):
        scope["path_params"] = {"book_id": 7}
        await hooked(scope, receive, send)

    assert call(app).status_code == 200
    assert events == [("prepare", 7), "get", "finish"]


def settings():
    return Settings(
        Boundary(), DEFAULT_LIMITS, STANDARD, DEFAULT_POOL, build=lambda *a, **k: "/"
    )


def test_operations_are_one_a_method():
    operations = operations_of(Book, (), settings(), Instances(Book, None))
    assert {m: o.where for m, o in operations.items()} == {
        "GET": "Book.get",
        "PUT": "Book.put",
    }


@pytest.mark.parametrize("name", ["prepare", "on_finish"])
@pytest.mark.parametrize("asked", ["body", "query"])
def test_startup_124_hooks_take_the_paths_parameters_alone(name, asked):
    """start-up-config-124: said when the tree is frozen."""

    class Wrong(Book):
        pass

    space = {}
    exec(f"async def {name}(self, request, {asked}: dict): ...", space)
    setattr(Wrong, name, space[name])
    with pytest.raises(TypeError) as raised:
        operations_of(Wrong, ("book_id",), settings(), Instances(Wrong, None))
    assert f"Wrong.{name} takes the path's parameters (book_id)" in str(raised.value)


def test_startup_124_a_handler_that_asks_for_what_is_not_on_offer():
    """start-up-config-124: names class and method."""

    class Wrong(HTTPEndpoint):
        async def get(self, request, bok_id): ...

    with pytest.raises(TypeError, match=r"Wrong\.get.*bok_id"):
        operations_of(Wrong, ("book_id",), settings(), Instances(Wrong, None))


@pytest.mark.parametrize("offered", [(), None, JSON], ids=["none", "null", "single"])
def test_startup_124_representations_are_a_tuple(offered):
    """start-up-config-124: `(JSON)` is a tuple to readers alone."""

    class Wrong(Book):
        representations = offered

    with pytest.raises(TypeError, match=r"Wrong\.representations is .*: write a tuple"):
        call(Wrong)


def test_an_endpoint_of_a_request_is_what_the_handler_sees():
    seen = []

    class Seen(HTTPEndpoint):
        async def get(self, request) -> None:
            seen.append(request)

    assert call(Seen).status_code == 204
    assert type(seen[0]) is Request
    assert seen[0].scope["endpoint"].__class__ is Seen
    assert json.dumps(seen[0].path_params) == "{}"
