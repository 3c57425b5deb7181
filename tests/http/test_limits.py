"""The limits, and how a place overrides single figures."""

import pytest

from restlette.http.limits import DEFAULT_LIMITS, Limits


def test_the_defaults_are_the_documented_ones():
    """Rows 54 and 62 to 67 of what hostile clients send; no coding is taken."""
    expected = Limits(
        body=1024**2,
        headers=200,
        query_parameters=1000,
        cookies=8192,
        message=1024**2,
        multipart=16 * 1024**2,
        form_fields=1000,
        form_files=100,
        form_text=1024**2,
        part_headers=16,
        part_header=4096,
        decompressed=0,
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
    """start-up-config-124: a typo is never silent."""
    with pytest.raises(TypeError) as raised:
        DEFAULT_LIMITS.override({"bdy": 1})
    message = str(raised.value)
    assert message.startswith("there is no limit named 'bdy'")
    assert "body" in message
    assert message.endswith(f"limits are: {', '.join(Limits._fields)}.")


@pytest.mark.parametrize("figure", [-1, 1.5, "1", None, True])
def test_startup_124_a_figure_that_is_none_is_refused(figure):
    """start-up-config-124: no limit is switched off by accident."""
    with pytest.raises(ValueError, match="'body' is a whole number of 0 or more, not"):
        DEFAULT_LIMITS.override({"body": figure})
