"""Reason phrases."""

import http

import pytest

from restlette.http.status import PHRASES, phrase


def test_the_registry_is_complete():
    """Every status that the standard library has of IANA's registry has a phrase."""
    assert set(PHRASES) == {status.value for status in http.HTTPStatus}


@pytest.mark.parametrize(
    "status_code, expected",
    [
        pytest.param(200, "OK", id="known"),
        pytest.param(413, "Content Too Large", id="renamed by RFC 9110"),
        pytest.param(422, "Unprocessable Content", id="taken up by RFC 9110"),
        pytest.param(299, "OK", id="unknown success"),
        pytest.param(499, "Bad Request", id="unknown client error"),
        pytest.param(599, "Internal Server Error", id="unknown server error"),
    ],
)
def test_phrase(status_code, expected):
    """RFC 9110 §15: an unknown status is treated as the x00 of its class."""
    assert phrase(status_code) == expected


@pytest.mark.parametrize("status_code", [-1, 0, 99, 600, 1000])
def test_headers_out_31_what_is_no_status_has_no_phrase(status_code):
    """headers-out-31: statuses go from 100 to 599."""
    with pytest.raises(ValueError, match="is no status code: they go from 100 to 599"):
        phrase(status_code)
