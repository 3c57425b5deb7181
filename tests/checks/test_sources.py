"""Functions are found in their source, and so are the comments beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from restlette.checks.sources import (
    inside,
    is_waived,
    line_of_call,
    parsed,
    source_of,
)
from restlette.resources.routes import Place
from tests.checks.conftest import Write


def test_functions_are_found_by_name_and_line(written: Write) -> None:
    module = written(
        """
        def same(function): return function

        @same
        def one(): return 1

        def one(): return 2

        lambdas = lambda: 1
        """
    )
    node = source_of(module.one)
    assert node is not None
    assert (node.name, node.lineno) == ("one", 6)
    assert source_of(module.lambdas) is None
    assert source_of(len) is None


@pytest.mark.parametrize("content", [None, b"def (", b"x = '\x00'", b"(", b"\xff"])
def test_a_file_that_is_none_of_pythons_has_nothing(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "file.py"
    if content is not None:
        file.write_bytes(content)
    assert parsed(str(file)) is None
    assert line_of_call(str(file), "x") is None
    assert not is_waived("debug", Place(str(file), 1))


def test_the_line_of_a_call_is_that_of_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    file.write_text("x = 1\nf(\n    a.B,\n    debug=True)\nC()\n[0](1)\n")
    names = ["B", "debug", "C", "f", "x", "D"]
    assert [line_of_call(str(file), name) for name in names] == [3, 4, 5, 2, None, None]


def test_comments_waive(tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    file.write_text(
        "a = 1  # restlette: ignore[debug]\n"
        "b = 1  #restlette:ignore[debug, cors] for a reason\n"
        "# restlette: ignore[limits]\n"
        "c = '# restlette: ignore[debug]'\n"
        "d = 1  # restlette: ignore\n"
    )
    waived = {
        (kind, line)
        for kind in ("debug", "cors", "limits")
        for line in range(1, 6)
        if is_waived(kind, Place(str(file), line))
    }
    assert waived == {("debug", 1), ("debug", 2), ("cors", 2), ("limits", 4)}
    assert not is_waived("debug", None)


def test_what_is_inside_a_function_is_what_runs_with_it(written: Write) -> None:
    module = written(
        """
        def f():
            a()
            def g():
                b()
            class C:
                c = d()
            return lambda: e()
        """
    )
    node = source_of(module.f)
    assert node is not None
    names = {each.id for each in inside(node) if hasattr(each, "id")}
    assert names == {"a"}
