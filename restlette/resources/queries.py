"""Queries that many resources have: pages, cursors, sparse fields, orders.

The story starts at `PageQuery` and `CursorQuery`, attrs classes to derive from; what
they read becomes a `Page` by `page_of`. `Fields` and `Sort` are types of attributes of
such classes, `Cursor` is the type of one. All are read from the text of a parameter,
and what does not fit is 422::

    @attrs.frozen(kw_only=True)
    class BookQuery(PageQuery):
        author: str | None = None
        fields: Fields[Book] = attrs.field(default=Fields(Book))
        sort: Sort[Book] = attrs.field(default=Sort(Book, "-year,title"))
"""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Generic,
    NamedTuple,
    TypeVar,
    get_args,
    get_origin,
)

from restlette.http.json import STANDARD
from restlette.http.optional import load
from restlette.http.request import Request
from restlette.resources.models import (
    FieldError,
    Invalid,
    Model,
    model_for,
    plain,
)
from restlette.resources.models.adapters import ADAPTERS
from restlette.resources.pages import Page, reference

__all__ = [
    "Cursor",
    "CursorQuery",
    "Fields",
    "PageQuery",
    "Sort",
    "SortKey",
    "text_model",
]

if TYPE_CHECKING:
    import attrs

    from restlette.resources.models import shapes
else:
    attrs = load("attrs", "attrs", needed_by="restlette.resources.queries")
    shapes = load(
        "restlette.resources.models.shapes",
        "attrs",
        needed_by="restlette.resources.queries",
    )

T = TypeVar("T")
Item = TypeVar("Item")

MOST_PAGES: Final = 1_000_000
MOST_ITEMS: Final = 100


@attrs.frozen(kw_only=True)
class PageQuery:
    """Pages by number: `?page=3&size=20`.

    A class derived from it may say `size` anew, with other bounds.

    Attributes:
        page: the number of the page, 1 to a million.
        size: how many items a page has, 1 to 100.
    """

    page: int = attrs.field(
        default=1,
        validator=[attrs.validators.ge(1), attrs.validators.le(MOST_PAGES)],
    )
    size: int = attrs.field(
        default=20,
        validator=[attrs.validators.ge(1), attrs.validators.le(MOST_ITEMS)],
    )

    @property
    def offset(self) -> int:
        """How many items there are on the pages before."""
        return (self.page - 1) * self.size

    def page_of(
        self, items: Iterable[Item], request: Request, *, total: int | None = None
    ) -> Page[Item]:
        """Make the page that was asked for, with links to others.

        Args:
            items: those on the page.
            request: the request, whose other parameters the links keep.
            total: how many there are on all pages. Without it, a full page is taken to
                have a next one, and there is no link to the last.
        """
        items = list(items)
        last = None if total is None else max(1, -(-total // self.size))
        is_last = len(items) < self.size if last is None else self.page >= last
        numbers = {
            "first": 1,
            "prev": min(self.page - 1, last or self.page) or None,
            "next": None if is_last else self.page + 1,
            "last": last,
        }
        links = {
            relation: reference(request, page=number)
            for relation, number in numbers.items()
            if number is not None
        }
        return Page(items, total=total, links=links)


@attrs.frozen
class Cursor(Generic[T]):
    """A place in a list, told to clients as a text that means nothing to them.

    The text is neither secret nor signed: a client may make one up, with any position
    that the type of it allows.

    Attributes:
        position: what is needed to go on, such as the last item's key.
    """

    position: T

    def __str__(self) -> str:
        data = STANDARD.dumps(self.position)
        return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


@attrs.frozen(kw_only=True)
class CursorQuery(Generic[T]):
    """Pages by cursor: `?cursor=WyJEdW5lIiwzXQ&size=20`, the first one without.

    `CursorQuery[int]` and `CursorQuery[tuple[str, int]]` say what a position is.

    Attributes:
        cursor: where to go on, None at the beginning.
        size: how many items a page has, 1 to 100.
    """

    cursor: Cursor[T] | None = None
    size: int = attrs.field(
        default=20,
        validator=[attrs.validators.ge(1), attrs.validators.le(MOST_ITEMS)],
    )

    @property
    def position(self) -> T | None:
        """The position to go on from, None at the beginning."""
        return None if self.cursor is None else self.cursor.position

    def page_of(
        self,
        items: Iterable[Item],
        request: Request,
        *,
        next: T | None = None,
        prev: T | None = None,
        total: int | None = None,
    ) -> Page[Item]:
        """Make the page that was asked for, with links to others.

        Args:
            items: those on the page.
            request: the request, whose other parameters the links keep.
            next: the position of the next page, None where there is none.
            prev: the position of the one before, None where there is none, or no way
                to tell.
            total: how many there are on all pages, where somebody counts them.
        """
        links = {"first": reference(request, cursor=None)}
        for relation, position in (("prev", prev), ("next", next)):
            if position is not None:
                links[relation] = reference(request, cursor=Cursor(position))
        return Page(items, total=total, links=links)


# Names in a text ---------------------------------------------------------------------


def _fields(of: Any) -> list[shapes.Field]:
    shape = shapes.shape_of(of)
    if shape.kind != "object":
        raise TypeError(f"{shapes.described(of)} has no fields that could be named")
    return shapes.fields_of(shape)


def _keys(of: Any) -> dict[str, str]:
    """The attributes of a type by their names in JSON."""
    return {field.key: field.name for field in _fields(of)}


def _ordered_keys(of: Any) -> dict[str, str]:
    """The same, of those that have an order."""
    return {
        field.key: field.name
        for field in _fields(of)
        if _is_ordered(shapes.shape_of(field.annotation))
    }


def _is_ordered(shape: shapes.Shape) -> bool:
    if shape.kind == "union":
        members = [shapes.shape_of(each) for each in shape.arguments]
        return all(_is_ordered(each) for each in members)
    return shape.kind in ("leaf", "choice")


def _check_fields(value: Any, attribute: Any, text: str) -> None:
    _check_written(value, _keys, "")


def _check_sort(value: Any, attribute: Any, text: str) -> None:
    _check_written(value, _ordered_keys, "-")


def _check_written(
    value: Any, keys: Callable[[Any], Mapping[str, str]], sign: str
) -> None:
    """Refuse what a developer wrote."""
    if not value.text:
        return
    try:
        _check_words(value.text, keys(value.of), sign)
    except Invalid as exc:
        raise ValueError(f"{value!r}: {exc}") from exc


def _check_words(text: str, names: Mapping[str, str], sign: str) -> None:
    """Look at names separated by commas.

    Raises:
        Invalid: one of them is none, or is there twice.
    """
    # SECURITY: more words than names are wrong anyway, and not looked at.
    words = [word.removeprefix(sign) for word in text.split(",", len(names))]
    if not names.keys() >= set(words):
        offer = " or ".join(list(names)[:20])
        raise Invalid([FieldError((), "choice", f"This must name {offer}.")])
    if len(set(words)) < len(words):
        raise Invalid([FieldError((), "repeated", "A name is there more than once.")])


class SortKey(NamedTuple):
    """A part of an order.

    Attributes:
        name: of the attribute.
        descending: whether the greatest comes first.
    """

    name: str
    descending: bool = False


@attrs.frozen
class Fields(Generic[T]):
    """Which members of a resource a client wants: `?fields=title,author`.

    Only what the type declares can be named.

    Args:
        of: the type.
        text: the names as they stand in JSON, separated by commas; all of them where
            there is none.

    Raises:
        ValueError: the text names what is not there, or something twice.
        TypeError: the type has no fields.
    """

    of: type[T]
    text: str = attrs.field(default="", validator=_check_fields)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the members that are wanted."""
        return tuple(self.text.split(",") if self.text else _keys(self.of))

    def pick(self, value: T) -> dict[str, Any]:
        """Give the members that are wanted of a value, as JSON data."""
        data: dict[str, Any] = model_for(self.of).dump(value)
        return {name: data[name] for name in self.names if name in data}


@attrs.frozen
class Sort(Generic[T]):
    """An order that a client wants: `?sort=-year,title`, the latest year first.

    Only members that have an order can be named: those whose type is one value, such
    as a string, a number or a date. Iterating gives a `SortKey` for each.

    Args:
        of: the type.
        text: the names as they stand in JSON, separated by commas; `-` before a name
            is the opposite order.

    Raises:
        ValueError: the text names what is not there or has no order, or something
            twice.
        TypeError: the type has no fields.
    """

    of: type[T]
    text: str = attrs.field(default="", validator=_check_sort)

    def __iter__(self) -> Iterator[SortKey]:
        names = _ordered_keys(self.of)
        for word in self.text.split(",") if self.text else ():
            yield SortKey(names[word.removeprefix("-")], word.startswith("-"))


# What reads each of these types of a text --------------------------------------------


def _cursor_reader(of: Any) -> Callable[[str], Cursor[Any]]:
    model = model_for(of)

    def read(text: str) -> Cursor[Any]:
        try:
            padded = text + "=" * (-len(text) % 4)
            data = STANDARD.loads(b64decode(padded, b"-_", validate=True))
            return Cursor(model.load(data))
        except (ValueError, Invalid) as exc:
            error = FieldError((), "format", "This is none of our cursors.")
            raise Invalid([error]) from exc

    return read


def _fields_reader(of: Any) -> Callable[[str], Fields[Any]]:
    names = _keys(of)

    def read(text: str) -> Fields[Any]:
        _check_words(text, names, "")
        return Fields(of, text)

    return read


def _sort_reader(of: Any) -> Callable[[str], Sort[Any]]:
    names = _ordered_keys(of)

    def read(text: str) -> Sort[Any]:
        _check_words(text, names, "-")
        return Sort(of, text)

    return read


# What each of these texts is to a document --------------------------------------------

# ECMA-262 section 22.2.1, SyntaxCharacter: what has to be escaped in a pattern.
SYNTAX: Final = re.compile(r"[\^$\\.*+?()[\]{}|]")


def _cursor_schema(of: Any) -> dict[str, Any]:
    return {"type": "string", "format": "base64url"}


def _fields_schema(of: Any) -> dict[str, Any]:
    return _words_schema(_keys(of), "")


def _sort_schema(of: Any) -> dict[str, Any]:
    return _words_schema(_ordered_keys(of), "-?")


def _words_schema(names: Iterable[str], sign: str) -> dict[str, Any]:
    word = f"{sign}(?:{'|'.join(SYNTAX.sub(_escaped, name) for name in names)})"
    return {"type": "string", "pattern": f"^{word}(?:,{word})*$"}


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


SCHEMAS: Final[Mapping[Any, Callable[[Any], dict[str, Any]]]] = {
    Cursor: _cursor_schema,
    Fields: _fields_schema,
    Sort: _sort_schema,
}

READERS: Final[Mapping[Any, Callable[[Any], Callable[[str], Any]]]] = {
    Cursor: _cursor_reader,
    Fields: _fields_reader,
    Sort: _sort_reader,
}


def text_model(annotation: Any) -> Model | None:
    """The model of `Cursor[int]`, `Fields[Book]` or `Sort[Book]`.

    Raises:
        TypeError: it does not say of what, or of what has no fields.
    """
    origin = get_origin(annotation) or annotation
    if not isinstance(origin, type) or origin not in READERS:
        return None
    if not get_args(annotation):
        raise TypeError(f"{origin.__name__} of what? Write {origin.__name__}[...]")
    of = get_args(annotation)[0]
    read = READERS[origin](of)

    def load_text(data: Any, _: Any = None) -> Any:
        return read(plain.load_str(data))

    return Model(
        annotation,
        load=load_text,
        load_strings=plain.nameless,
        dump=_text_of,
        no_query=plain.NAMELESS,
        load_text=load_text,
        taken_schema=partial(SCHEMAS[origin], of),
    )


def _text_of(value: Any) -> str:
    return value.text if isinstance(value, Fields | Sort) else str(value)


# Nothing that is kept is stale: the types are as new as their adapter.
ADAPTERS.append(text_model)
