"""A request on its way to an application."""

import pytest

from restlette.testing.outgoing import outgoing


def test_a_plain_request_has_the_fields_of_a_client() -> None:
    """Host, User-Agent and Accept."""
    scope, body, url = outgoing("GET", "/a?b=c")
    assert url == "http://testserver/a?b=c"
    assert body == b""
    assert scope["method"] == "GET"
    assert scope["client"] == ("testclient", 50000)
    assert scope["state"] == {}
    assert scope["headers"] == [
        (b"host", b"testserver"),
        (b"user-agent", b"testclient"),
        (b"accept", b"*/*"),
    ]


def test_the_options_reach_the_scope() -> None:
    """Each of them where it belongs."""
    scope, body, url = outgoing(
        "POST",
        "/a",
        json=[],
        headers={"accept": "text/plain"},
        params={"b": "c"},
        cookies={"d": "\u00e9", "f": "g"},
        client=None,
        root_path="/app",
        base_url="https://books.example:8443",
        state={"shelf": "A3"},
    )
    assert url == "https://books.example:8443/app/a?b=c"
    assert body == b"[]"
    assert (scope["path"], scope["root_path"]) == ("/app/a", "/app")
    assert (scope["client"], scope["state"]) == (None, {"shelf": "A3"})
    assert scope["server"] == ("books.example", 8443)
    assert scope["headers"] == [
        (b"host", b"books.example:8443"),
        (b"user-agent", b"testclient"),
        (b"content-length", b"2"),
        (b"content-type", b"application/json"),
        (b"cookie", b"d=\xc3\xa9; f=g"),
        (b"accept", b"text/plain"),
    ]


def test_an_unknown_option_is_refused() -> None:
    """By name, as Python does it."""
    with pytest.raises(TypeError, match="jsn"):
        outgoing("GET", "/", jsn=1)  # type: ignore[call-arg]  # that is the test


def test_what_routers_and_middleware_would_know_is_in_the_scope() -> None:
    scope, _, _ = outgoing(
        "GET", "/", path_params={"id": 1}, user="ada", auth=["read"], session={}
    )
    assert scope["path_params"] == {"id": 1}
    assert (scope["user"], scope["auth"], scope["session"]) == ("ada", ["read"], {})
    scope, _, _ = outgoing("GET", "/")
    assert not {"path_params", "user", "auth", "session"} & scope.keys()
