"""A `Request` made by hand, for a handler that is called as plain Python."""

from __future__ import annotations

from typing import Any, Unpack

from restlette.http.request import Request
from restlette.testing.exchange import Exchange
from restlette.testing.outgoing import RequestOptions, outgoing

__all__ = ["build_request"]


def build_request(
    method: str = "GET",
    path: str = "/",
    *,
    app: Any = None,
    **options: Unpack[RequestOptions],
) -> Request:
    """Make a request to call a handler with.

    Args:
        method: The method.
        path: The path and the query.
        app: The application, for `request.app` and `request.url_for`.
        options: `json`, `content`, `data`, `files`, `headers`, `params`, `cookies`,
            `client`, `root_path`, `base_url`, `state`, `path_params`, `user`, `auth`,
            `session`: see `RequestOptions`.

    Returns:
        The request. Its content can be read, once, on any loop.
    """
    scope, body, _ = outgoing(method, path, **options)
    scope.setdefault("path_params", {})
    if app is not None:
        scope["app"] = scope["router"] = app
    exchange = Exchange(method, body)
    return Request(scope, exchange.receive, exchange.send)
