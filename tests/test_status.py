"""The constants of restlette.status."""

import re

import pytest

from restlette import status
from restlette.http.status import PHRASES

CONSTANTS = {
    name: value
    for name, value in vars(status).items()
    if name.startswith(("HTTP_", "WS_"))
}

# Names that the RFCs since gave to something else, or gave up.
RENAMED = {
    "HTTP_306_RESERVED",
    "HTTP_413_REQUEST_ENTITY_TOO_LARGE",
    "HTTP_414_REQUEST_URI_TOO_LONG",
    "HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE",
    "HTTP_422_UNPROCESSABLE_ENTITY",
    "WS_1004_NO_STATUS_RCVD",
    "WS_1005_ABNORMAL_CLOSURE",
}


@pytest.mark.parametrize("name, value", CONSTANTS.items(), ids=CONSTANTS)
def test_a_name_begins_with_its_number(name, value):
    """Whoever reads the name reads the number."""
    assert name.split("_")[1] == str(value)


def test_every_status_is_named_by_its_phrase():
    """The names are the phrases, in capitals; the old names are there beside them."""
    words = {
        f"HTTP_{code}_" + re.sub(r"[ -]", "_", phrase.replace("'", "").upper())
        for code, phrase in PHRASES.items()
    }
    assert {name for name in CONSTANTS if name.startswith("HTTP_")} == words | {
        name for name in RENAMED if name.startswith("HTTP_")
    }


def test_every_close_code_has_one_name():
    """RFC 6455 §7.4.1 and the registry: 1000 to 1015, of which 1004 has no meaning."""
    codes = [
        value
        for name, value in CONSTANTS.items()
        if name.startswith("WS_") and name not in RENAMED
    ]
    assert codes == [*range(1000, 1004), *range(1005, 1016)]


def test_the_ancestors_names_are_there():
    """An application that moves over finds the names that it used."""
    assert set(CONSTANTS) >= RENAMED
    assert status.HTTP_418_IM_A_TEAPOT == 418
    assert status.WS_1008_POLICY_VIOLATION == 1008
