"""Exchanges as a table writes them, and what is asked of each rule's rows."""

from typing import Any

from restlette.testing.lint import Observation, Rules

Row = tuple[str, Observation]

NOW = 1_800_000_000  # Fri, 15 Jan 2027 08:00:00 GMT


def seen(text: str, content: bytes = b"", **more: Any) -> Observation:
    """Read 'GET /a | Accept: text/html -> 200 | ETag: "a"'."""
    asked, _, answered = text.partition(" -> ")
    (request, *request_fields), (status, *fields) = (
        part.split(" | ") for part in (asked, answered)
    )
    method, _, target = request.partition(" ")
    return Observation(
        method,
        target,
        [_field(each) for each in request_fields],
        int(status),
        [_field(each) for each in fields],
        content,
        **{"now": NOW, **more},
    )


def _field(text: str) -> tuple[bytes, bytes]:
    name, _, value = text.partition(": ")
    return name.lower().encode("latin-1"), value.encode("latin-1")


def assert_breach(rules: Rules, id: str, observation: Observation) -> None:
    """The rule is asked about it and has something to say, that ends in a stop."""
    found = {each.id: each for each in rules.look(observation)}
    assert id in found, f"{id} found nothing"
    rule = rules[id]
    assert found[id].source == rule.source
    assert found[id].severity == rule.severity
    assert found[id].message.endswith((".", "?")), found[id].message


def assert_held(rules: Rules, id: str, observation: Observation) -> None:
    """The rule has nothing to say, or is not even asked."""
    assert id in rules
    assert id not in [each.id for each in rules.look(observation)]
