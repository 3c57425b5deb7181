"""A model is three functions."""

from restlette.resources.models.model import Model


def test_a_model_may_have_a_reason_for_no_query() -> None:
    assert Model(int, int, int, int).no_query is None
