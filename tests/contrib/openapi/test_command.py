"""What `restlette schema` does, once the application is there."""

import json
from pathlib import Path

import pytest
import yaml

from restlette import Request, Restlette, Router
from restlette.contrib.openapi import OpenAPI, describe
from restlette.contrib.openapi.command import (
    difference,
    document_of,
    format_of,
    read,
    written,
)


def shop() -> Restlette:
    app = Restlette()

    @app.route("/größe")
    async def size(request: Request) -> dict[str, int]:
        """Say how large it is."""
        return {"size": 1}

    return app


def test_the_plug_ins_document_is_the_applications() -> None:
    app = shop()
    assert document_of(app, "3.1") == describe(app)

    class Other:
        def install(self, app: Restlette) -> None: ...

    app.install(Other())
    app.install(OpenAPI(title="Shop", version="7"))
    assert document_of(app, "3.1")["info"] == {"title": "Shop", "version": "7"}
    assert document_of(app, "3.0")["openapi"] == "3.0.3"
    assert document_of(Router(), "3.2")["info"]["title"] == "Router"


def test_a_document_is_written_for_people_and_read_again(tmp_path: Path) -> None:
    document = document_of(shop(), "3.1")
    for name in ("a.json", "a.yaml", "a.yml"):
        path = tmp_path / name
        text = written(document, format_of(name))
        assert "größe" in text
        path.write_text(text, encoding="utf-8")
        assert read(str(path)) == document
        assert difference(str(path), document) == ""
    assert yaml.safe_load(written(document, "yaml")) == document
    assert json.loads(written(document, "json")) == document


def test_a_stale_file_is_told_line_by_line(tmp_path: Path) -> None:
    document = document_of(shop(), "3.1")
    path = tmp_path / "a.json"
    path.write_text(written({**document, "openapi": "3.1.0"}, "json"))
    lines = difference(str(path), document).splitlines()
    assert lines[:2] == [f"--- {path}", "+++ the application"]
    assert '-  "openapi": "3.1.0",' in lines
    assert '+  "openapi": "3.1.1",' in lines


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{", "is not in JSON"),
        ("a.yaml", "a: [", "is not in YAML"),
        ("a.json", "[]", "holds no OpenAPI document"),
        ("a.json", "{}", "holds no OpenAPI document"),
    ],
)
def test_what_is_no_document_is_an_error(tmp_path, name, text, said) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        read(str(path))
