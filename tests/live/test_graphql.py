"""GraphQL behind real servers, as the clients of others speak it: gql, and graphql-ws,
graphql-sse and the audits of graphql-http where there is node."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportQueryError, TransportServerError

from tests.live.server import HOST, Server, serving
from tests.live.wire import ask, message

APP = "tests.live.graph:app"

# Seconds.
DEADLINE = 30.0
# npm may have to fetch what it installs.
FETCHED = 180.0

JAVASCRIPT = Path(__file__).with_name("javascript")


@pytest.fixture(scope="module", params=["httptools", "hypercorn"])
def graph(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The schema, served until the last test of this module is over."""
    log = tmp_path_factory.mktemp("graphql") / "log"
    with serving(APP, request.param, log) as server:
        yield server


def http(server: Server, **options: Any) -> Client:
    transport = AIOHTTPTransport(f"{server.url}/graphql", **options)
    return Client(transport=transport, fetch_schema_from_transport=True)


@asynccontextmanager
async def websocket(server: Server, **options: Any) -> AsyncIterator[Any]:
    """A session over a WebSocket; gql does not close its own in every case."""
    url = f"ws://{HOST}:{server.port}/graphql"
    async with ClientSession() as own:
        transport = AIOHTTPWebsocketsTransport(url, session=own, **options)
        async with Client(transport=transport) as session:
            yield session


def held(server: Server) -> int:
    count: int = ask(server, message("GET /held")).json()
    return count


def wait_until_nothing_is_held(server: Server) -> None:
    deadline = time.monotonic() + DEADLINE
    while held(server):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, DEADLINE))


def test_gql_asks_over_http(graph: Server) -> None:
    """It fetches the schema first, and holds the documents to it."""

    async def talk() -> list[Any]:
        async with http(graph) as session:
            query = gql("query ($most: Int) { books(most: $most) { title } }")
            query.variable_values = {"most": 1}
            change = gql('mutation { add(title: "Persuasion") { title } }')
            return [await session.execute(query), await session.execute(change)]

    assert run(talk()) == [
        {"books": [{"title": "Dune"}]},
        {"add": {"title": "Persuasion"}},
    ]


def test_gql_is_told_what_is_wrong(graph: Server) -> None:
    """As errors of GraphQL, whatever the status is."""

    async def talk(accept: str | None) -> None:
        options = {} if accept is None else {"headers": {"accept": accept}}
        transport = AIOHTTPTransport(f"{graph.url}/graphql", **options)
        async with Client(transport=transport) as session:
            await session.execute(gql("{ nonsense }"))

    with pytest.raises(TransportQueryError, match="Cannot query field 'nonsense'"):
        run(talk(None))
    with pytest.raises((TransportQueryError, TransportServerError)):
        run(talk("application/graphql-response+json"))


def test_gql_subscribes_over_a_websocket(graph: Server) -> None:
    async def talk() -> tuple[list[Any], Any]:
        async with websocket(graph) as session:
            counted = [
                result["count"]
                async for result in session.subscribe(
                    gql("subscription { count(to: 3) }")
                )
            ]
            return counted, await session.execute(gql("{ books { title } }"))

    counted, books = run(talk())
    assert counted == [0, 1, 2]
    assert books == {"books": [{"title": "Dune"}, {"title": "Emma"}]}


def test_a_subscription_ends_with_its_client(graph: Server) -> None:
    """When it completes the operation, and when it leaves."""

    async def talk(*, is_left: bool) -> int:
        async with websocket(graph) as session:
            results = session.subscribe(gql("subscription { ticks }"))
            taken = [await anext(results) for _ in range(3)]
            if not is_left:
                await results.aclose()
                await asyncio.to_thread(wait_until_nothing_is_held, graph)
            return len(taken)

    for is_left in (False, True):
        assert run(talk(is_left=is_left)) == 3
        wait_until_nothing_is_held(graph)


def test_gql_keeps_the_connection_by_pings(graph: Server) -> None:
    async def talk() -> Any:
        options = {"ping_interval": 0.05, "pong_timeout": DEADLINE}
        async with websocket(graph, **options) as session:
            await asyncio.sleep(0.3)
            return await session.execute(gql("{ books(most: 0) { title } }"))

    assert run(talk()) == {"books": []}


# Those of JavaScript ------------------------------------------------------------------


@pytest.fixture(scope="module")
def clients() -> Path:
    """The packages of JavaScript's clients, as their lock says."""
    if shutil.which("npm") is None:
        pytest.skip("node is not on this machine")
    if not (JAVASCRIPT / "node_modules").is_dir():
        command = [
            "npm",
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefer-offline",
        ]
        done = subprocess.run(
            command,
            cwd=JAVASCRIPT,
            capture_output=True,
            timeout=FETCHED,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip("npm cannot have its packages")
    return JAVASCRIPT / "clients.mjs"


def test_graphql_104_javascript_s_clients_are_content(
    graph: Server, clients: Path
) -> None:
    """All 61 audits, and the two clients, each with operations of every kind."""
    done = subprocess.run(
        ["node", str(clients), str(graph.port)],
        capture_output=True,
        timeout=DEADLINE * 2,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert len(found["audits"]) == 61
    assert {
        audit: said for audit, said in found["audits"].items() if said != "ok"
    } == {}
    for name in ("graphql-ws", "graphql-sse"):
        client = found[name]
        books = [{"title": "Dune"}, {"title": "Emma"}]
        assert client["query"] == [{"data": {"books": books}}]
        assert client["mutation"] == [{"data": {"add": {"title": "Persuasion"}}}]
        counts = [{"data": {"count": number}} for number in range(3)]
        assert client["subscription"] == counts
        assert client["left"] == 3
        assert "Cannot query field 'nonsense'" in json.dumps(client["invalid"])
    assert found["refused"] == [4403, "Forbidden"]
    wait_until_nothing_is_held(graph)
