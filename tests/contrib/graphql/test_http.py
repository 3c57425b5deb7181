"""GraphQL over HTTP: what is asked for, and with which status it is answered."""

from __future__ import annotations

import json
from typing import Any

import graphql
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from restlette import Forbidden, Guard, Restlette, Unauthorized
from restlette.contrib.graphql import (
    Context,
    GraphQL,
    GraphQLApp,
    GraphQLEndpoint,
    Operation,
    Result,
)
from restlette.testing import TestClient, call
from tests.contrib.graphql.shelf import (
    JSON,
    LATER,
    RESPONSE,
    ShelfContext,
    Store,
    ask,
    core,
    schema,
    shelf,
)


@pytest.mark.parametrize(
    "accept, media_type",
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"{RESPONSE}; charset=utf-8, {JSON}; charset=utf-8", RESPONSE),
        (f"{JSON}, {RESPONSE}", RESPONSE),
        (f"{JSON}, {RESPONSE};q=0.5", JSON),
        (f"{RESPONSE};q=0, */*", JSON),
        ("text/html, */*;q=0.1", JSON),
    ],
)
def test_the_media_type_is_the_one_that_the_client_likes_best(
    accept: str | None, media_type: str
) -> None:
    answer = ask("{ greeting }", accept=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json() == {"data": {"greeting": "Hello, you."}}


def test_who_takes_neither_is_told_which_there_are() -> None:
    for accept in ("text/csv", "image/png, */*;q=0"):
        answer = ask("{ greeting }", accept=accept)
        assert answer.status_code == 406
    accept = f"application/problem+json, {JSON};q=0, {RESPONSE};q=0"
    assert ask("{ greeting }", accept=accept).json()["available"] == [
        RESPONSE,
        JSON,
        "text/event-stream",
    ]


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "nonsense",
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/graphql+json",
        "application/json; charset=utf-16",
        "application/json, text/plain",
    ],
)
def test_graphql_102_content_that_a_form_could_send_is_refused(
    content_type: str | None,
) -> None:
    """What a browser sends to other sites without asking is not JSON."""
    headers = {} if content_type is None else {"content-type": content_type}
    content = b'{"query": "{ greeting }"}'
    answer = call(shelf(), "POST", "/graphql", content=content, headers=headers)
    assert answer.status_code == 415
    assert answer.headers["accept-post"] == JSON


@pytest.mark.parametrize("accept", [JSON, RESPONSE, "*/*"])
def test_graphql_102_a_mutation_is_no_get(accept: str) -> None:
    app = shelf()
    params = {"query": 'mutation { add(title: "Dune") { title } }'}
    for method in ("GET", "HEAD"):
        headers = {"accept": accept}
        answer = call(app, method, "/graphql", params=params, headers=headers)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"
    answer = ask(params["query"])
    assert answer.json() == {"data": {"add": {"title": "Dune"}}}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(method: str) -> None:
    answer = call(shelf(), method, "/graphql", json={"query": "{ greeting }"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({}, "The parameter 'query' is missing: the text of a document."),
        ({"query": "{a}", "variables": "{"}, "The parameter 'variables' is not JSON."),
        (
            {"query": "{a}", "variables": "[1]"},
            "The parameter 'variables' is an object.",
        ),
        (
            {"query": "{a}", "extensions": '"x"'},
            "The parameter 'extensions' is an object.",
        ),
        (
            {"query": "{a}", "documentId": "a"},
            "There is a 'query' or a 'documentId', not both.",
        ),
    ],
)
def test_graphql_104_a_query_that_is_malformed(
    parameters: dict[str, str], message: str
) -> None:
    for accept in (JSON, RESPONSE):
        headers = {"accept": accept}
        answer = call(shelf(), "GET", "/graphql", params=parameters, headers=headers)
        assert answer.status_code == 400
        assert answer.json() == {"errors": [{"message": message}]}


@pytest.mark.parametrize(
    "content, message",
    [
        (b"[]", "Operations are taken one by one and not in an array."),
        (b'"x"', "The content is a JSON object with the member 'query'."),
        (b'{"query": 1}', "The parameter 'query' is a string."),
        (b'{"query": null}', "The parameter 'query' is missing: the text of a docum"),
        (b'{"query": "{a}", "operationName": []}', "The parameter 'operationName' is"),
        (b"{", "invalid JSON"),
        (b"[" * 5000, "invalid JSON"),
        (b'{"query": "\xff"}', "invalid JSON"),
    ],
)
def test_graphql_104_content_that_is_malformed(content: bytes, message: str) -> None:
    for accept in (JSON, RESPONSE):
        headers = {"content-type": JSON, "accept": accept}
        answer = call(shelf(), "POST", "/graphql", content=content, headers=headers)
        assert answer.status_code == 400
        (error,) = answer.json()["errors"]
        assert error["message"].startswith(message)


def test_graphql_101_a_batch_is_refused() -> None:
    headers = {"content-type": JSON}
    content = (
        b'[{"query": "{ greeting }"}' + b', {"query": "{ greeting }"}' * 999 + b"]"
    )
    answer = call(shelf(), "POST", "/graphql", content=content, headers=headers)
    assert answer.status_code == 400


TWO = "query A { greeting } query B { missing }"


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"query": TWO}, "The document has several operations, or none: name the one."),
        (
            {"query": TWO, "operationName": "C\n"},
            "The document has no operation named 'C\\\\n'.",
        ),
        (
            {"query": "fragment F on Query { greeting }"},
            "Fragment 'F' is never used.",
        ),
        ({"query": "{ nonsense }"}, "Cannot query field 'nonsense' on type 'Query'."),
        (
            {"query": "query ($n: String!) { greeting(name: $n) }"},
            "Variable '$n' of required type 'String!' was not provided.",
        ),
        (
            {"query": "subscription { count(to: 1) }"},
            "A subscription is answered by events: accept them.",
        ),
        ({"documentId": "sha256:00"}, "There is no document with this id."),
    ],
)
def test_what_is_well_formed_and_not_executed(
    parameters: dict[str, Any], message: str
) -> None:
    """400 in the new media type, 200 in the old one, without data in both."""
    for accept, status in ((RESPONSE, 400), (JSON, 200)):
        answer = ask(**{"query": None, **parameters}, accept=accept)
        assert answer.status_code == status
        assert answer.json().keys() == {"errors"}
        assert answer.json()["errors"][0]["message"] == message


def test_an_operation_is_chosen_by_its_name() -> None:
    answer = ask(TWO, operationName="A")
    assert answer.json() == {"data": {"greeting": "Hello, you."}}
    params = {"query": TWO, "operationName": "A"}
    assert call(shelf(), "GET", "/graphql", params=params).status_code == 200
    params = {"query": "{ greeting }", "operationName": "", "variables": ""}
    assert call(shelf(), "GET", "/graphql", params=params).json() == {
        "data": {"greeting": "Hello, you."}
    }


def test_variables_are_given() -> None:
    query = "query ($n: String!) { greeting(name: $n) }"
    expected = {"data": {"greeting": "Hello, Paul."}}
    assert ask(query, variables={"n": "Paul"}).json() == expected
    params = {"query": query, "variables": '{"n": "Paul"}'}
    assert call(shelf(), "GET", "/graphql", params=params).json() == expected


def test_what_a_schema_has_no_root_for_is_refused() -> None:
    app = GraphQLApp(core, root_value={"greeting": "Hello."})
    for kind in ("mutation", "subscription"):
        answer = ask(f"{kind} {{ __typename }}", app, accept=RESPONSE)
        assert answer.status_code == 400
        assert answer.json() == {"errors": [{"message": f"There is no {kind} here."}]}


def test_background_tasks_run_after_the_answer() -> None:
    LATER.clear()
    assert ask("{ later }").json() == {"data": {"later": "soon"}}
    assert LATER == ["done"]


@pytest.mark.parametrize("path", ["/", "/graphql", "/graphql/", "/any/where"])
def test_the_app_does_not_ask_where_it_is(path: str) -> None:
    """Any GraphQLSchema will do."""
    app = GraphQLApp(core, root_value={"greeting": "Hello."})
    answer = ask("{ greeting }", app, path=path)
    assert answer.json() == {"data": {"greeting": "Hello."}}


def test_the_app_is_mounted_or_has_a_route() -> None:
    outer = Restlette()
    app = GraphQLApp(core, root_value={"greeting": "Hello."})
    outer.mount("/graphql", app)
    outer.add_route("/other", app)
    for path in ("/graphql", "/graphql/", "/other"):
        assert ask("{ greeting }", outer, path=path).status_code == 200
    other = Starlette(routes=[Mount("/graphql", app), Route("/other", app)])
    for path in ("/graphql/", "/other"):
        assert ask("{ greeting }", other, path=path).status_code == 200


def test_an_app_has_a_lifespan_as_servers_want_it() -> None:
    with TestClient(APP) as client:
        content = {"query": "{ greeting }"}
        assert client.post("/", json=content).status_code == 200


def test_an_app_gives_no_dependencies() -> None:
    """Only an application of restlette's has any."""
    with pytest.raises(
        TypeError, match=r"its context depends on: store\. Write app\.i"
    ):
        GraphQLApp(schema, context=ShelfContext)


def test_the_context_may_be_a_function_s() -> None:
    def plain(request: Any) -> dict[str, Any]:
        return {"name": request.headers["x-name"]}

    async def later(request: Any) -> dict[str, Any]:
        return plain(request)

    def greeting(root: Any, info: Any) -> str:
        return str(info.context["name"])

    for context in (plain, later):
        own = graphql.build_schema("type Query { greeting: String }")
        assert own.query_type is not None
        own.query_type.fields["greeting"].resolve = greeting
        app = GraphQLApp(own, context=context)
        content = {"query": "{ greeting }"}
        answer = call(app, "POST", json=content, headers={"x-name": "Paul"})
        assert answer.json() == {"data": {"greeting": "Paul"}}


class Nobody(Guard):
    responses = {403: "Nobody may."}

    async def check(self, connection: Any, resource: Any) -> bool:
        return False


def test_guards_are_asked_first() -> None:
    app = shelf(guards=[Nobody()])
    assert ask("{ greeting }", app).status_code == 403


def test_an_endpoint_is_derived_from() -> None:
    """With dependencies of its context, guards and hooks."""
    seen: list[Any] = []

    class Graph(GraphQLEndpoint, schema=schema, context=ShelfContext):
        async def make_context(self, request: Any) -> Any:
            if "authorization" not in request.headers:
                raise Unauthorized(challenges="Bearer")
            return await super().make_context(request)

        async def execute(self, operation: Operation, context: Any) -> Result:
            if operation.name == "Secret":
                raise Forbidden("Not this one.")
            seen.append((operation.kind, operation.name, context.store))
            return await super().execute(operation, context)

    store = Store()
    app = Restlette()
    app.provide_value(Store, store)
    app.add_route("/graphql", Graph)
    assert ask("{ greeting }", app).status_code == 401
    headers = {"authorization": "Bearer x"}
    for query, status in (("query Secret { greeting }", 403), ("{ greeting }", 200)):
        content = {"query": query}
        answer = call(app, "POST", "/graphql", json=content, headers=headers)
        assert answer.status_code == status
    assert seen == [("query", None, store)]


def test_an_endpoint_without_a_schema_is_a_base() -> None:
    """Whoever derives from it names one."""

    class Base(GraphQLEndpoint):
        pass

    class Graph(Base, schema=core, root_value={"greeting": "Hello."}):
        pass

    class Below(Graph):
        pass

    assert ask("{ greeting }", Below()).json() == {"data": {"greeting": "Hello."}}


def test_a_context_of_the_ancestor_s_kind() -> None:
    """A mapping with "request" and "background", which `Context` can be read as."""
    context = Context(request := object())  # type: ignore[arg-type] # any will do
    assert context["request"] is request
    assert context["background"] is context.background
    with pytest.raises(KeyError):
        context["other"]


def test_the_plug_in_may_be_elsewhere() -> None:
    app = Restlette()
    plugin = GraphQL(core, path="/api/query", root_value={"greeting": "Hello."})
    app.install(plugin)
    assert ask("{ greeting }", app, path="/api/query").status_code == 200
    assert app.url_path_for("graphql") == "/api/query"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
    | st.fixed_dictionaries(
        {"query": st.sampled_from(["{ greeting }", "{", "query A { greeting }"])},
        optional={
            "operationName": st.none() | st.text() | st.integers(),
            "variables": st.none() | st.dictionaries(st.text(), st.integers()),
            "extensions": st.none() | st.dictionaries(st.text(), st.integers()),
        },
    )
)
def test_whatever_comes_is_answered(content: Any) -> None:
    """200 or 400, never a 500, and always a response of GraphQL."""
    body = json.dumps(content).encode()
    headers = {"accept": RESPONSE, "content-type": JSON}
    answer = call(APP, "POST", content=body, headers=headers)
    assert answer.status_code in (200, 400)
    assert answer.json().keys() <= {"data", "errors"}


@given(st.dictionaries(st.sampled_from(["query", "variables", "x"]), st.text()))
def test_whatever_the_query_is_it_is_answered(params: dict[str, str]) -> None:
    answer = call(APP, "GET", params=params, headers={"accept": RESPONSE})
    assert answer.status_code == 400
    assert answer.json().keys() == {"errors"}


APP = GraphQLApp(core, root_value={"greeting": "Hello."})
