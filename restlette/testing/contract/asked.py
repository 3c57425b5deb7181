"""Requests held against what a document declares of them.

`request_breaches` says what a request has that it should not have, or lacks; what
follows from that depends on the answer, and is for `restlette.testing.contract`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from restlette.http.cookies import parse_cookies
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
from restlette.testing.contract.values import readings, types_of
from restlette.testing.scope import Fields

__all__ = [
    "Asked",
    "content_for",
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


class Asked(NamedTuple):
    """A request, in the parts that a document speaks of.

    Attributes:
        method: The method.
        path_params: The parameters of the path, as the router read them.
        query: The parameters of the query, each with all its values.
        headers: The header fields by name, in lower case, joined by commas.
        cookies: The cookies.
        content: The content; None where it is not known whole.
        was_read: Whether the application took any of the content.
        noticed: Names of the header fields that the application looked at.
    """

    method: str
    path_params: Mapping[str, Any]
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    content: bytes | None
    was_read: bool
    noticed: frozenset[str]

    @classmethod
    def of(
        cls,
        scope: Mapping[str, Any],
        fields: Fields,
        content: bytes | None,
        *,
        was_read: bool,
        noticed: frozenset[str],
    ) -> Asked:
        """Take a request apart.

        Args:
            scope: The scope, as the application has left it.
            fields: The header fields.
            content: The content, None where it is not known whole.
            was_read: Whether the application took any of it.
            noticed: Names of the header fields that it looked at.
        """
        headers: dict[str, str] = {}
        for name, value in fields:
            key, text = str(name, "latin-1"), str(value, "latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        query: dict[str, list[str]] = {}
        if scope["query_string"]:
            text = scope["query_string"].decode("utf-8", "replace")
            for key, value in parse_qsl(text, keep_blank_values=True):
                query.setdefault(key, []).append(value)
        cookies = {}
        if "cookie" in headers:
            cookies = parse_cookies([headers["cookie"].encode("latin-1")])
        return cls(
            scope["method"],
            scope.get("path_params", {}),
            query,
            headers,
            cookies,
            content,
            was_read,
            noticed,
        )

    def texts(self, parameter: Parameter) -> list[str] | None:
        """Give the values of a parameter; None where it is not there."""
        if parameter.place == "path":
            if parameter.name not in self.path_params:
                return None
            return [str(self.path_params[parameter.name])]
        if parameter.place == "query":
            return self.query.get(parameter.name)
        found = self.cookies if parameter.place == "cookie" else self.headers
        value = found.get(parameter.name)
        return None if value is None else [value]

    def has(self, scheme: Scheme) -> bool:
        """Say whether the request says who asks, in the way of a scheme."""
        if scheme.place == "query":
            return scheme.field in self.query
        if scheme.place == "cookie":
            return scheme.field in self.cookies
        if scheme.place == "header":
            value = self.headers.get(scheme.field)
            return value is not None and value.lower().startswith(scheme.prefix)
        return True


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
    what = f"the {parameter.place} parameter {parameter.name!r}"
    if _is_spread(schemas, parameter):
        return
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
            values: list[Any] = [json.loads(texts[0])]
        except ValueError:
            yield Breach(kind, f"{what} is no JSON", sent, "JSON", parameter.at)
            return
    elif parameter.schema is None:
        return
    else:
        schema, at = parameter.schema, parameter.at + "/schema"
        values = list(
            readings(schemas.document, schema, texts, separator=_separator(parameter))
        )
    first = None
    for value in values:
        flaws = schemas.check(schema, value, at, purpose)
        if not flaws:
            return
        first = first or flaws[0]
    if first is None:
        types = " or ".join(sorted(types_of(schemas.document, schema)))
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


def _is_spread(schemas: Schemas, parameter: Parameter) -> bool:
    """Say whether a parameter is an object whose members are parameters themselves."""
    if parameter.schema is None:
        return False
    return types_of(schemas.document, parameter.schema) == {"object"}


def undeclared_breaches(
    schemas: Schemas, operation: Operation, asked: Asked
) -> Iterator[Breach]:
    """Say what a request has of which its declaration says nothing."""
    declared = {(each.place, each.name) for each in operation.parameters}
    keys = {
        scheme.field
        for alternative in operation.security
        for scheme in alternative
        if scheme.place in ("query", "header")
    }
    spread = any(
        each.place == "query" and _is_spread(schemas, each)
        for each in operation.parameters
    )
    for name, values in asked.query.items():
        if ("query", name) not in declared and name not in keys and not spread:
            yield _undeclared("query", name, ", ".join(values), operation)
    for name in sorted(asked.noticed):
        if ("header", name) in declared or name in keys or _GENERAL(name):
            continue
        yield _undeclared("header", name, asked.headers.get(name, ""), operation)
    for name in re.findall(r"\{(\w+)", operation.path):
        if ("path", name) not in declared:
            value = str(asked.path_params.get(name, ""))
            yield _undeclared("path", name, value, operation)
    if asked.content and asked.was_read and not operation.declares_content:
        yield Breach(
            "body",
            "the request has content, of which nothing is declared",
            printable(asked.content.decode("utf-8", "replace")),
            "no requestBody",
            operation.at,
        )


def _undeclared(place: str, name: str, value: str, operation: Operation) -> Breach:
    return Breach(
        "parameter",
        f"the {place} parameter {name!r} is not declared",
        printable(value),
        ", ".join(each.name for each in operation.parameters if each.place == place)
        or f"no {place} parameters",
        operation.at,
    )


def content_for(contents: tuple[Content, ...], media_type: MediaType) -> Content | None:
    """Give what is declared for a media type; the narrowest range that covers it."""
    plain = MediaType(media_type.type, media_type.subtype)
    found = [
        each
        for each in contents
        if each.media_type.matches(media_type) or each.media_type == plain
    ]
    return max(found, key=_specificity, default=None)


def _specificity(content: Content) -> tuple[bool, bool, int]:
    media_type = content.media_type
    return (
        media_type.type != "*",
        media_type.subtype != "*",
        len(media_type.parameters),
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
    if not operation.contents or asked.headers.get("content-encoding", "identity") != (
        "identity"
    ):
        return
    said = asked.headers.get("content-type", "")
    declared = _declared_for(operation.contents, said)
    if declared is None:
        yield Breach(
            "media type",
            "the request's media type is not declared",
            said or "no Content-Type",
            ", ".join(str(each.media_type) for each in operation.contents),
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


def _declared_for(contents: tuple[Content, ...], said: str) -> Content | None:
    try:
        return content_for(contents, MediaType.from_header(said))
    except ValueError:
        return None


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
                f"{at}/properties/{name}",
            )
            for breach in value_breaches(
                schemas, field, texts, f"the field {name!r}", "request"
            ):
                yield breach._replace(kind="body")
