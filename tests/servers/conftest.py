"""The application of these tests behind each server, started once."""

from collections.abc import Iterator
from inspect import signature

import pytest

from tests.live.server import COMMANDS, Server, serving
from tests.servers.probe import SOON, probing, shortest_wait

# Tracebacks are those of the exceptions that the application raises on purpose, and
# those that servers write about what the tests do to them; what servers leave open when
# they end is theirs as well.
COMPLAINTS = ("never awaited", "never retrieved", "was destroyed", "unclosed file")


@pytest.fixture(scope="session", params=COMMANDS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server, running until its last test is over."""
    log = tmp_path_factory.mktemp(request.param) / "log"
    app = "tests.servers.app:app"
    with serving(app, request.param, log, complaints=COMPLAINTS) as running:
        yield running


@pytest.fixture
def others(request: pytest.FixtureRequest, server: Server) -> Iterator[None]:
    """Hold a test to it that others are answered meanwhile."""
    names = signature(request.function).parameters
    arguments = {name: request.getfixturevalue(name) for name in names}
    with probing(server) as waits:
        yield
    if max(waits) >= SOON:
        assert shortest_wait(server, lambda: request.function(**arguments), SOON) < SOON
