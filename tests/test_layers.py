"""How the package is built, read from its source: nothing here imports it."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "restlette"

# What imports from what: a module may import from its own layer and from those below.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("restlette.concurrency", "restlette.deferred", "restlette.suggestions"),
    ("restlette.http", "restlette.status"),
    (
        "restlette.middleware",
        "restlette.lifespan",
        "restlette.background",
        "restlette.config",
    ),
    ("restlette.resources",),
    ("restlette.app",),
    ("restlette",),
    (
        "restlette.checks",
        "restlette.cli",
        "restlette.__main__",
        "restlette.testing",
        "restlette.contrib",
    ),
)

# The one place that imports by name what may be absent.
LOADER = "restlette.http.optional"


@dataclass(frozen=True)
class Import:
    """One import statement's target, as the statement sees it."""

    module: str
    name: str | None
    line: int
    for_types: bool
    in_function: bool


@dataclass(frozen=True)
class Module:
    """A module of the package, parsed."""

    name: str
    path: Path
    tree: ast.Module

    def __str__(self) -> str:
        return self.name


def parse() -> dict[str, Module]:
    """Every module of the package, by name."""
    modules = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = Module(name, path, ast.parse(path.read_text("utf-8")))
    return modules


MODULES = parse()

each_module = pytest.mark.parametrize("module", MODULES.values(), ids=str)


def imports(node: ast.AST, for_types: bool, in_function: bool) -> Iterator[Import]:
    """Every import statement below a node of the tree."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, None, child.lineno, for_types, in_function)
        elif isinstance(child, ast.ImportFrom):
            module = "." * child.level + (child.module or "")
            for alias in child.names:
                yield Import(module, alias.name, child.lineno, for_types, in_function)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            yield from imports(child, True, in_function)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports(child, for_types, True)
        else:
            yield from imports(child, for_types, in_function)


@cache
def imports_of(module: str) -> tuple[Import, ...]:
    """Every import statement of a module."""
    return tuple(imports(MODULES[module].tree, False, False))


def target(imported: Import) -> str:
    """The module that an import statement of the package's own reads from."""
    submodule = f"{imported.module}.{imported.name}"
    return submodule if submodule in MODULES else imported.module


def is_ours(name: str) -> bool:
    return name == "restlette" or name.startswith("restlette.")


def layer(module: str) -> int:
    """The layer of a module: that of the longest name in the table that holds it."""
    best, found = "", -1
    for number, names in enumerate(LAYERS):
        for name in names:
            # `restlette` alone stands for its __init__, not for all below it.
            below = name != "restlette" and module.startswith(name + ".")
            if (module == name or below) and len(name) > len(best):
                best, found = name, number
    return found


def problems(module: Module, found: list[Import]) -> list[str]:
    """Where the import statements stand, for the message of a failing test."""
    place = module.path.relative_to(ROOT)
    return [f"{place}:{each.line} imports {target(each)}" for each in found]


def test_there_is_a_package_to_look_at() -> None:
    """A tree that was not found would pass everything below."""
    assert "restlette" in MODULES
    assert "restlette.http.headers" in MODULES


@each_module
def test_every_module_has_its_layer(module: Module) -> None:
    assert layer(module.name) >= 0, f"{module} is in no layer of tests/test_layers.py"


@each_module
def test_imports_point_down(module: Module) -> None:
    """A module imports from its own layer and from those below it."""
    upward = [
        each
        for each in imports_of(module.name)
        if is_ours(each.module)
        and not each.for_types
        and layer(target(each)) > layer(module.name)
    ]
    assert problems(module, upward) == []


@each_module
def test_imports_are_absolute_and_at_the_top(module: Module) -> None:
    """No relative import, and none inside a function."""
    wrong = [
        each
        for each in imports_of(module.name)
        if each.in_function or each.module.startswith(".")
    ]
    assert problems(module, wrong) == []


@each_module
def test_nothing_that_may_be_absent_is_imported(module: Module) -> None:
    """The standard library and ourselves; all else comes through optional.load."""
    foreign = [
        each
        for each in imports_of(module.name)
        if not is_ours(each.module)
        and not each.for_types
        and each.module.split(".")[0] not in sys.stdlib_module_names
    ]
    assert problems(module, foreign) == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    """The imports of the package form no cycle."""
    graph = {
        name: {
            target(each)
            for each in imports_of(name)
            if is_ours(each.module) and not each.for_types
        }
        for name in MODULES
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        pytest.fail("a cycle: " + " <- ".join(exc.args[1]))


def contrib_imports() -> Iterator[tuple[Module, Import]]:
    """What the optional parts take from the rest of the package."""
    for module in MODULES.values():
        if module.name.startswith("restlette.contrib"):
            for each in imports_of(module.name):
                if is_ours(each.module) and not target(each).startswith(
                    "restlette.contrib"
                ):
                    yield module, each


def exported(name: str) -> set[str]:
    """The names in a module's `__all__`."""
    for node in MODULES[name].tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(each, ast.Name) and each.id == "__all__" for each in targets):
            assert isinstance(node, ast.Assign)
            return set(ast.literal_eval(node.value))
    return set()


def test_contrib_sees_exported_names_only() -> None:
    """The optional parts are written as anybody could have written them."""
    inside = [
        f"{module} imports {each.module}.{each.name}"
        for module, each in contrib_imports()
        if each.name is not None
        and f"{each.module}.{each.name}" not in MODULES
        and each.name not in exported(each.module)
    ]
    assert inside == []


@each_module
def test_no_assert_decides_anything(module: Module) -> None:
    """`python -O` changes nothing (packaging-123)."""
    lines = [node.lineno for node in ast.walk(module.tree) if type(node) is ast.Assert]
    assert lines == []


def imports_by_name(module: Module) -> Iterator[tuple[int, str]]:
    """The calls that import a module, with the top-level name that they import."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            function = ast.unparse(node.func).rpartition(".")[2]
            if function == "__import__":
                yield node.lineno, "__import__"
            elif function == "import_module":
                name = node.args[0]
                known = isinstance(name, ast.Constant)
                yield node.lineno, str(name.value).split(".")[0] if known else "?"


@each_module
def test_what_may_be_absent_is_imported_in_one_place(module: Module) -> None:
    """Elsewhere import_module defers our own modules or the standard library's."""
    if module.name not in (LOADER, "restlette.deferred"):
        allowed = {"restlette", *sys.stdlib_module_names}
        wrong = [each for each in imports_by_name(module) if each[1] not in allowed]
        assert wrong == [], f"{LOADER}.load does this"


@each_module
def test_coverage_is_told_to_look_away_nowhere(module: Module) -> None:
    """100 % is of everything."""
    lines = module.path.read_text("utf-8").splitlines()
    assert [line for line in lines if "pragma: no" in line] == []


@each_module
def test_type_checkers_are_told_why_they_look_away(module: Module) -> None:
    """An ignore names its rule and says in the same line why it is there."""
    for line in module.path.read_text("utf-8").splitlines():
        for mark in ("# type: ignore", "# pyright: ignore"):
            if mark in line:
                rule, _, reason = line.split(mark, 1)[1].partition("]")
                assert rule.startswith("["), line
                assert reason.strip(" #:-"), f"no reason: {line}"
