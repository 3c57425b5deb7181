"""`restlette graphql schema module:app`."""

from __future__ import annotations

from pathlib import Path

import pytest

from restlette import Restlette
from restlette.cli import main
from restlette.contrib.graphql import GraphQL
from tests.contrib.graphql.shelf import core

app = Restlette()
app.install(GraphQL(core))

WORDS = ["graphql", "schema", "tests.contrib.graphql.test_command:app"]

SDL = """\
type Query {
  greeting: String
  name: String!
  names: [String!]
  node: Node
}

interface Node {
  id: ID!
}

type Leaf implements Node {
  id: ID!
}
"""


def test_the_schema_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (WORDS, [WORDS[0], WORDS[2], WORDS[1]]):
        assert main(words) == 0
        assert capsys.readouterr().out == SDL
    path = tmp_path / "schema.graphql"
    assert main([*WORDS, "--output", str(path)]) == 0
    assert path.read_text() == SDL
    assert capsys.readouterr().out == ""


def test_a_file_is_held_against_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "schema.graphql"
    path.write_text(SDL)
    assert main([*WORDS, "--check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path} is up to date\n"
    path.write_text(SDL.replace("greeting: String", "greeting: \x1bInt"))
    assert main([*WORDS, "--check", str(path)]) == 1
    said = capsys.readouterr().out
    assert "-  greeting: \\x1bInt\n+  greeting: String\n" in said


def test_a_file_that_cannot_be_had(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "schema.graphql"
    assert main([*WORDS, "--check", str(path)]) == 2
    assert "restlette graphql: " in capsys.readouterr().err
    path.write_bytes(b"\xff")
    assert main([*WORDS, "--check", str(path)]) == 2
    assert main([*WORDS, "--output", str(tmp_path)]) == 2
