"""graphql-core 3.3, which graphene does not go with, and so has a place of its own.

The story starts at `environment`, which is made once, with what a server of GraphQL
needs and no more. `modern` lets the tests of one process have it too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

import restlette.contrib

ROOT = Path(__file__).parent.parent

PACKAGES = ["graphql-core>=3.3,<3.4", "aiodataloader>=0.4", "uvicorn", "websockets"]

# Seconds in which pip fetches them.
FETCHED = 300.0


def environment() -> Path:
    """Give a virtual environment with graphql-core 3.3, and make it if need be."""
    version = ".".join(map(str, sys.version_info[:2]))
    there = ROOT / f".venv-graphql-3.3-{version}"
    if not there.is_dir():
        # Another run may be making one as well.
        made = Path(tempfile.mkdtemp(prefix=f"{there.name}-", dir=ROOT))
        _run(sys.executable, "-m", "venv", "--without-pip", str(made))
        pip = [sys.executable, "-m", "pip", "--python", str(made), "install", "-qq"]
        _run(*pip, *PACKAGES)
        try:
            made.rename(there)
        except OSError:
            shutil.rmtree(made)
    return there


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=FETCHED, stdin=subprocess.DEVNULL)


def python() -> str:
    """Give its interpreter."""
    return str(environment() / "bin" / "python")


@contextmanager
def modern() -> Iterator[tuple[ModuleType, ModuleType]]:
    """Let this process have graphql-core 3.3, and the contrib on it, for a while.

    Yields:
        The two modules, `graphql` and `restlette.contrib.graphql`.
    """
    (packages,) = environment().glob("lib/python*/site-packages")
    kept = _taken_out()
    contrib = getattr(restlette.contrib, "graphql", None)
    sys.path.insert(0, str(packages))
    try:
        graphql = import_module("graphql")
        yield graphql, import_module("restlette.contrib.graphql")
    finally:
        sys.path.remove(str(packages))
        _taken_out()
        sys.modules.update(kept)
        if contrib is not None:
            restlette.contrib.graphql = contrib


def _taken_out() -> dict[str, ModuleType]:
    """Take out of the modules whatever belongs to one of the two."""
    names = [
        name
        for name in sys.modules
        if f"{name}.".startswith(("graphql.", "restlette.contrib.graphql."))
    ]
    return {name: sys.modules.pop(name) for name in names}
