"""Errors as answers."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.errors import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    UnprocessableContent,
)
from restlette.http.problems import problem_response

JSON, TEXT = "application/problem+json", "text/plain; charset=utf-8"

BROWSER = b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

# (Accept, Content-Type of the answer)
NEGOTIATED = {
    "none": (None, JSON),
    "empty": (b"", JSON),
    "anything": (b"*/*", JSON),
    "browser": (BROWSER, JSON),
    "json": (b"application/json", JSON),
    "problem": (b"application/problem+json", JSON),
    "application": (b"application/*", JSON),
    "errors-108-html": (b"text/html", TEXT),
    "text": (b"text/plain", TEXT),
    "text-preferred": (b"application/json;q=0.5, text/plain", TEXT),
    "json-preferred": (b"application/json, text/plain;q=0.5", JSON),
    "json-refused": (b"application/*;q=0, */*", TEXT),
    "image": (b"image/png", TEXT),
    "junk": (b";;;", JSON),
}


@pytest.mark.parametrize("accept, media_type", NEGOTIATED.values(), ids=NEGOTIATED)
def test_accept_decides(accept, media_type):
    """Problem details for whoever takes JSON, plain text for whoever does not."""
    response = problem_response(NotFound("No book 7."), accept)

    assert response.status_code == 404
    assert response.headers["content-type"] == media_type
    if media_type == JSON:
        assert json.loads(response.body) == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "No book 7.",
        }
    else:
        assert response.body == b"Not Found\nNo book 7.\n"


@pytest.mark.parametrize("accept", [None, b"text/plain"], ids=["json", "text"])
def test_errors_108_no_answer_passes_for_html(accept):
    """errors-108: whatever the detail repeats, it is not sniffed; caches see Accept."""
    response = problem_response(NotFound("<script>alert(1)</script>"), accept)

    assert response.raw_headers.count((b"x-content-type-options", b"nosniff")) == 1
    assert response.headers["vary"] == "Accept"
    assert "html" not in response.headers["content-type"]


def test_errors_107_says_nothing_that_the_exception_does_not():
    """errors-107: without a detail there is no more than the status."""
    response = problem_response(HTTPException(500), None)
    assert response.body == (
        b'{"type":"about:blank","title":"Internal Server Error","status":500}'
    )
    assert problem_response(HTTPException(500), b"text/plain").body == (
        b"Internal Server Error\n"
    )


@pytest.mark.parametrize("detail", ["No book 7.", "There is no book 7."])
def test_in_plain_text_the_detail_is_a_line_of_its_own(detail):
    response = problem_response(NotFound(detail), b"text/plain")
    assert response.body == f"Not Found\n{detail}\n".encode()


def test_the_exceptions_fields_are_the_answers():
    """What a class sets, and what was given, is sent; Vary is a list."""
    exc = MethodNotAllowed(allow=["GET", "HEAD"], headers={"Vary": "Origin"})
    response = problem_response(exc, None)

    assert response.headers["allow"] == "GET, HEAD"
    assert response.headers.getlist("vary") == ["Origin", "Accept"]


def test_extensions_are_members():
    """RFC 9457 §3.2: beside the standard ones."""
    exc = UnprocessableContent("Wrong.", errors=[{"pointer": "/title"}])
    answer = json.loads(problem_response(exc, None).body)
    assert answer["errors"] == [{"pointer": "/title"}]


def test_an_extension_without_a_form_is_told():
    """A TypeError that names the type, for the boundary to log and answer 500."""
    exc = NotFound(extensions={"book": object()})
    with pytest.raises(TypeError, match=r"JSON has no form for builtins\.object"):
        problem_response(exc, None)


def test_it_is_an_asgi_application():
    """As every response: it can be sent as it is."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        raise AssertionError("An answer reads nothing.")

    scope = {"type": "http", "method": "GET"}
    asyncio.run(problem_response(NotFound(), None)(scope, receive, send))

    start, body = sent
    assert start["status"] == 404
    assert dict(start["headers"])[b"content-length"] == b"%d" % len(body["body"])


@given(st.text(), st.none() | st.binary())
def test_any_detail_and_any_accept_give_an_answer(detail, accept):
    """json-59: a detail with surrogates, an Accept of junk: an answer all the same."""
    response = problem_response(NotFound(detail), accept)

    assert response.status_code == 404
    assert response.headers["content-type"] in (JSON, TEXT)
    assert response.body
