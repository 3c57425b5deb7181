"""What comes as a file: read by what is in it, whatever a client says of it."""

import asyncio
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.bookshop.files import (
    COLUMNS,
    MOST_ERRORS,
    Covers,
    NoBooks,
    NoCover,
    NoPicture,
    open_covers,
    picture_type,
    read_books,
)
from restlette import UploadFile
from tests.examples.bookshop.shelf import EMMA, GERMINAL, NANA, WIND, written

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 100
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 100
WEBP = b"RIFF\x00\x00\x00\x00WEBP" + b"picture" * 100

HEAD = ",".join(COLUMNS)
ROW = "9780141439587,Emma,Jane Austen,1815,en"


def errors_of(content: bytes) -> tuple[str | None, list[tuple[object, object]]]:
    """Give what is said of a file that is no list of books."""
    with pytest.raises(NoBooks) as caught:
        read_books(content)
    extensions = caught.value.extensions
    lines = [(each["line"], each["detail"]) for each in extensions.get("errors", ())]
    return caught.value.detail, lines


def test_books_are_read_as_they_are_written() -> None:
    books = [EMMA, GERMINAL, NANA, WIND]
    assert read_books(written(*books)) == books


@pytest.mark.parametrize(
    "content, titles",
    [
        pytest.param(f"{HEAD}\n{ROW}", ["Emma"], id="no end of line"),
        pytest.param(f"\ufeff{HEAD}\r\n{ROW}\r\n", ["Emma"], id="byte order mark"),
        pytest.param(
            f"{HEAD}\n{ROW.replace('Emma', chr(34) + 'Em,ma' + chr(34))}",
            ["Em,ma"],
            id="quoted",
        ),
        pytest.param(HEAD, [], id="none at all"),
    ],
)
def test_a_list_of_books_may_be_written_in_several_ways(
    content: str, titles: list[str]
) -> None:
    assert [book.title for book in read_books(content.encode())] == titles


@pytest.mark.parametrize(
    "row, detail",
    [
        pytest.param("a,b", "There must be 5 columns, not 2.", id="columns"),
        pytest.param(
            ROW.replace("1815", "soon"),
            "invalid literal for int() with base 10: 'soon'",
            id="year",
        ),
        pytest.param(
            ROW.replace("587", "588"),
            "an ISBN has 13 digits, and the last must check the others",
            id="ISBN",
        ),
        pytest.param(f'"{ROW}', "unexpected end of data", id="quote"),
    ],
)
def test_a_line_that_is_no_book_is_told_with_its_number(row: str, detail: str) -> None:
    assert errors_of(f"{HEAD}\n{ROW}\n{row}".encode()) == (
        "Some lines are no books, so none was added.",
        [(3, detail)],
    )


@pytest.mark.parametrize(
    "content, detail",
    [
        pytest.param(b"", f"The first line must be {HEAD}.", id="empty"),
        pytest.param(ROW.encode(), f"The first line must be {HEAD}.", id="no head"),
        pytest.param(b"\xff\xfe", "The file is not UTF-8.", id="UTF-16"),
    ],
)
def test_what_is_no_list_of_books_is_refused(content: bytes, detail: str) -> None:
    assert errors_of(content) == (detail, [])


def test_so_many_errors_are_told_and_no_more() -> None:
    content = "\n".join([HEAD, *["x"] * (MOST_ERRORS * 2)]).encode()
    _, lines = errors_of(content)
    assert [line for line, _ in lines] == list(range(2, MOST_ERRORS + 2))


LINES = st.text(st.characters(codec="utf-8"))


@given(st.binary() | LINES.map(lambda lines: f"{HEAD}\n{lines}".encode()))
def test_any_file_gives_books_or_says_why_not(content: bytes) -> None:
    with suppress(NoBooks):
        assert isinstance(read_books(content), list)


@pytest.mark.parametrize(
    "picture, media_type",
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")],
    ids=["PNG", "JPEG", "WebP"],
)
def test_a_picture_is_known_by_its_beginning(picture: bytes, media_type: str) -> None:
    assert picture_type(picture[:12]) == media_type


@pytest.mark.parametrize("beginning", [b"", b"<svg", b"GIF89a", b"RIFF....WAVE"])
def test_what_is_no_picture_is_refused(beginning: bytes) -> None:
    with pytest.raises(NoPicture):
        picture_type(beginning)


def upload(content: bytes) -> UploadFile:
    """Give a file that was uploaded."""
    return UploadFile("../../cover.html", io.BytesIO(content))


def test_a_cover_is_kept_replaced_and_forgotten(tmp_path: Path) -> None:
    async def main() -> None:
        covers = Covers(tmp_path)
        with pytest.raises(NoCover, match=r"There is no cover of book 1\."):
            covers.get(1)
        await covers.put(1, upload(PNG))
        first = covers.get(1)
        assert (first.path.read_bytes(), first.media_type) == (PNG, "image/png")
        await covers.put(1, upload(JPEG))
        second = covers.get(1)
        assert (second.path.read_bytes(), second.media_type) == (JPEG, "image/jpeg")
        assert list(tmp_path.iterdir()) == [second.path]
        covers.remove(1)
        covers.remove(1)
        assert list(tmp_path.iterdir()) == []

    asyncio.run(main())


def test_what_is_no_picture_leaves_the_cover_as_it_was(tmp_path: Path) -> None:
    async def main() -> None:
        covers = Covers(tmp_path)
        await covers.put(1, upload(PNG))
        with pytest.raises(NoPicture):
            await covers.put(1, upload(b"<script>"))
        assert covers.get(1).path.read_bytes() == PNG

    asyncio.run(main())


def test_covers_are_gone_when_the_shop_closes() -> None:
    async def main() -> None:
        async with open_covers() as covers:
            await covers.put(1, upload(PNG))
            path = covers.get(1).path
            assert path.exists()
        assert not path.parent.exists()

    asyncio.run(main())
