"""What is shipped: the metadata, the names of each module, what an import costs."""

import ast
import configparser
import importlib
import pkgutil
import re
import subprocess
import sys
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import restlette
from restlette.http import files
from restlette.resources import messagepack
from tests.modern import modern

ROOT = Path(__file__).resolve().parent.parent

MODULES = sorted(
    ["restlette"]
    + [
        found.name
        for found in pkgutil.walk_packages(restlette.__path__, "restlette.")
        if not found.name.endswith("__main__")
    ]
)

# What `import restlette` may not bring in: each of these costs more than all of ours.
HEAVY = {
    "concurrent.futures",
    "email",
    "html",
    "http.client",
    "http.cookies",
    "http.server",
    "ssl",
    "tempfile",
    "traceback",
    "urllib.request",
}


@cache
def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def lines(section: str, option: str) -> list[str]:
    """The lines of a list in setup.cfg."""
    return [line for line in setup_cfg()[section][option].splitlines() if line]


def python(*arguments: str) -> str:
    """What another interpreter prints that sees the standard library and the tree."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement loads in a fresh interpreter."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules)\n"
        f"{statement}\n"
        "print(*(set(sys.modules) - before))"
    )
    return set(python("-c", program).split())


def test_the_core_has_no_dependency() -> None:
    assert lines("options", "install_requires") == []


def test_full_is_the_union_of_all_other_extras() -> None:
    extras = set(setup_cfg()["options.extras_require"]) - {"full"}
    full = lines("options.extras_require", "full")
    assert full == [f"restlette[{name}]" for name in extras] or set(full) == {
        f"restlette[{name}]" for name in extras
    }


def test_the_documented_extras_are_there() -> None:
    assert set(setup_cfg()["options.extras_require"]) == {
        "attrs",
        "marshmallow",
        "patch",
        "msgpack",
        "schema",
        "swagger",
        "contract",
        "forms",
        "files",
        "templates",
        "sessions",
        "redis",
        "auth",
        "graphql",
        "ujson",
        "orjson",
        "testing",
        "wsgi",
        "server",
        "full",
    }


def test_every_requirement_has_a_floor() -> None:
    """An extra says which versions it was made for."""
    for name in setup_cfg()["options.extras_require"]:
        for line in lines("options.extras_require", name):
            if name != "full":
                assert re.match(r"[a-z0-9-]+>=[0-9.]+", line), line


def test_the_lowest_versions_are_the_floors() -> None:
    """`scripts/test --lowest` runs the suite with these."""
    stated = [
        line
        for extra in setup_cfg()["options.extras_require"]
        for line in lines("options.extras_require", extra)
    ]
    shop = ROOT / "examples" / "bookshop" / "requirements.txt"
    stated += shop.read_text("utf-8").splitlines()
    floor = re.compile(r"([a-z0-9-]+)(?:\[[a-z]+\])?>=([0-9a-z.]+)").match
    floors = {match.groups() for match in map(floor, stated) if match}
    lowest = (ROOT / "constraints-min.txt").read_text("utf-8").splitlines()
    pinned = [line.split("==") for line in lowest if not line.startswith("#")]
    assert pinned == [[name, version] for name, version in sorted(floors)]


def test_an_extra_that_a_module_names_exists() -> None:
    """`load(module, extra)` tells users to install something that can be installed."""
    extras = set(setup_cfg()["options.extras_require"])
    named = set()
    for path in (ROOT / "restlette").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            function = ast.unparse(node.func)
            if function in ("load", "optional.load") and len(node.args) > 1:
                extra = node.args[1]
                if isinstance(extra, ast.Constant):
                    named.add(extra.value)
    assert named <= extras


def test_the_version_is_a_literal() -> None:
    """setup.cfg reads it without importing the package, so it must be one."""
    source = (ROOT / "restlette" / "__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', source, re.MULTILINE)
    assert found is not None
    assert found[1] == restlette.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|a\d+|b\d+|rc\d+)?", found[1])


def test_the_types_are_shipped() -> None:
    assert (ROOT / "restlette" / "py.typed").is_file()
    assert lines("options.package_data", "restlette") == ["py.typed"]
    assert lines("options.package_data", "restlette.contrib.openapi") == ["assets/*"]


def test_every_directory_of_the_package_is_a_package() -> None:
    """`find:` leaves out a directory without an `__init__.py`, without a word."""
    bare = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "restlette").rglob("*")
        if path.is_dir()
        and any(path.glob("*.py"))
        and not (path / "__init__.py").is_file()
    ]
    assert bare == []


def test_every_directory_of_tests_is_a_package() -> None:
    """`tests/http/` would hide the standard library's `http` otherwise."""
    bare = [
        str(path.parent.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if not (path.parent / "__init__.py").is_file()
    ]
    assert bare == []


def defined(module: ModuleType) -> set[str]:
    """The public functions and classes of a module's own source."""
    assert module.__file__ is not None
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {
        node.name
        for node in ast.parse(Path(module.__file__).read_text("utf-8")).body
        if isinstance(node, definitions) and not node.name.startswith("_")
    }


@pytest.mark.parametrize("name", MODULES)
def test_all_says_what_is_there(name: str) -> None:
    """`__all__` names every function and class that a module offers, and nothing else.

    Constants and types of annotations stand in it where others are to use them. A
    package's `__init__` that holds nothing needs none.
    """
    # It is for graphql-core 3.3, which is not the one that is installed.
    is_apart = name == "restlette.contrib.graphql._parts"
    with modern() if is_apart else nullcontext():
        module = importlib.import_module(name)
    offered = list(getattr(module, "__all__", ()))
    assert len(offered) == len(set(offered))
    assert [each for each in offered if not hasattr(module, each)] == []
    assert defined(module) - set(offered) == set()


def test_the_public_names_resolve_from_the_root() -> None:
    """Every name of `restlette.__all__` is there, `__version__` besides."""
    namespace: dict[str, object] = {}
    exec("from restlette import *", namespace)
    assert set(restlette.__all__) <= set(namespace)
    assert "__version__" in dir(restlette)


def test_the_root_gives_what_needs_an_extra_when_it_is_asked_for() -> None:
    assert restlette.FileResponse is files.FileResponse
    assert restlette.MessagePack is messagepack.MessagePack
    with pytest.raises(ImportError, match="cannot import name 'FileResponce'"):
        exec("from restlette import FileResponce")


def test_import_loads_nobody_elses_code() -> None:
    """`import restlette` stands on the standard library alone."""
    loaded = loaded_by("import restlette")
    foreign = {
        name
        for name in loaded
        if name.split(".")[0] not in {*sys.stdlib_module_names, "restlette"}
        and not name.startswith("__editable__")
    }
    assert foreign == set()


def test_import_loads_no_optional_part() -> None:
    """Nor contrib, testing or the command line."""
    loaded = loaded_by("import restlette")
    assert {"restlette.app", "restlette.http.request"} <= loaded
    optional = ("restlette.contrib", "restlette.testing", "restlette.cli")
    assert {name for name in loaded if name.startswith(optional)} == set()


def test_import_is_light() -> None:
    """Nor what is heavy in the standard library and seldom needed."""
    assert loaded_by("import restlette") & HEAVY == set()


def test_call_needs_no_dependency() -> None:
    """`restlette.testing.call` loads no third party; only TestClient does."""
    loaded = loaded_by("from restlette.testing import call, call_async, build_request")
    foreign = {
        name
        for name in loaded
        if name.split(".")[0] not in {*sys.stdlib_module_names, "restlette"}
        and not name.startswith("__editable__")
    }
    assert foreign == set()


def test_the_core_works_with_nothing_installed() -> None:
    """Without site-packages: every kind of exchange, and errors that say what to do."""
    program = (
        f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "runpy.run_path('tests/core_alone.py', run_name='__main__')"
    )
    said = python("-S", "-c", program)
    assert re.search(r"^core alone: \d+ passed$", said, re.MULTILINE)


def test_the_scripts_can_be_executed() -> None:
    for name in ("scripts/run", "scripts/test", "scripts/bench", ".ci/run"):
        assert (ROOT / name).stat().st_mode & 0o100, name
