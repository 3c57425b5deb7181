"""What a resource says of its state, and what follows for a request."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from restlette import (
    HTML,
    JSON,
    Created,
    ETag,
    HTTPEndpoint,
    JSONResponse,
    PlainTextResponse,
    Preconditions,
    Reply,
    Representation,
    Request,
    Response,
    Restlette,
    StreamingResponse,
    Validators,
)
from restlette.resources.facts import Facts
from restlette.testing import build_request, call, call_async

CHANGED = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"
EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"
BOTH_KNOWN = Validators(etag="a", last_modified=CHANGED)
CSV = Representation("text/csv; charset=utf-8", lambda content: b"csv")


class Book(HTTPEndpoint):
    """A book whose state is given by the test."""

    state: Validators | None = None
    handled: list[str] = []

    async def validators(self, request: Request, book_id: int) -> Validators | None:
        assert book_id == 7
        return self.state

    async def get(self, request: Request, book_id: int) -> dict[str, Any]:
        self.handled.append("get")
        return {"title": "Dune"}

    async def put(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        self.handled.append("put")
        return body

    async def patch(self, request: Request) -> Reply[dict[str, Any]]:
        self.handled.append("patch")
        return Reply({}, headers={"etag": '"new"'})

    async def post(self, request: Request) -> None:
        self.handled.append("post")

    async def delete(self, request: Request) -> None:
        self.handled.append("delete")

    async def options(self, request: Request) -> None:
        self.handled.append("options")


def ask(
    method: str = "GET",
    state: Validators | None = BOTH_KNOWN,
    *,
    base: Any = Book,
    headers: Any = None,
    **attributes: Any,
) -> Any:
    """Ask a book; the answer, with what its handlers did in `ran`."""
    handled: list[str] = []
    members = {"state": state, "handled": handled, **attributes}
    cls = type("Book", (base,), members)
    app = Restlette()
    app.add_route("/{book_id:int}", cls)
    content = {"json": {}} if method in ("PUT", "PATCH") else {}
    answer: Any = call(app, method, "/7", headers=headers, **content)
    answer.ran = bool(handled)
    return answer


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_answer_says_in_which_state_the_resource_is(method) -> None:
    answer = ask(method)
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"a"'
    assert answer.headers["last-modified"] == DATE


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS"])
def test_other_methods_say_nothing_of_what_they_have_not_seen_stored(method) -> None:
    """RFC 9110 §9.3.4: none in answer to PUT, unless the content was saved as is."""
    answer = ask(method)
    assert answer.ran
    assert "etag" not in answer.headers
    assert "last-modified" not in answer.headers


def test_a_handler_that_knows_the_new_state_says_so() -> None:
    assert ask("PATCH").headers["etag"] == '"new"'


TAG = Validators(etag="a")
WEAK = Validators(etag=ETag("a", weak=True))
DATED = Validators(last_modified=CHANGED)
UNKNOWN = Validators()

OUTCOMES = [
    # method, what is stated, the request's field, its value, the answer's status
    ("GET", TAG, "if-none-match", '"a"', 304),
    ("HEAD", TAG, "if-none-match", '"b", "a"', 304),
    ("GET", WEAK, "if-none-match", '"a"', 304),
    ("GET", TAG, "if-none-match", "*", 304),
    ("GET", TAG, "if-none-match", '"b"', 200),
    ("GET", DATED, "if-modified-since", DATE, 304),
    ("GET", DATED, "if-modified-since", EARLIER, 200),
    ("GET", UNKNOWN, "if-none-match", '"a"', 200),
    ("GET", TAG, "if-match", '"b"', 412),
    ("PUT", TAG, "if-match", '"a"', 200),
    ("PUT", TAG, "if-match", '"b"', 412),
    ("PUT", WEAK, "if-match", 'W/"a"', 412),
    ("PUT", TAG, "if-none-match", "*", 412),
    ("PUT", TAG, "if-none-match", '"a"', 412),
    ("PUT", None, "if-none-match", "*", 200),
    ("PUT", None, "if-match", "*", 412),
    ("PUT", None, "if-match", '"a"', 412),
    ("PUT", None, "x-none", "", 200),
    ("PUT", DATED, "if-unmodified-since", EARLIER, 412),
    ("PUT", DATED, "if-unmodified-since", DATE, 200),
    ("PATCH", TAG, "if-match", '"b"', 412),
    ("DELETE", TAG, "if-match", '"b"', 412),
    ("DELETE", TAG, "if-match", '"a"', 204),
    ("POST", TAG, "if-match", '"b"', 412),
    # What is not there is not found, whatever state it should be in.
    ("GET", None, "if-match", '"a"', 404),
    ("HEAD", None, "if-none-match", "*", 404),
    ("DELETE", None, "if-match", '"a"', 404),
    ("PATCH", None, "x-none", "", 404),
    ("POST", None, "x-none", "", 404),
    # RFC 9110 §13.2.1: OPTIONS selects no representation.
    ("OPTIONS", TAG, "if-match", '"b"', 204),
    ("OPTIONS", None, "if-match", '"b"', 204),
    # conditional-86: malformed dates say nothing, malformed tags match nothing.
    ("GET", DATED, "if-modified-since", "yesterday", 200),
    ("GET", DATED, "if-modified-since", "Sat, 01 Jan 1601 00:00:00 GMT", 200),
    ("GET", DATED, "if-modified-since", "Fri, 31 Dec 9999 23:59:59 GMT", 304),
    ("PUT", DATED, "if-unmodified-since", "Sat, 01 Jan 1601 00:00:00 GMT", 412),
    ("GET", TAG, "if-none-match", '"a', 200),
    ("PUT", TAG, "if-match", "a", 412),
    ("GET", TAG, "if-none-match", '"x", ' * 20_000 + '"a"', 304),
    ("PUT", TAG, "if-match", '"x", ' * 20_000, 412),
]


@pytest.mark.parametrize(
    ("method", "state", "name", "value", "status"),
    [
        pytest.param(*row, id=f"conditional-86 {row[0]} {row[2]} {row[4]} {number}")
        for number, row in enumerate(OUTCOMES)
    ],
)
def test_conditional_86_what_follows_from_a_state(
    method, state, name, value, status
) -> None:
    answer = ask(method, state, headers={name: value})
    assert answer.status_code == status
    assert answer.ran == (status in (200, 204))


def test_a_304_has_the_tag_and_nothing_of_the_content() -> None:
    """RFC 9110 §15.4.5."""
    answer = ask(headers={"if-none-match": '"a"'})
    assert answer.headers.items() >= {("etag", '"a"')}
    assert {name for name, _ in answer.headers.raw} == {b"etag"}
    dated = ask(state=DATED, headers={"if-modified-since": DATE})
    assert {name for name, _ in dated.headers.raw} == {b"last-modified"}


def test_a_412_is_a_problem_that_a_handler_may_answer() -> None:
    answer = ask("PUT", headers={"if-match": '"b"'})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Precondition Failed",
        "status": 412,
        "detail": "The resource is not in the state that the request names.",
    }


# Requiring preconditions --------------------------------------------------------------

REQUIRED = [
    ("PUT", TAG, {}, 428),
    ("PATCH", TAG, {}, 428),
    ("DELETE", TAG, {}, 428),
    ("PUT", None, {}, 428),
    ("PUT", None, {"if-none-match": "*"}, 200),
    ("PUT", TAG, {"if-match": '"a"'}, 200),
    ("PUT", TAG, {"if-match": "*"}, 200),
    ("PUT", TAG, {"if-match": '"b"'}, 412),
    # It names a state that it is not about: whatever there is would be replaced.
    ("PUT", TAG, {"if-none-match": '"b"'}, 428),
    ("PUT", DATED, {"if-unmodified-since": DATE}, 200),
    ("PUT", DATED, {"if-unmodified-since": "yesterday"}, 428),
    ("PUT", TAG, {"if-unmodified-since": DATE}, 428),
    ("PUT", UNKNOWN, {"if-unmodified-since": DATE}, 428),
    ("GET", TAG, {}, 200),
    ("POST", TAG, {}, 204),
    ("OPTIONS", TAG, {}, 204),
    ("DELETE", None, {}, 404),
]


@pytest.mark.parametrize(("method", "state", "fields", "status"), REQUIRED)
def test_a_request_that_replaces_a_state_names_it(
    method, state, fields, status
) -> None:
    answer = ask(method, state, headers=fields, require_preconditions=True)
    assert answer.status_code == status
    assert answer.ran == (status in (200, 204))


def test_a_428_says_what_to_send() -> None:
    """RFC 6585 §3: the answer should explain how to resubmit the request."""
    answer = ask("PUT", require_preconditions=True)
    assert "If-Match with the ETag that GET gives" in answer.json()["detail"]


def test_startup_124_preconditions_need_something_to_hold_them_against() -> None:
    """start-up-config-124."""

    class Wrong(HTTPEndpoint):
        require_preconditions = True

        async def put(self, request: Request) -> None: ...

    app = Restlette()
    app.add_route("/", Wrong)
    with pytest.raises(TypeError) as caught:
        app.freeze()
    assert str(caught.value).endswith(
        "Wrong requires preconditions, but says nothing that they could be held "
        "against: give it `async def validators(self, request)`."
    )


@pytest.mark.parametrize("wrong", ['"a"', False, ETag("a")])
def test_openness_125_validators_are_validators(wrong) -> None:
    with pytest.raises(TypeError) as caught:
        ask(state=wrong)
    assert str(caught.value) == (
        f"Book.validators returned {wrong!r}: it gives Validators, or None where there "
        "is nothing."
    )


# Where they come ----------------------------------------------------------------------


def test_a_plain_function_states_facts_too() -> None:
    def validators(self: Any, request: Request) -> Validators:
        return TAG

    assert ask(validators=validators).headers["etag"] == '"a"'


def test_validators_compose_by_super() -> None:
    class Dated(Book):
        async def validators(self, request: Request, book_id: int) -> Validators | None:
            stated = await HTTPEndpoint.validators(self, request)
            assert stated == Validators()
            return await super().validators(request, book_id)

    assert ask(base=Dated).headers["etag"] == '"a"'


def test_prepare_comes_first_and_its_answer_has_no_tag() -> None:
    async def prepare(self: Any, request: Request) -> dict[str, str]:
        return {"early": "yes"}

    answer = ask(state=None, prepare=prepare)
    assert answer.json() == {"early": "yes"}
    assert "etag" not in answer.headers


@pytest.mark.parametrize("content", ["", "{", "[1]"])
def test_preconditions_come_before_the_content(content) -> None:
    """RFC 9110 §13.2.1: just before it would process the request's content."""
    cls = type("Closed", (Book,), {"state": TAG})
    app = Restlette()
    app.add_route("/{book_id:int}", cls)
    headers = {"if-match": '"b"', "content-type": "text/plain"}
    answer = call(app, "PUT", "/7", content=content, headers=headers)
    assert answer.status_code == 412


def test_a_resource_on_its_own_states_facts() -> None:
    class Alone(Book):
        state = TAG

        async def get(self, request: Request) -> str:  # type: ignore[override]
            return "alone"

    app = Restlette()
    app.add_route("/{book_id:int}", Alone)
    mounted = call(app, path="/7", headers={"if-none-match": '"a"'})
    assert mounted.status_code == 304
    with pytest.raises(KeyError):
        # The path's parameter is the router's to give.
        call(Alone())


# What the answer is -------------------------------------------------------------------

SHARED = JSONResponse({})


def test_an_answer_that_is_shared_is_left_as_it_is() -> None:
    async def get(self: Any, request: Request) -> Any:
        return SHARED

    assert ask(get=get).headers["etag"] == '"a"'
    assert "etag" not in SHARED.headers
    changed = ask(state=Validators(etag="b"), get=get)
    assert changed.headers.getlist("etag") == ['"b"']


def test_what_an_answer_says_itself_is_not_said_twice() -> None:
    async def get(self: Any, request: Request) -> Any:
        return PlainTextResponse("x", headers={"ETag": '"own"'})

    answer = ask(get=get)
    assert answer.headers.getlist("etag") == ['"own"']
    assert answer.headers["last-modified"] == DATE


def test_a_stream_has_its_tag() -> None:
    async def get(self: Any, request: Request) -> Any:
        return StreamingResponse(["a", "b"])

    answer = ask(get=get)
    assert (answer.text, answer.headers["etag"]) == ("ab", '"a"')


@pytest.mark.parametrize(
    ("status", "has_tag"),
    [
        *((status, True) for status in (200, 201, 226, 299)),
        *((status, False) for status in (300, 302, 404, 500)),
    ],
)
def test_an_answer_that_is_none_of_the_resource_has_no_tag(status, has_tag) -> None:
    async def get(self: Any, request: Request) -> Any:
        return PlainTextResponse("no", status)

    assert ("etag" in ask(get=get).headers) is has_tag


# Several representations --------------------------------------------------------------

BOTH = (JSON, CSV)
JSON_TAG, CSV_TAG = '"a;application/json"', '"a;text/csv;charset=utf-8"'


async def untyped(self: Any, request: Request) -> Any:
    return {"title": "Dune"}


@pytest.mark.parametrize("more", [{}, {"get": untyped}], ids=["typed", "untyped"])
def test_each_representation_has_a_tag_of_its_own(more) -> None:
    """RFC 9110 §8.8.3: a strong tag names the bytes, and these differ."""
    plain = ask(representations=BOTH, **more)
    assert plain.headers["etag"] == JSON_TAG
    assert plain.headers["vary"] == "Accept"
    csv = ask(representations=BOTH, headers={"accept": "text/csv"}, **more)
    assert (csv.content, csv.headers["etag"]) == (b"csv", CSV_TAG)
    for tag, status in [(CSV_TAG, 304), (JSON_TAG, 200), ('"a"', 200)]:
        fields = {"accept": "text/csv", "if-none-match": tag}
        answer = ask(representations=BOTH, headers=fields, **more)
        assert answer.status_code == status
        assert answer.headers["vary"] == "Accept"


def test_what_is_changed_may_have_been_seen_in_any_representation() -> None:
    for tag, status in [(JSON_TAG, 200), (CSV_TAG, 200), ('"a"', 200), ('"b"', 412)]:
        answer = ask("PUT", representations=BOTH, headers={"if-match": tag})
        assert answer.status_code == status
    refused = ask("PUT", representations=BOTH, headers={"if-none-match": CSV_TAG})
    assert refused.status_code == 412
    assert ask("PUT", headers={"if-match": JSON_TAG}).status_code == 412


def test_without_accept_it_is_the_first_representation() -> None:
    request = build_request("GET", headers=[("if-none-match", JSON_TAG)])

    async def validators(resource: Any, request: Request, params: Any) -> Validators:
        return TAG

    facts = Facts(validators, "Book", BOTH, required=False)
    answer = asyncio.run(facts.ask(None, request, None))
    assert isinstance(answer, Response)
    assert answer.headers["etag"] == JSON_TAG
    assert facts.required is False


def test_406_comes_before_preconditions() -> None:
    """RFC 9110 §13.2.1: ignored, where the answer would not be 2xx without them."""
    fields = {"accept": "image/png", "if-none-match": "*"}
    assert ask(representations=BOTH, headers=fields).status_code == 406


def test_an_answer_that_is_no_representation_has_the_tag_of_the_state() -> None:
    async def get(self: Any, request: Request) -> Any:
        return PlainTextResponse("picture", media_type="image/png")

    fields = {"accept": "image/png"}
    answer = ask(representations=BOTH, headers=fields, get=get)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"a"')
    fields["if-none-match"] = '"a"'
    assert ask(representations=BOTH, headers=fields, get=get).status_code == 304


def test_a_weak_tag_is_one_of_a_representation_too() -> None:
    answer = ask(state=WEAK, representations=BOTH)
    assert answer.headers["etag"] == 'W/"a;application/json"'
    assert "etag" not in ask(state=DATED, representations=BOTH).headers


# Other methods ------------------------------------------------------------------------


class Searched(Book):
    extra_methods = {"QUERY": "search"}

    async def search(self, request: Request) -> str:
        self.handled.append("search")
        return "found"


def test_query_has_no_tag_for_its_content_selects_what_is_sent() -> None:
    answer = ask("QUERY", base=Searched, headers={"if-none-match": '"a"'})
    assert (answer.status_code, answer.json()) == (200, "found")
    assert "etag" not in answer.headers
    assert ask("QUERY", base=Searched, headers={"if-match": '"b"'}).status_code == 412
    assert ask("QUERY", None, base=Searched).status_code == 404


@pytest.mark.parametrize(
    "method", ["VALIDATORS", "GUARDS", "PREPARE", "REQUIRE_PRECONDITIONS", "validators"]
)
def test_dispatch_1_what_a_class_states_is_no_method(method) -> None:
    answer = ask(method)
    assert (answer.status_code, answer.ran) == (501, False)


# No update is lost --------------------------------------------------------------------


class Store:
    """A store that compares and writes in one step, and takes its time before it."""

    def __init__(self) -> None:
        self.books: dict[int, list[str]] = {}

    def state(self, book_id: int) -> Validators | None:
        notes = self.books.get(book_id)
        return None if notes is None else Validators(etag=f"{len(notes)}-{book_id}")

    async def write(
        self, book_id: int, notes: list[str], preconditions: Preconditions
    ) -> bool:
        # Somebody else's request is carried out meanwhile.
        await asyncio.sleep(0)
        current = self.state(book_id)
        preconditions.check(current)
        self.books[book_id] = notes
        return current is None


class Notes(HTTPEndpoint):
    """What several people write into: each adds a line to what was there."""

    store: Store
    require_preconditions = True
    representations = (JSON, Representation("text/csv", lambda notes: b"csv"))

    async def validators(self, request: Request, book_id: int) -> Validators | None:
        # Others run between this and the handler.
        await asyncio.sleep(0)
        return self.store.state(book_id)

    async def get(self, request: Request, book_id: int) -> list[str]:
        return self.store.books[book_id]

    async def put(
        self,
        request: Request,
        book_id: int,
        body: list[str],
        preconditions: Preconditions,
    ) -> list[str] | Created[list[str]]:
        made = await self.store.write(book_id, body, preconditions)
        return Created(body) if made else body


class Writers(RuleBasedStateMachine):
    """Writers that read, change and write back, in whatever order, and side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.app = Restlette()
        self.app.provide_value(Store, self.store)
        self.app.add_route("/{book_id:int}", Notes)
        self.seen: dict[int, tuple[str | None, list[str]]] = {}
        self.written: list[str] = []
        self.count = 0

    @rule(writer=st.integers(0, 3), csv=st.booleans())
    def read(self, writer: int, csv: bool) -> None:
        answer = call(self.app, path="/1")
        if answer.status_code == 404:
            self.seen[writer] = None, []
            return
        notes = answer.json()
        if csv:
            # Whichever representation it was seen in.
            answer = call(self.app, path="/1", headers={"accept": "text/csv"})
        self.seen[writer] = answer.headers["etag"], notes

    @rule(writers=st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True))
    def write(self, writers: list[int]) -> None:
        asyncio.run(self._write_together(writers))

    async def _write_together(self, writers: list[int]) -> None:
        await asyncio.gather(*map(self._write, writers))

    async def _write(self, writer: int) -> None:
        tag, notes = self.seen.get(writer, (None, []))
        self.count += 1
        line = f"{writer}: {self.count}"
        fields = {"if-none-match": "*"} if tag is None else {"if-match": tag}
        answer = await call_async(
            self.app, "PUT", "/1", json=[*notes, line], headers=fields
        )
        if answer.status_code == 412:
            return
        assert answer.status_code == (201 if tag is None else 200)
        self.written.append(line)

    @rule(writer=st.integers(0, 3))
    def write_blindly(self, writer: int) -> None:
        assert call(self.app, "PUT", "/1", json=["mine"]).status_code == 428

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.store.books.get(1, []) == self.written


TestWriters = Writers.TestCase
TestWriters.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)


def test_without_the_check_in_the_store_an_update_would_be_lost() -> None:
    """What the machine above would find: validators() alone is check-then-act."""
    app = Restlette()
    store = Store()
    store.books[1] = []
    app.provide_value(Store, store)

    class Careless(Notes):
        async def put(  # type: ignore[override]
            self, request: Request, book_id: int, body: list[str]
        ) -> list[str]:
            await asyncio.sleep(0)
            self.store.books[book_id] = body
            return body

    app.add_route("/{book_id:int}", Careless)

    async def both() -> list[int]:
        fields = {"if-match": '"0-1"'}
        answers = await asyncio.gather(
            *(
                call_async(app, "PUT", "/1", json=[line], headers=fields)
                for line in ("one", "other")
            )
        )
        return [answer.status_code for answer in answers]

    assert asyncio.run(both()) == [200, 200]


def test_a_page_is_of_no_state() -> None:
    """Who looks at it is in it as well, and what its template says today."""

    class Book(HTTPEndpoint):
        representations = (JSON, HTML(lambda content, request: "<p>"))

        async def validators(self, request: Request) -> Validators:
            return Validators(etag="1", last_modified=datetime(2026, 1, 1, tzinfo=UTC))

        async def get(self, request: Request) -> dict[str, int]:
            return {"id": 1}

    for headers, status in (
        ({}, 200),
        ({"if-none-match": '"1"'}, 200),
        ({"if-none-match": '"1;text/html;charset=utf-8"'}, 200),
        ({"if-modified-since": "Fri, 02 Jan 2026 00:00:00 GMT"}, 200),
        ({"if-match": '"1"'}, 412),
    ):
        page = call(Book, "GET", headers={"accept": "text/html", **headers})
        assert page.status_code == status
        assert "etag" not in page.headers
        assert "last-modified" not in page.headers
    assert call(Book, "GET").headers["etag"] == '"1;application/json"'
