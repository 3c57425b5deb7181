"""The table of what can be found is the one that is documented."""

from __future__ import annotations

import re
from pathlib import Path

from restlette.checks.findings import RULES, Finding

PAGE = Path(__file__).resolve().parents[2] / "docs" / "check.md"


def test_the_page_has_the_table() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", PAGE.read_text("utf-8"), re.M)
    assert dict(rows) == {kind: rule.severity for kind, rule in RULES.items()}


def test_a_finding_is_as_grave_as_its_kind() -> None:
    assert Finding("debug", "").severity == "error"
    assert Finding("limits", "").severity == "warning"
