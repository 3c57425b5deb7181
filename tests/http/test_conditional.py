"""Conditional requests: three outcomes, in the order of RFC 9110 §13.2.2."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.background import BackgroundTask
from restlette.http.conditional import (
    Outcome,
    Preconditions,
    conditional_response,
    evaluate,
    if_range_holds,
    not_modified,
    precondition_failed,
)
from restlette.http.errors import PreconditionFailed
from restlette.http.headers import Headers
from restlette.http.response import JSONResponse, Response, StreamingResponse
from restlette.http.validators import ETag, Validators
from tests.http.stopwatch import seconds

PROCEED, SAME, FAILED = (
    Outcome.PROCEED,
    Outcome.NOT_MODIFIED,
    Outcome.PRECONDITION_FAILED,
)

BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
THEN = "Sun, 06 Nov 1994 08:49:37 GMT"
AFTER = "Sun, 06 Nov 1994 08:49:38 GMT"
STAMP = 784111777

STRONG = Validators(etag="a", last_modified=STAMP)
WEAK = Validators(etag=ETag("a", weak=True), last_modified=STAMP)
TAG = Validators(etag="a")
DATE = Validators(last_modified=STAMP)
NONE = Validators()


def outcome(method, fields, validators=STRONG, exists=True):
    return evaluate(method, Headers(fields), validators, exists=exists)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"])
def test_without_conditions_it_proceeds(method) -> None:
    assert outcome(method, {}) is PROCEED
    assert outcome(method, {}, NONE, exists=False) is PROCEED


@pytest.mark.parametrize(
    ("value", "validators", "exists", "expected"),
    [
        ('"a"', STRONG, True, PROCEED),
        ('"x", "a"', STRONG, True, PROCEED),
        ('"x"', STRONG, True, FAILED),
        ('W/"a"', STRONG, True, FAILED),
        ('"a"', WEAK, True, FAILED),
        ('"a"', NONE, True, FAILED),
        ('"a"', NONE, False, FAILED),
        ("*", NONE, True, PROCEED),
        ("*", STRONG, True, PROCEED),
        ("*", NONE, False, FAILED),
        ("garbage", STRONG, True, FAILED),
        ("", STRONG, True, FAILED),
    ],
)
def test_if_match_on_a_put(value, validators, exists, expected) -> None:
    """conditional-86: RFC 9110 §13.1.1, strong comparison."""
    assert outcome("PUT", {"if-match": value}, validators, exists) is expected


@pytest.mark.parametrize(
    ("value", "validators", "exists", "get", "put"),
    [
        ('"a"', STRONG, True, SAME, FAILED),
        ('W/"a"', STRONG, True, SAME, FAILED),
        ('"a"', WEAK, True, SAME, FAILED),
        ('"x", "a"', STRONG, True, SAME, FAILED),
        ('"x"', STRONG, True, PROCEED, PROCEED),
        ('"a"', NONE, True, PROCEED, PROCEED),
        ('"a"', STRONG, False, PROCEED, PROCEED),
        ("*", NONE, True, SAME, FAILED),
        ("*", NONE, False, PROCEED, PROCEED),
        ("garbage", STRONG, True, PROCEED, PROCEED),
    ],
)
def test_if_none_match(value, validators, exists, get, put) -> None:
    """conditional-86: RFC 9110 §13.1.2, weak comparison."""
    fields = {"if-none-match": value}
    assert outcome("GET", fields, validators, exists) is get
    assert outcome("HEAD", fields, validators, exists) is get
    assert outcome("QUERY", fields, validators, exists) is get
    assert outcome("PUT", fields, validators, exists) is put


@pytest.mark.parametrize(
    ("value", "validators", "get", "put"),
    [
        (BEFORE, STRONG, PROCEED, PROCEED),
        (THEN, STRONG, SAME, PROCEED),
        (AFTER, STRONG, SAME, PROCEED),
        ("Sunday, 06-Nov-94 08:49:37 GMT", STRONG, SAME, PROCEED),
        ("Sun Nov  6 08:49:37 1994", STRONG, SAME, PROCEED),
        (THEN, TAG, PROCEED, PROCEED),
        ("Fri, 31 Dec 9999 23:59:59 GMT", STRONG, SAME, PROCEED),
        ("Mon, 01 Jan 1601 00:00:00 GMT", STRONG, PROCEED, PROCEED),
        ("garbage", STRONG, PROCEED, PROCEED),
        (f"{THEN}, {THEN}", STRONG, PROCEED, PROCEED),
    ],
)
def test_if_modified_since(value, validators, get, put) -> None:
    """conditional-86: RFC 9110 §13.1.3, for GET and HEAD."""
    fields = {"if-modified-since": value}
    assert outcome("GET", fields, validators) is get
    assert outcome("HEAD", fields, validators) is get
    assert outcome("PUT", fields, validators) is put


@pytest.mark.parametrize(
    ("value", "validators", "expected"),
    [
        (BEFORE, STRONG, FAILED),
        (THEN, STRONG, PROCEED),
        (AFTER, STRONG, PROCEED),
        (BEFORE, TAG, PROCEED),
        ("Fri, 31 Dec 9999 23:59:59 GMT", STRONG, PROCEED),
        ("Mon, 01 Jan 1601 00:00:00 GMT", STRONG, FAILED),
        ("garbage", STRONG, PROCEED),
    ],
)
def test_if_unmodified_since(value, validators, expected) -> None:
    """conditional-86: RFC 9110 §13.1.4, for every method."""
    fields = {"if-unmodified-since": value}
    assert outcome("GET", fields, validators) is expected
    assert outcome("PUT", fields, validators) is expected


@pytest.mark.parametrize(
    ("fields", "get", "put"),
    [
        pytest.param(
            {"if-match": '"a"', "if-none-match": '"a"'}, SAME, FAILED, id="both-match"
        ),
        pytest.param(
            {"if-match": "*", "if-none-match": '"x"'}, PROCEED, PROCEED, id="both-hold"
        ),
        pytest.param(
            {"if-match": '"x"', "if-none-match": '"a"'},
            FAILED,
            FAILED,
            id="if-match-first",
        ),
        pytest.param(
            {"if-match": '"a"', "if-unmodified-since": BEFORE},
            PROCEED,
            PROCEED,
            id="if-match-hides-the-date",
        ),
        pytest.param(
            {"if-none-match": '"x"', "if-modified-since": THEN},
            PROCEED,
            PROCEED,
            id="if-none-match-hides-the-date",
        ),
        pytest.param(
            {"if-unmodified-since": BEFORE, "if-none-match": '"a"'},
            FAILED,
            FAILED,
            id="if-unmodified-since-first",
        ),
        pytest.param(
            {"if-unmodified-since": THEN, "if-modified-since": THEN},
            SAME,
            PROCEED,
            id="both-dates",
        ),
    ],
)
def test_the_order_is_that_of_the_rfc(fields, get, put) -> None:
    assert outcome("GET", fields) is get
    assert outcome("PUT", fields) is put


@pytest.mark.parametrize("method", ["CONNECT", "OPTIONS", "TRACE"])
def test_methods_that_select_nothing_ignore_conditions(method) -> None:
    """RFC 9110 §13.2.1."""
    assert outcome(method, {"if-match": '"x"'}) is PROCEED
    assert outcome(method, {"if-none-match": "*"}) is PROCEED


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_does_not_exist_is_a_404_first(method) -> None:
    """RFC 9110 §13.2.1."""
    assert outcome(method, {"if-match": "*"}, NONE, exists=False) is PROCEED


def test_lines_of_a_field_are_one_list() -> None:
    raw = [(b"if-none-match", b'"x"'), (b"if-none-match", b'"a"')]
    assert evaluate("GET", Headers(raw=raw), STRONG) is SAME
    raw = [(b"if-modified-since", THEN.encode())] * 2
    assert evaluate("GET", Headers(raw=raw), STRONG) is PROCEED


@pytest.mark.parametrize("unit", ['"x", ', "garbage, ", '"'])
def test_a_long_list_takes_linear_time(unit) -> None:
    """conditional-86: a hundred kilobytes, and a thousand times over."""
    headers = Headers({"if-none-match": (unit * 100_000).strip()})
    assert seconds(lambda: evaluate("GET", headers, STRONG)) < 3


NAMES = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"]
VALUES = st.sampled_from(['"a"', 'W/"a"', '"x"', "*", BEFORE, THEN, AFTER, "?", ""])


@given(
    st.sampled_from(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "BREW"]),
    st.dictionaries(st.sampled_from([*NAMES, "if-range"]), VALUES),
    st.sampled_from([STRONG, WEAK, TAG, DATE, NONE]),
    st.booleans(),
)
def test_every_request_has_one_of_three_outcomes(
    method, fields, validators, exists
) -> None:
    result = outcome(method, fields, validators, exists)
    assert result in (PROCEED, SAME, FAILED)
    if result is SAME:
        assert method in ("GET", "HEAD")
        assert exists
        assert {"if-none-match", "if-modified-since"} & fields.keys()
    if result is FAILED:
        assert method != "OPTIONS"
        assert set(fields) & set(NAMES)


@given(st.sampled_from(NAMES), st.binary().map(lambda b: b.decode("latin-1")))
def test_any_bytes_have_an_outcome(name, value) -> None:
    headers = Headers(raw=[(name.encode(), value.encode("latin-1"))])
    assert evaluate("GET", headers, STRONG) in (PROCEED, SAME, FAILED)
    assert if_range_holds(headers, STRONG)


@pytest.mark.parametrize(
    ("value", "validators", "holds"),
    [
        pytest.param(value, validators, holds, id=f"range-84-{name}")
        for name, value, validators, holds in [
            ("absent", None, NONE, True),
            ("strong", '"a"', STRONG, True),
            ("other", '"x"', STRONG, False),
            ("weak", 'W/"a"', STRONG, False),
            ("weak-current", '"a"', WEAK, False),
            ("no-tag", '"a"', DATE, False),
            ("list", '"a", "x"', STRONG, False),
            ("star", "*", STRONG, False),
            ("date", THEN, STRONG, True),
            ("date-asctime", "Sun Nov  6 08:49:37 1994", STRONG, True),
            ("date-before", BEFORE, STRONG, False),
            ("date-after", AFTER, STRONG, False),
            ("no-date", THEN, TAG, False),
            ("garbage", "garbage", STRONG, False),
            ("empty", "", STRONG, False),
            ("open-quote", '"a', STRONG, False),
        ]
    ],
)
def test_if_range(value, validators, holds) -> None:
    """RFC 9110 §13.1.5: strong comparison of tags, exact match of dates."""
    headers = Headers({} if value is None else {"if-range": value})
    assert if_range_holds(headers, validators) is holds


def test_a_date_of_this_second_is_not_a_strong_validator() -> None:
    """RFC 9110 §8.8.2.2: within the second there may be another change."""
    headers = Headers({"if-range": THEN})
    assert not if_range_holds(headers, DATE, now=STAMP + 0.9)
    assert if_range_holds(headers, DATE, now=STAMP + 1)


def test_a_304_keeps_what_is_not_of_the_content() -> None:
    response = JSONResponse({}, headers={"ETag": '"a"', "Content-Location": "/x"})
    response.headers["content-language"] = "en"
    response.headers["content-security-policy"] = "default-src 'none'"
    response.set_cookie("a", "b")
    answer = not_modified(response)
    assert answer.status_code == 304
    assert answer.body == b""
    assert [name for name, _ in answer.raw_headers] == [
        b"etag",
        b"content-location",
        b"content-security-policy",
        b"set-cookie",
    ]


def test_a_412_is_problem_details_or_text() -> None:
    answer = precondition_failed(Headers({}))
    assert answer.status_code == 412
    assert answer.headers["content-type"] == "application/problem+json"
    answer = precondition_failed(Headers({"accept": "text/plain"}))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def nothing() -> None:
    pass


def answered(method, fields, response):
    raw = Headers(fields).raw
    scope = {"type": "http", "method": method, "headers": raw}
    return asyncio.run(conditional_response(scope, response))


@pytest.mark.parametrize("status", [200, 201, 299])
def test_an_answer_is_replaced_by_a_304(status) -> None:
    background = BackgroundTask(nothing)
    response = Response(b"x", status, {"etag": '"a"'}, background=background)
    answer = answered("GET", {"if-none-match": '"a"'}, response)
    assert answer.status_code == 304
    assert answer.background is background
    assert answered("GET", {"if-none-match": '"b"'}, response) is response
    assert answered("GET", {}, response) is response


def test_an_answer_is_replaced_by_a_412() -> None:
    background = BackgroundTask(nothing)
    response = Response(b"x", headers={"etag": '"a"'}, background=background)
    answer = answered("GET", {"if-match": '"b"'}, response)
    assert answer.status_code == 412
    assert answer.background is background


def test_what_has_been_done_is_not_denied() -> None:
    """A PUT that was carried out is not answered 412."""
    response = Response(b"x", headers={"etag": '"a"'})
    assert answered("PUT", {"if-match": '"b"'}, response) is response


@pytest.mark.parametrize("status", [199, 300, 404])
def test_preconditions_are_ignored_unless_the_answer_is_2xx(status) -> None:
    """RFC 9110 §13.2.1."""
    response = Response(b"", status, headers={"etag": '"a"'})
    assert answered("GET", {"if-none-match": '"a"'}, response) is response


def test_the_refusal_of_a_websocket_is_not_conditional() -> None:
    response = Response(b"x", headers={"etag": '"a"'})
    scope = {"type": "websocket", "headers": [(b"if-none-match", b"*")]}
    assert asyncio.run(conditional_response(scope, response)) is response


def test_a_stream_that_is_replaced_is_closed() -> None:
    closed = []

    class Content:
        def __aiter__(self):
            raise AssertionError("nobody reads it")

        async def aclose(self) -> None:
            closed.append(True)

    response = StreamingResponse(Content(), headers={"etag": '"a"'})
    answer = answered("GET", {"if-none-match": '"a"'}, response)
    assert answer.status_code == 304
    assert closed == [True]


# Preconditions as a value


@pytest.mark.parametrize(
    ("fields", "current", "holds"),
    [
        ({}, STRONG, True),
        ({}, None, True),
        ({"if-match": '"a"'}, STRONG, True),
        ({"if-match": '"b"'}, STRONG, False),
        ({"if-match": '"a"'}, None, False),
        ({"if-none-match": "*"}, STRONG, False),
        ({"if-none-match": "*"}, None, True),
        ({"If-Unmodified-Since": BEFORE}, STRONG, False),
    ],
)
def test_preconditions_are_held_against_a_state(fields, current, holds) -> None:
    preconditions = Preconditions(fields)
    if holds:
        preconditions.check(current)
    else:
        with pytest.raises(PreconditionFailed):
            preconditions.check(current)


def test_that_a_client_has_the_state_is_no_reason_to_refuse_it() -> None:
    """304 is for who knows that there is nothing to do, and a store does not."""
    preconditions = Preconditions({"if-none-match": '"a"'}, method="GET")
    preconditions.check(STRONG)
    assert preconditions.evaluate(STRONG) is SAME


def test_the_state_may_be_named_by_any_representation() -> None:
    types = ["application/json", "text/csv"]
    for tag in ("a", "a;application/json", "a;text/csv"):
        Preconditions({"if-match": f'"{tag}"'}, media_types=types).check(TAG)
    for fields in ({"if-match": '"a;text/html"'}, {"if-none-match": '"a;text/csv"'}):
        with pytest.raises(PreconditionFailed):
            Preconditions(fields, media_types=types).check(TAG)
    # A weak tag never names exactly one state.
    with pytest.raises(PreconditionFailed):
        Preconditions({"if-match": 'W/"a;text/csv"'}, media_types=types).check(TAG)


@pytest.mark.parametrize(
    ("fields", "current", "named"),
    [
        ({}, STRONG, False),
        ({"if-match": "*"}, STRONG, True),
        ({"if-match": "junk"}, STRONG, True),
        ({"if-none-match": "*"}, None, True),
        ({"if-none-match": '"a"'}, STRONG, False),
        ({"if-unmodified-since": THEN}, DATE, True),
        ({"if-unmodified-since": "junk"}, DATE, False),
        ({"if-unmodified-since": THEN}, STRONG, False),
        ({"if-unmodified-since": THEN}, NONE, False),
        ({"if-unmodified-since": THEN}, None, False),
        ({"if-modified-since": THEN}, DATE, False),
    ],
)
def test_a_request_names_a_state_or_not(fields, current, named) -> None:
    assert Preconditions(fields).name_a_state(current) is named


def test_preconditions_are_shown() -> None:
    fields = {"if-match": '"a"', "host": "x", "if-none-match": "*"}
    assert repr(Preconditions(fields)) == (
        'Preconditions(if-match: "a", if-none-match: *)'
    )
    assert repr(Preconditions()) == "Preconditions(none)"
