"""Forms, and the files that come with them."""

import asyncio
import gc
import io
import os
import re
import threading
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.errors import BadRequest, ContentTooLarge
from restlette.http.forms import FormData, Opening, UploadFile, read_urlencoded
from restlette.http.headers import Headers
from restlette.http.limits import DEFAULT_LIMITS
from tests.http.stopwatch import seconds

MiB = 1024**2


def fields(content, **limits):
    return read_urlencoded(content, DEFAULT_LIMITS.override(limits)).multi_items()


# Url-encoded --------------------------------------------------------------------------

FORMS = {
    "realistic": (b"title=Dune&price=9.5", [("title", "Dune"), ("price", "9.5")]),
    "repeated": (b"a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
    "UTF-8": (b"%C3%A9=%c3%bc", [("é", "ü")]),
    "raw UTF-8": ("é=ü".encode(), [("é", "ü")]),
    "empty": (b"", []),
    "form-62 a semicolon": (b"a=1;b=2", [("a", "1;b=2")]),
    "form-62 separators": (b"&&&&a=1&&&", [("a", "1")]),
    "form-63 not UTF-8": (b"a=%ff%zz%", [("a", "\ufffd%zz%")]),
    "form-63 plus": (b"a+b=c+%2B", [("a b", "c +")]),
    "form-63 bare name": (b"a&b=", [("a", ""), ("b", "")]),
    "form-63 empty name": (b"=1&=", [("", "1"), ("", "")]),
    "form-63 _charset_": (
        b"_charset_=utf-7&a=%2BAGE-",
        [("_charset_", "utf-7"), ("a", "+AGE-")],
    ),
    "form-63 a second =": (b"a=b=c", [("a", "b=c")]),
    "NUL": (b"a%00=\x00", [("a\x00", "\x00")]),
}


@pytest.mark.parametrize("content, expected", FORMS.values(), ids=FORMS)
def test_a_url_encoded_form(content, expected):
    assert fields(content) == expected


@pytest.mark.parametrize("limit", [0, 1, 1000])
def test_form_62_the_number_of_fields_is_limited(limit):
    """form-62: what is between two separators and empty is no field."""
    fine = b"&&".join([b"a=1"] * limit)
    assert len(fields(fine, form_fields=limit)) == limit
    with pytest.raises(BadRequest, match=f"more than {limit} fields"):
        fields(fine + b"&a", form_fields=limit)


def test_form_62_a_long_field_is_413():
    """form-62: counted as in a multipart form, in bytes of the value."""
    assert fields(b"name=%C3%A9+&a=1", form_text=3) == [("name", "é "), ("a", "1")]
    with pytest.raises(ContentTooLarge) as raised:
        fields(b"a=&name=%C3%A9++", form_text=3)
    assert raised.value.extensions == {"limit": 3}
    with pytest.raises(ContentTooLarge):
        fields(b"a=" + b"-" * 50 * MiB)


HOSTILE = {
    "form-62 separators": b"&" * MiB,
    "form-62 fields": b"a&" * 100_000,
    "form-62 blank fields": b"=&" * 100_000,
    "form-63 percent": b"%" * MiB,
    "form-63 escapes": b"%41" * (MiB // 3),
    "form-63 no UTF-8": b"%ff" * (MiB // 3),
    "form-63 plus": b"+" * MiB,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_form_62_the_time_is_linear(content):
    """form-62: ten seconds would be quadratic."""

    def read():
        try:
            fields(content)
        except BadRequest:
            return

    assert seconds(read) < 10


@given(st.binary(max_size=200))
def test_any_bytes_are_a_url_encoded_form(content):
    for name, value in fields(content):
        assert isinstance(name, str)
        assert isinstance(value, str)


TEXT = st.text(st.characters(blacklist_categories=["Cs"]))


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_an_encoded_form_comes_back(pairs):
    """The encoder is the standard library's."""
    assert fields(urlencode(pairs).encode()) == pairs


# The form -----------------------------------------------------------------------------


def test_a_form_is_a_mapping_with_repeated_keys():
    upload = UploadFile("a")
    form = FormData([("a", "1"), ("b", upload), ("a", "2")])
    assert form["a"] == "2"
    assert form.getlist("a") == ["1", "2"]
    assert form["b"] is upload
    assert form == FormData([("b", upload), ("a", "1"), ("a", "2")])


def test_closing_a_form_closes_its_files():
    async def main():
        small, large = UploadFile("a"), UploadFile("b")
        await large.write(b"-" * (MiB + 1))
        form = FormData([("a", small), ("b", large), ("c", "text")])
        for _ in range(2):
            await form.close()
            assert small.file.closed
            assert large.file.closed

    asyncio.run(main())


def test_an_opening_is_awaited_or_entered():
    async def main():
        uploads = []

        async def read():
            uploads.append(UploadFile("a"))
            return FormData([("a", uploads[-1])])

        form = await Opening(read)
        assert form["a"] is uploads[0]
        assert not uploads[0].file.closed
        with pytest.raises(ZeroDivisionError):
            async with Opening(read) as form:
                assert form["a"] is uploads[1]
                raise ZeroDivisionError
        assert uploads[1].file.closed

    asyncio.run(main())


# Files --------------------------------------------------------------------------------


def test_a_file_has_what_the_client_said_of_it():
    headers = Headers(raw=[(b"Content-Type", b"text/plain")])
    upload = UploadFile("../a", headers=headers)
    assert upload.filename == "../a"
    assert upload.content_type == "text/plain"
    assert upload.headers is headers
    assert upload.size == 0
    assert repr(upload) == (
        "UploadFile(filename='../a', size=0, content_type='text/plain')"
    )
    with pytest.raises(AttributeError):
        upload.filename = "b"


def test_a_file_is_made_of_another_one():
    """The ancestor's three positional arguments."""
    source = io.BytesIO(b"abc")
    source.seek(1)
    upload = UploadFile("a", source, "text/plain")
    assert upload.file is source
    assert upload.size == 3
    assert upload.content_type == "text/plain"
    assert asyncio.run(upload.read()) == b"bc"
    bare = UploadFile("a")
    assert (bare.content_type, dict(bare.headers)) == ("", {})


@pytest.mark.parametrize("size", [3, MiB - 3, MiB, 2 * MiB])
def test_a_file_is_written_and_read_wherever_it_is(size):
    async def main():
        upload = UploadFile("a")
        await upload.write(b"abc")
        await upload.write(b"-" * size)
        assert upload.is_on_disk is (size + 3 > MiB)
        assert upload.size == size + 3
        await upload.seek(1)
        assert await upload.read(2) == b"bc"
        assert await upload.read() == b"-" * size
        assert await upload.read() == b""
        await upload.seek(0)
        await upload.write(b"A")
        assert upload.size == size + 3
        await upload.seek(0)
        assert await upload.read(3) == b"Abc"
        await upload.close()
        assert upload.file.closed

    asyncio.run(main())


@pytest.mark.parametrize("kind, is_on_disk", [(io.BytesIO, False), (io.FileIO, True)])
def test_who_reads_from_disk_waits_in_a_thread(tmp_path, kind, is_on_disk):
    threads = []

    class Noting(kind):
        def read(self, size=-1):
            threads.append(threading.current_thread())
            return super().read(size)

        def seek(self, *position):
            threads.append(threading.current_thread())
            return super().seek(*position)

    async def main():
        (tmp_path / "a").write_bytes(b"abc")
        upload = UploadFile("a", Noting(str(tmp_path / "a") if is_on_disk else b"abc"))
        threads.clear()
        await upload.seek(1)
        assert await upload.read() == b"bc"
        await upload.close()

    asyncio.run(main())
    elsewhere = [thread is not threading.current_thread() for thread in threads]
    assert elsewhere == [is_on_disk] * 2


def test_what_is_in_memory_moves_to_disk_at_its_position():
    async def main():
        upload = UploadFile("a")
        await upload.write(b"0123456789")
        await upload.seek(4)
        await upload.write(b"-" * MiB)
        await upload.seek(0)
        assert await upload.read(6) == b"0123--"
        await upload.close()

    asyncio.run(main())


def test_multipart_71_a_file_that_was_closed_gets_no_other_one():
    """multipart-71: as when a form is closed while a thread is about to write."""
    upload = UploadFile("a")
    asyncio.run(upload.close())
    with pytest.raises(ValueError, match="closed"):
        upload.spool([b"-"])


def test_multipart_71_a_file_that_is_closed_while_it_moves_is_closed():
    """multipart-71: the form is closed, and the thread is not through with it."""

    class Racing(io.BytesIO):
        def read(self, size=-1):
            content = super().read(size)
            asyncio.run(upload.close())
            return content

    upload = UploadFile("a", Racing(b"abc"))
    with pytest.raises(ValueError, match="closed"):
        upload.spool([b"-"])
    assert upload.is_on_disk
    assert upload.file.closed


def test_multipart_71_a_file_that_nobody_closed_is_closed_with_its_object():
    """multipart-71: a request outside of restlette's own pipeline."""

    async def main():
        upload = UploadFile("a")
        await upload.write(b"-" * (MiB + 1))
        return upload.file

    file = asyncio.run(main())
    gc.collect()
    assert file.closed


def test_a_file_that_was_given_is_its_owners():
    source = io.BytesIO(b"abc")
    UploadFile("a", source)
    gc.collect()
    assert not source.closed


@pytest.mark.parametrize("size", [3, 2 * MiB])
def test_multipart_69_a_file_is_saved_where_you_say(tmp_path, size):
    """multipart-69: what the client calls it plays no part."""

    async def main():
        upload = UploadFile("../../evil")
        await upload.write(b"a" * size)
        await upload.seek(2)
        (tmp_path / "old").write_bytes(b"longer" * size)
        for target in tmp_path / "new", str(tmp_path / "old"):
            await upload.save(target)
        assert len(await upload.read()) == size - 2
        await upload.close()

    asyncio.run(main())
    assert sorted(os.listdir(tmp_path)) == ["new", "old"]
    for each in tmp_path.iterdir():
        assert each.read_bytes() == b"a" * size


NAMES = {
    "dune.png": "dune.png",
    "My Book (1).PDF": "My_Book_1_.PDF",
    "résumé.pdf": "resume.pdf",
    "../../x": "x",
    "/etc/passwd": "passwd",
    "C:\\windows\\x.exe": "x.exe",
    "..\\..\\x": "x",
    "a/": "file",
    "": "file",
    ".": "file",
    "..": "file",
    ".htaccess": "htaccess",
    "-rf": "rf",
    "a.txt. .": "a.txt",
    "CON.txt": "_CON.txt",
    "nul": "_nul",
    "com1": "_com1",
    "COM\N{SUPERSCRIPT ONE}": "_COM1",
    "CONTENT.txt": "CONTENT.txt",
    "a.txt::$DATA": "a.txt_DATA",
    "a\x00.png": "a_.png",
    "\N{GRINNING FACE}": "file",
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe": "gpj.exe",
    "n" * 5000 + ".txt": "n" * 196 + ".txt",
    "n" * 199 + ".txt": "n" * 196 + ".txt",
    "n" * 5000: "n" * 200,
    "n." + "x" * 5000: "n." + "x" * 198,
}


@pytest.mark.parametrize("name, safe", NAMES.items(), ids=map(ascii, NAMES))
def test_multipart_69_a_safe_name(name, safe):
    """multipart-69."""
    assert UploadFile(name).safe_filename == safe


DEVICES = {"con", "prn", "aux", "nul", "com1", "lpt9"}


@given(st.text(st.sampled_from("./\\ aC:oOnN\x00é\u202e-_1")) | st.text())
def test_multipart_69_a_name_is_safe_whatever_came(name):
    """multipart-69: one segment, not hidden, no option, no device, not too long."""
    safe = UploadFile(name).safe_filename
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", safe)
    assert not safe.endswith((".", " "))
    assert len(safe) <= 200
    assert safe.partition(".")[0].lower() not in DEVICES


def test_arguments_that_do_not_fit_leave_nothing_to_complain_about() -> None:
    with pytest.raises(TypeError):
        UploadFile(name="a.txt")  # type: ignore[call-arg]
    gc.collect()
