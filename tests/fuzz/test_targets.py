"""The targets of scripts/fuzz, with their seeds and a few inputs of hypothesis's."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import targets
from tests.fuzz.targets import SIZE, TARGETS, Target, assert_linear, stretched

SEEDS = [
    pytest.param(target, seed, id=f"{name} {number}")
    for name, target in TARGETS.items()
    for number, seed in enumerate(target.seeds)
]


@pytest.mark.parametrize("target, seed", SEEDS)
def test_a_seed_gives_a_value_or_a_documented_error(
    target: Target, seed: bytes
) -> None:
    target.run(seed)
    for cut in range(len(seed)):
        target.run(seed[:cut])


@pytest.mark.parametrize("target, seed", SEEDS)
def test_a_long_input_takes_linear_time(target: Target, seed: bytes) -> None:
    assert_linear(target.run, seed)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@given(data=st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_documented_error(
    target: Target, data: bytes
) -> None:
    target.run(data)


@pytest.mark.parametrize("power, is_found", [(1, False), (2, True)])
def test_what_is_quadratic_is_found(
    monkeypatch: pytest.MonkeyPatch, power: int, is_found: bool
) -> None:
    clock = [0]

    def run(data: bytes) -> None:
        clock[0] += len(data) ** power

    def seconds(call: Callable[[], object]) -> float:
        before = clock[0]
        call()
        return clock[0] - before

    monkeypatch.setattr(targets, "seconds", seconds)

    with (
        pytest.raises(AssertionError, match="4 times as much")
        if is_found
        else nullcontext()
    ):
        assert_linear(run, b"abcd")


@pytest.mark.parametrize("data", [b"", b"a", b"abcd", bytes(100)])
def test_an_input_is_stretched_to_about_a_size(data: bytes) -> None:
    assert SIZE - 50 <= len(stretched(data, SIZE)) <= SIZE + 50
