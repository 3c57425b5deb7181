"""The bookshop, asked what its document allows and what it does not, at random.

Once in process, and once over a real server. `unchecked.toml` says which checks are not
made, and why.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from examples.bookshop.app import app
from restlette.contrib.openapi.command import document_of
from restlette.testing import TestClient
from tests.examples.bookshop.shelf import KEY
from tests.live.server import Server, serving

EXAMPLES = 100

UNCHECKED = tomllib.loads(
    Path(__file__).with_name("unchecked.toml").read_text(encoding="utf-8")
)

load_all_checks()
EXCLUDED = [CHECKS.get_one(name) for name in UNCHECKED["checks"]]

# Preconditions are looked at before content is: a request may be refused for either.
REFUSALS = [400, 401, 404, 406, 409, 412, 413, 415, 422]

CONFIG = SchemathesisConfig.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
)

SCHEMA: Any = schemathesis.openapi.from_dict(document_of(app, "3.1"), config=CONFIG)
for path in UNCHECKED["operations"]:
    SCHEMA = SCHEMA.exclude(path=path)

each_operation = SCHEMA.parametrize()

examples = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    suppress_health_check=[*HealthCheck],
)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """A client of the application, for all of this module."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The bookshop behind a real uvicorn."""
    log = tmp_path_factory.mktemp("schemathesis") / "uvicorn.log"
    with serving("examples.bookshop.app:app", "httptools", log) as server:
        yield server


def test_what_is_left_out_has_a_reason() -> None:
    reasons = [*UNCHECKED["checks"].values(), *UNCHECKED["operations"].values()]
    assert all(len(reason.split()) > 10 for reason in reasons)


@each_operation
@examples
def test_in_process(case: schemathesis.Case, client: TestClient) -> None:
    asked = case.as_transport_kwargs(base_url="http://testserver", headers=KEY)
    client.cookies.clear()
    case.validate_response(client.request(**asked), excluded_checks=EXCLUDED)


@each_operation
@examples
def test_over_a_server(case: schemathesis.Case, shop: Server) -> None:
    case.call_and_validate(base_url=shop.url, headers=KEY, excluded_checks=EXCLUDED)
