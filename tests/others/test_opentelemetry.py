"""OpenTelemetry's ASGI instrumentation around restlette, and inside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from restlette import Middleware
from restlette.testing import TestClient, call
from tests.others.shop import Lost, shop

ROOT = Path(__file__).parent.parent.parent


class Telemetry:
    """Providers that keep what they are told."""

    def __init__(self) -> None:
        self.spans = InMemorySpanExporter()
        self.tracer_provider = TracerProvider()
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.spans))
        self.reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider(metric_readers=[self.reader])

    def middleware(self, **options: Any) -> Middleware:
        return Middleware(
            OpenTelemetryMiddleware,
            tracer_provider=self.tracer_provider,
            meter_provider=self.meter_provider,
            exclude_spans=["send", "receive"],
            **options,
        )

    def points(self, name: str) -> list[dict[str, Any]]:
        """The attributes of each point of a metric."""
        data = self.reader.get_metrics_data()
        assert data is not None
        return [
            dict(point.attributes or {})
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def close(self) -> None:
        self.meter_provider.shutdown()
        self.tracer_provider.shutdown()


@pytest.fixture
def telemetry() -> Any:
    telemetry = Telemetry()
    yield telemetry
    telemetry.close()


def by_route(scope: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Name a span by the route, which is known below a router."""
    template = scope["route"].path_format
    return f"{scope.get('method', 'WS')} {template}", {"http.route": template}


def test_metrics_are_labelled_with_the_whole_template(telemetry) -> None:
    """The prefix of the router is in it, which the route itself does not have."""
    app = shop(telemetry.middleware())
    for path in ("/books/1", "/books/2", "/poem", "/books/no-number"):
        call(app, path=path)
    points = telemetry.points("http.server.duration")
    labels = {(point.get("http.target"), point["http.status_code"]) for point in points}
    assert labels == {("/books/{book_id}", 200), ("/poem", 200), (None, 404)}


def test_a_span_ends_with_the_exception_and_the_status(telemetry) -> None:
    with pytest.raises(Lost):
        call(shop(telemetry.middleware()), path="/books/0")
    [span] = telemetry.spans.get_finished_spans()
    assert (span.kind, span.name) == (SpanKind.SERVER, "GET /books/0")
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["http.status_code"] == 500


def test_below_a_router_a_span_is_named_by_the_route(telemetry) -> None:
    app = shop(books=(telemetry.middleware(default_span_details=by_route),))
    assert call(app, path="/books/1").status_code == 200
    assert call(app, path="/poem").status_code == 200
    with TestClient(app).websocket_connect("/books/feed") as websocket:
        websocket.send_text("a")
        assert websocket.receive_text() == "a"
    spans = telemetry.spans.get_finished_spans()
    assert [(span.name, span.attributes["http.route"]) for span in spans] == [
        ("GET /books/{book_id}", "/books/{book_id}"),
        ("WS /books/feed", "/books/feed"),
    ]


def test_behind_a_hop_the_route_is_the_mount(telemetry) -> None:
    """What is mounted is another application, with routes and telemetry of its own."""
    outer = shop(telemetry.middleware())
    inner = Telemetry()
    outer.mount("/inner", shop(inner.middleware()))
    assert call(outer, path="/inner/books/1").status_code == 200
    [point] = telemetry.points("http.server.duration")
    assert point["http.target"] == "/inner"
    [point] = inner.points("http.server.duration")
    assert point["http.target"] == "/inner/books/{book_id}"
    inner.close()


NEW_NAMES = """
from tests.others.shop import shop
from tests.others.test_opentelemetry import Telemetry, by_route
from restlette.testing import call

telemetry = Telemetry()
app = shop(books=(telemetry.middleware(default_span_details=by_route),))
call(app, path="/books/1")
[point] = telemetry.points("http.server.request.duration")
print(point["http.route"], point["http.response.status_code"])
telemetry.close()
"""


def test_metrics_of_the_stable_conventions_have_the_route() -> None:
    """In a process of its own: the environment is read once."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", NEW_NAMES],
        env={**os.environ, "OTEL_SEMCONV_STABILITY_OPT_IN": "http"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("/books/{book_id} 200\n", "")
