"""Requests held against what is declared of them."""

from typing import Any

import pytest

from restlette.testing.contract import asked as module
from restlette.testing.contract.asked import (
    Asked,
    has_credentials,
    request_breaches,
    undeclared_breaches,
)
from restlette.testing.contract.operations import Operation, Operations
from restlette.testing.contract.schemas import Purpose, Schemas
from restlette.testing.lint import Observation
from tests.testing.contract.documents import (
    content,
    document,
    kinds,
    parameter,
    sole,
)

INTEGER = {"type": "integer", "minimum": 1}
BOOK = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": {"type": "string"}, "id": {"type": "integer"}},
}


def asked(
    query: str = "",
    body: bytes | None = b"",
    *,
    was_read: bool = True,
    used: Any = (),
    set_before: Any = (),
    path_params: Any = None,
    **headers: str,
) -> Asked:
    fields = [
        (name.replace("_", "-").encode(), value.encode())
        for name, value in headers.items()
    ]
    scope = {"method": "GET", "query_string": query.encode()}
    if path_params is not None:
        scope["path_params"] = path_params
    seen = Observation("GET", "/", fields, 200, [])
    return Asked(
        scope,
        seen,
        body,
        was_read=was_read,
        used=frozenset(used),
        set_before=set_before,
    )


def parts(*fields: str) -> bytes:
    """A multipart form of fields that are written name=value."""
    pairs = (field.partition("=") for field in fields)
    head = 'Content-Disposition: form-data; name="'
    lines = [f'--x\r\n{head}{name}"\r\n\r\n{text}\r\n' for name, _, text in pairs]
    return "".join([*lines, "--x--\r\n"]).encode()


def breaches(
    found: dict[str, Any], request: Asked, purpose: Purpose = "request"
) -> list[Any]:
    (operation,) = Operations(found)
    return request_breaches(Schemas(found), operation, request, purpose)


def undeclared(found: dict[str, Any], request: Asked) -> list[Any]:
    (operation,) = Operations(found)
    return list(undeclared_breaches(operation, request))


def only(found: dict[str, Any]) -> Operation:
    (operation,) = Operations(found)
    return operation


def test_a_request_is_taken_apart() -> None:
    """Fields of one name are joined; cookies and the query are read."""
    fields = [(b"x-a", b"1"), (b"x-a", b"2"), (b"cookie", b"c=d")]
    request = Asked(
        {"method": "PUT", "query_string": b"a=1&a=2&b", "path_params": {"id": 3}},
        Observation("PUT", "/", fields, 200, []),
        b"content",
        was_read=True,
        used=frozenset({"x-a"}),
    )
    assert request.query == {"a": ["1", "2"], "b": [""]}
    assert request.header("x-a") == "1, 2"
    assert request.cookies == {"c": "d"}
    assert (request.content, request.was_read) == (b"content", True)
    assert request.used == {"x-a"}
    assert request.text("path", "id") == "3"
    assert request.text("path", "no") is None
    assert request.text("query", "a") == "1, 2"
    assert request.text("query", "c") is None
    assert request.text("cookie", "c") == "d"
    assert request.text("header", "x-b") is None
    assert asked().cookies == {}


@pytest.mark.parametrize(
    "declared, request_",
    [
        (parameter("n", schema=INTEGER), asked("n=1")),
        (parameter("n", schema=INTEGER), asked("")),
        (parameter("n", schema={"type": ["integer", "null"]}), asked("n=")),
        (parameter("n", schema={"type": "array", "items": INTEGER}), asked("n=1&n=2")),
        (
            parameter("n", schema={"type": "array", "items": INTEGER}, explode=False),
            asked("n=1,2"),
        ),
        (
            parameter(
                "n",
                schema={"type": "array", "items": INTEGER},
                style="pipeDelimited",
                explode=False,
            ),
            asked("n=1|2"),
        ),
        (parameter("n", schema={"type": "object"}, required=True), asked("")),
        ({"name": "n", "in": "query"}, asked("n=a")),
        ({"name": "n", "in": "query", **content(INTEGER)}, asked("n=1")),
        ({"name": "n", "in": "query", "content": {"a/b": {}}}, asked("n=1")),
        (parameter("n", "path", INTEGER), asked(path_params={"n": 1})),
        (parameter("X-N", "header", INTEGER), asked(x_n="1")),
        (parameter("Accept", "header", INTEGER, required=True), asked()),
        (parameter("n", "cookie", INTEGER), asked(cookie="n=1")),
    ],
)
def test_a_parameter_that_fits_is_no_breach(
    declared: dict[str, Any], request_: Asked
) -> None:
    """Wherever it stands, and however its parts are written."""
    assert breaches(document(parameters=[declared]), request_) == []


@pytest.mark.parametrize(
    "declared, request_, message",
    [
        (
            parameter("n", schema=INTEGER, required=True),
            asked(),
            "the query parameter 'n' is not there",
        ),
        (
            parameter("n", schema=INTEGER),
            asked("n=a"),
            "the query parameter 'n' is no integer",
        ),
        (
            parameter("n", schema=INTEGER),
            asked("n=0"),
            "the query parameter 'n': 0 is less than the minimum of 1",
        ),
        (
            parameter("n", schema=INTEGER),
            asked("n=1&n=2"),
            "the query parameter 'n' comes more than once, and is no integer",
        ),
        (
            parameter("n", schema={"type": "array", "items": INTEGER}),
            asked("n=1&n=0"),
            "the query parameter 'n'/1: 0 is less than the minimum of 1",
        ),
        (
            {"name": "n", "in": "query", **content(INTEGER)},
            asked("n={"),
            "the query parameter 'n' is no JSON",
        ),
        (
            {"name": "n", "in": "query", **content(INTEGER)},
            asked("n=0"),
            "the query parameter 'n': 0 is less than the minimum of 1",
        ),
        (
            parameter("n", "path", INTEGER),
            asked(path_params={}),
            "the path parameter 'n' is not there",
        ),
        (
            parameter("n", "path", INTEGER),
            asked(path_params={"n": 0}),
            "the path parameter 'n': 0 is less than the minimum of 1",
        ),
        (
            parameter("X-N", "header", INTEGER),
            asked(x_n="a"),
            "the header parameter 'x-n' is no integer",
        ),
        (
            parameter("n", "cookie", INTEGER, required=True),
            asked(cookie="m=1"),
            "the cookie parameter 'n' is not there",
        ),
    ],
)
def test_a_parameter_that_does_not_fit_is_a_breach(
    declared: dict[str, Any], request_: Asked, message: str
) -> None:
    """It says which one, and why."""
    assert kinds(breaches(document(parameters=[declared]), request_)) == [
        f"parameter: {message}"
    ]


def test_a_breach_of_a_parameter_says_where_it_is_declared() -> None:
    """With what was sent."""
    found = breaches(
        document(parameters=[parameter("n", schema=INTEGER)]), asked("n=0")
    )
    assert sole(found)[2:] == (
        "0",
        "minimum: 1",
        "#/paths/~1books/get/parameters/0/schema/minimum",
    )
    found = breaches(
        document(parameters=[parameter("n", schema=INTEGER)]), asked("n=a")
    )
    assert sole(found)[2:] == (
        "a",
        "type: integer",
        "#/paths/~1books/get/parameters/0/schema",
    )


BODY = {"required": True, **content(BOOK)}
FORM = content(BOOK, "application/x-www-form-urlencoded")
MULTIPART = content(BOOK, "multipart/form-data")
PARTS_TYPE = "multipart/form-data; boundary=x"
JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "declared, request_",
    [
        (BODY, asked(body=b'{"title": "a"}', content_type=JSON_TYPE)),
        (BODY, asked(body=b'{"title": "a", "x": 1}', content_type=JSON_TYPE)),
        (BODY, asked(body=None)),
        (BODY, asked(body=b"\x1f\x8b", content_type="a/b", content_encoding="gzip")),
        (content(BOOK), asked()),
        (content(BOOK, "text/plain"), asked(body=b"a", content_type="text/plain")),
        ({"content": {"a/b": {}}}, asked(body=b"a", content_type="a/b")),
        ({}, asked(body=b"a", content_type="a/b")),
        (FORM, asked(body=b"title=a&id=1&x=2", content_type=FORM_TYPE)),
        (
            MULTIPART,
            asked(body=parts("title=a", "id=1", "x=2"), content_type=PARTS_TYPE),
        ),
        (MULTIPART, asked(body=parts("title=a"), content_type="multipart/form-data")),
        (MULTIPART, asked(body=b"", content_type=PARTS_TYPE)),
    ],
)
def test_content_that_fits_is_no_breach(
    declared: dict[str, Any], request_: Asked
) -> None:
    """Nor is what cannot be looked into."""
    assert breaches(document(requestBody=declared), request_) == []


@pytest.mark.parametrize(
    "declared, request_, message",
    [
        (BODY, asked(), "body: the request has no content"),
        (
            BODY,
            asked(body=b"a", content_type="text/plain"),
            "media type: the request's media type is not declared",
        ),
        (
            BODY,
            asked(body=b"{}"),
            "media type: the request's media type is not declared",
        ),
        (
            BODY,
            asked(body=b"{}", content_type=JSON_TYPE),
            'body: request body (the whole): "title" is a required property',
        ),
        (
            BODY,
            asked(body=b'{"title": 1}', content_type=JSON_TYPE),
            'body: request body /title: 1 is not of type "string"',
        ),
        (
            BODY,
            asked(body=b"nonsense", content_type=JSON_TYPE),
            "body: the request is no JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        (
            FORM,
            asked(body=b"id=1", content_type=FORM_TYPE),
            "body: the field 'title' is not there",
        ),
        (
            FORM,
            asked(body=b"title=a&id=b", content_type=FORM_TYPE),
            "body: the field 'id' is no integer",
        ),
        (
            MULTIPART,
            asked(body=parts("id=1"), content_type=PARTS_TYPE),
            "body: the field 'title' is not there",
        ),
        (
            MULTIPART,
            asked(body=parts("title=a", "id=b"), content_type=PARTS_TYPE),
            "body: the field 'id' is no integer",
        ),
    ],
)
def test_content_that_does_not_fit_is_a_breach(
    declared: dict[str, Any], request_: Asked, message: str
) -> None:
    """It says where in it, and why."""
    assert kinds(breaches(document(requestBody=declared), request_)) == [message]


def test_a_file_is_a_field_whatever_is_in_it() -> None:
    """A part without a name is none."""
    name = b'Content-Disposition: form-data; name="title"; filename="a.txt"'
    body = b"--x\r\n" + name + b"\r\n\r\n\xff\r\n--x\r\n\r\nnothing\r\n--x--\r\n"
    request = asked(body=body, content_type=PARTS_TYPE)
    assert breaches(document(requestBody=MULTIPART), request, "strict request") == []


def test_strictly_a_form_has_no_other_fields() -> None:
    """As most servers have it."""
    found = document(requestBody=FORM)
    request = asked(body=b"title=a&x=1", content_type=FORM_TYPE)
    assert breaches(found, request) == []
    assert kinds(breaches(found, request, "strict request")) == [
        "body: the field 'x' is not declared"
    ]


def test_strictly_what_is_not_listed_does_not_fit() -> None:
    """As most servers have it, but not all."""
    request = asked(body=b'{"title": "a", "x": 1}', content_type=JSON_TYPE)
    found = document(requestBody=BODY)
    assert breaches(found, request) == []
    assert len(breaches(found, request, "strict request")) == 1


def test_what_nothing_is_declared_of_is_a_breach() -> None:
    """Of the query, of the path, of fields that were looked at, and content."""
    found = document("/books/{id}", parameters=[parameter("a")])
    request = asked(
        "a=1&b=2",
        b"content",
        used=["x-tenant", "accept-language", "x-request-id"],
        path_params={"id": 1},
        x_tenant="t",
    )
    assert kinds(undeclared(found, request)) == [
        "parameter: the query parameter 'b' is not declared",
        "parameter: the header parameter 'x-tenant' is not declared",
        "parameter: the path parameter 'id' is not declared",
        "body: the request has content, of which nothing is declared",
    ]
    query = undeclared(found, request)[0]
    assert (query.sent, query.declared) == ("2", "a")
    assert query.at == "#/paths/~1books~1{id}/get"
    header = undeclared(found, request)[1]
    assert (header.sent, header.declared) == ("t", "no header parameters")


def test_what_is_declared_or_nobody_looked_at_is_none() -> None:
    """Keys of security schemes and the members of a parameter are declared too."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {"type": "apiKey", "in": "query", "name": "token"},
    }
    found = document(
        parameters=[parameter("X-A", "header")],
        security=[{"key": []}, {"token": []}],
        components={"securitySchemes": schemes},
    )
    request = asked("token=1", b"content", was_read=False, used=["x-key", "x-a"])
    assert undeclared(found, request) == []
    spread = document(parameters=[parameter("filter", schema={"type": "object"})])
    assert undeclared(spread, asked("a=1")) == []
    named = document("/books/{id}", parameters=[parameter("id", "path")])
    assert undeclared(named, asked(path_params={"id": 1})) == []
    taken = document(requestBody=BODY)
    assert undeclared(taken, asked(body=b"content")) == []


def test_a_cookie_that_the_resource_looks_for_is_a_parameter() -> None:
    """Unless the application has set it itself."""
    found = document(parameters=[parameter("a", "cookie")])
    request = asked(cookie="a=1; b=2; c=3", used=["cookie"], set_before=["c"])
    assert kinds(undeclared(found, request)) == [
        "parameter: the cookie parameter 'b' is not declared"
    ]
    assert undeclared(found, asked(cookie="b=2")) == []


def test_credentials_are_there_in_one_of_the_ways() -> None:
    """All schemes of an alternative; what the request does not show counts as there."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {"type": "apiKey", "in": "query", "name": "token"},
        "session": {"type": "apiKey", "in": "cookie", "name": "s"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "tls": {"type": "mutualTLS"},
    }

    def has(request: Asked, *alternatives: Any) -> bool:
        security = [{key: [] for key in each} for each in alternatives]
        found = document(security=security, components={"securitySchemes": schemes})
        return has_credentials(only(found), request)

    assert has(asked())
    assert not has(asked(), ["key"])
    assert has(asked(x_key="a"), ["key"])
    assert has(asked("token=a"), ["key"], ["token"])
    assert not has(asked("token=a"), ["key", "token"])
    assert has(asked(cookie="s=1"), ["session"])
    assert has(asked(authorization="Bearer a"), ["bearer"])
    assert not has(asked(authorization="Basic a"), ["bearer"])
    assert has(asked(), ["tls"])
    assert has(asked(), ["key"], [])


def test_what_fits_is_remembered_and_not_without_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_FITTING", 2)
    made = document(parameters=[parameter("n", schema=INTEGER)])
    schemas, operation = Schemas(made), only(made)
    for number in (1, 2, 2, 3, 4):
        assert request_breaches(schemas, operation, asked(f"n={number}")) == []
        assert 1 <= len(schemas.fitting) <= 2
    assert len(request_breaches(schemas, operation, asked("n=0"))) == 1
    assert len(request_breaches(schemas, operation, asked("n=0"))) == 1
