"""Adapters: models of what other libraries make.

The story starts at `adapted`, which asks one adapter after the other for the model of
an annotation. An adapter is a function: given an annotation, it makes a `Model` or says
with None that it knows nothing of it. It needs to know its library's own classes only:
lists of them, `X | None`, and fields of attrs classes come by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from restlette.http.optional import load
from restlette.resources.annotations import without_extras
from restlette.resources.models.model import Model

__all__ = [
    "ADAPTERS",
    "OWN",
    "Adapter",
    "adapted",
    "adapted_or_none",
    "bare",
    "schema_model",
]

Adapter = Callable[[Any], Model | None]


def schema_model(annotation: Any) -> Model | None:
    """The model of `Annotated[dict[str, Any], BookSchema]`, a marshmallow Schema.

    Raises:
        TypeError: there are two Schemas, or the Schema does not fit the type.
        MissingExtra: marshmallow is not installed.
    """
    if get_origin(annotation) is not Annotated:
        return None
    schemas = [each for each in annotation.__metadata__ if _is_schema(each)]
    if not schemas:
        return None
    if len(schemas) > 1:
        raise TypeError(f"{annotation} has two Schemas: which of them is it to be?")
    library = load(
        "restlette.resources.models.marshmallow",
        "marshmallow",
        needed_by="restlette.resources.models",
    )
    model: Model = library.schema_model(annotation, schemas[0])
    return model


def _is_schema(extra: Any) -> bool:
    """Whether something is a Schema or its class; marshmallow is not loaded for it."""
    cls = extra if isinstance(extra, type) else type(extra)
    return any(
        (base.__module__, base.__qualname__) == ("marshmallow.schema", "Schema")
        for base in cls.__mro__
    )


# Those that are asked, the first one first.
ADAPTERS: list[Adapter] = [schema_model]


OWN: Final = frozenset({str, int, float, bool, NoneType})
"""What is nobody's but JSON's."""


def adapted(annotation: Any) -> Model | None:
    """The model that an adapter makes of an annotation, if one does."""
    if annotation.__class__ is type and annotation in OWN:
        # PERF: most annotations, once for each time that a shape is asked for.
        return None
    for adapter in ADAPTERS:
        model = adapter(annotation)
        if model is not None:
            return model
    return None


def adapted_or_none(annotation: Any) -> Model | None:
    """The same for `X | None` too."""
    if get_origin(annotation) not in (Union, UnionType):
        return adapted(annotation)
    others = [each for each in get_args(annotation) if each is not NoneType]
    model = adapted(others[0]) if len(others) == 1 else None
    return None if model is None else model.or_none(annotation)


def bare(annotation: Any) -> Any:
    """A resolved annotation without extras, unless an adapter reads one of them."""
    return annotation if _holds_adapted(annotation) else without_extras(annotation)


def _holds_adapted(annotation: Any) -> bool:
    if adapted(annotation) is not None:
        return True
    origin = get_origin(annotation)
    parts = () if origin is Literal else get_args(annotation)
    return any(map(_holds_adapted, parts[:1] if origin is Annotated else parts))
