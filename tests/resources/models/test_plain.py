"""JSON's own values, checked on the way in and left alone on the way out."""

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, Optional

import pytest

from restlette.resources.models.errors import FieldError, Invalid
from restlette.resources.models.plain import (
    LOADERS,
    NAMELESS,
    identity,
    is_any,
    is_plain,
    nameless,
    plain_model,
)

VALUES = {
    "object": {"a": 1},
    "array": [1],
    "string": "a",
    "integer": 1,
    "number": 1.5,
    "true": True,
    "false": False,
    "null": None,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("annotation", [Any, object])
def test_anything_goes_where_the_annotation_says_so(annotation, value) -> None:
    model = plain_model(annotation)
    assert model is not None
    assert model.load(value) == value
    assert model.dump(value) is value
    assert model.no_query is None


@pytest.mark.parametrize(
    ("annotation", "takes"),
    [
        (dict, ["object"]),
        (dict[str, Any], ["object"]),
        (dict[Any, Any], ["object"]),
        (Mapping[str, Any], ["object"]),
        (Mapping, ["object"]),
        (list, ["array"]),
        (list[Any], ["array"]),
        (Sequence[Any], ["array"]),
        (str, ["string"]),
        (int, ["integer"]),
        (float, ["integer", "number"]),
        (bool, ["true", "false"]),
        (NoneType, ["null"]),
        (dict[str, Any] | None, ["object", "null"]),
        (Optional[str], ["string", "null"]),  # noqa: UP045
    ],
    ids=str,
)
def test_each_annotation_takes_its_own_values(annotation, takes) -> None:
    """`true` is no integer and "1" no number; an integer is a number."""
    model = plain_model(annotation)
    assert model is not None
    for name, value in VALUES.items():
        if name in takes:
            assert model.load(value) == value
        else:
            with pytest.raises(Invalid) as caught:
                model.load(value)
            [error] = caught.value.errors
            assert (error.path, error.code) == ((), "type")
            assert error.detail.startswith("This must be ")


def test_the_sentence_says_what_was_expected() -> None:
    with pytest.raises(Invalid) as caught:
        LOADERS[dict]([])
    assert caught.value.errors == [FieldError((), "type", "This must be an object.")]


def test_a_number_without_a_fraction_is_an_integer() -> None:
    """JSON does not tell 1 and 1.0 apart."""
    value = LOADERS[int](2.0)
    assert (value, type(value)) == (2, int)
    with pytest.raises(Invalid):
        LOADERS[int](2.5)


def test_an_integer_becomes_a_float_where_one_is_expected() -> None:
    value = LOADERS[float](2)
    assert (value, type(value)) == (2.0, float)


def test_an_integer_beyond_a_float_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        LOADERS[float](10**400)
    assert caught.value.errors == [
        FieldError((), "format", "This number is too large.")
    ]


@pytest.mark.parametrize(
    "annotation",
    [
        list[int],
        dict[str, int],
        dict[int, Any],
        tuple,
        set,
        bytes,
        int | str,
        set | None,
        "x",
    ],
    ids=str,
)
def test_the_rest_is_not_plain(annotation) -> None:
    assert plain_model(annotation) is None


@pytest.mark.parametrize("annotation", [dict[str, Any], dict, Any, dict | None])
def test_a_query_is_taken_as_strings(annotation) -> None:
    """A list for names that came more than once."""
    model = plain_model(annotation)
    assert model is not None
    strings = {"a": ["1"], "b": ["1", "2"]}
    assert model.load_strings(strings) == {"a": "1", "b": ["1", "2"]}


@pytest.mark.parametrize("annotation", [list, str, int, NoneType])
def test_what_has_no_names_cannot_be_a_query(annotation) -> None:
    model = plain_model(annotation)
    assert model is not None
    assert model.no_query == NAMELESS
    assert model.load_strings is nameless
    with pytest.raises(TypeError, match="what is given there has names"):
        model.load_strings({})


@pytest.mark.parametrize(
    ("annotation", "answer"),
    [
        (Any, True),
        (object, True),
        (dict, True),
        (str, True),
        (NoneType, True),
        (Mapping, True),
        (dict[str, Any], True),
        (dict[str, list[dict[str, int]]], True),
        (Sequence[str], True),
        (list[float], True),
        (dict[int, str], False),
        (dict[str, set[str]], False),
        (list[bytes], False),
        (tuple[int], False),
        (set, False),
    ],
    ids=str,
)
def test_plain_values_need_no_model_on_the_way_out(annotation, answer) -> None:
    assert is_plain(annotation) is answer


def test_little_things() -> None:
    assert is_any(Any)
    assert not is_any(int)
    assert identity(1, int) == 1
