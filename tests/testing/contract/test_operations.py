"""What a document declares, ready to be looked up."""

from typing import Any

from restlette.testing.contract.operations import (
    Contents,
    Operation,
    Operations,
    Scheme,
)
from tests.testing.contract.documents import content, document, parameter


def only(found: dict[str, Any]) -> Operation:
    (operation,) = Operations(found)
    return operation


def test_an_operation_is_found_by_method_and_template() -> None:
    """HEAD is GET's where it has no declaration of its own."""
    found = Operations(document("/books/{id}"))
    operation = found.get("GET", "/books/{id}")
    assert operation is not None
    assert str(operation) == "GET /books/{id}"
    assert operation.at == "#/paths/~1books~1{id}/get"
    assert found.get("HEAD", "/books/{id}") is operation
    assert found.get("PUT", "/books/{id}") is None
    assert found.get("GET", "/books") is None
    own = Operations(document(method="head", item={"get": {}}))
    head = own.get("HEAD", "/books")
    assert head is not None
    assert head.method == "HEAD"


def test_an_operation_is_found_by_a_path() -> None:
    """Of the templates that fit, the one with fewer parameters."""
    found = Operations(
        {
            "paths": {
                "/a/{id}": {"get": {}},
                "/a/b": {"get": {}},
                "/{x}/{y}": {"get": {}},
            }
        }
    )
    got = [found.find("GET", path) for path in ("/a/b", "/a/c", "/c/d")]
    assert [(str(each[0]), each[1]) for each in got if each] == [
        ("GET /a/b", {}),
        ("GET /a/{id}", {"id": "c"}),
        ("GET /{x}/{y}", {"x": "c", "y": "d"}),
    ]
    assert found.find("GET", "/a/b/c") is None
    assert found.find("PUT", "/a/b") is None


def test_methods_beyond_the_usual_are_operations_too() -> None:
    """OpenAPI 3.2 has them apart, and so has an extension of 3.1."""
    for keyword in ("additionalOperations", "x-additionalOperations"):
        item = {keyword: {"BREW": {"responses": {"200": {}}}}}
        found = Operations(document(item=item)).get("BREW", "/books")
        assert found is not None
        assert list(found.answers) == ["200"]
        assert found.at == f"#/paths/~1books/{keyword}/BREW"


def test_parameters_of_the_path_and_of_the_operation_are_put_together() -> None:
    """The operation's come first; references are followed."""
    operation = only(
        document(
            item={
                "parameters": [parameter("a"), {"$ref": "#/components/parameters/B"}]
            },
            parameters=[parameter("a", required=True), parameter("X-C", "header")],
            components={"parameters": {"B": parameter("b", "path")}},
        )
    )
    a, b, c = operation.parameters
    assert (a.name, a.required, a.at) == ("a", True, "#/paths/~1books/get/parameters/0")
    assert (a.style, a.explode) == ("form", True)
    assert (b.required, b.at) == (True, "#/components/parameters/B")
    assert (c.name, c.place, c.required) == ("x-c", "header", False)
    assert (c.style, c.explode) == ("simple", False)


def test_a_parameter_may_have_content() -> None:
    """In place of a schema."""
    (found,) = only(
        document(parameters=[{"name": "a", "in": "query", **content({"type": "null"})}])
    ).parameters
    assert found.schema is None
    assert found.content is not None
    assert found.content.schema == {"type": "null"}
    assert found.content.at.endswith("/parameters/0/content/application~1json")


def test_content_is_what_the_media_types_say() -> None:
    """With the place of each; what is no media type is left out."""
    body = {
        "required": True,
        "content": {
            "application/*": {"schema": {"type": "string"}},
            "nonsense": {},
            "text/event-stream": {"itemSchema": {"type": "object"}},
        },
    }
    operation = only(document(requestBody=body))
    assert operation.declares_content
    assert operation.requires_content
    any_of, events = operation.contents
    assert str(any_of.media_type) == "application/*"
    assert (any_of.schema, any_of.item) == ({"type": "string"}, None)
    assert (events.schema, events.item) == (None, {"type": "object"})
    assert events.item_at == f"{events.at}/itemSchema"
    assert events.at == "#/paths/~1books/get/requestBody/content/text~1event-stream"
    nothing = only(document())
    assert not nothing.declares_content
    assert (len(nothing.contents), nothing.requires_content) == (0, False)


def test_an_answer_is_found_by_its_status() -> None:
    """Then by its range, then by default."""
    answers: dict[str, Any] = {
        "200": content(),
        "4xx": {"$ref": "#/components/responses/Problem"},
        "default": {},
    }
    operation = only(
        document(
            responses=answers,
            components={
                "responses": {"Problem": content()},
            },
        )
    )
    assert [
        getattr(operation.answer(status), "key", None) for status in (200, 404, 500)
    ] == ["200", "4XX", "default"]
    problem = operation.answer(404)
    assert problem is not None
    assert problem.at == "#/components/responses/Problem"
    assert only(document()).answer(404) is None


def test_an_answer_has_header_fields() -> None:
    """Content-Type is none of them (OpenAPI 3.1 §4.8.16).

    One need not be there, unless the document says that it has to be.
    """
    headers = {
        "X-Total": {"schema": {"type": "integer"}},
        "Content-Type": {"schema": {}},
        "Link": {"$ref": "#/components/headers/Link"},
    }
    operation = only(
        document(
            responses={"200": {"headers": headers}},
            components={"headers": {"Link": {"schema": {"type": "string"}}}},
        )
    )
    total, link = operation.answers["200"].headers
    assert (total.name, total.required, total.place) == ("x-total", False, "header")
    assert total.at == "#/paths/~1books/get/responses/200/headers/X-Total"
    assert (link.name, link.required, link.at) == (
        "link",
        False,
        "#/components/headers/Link",
    )


def test_references_that_lead_nowhere_or_in_a_circle_say_nothing() -> None:
    """A document that is wrong is for other tools to find."""
    operation = only(
        document(
            requestBody={"$ref": "#/nowhere"},
            responses={"200": {"$ref": "#/components/responses/A"}},
            components={"responses": {"A": {"$ref": "#/components/responses/A"}}},
        )
    )
    assert len(operation.contents) == 0
    assert len(operation.answers["200"].contents) == 0


def test_security_is_alternatives_of_schemes() -> None:
    """The operation's own, or else the document's."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "session": {"type": "apiKey", "in": "cookie", "name": "Session"},
        "basic": {"type": "http", "scheme": "Basic"},
        "oauth": {"type": "oauth2"},
        "openid": {"type": "openIdConnect"},
        "tls": {"type": "mutualTLS"},
    }
    components = {"securitySchemes": schemes}
    alternatives = [{name: []} for name in schemes]
    operation = only(
        document(security=[*alternatives, {"nope": []}, {}], components=components)
    )
    assert operation.security == [
        (Scheme("key", "header", "x-key", ""),),
        (Scheme("session", "cookie", "Session", ""),),
        (Scheme("basic", "header", "authorization", "basic "),),
        (Scheme("oauth", "header", "authorization", "bearer "),),
        (Scheme("openid", "header", "authorization", "bearer "),),
        (Scheme("tls", "", "", ""),),
        (Scheme("nope", "", "", ""),),
        (),
    ]
    whole = {**document(components=components), "security": [{"key": [], "tls": []}]}
    ((key, tls),) = only(whole).security
    assert (key.name, tls.name) == ("key", "tls")


def test_cookies_that_are_declared_select() -> None:
    """As parameters, or as what says who asks."""
    assert only(document()).selected_by == frozenset()
    cookie = document(parameters=[parameter("a", "cookie")])
    assert only(cookie).selected_by == {"cookie"}
    session = document(
        security=[{"session": []}],
        components={
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "s"}
            }
        },
    )
    assert only(session).selected_by == {"cookie"}


def test_the_narrowest_range_counts() -> None:
    """A type before a range, parameters before none; the answer may have more."""
    found = document(
        responses={
            "200": {
                "content": {
                    "*/*": {},
                    "text/*": {},
                    "text/plain": {},
                    "text/plain; v=1": {},
                    "text/html": {},
                }
            }
        }
    )
    contents = only(found).answers["200"].contents

    def at(text: str) -> str:
        content = contents.find(text)
        assert content is not None
        return str(content.media_type)

    assert at("a/b") == "*/*"
    assert at("text/csv") == "text/*"
    assert at("text/plain; charset=utf-8") == "text/plain"
    assert at("text/plain; v=1") == "text/plain; v=1"
    assert str(contents).startswith("*/*, text/*")
    assert len(contents) == 5
    for nothing in (contents.find("nonsense"), Contents().find("a/b")):
        assert nothing is None
