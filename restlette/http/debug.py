"""The page that shows an unexpected exception to whoever develops the application.

The story starts at `debug_response`. An exception becomes a list of `Failure` values,
one for it and one for each exception behind it, and these become HTML or plain text.

SECURITY: the page shows what code ran, not what it ran on. Of local variables it gives
names and types. Exception texts and source lines are shown with every secret struck
out that is known from the request's credentials, from the environment, and from local
variables with names such as `password`. There is no script, and nothing to run code
with. Still it is for a developer's own machine: `is_local` says whether it is one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import linecache
import os
import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import islice
from types import FrameType, TracebackType
from typing import Final, NamedTuple

from restlette.http.negotiation import select
from restlette.http.printable import printable
from restlette.http.response import Response
from restlette.http.types import Scope
from restlette.http.urls import split_host

__all__ = ["Failure", "Frame", "debug_response", "is_local"]


class Frame(NamedTuple):
    """One call on the way to the exception."""

    file: str
    line: int
    function: str
    source: list[tuple[int, str]]
    variables: list[tuple[str, str]]


class Failure(NamedTuple):
    """One exception of a chain."""

    relation: str
    kind: str
    text: str
    frames: list[Frame]


# What is shown at most. A recursion is understood from its two ends.
_MOST_FAILURES: Final = 20
_MOST_FRAMES: Final = 40
_MOST_TEXT: Final = 4000
_MOST_VARIABLES: Final = 50
_SOURCE_AROUND: Final = 4


# Secrets ------------------------------------------------------------------------------

_SECRET_NAME: Final = re.compile(
    r"passw|passphrase|pwd|secret|token|(api|access|private|signing)[_-]?key|auth\b"
    r"|authorization|cookie|credential|session[_-]?id|signature|dsn"
    r"|(database|redis|broker|db)_ur[il]",
    re.IGNORECASE,
)
_PARAMETER_VALUE: Final = re.compile(r'=\s*"?([^\s;,"]+)')
# Shorter ones would be struck out of half the words on the page.
_SHORTEST_SECRET: Final = 4
_STRUCK_OUT: Final = "•••"


def _text(value: object) -> str | None:
    """A string, or bytes as one; None for anything else."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def _header_secrets(scope: Scope) -> Iterator[str]:
    """The credentials that came with the request, whole and in parts."""
    for name, value in scope.get("headers", ()):
        if _SECRET_NAME.search(name.decode("latin-1")) is None:
            continue
        text = value.decode("utf-8", "replace")
        yield text
        yield value.decode("latin-1")
        # Authorization: scheme credentials. Cookie, and parameters: name=value.
        yield text.partition(" ")[2]
        yield from _PARAMETER_VALUE.findall(text)
        yield from _basic_secrets(text)


def _basic_secrets(credentials: str) -> Iterator[str]:
    """User-id and password of the Basic scheme (RFC 7617 §2)."""
    scheme, _, encoded = credentials.partition(" ")
    if scheme.lower() != "basic":
        return
    try:
        decoded = base64.b64decode(encoded).decode("utf-8", "replace")
    except binascii.Error:
        return
    yield decoded
    yield decoded.partition(":")[2]


def _variable_secrets(exc: BaseException) -> Iterator[str]:
    """What variables named like a secret hold, around the exception and outside."""
    for name, value in os.environ.items():
        # The shell's working directories are no passwords.
        if _SECRET_NAME.search(name) and name not in ("PWD", "OLDPWD"):
            yield value
    for _, each in _chain(exc):
        for frame, _ in _calls(each.__traceback__):
            for name, local in frame.f_locals.items():
                text = _text(local)
                if text is not None and _SECRET_NAME.search(name):
                    yield text


def _redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that strikes secrets out of a text."""
    known = {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}
    if not known:
        return str
    # The longest first, for one may be the beginning of another.
    pattern = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    return lambda text: re.sub(pattern, _STRUCK_OUT, text)


# From the exception to values ---------------------------------------------------------


def _chain(exc: BaseException) -> list[tuple[str, BaseException]]:
    """The exception and those behind it, each with what it is to the one before."""
    found: list[tuple[str, BaseException]] = []
    ahead = [("", exc)]
    while ahead and len(found) < _MOST_FAILURES:
        relation, each = ahead.pop()
        if any(each is known for _, known in found):
            continue
        found.append((relation, each))
        if each.__cause__ is not None:
            ahead.append(("caused by", each.__cause__))
        elif each.__context__ is not None and not each.__suppress_context__:
            ahead.append(("raised while handling", each.__context__))
        if isinstance(each, BaseExceptionGroup):
            ahead.extend(("in the group", part) for part in reversed(each.exceptions))
    return found


def _calls(traceback: TracebackType | None) -> list[tuple[FrameType, int]]:
    """The frames of a traceback and where each was, the outermost first."""
    calls = []
    while traceback is not None:
        calls.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    half = _MOST_FRAMES // 2
    calls[half:-half] = []
    return calls


def _kind(cls: type) -> str:
    if cls.__module__ == "builtins":
        return cls.__qualname__
    return f"{cls.__module__}.{cls.__qualname__}"


def _frame(frame: FrameType, line: int, redact: Callable[[str], str]) -> Frame:
    code = frame.f_code
    lines = linecache.getlines(code.co_filename, frame.f_globals)
    first = max(line - 1 - _SOURCE_AROUND, 0)
    around = lines[first : line + _SOURCE_AROUND]
    return Frame(
        code.co_filename,
        line,
        code.co_qualname,
        [
            (number, redact(text.rstrip()))
            for number, text in enumerate(around, first + 1)
        ],
        [
            (name, _kind(type(value)))
            for name, value in islice(frame.f_locals.items(), _MOST_VARIABLES)
        ],
    )


def _message(exc: BaseException) -> str:
    """What an exception says, its notes included; its `str()` may fail in its turn."""
    try:
        lines = [str(exc), *map(str, getattr(exc, "__notes__", ()))]
    except Exception as failure:
        return f"(its text is not to be had: str() raised {_kind(type(failure))})"
    return "\n".join(lines)


# SECURITY: plain text goes to terminals, which obey control characters.
_CONTROLS: Final = {
    code: f"\\x{code:02x}"
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\t\n"
}


def _presentable(text: str) -> str:
    shown = text[:_MOST_TEXT].translate(_CONTROLS)
    return shown if len(text) <= _MOST_TEXT else shown + "…"


def _failures(exc: BaseException, redact: Callable[[str], str]) -> list[Failure]:
    return [
        Failure(
            relation,
            _kind(type(each)),
            _presentable(redact(_message(each))),
            [_frame(*call, redact) for call in _calls(each.__traceback__)],
        )
        for relation, each in _chain(exc)
    ]


# Plain text ---------------------------------------------------------------------------


def _request_line(scope: Scope) -> str:
    method, path = scope.get("method", ""), scope.get("path", "")
    return f"{printable(method)} {printable(path)}".strip()


def _as_text(failures: list[Failure], request: str) -> str:
    lines = ["500 Internal Server Error", request]
    for failure in failures:
        said = f"{failure.kind}: {failure.text}" if failure.text else failure.kind
        lines += ["", f"{failure.relation} {said}".lstrip()]
        for frame in failure.frames:
            lines.append(f'  File "{frame.file}", line {frame.line}, {frame.function}')
            lines += (
                f"    {text.strip()}"
                for number, text in frame.source
                if number == frame.line
            )
    return "\n".join(lines) + "\n"


# HTML ---------------------------------------------------------------------------------

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d1f21; --quiet: #62676d; --paper: #fbfbfa;
  --box: #fff; --line: #dcdddf; --hit: #fdeeea; --red: #a8281a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e4; --quiet: #9aa0a6;
  --paper: #17181a; --box: #1f2123; --line: #383b3f; --hit: #43251f; --red: #f59a8b; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, sans-serif }
h1, h2 { margin: 2.5rem 0 .25rem; font-size: 1.4rem; line-height: 1.3;
  color: var(--red); overflow-wrap: anywhere }
h1 { margin-top: 0 }
h2 { font-size: 1.15rem }
h2 small { display: block; color: var(--quiet); font-weight: normal }
p { margin: 0 }
.quiet { color: var(--quiet) }
.text { margin: 0 0 1rem; white-space: pre-wrap; overflow-wrap: anywhere }
code, pre, .text { font: .875rem/1.55 ui-monospace, monospace }
details { margin: .5rem 0; border: 1px solid var(--line); border-radius: .375rem;
  background: var(--box); overflow: hidden }
summary { padding: .5rem .75rem; cursor: pointer; overflow-wrap: anywhere }
ol { margin: 0; padding: .25rem 0; list-style: none; border-top: 1px solid var(--line);
  overflow-x: auto; font: .8125rem/1.6 ui-monospace, monospace }
li { display: flex; min-width: max-content; padding: 0 .75rem; white-space: pre }
li b { flex: none; width: 3.5rem; padding-right: 1rem; color: var(--quiet);
  font-weight: normal; text-align: right; user-select: none }
li.hit { background: var(--hit) }
table { width: 100%; border-top: 1px solid var(--line); border-collapse: collapse }
td { padding: .125rem .75rem; vertical-align: top; overflow-wrap: anywhere }
td:first-child { width: 14rem }
"""

# CSP 3 §2.3.1: a hash-source allows the one style sheet with this digest.
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td class=quiet>{escape(value)}</td>"
        for name, value in rows
    )
    return f"<table>{cells}</table>" if cells else ""


def _frame_html(frame: Frame, shown: bool) -> str:
    source = "".join(
        f"<li{' class=hit' if number == frame.line else ''}>"
        f"<b>{number}</b><span>{escape(text)}</span></li>"
        for number, text in frame.source
    )
    return (
        f"<details{' open' if shown else ''}><summary><code>{escape(frame.function)}"
        f"</code> <span class=quiet>{escape(frame.file)}, line {frame.line}</span>"
        f"</summary>{f'<ol>{source}</ol>' if source else ''}"
        f"{_table(frame.variables)}</details>"
    )


def _failure_html(failure: Failure, heading: str) -> str:
    relation = f"<small>{failure.relation}</small>" if failure.relation else ""
    # The innermost frame is where it was raised: nearly always the one to read.
    innermost = len(failure.frames) - 1
    frames = [
        _frame_html(frame, depth == innermost)
        for depth, frame in enumerate(failure.frames)
    ]
    return (
        f"<{heading}>{relation}{escape(failure.kind)}</{heading}>"
        f"<div class=text>{escape(failure.text)}</div>{''.join(reversed(frames))}"
    )


def _as_html(failures: list[Failure], request: str) -> str:
    first, *behind = failures
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{escape(first.kind)}</title><style>{_STYLE}</style>"
        f"<p class=quiet>500 Internal Server Error · <code>{escape(request)}</code></p>"
        f"{_failure_html(first, 'h1')}"
        f"{''.join(_failure_html(failure, 'h2') for failure in behind)}"
        "<p class=quiet>The innermost call is on top. Values are not shown.</p></html>"
    )


# The page -----------------------------------------------------------------------------

# Plain text first: a client that accepts anything is a terminal, not a browser.
_OFFERS: Final = ("text/plain", "text/html")


def debug_response(exc: BaseException, scope: Scope) -> Response:
    """Show an exception that nobody handled.

    Args:
        exc: The exception, with its traceback.
        scope: The ASGI scope of the request that it ended.

    Returns:
        An answer with status 500: a page in HTML for a client that prefers HTML, such
        as a browser, and plain text for any other.
    """
    redact = _redactor([*_header_secrets(scope), *_variable_secrets(exc)])
    failures = _failures(exc, redact)
    request = redact(_request_line(scope))
    accept = next((v for k, v in scope.get("headers", ()) if k == b"accept"), None)
    if select(accept, _OFFERS) == 1:
        content, media_type = _as_html(failures, request), "text/html"
    else:
        content, media_type = _as_text(failures, request), "text/plain"
    return Response(content.encode("utf-8", "replace"), 500, _HEADERS, media_type)


# Names that only test clients give: a server gives addresses.
_IN_PROCESS: Final = frozenset(("testclient", "testserver"))


def _is_loopback(host: str) -> bool:
    # RFC 6761 §6.3: localhost and every name below it mean the loopback interface.
    if host in _IN_PROCESS or f".{host}".endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # A socket for both families shows an IPv4 peer as ::ffff:127.0.0.1.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def is_local(scope: Scope) -> bool:
    """Whether a request comes from this machine, and meant this machine.

    SECURITY: the peer's address alone would not do. Behind a proxy every peer is
    local, and a page elsewhere can have its own name resolve to 127.0.0.1: in both
    cases the Host field has another name.

    Args:
        scope: The ASGI scope of a request.

    Returns:
        True if the peer's address and the Host field both name the loopback interface.
    """
    client = scope.get("client")
    hosts = [value for name, value in scope.get("headers", ()) if name == b"host"]
    if not client or len(hosts) != 1:
        return False
    try:
        host, _ = split_host(hosts[0].decode("ascii"))
    except ValueError:
        return False
    return _is_loopback(client[0]) and _is_loopback(host)
