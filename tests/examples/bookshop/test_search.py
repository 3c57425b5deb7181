"""What somebody looks for is compared without case and accents."""

import pytest

from examples.bookshop.search import fold


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Ångström", "angstrom"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁn", "fin"),
        ("", ""),
    ],
)
def test_folding_takes_case_and_accents_away(text: str, expected: str) -> None:
    assert fold(text) == expected
