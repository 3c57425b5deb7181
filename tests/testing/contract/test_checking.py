"""One exchange held against its operation: what the two sides say together."""

import json
from typing import Any

import pytest

from restlette.testing.contract import ContractError
from restlette.testing.contract.checking import Checking, Keyed
from restlette.testing.contract.declared import Declared
from restlette.testing.contract.operations import Operations
from restlette.testing.exchange import Exchange
from tests.testing.contract.documents import (
    JSON,
    PROBLEM,
    content,
    document,
    kinds,
    parameter,
    sole,
)
from tests.testing.lint.exchanges import seen

INTEGER = {"type": "integer"}
BOOK = {"type": "object", "properties": {"id": INTEGER}, "required": ["id"]}
SCHEMES = {
    "securitySchemes": {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }
}


def check(
    found: dict[str, Any],
    text: str,
    body: bytes = b"",
    *,
    query: str = "",
    request: bytes = b"",
    was_asked: bool = True,
    keyed: Keyed | None = None,
    is_guess: bool = False,
    used: Any = (),
    **more: Any,
) -> Checking:
    observation = seen(text, body, **more)
    exchange = Exchange(observation.method, request)
    if was_asked:
        exchange._request = None
    declared = Declared(None, found)
    operation = next(iter(declared.operations), None)
    scope = {
        "method": observation.method,
        "query_string": query.encode(),
        "path": "/books",
    }
    return Checking(
        declared,
        operation,
        scope,
        exchange,
        observation,
        keyed or Keyed(),
        used=frozenset(used),
        is_guess=is_guess,
    )


def breaches(found: dict[str, Any], text: str, body: bytes = b"", **more: Any) -> Any:
    return kinds(check(found, text, body, **more).breaches())


def test_without_an_operation_nothing_is_declared() -> None:
    """Such as at a path that leads nowhere."""
    checking = check({}, "GET /books -> 404")
    assert list(checking.breaches()) == []
    assert list(checking.body_breaches()) == []
    assert checking.taker() is None
    assert checking.name == "GET /books"
    assert not checking.counts
    with pytest.raises(ContractError) as caught:
        checking.require(
            [
                check(document(), "GET /books -> 418")._undeclared_status(
                    next(iter(Operations(document())))
                )
            ]
        )
    assert caught.value.places == ()


def test_an_exchange_has_a_name_and_a_line() -> None:
    """The operation's, and what was sent; HEAD does not show what GET has."""
    checking = check(document(), "GET http://a/books -> 200")
    assert checking.name == "GET /books"
    assert checking.sent == "GET http://a/books -> 200"
    assert checking.counts
    assert not check(document(), "HEAD /books -> 200").counts


def test_a_status_is_declared_or_a_breach() -> None:
    """But for what no operation can declare."""
    assert breaches(document(), "GET /books -> 200") == []
    checking = check(document(), f"GET /books -> 418 | Content-Type: {JSON}", b"{}")
    found = sole(checking.breaches())
    assert found == (
        "status",
        "the status 418 is not declared",
        "418 {}",
        "200",
        "#/paths/~1books/get/responses",
    )
    for status in (405, 413, 414, 431, 500, 501):
        assert breaches(document(), f"GET /books -> {status}") == []
    nothing = check(document(responses={}), "GET /books -> 200")
    assert sole(nothing.breaches()).declared == "no responses"


def test_a_request_that_breaks_its_declaration_may_be_refused() -> None:
    """By a status that need not be declared; whoever has not broken it may not be."""
    found = document(parameters=[parameter("n", schema=INTEGER)])
    for status in (400, 404, 406, 415, 422):
        text = f"GET /books -> {status}"
        assert breaches(found, text, query="n=a") == []
        assert breaches(found, text, query="n=1") == [
            f"status: the status {status} is not declared"
        ]
    assert breaches(found, "GET /books -> 400", request=b"content") == []
    assert breaches(found, "GET /books -> 409", query="n=a") == [
        "status: the status 409 is not declared"
    ]


def test_an_operation_that_was_guessed_answers_as_others_do() -> None:
    """What refuses may be another; what succeeds is held to it."""
    found = check(document(), "GET /books -> 403", is_guess=True)
    assert list(found.breaches()) == []
    assert found.answer is None
    found = check(document(), "GET /books -> 201", is_guess=True)
    assert len(list(found.breaches())) == 1
    assert found.counts


def test_a_request_that_breaks_its_declaration_is_not_accepted() -> None:
    """Nor is what nothing is declared of."""
    found = document(parameters=[parameter("n", schema=INTEGER)])
    assert breaches(found, "GET /books -> 200", query="n=a") == [
        "parameter: the query parameter 'n' is no integer, and the answer is 200"
    ]
    assert breaches(found, "GET /books -> 200", query="m=1") == [
        "parameter: the query parameter 'm' is not declared, and the answer is 200"
    ]
    see_other = document(responses={"303": {}})
    assert breaches(see_other, "GET /books -> 303", query="m=1") == [
        "parameter: the query parameter 'm' is not declared, and the answer is 303"
    ]
    (message,) = breaches(document(), "GET /books -> 200", request=b"a")
    assert message.startswith("body: the request has content, of which nothing is")
    assert (
        breaches(document(), "GET /books -> 200", request=b"a", was_asked=False) == []
    )


def test_content_in_pieces_is_not_looked_into() -> None:
    """Who sent them has them no more."""
    found = document(requestBody={"required": True, **content(BOOK)})
    checking = check(found, "GET /books -> 200")
    checking._exchange.request = Exchange("GET").request
    assert len(list(checking.breaches())) == 1

    async def pieces() -> Any:
        yield b""

    checking._exchange.request = pieces()
    assert list(checking.breaches()) == []


def test_who_asks_is_said_where_that_is_declared() -> None:
    """A secured operation serves nobody else."""
    found = document(
        responses={"200": {}, "401": {}},
        security=[{"bearer": []}, {"key": []}],
        components=SCHEMES,
    )
    assert breaches(found, "GET /books | Authorization: Bearer a -> 200") == []
    assert breaches(found, "GET /books | X-Key: a -> 200") == []
    text = "GET /books -> 401 | WWW-Authenticate: Bearer"
    assert breaches(found, text) == []
    checking = check(found, "GET /books -> 200")
    assert sole(checking.breaches()) == (
        "security",
        "nobody said who asks, and the answer is 200",
        "no credentials",
        "bearer, key",
        "#/paths/~1books/get/security",
    )
    text = "GET /books -> 401 | WWW-Authenticate: Basic realm=a"
    assert breaches(found, text) == ["security: the challenge asks for another scheme"]
    assert breaches(found, "GET /books -> 401") == []
    both = document(security=[{"bearer": [], "key": []}], components=SCHEMES)
    checking = check(both, "GET /books -> 200")
    assert sole(checking.breaches()).declared == "bearer and key"
    key = document(responses={"401": {}}, security=[{"key": []}], components=SCHEMES)
    assert breaches(key, "GET /books -> 401 | WWW-Authenticate: Basic") == []


def test_an_operation_that_wants_to_know_who_asks_declares_it() -> None:
    """It refuses who does not say it, and serves who does."""
    found = document(responses={"200": {}, "401": {}})
    refused = "GET /books -> 401"
    served = "GET /books | Authorization: Bearer a -> 200"
    message = "security: credentials are wanted, of which nothing is declared"
    for first, second in ((refused, served), (served, refused)):
        keyed = Keyed()
        assert breaches(found, first, keyed=keyed) == []
        assert breaches(found, first, keyed=keyed) == []
        assert breaches(found, second, keyed=keyed) == [message]
    keyed = Keyed()
    wrong = "GET /books | Authorization: Bearer b -> 401"
    assert breaches(found, wrong, keyed=keyed) == []
    assert breaches(found, served, keyed=keyed) == []
    keyed = Keyed()
    assert breaches(found, refused, keyed=keyed) == []
    assert breaches(found, "GET /books -> 200", keyed=keyed) == []
    assert breaches(found, refused, keyed=keyed) == []


def test_a_resource_that_looks_for_credentials_declares_them() -> None:
    """As security, or as a parameter; middleware may look at whatever it likes."""
    text = "GET /books | Authorization: a -> 200"
    (message,) = breaches(document(), text, used=["authorization"])
    assert message.startswith("security: credentials are wanted")
    assert breaches(document(), text) == []
    text = "GET /books | Authorization: a -> 404"
    found = document(responses={"404": {}})
    assert breaches(found, text, used=["authorization"]) == []
    found = document(parameters=[parameter("Authorization", "header")])
    text = "GET /books | Authorization: a -> 200"
    assert breaches(found, text, used=["authorization"]) == []


def test_a_media_type_that_is_declared_is_taken() -> None:
    """415 is for those that are not, and for codings."""
    found = document(
        requestBody={"content": {"*/*": {}}}, responses={"415": {}, "200": {}}
    )
    text = f"GET /books | Content-Type: {JSON} -> 415"
    assert breaches(found, text, request=b"{}") == [
        "media type: the request's media type is declared, and refused with 415"
    ]
    coded = f"GET /books | Content-Type: {JSON} | Content-Encoding: br -> 415"
    assert breaches(found, coded, request=b"{}") == []
    assert breaches(found, text) == []
    found = document(requestBody={}, responses={"415": {}})
    assert breaches(found, text, request=b"{}") == []
    assert breaches(found, "GET /books -> 415", request=b"{}") == []


def test_a_media_type_that_is_declared_is_given() -> None:
    """406 is for those that are not."""
    found = document(responses={"200": content(), "404": content(), "406": {}})
    assert breaches(found, f"GET /books | Accept: {JSON} -> 406") == [
        "media type: the media type asked for is declared, and refused with 406"
    ]
    assert breaches(found, "GET /books | Accept: text/html -> 406") == []
    nothing = document(responses={"406": {}})
    assert breaches(nothing, "GET /books -> 406") == []


def invalid(*codes: str, **more: str) -> bytes:
    errors = [{"code": code, "detail": "", **more} for code in codes]
    return json.dumps({"status": 422, "errors": errors}).encode()


def test_validation_refuses_nothing_that_the_schemas_allow() -> None:
    """Where a schema could have said it."""
    found = document(
        requestBody=content(BOOK), responses={"422": content(media_type=PROBLEM)}
    )
    text = f"GET /books | Content-Type: {JSON} -> 422 | Content-Type: {PROBLEM}"
    good = b'{"id": 1}'
    message = "the request is as it is declared, and refused with 422"
    body = invalid("type", pointer="#/id")
    assert breaches(found, text, body, request=good) == [f"body: {message}"]
    assert breaches(found, text, invalid("missing"), request=good) == [
        f"parameter: {message}"
    ]
    # What a validator says, a schema may not be able to.
    assert breaches(found, text, invalid("type", "invalid"), request=good) == []
    # Members that are not listed may be refused, and are not if they are ignored.
    assert breaches(found, text, body, request=b'{"id": 1, "x": 1}') == []
    assert breaches(found, text, body, request=b"{}") == []
    for other in (b"{}", b"[]", b"{", b'{"errors": []}', b'{"errors": [1]}'):
        assert breaches(found, text, other, request=good) == []
    plain = text.replace(PROBLEM, "text/plain")
    assert breaches(found, plain, b"no", request=good) == [
        "media type: the answer's media type is not declared"
    ]


def test_the_body_is_that_of_an_answer_that_has_one() -> None:
    """Not of HEAD, of a part, or of what is not declared."""
    found = document(responses={"200": content(BOOK), "206": content(BOOK)})
    text = f"GET /books -> 200 | Content-Type: {JSON}"
    assert len(list(check(found, text, b"[]").body_breaches())) == 1
    assert list(check(found, text, b"").body_breaches()) == []
    assert list(check(found, text.replace("GET", "HEAD")).body_breaches()) == []
    assert list(check(found, text.replace("200", "206"), b"[]").body_breaches()) == []
    other = text.replace(JSON, "a/b")
    assert list(check(found, other, b"[]").body_breaches()) == []
    assert list(check(found, text.replace("200", "404"), b"[]").body_breaches()) == []


def test_items_are_held_to_the_schema_as_they_come() -> None:
    """Where the answer is a sequence of them, and not coded."""
    found = document(responses={"200": content(BOOK, "text/event-stream")})
    text = "GET /books -> 200 | Content-Type: text/event-stream"
    take = check(found, text, whole=False).taker()
    assert take is not None
    take(b'data: {"id": 1}\n')
    with pytest.raises(ContractError, match='item 1 /id: "" is not of type'):
        take(b'\ndata: {"id": ""}\n\n')
    take(b"data: {}")
    with pytest.raises(ContractError, match='"id" is a required property'):
        take(b"")
    for other in (
        text.replace("GET", "HEAD"),
        text.replace("200", "404"),
        text.replace("event-stream", "plain"),
        text + " | Content-Encoding: gzip",
        "GET /books -> 200",
    ):
        assert check(found, other, whole=False).taker() is None
    plain = document(responses={"200": content(BOOK)})
    text = f"GET /books -> 200 | Content-Type: {JSON}"
    assert check(plain, text, whole=False).taker() is None
