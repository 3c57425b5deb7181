"""The rules of HTTP, held against one answer after the other.

`lint` is the story: it is given an `Observation`, a request and what was answered, and
gives back what the rules find. Each rule has an id that stays, a source, and a sentence
that says what is wrong and what to write. The rules are in a module for each subject,
and `RULES` has them all; docs/contract.md lists them.
"""

from __future__ import annotations

from typing import Final

from restlette.testing.lint import (
    caching,
    conditional,
    cookies,
    cross_origin,
    framing,
    ranges,
    representations,
    statuses,
)
from restlette.testing.lint.observation import Observation
from restlette.testing.lint.rules import Finding, Rule, Rules, Severity

__all__ = ["RULES", "Finding", "Observation", "Rule", "Rules", "Severity", "lint"]

RULES: Final = Rules(
    framing.RULES,
    statuses.RULES,
    representations.RULES,
    conditional.RULES,
    caching.RULES,
    ranges.RULES,
    cookies.RULES,
    cross_origin.RULES,
)


def lint(seen: Observation) -> list[Finding]:
    """Give what is wrong with an answer.

    Args:
        seen: The request and its answer.

    Returns:
        The findings, errors and warnings; nothing where all is well.

    Source: RFC 9110, RFC 9111, and those that the rules name.
    """
    return RULES.look(seen)
