"""Secrets are compared in a time that tells nothing of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

# What deals with secrets: the optional parts, and what is copied from.
PLACES = [ROOT / "restlette" / "contrib", ROOT / "examples"]

# The last word of a name that stands for one.
SECRETS = {"secret", "password", "token", "signature", "mac"}

# Its tokens are words of a command line.
OPENAPI = ROOT / "restlette" / "contrib" / "openapi"


def names_of(node: ast.AST) -> Iterator[str]:
    """The name that a value goes by, and those of what it is made of by a method."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
        yield from names_of(node.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from names_of(node.func)
    elif isinstance(node, ast.Subscript):
        yield from names_of(node.value)


def compared(source: str) -> list[int]:
    """The lines in which a secret is compared by `==` or `!=`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops)
        and any(
            name.lower().rpartition("_")[2] in SECRETS
            for operand in (node.left, *node.comparators)
            for name in names_of(operand)
        )
    ]


@pytest.mark.parametrize(
    "line",
    [
        "token == sent",
        "sent != self._secret",
        "x.api_token.encode() == y",
        "'s3cret' == password.strip()",
        "parts[1] == signature[:3]",
    ],
)
def test_such_a_comparison_is_found(line: str) -> None:
    assert compared(line) == [1]


@pytest.mark.parametrize(
    "line", ["len(token) == 3", "tokens == 3", "token is None", "scheme == 'bearer'"]
)
def test_others_are_not(line: str) -> None:
    assert compared(line) == []


FILES = sorted(
    path
    for place in PLACES
    for path in place.rglob("*.py")
    if OPENAPI not in path.parents
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_timing_119_secrets_are_compared_by_compare_digest(path: Path) -> None:
    assert compared(path.read_text("utf-8")) == []
