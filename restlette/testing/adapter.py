"""What a `requests.Session` needs to talk to an ASGI application: a transport adapter.

`ASGIAdapter.send` is the story: it reads the prepared request, runs the application and
gives back what `HTTPAdapter.build_response` makes of the answer. No socket is opened.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Coroutine, Generator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from restlette.http.optional import load
from restlette.http.status import PHRASES
from restlette.http.types import ASGIApp
from restlette.testing.content import Body, in_pieces
from restlette.testing.errors import IncompleteAnswer
from restlette.testing.exchange import Exchange, StreamedExchange
from restlette.testing.loop import Loop
from restlette.testing.scope import Fields, Origin, Target, encode_fields, http_scope

if TYPE_CHECKING:
    import requests
    import requests.adapters
    import urllib3
    import urllib3.exceptions

    from restlette.testing.contract.contract import Contract
else:
    requests = load("requests", "testing", needed_by="restlette.testing.TestClient")
    urllib3 = load("urllib3", "testing", needed_by="restlette.testing.TestClient")

__all__ = ["ASGIAdapter"]

T = TypeVar("T")

# Bytes of a file that go into one message.
_PIECE = 65536


class ASGIAdapter(requests.adapters.HTTPAdapter):
    """Sends requests to an application.

    Args:
        app: The application.
        loop: The loop that it runs on.
        raise_server_exceptions: Whether to raise what the application raises.
        root_path: Where the application is mounted.
        client: The peer's host and port.
        state: What the lifespan left for the requests.
        strict: As for `Exchange`.
        contract: What the exchanges are held to.
    """

    def __init__(
        self,
        app: ASGIApp,
        loop: Loop,
        *,
        raise_server_exceptions: bool,
        root_path: str,
        client: tuple[str, int] | None,
        state: Mapping[str, Any],
        strict: bool,
        contract: Contract | None = None,
    ) -> None:
        super().__init__()
        self._app = app
        self._loop = loop
        self._raising = raise_server_exceptions
        self._root_path = root_path
        self._client = client
        self._state = state
        self._strict = strict
        self._contract = contract

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send a request to the application.

        Args:
            request: The request.
            stream: Whether to return at the start of the answer.
            timeout: Seconds to wait for the answer, or for its start; a pair as
                requests has it is allowed.
            verify: Not used; there is no connection.
            cert: Not used.
            proxies: Not used.

        Returns:
            The answer.

        Raises:
            requests.ConnectionError: The answer broke off.
            requests.ReadTimeout: It did not come in time.
            ContractError: It is not what the application declares.
            Exception: What the application raised.
        """
        scope = self._scope(request)
        fields = [] if self._contract is None else self._contract.watch(scope)
        kind = StreamedExchange if stream else Exchange
        exchange = kind(scope["method"], _body(request.body), strict=self._strict)
        if isinstance(exchange, StreamedExchange):
            work = exchange.open(self._app, scope, raising=self._raising)
        else:
            work = exchange.run(self._app, scope, raising=self._raising)
        seconds = timeout[1] if isinstance(timeout, tuple) else timeout
        if seconds is not None:
            work = _in_time(work, seconds, request)
        try:
            self._loop.run(work)
        except IncompleteAnswer as exc:
            raise requests.ConnectionError(str(exc), request=request) from exc
        if self._contract is not None:
            self._hold(self._contract, scope, fields, request, exchange)
        return self._response(request, exchange)

    def _hold(
        self,
        contract: Contract,
        scope: dict[str, Any],
        fields: Fields,
        request: requests.PreparedRequest,
        exchange: Exchange,
    ) -> None:
        try:
            contract.hold(scope, fields, request.url or "", exchange)
        except BaseException:
            if isinstance(exchange, StreamedExchange):
                self._loop.run(exchange.close())
            raise

    def _scope(self, request: requests.PreparedRequest) -> dict[str, Any]:
        origin = Origin.from_url(request.url or "")
        default = (b"host", origin.authority.encode("latin-1"))
        return http_scope(
            request.method or "GET",
            origin,
            Target.from_path(request.path_url, root_path=self._root_path),
            encode_fields(request.headers, [default]),
            client=self._client,
            root_path=self._root_path,
            state=self._state,
        )

    def _response(
        self, request: requests.PreparedRequest, exchange: Exchange
    ) -> requests.Response:
        body: _StreamedBody | io.BytesIO
        if isinstance(exchange, StreamedExchange):
            body = _StreamedBody(exchange, self._loop)
        else:
            body = io.BytesIO(exchange.content)
        headers = _header_dict(exchange.fields)
        # PERF: without it, requests does not look for cookies.
        original: Any = _Received(headers) if "set-cookie" in headers else None
        raw = _RawResponse(
            body,
            headers=headers,
            status=exchange.status,
            reason=PHRASES.get(exchange.status, ""),
            version=11,
            preload_content=False,
            request_method=request.method,
            original_response=original,
        )
        response = self.build_response(request, raw)
        for name in ("template", "context"):
            if name in exchange.debug:
                setattr(response, name, exchange.debug[name])
        return response


def _header_dict(fields: Fields) -> urllib3.HTTPHeaderDict:
    headers = urllib3.HTTPHeaderDict()
    for name, value in fields:
        headers.add(name.decode("latin-1"), value.decode("latin-1"))
    return headers


def _body(body: Any) -> Body:
    if body is None:
        return b""
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if isinstance(body, str):
        return body.encode("utf-8")
    return in_pieces(_file_pieces(body) if hasattr(body, "read") else _bytes(body))


def _file_pieces(file: Any) -> Iterable[bytes]:
    while piece := file.read(_PIECE):
        yield piece.encode("utf-8") if isinstance(piece, str) else piece


def _bytes(pieces: Iterable[str | bytes]) -> Iterable[bytes]:
    for piece in pieces:
        yield piece.encode("utf-8") if isinstance(piece, str) else piece


async def _in_time(
    work: Coroutine[Any, Any, None], seconds: float, request: requests.PreparedRequest
) -> None:
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            await work
    except TimeoutError as exc:
        if not limit.expired():
            # It is the application's own.
            raise
        raise requests.ReadTimeout(
            f"the application did not answer within {seconds} seconds", request=request
        ) from exc


class _Received:
    """What requests reads Set-Cookie from: it asks for the `msg` of http.client.

    Args:
        headers: The header fields of the answer.
    """

    def __init__(self, headers: urllib3.HTTPHeaderDict) -> None:
        self.msg = headers

    def isclosed(self) -> bool:
        # There is no connection that could be open.
        return True

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


class _StreamedBody:
    """The content of an answer that is still being sent, as a file to read from."""

    def __init__(self, exchange: StreamedExchange, loop: Loop) -> None:
        self.failure: Exception | None = None
        self.closed = False
        self._exchange = exchange
        self._loop = loop
        self._buffer = b""

    def read1(self, amt: int = -1) -> bytes:
        """Read what has been sent, and wait if that is nothing."""
        if not self._buffer and not self.closed:
            self._buffer = self._receive()
        if amt < 0:
            amt = len(self._buffer)
        data, self._buffer = self._buffer[:amt], self._buffer[amt:]
        return data

    def read(self, amt: int | None = None) -> bytes:
        """Read so many bytes, or all that will be sent."""
        data = b""
        while amt is None or len(data) < amt:
            piece = self.read1(-1 if amt is None else amt - len(data))
            if not piece:
                break
            data += piece
        return data

    def _receive(self) -> bytes:
        try:
            piece = self._loop.run(self._exchange.read())
        except Exception as exc:
            self.closed = True
            self.failure = exc
            raise
        self.closed = not piece
        return piece

    def close(self) -> None:
        """Go away, which the application is told."""
        if not self.closed:
            self.closed = True
            self._loop.run(self._exchange.close())

    def leave(self) -> None:
        """Go away when the application runs next."""
        if not self.closed:
            self.closed = True
            self._loop.run_later(self._exchange.close)


class _RawResponse(urllib3.HTTPResponse):
    """An answer whose content arrives in the pieces in which it is sent."""

    def __init__(self, body: _StreamedBody | io.BytesIO, **options: Any) -> None:
        self._source = body
        file: Any = body
        super().__init__(file, **options)

    def __del__(self) -> None:
        # urllib3 would close it here, which lets the application run. The garbage
        # collector calls from anywhere; the loop does that when it runs next.
        if isinstance(self._source, _StreamedBody):
            self._source.leave()

    def stream(
        self, amt: int | None = 65536, decode_content: bool | None = None
    ) -> Generator[bytes, None, None]:
        """Give the content as it arrives, in pieces of `amt` bytes at most.

        Raises:
            urllib3.exceptions.ProtocolError: The answer broke off.
            Exception: What the application raised.
        """
        try:
            while data := self.read1(amt, decode_content=decode_content):
                yield data
        except urllib3.exceptions.ProtocolError as exc:
            failure = getattr(self._source, "failure", None)
            if failure is None or isinstance(failure, IncompleteAnswer):
                raise
            # urllib3 takes every OSError for one of the network's; this one is the
            # application's own.
            raise failure from exc
