"""Adapters give models of what other libraries make, wherever it stands."""

import subprocess
import sys
from functools import lru_cache
from typing import Annotated, Any, Literal, Required, TypedDict

import attrs
import pytest
from marshmallow import Schema, fields

from restlette.http.optional import MissingExtra
from restlette.resources import models
from restlette.resources.models import (
    FieldError,
    Invalid,
    Model,
    adapters,
    model_for,
    register_adapter,
)
from restlette.resources.models.adapters import adapted, bare, schema_model


class Money:
    """Somebody's class, which nothing here knows by itself."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and other.cents == self.cents

    def __hash__(self) -> int:
        return hash(self.cents)


def load_money(data: Any) -> Money:
    if not isinstance(data, dict) or "cents" not in data:
        raise Invalid([FieldError(("cents",), "missing", "Say how many.")])
    return Money(data["cents"])


MONEY = Model(
    Money, load_money, lambda strings: Money(7), lambda value: {"cents": value.cents}
)


@pytest.fixture(autouse=True)
def money(monkeypatch):
    """The adapter, for the time of a test."""
    monkeypatch.setattr(adapters, "ADAPTERS", [*adapters.ADAPTERS])
    monkeypatch.setattr(models, "ADAPTERS", adapters.ADAPTERS)
    monkeypatch.setattr(models, "_kept", lru_cache(models._make))
    register_adapter(lambda annotation: MONEY if annotation is Money else None)


@attrs.define
class Account:
    balance: Money
    limits: list[Money] = attrs.field(factory=list)


class Purse(TypedDict):
    holds: Required[Money]


VALUES = [
    (Money, {"cents": 1}, Money(1)),
    (Money | None, None, None),
    (Money | None, {"cents": 1}, Money(1)),
    (list[Money], [{"cents": 1}], [Money(1)]),
    (list[Money | None], [{"cents": 1}, None], [Money(1), None]),
    (dict[str, Money], {"a": {"cents": 1}}, {"a": Money(1)}),
    (Money | str, "x", "x"),
    (Money | str | None, {"cents": 1}, Money(1)),
    (
        Account,
        {"balance": {"cents": 1}, "limits": [{"cents": 2}]},
        Account(Money(1), [Money(2)]),
    ),
    (Purse, {"holds": {"cents": 1}}, {"holds": Money(1)}),
    (Annotated[Money, "in the bank"], {"cents": 1}, Money(1)),
]


@pytest.mark.parametrize(("annotation", "data", "value"), VALUES, ids=str)
def test_an_adapted_type_may_stand_anywhere(annotation, data, value) -> None:
    model = model_for(annotation)
    assert model.annotation == annotation
    assert model.load(data) == value
    assert model.dump(value) == data


def test_its_errors_have_their_place() -> None:
    with pytest.raises(Invalid) as caught:
        model_for(Account).load({"balance": {}, "limits": [{"cents": 1}, {}], "x": 1})
    assert {each.pointer: each.code for each in caught.value.errors} == {
        "/x": "unknown",
        "/balance/cents": "missing",
        "/limits/1/cents": "missing",
    }


def test_the_last_adapter_is_asked_first_and_what_was_made_is_forgotten() -> None:
    assert model_for(Money) is MONEY
    other = MONEY._replace(no_query="too dear")
    register_adapter(lambda annotation: other if annotation is Money else None)
    assert model_for(Money) is other


def test_a_query_may_be_adapted() -> None:
    assert model_for(Money | None).load_strings({}) == Money(7)
    account = model_for(Account)
    assert (
        account.no_query
        == (
            "balance: <class 'tests.resources.models.test_adapters.Money'> cannot be "
            "written as one text"
        )
        or account.no_query == "balance: Money cannot be written as one text"
    )


def test_what_no_adapter_knows_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        model_for(list[bytes])


def test_objects_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(TypeError, match="cannot be told apart"):
        model_for(Money | Account)


class Name(Schema):
    name = fields.String(required=True)


class Other(Schema):
    pass


NAMED = Annotated[dict[str, Any], Name]


def test_a_schema_is_known_in_an_annotation_alone() -> None:
    assert schema_model(Annotated[dict[str, Any], "note"]) is None
    assert schema_model(Annotated[dict[str, Any], Money(1)]) is None
    assert schema_model(dict[str, Any]) is None
    assert schema_model(Name) is None
    assert schema_model(NAMED) is not None
    assert schema_model(Annotated[dict[str, Any], "note", Name()]) is not None


def test_two_schemas_are_one_too_many() -> None:
    with pytest.raises(TypeError, match="has two Schemas"):
        model_for(Annotated[dict[str, Any], Name, Other])


def test_extras_are_kept_where_an_adapter_reads_them() -> None:
    """SECURITY: a Schema that is lost on the way would check nothing."""
    assert bare(list[NAMED]) == list[NAMED]
    assert bare(NAMED | None) == NAMED | None
    assert bare(list[Annotated[int, "x"]]) == list[int]
    assert bare(Annotated[int, Money]) is int
    assert bare(Literal["a"]) == Literal["a"]
    assert bare(Annotated[list[NAMED], ["x"]]) == Annotated[list[NAMED], ["x"]]
    for annotation in (list[NAMED], dict[str, NAMED], tuple[NAMED, ...]):
        data: Any = {"a": {}} if annotation == dict[str, NAMED] else [{}]
        with pytest.raises(Invalid):
            model_for(annotation).load(data)


def test_a_field_may_have_a_schema() -> None:
    @attrs.define
    class Author:
        person: NAMED
        friends: list[NAMED] | None = None

    model = model_for(Author)
    author = model.load({"person": {"name": "Ann"}, "friends": [{"name": "Bo"}]})
    assert author == Author({"name": "Ann"}, [{"name": "Bo"}])
    author.person["secret"] = 1
    assert model.dump(author)["person"] == {"name": "Ann"}
    with pytest.raises(Invalid) as caught:
        model.load({"person": {}, "friends": [{}]})
    assert [each.pointer for each in caught.value.errors] == [
        "/person/name",
        "/friends/0/name",
    ]


def test_a_schema_beside_another_type_is_refused() -> None:
    """A dict that is returned would not show whether it is the Schema's."""
    for other in (str, list[int], Annotated[dict[str, Any], Other]):
        with pytest.raises(TypeError, match="cannot stand beside others in a union"):
            model_for(NAMED | other)
    assert model_for(NAMED | None).load(None) is None


def test_optional_schemas_need_no_attrs(monkeypatch) -> None:
    def absent(module, extra, *, needed_by):
        raise MissingExtra(module, extra, needed_by)

    monkeypatch.setattr(models, "load", absent)
    assert model_for(NAMED | None).load(None) is None
    with pytest.raises(MissingExtra):
        model_for(list[NAMED])


def test_without_marshmallow_nothing_of_it_is_loaded() -> None:
    program = """
import sys
from functools import lru_cache
from typing import Annotated, Any
from restlette.resources.models import model_for
assert model_for(dict[str, Any]) and "marshmallow" not in sys.modules
sys.modules["marshmallow"] = None
import types
Schema = type("Schema", (), {"__module__": "marshmallow.schema"})
try:
    model_for(Annotated[dict[str, Any], Schema])
except ImportError as exc:
    print(exc)
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == (
        "restlette.resources.models needs marshmallow: pip install "
        '"restlette[marshmallow]"'
    )


def test_adapted_asks_about_anything() -> None:
    assert adapted(3) is None
    assert adapted(Money) is MONEY
