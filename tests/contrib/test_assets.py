"""Files of the framework's own pages."""

from __future__ import annotations

from typing import Any

from restlette import Request, Restlette
from restlette.contrib.assets import POLICY, Asset
from restlette.testing import call


def serving(asset: Asset) -> Any:
    app = Restlette()

    @app.route("/page.js")
    async def page(request: Request) -> Any:
        return await asset.respond(request)

    return app


def test_an_asset_is_sent_as_what_it_is() -> None:
    """Under a policy by which it loads what is beside it alone."""
    app = serving(Asset(b"1;", ".js", headers={"vary": "Accept"}))
    answer = call(app, "GET", "/page.js")
    assert answer.text == "1;"
    headers = dict(answer.headers)
    etag = headers.pop("etag")
    assert len(etag) == len('"') * 2 + 32
    assert headers == {
        "cache-control": "no-cache",
        "content-length": "2",
        "content-security-policy": POLICY,
        "content-type": "text/javascript; charset=utf-8",
        "vary": "Accept",
        "x-content-type-options": "nosniff",
    }


def test_who_has_it_is_not_sent_it_again() -> None:
    app = serving(Asset(b"1;", ".js"))
    etag = call(app, "GET", "/page.js").headers["etag"]
    answer = call(app, "GET", "/page.js", headers={"if-none-match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    other = serving(Asset(b"2;", ".js", policy="default-src 'none'"))
    answer = call(other, "GET", "/page.js", headers={"if-none-match": etag})
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == "default-src 'none'"
