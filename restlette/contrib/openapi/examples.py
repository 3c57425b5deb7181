"""Examples in docstrings: requests, with the answers that they get.

The story starts with `examples`. A block of the language `http` is a request and its
answer, as they go over the wire; one of `sh`, `console` or `curl` holds commands of
curl, each with what it prints below it::

    ```http
    GET /books/1
    Accept: application/json

    HTTP/1.1 200 OK
    Content-Type: application/json

    {"id": 1, "title": "Dune", ...}
    ```

    ```console
    $ curl -i localhost:8000/books --json '{"title": "Emma"}'
    HTTP/1.1 201 Created

    {"id": 2, ...}
    ```

Three dots stand for whatever there is: in JSON for other members, other items or a
value, in text for some of it. `exemplify` puts examples into a document, and
`restlette.testing.examples` holds the application to them.
"""

from __future__ import annotations

import json
import re
import shlex
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

__all__ = ["REST", "Example", "ExampleError", "examples", "exemplify", "read_json"]

REST: Final = "..."
"""What stands for whatever there is."""

Headers = tuple[tuple[str, str], ...]


class Example(NamedTuple):
    """A request, and what is said of its answer.

    Attributes:
        method: The method.
        target: The path, with a query or without.
        headers: Its header fields.
        content: Its content, "" for none.
        status: That of the answer, None where nothing is said of it.
        fields: Header fields that the answer has.
        answer: The answer's content, None where nothing is said of it.
        line: How many lines of the docstring are above it.
    """

    method: str
    target: str
    headers: Headers = ()
    content: str = ""
    status: int | None = None
    fields: Headers = ()
    answer: str | None = None
    line: int = 0


class ExampleError(ValueError):
    """An example cannot be read.

    Args:
        problem: What is wrong with it, a sentence without full stop.
        line: How many lines of the docstring are above it.
    """

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem, line)
        self.problem: str = problem
        self.line: int = line

    def __str__(self) -> str:
        return f"line {self.line + 1} of the docstring: {self.problem}"


_FENCE: Final = re.compile(r"^(\s*)(`{3,}|~{3,})\s*(\w*)\s*$")
# RFC 9112 section 4: HTTP-version SP status-code SP [ reason-phrase ]
_STATUS: Final = re.compile(r"HTTP/[\d.]+\s+(\d{3})(?:\s.*)?$")
# RFC 9112 section 3: method SP request-target [ SP HTTP-version ]
_REQUEST: Final = re.compile(r"([A-Z]+)\s+(\S+)(?:\s+HTTP/[\d.]+)?$")
_FIELD: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$")
_SHELLS: Final = frozenset(("sh", "bash", "console", "curl", "shell"))


def examples(docstring: str) -> list[Example]:
    """Give the examples in a docstring.

    Args:
        docstring: As it stands in the source, or cleaned.

    Raises:
        ExampleError: A block of HTTP, or a command of curl, cannot be read.
    """
    found: list[Example] = []
    for language, line, lines in _blocks(docstring):
        if language == "http":
            found += _messages(lines, line)
        elif language in _SHELLS:
            found += _commands(lines, line)
    return found


def _blocks(docstring: str) -> Iterator[tuple[str, int, list[str]]]:
    """Give the fenced blocks: language, lines above what is in them, and that."""
    fence: re.Match[str] | None = None
    inside: list[str] = []
    start = 0
    for number, line in enumerate(docstring.split("\n")):
        found = _FENCE.match(line)
        if fence is None:
            if found is not None:
                fence, inside, start = found, [], number + 1
        elif found is not None and found[2] == fence[2] and not found[3]:
            yield fence[3].lower(), start, inside
            fence = None
        else:
            inside.append(_dedented(line, len(fence[1])))


def _dedented(line: str, indent: int) -> str:
    return line[indent:] if not line[:indent].strip() else line.lstrip()


# HTTP ---------------------------------------------------------------------------------


def _messages(lines: list[str], line: int) -> Iterator[Example]:
    """Read requests and answers that come one after the other."""
    starts = [n for n, each in enumerate(lines) if _is_request(lines, n)]
    for start, end in pairwise([*starts, len(lines)]):
        part = lines[start:end]
        answers = [n for n, each in enumerate(part) if _STATUS.match(each.strip())]
        split = answers[0] if answers else len(part)
        method, target = _REQUEST.match(part[0].strip()).groups()  # type: ignore[union-attr]  # _is_request
        headers, content = _message(part[1:split], line + start + 1)
        example = Example(method, target, headers, content, line=line + start)
        if answers:
            answer = _answer(part[split:], line + start + split)
            example = example._replace(**answer)
        yield example
    if not starts and any(each.strip() for each in lines):
        raise ExampleError("a block of http begins with a request: GET /path", line)


def _is_request(lines: list[str], number: int) -> bool:
    """Say whether a request begins in a line: the first, or one behind an empty one."""
    before = lines[number - 1].strip() if number else ""
    found = _REQUEST.match(lines[number].strip())
    return not before and found is not None and found[2][0] in "/*h"


def _answer(lines: list[str], line: int) -> dict[str, Any]:
    status = _STATUS.match(lines[0].strip())
    fields, content = _message(lines[1:], line + 1)
    return {
        "status": int(status[1]) if status else None,
        "fields": fields,
        "answer": content or None,
    }


def _message(lines: list[str], line: int) -> tuple[Headers, str]:
    """Read header fields and content."""
    headers: list[tuple[str, str]] = []
    for number, each in enumerate(lines):
        if not each.strip():
            return tuple(headers), "\n".join(lines[number + 1 :]).strip()
        found = _FIELD.match(each.strip())
        if found is None:
            problem = f"{each.strip()!r} is no header field: an empty line comes before"
            raise ExampleError(f"{problem} the content", line + number)
        headers.append((found[1], found[2]))
    return tuple(headers), ""


# curl ---------------------------------------------------------------------------------

_WITH_VALUE: Final = {
    "-X": "--request",
    "-H": "--header",
    "-d": "--data",
    "-u": "--user",
    "-b": "--cookie",
    "-A": "--user-agent",
    "-e": "--referer",
}
_LONG: Final = frozenset(
    (*_WITH_VALUE.values(), "--data-raw", "--data-binary", "--json", "--url")
)
_PLAIN: Final = {
    "-i": "--include",
    "-s": "--silent",
    "-S": "--show-error",
    "-f": "--fail",
    "-I": "--head",
    "-L": "--location",
    "-v": "--verbose",
    "-N": "--no-buffer",
    "-G": "--get",
}


def _commands(lines: list[str], line: int) -> Iterator[Example]:
    """Read commands of curl, each with what it prints; others are let be."""
    number = 0
    while number < len(lines):
        start = number
        text = lines[number].strip()
        number += 1
        # A quote, or a backslash at the end, goes on in the next line.
        while number < len(lines) and _goes_on(text):
            text = text.removesuffix("\\") + "\n" * (not text.endswith("\\"))
            text += lines[number].strip().removeprefix("> ")
            number += 1
        text = text.removeprefix("$ ")
        if not text.startswith("curl "):
            continue
        printed: list[str] = []
        while number < len(lines) and not _is_command(lines[number]):
            printed.append(lines[number])
            number += 1
        yield _curl(text, printed, line + start)


def _goes_on(text: str) -> bool:
    if text.endswith("\\"):
        return True
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return text.removeprefix("$ ").startswith("curl ")
    return False


def _is_command(line: str) -> bool:
    return line.strip().startswith(("$ ", "curl "))


def _curl(command: str, printed: list[str], line: int) -> Example:
    """Read one command, and what it prints."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError as exc:
        raise ExampleError(f"a quote of the command does not end: {exc}", line) from exc
    options, targets = _options(words[1:], line)
    if len(targets) != 1:
        raise ExampleError(f"curl is given one URL, not {len(targets)}", line)
    headers = [_header(each, line) for each in options.get("--header", ())]
    content = _content(options, headers)
    for user in options.get("--user", ()):
        credentials = b64encode(user.encode()).decode("ascii")
        headers.append(("Authorization", f"Basic {credentials}"))
    for option, name in (
        ("--cookie", "Cookie"),
        ("--user-agent", "User-Agent"),
        ("--referer", "Referer"),
    ):
        headers += [(name, value) for value in options.get(option, ())]
    target = _target(targets[0], line)
    if "--get" in options and content:
        target += ("&" if "?" in target else "?") + content
        content = ""
    method = "POST" if content else "GET"
    method = "HEAD" if "--head" in options else method
    method = options.get("--request", [method])[-1]
    example = Example(method, target, tuple(headers), content, line=line)
    text = "\n".join(printed).strip()
    if _STATUS.match(text.partition("\n")[0].strip()):
        return example._replace(**_answer(text.split("\n"), line))
    return example._replace(answer=text or None)


def _options(words: list[str], line: int) -> tuple[dict[str, list[str]], list[str]]:
    """Split the words of a command into options with their values, and the rest."""
    options: dict[str, list[str]] = {}
    rest: list[str] = []
    words = words[::-1]
    while words:
        word = words.pop()
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            rest.append(word)
            continue
        if word[:2] in _WITH_VALUE and not word.startswith("--"):
            name, equals, value = _WITH_VALUE[word[:2]], word[2:], word[2:]
        if name in _LONG:
            if not equals:
                if not words:
                    raise ExampleError(f"{word} of curl is given a value", line)
                value = words.pop()
            options.setdefault(name, []).append(value)
        elif name in _PLAIN.values():
            options[name] = []
        elif all(f"-{letter}" in _PLAIN for letter in word[1:]):
            options.update({_PLAIN[f"-{letter}"]: [] for letter in word[1:]})
        else:
            raise ExampleError(f"{word} of curl is not read here", line)
    return options, rest + options.pop("--url", [])


def _header(text: str, line: int) -> tuple[str, str]:
    found = _FIELD.match(text)
    if found is None:
        raise ExampleError(f"{text!r} is no header field", line)
    return found[1], found[2]


def _content(options: Mapping[str, list[str]], headers: list[tuple[str, str]]) -> str:
    """Give the content, and say in the header fields what it is."""
    as_json = "".join(options.get("--json", ()))
    data = "&".join(
        value
        for name in ("--data", "--data-raw", "--data-binary")
        for value in options.get(name, ())
    )
    names = {name.lower() for name, _ in headers}
    if as_json:
        if "accept" not in names:
            headers.append(("Accept", "application/json"))
        kind = "application/json"
    else:
        kind = "application/x-www-form-urlencoded"
    is_named = "content-type" in names or "--get" in options
    if (as_json or data) and not is_named:
        headers.append(("Content-Type", kind))
    return as_json or data


def _target(url: str, line: int) -> str:
    is_whole = "://" in url or url.startswith("/")
    try:
        parts = urlsplit(url if is_whole else f"http://{url}")
    except ValueError as exc:
        raise ExampleError(f"{url!r} is no URL: {exc}", line) from exc
    path = parts.path or "/"
    return path + ("?" + parts.query if parts.query else "")


# Content ------------------------------------------------------------------------------

_TOKEN: Final = re.compile(
    r'"(?:\\.|[^"\\])*"|\.\.\.|[{}\[\],:]|[^"{}\[\],:.\s]+|\.|\s+'
)


def read_json(text: str) -> Any:
    """Read JSON in which three dots stand for whatever there is.

    Returns:
        The data; for the dots `REST`, as an item, a value, or a member of that name.

    Raises:
        ValueError: It is none.
    """
    pieces: list[str] = []
    inside: list[str] = []
    last = ""
    for token in _TOKEN.findall(text):
        if token in ("{", "["):
            inside.append(token)
        elif token in ("}", "]") and inside:
            inside.pop()
        if token == REST:
            is_member = bool(inside) and inside[-1] == "{" and last != ":"
            pieces.append(f'"{REST}": null' if is_member else f'"{REST}"')
        else:
            pieces.append(token)
        last = token if token.strip() else last
    return json.loads("".join(pieces))


def exemplify(operation: dict[str, Any], given: Sequence[Example]) -> None:
    """Put examples into an operation of a document.

    What stands for whatever there is, is no example: such content is left out.

    Args:
        operation: The Operation Object, which is changed.
        given: Examples of it.
    """
    for number, example in enumerate(given, 1):
        name = f"example{number}" if len(given) > 1 else "example"
        _add(operation.get("requestBody"), name, example.content, example.headers)
        if example.answer is not None:
            responses = operation.get("responses", {})
            status = "200" if example.status is None else str(example.status)
            response = responses.get(status, responses.get(f"{status[0]}XX"))
            _add(response, name, example.answer, example.fields)


def _add(place: Any, name: str, text: str, headers: Headers) -> None:
    """Put content where its media type is declared."""
    declared = place.get("content", {}) if isinstance(place, dict) else {}
    kinds = [value for key, value in headers if key.lower() == "content-type"]
    essence = kinds[0].partition(";")[0].strip().lower() if kinds else ""
    if not essence:
        essence = next((each for each in declared if "json" in each), "")
    if not text or REST in text or essence not in declared:
        return
    value: Any = text
    if essence.endswith("json"):
        try:
            value = json.loads(text)
        except ValueError:
            return
    declared[essence].setdefault("examples", {})[name] = {"value": value}
