"""What an application uses, and only asks for when a request is there already."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Final

from restlette.checks.documentation import Handler
from restlette.checks.findings import Finding
from restlette.checks.sources import Function, inside, parsed
from restlette.http.optional import MissingExtra, load
from restlette.resources.parameters import unwrap
from restlette.resources.routes import Place

__all__ = ["check_files", "check_handler"]

# What is only loaded when it is used: names of the core, the package and its extra.
_LATER: Final = {
    "FileResponse": ("aiofiles", "files"),
    "MessagePack": ("msgpack", "msgpack"),
    "JSONPatch": ("jsonpatch", "patch"),
}
_FORMS: Final = ("python_multipart", "forms")


def check_handler(handler: Handler) -> Iterator[Finding]:
    """Find the extras that a handler will need, and that are not there."""
    code = getattr(unwrap(handler.function), "__code__", None)
    if code is None:
        return
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    takes_form = "form" in (*code.co_names, *arguments)
    wanted = [_LATER[name] for name in code.co_names if name in _LATER]
    wanted += [_FORMS] * takes_form
    for package, extra in dict.fromkeys(wanted):
        if not _is_there(package):
            missing = MissingExtra(package, extra, handler.where)
            yield Finding("missing-extra", f"{missing}.", handler.place)


def check_files(files: Iterable[str]) -> Iterator[Finding]:
    """Find the imports inside functions that will fail.

    Args:
        files: Those of the application.
    """
    for file in files:
        tree = parsed(file)
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, Function):
                yield from _check_imports(node, file)


def _check_imports(node: Function, file: str) -> Iterator[Finding]:
    hedged = {
        id(inner)
        for each in inside(node)
        if isinstance(each, ast.Try)
        for inner in ast.walk(each)
    }
    for each in inside(node):
        # Who imports inside a try knows that it may fail.
        if id(each) in hedged or not isinstance(
            each, ast.Import | ast.ImportFrom | ast.Call
        ):
            continue
        for name in _imported(each):
            problem = _problem(name)
            if problem is not None:
                message = f"{node.name} imports {name} when it is called: {problem}"
                yield Finding("missing-extra", message, Place(file, each.lineno))


def _imported(node: ast.Import | ast.ImportFrom | ast.Call) -> list[str]:
    """Give the modules that a statement, or a call of an importer, imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module] if node.module and not node.level else []
    function = ast.unparse(node.func).rpartition(".")[2]
    is_load = function == "load" and any(k.arg == "needed_by" for k in node.keywords)
    if function not in ("import_module", "__import__") and not is_load:
        return []
    texts = [each.value for each in node.args[:1] if isinstance(each, ast.Constant)]
    return [text for text in texts if isinstance(text, str) and text[:1] != "."]


def _problem(name: str) -> str | None:
    """Say why a module cannot be imported, if that is clear beforehand."""
    top = name.partition(".")[0]
    if top == "restlette":
        try:
            load(name, "full", needed_by=name)
        except ImportError as exc:
            return f"{exc}."
        return None
    if _is_there(top):
        return None
    return (
        f"{top} is not installed. pip install it, and name it among what is required."
    )


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):
        return False
