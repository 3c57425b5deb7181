"""The bookshop as somebody uses it who has a browser and no curl."""

import struct
import zlib
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.examples.bookshop.shelf import EMMA, WIND, written


def picture() -> bytes:
    """Give a picture of one red pixel (PNG, RFC 2083)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + pixel + chunk(b"IEND", b"")


def choose(page: Page, form: str, name: str, content: bytes, path: Path) -> None:
    """Choose a file in a form, and send it."""
    file = path / name
    file.write_bytes(content)
    page.locator(f"#{form} input[type=file]").set_input_files(file)
    page.locator(f"#{form} button").click()


def log_in(page: Page, password: str = "seller") -> None:
    """Log in as the seller."""
    page.get_by_label("Name", exact=True).fill("seller")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_seller_logs_in_and_out(page: Page, tmp_path: Path) -> None:
    choose(page, "import", "books.csv", written(WIND), tmp_path)
    expect(page.locator("#imported")).to_contain_text("Sellers write here: log in")
    log_in(page, "wrong")
    expect(page.locator("#who")).to_have_text("The name or the password is wrong.")
    log_in(page)
    expect(page.locator("#who")).to_have_text("You are seller, a seller.")
    page.reload()
    expect(page.locator("#who")).to_have_text("You are seller, a seller.")
    choose(page, "import", "books.csv", written(WIND), tmp_path)
    expect(page.locator("#imported")).to_have_text("1 added, 0 already here.")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    choose(page, "import", "books.csv", written(WIND), tmp_path)
    expect(page.locator("#imported")).to_contain_text("Sellers write here: log in")


def test_books_from_a_file_are_added_and_seen_to_come(
    page: Page, tmp_path: Path
) -> None:
    log_in(page)
    expect(page.locator("#who")).to_contain_text("You are seller")
    expect(page.locator("#feed")).to_have_text("Nothing so far.")
    choose(page, "import", "books.csv", written(EMMA, WIND), tmp_path)
    expect(page.locator("#imported")).to_have_text("1 added, 1 already here.")
    told = "added: The Name of the Wind, Patrick Rothfuss (2007)"
    expect(page.locator("#feed")).to_have_text(told)


def test_a_wrong_line_of_a_file_is_told(page: Page, tmp_path: Path) -> None:
    log_in(page)
    expect(page.locator("#who")).to_contain_text("You are seller")
    content = written(WIND) + b"1,2,3\r\n"
    choose(page, "import", "books.csv", content, tmp_path)
    told = "Some lines are no books, so none was added. Line 3: There must be 5 columns"
    expect(page.locator("#imported")).to_contain_text(told)


def test_a_cover_is_shown(page: Page, tmp_path: Path) -> None:
    log_in(page)
    expect(page.locator("#who")).to_contain_text("You are seller")
    page.locator("#book").fill("3")
    choose(page, "cover", "cover.png", picture(), tmp_path)
    expect(page.locator("#covered")).to_have_text("Book 3 has a cover.")
    shown = page.get_by_alt_text("The cover of book 3")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 1)


def test_what_is_no_picture_is_told(page: Page, tmp_path: Path) -> None:
    log_in(page)
    expect(page.locator("#who")).to_contain_text("You are seller")
    choose(page, "cover", "cover.png", b"<svg/>", tmp_path)
    told = "A cover is a PNG, JPEG or WebP picture."
    expect(page.locator("#covered")).to_have_text(told)


def test_the_page_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) == 360


def test_a_search_leads_to_books(page: Page) -> None:
    page.get_by_placeholder("Words in the title").fill("emma")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/books?q=emma&order=title")
    expect(page.locator("body")).to_contain_text("Jane Austen")
