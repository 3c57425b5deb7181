"""The small values that scopes carry."""

import copy
import pickle

import pytest

from restlette.http.types import Address, State


def test_an_address_is_a_host_and_a_port() -> None:
    address = Address("192.0.2.1", 8000)
    assert (address.host, address.port) == address == ("192.0.2.1", 8000)


def test_a_state_reads_what_was_written_as_attributes() -> None:
    state = State()
    state.store = "books"
    assert state.store == "books"
    del state.store
    assert not hasattr(state, "store")


def test_a_state_is_a_mapping_too() -> None:
    state = State({"a": 1})
    state["b"] = 2
    assert (state["b"], list(state), len(state), "a" in state) == (
        2,
        ["a", "b"],
        2,
        True,
    )
    del state["a"]
    assert "a" not in state
    with pytest.raises(KeyError):
        state["a"]


def test_a_state_keeps_the_servers_dictionary() -> None:
    given: dict[str, object] = {}
    state = State(given)
    state.pool = "open"
    assert given == {"pool": "open"}
    assert state._state is given


@pytest.mark.parametrize("use", [lambda s: s.nope, lambda s: delattr(s, "nope")])
def test_an_absent_attribute_is_named(use) -> None:
    with pytest.raises(
        AttributeError, match="'State' has no attribute 'nope'"
    ) as caught:
        use(State())
    assert caught.value.name == "nope"


def test_the_repr_shows_names_and_no_values() -> None:
    assert repr(State({"user": "hunter2", "db": 1})) == "State(user, db)"


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_a_copy_has_a_dictionary_of_its_own(duplicate) -> None:
    state = State({"a": 1})
    twin = duplicate(state)
    twin.b = 2
    assert (dict(twin._state), dict(state._state)) == ({"a": 1, "b": 2}, {"a": 1})
