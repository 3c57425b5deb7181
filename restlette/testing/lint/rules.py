"""What a rule of the lint is, and how the rules that concern an answer are found.

A rule is a function from an `Observation` to a sentence, or to None where there is
nothing to say. `Rules.add` gives it its id, its source and what has to be there for it
to be asked; `Rules.look` asks those that an observation concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import compress
from typing import Final, Literal, NamedTuple

from restlette.testing.lint.observation import TRAITS, Observation

__all__ = ["Check", "Finding", "Rule", "Rules", "Severity", "kind_of"]

Severity = Literal["error", "warning"]
Check = Callable[[Observation], str | None]
Condition = Callable[[Observation], bool]
Statuses = frozenset[int] | Callable[[int], bool]

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
        statuses: Status codes, or what says which; it is asked for these.
        asked: Names of the request's fields; it is asked where one is there.
        traits: Names of `TRAITS`; it is asked where one is there.
        when: What says of an exchange that has one of these whether it is asked.
        of_fields: Whether it looks at nothing but the method, the status and the
            answer's fields.
    """

    id: str
    source: str
    severity: Severity
    statement: str
    check: Check
    fields: frozenset[str] = frozenset()
    statuses: Statuses = frozenset()
    asked: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    when: Condition | None = None
    of_fields: bool = False

    def concerns(self, seen: Observation) -> bool:
        """Say whether the rule is to be asked about an exchange.

        Args:
            seen: The exchange, of which nothing is looked at but what `kind_of` gives.
        """
        if self.when is not None and not self.when(seen):
            return False
        if not (self.fields or self.statuses or self.asked or self.traits):
            return True
        return (
            self._names_status(seen.status)
            or not self.fields.isdisjoint(seen.names)
            or not self.asked.isdisjoint(seen.asked_names)
            or not self.traits.isdisjoint(compress(TRAITS, seen.traits))
        )

    def _names_status(self, status: int) -> bool:
        if callable(self.statuses):
            return self.statuses(status)
        return status in self.statuses


def kind_of(seen: Observation) -> tuple[object, ...]:
    """Give what decides which rules are asked about an exchange."""
    media_type = seen.media_type
    essence = None if media_type is None else media_type.essence
    return (
        seen.method,
        seen.status,
        essence,
        seen.names,
        seen.asked_names,
        seen.traits,
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
        self._kinds: dict[object, tuple[list[Rule], list[Rule]]] = {}
        # PERF: what is found in fields is found in the same fields again.
        self._found: dict[object, list[Finding]] = {}
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
        statuses: Iterable[int] | Callable[[int], bool] = (),
        asked: Iterable[str] = (),
        traits: Iterable[str] = (),
        when: Condition | None = None,
        of_fields: bool = False,
    ) -> Callable[[Check], Check]:
        """Make a rule of a function, whose docstring's first line is its statement.

        Args:
            id: The rule's id.
            source: The document and section.
            severity: "error" or "warning".
            fields: Names of the answer's fields, in lower case.
            statuses: Status codes, or a function that says which.
            asked: Names of the request's fields.
            traits: Names of `TRAITS`. Where none of the four is given, it is asked
                about every answer.
            when: What has to hold as well, of the method, the status, the media type's
                essence, and of which fields there are; it is asked once for all
                exchanges that are alike in these.
            of_fields: Whether it looks at nothing but the method, the status and the
                answer's fields; it is asked once for exchanges that have the same.
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
                    statuses if callable(statuses) else frozenset(statuses),
                    frozenset(asked),
                    frozenset(traits),
                    when,
                    of_fields,
                )
            )
            return check

        return decorate

    def _put(self, rule: Rule) -> None:
        if rule.id in self._rules:
            raise ValueError(f"there is a rule {rule.id!r} already.")
        self._rules[rule.id] = rule
        self._kinds.clear()
        self._found.clear()

    def look(self, seen: Observation) -> list[Finding]:
        """Ask the rules that an observation concerns.

        Args:
            seen: The request and its answer.

        Returns:
            What they found.
        """
        kind = kind_of(seen)
        both = self._kinds.get(kind)
        if both is None:
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            both = self._kinds[kind] = self._concerned(seen)
        of_fields, others = both
        key = kind, *seen.fields
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST_KINDS:
                self._found.clear()
            found = self._found[key] = _findings(seen, of_fields)
        return found + _findings(seen, others)

    def _concerned(self, seen: Observation) -> tuple[list[Rule], list[Rule]]:
        """Give the rules that are asked: those of fields alone, and the others."""
        rules = [rule for rule in self if rule.concerns(seen)]
        return (
            [rule for rule in rules if rule.of_fields],
            [rule for rule in rules if not rule.of_fields],
        )


def _findings(seen: Observation, rules: Iterable[Rule]) -> list[Finding]:
    found = []
    for rule in rules:
        message = rule.check(seen)
        if message is not None:
            found.append(Finding(rule.id, rule.severity, rule.source, message))
    return found
