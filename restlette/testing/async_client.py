"""A client for asynchronous tests: the application runs on the caller's own loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self, Unpack
from urllib.parse import urljoin, urlsplit

from restlette.http.headers import Headers
from restlette.http.types import ASGIApp
from restlette.testing.application import as_asgi
from restlette.testing.contract import contract_for
from restlette.testing.cookies import Cookies
from restlette.testing.exchange import Exchange, StreamedExchange
from restlette.testing.lifespan import LifespanSession
from restlette.testing.outgoing import (
    BASE_URL,
    CLIENT,
    MessageOptions,
    Outgoing,
    outgoing,
)
from restlette.testing.response import TestResponse
from restlette.testing.scope import (
    FieldValue,
    HeadersInput,
    Origin,
    ParamsInput,
    Target,
    encode_fields,
    handshake_fields,
    header_pairs,
    websocket_scope,
)
from restlette.testing.websocket import TIMEOUT, AsyncWebSocketTestSession

if TYPE_CHECKING:
    from restlette.testing.contract.contract import Waivers

__all__ = [
    "AsyncTestClient",
    "ClientOptions",
    "StreamedTestResponse",
    "TooManyRedirects",
]

# As many as requests and the browsers' Fetch follow.
MAX_REDIRECTS = 20


class ClientOptions(MessageOptions, total=False):
    """The options of `MessageOptions`, and one about the answer.

    Attributes:
        follow_redirects: Whether to follow redirects, instead of what the client says.
    """

    follow_redirects: bool | None


class TooManyRedirects(RuntimeError):
    """The application redirected more often than a client follows."""


class StreamedTestResponse:
    """An answer that is still being sent; iterate over it for its pieces.

    Args:
        exchange: The exchange.

    Attributes:
        status_code: The status code.
        headers: The header fields.
    """

    def __init__(self, exchange: StreamedExchange) -> None:
        self.status_code: int = exchange.status
        self.headers: Headers = Headers(raw=exchange.fields)
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._exchange.read():
            yield piece

    async def read(self) -> bytes:
        """Read what is left of the content."""
        return b"".join([piece async for piece in self])


class AsyncTestClient:
    """A client whose application runs on the caller's loop; nothing else is needed.

    No network is reached: every host is the application. `async with` runs the
    lifespan.

    Args:
        app: An ASGI application, a resource, or a resource class that can be made
            without arguments.
        base_url: Where the application seems to be served.
        raise_server_exceptions: Whether to raise what the application raises; if not,
            the answer is what a server would have sent.
        root_path: Where the application is mounted; put in front of the path, as
            servers do, unless the path begins with it.
        cookies: Cookies to begin with, by name.
        headers: Header fields for every request.
        follow_redirects: Whether redirects are followed, where a request says nothing.
        client: The peer's host and port.
        strict: Whether content in an answer that can have none (HEAD, 204, 304), and
            header names in upper case, are errors; if not, the one is dropped and the
            other taken, as servers do.
        contract: Whether to hold each exchange to the document that the application
            gives of itself, and to the rules of HTTP; an OpenAPI document to hold it to
            that one. By default what `restlette.testing.contract.everywhere` said.
        waive: Rules of HTTP that do not hold for a resource: their ids, by resource
            class, function or path template, or by "*" for all.

    Attributes:
        app_state: What the lifespan left for the requests.
        cookies: The cookies that the client keeps.
        headers: The header fields for every request.
    """

    def __init__(
        self,
        app: Any,
        base_url: str = BASE_URL,
        raise_server_exceptions: bool = True,
        root_path: str = "",
        *,
        cookies: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = True,
        client: tuple[str, int] | None = CLIENT,
        strict: bool = True,
        contract: bool | Mapping[str, Any] | None = None,
        waive: Waivers | None = None,
    ) -> None:
        self.app: ASGIApp = as_asgi(app)
        self.base_url = base_url
        self.raise_server_exceptions = raise_server_exceptions
        self.root_path = root_path
        self.cookies: Cookies = Cookies(base_url, cookies)
        self.headers: dict[str, str] = dict(headers or {})
        self.follow_redirects = follow_redirects
        self.client = client
        self.strict = strict
        self.app_state: dict[str, Any] = {}
        self._contract = contract_for(app, contract, waive)
        self._lifespan: LifespanSession | None = None

    async def __aenter__(self) -> Self:
        lifespan = LifespanSession(self.app, self.app_state)
        await lifespan.start()
        self._lifespan = lifespan
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        lifespan, self._lifespan = self._lifespan, None
        try:
            if lifespan is not None:
                await lifespan.stop()
        finally:
            self.app_state.clear()

    async def request(
        self,
        method: str,
        url: str,
        *,
        follow_redirects: bool | None = None,
        **options: Unpack[MessageOptions],
    ) -> TestResponse:
        """Send a request and give its answer.

        Args:
            method: The method, sent as it is written.
            url: The URL, absolute or relative to the base URL.
            follow_redirects: Whether to follow redirects, instead of what the client
                says.
            options: `json`, `content`, `data`, `files`, `headers`, `params`,
                `cookies`: see `restlette.testing.outgoing.MessageOptions`.

        Returns:
            The answer, when the application has returned, its background tasks
            included; `history` has the redirects on the way.

        Raises:
            TooManyRedirects: There were more than 20 of them.
            ASGIViolation: The application broke the rules of ASGI or HTTP.
            IncompleteAnswer: The answer broke off, and `raise_server_exceptions` is
                off.
            Exception: What the application raised.
        """
        follow = self.follow_redirects if follow_redirects is None else follow_redirects
        url = urljoin(self.base_url, url)
        response = await self._send(method, url, options)
        history: list[TestResponse] = []
        while follow and response.is_redirect:
            history.append(response)
            if len(history) > MAX_REDIRECTS:
                raise TooManyRedirects(f"{url} redirected {len(history)} times")
            target = urljoin(url, response.headers["location"])
            method, options = _redirected(method, options, response.status_code)
            if Origin.from_url(url) != Origin.from_url(target):
                # RFC 9110 §15.4: what was meant for one host is not told to another.
                options = _without(options, b"authorization", b"cookie")
                options = {**options, "cookies": None}
            url = target
            response = await self._send(method, url, options)
        response.history = history
        return response

    async def get(self, url: str, **options: Unpack[ClientOptions]) -> TestResponse:
        """Send GET; otherwise as `request`."""
        return await self.request("GET", url, **options)

    async def head(self, url: str, **options: Unpack[ClientOptions]) -> TestResponse:
        """Send HEAD; otherwise as `request`."""
        return await self.request("HEAD", url, **options)

    async def options(self, url: str, **options: Unpack[ClientOptions]) -> TestResponse:
        """Send OPTIONS; otherwise as `request`."""
        return await self.request("OPTIONS", url, **options)

    async def post(self, url: str, **options: Unpack[ClientOptions]) -> TestResponse:
        """Send POST; otherwise as `request`."""
        return await self.request("POST", url, **options)

    async def put(self, url: str, **options: Unpack[ClientOptions]) -> TestResponse:
        """Send PUT; otherwise as `request`."""
        return await self.request("PUT", url, **options)

    async def patch(self, url: str, **options: Unpack[ClientOptions]) -> TestResponse:
        """Send PATCH; otherwise as `request`."""
        return await self.request("PATCH", url, **options)

    async def delete(self, url: str, **options: Unpack[ClientOptions]) -> TestResponse:
        """Send DELETE; otherwise as `request`."""
        return await self.request("DELETE", url, **options)

    @asynccontextmanager
    async def stream(
        self, method: str, url: str, **options: Unpack[MessageOptions]
    ) -> AsyncGenerator[StreamedTestResponse, None]:
        """Send a request and give its answer while it is being sent.

        No redirect is followed. At the end of the block the client goes away, which
        the application is told if it is still sending.

        Args:
            method: The method, sent as it is written.
            url: The URL, absolute or relative to the base URL.
            options: As for `request`.

        Yields:
            The answer, of which status and header fields are there.
        """
        url = urljoin(self.base_url, url)
        scope, body, url = self._outgoing(method, url, options)
        exchange = StreamedExchange(method, body, strict=self.strict)
        fields = [] if self._contract is None else self._contract.watch(scope)
        await exchange.open(self.app, scope, raising=self.raise_server_exceptions)
        try:
            if self._contract is not None:
                self._contract.hold(scope, fields, url, exchange)
            response = StreamedTestResponse(exchange)
            self.cookies.store(url, response.headers.getlist("set-cookie"))
            yield response
        finally:
            await exchange.close()

    def websocket_connect(
        self,
        url: str,
        subprotocols: Sequence[str] | None = None,
        *,
        headers: HeadersInput = None,
        params: ParamsInput = None,
        timeout: float = TIMEOUT,
    ) -> AsyncWebSocketTestSession:
        """Give a WebSocket connection, to be opened by `async with`.

        Args:
            url: The URL, absolute or relative to the base URL.
            subprotocols: What the client offers, best first.
            headers: More header fields for the handshake.
            params: More parameters for the query.
            timeout: Seconds to wait for each message.

        Returns:
            The connection; entering it raises what `connect` raises.
        """
        url = urljoin(self.base_url, url)
        origin = Origin.from_url(url)
        offered = list(subprotocols or ())
        fields = self._fields(url, {"headers": headers})
        scope = websocket_scope(
            origin,
            Target.from_path(_path(url), params=params, root_path=self.root_path),
            encode_fields(fields, handshake_fields(origin, offered)),
            subprotocols=offered,
            client=self.client,
            root_path=self.root_path,
            state=self.app_state,
        )
        return AsyncWebSocketTestSession(
            self.app,
            scope,
            timeout=timeout,
            raise_server_exceptions=self.raise_server_exceptions,
        )

    async def _send(
        self, method: str, url: str, options: MessageOptions
    ) -> TestResponse:
        scope, body, url = self._outgoing(method, url, options)
        exchange = Exchange(method, body, strict=self.strict)
        fields = [] if self._contract is None else self._contract.watch(scope)
        await exchange.run(self.app, scope, raising=self.raise_server_exceptions)
        if self._contract is not None:
            self._contract.hold(scope, fields, url, exchange)
        response = TestResponse.of(exchange, url)
        self.cookies.store(url, response.headers.getlist("set-cookie"))
        return response

    def _outgoing(self, method: str, url: str, options: MessageOptions) -> Outgoing:
        return outgoing(
            method,
            _path(url),
            json=options.get("json"),
            content=options.get("content"),
            data=options.get("data"),
            files=options.get("files"),
            headers=self._fields(url, options),
            params=options.get("params"),
            client=self.client,
            root_path=self.root_path,
            base_url=url,
            state=self.app_state,
        )

    def _fields(
        self, url: str, options: MessageOptions
    ) -> list[tuple[bytes, FieldValue]]:
        """Give the request's header fields over the client's, with the cookies."""
        given = header_pairs(options.get("headers"))
        names = {name for name, _ in given}
        own = header_pairs(self.headers)
        kept = self.cookies.header(url)
        sent = [f"{k}={v}" for k, v in (options.get("cookies") or {}).items()]
        cookies = "; ".join([kept, *sent] if kept else sent)
        if cookies:
            own.append((b"cookie", cookies.encode("utf-8")))
        return [field for field in own if field[0] not in names] + given


def _path(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _redirected(
    method: str, options: MessageOptions, status: int
) -> tuple[str, MessageOptions]:
    """Give the method and the options of the request that follows a redirect."""
    # The query is the Location's.
    options = {**options, "params": None}
    # RFC 9110 §15.4.4: 303 is followed by "a retrieval request"; §15.4.2 and §15.4.3:
    # "for historical reasons, a user agent MAY change the request method from POST to
    # GET", and all do.
    changes = status == 303 or (status in (301, 302) and method == "POST")
    if not changes or method == "HEAD":
        return method, options
    nothing: MessageOptions = {
        "json": None,
        "content": None,
        "data": None,
        "files": None,
    }
    options = {**options, **nothing}
    # RFC 9110 §15.4: fields that describe the content go with it.
    return "GET", _without(options, b"content-type", b"content-length")


def _without(options: MessageOptions, *names: bytes) -> MessageOptions:
    pairs = header_pairs(options.get("headers"))
    return {**options, "headers": [pair for pair in pairs if pair[0] not in names]}
