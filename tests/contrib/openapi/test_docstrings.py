"""Docstrings as documents have them."""

from __future__ import annotations

from restlette.contrib.openapi.docstrings import parse


def test_a_docstring_has_sections_and_yaml() -> None:
    found = parse("""List the books.

        The newest are first.

        Args:
            query: which of them.

        Returns:
            One page.

        Raises:
            Gone: the shop is closed.

        ---
        tags: [shop]
        """)
    assert found.summary == "List the books."
    assert found.description == "The newest are first."
    assert found.args == {"query": "which of them."}
    assert found.returns == "One page."
    assert found.raises == [("Gone", "the shop is closed.")]
    assert found.yaml == {"tags": ["shop"]}
