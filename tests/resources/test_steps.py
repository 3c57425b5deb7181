"""The steps that are told of a request are those that it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Annotated, Any, TypeVar

import attrs

from restlette import (
    Created,
    Guard,
    HTTPEndpoint,
    Middleware,
    Preconditions,
    Request,
    Response,
    Restlette,
    Router,
    Validators,
    WebSocket,
    WebSocketEndpoint,
)
from restlette.resources.representation import JSON, Representation
from restlette.resources.steps import place_of, shown

T = TypeVar("T")


@attrs.frozen
class Book:
    title: str


@attrs.frozen
class Page:
    limit: int = 20


class Members(Guard):
    challenges = "Basic realm=shop"
    responses = {401: "Log in.", 403: "No."}

    async def check(self, connection: Any, resource: Any) -> bool:
        raise AssertionError  # nothing is called


class Around:
    def __init__(self, app: Any, secret: str = "") -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError  # nothing is called


class Store:
    pass


class Session:
    pass


def open_session() -> Iterator[Session]:
    raise AssertionError  # nothing is called


TEXT = Representation("text/plain; charset=utf-8", lambda content: b"")


class Item(HTTPEndpoint):
    representations = (JSON, TEXT)
    require_preconditions = True
    guards = (Members(),)

    store: Store
    session: Session

    async def prepare(self, request: Request) -> None: ...

    async def on_finish(self, request: Request) -> None: ...

    async def validators(self, request: Request, item_id: int) -> Validators | None: ...

    async def get(self, request: Request, item_id: int) -> Book | None: ...

    async def put(self, request: Request, item_id: int, body: Book) -> Book: ...

    extra_methods = {"QUERY": "search"}

    async def search(self, request: Request) -> None: ...

    async def patch(
        self, request: Request, preconditions: Preconditions, body: Any = None
    ) -> None: ...

    def post(self, request: Request) -> Any: ...


class Form(HTTPEndpoint):
    async def get(
        self, request: Request, query: Page, headers: dict[str, str]
    ) -> AsyncIterator[Book]:
        yield Book("")

    async def post(self, request: Request, form: Page) -> Created[Book]: ...

    def put(self, request: Request, query: Page = Page()) -> Response: ...

    async def delete(self, request: Request, cookies: dict[str, str]): ...


class Feed(WebSocketEndpoint):
    encoding = "text"


async def talk(websocket: WebSocket) -> None: ...


async def ping(request: Request) -> dict[str, str]: ...


async def foreign(scope: Any, receive: Any, send: Any) -> None: ...


async def timing(request: Request, call_next: Any) -> Any: ...


def make() -> Restlette:
    inner = Restlette(middleware=[Middleware(Around)])
    inner.add_route("/{n:int}", ping)
    shop = Router(middleware=[Middleware(Around, secret="hush")])
    shop.add_route("/items/{item_id:int}", Item, middleware=[Middleware(Around)])
    shop.add_route("/form", Form(), limits={"decompressed": 9000})
    shop.add_route("/feed", Feed, guards=[Members()])
    app = Restlette()
    app.middleware("http")(timing)
    app.provide(Store, Store)
    app.provide(Session, open_session, scope="request")
    app.add_route("/ping", ping)
    app.add_websocket_route("/talk", talk)
    app.add_route("/raw", foreign_object)
    app.mount("/inner", inner)
    app.mount("/foreign", foreign)
    app.mount("/lost", Router(default=foreign))
    app.mount("/shop", shop)
    return app


class _Foreign:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


foreign_object = _Foreign()
APP = make()


def steps(method: str, path: str, *, skip: int = 0) -> list[str]:
    found = APP.explain(method, path)
    lines = []
    for step in found.steps[skip:]:
        refuses = "".join(f" {status}" for status in step.refuses)
        place = "" if step.place is None else " @" * (step.place.file == __file__)
        lines.append(f"{step.name}{refuses}: {step.does}{place}")
    return lines


START = [
    "middleware: timing @",
    "request 400 431: one Host field, a path of UTF-8, at most 200 fields",
]


def test_every_step_of_a_resource_that_states_all() -> None:
    assert steps("GET", "/shop/items/3") == [
        *START,
        "route: /shop/items/{item_id:int}: item_id = 3 @",
        "method: GET",
        "middleware: Around",
        "middleware: Around",
        "negotiation 406: Accept takes application/json or text/plain; charset=utf-8",
        "resource: a new Item, with store: Store",
        "dependency: session: Session is opened, for this request",
        "guard 401 403: Members",
        "prepare: may answer instead @",
        "validators 304 404 412: is the client's copy current? @",
        "handler: Item.get(request, item_id) @",
        "encoding: Book as application/json or text/plain; charset=utf-8, or nothing",
        "dependency 500: session is closed",
        "sending: 200 or 204",
        "background: the tasks of the answer, if it has some",
        "on_finish: whatever the end was @",
    ]


def test_what_changes_names_its_state() -> None:
    given = steps("PUT", "/shop/items/3", skip=11)
    assert given[:3] == [
        (
            "validators 412 428: is it the state that the client means? It has to name "
            "one. @"
        ),
        "body 400 413 415 422: Book, of application/json; at most 1,048,576 bytes",
        "handler: Item.put(request, item_id, body) @",
    ]
    given = steps("PATCH", "/shop/items/3", skip=10)
    assert given[:5] == [
        (
            "validators 404 412 428: is it the state that the client means? It has to "
            "name one. @"
        ),
        (
            "body 400 413 415 422: anything, or None, of application/json; at most "
            "1,048,576 bytes"
        ),
        "preconditions 412: for the handler to check",
        "handler: Item.patch(request, body, preconditions) @",
        "encoding: nothing",
    ]
    assert "sending: 204" in given
    given = steps("QUERY", "/shop/items/3", skip=10)
    assert given[0] == "validators 404 412: is it the state that the client means? @"
    given = steps("POST", "/shop/items/3", skip=10)
    assert given[:3] == [
        "validators 404 412: is it the state that the client means? @",
        "handler: Item.post(request), in a thread @",
        (
            "encoding 406: what the handler returns, as application/json or "
            "text/plain; charset=utf-8 unless it is a Response"
        ),
    ]


def test_parts_of_the_request_with_their_limits() -> None:
    assert steps("GET", "/shop/form", skip=5) == [
        "negotiation 406: Accept takes application/x-ndjson or text/event-stream",
        "resource: a copy of the Form",
        "query 400 422: Page; at most 1,000 parameters",
        "headers 422: dict[str, str]",
        "handler: Form.get(request, query, headers) @",
        "encoding: items as application/x-ndjson or text/event-stream, one by one",
        "sending: 200",
        "background: the tasks of the answer, if it has some",
    ]
    assert steps("HEAD", "/shop/form")[3] == "method: HEAD, as GET"
    assert "sending: 200, without its content" in steps("HEAD", "/shop/form")
    given = steps("POST", "/shop/form", skip=7)
    assert given[0] == (
        "form 400 413 415 422: Page; at most 16,777,216 bytes, 1,000 fields, 100 files"
    )
    assert given[-1] == "form: its files are closed"
    assert "sending: 201" in given
    given = steps("PUT", "/shop/form", skip=6)
    assert (
        given[0] == "query 400 422: Page, or Page(limit=20); at most 1,000 parameters"
    )
    assert "sending: 200" in given
    assert steps("DELETE", "/shop/form", skip=6)[::2] == [
        "cookies 422: dict[str, str]",
        (
            "encoding: what the handler returns, as application/json unless it is a "
            "Response"
        ),
        "background: the tasks of the answer, if it has some",
    ]


def test_what_is_no_resource() -> None:
    assert steps("GET", "/ping", skip=2) == [
        "route: /ping @",
        "method: GET",
        "negotiation 406: Accept takes application/json",
        "handler: ping(request) @",
        "encoding: dict[str, str] as application/json",
        "sending: 200",
        "background: the tasks of the answer, if it has some",
    ]
    assert steps("GET", "/raw", skip=2) == [
        "route: /raw @",
        "method: GET",
        "application: _Foreign",
    ]
    assert steps("GET", "/foreign/x", skip=2) == [
        "route: /foreign @",
        "method: GET",
        "application: foreign",
    ]
    assert steps("GET", "/inner/7", skip=3) == [
        "method: GET",
        "application: Restlette",
        "middleware: Around",
        "request 400 431: one Host field, a path of UTF-8, at most 200 fields",
        "route: /{n:int}: n = 7 @",
        "method: GET",
        "negotiation 406: Accept takes application/json",
        "handler: ping(request) @",
        "encoding: dict[str, str] as application/json",
        "sending: 200",
        "background: the tasks of the answer, if it has some",
    ]


def test_websockets() -> None:
    origin = "origin 403: pages of this host, or those that are allowed"
    assert steps("WEBSOCKET", "/talk", skip=2) == [
        "route: /talk @",
        origin,
        "conversation: talk @",
    ]
    assert steps("WEBSOCKET", "/shop/feed", skip=2) == [
        "route: /shop/feed @",
        "middleware: Around",
        origin,
        "guard 401 403: Members",
        "conversation: Feed",
    ]


def test_a_request_that_is_refused_goes_no_further() -> None:
    missing = "The path fits no route. Near: /ping, but the path has 'pink'."
    assert steps("GET", "/pink") == [*START, f"route 404: {missing}"]
    assert steps("GET", "/ping/", skip=2) == [
        "route 307: The path leads somewhere with a slash more or less at its end."
    ]
    assert steps("GET", "/lost/x", skip=3) == ["application: foreign"]
    assert steps("PUT", "/ping", skip=3) == [
        "method 405: ping has no PUT; it has GET, HEAD, OPTIONS."
    ]
    assert steps("OPTIONS", "/ping", skip=3) == [
        "method: OPTIONS",
        "options 204: ping has no function for OPTIONS, so it says what it has.",
    ]
    found = APP.explain("GET", "/a\x00", host="localhost")
    assert [step.refuses for step in found.steps] == [(), (400,)]


def test_coded_content_has_a_limit_of_its_own() -> None:
    app = Restlette(limits={"decompressed": 9000})

    @app.route("/", methods=["POST"])
    async def post(request: Request, body: list[Book]) -> None: ...

    (step,) = [s for s in app.explain("POST", "/").steps if s.name == "body"]
    assert step.does == (
        "list[Book], of application/json; at most 1,048,576 bytes, 9,000 when gzip or "
        "deflate is undone"
    )


def test_annotations_are_shown_as_they_are_written() -> None:
    class Local:
        pass

    assert shown(int) == "int"
    assert shown(Local) == "Local"
    assert shown(list[Local]) == "list[Local]"
    assert shown(Book | None) == "Book | None"
    assert shown(Annotated[Book, "x"]) == "Annotated[Book, 'x']"
    assert shown(Any) == "anything"
    assert shown(T) == "~T"


def test_what_is_not_pythons_is_nowhere() -> None:
    assert place_of(len) is None
    assert place_of(partial(ping)) is None
