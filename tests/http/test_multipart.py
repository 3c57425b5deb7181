"""Forms in multipart/form-data."""

import asyncio
import os
import random
import resource
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from restlette.http.errors import (
    BadRequest,
    ClientDisconnect,
    ContentTooLarge,
    InsufficientStorage,
)
from restlette.http.forms import FormData, UploadFile
from restlette.http.limits import DEFAULT_LIMITS
from restlette.http.multipart import read_multipart
from tests.http.stopwatch import seconds
from tests.http.turns import taking_turns

KiB = 1024
MiB = 1024**2
BOUNDARY = b"AaB03x"
TYPE = b"multipart/form-data; boundary=" + BOUNDARY


def part(disposition: bytes | None, content: bytes = b"", *fields: bytes) -> bytes:
    """One part, from its boundary to the end of its content."""
    named = () if disposition is None else (b"Content-Disposition: " + disposition,)
    lines = [b"--" + BOUNDARY, *named, *fields, b"", content]
    return b"\r\n".join(lines) + b"\r\n"


def text(name: bytes, content: bytes = b"") -> bytes:
    return part(b'form-data; name="' + name + b'"', content)


def file(name: bytes, filename: bytes, content: bytes = b"", *fields: bytes) -> bytes:
    disposition = b'form-data; name="' + name + b'"; filename="' + filename + b'"'
    return part(disposition, content, *fields)


END = b"--" + BOUNDARY + b"--\r\n"


async def stream_of(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(
    *chunks: bytes, content_type: bytes = TYPE, limits: object = None
) -> list[tuple[str, object]]:
    """The fields of a form: text as it is, a file as its name, type and content."""
    changed = DEFAULT_LIMITS.override(limits)  # type: ignore[arg-type] - a mapping
    form = await read_multipart(content_type, stream_of(chunks), changed)
    fields: list[tuple[str, object]] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            assert len(content) == value.size
            fields.append((name, (value.filename, value.content_type, content)))
        else:
            fields.append((name, value))
    await form.close()
    return fields


def form_of(*chunks: bytes, **options: object) -> list[tuple[str, object]]:
    return asyncio.run(read(*chunks, **options))  # type: ignore[arg-type] - as above


def open_files() -> set[str]:
    """What this process holds open in the directory of temporary files."""
    found = set()
    for each in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{each}")
        except FileNotFoundError:
            continue
        if target.startswith(tempfile.gettempdir()):
            found.add(f"{each}: {target}")
    return found


# What is read -------------------------------------------------------------------------

FORMS = {
    "realistic: a browser's": (
        text(b"title", b"Dune")
        + file(b"cover", b"dune.png", b"\x89PNG\r\n", b"Content-Type: image/png")
        + END,
        [("title", "Dune"), ("cover", ("dune.png", "image/png", b"\x89PNG\r\n"))],
    ),
    "no fields": (END, []),
    "no fields, a line before": (b"\r\n" + END, []),
    "blank name and content": (text(b"") + END, [("", "")]),
    "repeated": (text(b"a", b"1") + text(b"a", b"2") + END, [("a", "1"), ("a", "2")]),
    "UTF-8": (text("é".encode(), "ü".encode()) + END, [("é", "ü")]),
    "no UTF-8": (text(b"\xff", b"\xff") + END, [("\ufffd", "\ufffd")]),
    "multipart-68 no file was chosen": (file(b"a", b"") + END, [("a", ("", "", b""))]),
    "multipart-68 filename* is ignored": (
        part(b"form-data; name=a; filename*=UTF-8''x.txt", b"1")
        + part(b"form-data; filename*=UTF-8''x; filename=y; name=a", b"1")
        + END,
        [("a", "1"), ("a", ("y", "", b"1"))],
    ),
    "tokens, case and white space": (
        part(b'Form-Data;NAME = a ;;Filename="b" ; ', b"1") + END,
        [("a", ("b", "", b"1"))],
    ),
    "escaped": (
        part(rb'form-data; name="a\"b\\c"; filename="C:\d\e.txt"') + END,
        [('a"b\\c', (r"C:\d\e.txt", "", b""))],
    ),
    "multipart-70 LF and CR in content": (
        text(b"a", b"\n--AaB03x\n") + text(b"b", b"\r\r\n\r-") + END,
        [("a", "\n--AaB03x\n"), ("b", "\r\r\n\r-")],
    ),
    "multipart-70 an epilogue": (text(b"a") + END + b"--AaB03x\r\n" * 3, [("a", "")]),
    "multipart-70 transfer encoding": (
        part(b'form-data; name="a"', b"YQ==", b"Content-Transfer-Encoding: base64")
        + END,
        [("a", "YQ==")],
    ),
    "multipart-65 a boundary that goes on": (
        text(b"a", b"\r\n--AaB03xy\r\n--AaB03") + END,
        [("a", "\r\n--AaB03xy\r\n--AaB03")],
    ),
    "multipart-67 sixteen header fields": (
        part(b'form-data; name="a"', b"", *[b"X: y"] * 15) + END,
        [("a", "")],
    ),
    "other header fields": (
        part(
            b'form-data; name="a"',
            b"1",
            b"Accept: multipart/mixed",
            b"Content-ID: multipart/mixed",
            b"Content-Type: text/plain",
            b"X: multipart/mixed",
        )
        + END,
        [("a", "1")],
    ),
    "multipart-69 a nested file": (
        file(b"a", b"page.mht", b"--b--", b"Content-Type: multipart/related") + END,
        [("a", ("page.mht", "multipart/related", b"--b--"))],
    ),
}


@pytest.mark.parametrize("content, fields", FORMS.values(), ids=FORMS)
def test_a_form_is_read_however_it_is_cut(content, fields):
    """In one piece, in two pieces cut anywhere, byte by byte."""

    async def main():
        assert await read(content) == fields
        assert await read(*(content[i : i + 1] for i in range(len(content)))) == fields
        for cut in range(len(content)):
            assert await read(content[:cut], content[cut:]) == fields

    asyncio.run(main())


FILENAMES = [
    "../../x",
    "/etc/x",
    "CON.txt",
    "\N{GRINNING FACE}",
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe",
    "n" * 4000,
    "%00.png",
]


@pytest.mark.parametrize("filename", FILENAMES, ids=ascii)
def test_multipart_69_the_filename_is_kept_as_it_came(filename):
    """multipart-69: what is made of it is UploadFile's."""
    content = file(b"a", filename.encode()) + END
    assert form_of(content) == [("a", (filename, "", b""))]


# What is refused ----------------------------------------------------------------------

WHOLE = text(b"a", b"1") + file(b"b", b"c", b"\r\n" * 40) + END

NAMELESS = b"Content-Disposition with a name"
MALFORMED = {
    "multipart-64 nested": (
        part(b'form-data; name="a"', b"", b"Content-Type: Multipart/Mixed") + END
    ),
    "multipart-66 empty": b"",
    "multipart-66 no terminator": text(b"a", b"1"),
    "multipart-66 half a terminator": text(b"a", b"1") + b"--AaB03x-",
    "multipart-66 another terminator": text(b"a", b"1") + b"--AaB03y--\r\n",
    "multipart-67 folded": part(b'form-data;\r\n name="a"') + END,
    "multipart-67 two dispositions": (
        part(b'form-data; name="a"', b"", b'Content-Disposition: form-data; name="b"')
        + END
    ),
    "multipart-67 an empty disposition and one": (
        part(b"", b"", b'content-disposition: form-data; name="b"') + END
    ),
    "multipart-67 no colon": part(b'form-data; name="a"', b"", b"X") + END,
    "multipart-67 no field name": part(b'form-data; name="a"', b"", b": y") + END,
    "multipart-67 a control in a field": part(b'form-data; name="a"', b"", b"X: \x00")
    + END,
    "multipart-67 LF in a field": part(b'form-data; name="a"', b"", b"X: y\nZ: z")
    + END,
    "multipart-68 no disposition": part(None, b"1") + END,
    "multipart-68 no name": part(b"form-data") + END,
    "multipart-68 a filename alone": part(b'form-data; filename="a"') + END,
    "multipart-68 two names": part(b'form-data; name="a"; name="b"') + END,
    "multipart-68 another type": part(b'attachment; name="a"') + END,
    "multipart-68 a type that goes on": part(b'form-data2; name="a"') + END,
    "multipart-68 not closed": part(b'form-data; name="a') + END,
    "multipart-68 no semicolon": part(b'form-data name="a"') + END,
    "multipart-68 more behind": part(b'form-data; name="a" b') + END,
    **{
        f"multipart-68 control {control!r} in a name": text(b"a" + control) + END
        for control in (b"\x00", b"\x1b", b"\t", b"\x7f", b"\\\n")
    },
    "multipart-69 NUL in a filename": file(b"a", b"x\x00.png") + END,
    "multipart-70 LF-only": (text(b"a", b"1") + END).replace(b"\r\n", b"\n"),
    "multipart-70 a preamble": b"Hello!\r\n" + text(b"a") + END,
    "multipart-70 a preamble that begins with a line": b"\r\nHello!" + text(b"a") + END,
    "multipart-70 a preamble of lines": b"\r\n" * 5 * MiB + text(b"a") + END,
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_a_form_that_is_none_is_400_however_it_is_cut(content):
    async def main():
        size = 1 + len(content) // 10_000
        cut = [content[i : i + size] for i in range(0, len(content), size)]
        for pieces in [content], cut:
            with pytest.raises(BadRequest) as raised:
                await read(*pieces)
            assert len(raised.value.detail) < 100

    asyncio.run(main())


@pytest.mark.parametrize("cut", range(len(WHOLE) - 2))
def test_multipart_66_a_form_that_is_cut_off_is_400(cut):
    """multipart-66: anywhere; only the end of the last line may be missing."""
    with pytest.raises(BadRequest):
        form_of(WHOLE[:cut])


TYPES = {
    "no boundary": b"multipart/form-data",
    "empty": b"multipart/form-data; boundary=",
    "empty and quoted": b'multipart/form-data; boundary=""',
    "71 characters": b"multipart/form-data; boundary=" + b"b" * 71,
    "300 characters": b"multipart/form-data; boundary=" + b"b" * 300,
    "CR": b'multipart/form-data; boundary="a\rb"',
    "LF": b'multipart/form-data; boundary="a\nb"',
    "a quote": rb'multipart/form-data; boundary="a\"b"',
    "a space at its end": b'multipart/form-data; boundary="a "',
    "no ASCII": b'multipart/form-data; boundary="\xe9"',
    "two": b"multipart/form-data; boundary=a; boundary=b",
}


@pytest.mark.parametrize("content_type", TYPES.values(), ids=TYPES)
def test_multipart_65_a_boundary_that_is_none_is_400(content_type):
    """multipart-65: nothing is read."""

    async def untouched() -> AsyncIterator[bytes]:
        raise AssertionError("the content was read")
        yield b""

    async def main():
        with pytest.raises(BadRequest, match="Content-Type"):
            await read_multipart(content_type, untouched(), DEFAULT_LIMITS)

    asyncio.run(main())


@pytest.mark.parametrize("boundary", [b"b", b"b" * 70, b"'()+_,-./:=? a"])
def test_multipart_65_every_boundary_of_the_rfc_is_taken(boundary):
    """multipart-65: RFC 2046 §5.1.1."""
    content_type = b'multipart/form-data; boundary="' + boundary + b'"'
    content = (text(b"a", b"1") + END).replace(BOUNDARY, boundary)
    assert form_of(content, content_type=content_type) == [("a", "1")]
    content_type = content_type.replace(b";", b"; a=b; charset=utf-8;")
    assert form_of(content, content_type=content_type) == [("a", "1")]


BEYOND = {
    "form-62 fields": ({"form_fields": 2}, text(b"a") * 2, text(b"a"), BadRequest),
    "multipart-64 files": (
        {"form_files": 2},
        file(b"a", b"") * 2,
        file(b"a", b"b"),
        BadRequest,
    ),
    "multipart-64 fields by default": ({}, text(b"a") * 1000, text(b"a"), BadRequest),
    "multipart-64 files by default": (
        {},
        file(b"a", b"b") * 100,
        file(b"a", b"b"),
        BadRequest,
    ),
    "multipart-64 none": (
        {"form_fields": 0, "form_files": 0},
        b"",
        text(b"a"),
        BadRequest,
    ),
    "form-62 a long field": (
        {"form_text": 3},
        text(b"a", b"123"),
        text(b"a", b"1234"),
        ContentTooLarge,
    ),
    "form-62 a long field by default": (
        {},
        text(b"a", b"1" * MiB),
        text(b"a", b"1" * (MiB + 1)),
        ContentTooLarge,
    ),
    "multipart-67 header fields": (
        {"part_headers": 2},
        part(b'form-data; name="a"', b"", b"X: y"),
        part(b'form-data; name="a"', b"", b"X: y", b"X: y"),
        BadRequest,
    ),
    "multipart-67 5k header fields": (
        {},
        b"",
        part(b'form-data; name="a"', b"", *[b"X: y"] * 5000),
        BadRequest,
    ),
    "multipart-67 a long header field": (
        {"part_header": 40},
        part(b'form-data; name="a"', b"", b"X:" + 38 * b"y"),
        part(b'form-data; name="a"', b"", b"X:" + 39 * b"y"),
        BadRequest,
    ),
    "multipart-67 a MB of a header field": (
        {},
        b"",
        part(b'form-data; name="a"', b"", b"X:" + MiB * b"y"),
        BadRequest,
    ),
}


@pytest.mark.parametrize("limits, fine, over, error", BEYOND.values(), ids=BEYOND)
def test_a_limit_is_taken_and_one_more_is_not(limits, fine, over, error):
    """Both ways."""
    assert isinstance(form_of(fine + END, limits=limits), list)
    with pytest.raises(error):
        form_of(fine + over + END, limits=limits)


def test_multipart_64_what_is_beyond_a_limit_is_not_waited_for():
    """multipart-64: refused early, the rest is not received."""
    received = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal received
        while True:
            received += 1
            yield text(b"a", b"1") * 500

    async def main():
        with pytest.raises(BadRequest):
            await read_multipart(TYPE, endless(), DEFAULT_LIMITS)

    asyncio.run(main())
    assert received < 20


# What is hostile because of its length: ten seconds would be far more than linear.
LONG = {
    "body-53 a million pieces of a byte": (file(b"a", b"b", b"x" * MiB) + END, 1),
    "multipart-66 boundaries that are none": (
        file(b"a", b"b", b"\r\n--AaB03x?" * 100_000) + END,
        64 * KiB,
    ),
    "multipart-67 semicolons": (
        part(b"form-data" + b";" * 3900 + b"name=a") * 300 + END,
        64 * KiB,
    ),
    "multipart-68 escapes": (text(b'\\"' * 1900) * 300 + END, 64 * KiB),
    "multipart-70 CR": (file(b"a", b"b", b"\r" * 10 * MiB) + END, 64 * KiB),
    "multipart-70 an epilogue": (text(b"a") + END + b"\r\n" * 5 * MiB, 64 * KiB),
    "multipart-70 one piece": (file(b"a", b"b", b"\r\n--AaB0" * MiB) + END, 100 * MiB),
}


@pytest.mark.parametrize("content, size", LONG.values(), ids=LONG)
def test_multipart_70_the_time_is_linear(content, size):
    """multipart-70, and others: as long as these are taken."""
    pieces = (content[i : i + size] for i in range(0, len(content), size))
    assert seconds(lambda: form_of(*pieces)) < 30


def test_content_that_is_there_does_not_keep_others_waiting():
    """However it came, others have their turn between two slices of it."""

    async def main():
        async with taking_turns() as turns:
            assert len(await read(text(b"a", b"x" * MiB) + END)) == 1
        assert turns.count >= 4

    asyncio.run(main())


# Files --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size, is_on_disk",
    [
        (0, False),
        (MiB, False),
        (MiB + 1, True),
        (MiB + 300 * KiB, True),
        (3 * MiB, True),
    ],
)
@pytest.mark.parametrize("chunk", [1000, 64 * KiB, 256 * KiB + 1, 10 * MiB])
def test_a_large_file_goes_to_disk(size, is_on_disk, chunk):
    content = random.Random(size).randbytes(size)
    whole = file(b"a", b"b", content) + text(b"c", b"d") + END
    pieces = [whole[i : i + chunk] for i in range(0, len(whole), chunk)]

    async def main():
        before = open_files()
        form = await read_multipart(TYPE, stream_of(pieces), DEFAULT_LIMITS)
        upload = form["a"]
        assert isinstance(upload, UploadFile)
        assert upload.is_on_disk is is_on_disk
        assert len(open_files() - before) == is_on_disk
        assert upload.size == size
        assert await upload.read() == content
        assert form["c"] == "d"
        await form.close()
        assert open_files() == before

    asyncio.run(main())


def test_a_large_file_goes_to_disk_while_it_comes():
    """There is no more of it in memory than is gathered for a thread to write."""
    before = open_files()
    kept = []

    async def arriving() -> AsyncIterator[bytes]:
        yield file(b"a", b"b")[:-2]
        for received in range(MiB, 8 * MiB, MiB):
            yield b"-" * MiB
            on_disk = [int(each.partition(":")[0]) for each in open_files() - before]
            kept.append(received - sum(os.fstat(each).st_size for each in on_disk))
        yield b"\r\n" + END

    async def main():
        form = await read_multipart(TYPE, arriving(), DEFAULT_LIMITS)
        await form.close()

    asyncio.run(main())
    assert max(kept) < 3 * MiB


LARGE = file(b"a", b"b", b"-" * 2 * MiB)

ENDS = {
    "multipart-66 cut off": ([LARGE], BadRequest),
    "multipart-66 cut in a file": ([LARGE, LARGE[: MiB + 300 * KiB]], BadRequest),
    "multipart-67 a malformed part": ([LARGE, part(b"form-data") + END], BadRequest),
    "multipart-68 what is no form": ([LARGE, b"--AaB03x?"], BadRequest),
    "multipart-64 too many files": ([LARGE, file(b"a", b"") * 100, END], BadRequest),
}


@pytest.mark.parametrize("pieces, error", ENDS.values(), ids=ENDS)
def test_multipart_66_of_a_form_that_is_refused_no_file_is_left(pieces, error):
    """multipart-66: nothing is delivered."""
    before = open_files()
    with pytest.raises(error):
        form_of(*pieces)
    assert open_files() == before


def test_multipart_71_a_thousand_clients_that_drop_leave_nothing():
    """multipart-71: files, descriptors and tasks are as they were."""

    async def dropping() -> AsyncIterator[bytes]:
        yield LARGE
        raise ClientDisconnect

    async def main():
        before, tasks = open_files(), len(asyncio.all_tasks())
        for _ in range(20):
            drops = [
                read_multipart(TYPE, dropping(), DEFAULT_LIMITS) for _ in range(50)
            ]
            ended = await asyncio.gather(*drops, return_exceptions=True)
            assert {type(each) for each in ended} == {ClientDisconnect}
        assert open_files() == before
        assert len(asyncio.all_tasks()) == tasks

    asyncio.run(main())


def test_multipart_71_a_cancelled_reader_leaves_nothing():
    """multipart-71: at every step, while a thread may be writing."""

    async def slowly() -> AsyncIterator[bytes]:
        for at in range(0, len(LARGE), 64 * KiB):
            await asyncio.sleep(0)
            yield LARGE[at : at + 64 * KiB]
        await asyncio.get_running_loop().create_future()

    async def main():
        before = open_files()
        for steps in range(0, 80, 3):
            task = asyncio.ensure_future(read_multipart(TYPE, slowly(), DEFAULT_LIMITS))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with asyncio.timeout(10):
            # A thread that was writing sees that the file is closed, and ends.
            while open_files() != before:
                await asyncio.sleep(0.01)

    asyncio.run(main())


@contextmanager
def limited(what: int, figure: int):
    """With less of something that the system gives."""
    soft, hard = resource.getrlimit(what)
    resource.setrlimit(what, (figure, hard))
    try:
        yield
    finally:
        resource.setrlimit(what, (soft, hard))


def test_multipart_72_a_full_disk_is_507(caplog):
    """multipart-72: the file is gone, it is logged, the next form is read."""

    async def main():
        # What a thread, a loop and a file need is there already.
        assert len(await read(LARGE + END)) == 1
        before = open_files()
        with limited(resource.RLIMIT_FSIZE, MiB), pytest.raises(InsufficientStorage):
            await read(LARGE + END)
        assert open_files() == before
        assert len(await read(LARGE + END)) == 1

    asyncio.run(main())
    assert "could not be stored" in caplog.messages[0]


def test_multipart_72_no_descriptor_left_is_507():
    """multipart-72: EMFILE."""

    async def main():
        assert len(await read(LARGE + END)) == 1
        with limited(resource.RLIMIT_NOFILE, 3), pytest.raises(InsufficientStorage):
            await read(LARGE + END)
        assert len(await read(LARGE + END)) == 1

    asyncio.run(main())


# Properties ---------------------------------------------------------------------------


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from(
                [
                    b"--AaB03x",
                    b"--AaB03x--",
                    b"\r\n",
                    b"\r",
                    b"\n",
                    b"Content-Disposition: form-data",
                    b'; name="a"',
                    b'; filename="b"',
                    b"Content-Type: text/plain",
                    b"\r\n\r\n",
                    text(b"a", b"1"),
                    file(b"a", b"b", b"1"),
                    END,
                ]
            ),
        )
    ),
    st.binary(max_size=40) | st.just(TYPE),
)
def test_any_bytes_are_a_form_or_a_documented_error(pieces, content_type):
    async def main():
        try:
            form = await read_multipart(content_type, stream_of(pieces), DEFAULT_LIMITS)
        except (BadRequest, ContentTooLarge):
            return
        assert isinstance(form, FormData)

    asyncio.run(main())


# urllib3 writes these three as browsers do, percent-encoded, which cannot be told from
# what was percent-encoded before.
NAMES = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters='"\\')
)


@given(
    st.lists(
        st.tuples(
            NAMES,
            st.text(st.characters(blacklist_categories=["Cs"]))
            | st.tuples(NAMES, st.just("text/plain"), st.binary()),
        ),
        max_size=20,
    ),
    st.integers(min_value=1, max_value=200),
)
def test_a_form_of_urllib3_comes_back(fields, size):
    """An independent encoder; the content is cut into pieces of every size."""
    encoded = []
    for name, value in fields:
        if isinstance(value, str):
            field = RequestField(name, value)
            field.make_multipart()
        else:
            field = RequestField(name, value[2], value[0])
            field.make_multipart(content_type=value[1])
        encoded.append(field)
    content, content_type = encode_multipart_formdata(encoded)
    pieces = [content[i : i + size] for i in range(0, len(content), size)]
    assert form_of(*pieces, content_type=content_type.encode()) == fields
