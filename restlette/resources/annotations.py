"""What an annotation means where it was written.

Annotations are often strings (``from __future__ import annotations``), name classes
that are local to a function, or parameters of a generic base class. The story starts
at `resolve`, which turns one into the object that it stands for; `Names` says where
it looks, `substitute` fills in what a subclass gave for a type variable.

A string can only be looked up in scopes that still exist. The names of a module do;
those of a function are gone when it has returned, so `keep_local_names` is called
while a local class is made and keeps the ones that its annotations mention.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import (
    CodeType,
    FrameType,
    FunctionType,
    NoneType,
    SimpleNamespace,
    UnionType,
)
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

__all__ = [
    "AnnotationError",
    "Names",
    "defining_class",
    "hints_of",
    "is_open",
    "keep_local_names",
    "local_names_of",
    "look_up",
    "names_of_class",
    "names_of_function",
    "own_annotations",
    "resolve",
    "substitute",
    "type_arguments",
    "unknown_name",
    "without_extras",
]

# Between the name of a function and the name of what it defines, in a __qualname__.
LOCALS = ".<locals>."

# identifier = xid_start xid_continue*  (Python's reference, 2.3); a superset will do.
IDENTIFIER = re.compile(r"[^\W\d]\w*")

# Where keep_local_names() leaves what it kept.
KEPT = "_names_of_annotations"


class AnnotationError(TypeError):
    """An annotation that cannot be looked up.

    Args:
        annotation: what was written.
        problem: why it has no meaning, a sentence without its full stop.
    """

    def __init__(self, annotation: object, problem: str) -> None:
        super().__init__(annotation, problem)
        self.annotation = annotation
        self.problem = problem

    def __str__(self) -> str:
        return f"the annotation {self.annotation!r} cannot be resolved: {self.problem}"


class Names(NamedTuple):
    """Where the names in an annotation are looked up: local ones come first."""

    module: dict[str, Any]
    local: Mapping[str, Any]


def resolve(annotation: Any, names: Names) -> Any:
    """The object that an annotation stands for; `None` becomes `NoneType`.

    Args:
        annotation: an object, or its source text; strings inside are resolved too.
        names: where it was written.

    Raises:
        AnnotationError: a name in it is not found, or it is no expression.
    """
    if isinstance(annotation, type):
        return annotation
    if isinstance(annotation, str):
        # PERF: a bare name is what most annotations are, and needs no compiler.
        found = names.local.get(annotation, names.module.get(annotation))
        if isinstance(found, type):
            return found
    try:
        return _evaluate(annotation, names)
    except NameError as exc:
        raise AnnotationError(annotation, unknown_name(exc)) from exc
    # An annotation is any expression of somebody else's, so it may raise anything.
    except Exception as exc:
        raise AnnotationError(annotation, str(exc)) from exc


def _evaluate(annotation: Any, names: Names) -> Any:
    local = dict(names.local)
    if isinstance(annotation, str):
        annotation = eval(_compiled(annotation), names.module, local)
    if annotation is None:
        return NoneType
    # What is left are strings inside, `list["Book"]`. For typing.get_type_hints any
    # object with __annotations__ will do.
    carrier: Any = SimpleNamespace(__annotations__={"it": annotation})
    return get_type_hints(carrier, names.module, local, include_extras=True)["it"]


@lru_cache(maxsize=1024)
def _compiled(annotation: str) -> CodeType:
    """PERF: handlers of one application are annotated alike, and compiling is dear."""
    return compile(annotation.strip(), "<annotation>", "eval")


def hints_of(cls: type) -> dict[str, Any]:
    """What a class and its bases annotate, resolved.

    For a class that is local to a function, call this before that function returns.

    Raises:
        AnnotationError: one of the annotations cannot be resolved.
    """
    try:
        return get_type_hints(cls, None, local_names_of(cls), include_extras=True)
    except NameError as exc:
        raise AnnotationError(cls.__qualname__, unknown_name(exc)) from exc
    except Exception as exc:
        raise AnnotationError(cls.__qualname__, str(exc)) from exc


def local_names_of(cls: type) -> dict[str, Any]:
    """The names that annotations of a class may use beside those of its module."""
    local: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        local |= names_of_class(base).local
        if LOCALS in base.__qualname__:
            mentioned = _mentioned(own_annotations(base).values()) - local.keys()
            local |= _from_frames(base.__qualname__, base.__module__, mentioned)
    return local


def unknown_name(exc: NameError) -> str:
    """What to say of a name that is not found."""
    return (
        f"{exc.name!r} is not known there; import it at run time (not under "
        "TYPE_CHECKING), and define it before the class or function that uses it"
    )


def without_extras(annotation: Any) -> Any:
    """A resolved annotation without any `Annotated`, `Required` or `NotRequired`."""
    if isinstance(annotation, type):
        # PERF: most are classes, and typing takes its time to say that nothing is left.
        return annotation
    carrier: Any = SimpleNamespace(__annotations__={"it": annotation})
    return get_type_hints(carrier, {}, {})["it"]


def look_up(name: str, names: Names) -> Any:
    """What a dotted name, `typing.ClassVar`, stands for, or None."""
    first, *attributes = name.split(".")
    found = names.local.get(first, names.module.get(first))
    for attribute in attributes:
        found = getattr(found, attribute, None)
    return found


def own_annotations(definition: type | FunctionType) -> Mapping[str, Any]:
    """What a function, or the body of a class without its bases, annotates."""
    return getattr(definition, "__annotations__", {})


def names_of_class(cls: type) -> Names:
    """Where the annotations in the body of a class are looked up."""
    module = sys.modules.get(cls.__module__)
    local = {
        **_type_parameters(cls),
        **vars(cls).get(KEPT, {}),
        # A method called `list`, or the slot of a field called `date`, does not hide
        # the type of that name.
        **{name: value for name, value in vars(cls).items() if _is_type(value)},
    }
    return Names(vars(module) if module else {}, local)


def names_of_function(
    function: Callable[..., Any], owner: type | None, annotations: Mapping[str, Any]
) -> Names:
    """Where the annotations of a function's parameters are looked up.

    For a function that is defined inside another one, call this before the outer one
    has returned.

    Args:
        function: a plain function, not a bound method.
        owner: the class that it was found on, which may have inherited it.
        annotations: those that will be resolved.
    """
    origin = defining_class(function, owner)
    if origin is None:
        names = Names(getattr(function, "__globals__", {}), {})
    else:
        # Not __globals__: an __init__ that attrs wrote has globals of its own.
        names = names_of_class(origin)
    kept = vars(function).get(KEPT, {})
    local = {**names.local, **_type_parameters(function), **kept}
    if LOCALS in function.__qualname__:
        missing = _mentioned(annotations.values()) - local.keys()
        local |= _from_frames(function.__qualname__, function.__module__, missing)
    return Names(names.module, local)


def defining_class(function: Callable[..., Any], owner: type | None) -> type | None:
    """The class, the owner or a base of it, whose body holds the function."""
    qualname = function.__qualname__.rpartition(".")[0]
    for cls in owner.__mro__ if owner is not None else ():
        if cls.__qualname__ == qualname and cls.__module__ == function.__module__:
            return cls
    return None


def keep_local_names(definition: type | FunctionType) -> None:
    """Keep what the annotations of a local definition mention, while it can be seen.

    To be called while a class is made (`__init_subclass__`), or a function registered.
    Only the names that are mentioned are kept, so that the other locals of the function
    around are not held alive.
    """
    if LOCALS not in definition.__qualname__:
        return
    annotations = list(own_annotations(definition).values())
    for value in vars(definition).values():
        if isinstance(value, FunctionType):
            annotations += value.__annotations__.values()
    mentioned = _mentioned(annotations)
    if not mentioned:
        return
    found = _from_frames(definition.__qualname__, definition.__module__, mentioned)
    if found:
        setattr(definition, KEPT, found)


def type_arguments(
    cls: type, given: Mapping[Any, Any] | None = None
) -> dict[type, dict[Any, Any]]:
    """What stands for the type variables of a class and of its generic bases.

    Keyed by the class, because one TypeVar may be a parameter of several.

    Args:
        cls: a class.
        given: what stands for its own variables, `{T: Book}` for `Page[Book]`.
    """
    known = {cls: dict(given)} if given else {}
    for heir in cls.__mro__:
        for alias in vars(heir).get("__orig_bases__", ()):
            base = get_origin(alias)
            parameters = getattr(base, "__parameters__", ())
            if base is None or not parameters:
                continue
            names = names_of_class(heir)
            known[base] = {
                parameter: substitute(resolve(argument, names), known.get(heir, {}))
                for parameter, argument in zip(
                    parameters, get_args(alias), strict=False
                )
            }
    return known


def is_open(annotation: Any) -> bool:
    """Whether an annotation holds a type variable.

    A class that is generic, without its brackets, does not: its variables are its own.
    """
    if isinstance(annotation, type):
        return False
    return isinstance(annotation, TypeVar) or bool(
        getattr(annotation, "__parameters__", ())
    )


def substitute(annotation: Any, arguments: Mapping[Any, Any]) -> Any:
    """An annotation with its type variables replaced.

    A variable that nobody gave a value for becomes its bound, or `Any`.
    """
    if not is_open(annotation):
        return annotation
    if isinstance(annotation, TypeVar):
        bound = Any if annotation.__bound__ is None else annotation.__bound__
        return arguments.get(annotation, bound)
    return annotation[
        tuple(substitute(each, arguments) for each in annotation.__parameters__)
    ]


def _is_type(value: Any) -> bool:
    return isinstance(value, type | UnionType) or hasattr(value, "__origin__")


def _type_parameters(definition: Any) -> dict[str, Any]:
    """The type variables of `class C[T]` and `def f[T]()`, which Python 3.12 has."""
    return {each.__name__: each for each in getattr(definition, "__type_params__", ())}


def _mentioned(annotations: Iterable[Any]) -> set[str]:
    """The names that strings in annotations may look up."""
    return {
        name
        for annotation in annotations
        if not isinstance(annotation, type)
        for name in IDENTIFIER.findall(str(annotation))
    }


def _from_frames(qualname: str, module: str, names: set[str]) -> dict[str, Any]:
    """Look names up in the functions, still running, that enclose a definition.

    Args:
        qualname: of what is defined; its part before `<locals>` names the function.
        module: where it is defined.
        names: what to look for.
    """
    found: dict[str, Any] = {}
    outer, is_local, _ = qualname.rpartition(LOCALS)
    frame: FrameType | None = sys._getframe(1)
    while is_local and frame is not None:
        code, space = frame.f_code, frame.f_globals
        if code.co_qualname == outer and space.get("__name__") == module:
            visible = frame.f_locals
            for name in names.intersection(visible):
                found.setdefault(name, visible[name])
            outer, is_local, _ = outer.rpartition(LOCALS)
        frame = frame.f_back
    return found
