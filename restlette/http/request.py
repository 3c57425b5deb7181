"""The request as a handler sees it.

The story starts with `HTTPConnection`: a view of the ASGI scope, shared by `Request`
and `WebSocket`, in which each part is parsed when it is first asked for. `Request`
adds the content, which is counted against a limit while it arrives.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Generic

from restlette.deferred import Deferred
from restlette.http.codings import Decoded, check_coding
from restlette.http.cookies import parse_cookies
from restlette.http.errors import (
    BadRequest,
    ClientDisconnect,
    ContentTooLarge,
    UnsupportedMediaType,
)
from restlette.http.forms import (
    FORM_TYPES,
    MULTIPART,
    URLENCODED,
    FormData,
    Opening,
    read_urlencoded,
)
from restlette.http.headers import Headers, encode_value
from restlette.http.json import STANDARD, InvalidJSON, JSONCodec
from restlette.http.limits import DEFAULT_LIMITS, Limits
from restlette.http.media import is_json
from restlette.http.types import (
    DROPPED,
    READING,
    Address,
    Message,
    Receive,
    Scope,
    Send,
    State,
)
from restlette.http.urls import URL, QueryParams, TooManyParameters

__all__ = ["FORM", "HTTPConnection", "Request"]

if TYPE_CHECKING:
    import asyncio

    # Before Python 3.13 a type variable has no default but there.
    from typing_extensions import TypeVar

    S = TypeVar("S", bound=Mapping[str, Any] | State, default=State)
else:
    from typing import TypeVar

    asyncio = Deferred("asyncio")

    S = TypeVar("S")

_SCHEMES = {"ws": "http", "wss": "https"}

_URLENCODED: Final = URLENCODED.encode("ascii")
_MULTIPART: Final = MULTIPART.encode("ascii")

# Where in a scope a form with files is kept for the pipeline, which closes it.
FORM: Final = "restlette.form"

# The Content-Type, the Content-Length, and every Content-Encoding.
_Description = tuple[bytes | None, bytes, bytes]

# So many pieces of content are kept by who looks behind them for a disconnect.
_LOOK_BEHIND: Final = 16

# So many pieces of content are received before others have their turn: a server may
# have all of them at once.
_IN_A_ROW: Final = 1_024


async def _no_receive() -> Message:
    raise RuntimeError("This request was made without a receive channel.")


async def _no_send(message: Message) -> None:
    raise RuntimeError("This request was made without a send channel.")


class HTTPConnection(Mapping[str, Any], Generic[S]):
    """What a request and a WebSocket have in common: a read-only view of the scope.

    `HTTPConnection[Services]` says to type checkers what `state` holds, by a TypedDict.

    Args:
        scope: The ASGI scope, of type "http" or "websocket".
        receive: The ASGI receive channel, where there is one.

    Raises:
        TypeError: The scope is of another type.
    """

    # PERF: parsed parts start as class attributes, so that a request that looks at
    # none of them pays for none of them.
    limits: Limits = DEFAULT_LIMITS
    _headers: Headers | None = None
    _cookies: dict[str, str] | None = None
    _query_params: QueryParams | None = None
    _url: URL | None = None
    _base_url: URL | None = None
    _state: State | None = None

    def __init__(self, scope: Scope, receive: Receive | None = None) -> None:
        if scope["type"] not in ("http", "websocket"):
            raise TypeError(
                "a connection needs a scope of type 'http' or 'websocket', "
                f"not {scope['type']!r}."
            )
        self.scope = scope
        self._receive: Receive = _no_receive if receive is None else receive

    def __getitem__(self, key: str) -> Any:
        return self.scope[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.scope)

    def __len__(self) -> int:
        return len(self.scope)

    # A connection is itself and no other one: two equal scopes are two requests.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    @property
    def app(self) -> Any:
        """The application that answers."""
        return self.scope["app"]

    @property
    def url(self) -> URL:
        """The target URI (RFC 9110 §7.1), as far as the request can be trusted."""
        if self._url is None:
            self._url = URL(scope=self.scope)
        return self._url

    @property
    def base_url(self) -> URL:
        """The URI under which the application is mounted, with a slash at its end."""
        if self._base_url is None:
            root = self.scope.get("root_path", "").rstrip("/") + "/"
            base = {**self.scope, "path": root, "root_path": "", "query_string": b""}
            # The raw path is the request's, not the mount's.
            base.pop("raw_path", None)
            scheme = base.get("scheme", "http")
            base["scheme"] = _SCHEMES.get(scheme, scheme)
            self._base_url = URL(scope=base)
        return self._base_url

    @property
    def headers(self) -> Headers:
        """The header fields, as they were when they were first asked for."""
        if self._headers is None:
            self._headers = Headers(scope=self.scope)
        return self._headers

    @property
    def query_params(self) -> QueryParams:
        """The parameters of the query.

        Raises:
            BadRequest: There are more of them than `limits.query_parameters`.
        """
        if self._query_params is None:
            try:
                self._query_params = QueryParams(
                    self.scope.get("query_string", b""),
                    limit=self.limits.query_parameters,
                )
            except TooManyParameters as exc:
                raise BadRequest(
                    f"The query has more than {exc.limit} parameters."
                ) from exc
        return self._query_params

    @property
    def path_params(self) -> dict[str, Any]:
        """The parameters of the path, converted."""
        params: dict[str, Any] = self.scope.get("path_params", {})
        return params

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that were sent, by name."""
        if self._cookies is None:
            fields = [v for k, v in self.scope["headers"] if k == b"cookie"]
            self._cookies = parse_cookies(fields, self.limits.cookies)
        return self._cookies

    @property
    def client(self) -> Address | None:
        """The peer's address, where the server knows one."""
        client = self.scope.get("client")
        return None if client is None else Address(*client)

    @property
    def session(self) -> Any:
        """The session, put there by `restlette.contrib.sessions`."""
        return self._from_middleware("session", "SessionMiddleware")

    @property
    def auth(self) -> Any:
        """The credentials, put there by `restlette.contrib.auth`."""
        return self._from_middleware("auth", "AuthenticationMiddleware")

    @property
    def user(self) -> Any:
        """The user, put there by `restlette.contrib.auth`."""
        return self._from_middleware("user", "AuthenticationMiddleware")

    def _from_middleware(self, key: str, middleware: str) -> Any:
        try:
            return self.scope[key]
        except KeyError:
            raise RuntimeError(
                f"connection.{key} needs {middleware}: add it with "
                f"app.add_middleware({middleware}, ...)."
            ) from None

    @property
    def state(self) -> S:
        """What middleware and the application's lifespan keep for this request.

        It has both the attributes of a `State` and the items of a mapping.
        """
        if self._state is None:
            self._state = State(self.scope.setdefault("state", {}))
        kept: Any = self._state
        state: S = kept
        return state

    def url_for(self, target: Any, /, **path_params: Any) -> URL:
        """Give the absolute URL of a route.

        Args:
            target: A route's name (`"books:item"`) or a resource class.
            path_params: The parameters of its path.

        Returns:
            The URL, under the scheme, host and root path of this request.

        Raises:
            NoMatchFound: No route has that name and these parameters.
            RuntimeError: The request came through no router.
        """
        router = self.scope.get("router")
        if router is None:
            raise RuntimeError(
                "url_for needs a router, and this request came through none: put the "
                "resource on a Router or a Restlette."
            )
        path = router.url_path_for(target, **path_params)
        url: URL = path.make_absolute_url(self.base_url)
        return url


class Request(HTTPConnection[S]):
    """One HTTP request.

    `Request[Services]` says to type checkers what `state` holds, by a TypedDict.

    Args:
        scope: The ASGI scope, of type "http".
        receive: The ASGI receive channel.
        send: The ASGI send channel; used for what the protocol offers beside the
            answer, such as a push promise.

    Raises:
        TypeError: The scope is of another type.
    """

    codec: JSONCodec = STANDARD
    _body: bytes | None = None
    _json: Any = None
    _json_read = False
    _stream_consumed = False
    _disconnected = False
    _received = 0
    _form: FormData | None = None
    # Messages that were received by who looked for a disconnect.
    _unread: Sequence[Message] = ()

    def __init__(
        self, scope: Scope, receive: Receive = _no_receive, send: Send = _no_send
    ) -> None:
        if scope["type"] != "http":
            raise TypeError(
                f"a request needs a scope of type 'http', not {scope['type']!r}."
            )
        # PERF: super().__init__ would check the type a second time.
        self.scope = scope
        self._receive = receive
        self._send = send

    @property
    def method(self) -> str:
        """The method, case-sensitive (RFC 9110 §9.1)."""
        method: str = self.scope["method"]
        return method

    @property
    def receive(self) -> Receive:
        """The ASGI receive channel."""
        return self._receive

    def stream(self) -> AsyncGenerator[bytes, None]:
        """Give the content in the pieces in which it arrives.

        Yields:
            Pieces of bytes, and an empty one at the end.

        Raises:
            ContentTooLarge: The content is longer than `limits.body`.
            UnsupportedMediaType: It has a coding, and `limits.decompressed` is 0.
            BadRequest: It is not what its coding says.
            ClientDisconnect: The client went away before the end.
            RuntimeError: The content was streamed before, or dropped.
        """
        return self._pieces(self.limits.body)

    async def _pieces(self, limit: int) -> AsyncGenerator[bytes, None]:
        """Give the content as it arrives.

        Args:
            limit: How many bytes are taken.
        """
        if self._body is not None:
            yield self._body
            yield b""
            return
        if DROPPED in self.scope:
            raise RuntimeError(
                "The content is not there any more, for the answer has begun: begin "
                "to read before anything else that the stream waits for, or read it "
                "in the handler with `await request.body()`."
            )
        limit = self._begin(limit, self._description())
        # A stream that is made of it looks for the disconnect on the same channel.
        ended = self.scope[READING] = asyncio.Event()
        try:
            size = 0
            more = True
            while more:
                message = await self._next_message()
                chunk = self._chunk(message, size, limit)
                size += len(chunk)
                if chunk:
                    yield chunk
                more = message.get("more_body", False)
        finally:
            ended.set()
        yield b""

    def _begin(self, limit: int, description: _Description) -> int:
        """Make sure that the content can be read: once, and not if it is too long.

        Args:
            limit: How many bytes are taken as they arrive.
            description: What the header fields say of the content.

        Returns:
            How many are taken as they are read: others, where a coding is undone.
        """
        if self._disconnected and not self._unread:
            # Not every server would say so a second time.
            raise ClientDisconnect
        if self._stream_consumed:
            raise RuntimeError(
                "The content was streamed already: keep it, or read it with "
                "`await request.body()`, which may be called again."
            )
        _, length, codings = description
        # RFC 9110 §8.6: Content-Length = 1*DIGIT. Twenty digits are more than any
        # limit, and int() is not asked about them.
        if length.isdigit() and (len(length) > 19 or int(length) > limit):
            raise ContentTooLarge(limit=limit)
        if codings:
            limit = self._decode(codings, limit)
        self._stream_consumed = True
        return limit

    def _decode(self, codings: bytes, limit: int) -> int:
        """Have the content decoded as it is received, if it is coded.

        Returns:
            How many bytes are taken of what is received then.
        """
        decompressed = self.limits.decompressed
        coding = check_coding(codings, is_allowed=decompressed > 0)
        if coding is None:
            return limit
        self._receive = Decoded(self._receive, self._unread, coding, limit)
        self._unread = ()
        return decompressed

    def _chunk(self, message: Message, size: int, limit: int) -> bytes:
        """Give the piece of content in a message.

        Args:
            message: What came from the server.
            size: How many bytes came before.
            limit: How many are taken in all.
        """
        if message["type"] == "http.disconnect":
            self._disconnected = True
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        # SECURITY: counted, since a Content-Length may be missing or untrue.
        if size + len(chunk) > limit:
            raise ContentTooLarge(limit=limit)
        return chunk

    async def _next_message(self) -> Message:
        if self._unread:
            message, *self._unread = self._unread
            return message
        if self._disconnected:
            raise ClientDisconnect
        self._received += 1
        if not self._received % _IN_A_ROW:
            await asyncio.sleep(0)
        return await self._receive()

    async def body(self) -> bytes:
        """Read the whole content.

        Returns:
            The content, the same when asked for again.

        Raises:
            ContentTooLarge: It is longer than `limits.body`.
            UnsupportedMediaType: It has a coding, and `limits.decompressed` is 0.
            BadRequest: It is not what its coding says.
            ClientDisconnect: The client went away before the end.
            RuntimeError: The content was streamed before.
        """
        if self._body is None:
            limit = self._begin(self.limits.body, self._description())
            message = await self._next_message()
            chunk = self._chunk(message, 0, limit)
            if message.get("more_body", False):
                chunk = await self._join(chunk, limit)
            self._body = chunk
        return self._body

    async def _join(self, first: bytes, limit: int) -> bytes:
        """Read what comes after the first piece, and give all of it."""
        # Not a list of pieces: each of one byte would take up forty.
        content = bytearray(first)
        more = True
        while more:
            message = await self._next_message()
            content += self._chunk(message, len(content), limit)
            more = message.get("more_body", False)
        return bytes(content)

    async def json(self) -> Any:
        """Read the content as JSON (RFC 8259).

        Returns:
            The value, the same object when asked for again.

        Raises:
            UnsupportedMediaType: Content-Type is not `application/json` or `+json`, or
                the content has a coding, and `limits.decompressed` is 0.
            BadRequest: The content is not JSON.
            ContentTooLarge: It is longer than `limits.body`.
        """
        if not self._json_read:
            # RFC 9110 §15.5.16: 415 says that the format is not supported.
            description = self._description()
            if not is_json(description[0]):
                raise UnsupportedMediaType(
                    accepted=("application/json",), method=self.method
                )
            if self._body is None and not self._unread:
                # PERF: what body() does, without a second coroutine.
                limit = self._begin(self.limits.body, description)
                message = await self._receive()
                chunk = self._chunk(message, 0, limit)
                if message.get("more_body", False):
                    chunk = await self._join(chunk, limit)
                self._body = chunk
            content = await self.body() if self._body is None else self._body
            try:
                self._json = self.codec.loads(content)
            except InvalidJSON as exc:
                raise BadRequest(str(exc)) from exc
            self._json_read = True
        return self._json

    def _description(self) -> _Description:
        """Give what the header fields say of the content."""
        content_type: bytes | None = None
        length = codings = b""
        # PERF: once through the list for all three, and no need for `headers`.
        for name, value in self.scope["headers"]:
            if name == b"content-type":
                if content_type is None:
                    content_type = value
            elif name == b"content-length":
                length = value
            elif name == b"content-encoding":
                codings += b"," + value
        return content_type, length, codings

    def form(
        self,
        *,
        max_files: int | None = None,
        max_fields: int | None = None,
        max_part_size: int | None = None,
    ) -> Opening:
        """Read the content as a form, url-encoded or multipart.

        Write `form = await request.form()`, or `async with request.form() as form:`,
        which closes its files at the end of the block. They are closed in any case when
        the request has been answered and its background tasks are done.

        Args:
            max_files: The number of files that are taken, in place of
                `limits.form_files`.
            max_fields: The number of other fields, in place of `limits.form_fields`.
            max_part_size: The bytes of one such field, in place of `limits.form_text`.

        Returns:
            What gives the form when it is awaited or entered; the same object when
            asked for again.

        Raises:
            UnsupportedMediaType: The content is of another type, or has a coding.
            BadRequest: It is no form, or one with too many fields, files or header
                fields of a part.
            ContentTooLarge: It is longer than `limits.body`, or `limits.multipart` if
                it is multipart; or a field is too long.
            InsufficientStorage: A file could not be stored.
            ClientDisconnect: The client went away before the end.
            RuntimeError: The content was streamed before.
            MissingExtra: python-multipart is not installed.
        """
        figures = {
            "form_files": max_files,
            "form_fields": max_fields,
            "form_text": max_part_size,
        }
        given = {name: limit for name, limit in figures.items() if limit is not None}
        return Opening(partial(self._read_form, self.limits.override(given)))

    @property
    def read_form(self) -> FormData | None:
        """The form, if it has been read; None otherwise."""
        return self._form

    async def _read_form(self, limits: Limits) -> FormData:
        if self._form is not None:
            return self._form
        content_type = self._description()[0] or b""
        essence = content_type.partition(b";")[0].strip(b" \t").lower()
        if essence == _URLENCODED:
            form = read_urlencoded(await self.body(), limits)
        elif essence == _MULTIPART:
            # Loaded here, since it needs an extra.
            multipart: Any = import_module("restlette.http.multipart")
            form = await multipart.read_multipart(
                content_type, self._pieces(limits.multipart), limits
            )
            self.scope[FORM] = form
        else:
            raise UnsupportedMediaType(accepted=FORM_TYPES, method=self.method)
        self._form = form
        return form

    async def close(self) -> None:
        """Close the files of the form, if one was read."""
        if self._form is not None:
            await self._form.close()

    async def is_disconnected(self) -> bool:
        """Say whether the client went away, without waiting for it.

        Servers report it behind the content. Unread content is received and kept for
        whoever reads it: the last piece of it, or as many as there are up to 16.

        Returns:
            True once the server has reported the disconnect.
        """
        unread = [*self._unread]
        while not self._disconnected and len(unread) < _LOOK_BEHIND:
            message = _poll(self._receive)
            if message is None:
                break
            if message["type"] == "http.disconnect":
                self._disconnected = True
            else:
                unread.append(message)
        self._unread = unread
        return self._disconnected

    async def send_push_promise(self, path: str) -> None:
        """Ask the server to push a resource, where it offers that.

        Args:
            path: The path of the resource to push.
        """
        if "http.response.push" in (self.scope.get("extensions") or {}):
            wanted = (b"accept", b"accept-encoding", b"accept-language", b"user-agent")
            fields = [(k, v) for k, v in self.scope["headers"] if k in wanted]
            await self._send(
                {"type": "http.response.push", "path": path, "headers": fields}
            )

    async def send_early_hints(self, links: Iterable[str]) -> None:
        """Let the client load what the answer will need (103, RFC 8297).

        Only where the server offers it; elsewhere nothing is sent.

        Args:
            links: Values of Link fields (RFC 8288 §3), such as
                `</style.css>; rel=preload; as=style`.

        Raises:
            TypeError: One text is given in the place of several.
            ValueError: A value that a field cannot have.
        """
        if isinstance(links, str):
            raise TypeError(f"send_early_hints takes several texts: write [{links!r}].")
        fields = [encode_value("link", link) for link in links]
        if "http.response.early_hint" in (self.scope.get("extensions") or {}):
            await self._send({"type": "http.response.early_hint", "links": fields})


def _poll(receive: Receive) -> Message | None:
    """Give the message that is there already, or None if `receive` would wait.

    The awaitable is driven one step by hand: a step that ends has given a message; one
    that waits is closed, a future cancelled, which servers take as the end of that
    wait.
    """
    awaitable: Any = receive()
    waiting = awaitable.__await__()
    try:
        next(waiting)
    except StopIteration as done:
        message: Message = done.value
        return message
    end = getattr(awaitable, "cancel", None) or getattr(waiting, "close", None)
    if end is not None:
        end()
    return None
