"""The page that shows a document to people; tests/browser has it in a browser."""

from html import escape

import pytest

from restlette import Request, Restlette
from restlette.contrib.openapi import OpenAPI, page
from restlette.http.optional import MissingExtra
from restlette.testing import call
from tests.contrib.openapi.shop import Token

NASTY = "<script>&'\""


def shop(**options: object) -> Restlette:
    app = Restlette()
    app.install(OpenAPI(**{"title": "Shop", "version": "1", **options}))  # type: ignore[arg-type] # as given
    return app


def test_the_page_names_what_is_beside_it() -> None:
    answer = call(shop(title=NASTY), "GET", "/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<title>{escape(NASTY)}</title>" in answer.text
    assert NASTY not in answer.text
    assert '<link rel="describedby" href="openapi.json"' in answer.text
    assert '<a href="openapi.yaml">' in answer.text
    assert '<script src="docs/page.js" defer>' in answer.text
    assert "{" not in answer.text


def test_it_may_be_elsewhere() -> None:
    app = shop(docs="/api/help", path="/api/v1/openapi.json")
    answer = call(app, "GET", "/api/help")
    assert 'href="v1/openapi.json"' in answer.text
    assert 'href="help/page.css"' in answer.text
    assert call(app, "GET", "/api/help/page.css").status_code == 200


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/page.js", "text/javascript; charset=utf-8"),
        ("/docs/page.css", "text/css; charset=utf-8"),
        ("/docs/icon.svg", "image/svg+xml"),
    ],
)
def test_nothing_in_it_needs_to_be_allowed(path: str, media_type: str) -> None:
    app = shop()
    answer = call(app, "GET", path)
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-security-policy"] == (
        "default-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    fields = {"if-none-match": answer.headers["etag"]}
    assert call(app, "GET", path, headers=fields).status_code == 304
    assert "style=" not in answer.text
    assert "innerHTML" not in answer.text


def test_who_may_not_see_the_document_does_not_see_the_page() -> None:
    app = shop(guards=[Token()])
    for path in ("/docs", "/docs/page.js", "/openapi.json"):
        assert call(app, "GET", path).status_code == 401
        fields = {"authorization": "Bearer seller"}
        assert call(app, "GET", path, headers=fields).status_code == 200


def test_there_need_be_no_page() -> None:
    assert call(shop(docs=None), "GET", "/docs").status_code == 404


def test_the_page_is_in_no_schema() -> None:
    app = shop()

    @app.route("/")
    async def root(request: Request) -> None:
        """Nothing."""

    assert [*call(app, "GET", "/openapi.json").json()["paths"]] == ["/"]


def test_swagger_ui_can_take_its_place() -> None:
    app = shop(swagger=True)
    answer = call(app, "GET", "/docs")
    assert '<script src="docs/swagger-ui-bundle.js" defer>' in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("; style-src 'self' 'unsafe-inline'; img-src 'self' data:")
    for name in ("swagger.js", "swagger-ui.css", "swagger-ui-bundle.js", "icon.svg"):
        assert call(app, "GET", f"/docs/{name}").status_code == 200


def test_swagger_ui_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str, extra: str, *, needed_by: str) -> None:
        raise MissingExtra(module, extra, needed_by)

    monkeypatch.setattr(page, "load", missing)
    with pytest.raises(MissingExtra, match=r"restlette\[swagger\]"):
        shop(swagger=True)
