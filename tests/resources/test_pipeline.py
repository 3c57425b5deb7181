"""How a request goes through a resource, step by step."""

import asyncio
import functools
import json
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, TypedDict

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.app import Restlette
from restlette.background import BackgroundTask
from restlette.http.errors import ClientDisconnect, Conflict, HTTPException
from restlette.http.json import ORJSONCodec
from restlette.http.response import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from restlette.http.validators import Validators
from restlette.resources.endpoint import HTTPEndpoint, operations_of
from restlette.resources.freezing import Instances
from restlette.resources.guards import Guard
from restlette.resources.html import HTML
from restlette.resources.pipeline import Operation, path_parameters_of
from restlette.resources.representation import (
    JSON,
    Accepted,
    Created,
    Reply,
    Representation,
)
from restlette.resources.router import Router
from restlette.testing import TestClient, call, call_async

MiB = 1024**2
CSV = Representation("text/csv; charset=utf-8", lambda content: repr(content).encode())


class Boom(Exception):
    """What nobody handles."""


class Session:
    """What lives as long as a request."""


@attrs.frozen
class NewBook:
    title: str = attrs.field(validator=attrs.validators.min_len(1))
    year: int = 0


@attrs.frozen
class Search:
    word: str
    page: int = 1


def app_with(endpoint, path="/", **options):
    app = Restlette(**options)
    app.add_route(path, endpoint)
    return app


def resource(base=HTTPEndpoint, **attributes):
    """A resource class of these attributes."""
    return type("Books", (base,), attributes)


def failing(app, method="GET", path="/", **options):
    """What a server would have sent."""
    return call(app, method, path, raise_server_exceptions=False, **options)


# The order ----------------------------------------------------------------------------


class Steps(HTTPEndpoint):
    """Notes the steps; each can be made to fail."""

    session: Session
    representations = (JSON, CSV)
    events: Any = None
    fail: Any = None

    def note(self, step):
        type(self).events.append(step)
        if type(self).fail == step:
            raise Boom(step)

    async def prepare(self, request, book_id):
        self.note("prepare")

    async def post(self, request, book_id: int, body: NewBook, query: Search) -> dict:
        self.note("handler")
        return {"book": Encoded(self)}

    async def on_finish(self, request, book_id):
        self.note("on_finish")


class Encoded(dict):
    """Content that notes when it is encoded."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps


def encode(content):
    content["book"].steps.note("encode")
    return b"encoded"


OWN = Representation("application/x-own", encode)


@pytest.fixture
def steps():
    """An application of one resource, and the events."""
    cls = type("Steps", (Steps,), {"events": [], "fail": None})
    cls.representations = (OWN, CSV)
    app = Restlette()

    @asynccontextmanager
    async def session():
        cls.events.append("opened")
        try:
            yield Session()
        except BaseException:
            cls.events.append("rolled back")
            raise
        cls.events.append("closed")
        if cls.fail == "close":
            raise Boom("close")

    app.provide(Session, session, scope="request")
    app.add_route("/{book_id:int}", cls)
    return app, cls


async def exchange(app, events, method="POST", body=b'{"title": "Dune"}', **more):
    """Send a request and note the messages of the answer among the events."""
    headers = {b"content-type": b"application/json", **more.pop("headers", {})}
    scope = {
        "type": "http",
        "method": method,
        "path": "/7",
        "query_string": b"word=a",
        "headers": list(headers.items()),
        **more,
    }
    status = None

    async def receive():
        events.append("body read")
        return {"type": "http.request", "body": body}

    async def send(message):
        nonlocal status
        events.append(message["type"].rpartition(".")[2])
        status = message.get("status", status)

    try:
        await app(scope, receive, send)
    except Exception as exc:
        events.append(f"raised {exc}")
    return status


def test_the_steps_come_in_their_order(steps):
    """The order that the schema, and whoever writes a resource, relies on."""
    app, cls = steps
    assert asyncio.run(exchange(app, cls.events)) == 200
    assert cls.events == [
        "opened",
        "prepare",
        "body read",
        "handler",
        "encode",
        "closed",
        "start",
        "body",
        "on_finish",
    ]


ENDS = {
    "501": ({"method": "NOPE"}, 501, []),
    "405": ({"method": "PUT", "headers": {b"accept": b"image/png"}}, 405, []),
    "406": (
        {"headers": {b"accept": b"image/png", b"content-type": b"x/y"}},
        406,
        ["start", "body", "on_finish"],
    ),
    "415": (
        {"headers": {b"content-type": b"text/plain"}, "body": b"x" * 2 * MiB},
        415,
        ["opened", "prepare", "rolled back", "start", "body", "on_finish"],
    ),
    "413": (
        {"body": b"{" * 2 * MiB},
        413,
        ["opened", "prepare", "body read", "rolled back", "start", "body", "on_finish"],
    ),
    "400": (
        {"body": b"{"},
        400,
        ["opened", "prepare", "body read", "rolled back", "start", "body", "on_finish"],
    ),
    "422": (
        {"body": b"{}"},
        422,
        ["opened", "prepare", "body read", "rolled back", "start", "body", "on_finish"],
    ),
}


@pytest.mark.parametrize("more, status, events", ENDS.values(), ids=ENDS)
def test_a_request_ends_at_the_first_step_that_refuses_it(steps, more, status, events):
    app, cls = steps
    assert asyncio.run(exchange(app, cls.events, **more)) == status
    assert cls.events == (events or ["start", "body"])


FAILURES = {
    "prepare": ["opened", "prepare", "rolled back"],
    "handler": ["opened", "prepare", "body read", "handler", "rolled back"],
    "encode": ["opened", "prepare", "body read", "handler", "encode", "rolled back"],
    "close": ["opened", "prepare", "body read", "handler", "encode", "closed"],
}


@pytest.mark.parametrize("step, events", FAILURES.items())
def test_a_step_that_fails_is_a_500_and_on_finish_runs(steps, step, events):
    app, cls = steps
    cls.fail = step
    assert asyncio.run(exchange(app, cls.events)) == 500
    assert cls.events == [*events, "start", "body", "on_finish", f"raised {step}"]


def test_a_stream_cannot_hold_what_is_closed_before_it(steps):
    """Said at once, and not when the generator finds its session closed."""
    app, cls = steps

    async def prepare(self, request, book_id):
        return StreamingResponse([b"x"])

    cls.prepare = prepare
    assert asyncio.run(exchange(app, cls.events)) == 500
    assert cls.events[:2] == ["opened", "rolled back"]
    assert cls.events[-1] == (
        "raised Steps.post streams its answer, but has dependencies that are closed "
        "before it is sent: session. Open them inside the generator, or provide them "
        "with scope='app'."
    )


def test_a_dependency_that_hides_the_exception_is_named():
    """There is no answer then, and nothing that could say why."""
    app = Restlette()

    @asynccontextmanager
    async def hiding():
        try:
            yield Session()
        except Boom:
            pass

    async def get(self, request):
        raise Boom

    app.provide(Session, hiding, scope="request")
    app.add_route("/", resource(get=get, __annotations__={"session": Session}))
    with pytest.raises(
        TypeError, match=r"a dependency of Books\.get kept the exception"
    ):
        call(app)


def test_what_prepare_returns_is_the_answer(steps):
    app, cls = steps

    async def prepare(self, request, book_id):
        return PlainTextResponse(f"early {book_id}", 203)

    cls.prepare = prepare
    assert asyncio.run(exchange(app, cls.events)) == 203
    assert cls.events == ["opened", "closed", "start", "body", "on_finish"]


def test_hooks_and_handlers_may_be_plain_functions():
    """Each runs in a thread with the context variables of the request."""
    user = ContextVar("user")
    events = []

    class Books(HTTPEndpoint):
        def prepare(self, request, **params):
            events.append(("prepare", user.get()))

        def get(self, request) -> dict:
            return {"user": user.get()}

        def on_finish(self, request):
            events.append(("finish", user.get()))

    app = app_with(Books)

    @app.middleware("http")
    async def login(request, call_next):
        user.set("ada")
        return await call_next(request)

    assert call(app).json() == {"user": "ada"}
    assert events == [("prepare", "ada"), ("finish", "ada")]


def test_on_finish_is_not_called_on_what_was_not_made():
    class Books(HTTPEndpoint):
        def __init__(self):
            raise Boom("no instance")

        async def get(self, request): ...

        async def on_finish(self, request):
            raise AssertionError("nothing to finish")

    assert failing(app_with(Books)).status_code == 500


def test_background_tasks_run_before_on_finish_and_after_the_answer():
    events = []

    class Books(HTTPEndpoint):
        async def post(self, request) -> Accepted[dict]:
            return Accepted({}, background=BackgroundTask(events.append, "task"))

        async def on_finish(self, request):
            events.append("on_finish")

    app = app_with(Books, "/{book_id}")
    assert asyncio.run(exchange(app, events)) == 202
    assert events == ["start", "body", "task", "on_finish"]


# Parameters ---------------------------------------------------------------------------


def test_a_handler_takes_those_of_the_path_that_it_names():
    class Books(HTTPEndpoint):
        extra_methods = {"QUERY": "search"}

        async def search(self, request, shelf, book_id) -> dict:
            return {"both": [book_id, shelf]}

        async def get(self, req, shelf) -> dict:
            return {"shelf": shelf}

        async def put(self, request) -> dict:
            return {}

        async def post(self, request, **params) -> dict:
            return params

        async def patch(self, request, book_id, shelf) -> dict:
            return {"both": [book_id, shelf]}

        def delete(self, request, book_id, shelf="B1") -> dict:
            return {"both": [book_id, shelf]}

    app = app_with(Books, "/{shelf}/{book_id:int}")
    assert call(app, "GET", "/a/7").json() == {"shelf": "a"}
    assert call(app, "PUT", "/a/7").json() == {}
    assert call(app, "POST", "/a/7").json() == {"shelf": "a", "book_id": 7}
    assert call(app, "PATCH", "/a/7").json() == {"both": [7, "a"]}
    assert call(app, "DELETE", "/a/7").json() == {"both": [7, "a"]}
    assert call(app, "QUERY", "/a/7").json() == {"both": [7, "a"]}


def test_a_handler_need_not_take_the_one_that_there_is():
    class Shelf(HTTPEndpoint):
        async def get(self, request, shelf) -> dict:
            return {"shelf": shelf}

        async def put(self, request) -> dict:
            return {}

        async def delete(self, request, *, shelf) -> dict:
            return {"shelf": shelf}

    async def nothing(request) -> dict:
        return {}

    app = app_with(Shelf, "/{shelf}")
    app.add_route("/{shelf}", nothing, methods=["POST"])
    for method, taken in (("GET", True), ("PUT", False), ("POST", False)):
        expected = {"shelf": "a"} if taken else {}
        assert call(app, method, "/a").json() == expected
    assert call(app, "DELETE", "/a").json() == {"shelf": "a"}


def test_the_parameters_of_a_handler_without_a_path():
    async def get(self, request, a, body, *, query, b): ...

    assert path_parameters_of(get) == ("a", "b")
    assert path_parameters_of(print) == ()


def test_a_body_and_a_query_are_bound():
    class Books(HTTPEndpoint):
        async def post(self, request, body: NewBook, query: Search) -> dict:
            return {"title": body.title, "word": query.word, "page": query.page}

    answer = call(app_with(Books), "POST", "/?word=x&page=3", json={"title": "Dune"})
    assert answer.json() == {"title": "Dune", "word": "x", "page": 3}


def test_every_error_is_reported_at_once():
    class Books(HTTPEndpoint):
        async def post(self, request, body: NewBook, query: Search) -> dict: ...

    answer = call(
        app_with(Books), "POST", "/?page=x", json={"title": "", "year": "x", "z": 1}
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    places = {e.get("pointer") or (e["in"], e["name"]) for e in problem["errors"]}
    assert places == {
        "#/title",
        "#/year",
        "#/z",
        ("query", "word"),
        ("query", "page"),
    }


def test_what_has_a_default_may_be_left_out():
    class Books(HTTPEndpoint):
        async def post(
            self, request, body: NewBook | None = None, query: Search | None = None
        ) -> dict:
            return {"body": body is not None, "query": query is not None}

    app = app_with(Books)
    assert call(app, "POST").json() == {"body": False, "query": False}
    answer = call(app, "POST", "/?word=a", json={"title": "x"})
    assert answer.json() == {"body": True, "query": True}
    assert call(app, "POST", "/?word=a&page=x").status_code == 422


def test_a_body_alone_may_be_left_out():
    class Books(HTTPEndpoint):
        async def post(self, request, body: NewBook | None = None) -> dict:
            return {"title": body and body.title}

    assert call(Books, "POST").json() == {"title": None}
    assert call(Books, "POST", json={"title": "Dune"}).json() == {"title": "Dune"}


def test_a_body_alone_may_be_read_otherwise_than_from_json():
    class Books(HTTPEndpoint):
        representations = (
            JSON,
            Representation("text/plain", str.encode, lambda content: content.decode()),
        )

        async def post(self, request, body: str) -> dict:
            return {"got": body}

    plain = {"content-type": "text/plain"}
    answer = call(Books, "POST", content=b"Dune", headers=plain)
    assert answer.json() == {"got": "Dune"}
    assert call(Books, "POST", json="Dune").json() == {"got": "Dune"}


def test_header_fields_that_are_none_say_whose_they_are():
    class Books(HTTPEndpoint):
        async def get(
            self, request, headers: TypedDict("Wrong", {"a b": str})
        ) -> dict: ...

    with pytest.raises(TypeError, match=r"Books.get\(headers\): 'a b' names no header"):
        app_with(Books).freeze()


def test_a_function_is_bound_like_a_method():
    async def search(request, shelf, body: NewBook) -> dict:
        return {"shelf": shelf, "title": body.title}

    app = Restlette()
    app.add_route("/{shelf}", search, methods=["POST"])
    answer = call(app, "POST", "/a", json={"title": "Dune"})
    assert answer.json() == {"shelf": "a", "title": "Dune"}


# JSON through the whole pipeline ------------------------------------------------------


class Echo(HTTPEndpoint):
    """Two ways to read JSON."""

    async def post(self, request) -> Any:
        return {"got": await request.json()}

    async def put(self, request, body: NewBook) -> dict:
        return {"title": body.title}


BROKEN = {
    "json-57 empty": b"",
    "json-57 truncated": b'{"title": ',
    "json-57 bom": b'\xef\xbb\xbf{"title": "x"}',
    "json-57 utf-16": '{"title": "x"}'.encode("utf-16"),
    "json-57 bad-utf-8": b'{"title": "\xff"}',
    "json-57 trailing": b'{"title": "x"} x',
    "json-58 depth": b'{"title": ' + b"[" * 100_000,
    "json-58 digits": b'{"year": ' + b"1" * 5000 + b"}",
    "json-58 exponent": b'{"year": 1e999999}',
    "json-59 nan": b'{"year": NaN}',
    "json-59 infinity": b'{"year": Infinity}',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_json_57_that_is_none_is_400(method, content):
    """json-57, json-58, json-59: problem details that do not echo the content."""
    answer = call(
        app_with(Echo),
        method,
        content=content,
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["title"] == "Bad Request"
    assert len(answer.content) < 500


@pytest.mark.parametrize(
    "media_type", [None, "text/plain", "application/x-www-form-urlencoded", "x"]
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_csrf_48_another_media_type_is_415(method, media_type):
    """csrf-48: from request.json() too; RFC 9110 §15.5.16: with Accept."""
    answer = call(
        app_with(Echo),
        method,
        content=b'{"title": "x"}',
        headers={"content-type": media_type},
    )
    assert answer.status_code == 415
    assert answer.headers["accept"] == "application/json"


@pytest.mark.parametrize("value", [1, "x", None, True, [], [{"title": "x"}]], ids=repr)
def test_json_61_another_shape_is_422(value):
    """json-61: from the model, never an AttributeError."""
    answer = call(
        app_with(Echo),
        "PUT",
        content=json.dumps(value),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] in ("#", "")


def test_json_59_duplicates_and_surrogates():
    """json-59: the last of a name counts; a lone surrogate goes in and out."""
    answer = call(
        app_with(Echo),
        "POST",
        content=b'{"a": 1, "a": "\\ud800"}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 200
    assert answer.content == b'{"got":{"a":"\\ud800"}}'


def test_json_60_a_large_document_within_its_limit():
    """json-60: 413 by default; taken where the route allows it."""
    content = b"[" + b",".join([b"{}"] * 500_000) + b"]"
    options = {"content": content, "headers": {"content-type": "application/json"}}
    assert call(app_with(Echo), "POST", **options).status_code == 413
    app = Restlette(limits={"body": 2 * MiB})
    app.add_route("/", Echo)
    assert len(call(app, "POST", **options).json()["got"]) == 500_000


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_59_nan_on_the_way_out_is_a_500(value):
    """json-59: whole, for nothing was sent before."""
    app = app_with(resource(get=lambda self, request: {"price": value}))
    answer = failing(app)
    assert answer.status_code == 500
    assert answer.json()["title"] == "Internal Server Error"


def test_the_applications_codec_writes_and_reads():
    app = app_with(Echo, json="orjson")
    answer = call(app, "POST", json={"é": [1]})
    assert answer.content == ORJSONCodec().dumps({"got": {"é": [1]}})
    assert call(app, "PUT", json={"title": "x"}).json() == {"title": "x"}


def test_the_applications_codec_reads_without_limits_of_its_own():
    """In the quick path and in the readable one."""

    class Shouting:
        def dumps(self, content):
            return json.dumps(content).encode()

        def loads(self, data):
            return json.loads(data.upper())

    async def prepare(self, request): ...

    for endpoint in (Echo, resource(Echo, prepare=prepare)):
        app = app_with(endpoint, json=Shouting())
        assert call(app, "POST", json="a").json() == {"got": "A"}


# Limits -------------------------------------------------------------------------------


def test_body_54_limits_are_overridden_both_ways():
    """body-54: the application's, the router's, the route's."""
    app = Restlette(limits={"body": 100})
    router = Router(limits={"body": 10})
    app.add_route("/app", Echo)
    router.add_route("/router", Echo)
    router.add_route("/more", Echo, limits={"body": 1000})
    app.mount("/in", router)
    plain = Restlette()
    plain.add_route("/", Echo)
    plain.add_route("/less", Echo, limits={"body": 5})
    for where, path, limit in (
        (app, "/app", 100),
        (app, "/in/router", 10),
        (app, "/in/more", 1000),
        (plain, "/", MiB),
        (plain, "/less", 5),
    ):
        for size, status in (limit, 200), (limit + 1, 413):
            content = b'"' + b"x" * (size - 2) + b'"'
            headers = {"content-type": "application/json"}
            answer = call(where, "POST", path, content=content, headers=headers)
            assert (path, answer.status_code) == (path, status)
    assert answer.json()["title"] == "Content Too Large"


def test_body_53_the_content_is_counted():
    """body-53: whatever Content-Length says."""
    app = app_with(Echo, limits={"body": 10})
    for length in None, "1", "-1":
        headers = {"content-type": "application/json", "content-length": length}
        answer = call(app, "POST", content=[b"12345678"] * 3, headers=headers)
        assert answer.status_code == 413


def test_body_55_a_client_that_goes_is_not_answered():
    """body-55: no answer, no error."""
    sent = []

    async def main():
        async def receive():
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "PUT", "path": "/"}
        headers = [(b"content-type", b"application/json")]
        await app_with(Echo)({**scope, "headers": headers}, receive, send)

    asyncio.run(main())
    assert sent == []


def test_query_121_too_many_parameters_are_400():
    """query-121: where the handler binds a query, and where it reads it."""

    class Books(HTTPEndpoint):
        async def get(self, request, query: Search) -> dict: ...

        async def post(self, request) -> dict:
            return dict(request.query_params)

    app = app_with(Books)
    for method in "GET", "POST":
        answer = call(app, method, "/?" + "a=1&" * 100_000)
        assert answer.status_code == 400
        assert answer.json()["detail"] == "The query has more than 1000 parameters."


# Results ------------------------------------------------------------------------------

VARY = [(b"vary", b"Accept")]


def result_of(value, annotation=None, offers=(JSON,), method="GET", **options):
    async def get(self, request):
        return value() if callable(value) else value

    if annotation is not None:
        get.__annotations__["return"] = annotation
    app = app_with(resource(get=get, representations=offers))
    return call(app, method, **options)


def test_content_is_encoded_as_json():
    for value in {"a": 1}, [1], "text", 5, True, {"é": None}:
        answer = result_of(value)
        assert answer.status_code == 200
        assert answer.json() == value
        assert dict(answer.headers) == {
            "content-length": str(len(answer.content)),
            "content-type": "application/json",
        }


def test_a_model_writes_what_is_annotated():
    answer = result_of(NewBook("Dune", 1965), NewBook)
    assert answer.json() == {"title": "Dune", "year": 1965}
    answer = result_of([NewBook("Dune")], list[NewBook], method="GET")
    assert answer.json() == [{"title": "Dune", "year": 0}]
    assert result_of(NewBook("Dune")).json() == {"title": "Dune", "year": 0}


def test_none_is_204_where_the_annotation_says_so():
    answer = result_of(None, type(None))
    assert (answer.status_code, dict(answer.headers)) == (204, {})
    assert result_of(None, dict | None).status_code == 204


ACCEPTED = {
    "none": (None, "application/json"),
    "anything": ("*/*", "application/json"),
    "json": ("application/json", "application/json"),
    "csv": ("text/csv", "text/csv; charset=utf-8"),
    "preferred": ("application/json;q=0.1, text/*", "text/csv; charset=utf-8"),
    "junk": (";;;", "application/json"),
}


@pytest.mark.parametrize("accept, media_type", ACCEPTED.values(), ids=ACCEPTED)
@pytest.mark.parametrize("annotation", [dict, None])
def test_accept_selects_the_representation(accept, media_type, annotation):
    answer = result_of({"a": 1}, annotation, (JSON, CSV), headers={"accept": accept})
    assert answer.headers["content-type"] == media_type
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "*/*;q=0"])
@pytest.mark.parametrize("annotation", [dict, None])
def test_what_is_not_accepted_is_406(accept, annotation):
    answer = result_of({"a": 1}, annotation, headers={"accept": accept})
    assert answer.status_code == 406


def test_406_comes_before_the_handler_where_the_content_is_declared():
    called = []

    class Books(HTTPEndpoint):
        async def get(self, request) -> dict:
            called.append(True)

    answer = call(app_with(Books), headers={"accept": "image/png"})
    assert answer.status_code == 406
    assert called == []


def test_a_response_is_sent_as_it_is():
    answer = result_of(
        lambda: PlainTextResponse("x", 418), dict, headers={"accept": "*/*"}
    )
    assert (answer.status_code, answer.text) == (418, "x")
    answer = result_of(lambda: StreamingResponse([b"a", b"b"]))
    assert answer.content == b"ab"


def test_a_reply_says_more():
    def reply():
        return Reply(
            {"a": 1},
            status_code=203,
            headers={"X-A": "1", "content-type": "application/x+json"},
            cookies={"a": "1", "b": {"value": "2", "httponly": True}},
        )

    answer = result_of(reply)
    assert answer.status_code == 203
    assert answer.json() == {"a": 1}
    assert answer.headers["x-a"] == "1"
    assert answer.headers["content-type"] == "application/x+json"
    assert answer.headers.getlist("set-cookie") == [
        "a=1; Path=/; SameSite=lax",
        "b=2; HttpOnly; Path=/; SameSite=lax",
    ]


def test_a_reply_without_content_has_none():
    answer = result_of(lambda: Reply(status_code=404), Reply)
    assert (answer.status_code, answer.content) == (404, b"")
    assert dict(answer.headers) == {"content-length": "0"}
    answer = result_of(lambda: Accepted(location="/queue/1"))
    assert answer.status_code == 202
    assert answer.headers["location"] == "/queue/1"


def test_links_are_rendered_below_the_root_path():
    class Item(HTTPEndpoint):
        async def get(self, request, book_id): ...

    class Books(HTTPEndpoint):
        async def post(self, request) -> Created[dict]:
            return Created({}, location=Item.ref(book_id="a b/c"))

    app = Restlette()
    app.add_route("/books", Books)
    app.add_route("/books/{book_id}", Item)
    answer = call(app, "POST", "/books")
    assert answer.headers["location"] == "/books/a%20b%2Fc"
    answer = call(app, "POST", "/books", root_path="/my shop")
    assert answer.headers["location"] == "/my%20shop/books/a%20b%2Fc"


REFUSED = {
    "125-none": (lambda: None, None, "Books.get returned None. Return content or a"),
    "125-none-typed": (
        lambda: None,
        dict,
        "for an answer without content (204)",
    ),
    "125-object": (object, None, "Books.get returned what has no form:"),
    "125-other-model": (lambda: 5, NewBook, "Books.get returned what has no form:"),
    "125-nested": (
        lambda: {"a": object()},
        dict,
        "Books.get returned what has no",
    ),
    "125-created": (
        lambda: Created(object()),
        None,
        "Books.get returned what has no form:",
    ),
    "29-204": (lambda: Reply({}, status_code=204), None, "content with the status 204"),
    "29-304": (lambda: Reply({}, status_code=304), None, "content with the status 304"),
    "headers-out-29 length": (
        lambda: Reply({}, headers={"Content-Length": "9"}),
        None,
        "Books.get returned a reply with a content-length",
    ),
}


@pytest.mark.parametrize("value, annotation, message", REFUSED.values(), ids=REFUSED)
def test_openness_125_a_result_that_is_none_is_an_error_that_teaches(
    value, annotation, message
):
    """openness-125 and headers-out-29: the class and the method are named."""
    with pytest.raises(TypeError) as raised:
        result_of(value, annotation)
    assert message in str(raised.value)


def test_openness_125_a_coroutine_that_nobody_awaited():
    """openness-125: with no complaint of Python's beside ours; futures too."""

    async def work(): ...

    def future():
        return asyncio.get_running_loop().create_future()

    class Bare:
        def __await__(self):
            yield

    for make in work, future, Bare:
        with pytest.raises(TypeError) as raised:
            result_of(make)
        assert str(raised.value) == (
            "Books.get returned something to await: write `return await ...`."
        )


def test_a_location_that_would_break_the_header_is_refused():
    reply = Created({}, location="/a")
    reply.location = "/a\r\nset-cookie: b=c"
    with pytest.raises(ValueError, match="location"):
        result_of(lambda: reply)


def test_dispatch_5_head_has_the_fields_of_get_without_its_content():
    """dispatch-5: on the quick path and on the other."""
    for value in {"a": 1}, [1]:
        get, head = result_of(value), result_of(value, method="HEAD")
        assert dict(head.headers) == dict(get.headers)
        assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "reply, fields",
    [
        (Created({"a": 1}), {}),
        (Created({"a": 1}, location="/a"), {"location": "/a"}),
        (Created({"a": 1}, headers={"x-a": "1"}), {"x-a": "1"}),
        (
            Created({"a": 1}, cookies={"a": "1"}),
            {"set-cookie": "a=1; Path=/; SameSite=lax"},
        ),
        (Created({"a": 1}, background=BackgroundTask(int)), {}),
    ],
)
def test_what_was_made_is_201_with_all_that_it_says(reply, fields):
    answer = result_of(reply)
    assert (answer.status_code, answer.content) == (201, b'{"a":1}')
    of_content = {"content-type": "application/json", "content-length": "7"}
    assert dict(answer.headers) == of_content | fields


@pytest.mark.parametrize("reply", [Created(), Created(location="/a")])
def test_what_was_made_may_have_no_content(reply):
    answer = result_of(reply)
    assert (answer.status_code, answer.content) == (201, b"")


def test_what_was_made_may_have_a_status_of_its_own():
    class Kept(Created):
        STATUS = 200

    assert result_of(Kept({"a": 1})).status_code == 200


def test_what_was_made_has_its_background_task():
    done = []
    task = BackgroundTask(done.append, "told")
    assert result_of(Created({"a": 1}, background=task)).status_code == 201
    assert done == ["told"]


# The quick path and the readable one --------------------------------------------------

ACCEPTS = [
    None,
    b"*/*",
    b"application/json",
    b"text/csv",
    b"text/html",
    b"application/json;q=0.1, text/csv",
    b"image/png, */*;q=0",
    b"text/html,*/*;q=0.8",
    b";;;",
    b"",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
# One, for its address is in messages.
THING = object()
KINDS = {
    "content": lambda value: value,
    "dict": lambda value: {"value": value},
    "reply": lambda value: Reply(value, status_code=203, headers={"x-a": "1"}),
    "created": lambda value: Created(value, location="/x"),
    "created alone": lambda value: Created(value),
    "created object": lambda value: Created(THING),
    "accepted": lambda value: Accepted(location=Plain.ref()),
    "response": lambda value: PlainTextResponse(repr(value), 201),
    "empty": lambda value: Response(status_code=204),
    "json": lambda value: JSONResponse([1]),
    "redirect": lambda value: RedirectResponse("/x"),
    "stream": lambda value: StreamingResponse(["a", b"b"]),
    "object": lambda value: THING,
    "nested": lambda value: {"value": THING},
    "subclass": lambda value: Dictionary(value=value),
    "book": lambda value: NewBook("Dune"),
}
RAISED = [
    HTTPException(404, "No book."),
    Conflict(headers={"x-a": "1"}),
    HTTPException(400, extensions={"at": object()}),
    Boom("late"),
    KeyError("k"),
    ClientDisconnect(),
]
ANNOTATIONS = [None, dict, Any, type(None), dict | None, list, Reply, NewBook, Response]


class Dictionary(dict):
    """Not quite a dict."""


class Plain(HTTPEndpoint):
    """What the links of the property lead to."""

    async def get(self, request): ...


def operation_of(result, annotation, offers, as_function, takes, limits):
    """One operation, as it is made when a tree is frozen."""

    async def answer(request, params):
        if isinstance(result, Exception):
            raise result
        return {**result(), **params} if params else result()

    async def all_of_them(self, request, **params):
        return await answer(request, params)

    async def one(self, request, a):
        return await answer(request, {})

    async def no_more(self, request):
        return await answer(request, {})

    async def as_a_function(request, **params):
        return await answer(request, {})

    app = Restlette(limits=limits)
    app.add_route("/plain", Plain)
    settings = app._root().settings
    methods = {"all": all_of_them, "one": one, "none": no_more}
    function = as_a_function if as_function else methods[takes]
    if annotation is not None:
        function.__annotations__["return"] = annotation
    if as_function:
        return Operation(function, None, ("a", "b"), offers, (None, None), settings)
    cls = resource(get=function, representations=offers)
    instances = Instances(cls, None)
    return operations_of(cls, ("a", "b"), settings, instances)["GET"]


def outcome(respond, method, accept):
    """Everything that can be seen of an answer."""
    sent = []
    headers = [] if accept is None else [(b"accept", accept)]
    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "headers": headers,
        "asgi": {"spec_version": "2.4"},
        "path_params": {"a": 1, "b": 2},
    }

    async def send(message):
        sent.append(message)

    async def main():
        try:
            await respond(scope, None, send, accept)
        except Exception as exc:
            return type(exc), str(exc)
        return None

    raised = asyncio.run(main())
    for message in sent:
        if "headers" in message:
            # RFC 9110 §5.3: the order of fields with different names says nothing.
            message["headers"] = sorted(message["headers"])
    return sent, raised


@given(
    kind=st.sampled_from(sorted(KINDS)),
    value=VALUES,
    annotation=st.sampled_from(ANNOTATIONS),
    offers=st.sampled_from([(JSON,), (JSON, CSV), (CSV,), (CSV, JSON)]),
    accept=st.sampled_from(ACCEPTS) | st.binary(max_size=20),
    method=st.sampled_from(["GET", "HEAD"]),
    as_function=st.booleans(),
    takes=st.sampled_from(["one", "none"]),
    limits=st.sampled_from([None, {"body": 5}]),
)
def test_the_quick_path_answers_what_the_readable_one_does(
    kind, value, annotation, offers, accept, method, as_function, takes, limits
):
    """Same status, fields, content and exception, for whatever is returned."""
    operation = operation_of(
        lambda: KINDS[kind](value), annotation, offers, as_function, takes, limits
    )
    assert operation.is_plain
    assert operation.entry("GET") == operation.respond_plainly
    quick = outcome(operation.respond_plainly, method, accept)
    readable = outcome(operation.respond, method, accept)
    assert quick == readable


@pytest.mark.parametrize("exc", RAISED, ids=repr)
@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("annotation", [None, dict])
def test_the_quick_path_fails_as_the_readable_one_does(exc, accept, annotation):
    operation = operation_of(exc, annotation, (JSON,), False, "none", None)
    for method in "GET", "HEAD":
        quick = outcome(operation.respond_plainly, method, accept)
        assert quick == outcome(operation.respond, method, accept)


@pytest.mark.parametrize("takes", ["one", "none"])
@pytest.mark.parametrize("as_function", [True, False])
@pytest.mark.parametrize("limits", [None, {"body": 5}])
@pytest.mark.parametrize("accept", [b"*/*", b"application/json", b"image/png"])
@pytest.mark.parametrize("annotation", [None, dict])
def test_the_quick_path_has_the_branches_of_the_readable_one(
    takes, as_function, limits, accept, annotation
):
    """The same as above for every way through it, whatever hypothesis tries."""
    operation = operation_of(
        lambda: {"a": 1}, annotation, (JSON,), as_function, takes, limits
    )
    quick = outcome(operation.respond_plainly, "GET", accept)
    assert quick == outcome(operation.respond, "GET", accept)
    assert quick[0][0]["status"] == (406 if accept == b"image/png" else 200)


def test_the_quick_path_passes_all_parameters():
    operation = operation_of(dict, None, (JSON,), False, "all", None)
    quick = outcome(operation.respond_plainly, "GET", None)
    assert quick == outcome(operation.respond, "GET", None)
    assert quick[0][1]["body"] == b'{"a":1,"b":2}'


class Bound(HTTPEndpoint):
    """What the quick path binds: body, query, path and the request's dependencies."""

    session: Session

    async def post(self, request, book_id: int, body: NewBook, query: Search) -> dict:
        return {"id": book_id, "title": body.title, "page": query.page}


@pytest.mark.parametrize("base", [Bound, None], ids=["scoped", "plain"])
@pytest.mark.parametrize(
    "path, content",
    [
        ("/7?word=a", {"title": "Dune"}),
        ("/7?word=a&page=x", {"title": ""}),
        ("/7", {}),
    ],
)
def test_the_quick_path_binds_as_the_readable_one_does(
    base, path, content, monkeypatch
):
    """With and without a dependency of the request."""
    cls = base or resource(post=Bound.post)

    def answer():
        app = Restlette()
        app.provide(Session, Session, scope="request")
        app.add_route("/{book_id:int}", cls)
        with TestClient(app) as client:
            answer = client.post(path, json=content)
        return answer.status_code, dict(answer.headers), answer.content

    quick = answer()
    monkeypatch.setattr(Operation, "entry", lambda self, method: self.respond)
    assert quick == answer()
    assert quick[0] == (
        200 if content == {"title": "Dune"} and "x" not in path else 422
    )


def test_what_is_not_plain_takes_the_readable_path():
    class Books(HTTPEndpoint):
        def get(self, request) -> dict:
            return {}

        async def put(self, request) -> dict:
            return {}

    class Prepared(Books):
        async def prepare(self, request): ...

    for cls, methods in (Books, {"PUT"}), (Prepared, set()):
        app = Restlette()
        settings = app._root().settings
        operations = operations_of(cls, (), settings, Instances(cls, None))
        assert {m for m, o in operations.items() if o.is_plain} == methods
        for operation in operations.values():
            is_quick = operation.entry("GET") == operation.respond_plainly
            assert is_quick is operation.is_plain


# Forms --------------------------------------------------------------------------------

UPLOAD = (
    b"--b\r\n"
    b'Content-Disposition: form-data; name="a"; filename="f"\r\n\r\n'
    + b"-" * 2 * MiB
    + b"\r\n--b--\r\n"
)
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}


def uploading(base, end, seen):
    """A resource that reads a form, leaves it open, and comes to some end."""

    class Uploads(base):
        async def post(self, request):
            form = await request.form()
            seen.append(form["a"])
            assert not form["a"].file.closed
            return await end(form["a"])

    return Uploads


class Prepared(HTTPEndpoint):
    async def prepare(self, request): ...

    async def on_finish(self, request):
        if getattr(type(self), "fail", False):
            raise Boom


class Unfinished(Prepared):
    fail = True


async def returns(upload):
    return Response("fine")


async def fails(upload):
    raise Boom


async def refuses(upload):
    raise Conflict


async def streams(upload):
    async def pieces():
        yield await upload.read(4)

    return StreamingResponse(pieces())


async def works_on(upload):
    async def work():
        assert await upload.read(4) == b"----"

    return Response("fine", background=BackgroundTask(work))


@pytest.mark.parametrize("end", [returns, fails, refuses, streams, works_on])
@pytest.mark.parametrize("base", [HTTPEndpoint, Prepared, Unfinished])
@pytest.mark.parametrize("as_function", [True, False])
def test_multipart_71_a_form_that_nobody_closed_is_closed(base, end, as_function):
    """multipart-71: when the answer is sent and the background tasks are done."""
    seen = []
    app = Restlette()
    resource = uploading(base, end, seen)
    if as_function:

        @app.route("/", methods=["GET", "POST"])
        async def upload(request):
            return await resource().post(request)

    else:
        app.add_route("/", resource)
    raised = end is fails or (base is Unfinished and not as_function)
    with pytest.raises(Boom) if raised else nullcontext():
        answer = call(app, "POST", content=UPLOAD, headers=MULTIPART)
        assert answer.content[:4] in (b"fine", b"----", b'{"ty')
    assert seen[0].file.closed


def test_multipart_71_a_cancelled_handler_leaves_no_file():
    """multipart-71: as when a server gives up on a client that is gone."""
    seen = []

    async def waits(upload):
        await asyncio.get_running_loop().create_future()

    async def main(base):
        app = app_with(uploading(base, waits, seen))
        request = call_async(app, "POST", content=UPLOAD, headers=MULTIPART)
        task = asyncio.ensure_future(request)
        async with asyncio.timeout(10):
            while not seen:
                await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert seen.pop().file.closed

    for base in HTTPEndpoint, Prepared:
        asyncio.run(main(base))


def test_what_reads_no_form_takes_no_step_more():
    """Only where content is there that is not bound as a body."""

    class Uploads(HTTPEndpoint):
        async def get(self, request): ...
        async def post(self, request): ...
        async def put(self, request, body: dict): ...

    settings = Restlette()._root().settings
    operations = operations_of(Uploads, (), settings, Instances(Uploads, None))
    for method, is_quick in ("GET", True), ("POST", False), ("PUT", True):
        operation = operations[method]
        entry = operation.entry(method)
        assert (entry == operation.respond_plainly) is is_quick
        assert (entry == operation.respond_and_close) is not is_quick


def test_body_55_an_answer_before_the_content_is_read_is_sent():
    """body-55: partial read, then response; what is left is not asked for."""
    sent = []

    def content():
        for number in range(10):
            sent.append(number)
            yield b"piece"

    app = Restlette()

    @app.route("/", methods=["POST"])
    async def first_piece(request) -> dict:
        async for piece in request.stream():
            return {"piece": piece.decode()}

    answer = call(app, "POST", content=content())
    assert answer.json() == {"piece": "piece"}
    assert sent == [0]


@pytest.mark.parametrize(
    "figures, status_code",
    [
        ({"multipart": 3 * MiB}, 204),
        ({}, 413),
        ({"multipart": 3 * MiB, "body": 1}, 204),
    ],
)
@pytest.mark.parametrize("place", ["app", "router", "route"])
def test_body_54_the_limits_of_forms_are_set_at_each_place(figures, status_code, place):
    """body-54: the innermost place says, and `body` says nothing of them."""
    limits = {"app": {"multipart": MiB}, "router": None, "route": None}
    limits[place] = {"multipart": MiB} | figures
    app, router = Restlette(limits=limits["app"]), Router(limits=limits["router"])

    @router.route("/", methods=["POST"], limits=limits["route"])
    async def upload(request) -> None:
        await request.form()

    app.mount("/uploads", router)
    answer = call(app, "POST", "/uploads/", content=UPLOAD, headers=MULTIPART)
    assert answer.status_code == status_code


def test_what_stands_around_a_handler_is_given_parameters_by_name() -> None:
    """By position, which is quicker, only what the handler itself would take."""

    def logged(handler):
        @functools.wraps(handler)
        async def around(self, request, **parameters):
            return {"around": await handler(self, request, **parameters)}

        return around

    class Item(HTTPEndpoint):
        async def get(self, request, key: int) -> dict:
            return {"key": key}

        @logged
        async def put(self, request, key: int) -> dict:
            return {"key": key}

        async def delete(self, request, *, key: int) -> dict:
            return {"key": key}

    app = Restlette()
    app.add_route("/items/{key:int}", Item)
    assert call(app, "GET", "/items/3").json() == {"key": 3}
    assert call(app, "PUT", "/items/3").json() == {"around": {"key": 3}}
    assert call(app, "DELETE", "/items/3").json() == {"key": 3}


# What a resource states ---------------------------------------------------------------


def test_a_guard_is_asked():
    class Nobody(Guard):
        async def check(self, connection, resource):
            return False

    async def get(self, request) -> dict: ...

    assert call(resource(get=get, guards=[Nobody()])).status_code == 403


def test_a_state_is_stated():
    async def validators(self, request):
        return Validators(etag="a")

    async def get(self, request) -> dict:
        return {"a": 1}

    cls = resource(get=get, validators=validators)
    answer = call(cls)
    assert (answer.json(), answer.headers["etag"]) == ({"a": 1}, '"a"')
    seen = call(cls, headers={"if-none-match": '"a"'})
    assert (seen.status_code, seen.content) == (304, b"")


def test_a_plain_answer_has_its_background_task():
    """In the quick path, too."""
    done = []

    async def get(self, request):
        return Response(b"x", background=BackgroundTask(done.append, "task"))

    assert call(resource(get=get)).content == b"x"
    assert done == ["task"]


async def takes_form(self, request, form: dict[str, str]) -> dict: ...


async def takes_body(self, request, body: dict[str, str]) -> dict: ...


async def takes_list(self, request, body: list[str]) -> dict: ...


async def takes_nothing(self, request) -> dict: ...


@pytest.mark.parametrize(
    ("handler", "invalid", "expected"),
    [
        (takes_form, str, True),
        (takes_body, str, True),
        (takes_list, str, False),
        (takes_nothing, str, False),
        (takes_form, None, False),
        (takes_body, None, False),
    ],
)
def test_forms_are_given_back_where_there_is_a_page_for_it(handler, invalid, expected):
    cls = resource(post=handler, representations=(HTML(str, invalid=invalid), JSON))
    settings = Restlette()._root().settings
    operation = operations_of(cls, (), settings, Instances(cls, None))["POST"]
    assert operation.gives_forms_back is expected
    assert operation.offers == ("text/html; charset=utf-8", "application/json")
