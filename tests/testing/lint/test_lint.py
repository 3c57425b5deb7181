"""All the rules together."""

import ast
import re
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restlette.testing.lint import RULES, Observation, Rule, lint
from tests.testing.lint import (
    test_caching,
    test_conditional,
    test_cookies,
    test_cross_origin,
    test_framing,
    test_ranges,
    test_representations,
    test_statuses,
)
from tests.testing.lint.exchanges import seen

TABLES: tuple[ModuleType, ...] = (
    test_caching,
    test_conditional,
    test_cookies,
    test_cross_origin,
    test_framing,
    test_ranges,
    test_representations,
    test_statuses,
)

# Rules about a thing that is never right have nothing that would hold them.
NEVER_RIGHT = {"head-content", "hop-by-hop", "pragma", "status-range", "status-unused"}


@pytest.mark.parametrize("id", [rule.id for rule in RULES])
def test_every_rule_has_a_test_of_either_kind(id: str) -> None:
    """A row that breaches it and a row that holds it."""
    breaches = {row[0] for table in TABLES for row in table.BREACHES}
    # A row about which the rule is not even asked shows nothing of it.
    held = {
        name
        for table in TABLES
        for name, observation in table.HELD
        if RULES[name].concerns(observation)
    }
    assert id in breaches
    assert id in held or id in NEVER_RIGHT


@pytest.mark.parametrize("rule", list(RULES), ids=lambda rule: rule.id)
def test_a_rule_says_what_it_asks_for_and_where_that_is_written(rule: Rule) -> None:
    """In a sentence, with a section of a document."""
    assert rule.statement.endswith(".")
    assert rule.source.startswith(("RFC ", "WHATWG "))
    assert "§" in rule.source


def test_every_rule_of_every_module_is_asked() -> None:
    """`RULES` has those of each module that has any."""
    package = Path(__file__).parents[3] / "restlette" / "testing" / "lint"
    written = sum(
        isinstance(node, ast.Call) and ast.unparse(node.func) == "RULES.add"
        for path in package.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )
    assert written == len(RULES)


@pytest.mark.parametrize(
    "observation",
    [
        seen(
            "GET / | Accept: application/json -> 200 | Content-Length: 2 | "
            'Content-Type: application/json | ETag: "a" | Vary: Accept',
            b"{}",
        ),
        seen("POST /books -> 201 | Location: /books/1 | Content-Length: 0"),
        seen('GET / | If-None-Match: "a" -> 304 | ETag: "a"'),
        seen("DELETE / -> 204"),
        seen(
            "GET / -> 401 | WWW-Authenticate: Bearer | Content-Length: 16 | "
            "Content-Type: application/problem+json | Vary: Accept",
            b'{"status": 401 }',
        ),
        seen("PUT / -> 405 | Allow: GET, HEAD"),
    ],
)
def test_what_is_usual_passes(observation: Observation) -> None:
    """Not even a warning."""
    assert lint(observation) == []


names = st.sampled_from(
    sorted({name for rule in RULES for name in (*rule.fields, *rule.asked)})
)
values = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            *(b"*", b"", b"a", b'"a"', b'W/"a"', b"bytes 0-1/2", b"bytes */2", b"a=b"),
            *(b"Fri, 15 Jan 2027 08:00:00 GMT", b"application/problem+json", b"gzip"),
            *(b"multipart/byteranges; boundary=a", b"http://[", b"//[", b"Basic"),
            *(b"text/html; charset=idna", b"text/plain; charset=rot13", b"max-age=1"),
        ]
    ),
)
fields = st.lists(st.tuples(names.map(str.encode), values), max_size=4)


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PATCH", "CONNECT", "OPTIONS"]),
    target=st.sampled_from(
        ["/", "http://a/b?c", "https://[::1]/", "", "*", "http://["]
    ),
    asked=fields,
    status=st.sampled_from(
        [
            *(100, 200, 201, 204, 205, 206, 303, 304, 305, 401, 405, 407, 412, 415),
            *(416, 417, 426, 428, 429, 451, 501, 503, 999),
        ]
    ),
    answered=fields,
    content=st.sampled_from([b"", b"a", b"{}", b"[NaN]", b"\xff", b"--a\r\n--a--"]),
    earlier=st.booleans(),
)
def test_any_exchange_gives_findings(
    method: str,
    target: str,
    asked: list[tuple[bytes, bytes]],
    status: int,
    answered: list[tuple[bytes, bytes]],
    content: bytes,
    earlier: bool,
) -> None:
    """Whatever was sent: a rule that raises would hide what is wrong."""
    before = Observation("GET", target, [], 200, answered, b"a") if earlier else None
    found = lint(
        Observation(method, target, asked, status, answered, content, earlier=before)
    )
    assert all(each.id in RULES for each in found)


def test_the_documents_list_every_rule() -> None:
    """As it is: id, statement, severity and source, in the order of the modules."""
    page = (Path(__file__).parents[3] / "docs" / "contract.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| (.*) \| (.*) \|$", page, re.MULTILINE)
    mark = {"error": "", "warning": " *(warning)*"}
    assert rows == [
        (rule.id, rule.statement + mark[rule.severity], rule.source) for rule in RULES
    ]
