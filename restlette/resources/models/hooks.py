"""Hooks: functions that make a value of a type from JSON data.

The story starts at `Hooks.hook`, which builds the hook of a type from those of its
parts. There are two families. `FirstError` stops at whatever is wrong and says little
about it, for all that counts is speed when nothing is; `EveryError` is run on the same
data when the first has failed, and tells everything.

WHAT WAS READ IS NOT READ AGAIN: an exception carries what the quick hooks made of an
array before the item that failed (`Search.keep`), and an array that nothing is known of
is given to the quick hooks first. So each part is read quickly twice at the most, and
explained once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice, repeat
from json import dumps
from types import NoneType
from typing import Any

from restlette.http.forms import UploadFile
from restlette.resources.models import leaves, plain
from restlette.resources.models.adapters import adapted
from restlette.resources.models.choosing import (
    by_kind,
    chooser,
    listed,
    members_of,
    named_kinds,
)
from restlette.resources.models.errors import Errors, FieldError, Invalid, Search
from restlette.resources.models.leaves import Hook
from restlette.resources.models.objects import ObjectLoader
from restlette.resources.models.shapes import (
    ARRAYS,
    Shape,
    as_read,
    choices_of,
    described,
    fields_of,
    shape_of,
)

__all__ = [
    "EveryError",
    "FirstError",
    "Hooks",
    "any_of",
    "choice_hook",
    "form_hook",
    "load_file",
    "text_hook",
]


# Reads the parts of an array or object: given it, the steps that lead to its parts, the
# parts, and the search for errors.
Reader = Callable[[Any, Iterable[Any], Collection[Any], Any], list[Any]]


class Hooks(ABC):
    """The hooks of types, each made once."""

    def __init__(self) -> None:
        self._made: dict[Any, Hook] = {}
        self._making: set[Any] = set()
        self._makers: dict[str, Callable[[Shape], Hook]] = {
            "any": lambda _: plain.identity,
            "leaf": lambda shape: leaves.LOADERS[shape.type],
            "choice": choice_hook,
            "array": self._array,
            "tuple": self._tuple,
            "mapping": self._mapping,
            "object": self._object,
            "union": self._union,
            "model": _model_hook,
        }

    def hook(self, annotation: Any) -> Hook:
        """The hook of a type that `survey` has nothing against."""
        made = self._made.get(annotation)
        if made is not None:
            return made
        if annotation in self._making:
            # A type that holds itself: by the time of the call there is a hook.
            return lambda data, search=None: self._made[annotation](data, search)
        self._making.add(annotation)
        try:
            shape = shape_of(annotation)
            made = self._made[annotation] = self._makers[shape.kind](shape)
        finally:
            self._making.discard(annotation)
        return made

    @abstractmethod
    def _run(
        self, hooks: Sequence[Hook], parts: Sequence[Any], search: Any
    ) -> list[Any]:
        """Give each part of a tuple to the hook at its place."""

    @abstractmethod
    def _reader(self, annotation: Any, pair: Callable[[Hook], Hook]) -> Reader:
        """What reads all parts that are of one type.

        Args:
            annotation: the type.
            pair: makes of its hook the one that is given the parts.
        """

    @abstractmethod
    def _object(self, shape: Shape) -> Hook:
        """The hook of an attrs class, dataclass or TypedDict."""

    def _array(self, shape: Shape) -> Hook:
        read = self._reader(shape.arguments[0], plain.identity)
        make = ARRAYS[shape.type]
        unique = make in (set, frozenset)

        def load_array(data: Any, search: Any = None) -> Any:
            if data.__class__ is not list:
                raise plain.refuse(list)
            items = read(data, range(len(data)), data, search)
            if make is not list:
                try:
                    items = make(items)
                except TypeError as exc:  # an array or object in a set of anything
                    detail = "No item may be an array or an object."
                    raise Invalid([FieldError((), "type", detail)]) from exc
            if unique and len(items) != len(data):
                error = FieldError((), "repeated", "No two items may be the same.")
                raise Invalid([error])
            return items

        return load_array

    def _tuple(self, shape: Shape) -> Hook:
        hooks = [self.hook(argument) for argument in shape.arguments]
        run, length = self._run, len(hooks)
        make = shape.type if shape.type is tuple else shape.type._make

        def load_tuple(data: Any, search: Any = None) -> Any:
            if data.__class__ is not list:
                raise plain.refuse(list)
            if len(data) != length:
                detail = f"This must have {length} items."
                raise Invalid([FieldError((), "length", detail)])
            return make(run(hooks, data, search))

        return load_tuple

    def _mapping(self, shape: Shape) -> Hook:
        of_key, of_value = shape.arguments
        key_hook = text_hook(of_key)

        def pair(hook: Hook) -> Hook:
            return lambda pair, search=None: (key_hook(pair[0]), hook(pair[1], search))

        read = self._reader(of_value, pair)

        def load_mapping(data: Any, search: Any = None) -> Any:
            if data.__class__ is not dict:
                raise plain.refuse(dict)
            found = dict(read(data, data, data.items(), search))
            if len(found) != len(data):
                # Such as "1" and "01" of numbers: one of the values would be lost.
                detail = "Two names are of one and the same key."
                raise Invalid([FieldError((), "repeated", detail)])
            return found

        return load_mapping

    def _union(self, shape: Shape) -> Hook:
        table = {
            kind: self._alternatives(members)
            for kind, members in by_kind(shape).items()
        }
        kinds = named_kinds(shape)

        def load_union(data: Any, search: Any = None) -> Any:
            hook = table.get(data.__class__)
            if hook is None:
                raise plain.refuse(*kinds)
            return hook(data, search)

        return load_union

    def _alternatives(self, shapes: list[Shape]) -> Hook:
        """The hook of data that may, by its kind, belong to several members."""
        hooks = [self._member(shape) for shape in shapes]
        if len(hooks) > 1 and shapes[0].kind == "object":
            choose = chooser(shapes)
            return lambda data, search=None: hooks[choose(data)](data, search)
        return any_of(hooks)

    def _member(self, shape: Shape) -> Hook:
        """The hook of a member of a union."""
        if shape.kind != "object":
            return self._makers[shape.kind](shape)
        # A class may hold the union again.
        return self.hook(shape.type[shape.arguments] if shape.arguments else shape.type)


class FirstError(Hooks):
    """Hooks that stop at the first error.

    Args:
        make_object: makes the hook of a class, given what gives those of its fields.
    """

    def __init__(
        self, make_object: Callable[[Shape, Callable[[Any], Hook]], Hook]
    ) -> None:
        super().__init__()
        self._make_object = make_object

    def _run(
        self, hooks: Sequence[Hook], parts: Sequence[Any], search: Any
    ) -> list[Any]:
        return [hook(part, None) for hook, part in zip(hooks, parts, strict=True)]

    def _reader(self, annotation: Any, pair: Callable[[Hook], Hook]) -> Reader:
        hook = pair(self.hook(annotation))

        def read(
            whole: Any, steps: Iterable[Any], parts: Collection[Any], _: Any
        ) -> list[Any]:
            values: list[Any] = []
            try:
                # PERF: no frame of ours for each, and what was read before an exception
                # is in the list.
                values.extend(map(hook, parts, repeat(None)))
            except Exception as exc:
                Search.keep(exc, whole, values)
                raise
            return values

        return read

    def _object(self, shape: Shape) -> Hook:
        return self._make_object(shape, self.hook)

    def _union(self, shape: Shape) -> Hook:
        members = members_of(shape)
        if len(members) != 2 or members[0].type is not NoneType:
            return super()._union(shape)
        # PERF: `X | None` is what most unions are.
        hook = self._member(members[1])
        return lambda data, _=None: None if data is None else hook(data, None)


class EveryError(Hooks):
    """Hooks that look at all of the data, whatever is wrong with some.

    Args:
        quick: the hooks that stop at the first error.
    """

    def __init__(self, quick: FirstError) -> None:
        super().__init__()
        self._quick = quick

    def _run(
        self, hooks: Sequence[Hook], parts: Sequence[Any], search: Any
    ) -> list[Any]:
        errors, values = Errors(search), []
        for step, (hook, part) in enumerate(zip(hooks, parts, strict=True)):
            try:
                values.append(hook(part, search))
            except Invalid as exc:
                errors.below(step, exc)
        errors.raise_any()
        return values

    def _reader(self, annotation: Any, pair: Callable[[Hook], Hook]) -> Reader:
        hook = pair(self.hook(annotation))
        read_quickly = self._quick._reader(annotation, pair)

        def read(
            whole: Any,
            steps: Iterable[Any],
            parts: Collection[Any],
            search: Search | None,
        ) -> list[Any]:
            search = search or Search()
            values = search.begun(whole)
            if values is None:
                if not search.may_look_at(len(parts)):
                    raise Invalid([])
                try:
                    return read_quickly(whole, steps, parts, None)
                except Exception as exc:
                    search.learn(exc)
                    values = search.begun(whole) or []
            errors = Errors(search)
            for step, part in islice(zip(steps, parts, strict=True), len(values), None):
                if not search.may_look_at(1):
                    errors.missed = True
                    break
                try:
                    values.append(hook(part, search))
                except Invalid as exc:
                    errors.below(step, exc)
            errors.raise_any()
            return values

        return read

    def _object(self, shape: Shape) -> Hook:
        return ObjectLoader(shape.type, fields_of(shape), self.hook)


def _model_hook(shape: Shape) -> Hook:
    """The hook of another library's type."""
    model: Any = adapted(shape.type)  # there is one, or it had another shape
    load = model.load
    return lambda data, _=None: load(data)


def choice_hook(shape: Shape) -> Hook:
    """The hook of an Enum or a Literal."""
    choices = choices_of(shape)
    error = FieldError((), "choice", f"This must be {listed(choices)}.")
    choices = as_read(choices)

    def load_choice(data: Any, _: Any = None) -> Any:
        # Objects and arrays have no hash, and are no choice.
        if data.__hash__ is None or (data.__class__, data) not in choices:
            raise Invalid([error])
        return choices[data.__class__, data]

    return load_choice


def any_of(hooks: Sequence[Hook]) -> Hook:
    """Try the members of a union that are single values, the narrowest first."""
    if len(hooks) == 1:
        return hooks[0]

    def load_any(data: Any, _: Any = None) -> Any:
        details = []
        for hook in hooks:
            try:
                return hook(data, None)
            except Invalid as exc:
                details += [error.detail for error in exc.errors]
        raise Invalid([FieldError((), "format", " Or: ".join(details))])

    return load_any


def text_hook(annotation: Any) -> Hook:
    """The hook that makes a value of a type from text.

    Args:
        annotation: a leaf, a choice, or a union of such.

    Raises:
        TypeError: the type needs more than a text.
    """
    return _text_hook(shape_of(annotation))


def form_hook(annotation: Any) -> Hook:
    """The hook that makes a value of a type from what stands in a form.

    Args:
        annotation: what `text_hook` takes, or `UploadFile`, or a union of such.

    Raises:
        TypeError: the type needs more than one field.
    """
    return _form_hook(shape_of(annotation))


def _form_hook(shape: Shape) -> Hook:
    if shape.kind == "any":
        return plain.identity
    if shape.kind == "file":
        return load_file
    if shape.kind == "union":
        members = [each for each in members_of(shape) if each.type is not NoneType]
        return any_of([_form_hook(each) for each in members])
    hook = _text_hook(shape)

    def load_text(data: Any, _: Any = None) -> Any:
        if isinstance(data, UploadFile):
            raise Invalid([FieldError((), "type", "This must be text, not a file.")])
        return hook(data, None)

    return load_text


def load_file(data: Any, _: Any = None) -> UploadFile:
    """Take a file of a form."""
    if isinstance(data, UploadFile):
        return data
    raise Invalid([FieldError((), "type", "This must be a file.")])


def _text_hook(shape: Shape) -> Hook:
    if shape.kind == "any":
        return plain.LOADERS[str]
    if shape.kind == "leaf":
        return leaves.TEXTS[shape.type]
    if shape.kind == "choice":
        return _text_choice_hook(shape)
    if shape.kind == "model":
        load_text: Any = getattr(adapted(shape.type), "load_text", None)
        if load_text is not None:
            return lambda data, _=None: load_text(data)
    if shape.kind != "union":
        raise TypeError(f"{described(shape.type)} cannot be written as one text")
    # Text is never null: that is what leaving it out says.
    members = [each for each in members_of(shape) if each.type is not NoneType]
    return any_of([_text_hook(each) for each in members])


def _text_choice_hook(shape: Shape) -> Hook:
    """The hook of an Enum or a Literal that is given as its value's text."""
    choices = {
        value if kind is str else dumps(value): member
        for (kind, value), member in choices_of(shape).items()
    }
    error = FieldError((), "choice", f"This must be {' or '.join(choices)}.")

    def read_choice(data: Any, _: Any = None) -> Any:
        if data not in choices:
            raise Invalid([error])
        return choices[data]

    return read_choice
