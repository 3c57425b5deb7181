"""One request to an application, without a client."""

import asyncio
import contextvars
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import (
    JSON,
    Conflict,
    Created,
    Guard,
    HTTPEndpoint,
    JSONResponse,
    Middleware,
    Preconditions,
    Representation,
    Request,
    Restlette,
    Route,
    Router,
    Validators,
)
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


# A resource on its own, and the same below a router -----------------------------------


@attrs.frozen
class Change:
    title: str
    year: int = 0


@attrs.frozen
class Search:
    words: list[str] = attrs.Factory(list)
    page: int = 1


class Known(Guard):
    """Lets in who is logged in, to shelves of the session."""

    challenges = "Basic"
    responses = {401: "Log in first.", 403: "Not your shelf."}

    async def check(self, connection: Any, resource: Any) -> bool:
        if connection.scope.get("user") is None:
            return False
        shelf: bool = connection.path_params["shelf"] in connection.session["shelves"]
        return shelf


class Book(HTTPEndpoint):
    """Every step that a resource can state."""

    shelves: dict[str, int]
    guards = [Known()]
    representations = (JSON, Representation("text/csv", lambda content: b"csv"))

    async def prepare(self, request: Request, shelf: str) -> Any:
        return JSONResponse({"early": shelf}) if shelf == "early" else None

    async def validators(self, request: Request, shelf: str) -> Validators | None:
        version = self.shelves.get(shelf)
        return None if version is None else Validators(etag=str(version))

    async def get(self, request: Request, book_id: int, query: Search) -> list[Any]:
        return [book_id, query.words, query.page, request.path_params["shelf"]]

    async def put(
        self,
        request: Request,
        shelf: str,
        body: Change,
        query: Search,
        preconditions: Preconditions,
    ) -> Created[Change] | Change:
        if body.year > 3000:
            raise Conflict("Not yet.")
        return body if shelf in self.shelves else Created(body)

    def delete(self, request: Request) -> None: ...


class Enters:
    """Gives a request the user and the session that it names."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields = dict(scope["headers"])
        if b"x-user" in fields:
            scope["user"] = fields[b"x-user"].decode()
            scope["session"] = {"shelves": ["a", "b", "early"]}
        await self.app(scope, receive, send)


ALONE = Book(shelves={"a": 1, "c": 2})
MOUNTED = Restlette(middleware=[Middleware(Enters)])
MOUNTED.mount("/shelves/{shelf}", Router([Route("/{book_id:int}", ALONE)]))

BODIES = st.one_of(
    st.none(),
    st.sampled_from([[], "x", {"title": "Dune", "more": 1}]),
    st.fixed_dictionaries(
        {"title": st.one_of(st.text(max_size=3), st.integers())},
        optional={"year": st.sampled_from([1965, "1965", 3001])},
    ),
)


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS", "NOPE"]),
    shelf=st.sampled_from(["a", "b", "c", "early"]),
    book_id=st.integers(0, 10**9),
    user=st.sampled_from([None, "ada"]),
    query=st.sampled_from(["", "words=x&words=y", "page=2", "page=x", "other=1"]),
    headers=st.dictionaries(
        st.sampled_from(["accept", "if-match", "if-none-match", "content-type"]),
        st.sampled_from(
            ["*", "text/csv", "*/*", '"1;text/csv"', '"1"', "image/png", "junk"]
        ),
    ),
    body=BODIES,
)
def test_a_resource_on_its_own_answers_as_it_does_below_a_router(
    method, shelf, book_id, user, query, headers, body
) -> None:
    """Same bytes, same fields: a test of a resource is one of its application's."""
    options: Any = {"params": query}
    if body is not None:
        options["json"] = body
    alone = call(
        ALONE,
        method,
        path_params={"shelf": shelf, "book_id": book_id},
        user=user,
        session={"shelves": ["a", "b", "early"]},
        headers=headers,
        **options,
    )
    entered = {"x-user": user} if user else {}
    mounted = call(
        MOUNTED,
        method,
        f"/shelves/{shelf}/{book_id}",
        headers={**headers, **entered},
        **options,
    )
    assert alone.status_code == mounted.status_code
    assert alone.content == mounted.content
    assert sorted(alone.headers.items()) == sorted(mounted.headers.items())
