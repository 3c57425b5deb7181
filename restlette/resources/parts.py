"""The parts of a request that a handler asks for by name, beside those of its path.

The story starts at `PARTS`. `StringsPart` reads those that are strings with names: the
query, the header fields, the cookies, and a form, which has files among its strings.
What is content has to be waited for, which the pipeline does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from restlette.http.forms import FormData, UploadFile
from restlette.http.methods import is_token
from restlette.http.request import Request
from restlette.resources.models import Invalid, Model, Strings

__all__ = [
    "PARTS",
    "PLACES",
    "REQUIRED",
    "Part",
    "Place",
    "StringsPart",
    "form_strings",
]

PARTS: Final = ("body", "form", "query", "headers", "cookies", "preconditions")
"""The parts that a parameter may be named after."""


class _Required:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final[Any] = _Required()


class Part(NamedTuple):
    """A part of a request that a handler asks for.

    Attributes:
        model: what reads it.
        default: what it is when there is none, or `REQUIRED`.
    """

    model: Model
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        """Whether a request without it is an error."""
        return self.default is REQUIRED


def _query(request: Request, names: Mapping[str, str] | None) -> Strings:
    # All of it: a parameter that the model does not know is an error.
    params = request.query_params
    return {name: params.getlist(name) for name in params}


def _headers(request: Request, names: Mapping[str, str] | None) -> Strings:
    found: dict[str, list[str]] = {}
    for name, value in request.headers.raw:
        found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    if names is None:
        return found
    return {key: found[name] for key, name in names.items() if name in found}


def _cookies(request: Request, names: Mapping[str, str] | None) -> Strings:
    cookies = request.cookies
    keys = cookies if names is None else names
    return {key: [cookies[key]] for key in keys if key in cookies}


def form_strings(form: FormData, request: Request) -> Strings:
    """Give the fields of a form, all values of each.

    Args:
        form: The form, read.
        request: The request. A field that a middleware has put into the form to know it
            again (`scope["csrf_field"]`) is that middleware's, and left out.
    """
    # All of it, as of a query.
    found: dict[str, list[Any]] = {}
    middlewares_own = request.scope.get("csrf_field")
    for name, value in form.multi_items():
        if name != middlewares_own and not _is_left_empty(value):
            found.setdefault(name, []).append(value)
    return found


def _fields(request: Request, names: Mapping[str, str] | None) -> Strings:
    form = request.read_form
    return {} if form is None else form_strings(form, request)


def _is_left_empty(value: str | UploadFile) -> bool:
    """Whether it is what browsers send where no file was chosen."""
    # HTML, "constructing the entry list": a file of an empty name and no bytes.
    return isinstance(value, UploadFile) and not value.filename and not value.size


def _field_name(key: str) -> str:
    """The name of a header field, by that of an attribute."""
    name = key.replace("_", "-").lower()
    if not is_token(name):
        raise TypeError(f"{key!r} names no header field: it is no token")
    return name


class Place(NamedTuple):
    """Where in a request, or in its form, there are strings with names.

    Attributes:
        word: what it is called in errors, as OpenAPI calls it.
        gather: gives the strings, those of the names that it is given or all.
        spell: the name there, by that of a field.
    """

    word: str
    gather: Callable[[Request, Mapping[str, str] | None], Strings]
    spell: Callable[[str], str] = str


PLACES: Final[Mapping[str, Place]] = {
    "query": Place("query", _query),
    "headers": Place("header", _headers, _field_name),
    "cookies": Place("cookie", _cookies),
    "form": Place("form", _fields),
}
"""The parts that are strings with names."""


class StringsPart:
    """What reads a part that is strings with names.

    Other header fields and other cookies than those that the model names are not looked
    at, for some are always there. In a query and in a form they are errors.

    Args:
        name: `query`, `headers`, `cookies` or `form`.
        part: the model, and the default.

    Raises:
        TypeError: the model has a name that no header field can have, or two of one.
    """

    __slots__ = ("_gather", "_load", "_names", "_required", "name", "word")

    def __init__(self, name: str, part: Part) -> None:
        place = PLACES[name]
        self.name: str = name
        self.word: str = place.word
        self._gather = place.gather
        self._load = part.model.load_strings
        self._required = part.required
        self._names: Mapping[str, str] | None = None
        if part.model.names is not None:
            self._names = {key: place.spell(key) for key in part.model.names}
            if len(set(self._names.values())) < len(self._names):
                raise TypeError(
                    f"two of {', '.join(self._names)} are one {place.word}: header "
                    "fields have no case, and _ stands for -"
                )

    def read(self, request: Request, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        """Read the part, and add it to the handler's arguments.

        Args:
            request: the request; its form has been read, where that is the part.
            arguments: the handler's.

        Returns:
            All that is wrong with it, as entries of a problem's list.
        """
        strings = self._gather(request, self._names)
        if not strings and not self._required:
            return []
        try:
            arguments[self.name] = self._load(strings)
        except Invalid as exc:
            names = self._names or {}
            return [
                error._replace(
                    path=tuple(names.get(str(step), step) for step in error.path)
                ).at(self.word)
                for error in exc.errors
            ]
        return []
