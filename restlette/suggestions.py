"""What was probably meant by a name that is not known, for errors that teach."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

__all__ = ["did_you_mean"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question to append to an error's sentence, or nothing.

    Returns:
        `" (did you mean 'title'?)"`, or `""` where no known name is close.
    """
    # difflib is imported when there is an error to explain, not with the package.
    close = import_module("difflib").get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
