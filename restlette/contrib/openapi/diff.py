"""Differences between two documents, as their clients meet them.

The story starts at `compare`. What a client sends may be narrowed by nothing, and what
it is sent may be widened by nothing, or clients that work today fail tomorrow: that is
what `Change.breaking` says. Words for people (summaries, descriptions, examples) are
no matter of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from json import dumps
from typing import Any, Final, Literal, NamedTuple

__all__ = ["Change", "compare"]

Object = Mapping[str, Any]
Direction = Literal["request", "response"]

_METHODS: Final = (
    *("get", "put", "post", "delete", "options", "head", "patch", "trace", "query"),
)

# What a larger figure does: leaves fewer values, or more.
_FLOORS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_MORE_FLOORS: Final = ("minProperties", "minContains")
_CEILINGS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_MORE_CEILINGS: Final = ("maxProperties", "maxContains")
# What cannot be told narrower or wider, once it is another.
_OPAQUE: Final = ("pattern", "format", "multipleOf", "contentEncoding", "not")
_UNIONS: Final = ("anyOf", "oneOf")


class Change(NamedTuple):
    """One difference.

    Attributes:
        breaking: Whether clients that work with the old document may fail.
        where: What it is a difference of: an operation, and the part of it.
        text: What is different, a sentence.
        pointer: Where it is in the new document, or in the old one if it is gone (RFC
            6901).
    """

    breaking: bool
    where: str
    text: str
    pointer: str

    def __str__(self) -> str:
        kind = "breaking" if self.breaking else "compatible"
        return f"{kind}: {self.where}: {self.text}"


def compare(old: Object, new: Object) -> list[Change]:
    """Compare two documents.

    Args:
        old: What clients know.
        new: What they will meet.

    Returns:
        The differences that clients may notice, breaking ones first, each once.
    """
    found = dict.fromkeys(_Comparison(old, new).changes())
    return sorted(found, key=lambda change: not change.breaking)


class _Part(NamedTuple):
    """A part of the documents: what it is called, where, and who sends it."""

    where: str
    pointer: str
    direction: Direction = "request"

    def at(self, *names: str) -> _Part:
        """Give a part of this part."""
        steps = [name.replace("~", "~0").replace("/", "~1") for name in names]
        return self._replace(pointer="/".join([self.pointer, *steps]))

    def called(self, where: str) -> _Part:
        """Give the same under a longer name."""
        return self._replace(where=f"{self.where}, {where}")

    def says(self, text: str, *, breaking: bool) -> Change:
        """Give a change of it."""
        return Change(breaking, self.where, text, self.pointer)

    def narrowed(self, text: str) -> Change:
        """Give a change that leaves fewer values."""
        return self.says(text, breaking=self.direction == "request")

    def widened(self, text: str) -> Change:
        """Give a change that allows more values."""
        return self.says(text, breaking=self.direction == "response")


class _Comparison:
    """Two documents, and what is compared already."""

    def __init__(self, old: Object, new: Object) -> None:
        self._old = old
        self._new = new
        self._seen: set[tuple[str, str, Direction]] = set()

    def changes(self) -> Iterator[Change]:
        """Give what is different."""
        old, new = _operations(self._old), _operations(self._new)
        for name, (pointer, operation) in old.items():
            part = _Part(name, pointer)
            if name not in new:
                yield part.says("It is gone.", breaking=True)
                continue
            part = part._replace(pointer=new[name][0])
            yield from self._operation(operation, new[name][1], part)
        for name in new.keys() - old.keys():
            yield _Part(name, new[name][0]).says("It is new.", breaking=False)

    def _operation(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        if new.get("deprecated") and not old.get("deprecated"):
            yield part.says("It is deprecated.", breaking=False)
        yield from self._parameters(old, new, part)
        yield from self._body(old, new, part)
        yield from self._responses(old, new, part)
        yield from self._security(old, new, part)

    def _parameters(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        before = _parameters(self._old, old)
        after = _parameters(self._new, new)
        for key, parameter in before.items():
            here = part.called(f"the {key[0]} parameter {key[1]!r}").at("parameters")
            if key not in after:
                yield here.says("It is gone.", breaking=key[0] in ("query", "path"))
                continue
            yield from _demand(parameter, after[key], here)
            yield from self._schemas(parameter, after[key], here)
        for key in after.keys() - before.keys():
            here = part.called(f"the {key[0]} parameter {key[1]!r}").at("parameters")
            needed = bool(after[key].get("required"))
            text = "It is new, and has to be given." if needed else "It is new."
            yield here.says(text, breaking=needed)

    def _body(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        before = _resolved(self._old, old.get("requestBody"))
        after = _resolved(self._new, new.get("requestBody"))
        here = part.called("the content").at("requestBody")
        if before and not after:
            yield here.says("None is taken any more.", breaking=True)
        elif after and not before:
            needed = bool(after.get("required"))
            text = "It has to be given now." if needed else "It is taken now."
            yield here.says(text, breaking=needed)
        elif before and after:
            yield from _demand(before, after, here)
            yield from self._content(before, after, here)

    def _responses(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        before, after = old.get("responses", {}), new.get("responses", {})
        part = part._replace(direction="response")
        for status, response in before.items():
            here = part.called(f"the answer {status}").at("responses", status)
            if status not in after:
                # Whoever waits for success waits in vain; nobody waits for errors.
                breaking = not status.startswith(("4", "5"))
                yield here.says("It is gone.", breaking=breaking)
                continue
            was = _resolved(self._old, response)
            now = _resolved(self._new, after[status])
            yield from self._content(was, now, here)
            yield from self._headers(was, now, here)
        for status in after.keys() - before.keys():
            here = part.called(f"the answer {status}").at("responses", status)
            yield here.says("It is new.", breaking=not status.startswith(("4", "5")))

    def _headers(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        before = {name.lower(): each for name, each in old.get("headers", {}).items()}
        after = {name.lower(): each for name, each in new.get("headers", {}).items()}
        for name, header in before.items():
            here = part.called(f"the field {name!r}").at("headers", name)
            if name not in after:
                yield here.says("It is gone.", breaking=True)
                continue
            was = _resolved(self._old, header)
            now = _resolved(self._new, after[name])
            if was.get("required") and not now.get("required"):
                yield here.says("It may be missing now.", breaking=True)
            yield from self._schemas(was, now, here)
        for name in after.keys() - before.keys():
            here = part.called(f"the field {name!r}").at("headers", name)
            yield here.says("It is new.", breaking=False)

    def _content(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        before, after = old.get("content", {}), new.get("content", {})
        for media_type, media in before.items():
            here = part.called(media_type).at("content", media_type)
            if media_type not in after:
                yield here.says("It is gone.", breaking=True)
            else:
                yield from self._schemas(media, after[media_type], here)
        for media_type in after.keys() - before.keys():
            here = part.called(media_type).at("content", media_type)
            yield here.says("It is new.", breaking=False)

    def _security(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        before = _alternatives(old.get("security", self._old.get("security", ())))
        after = _alternatives(new.get("security", self._new.get("security", ())))
        here = part.called("who may").at("security")
        for each in before - after:
            # Who may do it with less may still do it.
            if not any(other <= each for other in after):
                text = f"{_names(each)} does not do any more."
                yield here.says(text, breaking=True)
        for each in after - before:
            if any(other <= each for other in before):
                continue
            yield here.says(f"{_names(each)} does now.", breaking=False)

    # Schemas --------------------------------------------------------------------------

    def _schemas(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        yield from self._schema(
            old.get("schema", True), new.get("schema", True), part.at("schema")
        )

    def _schema(self, old: Any, new: Any, part: _Part) -> Iterator[Change]:
        was, before = _followed(self._old, old)
        now, after = _followed(self._new, new)
        if after:
            part = part._replace(pointer=after)
        key = (before or dumps(was, sort_keys=True), part.pointer, part.direction)
        if key in self._seen:
            return
        self._seen.add(key)
        # What is equal may refer to what is not.
        if was == now and '"$ref"' not in dumps(was):
            return
        yield from _values(was, now, part)
        yield from _figures(was, now, part)
        yield from self._members(was, now, part)
        yield from self._items(was, now, part)
        for name in _UNIONS:
            yield from self._union(name, was, now, part)
        yield from self._all(was, now, part)

    def _members(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        needed, asked = set(old.get("required", ())), set(new.get("required", ()))
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted(asked - needed):
            yield part.at("required").narrowed(f"{name!r} is always there now.")
        for name in sorted(needed - asked):
            if name in after or name not in before:
                yield part.at("required").widened(f"{name!r} may be missing now.")
        is_closed = new.get("additionalProperties") is False
        for name, schema in before.items():
            here = part.called(f"{name!r}").at("properties", name)
            if name in after:
                yield from self._schema(schema, after[name], here)
            else:
                yield here.says(
                    "It is gone.", breaking=part.direction == "response" or is_closed
                )
        for name in after.keys() - before.keys():
            here = part.called(f"{name!r}").at("properties", name)
            yield here.says("It is new.", breaking=False)
        was, now = (each.get("additionalProperties", True) for each in (old, new))
        if was is not False and now is False:
            text = "Nothing else may be in it now."
            yield part.at("additionalProperties").narrowed(text)
        elif was is False and now is not False:
            text = "There may be something else in it now."
            yield part.at("additionalProperties").says(text, breaking=False)
        elif isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from self._schema(was, now, part.at("additionalProperties"))

    def _items(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        before, after = old.get("prefixItems", ()), new.get("prefixItems", ())
        for index, (was, now) in enumerate(zip(before, after, strict=False)):
            here = part.called(f"item {index}").at("prefixItems", str(index))
            yield from self._schema(was, now, here)
        was, now = old.get("items", True), new.get("items", True)
        if was is not False and now is False:
            yield part.at("items").narrowed("There are no more items now.")
        elif was is False and now is not False:
            yield part.at("items").widened("There may be more items now.")
        else:
            here = part.called("each item").at("items")
            yield from self._schema(was, now, here)

    def _union(
        self, name: str, old: Object, new: Object, part: _Part
    ) -> Iterator[Change]:
        before, after = list(old.get(name, ())), list(new.get(name, ()))
        here = part.at(name)
        if before and not after:
            yield here.widened("There is no choice any more.")
            return
        if after and not before:
            yield here.narrowed("It is one of a choice now.")
            return
        gone = [each for each in before if each not in after]
        come = [each for each in after if each not in before]
        for was in [each for each in before if each in after]:
            yield from self._schema(was, was, here)
        if len(gone) == len(come) == 1:
            yield from self._schema(gone[0], come[0], here)
            return
        for each in gone:
            yield here.narrowed(f"{_called(each)} is no choice any more.")
        for each in come:
            yield here.widened(f"{_called(each)} is a choice now.")

    def _all(self, old: Object, new: Object, part: _Part) -> Iterator[Change]:
        before, after = list(old.get("allOf", ())), list(new.get("allOf", ()))
        here = part.at("allOf")
        for was, now in zip(before, after, strict=False):
            yield from self._schema(was, now, here)
        for each in after[len(before) :]:
            yield here.narrowed(f"It has to be {_called(each)} too now.")
        for each in before[len(after) :]:
            yield here.widened(f"It need not be {_called(each)} any more.")


def _operations(document: Object) -> dict[str, tuple[str, Object]]:
    """Give the operations by method and path, each with its pointer."""
    found: dict[str, tuple[str, Object]] = {}
    for path, item in document.get("paths", {}).items():
        part = _Part("", "").at("paths", path)
        shared = item.get("parameters", [])
        for key, operation in item.items():
            if key in _METHODS:
                here = {key: operation}
            elif key in ("x-additionalOperations", "additionalOperations"):
                here = operation
            else:
                continue
            for method, each in here.items():
                whole = {**each, "parameters": [*shared, *each.get("parameters", [])]}
                pointer = part.at(key).pointer
                found[f"{method.upper()} {path}"] = (pointer, whole)
    return found


def _parameters(document: Object, operation: Object) -> dict[tuple[str, str], Object]:
    resolved = [_resolved(document, each) for each in operation["parameters"]]
    return {(each["in"], each["name"]): each for each in resolved}


def _demand(old: Object, new: Object, part: _Part) -> Iterator[Change]:
    was, now = bool(old.get("required")), bool(new.get("required"))
    if now and not was:
        yield part.says("It has to be given now.", breaking=True)
    elif was and not now:
        yield part.says("It need not be given any more.", breaking=False)


def _alternatives(security: Iterable[Object]) -> set[frozenset[str]]:
    """Give what lets in, each with all that it takes."""
    return {frozenset(each) for each in security} or {frozenset()}


def _names(schemes: frozenset[str]) -> str:
    return " with ".join(sorted(schemes)) or "To say nothing of oneself"


def _resolved(document: Object, value: Object | None) -> Object:
    found: Object = _followed(document, value or {})[0]
    return found


def _followed(document: Object, value: Any) -> tuple[Any, str]:
    """Give what a reference leads to, and the pointer; what it is, where it is none."""
    pointer = ""
    while isinstance(value, Mapping) and str(value.get("$ref", "")).startswith("#/"):
        pointer = value["$ref"][1:]
        value = document
        for step in pointer.split("/")[1:]:
            value = value[step.replace("~1", "/").replace("~0", "~")]
    if isinstance(value, bool):
        value = {} if value else {"enum": []}
    return value, pointer


def _called(schema: Any) -> str:
    """Give words for a schema."""
    if isinstance(schema, Mapping):
        for key in ("title", "$ref", "type", "const"):
            if key in schema:
                return str(schema[key]).rpartition("/")[2]
    return dumps(schema)


def _types(schema: Object) -> set[str] | None:
    kinds = schema.get("type")
    if kinds is None:
        return None
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    if schema.get("nullable"):
        found.add("null")
    return found | {"integer"} if "number" in found else found


def _options(schema: Object) -> dict[str, Any] | None:
    if "const" in schema:
        return {dumps(schema["const"]): schema["const"]}
    if "enum" in schema:
        return {dumps(each): each for each in schema["enum"]}
    return None


def _values(old: Object, new: Object, part: _Part) -> Iterator[Change]:
    """Compare the types and the choices."""
    were, are = _types(old), _types(new)
    here = part.at("type")
    if were is None and are is not None:
        yield here.narrowed(f"It is {_listed(are)} now.")
    elif were is not None and are is None:
        yield here.widened("It may be of any type now.")
    elif were is not None and are is not None:
        for kind in sorted(were - are):
            yield here.narrowed(f"It is no {kind} any more.")
        for kind in sorted(are - were):
            yield here.widened(f"It may be {kind} now.")
    before, after = _options(old), _options(new)
    here = part.at("enum")
    if before is None and after is not None:
        yield here.narrowed(f"It is one of {_listed(after)} now.")
    elif before is not None and after is None:
        yield here.widened("It may be anything now.")
    elif before is not None and after is not None:
        for option in [each for each in before if each not in after]:
            yield here.narrowed(f"It is never {option} now.")
        for option in [each for each in after if each not in before]:
            yield here.widened(f"It may be {option} now.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _figures(old: Object, new: Object, part: _Part) -> Iterator[Change]:
    """Compare the bounds, and what is only equal or not."""
    for names, sign in (
        ((*_FLOORS, *_MORE_FLOORS), 1),
        ((*_CEILINGS, *_MORE_CEILINGS), -1),
    ):
        for name in names:
            was, now = old.get(name), new.get(name)
            if was == now:
                continue
            here = part.at(name)
            text = f"{name} is {_figure(now)}, and was {_figure(was)}."
            is_narrower = was is None or (now is not None and (now - was) * sign > 0)
            yield here.narrowed(text) if is_narrower else here.widened(text)
    if bool(old.get("uniqueItems")) != bool(new.get("uniqueItems")):
        here = part.at("uniqueItems")
        if new.get("uniqueItems"):
            yield here.narrowed("No item is there twice now.")
        else:
            yield here.widened("An item may be there twice now.")
    for name in _OPAQUE:
        was, now = old.get(name), new.get(name)
        here = part.at(name)
        text = f"{name} is {_figure(now)}, and was {_figure(was)}."
        if was is None and now is not None:
            yield here.narrowed(text)
        elif was is not None and now is None:
            yield here.widened(text)
        elif was != now:
            yield here.says(text, breaking=True)


def _figure(value: Any) -> str:
    return "not said" if value is None else dumps(value, ensure_ascii=False)
