"""`python -m restlette` is the command line, and importing it does nothing."""

from __future__ import annotations

import importlib
import runpy
import sys
from pathlib import Path

import pytest

import restlette

MAIN = Path(restlette.__file__).with_name("__main__.py")


def test_the_module_runs_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["restlette", "--version"])
    with pytest.raises(SystemExit) as caught:
        # Not by its name: what pytest imports modules with, once a package has a
        # plug-in for it, has no code to run.
        runpy.run_path(str(MAIN), run_name="__main__")
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"restlette {restlette.__version__}\n"


def test_to_import_it_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module("restlette.__main__")
    assert capsys.readouterr().out == ""
