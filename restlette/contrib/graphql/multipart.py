"""Answers in parts over HTTP: what `@defer` and `@stream` put off, as multipart/mixed.

The story starts at `format_for`: clients name one of two formats, or none. Both send
what is there first, and then parts until one has no more after it.

    {"data": {…}, "pending": [{"id": "0", "path": ["book"]}], "hasNext": true}
    {"incremental": [{"id": "0", "data": {…}}], "completed": [{"id": "0"}],
     "hasNext": false}

The older one, of 2022, has no ids: each piece says where it belongs, which `Dated`
finds out.

    {"data": {…}, "hasNext": true}
    {"incremental": [{"path": ["book"], "data": {…}}], "hasNext": false}

Sources: https://github.com/graphql/graphql-over-http/blob/main/rfcs/IncrementalDelivery.md;
https://specs.apollo.dev/incremental/v0.2
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, ClassVar, Final

from restlette.http.negotiation import select
from restlette.http.streams import ItemStream

__all__ = ["FORMATS", "MIXED", "Dated", "MixedStream", "Parts", "format_for"]

MIXED: Final = "multipart/mixed"

_DATED: Final = f"{MIXED}; deferSpec=20220824"

FORMATS: Final = (MIXED, f"{MIXED}; incrementalSpec=v0.2", _DATED)
"""The formats, as clients name them; who names none gets the newer one."""

_Content = dict[str, Any]


def format_for(accept: bytes | None, increments: frozenset[str]) -> str | None:
    """Give the format in which a client takes parts.

    Args:
        accept: The Accept field.
        increments: What puts off the parts: "defer", "stream".

    Returns:
        One of `FORMATS`; None where the client has to be given the whole, for it names
        none, or the older one, which has no place for what is streamed.
    """
    # NOTE: `*/*` is said by clients that have not heard of parts.
    if accept is None or MIXED.encode() not in accept.lower():
        return None
    offers = FORMATS[:-1] if "stream" in increments else FORMATS
    chosen = select(accept, offers)
    return None if chosen is None else offers[chosen]


class Dated:
    """Writes the parts of one answer in the format of 2022."""

    def __init__(self) -> None:
        # By id, what has been announced, and whether something came of it.
        self._pending: dict[str, Mapping[str, Any]] = {}
        self._told: set[str] = set()

    def __call__(self, content: _Content) -> _Content:
        """Give a part in the other format."""
        for each in content.get("pending", ()):
            self._pending[each["id"]] = each
        pieces = [self._piece(each) for each in content.get("incremental", ())]
        for each in content.get("completed", ()):
            pieces += self._completed(each)
        kept = {
            name: value
            for name, value in content.items()
            if name not in ("pending", "incremental", "completed")
        }
        return {**kept, "incremental": pieces} if pieces else kept

    def _piece(self, each: Mapping[str, Any]) -> _Content:
        pending = self._pending[each["id"]]
        below = each.get("subPath", [])
        if not below:
            self._told.add(each["id"])
        rest = {name: each[name] for name in ("data", "errors") if name in each}
        return {**rest, **_place(pending, below)}

    def _completed(self, each: Mapping[str, Any]) -> list[_Content]:
        """Give what says that a fragment is complete, or has failed."""
        pending = self._pending.pop(each["id"])
        if "errors" in each:
            return [{"data": None, "errors": each["errors"], **_place(pending, [])}]
        if each["id"] in self._told:
            return []
        # All that it holds belongs to another fragment as well, and came with that.
        return [{"data": {}, **_place(pending, [])}]


def _place(pending: Mapping[str, Any], below: list[Any]) -> _Content:
    place: _Content = {"path": [*pending["path"], *below]}
    if "label" in pending:
        place["label"] = pending["label"]
    return place


class Parts:
    """The parts of an answer, the first of which is there.

    A generator would not do: who closes one that has not begun closes nothing.

    Args:
        first: The first one.
        rest: Gives the others.
        format: One of `FORMATS`.
    """

    def __init__(
        self, first: _Content, rest: AsyncGenerator[Any, None], format: str
    ) -> None:
        self._first: _Content | None = first
        self._rest = rest
        self._write: Callable[[_Content], _Content] | None = (
            Dated() if format == _DATED else None
        )

    def __aiter__(self) -> Parts:
        return self

    async def __anext__(self) -> _Content:
        content, self._first = self._first, None
        if content is None:
            content = (await anext(self._rest)).content
        return content if self._write is None else self._write(content)

    async def aclose(self) -> None:
        """End what is going on."""
        await self._rest.aclose()


class MixedStream(ItemStream[Any]):
    """A stream of parts, each a JSON object.

    The end of a part is sent with it, so that clients need not wait for the next one
    to see it.
    """

    # RFC 2046 §5.1.1; no JSON has a line of hyphens.
    media_type: str | None = f'{MIXED}; boundary="-"'
    fields: ClassVar[Mapping[str, str]] = {"x-accel-buffering": "no"}

    _is_begun = False

    def render_piece(self, piece: Any) -> bytes:
        """Make a part of an object."""
        begin = b"" if self._is_begun else b"\r\n---"
        self._is_begun = True
        end = b"\r\n---" if piece.get("hasNext") else b"\r\n-----\r\n"
        head = b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
        return b"".join([begin, head, self.encode(piece), end])
