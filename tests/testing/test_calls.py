"""One request to an application, without a client."""

import asyncio
import contextvars
from typing import Any

import pytest

from restlette.http.types import Receive, Scope, Send
from restlette.testing import ASGIViolation, IncompleteAnswer, call, call_async
from tests.testing.apps import answering, body, mirror, raising, sending, start

COLOUR = contextvars.ContextVar("COLOUR", default="none")


def test_the_defaults_ask_for_the_root() -> None:
    """`call(app)` is the shortest request."""
    answer = call(mirror)
    assert answer.ok
    assert answer.json()["method"] == "GET"
    assert answer.json()["path"] == "/"
    assert answer.json()["server"] == ["testserver", 80]
    assert answer.url == "http://testserver/"


def test_what_is_given_is_sent() -> None:
    """Bytes in, bytes out."""
    answer = call(
        mirror,
        "POST",
        "/a%2Fb?c=d",
        json={"e": 1},
        headers={"x-a": "f"},
        params={"g": "h"},
        cookies={"i": "j"},
        client=("10.0.0.1", 1),
        root_path="/app",
        state={"shelf": "A3"},
    ).json()
    assert answer["method"] == "POST"
    assert answer["path"] == "/app/a/b"
    assert answer["raw_path"] == "/app/a%2Fb"
    assert answer["query_string"] == "c=d&g=h"
    assert answer["bodies"] == ['{"e":1}']
    assert answer["client"] == ["10.0.0.1", 1]
    assert answer["state"] == {"shelf": "A3"}
    assert ["x-a", "f"] in answer["headers"]
    assert ["cookie", "i=j"] in answer["headers"]


def test_pieces_are_sent_as_messages() -> None:
    """Each piece one."""
    assert call(mirror, "PUT", content=[b"a", b"b"]).json()["bodies"] == ["a", "b", ""]


def test_the_method_is_sent_as_it_is_written() -> None:
    """No client would send that; a test may."""
    assert call(mirror, "purge_Everything").json()["method"] == "purge_Everything"


def test_what_the_application_raises_is_raised() -> None:
    """Unless it is told not to: then the answer is a server's."""
    with pytest.raises(KeyError):
        call(raising(KeyError()))
    assert call(raising(KeyError()), raise_server_exceptions=False).status_code == 500
    with pytest.raises(IncompleteAnswer):
        call(raising(KeyError(), start()), raise_server_exceptions=False)


def test_an_application_is_held_to_the_rules() -> None:
    """`strict` says whether stray content is one of them."""
    with pytest.raises(ASGIViolation, match="answer to HEAD"):
        call(answering(b"a"), "HEAD")
    assert call(answering(b"a"), "HEAD", strict=False).content == b""


def test_the_answer_is_given_when_the_application_has_returned() -> None:
    """What it does after its answer is done then."""
    done: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sending(start(), body())(scope, receive, send)
        await asyncio.sleep(0)
        done.append(True)

    call(app)
    assert done == [True]


def test_a_call_works_inside_a_running_loop() -> None:
    """In a thread, with the context variables of its caller."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answering(COLOUR.get().encode("ascii"))(scope, receive, send)

    async def main() -> tuple[Any, Any]:
        COLOUR.set("green")
        with pytest.raises(KeyError):
            call(raising(KeyError()))
        return call(app).content, (await call_async(app)).content

    assert asyncio.run(main()) == (b"green", b"green")
