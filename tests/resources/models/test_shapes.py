"""Types are sorted by what they look like in JSON."""

import collections
import collections.abc
import dataclasses
import enum
import pathlib
import typing
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Required,
    TypedDict,
    TypeVar,
    Union,
)
from uuid import UUID

import attrs
import pytest

from restlette.http.forms import UploadFile
from restlette.resources.annotations import AnnotationError
from restlette.resources.models import adapters
from restlette.resources.models.model import Model
from restlette.resources.models.shapes import (
    Field,
    Shape,
    as_read,
    choices_of,
    described,
    fields_of,
    has_fields,
    kinds_of,
    shape_of,
    survey,
)

T = TypeVar("T")
U = TypeVar("U")
Number = TypeVar("Number", bound=int)
Isbn = NewType("Isbn", str)
Code = NewType("Code", Isbn)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Odd(enum.Enum):
    A = (1, 2)
    B = "b"


class Point(NamedTuple):
    x: float
    y: "float" = 0.0


Bare = collections.namedtuple("Bare", "a b")


@attrs.define
class Book:
    title: str
    pages: "int" = 1
    _secret: str = attrs.field(default="", alias="password")
    made: date = attrs.field(init=False)


@attrs.define
class Untyped:
    anything = attrs.field(default=None)


@dataclasses.dataclass
class Shop:
    name: str
    open: "bool" = True
    tags: list[str] = dataclasses.field(default_factory=list)
    id: int = dataclasses.field(init=False)


class Own(tuple[int, ...]):
    """No NamedTuple, nor has the next one's member of that name to do with one."""


class Fielded:
    _fields = ("a",)


class OwnDict(dict[str, int]):
    """No TypedDict, nor is the next one."""


class Requiring:
    __required_keys__ = frozenset({"a"})


class Movie(TypedDict):
    title: str
    year: NotRequired[int]
    length: "NotRequired[int]"
    stars: Required[Annotated[int, []]]


class Cut(Movie, total=False):
    minutes: int


@attrs.define
class Page(Generic[T]):
    items: list[T]
    next: "Page[T] | None" = None


class Books(Page[Book]): ...


@attrs.define
class Pair(Generic[T, U]):
    first: T
    second: U


@attrs.define
class Swapped(Pair[U, T], Generic[T, U]):
    third: T


# A stand-in for `type Alias[T] = list[T]`, which Python 3.12 has.
class Alias:
    __value__ = dict[str, T]  # type: ignore[misc]
    __type_params__ = (T,)

    def __class_getitem__(cls, item):
        return typing._GenericAlias(cls, (item,))  # type: ignore[attr-defined]


SHAPES = [
    (Any, Shape("any", Any)),
    (object, Shape("any", object)),
    (int | Any, Shape("any", Any)),
    (str, Shape("leaf", str)),
    (None, Shape("leaf", NoneType)),
    (date, Shape("leaf", date)),
    (UUID, Shape("leaf", UUID)),
    (Isbn, Shape("leaf", str)),
    (Code, Shape("leaf", str)),
    (Annotated[int, []], Shape("leaf", int)),
    (Final[int], Shape("leaf", int)),
    (T, Shape("any", Any)),
    (Number, Shape("leaf", int)),
    (Alias, Shape("mapping", dict, (str, Any))),
    (Alias[int], Shape("mapping", dict, (str, int))),
    (Literal["a", 1], Shape("choice", Literal, ("a", 1))),
    (Colour, Shape("choice", Colour)),
    (list, Shape("array", list, (Any,))),
    (list[int], Shape("array", list, (int,))),
    (collections.abc.Sequence[int], Shape("array", collections.abc.Sequence, (int,))),
    (set[str], Shape("array", set, (str,))),
    (tuple, Shape("array", tuple, (Any,))),
    (tuple[int, ...], Shape("array", tuple, (int,))),
    (tuple[int, str], Shape("tuple", tuple, (int, str))),
    (tuple[int], Shape("tuple", tuple, (int,))),
    (tuple[()], Shape("tuple", tuple, ())),
    (Point, Shape("tuple", Point, (float, float))),
    (Bare, Shape("tuple", Bare, (Any, Any))),
    (dict, Shape("mapping", dict, (str, Any))),
    (dict[str, int], Shape("mapping", dict, (str, int))),
    (collections.abc.Mapping[str, int], Shape("mapping", dict, (str, int))),
    (Book, Shape("object", Book)),
    (Shop, Shape("object", Shop)),
    (Movie, Shape("object", Movie)),
    (Page[int], Shape("object", Page, (int,))),
    (int | str, Shape("union", Union, (int, str))),
    (typing.Optional[int], Shape("union", Union, (int, NoneType))),  # noqa: UP045
    (bytes, Shape("unknown", bytes)),
    (pathlib.Path, Shape("unknown", pathlib.Path)),
    (Own, Shape("unknown", Own)),
    (Fielded, Shape("unknown", Fielded)),
    (OwnDict, Shape("unknown", OwnDict)),
    (Requiring, Shape("unknown", Requiring)),
    ("Book", Shape("unknown", "Book")),
    (collections.abc.Iterator[int], Shape("unknown", collections.abc.Iterator[int])),
    (tuple[int, ...] | None, Shape("union", Union, (tuple[int, ...], NoneType))),
]


@pytest.mark.parametrize(
    ("annotation", "shape"), SHAPES, ids=lambda each: str(each)[:40]
)
def test_a_type_has_a_shape(annotation, shape) -> None:
    assert shape_of(annotation) == shape


@pytest.mark.parametrize(
    ("annotation", "kinds"),
    [
        (int, (int, float)),
        (Decimal, (str,)),
        (Literal["a", 1, "b", True], (str, int, bool, float)),
        (Colour, (str,)),
        (list[int], (list,)),
        (Point, (list,)),
        (dict, (dict,)),
        (Book, (dict,)),
        (int | list[int] | None, (int, float, list, NoneType)),
        (Any, (dict, list, str, int, float, bool, NoneType)),
    ],
    ids=str,
)
def test_a_shape_is_read_from_some_kinds_of_json(annotation, kinds) -> None:
    assert kinds_of(shape_of(annotation)) == kinds


def test_choices_are_kept_apart_by_type() -> None:
    """To Python, `True` is 1."""
    assert choices_of(shape_of(Literal[1, True, "1", None])) == {
        (int, 1): 1,
        (bool, True): True,
        (str, "1"): "1",
        (NoneType, None): None,
    }
    assert as_read(choices_of(shape_of(Literal[1, "1", False]))) == {
        (int, 1): 1,
        (float, 1.0): 1,
        (str, "1"): "1",
        (bool, False): False,
    }
    assert choices_of(shape_of(Colour)) == {
        (str, "red"): Colour.RED,
        (str, "blue"): Colour.BLUE,
    }
    assert choices_of(shape_of(Literal[Colour.RED])) == {(str, "red"): Colour.RED}


def plain(fields):
    return [field._replace(attribute=None) for field in fields]


def test_the_fields_of_an_attrs_class() -> None:
    fields = fields_of(shape_of(Book))
    assert plain(fields) == [
        Field("title", "title", str, required=True),
        Field("pages", "pages", int, required=False),
        Field("_secret", "password", str, required=False),
        Field("made", "made", date, required=True, settable=False),
    ]
    assert plain(fields_of(shape_of(Untyped))) == [
        Field("anything", "anything", Any, required=False),
    ]
    assert [field.attribute for field in fields] == list(attrs.fields(Book))


def test_the_fields_of_a_dataclass() -> None:
    assert fields_of(shape_of(Shop)) == [
        Field("name", "name", str, required=True),
        Field("open", "open", bool, required=False),
        Field("tags", "tags", list[str], required=False),
        Field("id", "id", int, required=True, settable=False),
    ]


def test_the_fields_of_a_typed_dict() -> None:
    """NotRequired counts in strings too."""
    assert fields_of(shape_of(Cut)) == [
        Field("title", "title", str, required=True),
        Field("year", "year", int, required=False),
        Field("length", "length", int, required=False),
        Field("stars", "stars", int, required=True),
        Field("minutes", "minutes", int, required=False),
    ]


@pytest.mark.parametrize(
    ("annotation", "types"),
    [
        (Page[int], [list[int], Page[int] | None]),
        (Page, [list[Any], Page[Any] | None]),
        (Books, [list[Book], Page[Book] | None]),
        (Swapped[int, str], [str, int, int]),
    ],
    ids=str,
)
def test_the_fields_of_a_generic_class(annotation, types) -> None:
    assert [field.annotation for field in fields_of(shape_of(annotation))] == types


def test_local_classes_may_name_local_classes_in_strings() -> None:
    @attrs.define
    class Inner:
        number: int

    @attrs.define
    class Outer:
        inner: "Inner"

    assert fields_of(shape_of(Outer))[0].annotation is Inner


@attrs.define
class Unresolved:
    field: "Nowhere"  # type: ignore[name-defined]  # noqa: F821


@dataclasses.dataclass
class UnresolvedToo:
    field: "Nowhere"  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize("cls", [Unresolved, UnresolvedToo])
def test_a_name_that_is_not_known_is_an_error_with_the_remedy(cls) -> None:
    with pytest.raises(AnnotationError, match=r"'Nowhere' is not known there; import"):
        fields_of(shape_of(cls))


def test_an_initvar_is_refused() -> None:
    @dataclasses.dataclass
    class Strange:
        name: dataclasses.InitVar[str]

    with pytest.raises(TypeError, match="Strange has an InitVar"):
        fields_of(shape_of(Strange))


def test_classes_with_fields_are_those_of_attrs_and_dataclasses() -> None:
    assert has_fields(Book)
    assert has_fields(Shop)
    assert not has_fields(Movie)
    assert not has_fields(Book("x"))


# Surveys


@attrs.define
class Node:
    value: int
    children: "list[Node]"
    parent: "Node | None" = None


@attrs.define
class Cover:
    image: bytes


@attrs.define
class WithCover:
    covers: dict[str, list[Cover]]


@pytest.mark.parametrize(
    "annotation",
    [
        Book,
        Shop,
        Cut,
        Node,
        Page[int],
        list[Colour | None],
        dict[date, Literal[1]],
        dict[int, Any],
        dict[Any, int],
        set[Any],
        set[str],
        int | str | None,
        tuple[datetime, time],
    ],
    ids=str,
)
def test_a_survey_has_nothing_against_what_json_can_say(annotation) -> None:
    survey(annotation)


@pytest.mark.parametrize(
    ("annotation", "sentence"),
    [
        pytest.param(
            set[list[int]], "list has no hash, and cannot be in a set", id="no hash"
        ),
        pytest.param(
            set[collections.abc.Sequence[int]],
            "Sequence has no hash, and cannot be in a set",
            id="no hash of a sequence",
        ),
        pytest.param(
            set[set[int]], "set has no hash, and cannot be in a set", id="set in set"
        ),
        pytest.param(bytes, "bytes has no form in JSON; use attrs classes", id="bytes"),
        pytest.param(
            WithCover, "Cover.image: bytes has no form in JSON", id="deep inside"
        ),
        pytest.param(
            list[typing.AsyncIterator[int]],
            "AsyncIterator[int] has no form",
            id="an iterator",
        ),
        pytest.param(Odd, "Odd has values that JSON has not", id="an odd enum"),
        pytest.param(
            Literal[b"x"],
            "Literal[b'x'] has values that JSON has not",
            id="odd literal",
        ),
        pytest.param(
            dict[Book, int],
            "JSON's objects have strings as keys, not Book",
            id="an object as key",
        ),
        pytest.param(
            dict[None, int],
            "JSON's objects have strings as keys, not None",
            id="null as key",
        ),
    ],
)
def test_a_survey_refuses_what_json_cannot_say(annotation, sentence) -> None:
    with pytest.raises(TypeError) as caught:
        survey(annotation)
    assert str(caught.value).startswith(sentence)


@attrs.define
class WithFile:
    image: UploadFile


@pytest.mark.parametrize("annotation", [UploadFile, list[UploadFile], WithFile])
def test_files_are_for_forms(annotation) -> None:
    survey(annotation, files=True)
    with pytest.raises(TypeError, match="UploadFile has no form in JSON: it is for fi"):
        survey(annotation)


class Money: ...


class Document: ...


NOTED = Annotated[dict[str, Any], "a Schema, say"]


@pytest.fixture
def _adapters(monkeypatch):
    """Knows money, documents that are all of the content, and what is annotated."""
    model = Model(Money, len, len, len)
    known: dict[Any, Model] = {
        Money: model,
        Document: model._replace(loads={"text/plain": len}),
        NOTED: model,
    }
    monkeypatch.setattr(adapters, "ADAPTERS", [lambda each: known.get(each)])


@pytest.mark.usefixtures("_adapters")
def test_what_an_adapter_knows_is_surveyed_as_well() -> None:
    for annotation in (Money, list[Money | str], NOTED, NOTED | None):
        survey(annotation)
    with pytest.raises(TypeError, match="Document is all of the content, and no part"):
        survey(list[Document])
    for beside in (str, str | None, str | int):
        with pytest.raises(TypeError, match="cannot stand beside others in a union"):
            survey(NOTED | beside)


def test_types_are_described_as_they_are_written() -> None:
    assert described(Book) == "Book"
    assert described(list[int] | None) == "list[int] | None"
    assert described(Any) == "Any"
