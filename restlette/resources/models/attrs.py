"""Models of attrs classes, dataclasses and all else that is not JSON's own.

The story starts at `attrs_model`. Reading is done by hooks of our own, strict ones,
around functions that cattrs generates for classes; writing is cattrs's. The quick
hooks are tried first; only when they refuse is the data read once more, by those that
find every error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_origin

from restlette.http.optional import load
from restlette.resources.annotations import substitute
from restlette.resources.models import plain
from restlette.resources.models.adapters import bare
from restlette.resources.models.errors import Invalid, Search, too_deep
from restlette.resources.models.hooks import (
    EveryError,
    FirstError,
    form_hook,
    text_hook,
)
from restlette.resources.models.leaves import Hook
from restlette.resources.models.model import Model
from restlette.resources.models.objects import ObjectLoader
from restlette.resources.models.shapes import (
    Shape,
    described,
    fields_of,
    has_fields,
    shape_of,
    survey,
)
from restlette.resources.models.strings import names_of, strings_loader
from restlette.resources.models.writers import converter

__all__ = ["attrs_model", "form_model", "generated"]

cattrs_gen: Any = load("cattrs.gen", "attrs", needed_by="restlette.resources.models")

# The parameters of cattrs's generator stand beside the names of fields.
RESERVED = frozenset({"cl", "converter"})


def attrs_model(annotation: Any) -> Model:
    """The model of a type.

    Raises:
        TypeError: something in it has no form in JSON; the error says what.
    """
    kind = bare(annotation)
    survey(kind)
    load_strings, no_query = _strings(kind)
    return Model(
        annotation=annotation,
        load=_loader(QUICK.hook(kind), THOROUGH.hook(kind)),
        load_strings=load_strings,
        dump=_dumper(kind, CONVERTER.get_unstructure_hook(kind)),
        settable=_dumper(kind, SETTABLE.get_unstructure_hook(kind)),
        no_query=no_query,
        names=None if no_query else names_of(shape_of(kind)),
    )


def form_model(annotation: Any) -> Model:
    """The model of a type that is read from a form, files and all, and never written.

    Raises:
        TypeError: something in it has no form; the error says what.
    """
    kind = bare(annotation)
    survey(kind, files=True)
    load_strings, no_query = _strings(kind, form_hook)
    return Model(
        annotation=annotation,
        load=plain.nameless,
        load_strings=load_strings,
        dump=plain.nameless,
        no_query=no_query,
        names=None if no_query else names_of(shape_of(kind)),
    )


def _strings(
    annotation: Any, hook_of: Callable[[Any], Hook] = text_hook
) -> tuple[Hook, str | None]:
    """What reads a query or a form, and why nothing can, if that is so."""
    try:
        return strings_loader(shape_of(annotation), hook_of), None
    except TypeError as exc:
        return plain.nameless, str(exc)


def _loader(quick: Hook, thorough: Hook) -> Callable[[Any], Any]:
    def load(data: Any) -> Any:
        try:
            return quick(data, None)
        except Exception as exc:
            search = Search(exc)
        try:
            return thorough(data, search)
        except RecursionError as exc:
            raise too_deep() from exc
        except Invalid as exc:
            raise search.end(exc) from None

    return load


def _dumper(annotation: Any, unstructure: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def dump(value: Any) -> Any:
        try:
            return unstructure(value)
        except Exception as exc:
            raise TypeError(
                f"{described(type(value))} is not written as {described(annotation)}: "
                f"{exc}"
            ) from exc

    return dump


def generated(shape: Shape, hook: Callable[[Any], Hook]) -> Hook:
    """The hook of a class, as quick as it can be.

    PERF: cattrs writes a function that calls the class with the fields by position,
    which takes half as long as a loop over them.
    """
    fields = fields_of(shape)
    if not has_fields(get_origin(shape.type) or shape.type) or any(
        field.name in RESERVED for field in fields
    ):
        return ObjectLoader(shape.type, fields, hook)
    made: Hook = cattrs_gen.make_dict_structure_fn(
        _closed(shape),
        CONVERTER,
        _cattrs_forbid_extra_keys=True,
        _cattrs_use_alias=True,
        _cattrs_detailed_validation=False,
        _cattrs_prefer_attrib_converters=False,
        **{
            field.name: cattrs_gen.override(struct_hook=hook(field.annotation))
            for field in fields
            if field.settable
        },
    )
    return made


def _closed(shape: Shape) -> Any:
    """A class with something for each of its type variables, for cattrs insists."""
    variables = getattr(shape.type, "__parameters__", ())
    if not variables:
        return shape.type
    given = shape.arguments or tuple(substitute(each, {}) for each in variables)
    return shape.type[given]


CONVERTER = converter(shown=True)
SETTABLE = converter(shown=False)
QUICK = FirstError(generated)
THOROUGH = EveryError(QUICK)
