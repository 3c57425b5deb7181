"""asgi-correlation-id around restlette: one name for a request, here and in the log."""

from __future__ import annotations

from typing import Any

import pytest
from asgi_correlation_id import CorrelationIdMiddleware, correlation_id

from restlette import Middleware, Request, Restlette
from restlette.testing import TestClient, call

ID = "0f8fad5bd9cb469fa16570867728950e"


def app_around(**options: Any) -> Restlette:
    app = Restlette(middleware=[Middleware(CorrelationIdMiddleware, **options)])

    @app.route("/async")
    async def asynchronous(request: Request) -> list[str | None]:
        return [correlation_id.get(), request.headers["x-request-id"]]

    @app.route("/thread")
    def plain(request: Request) -> list[str | None]:
        return [correlation_id.get(), request.headers["x-request-id"]]

    @app.route("/lost")
    async def lost(request: Request) -> None:
        raise LookupError("lost")

    return app


@pytest.mark.parametrize("path", ["/async", "/thread"])
@pytest.mark.parametrize("sent", [{}, {"x-request-id": ID}], ids=["made", "sent"])
def test_handlers_see_what_the_client_is_told(path, sent) -> None:
    """Through a context variable, in a thread too, and as a header field."""
    with TestClient(app_around()) as client:
        response = client.get(path, headers=sent)
        named = response.headers["x-request-id"]
        assert response.json() == [named, named]
        assert not sent or named == ID
        other = client.get(path).headers["x-request-id"]
    assert other != named


@pytest.mark.parametrize("path, status", [("/nowhere", 404), ("/lost", 500)])
def test_an_error_has_the_name_too(path, status) -> None:
    app = app_around()
    sent = {"x-request-id": ID}
    response = call(app, path=path, headers=sent, raise_server_exceptions=False)
    assert (response.status_code, response.headers["x-request-id"]) == (status, ID)


def test_the_http_form_inside_sees_the_name() -> None:
    app = app_around()

    @app.middleware("http")
    async def sign(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-signed"] = str(correlation_id.get())
        return response

    # What is added last is the outermost, and is outside of the name's context.
    app.add_middleware(CorrelationIdMiddleware)
    response = TestClient(app).get("/async", headers={"x-request-id": ID})
    assert response.headers["x-signed"] == ID
