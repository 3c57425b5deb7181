"""What is written is what is annotated, whatever else a value has."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Required,
    TypedDict,
    TypeVar,
)

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields

from restlette.resources.models import model_for
from restlette.resources.models.writers import converter

T = TypeVar("T")


@attrs.frozen
class Book:
    title: str


@attrs.frozen
class StoredBook(Book):
    """What the store keeps, and nobody is to see."""

    cost: int = 9


@attrs.frozen
class Note:
    text: str


Either: Any = NewType("Either", Book | Note)


@attrs.frozen
class Box(Generic[T]):
    item: T


@dataclasses.dataclass
class Film:
    length: int


@dataclasses.dataclass
class StoredFilm(Film):
    cost: int = 9


class Row(TypedDict):
    title: str
    shelf: NotRequired[int]


class Author(Schema):
    name = fields.String()
    id = fields.Integer(dump_only=True)


class Labelled(TypedDict):
    by: Required[Annotated[dict[str, Any], Author]]


@attrs.frozen
class Signed:
    by: Annotated[dict[str, Any], Author]
    _place: str = attrs.field(default="here", alias="at")


class Rows(TypedDict):
    first: Row
    best: Book


class Pair(NamedTuple):
    book: Book
    row: Row


class Cat(TypedDict):
    kind: Literal["cat"]
    lives: int


class Dog(TypedDict):
    kind: Literal["dog"]
    tricks: list[Row]


class Tree(TypedDict):
    title: str
    below: "list[Tree]"


@attrs.frozen
class Node:
    title: str
    child: "Node | None" = None
    children: "list[Node]" = attrs.field(factory=list)
    either: "list[Node | Note]" = attrs.field(factory=list)


@attrs.frozen
class StoredNode(Node):
    cost: int = 9


@attrs.frozen
class Shelf:
    books: list[Book]
    by_title: dict[str, Book]
    top: Book | None
    either: Book | Note | None
    rows: tuple[Row, ...]


BOOK = StoredBook("Dune")
SEEN = {"title": "Dune"}
ROW: Any = {"title": "Dune", "cost": 9}
FILM = StoredFilm(137)
NODE = StoredNode("a", StoredNode("b"), [StoredNode("c")], [StoredNode("d"), Note("n")])


def node(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "child": None, "children": [], "either": [], **more}


# A type, a value that has more than it says, and what is written.
WIDER: list[tuple[Any, Any, Any]] = [
    (Book, BOOK, SEEN),
    (Annotated[Book, "of the month"], BOOK, SEEN),
    (Book | None, BOOK, SEEN),
    (Book | None, None, None),
    (list[Book], [BOOK], [SEEN]),
    (Sequence[Book], [BOOK], [SEEN]),
    (tuple[Book, ...], (BOOK,), [SEEN]),
    (set[Book], {BOOK}, [SEEN]),
    (frozenset[Book], {BOOK}, [SEEN]),
    (dict[str, Book], {"a": BOOK}, {"a": SEEN}),
    (Mapping[str, Book], {"a": BOOK}, {"a": SEEN}),
    (Film, FILM, {"length": 137}),
    (Box[Book], Box(BOOK), {"item": SEEN}),
    (Box[Book | Note], Box(BOOK), {"item": SEEN}),
    (Book | Note, BOOK, SEEN),
    (Book | Note | None, BOOK, SEEN),
    (Book | Note | None, None, None),
    (Book | int, BOOK, SEEN),
    (Book | int, 3, 3),
    (Either | int, BOOK, SEEN),
    (Film | Note, FILM, {"length": 137}),
    (list[Book | Note], [BOOK, Note("n")], [SEEN, {"text": "n"}]),
    (Book | list[Book], [BOOK], [SEEN]),
    (Book | list[Book], (BOOK,), [SEEN]),
    (Box[Book] | Note, Box(BOOK), {"item": SEEN}),
    (dict[str, Book] | int, {"a": BOOK}, {"a": SEEN}),
    (Row, ROW, SEEN),
    (Row, {**SEEN, "shelf": 3}, {**SEEN, "shelf": 3}),
    (Row | None, ROW, SEEN),
    (Row | int, ROW, SEEN),
    (list[Row], [ROW], [SEEN]),
    (
        Labelled,
        {"by": {"name": "Ann", "id": 1, "cost": 9}},
        {"by": {"name": "Ann", "id": 1}},
    ),
    (
        Signed,
        Signed({"name": "Ann", "id": 1, "cost": 9}),
        {"by": {"name": "Ann", "id": 1}, "at": "here"},
    ),
    (Rows, {"first": ROW, "best": BOOK}, {"first": SEEN, "best": SEEN}),
    (Cat | Dog, {"kind": "cat", "lives": 9, "cost": 9}, {"kind": "cat", "lives": 9}),
    (
        Cat | Dog | Book | None,
        {"kind": "dog", "tricks": [ROW]},
        {"kind": "dog", "tricks": [SEEN]},
    ),
    (Cat | Dog | Book, BOOK, SEEN),
    (
        Tree,
        {**ROW, "below": [{**ROW, "below": []}]},
        {**SEEN, "below": [{**SEEN, "below": []}]},
    ),
    (
        Node,
        NODE,
        node(
            "a",
            child=node("b"),
            children=[node("c")],
            either=[node("d"), {"text": "n"}],
        ),
    ),
    (
        Shelf,
        Shelf([BOOK], {"a": BOOK}, BOOK, BOOK, (ROW,)),
        {
            "books": [SEEN],
            "by_title": {"a": SEEN},
            "top": SEEN,
            "either": SEEN,
            "rows": [SEEN],
        },
    ),
]


@pytest.mark.parametrize(("annotation", "value", "written"), WIDER, ids=str)
def test_nothing_is_written_that_the_annotation_does_not_name(
    annotation, value, written
) -> None:
    assert model_for(annotation).dump(value) == written


def test_what_cannot_be_set_is_left_out_where_it_is_asked_for() -> None:
    """Inside of what an adapter makes, too."""
    value = Signed({"name": "Ann", "id": 1})
    assert model_for(Signed).dump_settable(value) == {
        "by": {"name": "Ann"},
        "at": "here",
    }


@pytest.mark.parametrize("annotation", [Pair, tuple[Book, Row]])
def test_tuples_are_written_by_their_places(annotation) -> None:
    value = Pair(BOOK, ROW)
    assert list(model_for(annotation).dump(value)) == [SEEN, SEEN]


@attrs.frozen
class Wide:
    """Has what a book has, and is none."""

    title: str
    cost: int


@pytest.mark.parametrize("annotation", [Book | Note, Book | int])
def test_what_is_no_member_of_a_union_is_an_error(annotation) -> None:
    with pytest.raises(TypeError, match=r"Wide is not written as .*it is none of Book"):
        model_for(annotation).dump(Wide("Dune", 9))


def test_a_union_in_a_union_has_its_members() -> None:
    named = NewType("named", Book | Note)  # type: ignore[valid-newtype]
    dump = model_for(named | Film).dump
    shown = [dump(StoredBook("Dune")), dump(Note("read")), dump(StoredFilm(137))]
    assert shown == [{"title": "Dune"}, {"text": "read"}, {"length": 137}]


def test_what_a_typed_dict_requires_has_to_be_there() -> None:
    with pytest.raises(TypeError, match="dict is not written as Row: 'title'"):
        model_for(Row).dump({"shelf": 3})


def test_a_union_whose_member_cannot_be_told_is_an_error() -> None:
    with pytest.raises(TypeError, match="dict is not written as"):
        model_for(Cat | Dog).dump({"kind": "cow"})


def test_what_fails_to_be_made_once_is_made_the_second_time() -> None:
    """A class that was being made when something failed is not taken to be ready."""

    @attrs.frozen
    class Late:
        book: "Later"  # noqa: F821

    made = converter(shown=True)
    with pytest.raises(NameError):
        made.get_unstructure_hook(Late)
    attrs.resolve_types(Late, {"Later": Book})
    assert made.get_unstructure_hook(Late)(Late(BOOK)) == {"book": SEEN}


@given(
    st.recursive(
        st.builds(Node, st.text()),
        lambda nodes: st.builds(
            StoredNode, st.text(), nodes, st.lists(nodes), st.lists(nodes)
        ),
        max_leaves=10,
    )
)
def test_no_tree_shows_what_only_its_nodes_have(tree) -> None:
    assert "cost" not in str(model_for(Node).dump(tree)).replace(str(tree.title), "")


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_not_written_as_one(text) -> None:
    """A client could not send it back."""
    with pytest.raises(TypeError, match=f"not written as Decimal: {text} is no number"):
        model_for(Decimal).dump(Decimal(text))
    assert model_for(Decimal).dump(Decimal("1.50")) == "1.50"
