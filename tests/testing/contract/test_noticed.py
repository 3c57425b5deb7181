"""Which header fields an application looks at."""

from typing import Any

from restlette import Headers, Request
from restlette.testing.contract.noticed import Noticed, noticed, watched


def fields_of(*fields: tuple[bytes, bytes], **more: Any) -> tuple[Any, Any]:
    scope = {"type": "http", "headers": list(fields), **more}
    scope["headers"] = found = watched(scope)
    return scope, found


def test_what_is_decoded_was_looked_at() -> None:
    """And nothing else was; names are given in lower case."""
    scope, fields = fields_of((b"X-A", b"1"), (b"x-b", b"2"), (b"accept", b"*/*"))
    assert noticed(fields) == (frozenset(), frozenset())
    headers = Headers(scope=scope)
    assert headers["x-b"] == "2"
    assert headers["accept"] == "*/*"
    assert noticed(fields) == ({"x-b"}, frozenset())
    assert fields[0][1].decode("latin-1") == "1"
    assert noticed(fields) == ({"x-a", "x-b"}, frozenset())


def test_what_is_watched_does_not_hold_the_scope_for_ever() -> None:
    """It would be held by what it holds, and wait for the collector."""
    scope, fields = fields_of((b"x-a", b"1"))
    assert fields[0][1].scope is scope
    noticed(fields)
    assert fields[0][1].scope == {}


def test_what_is_looked_at_behind_the_router_is_used() -> None:
    """A middleware reads what every request has; a resource what it needs."""
    scope, fields = fields_of((b"x-a", b"1"), (b"x-b", b"2"))
    assert Headers(scope=scope)["x-a"] == "1"
    scope["route"] = "found"
    assert Headers(scope=scope)["x-b"] == "2"
    assert noticed(fields) == ({"x-a", "x-b"}, {"x-b"})


def test_cookies_are_looked_at_by_who_asks_for_one() -> None:
    """Through the request, as handlers do."""
    scope, fields = fields_of((b"cookie", b"a=b"))
    request = Request(scope)
    assert noticed(fields)[0] == frozenset()
    assert request.cookies == {"a": "b"}
    assert noticed(fields)[0] == {"cookie"}


def test_a_watched_value_is_what_it_was() -> None:
    """For whoever compares, counts or joins it."""
    value = Noticed(b"a")
    assert value == b"a"
    assert {value: 1} == {b"a": 1}
    assert b", ".join([value, b"b"]) == b"a, b"
    assert not value.was_read
