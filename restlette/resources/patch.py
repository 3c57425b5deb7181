"""Patches: what PATCH asks for, and what it makes of a resource (RFC 5789).

The story starts at `Patch.apply`: the resource's representation, as far as it can be
set, is changed as the client says, and read as a whole by the same model as a new one.
`MergePatch` says what members there will be (RFC 7396), `JSONPatch` what is to be done,
step by step (RFC 6902). A handler that asks for a `Patch` takes both: the media type of
the content decides.

    400     the patch is none
    409     it does not fit the state of the resource: nothing is where it points to, or
            a value that it tests for is another one
    415     it is of another media type; Accept-Patch says which are taken
    422     the resource would not be what its model says, or the patch asks too much
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Final, Generic, Self, TypeVar, get_args, get_origin

from restlette.http.errors import BadRequest, Conflict, UnprocessableContent
from restlette.http.json import STANDARD
from restlette.http.optional import load
from restlette.resources.models import (
    FieldError,
    Invalid,
    Model,
    model_for,
    plain,
    register_adapter,
)
from restlette.resources.models.errors import Errors, too_deep

__all__ = ["JSONPatch", "MergePatch", "Patch", "patch_model"]

T = TypeVar("T")

# SECURITY: the bounds of a JSON Patch. Twenty copies of the whole into itself make a
# million of it, and each step may move all of a long array.
MOST_STEPS: Final = 1000
MOST_MOVED: Final = 100_000  # values, of which a text counts as one for 16 characters
DEEPEST: Final = 100


class Patch(ABC, Generic[T]):
    """A change to a resource, which its client asks for.

    `body: Patch[NewBook]` takes both kinds, `body: MergePatch[NewBook]` and
    `body: JSONPatch[NewBook]` one; JSONPatch needs `restlette[patch]`. Two patches are
    equal when they are of one kind and their parts are.

    Args:
        document: the patch document, JSON data.
        of: the type that says what the resource can be changed to.

    Raises:
        BadRequest: it is no patch document.

    Attributes:
        media_type: of the patch document.
    """

    __slots__ = ("document", "of")

    media_type: ClassVar[str]

    def __init__(self, document: Any, of: type[T] | Any = Any) -> None:
        self.document: Any = document
        self.of: type[T] | Any = of
        errors = self._check()
        if errors:
            raise BadRequest(
                "The content is no patch document.",
                extensions={"errors": [each.in_body() for each in errors]},
            )

    @classmethod
    def read(cls, of: Any, document: Any) -> Self:
        """Make a patch of content."""
        return cls(document, of)

    def _check(self) -> list[FieldError]:
        """Tell what of the document is none of a patch's."""
        return []

    @abstractmethod
    def _change(self, before: Any) -> Any:
        """Make the representation that the patch asks for; the old one may change.

        Raises:
            Conflict: the patch does not fit the old one.
            Invalid: the patch asks too much.
        """

    def apply(self, current: T) -> T:
        """Make the value that the patch asks for.

        Args:
            current: the resource as it is, which is not changed.

        Returns:
            What the model of the type makes of the changed representation. A member
            that the patch does not name is as it was; one that it removes, as null does
            in a merge patch, has its default again.

        Raises:
            Conflict: the patch does not fit the resource as it is.
            UnprocessableContent: the resource would not be what its model says. The
                pointers are those of the changed representation.
        """
        model = model_for(self.of)
        # What the model writes may hold tuples, dates and keys that are none of JSON's.
        before = STANDARD.loads(STANDARD.dumps(model.dump_settable(current)))
        try:
            changed: T = model.load(self._change(before))
            return changed
        except RecursionError:
            wrong = too_deep()
        except Invalid as exc:
            wrong = exc
        raise UnprocessableContent(
            "The resource cannot be changed in this way.",
            errors=[each.in_body() for each in wrong.errors],
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Patch) or type(self) is not type(other):
            return NotImplemented
        return bool(self.document == other.document and self.of == other.of)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # a document may change

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.document!r}, {self.of!r})"


class MergePatch(Patch[T]):
    """What some members of a resource are to be; null removes one (RFC 7396).

    Args:
        document: the patch document.
        of: the type that says what the resource can be changed to.
    """

    __slots__ = ()

    media_type = "application/merge-patch+json"

    def _change(self, before: Any) -> Any:
        return _merged(before, self.document)


def _merged(target: Any, patch: Any) -> Any:
    """Merge as RFC 7396 section 2 does."""
    if not isinstance(patch, dict):
        return patch
    members = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            members.pop(name, None)
        else:
            members[name] = _merged(members.get(name), value)
    return members


class JSONPatch(Patch[T]):
    """What is to be done to a resource, step by step (RFC 6902): all of it or nothing.

    Args:
        document: the patch document, a list of operations.
        of: the type that says what the resource can be changed to.

    Raises:
        BadRequest: it is no patch document.
        MissingExtra: jsonpatch is not installed.
    """

    __slots__ = ()

    media_type = "application/json-patch+json"

    def _check(self) -> list[FieldError]:
        if not isinstance(self.document, list):
            return [FieldError((), "type", "This must be an array.")]
        errors = Errors()
        try:
            for index, step in enumerate(self.document):
                for error in _wrong_with(step):
                    errors.add(error.below(index))
        except Invalid as exc:
            return exc.errors
        return errors.found

    def _change(self, before: Any) -> Any:
        library = _library()
        steps = self.document
        if len(steps) > MOST_STEPS:
            detail = f"A patch has {MOST_STEPS} operations at most."
            raise Invalid([FieldError((), "large", detail)])
        left = MOST_MOVED
        for index, step in enumerate(steps):
            left -= _weight(step, before, index)
            if left < 0:
                detail = "This copies, or moves, more than is allowed."
                raise Invalid([FieldError((index,), "large", detail)])
            try:
                before = library.JsonPatch([step]).apply(before, in_place=True)
            except library.JsonPatchTestFailed as exc:
                detail = "There is another value, or none."
                raise _conflict(index, "value", "test", detail) from exc
            except (library.JsonPatchException, library.JsonPointerException) as exc:
                detail = "There is nothing here, or nothing that allows this."
                raise _conflict(index, "path", "conflict", detail) from exc
        return before


def _library() -> Any:
    return load("jsonpatch", "patch", needed_by="restlette.JSONPatch")


# RFC 6902 section 4: what each operation has beside "op" and "path".
OPERATIONS: Final[Mapping[str, str | None]] = {
    "add": "value",
    "remove": None,
    "replace": "value",
    "move": "from",
    "copy": "from",
    "test": "value",
}


def _pointers(operation: str) -> tuple[str, ...]:
    """The members of an operation that are JSON Pointers."""
    return ("path", "from") if OPERATIONS[operation] == "from" else ("path",)


def _wrong_with(step: Any) -> Iterator[FieldError]:
    """Tell what of an operation is none (RFC 6902 section 4).

    Members that the operation does not define are ignored, as the RFC wants it.
    """
    if not isinstance(step, dict):
        yield FieldError((), "type", "This must be an object.")
        return
    operation = step.get("op")
    if not isinstance(operation, str) or operation not in OPERATIONS:
        names = " or ".join(OPERATIONS)
        code = "choice" if "op" in step else "missing"
        yield FieldError(("op",), code, f"This must be {names}.")
        return
    needed = OPERATIONS[operation]
    for name in _pointers(operation):
        yield from _wrong_with_pointer(step, name)
    if needed == "value" and needed not in step:
        yield FieldError((needed,), "missing", "This is required.")


def _wrong_with_pointer(step: dict[str, Any], name: str) -> Iterator[FieldError]:
    pointer = step.get(name)
    if name not in step:
        yield FieldError((name,), "missing", "This is required.")
    elif not isinstance(pointer, str):
        yield FieldError((name,), "type", "This must be a string.")
    elif not _is_pointer(pointer):
        detail = "This must be a JSON Pointer, like /title."
        yield FieldError((name,), "format", detail)


def _is_pointer(text: str) -> bool:
    """Whether a text is a JSON Pointer, not too deep for us.

    RFC 6901 section 3: json-pointer = *( "/" reference-token ), and in a token "~" is
    followed by "0" or "1".
    """
    escapes = text.count("~0") + text.count("~1")
    return (not text or text[0] == "/") and text.count("~") == escapes


def _weight(step: dict[str, Any], document: Any, index: int) -> int:
    """How much an operation copies or moves, see `MOST_MOVED`.

    SECURITY: each path and each value is bounded in its depth, and so is then the
    document, which has to be written again.

    Raises:
        Conflict: nothing is where it takes a value from.
        Invalid: the path or the value is too deep.
    """
    needed = OPERATIONS[step["op"]]
    for name in _pointers(step["op"]):
        if step[name].count("/") > DEEPEST:
            raise Invalid([FieldError((index, name), "depth", "This is too deep.")])
    if needed == "value":
        _measure(step["value"], index)
    if needed != "from":
        return 0
    library = load("jsonpointer", "patch", needed_by="restlette.JSONPatch")
    nothing = library.EndOfList(None)  # what "-" gives, the place after the last item
    try:
        value = library.resolve_pointer(document, step["from"])
    except library.JsonPointerException:
        value = nothing
    if isinstance(value, library.EndOfList):
        raise _conflict(index, "from", "conflict", "There is nothing here.")
    return _measure(value, index)


def _measure(value: Any, index: int) -> int:
    weight, level = 0, [value]
    for _ in range(DEEPEST):
        if not level:
            return weight
        below: list[Any] = []
        for each in level:
            weight += 1
            if isinstance(each, str):
                weight += len(each) // 16
            elif isinstance(each, list):
                below += each
            elif isinstance(each, dict):
                weight += sum(map(len, each)) // 16
                below += each.values()
        level = below
    raise Invalid([FieldError((index,), "depth", "This is nested too deeply.")])


def _conflict(index: int, name: str, code: str, detail: str) -> Conflict:
    # RFC 5789 section 2.2: a request that the state of the resource does not allow, as
    # when a structure is assumed that is not there, is 409.
    error = FieldError((index, name), code, detail)
    return Conflict(
        "The patch does not fit the resource as it is.",
        extensions={"errors": [error.in_body()]},
    )


KINDS: Final[tuple[type[Patch[Any]], ...]] = (MergePatch, JSONPatch)


def patch_model(annotation: Any) -> Model | None:
    """The model of `Patch[Book]`, `MergePatch[Book]` or `JSONPatch[Book]`.

    Raises:
        TypeError: the type has no form in JSON.
        MissingExtra: jsonpatch is not installed.
    """
    origin = get_origin(annotation) or annotation
    if not isinstance(origin, type) or not issubclass(origin, Patch):
        return None
    of = (*get_args(annotation), Any)[0]
    model_for(of)
    kinds = [kind for kind in KINDS if issubclass(kind, origin)]
    if JSONPatch in kinds:
        _library()
    return Model(
        annotation,
        load=_refuse,
        load_strings=plain.nameless,
        dump=_refuse,
        no_query=plain.NAMELESS,
        loads={kind.media_type: partial(kind.read, of) for kind in kinds},
    )


def _refuse(value: Any) -> Any:
    raise TypeError("a patch is what a request asks for, and is not given back")


register_adapter(patch_model)
