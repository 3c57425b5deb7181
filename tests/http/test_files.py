"""An answer whose content is a file."""

import asyncio
import email
import errno
import gc
import os
import socket
import stat
import sys
import threading
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.background import BackgroundTask
from restlette.http import files
from restlette.http.files import FileResponse, guess_media_type, stat_validators
from restlette.http.ranges import ContentRange, Span
from restlette.http.validators import ETag, Validators
from restlette.testing import call, call_async
from tests.http.turns import taking_turns

CONTENT = bytes(range(256)) * 4
MODIFIED = 784111777
THEN = "Sun, 06 Nov 1994 08:49:37 GMT"
GENUINE = os.preadv
TAG = f'"{MODIFIED * 10**9:x}-{len(CONTENT):x}"'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of a kilobyte, changed in 1994."""
    path = tmp_path / "book.bin"
    path.write_bytes(CONTENT)
    os.utime(path, (MODIFIED, MODIFIED))
    return path


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """The paths that are opened."""
    seen: list[str] = []
    genuine = files._files.open

    def spy(path, *args, **options):
        seen.append(os.fspath(path))
        return genuine(path, *args, **options)

    monkeypatch.setattr(files._files, "open", spy)
    return seen


def descriptors() -> set[str]:
    """What this process has open under a name of its own."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if "book" in target:
            found.add(target)
    return found


@pytest.fixture(scope="module", autouse=True)
def what_was_there_before():
    """Is of no interest to the garbage collector, which is asked after each test."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def nothing_stays_open():
    """No test leaves a file open, nor to the garbage collector."""
    yield
    assert descriptors() == set()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()


def http(method: str = "GET", spec: str = "2.3", **fields: str) -> dict:
    """A scope."""
    return {
        "type": "http",
        "method": method,
        "asgi": {"version": "3.0", "spec_version": spec},
        "headers": [
            (name.replace("_", "-").encode(), value.encode())
            for name, value in fields.items()
        ],
    }


async def never() -> dict:
    await asyncio.Event().wait()
    raise AssertionError


async def exchange(response, scope, on_send=None) -> list[dict]:
    """What an answer sends."""
    sent: list[dict] = []

    async def send(message) -> None:
        sent.append(message)
        if on_send is not None:
            await on_send(len(sent))

    await response(scope, never, send)
    return sent


def test_the_whole_file_is_sent(path) -> None:
    answer = call(FileResponse(path), "GET")
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert dict(answer.headers) == {
        "content-type": "application/octet-stream",
        "accept-ranges": "bytes",
        "etag": TAG,
        "last-modified": THEN,
        "content-length": "1024",
    }


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 200, 250])
@pytest.mark.parametrize("spec", ["2.3", "2.4"])
@pytest.mark.parametrize("is_known", [False, True])
def test_the_file_is_sent_in_pieces(
    tmp_path, monkeypatch, size, spec, is_known
) -> None:
    monkeypatch.setattr(FileResponse, "chunk_size", 100)
    path = tmp_path / "book"
    path.write_bytes(b"x" * size)
    response = FileResponse(path, stat_result=path.stat() if is_known else None)
    sent = asyncio.run(exchange(response, http(spec=spec)))
    bodies = [message["body"] for message in sent[1:]]
    assert b"".join(bodies) == b"x" * size
    assert max(map(len, bodies)) <= 100
    assert sent[-1].get("more_body", False) is False


def nothing(descriptor, buffers, offset, flags) -> int:
    raise BlockingIOError


def less(descriptor, buffers, offset, flags) -> int:
    return GENUINE(descriptor, [memoryview(buffers[0])[:3]], offset, flags)


def every_second(descriptor, buffers, offset, flags) -> int:
    if offset // 100 % 2:
        raise OSError(errno.EOPNOTSUPP, "not here")
    return GENUINE(descriptor, buffers, offset, flags)


@pytest.mark.parametrize("in_memory", [GENUINE, nothing, less, every_second])
def test_what_the_system_has_not_in_memory_is_read_in_a_thread(
    path, monkeypatch, in_memory
) -> None:
    monkeypatch.setattr(FileResponse, "chunk_size", 100)
    monkeypatch.setattr(os, "preadv", in_memory)
    assert call(FileResponse(path), "GET").content == CONTENT
    answer = call(FileResponse(path), "GET", headers={"range": "bytes=1-404"})
    assert answer.content == CONTENT[1:405]
    answer = call(FileResponse(path), "GET", headers={"range": "bytes=900-,5-404"})
    assert [part for _, part in parts_of(answer)] == [CONTENT[900:], CONTENT[5:405]]


def test_a_system_that_cannot_say_what_it_has_in_memory_is_not_asked(
    path, monkeypatch
) -> None:
    monkeypatch.setattr(files, "_NOWAIT", 0)
    monkeypatch.delattr(os, "preadv")
    assert call(FileResponse(path), "GET").content == CONTENT


def test_others_have_their_turn_between_two_pieces(path, monkeypatch) -> None:
    """Though neither the file nor the client makes anybody wait."""
    monkeypatch.setattr(FileResponse, "chunk_size", 100)
    seen: list[int] = []

    async def run() -> None:
        async with taking_turns() as turns:

            async def note(count: int) -> None:
                seen.append(turns.count)

            await exchange(FileResponse(path), http(spec="2.4"), note)

    asyncio.run(run())
    pieces = seen[1:-1]  # what is sent before and after has not been read
    assert len(pieces) == 11
    assert sorted(set(pieces)) == pieces


def test_a_path_may_be_text(path) -> None:
    assert call(FileResponse(str(path)), "GET").content == CONTENT


def test_head_does_not_open_the_file(path, opened) -> None:
    """dispatch-5."""
    get = call(FileResponse(path), "GET")
    assert opened == [str(path)]
    opened.clear()
    head = call(FileResponse(path), "HEAD")
    assert head.status_code == 200
    assert dict(head.headers) == dict(get.headers)
    assert head.content == b""
    assert opened == []


def test_a_method_may_be_given(path, opened) -> None:
    """As the ancestor takes it; HEAD has no content whatever is given."""
    for response, method in (
        (FileResponse(path, method="head"), "GET"),
        (FileResponse(path, method="HEAD"), "POST"),
        (FileResponse(path, method="GET"), "HEAD"),
    ):
        sent = asyncio.run(exchange(response, http(method)))
        assert [message.get("body") for message in sent] == [None, b""]
    assert opened == []


def test_a_known_stat_gives_the_fields_at_once(path, opened) -> None:
    response = FileResponse(path, stat_result=path.stat())
    assert response.headers["etag"] == TAG
    assert response.headers["last-modified"] == THEN
    assert response.headers["content-length"] == "1024"
    assert call(response, "GET", headers={"if-none-match": TAG}).status_code == 304
    assert opened == []
    assert call(response, "GET").content == CONTENT


@pytest.mark.parametrize(
    ("by", "then"),
    [(1, "Sun, 06 Nov 1994 08:49:38 GMT"), (-1, "Sun, 06 Nov 1994 08:49:36 GMT")],
)
def test_a_stat_that_is_out_of_date_does_not_count(path, by, then) -> None:
    """What is sent is described, not what was there before."""
    response = FileResponse(path, stat_result=path.stat())
    path.write_bytes(b"new")
    os.utime(path, (MODIFIED + by, MODIFIED + by))
    answer = call(response, "GET", headers={"range": "bytes=1-"})
    assert answer.content == b"ew"
    assert answer.headers["content-range"] == "bytes 1-2/3"
    assert answer.headers["etag"] != TAG
    assert answer.headers["last-modified"] == then


def test_a_small_file_that_is_not_there_any_more_is_an_error(path) -> None:
    response = FileResponse(path, stat_result=path.stat())
    path.unlink()
    with pytest.raises(RuntimeError, match="there is no file"):
        call(response, "GET")


def test_a_small_file_that_shrinks_while_it_is_read_is_an_error(
    path, monkeypatch
) -> None:
    genuine = os.fstat
    response = FileResponse(path, stat_result=path.stat())

    def shrinking(descriptor):
        result = genuine(descriptor)
        os.truncate(path, 10)
        return result

    monkeypatch.setattr(os, "fstat", shrinking)
    with pytest.raises(RuntimeError, match="changed while it was read"):
        call(response, "GET")


def test_a_file_can_be_read_before_it_is_sent(path) -> None:
    """By who is in a thread already."""
    response = FileResponse(path, stat_result=path.stat())
    response.load(http("POST"))
    path.unlink()
    assert call(response, "POST").content == CONTENT
    answer = call(response, "GET", headers={"range": "bytes=1-2,5-6"})
    assert answer.status_code == 206
    assert CONTENT[1:3] in answer.content


def test_what_will_not_be_sent_is_not_read(path) -> None:
    for scope in (
        http("HEAD"),
        http(if_none_match=TAG),
        {**http(), "extensions": {"http.response.pathsend": {}}},
    ):
        response = FileResponse(path, stat_result=path.stat())
        response.load(scope)
        assert response._loaded is None
    response = FileResponse(path)
    response.load(http())
    assert response._loaded is None


def test_a_file_is_opened_as_one_is_told(path, tmp_path) -> None:
    elsewhere = tmp_path / "elsewhere.bin"
    elsewhere.write_bytes(b"other")

    def opener(_, flags):
        return os.open(elsewhere, flags)

    for result in (None, path.stat()):
        response = FileResponse(path, stat_result=result, opener=opener)
        assert call(response, "GET").content == b"other"


def test_given_fields_are_kept(path) -> None:
    fields = {"ETag": 'W/"v1"', "Last-Modified": "Thu, 01 Jan 1970 00:00:00 GMT"}
    fields["Content-Length"] = "5"
    for result in (None, path.stat()):
        response = FileResponse(path, headers=fields, stat_result=result)
        answer = call(response, "GET")
        assert answer.headers["etag"] == 'W/"v1"'
        assert answer.headers["last-modified"] == "Thu, 01 Jan 1970 00:00:00 GMT"
        # But for the length, which is a fact.
        assert answer.headers.getlist("content-length") == ["1024"]
        answer = call(response, "GET", headers={"if-none-match": '"v1"'})
        assert answer.status_code == 304


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.txt", "text/plain"),
        ("a.HTML", "text/html"),
        ("dir.html/a.json", "application/json"),
        ("a.tar.gz", "application/gzip"),
        ("a.txt.bz2", "application/x-bzip2"),
        ("a.txt.Z", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("a.unknown", "application/octet-stream"),
        ("data:text/html,x", "application/octet-stream"),
        (Path("a.txt"), "text/plain"),
    ],
)
def test_the_media_type_is_guessed(name, media_type) -> None:
    assert guess_media_type(name) == media_type


def test_the_media_type_is_that_of_the_name_to_save(path) -> None:
    response = FileResponse(path, filename="a.txt")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    response = FileResponse(path, filename="a.txt", media_type="text/csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"


def test_a_file_has_a_name_to_save() -> None:
    """headers-out-30."""
    response = FileResponse("x", filename='a"b;\r\n.html')
    assert response.headers["content-disposition"] == (
        "attachment; filename=\"a_b;__.html\"; filename*=UTF-8''a%22b%3B__.html"
    )
    response = FileResponse("x", filename="a", content_disposition_type="inline")
    assert response.headers["content-disposition"] == 'inline; filename="a"'
    fields = {"content-disposition": "inline"}
    response = FileResponse("x", filename="a", headers=fields)
    assert response.headers["content-disposition"] == "inline"
    assert "content-disposition" not in FileResponse("x").headers


@pytest.mark.parametrize("status_code", [204, 304])
def test_a_status_without_content_is_refused(status_code) -> None:
    with pytest.raises(ValueError, match="no content to take from a file"):
        FileResponse("x", status_code)


@pytest.mark.parametrize(
    ("method", "fields", "status_code"),
    [
        ("GET", {"if-none-match": TAG}, 304),
        ("HEAD", {"if-none-match": f'"x", W/{TAG}'}, 304),
        ("GET", {"if-none-match": "*"}, 304),
        ("GET", {"if-none-match": '"x"'}, 200),
        ("GET", {"if-modified-since": THEN}, 304),
        ("GET", {"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
        ("GET", {"if-match": TAG}, 200),
        ("GET", {"if-match": '"x"'}, 412),
        ("HEAD", {"if-match": '"x"'}, 412),
        ("GET", {"if-match": TAG, "if-none-match": TAG}, 304),
        ("GET", {"if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 412),
        # What a POST did is done.
        ("POST", {"if-match": '"x"'}, 200),
        ("POST", {"if-none-match": TAG}, 200),
    ],
)
def test_a_request_may_be_conditional(
    path, opened, method, fields, status_code
) -> None:
    answer = call(FileResponse(path), method, headers=fields)
    assert answer.status_code == status_code
    assert opened == ([str(path)] if status_code == 200 else [])
    if status_code == 304:
        assert dict(answer.headers) == {
            "accept-ranges": "bytes",
            "etag": TAG,
            "last-modified": THEN,
        }


def test_a_file_that_is_no_200_is_not_conditional(path) -> None:
    """RFC 9110 §13.2.1; and a range is for a 200 (§14.2)."""
    fields = {"if-none-match": "*", "range": "bytes=0-1"}
    answer = call(FileResponse(path, 404), "GET", headers=fields)
    assert answer.status_code == 404
    assert answer.content == CONTENT
    assert "accept-ranges" not in answer.headers


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [("0-0", 0, 1), ("100-199", 100, 200), ("1000-", 1000, 1024), ("-5", 1019, 1024)],
)
def test_a_range_is_sent(path, monkeypatch, value, start, end) -> None:
    monkeypatch.setattr(FileResponse, "chunk_size", 16)
    answer = call(FileResponse(path), "GET", headers={"range": f"bytes={value}"})
    assert answer.status_code == 206
    assert answer.content == CONTENT[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/1024"
    assert answer.headers["content-length"] == str(end - start)
    assert answer.headers["etag"] == TAG


def parts_of(answer) -> list[tuple[ContentRange, bytes]]:
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.content)
    return [
        (
            ContentRange.from_header(part["content-range"]),
            part.get_payload(decode=True),
        )
        for part in message.get_payload()
    ]


def test_several_ranges_are_sent(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(FileResponse, "chunk_size", 7)
    path = tmp_path / "book.txt"
    path.write_bytes(b"abcdefghijklmnopqrstuvwxyz" * 4)
    fields = {"range": "bytes=100-, 0-9, 30-39"}
    answer = call(FileResponse(path), "GET", headers=fields)
    assert answer.status_code == 206
    assert answer.headers["content-length"] == str(len(answer.content))
    assert "content-range" not in answer.headers
    assert b"Content-Type: text/plain; charset=utf-8\r\n" in answer.content
    assert parts_of(answer) == [
        (ContentRange(Span(100, 104), 104), b"wxyz"),
        (ContentRange(Span(0, 10), 104), b"abcdefghij"),
        (ContentRange(Span(30, 40), 104), b"efghijklmn"),
    ]


@pytest.mark.parametrize("value", ["bytes=1024-", "bytes=-0", f"bytes={'9' * 4400}-"])
def test_a_range_past_the_end_is_not_satisfiable(path, value) -> None:
    """range-83."""
    answer = call(FileResponse(path), "GET", headers={"range": value})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */1024"
    assert answer.headers["content-type"] == "application/problem+json"
    fields = {"range": value, "accept": "text/plain"}
    answer = call(FileResponse(path), "GET", headers=fields)
    assert answer.status_code == 416
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(value, id=name)
        for name, value in {
            "range-82-tiny": "bytes="
            + ",".join(f"{2 * n}-{2 * n}" for n in range(400)),
            "range-82-open": "bytes=" + ",".join(["0-"] * 1000),
            "range-82-commas": "bytes=" + "," * 8000,
            "range-83-backwards": "bytes=5-2",
            "range-83-unit": "items=0-1",
            "range-83-spaces": "bytes=0 - 1",
        }.items()
    ],
)
def test_an_odd_range_is_ignored(path, value) -> None:
    answer = call(FileResponse(path), "GET", headers={"range": value})
    assert answer.status_code == 200
    assert answer.content == CONTENT


@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_a_range_is_for_get(path, method) -> None:
    """range-84."""
    fields = {"range": "bytes=0-1"}
    answer = call(FileResponse(path), method, headers=fields)
    assert answer.status_code == 200
    assert answer.headers["content-length"] == "1024"


@pytest.mark.parametrize(
    ("if_range", "status_code"),
    [
        pytest.param(value, status_code, id=f"range-84-{name}")
        for name, value, status_code in [
            ("strong", TAG, 206),
            ("weak", f"W/{TAG}", 200),
            ("other", '"x"', 200),
            ("date", THEN, 206),
            ("other-date", "Thu, 01 Jan 1970 00:00:00 GMT", 200),
            ("garbage", "garbage", 200),
        ]
    ],
)
def test_if_range_decides_whether_a_part_will_do(path, if_range, status_code) -> None:
    fields = {"range": "bytes=0-1", "if-range": if_range}
    answer = call(FileResponse(path), "GET", headers=fields)
    assert answer.status_code == status_code


def test_a_condition_comes_before_the_range(path) -> None:
    """range-84: RFC 9110 §13.2.2."""
    fields = {"range": "bytes=0-1", "if-none-match": TAG}
    assert call(FileResponse(path), "GET", headers=fields).status_code == 304
    fields = {"range": "bytes=0-1", "if-match": TAG}
    assert call(FileResponse(path), "GET", headers=fields).status_code == 206


def test_the_server_may_send_the_file_itself(path, opened, monkeypatch) -> None:
    monkeypatch.chdir(path.parent)
    scope = http() | {"extensions": {"http.response.pathsend": {}}}
    done: list[bool] = []

    async def note() -> None:
        done.append(True)

    response = FileResponse(path.name, background=BackgroundTask(note))
    start, handed = asyncio.run(exchange(response, scope))
    assert start["status"] == 200
    assert (b"content-length", b"1024") in start["headers"]
    assert handed == {"type": "http.response.pathsend", "path": str(path)}
    assert opened == []
    assert done == [True]
    asyncio.run(exchange(FileResponse(path), scope))
    assert done == [True]


@pytest.mark.parametrize(
    ("method", "fields", "status"),
    [
        ("GET", {"range": "bytes=0-1"}, 206),
        ("GET", {"if_none_match": TAG}, 304),
        ("HEAD", {}, 200),
        ("POST", {}, 200),
        ("DELETE", {}, 200),
    ],
)
def test_the_server_sends_whole_files_only(path, method, fields, status) -> None:
    extensions = {"extensions": {"http.response.pathsend": {}}}
    scope = http(method, **fields) | extensions
    sent = asyncio.run(exchange(FileResponse(path), scope))
    assert sent[0]["status"] == status
    assert {m["type"] for m in sent[1:]} == {"http.response.body"}


@pytest.mark.parametrize("extensions", [None, {}, {"http.response.push": {}}])
def test_the_server_sends_no_file_unless_it_offers_to(path, extensions) -> None:
    scope = http() | {"extensions": extensions}
    sent = asyncio.run(exchange(FileResponse(path), scope))
    assert b"".join(m["body"] for m in sent[1:]) == CONTENT


def test_a_websocket_is_refused_with_a_file(path) -> None:
    scope = {
        "type": "websocket",
        "asgi": {"spec_version": "2.4"},
        "headers": [(b"range", b"bytes=0-1"), (b"if-none-match", b"*")],
    }
    sent = asyncio.run(exchange(FileResponse(path, 403), scope))
    assert sent[0]["type"] == "websocket.http.response.start"
    assert sent[0]["status"] == 403
    assert b"".join(m["body"] for m in sent[1:]) == CONTENT


@pytest.mark.parametrize("fields", [{}, {"if-none-match": "*"}, {"range": "bytes=0-"}])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_background_task_runs_once(path, method, fields) -> None:
    runs: list[bool] = []

    async def note() -> None:
        runs.append(True)

    response = FileResponse(path, background=BackgroundTask(note))
    call(response, method, headers=fields)
    assert runs == [True]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_missing_file_is_an_error_of_the_application(tmp_path, method) -> None:
    with pytest.raises(RuntimeError, match="there is no file"):
        call(FileResponse(tmp_path / "book"), method)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_directory_is_not_sent(tmp_path, method) -> None:
    """static-76."""
    with pytest.raises(RuntimeError, match="not a regular file"):
        call(FileResponse(tmp_path), method)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_fifo_is_not_waited_for(tmp_path, method) -> None:
    """static-76: nobody writes to it, and opening it returns all the same."""
    os.mkfifo(tmp_path / "book")
    with pytest.raises(RuntimeError, match="not a regular file"):
        call(FileResponse(tmp_path / "book"), method)


def test_a_device_is_not_read() -> None:
    """static-76."""
    with pytest.raises(RuntimeError, match="not a regular file"):
        call(FileResponse("/dev/zero"), "GET")


def test_a_socket_is_not_opened(tmp_path) -> None:
    """static-76."""
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "book"))
        with pytest.raises(OSError, match="No such device or address"):
            call(FileResponse(tmp_path / "book"), "GET")


def test_a_file_that_is_replaced_before_it_is_opened_is_described_anew(
    path, monkeypatch
) -> None:
    """Looked at, replaced, opened: the answer is all of the new file."""
    genuine = files._files_os.stat

    async def replacing(path, *args):
        result = await genuine(path)
        other = Path(path).with_name("other")
        other.write_bytes(b"new")
        os.utime(other, (MODIFIED, MODIFIED))
        other.replace(path)
        return result

    monkeypatch.setattr(files._files_os, "stat", replacing)
    answer = call(FileResponse(path), "GET", headers={"if-none-match": '"x"'})
    assert answer.content == b"new"
    assert answer.headers["content-length"] == "3"
    assert answer.headers["etag"] != TAG


def test_a_file_that_became_what_the_client_has_is_closed(path, monkeypatch) -> None:
    genuine = files._files_os.stat

    async def touching(path, *args):
        os.utime(path, (5, 5))
        result = await genuine(path)
        os.utime(path, (MODIFIED, MODIFIED))
        return result

    monkeypatch.setattr(files._files_os, "stat", touching)
    answer = call(FileResponse(path), "GET", headers={"if-none-match": TAG})
    assert answer.status_code == 304


SIZE = FileResponse.chunk_size * 4


def truncate(path: Path) -> None:
    os.truncate(path, FileResponse.chunk_size * 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"y" * SIZE)


def shrink_by_one(path: Path) -> None:
    os.truncate(path, SIZE - 1)


@pytest.mark.parametrize("change", [truncate, empty, overwrite, shrink_by_one])
@pytest.mark.parametrize("spec", ["2.3", "2.4"])
def test_a_file_that_changes_while_it_is_sent_breaks_the_connection(
    tmp_path, change, spec
) -> None:
    """range-85: not padded, not ended, and no loop."""
    path = tmp_path / "book"
    path.write_bytes(b"x" * SIZE)
    os.utime(path, (MODIFIED, MODIFIED))
    sent: list[dict] = []

    async def run() -> None:
        async def send(message) -> None:
            sent.append(message)
            if len(sent) == 2:
                change(path)

        await FileResponse(path)(http(spec=spec), never, send)

    with pytest.raises(RuntimeError, match="changed while it was sent"):
        asyncio.run(run())
    assert all(message["more_body"] for message in sent[1:])
    assert sum(len(message["body"]) for message in sent[1:]) < SIZE


def test_a_file_that_is_cut_before_its_only_piece_breaks_the_connection(path) -> None:
    """range-85."""

    async def cut(count: int) -> None:
        if count == 1:
            os.truncate(path, 10)

    with pytest.raises(RuntimeError, match="changed while it was sent"):
        asyncio.run(exchange(FileResponse(path), http(), cut))


@pytest.mark.parametrize(
    ("content", "modified"),
    [
        (CONTENT[::-1], MODIFIED + 1),
        (CONTENT[::-1], MODIFIED - 1),
        (CONTENT[:100], MODIFIED),
    ],
)
def test_a_file_that_changes_between_two_ranges_breaks_the_connection(
    path, content, modified
) -> None:
    """range-85: however short they are."""

    async def write(count: int) -> None:
        if count == 3:
            path.write_bytes(content)
            os.utime(path, (modified, modified))

    scope = http(range="bytes=0-1,5-6")
    with pytest.raises(RuntimeError, match="changed while it was sent"):
        asyncio.run(exchange(FileResponse(path), scope, write))


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"y" * 100)


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"y" * SIZE)
    other.replace(path)


@pytest.mark.parametrize("change", [append, replace, Path.unlink])
def test_a_file_is_sent_as_it_was_when_it_was_opened(tmp_path, change) -> None:
    """range-85: appended to, replaced or deleted, nothing of that is sent."""
    path = tmp_path / "book"
    path.write_bytes(b"x" * SIZE)

    async def changing(count: int) -> None:
        if count == 2:
            change(path)

    sent = asyncio.run(exchange(FileResponse(path), http(), changing))
    assert b"".join(m["body"] for m in sent[1:]) == b"x" * SIZE


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("fields", [{}, {"range": "bytes=0-1,5-6"}])
def test_a_client_that_goes_away_ends_it(path, at, fields) -> None:
    """disconnect-93, where send raises: quietly, and the file is closed."""

    async def gone(count: int) -> None:
        if count == at:
            raise OSError

    done: list[bool] = []

    async def note() -> None:
        done.append(True)

    response = FileResponse(path, background=BackgroundTask(note))
    sent = asyncio.run(exchange(response, http(spec="2.4", **fields), gone))
    assert len(sent) == at
    assert done == [True]


def test_a_client_that_goes_away_is_noticed(path) -> None:
    """disconnect-93, where receive says so: the file is closed."""

    async def run() -> None:
        sending = asyncio.Event()

        async def receive():
            await sending.wait()
            return {"type": "http.disconnect"}

        async def send(message) -> None:
            sending.set()
            await asyncio.Event().wait()

        await FileResponse(path)(http(), receive, send)
        assert descriptors() == set()

    asyncio.run(run())


@pytest.mark.parametrize("spec", ["2.3", "2.4"])
@pytest.mark.parametrize("fields", [{}, {"range": "bytes=0-1,5-6"}])
def test_stream_90_a_reader_that_takes_nothing_counts_as_gone(
    path, monkeypatch, spec, fields, caplog
) -> None:
    """stream-90: the file is closed, and one line says so."""
    monkeypatch.setattr(FileResponse, "chunk_size", 512)

    async def stall(count: int) -> None:
        if count == 3:
            assert descriptors() == {str(path)}
            await asyncio.Event().wait()

    response = FileResponse(path, write_timeout=0.01)
    sent = asyncio.run(exchange(response, http(spec=spec, **fields), stall))
    assert len(sent) == 3
    assert descriptors() == set()
    assert [record.getMessage() for record in caplog.records] == [
        "a stream was ended: its reader took nothing for 0.01 s"
    ]


def test_a_write_timeout_is_more_than_nothing(path) -> None:
    with pytest.raises(ValueError, match="write_timeout is a number of seconds"):
        FileResponse(path, write_timeout=0)


@pytest.mark.parametrize("spec", ["2.3", "2.4"])
def test_a_request_that_is_cancelled_has_closed_the_file(path, spec) -> None:
    """Once its task is done: nothing is left to a thread."""

    async def run() -> None:
        sending = asyncio.Event()

        async def stall(count: int) -> None:
            sending.set()
            await asyncio.Event().wait()

        scope = http(spec=spec)
        task = asyncio.ensure_future(exchange(FileResponse(path), scope, stall))
        await sending.wait()
        assert descriptors() == {str(path)}
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # A thread may have been about to open it, which is closed after that.
        async with asyncio.timeout(30):
            while descriptors():
                await asyncio.sleep(0.001)

    asyncio.run(run())


class Gate:
    """A function that a thread comes to, and is held at until it is let through."""

    def __init__(self, genuine) -> None:
        self.genuine = genuine
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, *args):
        if "book" in str(args[0]):
            self.reached.set()
            assert self.opened.wait(30)
        return self.genuine(*args)

    async def is_reached(self) -> None:
        while not self.reached.is_set():
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("function", ["open", "close"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_thread_that_has_the_file_is_waited_for(
    path, monkeypatch, function, times
) -> None:
    """It cannot be stopped, however often the request is cancelled."""

    async def run() -> None:
        if function == "open":
            gate = Gate(os.open)
            monkeypatch.setattr(os, "open", gate)
            work = exchange(FileResponse(path), http())
        else:
            file, _ = await files._open(path, os.open)
            gate = Gate(lambda _: file._file.close())
            in_thread = asyncio.to_thread(gate, path)
            monkeypatch.setattr(file, "close", lambda: in_thread)
            work = files._close(file)
        task = asyncio.ensure_future(work)
        await gate.is_reached()
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0.002)
            assert not task.done()
        gate.opened.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert descriptors() == set()

    asyncio.run(run())


def test_a_file_that_is_not_there_after_all_is_no_matter_when_it_is_cancelled(
    path, monkeypatch
) -> None:
    gate = Gate(os.open)
    monkeypatch.setattr(os, "open", gate)

    async def run() -> None:
        task = asyncio.ensure_future(exchange(FileResponse(path), http()))
        await gate.is_reached()
        task.cancel()
        path.unlink()
        gate.opened.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_many_requests_may_share_one_response(path) -> None:
    """It is an ASGI application, and keeps nothing of a request."""
    response = FileResponse(path)

    async def run():
        return await asyncio.gather(
            call_async(response, "GET"),
            call_async(response, "GET", headers={"range": "bytes=5-6"}),
            call_async(response, "HEAD"),
            call_async(response, "GET", headers={"if-none-match": "*"}),
            call_async(response, "GET", headers={"range": "bytes=1-2,5-6"}),
        )

    answers = asyncio.run(run())
    assert [a.status_code for a in answers] == [200, 206, 200, 304, 206]
    assert answers[0].content == CONTENT
    assert answers[1].content == CONTENT[5:7]


def with_stat(**changed) -> os.stat_result:
    """What stat says of a file, with a time of change of our own."""
    plain = [0] * 10
    plain[stat.ST_MODE], plain[stat.ST_SIZE] = stat.S_IFREG, 5
    return os.stat_result(plain, changed)


def test_validators_follow_from_time_and_size() -> None:
    result = with_stat(st_mtime_ns=MODIFIED * 10**9 + 999_999_999)
    assert stat_validators(result) == Validators(
        etag=ETag(f"{MODIFIED * 10**9 + 999_999_999:x}-5"), last_modified=MODIFIED
    )


def test_a_date_that_no_field_can_carry_is_left_out() -> None:
    """conditional-86."""
    late = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
    assert stat_validators(with_stat(st_mtime_ns=late * 10**9)).last_modified == late
    result = with_stat(st_mtime_ns=(late + 1) * 10**9)
    assert stat_validators(result).last_modified is None
    assert stat_validators(with_stat(st_mtime_ns=-1)).last_modified == -1


@given(st.text() | st.text("0123456789-, ").map("bytes={}".format))
def test_any_range_has_an_answer(value) -> None:
    response = FileResponse(__file__)
    raw = [(b"range", value.encode("utf-8", "surrogatepass"))]
    sent = asyncio.run(exchange(response, http() | {"headers": raw}))
    assert sent[0]["status"] in (200, 206, 416)
    length = dict(sent[0]["headers"])[b"content-length"]
    assert sum(len(m.get("body", b"")) for m in sent[1:]) == int(length)


def test_without_aiofiles_the_remedy_is_said(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "aiofiles", None)
    monkeypatch.delitem(sys.modules, "restlette.http.files")
    with pytest.raises(ImportError, match=r'pip install "restlette\[files\]"'):
        import restlette.http.files  # noqa: F401
