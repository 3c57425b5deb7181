"""brotli-asgi around restlette."""

from __future__ import annotations

import brotli
import pytest
from brotli_asgi import BrotliMiddleware

from restlette import Middleware
from restlette.testing import call
from tests.others.shop import TEXT, shop


@pytest.mark.parametrize("path", ["/poem", "/lines"])
def test_content_is_compressed(path) -> None:
    app = shop(Middleware(BrotliMiddleware))
    response = call(app, path=path, headers={"accept-encoding": "br"})
    assert response.headers["content-encoding"] == "br"
    assert response.headers["vary"] == "Accept-Encoding"
    assert brotli.decompress(response.content).decode() == TEXT


def test_what_is_short_or_not_asked_for_stays() -> None:
    app = shop(Middleware(BrotliMiddleware))
    short = call(app, path="/books/1", headers={"accept-encoding": "br"})
    assert short.json()["id"] == 1
    assert call(app, path="/poem").text == TEXT
    missing = call(app, path="/nowhere", headers={"accept-encoding": "br"})
    assert (missing.status_code, missing.json()["status"]) == (404, 404)


def test_the_answer_to_head_has_no_content() -> None:
    app = shop(Middleware(BrotliMiddleware))
    response = call(app, "HEAD", "/poem", headers={"accept-encoding": "br"})
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(TEXT))
