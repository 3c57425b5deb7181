"""The virtual environments that the scripts beside this file run in.

Story: `prepare()` makes an environment where there is none, installs what its kind
asks for, and notes in a stamp what that was made of. The next call does nothing
until one of those inputs changes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

OLDEST = (3, 11)

SHOP = "examples/bookshop/requirements.txt"

# kind: the environment's directory, what pip installs into it, and the files whose
# change means that it must install again. A later kind of one directory has
# everything of the earlier ones.
KINDS: dict[str, tuple[str, list[str], list[str]]] = {
    "full": (
        ".venv",
        ["-e", ".[full]", "-r", SHOP],
        ["setup.cfg", "setup.py", "pyproject.toml", SHOP],
    ),
    "test": (
        ".venv",
        ["-e", ".[full]", "-r", "requirements-test.txt"],
        ["setup.cfg", "setup.py", "pyproject.toml", SHOP, "requirements-test.txt"],
    ),
    "mutate": (
        ".venv-mutate",
        ["-e", ".[full]", "-r", "requirements-test.txt", "cosmic-ray>=8.7"],
        ["setup.cfg", "setup.py", "pyproject.toml", SHOP, "requirements-test.txt"],
    ),
    # The tests' own packages want newer ones than restlette does: LAST puts these back.
    "lowest": (
        ".venv-lowest",
        ["-e", ".[full]", "-r", "requirements-test.txt"],
        [
            *["setup.cfg", "setup.py", "pyproject.toml", SHOP],
            *["requirements-test.txt", "constraints-min.txt"],
        ],
    ),
    "bench": (
        ".venv-bench",
        [
            "-e",
            ".[attrs,contract,files,forms,schema,sessions,testing]",
            "-r",
            "benchmarks/requirements.txt",
        ],
        ["setup.cfg", "setup.py", "pyproject.toml", "benchmarks/requirements.txt"],
    ),
    "fuzz": (
        ".venv-fuzz",
        ["-e", ".[full]", "-r", "tests/fuzz/requirements.txt"],
        ["setup.cfg", "setup.py", "pyproject.toml", "tests/fuzz/requirements.txt"],
    ),
}

# kind: what pip installs behind all the rest, whatever that wants.
LAST = {"lowest": ["--no-deps", "-r", "constraints-min.txt"]}


def require_python() -> None:
    """Run again under a Python that is new enough, or say that there is none."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer and subprocess.run([newer, "-c", ""], check=False).returncode == 0:
            os.execv(newer, [newer, *sys.argv])
    wanted = ".".join(map(str, OLDEST))
    have = ".".join(map(str, sys.version_info[:3]))
    sys.exit(f"restlette needs Python {wanted} or newer; python3 here is {have}.")


def prepare(kind: str, *, apart: str = "") -> Path:
    """Make the environment of a kind ready, and give its Python interpreter.

    Args:
        kind: one of KINDS.
        apart: put behind the directory's name, for an environment beside the usual.
    """
    directory, packages, inputs = KINDS[kind]
    environment = ROOT / (directory + apart)
    python = environment / "bin" / "python"
    stamp = environment / f"installed-{kind}"
    fingerprint = _fingerprint(packages, inputs)
    if stamp.is_file() and stamp.read_text() == fingerprint and _works(python):
        return python
    if not _works(python):
        _say(f"making {environment.name} with Python {sys.version.split()[0]}")
        make = [sys.executable, "-m", "venv", "--clear", str(environment)]
        if subprocess.run(make, check=False).returncode != 0:
            sys.exit("`python3 -m venv` failed: on Debian, install python3-venv.")
    _say(f"installing {' '.join(packages)} into {environment.name}")
    install = [python, "-m", "pip", "install", "-qq"]  # errors only
    run(*install, "--upgrade", "pip")
    run(*install, *packages)
    if kind in LAST:
        run(*install, *LAST[kind])
    for earlier in KINDS:
        if KINDS[earlier][0] == directory:
            (environment / f"installed-{earlier}").write_text(
                _fingerprint(KINDS[earlier][1], KINDS[earlier][2])
            )
        if earlier == kind:
            break
    return python


def run(*command: str | Path) -> None:
    """Run a command in the project's directory; leave with its code if it fails."""
    code = subprocess.run(list(map(str, command)), cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def _fingerprint(packages: list[str], inputs: list[str]) -> str:
    """What an installation was made of, as one line."""
    digest = hashlib.sha256(repr((sys.version_info[:2], packages)).encode())
    for name in inputs:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest() + "\n"


def _works(python: Path) -> bool:
    """Whether the interpreter is there, starts, and is of this Python's version.

    A copied tree, or a Python that was removed, leaves one behind that does not.
    """
    if not python.is_file():
        return False
    ask = "import sys, pip; print(sys.prefix, *sys.version_info[:2])"
    answer = subprocess.run(
        [python, "-c", ask], capture_output=True, text=True, check=False
    )
    prefix = python.parent.parent
    return answer.stdout.split() == [str(prefix), *map(str, sys.version_info[:2])]


def _say(text: str) -> None:
    print(f"-- {text}", flush=True)
