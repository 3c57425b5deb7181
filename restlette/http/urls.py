"""URLs: the target of a request, the parts of any URL, and what may stand in them.

The story starts at `URL`, which is a `str` that knows its parts. It can be put together
from a scope, where `is_valid_host` decides whether the Host field is believed.
`QueryParams` reads a query, `quote_segment` and `quote_path` write values into a path,
`is_safe_redirect` judges a target that somebody else chose.

Text is cut at its delimiters as RFC 3986 does (appendix B): every text has parts, and
nothing is stripped or normalised on the way, so that two readers of one URL never see
two URLs.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, SupportsIndex, TypedDict, Unpack, cast, overload
from urllib.parse import SplitResult, unquote

from restlette.http.multidict import ImmutableMultiDict
from restlette.http.types import Scope

__all__ = [
    "URL",
    "Components",
    "QueryParams",
    "TooManyParameters",
    "URLPath",
    "is_safe_redirect",
    "is_valid_host",
    "quote_path",
    "quote_segment",
    "split_host",
]

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

# RFC 3986 section 3.1: scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
_SCHEME = "".join([*map(chr, range(65, 91)), *map(chr, range(97, 123))])
_SCHEME_REST = _SCHEME + "0123456789+-."

# What ends an authority, or would be read as its end by somebody: WHATWG's parser takes
# a backslash for a slash and drops tabs and line ends.
_BLANKS = frozenset(map(chr, (*range(0x21), *range(0x7F, 0xA1), 0x2028, 0x2029)))
_NOT_IN_AUTHORITY = _BLANKS | set("/?#\\")

# RFC 3986 section 3.3 and appendix A:
#   pchar      = unreserved / pct-encoded / sub-delims / ":" / "@"
#   unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"
#   sub-delims = "!" / "$" / "&" / "'" / "(" / ")" / "*" / "+" / "," / ";" / "="
# These are the bytes that stay as they are. "%" is added where the text has been
# encoded already; in decoded text it is a character that has to be.
_UNRESERVED = _SCHEME.encode("ascii") + b"0123456789-._~"
_USERINFO = _UNRESERVED + b"!$&'()*+,;="
_SEGMENT = _USERINFO + b":@"
_PATH = _SEGMENT + b"/"
# NOTE: a query is sent on as it came, "a[]=1" and a stray "%" included: it is opaque
# until somebody reads it. What must not stay is what ends it or breaks a line; the sets
# are those of browsers (WHATWG URL section 1.3, query and fragment percent-encode set).
_QUERY = bytes(set(range(0x21, 0x7F)) - set(b'"#<>'))
_FRAGMENT = bytes(set(range(0x21, 0x7F)) - set(b'"<>`'))

# RFC 9110 section 7.2:  Host     = uri-host [ ":" port ]
# RFC 3986 section 3.2:  uri-host = IP-literal / IPv4address / reg-name, port = *DIGIT
# SECURITY: of reg-name only what names on a network are made of: labels of letters,
# digits, "-" and (internal names have it) "_", one dot between two. That covers IPv4,
# and leaves out sub-delims and percent-encoding, which no client sends and which
# parsers disagree about. A port is one that exists. Possessive, so that it is linear.
_host = re.compile(
    rb"(?:[A-Za-z0-9_\-]++(?:\.[A-Za-z0-9_\-]++)*+|\[([0-9A-Fa-f:.]++)\])"
    rb"(?::(?:[0-5]?[0-9]{0,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
).fullmatch

_MASK = "********"


def is_valid_host(value: bytes) -> bool:
    """Say whether a Host field's value names a host, and nothing else.

    Args:
        value: The field's value as it came.

    Returns:
        True for a name, an IPv4 address or an IPv6 address in brackets, with or without
        a port, of 255 bytes at most. False for all else: user information, paths, a
        second port, white space, a dot at the end, IPv6 zones, non-ASCII.

    Source: RFC 9110 section 7.2, RFC 3986 section 3.2.2.
    """
    if len(value) > 255:
        return False
    match = _host(value)
    return match is not None and (match[1] is None or _is_ipv6(match[1]))


def _is_ipv6(text: bytes) -> bool:
    # RFC 3986 section 3.2.2: eight pieces of 16 bits, the last two of which may be
    # written as an IPv4 address; "::" stands, once, for at least one piece of zeros.
    head, gap, tail = text.partition(b"::")
    pieces = _pieces(head, last=not gap) + _pieces(tail, last=True)
    return pieces <= 7 if gap else pieces == 8


def _pieces(text: bytes, *, last: bool) -> int:
    # The number of pieces; nine, which is too many anywhere, for what is not pieces.
    # Of what they are made of the expression for hosts has made sure.
    if not text:
        return 0
    pieces = text.split(b":")
    if last and _is_ipv4(pieces[-1]):
        pieces[-1:] = b"0", b"0"
    return len(pieces) if all(0 < len(p) < 5 and b"." not in p for p in pieces) else 9


def _is_ipv4(text: bytes) -> bool:
    # RFC 3986 section 3.2.2: four dec-octets, 0 to 255 without leading zeros.
    octets = text.split(b".")
    return len(octets) == 4 and all(
        octet.isdigit() and b"%d" % int(octet) == octet and int(octet) < 256
        for octet in octets
    )


def split_host(value: str) -> tuple[str, int | None]:
    """Take a Host field's value apart.

    Args:
        value: The value: ``Example.org``, ``example.org:8000``, ``[::1]:80``.

    Returns:
        The host in lower case, an IPv6 address without its brackets, and the port, None
        when there is none.

    Raises:
        ValueError: `is_valid_host` refuses the value.
    """
    if not value.isascii() or not is_valid_host(value.encode("ascii")):
        raise ValueError(f"{value[:80]!r} is not a host (RFC 9110 7.2)")
    host, port = _split_port(value)
    return host.strip("[]").lower(), int(port) if port else None


def _split_port(authority: str) -> tuple[str, str]:
    # A colon inside brackets belongs to the address.
    bracket = authority.rfind("]") + 1
    host, _, port = authority[bracket:].partition(":")
    return authority[:bracket] + host, port


def _to_utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        # UTF-16 joins surrogates that are pairs; the lone ones become U+FFFD.
        pairs = text.encode("utf-16-le", "surrogatepass")
        return pairs.decode("utf-16-le", "replace").encode("utf-8")


def _encode(text: str, safe: bytes) -> str:
    return _encode_bytes(_to_utf8(text), safe)


def _encode_bytes(data: bytes, safe: bytes) -> str:
    # PERF: most texts have nothing to encode, which one pass in C finds out.
    if not data.translate(None, safe):
        return str(data, "ascii")
    return "".join([chr(byte) if byte in safe else f"%{byte:02X}" for byte in data])


def quote_segment(text: str) -> str:
    """Encode a text as one segment of a path.

    The text cannot end the segment or the path, whatever is in it; lone surrogates
    become U+FFFD. A dot segment is encoded too.

    NOTE: ``%2E%2E`` is a name to RFC 3986 and to servers; browsers take it for ``..``
    all the same (WHATWG URL section 4.3). A path that they must not leave cannot have
    such a value in it.

    Args:
        text: The value, decoded.

    Returns:
        ASCII text: characters of ``pchar`` (RFC 3986 section 3.3).
    """
    if text in (".", ".."):
        return "%2E" * len(text)
    return _encode(text, _SEGMENT)


def quote_path(text: str) -> str:
    """Encode a text as a path: as `quote_segment` does, with its slashes kept.

    A path that starts with two slashes is returned as one: who writes it into a
    relative reference has to keep it from being read as an authority.

    Args:
        text: The path, decoded.

    Returns:
        ASCII text.
    """
    return "/".join([quote_segment(segment) for segment in text.split("/")])


class TooManyParameters(ValueError):
    """A query has more parameters than the limit.

    Args:
        limit: The number of parameters that would have been taken.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        return f"the query has more than {self.limit} parameters"


def _parse_query(text: str) -> list[tuple[str, str]]:
    # WHATWG URL section 5.1, application/x-www-form-urlencoded parsing: only "&" parts
    # parameters, "+" is a space, and what is not UTF-8 becomes U+FFFD.
    pairs = (piece.partition("=") for piece in text.split("&") if piece)
    if "%" not in text and "+" not in text:
        return [(name, value) for name, _, value in pairs]
    text = _stray_percent("%25", text)
    pairs = (piece.partition("=") for piece in text.replace("+", " ").split("&"))
    return [(_percent_decode(n), _percent_decode(v)) for n, e, v in pairs if n or e]


# A percent sign that no two digits follow stands for itself.
_stray_percent = re.compile("%(?![0-9A-Fa-f]{2})").sub


def _percent_decode(text: str) -> str:
    if "%" not in text:
        return text
    # PERF: %41 is \x41 to this codec, which decodes a megabyte of them in a hundredth
    # of the time that a loop takes, whatever stands between them.
    escaped = text.encode("utf-8", "surrogatepass").replace(b"\\", rb"\\")
    octets = escaped.replace(b"%", rb"\x").decode("unicode_escape").encode("latin-1")
    return octets.decode("utf-8", "replace")


def _format_query(pairs: Iterable[tuple[object, object]]) -> str:
    return "&".join([f"{_form(name)}={_form(value)}" for name, value in pairs])


def _form(value: object) -> str:
    return _encode(str(value), _UNRESERVED).replace("%20", "+")


class QueryParams(ImmutableMultiDict[str, str]):
    """The parameters of a query.

    Of a name that comes several times ``[]`` gives the last value and `getlist` gives
    all. Blank values are kept, ``&`` is the only separator, ``a[]`` is a name like any
    other, what is not UTF-8 becomes U+FFFD. ``str()`` writes them as a query again.

    Args:
        items: The query as text or bytes, or a mapping or pairs of parameters.
        limit: How many parameters a query in text or bytes may have.

    Raises:
        TooManyParameters: The query has more.
    """

    __slots__ = ()

    def __init__(
        self,
        items: str | bytes | Mapping[str, str] | Iterable[tuple[str, str]] = (),
        *,
        limit: int = 1000,
    ) -> None:
        if isinstance(items, bytes):
            items = items.decode("utf-8", "replace")
        if isinstance(items, str):
            # PERF: these pairs are made here, so they need no other copy.
            self._list = _parse_within(items, limit)
            self._dict = dict(self._list)
        else:
            given = ImmutableMultiDict(items).multi_items()
            super().__init__([(str(name), str(value)) for name, value in given])

    def __str__(self) -> str:
        return _format_query(self._list)


_separators = re.compile("&&+").sub


def _parse_within(text: str, limit: int) -> list[tuple[str, str]]:
    # Counted before anything is decoded; of "&&&&" nothing is a parameter.
    if text.count("&") >= limit:
        text = _separators("&", text).strip("&")
        if text and text.count("&") >= limit:
            raise TooManyParameters(limit)
    return _parse_query(text)


class Components(TypedDict, total=False):
    """The parts of a URL that `URL.replace` takes."""

    scheme: str
    netloc: str
    path: str
    query: str
    fragment: str
    username: str | None
    password: str | None
    hostname: str
    port: int | None


_COMPONENTS = Components.__optional_keys__


class URL(str):
    """A URL: a `str` that knows its parts.

    Properties read the text as it is, percent-encoded. `replace` and its kin give a new
    URL, and encode what could not stand in the part it is given for; ``%XX`` is taken
    as encoded already. The repr hides the password, ``str()`` does not.

    Args:
        url: The text, or
        scope: an HTTP or WebSocket scope, whose target URI it is. Its path is the
            scope's, encoded (as the client spelled it, when ``raw_path`` says the same
            path), with ``root_path`` in front unless it starts there. Its authority is
            the Host field when that names a host, else the server's address; without
            both it is relative.
        components: Parts to put in place of those of the text.

    Raises:
        ValueError: A component cannot be what it is given for.
        TypeError: An unknown component, or a scope with a text or components.
    """

    __slots__ = ("_parts",)
    _parts: SplitResult

    def __new__(
        cls,
        url: str = "",
        scope: Scope | None = None,
        **components: Unpack[Components],
    ) -> "URL":
        if scope is not None:
            if url or components:
                raise TypeError("URL takes a text with components, or a scope alone")
            url = _target_uri(scope)
        if components:
            url = _replaced(URL(url).components, components)
        return super().__new__(cls, url)

    @property
    def components(self) -> SplitResult:
        """The five parts of RFC 3986 section 3; each may be empty."""
        try:
            return self._parts
        except AttributeError:
            parts = self._parts = _split(self)
            return parts

    @property
    def scheme(self) -> str:
        """The scheme in lower case, such as ``https``."""
        return self.components.scheme

    @property
    def netloc(self) -> str:
        """The authority: user information, host and port as they are written."""
        return self.components.netloc

    @property
    def path(self) -> str:
        """The path, percent-encoded."""
        return self.components.path

    @property
    def query(self) -> str:
        """The query, percent-encoded, without its question mark."""
        return self.components.query

    @property
    def fragment(self) -> str:
        """The fragment, percent-encoded, without its number sign."""
        return self.components.fragment

    @property
    def username(self) -> str | None:
        """The user's name, percent-encoded."""
        return self.components.username

    @property
    def password(self) -> str | None:
        """The password, percent-encoded."""
        return self.components.password

    @property
    def hostname(self) -> str | None:
        """The host in lower case, an IPv6 address without its brackets."""
        return self.components.hostname

    @property
    def port(self) -> int | None:
        """The port that is written, if one is.

        Raises:
            ValueError: What is written is not the number of a port.
        """
        return self.components.port

    @property
    def is_secure(self) -> bool:
        """Whether the scheme is ``https`` or ``wss``."""
        return self.scheme in ("https", "wss")

    @overload
    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> str: ...
    @overload
    def replace(self, **components: Unpack[Components]) -> "URL": ...
    def replace(self, *texts: Any, **components: Any) -> str:
        """Return a URL with other parts in place of these.

        With positional arguments it is `str.replace`.

        Args:
            texts: What `str.replace` takes.
            components: Of ``scheme``, ``netloc``, ``path``, ``query``, ``fragment``,
                ``username``, ``password``, ``hostname`` and ``port``. None removes the
                user's name, password or port.

        Raises:
            ValueError: A component cannot be what it is given for.
            TypeError: An unknown component.
        """
        if texts:
            return super().replace(*texts)
        return URL(_replaced(self.components, cast("Components", components)))

    def include_query_params(self, /, **parameters: object) -> "URL":
        """Return this URL with parameters added to its query, in place of any of
        their names.

        Args:
            parameters: Names and values; `str` is called on each value.
        """
        kept = _parse_query(self.query)
        pairs = [pair for pair in kept if pair[0] not in parameters]
        return self.replace(query=_format_query([*pairs, *parameters.items()]))

    def replace_query_params(self, /, **parameters: object) -> "URL":
        """Return this URL with these parameters for its query.

        Args:
            parameters: Names and values; `str` is called on each value.
        """
        return self.replace(query=_format_query(parameters.items()))

    def remove_query_params(self, keys: str | Collection[str]) -> "URL":
        """Return this URL without some parameters of its query.

        Args:
            keys: A name, or several.
        """
        gone = {keys} if isinstance(keys, str) else set(keys)
        kept = _parse_query(self.query)
        pairs = [pair for pair in kept if pair[0] not in gone]
        return self.replace(query=_format_query(pairs))

    def __repr__(self) -> str:
        userinfo, at, host = self.netloc.rpartition("@")
        name, colon, _ = userinfo.partition(":")
        text = str(self)
        if colon:
            masked = f"//{name}:{_MASK}{at}{host}"
            text = text.replace(f"//{self.netloc}", masked, 1)
        return f"{type(self).__name__}({text!r})"


def _split(url: str) -> SplitResult:
    # RFC 3986 section 3 and appendix B:
    #   [ scheme ":" ] [ "//" authority ] path [ "?" query ] [ "#" fragment ]
    rest, _, fragment = url.partition("#")
    rest, _, query = rest.partition("?")
    scheme, colon, after = rest.partition(":")
    if colon and _is_scheme(scheme):
        rest = after
    else:
        scheme = ""
    netloc = ""
    if rest.startswith("//"):
        netloc, slash, rest = rest[2:].partition("/")
        rest = slash + rest
    return SplitResult(scheme.lower(), netloc, rest, query, fragment)


def _is_scheme(text: str) -> bool:
    return text[:1] in _SCHEME and text != "" and not text.strip(_SCHEME_REST)


def _unsplit(scheme: str, netloc: str, path: str, query: str, fragment: str) -> str:
    # The reverse of the split, with the rules of RFC 3986 section 3.3 that keep a path
    # a path: "If a URI contains an authority component, then the path component must
    # either be empty or begin with a slash", "if a URI does not contain an authority
    # component, then the path cannot begin with two slash characters", and no colon in
    # the first segment of a reference without a scheme.
    if netloc:
        head = f"{scheme}://{netloc}" if scheme else f"//{netloc}"
        if path and not path.startswith("/"):
            path = f"/{path}"
    else:
        head = f"{scheme}:" if scheme else ""
        if path.startswith("//"):
            path = f"/%2F{path[2:]}"
        elif not scheme:
            first, slash, rest = path.partition("/")
            path = first.replace(":", "%3A") + slash + rest
    query = f"?{query}" if query else ""
    fragment = f"#{fragment}" if fragment else ""
    return f"{head}{path}{query}{fragment}"


def _replaced(parts: SplitResult, changes: Components) -> str:
    if unknown := changes.keys() - _COMPONENTS:
        on_offer = ", ".join(sorted(_COMPONENTS))
        raise TypeError(f"a URL has no component {min(unknown)!r}; it has {on_offer}")
    scheme = changes.get("scheme", parts.scheme)
    if scheme and not _is_scheme(scheme):
        raise ValueError(f"{scheme!r} is not the scheme of a URL (RFC 3986 3.1)")
    return _unsplit(
        scheme,
        _replaced_netloc(parts.netloc, changes),
        _encode(changes.get("path", parts.path), _PATH + b"%"),
        _encode(changes.get("query", parts.query), _QUERY),
        _encode(changes.get("fragment", parts.fragment), _FRAGMENT),
    )


def _replaced_netloc(netloc: str, changes: Components) -> str:
    netloc = changes.get("netloc", netloc)
    if "netloc" in changes and not _NOT_IN_AUTHORITY.isdisjoint(netloc):
        raise ValueError(f"{netloc!r} is not the authority of a URL (RFC 3986 3.2)")
    if changes.keys().isdisjoint(("username", "password", "hostname", "port")):
        return netloc
    userinfo, _, address = netloc.rpartition("@")
    name, colon, secret = userinfo.partition(":")
    host, digits = _split_port(address)
    username = changes.get("username", name)
    password = changes.get("password", secret if colon else None)
    port = changes.get("port", digits)
    if "hostname" in changes:
        host = _checked_host(changes["hostname"])
    before, after = _userinfo(username, password), _port(port)
    if not host and (before or after):
        raise ValueError("a URL without a host has no user information and no port")
    return before + host + after


def _userinfo(username: str | None, password: str | None) -> str:
    if not username and password is None:
        return ""
    name = _encode(username or "", _USERINFO + b"%")
    if password is None:
        return f"{name}@"
    return f"{name}:{_encode(password, _USERINFO + b'%')}@"


def _checked_host(hostname: str) -> str:
    host = hostname
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    if _split_port(host)[1] or not host.isascii() or not is_valid_host(host.encode()):
        raise ValueError(f"{hostname[:80]!r} is not the host of a URL (RFC 3986 3.2.2)")
    return host


def _port(port: int | str | None) -> str:
    if port is None or port == "":
        return ""
    if isinstance(port, int) and not 0 <= port <= 65535:
        raise ValueError(f"{port} is not a port: 0 to 65535")
    return f":{port}"


def _target_uri(scope: Scope) -> str:
    # RFC 9110 section 7.1: the target URI is put together from the request's target,
    # its Host field and what is known of the connection.
    websocket = scope.get("type") == "websocket"
    scheme = scope.get("scheme") or ("ws" if websocket else "http")
    netloc = _authority(scope, scheme)
    query = _encode_bytes(scope.get("query_string", b""), _QUERY)
    return _unsplit(scheme if netloc else "", netloc, _target_path(scope), query, "")


def _target_path(scope: Scope) -> str:
    path: str = scope["path"]
    if path == "*":
        # RFC 9112 section 3.3: for a request-target in asterisk-form "the target URI's
        # combined path and query component is empty".
        return ""
    raw: bytes = scope.get("raw_path") or b""
    encoded = _encode(path, _PATH)
    if raw and not raw.translate(None, _PATH + b"%"):
        # Believed only where it says what the application routes by.
        spelled = raw.decode("ascii")
        if unquote(spelled) == path:
            encoded = spelled
    # ASGI: path includes root_path; servers and mounts from before that rule leave it
    # out. "/application" is not below "/app".
    root: str = scope.get("root_path", "").rstrip("/")
    if root and not f"{path}/".startswith(f"{root}/"):
        encoded = _encode(root, _PATH) + encoded
    # SECURITY: "@evil.example" after the authority would make that the user's name.
    return encoded if encoded.startswith("/") else f"/{encoded}"


def _authority(scope: Scope, scheme: str) -> str:
    for name, value in scope.get("headers", ()):
        if name == b"host":
            if is_valid_host(value):
                return str(value, "ascii")
            break
    host, port = scope.get("server") or ("", None)
    if port is None:
        # Nothing is known, or the server listens on a socket in the file system.
        return ""
    if ":" in host:
        host = f"[{host}]"
    return host if port == DEFAULT_PORTS.get(scheme) else f"{host}:{port}"


class URLPath(str):
    """A path within the application, as `url_path_for` gives it: a `str`.

    Args:
        path: The path, percent-encoded.
        protocol: ``http``, ``websocket``, or nothing when either would do.
        host: The authority that the route is bound to, or nothing.

    Raises:
        ValueError: Another protocol.
    """

    __slots__ = ("host", "protocol")
    protocol: str
    host: str

    def __new__(cls, path: str, protocol: str = "", host: str = "") -> "URLPath":
        if protocol not in ("", "http", "websocket"):
            raise ValueError(f"protocol {protocol!r} is neither 'http' nor 'websocket'")
        self = super().__new__(cls, path)
        self.protocol = protocol
        self.host = host
        return self

    def make_absolute_url(self, base_url: str | URL) -> URL:
        """Return the URL of this path below a base.

        Args:
            base_url: Scheme, authority and the path that the application is below. The
                scheme becomes ``ws`` or ``wss`` for a path of a WebSocket, and
                ``http`` or ``https`` for one of HTTP, secure where the base is.

        Returns:
            The URL, without a query.
        """
        base = base_url if isinstance(base_url, URL) else URL(base_url)
        scheme = base.scheme
        if self.protocol:
            plain = "http" if self.protocol == "http" else "ws"
            scheme = f"{plain}s" if base.is_secure else plain
        path = base.path.rstrip("/") + str(self)
        return URL(scheme=scheme, netloc=self.host or base.netloc, path=path)


# What browsers strip, or read as a slash, before they look at a URL (WHATWG URL section
# 4.4 and its special schemes), and what else breaks a line. No URL has it unencoded.
_NOT_IN_REDIRECT = _BLANKS | {"\\"}


def is_safe_redirect(url: str, allowed_hosts: Collection[str] = ()) -> bool:
    """Say whether a redirect to a URL stays with us, however a browser reads it.

    Args:
        url: A target that a client named, in a parameter ``next`` for example.
        allowed_hosts: Authorities, with their ports if they have one, that an absolute
            URL may name.

    Returns:
        True for a path, query or fragment on the same origin, and for ``http`` and
        ``https`` URLs to an allowed host without user information. False for all
        else: ``//host``, backslashes, white space, controls, other schemes.

    Raises:
        TypeError: `allowed_hosts` is a text, of which every letter would be a host.
    """
    if isinstance(allowed_hosts, str):
        raise TypeError(f"allowed_hosts is a collection: write ({allowed_hosts!r},)")
    if not url or url.startswith("//") or not _NOT_IN_REDIRECT.isdisjoint(url):
        return False
    parts = URL(url).components
    if not parts.scheme:
        # RFC 3986 section 4.2: no colon in the first segment of a relative path.
        return ":" not in parts.path.partition("/")[0]
    if parts.scheme not in ("http", "https"):
        return False
    # "http:evil.example" and "http:///evil.example" have no authority here and have one
    # in a browser.
    allowed = {host.lower() for host in allowed_hosts}
    return bool(parts.netloc) and parts.netloc.lower() in allowed
