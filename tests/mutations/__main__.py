"""Try changes of modules: `python -m tests.mutations --jobs N MODULE...`.

docs/testing.md has a row for each change that no test notices, and why that is so. For
each module, what else survived is printed as a difference and as a row; then the rows
that are out of date, and how many changes were noticed.
"""

import argparse
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutations.changes import begin, changed, changes, row, shown
from tests.mutations.children import Try, forked
from tests.mutations.session import SURVIVED, Session

EXPLAINED = Path("docs/testing.md")

PACKAGES = ("restlette/http", "restlette/resources")

# Tests that a module has beside those in the file of its name.
BESIDE = {
    "restlette/resources/routes.py": ["tests/resources/test_router.py"],
    "restlette/resources/freezing.py": [
        "tests/resources/test_site.py",
        "tests/resources/test_router.py",
        "tests/resources/test_guards.py",
        "tests/resources/test_conversation.py",
    ],
    "restlette/resources/router.py": ["tests/resources/test_problem.py"],
    "restlette/resources/explaining.py": ["tests/resources/test_steps.py"],
    "restlette/resources/conversation.py": ["tests/resources/test_websocket.py"],
    "restlette/resources/pipeline.py": [
        "tests/resources/test_forms.py",
        "tests/resources/test_html.py",
        "tests/resources/test_streams.py",
    ],
}

# What is imported anew for each change.
OURS = ("restlette", "tests", "examples", "pytest_restlette", "__main__", "conftest")

OPTIONS = [
    *("-x", "-q", "-p", "no:cacheprovider", "--assert=plain"),
    *("--hypothesis-profile=again", "--hypothesis-seed=1"),
    *("-W", "ignore::SyntaxWarning"),
]


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a source that is not the file's."""

    def __init__(self, path: str, source: str) -> None:
        name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.name, self.path, self.source = name, os.path.abspath(path), source

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the module, and no other."""
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the source as the module's."""
        exec(compile(self.source, self.path, "exec"), module.__dict__)


def modules() -> Iterator[str]:
    """The modules of both packages that hold more than names."""
    for package in PACKAGES:
        for path in sorted(Path(package).rglob("*.py")):
            if path != Path(package, "__init__.py"):
                yield str(path)


def tests_of(module: str) -> list[str]:
    """The files of tests that a module has."""
    path = Path(module.replace("restlette/", "tests/", 1))
    name = path.parent.name if path.stem == "__init__" else path.stem
    own = str(path.with_name(f"test_{name}.py"))
    found = [each for each in (own, *BESIDE.get(module, [])) if Path(each).is_file()]
    return found or sys.exit(f"{module} has no tests: there is no {own}")


def import_others(tests: list[str], told: Path) -> None:
    """Import what tests import of others, so that no try has to."""

    def call() -> int:
        pytest.main([*OPTIONS, "--collect-only", *tests])
        told.write_text("\n".join(sys.modules), "utf-8")
        return 0

    for _ in forked(iter([(0, (call, 60.0))]), 1):
        for name in told.read_text("utf-8").split():
            if name.partition(".")[0] not in OURS:
                with suppress(ImportError):  # it was made, not imported
                    importlib.import_module(name)


def quick(
    module: str, tests: list[str], jobs: int, told: Path
) -> tuple[set[int], float]:
    """The changes that are noticed while everything stays imported, and the seconds
    that the tests take."""

    def call() -> int:
        session = Session(os.path.abspath(module), jobs, told)
        return pytest.main([*OPTIONS, *tests], plugins=[session])

    told.write_text('{"seconds": 0}', "utf-8")
    for _ in forked(iter([(0, (call, 7200.0))]), 1):
        result = json.loads(told.read_text("utf-8"))
    if not result["seconds"]:
        sys.exit(f"The tests of {module} fail as it is: {' '.join(tests)}")
    return set(result["noticed"]), result["seconds"]


def explained(module: str) -> set[str]:
    """The rows of the changes of a module that nothing is to notice."""
    lines = EXPLAINED.read_text("utf-8").splitlines()
    return {line for line in lines if line.startswith(begin(module))}


def mutate(module: str, jobs: int, told: Path) -> tuple[int, int]:
    """Change a module in every way; give how many changes were noticed, of how many."""
    rows, survived = explained(module), set[str]()
    tests = tests_of(module)
    import_others(tests, told)
    noticed, seconds = quick(module, tests, jobs, told)
    source = Path(module).read_text("utf-8")
    new = {
        number: text
        for number, change in enumerate(changes(source))
        if (text := changed(source, change)) is not None
    }

    def tries() -> Iterator[tuple[int, Try]]:
        for number, text in new.items():
            if number not in noticed:

                def call(text: str = text) -> int:
                    sys.meta_path.insert(0, Changed(module, text))
                    return pytest.main([*OPTIONS, *tests])

                yield number, (call, 20 + 10 * seconds)

    for number, status in forked(tries(), jobs):
        if status != SURVIVED:
            noticed.add(number)
            continue
        line = row(module, source, new[number])
        survived.add(line)
        if line not in rows:
            print(shown(module, source, new[number]), line, sep="\n", flush=True)
    for line in sorted(rows - survived):
        print(f"This is noticed, or there is no such code: {line}")
    return len(noticed), len(new)


def main() -> None:
    """Change, and tell."""
    parser = argparse.ArgumentParser(prog="scripts/mutate")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    given = parser.parse_args()
    totals = []
    with tempfile.TemporaryDirectory() as directory:
        for module in given.modules or modules():
            noticed, total = mutate(module, given.jobs, Path(directory, "told"))
            totals.append((noticed, total))
            percent = 100 * noticed / total if total else 100
            print(f"-- {module}: {noticed} of {total}, {percent:.0f} %", flush=True)
    noticed, total = map(sum, zip(*totals, strict=True))
    print(f"-- all: {noticed} of {total}, {100 * noticed / total:.1f} %")


if __name__ == "__main__":
    main()
