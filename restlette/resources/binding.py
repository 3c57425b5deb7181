"""Which parts of a request become which parameters of a handler.

The story starts at `bind`, called once for each handler when it is registered: the
first positional parameter is the request, whatever its name; the others are known by
name. The result, a `Binding`, is what the pipeline goes by, so that nothing about a
function is looked up while a request waits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from restlette.resources.annotations import (
    AnnotationError,
    defining_class,
    is_open,
    names_of_function,
    resolve,
    substitute,
    type_arguments,
)
from restlette.resources.models import Model, model_for
from restlette.resources.parameters import Parameters, parameters_of
from restlette.resources.representation import UNANNOTATED, Returns, returns_of
from restlette.suggestions import did_you_mean

__all__ = ["REQUIRED", "Binding", "bind"]

# The parts of a request, beside those of its path, that a parameter may be named after.
PARTS = ("body", "query")


class _Required:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final[Any] = _Required()


class Binding:
    """How a handler is called.

    Attributes:
        where: its class and name, for errors.
        path: the path parameters that it takes.
        takes_all_path: whether it takes the others too, in `**kwargs`.
        body: the model of the content, if it takes one.
        body_default: what `body` is when there is no content, or `REQUIRED`.
        query: the model of the query, if it takes one.
        query_default: what `query` is when there is no query, or `REQUIRED`.
        returns: what its return annotation says.
    """

    __slots__ = (
        "body",
        "body_default",
        "path",
        "query",
        "query_default",
        "returns",
        "takes_all_path",
        "where",
    )

    def __init__(
        self,
        where: str,
        *,
        path: tuple[str, ...] = (),
        takes_all_path: bool = False,
        body: Model | None = None,
        body_default: Any = REQUIRED,
        query: Model | None = None,
        query_default: Any = REQUIRED,
        returns: Returns = UNANNOTATED,
    ) -> None:
        self.where = where
        self.path = path
        self.takes_all_path = takes_all_path
        self.body = body
        self.body_default = body_default
        self.query = query
        self.query_default = query_default
        self.returns = returns

    @property
    def body_required(self) -> bool:
        """Whether a request without content is an error."""
        return self.body is not None and self.body_default is REQUIRED

    def __repr__(self) -> str:
        parts = [*self.path, *(part for part in PARTS if getattr(self, part))]
        return f"Binding({self.where!r}: {', '.join(parts) or 'the request alone'})"


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
    name = getattr(function, "__name__", None) or type(function).__name__
    where = name if owner is None else f"{owner.__qualname__}.{name}"
    if parameters is None:
        return Binding(where, takes_all_path=True)
    names = _names(parameters, path_names, where)
    annotations = _annotations(parameters, owner, names, where)
    models = {
        part: _model(annotations.get(part, Any), part, f"{where}({part})")
        for part in PARTS
        if part in names and part not in path_names
    }
    defaults = parameters.defaults
    return Binding(
        where,
        path=tuple(name for name in names if name in path_names),
        takes_all_path=parameters.any_keyword,
        body=models.get("body"),
        body_default=defaults.get("body", REQUIRED),
        query=models.get("query"),
        query_default=defaults.get("query", REQUIRED),
        returns=_returns(annotations, where),
    )


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
    """The annotations that say something: of the body, the query, and the result."""
    function = parameters.function
    written = {
        name: annotation
        for name, annotation in function.__annotations__.items()
        if name == "return" or (name in PARTS and name in names)
    }
    if not written:
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
        model = model_for(annotation)
    except TypeError as exc:
        raise TypeError(f"{where}: {exc}") from exc
    if part == "query" and model.no_query is not None:
        raise TypeError(f"{where}: {model.no_query}")
    return model


def _returns(annotations: Mapping[str, Any], where: str) -> Returns:
    if "return" not in annotations:
        return UNANNOTATED
    try:
        return returns_of(annotations["return"])
    except TypeError as exc:
        raise TypeError(f"{where} -> {annotations['return']}: {exc}") from exc
