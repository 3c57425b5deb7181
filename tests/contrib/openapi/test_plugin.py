"""The plug-in: an application's own document."""

import json
from typing import Any

import pytest
import yaml

from restlette import HTTPEndpoint, Request, Restlette
from restlette.contrib.openapi import OpenAPI, describe, plugin
from restlette.testing import call
from tests.contrib.openapi.shop import Token


def shop(**options: Any) -> Restlette:
    app = Restlette()

    @app.route("/books")
    class Books(HTTPEndpoint):
        """Every book."""

        async def get(self, request: Request) -> list[str]:
            """List the books."""
            return []

    app.install(OpenAPI(title="Shop", version="1", **options))
    return app


def test_the_document_is_served_in_json_and_yaml() -> None:
    app = shop()
    expected = describe(app, title="Shop", version="1")
    response = call(app, "GET", "/openapi.json")
    assert response.headers["content-type"] == "application/json"
    assert response.json() == expected
    assert [*expected["paths"]] == ["/books"]
    in_yaml = call(app, "GET", "/openapi.yaml")
    assert in_yaml.headers["content-type"] == "application/yaml"
    assert yaml.safe_load(in_yaml.content) == expected


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yaml"])
def test_what_the_client_has_is_not_sent_again(path) -> None:
    app = shop()
    first = call(app, "GET", path)
    again = call(app, "GET", path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"


def test_it_is_made_once_and_again_when_something_was_registered(monkeypatch) -> None:
    made: list[Any] = []
    genuine = plugin.describe

    def spy(*args: Any, **options: Any) -> Any:
        made.append(args)
        return genuine(*args, **options)

    monkeypatch.setattr(plugin, "describe", spy)
    app = shop()
    for _ in range(3):
        assert call(app, "GET", "/openapi.json").status_code == 200
        assert call(app, "GET", "/openapi.yaml").status_code == 200
    assert len(made) == 1

    @app.route("/more")
    async def more(request: Request) -> None:
        """More."""

    assert "/more" in call(app, "GET", "/openapi.json").json()["paths"]
    assert len(made) == 2


def test_a_prefix_is_where_the_server_is(monkeypatch) -> None:
    monkeypatch.setattr(plugin, "REMEMBERED", 2)
    app = shop()
    for root in ("/v1", "/v2", "/v3", "/v1"):
        document = call(app, "GET", "/openapi.json", root_path=root).json()
        assert document["servers"] == [{"url": root}]
    assert "servers" not in call(app, "GET", "/openapi.json").json()
    told = shop(servers=["https://shop.example"])
    document = call(told, "GET", "/openapi.json", root_path="/v1").json()
    assert document["servers"] == [{"url": "https://shop.example"}]


def test_other_plug_ins_add_to_it() -> None:
    class Adds:
        def install(self, app: Restlette) -> None:
            pass

        def describe(self, document: dict[str, Any]) -> dict[str, Any]:
            return {**document, "x-added": True}

    class Changes(Adds):
        def describe(self, document: dict[str, Any]) -> Any:
            document["x-changed"] = True

    app = shop()
    app.install(Adds())
    app.install(Changes())
    document = call(app, "GET", "/openapi.json").json()
    assert document["x-added"]
    assert document["x-changed"]


def test_it_can_be_guarded_and_elsewhere() -> None:
    app = shop(guards=[Token()], path="/docs/api.json")
    assert call(app, "GET", "/docs/api.json").status_code == 401
    headers = {"authorization": "Bearer seller"}
    response = call(app, "GET", "/docs/api.json", headers=headers)
    assert response.json()["info"]["title"] == "Shop"
    assert call(app, "GET", "/docs/api.yaml", headers=headers).status_code == 200


def test_it_is_written_in_the_version_that_is_asked_for() -> None:
    for version, written in (("3.0", "3.0.3"), ("3.2", "3.2.0")):
        app = shop(openapi=version)
        assert call(app, "GET", "/openapi.json").json()["openapi"] == written


def test_misuse_is_an_error_when_it_is_made() -> None:
    with pytest.raises(ValueError, match=r"openapi is 3\.0, 3\.1, 3\.2, not '2'"):
        OpenAPI(title="Shop", version="1", openapi="2")
    with pytest.raises(ValueError, match="title is a text"):
        OpenAPI(title="", version="1")
    with pytest.raises(ValueError, match="version is a text"):
        OpenAPI(title="Shop", version="")
    with pytest.raises(ValueError, match=r"ends in \.json"):
        OpenAPI(title="Shop", version="1", path="/openapi")


def test_a_thousand_resources_are_described_once_in_a_while() -> None:
    """What they cost is measured in the benchmarks; here they are all there."""
    app = Restlette()
    for number in range(1000):

        @app.route(f"/things{number}/{{key:int}}")
        class Thing(HTTPEndpoint):
            """A thing."""

            async def get(self, request: Request, key: int) -> dict[str, int]:
                """Give it."""
                return {"key": key}

    app.install(OpenAPI(title="Things", version="1"))
    document = json.loads(call(app, "GET", "/openapi.json").content)
    assert len(document["paths"]) == 1000
