"""Modules that are imported when they are first used."""

import json
import subprocess
import sys

import pytest

from restlette.deferred import Deferred


def test_a_name_is_that_of_the_module() -> None:
    assert Deferred("json").dumps is json.dumps


def test_a_module_in_a_package_is_found_by_its_full_name() -> None:
    assert Deferred("json.decoder").JSONDecodeError is json.JSONDecodeError


def test_a_name_is_looked_up_once() -> None:
    """PERF: the second time it is an attribute like any other."""
    module = Deferred("json")
    assert "loads" not in vars(module)
    assert vars(module).get("loads", module.loads) is json.loads
    assert vars(module)["loads"] is json.loads


def test_a_name_that_the_module_lacks_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        Deferred("json").nothing


def test_a_module_that_is_not_there_says_so_when_it_is_used() -> None:
    module = Deferred("nowhere_to_be_found")
    with pytest.raises(ModuleNotFoundError):
        module.anything


def test_it_shows_which_module_it_stands_for() -> None:
    assert repr(Deferred("json")) == "Deferred('json')"


@pytest.mark.parametrize(
    "module", ["background", "concurrency", "lifespan", "deferred"]
)
def test_importing_what_needs_an_event_loop_does_not_import_asyncio(
    module: str,
) -> None:
    """`import restlette` costs less than asyncio alone."""
    program = f"import sys, restlette.{module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    dear = {"asyncio", "concurrent.futures", "inspect", "logging", "traceback"}
    assert dear.isdisjoint(done.stdout.split())
