"""Contract mode, from a client's side."""

import asyncio
from typing import Any

import pytest

from restlette import (
    HTTPEndpoint,
    JSONResponse,
    PlainTextResponse,
    Request,
    Response,
    Restlette,
    Router,
    StreamingResponse,
)
from restlette.testing import AsyncTestClient, TestClient
from restlette.testing.contract import ContractError
from restlette.testing.contract import contract as module
from restlette.testing.contract.contract import Contract
from restlette.testing.contract.covered import Coverage
from tests.testing.contract.documents import JSON, content, document, parameter

ID = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}


class Answers(HTTPEndpoint):
    """Answers as it is told by the test."""

    response: Any = None

    async def get(self, request: Request) -> Response:
        """Give what there is."""
        return type(self).response(request)

    async def post(self, request: Request) -> Response:
        return type(self).response(request)


def answering(response: Any) -> Restlette:
    """An application whose one resource answers what a function makes of a request."""
    app = Restlette()
    app.add_route(
        "/books", type("Books", (Answers,), {"response": staticmethod(response)})
    )
    return app


def books(**operation: Any) -> dict[str, Any]:
    return document(responses={"200": content(ID)}, **operation)


def client(
    response: Any, found: dict[str, Any] | None = None, **options: Any
) -> TestClient:
    return TestClient(answering(response), contract=found or books(), **options)


def good(request: Request) -> Response:
    return JSONResponse({"id": 1})


def bad(request: Request) -> Response:
    return JSONResponse({"id": "one"})


def unquoted(request: Request) -> Response:
    return JSONResponse({"id": 1}, headers={"etag": "abc"})


def test_what_is_declared_passes() -> None:
    """The answer is the client's, as ever."""
    assert client(good).get("/books").json() == {"id": 1}


def test_what_is_not_declared_fails_the_test() -> None:
    """It says what was sent, what is declared, and where that is written."""
    with pytest.raises(ContractError) as caught:
        client(bad).get("/books")
    line = Answers.get.__code__.co_firstlineno
    assert str(caught.value) == (
        "GET http://testserver/books -> 200 is not what the document declares.\n"
        '  body: response body /id: "one" is not of type "integer"\n'
        '    sent:     "one"\n'
        '    declared: type: "integer"\n'
        "    at:       #/paths/~1books/get/responses/200/content/application~1json"
        "/schema/properties/id/type\n"
        f"  handler Answers.get: {__file__}:{line}\n"
        f"  docstring: {__file__}:{line + 1}"
    )


def test_what_http_forbids_fails_the_test() -> None:
    """At a path of which nothing is declared, too."""
    for found in (books(), {"openapi": "3.1.0"}):
        with pytest.raises(ContractError) as caught:
            client(unquoted, found).get("/books")
        (breach,) = caught.value.breaches
        assert breach.kind == "http"
        assert breach.message.startswith("etag-malformed: ETag is abc;")
        assert breach.sent == "GET http://testserver/books -> 200"
        assert (
            breach.declared
            == "An entity tag is quoted, and W/ is in front of the quotes."
        )
        assert breach.at == "RFC 9110 §8.8.3"


@pytest.mark.parametrize("where", ["*", "/books", Answers])
def test_a_rule_is_waived_for_a_resource(where: Any) -> None:
    """By what names it; it holds for the others."""
    app = Restlette()
    app.add_route("/books", Answers)
    app.add_route("/ping", unquoted, methods=["GET"])
    Answers.response = staticmethod(unquoted)
    try:
        held = TestClient(
            app, contract={}, waive={where: ["etag-malformed"], "/a": ["allow"]}
        )
        assert held.get("/books").status_code == 200
        if where == "*":
            assert held.get("/ping").status_code == 200
        else:
            with pytest.raises(ContractError):
                held.get("/ping")
    finally:
        Answers.response = None


def test_a_rule_is_waived_for_functions_and_instances() -> None:
    """An instance by itself or by its class."""
    app = Restlette()

    @app.route("/ping", methods=["GET"])
    def ping(request: Request) -> Response:
        return unquoted(request)

    instance = Answers()
    app.add_route("/books", instance)
    Answers.response = staticmethod(unquoted)
    try:
        for where in (instance, Answers):
            waive = {ping: ["etag-malformed"], where: ["etag-malformed"]}
            held = TestClient(app, contract={}, waive=waive)
            assert held.get("/ping").status_code == 200
            assert held.get("/books").status_code == 200
    finally:
        Answers.response = None


def test_a_rule_that_there_is_not_is_an_error() -> None:
    """With the one that was probably meant."""
    with pytest.raises(
        ValueError, match=r"no rule 'etag-malform' \(did you mean 'etag-"
    ):
        client(good, waive={"*": ["etag-malform"]})


def test_what_has_no_document_has_no_contract() -> None:
    """Unless one is given."""
    for app in (Answers, Router(), print):
        with pytest.raises(TypeError, match="contract mode needs a Restlette"):
            TestClient(app, contract=True)
    Contract(Router(), document=books())


def test_a_warning_goes_into_the_report() -> None:
    """And fails nothing; answers that were seen are counted."""

    def pragmatic(request: Request) -> Response:
        return JSONResponse({"id": 1}, headers={"pragma": "no-cache"})

    app = answering(pragmatic)
    coverage = Coverage()
    found = TestClient(app, contract={})
    found._contract = Contract(app, document=books(), coverage=coverage)
    found.get_adapter("http://")._contract = found._contract
    assert found.get("/books").status_code == 200
    assert found.head("/books").status_code == 200
    assert found.get("/nowhere").status_code == 404
    assert [each.times for each in coverage] == [1]
    (warning,) = coverage.warnings
    assert warning.startswith("GET /books: pragma: Pragma means nothing in an answer;")


def test_an_answer_is_compared_with_the_one_before() -> None:
    """Until something may have changed what there is."""
    bodies = iter(["1", "2", "3", "4"])

    def tagged(request: Request) -> Response:
        return PlainTextResponse(next(bodies), headers={"etag": '"a"'})

    held = client(tagged, {"openapi": "3.1.0"})
    held.get("/books")
    with pytest.raises(ContractError, match="etag-shared"):
        held.get("/books")
    held.post("/books")
    held.get("/books")


def test_no_more_targets_are_kept_than_are_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A suite may ask for as many as it likes."""
    monkeypatch.setattr(module, "_MOST_TARGETS", 2)
    held = client(good, {"openapi": "3.1.0"})
    for number in range(5):
        held.get(f"/books?n={number}")
    contract = held.get_adapter("http://")._contract
    assert len(contract._earlier) <= 2
    assert all(each.earlier is None for each in contract._earlier.values())


def test_what_the_application_looks_at_counts() -> None:
    """A header field that it reads is a parameter, and declared."""

    def tenant(request: Request) -> Response:
        return JSONResponse({"id": len(request.headers["x-tenant"])})

    def send(found: dict[str, Any], response: Any = tenant) -> None:
        client(response, found).get("/books", headers={"X-Tenant": "a"})

    with pytest.raises(ContractError, match="header parameter 'x-tenant' is not decl"):
        send(books())
    send(books(parameters=[parameter("X-Tenant", "header")]))
    send(books(), good)


def test_what_is_mounted_is_left_alone() -> None:
    """It has documents of its own, or none."""

    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        await Response(b"a", headers={"etag": "abc"})(scope, receive, send)

    app = answering(good)
    app.mount("/other", foreign)
    assert TestClient(app, contract=books()).get("/other/books").content == b"a"


def test_an_application_that_is_mounted_is_part_of_the_document() -> None:
    """Found by the path; its own 404 is its own matter."""
    outer = Restlette()
    outer.mount("/shop", answering(bad))
    found = document("/shop/books", responses={"200": content(ID)})
    held = TestClient(outer, contract=found)
    with pytest.raises(ContractError, match="is not of type"):
        held.get("/shop/books")
    assert held.get("/shop/nowhere").status_code == 404


def test_the_application_s_own_document_is_the_contract() -> None:
    """Described anew when a route is added."""
    app = Restlette()

    @app.route("/books/{book_id:int}")
    class Item(HTTPEndpoint):
        async def get(self, request: Request, book_id: int) -> Response:
            return JSONResponse({}, status_code=200 if book_id else 202)

    held = TestClient(app, contract=True)
    assert held.get("/books/1").status_code == 200
    with pytest.raises(ContractError, match="status 202 is not declared"):
        held.get("/books/0")
    assert held.get("/ping").status_code == 404

    @app.route("/ping", methods=["GET"])
    def ping(request: Request) -> Response:
        return JSONResponse({}, 202)

    with pytest.raises(ContractError, match="status 202 is not declared"):
        held.get("/ping")


def test_a_middleware_may_copy_the_scope() -> None:
    """What the router notes in the copy is found by the path."""
    app = answering(bad)

    class Copying:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(dict(scope), receive, send)

    app.add_middleware(Copying)
    with pytest.raises(ContractError, match="is not of type"):
        TestClient(app, contract=books()).get("/books")


def test_an_answer_of_a_middleware_is_none_of_the_operations() -> None:
    """The rules of HTTP hold for it, all the same."""

    class Refusing:
        def __init__(self, app: Any) -> None:
            pass

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("no", 403)(scope, receive, send)

    app = answering(good)
    app.add_middleware(Refusing)
    assert TestClient(app, contract=books()).get("/books").status_code == 403


def test_what_the_application_raises_is_raised() -> None:
    """And a 500 in its place need not be declared."""

    def failing(request: Request) -> Response:
        raise KeyError("book")

    with pytest.raises(KeyError):
        client(failing).get("/books")
    held = client(failing, raise_server_exceptions=False)
    assert held.get("/books").status_code == 500


def lines(request: Request) -> Response:
    async def items() -> Any:
        yield b'{"id": 1}\n'
        yield b'{"id": "two"}\n'

    return StreamingResponse(items(), media_type="application/x-ndjson")


NDJSON = document(responses={"200": content(ID, "application/x-ndjson")})


def test_a_stream_is_held_to_its_schema_item_by_item() -> None:
    """When it is read, or at once where it is read whole."""
    held = client(lines, NDJSON)
    response = held.get("/books", stream=True)
    pieces = response.iter_content(None)
    assert next(pieces) == b'{"id": 1}\n'
    with pytest.raises(ContractError, match="item 1 /id"):
        next(pieces)
    with pytest.raises(ContractError, match="item 1 /id"):
        held.get("/books")


def test_a_stream_is_what_its_head_says() -> None:
    """Media type and status are looked at before its content."""
    with pytest.raises(ContractError, match="media type is not declared"):
        client(lines).get("/books", stream=True)
    response = client(good).get("/books", stream=True)
    assert response.json() == {"id": 1}


def test_a_foreign_stream_is_left_alone() -> None:
    """As all that is mounted."""

    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        await Response(b"a", headers={"etag": "abc"})(scope, receive, send)

    app = Restlette()
    app.mount("/other", foreign)
    held = TestClient(app, contract=books())
    assert held.get("/other/", stream=True).content == b"a"


def test_the_asynchronous_client_has_contract_mode_too() -> None:
    """Whole answers, and streams."""

    async def scenario() -> None:
        held = AsyncTestClient(answering(good), contract=books())
        assert (await held.get("/books")).json() == {"id": 1}
        held = AsyncTestClient(answering(bad), contract=books())
        with pytest.raises(ContractError, match="is not of type"):
            await held.get("/books")
        held = AsyncTestClient(answering(lines), contract=NDJSON)
        async with held.stream("GET", "/books") as response:
            with pytest.raises(ContractError, match="item 1 /id"):
                await response.read()
        held = AsyncTestClient(answering(lines), contract=books())
        with pytest.raises(ContractError, match="media type is not declared"):
            async with held.stream("GET", "/books"):
                pytest.fail("the head was not looked at")

    asyncio.run(scenario())


def test_a_cookie_is_a_parameter_unless_it_was_given() -> None:
    """A session's was set by the application before."""

    def remembers(request: Request) -> Response:
        response = JSONResponse({"id": len(request.cookies)})
        response.headers.append("vary", "Cookie")
        response.set_cookie("session", "1")
        return response

    held = client(remembers)
    held.get("/books")
    assert held.get("/books").json() == {"id": 1}
    with pytest.raises(ContractError, match="cookie parameter 'theme' is not declared"):
        held.get("/books", cookies={"theme": "dark"})


def test_a_media_type_of_a_request_is_held_to_the_document() -> None:
    """With its content."""
    found = document(
        method="post",
        requestBody=content(ID),
        responses={"200": content(ID)},
    )
    held = client(good, found)

    def read(request: Request) -> Response:
        return JSONResponse({"id": 1})

    assert client(read, found).post("/books", json={"id": 1}).status_code == 200
    with pytest.raises(ContractError, match="request body /id"):
        held.post("/books", json={"id": "one"})
    with pytest.raises(ContractError, match="media type is not declared"):
        held.post("/books", data={"id": "1"})
    assert JSON in str(found)
