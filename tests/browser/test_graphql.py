"""The page to ask with, as somebody uses it who has a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_docs import Reader
from tests.live.server import Server, serving


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("graph") / "log"
    with serving("tests.live.graph:app", "httptools", log) as server:
        yield server


@pytest.fixture
def reader(browser: Browser, graph: Server) -> Iterator[Reader]:
    """The page; nothing goes wrong in it, and it asks nobody but its own server."""
    context = browser.new_context()
    reader = Reader(context, graph.url)
    reader.page.goto(f"{graph.url}/graphql")
    expect(reader.page.locator("#schema li").first).to_be_visible()
    yield reader
    context.close()
    assert reader.wrong == []


def write(page: Page, text: str) -> None:
    page.locator("#query").fill(text)


def run(page: Page) -> None:
    page.locator("#query").focus()
    page.keyboard.press("Control+Enter")


def test_an_operation_is_run(reader: Reader) -> None:
    """With variables and header fields; one of several is chosen."""
    page = reader.page
    write(
        page,
        "query Said { said }\nquery Books($most: Int) { books(most: $most) { title } }",
    )
    page.get_by_label("Variables, in JSON").fill('{"most": 1}')
    page.get_by_label("Header fields, a line each").fill("X-Said: Hello: you")
    run(page)
    expect(page.locator("#result")).to_contain_text('"said": "Hello: you"')
    expect(page.locator("#status")).to_contain_text("Done in")
    page.get_by_label("Operation").select_option("Books")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#result")).to_contain_text('"title": "Dune"')
    expect(page.locator("#result")).not_to_contain_text("Emma")


def test_what_is_wrong_is_shown(reader: Reader) -> None:
    page = reader.page
    write(page, "{ nonsense }")
    run(page)
    expect(page.locator("#status")).to_contain_text("1 errors in")
    expect(page.locator("#result")).to_contain_text("Cannot query field 'nonsense'")
    page.get_by_label("Variables, in JSON").fill("{")
    run(page)
    expect(page.locator("#status")).to_contain_text("The variables are not JSON")
    expect(page.get_by_label("Variables, in JSON")).to_be_focused()
    page.get_by_label("Variables, in JSON").fill("[1]")
    run(page)
    expect(page.locator("#status")).to_contain_text("they are an object")
    # The browser says of a 400 that it is one.
    assert len(reader.wrong) == 1
    reader.wrong.clear()


def test_a_subscription_shows_its_results_until_it_is_stopped(reader: Reader) -> None:
    page = reader.page
    write(page, "subscription { count(to: 3) }")
    run(page)
    expect(page.locator("#status")).to_contain_text("Complete: 3 in")
    expect(page.locator("#result > div")).to_have_count(3)
    expect(page.locator("#result > div").first).to_contain_text('"count": 2')
    write(page, "subscription { ticks }")
    run(page)
    expect(page.locator("#status")).to_contain_text("5 so far")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#status")).to_have_text("Stopped")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_the_schema_is_beside_it(reader: Reader) -> None:
    """What it says of itself is text."""
    page = reader.page
    schema = page.get_by_role("complementary", name="Schema")
    schema.get_by_role("button", name="Query", exact=True).first.click()
    expect(schema.get_by_role("heading", name="Query")).to_be_focused()
    expect(schema).to_contain_text("Deprecated: Nobody asks.")
    schema.get_by_role("button", name="[Book!]").click()
    expect(schema).to_contain_text('<script>document.title = "gone"</script>')
    expect(page).to_have_title("GraphQL")
    schema.get_by_role("navigation").get_by_role("button", name="Schema").click()
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("titl")
    expect(schema.get_by_role("status")).to_have_text("1 found")
    schema.get_by_role("button", name="Book.title").click()
    expect(schema.get_by_role("heading", name="Book")).to_be_visible()


@pytest.mark.parametrize(
    "text, offered, taken",
    [
        ("{ bo", ["books"], "{ books"),
        ("{ books { ", ["title", "__typename"], "{ books { title"),
        (
            "query A { books(most: 1) { ti",
            ["title"],
            "query A { books(most: 1) { title",
        ),
        ("subscription { t", ["ticks"], "subscription { ticks"),
        (
            "fragment F on Book { ",
            ["title", "__typename"],
            "fragment F on Book { title",
        ),
        (
            "{ books { ... on Book { t",
            ["title"],
            "{ books { ... on Book { title",
        ),
        ('{ books { title } s # { "', [], '{ books { title } s # { "'),
    ],
)
def test_names_that_fit_are_offered(
    reader: Reader, text: str, offered: list[str], taken: str
) -> None:
    page = reader.page
    write(page, text)
    page.locator("#query").focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+Space")
    names = page.get_by_role("option")
    expect(page.locator("#names li")).to_have_count(len(offered))
    for index, name in enumerate(offered):
        expect(
            names.nth(page.locator("#operation option").count() + index)
        ).to_contain_text(name)
    if offered:
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
    expect(page.locator("#query")).to_have_value(taken)
    page.keyboard.press("Control+Space")
    page.keyboard.press("Escape")
    expect(page.locator("#names")).to_be_hidden()


def test_a_document_is_tidied(reader: Reader) -> None:
    page = reader.page
    write(
        page,
        "#x\nquery A($m:Int=1,$n:[Int!]){books(most:$m)@skip(if:false){t:title ...F}}",
    )
    page.get_by_role("button", name="Tidy").click()
    expect(page.locator("#query")).to_have_value(
        "#x\nquery A($m: Int = 1, $n: [Int!]) {\n"
        "  books(most: $m) @skip(if: false) {\n    t: title\n    ...F\n  }\n}\n"
    )


def test_what_was_run_is_kept_in_the_browser(reader: Reader) -> None:
    page = reader.page
    for query in ("{ books { title } }", "{ said }"):
        write(page, query)
        run(page)
        expect(page.locator("#status")).to_contain_text("Done in")
    page.reload()
    expect(page.locator("#query")).to_have_value("{ said }")
    history = page.locator("#history")
    expect(history.get_by_role("button")).to_have_text(
        ["{ said }", "{ books { title } }"]
    )
    history.get_by_role("button", name="{ books { title } }").click()
    expect(page.locator("#query")).to_have_value("{ books { title } }")
    page.get_by_role("button", name="Forget it").click()
    expect(history.get_by_role("button")).to_have_count(0)


def test_a_schema_that_is_not_shown(browser: Browser, graph: Server) -> None:
    """Operations can be run all the same."""
    context = browser.new_context()
    reader = Reader(context, graph.url)
    page = reader.page
    page.goto(f"{graph.url}/closed/")
    expect(page.locator("#schema")).to_contain_text("The schema is not shown here")
    write(page, "{ books { title } }")
    page.locator("#query").focus()
    page.keyboard.press("Control+Space")
    expect(page.locator("#names")).to_be_hidden()
    page.get_by_label("Search the schema").fill("book")
    run(page)
    expect(page.locator("#result")).to_contain_text('"title": "Dune"')
    context.close()
    # The browser says of a 400 that it is one.
    assert len(reader.wrong) == 1
