"""Accounts: who has one, who logs in, and who may write then."""

from __future__ import annotations

from collections.abc import Iterator

import argon2
import pytest

from examples.bookshop import accounts
from examples.bookshop.app import app
from examples.bookshop.database import FirstBooks
from restlette.contrib.auth import passwords
from restlette.testing import TestClient
from tests.examples.bookshop.shelf import KEY, THREE, WIND, Somebody, as_json

ZOE = {"name": "zoe", "password": "correct horse"}


@pytest.fixture
def shop() -> Iterator[TestClient]:
    """A shop with three books, and a client that is nobody."""
    with (
        app.override(FirstBooks, THREE),
        TestClient(app, contract=True) as client,
    ):
        yield client


def test_who_has_an_account_logs_in_and_out(shop: TestClient) -> None:
    created = shop.post("/accounts", json=ZOE)
    assert created.json() == {"name": "zoe", "role": "reader"}
    assert created.headers["location"] == "/accounts/zoe"
    zoe = Somebody(**ZOE)
    assert (zoe.answer.status_code, zoe.answer.json()) == (201, created.json())
    assert zoe.client.get("/session").json() == created.json()
    assert zoe.client.delete("/session").status_code == 204
    assert zoe.client.get("/session").status_code == 401


@pytest.mark.parametrize(
    "name, password",
    [("zoe", "wrong horse"), ("ann", "correct horse"), ("seller", "x"), ("zoe", "")],
)
def test_what_is_wrong_is_not_told(shop: TestClient, name: str, password: str) -> None:
    shop.post("/accounts", json=ZOE)
    answer = Somebody(name, password).answer
    assert answer.status_code == 422
    assert answer.json()["detail"] == "The name or the password is wrong."
    assert "set-cookie" not in answer.headers


def test_a_name_is_somebody_s_once(shop: TestClient) -> None:
    shop.post("/accounts", json=ZOE)
    for name in ("zoe", "seller"):
        answer = shop.post("/accounts", json={**ZOE, "name": name})
        assert answer.status_code == 409
        assert answer.json()["detail"] == f"Somebody else is called {name}."


def test_sellers_alone_write_and_make_sellers(shop: TestClient) -> None:
    shop.post("/accounts", json=ZOE)
    zoe, seller = Somebody(**ZOE), Somebody("seller", "seller")
    for method, target, content in (
        ("POST", "/books", as_json(WIND)),
        ("PUT", "/books/1", as_json(WIND)),
        ("PATCH", "/books/1", {}),
        ("DELETE", "/books/1", None),
        ("POST", "/books/import", None),
        ("POST", "/books/1/cover", None),
        ("DELETE", "/books/1/cover", None),
        ("GET", "/accounts/zoe", None),
        ("PUT", "/accounts/zoe", {"role": "seller"}),
        ("GET", "/books/new", None),
        ("GET", "/books/1/edit", None),
    ):
        refused = zoe.client.request(method, target, json=content)
        assert refused.status_code == 403
        assert refused.json()["detail"] == "Sellers alone write here."
    changed = seller.client.put("/accounts/zoe", json={"role": "seller"})
    assert changed.json() == {"name": "zoe", "role": "seller"}
    assert seller.client.get("/accounts/zoe").json() == changed.json()
    # What an account may do is known from its log in on.
    assert zoe.client.get("/session").status_code == 401
    zoe = Somebody(**ZOE)
    assert zoe.client.post("/books", json=as_json(WIND)).status_code == 201


def test_other_sites_pages_do_not_write(shop: TestClient) -> None:
    seller = Somebody("seller", "seller")
    token = seller.client.headers.pop("x-csrf-token")
    assert seller.client.delete("/session").status_code == 403
    assert seller.client.post("/books", json=as_json(WIND)).status_code == 403
    evil = {"x-csrf-token": token, "origin": "https://evil.example"}
    answer = seller.client.post("/books", json=as_json(WIND), headers=evil)
    assert answer.status_code == 403
    # A program that has the key has no cookie, and so no token.
    assert shop.post("/books", json=as_json(WIND), headers=KEY).status_code == 201


def test_a_password_is_hashed_again_when_more_is_advised(
    shop: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with monkeypatch.context() as patched:
        patched.setattr(passwords, "_HASHER", weak)
        shop.post("/accounts", json=ZOE)
    hashed: list[str] = []

    async def counted(password: str) -> str:
        hashed.append(password)
        return await passwords.hash_password(password)

    monkeypatch.setattr(accounts, "hash_password", counted)
    for _ in range(2):
        assert Somebody(**ZOE).answer.status_code == 201
    assert hashed == [ZOE["password"]]
