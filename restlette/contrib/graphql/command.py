"""`restlette graphql schema module:app`: the schema in GraphQL's own language."""

from __future__ import annotations

import argparse
import sys
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from restlette.http.optional import load
from restlette.http.printable import printable

if TYPE_CHECKING:
    import graphql
else:
    graphql = load("graphql", "graphql", needed_by="restlette.contrib.graphql")

__all__ = ["GraphQLCommand"]

# Characters of a line that are shown.
_LONGEST = 4000


class GraphQLCommand:
    """Write the schema of GraphQL that an application serves.

    Args:
        schema: The schema.
    """

    def __init__(self, schema: graphql.GraphQLSchema) -> None:
        self._schema = schema

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments."""
        parser.add_argument("action", choices=("schema",), help="what to do")
        parser.add_argument("--output", metavar="FILE", help="where to write it")
        parser.add_argument(
            "--check",
            metavar="FILE",
            help="say how a file differs from it, and end with 1 if it does",
        )

    def run(self, app: object, arguments: argparse.Namespace) -> int:
        """Write it, or hold a file against it; 0 when that is done, or it is the same.

        Args:
            app: The application.
            arguments: What was written.
        """
        text = graphql.print_schema(self._schema) + "\n"
        try:
            if arguments.check is not None:
                return _check(arguments.check, text)
            if arguments.output is not None:
                Path(arguments.output).write_text(text, encoding="utf-8")
            else:
                print(text, end="")
        except (OSError, UnicodeDecodeError) as exc:
            print(f"restlette graphql: {exc}", file=sys.stderr)
            return 2
        return 0


def _check(path: str, text: str) -> int:
    there = Path(path).read_text(encoding="utf-8")
    if there == text:
        print(f"{path} is up to date")
        return 0
    lines = unified_diff(
        there.splitlines(),
        text.splitlines(),
        fromfile=path,
        tofile="the application",
        lineterm="",
    )
    print("\n".join(printable(line, _LONGEST) for line in lines))
    return 1
