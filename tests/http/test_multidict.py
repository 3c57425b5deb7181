"""Mappings whose keys may come several times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.multidict import ImmutableMultiDict, MultiDict
from tests.http.stopwatch import seconds

PAIRS = [("a", "1"), ("a", "2"), ("b", "3")]


@pytest.mark.parametrize("kind", [ImmutableMultiDict, MultiDict])
def test_the_last_value_is_what_a_look_up_gives(kind) -> None:
    items = kind(PAIRS)
    assert items["a"] == items.get("a") == "2"
    assert items.getlist("a") == ["1", "2"]
    assert items.getlist("c") == []
    assert items.get("c") is None
    assert "a" in items
    assert "c" not in items
    with pytest.raises(KeyError):
        items["c"]


def test_keys_come_once_and_pairs_as_they_came() -> None:
    items = ImmutableMultiDict(PAIRS)
    assert list(items) == list(items.keys()) == ["a", "b"]
    assert list(items.values()) == ["2", "3"]
    assert list(items.items()) == [("a", "2"), ("b", "3")]
    assert dict(items) == {"a": "2", "b": "3"}
    assert len(items) == 2
    assert items.multi_items() == PAIRS
    assert repr(items) == f"ImmutableMultiDict({PAIRS!r})"


@pytest.mark.parametrize(
    "source",
    [
        {"a": "1", "b": "2"},
        [("a", "1"), ("b", "2")],
        (pair for pair in (["a", "1"], ["b", "2"])),
        ImmutableMultiDict([("a", "1"), ("b", "2")]),
    ],
)
def test_it_is_made_from_whatever_has_pairs(source) -> None:
    assert ImmutableMultiDict(source).multi_items() == [("a", "1"), ("b", "2")]


def test_names_may_be_keyword_arguments() -> None:
    assert MultiDict({"a": "1"}, items="2").multi_items() == [
        ("a", "1"),
        ("items", "2"),
    ]


def test_the_order_of_pairs_does_not_count_for_equality() -> None:
    assert ImmutableMultiDict(PAIRS) == MultiDict(PAIRS[::-1])
    assert ImmutableMultiDict(PAIRS) != ImmutableMultiDict(PAIRS[:2])
    assert ImmutableMultiDict(PAIRS[:2]) != ImmutableMultiDict(PAIRS)
    assert ImmutableMultiDict(a="1") != {"a": "1"}
    uploads = [("file", object()), ("file", object())]
    assert MultiDict(uploads) == MultiDict(uploads[::-1])


def test_what_is_handed_out_is_a_copy() -> None:
    items = ImmutableMultiDict(PAIRS)
    items.multi_items().clear()
    items.getlist("a").clear()
    assert items.multi_items() == PAIRS


def test_setting_and_deleting_concern_every_value() -> None:
    items = MultiDict(PAIRS)
    items["a"] = "9"
    assert items.multi_items() == [("b", "3"), ("a", "9")]
    del items["a"]
    assert items.multi_items() == [("b", "3")]
    with pytest.raises(KeyError):
        del items["a"]


def test_popping() -> None:
    items = MultiDict([*PAIRS, ("c", "4")])
    assert items.pop("a") == "2"
    assert items.pop("a", None) is None
    with pytest.raises(KeyError):
        items.pop("a")
    assert items.popitem() == ("c", "4")
    assert items.multi_items() == [("b", "3")]
    assert items.poplist("b") == ["3"]
    assert items.poplist("b") == []
    assert items.multi_items() == []
    with pytest.raises(KeyError):
        items.popitem()


def test_clearing() -> None:
    items = MultiDict(PAIRS)
    items.clear()
    assert (items.multi_items(), len(items)) == ([], 0)


def test_defaults_are_set_once() -> None:
    items = MultiDict(PAIRS)
    assert items.setdefault("a", "9") == "2"
    assert items.setdefault("c", "9") == "9"
    assert items.setlistdefault("a", ["9"]) == ["1", "2"]
    assert items.setlistdefault("d", ["7", "8"]) == ["7", "8"]
    assert items.setlistdefault("e") == []
    assert "e" not in items
    assert items.multi_items() == [*PAIRS, ("c", "9"), ("d", "7"), ("d", "8")]


def test_a_list_replaces_a_key_and_an_empty_one_removes_it() -> None:
    items = MultiDict(PAIRS)
    items.setlist("a", iter(["8", "9"]))
    assert items.getlist("a") == ["8", "9"]
    items.setlist("a", [])
    items.setlist("nope", [])
    assert items.multi_items() == [("b", "3")]
    assert "a" not in items


def test_appending_under_both_names() -> None:
    items = MultiDict(PAIRS)
    items.append("b", "4")
    items.appendlist("b", "5")
    assert items.getlist("b") == ["3", "4", "5"]
    assert items["b"] == "5"


@pytest.mark.parametrize("given", [MultiDict(PAIRS[:2]), PAIRS[:2]])
def test_an_update_replaces_keys(given) -> None:
    items = MultiDict([("a", "0"), ("b", "3")])
    items.update(given, c="4")
    assert items.multi_items() == [("b", "3"), *PAIRS[:2], ("c", "4")]
    assert items["a"] == "2"


def test_reading_many_pairs_is_linear() -> None:
    pairs = [("a", str(n)) for n in range(200_000)]
    assert seconds(lambda: MultiDict(pairs).poplist("a")) < 2


EDIT = st.tuples(
    st.sampled_from(
        ["set", "append", "setlist", "setdefault", "pop", "poplist", "update"]
    ),
    st.sampled_from("abc"),
    st.lists(st.integers(0, 3), min_size=1, max_size=3),
)


@given(st.lists(EDIT))
def test_look_ups_and_pairs_never_disagree(edits) -> None:
    items: MultiDict[str, int] = MultiDict()
    for edit, key, values in edits:
        if edit == "set":
            items[key] = values[0]
        elif edit == "append":
            items.append(key, values[0])
        elif edit == "setlist":
            items.setlist(key, values[1:])
        elif edit == "setdefault":
            items.setdefault(key, values[0])
        elif edit == "pop":
            items.pop(key, None)
        elif edit == "poplist":
            items.poplist(key)
        else:
            items.update([(key, value) for value in values])
        pairs = items.multi_items()
        assert dict(items) == dict(pairs)
        assert all(items.getlist(k) == [v for n, v in pairs if n == k] for k in "abc")
