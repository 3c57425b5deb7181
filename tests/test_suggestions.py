"""Errors ask whether something known was meant."""

import pytest

from restlette.suggestions import did_you_mean


@pytest.mark.parametrize(
    ("name", "question"),
    [
        pytest.param("titel", " (did you mean 'title'?)", id="close"),
        pytest.param("xyz", "", id="not close to anything"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_close_name_is_asked_for(name, question) -> None:
    assert did_you_mean(name, iter(["author", "title"])) == question
