"""A real browser in front of the bookshop behind a real uvicorn."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.live.server import Server, serving

# Debian's; browsers that test tools bring along differ from what people have.
CHROMIUM = shutil.which("chromium")

# The browser is told to leave its makers' hosts alone.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# Milliseconds; the bound is for a loaded machine.
PATIENCE = 30_000.0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser, for the tests of one module.

    Not longer: an event loop runs for it, beside which other tests could run none.
    """
    if CHROMIUM is None:
        pytest.skip("chromium is not on this machine")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Server]:
    """The bookshop, as it is when it opens."""
    log = tmp_path / "uvicorn.log"
    with serving("examples.bookshop.app:app", "httptools", log) as server:
        yield server


@pytest.fixture
def page(browser: Browser, shop: Server) -> Iterator[Page]:
    """The page of welcome; at the end nothing may have gone wrong in it."""
    with watched(browser) as page:
        page.goto(shop.url)
        yield page


@contextmanager
def watched(browser: Browser, **options: Any) -> Iterator[Page]:
    """Open a window of somebody's own, in which nothing goes wrong.

    An answer of an error is none; a script that raises is, and so is whatever the
    policy of the page forbids.
    """
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    wrong: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # Chromium says so of each answer of 400 and above.
        if "Failed to load resource" not in message.text and message.type == "error":
            wrong.append(message.text)

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", listen)
    yield page
    context.close()
    assert wrong == []
