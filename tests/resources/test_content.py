"""The media type of content decides what reads it."""

import pytest

from restlette import UnsupportedMediaType
from restlette.resources.content import loader_for, media_types_of
from restlette.resources.models import Model, model_for
from restlette.resources.models.plain import identity, nameless
from restlette.testing import build_request

MODEL = Model(
    int,
    identity,
    nameless,
    identity,
    loads={"application/a+json": abs, "application/b+json": hex},
)


def request(content_type: str | None, method: str = "PATCH"):
    headers = {} if content_type is None else {"content-type": content_type}
    return build_request(method, "/", headers=headers)


@pytest.mark.parametrize(
    ("content_type", "load"),
    [
        ("application/a+json", abs),
        ("application/b+json", hex),
        ("Application/B+JSON ; charset=utf-8", hex),
    ],
)
def test_what_reads_content_goes_by_its_type(content_type, load) -> None:
    assert loader_for(MODEL, request(content_type)) is load


@pytest.mark.parametrize(
    "content_type", [None, "", "application/json", "application/c+json", "x", "a/b;c"]
)
def test_other_content_is_415_and_says_what_is_taken(content_type) -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        loader_for(MODEL, request(content_type))
    taken = "application/a+json, application/b+json"
    assert caught.value.headers == {"Accept": taken, "Accept-Patch": taken}


def test_a_model_of_json_leaves_it_to_the_request() -> None:
    model = model_for(int)
    assert loader_for(model, request("text/plain")) is model.load
    assert media_types_of(model) == ("application/json",)
    assert media_types_of(MODEL) == ("application/a+json", "application/b+json")
