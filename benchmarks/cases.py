"""What is asked, and what every framework must answer.

The story: `CASES` has one exchange a row. `Case.app` gives what a framework answers it
with, and `check` holds the answer to the row.
"""

from __future__ import annotations

import importlib
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.services import DESCENT, NAMES, NEW_BOOK, raw
from benchmarks.table import FLOOR

Message = MutableMapping[str, Any]
App = Callable[..., Any]

# What a browser or an HTTP library sends, near enough.
HEADERS = [
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"connection", b"keep-alive"),
]

BODY = json.dumps(NEW_BOOK).encode()

JSON = (b"content-type", b"application/json")

# Bytes of a file and of an upload, and how many of these a server hands on at a time.
FILE = 64 * 2**20
SMALL_FILE = 4 * 2**10
UPLOAD = 10 * 2**20
PIECE = 2**16

# Which file a case answers with, of the directory that FILES in the environment names.
FILES = {"file": "large.bin", "static": "small.css"}

SAND = b"sand\r\n--"  # what makes a reader look for a boundary
BOUNDARY = "----restlette4f1c0e"
MULTIPART = (b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())

PREFLIGHT = (
    (b"origin", b"https://shop.example"),
    (b"access-control-request-method", b"PUT"),
    (b"access-control-request-headers", b"x-token"),
)


@dataclass(frozen=True)
class Case:
    """One exchange: what is asked, and what every framework must answer.

    Attributes:
        fields: Header fields beside the usual ones; a body without any is JSON.
        others: How many other resources were registered before.
        around: What of the framework is around an application of no framework, which
            has `content` for everybody; otherwise all is the framework's.
        also: What some framework answers in place of `status`.
        among: Who takes part.
        most: What part of Starlette's time is the goal, where that is one.
    """

    name: str
    title: str
    method: str = "GET"
    path: str = "/books/42"
    fields: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    others: int = 0
    around: str = ""
    status: int = 200
    content: object = None
    also: tuple[int, ...] = ()
    among: tuple[str, ...] = NAMES
    most: float | None = None

    def app(self, framework: str) -> App:
        """What a framework answers with."""
        module = importlib.import_module(f"benchmarks.services.{framework}")
        if self.around:
            return getattr(module, self.around)(raw.constant(self.content))
        return module.make(self.others)

    def pieces(self) -> list[bytes]:
        """The content, as it comes from a server."""
        starts = range(0, len(self.body), PIECE)
        return [self.body[start : start + PIECE] for start in starts] or [b""]

    def scope(self) -> dict[str, Any]:
        """The scope of an HTTP request, as uvicorn makes it."""
        headers = [*HEADERS, *self.fields]
        if self.body:
            headers += [] if self.fields else [JSON]
            headers.append((b"content-length", b"%d" % len(self.body)))
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "method": self.method,
            "root_path": "",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "headers": headers,
        }


def form(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """A multipart form: of each part what its `name=` is, and its content."""
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    lines = [f"{head}{name}\r\n\r\n".encode() + data for name, data in parts]
    return b"\r\n".join([*lines, f"--{BOUNDARY}--\r\n".encode()])


SHOWN = {"id": 42, "title": "Dune"}

CASES = {
    case.name: case
    for case in (
        Case("get", "GET, a class resource, one path parameter, JSON", content=SHOWN),
        Case(
            "many-routes",
            "The same with 500 other routes registered before it",
            others=500,
            content=SHOWN,
        ),
        Case("404", "404: no such path", path="/nowhere/7", status=404),
        Case(
            "405",
            "405: DELETE where there is GET",
            method="DELETE",
            status=405,
            also=(404,),
        ),
        Case(
            "post",
            "POST of six fields, checked, answered 201 with the object",
            method="POST",
            path="/books",
            body=BODY,
            status=201,
            content=NEW_BOOK,
        ),
        Case(
            "file",
            f"A file of {FILE // 2**20} MB",
            path="/file",
            among=DESCENT,
            most=1,
        ),
        Case(
            "static",
            f"A file of {SMALL_FILE // 2**10} kB of a directory",
            path="/static/small.css",
            among=DESCENT,
            most=0.5,
        ),
        Case(
            "upload",
            f"A multipart upload of {UPLOAD // 2**20} MB",
            method="POST",
            path="/form",
            fields=(MULTIPART,),
            body=form([('"book"; filename="dune.txt"', SAND * (UPLOAD // len(SAND)))]),
            content={
                "fields": 0,
                "characters": 0,
                "files": {"book": [UPLOAD, (2 * SAND).hex()]},
            },
            among=DESCENT,
            most=0.8,
        ),
        Case(
            "fields",
            "A multipart form of 1,000 small fields",
            method="POST",
            path="/form",
            fields=(MULTIPART,),
            body=form((f'"field{number}"', b"some text") for number in range(1000)),
            content={"fields": 1000, "characters": 9000, "files": {}},
            among=DESCENT,
            most=0.8,
        ),
        Case(
            "gzip",
            "gzip around an answer of 10 kB, level 6",
            around="gzip",
            content=[{**NEW_BOOK, "id": number} for number in range(80)],
            among=(FLOOR, *DESCENT),
            most=1,
        ),
        Case(
            "gzip-small",
            "gzip around an answer that is too small for it",
            around="gzip",
            content=SHOWN,
            among=(FLOOR, *DESCENT),
            most=1,
        ),
        Case(
            "cors",
            "CORS around an answer to an allowed origin",
            fields=PREFLIGHT[:1],
            around="cors",
            content=SHOWN,
            among=(FLOOR, *DESCENT),
            most=1,
        ),
        Case(
            "preflight",
            "CORS: a preflight that is allowed",
            method="OPTIONS",
            fields=PREFLIGHT,
            around="cors",
            among=(FLOOR, *DESCENT),
            most=1,
        ),
        Case(
            "session-read",
            "a session in a signed cookie, read",
            around="session_read",
            content=SHOWN,
            among=(FLOOR, *DESCENT),
            most=1,
        ),
        Case(
            "session-write",
            "a session in a signed cookie, written",
            around="session_write",
            content=SHOWN,
            among=(FLOOR, *DESCENT),
            most=1,
        ),
    )
}


class Disagreement(Exception):
    """An application answered what it was not asked for."""


def check(name: str, case: Case, sent: list[Message]) -> tuple[int, str]:
    """Hold an answer to the case; its status, and the names of its fields."""
    status = sent[0]["status"]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    if status != case.status and status not in case.also:
        raise Disagreement(f"{name}: {case.title}: {status}, {body[:200]!r}")
    if (b"content-encoding", b"gzip") in sent[0]["headers"]:
        body = zlib.decompress(body, 31)
    name_of_file = FILES.get(case.name)
    if name_of_file and body != Path(os.environ["FILES"], name_of_file).read_bytes():
        raise Disagreement(f"{name}: {case.title}: another file")
    if case.content is not None and json.loads(body) != case.content:
        raise Disagreement(f"{name}: {case.title}: {body[:200]!r}")
    fields = sorted(bytes(field).decode().lower() for field, _ in sent[0]["headers"])
    return status, ", ".join(fields)


@contextmanager
def files() -> Iterator[None]:
    """Make the files that the services answer with; they are gone afterwards."""
    with TemporaryDirectory(prefix="restlette-bench-") as directory:
        Path(directory, FILES["static"]).write_bytes(os.urandom(SMALL_FILE))
        with Path(directory, FILES["file"]).open("wb") as file:
            for _ in range(0, FILE, 2**20):
                file.write(os.urandom(2**20))
        os.environ["FILES"] = directory
        try:
            yield
        finally:
            # A service that is started later must not look for them.
            del os.environ["FILES"]
