"""What every test runs under: CI's strictness, and hypothesis's profile."""

import logging
import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

from tests.postgres import program, serving_postgres
from tests.valkey import Valkey, serving_valkey

IN_CI = os.environ.get("CI", "").lower() in ("1", "true")

# A loaded machine is slow now and then, which says nothing about the code. In CI the
# examples are the same every time, so that a red run can be repeated.
settings.register_profile(
    "restlette", deadline=None, derandomize=IN_CI, max_examples=100
)
# For a run after that one, in another mode of Python's: it would show the same again.
settings.register_profile("again", settings.get_profile("restlette"), max_examples=20)
settings.load_profile("restlette")


def _is_of_the_code(record: logging.LogRecord) -> bool:
    """Whether a record of asyncio says more than that the machine was busy."""
    return not record.getMessage().startswith("Executing ")


# With `-X dev` asyncio logs whatever takes more than 0.1 seconds.
logging.getLogger("asyncio").addFilter(_is_of_the_code)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a database in a real PostgreSQL, which all tests share."""
    if program("initdb") is None:
        pytest.skip("PostgreSQL is not on this machine")
    with serving_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """A real Valkey, which all tests share that leave it as it is."""
    with serving_valkey() as server:
        yield server


def _refuse(report: pytest.TestReport | pytest.CollectReport, nodeid: str) -> None:
    """Turn what was not run, or was expected to fail, into a failure."""
    if report.outcome == "skipped":
        kind = "an xfail" if hasattr(report, "wasxfail") else "a skip"
        why = getattr(report, "wasxfail", None) or report.longrepr
        if isinstance(why, tuple):  # of a skip: file, line, reason
            why = why[2]
        if hasattr(report, "wasxfail"):
            del report.wasxfail
        report.outcome = "failed"
        report.longrepr = f"{nodeid}: CI=true allows {kind} nowhere: {why}"


if IN_CI:

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A test that did not run in CI did not pass."""
        report = yield
        _refuse(report, item.nodeid)
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        collector: pytest.Collector,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Nor did a module that skipped itself."""
        report = yield
        _refuse(report, collector.nodeid)
        return report
