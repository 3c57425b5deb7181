"""Execution: the results are graphql-core's, and nothing runs on when it is over."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import namedtuple
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any

import graphene
import graphql
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import HTTPException, InternalServerError, Restlette, Router
from restlette.contrib.graphql import Context, Engine, GraphQL, GraphQLApp
from restlette.contrib.graphql.execution import Execution
from restlette.testing import call, call_async
from tests.contrib.graphql.shelf import (
    JSON,
    RESPONSE,
    ShelfContext,
    Store,
    ask,
    authors,
    core,
    schema,
    shelf,
)


def test_a_plain_resolver_of_a_root_field_runs_in_a_thread() -> None:
    name = ask("{ thread }").json()["data"]["thread"]
    assert name.startswith("restlette")
    assert name != threading.current_thread().name


def counting(log: list[str]) -> graphene.Schema:
    """Two plain resolvers, which note when they begin and end."""

    class Query(graphene.ObjectType):
        step = graphene.Int()

        def resolve_step(self, info: Any) -> int:
            log.append("begin")
            threading.Event().wait(0.01)
            log.append("end")
            return len(log)

    return graphene.Schema(query=Query)


def test_plain_resolvers_of_one_operation_take_turns() -> None:
    """What they share is not made for several threads."""
    log: list[str] = []
    ask("{ a: step b: step c: step }", GraphQLApp(counting(log)))
    assert log == ["begin", "end"] * 3


def test_a_plain_resolver_may_give_something_to_await() -> None:
    own = graphql.build_schema("type Query { name: String }")
    assert own.query_type is not None

    async def later() -> str:
        return "Paul"

    own.query_type.fields["name"].resolve = lambda source, info: later()
    assert ask("{ name }", GraphQLApp(own)).json() == {"data": {"name": "Paul"}}


def test_loaders_ask_once_for_all() -> None:
    store = Store()
    answer = ask("{ books { title author } }", shelf(store))
    assert answer.json() == {
        "data": {
            "books": [
                {"title": "Dune", "author": "Frank Herbert"},
                {"title": "Emma", "author": "Jane Austen"},
                {"title": "Persuasion", "author": "Jane Austen"},
            ]
        }
    }
    assert store.asked == [[1, 2]]
    ask("{ books { author } }", shelf(store))
    assert len(store.asked) == 2


def test_threads_are_those_of_the_application(monkeypatch: Any) -> None:
    """Of as many as it has, and with the context variables of the request."""
    variable: ContextVar[str] = ContextVar("variable", default="unset")
    own = graphql.build_schema("type Query { name: String }")
    assert own.query_type is not None
    running = 0
    most = 0

    def resolve(source: Any, info: Any) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        threading.Event().wait(0.01)
        running -= 1
        return variable.get()

    def context(connection: Any) -> str:
        return threading.current_thread().name

    own.query_type.fields["name"].resolve = resolve
    app = Restlette(threads=2)
    app.install(GraphQL(own, context=context, persisted={"1": "{ name }"}))
    app.mount("/mounted", GraphQLApp(own, persisted=lambda name: "{ name }"))
    monkeypatch.setattr("restlette.concurrency.DEFAULT_POOL.run", None)

    async def talk() -> list[Any]:
        variable.set("set")
        asked = [
            call_async(app, "POST", path, json={"documentId": "1"})
            for path in ("/graphql", "/mounted")
            for _ in range(4)
        ]
        return [answer.json() for answer in await asyncio.gather(*asked)]

    assert asyncio.run(talk()) == [{"data": {"name": "set"}}] * 8
    assert most == 2


def test_a_loader_is_not_for_threads() -> None:
    context = ShelfContext(object(), store=Store())  # type: ignore[arg-type] # any
    with pytest.raises(RuntimeError, match=r"loader of authors was asked for in a thr"):
        context.loader(authors)


def test_a_context_is_renewed_with_nothing_remembered() -> None:
    async def renew() -> None:
        context = ShelfContext(object(), store=Store())  # type: ignore[arg-type] # any
        context.background.add_task(print)
        loader = context.loader(authors)
        assert context.loader(authors) is loader
        renewed = context.renewed()
        assert type(renewed) is ShelfContext
        assert renewed.store is context.store
        assert renewed.request is context.request
        assert renewed.loader(authors) is not loader
        assert renewed.background.tasks == []

    asyncio.run(renew())


def test_graphql_103_what_is_unexpected_is_masked_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The client has the number of the line in the log, and nothing else."""
    answer = ask("{ broken greeting }", accept=RESPONSE)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"broken": None, "greeting": "Hello, you."}
    (error,) = answer.json()["errors"]
    number = error["extensions"]["id"]
    assert error["message"] == f"Something went wrong here; it is logged as {number}."
    assert error["path"] == ["broken"]
    assert "swordfish" not in answer.text
    (record,) = (each for each in caplog.records if each.name == "restlette.graphql")
    assert record.levelno == logging.ERROR
    expected = f"broken: RuntimeError: the password is swordfish (id {number})"
    assert record.getMessage() == expected
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], RuntimeError)


def test_debug_shows_texts_to_this_machine_alone() -> None:
    app = shelf(debug=True)
    for client, is_shown in ((("127.0.0.1", 1), True), (("192.0.2.1", 1), False)):
        content = {"query": "{ broken }"}
        answer = call(app, "POST", "/graphql", json=content, client=client)
        assert ("swordfish" in answer.text) is is_shown
        assert "id" in answer.json()["errors"][0]["extensions"]


def test_an_error_that_is_meant_for_the_client_is_shown() -> None:
    (error,) = ask("{ missing }").json()["errors"]
    assert error["message"] == "There is no such book."
    assert error["extensions"] == {"status": 404, "isbn": "1"}


def raising(exc: Exception, **options: Any) -> Any:
    """The one error of a resolver that raises."""
    own = graphql.build_schema("type Query { name: String }")
    assert own.query_type is not None

    def resolve(source: Any, info: Any) -> str:
        raise exc

    own.query_type.fields["name"].resolve = resolve
    (error,) = ask("{ name }", GraphQLApp(own, **options)).json()["errors"]
    return error


def test_a_graphql_error_is_shown_as_it_is() -> None:
    error = raising(graphql.GraphQLError("Too late.", extensions={"code": "LATE"}))
    assert error["message"] == "Too late."
    assert error["extensions"] == {"code": "LATE"}
    assert error["path"] == ["name"]


@pytest.mark.parametrize("exc", [InternalServerError("swordfish"), ValueError("x")])
def test_others_are_masked(exc: Exception) -> None:
    assert raising(exc)["message"].startswith("Something went wrong here")


def test_a_4xx_of_any_kind_is_shown() -> None:
    assert raising(HTTPException(418))["message"] == "I'm a Teapot"


class Sold(Exception):
    """A book that is gone."""


class SoldTwice(Sold):
    """A book that somebody else has bought."""


def selling(exc: Exception, **problem: Any) -> Any:
    """The one error of a resolver that raises, in an application that maps it."""
    own = graphql.build_schema(
        "type Query { name: String } type Subscription { name: String }"
    )
    assert own.query_type is not None
    assert own.subscription_type is not None

    async def resolve(source: Any, info: Any) -> str:
        raise exc

    own.query_type.fields["name"].resolve = resolve
    own.subscription_type.fields["name"].subscribe = resolve
    app = Restlette()
    app.problem(Sold, **problem)
    inner = Router()
    inner.problem(SoldTwice, status_code=410, detail="Somebody else was faster.")
    inner.add_route("/graph", GraphQL(own).endpoint)
    app.mount("/inner", inner)
    app.mount("/alone", GraphQLApp(own))
    app.install(GraphQL(own))
    app.install(GraphQL(own, path="/elsewhere"))
    return app


def problem_of(app: Any, path: str = "/graphql") -> Any:
    (error,) = ask("{ name }", app, path=path).json()["errors"]
    assert error["path"] == ["name"]
    return error


def test_an_exception_that_the_application_maps_is_a_problem() -> None:
    """Also one of a class below it, wherever the schema is served."""
    problem: dict[str, Any] = {
        "status_code": 409,
        "type": "https://shop.example/sold",
        "title": "It is sold",
        "detail": str,
        "extensions": lambda exc: {"by": len(exc.args)},
    }
    extensions = {"status": 409, "type": "https://shop.example/sold", "by": 1}
    for exc in (Sold("Dune is gone."), SoldTwice("Dune is gone.")):
        app = selling(exc, **problem)
        for path in ("/graphql", "/elsewhere", "/alone"):
            error = problem_of(app, path)
            assert error["message"] == "Dune is gone."
            assert error["extensions"] == extensions
    events = ask("subscription { name }", app, accept="text/event-stream").text
    assert '"message":"Dune is gone."' in events


def test_the_innermost_router_says_which_problem_it_is() -> None:
    error = problem_of(selling(SoldTwice(), status_code=503), "/inner/graph")
    assert error["message"] == "Somebody else was faster."
    assert error["extensions"] == {"status": 410}


def test_a_problem_of_any_status_is_shown_as_it_is_documented() -> None:
    """Without a detail its title is, and not the text of the exception."""
    error = problem_of(selling(Sold("swordfish"), status_code=503))
    assert error["message"] == "Service Unavailable"
    assert error["extensions"] == {"status": 503}


def test_a_problem_that_fails_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    def fail(exc: Sold) -> str:
        raise LookupError("nobody knows")

    error = problem_of(selling(Sold(), status_code=409, detail=fail))
    assert error["message"].startswith("Something went wrong here")
    assert "name: LookupError: nobody knows (id " in caplog.text


def test_who_maps_nothing_is_told_nothing() -> None:
    """A GraphQLApp alone has no application that could."""
    error = raising(Sold("swordfish"))
    assert error["message"].startswith("Something went wrong here")
    assert problem_of(selling(ValueError("swordfish"), status_code=409))[
        "message"
    ].startswith("Something went wrong here")


@pytest.mark.parametrize(
    "root",
    [{"name": None}, {"name": "x", "names": ["a", None]}, {"name": object()}],
    ids=["null", "null in a list", "no string"],
)
def test_a_value_that_is_none_of_its_type_is_masked(root: dict[str, Any]) -> None:
    """The client did not send it, and need not learn what it was."""
    query = "{ names }" if "names" in root else "{ name }"
    (error,) = ask(query, GraphQLApp(core, root_value=root)).json()["errors"]
    assert error["message"].startswith("Something went wrong here")


def test_what_takes_too_long_is_cancelled() -> None:
    """503, which in JSON is 200 as everything is."""
    app = shelf(timeout=0.05)
    message = "The operation took longer than 0.05 seconds."
    for accept, status in ((RESPONSE, 503), (JSON, 200)):
        answer = ask("{ slow }", app, accept=accept)
        assert answer.status_code == status
        assert answer.json() == {"errors": [{"message": message}]}


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_is_above_nought(timeout: float) -> None:
    with pytest.raises(ValueError, match="a number of seconds above 0, or None"):
        Engine(schema, timeout=timeout)
    assert Engine(schema, timeout=None).timeout is None


@pytest.mark.parametrize("given", [None, "type Query { a: Int }", graphene.ObjectType])
def test_a_schema_is_one(given: Any) -> None:
    with pytest.raises(
        TypeError, match=r"is no schema: write GraphQLApp\(graphene\.Sch"
    ):
        Engine(given)
    with pytest.raises(TypeError, match="Query root type must be provided"):
        Engine(graphql.GraphQLSchema())


def test_a_context_is_a_class_or_a_function() -> None:
    with pytest.raises(TypeError, match="a subclass of Context, or a function of the"):
        Engine(schema, context={})  # type: ignore[arg-type] # the mistake


# What one field has begun -------------------------------------------------------------


class Course:
    """Fields that wait, fail at once or fail later; it notes which were cancelled."""

    def __init__(self) -> None:
        self.cancelled: list[str] = []

    async def waits(self, name: str) -> str:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        return name

    async def fails(self) -> str:
        await asyncio.sleep(0)
        raise graphql.GraphQLError("It failed.")


def course_schema(course: Course) -> graphql.GraphQLSchema:
    sdl = """
    type Query { inner: Inner  list: [String!]  mixed: [Inner]
      late: [Inner!]  each: [Inner] }
    type Inner { one: String!  two: String!  three: String!  now: String! }
    """
    made = graphql.build_schema(sdl)
    inner: Any = made.type_map["Inner"]
    query: Any = made.query_type

    def now(source: Any, info: Any) -> str:
        raise graphql.GraphQLError("It failed at once.")

    async def obj(source: Any, info: Any) -> dict[str, Any]:
        return {}

    async def items(source: Any, info: Any) -> list[Any]:
        return [course.waits("a"), course.fails(), course.waits("c")]

    async def objects(source: Any, info: Any) -> list[Any]:
        return [{}, {}]

    async def null_after_awaitable(source: Any, info: Any) -> list[Any]:
        return [course.waits("a"), asyncio.get_running_loop().create_future(), None]

    async def each(source: Any, info: Any) -> list[Any]:
        return [obj(source, info), obj(source, info)]

    query.fields["each"].resolve = each
    inner.fields["one"].resolve = lambda source, info: course.waits("one")
    inner.fields["two"].resolve = lambda source, info: course.fails()
    inner.fields["three"].resolve = lambda source, info: course.waits("three")
    inner.fields["now"].resolve = now
    query.fields["inner"].resolve = obj
    query.fields["list"].resolve = items
    query.fields["mixed"].resolve = objects
    query.fields["late"].resolve = null_after_awaitable
    return made


@pytest.mark.parametrize(
    "query, data, cancelled",
    [
        ("{ inner { one two three } }", {"inner": None}, {"one", "three"}),
        ("{ inner { one now } }", {"inner": None}, {"one"}),
        ("{ list }", {"list": None}, {"a", "c"}),
        ("{ mixed { two } }", {"mixed": [None, None]}, set()),
        ("{ mixed { one two } }", {"mixed": [None, None]}, {"one"}),
        ("{ each { one two } }", {"each": [None, None]}, {"one"}),
        ("{ late { one } }", {"late": None}, {"a"}),
    ],
)
def test_what_a_failure_makes_useless_is_cancelled(
    query: str, data: Any, cancelled: set[str]
) -> None:
    """The neighbours of a field that failed, and items of a list."""
    course = Course()
    app = GraphQLApp(course_schema(course))

    async def run() -> tuple[Any, set[str]]:
        answer = await call_async(app, "POST", json={"query": query})
        # Not later: the loop cancels what is left when it ends.
        return answer.json()["data"], set(course.cancelled)

    assert asyncio.run(run()) == (data, cancelled)


# The same as graphql-core -------------------------------------------------------------

Point = namedtuple("Point", ["a", "b", "c", "self", "items", "shade", "odd", "even"])

POINTS = graphql.build_schema(
    """
    type Query { self: Thing  items: [Thing]  a: Int  shade: Shade }
    interface Any { a: Int }
    type Thing implements Any {
      a: Int  b: String!  c: Boolean  self: Thing  items: [Thing!]  shade: Shade
      grown(by: Int = 1): Int
      odd: Odd  even: Odd!
    }
    scalar Odd
    enum Shade { DARK LIGHT }
    """
)


def write_odd(value: Any) -> Any:
    """What a scalar of an application's own may do."""
    if value == "x":
        raise ValueError("no x")
    return {1: None, 2**40: graphql.Undefined}.get(value, value)


odd: Any = POINTS.type_map["Odd"]
odd.serialize = write_odd


class Row(Mapping[str, Any]):
    """A mapping that is no dict, and has attributes of its own."""

    a = b = "an attribute"

    def __init__(self, items: dict[str, Any]) -> None:
        self.row = items

    def __getitem__(self, key: str) -> Any:
        return self.row[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.row)

    def __len__(self) -> int:
        return len(self.row)


leaves = st.sampled_from([None, 1, 2**40, "x", True, 1.5, ValueError("x")])
things = st.recursive(
    st.none() | leaves,
    lambda inner: (
        st.builds(
            lambda kind, **fields: kind(fields),
            kind=st.sampled_from([dict, Row, lambda fields: Point(**fields)]),
            odd=leaves,
            even=leaves,
            a=leaves,
            b=leaves,
            c=leaves,
            self=inner,
            items=st.none() | st.lists(inner, max_size=3) | st.tuples(inner),
            shade=st.sampled_from(["DARK", "LIGHT", "BLUE", None]),
        )
        | st.fixed_dictionaries({"a": st.just(lambda info: 1), "b": st.just("x")})
    ),
    max_leaves=12,
)
QUERY = """
{ self { ...T self { ...T } } items { ...T } a shade x: __typename }
fragment T on Thing {
  a b again: b c odd even shade grown(by: 2) __typename items { a b ... on Any { a } }
}
"""


@given(things)
def test_results_are_those_of_graphql_core(root: Any) -> None:
    """Values, errors and their places, whatever the objects are like."""
    document = graphql.parse(QUERY)
    assert graphql.validate(POINTS, document) == []
    mine = graphql.execute(POINTS, document, root, execution_context_class=Execution)
    theirs = graphql.execute(POINTS, document, root)
    assert not asyncio.iscoroutine(mine)
    assert mine == theirs


def test_graphenes_attributes_are_read_as_graphene_reads_them() -> None:
    class Thing(graphene.ObjectType):
        name = graphene.String(default_value="nobody")
        other = graphene.String(name="another")

    class Query(graphene.ObjectType):
        things = graphene.List(Thing)

        async def resolve_things(self, info: Any) -> list[Any]:
            return [{}, {"name": "Paul"}, Thing(name="Jane", other="x"), object()]

    answer = ask(
        "{ things { name another } }", GraphQLApp(graphene.Schema(query=Query))
    )
    assert answer.json() == {
        "data": {
            "things": [
                {"name": "nobody", "another": None},
                {"name": "Paul", "another": None},
                {"name": "Jane", "another": "x"},
                {"name": "nobody", "another": None},
            ]
        }
    }


def test_what_graphene_calls_itself_runs_where_it_is() -> None:
    """A resolver that is graphene's own may call one that is asynchronous."""

    class Thing(graphene.ObjectType):
        class Meta:
            interfaces = (graphene.relay.Node,)

        name = graphene.String()

    class Things(graphene.relay.Connection):
        class Meta:
            node = Thing

    class Query(graphene.ObjectType):
        things = graphene.relay.ConnectionField(Things)

        async def resolve_things(self, info: Any, **args: Any) -> list[Thing]:
            return [Thing(id="1", name=threading.current_thread().name)]

    answer = ask(
        "{ things(first: 1) { edges { node { name } } } }",
        GraphQLApp(graphene.Schema(query=Query)),
    )
    (edge,) = answer.json()["data"]["things"]["edges"]
    assert edge["node"]["name"] == threading.current_thread().name


def test_a_partial_is_a_resolver_like_any_other() -> None:
    own = graphql.build_schema("type Query { name: String }")
    assert own.query_type is not None

    def resolve(first: str, second: str, source: Any, info: Any) -> str:
        return first + second

    own.query_type.fields["name"].resolve = partial(resolve, "a", "b")
    assert ask("{ name }", GraphQLApp(own)).json() == {"data": {"name": "ab"}}


def test_a_field_that_is_unknown_is_left_out() -> None:
    """Nobody gets here with one; graphql-core does the same."""
    document = graphql.parse("{ nonsense name }")
    root = {"name": "x"}
    result = graphql.execute(core, document, root, execution_context_class=Execution)
    assert result == graphql.ExecutionResult({"name": "x"})


def test_the_wanted_context_of_a_function_is_none() -> None:
    assert Engine(schema).wanted is Context
    assert Engine(schema, context=lambda request: None).wanted is None
