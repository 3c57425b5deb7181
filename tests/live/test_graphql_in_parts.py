"""GraphQL on graphql-core 3.3, in an environment without graphene: answers in parts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.live.server import HOST, Server, serving
from tests.modern import python

APP = "tests.live.graph_in_parts:app"

MIXED = "multipart/mixed"

# Seconds.
DEADLINE = 30.0


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("graphql") / "log"
    with serving(APP, "h11", log, python=python()) as server:
        yield server


@pytest.fixture
def client(graph: Server) -> Iterator[httpx.Client]:
    headers = {"accept": f"{MIXED}, application/json"}
    with httpx.Client(base_url=graph.url, headers=headers, timeout=DEADLINE) as made:
        yield made


def wait_until_nothing_is_held(client: httpx.Client) -> None:
    deadline = time.monotonic() + DEADLINE
    while client.get("/held").json():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def parts(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """Give each part as soon as its end is there."""
    assert response.status_code == 200
    assert response.headers["content-type"] == 'multipart/mixed; boundary="-"'
    text = ""
    for piece in response.iter_text():
        text += piece
        while "\r\n---" in text:
            part, text = text.split("\r\n---", 1)
            if part:
                yield json.loads(part.split("\r\n\r\n", 1)[1])
    assert text == "--\r\n"


def asked(client: httpx.Client, query: str, path: str = "/graphql") -> Any:
    return client.stream("POST", path, json={"query": query})


def test_graphql_core_3_3_goes_without_graphene(client: httpx.Client) -> None:
    found = client.get("/versions").json()
    assert found["core"].startswith("3.3.")
    assert found["graphene"] is False
    answer = client.post("/graphql", json={"query": "{ book { title } }"})
    assert answer.json() == {"data": {"book": {"title": "Dune"}}}


def test_what_is_deferred_comes_later(client: httpx.Client) -> None:
    """The client has the one part while the other one is made."""
    with asked(client, "{ book { title ... @defer { review } } }") as response:
        found = []
        for part in parts(response):
            found.append((time.monotonic(), part))
    (before, first), (after, last) = found
    assert after - before > 0.1
    assert first["data"] == {"book": {"title": "Dune"}}
    assert last == {
        "incremental": [{"data": {"review": "Sand."}, "id": "0"}],
        "completed": [{"id": "0"}],
        "hasNext": False,
    }


def test_items_are_streamed(client: httpx.Client) -> None:
    with asked(client, "{ numbers(to: 4) @stream(initialCount: 1) }") as response:
        first, *rest = parts(response)
    assert first["data"] == {"numbers": [0]}
    pieces = [each for part in rest for each in part.get("incremental", ())]
    assert [item for each in pieces for item in each["items"]] == [1, 2, 3]
    assert len(pieces) > 1
    wait_until_nothing_is_held(client)


@pytest.mark.parametrize(
    "query",
    [
        "{ numbers(to: 100000) @stream(initialCount: 1) }",
        "{ book { title ... @defer { never } } }",
    ],
)
def test_it_ends_when_the_client_leaves(client: httpx.Client, query: str) -> None:
    with asked(client, query) as response:
        assert next(parts(response))["hasNext"] is True
    wait_until_nothing_is_held(client)


def test_it_ends_when_it_takes_too_long(client: httpx.Client) -> None:
    with asked(client, "{ book { ... @defer { never } } }", "/soon") as response:
        _, last = parts(response)
    error = {"message": "The operation took longer than 0.3 seconds."}
    assert last == {"completed": [{"id": "0", "errors": [error]}], "hasNext": False}
    wait_until_nothing_is_held(client)


def test_subscriptions_are_events(client: httpx.Client) -> None:
    answer = client.post(
        "/graphql",
        json={"query": "subscription { count(to: 2) }"},
        headers={"accept": "text/event-stream"},
    )
    assert answer.text == (
        'event: next\ndata: {"data":{"count":0}}\n\n'
        'event: next\ndata: {"data":{"count":1}}\n\n'
        "event: complete\ndata: \n\n"
    )


def test_parts_and_subscriptions_come_over_a_websocket(
    graph: Server, client: httpx.Client
) -> None:
    """Several `next` for one query; what is left behind ends with the socket."""

    def subscribe(name: str, query: str) -> None:
        payload = {"query": query}
        message = {"id": name, "type": "subscribe", "payload": payload}
        socket.send(json.dumps(message))

    with connect(
        f"ws://{HOST}:{graph.port}/graphql",
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item] # a NewType
        proxy=None,
    ) as socket:
        socket.send('{"type": "connection_init"}')
        assert json.loads(socket.recv(DEADLINE)) == {"type": "connection_ack"}
        subscribe("1", "{ book { title ... @defer { review } } }")
        first, second, last = (json.loads(socket.recv(DEADLINE)) for _ in range(3))
        assert first["payload"]["data"] == {"book": {"title": "Dune"}}
        assert first["payload"]["hasNext"] is True
        assert second["payload"]["incremental"][0]["data"] == {"review": "Sand."}
        assert last == {"id": "1", "type": "complete"}
        subscribe("2", "subscription { count(to: 100000) }")
        for number in range(3):
            assert json.loads(socket.recv(DEADLINE)) == {
                "id": "2",
                "type": "next",
                "payload": {"data": {"count": number}},
            }
        subscribe("3", "{ book { ... @defer { never } } }")
        while json.loads(socket.recv(DEADLINE))["id"] != "3":
            pass
    wait_until_nothing_is_held(client)
