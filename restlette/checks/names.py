"""What the names in a function stand for: through aliases, imports and attributes.

The story starts with `Names.resolve`. Names of the module are looked up in the running
program, which knows what they are whatever they are called; those of the function
itself are read from its source, as far as what they are given is known.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import PurePath
from types import FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple, get_type_hints

from restlette.checks.sources import Function, inside, source_of
from restlette.resources.parameters import unwrap

__all__ = ["Names", "Thing"]


class Thing(NamedTuple):
    """What an expression stands for.

    Attributes:
        names: Its dotted names: as it is written, and as it calls itself.
        value: The object, a tuple of one, if it is there already.
        cls: The class of which it is some instance.
        local: Where it is a function that is defined in the function itself, that one.
    """

    names: tuple[str, ...] = ()
    value: tuple[Any, ...] = ()
    cls: type[Any] | None = None
    local: Function | None = None


_NOTHING = Thing()


def _known(value: Any, *names: str) -> Thing:
    return Thing((*names, _own_name(value)), (value,))


def _own_name(value: Any) -> str:
    """Give the dotted name that something calls itself."""
    if isinstance(value, partial):
        return _own_name(value.func)
    if isinstance(value, ModuleType):
        return value.__name__
    # What is in C says in ways of its own where it is from.
    owner = getattr(value, "__objclass__", getattr(value, "__self__", None))
    owner = owner if isinstance(owner, type | ModuleType) else type(owner)
    module = getattr(value, "__module__", None) or getattr(owner, "__module__", None)
    if hasattr(value, "__qualname__"):
        return f"{module or 'builtins'}.{value.__qualname__}"
    return f"{type(value).__module__}.{type(value).__qualname__}()"


class Names:
    """The names in one function.

    Args:
        node: The function's source.
        function: The function as it runs; None for one that is defined in another.
        owner: The class of which it is a method.
        outer: The names around one that is defined in another.
    """

    def __init__(
        self,
        node: Function,
        function: Any = None,
        owner: type[Any] | None = None,
        outer: Names | None = None,
    ) -> None:
        self._outer = outer
        self._globals: Mapping[str, Any] = {}
        self._cells: dict[str, Any] = {}
        function = unwrap(function)
        if isinstance(function, FunctionType):
            self._globals = function.__globals__
            self._cells = dict(_cells(function))
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        hints = _hints(function)
        self._locals: dict[str, Thing] = {
            each.arg: _some(hints.get(each.arg)) for each in arguments
        }
        if owner is not None and arguments:
            self._locals[arguments[0].arg] = Thing(cls=owner)
        for each in inside(node):
            self._define(each)
        for each in inside(node):
            self._assign(each)

    def _define(self, node: ast.AST) -> None:
        """Read what a statement makes a name of the function's own."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                self._locals[alias.asname or whole] = Thing((whole,))
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name
                self._locals[name] = Thing((f"{node.module}.{alias.name}",))
        elif isinstance(node, Function):
            self._locals[node.name] = Thing(local=node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self._locals[node.id] = _NOTHING

    def _assign(self, node: ast.AST) -> None:
        """Read what a name is given, where it is given one thing."""
        pairs: list[tuple[ast.AST, ast.AST]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.With | ast.AsyncWith):
            pairs = [
                (item.optional_vars, item.context_expr)
                for item in node.items
                if item.optional_vars is not None
            ]
        for target, value in pairs:
            if isinstance(target, ast.Name):
                self._locals[target.id] = self.resolve(value)

    def resolve(self, node: ast.AST) -> Thing:
        """Say what an expression stands for; nothing where that is not clear."""
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Attribute):
            return _attribute(self.resolve(node.value), node.attr)
        if isinstance(node, ast.Call):
            return _made(self.resolve(node.func))
        if isinstance(node, ast.BinOp):
            return _below(self.resolve(node.left))
        return _NOTHING

    def _name(self, name: str) -> Thing:
        if name in self._locals:
            return self._locals[name]
        if name in self._cells:
            return _known(self._cells[name])
        if self._outer is not None:
            return self._outer._name(name)
        if name in self._globals:
            return _known(self._globals[name])
        if hasattr(builtins, name):
            return _known(getattr(builtins, name))
        return _NOTHING

    def given_to(self, name: str, node: Function) -> Thing:
        """Say what `self.name` is given in a method, such as `__init__`."""
        for each in inside(node):
            targets = each.targets if isinstance(each, ast.Assign) else []
            if isinstance(each, ast.Assign) and any(
                isinstance(target, ast.Attribute) and target.attr == name
                for target in targets
            ):
                return self.resolve(each.value)
        return _NOTHING


def _attribute(owner: Thing, name: str) -> Thing:
    names = tuple(f"{each}.{name}" for each in owner.names)
    if owner.value:
        try:
            return _known(getattr(owner.value[0], name), *names)
        except Exception:
            return Thing(names)
    if owner.cls is not None:
        found = _of_instances(owner.cls, name)
        return found._replace(names=names + found.names)
    return Thing(names)


def _below(left: Thing) -> Thing:
    """Say what `left / "name"` is: a path, if `left` is one."""
    cls = type(left.value[0]) if left.value else left.cls
    return _some(cls) if cls is not None and issubclass(cls, PurePath) else _NOTHING


def _of_instances(cls: type[Any], name: str) -> Thing:
    """Say what an attribute of instances of a class stands for."""
    found = getattr(cls, name, None)
    if callable(found):
        return _known(found)
    annotated = _hints(cls).get(name)
    if annotated is not None:
        return _some(annotated)
    init = cls.__init__
    node = source_of(init)
    return _NOTHING if node is None else Names(node, init, cls).given_to(name, node)


def _made(function: Thing) -> Thing:
    """Say what a call of something gives, as far as that is clear."""
    names = tuple(f"{each}()" for each in function.names)
    value = function.value[0] if function.value else None
    if isinstance(value, type):
        return Thing(names, cls=value)
    given = _hints(value).get("return")
    return _some(given)._replace(names=names) if given is not None else Thing(names)


def _some(annotation: Any) -> Thing:
    """Give some instance of what an annotation says."""
    if not isinstance(annotation, type):
        return _NOTHING
    name = f"{annotation.__module__}.{annotation.__qualname__}()"
    return Thing((name,), cls=annotation)


def _hints(thing: Any) -> Mapping[str, Any]:
    """Give the annotations of a class or function, none where they are a riddle."""
    if not isinstance(thing, type | FunctionType | MethodType):
        return {}
    try:
        return get_type_hints(thing)
    except Exception:
        return {}


def _cells(function: FunctionType) -> Iterator[tuple[str, Any]]:
    names = function.__code__.co_freevars
    for name, cell in zip(names, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            # It is assigned later.
            continue
