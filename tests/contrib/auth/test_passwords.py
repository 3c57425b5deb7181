"""Passwords: what is kept of them, and whether one is right."""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
from typing import Any

import argon2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import restlette.contrib.auth
from restlette.contrib.auth import passwords
from restlette.contrib.auth.passwords import Verified, hash_password, verify_password
from restlette.http.optional import MissingExtra

WRONG = Verified(False, False)


@pytest.fixture(scope="module")
def kept() -> str:
    return asyncio.run(hash_password("correct horse"))


def verified(password: str, kept: str | None) -> Verified:
    return asyncio.run(verify_password(password, kept))


def test_what_is_kept_says_how_it_was_made(kept: str) -> None:
    """RFC 9106 section 4: Argon2id, 64 MiB and three passes at least."""
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert "correct" not in kept


def test_two_users_with_one_password_have_two_hashes(kept: str) -> None:
    assert asyncio.run(hash_password("correct horse")) != kept


def test_a_password_is_right_or_wrong(kept: str) -> None:
    assert verified("correct horse", kept) == Verified(True, False)
    for wrong in ("correct horse ", "Correct horse", "", "correct horse\x00"):
        assert verified(wrong, kept) == WRONG


def test_wrong_is_false(kept: str) -> None:
    """A pair would be true, and let everybody in."""
    assert not verified("wrong", kept)
    assert verified("correct horse", kept)
    assert not Verified(False, True)


def test_weaker_parameters_of_long_ago() -> None:
    old = argon2.PasswordHasher(time_cost=1, memory_cost=1024).hash("correct horse")
    assert verified("correct horse", old) == Verified(True, True)
    assert verified("wrong", old) == WRONG


def test_a_user_that_there_is_not_takes_the_same_work(
    monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    """What is verified has the parameters of what is kept of others."""
    seen: list[str] = []

    class Hasher(argon2.PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:
            seen.append(hash)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Hasher())
    assert verified("correct horse", None) == WRONG
    assert verified("correct horse", kept) == Verified(True, False)
    of_nobody, of_somebody = map(argon2.extract_parameters, seen)
    assert of_nobody == of_somebody
    assert verified("correct horse", None) == WRONG
    assert seen[0] != seen[2]


def test_nobody_has_no_password_whatever_is_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Hasher(argon2.PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:
            return True

    monkeypatch.setattr(passwords, "_HASHER", Hasher())
    assert verified("correct horse", None) == WRONG


def test_the_event_loop_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """And few run at a time, for each takes 64 MiB."""
    threads: set[str] = set()

    class Hasher(argon2.PasswordHasher):
        def hash(self, password: Any, **options: Any) -> str:
            threads.add(threading.current_thread().name)
            return super().hash(password, **options)

    monkeypatch.setattr(passwords, "_HASHER", Hasher(time_cost=1, memory_cost=64))

    async def many() -> None:
        await asyncio.gather(*(hash_password("a") for _ in range(40)))

    asyncio.run(many())
    assert threading.current_thread().name not in threads
    assert 1 <= len(threads) <= 4


def test_every_keyboard_writes_the_same_password() -> None:
    composed = asyncio.run(hash_password("caf\u00e9"))
    assert verified("cafe\u0301", composed).is_right


@pytest.mark.parametrize(
    "password", ["", "a" * 4097, "\u00e9" * 2049, "\ud800", "a" * 10_000_000]
)
def test_what_is_no_password(password: str, kept: str) -> None:
    with pytest.raises(ValueError, match="1 to 4096 bytes"):
        asyncio.run(hash_password(password))
    assert verified(password, kept) == WRONG
    assert verified(password, None) == WRONG


def test_the_longest_password() -> None:
    longest = "a" * 4096
    assert verified(longest, asyncio.run(hash_password(longest))).is_right


@pytest.mark.parametrize("other", ["", "s3cret", "$2b$12$abc"])
def test_what_was_kept_is_a_hash(other: str) -> None:
    """A mistake of the application, which is not to be taken for a wrong password."""
    with pytest.raises(ValueError, match="no hash of Argon2") as caught:
        verified("s3cret", other)
    assert "s3cret" not in str(caught.value)


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_a_password_or_the_error(password: str) -> None:
    try:
        kept = asyncio.run(hash_password(password))
    except ValueError:
        assert verified(password, None) == WRONG
        return
    assert verified(password, kept) == Verified(True, False)


def test_they_are_there_when_they_are_asked_for() -> None:
    assert restlette.contrib.auth.hash_password is hash_password
    assert restlette.contrib.auth.verify_password is verify_password
    with pytest.raises(AttributeError, match="no attribute 'crypt'"):
        restlette.contrib.auth.crypt  # type: ignore[attr-defined]  # wrong


def test_the_remedy_where_argon2_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "argon2", None)
    monkeypatch.delitem(sys.modules, "restlette.contrib.auth.passwords")
    with pytest.raises(MissingExtra, match=r"needs argon2: .*restlette\[auth\]"):
        importlib.import_module("restlette.contrib.auth.passwords")
