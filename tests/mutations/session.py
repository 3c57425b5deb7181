"""A pytest session that tries changes, instead of running its tests once.

Story: the tests are collected, and run once in a process of their own, which tells the
lines that each covers. For each change a process is forked that has everything
imported; it puts the changed code into the functions that are there, and runs the tests
that cover the statement. What is not noticed so may be a change of what is made once,
at import: it is left to a process that imports the changed module.
"""

import gc
import json
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import CodeType, FunctionType

import coverage
import pytest

from tests.mutations.changes import changed, changes, functions, statements
from tests.mutations.children import Try, forked

SURVIVED, NOTICED, UNCLEAR = 0, 1, 3

# Seconds that the tests may take all together, unchanged.
PATIENCE = 600.0


class Session:
    """The plug-in, whose loop takes the place of pytest's."""

    def __init__(self, path: str, jobs: int, result: Path) -> None:
        """Take the module's path, how many processes there may be at once, and the
        file that the result is written to."""
        self.path = path
        self.source = Path(path).read_text("utf-8")
        self.jobs = jobs
        self.result = result
        self.failed = False
        self.items: list[pytest.Item] = []
        self.seconds: list[float] = []
        self.covering: dict[int, list[int]] = {}
        self.live: dict[tuple[str, int], list[FunctionType]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test failed."""
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Write the seconds that the tests take, and which changes they notice; no
        seconds when they fail unchanged."""
        self.items = session.items
        self.live = _functions(self.path)
        self._measure()
        gc.freeze()  # what is never looked at is not copied
        tried = forked(self._tries(), self.jobs) if self.seconds else ()
        noticed = [number for number, did in tried if did not in (SURVIVED, UNCLEAR)]
        result = {"noticed": noticed, "seconds": sum(self.seconds)}
        self.result.write_text(json.dumps(result), "utf-8")
        return True

    def _measure(self) -> None:
        """Find the seconds that each test takes, and the tests that cover each line."""
        with tempfile.TemporaryFile("w+", encoding="utf-8") as told:

            def call() -> int:
                json.dump(self._cover(), told)
                told.flush()
                return NOTICED if self.failed else SURVIVED

            for _, status in forked(iter([(0, (call, PATIENCE))]), 1):
                if status == SURVIVED:
                    told.seek(0)
                    lines, self.seconds = json.load(told)
                    self.covering = {
                        int(line): [int(test) for test in tests if test]
                        for line, tests in lines.items()
                    }

    def _cover(self) -> tuple[dict[int, list[str]], list[float]]:
        """Run all tests; give those that cover each line, and the seconds of each."""
        measure = coverage.Coverage(
            data_file=None, include=[self.path], config_file=False
        )
        took = []
        measure.start()
        for number, (item, following) in enumerate(pairwise([*self.items, None])):
            measure.switch_context(str(number))
            start = time.monotonic()
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            took.append(time.monotonic() - start)
        measure.stop()
        return measure.get_data().contexts_by_lineno(self.path), took

    def _tries(self) -> Iterator[tuple[int, Try]]:
        """The changes that can be tried here, by number."""
        old = compile(self.source, self.path, "exec", dont_inherit=True)
        lines = statements(self.source)
        for number, change in enumerate(changes(self.source)):
            touched = {
                test
                for line in range(change.start, change.end + 1)
                for each in lines.get(line, [line])
                for test in self.covering.get(each, [])
            }
            new = changed(self.source, change)
            if new is None or not touched:
                continue
            code = compile(new, self.path, "exec", dont_inherit=True)
            differing = functions(old, code)
            if not differing:
                continue
            tests = sorted(touched, key=lambda test: self.seconds[test])
            limit = 5 + 10 * sum(self.seconds[test] for test in tests)

            def call(
                differing: dict[CodeType, CodeType] = differing,
                tests: list[int] = tests,
            ) -> int:
                return self._try(differing, tests)

            yield number, (call, limit)

    def _try(self, differing: dict[CodeType, CodeType], tests: list[int]) -> int:
        """Put changed code into functions, and run tests until one fails."""
        for old, new in differing.items():
            for function in self.live.get((old.co_qualname, old.co_firstlineno), ()):
                try:
                    function.__code__ = new
                except ValueError:  # it closes over other variables
                    return UNCLEAR
        for test, following in pairwise([*tests, None]):
            item = self.items[test]
            next_ = None if following is None else self.items[following]
            item.ihook.pytest_runtest_protocol(item=item, nextitem=next_)
            if self.failed:
                return NOTICED
        return SURVIVED


def _functions(path: str) -> dict[tuple[str, int], list[FunctionType]]:
    """The functions that exist of a module, by name and line."""
    found: dict[tuple[str, int], list[FunctionType]] = {}
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__.co_filename == path:
            code = each.__code__
            found.setdefault((code.co_qualname, code.co_firstlineno), []).append(each)
    return found
