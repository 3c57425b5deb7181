"""One request to an application, without a client: `call` and `call_async`.

Bytes in, bytes out: the request is sent as it is written in the test, nothing is
normalised, no cookie is kept, no redirect is followed.
"""

from __future__ import annotations

from typing import Any, Unpack

from restlette.testing.application import as_asgi
from restlette.testing.exchange import Exchange
from restlette.testing.loop import run_alone
from restlette.testing.outgoing import RequestOptions, outgoing
from restlette.testing.response import TestResponse

__all__ = ["call", "call_async"]


def call(
    app: Any,
    method: str = "GET",
    path: str = "/",
    *,
    raise_server_exceptions: bool = True,
    strict: bool = True,
    **options: Unpack[RequestOptions],
) -> TestResponse:
    """Send one request to an application and give its answer.

    It works inside a running event loop too, in a thread; there, `await call_async` is
    better.

    Args:
        app: An ASGI application, a resource, or a resource class that can be made
            without arguments.
        method: The method, sent as it is written.
        path: The path and the query, sent as they are written; what cannot stand in a
            request line is percent-encoded.
        raise_server_exceptions: Whether to raise what the application raises; if not,
            the answer is what a server would have sent.
        strict: Whether content in an answer that can have none (HEAD, 204, 304), and
            header names in upper case, are errors; if not, the one is dropped and the
            other taken, as servers do.
        options: `json`, `content`, `data`, `files`, `headers`, `params`, `cookies`,
            `client`, `root_path`, `base_url`, `state`, `path_params`, `user`, `auth`,
            `session`: see `RequestOptions`. The last four are for a resource on its
            own: they give what a router and middleware would have found out.

    Returns:
        The answer, when the application has returned, its background tasks included.

    Raises:
        ASGIViolation: The application broke the rules of ASGI or HTTP.
        IncompleteAnswer: The answer broke off, and `raise_server_exceptions` is off.
        Exception: What the application raised.
    """
    return run_alone(
        call_async(
            app,
            method,
            path,
            raise_server_exceptions=raise_server_exceptions,
            strict=strict,
            **options,
        )
    )


async def call_async(
    app: Any,
    method: str = "GET",
    path: str = "/",
    *,
    raise_server_exceptions: bool = True,
    strict: bool = True,
    **options: Unpack[RequestOptions],
) -> TestResponse:
    """Send one request on the running loop and give its answer; otherwise as `call`."""
    scope, body, url = outgoing(method, path, **options)
    exchange = Exchange(method, body, strict=strict)
    await exchange.run(as_asgi(app), scope, raising=raise_server_exceptions)
    return TestResponse.of(exchange, url)
