"""docs/security.md says of every hostile row which tests hold it."""

import subprocess
import sys

import pytest

from tests.hostile import ROOT, ROWS, rows_in


def test_the_page_is_what_the_suite_holds() -> None:
    """Every row has a test, and `scripts/security` was run since they changed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile", "--check"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_rows_are_numbered_from_one_to_125() -> None:
    assert [row.number for row in ROWS] == [*range(1, 126)]


@pytest.mark.parametrize(
    "text, rows",
    [
        ("test_host_19_a_host[a/?x]", {19}),
        ("test_a_host[host-19 a/?x]", {19}),
        ("cors-52, and JSON-57: nothing else.", {52, 57}),
        ("test_start_up_config_124_a_typo", {124}),
        ("test_graphql_ws_105_an_id", {105}),
        ("host-190, ghost-19 and a host of 19", set()),
        ("host-20 and json-404", {20}),
    ],
)
def test_rows_are_called_by_area_and_number(text: str, rows: set[int]) -> None:
    assert rows_in(text) == rows
