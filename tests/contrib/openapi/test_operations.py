"""Operations: what one function of an application is in a document."""

import subprocess
import sys
from typing import Any, NoReturn

import attrs
import pytest

from restlette import (
    HTML,
    JSON,
    Created,
    HTTPEndpoint,
    RedirectResponse,
    Request,
    Restlette,
    SeeOther,
    Validators,
)
from restlette.contrib.openapi import describe
from restlette.contrib.openapi.operations import merged
from tests.contrib.openapi.shop import BookGone, NewBook, Token
from tests.contrib.openapi.shop import app as shop

DOCUMENT = describe(shop, title="Shop", version="1")


def operation(path: str, method: str = "get") -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path][method]
    return found


def content(response: dict[str, Any]) -> dict[str, Any]:
    """The schemas of a response, by media type."""
    return {name: each["schema"] for name, each in response["content"].items()}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def described(function: Any, path: str = "/", **options: Any) -> dict[str, Any]:
    """The operation of a function, or of the GET of a class."""
    app = Restlette()
    app.add_route(path, function, **options)
    (item,) = describe(app)["paths"].values()
    found: dict[str, Any] = item["get"]
    return found


def test_docstrings_say_what_it_is() -> None:
    post = operation("/books", "post")
    assert post["summary"] == "Add a book."
    assert post["description"] == "It is there at once."
    assert post["requestBody"]["description"] == "The book."
    get = operation("/books")
    assert get["responses"]["200"]["description"] == "The books of one page."
    untold = operation("/untold")
    assert "summary" not in untold
    assert "tags" not in untold


def test_a_class_is_a_tag() -> None:
    assert operation("/books")["tags"] == ["Books"]
    said = {tag["name"]: tag.get("description") for tag in DOCUMENT["tags"]}
    assert said["Books"] == "Every book.\n\nThere are many."
    # Without a docstring of its own it has its base's, which is not about it.
    assert said["BookCover"] is None


def test_convertors_are_schemas() -> None:
    found = operation("/old/{slug}/{year}/{odd}/{f}/{u}")["parameters"]
    assert {each["name"]: each["schema"] for each in found} == {
        "slug": {"type": "string", "pattern": "^[a-z-]+$"},
        "year": {"type": "integer", "minimum": 1000, "maximum": 9999},
        "odd": {"type": "string"},
        "f": {"type": "number", "minimum": 0},
        "u": {"type": "string", "format": "uuid"},
    }
    (path,) = operation("/files/{path}")["parameters"]
    assert path == {
        "name": "path",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
    }
    (text, _) = operation("/same/{x_}")["parameters"]
    assert text["schema"] == {"type": "string", "minLength": 1}


def test_parameters_are_described_by_the_function_or_the_class() -> None:
    (given, *_) = operation("/books/{book_id}")["parameters"]
    assert given["description"] == "Which one."
    (shared, *_) = operation("/books/{book_id}", "delete")["parameters"]
    assert shared["description"] == "The book's number."


def test_strings_of_a_request_are_parameters() -> None:
    found = operation("/plain")["parameters"]
    assert [(each["name"], each["in"]) for each in found] == [
        ("x-request-id", "header"),
        ("theme", "cookie"),
    ]
    query = operation("/books")["parameters"]
    assert {(each["name"], each["in"]) for each in query} == {
        ("page", "query"),
        ("size", "query"),
    }


def test_preconditions_are_parameters_where_they_are_looked_at() -> None:
    names = [
        each["name"] for each in operation("/books/{book_id}", "put")["parameters"]
    ]
    assert names == ["book_id", "If-Match", "If-None-Match"]


def test_content_is_what_is_bound() -> None:
    body = operation("/books", "post")["requestBody"]
    assert body["required"] is True
    assert content(body) == {"application/json": ref("NewBook")}
    several = operation("/books/{book_id}", "put")["requestBody"]
    assert {*several["content"]} == {"application/json", "application/vnd.msgpack"}
    patch = operation("/books/{book_id}", "patch")["requestBody"]
    assert {*patch["content"]} == {
        "application/merge-patch+json",
        "application/json-patch+json",
    }
    form = operation("/books/{book_id}/cover", "post")["requestBody"]
    assert [*form["content"]] == ["multipart/form-data"]
    assert "requestBody" not in operation("/books")


def test_answers_are_what_is_annotated() -> None:
    assert content(operation("/books")["responses"]["200"]) == {
        "application/json": ref("Page_Book")
    }
    item = operation("/books/{book_id}")["responses"]["200"]
    assert content(item) == {
        "application/json": ref("Book"),
        "text/html": {"type": "string"},
        "application/vnd.msgpack": ref("Book"),
    }
    created = operation("/books", "post")["responses"]["201"]
    assert content(created) == {"application/json": ref("Book")}
    assert "Location" in created["headers"]
    assert "Link" in operation("/books")["responses"]["200"]["headers"]
    assert "content" not in operation("/files/{path}")["responses"]["204"]
    accepted = operation("/books/{book_id}/cover", "post")["responses"]["202"]
    assert "content" not in accepted


def test_several_contents_of_one_status_are_a_choice() -> None:
    responses = operation("/either")["responses"]
    assert content(responses["200"]) == {
        "application/json": {"anyOf": [ref("Book"), ref("Film")]}
    }
    assert "204" in responses


def test_what_decides_itself_is_said_as_far_as_it_is_known() -> None:
    assert operation("/untold")["responses"]["200"] == {"description": "OK."}
    moved = operation("/old/{slug}/{year}/{odd}/{f}/{u}")["responses"]["3XX"]
    assert "Location" in moved["headers"]
    cover = operation("/books/{book_id}/cover")["responses"]
    assert {"200", "206", "304", "412", "416"} <= {*cover}
    assert [*cover["206"]["content"]] == ["*/*"]
    search = DOCUMENT["paths"]["/either"]["x-additionalOperations"]["QUERY"]
    assert search["responses"]["2XX"]["description"] == "Success."


def test_one_that_answers_nothing_answers_anything() -> None:
    async def never(request: Request) -> NoReturn:
        """Raise."""
        raise BookGone

    assert described(never)["responses"] == {"default": {"description": "Any answer."}}


def test_streams_tell_their_items() -> None:
    found = operation("/changes")["responses"]["200"]["content"]
    assert found["application/x-ndjson"] == {
        "schema": {"type": "string"},
        "x-itemSchema": ref("Book"),
    }
    event = found["text/event-stream"]["x-itemSchema"]["properties"]["data"]
    assert event["contentSchema"] == ref("Book")
    settled = operation("/changes", "post")["responses"]
    assert [*settled["200"]["content"]] == ["text/event-stream"]
    # What the handler settled on is not negotiated.
    assert "406" in operation("/changes")["responses"]
    assert "406" not in settled


def test_states_are_told() -> None:
    responses = operation("/books/{book_id}")["responses"]
    assert "ETag" in responses["200"]["headers"]
    assert "content" not in responses["304"]
    assert "404" in responses
    put = operation("/books/{book_id}", "put")["responses"]
    assert {"200", "201", "412", "428"} <= {*put}
    assert "304" not in put
    assert "ETag" not in responses["412"].get("headers", {})


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/books", "get", {"400", "406", "422"}),
        ("/books", "post", {"400", "406", "409", "410", "413", "415", "422", "503"}),
        ("/books/{book_id}", "get", {"400", "404", "406", "412"}),
        (
            "/books/{book_id}",
            "delete",
            {"400", "401", "403", "404", "412", "428"},
        ),
        ("/books/{book_id}/cover", "post", {"400", "404", "413", "415", "422"}),
        ("/files/{path}", "get", {"400"}),
        ("/untold", "get", {"406"}),
        ("/either", "head", set()),
        ("/changes", "get", {"401", "403", "406"}),
    ],
)
def test_errors_are_those_that_can_be(path, method, statuses) -> None:
    """And those that a docstring names, of exceptions that are mapped too."""
    found = {each for each in operation(path, method)["responses"] if each >= "400"}
    assert found == statuses


def test_errors_say_what_somebody_wrote_of_them() -> None:
    responses = operation("/books", "post")["responses"]
    assert responses["409"]["description"] == (
        "There is such a book. Or one of that title."
    )
    assert responses["410"]["description"] == ("It was here. It was sold.")
    assert responses["503"]["description"] == "The shop is closed."
    delete = operation("/books/{book_id}", "delete")["responses"]
    assert delete["401"]["description"] == "Log in first."
    assert delete["401"]["headers"]["WWW-Authenticate"]["required"] is True
    assert content(delete["401"]) == {
        "application/problem+json": ref("ProblemDetails"),
        "text/plain": {"type": "string"},
    }
    invalid = responses["422"]
    assert content(invalid)["application/problem+json"] == ref("InvalidRequest")
    assert "Accept-Post" in responses["415"]["headers"]
    assert (
        "Accept-Patch"
        in (operation("/books/{book_id}", "patch")["responses"]["415"]["headers"])
    )


def test_what_guards_ask_for_twice_is_said_once() -> None:
    async def get(request: Request) -> Created:
        """Make something.

        Raises:
            BookGone: Nobody told what that is here.
        """
        return Created()

    found = described(get, guards=[Token() | Token()])
    assert found["security"] == [{"bearer": []}]
    assert content(found["responses"]["201"]) == {"application/json": {}}
    assert "410" not in found["responses"]


def test_a_state_is_that_of_content() -> None:
    class Moved(HTTPEndpoint):
        async def validators(self, request: Request) -> Validators | None:
            return Validators()

        async def get(self, request: Request) -> RedirectResponse:
            return RedirectResponse("/")

    assert "ETag" not in described(Moved)["responses"]["3XX"]["headers"]


def test_guards_are_requirements() -> None:
    assert "security" not in operation("/books/{book_id}")
    assert operation("/books/{book_id}", "delete")["security"] == [{"bearer": []}]
    assert operation("/changes")["security"] == [{"bearer": []}, {"key": []}]
    assert operation("/inner/inside")["security"] == [{"key": []}]
    assert DOCUMENT["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    }


def test_what_is_written_in_yaml_counts() -> None:
    item = operation("/books/{book_id}")
    found = {(each["name"], each["in"]): each for each in item["parameters"]}
    assert found["book_id", "path"]["example"] == 3
    assert found["book_id", "path"]["required"] is True
    assert found["X-Shop", "header"]["schema"] == {"type": "string"}
    assert item["responses"]["200"]["description"] == "The book."
    assert next(iter(item["responses"])) == "200"
    assert "content" in item["responses"]["200"]
    # That of the class is for all of its functions.
    for method in ("get", "put", "delete"):
        docs = operation("/books/{book_id}", method)["externalDocs"]
        assert docs == {"url": "https://shop.example/docs"}


def test_a_class_may_say_what_its_tag_is() -> None:
    class Home(HTTPEndpoint):
        """The beginning.

        ---
        tags: [pages]
        description: not of an operation
        """

        async def get(self, request: Request) -> None:
            """Show it."""

    found = described(Home)
    assert found["tags"] == ["pages"]
    assert "description" not in found


@pytest.mark.parametrize(
    ("base", "over", "both"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"200": {"x": 1}}, {200: {"y": 2}}, {"200": {"x": 1, "y": 2}}),
        ({"a": [1]}, {"a": [2]}, {"a": [2]}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
        (
            [{"name": "a", "in": "query", "x": 1}],
            [{"name": "a", "in": "query", "y": 2}, {"name": "a", "in": "path"}],
            [
                {"name": "a", "in": "query", "x": 1, "y": 2},
                {"name": "a", "in": "path"},
            ],
        ),
    ],
)
def test_mappings_and_parameters_are_merged(base, over, both) -> None:
    assert merged(base, over) == both


def test_it_needs_what_its_extra_brings_and_no_more() -> None:
    """An application without files, Schemas or patches has a document as well."""
    absent = ["aiofiles", "cattrs", "marshmallow", "jsonpatch", "python_multipart"]
    program = (
        "import sys\n"
        f"sys.modules |= dict.fromkeys({absent!r})\n"
        "from restlette import Restlette\n"
        "from restlette.contrib.openapi import describe\n"
        "app = Restlette()\n"
        "@app.route('/ping', methods=['GET'])\n"
        "async def ping(request) -> dict: ...\n"
        "print(*describe(app)['paths'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "/ping\n"


def test_a_page_with_a_form_takes_forms_too() -> None:
    """Of the same model, without what a text cannot be."""

    class Forms(HTTPEndpoint):
        representations = (JSON, HTML(str, invalid=str))

        async def get(self, request: Request, body: NewBook) -> NewBook: ...

    found = described(Forms)["requestBody"]["content"]
    assert [*found] == [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ]
    assert found["application/json"]["schema"] == ref("NewBook")
    form = found["application/x-www-form-urlencoded"]["schema"]
    assert [*form["properties"]] == [each.name for each in attrs.fields(NewBook)]


def test_people_get_their_form_back_or_are_led_on() -> None:
    class Forms(HTTPEndpoint):
        representations = (JSON, HTML(str, invalid=str))

        async def get(self, request: Request, body: NewBook) -> Created[NewBook]: ...

    class JSONAlone(HTTPEndpoint):
        representations = (JSON, HTML(str, invalid=str))

        async def get(
            self, request: Request, body: list[NewBook]
        ) -> Created[NewBook]: ...

    responses = described(Forms)["responses"]
    assert [*responses] == ["201", "303", "400", "406", "413", "415", "422"]
    assert [*responses["303"]["headers"]] == ["Location"]
    assert content(responses["422"])["text/html"] == {"type": "string"}
    assert "text/html" not in content(responses["406"])
    responses = described(JSONAlone)["responses"]
    assert [*responses] == ["201", "400", "406", "413", "415", "422"]
    assert "text/html" not in content(responses["422"])


def test_who_is_led_elsewhere() -> None:
    class Jobs(HTTPEndpoint):
        async def get(self, request: Request) -> NewBook | SeeOther: ...

    responses = described(Jobs)["responses"]
    assert [*responses["303"]["headers"]] == ["Location"]
    assert "content" not in responses["303"]


def test_middleware_says_what_problems_become() -> None:
    class Pages:
        problem_types = ("text/html",)

        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    app = Restlette()
    app.add_middleware(Pages)

    @app.route("/books/{book_id:int}")
    async def book(request: Request, book_id: int) -> NewBook: ...

    found = describe(app)["paths"]["/books/{book_id}"]["get"]["responses"]["404"]
    assert [*found["content"]] == [
        "application/problem+json",
        "text/plain",
        "text/html",
    ]
