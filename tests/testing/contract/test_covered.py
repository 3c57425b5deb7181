"""What was seen of what is declared."""

from restlette.testing.contract.covered import Coverage
from restlette.testing.lint import Finding

WARNING = Finding("pragma", "warning", "RFC 9111 §5.4", "Pragma means nothing.")


def test_answers_are_counted() -> None:
    """By operation and key; what nobody saw is told."""
    found = Coverage()
    found.declare("Shop", "GET /a", ["200", "404"])
    found.declare("Shop", "PUT /a", ["204", "default"])
    assert found.percent == 0
    found.count("Shop", "GET /a", "200")
    found.count("Shop", "GET /a", "200")
    # Declared anew by another instance of the application: what was seen stays so.
    found.declare("Shop", "GET /a", ["200", "404"])
    assert next(iter(found)) == ("GET /a", "200", 2)
    assert found.percent == 25
    assert [each.answer for each in found.missing] == ["404", "204", "default"]
    assert found.unused == ["PUT /a"]
    assert str(found) == (
        "contract: 1 of 4 declared answers seen, 25 %\n"
        "  PUT /a: never asked\n"
        "  GET /a: 404 never seen"
    )


def test_applications_of_other_titles_are_others() -> None:
    """Their operations may have the same paths."""
    found = Coverage()
    found.declare("Shop", "GET /", ["200"])
    found.declare("Bank", "GET /", ["200"])
    found.count("Bank", "GET /", "200")
    assert found.percent == 50
    found.count("Club", "GET /", "200")
    assert len(list(found)) == 3


def test_warnings_are_told_once_each() -> None:
    """At the end of the report."""
    found = Coverage()
    found.warn("GET /a", WARNING)
    found.warn("GET /a", WARNING)
    text = "GET /a: pragma: Pragma means nothing. (RFC 9111 §5.4)"
    assert found.warnings == [text]
    assert str(found).endswith(f"\n  warning: {text}")


def test_nothing_declared_is_all_seen() -> None:
    """And nearly all is not all."""
    found = Coverage()
    assert found.percent == 100
    assert str(found) == "contract: 0 of 0 declared answers seen, 100 %"
    found.declare("Shop", "GET /", map(str, range(3000)))
    for status in range(2999):
        found.count("Shop", "GET /", str(status))
    assert str(found).startswith("contract: 2999 of 3000 declared answers seen, 99.9 %")
