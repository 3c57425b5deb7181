"""The benchmarks still run: restlette beside the raw application, one round each.

How fast anything is, is not tested: scripts/bench shows it.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import (
    cases,
    clients,
    graphs,
    imports,
    inprocess,
    models,
    server,
    startup,
    table,
)

ROOT = Path(__file__).resolve().parent.parent


def bench(*cases: str) -> str:
    """What the benchmarks print for cases."""
    options = ["--only", "raw,restlette", "--rounds", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options, *cases],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_case_in_process_answers_as_the_raw_application_does() -> None:
    """Status and content are compared before anything is timed."""
    said = bench(*inprocess.NAMES)
    for name in inprocess.NAMES:
        assert f"\n{name}: " in said


def test_models_answer_what_is_made_by_hand() -> None:
    said = bench(*models.NAMES)
    for name in models.NAMES:
        assert f"\n{name}: " in said


def test_graphql_is_measured() -> None:
    """Beside its peers where they are; what is hostile is answered in any case."""
    said = bench(*graphs.NAMES)
    assert f"\ngraphql: {graphs.CASE.title}" in said
    for name in graphs.DOCUMENTS:
        assert f"| {name} " in said


def test_the_import_and_the_client_are_measured() -> None:
    said = bench(*imports.NAMES, *clients.NAMES)
    assert "import: processor time" in said
    assert "testclient: a GET" in said


def test_a_start_with_many_routes_is_measured() -> None:
    said = bench(*startup.NAMES)
    assert "10,000 other routes" in said


def test_a_server_is_measured() -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not on this machine")
    said = bench("server")
    assert "goal: of the raw application" in said


def test_files_and_forms_are_measured_behind_a_server() -> None:
    said = bench(*server.TRANSFERS)
    for name in server.TRANSFERS:
        assert f"\n{name}: " in said


def answer(case: str, body: bytes, *fields: tuple[bytes, bytes]) -> tuple[int, str]:
    """What is found of an answer to a case."""
    start = {"type": "http.response.start", "status": 200, "headers": fields}
    sent = [start, {"type": "http.response.body", "body": body}]
    return cases.check("nobody", cases.CASES[case], sent)


def test_an_answer_that_differs_is_not_measured() -> None:
    """Whatever it was coded in."""
    coded = b"content-encoding", b"gzip"
    content = json.dumps(cases.CASES["gzip"].content).encode()
    assert answer("gzip", gzip.compress(content), coded) == (200, "content-encoding")
    with cases.files():
        file = Path(os.environ["FILES"], "large.bin").read_bytes()
        assert answer("file", file) == (200, "")
        for case, body in (("file", file[:-1]), ("get", b"{}"), ("upload", b"{}")):
            with pytest.raises(cases.Disagreement):
                answer(case, body)
    with pytest.raises(cases.Disagreement):
        answer("gzip", gzip.compress(b"{}"), coded)


def test_a_case_that_is_not_there_is_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nothing"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=100,
        check=False,
    )
    assert done.returncode == 2
    assert "no such case: nothing" in done.stderr


@pytest.mark.parametrize(
    "value, text", [(0.123, "0.12"), (9.99, "9.99"), (12.34, "12.3"), (1234.5, "1234")]
)
def test_numbers_have_the_digits_that_say_something(value: float, text: str) -> None:
    assert table.number(value) == text


def test_the_fastest_peer_is_neither_the_floor_nor_restlette() -> None:
    samples = {"raw": [1.0], "restlette": [2.0], "a": [4.0], "b": [3.0, 9.0, 3.0]}
    assert table.fastest_peer(samples) == "b"
    assert table.part(samples, "a") == 0.5
