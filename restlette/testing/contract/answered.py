"""Answers held against what a document declares of them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from restlette.http.media import MediaType, is_json
from restlette.http.negotiation import select
from restlette.testing.contract.asked import Asked, value_breaches
from restlette.testing.contract.errors import Breach
from restlette.testing.contract.operations import Answer, Content
from restlette.testing.contract.schemas import Purpose, Schemas, followed
from restlette.testing.contract.values import types_of
from restlette.testing.lint import Observation

__all__ = [
    "Items",
    "answer_breaches",
    "body_breaches",
    "content_of",
    "is_sequence",
]

_PROBLEM: Final = "application/problem+json"
# What an exception becomes for clients that refuse JSON, and in debug mode.
_IN_PLACE_OF_A_PROBLEM: Final = frozenset({_PROBLEM, "text/plain", "text/html"})
_NO_CONTENT: Final = frozenset({204, 205, 304})
# Content that may be of no bytes although there is some: what is no JSON or XML.
_SEQUENCES: Final = frozenset(
    {
        "application/json-seq",
        "application/jsonl",
        "application/ndjson",
        "application/x-ndjson",
        "text/event-stream",
    }
)


def answer_breaches(
    schemas: Schemas, answer: Answer, asked: Asked, seen: Observation
) -> Iterator[Breach]:
    """Say where an answer's fields and media type break their declaration.

    Args:
        schemas: The schemas of the document.
        answer: What is declared for the status.
        asked: The request.
        seen: The exchange.
    """
    yield from _header_breaches(schemas, answer, seen)
    if seen.status in _NO_CONTENT or seen.method == "HEAD":
        return
    if seen.content or not seen.whole:
        yield from _media_type_breaches(answer, asked, seen)
    elif answer.contents and all(is_json(str(c.media_type)) for c in answer.contents):
        yield Breach(
            "body",
            "the answer has no content",
            "nothing",
            str(answer.contents),
            answer.at,
        )


def _header_breaches(
    schemas: Schemas, answer: Answer, seen: Observation
) -> Iterator[Breach]:
    for header in answer.headers:
        value = seen.get(header.name)
        if value is not None:
            what = f"the header field {header.name!r}"
            yield from value_breaches(schemas, header, [value], what, "answer")
        elif header.required:
            yield Breach(
                "header",
                f"the header field {header.name!r} is not there",
                "nothing",
                "required: true",
                header.at,
            )


def _media_type_breaches(
    answer: Answer, asked: Asked, seen: Observation
) -> Iterator[Breach]:
    media_type = seen.media_type
    if media_type is None:
        # The lint says it where there is no Content-Type, or one that is none.
        return
    if not answer.contents:
        # OpenAPI 3.1 §4.8.17: nothing is said of the content.
        return
    if content_of(answer, seen) is None and not _is_a_problem(
        answer, asked, media_type, seen.status
    ):
        yield Breach(
            "media type",
            "the answer's media type is not declared",
            media_type.essence,
            str(answer.contents),
            answer.at,
        )


def _is_a_problem(
    answer: Answer, asked: Asked, media_type: MediaType, status: int
) -> bool:
    """Say whether an error is answered as errors are, in the form for the client."""
    if status < 400 or media_type.essence not in _IN_PLACE_OF_A_PROBLEM:
        return False
    declared = {each.media_type.essence for each in answer.contents}
    if _PROBLEM not in declared or media_type.essence == _PROBLEM:
        return False
    # The text takes the problem's place where the client does not take JSON.
    accept = (asked.header("accept") or "*/*").encode("latin-1", "replace")
    return select(accept, (_PROBLEM,)) is None


def content_of(answer: Answer, seen: Observation) -> Content | None:
    """Give what is declared for the content of an answer; None where nothing is."""
    lines = seen.lines("content-type")
    return answer.contents.find(lines[0]) if lines else None


def body_breaches(
    schemas: Schemas, declared: Content, seen: Observation
) -> Iterator[Breach]:
    """Say where the content of an answer breaks its declaration.

    Args:
        schemas: The schemas of the document.
        declared: What is declared for its media type.
        seen: The exchange, with the whole content.
    """
    content, media_type = _decoded(seen), seen.media_type
    if content is None or media_type is None:
        return
    if is_sequence(media_type):
        items = Items(schemas, declared, media_type)
        yield from items.feed(content)
        yield from items.end()
    elif is_json(media_type.essence):
        try:
            value = seen.json if seen.is_json else json.loads(content)
        except (ValueError, RecursionError):
            # The lint says it.
            return
        yield from _value_breaches(schemas, declared, value, content)
    elif media_type.type == "text":
        text = content.decode(media_type.charset or "utf-8", "replace")
        yield from _value_breaches(schemas, declared, text, content)


def _value_breaches(
    schemas: Schemas, declared: Content, value: Any, content: bytes
) -> Iterator[Breach]:
    if declared.schema is None:
        return
    closed = declared.media_type.essence != _PROBLEM
    for flaw in schemas.check(
        declared.schema,
        value,
        declared.at + "/schema",
        "answer" if closed else "problem",
    ):
        yield Breach(
            "body",
            f"response body {flaw.pointer or '(the whole)'}: {flaw.message}",
            flaw.value,
            flaw.declared,
            flaw.at,
        )


def is_sequence(media_type: MediaType) -> bool:
    """Say whether content of a media type is items that come one after the other."""
    return media_type.essence in _SEQUENCES


def _decoded(seen: Observation) -> bytes | None:
    """Undo the content coding; None where that cannot be done."""
    if seen.coding is None:
        return seen.content
    if seen.coding not in ("gzip", "x-gzip", "deflate"):
        return None
    try:
        return zlib.decompress(seen.content, wbits=zlib.MAX_WBITS | 32)
    except zlib.error:
        return None


class Items:
    """The items of a sequence, held against their schema as they come.

    Args:
        schemas: The schemas of the document.
        declared: What is declared for the content.
        media_type: Its media type: a JSON text a line, or server-sent events.
    """

    def __init__(
        self, schemas: Schemas, declared: Content, media_type: MediaType
    ) -> None:
        self._schemas = schemas
        self._events = media_type.essence == "text/event-stream"
        self._schema, self._at = _item_of(schemas.document, declared)
        self._rest = b""
        self._event: dict[str, str] = {}
        self._count = 0

    def feed(self, piece: bytes) -> list[Breach]:
        """Take a piece of the content.

        Returns:
            What is wrong with the items that end in it.
        """
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return [breach for line in lines for breach in self._line(line)]

    def end(self) -> list[Breach]:
        """Take the end of the content for that of the last line."""
        last, self._rest = self._rest, b""
        return [*self._line(last), *(self._line(b"") if self._events else ())]

    def _line(self, line: bytes) -> Iterator[Breach]:
        text = line.removesuffix(b"\r").lstrip(b"\x1e").decode("utf-8", "replace")
        if not self._events:
            if text.strip():
                yield from self._item(_value(text), self._schema, self._at)
                self._count += 1
        elif text:
            # WHATWG HTML §9.2.6: one space after the colon; lines of data are put
            # together, of all other fields the last one counts.
            name, _, value = text.partition(":")
            value = value.removeprefix(" ")
            if name == "data" and "data" in self._event:
                value = f"{self._event['data']}\n{value}"
            self._event[name] = value
        elif "data" in self._event:
            event, self._event = self._event, {}
            yield from self._of_event(event)
            self._count += 1
        else:
            self._event.clear()

    def _of_event(self, event: dict[str, str]) -> Iterator[Breach]:
        """Hold an event against its schema: what is sent in it, or its fields."""
        found = followed(self._schemas.document, self._schema)
        data = found.get("properties", {}).get("data")
        if not isinstance(data, Mapping) or data.get("type") != "string":
            yield from self._item(_value(event["data"]), self._schema, self._at)
            return
        event.pop("", None)
        yield from self._item(event, self._schema, self._at, "problem")
        if "contentSchema" in data:
            at = f"{self._at}/properties/data/contentSchema"
            yield from self._item(_value(event["data"]), data["contentSchema"], at)

    def _item(
        self, value: Any, schema: Any, at: str, purpose: Purpose = "answer"
    ) -> Iterator[Breach]:
        if schema is None:
            return
        for flaw in self._schemas.check(schema, value, at, purpose):
            yield Breach(
                "body",
                f"item {self._count} {flaw.pointer or '(the whole)'}: {flaw.message}",
                flaw.value,
                flaw.declared,
                flaw.at,
            )


def _item_of(document: Any, declared: Content) -> tuple[Any, str]:
    """Give the schema of an item, and where it is; None where nothing is said of it."""
    if declared.item is not None:
        return declared.item, declared.item_at
    at = declared.at + "/schema"
    types = types_of(document, declared.schema)
    if declared.schema is None or types == {"string"}:
        # It is about the text of the whole.
        return None, at
    if types == {"array"}:
        return followed(document, declared.schema).get("items"), at + "/items"
    return declared.schema, at


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
