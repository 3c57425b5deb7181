"""`model_for` finds the model of an annotation, and loads no more than it needs."""

import subprocess
import sys
from typing import Annotated, Any

import attrs
import pytest

from restlette.http.optional import MissingExtra
from restlette.resources import models
from restlette.resources.models import Invalid, model_for


@attrs.define
class Book:
    title: str


def test_plain_annotations_have_plain_models() -> None:
    assert model_for(dict[str, Any]).load({"a": 1}) == {"a": 1}


def test_other_annotations_have_the_models_of_attrs() -> None:
    assert model_for(Book).load({"title": "Dune"}) == Book("Dune")
    with pytest.raises(Invalid):
        model_for(Book).load({})


def test_equal_annotations_have_one_model() -> None:
    assert model_for(list[Book]) is model_for(list[Book])


def test_an_annotation_that_is_no_key_has_a_model_too() -> None:
    annotation = Annotated[Book, []]
    assert model_for(annotation).load({"title": "Dune"}) == Book("Dune")


def test_the_cache_is_bounded() -> None:
    assert models._kept.cache_info().maxsize == 1024


def test_what_has_no_form_in_json_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        model_for(bytes)


def test_without_cattrs_it_names_the_extra(monkeypatch) -> None:
    def absent(module, extra, *, needed_by):
        raise MissingExtra("cattrs", extra, needed_by)

    monkeypatch.setattr(models, "load", absent)
    with pytest.raises(MissingExtra, match=r"pip install \"restlette\[attrs\]\""):
        model_for(dict[str, Book])
    assert model_for(dict[str, Any]).load({}) == {}


def test_nothing_dear_is_imported_before_it_is_needed() -> None:
    program = """
import sys
from typing import Any
from restlette.resources.binding import bind
def handler(request, book_id, body: dict, query: dict[str, Any] = {}) -> dict: ...
bind(handler, None, ["book_id"])
dear = {"attr", "attrs", "cattrs", "dataclasses", "inspect", "uuid", "decimal"}
print(sorted(dear & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
