"""What type checkers see of restlette when it is installed.

`types/accepted.py` holds what users write, and `types/refused.py` their mistakes: each
line that checkers must find an error in ends with `# refused`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CASES = ("accepted.py", "refused.py")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the package as pip would lay it out, and nothing else of ours.

    Checkers do not follow the finder of an editable install.
    """
    place = tmp_path_factory.mktemp("installed")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "restlette", place / "restlette", ignore=ignore)
    for name in CASES:
        shutil.copy(ROOT / "tests" / "types" / name, place / name)
    environment = Path(sys.prefix)
    settings = {"venvPath": str(environment.parent), "venv": environment.name}
    (place / "pyrightconfig.json").write_text(json.dumps(settings))
    return place


def said_by(checker: str, place: Path, *arguments: str) -> str:
    """What a checker prints, run in a directory."""
    done = subprocess.run(
        [sys.executable, "-m", checker, *arguments],
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
    return done.stdout


Found = set[tuple[str, int]]


def marked(place: Path) -> Found:
    """The file and the line of each mistake."""
    return {
        (name, number)
        for name in CASES
        for number, line in enumerate((place / name).read_text().splitlines(), 1)
        if line.endswith("# refused")
    }


def found_by_pyright(place: Path) -> Found:
    report = json.loads(said_by("pyright", place, "--outputjson", *CASES))
    return {
        (Path(said["file"]).name, said["range"]["start"]["line"] + 1)
        for said in report["generalDiagnostics"]
    }


def found_by_mypy(place: Path) -> Found:
    options = ["--strict", "--cache-dir", "cache", "--config-file", ""]
    text = said_by("mypy", place, *options, *CASES)
    found = re.findall(r"^(.+?):(\d+): error: ", text, re.MULTILINE)
    return {(name, int(line)) for name, line in found}


def test_the_type_of_every_public_name_is_written(installed: Path) -> None:
    """None is left to be inferred, which each checker would do in a way of its own."""
    asked = ["--verifytypes", "restlette", "--ignoreexternal", "--outputjson"]
    found = json.loads(said_by("pyright", installed, *asked))["typeCompleteness"]
    wanting = [
        f"{symbol['name']}: {said['message']}"
        for symbol in found["symbols"]
        for said in symbol["diagnostics"]
        if said["severity"] == "error"
    ]
    assert wanting == []
    assert found["exportedSymbolCounts"]["withKnownType"] > 2000
    assert found["completenessScore"] == 1


@pytest.mark.parametrize("found_by", [found_by_mypy, found_by_pyright])
def test_checkers_find_the_mistakes_of_users_and_nothing_else(
    installed: Path, found_by: Callable[[Path], Found]
) -> None:
    assert len(marked(installed)) > 100
    assert sorted(found_by(installed)) == sorted(marked(installed))
