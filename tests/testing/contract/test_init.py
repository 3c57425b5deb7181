"""The switch for a whole process, and what is loaded for it."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from restlette import JSONResponse, Restlette, Router
from restlette.testing import TestClient, contract
from restlette.testing.contract import contract as module
from restlette.testing.contract import contract_for, coverage, everywhere
from restlette.testing.contract.covered import EVERYTHING
from restlette.testing.contract.declared import Declared


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Contract mode everywhere, with documents that declare nothing."""
    monkeypatch.setattr(module, "declared_by", lambda app: Declared(app, {}))
    everywhere()
    yield
    everywhere(False)


def untagged(request: Any) -> JSONResponse:
    return JSONResponse({}, headers={"etag": "abc"})


def shop() -> Restlette:
    app = Restlette()
    app.add_route("/", untagged, methods=["GET"])
    return app


def test_a_client_has_no_contract_unless_it_is_asked_for() -> None:
    """By it, or by the process."""
    assert contract_for(shop(), None, None) is None
    assert contract_for(shop(), False, None) is None
    assert contract_for(shop(), True, None) is not None
    assert contract_for(shop(), {}, None) is not None


@pytest.mark.usefixtures("on")
def test_the_process_may_turn_it_on() -> None:
    """For all that have a document and say nothing else."""
    with pytest.raises(contract.ContractError, match="etag-malformed"):
        TestClient(shop()).get("/")
    assert TestClient(shop(), contract=False).get("/").status_code == 200
    waived = TestClient(shop(), waive={"*": ["etag-malformed"]})
    assert waived.get("/").status_code == 200
    assert contract_for(Router(), None, None) is None


def test_what_was_seen_is_told_for_the_process() -> None:
    """By the one object in which all clients count."""
    assert coverage() is EVERYTHING


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    """Neither the rules nor the library that validates."""
    code = (
        "import sys\n"
        "from restlette.testing import TestClient\n"
        "from restlette.testing.contract import everywhere\n"
        "print([name for name in ('jsonschema_rs', 'restlette.testing.lint')"
        " if name in sys.modules])\n"
        "sys.modules['jsonschema_rs'] = None\n"
        "from restlette import Restlette\n"
        "try:\n"
        "    TestClient(Restlette(), contract=True)\n"
        "except ImportError as exc:\n"
        "    print(exc)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded, error = done.stdout.splitlines()
    assert loaded == "[]"
    assert error == (
        "restlette.testing.contract needs jsonschema_rs: "
        'pip install "restlette[contract]"'
    )
