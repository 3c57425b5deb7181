"""Which of the declared operations and answers a suite has seen.

`Coverage` counts; `str` of it is the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from restlette.testing.lint import Finding

__all__ = ["Coverage", "Seen"]


class Seen(NamedTuple):
    """An answer that is declared, and how often it was seen.

    Attributes:
        operation: The operation, "GET /books".
        answer: The answer's key in the document: "200", "4XX" or "default".
        times: How often it was seen.
    """

    operation: str
    answer: str
    times: int


class Coverage:
    """The declared operations and answers, and how often each was seen.

    Documents with the same title are one: a suite that makes an application anew for
    each test is about one application.
    """

    def __init__(self) -> None:
        self._times: dict[tuple[str, str, str], int] = {}
        self._warnings: Counter[tuple[str, str]] = Counter()

    def declare(self, title: str, operation: str, answers: Iterable[str]) -> None:
        """Take note of an operation.

        Args:
            title: The title of the document.
            operation: The operation, "GET /books".
            answers: The keys of its answers.
        """
        for answer in answers:
            self._times.setdefault((title, operation, answer), 0)

    def count(self, title: str, operation: str, answer: str) -> None:
        """Count an answer that was seen."""
        key = (title, operation, answer)
        self._times[key] = self._times.get(key, 0) + 1

    def warn(self, operation: str, finding: Finding) -> None:
        """Take note of what a rule of HTTP warns of."""
        self._warnings[operation, str(finding)] += 1

    def __iter__(self) -> Iterator[Seen]:
        for (_, operation, answer), times in self._times.items():
            yield Seen(operation, answer, times)

    @property
    def missing(self) -> list[Seen]:
        """The answers that nobody has seen."""
        return [each for each in self if not each.times]

    @property
    def unused(self) -> list[str]:
        """The operations of which nobody has seen any answer."""
        seen: dict[str, int] = {}
        for each in self:
            seen[each.operation] = seen.get(each.operation, 0) + each.times
        return [operation for operation, times in seen.items() if not times]

    @property
    def percent(self) -> float:
        """How many of the declared answers were seen, of a hundred; 100 of none."""
        if not self._times:
            return 100.0
        return 100 * (1 - len(self.missing) / len(self._times))

    @property
    def warnings(self) -> list[str]:
        """What the rules of HTTP warn of, a line each."""
        return [f"{operation}: {text}" for operation, text in sorted(self._warnings)]

    def __str__(self) -> str:
        total = len(self._times)
        seen = f"{total - len(self.missing)} of {total} declared answers seen"
        lines = [f"contract: {seen}, {_floor(self.percent)} %"]
        unused = self.unused
        lines += [f"  {operation}: never asked" for operation in unused]
        by_operation: dict[str, list[str]] = {}
        for each in self.missing:
            if each.operation not in unused:
                by_operation.setdefault(each.operation, []).append(each.answer)
        lines += [
            f"  {operation}: {', '.join(answers)} never seen"
            for operation, answers in by_operation.items()
        ]
        lines += [f"  warning: {text}" for text in self.warnings]
        return "\n".join(lines)


def _floor(percent: float) -> str:
    # 99.96 is not 100: who asks for all wants all.
    return f"{int(percent * 10) / 10:g}"


EVERYTHING: Final = Coverage()
