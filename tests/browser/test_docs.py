"""The page of a document, as somebody sees it who has a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.conftest import PATIENCE
from tests.live.server import Server, serving

NASTY = "<script>document.title='gone'</script><img src=x onerror=alert(1)>"

WATCH = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`violated: ${event.violatedDirective} ${event.blockedURI}`));
"""


class Reader:
    """A page with nothing of the outside, and what went wrong in it."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.url = url
        self.wrong: list[str] = []
        self.page.add_init_script(WATCH)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.wrong.append(said.text) if said.type == "error" else None,
        )
        self.page.route("**/*", self._stay)

    def _stay(self, route: Route) -> None:
        if route.request.url.startswith(self.url + "/"):
            route.continue_()
        else:
            self.wrong.append(f"asked for {route.request.url}")
            route.abort()


@pytest.fixture
def reader(browser: Browser, shop: Server) -> Iterator[Reader]:
    """The bookshop's page."""
    context = browser.new_context()
    reader = Reader(context, shop.url)
    reader.page.goto(f"{shop.url}/docs")
    expect(reader.page.locator("details.operation").first).to_be_visible()
    yield reader
    context.close()
    assert reader.wrong == []


def operation(page: Page, name: str) -> Any:
    return page.locator(f"details.operation[id='{name}']")


def test_every_operation_is_there_and_can_be_searched(reader: Reader) -> None:
    page = reader.page
    expect(page).to_have_title("The bookshop")
    expect(page.get_by_role("heading", level=1)).to_have_text("The bookshop")
    expect(page.get_by_role("link", name="GET List the books")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("describe the book anew")
    expect(page.locator("#found")).to_have_text("1 of 23")
    expect(page.locator("details.operation:visible")).to_have_count(1)
    expect(operation(page, "put_book_item")).to_be_visible()


def test_an_operation_can_be_tried(reader: Reader) -> None:
    page = reader.page
    page.get_by_role("link", name="GET Show the book.").click()
    box = operation(page, "get_book_item")
    box.get_by_label("book_id (path)").fill("1")
    box.get_by_role("button", name="Send GET").click()
    expect(box.get_by_role("status").locator("h4").first).to_contain_text("200 OK in")
    expect(box.locator("pre.body")).to_contain_text('"title": "The Pillow Book"')
    expect(box).to_contain_text('etag: "1-1;application/json"')
    expect(box).to_contain_text("curl -i 'http://127.0.0.1")


def test_credentials_and_content_are_sent(reader: Reader) -> None:
    page = reader.page
    page.get_by_label("bearer").fill("seller")
    page.get_by_role("link", name="DELETE Take the book out").click()
    box = operation(page, "delete_book_item")
    box.get_by_label("book_id (path)").fill("2")
    box.get_by_role("button", name="Send DELETE").click()
    expect(box.get_by_role("status").locator("h4").first).to_contain_text("204")
    page.get_by_role("link", name="POST Add a book.").click()
    box = operation(page, "post_books")
    box.get_by_role("button", name="Send POST").click()
    expect(box.locator("pre.body")).to_contain_text('"pointer": "#/isbn"')
    # The browser says of a refusal that it is one.
    assert len(reader.wrong) == 1
    reader.wrong.clear()


def test_files_are_sent_by_forms(reader: Reader, tmp_path: Path) -> None:
    page = reader.page
    picture = tmp_path / "cover.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    page.get_by_label("bearer").fill("seller")
    page.get_by_role("link", name="POST Take a picture").click()
    box = operation(page, "post_cover_of_book")
    box.get_by_label("book_id (path)").fill("3")
    box.get_by_label("cover", exact=True).set_input_files(picture)
    box.get_by_role("button", name="Send POST").click()
    expect(box.get_by_role("status").locator("h4").first).to_contain_text("201")
    expect(box).to_contain_text("location: /books/3/cover")


def test_it_is_used_by_keyboard_alone(reader: Reader) -> None:
    page = reader.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the operations")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#operations")).to_be_focused()
    first = page.locator("details.operation summary").first
    for _ in range(10):
        page.keyboard.press("Tab")
        if first.evaluate("each => each === document.activeElement"):
            break
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Answers")).to_be_visible()


def test_it_has_landmarks_and_names(reader: Reader) -> None:
    page = reader.page
    for role in ("banner", "navigation", "main"):
        expect(page.get_by_role(role)).to_have_count(1)  # type: ignore[arg-type] # each is one
    for box in page.get_by_role("textbox").all():
        assert box.evaluate("each => each.labels.length") == 1


def test_a_link_leads_to_an_operation(reader: Reader) -> None:
    page = reader.page
    page.goto(f"{reader.url}/docs#put_book_item")
    page.reload()
    expect(
        operation(page, "put_book_item").get_by_text("If-Match").first
    ).to_be_visible()


@pytest.mark.parametrize("colour", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_has_the_colours_that_are_wanted(
    reader: Reader, width: int, colour: Any
) -> None:
    page = reader.page
    page.emulate_media(color_scheme=colour)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{reader.url}/docs#post_books")
    page.reload()
    expect(operation(page, "post_books").get_by_role("button").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = "rgb(15, 20, 25)"
    assert (paper == dark) == (colour == "dark")


def test_what_the_document_says_is_text(reader: Reader) -> None:
    """openapi-111."""
    page = reader.page
    found = page.request.get(f"{reader.url}/openapi.json").json()
    found["info"] |= {"title": NASTY, "description": f"{NASTY} `{NASTY}`"}
    found["tags"] = [{"name": "Books", "description": NASTY}]
    get = found["paths"]["/books"]["get"]
    get |= {"summary": NASTY, "description": NASTY}
    get["parameters"][0] |= {"name": NASTY, "description": NASTY}
    page.route("**/openapi.json", lambda route: route.fulfill(json=found))
    page.goto(f"{reader.url}/docs#get_books")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(NASTY)
    expect(operation(page, "get_books").get_by_text(NASTY).first).to_be_visible()
    assert page.title() == NASTY
    assert page.locator("img").count() == 0


def test_two_hundred_operations_are_drawn_in_a_second(reader: Reader) -> None:
    page = reader.page
    found = page.request.get(f"{reader.url}/openapi.json").json()
    one = found["paths"]["/books"]["post"]
    found["paths"] = {
        f"/books{number}": {
            "post": {**one, "operationId": f"op{number}", "tags": [f"T{number % 9}"]}
        }
        for number in range(200)
    }
    page.route("**/openapi.json", lambda route: route.fulfill(body=json.dumps(found)))
    page.reload()
    expect(page.locator("details.operation")).to_have_count(200)
    took = page.evaluate("performance.getEntriesByName('drawn')[0].duration")
    assert took < 1000


def test_a_document_that_cannot_be_had_is_said(reader: Reader) -> None:
    page = reader.page
    page.route("**/openapi.json", lambda route: route.fulfill(status=401))
    page.reload()
    expect(page.locator("#status")).to_contain_text(
        "cannot be loaded: the answer is 401"
    )
    # The browser itself says so too.
    assert len(reader.wrong) == 1
    reader.wrong.clear()


def test_swagger_ui_shows_it_too(browser: Browser, tmp_path: Path) -> None:
    log = tmp_path / "uvicorn.log"
    with serving("tests.browser.swagger:app", "h11", log) as server:
        context = browser.new_context()
        reader = Reader(context, server.url)
        reader.page.goto(f"{server.url}/docs")
        expect(reader.page.get_by_text("Give a greeting.")).to_be_visible()
        context.close()
    assert reader.wrong == []
