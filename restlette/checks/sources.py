"""The source of functions, as syntax trees, with the comments that waive findings."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from restlette.resources.parameters import unwrap
from restlette.resources.routes import Place

__all__ = ["Function", "inside", "is_waived", "line_of_call", "parsed", "source_of"]

Function = ast.FunctionDef | ast.AsyncFunctionDef

# "# restlette: ignore[id]" or "# A reason. restlette: ignore[id, other-id]"
_WAIVER = re.compile(r"\brestlette:\s*ignore\[([a-z\-,\s]+)\]")


@lru_cache(256)
def parsed(file: str) -> ast.Module | None:
    """Give a file's syntax tree, None where there is none to be had."""
    try:
        return ast.parse(Path(file).read_bytes(), file)
    except (OSError, SyntaxError, ValueError):
        return None


@lru_cache(256)
def _functions(file: str) -> dict[tuple[str, int], Function]:
    """Give the functions of a file by name and line, that of the first decorator."""
    tree = parsed(file)
    found: dict[tuple[str, int], Function] = {}
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            line = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found[node.name, line] = node
    return found


def source_of(function: Any) -> Function | None:
    """Give the syntax tree of a function, None for one that is not written so."""
    code = getattr(unwrap(function), "__code__", None)
    if code is None:
        return None
    return _functions(code.co_filename).get((code.co_name, code.co_firstlineno))


def line_of_call(file: str, name: str) -> int | None:
    """Give the line of the first call in a file that names something.

    Args:
        file: The file.
        name: A function or class that is called or an argument of the call, or a
            keyword of it.
    """
    tree = parsed(file)
    lines = [
        getattr(each, "lineno", node.lineno)
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Call)
        for each in (node.func, *node.args, *node.keywords)
        if _names(each) == name
    ]
    return min(lines, default=None)


def _names(node: ast.AST) -> str | None:
    if isinstance(node, ast.keyword):
        return node.arg
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


@lru_cache(256)
def _waivers(file: str) -> dict[int, set[str]]:
    """Give the ids that comments waive, by line.

    A comment that has a line to itself is about the line below.
    """
    found: dict[int, set[str]] = {}
    for line, text, is_alone in _comments(file):
        waiver = _WAIVER.search(text)
        if waiver is not None:
            ids = {each.strip() for each in waiver[1].split(",")}
            found.setdefault(line + is_alone, set()).update(ids)
    return found


def _comments(file: str) -> Iterator[tuple[int, str, bool]]:
    try:
        source = Path(file).read_bytes()
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type == tokenize.COMMENT:
                is_alone = token.line.lstrip().startswith("#")
                yield token.start[0], token.string, is_alone
    except (OSError, SyntaxError, tokenize.TokenError):
        return


def is_waived(kind: str, place: Place | None) -> bool:
    """Say whether a comment in the source waives a kind of finding there."""
    return place is not None and kind in _waivers(place.file).get(place.line, ())


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """Give what is in a function and runs when it does, in order.

    Functions that are defined there are given; what is in them is not.
    """
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, Function | ast.Lambda | ast.ClassDef):
            yield from inside(child)
