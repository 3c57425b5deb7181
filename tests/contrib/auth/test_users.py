"""Users, credentials, and backends of one's own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from restlette.contrib.auth import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    SimpleUser,
    UnauthenticatedUser,
)
from restlette.http.errors import Forbidden
from restlette.testing import build_request


def test_a_user_with_a_name() -> None:
    ada = SimpleUser("ada")
    assert ada.is_authenticated is True
    assert ada.display_name == ada.identity == ada.username == "ada"
    assert repr(ada) == "SimpleUser('ada')"


def test_nobody() -> None:
    nobody = UnauthenticatedUser()
    assert nobody.is_authenticated is False
    assert nobody.display_name == nobody.identity == ""


@pytest.mark.parametrize("name", ["is_authenticated", "display_name", "identity"])
def test_a_class_says_who_it_is(name: str) -> None:
    with pytest.raises(NotImplementedError, match=f"BaseUser.{name}"):
        getattr(BaseUser(), name)


def test_a_backend_says_how_it_finds_out() -> None:
    with pytest.raises(
        NotImplementedError, match=r"AuthenticationBackend.authenticate"
    ):
        asyncio.run(AuthenticationBackend().authenticate(build_request()))


def test_credentials_are_scopes() -> None:
    assert AuthCredentials().scopes == []
    assert AuthCredentials(("a", "b")).scopes == ["a", "b"]
    assert repr(AuthCredentials(["a"])) == "AuthCredentials(['a'])"


@pytest.mark.parametrize(
    ("scopes", "message"),
    [("ab", r"write \['ab'\]"), ([1], "scopes are texts, not int")],
)
def test_scopes_are_several_texts(scopes: Any, message: str) -> None:
    """A text would be as many scopes as it has letters."""
    with pytest.raises(TypeError, match=message):
        AuthCredentials(scopes)


def test_an_error_has_its_answer() -> None:
    assert AuthenticationError().answer.status_code == 400
    error = AuthenticationError("No.")
    assert (error.answer.status_code, error.answer.detail, str(error)) == (
        400,
        "No.",
        "No.",
    )
    forbidden = Forbidden()
    assert AuthenticationError("No.", forbidden).answer is forbidden
