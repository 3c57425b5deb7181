"""What an application does, as plain data."""

from restlette import Guard, HTTPEndpoint, Preconditions, Request, Restlette, Router
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
