"""The plug-in of pytest does what it is asked to, and nothing by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parent.parent

SHOP = '''
from restlette import HTTPEndpoint, Request, Restlette

app = Restlette()

@app.route("/books")
class Books(HTTPEndpoint):
    async def get(self, request: Request) -> dict[str, int]:
        """List them.

        ```http
        GET /books

        HTTP/1.1 200 OK

        {"count": 1}
        ```

        ```sh
        $ curl localhost:8000/books
        {"count": 2}
        ```
        """
        return {"count": 1}

    async def delete(self, request: Request) -> None:
        """Take all away.

        ```sh
        $ curl -F x=y localhost:8000/books
        ```
        """
'''


def run(directory: Path, *arguments: str, **files: str) -> tuple[int, str]:
    """Run pytest on its own, in a directory with these files."""
    for name, text in {"shop": SHOP, **files}.items():
        (directory / f"{name}.py").write_text(dedent(text), "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(directory)}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_examples_are_tests(tmp_path: Path) -> None:
    """Each that is not true fails with file and line of the docstring."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    code, out = run(tmp_path, "--restlette-examples", "shop:app", "-v")
    lines = SHOP.split("\n")
    curl = lines.index("        $ curl localhost:8000/books") + 1
    broken = lines.index("        $ curl -F x=y localhost:8000/books") + 1
    assert code == 1
    assert "1 passed" in out
    assert "2 failed" in out
    assert f"shop.py:{curl}: the example of Books.get: GET /books is not true:" in out
    assert "/count is 1, not 2" in out
    assert 'the answer was 200: {"count":1}' in out
    assert f"shop.py:{broken}: the example of Books.delete is not true:" in out
    assert "-F of curl is not read here" in out
    code, out = run(tmp_path, "--restlette-examples", "shop:app", "-k", "not curl")
    assert "examples.py" not in out  # the failure alone, not the machinery


def test_an_application_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nrestlette_app = shop:ap\n")
    code, out = run(tmp_path, "--restlette-examples", "shop:ap")
    assert code == 4
    assert "shop has no ap (did you mean 'app'?)" in out


FIXTURES = """
    import asyncio

    def test_app(app):
        import shop
        assert app is shop.app

    def test_client(client):
        assert client.get("/books").json() == {"count": 1}

    def test_async_client(async_client):
        async def ask():
            async with async_client as client:
                return (await client.get("/books")).json()
        assert asyncio.run(ask()) == {"count": 1}
"""


def test_fixtures_by_the_ini_option(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nrestlette_app = shop:app\n")
    code, out = run(tmp_path, test_it=FIXTURES)
    assert (code, "3 passed" in out) == (0, True), out


def test_there_are_no_fixtures_without_it(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    code, out = run(tmp_path, test_it=FIXTURES)
    assert (code, "3 errors" in out) == (1, True), out
    assert "fixture 'async_client' not found" in out


LIGHT = """
    import sys

    def test_nothing_is_imported():
        assert "pytest_restlette" in sys.modules
        assert [name for name in sys.modules if name.split(".")[0] == "restlette"] == []
"""


def test_loading_it_imports_nothing_of_restlette(tmp_path: Path) -> None:
    """Lines that run before coverage measures would count as never run."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    code, out = run(tmp_path, test_light=LIGHT)
    assert (code, "1 passed" in out) == (0, True), out


CONTRACT = """
    import pytest
    from restlette import Restlette
    from restlette.testing import TestClient
    from restlette.testing.contract import ContractError

    def test_the_document_counts():
        app = Restlette()

        @app.route("/")
        async def get(request) -> dict[str, int]:
            '''Do.'''
            return {"a": "b"}

        with pytest.raises(ContractError):
            TestClient(app).get("/")
"""


def test_contract_mode_for_a_whole_suite(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    code, out = run(tmp_path, "--restlette-contract", test_it=CONTRACT)
    assert (code, "1 passed" in out) == (0, True), out
    assert run(tmp_path, test_it=CONTRACT)[0] == 1


SEEN = """
    from restlette import HTTPEndpoint, Request, Restlette
    from restlette.testing import TestClient

    app = Restlette()

    @app.route("/")
    class Books(HTTPEndpoint):
        async def get(self, request: Request) -> dict[str, int]:
            '''List them.'''
            return {"count": 1}

        async def delete(self, request: Request) -> None:
            '''Take all away.

            Raises:
                Conflict: Somebody reads one.
            '''

    def test_it():
        assert TestClient(app).get("/").status_code == 200
        assert TestClient(app).delete("/").status_code == 204
"""


@pytest.mark.parametrize(
    "arguments, code, line",
    [
        (["--restlette-contract"], 0, "contract: 2 of 4 declared answers seen, 50 %"),
        (["--restlette-contract"], 0, "  DELETE /: 409 never seen"),
        (["--restlette-contract-threshold=50"], 0, "2 of 4 declared"),
        (
            ["--restlette-contract-threshold=50.5"],
            1,
            "contract: that is less than the threshold, 50.5 %",
        ),
        (["--restlette-contract-threshold=67", "-k", "nothing"], 5, "0 of 0 declared"),
        (["--restlette-contract-threshold=101"], 4, "percent from 0 to 100, not 101"),
        (["--restlette-contract-threshold=all"], 4, "percent from 0 to 100, not all"),
    ],
)
def test_what_nobody_has_seen_is_told_and_counts(
    tmp_path: Path, arguments: list[str], code: int, line: str
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    got, out = run(tmp_path, *arguments, test_it=SEEN)
    assert (got, line in out) == (code, True), out


def test_collecting_alone_sees_nothing_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    arguments = ["--collect-only", "--restlette-contract-threshold=1"]
    code, out = run(tmp_path, *arguments, test_it=SEEN)
    assert (code, "contract:" in out) == (0, False), out


def test_it_knows_pytest_alone() -> None:
    """And the standard library: what else it needs it imports when it is used."""
    text = (ROOT / "pytest_restlette.py").read_text("utf-8")
    imports = [line for line in text.split("\n") if line.startswith(("import", "from"))]
    names = {line.split()[1] for line in imports}
    assert {name.split(".")[0] for name in names} - {"pytest"} <= (
        sys.stdlib_module_names
    )


@pytest.mark.parametrize("option", ["--restlette-examples", "--restlette-contract"])
def test_options_are_told(pytestconfig: pytest.Config, option: str) -> None:
    assert not pytestconfig.getoption(option.removeprefix("--").replace("-", "_"))
