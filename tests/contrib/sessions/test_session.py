"""A session is a mapping that knows what was done to it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.contrib.sessions import Session
from restlette.contrib.sessions.session import decoded, encoded, merged


def session(text: str | None = None) -> Session:
    return Session(lambda: text)


@pytest.mark.parametrize(
    "look",
    [
        lambda s: "a" in s,
        len,
        list,
        bool,
        lambda s: s.get("a"),
        lambda s: s.keys() and list(s.keys()),
        lambda s: s.setdefault("a", 1),
        lambda s: s == {},
        lambda s: s.is_new,
    ],
)
def test_session_41_whatever_reads_it_counts_as_access(look: Any) -> None:
    found = session('{"a":1}')
    assert not found.accessed
    look(found)
    assert found.accessed
    assert not found.is_modified


def test_it_is_loaded_when_somebody_looks_and_once() -> None:
    loads = []

    def load() -> str:
        loads.append(1)
        return '{"a":1}'

    found = Session(load)
    assert loads == []
    assert (found["a"], found["a"], loads) == (1, 1, [1])


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(a=2),
        lambda s: s.pop("a"),
        lambda s: s.clear(),
        lambda s: s["list"].append(3),
        lambda s: s["dict"].update(x={"y": 1}),
        lambda s: s["list"][0].update(z=1),
        lambda s: s.regenerate(),
        lambda s: s.invalidate(),
    ],
)
def test_session_43_changes_are_found_however_deep(change: Any) -> None:
    found = session('{"a":1,"list":[{}],"dict":{}}')
    assert found["a"] == 1
    assert not found.is_modified
    change(found)
    assert found.is_modified


def test_what_is_as_it_was_is_not_modified() -> None:
    found = session('{"b":[1,2],"a":"é"}')
    found["a"] = "x"
    found["a"] = "é"
    assert not found.is_modified
    found["b"][0] = True
    assert found.is_modified


def test_a_new_one_is_saved_if_there_is_anything_in_it() -> None:
    found = session()
    assert found.is_new
    assert not found.is_modified
    found["a"] = None
    assert found.is_modified


def test_what_begins_after_the_end_is_another_one() -> None:
    found = session('{"a":1}')
    found.invalidate()
    assert (found.is_invalidated, dict(found)) == (True, {})
    found["b"] = 1
    assert not found.is_invalidated


def test_keys_are_texts() -> None:
    with pytest.raises(TypeError, match="the keys of a session are texts, not 1"):
        session()[1] = 1  # type: ignore[index]  # the mistake


def test_session_46_values_are_what_json_can_say() -> None:
    found = session()
    found["a"] = object()
    with pytest.raises(TypeError, match="a session holds what JSON can say"):
        encoded(found.data)
    with pytest.raises(ValueError, match="not JSON compliant"):
        encoded({"a": float("nan")})


def test_a_log_sees_names_alone() -> None:
    found = session('{"token":"hunter2"}')
    assert len(found) == 1
    assert repr(found) == "<Session token>"


def test_one_in_a_cookie_cannot_be_saved_by_itself() -> None:
    with pytest.raises(RuntimeError, match="use Sessions, with a store"):
        asyncio.run(session().save())


def test_what_was_saved_is_how_it_is() -> None:
    found = session()
    found["a"] = 1
    found.regenerate()
    assert found.is_renewed
    found.saved('{"a":1}')
    assert (found.is_modified, found.is_renewed, found.before) == (
        False,
        False,
        {"a": 1},
    )
    found.saved(None)
    assert (dict(found), found.before) == ({}, None)


@pytest.mark.parametrize("text", ["", "[]", "null", "1", "{", "[" * 100_000])
def test_what_is_no_object_is_no_session(text: str) -> None:
    with pytest.raises(ValueError):
        decoded(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner)
    ),
    max_leaves=6,
)
DATA = st.dictionaries(st.sampled_from("abc"), JSON)


@given(DATA, DATA)
def test_without_others_one_has_what_one_made(before: Any, mine: Any) -> None:
    assert merged(before, mine, before) == mine


@given(DATA, DATA)
def test_without_changes_one_has_what_others_made(before: Any, theirs: Any) -> None:
    assert merged(before, before, theirs) == theirs


@given(DATA, st.dictionaries(st.sampled_from("abc"), JSON), DATA)
def test_every_key_that_one_set_is_as_one_set_it(
    before: dict[str, Any], set_: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """And the others' keys, which one has not touched, are as they are."""
    mine = {**before, **set_}
    result = merged(before, mine, theirs)
    for key in "abc":
        values = before.get(key), mine.get(key), theirs.get(key)
        if encoded({"": values[0]}) == encoded({"": values[1]}) and (
            (key in before) == (key in mine)
        ):
            assert (key in result, result.get(key)) == (key in theirs, values[2])
        elif not all(isinstance(value, dict) for value in values):
            assert result.get(key) == values[1]


def test_dicts_are_put_together_key_by_key() -> None:
    before = {"cart": {"emma": 1, "nana": 1}, "seen": [1]}
    mine = {"cart": {"emma": 2, "nana": 1}, "seen": [1]}
    theirs = {"cart": {"emma": 1, "wind": 1}, "seen": [1, 2], "user": 7}
    assert merged(before, mine, theirs) == {
        "cart": {"emma": 2, "wind": 1},
        "seen": [1, 2],
        "user": 7,
    }


def test_it_may_be_looked_at_in_any_way_and_again() -> None:
    found = session('{"a":1}')
    assert (found.get("a"), found.get("a"), found.get("b", 2)) == (1, 1, 2)
    assert found.is_as_it_came


@pytest.mark.parametrize("text", ['{"a":[]}', '{"a":{}}', '{"a":"{"}', '{"a":"["}'])
def test_what_may_hold_something_is_compared(text: str) -> None:
    found = session(text)
    assert found.is_as_it_came
    assert found["a"] is not None
    assert not found.is_as_it_came
    assert not found.is_modified


@pytest.mark.parametrize("text", ['{"a":1} ', ' {"a":1}', '{"a":1}{}', "{", ""])
def test_what_was_not_written_here_is_no_session(text: str) -> None:
    assert dict(session(text)) == {}
    assert session(text).is_new
