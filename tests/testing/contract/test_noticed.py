"""Which header fields an application looks at."""

from restlette import Headers, Request
from restlette.testing.contract.noticed import Noticed, noticed, watched


def test_what_is_decoded_was_looked_at() -> None:
    """And nothing else was; names are given in lower case."""
    fields = watched([(b"X-A", b"1"), (b"x-b", b"2"), (b"accept", b"*/*")])
    assert noticed(fields) == frozenset()
    headers = Headers(raw=fields)
    assert headers["x-b"] == "2"
    assert headers["accept"] == "*/*"
    assert noticed(fields) == {"x-b"}
    assert fields[0][1].decode("latin-1") == "1"
    assert noticed(fields) == {"x-a", "x-b"}


def test_cookies_are_looked_at_by_who_asks_for_one() -> None:
    """Through the request, as handlers do."""
    fields = watched([(b"cookie", b"a=b")])
    request = Request({"type": "http", "headers": fields})
    assert noticed(fields) == frozenset()
    assert request.cookies == {"a": "b"}
    assert noticed(fields) == {"cookie"}


def test_a_watched_value_is_what_it_was() -> None:
    """For whoever compares, counts or joins it."""
    value = Noticed(b"a")
    assert value == b"a"
    assert {value: 1} == {b"a": 1}
    assert b", ".join([value, b"b"]) == b"a, b"
    assert not value.was_read
