"""Applications that are written to a file, for their source is read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module, invalidate_caches
from itertools import count
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest

Write = Callable[[str], ModuleType]

_NUMBERS = count()


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes source to a module of its own, and imports it."""
    names: list[str] = []
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(source: str) -> ModuleType:
        name = f"checked_{next(_NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(dedent(source).lstrip("\n"), "utf-8")
        invalidate_caches()
        names.append(name)
        return import_module(name)

    yield write
    for name in names:
        sys.modules.pop(name, None)
