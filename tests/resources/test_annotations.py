"""Annotations mean what they meant where they were written."""

from __future__ import annotations

import sys
import typing
from types import NoneType, SimpleNamespace
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    Required,
    TypedDict,
    TypeVar,
    TypeVarTuple,
)

import pytest

from restlette.resources.annotations import (
    AnnotationError,
    Names,
    defining_class,
    hints_of,
    is_open,
    keep_local_names,
    look_up,
    names_of_class,
    names_of_function,
    own_annotations,
    resolve,
    substitute,
    type_arguments,
    unknown_name,
    without_extras,
)

T = TypeVar("T")
U = TypeVar("U")
Bound = TypeVar("Bound", bound=int)
Ts = TypeVarTuple("Ts")


class Book: ...


HERE = Names(globals(), {})


@pytest.mark.parametrize(
    ("annotation", "meaning"),
    [
        pytest.param(int, int, id="a class"),
        pytest.param("Book", Book, id="a bare name"),
        pytest.param(" Book ", Book, id="spaces around it"),
        pytest.param("int", int, id="a built-in"),
        pytest.param("None", NoneType, id="None in a string"),
        pytest.param(None, NoneType, id="None itself"),
        pytest.param("Book | None", Book | None, id="an expression"),
        pytest.param("typing.Any", Any, id="a dotted name"),
        pytest.param("T", T, id="a type variable"),
        pytest.param(list["Book"], list[Book], id="a string inside"),
        pytest.param('list["Book"]', list[Book], id="a string inside a string"),
        pytest.param(
            Annotated[int, "metres"], Annotated[int, "metres"], id="extras are kept"
        ),
        pytest.param(
            Annotated[int, []], Annotated[int, []], id="extras without a hash"
        ),
    ],
)
def test_an_annotation_is_resolved(annotation, meaning) -> None:
    assert resolve(annotation, HERE) == meaning


def test_local_names_come_before_those_of_the_module() -> None:
    assert resolve("Book", Names(globals(), {"Book": int})) is int
    assert resolve("Book | None", Names(globals(), {"Book": int})) == int | None


@pytest.mark.parametrize(
    ("annotation", "problem"),
    [
        pytest.param("Bok", "'Bok' is not known there", id="unknown"),
        pytest.param("list['Bok']", "'Bok' is not known there", id="unknown inside"),
        pytest.param("Book +", "invalid syntax", id="no expression"),
        pytest.param("Book.cover", "has no attribute 'cover'", id="no attribute"),
        pytest.param("1 / 0", "division by zero", id="raises what it likes"),
    ],
)
def test_what_cannot_be_resolved_says_why(annotation, problem) -> None:
    with pytest.raises(AnnotationError, match=problem) as caught:
        resolve(annotation, HERE)
    assert caught.value.annotation == annotation
    assert str(caught.value).startswith(f"the annotation {annotation!r} cannot be")


def test_the_sentence_on_an_unknown_name_has_the_remedy() -> None:
    assert unknown_name(NameError("x", name="Bok")) == (
        "'Bok' is not known there; import it at run time (not under TYPE_CHECKING), "
        "and define it before the class or function that uses it"
    )


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("typing.ClassVar", ClassVar),
        ("Book", Book),
        ("typing.No", None),
        ("No.x", None),
    ],
)
def test_a_dotted_name_is_looked_up(name, found) -> None:
    assert look_up(name, HERE) is found


class Shelf(Generic[T]):
    class Label: ...

    Width = int | float
    Row = list[int]
    book: Book
    label: Label
    date: int = 0

    def list(self) -> None: ...

    def get(self, request, body: T) -> Label: ...


class Heir(Shelf[int]):
    added: str


def test_own_annotations_are_without_those_of_the_bases() -> None:
    assert own_annotations(Heir) == {"added": "str"}
    assert own_annotations(object) == {}


def test_the_body_of_a_class_is_looked_into_for_types_alone() -> None:
    """A method, or a value, does not hide the type of its name."""
    names = names_of_class(Shelf)
    assert resolve("Label", names) is Shelf.Label
    assert resolve("Width", names) == int | float
    assert resolve("Row", names) == list[int]
    assert "list" not in names.local
    assert "date" not in names.local


def test_a_class_of_no_module_has_built_ins_alone() -> None:
    cls = type("Loose", (), {"__module__": "not.there"})
    assert names_of_class(cls).module == {}


def test_the_class_with_a_function_in_its_body_is_found() -> None:
    assert defining_class(Shelf.get, Heir) is Shelf
    assert defining_class(Shelf.get, None) is None
    assert defining_class(test_a_class_of_no_module_has_built_ins_alone, Heir) is None


@pytest.mark.parametrize("module", ["elsewhere", "zoo"])
def test_a_class_of_the_same_name_elsewhere_does_not_hold_it(module) -> None:
    other = type("Shelf", (), {"__module__": module})
    assert defining_class(Shelf.get, other) is None


def test_a_method_sees_the_class_that_it_is_written_in() -> None:
    names = names_of_function(Shelf.get, Heir, {"return": "Label"})
    assert resolve("Label", names) is Shelf.Label


def test_a_function_sees_its_module() -> None:
    names = names_of_function(test_a_function_sees_its_module, None, {})
    assert resolve("Book", names) is Book


def test_a_local_function_sees_the_functions_around_it_while_they_run() -> None:
    class Local: ...

    unused = object()

    def outer():
        class Inner: ...

        def handler(query: Local, body: Inner) -> Local: ...

        assert unused is not None
        annotations = handler.__annotations__
        return names_of_function(handler, None, annotations), Inner

    names, inner = outer()
    assert resolve("Local", names) is Local
    assert resolve("Inner", names) is inner
    assert "unused" not in names.local


def test_a_local_class_keeps_the_names_that_it_mentions() -> None:
    """Others are not held alive by it."""

    class Kept: ...

    class KeptToo: ...

    class NotKept: ...

    class Base:
        def __init_subclass__(cls) -> None:
            keep_local_names(cls)

    def make():
        class Local(Base):
            kept: Kept

            def get(self, request) -> list[KeptToo]: ...

        class Silent(Base):
            number: int

        return Local, Silent

    local, silent = make()
    names = names_of_class(local)
    assert resolve("Kept", names) is Kept
    assert resolve("list[KeptToo]", names) == list[KeptToo]
    assert set(vars(local)["_names_of_annotations"]) == {"Kept", "KeptToo"}
    assert "_names_of_annotations" not in vars(silent)
    assert NotKept is not None


def test_a_class_of_a_module_keeps_nothing() -> None:
    keep_local_names(Shelf)
    assert "_names_of_annotations" not in vars(Shelf)


def test_type_parameters_of_classes_and_functions_are_names() -> None:
    """As in `class Shelf[T]` and `def get[T]()`, which Python 3.12 has."""
    cls = type("New", (), {"__type_params__": (T,), "__module__": __name__})
    assert names_of_class(cls).local["T"] is T

    def function() -> None: ...

    function.__type_params__ = (U,)  # type: ignore[attr-defined]
    assert names_of_function(function, None, {}).local["U"] is U


def test_hints_of_a_class_include_those_of_its_bases() -> None:
    assert hints_of(Heir)["added"] is str
    assert hints_of(Heir)["label"] is Shelf.Label


def test_hints_of_a_class_keep_their_extras() -> None:
    class Measured:
        length: Annotated[int, "metres"]

    assert hints_of(Measured) == {"length": Annotated[int, "metres"]}


def test_hints_of_a_local_class_are_found_while_its_function_runs() -> None:
    class Local: ...

    class Other:
        local: Local
        number: int

    assert hints_of(Other) == {"local": Local, "number": int}


def test_hints_that_cannot_be_resolved_name_the_class() -> None:
    class Bad:
        field: Bok  # type: ignore[name-defined]  # noqa: F821

    class Worse:
        field: 1 / 0

    with pytest.raises(AnnotationError, match=r"Bad.*'Bok' is not known there"):
        hints_of(Bad)
    with pytest.raises(AnnotationError, match=r"Worse.*division by zero"):
        hints_of(Worse)


class Deep(Heir):
    pass


class Pair(Generic[T, U]):
    pass


class Swapped(Pair[U, T], Generic[T, U]):
    pass


class Mixed(Swapped[int, "Book"], Shelf[str]):
    pass


class Box(list[int], Shelf[str]):
    pass


class Many(Generic[*Ts]):
    pass


class Two(Many[int, str], Shelf[str]):
    pass


def test_type_arguments_are_followed_through_the_bases() -> None:
    assert type_arguments(Deep) == {Shelf: {T: int}}
    assert type_arguments(Book) == {}
    assert type_arguments(Mixed) == {
        Swapped: {T: int, U: Book},
        Pair: {T: Book, U: int},
        Shelf: {T: str},
    }
    assert type_arguments(Box) == {Shelf: {T: str}}
    assert type_arguments(Two)[Shelf] == {T: str}


@pytest.mark.parametrize(
    ("annotation", "replaced"),
    [
        pytest.param(int, int, id="a class"),
        pytest.param(T, str, id="a variable"),
        pytest.param(list[T], list[str], id="in brackets"),
        pytest.param(dict[str, list[T] | None], dict[str, list[str] | None], id="deep"),
        pytest.param(U, Any, id="without a value"),
        pytest.param(Bound, int, id="its bound"),
        pytest.param(list[Bound], list[int], id="its bound in brackets"),
        pytest.param(Shelf, Shelf, id="a generic class without brackets"),
    ],
)
def test_type_variables_are_replaced(annotation, replaced) -> None:
    assert substitute(annotation, {T: str}) == replaced


@pytest.mark.parametrize(
    ("annotation", "answer"),
    [(T, True), (list[T], True), (Shelf, False), (list[int], False), (Any, False)],
)
def test_an_annotation_is_open_while_it_holds_a_variable(annotation, answer) -> None:
    assert is_open(annotation) is answer


def test_extras_are_taken_off_however_deep_they_are() -> None:
    class Movie(TypedDict):
        title: Required[str]

    assert without_extras(list[Annotated[int, []]]) == list[int]
    assert without_extras(Required[Annotated[int, "x"]]) is int


def test_what_is_compiled_is_kept_in_a_bounded_cache() -> None:
    from restlette.resources.annotations import _compiled

    assert _compiled.cache_info().maxsize == 1024


def around(call, local):
    return call()


def zone(call, local):
    return around(call, local)


def test_functions_that_are_on_the_way_are_not_looked_into() -> None:
    """They call, and define nothing."""

    class local: ...

    def handler(body: local) -> None: ...

    def ask():
        return names_of_function(handler, None, handler.__annotations__)

    assert resolve("local", zone(ask, int)) is local


@pytest.mark.parametrize("module", ["elsewhere", "zoo"])
def test_frames_of_other_modules_are_not_looked_into(module) -> None:
    """A function of the same name elsewhere is another function."""
    space: dict[str, Any] = {"__name__": module, "resolve": resolve}
    space["names"] = names_of_function
    source = """
def outer(handler):
    class Local: ...
    return names(handler, None, handler.__annotations__)
"""
    exec(source, space)

    def outer():
        def handler(body: Local) -> None: ...  # type: ignore[name-defined]  # noqa: F821

        return handler

    handler = outer()
    handler.__qualname__ = "outer.<locals>.handler"
    assert "Local" not in space["outer"](handler).local
    assert sys.modules.get(module) is None
    assert SimpleNamespace is not None
    assert typing is not None
