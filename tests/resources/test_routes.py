"""What can be registered, and what is refused with the reason."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from restlette.http.request import Request
from restlette.resources.endpoint import HTTPEndpoint
from restlette.resources.router import Router
from restlette.resources.routes import (
    Host,
    Mount,
    Place,
    Route,
    WebSocketRoute,
    caller,
    class_of,
    is_function,
    is_resource,
    is_websocket_resource,
    name_of,
)
from restlette.resources.websocket import WebSocketEndpoint


class Books(HTTPEndpoint):
    async def get(self, request: Request) -> None: ...

    async def post(self, request: Request) -> None: ...


class Nothing(HTTPEndpoint):
    pass


class Feed(WebSocketEndpoint):
    pass


async def ping(request: Request) -> None: ...


def plain(request: Request) -> None: ...


class Foreign:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


foreign = Foreign()


def test_what_an_endpoint_is() -> None:
    assert class_of(Books) is class_of(Books()) is Books
    assert is_resource(Books)
    assert is_resource(Books())
    assert not is_resource(Feed)
    assert is_websocket_resource(Feed)
    assert not is_websocket_resource(ping)
    assert is_function(ping)
    assert is_function(partial(partial(ping)))
    assert is_function(Books().get)
    assert not is_function(foreign)


@pytest.mark.parametrize(
    "endpoint, name",
    [
        (Books, "Books"),
        (Books(), "Books"),
        (ping, "ping"),
        (partial(ping), "ping"),
        (foreign, "Foreign"),
    ],
)
def test_a_route_without_a_name_has_its_endpoints(endpoint: Any, name: str) -> None:
    assert name_of(endpoint) == name
    assert Route("/", endpoint).name == name
    assert Route("/", endpoint, name="other").name == "other"
    assert Route("/", endpoint, name="").name == ""


def test_a_registration_knows_its_place() -> None:
    place = Route("/", ping).place
    assert place is not None
    assert place.file == __file__
    assert str(Place("a.py", 3)) == "a.py:3"


def test_a_call_from_nowhere_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an embedded interpreter there may be no frame above."""
    monkeypatch.setattr("sys._getframe", lambda depth: None)
    place = caller()
    monkeypatch.undo()
    assert place is None


def test_a_route_says_what_was_said() -> None:
    route = Route("/b/{x:int}", Books, include_in_schema=False, limits={"body": 1})
    assert route.path == "/b/{x:int}"
    assert route.path_format == "/b/{x}"
    assert route.methods == ("GET", "POST")
    assert route.limits == {"body": 1}
    assert route.middleware == ()
    assert not route.include_in_schema


@pytest.mark.parametrize(
    "endpoint, methods, answered",
    [
        pytest.param(Books, None, ("GET", "POST"), id="class"),
        pytest.param(Books(), ["post"], ("POST",), id="held to one"),
        pytest.param(Books, ["GET", "HEAD"], ("GET", "HEAD"), id="GET and HEAD"),
        pytest.param(Books, ["HEAD"], ("HEAD",), id="HEAD alone"),
        pytest.param(ping, None, ("GET",), id="function"),
        pytest.param(ping, ["put", "PUT"], ("PUT",), id="function of a method"),
        pytest.param(plain, ["PURGE"], ("PURGE",), id="another method"),
        pytest.param(
            foreign, None, ("GET", "POST", "PUT", "PATCH", "DELETE"), id="application"
        ),
        pytest.param(foreign, ["GET"], ("GET",), id="application of a method"),
    ],
)
def test_what_a_route_answers(
    endpoint: Any, methods: list[str] | None, answered: tuple[str, ...]
) -> None:
    route = Route("/", endpoint, methods=methods)
    assert route.methods == answered
    assert set(route.handlers()) == set(answered)


def test_a_schema_shows_a_route_that_says_nothing_of_it() -> None:
    assert Route("/", Books).include_in_schema
    assert WebSocketRoute("/", Feed).include_in_schema


def test_the_handlers_are_the_functions() -> None:
    assert Route("/", Books).handlers() == {"GET": Books.get, "POST": Books.post}
    assert Route("/", Books, methods=["HEAD"]).handlers() == {"HEAD": Books.get}
    assert Route("/", ping).handlers() == {"GET": ping}


@pytest.mark.parametrize(
    "endpoint, options, error, message",
    [
        pytest.param(
            ping,
            {"methods": "GET"},
            TypeError,
            "methods is a list of names: write methods=['GET'].",
            id="text",
        ),
        pytest.param(
            ping,
            {"methods": []},
            ValueError,
            "the methods of '/x' are none: name one.",
            id="none",
        ),
        pytest.param(
            ping,
            {"methods": ["GE T"]},
            ValueError,
            "'GE T' is not the name of a method.",
            id="no token",
        ),
        pytest.param(
            Nothing,
            {},
            TypeError,
            "Nothing answers no method: give it a function such as "
            "`async def get(self, request)`.",
            id="empty class",
        ),
        pytest.param(
            Books,
            {"methods": ["DELETE"]},
            TypeError,
            "Books has no DELETE; it answers GET, POST.",
            id="method that the class has not",
        ),
        pytest.param(
            Books,
            {"methods": ["PUT"]},
            TypeError,
            "Books has no PUT; it answers GET, POST.",
            id="another method that the class has not",
        ),
        pytest.param(
            Foreign,
            {},
            TypeError,
            f"{Foreign!r} cannot answer '/x': a route takes a subclass of HTTPEndpoint "
            "or WebSocketEndpoint, a function of the request, or an ASGI application.",
            id="another class",
        ),
        pytest.param(
            "text",
            {},
            TypeError,
            "'text' cannot answer '/x': a route takes a subclass of HTTPEndpoint "
            "or WebSocketEndpoint, a function of the request, or an ASGI application.",
            id="no callable",
        ),
    ],
)
def test_a_route_that_makes_no_sense_is_refused(
    endpoint: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        Route("/x", endpoint, **options)
    assert str(caught.value) == message


@pytest.mark.parametrize("kind", [Route, WebSocketRoute])
def test_an_unknown_limit_is_refused(kind: Any) -> None:
    with pytest.raises(TypeError, match="there is no limit named 'bodi'"):
        kind("/", ping, limits={"bodi": 1})


def test_a_websocket_route_takes_an_endpoint_or_an_async_function() -> None:
    assert repr(WebSocketRoute("/feed", Feed)) == "WebSocketRoute('/feed', Feed)"
    assert WebSocketRoute("/feed", ping, name="x").name == "x"
    with pytest.raises(TypeError) as caught:
        WebSocketRoute("/feed", plain)
    assert str(caught.value) == (
        f"{plain!r} cannot hold a conversation at '/feed': a WebSocket route takes a "
        "subclass of WebSocketEndpoint or an `async def` function of the WebSocket."
    )


@pytest.mark.parametrize("path", ["", "/", "/a", "/a/", "/a//"])
def test_a_prefix_has_no_slash_at_its_end(path: str) -> None:
    assert Mount(path, foreign).path == path.rstrip("/")


def test_a_mount_takes_routes_instead() -> None:
    mount = Mount("/a", routes=[Route("/b", ping)], name="a")
    assert mount.routes == [Route("/b", ping)]
    assert mount.name == "a"


@pytest.mark.parametrize(
    "path, options, error, message",
    [
        pytest.param(
            "/{p:path}",
            {"app": foreign},
            ValueError,
            "the prefix '/{p:path}' holds a parameter that takes slashes: where it "
            "ends, and what is mounted begins, is unclear.",
            id="path",
        ),
        pytest.param(
            "/a",
            {},
            TypeError,
            "at '/a' mount an application or routes, one of them.",
            id="nothing",
        ),
        pytest.param(
            "/a",
            {"app": foreign, "routes": []},
            TypeError,
            "at '/a' mount an application or routes, one of them.",
            id="both",
        ),
        pytest.param(
            "/a",
            {"app": "text"},
            TypeError,
            "'text' cannot be mounted at '/a': Mount takes a Router or an ASGI "
            "application. A resource class has a Route.",
            id="no application",
        ),
        pytest.param(
            "/a",
            {"app": Books},
            TypeError,
            f"{Books!r} cannot be mounted at '/a': Mount takes a Router or an ASGI "
            "application. A resource class has a Route.",
            id="class",
        ),
    ],
)
def test_a_mount_that_makes_no_sense_is_refused(
    path: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        Mount(path, **options)
    assert str(caught.value) == message


def test_a_host_has_no_case_and_its_parameters_have() -> None:
    host = Host("{Shop:int}.Example.ORG", foreign)
    assert host.host == "{Shop:int}.example.org"
    assert host.build({"Shop": 7}) == "7.example.org"


@pytest.mark.parametrize("value", ["a/b", "a@b", "a:80", "a b", "\u00e9", "a?"])
def test_url_for_117_a_parameter_brings_no_authority(value: str) -> None:
    with pytest.raises(ValueError, match="is not a host"):
        Host("{shop}.example.org", foreign).build({"shop": value})


@pytest.mark.parametrize("host", ["a/b", "a:80", "{p:path}/x", "{a}:80", "[::1]"])
def test_a_host_is_a_name(host: str) -> None:
    with pytest.raises(ValueError) as caught:
        Host(host, foreign)
    assert str(caught.value) == (
        f"{host!r} is no host: write a name without slashes and port."
    )


def test_a_host_needs_an_application() -> None:
    with pytest.raises(TypeError) as caught:
        Host("a", None)
    assert str(caught.value) == (
        "None cannot answer for 'a': host() takes a Router or an ASGI application."
    )


router = Router()


@pytest.mark.parametrize(
    "one, same, others",
    [
        pytest.param(
            Route("/a", ping, methods=["GET", "PUT"]),
            Route("/a", ping, methods=["PUT", "GET"], name="x"),
            [Route("/a", ping), Route("/b", ping), Mount("/a", foreign)],
            id="Route",
        ),
        pytest.param(
            WebSocketRoute("/a", Feed),
            WebSocketRoute("/a", Feed, name="x"),
            [WebSocketRoute("/a", ping), WebSocketRoute("/b", Feed), Route("/a", ping)],
            id="WebSocketRoute",
        ),
        pytest.param(
            Mount("/a", router),
            Mount("/a/", router),
            [Mount("/a", foreign), Mount("/a", router, name="x"), Host("a", router)],
            id="Mount",
        ),
        pytest.param(
            Host("A", router),
            Host("a", router),
            [Host("b", router), Host("a", foreign), Route("/a", ping)],
            id="Host",
        ),
    ],
)
def test_registrations_are_equal_that_say_the_same(
    one: Any, same: Any, others: list[Any]
) -> None:
    assert one == same
    assert hash(one) == hash(same)
    assert repr(one) == repr(same)
    for other in others:
        assert one != other
