"""Requests held against what a document declares of them.

`request_breaches` says what a request has that it should not have, or lacks; what
follows from that depends on the answer, and is for `restlette.testing.contract`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from restlette.http.cookies import cookie_parser
from restlette.http.forms import MULTIPART, URLENCODED
from restlette.http.media import MediaType, is_json
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

# RFC 7578 §4.2: each part has a Content-Disposition with the field's name.
_field_name = re.compile(rb'[; ]name="([^"]*)"', re.IGNORECASE).search
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

_MOST_FITTING: Final = 4096


class Asked:
    """A request, in the parts that a document speaks of.

    Args:
        scope: The scope, as the application has left it.
        seen: The exchange.
        content: The content, None where it is not known whole.
        was_read: Whether the application took it.
        used: Names of the header fields that the resource looked at.
        set_before: Names of the cookies that the application has set itself.

    Attributes:
        content: The content; None where it is not known whole.
        was_read: Whether the application took it.
        query: The parameters of the query, each with all its values.
        used: Names of the header fields that the resource looked at.
        set_before: Names of the cookies that the application has set itself.
    """

    def __init__(
        self,
        scope: Mapping[str, Any],
        seen: Observation,
        content: bytes | None,
        *,
        was_read: bool,
        used: frozenset[str] = frozenset(),
        set_before: Collection[str] = (),
    ) -> None:
        self.content: bytes | None = content
        self.was_read: bool = was_read
        self.used: frozenset[str] = used
        self.set_before: Collection[str] = set_before
        self.query: dict[str, list[str]] = {}
        if scope["query_string"]:
            text = scope["query_string"].decode("utf-8", "replace")
            for key, value in parse_qsl(text, keep_blank_values=True):
                self.query.setdefault(key, []).append(value)
        self._seen = seen
        self._path_params: Mapping[str, Any] = scope.get("path_params", {})
        self._cookies: dict[str, str] | None = None

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
    texts = asked.texts(parameter)
    if texts is None and not parameter.required:
        return
    key = parameter.at, *(texts or ())
    if key in schemas.fitting:
        return
    found = list(_unfitting(schemas, parameter, texts))
    if texts and not found:
        if len(schemas.fitting) >= _MOST_FITTING:
            schemas.fitting.clear()
        schemas.fitting.add(key)
    yield from found


def _unfitting(
    schemas: Schemas, parameter: Parameter, texts: list[str] | None
) -> Iterator[Breach]:
    what = f"the {parameter.place} parameter {parameter.name!r}"
    if texts is None:
        yield Breach(
            "parameter",
            f"{what} is not there",
            "nothing",
            "required: true",
            parameter.at,
        )
    else:
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
    for name in sorted(asked.used):
        if ("header", name) not in operation.names and not _GENERAL(name):
            yield _undeclared("header", name, asked, operation)
    if "cookie" in asked.used:
        for name in asked.cookies:
            declared = ("cookie", name) in operation.names
            # A session's cookie is given by the application, and is no parameter.
            if not declared and name not in asked.set_before:
                yield _undeclared("cookie", name, asked, operation)
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
    else:
        fields = _fields(said, content)
        if fields is not None:
            yield from _form_breaches(schemas, declared, fields, purpose)


def _fields(said: str, content: bytes) -> dict[str, list[str]] | None:
    """Read the fields of a form; None where the content is none.

    A file is a field whose text is empty: nothing is declared of what is in it.
    """
    # It is one: a declaration was found for it.
    media_type = MediaType.from_header(said)
    found: dict[str, list[str]] = {}
    if media_type.essence == URLENCODED:
        text = content.decode("utf-8", "replace")
        for name, value in parse_qsl(text, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found
    boundary = dict(media_type.parameters).get("boundary")
    if media_type.essence != MULTIPART or not boundary:
        return None
    for part in content.split(b"--" + boundary.encode("latin-1"))[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        name_found = _field_name(head)
        if name_found is not None:
            text = body.removesuffix(b"\r\n").decode("utf-8", "replace")
            name = name_found[1].decode("utf-8", "replace")
            is_file = b"filename=" in head
            found.setdefault(name, []).append("" if is_file else text)
    return found


def _form_breaches(
    schemas: Schemas,
    declared: Content,
    fields: Mapping[str, list[str]],
    purpose: Purpose,
) -> Iterator[Breach]:
    """Hold the fields of a form against the members of the schema."""
    node = followed(schemas.document, declared.schema)
    members = node.get("properties", {})
    at = declared.at + "/schema"
    names = ", ".join(fields)
    for name in node.get("required", ()):
        if name not in fields:
            message = f"the field {name!r} is not there"
            yield Breach("body", message, names, "required", at)
    for name, texts in fields.items():
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
            what = f"the field {name!r}"
            for breach in value_breaches(schemas, field, texts, what, "request"):
                yield breach._replace(kind="body")
        elif purpose == "strict request":
            message = f"the field {name!r} is not declared"
            yield Breach("body", message, name, ", ".join(members), at)
