"""Answers in parts, by graphql-core 3.3: `@defer` and `@stream`, however asked for."""

from __future__ import annotations

import asyncio
import email
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from restlette import Restlette
from restlette.testing import TestClient, call
from tests.modern import modern

MIXED = "multipart/mixed"
JSON = "application/json"
RESPONSE = "application/graphql-response+json"

SDL = """
type Query {
    name: String
    key: String
    book: Book
    books: [Book!]
    endless: [Int!]
    leaf: Int
    many: Many
}

type Many { failing: String!  slow: String }
type Book { title: String  author: String  pages: Int!  slow: String  broken: String }
type Mutation { add: Book  plain: String  keep(file: Upload!): Int }
scalar Upload
type Subscription { count(to: Int!): Int  failing: Int  nothing: Int }
"""


class Course:
    """What operations have been through."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self.waiting = asyncio.Event()


class Book:
    def __init__(self, title: str) -> None:
        self.title = title
        self.pages = 3


@pytest.fixture(scope="module")
def both() -> Iterator[Any]:
    """graphql-core 3.3 and the contrib on it, as long as these tests go on."""
    with modern() as modules:
        yield modules


@pytest.fixture
def course() -> Course:
    return Course()


@pytest.fixture
def schema(both: Any, course: Course) -> Any:
    graphql, contrib = both
    made = graphql.build_schema(
        SDL
        + "directive @defer(if: Boolean! = true, label: String)"
        + " on FRAGMENT_SPREAD | INLINE_FRAGMENT\n"
        + "directive @stream(if: Boolean! = true, label: String,"
        + " initialCount: Int = 0) on FIELD\n"
    )

    async def author(book: Book, info: Any) -> str:
        await asyncio.sleep(0)
        return f"The author of {book.title}"

    async def slow(source: Any, info: Any) -> str:
        course.opened += 1
        course.waiting.set()
        try:
            await asyncio.sleep(3600)
        finally:
            # What it has to give back takes its time.
            for _ in range(5):
                await asyncio.sleep(0)
            course.closed += 1
        return "at last"

    async def broken(book: Book, info: Any) -> str:
        raise RuntimeError("the password is swordfish")

    async def endless(root: Any, info: Any) -> AsyncIterator[int]:
        course.opened += 1
        try:
            number = 0
            while True:
                yield number
                number += 1
                if number == 3:
                    course.waiting.set()
                    await asyncio.sleep(3600)
        finally:
            course.closed += 1

    async def books(root: Any, info: Any) -> list[Book]:
        return [Book(title) for title in ("Dune", "Emma", "Persuasion")]

    def failing(source: Any, info: Any) -> str:
        raise graphql.GraphQLError("It fails.")

    async def count(root: Any, info: Any, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    def later(root: Any, info: Any) -> Book:
        info.context.background.add_task(course.waiting.set)
        return Book("Emma")

    def plain_count(root: Any, info: Any) -> Any:
        return [1]

    def leaf(root: Any, info: Any) -> str:
        return "the password is swordfish"

    async def keep(root: Any, info: Any, file: Any) -> int:
        return len(await file.read())

    types = made.type_map
    argument = types["Mutation"].fields["keep"].args["file"]
    argument.type = graphql.GraphQLNonNull(contrib.Upload)
    types["Upload"] = contrib.Upload
    types["Mutation"].fields["keep"].resolve = keep
    fields = types["Query"].fields
    fields["name"].resolve = lambda root, info: "Ann"
    fields["book"].resolve = lambda root, info: Book("Dune")
    fields["books"].resolve = books
    fields["endless"].resolve = endless
    fields["leaf"].resolve = leaf
    fields["many"].resolve = lambda root, info: object()
    types["Many"].fields["failing"].resolve = failing
    types["Many"].fields["slow"].resolve = slow
    for name, resolve in (("author", author), ("slow", slow), ("broken", broken)):
        types["Book"].fields[name].resolve = resolve
    types["Mutation"].fields["add"].resolve = later
    types["Subscription"].fields["count"].subscribe = count
    types["Subscription"].fields["count"].resolve = lambda number, info, to: number
    types["Subscription"].fields["nothing"].subscribe = plain_count
    return made


@pytest.fixture
def app(both: Any, schema: Any) -> Restlette:
    _, contrib = both
    made = Restlette()
    made.install(contrib.GraphQL(schema, timeout=30))
    return made


def ask(app: Any, query: str, accept: str = f"{MIXED}, {JSON}", path: str = "") -> Any:
    headers = {"accept": accept}
    content = {"query": query}
    return call(app, "POST", path or "/graphql", json=content, headers=headers)


def parts(answer: Any) -> list[dict[str, Any]]:
    """Read an answer in parts, to the letter of RFC 2046."""
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(f'{MIXED}; boundary="-"')
    before, *found, last = answer.text.split("\r\n---")
    assert before == ""
    assert last == "--\r\n"
    contents = []
    for each in found:
        head, content = each.split("\r\n\r\n")
        assert head == "\r\nContent-Type: application/json; charset=utf-8"
        contents.append(json.loads(content))
    assert [each["hasNext"] for each in contents[:-1]] == [True] * (len(found) - 1)
    assert contents[-1].get("hasNext", False) is False
    return contents


DEFERRED = '{ book { title ... @defer(label: "more") { author } } }'
WHOLE = {"data": {"book": {"title": "Dune", "author": "The author of Dune"}}}


def test_what_is_deferred_comes_in_a_part_of_its_own(app: Restlette) -> None:
    answer = ask(app, DEFERRED)
    assert parts(answer) == [
        {
            "data": {"book": {"title": "Dune"}},
            "pending": [{"id": "0", "path": ["book"], "label": "more"}],
            "hasNext": True,
        },
        {
            "incremental": [{"data": {"author": "The author of Dune"}, "id": "0"}],
            "completed": [{"id": "0"}],
            "hasNext": False,
        },
    ]
    kind = answer.headers["content-type"]
    assert kind == 'multipart/mixed; boundary="-"'
    # As others read it.
    text = f"Content-Type: {kind}\r\n\r\n{answer.text}"
    payloads: Any = email.message_from_string(text).get_payload()
    assert [json.loads(each.get_payload()) for each in payloads] == parts(answer)
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["x-accel-buffering"] == "no"


def test_each_item_of_a_stream_comes_when_it_is_there(app: Restlette) -> None:
    answer = ask(app, "{ books @stream(initialCount: 1) { title } }")
    first, *rest = parts(answer)
    assert first["data"] == {"books": [{"title": "Dune"}]}
    items = [
        item
        for part in rest
        for each in part.get("incremental", ())
        for item in each["items"]
    ]
    assert items == [{"title": "Emma"}, {"title": "Persuasion"}]
    assert rest[-1]["completed"] == [{"id": "0"}]


@pytest.mark.parametrize(
    "accept",
    [
        f"{MIXED};incrementalSpec=v0.2, {RESPONSE}, {JSON};q=0.9",
        f'{MIXED}; IncrementalSpec="v0.2"; q=0.5, {JSON}',
    ],
)
def test_a_client_may_name_the_format(app: Restlette, accept: str) -> None:
    """As Apollo's does; the answer says it too."""
    answer = ask(app, DEFERRED, accept)
    assert len(parts(answer)) == 2
    assert answer.headers["content-type"] == (
        'multipart/mixed; boundary="-"; incrementalSpec=v0.2'
    )


def test_a_client_may_want_the_format_of_2022(app: Restlette) -> None:
    answer = ask(app, DEFERRED, f"{MIXED}; deferSpec=20220824, {JSON}")
    piece = {
        "path": ["book"],
        "label": "more",
        "data": {"author": "The author of Dune"},
    }
    assert parts(answer) == [
        {"data": {"book": {"title": "Dune"}}, "hasNext": True},
        {"incremental": [piece], "hasNext": False},
    ]
    assert answer.headers["content-type"] == (
        'multipart/mixed; boundary="-"; deferSpec=20220824'
    )


@pytest.mark.parametrize(
    "accept, media_type",
    [
        (JSON, JSON),
        ("*/*", JSON),
        (f"{MIXED};q=0, */*", JSON),
        (f"{MIXED}; deferSpec=19990101, {JSON}", JSON),
        (RESPONSE, RESPONSE),
    ],
)
def test_who_takes_no_parts_gets_the_whole(
    app: Restlette, accept: str, media_type: str
) -> None:
    """Clients that have not heard of parts say `*/*` too."""
    answer = ask(app, DEFERRED, accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert answer.json() == WHOLE


def test_the_format_of_2022_has_no_streams(app: Restlette) -> None:
    answer = ask(
        app, "{ books @stream { title } }", f"{MIXED};deferSpec=20220824, {JSON}"
    )
    titles = ("Dune", "Emma", "Persuasion")
    assert answer.json() == {"data": {"books": [{"title": title} for title in titles]}}


def test_what_has_no_parts_is_answered_as_ever(app: Restlette) -> None:
    """The client takes parts, and there are none."""
    for query in ("{ name }", "{ name ... @defer(if: false) { name } }"):
        answer = ask(app, query)
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.json() == {"data": {"name": "Ann"}}
    # "defer" and "stream" may be words like others.
    answer = ask(app, "{ defer: name, stream: name @include(if: true) }")
    assert answer.json() == {"data": {"defer": "Ann", "stream": "Ann"}}


def test_nothing_need_be_awaited(both: Any, schema: Any) -> None:
    """Values of the root that are attributes."""
    app = both[1].GraphQLApp(schema, root_value={"key": "k"})
    first, last = parts(ask(app, "{ __typename ... @defer { key } }", path="/"))
    assert first["data"] == {"__typename": "Query"}
    assert last["incremental"] == [{"data": {"key": "k"}, "id": "0"}]


def test_values_that_are_not_of_their_type_are_not_shown(app: Restlette) -> None:
    for query in ("{ leaf }", "{ leaf ... @defer { name } }"):
        for accept in (JSON, MIXED):
            answer = ask(app, query, accept)
            assert "Something went wrong here" in answer.text
            assert "swordfish" not in answer.text


def test_who_takes_nothing_but_parts_gets_one(app: Restlette) -> None:
    assert parts(ask(app, "{ name }", MIXED)) == [{"data": {"name": "Ann"}}]
    (error,) = parts(ask(app, "{ nonsense }", MIXED))
    assert error["errors"][0]["message"].startswith("Cannot query field 'nonsense'")
    assert parts(ask(app, "{ books @stream { title } }", f"{MIXED};deferSpec=20220824"))
    answer = call(app, "POST", "/graphql", json=[], headers={"accept": MIXED})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert ask(app, "{ name }", "image/png").status_code == 406


def test_a_schema_without_the_directives_has_no_parts(both: Any) -> None:
    graphql, contrib = both
    plain = contrib.GraphQLApp(graphql.build_schema("type Query { name: String }"))
    assert ask(plain, "{ name }", MIXED, "/").status_code == 406
    answer = ask(plain, "{ name ... @defer { name } }", path="/")
    assert answer.json()["errors"][0]["message"] == "Unknown directive '@defer'."


def test_errors_in_parts_are_told_as_ever(
    app: Restlette, caplog: pytest.LogCaptureFixture
) -> None:
    """What an exception says is in the log alone."""
    query = "{ leaf book { ... @defer { broken } } many { ... @defer { failing } } }"
    first, *rest = parts(ask(app, query))
    assert first["data"] == {"leaf": None, "book": {}, "many": {}}
    assert first["errors"][0]["message"].startswith("Something went wrong here; it is")
    (piece,) = [each for part in rest for each in part.get("incremental", ())]
    assert piece["data"] == {"broken": None}
    assert piece["errors"][0]["path"] == ["book", "broken"]
    assert piece["errors"][0]["message"].startswith("Something went wrong here")
    completed = [each for part in rest for each in part.get("completed", ())]
    (failed,) = [each for each in completed if "errors" in each]
    assert failed["errors"][0]["message"] == "It fails."
    assert "swordfish" in caplog.text


def test_an_answer_in_parts_may_take_so_long(
    both: Any, schema: Any, course: Course
) -> None:
    """Who waits for something is told that it does not come."""
    app = both[1].GraphQLApp(schema, timeout=0.05)
    first, last = parts(ask(app, "{ name book { ... @defer { slow } } }", path="/"))
    assert first["data"] == {"name": "Ann", "book": {}}
    error = {"message": "The operation took longer than 0.05 seconds."}
    assert last == {"completed": [{"id": "0", "errors": [error]}], "hasNext": False}
    assert (course.opened, course.closed) == (1, 1)
    query = "{ book { slow ... @defer { title } } }"
    answer = ask(app, query, f"{MIXED}, {RESPONSE}", "/")
    assert answer.status_code == 503
    assert answer.json() == {"errors": [error]}
    assert (course.opened, course.closed) == (2, 2)


def test_an_answer_in_parts_may_take_as_long_as_it_likes(
    both: Any, schema: Any
) -> None:
    app = both[1].GraphQLApp(schema, timeout=None)
    assert len(parts(ask(app, DEFERRED, path="/"))) == 2


def test_limits_hold_for_what_is_put_off(both: Any, schema: Any) -> None:
    limits = {"depth": 1, "directives": 0}
    app = both[1].GraphQLApp(schema, query_limits=limits)
    answer = ask(app, DEFERRED, path="/")
    assert [each["message"] for each in answer.json()["errors"]] == [
        "The operation exceeds the limit of 1 on depth.",
        "The operation exceeds the limit of 0 on directives.",
    ]


def test_a_mutation_has_parts_and_background_tasks(
    app: Restlette, course: Course
) -> None:
    found = parts(ask(app, "mutation { add { ... @defer { author } } }"))
    assert len(found) == 2
    assert course.waiting.is_set()
    query = "mutation { plain ... @defer { plain } }"
    message = ask(app, query).json()["errors"][0]["message"]
    assert message == (
        "Defer directive cannot be used on root mutation type 'Mutation'."
    )


def test_what_is_never_asked_for_is_closed(app: Restlette, course: Course) -> None:
    """The answer to HEAD has no content, and so nobody reads the stream."""
    params = {"query": "{ endless @stream(initialCount: 2) }"}
    headers = {"accept": MIXED}
    answer = call(app, "HEAD", "/graphql", params=params, headers=headers)
    assert answer.status_code == 200
    assert (course.opened, course.closed) == (1, 1)


@pytest.mark.parametrize(
    "query",
    ["{ endless @stream(initialCount: 1) }", "{ book { ... @defer { slow } } }"],
)
def test_it_ends_with_its_client(app: Restlette, course: Course, query: str) -> None:
    """While it waits for what comes next."""
    sent: list[Any] = []

    async def go() -> None:
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [
                (b"content-type", b"application/json"),
                (b"accept", MIXED.encode()),
                (b"host", b"localhost"),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        body = json.dumps({"query": query}).encode()
        messages = iter([{"type": "http.request", "body": body}])

        async def receive() -> Any:
            for message in messages:
                return message
            await course.waiting.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await asyncio.wait_for(app(scope, receive, send), 10)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert left == set()

    asyncio.run(go())
    assert sent[0]["status"] == 200
    assert (course.opened, course.closed) == (1, 1)


def test_nothing_is_left_when_a_neighbour_fails(app: Restlette, course: Course) -> None:
    """With parts and without them."""
    for query in (
        "{ many { slow failing } }",
        "{ name @include(if: true) many { slow failing } ... @defer { name } }",
    ):
        answer = ask(app, query)
        content = answer.json()
        assert content["data"]["many"] is None
        assert content["errors"][0]["message"] == "It fails."
    assert course.opened == course.closed == 2


def test_parts_are_messages_of_a_websocket(app: Restlette, course: Course) -> None:
    with (
        TestClient(app) as client,
        client.websocket_connect(
            "/graphql", subprotocols=["graphql-transport-ws"]
        ) as socket,
    ):
        socket.send_json({"type": "connection_init"})
        assert socket.receive_json() == {"type": "connection_ack"}
        message = {"id": "1", "type": "subscribe", "payload": {"query": DEFERRED}}
        socket.send_json(message)
        first, second, last = (socket.receive_json() for _ in range(3))
        assert first["type"] == second["type"] == "next"
        assert first["payload"]["data"] == {"book": {"title": "Dune"}}
        assert first["payload"]["hasNext"] is True
        assert second["payload"]["hasNext"] is False
        assert last == {"id": "1", "type": "complete"}
        message["payload"] = {"query": "{ endless @stream(initialCount: 3) }"}
        socket.send_json(message)
        assert socket.receive_json()["payload"]["data"] == {"endless": [0, 1, 2]}
        socket.send_json({"id": "1", "type": "complete"})
        socket.send_json({"type": "ping"})
        assert socket.receive_json() == {"type": "pong"}
    assert (course.opened, course.closed) == (1, 1)


def test_parts_are_events(app: Restlette) -> None:
    answer = ask(app, DEFERRED, "text/event-stream")
    first, second, last, end = answer.text.split("\n\n")
    contents = [
        json.loads(each.removeprefix("event: next\ndata: ")) for each in (first, second)
    ]
    assert [each["hasNext"] for each in contents] == [True, False]
    assert (last, end) == ("event: complete\ndata: ", "")


def test_a_hook_sees_each_part(both: Any, schema: Any) -> None:
    class Graph(both[1].GraphQLEndpoint, schema=schema):  # type: ignore[misc] # any
        async def deliver(self, operation: Any, context: Any) -> AsyncIterator[Any]:
            async for result in super().deliver(operation, context):
                extensions = {"puts off": sorted(operation.increments)}
                content = {**result.content, "extensions": extensions}
                yield result._replace(content=content)

    app = Restlette()
    app.install(both[1].GraphQL(Graph))
    extensions = {"puts off": ["defer"]}
    assert [part["extensions"] for part in parts(ask(app, DEFERRED))] == [
        extensions,
        extensions,
    ]


def test_subscriptions_go_on_as_ever(app: Restlette) -> None:
    answer = ask(app, "subscription { count(to: 2) }", "text/event-stream")
    assert answer.text == (
        'event: next\ndata: {"data":{"count":0}}\n\n'
        'event: next\ndata: {"data":{"count":1}}\n\n'
        "event: complete\ndata: \n\n"
    )
    answer = ask(app, "subscription { nothing }", "text/event-stream")
    assert "Subscription field must return AsyncIterable" in answer.text


def test_files_are_taken(both: Any, schema: Any) -> None:
    query = "mutation ($f: Upload!) { keep(file: $f) }"
    operations = json.dumps({"query": query, "variables": {"f": None}})
    answer = call(
        both[1].GraphQLApp(schema, uploads=True),
        "POST",
        data={"operations": operations, "map": '{"0": ["variables.f"]}'},
        files={"0": ("dune.txt", b"sand")},
        headers={"graphql-require-preflight": "1"},
    )
    assert answer.json() == {"data": {"keep": 4}}
