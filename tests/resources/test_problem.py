"""Exceptions of a domain, and what clients are told of them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from restlette import (
    HTTPEndpoint,
    HTTPException,
    JSONResponse,
    NotFound,
    Restlette,
    Router,
)
from restlette.resources.problem import Problem
from restlette.testing import call

GONE = "https://shop.example/problems/gone"


class BookGone(Exception):
    """What the domain raises; it knows nothing of HTTP."""

    def __init__(self, book_id: int) -> None:
        super().__init__(f"The book {book_id} is out of print.")
        self.book_id = book_id


class Burnt(BookGone): ...


class Item(HTTPEndpoint):
    async def get(self, request: Any) -> None:
        raise Burnt(7)


def app_with(**problem: Any) -> Restlette:
    app = Restlette()
    app.add_route("/", Item)
    app.problem(BookGone, status_code=410, **problem)
    return app


def test_an_exception_is_answered_as_its_problem(caplog) -> None:
    """As an answer that was meant: nothing is logged, nothing is raised."""
    app = app_with(
        type=GONE,
        title="Out of print",
        detail=str,
        extensions=lambda exc: {"book": exc.book_id},
        headers={"Retry-After": "3600"},
    )
    with caplog.at_level(logging.INFO):
        answer = call(app)
    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "3600"
    assert answer.json() == {
        "type": GONE,
        "title": "Out of print",
        "status": 410,
        "detail": "The book 7 is out of print.",
        "book": 7,
    }
    assert caplog.records == []


def test_the_text_of_an_exception_is_not_shown_unasked() -> None:
    """SECURITY: it may have been written for other eyes."""
    assert call(app_with()).json() == {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
    }
    assert call(app_with(detail="Look elsewhere.")).json()["detail"] == (
        "Look elsewhere."
    )
    assert call(app_with(extensions={"see": "/"})).json()["see"] == "/"


def test_a_handler_of_the_status_is_asked_and_knows_the_cause() -> None:
    app = app_with()

    @app.exception_handler(410)
    async def gone(request: Any, exc: HTTPException) -> JSONResponse:
        assert isinstance(exc.__cause__, Burnt)
        return JSONResponse({"own": exc.status_code}, exc.status_code)

    assert call(app).json() == {"own": 410}


def test_the_innermost_router_says_what_it_stands_for() -> None:
    app = app_with()
    inner = Router()
    inner.add_route("/", Item)
    app.mount("/inner", inner)
    assert call(app, path="/inner/").status_code == 410
    inner.problem(Burnt, status_code=404)
    assert call(app, path="/inner/").status_code == 404
    assert call(app).status_code == 410
    shown = {
        route.path: {exc.__name__: p.status_code for exc, p in route.problems.items()}
        for route in app.walk()
    }
    assert shown == {"/": {"BookGone": 410}, "/inner/": {"BookGone": 410, "Burnt": 404}}


def test_a_handler_takes_the_place_of_a_problem() -> None:
    app = app_with()
    inner = Router()
    inner.add_route("/", Item)
    inner.add_exception_handler(BookGone, lambda request, exc: JSONResponse("own", 409))
    app.mount("/inner", inner)
    assert call(app, path="/inner/").status_code == 409
    assert [dict(route.problems) for route in app.walk()][1] == {}


def test_a_problem_that_fails_is_a_500_with_its_reason(caplog) -> None:
    app = app_with(detail=lambda exc: exc.no_such_thing)
    with pytest.raises(AttributeError, match="no_such_thing"):
        call(app)
    answer = call(app, raise_server_exceptions=False)
    assert answer.status_code == 500
    assert "no_such_thing" not in answer.text


@pytest.mark.parametrize("wrong", [Exception, BaseException, KeyError("x"), int, "x"])
def test_startup_124_a_problem_is_one_of_a_class_of_exceptions(wrong) -> None:
    with pytest.raises(TypeError, match="a problem is for a subclass of Exception"):
        Restlette().problem(wrong, status_code=410)


def test_startup_124_an_answer_needs_no_problem() -> None:
    with pytest.raises(TypeError, match="NotFound is an answer already"):
        Router().problem(NotFound, status_code=410)


@pytest.mark.parametrize(
    ("status", "field"),
    [
        (401, "WWW-Authenticate"),
        (405, "Allow"),
        (407, "Proxy-Authenticate"),
        (426, "Upgrade"),
    ],
)
def test_startup_124_mandatory_fields_are_given(status, field) -> None:
    with pytest.raises(ValueError, match=f"has a {field} field"):
        Problem(status)
    problem = Problem(status, headers={field.upper(): "x"})
    assert problem.of(BookGone(1)).headers == {field.upper(): "x"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"status_code": 200},
        {"status_code": 410, "headers": {"x": "a\nb"}},
        {"status_code": 410, "extensions": {"status": 1}},
    ],
)
def test_startup_124_a_problem_that_makes_no_sense(arguments) -> None:
    with pytest.raises(ValueError):
        Problem(**arguments)


def test_a_problem_is_shown() -> None:
    assert repr(Problem(410, type=GONE)) == f"Problem(410, type={GONE!r})"
