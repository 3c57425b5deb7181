"""A model is what reads and writes the values of a type."""

from typing import Any

import pytest

from restlette.resources.models.model import Model

# Reads text as a number, and shows more of it than can be set.
NUMBER = Model(int, int, lambda strings: 7, str)
SHOWN = NUMBER._replace(dump=lambda value: [value, "shown"], settable=str)


def test_a_model_may_have_a_reason_for_no_query() -> None:
    assert NUMBER.no_query is None


@pytest.mark.parametrize(("model", "data"), [(NUMBER, "3"), (SHOWN, "3")])
def test_what_can_be_set_is_all_unless_it_says_otherwise(model, data) -> None:
    assert model.dump_settable(3) == data


@pytest.mark.parametrize(
    ("model", "dumped"), [(NUMBER, "3"), (SHOWN, [3, "shown"])], ids=["all", "shown"]
)
def test_null_stands_for_none(model: Model, dumped: Any) -> None:
    optional = model.or_none(int | None)
    assert optional.annotation == int | None
    assert (optional.load("3"), optional.load(None)) == (3, None)
    assert (optional.dump(3), optional.dump(None)) == (dumped, None)
    assert (optional.dump_settable(3), optional.dump_settable(None)) == ("3", None)
    assert optional.load_strings({}) == 7


def test_what_is_no_number_is_not_null() -> None:
    """Nor is zero nothing."""
    optional = NUMBER.or_none(int | None)
    assert optional.dump(0) == "0"
    with pytest.raises(ValueError):
        optional.load("")
