"""The bookshop as somebody uses it who has a browser and no curl."""

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import watched
from tests.examples.bookshop.shelf import EMMA, WIND, written
from tests.live.server import Server

PHONE = {"viewport": {"width": 360, "height": 740}}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}


def picture() -> bytes:
    """Give a picture of one red pixel (PNG, RFC 2083)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + pixel + chunk(b"IEND", b"")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=name, exact=True).first


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def log_in(page: Page, password: str = "seller") -> None:
    """Log in as the first seller, from wherever there is a link to that."""
    link(page, "Log in").click()
    page.get_by_label("Name").fill("seller")
    page.get_by_label("Password").fill(password)
    button(page, "Log in").click()


def describe(page: Page, **fields: str) -> None:
    """Fill in the form of a book."""
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(value)


@pytest.fixture
def seller(page: Page) -> Page:
    """A page of the first seller's, who has logged in."""
    log_in(page)
    expect(heading(page)).to_have_text("Hello, seller")
    return page


@pytest.fixture
def other(browser: Browser, shop: Server) -> Iterator[Page]:
    """Somebody else's window, of a phone."""
    with watched(browser, **PHONE) as page:
        page.goto(f"{shop.url}/news")
        expect(page.locator("#listening")).to_contain_text("Listening")
        yield page


def test_a_book_is_sold_from_log_in_to_log_out(
    page: Page, other: Page, tmp_path: Path
) -> None:
    log_in(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is")
    page.get_by_label("Password").fill("seller")
    button(page, "Log in").click()
    expect(heading(page)).to_have_text("Hello, seller")

    link(page, "Add a book").click()
    described = {"Title": WIND.title, "Author": WIND.author, "Year": "2007"}
    describe(page, **described, Language="en", ISBN="978-0-7564-0407-0")
    button(page, "Add it").click()
    # Its error is beside the field, which has the focus, and nothing is lost.
    isbn = page.get_by_label("ISBN", exact=True)
    expect(isbn).to_have_attribute("aria-invalid", "true")
    expect(isbn).to_be_focused()
    expect(page.locator("#isbn-hint")).to_contain_text("the last must check the others")
    expect(page.get_by_label("Title", exact=True)).to_have_value(WIND.title)
    isbn.fill("978-0-7564-0407-9")
    button(page, "Add it").click()
    expect(heading(page)).to_have_text(WIND.title)
    expect(page).to_have_url(re.compile(r"/books/549$"))

    cover = tmp_path / "cover.png"
    cover.write_bytes(picture())
    page.get_by_label("A cover").set_input_files(cover)
    button(page, "Show it").click()
    shown = page.get_by_alt_text(f"The cover of {WIND.title}")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 1)

    told = other.locator("#feed li")
    expect(told.last).to_have_text(f"added {WIND.title}, {WIND.author} (2007)")
    expect(told.first).to_contain_text("changed")
    told.last.get_by_role("link").click()
    expect(heading(other)).to_have_text(WIND.title)
    expect(other.get_by_alt_text(f"The cover of {WIND.title}")).to_be_visible()
    # Who has not logged in sees nothing to change.
    expect(link(other, "Edit")).to_have_count(0)

    link(page, "seller").click()
    button(page, "Log out").click()
    expect(link(page, "Log in")).to_be_visible()
    page.go_back()
    page.reload()
    expect(heading(page)).to_have_text("Unauthorized")


def test_a_book_is_edited_and_removed(seller: Page, shop: Server) -> None:
    seller.goto(f"{shop.url}/books/3")
    link(seller, "Edit").click()
    # The browser would ask for a year first, and the shop asks as well.
    seller.locator("form[data-match]").evaluate("form => form.noValidate = true")
    describe(seller, Year="0", Title="Genji")
    button(seller, "Save").click()
    expect(seller.locator("#year-hint")).to_contain_text("must be >= 1")
    expect(seller.get_by_label("Title", exact=True)).to_have_value("Genji")
    describe(seller, Year="1021")
    button(seller, "Save").click()
    expect(heading(seller)).to_have_text("Genji")
    expect(seller).to_have_url(re.compile(r"/books/3$"))
    seller.get_by_text("Remove", exact=True).click()
    button(seller, "Remove the book").click()
    expect(seller).to_have_url(re.compile(r"/books$"))
    seller.goto(f"{shop.url}/books/3")
    expect(heading(seller)).to_have_text("Not Found")


def test_who_saw_an_earlier_state_is_told(seller: Page, shop: Server) -> None:
    seller.goto(f"{shop.url}/books/3/edit")
    second = seller.context.new_page()
    second.goto(f"{shop.url}/books/3/edit")
    for page in (second, seller):
        describe(page, Year="1022")
        button(page, "Save").click()
    expect(second).to_have_url(re.compile(r"/books/3$"))
    expect(seller.locator("[data-said]")).to_contain_text("state")
    expect(seller.get_by_label("Year", exact=True)).to_have_value("1022")


def test_a_cover_is_replaced_and_removed(
    seller: Page, shop: Server, tmp_path: Path
) -> None:
    cover = tmp_path / "cover.png"
    seller.goto(f"{shop.url}/books/3")
    for content, said in ((b"<svg/>", "A cover is a PNG, JPEG or WebP picture."),):
        cover.write_bytes(content)
        seller.get_by_label("A cover").set_input_files(cover)
        button(seller, "Show it").click()
        expect(seller.get_by_role("alert").first).to_have_text(said)
    cover.write_bytes(picture())
    seller.get_by_label("A cover").set_input_files(cover)
    button(seller, "Show it").click()
    expect(seller.get_by_label("Another cover")).to_be_visible()
    seller.get_by_text("Remove", exact=True).click()
    button(seller, "Remove the cover").click()
    expect(seller.get_by_label("A cover")).to_be_visible()


def test_books_come_from_a_file(seller: Page, other: Page, tmp_path: Path) -> None:
    file = tmp_path / "books.csv"
    link(seller, "Add a book").click()
    form = seller.locator("#import")
    file.write_bytes(written(WIND) + b"1,2,3\r\n")
    form.get_by_label("A CSV file").set_input_files(file)
    button(seller, "Add them").click()
    told = "Some lines are no books, so none was added. Line 3: There must be 5 columns"
    expect(form.get_by_role("alert")).to_contain_text(told)
    file.write_bytes(written(EMMA, WIND))
    form.get_by_label("A CSV file").set_input_files(file)
    button(seller, "Add them").click()
    expect(form.get_by_role("status")).to_have_text("1 added, 1 already here.")
    expect(other.locator("#feed li")).to_have_count(1)


def test_a_search_leads_from_page_to_page(page: Page) -> None:
    page.get_by_role("searchbox").fill("the")
    page.keyboard.press("Enter")
    expect(page.get_by_text("193 books, page 1 of 10.")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("the")
    link(page, "More books").click()
    expect(page.get_by_text("193 books, page 2 of 10.")).to_be_visible()
    page.locator(".shelf a").first.click()
    expect(page.get_by_text("Sold by")).to_be_visible()


def test_the_keyboard_alone_will_do(page: Page, shop: Server) -> None:
    """From the link over all others, by Tab and Enter, to a seller's page."""
    page.goto(f"{shop.url}/log-in")
    page.keyboard.press("Tab")
    skip = link(page, "Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("seller")
    page.keyboard.press("Tab")
    page.keyboard.type("seller")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Hello, seller")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Log out":
            break
    ring = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(ring) == "solid"
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("The bookshop")
    expect(link(page, "Log in")).to_be_visible()


PAGES = ["", "books", "books/3", "books/3/edit", "books/new", "news", "log-in", "x"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_each_page_fits_and_can_be_read(
    browser: Browser, shop: Server, size: dict[str, Any], scheme: str
) -> None:
    with watched(browser, **size, color_scheme=scheme) as page:
        page.goto(shop.url)
        log_in(page)
        for name in PAGES:
            page.goto(f"{shop.url}/{name}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert (name, wide) == (name, size["viewport"]["width"])
            assert (name, page.evaluate(FAINTEST) >= 4.5) == (name, True)


# WCAG 2.2, contrast (minimum): the least ratio of a text to what is behind it.
FAINTEST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = color.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = rgb(getComputedStyle(each).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
  };
  let least = 21;
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility()) continue;
    const pair = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    least = Math.min(least, ratio);
  }
  return least;
}"""
