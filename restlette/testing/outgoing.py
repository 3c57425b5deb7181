"""A request on its way to an application: the scope, and the content that follows.

`outgoing` is the one place that turns what a test writes into both; `call`,
`build_request` and the asynchronous client take the same options for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

from restlette.testing.content import (
    Body,
    Content,
    DataInput,
    FilesInput,
    encode_content,
)
from restlette.testing.scope import (
    Fields,
    HeadersInput,
    Origin,
    ParamsInput,
    Target,
    encode_fields,
    http_scope,
)

__all__ = [
    "BASE_URL",
    "CLIENT",
    "MessageOptions",
    "Outgoing",
    "RequestOptions",
    "outgoing",
]

BASE_URL = "http://testserver"
CLIENT = ("testclient", 50000)


class MessageOptions(TypedDict, total=False):
    """What a request carries beside its method and path.

    Attributes:
        json: A value to send as JSON. `null` is sent by `content="null"`.
        content: Text (sent as UTF-8), bytes, or pieces of bytes: an iterable of either
            kind, each piece becoming one message.
        data: The fields of a form to send url-encoded, a mapping or pairs.
        files: Files to send with these as multipart, a mapping or pairs: contents, or
            tuples of a filename, a content and, if you like, a media type.
        headers: More header fields, a mapping or pairs; a value of None takes away a
            field that would be sent otherwise, such as Host.
        params: More parameters for the query: a mapping, whose values may be lists,
            pairs, or an encoded string.
        cookies: Cookies to send, by name.
    """

    json: Any
    content: Content | None
    data: DataInput | None
    files: FilesInput | None
    headers: HeadersInput
    params: ParamsInput
    cookies: Mapping[str, str] | None


class RequestOptions(MessageOptions, total=False):
    """The options of `MessageOptions`, and where the request comes from and goes to.

    Attributes:
        client: The peer's host and port; ("testclient", 50000) if not given.
        root_path: Where the application is mounted; put in front of the path, as
            servers do, unless the path begins with it.
        base_url: Where the application seems to be served; "http://testserver" if not
            given.
        state: What the lifespan would have left in `request.state`.
        path_params: The parameters of the path, converted, for a resource that no
            router leads to.
        user: What authentication would have left in `request.user`.
        auth: What it would have left in `request.auth`.
        session: What a middleware for sessions would have left in `request.session`.
    """

    client: tuple[str, int] | None
    root_path: str
    base_url: str
    state: Mapping[str, Any] | None
    path_params: Mapping[str, Any] | None
    user: Any
    auth: Any
    session: Any


class Outgoing(NamedTuple):
    """A request that was not sent yet.

    Attributes:
        scope: The scope.
        body: The content.
        url: The URL that is asked for.
    """

    scope: dict[str, Any]
    body: Body
    url: str


def outgoing(
    method: str,
    path: str,
    *,
    json: Any = None,
    content: Content | None = None,
    data: DataInput | None = None,
    files: FilesInput | None = None,
    headers: HeadersInput = None,
    params: ParamsInput = None,
    cookies: Mapping[str, str] | None = None,
    client: tuple[str, int] | None = CLIENT,
    root_path: str = "",
    base_url: str = BASE_URL,
    state: Mapping[str, Any] | None = None,
    path_params: Mapping[str, Any] | None = None,
    user: Any = None,
    auth: Any = None,
    session: Any = None,
) -> Outgoing:
    """Put a request together; the options are those of `RequestOptions`.

    Args:
        method: The method, sent as it is written.
        path: The path and the query, sent as they are written; what cannot stand in a
            request line is percent-encoded.

    Raises:
        TypeError: More than one of `json`, `content` and a form was given.
        ValueError: `base_url` is no absolute URL.
    """
    origin = Origin.from_url(base_url)
    target = Target.from_path(path, params=params, root_path=root_path)
    body, described = encode_content(json=json, content=content, data=data, files=files)
    scope = http_scope(
        method,
        origin,
        target,
        encode_fields(headers, _default_fields(origin, described, cookies)),
        client=client,
        root_path=root_path,
        state=state or {},
    )
    known = {"path_params": path_params, "user": user, "auth": auth, "session": session}
    scope.update((name, value) for name, value in known.items() if value is not None)
    return Outgoing(scope, body, target.url(origin))


def _default_fields(
    origin: Origin, described: Fields, cookies: Mapping[str, str] | None
) -> Fields:
    """Give the header fields that a client sends by itself.

    Args:
        origin: Where the application seems to be served.
        described: The fields that describe the content.
        cookies: The cookies to send, by name.
    """
    fields = [
        (b"host", origin.authority.encode("latin-1")),
        (b"user-agent", b"testclient"),
        (b"accept", b"*/*"),
        *described,
    ]
    if cookies:
        # RFC 6265bis §4.2.1: cookie-pair *( ";" SP cookie-pair ).
        pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
        fields.append((b"cookie", pairs.encode("utf-8")))
    return fields
