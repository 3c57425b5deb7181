"""Header fields that tell browsers what a page may do."""

import re
from pathlib import Path
from typing import Any

import pytest

from restlette import HTTPEndpoint, JSONResponse, Restlette
from restlette.contrib.security import SecurityHeadersMiddleware
from restlette.contrib.templates import Jinja2Templates
from restlette.testing import call
from tests.contrib.around import each_app, exchange, http_scope

POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'"
)


def fields(app: Any, **changes: Any) -> dict[str, str]:
    (head, *_) = exchange(app, http_scope([(b"host", b"shop.example")], **changes))
    return {name.decode(): value.decode() for name, value in head["headers"]}


@each_app
def test_every_answer_has_the_fields(make) -> None:
    sent = fields(SecurityHeadersMiddleware(make()))
    assert sent["content-security-policy"] == POLICY
    assert sent["x-content-type-options"] == "nosniff"
    assert sent["x-frame-options"] == "DENY"
    assert sent["referrer-policy"] == "strict-origin-when-cross-origin"
    assert sent["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in sent["permissions-policy"]
    assert sent["x-own"] == "1"


def test_https_is_kept_to_where_it_is_there() -> None:
    app = SecurityHeadersMiddleware(JSONResponse({}))
    assert "strict-transport-security" not in fields(app, scheme="http")
    secure = fields(app, scheme="https")
    assert secure["strict-transport-security"] == "max-age=31536000"
    app = SecurityHeadersMiddleware(JSONResponse({}), hsts_max_age=None)
    assert "strict-transport-security" not in fields(app, scheme="https")


def test_what_the_application_says_counts() -> None:
    own = {"Content-Security-Policy": "sandbox", "x-frame-options": "SAMEORIGIN"}
    sent = fields(SecurityHeadersMiddleware(JSONResponse({}, headers=own)))
    assert sent["content-security-policy"] == "sandbox"
    assert sent["x-frame-options"] == "SAMEORIGIN"
    assert sent["x-content-type-options"] == "nosniff"


def test_directives_are_merged_over_the_defaults() -> None:
    app = SecurityHeadersMiddleware(
        JSONResponse({}),
        content_security_policy={
            "img-src": ["'self'", "https://images.example"],
            "object-src": "",
            "form-action": "'none'",
        },
        report_only=True,
    )
    sent = fields(app)
    assert "content-security-policy" not in sent
    assert sent["content-security-policy-report-only"] == (
        "default-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; img-src 'self' https://images.example"
    )


def test_each_field_can_be_left_out() -> None:
    app = SecurityHeadersMiddleware(
        JSONResponse({}),
        content_security_policy=None,
        frame_options=None,
        referrer_policy=None,
        permissions_policy=None,
        opener_policy=None,
    )
    assert fields(app).keys() == {
        "content-length",
        "content-type",
        "x-content-type-options",
    }


@pytest.mark.parametrize(
    "policy",
    [
        {"img src": "'self'"},
        {"img-src": "a; script-src *"},
        {"img-src": "a,b"},
        {"img-src": "a\nb"},
        {"": "'self'"},
    ],
)
def test_a_policy_that_would_be_another_one_is_an_error(policy) -> None:
    with pytest.raises(ValueError, match=r"directive|source"):
        SecurityHeadersMiddleware(JSONResponse({}), content_security_policy=policy)


def test_frames_are_denied_or_not() -> None:
    with pytest.raises(ValueError, match="'DENY' or 'SAMEORIGIN', not 'ALLOW'"):
        SecurityHeadersMiddleware(JSONResponse({}), frame_options="ALLOW")


def page(tmp_path: Path, source: str, **options: Any) -> Any:
    (tmp_path / "page.html").write_text(source)
    templates = Jinja2Templates(tmp_path)
    app = Restlette()
    app.add_middleware(SecurityHeadersMiddleware, **options)

    @app.route("/")
    class Page(HTTPEndpoint):
        async def get(self, request):
            return templates.TemplateResponse(request, "page.html")

    return app


def test_a_template_may_have_scripts_of_its_own(tmp_path: Path) -> None:
    source = '<script nonce="{{ csp_nonce() }}"></script>{{ csp_nonce() }}'
    app = page(tmp_path, source)
    response = call(app, "GET", "/")
    (nonce, again) = re.findall(r"[\w-]{22}", response.text)
    assert nonce == again
    assert response.headers["content-security-policy"] == (
        f"{POLICY}; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'"
    )
    other = call(app, "GET", "/").headers["content-security-policy"]
    assert nonce not in other


def test_a_nonce_takes_the_place_of_none(tmp_path: Path) -> None:
    app = page(
        tmp_path,
        "{{ csp_nonce() }}",
        content_security_policy={"script-src": "'none'", "default-src": ""},
    )
    response = call(app, "GET", "/")
    policy = response.headers["content-security-policy"]
    assert policy.endswith(
        f"script-src 'nonce-{response.text}'; style-src 'nonce-{response.text}'"
    )


def test_without_a_nonce_the_policy_is_as_it_was(tmp_path: Path) -> None:
    response = call(page(tmp_path, "plain"), "GET", "/")
    assert response.headers["content-security-policy"] == POLICY
    app = page(tmp_path, "{{ csp_nonce() }}", content_security_policy=None)
    assert "content-security-policy" not in call(app, "GET", "/").headers


def test_other_scopes_pass_by() -> None:
    seen: list[str] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    exchange(SecurityHeadersMiddleware(inside), {"type": "websocket"})
    exchange(SecurityHeadersMiddleware(inside), {"type": "lifespan"})
    assert seen == ["websocket", "lifespan"]
