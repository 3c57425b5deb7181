"""What the methods of a WebSocketEndpoint are given, worked out at registration."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from datetime import date
from functools import partial
from typing import Any, Generic, TypeVar

import pytest
from attrs import define, field, frozen
from attrs.validators import ge

from restlette.http.websocket import WebSocket
from restlette.resources.messages import Plan, check_names, names_taken
from restlette.resources.models import Invalid
from restlette.resources.router import Router
from restlette.resources.websocket import WebSocketEndpoint, plan_of
from tests.resources.sockets import SCOPE, Server

T = TypeVar("T")


@frozen
class Wish:
    title: str
    price: float = field(default=0.0, validator=ge(0))


@define
class Change:
    book: int = field(alias="bookId")
    when: date = date(1965, 8, 1)


class Book(WebSocketEndpoint):
    encoding = "json"


def plan(**members: Any) -> Plan:
    return plan_of(type("Feed", (Book,), members))


def at(**params: Any) -> WebSocket:
    """A connection with the path's parameters."""
    return WebSocket({**SCOPE, "path_params": params}, Server().receive, Server().send)


# By name ------------------------------------------------------------------------------


def test_a_class_that_overrides_nothing_takes_nothing() -> None:
    """Its methods are called with what every method is given."""
    for method in plan().names:
        assert plan().given(method, at(book=7)) == {}
    assert not plan().streams


def test_methods_take_what_they_name() -> None:
    """Some parameters of the path, or all in their keywords."""

    class Feed(WebSocketEndpoint):
        async def on_connect(self, websocket: WebSocket, shop: str) -> None: ...
        async def on_receive(
            self, websocket: WebSocket, data: Any, shop: str, *, book: int
        ) -> None: ...
        async def on_disconnect(
            self, ws: WebSocket, code: int, **path: Any
        ) -> None: ...
        async def on_invalid(self, ws: WebSocket, e: Invalid, book: int) -> None: ...
        async def stream(self, ws: WebSocket, book: int) -> AsyncIterator[str]:
            yield ""

    params: dict[str, Any] = {"shop": "emma", "book": 7}
    worked_out = plan_of(Feed)
    worked_out.check(params)
    assert worked_out.given("on_connect", at(**params)) == {"shop": "emma"}
    assert worked_out.given("on_receive", at(**params)) == params
    assert worked_out.given("on_disconnect", at(**params)) == params
    assert worked_out.given("on_invalid", at(**params)) == {"book": 7}
    assert worked_out.given("stream", at(**params)) == {"book": 7}
    assert worked_out.streams


def test_what_is_not_written_in_python_takes_nothing() -> None:
    """There is nothing to read."""
    assert names_taken(max, None, ("websocket",), "max") == ()
    check_names(None, ["book"], "anything")


def test_some_are_given_without_their_names() -> None:
    """What comes before the / is what every method is given."""

    async def on_receive(
        self: Any, ws: WebSocket, data: Wish, /, book: int
    ) -> None: ...
    async def caught(self: Any, ws: WebSocket, *rest: Any) -> None: ...

    worked_out = plan(on_receive=on_receive)
    assert worked_out.names["on_receive"] == ("book",)
    assert worked_out.load is not None
    assert worked_out.load({"title": "Dune"}) == Wish("Dune")
    assert plan(on_receive=caught).load is None


def test_a_function_on_its_own_is_given_no_self() -> None:
    async def talk(websocket: WebSocket, book: int) -> None: ...

    assert names_taken(talk, None, ("websocket",), "talk") == ("book",)


async def one(self: Any, websocket: WebSocket) -> None: ...
async def none(self: Any) -> None: ...
async def many(self: Any, *args: Any) -> None: ...
async def nameless(
    self: Any, websocket: WebSocket, data: Any, book: int, /
) -> None: ...
async def misspelt(self: Any, websocket: WebSocket, data: Any, bok: int) -> None: ...


MISTAKES: list[tuple[str, str, Any, str]] = [
    (
        "no data",
        "on_receive",
        one,
        r"on_receive takes 1 of the 2 .* def on_receive\(self, websocket, data\)`",
    ),
    ("no code", "on_disconnect", one, r"\(self, websocket, close_code\)"),
    ("no error", "on_invalid", one, r"\(self, websocket, exc\)"),
    ("no websocket", "on_connect", none, r"Feed\.on_connect takes 0 of the 1"),
    (
        "without a name",
        "on_receive",
        nameless,
        r"Feed\.on_receive: 'book' is given by name, so it cannot stand before the /",
    ),
    (
        "not in the path",
        "on_receive",
        misspelt,
        r"Feed\.on_receive: .* 'bok' \(did you mean 'book'\?\); on offer: book\.",
    ),
]


@pytest.mark.parametrize(
    "method, function, message",
    [row[1:] for row in MISTAKES],
    ids=[row[0] for row in MISTAKES],
)
def test_a_method_that_cannot_be_called_is_an_error_at_start_up(
    method: str, function: Any, message: str
) -> None:
    """It names class and method, what came and what is on offer."""
    router = Router()
    router.route("/{book:int}")(type("Feed", (Book,), {method: function}))
    with pytest.raises(TypeError, match=message):
        router.freeze()


def test_a_path_without_parameters_has_nothing_to_offer() -> None:
    """The error says so."""
    router = Router()
    router.route("/")(type("Feed", (Book,), {"on_receive": misspelt}))
    with pytest.raises(TypeError, match="on offer: nothing, for it has no parameters"):
        router.freeze()


def test_a_parameter_of_another_type_is_an_error_at_start_up() -> None:
    """As it is for HTTP."""

    class Feed(WebSocketEndpoint):
        async def on_connect(self, websocket: WebSocket, book: str) -> None: ...

    router = Router()
    router.route("/{book:int}")(Feed)
    with pytest.raises(TypeError, match=r"Feed.on_connect takes book: str"):
        router.freeze()


def test_any_arguments_are_enough() -> None:
    """What is given by position may be caught in `*args`."""
    worked_out = plan(on_receive=many)
    assert worked_out.names["on_receive"] == ()
    assert worked_out.load is None


# Models -------------------------------------------------------------------------------


def receiving(annotation: Any, **members: Any) -> Plan:
    async def on_receive(self: Any, websocket: WebSocket, data: Any) -> None: ...

    on_receive.__annotations__["data"] = annotation
    return plan(on_receive=on_receive, **members)


def streaming(annotation: Any, **members: Any) -> Plan:
    async def stream(self: Any, websocket: WebSocket) -> Any:
        yield

    stream.__annotations__["return"] = annotation
    return plan(stream=stream, **members)


@pytest.mark.parametrize("annotation", [Any, object, "Any"])
def test_any_data_has_no_model(annotation: Any) -> None:
    """What is in the JSON is what comes."""
    assert receiving(annotation).load is None


@pytest.mark.parametrize(
    "annotation, data, value",
    [
        (Wish, {"title": "Dune"}, Wish("Dune")),
        ("Wish", {"title": "Dune", "price": 1}, Wish("Dune", 1.0)),
        ("list[Wish]", [{"title": "Dune"}], [Wish("Dune")]),
        ("Wish | Change", {"bookId": 1}, Change(1)),
        (str, "Dune", "Dune"),
        ("dict[str, Any]", {"a": 1}, {"a": 1}),
    ],
)
def test_data_is_what_its_annotation_makes_of_it(
    annotation: Any, data: Any, value: Any
) -> None:
    """By the same models as content of HTTP."""
    load = receiving(annotation).load
    assert load is not None
    assert load(data) == value
    with pytest.raises(Invalid):
        load(1)


def test_a_class_that_decodes_itself_is_not_asked() -> None:
    """Its annotation may be of something that JSON has no form for."""

    async def decode(self: Any, websocket: WebSocket, message: Any) -> Any: ...

    assert receiving(Router, decode=decode).load is None


@pytest.mark.parametrize(
    "encoding, annotation",
    [
        ("text", str),
        ("text", Any),
        ("bytes", bytes),
        (None, str),
        (None, bytes),
        (None, "str | bytes"),
    ],
)
def test_without_json_data_is_text_or_bytes(encoding: Any, annotation: Any) -> None:
    """Nothing has to be made of it."""
    assert receiving(annotation, encoding=encoding).load is None
    items = AsyncIterator[str | bytes] if annotation == "str | bytes" else None
    worked_out = streaming(items or AsyncIterator[annotation], encoding=encoding)
    assert worked_out.dump is None


@pytest.mark.parametrize(
    "encoding, annotation, kinds",
    [
        ("text", bytes, "str"),
        ("text", Wish, "str"),
        ("bytes", str, "bytes"),
        ("bytes", "str | bytes", "bytes"),
        (None, Wish, "str or bytes"),
        (None, "str | None", "str or bytes"),
    ],
)
def test_a_model_needs_json(encoding: Any, annotation: Any, kinds: str) -> None:
    """The error says what a message is, and what to write."""
    with pytest.raises(
        TypeError,
        match=rf"Feed\.on_receive\(data\) is annotated .*{encoding!r} a message is "
        rf"{kinds}\. Write encoding = 'json'",
    ):
        receiving(annotation, encoding=encoding)


def test_data_that_has_no_model_is_an_error_at_start_up() -> None:
    """It names class, method and parameter."""
    with pytest.raises(TypeError, match=r"Feed\.on_receive\(data\): .*Router"):
        receiving(Router)
    with pytest.raises(TypeError, match=r"Feed\.on_receive\(data\): .*'Nobody' is not"):
        receiving("Nobody")


def test_a_generic_class_has_the_model_of_its_subclass() -> None:
    """What stands for the variable there; without it anything goes."""

    class Feed(WebSocketEndpoint, Generic[T]):
        encoding = "json"

        async def on_receive(self, websocket: WebSocket, data: T) -> None: ...

        async def stream(self, websocket: WebSocket) -> AsyncIterator[T]:
            for item in ():
                yield item

    class Wishes(Feed[Wish]):
        pass

    load, dump = plan_of(Wishes).load, plan_of(Wishes).dump
    assert load is not None
    assert load({"title": "Dune"}) == Wish("Dune")
    assert dump is not None
    assert dump(Wish("Dune")) == {"title": "Dune", "price": 0.0}
    assert plan_of(Feed).load is plan_of(Feed).dump is None


def test_a_class_that_is_local_has_local_models() -> None:
    """String annotations are looked up where the class was made."""

    @frozen
    class Local:
        title: str

    class Feed(WebSocketEndpoint):
        encoding = "json"

        async def on_receive(self, websocket: WebSocket, data: Local) -> None: ...

    load = plan_of(Feed).load
    assert load is not None
    assert load({"title": "Dune"}) == Local("Dune")


@pytest.mark.parametrize("kind", [AsyncIterator, AsyncGenerator, AsyncIterable])
def test_items_are_what_the_annotation_says(kind: Any) -> None:
    """An asynchronous iterator by any name."""
    annotation = kind[Change, None] if kind is AsyncGenerator else kind[Change]
    dump = streaming(annotation).dump
    assert dump is not None
    assert dump(Change(1)) == {"bookId": 1, "when": "1965-08-01"}


def test_items_have_the_form_that_the_annotation_says() -> None:
    """Others are a mistake of the stream's."""
    worked_out = streaming(AsyncIterator[Change])
    assert worked_out.form_of(Change(1)) == {"bookId": 1, "when": "1965-08-01"}
    with pytest.raises(
        TypeError, match=r"Feed\.stream yielded what has no form: .*str"
    ):
        worked_out.form_of("Dune")


@pytest.mark.parametrize(
    "annotation",
    [Any, AsyncIterator, AsyncIterator[Any], AsyncIterator[dict[str, int]]],
)
def test_items_that_are_json_have_no_model(annotation: Any) -> None:
    """They go out as they are."""
    item = {"a": 1}
    assert streaming(annotation).dump is None
    assert streaming(annotation).form_of(item) is item


def test_a_stream_without_an_annotation_has_no_model() -> None:
    """Nothing is known of its items."""

    async def stream(self: Any, websocket: WebSocket) -> Any:
        yield

    del stream.__annotations__["return"]
    assert plan(stream=stream).dump is None


@pytest.mark.parametrize("annotation", [list[int], Change, None])
def test_a_stream_is_an_asynchronous_iterator(annotation: Any) -> None:
    """The error says what to write."""
    with pytest.raises(TypeError, match=r"Feed\.stream -> .*AsyncIterator\[Item\]"):
        streaming(annotation)


def test_items_that_have_no_model_are_an_error_at_start_up() -> None:
    """As data is."""
    with pytest.raises(TypeError, match=r"Feed\.stream \(its items\): .*Router"):
        streaming(AsyncIterator[Router])
    with pytest.raises(TypeError, match=r"Feed\.stream \(its items\) .* 'text'"):
        streaming(AsyncIterator[Change], encoding="text")


def test_a_stream_that_cannot_be_read_has_no_model() -> None:
    """What is no Python function has no annotations."""
    assert plan(stream=partial(max)).dump is None
