"""The limits, and how a place overrides single figures."""

import pytest

from restlette.http.limits import DEFAULT_LIMITS, Limits


def test_the_defaults_are_the_documented_ones():
    """1 MiB of content, 1000 query parameters, 8 KiB of cookies, messages of 1 MiB."""
    expected = Limits(
        body=1024**2, headers=200, query_parameters=1000, cookies=8192, message=1024**2
    )
    assert expected == DEFAULT_LIMITS


@pytest.mark.parametrize("figures", [None, {}], ids=["none", "empty"])
def test_without_figures_the_limits_are_the_same_object(figures):
    """The pipeline asks by identity whether limits were changed."""
    assert DEFAULT_LIMITS.override(figures) is DEFAULT_LIMITS


@pytest.mark.parametrize("figure", [0, 10, 10**12], ids=["none", "less", "more"])
def test_body_54_overridden_both_ways(figure):
    """body-54: what is not named is inherited."""
    changed = DEFAULT_LIMITS.override({"body": figure})
    assert changed == DEFAULT_LIMITS._replace(body=figure)
    assert changed.override({"cookies": 1}).body == figure


def test_startup_124_an_unknown_name_is_an_error_that_teaches():
    """start-up config-124: a typo is never silent."""
    with pytest.raises(TypeError) as raised:
        DEFAULT_LIMITS.override({"bdy": 1})
    message = str(raised.value)
    assert message.startswith("there is no limit named 'bdy'")
    assert "body" in message
    assert message.endswith("body, headers, query_parameters, cookies, message.")


@pytest.mark.parametrize("figure", [-1, 1.5, "1", None, True])
def test_startup_124_a_figure_that_is_none_is_refused(figure):
    """start-up config-124: no limit is switched off by accident."""
    with pytest.raises(ValueError, match="'body' is a whole number of 0 or more, not"):
        DEFAULT_LIMITS.override({"body": figure})
