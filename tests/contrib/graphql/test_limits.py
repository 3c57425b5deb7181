"""What one operation may ask for; rows 100 to 103 of the hostile inputs."""

from __future__ import annotations

import time
from typing import Any

import graphql
import pytest

from restlette.contrib.graphql import GraphQLApp, QueryLimits
from restlette.contrib.graphql.documents import (
    REMEMBERED,
    REMEMBERED_CHARACTERS,
    Documents,
    InvalidDocument,
)
from restlette.testing import call
from tests.contrib.graphql.shelf import RESPONSE, ask, shelf

TREE = graphql.build_schema(
    """
    type Query { node: Node  name: String }
    type Node { node: Node  name: String  nodes(deep: Deep): [Node] }
    input Deep { deep: Deep }
    """
)
APP = GraphQLApp(TREE, root_value={"name": "root"})


def message(query: str, app: Any = APP, **options: Any) -> str:
    """POST an operation that is refused; give what is said."""
    answer = ask(query, app, accept=RESPONSE, **options)
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert len(errors) <= 11
    text: str = errors[0]["message"]
    return text


def nested(depth: int) -> str:
    """A query of a depth."""
    return "{ node " * (depth - 1) + "{ name }" + "}" * (depth - 1)


def doubling(count: int) -> str:
    """Fragments each of which spreads the next one twice."""
    fragments = [
        f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(count)
    ]
    last = f"fragment F{count} on Query {{ alias: name }}"
    return " ".join(["{ ...F0 }", *fragments, last])


def test_graphql_100_depth_is_bounded() -> None:
    assert ask(nested(15), APP).json() == {"data": {"node": None}}
    assert message(nested(16)) == "The operation exceeds the limit of 15 on depth."
    # The parser has its own opinion of three hundred.
    assert message(nested(300)).startswith(("Syntax Error", "The operation exceeds"))


def test_depth_goes_through_fragments() -> None:
    """Inline ones and others are no depth of their own."""
    spread = (
        "{ ... { node { ...F } } } fragment F on Node { node { ... on Node { name } } }"
    )
    app = GraphQLApp(TREE, query_limits={"depth": 3})
    assert ask(spread, app).json() == {"data": {"node": None}}
    app = GraphQLApp(TREE, query_limits={"depth": 2})
    assert message(spread, app) == "The operation exceeds the limit of 2 on depth."


@pytest.mark.parametrize("count, is_taken", [(30, True), (31, False)])
def test_graphql_101_aliases_are_bounded(count: int, is_taken: bool) -> None:
    query = "{ " + " ".join(f"a{i}: name" for i in range(count)) + " }"
    assert ("data" in ask(query, APP).json()) is is_taken


def test_graphql_100_aliases_are_counted_wherever_a_fragment_is_spread() -> None:
    """Two to the power of sixty of them are counted as fast as sixty."""
    assert message(doubling(60)) == "The operation exceeds the limit of 30 on aliases."
    assert ask(doubling(4), APP).json() == {"data": {"alias": "root"}}


def test_directives_are_bounded() -> None:
    query = "{ " + "... @include(if: true) { name @skip(if: false) } " * 25 + "}"
    assert ask(query, APP).json() == {"data": {"name": "root"}}
    assert (
        message(query[:-1] + "... @include(if: true) { name } }")
        == "The operation exceeds the limit of 50 on directives."
    )


def test_each_operation_is_measured() -> None:
    """The limits are on operations, and hold for those that are not asked for too."""
    query = f"query A {{ name }} query B {nested(16)} fragment F on Query {{ name }}"
    assert "never used" in message(query, operationName="A")
    query = f"query A {{ ...F }} query B {nested(16)} fragment F on Query {{ name }}"
    assert "limit of 15 on depth" in message(query, operationName="A")


HOSTILE = {
    "3,000 aliases": "{" + " ".join(f"a{i}:name" for i in range(3000)) + "}",
    "10,000 aliases": "{" + " ".join(f"a{i}:name" for i in range(10_000)) + "}",
    "a fragment cycle": "{...A} fragment A on Query{...B} fragment B on Query{...A}",
    "10,000 directives": "{ name " + "@a " * 10_000 + "}",
    "650 directives": "{ name " + "@a " * 650 + "}",
    "1 MB": "{ name " + " " * 1_000_000 + "}",
    "comments": "{ name " + "#\n" * 40_000 + "}",
    "nested values": "{ node { nodes(deep: "
    + "{deep:" * 400
    + "{}"
    + "}" * 400
    + ") }",
    "nested lists": "{ node(a: " + "[" * 1500 + ") }",
    "nested types": "query ($a: " + "[" * 1500 + ") { name }",
    "inline fragments": "{" + "... on Query {" * 250 + "name" + "}" * 251,
    "inline fragments, n by m": "{"
    + ("... on Query { name node { name node { name } } } " * 100)
    + "}",
    "fields that overlap": "{" + "node { nodes { node { name } } } " * 140 + "}",
    "unknown fields": "{" + " ".join(f"nam{i}" for i in range(900)) + "}",
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_graphql_100_what_is_hostile_is_answered_at_once(query: str) -> None:
    """And the answer is no longer than what it says; benchmarks hold it to 50 ms."""
    began = time.thread_time()
    answer = ask(query, APP, accept=RESPONSE)
    assert answer.status_code in (200, 400)
    assert len(answer.content) < 10_000
    # A hundred times what it needs, which only a blow-up reaches.
    assert time.thread_time() - began < 10


@pytest.mark.parametrize(
    "document, said",
    [
        ("10,000 directives", "more than 2000 tokens"),
        ("comments", "more than 2000 comments"),
        ("1 MB", "100000"),
    ],
)
def test_graphql_100_the_parser_stops(document: str, said: str) -> None:
    assert said in message(HOSTILE[document])


def test_graphql_104_variables_that_are_nested() -> None:
    deep: dict[str, Any] = {}
    for _ in range(250):
        deep = {"deep": deep}
    query = "query ($deep: Deep) { node { nodes(deep: $deep) { name } } }"
    text = message(query, variables={"deep": deep})
    assert text == "Variable values are nested too deeply."


def test_graphql_103_introspection_follows_debug() -> None:
    query = "{ __schema { types { name } } }"
    assert "introspection has been disabled" in message(query, shelf())
    assert "introspection has been disabled" in message(
        '{ __type(name: "Book") { name } }', shelf()
    )
    for app in (
        shelf(debug=True),
        shelf(introspection=True),
        GraphQLApp(TREE, debug=True),
    ):
        assert "data" in ask(query, app).json()
    app = shelf(debug=True, introspection=False)
    assert "introspection has been disabled" in message(query, app)


def test_typename_is_always_there() -> None:
    query = "{ __typename books { __typename kind: __typename } }"
    row = {"__typename": "Book", "kind": "Book"}
    assert ask(query).json() == {"data": {"__typename": "Query", "books": [row] * 3}}


def test_the_usual_introspection_is_within_the_limits() -> None:
    answer = ask(graphql.get_introspection_query(), shelf(introspection=True))
    assert "errors" not in answer.json()


def test_graphql_103_suggestions_follow_debug() -> None:
    for query, variables in (
        ("{ greetin }", {}),
        ("query ($d: Deep) { node { nodes(deep: $d) { name } } }", {"d": {"dep": 1}}),
    ):
        apps = [
            shelf(introspection=True) if "greet" in query else APP,
            shelf(debug=True) if "greet" in query else GraphQLApp(TREE, debug=True),
        ]
        plain, debug = (message(query, app, variables=variables) for app in apps)
        assert "Did you mean" not in plain
        assert "Did you mean" in debug


def test_a_limit_is_a_number_that_there_is() -> None:
    assert QueryLimits().override(None) == QueryLimits()
    assert QueryLimits().override({"depth": 0}).depth == 0
    with pytest.raises(TypeError, match=r"no limit named 'dept'.*depth.*limits of Gr"):
        QueryLimits().override({"dept": 1})
    for figure in (-1, 1.5, True, "1"):
        with pytest.raises(ValueError, match="whole number of 0 or more"):
            QueryLimits().override({"depth": figure})


def read(documents: Documents, source: str, introspection: bool = False) -> Any:
    return documents.read(source, introspection=introspection, suggestions=False)


def test_documents_are_remembered() -> None:
    documents = Documents(TREE, QueryLimits())
    first = read(documents, "{ name }")
    assert read(documents, "{ name }") is first
    # Who may see the schema has one of his own.
    assert read(documents, "{ name }", True) is not first


def test_what_is_invalid_is_not_remembered() -> None:
    documents = Documents(TREE, QueryLimits())
    for source in ("{", "{ other }", nested(16)):
        with pytest.raises(InvalidDocument):
            read(documents, source)
    assert not documents._remembered


def test_what_is_remembered_is_bounded() -> None:
    """By number and by size; what was not asked for longest goes first."""
    documents = Documents(TREE, QueryLimits())
    kept = read(documents, "{ name }")
    for number in range(REMEMBERED + 10):
        read(documents, f"query Q{number} {{ name }}")
        assert read(documents, "{ name }") is kept
    assert len(documents._remembered) == REMEMBERED
    for number in range(8):
        read(documents, f"query Q{number} {{ name }}" + " " * 60_000)
        assert documents._characters <= REMEMBERED_CHARACTERS
    assert documents._characters == sum(
        len(source) for _, source in documents._remembered
    )
    large = Documents(TREE, QueryLimits(characters=1_000_000))
    read(large, "{ name }" + " " * REMEMBERED_CHARACTERS)
    assert not large._remembered
    assert large._characters == 0


def test_get_is_held_to_the_same_limits() -> None:
    answer = call(APP, "GET", params={"query": nested(16)})
    assert "limit of 15 on depth" in answer.text
