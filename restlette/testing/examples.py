"""Examples in docstrings, held to what the application answers.

The story starts with `examples_of`, which gives those of an application; `problems_of`
says what is no longer true of one. `pytest --restlette-examples module:app` makes a
test of each.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from restlette.checks.documentation import handlers_of_route
from restlette.checks.sources import parsed, source_of
from restlette.contrib.openapi.examples import (
    REST,
    Example,
    ExampleError,
    examples,
    read_json,
)
from restlette.resources.parameters import unwrap
from restlette.resources.router import Router
from restlette.resources.routes import Place
from restlette.resources.steps import place_of

__all__ = ["Located", "differences", "examples_of", "problems_of"]


class Located(NamedTuple):
    """An example, and where it is written.

    Attributes:
        where: The handler that says so.
        place: The line of the request, as far as that is known.
        example: The example; or what is wrong with it, if it cannot be read.
    """

    where: str
    place: Place | None
    example: Example | ExampleError

    @property
    def name(self) -> str:
        """What a test of it is called."""
        if isinstance(self.example, ExampleError):
            return self.where
        return f"{self.where}: {self.example.method} {self.example.target}"


def examples_of(app: Router) -> Iterator[Located]:
    """Give the examples in the docstrings of an application's handlers, in order.

    Those of a class come before those of its functions.

    Args:
        app: The application.
    """
    seen: set[Any] = set()
    for route in app.walk():
        for handler in handlers_of_route(route):
            for thing in (handler.owner, unwrap(handler.function)):
                if thing is not None and thing not in seen:
                    seen.add(thing)
                    is_class = thing is handler.owner
                    where = thing.__qualname__ if is_class else handler.where
                    yield from _examples_in(thing, where)


def _examples_in(thing: Any, where: str) -> Iterator[Located]:
    text = vars(thing).get("__doc__") if isinstance(thing, type) else thing.__doc__
    place = _docstring_place(thing)
    try:
        for each in examples(text or ""):
            yield Located(where, _below(place, each.line), each)
    except ExampleError as exc:
        yield Located(where, _below(place, exc.line), exc)


def _docstring_place(thing: Any) -> Place | None:
    """Give where the docstring of a class or function begins."""
    if isinstance(thing, type):
        return _class_place(thing)
    node = source_of(thing)
    place = place_of(thing)
    if node is None or place is None:
        return place
    return place._replace(line=node.body[0].lineno)


def _class_place(cls: type[Any]) -> Place | None:
    """Give where the docstring of a class begins."""
    file: str | None = getattr(sys.modules.get(cls.__module__), "__file__", None)
    tree = None if file is None else parsed(file)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
            text = node.body[0]
            # Python 3.13 takes the indentation out of `__doc__`.
            if ast.get_docstring(node) == inspect.cleandoc(cls.__doc__ or ""):
                return Place(str(file), text.lineno)
    return None


def _below(place: Place | None, lines: int) -> Place | None:
    return None if place is None else place._replace(line=place.line + lines)


def problems_of(client: Any, example: Example) -> list[str]:
    """Send a request, and say what of its answer is not as it was said.

    Args:
        client: A `TestClient`.
        example: The example.

    Returns:
        Sentences, none where all is true.
    """
    headers = dict(example.headers)
    response = client.request(
        example.method,
        example.target,
        headers=headers,
        data=example.content.encode() or None,
        allow_redirects=False,
    )
    found: list[str] = []
    status: int = response.status_code
    if example.status is None:
        if status >= 400:
            found.append(f"the status is {status}, an error, of which nothing is said")
    elif status != example.status:
        found.append(f"the status is {status}, not {example.status}")
    for name, wanted in example.fields:
        value = response.headers.get(name)
        if value is None:
            found.append(f"there is no field {name}; it is to be {wanted!r}")
        elif not _fits(wanted, value):
            found.append(f"{name} is {value!r}, not {wanted!r}")
    if example.answer is not None:
        found += _of_content(example.answer, response)
    if found:
        found.append(f"the answer was {status}: {response.text[:2000]}")
    return found


def _of_content(wanted: str, response: Any) -> Iterator[str]:
    if "json" not in response.headers.get("content-type", ""):
        if not _fits(wanted.strip(), response.text.strip()):
            yield f"the content is not {wanted!r}"
        return
    try:
        said = read_json(wanted)
    except ValueError as exc:
        yield f"what is said of the content is no JSON: {exc}"
        return
    yield from differences(said, response.json())


def differences(wanted: Any, value: Any, at: str = "") -> Iterator[str]:
    """Say where data is not what was said, by JSON Pointer (RFC 6901).

    Args:
        wanted: What was said, as `read_json` gives it.
        value: What came.
        at: The pointer of both.
    """
    where = at or "the content"
    if isinstance(wanted, str) and isinstance(value, str):
        if not _fits(wanted, value):
            yield f"{where} is {value!r}, not {wanted!r}"
    elif wanted == REST:
        return
    elif isinstance(wanted, dict) and isinstance(value, dict):
        yield from _of_members(wanted, value, at)
    elif isinstance(wanted, list) and isinstance(value, list):
        yield from _of_items(wanted, value, at)
    elif type(wanted) is not type(value) or wanted != value:
        is_number = {type(wanted), type(value)} == {int, float} and wanted == value
        if not is_number:
            yield f"{where} is {value!r}, not {wanted!r}"


def _of_members(
    wanted: Mapping[str, Any], value: Mapping[str, Any], at: str
) -> Iterator[str]:
    for name in [each for each in wanted if each not in value and each != REST]:
        yield f"{at or 'the content'} has no {name!r}"
    for name in value if REST not in wanted else ():
        if name not in wanted:
            yield f"{at or 'the content'} has {name!r}, of which nothing is said"
    for name, each in wanted.items():
        if name != REST and name in value:
            step = name.replace("~", "~0").replace("/", "~1")
            yield from differences(each, value[name], f"{at}/{step}")


def _of_items(wanted: list[Any], value: list[Any], at: str) -> Iterator[str]:
    """Compare from both ends, as far as the dots, if there are some."""
    count = len(value)
    if REST not in wanted:
        if len(wanted) != count:
            yield f"{at or 'the content'} has {count} items, not {len(wanted)}"
        pairs = list(zip(range(count), wanted, strict=False))
    else:
        dots = wanted.index(REST)
        last = wanted[dots + 1 :]
        if count < len(wanted) - 1:
            yield f"{at or 'the content'} has {count} items, less than are said"
            return
        pairs = [*enumerate(wanted[:dots]), *enumerate(last, count - len(last))]
    for index, each in pairs:
        yield from differences(each, value[index], f"{at}/{index}")


def _fits(wanted: str, value: str) -> bool:
    """Say whether text is what was said, in which dots stand for some of it."""
    pattern = ".*".join(map(re.escape, wanted.split(REST)))
    return re.fullmatch(pattern, value, re.DOTALL) is not None
