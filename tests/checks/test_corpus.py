"""Twenty mistakes that somebody made who had not read the checks, and their twins."""

from collections.abc import Callable

import pytest

from restlette import Restlette
from restlette.checks import check
from tests.checks.corpus import MISTAKES

Make = Callable[[], Restlette]

each_mistake = pytest.mark.parametrize(
    ("mistaken", "clean"), MISTAKES, ids=[make.__name__ for make, _ in MISTAKES]
)


def test_there_are_twenty() -> None:
    assert len(MISTAKES) == 20


@each_mistake
def test_each_mistake_is_found_and_its_twin_is_clean(
    mistaken: Make, clean: Make
) -> None:
    # One more finding than the mistake is the same one, met twice.
    assert len({finding.id for finding in check(mistaken())}) == 1
    assert check(clean()) == []
