"""How long a call takes: for inputs of a size that would hang a quadratic reader."""

from collections.abc import Callable
from time import perf_counter


def seconds(call: Callable[[], object]) -> float:
    """The seconds a call takes, a documented ValueError included."""
    start = perf_counter()
    try:
        call()
    except ValueError:
        pass
    return perf_counter() - start
