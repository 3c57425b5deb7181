"""Which parts of a request become which parameters of a handler.

The story starts at `bind`, called once for each handler when it is registered: the
first positional parameter is the request, whatever its name; the others are known by
name. The result, a `Binding`, is what the pipeline goes by, so that nothing about a
function is looked up while a request waits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from restlette.http.conditional import Preconditions
from restlette.resources.annotations import (
    AnnotationError,
    defining_class,
    is_open,
    names_of_function,
    resolve,
    substitute,
    type_arguments,
)
from restlette.resources.models import Model, form_model_for, model_for
from restlette.resources.parameters import Parameters, parameters_of
from restlette.resources.parts import PARTS, PLACES, REQUIRED, Part
from restlette.resources.representation import UNANNOTATED, Returns, returns_of
from restlette.suggestions import did_you_mean

__all__ = ["Binding", "bind", "names_asked"]


class Binding:
    """How a handler is called.

    Attributes:
        where: its class and name, for errors.
        path: the path parameters that it takes.
        takes_all_path: whether it takes the others too, in `**kwargs`.
        parts: the other parts of the request that it takes, by name.
        takes_preconditions: whether it takes the request's preconditions.
        returns: what its return annotation says.
    """

    __slots__ = (
        "parts",
        "path",
        "returns",
        "takes_all_path",
        "takes_preconditions",
        "where",
    )

    def __init__(
        self,
        where: str,
        *,
        path: tuple[str, ...] = (),
        takes_all_path: bool = False,
        parts: Mapping[str, Part] | None = None,
        takes_preconditions: bool = False,
        returns: Returns = UNANNOTATED,
    ) -> None:
        self.where: str = where
        self.path: tuple[str, ...] = path
        self.takes_all_path: bool = takes_all_path
        self.parts: Mapping[str, Part] = parts or {}
        self.takes_preconditions: bool = takes_preconditions
        self.returns: Returns = returns

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of all parts that it takes, beside those of the path."""
        last = ("preconditions",) if self.takes_preconditions else ()
        return (*self.parts, *last)

    def __repr__(self) -> str:
        parts = ", ".join((*self.path, *self.wanted))
        return f"Binding({self.where!r}: {parts or 'the request alone'})"


def bind(
    function: Callable[..., Any], owner: type | None, path_names: Collection[str]
) -> Binding:
    """Plan how a handler is called.

    A handler that is local to a function, or belongs to a class that is, has to be
    bound before that function returns if it has string annotations with local names; a
    class that derives from `Injected` has kept them.

    Args:
        function: the function, as it stands in the class; decorators that use
            `functools.wraps` are looked through.
        owner: the class of the resource, or None for a function on its own.
        path_names: the parameters of the path that leads here.

    Raises:
        TypeError: a parameter has a name that nothing in a request goes by, or an
            annotation that cannot be resolved or has no model.
        MissingExtra: a model needs a package that is not installed.
    """
    parameters = parameters_of(function, skip=0 if owner is None else 1)
    where = _where(function, owner)
    if parameters is None:
        return Binding(where, takes_all_path=True)
    names = _names(parameters, path_names, where)
    annotations = _annotations(parameters, owner, names, where)
    wanted = [part for part in PARTS if part in names and part not in path_names]
    takes_preconditions = "preconditions" in wanted
    if takes_preconditions:
        wanted.remove("preconditions")
        _check_preconditions(annotations, where)
    if "body" in wanted and "form" in wanted:
        raise TypeError(
            f"{where} takes a body and a form, and there is one content: ask for the "
            "one that it is"
        )
    return Binding(
        where,
        path=tuple(name for name in names if name in path_names),
        takes_all_path=parameters.any_keyword,
        parts={
            name: Part(
                _model(annotations.get(name, Any), name, f"{where}({name})"),
                parameters.defaults.get(name, REQUIRED),
            )
            for name in wanted
        },
        takes_preconditions=takes_preconditions,
        returns=_returns(annotations, where),
    )


def names_asked(
    function: Callable[..., Any], owner: type, path_names: Collection[str]
) -> tuple[str, ...]:
    """The names that a function of a class asks for, after the request.

    Raises:
        TypeError: one of them is a name that nothing in a request goes by.
    """
    parameters = parameters_of(function, skip=1)
    if parameters is None:
        return ()
    return _names(parameters, path_names, _where(function, owner))


def _where(function: Callable[..., Any], owner: type | None) -> str:
    name = getattr(function, "__name__", None) or type(function).__name__
    return name if owner is None else f"{owner.__qualname__}.{name}"


def _names(
    parameters: Parameters, path_names: Collection[str], where: str
) -> tuple[str, ...]:
    """The parameters that go by name: all but the first."""
    positional, keyword_only = parameters.positional, parameters.keyword_only
    if not positional and not parameters.any_positional:
        raise TypeError(
            f"{where} takes no request: its first parameter, whatever the name, is "
            "given one"
        )
    names = positional[1:] + keyword_only
    for name in names:
        if name not in path_names and name not in PARTS:
            offer = ", ".join((*path_names, *PARTS))
            raise TypeError(
                f"{where}: nothing in a request is called {name!r}"
                f"{did_you_mean(name, (*path_names, *PARTS))}; on offer: {offer}"
            )
    if parameters.nameless > 1:
        raise TypeError(
            f"{where}: {positional[1]!r} is given by name, so it cannot stand before "
            "the / of positional-only parameters"
        )
    return names


def _annotations(
    parameters: Parameters, owner: type | None, names: tuple[str, ...], where: str
) -> Mapping[str, Any]:
    """The annotations that say something: of the request's parts, and the result."""
    function = parameters.function
    written = {
        name: annotation
        for name, annotation in function.__annotations__.items()
        if name == "return" or (name in PARTS and name in names)
    }
    # PERF: nothing has to be looked up where classes are written as such.
    if all(isinstance(annotation, type) for annotation in written.values()):
        return written
    space = names_of_function(function, owner, written)
    try:
        resolved = {name: resolve(each, space) for name, each in written.items()}
    except AnnotationError as exc:
        raise TypeError(f"{where}: {exc}") from exc
    # PERF: few handlers are generic, and the classes that are take a while to read.
    if owner is None or not any(map(is_open, resolved.values())):
        return resolved
    origin = defining_class(function, owner) or owner
    arguments = type_arguments(owner).get(origin, {})
    return {name: substitute(each, arguments) for name, each in resolved.items()}


def _model(annotation: Any, part: str, where: str) -> Model:
    try:
        model = (form_model_for if part == "form" else model_for)(annotation)
    except TypeError as exc:
        raise TypeError(f"{where}: {exc}") from exc
    if part in PLACES and model.no_query is not None:
        raise TypeError(f"{where}: {model.no_query}")
    return model


def _check_preconditions(annotations: Mapping[str, Any], where: str) -> None:
    annotation = annotations.get("preconditions", Preconditions)
    if annotation is not Preconditions:
        raise TypeError(
            f"{where}(preconditions) is annotated {annotation!r}: what is given under "
            "that name is a restlette.Preconditions"
        )


def _returns(annotations: Mapping[str, Any], where: str) -> Returns:
    if "return" not in annotations:
        return UNANNOTATED
    try:
        return returns_of(annotations["return"])
    except TypeError as exc:
        raise TypeError(f"{where} -> {annotations['return']}: {exc}") from exc
