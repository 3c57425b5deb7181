"""How rules are made and found."""

import pytest

from restlette.testing.lint import Finding, Observation, Rules
from restlette.testing.lint import rules as module
from tests.testing.lint.exchanges import seen


def says(seen: Observation) -> str | None:
    """Something is right.

    And nothing else is.
    """
    return f"{seen.status}."


def test_a_rule_is_a_function_with_an_id() -> None:
    """Its statement is the first line of the docstring."""
    rules = Rules()
    assert rules.add("a", "RFC 1 §2", severity="warning")(says) is says
    (rule,) = rules
    assert (rule.id, rule.source, rule.severity) == ("a", "RFC 1 §2", "warning")
    assert rule.statement == "Something is right."
    assert rules["a"] is rule
    assert "a" in rules
    assert "b" not in rules
    assert len(rules) == 1


def test_an_id_is_given_once() -> None:
    """People write it into their tests."""
    rules = Rules()
    rules.add("a", "RFC 1")(says)
    with pytest.raises(ValueError, match="there is a rule 'a' already"):
        rules.add("a", "RFC 1")(says)
    with pytest.raises(ValueError, match="'a' already"):
        Rules(rules, rules)


def test_a_rule_is_asked_where_what_it_is_about_is_there() -> None:
    """A field of either side, a status, or everywhere."""
    rules = Rules()
    rules.add("field", "RFC 1", fields=["etag"])(says)
    rules.add("status", "RFC 1", statuses=[405])(says)
    rules.add("asked", "RFC 1", asked=["range"])(says)
    rules.add("chosen", "RFC 1", statuses=lambda status: status > 500)(says)
    rules.add("trait", "RFC 1", traits=["content"])(says)
    rules.add("always", "RFC 1")(says)

    def asked(text: str) -> list[str]:
        return [each.id for each in rules.look(seen(text))]

    assert asked("GET / -> 200") == ["always"]
    assert asked("GET / -> 200 | ETag: a") == ["field", "always"]
    assert asked("GET / -> 405") == ["status", "always"]
    assert asked("GET / -> 503") == ["chosen", "always"]
    found = rules.look(seen("GET / -> 200", b"content"))
    assert [each.id for each in found] == ["trait", "always"]
    assert asked("GET / | Range: a -> 200") == ["asked", "always"]
    # A rule that is added later is asked too, of what was looked at before.
    rules.add("late", "RFC 1")(says)
    assert asked("GET / -> 200") == ["always", "late"]


def test_a_finding_says_all_that_there_is_to_say() -> None:
    """In one line."""
    rules = Rules()
    rules.add("a", "RFC 1 §2")(says)
    (found,) = rules.look(seen("GET / -> 200"))
    assert found == Finding("a", "error", "RFC 1 §2", "200.")
    assert str(found) == "a: 200. (RFC 1 §2)"


def test_what_was_worked_out_is_not_kept_without_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A suite of hostile names does not fill the memory."""
    monkeypatch.setattr(module, "_MOST_KINDS", 2)
    rules = Rules()
    rules.add("a", "RFC 1")(says)
    for status in (200, 201, 202, 203, 204):
        assert len(rules.look(seen(f"GET / -> {status}"))) == 1
        assert len(rules._kinds) <= 2
