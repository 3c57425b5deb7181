"""How long a call takes: for inputs of a size that would hang a quadratic reader.

It is this thread's work that counts: what else the machine and the tests before it do
is not in it, nor is the collection of what those have left.
"""

import gc
from collections.abc import Callable
from time import thread_time


def seconds(call: Callable[[], object]) -> float:
    """The seconds of work that a call takes, a documented ValueError included."""
    gc.disable()
    start = thread_time()
    try:
        call()
    except ValueError:
        pass
    finally:
        took = thread_time() - start
        gc.enable()
    return took
