"""A client for synchronous tests: a `requests.Session` that talks to an application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin

from restlette.http.optional import load
from restlette.http.types import ASGIApp
from restlette.testing.adapter import ASGIAdapter
from restlette.testing.application import as_asgi
from restlette.testing.contract import contract_for
from restlette.testing.cookies import store_cookies
from restlette.testing.lifespan import LifespanSession
from restlette.testing.loop import Loop
from restlette.testing.outgoing import BASE_URL, CLIENT
from restlette.testing.scope import (
    Origin,
    Target,
    encode_fields,
    handshake_fields,
    websocket_scope,
)
from restlette.testing.websocket import (
    TIMEOUT,
    AsyncWebSocketTestSession,
    WebSocketTestSession,
)

if TYPE_CHECKING:
    import requests
    import requests.structures

    from restlette.testing.contract.contract import Waivers
else:
    requests = load("requests", "testing", needed_by="restlette.testing.TestClient")

__all__ = ["TestClient", "WebSocketTestSession"]


class TestClient(requests.Session):
    """A `requests.Session` whose requests go to an application, whatever their host.

    No network is reached, and no proxy, certificate or netrc of the environment is
    read. Paths are normalised as a client does it; `restlette.testing.call` sends what
    no client would.

    The application runs while the test waits for it, on a loop that belongs to the
    client, and in no thread of its own: a task that the application has started rests
    between two requests. `with` runs the lifespan.

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
        follow_redirects: Whether redirects are followed, where a request says nothing
            else by `allow_redirects=False`.
        client: The peer's host and port.
        backend: "asyncio".
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

    Raises:
        ValueError: The backend is another one, or there is no rule of an id in `waive`.
        TypeError: `contract` is True, and the application has no document.
        MissingExtra: What contract mode needs is not installed.
    """

    # NOTE: pytest collects what is called Test*, unless it is told not to.
    __test__ = False

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
        backend: str = "asyncio",
        strict: bool = True,
        contract: bool | Mapping[str, Any] | None = None,
        waive: Waivers | None = None,
    ) -> None:
        if backend != "asyncio":
            raise ValueError(f'the backend is "asyncio", not {backend!r}.')
        super().__init__()
        self.app: ASGIApp = as_asgi(app)
        self.base_url = base_url
        self.raise_server_exceptions = raise_server_exceptions
        self.root_path = root_path
        self.follow_redirects = follow_redirects
        self.client = client
        self.app_state: dict[str, Any] = {}
        # SECURITY: neither proxies nor a netrc of the environment are anything to a
        # test.
        self.trust_env = False
        self.headers.update({"user-agent": "testclient", **(headers or {})})
        self.cookies.update(cookies or {})
        self._loop = Loop()
        self._lifespan: LifespanSession | None = None
        adapter = ASGIAdapter(
            self.app,
            self._loop,
            raise_server_exceptions=raise_server_exceptions,
            root_path=root_path,
            client=client,
            state=self.app_state,
            strict=strict,
            contract=contract_for(app, contract, waive),
        )
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def __enter__(self) -> Self:
        lifespan = LifespanSession(self.app, self.app_state)
        try:
            self._loop.run(lifespan.start())
        except BaseException:
            self.close()
            raise
        self._lifespan = lifespan
        return self

    def __exit__(self, *exc_info: object) -> None:
        lifespan, self._lifespan = self._lifespan, None
        try:
            if lifespan is not None:
                self._loop.run(lifespan.stop())
        finally:
            self.app_state.clear()
            self.close()

    def close(self) -> None:
        """Close the client and what it left running; it can be used again."""
        super().close()
        self._loop.close()

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a request; its URL may be relative to the base URL."""
        request.url = urljoin(self.base_url, str(request.url))
        settings = (self.params, self.auth, self.trust_env, any(self.hooks.values()))
        asked = (request.params, request.auth, request.cookies)
        if any(settings) or any(asked) or any(request.hooks.values()):
            return super().prepare_request(request)
        return self._prepare_plain(request)

    def _prepare_plain(self, request: requests.Request) -> requests.PreparedRequest:
        # PERF: where there is nothing to merge but header fields, requests still
        # spends a third of a request's time on merging.
        # A value of None takes a field away, which the types do not say.
        headers: Any = requests.structures.CaseInsensitiveDict(self.headers)
        headers.update(request.headers or {})
        for name in [name for name, value in headers.items() if value is None]:
            del headers[name]
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method=str(request.method).upper(),
            url=str(request.url),
            headers=headers,
            files=request.files,
            data=request.data,
            json=request.json,
            cookies=self.cookies,
        )
        return prepared

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Give the settings of a request, which depend on no environment."""
        # PERF: requests spends 30 µs on merging proxies and certificates.
        return {
            "proxies": {},
            "stream": self.stream if stream is None else stream,
            "verify": True,
            "cert": None,
        }

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Give where an answer points to, or None where redirects are not followed."""
        return super().get_redirect_target(resp) if self.follow_redirects else None

    def websocket_connect(
        self,
        url: str,
        subprotocols: Sequence[str] | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        params: Any = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> WebSocketTestSession:
        """Open a WebSocket connection.

        Args:
            url: The URL, absolute or relative to the base URL.
            subprotocols: What the client offers, best first.
            headers: More header fields for the handshake; None takes one away that
                the client sends by itself, such as Origin.
            params: More parameters for the query.
            cookies: More cookies, by name.
            timeout: Seconds to wait for each message.

        Returns:
            The open connection.

        Raises:
            WebSocketDisconnect: The application closed instead of accepting.
            WebSocketDenialResponse: It answered by HTTP.
            TimeoutError: It did neither in time.
            Exception: What it raised.
        """
        # requests knows the schemes of HTTP only.
        target = urljoin(self.base_url, url)
        target = "http" + target[2:] if target.startswith(("ws:", "wss:")) else target
        # requests takes None for "not this one", which its types do not say.
        given: Any = headers or {}
        request = self.prepare_request(
            requests.Request(
                "GET",
                target,
                headers=given,
                params=params,
                cookies=dict(cookies or {}),
            )
        )
        session = AsyncWebSocketTestSession(
            self.app,
            self._websocket_scope(request, subprotocols or (), given),
            timeout=timeout,
            raise_server_exceptions=self.raise_server_exceptions,
        )
        self._loop.run(session.connect())
        store_cookies(self.cookies, target, session.headers.getlist("set-cookie"))
        return WebSocketTestSession(session, self._loop)

    def _websocket_scope(
        self,
        request: requests.PreparedRequest,
        subprotocols: Sequence[str],
        given: Mapping[str, str | None],
    ) -> dict[str, Any]:
        origin = Origin.from_url(request.url or "")
        headers: Any = request.headers.copy()
        # RFC 6455 §4.1: a handshake's says Upgrade; requests has its own for HTTP.
        headers.pop("connection", None)
        # What a test takes away, requests has taken away; it does not know the rest.
        headers.update({name: None for name in given if given[name] is None})
        return websocket_scope(
            origin,
            Target.from_path(request.path_url, root_path=self.root_path),
            encode_fields(headers, handshake_fields(origin, subprotocols)),
            subprotocols=subprotocols,
            client=self.client,
            root_path=self.root_path,
            state=self.app_state,
        )
