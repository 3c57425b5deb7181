"""GraphQL as server-sent events: graphql-sse, distinct connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import graphene
import pytest

from restlette.contrib.graphql import Context, GraphQLApp
from restlette.testing import call
from tests.contrib.graphql.shelf import LATER, ask, shelf

EVENTS = "text/event-stream"


def events(answer: Any) -> list[tuple[str, Any]]:
    """The type and the data of each event."""
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(EVENTS)
    found = []
    for text in answer.text.split("\n\n")[:-1]:
        lines = dict(line.split(": ", 1) for line in text.split("\n"))
        data = lines["data"]
        found.append((lines["event"], json.loads(data) if data else None))
    return found


COMPLETE = ("complete", None)


def test_each_result_is_an_event() -> None:
    answer = ask("subscription { count(to: 3) }", accept=EVENTS)
    nexts = [("next", {"data": {"count": number}}) for number in range(3)]
    assert events(answer) == [*nexts, COMPLETE]
    assert answer.headers["vary"] == "Accept"
    params = {"query": "subscription { count(to: 1) }"}
    answer = call(shelf(), "GET", "/graphql", params=params, headers={"accept": EVENTS})
    assert events(answer) == [nexts[0], COMPLETE]


def test_a_query_has_one_result() -> None:
    LATER.clear()
    answer = ask("{ later }", accept=EVENTS)
    assert events(answer) == [("next", {"data": {"later": "soon"}}), COMPLETE]
    assert LATER == ["done"]
    assert events(ask("{ greeting }", accept=EVENTS))[1:] == [COMPLETE]


@pytest.mark.parametrize(
    "query, parameters, message",
    [
        ("{", {}, "Syntax Error: Expected Name, found <EOF>."),
        ("{ nonsense }", {}, "Cannot query field 'nonsense' on type 'Query'."),
        ("{ greeting }", {"operationName": "A"}, "The document has no operation nam"),
        (
            "query ($n: String!) { greeting(name: $n) }",
            {},
            "Variable '$n' of required type 'String!' was not provided.",
        ),
        (
            "subscription ($n: Int!) { count(to: $n) }",
            {},
            "Variable '$n' of required type 'Int!' was not provided.",
        ),
    ],
)
def test_what_is_not_executed_is_an_event_too(
    query: str, parameters: dict[str, Any], message: str
) -> None:
    """An EventSource would not show the content of a 400."""
    (kind, data), last = events(ask(query, accept=EVENTS, **parameters))
    assert kind == "next"
    assert data.keys() == {"errors"}
    assert data["errors"][0]["message"].startswith(message)
    assert last == COMPLETE


def test_what_is_malformed_is_no_stream() -> None:
    answer = ask(1, accept=EVENTS)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    params = {"query": "mutation { add(title: 1) { title } }"}
    params = {"query": 'mutation { add(title: "x") { title } }'}
    answer = call(shelf(), "GET", "/graphql", params=params, headers={"accept": EVENTS})
    assert answer.status_code == 405


class Course:
    """What a subscription has been through."""

    def __init__(self) -> None:
        self.closed = 0
        self.waiting = asyncio.Event()


def subscribing(course: Course, **options: Any) -> Any:
    class Query(graphene.ObjectType):
        name = graphene.String()

    class Subscription(graphene.ObjectType):
        endless = graphene.Int()
        failing = graphene.Int()
        refused = graphene.Int()
        nothing = graphene.Int()
        plain = graphene.Int()
        closable = graphene.Int()
        loaded = graphene.Int()
        slow = graphene.Int()

        async def subscribe_endless(self, info: Any) -> AsyncIterator[int]:
            try:
                yield 1
                course.waiting.set()
                await asyncio.sleep(3600)
            finally:
                course.closed += 1

        async def subscribe_failing(self, info: Any) -> AsyncIterator[int]:
            yield 1
            raise RuntimeError("swordfish")

        def subscribe_refused(self, info: Any) -> AsyncIterator[int]:
            raise RuntimeError("swordfish")

        async def subscribe_nothing(self, info: Any) -> int:
            return 1

        def subscribe_plain(self, info: Any) -> Any:
            return Plain()

        def subscribe_closable(self, info: Any) -> Any:
            return Closable(course)

        async def subscribe_slow(self, info: Any) -> AsyncIterator[int]:
            for number in range(2):
                yield number

        async def resolve_slow(event: Any, info: Any) -> Any:
            if event == 0:
                await asyncio.sleep(3600)
            return event

        async def subscribe_loaded(self, info: Any) -> AsyncIterator[int]:
            for number in range(2):
                yield number

        async def resolve_loaded(event: Any, info: Any) -> Any:
            async def load(context: Any, keys: list[int]) -> list[int]:
                loads.append(keys)
                return keys

            if isinstance(info.context, Context):
                info.context.background.add_task(after.append, event)
                await info.context.loader(load).load(7)
            return len(after) * 10 + len(loads)

    loads: list[list[int]] = []
    after: list[int] = []
    made = graphene.Schema(query=Query, subscription=Subscription)
    return GraphQLApp(made, **options)


class Plain:
    """An asynchronous iterator without anything to close."""

    def __init__(self) -> None:
        self.left = 2

    def __aiter__(self) -> Plain:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


class Closable(Plain):
    """One that has something to close."""

    def __init__(self, course: Course) -> None:
        super().__init__()
        self.course = course

    async def aclose(self) -> None:
        self.course.closed += 1


def test_what_can_be_closed_is_closed() -> None:
    course = Course()
    answer = ask("subscription { closable }", subscribing(course), accept=EVENTS)
    assert len(events(answer)) == 3
    assert course.closed == 1


def test_a_subscription_that_fails_ends() -> None:
    """With an error that is masked like any other."""
    first, (_, data), last = events(
        ask("subscription { failing }", subscribing(Course()), accept=EVENTS)
    )
    assert first == ("next", {"data": {"failing": 1}})
    assert data["data"] is None
    assert data["errors"][0]["message"].startswith("Something went wrong here")
    assert last == COMPLETE


@pytest.mark.parametrize("field", ["refused", "nothing"])
def test_a_subscription_that_does_not_begin(field: str) -> None:
    app = subscribing(Course())
    (_, data), last = events(ask(f"subscription {{ {field} }}", app, accept=EVENTS))
    assert data.keys() == {"errors"}
    assert data["errors"][0]["message"].startswith("Something went wrong here")
    assert last == COMPLETE


def test_an_event_that_takes_too_long_is_told_so() -> None:
    """And the next one is waited for."""
    app = subscribing(Course(), timeout=0.05)
    answer = ask("subscription { slow }", app, accept=EVENTS)
    message = "The operation took longer than 0.05 seconds."
    late = {"data": None, "errors": [{"message": message}]}
    assert [data for _, data in events(answer)] == [late, {"data": {"slow": 1}}, None]


def test_any_asynchronous_iterator_will_do() -> None:
    answer = ask("subscription { plain }", subscribing(Course()), accept=EVENTS)
    assert [data for _, data in events(answer)] == [
        {"data": {"plain": 1}},
        {"data": {"plain": 0}},
        None,
    ]


@pytest.mark.parametrize("context, after", [(Context, [1, 12]), (dict, [0, 0])])
def test_each_event_has_a_context_of_its_own(context: Any, after: list[int]) -> None:
    """Its loaders remember nothing, and its background tasks run behind it."""
    app = subscribing(Course(), context=context)
    answer = ask("subscription { loaded }", app, accept=EVENTS)
    values = [data["data"]["loaded"] for _, data in events(answer)[:-1]]
    assert values == after


def test_who_leaves_ends_the_subscription() -> None:
    """While it waits for its next event."""
    course = Course()
    app = subscribing(course)
    content = json.dumps({"query": "subscription { endless }"}).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "headers": [
            (b"host", b"testserver"),
            (b"content-type", b"application/json"),
            (b"accept", EVENTS.encode()),
        ],
    }
    messages = [{"type": "http.request", "body": content, "more_body": False}]
    sent: list[bytes] = []

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await course.waiting.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def run() -> None:
        async with asyncio.timeout(30):
            await app(scope, receive, send)

    asyncio.run(run())
    assert b'"endless":1' in b"".join(sent)
    assert course.closed == 1
