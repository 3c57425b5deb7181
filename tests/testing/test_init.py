"""What the package offers, and what it loads for that."""

import subprocess
import sys

import pytest

import restlette.testing


@pytest.mark.parametrize("name", restlette.testing.__all__)
def test_all_that_is_named_is_there(name: str) -> None:
    """The clients too, which are loaded when they are asked for."""
    assert getattr(restlette.testing, name).__name__ == name


def test_what_is_not_there_is_an_attribute_error() -> None:
    """It names the module and the name."""
    with pytest.raises(AttributeError, match=r"'restlette\.testing' has .* 'Nope'"):
        restlette.testing.Nope


def in_another_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_requests_is_loaded_for_the_client_alone() -> None:
    """The rest needs the standard library."""
    code = (
        "import sys\n"
        "from restlette.testing import AsyncTestClient, build_request, call\n"
        "print('requests' in sys.modules)\n"
        "from restlette.testing import TestClient\n"
        "print('requests' in sys.modules)\n"
    )
    assert in_another_process(code).split() == ["False", "True"]


def test_a_client_without_requests_says_what_to_install() -> None:
    """As an ImportError, at the import."""
    code = (
        "import sys\n"
        "sys.modules['requests'] = None\n"
        "try:\n"
        "    from restlette.testing import TestClient\n"
        "except ImportError as exc:\n"
        "    print(exc)\n"
    )
    assert in_another_process(code) == (
        'restlette.testing.TestClient needs requests: pip install "restlette[testing]"'
    )
