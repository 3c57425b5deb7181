"""attrs classes and their like: strict on the way in, faithful on the way out."""

import dataclasses
import enum
import json
import sys
import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Generic, Literal, NamedTuple, NewType, TypedDict, TypeVar
from uuid import UUID

import attrs
import pytest
from attrs.validators import ge, min_len
from hypothesis import given
from hypothesis import strategies as st

from restlette.http.forms import UploadFile
from restlette.http.json import STANDARD
from restlette.http.optional import MissingExtra, load
from restlette.resources.models.attrs import attrs_model, form_model
from restlette.resources.models.errors import FieldError, Invalid
from restlette.resources.models.plain import nameless

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(str, enum.Enum):  # noqa: UP042 as people wrote it before StrEnum
    LARGE = "large"


@attrs.frozen
class NewBook:
    title: str = attrs.field(validator=min_len(1))
    price: float = attrs.field(validator=ge(0))
    available: bool = True
    note: str | None = None


@attrs.frozen
class Book(NewBook):
    id: int = attrs.field(kw_only=True)


@attrs.define
class Account:
    user_name: str = attrs.field(alias="userName")
    _token: str = attrs.field(default="")
    name: str = attrs.field(default="x", converter=str.strip)
    id: int = attrs.field(init=False, default=7)


@dataclasses.dataclass
class Shop:
    name: str
    colour: Colour = Colour.RED
    books: list[NewBook] = dataclasses.field(default_factory=list)
    id: int = dataclasses.field(init=False, default=1)


class Movie(TypedDict, total=False):
    title: str
    shown: date


class Point(NamedTuple):
    x: float
    y: float


@attrs.define
class Everything:
    day: date
    moment: datetime
    hour: time
    price: Decimal
    key: UUID
    colour: Colour
    size: Size
    anything: Any
    tags: set[str]
    place: Point
    pair: tuple[int, str]
    prices: dict[date, Decimal]
    kind: Literal["a", "b"]
    number: int | str | None
    movie: Movie
    shop: Shop | None


@attrs.define
class Node:
    value: int
    children: "list[Node]" = attrs.field(factory=list)


@attrs.define
class Page(Generic[T]):
    items: list[T]
    next: "Page[T] | None" = None


Isbn = NewType("Isbn", str)


@attrs.define
class Reserved:
    """Its fields are called as parameters of cattrs's generator are."""

    cl: Isbn
    converter: int = 1


EVERYTHING = Everything(
    day=date(2026, 1, 31),
    moment=datetime(2026, 1, 31, 12, tzinfo=UTC),
    hour=time(12, 30),
    price=Decimal("9.50"),
    key=uuid.UUID(int=10),
    colour=Colour.BLUE,
    size=Size.LARGE,
    anything=[1, {"a": None}],
    tags={"a"},
    place=Point(1.0, 2.0),
    pair=(1, "a"),
    prices={date(2026, 1, 31): Decimal("1")},
    kind="a",
    number="x",
    movie={"shown": date(2026, 2, 1)},
    shop=Shop("Corner", books=[NewBook("Dune", 9.5)]),
)

# A type, a value of it, and that value in JSON.
FORMS = [
    (
        NewBook,
        NewBook("Dune", 9.5),
        {"title": "Dune", "price": 9.5, "available": True, "note": None},
    ),
    (
        Book,
        Book("Dune", 9.5, id=1),
        {"title": "Dune", "price": 9.5, "available": True, "note": None, "id": 1},
    ),
    (Movie, {"title": "Dune"}, {"title": "Dune"}),
    (Movie, {"shown": date(2026, 2, 1)}, {"shown": "2026-02-01"}),
    (Point, Point(1.0, 2.0), (1.0, 2.0)),
    (list[Colour], [Colour.RED], ["red"]),
    (list[Size], [Size.LARGE], ["large"]),
    (date | None, None, None),
    (date | None, date(2026, 1, 31), "2026-01-31"),
    (Point | NewBook, Point(1.0, 2.0), (1.0, 2.0)),
    (frozenset[int], frozenset({1}), [1]),
    (
        Node,
        Node(1, [Node(2)]),
        {"value": 1, "children": [{"value": 2, "children": []}]},
    ),
    (
        Page[date],
        Page([date(2026, 1, 31)], Page([])),
        {"items": ["2026-01-31"], "next": {"items": [], "next": None}},
    ),
    (Page, Page([1]), {"items": [1], "next": None}),
    (Reserved, Reserved(Isbn("x"), 2), {"cl": "x", "converter": 2}),
    (dict[UUID, int], {uuid.UUID(int=10): 1}, {str(uuid.UUID(int=10)): 1}),
]


@pytest.mark.parametrize(
    ("annotation", "value", "data"), FORMS, ids=lambda each: str(each)[:30]
)
def test_values_are_written_and_read_again(annotation, value, data) -> None:
    model = attrs_model(annotation)
    assert model.annotation == annotation
    assert model.dump(value) == data
    through_json = STANDARD.loads(STANDARD.dumps(data))
    loaded = model.load(through_json)
    assert loaded == value
    assert type(loaded) is type(value)


def test_everything_is_written_and_read_again() -> None:
    model = attrs_model(Everything)
    data = model.dump(EVERYTHING)
    assert json.loads(json.dumps(data)) == {
        "day": "2026-01-31",
        "moment": "2026-01-31T12:00:00+00:00",
        "hour": "12:30:00",
        "price": "9.50",
        "key": "00000000-0000-0000-0000-00000000000a",
        "colour": "blue",
        "size": "large",
        "anything": [1, {"a": None}],
        "tags": ["a"],
        "place": [1.0, 2.0],
        "pair": [1, "a"],
        "prices": {"2026-01-31": "1"},
        "kind": "a",
        "number": "x",
        "movie": {"shown": "2026-02-01"},
        "shop": {
            "name": "Corner",
            "colour": "red",
            "books": [{"title": "Dune", "price": 9.5, "available": True, "note": None}],
            "id": 1,
        },
    }
    # The id of a shop is not for others to give.
    del data["shop"]["id"]
    loaded = model.load(STANDARD.loads(STANDARD.dumps(data)))
    assert loaded == EVERYTHING


def test_what_is_written_is_what_the_codec_would_write() -> None:
    """A result without an annotation goes to the codec directly."""
    model = attrs_model(Everything)
    assert (
        STANDARD.loads(STANDARD.dumps(EVERYTHING.day)) == model.dump(EVERYTHING)["day"]
    )
    for name in ("moment", "hour", "price", "key", "colour", "size", "tags", "place"):
        value = getattr(EVERYTHING, name)
        written = json.loads(json.dumps(model.dump(EVERYTHING)[name]))
        assert STANDARD.loads(STANDARD.dumps(value)) == written
    account = Account("ann")
    assert STANDARD.loads(STANDARD.dumps(account)) == attrs_model(Account).dump(account)


def errors_of(annotation, data):
    with pytest.raises(Invalid) as caught:
        attrs_model(annotation).load(data)
    return {each.pointer: each.code for each in caught.value.errors}


def test_aliases_are_the_names_in_json() -> None:
    model = attrs_model(Account)
    account = model.load({"userName": "ann", "token": "t", "name": " a "})
    assert account == Account(userName="ann", token="t", name="a")
    assert model.dump(account) == {
        "userName": "ann",
        "token": "t",
        "name": "a",
        "id": 7,
    }
    assert errors_of(Account, {"user_name": "a", "_token": "b"}) == {
        "/user_name": "unknown",
        "/_token": "unknown",
        "/userName": "missing",
    }


def test_what_init_does_not_take_cannot_be_given_from_outside() -> None:
    assert errors_of(Account, {"userName": "a", "id": 1}) == {"/id": "read_only"}
    settable = attrs_model(Account).settable
    assert settable is not None
    assert settable(Account("a")) == {"userName": "a", "token": "", "name": "x"}


def test_what_is_read_from_strings_has_names() -> None:
    assert attrs_model(Account).names == ("userName", "token", "name")
    assert form_model(Account).names == ("userName", "token", "name")
    assert attrs_model(list[int]).names is form_model(list[int]).names is None


def test_a_form_may_hold_files() -> None:
    @attrs.define
    class Cover:
        title: str
        image: UploadFile

    upload = UploadFile("cover.png")
    strings: Any = {"title": ["Dune"], "image": [upload]}
    assert form_model(Cover).load_strings(strings) == Cover("Dune", upload)
    with pytest.raises(TypeError, match="image"):
        attrs_model(Cover)


def test_a_converter_is_given_what_the_annotation_says() -> None:
    """However much it would take."""

    @attrs.define
    class Lenient:
        name: str = attrs.field(converter=str)

    assert errors_of(Lenient, {"name": 1}) == {"/name": "type"}


STRICT = [
    ("a string for a boolean", {"available": "false"}, "/available"),
    ("an integer for a boolean", {"available": 1}, "/available"),
    ("an integer for a string", {"title": 1}, "/title"),
    ("a boolean for a number", {"price": True}, "/price"),
    ("a string for a number", {"price": "1"}, "/price"),
    ("null for a string", {"title": None}, "/title"),
    ("an array for a string", {"note": []}, "/note"),
    ("a boolean for an integer", {"id": True}, "/id"),
    ("a fraction for an integer", {"id": 1.5}, "/id"),
]


@pytest.mark.parametrize(
    ("data", "pointer"), [row[1:] for row in STRICT], ids=[row[0] for row in STRICT]
)
def test_nothing_is_converted_from_one_kind_to_another(data, pointer) -> None:
    book = {"title": "Dune", "price": 1, "id": 1}
    assert errors_of(Book, book | data) == {pointer: "type"}


def test_an_integer_is_a_number_and_becomes_a_float() -> None:
    book = attrs_model(NewBook).load({"title": "Dune", "price": 9})
    assert type(book.price) is float


def test_all_errors_come_at_once_from_everywhere() -> None:
    data = {
        "name": 1,
        "books": [{"title": ""}, {"title": "x", "price": -1, "extra": 1}, 3],
        "colour": "green",
    }
    assert errors_of(Shop, data) == {
        "/name": "type",
        "/colour": "choice",
        "/books/0/title": "invalid",
        "/books/0/price": "missing",
        "/books/1/extra": "unknown",
        "/books/1/price": "invalid",
        "/books/2": "type",
    }


@pytest.mark.parametrize("data", [None, 1, "x", True, [], [1], 1.5], ids=repr)
@pytest.mark.parametrize("annotation", [NewBook, Shop, Movie, Account, Reserved])
def test_anything_but_an_object_is_refused(annotation, data) -> None:
    """json-61: a validation error, and none of Python's."""
    assert errors_of(annotation, data) == {"": "type"}


def test_extras_may_stand_anywhere() -> None:
    from typing import Annotated

    model = attrs_model(list[Annotated[date, ["extra"]]])
    assert model.load(["2026-01-31"]) == [date(2026, 1, 31)]


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (NewBook, {"title": "Dune"}),
        (NewBook, None),
        (list[NewBook], NewBook("x", 1)),
        (date, "2026-01-31"),
        (date, 5),
    ],
    ids=str,
)
def test_a_result_of_another_type_is_an_error_that_says_both(annotation, value) -> None:
    name = getattr(annotation, "__qualname__", str(annotation))
    kind = type(value).__name__
    with pytest.raises(TypeError, match=rf"^{kind} is not written as .*") as caught:
        attrs_model(annotation).dump(value)
    assert name.partition("[")[0] in str(caught.value)


def test_a_subclass_is_written_as_what_the_annotation_says() -> None:
    """So that a field that only the subclass has does not leak."""
    assert "id" not in attrs_model(NewBook).dump(Book("Dune", 1, id=1))


def test_a_query_is_read_from_strings() -> None:
    model = attrs_model(NewBook)
    strings = {"title": ["Dune"], "price": ["9.5"], "available": ["false"]}
    assert model.no_query is None
    assert model.load_strings(strings) == NewBook("Dune", 9.5, available=False)


def test_what_cannot_be_a_query_says_why() -> None:
    model = attrs_model(Shop)
    assert model.no_query == "books: NewBook cannot be written as one text"
    assert model.load_strings is nameless


def test_what_has_no_form_in_json_is_refused() -> None:
    @attrs.define
    class Cover:
        image: bytes

    with pytest.raises(TypeError, match=r"Cover\.image: bytes has no form in JSON"):
        attrs_model(list[Cover])


def test_a_mistake_in_a_validator_is_not_the_clients() -> None:
    @attrs.define
    class Buggy:
        number: int = attrs.field(validator=lambda *_: {}["key"])

    with pytest.raises(KeyError):
        attrs_model(Buggy).load({"number": 1})


def test_good_data_is_looked_at_once() -> None:
    """The thorough hooks are for bad data, whatever the version of cattrs."""
    calls = []

    @attrs.define
    class Counted:
        number: int = attrs.field(validator=lambda *given: calls.append(given))
        note: str | None = None

    assert attrs_model(list[Counted]).load([{"number": 1}]) == [Counted(1)]
    assert len(calls) == 2  # one of them in this test


def test_what_only_fails_once_is_taken_the_second_time() -> None:
    """The quick way may fail for a reason of its own; the thorough one decides."""
    calls = []

    def flaky(instance: Any, attribute: Any, value: int) -> None:
        calls.append(value)
        if len(calls) == 1:
            raise ValueError("once")

    @attrs.define
    class Flaky:
        number: int = attrs.field(validator=flaky)

    assert attrs_model(Flaky).load({"number": 1}) == Flaky(1)
    calls.clear()
    data = [{"number": 1}, {"number": 2}]
    assert attrs_model(list[Flaky]).load(data) == [Flaky(1), Flaky(2)]


# Hostile input


def nested(depth: int) -> dict[str, Any]:
    data: dict[str, Any] = {"value": 1}
    for _ in range(depth):
        data = {"value": 1, "children": [data]}
    return data


def test_deep_nesting_is_refused_and_no_500() -> None:
    """json-58, for what a codec still takes."""
    model = attrs_model(Node)
    assert model.load(nested(50)).children
    assert errors_of(Node, nested(sys.getrecursionlimit())) == {"": "depth"}


@attrs.define
class Add:
    left: "Add | Multiply | int"
    right: "Add | Multiply | int"
    op: Literal["+"]


@attrs.define
class Multiply:
    left: "Add | Multiply | int"
    right: "Add | Multiply | int"
    op: Literal["*"]


@pytest.mark.parametrize("wrong", ["x", {"op": "+"}, None], ids=repr)
def test_a_union_in_a_union_is_looked_at_once(wrong) -> None:
    """If members were tried, thirty levels would take a billion steps."""
    data: Any = wrong
    for level in range(30):
        data = {"left": data, "right": 1, "op": "+*"[level % 2]}
    errors = errors_of(Add | Multiply, data)
    assert all(pointer.startswith("/left" * 30) for pointer in errors)


@pytest.mark.parametrize(
    "item", [{}, 1, {"title": ""}, {f"k{n}": 1 for n in range(9)}], ids=str
)
def test_a_long_list_of_mistakes_is_cut(item) -> None:
    """json-60: a short answer, soon, which says that it is cut."""
    errors = list(errors_of(list[NewBook], [item] * 50_000).items())
    assert len(errors) <= 101
    assert errors[-1] == ("", "more")


def test_many_unknown_keys_are_cut() -> None:
    errors = errors_of(NewBook, {f"k{n}": n for n in range(100_000)})
    assert len(errors) == 101
    assert errors[""] == "more"


@attrs.define
class Counting:
    """How often its instances were made tells how often data was looked at."""

    number: int
    made = 0

    def __attrs_post_init__(self) -> None:
        Counting.made += 1


@attrs.define
class Counted:
    items: list[Counting]
    others: list[Counting] = attrs.field(factory=list)
    total: int = 0


GOOD = [{"number": 1}] * 20_000

FULL = [
    pytest.param(list[Counting], [*GOOD, {}], 1, ["/20000/number"], id="the last"),
    pytest.param(
        list[Counting], [{}, *GOOD], 0.6, ["/0/number", ""], id="the first one"
    ),
    pytest.param(
        list[Counting],
        [{}, *GOOD[:4000], {}],
        1,
        ["/0/number", "/4001/number"],
        id="the first and a near one",
    ),
    pytest.param(
        dict[str, Counting],
        {**{str(n): {"number": n} for n in range(20_000)}, "x": {}},
        1,
        ["/x/number"],
        id="an object's last",
    ),
    pytest.param(
        Counted, {"items": [*GOOD, {}]}, 1, ["/items/20000/number"], id="a member's"
    ),
    pytest.param(
        Counted,
        {"items": GOOD, "others": [{}]},
        2,
        ["/others/0/number"],
        id="of two members",
    ),
    pytest.param(
        Counted,
        {"total": "x", "items": GOOD, "others": GOOD},
        2,
        ["/total", ""],
        id="after long ones",
    ),
    pytest.param(
        list[Counted],
        [{"items": [*GOOD, {}]}, {"items": GOOD}, {"items": []}],
        1,
        ["/0/items/20000/number", ""],
        id="an array in an array",
    ),
]


@pytest.mark.parametrize(("annotation", "data", "times", "pointers"), FULL)
def test_little_is_read_again_to_explain_what_is_wrong(
    annotation, data, times, pointers
) -> None:
    """json-60: a long list costs what reading it does, wherever the mistake is."""
    Counting.made = 0
    assert list(errors_of(annotation, data)) == pointers
    assert Counting.made <= times * len(GOOD)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*attrs.fields_dict(Everything), "x"]), inner)
    ),
    max_leaves=10,
)


@given(
    st.sampled_from([Everything, Shop, Node, Page[int], Account, Movie, Point]),
    json_values,
)
def test_any_data_gives_a_value_or_errors(annotation, data) -> None:
    errors = None
    try:
        attrs_model(annotation).load(data)
    except Invalid as exc:
        errors = exc.errors
    assert errors is None or all(error.fragment.startswith("#") for error in errors)
    assert errors != []


books = st.builds(
    NewBook,
    title=st.text(min_size=1),
    price=st.floats(0, allow_infinity=False),
    available=st.booleans(),
    note=st.none() | st.text(),
)
shops = st.builds(
    Shop, name=st.text(), colour=st.sampled_from(Colour), books=st.lists(books)
)


@given(shops)
def test_any_value_is_read_as_it_was_written(shop) -> None:
    model = attrs_model(Shop)
    data = STANDARD.loads(STANDARD.dumps(model.dump(shop)))
    del data["id"]
    assert model.load(data) == shop


def test_it_names_the_extra_that_is_missing(monkeypatch) -> None:
    name = "restlette.resources.models.attrs"
    module = sys.modules[name]
    monkeypatch.setitem(sys.modules, "cattrs", None)
    monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "restlette.resources.models.writers")
    with pytest.raises(MissingExtra) as caught:
        load(name, "attrs", needed_by="a test")
    assert str(caught.value) == (
        'restlette.resources.models needs cattrs: pip install "restlette[attrs]"'
    )
    monkeypatch.undo()
    assert sys.modules[name] is module
    import restlette.resources.models as package

    package.attrs = module  # type: ignore[attr-defined]


def test_errors_are_a_value() -> None:
    assert FieldError(("a",), "b", "c") == FieldError(("a",), "b", "c")
