"""What a document declares, operation by operation, ready to be looked up.

`Operations` is made of an OpenAPI document (3.1): references are followed, path items
and operations put together, media types parsed. Pointers into the document are kept,
for whoever is told that something is not as it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

from restlette.http.media import MediaType
from restlette.testing.contract.schemas import pointer_to, resolve
from restlette.testing.contract.values import Reading
from restlette.testing.lint.observation import media_type_of

__all__ = [
    "Answer",
    "Content",
    "Contents",
    "Operation",
    "Operations",
    "Parameter",
    "Scheme",
]

Node = Mapping[str, Any]

METHODS: Final = (
    *("get", "put", "post", "delete", "options", "head", "patch", "trace", "query"),
)


class Content(NamedTuple):
    """A media type that content may have.

    Attributes:
        media_type: The media type, or a range.
        schema: The schema of the content; None where nothing is said of it.
        item: The schema of each item of a sequence; None where it is none.
        item_at: Where the document has that.
        at: Where the document has the media type.
    """

    media_type: MediaType
    schema: Any
    item: Any
    item_at: str
    at: str


class Contents:
    """The media types that content may have, each with its declaration.

    Args:
        contents: The declarations.
    """

    __slots__ = ("_contents", "_found")

    def __init__(self, contents: Iterable[Content] = ()) -> None:
        self._contents = tuple(contents)
        # PERF: a suite has few media types, and they are compared in many ways.
        self._found: dict[str, Content | None] = {}

    def __iter__(self) -> Iterator[Content]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)

    def __str__(self) -> str:
        return ", ".join(str(each.media_type) for each in self._contents)

    def find(self, said: str) -> Content | None:
        """Give what is declared for a media type; the narrowest range that covers it.

        Args:
            said: What Content-Type says; parameters more than those that are declared
                do not matter.
        """
        if said not in self._found:
            media_type = media_type_of(said)
            self._found[said] = None if media_type is None else self._find(media_type)
        return self._found[said]

    def _find(self, media_type: MediaType) -> Content | None:
        found = [each for each in self if each.media_type.matches(media_type)]
        return max(found, key=_narrowness, default=None)


def _narrowness(content: Content) -> tuple[bool, bool, int]:
    media_type = content.media_type
    return (
        media_type.type != "*",
        media_type.subtype != "*",
        len(media_type.parameters),
    )


class Parameter(NamedTuple):
    """A parameter of a request, or a header field of an answer.

    Attributes:
        name: The name, as the document has it; of a header field in lower case.
        place: "path", "query", "header" or "cookie".
        required: Whether it has to be there.
        schema: The schema of its value; None where nothing is said of it.
        style: How a value that has parts is written.
        explode: Whether its parts are parameters of their own.
        content: The media type of its value, where it has one.
        reading: How its text is read.
        at: Where the document has it.
    """

    name: str
    place: str
    required: bool
    schema: Any
    style: str
    explode: bool
    content: Content | None
    reading: Reading
    at: str


class Scheme(NamedTuple):
    """A way to say who asks.

    Attributes:
        name: Its name in the document.
        place: "query", "header" or "cookie", or "" where the request does not show it.
        field: The name of the parameter there; of a header field in lower case.
        prefix: What the value begins with, in lower case.
    """

    name: str
    place: str
    field: str
    prefix: str


class Answer(NamedTuple):
    """An answer that is declared.

    Attributes:
        key: Its key in the document: "200", "4XX" or "default".
        headers: Its header fields.
        contents: The media types of its content; none where it has no content.
        at: Where the document has it.
    """

    key: str
    headers: tuple[Parameter, ...]
    contents: Contents
    at: str


class Operation:
    """An operation: a method of a path.

    Args:
        document: The document.
        path: The path's template.
        method: The method.
        item: What the document has of the path.
        node: What it has of the operation.
        at: Where it has that.

    Attributes:
        method: The method, in upper case.
        path: The path's template.
        name: Both, as they are shown.
        parameters: Its parameters.
        contents: The media types of the request's content; none where it has none.
        requires_content: Whether there has to be content.
        answers: The answers, by their keys in the document.
        security: The alternatives, each of schemes that go together; an empty one says
            that nobody has to say who asks.
        selected_by: Names of the request's fields that select the representation.
        names: The places and names of its parameters, and of what says who asks.
        takes_any_query: Whether a parameter is an object, whose members stand in the
            query under names of their own.
        unnamed: Names in the path's template of which nothing is declared.
        at: Where the document has it.
    """

    def __init__(
        self,
        document: Node,
        path: str,
        method: str,
        item: Node,
        node: Node,
        at: str,
    ) -> None:
        self.method: str = method.upper()
        self.path: str = path
        self.at: str = at
        self.name: str = f"{self.method} {path}"
        reader = _Reader(document)
        above = "#" + pointer_to("paths", path)
        merged = {
            (each.place, each.name): each
            for owner, at in ((item, above), (node, self.at))
            for each in reader.parameters(owner, at)
        }
        self.parameters: tuple[Parameter, ...] = tuple(merged.values())
        body, at = reader.follow(node.get("requestBody", {}), at + "/requestBody")
        self.declares_content: bool = "requestBody" in node
        self.requires_content: bool = bool(body.get("required"))
        self.contents: Contents = Contents(reader.contents(body, at))
        self.answers: dict[str, Answer] = {
            answer.key: answer for answer in reader.answers(node, self.at)
        }
        self.security: list[tuple[Scheme, ...]] = reader.security(node)
        self.selected_by: frozenset[str] = frozenset(self._selecting())
        self.names: frozenset[tuple[str, str]] = frozenset(self._names())
        self.takes_any_query: bool = any(
            each.place == "query" and each.reading.is_object for each in merged.values()
        )
        self.unnamed: tuple[str, ...] = tuple(
            name
            for name in re.findall(r"\{(\w+)", path)
            if ("path", name) not in self.names
        )

    def _names(self) -> Iterator[tuple[str, str]]:
        for parameter in self.parameters:
            yield parameter.place, parameter.name
        for alternative in self.security:
            for scheme in alternative:
                yield scheme.place, scheme.field

    def _selecting(self) -> Iterator[str]:
        """Give the names of the request's fields that select the representation."""
        if any(each.place == "cookie" for each in self.parameters):
            yield "cookie"
        for alternative in self.security:
            if any(scheme.place == "cookie" for scheme in alternative):
                yield "cookie"

    def answer(self, status: int) -> Answer | None:
        """Give what is declared for a status; None where that is nothing.

        Args:
            status: The status code. A range ("4XX") does where the code itself is not
                there, and then `default`.
        """
        return (
            self.answers.get(str(status))
            or self.answers.get(f"{status // 100}XX")
            or self.answers.get("default")
        )

    def __str__(self) -> str:
        return self.name


class Operations:
    """The operations of a document.

    Args:
        document: The OpenAPI document.
    """

    def __init__(self, document: Node) -> None:
        self._found: dict[tuple[str, str], Operation] = {}
        reader = _Reader(document)
        for path, each in document.get("paths", {}).items():
            item, _ = reader.follow(each, "")
            named = [method for method in METHODS if method in item]
            for method in named:
                at = "#" + pointer_to("paths", path, method)
                found = Operation(document, path, method, item, item[method], at)
                self._found[found.method, path] = found
            for keyword in ("additionalOperations", "x-additionalOperations"):
                for method, node in item.get(keyword, {}).items():
                    at = "#" + pointer_to("paths", path, keyword, method)
                    found = Operation(document, path, method, item, node, at)
                    self._found[found.method, path] = found

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._found.values())

    def get(self, method: str, path: str) -> Operation | None:
        """Give an operation.

        Args:
            method: The method; HEAD is GET's where it is not declared itself.
            path: The path's template.
        """
        found = self._found.get((method, path))
        if found is None and method == "HEAD":
            found = self._found.get(("GET", path))
        return found

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Give the operation whose template fits a path, and the path's parameters.

        Args:
            method: The method.
            path: The path, percent-decoded.

        Returns:
            None where no template fits.
        """
        found = []
        for template in {each.path for each in self}:
            match = _pattern(template).fullmatch(path)
            operation = self.get(method, template)
            if match is not None and operation is not None:
                found.append((template.count("{"), template, operation, match))
        if not found:
            return None
        # A template without parameters comes before one that has some.
        _, _, operation, match = min(found, key=itemgetter(0, 1))
        return operation, match.groupdict()


@cache
def _pattern(template: str) -> re.Pattern[str]:
    literals = re.split(r"\{(\w+)\}", template.partition("#")[0])
    pattern = "".join(
        f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part)
        for index, part in enumerate(literals)
    )
    return re.compile(pattern)


class _Reader:
    """Reads the parts of a document, and follows its references."""

    def __init__(self, document: Node) -> None:
        self._document = document

    def follow(self, node: Node, at: str) -> tuple[Node, str]:
        """Give what a node refers to, and where that is; the node itself if nothing."""
        for _ in range(_MOST_REFERENCES):
            reference = node.get("$ref")
            if not isinstance(reference, str):
                break
            target = resolve(self._document, reference)
            if not isinstance(target, Mapping):
                return {}, reference
            node, at = target, reference
        return node, at

    def parameters(self, owner: Node, at: str) -> Iterator[Parameter]:
        for index, each in enumerate(owner.get("parameters", ())):
            node, where = self.follow(each, f"{at}/parameters/{index}")
            yield self._parameter(node["name"], node["in"], node, where)

    def _parameter(self, name: str, place: str, node: Node, at: str) -> Parameter:
        style = node.get("style", "form" if place in ("query", "cookie") else "simple")
        contents = list(self.contents(node, at))
        return Parameter(
            name.lower() if place == "header" else name,
            place,
            node.get("required", place == "path"),
            node.get("schema"),
            style,
            node.get("explode", style == "form"),
            contents[0] if contents else None,
            Reading.of(self._document, node.get("schema")),
            at,
        )

    def contents(self, owner: Node, at: str) -> Iterator[Content]:
        for name, each in owner.get("content", {}).items():
            node, where = self.follow(each, at + pointer_to("content", name))
            try:
                media_type = MediaType.from_header(name)
            except ValueError:
                continue
            # OpenAPI 3.2 has it; documents of 3.1 have it as an extension.
            keyword = "itemSchema" if "itemSchema" in node else "x-itemSchema"
            item = node.get(keyword)
            yield Content(
                media_type, node.get("schema"), item, f"{where}/{keyword}", where
            )

    def answers(self, operation: Node, at: str) -> Iterator[Answer]:
        for key, each in operation.get("responses", {}).items():
            node, where = self.follow(each, at + pointer_to("responses", key))
            headers = []
            for name, header in node.get("headers", {}).items():
                # OpenAPI 3.1 §4.8.16: a Content-Type among them is to be ignored.
                if name.lower() != "content-type":
                    below, place = self.follow(
                        header, where + pointer_to("headers", name)
                    )
                    headers.append(self._parameter(name, "header", below, place))
            contents = Contents(self.contents(node, where))
            yield Answer(
                str(key).upper() if key != "default" else key,
                tuple(headers),
                contents,
                where,
            )

    def security(self, operation: Node) -> list[tuple[Scheme, ...]]:
        named = operation.get("security", self._document.get("security", ()))
        return [tuple([self._scheme(name) for name in each]) for each in named]

    def _scheme(self, name: str) -> Scheme:
        schemes = self._document.get("components", {}).get("securitySchemes", {})
        node, _ = self.follow(schemes.get(name, {}), "")
        kind = node.get("type")
        if kind == "apiKey":
            place, field = node.get("in", ""), node.get("name", "")
            return Scheme(
                name, place, field.lower() if place == "header" else field, ""
            )
        if kind == "http":
            scheme = str(node.get("scheme", "")).lower()
            return Scheme(name, "header", "authorization", f"{scheme} ")
        if kind in ("oauth2", "openIdConnect"):
            return Scheme(name, "header", "authorization", "bearer ")
        # Mutual TLS is the server's, and what is not known is not looked for.
        return Scheme(name, "", "", "")


# A reference to a reference to …: no document needs more, and a circle has no end.
_MOST_REFERENCES: Final = 16
