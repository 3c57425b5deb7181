"""The two formats of parts, and which of them a client takes."""

from __future__ import annotations

import pytest

from restlette.contrib.graphql.multipart import FORMATS, Dated, format_for

DEFER = frozenset(("defer",))
STREAM = frozenset(("stream",))


@pytest.mark.parametrize(
    "accept, defer, stream",
    [
        (None, None, None),
        (b"", None, None),
        (b"*/*", None, None),
        (b"multipart/*", None, None),
        (b"application/json", None, None),
        (b"multipart/mixed", 0, 0),
        (b"MULTIPART/Mixed;Q=0.1", 0, 0),
        (b"multipart/mixed;q=0", None, None),
        (b"multipart/mixed;incrementalSpec=v0.2, application/json", 1, 1),
        (b"multipart/mixed;incrementalSpec=v0.9", None, None),
        (b"multipart/mixed;deferSpec=20220824,application/json", 2, None),
        (b"multipart/mixed;deferSpec=20220824, multipart/mixed", 0, 0),
        (b"multipart/mixed;subscriptionSpec=1.0, application/json", None, None),
        # What urql sends.
        (
            (
                b"application/graphql-response+json, application/graphql+json, "
                b"application/json, text/event-stream, multipart/mixed"
            ),
            0,
            0,
        ),
    ],
)
def test_a_client_names_the_format(
    accept: bytes | None, defer: int | None, stream: int | None
) -> None:
    for index, increments in ((defer, DEFER), (stream, STREAM)):
        expected = None if index is None else FORMATS[index]
        assert format_for(accept, increments) == expected


def test_the_format_of_2022_says_where_each_piece_belongs() -> None:
    """A fragment that came with others is still told to be complete."""
    dated = Dated()
    first = {
        "data": {"a": {"b": {}}},
        "errors": [{"message": "x"}],
        "pending": [
            {"id": "0", "path": ["a"], "label": "A"},
            {"id": "1", "path": ["a"]},
            {"id": "2", "path": ["a", "b"]},
        ],
        "hasNext": True,
    }
    assert dated(first) == {
        "data": {"a": {"b": {}}},
        "errors": [{"message": "x"}],
        "hasNext": True,
    }
    second = {
        "pending": [{"id": "3", "path": ["a", "c"], "label": "C"}],
        "incremental": [
            {"id": "0", "data": {"d": 1}, "subPath": ["b", 0]},
            {"id": "1", "data": {"e": None}, "errors": [{"message": "y"}]},
        ],
        "completed": [{"id": "0"}, {"id": "1"}],
        "hasNext": True,
    }
    assert dated(second) == {
        "incremental": [
            {"data": {"d": 1}, "path": ["a", "b", 0], "label": "A"},
            {"data": {"e": None}, "errors": [{"message": "y"}], "path": ["a"]},
            {"data": {}, "path": ["a"], "label": "A"},
        ],
        "hasNext": True,
    }
    last = {
        "completed": [{"id": "2", "errors": [{"message": "z"}]}, {"id": "3"}],
        "hasNext": False,
    }
    assert dated(last) == {
        "incremental": [
            {"data": None, "errors": [{"message": "z"}], "path": ["a", "b"]},
            {"data": {}, "path": ["a", "c"], "label": "C"},
        ],
        "hasNext": False,
    }
    assert dated({"hasNext": False}) == {"hasNext": False}
