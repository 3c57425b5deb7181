"""What hostile clients send, row by row, and which tests hold the answer to each.

A test calls a row by area and number (`host-19`): in its name, in the id of a parameter
or in its docstring. `python -m tests.hostile` collects the suite, finds these, and
writes the tables of docs/security.md; with `--check` it says whether they are as they
would be written. The rows stand below as data.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.live.server import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security.md"

# The tables are everything behind this line.
BEGIN = "<!-- scripts/security writes what follows. -->\n"

# Where the tests are that ask a server in a process of its own.
SERVED = ("tests/servers/", "tests/live/", "tests/browser/")


class Row(NamedTuple):
    """One kind of hostile input.

    Attributes:
        number: Its number, of 1 to 125.
        area: What it is about: with the number, the row's name.
        sent: What comes.
        answer: What becomes of it.
    """

    number: int
    area: str
    sent: str
    answer: str

    @property
    def name(self) -> str:
        """What tests call it."""
        return f"{self.area}-{self.number}"


# A line a row: area | what comes | what becomes of it. They are numbered from 1 on.
_ROWS = r"""
dispatch | methods named like attributes (`__INIT__`, `DISPATCH`, `SCOPE`, `on_get`), a method of 10 kB | no attribute is reached: methods are a table, made with the class; 501 or 405 with `Allow`
dispatch | `get`, `Get` | 501: methods are case-sensitive
dispatch | a class with an attribute, property or inherited name that is called like a method and is none | an error when the class is made
dispatch | `X-HTTP-Method-Override`, `_method=DELETE` | ignored
dispatch | HEAD of a resource with `get`, of a stream, of a file | GET's fields and no content; the generator is closed, the file not opened
dispatch | OPTIONS with and without Origin, `OPTIONS *` | 200 or 204 with the exact `Allow`; no handler runs by accident
dispatch | TRACE, CONNECT, QUERY, PRI | 405 where the resource does not declare them, PRI 501; TRACE echoes nothing
route | 5000 digits where a number goes | 404
route | Arabic digits, `+1`, `1_0`, a space, `-0`, `1e999`, `nan` | 404
route | a convertor of your own whose expression takes exponential time: `(a+)+$` | an error when it is registered; those built in are linear
route | `/a%2Fb` beside `/a/b` | an encoded slash stays in its segment, and is matched by no `{p}`
route | `//`, `///a`, `/a//b`, `/./a`, `/a/../b` | not normalised: matched as it is, or 404
route | `%00`, `%0a`, `%1b`, `%7f` in a path | 400
route | bytes that are not UTF-8, overlong, or surrogates | 400
route | a target without a slash in front: `@evil.com`, `http://evil/x`, nothing | 400
redirect | the other spelling of `//evil.com/x`, `/\evil.com`, `/%5cevil.com`, `/%09/evil.com` | 404 or 400; where there is a redirect, it is relative, with one slash in front; 307
redirect | Host `evil.com`, `ex.com/?`, `[::1]:80`, or two of them, with a redirect for the slash or to HTTPS | a relative `Location`; to HTTPS, only a host that may be asked for
redirect | `RedirectResponse` to `//e`, `/\e`, `javascript:`, CR, LF, a tab, U+2028, 1 MB | `ValueError` for controls, length and scheme; `is_safe_redirect(url, allowed_hosts)` for the rest
host | a Host that is none: `a/?x`, `a#`, `a@evil`, two ports, `[::1`, white space, `0xff`, empty, 300 characters, a dot at its end | 400
host | no Host in HTTP/1.1, two of them | 400
host | names beside an allowed one: `EX.com`, `ex.com.`, `evilex.com`, `x.ex.com.evil`, `ex.com:80@evil`, punycode, an IPv6 zone | compared whole, without case; a wildcard is `*.` in front; `X-Forwarded-Host` is not looked at
proxy | `Forwarded`, `X-Forwarded-*` of a peer that is not ours, fifty hops, `for=unknown`, junk | believed of our own networks alone; the right-most hop that is not ours; no exception
headers-in | `X_Forwarded_For` beside `X-Forwarded-For` | another field
headers-in | 20 000 fields, one of 64 kB, one name 5000 times | 431 beyond 200; linear
headers-in | `Content-Type`, `Accept`, `Content-Disposition` with 10 000 parameters, open quotes, `;;;`, non-ASCII | 400, 406, 415 or as if it were not there; linear
headers-in | weights `q=0`, `q=2`, `q=abc`, `*;q=0`, 10 000 entries | weights are obeyed, junk passed over; linear
headers-in | trailers named Cookie, Host, Authorization | no header fields: these are what came with the head (uvicorn with httptools: [servers](servers.md))
headers-out | CR, LF, NUL, controls, a space around a value; a name that is none; beyond Latin-1 | `ValueError` that names the field, where it is written
headers-out | two lengths, a length that is not the content's, content with 204 or 304 | refused when the answer is made
headers-out | a download named `a"b;\r\n.html`, `../x`, an emoji, a right-to-left override, 5 kB | quoted ASCII and `filename*`, without what could lead out
headers-out | a status of 99 or 600, `"200 OK\r\n"` | `ValueError`
cookies-in | 40 kB of backslashes in quotes, 20 000 cookies, octal escapes | linear; of 8192 bytes
cookies-in | no name, a name twice, `$Version`, no `=`, commas, bytes beyond ASCII | read as browsers write them; nameless ones dropped; no exception
cookies-out | a name, value, path, domain or SameSite with `;`, CR, LF or what is none | `ValueError`
cookies-out | `__Host-` and `__Secure-` without what they ask for, `SameSite=None` or `Partitioned` without Secure | `ValueError`
session | a cookie of junk, of another key, signed but no JSON, `null`, 1 MB | no session; the cookie is removed
session | over by a second, from the future, sent again after its end | no session: time is the server's
session | an id that a client has chosen, a million of them | no session, and no record; ids have 256 bits, stores have their hashes
session | login | `regenerate()`: the old id is dead at once
session | one request logs out, another one saves later | what was ended stays ended; else merged by key
session | looked at by `in`, `len`, `bool`, iteration | access: `Vary: Cookie`; `no-store` where the cookie is set
session | more than 4093 bytes in a signed cookie | an error in debug, else a warning; the cookie stays as it was
session | a list or dict inside of it changed | found, and saved
session | keys that change | the first one signs, all are accepted; a signature is for one cookie's name
session | the store is down, slow, restarted; a damaged record | 503 or anonymous, as you say, within the timeout; a damaged record is no session
session | what goes into a session | JSON alone; the file of the SQLite store is its owner's
csrf | an unsafe method with cookies: no token, a wrong one, one in the query, Origin `null` or another, `Sec-Fetch-Site: cross-site` | 403; what browsers say is asked first, tokens are masked
csrf | JSON sent as `text/plain`, as a form, as nothing, as `application/jsonp` | 415
cors | all origins with credentials | an error at start-up
cors | Origin `null`, `https://a.com.evil`, `https://aXcom`, another port, scheme or case, two of them | compared as they are written; an expression has to match all of it
cors | a preflight for what is not allowed, for a private network, with 10 000 names | no field of CORS; linear
cors | errors, 304, redirects | carry the decision as any answer does, with `Vary: Origin`
body | no length, a false one, a negative one; a million chunks of a byte | counted as it comes; 413 before more is kept, 400 where it is no length
body | a body without a limit of your own | 1 MiB, multipart 16 MiB; up and down for each place
body | read twice, streamed after it was read, read after the disconnect, half read and answered | the same again, or a documented error; no hang
body | a gzip bomb, stacked codings | 415, unless `decompressed` allows it; then 413 beyond it
json | empty, cut off, a byte order mark, UTF-16, bytes that are not UTF-8 | 400 with the position, without an echo
json | 100 000 levels, an integer of 5000 digits, `1e999999` | 400
json | `NaN`, `Infinity`, a name twice, a lone surrogate | `NaN` 400; the last of a name counts; the surrogate goes in and out
json | 10 MB of `[{},{},…]`, 100 000 keys | 413; where that much is allowed, linear
json | a number or list where an object is wanted | 422
form | 100 000 fields, one of 50 MB, `;` between them, a million of `&` | 400 or 413, as for multipart; linear
form | `%ff%zz`, `+`, no `=`, no name, `_charset_`, `charset=utf-7` | UTF-8, with U+FFFD; no charset is believed
multipart | 20 000 fields, 5000 empty files, multipart in multipart | 400 or 413 at once; files closed
multipart | no boundary, one of 300 bytes, with CR, LF or quotes | 400
multipart | cut off: without its end, in a header, in a file | 400; the handler sees nothing
multipart | 5000 header fields in a part, one of 1 MB, a folded one, two Content-Dispositions | 400
multipart | no name, controls in a name, `filename=""`, `filename*` | 400; as browsers do; `filename*` is ignored
multipart | a file named `../../x`, `C:\x`, `/etc/x`, `CON.txt`, with NUL, 5 kB, an emoji | kept as it came; `safe_filename` is one segment, `save()` asks you where
multipart | 10 MB before and behind it, LF alone, `Content-Transfer-Encoding` | 400, or ignored; linear
multipart | a thousand clients that drop in mid-upload | no file, task or descriptor is left
multipart | the disk is full, no descriptor left | 507; the file is gone, the next request works
static | `../`, `..%2f`, `..\`, `....//`, `//etc/passwd`, drives, UNC | 404, before a file is touched
static | a sibling that begins alike: `static_secret` | 404
static | links that lead out, a root that is a link, a swap in between | 404, unless allowed; directories are opened one by one
static | a FIFO, a socket, a device, a directory, what may not be read | 404: regular files alone, nobody waits
static | NUL, 5000 characters, `a.txt/x`, a surrogate | 404
static | `.env`, `.git/config`, `~`, `.htpasswd` | 404, unless allowed
static | `CON`, `x/NUL`, `COM¹`, `a::$DATA`, a dot or space at the end | 404 on every system
static | a file that there is beside one that there is not | one 404 for all refusals
static | `.html`, `.svg`, unknown types | `nosniff`; `application/octet-stream`
range | 4000 ranges, `0-` a thousand times, 8000 commas | beyond 16 the whole; never more than the file and its parts' heads
range | `5-2`, `-0`, 4400 digits, Unicode digits, `items=0-1`, past the end | ignored where it is none; 416 past the end
range | If-Range weak, strong, a date, junk; on POST and HEAD; with gzip | RFC 9110 §13.1.5; parts are not compressed
range | the file changes, shrinks or goes while it is sent | the connection breaks; nobody else's bytes
conditional | If-None-Match of 100 kB, `*`, dates of the years 1601 and 9999, If-Match on PUT | linear; ignored where malformed; 304 and 412 as they should be
gzip | HEAD, 204, 304, already coded, strong tags, `no-transform`, events | never twice; weak tags; flushed by piece; not for events
gzip | the client goes in mid-stream | the compressor is freed, the generator closed
sse | line ends and NUL in data, event or id | each line with its prefix, or `ValueError`; a disconnect ends it
stream | a reader that takes nothing of an endless stream | the generator waits; `write_timeout`
stream | an exception behind the head | the connection breaks, with no false end; logged once
stream | a generator that blocks | in threads; others wait for these, not for the loop
disconnect | before the body, in it, in the handler, in the answer, behind it | seen by who reads or writes; `finally` runs; nothing is left behind
ws | a cookie with another Origin, `null` or none | 403 before `accept()`, unless allowed
ws | no JSON, the wrong kind of message, no UTF-8, 100 000 levels | closed with 1003 or 1007
ws | 64 MB, a million fragments, a compressed bomb, an unfinished frame | closed with 1009
ws | disconnect at any step, sending after the close, accepting twice, no close | `WebSocketDisconnect` or an error that names the mistake; 1000, 1011
ws | silence, 10 000 messages a second, a reader that is slow | no queue of ours: who causes it waits
ws | subprotocols that are none, HTTP at a WebSocket's path, and the other way round | of our own list; 426, 403
graphql | depth 300, 10 000 aliases or directives, fragments in circles | refused (400 in GraphQL's own media type): tokens 2000, depth 15, aliases 30, directives 50
graphql | a batch of 1000, 100 times `login` | no batches; aliases are counted
graphql | a mutation by GET; what a form could send | 405; 415
graphql | the schema, suggestions, exceptions with secrets | shown in debug alone; masked by a number
graphql | variables that are no object, no query, 1 MB of it, an unknown operation | 400 or 413, as GraphQL over HTTP has it
graphql-ws | messages before the beginning, 10 000 operations, an id twice, an unknown type | closed: 4400, 4401, 4408, 4409, 4429; 100 operations a socket
errors | exception text with `<script>`, secrets in locals, environment and fields | escaped and struck out; the page is for this machine, in debug
errors | an unhandled exception, a handler that raises itself | a plain 500: no text, traceback, path or version
errors | a path that is reflected, Accept for HTML | escaped, or not there; `nosniff`
template | values in `.html`, `.xml`, `.svg`, strings and scripts | escaped, except in `.txt`
template | a template named `../../etc/passwd` | not found
openapi | a docstring with `<script>`, a YAML bomb, 1 MB | text; an error that says where; bounded
background | a task that raises, hangs, is cancelled | logged once, the next one runs; the shutdown is bounded
lifespan | an exception at start, at the end, between; no lifespan; two starts | `startup.failed` with a message; what was started is closed, last one first
middleware | raises before or behind the call, swallows the cancellation, returns nothing | an error that names it, or as it is; no deadlock
threads | a thousand plain handlers that sleep | forty at a time; the loop is free
mount | `/app` beside `/apple`, `//app`, nested `root_path` | taken off at a segment's end; links stay below it
url-for | values with `/`, `..`, `?`, `#`, `//evil`, CR, LF, Unicode | percent-encoded: no other path, no other host
logs | line ends, ESC, U+2028, 1 MB in path, field or method | one line, escaped, cut at 200; credentials never
timing | a wrong token, signature, password | `compare_digest`: no `==` on secrets
caches | 100 000 hosts, paths, types, origins | every cache has a bound
query | 100 000 parameters, `a[]=`, `;`, `%`, surrogates, a name twice | 400 beyond 1000; read as forms are; one where one is bound: 422
testclient | an exception, a redirect to another host, cookies, the environment | raised; no network, ever; no netrc, no proxy
packaging | `python -O`, `-X dev -W error`, each Python, the oldest dependencies | the suite passes; no `assert` decides anything
start-up-config | a typo in an option, a key that can be guessed, debug for everybody, all hosts | an error or a warning at start-up
openness | a handler that returns nothing, the wrong type, a coroutine that nobody awaits | an error that names class and method
"""  # noqa: E501  # a row is a line

ROWS = [
    Row(number, *(part.strip() for part in line.split(" | ")))
    for number, line in enumerate(_ROWS.strip().splitlines(), start=1)
]

_NUMBERS = {row.name: row.number for row in ROWS}
_NAME = re.compile(rf"(?<![a-z])({'|'.join(_NUMBERS)})(?![0-9])")


def rows_in(text: str) -> set[int]:
    """Find the rows that a text names."""
    names = _NAME.findall(text.lower().replace("_", "-"))
    return {_NUMBERS[name] for name in names}


class Held(NamedTuple):
    """What holds one row.

    Attributes:
        inside: The test functions that need no server, by file.
        served: Those that ask one, by file.
        servers: The names of the servers.
    """

    inside: dict[str, set[str]]
    served: dict[str, set[str]]
    servers: set[str]


def held_by(items: Iterable[pytest.Item]) -> dict[int, Held]:
    """Say what holds each row, of the tests that there are."""
    held: dict[int, Held] = defaultdict(
        lambda: Held(defaultdict(set), defaultdict(set), set())
    )
    for item in items:
        path, _, name = item.nodeid.partition("::")
        function = getattr(item, "obj", None)
        for number in rows_in(f"{name} {getattr(function, '__doc__', None) or ''}"):
            is_served = path.startswith(SERVED)
            tests = held[number].served if is_served else held[number].inside
            tests[path.removeprefix("tests/")].add(name.partition("[")[0])
            if is_served:
                held[number].servers.add(_server_of(item))
    return held


def _server_of(item: pytest.Item) -> str:
    """Which server a test asks; those that do not say start uvicorn."""
    call = getattr(item, "callspec", None)
    for value in call.params.values() if call else ():
        if isinstance(value, str) and value in COMMANDS:
            return value
    return "uvicorn"


def tables(held: dict[int, Held]) -> str:
    """Write the tables of the page."""
    answers = [
        [row.name, row.sent, row.answer, *_counted(held[row.number])] for row in ROWS
    ]
    tests = [
        [row.name, _listed(held[row.number].inside), _listed(held[row.number].served)]
        for row in ROWS
    ]
    return "\n".join(
        [
            "",
            "## Row by row",
            "",
            "The last columns are the number of test functions in process, and the",
            "servers that are asked: h11 and httptools are uvicorn's.",
            "",
            *_table(
                ["row", "what comes", "what becomes of it", "tests", "servers"], answers
            ),
            "",
            "## Which tests they are",
            "",
            "All are below `tests/`, and each function is `test_…`.",
            "",
            *_table(["row", "in process", "with servers"], tests),
            "",
        ]
    )


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _counted(held: Held) -> tuple[str, str]:
    inside = sum(map(len, held.inside.values()))
    servers = [each for each in [*COMMANDS, "uvicorn"] if each in held.servers]
    if servers[: len(COMMANDS)] == list(COMMANDS):
        servers = ["all"]
    elif len(servers) > 1 and servers[-1] == "uvicorn":
        servers.pop()
    return str(inside or "–"), ", ".join(servers) or "–"


def _listed(tests: dict[str, set[str]]) -> str:
    return "; ".join(
        f"`{path}`: " + ", ".join(sorted(name.removeprefix("test_") for name in names))
        for path, names in sorted(tests.items())
    )


class _Collector:
    """A plug-in of pytest that keeps what was collected."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = session.items


def main(arguments: list[str]) -> str | None:
    """Write the tables, or check them; give what is wrong, if anything is."""
    collector = _Collector()
    options = ["--collect-only", "-q", "-q", "-p", "no:cacheprovider", str(ROOT)]
    if pytest.main(options, plugins=[collector]) != pytest.ExitCode.OK:
        return "the suite cannot be collected."
    held = held_by(collector.items)
    missing = [row.name for row in ROWS if row.number not in held]
    if missing:
        return f"no test calls these rows: {', '.join(missing)}."
    page = PAGE.read_text("utf-8")
    written = page.partition(BEGIN)[0] + BEGIN + tables(held)
    if arguments == ["--check"]:
        return None if page == written else "docs/security.md: run scripts/security."
    PAGE.write_text(written, "utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
