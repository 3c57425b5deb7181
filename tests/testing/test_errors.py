"""What the test tools raise."""

import pytest

from restlette.testing import errors


@pytest.mark.parametrize(
    "name, base",
    [
        ("ASGIViolation", RuntimeError),
        ("LifespanFailed", RuntimeError),
        ("IncompleteAnswer", ConnectionError),
        ("ClientGone", OSError),
    ],
)
def test_each_error_is_one_of_the_language_s(name: str, base: type[Exception]) -> None:
    """Who does not know the class can catch what it is."""
    assert name in errors.__all__
    assert issubclass(getattr(errors, name), base)


@pytest.mark.parametrize(
    "message, text",
    [
        ("no database", "the application's startup failed: no database"),
        ("", "the application's startup failed: no message"),
    ],
)
def test_a_failed_lifespan_says_in_which_phase_and_why(message: str, text: str) -> None:
    """The sentence is made of the data that the error carries."""
    failure = errors.LifespanFailed("startup", message)
    assert (failure.phase, failure.message, str(failure)) == ("startup", message, text)
