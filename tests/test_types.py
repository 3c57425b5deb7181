"""What type checkers see of restlette when it is installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the package as pip would lay it out, and nothing else of ours.

    Checkers do not follow the finder of an editable install.
    """
    place = tmp_path_factory.mktemp("installed")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "restlette", place / "restlette", ignore=ignore)
    environment = Path(sys.prefix)
    settings = {"venvPath": str(environment.parent), "venv": environment.name}
    (place / "pyrightconfig.json").write_text(json.dumps(settings))
    return place


def pyright(place: Path, *arguments: str) -> dict[str, Any]:
    """What pyright says, run in a directory."""
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", *arguments],
        capture_output=True,
        text=True,
        cwd=place,
        env={
            **os.environ,
            "PYTHONPATH": str(place),
            "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
        },
        timeout=110,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_the_type_of_every_public_name_is_written(installed: Path) -> None:
    """None is left to be inferred, which each checker would do in a way of its own."""
    report = pyright(installed, "--verifytypes", "restlette", "--ignoreexternal")
    found = report["typeCompleteness"]
    wanting = [
        f"{symbol['name']}: {said['message']}"
        for symbol in found["symbols"]
        for said in symbol["diagnostics"]
        if said["severity"] == "error"
    ]
    assert wanting == []
    assert found["exportedSymbolCounts"]["withKnownType"] > 2000
    assert found["completenessScore"] == 1
