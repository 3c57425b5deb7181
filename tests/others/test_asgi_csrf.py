"""asgi-csrf around restlette: forms are taken with the token alone."""

from __future__ import annotations

from typing import Any

import pytest
from asgi_csrf import asgi_csrf

from restlette import Middleware, Request, Restlette
from restlette.testing import TestClient


def guarded() -> Restlette:
    app = Restlette(middleware=[Middleware(asgi_csrf, signing_secret="s" * 32)])

    @app.route("/form")
    async def show(request: Request) -> str:
        token: str = request.scope["csrftoken"]()
        return token

    @app.route("/form", methods=["POST"], name="take")
    async def take(request: Request) -> str:
        return (await request.body()).decode()

    return app


def client() -> TestClient:
    # asgi-csrf sends "Vary" and "Set-Cookie" in this spelling.
    return TestClient(guarded(), base_url="https://shop.example", strict=False)


def test_a_form_with_the_token_is_taken_whole() -> None:
    """The middleware reads the content and gives it on."""
    shopper = client()
    token = shopper.get("/form").json()
    assert shopper.cookies["csrftoken"] == token
    response = shopper.post("/form", data={"title": "Dune", "csrftoken": token})
    assert response.json() == f"title=Dune&csrftoken={token}"


@pytest.mark.parametrize("form", [{}, {"csrftoken": "x"}], ids=["none", "wrong"])
def test_a_form_without_it_is_refused(form: Any) -> None:
    shopper = client()
    shopper.get("/form")
    response = shopper.post("/form", data={"title": "Dune", **form})
    assert response.status_code == 403


def test_a_script_sends_it_as_a_header_field() -> None:
    shopper = client()
    token = shopper.get("/form").json()
    response = shopper.post("/form", data=b"{}", headers={"x-csrftoken": token})
    assert response.json() == "{}"
