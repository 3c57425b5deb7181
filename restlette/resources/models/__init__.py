"""Models: what stands between an annotation and JSON.

The story starts at `model_for`, which makes the `Model` of an annotation: three
functions that read JSON, read the strings of a query, and write JSON. `plain` has the
models of JSON's own values; `adapters` asks for those of other libraries, marshmallow's
Schemas among them; `attrs` has those of everything else (attrs classes, dataclasses,
dates, unions), and is loaded when an annotation needs it.

    Invalid             input does not fit a model: holds every FieldError
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from restlette.http.optional import load
from restlette.resources.models.adapters import ADAPTERS, Adapter, adapted_or_none
from restlette.resources.models.errors import FieldError, Invalid
from restlette.resources.models.model import Model, Strings
from restlette.resources.models.plain import is_plain, plain_model

__all__ = [
    "Adapter",
    "FieldError",
    "Invalid",
    "Model",
    "Strings",
    "form_model_for",
    "is_plain",
    "model_for",
    "register_adapter",
]


def model_for(annotation: Any) -> Model:
    """The model of an annotation.

    Args:
        annotation: a type, or what `typing` makes of types; no strings.

    Returns:
        One model for equal annotations; the last 1024 are kept.

    Raises:
        TypeError: the annotation has no form in JSON; the error says which part.
        MissingExtra: it needs attrs and cattrs, which are not installed.
    """
    try:
        hash(annotation)
    except TypeError:  # an Annotated with a list in it, say
        return _make(annotation)
    return _kept(annotation)


def form_model_for(annotation: Any) -> Model:
    """The model of an annotation whose values are read from a form.

    Args:
        annotation: as for `model_for`; fields may be `UploadFile`s and lists of them.

    Raises:
        TypeError: the annotation has no form; the error says which part.
        MissingExtra: it needs attrs and cattrs, which are not installed.
    """
    return _make(annotation, "form_model")


def _make(annotation: Any, maker: str = "attrs_model") -> Model:
    plain = plain_model(annotation)
    if plain is not None:
        return plain
    model = adapted_or_none(annotation)
    if model is not None:
        return model
    library = load(
        "restlette.resources.models.attrs",
        "attrs",
        needed_by="restlette.resources.models",
    )
    make: Callable[[Any], Model] = getattr(library, maker)
    return make(annotation)


_kept = lru_cache(maxsize=1024)(_make)


def register_adapter(adapter: Adapter) -> None:
    """Let annotations be of another library's types.

    To be called before the types are used; the adapter is asked before those that are
    there, and before attrs classes.

    Args:
        adapter: given an annotation, makes its `Model`, or says with None that it is
            none of its own. It is not asked about JSON's own types.
    """
    ADAPTERS.insert(0, adapter)
    _kept.cache_clear()
