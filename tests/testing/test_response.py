"""The answer as a test looks at it."""

from typing import Any

import pytest

from restlette.testing.exchange import Exchange
from restlette.testing.response import HTTPStatusError, TestResponse


def response(
    content: bytes = b"", status: int = 200, *fields: tuple[bytes, bytes], **more: Any
) -> TestResponse:
    return TestResponse(status, list(fields), content, **more)


def test_an_answer_has_the_names_that_requests_has() -> None:
    """Status, reason, headers in any case, content, text, JSON."""
    fields = [(b"content-type", b"application/json"), (b"x-a", b"1"), (b"x-a", b"2")]
    answer = response(b'{"a": "\xc3\xa9"}', 201, *fields)
    assert answer.status_code == 201
    assert answer.reason == "Created"
    assert answer.ok
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers.getlist("X-A") == ["1", "2"]
    assert answer.content == b'{"a": "\xc3\xa9"}'
    assert answer.text == '{"a": "\u00e9"}'
    assert answer.json() == {"a": "\u00e9"}
    assert repr(answer) == "<TestResponse [201 Created]>"


def test_an_answer_is_made_of_an_exchange() -> None:
    """With what the application told about it."""
    exchange = Exchange("PUT")
    exchange.fail()
    exchange.debug = {"template": "book.html", "context": {"a": 1}}
    answer = TestResponse.of(exchange, "http://testserver/a")
    assert (answer.status_code, answer.content) == (500, b"Internal Server Error")
    assert (answer.method, answer.url) == ("PUT", "http://testserver/a")
    assert (answer.template, answer.context) == ("book.html", {"a": 1})


def test_an_answer_that_nobody_tells_about_has_no_template() -> None:
    """None in both places."""
    assert (response().template, response().context) == (None, None)


def test_a_status_without_a_phrase_has_no_reason() -> None:
    """Any number is a status to a test."""
    assert response(b"", 299).reason == ""


@pytest.mark.parametrize(
    "content_type, content, text",
    [
        (None, b"\xc3\xa9", "\u00e9"),
        (b"text/plain", b"\xc3\xa9", "\u00e9"),
        (b"text/plain; charset=ISO-8859-1", b"\xe9", "\u00e9"),
        (b"text/plain; charset=utf-8", b"\xff", "\ufffd"),
        (b"nonsense", b"a", "a"),
    ],
)
def test_text_is_in_the_charset_of_the_answer(
    content_type: bytes | None, content: bytes, text: str
) -> None:
    """UTF-8 where none is named; what cannot be decoded is replaced."""
    fields = [] if content_type is None else [(b"content-type", content_type)]
    assert response(content, 200, *fields).text == text


def test_a_charset_that_nobody_knows_is_an_error() -> None:
    """A test shall see that its application names it."""
    answer = response(b"a", 200, (b"content-type", b"text/plain; charset=nope"))
    with pytest.raises(LookupError):
        assert answer.text


def test_cookies_are_those_that_the_answer_sets() -> None:
    """By name; the last of a name counts."""
    values = (b"a=1; Path=/", b"b=x=y", b"a=2; Secure")
    answer = response(b"", 200, *((b"set-cookie", value) for value in values))
    assert answer.cookies == {"a": "2", "b": "x=y"}


@pytest.mark.parametrize(
    "status, location, redirect",
    [(302, True, True), (308, True, True), (302, False, False), (201, True, False)],
)
def test_a_redirect_has_a_status_and_a_location(
    status: int, location: bool, redirect: bool
) -> None:
    """RFC 9110 §15.4: both are needed for a client to follow."""
    fields = [(b"location", b"/a")] if location else []
    assert response(b"", status, *fields).is_redirect is redirect


def test_an_error_is_raised_on_request() -> None:
    """It says what was asked and what came."""
    response(b"", 399).raise_for_status()
    answer = response(b"gone", 410, method="GET", url="http://testserver/a")
    assert not answer.ok
    with pytest.raises(HTTPStatusError) as caught:
        answer.raise_for_status()
    assert str(caught.value) == "410 Gone for GET http://testserver/a: gone"
    assert caught.value.response is answer


def test_pytest_does_not_collect_the_answer_s_class() -> None:
    """Its name begins with Test."""
    assert TestResponse.__test__ is False
