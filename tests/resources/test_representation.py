"""Results are values: content, and what is said about it."""

from __future__ import annotations

import typing
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Annotated, Any

import attrs
import pytest
from marshmallow import Schema, fields

from restlette.http.response import JSONResponse, Response
from restlette.http.streams import NDJSON, EventStream, ServerSentEvent
from restlette.resources.models import model_for
from restlette.resources.pages import Page, PageContent
from restlette.resources.queries import Cursor
from restlette.resources.representation import (
    JSON,
    UNANNOTATED,
    Accepted,
    Created,
    Given,
    Reply,
    Representation,
    Returns,
    SeeOther,
    returns_of,
)
from restlette.resources.uri import Ref


@attrs.frozen
class Book:
    title: str


class BookSchema(Schema):
    title = fields.String()


@attrs.frozen
class Film:
    length: int


DUNE = Book("Dune")


# Representations


def test_json_is_a_representation() -> None:
    assert JSON.media_type == "application/json"
    assert JSON.encode({"a": 1}) == b'{"a":1}'


def test_a_representation_has_a_media_type() -> None:
    csv = Representation("Text/CSV; charset=utf-8", bytes)
    assert csv.media_type == "text/csv; charset=utf-8"
    assert repr(csv) == "Representation('text/csv; charset=utf-8', <class 'bytes'>)"
    with pytest.raises(ValueError, match="media type"):
        Representation("csv", bytes)


# Replies


def task() -> None: ...


def test_a_reply_has_defaults() -> None:
    reply: Reply[Any] = Reply()
    assert reply.content is None
    assert reply.status_code == 200
    assert reply.headers == {}
    assert reply.cookies == {}
    assert reply.background is None


def test_its_parts_can_be_given() -> None:
    reply = Reply(
        DUNE,
        status_code=203,
        headers={"X-Shelf": "3"},
        cookies={"seen": "1"},
        background=task,
    )
    assert reply.content == DUNE
    assert reply.status_code == 203
    assert reply.headers == {"x-shelf": "3"}
    assert reply.cookies == {"seen": "1"}
    assert reply.background is task


def test_created_and_accepted_have_their_status() -> None:
    assert Created(DUNE).status_code == 201
    assert Created().location is None
    assert Accepted(location="/jobs/1").status_code == 202
    assert Created(DUNE, location=Ref("item", book_id=1)).location == Ref(
        "item", book_id=1
    )


EQUAL = [
    (Reply(), Reply()),
    (Reply(DUNE), Reply(Book("Dune"))),
    (Reply(1, headers={"X-A": "1"}), Reply(1, headers={"x-a": "1"})),
    (Created(DUNE, location="/1"), Created(Book("Dune"), location="/1")),
    (Created(location=Ref("a", b=1)), Created(location=Ref("a", b=1))),
    (Accepted(background=task), Accepted(background=task)),
    (SeeOther(Ref("a", b=1)), SeeOther(location=Ref("a", b=1))),
]
UNEQUAL = [
    (Reply(1), Reply(2)),
    (Reply(1), Reply(1, status_code=203)),
    (Reply(1), Reply(1, headers={"x-a": "1"})),
    (Reply(1), Reply(1, cookies={"a": "1"})),
    (Reply(1), Reply(1, background=task)),
    (Reply(1), 1),
    (Reply(status_code=201), Created()),
    (Created(), Accepted()),
    (Created(location="/1"), SeeOther("/1")),
    (Created(location="/1"), Created(location="/2")),
    (Created(location="/1"), Created()),
]


@pytest.mark.parametrize(("one", "other"), EQUAL, ids=repr)
def test_replies_with_equal_parts_are_equal(one, other) -> None:
    assert one == other


@pytest.mark.parametrize(("one", "other"), UNEQUAL, ids=repr)
def test_replies_with_other_parts_are_not(one, other) -> None:
    assert one != other
    assert other != one


def test_a_reply_is_no_key() -> None:
    """Its content may change."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(Reply())


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply(), "Reply()"),
        (Reply([1], status_code=203), "Reply([1], status_code=203)"),
        (Created(DUNE, location="/1"), "Created(Book(title='Dune'), location='/1')"),
        (Accepted(headers={"X-A": "1"}), "Accepted(headers={'x-a': '1'})"),
        (SeeOther("/1"), "SeeOther(location='/1')"),
    ],
)
def test_a_reply_is_shown_as_it_could_be_written(reply, text) -> None:
    assert repr(reply) == text


@pytest.mark.parametrize("status", [200, 599])
def test_a_status_is_that_of_a_last_answer(status) -> None:
    assert Reply(status_code=status).status_code == status


@pytest.mark.parametrize("status", [-1, 0, 99, 100, 199, 600, 2000])
def test_a_status_that_is_none_is_refused(status) -> None:
    """headers-out-31."""
    with pytest.raises(
        ValueError, match=f"a reply's status is 200 to 599, not {status}"
    ):
        Reply(status_code=status)


@pytest.mark.parametrize(
    "headers",
    [{"X-A": "a\r\nb"}, {"X A": "a"}, {"X-A": "\x00"}, {"X-A": "€"}, {"": "a"}],
    ids=repr,
)
def test_fields_that_cannot_be_sent_are_refused(headers) -> None:
    """headers-out-28."""
    for kind in (Reply, Created, Accepted):
        with pytest.raises(ValueError):
            kind(headers=headers)


def test_a_location_that_cannot_be_sent_is_refused() -> None:
    with pytest.raises(ValueError, match="location"):
        Created(location="/a\r\nSet-Cookie: b")


def test_a_location_is_given_once() -> None:
    with pytest.raises(ValueError, match="the location is given twice"):
        Created(location="/a", headers={"Location": "/b"})
    assert Created(headers={"Location": "/b"}).headers == {"location": "/b"}


# What a return annotation says


def told(returns: Returns) -> Returns:
    """What it says, with annotations for models: one may be made anew at any time."""
    return returns._replace(
        given=(), model=annotation_of(returns.model), item=annotation_of(returns.item)
    )


def annotation_of(model: Any) -> Any:
    return None if model is None else model.annotation


BOOK, FILM = model_for(Book), model_for(Film)


@pytest.mark.parametrize(
    ("annotation", "returns"),
    [
        pytest.param(Any, Returns(), id="Any"),
        pytest.param(object, Returns(), id="object"),
        pytest.param(type(None), Returns(True, statuses=(204,)), id="None"),
        pytest.param(dict, Returns(False, True, None, dict), id="dict"),
        pytest.param(
            dict[str, list[int]],
            Returns(False, True, None, dict[str, list[int]]),
            id="JSON's own",
        ),
        pytest.param(Book, Returns(False, True, BOOK, Book), id="a model"),
        pytest.param(
            typing.Literal["a"],
            Returns(False, True, model_for(typing.Literal["a"]), typing.Literal["a"]),
            id="a choice",
        ),
        pytest.param(
            list[Book],
            Returns(False, True, model_for(list[Book]), list[Book]),
            id="list",
        ),
        pytest.param(
            Book | None, Returns(True, True, BOOK, Book, (200, 204)), id="or nothing"
        ),
        pytest.param(
            Created[Book], Returns(False, True, BOOK, Book, (201,)), id="Created"
        ),
        pytest.param(
            Accepted[None],
            Returns(False, False, None, Any, (202,)),
            id="Accepted[None]",
        ),
        pytest.param(Created, Returns(statuses=(201,)), id="Created without brackets"),
        pytest.param(Reply[Book], Returns(False, True, BOOK, Book, ()), id="Reply"),
        pytest.param(
            Book | Created[Book],
            Returns(False, True, BOOK, Book, (200, 201)),
            id="one content with two statuses",
        ),
        pytest.param(
            Book | Created[Film],
            Returns(False, True, model_for(Book | Film), Book | Film, (200, 201)),
            id="two contents",
        ),
        pytest.param(
            typing.Union[Book, Response],  # noqa: UP007
            Returns(False, True, BOOK, Book, (200,)),
            id="or a response",
        ),
        pytest.param(
            JSONResponse, Returns(False, False, None, Any, ()), id="a response alone"
        ),
        pytest.param(
            typing.NoReturn, Returns(False, False, None, Any, ()), id="nothing ever"
        ),
        pytest.param(
            Cursor[int],
            Returns(False, True, model_for(Cursor[int]), Cursor[int]),
            id="what an adapter knows",
        ),
        pytest.param(
            Annotated[Reply, BookSchema],
            Returns(
                False,
                True,
                model_for(Annotated[Any, BookSchema]),
                Annotated[Any, BookSchema],
                (),
            ),
            id="a Schema of anything",
        ),
        pytest.param(
            Created | Book,
            Returns(False, False, None, Any, (201, 200)),
            id="unknown too",
        ),
    ],
)
def test_a_return_annotation_is_read(annotation, returns) -> None:
    assert told(returns_of(annotation)) == told(returns)


def test_without_an_annotation_nothing_is_known() -> None:
    """None is then a mistake: openness-125."""
    assert returns_of(Any)._replace(given=()) == UNANNOTATED
    assert not UNANNOTATED.none_ok


@pytest.mark.parametrize(
    ("annotation", "given"),
    [
        (Book, (Given(None, 200, Book),)),
        (Book | None, (Given(None, 200, Book), Given(None, 204, None))),
        (Created[Book], (Given(Created, 201, Book),)),
        (Accepted[None], (Given(Accepted, 202, None),)),
        (Reply[Book], (Given(Reply, None, Book),)),
        (Page[Book], (Given(Page, 200, PageContent[Book]),)),
        (SeeOther, (Given(SeeOther, 303, None),)),
        (Book | SeeOther, (Given(None, 200, Book), Given(SeeOther, 303, None))),
        (JSONResponse, (Given(JSONResponse, None, None),)),
        (AsyncIterator[Book], ()),
        (typing.NoReturn, (Given(None, None, None),)),
        (
            Annotated[Created[dict[str, Any]], BookSchema],
            (Given(Created, 201, Annotated[dict[str, Any], BookSchema]),),
        ),
    ],
)
def test_each_thing_that_may_be_returned_is_told(annotation, given) -> None:
    assert returns_of(annotation).given == given


def test_content_without_a_form_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        returns_of(Created[bytes])


def test_a_schema_of_nothing_is_refused() -> None:
    with pytest.raises(TypeError, match=r"BookSchema.* is for content, of which there"):
        returns_of(Annotated[None, BookSchema])


# Streams

BOOKS = model_for(Book)
EACH = (NDJSON, EventStream)


@pytest.mark.parametrize(
    ("annotation", "streams", "item", "typed"),
    [
        (AsyncIterator[Book], EACH, BOOKS, True),
        (typing.AsyncIterable[Book], EACH, BOOKS, True),
        (AsyncGenerator[Book, None], EACH, BOOKS, True),
        (Iterator[dict[str, Any]], EACH, None, True),
        (Generator[Book, None, None], EACH, BOOKS, True),
        (AsyncIterator, EACH, None, True),
        (AsyncIterator[ServerSentEvent[Book]], (EventStream,), BOOKS, True),
        (AsyncIterator[ServerSentEvent], (EventStream,), None, True),
        (AsyncIterator[Book] | None, EACH, BOOKS, True),
        (EventStream[Book], (EventStream,), BOOKS, False),
        (EventStream[ServerSentEvent[Book]], (EventStream,), BOOKS, False),
        (EventStream, (EventStream,), None, False),
        (NDJSON[Book] | EventStream[Book], EACH, BOOKS, False),
        (NDJSON[Book] | EventStream[Film], EACH, model_for(Book | Film), False),
    ],
)
def test_an_annotation_says_what_a_stream_is_made_of(
    annotation, streams, item, typed
) -> None:
    returns = returns_of(annotation)
    assert (returns.streams, annotation_of(returns.item)) == (
        streams,
        annotation_of(item),
    )
    assert (returns.typed, returns.model) == (typed, None)


def test_a_stream_is_200() -> None:
    assert returns_of(AsyncIterator[Book]).statuses == (200,)
    assert returns_of(AsyncIterator[Book] | None).statuses == (200, 204)
    assert returns_of(AsyncIterator[Book] | None).none_ok


def test_a_result_is_not_both_content_and_a_stream() -> None:
    with pytest.raises(TypeError, match="either content or a stream of items"):
        returns_of(AsyncIterator[Book] | Book)


def test_an_item_without_a_form_is_refused() -> None:
    with pytest.raises(TypeError, match="complex"):
        returns_of(AsyncIterator[list[complex]])


def test_a_schema_beside_a_stream_is_for_its_items() -> None:
    """As what `@returns` puts around the annotation."""
    schema = Annotated[dict[str, Any], BookSchema]
    returns = returns_of(Annotated[AsyncIterator[dict[str, Any]], BookSchema])
    assert (returns.streams, returns.typed) == (EACH, True)
    assert returns.item == returns_of(AsyncIterator[schema]).item == model_for(schema)
