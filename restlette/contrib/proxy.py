"""What a proxy says of the request that it passes on: client, scheme, host and port.

The story: `ProxyHeadersMiddleware` looks at who is at the other end of the connection.
If that is a proxy of ours, `from_x_forwarded` or `from_forwarded` (RFC 7239) read what
it and those before it have written, nearest first, each a `Hop`; `_walk` goes from hop
to hop as long as a trusted proxy speaks.

SECURITY: a proxy appends to what it was given, so only the right end of a list is its
word; all to the left of the first hop that is not ours is the client's own writing.
Everything is read from the right for that reason: no junk on the left can change how
the right is understood.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice
from typing import Final, NamedTuple

from restlette.http.types import ASGIApp, Receive, Scope, Send
from restlette.http.urls import is_valid_host

__all__ = ["Hop", "ProxyHeadersMiddleware", "from_forwarded", "from_x_forwarded"]

# As many hops are looked at; more proxies than that nobody has in a row.
HOPS: Final = 64
# Peers whose trust is remembered.
REMEMBERED: Final = 1024

_X_FOR: Final = "x-forwarded-for"
_X_PROTO: Final = "x-forwarded-proto"
_X_HOST: Final = "x-forwarded-host"
_X_PORT: Final = "x-forwarded-port"
_FORWARDED: Final = "forwarded"
_X: Final = (_X_FOR, _X_PROTO, _X_HOST, _X_PORT)

_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}

# RFC 7239 section 4, of one element; RFC 9110 section 5.6.2 and 5.6.4:
#   forwarded-pair = token "=" value
#   value          = token / quoted-string
# NOTE: without backslashes, which no value that is read here needs. Tokens as in
# practice: many proxies leave an address with a port unquoted.
_pair = re.compile(
    r"[ \t]*+([!#$%&'*+\-.^_`|~0-9A-Za-z]++)="
    r"""(?:"([^"\\]*+)"|([!#$%&'*+\-.^_`|~0-9A-Za-z:\[\]]++))[ \t]*+"""
).fullmatch
# RFC 7239 section 6: node = nodename [ ":" node-port ]
_node = re.compile(
    r"(?:\[([0-9A-Fa-f:.]++)\]|([0-9.]++))(?::(?:([0-9]{1,5})|_[0-9A-Za-z._\-]++))?"
).fullmatch
_port = re.compile(r"[0-9]{1,5}").fullmatch


class Hop(NamedTuple):
    """What one proxy says of the request that it was sent; empty where it says nothing.

    Attributes:
        client: Who sent it.
        proto: By which scheme.
        host: For which host.
        port: To which port.
    """

    client: str = ""
    proto: str = ""
    host: str = ""
    port: str = ""


class ProxyHeadersMiddleware:
    """Puts the client's address, and what the proxy was asked for, into the scope.

    Only what a trusted proxy has written is believed: the client is the right-most hop
    that is not trusted, scheme, host and port are those that the proxy next to it
    states. The host is put in place of the Host field and the server's address, so
    that every URL agrees. What is malformed is as if it were absent; where a hop is no
    address (``unknown``), the client is the last one that is known. Header fields of
    the proxies stay for the application to see.

    `fields` has to name what the proxy sets, or takes away, in *every* request: it
    passes on all else as the client wrote it.

    Args:
        app: The ASGI application inside.
        trusted: Addresses and networks of the proxies, ``"10.0.0.0/8"`` for example.
            ``"unix"`` stands for a server that listens on a socket of the file system,
            whose peers have no address.
        fields: Of ``x-forwarded-for``, ``x-forwarded-proto``, ``x-forwarded-host`` and
            ``x-forwarded-port``, those that the proxy sets; or ``forwarded`` alone.

    Raises:
        ValueError: What is no address, no network or no such field.
        TypeError: Text where several are asked for.
    """

    def __init__(
        self,
        app: ASGIApp,
        trusted: Collection[str] = ("127.0.0.0/8", "::1"),
        *,
        fields: Collection[str] = (_X_FOR, _X_PROTO),
    ) -> None:
        self.app = app
        for name, value in (("trusted", trusted), ("fields", fields)):
            if isinstance(value, str):
                raise TypeError(f"{name} takes several texts: write [{value!r}].")
        self._unix = "unix" in trusted
        self._networks = tuple(_network(each) for each in trusted if each != "unix")
        self._fields = _checked_fields(fields)
        # PERF: proxies are few, and each comes with every request.
        self._is_trusted = lru_cache(REMEMBERED)(self._is_in_network)

    def _is_in_network(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            # A socket for both versions spells IPv4 so.
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a scope, after it was corrected where that is believed."""
        if scope["type"] in ("http", "websocket") and self._is_peer_trusted(scope):
            self._correct(scope)
        await self.app(scope, receive, send)

    def _is_peer_trusted(self, scope: Scope) -> bool:
        client = scope.get("client")
        # Some servers give an empty host for a peer that has no address.
        if client is None or not client[0]:
            return self._unix
        return self._is_trusted(client[0])

    def _correct(self, scope: Scope) -> None:
        lines: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            # SECURITY: "x_forwarded_for" is another name.
            key = self._fields.get(name)
            if key is not None:
                lines.setdefault(key, []).append(value.decode("latin-1"))
        if not lines:
            return
        read = from_forwarded if _FORWARDED in lines else from_x_forwarded
        client, hop = self._walk(read(lines))
        if client is not None:
            scope["client"] = client
        _set_scheme(scope, hop.proto)
        _set_host(scope, hop.host, hop.port)

    def _walk(self, hops: Iterator[Hop]) -> tuple[tuple[str, int] | None, Hop]:
        client = None
        hop = Hop()
        for said in islice(hops, HOPS):
            hop = said
            address = _address(hop.client)
            if address is None:
                break
            client = address
            if not self._is_trusted(client[0]):
                break
        return client, hop


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as exc:
        raise ValueError(
            f"{text!r} in trusted is neither an address nor a network ({exc}). For "
            "every peer write '0.0.0.0/0' and '::/0', if no other can reach the server."
        ) from None


def _checked_fields(fields: Collection[str]) -> dict[bytes, str]:
    names = {name.lower() for name in fields}
    if not names or not (names <= set(_X) or names == {_FORWARDED}):
        raise ValueError(
            f"fields is some of {', '.join(_X)}, or {_FORWARDED} alone, not "
            f"{sorted(names)}."
        )
    return {name.encode("ascii"): name for name in names}


def from_x_forwarded(lines: dict[str, list[str]]) -> Iterator[Hop]:
    """Read the X-Forwarded fields, the nearest proxy's word first.

    Proxies append to X-Forwarded-For, and append to or set the others. Where one of
    those has fewer members, its left-most stands for all hops before.

    Args:
        lines: The values of the fields, by their names in lower case.
    """
    clients = _members_from_right(lines.get(_X_FOR, [""]))
    others = [_members_from_right(lines.get(name, [])) for name in _X[1:]]
    said = [""] * len(others)
    for client in clients:
        said = [next(each, old) for each, old in zip(others, said, strict=True)]
        yield Hop(client, *said)


def _members_from_right(lines: list[str]) -> Iterator[str]:
    for line in reversed(lines):
        # At most so many are looked at: the rest stays in one piece.
        for member in reversed(line.rsplit(",", HOPS)):
            yield member.strip(" \t")


def from_forwarded(lines: dict[str, list[str]]) -> Iterator[Hop]:
    """Read the Forwarded field, the nearest proxy's word first.

    Args:
        lines: The values of the field, under its name in lower case.

    Yields:
        A hop for each element; one that is malformed is an empty hop.

    Source: RFC 7239 section 4.
    """
    for line in reversed(lines[_FORWARDED]):
        for element in _elements_from_right(line):
            yield _hop(element)


def _elements_from_right(line: str) -> Iterator[str]:
    # A comma parts two elements unless it is within quotes. Seen from the right, the
    # quotes of the nearest proxy come in pairs, whatever is on the left.
    quoted = False
    element: list[str] = []
    for piece in reversed(re.split('([",])', line)):
        if piece == "," and not quoted:
            yield "".join(reversed(element))
            element = []
            continue
        quoted ^= piece == '"'
        element.append(piece)
    yield "".join(reversed(element))


def _hop(element: str) -> Hop:
    # RFC 7239 section 4:
    #   forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
    values: dict[str, str] = {}
    for pair in element.split(";"):
        match = _pair(pair)
        if match is None:
            if pair.strip(" \t"):
                return Hop()
            continue
        name, text, token = match[1].lower(), match[2], match[3]
        # "Each parameter MUST NOT occur more than once per field-value."
        if name in values:
            return Hop()
        values[name] = token if text is None else text
    return Hop(
        values.get("for", ""), values.get("proto", ""), values.get("host", ""), ""
    )


def _address(node: str) -> tuple[str, int] | None:
    match = _node(node)
    if match is None:
        # X-Forwarded-For has IPv6 addresses without brackets.
        host, port = node, None
    else:
        host, port = match[1] or match[2], match[3]
    try:
        # SECURITY: a zone is the sender's own affair, and may be any text.
        if "%" in host:
            return None
        return str(ip_address(host)), _port_number(port or "") or 0
    except ValueError:
        return None


def _port_number(text: str) -> int | None:
    if _port(text) is None:
        return None
    port = int(text)
    return port if 0 < port < 65536 else None


def _set_scheme(scope: Scope, proto: str) -> None:
    secure = {"http": False, "https": True, "ws": False, "wss": True}.get(proto.lower())
    if secure is not None:
        plain = "http" if scope["type"] == "http" else "ws"
        scope["scheme"] = f"{plain}s" if secure else plain


def _set_host(scope: Scope, forwarded: str, port: str) -> None:
    """Put a host and a port into the Host field and the server's address."""
    number = _port_number(port)
    authority = _ascii(forwarded)
    if not authority:
        if number is None:
            return
        authority = _host_field(scope)
        if not authority:
            return
    name, written = _split(authority)
    default = _DEFAULT_PORTS.get(scope.get("scheme", "http"), 80)
    if number is not None:
        written = "" if number == default else f":{number}"
    fields = [field for field in scope["headers"] if field[0] != b"host"]
    scope["headers"] = [(b"host", f"{name}{written}".encode("ascii")), *fields]
    scope["server"] = (name.strip("[]"), int(written[1:] or default))


def _ascii(host: str) -> str:
    """Give a host that is one, or nothing."""
    valid = host.isascii() and is_valid_host(host.encode("ascii"))
    return host if valid else ""


def _host_field(scope: Scope) -> str:
    values = [value for name, value in scope["headers"] if name == b"host"]
    return _ascii(values[0].decode("latin-1")) if len(values) == 1 else ""


def _split(authority: str) -> tuple[str, str]:
    """Part a valid authority into the host, with its brackets, and ``:port``."""
    end = authority.rfind(":", authority.rfind("]") + 1)
    if end < 0:
        return authority, ""
    return authority[:end], authority[end:] if authority[end + 1 :] else ""
