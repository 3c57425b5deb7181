"""What an application does, as plain data."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from restlette import (
    EventStream,
    Guard,
    HTTPEndpoint,
    Preconditions,
    Request,
    Restlette,
    Router,
    Validators,
)
from restlette.resources.description import Description, describe_operations
from tests.contrib.openapi.shop import app as shop


def told(app: Router) -> dict[tuple[str, str], Description]:
    return {(each.method, each.path): each for each in describe_operations(app)}


def test_every_function_is_told_of_in_order() -> None:
    found = [(each.method, each.path) for each in describe_operations(shop)]
    assert found[:6] == [
        ("GET", "/books"),
        ("POST", "/books"),
        ("GET", "/books/{book_id:int}"),
        ("DELETE", "/books/{book_id:int}"),
        ("PATCH", "/books/{book_id:int}"),
        ("PUT", "/books/{book_id:int}"),
    ]
    assert ("GET", "/inner/inside") in found
    assert ("GET", "/hidden") in found
    assert ("QUERY", "/either") in found
    assert ("HEAD", "/either") in found
    assert ("HEAD", "/plain") not in found
    assert all(not path.startswith("/foreign") for _, path in found)


def test_it_says_where_a_function_is() -> None:
    found = told(shop)["PUT", "/books/{book_id:int}"]
    assert found.where == "BookItem.put"
    assert found.owner is not None
    assert found.owner.__name__ == "BookItem"
    assert found.function.__name__ == "put"
    assert found.path_format == "/books/{book_id}"
    assert [each.name for each in found.parameters] == ["book_id"]
    assert found.takes_preconditions
    assert found.states_validators
    assert found.requires_preconditions
    assert [*found.errors] == [400, 404, 406, 412, 413, 415, 422, 428]
    assert [type(guard).__name__ for guard in found.guards] == ["Token"]


def test_the_parameters_of_a_host_are_told_apart() -> None:
    elsewhere = [
        each for each in describe_operations(shop) if each.route.host is not None
    ]
    assert [each.path for each in elsewhere] == ["/plain", "/same/{x:int}"]
    assert [(p.name, p.in_host) for p in elsewhere[1].parameters] == [
        ("x", False),
        ("shop", True),
    ]


def test_guards_of_a_mount_hold_below_it() -> None:
    class Nobody(Guard):
        async def check(self, connection, resource) -> bool:
            return False

    inner = Restlette()

    @inner.route("/x")
    async def x(request: Request) -> None:
        """Nothing."""

    outer = Router(guards=[Nobody()])
    outer.mount("/inner", inner)
    app = Restlette()
    app.mount("/outer", outer)
    (found,) = describe_operations(app)
    assert found.path == "/outer/inner/x"
    assert [type(guard) for guard in found.guards] == [Nobody]


def test_preconditions_alone_may_fail() -> None:
    app = Restlette()

    @app.route("/")
    class Root(HTTPEndpoint):
        async def put(self, request: Request, preconditions: Preconditions) -> None:
            """Nothing."""

    (found,) = describe_operations(app)
    assert [*found.errors] == [412]
    assert not found.states_validators
    assert found.is_conditional


class Book(HTTPEndpoint):
    """Says in which state it is."""

    async def validators(self, request: Request) -> Validators: ...

    async def get(self, request: Request) -> None: ...

    async def put(self, request: Request) -> None: ...

    extra_methods = {"QUERY": "search"}

    async def search(self, request: Request) -> None: ...


async def says_nothing(request): ...


async def gives_nothing(request: Request) -> None: ...


async def gives_one(request: Request) -> dict[str, str]: ...


async def gives_many(request: Request) -> AsyncIterator[dict[str, str]]:
    yield {}


async def pushes(request: Request) -> EventStream[str]: ...


async def searches(request: Request, query: dict[str, str]) -> None: ...


async def reads_fields(request: Request, headers: dict[str, str]) -> None: ...


async def takes_anything(request: Request, body: Any) -> None: ...


async def takes_one(request: Request, body: dict[str, str]) -> None: ...


async def takes_form(request: Request, form: dict[str, str]) -> None: ...


@pytest.mark.parametrize(
    ("path", "endpoint", "method", "errors"),
    [
        pytest.param("/", gives_nothing, "GET", [], id="nothing"),
        pytest.param("/", says_nothing, "GET", [406], id="whatever"),
        pytest.param("/", gives_one, "GET", [406], id="content"),
        pytest.param("/", gives_many, "GET", [406], id="items"),
        pytest.param("/", pushes, "GET", [], id="a stream of one kind"),
        pytest.param("/", searches, "GET", [400, 422], id="query"),
        pytest.param("/", reads_fields, "GET", [400, 422], id="headers"),
        pytest.param("/", takes_anything, "POST", [400, 413, 415], id="any body"),
        pytest.param("/", takes_one, "POST", [400, 413, 415, 422], id="body"),
        pytest.param("/", takes_form, "POST", [400, 413, 415, 422], id="form"),
        pytest.param("/{x}", gives_nothing, "GET", [400], id="any segment"),
        pytest.param("/{x:path}", gives_nothing, "GET", [400], id="any path"),
        pytest.param("/{x:int}", gives_nothing, "GET", [400, 404], id="a number"),
        pytest.param("/", Book, "GET", [404, 412], id="state"),
        pytest.param("/", Book, "PUT", [412], id="state that is made"),
        pytest.param("/", Book, "QUERY", [404, 412], id="state that is asked"),
    ],
)
def test_the_errors_are_those_of_the_steps_that_there_are(
    path, endpoint, method, errors
) -> None:
    app = Restlette()
    more = {} if endpoint is Book else {"methods": [method]}
    app.add_route(path, endpoint, **more)
    found = told(app)[method, path]
    assert [*found.errors] == errors
    assert found.is_annotated is (endpoint is not says_nothing)
    assert found.is_conditional is (endpoint is Book)
    assert not found.requires_preconditions


def test_a_function_for_several_methods_is_told_of_with_each() -> None:
    """But not with HEAD, which is GET without content."""
    app = Restlette()
    app.add_route("/", gives_nothing, methods=["POST", "GET", "DELETE"])
    assert [*told(app)] == [("GET", "/"), ("DELETE", "/"), ("POST", "/")]
