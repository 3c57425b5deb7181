"""Requests held against what a document declares of them.

`request_breaches` says what a request has that it should not have, or lacks; what
follows from that depends on the answer, and is for `restlette.testing.contract`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from restlette.http.cookies import cookie_parser
from restlette.http.media import is_json
from restlette.http.printable import printable
from restlette.testing.contract.errors import Breach
from restlette.testing.contract.operations import (
    Content,
    Operation,
    Parameter,
    Scheme,
)
from restlette.testing.contract.schemas import Purpose, Schemas, followed
from restlette.testing.contract.values import Reading
from restlette.testing.lint import Observation

__all__ = [
    "Asked",
    "has_credentials",
    "parameter_breaches",
    "request_breaches",
    "undeclared_breaches",
    "value_breaches",
]

# OpenAPI 3.1 §4.8.12.2.1: parameters of these names are to be ignored.
_IGNORED: Final = frozenset({"accept", "authorization", "content-type"})
# Fields that are nobody's parameter: those of HTTP and of browsers, and what proxies
# and other infrastructure put in.
_GENERAL: Final = re.compile(
    r"accept.*|access-control-.*|authorization|cache-control|connection|content-.*|"
    r"cookie|date|dnt|expect|forwarded|from|host|if-.*|keep-alive|last-event-id|"
    r"max-forwards|origin|pragma|prefer|priority|proxy-.*|range|referer|save-data|"
    r"sec-.*|te|trace(?:parent|state)|baggage|b3|trailer|transfer-encoding|upgrade.*|"
    r"user-agent|via|warning|x-(?:forwarded-.*|real-ip|request-id|correlation-id|"
    r"csrf-?token|xsrf-token|requested-with|http-method-override|b3-.*)"
).fullmatch
_SEPARATORS: Final = {"spaceDelimited": " ", "pipeDelimited": "|"}


class Asked:
    """A request, in the parts that a document speaks of.

    Args:
        scope: The scope, as the application has left it.
        seen: The exchange.
        content: The content, None where it is not known whole.
        was_read: Whether the application took it.

    Attributes:
        content: The content; None where it is not known whole.
        was_read: Whether the application took it.
        query: The parameters of the query, each with all its values.
        noticed: Names of the header fields that the application looked at.
    """

    __slots__ = ("_cookies", "_path_params", "_seen", "content", "query", "was_read")

    def __init__(
        self,
        scope: Mapping[str, Any],
        seen: Observation,
        content: bytes | None,
        *,
        was_read: bool,
    ) -> None:
        self.content = content
        self.was_read = was_read
        self.query: dict[str, list[str]] = {}
        if scope["query_string"]:
            text = scope["query_string"].decode("utf-8", "replace")
            for key, value in parse_qsl(text, keep_blank_values=True):
                self.query.setdefault(key, []).append(value)
        self._seen = seen
        self._path_params: Mapping[str, Any] = scope.get("path_params", {})
        self._cookies: dict[str, str] | None = None

    @property
    def noticed(self) -> frozenset[str]:
        return self._seen.read

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies, by name."""
        if self._cookies is None:
            field = self.header("cookie")
            self._cookies = {} if field is None else cookie_parser(field)
        return self._cookies

    def header(self, name: str) -> str | None:
        """Give the value of a header field, None where it is not there."""
        return self._seen.asked(name)

    def text(self, place: str, name: str) -> str | None:
        """Give the text of a parameter that is there once; None where it is not."""
        if place == "path":
            value = self._path_params.get(name)
            return None if value is None else str(value)
        if place == "query":
            return ", ".join(self.query[name]) if name in self.query else None
        return self.cookies.get(name) if place == "cookie" else self.header(name)

    def texts(self, parameter: Parameter) -> list[str] | None:
        """Give the values of a parameter; None where it is not there."""
        if parameter.place == "query":
            return self.query.get(parameter.name)
        text = self.text(parameter.place, parameter.name)
        return None if text is None else [text]

    def has(self, scheme: Scheme) -> bool:
        """Say whether the request says who asks, in the way of a scheme."""
        if not scheme.place:
            return True
        value = self.text(scheme.place, scheme.field)
        return value is not None and value.lower().startswith(scheme.prefix)


def has_credentials(operation: Operation, asked: Asked) -> bool:
    """Say whether a request says who asks, in one of the ways that are declared."""
    return not operation.security or any(
        all(asked.has(scheme) for scheme in alternative)
        for alternative in operation.security
    )


def request_breaches(
    schemas: Schemas,
    operation: Operation,
    asked: Asked,
    purpose: Purpose = "request",
) -> list[Breach]:
    """Say where a request breaks its declaration.

    Args:
        schemas: The schemas of the document.
        operation: The operation that was asked for.
        asked: The request.
        purpose: "strict request" to refuse what a server may ignore, too.
    """
    found: list[Breach] = []
    for parameter in operation.parameters:
        found.extend(parameter_breaches(schemas, parameter, asked))
    found.extend(_content_breaches(schemas, operation, asked, purpose))
    return found


def parameter_breaches(
    schemas: Schemas, parameter: Parameter, asked: Asked
) -> Iterator[Breach]:
    """Say where a parameter breaks its declaration."""
    if parameter.place == "header" and parameter.name in _IGNORED:
        return
    if parameter.reading.is_object:
        return
    what = f"the {parameter.place} parameter {parameter.name!r}"
    texts = asked.texts(parameter)
    if texts is None:
        if parameter.required:
            yield Breach(
                "parameter",
                f"{what} is not there",
                "nothing",
                "required: true",
                parameter.at,
            )
        return
    yield from value_breaches(schemas, parameter, texts, what, "request")


def value_breaches(
    schemas: Schemas,
    parameter: Parameter,
    texts: list[str],
    what: str,
    purpose: Purpose,
) -> Iterator[Breach]:
    """Say where the value of a parameter or header field is not what its schema has.

    Args:
        schemas: The schemas of the document.
        parameter: The declaration.
        texts: The texts that are the value.
        what: What it is called in the message.
        purpose: Who sends it.
    """
    kind = "header" if purpose == "answer" else "parameter"
    sent = printable(", ".join(texts))
    if parameter.content is not None:
        if parameter.content.schema is None:
            return
        schema, at = parameter.content.schema, parameter.content.at + "/schema"
        try:
            values: Iterable[Any] = [json.loads(texts[0])]
        except ValueError:
            yield Breach(kind, f"{what} is no JSON", sent, "JSON", parameter.at)
            return
    elif parameter.schema is None:
        return
    else:
        schema, at = parameter.schema, parameter.at + "/schema"
        values = parameter.reading.values(texts, _separator(parameter))
    first = None
    for value in values:
        flaws = schemas.check(schema, value, at, purpose)
        if not flaws:
            return
        first = first or flaws[0]
    if first is None:
        types = " or ".join(sorted(parameter.reading.types))
        repeated = "comes more than once, and" if len(texts) > 1 else ""
        message = " ".join(filter(None, [what, repeated, f"is no {types}"]))
        yield Breach(kind, message, sent, f"type: {types}", at)
    else:
        yield Breach(
            kind,
            f"{what}{first.pointer}: {first.message}",
            sent,
            first.declared,
            first.at,
        )


def _separator(parameter: Parameter) -> str | None:
    if parameter.place == "query" and parameter.explode:
        return None
    return _SEPARATORS.get(parameter.style, ",")


def undeclared_breaches(operation: Operation, asked: Asked) -> Iterator[Breach]:
    """Say what a request has of which its declaration says nothing.

    Args:
        operation: The operation that was asked for.
        asked: The request.
    """
    for name in asked.query:
        if ("query", name) not in operation.names and not operation.takes_any_query:
            yield _undeclared("query", name, asked, operation)
    for name in sorted(asked.noticed):
        if ("header", name) not in operation.names and not _GENERAL(name):
            yield _undeclared("header", name, asked, operation)
    for name in operation.unnamed:
        yield _undeclared("path", name, asked, operation)
    if asked.content and asked.was_read and not operation.declares_content:
        yield Breach(
            "body",
            "the request has content, of which nothing is declared",
            printable(asked.content.decode("utf-8", "replace")),
            "no requestBody",
            operation.at,
        )


def _undeclared(place: str, name: str, asked: Asked, operation: Operation) -> Breach:
    return Breach(
        "parameter",
        f"the {place} parameter {name!r} is not declared",
        printable(asked.text(place, name) or ""),
        ", ".join(each.name for each in operation.parameters if each.place == place)
        or f"no {place} parameters",
        operation.at,
    )


def _content_breaches(
    schemas: Schemas,
    operation: Operation,
    asked: Asked,
    purpose: Purpose,
) -> Iterator[Breach]:
    content = asked.content
    if content is None or not operation.declares_content:
        return
    if not content:
        if operation.requires_content:
            yield Breach(
                "body",
                "the request has no content",
                "nothing",
                "required: true",
                operation.at + "/requestBody",
            )
        return
    coding = asked.header("content-encoding")
    if not operation.contents or coding not in (None, "identity"):
        return
    said = asked.header("content-type") or ""
    declared = operation.contents.find(said)
    if declared is None:
        yield Breach(
            "media type",
            "the request's media type is not declared",
            said or "no Content-Type",
            str(operation.contents),
            operation.at + "/requestBody",
        )
        return
    if declared.schema is None:
        return
    at = declared.at + "/schema"
    if is_json(said):
        try:
            value = json.loads(content)
        except (ValueError, RecursionError) as exc:
            yield Breach("body", f"the request is no JSON: {exc}", "", "JSON", at)
            return
        for flaw in schemas.check(declared.schema, value, at, purpose):
            yield Breach(
                "body",
                f"request body {flaw.pointer or '(the whole)'}: {flaw.message}",
                flaw.value,
                flaw.declared,
                flaw.at,
            )
    elif said.lower().startswith("application/x-www-form-urlencoded"):
        yield from _form_breaches(schemas, declared, content)


def _form_breaches(
    schemas: Schemas, declared: Content, content: bytes
) -> Iterator[Breach]:
    """Hold the fields of a form against the members of the schema."""
    from_form: dict[str, list[str]] = {}
    text = content.decode("utf-8", "replace")
    for key, value in parse_qsl(text, keep_blank_values=True):
        from_form.setdefault(key, []).append(value)
    node = followed(schemas.document, declared.schema)
    members = node.get("properties", {})
    at = declared.at + "/schema"
    for name in node.get("required", ()):
        if name not in from_form:
            yield Breach(
                "body", f"the field {name!r} is not there", text, "required", at
            )
    for name, texts in from_form.items():
        if name in members:
            field = Parameter(
                name,
                "query",
                False,
                members[name],
                "form",
                True,
                None,
                Reading.of(schemas.document, members[name]),
                f"{at}/properties/{name}",
            )
            for breach in value_breaches(
                schemas, field, texts, f"the field {name!r}", "request"
            ):
                yield breach._replace(kind="body")
