"""prometheus_client's application, mounted."""

from __future__ import annotations

import gzip

import pytest
from prometheus_client import CollectorRegistry, Counter, make_asgi_app

from restlette.testing import call
from tests.others.shop import shop


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_what_was_counted_is_shown(path) -> None:
    """Without a redirect, which not every scraper follows."""
    registry = CollectorRegistry()
    sold = Counter("books_sold", "Books sold.", ["kind"], registry=registry)
    app = shop()
    # It sends "Content-Type" in this spelling.
    app.mount("/metrics", make_asgi_app(registry))
    sold.labels("paper").inc(3)
    response = call(app, path=path, strict=False)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    assert 'books_sold_total{kind="paper"} 3.0' in response.text
    asked = {"accept-encoding": "gzip"}
    coded = call(app, path=path, headers=asked, strict=False)
    assert gzip.decompress(coded.content).decode() == response.text
