"""What can be changed in a source (cosmic-ray's operators), and what that touches.

Source: https://cosmic-ray.readthedocs.io/en/latest/reference/
"""

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

# What no test can notice. `|` is that of types nearly everywhere, and annotations are
# not evaluated; which equal strings and small numbers are one object is CPython's to
# say; the last are a change each for `/`, `%` and the like, where one shows enough.
LEFT_OUT = re.compile(
    r"core/(ReplaceBinaryOperator_BitOr_.*"
    r"|ReplaceComparisonOperator_(Eq_Is|NotEq_IsNot|Is_Eq|IsNot_NotEq)"
    r"|ReplaceBinaryOperator_\w+_(Pow|LShift|RShift|BitOr|BitAnd|BitXor|FloorDiv))"
)

# What is shown of a line that was changed: a whole one of these.
TOKEN = re.compile(r"\w+|[=!<>]=|//|\s+|.")

# Of a code object: it is that of a function, not that of a module or a class.
OPTIMIZED = 1


@dataclass(frozen=True)
class Change:
    """One change: the operator, which of the places where it fits, and that place."""

    operator: str
    occurrence: int
    start: int
    end: int


def changes(source: str) -> Iterator[Change]:
    """Every change that can be made in a source, by line."""
    tree = get_ast(source)
    found = []
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments() or LEFT_OUT.fullmatch(name):
            continue
        places = (
            place
            for node in ast_nodes(tree)
            for place in operator().mutation_positions(node)
        )
        found += [
            Change(name, occurrence, start[0], end[0])
            for occurrence, (start, end) in enumerate(places)
        ]
    return iter(sorted(found, key=lambda change: change.start))


def changed(source: str, change: Change) -> str | None:
    """The source with a change; None where that is no Python, or the same program."""
    try:
        new = mutate_code(source, get_operator(change.operator)(), change.occurrence)
    except AttributeError:  # an `except` of several names, of which one has a dot
        return None
    try:
        same = ast.dump(ast.parse(new)) == ast.dump(ast.parse(source))
    except SyntaxError:
        return None
    return None if same else new


def shown(path: str, source: str, new: str) -> str:
    """The difference that a change makes, for people."""
    lines = difflib.unified_diff(
        source.splitlines(), new.splitlines(), path, path, lineterm="", n=2
    )
    return "\n".join(list(lines)[2:])


def row(module: str, source: str, new: str) -> str:
    """A change as a row of the tables in docs/testing.md: the module, the code, and
    what of it became what."""
    lines = list(difflib.unified_diff(source.splitlines(), new.splitlines(), n=0))[2:]
    old, now = (
        TOKEN.findall(" ".join(line[1:].strip() for line in lines if line[0] == sign))
        for sign in "-+"
    )
    whole = _code(old)
    same = _alike(old, now)
    old, now, before = old[same:], now[same:], "".join(old[:same]).split()[-1:]
    same = _alike(old[::-1], now[::-1])
    old, now = old[: len(old) - same], now[: len(now) - same]
    if not (old and now) and before:  # what was put in or taken out, where it was
        old, now = [*before, " ", *old], [*before, " ", *now]
    return f"{begin(module)} {whole} | {_code(old)} → {_code(now)} |"


def begin(module: str) -> str:
    """How the rows of a module begin."""
    return f"| {module.removeprefix('restlette/').removesuffix('.py')} |"


def _alike(one: list[str], other: list[str]) -> int:
    """How many are the same from the beginning on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _code(tokens: list[str]) -> str:
    """Tokens as code in a cell of a table."""
    text = "".join(tokens).strip().replace("|", "\\|")
    if not text:
        return "nothing"
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def statements(source: str) -> dict[int, range]:
    """The lines of the innermost statement that each line is of; of a compound one,
    those of its head."""
    lines: dict[int, range] = {}
    for node in ast.walk(ast.parse(source)):  # outer ones come first
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or 0
            whole = range(node.lineno, max(last, node.lineno) + 1)
            lines.update(dict.fromkeys(whole, whole))
    return lines


def functions(old: CodeType, new: CodeType) -> dict[CodeType, CodeType] | None:
    """The functions of two codes that differ, old to new; None when they cannot be
    told one from another."""
    differing: dict[CodeType, CodeType] = {}
    inside = [each for each in old.co_consts if isinstance(each, CodeType)]
    others = [each for each in new.co_consts if isinstance(each, CodeType)]
    if [each.co_qualname for each in inside] != [each.co_qualname for each in others]:
        return None
    for one, other in zip(inside, others, strict=True):
        if one != other:
            deeper = functions(one, other)
            if deeper is None:
                return None
            differing |= deeper
            if one.co_flags & OPTIMIZED:
                differing[one] = other
    return differing
