"""Routes that lose their paths are told; those that were written apart are not."""

from __future__ import annotations

from typing import Any

import pytest

from restlette import Restlette, Router
from restlette.checks.routes import check_routes
from restlette.resources import uri
from restlette.resources.uri import Convertor


class Letters(Convertor[str]):
    regex = "[a-z]+"

    def convert(self, value: str) -> str:
        return value


async def handler(request: Any) -> None: ...


async def foreign(scope: Any, receive: Any, send: Any) -> None: ...


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Restlette:
    monkeypatch.setitem(uri.CONVERTORS, "letters", Letters())
    monkeypatch.setitem(uri.CONVERTORS, "same", Letters())
    return Restlette()


def found(app: Restlette) -> list[tuple[str, str]]:
    return [(each.id, each.message) for each in check_routes(app.walk())]


def test_what_everybody_means_is_not_told(app: Restlette) -> None:
    app.add_route("/books/feed", handler)
    app.add_route("/books/{n:int}", handler)
    app.add_route("/books/{id:uuid}", handler)
    app.add_route("/books/{title}", handler)
    app.add_route("/books/{title}", handler, methods=["PUT"])
    app.mount("/api", foreign)
    app.add_route("/api/books", handler)
    app.add_route("/{version}/books", handler)
    app.add_route("/about", handler)
    app.add_route("/{slug:letters}", handler, methods=["GET", "POST"])
    wrong = {(kind, message.partition(":")[0]) for kind, message in found(app)}
    assert wrong == {
        ("route-methods", "PUT /books/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa is 405")
    }


def test_a_route_behind_another_that_takes_all(app: Restlette) -> None:
    app.add_route("/x/{a:letters}", handler)
    app.add_route("/x/{b:same}", handler)
    assert found(app) == [
        (
            "route-unreachable",
            (
                "No path leads to /x/{b:same}: all that fit it are taken before, such "
                "as /x/a by /x/{a:letters}. Take one of them out, or give it another "
                "path."
            ),
        )
    ]


def test_a_mount_behind_the_rest_of_the_path(app: Restlette) -> None:
    app.mount("/files", foreign)
    app.add_route("/files/{p:path}", handler)
    ((kind, message),) = found(app)
    assert kind == "route-unreachable"
    assert message.startswith("No path below the mount leads to what is mounted at /fi")


def test_a_host_that_takes_all(app: Restlette) -> None:
    app.add_route("/", handler)
    other = Router()
    other.add_route("/", handler)
    app.host("{any}", other)
    ((kind, message),) = found(app)
    assert kind == "route-unreachable"
    assert message.startswith("/ is never asked: every host is taken by / before (such")


def test_what_only_the_order_decides(app: Restlette) -> None:
    app.add_route("/{a:letters}/x", handler)
    app.add_route("/{b:same}/{c}", handler)
    ((kind, message),) = found(app)
    assert kind == "route-order"
    assert message.startswith("/a/x fits /{b:same}/{c} and /{a:letters}/x, and is ans")


def test_a_websocket_is_called_one(app: Restlette) -> None:
    async def talk(websocket: Any) -> None: ...

    app.add_route("/{a:letters}", handler)
    app.add_websocket_route("/{b:same}", talk)
    ((_, message),) = found(app)
    assert message.startswith("No path leads to the WebSocket /{b:same}: all")
