"""Sentry's ASGI middleware around restlette, and its eye on the log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import (
    LoggingIntegration,
    ignore_logger,
    unignore_logger,
)
from sentry_sdk.transport import Transport

from restlette import Middleware
from restlette.testing import TestClient, call
from tests.others.shop import Lost, shop


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[tuple[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keep it."""
        self.items += [(item.type or "", item.payload.json) for item in envelope.items]

    def of(self, kind: str) -> list[Any]:
        """What is of one kind."""
        return [payload for each, payload in self.items if each == kind]


@pytest.fixture
def kept() -> Iterator[Kept]:
    """What a client sends that looks at errors and the log, as it does by default.

    The other integrations that Sentry has on by default change what is not ours to
    change in the process of other tests.
    """
    transport = Kept()
    client = sentry_sdk.Client(
        dsn="https://key@sentry.invalid/1",
        transport=transport,
        default_integrations=False,
        integrations=[LoggingIntegration(), DedupeIntegration()],
        traces_sample_rate=1.0,
    )
    with sentry_sdk.isolation_scope(), sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        yield transport
    client.close()


def around(**options: Any) -> Middleware:
    return Middleware(SentryAsgiMiddleware, **options)


def lose(app: Any) -> None:
    with pytest.raises(Lost):
        call(app, path="/books/0")


@pytest.mark.parametrize("place", ["outside", "inside", "around a router"])
def test_an_exception_is_one_event(place, kept) -> None:
    """Seen twice, in the log and on its way out, and known again the second time."""
    if place == "outside":
        app: Any = SentryAsgiMiddleware(shop())
    elif place == "inside":
        app = shop(around())
    else:
        app = shop(books=(around(),))
    lose(app)
    [event] = kept.of("event")
    [exception] = event["exception"]["values"]
    assert exception["type"] == "Lost"
    assert exception["stacktrace"]["frames"][-1]["function"] == "get"
    assert event["request"]["url"] == "http://testserver/books/0"


def test_without_the_middleware_the_log_has_the_exception(kept) -> None:
    lose(shop())
    [event] = kept.of("event")
    assert event["logger"] == "restlette.error"
    assert event["logentry"]["formatted"] == (
        "GET /books/0: Lost: no book has the number 0"
    )
    assert [each["type"] for each in event["exception"]["values"]] == ["Lost"]


def test_where_the_log_is_ignored_the_event_is_an_unhandled_one(kept) -> None:
    """Sentry takes what is logged for handled; this is what the documents advise."""
    ignore_logger("restlette.error")
    try:
        lose(shop(around()))
    finally:
        unignore_logger("restlette.error")
    [event] = kept.of("event")
    [exception] = event["exception"]["values"]
    assert exception["mechanism"] == {"type": "asgi", "handled": False}


def test_the_same_exception_is_counted_in_the_next_request(kept) -> None:
    for _ in range(2):
        asyncio.run(_lose_in_a_task(shop(around())))
    assert len(kept.of("event")) == 2


async def _lose_in_a_task(app: Any) -> None:
    lose(app)


@pytest.mark.parametrize(
    "style, name, source",
    [
        ("endpoint", "tests.others.shop.Book", "component"),
        ("url", "/books/{book_id:int}", "route"),
    ],
)
def test_a_transaction_is_named_by_the_endpoint_or_the_route(
    style, name, source, kept
) -> None:
    assert call(shop(around(transaction_style=style)), path="/books/1").ok
    [transaction] = kept.of("transaction")
    assert transaction["transaction"] == name
    assert transaction["transaction_info"] == {"source": source}
    assert transaction["contexts"]["response"]["status_code"] == 200


def test_a_refusal_is_no_event(kept) -> None:
    """404 and 405 are answers, not faults."""
    app = shop(around())
    assert call(app, path="/nowhere").status_code == 404
    assert call(app, "PUT", "/poem").status_code == 405
    assert kept.of("event") == []


def test_a_conversation_passes_through(kept) -> None:
    client = TestClient(shop(around()))
    with client.websocket_connect("/books/feed") as websocket:
        websocket.send_text("a")
        assert websocket.receive_text() == "a"
    [transaction] = kept.of("transaction")
    assert transaction["contexts"]["trace"]["op"] == "websocket.server"
