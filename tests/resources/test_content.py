"""The media type of content decides what reads it."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette import BadRequest, UnsupportedMediaType
from restlette.resources.content import ContentReader
from restlette.resources.html import HTML
from restlette.resources.models import Invalid, Model, model_for
from restlette.resources.models.plain import identity, nameless
from restlette.resources.representation import JSON, Representation
from restlette.testing import build_request

TWO_TYPES = Model(
    int,
    identity,
    nameless,
    identity,
    loads={"application/a+json": abs, "application/b+json": hex},
)


def split(content: bytes):
    return content.decode("ascii").split(",")


def write(content):
    return ",".join(content).encode()


CSV = Representation("text/csv; charset=utf-8", write, split)
PAGE = Representation("text/html", write)
FORM = HTML(str, invalid=str)
LIST = model_for(list)
FIELDS = model_for(dict[str, str])


def read(reader, content_type, content=b"[1]", method="POST"):
    headers = {} if content_type is None else {"content-type": content_type}
    request = build_request(method, "/", headers=headers, content=content)
    return asyncio.run(reader.read(request))


@pytest.mark.parametrize(
    ("content_type", "value"),
    [
        ("application/a+json", 3),
        ("application/b+json", "-0x3"),
        ("Application/B+JSON ; charset=utf-8", "-0x3"),
    ],
)
def test_a_model_that_reads_media_types_goes_by_them(content_type, value) -> None:
    reader = ContentReader(TWO_TYPES, (JSON, CSV))
    assert read(reader, content_type, b"-3") == value
    assert reader.media_types == ("application/a+json", "application/b+json")
    assert not reader.is_json


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json", "text/csv", "x", "a/b;c"]
)
def test_other_content_is_415_and_says_what_is_taken(content_type) -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        read(ContentReader(TWO_TYPES, (JSON, CSV)), content_type, method="PATCH")
    taken = "application/a+json, application/b+json"
    assert caught.value.headers == {"Accept": taken, "Accept-Patch": taken}


@pytest.mark.parametrize("representations", [(JSON,), (PAGE,), (PAGE, JSON)])
def test_json_is_read_where_nothing_else_can_be(representations) -> None:
    reader = ContentReader(LIST, representations)
    assert reader.is_json
    assert reader.media_types == ("application/json",)
    assert read(reader, "application/json") == [1]
    with pytest.raises(UnsupportedMediaType):
        read(reader, "text/html")


@pytest.mark.parametrize(
    ("content_type", "content", "value"),
    [
        ("text/csv", b"a,b", ["a", "b"]),
        ("Text/CSV; charset=utf-8; header=absent", b"a", ["a"]),
        ("application/json", b'["a"]', ["a"]),
        ("application/book+json", b'["a"]', ["a"]),
    ],
)
def test_content_is_read_from_each_representation_that_can_be(
    content_type, content, value
) -> None:
    reader = ContentReader(LIST, (JSON, PAGE, CSV))
    assert read(reader, content_type, content) == value
    assert not reader.is_json


@pytest.mark.parametrize(
    ("representations", "taken"),
    [
        ((JSON, CSV), "application/json, text/csv; charset=utf-8"),
        ((CSV,), "text/csv; charset=utf-8"),
    ],
)
@pytest.mark.parametrize("content_type", [None, "text/html", "text/*", "csv", ";;;"])
def test_what_no_representation_reads_is_415(
    representations, taken, content_type
) -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        read(ContentReader(LIST, representations), content_type)
    assert caught.value.headers == {"Accept": taken, "Accept-Post": taken}


def test_json_is_not_taken_where_others_are_and_it_is_not_among_them() -> None:
    with pytest.raises(UnsupportedMediaType):
        read(ContentReader(LIST, (CSV,)), "application/json")


FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@pytest.mark.parametrize(
    ("model", "representations", "forms"),
    [
        pytest.param(FIELDS, (JSON, FORM), FORMS, id="a page with a form"),
        pytest.param(FIELDS, (JSON, HTML(str)), (), id="a page without one"),
        pytest.param(LIST, (JSON, FORM), (), id="what fields cannot make"),
        pytest.param(TWO_TYPES, (JSON, FORM), (), id="a patch"),
    ],
)
def test_a_form_is_content_where_a_page_has_it(model, representations, forms) -> None:
    """Beside JSON, if it is something that has names."""
    reader = ContentReader(model, representations)
    assert reader.forms == forms
    assert reader.media_types[len(reader.media_types) - len(forms) :] == forms
    assert reader.is_json is (not forms and not model.loads)
    if forms:
        assert read(reader, FORMS[0], b"a=1") == {"a": "1"}
        assert read(reader, "application/json", b'{"a": "1"}') == {"a": "1"}


def test_what_is_read_is_held_to_the_model() -> None:
    reader = ContentReader(model_for(dict), (JSON, CSV))
    with pytest.raises(Invalid):
        read(reader, "text/csv", b"a")


def deep(content):
    return deep(content)


@pytest.mark.parametrize(
    ("decode", "content"), [(split, b"\xff"), (json.loads, b"{"), (deep, b"")]
)
def test_content_that_is_not_of_its_type_is_400(decode, content) -> None:
    own = Representation("application/x-own", bytes, decode)
    with pytest.raises(BadRequest, match="The content is no application/x-own"):
        read(ContentReader(LIST, (own,)), "application/x-own", content)


@given(st.text(max_size=30), st.binary(max_size=30))
def test_any_content_is_read_or_refused(content_type, content) -> None:
    field = content_type.encode("latin-1", "replace").decode("latin-1")
    request = build_request("POST", "/", content=content)
    request.scope["headers"] = [(b"content-type", field.encode("latin-1"))]
    reader = ContentReader(LIST, (JSON, CSV))
    try:
        assert isinstance(asyncio.run(reader.read(request)), list)
    except (BadRequest, UnsupportedMediaType, Invalid):
        pass
