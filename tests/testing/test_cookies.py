"""The cookies that an asynchronous client keeps."""

import pytest

from restlette.testing.cookies import Cookies

HERE = "http://testserver"


def test_cookies_are_a_mapping() -> None:
    """What is set is sent, and what is deleted is not."""
    cookies = Cookies(f"{HERE}/", {"a": "1", "b": "2"})
    assert dict(cookies) == {"a": "1", "b": "2"}
    assert len(cookies) == 2
    assert cookies["a"] == "1"
    assert cookies.header(f"{HERE}/x") == "a=1; b=2"
    cookies["a"] = "3"
    del cookies["b"]
    assert cookies.header(f"{HERE}/x") == "a=3"
    with pytest.raises(KeyError, match="b"):
        del cookies["b"]


STORED = [
    # answered by, set, asked, sent
    pytest.param("/", "a=1", "/", "a=1", id="kept"),
    pytest.param("/", "a=1; Path=/x", "/y", None, id="another path"),
    pytest.param("/", "a=1; Path=/x", "/x/y", "a=1", id="below the path"),
    pytest.param("/", "a=1; Secure", "/", None, id="secure"),
    pytest.param("/", "a=1; Max-Age=0", "/", None, id="expired"),
    pytest.param("/", "a=1; Domain=evil.example", "/", None, id="foreign domain"),
    pytest.param("/", "a=", "/", "a=", id="empty value"),
    pytest.param("/", "", "/", None, id="nothing"),
]


@pytest.mark.parametrize("by, value, path, sent", STORED)
def test_testclient_122_a_cookie_goes_back_where_it_belongs(
    by: str, value: str, path: str, sent: str | None
) -> None:
    """RFC 6265: path, Secure, expiry and domain decide."""
    cookies = Cookies(HERE)
    cookies.store(HERE + by, [value])
    assert cookies.header(HERE + path) == sent


def test_a_cookie_of_one_host_is_not_sent_to_another() -> None:
    """Though both are the same application."""
    cookies = Cookies(HERE)
    cookies.store(HERE, ["a=1"])
    assert cookies.header("http://evil.example/") is None
