"""The public audits of GraphQL over HTTP, by their numbers.

Source: https://github.com/graphql/graphql-http, `src/audits/server.ts`. All 61 are
here, the optional ones as well, each held to the one status that is answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from restlette import Restlette
from restlette.testing import call
from tests.contrib.graphql.shelf import JSON, RESPONSE, shelf
from tests.modern import modern

TYPENAME = {"query": "{ __typename }"}
QUERY = {"query": "query Query { __typename }", "operationName": "Query"}
TYPE = "query Type($name: String!) { __type(name: $name) { name } }"
TYPED = {"query": TYPE, "variables": {"name": "sometype"}}
COERCION = {
    "query": "query CoerceFailure($id: ID!){ __typename }",
    "variables": {"id": None},
}
UNKNOWN = {"query": "{ 8f31403dfe404bccbb0e835f2629c6a7 }"}
BROKEN = b'{ "not a JSON'
WRONG: list[Any] = [{"obj": "ect"}, 0, False, ["array"]]
NO_MAPS: list[Any] = ["string", 0, False, ["array"]]


def get(audit: str, parameters: dict[str, str], accept: str | None, status: int) -> Any:
    return pytest.param("GET", parameters, accept, status, JSON, id=audit)


def post(
    audit: str,
    content: Any,
    accept: str | None,
    status: int,
    content_type: str | None = JSON,
) -> Any:
    return pytest.param("POST", content, accept, status, content_type, id=audit)


AUDITS = [
    post("22EB", TYPENAME, RESPONSE, 200),
    post("4655", TYPENAME, JSON, 200),
    post("47DE", TYPENAME, "*/*", 200),
    post("80D8", TYPENAME, None, 200),
    post("82A3", TYPENAME, None, 200),
    post(
        "BF61",
        {"query": '{ __type(name: "Run🏃Swim🏊") { name } }'},
        None,
        200,
        "application/json; charset=utf-8",
    ),
    post("78D5", TYPENAME, None, 200),
    post("2C94", TYPENAME, None, 200),
    get("5A70", TYPENAME, None, 200),
    get("9C48", {"query": "mutation { __typename }"}, RESPONSE, 405),
    post("9ABE", TYPENAME, None, 415, None),
    post("03D4", TYPENAME, None, 200),
    post("A5BF", b"", None, 400),
    post("423L", {"notquery": "{ __typename }"}, RESPONSE, 400),
    *(post(f"LKJ{i}", {"query": w}, None, 400) for i, w in enumerate(WRONG)),
    post("34A2", TYPENAME, RESPONSE, 200),
    post("13EE", TYPENAME, JSON, 200),
    *(
        post(f"6C0{i}", {**TYPENAME, "operationName": w}, None, 400)
        for i, w in enumerate(WRONG)
    ),
    post("8161", QUERY, RESPONSE, 200),
    post("B8B3", QUERY, JSON, 200),
    *(
        post(f"{audit}{i}", {**TYPENAME, name: None}, accept, 200)
        for i, name in enumerate(["variables", "operationName", "extensions"])
        for audit, accept in [("94B", RESPONSE), ("022", JSON)]
    ),
    *(
        post(f"476{i}", {**TYPENAME, "variables": w}, None, 400)
        for i, w in enumerate(NO_MAPS)
    ),
    post("2EA1", TYPED, RESPONSE, 200),
    post("28B9", TYPED, JSON, 200),
    get("D6D5", {"query": TYPE, "variables": '{"name":"sometype"}'}, RESPONSE, 200),
    get("6A70", {"query": TYPE, "variables": '{"name":"sometype"}'}, JSON, 200),
    *(
        post(f"58B{i}", {**TYPENAME, "extensions": w}, None, 400)
        for i, w in enumerate(NO_MAPS)
    ),
    post("428F", {**TYPENAME, "extensions": {"some": "value"}}, RESPONSE, 200),
    post("1B7A", {**TYPENAME, "extensions": {"some": "value"}}, JSON, 200),
    post("B6DC", BROKEN, JSON, 400),
    post("BCF8", BROKEN, JSON, 400),
    post("B7N8", BROKEN, RESPONSE, 400),
    post("8764", {"qeury": "{ __typename }"}, None, 400),
    post("3E3A", {"qeury": "{ __typename }"}, None, 400),
    post("572B", {"query": "{"}, JSON, 200),
    post("FDE2", UNKNOWN, JSON, 200),
    post("7B9B", COERCION, JSON, 200),
    post("865D", {"query": "{"}, RESPONSE, 400),
    post("556A", {"query": "{"}, RESPONSE, 400),
    post("D586", {"query": "{"}, RESPONSE, 400),
    post("51FE", UNKNOWN, RESPONSE, 400),
    post("74FF", UNKNOWN, RESPONSE, 400),
    post("5E5B", UNKNOWN, RESPONSE, 400),
    post("86EE", COERCION, RESPONSE, 400),
]

# Well-formed, and answered 200 all the same: the errors are in the response.
WITH_ERRORS = {"572B", "FDE2", "7B9B"}


def test_these_are_all_of_them() -> None:
    assert len({row.id for row in AUDITS}) == len(AUDITS) == 61


@pytest.fixture(scope="module")
def in_parts() -> Iterator[Any]:
    """An application on graphql-core 3.3 that has parts as well."""
    with modern() as (graphql, contrib):
        name = {"name": graphql.GraphQLField(graphql.GraphQLString)}
        roots = [graphql.GraphQLObjectType(each, name) for each in ("Query", "Change")]
        directives = [
            *graphql.specified_directives,
            graphql.GraphQLDeferDirective,
            graphql.GraphQLStreamDirective,
        ]
        schema = graphql.GraphQLSchema(*roots, directives=directives)
        app = Restlette()
        app.install(contrib.GraphQL(schema, introspection=True))
        yield app


@pytest.mark.parametrize("core", ["3.2", "3.3"])
@pytest.mark.parametrize("method, content, accept, status, content_type", AUDITS)
def test_graphql_104_the_audit_passes(
    request: pytest.FixtureRequest,
    core: str,
    method: str,
    content: Any,
    accept: str | None,
    status: int,
    content_type: str | None,
) -> None:
    """Two of them ask for the schema, which is shown when it is asked to be."""
    if core == "3.2":
        app = shelf(introspection=True)
    else:
        app = request.getfixturevalue("in_parts")
    headers = {} if accept is None else {"accept": accept}
    if method == "GET":
        answer = call(app, "GET", "/graphql", params=content, headers=headers)
    else:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        if content_type is not None:
            headers["content-type"] = content_type
        answer = call(app, "POST", "/graphql", content=body, headers=headers)
    assert answer.status_code == status
    if status == 415:
        return
    expected = RESPONSE if accept == RESPONSE else JSON
    assert answer.headers["content-type"] == f"{expected}; charset=utf-8"
    response = answer.json()
    audit = request.node.callspec.id.partition("-")[0]
    failed = status != 200 or audit in WITH_ERRORS
    assert response.keys() == ({"errors"} if failed else {"data"})
