"""Components: the schemas of what requests have and what answers have, under names.

The story starts at `Components`: asked for the schema of an annotation, it gives one
that refers to components, and keeps those. A class has one component where requests
and answers have the same, and two where they have not: `Book` is what is given, then,
and `BookInput` what is taken. Which of the two is the case is the class's own matter,
so that a name stays what it is when another handler comes to use the class.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from copy import deepcopy
from json import dumps
from types import NoneType
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from restlette.contrib.openapi.schemas import Direction, Schema, Schemas, Target
from restlette.contrib.openapi.texts import (
    JSON_PATCH,
    as_text,
    has_file,
    merge_patch,
    parameter,
)
from restlette.http.forms import MULTIPART, URLENCODED
from restlette.http.optional import load
from restlette.resources.models import model_for
from restlette.resources.models.adapters import adapted, schema_model
from restlette.resources.models.choosing import members_of
from restlette.resources.models.shapes import Shape, described, shape_of
from restlette.resources.parts import PLACES
from restlette.resources.patch import JSONPatch, MergePatch
from restlette.resources.representation import Reply

__all__ = ["Component", "Components"]


DEFINITIONS: Final = "#/$defs/"

# What a mapping says of the members that nobody names.
OTHERS: Final = ("propertyNames", "additionalProperties", "description")

PREFIX: Final = "#/components/schemas/"

# OpenAPI 3.1 section 4.8.7.1: the names of components.
UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Component:
    """What is described under one name, or two.

    Args:
        candidates: names that it may have, the best one first, without end.
        build: describes it.
        is_given: whether it is what answers have, too.

    Attributes:
        names: where it is, by direction.
        bodies: what it is, by direction, with `Target`s where others are.
    """

    def __init__(
        self,
        candidates: Iterator[str],
        build: Callable[[Direction], Schema],
        *,
        is_given: bool = True,
    ) -> None:
        self.candidates: Iterator[str] = candidates
        self.build: Callable[[Direction], Schema] = build
        self.is_given: bool = is_given
        self.names: dict[Direction, str] = {}
        self.bodies: dict[Direction, Schema] = {}

    @property
    def differs(self) -> bool:
        """Whether what is taken is another thing than what is given, in itself."""
        return self.is_given and self.bodies["taken"] != self.bodies["given"]

    @property
    def is_two(self) -> bool:
        """Whether it has two names; it has none before all that it holds is known."""
        return len(set(self.names.values())) > 1

    def targets(self) -> list[Target]:
        """The components that it refers to."""
        return _targets(list(self.bodies.values()))


class Components:
    """The schemas of one document.

    Not to be shared between threads.
    """

    def __init__(self) -> None:
        self._components: dict[Any, Component] = {}
        self._new: deque[Component] = deque()
        self._taken_names: set[str] = set()
        self._shown: dict[str, Schema] = {}
        self._schemas = Schemas(self._refer, self._adapted)

    def reserve(self, name: str) -> None:
        """Keep a name from being given to a component.

        Args:
            name: what somebody else's component has.
        """
        self._taken_names.add(name)

    @property
    def schemas(self) -> dict[str, Schema]:
        """The components that were referred to so far, by name, in order of names."""
        return dict(sorted(self._shown.items()))

    def taken(self, annotation: Any) -> Schema:
        """The schema of what a request may have.

        Args:
            annotation: of a parameter, such as `body`.

        Returns:
            A schema of its own at each call, which may be changed.

        Raises:
            TypeError: it has no form in JSON.
        """
        return self._schema(annotation, "taken")

    def given(self, annotation: Any) -> Schema:
        """The schema of what an answer has.

        Args:
            annotation: of the content; `Page[Book]` and `Created[Book]` stand for the
                content that they have.

        Returns:
            A schema of its own at each call, which may be changed.

        Raises:
            TypeError: it has no form in JSON.
        """
        origin = get_origin(annotation)
        if isinstance(origin, type) and issubclass(origin, Reply):
            annotation = origin.content_type(get_args(annotation)[0])
        return self._schema(annotation, "given")

    def body(self, annotation: Any) -> dict[str, Schema]:
        """What the content of a request may be.

        Args:
            annotation: of the parameter `body`; `Patch[Book]` has media types of its
                own.

        Returns:
            A media type object for each media type.

        Raises:
            TypeError: it has no form in JSON.
        """
        media_types = model_for(annotation).loads
        if not media_types:
            return {"application/json": {"schema": self.taken(annotation)}}
        of = (*get_args(annotation), Any)[0]
        makers = {
            MergePatch.media_type: self._merge_patch,
            JSONPatch.media_type: self._json_patch,
        }
        return {
            each: {"schema": makers[each](of) if each in makers else {}}
            for each in media_types
        }

    def parameters(
        self,
        annotation: Any,
        location: Literal["query", "header", "cookie"],
        *,
        required: bool = True,
    ) -> list[Schema]:
        """What a model reads of a query, of header fields or of cookies.

        Args:
            annotation: of the parameter `query`, `headers` or `cookies`.
            location: which of them.
            required: whether the handler has no default for all of them.

        Returns:
            A parameter object for each name; for a type that takes any names, one that
            says so for a query, and none for the others.

        Raises:
            TypeError: it has no names.
        """
        spell = next(each for each in PLACES.values() if each.word == location).spell
        schema = self._strings(annotation)
        needed = schema.get("required", ()) if required else ()
        found = [
            parameter(spell(name), location, each, required=name in needed)
            for name, each in schema.get("properties", {}).items()
        ]
        if location == "query" and schema.get("additionalProperties", True):
            others = {key: schema[key] for key in OTHERS if key in schema}
            # OpenAPI 3.1 section 4.8.12.6: the members of an exploded object are
            # parameters, by their own names.
            found.append(
                {
                    "name": "parameters",
                    "in": "query",
                    "schema": {"type": "object", **others},
                    "style": "form",
                    "explode": True,
                }
            )
        return found

    def form(self, annotation: Any) -> dict[str, Schema]:
        """What a model reads of a form.

        Args:
            annotation: of the parameter `form`.

        Returns:
            A media type object for each media type: one where there are files, which
            only multipart can have.

        Raises:
            TypeError: it has no names.
        """
        schema = self._strings(annotation)
        media_types = [URLENCODED, MULTIPART]
        if any(map(has_file, schema.get("properties", {}).values())):
            media_types = [MULTIPART]
        return {each: {"schema": deepcopy(schema)} for each in media_types}

    def _strings(self, annotation: Any) -> Schema:
        """The schema of an object whose members are each one text, or several."""
        shape = _without_none(shape_of(annotation))
        if shape.kind == "any":
            return {"type": "object"}
        if shape.kind == "tuple" and hasattr(shape.type, "_fields"):
            return self._named_tuple(shape)
        schema = self._schemas.of_shape(shape, "taken")
        self._settle()
        while isinstance(schema.get("$ref"), Target):
            schema = self._components[schema["$ref"].key].bodies["taken"]
        if schema.get("type") != "object":
            raise TypeError(f"{described(annotation)} has no names")
        found: Schema = self._named(schema, "taken")
        found["properties"] = {
            name: as_text(each) for name, each in found.get("properties", {}).items()
        }
        return found

    def _named_tuple(self, shape: Shape) -> Schema:
        items = [self._schemas.schema(each, "taken") for each in shape.arguments]
        self._settle()
        names = shape.type._fields
        return {
            "type": "object",
            "properties": {
                name: as_text(self._named(item, "taken"))
                for name, item in zip(names, items, strict=True)
            },
            "required": [
                name for name in names if name not in shape.type._field_defaults
            ],
            "additionalProperties": False,
        }

    # What other libraries make --------------------------------------------------------

    def _adapted(self, annotation: Any, direction: Direction) -> Schema:
        if get_origin(annotation) is Annotated and schema_model(annotation) is not None:
            library = load(
                "restlette.contrib.openapi.marshmallow",
                "schema",
                needed_by="restlette.contrib.openapi",
            )
            found: Schema = library.schema_of(annotation, self._refer)
            return found
        model = adapted(annotation)
        if model is None or model.loads:
            name = described(annotation)
            raise TypeError(f"{name} is all of the content, and no part of anything")
        describe = model.taken_schema
        if direction == "given" and model.given_schema is not None:
            describe = model.given_schema
        return {} if describe is None else self._hoisted(dict(describe()))

    def _hoisted(self, schema: Schema) -> Schema:
        """A schema with definitions of its own, which become components."""
        definitions = schema.pop("$defs", {})
        identity = dumps([definitions, []], sort_keys=True, default=repr)

        def hoist(part: Any) -> Any:
            if isinstance(part, list):
                return [hoist(each) for each in part]
            if not isinstance(part, dict):
                return part
            found = {key: hoist(each) for key, each in part.items()}
            reference = part.get("$ref")
            if isinstance(reference, str) and reference.startswith(DEFINITIONS):
                name = reference.removeprefix(DEFINITIONS)
                found |= self._refer(
                    (name, identity), name, lambda _: hoist(definitions[name])
                )
            return found

        hoisted: Schema = hoist(schema)
        return hoisted

    # Patches --------------------------------------------------------------------------

    def _merge_patch(self, of: Any) -> Schema:
        schema = self._schemas.schema(of, "taken")
        self._settle()
        schema = merge_patch(schema, self._patch_component)
        self._settle()
        found: Schema = self._named(schema, "taken")
        return found

    def _patch_component(self, schema: Schema) -> Schema:
        target = schema["$ref"]
        component = self._components[target.key]
        body = component.bodies["taken"]
        if body.get("type") != "object":
            return schema
        return self._refer(
            (MergePatch, target.key),
            f"{component.names['given']}MergePatch",
            lambda _: merge_patch(body, self._patch_component),
            is_given=False,
        )

    def _json_patch(self, of: Any) -> Schema:
        schema = self._refer(JSONPatch, "JSONPatch", lambda _: JSON_PATCH)
        self._settle()
        found: Schema = self._named(schema, "taken")
        return found

    # Components -----------------------------------------------------------------------

    def _schema(self, annotation: Any, direction: Direction) -> Schema:
        schema = self._schemas.schema(annotation, direction)
        self._settle()
        found: Schema = self._named(schema, direction)
        return found

    def _refer(
        self,
        key: Any,
        name: str,
        build: Callable[[Direction], Schema],
        *,
        is_given: bool = True,
    ) -> Schema:
        if key not in self._components:
            candidates = _candidates(name, key)
            component = Component(candidates, build, is_given=is_given)
            self._components[key] = component
            self._new.append(component)
        return {"$ref": Target(key)}

    def _settle(self) -> None:
        """Describe and name what was referred to since the last time."""
        fresh: list[Component] = []
        while self._new:
            component = self._new.popleft()
            component.bodies["taken"] = component.build("taken")
            if component.is_given:
                component.bodies["given"] = component.build("given")
            fresh.append(component)
        users: dict[int, list[Component]] = {}
        differ: dict[int, Component] = {}
        for component in fresh:
            others = [self._components[each.key] for each in component.targets()]
            if not component.is_given:
                continue
            for other in others:
                users.setdefault(id(other), []).append(component)
            if component.differs or any(other.is_two for other in others):
                differ[id(component)] = component
        # What refers to something of two forms has two itself.
        waiting = list(differ.values())
        while waiting:
            for user in users.get(id(waiting.pop()), ()):
                if id(user) not in differ:
                    differ[id(user)] = user
                    waiting.append(user)
        for component in fresh:
            self._name(component, differs=id(component) in differ)

    def _name(self, component: Component, *, differs: bool) -> None:
        given, taken = next(
            names
            for candidate in component.candidates
            for names in [(candidate, f"{candidate}Input" if differs else candidate)]
            if not self._taken_names.intersection(names)
        )
        self._taken_names |= {given, taken}
        component.names = {"given": given, "taken": taken}

    def _named(self, schema: Any, direction: Direction) -> Any:
        """A copy of a schema with the names of components, which are shown from now."""
        waiting: list[Component] = []

        def name_of(target: Target) -> str:
            component = self._components[target.key]
            name = component.names[direction]
            if name not in self._shown:
                self._shown[name] = {}
                waiting.append(component)
            return PREFIX + name

        named = _with_names(schema, name_of)
        while waiting:
            component = waiting.pop()
            body = _with_names(component.bodies[direction], name_of)
            self._shown[component.names[direction]] = body
        return named


# What may hold a Target, or is one.
NESTED: Final = frozenset({dict, list, Target})


def _with_names(schema: Any, name_of: Callable[[Target], str]) -> Any:
    # PERF: most of what is in a schema is text, and needs no call of its own.
    if isinstance(schema, dict):
        return {
            key: _with_names(each, name_of) if type(each) in NESTED else each
            for key, each in schema.items()
        }
    if isinstance(schema, list):
        return [
            _with_names(each, name_of) if type(each) in NESTED else each
            for each in schema
        ]
    return name_of(schema) if isinstance(schema, Target) else schema


def _without_none(shape: Shape) -> Shape:
    """What is left of `X | None`, for text is never null."""
    members = members_of(shape) if shape.kind == "union" else []
    others = [member for member in members if member.type is not NoneType]
    return others[0] if len(others) == 1 else shape


def _targets(schema: Any) -> list[Target]:
    found: list[Target] = []
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Target):
            found.append(part)
        else:
            parts = part.values() if isinstance(part, dict) else part
            waiting += [each for each in parts if type(each) in NESTED]
    return found


def _candidates(name: str, key: Any) -> Iterator[str]:
    """Names for a component: short, then with its module, then with a number."""
    name = UNFIT.sub("_", name).strip("_") or "Schema"
    yield name
    made_of: Any = key[0] if isinstance(key, tuple) else key
    module = getattr(get_origin(made_of) or made_of, "__module__", None)
    if module is not None:
        yield UNFIT.sub("_", f"{module}.{name}")
    number = 2
    while True:
        yield f"{name}{number}"
        number += 1
