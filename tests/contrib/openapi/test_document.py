"""Documents: an application, described in OpenAPI."""

from openapi_spec_validator import OpenAPIV31SpecValidator

from examples.bookshop.app import app as bookshop
from restlette.contrib.openapi import describe


def problems(document) -> list[str]:
    """What a validator finds in a document."""
    found = OpenAPIV31SpecValidator(document).iter_errors()
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in found]


def test_the_bookshops_document_is_one() -> None:
    document = describe(bookshop, title="Bookshop", version="1")
    assert problems(document) == []
    assert document["info"] == {"title": "Bookshop", "version": "1"}
    operation = document["paths"]["/books"]["post"]
    assert operation["operationId"] == "post_books"
    assert operation["summary"] == "Add a book."
    assert operation["tags"] == ["Books"]
    assert {*operation["responses"]} >= {"201", "400", "413", "415", "422"}
