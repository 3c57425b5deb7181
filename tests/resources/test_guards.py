"""Who may use a resource: guards, alone, composed, and on the way to it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import (
    Anyone,
    Forbidden,
    Guard,
    HTTPEndpoint,
    HTTPException,
    JSONResponse,
    Middleware,
    NotFound,
    PlainTextResponse,
    Restlette,
    Route,
    Router,
    ServiceUnavailable,
    Unauthorized,
    WebSocketEndpoint,
    WebSocketRoute,
)
from restlette.resources.guards import admit, guards_for, read_guards
from restlette.testing import AsyncTestClient, build_request, call
from restlette.testing.websocket import WebSocketDenialResponse, WebSocketDisconnect

YES, NO = Anyone, ~Anyone


class LoggedIn(Guard):
    """Asks who somebody is."""

    challenges = 'Bearer realm="shop"'
    responses = {401: "Log in first.", 403: "Your account is closed."}

    async def check(self, connection: Any, resource: Any) -> bool:
        return "authorization" in connection.headers


class Says(Guard):
    """Raises, or returns, what it is told to."""

    def __init__(self, what: Any) -> None:
        self.what = what

    async def check(self, connection: Any, resource: Any) -> bool:
        if isinstance(self.what, Exception):
            raise self.what
        return self.what  # type: ignore[no-any-return]  # some of it is wrong


class Owner(Guard):
    """Looks at the resource and at the path."""

    async def check(self, connection: Any, resource: Any) -> bool:
        owners: dict[int, str] = resource.owners
        return owners[connection.path_params["id"]] == connection.headers["x-user"]


UNKNOWN, CLOSED, HIDDEN = (
    Says(Unauthorized(challenges="Basic")),
    Says(Forbidden("No.")),
    Says(NotFound()),
)


def outcome(guard: Guard, **options: Any) -> int | None:
    """The status that a guard refuses with, or None."""
    try:
        asyncio.run(admit([guard], build_request(**options), None))
    except HTTPException as exc:
        return exc.status_code
    return None


@pytest.mark.parametrize(
    ("guard", "status"),
    [
        (YES, None),
        (NO, 403),
        (Says(True), None),
        (Says(False), 403),
        (UNKNOWN, 401),
        (HIDDEN, 404),
        (YES & YES, None),
        (YES & NO, 403),
        (HIDDEN & UNKNOWN, 404),
        (UNKNOWN & HIDDEN, 401),
        (NO | YES, None),
        (YES | NO, None),
        (HIDDEN | CLOSED, 404),
        (CLOSED | HIDDEN, 403),
        # Who may yet be let in is asked who he is.
        (HIDDEN | UNKNOWN, 401),
        (UNKNOWN | HIDDEN, 401),
        (~YES, 403),
        (~NO, None),
        (~UNKNOWN, None),
        (~(YES & NO) | NO, None),
        (Says(HTTPException(403)), 403),
    ],
    ids=repr,
)
def test_guards_compose(guard, status) -> None:
    assert outcome(guard) == status


@given(
    st.recursive(
        st.booleans(),
        lambda inner: st.one_of(
            st.tuples(st.just("&"), inner, inner),
            st.tuples(st.just("|"), inner, inner),
            st.tuples(st.just("~"), inner),
        ),
        max_leaves=8,
    )
)
def test_they_compose_as_truth_values_do(formula) -> None:
    def read(part: Any) -> tuple[Guard, bool]:
        if isinstance(part, bool):
            return Says(part), part
        guards, values = zip(*map(read, part[1:]), strict=True)
        if part[0] == "~":
            return ~guards[0], not values[0]
        if part[0] == "&":
            return guards[0] & guards[1], values[0] and values[1]
        return guards[0] | guards[1], values[0] or values[1]

    guard, lets_in = read(formula)
    assert outcome(guard) == (None if lets_in else 403)


def test_what_is_no_refusal_is_said_of_the_reverse_too() -> None:
    """`~guard` answers 400 where the guard does, and never 401 or 404."""

    class Reads(LoggedIn):
        responses = {400: "Malformed.", 401: "Log in.", 404: "Nothing here."}

    assert (~Reads()).responses == {400: "Malformed.", 403: "You may not do this."}
    assert (~~Reads()).responses == (~Reads()).responses
    assert (~LoggedIn()).responses == {403: "You may not do this."}


def test_a_refusal_by_both_has_the_challenges_of_both() -> None:
    """RFC 9110 §11.6.1: one field, several challenges; all else is the last one's."""
    others = {"Retry-After": "5", "X-A": "1"}
    key = Says(
        Unauthorized(
            "A key.", challenges='Key realm="x"', type="urn:key", headers=others
        )
    )
    bare = Says(HTTPException(401))
    for guard, expected in (
        (UNKNOWN | key, 'Basic, Key realm="x"'),
        (key | UNKNOWN, 'Key realm="x", Basic'),
        (UNKNOWN | UNKNOWN, "Basic"),
        (UNKNOWN | bare, "Basic"),
        (bare | bare, None),
        (Says(HTTPException(401, headers={"Age": "5", "X": "y"})) | UNKNOWN, "Basic"),
        (UNKNOWN | key | UNKNOWN, 'Basic, Key realm="x", Basic'),
    ):
        with pytest.raises(HTTPException) as caught:
            asyncio.run(admit([guard], build_request(), None))
        assert caught.value.status_code == 401
        assert caught.value.headers.get("WWW-Authenticate") == expected
    with pytest.raises(Unauthorized) as caught:
        asyncio.run(admit([UNKNOWN | key], build_request(), None))
    assert (caught.value.detail, caught.value.type) == ("A key.", "urn:key")
    assert caught.value.headers.items() > others.items()
    assert key.what.headers["WWW-Authenticate"] == 'Key realm="x"'


def test_a_refusal_by_both_that_asks_nobody_is_the_first_ones() -> None:
    with pytest.raises(Forbidden, match=r"No\."):
        asyncio.run(
            admit([CLOSED | Says(Forbidden("Nor here."))], build_request(), None)
        )


def test_a_guard_decides() -> None:
    """One that does not say how is none."""
    with pytest.raises(TypeError, match="check"):
        type("Mute", (Guard,), {})()


KEY = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
BEARER = {"bearer": {"type": "http", "scheme": "bearer"}}
BASIC = {"basic": {"type": "http", "scheme": "basic"}}
DIGEST = {"digest": {"type": "http", "scheme": "digest"}}


class Keyed(LoggedIn):
    """Says itself what is to be brought."""

    challenges = "Basic"
    security = KEY


class TwoWays(LoggedIn):
    challenges = ('Basic realm="shop"', "Digest")


@pytest.mark.parametrize(
    ("guard", "alternatives"),
    [
        (Anyone, ({},)),
        (LoggedIn(), (BEARER,)),
        (Keyed(), (KEY,)),
        (TwoWays(), (BASIC | DIGEST,)),
        (LoggedIn() & Owner(), (BEARER,)),
        (LoggedIn() | Keyed(), (BEARER, KEY)),
        (
            (LoggedIn() | Keyed()) & TwoWays(),
            (BEARER | BASIC | DIGEST, KEY | BASIC | DIGEST),
        ),
        (~LoggedIn(), ({},)),
    ],
    ids=repr,
)
def test_a_guard_says_by_what_one_is_let_in(guard, alternatives) -> None:
    """Any of the alternatives; each is all that is to be brought together."""
    assert guard.alternatives() == alternatives


@pytest.mark.parametrize("wrap", [lambda g: g, lambda g: ~g, lambda g: g | YES])
@pytest.mark.parametrize("exc", [ServiceUnavailable(), KeyError("x")])
def test_what_is_no_decision_is_none_when_negated_either(wrap, exc) -> None:
    """SECURITY: a guard that fails lets nobody in."""
    with pytest.raises(type(exc)):
        asyncio.run(admit([wrap(Says(exc))], build_request(), None))


@pytest.mark.parametrize("wrong", [None, 1, "yes", 0])
@pytest.mark.parametrize("wrap", [lambda g: g, lambda g: ~g])
def test_openness_125_a_guard_says_true_or_false(wrap, wrong) -> None:
    """SECURITY: a forgotten return lets nobody in."""
    with pytest.raises(TypeError) as caught:
        asyncio.run(admit([wrap(Says(wrong))], build_request(), None))
    assert str(caught.value) == (
        f"Says.check returned {type(wrong).__name__}: it returns True to let in and "
        "False to refuse."
    )


class User:
    def __init__(self, is_authenticated: bool) -> None:
        self.is_authenticated = is_authenticated


@pytest.mark.parametrize(
    ("user", "status"),
    [(None, 401), (User(False), 401), (User(True), 403), ("ada", 403)],
)
def test_who_is_not_known_is_asked_and_who_is_known_is_refused(user, status) -> None:
    """RFC 9110 §15.5.2, §15.5.4."""
    request = build_request()
    if user is not None:
        request.scope["user"] = user
    with pytest.raises(HTTPException) as caught:
        asyncio.run(admit([LoggedIn()], request, None))
    assert caught.value.status_code == status
    assert caught.value.detail == LoggedIn.responses[status]
    assert ("WWW-Authenticate" in caught.value.headers) == (status == 401)


def test_guards_are_shown_without_what_they_hold() -> None:
    """SECURITY: it may be a secret."""
    guard = (Says("s3cret") & ~LoggedIn()) | Anyone
    assert repr(guard) == "((Says & ~LoggedIn) | Anyone)"
    assert guard.responses == {403: "You may not do this."}


def test_the_answers_of_two_guards_are_those_of_both() -> None:
    assert (LoggedIn() & Owner()).responses == LoggedIn.responses
    assert (Owner() | LoggedIn()).responses == {**LoggedIn.responses, **Owner.responses}


# Tables -------------------------------------------------------------------------------


def deciding(guards: Any, method: str) -> Guard:
    [guard] = guards_for([read_guards(guards, "Books", ("SHOUT",))], method)
    return guard


def test_the_first_guard_for_the_method_decides() -> None:
    table = [YES.to("get"), CLOSED.to("PUT", "shout"), HIDDEN]
    assert deciding(table, "GET") is YES
    assert deciding(table, "HEAD") is YES
    assert deciding(table, "PUT") is CLOSED
    assert deciding(table, "SHOUT") is CLOSED
    assert deciding(table, "POST") is HIDDEN
    # SECURITY: what may be read by anybody may not be listened to by anybody.
    assert deciding(table, "WEBSOCKET") is HIDDEN
    assert deciding([YES.to("websocket"), NO], "WEBSOCKET") is YES


class Blocking(Guard):
    def check(self, connection: Any, resource: Any) -> Any: ...


class Wordless(Guard):
    challenges = "Basic"

    async def check(self, connection: Any, resource: Any) -> bool:
        return False


MISTAKES = {
    "no list": (YES, "guards are a list: write guards = [Anyone]."),
    "a rule alone": (YES.to("get"), "guards are a list: write guards = [Rule("),
    "a class": ([LoggedIn], "LoggedIn is a class: write LoggedIn()."),
    "no guard": ([object], "<class 'object'> is no guard: derive a class from"),
    "a function": ([print], "<built-in function print> is no guard"),
    "not async": ([Blocking()], "Blocking.check is not `async def`."),
    "no words": ([Wordless()], "Wordless has challenges, so its responses say"),
    "never asked": (
        [LoggedIn(), Owner()],
        (
            "Owner is never asked, because LoggedIn decides about all methods. Where "
            "both have to let in, write LoggedIn & Owner; where one of them is enough, "
            "LoggedIn | Owner; else put it first."
        ),
    ),
    "never asked for a method": (
        [LoggedIn(), Owner().to("put")],
        "Owner is never asked",
    ),
    "twice": (
        [Owner().to("put", "get"), YES.to("get"), NO],
        "a guard decides about GET already, before Anyone: name each method once.",
    ),
    "a method without a guard": (
        [LoggedIn().to("put")],
        (
            "no guard decides about other methods than PUT. End the list with one that "
            "is for all of them, such as Anyone."
        ),
    ),
    "a typing mistake": (
        [LoggedIn().to("dlete"), Anyone],
        "LoggedIn is for 'DLETE', which is no method here (did you mean 'DELETE'?).",
    ),
}


@pytest.mark.parametrize(("guards", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_startup_124_a_table_that_might_leave_something_open(guards, sentence) -> None:
    """start-up-config-124, and SECURITY: said before there is a request."""
    with pytest.raises(TypeError) as caught:
        read_guards(guards, "Books")
    assert str(caught.value).startswith(f"Books: {sentence}")


@pytest.mark.parametrize("methods", [(), ("head",), ("get", "HEAD")])
def test_methods_are_named_and_head_is_get(methods) -> None:
    with pytest.raises(TypeError):
        YES.to(*methods)


@pytest.mark.parametrize("mix", [lambda: YES & YES.to("get"), lambda: YES | "x"])
def test_what_is_for_some_methods_is_not_composed(mix) -> None:
    with pytest.raises(TypeError):
        mix()


def test_tables_are_read_where_they_are_written() -> None:
    for define in (
        lambda: type("Books", (HTTPEndpoint,), {"guards": [LoggedIn]}),
        lambda: type("Feed", (WebSocketEndpoint,), {"guards": [LoggedIn]}),
        lambda: Router(guards=[LoggedIn]),  # type: ignore[list-item]
        lambda: Restlette(guards=[LoggedIn]),  # type: ignore[list-item]
        lambda: Route("/", plain, guards=[LoggedIn]),  # type: ignore[list-item]
        lambda: WebSocketRoute("/", talk, guards=[LoggedIn]),  # type: ignore[list-item]
    ):
        with pytest.raises(TypeError, match="LoggedIn is a class"):
            define()


# On the way to a resource -------------------------------------------------------------

KEY = {"authorization": "Bearer x"}


async def plain(request: Any) -> str:
    return "done"


async def foreign(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
        return
    await PlainTextResponse("foreign")(scope, receive, send)


async def talk(websocket: Any) -> None:
    await websocket.accept()
    await websocket.close()


class Book(HTTPEndpoint):
    owners: dict[int, str]
    guards = [Anyone.to("get"), Owner()]

    async def get(self, request: Any) -> str:
        return "a book"

    async def put(self, request: Any, id: int, body: dict[str, Any]) -> str:
        return "put"


def shop(**options: Any) -> Restlette:
    app = Restlette(**options)
    app.provide_value(dict[int, str], {1: "ada"})
    app.add_route("/books/{id:int}", Book)
    return app


def test_an_object_is_guarded_by_what_the_resource_knows_of_it() -> None:
    app = shop()
    assert call(app, "GET", "/books/1").status_code == 200
    assert call(app, "HEAD", "/books/1").status_code == 200
    put = {"json": {}, "headers": {"x-user": "ada"}}
    assert call(app, "PUT", "/books/1", **put).status_code == 200
    put["headers"] = {"x-user": "bob"}
    refused = call(app, "PUT", "/books/1", **put)
    assert refused.status_code == 403
    assert refused.json()["detail"] == "You may not do this."


def test_a_resource_on_its_own_is_guarded_too() -> None:
    class Secret(HTTPEndpoint):
        guards = [LoggedIn()]

        async def get(self, request: Any) -> str:
            return "secret"

    assert call(Secret).status_code == 401
    assert call(Secret, headers=KEY).json() == "secret"
    # An instance may have guards of its own.
    instance = Secret()
    instance.guards = [Anyone]  # type: ignore[misc]
    assert call(instance).json() == "secret"
    assert call(app_of(instance)).json() == "secret"


def app_of(endpoint: Any, **options: Any) -> Restlette:
    app = Restlette()
    app.add_route("/", endpoint, **options)
    return app


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_dispatch_6_options_and_405_come_before_guards(method) -> None:
    """What there is, is known to everybody; what it holds is not."""
    answer = call(app_of(plain, guards=[NO]), method)
    assert answer.status_code == (204 if method == "OPTIONS" else 405)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_a_function_is_guarded_by_its_method() -> None:
    app = app_of(plain, methods=["GET", "POST"], guards=[YES.to("get"), LoggedIn()])
    assert call(app, "GET").status_code == 200
    assert call(app, "HEAD").status_code == 200
    assert call(app, "POST").status_code == 401
    assert call(app, "POST", headers=KEY).status_code == 200


def test_every_table_on_the_way_has_to_let_in() -> None:
    """Router, route and class, the outermost first."""
    seen: list[str] = []

    class Notes(Guard):
        def __init__(self, name: str) -> None:
            self.name = name

        async def check(self, connection: Any, resource: Any) -> bool:
            seen.append(self.name)
            return self.name not in connection.headers.get("x-fail", "")

    class Item(HTTPEndpoint):
        guards = [Notes("class")]

        async def prepare(self, request: Any) -> None:
            seen.append("prepare")

        async def get(self, request: Any) -> str:
            return "item"

    inner = Router(guards=[Notes("inner")])
    inner.add_route("/item", Item, guards=[Notes("route")])
    app = Restlette(guards=[Notes("app")])
    app.mount("/inner", inner)
    names = ["app", "inner", "route", "class"]
    assert call(app, path="/inner/item").status_code == 200
    assert seen == [*names, "prepare"]
    for index, name in enumerate(names):
        seen.clear()
        answer = call(app, path="/inner/item", headers={"x-fail": name})
        assert answer.status_code == 403
        assert seen == names[: index + 1]


def test_guards_of_a_router_hold_for_what_is_mounted_below_it() -> None:
    """SECURITY: an application that is not ours is as closed as a resource."""
    router = Router(guards=[YES.to("post"), LoggedIn()], default=foreign)
    router.mount("/app", foreign)
    router.add_route("/route", Foreign())
    app = Restlette()
    app.mount("/shop", router)
    for path in ("/shop/app", "/shop/app/x", "/shop/route", "/shop/nowhere"):
        assert call(app, path=path).status_code == 401, path
        assert call(app, "HEAD", path=path).status_code == 401, path
        assert call(app, path=path, headers=KEY).text == "foreign", path
        assert call(app, "POST", path=path).status_code == 200, path
    assert call(app, "BREW", path="/shop/app").status_code == 401
    assert call(app, path="/elsewhere").status_code == 404


class Foreign:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await foreign(scope, receive, send)


def test_exception_handlers_and_middleware_see_a_refusal() -> None:
    class Marks:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def marked(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"].append((b"x-mark", b"1"))
                await send(message)

            await self.app(scope, receive, marked)

    async def own(request: Any, exc: Any) -> JSONResponse:
        return JSONResponse({"own": exc.status_code}, exc.status_code)

    for endpoint in (plain, Foreign()):
        app = app_of(endpoint, guards=[NO], middleware=[Middleware(Marks)])
        app.add_exception_handler(403, own)
        answer = call(app)
        assert answer.json() == {"own": 403}
        assert answer.headers["x-mark"] == "1"


def test_a_request_that_is_refused_opens_and_closes_what_was_asked_for() -> None:
    """Guards come after dependencies, for they may look at them."""
    events: list[str] = []

    class Session:
        def __enter__(self) -> Session:
            events.append("opened")
            return self

        def __exit__(self, *exc: object) -> None:
            events.append("closed" if exc[0] is None else "rolled back")

    class Needs(Guard):
        async def check(self, connection: Any, resource: Any) -> bool:
            events.append("asked")
            return isinstance(resource.session, str)

    class Item(HTTPEndpoint):
        session: Session
        guards = [Needs()]

        async def get(self, request: Any) -> str:
            return "item"

    app = app_of(Item)
    app.provide(Session, Session, scope="request")
    assert call(app).status_code == 403
    assert events == ["opened", "asked", "rolled back"]


# WebSockets ---------------------------------------------------------------------------


class Feed(WebSocketEndpoint):
    guards = [LoggedIn()]
    accepted = False

    async def on_connect(self, websocket: Any) -> None:
        type(self).accepted = True
        await websocket.accept()
        await websocket.close()


class Session:
    """What lives as long as a conversation."""


class SessionFeed(Feed):
    session: Session


def sockets() -> Restlette:
    app = Restlette()
    app.provide(Session, Session, scope="request")
    app.add_route("/class", Feed)
    app.add_route("/session", SessionFeed)
    app.routes.append(WebSocketRoute("/function", talk, guards=[LoggedIn()]))
    below = Router(guards=[LoggedIn()])
    below.mount("/", foreign)
    app.mount("/below", below)
    return app


PATHS = ["/class", "/session", "/function", "/below/x"]


async def _connect(path: str, **options: Any) -> None:
    client = AsyncTestClient(sockets())
    async with client, client.websocket_connect(path, **options) as websocket:
        await websocket.receive_text()


@pytest.mark.parametrize("path", PATHS)
def test_a_websocket_is_refused_before_it_is_accepted(path) -> None:
    Feed.accepted = False
    with pytest.raises(WebSocketDenialResponse) as caught:
        asyncio.run(_connect(path))
    assert caught.value.status_code == 401
    assert caught.value.headers["www-authenticate"] == 'Bearer realm="shop"'
    assert not Feed.accepted
    with pytest.raises(WebSocketDisconnect) as left:
        asyncio.run(_connect(path, headers=KEY))
    assert left.value.code == 1000


@pytest.mark.parametrize("path", PATHS)
def test_without_the_extension_a_refused_websocket_is_closed(path) -> None:
    """Servers answer 403 to that."""
    sent = asyncio.run(_handshake(sockets(), path))
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_a_guard_that_fails_refuses_a_websocket_and_is_raised() -> None:
    app = Restlette()
    app.routes.append(WebSocketRoute("/", talk, guards=[Says(KeyError("x"))]))
    with pytest.raises(KeyError):
        asyncio.run(_handshake(app, "/"))


async def _handshake(app: Any, path: str) -> list[Any]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": path,
        "headers": [(b"host", b"testserver")],
        "query_string": b"",
    }
    await app(scope, receive, send)
    return sent


# As data ------------------------------------------------------------------------------


def test_routes_say_who_guards_them() -> None:
    app = shop(guards=[LoggedIn()])
    app.mount("/app", foreign)
    app.add_route("/feed", Feed)
    shown = {
        route.path: {method: repr(guards) for method, guards in route.guards.items()}
        for route in app.walk()
    }
    assert shown["/books/{id:int}"] == {
        "GET": "(LoggedIn, Anyone)",
        "PUT": "(LoggedIn, Owner)",
    }
    assert shown["/feed"] == {"WEBSOCKET": "(LoggedIn, LoggedIn)"}
    assert shown["/app"]["DELETE"] == shown["/app"]["WEBSOCKET"] == "(LoggedIn,)"
    assert [route.guards for route in app_of(plain).walk()] == [{}]


@pytest.mark.parametrize(
    ("method", "path", "guards"),
    [
        ("GET", "/books/1", "(LoggedIn, Anyone)"),
        ("HEAD", "/books/1", "(LoggedIn, Anyone)"),
        ("PUT", "/books/1", "(LoggedIn, Owner)"),
        ("DELETE", "/books/1", "()"),
        ("WEBSOCKET", "/feed", "(LoggedIn, LoggedIn)"),
        ("POST", "/app/x", "(LoggedIn,)"),
        ("HEAD", "/app/x", "(LoggedIn,)"),
        ("GET", "/inner/books/1", "(LoggedIn, Anyone)"),
        ("PUT", "/inner/books/1", "(LoggedIn, Owner)"),
    ],
)
def test_an_explanation_says_who_is_asked(method, path, guards) -> None:
    app = shop(guards=[LoggedIn()])
    app.mount("/app", foreign)
    app.mount("/inner", shop())
    app.add_route("/feed", Feed)
    assert repr(app.explain(method, path).guards) == guards


def test_the_default_application_is_explained_by_its_name() -> None:
    router = Restlette(default=foreign, guards=[NO])
    assert router.explain("GET", "/nowhere").handler is foreign
