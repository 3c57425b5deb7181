"""Docstrings, read as what a document says to people.

The story starts at `read`, which is given a function or class, and at `parse`, which is
given the text: a summary, a description, the sections of Google's style, and a block of
YAML behind the last line that is `---`::

    async def get(self, request: Request, query: BookQuery) -> list[Book]:
        \"\"\"List the books.

        The newest are first.

        Returns:
            The books of one page.

        Raises:
            Gone: the shop is closed.

        ---
        tags: [shop]
        \"\"\"

Sections are read by docstring_parser, YAML by PyYAML's safe loader. A text that is in
no style has no sections, and all of it is summary and description.

    DocstringError      the YAML of a docstring cannot be used
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from datetime import date
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from restlette.http.optional import load

__all__ = ["Docstring", "DocstringError", "parse", "read"]

NEEDED_BY = "restlette.contrib.openapi"
yaml: Any = load("yaml", "schema", needed_by=NEEDED_BY)
google: Any = load("docstring_parser.google", "schema", needed_by=NEEDED_BY)

# SECURITY: a block of YAML that was made to be large when it is read, or slow to read.
# Docstrings are the developer's own; those of a library may be anybody's.
MOST_TEXT: Final = 50_000
MOST_NODES: Final = 10_000
DEEPEST: Final = 50

# YAML 1.2 section 9.1.2: a document starts with "---" and white space or the end of
# the line. Other lines with dashes are Markdown: "----" below a heading, a row of a
# table, "--- | ---".
MARKER: Final = re.compile(r"^[ \t]*---(?:[ \t][^|\n]*)?$", re.MULTILINE)


def _section(title: str, key: str, *, entries: bool) -> Any:
    kinds = google.SectionType
    return google.Section(title, key, kinds.MULTIPLE if entries else kinds.SINGULAR)


# The keys are none that docstring_parser knows, but for "returns" and "yields": for
# those that it knows it takes types apart with expressions that go back over the text
# again and again.
PARSER: Final[Any] = google.GoogleParser(
    [
        *(_section(title, "entry", entries=True) for title in ("Args", "Arguments")),
        *(_section(title, "entry", entries=True) for title in ("Parameters", "Params")),
        _section("Attributes", "entry", entries=True),
        _section("Raises", "exception", entries=True),
        _section("Returns", "returns", entries=False),
        _section("Yields", "yields", entries=False),
    ]
)


class Docstring(NamedTuple):
    """What a docstring says.

    Attributes:
        summary: its first paragraph, in one line.
        description: what follows, up to the first section.
        args: what it says of arguments and attributes, by name.
        returns: what it says of the result, or of the items that come one by one.
        raises: the exceptions, by the names that are written there, with their texts,
            in order.
        yaml: the mapping in the block of YAML, as JSON has it; None where there is
            none.
    """

    summary: str = ""
    description: str = ""
    args: Mapping[str, str] = MappingProxyType({})
    returns: str = ""
    raises: list[tuple[str, str]] = []  # a default, never changed
    yaml: dict[str, Any] | None = None


class DocstringError(ValueError):
    """The YAML of a docstring cannot be used.

    Args:
        problem: what is wrong with it and what to do, a sentence without full stop.
        line: the line of the docstring that it is in, 1 for the first.
        where: the function or class, with its file, as far as that is known.
    """

    def __init__(self, problem: str, line: int, where: str = "") -> None:
        super().__init__(problem, line, where)
        self.problem: str = problem
        self.line: int = line
        self.where: str = where

    def __str__(self) -> str:
        place = f"line {self.line} of the docstring"
        return f"{self.where or 'a docstring'}, {place}: {self.problem}"


def read(definition: Any) -> Docstring:
    """Read the docstring of a function or class.

    Args:
        definition: whatever has a `__doc__`.

    Raises:
        DocstringError: its YAML cannot be used; the error names file and line.
    """
    try:
        return parse(definition.__doc__)
    except DocstringError as exc:
        raise DocstringError(exc.problem, exc.line, _place(definition)) from exc


def _place(definition: Any) -> str:
    name = getattr(definition, "__qualname__", repr(definition))
    try:
        _, line = inspect.getsourcelines(definition)
        return f"{inspect.getsourcefile(definition)}:{line}, {name}"
    except (OSError, TypeError):  # no source, or nothing that could have one
        return str(name)


def parse(text: str | None) -> Docstring:
    """Read the text of a docstring.

    Args:
        text: as it stands in the source, indented or not; None for none.

    Raises:
        DocstringError: its YAML cannot be used.
    """
    if not text:
        return Docstring()
    markers = list(MARKER.finditer(text))
    if not markers:
        return _sections(text)
    start = markers[-1].start()
    line = text.count("\n", 0, start) + 1
    return _sections(text[:start])._replace(yaml=_mapping(text[start:], line))


# Sections -----------------------------------------------------------------------------


# docstring_parser makes an expression of the indentation, which takes its time for one
# that nobody would write.
INDENTED: Final = re.compile(r"^[ \t]{80,}", re.MULTILINE)


def _sections(text: str) -> Docstring:
    text = inspect.cleandoc(INDENTED.sub(" " * 80, text))
    try:
        parsed = PARSER.parse(text)
    except google.ParseError:
        # Somebody's "Args:" that is none: prose is not to stop an application.
        return _prose(text)
    found: dict[str, Any] = {"args": {}, "raises": [], "returns": ""}
    for meta in parsed.meta:
        description = (meta.description or "").strip()
        if meta.args[0] == "entry":
            for name in _names(meta.args[1]):
                found["args"][name] = description
        elif meta.args[0] == "exception":
            found["raises"].append((meta.args[1].strip(), description))
        else:
            found["returns"] = description
    gap = "\n\n" if parsed.blank_after_short_description else "\n"
    parts = (parsed.short_description or "", parsed.long_description or "")
    return _prose(gap.join(parts))._replace(**found)


def _prose(text: str) -> Docstring:
    summary, _, description = text.strip().partition("\n\n")
    return Docstring(" ".join(summary.split()), description.strip())


def _names(entry: str) -> list[str]:
    """The names of an entry: `name`, `name (int)`, `*args`, `x, y`."""
    names = entry.partition("(")[0].split(",")
    return [name.strip().lstrip("*") for name in names if name.strip()]


# YAML ---------------------------------------------------------------------------------

REMEDY: Final = (
    "what follows a line of `---` is YAML, merged over what the code says; for a rule "
    "write `***`"
)


def _mapping(text: str, line: int) -> dict[str, Any] | None:
    """The mapping in a block of YAML, which begins with its `---`."""
    if len(text) > MOST_TEXT:
        raise DocstringError(
            f"the YAML has {len(text)} characters, and {MOST_TEXT} are read: put it in "
            "a file, and pass that to the generator",
            line,
        )
    text = inspect.cleandoc("\n" + text.expandtabs())
    try:
        _measure(text)
        content = yaml.safe_load(text)
        if content is None:
            return None
        if not isinstance(content, dict):
            kind = type(content).__name__
            raise ValueError(f"the YAML is a {kind} and no mapping")
        found: dict[str, Any] = _json(content)
        return found
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        problem = getattr(exc, "problem", None) or str(exc)
        at = line if mark is None else line + mark.line
        raise DocstringError(f"the YAML is none: {problem}; {REMEDY}", at) from exc
    # The 31st of February; a number of more digits than Python reads; "<<" of a list.
    except (ValueError, TypeError, ArithmeticError) as exc:
        raise DocstringError(f"{exc}; {REMEDY}", line) from exc


def _measure(text: str) -> None:
    """Refuse YAML that is larger, or deeper, than what is written: bombs.

    Counted is what there will be: an alias is as many nodes as what it stands for.
    """
    sizes: dict[str, int] = {}  # of what has an anchor and is complete
    open_nodes: list[tuple[str | None, int]] = []  # its anchor, and the count before it
    count = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise ValueError(
                    f"the alias *{event.anchor} stands for what is around it"
                )
            count += sizes[event.anchor]
        elif isinstance(event, yaml.NodeEvent):
            open_nodes.append((event.anchor, count))
            count += 1
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor is not None:
                sizes[anchor] = count - before
        if count > MOST_NODES:
            raise ValueError(f"the YAML has more than {MOST_NODES} parts")
        if len(open_nodes) > DEEPEST:
            raise ValueError(f"the YAML is more than {DEEPEST} levels deep")


def _json(value: Any) -> Any:
    """What YAML has read, as JSON has it: `200:` is the name "200"."""
    if isinstance(value, dict):
        return {_name(key): _json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_json(each) for each in value]
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"JSON has no {value}")
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(f"JSON has nothing like a {type(value).__name__}")


def _name(key: Any) -> str:
    if isinstance(key, bool) or key is None:
        return {True: "true", False: "false", None: "null"}[key]
    return str(_json(key))
