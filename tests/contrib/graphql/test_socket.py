"""GraphQL over WebSockets: graphql-transport-ws; row 105 of the hostile inputs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import graphene
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import Anyone, Forbidden, Guard, Restlette, WebSocketDisconnect
from restlette.contrib.graphql import (
    Context,
    GraphQL,
    GraphQLApp,
    GraphQLEndpoint,
    Operation,
    Result,
)
from restlette.contrib.graphql.socket import SUBPROTOCOL
from restlette.resources.guards import WEBSOCKET
from restlette.testing import TestClient, WebSocketDenialResponse
from tests.contrib.graphql.shelf import LATER, ShelfContext, Store, schema, shelf

INIT = {"type": "connection_init"}
ACK = {"type": "connection_ack"}


@contextmanager
def connected(app: Any = None, path: str = "/graphql", **options: Any) -> Iterator[Any]:
    """A socket that nothing was said on."""
    client = TestClient(app or shelf())
    options = {"subprotocols": [SUBPROTOCOL], **options}
    with client, client.websocket_connect(path, **options) as socket:
        yield socket


@contextmanager
def begun(app: Any = None, **options: Any) -> Iterator[Any]:
    """A socket that operations may be sent on."""
    with connected(app, **options) as socket:
        assert socket.accepted_subprotocol == SUBPROTOCOL
        socket.send_json(INIT)
        assert socket.receive_json() == ACK
        yield socket


def subscribe(name: str, query: str, **parameters: Any) -> dict[str, Any]:
    payload = {"query": query, **parameters}
    return {"id": name, "type": "subscribe", "payload": payload}


def closed(socket: Any) -> tuple[int, str]:
    """Receive until the end; give the code and the reason."""
    with pytest.raises(WebSocketDisconnect) as end:
        while True:
            socket.receive_json()
    return end.value.code, end.value.reason


def receive(socket: Any, count: int) -> list[Any]:
    return [socket.receive_json() for _ in range(count)]


def following(name: str, content: Any) -> dict[str, Any]:
    return {"id": name, "type": "next", "payload": content}


def complete(name: str) -> dict[str, Any]:
    return {"id": name, "type": "complete"}


def test_results_come_one_by_one() -> None:
    with begun() as socket:
        socket.send_json(subscribe("1", "subscription { count(to: 2) }"))
        assert receive(socket, 3) == [
            following("1", {"data": {"count": 0}}),
            following("1", {"data": {"count": 1}}),
            complete("1"),
        ]
        # The id is free again.
        socket.send_json(subscribe("1", "{ greeting }"))
        assert receive(socket, 2) == [
            following("1", {"data": {"greeting": "Hello, you."}}),
            complete("1"),
        ]


def test_a_mutation_comes_this_way_too() -> None:
    query = "mutation M($t: String!) { add(title: $t) { title } }"
    with begun() as socket:
        more = {"variables": {"t": "Emma"}, "operationName": "M", "extensions": None}
        socket.send_json(subscribe("m", query, **more))
        assert receive(socket, 2) == [
            following("m", {"data": {"add": {"title": "Emma"}}}),
            complete("m"),
        ]


def test_background_tasks_run_behind_the_operation() -> None:
    LATER.clear()
    with begun() as socket:
        socket.send_json(subscribe("1", "{ later }"))
        receive(socket, 2)
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}
    assert LATER == ["done"]


def test_pings_are_answered_with_what_they_carry() -> None:
    """Before the beginning as well; a pong is taken note of."""
    with connected() as socket:
        socket.send_json({"type": "ping", "payload": {"at": 1}})
        assert socket.receive_json() == {"type": "pong", "payload": {"at": 1}}
        socket.send_json({"type": "pong"})
        socket.send_json({"type": "pong", "payload": {}})
        socket.send_json({"type": "ping", "payload": None})
        assert socket.receive_json() == {"type": "pong"}


@pytest.mark.parametrize(
    "query, message",
    [
        ("{", "Syntax Error: Expected Name, found <EOF>."),
        ("{ nonsense }", "Cannot query field 'nonsense' on type 'Query'."),
        ("query ($n: String!) { greeting(name: $n) }", "Variable '$n' of required ty"),
        ("subscription ($n: Int!) { count(to: $n) }", "Variable '$n' of required typ"),
    ],
)
def test_what_is_not_executed_is_an_error(query: str, message: str) -> None:
    """And the last that is said of that operation."""
    with begun() as socket:
        socket.send_json(subscribe("1", query))
        error = socket.receive_json()
        assert (error["id"], error["type"]) == ("1", "error")
        assert error["payload"][0]["message"].startswith(message)
        socket.send_json(subscribe("1", "{ __typename }"))
        assert receive(socket, 2)[1] == complete("1")


def test_who_speaks_another_protocol_is_told_so() -> None:
    for protocols in ([], ["graphql-ws"]):
        with connected(subprotocols=protocols) as socket:
            assert closed(socket) == (4406, "Subprotocol not acceptable")


def test_graphql_ws_105_who_does_not_begin_is_closed() -> None:
    with connected(shelf(init_timeout=0.01)) as socket:
        assert closed(socket) == (4408, "Connection initialisation timeout")


def test_who_has_begun_may_be_silent() -> None:
    with begun(shelf(init_timeout=0.05)) as socket:
        socket.send_json(subscribe("1", "subscription { count(to: 1) }"))
        receive(socket, 2)
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}


def test_graphql_ws_105_beginning_twice() -> None:
    with begun() as socket:
        socket.send_json(INIT)
        assert closed(socket) == (4429, "Too many initialisation requests")


def test_graphql_ws_105_subscribing_before_the_beginning() -> None:
    with connected() as socket:
        socket.send_json(subscribe("1", "{ greeting }"))
        assert closed(socket) == (4401, "Unauthorized")


def test_graphql_ws_105_an_id_that_is_taken() -> None:
    with begun() as socket:
        socket.send_json(subscribe("1", "{ slow }"))
        socket.send_json(subscribe("1", "{ greeting }"))
        assert closed(socket) == (4409, "Subscriber for 1 already exists")
    with begun() as socket:
        for _ in range(2):
            socket.send_json(subscribe("é" * 256, "{ slow }"))
        code, reason = closed(socket)
        assert code == 4409
        assert reason.startswith("Subscriber for éé")


SUBSCRIBE = {"type": "subscribe", "id": "1"}


@pytest.mark.parametrize(
    "message, reason",
    [
        ([], "A message is an object"),
        ("x", "A message is an object"),
        ({}, "There is no message of this type"),
        ({"type": "start"}, "There is no message of this type"),
        ({"type": "next", "id": "1"}, "There is no message of this type"),
        ({"type": "connection_ack"}, "There is no message of this type"),
        ({"type": ["ping"]}, "There is no message of this type"),
        ({**INIT, "payload": 1}, "The payload is an object"),
        ({"type": "ping", "payload": "x"}, "The payload is an object"),
        ({"type": "pong", "payload": []}, "The payload is an object"),
        ({"type": "complete"}, "The id is a text of 1 to 256 characters"),
        ({"type": "subscribe"}, "The id is a text of 1 to 256 characters"),
        ({**SUBSCRIBE, "id": ""}, "The id is a text of 1 to 256 characters"),
        ({**SUBSCRIBE, "id": "x" * 257}, "The id is a text of 1 to 256 characters"),
        ({**SUBSCRIBE, "id": 1}, "The id is a text of 1 to 256 characters"),
        (SUBSCRIBE, "The content is a JSON object with the member 'query'."),
        ({**SUBSCRIBE, "payload": {"query": 1}}, "The parameter 'query' is a string."),
        (
            {**SUBSCRIBE, "payload": {"query": "{a}", "variables": []}},
            "The parameter 'variables' is an object.",
        ),
    ],
)
def test_graphql_ws_105_a_message_that_is_none(message: Any, reason: str) -> None:
    with connected() as socket:
        socket.send_json(message)
        assert closed(socket) == (4400, reason)


def test_graphql_ws_105_what_is_no_json() -> None:
    with connected() as socket:
        socket.send_text("{")
        assert closed(socket) == (4400, "Messages are JSON")
    with connected() as socket:
        socket.send_bytes(b"{}")
        assert closed(socket) == (4400, "Messages are text")


def test_graphql_ws_105_operations_are_counted() -> None:
    """A hundred at a time; the next one is an error, and the socket lives on."""
    with begun() as socket:
        for number in range(100):
            socket.send_json(subscribe(str(number), "{ slow }"))
        for _ in range(3):
            socket.send_json(subscribe("more", "{ greeting }"))
            assert socket.receive_json() == {
                "id": "more",
                "type": "error",
                "payload": [{"message": "There are 100 operations already."}],
            }
        socket.send_json(complete("7"))
        socket.send_json(subscribe("more", "{ greeting }"))
        assert receive(socket, 2)[1] == complete("more")


class Course:
    """What operations have been through."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.go = asyncio.Event()


def course_app(course: Course, **options: Any) -> Any:
    class Query(graphene.ObjectType):
        slow = graphene.String()

        async def resolve_slow(self, info: Any) -> str:
            course.log.append("begin query")
            try:
                await asyncio.sleep(3600)
            finally:
                course.log.append("end query")
            return ""

    class Change(graphene.Mutation):
        Output = graphene.String

        async def mutate(self, info: Any) -> str:
            course.log.append("begin mutation")
            await course.go.wait()
            course.log.append("end mutation")
            return "done"

    class Mutation(graphene.ObjectType):
        change = Change.Field()

    class Subscription(graphene.ObjectType):
        endless = graphene.Int()
        flood = graphene.Int()

        async def subscribe_endless(self, info: Any) -> AsyncIterator[int]:
            course.log.append("begin subscription")
            try:
                yield 1
                await asyncio.sleep(3600)
            finally:
                course.log.append("end subscription")

        async def subscribe_flood(self, info: Any) -> AsyncIterator[int]:
            try:
                while True:
                    yield 1
                    await asyncio.sleep(0)
            finally:
                course.log.append("end flood")

    made = graphene.Schema(query=Query, mutation=Mutation, subscription=Subscription)
    return GraphQLApp(made, **options)


def test_who_completes_an_operation_ends_it() -> None:
    """What is not known, or over already, may be completed too."""
    course = Course()
    with begun(course_app(course)) as socket:
        socket.send_json(subscribe("s", "subscription { endless }"))
        assert socket.receive_json() == following("s", {"data": {"endless": 1}})
        for name in ("s", "s", "unknown"):
            socket.send_json(complete(name))
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}
        assert course.log == ["begin subscription", "end subscription"]


def test_who_leaves_ends_everything_but_mutations() -> None:
    """A change that is half made is worse than one that nobody hears of."""
    course = Course()
    with begun(course_app(course)) as socket:
        socket.send_json(subscribe("s", "subscription { endless }"))
        socket.receive_json()
        socket.send_json(subscribe("q", "{ slow }"))
        socket.send_json(subscribe("m", "mutation { change }"))
        socket.send_json(subscribe("n", "mutation { change }"))
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}
        socket.send_json(complete("n"))
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}
        course.go.set()
    assert set(course.log) == {
        f"{when} {what}"
        for when in ("begin", "end")
        for what in ("subscription", "query", "mutation")
    }
    assert course.log.count("end mutation") == 2


def test_a_subscription_that_sends_to_nobody_ends() -> None:
    course = Course()
    with begun(course_app(course)) as socket:
        socket.send_json(subscribe("f", "subscription { flood }"))
        receive(socket, 3)
    assert course.log == ["end flood"]


def test_nothing_is_sent_of_an_operation_that_was_completed() -> None:
    """A mutation comes to its end, and its id may be another's by then."""
    course = Course()
    with begun(course_app(course)) as socket:
        socket.send_json(subscribe("1", "mutation { change }"))
        socket.send_json(complete("1"))
        socket.send_json(subscribe("1", "subscription { endless }"))
        assert socket.receive_json() == following("1", {"data": {"endless": 1}})
        course.go.set()
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}
        assert course.log[-1] == "end mutation"


@pytest.mark.parametrize("is_async", [True, False])
def test_clients_are_welcomed(is_async: bool) -> None:
    """With what they begin with, which resolvers find on the connection."""

    def plain(websocket: Any, payload: Any) -> Any:
        if payload.get("token") == "raise":
            raise Forbidden
        return {"hello": "Paul"} if payload.get("token") == "secret" else False

    async def later(websocket: Any, payload: Any) -> Any:
        return plain(websocket, payload)

    app = shelf(on_init=later if is_async else plain)
    with connected(app) as socket:
        socket.send_json({**INIT, "payload": {"token": "secret"}})
        assert socket.receive_json() == {**ACK, "payload": {"hello": "Paul"}}
    for payload in (None, {"token": "raise"}):
        with connected(app) as socket:
            socket.send_json({**INIT, "payload": payload})
            assert closed(socket) == (4403, "Forbidden")


def test_a_client_may_be_refused_in_other_words() -> None:
    async def on_init(websocket: Any, payload: Any) -> bool:
        await websocket.close(4999, "Not today")
        return False

    with connected(shelf(on_init=on_init)) as socket:
        socket.send_json(INIT)
        assert closed(socket) == (4999, "Not today")


def test_the_beginning_is_on_the_connection() -> None:
    class Own(GraphQLEndpoint, schema=schema, context=ShelfContext):
        async def make_context(self, connection: Any) -> Any:
            made = await super().make_context(connection)
            assert isinstance(made, Context)
            assert made.request.state.connection_params == {"token": "x"}
            raise Forbidden("Not you.")

    app = Restlette()
    app.provide_value(Store, Store())
    app.install(GraphQL(Own))
    with connected(app) as socket:
        socket.send_json({**INIT, "payload": {"token": "x"}})
        assert socket.receive_json() == ACK
        socket.send_json(subscribe("1", "{ greeting }"))
        assert socket.receive_json() == {
            "id": "1",
            "type": "error",
            "payload": [{"message": "Not you.", "extensions": {"status": 403}}],
        }


def test_hooks_of_the_endpoint_hold_here_too() -> None:
    class Own(GraphQLEndpoint, schema=schema, context=ShelfContext):
        async def execute(self, operation: Operation, context: Any) -> Result:
            return Result({"data": {"store": type(context.store).__name__}})

        async def subscribe(self, operation: Operation, context: Any) -> Any:
            yield Result({"data": "first"})
            async for result in super().subscribe(operation, context):
                yield result

    app = Restlette()
    app.provide_value(Store, Store())
    app.install(GraphQL(Own))
    with begun(app) as socket:
        socket.send_json(subscribe("1", "{ greeting }"))
        assert socket.receive_json() == following("1", {"data": {"store": "Store"}})
        socket.receive_json()
        socket.send_json(subscribe("2", "subscription { count(to: 1) }"))
        assert receive(socket, 2) == [
            following("2", {"data": "first"}),
            following("2", {"data": {"count": 0}}),
        ]


def test_an_endpoint_says_itself_what_it_serves() -> None:
    class Base(GraphQLEndpoint):
        pass

    class Own(Base, schema=schema):
        pass

    with pytest.raises(TypeError, match=r"write class Base\(GraphQLEndpoint, schema=…"):
        GraphQL(Base)
    with pytest.raises(TypeError, match="Own says itself what it serves, and how"):
        GraphQL(Own, timeout=1)


class Nobody(Guard):
    responses = {403: "Nobody may."}

    async def check(self, connection: Any, resource: Any) -> bool:
        return False


@pytest.mark.parametrize(
    "guards, is_open",
    [
        ([], True),
        ([Nobody()], False),
        ([Nobody().to("post"), Anyone], False),
        ([Anyone.to("get"), Nobody()], False),
        ([Anyone.to("post"), Nobody()], True),
        ([Nobody().to("post"), Anyone.to(WEBSOCKET), Anyone], True),
        ([Anyone.to("post"), Nobody().to(WEBSOCKET), Anyone], False),
    ],
)
def test_who_guards_post_guards_the_socket(guards: list[Any], is_open: bool) -> None:
    """Of the plug-in, and of the class."""

    class Own(GraphQLEndpoint, schema=schema, context=ShelfContext):
        pass

    class Guarded(Own):
        pass

    Guarded.guards = guards
    for plugin in (GraphQL(Own, guards=guards), GraphQL(Guarded)):
        app = Restlette()
        app.provide_value(Store, Store())
        app.install(plugin)
        if is_open:
            with begun(app):
                pass
        else:
            with pytest.raises(WebSocketDenialResponse), connected(app):
                pass


def test_pages_of_other_sites_may_not_connect() -> None:
    """Who has a cookie comes from here, or from where it is allowed."""
    fields = {"cookie": "session=1", "origin": "https://evil.example"}
    with pytest.raises(WebSocketDenialResponse), connected(headers=fields):
        pass
    with begun(headers={**fields, "origin": "http://testserver"}):
        pass
    for app in (
        shelf(allowed_origins=["https://evil.example"]),
        GraphQLApp(schema, allowed_origins=["https://evil.example"]),
    ):
        with begun(app, headers=fields):
            pass


messages = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["ping", "pong", "subscribe", "complete", "x"])
                | inner,
                "id": st.text() | inner,
                "payload": inner,
                "query": st.just("{ greeting }") | inner,
            },
        )
    ),
    max_leaves=8,
)


@given(st.lists(messages, max_size=4))
def test_whatever_is_sent_the_code_is_the_protocol_s(sent: list[Any]) -> None:
    with begun(APP) as socket:
        for message in sent:
            try:
                socket.send_json(message)
            except WebSocketDisconnect:
                break
        try:
            socket.send_json({"type": "mistake"})
        except WebSocketDisconnect:
            pass
        assert closed(socket)[0] in (4400, 4409)


APP = GraphQLApp(schema)
