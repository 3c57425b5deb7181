"""A request made by hand."""

import asyncio
from typing import Any

from restlette.http.request import Request
from restlette.testing import build_request


def test_the_defaults_make_a_get_of_the_root() -> None:
    """Nothing has to be said."""
    request = build_request()
    assert type(request) is Request
    assert request.method == "GET"
    assert str(request.url) == "http://testserver/"
    assert request.path_params == {}
    assert "app" not in request


def test_what_is_given_is_in_the_request() -> None:
    """As a server, a router and a lifespan would have put it there."""
    app: Any = object()
    request = build_request(
        "POST",
        "/a?b=c",
        json={"d": 1},
        headers={"x-a": "e"},
        cookies={"f": "g"},
        params={"h": "i"},
        client=("10.0.0.1", 1),
        base_url="https://books.example",
        path_params={"book_id": 3},
        app=app,
        state={"shelf": "A3"},
    )
    assert request.method == "POST"
    assert str(request.url) == "https://books.example/a?b=c&h=i"
    assert request.headers["x-a"] == "e"
    assert request.cookies == {"f": "g"}
    assert request.query_params["h"] == "i"
    assert request.client == ("10.0.0.1", 1)
    assert request.path_params == {"book_id": 3}
    assert request.app is app
    assert request.state.shelf == "A3"
    assert asyncio.run(request.json()) == {"d": 1}


def test_the_content_is_read_as_it_is_in_an_application() -> None:
    """In pieces too; the client is there all the while."""
    request = build_request("PUT", content=[b"a", b"b"])

    async def main() -> tuple[bytes, bool]:
        return await request.body(), await request.is_disconnected()

    assert asyncio.run(main()) == (b"ab", False)
