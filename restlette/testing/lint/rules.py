"""What a rule of the lint is, and how the rules that concern an answer are found.

A rule is a function from an `Observation` to a sentence, or to None where there is
nothing to say. `Rules.add` gives it its id, its source and what has to be there for it
to be asked; `Rules.look` asks those that an observation concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal, NamedTuple

from restlette.testing.lint.observation import Observation

__all__ = ["Check", "Finding", "Rule", "Rules", "Severity"]

Severity = Literal["error", "warning"]
Check = Callable[[Observation], str | None]

# As many combinations of names as one suite is likely to have.
_MOST_KINDS: Final = 4096


class Finding(NamedTuple):
    """What a rule found.

    Attributes:
        id: The rule's id.
        severity: "error" for what the RFC forbids, or what makes clients or caches go
            wrong; "warning" for the rest.
        source: The document and section.
        message: What is wrong, and what to write.
    """

    id: str
    severity: Severity
    source: str
    message: str

    def __str__(self) -> str:
        return f"{self.id}: {self.message} ({self.source})"


class Rule(NamedTuple):
    """A rule of HTTP that an answer can be held to.

    Attributes:
        id: Its name, which stays: what waives it is written in people's tests.
        source: The document and section.
        severity: As for `Finding`.
        statement: What it asks for, in a sentence.
        check: What finds a breach of it.
        fields: Names of the answer's fields; it is asked where one is there.
        statuses: Status codes; it is asked for these.
        asked: Names of the request's fields; it is asked where one is there.
    """

    id: str
    source: str
    severity: Severity
    statement: str
    check: Check
    fields: frozenset[str] = frozenset()
    statuses: frozenset[int] = frozenset()
    asked: frozenset[str] = frozenset()

    def concerns(self, status: int, names: Iterable[str], asked: Iterable[str]) -> bool:
        """Say whether the rule is to be asked about an answer.

        Args:
            status: The status code.
            names: The names of the answer's fields.
            asked: The names of the request's fields.
        """
        if not (self.fields or self.statuses or self.asked):
            return True
        return (
            status in self.statuses
            or not self.fields.isdisjoint(names)
            or not self.asked.isdisjoint(asked)
        )


class Rules:
    """A set of rules.

    Args:
        others: Sets to be put together.

    Raises:
        ValueError: Two rules have the same id.
    """

    def __init__(self, *others: Rules) -> None:
        self._rules: dict[str, Rule] = {}
        # PERF: which rules an answer concerns depends on what it has, and not on what
        # that says; the answers of one suite have few combinations of it.
        self._kinds: dict[object, tuple[Rule, ...]] = {}
        for other in others:
            for rule in other:
                self._put(rule)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules.values())

    def __len__(self) -> int:
        return len(self._rules)

    def __contains__(self, id: object) -> bool:
        return id in self._rules

    def __getitem__(self, id: str) -> Rule:
        return self._rules[id]

    def add(
        self,
        id: str,
        source: str,
        *,
        severity: Severity = "error",
        fields: Iterable[str] = (),
        statuses: Iterable[int] = (),
        asked: Iterable[str] = (),
    ) -> Callable[[Check], Check]:
        """Make a rule of a function, whose docstring's first line is its statement.

        Args:
            id: The rule's id.
            source: The document and section.
            severity: "error" or "warning".
            fields: Names of the answer's fields, in lower case.
            statuses: Status codes.
            asked: Names of the request's fields. Where none of the three is given, it
                is asked about every answer.
        """

        def decorate(check: Check) -> Check:
            statement = (check.__doc__ or "").partition("\n")[0]
            self._put(
                Rule(
                    id,
                    source,
                    severity,
                    statement,
                    check,
                    frozenset(fields),
                    frozenset(statuses),
                    frozenset(asked),
                )
            )
            return check

        return decorate

    def _put(self, rule: Rule) -> None:
        if rule.id in self._rules:
            raise ValueError(f"there is a rule {rule.id!r} already.")
        self._rules[rule.id] = rule
        self._kinds.clear()

    def look(self, seen: Observation) -> list[Finding]:
        """Ask the rules that an observation concerns.

        Args:
            seen: The request and its answer.

        Returns:
            What they found.
        """
        kind = (seen.status, seen.names, seen.asked_names)
        rules = self._kinds.get(kind)
        if rules is None:
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            rules = tuple([rule for rule in self if rule.concerns(*kind)])
            self._kinds[kind] = rules
        found = []
        for rule in rules:
            message = rule.check(seen)
            if message is not None:
                found.append(Finding(rule.id, rule.severity, rule.source, message))
        return found
