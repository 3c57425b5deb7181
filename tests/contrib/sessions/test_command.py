"""`restlette sessions`: what is in the store of an application, on the command line."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from textwrap import dedent

import pytest

from restlette.cli import main
from restlette.contrib.sessions import Record, SQLiteStore

APP = """
    from restlette import Restlette
    from restlette.contrib.sessions import Sessions, SQLiteStore

    app = Restlette()
    app.install(Sessions(SQLiteStore({path!r})))
"""


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An application with three sessions, one of which is over."""
    path = str(tmp_path / "sessions.db")
    name = f"kept_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text(dedent(APP).format(path=path))
    monkeypatch.syspath_prepend(tmp_path)

    async def fill() -> None:
        store = SQLiteStore(path)
        now = time.time()
        for key, user, end in (("a", "zoe", 60), ("b", None, 60), ("c", "zoe", -1)):
            await store.add(key * 64, Record("{}", 1, user, now, now + end))
        await store.close()

    asyncio.run(fill())
    return f"{name}:app"


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_sessions_are_listed(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sessions", target, "list"]) == 0
    first, second, last = lines(capsys)
    assert first.startswith("aaaaaaaaaaaa  20")
    assert first.endswith("  zoe")
    assert second.endswith("  -")
    assert last == "2 sessions"
    main(["sessions", target, "list", "--user", "zoe"])
    assert lines(capsys)[1:] == ["1 session"]


@pytest.mark.parametrize(
    "options, cleared, left",
    [
        ([], "1 session cleared", "2 sessions"),
        (["--user", "zoe"], "1 session cleared", "1 session"),
        (["--all"], "2 sessions cleared", "0 sessions"),
    ],
)
def test_sessions_are_cleared(
    target: str,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    cleared: str,
    left: str,
) -> None:
    assert main(["sessions", target, "clear", *options]) == 0
    assert lines(capsys) == [cleared]
    main(["sessions", target, "list"])
    assert lines(capsys)[-1] == left
