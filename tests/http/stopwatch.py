"""How long a call takes: for inputs of a size that would hang a quadratic reader.

It is the processor's time that counts: what else the machine does is not in it.
"""

from collections.abc import Callable
from time import process_time


def seconds(call: Callable[[], object]) -> float:
    """The seconds of work that a call takes, a documented ValueError included."""
    start = process_time()
    try:
        call()
    except ValueError:
        pass
    return process_time() - start
