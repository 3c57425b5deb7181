"""The plug-in of pytest: nothing automatic, and nothing imported before it is used.

pytest loads this with every run, before coverage is measured; so it is a module of its
own, beside the package, and knows pytest alone. What needs restlette imports it.

    --restlette-examples module:app    a test of each example in a docstring
    --restlette-contract               clients hold every exchange to the document
    --restlette-contract-threshold N   so, and fail if less than N % of it was seen
    restlette_app = module:app         (ini) fixtures app, client and async_client
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

__all__ = ["ExampleItem", "Fixtures"]

_STACK = pytest.StashKey[ExitStack]()
_REPORT = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("restlette")
    group.addoption(
        "--restlette-examples",
        metavar="MODULE:APP",
        action="append",
        default=[],
        help="make a test of each example in the docstrings of an application",
    )
    group.addoption(
        "--restlette-contract",
        action="store_true",
        help="hold every exchange of a test client to the application's document",
    )
    group.addoption(
        "--restlette-contract-threshold",
        metavar="PERCENT",
        type=_percent,
        help="the same, and fail if fewer of the declared answers were seen",
    )
    parser.addini(
        "restlette_app",
        "the application of the fixtures app, client and async_client: module:app",
        default="",
    )


def _percent(text: str) -> float:
    try:
        if 0 <= (number := float(text)) <= 100:
            return number
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"it is percent from 0 to 100, not {text}")


def pytest_configure(config: pytest.Config) -> None:
    """Offer the fixtures, if there is an application for them."""
    target: str = config.getini("restlette_app")
    if target:
        config.pluginmanager.register(Fixtures(target), "restlette-fixtures")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Turn contract mode on, if that was asked for."""
    session.stash[_STACK] = ExitStack()
    if _wants_contract(session.config):
        import_module("restlette.testing.contract").everywhere()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close the clients of the examples, and hold what was seen to the threshold."""
    session.stash[_STACK].close()
    if session.config.option.collectonly or not _wants_contract(session.config):
        return
    seen = import_module("restlette.testing.contract").coverage()
    report = session.config.stash[_REPORT] = str(seen).split("\n")
    threshold = session.config.getoption("restlette_contract_threshold") or 0
    if seen.percent < threshold:
        report.append(f"contract: that is less than the threshold, {threshold:g} %")
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was seen of what is declared, and what was not."""
    for line in config.stash.get(_REPORT, []):
        terminalreporter.write_line(line)


def _wants_contract(config: pytest.Config) -> bool:
    threshold = config.getoption("restlette_contract_threshold")
    return threshold is not None or bool(config.getoption("restlette_contract"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the tests of examples, in the order in which they are written."""
    for target in config.getoption("restlette_examples"):
        app = load_app(target)
        client = _Client(app, session.stash[_STACK])
        located = import_module("restlette.testing.examples").examples_of(app)
        items += [
            ExampleItem.from_parent(
                session, name=each.name, located=each, client=client
            )
            for each in located
        ]


def load_app(target: str) -> Any:
    """Import an application.

    Raises:
        UsageError: There is none.
    """
    cli = import_module("restlette.cli")
    try:
        return cli.load_app(target)
    except cli.CommandError as exc:
        raise pytest.UsageError(str(exc)) from exc


class _Client:
    """A client that all examples of an application share, started by the first."""

    def __init__(self, app: Any, stack: ExitStack) -> None:
        self._app = app
        self._stack = stack
        self._client: Any = None

    def get(self) -> Any:
        if self._client is None:
            testing = import_module("restlette.testing")
            self._client = self._stack.enter_context(
                testing.TestClient(self._app, raise_server_exceptions=False)
            )
        return self._client


class ExampleFailure(Exception):
    """An example is no longer true."""


class ExampleItem(pytest.Item):
    """A test of one example.

    Args:
        located: The example, and where it is written.
        client: What sends it.
    """

    def __init__(self, *, located: Any, client: _Client, **options: Any) -> None:
        super().__init__(**options)
        self._located = located
        self._client = client

    def runtest(self) -> None:
        """Send the request, and compare."""
        held = import_module("restlette.testing.examples")
        example = self._located.example
        if isinstance(example, Exception):
            raise ExampleFailure(self._told([str(example)]))
        problems = held.problems_of(self._client.get(), example)
        if problems:
            raise ExampleFailure(self._told(problems))

    def _told(self, problems: list[str]) -> str:
        place = self._located.place
        where = "" if place is None else f"{place}: "
        lines = [f"{where}the example of {self._located.name} is not true:", *problems]
        return "\n  ".join(lines)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Say what is not true any more, without the machinery that found it."""
        if isinstance(excinfo.value, ExampleFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Give where the example is written."""
        place = self._located.place
        if place is None:
            return self.path, None, self.name
        return Path(place.file), place.line - 1, self.name


class Fixtures:
    """The fixtures of one application.

    Args:
        target: Where it is: `module:app`.
    """

    def __init__(self, target: str) -> None:
        self._target = target

    @pytest.fixture
    def app(self) -> Any:
        """The application."""
        return load_app(self._target)

    @pytest.fixture
    def client(self, app: Any) -> Iterator[Any]:
        """A `TestClient` of the application, which is started."""
        with import_module("restlette.testing").TestClient(app) as client:
            yield client

    @pytest.fixture
    def async_client(self, app: Any) -> Any:
        """An `AsyncTestClient` of the application; `async with` starts it."""
        return import_module("restlette.testing").AsyncTestClient(app)
