"""What is said about an exchange that is not as declared."""

from restlette.testing.contract import Breach, ContractError

BREACH = Breach("status", "the status 418 is not declared", "418", "200, 404", "#/a")


def test_an_error_says_what_was_sent_and_declared_and_where() -> None:
    """Each breach in a paragraph, then the places."""
    exc = ContractError("GET /a -> 418", [BREACH], [("handler get", "shop.py:3")])
    assert str(exc) == (
        "GET /a -> 418 is not what the document declares.\n"
        "  status: the status 418 is not declared\n"
        "    sent:     418\n"
        "    declared: 200, 404\n"
        "    at:       #/a\n"
        "  handler get: shop.py:3"
    )
    assert exc.breaches == (BREACH,)
    assert exc.exchange == "GET /a -> 418"
    assert exc.places == (("handler get", "shop.py:3"),)


def test_an_error_fails_a_test_as_an_assertion_does() -> None:
    """So that tools show it as a failure and not as an error."""
    assert isinstance(ContractError("a", [BREACH]), AssertionError)
