"""The transport adapter between requests and an application."""

import asyncio
import gc
import gzip
import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.testing.adapter import ASGIAdapter
from restlette.testing.errors import ASGIViolation
from restlette.testing.loop import Loop
from tests.testing.apps import (
    Ticking,
    answering,
    body,
    mirror,
    raising,
    sending,
    start,
)


def session(
    app: ASGIApp, *, raises: bool = True, strict: bool = True, root_path: str = ""
) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    adapter = ASGIAdapter(
        app,
        Loop(),
        raise_server_exceptions=raises,
        root_path=root_path,
        client=("c", 1),
        state={"shelf": "A3"},
        strict=strict,
    )
    made.mount("http://", adapter)
    made.mount("https://", adapter)
    return made


def test_a_request_reaches_the_application() -> None:
    """As a server would have handed it over."""
    made = session(mirror, root_path="/app")
    answer = made.post("https://ex.com:444/a%2Fb?c=d", json={"e": 1})
    seen = answer.json()
    assert seen["method"] == "POST"
    assert seen["scheme"] == "https"
    assert (seen["path"], seen["raw_path"]) == ("/app/a/b", "/app/a%2Fb")
    assert (seen["root_path"], seen["query_string"]) == ("/app", "c=d")
    assert (seen["client"], seen["server"]) == (["c", 1], ["ex.com", 444])
    assert seen["state"] == {"shelf": "A3"}
    assert seen["bodies"] == ['{"e": 1}']
    fields = dict(seen["headers"])
    assert fields["host"] == "ex.com:444"
    assert fields["content-length"] == "8"


def test_a_request_that_was_made_by_hand_is_sent() -> None:
    """Without a method and a URL it is none that requests prepares."""
    prepared = requests.PreparedRequest()
    prepared.headers = requests.structures.CaseInsensitiveDict({"Host": "mine"})
    prepared.url = "http://testserver"
    adapter = session(mirror).get_adapter("http://testserver")
    seen = adapter.send(prepared).json()
    assert (seen["method"], seen["path"]) == ("GET", "/")
    assert seen["headers"] == [["host", "mine"]]
    prepared.url = None
    with pytest.raises(ValueError, match="no absolute URL"):
        adapter.send(prepared)


def pieces(*values: Any) -> Iterator[Any]:
    yield from values


@pytest.mark.parametrize(
    "data, bodies",
    [
        pytest.param(None, [""], id="none"),
        pytest.param("\u00e9", ["\u00e9"], id="text"),
        pytest.param(b"a", ["a"], id="bytes"),
        pytest.param(bytearray(b"a"), ["a"], id="bytearray"),
        pytest.param({"a": ["1", "2"]}, ["a=1&a=2"], id="form"),
        pytest.param(
            io.BytesIO(b"a" * 70000), ["a" * 65536, "a" * 4464, ""], id="file"
        ),
        pytest.param(io.StringIO("\u00e9"), ["\u00e9", ""], id="text file"),
        pytest.param(pieces(b"a", "\u00e9"), ["a", "\u00e9", ""], id="generator"),
    ],
)
def test_content_of_every_form_is_sent(data: Any, bodies: list[str]) -> None:
    """What requests takes; pieces as messages."""
    answer = session(mirror).put("http://testserver/", data=data)
    assert answer.json()["bodies"] == bodies


def test_files_are_uploaded() -> None:
    """As multipart, by requests."""
    answer = session(mirror).post("http://testserver/", files={"f": ("a.txt", b"book")})
    assert "book" in answer.json()["bodies"][0]
    kind = dict(answer.json()["headers"])["content-type"]
    assert kind.startswith("multipart/form-data; boundary=")


def test_an_answer_is_one_of_requests() -> None:
    """With all that requests knows about answers."""
    fields = [(b"content-type", b"text/plain; charset=latin-1"), (b"x-a", b"1")]
    answer = session(answering(b"\xe9", 404, [*fields, (b"x-a", b"2")])).get(
        "http://testserver/a"
    )
    assert type(answer) is requests.Response
    assert (answer.status_code, answer.reason) == (404, "Not Found")
    assert (answer.content, answer.text) == (b"\xe9", "\u00e9")
    assert answer.headers["X-A"] == "1, 2"
    assert answer.url == "http://testserver/a"
    assert not hasattr(answer, "template")
    with pytest.raises(requests.HTTPError):
        answer.raise_for_status()


def test_a_status_without_a_phrase_has_no_reason() -> None:
    """Nothing is invented."""
    assert session(answering(status=299)).get("http://testserver/").reason == ""


def test_each_cookie_of_an_answer_reaches_the_jar() -> None:
    """Set-Cookie is the field that cannot be joined (RFC 9110 §5.3)."""
    values = (b"a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT", b"b=2")
    made = session(answering(headers=[(b"set-cookie", value) for value in values]))
    answer = made.get("http://testserver/")
    assert dict(made.cookies) == {"a": "1", "b": "2"}
    assert dict(answer.cookies) == {"a": "1", "b": "2"}


def test_coded_content_is_decoded() -> None:
    """As a client does it, streamed or not."""
    content = gzip.compress(b"book")
    app = answering(content, headers=[(b"content-encoding", b"gzip")])
    assert session(app).get("http://testserver/").content == b"book"
    with session(app).get("http://testserver/", stream=True) as answer:
        assert list(answer.iter_content(2)) == [b"bo", b"ok"]


def test_the_application_tells_about_its_answer() -> None:
    """The template and its context, and nothing else."""
    info = {"template": "book.html", "context": {"a": 1}, "status_code": 999}
    app = sending({"type": "http.response.debug", "info": info}, start(), body())
    answer: Any = session(app).get("http://testserver/")
    assert (answer.template, answer.context) == ("book.html", {"a": 1})
    assert answer.status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_testclient_122_what_the_application_raises_is_raised(stream: bool) -> None:
    """Unless it is told not to: then the answer is a server's."""
    for exc in (KeyError("book"), OSError("disk"), TimeoutError("app")):
        with pytest.raises(type(exc)) as caught:
            session(raising(exc)).get("http://testserver/", stream=stream, timeout=5)
        assert caught.value is exc
    quiet = session(raising(KeyError()), raises=False)
    assert quiet.get("http://testserver/", stream=stream).status_code == 500


def test_an_answer_that_breaks_off_is_a_connection_error() -> None:
    """As it is with a server."""
    app = raising(KeyError(), start(), body(b"a", more_body=True))
    with pytest.raises(requests.ConnectionError, match="KeyError in the middle"):
        session(app, raises=False).get("http://testserver/")
    with (
        session(app, raises=False).get("http://testserver/", stream=True) as answer,
        pytest.raises(requests.exceptions.ChunkedEncodingError),
    ):
        _ = answer.content


def test_a_violation_is_raised() -> None:
    """`strict` says whether stray content is one."""
    with pytest.raises(ASGIViolation):
        session(answering(b"a", 204)).get("http://testserver/")
    assert session(answering(b"a", 204), strict=False).get("http://testserver/").ok


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("timeout", [0.01, (5, 0.01)])
def test_an_answer_that_does_not_come_in_time(timeout: Any, stream: bool) -> None:
    """requests' own exception, for a number and for its pair."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(3600)

    made = session(app)
    with pytest.raises(requests.ReadTimeout, match=r"within 0\.01 seconds"):
        made.get("http://testserver/", timeout=timeout, stream=stream)


def test_an_answer_is_read_while_it_is_sent() -> None:
    """An endless one, no faster than it is read; closing it ends it."""
    app = Ticking()
    with session(app).get("http://testserver/", stream=True) as answer:
        lines = answer.iter_lines()
        assert [next(lines), next(lines)] == [b"tick 1", b"tick 2"]
        # iter_lines reads one piece more, to know that a line has ended.
        assert app.sent <= 3
    assert app.ended == "disconnected"


@pytest.mark.parametrize("size", [1, 2, 5, None])
def test_a_streamed_answer_is_read_in_pieces_of_any_size(size: int | None) -> None:
    """No byte is lost between them."""
    app = sending(
        start(), body(b"abc", more_body=True), body(b"", more_body=True), body(b"de")
    )
    with session(app).get("http://testserver/", stream=True) as answer:
        got = list(answer.iter_content(size))
    assert b"".join(got) == b"abcde"
    assert size is None or max(map(len, got)) <= size


@pytest.mark.parametrize(
    "amounts, pieces_read",
    [
        ((None,), [b"abcde"]),
        ((2, 2, 2, 2), [b"ab", b"cd", b"e", b""]),
        ((4, None, None), [b"abcd", b"e", b""]),
    ],
)
def test_a_streamed_answer_is_read_as_a_file(
    amounts: Any, pieces_read: list[bytes]
) -> None:
    """`raw` is what urllib3 gives."""
    app = sending(start(), body(b"abc", more_body=True), body(b"de"))
    with session(app).get("http://testserver/", stream=True) as answer:
        assert [answer.raw.read(amount) for amount in amounts] == pieces_read


@pytest.mark.parametrize("exc", [KeyError("book"), OSError("disk")])
def test_what_is_raised_while_it_is_read_is_raised(exc: Exception) -> None:
    """An OSError too, which urllib3 takes for one of the network's; and once."""
    app = raising(exc, start(), body(b"a", more_body=True))
    with session(app).get("http://testserver/", stream=True) as answer:
        parts = answer.iter_content(10)
        assert next(parts) == b"a"
        with pytest.raises(type(exc)) as caught:
            next(parts)
        assert caught.value is exc


def test_an_answer_of_known_length_ends_in_its_own_time() -> None:
    """The reader has all of it; the application is not told of a disconnect."""
    done: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        fields = [(b"content-length", b"2")]
        messages = (start(200, fields), body(b"ab", more_body=True), body())
        await sending(*messages)(scope, receive, send)
        await asyncio.sleep(0.01)
        done.append(True)

    with session(app).get("http://testserver/", stream=True) as answer:
        assert answer.content == b"ab"
    assert done == [True]


def test_an_answer_that_nobody_closed_is_left_at_the_next_request() -> None:
    """The garbage collector itself lets no application run."""
    apps = [Ticking(), Ticking()]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[int(scope["path"][1:])](scope, receive, send)

    made = session(app)
    made.get("http://testserver/0", stream=True)
    gc.collect()
    assert apps[0].ended == ""
    made.get("http://testserver/1", stream=True).close()
    assert [each.ended for each in apps] == ["disconnected", "disconnected"]
