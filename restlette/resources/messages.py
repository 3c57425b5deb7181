"""What the methods of a WebSocketEndpoint are given, and what they give.

The story starts at `Plan.of`, called once for each class: which parameters of the path
each method takes, by name; what makes the data of `on_receive` from JSON; what makes
JSON of the items of `stream`. Whatever makes no sense is an error there, and whatever
does not fit the path is one in `Plan.check`, when the class is registered.
"""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Mapping,
)
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from restlette.http.websocket import WebSocket
from restlette.resources.annotations import (
    AnnotationError,
    defining_class,
    names_of_function,
    resolve,
    substitute,
    type_arguments,
)
from restlette.resources.models import Model, is_plain, model_for
from restlette.resources.parameters import Parameters, parameters_of
from restlette.suggestions import did_you_mean

__all__ = ["Names", "Plan", "check_names", "names_taken"]

# The path's parameters that a function takes by name; None is all of them.
Names = tuple[str, ...] | None

# What each method is given by position.
GIVEN: Mapping[str, tuple[str, ...]] = {
    "on_connect": ("websocket",),
    "on_receive": ("websocket", "data"),
    "on_disconnect": ("websocket", "close_code"),
    "on_invalid": ("websocket", "exc"),
    "stream": ("websocket",),
}

# What a message is without a model, by the encoding of the class.
KINDS: Mapping[str | None, tuple[type, ...]] = {
    "text": (str,),
    "bytes": (bytes,),
    None: (str, bytes),
}

ITERATORS = (AsyncIterator, AsyncGenerator, AsyncIterable)

NOTHING: Mapping[str, Any] = {}


class Plan(NamedTuple):
    """How the methods of one class are called.

    Attributes:
        where: The class's name, for errors.
        names: What each method takes of the path.
        streams: Whether the class pushes items of its own.
        load: Makes the data of `on_receive` of JSON data; None leaves it as it is.
        dump: Makes JSON data of the items of `stream`; None leaves them as they are.
    """

    where: str
    names: Mapping[str, Names]
    streams: bool
    load: Callable[[Any], Any] | None
    dump: Callable[[Any], Any] | None

    @classmethod
    def of(cls, owner: type, base: type, *, decodes_itself: bool) -> Plan:
        """Work out how the methods of a class are called.

        Args:
            owner: The class.
            base: The class whose methods do nothing with the path.
            decodes_itself: Whether `decode` is the class's own, so that what
                `on_receive` is given is its affair.

        Raises:
            TypeError: A method lacks a parameter, or an annotation has no meaning.
            MissingExtra: A model needs a package that is not installed.
        """
        own = {
            name: getattr(owner, name)
            for name in GIVEN
            if getattr(owner, name) is not getattr(base, name)
        }
        where = owner.__qualname__
        names: dict[str, Names] = dict.fromkeys(GIVEN, ())
        for name, function in own.items():
            names[name] = names_taken(function, owner, GIVEN[name], f"{where}.{name}")
        model = None
        if "on_receive" in own and not decodes_itself:
            model = _model_of_data(own["on_receive"], owner)
        items = _model_of_items(own["stream"], owner) if "stream" in own else None
        return cls(
            where,
            names,
            "stream" in own,
            None if model is None else model.load,
            None if items is None else items.dump,
        )

    def check(self, path_names: Collection[str]) -> None:
        """Hold the methods to the path that leads to the class.

        Raises:
            TypeError: A method takes what is not in the path.
        """
        for name, names in self.names.items():
            check_names(names, path_names, f"{self.where}.{name}")

    def given(self, method: str, websocket: WebSocket) -> Mapping[str, Any]:
        """Give what a method is given by name.

        Args:
            method: Its name.
            websocket: The connection, with the parameters of the path.
        """
        names = self.names[method]
        if names == ():
            return NOTHING
        params = websocket.path_params
        return params if names is None else {name: params[name] for name in names}

    def form_of(self, item: Any) -> Any:
        """Give what is sent of an item of the stream.

        Raises:
            TypeError: It is not what the annotation says.
        """
        if self.dump is None:
            return item
        try:
            return self.dump(item)
        except TypeError as exc:
            raise TypeError(
                f"{self.where}.stream yielded what has no form: {exc}"
            ) from exc


def names_taken(
    function: Callable[..., Any],
    owner: type | None,
    given: tuple[str, ...],
    where: str,
) -> Names:
    """Give the path's parameters that a function takes by name.

    Args:
        function: The function, as it stands in the class.
        owner: The class; None for a function on its own.
        given: What it is given by position, in words.
        where: Its name, for errors.

    Raises:
        TypeError: It does not take what it is given.
    """
    parameters = parameters_of(function, skip=0 if owner is None else 1)
    if parameters is None:
        return ()
    positional, count = parameters.positional, len(given)
    if len(positional) < count and not parameters.any_positional:
        raise TypeError(
            f"{where} takes {len(positional)} of the {count} that it is given: write "
            f"`async def {where.rpartition('.')[2]}"
            f"({', '.join(('self', *given) if owner else given)})`."
        )
    if parameters.nameless > count:
        raise TypeError(
            f"{where}: {positional[count]!r} is given by name, so it cannot stand "
            "before the / of positional-only parameters."
        )
    if parameters.any_keyword:
        return None
    return positional[count:] + parameters.keyword_only


def check_names(names: Names, path_names: Collection[str], where: str) -> None:
    """Hold what a function takes by name to what the path has.

    Raises:
        TypeError: The path has no such parameter.
    """
    for name in names or ():
        if name not in path_names:
            raise TypeError(
                f"{where}: nothing in the path is called {name!r}"
                f"{did_you_mean(name, path_names)}; on offer: "
                f"{', '.join(path_names) or 'nothing, for it has no parameters'}."
            )


def _model_of_data(function: Callable[..., Any], owner: Any) -> Model | None:
    """Give the model of what on_receive is given, if there is one."""
    parameters = parameters_of(function, skip=1)
    if parameters is None or len(parameters.positional) < 2:
        return None
    name = parameters.positional[1]
    where = f"{owner.__qualname__}.on_receive({name})"
    annotation = _annotation(parameters, owner, name, where)
    return _model(annotation, owner.encoding, where)


def _model_of_items(function: Callable[..., Any], owner: Any) -> Model | None:
    """Give the model of what a stream yields, if there is one."""
    where = f"{owner.__qualname__}.stream"
    parameters = parameters_of(function, skip=1)
    if parameters is None:
        return None
    annotation = _annotation(parameters, owner, "return", where)
    if annotation is Any:
        return None
    if (get_origin(annotation) or annotation) not in ITERATORS:
        raise TypeError(
            f"{where} -> {annotation}: write `async def stream(self, websocket) -> "
            "AsyncIterator[Item]`, with a yield in it."
        )
    item = (*get_args(annotation), Any)[0]
    model = _model(item, owner.encoding, f"{where} (its items)")
    return None if is_plain(item) else model


def _model(annotation: Any, encoding: str | None, where: str) -> Model | None:
    """Give the model of an annotation, if the encoding has room for one."""
    if annotation is Any or annotation is object:
        return None
    if encoding == "json":
        try:
            return model_for(annotation)
        except TypeError as exc:
            raise TypeError(f"{where}: {exc}") from exc
    kinds = KINDS[encoding]
    is_union = get_origin(annotation) in (Union, UnionType)
    members = get_args(annotation) if is_union else (annotation,)
    if not set(members) <= {*kinds}:
        names = " or ".join(kind.__name__ for kind in kinds)
        raise TypeError(
            f"{where} is annotated {annotation}, but with the encoding {encoding!r} a "
            f"message is {names}. Write encoding = 'json' for what a model makes."
        )
    return None


def _annotation(parameters: Parameters, owner: type, name: str, where: str) -> Any:
    """Give the annotation of a parameter, resolved; Any without one."""
    function = parameters.function
    written = function.__annotations__.get(name, Any)
    if written is Any:
        return Any
    try:
        space = names_of_function(function, owner, {name: written})
        resolved = resolve(written, space)
    except AnnotationError as exc:
        raise TypeError(f"{where}: {exc}") from exc
    origin = defining_class(function, owner) or owner
    return substitute(resolved, type_arguments(owner).get(origin, {}))
