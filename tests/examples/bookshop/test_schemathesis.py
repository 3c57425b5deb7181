"""The bookshop, asked by schemathesis what its document says, and what it does not.

schemathesis.toml says how, and what is not asked, with the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.python.asgi import shutdown_lifespans

from examples.bookshop.app import app
from restlette.contrib.openapi import OpenAPI
from restlette.testing import TestClient
from tests.live.server import Server, serving

CONFIG = SchemathesisConfig.from_path(Path(__file__).with_name("schemathesis.toml"))

# As schemathesis spells the field that it looks for, and leaves out, to see 401.
SELLER = {"Authorization": "Bearer seller"}

(PLUGIN,) = (plugin for plugin in app.plugins if isinstance(plugin, OpenAPI))
DOCUMENT = PLUGIN.document(app)

in_process = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)
in_process.app = app
served = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)


@pytest.fixture(scope="module", autouse=True)
def closed() -> Iterator[None]:
    """Close the shop in this process, which schemathesis leaves open."""
    yield
    shutdown_lifespans()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The bookshop under uvicorn."""
    log = tmp_path_factory.mktemp("schemathesis") / "uvicorn.log"
    with serving("examples.bookshop.app:app", "h11", log) as server:
        yield server


@in_process.parametrize()
def test_answers_in_process_are_what_the_document_says(
    case: schemathesis.Case[Any],
) -> None:
    case.call_and_validate(headers=SELLER)


@served.parametrize()
def test_answers_of_a_server_are_what_the_document_says(
    case: schemathesis.Case[Any], shop: Server
) -> None:
    case.call_and_validate(base_url=shop.url, headers=SELLER)


def test_the_document_is_the_one_that_is_served() -> None:
    with TestClient(app) as client:
        assert client.get("/openapi.json").json() == DOCUMENT


def test_all_is_asked_but_the_events() -> None:
    asked = {
        each.ok().label
        for each in in_process.get_all_operations()
        if isinstance(each, Ok)
    }
    said = {
        f"{method.upper()} {path}"
        for path, item in DOCUMENT["paths"].items()
        for method in item
    }
    assert said - asked == {"GET /books/changes"}
