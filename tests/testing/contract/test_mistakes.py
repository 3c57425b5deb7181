"""Contract mode finds the mistakes of somebody who had not read it, and no others."""

from collections import Counter

import pytest

from restlette.testing import TestClient
from restlette.testing.contract import ContractError
from tests.testing.contract.mistakes import CASES, Case

each_case = pytest.mark.parametrize(
    "case", CASES, ids=[f"{case.kind}: {case.name}" for case in CASES]
)


def ask(case: Case, *, mistaken: bool) -> None:
    client = TestClient(case.make(mistaken), contract=True)
    client.request(case.method, case.path, **case.options)


def test_there_are_five_of_each_kind() -> None:
    kinds = ("body", "header", "status", "media type", "security", "parameter")
    assert Counter(case.kind for case in CASES) == dict.fromkeys(kinds, 5)


@each_case
def test_a_mistake_is_found(case: Case) -> None:
    with pytest.raises(ContractError):
        ask(case, mistaken=True)


@each_case
def test_its_twin_is_clean(case: Case) -> None:
    ask(case, mistaken=False)
