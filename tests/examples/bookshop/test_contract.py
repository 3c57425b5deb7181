"""The shop's own suite, held to its document by the plug-in, with nothing left out."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

SUITE = [
    "tests/examples/bookshop/test_app.py",
    "tests/examples/bookshop/test_answers.py",
    "tests/examples/bookshop/test_accounts.py",
    "tests/examples/bookshop/test_pages.py",
]


def test_each_operation_and_answer_is_seen_by_the_shops_own_suite() -> None:
    options = ["-q", "-p", "no:cacheprovider", "--restlette-contract-threshold=100"]
    environment = {**os.environ, "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *SUITE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "declared answers seen, 100 %" in done.stdout
