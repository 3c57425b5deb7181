"""Documents that clients name and do not send."""

from __future__ import annotations

from typing import Any

import pytest

from restlette.contrib.graphql import GraphQLApp, document_id
from restlette.testing import call
from tests.contrib.graphql.shelf import JSON, RESPONSE, ask, core, shelf

GREETING = "query Greeting($name: String) { greeting(name: $name) }"
ADD = 'mutation { add(title: "Dune") { title } }'
PERSISTED = {document_id(text): text for text in (GREETING, ADD)}


def test_an_id_is_the_specification_s() -> None:
    """Appendix A has these two as its examples."""
    text = "query ($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}"
    assert document_id(text) == (
        "sha256:7dba4bd717b41f10434822356a93c32b1fb4907b983e854300ad839f84cdcd6e"
    )
    assert document_id("query($id:ID!){user(id:$id){name}}") == (
        "sha256:71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b"
    )


async def later(name: str) -> str | None:
    return PERSISTED.get(name)


@pytest.mark.parametrize("persisted", [PERSISTED, PERSISTED.get, later])
def test_a_document_is_found_by_its_id(persisted: Any) -> None:
    """By GET and by POST; a mapping, or a function of either kind."""
    app = shelf(persisted=persisted)
    name = document_id(GREETING)
    content = {"documentId": name, "variables": {"name": "Paul"}}
    answer = call(app, "POST", "/graphql", json=content)
    assert answer.json() == {"data": {"greeting": "Hello, Paul."}}
    answer = call(app, "GET", "/graphql", params={"documentId": name})
    assert answer.json()["data"] == {"greeting": "Hello, you."}
    answer = call(app, "GET", "/graphql", params={"documentId": document_id(ADD)})
    assert answer.status_code == 405


@pytest.mark.parametrize("accept, status", [(JSON, 200), (RESPONSE, 400)])
def test_an_id_that_is_unknown(accept: str, status: int) -> None:
    """A response of GraphQL with a single error."""
    for options in ({}, {"persisted": PERSISTED}):
        answer = ask(None, shelf(**options), accept=accept, documentId="sha256:0")
        assert answer.status_code == status
        message = "There is no document with this id."
        assert answer.json() == {"errors": [{"message": message}]}


def test_documents_of_clients_may_be_refused() -> None:
    app = shelf(persisted=PERSISTED, only_persisted=True)
    answer = ask("{ greeting }", app, accept=RESPONSE)
    assert answer.status_code == 400
    message = "Documents are named by 'documentId' here."
    assert answer.json() == {"errors": [{"message": message}]}
    answer = ask(None, app, documentId=document_id(ADD))
    assert answer.json() == {"data": {"add": {"title": "Dune"}}}
    # Not sent at all, and not sent by chance.
    assert ask("", app, accept=RESPONSE).status_code == 400
    with pytest.raises(TypeError, match="only_persisted needs persisted"):
        shelf(only_persisted=True)


def test_what_cannot_be_executed_is_an_error_at_once() -> None:
    with pytest.raises(
        ValueError, match=r"document 'x' cannot be executed: Cannot query"
    ):
        GraphQLApp(core, persisted={"x": "{ nonsense }"})
