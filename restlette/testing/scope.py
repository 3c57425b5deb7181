"""The scope of one connection, as a server would have made it from bytes.

The story: an `Origin` says where the application seems to be served, `Target` what is
asked of it, `fields` which header fields come along; `http_scope` and
`websocket_scope` put them together.

A server hands the request target over as it came, and so does this module: a path is
not normalised, dot segments stay, bytes that are no UTF-8 stay in `raw_path`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self
from urllib.parse import quote, unquote, urlencode, urlsplit

__all__ = [
    "FieldValue",
    "Fields",
    "HeadersInput",
    "Origin",
    "ParamsInput",
    "Target",
    "encode_fields",
    "handshake_fields",
    "header_pairs",
    "http_scope",
    "pairs_of",
    "urlencoded",
    "websocket_scope",
]

Fields = list[tuple[bytes, bytes]]
FieldValue = str | bytes | None
HeadersInput = (
    Mapping[str, FieldValue] | Iterable[tuple[str | bytes, FieldValue]] | None
)
ParamsInput = Mapping[str, Any] | Iterable[tuple[str, Any]] | str | None

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
# RFC 3986 §3.3: pchar = unreserved / pct-encoded / sub-delims / ":" / "@". What is
# allowed, and the percent sign of what is encoded already, stays as it was written.
_PATH = "/:@!$&'()*+,;=-._~%"
# RFC 3986 §3.4: query = *( pchar / "/" / "?" ); browsers leave these others too.
_QUERY = _PATH + "?[]|^`{}\\"


class Origin(NamedTuple):
    """Where the application seems to be served.

    Attributes:
        scheme: "http" or "https".
        authority: The value of the Host field.
        server: The host and port of the `server` entry of the scope.
    """

    scheme: str
    authority: str
    server: tuple[str, int]

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Take the origin out of an absolute URL.

        Args:
            url: A URL of scheme http, https, ws or wss, with an authority.

        Raises:
            ValueError: It has another scheme, or no host.
        """
        parts = urlsplit(url)
        port = _PORTS.get(parts.scheme)
        if port is None or not parts.hostname:
            raise ValueError(
                f"{url!r} is no absolute URL of scheme http, https, ws or wss: write "
                "for example 'http://testserver'."
            )
        # RFC 9110 §4.2.4: user information is not sent.
        authority = parts.netloc.rpartition("@")[2]
        given = parts.port
        if given == port:
            # RFC 9110 §4.2.3: the default port may be left out; clients do.
            authority = authority.rpartition(":")[0]
        return cls(
            parts.scheme, authority, (parts.hostname, port if given is None else given)
        )


class Target(NamedTuple):
    """What is asked for, in the three forms that a scope has of it.

    Attributes:
        path: Percent-decoded, U+FFFD for what is no UTF-8, with the root path.
        raw_path: The bytes of the path as they were sent, with the root path.
        query_string: The bytes after the question mark.
    """

    path: str
    raw_path: bytes
    query_string: bytes

    @classmethod
    def from_path(
        cls, path: str, *, params: ParamsInput = None, root_path: str = ""
    ) -> Self:
        """Read a path as it is written in a test.

        Args:
            path: A path, with a query or without; percent-encoded where it matters.
                What cannot stand in a request line is percent-encoded.
            params: More parameters for the query: a mapping, whose values may be
                lists, pairs, or an encoded string.
            root_path: Where the application is mounted. It is put in front, as
                servers do, unless the path begins with it.
        """
        path, _, query = path.partition("?")
        raw = quote(path, safe=_PATH, errors="surrogatepass")
        root = quote(root_path.rstrip("/"), safe=_PATH)
        if root and raw.startswith("/") and not f"{raw}/".startswith(f"{root}/"):
            raw = root + raw
        more = params if isinstance(params, str) else urlencoded(params or ())
        query = quote(query, safe=_QUERY, errors="surrogatepass")
        joined = "&".join(filter(None, (query, more)))
        return cls(unquote(raw), raw.encode("ascii"), joined.encode("utf-8"))

    def url(self, origin: Origin) -> str:
        """Give the absolute URL of the target at an origin."""
        query = self.query_string.decode("utf-8", "replace")
        path = self.raw_path.decode("ascii")
        url = f"{origin.scheme}://{origin.authority}{path}"
        return f"{url}?{query}" if query else url


def urlencoded(params: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> str:
    """Encode parameters as a form does; values may be lists."""
    return urlencode(pairs_of(params), doseq=True)


def pairs_of(items: Any) -> list[tuple[Any, Any]]:
    """Give the pairs of a mapping, or of an iterable of them."""
    return list(items.items() if isinstance(items, Mapping) else items)


def encode_fields(headers: HeadersInput, defaults: Fields) -> Fields:
    """Put a test's header fields over those that a client sends by itself.

    Args:
        headers: A mapping or pairs; names and values as text (ISO-8859-1) or as
            bytes. They are not checked: a test may send what it likes. A value of
            None takes a default field away.
        defaults: The client's own fields; one that the test names is left out.

    Returns:
        The fields, the names in lower case.
    """
    given = header_pairs(headers)
    names = {name for name, _ in given}
    fields = [field for field in defaults if field[0] not in names]
    fields.extend((name, _bytes(value)) for name, value in given if value is not None)
    return fields


def header_pairs(headers: HeadersInput) -> list[tuple[bytes, FieldValue]]:
    """Give header fields as pairs, the names in lower case."""
    if headers is None:
        return []
    return [(_bytes(name).lower(), value) for name, value in pairs_of(headers)]


def _bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text


def handshake_fields(origin: Origin, subprotocols: Iterable[str]) -> Fields:
    """Give the header fields of a WebSocket handshake (RFC 6455 §4.1).

    Origin is that of a page of the application's own, as a browser sends it.

    Args:
        origin: Where the application seems to be served.
        subprotocols: What the client offers, best first.
    """
    scheme = "https" if origin.scheme in ("https", "wss") else "http"
    fields = [
        (b"host", origin.authority.encode("latin-1")),
        (b"origin", f"{scheme}://{origin.authority.lower()}".encode("latin-1")),
        (b"connection", b"Upgrade"),
        (b"upgrade", b"websocket"),
        # A nonce of 16 bytes in base64; nothing looks at this one.
        (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
        (b"sec-websocket-version", b"13"),
    ]
    offered = ", ".join(subprotocols)
    if offered:
        fields.append((b"sec-websocket-protocol", offered.encode("latin-1")))
    return fields


def http_scope(
    method: str,
    origin: Origin,
    target: Target,
    fields: Fields,
    *,
    client: tuple[str, int] | None,
    root_path: str,
    state: Mapping[str, Any],
) -> dict[str, Any]:
    """Make the scope of an HTTP request (ASGI HTTP specification, 2.3).

    Args:
        method: The method, as it is.
        origin: Where the application seems to be served.
        target: What is asked for.
        fields: The header fields.
        client: The peer's host and port, or None.
        root_path: Where the application is mounted.
        state: What the lifespan left; each request gets a shallow copy.
    """
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": origin.scheme,
        "path": target.path,
        "raw_path": target.raw_path,
        "query_string": target.query_string,
        "root_path": root_path,
        "headers": fields,
        "client": client,
        "server": origin.server,
        "state": dict(state),
        "extensions": {"http.response.debug": {}},
    }


_WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def websocket_scope(
    origin: Origin,
    target: Target,
    fields: Fields,
    *,
    subprotocols: Iterable[str],
    client: tuple[str, int] | None,
    root_path: str,
    state: Mapping[str, Any],
) -> dict[str, Any]:
    """Make the scope of a WebSocket connection (ASGI WebSocket specification, 2.4).

    Args:
        origin: Where the application seems to be served.
        target: What is asked for.
        fields: The header fields.
        subprotocols: What the client offers, best first.
        client: The peer's host and port, or None.
        root_path: Where the application is mounted.
        state: What the lifespan left; each connection gets a shallow copy.
    """
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": _WEBSOCKET_SCHEMES[origin.scheme],
        "path": target.path,
        "raw_path": target.raw_path,
        "query_string": target.query_string,
        "root_path": root_path,
        "headers": fields,
        "client": client,
        "server": origin.server,
        "subprotocols": list(subprotocols),
        "state": dict(state),
        "extensions": {"websocket.http.response": {}},
    }
