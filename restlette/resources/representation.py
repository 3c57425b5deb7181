"""What a handler gives back: content, and what it says about it.

The story starts at `Reply`, content together with a status and fields; `Created` and
`Accepted` are its kinds. All are values that a test can compare. `returns_of` reads a
handler's return annotation: what the content is, and whether there may be none.
A `Representation` is one of the forms that content is sent in.
"""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from functools import lru_cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    NamedTuple,
    Never,
    NoReturn,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from restlette.http.headers import encode_name, encode_value
from restlette.http.json import STANDARD
from restlette.http.media import MediaType
from restlette.http.response import Response
from restlette.http.streams import NDJSON, EventStream, ItemStream, ServerSentEvent
from restlette.resources.models import Model, is_plain, model_for
from restlette.resources.models.adapters import adapted
from restlette.resources.uri import Ref

__all__ = [
    "JSON",
    "Accepted",
    "Created",
    "Decode",
    "Encode",
    "Given",
    "Reply",
    "Representation",
    "Returns",
    "SeeOther",
    "returns_of",
]

T = TypeVar("T")

Cookies = Mapping[str, str | Mapping[str, Any]]
Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]


class Representation:
    """A form of content: a media type, and what makes the bytes.

    Args:
        media_type: as in a Content-Type field, `text/csv; charset=utf-8`.
        encode: makes the bytes of content; a model has turned it into JSON data.
        decode: makes JSON data of the bytes of a request's content, which the model of
            the handler's `body` then reads. It raises `ValueError` for bytes that are
            none of this media type, which is 400. Without it, the resource takes no
            content of this type.

    Raises:
        ValueError: the media type is malformed.
    """

    __slots__ = ("decode", "encode", "media_type")

    def __init__(
        self, media_type: str, encode: Encode, decode: Decode | None = None
    ) -> None:
        self.media_type: str = MediaType.from_header(media_type).to_header()
        self.encode: Encode = encode
        self.decode: Decode | None = decode

    def __repr__(self) -> str:
        return f"Representation({self.media_type!r}, {self.encode!r})"


JSON = Representation("application/json", STANDARD.dumps, STANDARD.loads)
"""JSON, which every resource has unless it says something else. The application's
codec writes and reads it in the place of the standard library's."""


class Reply(Generic[T]):
    """Content, with the status and the fields that it is sent with.

    Two replies are equal when they are of one kind and all their parts are.

    Args:
        content: what is encoded; `None` is no content.
        status_code: 200 to 599.
        headers: fields of the response.
        cookies: cookies to set, by name: a value, or the arguments of
            `Response.set_cookie` as a mapping.
        background: what runs after the response was sent.

    Raises:
        ValueError: the status or a field cannot be sent.
    """

    __slots__ = ("background", "content", "cookies", "headers", "status_code")

    # The status of a kind that has always the same.
    STATUS: ClassVar[int | None] = None

    # Kinds that say where something is have one.
    location: str | Ref | None = None

    def __init__(
        self,
        content: T | None = None,
        *,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        cookies: Cookies | None = None,
        background: Callable[[], Any] | None = None,
    ) -> None:
        if not 200 <= status_code <= 599:
            raise ValueError(f"a reply's status is 200 to 599, not {status_code!r}")
        self.content: T | None = content
        self.status_code: int = status_code
        self.headers: dict[str, str] = _checked(headers) if headers else {}
        self.cookies: Cookies = dict(cookies) if cookies else {}
        self.background: Callable[[], Any] | None = background

    @classmethod
    def content_type(cls, argument: Any) -> Any:
        """The annotation of the content, of what stands in the brackets of a kind."""
        return argument

    def _parts(self) -> dict[str, Any]:
        """The arguments that would make an equal value, those with a value only."""
        parts: dict[str, Any] = {"status_code": self.status_code}
        if self.status_code == 200:
            del parts["status_code"]
        for name in ("headers", "cookies", "background"):
            if getattr(self, name):
                parts[name] = getattr(self, name)
        return parts

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reply) or type(self) is not type(other):
            return NotImplemented
        return bool(self.content == other.content and self._parts() == other._parts())

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # content may change

    def __repr__(self) -> str:
        content = [] if self.content is None else [repr(self.content)]
        parts = [f"{name}={value!r}" for name, value in self._parts().items()]
        return f"{type(self).__name__}({', '.join(content + parts)})"


class _Located(Reply[T]):
    """A reply that says where something is."""

    __slots__ = ("location",)

    def __init__(
        self,
        content: T | None = None,
        *,
        location: str | Ref | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Cookies | None = None,
        background: Callable[[], Any] | None = None,
    ) -> None:
        # PERF: what super().__init__ does, without the call; its status needs no check.
        self.content: T | None = content
        self.status_code: int = self.STATUS or 200
        self.headers: dict[str, str] = _checked(headers) if headers else {}
        self.cookies: Cookies = dict(cookies) if cookies else {}
        self.background = background
        if location is not None and "location" in self.headers:
            raise ValueError("the location is given twice, the second time in headers")
        if isinstance(location, str):
            encode_value("location", location)
        self.location: str | Ref | None = location

    def _parts(self) -> dict[str, Any]:
        parts = super()._parts()
        del parts["status_code"]
        return parts if self.location is None else {"location": self.location, **parts}


class Created(_Located[T]):
    """201: the request has made a resource.

    Args:
        content: what is encoded: the new resource, most of the time.
        location: its URI or its `Ref`; without one it is the target URI of the request.
        headers: fields of the response.
        cookies: cookies to set, see `Reply`.
        background: what runs after the response was sent.
    """

    # RFC 9110 section 15.3.2: the resource made is identified by Location or, if there
    # is none, by the target URI. So it is not mandatory.
    __slots__ = ()
    STATUS: ClassVar[int | None] = 201


class Accepted(_Located[T]):
    """202: the request was accepted and is not done yet.

    Args:
        content: what is encoded: how far it is, or where to ask.
        location: the URI or the `Ref` of something that tells how far it is.
        headers: fields of the response.
        cookies: cookies to set, see `Reply`.
        background: what runs after the response was sent.
    """

    __slots__ = ()
    STATUS: ClassVar[int | None] = 202


class SeeOther(_Located[None]):
    """303: the answer is elsewhere, to be had by GET.

    Args:
        location: its URI or its `Ref`.
        headers: fields of the response.
        cookies: cookies to set, see `Reply`.
        background: what runs after the response was sent.
    """

    # RFC 9110 section 15.4.4.
    __slots__ = ()
    STATUS: ClassVar[int | None] = 303

    def __init__(
        self,
        location: str | Ref,
        *,
        headers: Mapping[str, str] | None = None,
        cookies: Cookies | None = None,
        background: Callable[[], Any] | None = None,
    ) -> None:
        super().__init__(
            location=location, headers=headers, cookies=cookies, background=background
        )

    @classmethod
    def content_type(cls, argument: Any) -> Any:
        """The annotation of the content, of which there is none."""
        return None


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Fields by lower-cased name, known to be fit for sending."""
    return {
        encode_name(name).decode("ascii"): encode_value(name, value).decode("latin-1")
        for name, value in headers.items()
    }


class Given(NamedTuple):
    """One of the things that a handler may return, as its annotation says.

    Attributes:
        kind: the class of the result, such as `Created` or `Response`; None where it
            is content as it stands, or nothing.
        status: its status; None where the result itself decides.
        content: the annotation of its content, `None` for no content, `Any` where it
            is unknown.
    """

    kind: type | None
    status: int | None
    content: Any


class Returns(NamedTuple):
    """What a return annotation says.

    Attributes:
        none_ok: the handler may return `None`, which is 204.
        typed: it says what the content is.
        model: writes the content; None where it is JSON data as it stands, or unknown.
        content: the annotation of the content, `Any` where it is unknown.
        statuses: those that a result may have, as far as the annotation tells.
        streams: what a stream of items may be sent as; empty where it is none.
        item: writes an item of the stream; None where it is JSON data as it stands.
        given: each of the things that may be returned, a stream left aside.
        item_type: the annotation of an item.
    """

    none_ok: bool = False
    typed: bool = False
    model: Model | None = None
    content: Any = Any
    statuses: tuple[int, ...] = (200,)
    streams: tuple[type[ItemStream[Any]], ...] = ()
    item: Model | None = None
    given: tuple[Given, ...] = ()
    item_type: Any = Any


UNANNOTATED = Returns()


@lru_cache(maxsize=1024)
def returns_of(annotation: Any) -> Returns:
    """Read the return annotation of a handler.

    Args:
        annotation: what `resolve` made of it: `Book`, `None`, `Created[Book]`, `Reply`,
            a Response class, `AsyncIterator[Book]`, or a union of such.

    Raises:
        TypeError: the content has no form in JSON.
        MissingExtra: its model needs a package that is not installed.
    """
    annotation, extras = _without_schema(annotation)
    contents: dict[Any, None] = {}
    statuses: dict[int, None] = {}
    streams: dict[type[ItemStream[Any]], None] = {}
    items: dict[Any, None] = {}
    given: list[Given] = []
    is_iterator = False
    for member in _members(annotation):
        kinds, each = _split_stream(member)
        if kinds:
            streams.update(dict.fromkeys(kinds))
            items[each] = None
        if (get_origin(member) or member) in ITERATORS:
            is_iterator = True
            statuses[200] = None
            continue
        kind, content = _split(member)
        if kind is not None:
            statuses[kind] = None
        if content not in NOTHING:
            contents[content] = None
        if not kinds:
            given.append(_given(member, kind, content, extras))
    if contents and is_iterator:
        raise TypeError("a result is either content or a stream of items")
    typed = bool(contents) and Any not in contents
    content = _union(contents) if typed else Any
    item = _union(items) if items else Any
    if extras:
        if contents:
            content, typed = Annotated[(content, *extras)], True
        elif items:
            item = Annotated[(item, *extras)]
        else:
            raise TypeError(f"{extras[0]!r} is for content, of which there is none")
    return Returns(
        none_ok=NoneType in _members(annotation),
        typed=typed or is_iterator,
        model=_model_of(content),
        content=content,
        statuses=tuple(statuses),
        streams=tuple(streams),
        item=_model_of(item),
        given=tuple(given),
        item_type=item,
    )


def _given(
    member: Any, status: int | None, content: Any, extras: tuple[Any, ...]
) -> Given:
    cls = get_origin(member) or member
    is_answer = isinstance(cls, type) and issubclass(cls, Response | Reply)
    if content in NOTHING:
        content = None
    elif extras:
        content = Annotated[(content, *extras)]
    return Given(cls if is_answer else None, status, content)


def _without_schema(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Take off what says how the content is written, wherever the content stands.

    So `Annotated[Created[dict], BookSchema]` is `Created[Annotated[dict, BookSchema]]`.
    """
    if get_origin(annotation) is Annotated and adapted(annotation) is not None:
        return annotation.__origin__, annotation.__metadata__
    return annotation, ()


def _union(members: Iterable[Any]) -> Any:
    return Union[tuple(members)]  # noqa: UP007


def _model_of(content: Any) -> Model | None:
    """What writes content; None where it is JSON data as it stands."""
    return None if is_plain(content) else model_for(content)


# A handler with one of these gives items one by one.
ITERATORS = (AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterator)


def _split_stream(annotation: Any) -> tuple[tuple[type[ItemStream[Any]], ...], Any]:
    """What a stream of items may be sent as, and the item; nothing if it is none."""
    kind = get_origin(annotation) or annotation
    item = (*get_args(annotation), Any)[0]
    if kind in ITERATORS:
        kinds: tuple[type[ItemStream[Any]], ...] = (NDJSON, EventStream)
    elif isinstance(kind, type) and issubclass(kind, ItemStream):
        kinds = (kind,)
    else:
        return (), None
    if (get_origin(item) or item) is ServerSentEvent:
        # Nothing else has a form for one.
        if kind in ITERATORS:
            kinds = (EventStream,)
        item = (*get_args(item), Any)[0]
    return kinds, item


# What is no content.
NOTHING = (None, NoneType, NoReturn, Never)


def _members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) in (Union, UnionType):
        return get_args(annotation)
    return (annotation,)


def _split(annotation: Any) -> tuple[int | None, Any]:
    """The status and the content that one member of a return annotation stands for."""
    kind = get_origin(annotation) or annotation
    if annotation in NOTHING:
        return (204 if annotation is NoneType else None), None
    if not isinstance(kind, type):
        return 200, annotation
    if issubclass(kind, Response):
        return None, None
    if not issubclass(kind, Reply):
        return 200, Any if annotation is object else annotation
    content = kind.content_type((*get_args(annotation), Any)[0])
    return kind.STATUS, content
