"""The cookies that an asynchronous client keeps between its requests.

What is stored and what is sent is decided by `http.cookiejar` (RFC 6265: domain, path,
Secure, expiry); `Cookies` is a mapping over it, as a test wants to see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any, cast
from urllib.request import Request

__all__ = ["Cookies", "store_cookies"]


class _Answer:
    """What http.cookiejar reads Set-Cookie from."""

    def __init__(self, set_cookie: Iterable[str]) -> None:
        self._fields = Message()
        for value in set_cookie:
            self._fields["Set-Cookie"] = value

    def info(self) -> Message:
        return self._fields


def store_cookies(jar: CookieJar, url: str, set_cookie: Iterable[str]) -> None:
    """Put what an answer sets into a jar.

    Args:
        jar: The jar, which decides what it takes.
        url: The URL that answered.
        set_cookie: The values of its Set-Cookie fields.
    """
    answer = cast(Any, _Answer(set_cookie))
    jar.extract_cookies(answer, Request(url))


class Cookies(MutableMapping[str, str]):
    """Cookies by name; of two with one name, the last one set counts.

    A plain dict would forget to which host and path a cookie belongs.

    Args:
        url: Whose cookies those are that are set by name.
        cookies: Cookies to begin with.
    """

    def __init__(self, url: str, cookies: Mapping[str, str] | None = None) -> None:
        self._jar = CookieJar()
        self._url = url
        self.update(cookies or {})

    def store(self, url: str, set_cookie: Iterable[str]) -> None:
        """Take over what an answer sets.

        Args:
            url: The URL that answered.
            set_cookie: The values of its Set-Cookie fields.
        """
        store_cookies(self._jar, url, set_cookie)

    def header(self, url: str) -> str | None:
        """Give the value of the Cookie field of a request, or None."""
        request = Request(url)
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie")

    def __getitem__(self, name: str) -> str:
        return dict(self._pairs())[name]

    def __setitem__(self, name: str, value: str) -> None:
        self.store(self._url, [f"{name}={value}; Path=/"])

    def __delitem__(self, name: str) -> None:
        found = [cookie for cookie in self._jar if cookie.name == name]
        if not found:
            raise KeyError(name)
        for cookie in found:
            self._jar.clear(cookie.domain, cookie.path, cookie.name)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._pairs()))

    def __len__(self) -> int:
        return len(dict(self._pairs()))

    def _pairs(self) -> Iterator[tuple[str, str]]:
        return ((cookie.name, cookie.value or "") for cookie in self._jar)
