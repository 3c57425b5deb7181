"""Files that come with an operation, in a multipart form."""

from __future__ import annotations

import json
from typing import Any

import graphene
import graphql
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.contrib.graphql import GraphQLApp
from restlette.contrib.graphql import Upload as CoreUpload
from restlette.contrib.graphql.scalars import Upload
from restlette.testing import call

PREFLIGHT = {"graphql-require-preflight": "1"}
ONE = "mutation ($file: Upload!) { keep(files: [$file]) }"
MANY = "mutation ($files: [Upload!]!) { keep(files: $files) }"


class Keep(graphene.Mutation):
    class Arguments:
        files = graphene.List(Upload, required=True)

    Output = graphene.List(graphene.String)

    async def mutate(self, info: Any, files: list[Any]) -> list[str]:
        return [f"{each.filename}: {(await each.read()).decode()}" for each in files]


class Query(graphene.ObjectType):
    name = graphene.String()
    file = Upload()

    async def resolve_file(self, info: Any) -> str:
        return "x"


class Mutation(graphene.ObjectType):
    keep = Keep.Field()


APP = GraphQLApp(graphene.Schema(query=Query, mutation=Mutation), uploads=True)


def send(
    operations: Any,
    places: Any,
    *,
    app: Any = APP,
    headers: dict[str, str] | None = None,
    **files: tuple[str, bytes],
) -> Any:
    """POST a form."""
    fields = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (("operations", operations), ("map", places))
        if value is not None
    }
    sent: Any = {name.lstrip("_"): file for name, file in files.items()}
    chosen = PREFLIGHT if headers is None else headers
    sent = sent or {"unused": ("x", b"")}
    return call(app, "POST", data=fields, files=sent, headers=chosen)


def test_a_file_is_put_where_the_map_says() -> None:
    operations = {"query": ONE, "variables": {"file": None}}
    answer = send(operations, {"0": ["variables.file"]}, _0=("a.txt", b"Dune"))
    assert answer.json() == {"data": {"keep": ["a.txt: Dune"]}}


def test_files_are_put_into_a_list() -> None:
    operations = {"query": MANY, "variables": {"files": [None, None]}}
    places = {"a": ["variables.files.1"], "b": ["variables.files.0"]}
    answer = send(operations, places, a=("a", b"1"), b=("b", b"2"))
    assert answer.json() == {"data": {"keep": ["b: 2", "a: 1"]}}


def test_apollo_s_field_will_do() -> None:
    operations = {"query": ONE, "variables": {"file": None}}
    headers = {"apollo-require-preflight": "true"}
    answer = send(
        operations, {"0": ["variables.file"]}, headers=headers, _0=("a", b"1")
    )
    assert answer.status_code == 200


def test_graphql_102_what_a_page_could_send_unasked_is_refused() -> None:
    """A form alone is what a browser sends to other sites."""
    operations = {"query": ONE, "variables": {"file": None}}
    answer = send(operations, {"0": ["variables.file"]}, headers={}, _0=("a", b"1"))
    assert answer.status_code == 400
    assert answer.json() == {
        "errors": [
            {"message": "A form needs the header field GraphQL-Require-Preflight."}
        ]
    }


def test_forms_are_taken_where_they_are_asked_for() -> None:
    app = GraphQLApp(graphene.Schema(query=Query))
    answer = send({"query": "{ name }"}, {}, app=app)
    assert answer.status_code == 415
    assert answer.headers["accept-post"] == "application/json"
    answer = call(APP, "POST", content=b"x", headers={"content-type": "text/plain"})
    assert answer.headers["accept-post"] == "application/json, multipart/form-data"
    assert call(APP, "POST", json={"query": "{ name }"}).status_code == 200


GOOD = {"query": ONE, "variables": {"file": None, "n": 1, "list": [None]}}


@pytest.mark.parametrize(
    "operations, places, message",
    [
        (None, {}, "The form has no field 'operations'."),
        (GOOD, None, "The form has no field 'map'."),
        ("{", {}, "The field 'operations' is not JSON."),
        (GOOD, "{", "The field 'map' is not JSON."),
        (GOOD, [], "The field 'map' is an object."),
        (GOOD, {"1": []}, "The form has no file '1', which the map names."),
        (GOOD, {"map": []}, "The form has no file 'map', which the map names."),
        (GOOD, {"0": "variables.file"}, "The field 'map' has an array for each file."),
        (GOOD, {"0": [1]}, "The map leads to variables: 'variables.file'."),
        (GOOD, {"0": ["variables"]}, "The map leads to variables: 'variables.file'."),
        (GOOD, {"0": ["query.x"]}, "The map leads to variables: 'variables.file'."),
        (GOOD, {"0": ["variables.n"]}, "The map leads to something that is not null."),
        (GOOD, {"0": ["variables.x"]}, "The map leads nowhere."),
        (GOOD, {"0": ["variables.file.x"]}, "The map leads nowhere."),
        (GOOD, {"0": ["variables.list.1"]}, "The map leads nowhere."),
        (GOOD, {"0": ["variables.list.-1"]}, "The map leads nowhere."),
        (GOOD, {"0": ["variables.list.²"]}, "The map leads nowhere."),
        (GOOD, {"0": ["variables.list." + "9" * 5000]}, "The map leads nowhere."),
        ([GOOD], {"0": ["variables.file"]}, "The map leads nowhere."),
        ([GOOD], {}, "Operations are taken one by one and not in an array."),
    ],
)
def test_a_form_that_is_malformed(operations: Any, places: Any, message: str) -> None:
    answer = send(operations, places, _0=("a", b"1"))
    assert answer.status_code == 400
    assert answer.json() == {"errors": [{"message": message}]}


def test_what_is_no_form_at_all() -> None:
    fields = {**PREFLIGHT, "content-type": "multipart/form-data; boundary=x"}
    answer = call(APP, "POST", content=b"nonsense", headers=fields)
    assert answer.status_code == 400
    assert answer.json().keys() == {"errors"}


def test_an_upload_is_a_file_and_nothing_else() -> None:
    for variables in ({"file": "text"}, {"file": None}):
        answer = call(APP, "POST", json={"query": ONE, "variables": variables})
        assert "$file" in answer.json()["errors"][0]["message"]
    literal = 'mutation { keep(files: ["text"]) }'
    answer = call(APP, "POST", json={"query": literal})
    assert "An Upload is given by a variable." in answer.text
    answer = call(APP, "POST", json={"query": "{ file }"})
    assert answer.json()["data"] == {"file": None}


def test_a_schema_of_graphql_core_has_one_too() -> None:
    argument = graphql.GraphQLArgument(CoreUpload)

    async def size(source: Any, info: Any, file: Any) -> int:
        return int(file.size)

    field = graphql.GraphQLField(graphql.GraphQLInt, {"file": argument}, size)
    schema = graphql.GraphQLSchema(graphql.GraphQLObjectType("Query", {"size": field}))
    app = GraphQLApp(schema, uploads=True)
    operations = {
        "query": "query ($f: Upload) { size(file: $f) }",
        "variables": {"f": None},
    }
    answer = send(operations, {"0": ["variables.f"]}, app=app, _0=("a", b"1234"))
    assert answer.json() == {"data": {"size": 4}}


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "0", "variables"]), inner)
    ),
    max_leaves=6,
)
paths = st.lists(st.sampled_from(["variables", "a", "0", "1", ""])).map(".".join)


@given(values, st.dictionaries(st.sampled_from(["0", "x"]), st.lists(paths) | values))
def test_whatever_the_form_says_it_is_answered(operations: Any, places: Any) -> None:
    answer = send(operations, places, _0=("a", b"1"))
    assert answer.status_code == 400
    assert answer.json().keys() == {"errors"}
